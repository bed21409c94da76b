//! *Scan*: what a camera, a picture, a tag or a paste holds. The page's own scripts read it in the browser: no picture leaves the
//! device. What was read goes the way of every link ([`crate::links`]).

use askama::Template;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use web::csp::{self, Policy};
use web::{Words, permissions};

use crate::frame;
use crate::links::Open;
use crate::site::WalletWeb;
use crate::unlocked::Unlocked;

/// The page.
pub(crate) const SCAN: &str = "/scan";
/// The script that looks through the camera.
const SCRIPT: &str = "/scan.js";

#[derive(Template)]
#[template(path = "scan.html")]
struct ScanPage {
    words: Words,
    csrf: String,
}

/// `GET /scan`: of all pages the one that may use the camera and run the decoder.
pub(crate) async fn show(State(site): State<WalletWeb>, words: Words, unlocked: Unlocked) -> Response {
    let body = ScanPage { words, csrf: site.csrf.token::<Open>(&unlocked.session()) };
    let page = frame::page(&site, words, &unlocked, SCAN, words.say("scan-title"), body).with_script(SCRIPT);
    let headers = [
        (csp::HEADER, Policy::strict().with_wasm().header()),
        (permissions::HEADER, permissions::with_camera()),
    ];
    (headers, page).into_response()
}

//! What makes the wallet an application of its own on a phone: manifest, icon, the worker that keeps its shell, and its scripts.

use askama::Template;
use axum::Router;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use http::HeaderMap;
use http::header::{CACHE_CONTROL, CONTENT_TYPE};
use serde_json::json;
use web::Words;
use web::assets::assets;
use web::packed;
use web::page::Page;

/// What answers with a script of the pages, or with the worker.
macro_rules! of {
    ($name:literal) => {
        |headers: HeaderMap| async move { script(&headers, include_str!(concat!("../assets/", $name, ".js"))) }
    };
}

/// `GET /manifest.webmanifest`, the icons in it, the page for when there is no network, and the scripts.
pub(crate) fn routes<S: Clone + Send + Sync + 'static>() -> Router<S> {
    Router::new()
        .route("/worker.js", get(of!("worker")))
        .route("/passkey.js", get(of!("passkey")))
        .route("/making.js", get(of!("making")))
        .route("/recovery.js", get(of!("recovery")))
        .route("/asked.js", get(of!("asked")))
        .route("/unlock.js", get(of!("unlock")))
        .route("/borrowed.js", get(of!("borrowed")))
        .route("/card.js", get(of!("card")))
        .route("/scan.js", get(of!("scan")))
        .route("/picture.js", get(of!("picture")))
        .route("/live.js", get(of!("live")))
        .route("/notices.js", get(of!("notices")))
        .route("/offline.js", get(of!("offline")))
        .route("/manifest.webmanifest", get(manifest))
        .route("/export.js", get(of!("export")))
        .route("/keys.js", get(of!("keys")))
        .route("/p256.js", get(of!("p256")))
        .route("/files.js", get(of!("files")))
        .route("/approving.js", get(of!("approving")))
        .route("/host.js", get(of!("host")))
        .route("/signing.js", get(of!("signing")))
        .route("/offline", get(offline))
        .route("/icon-192.png", get(|| async { icon(include_bytes!("../assets/icon-192.png")) }))
        .route("/icon-512.png", get(|| async { icon(include_bytes!("../assets/icon-512.png")) }))
        .route(
            "/icon-maskable-512.png",
            get(|| async { icon(include_bytes!("../assets/icon-maskable-512.png")) }),
        )
}

async fn manifest(words: Words) -> Response {
    let manifest = json!({
        "id": "/",
        "name": words.say("wallet-title"),
        "short_name": words.say("wallet-short-title"),
        "lang": words.tag(),
        "start_url": "/",
        "scope": "/",
        "display": "standalone",
        "background_color": "#f6f7f5",
        "theme_color": "#0b5d57",
        "protocol_handlers": [{ "protocol": "web+passport", "url": "/open?link=%s" }],
        "icons": [
            { "src": assets().mark.url(), "sizes": "any", "type": "image/svg+xml", "purpose": "any" },
            { "src": "/icon-192.png", "sizes": "192x192", "type": "image/png", "purpose": "any" },
            { "src": "/icon-512.png", "sizes": "512x512", "type": "image/png", "purpose": "any" },
            { "src": "/icon-maskable-512.png", "sizes": "512x512", "type": "image/png", "purpose": "maskable" },
        ],
    });
    let headers = [(CONTENT_TYPE, "application/manifest+json"), (CACHE_CONTROL, "no-cache")];
    (headers, manifest.to_string()).into_response()
}

#[derive(Template)]
#[template(path = "offline.html")]
struct Offline {
    words: Words,
}

/// The page for when there is no network. It is anybody's, so that it can be kept while the wallet is locked.
async fn offline(words: Words) -> Response {
    let page = Page::new(words, words.say("offline-title"), Offline { words });
    page.of_site(words.say("wallet-title")).with_script("/offline.js").into_response()
}

fn icon(bytes: &'static [u8]) -> Response {
    ([(CONTENT_TYPE, "image/png"), (CACHE_CONTROL, "public, max-age=86400")], bytes).into_response()
}

/// A script under a name that stays, which a browser asks about each time.
fn script(headers: &HeaderMap, text: &'static str) -> Response {
    packed::answer(headers, "text/javascript; charset=utf-8", "no-cache", text)
}

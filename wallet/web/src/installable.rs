//! What makes the wallet an application of its own on a phone: manifest, icon, the worker that keeps its shell, and its scripts.

use askama::Template;
use axum::Router;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use http::header::{CACHE_CONTROL, CONTENT_TYPE};
use serde_json::json;
use web::Words;
use web::assets::assets;
use web::page::Page;

/// `GET /manifest.webmanifest`, the icons in it, the page for when there is no network, and the scripts.
pub(crate) fn routes<S: Clone + Send + Sync + 'static>() -> Router<S> {
    Router::new()
        .route("/manifest.webmanifest", get(manifest))
        .route("/worker.js", get(worker))
        .route("/passkey.js", get(passkey))
        .route("/making.js", get(making))
        .route("/recovery.js", get(recovery))
        .route("/keys.js", get(keys))
        .route("/host.js", get(host))
        .route("/signing.js", get(signing))
        .route("/asked.js", get(asked_script))
        .route("/unlock.js", get(unlock))
        .route("/borrowed.js", get(borrowed))
        .route("/card.js", get(card))
        .route("/scan.js", get(scan))
        .route("/picture.js", get(picture))
        .route("/offline.js", get(offline_script))
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

async fn worker() -> Response {
    script(include_str!("../assets/worker.js"))
}

/// Works the passkeys' forms.
async fn passkey() -> Response {
    script(include_str!("../assets/passkey.js"))
}

/// Says where a passkey makes no wallet, and shows a passphrase that is typed.
async fn making() -> Response {
    script(include_str!("../assets/making.js"))
}

/// Prints the recovery code.
async fn recovery() -> Response {
    script(include_str!("../assets/recovery.js"))
}

/// What the scripts of a host's pages do with keys.
async fn keys() -> Response {
    script(include_str!("../assets/keys.js"))
}

/// Works the forms of a host's pages in which a secret is typed.
async fn host() -> Response {
    script(include_str!("../assets/host.js"))
}

/// Signs with keys that the host has not.
async fn signing() -> Response {
    script(include_str!("../assets/signing.js"))
}

/// Tells at once whether what is ticked can be shared.
async fn asked_script() -> Response {
    script(include_str!("../assets/asked.js"))
}

/// Says along with a passkey that the device is not the member's.
async fn unlock() -> Response {
    script(include_str!("../assets/unlock.js"))
}

/// Leaves no page standing at such a device.
async fn borrowed() -> Response {
    script(include_str!("../assets/borrowed.js"))
}

/// Prints the number, and keeps it on the device.
async fn card() -> Response {
    script(include_str!("../assets/card.js"))
}

/// Looks through the camera.
async fn scan() -> Response {
    script(include_str!("../assets/scan.js"))
}

/// Crops the member's picture.
async fn picture() -> Response {
    script(include_str!("../assets/picture.js"))
}

/// Shows the number that is kept there.
async fn offline_script() -> Response {
    script(include_str!("../assets/offline.js"))
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
fn script(text: &'static str) -> Response {
    let headers = [(CONTENT_TYPE, "text/javascript; charset=utf-8"), (CACHE_CONTROL, "no-cache")];
    (headers, text).into_response()
}

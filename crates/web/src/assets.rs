//! The style, scripts and mark of every page, built into the binary.
//!
//! Each address holds a hash of the content, so that browsers may keep it for ever. [`crate::Party`]
//! serves them under `/assets/`.

use std::sync::LazyLock;

use axum::Router;
use axum::extract::Path;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use http::{HeaderMap, StatusCode};

use crate::packed;

/// How long a browser may keep what lies under its hash.
const FOR_EVER: &str = "public, max-age=31536000, immutable";

/// One file.
#[derive(Debug)]
pub struct Asset {
    url: String,
    media_type: &'static str,
    text: &'static str,
}

impl Asset {
    /// Where the file is, below the host.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    fn new(name: &str, ending: &str, media_type: &'static str, text: &'static str) -> Self {
        let hash: String = jose::digest::sha256_base64url(text).chars().take(16).collect();
        Self { url: format!("/assets/{name}-{hash}.{ending}"), media_type, text }
    }
}

/// Every file.
#[derive(Debug)]
pub struct Assets {
    /// The style of every page.
    pub style: Asset,
    /// The little picture in the browser's tab.
    pub mark: Asset,
    /// Goes on by itself when what a page waits for has come.
    pub waiting: Asset,
    /// Puts a link on the clipboard.
    pub copy: Asset,
    /// Closes a menu by the Escape key and by a touch beside it.
    pub menu: Asset,
    /// Starts the host's worker, where the browser has such.
    pub worker: Asset,
    /// Remembers the address of a member's wallet.
    pub wallet: Asset,
    /// Makes and uses the passkeys of a space's team.
    pub team_passkey: Asset,
    /// Keys of a space's console, and parts of its pages that are kept as they are now.
    pub console: Asset,
    /// Shows what a member will see of a rule while it is written.
    pub rules: Asset,
    /// Shows a fresh code at the screen of a door every few seconds.
    pub door: Asset,
}

static ASSETS: LazyLock<Assets> = LazyLock::new(|| Assets {
    style: Asset::new("style", "css", "text/css; charset=utf-8", include_str!("../assets/style.css")),
    mark: Asset::new("mark", "svg", "image/svg+xml", include_str!("../assets/mark.svg")),
    waiting: script("waiting", include_str!("../assets/waiting.js")),
    copy: script("copy", include_str!("../assets/copy.js")),
    menu: script("menu", include_str!("../assets/menu.js")),
    worker: script("worker", include_str!("../assets/worker.js")),
    wallet: script("wallet", include_str!("../assets/wallet.js")),
    team_passkey: script("team-passkey", include_str!("../assets/team-passkey.js")),
    console: script("console", include_str!("../assets/console.js")),
    rules: script("rules", include_str!("../assets/rules.js")),
    door: script("door", include_str!("../assets/door.js")),
});

fn script(name: &str, text: &'static str) -> Asset {
    Asset::new(name, "js", "text/javascript; charset=utf-8", text)
}

/// Every file.
#[must_use]
pub fn assets() -> &'static Assets {
    &ASSETS
}

/// `GET /assets/…`.
pub(crate) fn routes<S: Clone + Send + Sync + 'static>() -> Router<S> {
    Router::new().route(
        "/assets/{file}",
        get(|headers: HeaderMap, Path(file): Path<String>| async move { served(&headers, &file) }),
    )
}

fn served(headers: &HeaderMap, file: &str) -> Response {
    let Assets { style, mark, waiting, copy, menu, worker, wallet, team_passkey, console, rules, door } =
        assets();
    let found = [style, mark, waiting, copy, menu, worker, wallet, team_passkey, console, rules, door]
        .into_iter()
        .find(|asset| asset.url.strip_prefix("/assets/") == Some(file));
    match found {
        Some(asset) => packed::answer(headers, asset.media_type, FOR_EVER, asset.text),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

#[cfg(test)]
mod tests {
    use http::header::{CACHE_CONTROL, CONTENT_TYPE};

    use super::*;

    fn served(file: &str) -> Response {
        super::served(&HeaderMap::new(), file)
    }

    #[test]
    fn a_file_is_served_under_its_hash_for_ever_and_under_no_other_name() {
        let response = served(assets().style.url().strip_prefix("/assets/").unwrap());
        assert_eq!(response.status(), StatusCode::OK);
        assert_eq!(response.headers()[CONTENT_TYPE], "text/css; charset=utf-8");
        assert_eq!(response.headers()[CACHE_CONTROL], "public, max-age=31536000, immutable");
        for file in ["style.css", "style-AAAAAAAAAAAAAAAA.css", "", "../Cargo.toml"] {
            assert_eq!(served(file).status(), StatusCode::NOT_FOUND, "{file}");
        }
    }

    #[test]
    fn no_asset_asks_a_third_party() {
        let Assets { style, mark, waiting, copy, menu, worker, wallet, team_passkey, console, rules, door } =
            assets();
        for asset in [style, mark, waiting, copy, menu, worker, wallet, team_passkey, console, rules, door] {
            let text = asset.text.replace("http://www.w3.org/2000/svg", "");
            let names_a_host = text
                .split("://")
                .skip(1)
                .any(|rest| rest.starts_with(|symbol: char| symbol.is_ascii_alphanumeric()));
            assert!(!names_a_host && !text.contains("@import"), "{}", asset.url);
        }
    }
}

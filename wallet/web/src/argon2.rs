//! Argon2id for passphrases that are stretched in the browser: vendored, built in, and fetched where a passphrase is typed at a host
//! (`assets/hash-wasm/README.md`).

use axum::Router;
use axum::response::Response;
use axum::routing::get;
use http::HeaderMap;
use web::packed;

const ARGON2: &str = include_str!("../assets/hash-wasm/argon2.umd.min.js");

/// The file, at an address that holds its version.
pub(crate) fn routes<S: Clone + Send + Sync + 'static>() -> Router<S> {
    Router::new().route("/argon2/4.13.0/argon2.js", get(script))
}

async fn script(headers: HeaderMap) -> Response {
    packed::answer(&headers, "text/javascript; charset=utf-8", "public, max-age=31536000, immutable", ARGON2)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_file_is_the_one_that_was_published() {
        let hash = jose::digest::sha256(ARGON2.as_bytes());
        let hex: String = hash.iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(hex, "acfe11b015852f593aaddc51116f71dc7850e4551e6b34d42c1f88cf39635f03");
        assert!(include_str!("../assets/keys.js").contains("/argon2/4.13.0/argon2.js"));
    }
}

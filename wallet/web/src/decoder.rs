//! The decoder of QR codes for browsers that have none of their own: vendored, built in, and fetched on *Scan* alone
//! (`assets/zxing-wasm/README.md`).

use axum::Router;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use http::HeaderMap;
use http::header::{CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE};
use web::packed;

const READER: &str = include_str!("../assets/zxing-wasm/reader.js");
const SHARE: &str = include_str!("../assets/zxing-wasm/share.js");
const WASM: &[u8] = include_bytes!("../assets/zxing-wasm/zxing_reader.wasm.gz");

/// The files, at addresses that hold their version and stand to one another as in the package.
pub(crate) fn routes<S: Clone + Send + Sync + 'static>() -> Router<S> {
    Router::new()
        .route(
            "/decoder/3.1.6/reader/index.js",
            get(|headers: HeaderMap| async move { script(&headers, READER) }),
        )
        .route("/decoder/3.1.6/share.js", get(|headers: HeaderMap| async move { script(&headers, SHARE) }))
        .route("/decoder/3.1.6/reader/zxing_reader.wasm", get(wasm))
}

const FOR_EVER: &str = "public, max-age=31536000, immutable";

fn script(headers: &HeaderMap, text: &'static str) -> Response {
    packed::answer(headers, "text/javascript; charset=utf-8", FOR_EVER, text)
}

/// Compressed as it lies here, which every browser that runs it takes.
async fn wasm() -> Response {
    ([(CONTENT_TYPE, "application/wasm"), (CONTENT_ENCODING, "gzip"), (CACHE_CONTROL, FOR_EVER)], WASM)
        .into_response()
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use super::*;

    #[test]
    fn the_files_are_those_that_were_published() {
        let mut unpacked = Vec::new();
        flate2::read::GzDecoder::new(WASM).read_to_end(&mut unpacked).unwrap();
        for (name, bytes, hash) in [
            ("reader", READER.as_bytes(), "368838c01a37be49b8daa833c3d9d253950fd9c29b8c98b9092018c9fd43b03c"),
            ("share", SHARE.as_bytes(), "b595f0f4c1060b5e2a45aecf0331e576181dc281b168cb22e98f8db69d16457a"),
            ("wasm", &unpacked, "5003fb4b88c4fbd1fd518a2fd8c8ad365c519e183a08c03a322dddfea3cea84e"),
        ] {
            let hex: String = jose::digest::sha256(bytes).iter().map(|byte| format!("{byte:02x}")).collect();
            assert_eq!(hex, hash, "{name}");
        }
    }

    #[test]
    fn what_of_it_names_another_host_is_what_the_page_replaces() {
        let hosts = |text: &str| text.matches("://").count();
        assert_eq!((hosts(READER), hosts(SHARE)), (0, 1));
        assert!(include_str!("../assets/scan.js").contains("locateFile"));
    }
}

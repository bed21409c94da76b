//! `passport-button.js`: the button of this space for any web site, as a custom element.
//!
//! The script is the same for everybody. Where the team has turned online sign-up off it says so, so that the button to sign up is gone
//! from every page that loads it, within the five minutes for which browsers may keep it.

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::header::{ACCESS_CONTROL_ALLOW_ORIGIN, CACHE_CONTROL, CONTENT_TYPE, ETAG, IF_NONE_MATCH};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use serde_json::{Value, json};
use web::{Language, Words};

use crate::progress::JOIN;
use crate::signing_in::SIGNING_IN;
use crate::site::{Failed, SpaceWeb};

const SCRIPT: &str = include_str!("../assets/passport-button.js");
/// Where the script has what is the space's own.
const PLACE: &str = "const space = {};";
/// As long as a page may show a button that leads to a page which says that it is closed.
const KEPT: &str = "public, max-age=300";

/// `GET /passport-button.js`.
pub(crate) async fn script(State(site): State<SpaceWeb>, headers: HeaderMap) -> Response {
    let text = match text(&site).await {
        Ok(text) => text,
        Err(failed) => return failed.into_response(),
    };
    let tag = format!("\"{}\"", jose::digest::sha256_base64url(&text));
    let known = headers.get_all(IF_NONE_MATCH).into_iter().filter_map(|value| value.to_str().ok());
    let is_known =
        known.flat_map(|tags| tags.split(',')).any(|known| known.trim().trim_start_matches("W/") == tag);
    let public = [
        (ETAG, HeaderValue::from_str(&tag).unwrap_or(HeaderValue::from_static(""))),
        (CACHE_CONTROL, HeaderValue::from_static(KEPT)),
        (ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*")),
        (HeaderName::from_static("cross-origin-resource-policy"), HeaderValue::from_static("cross-origin")),
    ];
    if is_known {
        return (StatusCode::NOT_MODIFIED, public).into_response();
    }
    let kind = [(CONTENT_TYPE, HeaderValue::from_static("text/javascript; charset=utf-8"))];
    (public, kind, text).into_response()
}

async fn text(site: &SpaceWeb) -> Result<String, Failed> {
    let address = |path: &str| site.space.identity().address(path);
    let (ground, text) = site.look.button();
    let words = |language| {
        let words = Words::new(language);
        json!({"sign-up": words.say("sign-up-with-passport"), "sign-in": words.say("sign-in-with-passport")})
    };
    let space = json!({
        "name": site.name(),
        "sign-up": site.may_join().await?.then(|| address(JOIN)),
        "sign-in": site.space.sign_in_request().map(|_| address(SIGNING_IN)),
        "ground": ground,
        "text": text,
        "en": words(Language::English),
        "es": words(Language::Spanish),
    });
    Ok(SCRIPT.replacen(PLACE, &format!("const space = {};", escaped(&space)), 1))
}

/// JSON as it may stand in a script: also in one that somebody copies into a page.
fn escaped(value: &Value) -> String {
    value.to_string().replace('<', "\\u003c").replace('\u{2028}', "\\u2028").replace('\u{2029}', "\\u2029")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_with_markup_ends_no_script() {
        let name = json!({"name": "</script><b>\u{2028}\"'"});
        let text = escaped(&name);
        assert!(!text.contains('<') && !text.contains('\u{2028}'), "{text}");
        assert_eq!(serde_json::from_str::<Value>(&text).unwrap(), name);
        assert_eq!(SCRIPT.matches(PLACE).count(), 1);
    }

    #[test]
    fn the_script_asks_nobody_and_keeps_nothing() {
        for word in [
            "fetch",
            "XMLHttpRequest",
            "sendBeacon",
            "localStorage",
            "cookie",
            "innerHTML",
            "import",
            "http:",
            "https:",
        ] {
            assert!(!SCRIPT.contains(word), "{word}");
        }
    }
}

//! `POST /token` (OpenID4VCI §6, RFC 6749 §5.2, RFC 9449 §5).

use super::*;
use crate::tests::scene::{OPEN, PROFILE, token_request};

const FORM: &str = "application/x-www-form-urlencoded";
const GRANT: &str = "urn:ietf:params:oauth:grant-type:pre-authorized_code";

fn post(media_type: Option<&str>, body: &str) -> Request<Body> {
    let mut request = Request::post("/token");
    if let Some(media_type) = media_type {
        request = request.header(header::CONTENT_TYPE, media_type);
    }
    request.body(Body::from(body.to_owned())).unwrap()
}

fn encoded(fields: &[(&str, &str)]) -> String {
    openid4vc::form::encode(fields.iter().copied())
}

#[tokio::test]
async fn what_is_no_token_request_costs_the_code_nothing() {
    let scene = Scene::new();
    let offer = scene.offer(&[PASSPORT], false).await;
    let code = ("pre-authorized_code", offer.code.as_str());
    let good = [("grant_type", GRANT), code];
    let twice = [("grant_type", GRANT), code, code];
    let no_code = [("grant_type", GRANT)];
    let cases: [(&str, Option<&str>, String, &str); 12] = [
        ("JSON", Some("application/json"), json!({"grant_type": GRANT}).to_string(), "invalid_request"),
        ("no media type", None, encoded(&good), "invalid_request"),
        ("text", Some("text/plain"), encoded(&good), "invalid_request"),
        ("the code twice", Some(FORM), encoded(&twice), "invalid_request"),
        ("a broken escape", Some(FORM), format!("{}&x=%4", encoded(&good)), "invalid_request"),
        ("no grant", Some(FORM), encoded(&[code]), "invalid_request"),
        ("an empty grant", Some(FORM), encoded(&[("grant_type", ""), code]), "invalid_request"),
        ("no code", Some(FORM), encoded(&no_code), "invalid_request"),
        ("an empty code", Some(FORM), encoded(&[good[0], ("pre-authorized_code", "")]), "invalid_request"),
        (
            "an empty transaction code",
            Some(FORM),
            encoded(&[good[0], code, ("tx_code", "")]),
            "invalid_request",
        ),
        (
            "another grant",
            Some(FORM),
            encoded(&[("grant_type", "client_credentials"), code]),
            "unsupported_grant_type",
        ),
        (
            "a refresh",
            Some(FORM),
            encoded(&[("grant_type", "refresh_token"), code]),
            "unsupported_grant_type",
        ),
    ];
    for (case, media_type, body, error) in cases {
        refused(&scene, || post(media_type, &body), (400, error), case).await;
    }
    scene.redeem(&offer.code).await;
}

#[tokio::test]
async fn a_transaction_code_that_nobody_asked_for_is_an_invalid_request() {
    let scene = Scene::new();
    let offer = scene.offer(&[PASSPORT], false).await;
    let request = || token_request(&offer.code, &[("tx_code", "123456")], None);
    refused(&scene, request, (400, "invalid_request"), "a code too many").await;
    scene.redeem(&offer.code).await;
}

#[tokio::test]
async fn authorization_details_outside_the_offer_are_refused() {
    let scene = Scene::new();
    let offer = scene.offer(&[PASSPORT], false).await;
    let detail = |configuration: &str| json!([{"type": "openid_credential", "credential_configuration_id": configuration}]);
    let cases = [
        ("what is not offered", detail(PROFILE).to_string()),
        ("what nobody issues", detail("card").to_string()),
        ("another type", json!([{"type": "payment", "credential_configuration_id": PASSPORT}]).to_string()),
        ("no configuration", json!([{"type": "openid_credential"}]).to_string()),
        ("an empty list", "[]".to_owned()),
        ("no list", detail(PASSPORT)[0].to_string()),
        ("no JSON", "[{".to_owned()),
    ];
    for (case, details) in &cases {
        let request = || token_request(&offer.code, &[("authorization_details", details)], None);
        refused(&scene, request, (400, "invalid_authorization_details"), case).await;
    }
    scene.redeem(&offer.code).await;
}

#[tokio::test]
async fn unknown_used_and_ended_codes_are_one_invalid_grant() {
    let scene = Scene::new();
    let (taken, ended) = (scene.offer(&[PASSPORT], false).await, scene.offer(&[PASSPORT], false).await);
    let token = scene.redeem(&taken.code).await;
    is_still_issued(&scene, &token).await;
    scene.clock.advance(OPEN);
    let hash = jose::digest::sha256_base64url(&taken.code);
    for (case, code) in
        [("guessed", "guessed"), ("used", &taken.code), ("ended", &ended.code), ("the code's hash", &hash)]
    {
        let answered = refused(&scene, || token_request(code, &[], None), (400, "invalid_grant"), case).await;
        assert_eq!(answered.json()["error_description"], "the code is unknown, used or expired", "{case}");
    }
}

#[tokio::test]
async fn a_dpop_proof_that_misses_narrowly_gives_no_token() {
    let scene = Scene::new();
    let foreign = foreign_nonces(&scene).await;
    let (offer, key) = (scene.offer(&[PASSPORT], false).await, scene.key());
    for (case, proofs, code) in spoilt_dpop(&scene, &key, "/token", None, &foreign) {
        let request = || {
            let (parts, body) = token_request(&offer.code, &[], None).into_parts();
            let mut request = Request::from_parts(parts, body);
            for proof in &proofs {
                request.headers_mut().append(dpop::HEADER, proof.parse().unwrap());
            }
            request
        };
        let answered = refused(&scene, request, (400, code), case).await;
        assert_eq!(gives_a_nonce(&answered), code == "use_dpop_nonce", "{case}");
    }
    let granted = scene.token(&offer.code, &[], Some(&scene.dpop(&key, "/token", None))).await;
    assert_eq!((granted.status, &granted.json()["token_type"]), (StatusCode::OK, &json!("DPoP")));
}

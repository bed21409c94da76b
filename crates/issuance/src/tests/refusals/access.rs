//! Who may ask: access tokens and their DPoP proofs at `/credential` and `/notification` (RFC 6750 §3, RFC 9449 §7).

use super::*;

fn bare(path: &str, authorizations: &[&str], body: &Value) -> Request<Body> {
    let mut request = Request::post(path).header(header::CONTENT_TYPE, "application/json");
    for authorization in authorizations {
        request = request.header(header::AUTHORIZATION, *authorization);
    }
    request.body(Body::from(body.to_string())).unwrap()
}

fn challenge(answered: &Answered) -> &str {
    answered.headers[header::WWW_AUTHENTICATE].to_str().unwrap()
}

#[tokio::test]
async fn without_the_one_right_token_nothing_is_issued_and_nothing_heard() {
    let scene = Scene::new();
    let offer = scene.offer(&[PASSPORT], false).await;
    let token = scene.redeem(&offer.code).await;
    let nonce = scene.nonce().await;
    let proof = scene.proof(&nonce);
    let secret = token.0.trim_start_matches("Bearer ").to_owned();
    let (twice, padded) = (format!("Bearer {secret}"), format!("Bearer {secret} {secret}"));
    let (code, hash, as_dpop) = (
        format!("Bearer {}", offer.code),
        format!("Bearer {}", jose::digest::sha256_base64url(&secret)),
        format!("DPoP {secret}"),
    );
    let cases: [(&str, Vec<&str>, (u16, &str)); 9] = [
        ("no token", vec![], (401, "invalid_token")),
        ("another scheme", vec!["Basic Z3Vlc3NlZA=="], (401, "invalid_token")),
        ("an empty token", vec!["Bearer "], (401, "invalid_token")),
        ("a guessed token", vec!["Bearer guessed"], (401, "invalid_token")),
        ("the code", vec![&code], (401, "invalid_token")),
        ("the token's hash", vec![&hash], (401, "invalid_token")),
        ("two tokens in one header", vec![&padded], (401, "invalid_token")),
        ("the token twice", vec![&twice, &twice], (400, "invalid_request")),
        ("a bearer token as DPoP", vec![&as_dpop], (401, "invalid_token")),
    ];
    let notification = json!({"notification_id": "x", "event": "credential_accepted"});
    for (path, body) in
        [("/credential", asking(std::slice::from_ref(&proof))), ("/notification", notification)]
    {
        for (case, authorizations, refusal) in &cases {
            let request = || bare(path, authorizations, &body);
            let answered = refused(&scene, request, *refusal, &format!("{path}: {case}")).await;
            let named = challenge(&answered).contains("error=");
            // RFC 6750 §3.1: whoever shows no token is told no error.
            assert_eq!(named, !matches!(*case, "no token" | "another scheme"), "{path}: {case}");
        }
    }
    let issued = scene.credential(&token, PASSPORT, &nonce).await;
    assert_eq!(issued.copies().len(), 1);
}

#[tokio::test]
async fn a_bound_token_needs_a_proof_that_fits_in_everything() {
    let scene = Scene::new();
    let foreign = foreign_nonces(&scene).await;
    let (presented, token, key) = bound_token(&scene).await;
    let nonce = scene.nonce().await;
    let notification = json!({"notification_id": "x", "event": "credential_accepted"});
    for (path, body) in [("/credential", asking(&[scene.proof(&nonce)])), ("/notification", notification)] {
        for (case, proofs, code) in spoilt_dpop(&scene, &key, path, Some(&token), &foreign) {
            let request = || {
                let request = Request::post(path)
                    .header(header::AUTHORIZATION, &presented.0)
                    .header(header::CONTENT_TYPE, "application/json");
                with_proofs(request, &proofs).body(Body::from(body.to_string())).unwrap()
            };
            let case = format!("{path}: {case}");
            let answered = refused(&scene, request, (401, code), &case).await;
            assert!(challenge(&answered).contains(&format!("error=\"{code}\"")), "{case}");
            assert_eq!(gives_a_nonce(&answered), code == "use_dpop_nonce", "{case}");
        }
        let as_bearer = || bare(path, &[&format!("Bearer {token}")], &body);
        refused(&scene, as_bearer, (401, "invalid_token"), "a bound token as bearer token").await;
    }
    let proof = scene.dpop(&key, "/credential", Some(&token));
    let request =
        super::super::scene::credential_request(&presented, PASSPORT, &[scene.proof(&nonce)], Some(&proof));
    assert_eq!(scene.send(request).await.copies().len(), 1);
}

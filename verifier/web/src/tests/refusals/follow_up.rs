//! `GET /follow-up/{handle}`: for the answering key, with a proof of its own for each request (RFC 9449).

use openid4vc::dpop::{self, NewProof};
use openid4vc::http::Method;

use super::super::stage::ORIGIN;
use super::*;

fn with_proof(path: &str, proof: Option<&str>) -> Request<Body> {
    let mut request = Request::get(path);
    if let Some(proof) = proof {
        request = request.header(dpop::HEADER, proof);
    }
    request.body(Body::empty()).unwrap()
}

#[tokio::test]
async fn without_the_answering_keys_own_fresh_proof_nobody_learns_what_follows() {
    let scene = Scene::new();
    let wallet = scene.wallet();
    let link = Browser::new(&scene).ask("qr").await;
    let reply = wallet.answer(&scene.router(), &link).await.json();
    let uri = reply["sharing_proof_uri"].as_str().unwrap().to_owned();
    let at = path(&uri);
    let prove = |method, url: &str, nonce| {
        let new =
            NewProof { key: jose::Signer::public_jwk(&wallet.key), method, url, access_token: None, nonce };
        let randomness = scene.stage.environment.randomness();
        new.to_sign(scene.stage.environment.now(), randomness).sign(&wallet.key).unwrap()
    };
    let elsewhere = format!("{ORIGIN}/follow-up/guessed");
    let good = prove(Method::Get, &uri, None);
    let bent = format!("{}AAAA", good.strip_suffix(|_: char| true).unwrap());
    let cases = [
        ("no proof", None, "invalid_dpop_proof"),
        ("no JWS", Some("x".to_owned()), "invalid_dpop_proof"),
        ("another signature", Some(bent), "invalid_dpop_proof"),
        ("another method", Some(prove(Method::Post, &uri, None)), "invalid_dpop_proof"),
        ("another address", Some(prove(Method::Get, &elsewhere, None)), "invalid_dpop_proof"),
        ("a nonce that is none", Some(prove(Method::Get, &uri, Some("x"))), "use_dpop_nonce"),
    ];
    for (case, proof, code) in &cases {
        refused(&scene, || with_proof(&at, proof.as_deref()), (401, code), case).await;
    }
    assert_eq!(send(&scene.router(), with_proof(&at, Some(&good))).await.status, StatusCode::OK);
    let case = "a proof again";
    refused(&scene, || with_proof(&at, Some(&good)), (401, "invalid_dpop_proof"), case).await;
    let stranger = scene.wallet();
    let before = scene.stage.memory.entries();
    for _ in 0..2 {
        let other = wallet.follow_up(&scene.router(), &uri, &stranger.key).await;
        assert_eq!(said(&other), (404, "not_found"), "another key");
        let guessed = wallet.follow_up(&scene.router(), &elsewhere, &wallet.key).await;
        assert_eq!(said(&guessed), (404, "not_found"), "another address");
    }
    assert!(scene.stage.memory.entries() == before, "proofs that anybody can make are not kept");
    for _ in 0..2 {
        let honest = wallet.follow_up(&scene.router(), &uri, &wallet.key).await;
        assert!(honest.json()["sharing_proof"].is_string());
    }
}

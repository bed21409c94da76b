//! An attested wallet in the authorisation code flow.

use super::*;

/// What another wallet of the same provider shows.
async fn of_another_wallet(stage: &Stage) -> (String, String) {
    let key = stage.scene.key();
    let new = NewAttestation {
        issuer: PROVIDER,
        client_id: CLIENT,
        key: key.public_jwk(),
        lifetime: 3_600,
        wallet_name: None,
        wallet_link: None,
    };
    let signed_as = SignAs::Did { did: PROVIDER, kid: KID };
    let attestation = new.to_sign(signed_as.header(), Algorithm::Es256, stage.scene.now());
    let challenge = stage.challenge().await;
    let proof = NewProofOfPossession {
        client_id: CLIENT,
        audience: ISSUER,
        challenge: Some(&challenge),
        key: key.public_jwk(),
    };
    let proof = proof.to_sign(stage.scene.now(), stage.scene.environment.randomness());
    (attestation.sign(&stage.provider).unwrap(), proof.sign(&key).unwrap())
}

/// A form to an address of the code flow, with a DPoP proof by `key` over a nonce of ours.
fn posted(
    stage: &Stage,
    path: &str,
    body: &[u8],
    key: &SigningKey,
    shown: Option<(&str, &str)>,
) -> Request<Body> {
    let randomness = stage.scene.environment.randomness();
    let nonce = stage.scene.replicas[0].inner.nonces.issue(Purpose::Dpop, stage.scene.now(), randomness);
    let new = dpop::NewProof {
        key: key.public_jwk(),
        method: Method::Post,
        url: &format!("{ISSUER}{path}"),
        access_token: None,
        nonce: Some(&nonce),
    };
    let mut request = Request::post(path)
        .header(header::CONTENT_TYPE, openid4vc::form::MEDIA_TYPE)
        .header(dpop::HEADER, new.to_sign(stage.scene.now(), randomness).sign(key).unwrap());
    if let Some((attestation, proof)) = shown {
        request = request
            .header(attestation::ATTESTATION_HEADER, attestation)
            .header(attestation::PROOF_HEADER, proof);
    }
    request.body(Body::from(body.to_vec())).unwrap()
}

#[tokio::test]
async fn the_wallet_that_pushed_a_request_is_the_one_that_gets_the_token_for_it() {
    let stage = stage(true, None);
    let (randomness, key) = (stage.scene.environment.randomness(), stage.scene.key());
    let new = NewAuthorization {
        server: &stage.scene.replicas[0].server_metadata(),
        client_id: CLIENT,
        redirect_uri: "https://wallet.example.org/back",
        wish: &Wish::Scope(vec![PASSPORT.to_owned()]),
        issuer_state: None,
        dpop_jkt: None,
    };
    let (pending, pushed) = new.make(randomness).unwrap();
    let bare = stage.send(posted(&stage, "/par", &pushed.body, &key, None)).await;
    assert_eq!(bare.refusal(), refusal(400, "invalid_client"));
    let (attestation, unchallenged) = (stage.attestation(), stage.proof(ISSUER, None));
    let shown = Some((attestation.as_str(), unchallenged.as_str()));
    let asked = stage.send(posted(&stage, "/par", &pushed.body, &key, shown)).await;
    assert_eq!(asked.refusal(), refusal(400, "use_attestation_challenge"));
    assert!(asked.headers.contains_key(attestation::CHALLENGE_HEADER));
    let proof = stage.fresh_proof().await;
    let shown = Some((attestation.as_str(), proof.as_str()));
    stage.line.is_down.store(true, Ordering::SeqCst);
    let unreached = stage.send(posted(&stage, "/par", &pushed.body, &key, shown)).await;
    assert_eq!(unreached.refusal(), refusal(503, "temporarily_unavailable"));
    assert_eq!(again_after(&unreached), Some("60"));
    stage.line.is_down.store(false, Ordering::SeqCst);
    let proof = stage.fresh_proof().await;
    let shown = Some((attestation.as_str(), proof.as_str()));
    let answered = stage.send(posted(&stage, "/par", &pushed.body, &key, shown)).await;
    assert_eq!(answered.status, StatusCode::CREATED, "{}", answered.text);
    let request_uri = answered.json()["request_uri"].as_str().unwrap().to_owned();
    let browser = SecretHash::of("a session");
    let opened = stage.scene.replicas[1].open(CLIENT, &request_uri, browser).await.unwrap();
    let back = stage.scene.replicas[0].grant(&opened.id, browser, "m-1").await.unwrap().unwrap();
    let body = pending.token_request(&pending.returned(&back).unwrap()).body;
    let (attestation, proof) = of_another_wallet(&stage).await;
    let shown = Some((attestation.as_str(), proof.as_str()));
    let other = stage.send(posted(&stage, "/token", &body, &key, shown)).await;
    assert_eq!(other.refusal(), refusal(400, "invalid_grant"));
    let (attestation, proof) = (stage.attestation(), stage.fresh_proof().await);
    let shown = Some((attestation.as_str(), proof.as_str()));
    let own = stage.send(posted(&stage, "/token", &body, &key, shown)).await;
    assert_eq!(own.status, StatusCode::OK, "{}", own.text);
}

//! The follow-up of an answer: for the answering key, with a proof of its own for each request (RFC 9449).

use openid4vc::dpop;

use super::*;

fn with_proofs(path: &str, proofs: &[String]) -> Request<Body> {
    let mut request = Request::get(path);
    for proof in proofs {
        request = request.header(dpop::HEADER, proof);
    }
    request.body(Body::empty()).unwrap()
}

#[tokio::test]
async fn without_a_fitting_proof_nobody_learns_what_follows() {
    let world = World::new();
    let key = world.scene.key();
    let uri = applied(&world, &key).await;
    let path = uri.strip_prefix(ORIGIN).unwrap();
    let now = world.scene.now().seconds();
    let proof = |header: Value, claims: Value| {
        let mut whole_header = json!({"typ": dpop::TYPE, "jwk": key.public_jwk().required_members()});
        let mut whole = json!({"jti": "j", "htm": "GET", "htu": uri, "iat": now});
        for (target, change) in [(&mut whole_header, header), (&mut whole, claims)] {
            for (name, value) in change.as_object().unwrap() {
                target[name] = value.clone();
            }
        }
        let header = whole_header.as_object().unwrap().clone();
        jose::jws::sign(header, whole.to_string().as_bytes(), &key).unwrap()
    };
    let good = proof(json!({}), json!({}));
    let unsigned = format!("{}.", good.rsplit_once('.').unwrap().0);
    let none = jose::base64url::encode(
        json!({"typ": dpop::TYPE, "alg": "none",
        "jwk": key.public_jwk().required_members()})
        .to_string(),
    );
    let none = format!("{none}.{}.", good.split('.').nth(1).unwrap());
    let invalid = "invalid_dpop_proof";
    let cases = [
        ("no proof", vec![], invalid),
        ("two proofs", vec![good.clone(), proof(json!({}), json!({"jti": "other"}))], invalid),
        ("no JWS", vec!["x".to_owned()], invalid),
        ("no signature", vec![unsigned], invalid),
        ("alg none", vec![none], invalid),
        ("another typ", vec![proof(json!({"typ": "JWT"}), json!({}))], invalid),
        (
            "a foreign key's name",
            vec![proof(json!({"jwk": world.scene.key().public_jwk().required_members()}), json!({}))],
            invalid,
        ),
        ("another method", vec![proof(json!({}), json!({"htm": "PUT"}))], invalid),
        (
            "another address",
            vec![proof(json!({}), json!({"htu": format!("{ORIGIN}/follow-up/other")}))],
            invalid,
        ),
        ("another host", vec![proof(json!({}), json!({"htu": uri.replace("office", "kiln")}))], invalid),
        ("too old", vec![proof(json!({}), json!({"iat": now - dpop::OLDEST - 1}))], invalid),
        ("from the future", vec![proof(json!({}), json!({"iat": now + dpop::SKEW + 1}))], invalid),
        ("a nonce that is none", vec![proof(json!({}), json!({"nonce": "x"}))], "use_dpop_nonce"),
    ];
    for (case, proofs, code) in &cases {
        refused(&world, || with_proofs(path, proofs), (401, code), case).await;
        let answered = world.send(with_proofs(path, proofs)).await;
        assert!(answered.headers.contains_key(dpop::NONCE_HEADER), "{case}");
        assert_eq!(answered.headers[header::WWW_AUTHENTICATE], format!("DPoP error=\"{code}\""), "{case}");
    }
    let honest = world.send(with_proofs(path, std::slice::from_ref(&good))).await;
    assert_eq!(honest.status, StatusCode::OK, "{}", honest.text);
    refused(&world, || with_proofs(path, std::slice::from_ref(&good)), (401, invalid), "replayed").await;
}

#[tokio::test]
async fn another_key_and_another_address_find_nothing() {
    let world = World::new();
    let key = world.scene.key();
    let uri = applied(&world, &key).await;
    let other = world.scene.key();
    let longer = format!("{uri}x");
    let guessed = format!("{ORIGIN}/follow-up/guessed");
    let before = world.scene.memory.entries();
    for _ in 0..2 {
        let cases =
            [("another key", &uri, &other), ("another address", &longer, &key), ("guessed", &guessed, &key)];
        for (case, uri, key) in cases {
            let answered = world.follow_up(uri, key).await;
            assert_eq!(said(&answered), (404, "not_found".to_owned()), "{case}");
        }
    }
    assert!(world.scene.memory.entries() == before, "proofs that anybody can make are not kept");
    for _ in 0..2 {
        assert_eq!(world.follow_up(&uri, &key).await.status, StatusCode::OK);
    }
}

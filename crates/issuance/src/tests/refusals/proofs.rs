//! Key proofs at `POST /credential` (OpenID4VCI Appendix F.1 and F.4).

use environment::SeededRandomness;
use openid4vc::timed_nonce::{NonceKey, Purpose};
use openid4vc::vci::proof::{OLDEST, SKEW, TYPE};

use super::*;
use crate::tests::scene::SETTINGS;

#[tokio::test]
async fn a_key_proof_that_misses_narrowly_gives_no_credential() {
    let scene = Scene::new();
    let token = scene.bearer(&[PASSPORT]).await;
    let (nonce, key, now) = (scene.nonce().await, scene.key(), scene.now().seconds());
    let header = json!({"typ": TYPE, "jwk": key.public_jwk().required_members()});
    let claims = json!({"aud": ISSUER, "iat": now, "nonce": nonce});
    let good = jwt(&header, &claims, &key);
    let header_with = |name: &str, member: Value| jwt(&with(&header, name, member), &claims, &key);
    let claims_with = |name: &str, member: Value| jwt(&header, &with(&claims, name, member), &key);
    let named_by = |kid: &str| {
        let without = with(&header, "jwk", Value::Null);
        jwt(&with(&without, "kid", json!(kid)), &claims, &key)
    };
    let own_did = did::jwk::did(key.public_jwk()).unwrap();
    let other_did = did::jwk::did(scene.key().public_jwk()).unwrap();
    let cases = [
        ("another typ", header_with("typ", json!("JWT"))),
        ("the typ of a DPoP proof", header_with("typ", json!(dpop::TYPE))),
        ("no typ", header_with("typ", Value::Null)),
        ("alg none", under("none", &good, false)),
        ("a symmetric alg", under("HS256", &good, true)),
        ("another asymmetric alg", under("ES384", &good, true)),
        ("signed by another key", jwt(&header, &claims, &scene.key())),
        ("no key", header_with("jwk", Value::Null)),
        ("a private key", header_with("jwk", private(&key))),
        ("two names for the key", header_with("kid", json!(format!("{own_did}#0")))),
        ("a chain beside the key", header_with("x5c", json!(["AAAA"]))),
        ("another key's identifier", named_by(&format!("{other_did}#0"))),
        ("an identifier to be looked up", named_by("did:web:wallet.example.org#key")),
        ("a name that is no DID", named_by("key-1")),
        ("a critical extension", header_with("crit", json!(["x"]))),
        ("another audience", claims_with("aud", json!("https://other.example.org"))),
        ("the audience with a slash", claims_with("aud", json!(format!("{ISSUER}/")))),
        ("a list of audiences", claims_with("aud", json!([ISSUER]))),
        ("no audience", claims_with("aud", Value::Null)),
        ("too old", claims_with("iat", json!(now - OLDEST - 1))),
        ("from the future", claims_with("iat", json!(now + SKEW + 1))),
        ("no time", claims_with("iat", Value::Null)),
        ("expired", claims_with("exp", json!(now - SKEW))),
        ("valid later", claims_with("nbf", json!(now + SKEW + 1))),
        ("no nonce", claims_with("nonce", Value::Null)),
        ("a nonce that is no text", claims_with("nonce", json!(7))),
        ("a name of an anonymous wallet", claims_with("iss", json!("wallet"))),
        ("no JWS", "x".to_owned()),
        ("nothing", String::new()),
        ("padding", format!("{good}=")),
    ];
    for (case, proof) in cases {
        let body = asking(&[proof]);
        refused(&scene, || protected("/credential", &token, &body), (400, "invalid_proof"), case).await;
    }
    let issued = scene.send(protected("/credential", &token, &asking(&[good]))).await;
    assert_eq!(issued.copies().len(), 1, "the nonce was used up by nobody");
}

#[tokio::test]
async fn a_nonce_of_another_time_server_or_purpose_is_an_invalid_nonce() {
    let scene = Scene::new();
    let answered = scene.send(Request::post("/nonce").body(Body::empty()).unwrap()).await;
    let for_dpop = answered.headers[dpop::NONCE_HEADER].to_str().unwrap().to_owned();
    let stale = scene.nonce().await;
    scene.clock.advance(SETTINGS.nonce_lifetime);
    let token = scene.bearer(&[PASSPORT]).await;
    let mut bent = scene.nonce().await;
    let last = if bent.pop() == Some('A') { 'Q' } else { 'A' };
    bent.push(last);
    for (case, nonce) in [
        ("stale", stale),
        ("for DPoP", for_dpop),
        ("of another server", nonce_of_a_stranger(&scene)),
        ("one character changed", bent),
        ("empty", String::new()),
    ] {
        let body = asking(&[scene.proof(&nonce)]);
        refused(&scene, || protected("/credential", &token, &body), (400, "invalid_nonce"), case).await;
    }
    is_still_issued(&scene, &token).await;
}

fn nonce_of_a_stranger(scene: &Scene) -> String {
    let stranger = SeededRandomness::new(4_711);
    NonceKey::generate(&stranger).issue(Purpose::Credential, scene.now(), &stranger)
}

#[tokio::test]
async fn one_bad_proof_spoils_the_whole_batch() {
    let scene = Scene::new();
    let token = scene.bearer(&[PASSPORT]).await;
    let (nonce, key) = (scene.nonce().await, scene.key());
    let proof = |key: &SigningKey, aud: &str| {
        let header = json!({"typ": TYPE, "jwk": key.public_jwk().required_members()});
        jwt(&header, &json!({"aud": aud, "iat": scene.now().seconds(), "nonce": nonce}), key)
    };
    let good = [proof(&scene.key(), ISSUER), proof(&scene.key(), ISSUER)];
    let with_third = |third: String| asking(&[good[0].clone(), good[1].clone(), third]);
    let cases = [
        ("the same proof twice", with_third(good[0].clone()), "invalid_proof"),
        ("one for another issuer", with_third(proof(&key, "https://other.example.org")), "invalid_proof"),
        ("one over an old nonce", with_third(scene.proof("old")), "invalid_nonce"),
    ];
    for (case, body, code) in cases {
        refused(&scene, || protected("/credential", &token, &body), (400, code), case).await;
    }
    let (one, other) = (proof(&key, ISSUER), proof(&key, ISSUER));
    let body = asking(&[good[0].clone(), one, other]);
    let case = "two proofs by one key";
    refused(&scene, || protected("/credential", &token, &body), (400, "invalid_proof"), case).await;
    let four: Vec<String> = (0..=SETTINGS.batch_size).map(|_| proof(&scene.key(), ISSUER)).collect();
    let body = asking(&four);
    let case = "more than the batch size";
    refused(&scene, || protected("/credential", &token, &body), (400, "invalid_credential_request"), case)
        .await;
    let whole = scene.send(protected("/credential", &token, &asking(&four[..3]))).await;
    assert_eq!(whole.copies().len(), 3);
}

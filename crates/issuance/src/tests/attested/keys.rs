//! Attested keys: what is asked of them, and what becomes of those that are not as they must be.

use super::*;

#[tokio::test]
async fn where_keys_must_be_attested_each_attested_key_gets_a_copy() {
    let stage = stage(true, Some(strong()));
    let described = stage.scene.replicas[0].metadata().to_value();
    let types = &described["credential_configurations_supported"][PASSPORT]["proof_types_supported"];
    for name in ["jwt", "attestation"] {
        let required = &types[name]["key_attestations_required"];
        assert_eq!(*required, json!({"key_storage": ["iso_18045_moderate"]}), "{name}");
    }
    let keys: Vec<Jwk> = (0..3).map(|_| stage.scene.key().public_jwk().clone()).collect();
    let token = stage.token().await;
    let nonce = stage.scene.nonce().await;
    let attestation = key_attestation(&stage, &keys, &nonce, "iso_18045_moderate");
    assert_eq!(with_attestation(&stage, &token, &attestation).await.copies().len(), 3);
    let token = stage.token().await;
    let replayed = with_attestation(&stage, &token, &attestation).await;
    assert_eq!(replayed.refusal(), refusal(400, "invalid_nonce"), "its nonce is used up");
}

#[tokio::test]
async fn where_keys_must_be_attested_a_proof_carries_its_attestation_and_is_by_one_of_its_keys() {
    let stage = stage(true, Some(strong()));
    let (own, other) = (stage.scene.key(), stage.scene.key());
    let keys = [own.public_jwk().clone(), other.public_jwk().clone()];
    let token = stage.token().await;
    let nonce = stage.scene.nonce().await;
    let proof = |by: &SigningKey, key_attestation: Option<&str>| {
        let new = NewProof {
            key: by.public_jwk(),
            credential_issuer: ISSUER,
            nonce: Some(&nonce),
            client_id: None,
            key_attestation,
        };
        new.to_sign(stage.scene.now()).sign(by).unwrap()
    };
    let good = key_attestation(&stage, &keys, &nonce, "iso_18045_moderate");
    let weak = key_attestation(&stage, &keys, &nonce, "iso_18045_basic");
    let foreign_nonce = key_attestation(&stage, &keys, "x", "iso_18045_moderate");
    let stranger = stage.scene.key();
    for (case, proof, code) in [
        ("none", proof(&own, None), "invalid_proof"),
        ("too weak", proof(&own, Some(&weak)), "invalid_proof"),
        ("not a JWS", proof(&own, Some("x")), "invalid_proof"),
        ("not attested", proof(&stranger, Some(&good)), "invalid_proof"),
        ("a foreign nonce", proof(&own, Some(&foreign_nonce)), "invalid_nonce"),
    ] {
        let refused = stage.send(credential_request(&token, PASSPORT, &[proof], None)).await;
        assert_eq!(refused.refusal(), refusal(400, code), "{case}");
    }
    let taken = stage.send(credential_request(&token, PASSPORT, &[proof(&own, Some(&good))], None)).await;
    assert_eq!(taken.copies().len(), 2, "one for each attested key");
}

#[tokio::test]
async fn more_attested_keys_than_a_batch_may_have_and_attestations_nobody_asked_for_are_refused() {
    let stage = stage(true, Some(strong()));
    let keys: Vec<Jwk> = (0..4).map(|_| stage.scene.key().public_jwk().clone()).collect();
    let token = stage.token().await;
    let nonce = stage.scene.nonce().await;
    let many = key_attestation(&stage, &keys, &nonce, "iso_18045_moderate");
    let refused = with_attestation(&stage, &token, &many).await;
    assert_eq!(refused.refusal(), refusal(400, "invalid_credential_request"));
    let unasked = self::stage(true, None);
    let token = unasked.token().await;
    let nonce = unasked.scene.nonce().await;
    let attestation = key_attestation(&unasked, &keys[..1], &nonce, "iso_18045_moderate");
    let refused = with_attestation(&unasked, &token, &attestation).await;
    assert_eq!(refused.refusal(), refusal(400, "invalid_proof"));
    let described = unasked.scene.replicas[0].metadata().to_value();
    let types = &described["credential_configurations_supported"][PASSPORT]["proof_types_supported"];
    assert_eq!(types.get("attestation"), None::<&Value>);
}

/// A proof by `key` with an attestation of it alone, signed in the name of the provider's key `kid`.
fn attested_proof(stage: &Stage, key: &SigningKey, nonce: &str, kid: &str) -> String {
    let new = NewKeyAttestation {
        issuer: PROVIDER,
        keys: &[key.public_jwk().clone()],
        nonce: Some(nonce),
        lifetime: 3_600,
        key_storage: &["iso_18045_moderate"],
        user_authentication: &[],
    };
    let signed_as = SignAs::Did { did: PROVIDER, kid };
    let attestation =
        new.to_sign(signed_as.header(), Algorithm::Es256, stage.scene.now()).sign(&stage.provider).unwrap();
    let new = NewProof {
        key: key.public_jwk(),
        credential_issuer: ISSUER,
        nonce: Some(nonce),
        client_id: None,
        key_attestation: Some(&attestation),
    };
    new.to_sign(stage.scene.now()).sign(key).unwrap()
}

#[tokio::test]
async fn a_provider_that_cannot_be_reached_when_its_keys_are_needed_is_no_fault_of_the_wallet() {
    let stage = stage(true, Some(strong()));
    let token = stage.token().await;
    let nonce = stage.scene.nonce().await;
    let proof = attested_proof(&stage, &stage.scene.key(), &nonce, KID);
    let by_proof = || credential_request(&token, PASSPORT, std::slice::from_ref(&proof), None);
    let alone =
        key_attestation(&stage, &[stage.scene.key().public_jwk().clone()], &nonce, "iso_18045_moderate");
    stage.line.is_down.store(true, Ordering::SeqCst);
    let unavailable = refusal(503, "temporarily_unavailable");
    for is_busy in [true, false] {
        stage.line.is_busy.store(is_busy, Ordering::SeqCst);
        for answered in [stage.send(by_proof()).await, with_attestation(&stage, &token, &alone).await] {
            assert_eq!((answered.refusal(), again_after(&answered)), (unavailable.clone(), Some("60")));
        }
    }
    // Whatever can be refused without the provider is the wallet's fault all the same.
    let unnamed = attested_proof(&stage, &stage.scene.key(), &nonce, "did:web:other.example#attest");
    let refused = stage.send(credential_request(&token, PASSPORT, &[unnamed], None)).await;
    assert_eq!(refused.refusal(), refusal(400, "invalid_proof"));
    let cut = vec![proof.get(..proof.len() - 8).unwrap().to_owned()];
    let refused = stage.send(credential_request(&token, PASSPORT, &cut, None)).await;
    assert_eq!((refused.refusal(), again_after(&refused)), (refusal(400, "invalid_proof"), None));
    stage.line.is_down.store(false, Ordering::SeqCst);
    assert_eq!(stage.send(by_proof()).await.copies().len(), 1);
}

#[tokio::test]
async fn a_request_that_names_many_keys_of_a_provider_has_few_of_them_looked_up() {
    let stage = stage(true, Some(strong()));
    let token = stage.token().await;
    let nonce = stage.scene.nonce().await;
    let named = |position| format!("{PROVIDER}#other-{position}");
    let proofs: Vec<String> = (0..20)
        .map(|position| attested_proof(&stage, &stage.scene.key(), &nonce, &named(position)))
        .collect();
    let before = stage.line.asked.load(Ordering::SeqCst);
    let refused = stage.send(credential_request(&token, PASSPORT, &proofs, None)).await;
    assert_eq!(refused.refusal(), refusal(400, "invalid_credential_request"));
    assert!(stage.line.asked.load(Ordering::SeqCst) - before <= 4);
}

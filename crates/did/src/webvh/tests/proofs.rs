//! Proofs of entries.

use super::scene::*;

#[test]
fn a_proof_is_exactly_of_the_one_kind() {
    let fault = |name: &str, value: Value| match changed(|entry| entry["proof"][0][name] = value) {
        EntryFault::Proof(fault) => fault,
        other => panic!("{other:?}"),
    };
    let (one, two) = (multikey_of(&key(1)), multikey_of(&key(2)));
    for (name, value, expected) in [
        ("cryptosuite", json!("eddsa-rdfc-2022"), ProofFault::Cryptosuite),
        ("cryptosuite", json!("ecdsa-jcs-2019"), ProofFault::Cryptosuite),
        ("cryptosuite", Value::Null, ProofFault::Malformed),
        ("proofPurpose", json!("authentication"), ProofFault::Purpose),
        ("type", json!("Ed25519Signature2020"), ProofFault::Malformed),
        ("verificationMethod", json!(format!("did:key:{one}")), ProofFault::VerificationMethod),
        ("verificationMethod", json!(format!("did:key:{one}#{two}")), ProofFault::VerificationMethod),
        ("verificationMethod", json!(format!("did:key:{two}#{one}")), ProofFault::VerificationMethod),
        ("verificationMethod", json!(format!("did:web:{one}#{one}")), ProofFault::VerificationMethod),
        ("verificationMethod", json!(format!("did:key:{two}#{two}")), ProofFault::KeyNotActive),
        ("created", json!("yesterday"), ProofFault::Malformed),
        ("created", json!("2026-01-31"), ProofFault::Malformed),
        ("created", json!("2026-01-31T10:00:00"), ProofFault::Malformed),
        ("created", json!("2026-01-31 10:00:00Z"), ProofFault::Malformed),
        ("expires", json!("2020-01-01T00:00:00Z"), ProofFault::Malformed),
        ("domain", json!("example.org"), ProofFault::Malformed),
        ("@context", json!("https://www.w3.org/ns/did/v1"), ProofFault::Malformed),
        ("created", json!("2020-01-01T00:00:00Z"), ProofFault::Signature),
        ("proofValue", json!("z"), ProofFault::Malformed),
        ("proofValue", json!("u1234"), ProofFault::Malformed),
        ("proofValue", json!(format!("z{}", "1".repeat(64))), ProofFault::Signature),
        // 64 bytes at their longest, and one digit more.
        ("proofValue", json!(format!("z{}", bs58::encode([0xff; 64]).into_string())), ProofFault::Signature),
        ("proofValue", json!(format!("z{}", "z".repeat(89))), ProofFault::Malformed),
    ] {
        assert_eq!(fault(name, value.clone()), expected, "{name} {value}");
    }
    let twice =
        changed(|entry| entry["proof"].as_array_mut().unwrap().push(json!({"type": "DataIntegrityProof"})));
    assert_eq!(twice, EntryFault::Proof(ProofFault::Malformed), "every proof must hold, not one of them");
    let mut single = plain();
    let mut entry: Value = serde_json::from_str(&single.text).unwrap();
    entry["proof"] = entry["proof"][0].take();
    single.text = entry.to_string();
    assert_eq!(single.verdict(), Ok(()), "the schema allows one proof without a list");
}

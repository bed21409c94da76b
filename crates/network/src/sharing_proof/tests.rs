use environment::{Randomness, SeededRandomness};
use jose::jws::JwsError;
use jose::{Algorithm, SigningKey, digest};
use ledger::{Entry, EntryKind, LeafId};

use super::*;

const SPACE: &str = "did:example:space";
const NOW: Timestamp = Timestamp::from_seconds(1_000);

fn key() -> SigningKey {
    SigningKey::generate(Algorithm::Es256, &SeededRandomness::new(1)).unwrap()
}

fn proof(randomness: &dyn Randomness) -> ProofOfSharing {
    let shared: Vec<SharedClaim> = ["email", "given_name"]
        .into_iter()
        .map(|claim| SharedClaim {
            claim: claim.to_owned(),
            vct: "urn:passport-network:profile:1".to_owned(),
            digest: digest::sha256_base64url(claim),
            nonce: CommitmentNonce::generate(randomness),
            needed: true,
            purpose: "sign-up".to_owned(),
            audience: Audience::Team,
            seen_in_team: SeenInTeam::Team,
            kept_days: Some(90),
            kept_until: None,
        })
        .collect();
    let entry = shared.iter().fold(Entry::new(EntryKind::Answered, NOW), |entry, shared| {
        let digest = digest::sha256(&shared.claim);
        entry.committing(shared.claim.clone(), Commitment::new(&shared.nonce, &digest))
    });
    ProofOfSharing {
        issuer: SPACE.to_owned(),
        issued_at: NOW.seconds(),
        id: "id".to_owned(),
        request: "request".to_owned(),
        confirmation: Confirmation { thumbprint: "holder".to_owned() },
        shared,
        log: LogPromise {
            log: Some("https://space.example/log".to_owned()),
            leaf: Leaf::new(LeafId::generate(randomness), &entry),
            within: Some(60),
        },
    }
}

fn sent() -> Vec<(String, String)> {
    ["given_name", "email"].map(|claim| (claim.to_owned(), digest::sha256_base64url(claim))).to_vec()
}

fn verify(proof: &ProofOfSharing, sent: &[(String, String)]) -> Result<ProofOfSharing, MessageError> {
    let message = proof.sign(&format!("{SPACE}#log"), &key()).unwrap();
    let ready = VerifyingKey::new(key().public_jwk()).unwrap();
    let expected = Expected { space: SPACE, request: "request", holder: "holder", shared: sent };
    ProofOfSharing::verify(&message, &ready, &expected, NOW)
}

#[test]
fn a_proof_of_exactly_what_was_sent_is_taken() {
    let proof = proof(&SeededRandomness::new(2));
    assert_eq!(verify(&proof, &sent()).unwrap(), proof);
}

#[test]
fn a_proof_of_more_of_less_or_of_another_value_is_refused() {
    let proof = proof(&SeededRandomness::new(2));
    assert_eq!(verify(&proof, &sent()[..1]), Err(MessageError::OtherClaims));
    let mut more = sent();
    more.push(("birthdate".to_owned(), digest::sha256_base64url("birthdate")));
    assert_eq!(verify(&proof, &more), Err(MessageError::OtherClaims));
    let mut other = sent();
    other[0].1 = digest::sha256_base64url("another value");
    assert_eq!(verify(&proof, &other), Err(MessageError::OtherClaims));
}

#[test]
fn a_leaf_that_does_not_open_is_refused() {
    let mut bent = proof(&SeededRandomness::new(2));
    bent.shared[0].nonce = CommitmentNonce::generate(&SeededRandomness::new(3));
    assert_eq!(verify(&bent, &sent()), Err(MessageError::DoesNotOpen { claim: "email".to_owned() }));
    let mut empty = proof(&SeededRandomness::new(2));
    let entry = Entry::new(EntryKind::Answered, NOW);
    empty.log.leaf = Leaf::new(LeafId::generate(&SeededRandomness::new(3)), &entry);
    assert_eq!(verify(&empty, &sent()), Err(MessageError::OtherClaims));
    let mut bare = proof(&SeededRandomness::new(2));
    let entry = Entry::new(EntryKind::Answered, NOW).about(["email", "given_name"]);
    bare.log.leaf = Leaf::new(LeafId::generate(&SeededRandomness::new(3)), &entry);
    assert_eq!(verify(&bare, &sent()), Err(MessageError::DoesNotOpen { claim: "email".to_owned() }));
}

#[test]
fn a_proof_for_another_request_or_key_is_refused() {
    let mut other = proof(&SeededRandomness::new(2));
    other.request = "another".to_owned();
    assert_eq!(verify(&other, &sent()), Err(MessageError::OtherRequest));
    let mut other = proof(&SeededRandomness::new(2));
    other.confirmation.thumbprint = "another".to_owned();
    assert_eq!(verify(&other, &sent()), Err(MessageError::OtherHolder));
}

#[test]
fn a_proof_by_another_space_key_or_type_is_refused() {
    let proof = proof(&SeededRandomness::new(2));
    let ready = VerifyingKey::new(key().public_jwk()).unwrap();
    let sent = sent();
    let expected = Expected { space: SPACE, request: "request", holder: "holder", shared: &sent };
    let by_other = proof.sign("did:example:other#log", &key()).unwrap();
    let verify = |message: &str| ProofOfSharing::verify(message, &ready, &expected, NOW).unwrap_err();
    assert_eq!(verify(&by_other), MessageError::ForeignKey);
    let other_key = SigningKey::generate(Algorithm::Es256, &SeededRandomness::new(9)).unwrap();
    let forged = proof.sign(&format!("{SPACE}#log"), &other_key).unwrap();
    assert_eq!(verify(&forged), MessageError::Signature(JwsError::BadSignature));
    let header = serde_json::json!({"typ": "JWT", "kid": format!("{SPACE}#log")});
    let payload = serde_json::to_vec(&proof).unwrap();
    let typed = jose::jws::sign(header.as_object().unwrap().clone(), &payload, &key()).unwrap();
    let error = JwsError::WrongType { expected: TYPE.to_owned() };
    assert_eq!(verify(&typed), MessageError::Signature(error));
}

#[test]
fn a_proof_names_no_log_where_none_is_served_and_is_taken_all_the_same() {
    let randomness = SeededRandomness::new(2);
    let new = NewProof {
        issuer: SPACE,
        request: "request",
        holder: "holder",
        purpose: "sign-up",
        shared: proof(&randomness).shared,
    };
    let made = new.make(NOW, &randomness).unwrap();
    let written = serde_json::to_value(&made).unwrap();
    let members: Vec<&String> = written["log"].as_object().unwrap().keys().collect();
    assert_eq!(members, ["leaf"]);
    assert_eq!(verify(&made, &sent()).unwrap(), made);
}

#[test]
fn without_a_membership_the_earlier_of_the_days_and_the_date_is_the_end() {
    let shared = |kept_days, kept_until| SharedClaim {
        kept_days,
        kept_until,
        ..proof(&SeededRandomness::new(2)).shared.remove(0)
    };
    let day = NOW.plus(86_400);
    for (days, until, end) in [
        (None, None, None),
        (Some(1), None, Some(day)),
        (None, Some(2_000), Some(Timestamp::from_seconds(2_000))),
        (Some(1), Some(2_000), Some(Timestamp::from_seconds(2_000))),
        (Some(1), Some(day.seconds() + 1), Some(day)),
        (Some(0), None, Some(NOW)),
    ] {
        assert_eq!(shared(days, until).ends_without_membership(NOW), end, "{days:?} {until:?}");
    }
}

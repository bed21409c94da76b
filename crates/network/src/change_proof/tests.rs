use environment::SeededRandomness;
use jose::{Algorithm, SigningKey};

use super::*;
use crate::claims::Audience;
use crate::member_api::KeptClaim;

const SPACE: &str = "did:example:kiln";
const KID: &str = "did:example:kiln#log";
const NOW: Timestamp = Timestamp::from_seconds(10_000);
const ID: &str = "AAAAAAAAAAAAAAAAAAAAAA";

fn key(seed: u64) -> SigningKey {
    SigningKey::generate(Algorithm::Es256, &SeededRandomness::new(seed)).unwrap()
}

fn change(claim: &str, what: WhatToDo) -> ClaimChange {
    ClaimChange { claim: claim.to_owned(), what }
}

fn proof(deed: Deed, outcome: Outcome) -> ChangeProof {
    let new = NewChangeProof { issuer: SPACE, holder: "holder", id: ID, deed, outcome };
    new.make(NOW, &SeededRandomness::new(3))
}

fn verify(proof: &ChangeProof, asked: Asked<'_>) -> Result<ChangeProof, MessageError> {
    let message = proof.sign(KID, &key(1)).unwrap();
    verify_message(&message, asked, "holder", ID)
}

fn verify_message(
    message: &str,
    asked: Asked<'_>,
    holder: &str,
    id: &str,
) -> Result<ChangeProof, MessageError> {
    let ready = VerifyingKey::new(key(1).public_jwk()).unwrap();
    let expected = Expected { space: SPACE, holder, id, asked };
    ChangeProof::verify(message, &ready, &expected, NOW)
}

#[test]
fn a_proof_of_change_says_what_was_asked_and_its_leaf_says_the_same() {
    let until = change("bio", WhatToDo::Until(None));
    let publish = change("links", WhatToDo::Publish(Audience::Public));
    let back = change("email", WhatToDo::TakeBack);
    for (changes, kind) in [
        (vec![until.clone()], EntryKind::Changed),
        (vec![until.clone(), publish.clone()], EntryKind::Published),
        (vec![publish, back, until], EntryKind::TakenBack),
    ] {
        let proof = proof(Deed::Changed, Outcome { changes: changes.clone(), ..Outcome::default() });
        assert_eq!(verify(&proof, Asked::Changes(&changes)), Ok(proof.clone()));
        let entry = proof.log.leaf.entry().unwrap();
        assert_eq!(entry.kind, kind);
        assert!(entry.items.iter().all(|item| item.commitment.is_none()), "names alone");
    }
}

#[test]
fn a_proof_of_other_changes_another_identifier_or_another_key_is_refused() {
    let asked = [change("email", WhatToDo::TakeBack)];
    let right = proof(Deed::Changed, Outcome { changes: asked.to_vec(), ..Outcome::default() });
    let message = right.sign(KID, &key(1)).unwrap();
    let other = [change("email", WhatToDo::Until(Some(5)))];
    let more = [asked[0].clone(), change("bio", WhatToDo::TakeBack)];
    for wrong in [Asked::Changes(&other), Asked::Changes(&more), Asked::Changes(&[]), Asked::Leave] {
        assert_eq!(verify(&right, wrong), Err(MessageError::OtherClaims), "{wrong:?}");
    }
    let ours = Asked::Changes(&asked);
    assert_eq!(verify_message(&message, ours, "other", ID), Err(MessageError::OtherHolder));
    assert_eq!(verify_message(&message, ours, "holder", "x"), Err(MessageError::OtherRequest));
    let foreign = right.sign(KID, &key(2)).unwrap();
    assert!(matches!(verify_message(&foreign, ours, "holder", ID), Err(MessageError::Signature(_))));
    let elsewhere = right.sign("did:example:other#log", &key(1)).unwrap();
    assert_eq!(verify_message(&elsewhere, ours, "holder", ID), Err(MessageError::ForeignKey));
    let mut bent = right.clone();
    bent.log.leaf = proof(Deed::Changed, Outcome { changes: other.to_vec(), ..Outcome::default() }).log.leaf;
    assert_eq!(verify(&bent, ours), Err(MessageError::Malformed), "the leaf speaks of something else");
}

#[test]
fn who_leaves_is_told_that_the_membership_ended_and_what_is_kept_by_which_rule() {
    let kept = KeptClaim { claim: "billing".to_owned(), rule: "tax law".to_owned(), until: 99_999 };
    let outcome = Outcome {
        changes: vec![change("email", WhatToDo::TakeBack)],
        membership_ended: true,
        kept: vec![kept],
        ..Outcome::default()
    };
    let left = proof(Deed::Left, outcome.clone());
    assert_eq!(verify(&left, Asked::Leave), Ok(left.clone()));
    assert_eq!(left.log.leaf.entry().unwrap().kind, EntryKind::Left);
    let stays = proof(Deed::Left, Outcome { membership_ended: false, ..outcome });
    assert_eq!(verify(&stays, Asked::Leave), Err(MessageError::OtherClaims));
}

#[test]
fn an_objection_is_proven_by_what_it_is_about_and_without_its_reason() {
    let about = ["bio".to_owned()];
    let objected = proof(Deed::Objected, Outcome { about: about.to_vec(), ..Outcome::default() });
    assert_eq!(verify(&objected, Asked::Objection(&about)), Ok(objected.clone()));
    assert_eq!(verify(&objected, Asked::Objection(&[])), Err(MessageError::OtherClaims));
    assert_eq!(objected.log.leaf.entry().unwrap().kind, EntryKind::Objected);
}

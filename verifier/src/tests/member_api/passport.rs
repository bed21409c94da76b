//! A passport that takes the place of an earlier one, after another number or a move.

use credentials::types;
use network::member_api::ChangeRequest;
use presentation::Receiving;

use super::*;
use crate::member_api::ChangeAsked;

const OLD: (&str, &str) = ("canary-old-number", "did:example:canary-old");
const NEW: (&str, &str) = ("canary-new-number", "did:example:canary-new");

/// Somebody who signed up with a passport, with copies of the membership from this place on.
async fn with_passport(stage: &Stage, place: u64) -> SignUp {
    let asked = stage.space.ask("with-passport").await.unwrap();
    let mut answer = stage.answer(&asked, stage.key().public_jwk(), Way::NoScreen, None);
    let key = answer.answering_key.clone().unwrap();
    answer.presented.push(stage.passport(&key, OLD.0, OLD.1));
    stage.give(&answer).await.unwrap();
    let sign_up = stage.space.sign_up_for(&asked.id).await.unwrap().unwrap();
    issued(stage, sign_up.member.as_deref().unwrap(), place, 10).await;
    sign_up
}

async fn ask(stage: &Stage, access: &MemberAccess, claims: &[&str]) -> Result<ChangeAsked, NotDone> {
    let claims = claims.iter().map(|one| (*one).to_owned()).collect();
    let caller = Caller { access, proof: fresh(stage) };
    stage.space.ask_for_new_values(&caller, &ChangeRequest { claims }).await
}

async fn held(stage: &Stage, sign_up: &SignUp) -> Vec<(String, serde_json::Value)> {
    let (held, values) = stage.space.contact(&sign_up.id).await.unwrap();
    held.given
        .iter()
        .map(|one| one.claim.clone())
        .zip(values.0.iter().map(|one| one.value().unwrap()))
        .collect()
}

#[tokio::test]
async fn a_new_passport_takes_the_place_of_the_earlier_one_in_one_transaction_and_with_a_proof() {
    let stage = Stage::new();
    let sign_up = with_passport(&stage, 0).await;
    let (_, access) = access(&stage, 0).await;
    make(&stage, &access, &changes(ID, vec![change("number", WhatToDo::Publish(Audience::MembersHere))]))
        .await
        .unwrap();
    let before = contact(&stage, &sign_up).await.unwrap();
    let keys = stage.sealing_keys();
    let asked = ask(&stage, &access, &["number", "did"]).await.unwrap();
    let credentials = asked.query["credentials"].as_array().unwrap();
    let named: Vec<_> = credentials.iter().map(|one| (&one["id"], &one["claims"])).collect();
    let (passport, membership) =
        (json!([{"path": ["number"]}, {"path": ["did"]}]), json!([{"path": ["space"], "values": [DID]}]));
    assert_eq!(named, [(&json!("passport"), &passport), (&json!("membership"), &membership)]);
    assert!(stage.space.takes_several_keys(&asked.subject));

    let (key, other) = (stage.key(), stage.key());
    let (key, other) = (key.public_jwk(), other.public_jwk());
    let answer = shown(&stage, &asked.subject, 1, key, vec![stage.passport(other, NEW.0, NEW.1)]);
    let Ok(prepared) = stage.space.prepare(&answer).await else { panic!("it counts") };
    assert_eq!(contact(&stage, &sign_up).await.unwrap(), before, "nothing before the transaction");
    stage.store(prepared.as_ref()).await;
    assert!(prepared.reply().sharing_proof_uri.is_some());
    work(&stage).await;
    assert!(!opens(&stage, &before), "the earlier one is gone");
    assert_eq!(stage.sealing_keys(), keys);
    let values = held(&stage, &sign_up).await;
    let of = |claim: &str| {
        values.iter().filter(|(name, _)| name == claim).map(|(_, value)| value.clone()).collect::<Vec<_>>()
    };
    assert_eq!((of("number"), of("did")), (vec![json!(NEW.0)], vec![json!(NEW.1)]));
    assert_eq!(
        (of("email"), of("given_name")),
        (vec![json!(CANARIES[0])], vec![json!(CANARIES[1])]),
        "the rest stays"
    );
    let given = contact(&stage, &sign_up).await.unwrap().given;
    let number = given.iter().find(|one| one.claim == "number").unwrap();
    assert_eq!(
        (number.vct.as_str(), number.audience),
        (types::PASSPORT, Audience::MembersHere),
        "the rules stay"
    );
    assert_eq!(stage.traces_of(&[OLD.0, OLD.1, NEW.0, NEW.1]), 0);
}

#[tokio::test]
async fn a_passport_is_taken_beside_the_membership_of_that_account_and_nothing_else_is() {
    let stage = Stage::new();
    let sign_up = with_passport(&stage, 0).await;
    with_passport(&stage, 20).await;
    let (_, access) = access(&stage, 0).await;
    let asked = ask(&stage, &access, &["number", "did"]).await.unwrap();
    let before = contact(&stage, &sign_up).await;
    let (key, other) = (stage.key(), stage.key());
    let (key, other) = (key.public_jwk(), other.public_jwk());
    let passport = || stage.passport(other, NEW.0, NEW.1);
    let answer = |place, given| shown(&stage, &asked.subject, place, key, given);
    let mut without = answer(1, vec![passport()]);
    without.presented.remove(0);
    let mut half = passport();
    half.disclosed.retain(|claim| claim.path == "number");
    let own = stage.presented("passport", types::OWN, other, json!({"number": NEW.0, "did": NEW.1}));
    for (case, answer, code) in [
        ("another member and passport", answer(20, vec![passport()]), "other_member"),
        ("no membership", without, "missing_claims"),
        ("no passport", answer(1, Vec::new()), "missing_claims"),
        ("half of it", answer(1, vec![half]), "missing_claims"),
        ("the member's own word", answer(1, vec![own]), "missing_claims"),
    ] {
        assert_eq!(stage.give(&answer).await.unwrap_err(), code, "{case}");
    }
    assert_eq!(contact(&stage, &sign_up).await, before);
    // The DID has moved, or is a new one: whose passport it is says the membership.
    assert!(stage.give(&answer(1, vec![passport()])).await.is_ok());
    assert_eq!(
        stage.give(&answer(2, vec![passport()])).await.unwrap_err(),
        "unknown_request",
        "it is used up"
    );
}

#[tokio::test]
async fn of_a_passport_only_what_is_held_is_asked_for_anew() {
    let stage = Stage::new();
    with_passport(&stage, 0).await;
    member(&stage, 20).await;
    let (_, never_gave) = access(&stage, 20).await;
    let why = ask(&stage, &never_gave, &["number"]).await.unwrap_err();
    assert_eq!((why.code(), why.claims()), ("not_held", &["number".to_owned()][..]));

    let (_, access) = access(&stage, 0).await;
    let since = ask(&stage, &access, &["since"]).await.unwrap_err();
    assert_eq!(since.code(), "not_held");
    let both = ask(&stage, &access, &["email", "number"]).await.unwrap();
    let asked = |asked: &ChangeAsked, query: &str| {
        let credentials = asked.query["credentials"].as_array().unwrap().clone();
        credentials.into_iter().find(|one| one["id"] == query).map(|one| one["claims"].clone())
    };
    assert_eq!(
        asked(&both, "passport"),
        Some(json!([{"path": ["number"]}])),
        "what is not named is not asked"
    );
    assert!(asked(&both, "own_email").is_some());
    make(&stage, &access, &changes(ID, vec![change("did", WhatToDo::TakeBack)])).await.unwrap();
    let gone = ask(&stage, &access, &["number", "did"]).await.unwrap_err();
    assert_eq!((gone.code(), gone.claims()), ("not_held", &["did".to_owned()][..]));
}

//! New values in the place of old ones.

use credentials::types;
use network::member_api::ChangeRequest;
use network::sharing_proof::{Expected as Sharing, ProofOfSharing};
use presentation::{Receiving, Reply};

use super::*;
use crate::deciding::handle_hash;
use crate::form::{Approval, Source};
use crate::forms::ChangedBy;
use crate::member_api::ChangeAsked;
use crate::tests::stage;

const NEW: &str = "canary-new@example.org";

async fn ask(stage: &Stage, access: &MemberAccess, claims: &[&str]) -> Result<ChangeAsked, NotDone> {
    let claims = claims.iter().map(|one| (*one).to_owned()).collect();
    let caller = Caller { access, proof: fresh(stage) };
    stage.space.ask_for_new_values(&caller, &ChangeRequest { claims }).await
}

/// A new address on the member's own word.
fn address(stage: &Stage, key: &Jwk) -> Presented {
    stage.presented("own_email", types::OWN, key, json!({"email": NEW}))
}

async fn proof_behind(stage: &Stage, reply: &Reply, holder: &Jwk) -> Option<String> {
    let uri = reply.sharing_proof_uri.as_deref().unwrap();
    let handle = handle_hash(uri.strip_prefix("http://kiln.localhost/follow-up/").unwrap());
    let holder = holder.thumbprint_base64url();
    assert!(stage.space.may_follow_up(handle, &holder).await.unwrap());
    assert!(!stage.space.may_follow_up(handle, "other").await.unwrap());
    stage.space.follow_up(handle, &holder).await.unwrap().sharing_proof
}

#[tokio::test]
async fn a_new_value_takes_the_place_of_the_old_one_which_nobody_can_open_any_more() {
    let stage = Stage::new();
    let sign_up = member(&stage, 0).await;
    let (_, access) = access(&stage, 0).await;
    let set = vec![change("email", WhatToDo::Publish(Audience::MembersHere))];
    make(&stage, &access, &changes(ID, set)).await.unwrap();
    let before = contact(&stage, &sign_up).await.unwrap();
    let keys = stage.sealing_keys();
    let asked = ask(&stage, &access, &["email"]).await.unwrap();
    let named: Vec<_> =
        asked.query["credentials"].as_array().unwrap().iter().map(|one| one["id"].clone()).collect();
    assert_eq!(named, [json!("profile_email"), json!("own_email"), json!("membership")]);
    let uses: Vec<_> = asked.uses.iter().map(|one| (one.data.clone(), one.credential_ids.clone())).collect();
    let of = |id: &str, queries: &[&str]| {
        (json!({"id": id}), Some(queries.iter().map(|one| (*one).to_owned()).collect::<Vec<_>>()))
    };
    let wanted =
        [of("membership", &["profile_email", "own_email"]), of("membership-refill", &["membership"])];
    assert_eq!(uses, wanted);
    assert!(stage.space.takes_several_keys(&asked.subject));
    assert!(!stage.space.takes_several_keys("sign-up"), "of other answers no");

    let (key, other) = (stage.key(), stage.key());
    let (key, other) = (key.public_jwk(), other.public_jwk());
    let answer = shown(&stage, &asked.subject, 1, key, vec![address(&stage, other)]);
    let sent: Vec<(String, String)> = answer
        .presented
        .iter()
        .flat_map(|presented| &presented.disclosed)
        .map(|claim| (claim.path.clone(), jose::base64url::encode(claim.digest)))
        .collect();
    stage.clock.advance(60);
    let reply = stage.give(&answer).await.unwrap();
    let proof = proof_behind(&stage, &reply, other).await.unwrap();
    let log = VerifyingKey::new(stage.space.identity().log.signer.public_jwk()).unwrap();
    let holder = other.thumbprint_base64url();
    let expected = Sharing { space: DID, request: REQUEST, holder: &holder, shared: &sent };
    let shared = ProofOfSharing::verify(&proof, &log, &expected, stage.now()).unwrap().shared;
    let (membership, new) = (&shared[0], &shared[1]);
    let now = Some(stage.now().seconds());
    assert_eq!((membership.claim.as_str(), membership.kept_until), ("space", now), "it is not kept");
    assert_eq!((new.audience, new.kept_days), (Audience::MembersHere, Some(30)), "the rules stay");
    work(&stage).await;
    assert!(!opens(&stage, &before));
    assert_eq!(stage.sealing_keys(), keys);
    let (held, values) = stage.space.contact(&sign_up.id).await.unwrap();
    let kept: Vec<_> = values.0.iter().map(|kept| kept.value().unwrap()).collect();
    assert_eq!(kept, [json!(CANARIES[1]), json!("canary-company"), json!(NEW)]);
    let last = held.given.last().unwrap();
    assert_eq!((last.claim.as_str(), last.since, last.needed), ("email", Some(stage.now().seconds()), true));
    assert_eq!((stage.traces(), stage.traces_of(&[NEW])), (0, 0));
    // The request is used up.
    let again = shown(&stage, &asked.subject, 2, key, vec![address(&stage, other)]);
    assert_eq!(stage.give(&again).await.unwrap_err(), "unknown_request");
}

/// The queries of what is asked for.
fn queries(asked: &ChangeAsked) -> Vec<String> {
    let all = asked.query["credentials"].as_array().unwrap().iter();
    all.map(|one| one["id"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn what_is_asked_for_anew_is_asked_as_the_form_asks_now_and_not_as_the_file_has_it() {
    let stage = Stage::new();
    stage.space.take_forms_of_file().await.unwrap();
    member(&stage, 0).await;
    let (_, access) = access(&stage, 0).await;
    let either = queries(&ask(&stage, &access, &["email"]).await.unwrap());
    assert_eq!(either, ["profile_email", "own_email", "membership"]);
    // The team takes checked addresses alone from now on.
    let mut stricter = stage.space.form("sign-up").await.unwrap().unwrap().form;
    stricter.fields[0].source = Source::Checked;
    stage.space.change_form(stricter.clone(), Some(1), ChangedBy::Terminal).await.unwrap();
    let checked = queries(&ask(&stage, &access, &["email"]).await.unwrap());
    assert!(checked.iter().all(|query| !query.starts_with("own")), "{checked:?}");
    // A server that reads the same file again asks as the team has decided.
    let again = Stage::started_with(&stage, &[stage::form("sign-up", Approval::Automatic)]);
    let caller = Caller { access: &access, proof: fresh(&stage) };
    let claims = ChangeRequest { claims: vec!["email".to_owned()] };
    assert_eq!(queries(&again.ask_for_new_values(&caller, &claims).await.unwrap()), checked);
    // A form that is asked no more asks nothing: on whose word it was held decides.
    stage.space.withdraw_form("sign-up", 2, ChangedBy::Terminal).await.unwrap();
    let own = queries(&ask(&stage, &access, &["email"]).await.unwrap());
    assert!(own.iter().any(|query| query.starts_with("own")), "{own:?}");
}

#[tokio::test]
async fn new_values_are_taken_from_the_member_who_asked_and_from_nobody_else() {
    let stage = Stage::new();
    let sign_up = member(&stage, 0).await;
    member(&stage, 20).await;
    let (_, access) = access(&stage, 0).await;
    let asked = ask(&stage, &access, &["email"]).await.unwrap();
    let before = contact(&stage, &sign_up).await;
    let (key, other) = (stage.key(), stage.key());
    let (key, other) = (key.public_jwk(), other.public_jwk());
    let given = || vec![address(&stage, other)];
    let mut without = shown(&stage, &asked.subject, 1, key, given());
    without.presented.remove(0);
    let mut elsewhere = shown(&stage, &asked.subject, 1, key, given());
    elsewhere.presented[0] = copy(&stage, key, "space did:web:other.example.org", None);
    for (case, answer, code) in [
        ("another member", shown(&stage, &asked.subject, 20, key, given()), "other_member"),
        ("no membership", without, "missing_claims"),
        ("another space's", elsewhere, "untrusted_issuer"),
        ("nothing new", shown(&stage, &asked.subject, 1, key, Vec::new()), "missing_claims"),
        ("another request", shown(&stage, "new-values:x", 1, key, given()), "unknown_request"),
    ] {
        assert_eq!(stage.give(&answer).await.unwrap_err(), code, "{case}");
    }
    assert_eq!(contact(&stage, &sign_up).await, before);
    assert!(stage.give(&shown(&stage, &asked.subject, 1, key, given())).await.is_ok());
}

#[tokio::test]
async fn a_request_for_new_values_names_what_is_held_and_what_a_form_can_ask() {
    let stage = Stage::new();
    member(&stage, 0).await;
    let (_, access) = access(&stage, 0).await;
    let before = stage.memory.entries();
    for (claims, code, named) in [
        (vec!["phone_number"], "not_held", vec!["phone_number"]),
        (vec!["company", "phone_number"], "not_held", vec!["phone_number"]),
        (vec![], "invalid_request", vec![]),
        (vec!["email", "email"], "invalid_request", vec![]),
    ] {
        let why = ask(&stage, &access, &claims).await.unwrap_err();
        let named: Vec<String> = named.into_iter().map(str::to_owned).collect();
        assert_eq!((why.code(), why.claims()), (code, &named[..]), "{claims:?}");
    }
    assert!(stage.memory.entries() == before, "nothing has changed");
    assert!(ask(&stage, &access, &["email", "company"]).await.is_ok());
}

#[tokio::test]
async fn new_values_that_were_prepared_before_another_change_or_the_end_are_prepared_anew() {
    let stage = Stage::new();
    let sign_up = member(&stage, 0).await;
    let (_, access) = access(&stage, 0).await;
    let asked = ask(&stage, &access, &["email"]).await.unwrap();
    let key = stage.key();
    let answer = shown(&stage, &asked.subject, 1, key.public_jwk(), vec![address(&stage, key.public_jwk())]);
    let Ok(prepared) = stage.space.prepare(&answer).await else { panic!("it counts") };
    assert!(stage.holds(prepared.as_ref()).await);
    make(&stage, &access, &changes(ID, vec![change("company", WhatToDo::TakeBack)])).await.unwrap();
    assert!(!stage.holds(prepared.as_ref()).await, "it would bring back what was taken back");
    let Ok(prepared) = stage.space.prepare(&answer).await else { panic!("it counts") };
    stage.space.end_membership(sign_up.member.as_deref().unwrap()).await.unwrap();
    assert!(!stage.holds(prepared.as_ref()).await);
}

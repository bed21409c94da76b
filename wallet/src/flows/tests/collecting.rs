use environment::SeededRandomness;
use jose::{Algorithm, SigningKey};
use network::decision::Outcome;
use network::follow_up::DidHosting;
use serde_json::{Value, json};

use super::stage::{Behaviour, Stage, offer, offer_of, verified_log};
use crate::consent::{ByPreset, Preset};
use crate::flows::{
    AcceptError, AcceptOptions, LeavingIdentifier, PresentOptions, Problem, RefillError, ShareProof,
};
use crate::records::{
    AwaitedCredentials, Copy, DetailName, FollowUpAwaited, HistoryKind, KeptAnswer, MemberDid, PrivateKey,
    RecoveryCommitment, Upkeep,
};

const NEEDED: ByPreset = ByPreset(Preset::Needed);

pub(super) async fn answered(change: impl FnOnce(&mut Behaviour)) -> Stage {
    let stage = Stage::new().await;
    stage.wallet.accept_offer(&offer(&["passport", "profile"]), &four(), &NEEDED).await.unwrap();
    stage.wallet.present(&stage.link(), &PresentOptions::default(), &NEEDED).await.unwrap();
    stage.set(change);
    stage
}

#[tokio::test]
async fn a_decision_is_checked_and_kept_and_the_offer_taken() {
    let stage = answered(|behaviour| {
        behaviour.outcome = Some(Outcome::Approved);
        behaviour.offer = Some(offer_of("http://kiln.localhost", &["membership"]));
    })
    .await;
    let collected = stage.wallet.collect(&NEEDED).await.unwrap();
    assert_eq!(collected.from[0].problem, None);
    assert_eq!(collected.from[0].decision.as_deref(), Some("approved"));
    assert!(collected.from[0].accepted.is_some() && collected.from[0].sharing_proof);
    let given = &stage.wallet.spaces().await.unwrap()[0].given[0];
    assert_eq!(given.outcome.as_deref(), Some("approved"));
    assert!(stage.vault.list::<FollowUpAwaited>().await.unwrap().is_empty());
    assert!(stage.wallet.collect(&NEEDED).await.unwrap().from.is_empty());
}

#[tokio::test]
async fn a_refusal_of_the_space_ends_the_waiting() {
    let stage = answered(|behaviour| behaviour.outcome = Some(Outcome::Declined)).await;
    let collected = stage.wallet.collect(&NEEDED).await.unwrap();
    assert_eq!(collected.from[0].decision.as_deref(), Some("declined"));
    assert!(stage.wallet.pending().await.unwrap().is_empty());
}

#[tokio::test]
async fn without_a_decision_the_wallet_goes_on_waiting() {
    let stage = answered(|_| {}).await;
    let collected = stage.wallet.collect(&NEEDED).await.unwrap();
    assert_eq!(collected.from[0].decision, None);
    assert_eq!(stage.wallet.pending().await.unwrap()[0].awaited, ["decision", "offer"]);
}

/// A place at the office, and where the log is to be left.
pub(super) fn hosting(location: &str, upload_uri: &str) -> Option<DidHosting> {
    Some(DidHosting { location: location.to_owned(), upload_uri: upload_uri.to_owned() })
}

pub(super) fn at_the_office() -> Option<DidHosting> {
    hosting("office.localhost:label", "http://office.localhost/did-log/1")
}

/// A member with membership and statement of the home space who answered the office's request for a first passport.
pub(super) async fn applied(change: impl FnOnce(&mut Behaviour)) -> Stage {
    let stage = Stage::new().await;
    let home = offer_of("http://kiln.localhost", &["membership", "statement"]);
    stage.wallet.accept_offer(&home, &AcceptOptions::default(), &NEEDED).await.unwrap();
    let email = (DetailName::new("email").unwrap(), Value::from("ada@example.org"));
    stage.wallet.set_own_detail(email.0, email.1).await.unwrap();
    stage.wallet.present(&stage.office_link(), &PresentOptions::default(), &NEEDED).await.unwrap();
    stage.set(change);
    stage
}

/// A member of the home space who is about to answer the office's request for a first passport.
async fn about_to_apply(change: impl FnOnce(&mut Behaviour)) -> (Stage, String) {
    let stage = Stage::new().await;
    let home = offer_of("http://kiln.localhost", &["membership", "statement"]);
    stage.wallet.accept_offer(&home, &AcceptOptions::default(), &NEEDED).await.unwrap();
    let email = DetailName::new("email").unwrap();
    stage.wallet.set_own_detail(email, Value::from("ada@example.org")).await.unwrap();
    let link = stage.office_link();
    stage.set(change);
    (stage, link)
}

#[tokio::test]
async fn an_office_that_was_answered_waits_for_nothing_more_of_the_wallet() {
    let (stage, link) = about_to_apply(|behaviour| behaviour.did_hosting = at_the_office()).await;
    let presented = stage.wallet.present(&link, &PresentOptions::default(), &NEEDED).await.unwrap();
    assert_eq!(presented.sharing_proof, ShareProof::Kept);
    let did = stage.wallet.did().await.unwrap().unwrap();
    assert_eq!(presented.identifier, LeavingIdentifier::Left(did.clone()));
    let logs = stage.seen(|seen| seen.did_logs.clone());
    let [(uri, text)] = logs.as_slice() else { panic!("one log: {logs:?}") };
    assert_eq!(uri, "http://office.localhost/did-log/1");
    assert_eq!(verified_log(text).did().unwrap().as_str(), did);
    // Collecting makes no other.
    stage.wallet.collect(&NEEDED).await.unwrap();
    assert!(stage.seen(|seen| seen.did_logs.iter().all(|left| *left == logs[0])));
}

#[tokio::test]
async fn an_identifier_that_could_not_be_left_with_the_answer_is_told_and_left_by_collecting() {
    let elsewhere = hosting("kiln.localhost:label", "http://kiln.localhost/did-log/1");
    for (named, status, part) in
        [(elsewhere, None, "not at the office"), (at_the_office(), Some(500), "the status 500")]
    {
        let (stage, link) = about_to_apply(|behaviour| {
            behaviour.did_hosting = named;
            behaviour.did_log_status = status;
        })
        .await;
        let presented = stage.wallet.present(&link, &PresentOptions::default(), &NEEDED).await.unwrap();
        let LeavingIdentifier::NotLeft(reason) = &presented.identifier else { panic!("{presented:?}") };
        assert!(reason.contains(part), "{reason}");
        stage.set(|behaviour| {
            behaviour.did_hosting = at_the_office();
            behaviour.did_log_status = None;
        });
        assert!(stage.wallet.collect(&NEEDED).await.unwrap().did.is_some());
    }
}

#[tokio::test]
async fn nobody_is_left_an_identifier_with_an_answer_but_the_office_that_was_asked_for_a_first_passport() {
    let stage = Stage::new().await;
    stage.wallet.accept_offer(&offer(&["passport", "profile"]), &four(), &NEEDED).await.unwrap();
    stage.set(|behaviour| {
        behaviour.did_hosting = hosting("kiln.localhost:l", "http://kiln.localhost/did-log/1")
    });
    let presented = stage.wallet.present(&stage.link(), &PresentOptions::default(), &NEEDED).await.unwrap();
    assert_eq!(presented.identifier, LeavingIdentifier::NotAsked);
    assert!(stage.seen(|seen| seen.did_logs.is_empty()));
    // Nor an office whose proof of sharing is not of what was shared.
    let (stage, link) = about_to_apply(|behaviour| {
        behaviour.did_hosting = at_the_office();
        behaviour.proof_lacks_a_claim = true;
    })
    .await;
    let presented = stage.wallet.present(&link, &PresentOptions::default(), &NEEDED).await.unwrap();
    assert!(matches!(presented.sharing_proof, ShareProof::Wrong(_)), "{presented:?}");
    assert_eq!(presented.identifier, LeavingIdentifier::NotAsked);
    assert!(stage.seen(|seen| seen.did_logs.is_empty()));
}

#[tokio::test]
async fn an_identifier_at_another_office_is_not_replaced_by_an_answer() {
    let stage = applied(|behaviour| behaviour.did_hosting = at_the_office()).await;
    let did = stage.wallet.collect(&NEEDED).await.unwrap().did.unwrap();
    let member = stage.vault.get::<MemberDid>(MemberDid::NAME).await.unwrap().unwrap();
    let elsewhere = "harbour.localhost%3A8080:label".to_owned();
    stage.vault.put(&MemberDid { location: elsewhere, ..member }).await.unwrap();
    stage.clock.advance(60);
    let before = stage.seen(|seen| seen.did_logs.len());
    let link = stage.office_link();
    let presented = stage.wallet.present(&link, &PresentOptions::default(), &NEEDED).await.unwrap();
    let LeavingIdentifier::NotLeft(reason) = &presented.identifier else { panic!("{presented:?}") };
    assert!(reason.contains("harbour.localhost:8080"), "{reason}");
    assert_eq!(stage.wallet.did().await.unwrap(), Some(did));
    assert_eq!(stage.seen(|seen| seen.did_logs.len()), before);
}

#[tokio::test]
async fn the_first_entry_of_the_did_commits_to_the_recovery_code() {
    let stage = applied(|behaviour| behaviour.did_hosting = at_the_office()).await;
    let collected = stage.wallet.collect(&NEEDED).await.unwrap();
    assert_eq!(collected.from[0].problem, None);
    let did = collected.did.unwrap();
    assert_eq!(stage.wallet.did().await.unwrap().as_deref(), Some(did.as_str()));
    let logs = stage.seen(|seen| seen.did_logs.clone());
    let [(uri, text)] = logs.as_slice() else { panic!("one log: {logs:?}") };
    assert_eq!(uri, "http://office.localhost/did-log/1");
    let log = verified_log(text);
    assert_eq!(log.did().unwrap().as_str(), did);
    let entry: Value = serde_json::from_str(text.trim()).unwrap();
    assert_eq!(entry["parameters"]["portable"], json!(true));
    let recovery = stage.vault.get::<RecoveryCommitment>(RecoveryCommitment::NAME).await.unwrap().unwrap();
    let hash = did::webvh::KeyHash::of(&recovery.key);
    assert_eq!(entry["parameters"]["nextKeyHashes"], json!([hash.as_str()]));
    assert_eq!(recovery.index, 1);
    let names: Vec<&str> = entry["state"]["verificationMethod"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["id"].as_str().unwrap())
        .collect();
    assert!(names[0].ends_with("#sign") && names[1].ends_with("#seal"));
    // Asked again, the wallet leaves the same log and makes no second DID.
    let again = stage.wallet.collect(&NEEDED).await.unwrap();
    assert_eq!(again.did.as_deref(), Some(did.as_str()));
    assert!(stage.vault.get::<MemberDid>(MemberDid::NAME).await.unwrap().unwrap().uploaded);
    assert!(stage.seen(|seen| seen.did_logs.iter().all(|left| *left == logs[0])));
}

#[tokio::test]
async fn a_place_for_the_did_from_anybody_but_the_office_that_was_asked_changes_nothing() {
    // Of a space, and of an office that was shown something else.
    for office in [false, true] {
        let collect = async |hosting: Option<DidHosting>| {
            let stage = Stage::new().await;
            stage.wallet.accept_offer(&offer(&["profile"]), &four(), &NEEDED).await.unwrap();
            let link = if office { stage.office_link() } else { stage.link() };
            let query = query_for_the_email();
            stage.set(|behaviour| behaviour.query = Some(query));
            stage.wallet.present(&link, &PresentOptions::default(), &NEEDED).await.unwrap();
            stage.set(|behaviour| behaviour.did_hosting = hosting);
            let collected = stage.wallet.collect(&NEEDED).await.unwrap();
            (stage, collected)
        };
        let own = if office { "office.localhost" } else { "kiln.localhost" };
        let upload_uri = format!("http://{own}/did-log/1");
        let (plain, _) = collect(None).await;
        for location in [format!("{own}:label"), "office.localhost:label".to_owned()] {
            let (stage, collected) = collect(hosting(&location, &upload_uri)).await;
            assert_eq!((&collected.from[0].problem, &collected.did), (&None, &None), "{location}");
            assert_eq!(stage.calls(), plain.calls(), "{location}: whoever asks sees no difference");
            assert!(stage.vault.get::<MemberDid>(MemberDid::NAME).await.unwrap().is_none());
        }
    }
}

#[tokio::test]
async fn a_space_that_names_a_place_neither_learns_the_did_nor_keeps_the_office_from_hosting_it() {
    let stage = answered(|_| {}).await;
    let home = offer_of("http://kiln.localhost", &["membership", "statement"]);
    stage.wallet.accept_offer(&home, &four(), &NEEDED).await.unwrap();
    let email = DetailName::new("email").unwrap();
    stage.wallet.set_own_detail(email, Value::from("ada@example.org")).await.unwrap();
    let at_the_space = hosting("kiln.localhost:tracked", "http://kiln.localhost/did-log/1");
    stage.set(|behaviour| behaviour.did_hosting = at_the_space);
    assert_eq!(stage.wallet.collect(&NEEDED).await.unwrap().did, None);
    // The genuine office comes after it.
    stage.wallet.present(&stage.office_link(), &PresentOptions::default(), &NEEDED).await.unwrap();
    stage.set(|behaviour| behaviour.did_hosting = at_the_office());
    let did = stage.wallet.collect(&NEEDED).await.unwrap().did.unwrap();
    // The space knows, or guesses, where the DID lies, and asks to have the log left with it.
    let suspected = did.splitn(4, ':').nth(3).unwrap().to_owned();
    let of_the_space = stage.vault.list::<FollowUpAwaited>().await.unwrap();
    let only_space = of_the_space.iter().find(|one| !one.first_passport).unwrap();
    for other in of_the_space.iter().filter(|one| one.id != only_space.id) {
        stage.vault.batch().delete::<FollowUpAwaited>(&other.id).commit().await.unwrap();
    }
    stage.set(|behaviour| behaviour.did_hosting = hosting(&suspected, "http://kiln.localhost/did-log/1"));
    let collected = stage.wallet.collect(&NEEDED).await.unwrap();
    assert_eq!((&collected.from[0].problem, &collected.did), (&None, &None));
    let left = stage.seen(|seen| seen.did_logs.clone());
    assert!(!left.is_empty() && left.iter().all(|(uri, _)| uri == "http://office.localhost/did-log/1"));
}

#[tokio::test]
async fn an_office_hosts_at_its_own_origin_alone() {
    for (location, upload_uri) in [
        ("kiln.localhost:label", "http://office.localhost/did-log/1"),
        ("office.localhost%3A8080:label", "http://office.localhost/did-log/1"),
        ("office.localhost", "http://office.localhost/did-log/1"),
        ("office.localhost:label", "http://kiln.localhost/did-log/1"),
        ("office.localhost:label", "http://office.localhost:8080/did-log/1"),
    ] {
        let stage = applied(|behaviour| behaviour.did_hosting = hosting(location, upload_uri)).await;
        let collected = stage.wallet.collect(&NEEDED).await.unwrap();
        let problem = collected.from[0].problem.as_deref().unwrap();
        assert!(problem.contains("not at the office"), "{location} {upload_uri}: {problem}");
        assert!(stage.seen(|seen| seen.did_logs.is_empty()), "{location} {upload_uri}");
        // What the office says next still counts.
        stage.set(|behaviour| behaviour.did_hosting = at_the_office());
        assert!(stage.wallet.collect(&NEEDED).await.unwrap().did.is_some());
    }
}

/// Applies once more, a minute later.
pub(super) async fn apply_again(stage: &Stage) {
    stage.clock.advance(60);
    stage.wallet.present(&stage.office_link(), &PresentOptions::default(), &NEEDED).await.unwrap();
}

#[tokio::test]
async fn a_log_goes_again_only_for_the_request_it_was_made_for() {
    let stage = applied(|behaviour| behaviour.did_hosting = at_the_office()).await;
    let first = stage.wallet.collect(&NEEDED).await.unwrap().did.unwrap();
    // The office names the place of a member's DID to whoever applies next. That the place is the same makes no
    // difference: who has no passport yet begins again, and nothing is awaited of the first request.
    apply_again(&stage).await;
    let collected = stage.wallet.collect(&NEEDED).await.unwrap();
    assert_eq!(collected.from.len(), 1);
    let second = stage.wallet.did().await.unwrap().unwrap();
    assert_ne!(second, first);
    assert_eq!(collected.did.as_deref(), Some(second.as_str()));
    let left = stage.seen(|seen| seen.did_logs.last().cloned()).unwrap().1;
    assert_eq!(verified_log(&left).did().unwrap().as_str(), second);
    let awaited = stage.vault.list::<FollowUpAwaited>().await.unwrap();
    let member = stage.vault.get::<MemberDid>(MemberDid::NAME).await.unwrap().unwrap();
    assert_eq!(awaited.iter().map(|one| one.id.as_str()).collect::<Vec<_>>(), [member.follow_up.as_str()]);
    assert_eq!(stage.wallet.collect(&NEEDED).await.unwrap().did, Some(second));
}

/// A member whose passport was given at the office, and who applies again.
async fn applied_with_a_passport() -> (Stage, String) {
    let stage = applied(|behaviour| {
        behaviour.did_hosting = at_the_office();
        behaviour.offer = Some(offer(&["passport", "profile"]));
    })
    .await;
    let did = stage.wallet.collect(&NEEDED).await.unwrap().did.unwrap();
    stage.set(|behaviour| behaviour.offer = None);
    apply_again(&stage).await;
    (stage, did)
}

#[tokio::test]
async fn a_did_that_stands_in_a_passport_is_shown_again_where_it_lies_and_does_not_move() {
    let (stage, did) = applied_with_a_passport().await;
    let another = hosting("office.localhost:another", "http://office.localhost/did-log/1");
    stage.set(|behaviour| behaviour.did_hosting = another);
    let collected = stage.wallet.collect(&NEEDED).await.unwrap();
    assert_eq!((&collected.from[0].problem, collected.did.as_ref()), (&None, Some(&did)));
    let (logs, controls) = stage.seen(|seen| (seen.did_logs.clone(), seen.did_controls.clone()));
    assert_eq!(logs.last().unwrap().1, logs[0].1, "the log as it was");
    assert_eq!(controls[0], None);
    let control = controls.last().unwrap().clone().unwrap();
    let member = stage.vault.get::<MemberDid>(MemberDid::NAME).await.unwrap().unwrap();
    assert_eq!(member.location, "office.localhost:label", "nothing is moved");
    let key = jose::VerifyingKey::new(&member.sign.public_jwk().unwrap()).unwrap();
    let awaited = stage.vault.list::<FollowUpAwaited>().await.unwrap().remove(0);
    let holder = awaited.key.public_jwk().unwrap().thumbprint_base64url();
    let at = "http://office.localhost/did-log/1";
    let now = environment::Clock::now(stage.clock.as_ref());
    network::did_control::DidControl::verify(&control, &key, &did, at, &holder, now).unwrap();
}

#[tokio::test]
async fn a_suspended_passport_is_told_from_a_log_that_is_not_taken() {
    for (status, part) in [(403, "does not count at present"), (409, "the status 409")] {
        let (stage, did) = applied_with_a_passport().await;
        stage.set(|behaviour| behaviour.did_log_status = Some(status));
        let collected = stage.wallet.collect(&NEEDED).await.unwrap();
        let problem = collected.from[0].problem.as_deref().unwrap();
        assert!(problem.contains(part), "{problem}");
        assert_eq!(stage.wallet.did().await.unwrap(), Some(did));
    }
}

#[tokio::test]
async fn a_did_that_lies_at_another_office_is_shown_to_nobody() {
    let (stage, did) = applied_with_a_passport().await;
    let member = stage.vault.get::<MemberDid>(MemberDid::NAME).await.unwrap().unwrap();
    let elsewhere = "harbour.localhost%3A8080:label".to_owned();
    stage.vault.put(&MemberDid { location: elsewhere, ..member }).await.unwrap();
    let before = stage.seen(|seen| seen.did_logs.len());
    let collected = stage.wallet.collect(&NEEDED).await.unwrap();
    let problem = collected.from[0].problem.as_deref().unwrap();
    assert!(problem.contains("another office") && problem.contains("harbour.localhost:8080"), "{problem}");
    assert_eq!(stage.seen(|seen| seen.did_logs.len()), before, "nobody is told which");
    assert_eq!(stage.wallet.did().await.unwrap(), Some(did));
}

#[tokio::test]
async fn a_did_that_finds_no_place_keeps_no_offer_from_being_taken() {
    let elsewhere = hosting("kiln.localhost:label", "http://kiln.localhost/did-log/1");
    for (hosting, status) in [(elsewhere, None), (at_the_office(), Some(500))] {
        let stage = applied(|behaviour| {
            behaviour.did_hosting = hosting;
            behaviour.did_log_status = status;
            behaviour.offer = Some(offer(&["passport", "profile"]));
        })
        .await;
        let collected = stage.wallet.collect(&NEEDED).await.unwrap();
        assert!(collected.from[0].problem.is_some() && collected.did.is_none());
        let accepted = collected.from[0].accepted.as_ref().unwrap();
        assert_eq!(accepted.credentials.len(), 2);
    }
}

#[tokio::test]
async fn an_offer_in_a_follow_up_is_taken_from_the_party_that_was_asked_alone() {
    let by_reference =
        "openid-credential-offer://?credential_offer_uri=http%3A%2F%2Foffice.localhost%2Foffer".to_owned();
    for foreign in [
        offer(&["profile"]),
        offer_of("http://kiln.localhost:8080", &["membership"]),
        offer_of("https://kiln.localhost", &["membership"]),
        offer_of("http://harbour.kiln.localhost", &["membership"]),
        by_reference,
    ] {
        let stage = answered(|behaviour| {
            behaviour.outcome = Some(Outcome::Approved);
            behaviour.offer = Some(foreign.clone());
        })
        .await;
        let before = stage.calls().len();
        let copies = stage.vault.list::<Copy>().await.unwrap().len();
        let collected = stage.wallet.collect(&NEEDED).await.unwrap();
        let from = &collected.from[0];
        assert!(from.problem.as_deref().unwrap().contains("not of the party that was asked"), "{foreign}");
        assert_eq!((from.decision.as_deref(), from.sharing_proof), (Some("approved"), true), "{foreign}");
        assert!(from.accepted.is_none());
        assert_eq!(stage.vault.list::<Copy>().await.unwrap().len(), copies, "{foreign}");
        assert_eq!(stage.calls()[before..], ["GET http://kiln.localhost/follow-up/1"], "{foreign}");
        let history = stage.wallet.history().await.unwrap();
        assert!(history.iter().any(|entry| entry.not_completed.as_deref() == Some("offer_of_other")));
        // The space's own offer still counts when it comes.
        let own = offer_of("http://kiln.localhost", &["membership"]);
        stage.set(|behaviour| behaviour.offer = Some(own));
        assert!(stage.wallet.collect(&NEEDED).await.unwrap().from[0].accepted.is_some());
    }
}

#[tokio::test]
async fn what_a_party_promised_for_later_is_signed_by_that_party() {
    let stage = answered(|behaviour| {
        behaviour.offer = Some(offer_of("http://kiln.localhost", &["membership"]));
        behaviour.deferred = true;
    })
    .await;
    stage.wallet.collect(&NEEDED).await.unwrap();
    let awaited = stage.vault.list::<AwaitedCredentials>().await.unwrap().remove(0);
    assert_eq!(awaited.signer.as_deref(), Some("did:web:kiln.localhost"));
    let other =
        AwaitedCredentials { signer: Some("did:web:harbour.localhost".to_owned()), ..awaited.clone() };
    stage.clock.advance(61);
    stage.vault.put(&other).await.unwrap();
    let problem = stage.wallet.collect(&NEEDED).await.unwrap().from.remove(0).problem.unwrap();
    assert!(problem.contains("was not signed by the party"), "{problem}");
    stage.set(|behaviour| behaviour.deferred = true);
    stage.vault.put(&awaited).await.unwrap();
    assert!(stage.wallet.collect(&NEEDED).await.unwrap().from[0].accepted.is_some());
}

fn four() -> AcceptOptions {
    AcceptOptions { tx_code: None, copies: Some(4) }
}

fn query_for_the_email() -> Value {
    json!({"credentials": [{
        "id": "profile", "format": "dc+sd-jwt", "meta": {"vct_values": [credentials::types::PROFILE]},
        "claims": [{"path": ["email"]}],
    }]})
}

#[tokio::test]
async fn refill_shows_a_copy_of_each_kind_and_the_new_copies_come_in_pairs() {
    let stage = Stage::new().await;
    stage.wallet.accept_offer(&offer(&["passport", "profile"]), &four(), &NEEDED).await.unwrap();
    stage.set(|behaviour| behaviour.no_refills = true);
    assert!(!stage.wallet.needs_refill().await.unwrap());
    for _ in 0..2 {
        stage.wallet.present(&stage.link(), &PresentOptions::default(), &NEEDED).await.unwrap();
    }
    assert!(!stage.wallet.needs_refill().await.unwrap(), "it was tried today");
    stage.clock.advance(86_400);
    stage.set(|behaviour| behaviour.list_version += 1);
    assert!(stage.wallet.needs_refill().await.unwrap());
    stage.set(|behaviour| behaviour.no_refills = false);
    let refilled = stage.wallet.refill(&AcceptOptions::default(), &NEEDED).await.unwrap();
    assert_eq!(refilled.problems, Vec::<String>::new());
    assert_eq!(refilled.accepted.len(), 2);
    let copies = stage.vault.list::<Copy>().await.unwrap();
    assert_eq!(copies.len(), 4, "used copies are cleared away");
    assert!(copies.iter().all(|copy| copy.credentials.len() == 2), "each new key has both");
    assert!(!stage.wallet.needs_refill().await.unwrap());
}

#[tokio::test]
async fn a_wallet_without_membership_passport_and_profile_has_nothing_to_refill() {
    let stage = Stage::new().await;
    let refused = stage.wallet.refill(&AcceptOptions::default(), &NEEDED).await;
    assert!(matches!(refused, Err(RefillError::NothingHeld)));
}

#[tokio::test]
async fn copies_are_shown_for_refill_to_the_office_that_signed_them_alone() {
    let stage = Stage::new().await;
    stage.wallet.accept_offer(&offer(&["profile"]), &four(), &NEEDED).await.unwrap();
    stage.set(|behaviour| behaviour.refill_by_space = true);
    let refused = stage.wallet.refill(&AcceptOptions::default(), &NEEDED).await;
    assert!(matches!(refused, Err(RefillError::RequestElsewhere)), "{refused:?}");
    assert!(stage.seen(|seen| seen.answers.is_empty()), "nobody is answered");
    assert!(stage.calls().iter().all(|call| !call.contains("kiln.localhost")), "and nobody else is called");
    assert_eq!(stage.wallet.list().await.unwrap()[0].copies_left, 4);
    stage.set(|behaviour| behaviour.refill_by_space = false);
    assert!(stage.wallet.refill(&AcceptOptions::default(), &NEEDED).await.is_ok());
}

#[tokio::test]
async fn new_copies_come_from_the_office_that_signed_the_old_ones_alone() {
    let stage = Stage::new().await;
    stage.wallet.accept_offer(&offer(&["profile"]), &four(), &NEEDED).await.unwrap();
    for foreign in ["http://kiln.localhost", "http://office.localhost:8080"] {
        stage.set(|behaviour| behaviour.refill_offer = Some(offer_of(foreign, &["membership"])));
        let refused = stage.wallet.refill(&AcceptOptions::default(), &NEEDED).await;
        assert!(matches!(refused, Err(RefillError::Accept(AcceptError::OfferOfOther))), "{refused:?}");
    }
    let listed = stage.wallet.list().await.unwrap();
    assert_eq!((listed.len(), listed[0].copies_left), (1, 2));
}

#[tokio::test]
async fn what_came_of_an_offer_is_kept_where_its_party_then_falls_silent_and_the_offer_still_awaited() {
    for (given, defers) in [("given", None), ("promised", Some(0))] {
        let stage = applied(|behaviour| {
            behaviour.did_hosting = at_the_office();
            behaviour.offer = Some(offer(&["passport", "profile"]));
            behaviour.busy_after = Some(1);
            behaviour.defers_after = defers;
            behaviour.no_refills = true;
        })
        .await;
        let collected = stage.wallet.collect(&NEEDED).await.unwrap();
        let accepted = collected.from[0].accepted.as_ref().unwrap();
        assert_eq!(accepted.missing, [credentials::types::PROFILE], "{given}");
        let passports = held(&stage, credentials::types::PASSPORT).await;
        let awaited = stage.vault.list::<AwaitedCredentials>().await.unwrap();
        assert_eq!((passports > 0, awaited.len()), (defers.is_none(), usize::from(defers.is_some())));
        let follow_ups = stage.vault.list::<FollowUpAwaited>().await.unwrap();
        assert_eq!(follow_ups.len(), 1, "{given}");
        // What was missing comes with the offer when the office is asked again.
        stage.clock.advance(61);
        stage.set(|behaviour| (behaviour.busy_after, behaviour.defers_after) = (None, None));
        let collected = stage.wallet.collect(&NEEDED).await.unwrap();
        assert!(collected.from.iter().all(|from| from.problem.is_none()), "{given}: {collected:?}");
        assert!(held(&stage, credentials::types::PASSPORT).await > 0, "{given}");
        assert!(held(&stage, credentials::types::PROFILE).await > 0, "{given}");
        assert!(stage.vault.list::<FollowUpAwaited>().await.unwrap().is_empty(), "{given}");
    }
}

#[tokio::test]
async fn a_refill_of_which_a_part_did_not_come_ends_neither_the_waiting_nor_what_a_refusal_keeps_back() {
    let stage = Stage::new().await;
    stage.wallet.accept_offer(&offer(&["profile"]), &four(), &NEEDED).await.unwrap();
    let refused = format!("{} http://office.localhost", credentials::types::PROFILE);
    let upkeep = Upkeep { refused_at: [(refused, stage.clock_seconds())].into(), ..Upkeep::default() };
    stage.vault.put(&upkeep).await.unwrap();
    let mut waited_for = Vec::new();
    for (identifiers, answers, is_whole) in [(Some(2), Some(1), false), (None, None, true)] {
        stage.set(|behaviour| (behaviour.identifiers, behaviour.busy_after) = (identifiers, answers));
        let refilled = stage.wallet.refill(&AcceptOptions::default(), &NEEDED).await.unwrap();
        assert_eq!(refilled.accepted[0].missing.is_empty(), is_whole);
        let follow_ups = stage.vault.list::<FollowUpAwaited>().await.unwrap();
        let ids: Vec<String> = follow_ups.into_iter().map(|one| one.id).collect();
        if is_whole {
            assert_eq!(ids, waited_for, "what did not come may come there still");
        }
        waited_for = ids;
        assert_eq!(waited_for.len(), 1);
        let upkeep = stage.vault.get::<Upkeep>(Upkeep::NAME).await.unwrap().unwrap();
        assert_eq!(upkeep.refused_at.is_empty(), is_whole);
    }
}

/// What was asked of a party before, and is not decided.
pub(super) async fn asked_before(stage: &Stage, host: &str, id: &str) -> FollowUpAwaited {
    let key = SigningKey::generate(Algorithm::Es256, &SeededRandomness::new(9)).unwrap();
    let awaited = FollowUpAwaited {
        id: id.to_owned(),
        space: format!("did:web:{host}"),
        space_name: host.to_owned(),
        did: Some(format!("did:web:{host}")),
        first_passport: host == "office.localhost",
        uri: format!("http://{host}/follow-up/1"),
        key: PrivateKey::of(&key),
        request: "before".to_owned(),
        sent: Vec::new(),
        asked_at: stage.clock_seconds(),
        proof_kept: false,
        decision_kept: false,
        proof_alone: false,
        instead: None,
        last_tried_since: None,
    };
    stage.vault.put(&awaited).await.unwrap();
    awaited
}

#[tokio::test]
async fn a_refill_ends_the_waiting_for_nothing_but_its_own_answer() {
    for (host, configuration) in [("office.localhost", "profile"), ("kiln.localhost", "membership")] {
        let stage = Stage::new().await;
        let link = offer_of(&format!("http://{host}"), &[configuration]);
        stage.wallet.accept_offer(&link, &four(), &NEEDED).await.unwrap();
        let before = asked_before(&stage, host, "before").await;
        let half_decided = FollowUpAwaited {
            id: "changed".to_owned(),
            decision_kept: true,
            asked_at: stage.clock_seconds() + 1,
            ..before.clone()
        };
        stage.vault.put(&half_decided).await.unwrap();
        let refilled = stage.wallet.refill(&AcceptOptions::default(), &NEEDED).await.unwrap();
        assert!(refilled.accepted[0].missing.is_empty());
        let mut left = stage.vault.list::<FollowUpAwaited>().await.unwrap();
        left.sort_by_key(|one| one.asked_at);
        let told = |one: &FollowUpAwaited| (one.id.clone(), one.decision_kept, one.proof_alone);
        let left: Vec<_> = left.iter().map(told).collect();
        assert_eq!(left, [told(&before), told(&half_decided)], "{host}");
    }
}

#[tokio::test]
async fn a_refill_of_its_own_leaves_an_application_at_the_same_office_awaited() {
    let stage = Stage::new().await;
    stage.wallet.accept_offer(&offer(&["profile"]), &four(), &NEEDED).await.unwrap();
    let application = asked_before(&stage, "office.localhost", "application").await;
    for _ in 0..2 {
        stage.wallet.present(&stage.link(), &PresentOptions::default(), &NEEDED).await.unwrap();
    }
    stage.clock.advance(86_400);
    stage.set(|behaviour| behaviour.list_version += 1);
    stage.wallet.refill_when_low().await.unwrap();
    assert!(stage.calls().iter().any(|call| call.ends_with("office.localhost/refill/requests")));
    assert!(stage.vault.get::<FollowUpAwaited>(&application.id).await.unwrap().is_some());
}

#[tokio::test]
async fn the_proof_of_a_refill_that_is_not_there_yet_is_awaited_and_nothing_else_is() {
    let stage = Stage::new().await;
    stage.wallet.accept_offer(&offer(&["profile"]), &four(), &NEEDED).await.unwrap();
    stage.set(|behaviour| behaviour.no_follow_ups = true);
    let refilled = stage.wallet.refill(&AcceptOptions::default(), &NEEDED).await.unwrap();
    assert!(refilled.accepted[0].missing.is_empty());
    assert_eq!(stage.wallet.pending().await.unwrap()[0].awaited, ["proof"]);
    let collected = stage.wallet.collect(&NEEDED).await.unwrap();
    assert!(collected.from[0].problem.is_some(), "{collected:?}");
    stage.set(|behaviour| behaviour.no_follow_ups = false);
    let collected = stage.wallet.collect(&NEEDED).await.unwrap();
    assert_eq!((collected.from[0].sharing_proof, &collected.from[0].problem), (true, &None));
    assert!(stage.wallet.pending().await.unwrap().is_empty());
    assert!(stage.wallet.spaces().await.unwrap()[0].given.iter().all(|given| given.proof.is_some()));
}

#[tokio::test]
async fn an_offer_that_follows_a_refill_is_taken_as_one_in_its_follow_up() {
    for is_promised in [false, true] {
        let stage = Stage::new().await;
        stage.wallet.accept_offer(&offer(&["profile"]), &four(), &NEEDED).await.unwrap();
        let before = asked_before(&stage, "office.localhost", "application").await;
        stage.set(|behaviour| {
            behaviour.refill_offer = Some(String::new());
            behaviour.offer = Some(offer(&["profile"]));
            behaviour.deferred = is_promised;
        });
        stage.wallet.refill(&AcceptOptions::default(), &NEEDED).await.unwrap();
        let left = stage.vault.list::<FollowUpAwaited>().await.unwrap();
        assert_eq!(left.iter().map(|one| &one.id).collect::<Vec<_>>(), [&before.id]);
        let promised = stage.vault.list::<AwaitedCredentials>().await.unwrap();
        assert_eq!(promised.len(), usize::from(is_promised));
        assert!(promised.iter().all(|one| one.follow_up.as_ref().is_some_and(|id| *id != before.id)));
    }
}

/// How many credentials of a type there are.
async fn held(stage: &Stage, vct: &str) -> usize {
    let copies = stage.vault.list::<Copy>().await.unwrap();
    copies.iter().flat_map(|copy| &copy.credentials).filter(|one| one.vct == vct).count()
}

#[tokio::test]
async fn what_a_space_ended_before_it_decided_is_kept_there_no_more_by_its_own_word() {
    for status in [404, 410] {
        let stage = answered(|_| {}).await;
        assert!(stage.wallet.spaces().await.unwrap()[0].has_details(), "as long as nothing else is known");
        stage.set(|behaviour| behaviour.follow_up_gone = Some(status));
        let [from] = &stage.wallet.collect(&NEEDED).await.unwrap().from[..] else { panic!("one party") };
        let said = "kiln.localhost has ended this sign-up and erased what you gave; open its page again";
        assert_eq!((from.problem.as_deref(), &from.problems[..]), (Some(said), &[Problem::Ended][..]));
        let space = stage.wallet.spaces().await.unwrap().remove(0);
        assert_eq!((space.held.len(), space.given[0].outcome.as_deref()), (0, Some("ended")));
        assert!(
            space.has_ended_it() && space.given[0].is_kept_no_more() && space.given[0].proof.is_some(),
            "its proof stays"
        );
        assert!(stage.wallet.pending().await.unwrap().is_empty());
        assert!(stage.wallet.collect(&NEEDED).await.unwrap().from.is_empty(), "nobody is asked again");
        let history = stage.wallet.history().await.unwrap();
        let ended = history.iter().find(|one| one.not_completed.as_deref() == Some("ended_there")).unwrap();
        assert_eq!((ended.kind, ended.party.as_deref()), (HistoryKind::FollowUp, Some("kiln.localhost")));
    }
}

#[tokio::test]
async fn a_status_that_says_something_else_or_comes_after_a_decision_ends_nothing() {
    let cases = [(403, None), (500, None), (404, Some(Outcome::Approved))];
    for (status, outcome) in cases {
        let stage = answered(|behaviour| behaviour.outcome = outcome).await;
        stage.wallet.collect(&NEEDED).await.unwrap();
        stage.set(|behaviour| behaviour.follow_up_gone = Some(status));
        let [from] = &stage.wallet.collect(&NEEDED).await.unwrap().from[..] else { panic!("one party") };
        assert!(from.problem.is_some() && !from.problems.contains(&Problem::Ended), "{status}: {from:?}");
        assert!(stage.wallet.spaces().await.unwrap()[0].has_details(), "{status}");
        assert_eq!(stage.wallet.pending().await.unwrap().len(), 1, "{status}");
    }
}

#[tokio::test]
async fn new_values_whose_proof_was_never_fetched_are_kept_when_the_space_follows_them_no_more() {
    let stage = answered(|_| {}).await;
    let mut answer = stage.vault.list::<KeptAnswer>().await.unwrap().remove(0);
    answer.given.replaces = vec!["email".to_owned()];
    stage.vault.put(&answer).await.unwrap();
    stage.set(|behaviour| behaviour.follow_up_gone = Some(404));
    let [from] = &stage.wallet.collect(&NEEDED).await.unwrap().from[..] else { panic!("one party") };
    assert_eq!(from.problems, [Problem::Unusable]);
    assert!(stage.wallet.spaces().await.unwrap()[0].has_details());
}

mod identifier;
mod refilling;

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

fn four() -> AcceptOptions {
    AcceptOptions { tx_code: None, copies: Some(4) }
}

fn query_for_the_email() -> Value {
    json!({"credentials": [{
        "id": "profile", "format": "dc+sd-jwt", "meta": {"vct_values": [credentials::types::PROFILE]},
        "claims": [{"path": ["email"]}],
    }]})
}

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
pub(super) async fn about_to_apply(change: impl FnOnce(&mut Behaviour)) -> (Stage, String) {
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

/// Applies once more, a minute later.
pub(super) async fn apply_again(stage: &Stage) {
    stage.clock.advance(60);
    stage.wallet.present(&stage.office_link(), &PresentOptions::default(), &NEEDED).await.unwrap();
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

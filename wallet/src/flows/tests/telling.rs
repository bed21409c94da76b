//! Spaces that have an earlier number or DID are told, and nobody else is; a wallet that was made again begins no second DID.

use credentials::types;
use jose::Signer;
use serde_json::{Value, json};

use super::collecting::{applied, at_the_office};
use super::numbers::{holder, number, says};
use super::stage::{Stage, disclosed, offer, offer_of, verified_log};
use crate::HistoryKind;
use crate::consent::{ByPreset, Preset};
use crate::flows::{AcceptOptions, DidError, InformedSpace, MemberApiError, When};
use crate::records::{KeptAnswer, KnownSpace, MemberDid, OutboxItem, RecoveryCommitment};
use crate::vault::RecoveryCode;

const NEEDED: ByPreset = ByPreset(Preset::Needed);
const KILN: &str = "did:web:kiln.localhost";
const BY_OFFICE: &str = "office did:web:office.localhost";

fn six() -> AcceptOptions {
    AcceptOptions { tx_code: None, copies: Some(6) }
}

/// A member of the space with a passport of number 1; gives the DID and the number.
async fn member() -> (Stage, String, String) {
    let (stage, did, first) = holder(1).await;
    stage.set(|behaviour| {
        behaviour.no_refills = true;
        behaviour.no_refills_at_the_space = true;
    });
    for _ in 0..2 {
        stage.wallet.accept_offer(&offer(&["passport"]), &six(), &NEEDED).await.unwrap();
    }
    let membership = offer_of("http://kiln.localhost", &["membership"]);
    stage.wallet.accept_offer(&membership, &six(), &NEEDED).await.unwrap();
    (stage, did, first)
}

/// Answers the space's form with these claims of that type.
async fn give(stage: &Stage, vct: &str, claims: &[&str]) {
    let paths: Vec<Value> = claims.iter().map(|claim| json!({"path": [claim]})).collect();
    let query = json!({"credentials": [{"id": "one", "format": "dc+sd-jwt", "meta": {"vct_values": [vct]}, "claims": paths}]});
    stage.set(|behaviour| behaviour.query = Some(query));
    stage.wallet.present(&stage.link(), &Default::default(), &NEEDED).await.unwrap();
    stage.clock.advance(60);
}

/// The number becomes number 2, with copies that show it.
async fn renumber(stage: &Stage, did: &str) -> String {
    let new = number(2);
    let replacement = json!({"number": new, "credential_offer": offer(&["passport"])});
    stage.set(|behaviour| behaviour.number.replacement = Some(replacement));
    says(stage, &new, did);
    stage.wallet.replace_number(&NEEDED).await.unwrap();
    stage.wallet.accept_offer(&offer(&["passport"]), &six(), &NEEDED).await.unwrap();
    new
}

fn holds(stage: &Stage, held: &[(&'static str, &str, &'static str)]) {
    let held = held.iter().map(|(claim, value, word)| (*claim, (*value).to_owned(), *word)).collect();
    stage.set(|behaviour| behaviour.member.holds = Some(held));
}

/// What the member API was asked, and for which claims.
fn asked(stage: &Stage) -> Vec<(String, Value)> {
    stage.seen(|seen| {
        seen.member.asked.iter().map(|(path, body)| (path.clone(), body["claims"].clone())).collect()
    })
}

async fn only_informed(stage: &Stage) -> InformedSpace {
    let informed = stage.wallet.informed_spaces().await.unwrap();
    let [space] = informed.as_slice() else { panic!("{informed:?}") };
    space.clone()
}

async fn items(stage: &Stage) -> Vec<OutboxItem> {
    stage.vault.list().await.unwrap()
}

/// As after a loss: the wallet was made for the code, and knows nobody.
async fn made_again(stage: &Stage) {
    let mut batch = stage.vault.batch().delete::<RecoveryCommitment>(RecoveryCommitment::NAME);
    for answer in stage.vault.list::<KeptAnswer>().await.unwrap() {
        batch = batch.delete::<KeptAnswer>(&crate::vault::Kept::name(&answer));
    }
    for space in stage.vault.list::<KnownSpace>().await.unwrap() {
        batch = batch.delete::<KnownSpace>(&space.id);
    }
    batch.commit().await.unwrap();
}

#[tokio::test]
async fn a_space_that_has_the_old_number_is_told_the_new_one_at_a_time_of_its_own_and_proves_it() {
    let (stage, did, old) = member().await;
    give(&stage, types::PASSPORT, &["number", "did"]).await;
    holds(
        &stage,
        &[("number", &old, BY_OFFICE), ("did", &did, BY_OFFICE), ("email", "a@example.org", "own")],
    );
    assert!(only_informed(&stage).await.is_current);
    assert!(stage.wallet.tell_spaces(&[], When::Apart).await.unwrap().is_empty(), "it has the number of now");
    let new = renumber(&stage, &did).await;
    assert!(!only_informed(&stage).await.is_current);

    let told = stage.wallet.tell_spaces(&[], When::Apart).await.unwrap();
    let again = stage.wallet.tell_spaces(&["kiln.localhost".to_owned()], When::Apart).await.unwrap();
    assert_eq!((told.len(), &told), (1, &again), "asked twice it is told once");
    let now = stage.clock_seconds();
    let due_at = only_informed(&stage).await.due_at.unwrap();
    assert_eq!(Some(due_at), told[0].again_at);
    assert!((15 * 60..=12 * 3_600).contains(&(due_at - now)), "{told:?}");
    assert!(asked(&stage).is_empty(), "nothing was sent yet");

    stage.clock.advance(12 * 3_600);
    let sent = stage.wallet.collect(&NEEDED).await.unwrap().changes;
    assert!(sent[0].done, "{sent:?}");
    // The DID is as before, so it is left alone.
    let expected = [("details".to_owned(), Value::Null), ("change-requests".to_owned(), json!(["number"]))];
    assert_eq!(asked(&stage), expected);
    let shown = stage.seen(|seen| disclosed(seen.answers.last().unwrap()));
    let mut queries: Vec<&str> = shown.iter().map(|(query, ..)| query.as_str()).collect();
    queries.sort_unstable();
    assert_eq!(queries, ["membership", "passport"]);
    let (_, _, claims) = shown.iter().find(|(query, ..)| query == "passport").unwrap();
    let [(name, disclosure)] = claims.as_slice() else { panic!("{claims:?}") };
    let disclosure = String::from_utf8(jose::base64url::decode(disclosure).unwrap()).unwrap();
    assert!(name == "number" && disclosure.contains(&new));

    let space = only_informed(&stage).await;
    assert!(space.is_current && space.due_at.is_none() && space.told_at >= now);
    assert!(items(&stage).await.is_empty());
    let kiln = stage.wallet.spaces().await.unwrap().into_iter().find(|space| space.id == KILN).unwrap();
    assert!(kiln.given.last().unwrap().proof.is_some(), "the proof of sharing is kept");
    let refused = stage.wallet.tell_spaces(&["kiln.localhost".to_owned()], When::Now).await;
    assert!(matches!(refused, Err(MemberApiError::NothingToTell(_))), "{refused:?}");
}

#[tokio::test]
async fn a_space_that_never_asked_for_the_passport_is_not_told_and_not_asked() {
    let (stage, did, old) = member().await;
    stage.wallet.accept_offer(&offer(&["profile"]), &six(), &NEEDED).await.unwrap();
    give(&stage, types::PROFILE, &["email"]).await;
    // It would like to have it.
    holds(&stage, &[("number", &old, BY_OFFICE), ("did", &did, BY_OFFICE)]);
    renumber(&stage, &did).await;
    assert!(stage.wallet.tell_spaces(&[], When::Now).await.unwrap().is_empty());
    let refused = stage.wallet.tell_spaces(&["kiln.localhost".to_owned()], When::Now).await;
    assert!(matches!(refused, Err(MemberApiError::NothingToTell(_))), "{refused:?}");
    let nobody = stage.wallet.tell_spaces(&["Rook".to_owned()], When::Now).await;
    assert!(matches!(nobody, Err(MemberApiError::UnknownSpace(_))), "{nobody:?}");
    assert!(asked(&stage).is_empty());
    // Nor does it get more than it was given.
    give(&stage, types::PASSPORT, &["did"]).await;
    assert!(stage.wallet.tell_spaces(&[], When::Now).await.unwrap().is_empty(), "the DID is as it was");
}

#[tokio::test]
async fn a_wallet_that_was_made_again_learns_of_the_space_what_it_holds_and_believes_a_did_of_the_members() {
    let other = format!("did:webvh:{}:old.localhost:m-9", "P".repeat(46));
    for (case, said, word, claims) in [
        ("a DID of the member's", None, BY_OFFICE, Some(json!(["number", "did"]))),
        ("another's", Some(other), BY_OFFICE, None),
        ("the member's own word", None, "own", None),
    ] {
        let (stage, did, old) = member().await;
        renumber(&stage, &did).await;
        made_again(&stage).await;
        // The same DID before it moved here.
        let scid = did.split(':').nth(2).unwrap();
        let former = said.unwrap_or_else(|| format!("did:webvh:{scid}:old.localhost:m-9"));
        holds(&stage, &[("number", &old, word), ("did", &former, word)]);
        assert_eq!(stage.wallet.informed_spaces().await.unwrap(), [], "{case}");
        assert_eq!(stage.wallet.spaces_without_record().await.unwrap(), ["kiln.localhost"], "{case}");
        let told = stage.wallet.tell_spaces(&[], When::Now).await.unwrap();
        assert!(told.len() == 1 && told[0].done, "{case}: {told:?}");
        let mut expected = vec![("details".to_owned(), Value::Null)];
        expected.extend(claims.clone().map(|claims| ("change-requests".to_owned(), claims)));
        assert_eq!(asked(&stage), expected, "{case}");
        assert!(items(&stage).await.is_empty(), "{case}");
        let informed = stage.wallet.informed_spaces().await.unwrap();
        assert_eq!(
            informed.iter().all(|space| space.is_current) && !informed.is_empty(),
            claims.is_some(),
            "{case}"
        );
    }
}

#[tokio::test]
async fn while_no_passport_shows_the_did_as_it_is_now_nothing_is_given_and_it_waits() {
    let (stage, did, old) = member().await;
    give(&stage, types::PASSPORT, &["number", "did"]).await;
    holds(&stage, &[("number", &old, BY_OFFICE), ("did", &did, BY_OFFICE)]);
    let known = stage.vault.get::<MemberDid>(MemberDid::NAME).await.unwrap().unwrap();
    let moved = did.replace(":label", ":another");
    assert_ne!(moved, did);
    stage.vault.put(&MemberDid { did: moved.clone(), ..known }).await.unwrap();
    assert!(!only_informed(&stage).await.is_current);
    let told = stage.wallet.tell_spaces(&[], When::Now).await.unwrap();
    assert!(!told[0].done && told[0].again_at.is_some(), "{told:?}");
    assert!(told[0].problem.as_ref().unwrap().contains("no passport yet"), "{told:?}");
    assert!(asked(&stage).is_empty());
    says(&stage, &old, &moved);
    stage.clock.advance(60);
    stage.wallet.accept_offer(&offer(&["passport"]), &six(), &NEEDED).await.unwrap();
    let told = stage.wallet.tell_spaces(&[], When::Now).await.unwrap();
    assert!(told[0].done, "{told:?}");
    assert_eq!(asked(&stage).last().unwrap().1, json!(["did"]));
}

#[tokio::test]
async fn what_the_member_does_with_the_number_and_the_did_stands_in_the_history_by_name() {
    let (stage, did, old) = member().await;
    let new = renumber(&stage, &did).await;
    stage.set(|behaviour| behaviour.served_log = None);
    stage.wallet.rotate_did(&stage.code).await.unwrap();
    stage.clock.advance(60);
    stage.wallet.deactivate_did(&stage.code).await.unwrap();
    let history = stage.wallet.history().await.unwrap();
    let mut own: Vec<_> = history.iter().filter(|entry| entry.kind == HistoryKind::Identity).collect();
    own.reverse();
    let mut told: Vec<&str> = own.iter().map(|entry| entry.presented[0].as_str()).collect();
    told.sort_unstable();
    assert_eq!(told, ["another number", "new keys of the identifier", "the identifier given up"]);
    assert!(own.iter().all(|entry| entry.host.as_deref() == Some("office.localhost")));
    let all = format!("{own:?}");
    assert!(![old, new, did].iter().any(|value| all.contains(value.as_str())), "names alone: {all}");
    // A change that is refused is none.
    assert!(stage.wallet.rotate_did(&stage.code).await.is_err());
    let after = stage.wallet.history().await.unwrap();
    assert_eq!(after.iter().filter(|entry| entry.kind == HistoryKind::Identity).count(), own.len());
}

#[tokio::test]
async fn a_wallet_that_was_made_again_begins_a_did_only_if_the_member_says_so_and_with_no_key_of_before() {
    let stage = applied(|behaviour| behaviour.did_hosting = at_the_office()).await;
    let found = stage.another_wallet(&stage.code, 31).await;
    let commitment =
        async |vault: &crate::Vault| vault.get::<RecoveryCommitment>(RecoveryCommitment::NAME).await.unwrap();
    assert!(commitment(&found.vault).await.is_none(), "it commits to nothing");
    assert!(commitment(&stage.vault).await.is_some(), "a new wallet does");
    made_again(&stage).await;
    let collected = stage.wallet.collect(&NEEDED).await.unwrap();
    let problem = collected.from[0].problem.clone().unwrap();
    assert!(problem.contains("did recover") && problem.contains("did new"), "{problem}");
    assert!(collected.did.is_none() && stage.seen(|seen| seen.did_logs.is_empty()), "no log is written");

    let wrong = RecoveryCode::parse(&"7".repeat(32)).unwrap();
    assert!(matches!(stage.wallet.begin_new_did(&wrong).await, Err(DidError::NotThisWallets)));
    assert!(commitment(&stage.vault).await.is_none());
    stage.wallet.begin_new_did(&stage.code).await.unwrap();
    let begun = commitment(&stage.vault).await.unwrap();
    stage.wallet.begin_new_did(&stage.code).await.unwrap();
    assert_eq!(commitment(&stage.vault).await.unwrap().index, begun.index, "said twice it is the same");
    assert!((67..67 + 512).contains(&begun.index), "{}", begun.index);
    assert!(stage.wallet.collect(&NEEDED).await.unwrap().did.is_some());
    let log = verified_log(&stage.seen(|seen| seen.did_logs.last().cloned()).unwrap().1);
    let key = |index| stage.code.did_key(index).unwrap().public_jwk().clone();
    assert!(log.commits_to(&key(begun.index)) && (1..67).all(|index| !log.commits_to(&key(index))));
    // The code changes it as any other, and nobody begins a second one.
    stage.clock.advance(60);
    assert!(matches!(stage.wallet.begin_new_did(&stage.code).await, Err(DidError::OtherDid(_))));
    assert_eq!(stage.wallet.rotate_did(&stage.code).await.unwrap().entries, 2);
}

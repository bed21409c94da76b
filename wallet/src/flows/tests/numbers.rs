//! The number is stated to its office, replaced and kept from spaces; an office that swaps something is noticed.

use did::number::{OfficePrefix, PassportNumber};
use environment::SeededRandomness;
use jose::{Algorithm, Signer, SigningKey, VerifyingKey};
use network::number_binding::{Blocks, HolderStatement, LONGEST_STATEMENT, Renumber, Stating};
use serde_json::json;

use super::collecting::{applied, at_the_office};
use super::stage::{Stage, offer};
use crate::consent::{ByPreset, Preset};
use crate::flows::{AcceptOptions, NumberError};
use crate::records::{MemberDid, OwnNumber, PrivateKey, WarningKind};

const NEEDED: ByPreset = ByPreset(Preset::Needed);
const OFFICE_DID: &str = "did:web:office.localhost";
const SPACE_DID: &str = "did:web:kiln.localhost";

pub(super) fn number(seed: u64) -> String {
    let prefix = OfficePrefix::parse("HRB1").unwrap();
    PassportNumber::generate(prefix, &SeededRandomness::new(seed)).canonical()
}

/// The passports that the office issues from now on say this.
pub(super) fn says(stage: &Stage, number: &str, did: &str) {
    let (number, did) = (number.to_owned(), did.to_owned());
    stage.set(|behaviour| {
        behaviour.bend_copy = Some(Box::new(move |_, copy| {
            copy.disclose(|elements| match elements[1].as_str() {
                Some("number") => elements[2] = json!(number),
                Some("did") => elements[2] = json!(did),
                _ => {}
            });
        }));
    });
}

/// A member whose DID lies at the office, without a passport; gives the DID.
async fn member() -> (Stage, String) {
    let stage = applied(|behaviour| behaviour.did_hosting = at_the_office()).await;
    let did = stage.wallet.collect(&NEEDED).await.unwrap().did.unwrap();
    stage.set(|behaviour| behaviour.did_hosting = None);
    (stage, did)
}

async fn passport(stage: &Stage, number: &str, did: &str) {
    says(stage, number, did);
    stage.wallet.accept_offer(&offer(&["passport"]), &AcceptOptions::default(), &NEEDED).await.unwrap();
}

/// A member with the passport of that number.
pub(super) async fn holder(seed: u64) -> (Stage, String, String) {
    let (stage, did) = member().await;
    let number = number(seed);
    passport(&stage, &number, &did).await;
    (stage, did, number)
}

async fn key(stage: &Stage) -> VerifyingKey {
    let member = stage.vault.get::<MemberDid>(MemberDid::NAME).await.unwrap().unwrap();
    VerifyingKey::new(member.sign_key().unwrap().public_jwk()).unwrap()
}

fn statements(stage: &Stage) -> Vec<String> {
    stage.seen(|seen| seen.number.statements.clone())
}

async fn warned(stage: &Stage) -> Vec<(WarningKind, Option<String>)> {
    let warnings = stage.wallet.warnings().await.unwrap();
    warnings.into_iter().map(|warning| (warning.kind, warning.instead)).collect()
}

/// The wallet looks after things some days later, under a list of that day.
async fn days_later(stage: &Stage, days: i64) {
    stage.clock.advance(days * 86_400);
    stage.set(|behaviour| behaviour.list_version += 1);
    stage.wallet.collect(&NEEDED).await.unwrap();
}

#[tokio::test]
async fn a_passport_that_came_is_stated_to_its_office_by_the_did_and_again_when_half_of_its_life_is_over() {
    let (stage, did, number) = holder(1).await;
    let now = stage.wallet.now();
    let stated = statements(&stage);
    let said = HolderStatement::verify(&stated[0], &key(&stage).await, &did, &number, now).unwrap();
    assert_eq!(said.expires_at, now.plus(LONGEST_STATEMENT).seconds());
    let view = stage.wallet.number().await.unwrap().unwrap();
    assert_eq!(view.number, PassportNumber::parse(&number).unwrap().printed());
    assert_eq!(view.stated_until, Some(said.expires_at));
    // To the office alone, by a wish of now: spaces are handed the statement.
    let stating = stage.seen(|seen| seen.number.statings[0].clone());
    let stating = Stating::verify(&stating, &key(&stage).await, &did, OFFICE_DID, now).unwrap();
    assert_eq!(stating.holder, stated[0]);
    for days in [1, 30, 14] {
        days_later(&stage, days).await;
        assert_eq!(statements(&stage).len(), 1);
    }
    days_later(&stage, 1).await;
    assert_eq!(statements(&stage).len(), 2, "46 days after the first");
    assert_eq!(warned(&stage).await, []);
}

#[tokio::test]
async fn without_a_did_at_the_office_or_a_number_nothing_is_stated() {
    let stage = Stage::new().await;
    passport(&stage, &number(1), "did:web:me.example").await;
    assert_eq!((statements(&stage).len(), stage.wallet.number().await.unwrap()), (0, None));
    let (stage, did) = member().await;
    passport(&stage, "HRB1", &did).await;
    assert_eq!((statements(&stage).len(), stage.wallet.number().await.unwrap()), (0, None));
    assert!(matches!(stage.wallet.replace_number(&NEEDED).await, Err(NumberError::NoNumber)));
    assert!(matches!(stage.wallet.block_space(SPACE_DID).await, Err(NumberError::NoNumber)));
}

#[tokio::test]
async fn an_office_whose_passports_name_another_did_is_noticed_and_told_nothing_more() {
    let (stage, _) = member().await;
    passport(&stage, &number(1), "did:web:eve.example").await;
    assert_eq!(statements(&stage).len(), 0);
    let swapped = [(WarningKind::OtherDid, Some("did:web:eve.example".to_owned()))];
    assert_eq!(warned(&stage).await, swapped);
    days_later(&stage, 1).await;
    assert_eq!(warned(&stage).await, swapped, "one warning of a kind");
    assert_eq!(statements(&stage).len(), 0);
}

#[tokio::test]
async fn an_office_whose_new_passports_show_another_number_is_noticed_and_told_nothing_more() {
    let (stage, did, _) = holder(1).await;
    passport(&stage, &number(2), &did).await;
    let printed = PassportNumber::parse(&number(2)).unwrap().printed();
    assert_eq!(warned(&stage).await, [(WarningKind::OtherNumber, Some(printed))]);
    stage.set(|behaviour| behaviour.bend_copy = None);
    days_later(&stage, 13).await;
    assert_eq!(statements(&stage).len(), 1, "the one about the first number");
}

#[tokio::test]
async fn an_office_that_says_something_else_than_was_stated_is_noticed() {
    let (stage, did) = member().await;
    stage.set(|behaviour| {
        behaviour.number.bend = Some(Box::new(|token| token.did = "did:web:eve.example".to_owned()));
    });
    passport(&stage, &number(1), &did).await;
    let other_did = || (WarningKind::OtherDid, Some("did:web:eve.example".to_owned()));
    assert_eq!(warned(&stage).await, [other_did()]);
    assert_eq!(stage.wallet.number().await.unwrap().unwrap().stated_until, None);

    stage.set(|behaviour| behaviour.number.bend = Some(Box::new(|token| token.number = number(2))));
    days_later(&stage, 1).await;
    assert_eq!(warned(&stage).await, [(WarningKind::OtherNumber, None), other_did()]);

    // What is no token of this office says nothing, good or bad.
    stage.set(|behaviour| {
        behaviour.number.bend = None;
        behaviour.number.by_space = true;
    });
    days_later(&stage, 1).await;
    assert_eq!(stage.wallet.number().await.unwrap().unwrap().stated_until, None);
    stage.set(|behaviour| behaviour.number.by_space = false);
    days_later(&stage, 1).await;
    assert!(stage.wallet.number().await.unwrap().unwrap().stated_until.is_some());
    assert_eq!(warned(&stage).await.len(), 2);
}

#[tokio::test]
async fn an_office_that_refuses_the_statement_is_noticed_and_asked_again_a_day_later() {
    let (stage, did) = member().await;
    stage.set(|behaviour| behaviour.number.status = Some(403));
    passport(&stage, &number(1), &did).await;
    assert_eq!(warned(&stage).await, [(WarningKind::NotBound, None)]);
    stage.wallet.collect(&NEEDED).await.unwrap();
    assert_eq!(statements(&stage).len(), 1, "not at once");
    stage.set(|behaviour| behaviour.number.status = None);
    days_later(&stage, 1).await;
    assert_eq!(statements(&stage).len(), 2);
    assert!(stage.wallet.number().await.unwrap().unwrap().stated_until.is_some());
}

#[tokio::test]
async fn an_office_that_is_not_reached_is_told_an_hour_later_and_nobody_is_warned() {
    let (stage, did) = member().await;
    stage.set(|behaviour| behaviour.number.status = Some(503));
    passport(&stage, &number(1), &did).await;
    stage.wallet.collect(&NEEDED).await.unwrap();
    assert_eq!(statements(&stage).len(), 1);
    stage.set(|behaviour| behaviour.number.status = None);
    stage.clock.advance(3_600);
    stage.wallet.collect(&NEEDED).await.unwrap();
    assert_eq!(statements(&stage).len(), 2);
    assert_eq!(warned(&stage).await, []);
}

#[tokio::test]
async fn an_office_that_serves_another_log_under_the_did_is_noticed_and_told_nothing() {
    let (stage, did) = member().await;
    let ours = stage.seen(|seen| seen.did_logs[0].1.clone());
    stage.set(|behaviour| behaviour.served_log = Some("{}\n".to_owned()));
    passport(&stage, &number(1), &did).await;
    assert_eq!(warned(&stage).await, [(WarningKind::OtherLog, None)]);
    assert_eq!(statements(&stage).len(), 0);
    stage.set(|behaviour| behaviour.served_log = Some(ours));
    days_later(&stage, 1).await;
    assert_eq!(statements(&stage).len(), 1);
}

/// What the office serves is looked at, by the wallet's calls.
fn looks(stage: &Stage) -> usize {
    stage.calls().iter().filter(|call| call.contains("did.jsonl")).count()
}

#[tokio::test]
async fn an_office_that_serves_another_log_is_noticed_within_a_day_although_nothing_is_due() {
    let (stage, _, _) = holder(1).await;
    let looked = looks(&stage);
    stage.set(|behaviour| behaviour.served_log = Some("{}\n".to_owned()));
    stage.clock.advance(86_399);
    stage.set(|behaviour| behaviour.list_version += 1);
    stage.wallet.collect(&NEEDED).await.unwrap();
    assert_eq!((warned(&stage).await, looks(&stage)), (vec![], looked), "once a day at most");
    stage.clock.advance(1);
    for _ in 0..2 {
        stage.wallet.collect(&NEEDED).await.unwrap();
        assert_eq!(warned(&stage).await, [(WarningKind::OtherLog, None)]);
        assert_eq!(looks(&stage), looked + 1);
    }
    assert_eq!(statements(&stage).len(), 1, "nothing was due");
}

#[tokio::test]
async fn an_office_that_leaves_out_the_newest_entry_so_that_a_stolen_key_lives_on_is_noticed() {
    let (stage, _, _) = holder(1).await;
    let before = stage.vault.get::<MemberDid>(MemberDid::NAME).await.unwrap().unwrap().log;
    stage.set(|behaviour| behaviour.served_log = Some(before.clone()));
    stage.clock.advance(60);
    stage.wallet.rotate_did(&stage.code).await.unwrap();
    assert_eq!(warned(&stage).await, [(WarningKind::OlderLog, None)]);
    assert_eq!(statements(&stage).len(), 1, "nothing is signed for it");
    let after = stage.vault.get::<MemberDid>(MemberDid::NAME).await.unwrap().unwrap().log;
    stage.set(|behaviour| behaviour.served_log = Some(after));
    days_later(&stage, 1).await;
    assert_eq!(statements(&stage).len(), 2);
    // Months after a rotation, with nothing to be stated.
    let (stage, _, _) = holder(2).await;
    let before = stage.vault.get::<MemberDid>(MemberDid::NAME).await.unwrap().unwrap().log;
    stage.clock.advance(60);
    stage.wallet.rotate_did(&stage.code).await.unwrap();
    assert_eq!((warned(&stage).await, statements(&stage).len()), (vec![], 2));
    stage.set(|behaviour| behaviour.served_log = Some(before));
    days_later(&stage, 1).await;
    assert_eq!(warned(&stage).await, [(WarningKind::OlderLog, None)]);
}

#[tokio::test]
async fn other_keys_state_the_number_as_soon_as_the_office_has_them_and_warn_of_nothing_before() {
    let (stage, did, number) = holder(1).await;
    stage.clock.advance(60);
    let before = stage.vault.get::<MemberDid>(MemberDid::NAME).await.unwrap().unwrap().log;
    stage.set(|behaviour| {
        behaviour.did_log_status = Some(503);
        behaviour.served_log = Some(before);
    });
    stage.wallet.rotate_did(&stage.code).await.unwrap();
    assert_eq!((statements(&stage).len(), warned(&stage).await), (1, vec![]), "not there yet");
    days_later(&stage, 2).await;
    assert_eq!((statements(&stage).len(), warned(&stage).await), (1, vec![]), "not there yet");
    let after = stage.vault.get::<MemberDid>(MemberDid::NAME).await.unwrap().unwrap().log;
    stage.set(|behaviour| {
        behaviour.did_log_status = None;
        behaviour.served_log = Some(after);
    });
    stage.wallet.rotate_did(&stage.code).await.unwrap();
    let stated = statements(&stage);
    assert_eq!(stated.len(), 2, "without waiting for the next look");
    let now = stage.wallet.now();
    assert!(HolderStatement::verify(&stated[1], &key(&stage).await, &did, &number, now).is_ok());
    assert_eq!(warned(&stage).await, []);
}

#[tokio::test]
async fn a_key_that_took_the_place_of_another_states_the_number_anew() {
    let (stage, did, number) = holder(1).await;
    let mut member = stage.vault.get::<MemberDid>(MemberDid::NAME).await.unwrap().unwrap();
    let key = SigningKey::generate(Algorithm::Es256, &SeededRandomness::new(99)).unwrap();
    member.sign = PrivateKey::of(&key);
    stage.vault.put(&member).await.unwrap();
    stage.wallet.collect(&NEEDED).await.unwrap();
    let stated = statements(&stage);
    assert_eq!(stated.len(), 2);
    let key = VerifyingKey::new(key.public_jwk()).unwrap();
    assert!(HolderStatement::verify(&stated[1], &key, &did, &number, stage.wallet.now()).is_ok());
}

#[tokio::test]
async fn a_member_who_wishes_it_has_another_number_and_states_that() {
    let (stage, did, old) = holder(1).await;
    let new = number(2);
    stage.set(|behaviour| {
        behaviour.number.replacement = Some(json!({"number": new, "credential_offer": offer(&["passport"])}));
    });
    says(&stage, &new, &did);
    let replaced = stage.wallet.replace_number(&NEEDED).await.unwrap();
    assert_eq!(replaced.number, PassportNumber::parse(&new).unwrap().printed());
    assert!(replaced.accepted.is_some() && replaced.problem.is_none());
    let wish = stage.seen(|seen| seen.number.wishes[0].clone());
    let wish = Renumber::verify(&wish, &key(&stage).await, &did, OFFICE_DID, stage.wallet.now()).unwrap();
    assert_eq!(wish.number, old);
    let stated = statements(&stage);
    let key = key(&stage).await;
    assert!(HolderStatement::verify(&stated[1], &key, &did, &new, stage.wallet.now()).is_ok());
    assert_eq!(warned(&stage).await, [], "the member wished it");
    let passports: Vec<_> = stage.wallet.list().await.unwrap();
    let passport = passports.iter().find(|one| one.vct == credentials::types::PASSPORT).unwrap();
    assert_eq!(passport.claims["number"], json!(new));
    assert_eq!(passport.copies_left, passport.copies, "copies with the old number are gone");
}

#[tokio::test]
async fn an_office_that_offers_no_copies_gives_the_number_alone() {
    let (stage, _, _) = holder(1).await;
    stage.set(|behaviour| behaviour.number.replacement = Some(json!({"number": number(2)})));
    let replaced = stage.wallet.replace_number(&NEEDED).await.unwrap();
    assert_eq!((replaced.accepted, replaced.problem), (None, None));
    assert_eq!(stage.wallet.number().await.unwrap().unwrap().number, replaced.number);
}

#[tokio::test]
async fn a_wish_that_is_refused_or_answered_with_nonsense_changes_nothing() {
    let (stage, _, old) = holder(1).await;
    let prefix = OfficePrefix::parse("HRB2").unwrap();
    let elsewhere = PassportNumber::generate(prefix, &SeededRandomness::new(1)).canonical();
    let before = stage.vault.get::<OwnNumber>(OwnNumber::NAME).await.unwrap();
    for nonsense in [json!({}), json!({"number": old}), json!({"number": elsewhere}), json!({"number": "x"})]
    {
        stage.set(|behaviour| behaviour.number.replacement = Some(nonsense));
        assert!(matches!(stage.wallet.replace_number(&NEEDED).await, Err(NumberError::Malformed)));
    }
    for (status, refused) in [(403, "not_bound"), (429, "too_often"), (500, "office")] {
        stage.set(|behaviour| behaviour.number.status = Some(status));
        assert_eq!(stage.wallet.replace_number(&NEEDED).await.unwrap_err().code(), refused);
    }
    assert_eq!(stage.vault.get::<OwnNumber>(OwnNumber::NAME).await.unwrap(), before);
}

#[tokio::test]
async fn a_space_is_blocked_and_unblocked_by_the_whole_list() {
    let (stage, did, _) = holder(1).await;
    let lists = async |stage: &Stage| -> Vec<Vec<String>> {
        let (key, now) = (key(stage).await, stage.wallet.now());
        let sent = stage.seen(|seen| seen.number.lists.clone());
        let read = |list: &String| Blocks::verify(list, &key, &did, OFFICE_DID, now).unwrap().blocked;
        sent.iter().map(read).collect()
    };
    for _ in 0..2 {
        let view = stage.wallet.block_space(SPACE_DID).await.unwrap();
        assert_eq!(view.blocked, [SPACE_DID]);
    }
    assert!(matches!(stage.wallet.block_space("kiln").await, Err(NumberError::NotADid)));
    stage.set(|behaviour| behaviour.number.status = Some(503));
    assert!(stage.wallet.block_space("did:web:other.example").await.is_err());
    assert_eq!(stage.wallet.number().await.unwrap().unwrap().blocked, [SPACE_DID], "not kept if not left");
    stage.set(|behaviour| behaviour.number.status = None);
    assert!(stage.wallet.unblock_space(SPACE_DID).await.unwrap().blocked.is_empty());
    let sent = lists(&stage).await;
    assert_eq!(sent.first().unwrap(), &[SPACE_DID]);
    assert_eq!(sent.last().unwrap(), &Vec::<String>::new());
}

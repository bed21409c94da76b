//! The history: every ask has an entry, whatever becomes of it; it is found, deleted and summed up.

use super::Picking;
use super::stage::{Stage, offer};
use crate::consent::{ByPreset, Consent, Preset};
use crate::flows::{AcceptOptions, PresentOptions};
use crate::history::{HistoryDeleted, HistoryDeletion, HistoryFilter, history_csv};
use crate::question::{Choice, Question, Selection};
use crate::records::{HistoryEntry, HistoryKind};
use crate::wallet::{BoxFuture, Wallet};

const NEEDED: ByPreset = ByPreset(Preset::Needed);

async fn codes(stage: &Stage) -> Vec<Option<String>> {
    let page = stage.wallet.history_page(&HistoryFilter::default(), 0, 50).await.unwrap();
    let asked = page.entries.into_iter().filter(|entry| entry.kind == HistoryKind::Request);
    asked.map(|entry| entry.not_completed).collect()
}

async fn present(stage: &Stage, link: &str, consent: &dyn Consent) {
    let _ = stage.wallet.present(link, &PresentOptions::default(), consent).await;
    stage.clock.advance(1);
}

async fn stage() -> Stage {
    let stage = Stage::new().await;
    let options = AcceptOptions { tx_code: None, copies: Some(6) };
    stage.wallet.accept_offer(&offer(&["profile"]), &options, &NEEDED).await.unwrap();
    stage.clock.advance(1);
    stage
}

#[tokio::test]
async fn every_ask_has_an_entry_whatever_became_of_it() {
    let stage = stage().await;
    let link = stage.link();
    present(&stage, &link, &NEEDED).await;
    present(&stage, &link, &Picking(|_: &Question| Choice::Refuse)).await;
    present(&stage, &link, &Picking(|_: &Question| Choice::LeaveOpen)).await;
    present(&stage, "openid4vp://?client_id=x", &NEEDED).await;
    present(&stage, "https://kiln.example/page", &NEEDED).await;
    let late = Picking(|_: &Question| {
        stage.clock.advance(301);
        Choice::Share(Selection::default())
    });
    present(&stage, &link, &late).await;
    let told = ["request_ran_out", "invalid_request", "invalid_request", "left_open", "declined"];
    let told: Vec<Option<String>> = told.iter().map(|code| Some((*code).to_owned())).chain([None]).collect();
    assert_eq!(codes(&stage).await, told);
}

#[tokio::test]
async fn what_is_asked_is_in_the_history_while_the_member_looks_at_it() {
    let stage = stage().await;
    let looking = Looking(&stage);
    present(&stage, &stage.link(), &looking).await;
    let entries = stage.wallet.history().await.unwrap();
    assert_eq!(entries.iter().filter(|entry| entry.kind == HistoryKind::Request).count(), 1, "once");
    let entry = entries.into_iter().find(|entry| entry.kind == HistoryKind::Request).unwrap();
    assert_eq!((entry.not_completed, entry.presented.len()), (None, 2));
    assert_eq!(entry.supervisory_authority.as_deref(), Some("Authority"));
    assert_eq!(entry.data_protection_contact.as_deref(), Some("team@kiln.example.org"));
}

/// Looks into the history while it is asked.
struct Looking<'a>(&'a Stage);

impl Consent for Looking<'_> {
    fn ask<'a>(&'a self, question: &'a Question) -> BoxFuture<'a, Choice> {
        Box::pin(async move {
            assert_eq!(codes(self.0).await, [Some("left_open".to_owned())]);
            NEEDED.ask(question).await
        })
    }
}

#[tokio::test]
async fn a_network_that_was_joined_stands_in_the_history_once() {
    let stage = Stage::new().await;
    let network = Wallet::networks(&stage.vault).await.unwrap().remove(0);
    let other = stage.another_wallet(&stage.code, 9).await;
    for _ in 0..2 {
        Wallet::join_network(&other.vault, &network).await.unwrap();
        let entries = other.history().await.unwrap();
        assert_eq!(entries.len(), 1);
        assert_eq!(
            (entries[0].kind, entries[0].party.as_deref()),
            (HistoryKind::Network, Some(network.name()))
        );
    }
}

#[tokio::test]
async fn the_entries_of_one_party_are_found_and_deleted_one_by_one_or_all() {
    let stage = stage().await;
    present(&stage, &stage.link(), &NEEDED).await;
    let space = stage.wallet.spaces().await.unwrap().remove(0);
    let (kiln, name) = (space.id, space.name);
    let of_kiln = HistoryFilter { party: Some(HistoryEntry::party_key(&kiln)), ..HistoryFilter::default() };
    let page = stage.wallet.history_page(&of_kiln, 0, 50).await.unwrap();
    assert_eq!(page.entries.len(), 1);
    let parties = stage.wallet.history_parties().await.unwrap();
    assert!(parties.iter().any(|party| party.name == name && Some(&party.key) == of_kiln.party.as_ref()));
    let one = HistoryDeletion::One(page.entries[0].id.clone());
    assert_eq!(stage.wallet.delete_history(&one).await.unwrap(), HistoryDeleted { gone: 1, under_way: 0 });
    assert_eq!(stage.wallet.delete_history(&one).await.unwrap(), HistoryDeleted::default(), "again");
    assert!(stage.wallet.history_page(&of_kiln, 0, 50).await.unwrap().entries.is_empty());
    assert_eq!(stage.wallet.spaces().await.unwrap()[0].given.len(), 1, "what it has, and the proof, stay");
    stage.wallet.delete_history(&HistoryDeletion::Everything).await.unwrap();
    assert!(stage.wallet.history().await.unwrap().is_empty());
    assert!(stage.wallet.history_parties().await.unwrap().is_empty());
}

#[tokio::test]
async fn what_is_older_than_a_day_is_deleted_and_nothing_else() {
    let stage = stage().await;
    let refusing = Picking(|_: &Question| Choice::Refuse);
    present(&stage, &stage.link(), &refusing).await;
    stage.clock.advance(60);
    let moment = stage.clock_seconds();
    present(&stage, &stage.link(), &refusing).await;
    let deleted = stage.wallet.delete_history(&HistoryDeletion::Before(moment)).await.unwrap();
    assert!(deleted.gone >= 2);
    assert_eq!(codes(&stage).await, [Some("declined".to_owned())]);
}

#[tokio::test]
async fn an_answer_that_is_under_way_keeps_its_entry() {
    let stage = stage().await;
    stage.set(|behaviour| behaviour.puts_off = (99, Some(3_600)));
    present(&stage, &stage.link(), &NEEDED).await;
    let deleted = stage.wallet.delete_history(&HistoryDeletion::Everything).await.unwrap();
    assert_eq!(deleted.under_way, 1);
    assert_eq!(codes(&stage).await, [Some("put_off".to_owned())]);
    stage.set(|behaviour| behaviour.puts_off = (0, None));
    stage.clock.advance(3_700);
    stage.wallet.collect(&NEEDED).await.unwrap();
    assert_ne!(codes(&stage).await, [Some("put_off".to_owned())]);
}

#[tokio::test]
async fn the_table_has_a_line_for_each_entry_and_no_value() {
    let stage = stage().await;
    present(&stage, &stage.link(), &NEEDED).await;
    let entries = stage.wallet.history().await.unwrap();
    let table = history_csv(&entries, &|_| String::new());
    assert_eq!(table.lines().count(), entries.len() + 1);
    assert!(table.contains("\"email given_name\"") && !table.contains("ada@"), "{table}");
}

#[tokio::test]
async fn once_a_month_it_is_summed_up_who_has_what() {
    let stage = stage().await;
    stage.wallet.make_digest().await.unwrap();
    assert!(stage.wallet.digests().await.unwrap().is_empty(), "there is nothing to say");
    present(&stage, &stage.link(), &NEEDED).await;
    stage.clock.advance(40 * 86_400);
    stage.wallet.make_digest().await.unwrap();
    stage.wallet.make_digest().await.unwrap();
    let digests = stage.wallet.digests().await.unwrap();
    assert_eq!(digests.len(), 1, "{digests:?}");
    let all = [&digests[0].has, &digests[0].given, &digests[0].ended];
    let kiln = stage.wallet.spaces().await.unwrap().remove(0).name;
    assert!(all.iter().any(|list| list.iter().any(|space| space.name == kiln)), "{digests:?}");
    assert!(!digests[0].seen);
    stage.wallet.put_digest_away(&digests[0].month).await.unwrap();
    stage.wallet.put_digest_away("2001-01").await.unwrap();
    assert!(stage.wallet.digests().await.unwrap()[0].seen);
}

#[tokio::test]
async fn who_wants_no_digest_gets_none() {
    let stage = stage().await;
    present(&stage, &stage.link(), &NEEDED).await;
    stage.wallet.want_digests(false).await.unwrap();
    stage.clock.advance(40 * 86_400);
    stage.wallet.make_digest().await.unwrap();
    assert!(stage.wallet.digests().await.unwrap().is_empty());
    stage.wallet.want_digests(true).await.unwrap();
    stage.wallet.make_digest().await.unwrap();
    assert_eq!(stage.wallet.digests().await.unwrap().len(), 1);
}

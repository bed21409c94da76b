//! The history: every ask has an entry, whatever becomes of it; it is found, deleted and summed up.

use super::Picking;
use super::stage::{Stage, offer};
use crate::consent::{ByPreset, Consent, Preset};
use crate::flows::{AcceptOptions, PresentOptions};
use crate::history::{HistoryDeleted, HistoryDeletion, HistoryFilter, history_csv};
use crate::question::{Choice, Question, Selection};
use crate::records::{Copy, HistoryEntry, HistoryKind};
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
    let table = history_csv(&entries);
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

/// What a page costs in a wallet that is used much. Printed, and not asserted in time:
/// `cargo test -p wallet figures_of_a_full_wallet -- --ignored --nocapture`.
#[tokio::test]
#[ignore = "prints figures"]
async fn figures_of_a_full_wallet() {
    const ENTRIES: i64 = 10_000;
    const CREDENTIALS: usize = 500;
    let stage = stage().await;
    present(&stage, &stage.link(), &NEEDED).await;
    let example = stage.wallet.history().await.unwrap().into_iter().next().unwrap();
    for some in (0..ENTRIES).collect::<Vec<_>>().chunks(500) {
        let mut batch = stage.vault.batch();
        for number in some {
            let id = format!("{number:022}");
            let did = Some(format!("did:web:space-{}.example", number % 200));
            let entry = HistoryEntry { id, did, at: stage.clock_seconds() - number * 60, ..example.clone() };
            batch = batch.put(&entry).unwrap();
        }
        batch.commit().await.unwrap();
    }
    let copies = stage.vault.list::<Copy>().await.unwrap();
    let fresh = copies.into_iter().find(|copy| copy.used_at.is_none()).unwrap();
    for some in (0..CREDENTIALS).collect::<Vec<_>>().chunks(100) {
        let mut batch = stage.vault.batch();
        for number in some {
            batch = batch.put(&Copy { id: format!("copy {number}"), ..fresh.clone() }).unwrap();
        }
        batch.commit().await.unwrap();
    }
    let all =
        measured("the whole history, as before", async || drop(stage.wallet.history().await.unwrap())).await;
    let page = async |filter: HistoryFilter, from: usize| {
        assert_eq!(stage.wallet.history_page(&filter, from, 50).await.unwrap().entries.len(), 50);
    };
    measured("the list, made once", async || page(HistoryFilter::default(), 0).await).await;
    let first = measured("a page of 50", async || page(HistoryFilter::default(), 0).await).await;
    measured("the last page of 50", async || page(HistoryFilter::default(), 9_950).await).await;
    let party = Some(HistoryEntry::party_key("did:web:space-7.example"));
    let of_party = HistoryFilter { party, ..HistoryFilter::default() };
    measured("all of one space", async || page(of_party.clone(), 0).await).await;
    println!("a page of 50 is {:.0} times as quick as reading all", all / first);
    let wallet = &stage.wallet;
    let home = async || {
        drop((wallet.number().await.unwrap(), wallet.spaces().await.unwrap(), wallet.mail().await.unwrap()));
        wallet.make_digest().await.unwrap();
        drop(wallet.digests().await.unwrap());
    };
    measured("what home reads", home).await;
    measured("what the page of spaces reads", async || drop(wallet.spaces().await.unwrap())).await;
    let looking = Picking(|_: &Question| Choice::LeaveOpen);
    measured("a question, from its link to its page", async || {
        present(&stage, &stage.link(), &looking).await
    })
    .await;
    let erased = async || {
        let all = wallet.delete_history(&HistoryDeletion::Everything).await.unwrap();
        assert!(all.gone >= 10_000);
    };
    measured("everything deleted", erased).await;
}

/// Milliseconds that something takes, the median of three times; or of once, where it can be done once.
async fn measured(what: &str, work: impl AsyncFn()) -> f64 {
    let times = if matches!(what, "everything deleted" | "the list, made once") { 1 } else { 3 };
    let mut taken = Vec::new();
    for _ in 0..times {
        let begun = std::time::Instant::now();
        work().await;
        taken.push(begun.elapsed().as_secs_f64() * 1_000.0);
    }
    taken.sort_by(f64::total_cmp);
    println!("{what}: {:.1} ms", taken[times / 2]);
    taken[times / 2]
}

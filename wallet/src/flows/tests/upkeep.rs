//! The wallet looks after its copies: enough of them, and those that count.

use credentials::types;
use serde_json::json;

use super::stage::{Behaviour, Stage, disclosed, offer, offer_of};
use crate::consent::{ByPreset, Consent, OfferChoice, Offered, Preset};
use crate::flows::{AcceptOptions, PresentError, PresentOptions, RefillError};
use crate::history::HistoryFilter;
use crate::question::{Choice, Question};
use crate::records::{Copy, HistoryKind, ListedCredential};
use crate::wallet::BoxFuture;

const NEEDED: ByPreset = ByPreset(Preset::Needed);

async fn accept(stage: &Stage, link: &str, copies: usize) {
    let options = AcceptOptions { tx_code: None, copies: Some(copies) };
    stage.wallet.accept_offer(link, &options, &NEEDED).await.unwrap();
}

async fn present(stage: &Stage) -> Result<crate::Presented, PresentError> {
    stage.wallet.present(&stage.link(), &PresentOptions::default(), &NEEDED).await
}

async fn profile(stage: &Stage) -> ListedCredential {
    stage.wallet.list().await.unwrap().into_iter().find(|one| one.vct == types::PROFILE).unwrap()
}

/// The wallet does most things by itself once a day.
fn a_day_later(stage: &Stage) {
    stage.clock.advance(86_400);
    stage.set(|behaviour| behaviour.list_version += 1);
}

/// To which hosts presentations of profiles went, in order.
fn shown_to(stage: &Stage) -> Vec<String> {
    let calls = stage.calls();
    let answers = calls.iter().filter(|call| call.ends_with("/response/1"));
    answers.map(|call| call.split('/').nth(2).unwrap().to_owned()).collect()
}

#[tokio::test]
async fn the_last_copy_is_shown_to_its_office_alone_and_the_member_never_runs_out() {
    let stage = Stage::new().await;
    accept(&stage, &offer(&["profile"]), 2).await;
    for _ in 0..6 {
        present(&stage).await.unwrap();
        assert!(profile(&stage).await.copies_left > 0);
        a_day_later(&stage);
    }
    let hosts = shown_to(&stage);
    assert_eq!(hosts[..3], ["kiln.localhost", "office.localhost", "kiln.localhost"]);
    // Whatever was shown to one was shown to no other.
    let spent: Vec<String> = stage.seen(|seen| {
        let keys = seen.answers.iter().map(|answer| super::stage::holder_keys(answer)[0].to_string());
        keys.collect()
    });
    let mut once = spent.clone();
    once.sort_unstable();
    once.dedup();
    assert_eq!(once.len(), spent.len());
}

/// The kinds of the entries.
async fn kinds(stage: &Stage) -> Vec<HistoryKind> {
    let mut entries = stage.wallet.history().await.unwrap();
    entries.retain(|entry| entry.kind != HistoryKind::Network);
    entries.into_iter().map(|entry| entry.kind).collect()
}

#[tokio::test]
async fn new_copies_that_the_wallet_gets_by_itself_are_a_kind_of_their_own_in_the_history() {
    let stage = Stage::new().await;
    accept(&stage, &offer(&["profile"]), 2).await;
    stage.clock.advance(1);
    present(&stage).await.unwrap();
    assert_eq!(shown_to(&stage), ["kiln.localhost", "office.localhost"]);
    let mut all = kinds(&stage).await;
    all.sort_by_key(|kind| kind.name());
    let by_itself = HistoryKind::ByItself;
    assert_eq!(
        all,
        [by_itself, by_itself, HistoryKind::Offer, HistoryKind::Request],
        "the ask, and what came"
    );
    let found = async |filter: HistoryFilter| {
        stage
            .wallet
            .history_page(&filter, 0, 50)
            .await
            .unwrap()
            .entries
            .iter()
            .map(|one| one.kind)
            .collect::<Vec<_>>()
    };
    let by_itself = Some(HistoryKind::ByItself);
    let chosen = found(HistoryFilter { kind: by_itself, ..HistoryFilter::default() }).await;
    assert_eq!(chosen, [HistoryKind::ByItself, HistoryKind::ByItself]);
    let left_out = found(HistoryFilter { leaves_out: by_itself, ..HistoryFilter::default() }).await;
    assert!(left_out.len() >= 2 && !left_out.contains(&HistoryKind::ByItself));
    assert_eq!(left_out.len() + 2, found(HistoryFilter::default()).await.len());
}

#[tokio::test]
async fn new_copies_for_which_the_member_asked_are_not_said_to_come_by_themselves() {
    let stage = Stage::new().await;
    accept(&stage, &offer(&["profile"]), 4).await;
    stage.wallet.refill(&AcceptOptions::default(), &NEEDED).await.unwrap();
    assert_eq!(kinds(&stage).await.len(), 3);
    assert!(!kinds(&stage).await.contains(&HistoryKind::ByItself));
    let key = profile(&stage).await.key();
    stage.wallet.refill_kind_of(&key).await.unwrap();
    assert_eq!(kinds(&stage).await.len(), 5);
    assert!(!kinds(&stage).await.contains(&HistoryKind::ByItself));
}

#[tokio::test]
async fn what_the_office_does_not_give_now_is_kept_back_until_it_does() {
    let stage = Stage::new().await;
    accept(&stage, &offer(&["passport", "profile"]), 4).await;
    stage.set(|behaviour| behaviour.no_refills = true);
    for _ in 0..2 {
        present(&stage).await.unwrap();
    }
    for _ in 0..2 {
        let refused = present(&stage).await.unwrap_err();
        let PresentError::NoFreshCopy { types, ways } = &refused else { panic!("{refused:?}") };
        assert_eq!(types, &[types::PROFILE]);
        assert_eq!(ways, &["get new ones with `passport wallet refill`"]);
        assert_eq!(profile(&stage).await.copies_left, 2, "one for each of passport and profile");
    }
    stage.set(|behaviour| behaviour.no_refills = false);
    a_day_later(&stage);
    present(&stage).await.unwrap();
    assert!(stage.vault.list::<Copy>().await.unwrap().iter().any(|copy| copy.credentials.len() == 2));
}

#[tokio::test]
async fn a_refill_that_the_wallet_begins_by_itself_gives_nothing_but_the_copy() {
    let own = json!({"id": "own", "format": "dc+sd-jwt", "meta": {"vct_values": [types::OWN]},
        "claims": [{"path": ["email"]}]});
    let membership = |claim: &str| {
        json!({"id": "membership", "format": "dc+sd-jwt",
        "meta": {"vct_values": [types::MEMBERSHIP]}, "claims": [{"path": [claim]}]})
    };
    for more in [own, membership("since"), membership("sub")] {
        let stage = Stage::new().await;
        accept(&stage, &offer_of("http://kiln.localhost", &["membership"]), 4).await;
        accept(&stage, &offer(&["profile"]), 2).await;
        let email = crate::DetailName::new("email").unwrap();
        stage.wallet.set_own_detail(email, json!("ada@example.org")).await.unwrap();
        stage.set(|behaviour| behaviour.refill_asks_for = Some(more.clone()));
        present(&stage).await.unwrap();
        assert_eq!(shown_to(&stage), ["kiln.localhost"], "{more}");
        assert_eq!(profile(&stage).await.copies_left, 1);
        // It is let be for a day; whoever refills by hand is asked.
        let before = stage.calls().len();
        assert!(stage.wallet.collect(&NEEDED).await.is_ok());
        assert!(stage.calls()[before..].iter().all(|call| !call.contains("refill")), "{more}");
        stage.set(|behaviour| {
            behaviour.refill_asks_for = None;
            behaviour.list_version += 1;
        });
        stage.clock.advance(86_400);
        stage.wallet.collect(&NEEDED).await.unwrap();
        assert!(profile(&stage).await.copies_left > 1, "{more}");
    }
}

#[tokio::test]
async fn a_passport_is_refilled_with_the_day_of_a_membership_and_no_more() {
    let since = json!({"id": "membership", "format": "dc+sd-jwt", "meta": {"vct_values": [types::MEMBERSHIP]},
        "claims": [{"path": ["since"]}]});
    let stage = Stage::new().await;
    accept(&stage, &offer_of("http://kiln.localhost", &["membership"]), 4).await;
    accept(&stage, &offer(&["passport"]), 2).await;
    stage.set(|behaviour| {
        behaviour.query = Some(json!({"credentials": [{"id": "passport", "format": "dc+sd-jwt",
            "meta": {"vct_values": [types::PASSPORT]}, "claims": [{"path": ["number"]}]}]}));
        behaviour.refill_asks_for = Some(since);
    });
    present(&stage).await.unwrap();
    assert_eq!(shown_to(&stage), ["kiln.localhost", "office.localhost"]);
    let shown = stage.seen(|seen| disclosed(seen.answers.last().unwrap()));
    let membership = shown.iter().find(|(query, ..)| query == "membership").unwrap();
    let names: Vec<&str> = membership.2.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["since"]);
}

const KILN: &str = "http://kiln.localhost";

fn membership_asked(claim: &str) -> serde_json::Value {
    json!({"id": "membership", "format": "dc+sd-jwt", "meta": {"vct_values": [types::MEMBERSHIP]},
        "claims": [{"path": [claim]}]})
}

async fn membership(stage: &Stage) -> ListedCredential {
    stage.wallet.list().await.unwrap().into_iter().find(|one| one.vct == types::MEMBERSHIP).unwrap()
}

#[tokio::test]
async fn a_membership_is_refilled_at_its_space_and_the_member_never_runs_out() {
    let stage = Stage::new().await;
    accept(&stage, &offer_of(KILN, &["membership"]), 2).await;
    stage.set(|behaviour| behaviour.query = Some(json!({"credentials": [membership_asked("space")]})));
    for round in 0..6 {
        present(&stage).await.unwrap();
        assert!(membership(&stage).await.copies_left > 0, "{round}");
        a_day_later(&stage);
    }
    let calls = stage.calls();
    let refills: Vec<_> = calls.iter().filter(|call| call.contains("/refill/")).collect();
    assert!(!refills.is_empty() && refills.iter().all(|call| call.contains("kiln.localhost")), "{refills:?}");
}

#[tokio::test]
async fn a_membership_that_expires_soon_is_refilled_by_itself_and_one_that_does_not_is_let_be() {
    let stage = Stage::new().await;
    accept(&stage, &offer_of(KILN, &["membership"]), 4).await;
    let first = membership(&stage).await.expires_at.unwrap();
    stage.clock.advance(9 * 86_400);
    stage.set(|behaviour| behaviour.list_version += 1);
    stage.wallet.collect(&NEEDED).await.unwrap();
    assert_eq!(membership(&stage).await.expires_at, Some(first));
    stage.clock.advance(3 * 86_400);
    stage.set(|behaviour| behaviour.list_version += 1);
    stage.wallet.collect(&NEEDED).await.unwrap();
    assert_eq!(membership(&stage).await.expires_at, Some(first + 12 * 86_400));
}

#[tokio::test]
async fn the_membership_that_is_kept_back_for_its_space_is_not_shown_to_an_office_at_a_refill() {
    let stage = Stage::new().await;
    accept(&stage, &offer_of(KILN, &["membership"]), 2).await;
    accept(&stage, &offer(&["passport"]), 4).await;
    stage.set(|behaviour| {
        behaviour.query = Some(json!({"credentials": [membership_asked("space")]}));
        behaviour.no_refills_at_the_space = true;
        behaviour.refill_asks_for = Some(membership_asked("since"));
    });
    present(&stage).await.unwrap();
    assert_eq!(membership(&stage).await.copies_left, 1);
    let refused = stage.wallet.refill(&AcceptOptions::default(), &NEEDED).await.unwrap_err();
    let RefillError::Present(PresentError::NoFreshCopy { types: missing, ways }) = &refused else {
        panic!("{refused:?}")
    };
    assert_eq!(
        (missing.as_slice(), ways.as_slice()),
        (
            [types::MEMBERSHIP.to_owned()].as_slice(),
            ["get new ones with `passport wallet refill`".to_owned()].as_slice(),
        )
    );
    assert_eq!(membership(&stage).await.copies_left, 1);
    // What the office got is a plain no.
    assert_eq!(shown_to(&stage), ["kiln.localhost", "office.localhost"]);
    assert_eq!(stage.seen(|seen| seen.answers.last().unwrap()["error"].clone()), "access_denied");
    // The space is asked first, so that there is one for the office.
    stage.set(|behaviour| behaviour.no_refills_at_the_space = false);
    let refilled = stage.wallet.refill(&AcceptOptions::default(), &NEEDED).await.unwrap();
    assert_eq!((refilled.accepted.len(), refilled.problems), (2, Vec::new()));
    assert_eq!(
        shown_to(&stage),
        ["kiln.localhost", "office.localhost", "kiln.localhost", "office.localhost"]
    );
}

async fn with_copies(change: impl FnOnce(&mut Behaviour)) -> Stage {
    let stage = Stage::new().await;
    accept(&stage, &offer(&["passport", "profile"]), 4).await;
    stage.set(change);
    stage
}

#[tokio::test]
async fn copies_that_were_revoked_are_noticed_before_one_is_spent_and_the_way_is_named() {
    let stage = with_copies(|behaviour| behaviour.revoked = true).await;
    let refused = present(&stage).await.unwrap_err();
    let PresentError::NoFreshCopy { types, ways } = &refused else { panic!("{refused:?}") };
    assert_eq!(types, &[types::PROFILE]);
    assert_eq!(
        ways,
        &["apply again at http://office.localhost/passport with your home membership: your number stays"]
    );
    assert!(stage.seen(|seen| seen.answers.iter().all(|answer| !answer.contains_key("vp_token"))));
    let listed = profile(&stage).await;
    assert_eq!((listed.copies_left, listed.copies_revoked, listed.copies), (0, 4, 4));
    assert!(stage.vault.list::<Copy>().await.unwrap().iter().all(|copy| copy.used_at.is_none()));
    // A refill cannot help and says what does.
    let refused = stage.wallet.refill(&AcceptOptions::default(), &NEEDED).await.unwrap_err();
    let is_told = matches!(&refused, RefillError::Present(PresentError::NoFreshCopy { .. }));
    assert!(is_told && refused.to_string().contains("/passport"), "{refused}");
    // New copies count, whatever became of the earlier ones.
    stage.set(|behaviour| {
        behaviour.revoked = false;
        behaviour.places.clear();
    });
    accept(&stage, &offer(&["passport", "profile"]), 4).await;
    present(&stage).await.unwrap();
    assert_eq!(profile(&stage).await.copies_revoked, 0, "they are cleared away");
}

fn fetched(stage: &Stage) -> usize {
    stage.calls().iter().filter(|call| call.contains("/status/")).count()
}

#[tokio::test]
async fn a_list_is_fetched_once_a_day_and_when_the_member_wishes_to_know() {
    let stage = with_copies(|_| {}).await;
    stage.wallet.collect(&NEEDED).await.unwrap();
    let once = fetched(&stage);
    assert_eq!(once, 2, "one list of each type of the office, and not by the copy");
    stage.clock.advance(86_399);
    stage.set(|behaviour| behaviour.list_version += 1);
    stage.wallet.collect(&NEEDED).await.unwrap();
    present(&stage).await.unwrap();
    assert_eq!(fetched(&stage), once);
    stage.clock.advance(1);
    stage.wallet.collect(&NEEDED).await.unwrap();
    assert_eq!(fetched(&stage), 2 * once);
    stage.wallet.refill(&AcceptOptions::default(), &NEEDED).await.unwrap();
    assert!(fetched(&stage) > 2 * once);
}

#[tokio::test]
async fn a_list_of_before_is_not_used_whatever_it_says_and_one_of_the_same_second_is() {
    let stage = with_copies(|_| {}).await;
    let look = |is_revoked: bool, signed_ago: i64| {
        a_day_later(&stage);
        stage.set(|behaviour| {
            behaviour.revoked = is_revoked;
            behaviour.lists_signed_ago = signed_ago;
        });
        async {
            stage.wallet.collect(&NEEDED).await.unwrap();
            profile(&stage).await.copies_revoked
        }
    };
    assert_eq!(look(false, 0).await, 0, "the newest one so far");
    assert_eq!(look(true, 86_401).await, 0, "signed a second before that one");
    assert_eq!(look(true, 2 * 86_400).await, 4, "the near miss: signed in the same second");
    // What is taken back stays so, whichever list comes afterwards.
    assert_eq!(look(false, 3 * 86_400 + 1).await, 4);
    assert_eq!(look(false, 0).await, 4);
}

#[tokio::test]
async fn a_list_that_is_not_served_is_asked_for_no_more_often() {
    let stage = with_copies(|behaviour| behaviour.lists_by_space = true).await;
    for _ in 0..3 {
        stage.wallet.collect(&NEEDED).await.unwrap();
    }
    assert_eq!(fetched(&stage), 2);
}

#[tokio::test]
async fn a_verifier_that_refuses_makes_no_wallet_fetch_lists_and_the_member_is_told_what_does() {
    let stage = with_copies(|_| {}).await;
    stage.wallet.collect(&NEEDED).await.unwrap();
    let before = fetched(&stage);
    stage.set(|behaviour| {
        behaviour.revoked = true;
        behaviour.reply_status = Some(400);
    });
    let refused = present(&stage).await.unwrap_err();
    assert!(matches!(refused, PresentError::NotTaken(_)), "{refused:?}");
    assert!(refused.to_string().contains("`passport wallet refill`"), "{refused}");
    assert_eq!(fetched(&stage), before);
    // The member asks, and learns it at once; no copy is spent on it.
    let told = stage.wallet.refill(&AcceptOptions::default(), &NEEDED).await.unwrap_err();
    assert!(matches!(told, RefillError::Present(PresentError::NoFreshCopy { .. })), "{told:?}");
    assert_eq!(fetched(&stage), before + 2);
    let listed = profile(&stage).await;
    assert_eq!((listed.copies_left, listed.copies_revoked, listed.copies), (0, 3, 4));
    assert!(matches!(present(&stage).await, Err(PresentError::NoFreshCopy { .. })));
}

/// A wallet with four copies of a profile, at an office that refuses at the end of every refill.
async fn refusing() -> Stage {
    let stage = Stage::new().await;
    accept(&stage, &offer(&["profile"]), 4).await;
    stage.set(|behaviour| behaviour.reply_status = Some(400));
    stage
}

#[tokio::test]
async fn refills_that_are_refused_never_take_the_last_copy() {
    let stage = refusing().await;
    for left in [3, 2, 1] {
        let refused = stage.wallet.refill(&AcceptOptions::default(), &NEEDED).await.unwrap_err();
        assert!(matches!(refused, RefillError::Refused(_)), "{refused:?}");
        assert_eq!(profile(&stage).await.copies_left, left);
    }
    for _ in 0..2 {
        let kept = stage.wallet.refill(&AcceptOptions::default(), &NEEDED).await.unwrap_err();
        assert!(matches!(kept, RefillError::LastKept), "{kept:?}");
        assert_eq!(profile(&stage).await.copies_left, 1);
    }
    // Not by itself either, not even tomorrow; the member may try then.
    a_day_later(&stage);
    stage.wallet.collect(&NEEDED).await.unwrap();
    assert_eq!(profile(&stage).await.copies_left, 1);
    stage.set(|behaviour| behaviour.reply_status = None);
    stage.wallet.refill(&AcceptOptions::default(), &NEEDED).await.unwrap();
    assert_eq!(profile(&stage).await.copies_left, 4);
}

#[tokio::test]
async fn the_last_copy_of_a_passport_and_its_profile_is_kept_whichever_was_refused() {
    let stage = with_copies(|behaviour| behaviour.reply_status = Some(400)).await;
    for left in [2, 1, 1] {
        assert!(stage.wallet.refill(&AcceptOptions::default(), &NEEDED).await.is_err());
        assert_eq!(profile(&stage).await.copies_left, left);
    }
}

#[tokio::test]
async fn a_refusal_at_the_credential_endpoint_counts_as_one() {
    let stage = Stage::new().await;
    accept(&stage, &offer(&["profile"]), 2).await;
    stage.set(|behaviour| behaviour.other_type = true);
    let refused = stage.wallet.refill(&AcceptOptions::default(), &NEEDED).await.unwrap_err();
    assert!(matches!(refused, RefillError::Accept(_)), "{refused:?}");
    let kept = stage.wallet.refill(&AcceptOptions::default(), &NEEDED).await.unwrap_err();
    assert!(matches!(kept, RefillError::LastKept), "{kept:?}");
}

#[tokio::test]
async fn a_refill_of_its_own_that_is_refused_leaves_a_copy_and_is_not_tried_again_that_day() {
    let stage = Stage::new().await;
    accept(&stage, &offer(&["profile"]), 4).await;
    stage.set(|behaviour| behaviour.no_refills = true);
    present(&stage).await.unwrap();
    present(&stage).await.unwrap();
    assert_eq!(profile(&stage).await.copies_left, 2, "two are kept back");
    a_day_later(&stage);
    stage.set(|behaviour| {
        behaviour.no_refills = false;
        behaviour.reply_status = Some(400);
    });
    for _ in 0..2 {
        stage.wallet.collect(&NEEDED).await.unwrap();
        assert_eq!(profile(&stage).await.copies_left, 1);
    }
}

#[tokio::test]
async fn the_wallet_refills_by_itself_once_a_day_however_it_ends() {
    for no_refills in [false, true] {
        let stage = Stage::new().await;
        accept(&stage, &offer(&["profile"]), 2).await;
        stage.set(|behaviour| behaviour.no_refills = no_refills);
        let refills = || stage.calls().iter().filter(|call| call.contains("/refill/")).count();
        for _ in 0..if no_refills { 1 } else { 3 } {
            present(&stage).await.unwrap();
        }
        stage.wallet.collect(&NEEDED).await.unwrap();
        assert_eq!(refills(), 1, "{no_refills}");
        a_day_later(&stage);
        stage.wallet.collect(&NEEDED).await.unwrap();
        assert_eq!(refills(), 2, "{no_refills}");
    }
}

#[tokio::test]
async fn fewer_copies_than_asked_for_are_taken_if_each_has_a_key_of_its_own() {
    let stage = Stage::new().await;
    stage.set(|behaviour| behaviour.most_copies = Some(2));
    accept(&stage, &offer(&["passport", "profile"]), 4).await;
    let copies = stage.vault.list::<Copy>().await.unwrap();
    assert_eq!(copies.len(), 2);
    assert!(copies.iter().all(|copy| copy.credentials.len() == 2), "pairs again");
    stage.set(|behaviour| behaviour.one_key = true);
    let options = AcceptOptions { tx_code: None, copies: Some(4) };
    let refused = stage.wallet.accept_offer(&offer(&["profile"]), &options, &NEEDED).await.unwrap_err();
    assert!(matches!(refused, crate::flows::AcceptError::KeyTwice), "{refused:?}");
}

#[tokio::test]
async fn a_list_by_anybody_but_the_issuer_takes_no_copy_away() {
    let stage = with_copies(|behaviour| {
        behaviour.revoked = true;
        behaviour.lists_by_space = true;
    })
    .await;
    present(&stage).await.unwrap();
    assert_eq!(profile(&stage).await.copies_revoked, 0);
}

/// Who agrees to what is shown, and is gone when something is offered for it.
struct Gone;

impl Consent for Gone {
    fn ask<'a>(&'a self, question: &'a Question) -> BoxFuture<'a, Choice> {
        NEEDED.ask(question)
    }

    fn accepts<'a>(&'a self, _: &'a Offered) -> BoxFuture<'a, OfferChoice> {
        Box::pin(std::future::ready(OfferChoice::LeaveOpen))
    }
}

/// A member of the space, where nothing follows an answer in which an offer would be found again.
async fn with_memberships() -> Stage {
    let stage = Stage::new().await;
    accept(&stage, &offer_of(KILN, &["membership"]), 4).await;
    let elsewhere = "http://elsewhere.localhost/follow-up/1".to_owned();
    stage.set(|behaviour| behaviour.follow_up_uri = Some(elsewhere));
    stage
}

#[tokio::test]
async fn who_agreed_to_show_a_copy_for_new_ones_is_not_asked_whether_to_take_them() {
    let stage = with_memberships().await;
    let refilled = stage.wallet.refill(&AcceptOptions::default(), &Gone).await.unwrap();
    assert_eq!((refilled.accepted.len(), refilled.problems), (1, Vec::new()));
    assert_eq!(shown_to(&stage), ["kiln.localhost"], "one copy was spent");
    assert_eq!(membership(&stage).await.copies_left, 3 + 4);
}

#[tokio::test]
async fn new_copies_that_are_offered_late_are_taken_by_whoever_agreed_to_show_one_for_them() {
    let stage = with_memberships().await;
    stage.set(|behaviour| behaviour.puts_off = (1, Some(60)));
    let refused = stage.wallet.refill(&AcceptOptions::default(), &Gone).await.unwrap_err();
    assert!(matches!(refused, RefillError::Present(PresentError::PutOff { .. })), "{refused:?}");
    stage.clock.advance(61);
    let from = stage.wallet.collect(&Gone).await.unwrap().from.remove(0);
    assert_eq!(from.problem, None);
    assert_eq!(from.accepted.unwrap().credentials[0].copies, 4);
    assert_eq!(stage.seen(|seen| seen.taken.len()), 1, "one copy was spent");
    assert_eq!(membership(&stage).await.copies_left, 3 + 4);
}

#[tokio::test]
async fn what_is_offered_in_the_late_reply_to_another_answer_is_the_members_to_take() {
    let stage = with_memberships().await;
    accept(&stage, &offer(&["profile"]), 4).await;
    stage.set(|behaviour| {
        behaviour.puts_off = (1, Some(60));
        behaviour.offer = Some(offer_of(KILN, &["membership"]));
    });
    present(&stage).await.unwrap_err();
    stage.clock.advance(61);
    let from = stage.wallet.collect(&Gone).await.unwrap().from.remove(0);
    assert!(from.accepted.is_none(), "{from:?}");
    assert!(from.problem.unwrap().contains("ask there for another offer"));
}

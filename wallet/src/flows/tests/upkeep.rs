//! The wallet looks after its copies: enough of them, and those that count.

use credentials::types;
use serde_json::json;

use super::stage::{Behaviour, Stage, disclosed, offer, offer_of};
use crate::consent::{ByPreset, Preset};
use crate::flows::{AcceptOptions, PresentError, PresentOptions, RefillError};
use crate::records::{Copy, ListedCredential};

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

#[tokio::test]
async fn lists_are_fetched_by_the_hour_and_when_an_answer_was_refused() {
    let stage = with_copies(|_| {}).await;
    let fetched = || stage.calls().iter().filter(|call| call.contains("/status/")).count();
    stage.wallet.collect(&NEEDED).await.unwrap();
    let once = fetched();
    assert_eq!(once, 2, "one list of each type of the office, and not by the copy");
    stage.clock.advance(3_599);
    stage.wallet.collect(&NEEDED).await.unwrap();
    assert_eq!(fetched(), once);
    stage.clock.advance(1);
    stage.wallet.collect(&NEEDED).await.unwrap();
    assert_eq!(fetched(), 2 * once);
    // Revoked a moment later: one copy is spent, and not a second one.
    stage.set(|behaviour| {
        behaviour.revoked = true;
        behaviour.reply_status = Some(400);
    });
    assert!(matches!(present(&stage).await, Err(PresentError::NotTaken(_))));
    let listed = profile(&stage).await;
    assert_eq!((listed.copies_left, listed.copies_revoked, listed.copies), (0, 3, 4));
    assert!(matches!(present(&stage).await, Err(PresentError::NoFreshCopy { .. })));
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

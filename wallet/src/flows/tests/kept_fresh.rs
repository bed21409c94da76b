//! What the wallet looks after by itself, and how it stands with what it holds.

use credentials::types;
use serde_json::json;

use super::stage::{Stage, offer, offer_of};
use crate::consent::{ByPreset, Preset};
use crate::flows::{AcceptOptions, AwaitedState, PresentError, PresentOptions};
use crate::fresh::{Care, Due};
use crate::records::{Anew, Copy, HeldState, HistoryEntry, ListedCredential};

const YES: ByPreset = ByPreset(Preset::Needed);
const DAY: i64 = 86_400;
const OFFICE: &str = "http://office.localhost";

async fn accept(stage: &Stage, link: &str, copies: usize) {
    let options = AcceptOptions { tx_code: None, copies: Some(copies) };
    let _ = stage.wallet.accept_offer(link, &options, &YES).await;
}

async fn present(stage: &Stage) -> Result<(), PresentError> {
    stage.wallet.present(&stage.link(), &PresentOptions::default(), &YES).await.map(drop)
}

async fn held(stage: &Stage, vct: &str) -> ListedCredential {
    stage.wallet.held().await.unwrap().into_iter().find(|one| one.vct == vct).unwrap()
}

async fn due(stage: &Stage, wanted: impl Fn(&Care) -> bool) -> Vec<Due> {
    let mut agenda = stage.wallet.agenda().await.unwrap();
    agenda.retain(|one| wanted(&one.care));
    agenda
}

/// A wallet to which the office has promised a profile.
async fn promised() -> (Stage, Care) {
    let stage = Stage::new().await;
    stage.set(|behaviour| behaviour.deferred = true);
    accept(&stage, &offer(&["profile"]), 4).await;
    let awaited = stage.wallet.being_made().await.unwrap();
    assert_eq!(awaited.len(), 1);
    let care = Care::Promised(awaited[0].id.clone());
    (stage, care)
}

#[tokio::test]
async fn what_was_promised_is_due_when_its_issuer_said_and_comes_without_anybody_asking() {
    let (stage, care) = promised().await;
    let now = stage.clock_seconds();
    let agenda = due(&stage, |one| *one == care).await;
    assert_eq!(agenda, [Due { care: care.clone(), at: now + 60 }]);
    let awaited = stage.wallet.being_made().await.unwrap().remove(0);
    assert_eq!(awaited.state, AwaitedState::BeingMade { not_before: now + 60 });
    let before = stage.calls().len();
    assert!(!stage.wallet.look_after(&care).await.unwrap(), "it is too early");
    assert_eq!(stage.calls().len(), before, "and nobody is asked");
    stage.clock.advance(60);
    stage.set(|behaviour| behaviour.code.later_still = Some("later"));
    assert!(!stage.wallet.look_after(&care).await.unwrap(), "it is not ready");
    assert_eq!(due(&stage, |one| *one == care).await, [Due { care: care.clone(), at: now + 180 }]);
    stage.clock.advance(120);
    assert!(stage.wallet.look_after(&care).await.unwrap());
    assert!(due(&stage, |one| *one == care).await.is_empty());
    assert!(stage.wallet.being_made().await.unwrap().is_empty());
    let profile = held(&stage, types::PROFILE).await;
    assert_eq!((profile.state, profile.uses_left, profile.copies_left), (HeldState::Good, 2, 4));
    assert!(!stage.wallet.look_after(&care).await.unwrap(), "there is nothing left to ask for");
}

#[tokio::test]
async fn an_issuer_that_cannot_be_reached_is_as_due_as_before() {
    let (stage, care) = promised().await;
    stage.clock.advance(60);
    stage.set(|behaviour| behaviour.down = Some("office.localhost"));
    let before = due(&stage, |one| *one == care).await;
    assert!(!stage.wallet.look_after(&care).await.unwrap());
    assert_eq!(due(&stage, |one| *one == care).await, before);
}

#[tokio::test]
async fn a_promise_that_is_not_kept_is_shown_with_the_reason_until_it_is_put_away() {
    let (stage, care) = promised().await;
    stage.clock.advance(60);
    stage.set(|behaviour| {
        behaviour.code.deferred_error = Some("credential_request_denied");
        behaviour.code.deferred_reason = Some("The document could not be read.");
    });
    assert!(stage.wallet.look_after(&care).await.unwrap(), "there is something to see");
    let not_given = stage.wallet.not_given_lately(&[]).await.unwrap();
    assert_eq!(not_given.len(), 1);
    assert_eq!(not_given[0].code, "credential_request_denied");
    assert_eq!(not_given[0].said.as_deref(), Some("The document could not be read."));
    stage.clock.advance(30 * DAY);
    assert_eq!(stage.wallet.not_given_lately(&[]).await.unwrap().len(), 1);
    stage.clock.advance(1);
    assert!(stage.wallet.not_given_lately(&[]).await.unwrap().is_empty(), "that is long ago");
    stage.wallet.put_not_given_away(&not_given[0].id).await.unwrap();
    stage.wallet.put_not_given_away(&not_given[0].id).await.unwrap();
}

#[tokio::test]
async fn what_came_otherwise_since_is_not_said_to_be_not_given() {
    let (stage, care) = promised().await;
    stage.clock.advance(60);
    stage.set(|behaviour| behaviour.code.deferred_error = Some("credential_request_denied"));
    stage.wallet.look_after(&care).await.unwrap();
    stage.set(|behaviour| (behaviour.code.deferred_error, behaviour.deferred) = (None, false));
    let held = async || stage.wallet.held().await.unwrap();
    accept(&stage, &offer(&["passport"]), 4).await;
    assert_eq!(stage.wallet.not_given_lately(&held().await).await.unwrap().len(), 1, "another kind");
    accept(&stage, &offer(&["profile"]), 4).await;
    assert!(stage.wallet.not_given_lately(&held().await).await.unwrap().is_empty());
}

#[tokio::test]
async fn who_does_not_wait_any_more_asks_nobody_and_is_shown_no_failure() {
    let (stage, care) = promised().await;
    let Care::Promised(id) = &care else { panic!("{care:?}") };
    assert!(stage.wallet.let_go_of_awaited(id).await.unwrap());
    assert!(!stage.wallet.let_go_of_awaited(id).await.unwrap(), "once");
    assert!(stage.wallet.not_given_lately(&[]).await.unwrap().is_empty());
    stage.clock.advance(60);
    let before = stage.calls().len();
    assert!(!stage.wallet.look_after(&care).await.unwrap());
    assert_eq!(stage.calls().len(), before);
}

fn is_of_office(care: &Care) -> bool {
    *care == Care::Copies(OFFICE.to_owned())
}

#[tokio::test]
async fn copies_that_expire_soon_are_renewed_on_a_day_of_which_each_wallet_has_its_own_moment() {
    let mut moments = Vec::new();
    for _ in 0..2 {
        let stage = Stage::new().await;
        accept(&stage, &offer(&["profile"]), 4).await;
        let expires_at = held(&stage, types::PROFILE).await.expires_at.unwrap();
        let agenda = due(&stage, is_of_office).await;
        assert_eq!(agenda.len(), 1);
        let last = expires_at - 3 * DAY;
        assert!((last - DAY..=last).contains(&agenda[0].at), "{} {last}", agenda[0].at);
        assert_eq!(due(&stage, is_of_office).await, agenda, "it is always the same");
        let care = Care::Copies(OFFICE.to_owned());
        stage.clock.set(environment::Timestamp::from_seconds(agenda[0].at - 1));
        stage.set(|behaviour| behaviour.list_version += 1);
        assert!(!stage.wallet.look_after(&care).await.unwrap(), "the near miss");
        stage.clock.advance(1);
        assert!(stage.wallet.look_after(&care).await.unwrap());
        assert!(held(&stage, types::PROFILE).await.expires_at.unwrap() > expires_at);
        // Whatever came of it, it is let be for a day.
        assert!(due(&stage, is_of_office).await[0].at >= agenda[0].at + DAY);
        moments.push(last - agenda[0].at);
    }
    assert_eq!(moments[0], moments[1], "the vaults of these stages have one secret");
}

#[tokio::test]
async fn a_wallet_renews_at_another_moment_than_another_one() {
    let (one, other) = (Stage::new().await, Stage::new().await);
    let other = other.another_wallet(&other.code, 9).await;
    let kinds = ["a", "b", "c"];
    let of_one: Vec<i64> = kinds.iter().map(|kind| one.wallet.earlier(kind)).collect();
    let of_other: Vec<i64> = kinds.iter().map(|kind| other.earlier(kind)).collect();
    assert_ne!(of_one, of_other);
    assert!(of_one.iter().chain(&of_other).all(|at| (0..DAY).contains(at)), "{of_one:?} {of_other:?}");
}

#[tokio::test]
async fn copies_that_get_few_are_due_at_once_and_small_batches_are_not_for_that_alone() {
    let stage = Stage::new().await;
    accept(&stage, &offer(&["profile"]), 4).await;
    assert!(due(&stage, is_of_office).await[0].at > stage.clock_seconds(), "two of four can be shown");
    present(&stage).await.unwrap();
    let profile = held(&stage, types::PROFILE).await;
    assert_eq!((profile.uses_left, profile.copies_left, profile.copies), (1, 3, 4));
    assert_eq!(due(&stage, is_of_office).await[0].at, 0);
    assert!(stage.wallet.look_after(&Care::Copies(OFFICE.to_owned())).await.unwrap());
    assert!(held(&stage, types::PROFILE).await.uses_left >= 4);
    // Of two one is kept back: that one is left is no reason to ask every day.
    let stage = Stage::new().await;
    accept(&stage, &offer(&["profile"]), 2).await;
    assert_eq!(held(&stage, types::PROFILE).await.uses_left, 1);
    assert!(due(&stage, is_of_office).await[0].at > stage.clock_seconds());
}

#[tokio::test]
async fn what_is_suspended_is_not_offered_and_is_again_once_its_issuer_says_so() {
    let stage = Stage::new().await;
    accept(&stage, &offer(&["passport", "profile"]), 4).await;
    stage.set(|behaviour| behaviour.suspended = true);
    let lists = due(&stage, |care| matches!(care, Care::Statuses(_))).await;
    assert_eq!((lists.len(), lists[0].at), (1, 0));
    assert!(stage.wallet.look_after(&lists[0].care).await.unwrap());
    let profile = held(&stage, types::PROFILE).await;
    assert_eq!((profile.state, profile.copies_left, profile.copies_suspended), (HeldState::Suspended, 0, 4));
    assert!(!profile.needs_its_member());
    let refused = present(&stage).await.unwrap_err();
    assert!(matches!(refused, PresentError::NoFreshCopy { .. }), "{refused:?}");
    // A day later its issuer says that it counts again.
    let next = due(&stage, |care| matches!(care, Care::Statuses(_))).await;
    assert_eq!(next[0].at, stage.clock_seconds() + DAY);
    stage.clock.advance(DAY - 1);
    stage
        .set(|behaviour| (behaviour.suspended, behaviour.list_version) = (false, behaviour.list_version + 1));
    assert!(!stage.wallet.look_after(&lists[0].care).await.unwrap(), "the near miss");
    stage.clock.advance(1);
    assert!(stage.wallet.look_after(&lists[0].care).await.unwrap());
    assert_eq!(held(&stage, types::PROFILE).await.state, HeldState::Good);
    present(&stage).await.unwrap();
}

#[tokio::test]
async fn what_is_revoked_stays_so_and_is_said_to_be() {
    let stage = Stage::new().await;
    accept(&stage, &offer(&["passport", "profile"]), 4).await;
    stage.set(|behaviour| behaviour.revoked = true);
    stage.wallet.look_at_statuses().await.unwrap();
    let passport = held(&stage, types::PASSPORT).await;
    assert_eq!((passport.state, passport.copies_revoked), (HeldState::Revoked, 4));
    assert_eq!(passport.anew(), Anew::At(format!("{OFFICE}/passport")));
    assert!(!passport.needs_its_member(), "what it can do about it, its office says");
    assert!(matches!(present(&stage).await, Err(PresentError::NoFreshCopy { .. })));
    stage.set(|behaviour| (behaviour.revoked, behaviour.suspended) = (false, true));
    stage.clock.advance(DAY);
    stage.set(|behaviour| behaviour.list_version += 1);
    stage.wallet.look_at_statuses().await.unwrap();
    assert_eq!(held(&stage, types::PASSPORT).await.state, HeldState::Revoked);
}

#[tokio::test]
async fn it_is_said_when_something_expires_soon_when_it_has_and_how_it_is_had_anew() {
    let stage = Stage::new().await;
    accept(&stage, &offer(&["profile"]), 4).await;
    accept(&stage, &offer_of("http://kiln.localhost", &["statement"]), 1).await;
    let expires_at = held(&stage, types::PROFILE).await.expires_at.unwrap();
    let states = async || {
        let (profile, statement) = (held(&stage, types::PROFILE).await, held(&stage, types::STATEMENT).await);
        assert_eq!(statement.anew(), Anew::Asking);
        (profile.state, profile.anew(), profile.needs_its_member(), statement.state)
    };
    let clock_at = |seconds: i64| stage.clock.set(environment::Timestamp::from_seconds(seconds));
    clock_at(expires_at - 3 * DAY - 1);
    assert_eq!(states().await, (HeldState::Good, Anew::Here, false, HeldState::Good));
    clock_at(expires_at - 3 * DAY);
    assert_eq!(states().await, (HeldState::ExpiresSoon, Anew::Here, false, HeldState::ExpiresSoon));
    clock_at(expires_at);
    let at = Anew::At(format!("{OFFICE}/passport"));
    assert_eq!(states().await, (HeldState::Expired, at, true, HeldState::Expired));
}

#[tokio::test]
async fn what_is_thrown_away_is_gone_with_all_its_copies_and_nothing_else_is() {
    let stage = Stage::new().await;
    accept(&stage, &offer(&["passport", "profile"]), 4).await;
    let profile = held(&stage, types::PROFILE).await;
    assert!(!stage.wallet.throw_away("unknown").await.unwrap());
    assert!(stage.wallet.throw_away(&profile.key()).await.unwrap());
    assert!(!stage.wallet.throw_away(&profile.key()).await.unwrap(), "once");
    let left = stage.wallet.held().await.unwrap();
    assert_eq!(
        left.iter().map(|one| (one.vct.as_str(), one.copies)).collect::<Vec<_>>(),
        [(types::PASSPORT, 4)]
    );
    assert!(stage.wallet.throw_away(&held(&stage, types::PASSPORT).await.key()).await.unwrap());
    assert!(stage.vault.list::<Copy>().await.unwrap().is_empty(), "no key is left behind");
    let told = stage.vault.list::<HistoryEntry>().await.unwrap();
    let thrown = told.iter().filter(|entry| entry.not_completed.as_deref() == Some("thrown_away"));
    assert_eq!(thrown.count(), 2);
}

#[tokio::test]
async fn the_member_has_one_kind_renewed_and_gives_a_copy_of_it_alone() {
    let stage = Stage::new().await;
    accept(&stage, &offer(&["profile"]), 4).await;
    let own = json!({"id": "own", "format": "dc+sd-jwt", "meta": {"vct_values": [types::OWN]},
        "claims": [{"path": ["email"]}]});
    let email = crate::DetailName::new("email").unwrap();
    stage.wallet.set_own_detail(email, json!("ada@example.org")).await.unwrap();
    let key = held(&stage, types::PROFILE).await.key();
    stage.set(|behaviour| behaviour.refill_asks_for = Some(own));
    let refused = stage.wallet.refill_kind_of(&key).await.unwrap_err();
    assert_eq!(refused.code(), "left_open", "more is asked than a refill takes: {refused}");
    stage.set(|behaviour| behaviour.refill_asks_for = None);
    let accepted = stage.wallet.refill_kind_of(&key).await.unwrap();
    assert_eq!(accepted.credentials[0].copies, 4);
    assert_eq!(stage.wallet.refill_kind_of("unknown").await.unwrap_err().code(), "nothing_to_renew");
}

//! What follows one answer is asked for alone, and by one at a time: another offer there voids the one before.

use std::sync::Mutex;

use serde_json::json;
use tokio::sync::Notify;

use super::stage::{Stage, offer, offer_of};
use crate::consent::{ByPreset, Consent, OfferChoice, Offered, Preset};
use crate::flows::{AcceptOptions, PresentOptions};
use crate::question::{Choice, Question};
use crate::records::FollowUpAwaited;
use crate::wallet::BoxFuture;

const NEEDED: ByPreset = ByPreset(Preset::Needed);

/// A member who says something to an offer when told to.
struct Later {
    says: OfferChoice,
    offered: Mutex<Vec<String>>,
    asked: Notify,
    word: Notify,
}

impl Later {
    fn saying(says: OfferChoice) -> Self {
        Self { says, offered: Mutex::default(), asked: Notify::new(), word: Notify::new() }
    }

    /// One who was told to already.
    fn at_once(says: OfferChoice) -> Self {
        let member = Self::saying(says);
        member.word.notify_one();
        member
    }

    fn offered(&self) -> Vec<String> {
        self.offered.lock().unwrap().clone()
    }
}

impl Consent for Later {
    fn ask<'a>(&'a self, _: &'a Question) -> BoxFuture<'a, Choice> {
        panic!("a question")
    }

    fn accepts<'a>(&'a self, offered: &'a Offered) -> BoxFuture<'a, OfferChoice> {
        Box::pin(async move {
            self.offered.lock().unwrap().push(offered.issuer.clone());
            self.asked.notify_one();
            self.word.notified().await;
            self.says
        })
    }
}

/// A member who has answered the space and the office, and what follows that of each.
async fn answered_two() -> (Stage, [String; 2]) {
    let stage = Stage::new().await;
    let options = AcceptOptions { tx_code: None, copies: Some(4) };
    stage.wallet.accept_offer(&offer(&["profile"]), &options, &NEEDED).await.unwrap();
    let query = json!({"id": "profile", "format": "dc+sd-jwt",
        "meta": {"vct_values": [credentials::types::PROFILE]}, "claims": [{"path": ["email"]}]});
    stage.set(|behaviour| {
        behaviour.no_refills = true;
        behaviour.query = Some(json!({"credentials": [query]}));
    });
    let mut follow_ups = Vec::new();
    // The stage proves what was shared with whoever was answered last.
    for link in [stage.office_link(), stage.link()] {
        let presented = stage.wallet.present(&link, &PresentOptions::default(), &NEEDED).await.unwrap();
        follow_ups.push(presented.follow_up.unwrap());
    }
    stage.set(|behaviour| behaviour.offer = Some(offer_of("http://kiln.localhost", &["membership"])));
    (stage, [follow_ups.remove(1), follow_ups.remove(0)])
}

/// How often each was asked for what follows.
fn asked(stage: &Stage) -> [usize; 2] {
    let calls = stage.calls();
    ["http://kiln.localhost/follow-up/1", "http://office.localhost/follow-up/1"]
        .map(|uri| calls.iter().filter(|call| call.strip_prefix("GET ") == Some(uri)).count())
}

async fn awaited(stage: &Stage) -> Vec<FollowUpAwaited> {
    stage.vault.list().await.unwrap()
}

#[tokio::test]
async fn what_follows_one_answer_is_asked_for_and_nothing_else() {
    let (stage, [of_space, of_office]) = answered_two().await;
    let before = asked(&stage);
    let from = stage.wallet.collect_one(&of_space, &NEEDED).await.unwrap().unwrap();
    assert_eq!((from.problem, from.sharing_proof), (None, true));
    assert!(from.accepted.is_some());
    assert_eq!(asked(&stage), [before[0] + 1, before[1]], "the office hears nothing");
    assert_eq!(awaited(&stage).await.iter().map(|one| &one.id).collect::<Vec<_>>(), [&of_office]);
    // What is over, or never was, is asked for nowhere.
    let calls = stage.calls().len();
    for gone in [of_space.as_str(), "nobody"] {
        assert!(stage.wallet.collect_one(gone, &NEEDED).await.unwrap().is_none(), "{gone}");
    }
    assert_eq!(stage.calls().len(), calls);
}

#[tokio::test]
async fn an_offer_that_the_member_looks_at_is_not_voided_by_who_collects_meanwhile() {
    let (stage, [of_space, _]) = answered_two().await;
    let (member, before) = (Later::saying(OfferChoice::Accept), asked(&stage));
    let other = Later::at_once(OfferChoice::LeaveOpen);
    let (from, ()) = tokio::join!(stage.wallet.collect_one(&of_space, &member), async {
        member.asked.notified().await;
        let from = stage.wallet.collect_one(&of_space, &other).await.unwrap().unwrap();
        assert!(from.problem.unwrap().contains("at this moment"));
        // Nor does it hold up what follows other answers.
        let from = stage.wallet.collect(&other).await.unwrap().from;
        for one in &from {
            let is_passed_over = one.problem.as_deref().is_some_and(|told| told.contains("at this moment"));
            assert_eq!(is_passed_over, one.host.as_deref() == Some("kiln.localhost"), "{one:?}");
        }
        assert_eq!(from.len(), 2);
        assert_eq!(asked(&stage), [before[0] + 1, before[1] + 1]);
        member.word.notify_one();
    });
    assert!(from.unwrap().unwrap().accepted.is_some());
    assert_eq!(
        (member.offered(), asked(&stage)[0]),
        (vec!["http://kiln.localhost".to_owned()], before[0] + 1)
    );
    // Whose turn is over leaves it to others.
    assert!(stage.wallet.collect_one(&of_space, &other).await.unwrap().is_none());
}

#[tokio::test]
async fn a_follow_up_whose_member_went_away_can_be_asked_for_again() {
    let (stage, [of_space, _]) = answered_two().await;
    let member = Later::saying(OfferChoice::Accept);
    tokio::select! {
        from = stage.wallet.collect_one(&of_space, &member) => panic!("{from:?}"),
        () = member.asked.notified() => {}
    }
    let from = stage.wallet.collect_one(&of_space, &NEEDED).await.unwrap().unwrap();
    assert_eq!((from.problem.as_deref(), from.accepted.is_some()), (None, true));
}

#[tokio::test]
async fn an_offer_to_which_the_member_said_no_is_not_made_again_and_the_proof_is_still_awaited() {
    for has_proof in [true, false] {
        let (stage, [of_space, of_office]) = answered_two().await;
        stage.vault.batch().delete::<FollowUpAwaited>(&of_office).commit().await.unwrap();
        if !has_proof {
            let unproven = FollowUpAwaited { proof_kept: false, ..awaited(&stage).await.remove(0) };
            stage.vault.put(&unproven).await.unwrap();
            stage.set(|behaviour| behaviour.no_proof = true);
        }
        let no = Later::at_once(OfferChoice::Refuse);
        let from = stage.wallet.collect_one(&of_space, &no).await.unwrap().unwrap();
        assert_eq!(from.problem.as_deref(), Some("the offer was not accepted"));
        let history = stage.wallet.history().await.unwrap();
        assert!(history.iter().any(|entry| entry.not_completed.as_deref() == Some("declined")));
        assert_eq!(awaited(&stage).await.len(), usize::from(!has_proof));
        let before = asked(&stage);
        assert_eq!(stage.wallet.collect(&no).await.unwrap().from.len(), usize::from(!has_proof));
        assert_eq!(no.offered().len(), 1, "{has_proof}: what was declined is not offered again");
        assert_eq!(asked(&stage)[0] - before[0], usize::from(!has_proof));
        // The proof that comes after all ends it.
        stage.set(|behaviour| behaviour.no_proof = false);
        stage.wallet.collect(&no).await.unwrap();
        assert!(awaited(&stage).await.is_empty(), "{has_proof}");
        assert_eq!(no.offered().len(), 1, "{has_proof}");
    }
}

//! New copies for those that are left.

use super::*;

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
    assert!(matches!(refused, Err(RefillError::HandOut(crate::HandOutError::Elsewhere))), "{refused:?}");
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

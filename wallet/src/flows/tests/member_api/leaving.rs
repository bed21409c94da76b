//! What is left of a space's affairs when the membership has ended.

use super::*;

#[tokio::test]
async fn what_was_to_be_done_at_a_space_goes_with_the_membership() {
    let stage = member(8).await;
    know(&stage, "did:web:rook.localhost", "Rook").await;
    let both = ["Kiln".to_owned(), "Rook".to_owned()];
    let (name, value) = email("new@example.org");
    stage.wallet.change_at(name, value, &both, When::Apart).await.unwrap();
    assert!(stage.wallet.leave_space("Kiln").await.unwrap().done);
    let left: Vec<String> = items(&stage).await.into_iter().map(|item| item.space_name).collect();
    assert_eq!(left, ["Rook"]);
}

#[tokio::test]
async fn what_is_due_at_a_space_is_not_sent_once_the_membership_has_ended() {
    let stage = member(8).await;
    stage.set(|behaviour| behaviour.member.refuses = Some((503, json!({}))));
    assert!(!stage.wallet.change_rules_at("Kiln", back("email")).await.unwrap().done);
    let (name, value) = email("new@example.org");
    stage.wallet.change_at(name, value, &["Kiln".to_owned()], When::Apart).await.unwrap();
    stage.clock.advance(86_400);
    stage.set(|behaviour| {
        behaviour.list_version += 1;
        behaviour.member.refuses = None;
        behaviour.member.ends_membership = true;
    });
    // Whichever of the two goes first, nothing is left to do.
    let sent = collect(&stage).await;
    assert!(sent.last().unwrap().membership_ended, "{sent:?}");
    assert!(items(&stage).await.is_empty());
    assert!(sent.iter().all(|one| one.done), "{sent:?}");
}

#[tokio::test]
async fn a_space_that_was_left_is_asked_for_no_refill() {
    let stage = member(6).await;
    assert!(stage.wallet.leave_space("Kiln").await.unwrap().done);
    assert!(!stage.wallet.needs_refill().await.unwrap());
    let refused = stage.wallet.refill(&AcceptOptions::default(), &NEEDED).await;
    assert!(matches!(refused, Err(RefillError::NothingHeld)), "{refused:?}");
    assert!(stage.calls().iter().all(|call| !call.contains("/refill/")));
    // Whoever is added anew has copies to be renewed.
    let options = AcceptOptions { tx_code: None, copies: Some(2) };
    let link = offer_of("http://kiln.localhost", &["membership"]);
    stage.wallet.accept_offer(&link, &options, &NEEDED).await.unwrap();
    stage.wallet.accept_offer(&offer(&["profile"]), &options, &NEEDED).await.unwrap();
    let refilled = stage.wallet.refill(&AcceptOptions::default(), &NEEDED).await.unwrap();
    assert_eq!(refilled.accepted.len(), 1);
    let [problem] = &refilled.problems[..] else { panic!("{:?}", refilled.problems) };
    assert!(problem.starts_with("membership of kiln.localhost: "), "whose it is is said: {problem}");
}

#[tokio::test]
async fn who_left_a_space_shows_its_membership_to_nobody_any_more() {
    let stage = member(6).await;
    assert!(stage.wallet.would_follow_leaving("Kiln").await.unwrap().membership_ended);
    assert_eq!(stage.vault.list::<KeptAccess>().await.unwrap().len(), 1);
    let left = stage.wallet.leave_space("Kiln").await.unwrap();
    assert!(left.done && left.membership_ended);
    assert!(stage.vault.list::<KeptAccess>().await.unwrap().is_empty());
    let copies = stage.vault.list::<Copy>().await.unwrap();
    assert!(copies.iter().all(|copy| copy.credentials.iter().all(|one| one.revoked)));
    assert_eq!(kiln(&stage).await.changes[0].what, "leave");
    let calls = stage.calls().len();
    let expected = LeftSpace {
        space: "Kiln".to_owned(),
        at: stage.clock_seconds(),
        kept: Vec::new(),
        contact: Some("team@kiln.example.org".to_owned()),
    };
    let (name, value) = email("new@example.org");
    let refused = [
        stage.wallet.held_at("Kiln").await.map(drop),
        stage.wallet.would_follow_leaving("Kiln").await.map(drop),
        stage.wallet.leave_space("Kiln").await.map(drop),
        stage.wallet.change_at(name, value, &["Kiln".to_owned()], When::Apart).await.map(drop),
    ];
    for refused in refused {
        let Err(MemberApiError::Left(left)) = refused else { panic!("{refused:?}") };
        assert_eq!(*left, expected);
    }
    assert_eq!(stage.calls().len(), calls, "nobody was asked");
    assert!(items(&stage).await.is_empty(), "nothing is queued");
    assert!(!stage.wallet.own_details().await.unwrap().to_claims().contains_key("email"));
    // Whoever is added anew is a member again.
    let options = AcceptOptions { tx_code: None, copies: Some(2) };
    let link = offer_of("http://kiln.localhost", &["membership"]);
    stage.wallet.accept_offer(&link, &options, &NEEDED).await.unwrap();
    assert!(stage.wallet.held_at("Kiln").await.is_ok());
}

#[tokio::test]
async fn a_way_in_that_leads_elsewhere_is_not_gone() {
    let stage = member(6).await;
    stage.set(|behaviour| behaviour.member.elsewhere = Some("http://office.localhost/member".to_owned()));
    assert!(matches!(stage.wallet.held_at("Kiln").await, Err(MemberApiError::NoAccess)));
    assert!(stage.calls().iter().all(|call| !call.contains("office.localhost/member")));
}

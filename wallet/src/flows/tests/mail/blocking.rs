//! Spaces that are heard no more: put out by the network, or blocked or reported by the member.

use super::*;

#[tokio::test]
async fn whoever_was_put_aside_or_out_writes_no_more_and_is_not_opened_any_more() {
    for (standing, code) in [(Standing::Suspended, "suspended"), (Standing::Expelled, "expelled")] {
        let member = Member::new().await;
        member.invite(&member.invitation("1"));
        let before = member.fetch().await.new[0].id.clone();
        member.invite(&member.invitation("2"));
        member.stage.set(|behaviour| {
            behaviour.space_stands = Some(standing);
            behaviour.list_version += 1;
        });
        member.stage.clock.advance(A_DAY);
        assert_eq!(member.refused().await, [code]);
        let refused = member.open(&before).await.unwrap_err();
        assert_eq!(refused.code(), code);
    }
}

#[tokio::test]
async fn a_block_is_told_to_every_host_that_answers_and_can_be_taken_back_when_all_do() {
    let member = Member::new().await;
    let inbox = given_inbox(&member).await.unwrap();
    let address = |url: &str| url.rsplit('/').next().unwrap().to_owned();
    for down in [&member.url, &inbox.address] {
        member.stage.set(|behaviour| {
            behaviour.mail.down = BTreeSet::from([address(down)]);
            behaviour.mail.told.clear();
        });
        let blocked = member.stage.wallet.block_mail(SPACE_DID).await.unwrap();
        assert_eq!((blocked.problems.len(), member.told("blocks").len()), (1, 1));
        let refused = member.stage.wallet.unblock_mail(SPACE_DID).await.unwrap_err();
        assert_eq!(refused.code(), "unreachable");
        assert_eq!(member.told("blocks").len(), 2);
        assert_eq!(member.stage.wallet.blocked_spaces().await.unwrap().len(), 1, "it can be tried again");
    }
    member.stage.set(|behaviour| behaviour.mail.down.clear());
    assert!(member.stage.wallet.unblock_mail(SPACE_DID).await.unwrap());
}

#[tokio::test]
async fn a_blocked_space_is_heard_no_more_whatever_its_host_does_and_gets_no_inbox() {
    let member = Member::new().await;
    let inbox = given_inbox(&member).await.unwrap();
    member.invite(&member.invitation("1"));
    let id = member.fetch().await.new[0].id.clone();
    let blocked = member.stage.wallet.block_mail(&id).await.unwrap();
    assert_eq!((blocked.name.as_str(), blocked.problems), (SPACE, Vec::new()));
    assert_eq!(
        member.told("blocks"),
        vec![json!({"space": SPACE_DID, "blocked": true}); 2],
        "at both inboxes"
    );
    assert!(member.stage.wallet.mail().await.unwrap().is_empty());
    member.invite(&member.invitation("2"));
    member.write(&inbox, &member.message(&inbox, "3"));
    assert_eq!(member.refused().await, ["blocked"]);
    member.stage.wallet.present(&member.stage.link(), &PresentOptions::default(), &NEEDED).await.unwrap();
    assert_eq!(inbox_of_last_answer(&member), None);
    assert_eq!(
        member.stage.wallet.blocked_spaces().await.unwrap(),
        [(SPACE_DID.to_owned(), SPACE.to_owned())]
    );
    assert!(member.stage.wallet.unblock_mail(SPACE_DID).await.unwrap());
    assert!(!member.stage.wallet.unblock_mail(SPACE_DID).await.unwrap());
    member.invite(&member.invitation("4"));
    assert_eq!(member.fetch().await.new.len(), 1);
}

#[tokio::test]
async fn what_a_muted_space_writes_is_not_shown_stands_in_the_history_and_is_there_afterwards() {
    let member = Member::new().await;
    let wallet = &member.stage.wallet;
    wallet.mute_space(SPACE_DID, true).await.unwrap();
    member.invite(&member.invitation("AAAAAAAAAAAAAAAAAAAAAA"));
    let round = member.fetch().await;
    assert!(round.new.is_empty() && wallet.mail().await.unwrap().is_empty());
    assert_eq!((round.refused.len(), round.refused[0].code.as_str()), (1, "muted"));
    let history = wallet.history().await.unwrap();
    assert!(
        history.iter().any(|entry| entry.not_completed.as_deref() == Some("muted")
            && entry.did.as_deref() == Some(SPACE_DID))
    );
    assert!(
        member.stage.seen(|seen| seen.mail.told.iter().all(|(what, _)| what == "done")),
        "nobody is told"
    );
    wallet.mute_space(SPACE_DID, false).await.unwrap();
    assert_eq!(wallet.mail().await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_complaint_names_space_and_reason_and_nothing_of_the_message() {
    let member = Member::new().await;
    member.invite(&member.invitation("1"));
    let id = member.fetch().await.new[0].id.clone();
    member.stage.wallet.report_mail(&id, Reason::Phishing).await.unwrap();
    assert_eq!(member.told("reports"), [json!({"space": SPACE_DID, "reason": "phishing"})]);
    let unknown = member.stage.wallet.report_mail("0", Reason::Phishing).await;
    assert!(matches!(unknown, Err(MailError::NoSuchMail)));
}

//! What a message brings: a decision, an offer, a membership.

use super::*;

#[tokio::test]
async fn an_offer_in_a_message_is_accepted_from_its_own_space_alone() {
    let member = Member::new().await;
    let inbox = given_inbox(&member).await.unwrap();
    let with = |id: &str, offer: String| Message {
        about: About::Offer,
        credential_offer: Some(offer),
        ..member.message(&inbox, id)
    };
    member.write(&inbox, &with("1", offer_of(&format!("http://{SPACE}"), &["membership"])));
    let id = member.fetch().await.new[0].id.clone();
    let OpenedMail::Accepted(accepted) = member.open(&id).await.unwrap() else { panic!("an offer") };
    assert_eq!(accepted.credentials.len(), 1);
    member.write(&inbox, &with("2", offer(&["profile"])));
    let id = member.fetch().await.new[0].id.clone();
    let refused = member.open(&id).await.unwrap_err();
    assert!(matches!(&refused, MailError::Accept(error) if error.code() == "offer_of_other"), "{refused:?}");
    member.write(&inbox, &member.message(&inbox, "3"));
    let id = member.fetch().await.new[0].id.clone();
    assert!(matches!(member.open(&id).await, Err(MailError::NothingToOpen)));
    member.write(
        &inbox,
        &Message { link: Some("http://kiln.localhost/news".to_owned()), ..member.message(&inbox, "4") },
    );
    let id = member.fetch().await.new[0].id.clone();
    assert!(
        matches!(member.open(&id).await, Ok(OpenedMail::Page(page)) if page == "http://kiln.localhost/news")
    );
}

#[tokio::test]
async fn an_offer_in_a_message_is_taken_once_and_what_did_not_come_of_it_comes_by_the_follow_up() {
    let member = Member::new().await;
    let inbox = given_inbox(&member).await.unwrap();
    let (awaited, decision) = decision(&member, Outcome::Approved).await;
    let both = offer_of(&format!("http://{SPACE}"), &["membership", "statement"]);
    let message = Message {
        about: About::Decision,
        decision: Some(decision),
        credential_offer: Some(both.clone()),
        text: None,
        ..member.message(&inbox, "1")
    };
    member.write(&inbox, &message);
    let id = member.fetch().await.new[0].id.clone();
    member.stage.set(|behaviour| {
        behaviour.busy_after = Some(1);
        behaviour.code.codes_once = true;
        behaviour.no_refills = true;
    });
    let OpenedMail::Accepted(accepted) = member.open(&id).await.unwrap() else { panic!("an offer") };
    assert_eq!((accepted.credentials.len(), accepted.missing.len()), (1, 1));
    assert!(member.stage.wallet.mail().await.unwrap().is_empty());
    assert!(matches!(member.open(&id).await, Err(MailError::NoSuchMail)));
    member.stage.set(|behaviour| behaviour.busy_after = None);
    // Nobody could take the rest by the same offer.
    let options = AcceptOptions::default();
    let spent = member.stage.wallet.accept_offer(&both, &options, &NEEDED).await.unwrap_err();
    assert_eq!(spent.code(), "invalid_grant");
    let followed = async || member.stage.vault.get::<FollowUpAwaited>(&awaited.id).await.unwrap().is_some();
    assert!(followed().await, "the rest comes there");
    let another = both.replace("code%22%3A%22code%22", "code%22%3A%22other%22");
    assert_ne!(another, both);
    member.stage.set(|behaviour| behaviour.offer = Some(another));
    // The DID of this stage has no log, which is of no moment here.
    member.stage.vault.batch().delete::<MemberDid>(MemberDid::NAME).commit().await.unwrap();
    let collected = member.stage.wallet.collect(&NEEDED).await.unwrap();
    assert!(collected.from.iter().any(|from| from.accepted.is_some()), "{collected:?}");
    assert!(!followed().await);
    let listed = member.stage.wallet.list().await.unwrap();
    assert!(listed.iter().any(|one| one.vct == types::STATEMENT), "{listed:?}");
}

/// A decision of the space about the one answer that is followed up.
async fn decision(member: &Member, outcome: Outcome) -> (FollowUpAwaited, String) {
    let awaited = member.stage.vault.list::<FollowUpAwaited>().await.unwrap().remove(0);
    let signed = decision_about(member, &awaited, outcome);
    (awaited, signed)
}

fn decision_about(member: &Member, awaited: &FollowUpAwaited, outcome: Outcome) -> String {
    let holder = awaited.key.public_jwk().unwrap().thumbprint_base64url();
    let decision = Decision {
        issuer: SPACE_DID.to_owned(),
        issued_at: member.stage.wallet.now().seconds(),
        request: awaited.request.clone(),
        confirmation: Confirmation { thumbprint: holder },
        outcome,
        by: DecidedBy::Person,
        because: None,
        rules: None,
        reason: None,
        appeal: None,
    };
    decision.sign(&format!("{SPACE_DID}#log"), member.stage.space_log_key()).unwrap()
}

/// A membership that comes with this decision.
fn approving(member: &Member, inbox: &terms::Inbox, id: &str, decision: String) -> Message {
    Message {
        about: About::Decision,
        decision: Some(decision),
        credential_offer: Some(offer_of(&format!("http://{SPACE}"), &["membership"])),
        text: None,
        ..member.message(inbox, id)
    }
}

#[tokio::test]
async fn a_wallet_killed_while_it_tells_of_a_membership_that_came_by_a_message_is_done_with_it() {
    for is_late in [false, true] {
        let case = format!("the proof is late: {is_late}");
        let member = Member::new().await;
        member.stage.set(|behaviour| {
            behaviour.no_follow_ups = is_late;
            behaviour.code.codes_once = true;
            behaviour.no_refills = true;
        });
        let inbox = given_inbox(&member).await.unwrap();
        let (_, decision) = decision(&member, Outcome::Approved).await;
        member.write(&inbox, &approving(&member, &inbox, "1", decision));
        let id = member.fetch().await.new[0].id.clone();
        let options = AcceptOptions::default();
        member
            .stage
            .killed_at("/notification", async |wallet| drop(wallet.open_mail(&id, &options, &NEEDED).await))
            .await;
        // The DID of this stage has no log, which is of no moment here.
        member.stage.vault.batch().delete::<MemberDid>(MemberDid::NAME).commit().await.unwrap();
        let again = member.stage.same_vault().await;
        assert!(again.list().await.unwrap().iter().any(|one| one.vct == types::MEMBERSHIP), "{case}");
        assert!(again.mail().await.unwrap().is_empty(), "{case}");
        let opened = again.open_mail(&id, &options, &NEEDED).await;
        assert!(matches!(opened, Err(MailError::NoSuchMail)), "{case}");
        let history = again.history().await.unwrap();
        let told = |entry: &&HistoryEntry| entry.presented == [types::MEMBERSHIP];
        assert_eq!(history.iter().filter(told).count(), 1, "{case}");
        let awaited = async || member.stage.vault.list::<FollowUpAwaited>().await.unwrap();
        let left = awaited().await;
        assert_eq!(left.len(), usize::from(is_late), "{case}");
        assert!(left.iter().all(|one| one.proof_alone && !one.proof_kept), "{case}");
        member.stage.set(|behaviour| behaviour.no_follow_ups = false);
        for days in [0, 31] {
            member.stage.clock.advance(days * A_DAY);
            member.stage.set(|behaviour| behaviour.list_version += 1);
            again.collect(&NEEDED).await.unwrap();
            assert!(awaited().await.is_empty(), "{case}");
        }
        let history = again.history().await.unwrap();
        assert!(history.iter().all(|entry| entry.not_completed.as_deref() != Some("never_came")), "{case}");
        assert!(again.spaces().await.unwrap()[0].given[0].proof.is_some(), "{case}");
    }
}

#[tokio::test]
async fn a_membership_that_came_by_a_message_ends_what_follows_its_own_answer_alone() {
    let member = Member::new().await;
    member.stage.set(|behaviour| behaviour.no_refills = true);
    let inbox = given_inbox(&member).await.unwrap();
    member.stage.clock.advance(60);
    member.stage.wallet.present(&member.stage.link(), &PresentOptions::default(), &NEEDED).await.unwrap();
    let followed = async || {
        let mut followed = member.stage.vault.list::<FollowUpAwaited>().await.unwrap();
        followed.sort_by_key(|one| one.asked_at);
        followed
    };
    let both = followed().await;
    assert_eq!(both.len(), 2);
    for (number, one) in both.iter().enumerate() {
        let decision = decision_about(&member, one, Outcome::Approved);
        member.write(&inbox, &approving(&member, &inbox, &number.to_string(), decision));
    }
    let what_is_offered =
        Message { about: About::Offer, decision: None, ..approving(&member, &inbox, "offer", String::new()) };
    member.write(&inbox, &what_is_offered);
    assert_eq!(member.fetch().await.new.len(), 3);
    assert!(followed().await.iter().all(|one| one.decision_kept && !one.proof_alone));
    let kept = member.stage.vault.list::<KeptMail>().await.unwrap();
    let of = |wanted: &str| {
        let is_it = |one: &&KeptMail| match &one.content {
            MailContent::Message(message) => message.id == wanted,
            MailContent::Invitation(_) => false,
        };
        kept.iter().find(is_it).unwrap().id.clone()
    };
    let id_of = |one: &FollowUpAwaited| one.id.clone();
    // Which answer an offer without a decision is about, nobody says.
    assert!(matches!(member.open(&of("offer")).await, Ok(OpenedMail::Accepted(_))));
    assert_eq!(followed().await.iter().map(id_of).collect::<Vec<_>>(), [id_of(&both[0]), id_of(&both[1])]);
    assert!(matches!(member.open(&of("1")).await, Ok(OpenedMail::Accepted(_))));
    let [left] = &followed().await[..] else { panic!("one is left") };
    assert_eq!((left.id.as_str(), left.proof_alone), (both[0].id.as_str(), false));
}

#[tokio::test]
async fn a_decision_that_could_not_be_judged_when_its_message_came_is_judged_when_it_is_opened() {
    let member = Member::new().await;
    let inbox = given_inbox(&member).await.unwrap();
    let (awaited, decision) = decision(&member, Outcome::Approved).await;
    member.write(&inbox, &approving(&member, &inbox, "1", decision));
    let id = member.fetch().await.new[0].id.clone();
    // As where the document of the space could not be had for the key of the decision.
    let mut mail = member.stage.vault.get::<KeptMail>(&id).await.unwrap().unwrap();
    assert_eq!(mail.outcome.take().as_deref(), Some("approved"));
    let mut answer = member.stage.vault.list::<KeptAnswer>().await.unwrap().remove(0);
    (answer.given.decision, answer.given.outcome) = (None, None);
    let before = member.stage.vault.batch().put(&mail).unwrap().put(&answer).unwrap();
    before.put(&awaited).unwrap().commit().await.unwrap();
    assert!(matches!(member.open(&id).await, Ok(OpenedMail::Accepted(_))));
    assert!(member.stage.vault.list::<FollowUpAwaited>().await.unwrap().is_empty());
    let given = member.stage.wallet.spaces().await.unwrap().remove(0).given.remove(0);
    assert_eq!(given.outcome.as_deref(), Some("approved"));
}

#[tokio::test]
async fn a_message_decides_nothing_about_an_answer_of_which_the_proof_alone_is_awaited() {
    let member = Member::new().await;
    let inbox = given_inbox(&member).await.unwrap();
    let (awaited, decision) = decision(&member, Outcome::Declined).await;
    let awaited = FollowUpAwaited { proof_alone: true, proof_kept: false, ..awaited };
    member.stage.vault.put(&awaited).await.unwrap();
    let message = Message {
        about: About::Decision,
        decision: Some(decision),
        text: None,
        ..member.message(&inbox, "1")
    };
    member.write(&inbox, &message);
    assert_eq!(member.fetch().await.new[0].outcome, None);
    let given = member.stage.wallet.spaces().await.unwrap().remove(0).given.remove(0);
    assert_eq!(given.outcome, None);
    assert!(member.stage.vault.get::<FollowUpAwaited>(&awaited.id).await.unwrap().is_some());
}

#[tokio::test]
async fn a_decision_that_comes_as_a_message_is_kept_beside_the_answer_it_is_about() {
    for (outcome, word, is_awaited) in
        [(Outcome::Approved, "approved", true), (Outcome::Declined, "declined", false)]
    {
        let member = Member::new().await;
        let inbox = given_inbox(&member).await.unwrap();
        let (awaited, signed) = decision(&member, outcome).await;
        let told = |id: &str, decision: &str| Message {
            about: About::Decision,
            decision: Some(decision.to_owned()),
            text: None,
            ..member.message(&inbox, id)
        };
        // One that is not signed by the space's log key says nothing about how it ended.
        member.write(&inbox, &told("1", "a.b.c"));
        assert_eq!(member.fetch().await.new[0].outcome, None);
        member.write(&inbox, &told("2", &signed));
        assert_eq!(member.fetch().await.new[0].outcome.as_deref(), Some(word));
        let given = member.stage.wallet.spaces().await.unwrap().remove(0).given.remove(0);
        assert_eq!(
            (given.outcome.as_deref(), given.decision.as_deref()),
            (Some(word), Some(signed.as_str()))
        );
        let left = member.stage.vault.get::<FollowUpAwaited>(&awaited.id).await.unwrap();
        assert_eq!(left.is_some(), is_awaited);
        member.write(&inbox, &told("3", &signed));
        assert_eq!(member.fetch().await.new[0].outcome.as_deref(), Some(word), "told twice");
        // The membership that comes by a message is not fetched a second time.
        let offer = offer_of(&format!("http://{SPACE}"), &["membership"]);
        let with_offer = Message { credential_offer: Some(offer), ..told("4", &signed) };
        member.write(&inbox, &with_offer);
        let id = member.fetch().await.new[0].id.clone();
        assert!(matches!(member.open(&id).await, Ok(OpenedMail::Accepted(_))));
        assert!(member.stage.vault.list::<FollowUpAwaited>().await.unwrap().is_empty());
    }
}

//! What nobody can judge at the moment: it is held as it came, and harms nobody else's messages.

use super::*;

impl Member {
    /// Leaves an invitation of the neighbour, whose host is down from now on.
    fn invite_as_neighbour(&self, id: &str) {
        let invitation = Invitation {
            space: format!("did:web:{NEIGHBOUR}"),
            link: format!("http://{NEIGHBOUR}/join/invited/1"),
            ..self.invitation(id)
        };
        let key_id = format!("{}#request", invitation.space);
        let randomness = environment::SeededRandomness::new(id.parse().unwrap());
        let signed = invitation.sign(&key_id, self.stage.neighbour_key()).unwrap();
        self.stage.leave(&self.url, &seal(&signed, self.seal.public_jwk(), &randomness).unwrap());
        self.stage.set(|behaviour| behaviour.mail.is_neighbour_silent = true);
    }

    fn neighbour_answers(&self) {
        self.stage.set(|behaviour| {
            behaviour.mail.is_neighbour_silent = false;
            behaviour.list_version += 1;
        });
    }
}

#[tokio::test]
async fn while_the_network_list_cannot_be_had_everything_is_held_as_it_came_and_judged_afterwards() {
    let member = Member::new().await;
    member.invite(&member.invitation("1"));
    member.leave("not-a-token");
    member.stage.set(|behaviour| behaviour.no_list = true);
    // However long that takes: it says nothing about the sender.
    for days in [0, 13, 0] {
        member.stage.clock.advance(days * A_DAY);
        let round = member.fetch().await;
        assert_eq!((round.new.len(), round.problems.len(), round.held[0].count), (0, 1, 1));
    }
    member.stage.set(|behaviour| {
        behaviour.no_list = false;
        behaviour.list_version += 1;
    });
    let round = member.fetch().await;
    assert_eq!((round.new.len(), round.held.len(), round.problems.len()), (1, 0, 0));
}

#[tokio::test]
async fn an_honest_invitation_behind_forty_of_a_space_whose_host_is_down_is_seen_in_the_same_round() {
    let member = Member::new().await;
    for number in 0..40 {
        member.invite_as_neighbour(&number.to_string());
    }
    member.invite(&member.invitation("honest"));
    let round = member.fetch().await;
    assert_eq!((round.new.len(), round.new[0].space.as_str()), (1, SPACE_DID));
    let held = &round.held;
    assert_eq!((held.len(), held[0].space.as_str(), held[0].count), (1, "did:web:harbour.localhost", 40));
    assert_eq!((round.refused, round.problems), (Vec::new(), Vec::new()));
    assert_eq!(member.stage.seen(|seen| seen.mail.neighbour_called), 1, "its host is called once");
    assert!(
        member.stage.seen(|seen| seen.mail.waiting.values().all(Vec::is_empty)),
        "nothing waits at the host"
    );
    // When it answers again they are judged, and of one purpose one is kept.
    member.neighbour_answers();
    let round = member.fetch().await;
    assert_eq!((round.new.len(), round.held.len()), (1, 0));
    assert_eq!(member.stage.wallet.mail().await.unwrap().len(), 2);
}

#[tokio::test]
async fn what_nobody_can_judge_is_given_up_after_two_weeks_at_a_last_try_and_not_by_its_days_at_the_host() {
    let member = Member::new().await;
    member.invite_as_neighbour("1");
    // The member looks for the first time only now.
    member.stage.clock.advance(10 * A_DAY);
    for day in 0..14 {
        assert_eq!(member.fetch().await.held[0].count, 1, "{day}");
        member.stage.clock.advance(A_DAY);
        member.stage.set(|behaviour| behaviour.list_version += 1);
    }
    assert_eq!(member.refused().await, ["sender_silent"]);
    assert!(member.fetch().await.held.is_empty());
}

#[tokio::test]
async fn a_space_that_cannot_be_judged_is_blocked_by_its_did_and_what_is_held_of_it_goes() {
    let member = Member::new().await;
    member.invite_as_neighbour("1");
    let did = member.fetch().await.held.remove(0).space;
    let blocked = member.stage.wallet.block_mail(&did).await.unwrap();
    assert_eq!((blocked.space.as_str(), blocked.name.as_str()), (did.as_str(), did.as_str()));
    assert_eq!(member.told("blocks"), [json!({"space": did, "blocked": true})]);
    member.neighbour_answers();
    let round = member.fetch().await;
    assert_eq!((round.new.len(), round.held.len(), round.refused.len()), (0, 0, 0));
    member.invite_as_neighbour("2");
    assert_eq!(member.refused().await, ["blocked"]);
    for neither in ["did:", "harbour.localhost", ""] {
        let refused = member.stage.wallet.block_mail(neither).await;
        assert!(matches!(refused, Err(MailError::NoSuchMail)), "{neither}");
    }
}

#[tokio::test]
async fn so_many_that_cannot_be_judged_push_one_another_out_and_nothing_that_another_space_left() {
    let member = Member::new().await;
    member.stage.set(|behaviour| behaviour.no_list = true);
    member.invite(&member.invitation("honest"));
    member.fetch().await;
    for number in 0..260 {
        member.invite_as_neighbour(&number.to_string());
    }
    let held: Vec<(String, usize)> =
        member.fetch().await.held.into_iter().map(|one| (one.space, one.count)).collect();
    assert_eq!(held, [("did:web:harbour.localhost".to_owned(), 255), (SPACE_DID.to_owned(), 1)]);
}

#[tokio::test]
async fn five_hundred_and_twenty_notes_of_one_space_delete_no_invitation_of_another() {
    let member = Member::new().await;
    let inbox = given_inbox(&member).await.unwrap();
    member.invite_as_neighbour("1");
    member.neighbour_answers();
    assert_eq!(member.fetch().await.new.len(), 1);
    member.stage.clock.advance(A_DAY);
    for number in 0..520 {
        member.write(&inbox, &member.message(&inbox, &format!("note-{number}")));
    }
    member.fetch().await;
    let mail = member.stage.wallet.mail().await.unwrap();
    assert_eq!(mail.len(), 512);
    assert_eq!(mail.iter().filter(|one| one.kind == MailKind::SignUp).count(), 1);
}

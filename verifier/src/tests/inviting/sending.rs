//! An invitation goes out once, to one, and the team sees what became of it.

use std::sync::Arc;

use ledger::EntryKind;
use outbound::mail::MailError;

use super::{Plain, at_page, by_team, number, state, to_sign_up, token, with_post};
use crate::SpaceError;
use crate::invitations::post::{Obstacle, Post};
use crate::invitations::records::{Invitation, OpenFor, Outgoing, Purpose, State};
use crate::invitations::{HERE_LIFETIME, InviteError, NewInvitation, PAGE_LIFETIME, SIGN_UP_LIFETIME, Whom};
use crate::tests::ending::all;
use crate::tests::stage::{CANARIES, Stage};

#[tokio::test]
async fn an_invitation_is_carried_once_and_nothing_is_left_of_whom_it_was_for() {
    let stage = Stage::new();
    let (space, way) = with_post(&stage);
    // The key of marks is made at the first invitation and stays.
    let keys = stage.sealing_keys();
    let made = space.invite(&at_page(1)).await.unwrap();
    let (canonical, printed) = (number(1).canonical(), number(1).printed());
    let canaries = [canonical.as_str(), printed.as_str(), CANARIES[0]];
    assert_eq!(stage.traces_of(&canaries), 0, "it waits under seal");
    assert_eq!(stage.sealing_keys(), keys + 1);
    assert_eq!(space.send_invitations().await.unwrap(), 1);
    let sent = way.letters();
    assert_eq!(sent.len(), 1);
    let (to, letter) = &sent[0];
    assert_eq!((to, letter.email.as_deref()), (&canonical, Some(CANARIES[0])));
    assert_eq!((&letter.id, letter.purpose), (&made.id, Purpose::SignUp));
    assert_eq!(letter.until - letter.made_at, PAGE_LIFETIME);
    assert_eq!(token(letter).expose().len(), 22, "128 bits");
    assert_eq!((space.send_invitations().await.unwrap(), way.letters().len()), (0, 1));
    assert_eq!(stage.traces_of(&canaries), 0);
    assert_eq!(stage.traces_of(&[token(letter).expose()]), 0, "the link's secret stands as its hash");
    assert_eq!((all::<Outgoing>(&stage).await.len(), stage.sealing_keys()), (0, keys));
    assert_eq!(state(&space, &made).await, State::Sent);
    // What is left says of nobody that there was an invitation: the mark is of no use without the space's key.
    let kept = serde_json::to_string(&all::<Invitation>(&stage).await).unwrap();
    let marks = all::<OpenFor>(&stage).await;
    assert!(!kept.contains(&serde_json::to_string(&marks[0].mark).unwrap()), "no way from one to the other");
}

#[tokio::test]
async fn what_cannot_go_out_yet_is_tried_until_its_end_and_the_team_sees_sent_then_expired() {
    let stage = Stage::new();
    let (space, way) = with_post(&stage);
    let made = space.invite(&to_sign_up(1)).await.unwrap();
    way.fail([MailError::Unreachable; 2]);
    assert_eq!(space.send_invitations().await.unwrap(), 1);
    assert_eq!((way.letters().len(), state(&space, &made).await), (1, State::Sent));
    assert_eq!(space.send_invitations().await.unwrap(), 0, "not at once again");
    stage.clock.advance(5);
    space.send_invitations().await.unwrap();
    stage.clock.advance(60);
    space.send_invitations().await.unwrap();
    let letters = way.letters();
    assert_eq!(letters.len(), 3);
    assert!(letters.iter().all(|letter| letter == &letters[0]), "the same letter each time");
    assert_eq!(state(&space, &made).await, State::Sent);

    let by_mail = by_team(Whom::Mail(CANARIES[0].to_owned()), Purpose::SignUp);
    let never = space.invite(&by_mail).await.unwrap();
    way.fail([MailError::Unreachable; 400]);
    let keys = stage.sealing_keys();
    for _ in 0..400 {
        space.send_invitations().await.unwrap();
        assert_ne!(state(&space, &never).await, State::Opened);
        stage.clock.advance(3_600);
    }
    assert_eq!(state(&space, &never).await, State::Expired);
    assert!(way.mails().len() < 400, "it was given up");
    assert_eq!((stage.sealing_keys(), all::<Outgoing>(&stage).await.len()), (keys - 1, 0));
    assert_eq!(stage.tenant.jobs().waiting("send-invitation", 10).await.unwrap(), 0);
}

#[tokio::test]
async fn a_job_that_comes_again_after_the_key_went_sends_nothing() {
    let stage = Stage::new();
    let (space, way) = with_post(&stage);
    space.invite(&to_sign_up(1)).await.unwrap();
    stage.lose_sealing_keys();
    assert_eq!(space.send_invitations().await.unwrap(), 1);
    assert_eq!((way.letters().len(), all::<Outgoing>(&stage).await.len()), (0, 0));
}

#[tokio::test]
async fn a_letter_of_the_page_does_not_go_out_over_an_open_invitation_of_the_team() {
    let stage = Stage::new();
    let (space, way) = with_post(&stage);
    let typed = space.invite(&at_page(1)).await.unwrap();
    way.fail([MailError::Unreachable]);
    space.send_invitations().await.unwrap();
    assert_eq!(way.letters().len(), 1, "it was counted, and could not be left");
    let by_team = space.invite(&to_sign_up(1)).await.unwrap();
    stage.clock.advance(5);
    while space.send_invitations().await.unwrap() > 0 {}
    let ids: Vec<String> = way.letters().into_iter().map(|(_, letter)| letter.id).collect();
    assert_eq!(ids, [typed.id, by_team.id], "the page's is not tried again");
    assert_eq!(all::<Outgoing>(&stage).await.len(), 0);
}

#[tokio::test]
async fn the_team_is_told_what_stands_in_the_way_and_the_page_is_not() {
    let stage = Stage::new();
    let (space, way) = with_post(&stage);
    for obstacle in [Obstacle::NoList, Obstacle::NotAdmitted, Obstacle::NoOffice] {
        *way.obstacle.lock().unwrap() = Some(obstacle);
        let refused = space.invite(&to_sign_up(1)).await;
        assert!(matches!(refused, Err(InviteError::Obstacle(found)) if found == obstacle), "{refused:?}");
    }
    space.invite(&at_page(1)).await.unwrap();
    space.invite(&by_team(Whom::Mail(CANARIES[0].to_owned()), Purpose::SignUp)).await.unwrap();
    let alone = stage.space.invite(&to_sign_up(1)).await;
    assert!(matches!(alone, Err(InviteError::Obstacle(Obstacle::NoNetwork))), "{alone:?}");
    let post = Post { courier: way.clone(), mailer: None, letters: Arc::new(Plain) };
    let without = stage.space.clone().with_post(post);
    let by_mail = by_team(Whom::Mail("ben@example.org".to_owned()), Purpose::SignUp);
    let refused = without.invite(&by_mail).await;
    assert!(matches!(refused, Err(InviteError::Obstacle(Obstacle::NoMailServer))), "{refused:?}");
}

#[tokio::test]
async fn an_invitation_names_a_form_a_registered_use_and_a_time_that_may_be() {
    let stage = Stage::new();
    let (space, _) = with_post(&stage);
    let new = to_sign_up(1);
    let refused = |new: NewInvitation| {
        let space = space.clone();
        async move { space.invite(&new).await.unwrap_err().to_string() }
    };
    let none = NewInvitation { form: None, ..new.clone() };
    assert_eq!(refused(none).await, InviteError::NoForm.to_string());
    let other = NewInvitation { form: Some("nothing".to_owned()), ..new.clone() };
    assert_eq!(refused(other).await, SpaceError::NoSuchForm("nothing".to_owned()).to_string());
    let mail = by_team(Whom::Mail(CANARIES[0].to_owned()), Purpose::HereIAm);
    assert_eq!(refused(mail).await, InviteError::HereByMail.to_string());
    for seconds in [0, 59, SIGN_UP_LIFETIME + 1, i64::MAX] {
        let timed = NewInvitation { seconds: Some(seconds), ..new.clone() };
        assert_eq!(refused(timed).await, InviteError::Lifetime.to_string(), "{seconds}");
    }
    let longer = NewInvitation { seconds: Some(PAGE_LIFETIME + 1), ..at_page(1) };
    assert_eq!(refused(longer).await, InviteError::Lifetime.to_string());
    let (old, _) = with_post(&Stage::without_refills());
    let here = old.invite(&by_team(Whom::Number(number(1)), Purpose::HereIAm)).await;
    assert!(matches!(here, Err(InviteError::NotRegistered)), "{here:?}");
    let here = space.invite(&by_team(Whom::Number(number(1)), Purpose::HereIAm)).await.unwrap();
    assert_eq!(here.until - here.made_at, HERE_LIFETIME);
    let longest = NewInvitation { seconds: Some(SIGN_UP_LIFETIME), ..new };
    assert!(space.invite(&longest).await.is_ok());
}

#[tokio::test]
async fn a_mail_carries_a_link_and_no_code_and_one_that_never_goes_is_given_up() {
    let stage = Stage::new();
    let (space, way) = with_post(&stage);
    let to = |address: &str| by_team(Whom::Mail(address.to_owned()), Purpose::SignUp);
    space.invite(&to(CANARIES[0])).await.unwrap();
    assert!(matches!(space.invite(&to("CANARY-ada@example.org")).await, Err(InviteError::AlreadyOpen)));
    assert_eq!(stage.traces(), 0);
    space.send_invitations().await.unwrap();
    let mails = way.mails();
    assert_eq!(
        (mails.len(), mails[0].to.as_str(), mails[0].subject.as_str()),
        (1, CANARIES[0], "Kiln North en")
    );
    assert!(mails[0].text.starts_with("open http://kiln.localhost/join/invited/"), "{}", mails[0].text);
    let never = space.invite(&to("ben@example.org")).await.unwrap();
    way.fail([MailError::Later { code: 451 }, MailError::Refused { code: 550 }]);
    space.send_invitations().await.unwrap();
    stage.clock.advance(2);
    space.send_invitations().await.unwrap();
    stage.clock.advance(86_400);
    assert_eq!((space.send_invitations().await.unwrap(), way.mails().len()), (0, 3));
    assert_eq!(state(&space, &never).await, State::Sent, "the team is not told that the address is wrong");
    assert_eq!((stage.traces_of(&["ben@example.org"]), all::<Outgoing>(&stage).await.len()), (0, 0));
}

#[tokio::test]
async fn the_log_says_that_somebody_was_invited_and_not_who() {
    let stage = Stage::new();
    let (space, _) = with_post(&stage);
    space.invite(&at_page(1)).await.unwrap();
    space.invite(&by_team(Whom::Number(number(1)), Purpose::HereIAm)).await.unwrap();
    let leaves = all::<store::PendingLeaf>(&stage).await;
    let entries: Vec<_> = leaves.iter().map(|pending| pending.leaf().entry().unwrap()).collect();
    let mut said: Vec<_> = entries
        .iter()
        .map(|entry| (entry.kind, entry.purpose.as_deref().unwrap(), entry.code.as_deref().unwrap()))
        .collect();
    said.sort_by_key(|(_, purpose, _)| *purpose);
    let invited = EntryKind::Invited;
    assert_eq!(said, [(invited, "here-i-am", "team"), (invited, "membership", "page")]);
    assert!(entries.iter().all(|entry| entry.items.is_empty()));
}

#[tokio::test]
async fn the_list_shows_the_newest_first_and_forgets_a_month_after_the_end() {
    let stage = Stage::new();
    let (space, _) = with_post(&stage);
    let mut made = Vec::new();
    for seed in 0..3 {
        made.push(space.invite(&to_sign_up(seed)).await.unwrap().id);
        stage.clock.advance(1);
    }
    made.reverse();
    let ids = |all: Vec<Invitation>| all.into_iter().map(|one| one.id).collect::<Vec<_>>();
    assert_eq!(ids(space.invitations(10).await.unwrap()), made);
    assert_eq!(ids(space.invitations(2).await.unwrap()), made[..2]);
    assert!(matches!(space.invitation("nothing").await, Err(SpaceError::NoSuch("invitation"))));
    stage.clock.advance(SIGN_UP_LIFETIME + 30 * 86_400);
    assert_eq!(space.invitations(10).await.unwrap(), []);
}

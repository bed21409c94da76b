//! How many invitations there may be of a member, and how often numbers are looked up.

use did::number::{OfficePrefix, PassportNumber};
use environment::SeededRandomness;
use outbound::mail::MailError;

use super::{at_page, by_team, number, state, to_sign_up, with_post};
use crate::invitations::pace::Turn;
use crate::invitations::records::{Outgoing, Purpose, Spent, State};
use crate::invitations::{InviteError, MOST_AT_PAGE, MOST_BY_TEAM, SIGN_UP_LIFETIME, Whom};
use crate::tests::ending::all;
use crate::tests::stage::Stage;

#[tokio::test]
async fn a_member_has_one_open_invitation_of_a_purpose_and_the_teams_counts_more_than_the_pages() {
    let stage = Stage::new();
    let (space, way) = with_post(&stage);
    space.invite(&to_sign_up(1)).await.unwrap();
    let before = stage.memory.entries();
    let keys = stage.sealing_keys();
    let again = space.invite(&to_sign_up(1)).await;
    assert!(matches!(again, Err(InviteError::AlreadyOpen)), "{again:?}");
    assert!(stage.memory.entries() == before && stage.sealing_keys() == keys, "nothing is left of it");
    // Another purpose and another member are others.
    space.invite(&by_team(Whom::Number(number(1)), Purpose::HereIAm)).await.unwrap();
    space.invite(&to_sign_up(2)).await.unwrap();
    // At the page nobody is told, and it goes nowhere.
    let typed = space.invite(&at_page(1)).await.unwrap();
    space.send_invitations().await.unwrap();
    assert_eq!(way.letters().len(), 3, "each of the team's");
    assert!(way.letters().iter().all(|(_, letter)| letter.id != typed.id));
    assert_eq!(state(&space, &typed).await, State::Sent, "it looks like any other");
    // What was typed at the page keeps the next one of the page from going out, and none of the team's.
    space.invite(&at_page(3)).await.unwrap();
    space.invite(&at_page(3)).await.unwrap();
    space.send_invitations().await.unwrap();
    assert_eq!(way.letters().len(), 4);
    space.invite(&to_sign_up(3)).await.unwrap();
    space.send_invitations().await.unwrap();
    assert_eq!(way.letters().len(), 5);
    // When it has expired there may be another.
    stage.clock.advance(SIGN_UP_LIFETIME);
    space.invite(&to_sign_up(1)).await.unwrap();
}

#[tokio::test]
async fn spam_ends_at_the_budgets_and_those_at_the_page_use_up_none_of_the_teams() {
    let stage = Stage::new();
    let (space, _) = with_post(&stage);
    for seed in 0..u64::from(MOST_AT_PAGE) {
        space.invite(&at_page(seed)).await.unwrap();
    }
    let before = stage.memory.entries();
    assert!(matches!(space.invite(&at_page(99)).await, Err(InviteError::TooMany)));
    assert!(stage.memory.entries() == before);
    for seed in 0..u64::from(MOST_BY_TEAM) {
        space.invite(&to_sign_up(100 + seed)).await.unwrap();
    }
    assert!(matches!(space.invite(&to_sign_up(999)).await, Err(InviteError::TooMany)));
    // A number that is refused for another reason costs nothing.
    stage.clock.advance(3_600);
    space.invite(&to_sign_up(999)).await.unwrap();
    assert!(matches!(space.invite(&to_sign_up(999)).await, Err(InviteError::AlreadyOpen)));
    let spent: Vec<u32> = all::<Spent>(&stage).await.iter().map(|spent| spent.times).collect();
    assert_eq!(spent, [1], "the page's count has ended");
}

#[tokio::test]
async fn numbers_are_looked_up_no_faster_than_an_office_answers() {
    let stage = Stage::new();
    let (space, way) = with_post(&stage);
    for seed in 0..20 {
        space.invite(&to_sign_up(seed)).await.unwrap();
        space.invite(&at_page(100 + seed)).await.unwrap();
    }
    while space.send_invitations().await.unwrap() > 0 {}
    assert_eq!(way.letters().len(), 15, "ten of the team and five of the page");
    for second in 1..=3_600 {
        stage.clock.advance(1);
        space.send_invitations().await.unwrap();
        // An office answers twenty at once, and then one a minute.
        let asked = way.looked_up.lock().unwrap().len();
        assert!(asked <= 20 + second / 60, "{asked} after {second} seconds");
    }
    let to: std::collections::BTreeSet<String> = way.letters().into_iter().map(|(to, _)| to).collect();
    assert_eq!((way.letters().len(), to.len()), (40, 40), "each goes out once, within the hour");
}

#[tokio::test]
async fn strangers_who_type_numbers_at_the_page_do_not_delay_the_team() {
    let stage = Stage::new();
    let (space, way) = with_post(&stage);
    for seed in 0..20 {
        space.invite(&at_page(100 + seed)).await.unwrap();
    }
    while space.send_invitations().await.unwrap() > 0 {}
    assert_eq!(way.letters().len(), 5);
    let here = by_team(Whom::Number(number(1)), Purpose::HereIAm);
    let made = space.invite(&here).await.unwrap();
    space.send_invitations().await.unwrap();
    assert_eq!(way.letters().last().unwrap().1.id, made.id, "at once");
    assert_eq!(way.letters().len(), 6);
}

#[tokio::test]
async fn who_waits_is_served_in_the_order_of_coming_at_the_moment_of_the_turn() {
    let stage = Stage::new();
    let (space, way) = with_post(&stage);
    let mut made = Vec::new();
    for seed in 0..13 {
        made.push(space.invite(&to_sign_up(seed)).await.unwrap().id);
        while space.send_invitations().await.unwrap() > 0 {}
        stage.clock.advance(1);
    }
    let mut at = Vec::new();
    for second in 0..600 {
        let before = way.letters().len();
        space.send_invitations().await.unwrap();
        at.extend((before..way.letters().len()).map(|_| second));
        stage.clock.advance(1);
    }
    let sent: Vec<String> = way.letters().into_iter().map(|(_, letter)| letter.id).collect();
    assert_eq!(sent, made, "the oldest first");
    assert_eq!(at, [77, 167, 257], "one every ninety seconds from the first");
}

#[tokio::test]
async fn the_teams_own_questions_are_in_the_budget_of_its_invitations() {
    let stage = Stage::new();
    let (space, way) = with_post(&stage);
    for seed in 0..9 {
        space.invite(&to_sign_up(seed)).await.unwrap();
    }
    while space.send_invitations().await.unwrap() > 0 {}
    assert_eq!(way.letters().len(), 9);
    let now = stage.space.tenant().environment().now().seconds();
    assert_eq!(space.look_up_turn(&number(1)).await.unwrap(), Turn::Now);
    for _ in 0..3 {
        assert_eq!(space.look_up_turn(&number(1)).await.unwrap(), Turn::At(now + 90), "none is kept");
    }
    let elsewhere = PassportNumber::generate(OfficePrefix::parse("QAY7").unwrap(), &SeededRandomness::new(1));
    assert_eq!(space.look_up_turn(&elsewhere).await.unwrap(), Turn::Now, "each office has its own");
    stage.clock.advance(90);
    assert_eq!(space.look_up_turn(&number(1)).await.unwrap(), Turn::Now);
}

#[tokio::test]
async fn a_members_mailbox_that_takes_nothing_costs_one_question_and_is_given_up() {
    let stage = Stage::new();
    let (space, way) = with_post(&stage);
    let keys = stage.sealing_keys();
    space.invite(&to_sign_up(1)).await.unwrap();
    way.fail([MailError::Unreachable; 400]);
    for _ in 0..23 {
        space.send_invitations().await.unwrap();
        assert_eq!(stage.traces_of(&["CANARY-mailbox"]), 0, "what was found lies sealed");
        stage.clock.advance(3_600);
    }
    assert_eq!((way.letters().len(), way.looked_up.lock().unwrap().len()), (7, 1));
    assert_eq!((all::<Outgoing>(&stage).await.len(), stage.sealing_keys()), (0, keys));
}

#[tokio::test]
async fn a_number_whose_did_never_answers_cannot_eat_the_pace() {
    let stage = Stage::new();
    let (space, way) = with_post(&stage);
    *way.no_did.lock().unwrap() = true;
    space.invite(&to_sign_up(1)).await.unwrap();
    for _ in 0..200 {
        space.send_invitations().await.unwrap();
        stage.clock.advance(60);
    }
    assert_eq!((way.letters().len(), way.looked_up.lock().unwrap().len()), (0, 4));
    assert_eq!(all::<Outgoing>(&stage).await.len(), 0);
}

#[tokio::test]
async fn what_was_found_is_asked_for_again_once_the_offices_word_counts_no_more() {
    let stage = Stage::new();
    let (space, way) = with_post(&stage);
    space.invite(&to_sign_up(1)).await.unwrap();
    way.fail([MailError::Unreachable; 2]);
    for later in [5, 86_400, 0] {
        space.send_invitations().await.unwrap();
        stage.clock.advance(later);
    }
    assert_eq!((way.letters().len(), way.looked_up.lock().unwrap().len()), (3, 2));
}

#[tokio::test]
async fn no_invitation_of_a_member_takes_the_slot_of_anothers_or_of_another_purpose() {
    let stage = Stage::new();
    let (space, way) = with_post(&stage);
    let here = by_team(Whom::Number(number(1)), Purpose::HereIAm);
    for new in [to_sign_up(1), here, to_sign_up(2)] {
        space.invite(&new).await.unwrap();
        space.send_invitations().await.unwrap();
    }
    stage.clock.advance(SIGN_UP_LIFETIME);
    space.invite(&to_sign_up(1)).await.unwrap();
    space.send_invitations().await.unwrap();
    let slots: Vec<_> = way.letters().into_iter().map(|(_, letter)| letter.slot).collect();
    let different: std::collections::BTreeSet<_> = slots.iter().take(3).collect();
    assert_eq!((slots.len(), different.len()), (4, 3));
    assert_eq!(slots[3], slots[0], "the newer replaces the older");
}

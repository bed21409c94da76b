//! Invitations go out once, to one, and leave nothing of whom they were for.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use did::number::{OfficePrefix, PassportNumber};
use environment::SeededRandomness;
use jose::{DecryptionKey, Signer};
use ledger::EntryKind;
use openid4vc::secret::SecretText;
use outbound::mail::{Deliver, Delivering, Mail, MailError};
use presentation::{BoxFuture, Receiving, Settlement, Way};

use super::ending::all;
use super::stage::{CANARIES, Stage, browser};
use crate::invitations::opening::Opening;
use crate::invitations::pace::Turn;
use crate::invitations::post::{Courier, Letter, Letters, NotYet, Obstacle, Place, Post};
use crate::invitations::records::{Invitation, InvitedBy, OpenFor, Outgoing, Purpose, Spent, State};
use crate::invitations::{
    HERE_LIFETIME, InviteError, MOST_AT_PAGE, MOST_BY_TEAM, NewInvitation, PAGE_LIFETIME, SIGN_UP_LIFETIME,
    Whom,
};
use crate::team_tokens::TokenError;
use crate::{Space, SpaceError};
use trust::testing::NOW;

/// A way out that takes what it is told to take.
#[derive(Default)]
pub(super) struct Out {
    looked_up: Mutex<Vec<String>>,
    /// Whether no member's DID answers.
    no_did: Mutex<bool>,
    carried: Mutex<Vec<(String, Letter)>>,
    mails: Mutex<Vec<Mail>>,
    /// What becomes of the next letters and mails; everything goes when nothing is said.
    fails: Mutex<VecDeque<Option<MailError>>>,
    obstacle: Mutex<Option<Obstacle>>,
}

impl Out {
    fn next(&self) -> Option<MailError> {
        self.fails.lock().unwrap().pop_front().flatten()
    }

    fn letters(&self) -> Vec<(String, Letter)> {
        self.carried.lock().unwrap().clone()
    }

    fn mails(&self) -> Vec<Mail> {
        self.mails.lock().unwrap().clone()
    }

    fn fail(&self, how: impl IntoIterator<Item = MailError>) {
        self.fails.lock().unwrap().extend(how.into_iter().map(Some));
    }
}

impl Courier for Out {
    fn way_to(&self, _: OfficePrefix) -> Result<(), Obstacle> {
        self.obstacle.lock().unwrap().map_or(Ok(()), Err)
    }

    fn find<'a>(&'a self, number: &'a PassportNumber) -> BoxFuture<'a, Result<Option<Place>, NotYet>> {
        self.looked_up.lock().unwrap().push(number.canonical());
        let shut = self.no_did.lock().unwrap().then_some(NotYet::Place("the number's DID cannot be reached"));
        // By the member's DID it is seen which number was looked up.
        let place = Place {
            member: number.canonical(),
            seal: DecryptionKey::generate("seal", &SeededRandomness::new(1)).unwrap().public_jwk().clone(),
            mailbox: "https://office.example.org/mailbox/CANARY-mailbox".to_owned(),
            until: NOW.plus(86_400).seconds(),
        };
        Box::pin(std::future::ready(shut.map_or(Ok(Some(place)), Err)))
    }

    fn carry<'a>(&'a self, to: &'a Place, letter: &'a Letter) -> BoxFuture<'a, Result<(), NotYet>> {
        self.carried.lock().unwrap().push((to.member.clone(), letter.clone()));
        let outcome = self.next().map_or(Ok(()), |_| Err(NotYet::Place("the mailbox takes nothing now")));
        Box::pin(std::future::ready(outcome))
    }
}

impl Deliver for Out {
    fn deliver(&self, mail: Mail) -> Delivering<'_> {
        self.mails.lock().unwrap().push(mail);
        let outcome = self.next().map_or(Ok(()), Err);
        Box::pin(std::future::ready(outcome))
    }
}

struct Plain;

impl Letters for Plain {
    fn invitation(&self, language: &str, space: &str, link: &str) -> (String, String) {
        (format!("{space} {language}"), format!("open {link}"))
    }
}

/// The stage's space with a way out.
pub(super) fn with_post(stage: &Stage) -> (Space, Arc<Out>) {
    let way = Arc::new(Out::default());
    let post = Post { courier: way.clone(), mailer: Some(way.clone()), letters: Arc::new(Plain) };
    (stage.space.clone().with_post(post), way)
}

pub(super) fn number(seed: u64) -> PassportNumber {
    PassportNumber::generate(OfficePrefix::parse("HRB1").unwrap(), &SeededRandomness::new(seed))
}

pub(super) fn by_team(whom: Whom, purpose: Purpose) -> NewInvitation {
    let form = (purpose == Purpose::SignUp).then(|| "sign-up".to_owned());
    NewInvitation { whom, purpose, form, by: InvitedBy::Team, seconds: None, language: "en".to_owned() }
}

fn to_sign_up(seed: u64) -> NewInvitation {
    by_team(Whom::Number(number(seed)), Purpose::SignUp)
}

fn at_page(seed: u64) -> NewInvitation {
    let whom = Whom::NumberAndEmail(number(seed), CANARIES[0].to_owned());
    NewInvitation { by: InvitedBy::Page, ..by_team(whom, Purpose::SignUp) }
}

async fn state(space: &Space, invitation: &Invitation) -> State {
    space.invitation(&invitation.id).await.unwrap().state(space.tenant().environment().now())
}

/// The secret in a letter's link.
fn token(letter: &Letter) -> SecretText {
    SecretText::new(letter.link.strip_prefix("http://kiln.localhost/join/invited/").unwrap())
}

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

/// A letter that was carried, with its invitation.
async fn invited(stage: &Stage) -> (Space, Invitation, SecretText) {
    let (space, way) = with_post(stage);
    let made = space.invite(&to_sign_up(1)).await.unwrap();
    space.send_invitations().await.unwrap();
    let token = token(&way.letters()[0].1);
    (space, made, token)
}

#[tokio::test]
async fn an_answer_fills_the_invitation_once_it_is_known_who_gave_it() {
    let stage = Stage::new();
    let (space, made, token) = invited(&stage).await;
    let opening = space.invitation_behind(&token).await.unwrap();
    assert!(matches!(opening, Opening::Open(_)));
    assert_eq!(state(&space, &made).await, State::Sent, "looking changes nothing");
    let rejected = space.ask_at_screen("sign-up", browser()).await.unwrap();
    let same_device = space.ask_at_screen("sign-up", browser()).await.unwrap();
    let unrelated = space.ask("sign-up").await.unwrap();
    space.invitation_opened(&made.id, &[&rejected.id, &same_device.id]).await.unwrap();
    assert_eq!(state(&space, &made).await, State::Opened);

    let key = stage.key();
    stage.give(&stage.answer(&unrelated, key.public_jwk(), Way::NoScreen, None)).await.unwrap();
    assert_eq!(state(&space, &made).await, State::Opened, "another sign-up is no answer to it");
    let way = Way::SameDevice { session: browser() };
    for (asked, settlement, then) in [
        (&rejected, Settlement::Rejected, State::Opened),
        (&same_device, Settlement::Complete, State::Answered),
    ] {
        stage.give(&stage.answer(asked, key.public_jwk(), way, None)).await.unwrap();
        assert_eq!(state(&space, &made).await, State::Opened, "nobody knows yet who was there");
        let settled = space.settle(&asked.id, settlement).await.unwrap();
        stage.store(settled.as_ref()).await;
        assert_eq!(state(&space, &made).await, then);
    }
    assert!(matches!(space.invitation_behind(&token).await.unwrap(), Opening::Answered(_)));
    let answered = space.invitation(&made.id).await.unwrap();
    assert_eq!(answered.answered.unwrap().sub, None, "no sign-up and no member is named");
}

#[tokio::test]
async fn a_forwarded_link_opens_the_ordinary_sign_up_and_a_stolen_one_no_more() {
    let stage = Stage::new();
    let (space, made, token) = invited(&stage).await;
    // Whoever got the link from somebody else signs up as themselves.
    let asked = space.ask("sign-up").await.unwrap();
    space.invitation_opened(&made.id, &[&asked.id]).await.unwrap();
    let stranger = stage.key();
    stage.give(&stage.answer(&asked, stranger.public_jwk(), Way::NoScreen, None)).await.unwrap();
    let members = space.members(10).await.unwrap();
    assert_eq!(members.len(), 1);
    let first = space.invitation(&made.id).await.unwrap().answered.unwrap();
    // A request that was made before may still be answered: an ordinary sign-up, and the invitation stays as it was.
    stage.clock.advance(10);
    let other = space.ask("sign-up").await.unwrap();
    space.invitation_opened(&made.id, &[&other.id]).await.unwrap();
    stage.give(&stage.answer(&other, stage.key().public_jwk(), Way::NoScreen, None)).await.unwrap();
    assert_eq!(space.invitation(&made.id).await.unwrap().answered.unwrap(), first);
    assert!(matches!(space.invitation_behind(&token).await.unwrap(), Opening::Answered(_)));
    // What looks like the link opens nothing: another secret, its hash, the invitation's name.
    let hash = serde_json::to_value(token.hash()).unwrap();
    for other in [made.id.as_str(), hash.as_str().unwrap(), "", token.expose().get(1..).unwrap()] {
        assert_eq!(space.invitation_behind(&SecretText::new(other)).await.unwrap(), Opening::Gone);
    }
    stage.clock.advance(SIGN_UP_LIFETIME);
    assert_eq!(space.invitation_behind(&token).await.unwrap(), Opening::Gone, "as if it had never been");
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

#[tokio::test]
async fn a_token_of_the_team_is_shown_once_and_opens_nothing_after_it_was_revoked() {
    let stage = Stage::new();
    let space = &stage.space;
    let token = space.make_team_token("desk 1").await.unwrap();
    assert_eq!(stage.traces_of(&[token.expose()]), 0, "it stands as its hash");
    assert!(space.is_of_the_team(&token).await.unwrap());
    assert!(matches!(space.make_team_token("desk 1").await, Err(TokenError::Taken)));
    for name in ["", "  ", "a\n", "ä", &"a".repeat(65)] {
        assert!(matches!(space.make_team_token(name).await, Err(TokenError::BadName)), "{name:?}");
    }
    let other = space.make_team_token("desk-2").await.unwrap();
    let names: Vec<String> = space.team_tokens(10).await.unwrap().into_iter().map(|one| one.name).collect();
    assert_eq!(names, ["desk 1", "desk-2"]);
    space.revoke_team_token("desk 1").await.unwrap();
    assert!(matches!(space.revoke_team_token("desk 1").await, Err(SpaceError::NoSuch("token"))));
    assert!(!space.is_of_the_team(&token).await.unwrap());
    assert!(space.is_of_the_team(&other).await.unwrap());
    // The same name again is another token.
    let again = space.make_team_token("desk 1").await.unwrap();
    assert!(again != token && !space.is_of_the_team(&token).await.unwrap());
}

//! Invitations: a way out for them that does as it is told, and what the tests of each subject make.

mod answered;
mod budgets;
mod sending;

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use did::number::{OfficePrefix, PassportNumber};
use environment::SeededRandomness;
use jose::DecryptionKey;
use openid4vc::secret::SecretText;
use outbound::mail::{Deliver, Delivering, Mail, MailError};
use presentation::BoxFuture;
use trust::testing::NOW;

use crate::Space;
use crate::invitations::post::{Courier, Letter, Letters, NotYet, Obstacle, Place, Post};
use crate::invitations::records::{Invitation, InvitedBy, Purpose, State};
use crate::invitations::{NewInvitation, Whom};
use crate::tests::stage::{CANARIES, Stage};

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

    pub(super) fn letters(&self) -> Vec<(String, Letter)> {
        self.carried.lock().unwrap().clone()
    }

    pub(super) fn mails(&self) -> Vec<Mail> {
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
pub(super) fn token(letter: &Letter) -> SecretText {
    SecretText::new(letter.link.strip_prefix("http://kiln.localhost/join/invited/").unwrap())
}

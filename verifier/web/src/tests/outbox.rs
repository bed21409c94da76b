//! A way out for invitations that keeps what was sent.

use std::sync::{Arc, Mutex};

use did::number::{OfficePrefix, PassportNumber};
use environment::SeededRandomness;
use jose::DecryptionKey;
use outbound::mail::{Deliver, Delivering, Mail};
use presentation::BoxFuture;
use verifier::invitations::post::{Courier, Letter, NotYet, Obstacle, Place, Post};

use super::CatalogueLetters;

/// What was sent.
#[derive(Default)]
pub(crate) struct Outbox {
    letters: Mutex<Vec<(String, Letter)>>,
    mails: Mutex<Vec<Mail>>,
    obstacle: Mutex<Option<Obstacle>>,
}

impl Outbox {
    /// The way to this outbox.
    pub(crate) fn post(this: &Arc<Self>) -> Post {
        let (courier, mailer) = (Arc::clone(this), Arc::clone(this));
        Post { courier, mailer: Some(mailer), letters: Arc::new(CatalogueLetters) }
    }

    pub(crate) fn letters(&self) -> Vec<(String, Letter)> {
        self.letters.lock().unwrap().clone()
    }

    pub(crate) fn mails(&self) -> Vec<Mail> {
        self.mails.lock().unwrap().clone()
    }

    /// From now on this stands in the way.
    pub(crate) fn close(&self, obstacle: Option<Obstacle>) {
        *self.obstacle.lock().unwrap() = obstacle;
    }
}

impl Courier for Outbox {
    fn way_to(&self, _: OfficePrefix) -> Result<(), Obstacle> {
        self.obstacle.lock().unwrap().map_or(Ok(()), Err)
    }

    fn find<'a>(&'a self, number: &'a PassportNumber) -> BoxFuture<'a, Result<Option<Place>, NotYet>> {
        // By the member's DID it is seen which number was looked up.
        let seal = DecryptionKey::generate("seal", &SeededRandomness::new(1)).unwrap().public_jwk().clone();
        let (member, mailbox) = (number.canonical(), String::new());
        Box::pin(std::future::ready(Ok(Some(Place { member, seal, mailbox, until: i64::MAX }))))
    }

    fn carry<'a>(&'a self, to: &'a Place, letter: &'a Letter) -> BoxFuture<'a, Result<(), NotYet>> {
        self.letters.lock().unwrap().push((to.member.clone(), letter.clone()));
        Box::pin(std::future::ready(Ok(())))
    }
}

impl Deliver for Outbox {
    fn deliver(&self, mail: Mail) -> Delivering<'_> {
        self.mails.lock().unwrap().push(mail);
        Box::pin(std::future::ready(Ok(())))
    }
}

/// A number as it is printed.
pub(crate) fn number(seed: u64) -> String {
    PassportNumber::generate(OfficePrefix::parse("HRB1").unwrap(), &SeededRandomness::new(seed)).printed()
}

//! The flows against a small network that is played by a script: an office, a space, an operator.

mod accepting;
mod arriving;
mod asking;
mod authorizing;
mod collecting;
mod collecting_one;
mod counter_offers;
mod histories;
mod interrupted;
mod kept_fresh;
mod keys_elsewhere;
mod mail;
mod marks;
mod member_api;
mod numbers;
mod offices;
mod open_questions;
mod outbox;
mod own_did;
mod own_sets;
mod places;
mod presenting;
mod proof_alone;
mod queries;
mod refusals;
mod rotated;
mod sealing;
mod sent_again;
mod stage;
mod standing;
mod telling;
mod untold;
mod upkeep;
mod vouching;
mod waiting;
mod written_down;

use crate::consent::Consent;
use crate::question::{Choice, Question};
use crate::wallet::BoxFuture;

/// Looks at the question, then picks as a closure says.
struct Picking<F: Fn(&Question) -> Choice + Send + Sync>(F);

impl<F: Fn(&Question) -> Choice + Send + Sync> Consent for Picking<F> {
    fn ask<'a>(&'a self, question: &'a Question) -> BoxFuture<'a, Choice> {
        Box::pin(std::future::ready((self.0)(question)))
    }
}

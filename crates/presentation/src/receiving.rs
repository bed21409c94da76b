//! The port through which a domain takes an answer.

use std::fmt;
use std::future::Future;
use std::pin::Pin;

use openid4vc::vp::response::Reply;
use store::{Lanes, StoreFault, Tx};

use crate::answer::Answer;

/// A boxed future, so that the ports can be trait objects.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// The domain does not take the answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rejection {
    /// A machine code (specs/flows.md §5).
    pub code: &'static str,
    /// A plain sentence without values.
    pub sentence: String,
}

impl fmt::Display for Rejection {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.sentence)
    }
}

/// What a domain does with an answer: prepared outside, stored inside the transaction that uses the request up.
pub trait Prepared: Send + Sync {
    /// Whether what it was prepared on still holds. It is asked in the transaction, before anything is written; where it
    /// holds no longer the answer is prepared anew.
    fn still_holds<'a>(&'a self, _: &'a mut Tx) -> BoxFuture<'a, Result<bool, StoreFault>> {
        Box::pin(std::future::ready(Ok(true)))
    }

    /// What many answers fight over ([`store::Change::lanes`]).
    fn lanes(&self) -> Lanes {
        Lanes::none()
    }

    /// Writes; may run several times.
    fn apply<'a>(&'a self, tx: &'a mut Tx) -> BoxFuture<'a, Result<(), StoreFault>>;

    /// What the wallet is told afterwards.
    fn reply(&self) -> Reply;
}

/// How it ended with the person at the screen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Settlement {
    /// The person at the screen is the wallet's.
    Complete,
    /// Nobody typed the code: the answer is kept, but no session is opened.
    Filed,
    /// The answer came from somebody else than the person at the screen: its values must be dropped.
    Rejected,
}

/// A domain that takes answers.
pub trait Receiving: Send + Sync {
    /// Looks at a verified answer and prepares what is to be stored. Nothing is stored when it is rejected.
    fn prepare<'a>(&'a self, answer: &'a Answer) -> BoxFuture<'a, Result<Box<dyn Prepared>, Refused>>;

    /// Prepares what is to be stored when it is known who was at the screen. Answers to [`openid4vc::vp::verifier::Way::NoScreen`]
    /// are never settled: they are complete when they are taken.
    fn settle<'a>(
        &'a self,
        subject: &'a str,
        settlement: Settlement,
    ) -> BoxFuture<'a, Result<Box<dyn Prepared>, Refused>>;

    /// Whether an answer about `subject` may show credentials of this network under several keys, where the settings say one:
    /// so may one that shows who answers beside what is answered.
    fn takes_several_keys(&self, subject: &str) -> bool {
        let _ = subject;
        false
    }
}

/// Nothing is to be stored.
#[derive(Clone, Copy, Debug)]
pub struct NothingToStore;

impl Prepared for NothingToStore {
    fn apply<'a>(&'a self, _: &'a mut Tx) -> BoxFuture<'a, Result<(), StoreFault>> {
        Box::pin(std::future::ready(Ok(())))
    }

    fn reply(&self) -> Reply {
        Reply::default()
    }
}

/// Why an answer is not taken by the domain.
#[derive(Debug)]
pub enum Refused {
    /// A rule.
    Rejected(Rejection),
    /// Our side failed.
    Store(StoreFault),
}

impl From<StoreFault> for Refused {
    fn from(fault: StoreFault) -> Self {
        Self::Store(fault)
    }
}

impl Refused {
    /// A rejection by rule.
    #[must_use]
    pub fn rejected(code: &'static str, sentence: impl Into<String>) -> Self {
        Self::Rejected(Rejection { code, sentence: sentence.into() })
    }
}

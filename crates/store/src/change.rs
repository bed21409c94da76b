//! Use cases as structs: changes, and views that only read.

use crate::fault::{Fault, StoreFault};
use crate::reader::Reader;
use crate::transaction::Tx;

/// One use case that changes the store. A named struct holds everything it needs, also the ids it hands out;
/// [`Tenant::commit`](crate::Tenant::commit) runs it.
pub trait Change: Sync {
    /// The name in traces.
    const NAME: &'static str;
    /// What the caller gets when it is committed.
    type Output: Send;
    /// Why the change may say no; then nothing is written.
    type Refusal: Send;

    /// Keys that many changes fight over. Those who name the same lane wait for one another inside this process
    /// instead of trying again and again.
    fn lanes(&self) -> Lanes {
        Lanes::none()
    }

    /// Reads and writes. It may run several times, and only the last run counts: no effects, no calls to
    /// others, no fresh randomness in here.
    fn apply(&self, tx: &mut Tx) -> impl Future<Output = Result<Self::Output, Fault<Self::Refusal>>> + Send;
}

/// One question to the store; [`Tenant::read`](crate::Tenant::read) runs it on one state of the store.
pub trait View: Sync {
    /// The name in traces.
    const NAME: &'static str;
    /// The answer.
    type Output: Send;

    /// Reads. It may run several times.
    fn read(&self, reader: &mut Reader) -> impl Future<Output = Result<Self::Output, StoreFault>> + Send;
}

/// The lanes a change has to itself while it runs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Lanes(pub(crate) Vec<String>);

impl Lanes {
    /// No lane: the change is not expected to meet others.
    #[must_use]
    pub const fn none() -> Self {
        Self(Vec::new())
    }

    /// The lane with this name, for this tenant.
    #[must_use]
    pub fn of(name: impl Into<String>) -> Self {
        Self::none().and(name)
    }

    /// These lanes and one more.
    #[must_use]
    pub fn and(mut self, name: impl Into<String>) -> Self {
        self.0.push(name.into());
        self
    }
}

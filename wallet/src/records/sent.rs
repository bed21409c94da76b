//! Answers that have left, as long as it is not known that they were taken or refused.

use openid4vc::http::Request;
use openid4vc::secret::SecretText;
use openid4vc::vp::wallet;
use serde::{Deserialize, Serialize};

use super::KeptAnswer;
use crate::vault::Kept;

/// What an answer is given for, as far as the wallet knows beforehand what follows it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum GivenFor {
    /// Whatever the request is made for: a decision may follow, and an offer.
    #[default]
    Request,
    /// New copies of what is shown: who agreed to show it has agreed to take them.
    Renewal,
    /// New values in the place of others: nothing is decided about them, and nothing offered.
    Change,
}

/// An answer as it left: whoever got it may not have been able to take it then, or the wallet was killed before it heard. It may go
/// again to where it went, and nothing else of the member goes in its place.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct SentAnswer {
    /// The identifier of its entry in the history.
    pub(crate) id: String,
    /// By which the link that was opened is known again.
    pub(crate) opened: String,
    /// Where it went.
    pub(crate) response_uri: String,
    /// What went there.
    pub(crate) form: SecretText,
    /// Not to be sent again before, in seconds since the epoch.
    pub(crate) not_before: i64,
    /// Nor then or later: the request has ended, or what was signed for it counts no longer.
    pub(crate) until: i64,
    /// Whether it was said of every try that the answer could not be taken then. Otherwise it may have been taken.
    pub(crate) put_off: bool,
    /// The name under which whoever got it is kept, and how many answers were given there before.
    pub(crate) space: String,
    pub(crate) number: usize,
    /// The name of whoever got it.
    pub(crate) space_name: String,
    /// Its DID.
    pub(crate) did: Option<String>,
    /// The same of a space that the network admitted: no other gives a way into a member API.
    pub(crate) admitted_space: Option<String>,
    /// Whether it asks an office for a first passport.
    pub(crate) first_passport: bool,
    /// What it was given for. Of those that left before anybody noted that it is not known.
    #[serde(default)]
    pub(crate) given_for: GivenFor,
    /// How many of the names in the history's entry were chosen; those behind them came along.
    pub(crate) disclosed: usize,
}

impl SentAnswer {
    /// The very request that left.
    pub(crate) fn request(&self) -> Request {
        wallet::again(&self.response_uri, self.form.expose())
    }

    /// The name of what was written down as given by it.
    pub(crate) fn kept_answer(&self) -> String {
        KeptAnswer::name_of(&self.space, self.number)
    }
}

impl std::fmt::Debug for SentAnswer {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "SentAnswer({})", self.space)
    }
}

impl Kept for SentAnswer {
    const KIND: &'static str = "sent-answer";

    fn name(&self) -> String {
        self.id.clone()
    }
}

//! What came of a link that was opened.

use network::follow_up::WaitingFor;
use wallet::{AskedAnew, Explained, LeavingIdentifier, Problem, ShareProof};

use super::LinkKind;

/// Why a flow went no further: a code. What others say stands beside what this wallet says, and is never taken for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Stopped {
    /// By this wallet.
    Own(String),
    /// By whoever was answered, or whose offer it was: any text.
    Theirs(String),
    /// By the asker, for whom less than all that it needs is not enough. The request is open still.
    LessDeclined(LessDeclined),
}

/// That less was not enough.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct LessDeclined {
    pub(crate) asker: String,
    /// Why, in the asker's words.
    pub(crate) reason: String,
    /// The names of what was asked and what was offered: machines spell them in reasons.
    pub(crate) names: Vec<String>,
}

impl Stopped {
    /// Whether the member stopped it: then nothing went wrong.
    pub(crate) fn is_members_word(&self) -> bool {
        matches!(self, Self::Own(code) if matches!(code.as_str(), "declined" | "left_open" | "cannot_be_satisfied" | "muted"))
    }
}

/// What was shared with whom.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Shared {
    pub(crate) asker: String,
    /// The names of what was given, and of what went along unasked.
    pub(crate) disclosed: Vec<String>,
    pub(crate) came_along: Vec<String>,
    /// What became of the proof of it.
    pub(crate) proof: ShareProof,
    /// What became of the member's identifier there.
    pub(crate) identifier: LeavingIdentifier,
}

/// What was decided about whoever answered, in one word, and the sentence with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Decided {
    pub(crate) is_declined: bool,
    pub(crate) reason: Option<String>,
    pub(crate) explained: Option<Explained>,
    /// By whom, where several were asked.
    pub(crate) party: Option<String>,
}

/// Something that follows and did not go on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Hitch {
    /// With whom, where several were asked.
    pub(crate) party: Option<String>,
    pub(crate) problem: Problem,
}

/// What came of a link.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Outcome {
    pub(crate) shared: Option<Shared>,
    /// The address to go on to.
    pub(crate) go_on: Option<String>,
    /// Whether that is at another host than the one that was answered: nobody is led there but by a touch, with the host named.
    pub(crate) is_elsewhere: bool,
    /// What the wallet has now that it did not have: types, or names that issuers give them.
    pub(crate) received: Vec<String>,
    /// Whether more is to come.
    pub(crate) later: bool,
    /// What went no further, and why.
    pub(crate) failed: Option<(LinkKind, Stopped)>,
    pub(crate) decided: Option<Decided>,
    /// What the other side waits for.
    pub(crate) waiting_for: Vec<WaitingFor>,
    /// The same where several were asked: who waits, and for what.
    pub(crate) waiting_there: Vec<(String, WaitingFor)>,
    /// What its team asks for instead of deciding.
    pub(crate) asked_anew: Option<AskedAnew>,
    /// Whose team that is, where several were asked.
    pub(crate) anew_from: Option<String>,
    /// Why something that follows did not go on.
    pub(crate) problems: Vec<Hitch>,
    /// How many messages wait to be opened, where it was looked for them.
    pub(crate) messages: u32,
}

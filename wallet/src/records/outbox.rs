//! What the member wants changed at spaces and has not been done there yet, and the ways into their APIs.
//!
//! An item is kept before anything of it is sent, under the identifier by which the space knows it: whatever ends the process,
//! it is sent again and done once.

use network::member_api::{ClaimChange, WhatToDo};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::PrivateKey;
use crate::vault::Kept;

/// One thing to be done at one space.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct OutboxItem {
    /// A random identifier, also towards the space.
    pub(crate) id: String,
    /// The space's DID.
    pub(crate) space: String,
    pub(crate) space_name: String,
    pub(crate) errand: Errand,
    pub(crate) made_at: i64,
    /// Not to be sent before.
    pub(crate) due_at: i64,
    /// How often it was sent in vain.
    pub(crate) tries: u32,
    /// With which it was sent last.
    pub(crate) access: Option<KeptAccess>,
    /// Thumbprints of the keys with which it was sent: the space binds its proof to one of them.
    pub(crate) holders: Vec<String>,
    /// Why it was not done yet, in a sentence.
    pub(crate) problem: Option<String>,
    /// The same for whoever says it in another language.
    #[serde(default)]
    pub(crate) why: Option<NotDone>,
    /// Whether it will not be sent again by itself.
    pub(crate) given_up: bool,
}

impl OutboxItem {
    /// Whether it may have been sent, and so been done: the key is noted before the sending, also of a try whose end nobody saw.
    pub(crate) fn was_sent(&self) -> bool {
        !self.holders.is_empty()
    }
}

/// Why something is not done at a space, for whoever has words of their own for it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct NotDone {
    /// A short code.
    pub code: String,
    /// Whether the code is the space's word. It may be any: it means nothing that this wallet's own codes mean.
    pub is_their_word: bool,
    /// The claims that are the reason.
    pub claims: Vec<String>,
}

/// What is to be done.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Errand {
    /// A new value.
    NewValue {
        /// The claim.
        claim: String,
        /// The value.
        value: Value,
    },
    /// The passport as it is now, where the space has an earlier number or DID.
    Passport,
    /// Who sees details and until when, and what is taken back.
    Changes(Vec<ClaimChange>),
    /// The end of it all.
    Leave,
    /// An objection.
    Objection {
        /// The claims it is about; empty: everything.
        about: Vec<String>,
        /// Why.
        reason: String,
    },
}

impl std::fmt::Debug for Errand {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "Errand({})", self.told())
    }
}

impl Errand {
    /// What it is, in one line: names, no value.
    pub(crate) fn told(&self) -> String {
        match self {
            Self::NewValue { claim, .. } => format!("a new {claim}"),
            Self::Passport => "your number and identifier as they are now".to_owned(),
            Self::Changes(changes) => changes.iter().map(told).collect::<Vec<_>>().join(", "),
            Self::Leave => "leave".to_owned(),
            Self::Objection { about, .. } if about.is_empty() => "object".to_owned(),
            Self::Objection { about, .. } => format!("object about {}", about.join(", ")),
        }
    }

    /// The claims it is about.
    pub(crate) fn claims(&self) -> Vec<String> {
        match self {
            Self::NewValue { claim, .. } => vec![claim.clone()],
            Self::Changes(changes) => changes.iter().map(|change| change.claim.clone()).collect(),
            // Which of them says the answer, which has its own entry.
            Self::Leave | Self::Passport => Vec::new(),
            Self::Objection { about, .. } => about.clone(),
        }
    }
}

fn told(change: &ClaimChange) -> String {
    let claim = &change.claim;
    match change.what {
        WhatToDo::Publish(audience) => format!("show {claim} to {}", audience.name()),
        WhatToDo::Until(Some(_)) => format!("set an end for {claim}"),
        WhatToDo::Until(None) => format!("lift the end of {claim}"),
        WhatToDo::TakeBack => format!("take {claim} back"),
    }
}

impl Kept for OutboxItem {
    const KIND: &'static str = "outbox";

    fn name(&self) -> String {
        self.id.clone()
    }
}

/// The way into the API of one space, as long as it is open.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct KeptAccess {
    /// The space's DID.
    pub(crate) space: String,
    pub(crate) uri: String,
    pub(crate) token: String,
    pub(crate) key: PrivateKey,
    /// Until when it counts, in seconds since the epoch.
    pub(crate) until: i64,
}

impl std::fmt::Debug for KeptAccess {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "KeptAccess({})", self.space)
    }
}

impl Kept for KeptAccess {
    const KIND: &'static str = "member-access";

    fn name(&self) -> String {
        self.space.clone()
    }
}

/// Something that is to be done at a space, as a list shows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct OutboxEntry {
    /// By which it is cancelled.
    pub id: String,
    /// The space's name.
    pub space: String,
    /// The space's DID.
    #[serde(skip)]
    pub space_id: String,
    /// What, in one line: names, no value.
    pub what: String,
    /// The same for whoever says it in another language.
    #[serde(skip)]
    pub errand: Errand,
    /// Not to be sent before, in seconds since the epoch.
    pub due_at: i64,
    /// Why it was not done yet.
    pub problem: Option<String>,
    /// The same for whoever says it in another language.
    #[serde(skip)]
    pub why: Option<NotDone>,
    /// Whether it will not be sent again by itself.
    pub given_up: bool,
    /// Whether it was sent before, so that it may have been done.
    #[serde(skip)]
    pub may_be_done: bool,
}

impl From<OutboxItem> for OutboxEntry {
    fn from(item: OutboxItem) -> Self {
        Self {
            what: item.errand.told(),
            may_be_done: item.was_sent(),
            id: item.id,
            space: item.space_name,
            space_id: item.space,
            errand: item.errand,
            due_at: item.due_at,
            problem: item.problem,
            why: item.why,
            given_up: item.given_up,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neither_values_nor_reasons_nor_tokens_are_printed() {
        let value = Errand::NewValue { claim: "email".to_owned(), value: Value::from("canary") };
        let objection = Errand::Objection { about: Vec::new(), reason: "canary".to_owned() };
        assert_eq!(format!("{value:?} {objection:?}"), "Errand(a new email) Errand(object)");
        let access = KeptAccess {
            space: "did:example:kiln".to_owned(),
            uri: "https://kiln.example/member".to_owned(),
            token: "canary".to_owned(),
            key: PrivateKey::of_text(zeroize::Zeroizing::new("canary".to_owned())),
            until: 0,
        };
        assert_eq!(format!("{access:?}"), "KeptAccess(did:example:kiln)");
    }
}

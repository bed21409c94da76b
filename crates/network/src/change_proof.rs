//! Proof of change: the space's signed word that it did what the member asked of what it holds.
//!
//! It answers everything that a member asks through the member API ([`crate::member_api`]) except new values, which are
//! answered by a proof of sharing as every sharing is. The proof carries the leaf of the space's log; names of claims, no
//! value.

use environment::{Randomness, Timestamp};
use jose::{Signer, SigningFailed, VerifyingKey};
use ledger::{Entry, EntryKind, Leaf, LeafId};
use serde::{Deserialize, Serialize};

use crate::MessageError;
use crate::member_api::{ClaimChange, Outcome, WhatToDo};
use crate::sharing_proof::{Confirmation, LogPromise};
use crate::signed;

/// The `typ` of a proof of change.
pub const TYPE: &str = "passport-change-proof+jwt";

/// What was done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Deed {
    /// Details were changed: seen by others, given an end, taken back.
    Changed,
    /// The member left.
    Left,
    /// The member objected.
    Objected,
}

/// A proof of change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChangeProof {
    /// The space's DID.
    #[serde(rename = "iss")]
    pub issuer: String,
    /// When it was done, in seconds since the epoch.
    #[serde(rename = "iat")]
    pub issued_at: i64,
    /// The key to which the access token was bound.
    #[serde(rename = "cnf")]
    pub confirmation: Confirmation,
    /// The identifier that the wallet gave.
    pub id: String,
    /// What was done.
    pub deed: Deed,
    /// What it came to.
    #[serde(flatten)]
    pub outcome: Outcome,
    /// The entry in the space's log.
    pub log: LogPromise,
}

/// What a proof of change is made of.
#[derive(Clone, Debug)]
pub struct NewChangeProof<'a> {
    /// The space's DID.
    pub issuer: &'a str,
    /// Thumbprint of the key to which the access token was bound.
    pub holder: &'a str,
    /// The identifier that the wallet gave.
    pub id: &'a str,
    /// What was done.
    pub deed: Deed,
    /// What it came to.
    pub outcome: Outcome,
}

/// What a wallet asked for, to compare a proof with.
#[derive(Clone, Copy, Debug)]
pub struct Expected<'a> {
    /// The space's DID.
    pub space: &'a str,
    /// Thumbprint of the key to which the access token was bound.
    pub holder: &'a str,
    /// The identifier that the wallet gave.
    pub id: &'a str,
    /// What was asked.
    pub asked: Asked<'a>,
}

/// What a wallet asked to be done.
#[derive(Clone, Copy, Debug)]
pub enum Asked<'a> {
    /// These changes.
    Changes(&'a [ClaimChange]),
    /// To leave; whatever the space held goes.
    Leave,
    /// An objection about these claims.
    Objection(&'a [String]),
}

impl NewChangeProof<'_> {
    /// The proof, with its leaf. It promises no log: none is served yet.
    #[must_use]
    pub fn make(self, now: Timestamp, randomness: &dyn Randomness) -> ChangeProof {
        let entry = Entry::new(kind(self.deed, &self.outcome), now);
        let entry = entry.about(self.outcome.claims());
        ChangeProof {
            issuer: self.issuer.to_owned(),
            issued_at: now.seconds(),
            confirmation: Confirmation { thumbprint: self.holder.to_owned() },
            id: self.id.to_owned(),
            deed: self.deed,
            outcome: self.outcome,
            log: LogPromise {
                log: None,
                leaf: Leaf::new(LeafId::generate(randomness), &entry),
                within: None,
            },
        }
    }
}

/// The entry's kind: of several changes at once the one that weighs most.
fn kind(deed: Deed, outcome: &Outcome) -> EntryKind {
    let has = |wanted: fn(&WhatToDo) -> bool| outcome.changes.iter().any(|change| wanted(&change.what));
    match deed {
        Deed::Left => EntryKind::Left,
        Deed::Objected => EntryKind::Objected,
        Deed::Changed if has(|what| matches!(what, WhatToDo::TakeBack)) => EntryKind::TakenBack,
        Deed::Changed if has(|what| matches!(what, WhatToDo::Publish(_))) => EntryKind::Published,
        Deed::Changed => EntryKind::Changed,
    }
}

impl ChangeProof {
    /// Signs the proof under the DID URL `kid`, the space's `#log`.
    ///
    /// # Errors
    /// [`SigningFailed`].
    pub fn sign(&self, kid: &str, signer: &dyn Signer) -> Result<String, SigningFailed> {
        signed::sign(TYPE, kid, self, signer)
    }

    /// The DID URL of the key that is said to have signed `message`; nothing is checked.
    ///
    /// # Errors
    /// [`MessageError`] when there is none.
    pub fn signing_key(message: &str) -> Result<String, MessageError> {
        signed::kid(message)
    }

    /// Checks a proof against what the wallet asked: same space, key and identifier, the very changes, and a leaf that
    /// says the same.
    ///
    /// # Errors
    /// See [`MessageError`].
    pub fn verify(
        message: &str,
        key: &VerifyingKey,
        expected: &Expected<'_>,
        now: Timestamp,
    ) -> Result<Self, MessageError> {
        let proof: Self = signed::verify(message, TYPE, expected.space, key, now)?;
        if proof.id != expected.id {
            return Err(MessageError::OtherRequest);
        }
        if proof.confirmation.thumbprint != expected.holder {
            return Err(MessageError::OtherHolder);
        }
        if !proof.answers(expected.asked) {
            return Err(MessageError::OtherClaims);
        }
        proof.check_leaf()?;
        Ok(proof)
    }

    fn answers(&self, asked: Asked<'_>) -> bool {
        let outcome = &self.outcome;
        match asked {
            Asked::Changes(changes) => self.deed == Deed::Changed && outcome.changes == changes,
            Asked::Leave => {
                self.deed == Deed::Left
                    && outcome.membership_ended
                    && outcome.changes.iter().all(|change| change.what == WhatToDo::TakeBack)
            }
            Asked::Objection(about) => {
                self.deed == Deed::Objected && outcome.changes.is_empty() && outcome.about == about
            }
        }
    }

    fn check_leaf(&self) -> Result<(), MessageError> {
        let entry = self.log.leaf.entry().map_err(|_| MessageError::Malformed)?;
        let named = entry.items.iter().map(|item| item.claim.as_str());
        let is_same = entry.kind == kind(self.deed, &self.outcome)
            && entry.at == self.issued_at
            && named.eq(self.outcome.claims());
        if is_same { Ok(()) } else { Err(MessageError::Malformed) }
    }
}

#[cfg(test)]
mod tests;

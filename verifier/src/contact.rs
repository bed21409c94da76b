//! The sealed values of a contact.

use std::fmt;

use keyring::{KeyId, Keyring, KeyringError, Sealed};
use ledger::CommitmentNonce;
use network::terms::Inbox;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::notes;
use crate::records::{Contact, Provenance};
use crate::space::{Space, SpaceError};
use crate::team::looks::{Looker, Looking};

/// Seals what a contact holds.
const VALUES: &[u8] = b"contact values";
/// Seals where a member can be written to.
const INBOX: &[u8] = b"contact inbox";

/// One value as it came: the disclosure holds salt, name and value, so that the value's digest can be shown again.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeptValue {
    /// The claim's path, joined by `.`.
    pub claim: String,
    /// The disclosure (RFC 9901 §4.2), base64url.
    pub disclosure: String,
    /// Opens the commitment in the audit log.
    pub nonce: CommitmentNonce,
}

impl fmt::Debug for KeptValue {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "KeptValue({})", self.claim)
    }
}

impl KeptValue {
    /// The value itself.
    #[must_use]
    pub fn value(&self) -> Option<Value> {
        let text = jose::base64url::decode(&self.disclosure).ok()?;
        let parts = jose::json::parse(text).ok()?;
        parts.as_array()?.last().cloned()
    }
}

/// All values of a contact.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ContactValues(pub Vec<KeptValue>);

/// The key under which everything of a contact lies; destroying it deletes the contact everywhere. When a part was erased,
/// the rest lies under the key of the next generation.
pub(crate) fn key_of(space: &str, contact: &str, generation: u32) -> KeyId {
    match generation {
        0 => KeyId::new(space, contact, "contact"),
        later => KeyId::new(space, contact, format!("contact-{later}")),
    }
}

pub(crate) fn seal_values(
    keyring: &Keyring,
    key: &KeyId,
    values: &ContactValues,
) -> Result<Sealed, SpaceError> {
    let text = serde_json::to_vec(values).map_err(|_| SpaceError::Unreadable)?;
    Ok(keyring.seal(key, VALUES, &text)?)
}

pub(crate) fn open_values(
    keyring: &Keyring,
    key: &KeyId,
    sealed: &Sealed,
) -> Result<ContactValues, SpaceError> {
    let text = keyring.open_sealed(key, VALUES, sealed)?;
    jose::json::parse_as(text.as_slice()).map_err(|_| SpaceError::Unreadable)
}

pub(crate) fn seal_inbox(keyring: &Keyring, key: &KeyId, inbox: &[u8]) -> Result<Sealed, KeyringError> {
    keyring.seal(key, INBOX, inbox)
}

/// Opens where a member can be written to.
pub(crate) fn open_inbox(keyring: &Keyring, key: &KeyId, sealed: &Sealed) -> Result<Inbox, SpaceError> {
    let text = keyring.open_sealed(key, INBOX, sealed)?;
    jose::json::parse_as(text.as_slice()).map_err(|_| SpaceError::Unreadable)
}

/// The inbox of a contact, sealed again under another key.
pub(crate) fn reseal_inbox(
    keyring: &Keyring,
    from: &KeyId,
    to: &KeyId,
    sealed: &Sealed,
) -> Result<Sealed, KeyringError> {
    let inbox = keyring.open_sealed(from, INBOX, sealed)?;
    seal_inbox(keyring, to, &inbox)
}

/// Whether somebody sees a value of which this is known. What stands beside another's rule is seen by nobody.
fn sees(looker: Looker<'_>, given: &Provenance, kept: &KeptValue) -> bool {
    given.claim == kept.claim && looker.sees(given)
}

impl Space {
    /// What is known of a contact without looking at its values: which, whose word they are, who may see them.
    ///
    /// # Errors
    /// [`SpaceError::NoSuch`], or the store.
    pub async fn provenance(&self, contact: &str) -> Result<Contact, SpaceError> {
        self.tenant.get::<Contact>(contact).await?.ok_or(SpaceError::NoSuch("contact"))
    }

    /// Opens the values of a contact for whoever is at the terminal. That somebody looked is in the audit log before
    /// anything is opened.
    ///
    /// # Errors
    /// [`SpaceError::NoSuch`], or our side failed.
    pub async fn contact(&self, contact: &str) -> Result<(Contact, ContactValues), SpaceError> {
        self.looked_at(contact, Looker::Terminal).await
    }

    /// The same for somebody of the team or one of its programs: what they may see. For each detail in its order its value, and none
    /// where that is for others of the team.
    ///
    /// # Errors
    /// As [`Self::contact`].
    pub async fn contact_for(
        &self,
        contact: &str,
        looker: Looker<'_>,
    ) -> Result<(Contact, Vec<Option<Value>>), SpaceError> {
        let (found, ContactValues(values)) = self.looked_at(contact, looker).await?;
        let seen = found
            .given
            .iter()
            .zip(values)
            .map(|(given, kept)| sees(looker, given, &kept).then(|| kept.value().unwrap_or_default()));
        let seen = seen.collect();
        Ok((found, seen))
    }

    async fn looked_at(
        &self,
        contact: &str,
        looker: Looker<'_>,
    ) -> Result<(Contact, ContactValues), SpaceError> {
        let found = self.provenance(contact).await?;
        let given = found.given.iter().filter(|given| looker.sees(given)).map(|given| given.claim.as_str());
        let names: Vec<&str> = given.chain(found.notes.is_some().then_some(notes::NAME)).collect();
        let by = looker.noted_as();
        let looking = Looking { by, how: "contact", whose: &[contact], names: &names, again: true };
        if !self.look(looking).await? {
            return Err(SpaceError::NoSuch("contact"));
        }
        // What was erased meanwhile opens no more: its key is gone.
        self.opened_in_time(&found).await
    }

    /// Opens of a contact what somebody may see, in the order of its details. The look is noted by whoever calls, before.
    pub(crate) fn opened_for(
        &self,
        contact: &Contact,
        looker: Looker<'_>,
    ) -> Result<Vec<KeptValue>, SpaceError> {
        let ContactValues(values) = self.opened(contact)?;
        let seen = contact.given.iter().zip(values).filter(|(given, kept)| sees(looker, given, kept));
        Ok(seen.map(|(_, kept)| kept).collect())
    }

    /// Opens all that a contact holds, for what is no look of anybody's. The look is noted by whoever calls, before.
    pub(crate) fn opened(&self, contact: &Contact) -> Result<ContactValues, SpaceError> {
        let key = key_of(self.identity.did.as_str(), &contact.id, contact.generation);
        open_values(&self.keyring, &key, &contact.values)
    }
}

#[cfg(test)]
mod tests {
    use environment::SeededRandomness;

    use super::*;

    #[test]
    fn the_value_is_the_last_part_of_its_disclosure_and_is_not_printed() {
        let kept = |json: &str| KeptValue {
            claim: "email".to_owned(),
            disclosure: jose::base64url::encode(json),
            nonce: CommitmentNonce::generate(&SeededRandomness::new(1)),
        };
        let value = kept(r#"["salt","email","ada@example.org"]"#);
        assert_eq!(value.value(), Some("ada@example.org".into()));
        assert_eq!(kept(r#"["salt",7]"#).value(), Some(7.into()));
        assert_eq!(kept("nonsense").value(), None);
        assert!(!format!("{value:?}").contains("ada"));
    }
}

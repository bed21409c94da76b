//! The service of one office: what its endpoints and commands hold.

use std::sync::Arc;

use did::number::{NumberError, OfficePrefix};
use did::web::LocationError;
use did::webvh::LogError;
use directory::Identity;
use environment::Environment;
use issuance::{Issuance, OfferError};
use jose::SigningFailed;
use keyring::{KeyId, Keyring, KeyringError, Sealed};
use openid4vc::secret::SecretText;
use serde::{Deserialize, Serialize};
use store::{StoreFault, Tenant};
use zeroize::Zeroizing;

use crate::mailbox::Mailbox;
use crate::person::{Person, PersonError};

/// Context of the sealed values.
const SEALED: &[u8] = b"application values";
/// The purpose of the key under which the values of an application lie.
const KEY_PURPOSE: &str = "application";

/// How an office is set up.
#[derive(Clone, Debug)]
pub struct OfficeSettings {
    /// The first four symbols of its numbers, as the network's operator gave them.
    pub prefix: OfficePrefix,
    /// Whom `passport issuer offer` offers a profile when nobody is named: for development and tests.
    pub test_member: Option<Person>,
}

/// Why an office does not do something.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OfficeError {
    /// No such thing, or not for who asks.
    #[error("there is no such {0}")]
    NoSuch(&'static str),
    /// What is known of a person is no name, date or address.
    #[error(transparent)]
    Person(#[from] PersonError),
    /// Nobody was named and there is no test member.
    #[error(
        "name somebody: --given-name, --family-name, --birthdate and --email; this office has no test member"
    )]
    NobodyNamed,
    /// It was decided before.
    #[error("this was approved before; suspend the passport to take it back")]
    DecidedBefore,
    /// Half of a person was named.
    #[error("name the whole person: --given-name, --family-name, --birthdate and --email")]
    HalfNamed,
    /// Not a passport number.
    #[error(transparent)]
    Number(#[from] NumberError),
    /// The office's own address cannot hold a member's DID.
    #[error("this office's address cannot hold a DID: {0}")]
    Location(#[from] LocationError),
    /// Something stored cannot be read.
    #[error("what is stored cannot be read")]
    Unreadable,
    /// The keyring.
    #[error(transparent)]
    Keyring(#[from] KeyringError),
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreFault),
    /// A signing key.
    #[error(transparent)]
    Signing(#[from] SigningFailed),
    /// An offer.
    #[error(transparent)]
    Offer(#[from] OfferError),
}

/// Why a member's log is not taken.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum HostingError {
    /// Nothing is reserved under this label for who asks.
    #[error("nothing is reserved here for this key")]
    NoSuch,
    /// The log is longer than a member's log may be.
    #[error("a member's log may have up to 128 KiB and 64 entries")]
    TooLarge,
    /// The log does not verify.
    #[error("the log does not verify: {0}")]
    Log(#[from] LogError),
    /// The log is about a DID somewhere else.
    #[error("the log is not about a DID at the place that was reserved")]
    OtherPlace,
    /// Entry 1 does not let the member move.
    #[error("entry 1 must say portable: true, so that the member can move")]
    NotPortable,
    /// The DID was given up.
    #[error("a DID that was given up is not hosted")]
    Deactivated,
    /// Witnesses are asked for.
    #[error("this office does not keep the proofs of witnesses")]
    Witnesses,
    /// Another log is there.
    #[error("another log is there already; a log can only be continued")]
    OtherLog,
    /// No passport stands behind the DID.
    #[error("no passport was given here for the DID of this log")]
    NoPassport,
    /// The proof of control does not count.
    #[error("the proof that the DID is the member's does not count: {0}")]
    Control(#[from] network::MessageError),
    /// The passport was suspended or replaced.
    #[error("the passport of this DID does not count at present; ask the office")]
    NotActive,
    /// Our side failed.
    #[error(transparent)]
    Store(#[from] StoreFault),
    /// Our address.
    #[error("this office's address cannot hold a DID: {0}")]
    Location(#[from] LocationError),
}

/// One office over one tenant of a store.
#[derive(Clone)]
pub struct Office {
    pub(crate) identity: Arc<Identity>,
    pub(crate) tenant: Tenant,
    pub(crate) keyring: Arc<Keyring>,
    pub(crate) issuance: Issuance,
    pub(crate) settings: Arc<OfficeSettings>,
}

impl std::fmt::Debug for Office {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "Office({})", self.identity.did.as_str())
    }
}

impl Office {
    /// An office with its issuer of passports and profiles, which mints by [`crate::minting::OfficeMinting`].
    #[must_use]
    pub fn new(
        identity: Arc<Identity>,
        tenant: Tenant,
        keyring: Arc<Keyring>,
        issuance: Issuance,
        settings: OfficeSettings,
    ) -> Self {
        Self { identity, tenant, keyring, issuance, settings: Arc::new(settings) }
    }

    /// Who the office is.
    #[must_use]
    pub fn identity(&self) -> &Identity {
        &self.identity
    }

    /// The store's tenant.
    #[must_use]
    pub const fn tenant(&self) -> &Tenant {
        &self.tenant
    }

    /// The issuer of passports and profiles.
    #[must_use]
    pub const fn issuance(&self) -> &Issuance {
        &self.issuance
    }

    /// The mailboxes that this office keeps for whoever holds their keys.
    #[must_use]
    pub fn mailbox(&self) -> Mailbox {
        Mailbox::new(self.tenant.clone())
    }

    pub(crate) fn environment(&self) -> &Environment {
        self.tenant.environment()
    }

    /// A random identifier of 128 bits.
    pub(crate) fn fresh_id(&self) -> String {
        jose::base64url::encode(self.environment().randomness().bytes::<16>())
    }

    pub(crate) fn seal(&self, application: &str, values: &Values) -> Result<Sealed, OfficeError> {
        let text = Zeroizing::new(serde_json::to_vec(values).map_err(|_| OfficeError::Unreadable)?);
        Ok(self.keyring.seal(&key_of(&self.identity, application), SEALED, &text)?)
    }

    pub(crate) fn open(&self, application: &str, sealed: &Sealed) -> Result<Values, OfficeError> {
        open(&self.keyring, &self.identity, application, sealed)
    }
}

/// The values of one application. They are sealed whole, and erased whole.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Values {
    /// The person.
    pub(crate) person: Person,
    /// The token of the link in the mail, until it was sent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) email_token: Option<SecretText>,
}

impl std::fmt::Debug for Values {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Values")
    }
}

/// The key under which everything of an application lies; destroying it erases the values everywhere.
pub(crate) fn key_of(identity: &Identity, application: &str) -> KeyId {
    KeyId::new(identity.did.as_str(), application, KEY_PURPOSE)
}

pub(crate) fn open(
    keyring: &Keyring,
    identity: &Identity,
    application: &str,
    sealed: &Sealed,
) -> Result<Values, OfficeError> {
    let text = keyring.open_sealed(&key_of(identity, application), SEALED, sealed)?;
    jose::json::parse_as(text.as_slice()).map_err(|_| OfficeError::Unreadable)
}

//! What is stored of people who were taken in. What a table said of them lies sealed, under a key of each.

use environment::Timestamp;
use keyring::Sealed;
use openid4vc::secret::SecretHash;
use serde::{Deserialize, Serialize};
use store::{FieldClass, Index, IndexEntry, Key, Record};
use trust::registration::LegalBasis;

use super::columns::{Column, Source};

/// Somebody who was taken in from a table, and is no member here: nobody of them has said anything yet.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImportedPerson {
    /// Time and place in the table, and something random.
    pub id: String,
    /// By what it is noticed that the same comes again.
    pub mark: SecretHash,
    /// Where it came from.
    pub source: Source,
    /// The form to which they are to be invited.
    pub form: String,
    /// The registered use for which it is held.
    pub purpose: String,
    /// Its legal basis.
    pub basis: LegalBasis,
    /// When it came in, in seconds since the epoch.
    pub at: i64,
    /// When it goes, in seconds since the epoch.
    pub until: i64,
    /// Which details there are.
    pub columns: Vec<Column>,
    /// The details, sealed.
    pub values: Sealed,
    /// The last invitation.
    pub invitation: Option<String>,
    /// When it was made, in seconds since the epoch.
    pub invited_at: Option<i64>,
}

impl Record for ImportedPerson {
    const CLASS: &'static str = "imported-person";
    const FIELDS: &'static [(&'static str, FieldClass)] = &[
        ("id", FieldClass::Operational),
        ("mark", FieldClass::Operational),
        ("source", FieldClass::Operational),
        ("form", FieldClass::Operational),
        ("purpose", FieldClass::Operational),
        ("basis", FieldClass::Operational),
        ("at", FieldClass::Operational),
        ("until", FieldClass::Operational),
        ("columns", FieldClass::Operational),
        ("values", FieldClass::Imported),
        ("invitation", FieldClass::Operational),
        ("invited_at", FieldClass::Operational),
    ];
    const INDEXES: &'static [&'static str] = &[ByInvitation::NAME];

    fn key(&self) -> Key {
        Key::from(&self.id)
    }

    fn indexes(&self) -> Vec<IndexEntry> {
        self.invitation.iter().map(|invitation| ByInvitation::entry(invitation.as_str())).collect()
    }
}

/// Finds whom an invitation went to.
pub struct ByInvitation;

impl Index for ByInvitation {
    type Record = ImportedPerson;
    const NAME: &'static str = "invitation";
}

/// That somebody was taken in, by a mark that says nothing without the space's key: the same table again adds nobody, also when
/// somebody of it has become a member meanwhile.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImportedMark {
    /// HMAC of the address.
    pub mark: SecretHash,
    /// Until when, in seconds since the epoch.
    pub until: i64,
}

impl Record for ImportedMark {
    const CLASS: &'static str = "imported-mark";
    const FIELDS: &'static [(&'static str, FieldClass)] =
        &[("mark", FieldClass::Operational), ("until", FieldClass::Operational)];

    fn key(&self) -> Key {
        Key::from(&self.mark.as_bytes()[..])
    }

    fn expiry(&self) -> Option<Timestamp> {
        Some(Timestamp::from_seconds(self.until))
    }
}

/// How many of them were invited within an hour.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct InvitedOfImport {
    /// How many, since the first.
    pub times: u32,
    /// When the count begins anew, in seconds since the epoch.
    pub until: i64,
}

/// The key of the one record of [`InvitedOfImport`].
pub(crate) const INVITED: &str = "invited";

impl Record for InvitedOfImport {
    const CLASS: &'static str = "imported-invited";
    const FIELDS: &'static [(&'static str, FieldClass)] =
        &[("times", FieldClass::Operational), ("until", FieldClass::Operational)];

    fn key(&self) -> Key {
        Key::from(INVITED)
    }

    fn expiry(&self) -> Option<Timestamp> {
        Some(Timestamp::from_seconds(self.until))
    }
}

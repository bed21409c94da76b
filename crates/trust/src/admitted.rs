//! The proof that a party is an office or a space of the network, in good standing, and holds a key.

use std::marker::PhantomData;

use did::{Document, Relationship};
use environment::Timestamp;
use jose::Jwk;

use crate::certificate::CertificateError;
use crate::network_list::{Brand, Member, NetworkList, Role, Standing};
use crate::path::{Path, PathError};
use crate::purpose::{Purpose, SubAuthority};

/// The role of a party, as a type: [`Office`] or [`Space`].
pub trait Party: sealed::Sealed {
    /// The role in the network list.
    const ROLE: Role;
    /// The sub-authority below which leaves of this role stand.
    const SUB_AUTHORITY: SubAuthority;
}

mod sealed {
    pub trait Sealed {}
}

/// A passport office.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Office;

/// A coworking space.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Space;

impl sealed::Sealed for Office {}
impl sealed::Sealed for Space {}

impl Party for Office {
    const ROLE: Role = Role::Office;
    const SUB_AUTHORITY: SubAuthority = SubAuthority::Offices;
}

impl Party for Space {
    const ROLE: Role = Role::Space;
    const SUB_AUTHORITY: SubAuthority = SubAuthority::Spaces;
}

/// The keys of a DID document that the caller resolved: those usable for signing, by verification relationship.
///
/// It is for the resolver to see that the document belongs to the DID and is not deactivated.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DocumentKeys {
    did: String,
    authentication: Vec<Jwk>,
    assertion_method: Vec<Jwk>,
}

impl DocumentKeys {
    /// The keys of the document of `did` under `authentication` and under `assertionMethod` (DID Core 1.0 §5.3).
    #[must_use]
    pub fn new(did: &str, authentication: Vec<Jwk>, assertion_method: Vec<Jwk>) -> Self {
        Self { did: did.to_owned(), authentication, assertion_method }
    }

    /// The keys of a document that was resolved for its DID; kinds of keys that are not used here are left out.
    #[must_use]
    pub fn of(document: &Document) -> Self {
        let keys = |relationship| document.keys(relationship).into_iter().map(|(_, key)| key).collect();
        Self {
            did: document.id().as_str().to_owned(),
            authentication: keys(Relationship::Authentication),
            assertion_method: keys(Relationship::AssertionMethod),
        }
    }

    /// The DID whose document this is.
    #[must_use]
    pub fn did(&self) -> &str {
        &self.did
    }

    fn lists(&self, key: &Jwk, purpose: Purpose) -> bool {
        match purpose {
            Purpose::RequestSigning => self.authentication.contains(key),
            Purpose::CredentialIssuing => self.assertion_method.contains(key),
            Purpose::Registrar | Purpose::NetworkList => false,
        }
    }
}

/// Why a party is not taken as admitted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AdmissionError {
    /// The network list is too old.
    #[error("the network list expired at {expired_at}, now is {now}: fetch the current one")]
    ListExpired {
        /// In seconds since the epoch.
        expired_at: i64,
        /// The time of the check.
        now: i64,
    },
    /// The chain is no longer, or not yet, valid.
    #[error(transparent)]
    Path(#[from] PathError),
    /// Chain and list belong to different networks.
    #[error("the chain and the network list belong to different networks")]
    OtherNetwork,
    /// The leaf signs neither requests nor credentials.
    #[error("the leaf is not that of a party")]
    WrongPurpose,
    /// The leaf stands below the sub-authority of the other role.
    #[error("the leaf does not stand below the sub-authority of its role")]
    WrongSubAuthority,
    /// The leaf names no DID or no host.
    #[error(transparent)]
    Leaf(#[from] CertificateError),
    /// The document is that of another DID than the leaf names.
    #[error("the DID of the leaf is not that of the DID document")]
    OtherDid,
    /// The network list does not know the DID.
    #[error("the party is not in the network list")]
    NotAMember,
    /// The member does not have the role.
    #[error("the party is in the network list, but not in this role")]
    WrongRole,
    /// The member is suspended, or of a standing that is not known here.
    #[error("the party is suspended")]
    Suspended,
    /// The member is expelled.
    #[error("the party was expelled")]
    Expelled,
    /// What the member was given has ended and was not renewed.
    #[error("the party's admission has ended and was not renewed")]
    Lapsed,
    /// The leaf names another host than the network list.
    #[error("the host of the leaf is not that of the network list")]
    OtherHost,
    /// The key is not listed in the DID document under the relationship its purpose asks for.
    #[error("the key is not listed in the DID document for this purpose")]
    KeyNotInDocument,
}

impl AdmissionError {
    /// A short name for logs and machine-readable output.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::ListExpired { .. } => "network_list_expired",
            Self::Path(_) | Self::Leaf(_) => "certificate_invalid",
            Self::OtherNetwork => "other_network",
            Self::WrongPurpose => "wrong_purpose",
            Self::WrongSubAuthority => "wrong_sub_authority",
            Self::OtherDid => "did_mismatch",
            Self::NotAMember => "not_admitted",
            Self::WrongRole => "wrong_role",
            Self::Suspended => "suspended",
            Self::Expelled => "expelled",
            Self::Lapsed => "lapsed",
            Self::OtherHost => "host_mismatch",
            Self::KeyNotInDocument => "key_not_in_did_document",
        }
    }
}

/// A party of the network in the role `R`, in good standing, holding one key for one purpose.
///
/// Made only by [`admit`] and [`admit_key`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Admitted<R: Party> {
    member: Member,
    purpose: Purpose,
    key: Jwk,
    credential_types: Vec<String>,
    until: Timestamp,
    role: PhantomData<R>,
}

impl<R: Party> Admitted<R> {
    /// The party's DID.
    #[must_use]
    pub fn did(&self) -> &str {
        &self.member.did
    }

    /// The party's host.
    #[must_use]
    pub fn host(&self) -> &str {
        &self.member.host
    }

    /// The name that people read.
    #[must_use]
    pub fn display_name(&self) -> &str {
        &self.member.display_name
    }

    /// The brand it belongs to.
    #[must_use]
    pub const fn brand(&self) -> Option<&Brand> {
        self.member.brand.as_ref()
    }

    /// The first symbols of the passport numbers it gives out.
    #[must_use]
    pub fn number_prefix(&self) -> Option<&str> {
        self.member.number_prefix.as_deref()
    }

    /// What the key is for.
    #[must_use]
    pub const fn purpose(&self) -> Purpose {
        self.purpose
    }

    /// The key.
    #[must_use]
    pub const fn key(&self) -> &Jwk {
        &self.key
    }

    /// Until when this may be relied on without asking again.
    #[must_use]
    pub const fn until(&self) -> Timestamp {
        self.until
    }

    /// Whether a credential of the type `vct` that was signed with this key counts.
    ///
    /// Only offices sign passport, profile and card; only spaces sign memberships and statements. That a membership names the
    /// space that signed it is for the reader to compare with [`Self::did`].
    #[must_use]
    pub fn may_issue(&self, vct: &str) -> bool {
        self.purpose == Purpose::CredentialIssuing && self.credential_types.iter().any(|known| known == vct)
    }
}

/// Checks a party by the verified chain of its leaf.
///
/// # Errors
/// See [`AdmissionError`].
pub fn admit<R: Party>(
    path: &Path,
    list: &NetworkList,
    document: &DocumentKeys,
    now: Timestamp,
) -> Result<Admitted<R>, AdmissionError> {
    path.check_validity(now)?;
    if path.root() != list.root() {
        return Err(AdmissionError::OtherNetwork);
    }
    if !path.purpose().is_of_a_party() {
        return Err(AdmissionError::WrongPurpose);
    }
    if path.under() != Some(R::SUB_AUTHORITY) {
        return Err(AdmissionError::WrongSubAuthority);
    }
    if path.leaf().did()? != document.did() {
        return Err(AdmissionError::OtherDid);
    }
    let admitted = admit_key::<R>(path.key(), path.purpose(), list, document, now)?;
    if path.leaf().host()? != admitted.host() {
        return Err(AdmissionError::OtherHost);
    }
    Ok(Admitted { until: admitted.until.min(path.valid_until()), ..admitted })
}

/// Checks a party by a key of its DID document alone, where the protocol names the key by a DID URL and carries no
/// chain: the client identifier prefix `decentralized_identifier` (OpenID4VP 1.0 §5.9.3) and signed HTTP requests.
///
/// # Errors
/// See [`AdmissionError`].
pub fn admit_key<R: Party>(
    key: &Jwk,
    purpose: Purpose,
    list: &NetworkList,
    document: &DocumentKeys,
    now: Timestamp,
) -> Result<Admitted<R>, AdmissionError> {
    let member = listed::<R>(document.did(), list, now)?;
    if !document.lists(key, purpose) {
        return Err(AdmissionError::KeyNotInDocument);
    }
    Ok(Admitted {
        member: member.clone(),
        purpose,
        key: key.clone(),
        credential_types: list.credential_types(R::ROLE).map(str::to_owned).collect(),
        until: list.expires_at(),
        role: PhantomData,
    })
}

/// The member that `did` is, if the list alone lets it be admitted in the role `R`: to be asked before its DID document
/// is fetched, so that nobody outside the list makes anybody call a host.
///
/// # Errors
/// [`AdmissionError::ListExpired`], [`AdmissionError::NotAMember`], [`AdmissionError::Suspended`],
/// [`AdmissionError::Expelled`], [`AdmissionError::Lapsed`], [`AdmissionError::WrongRole`].
pub fn listed<'a, R: Party>(
    did: &str,
    list: &'a NetworkList,
    now: Timestamp,
) -> Result<&'a Member, AdmissionError> {
    if !list.is_current(now) {
        return Err(AdmissionError::ListExpired {
            expired_at: list.expires_at().seconds(),
            now: now.seconds(),
        });
    }
    let member = list.by_did(did).ok_or(AdmissionError::NotAMember)?;
    match member.standing {
        Standing::Admitted => {}
        Standing::Suspended | Standing::Unknown => return Err(AdmissionError::Suspended),
        Standing::Expelled => return Err(AdmissionError::Expelled),
        Standing::Lapsed => return Err(AdmissionError::Lapsed),
    }
    if !member.roles.contains(&R::ROLE) {
        return Err(AdmissionError::WrongRole);
    }
    Ok(member)
}

#[cfg(test)]
mod tests;

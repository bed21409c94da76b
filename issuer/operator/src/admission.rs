//! What a party hands in to be admitted, and what it gets.

use did::Did;
use did::number::OfficePrefix;
use did::web::Location;
use environment::Timestamp;
use jose::Jwk;
use serde::{Deserialize, Serialize};
use trust::network_list::{Brand, Role};
use trust::registration::{Contacts, ContentError, IntendedUse, RegistrationContent, SupervisoryAuthority};
use trust::{CertificateChain, is_did, is_host};

use crate::display_text;
use crate::proof::ProofError;

/// Why a party is not admitted.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AdmissionError {
    /// The request is not of the documented form.
    #[error("the admission request is not JSON of the documented form")]
    Malformed,
    /// The DID has the wrong form.
    #[error("the DID of the party has the wrong form")]
    Did,
    /// The host has the wrong form.
    #[error("the host must be a DNS name in lower case, without a port")]
    Host,
    /// The DID is at another host, or at none where one is needed.
    #[error("the host must be the one that the party's DID (did:webvh or did:web) names")]
    HostOfDid,
    /// The documents of an applicant's DID lie below a path of the host, or at a port of it: somebody else may decide there.
    #[error(
        "the DID of who applies must lie at the root of its host, without a path, and without a port where the host is not below localhost"
    )]
    RootOfHost,
    /// The name that people read is empty or too long.
    #[error("the display name must have 1 to 100 characters")]
    DisplayName,
    /// A text holds what its reader would not see.
    #[error(
        "the text at {place} has a line break, a control character or a character that is not seen: write it without"
    )]
    HiddenText {
        /// Where it stands in the request.
        place: String,
    },
    /// The number prefix has the wrong form, or the party is a space.
    #[error(
        "a number prefix has four symbols of 0-9 and A-Z without I, L, O and U, and only offices have one"
    )]
    NumberPrefix,
    /// Requests and credentials are to be signed with one key.
    #[error("requests and credentials must be signed with different keys")]
    OneKeyForBoth,
    /// A proof of possession does not hold.
    #[error("the proof of possession: {0}")]
    Proof(#[from] ProofError),
    /// What is to be registered breaks a rule.
    #[error(transparent)]
    Registration(#[from] ContentError),
    /// Another member has the host.
    #[error("another member of the network has this host")]
    HostTaken,
    /// Another member has the number prefix.
    #[error("another office of the network has this number prefix")]
    NumberPrefixTaken,
    /// Another member uses one of the keys.
    #[error("another member of the network uses one of these keys")]
    KeyTaken,
    /// The brand is known under another name.
    #[error("the brand is known in this network under another name")]
    BrandName,
    /// The brand is suspended.
    #[error("the brand of this party is suspended")]
    BrandSuspended,
    /// The time of the brand is over.
    #[error("the time of the party's brand is over")]
    BrandOver,
    /// An office names a brand.
    #[error("a brand is of spaces: an office names none")]
    OfficeOfABrand,
    /// The DID was admitted in another role, or an office asks for another prefix than it has.
    #[error("the party was admitted in another role or with another number prefix, which cannot be changed")]
    Fixed,
    /// The member is suspended or expelled.
    #[error("the party is suspended or expelled: readmit it first")]
    NotInGoodStanding,
}

/// The keys to be certified.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LeafKeys {
    /// Signs requests; listed under `authentication` in the DID document.
    pub request: Jwk,
    /// Signs credentials and status lists; listed under `assertionMethod`.
    pub issuing: Jwk,
}

/// Proofs that the party holds the keys, made by [`crate::prove_possession`].
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Proofs {
    /// By the key for requests.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request: Option<String>,
    /// By the key for credentials.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub issuing: Option<String>,
}

/// What is to be registered, besides what the admission says anyway.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RegistrationRequest {
    /// Legal name.
    pub legal_name: String,
    /// How to reach the party.
    pub contacts: Contacts,
    /// How to reach the person who answers for data protection.
    pub data_protection_contact: Contacts,
    /// The authority to complain to.
    pub supervisory_authority: SupervisoryAuthority,
    /// Address of the privacy policy.
    pub privacy_policy: String,
    /// What claims are used for.
    pub intended_uses: Vec<IntendedUse>,
}

/// A request for admission; handing in the same one again renews certificates.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Admission {
    /// The party's DID.
    pub did: String,
    /// The party's host, without a port.
    pub host: String,
    /// Office or space.
    pub role: Role,
    /// The name that people read.
    pub display_name: String,
    /// The brand it belongs to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub brand: Option<Brand>,
    /// The first symbols of passport numbers that an office wants to give out; drawn if it names none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub number_prefix: Option<String>,
    /// The keys to be certified.
    pub keys: LeafKeys,
    /// Proofs that the party holds them; those that are given must hold, and a brand gives both.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub proofs: Option<Proofs>,
    /// What is to be registered.
    pub registration: RegistrationRequest,
}

impl Admission {
    /// Reads a request.
    ///
    /// # Errors
    /// [`AdmissionError::Malformed`].
    pub fn from_json(text: impl AsRef<[u8]>) -> Result<Self, AdmissionError> {
        jose::json::parse_as(text).map_err(|_| AdmissionError::Malformed)
    }

    /// What the registration certificate is to say.
    #[must_use]
    pub fn registration_content(&self) -> RegistrationContent {
        let asked = self.registration.clone();
        RegistrationContent {
            did: self.did.clone(),
            legal_name: asked.legal_name,
            name: self.display_name.clone(),
            brand: self.brand.clone(),
            contacts: asked.contacts,
            data_protection_contact: asked.data_protection_contact,
            supervisory_authority: asked.supervisory_authority,
            privacy_policy: asked.privacy_policy,
            intended_uses: asked.intended_uses,
        }
    }

    /// Checks what can be checked without knowing the other members. `before` is what the same party was admitted with: what it
    /// proved then may be old.
    pub(crate) fn check(&self, now: Timestamp, before: Option<&Self>) -> Result<(), AdmissionError> {
        if !is_did(&self.did) {
            return Err(AdmissionError::Did);
        }
        if !is_host(&self.host) {
            return Err(AdmissionError::Host);
        }
        if self.display_name.trim().is_empty() || self.display_name.chars().count() > 100 {
            return Err(AdmissionError::DisplayName);
        }
        // What a member was admitted with before does not keep it from being renewed.
        let is_as_before = before.is_some_and(|before| before.asks_the_same_as(self));
        if let Some(place) = display_text::hidden_in(self).filter(|_| !is_as_before) {
            return Err(AdmissionError::HiddenText { place });
        }
        if let Some(prefix) = &self.number_prefix {
            // Reading forgives case and look-alikes; the list has one spelling.
            let is_canonical = OfficePrefix::parse(prefix).is_ok_and(|read| read.to_string() == *prefix);
            let is_good = self.role == Role::Office && is_canonical;
            if !is_good {
                return Err(AdmissionError::NumberPrefix);
            }
        }
        if self.keys.request == self.keys.issuing {
            return Err(AdmissionError::OneKeyForBoth);
        }
        let is_certified = before.is_some_and(|before| before.keys == self.keys && before.host == self.host);
        for (proof, key) in self.proofs_with_keys() {
            match proof.map(|proof| crate::proof::check(proof, key, &self.did, &self.host, now)) {
                Some(Err(error)) if !(is_certified && error.is_of_age()) => return Err(error.into()),
                _ => {}
            }
        }
        Ok(self.registration_content().check()?)
    }

    /// Whether the party has just proved that it holds both keys: what a stranger's word needs to be worth anything.
    pub(crate) fn check_both_proved(&self, now: Timestamp) -> Result<(), AdmissionError> {
        for (proof, key) in self.proofs_with_keys() {
            let proof = proof.ok_or(ProofError::Missing)?;
            crate::proof::check(proof, key, &self.did, &self.host, now)?;
        }
        match self.host_of_did()? {
            Some(host) if host == self.host => Ok(()),
            _ => Err(AdmissionError::HostOfDid),
        }
    }

    /// A DID that names a host names the party's own: otherwise its documents would be another's to write.
    pub(crate) fn check_host_of_did(&self) -> Result<(), AdmissionError> {
        match self.host_of_did()? {
            Some(host) if host != self.host => Err(AdmissionError::HostOfDid),
            _ => Ok(()),
        }
    }

    /// Whether the DID's documents lie at the root of the party's own host, as those of who applies must: a path or a port of a host may be
    /// another's than the host. Gives the port of a name that is tried out on this machine, where ports tell parties apart.
    pub(crate) fn check_root_of_host(&self) -> Result<Option<u16>, AdmissionError> {
        let place = self.location_of_did()?.ok_or(AdmissionError::HostOfDid)?;
        if place.host() != self.host {
            return Err(AdmissionError::HostOfDid);
        }
        let is_port_its_own = place.port().is_none() || place.is_development();
        if place.segments().is_empty() && is_port_its_own {
            Ok(place.port())
        } else {
            Err(AdmissionError::RootOfHost)
        }
    }

    /// The host at which the DID's documents lie; none for a method without hosts.
    fn host_of_did(&self) -> Result<Option<String>, AdmissionError> {
        Ok(self.location_of_did()?.map(|place| place.host().to_owned()))
    }

    /// Where the DID's documents lie.
    pub(crate) fn location_of_did(&self) -> Result<Option<Location>, AdmissionError> {
        let did = Did::parse(&self.did).map_err(|_| AdmissionError::Did)?;
        let place = match did.method() {
            "web" => did.method_specific_id(),
            // Behind the self-certifying identifier, which every reader checks against the log.
            "webvh" => did.method_specific_id().split_once(':').ok_or(AdmissionError::Did)?.1,
            _ => return Ok(None),
        };
        let place = Did::parse(&format!("did:web:{place}")).map_err(|_| AdmissionError::Did)?;
        Ok(Some(Location::of_did_web(&place).map_err(|_| AdmissionError::Did)?))
    }

    fn proofs_with_keys(&self) -> [(Option<&str>, &Jwk); 2] {
        let proofs = self.proofs.as_ref();
        [
            (proofs.and_then(|proofs| proofs.request.as_deref()), &self.keys.request),
            (proofs.and_then(|proofs| proofs.issuing.as_deref()), &self.keys.issuing),
        ]
    }

    /// Whether both ask for the same, whenever the proofs were made.
    pub(crate) fn asks_the_same_as(&self, other: &Self) -> bool {
        let bare = |admission: &Self| Self { proofs: None, ..admission.clone() };
        bare(self) == bare(other)
    }
}

/// What an admitted party gets.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bundle {
    /// The party's DID.
    pub did: String,
    /// Its role.
    pub role: Role,
    /// Of an office: the first symbols of the passport numbers it gives out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub number_prefix: Option<String>,
    /// `x5c` for requests.
    pub request: CertificateChain,
    /// `x5c` for credentials and status lists.
    pub issuing: CertificateChain,
    /// The registration certificate.
    pub registration: String,
    /// The network descriptor.
    pub network: serde_json::Value,
}

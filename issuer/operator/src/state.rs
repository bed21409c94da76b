//! Everything the operator remembers, in one file.

use std::collections::BTreeMap;
use std::fmt;

use environment::{Randomness, Timestamp};
use jose::{Algorithm, KeyError, SigningKey};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use trust::{CertificateChain, NetworkDescriptor, Standing};
use zeroize::Zeroizing;

use crate::admission::{Admission, Bundle};
use crate::application::Application;
use crate::brand::BrandRecord;

/// Name of the state file.
pub(crate) const FILE: &str = "operator.json";
/// Layout of the state file.
const FORMAT: u32 = 1;

/// A private key as its JWK, erased from memory when dropped.
#[derive(Clone)]
pub(crate) struct StoredKey(Zeroizing<String>);

impl StoredKey {
    pub(crate) fn generate(randomness: &dyn Randomness) -> Result<Self, KeyError> {
        Ok(Self(SigningKey::generate(Algorithm::Es256, randomness)?.to_private_json()))
    }

    pub(crate) fn open(&self) -> Result<SigningKey, KeyError> {
        SigningKey::from_private_json(self.0.as_bytes())
    }
}

impl fmt::Debug for StoredKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("StoredKey")
    }
}

impl Serialize for StoredKey {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for StoredKey {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(|text| Self(Zeroizing::new(text)))
    }
}

/// A key of the operator with its certificate (a chain of one).
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Certified {
    pub(crate) certificate: CertificateChain,
    pub(crate) key: StoredKey,
}

/// A member, as it was admitted.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Record {
    pub(crate) admission: Admission,
    pub(crate) standing: Standing,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) number_prefix: Option<String>,
    pub(crate) bundle: Bundle,
    /// Last second of the leaves, and the first at which the registration is refused.
    pub(crate) leaves_until: i64,
    pub(crate) registration_until: i64,
}

/// The list that was signed last.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct SignedList {
    pub(crate) compact: String,
    pub(crate) issued_at: i64,
}

/// The state file.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct State {
    format: u32,
    pub(crate) descriptor: serde_json::Value,
    pub(crate) root: Certified,
    pub(crate) offices: Certified,
    pub(crate) spaces: Certified,
    pub(crate) registrar: Certified,
    pub(crate) list_signer: Certified,
    /// Version of the list that was signed last; 0 before the first.
    pub(crate) version: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) list: Option<SignedList>,
    /// By DID.
    pub(crate) members: BTreeMap<String, Record>,
    /// The descriptor of the network that this one has joined.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) successor: Option<serde_json::Value>,
    /// By identifier.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) brands: BTreeMap<String, BrandRecord>,
    /// By identifier.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) applications: BTreeMap<String, Application>,
}

impl State {
    pub(crate) fn new(
        descriptor: &NetworkDescriptor,
        [root, offices, spaces, registrar, list_signer]: [Certified; 5],
    ) -> Self {
        Self {
            format: FORMAT,
            descriptor: descriptor.to_value(),
            root,
            offices,
            spaces,
            registrar,
            list_signer,
            version: 0,
            list: None,
            members: BTreeMap::new(),
            successor: None,
            brands: BTreeMap::new(),
            applications: BTreeMap::new(),
        }
    }

    /// Reads the state file; none if its layout is not the one of this version.
    pub(crate) fn read(content: &[u8]) -> Option<Self> {
        serde_json::from_slice(content).ok().filter(|state: &Self| state.format == FORMAT)
    }

    pub(crate) fn write(&self) -> Result<Zeroizing<Vec<u8>>, serde_json::Error> {
        // Room from the start, so that growing leaves no copies of the keys behind.
        let mut content = Zeroizing::new(Vec::with_capacity(1 << 20));
        serde_json::to_writer_pretty(&mut *content, self)?;
        Ok(content)
    }

    pub(crate) fn descriptor(&self) -> Option<NetworkDescriptor> {
        NetworkDescriptor::from_json(self.descriptor.to_string()).ok()
    }
}

/// Whether more than `seconds` are left until `end`.
pub(crate) const fn lasts(end: i64, now: Timestamp, seconds: i64) -> bool {
    Timestamp::from_seconds(end).since(now) > seconds
}

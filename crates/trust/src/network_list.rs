//! The operator's signed list of who belongs to the network, in which role.
//!
//! A compact JWS, `typ: passport-network-list+jwt`, with the `x5c` of the list-signing leaf:
//!
//! ```json
//! {"network": "urn:uuid:…", "version": 7, "iat": 1, "exp": 2,
//!  "members": [{"did", "host", "roles": ["space"], "status": "admitted", "display_name", "brand"?: {"id", "name"},
//!               "number_prefix"?: "HARB"}],
//!  "credential_types": {"office": ["urn:passport-network:passport:1"], "space": ["urn:passport-network:membership:1"]},
//!  "successor"?: the descriptor of the network that this one has joined}
//! ```

use std::collections::{BTreeMap, HashSet};

use environment::Timestamp;
use jose::jws::{self, JwsError, Policy};
use jose::jwt::{self, ClaimError};
use jose::{Signer, SigningFailed, VerifyingKey, digest};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Map, Value};

use crate::chain::{CertificateChain, ChainError};
use crate::descriptor::NetworkDescriptor;
use crate::identifier::{is_did, is_host};
use crate::path::{self, PathError};
use crate::purpose::Purpose;

/// `typ` of the list.
pub const TYPE: &str = "passport-network-list+jwt";
/// Longest validity of a list, in seconds.
pub const LONGEST_VALIDITY: i64 = 86_400;
/// Types that an office signs: no list can grant them to a space.
pub const OFFICE_TYPES: &[&str] =
    &["urn:passport-network:passport:1", "urn:passport-network:profile:1", "urn:passport-network:card:1"];
/// Types that a space signs: no list can grant them to an office.
pub const SPACE_TYPES: &[&str] = &["urn:passport-network:membership:1", "urn:passport-network:statement:1"];

const OWN_TYPES: &str = "urn:passport-network:";
const CLOCK_SKEW: i64 = 60;

/// What a member of the network is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// A passport office.
    Office,
    /// A coworking space.
    Space,
}

impl Role {
    /// The word for the role in lists.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Office => "office",
            Self::Space => "space",
        }
    }

    fn from_name(name: &str) -> Option<Self> {
        [Self::Office, Self::Space].into_iter().find(|role| role.name() == name)
    }

    /// Of our own types, those that this role may sign, whatever a list says.
    const fn own_types(self) -> &'static [&'static str] {
        match self {
            Self::Office => OFFICE_TYPES,
            Self::Space => SPACE_TYPES,
        }
    }
}

/// Where a member stands with the operator.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Standing {
    /// In good standing.
    Admitted,
    /// Put aside for now.
    Suspended,
    /// Put out.
    Expelled,
    /// What it was given has ended and was not renewed, or the time of its brand is over. It comes back with a renewal.
    Lapsed,
    /// A word of a later version of the list: not in good standing, as far as we can tell.
    #[serde(other)]
    Unknown,
}

/// Spaces that appear to people under one name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Brand {
    /// Identifier, unique in the network.
    pub id: String,
    /// The name that people know.
    pub name: String,
}

/// A member of the network.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Member {
    /// Its DID.
    pub did: String,
    /// Its host, without a port.
    pub host: String,
    /// Its roles; words that are not known here are left out.
    #[serde(deserialize_with = "known_roles")]
    pub roles: Vec<Role>,
    /// Where it stands.
    #[serde(rename = "status")]
    pub standing: Standing,
    /// The name that people read.
    pub display_name: String,
    /// The brand it belongs to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub brand: Option<Brand>,
    /// The first symbols of the passport numbers that this office gives out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub number_prefix: Option<String>,
}

fn known_roles<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Role>, D::Error> {
    let names = Vec::<String>::deserialize(deserializer)?;
    Ok(names.iter().filter_map(|name| Role::from_name(name)).collect())
}

/// Why a list is not taken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NetworkListError {
    /// The token is not a list, or its signature is wrong.
    #[error(transparent)]
    Jws(#[from] JwsError),
    /// The certificates cannot be read.
    #[error(transparent)]
    Chain(#[from] ChainError),
    /// The signer is not the list signer of this network.
    #[error("the signer of the network list: {0}")]
    Path(#[from] PathError),
    /// A claim is missing, malformed or out of its time.
    #[error("the network list: {0}")]
    Claim(#[from] ClaimError),
    /// The list is that of another network.
    #[error("this is the list of another network")]
    OtherNetwork,
    /// `exp` lies more than a day after `iat`.
    #[error("the network list would be valid for {seconds} seconds, which is longer than a day")]
    ValidTooLong {
        /// From `iat` to `exp`.
        seconds: i64,
    },
    /// Members or types are malformed.
    #[error("the members or types of the network list are malformed")]
    Malformed,
    /// A DID, a host or a number prefix is given to two members.
    #[error("the network list gives one DID, host or number prefix to two members")]
    GivenTwice,
}

/// Why a list does not follow on the last one that was seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RollbackError {
    /// The list is older than the last one seen.
    #[error("version {offered} of the network list is older than version {seen}, which was seen before")]
    Older {
        /// The version that was offered.
        offered: u64,
        /// The highest version seen.
        seen: u64,
    },
    /// There are two lists of one version: the operator tells different stories.
    #[error("there are two different network lists of version {version}")]
    Equivocation {
        /// The version.
        version: u64,
    },
    /// The list is that of another network.
    #[error("this is the list of another network")]
    OtherNetwork,
}

/// What a list is to say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListContent {
    /// Identifier of the network.
    pub network: String,
    /// Grows with every list.
    pub version: u64,
    /// The members.
    pub members: Vec<Member>,
    /// The credential types of each role.
    pub credential_types: BTreeMap<Role, Vec<String>>,
    /// The network that this one has joined; whoever pins this one may be asked to join that one too.
    pub successor: Option<NetworkDescriptor>,
}

/// The credential types that a new network gives to each role.
#[must_use]
pub fn usual_credential_types() -> BTreeMap<Role, Vec<String>> {
    [Role::Office, Role::Space]
        .into_iter()
        .map(|role| (role, role.own_types().iter().map(|vct| (*vct).to_owned()).collect()))
        .collect()
}

/// Signs a list that is valid for `seconds`, at most a day.
///
/// # Errors
/// [`SigningFailed`] when the keeper of the key does not sign.
pub fn sign(
    content: &ListContent,
    chain: &CertificateChain,
    signer: &dyn Signer,
    now: Timestamp,
    seconds: i64,
) -> Result<String, SigningFailed> {
    let expires = now.plus(seconds.clamp(0, LONGEST_VALIDITY));
    let members = serde_json::to_value(&content.members).map_err(|_| SigningFailed)?;
    let types: Map<String, Value> = content
        .credential_types
        .iter()
        .map(|(role, types)| (role.name().to_owned(), Value::from(types.clone())))
        .collect();
    let mut claims = Map::from_iter([
        ("network".to_owned(), Value::from(content.network.as_str())),
        ("version".to_owned(), Value::from(content.version)),
        ("iat".to_owned(), Value::from(now.seconds())),
        ("exp".to_owned(), Value::from(expires.seconds())),
        ("members".to_owned(), members),
        ("credential_types".to_owned(), Value::Object(types)),
    ]);
    if let Some(successor) = &content.successor {
        claims.insert("successor".to_owned(), successor.to_value());
    }
    jwt::sign(TYPE, chain.to_header(), &claims, signer)
}

/// A list whose signature, chain, network and time were checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NetworkList {
    content: ListContent,
    issued_at: Timestamp,
    expires_at: Timestamp,
    digest: [u8; 32],
    root: [u8; 32],
}

impl NetworkList {
    /// Verifies a list of the network that `descriptor` names.
    ///
    /// Whether it is older than one that was seen is for [`NetworkState::advance`] to say.
    ///
    /// # Errors
    /// See [`NetworkListError`].
    pub fn verify(
        compact: &str,
        descriptor: &NetworkDescriptor,
        now: Timestamp,
    ) -> Result<Self, NetworkListError> {
        let token = jws::Unverified::parse(compact)?;
        let chain = CertificateChain::from_header(token.header())?;
        let path = path::verify(&chain, descriptor.root(), Purpose::NetworkList, now)?;
        let key = VerifyingKey::new(path.key()).map_err(|_| JwsError::WrongAlgorithm)?;
        let claims = token.verify(&key, &Policy::typed(&[TYPE]))?.claims()?;
        if jwt::text(&claims, "network")? != descriptor.network() {
            return Err(NetworkListError::OtherNetwork);
        }
        let expires_at = jwt::required_date(&claims, "exp")?;
        jwt::check_validity(&claims, now, 0)?;
        let issued_at = jwt::check_issued_at(&claims, now, LONGEST_VALIDITY, CLOCK_SKEW)?;
        let seconds = expires_at.since(issued_at);
        if seconds > LONGEST_VALIDITY {
            return Err(NetworkListError::ValidTooLong { seconds });
        }
        let mut content = content(claims)?;
        // Whoever follows it would be led to this machine: a name below localhost is nobody's.
        content.successor.take_if(|one| one.is_development() && !descriptor.is_development());
        Ok(Self {
            content,
            issued_at,
            expires_at,
            digest: digest::sha256(compact),
            root: *descriptor.root().certificate().sha256(),
        })
    }

    /// The identifier of the network.
    #[must_use]
    pub fn network(&self) -> &str {
        &self.content.network
    }

    /// The version.
    #[must_use]
    pub const fn version(&self) -> u64 {
        self.content.version
    }

    /// When it was signed.
    #[must_use]
    pub const fn issued_at(&self) -> Timestamp {
        self.issued_at
    }

    /// The first moment at which it is no longer taken.
    #[must_use]
    pub const fn expires_at(&self) -> Timestamp {
        self.expires_at
    }

    /// Whether it may still be used.
    #[must_use]
    pub fn is_current(&self, now: Timestamp) -> bool {
        now < self.expires_at
    }

    /// All members, whatever their standing.
    #[must_use]
    pub fn members(&self) -> &[Member] {
        &self.content.members
    }

    /// The member with this DID, whatever its standing.
    #[must_use]
    pub fn by_did(&self, did: &str) -> Option<&Member> {
        self.content.members.iter().find(|member| member.did == did)
    }

    /// The member with this host, whatever its standing.
    #[must_use]
    pub fn by_host(&self, host: &str) -> Option<&Member> {
        self.content.members.iter().find(|member| member.host == host)
    }

    /// The office that gives out passport numbers with this prefix, whatever its standing.
    #[must_use]
    pub fn by_number_prefix(&self, prefix: &str) -> Option<&Member> {
        self.content.members.iter().find(|member| member.number_prefix.as_deref() == Some(prefix))
    }

    /// The credential types that members of `role` may sign.
    ///
    /// Our own types are bound to their role here: a list that grants a passport to spaces grants nothing.
    pub fn credential_types(&self, role: Role) -> impl Iterator<Item = &str> {
        self.content
            .credential_types
            .get(&role)
            .into_iter()
            .flatten()
            .map(String::as_str)
            .filter(move |vct| !vct.starts_with(OWN_TYPES) || role.own_types().contains(vct))
    }

    /// The network that this one has joined, if it says so. Nobody is trusted by it: it is for a person to join that one too.
    #[must_use]
    pub const fn successor(&self) -> Option<&NetworkDescriptor> {
        self.content.successor.as_ref()
    }

    pub(crate) const fn root(&self) -> &[u8; 32] {
        &self.root
    }
}

fn content(mut claims: Map<String, Value>) -> Result<ListContent, NetworkListError> {
    let version = claims.get("version").and_then(Value::as_u64).ok_or(NetworkListError::Malformed)?;
    let network = jwt::text(&claims, "network")?.to_owned();
    let members: Vec<Member> = claims
        .remove("members")
        .and_then(|members| serde_json::from_value(members).ok())
        .ok_or(NetworkListError::Malformed)?;
    check_members(&members)?;
    let types: BTreeMap<String, Vec<String>> = claims
        .remove("credential_types")
        .and_then(|types| serde_json::from_value(types).ok())
        .ok_or(NetworkListError::Malformed)?;
    let credential_types = types
        .into_iter()
        .filter_map(|(role, types)| Role::from_name(&role).map(|role| (role, types)))
        .collect();
    let successor = claims.remove("successor").map(|value| NetworkDescriptor::from_json(value.to_string()));
    let successor = successor.transpose().map_err(|_| NetworkListError::Malformed)?;
    Ok(ListContent { network, version, members, credential_types, successor })
}

fn check_members(members: &[Member]) -> Result<(), NetworkListError> {
    let mut seen = HashSet::new();
    for member in members {
        if !is_did(&member.did) || !is_host(&member.host) {
            return Err(NetworkListError::Malformed);
        }
        let prefix = member.number_prefix.as_deref().map(|prefix| ("prefix", prefix));
        for unique in [("did", member.did.as_str()), ("host", member.host.as_str())].into_iter().chain(prefix)
        {
            if !seen.insert(unique) {
                return Err(NetworkListError::GivenTwice);
            }
        }
    }
    Ok(())
}

/// The newest list that was ever seen of one network; to be kept over restarts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NetworkState {
    network: String,
    version: u64,
    digest: String,
}

impl NetworkState {
    /// Before any list was seen.
    #[must_use]
    pub fn new(network: &str) -> Self {
        Self { network: network.to_owned(), version: 0, digest: String::new() }
    }

    /// Whether this is about the network with this identifier.
    #[must_use]
    pub fn is_of(&self, network: &str) -> bool {
        self.network == network
    }

    /// The highest version seen, 0 before any.
    #[must_use]
    pub const fn version(&self) -> u64 {
        self.version
    }

    /// Takes note of `list`, unless it is older than the newest one seen.
    ///
    /// # Errors
    /// See [`RollbackError`]; the state is then as before.
    pub fn advance(&mut self, list: &NetworkList) -> Result<(), RollbackError> {
        if list.network() != self.network {
            return Err(RollbackError::OtherNetwork);
        }
        let digest = jose::base64url::encode(list.digest);
        let offered = list.version();
        if offered < self.version {
            return Err(RollbackError::Older { offered, seen: self.version });
        }
        if offered == self.version && !self.digest.is_empty() && digest != self.digest {
            return Err(RollbackError::Equivocation { version: offered });
        }
        self.version = offered;
        self.digest = digest;
        Ok(())
    }
}

#[cfg(test)]
mod tests;

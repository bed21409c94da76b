//! A whole small network for tests, and chains that break one rule each.
//!
//! Behind the feature `testing`; every key is made of a seed, so that two networks of one seed are equal but for signatures.

use environment::{Randomness, SeededRandomness, Timestamp};
use jose::{Algorithm, Jwk, Signer, SigningKey};

use crate::authority::{Authority, BuildError, LeafRequest, Template, Validity, build_self_signed};
use crate::certificate::Certificate;
use crate::chain::CertificateChain;
use crate::descriptor::NetworkDescriptor;
use crate::network_list::{
    ListContent, Member, NetworkList, Role, Standing, sign as sign_list, usual_credential_types,
};
use crate::path::NetworkRoot;
use crate::purpose::{Purpose, SubAuthority};

/// The time at which the test network lives: 2026-11-25T00:00:00Z.
pub const NOW: Timestamp = Timestamp::from_seconds(1_795_564_800);

/// An operator's keys and certificates, in the open.
pub struct TestNetwork {
    /// The root.
    pub root: Authority,
    /// The sub-authority of offices.
    pub offices: Authority,
    /// The sub-authority of spaces.
    pub spaces: Authority,
    /// Signs registration certificates.
    pub registrar: (CertificateChain, SigningKey),
    /// Signs the list.
    pub list_signer: (CertificateChain, SigningKey),
    /// Identifier of the network.
    pub network: String,
    descriptor: NetworkDescriptor,
    randomness: SeededRandomness,
}

/// A party with both its leaves.
pub struct TestParty {
    /// DID.
    pub did: String,
    /// Host.
    pub host: String,
    /// The leaf for requests.
    pub request: (CertificateChain, SigningKey),
    /// The leaf for credentials.
    pub issuing: (CertificateChain, SigningKey),
}

/// One rule that a chain breaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flaw {
    /// The leaf's validity ended yesterday.
    Expired,
    /// The leaf's validity begins tomorrow.
    NotYetValid,
    /// The leaf was signed with another leaf's key.
    LeafBelowLeaf,
    /// The leaf is self-signed and stands alone.
    SelfSigned,
    /// The root stands at the end of `x5c`.
    AnchorIncluded,
    /// The leaf has the usage of TLS servers.
    WrongUsage,
    /// The leaf has the usages for requests and for credentials.
    TwoUsages,
    /// The leaf names another DID.
    OtherDid,
    /// The leaf names two URIs.
    TwoUris,
    /// The leaf names another host.
    OtherHost,
    /// The leaf says that it is an authority.
    LeafIsAuthority,
    /// The chain leads to another root whose certificates bear the same names.
    OtherRoot,
    /// An authority of another root stands at the end of `x5c`. It bears the root's name, and certified nothing in it.
    AuthorityBeside,
}

impl Flaw {
    /// All flaws.
    pub const ALL: &'static [Self] = &[
        Self::Expired,
        Self::NotYetValid,
        Self::LeafBelowLeaf,
        Self::SelfSigned,
        Self::AnchorIncluded,
        Self::WrongUsage,
        Self::TwoUsages,
        Self::OtherDid,
        Self::TwoUris,
        Self::OtherHost,
        Self::LeafIsAuthority,
        Self::OtherRoot,
        Self::AuthorityBeside,
    ];
}

/// Content bytes of `id-kp-serverAuth`.
const SERVER_AUTHENTICATION: &[u8] = &[0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x03, 0x01];

const A_DAY: i64 = 86_400;

impl Default for TestNetwork {
    fn default() -> Self {
        Self::new()
    }
}

#[expect(clippy::expect_used, reason = "this module serves tests only, where a failure must be loud")]
impl TestNetwork {
    /// The usual test network.
    #[must_use]
    pub fn new() -> Self {
        Self::seeded(1)
    }

    /// A network with keys of its own, but the same names.
    #[must_use]
    pub fn seeded(seed: u64) -> Self {
        Self::try_seeded(seed).expect("the templates are good")
    }

    fn try_seeded(seed: u64) -> Result<Self, BuildError> {
        let randomness = SeededRandomness::new(seed);
        let validity = Validity::days(NOW.minus(A_DAY), 3_650);
        let root = Authority::root("Test network", fresh_key(&randomness)?, validity, &randomness)?;
        let below =
            |mark| root.sub_authority(mark, "Test network", fresh_key(&randomness)?, validity, &randomness);
        let offices = below(SubAuthority::Offices)?;
        let spaces = below(SubAuthority::Spaces)?;
        let own = |name, purpose| -> Result<_, BuildError> {
            let key = fresh_key(&randomness)?;
            let request = LeafRequest::Operator { name, purpose, key: key.public_jwk() };
            Ok((CertificateChain::new(root.leaf(request, validity, &randomness)?, Vec::new()), key))
        };
        let registrar = own("Test network registrar", Purpose::Registrar)?;
        let list_signer = own("Test network list", Purpose::NetworkList)?;
        let network = format!("urn:uuid:00000000-0000-4000-8000-{seed:012}");
        let pinned: NetworkRoot = root.as_network_root()?;
        let descriptor = NetworkDescriptor::new(
            &network,
            "Test network",
            pinned,
            "http://operator.localhost/network-list",
            None,
        )
        .map_err(|_| BuildError::Name)?;
        Ok(Self { root, offices, spaces, registrar, list_signer, network, descriptor, randomness })
    }

    /// What wallets and spaces pin.
    #[must_use]
    pub const fn descriptor(&self) -> &NetworkDescriptor {
        &self.descriptor
    }

    /// The sub-authority of a role.
    #[must_use]
    pub const fn authority(&self, role: Role) -> &Authority {
        match role {
            Role::Office => &self.offices,
            Role::Space => &self.spaces,
        }
    }

    /// A fresh P-256 key.
    #[must_use]
    pub fn key(&self) -> SigningKey {
        fresh_key(&self.randomness).expect("seeded randomness makes keys")
    }

    /// A party with fresh keys and both leaves, valid for 90 days from [`NOW`].
    #[must_use]
    pub fn party(&self, role: Role, did: &str, host: &str) -> TestParty {
        let leaf = |purpose| {
            let key = self.key();
            (self.chain(role, did, host, purpose, key.public_jwk()), key)
        };
        TestParty {
            did: did.to_owned(),
            host: host.to_owned(),
            request: leaf(Purpose::RequestSigning),
            issuing: leaf(Purpose::CredentialIssuing),
        }
    }

    /// A good chain for `key`.
    #[must_use]
    pub fn chain(&self, role: Role, did: &str, host: &str, purpose: Purpose, key: &Jwk) -> CertificateChain {
        let request = LeafRequest::Party { did, host, purpose, key };
        let authority = self.authority(role);
        let leaf = authority
            .leaf(request, Validity::days(NOW, 90), &self.randomness)
            .expect("the leaf keeps every rule");
        CertificateChain::new(leaf, vec![authority.certificate().clone()])
    }

    /// A chain for `key` that breaks one rule and no other.
    #[must_use]
    pub fn bad_chain(
        &self,
        flaw: Flaw,
        role: Role,
        did: &str,
        host: &str,
        purpose: Purpose,
        key: &SigningKey,
    ) -> CertificateChain {
        self.try_bad_chain(flaw, role, did, host, purpose, key).expect("the template can be built")
    }

    fn try_bad_chain(
        &self,
        flaw: Flaw,
        role: Role,
        did: &str,
        host: &str,
        purpose: Purpose,
        key: &SigningKey,
    ) -> Result<CertificateChain, BuildError> {
        let mut template = Template {
            purposes: vec![purpose.oid()],
            uris: vec![did.to_owned()],
            hosts: vec![host.to_owned()],
            ..Template::new(host.to_owned(), key.public_jwk(), Validity::days(NOW, 90))
        };
        let authority = self.authority(role);
        let mut above = vec![authority.certificate().clone()];
        match flaw {
            Flaw::Expired => template.validity = Validity::days(NOW.minus(A_DAY * 2), 1),
            Flaw::NotYetValid => template.validity = Validity::days(NOW.plus(A_DAY), 1),
            Flaw::LeafBelowLeaf => {
                let other_key = self.key();
                let other = self.chain(role, did, "other.example", purpose, other_key.public_jwk());
                let acting = Authority::dangerous_from_leaf(other.leaf().clone(), other_key);
                let leaf = acting.build(&template, &self.randomness)?;
                above.insert(0, other.leaf().clone());
                return Ok(CertificateChain::new(leaf, above));
            }
            Flaw::SelfSigned => {
                let leaf = build_self_signed(&template, key, &self.randomness)?;
                return Ok(CertificateChain::new(leaf, Vec::new()));
            }
            Flaw::AnchorIncluded => above.push(self.root.certificate().clone()),
            Flaw::WrongUsage => template.purposes = vec![SERVER_AUTHENTICATION],
            Flaw::TwoUsages => {
                template.purposes = vec![Purpose::RequestSigning.oid(), Purpose::CredentialIssuing.oid()];
            }
            Flaw::OtherDid => template.uris = vec![format!("{did}:other")],
            Flaw::TwoUris => template.uris.push(format!("{did}:other")),
            Flaw::OtherHost => template.hosts = vec![format!("other.{host}")],
            Flaw::LeafIsAuthority => template.authority = Some(0),
            Flaw::OtherRoot => {
                let other = Self::try_seeded(u64::MAX)?;
                return Ok(other.chain(role, did, host, purpose, key.public_jwk()));
            }
            Flaw::AuthorityBeside => above.push(self.authority_beside()?),
        }
        Ok(CertificateChain::new(authority.build(&template, &self.randomness)?, above))
    }

    /// Bears the name of this network's root, has a key of its own, and was certified by a root of another name.
    fn authority_beside(&self) -> Result<Certificate, BuildError> {
        let validity = Validity::days(NOW.minus(A_DAY), 3_650);
        let elsewhere = Authority::root("Elsewhere", self.key(), validity, &self.randomness)?;
        let name = self.root.certificate().common_name().ok_or(BuildError::Name)?;
        let key = self.key();
        let template =
            Template { authority: Some(1), ..Template::new(name.to_owned(), key.public_jwk(), validity) };
        elsewhere.build(&template, &self.randomness)
    }

    /// A signed list of these members.
    #[must_use]
    pub fn sign_list(&self, version: u64, members: &[Member], now: Timestamp) -> String {
        let content = ListContent {
            network: self.network.clone(),
            version,
            members: members.to_vec(),
            credential_types: usual_credential_types(),
            successor: None,
        };
        let (chain, key) = &self.list_signer;
        sign_list(&content, chain, key, now, A_DAY).expect("the key is in memory")
    }

    /// A verified list of these members, made at [`NOW`].
    #[must_use]
    pub fn list(&self, version: u64, members: &[Member]) -> NetworkList {
        NetworkList::verify(&self.sign_list(version, members, NOW), &self.descriptor, NOW)
            .expect("the list keeps every rule")
    }
}

impl TestParty {
    /// The party's entry in the list.
    #[must_use]
    pub fn member(&self, role: Role) -> Member {
        Member {
            did: self.did.clone(),
            host: self.host.clone(),
            roles: vec![role],
            standing: Standing::Admitted,
            display_name: self.host.clone(),
            brand: None,
            number_prefix: None,
        }
    }

    /// The keys of the party's DID document.
    #[must_use]
    pub fn document(&self) -> crate::DocumentKeys {
        crate::DocumentKeys::new(
            &self.did,
            vec![self.request.1.public_jwk().clone()],
            vec![self.issuing.1.public_jwk().clone()],
        )
    }
}

fn fresh_key(randomness: &dyn Randomness) -> Result<SigningKey, BuildError> {
    SigningKey::generate(Algorithm::Es256, randomness).map_err(|_| BuildError::WrongKey)
}

impl Authority {
    /// Lets a leaf act as an authority, which every reader must refuse.
    fn dangerous_from_leaf(certificate: Certificate, key: SigningKey) -> Self {
        Self::unchecked(certificate, key)
    }
}

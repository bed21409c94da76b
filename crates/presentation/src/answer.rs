//! A verified answer, as the domain gets it.

use std::fmt;

use credentials::vc::Facts;
use jose::Jwk;
use serde_json::{Map, Value};

/// Who stands behind a credential.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SignedBy {
    /// A passport office, by DID.
    Office(String),
    /// A space, by DID.
    Space(String),
    /// The holder itself.
    Holder,
    /// Somebody outside the network, under a root that this party named; the leaf's subject.
    Foreign(String),
}

/// One claim that was disclosed.
#[derive(Clone, PartialEq, Eq)]
pub struct DisclosedClaim {
    /// The claim's path, joined by `.`.
    pub path: String,
    /// The disclosure as it was sent; it holds salt, name and value.
    pub disclosure: String,
    /// SHA-256 of the disclosure (RFC 9901 §4.2.3).
    pub digest: [u8; 32],
}

impl fmt::Debug for DisclosedClaim {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "DisclosedClaim({})", self.path)
    }
}

/// One presentation of an answer: signature, key binding, times, status and issuer are checked.
#[derive(Clone)]
pub struct Presented {
    /// The query it answers.
    pub query: String,
    /// Whose word it is.
    pub signed_by: SignedBy,
    /// Type, times, holder key.
    pub facts: Facts,
    /// All claims that were shown, processed (RFC 9901 §7.1).
    pub claims: Map<String, Value>,
    /// Those of them that came as disclosures.
    pub disclosed: Vec<DisclosedClaim>,
}

impl fmt::Debug for Presented {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Presented({}, {:?})", self.query, self.signed_by)
    }
}

/// A verified answer to one request.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The request.
    pub request_id: String,
    /// What the domain said the request is about.
    pub subject: String,
    /// base64url hash of the request object that was answered ([`openid4vc::vp::request::digest_of`]), as its `state`
    /// tells: a wallet that sends a wallet_nonce has an object of its own.
    pub request_hash: String,
    /// Where the person is.
    pub way: openid4vc::vp::verifier::Way,
    /// The key under which our own types were presented, if any was.
    pub answering_key: Option<Jwk>,
    /// The presentations, in the order of the queries.
    pub presented: Vec<Presented>,
}

impl Answer {
    /// The presentation for `query`, if the member gave one.
    #[must_use]
    pub fn for_query(&self, query: &str) -> Option<&Presented> {
        self.presented.iter().find(|presented| presented.query == query)
    }
}

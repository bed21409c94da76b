//! A verifier's request object.

use credentials::dcql::Query;
use did::DidUrl;
use environment::Timestamp;
use jose::jws::Unverified;
use jose::{Algorithm, Jwk, Signer, SigningFailed, jwt};
use serde_json::{Map, Value, json};
use trust::CertificateChain;

use super::{AUDIENCE, ResponseMode, TYPE, VerifierInfo, digest_of};
use crate::to_sign::ToSign;
use crate::vp::client_id::ClientId;
use crate::vp::client_metadata::ClientMetadata;
use crate::vp::state::{ObjectFor, StateKey};

/// As whom a verifier signs its requests.
#[derive(Clone, Debug)]
pub enum SignAs {
    /// `x509_hash`: the chain without its anchor.
    Chain(Box<CertificateChain>),
    /// `decentralized_identifier`: the DID URL of the request key.
    Did(DidUrl),
}

impl SignAs {
    /// The client identifier that follows.
    #[must_use]
    pub fn client_id(&self) -> ClientId {
        match self {
            Self::Chain(chain) => ClientId::x509_hash(chain.leaf().der()),
            Self::Did(url) => ClientId::decentralized_identifier(url.did().clone()),
        }
    }

    fn header(&self) -> Map<String, Value> {
        match self {
            Self::Chain(chain) => chain.to_header(),
            Self::Did(url) => Map::from_iter([("kid".to_owned(), Value::from(url.to_string()))]),
        }
    }
}

/// A request that is to be made.
#[derive(Clone, Debug)]
pub struct NewRequest<'a> {
    /// Where the answer goes.
    pub response_uri: &'a str,
    /// The nonce, at least 128 random bits in characters that need no escaping.
    pub nonce: &'a str,
    /// The state, likewise.
    pub state: &'a str,
    /// What is asked for.
    pub query: &'a Query,
    /// The verifier's name in plain text; wallets show what the certificates say.
    pub client_name: Option<&'a str>,
    /// The public key of this one request: with it the answer is encrypted (`direct_post.jwt`).
    pub encryption_key: Option<&'a Jwk>,
    /// The registration certificate and others.
    pub verifier_info: &'a [VerifierInfo],
    /// What is to be authorised with the answer ([`NewTransaction::encode`]).
    ///
    /// [`NewTransaction::encode`]: crate::vp::transaction_data::NewTransaction::encode
    pub transaction_data: &'a [String],
    /// `iat`.
    pub issued_at: Timestamp,
    /// `exp`.
    pub expires_at: Timestamp,
}

impl NewRequest<'_> {
    /// The response mode that follows from the key.
    #[must_use]
    pub const fn response_mode(&self) -> ResponseMode {
        if self.encryption_key.is_some() { ResponseMode::DirectPostJwt } else { ResponseMode::DirectPost }
    }

    /// The parameters of the request object.
    #[must_use]
    pub fn claims(&self, client_id: &ClientId) -> Map<String, Value> {
        let metadata =
            ClientMetadata::ours(self.client_name.map(str::to_owned), self.encryption_key.cloned());
        let mut claims = Map::new();
        let mut put = |name: &str, value: Value| claims.insert(name.to_owned(), value);
        put("client_id", Value::from(client_id.as_str()));
        put("aud", Value::from(AUDIENCE));
        put("response_type", Value::from("vp_token"));
        put("response_mode", Value::from(self.response_mode().name()));
        put("response_uri", Value::from(self.response_uri));
        put("nonce", Value::from(self.nonce));
        put("state", Value::from(self.state));
        put("dcql_query", self.query.to_value());
        put("client_metadata", metadata.to_value());
        put("iat", json!(self.issued_at.seconds()));
        put("exp", json!(self.expires_at.seconds()));
        if !self.verifier_info.is_empty() {
            put("verifier_info", self.verifier_info.iter().map(VerifierInfo::to_value).collect());
        }
        if !self.transaction_data.is_empty() {
            put("transaction_data", self.transaction_data.to_vec().into());
        }
        claims
    }

    /// The compact request object.
    ///
    /// # Errors
    /// [`SigningFailed`].
    pub fn sign(&self, sign_as: &SignAs, signer: &dyn Signer) -> Result<String, SigningFailed> {
        jwt::sign(TYPE, sign_as.header(), &self.claims(&sign_as.client_id()), signer)
    }
}

/// A request as it was signed for everybody, of which each wallet that sends a wallet_nonce gets an object of its own
/// (§5.10). What such an object says follows from the wallet_nonce alone, so that it can be told again, without its
/// signature, when the answer to it comes back.
#[derive(Clone, Debug)]
pub struct SignedRequest {
    compact: String,
    header: Map<String, Value>,
    claims: Map<String, Value>,
    algorithm: Algorithm,
}

impl SignedRequest {
    /// Reads a request object of our own making; none if it is something else.
    #[must_use]
    pub fn read(compact: &str) -> Option<Self> {
        let jws = Unverified::parse(compact).ok()?;
        Some(Self {
            compact: compact.to_owned(),
            header: jws.header().clone(),
            claims: jws.claims().ok()?,
            algorithm: Algorithm::from_name(jws.header_text("alg")?)?,
        })
    }

    /// The compact request object that everybody gets.
    #[must_use]
    pub fn for_everybody(&self) -> &str {
        &self.compact
    }

    /// The compact request object that repeats `wallet_nonce`.
    ///
    /// # Errors
    /// [`SigningFailed`], also when the signer's key is another than that of the request.
    pub fn for_wallet(
        &self,
        wallet_nonce: &str,
        key: &StateKey,
        signer: &dyn Signer,
    ) -> Result<String, SigningFailed> {
        if signer.algorithm() != self.algorithm {
            return Err(SigningFailed);
        }
        self.repeating(wallet_nonce, key).sign(signer)
    }

    /// [`digest_of`] the request object that was answered.
    #[must_use]
    pub fn digest(&self, answered: &ObjectFor, key: &StateKey) -> [u8; 32] {
        match answered {
            ObjectFor::Everybody => digest_of(&self.compact),
            ObjectFor::Wallet(nonce) => digest_of(&self.repeating(nonce, key).finish(&[])),
        }
    }

    fn repeating(&self, wallet_nonce: &str, key: &StateKey) -> ToSign {
        let mut claims = self.claims.clone();
        let state = key.state(&ObjectFor::Wallet(wallet_nonce.to_owned()));
        claims.insert("state".to_owned(), Value::from(state.expose()));
        claims.insert("wallet_nonce".to_owned(), Value::from(wallet_nonce));
        ToSign::new(self.header.clone(), &claims, self.algorithm)
    }
}

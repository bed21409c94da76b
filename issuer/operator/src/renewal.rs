//! Renewal by itself: a party asks for fresh certificates over HTTP, before the ones it has end.
//!
//! A compact JWS, `typ: passport-renewal+jwt`, by the party's key for requests (`kid` = DID URL of `#request`) over
//! `{"iss": DID, "aud": address of the renewals, "network", "request_jkt", "issuing_jkt", "iat"}`. It asks for what the operator
//! has registered of this party already, under the keys that were certified already, so nothing in it can widen anything; and
//! the answer holds no secret: its certificates travel in every request of the party. So it may be replayed within its five
//! minutes, and gives the same answer.

use environment::Timestamp;
use jose::jws::{self, Policy};
use jose::jwt;
use jose::{Jwk, Signer, SigningFailed, VerifyingKey};
use serde_json::{Map, Value};
use trust::NetworkDescriptor;
use url::Url;

use crate::admission::LeafKeys;

/// Media type of a request for renewal.
pub const MEDIA_TYPE: &str = "application/jwt";
/// Where the operator takes requests for renewal, at the origin of its list.
pub const RENEWALS: &str = "/admission/renewals";

const TYPE: &str = "passport-renewal+jwt";
/// For how many seconds a request counts.
const LIFETIME: i64 = 300;
const CLOCK_SKEW: i64 = 60;

/// Why certificates are not renewed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RenewalError {
    /// The request is not of the documented form.
    #[error("the request for renewal is not of the documented form")]
    Malformed,
    /// No member with this key asked: one answer, whatever it was that did not fit.
    #[error("no member of this network signed this request for renewal for this address")]
    NotFromAMember,
    /// It was made at another time than now.
    #[error("the request for renewal was made at another time: set the clock")]
    Time,
    /// Other keys are to be certified than were.
    #[error("other keys are to be certified than before: hand in a request for admission")]
    OtherKeys,
}

/// Who asks for what.
#[derive(Clone, Copy)]
pub struct Renewal<'a> {
    /// The party's DID.
    pub did: &'a str,
    /// The network it belongs to.
    pub network: &'a str,
    /// The address that the request is sent to.
    pub address: &'a Url,
    /// Its key for requests, which signs.
    pub request: &'a dyn Signer,
    /// Its key for credentials.
    pub issuing: &'a Jwk,
}

/// The address of the renewals of a network.
#[must_use]
pub fn address(descriptor: &NetworkDescriptor) -> Url {
    at_list(descriptor, RENEWALS)
}

pub(crate) fn at_list(descriptor: &NetworkDescriptor, path: &str) -> Url {
    let mut address = descriptor.list().clone();
    address.set_path(path);
    address.set_query(None);
    address
}

impl std::fmt::Debug for Renewal<'_> {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "Renewal({})", self.did)
    }
}

impl Renewal<'_> {
    /// Signs the request.
    ///
    /// # Errors
    /// [`SigningFailed`] when the keeper of the key does not sign.
    pub fn sign(&self, now: Timestamp) -> Result<String, SigningFailed> {
        let header = Map::from_iter([("kid".to_owned(), Value::from(format!("{}#request", self.did)))]);
        let claims = Map::from_iter([
            ("iss".to_owned(), Value::from(self.did)),
            ("aud".to_owned(), Value::from(self.address.as_str())),
            ("network".to_owned(), Value::from(self.network)),
            ("request_jkt".to_owned(), Value::from(self.request.public_jwk().thumbprint_base64url())),
            ("issuing_jkt".to_owned(), Value::from(self.issuing.thumbprint_base64url())),
            ("iat".to_owned(), Value::from(now.seconds())),
        ]);
        jwt::sign(TYPE, header, &claims, self.request)
    }
}

/// A request for renewal that nobody has checked.
pub(crate) struct Asked {
    token: jws::Unverified,
    did: String,
}

impl Asked {
    pub(crate) fn parse(compact: &str) -> Result<Self, RenewalError> {
        let token = jws::Unverified::parse(compact).map_err(|_| RenewalError::Malformed)?;
        let claims = token.claims().map_err(|_| RenewalError::Malformed)?;
        let did = jwt::text(&claims, "iss").map_err(|_| RenewalError::Malformed)?.to_owned();
        Ok(Self { token, did })
    }

    /// Who says it asks.
    pub(crate) fn did(&self) -> &str {
        &self.did
    }

    /// Whether the party that has `keys` asks this operator, now, for those keys.
    pub(crate) fn check(
        self,
        keys: &LeafKeys,
        descriptor: &NetworkDescriptor,
        now: Timestamp,
    ) -> Result<(), RenewalError> {
        let Self { token, did } = self;
        let not_from_a_member = RenewalError::NotFromAMember;
        let key_id = format!("{did}#request");
        if token.header_text("kid") != Some(key_id.as_str()) {
            return Err(not_from_a_member);
        }
        let key = VerifyingKey::new(&keys.request).map_err(|_| not_from_a_member)?;
        let claims = token
            .verify(&key, &Policy::typed(&[TYPE]))
            .and_then(|verified| verified.claims())
            .map_err(|_| not_from_a_member)?;
        let text = |name| jwt::text(&claims, name).map_err(|_| RenewalError::Malformed);
        if text("aud")? != address(descriptor).as_str() || text("network")? != descriptor.network() {
            return Err(not_from_a_member);
        }
        jwt::check_issued_at(&claims, now, LIFETIME, CLOCK_SKEW).map_err(|_| RenewalError::Time)?;
        let same_keys = text("request_jkt")? == keys.request.thumbprint_base64url()
            && text("issuing_jkt")? == keys.issuing.thumbprint_base64url();
        if same_keys { Ok(()) } else { Err(RenewalError::OtherKeys) }
    }
}

//! Brands that admit their own spaces, within limits that the operator set.
//!
//! A brand has a did:jwk, so that its DID says its key and nothing has to be fetched. It signs what it admits, a compact JWS,
//! `typ: passport-brand-admission+jwt`, over `{"iss": DID of the brand, "aud": network, "iat", "admission": the space's request}`,
//! and hands it to the operator, who remains the only one who signs certificates and the list: a brand can put nobody on the
//! list, only ask for it, and what it may ask for is looked up at that moment.

use environment::Timestamp;
use jose::jws::{self, Policy};
use jose::jwt;
use jose::{Jwk, Signer, SigningFailed, VerifyingKey};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use trust::network_list::{Brand, Role, Standing};
use trust::registration::ClaimPath;
use trust::{NetworkDescriptor, is_host};
use url::Url;

use crate::admission::{Admission, AdmissionError};
use crate::renewal::at_list;

/// Where the operator takes admissions by brands, at the origin of its list.
pub const BRAND_ADMISSIONS: &str = "/admission/brands";

const TYPE: &str = "passport-brand-admission+jwt";
const LIFETIME: i64 = 300;
const CLOCK_SKEW: i64 = 60;

/// How far a brand may go.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BrandLimits {
    /// Hosts that its spaces may have: names, or `*.kiln.example.org` for every name below.
    pub hosts: Vec<String>,
    /// How many spaces it may have on the list.
    pub spaces: u32,
    /// Identifiers of the uses that its spaces may register; absent: any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub uses: Option<Vec<String>>,
    /// Claims that its spaces may register; absent: any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub claims: Option<Vec<ClaimPath>>,
    /// The first moment at which it admits nobody any more and its spaces are on the list as lapsed, in seconds since the epoch.
    pub until: i64,
}

/// The limit that was exceeded.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum LimitError {
    /// The host.
    #[error("limit \"hosts\": the brand's spaces have no host {0}")]
    Host(String),
    /// The number of spaces.
    #[error("limit \"spaces\": the brand has {0} already")]
    Spaces(u32),
    /// A use.
    #[error("limit \"uses\": the brand's spaces have no use {0:?}")]
    Use(String),
    /// A claim.
    #[error("limit \"claims\": the brand's spaces ask for no {0}")]
    Claim(String),
    /// The time.
    #[error("limit \"until\": the brand's time is over")]
    Until,
}

/// Why a brand is not made or changed, or its admission not taken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum BrandError {
    /// The identifier of the brand has the wrong form.
    #[error(
        "the identifier of a brand has 1 to 40 lower-case letters, digits and hyphens, and its name 1 to 100 characters"
    )]
    Name,
    /// The brand's DID names no ES256 key.
    #[error("the DID of a brand must be a did:jwk of an ES256 key: `passport verifier brand init` makes one")]
    Did,
    /// The limits cannot be meant.
    #[error("the limits of a brand need hosts, each a DNS name or `*.` and a DNS name of two parts")]
    Limits,
    /// There is a brand with this identifier or DID.
    #[error("there is a brand with this identifier or DID already")]
    Known,
    /// There is no such brand.
    #[error("there is no brand with this identifier")]
    Unknown,
    /// The admission is not of the documented form.
    #[error("the brand's admission is not of the documented form")]
    Malformed,
    /// No brand of this network signed it: one answer, whatever it was that did not fit.
    #[error("no brand of this network signed this admission")]
    NotFromABrand,
    /// It was made at another time than now.
    #[error("the brand's admission was made at another time: set the clock")]
    Time,
    /// The party is no space of this brand.
    #[error("a brand admits spaces that name it as theirs, and nobody else")]
    NotItsSpace,
    /// The brand is suspended.
    #[error("the brand is suspended")]
    Suspended,
    /// A limit is exceeded.
    #[error("beyond the brand's limits: {0}")]
    Limit(#[from] LimitError),
}

/// A brand, as the operator keeps it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BrandRecord {
    /// Identifier and name.
    pub brand: Brand,
    /// Its DID, a did:jwk.
    pub did: String,
    /// How far it may go.
    pub limits: BrandLimits,
    /// Where it stands: admitted or suspended, and its spaces with it.
    #[serde(rename = "status")]
    pub standing: Standing,
}

/// The address at which a network takes admissions by brands.
#[must_use]
pub fn address(descriptor: &NetworkDescriptor) -> Url {
    at_list(descriptor, BRAND_ADMISSIONS)
}

/// The admission of a space by the brand `did`, whose key is `signer`.
///
/// # Errors
/// [`SigningFailed`] when the keeper of the key does not sign.
pub fn sign_admission(
    admission: &Admission,
    did: &str,
    network: &str,
    signer: &dyn Signer,
    now: Timestamp,
) -> Result<String, SigningFailed> {
    let header = Map::from_iter([("kid".to_owned(), Value::from(format!("{did}#0")))]);
    let claims = Map::from_iter([
        ("iss".to_owned(), Value::from(did)),
        ("aud".to_owned(), Value::from(network)),
        ("iat".to_owned(), Value::from(now.seconds())),
        ("admission".to_owned(), serde_json::to_value(admission).map_err(|_| SigningFailed)?),
    ]);
    jwt::sign(TYPE, header, &claims, signer)
}

impl BrandLimits {
    pub(crate) fn check(&self) -> Result<(), BrandError> {
        let is_good = |pattern: &String| match pattern.strip_prefix("*.") {
            // A whole top-level domain is nobody's; below localhost, names are this machine's.
            Some(below) => is_host(below) && (below.contains('.') || below == "localhost"),
            None => is_host(pattern),
        };
        if self.hosts.is_empty() || !self.hosts.iter().all(is_good) {
            Err(BrandError::Limits)
        } else {
            Ok(())
        }
    }

    fn allows_host(&self, host: &str) -> bool {
        self.hosts.iter().any(|pattern| match pattern.strip_prefix('*') {
            // The dot stays, so that evilkiln.example.org is not below kiln.example.org.
            Some(below) => host.len() > below.len() && host.ends_with(below),
            None => host == pattern,
        })
    }

    /// What does not depend on the brand's other spaces.
    fn allow(&self, admission: &Admission, now: Timestamp) -> Result<(), LimitError> {
        if now.seconds() >= self.until {
            return Err(LimitError::Until);
        }
        if !self.allows_host(&admission.host) {
            return Err(LimitError::Host(admission.host.clone()));
        }
        for intended in &admission.registration.intended_uses {
            if self.uses.as_ref().is_some_and(|uses| !uses.contains(&intended.id)) {
                return Err(LimitError::Use(intended.id.clone()));
            }
            let Some(allowed) = &self.claims else { continue };
            for claim in &intended.claims {
                if !allowed.iter().any(|one| one.covers(&claim.path)) {
                    return Err(LimitError::Claim(claim.path.to_string()));
                }
            }
        }
        Ok(())
    }
}

impl BrandRecord {
    pub(crate) fn check(&self) -> Result<(), BrandError> {
        let id = &self.brand.id;
        let fits = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        let name_length = self.brand.name.trim().chars().count();
        if id.is_empty() || id.len() > 40 || !id.bytes().all(fits) || !(1..=100).contains(&name_length) {
            return Err(BrandError::Name);
        }
        key_of(&self.did).ok_or(BrandError::Did)?;
        self.limits.check()
    }

    /// Whether a space of this brand may go on as it is, or be one of its spaces anew.
    pub(crate) fn allows(&self, admission: &Admission, now: Timestamp) -> Result<(), BrandError> {
        if self.standing != Standing::Admitted {
            return Err(BrandError::Suspended);
        }
        if admission.role != Role::Space || admission.brand.as_ref() != Some(&self.brand) {
            return Err(BrandError::NotItsSpace);
        }
        Ok(self.limits.allow(admission, now)?)
    }
}

/// The ES256 key that a did:jwk says.
fn key_of(did: &str) -> Option<Jwk> {
    let did = did::Did::parse(did).ok()?;
    let document = did::jwk::resolve(&did).ok()?;
    let (_, key) = document.keys(did::Relationship::AssertionMethod).into_iter().next()?;
    // One key has one DID.
    let is_canonical = did::jwk::did(&key).is_ok_and(|canonical| canonical == did);
    (is_canonical && key.algorithm() == jose::Algorithm::Es256).then_some(key)
}

/// An admission by a brand that nobody has checked.
pub(crate) struct Signed {
    token: jws::Unverified,
    brand: String,
}

impl Signed {
    pub(crate) fn parse(compact: &str) -> Result<Self, BrandError> {
        let token = jws::Unverified::parse(compact).map_err(|_| BrandError::Malformed)?;
        let claims = token.claims().map_err(|_| BrandError::Malformed)?;
        let brand = jwt::text(&claims, "iss").map_err(|_| BrandError::Malformed)?.to_owned();
        Ok(Self { token, brand })
    }

    /// The DID of the brand that says it admits.
    pub(crate) fn brand(&self) -> &str {
        &self.brand
    }

    /// The space's request, if `brand` signed it for this network just now.
    pub(crate) fn verify(
        self,
        brand: &BrandRecord,
        network: &str,
        now: Timestamp,
    ) -> Result<Admission, BrandError> {
        let key_id = format!("{}#0", brand.did);
        if self.token.header_text("kid") != Some(key_id.as_str()) {
            return Err(BrandError::NotFromABrand);
        }
        let key = key_of(&brand.did).ok_or(BrandError::NotFromABrand)?;
        let key = VerifyingKey::new(&key).map_err(|_| BrandError::NotFromABrand)?;
        let mut claims = self
            .token
            .verify(&key, &Policy::typed(&[TYPE]))
            .and_then(|verified| verified.claims())
            .map_err(|_| BrandError::NotFromABrand)?;
        if jwt::text(&claims, "aud").map_err(|_| BrandError::Malformed)? != network {
            return Err(BrandError::NotFromABrand);
        }
        jwt::check_issued_at(&claims, now, LIFETIME, CLOCK_SKEW).map_err(|_| BrandError::Time)?;
        let admission = claims.remove("admission").ok_or(BrandError::Malformed)?;
        Admission::from_json(admission.to_string()).map_err(|error| match error {
            AdmissionError::Malformed => BrandError::Malformed,
            _ => BrandError::NotItsSpace,
        })
    }
}

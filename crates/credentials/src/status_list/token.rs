//! The status list token (§5.1): a JWT whose `sub` is the list's own address.

use environment::Timestamp;
use jose::jws::{self, JwsError, Policy};
use jose::jwt::{self, ClaimError};
use jose::{Signer, SigningFailed, VerifyingKey};
use serde_json::{Map, Value, json};

use super::{Bits, CWT_MEDIA_TYPE, CoseFault, ListError, MEDIA_TYPE, Status, StatusList, TYPE};
use crate::issuer_key::{IssuerKeyError, SignAs, x5c};

/// Longest token that is read, in bytes.
pub const LONGEST_TOKEN: usize = 8 << 20;

/// Why a status list token is not taken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TokenError {
    /// The token is longer than is read.
    #[error("the status list token is too long")]
    TooLong,
    /// The CWT form, to which an SD-JWT VC may not point (SD-JWT VC §3.2.2.2).
    #[error("a status list in CWT form is not taken for an SD-JWT VC: ask for application/statuslist+jwt")]
    Cwt,
    /// The CWT form, where it is read, is malformed, of the wrong type or algorithm, or not signed by this key.
    #[error("the status list token is refused: {0}")]
    Cose(#[from] CoseFault),
    /// The response is of another media type.
    #[error("a status list token is served as application/statuslist+jwt")]
    WrongMediaType,
    /// The JWT is malformed, of the wrong type or algorithm, or not signed by this key.
    #[error("the status list token is refused: {0}")]
    Jws(#[from] JwsError),
    /// `x5c` is malformed.
    #[error(transparent)]
    IssuerKey(#[from] IssuerKeyError),
    /// A claim is missing, of the wrong type, or out of its time.
    #[error("the status list token is refused: {0}")]
    Claim(#[from] ClaimError),
    /// `sub` is not the `uri` in the credential (§8.3).
    #[error("sub of the status list token is not the uri in the credential")]
    WrongSubject,
    /// `ttl` is not a positive number (§5.1).
    #[error("ttl must be a positive number")]
    BadTtl,
    /// The list itself cannot be read, or the index lies outside.
    #[error(transparent)]
    List(#[from] ListError),
    /// A list of another time was asked for (§8.4).
    #[error("the status list token does not cover the time that was asked for")]
    OtherTime,
    /// A list of before: a newer one of the same address and signer was seen.
    #[error(
        "the status list token is older (iat {}) than one that was seen before (iat {})",
        .issued_at.seconds(),
        .seen.seconds()
    )]
    OlderThanSeen {
        /// `iat` of this token.
        issued_at: Timestamp,
        /// `iat` of the newest one that was seen.
        seen: Timestamp,
    },
}

impl TokenError {
    /// A short name for reports.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::TooLong | Self::List(ListError::TooLarge) => "too_long",
            Self::Cwt => "cwt_not_supported",
            Self::Cose(fault) => fault.code(),
            Self::WrongMediaType => "wrong_media_type",
            Self::Jws(error) => crate::sd_jwt::jws_code(error),
            Self::IssuerKey(error) => error.code(),
            Self::Claim(ClaimError::Missing(_)) => "missing_claim",
            Self::Claim(ClaimError::Expired { .. }) => "expired",
            Self::Claim(ClaimError::NotYetValid { .. } | ClaimError::IssuedAtOutsideWindow { .. }) => {
                "not_yet_valid"
            }
            Self::Claim(_) => "malformed_claim",
            Self::WrongSubject => "wrong_subject",
            Self::BadTtl => "bad_ttl",
            Self::List(ListError::OutOfRange) => "index_out_of_range",
            Self::List(_) => "malformed_list",
            Self::OtherTime => "other_time",
            Self::OlderThanSeen { .. } => "older_than_seen",
        }
    }

    /// The section of a standard that is broken.
    #[must_use]
    pub const fn section(&self) -> &'static str {
        match self {
            Self::Cwt => "SD-JWT VC §3.2.2.2",
            Self::Cose(_) => "Token Status List §5.2",
            Self::WrongMediaType => "Token Status List §8.2",
            Self::WrongSubject | Self::List(ListError::OutOfRange) => "Token Status List §8.3",
            Self::OtherTime => "Token Status List §8.4",
            Self::List(_) => "Token Status List §4",
            _ => "Token Status List §5.1",
        }
    }
}

/// What to publish.
#[derive(Clone, Copy, Debug)]
pub struct Publishing<'a> {
    /// The list.
    pub list: &'a StatusList,
    /// Its address: `sub`, and the `uri` in credentials.
    pub uri: &'a str,
    /// `iat`.
    pub issued_at: Timestamp,
    /// `exp`.
    pub expires: Option<Timestamp>,
    /// `ttl` in seconds: how long a copy may be used before it is fetched again.
    pub ttl: Option<u32>,
    /// `aggregation_uri`.
    pub aggregation_uri: Option<&'a str>,
}

/// Signs a status list token, with the key and chain of the credentials that point to it.
///
/// # Errors
/// [`SigningFailed`].
pub fn sign(
    publishing: &Publishing<'_>,
    sign_as: SignAs<'_>,
    signer: &dyn Signer,
) -> Result<String, SigningFailed> {
    let list = publishing.list;
    let mut status_list = json!({"bits": list.bits().count(), "lst": list.to_lst()});
    if let (Some(uri), Some(members)) = (publishing.aggregation_uri, status_list.as_object_mut()) {
        members.insert("aggregation_uri".to_owned(), Value::from(uri));
    }
    let mut claims = Map::from_iter([
        ("sub".to_owned(), Value::from(publishing.uri)),
        ("iat".to_owned(), Value::from(publishing.issued_at.seconds())),
        ("status_list".to_owned(), status_list),
    ]);
    let mut set = |name: &str, value: Option<Value>| {
        if let Some(value) = value {
            claims.insert(name.to_owned(), value);
        }
    };
    set("iss", sign_as.issuer().map(Value::from));
    set("exp", publishing.expires.map(|expires| Value::from(expires.seconds())));
    set("ttl", publishing.ttl.filter(|ttl| *ttl > 0).map(Value::from));
    jwt::sign(TYPE, sign_as.header(), &claims, signer)
}

/// A token whose signer's key is still to be found.
#[derive(Clone, Debug)]
pub struct UnverifiedToken {
    jws: jws::Unverified,
    chain: Option<Vec<Vec<u8>>>,
}

/// A token that the right key signed, with its list inflated.
#[derive(Clone, Debug)]
pub struct VerifiedToken {
    list: StatusList,
    issued_at: Timestamp,
    expires: Option<Timestamp>,
    ttl: Option<i64>,
    aggregation_uri: Option<String>,
}

impl UnverifiedToken {
    /// Reads the body of a response.
    ///
    /// # Errors
    /// [`TokenError::Cwt`], [`TokenError::WrongMediaType`], and those of [`UnverifiedToken::parse`].
    pub fn from_response(content_type: &str, body: &[u8]) -> Result<Self, TokenError> {
        let essence = content_type.split(';').next().unwrap_or_default().trim();
        if essence.eq_ignore_ascii_case(CWT_MEDIA_TYPE) {
            return Err(TokenError::Cwt);
        }
        if !essence.eq_ignore_ascii_case(MEDIA_TYPE) {
            return Err(TokenError::WrongMediaType);
        }
        Self::parse(body)
    }

    /// Reads a token.
    ///
    /// # Errors
    /// [`TokenError::TooLong`], [`TokenError::Cwt`], [`TokenError::Jws`], [`TokenError::IssuerKey`].
    pub fn parse(token: impl AsRef<[u8]>) -> Result<Self, TokenError> {
        let token = token.as_ref();
        if token.len() > LONGEST_TOKEN {
            return Err(TokenError::TooLong);
        }
        // CBOR tags 18 (COSE_Sign1) and 17 (COSE_Mac0), and an untagged array of four.
        if matches!(token.first(), Some(0xd2 | 0xd1 | 0x84)) {
            return Err(TokenError::Cwt);
        }
        let text = std::str::from_utf8(token).map_err(|_| JwsError::Malformed)?;
        let jws = jws::Unverified::parse(text)?;
        let chain = x5c(jws.header())?;
        Ok(Self { jws, chain })
    }

    /// The header, not yet authenticated: only for finding the key.
    #[must_use]
    pub const fn header(&self) -> &Map<String, Value> {
        self.jws.header()
    }

    /// The certificates of `x5c` in DER, leaf first.
    #[must_use]
    pub fn x5c(&self) -> Option<&[Vec<u8>]> {
        self.chain.as_deref()
    }

    /// `kid`.
    #[must_use]
    pub fn kid(&self) -> Option<&str> {
        self.jws.header_text("kid")
    }

    /// Checks the token of the list at `uri` (§8.3), which is compared exactly.
    ///
    /// # Errors
    /// See [`TokenError`].
    pub fn verify(
        self,
        key: &VerifyingKey,
        uri: &str,
        now: Timestamp,
        skew: i64,
    ) -> Result<VerifiedToken, TokenError> {
        let claims = self.jws.verify(key, &Policy::typed(&[TYPE]))?.claims()?;
        VerifiedToken::checked(&claims, uri, now, skew)
    }

    /// Checks a token that was asked for as of another `time` (§8.4).
    ///
    /// # Errors
    /// See [`TokenError`]; [`TokenError::OtherTime`] unless `iat` ≤ `time` ≤ `exp`.
    pub fn verify_as_of(
        self,
        key: &VerifyingKey,
        uri: &str,
        time: Timestamp,
    ) -> Result<VerifiedToken, TokenError> {
        let claims = self.jws.verify(key, &Policy::typed(&[TYPE]))?.claims()?;
        if jwt::text(&claims, "sub")? != uri {
            return Err(TokenError::WrongSubject);
        }
        let token = VerifiedToken::of(&claims, jwt::required_date(&claims, "iat")?)?;
        if time < token.issued_at || token.expires.is_some_and(|expires| time > expires) {
            return Err(TokenError::OtherTime);
        }
        Ok(token)
    }
}

impl VerifiedToken {
    /// Checks authenticated claims (§8.3), of whichever form the token was.
    pub(super) fn checked(
        claims: &Map<String, Value>,
        uri: &str,
        now: Timestamp,
        skew: i64,
    ) -> Result<Self, TokenError> {
        if jwt::text(claims, "sub")? != uri {
            return Err(TokenError::WrongSubject);
        }
        // A token of any age is taken while exp allows; one from the future is not.
        let issued_at = jwt::check_issued_at(claims, now, i64::MAX, skew)?;
        jwt::check_validity(claims, now, skew)?;
        Self::of(claims, issued_at)
    }

    fn of(claims: &Map<String, Value>, issued_at: Timestamp) -> Result<Self, TokenError> {
        let status_list = claims.get("status_list").ok_or(ClaimError::Missing("status_list"))?;
        let wrong_type = TokenError::Claim(ClaimError::WrongType("status_list"));
        let Some(status_list) = status_list.as_object() else { return Err(wrong_type) };
        let bits = status_list.get("bits").and_then(Value::as_u64).ok_or(ListError::BadBits)?;
        let lst = status_list.get("lst").and_then(Value::as_str).ok_or(ListError::BadEncoding)?;
        let aggregation_uri = match status_list.get("aggregation_uri") {
            None => None,
            Some(Value::String(uri)) => Some(uri.clone()),
            Some(_) => return Err(wrong_type),
        };
        Ok(Self {
            list: StatusList::from_lst(Bits::from_count(bits)?, lst)?,
            issued_at,
            expires: jwt::date(claims, "exp")?,
            ttl: ttl(claims)?,
            aggregation_uri,
        })
    }

    /// Refuses a list of before. Such a list may count by its own `exp`, and whoever can answer in the host's place, or a
    /// cache before it, could undo with it what a newer one said. `seen` is `iat` of the newest list of the same address
    /// and signer that was checked; of the same second any may be the later one.
    ///
    /// # Errors
    /// [`TokenError::OlderThanSeen`].
    pub fn not_older_than(self, seen: Option<Timestamp>) -> Result<Self, TokenError> {
        match seen.filter(|seen| *seen > self.issued_at) {
            Some(seen) => Err(TokenError::OlderThanSeen { issued_at: self.issued_at, seen }),
            None => Ok(self),
        }
    }

    /// The status of a credential.
    ///
    /// # Errors
    /// [`TokenError::Claim`] once `exp` has passed, [`TokenError::List`] for an index outside (§8.3).
    pub fn status(&self, index: u64, now: Timestamp) -> Result<Status, TokenError> {
        if let Some(expires) = self.expires
            && now >= expires
        {
            let (expired_at, now) = (expires.seconds(), now.seconds());
            return Err(ClaimError::Expired { expired_at, now }.into());
        }
        Ok(self.list.get(index)?)
    }

    /// Until when a copy fetched at `fetched` may be used without fetching again: the sooner of `ttl` and
    /// `exp`, whatever HTTP headers say (§13.7); `None` when the token says neither.
    #[must_use]
    pub fn cache_until(&self, fetched: Timestamp) -> Option<Timestamp> {
        let fresh = self.ttl.map(|ttl| fetched.plus(ttl));
        match (fresh, self.expires) {
            (Some(fresh), Some(expires)) => Some(fresh.min(expires)),
            (fresh, expires) => fresh.or(expires),
        }
    }

    /// The list.
    #[must_use]
    pub const fn list(&self) -> &StatusList {
        &self.list
    }

    /// `iat`.
    #[must_use]
    pub const fn issued_at(&self) -> Timestamp {
        self.issued_at
    }

    /// `exp`.
    #[must_use]
    pub const fn expires(&self) -> Option<Timestamp> {
        self.expires
    }

    /// `aggregation_uri`.
    #[must_use]
    pub fn aggregation_uri(&self) -> Option<&str> {
        self.aggregation_uri.as_deref()
    }
}

fn ttl(claims: &Map<String, Value>) -> Result<Option<i64>, TokenError> {
    let Some(seconds) = jwt::date(claims, "ttl").map_err(|_| TokenError::BadTtl)? else { return Ok(None) };
    if seconds.seconds() > 0 { Ok(Some(seconds.seconds())) } else { Err(TokenError::BadTtl) }
}

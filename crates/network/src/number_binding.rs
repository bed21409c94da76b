//! Whose a passport number is (specs/number.md).
//!
//! - [`HolderStatement`]: the member's word, by the key `#sign` of its DID, that it holds a number. The office keeps it.
//! - [`BindingToken`]: the office's word about a number to one asker, with the member's statement inside. Neither counts alone:
//!   an office cannot say that a number is a DID's that never said so, and a DID cannot claim a number that no office gave it.
//! - [`Stating`], [`Renumber`], [`Blocks`]: what the member says about its number to its office, by the same key, just now.
//!   Spaces see statements, and never these.
//!
//! Numbers stand here in their canonical spelling, thirteen symbols without separators; their grammar is `did::number`'s. The
//! certificates in a token's header are `trust`'s.

use environment::{Randomness, Timestamp};
use jose::jws::Unverified;
use jose::{Signer, SigningFailed, VerifyingKey, base64url};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::MessageError;
use crate::signed::{self, SKEW};

/// The fragment of the member's key that signs statements and wishes.
pub const KEY: &str = "sign";
/// The `typ` of a holder statement.
pub const HOLDER_TYPE: &str = "passport-number-holder+jwt";
/// The `typ` of the wish that an office keep a holder statement.
pub const STATING_TYPE: &str = "passport-number-stating+jwt";
/// The `typ` of a binding token.
pub const BINDING_TYPE: &str = "passport-binding+jwt";
/// The `typ` of the wish for another number.
pub const RENUMBER_TYPE: &str = "passport-renumber+jwt";
/// The `typ` of a list of blocked spaces.
pub const BLOCKS_TYPE: &str = "passport-blocks+jwt";
/// The path at an office where numbers are asked for, and statements left.
pub const PATH: &str = "/number-binding";
/// The path at an office where a number is replaced.
pub const REPLACE_PATH: &str = "/number-binding/replace";
/// The path at an office where spaces are blocked.
pub const BLOCKS_PATH: &str = "/number-binding/blocks";
/// Seconds for which a holder statement counts at most: 90 days. It names no reader, so that whoever was told a number can show
/// it to others for as long.
pub const LONGEST_STATEMENT: i64 = 90 * 86_400;
/// Seconds for which a binding token counts at most.
pub const LONGEST_BINDING: i64 = 86_400;
/// Most spaces that a member blocks.
pub const MOST_BLOCKED: usize = 256;
/// Seconds for which a wish counts.
const WISH_LIFETIME: i64 = 300;

/// What an asker posts to [`PATH`].
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Question {
    /// The number, canonical.
    pub number: String,
}

/// The member's word that it holds a number.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HolderStatement {
    /// The member's DID.
    #[serde(rename = "iss")]
    pub did: String,
    /// The number, canonical.
    pub number: String,
    /// When it was made, in seconds since the epoch.
    #[serde(rename = "iat")]
    pub issued_at: i64,
    /// The first moment at which it no longer counts, in seconds since the epoch.
    #[serde(rename = "exp")]
    pub expires_at: i64,
}

impl HolderStatement {
    /// A statement for the longest time.
    #[must_use]
    pub fn new(did: &str, number: &str, now: Timestamp) -> Self {
        Self {
            did: did.to_owned(),
            number: number.to_owned(),
            issued_at: now.seconds(),
            expires_at: now.plus(LONGEST_STATEMENT).seconds(),
        }
    }

    /// Signs the statement with the DID's key [`KEY`].
    ///
    /// # Errors
    /// [`SigningFailed`].
    pub fn sign(&self, signer: &dyn Signer) -> Result<String, SigningFailed> {
        signed::sign(HOLDER_TYPE, &key_id(&self.did), self, signer)
    }

    /// Checks that whoever has `key`, the [`KEY`] of `did`, says that it holds `number`.
    ///
    /// # Errors
    /// See [`MessageError`].
    pub fn verify(
        message: &str,
        key: &VerifyingKey,
        did: &str,
        number: &str,
        now: Timestamp,
    ) -> Result<Self, MessageError> {
        let statement: Self = by_member(message, HOLDER_TYPE, did, key, now)?;
        if statement.number != number {
            return Err(MessageError::OtherNumber);
        }
        lives_at_most(LONGEST_STATEMENT, statement.issued_at, statement.expires_at)?;
        Ok(statement)
    }

    /// Whether less than half of its life is left.
    #[must_use]
    pub fn is_due(issued_at: i64, expires_at: i64, now: Timestamp) -> bool {
        let left = Timestamp::from_seconds(expires_at).since(now);
        let life = Timestamp::from_seconds(expires_at).since(Timestamp::from_seconds(issued_at));
        left.saturating_mul(2) < life
    }
}

impl std::fmt::Debug for HolderStatement {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("HolderStatement")
    }
}

/// The member's wish that its office keep a holder statement. Spaces are handed the statement, and so it proves to the office
/// nothing about who sends it; this is for the office alone, new, and taken once.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stating {
    /// The member's DID.
    #[serde(rename = "iss")]
    pub did: String,
    /// The office's DID.
    #[serde(rename = "aud")]
    pub office: String,
    /// The [`HolderStatement`] as the member signed it.
    pub holder: String,
    /// When the wish was made, in seconds since the epoch.
    #[serde(rename = "iat")]
    pub issued_at: i64,
    /// Tells wishes apart: base64url of 16 random bytes.
    #[serde(rename = "jti")]
    pub id: String,
}

impl Stating {
    /// A wish of now.
    #[must_use]
    pub fn new(did: &str, office: &str, holder: String, now: Timestamp, randomness: &dyn Randomness) -> Self {
        Self {
            did: did.to_owned(),
            office: office.to_owned(),
            holder,
            issued_at: now.seconds(),
            id: fresh_id(randomness),
        }
    }

    /// Signs the wish with the DID's key [`KEY`].
    ///
    /// # Errors
    /// [`SigningFailed`].
    pub fn sign(&self, signer: &dyn Signer) -> Result<String, SigningFailed> {
        signed::sign(STATING_TYPE, &key_id(&self.did), self, signer)
    }

    /// Checks that whoever has `key`, the [`KEY`] of `did`, says this to `office`, just now. The statement inside is to be
    /// checked by itself.
    ///
    /// # Errors
    /// See [`MessageError`].
    pub fn verify(
        message: &str,
        key: &VerifyingKey,
        did: &str,
        office: &str,
        now: Timestamp,
    ) -> Result<Self, MessageError> {
        let wish: Self = by_member(message, STATING_TYPE, did, key, now)?;
        check_wish(&wish.office, office, wish.issued_at, now)?;
        Ok(wish)
    }

    /// The first moment at which the wish is taken no longer: until then its `jti` is to be known.
    #[must_use]
    pub const fn taken_until(&self) -> Timestamp {
        Timestamp::from_seconds(self.issued_at).plus(WISH_LIFETIME.saturating_add(SKEW).saturating_add(1))
    }
}

impl std::fmt::Debug for Stating {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Stating")
    }
}

/// The office's word, to one asker, whose a number is.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BindingToken {
    /// The office's DID.
    #[serde(rename = "iss")]
    pub office: String,
    /// The DID of who asked: a space, or the member who left the statement.
    #[serde(rename = "aud")]
    pub audience: String,
    /// The number, canonical.
    pub number: String,
    /// The member's DID.
    #[serde(rename = "sub")]
    pub did: String,
    /// The [`HolderStatement`] as the member signed it.
    pub holder: String,
    /// When it was made, in seconds since the epoch.
    #[serde(rename = "iat")]
    pub issued_at: i64,
    /// The first moment at which it no longer counts, in seconds since the epoch.
    #[serde(rename = "exp")]
    pub expires_at: i64,
}

impl BindingToken {
    /// Signs the token with the office's issuing key, whose DID URL is `key_id`; `chain` is the header with its `x5c`
    /// (RFC 7515 §4.1.6).
    ///
    /// # Errors
    /// [`SigningFailed`].
    pub fn sign(
        &self,
        key_id: &str,
        mut chain: Map<String, Value>,
        signer: &dyn Signer,
    ) -> Result<String, SigningFailed> {
        chain.insert("kid".to_owned(), Value::from(key_id));
        let Ok(Value::Object(claims)) = serde_json::to_value(self) else { return Err(SigningFailed) };
        jose::jwt::sign(BINDING_TYPE, chain, &claims, signer)
    }

    /// Checks the office's half: signed by `key` of `office`, for `audience`, about `number`, for a day at most. That `office`
    /// may speak about this number is for the caller to know, by the network list.
    ///
    /// # Errors
    /// See [`MessageError`].
    pub fn verify(
        message: &str,
        key: &VerifyingKey,
        office: &str,
        audience: &str,
        number: &str,
        now: Timestamp,
    ) -> Result<Self, MessageError> {
        let token: Self = signed::verify(message, BINDING_TYPE, office, key, now)?;
        if token.audience != audience {
            return Err(MessageError::OtherAudience);
        }
        if token.number != number {
            return Err(MessageError::OtherNumber);
        }
        lives_at_most(LONGEST_BINDING, token.issued_at, token.expires_at)?;
        Ok(token)
    }

    /// Checks the member's half with `key`, the [`KEY`] of the DID that the token names.
    ///
    /// # Errors
    /// See [`MessageError`].
    pub fn verify_holder(&self, key: &VerifyingKey, now: Timestamp) -> Result<HolderStatement, MessageError> {
        HolderStatement::verify(&self.holder, key, &self.did, &self.number, now)
    }
}

impl std::fmt::Debug for BindingToken {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("BindingToken")
    }
}

/// The member's wish for another number.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Renumber {
    /// The member's DID.
    #[serde(rename = "iss")]
    pub did: String,
    /// The office's DID.
    #[serde(rename = "aud")]
    pub office: String,
    /// The number that is to count no more, canonical.
    pub number: String,
    /// When the wish was made, in seconds since the epoch.
    #[serde(rename = "iat")]
    pub issued_at: i64,
    /// Tells wishes apart: base64url of 16 random bytes.
    #[serde(rename = "jti")]
    pub id: String,
}

impl Renumber {
    /// A wish of now.
    #[must_use]
    pub fn new(did: &str, office: &str, number: &str, now: Timestamp, randomness: &dyn Randomness) -> Self {
        Self {
            did: did.to_owned(),
            office: office.to_owned(),
            number: number.to_owned(),
            issued_at: now.seconds(),
            id: fresh_id(randomness),
        }
    }

    /// Signs the wish with the DID's key [`KEY`].
    ///
    /// # Errors
    /// [`SigningFailed`].
    pub fn sign(&self, signer: &dyn Signer) -> Result<String, SigningFailed> {
        signed::sign(RENUMBER_TYPE, &key_id(&self.did), self, signer)
    }

    /// Checks that whoever has `key`, the [`KEY`] of `did`, says this to `office`, just now.
    ///
    /// # Errors
    /// See [`MessageError`].
    pub fn verify(
        message: &str,
        key: &VerifyingKey,
        did: &str,
        office: &str,
        now: Timestamp,
    ) -> Result<Self, MessageError> {
        let wish: Self = by_member(message, RENUMBER_TYPE, did, key, now)?;
        check_wish(&wish.office, office, wish.issued_at, now)?;
        Ok(wish)
    }
}

impl std::fmt::Debug for Renumber {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Renumber")
    }
}

/// The spaces to which the member's number shall say nothing: all of them, each time.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Blocks {
    /// The member's DID.
    #[serde(rename = "iss")]
    pub did: String,
    /// The office's DID.
    #[serde(rename = "aud")]
    pub office: String,
    /// The DIDs of the spaces.
    pub blocked: Vec<String>,
    /// When the list was made, in seconds since the epoch.
    #[serde(rename = "iat")]
    pub issued_at: i64,
    /// Tells lists apart: base64url of 16 random bytes.
    #[serde(rename = "jti")]
    pub id: String,
}

impl Blocks {
    /// A list of now.
    #[must_use]
    pub fn new(
        did: &str,
        office: &str,
        blocked: Vec<String>,
        now: Timestamp,
        randomness: &dyn Randomness,
    ) -> Self {
        Self {
            did: did.to_owned(),
            office: office.to_owned(),
            blocked,
            issued_at: now.seconds(),
            id: fresh_id(randomness),
        }
    }

    /// Signs the list with the DID's key [`KEY`].
    ///
    /// # Errors
    /// [`SigningFailed`].
    pub fn sign(&self, signer: &dyn Signer) -> Result<String, SigningFailed> {
        signed::sign(BLOCKS_TYPE, &key_id(&self.did), self, signer)
    }

    /// Checks that whoever has `key`, the [`KEY`] of `did`, says this to `office`, just now.
    ///
    /// # Errors
    /// See [`MessageError`].
    pub fn verify(
        message: &str,
        key: &VerifyingKey,
        did: &str,
        office: &str,
        now: Timestamp,
    ) -> Result<Self, MessageError> {
        let list: Self = by_member(message, BLOCKS_TYPE, did, key, now)?;
        check_wish(&list.office, office, list.issued_at, now)?;
        if list.blocked.len() > MOST_BLOCKED { Err(MessageError::Malformed) } else { Ok(list) }
    }
}

impl std::fmt::Debug for Blocks {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Blocks")
    }
}

/// The DID whose [`KEY`] a statement or wish is said to be signed with, so that the key can be found. Nothing is checked yet.
///
/// # Errors
/// [`MessageError::ForeignKey`] when `kid` names no such key, and the errors of the envelope.
pub fn speaker(message: &str) -> Result<String, MessageError> {
    let kid = signed::kid(message)?;
    match kid.split_once('#') {
        Some((did, KEY)) if !did.is_empty() => Ok(did.to_owned()),
        _ => Err(MessageError::ForeignKey),
    }
}

/// The number that a statement or wish is about, so that it can be looked up. Nothing is checked yet.
///
/// # Errors
/// [`MessageError::Malformed`] when it names none, and the errors of the envelope.
pub fn number_in(message: &str) -> Result<String, MessageError> {
    let claims = Unverified::parse(message)?.claims()?;
    claims.get("number").and_then(Value::as_str).map(str::to_owned).ok_or(MessageError::Malformed)
}

fn key_id(did: &str) -> String {
    format!("{did}#{KEY}")
}

fn fresh_id(randomness: &dyn Randomness) -> String {
    base64url::encode(randomness.bytes::<16>())
}

fn by_member<T: DeserializeOwned>(
    message: &str,
    typ: &str,
    did: &str,
    key: &VerifyingKey,
    now: Timestamp,
) -> Result<T, MessageError> {
    if speaker(message)? != did {
        return Err(MessageError::ForeignKey);
    }
    signed::verify(message, typ, did, key, now)
}

fn lives_at_most(seconds: i64, issued_at: i64, expires_at: i64) -> Result<(), MessageError> {
    let life = Timestamp::from_seconds(expires_at).since(Timestamp::from_seconds(issued_at));
    if (0..=seconds).contains(&life) { Ok(()) } else { Err(MessageError::LivesTooLong) }
}

fn check_wish(audience: &str, office: &str, issued_at: i64, now: Timestamp) -> Result<(), MessageError> {
    if audience != office {
        return Err(MessageError::OtherAudience);
    }
    let age = now.since(Timestamp::from_seconds(issued_at));
    if age <= WISH_LIFETIME.saturating_add(SKEW) { Ok(()) } else { Err(MessageError::Malformed) }
}

#[cfg(test)]
mod tests;

//! HTTP message signatures (RFC 9421): how a space signs what it asks of an office or leaves at a mailbox.
//!
//! Of all that RFC 9421 allows one form is spoken here. There is one signature with the label `passport`; it covers exactly
//! `("@method" "@target-uri" "content-digest")`, and `Content-Digest` (RFC 9530) carries SHA-256 and nothing else. Its
//! parameters are `created`, `expires` (at most [`LONGEST_VALIDITY`] seconds later), `nonce` (base64url of 16 bytes) and
//! `keyid` (the DID URL of the signer's key), in any order. `alg` is not among them: it follows from the key (§3.2), ES256
//! for P-256 (`ecdsa-p256-sha256`, §3.3.4) and Ed25519 (`ed25519`, §3.3.6). Fields are taken in their one canonical spelling
//! (RFC 9651 §4.1) only.
//!
//! ```text
//! Content-Digest: sha-256=:X48E9qOokqqrvdts8nOJRJN3OWDUoyWxBf7kbu9DBPE=:
//! Signature-Input: passport=("@method" "@target-uri" "content-digest");created=1795564800;expires=1795564830;nonce="…";keyid="did:webvh:…#request"
//! Signature: passport=:…:
//! ```
//!
//! Nothing here finds the key or remembers nonces: [`Unverified`] tells which key to find, [`Verified`] which nonce to
//! remember until when.

use environment::{Randomness, Timestamp};
use jose::{Signer, SigningFailed, VerifyingKey, base64url, digest};
use sfv::{
    BareItem, DictSerializer, Dictionary, InnerList, Integer, ItemSerializer, KeyRef, ListEntry,
    ListSerializer, Parser, StringRef,
};

use crate::signed::SKEW;

/// The label of the one signature.
pub const LABEL: &str = "passport";
/// Most seconds from `created` to `expires`.
pub const LONGEST_VALIDITY: i64 = 60;
/// Seconds for which we sign.
const VALIDITY: i64 = 30;
/// What is covered, in this order.
const COMPONENTS: [&str; 3] = ["@method", "@target-uri", "content-digest"];
/// Bytes of a nonce.
const NONCE: usize = 16;
/// No field of ours is longer: a DID URL has its own limit, the rest is fixed.
const LONGEST_FIELD: usize = 4_096;

/// Why a signed request is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum HttpSignatureError {
    /// A field is missing, malformed or not in its canonical spelling (RFC 9651 §4).
    #[error("Content-Digest, Signature-Input or Signature is missing or not in its canonical spelling")]
    Malformed,
    /// Another label, or more than one signature.
    #[error("there must be one signature, with the label passport")]
    WrongLabel,
    /// Other covered components, or in another order (RFC 9421 §2).
    #[error("the signature must cover @method, @target-uri and content-digest, in this order")]
    WrongComponents,
    /// A parameter is missing, malformed or one too many (RFC 9421 §2.3).
    #[error("the parameters must be created, expires, nonce (16 bytes) and keyid")]
    WrongParameters,
    /// `expires` lies before `created` or too long after it.
    #[error("the signature must expire within {LONGEST_VALIDITY} seconds of being made")]
    ValidTooLong,
    /// The body is not the one that was signed (RFC 9530 §2).
    #[error("Content-Digest is not the SHA-256 of the body")]
    WrongDigest,
    /// `expires` has passed.
    #[error("the signature has expired: the clock of one of both is wrong, or it came too late")]
    Expired,
    /// `created` lies ahead.
    #[error("the signature is from the future: the clock of one of both is wrong")]
    NotYetValid,
    /// The signature does not fit (RFC 9421 §3.2).
    #[error("the signature does not verify")]
    BadSignature,
}

/// The three fields of a signed request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signed {
    /// `Content-Digest`.
    pub content_digest: String,
    /// `Signature-Input`.
    pub signature_input: String,
    /// `Signature`.
    pub signature: String,
}

/// The three fields as they came.
#[derive(Clone, Copy, Debug)]
pub struct Fields<'a> {
    /// `Content-Digest`.
    pub content_digest: &'a str,
    /// `Signature-Input`.
    pub signature_input: &'a str,
    /// `Signature`.
    pub signature: &'a str,
}

/// Signs a request for half a minute, with a fresh nonce. `target_uri` is the whole address as the other side knows it
/// (RFC 9421 §2.2.2), `key_id` the DID URL of the signer's key.
///
/// # Errors
/// [`SigningFailed`] when the keeper of the key does not sign, or when `key_id` is no visible ASCII.
pub fn sign(
    method: &str,
    target_uri: &str,
    body: &[u8],
    key_id: &str,
    signer: &dyn Signer,
    now: Timestamp,
    randomness: &dyn Randomness,
) -> Result<Signed, SigningFailed> {
    let nonce = base64url::encode(randomness.bytes::<NONCE>());
    let parameters =
        Parameters { created: now.seconds(), expires: now.plus(VALIDITY).seconds(), nonce: &nonce, key_id };
    let parameters = parameters.serialized().ok_or(SigningFailed)?;
    let content_digest = content_digest(body).ok_or(SigningFailed)?;
    let values = [method, target_uri, content_digest.as_str()];
    let base = signature_base(COMPONENTS.into_iter().zip(values), &parameters);
    let signature = signer.sign(base.as_bytes())?;
    Ok(Signed {
        signature: labelled_bytes(LABEL, &signature).ok_or(SigningFailed)?,
        signature_input: format!("{LABEL}={parameters}"),
        content_digest,
    })
}

/// A signed request whose signature nobody has checked; its form and its digest are right.
#[derive(Clone, Debug)]
pub struct Unverified {
    base: String,
    signature: Vec<u8>,
    key_id: String,
    nonce: [u8; NONCE],
    created: Timestamp,
    expires: Timestamp,
}

/// A signed request whose signature and times were checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verified {
    /// The DID URL of the key that signed.
    pub key_id: String,
    /// The nonce: whoever takes the request remembers it, beside `key_id`, and takes no second one.
    pub nonce: [u8; NONCE],
    /// The first moment at which the request is taken no longer, so that its nonce may be forgotten.
    pub expires_at: Timestamp,
}

impl Unverified {
    /// Reads the fields of a request with this method, address and body.
    ///
    /// # Errors
    /// See [`HttpSignatureError`]; time and signature are not looked at yet.
    pub fn parse(
        method: &str,
        target_uri: &str,
        body: &[u8],
        fields: Fields<'_>,
    ) -> Result<Self, HttpSignatureError> {
        let Fields { content_digest, signature_input, signature } = fields;
        if [content_digest, signature_input, signature].iter().any(|field| field.len() > LONGEST_FIELD) {
            return Err(HttpSignatureError::Malformed);
        }
        let input = the_one_member(signature_input)?;
        let ListEntry::InnerList(input) = input else { return Err(HttpSignatureError::WrongComponents) };
        check_components(&input)?;
        let parameters = Parameters::read(&input.params)?;
        let (created, expires) =
            (Timestamp::from_seconds(parameters.created), Timestamp::from_seconds(parameters.expires));
        if !(0..=LONGEST_VALIDITY).contains(&expires.since(created)) {
            return Err(HttpSignatureError::ValidTooLong);
        }
        let nonce =
            base64url::decode_exact(parameters.nonce).map_err(|_| HttpSignatureError::WrongParameters)?;
        let key_id = parameters.key_id.to_owned();
        let signature = signature_bytes(signature)?;
        if self::content_digest(body).as_deref() != Some(content_digest) {
            return Err(HttpSignatureError::WrongDigest);
        }
        // The field is in its canonical spelling, so that what follows the label is `@signature-params` as it was signed.
        let (_, parameters) = signature_input.split_once('=').ok_or(HttpSignatureError::Malformed)?;
        let values = [method, target_uri, content_digest];
        let base = signature_base(COMPONENTS.into_iter().zip(values), parameters);
        Ok(Self { base, signature, key_id, nonce, created, expires })
    }

    /// The DID URL of the key that is said to have signed: only for finding it.
    #[must_use]
    pub fn key_id(&self) -> &str {
        &self.key_id
    }

    /// Checks the signature and then the times, so that a refusal for either takes the same work.
    ///
    /// # Errors
    /// [`HttpSignatureError::BadSignature`], [`HttpSignatureError::Expired`], [`HttpSignatureError::NotYetValid`].
    pub fn verify(self, key: &VerifyingKey, now: Timestamp) -> Result<Verified, HttpSignatureError> {
        if !key.verifies(self.base.as_bytes(), &self.signature) {
            return Err(HttpSignatureError::BadSignature);
        }
        let expires_at = self.expires.plus(SKEW);
        if now >= expires_at {
            return Err(HttpSignatureError::Expired);
        }
        if now < self.created.minus(SKEW) {
            return Err(HttpSignatureError::NotYetValid);
        }
        Ok(Verified { key_id: self.key_id, nonce: self.nonce, expires_at })
    }
}

struct Parameters<'a> {
    created: i64,
    expires: i64,
    nonce: &'a str,
    key_id: &'a str,
}

impl<'a> Parameters<'a> {
    /// The four, each once, and no other.
    fn read(parameters: &'a sfv::Parameters) -> Result<Self, HttpSignatureError> {
        let number = |name: &str| parameters.get(name).and_then(BareItem::as_integer).map(i64::from);
        let text = |name: &str| parameters.get(name).and_then(|item| item.as_string()).map(StringRef::as_str);
        match (number("created"), number("expires"), text("nonce"), text("keyid"), parameters.len()) {
            (Some(created), Some(expires), Some(nonce), Some(key_id), 4) => {
                Ok(Self { created, expires, nonce, key_id })
            }
            _ => Err(HttpSignatureError::WrongParameters),
        }
    }

    /// The components with these parameters: the value of `@signature-params` (RFC 9421 §2.3).
    fn serialized(&self) -> Option<String> {
        let created = Integer::try_from(self.created).ok()?;
        let expires = Integer::try_from(self.expires).ok()?;
        let nonce = StringRef::from_str(self.nonce).ok()?;
        let key_id = StringRef::from_str(self.key_id).ok()?;
        let mut list = ListSerializer::new();
        let mut components = list.inner_list();
        for component in COMPONENTS {
            let _ = components.bare_item(StringRef::from_str(component).ok()?);
        }
        let _ = components
            .finish()
            .parameter(KeyRef::from_str("created").ok()?, created)
            .parameter(KeyRef::from_str("expires").ok()?, expires)
            .parameter(KeyRef::from_str("nonce").ok()?, nonce)
            .parameter(KeyRef::from_str("keyid").ok()?, key_id);
        list.finish()
    }
}

/// The member of a dictionary whose only key is our label, in the one spelling that it has.
fn the_one_member(field: &str) -> Result<ListEntry, HttpSignatureError> {
    let members: Dictionary = Parser::new(field).parse().map_err(|_| HttpSignatureError::Malformed)?;
    let mut again = DictSerializer::new();
    again.members(&members);
    let is_canonical = again.finish().as_deref() == Some(field);
    let mut members = members.into_iter();
    match (members.next(), members.next()) {
        (Some((label, member)), None) if label.as_str() == LABEL => {
            if is_canonical {
                Ok(member)
            } else {
                Err(HttpSignatureError::Malformed)
            }
        }
        _ => Err(HttpSignatureError::WrongLabel),
    }
}

fn check_components<'a>(input: &'a InnerList) -> Result<(), HttpSignatureError> {
    let name = |item: &'a sfv::Item| item.bare_item.as_string().filter(|_| item.params.is_empty());
    let names: Vec<Option<&str>> = input.items.iter().map(|item| name(item).map(StringRef::as_str)).collect();
    if names == COMPONENTS.map(Some) { Ok(()) } else { Err(HttpSignatureError::WrongComponents) }
}

fn signature_bytes(field: &str) -> Result<Vec<u8>, HttpSignatureError> {
    let ListEntry::Item(item) = the_one_member(field)? else { return Err(HttpSignatureError::Malformed) };
    let bytes = item.bare_item.as_byte_sequence().ok_or(HttpSignatureError::Malformed)?;
    if item.params.is_empty() { Ok(bytes.to_vec()) } else { Err(HttpSignatureError::Malformed) }
}

/// The value of `Content-Digest` for `body` (RFC 9530 §2).
fn content_digest(body: &[u8]) -> Option<String> {
    labelled_bytes("sha-256", &digest::sha256(body))
}

fn labelled_bytes(label: &str, bytes: &[u8]) -> Option<String> {
    let mut members = DictSerializer::new();
    let _ = members.bare_item(KeyRef::from_str(label).ok()?, bytes);
    members.finish()
}

/// The signature base (RFC 9421 §2.5): a line for each component, and the parameters in the last, without a line end.
fn signature_base<'a>(components: impl Iterator<Item = (&'a str, &'a str)>, parameters: &str) -> String {
    let mut base = String::new();
    for (name, value) in components {
        base.push_str(&component_name(name));
        base.push_str(": ");
        base.push_str(value);
        base.push('\n');
    }
    base.push_str(&component_name("@signature-params"));
    base.push_str(": ");
    base.push_str(parameters);
    base
}

/// A component's name as a structured string; ours have no character that needs an escape.
fn component_name(name: &str) -> String {
    StringRef::from_str(name).map(|name| ItemSerializer::new().bare_item(name).finish()).unwrap_or_default()
}

#[cfg(test)]
mod tests;

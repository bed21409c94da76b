//! Data Integrity proofs with `eddsa-jcs-2022` (W3C Data Integrity EdDSA Cryptosuites 1.0 §3.3), the only suite of
//! did:webvh 1.0.

use environment::Timestamp;
use jose::{Algorithm, Jwk, KeyKind, Signer, VerifyingKey};
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

use super::error::ProofFault;
use super::time::VersionTime;
use crate::{canonical, multikey};

/// What a key takes besides, once the library has read it: estimated from above.
const PARSED_KEY: usize = 192;

/// base58 of 64 bytes has at most 88 digits.
const LONGEST_SIGNATURE: usize = 88;

/// Who may make proofs: an Ed25519 key and its multikey text.
#[derive(Clone, Debug)]
pub(super) struct ProofKey {
    pub(super) multikey: String,
    key: VerifyingKey,
    /// Whether it is known to be a point of the curve.
    proved: bool,
}

impl ProofKey {
    /// Reads an Ed25519 multikey; weak points are no keys.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let bytes = multikey::ed25519_bytes(text).ok()?;
        let key = VerifyingKey::new(&Jwk::from_ed25519(&bytes).ok()?).ok()?;
        Some(Self { multikey: text.to_owned(), key, proved: true })
    }

    /// The same, but whether the key is a point of the curve is still to be shown: by a proof that it made, or by
    /// [`Self::prove`].
    pub(super) fn parse_unproved(text: &str) -> Option<Self> {
        let bytes = multikey::ed25519_bytes(text).ok()?;
        let key = VerifyingKey::from_unproved_ed25519(&bytes).ok()?;
        Some(Self { multikey: text.to_owned(), key, proved: false })
    }

    /// Notes that this key is a point if it made one of `proofs`, which have verified.
    pub(super) fn note_proofs(&mut self, proofs: &[Proof]) {
        self.proved |= proofs.iter().any(|proof| proof.multikey == self.multikey);
    }

    /// Whether this key is a point of the curve; it is computed at most once.
    pub(super) fn prove(&mut self) -> bool {
        if let KeyKind::Ed25519(bytes) = self.key.jwk().kind() {
            self.proved = self.proved || Jwk::from_ed25519(bytes).is_ok();
        }
        self.proved
    }

    /// What this key takes in memory.
    pub(super) const fn weight(&self) -> usize {
        size_of::<Self>().saturating_add(self.multikey.len()).saturating_add(PARSED_KEY)
    }
}

/// A proof whose shape is right; nothing is verified yet.
#[derive(Debug)]
pub(super) struct Proof {
    /// The key that is said to have made it.
    pub(super) multikey: String,
    signature: [u8; 64],
    configuration: [u8; 32],
}

impl Proof {
    /// Reads the proof or proofs of an entry.
    pub(super) fn parse_all(value: Value) -> Result<Vec<Self>, ProofFault> {
        const MOST: usize = 8;
        match value {
            Value::Array(proofs) if (1..=MOST).contains(&proofs.len()) => {
                proofs.into_iter().map(Self::parse).collect()
            }
            Value::Array(_) => Err(ProofFault::Missing),
            single => Ok(vec![Self::parse(single)?]),
        }
    }

    /// Reads one proof. Members that change what a proof means (`expires`, `domain`, `challenge`, …) are not part of
    /// this method's proofs and are refused rather than ignored.
    pub(super) fn parse(value: Value) -> Result<Self, ProofFault> {
        let Value::Object(mut members) = value else { return Err(ProofFault::Malformed) };
        let Some(Value::String(proof_value)) = members.remove("proofValue") else {
            return Err(ProofFault::Malformed);
        };
        let known = ["type", "cryptosuite", "verificationMethod", "proofPurpose", "created", "id", "nonce"];
        if members.iter().any(|(name, value)| !known.contains(&name.as_str()) || !value.is_string()) {
            return Err(ProofFault::Malformed);
        }
        let text = |name: &str| members.get(name).and_then(Value::as_str);
        if text("type") != Some("DataIntegrityProof") {
            return Err(ProofFault::Malformed);
        }
        if text("cryptosuite") != Some("eddsa-jcs-2022") {
            return Err(ProofFault::Cryptosuite);
        }
        if text("proofPurpose") != Some("assertionMethod") {
            return Err(ProofFault::Purpose);
        }
        if text("created").is_some_and(|created| !is_moment(created)) {
            return Err(ProofFault::Malformed);
        }
        let multikey =
            text("verificationMethod").and_then(key_of_method).ok_or(ProofFault::VerificationMethod)?;
        let multikey = multikey.to_owned();
        Ok(Self { multikey, signature: parse_signature(&proof_value)?, configuration: hash(&members)? })
    }

    /// Whether `key` made this proof over the document with this hash.
    pub(super) fn verifies(&self, key: &ProofKey, document: &[u8; 32]) -> bool {
        self.multikey == key.multikey
            && key.key.verifies(&signed_bytes(&self.configuration, document), &self.signature)
    }
}

/// A date and time with its zone (Data Integrity EdDSA Cryptosuites 1.0 §3.3.5 step 3: a `created` that is none is an
/// error, although it is signed).
fn is_moment(text: &str) -> bool {
    text.as_bytes().get(10) == Some(&b'T') && text.parse::<jiff::Timestamp>().is_ok()
}

/// The key of `did:key:X#X`; body and fragment must be the same bytes.
fn key_of_method(method: &str) -> Option<&str> {
    let (body, fragment) = method.strip_prefix("did:key:")?.split_once('#')?;
    (body == fragment).then_some(body)
}

fn parse_signature(text: &str) -> Result<[u8; 64], ProofFault> {
    let digits = text.strip_prefix('z').filter(|digits| digits.len() <= LONGEST_SIGNATURE);
    let mut bytes = [0; 64];
    let length = bs58::decode(digits.ok_or(ProofFault::Malformed)?).onto(&mut bytes).unwrap_or(0);
    if length == bytes.len() { Ok(bytes) } else { Err(ProofFault::Malformed) }
}

fn signed_bytes(configuration: &[u8; 32], document: &[u8; 32]) -> [u8; 64] {
    let mut message = [0; 64];
    for (place, byte) in message.iter_mut().zip(configuration.iter().chain(document)) {
        *place = *byte;
    }
    message
}

fn hash(configuration: &Map<String, Value>) -> Result<[u8; 32], ProofFault> {
    let mut text = Vec::with_capacity(512);
    canonical::write_object(configuration, &mut text).map_err(|_| ProofFault::Malformed)?;
    Ok(Sha256::digest(text).into())
}

/// Makes a proof over the document with this hash; `None` for a key that is not Ed25519 or does not sign.
pub(super) fn make(document: &[u8; 32], signer: &dyn Signer, now: Timestamp) -> Option<Value> {
    if signer.algorithm() != Algorithm::EdDsa {
        return None;
    }
    let key = multikey::encode(signer.public_jwk());
    let mut proof = Map::new();
    for (name, value) in [
        ("type", "DataIntegrityProof".to_owned()),
        ("cryptosuite", "eddsa-jcs-2022".to_owned()),
        ("created", VersionTime::of(now)?.to_string()),
        ("verificationMethod", format!("did:key:{key}#{key}")),
        ("proofPurpose", "assertionMethod".to_owned()),
    ] {
        proof.insert(name.to_owned(), Value::from(value));
    }
    let signature = signer.sign(&signed_bytes(&hash(&proof).ok()?, document)).ok()?;
    proof.insert("proofValue".to_owned(), Value::from(format!("z{}", bs58::encode(signature).into_string())));
    Some(Value::Object(proof))
}

//! The vault key and what is done with it.

use environment::Randomness;
use hkdf::Hkdf;
use hmac::{Hmac, KeyInit, Mac};
use jose::{DecryptionKey, Jwk, aead, base64url, jwe};
use sha2::Sha256;
use zeroize::Zeroizing;

use super::VaultError;

pub(crate) use jose::aead::NONCE;

/// Records are padded to a multiple of this, so that lengths say little.
const BLOCK: usize = 256;

/// A key in a place of its own, so that whoever is handed it copies nothing of it; erased when dropped.
type Boxed = Box<Zeroizing<[u8; 32]>>;

/// The random key under which everything lies.
pub(super) struct VaultKey(Boxed);

impl VaultKey {
    pub(super) fn generate(randomness: &dyn Randomness) -> Self {
        let mut key = Boxed::default();
        randomness.fill(key.as_mut_slice());
        burn();
        Self(key)
    }

    #[cfg(any(test, feature = "testing"))]
    pub(super) fn bytes(&self) -> [u8; 32] {
        **self.0
    }

    pub(super) fn derive(&self, purpose: &str) -> Boxed {
        let mut derived = Boxed::default();
        expand_into(self.0.as_slice(), &format!("passport-wallet/{purpose}/1"), &mut derived);
        derived
    }

    /// Under which identifiers all records of a kind are stored.
    pub(super) fn kind_prefix(&self, kind: &str) -> String {
        self.mac(&["kind", kind]).chars().take(12).collect()
    }

    /// Under which identifier one record is stored.
    pub(super) fn identifier(&self, kind: &str, name: &str) -> String {
        format!("{}{}", self.kind_prefix(kind), self.mac(&["record", kind, name]))
    }

    /// Seals a record. The identifier is authenticated, so that records cannot change places.
    pub(super) fn seal(
        &self,
        id: &str,
        plain: &[u8],
        randomness: &dyn Randomness,
    ) -> Result<String, VaultError> {
        let padded = Zeroizing::new(pad(plain));
        let sealed = encrypt(&self.derive("records"), id.as_bytes(), &padded, randomness)?;
        Ok(base64url::encode(sealed))
    }

    /// Opens a record that was sealed under `id`.
    pub(super) fn open(&self, id: &str, data: &str) -> Result<Zeroizing<Vec<u8>>, VaultError> {
        let sealed = base64url::decode(data).map_err(|_| VaultError::Damaged)?;
        let padded = decrypt(&self.derive("records"), id.as_bytes(), &sealed).ok_or(VaultError::Damaged)?;
        unpad(&padded).ok_or(VaultError::Damaged)
    }

    /// This key, wrapped under another one.
    pub(super) fn wrap(
        &self,
        by: &[u8; 32],
        context: &str,
        randomness: &dyn Randomness,
    ) -> Result<String, VaultError> {
        Ok(base64url::encode(encrypt(by, context.as_bytes(), self.0.as_slice(), randomness)?))
    }

    /// The key that was wrapped under `by`, if it was this one.
    pub(super) fn unwrap_with(wrapped: &str, by: &[u8; 32], context: &str) -> Option<Self> {
        let plain = decrypt(by, context.as_bytes(), &base64url::decode(wrapped).ok()?)?;
        Self::of(&plain)
    }

    fn of(plain: &[u8]) -> Option<Self> {
        let mut key = Boxed::default();
        if plain.len() != key.len() {
            return None;
        }
        key.copy_from_slice(plain);
        Some(Self(key))
    }

    /// This key, sealed to a public key.
    pub(super) fn seal_to(&self, recipient: &Jwk, randomness: &dyn Randomness) -> Result<String, VaultError> {
        let sealed = jwe::seal(self.0.as_slice(), recipient, randomness);
        burn();
        sealed.map_err(|_| VaultError::Unstorable)
    }

    /// The key that was sealed to the public half of `by`.
    pub(super) fn unseal(sealed: &str, by: &DecryptionKey) -> Option<Self> {
        let plain = jwe::decrypt(sealed, by).ok()?;
        burn();
        Self::of(&plain)
    }

    fn mac(&self, parts: &[&str]) -> String {
        let key = self.derive("identifiers");
        let Ok(mut mac) = <Hmac<Sha256> as KeyInit>::new_from_slice(key.as_slice()) else {
            return String::new();
        };
        for part in parts {
            mac.update(&u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes());
            mac.update(part.as_bytes());
        }
        let full = mac.finalize().into_bytes();
        burn();
        base64url::encode(full)
    }
}

/// A key for one purpose out of another one that is no vault's.
pub(crate) fn derive_from(secret: &[u8; 32], purpose: &str) -> Zeroizing<[u8; 32]> {
    expand(secret, purpose)
}

/// Seals a text that lies beside vaults, bound to what it is for.
pub(crate) fn seal_under(
    key: &[u8; 32],
    context: &str,
    plain: &[u8],
    randomness: &dyn Randomness,
) -> Result<String, VaultError> {
    Ok(base64url::encode(encrypt(key, context.as_bytes(), plain, randomness)?))
}

/// Opens it again; none where it is not what this key sealed for this.
pub(crate) fn open_under(key: &[u8; 32], context: &str, sealed: &str) -> Option<Zeroizing<Vec<u8>>> {
    decrypt(key, context.as_bytes(), &base64url::decode(sealed).ok()?)
}

/// A key derived with HKDF-SHA256 (RFC 5869).
pub(crate) fn expand(secret: &[u8], info: &str) -> Zeroizing<[u8; 32]> {
    let mut derived = Zeroizing::new([0_u8; 32]);
    expand_into(secret, info, &mut derived);
    derived
}

fn expand_into(secret: &[u8], info: &str, derived: &mut [u8; 32]) {
    // 32 bytes are far below the longest output, the one thing that can fail.
    let _ = Hkdf::<Sha256>::new(None, secret).expand(info.as_bytes(), derived);
    burn();
}

/// How much of the stack is overwritten: more than any computation with a key takes.
const BURNT: usize = 32 * 1_024;

/// Overwrites what a computation with a key has left on the stack of this thread, below whoever calls this right after it.
#[inline(never)]
pub(super) fn burn() {
    let below = [0_u8; BURNT];
    std::hint::black_box(&below);
}

/// Encrypts under a key that seals many things, with a nonce of its own in front.
pub(crate) fn encrypt(
    key: &[u8; 32],
    context: &[u8],
    plain: &[u8],
    randomness: &dyn Randomness,
) -> Result<Vec<u8>, VaultError> {
    let nonce = randomness.bytes::<NONCE>();
    let sealed = encrypt_at(key, nonce, context, plain)?;
    Ok([nonce.as_slice(), &sealed].concat())
}

/// What [`encrypt`] made, if it was this key and context.
pub(crate) fn decrypt(key: &[u8; 32], context: &[u8], sealed: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    let (nonce, sealed) = sealed.split_at_checked(NONCE)?;
    decrypt_at(key, nonce.try_into().ok()?, context, sealed)
}

/// Encrypts under a key that seals nothing else at this nonce.
pub(crate) fn encrypt_at(
    key: &[u8; 32],
    nonce: [u8; NONCE],
    context: &[u8],
    plain: &[u8],
) -> Result<Vec<u8>, VaultError> {
    let sealed = aead::seal(key, nonce, context, plain);
    burn();
    sealed.ok_or(VaultError::Unstorable)
}

/// What [`encrypt_at`] made, if it was this key, nonce and context.
pub(crate) fn decrypt_at(
    key: &[u8; 32],
    nonce: [u8; NONCE],
    context: &[u8],
    sealed: &[u8],
) -> Option<Zeroizing<Vec<u8>>> {
    let opened = aead::open(key, nonce, context, sealed);
    burn();
    opened
}

/// The text, a 1, and zeros up to the next full block (ISO/IEC 7816-4).
fn pad(plain: &[u8]) -> Vec<u8> {
    let length = plain.len().saturating_add(1).next_multiple_of(BLOCK);
    let mut padded = Vec::with_capacity(length);
    padded.extend_from_slice(plain);
    padded.push(1);
    padded.resize(length, 0);
    padded
}

fn unpad(padded: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    let end = padded.iter().rposition(|byte| *byte != 0)?;
    (padded.get(end) == Some(&1)).then(|| Zeroizing::new(padded.get(..end).unwrap_or_default().to_vec()))
}

#[cfg(test)]
mod tests {
    use environment::SeededRandomness;

    use super::*;

    #[test]
    fn a_record_opens_in_its_own_place_only() {
        let randomness = SeededRandomness::new(1);
        let key = VaultKey::generate(&randomness);
        let sealed = key.seal("here", b"value", &randomness).unwrap();
        assert_eq!(key.open("here", &sealed).unwrap().as_slice(), b"value");
        assert!(matches!(key.open("there", &sealed), Err(VaultError::Damaged)));
        let other = VaultKey::generate(&randomness);
        assert!(matches!(other.open("here", &sealed), Err(VaultError::Damaged)));
    }

    #[test]
    fn lengths_within_a_block_look_alike() {
        let randomness = SeededRandomness::new(1);
        let key = VaultKey::generate(&randomness);
        let length = |plain: &[u8]| key.seal("x", plain, &randomness).unwrap().len();
        assert_eq!(length(b""), length(&[b'a'; BLOCK - 1]));
        assert_ne!(length(b""), length(&[b'a'; BLOCK]));
        for plain in [&b""[..], &[0, 0], &[1, 0], &[7; BLOCK]] {
            assert_eq!(unpad(&pad(plain)).unwrap().as_slice(), plain);
        }
    }

    #[test]
    fn identifiers_keep_the_kind_together_and_hide_the_name() {
        let key = VaultKey::generate(&SeededRandomness::new(1));
        let one = key.identifier("space", "Harbour");
        assert!(one.starts_with(&key.kind_prefix("space")));
        assert_ne!(one, key.identifier("space", "Kiln"));
        assert_ne!(key.kind_prefix("space"), key.kind_prefix("history"));
        assert!(!one.contains("Harbour"));
    }
}

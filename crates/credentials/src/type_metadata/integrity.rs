//! `…#integrity`: whether a document is the one that was meant (§7; syntax by W3C Subresource Integrity §3).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jose::digest::constant_time_equal;
use sha2::{Digest, Sha256, Sha384, Sha512};

/// Longest integrity metadata that is read.
const LONGEST: usize = 2_048;

/// Integrity metadata: what a document must hash to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Integrity {
    hash: Hash,
    digests: Vec<Vec<u8>>,
}

/// The hash functions of SRI, the weakest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Hash {
    Sha256,
    Sha384,
    Sha512,
}

/// Why a document is not taken for the one that was meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum IntegrityError {
    /// Not integrity metadata, or a digest of the wrong length or in another alphabet than that of base64.
    #[error("the integrity metadata is malformed")]
    Malformed,
    /// None of the hash functions is one of sha256, sha384 and sha512.
    #[error("the integrity metadata has no hash function that is supported")]
    Unsupported,
    /// The octets have another digest.
    #[error("the document is not the one that was meant: its digest differs")]
    Mismatch,
}

impl IntegrityError {
    /// A short name for reports and test vectors.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Malformed => "integrity_malformed",
            Self::Unsupported => "integrity_unsupported",
            Self::Mismatch => "integrity_mismatch",
        }
    }
}

impl Hash {
    fn named(name: &str) -> Option<Self> {
        match name {
            "sha256" => Some(Self::Sha256),
            "sha384" => Some(Self::Sha384),
            "sha512" => Some(Self::Sha512),
            _ => None,
        }
    }

    const fn length(self) -> usize {
        match self {
            Self::Sha256 => 32,
            Self::Sha384 => 48,
            Self::Sha512 => 64,
        }
    }

    fn digest(self, octets: &[u8]) -> Vec<u8> {
        match self {
            Self::Sha256 => Sha256::digest(octets).to_vec(),
            Self::Sha384 => Sha384::digest(octets).to_vec(),
            Self::Sha512 => Sha512::digest(octets).to_vec(),
        }
    }
}

impl Integrity {
    /// Reads integrity metadata and keeps the digests of the strongest hash function in it that is supported.
    ///
    /// # Errors
    /// [`IntegrityError::Malformed`], [`IntegrityError::Unsupported`].
    pub fn parse(text: &str) -> Result<Self, IntegrityError> {
        if text.len() > LONGEST {
            return Err(IntegrityError::Malformed);
        }
        let mut strongest: Option<Self> = None;
        for expression in text.split_ascii_whitespace() {
            let Some((hash, digest)) = read(expression)? else { continue };
            match &mut strongest {
                Some(found) if found.hash > hash => {}
                Some(found) if found.hash == hash => found.digests.push(digest),
                _ => strongest = Some(Self { hash, digests: vec![digest] }),
            }
        }
        match strongest {
            Some(found) => Ok(found),
            None if text.trim_ascii().is_empty() => Err(IntegrityError::Malformed),
            None => Err(IntegrityError::Unsupported),
        }
    }

    /// Whether `octets`, as they were received, are what was meant.
    ///
    /// # Errors
    /// [`IntegrityError::Mismatch`].
    pub fn verify(&self, octets: &[u8]) -> Result<(), IntegrityError> {
        let digest = self.hash.digest(octets);
        let fits = self.digests.iter().any(|meant| constant_time_equal(meant, &digest));
        if fits { Ok(()) } else { Err(IntegrityError::Mismatch) }
    }

    /// The integrity metadata of `octets`, with SHA-256.
    #[must_use]
    pub fn text_of(octets: &[u8]) -> String {
        format!("sha256-{}", STANDARD.encode(Hash::Sha256.digest(octets)))
    }
}

/// Reads one hash expression; `None` for a hash function that is not supported.
fn read(expression: &str) -> Result<Option<(Hash, Vec<u8>)>, IntegrityError> {
    // Options after `?` are defined by nobody yet and ignored (SRI §3.1).
    let expression = expression.split('?').next().unwrap_or_default();
    let (name, digest) = expression.split_once('-').ok_or(IntegrityError::Malformed)?;
    let Some(hash) = Hash::named(name) else { return Ok(None) };
    let digest = STANDARD.decode(digest).map_err(|_| IntegrityError::Malformed)?;
    if digest.len() == hash.length() { Ok(Some((hash, digest))) } else { Err(IntegrityError::Malformed) }
}

#[cfg(test)]
mod tests {
    use super::*;

    // SHA-256, SHA-384 and SHA-512 of nothing (FIPS 180-4).
    const EMPTY_256: &str = "sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=";
    const EMPTY_384: &str = "sha384-OLBgp1GsljhM2TJ+sbHjaiH9txEUvgdDTAzHv2P24donTt6/529l+9Ua0vFImLlb";
    const EMPTY_512: &str =
        "sha512-z4PhNX7vuL3xVChQ1m2AB9Yg5AULVxXcg/SpIdNs6c5H0NE8XYXysP+DGNKHfuwvY7kxvUdBeoGlODJ6+SfaPg==";
    const WRONG_256: &str = "sha256-AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";
    const WRONG_512: &str =
        "sha512-AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA==";

    fn judged(text: &str, octets: &[u8]) -> Result<(), IntegrityError> {
        Integrity::parse(text)?.verify(octets)
    }

    #[test]
    fn a_digest_of_every_supported_function_fits_its_octets_and_no_others() {
        for text in
            [EMPTY_256, EMPTY_384, EMPTY_512, &format!("{EMPTY_256}?option"), &format!(" {EMPTY_256}\n")]
        {
            assert_eq!(judged(text, b""), Ok(()), "{text}");
            assert_eq!(judged(text, b" "), Err(IntegrityError::Mismatch), "{text}");
        }
        assert_eq!(Integrity::text_of(b""), EMPTY_256);
    }

    #[test]
    fn the_strongest_function_alone_counts_and_any_of_its_digests_will_do() {
        assert_eq!(judged(&format!("{EMPTY_256} {WRONG_512}"), b""), Err(IntegrityError::Mismatch));
        assert_eq!(judged(&format!("{WRONG_256} {EMPTY_512}"), b""), Ok(()));
        assert_eq!(judged(&format!("{EMPTY_512} {WRONG_256}"), b""), Ok(()));
        assert_eq!(judged(&format!("{WRONG_256} {EMPTY_256}"), b""), Ok(()));
        assert_eq!(judged(&format!("{EMPTY_256} {WRONG_256}"), b""), Ok(()));
        assert_eq!(
            judged(&format!("sha3-AAAA {EMPTY_256} md5-AAAA"), b""),
            Ok(()),
            "unknown functions are passed over"
        );
    }

    #[test]
    fn what_cannot_be_checked_is_refused() {
        for text in ["md5-AAAA", "SHA256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=", "sha1-AAAA sha3-AAAA"]
        {
            assert_eq!(judged(text, b""), Err(IntegrityError::Unsupported), "{text}");
        }
        for text in [
            "",
            " ",
            "sha256",
            "sha256-",
            "sha256-AAAA",
            "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=",
            // base64url, and base64 without padding.
            "sha256-47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU=",
            "sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU",
            &format!("{EMPTY_256} sha384-AAAA"),
        ] {
            assert_eq!(judged(text, b""), Err(IntegrityError::Malformed), "{text}");
        }
        let longest = format!("{EMPTY_256}{}", " ".repeat(LONGEST - EMPTY_256.len()));
        assert_eq!(judged(&longest, b""), Ok(()));
        assert_eq!(judged(&(longest + " "), b""), Err(IntegrityError::Malformed));
    }
}

//! The envelope: a compact JWE of one of three lengths around a signed message.

use jose::jwe::{self, EncryptionFailed, JweError};
use jose::{DecryptionKey, Jwk, base64url};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use environment::Randomness;

/// The lengths an envelope may have, in characters.
pub const SIZES: [usize; 3] = [4_096, 8_192, 16_384];
/// The plaintext without message and padding: `{"jws":"","pad":""}`.
const FRAME: usize = 19;
/// The padding. Everything is encrypted, so that it may say anything.
const PADDING: &str = "0";

/// Why an envelope is not made or not opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum EnvelopeError {
    /// The message does not fit into the largest envelope.
    #[error("the message is too long for an envelope")]
    TooLong,
    /// The message is not a compact JWS, which needs no escaping.
    #[error("only a compact JWS goes into an envelope")]
    NotAToken,
    /// The recipient's key.
    #[error(transparent)]
    Key(#[from] EncryptionFailed),
    /// Not one of [`SIZES`].
    #[error("an envelope has 4096, 8192 or 16384 characters")]
    WrongSize,
    /// The header has other members than `alg`, `enc` and `epk`, or the parts are not those of ECDH-ES with A256GCM.
    #[error("an envelope is ECDH-ES with A256GCM under a header of alg, enc and epk alone")]
    WrongForm,
    /// The encryption.
    #[error(transparent)]
    Encryption(#[from] JweError),
    /// The plaintext is no `{"jws","pad"}`.
    #[error("the envelope does not hold a message and its padding")]
    WrongContent,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Content {
    jws: String,
    pad: String,
}

/// How many characters of message go into an envelope of `size` characters.
#[must_use]
pub fn room(size: usize) -> usize {
    jwe::plaintext_for(size).unwrap_or_default().saturating_sub(FRAME)
}

/// Seals the signed message `jws` to the key `to`, in the smallest envelope that holds it.
///
/// # Errors
/// [`EnvelopeError::TooLong`], [`EnvelopeError::NotAToken`], [`EnvelopeError::Key`].
pub fn seal(jws: &str, to: &Jwk, randomness: &dyn Randomness) -> Result<String, EnvelopeError> {
    let is_token = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
    if jws.is_empty() || !jws.bytes().all(is_token) {
        return Err(EnvelopeError::NotAToken);
    }
    let rooms = SIZES.iter().map(|size| room(*size));
    let left = rooms.filter_map(|room| room.checked_sub(jws.len())).next().ok_or(EnvelopeError::TooLong)?;
    let content = Content { jws: jws.to_owned(), pad: PADDING.repeat(left) };
    let text = serde_json::to_vec(&content).map_err(|_| EnvelopeError::NotAToken)?;
    Ok(jwe::seal(&text, to, randomness)?)
}

/// Whether `envelope` has the form and size of one: all that a host can see, and all that it may see.
///
/// # Errors
/// [`EnvelopeError::WrongSize`], [`EnvelopeError::WrongForm`].
pub fn check_envelope(envelope: &str) -> Result<(), EnvelopeError> {
    if !SIZES.contains(&envelope.len()) {
        return Err(EnvelopeError::WrongSize);
    }
    let parts: Vec<&str> = envelope.split('.').collect();
    let [_, "", iv, text, tag] = parts.as_slice() else { return Err(EnvelopeError::WrongForm) };
    let is_form = base64url::decode_exact::<12>(iv).is_ok()
        && base64url::decode_exact::<16>(tag).is_ok()
        && base64url::decode(text).is_ok()
        && jwe::header(envelope).is_ok_and(|header| names_nobody(&Value::Object(header)));
    if is_form { Ok(()) } else { Err(EnvelopeError::WrongForm) }
}

/// A header in which there is no room for a word about anybody.
fn names_nobody(header: &Value) -> bool {
    let has = |value: &Value, wanted: &[&str]| {
        value.as_object().is_some_and(|members| {
            members.len() == wanted.len() && wanted.iter().all(|name| members.contains_key(*name))
        })
    };
    let text = |name: &str| header.get(name).and_then(Value::as_str);
    has(header, &["alg", "enc", "epk"])
        && (text("alg"), text("enc")) == (Some("ECDH-ES"), Some("A256GCM"))
        && header
            .get("epk")
            .is_some_and(|key| has(key, &["crv", "kty", "x", "y"]) && Jwk::from_value(key).is_ok())
}

/// Opens an envelope: the signed message in it, of which nothing is checked yet.
///
/// # Errors
/// See [`EnvelopeError`].
pub fn open(envelope: &str, key: &DecryptionKey) -> Result<String, EnvelopeError> {
    check_envelope(envelope)?;
    message_in(&jwe::decrypt(envelope, key)?)
}

/// With whom the key has to agree that opens this envelope, where it lies elsewhere.
///
/// # Errors
/// See [`EnvelopeError`].
pub fn sealed_with(envelope: &str) -> Result<Jwk, EnvelopeError> {
    check_envelope(envelope)?;
    Ok(jwe::ephemeral_key(envelope)?)
}

/// As [`open`], with the secret that the key has agreed on with [`sealed_with`].
///
/// # Errors
/// See [`EnvelopeError`].
pub fn open_agreed(envelope: &str, shared: &[u8; 32]) -> Result<String, EnvelopeError> {
    check_envelope(envelope)?;
    message_in(&jwe::decrypt_agreed(envelope, shared)?)
}

fn message_in(text: &[u8]) -> Result<String, EnvelopeError> {
    let content: Content = jose::json::parse_as(text).map_err(|_| EnvelopeError::WrongContent)?;
    Ok(content.jws)
}

#[cfg(test)]
mod tests {
    use environment::SeededRandomness;
    use jose::jwe::EncryptOptions;
    use serde_json::json;

    use super::*;

    fn key() -> DecryptionKey {
        DecryptionKey::generate("seal", &SeededRandomness::new(1)).unwrap()
    }

    fn sealed(length: usize) -> Result<String, EnvelopeError> {
        seal(&"a".repeat(length), key().public_jwk(), &SeededRandomness::new(2))
    }

    /// An envelope of the right size with this plaintext, or of nearly that size.
    fn raw(text: &[u8], options: &EncryptOptions<'_>) -> String {
        let public = Jwk::from_value(&key().public_jwk().required_members()).unwrap();
        jwe::encrypt(text, &public, options).unwrap()
    }

    #[test]
    fn whatever_the_message_the_envelope_has_one_of_three_sizes() {
        let edges = [room(4_096), room(8_192), room(16_384)];
        assert_eq!(edges, [2_855, 5_927, 12_071]);
        for (length, size) in [
            (1, 4_096),
            (edges[0] - 1, 4_096),
            (edges[0], 4_096),
            (edges[0] + 1, 8_192),
            (edges[1], 8_192),
            (edges[1] + 1, 16_384),
            (edges[2], 16_384),
        ] {
            let envelope = sealed(length).unwrap();
            assert_eq!(envelope.len(), size, "{length}");
            assert_eq!(open(&envelope, &key()).unwrap(), "a".repeat(length));
        }
        assert_eq!(sealed(edges[2] + 1), Err(EnvelopeError::TooLong));
    }

    #[test]
    fn what_is_no_token_is_not_sealed() {
        for text in ["", "a b", "a\"b", "a\u{e9}"] {
            let refused = seal(text, key().public_jwk(), &SeededRandomness::new(2));
            assert_eq!(refused, Err(EnvelopeError::NotAToken), "{text}");
        }
        let signing = key().public_jwk().clone().with_use("sig");
        assert!(matches!(seal("a.b.c", &signing, &SeededRandomness::new(2)), Err(EnvelopeError::Key(_))));
    }

    #[test]
    fn another_key_opens_nothing() {
        let other = DecryptionKey::generate("seal", &SeededRandomness::new(3)).unwrap();
        let refused = open(&sealed(5).unwrap(), &other);
        assert_eq!(refused, Err(EnvelopeError::Encryption(JweError::DecryptionFailed)));
    }

    #[test]
    fn every_other_size_is_refused_before_anything_is_decrypted() {
        let envelope = sealed(5).unwrap();
        for bent in
            [format!("{envelope}A"), envelope.chars().skip(1).collect(), String::new(), "a.b".to_owned()]
        {
            assert_eq!(open(&bent, &key()), Err(EnvelopeError::WrongSize));
        }
    }

    #[test]
    fn a_header_that_could_name_somebody_is_refused_also_by_the_host() {
        let fit = |options: &EncryptOptions<'_>| {
            // Finds the plaintext with which the token comes to the right length.
            (0..3_000)
                .rev()
                .map(|length| raw(&vec![b' '; length], options))
                .find(|token| token.len() == 4_096)
        };
        let header = |value: Value| value.as_object().cloned().unwrap();
        let plain = fit(&EncryptOptions::default()).unwrap();
        assert_eq!(check_envelope(&plain), Ok(()));
        for options in [
            EncryptOptions { header: header(json!({"kid": "ada"})), ..EncryptOptions::default() },
            EncryptOptions { apv: Some(b"ada"), ..EncryptOptions::default() },
            EncryptOptions { encryption: jwe::ContentEncryption::A128Gcm, ..EncryptOptions::default() },
        ] {
            let Some(token) = fit(&options) else { panic!("no such length") };
            assert_eq!(check_envelope(&token), Err(EnvelopeError::WrongForm));
            assert_eq!(open(&token, &key()), Err(EnvelopeError::WrongForm));
        }
    }

    #[test]
    fn a_compressed_envelope_is_refused_and_never_inflated() {
        // Whatever it holds: `zip` has no place in the header.
        let mut token =
            raw(&vec![0; 1 << 19], &EncryptOptions { compress: true, ..EncryptOptions::default() });
        assert!(token.len() < 4_096, "a bomb is small");
        let rest = 4_096 - token.len();
        token.push_str(&"A".repeat(rest));
        assert_eq!(open(&token, &key()), Err(EnvelopeError::WrongForm));
    }

    #[test]
    fn a_content_of_another_form_is_refused() {
        let bytes = jwe::plaintext_for(4_096).unwrap();
        let padded = |text: &str| format!("{text}{}", " ".repeat(bytes - text.len()));
        let randomness = SeededRandomness::new(4);
        let of = |text: &str| jwe::seal(padded(text).as_bytes(), key().public_jwk(), &randomness).unwrap();
        assert_eq!(open(&of(r#"{"jws":"a.b.c","pad":""}"#), &key()).unwrap(), "a.b.c");
        for near in [
            r#"{"jws":"a.b.c"}"#,
            r#"{"jws":1,"pad":""}"#,
            r#"{"jws":"a","jws":"b","pad":""}"#,
            r#"{"jws":"a","pad":"","more":1}"#,
            r#"["a"]"#,
            "",
        ] {
            assert_eq!(open(&of(near), &key()), Err(EnvelopeError::WrongContent), "{near}");
        }
    }
}

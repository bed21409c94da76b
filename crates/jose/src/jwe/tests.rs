use environment::SeededRandomness;
use serde_json::json;

use super::*;
use crate::{Algorithm, Signer, SigningKey};

fn key() -> DecryptionKey {
    DecryptionKey::generate("k1", &SeededRandomness::new(5)).unwrap()
}

fn token(options: &EncryptOptions<'_>) -> String {
    encrypt(b"plaintext", key().public_jwk(), options).unwrap()
}

fn parts(token: &str) -> Vec<String> {
    token.split('.').map(str::to_owned).collect()
}

fn with_header(token: &str, change: impl FnOnce(&mut Map<String, Value>)) -> String {
    let mut members = header(token).unwrap();
    change(&mut members);
    let mut parts = parts(token);
    parts[0] = base64url::encode(Value::Object(members).to_string());
    parts.join(".")
}

#[test]
fn both_encryptions_open_with_and_without_party_info_and_compression() {
    for encryption in ContentEncryption::ALL {
        for compress in [false, true] {
            for (apu, apv) in [(None, None), (Some(&b"Alice"[..]), Some(&b"Bob"[..]))] {
                let options = EncryptOptions {
                    encryption: *encryption,
                    apu,
                    apv,
                    compress,
                    ..EncryptOptions::default()
                };
                let token = token(&options);
                assert_eq!(header(&token).unwrap()["kid"], "k1");
                assert_eq!(decrypt(&token, &key()).unwrap().as_slice(), b"plaintext");
            }
        }
    }
}

#[test]
fn the_party_info_is_part_of_the_key_agreement() {
    // Changing apu after encryption changes the derived key and the header, so the tag must fail.
    let token = token(&EncryptOptions { apu: Some(b"Alice"), ..EncryptOptions::default() });
    let bent = with_header(&token, |header| {
        header.insert("apu".to_owned(), json!(base64url::encode("Mallory")));
    });
    assert_eq!(decrypt(&bent, &key()).unwrap_err(), JweError::DecryptionFailed);
}

#[test]
fn tags_and_ivs_of_other_lengths_are_refused_before_decryption() {
    let token = token(&EncryptOptions::default());
    for length in [0, 1, 4, 8, 12, 15] {
        let mut cut = parts(&token);
        cut[4] = base64url::encode(&base64url::decode(&cut[4]).unwrap()[..length]);
        assert_eq!(decrypt(&cut.join("."), &key()).unwrap_err(), JweError::BadLengths);
    }
    for length in [0, 8, 11, 13, 16] {
        let mut other = parts(&token);
        other[2] = base64url::encode(vec![1; length]);
        assert_eq!(decrypt(&other.join("."), &key()).unwrap_err(), JweError::BadLengths);
    }
    let mut keyed = parts(&token);
    keyed[1] = "AAAA".to_owned();
    assert_eq!(decrypt(&keyed.join("."), &key()).unwrap_err(), JweError::BadLengths);
}

/// What each part looks like under other algorithms: a wrapped key, an IV of 16 bytes, a tag of 32.
fn with_other_lengths(token: &str) -> Vec<String> {
    [(1, 40), (2, 16), (4, 32), (2, 0), (4, 0)]
        .into_iter()
        .map(|(place, length)| {
            let mut parts = parts(token);
            parts[place] = base64url::encode(vec![1; length]);
            parts.join(".")
        })
        .collect()
}

#[test]
fn an_algorithm_that_is_not_spoken_is_named_before_the_lengths_that_come_with_it() {
    let token = token(&EncryptOptions::default());
    for (name, value, error) in [
        ("alg", "ECDH-ES+A256KW", JweError::WrongAlgorithm),
        ("alg", "RSA-OAEP", JweError::WrongAlgorithm),
        ("alg", "none", JweError::WrongAlgorithm),
        ("enc", "A256CBC-HS512", JweError::WrongEncryption),
        ("enc", "A192GCM", JweError::WrongEncryption),
        ("crit", "b64", JweError::UnknownExtension),
    ] {
        let other = with_header(&token, |header| {
            header.insert(name.to_owned(), json!(value));
        });
        for odd in with_other_lengths(&other).iter().chain([&other]) {
            assert_eq!(decrypt(odd, &key()).unwrap_err(), error, "{name} {value}");
        }
    }
    for odd in with_other_lengths(&token) {
        assert_eq!(decrypt(&odd, &key()).unwrap_err(), JweError::BadLengths);
    }
}

#[test]
fn what_is_no_compact_jwe_is_malformed_whatever_its_algorithm() {
    for alg in ["ECDH-ES", "RSA-OAEP"] {
        let token = with_header(&token(&EncryptOptions::default()), |header| {
            header.insert("alg".to_owned(), json!(alg));
        });
        for bent in [parts(&token)[..4].join("."), format!("{token}.AA"), format!("{token}=")] {
            assert_eq!(decrypt(&bent, &key()).unwrap_err(), JweError::Malformed, "{alg}");
        }
    }
}

#[test]
fn each_header_fault_is_named() {
    let token = token(&EncryptOptions::default());
    let off_curve =
        json!({"kty":"EC","crv":"P-256","x":base64url::encode([0;32]),"y":base64url::encode([0;32])});
    let cases = [
        ("alg", json!("dir"), JweError::WrongAlgorithm),
        ("alg", json!("none"), JweError::WrongAlgorithm),
        ("enc", json!("A128CBC-HS256"), JweError::WrongEncryption),
        ("crit", json!(["b64"]), JweError::UnknownExtension),
        ("zip", json!("GZ"), JweError::UnknownExtension),
        ("epk", off_curve, JweError::BadEphemeralKey),
        ("epk", json!(null), JweError::BadEphemeralKey),
        ("apu", json!("a="), JweError::BadPartyInfo),
        ("apv", json!(7), JweError::BadPartyInfo),
        ("kid", json!("another"), JweError::WrongKey),
        ("kid", json!(7), JweError::Malformed),
        ("typ", json!(["jwt"]), JweError::Malformed),
        ("cty", json!(null), JweError::Malformed),
        ("x5t", json!({}), JweError::Malformed),
    ];
    for (name, value, error) in cases {
        let bent = with_header(&token, |header| {
            header.insert(name.to_owned(), value.clone());
        });
        assert_eq!(decrypt(&bent, &key()).unwrap_err(), error, "{name} {value}");
    }
}

/// RFC 7518 Appendix C, whose ephemeral and private keys are told; the token around them is ours.
#[test]
fn the_example_of_rfc_7518_opens_from_both_ends() {
    let (ephemeral, recipient) = (
        json!({"kty": "EC", "crv": "P-256", "x": "gI0GAILBdu7T53akrFmMyGcsF3n5dO7MmwNBHKW5SV0",
            "y": "SLW_xSffzlPWrHEVI30DHM_4egVwt3NQqeUD7nMFpps", "d": "0_NxaRPUMQoAJt50Gz8YiTr8gRTwyEaCumd-MToTmIo"}),
        json!({"kty": "EC", "crv": "P-256", "x": "weNJy2HscCSM6AEDTDg04biOvhFhyyWvOHQfeF_PxMQ",
            "y": "e8lnCO-AlStT-NJVX-crhB7QRYhiix03illJOVAOyck", "d": "VEmDZpDXXK8p8N0Cndsxs924q6nS1RXFASRl6BfUqdw"}),
    );
    let keys = [ephemeral, recipient].map(|key| DecryptionKey::from_private_json(key.to_string()).unwrap());
    let shared = keys[0].agree(keys[1].public_jwk()).unwrap();
    assert_eq!(shared, keys[1].agree(keys[0].public_jwk()).unwrap());
    assert_eq!(shared.as_ref()[..4], [158, 86, 217, 29]);
    let edwards = SigningKey::generate(Algorithm::EdDsa, &SeededRandomness::new(1)).unwrap();
    assert!(keys[0].agree(edwards.public_jwk()).is_none());
}

#[test]
fn a_changed_byte_anywhere_in_iv_text_or_tag_does_not_open() {
    let whole = token(&EncryptOptions::default());
    for part in 2..5 {
        let bytes = base64url::decode(&parts(&whole)[part]).unwrap();
        for place in 0..bytes.len() {
            let (mut bent, mut changed) = (parts(&whole), bytes.clone());
            changed[place] ^= 1;
            bent[part] = base64url::encode(changed);
            assert_eq!(decrypt(&bent.join("."), &key()).unwrap_err(), JweError::DecryptionFailed);
        }
    }
}

#[test]
fn a_private_ephemeral_key_is_refused() {
    let token = token(&EncryptOptions::default());
    let bent = with_header(&token, |header| {
        header["epk"]["d"] = json!(base64url::encode([1; 32]));
    });
    assert_eq!(decrypt(&bent, &key()).unwrap_err(), JweError::BadEphemeralKey);
}

#[test]
fn a_plaintext_that_inflates_beyond_the_limit_is_refused() {
    let options = EncryptOptions { compress: true, ..EncryptOptions::default() };
    let bomb = encrypt(&vec![0; LONGEST_PLAINTEXT + 1], key().public_jwk(), &options).unwrap();
    assert_eq!(decrypt(&bomb, &key()).unwrap_err(), JweError::PlaintextTooLong);
    let fits = encrypt(&vec![0; LONGEST_PLAINTEXT], key().public_jwk(), &options).unwrap();
    assert_eq!(decrypt(&fits, &key()).unwrap().len(), LONGEST_PLAINTEXT);
}

#[test]
fn another_key_does_not_open_and_an_unlabelled_token_does() {
    let unlabelled = with_header(&token(&EncryptOptions::default()), |header| {
        header.remove("kid");
    });
    // The header is authenticated, so removing kid afterwards breaks the tag: it fails there and not earlier.
    assert_eq!(decrypt(&unlabelled, &key()).unwrap_err(), JweError::DecryptionFailed);
    let other = DecryptionKey::generate("k1", &SeededRandomness::new(6)).unwrap();
    assert_eq!(decrypt(&token(&EncryptOptions::default()), &other).unwrap_err(), JweError::DecryptionFailed);
    let plain = Jwk::from_value(&key().public_jwk().required_members()).unwrap();
    let without_kid = encrypt(b"plaintext", &plain, &EncryptOptions::default()).unwrap();
    assert_eq!(decrypt(&without_kid, &key()).unwrap().as_slice(), b"plaintext");
}

#[test]
fn nothing_is_encrypted_to_a_signing_key_or_another_curve() {
    let p256 = key().public_jwk().clone();
    let ed25519 = SigningKey::generate(Algorithm::EdDsa, &SeededRandomness::new(1)).unwrap();
    let refused = [p256.clone().with_use("sig"), p256.with_alg("ES256"), ed25519.public_jwk().clone()];
    for recipient in refused {
        assert_eq!(encrypt(b"x", &recipient, &EncryptOptions::default()), Err(EncryptionFailed));
    }
}

#[test]
fn a_token_beyond_the_length_limit_is_refused_unread() {
    assert_eq!(decrypt(&"a".repeat(LONGEST_TOKEN + 1), &key()).unwrap_err(), JweError::TooLong);
}

/// The keys of RFC 7518 Appendix C; what follows the header was made with another implementation.
#[test]
fn what_was_encrypted_elsewhere_under_the_keys_of_rfc_7518_opens_and_not_if_a_party_was_left_out() {
    const OURS: &str = r#"{"kty":"EC","crv":"P-256","x":"weNJy2HscCSM6AEDTDg04biOvhFhyyWvOHQfeF_PxMQ","y":"e8lnCO-AlStT-NJVX-crhB7QRYhiix03illJOVAOyck","d":"VEmDZpDXXK8p8N0Cndsxs924q6nS1RXFASRl6BfUqdw"}"#;
    const THEIRS: &str = r#"{"kty":"EC","crv":"P-256","x":"gI0GAILBdu7T53akrFmMyGcsF3n5dO7MmwNBHKW5SV0","y":"SLW_xSffzlPWrHEVI30DHM_4egVwt3NQqeUD7nMFpps"}"#;
    let key = DecryptionKey::from_private_json(OURS).unwrap();
    let opened = |enc: &str, parties: &str, rest: &str| {
        let header = format!(r#"{{"alg":"ECDH-ES","enc":"{enc}","epk":{THEIRS}{parties}}}"#);
        decrypt(&format!("{}..AAECAwQFBgcICQoL.{rest}", base64url::encode(header)), &key)
    };
    let parties = r#","apu":"QWxpY2U","apv":"Qm9i""#;
    for (enc, parties, rest) in [
        ("A128GCM", parties, "BOdjjSOlz8jO.mbSXHYCDT_v44f7kKzFqbg"),
        ("A256GCM", parties, "62e9TbeKads8.OSqgkDu-H7outR0myTUnvw"),
        ("A128GCM", "", "G53M062bi7ba.EWr2IJQdHAGLSl30KHRGGg"),
        ("A256GCM", "", "Ji15F66YbSXn.Hr7bBb6xTdyqEMNJ5-2hWQ"),
    ] {
        assert_eq!(opened(enc, parties, rest).unwrap().as_slice(), b"plaintext", "{enc} {parties}");
    }
    // The header is covered in each of these; only the derivation of the key was done otherwise.
    for (case, enc, rest) in [
        ("without the two", "A128GCM", "G53M062bi7ba.ZiLe-Hj0nEvH3tXQ4X30ZA"),
        ("without apv", "A128GCM", "3rQD0UTRiuUh.2Ynv6em-xTWlBbKro7K0UQ"),
        ("with the two in each other's place", "A128GCM", "FqzjpY3RC31o.2Ioi62pkTmo-FUIL1AtlvA"),
        ("without the two", "A256GCM", "Ji15F66YbSXn.SkryFLStIHYXKAEtOisYaQ"),
        ("without apv", "A256GCM", "BmiB-D-qCSo3.SrQPXsOc6vG8mB1Mfsjwwg"),
        ("with the two in each other's place", "A256GCM", "dgMvc4dEqh2Y.aLZokXyQjxKXFG0fwHcN6w"),
    ] {
        assert_eq!(opened(enc, parties, rest).unwrap_err(), JweError::DecryptionFailed, "{case}, {enc}");
    }
}

use environment::{Randomness, SeededRandomness};
use serde_json::json;

use super::*;
use crate::{Signer, SigningKey, jwe};

fn randomness() -> SeededRandomness {
    SeededRandomness::new(7)
}

#[test]
fn the_thumbprint_of_rfc_8037_appendix_a_3_is_reproduced() {
    let key = Jwk::from_value(
        &json!({"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}),
    )
    .unwrap();
    assert_eq!(key.thumbprint_base64url(), "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k");
}

#[test]
fn keys_survive_the_way_through_json_with_their_labels() {
    for algorithm in Algorithm::ALL {
        let key = SigningKey::generate(*algorithm, &randomness()).unwrap().with_kid("one");
        let again = SigningKey::from_private_json(key.to_private_json().as_bytes()).unwrap();
        assert_eq!(again.public_jwk(), key.public_jwk());
        assert_eq!(again.public_jwk().kid(), Some("one"));
        let signature = again.sign(b"message").unwrap();
        let verifying = VerifyingKey::new(key.public_jwk()).unwrap();
        assert!(verifying.verifies(b"message", &signature));
        assert!(!verifying.verifies(b"another", &signature));
        assert!(!verifying.verifies(b"message", &signature[..63]));
    }
}

#[test]
fn a_private_key_is_refused_where_a_public_one_belongs() {
    let key = SigningKey::generate(Algorithm::Es256, &randomness()).unwrap();
    assert_eq!(Jwk::from_json(key.to_private_json().as_bytes()).unwrap_err(), KeyError::Private);
    assert_eq!(Jwk::from_value(&json!({"kty":"oct","k":"AAAA"})).unwrap_err(), KeyError::Private);
}

#[test]
fn points_off_the_curve_and_of_small_order_are_refused() {
    let zero = base64url::encode([0; 32]);
    let off = json!({"kty":"EC","crv":"P-256","x":zero,"y":zero});
    assert_eq!(Jwk::from_value(&off).unwrap_err(), KeyError::NotOnCurve);
    let mut identity = [0; 32];
    identity[0] = 1;
    assert_eq!(Jwk::from_ed25519(&identity).unwrap_err(), KeyError::NotOnCurve);
}

/// The curve's generator (SEC 2 §2.4.2): its y is odd, so its compressed form begins with 03.
const GENERATOR_X: &str = "6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296";
const GENERATOR_Y: &str = "4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5";

fn hex(text: &str) -> Vec<u8> {
    let byte = |digits: &[u8]| u8::from_str_radix(std::str::from_utf8(digits).unwrap(), 16).unwrap();
    text.as_bytes().chunks(2).map(byte).collect()
}

#[test]
fn a_point_is_read_in_its_two_forms_and_under_no_other_first_byte() {
    let (x, y) = (hex(GENERATOR_X), hex(GENERATOR_Y));
    for tag in 0..=u8::MAX {
        let compressed = Jwk::from_sec1(&[&[tag][..], &x].concat());
        match tag {
            2 | 3 => {
                let KeyKind::P256 { x: read, y: found } = compressed.unwrap().kind().clone() else {
                    panic!("a P-256 key")
                };
                assert_eq!(read.to_vec(), x);
                assert_eq!((found.to_vec() == y, found[31] % 2), (tag == 3, tag % 2));
            }
            _ => assert_eq!(compressed.unwrap_err(), KeyError::Malformed, "{tag:02x} with x"),
        }
        let whole = [&[tag][..], &x, &y].concat();
        match tag {
            4 => assert_eq!(Jwk::from_sec1(&whole).unwrap().to_bytes(), whole),
            _ => {
                assert_eq!(Jwk::from_sec1(&whole).unwrap_err(), KeyError::Malformed, "{tag:02x} with x and y")
            }
        }
    }
}

#[test]
fn a_point_of_another_length_is_malformed_and_so_is_the_point_at_infinity() {
    let long = [&[0][..], &hex(GENERATOR_X), &hex(GENERATOR_Y), &[0; 67]].concat();
    for tag in 0..=7 {
        for length in 0..=long.len() {
            let mut point = long[..length].to_vec();
            point.iter_mut().take(1).for_each(|first| *first = tag);
            let right = matches!((tag, length), (4, 65) | (2 | 3, 33));
            assert_eq!(
                Jwk::from_sec1(&point).err(),
                (!right).then_some(KeyError::Malformed),
                "{tag} {length}"
            );
        }
    }
    assert_eq!(Jwk::from_sec1(&[0]).unwrap_err(), KeyError::Malformed);
    assert_eq!(Jwk::from_sec1(&[0; 33]).unwrap_err(), KeyError::Malformed);
    assert_eq!(Jwk::from_sec1(&[0; 65]).unwrap_err(), KeyError::Malformed);
}

#[test]
fn a_point_that_is_not_on_the_curve_is_no_key_in_either_form() {
    let (x, mut y) = (hex(GENERATOR_X), hex(GENERATOR_Y));
    y[31] ^= 1;
    // No point has this x (7³ − 3·7 + b is no square), and p itself is no coordinate (SEC 1 §2.3.5).
    let without_point = [&[0; 31][..], &[7]].concat();
    let prime = hex("ffffffff00000001000000000000000000000000ffffffffffffffffffffffff");
    for point in [
        [&[4][..], &x, &y].concat(),
        [&[4][..], &[0; 64]].concat(),
        [&[4][..], &prime, &y].concat(),
        [&[2][..], &without_point].concat(),
        [&[3][..], &without_point].concat(),
        [&[2][..], &prime].concat(),
    ] {
        assert_eq!(Jwk::from_sec1(&point).unwrap_err(), KeyError::NotOnCurve, "{point:02x?}");
    }
}

#[test]
fn short_long_and_padded_coordinates_and_other_curves_are_refused() {
    let good = SigningKey::generate(Algorithm::Es256, &randomness()).unwrap().public_jwk().to_value();
    for x in [json!("AAAA"), json!(format!("{}=", good["x"].as_str().unwrap())), json!(5), json!(null)] {
        let mut key = good.clone();
        key["x"] = x;
        assert_eq!(Jwk::from_value(&key).unwrap_err(), KeyError::Malformed);
    }
    let mut key = good;
    key["crv"] = json!("secp256k1");
    assert_eq!(Jwk::from_value(&key).unwrap_err(), KeyError::Unsupported);
    assert_eq!(Jwk::from_value(&json!([])).unwrap_err(), KeyError::NotAnObject);
}

#[test]
fn a_key_declared_for_encryption_checks_no_signature() {
    let key = SigningKey::generate(Algorithm::Es256, &randomness()).unwrap().public_jwk().clone();
    assert!(VerifyingKey::new(&key.clone().with_use("sig").with_alg("ES256")).is_ok());
    assert_eq!(VerifyingKey::new(&key.clone().with_use("enc")).unwrap_err(), KeyError::WrongUse);
    assert_eq!(VerifyingKey::new(&key.with_alg("ES384")).unwrap_err(), KeyError::WrongUse);
}

#[test]
fn the_operations_of_a_key_forbid_what_they_do_not_name() {
    let with = |operations: Value| {
        let mut key = SigningKey::generate(Algorithm::Es256, &randomness()).unwrap().public_jwk().to_value();
        key["key_ops"] = operations;
        Jwk::from_value(&key)
    };
    let verifies = |operations| VerifyingKey::new(&with(operations).unwrap()).map(drop);
    let encrypts =
        |operations| jwe::encrypt(b"x", &with(operations).unwrap(), &jwe::EncryptOptions::default());
    assert_eq!(verifies(json!(["verify"])), Ok(()));
    assert_eq!(verifies(json!(["sign", "verify"])), Ok(()));
    for operations in [json!([]), json!(["sign"]), json!(["encrypt"]), json!(["Verify"])] {
        assert_eq!(verifies(operations.clone()), Err(KeyError::WrongUse), "{operations}");
    }
    for operations in [json!([]), json!(["deriveKey"]), json!(["deriveBits"])] {
        assert!(encrypts(operations.clone()).is_ok(), "{operations}");
    }
    assert_eq!(encrypts(json!(["verify"])), Err(jwe::EncryptionFailed));
    assert_eq!(with(json!(["verify"])).unwrap().to_value()["key_ops"], json!(["verify"]));
}

#[test]
fn operations_are_an_array_of_few_names_and_none_comes_twice() {
    let mut key = SigningKey::generate(Algorithm::Es256, &randomness()).unwrap().public_jwk().to_value();
    let many: Vec<_> = (0..17).map(|number| number.to_string()).collect();
    for operations in [json!("verify"), json!([1]), json!(["verify", "verify"]), json!(null), json!(many)] {
        key["key_ops"] = operations;
        assert_eq!(Jwk::from_value(&key).unwrap_err(), KeyError::Malformed);
    }
}

#[test]
fn a_private_key_signs_if_its_operations_say_so_and_its_public_half_then_verifies() {
    let key = SigningKey::generate(Algorithm::Es256, &randomness()).unwrap();
    let with = |operations: Value| {
        let mut key: Value = serde_json::from_str(&key.to_private_json()).unwrap();
        key["key_ops"] = operations;
        SigningKey::from_private_json(key.to_string())
    };
    assert!(VerifyingKey::new(with(json!(["sign"])).unwrap().public_jwk()).is_ok());
    assert_eq!(with(json!(["deriveKey"])).unwrap_err(), KeyError::WrongUse);
}

#[test]
fn a_private_key_declared_for_signing_opens_nothing() {
    let key = DecryptionKey::generate("kid", &randomness()).unwrap();
    let with = |name: &str, value: Value| {
        let mut key: Value = serde_json::from_str(&key.to_private_json()).unwrap();
        key[name] = value;
        DecryptionKey::from_private_json(key.to_string()).map(drop)
    };
    assert_eq!(with("key_ops", json!(["deriveBits"])), Ok(()));
    for (name, value) in [("use", json!("sig")), ("alg", json!("ES256")), ("key_ops", json!(["sign"]))] {
        assert_eq!(with(name, value), Err(KeyError::WrongUse), "{name}");
    }
}

#[test]
fn a_private_part_that_belongs_to_another_key_is_refused() {
    let randomness: &dyn Randomness = &randomness();
    let one = SigningKey::generate(Algorithm::Es256, randomness).unwrap();
    let other = SigningKey::generate(Algorithm::Es256, randomness).unwrap();
    let mut mixed: Value = serde_json::from_str(&one.to_private_json()).unwrap();
    mixed["d"] = serde_json::from_str::<Value>(&other.to_private_json()).unwrap()["d"].clone();
    assert_eq!(SigningKey::from_private_json(mixed.to_string()).unwrap_err(), KeyError::Malformed);
    assert_eq!(DecryptionKey::from_private_json(mixed.to_string()).unwrap_err(), KeyError::Malformed);
}

#[test]
fn nothing_of_a_key_is_printed() {
    let key = SigningKey::generate(Algorithm::EdDsa, &randomness()).unwrap();
    let decryption = DecryptionKey::generate("kid", &randomness()).unwrap();
    assert_eq!(
        format!("{key:?} {:?} {decryption:?}", key.public_jwk()),
        "SigningKey(EdDSA) Jwk(EdDSA) DecryptionKey"
    );
}

#[test]
fn with_an_ed25519_key_that_is_no_point_nothing_verifies_and_one_of_small_order_is_refused() {
    let signed = SigningKey::generate(Algorithm::EdDsa, &randomness()).unwrap();
    let signature = signed.sign(b"message").unwrap();
    let KeyKind::Ed25519(bytes) = *signed.public_jwk().kind() else { panic!("it is an Ed25519 key") };
    let unproved = VerifyingKey::from_unproved_ed25519(&bytes).unwrap();
    assert_eq!(unproved.jwk(), signed.public_jwk());
    assert!(unproved.verifies(b"message", &signature) && !unproved.verifies(b"another", &signature));
    let mut off = 0;
    for byte in 2..=u8::MAX {
        let bytes = [byte; 32];
        if Jwk::from_ed25519(&bytes).is_err() {
            off += 1;
            assert!(!VerifyingKey::from_unproved_ed25519(&bytes).unwrap().verifies(b"message", &signature));
        }
    }
    assert!(off > 64, "half of all texts are no points: {off}");
    for small in [[0; 32], std::array::from_fn(|place| u8::from(place == 0))] {
        assert_eq!(VerifyingKey::from_unproved_ed25519(&small).unwrap_err(), KeyError::NotOnCurve);
    }
}

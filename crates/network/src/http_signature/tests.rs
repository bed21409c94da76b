use environment::SeededRandomness;
use jose::{Algorithm, Jwk, SigningKey};
use serde_json::json;

use super::*;

const NOW: Timestamp = Timestamp::from_seconds(1_795_564_800);
const AT: &str = "https://office.example/number-binding";
const KEY: &str = "did:webvh:Qm:kiln.example#request";
const BODY: &[u8] = br#"{"hello": "world"}"#;

fn key(algorithm: Algorithm, seed: u64) -> SigningKey {
    SigningKey::generate(algorithm, &SeededRandomness::new(seed)).unwrap()
}

fn ready(key: &SigningKey) -> VerifyingKey {
    VerifyingKey::new(key.public_jwk()).unwrap()
}

fn signed(key: &SigningKey) -> Signed {
    sign("POST", AT, BODY, KEY, key, NOW, &SeededRandomness::new(9)).unwrap()
}

impl Signed {
    fn fields(&self) -> Fields<'_> {
        Fields {
            content_digest: &self.content_digest,
            signature_input: &self.signature_input,
            signature: &self.signature,
        }
    }
}

fn parse(signed: &Signed) -> Result<Unverified, HttpSignatureError> {
    Unverified::parse("POST", AT, BODY, signed.fields())
}

fn bytes(field: &str) -> Vec<u8> {
    let item: sfv::Item = Parser::new(field).parse().unwrap();
    item.bare_item.as_byte_sequence().unwrap().to_vec()
}

/// RFC 9421, appendix B.2.4: the signature base of a response, signed with the key of B.1.3.
#[test]
fn the_example_of_the_standard_with_p_256_verifies_over_our_signature_base() {
    let parameters = r#"("@status" "content-type" "content-digest" "content-length");created=1618884473;keyid="test-key-ecc-p256""#;
    let digest =
        "sha-512=:mEWXIS7MaLRuGgxOBdODa3xqM1XdEvxoYhvlCFJ41QJgJc4GTsPp29l5oGX69wWdXymyU0rjJuahq4l5aGgfLQ==:";
    let components = [
        ("@status", "200"),
        ("content-type", "application/json"),
        ("content-digest", digest),
        ("content-length", "23"),
    ];
    let base = signature_base(components.into_iter(), parameters);
    let jwk = Jwk::from_value(&json!({
        "kty": "EC", "crv": "P-256",
        "x": "qIVYZVLCrPZHGHjP17CTW0_-D9Lfw0EkjqF7xB4FivA",
        "y": "Mc4nN9LTDOBhfoUeg8Ye9WedFRhnZXZJA12Qp0zZ6F0",
    }))
    .unwrap();
    let key = VerifyingKey::new(&jwk).unwrap();
    let signature =
        bytes(":wNmSUAhwb5LxtOtOpNa6W5xj067m5hFrj0XQ4fvpaCLx0NKocgPquLgyahnzDnDAUy5eCdlYUEkLIj+32oiasw==:");
    assert!(key.verifies(base.as_bytes(), &signature));
    assert!(!key.verifies(base.replace("200", "201").as_bytes(), &signature));
}

/// RFC 9421, appendix B.2.6, with the key of B.1.4: Ed25519 is deterministic, so that the signature is the same.
#[test]
fn the_example_of_the_standard_with_ed25519_is_signed_as_there() {
    let parameters = r#"("date" "@method" "@path" "@authority" "content-type" "content-length");created=1618884473;keyid="test-key-ed25519""#;
    let components = [
        ("date", "Tue, 20 Apr 2021 02:07:55 GMT"),
        ("@method", "POST"),
        ("@path", "/foo"),
        ("@authority", "example.com"),
        ("content-type", "application/json"),
        ("content-length", "18"),
    ];
    let base = signature_base(components.into_iter(), parameters);
    let seed = base64url::decode_exact("n4Ni-HpISpVObnQMW0wOhCKROaIKqKtW_2ZYb2p9KcU").unwrap();
    let key = SigningKey::from_secret_bytes(Algorithm::EdDsa, &seed).unwrap();
    let jwk = json!({"kty": "OKP", "crv": "Ed25519", "x": "JrQLj5P_89iXES9-vFgrIy29clF9CC_oPPsw3c5D0bs"});
    assert_eq!(key.public_jwk(), &Jwk::from_value(&jwk).unwrap());
    assert_eq!(
        labelled_bytes("sig-b26", &key.sign(base.as_bytes()).unwrap()).unwrap(),
        "sig-b26=:wqcAqbmYJ2ji2glfAMaRy4gruYYnx2nEFN2HN6jrnDnQCK1u02Gb04v9EDgwUPiu4A0w6vuQv5lIp5WPpBKRCw==:"
    );
}

/// RFC 9530, appendix B.1 (with a line end) and the body of RFC 9421, appendix B.2 (without).
#[test]
fn the_digest_of_a_body_is_that_of_the_standards() {
    assert_eq!(
        content_digest(b"{\"hello\": \"world\"}\n").unwrap(),
        "sha-256=:RK/0qy18MlBSVnWgjwz6lZEWjP/lF5HF9bvEF8FabDg=:"
    );
    assert_eq!(content_digest(BODY).unwrap(), "sha-256=:X48E9qOokqqrvdts8nOJRJN3OWDUoyWxBf7kbu9DBPE=:");
}

#[test]
fn a_request_that_was_signed_with_either_algorithm_verifies_and_names_key_and_nonce() {
    for algorithm in [Algorithm::Es256, Algorithm::EdDsa] {
        let key = key(algorithm, 1);
        let signed = signed(&key);
        let nonce: [u8; 16] = {
            let randomness: &dyn Randomness = &SeededRandomness::new(9);
            randomness.bytes()
        };
        assert_eq!(
            signed.signature_input,
            format!(
                r#"passport=("@method" "@target-uri" "content-digest");created=1795564800;expires=1795564830;nonce="{}";keyid="{KEY}""#,
                base64url::encode(nonce)
            )
        );
        let unverified = parse(&signed).unwrap();
        assert_eq!(unverified.key_id(), KEY);
        let expires_at = NOW.plus(VALIDITY + SKEW);
        let verified = Verified { key_id: KEY.to_owned(), nonce, expires_at };
        assert_eq!(unverified.verify(&ready(&key), NOW), Ok(verified));
    }
}

#[test]
fn another_method_address_body_digest_or_key_is_another_request() {
    let key = key(Algorithm::Es256, 1);
    let signed = signed(&key);
    let verify = |method: &str, at: &str| {
        Unverified::parse(method, at, BODY, signed.fields()).unwrap().verify(&ready(&key), NOW)
    };
    assert!(verify("POST", AT).is_ok());
    for (method, at) in [
        ("PUT", AT),
        ("post", AT),
        ("POST", "https://office.example/number-binding/"),
        ("POST", "https://office.example/number-binding?"),
        ("POST", "http://office.example/number-binding"),
        ("POST", "https://other.example/number-binding"),
    ] {
        assert_eq!(verify(method, at), Err(HttpSignatureError::BadSignature), "{method} {at}");
    }
    for body in [&b"{\"hello\": \"World\"}"[..], b"", b"{\"hello\": \"world\"}\n"] {
        let other = Unverified::parse("POST", AT, body, signed.fields()).map(drop);
        assert_eq!(other, Err(HttpSignatureError::WrongDigest));
    }
    // A digest that fits the body, but was not the one that was signed.
    let swapped = Signed { content_digest: content_digest(b"{}").unwrap(), ..signed.clone() };
    let swapped = Unverified::parse("POST", AT, b"{}", swapped.fields()).unwrap();
    assert_eq!(swapped.verify(&ready(&key), NOW), Err(HttpSignatureError::BadSignature));
    let other = SigningKey::generate(Algorithm::Es256, &SeededRandomness::new(2)).unwrap();
    assert_eq!(parse(&signed).unwrap().verify(&ready(&other), NOW), Err(HttpSignatureError::BadSignature));
}

#[test]
fn a_request_counts_from_its_making_to_its_end_with_a_minute_for_the_clocks() {
    let key = key(Algorithm::Es256, 1);
    let at = |seconds: i64| {
        let unverified = parse(&signed(&key)).unwrap();
        unverified.verify(&ready(&key), NOW.plus(seconds)).map(drop)
    };
    assert_eq!(at(-60), Ok(()));
    assert_eq!(at(-61), Err(HttpSignatureError::NotYetValid));
    assert_eq!(at(VALIDITY + 59), Ok(()));
    assert_eq!(at(VALIDITY + 60), Err(HttpSignatureError::Expired));
    assert_eq!(at(86_400), Err(HttpSignatureError::Expired));
    assert_eq!(at(-86_400), Err(HttpSignatureError::NotYetValid));
}

/// Signs a request with any parameters, as a client of somebody else might.
fn with_input(key: &SigningKey, input: &str) -> Signed {
    let content_digest = content_digest(BODY).unwrap();
    let values = ["POST", AT, content_digest.as_str()];
    let base = signature_base(COMPONENTS.into_iter().zip(values), input);
    let signature = labelled_bytes(LABEL, &key.sign(base.as_bytes()).unwrap()).unwrap();
    Signed { content_digest, signature_input: format!("{LABEL}={input}"), signature }
}

const COVERED: &str = r#"("@method" "@target-uri" "content-digest")"#;
const NONCE_TEXT: &str = "AAAAAAAAAAAAAAAAAAAAAA";

fn input(covered: &str, expires: i64) -> String {
    let created = NOW.seconds();
    let expires = created + expires;
    format!(r#"{covered};created={created};expires={expires};nonce="{NONCE_TEXT}";keyid="{KEY}""#)
}

#[test]
fn the_parameters_may_come_in_any_order_but_live_no_longer_than_a_minute() {
    let key = key(Algorithm::Es256, 1);
    let verify = |input: &str| {
        let unverified = parse(&with_input(&key, input))?;
        unverified.verify(&ready(&key), NOW).map(drop)
    };
    assert_eq!(verify(&input(COVERED, 60)), Ok(()));
    assert_eq!(verify(&input(COVERED, 0)), Ok(()));
    assert_eq!(verify(&input(COVERED, 61)), Err(HttpSignatureError::ValidTooLong));
    assert_eq!(verify(&input(COVERED, -1)), Err(HttpSignatureError::ValidTooLong));
    let (created, expires) = (NOW.seconds(), NOW.seconds() + 60);
    let turned =
        format!(r#"{COVERED};keyid="{KEY}";nonce="{NONCE_TEXT}";expires={expires};created={created}"#);
    assert_eq!(verify(&turned), Ok(()));
}

#[test]
fn other_components_parameters_and_labels_are_refused_although_they_are_signed() {
    use HttpSignatureError::{Malformed, WrongComponents, WrongLabel, WrongParameters};
    let key = key(Algorithm::Es256, 1);
    let good = input(COVERED, 30);
    for (spoiled, refused) in [
        (input(r#"("@method" "@target-uri")"#, 30), WrongComponents),
        (input(r#"("@target-uri" "@method" "content-digest")"#, 30), WrongComponents),
        (input(r#"("@method" "@target-uri" "content-digest" "date")"#, 30), WrongComponents),
        (input(r#"("@method" "@path" "content-digest")"#, 30), WrongComponents),
        (input(r#"("@method";req "@target-uri" "content-digest")"#, 30), WrongComponents),
        (input("(@method)", 30), Malformed),
        (input(r#""@method""#, 30), WrongComponents),
        (input("()", 30), WrongComponents),
        (format!("{good};alg=\"ecdsa-p256-sha256\""), WrongParameters),
        (format!("{good};tag=\"x\""), WrongParameters),
        (good.replace(&format!(";keyid=\"{KEY}\""), ""), WrongParameters),
        (good.replace(&format!(";nonce=\"{NONCE_TEXT}\""), ""), WrongParameters),
        (good.replace(NONCE_TEXT, "AAAA"), WrongParameters),
        (good.replace(NONCE_TEXT, "AAAAAAAAAAAAAAAAAAAAA="), WrongParameters),
        (good.replace("created=1795564800", "created=1795564800.0"), WrongParameters),
        (good.replace("created=1795564800", "created=\"1795564800\""), WrongParameters),
        (good.replace("created=1795564800", "created=@1795564800"), WrongParameters),
        (good.replace(";created", "; created"), Malformed),
        (good.replace(";created=1795564800", ";created=1;created=1795564800"), Malformed),
        (good.replace("created=1795564800", "created=01795564800"), Malformed),
        (format!("{good}, other={good}"), WrongLabel),
        (format!("{good}, passport={good}"), Malformed),
        (format!("{good} "), Malformed),
        (String::new(), Malformed),
    ] {
        let refusal = parse(&with_input(&key, &spoiled)).map(drop);
        assert_eq!(refusal, Err(refused), "{spoiled}");
    }
    let good = with_input(&key, &good);
    assert!(parse(&good).is_ok());
    let relabelled = |field: &str| field.replace("passport=", "sig1=");
    for (spoiled, refused) in [
        (Signed { signature_input: relabelled(&good.signature_input), ..good.clone() }, WrongLabel),
        (Signed { signature: relabelled(&good.signature), ..good.clone() }, WrongLabel),
        (Signed { signature: format!("{}, a=:AA==:", good.signature), ..good.clone() }, WrongLabel),
        (Signed { signature: format!("{};a", good.signature), ..good.clone() }, Malformed),
        (Signed { signature: "passport=1".to_owned(), ..good.clone() }, Malformed),
        (Signed { signature: "passport=()".to_owned(), ..good.clone() }, Malformed),
        (Signed { signature: String::new(), ..good.clone() }, WrongLabel),
        (Signed { signature: format!("passport=:{}:", "A".repeat(5_000)), ..good.clone() }, Malformed),
        (Signed { signature_input: "p\u{e4}ssport".to_owned(), ..good.clone() }, Malformed),
    ] {
        assert_eq!(parse(&spoiled).map(drop), Err(refused), "{spoiled:?}");
    }
}

#[test]
fn a_digest_has_one_algorithm_and_one_spelling() {
    let good = signed(&key(Algorithm::Es256, 1));
    let digest = &good.content_digest;
    for spoiled in [
        String::new(),
        digest.replace("sha-256", "sha-512"),
        digest.replace("sha-256", "SHA-256"),
        digest.replace("=:", ":"),
        format!("{digest}, sha-512=:AA==:"),
        format!(" {digest}"),
    ] {
        let spoiled = Signed { content_digest: spoiled, ..good.clone() };
        assert_eq!(parse(&spoiled).map(drop), Err(HttpSignatureError::WrongDigest), "{spoiled:?}");
    }
}

#[test]
fn a_key_id_that_no_field_can_hold_is_not_signed() {
    let key = key(Algorithm::Es256, 1);
    let signed = sign("POST", AT, BODY, "did:example:\u{e4}#k", &key, NOW, &SeededRandomness::new(1));
    assert_eq!(signed, Err(SigningFailed));
}

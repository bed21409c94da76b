use environment::SeededRandomness;
use jose::jwe::EncryptOptions;
use serde_json::json;

use super::*;
use crate::form;

fn readable(parameters: &[(&str, &str)]) -> Result<Submission, ResponseError> {
    let body = form::encode(parameters.iter().copied());
    Submission::parse(Some(form::MEDIA_TYPE), body.as_bytes())
}

const TOKEN: (&str, &str) = ("vp_token", r#"{"profile":["a~b~c"]}"#);

fn key() -> DecryptionKey {
    DecryptionKey::generate("k", &SeededRandomness::new(1)).unwrap()
}

fn encrypted(plaintext: &str, key: &DecryptionKey) -> Submission {
    let jwe = jwe::encrypt(plaintext.as_bytes(), key.public_jwk(), &EncryptOptions::default()).unwrap();
    readable(&[("response", &jwe)]).unwrap()
}

#[test]
fn a_readable_answer_is_read_and_unknown_parameters_are_ignored() {
    let submission = readable(&[TOKEN, ("state", "s"), ("unheard_of", "x")]).unwrap();
    let parameters = submission.open(ResponseMode::DirectPost, None).unwrap();
    assert_eq!(parameters.state.as_deref(), Some("s"));
    let Content::VpToken(token) = parameters.content else { panic!("a token") };
    assert_eq!(token.to_value(), json!({"profile": ["a~b~c"]}));
}

#[test]
fn a_vp_token_is_an_object_of_non_empty_arrays_of_strings() {
    for token in [
        r#"{"a":"x"}"#,
        r#""x""#,
        r#"{"a":[]}"#,
        "{}",
        "null",
        r#"{"a":[7]}"#,
        r#"{"a":[""]}"#,
        r#"["x"]"#,
        r#"{"a":["x"],"a":["y"]}"#,
        "",
    ] {
        assert_eq!(readable(&[("vp_token", token)]), Err(ResponseError::MalformedVpToken), "{token}");
    }
    let deep = format!(r#"{{"a":{}{}}}"#, "[".repeat(10_000), "]".repeat(10_000));
    assert_eq!(readable(&[("vp_token", &deep)]), Err(ResponseError::MalformedVpToken));
    let many: Vec<&str> = vec!["x"; MOST_PRESENTATIONS + 1];
    assert_eq!(
        readable(&[("vp_token", &json!({"a": many}).to_string())]),
        Err(ResponseError::MalformedVpToken)
    );
}

#[test]
fn an_answer_says_exactly_one_thing() {
    for parameters in [
        vec![],
        vec![("state", "s")],
        vec![TOKEN, ("error", "access_denied")],
        vec![TOKEN, ("response", "a.b.c.d.e")],
    ] {
        assert_eq!(readable(&parameters), Err(ResponseError::NotOneAnswer));
    }
    assert_eq!(readable(&[TOKEN, TOKEN]), Err(ResponseError::Form(FormError::Repeated)));
}

#[test]
fn a_compressed_answer_is_as_long_as_it_may_grow_and_not_as_its_text() {
    let plaintext = json!({"vp_token": {"a": ["x".repeat(900_000)]}, "state": "s"}).to_string();
    let options = EncryptOptions { compress: true, ..EncryptOptions::default() };
    let jwe = jwe::encrypt(plaintext.as_bytes(), key().public_jwk(), &options).unwrap();
    assert!(jwe.len() < 4_096, "{}", jwe.len());
    let submission = readable(&[("response", &jwe)]).unwrap();
    assert_eq!(submission.length(), jwe::LONGEST_PLAINTEXT);
    // RFC 7516 §4.1.3: it is read all the same.
    let opened = submission.open(ResponseMode::DirectPostJwt, Some(&key())).unwrap();
    assert_eq!(opened.state.as_deref(), Some("s"));
    let short = encrypted("{}", &key());
    let Submission::Encrypted(sealed) = &short else { panic!("encrypted") };
    assert_eq!(short.length(), sealed.token().len(), "the near miss: without zip it is its text");
}

#[test]
fn an_encrypted_answer_opens_with_the_key_of_its_request_only() {
    let plaintext = json!({"vp_token": {"a": ["x"]}, "state": "s"}).to_string();
    let submission = encrypted(&plaintext, &key());
    let opened = submission.clone().open(ResponseMode::DirectPostJwt, Some(&key())).unwrap();
    assert_eq!(Value::Object(opened.to_object()), serde_json::from_str::<Value>(&plaintext).unwrap());
    let other = DecryptionKey::generate("k", &SeededRandomness::new(2)).unwrap();
    let refused = submission.clone().open(ResponseMode::DirectPostJwt, Some(&other)).unwrap_err();
    assert_eq!(refused, ResponseError::Jwe(JweError::DecryptionFailed));
    assert_eq!(submission.open(ResponseMode::DirectPost, None), Err(ResponseError::WrongMode));
}

#[test]
fn a_readable_token_is_refused_where_encryption_was_asked_for_and_an_error_is_not() {
    let token = readable(&[TOKEN]).unwrap().open(ResponseMode::DirectPostJwt, Some(&key()));
    assert_eq!(token, Err(ResponseError::WrongMode));
    let error =
        readable(&[("error", "access_denied")]).unwrap().open(ResponseMode::DirectPostJwt, Some(&key()));
    assert_eq!(error.unwrap().content, Content::Error("access_denied".to_owned()));
}

#[test]
fn what_was_encrypted_must_be_a_json_object() {
    for plaintext in ["not json", "[{}]", "e30.e30.", r#"{"vp_token":{"a":["x"]},"vp_token":{}}"#] {
        let refused = encrypted(plaintext, &key()).open(ResponseMode::DirectPostJwt, Some(&key()));
        assert_eq!(refused, Err(ResponseError::NotJson), "{plaintext}");
    }
    for malformed in [json!({"vp_token": {"a": ["x"]}, "state": 1}), json!({"error": {}})] {
        assert!(
            encrypted(&malformed.to_string(), &key())
                .open(ResponseMode::DirectPostJwt, Some(&key()))
                .is_err()
        );
    }
}

#[test]
fn hostile_error_codes_do_not_go_on() {
    for hostile in ["x".repeat(5_000).as_str(), "<script>", "", "A"] {
        let read = readable(&[("error", hostile)]).unwrap().open(ResponseMode::DirectPost, None).unwrap();
        assert_eq!(read.content, Content::Error("unknown_error".to_owned()));
    }
}

#[test]
fn a_reply_has_only_what_there_is() {
    assert_eq!(Reply::default().to_value(), json!({}));
    let reply = Reply {
        redirect_uri: Some("r".to_owned()),
        sharing_proof_uri: Some("s".to_owned()),
        ..Reply::default()
    };
    assert_eq!(reply.to_value(), json!({"redirect_uri": "r", "sharing_proof_uri": "s"}));
    let refill = Reply { credential_offer: Some("o".to_owned()), ..Reply::default() };
    assert_eq!(refill.to_value(), json!({"credential_offer": "o"}));
}

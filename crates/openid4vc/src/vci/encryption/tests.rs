use environment::SeededRandomness;

use super::*;
use crate::vci::metadata::CredentialConfiguration;

const ISSUER: &str = "https://office.example";

struct Setting {
    keys: Vec<Arc<DecryptionKey>>,
    request: RequestEncryption,
    response: ResponseEncryption,
    randomness: SeededRandomness,
}

fn setting() -> Setting {
    let randomness = SeededRandomness::new(3);
    let key = |kid| Arc::new(DecryptionKey::generate(kid, &randomness).unwrap());
    let keys = vec![key("now"), key("before")];
    let request = RequestEncryption::offering(keys[0].public_jwk().clone(), false);
    Setting { keys, request, response: ResponseEncryption::offering(false), randomness }
}

impl Setting {
    fn offered(&self) -> Offered<'_> {
        Offered { request: Some(&self.request), keys: &self.keys, response: Some(&self.response) }
    }

    fn metadata(&self) -> IssuerMetadata {
        let passport = CredentialConfiguration::key_bound("urn:passport-network:passport:1", "passport");
        IssuerMetadata {
            credential_issuer: ISSUER.to_owned(),
            authorization_servers: Vec::new(),
            credential_endpoint: format!("{ISSUER}/credential"),
            nonce_endpoint: None,
            deferred_credential_endpoint: None,
            notification_endpoint: None,
            request_encryption: Some(self.request.clone()),
            response_encryption: Some(self.response.clone()),
            batch_size: None,
            display: Vec::new(),
            configurations: [("passport".to_owned(), passport)].into(),
        }
    }

    fn sealed(&self) -> (String, ResponseKey) {
        match seal_request(&self.metadata(), &body(), &self.randomness).unwrap() {
            Sealed::Encrypted { jwe, response_key: Some(key) } => (jwe, key),
            other => panic!("{other:?}"),
        }
    }

    /// An encrypted request with these members, made in another way than our wallet does.
    fn encrypted(&self, body: &Value, options: &EncryptOptions<'_>) -> String {
        jwe::encrypt(body.to_string().as_bytes(), self.keys[0].public_jwk(), options).unwrap()
    }

    fn opened(&self, jwe: &str) -> Result<Opened, CredentialError> {
        open_request(Some(MEDIA_TYPE), jwe.as_bytes(), &self.offered())
    }

    fn refused(&self, jwe: &str) -> EncryptionError {
        match self.opened(jwe) {
            Err(CredentialError::Encryption(error)) => error,
            other => panic!("{other:?}"),
        }
    }

    /// What becomes of a request with this `credential_response_encryption`.
    fn asked(&self, asked: Value) -> Result<Opened, CredentialError> {
        let mut body = body();
        body[ASKED] = asked;
        self.opened(&self.encrypted(&body, &EncryptOptions::default()))
    }

    fn wallet_key(&self) -> Value {
        DecryptionKey::generate("w", &self.randomness).unwrap().public_jwk().to_value()
    }
}

fn body() -> Value {
    json!({"credential_configuration_id": "passport", "proofs": {"jwt": ["a.b.c"]}})
}

fn response(status: u16, media_type: &str, body: impl Into<Vec<u8>>) -> Response {
    let headers = vec![("content-type".to_owned(), media_type.to_owned())];
    Response { status, headers, body: body.into() }
}

fn without(value: &Value, name: &str) -> Value {
    let mut value = value.clone();
    value.as_object_mut().unwrap().remove(name);
    value
}

fn with_header(token: &str, change: impl FnOnce(&mut Map<String, Value>)) -> String {
    let mut members = jwe::header(token).unwrap();
    change(&mut members);
    let mut parts: Vec<String> = token.split('.').map(str::to_owned).collect();
    parts[0] = jose::base64url::encode(Value::Object(members).to_string());
    parts.join(".")
}

#[test]
fn a_sealed_request_opens_and_its_answer_comes_back_encrypted_and_compressed() {
    let setting = setting();
    let (jwe, response_key) = setting.sealed();
    let header = jwe::header(&jwe).unwrap();
    assert_eq!(
        (&header["kid"], &header["enc"], &header["zip"]),
        (&json!("now"), &json!("A256GCM"), &json!("DEF"))
    );
    let opened = setting.opened(&jwe).unwrap();
    assert_eq!(opened.members["credential_configuration_id"], "passport");
    let answer = opened.asked.unwrap().seal(&json!({"credentials": [{"credential": "x"}]})).unwrap();
    let header = jwe::header(&answer).unwrap();
    assert_eq!((&header["alg"], &header["zip"]), (&json!("ECDH-ES"), &json!("DEF")));
    assert_eq!(header["kid"], "response", "the wallet's key is named as the wallet named it");
    let read = response_key.open(&response(200, MEDIA_TYPE, answer)).unwrap();
    assert_eq!(read["credentials"][0]["credential"], "x");
}

#[test]
fn each_request_has_a_key_of_its_own_that_survives_storage() {
    let setting = setting();
    let (first, second) = (setting.sealed().1, setting.sealed().1);
    assert_ne!(first.key, second.key);
    let stored: ResponseKey = serde_json::from_str(&serde_json::to_string(&first).unwrap()).unwrap();
    let opened = setting.asked(stored.parameters().unwrap()).unwrap();
    let answer = opened.asked.unwrap().seal(&json!({"transaction_id": "t"})).unwrap();
    assert!(first.open(&response(202, MEDIA_TYPE, answer.clone())).is_ok());
    assert!(matches!(second.open(&response(202, MEDIA_TYPE, answer)), Err(EncryptionError::Jwe(_))));
    assert!(!format!("{first:?}").contains(first.key.expose()));
}

#[test]
fn where_nothing_is_offered_the_request_is_readable_and_where_it_is_required_that_is_an_error() {
    let setting = setting();
    let mut metadata = setting.metadata();
    metadata.request_encryption = None;
    let sealed = seal_request(&metadata, &body(), &setting.randomness).unwrap();
    assert_eq!((sealed.media_type(), sealed.body()), (READABLE, body().to_string().as_str()));
    assert!(sealed.response_key().is_none());
    metadata.response_encryption = Some(ResponseEncryption::offering(true));
    let error = seal_request(&metadata, &body(), &setting.randomness).unwrap_err();
    assert_eq!(error, EncryptionError::NotOffered);
    metadata.request_encryption = Some(setting.request.clone());
    metadata.response_encryption = None;
    let sealed = seal_request(&metadata, &body(), &setting.randomness).unwrap();
    assert!(sealed.media_type() == MEDIA_TYPE && sealed.response_key().is_none());
    assert!(setting.opened(sealed.body()).unwrap().asked.is_none());
}

#[test]
fn a_wallet_compresses_only_where_that_is_offered() {
    let mut setting = setting();
    setting.request.deflate = false;
    setting.response.deflate = false;
    let (jwe, key) = setting.sealed();
    assert!(!jwe::header(&jwe).unwrap().contains_key("zip"));
    assert!(key.parameters().unwrap().get("zip").is_none());
}

#[test]
fn a_wallet_takes_no_answer_that_is_readable_or_encrypted_otherwise() {
    let setting = setting();
    let (jwe, key) = setting.sealed();
    let answer = json!({"credentials": []});
    let readable = response(200, READABLE, answer.to_string());
    assert_eq!(key.open(&readable), Err(EncryptionError::AnswerNotEncrypted));
    let asked = setting.opened(&jwe).unwrap().asked.unwrap();
    let weaker = AskedEncryption { encryption: ContentEncryption::A128Gcm, ..asked.clone() };
    let weaker = response(200, MEDIA_TYPE, weaker.seal(&answer).unwrap());
    assert_eq!(key.open(&weaker), Err(EncryptionError::AnswerOtherwise));
    // Asked with zip, an answer may do without it; asked without, it may not come with it.
    let plain = AskedEncryption { deflate: false, ..asked.clone() };
    assert!(key.open(&response(200, MEDIA_TYPE, plain.seal(&answer).unwrap())).is_ok());
    let unasked = ResponseKey { deflate: false, ..key.clone() };
    let compressed = response(200, MEDIA_TYPE, asked.seal(&answer).unwrap());
    assert_eq!(unasked.open(&compressed), Err(EncryptionError::AnswerOtherwise));
    let list = response(200, MEDIA_TYPE, asked.seal(&json!([1])).unwrap());
    assert_eq!(key.open(&list), Err(EncryptionError::NotJson));
}

#[test]
fn requests_of_other_wallets_open_with_either_encryption_party_info_and_the_key_before() {
    let setting = setting();
    for encryption in ContentEncryption::ALL {
        for compress in [false, true] {
            let options = EncryptOptions {
                encryption: *encryption,
                compress,
                apu: Some(b"wallet"),
                apv: Some(b"issuer"),
                ..EncryptOptions::default()
            };
            assert!(setting.opened(&setting.encrypted(&body(), &options)).unwrap().asked.is_none());
        }
    }
    let before = setting.keys[1].public_jwk();
    let jwe = jwe::encrypt(body().to_string().as_bytes(), before, &EncryptOptions::default()).unwrap();
    assert!(setting.opened(&jwe).is_ok());
}

#[test]
fn an_encrypted_request_that_does_not_fit_the_metadata_is_refused_by_what_does_not_fit() {
    let mut setting = setting();
    let jwe = setting.encrypted(&body(), &EncryptOptions::default());
    assert!(setting.opened(&jwe).is_ok());
    let set = |name: &str, value: Value| {
        setting.refused(&with_header(&jwe, |header| drop(header.insert(name.to_owned(), value))))
    };
    assert_eq!(set("kid", json!("other")), EncryptionError::UnknownKey);
    assert_eq!(set("kid", json!(7)), EncryptionError::KeyNotNamed);
    assert_eq!(set("alg", json!("RSA-OAEP-256")), EncryptionError::Jwe(JweError::WrongAlgorithm));
    assert_eq!(set("alg", json!("dir")), EncryptionError::Jwe(JweError::WrongAlgorithm));
    assert_eq!(set("enc", json!("A128CBC-HS256")), EncryptionError::UnsupportedEncryption);
    assert_eq!(set("zip", json!("GZ")), EncryptionError::UnsupportedCompression);
    assert_eq!(set("apu", json!("x=")), EncryptionError::Jwe(JweError::BadPartyInfo));
    assert_eq!(set("crit", json!(["x"])), EncryptionError::Jwe(JweError::UnknownExtension));
    let unnamed = with_header(&jwe, |header| drop(header.remove("kid")));
    assert_eq!(setting.refused(&unnamed), EncryptionError::KeyNotNamed);
    let foreign = DecryptionKey::generate("now", &SeededRandomness::new(9)).unwrap();
    let foreign = jwe::encrypt(b"{}", foreign.public_jwk(), &EncryptOptions::default()).unwrap();
    assert_eq!(setting.refused(&foreign), EncryptionError::Jwe(JweError::DecryptionFailed));
    for body in ["", "a.b.c", "a.b.c.d.e", "{}"] {
        assert_eq!(setting.refused(body), EncryptionError::Jwe(JweError::Malformed), "{body}");
    }
    let list = setting.encrypted(&json!([1]), &EncryptOptions::default());
    assert_eq!(setting.refused(&list), EncryptionError::NotJson);
    setting.request.encryptions = vec![ContentEncryption::A128Gcm];
    assert_eq!(setting.refused(&jwe), EncryptionError::UnsupportedEncryption);
    setting.request = RequestEncryption { deflate: false, ..setting.request.clone() };
    let weak = EncryptOptions {
        encryption: ContentEncryption::A128Gcm,
        compress: true,
        ..EncryptOptions::default()
    };
    assert_eq!(setting.refused(&setting.encrypted(&body(), &weak)), EncryptionError::UnsupportedCompression);
}

#[test]
fn a_compressed_request_cannot_grow_without_end() {
    let setting = setting();
    let options = EncryptOptions { compress: true, ..EncryptOptions::default() };
    let bomb = jwe::encrypt(&vec![b' '; jwe::LONGEST_PLAINTEXT + 1], setting.keys[0].public_jwk(), &options);
    assert_eq!(setting.refused(&bomb.unwrap()), EncryptionError::Jwe(JweError::PlaintextTooLong));
}

#[test]
fn what_a_wallet_says_of_the_answer_must_be_whole_and_offered() {
    let setting = setting();
    let honest = json!({"jwk": setting.wallet_key(), "enc": "A128GCM", "zip": "DEF", "unheard_of": 1});
    assert!(setting.asked(honest.clone()).unwrap().asked.is_some());
    let error = |asked: Value| match setting.asked(asked) {
        Err(CredentialError::Encryption(error)) => error,
        other => panic!("{other:?}"),
    };
    let with = |name: &str, value: Value| {
        let mut asked = honest.clone();
        asked[name] = value;
        error(asked)
    };
    for other in [json!("x"), json!([]), Value::Null, without(&honest, "jwk"), without(&honest, "enc")] {
        assert_eq!(error(other), EncryptionError::MalformedParameters);
    }
    assert_eq!(with("enc", json!("A192GCM")), EncryptionError::UnsupportedEncryption);
    assert_eq!(with("enc", json!(["A128GCM"])), EncryptionError::UnsupportedEncryption);
    assert_eq!(with("zip", json!("GZ")), EncryptionError::UnsupportedCompression);
    let key = |change: &dyn Fn(&mut Value)| {
        let mut key = setting.wallet_key();
        change(&mut key);
        with("jwk", key)
    };
    let unusable = EncryptionError::UnusableKey;
    assert_eq!(key(&|key| key["alg"] = json!("ECDH-ES+A256KW")), unusable);
    assert_eq!(key(&|key| *key = without(key, "alg")), unusable, "§10: alg must be there");
    assert_eq!(key(&|key| key["use"] = json!("sig")), unusable);
    assert_eq!(key(&|key| key["key_ops"] = json!(["verify"])), unusable, "nothing could be sealed to it");
    let mut labelled = honest.clone();
    labelled["jwk"]["key_ops"] = json!(["deriveKey"]);
    let asked = setting.asked(labelled).unwrap().asked.unwrap();
    assert!(asked.seal(&body()).is_ok());
    assert_eq!(key(&|key| key["d"] = json!(jose::base64url::encode([1; 32]))), unusable);
    assert_eq!(key(&|key| key["x"] = key["y"].clone()), unusable);
    assert_eq!(with("jwk", json!({"kty": "RSA", "n": "AQAB", "e": "AQAB", "alg": "RSA-OAEP"})), unusable);
    assert_eq!(unusable.code(), "invalid_encryption_parameters");
}

#[test]
fn an_encrypted_answer_is_asked_for_in_an_encrypted_request_only() {
    let setting = setting();
    let readable = |body: &Value, offered: &Offered<'_>| {
        open_request(Some("application/json; charset=utf-8"), body.to_string().as_bytes(), offered)
    };
    assert!(readable(&body(), &setting.offered()).unwrap().asked.is_none());
    let mut asking = body();
    asking[ASKED] = json!({"jwk": setting.wallet_key(), "enc": "A128GCM"});
    let refused = readable(&asking, &setting.offered()).unwrap_err();
    assert_eq!(refused, CredentialError::Encryption(EncryptionError::AskedInReadableRequest));
    assert_eq!(refused.code(), "invalid_encryption_parameters");
    let nothing = readable(&asking, &Offered::default()).unwrap_err();
    assert_eq!(nothing, CredentialError::Encryption(EncryptionError::NotOffered));
    let requests_only = Offered { response: None, ..setting.offered() };
    let jwe = setting.encrypted(&asking, &EncryptOptions::default());
    let nothing = open_request(Some(MEDIA_TYPE), jwe.as_bytes(), &requests_only).unwrap_err();
    assert_eq!(nothing, CredentialError::Encryption(EncryptionError::NotOffered));
}

#[test]
fn where_encryption_is_required_readable_messages_are_refused() {
    let mut setting = setting();
    setting.request.required = true;
    let readable = |setting: &Setting| {
        open_request(Some(READABLE), body().to_string().as_bytes(), &setting.offered()).unwrap_err()
    };
    assert_eq!(readable(&setting), CredentialError::Encryption(EncryptionError::RequestMustBeEncrypted));
    let (jwe, _) = setting.sealed();
    assert!(setting.opened(&jwe).is_ok());
    setting.request.required = false;
    setting.response.required = true;
    let missing = EncryptionError::ResponseMustBeEncrypted;
    assert_eq!(readable(&setting), CredentialError::Encryption(missing));
    assert_eq!(setting.refused(&setting.encrypted(&body(), &EncryptOptions::default())), missing);
    assert!(setting.opened(&setting.sealed().0).unwrap().asked.is_some());
}

#[test]
fn metadata_are_read_back_and_have_a_set_of_keys_with_kid_and_alg() {
    let setting = setting();
    let value = setting.metadata().to_value();
    let key = &value["credential_request_encryption"]["jwks"]["keys"][0];
    assert_eq!((&key["kid"], &key["alg"], &key["use"]), (&json!("now"), &json!("ECDH-ES"), &json!("enc")));
    assert!(key.get("d").is_none());
    let read = IssuerMetadata::from_object(value.as_object().unwrap(), ISSUER).unwrap();
    assert_eq!(read, setting.metadata());
}

fn read_with(member: &str, value: Value) -> Result<IssuerMetadata, MetadataError> {
    let mut metadata = setting().metadata().to_value();
    metadata[member] = value;
    IssuerMetadata::from_object(metadata.as_object().unwrap(), ISSUER)
}

#[test]
fn metadata_that_break_the_form_are_refused_and_what_is_not_spoken_is_passed_over() {
    let requests = "credential_request_encryption";
    let honest = setting().request.to_value();
    let bare = honest["jwks"]["keys"].clone();
    for (name, value) in [
        ("jwks", bare),
        ("jwks", Value::Null),
        ("enc_values_supported", json!([])),
        ("enc_values_supported", Value::Null),
        ("encryption_required", json!("false")),
        ("encryption_required", Value::Null),
        ("zip_values_supported", json!("DEF")),
    ] {
        let mut broken = honest.clone();
        broken[name] = value;
        assert_eq!(read_with(requests, broken), Err(MetadataError::Member(requests)), "{name}");
    }
    let read = |change: &dyn Fn(&mut Value)| {
        let mut value = honest.clone();
        change(&mut value);
        read_with(requests, value).unwrap().request_encryption
    };
    for name in ["jwks", "enc_values_supported", "encryption_required"] {
        let refused = read_with(requests, without(&honest, name));
        assert_eq!(refused, Err(MetadataError::Member(requests)), "without {name}");
    }
    assert!(read(&|value| *value = without(value, "zip_values_supported")).is_some_and(|read| !read.deflate));
    let unlabelled = read(&|value| value["jwks"]["keys"][0] = without(&value["jwks"]["keys"][0], "alg"));
    assert_eq!(unlabelled, None);
    let unnamed = read(&|value| value["jwks"]["keys"][0] = without(&value["jwks"]["keys"][0], "kid"));
    assert_eq!(unnamed, None);
    let other = json!({"kty": "RSA", "kid": "r", "alg": "RSA-OAEP", "n": "AQAB", "e": "AQAB"});
    let beside = read(&|value| value["jwks"]["keys"].as_array_mut().unwrap().insert(0, other.clone()));
    assert_eq!(beside.unwrap().keys, setting().request.keys);
}

#[test]
fn metadata_of_encrypted_answers_name_algorithms_encryptions_and_whether_they_are_required() {
    let answers = "credential_response_encryption";
    let honest = setting().response.to_value();
    assert!(read_with(answers, honest.clone()).unwrap().response_encryption.is_some());
    for name in ["alg_values_supported", "enc_values_supported", "encryption_required"] {
        let refused = read_with(answers, without(&honest, name));
        assert_eq!(refused, Err(MetadataError::Member(answers)), "without {name}");
    }
    for (name, value) in [
        ("alg_values_supported", json!("ECDH-ES")),
        ("enc_values_supported", json!([])),
        ("enc_values_supported", json!("A128GCM")),
        ("encryption_required", json!("false")),
        ("zip_values_supported", json!("DEF")),
    ] {
        let mut broken = honest.clone();
        broken[name] = value;
        assert_eq!(read_with(answers, broken), Err(MetadataError::Member(answers)), "{name}");
    }
    assert!(read_with(answers, without(&honest, "zip_values_supported")).is_ok());
}

#[test]
fn an_issuer_that_requires_what_is_not_spoken_is_refused_and_one_that_only_offers_it_is_not() {
    let (requests, answers) = ("credential_request_encryption", "credential_response_encryption");
    let mut request = setting().request.to_value();
    request["enc_values_supported"] = json!(["A128CBC-HS256"]);
    assert_eq!(read_with(requests, request.clone()).unwrap().request_encryption, None);
    request["encryption_required"] = json!(true);
    assert_eq!(read_with(requests, request), Err(MetadataError::EncryptionRequired));
    let mut response = setting().response.to_value();
    response["alg_values_supported"] = json!(["RSA-OAEP-256"]);
    assert_eq!(read_with(answers, response.clone()).unwrap().response_encryption, None);
    response["encryption_required"] = json!(true);
    assert_eq!(read_with(answers, response), Err(MetadataError::EncryptionRequired));
    let required = ResponseEncryption::offering(true);
    assert!(read_with(answers, required.to_value()).is_ok());
    let mut alone = setting().metadata().to_value();
    alone[answers] = required.to_value();
    let alone = without(&alone, requests);
    let refused = IssuerMetadata::from_object(alone.as_object().unwrap(), ISSUER);
    assert_eq!(refused, Err(MetadataError::EncryptionRequired), "§8.2: only encrypted requests may ask");
}

#[test]
fn a_body_of_another_type_is_no_request() {
    let setting = setting();
    for other in [Some("text/plain"), Some("application/jose"), Some(""), None] {
        let refused = open_request(other, b"{}", &setting.offered());
        assert_eq!(refused, Err(CredentialError::WrongMediaType));
    }
    let swapped = open_request(Some(MEDIA_TYPE), body().to_string().as_bytes(), &setting.offered());
    assert_eq!(swapped.unwrap_err().code(), "invalid_encryption_parameters");
    let (jwe, _) = setting.sealed();
    let swapped = open_request(Some(READABLE), jwe.as_bytes(), &setting.offered());
    assert_eq!(swapped, Err(CredentialError::NotJson));
}

mod lengths;
mod telling;

use did::Did;
use jose::{Algorithm, Signer, SigningKey};
use trust::Role;
use trust::testing::Flaw;

use super::super::testing::{NONCE, NOW, RESPONSE_URI, STATE, Scene, after, scene};
use super::*;
use crate::vp::client_metadata::FORMAT;
use crate::vp::state::{ObjectFor, StateKey};
use crate::vp::transaction_data::{NewTransaction, TransactionType};

fn refusal(scene: &Scene, name: &str, value: Value) -> RequestError {
    scene.read_with(&[(name, value)]).unwrap_err()
}

#[test]
fn a_request_of_ours_is_read_by_a_wallet_of_ours() {
    let scene = scene();
    let registration = VerifierInfo::registration("a.b.c");
    let object = RequestObject::decode(&scene.signed(scene.header(), scene.claims(&[registration]))).unwrap();
    assert!(matches!(object.authentication(), Authentication::Chain(_)));
    let client_id = scene.client_id();
    let request = object.verify(None, &scene.expected(&client_id)).unwrap();
    assert_eq!(request.client_id(), &client_id);
    assert_eq!((request.nonce(), request.state()), (NONCE, Some(STATE)));
    assert_eq!(request.response_uri(), RESPONSE_URI);
    assert_eq!(request.response_mode(), ResponseMode::DirectPostJwt);
    assert_eq!(request.query(), &scene.query);
    assert_eq!(request.registration(), Some("a.b.c"));
    assert_eq!(request.metadata().client_name.as_deref(), Some("Kiln"));
    assert!(request.chain().is_some());
}

#[test]
fn the_signed_form_made_by_the_builder_is_the_same() {
    let scene = scene();
    let compact = built(&scene);
    let client_id = scene.client_id();
    let request = RequestObject::decode(&compact).unwrap().verify(None, &scene.expected(&client_id)).unwrap();
    assert_eq!(request.response_mode(), ResponseMode::DirectPost);
    let (signing_input, _) = compact.rsplit_once('.').unwrap();
    assert_eq!(request.digest(), &digest::sha256(signing_input));
}

fn built(scene: &Scene) -> String {
    let new = NewRequest {
        response_uri: RESPONSE_URI,
        nonce: NONCE,
        state: STATE,
        query: &scene.query,
        client_name: None,
        encryption_key: None,
        verifier_info: &[],
        transaction_data: &[],
        issued_at: NOW,
        expires_at: after(300),
    };
    new.sign(&scene.sign_as(), &scene.space.request.1).unwrap()
}

#[test]
fn each_wallet_gets_an_object_of_its_own_that_can_be_told_again_without_its_signature() {
    let scene = scene();
    let signer = &scene.space.request.1;
    let (compact, key) = (built(&scene), StateKey::generate(&scene.randomness));
    let signed = SignedRequest::read(&compact).unwrap();
    assert_eq!(signed.for_everybody(), compact);
    assert_eq!(signed.digest(&ObjectFor::Everybody, &key), digest_of(&compact));
    let client_id = scene.client_id();
    let mut digests = vec![digest_of(&compact)];
    for nonce in ["one", "two"] {
        let own = ObjectFor::Wallet(nonce.to_owned());
        let expected = Expected { wallet_nonce: Some(nonce), ..scene.expected(&client_id) };
        for _ in 0..2 {
            let object = signed.for_wallet(nonce, &key, signer).unwrap();
            let request = RequestObject::decode(&object).unwrap().verify(None, &expected).unwrap();
            assert_eq!(request.state(), Some(key.state(&own).expose()));
            assert_eq!((request.nonce(), request.expires_at()), (NONCE, Some(after(300))));
            assert_eq!(request.digest(), &signed.digest(&own, &key));
            let foreign = Expected { wallet_nonce: Some("three"), ..expected };
            let refused = RequestObject::decode(&object).unwrap().verify(None, &foreign);
            assert_eq!(refused.unwrap_err(), RequestError::WalletNonce);
        }
        digests.push(signed.digest(&own, &key));
    }
    let other = StateKey::generate(&scene.randomness);
    digests.push(signed.digest(&ObjectFor::Wallet("one".to_owned()), &other));
    let different: std::collections::BTreeSet<_> = digests.iter().collect();
    assert_eq!(different.len(), digests.len());
}

#[test]
fn nothing_is_made_of_what_is_no_request_or_by_a_key_of_another_kind() {
    let scene = scene();
    let key = StateKey::generate(&scene.randomness);
    for text in ["", "a.b", "a.b.c", "e30.e30.e30"] {
        assert!(SignedRequest::read(text).is_none(), "{text}");
    }
    let signed = SignedRequest::read(&built(&scene)).unwrap();
    let other = SigningKey::generate(Algorithm::EdDsa, &scene.randomness).unwrap();
    assert!(signed.for_wallet("one", &key, &other).is_err());
}

#[test]
fn typ_signature_algorithm_and_extensions_are_checked() {
    let scene = scene();
    let with_header = |name: &str, value: Value| {
        let mut header = scene.header();
        header.insert(name.to_owned(), value);
        scene.signed(header, scene.claims(&[]))
    };
    let wrong = RequestObject::decode(&with_header("typ", json!("JWT"))).unwrap_err();
    assert_eq!(wrong, RequestError::Jws(JwsError::WrongType { expected: TYPE.to_owned() }));
    for other in ["", "jwt", "OAUTH-AUTHZ-REQ+JWT", "kb+jwt", "application/oauth-authz-req+jwt"] {
        let wrong = RequestObject::decode(&with_header("typ", json!(other))).unwrap_err();
        assert_eq!(wrong, RequestError::Jws(JwsError::WrongType { expected: TYPE.to_owned() }), "{other}");
    }
    let mut untyped = scene.header();
    untyped.remove("typ");
    let untyped = RequestObject::decode(&scene.signed(untyped, scene.claims(&[]))).unwrap_err();
    assert_eq!(untyped, RequestError::Jws(JwsError::WrongType { expected: TYPE.to_owned() }));
    let crit = RequestObject::decode(&with_header("crit", json!(["future"]))).unwrap_err();
    assert_eq!(crit, RequestError::Jws(JwsError::UnknownExtension));
    let good = scene.signed(scene.header(), scene.claims(&[]));
    let (input, _) = good.rsplit_once('.').unwrap();
    let zero = format!("{input}.{}", jose::base64url::encode([0; 64]));
    let client_id = scene.client_id();
    let forged = RequestObject::decode(&zero).unwrap().verify(None, &scene.expected(&client_id)).unwrap_err();
    assert_eq!(forged, RequestError::Jws(JwsError::BadSignature));
}

#[test]
fn the_client_identifier_must_be_that_of_the_link_and_of_the_certificate() {
    let scene = scene();
    let other = scene.network.party(Role::Space, "did:web:other.example", "other.example");
    let other_id = ClientId::x509_hash(other.request.0.leaf().der());
    let object = RequestObject::decode(&scene.signed(scene.header(), scene.claims(&[]))).unwrap();
    assert_eq!(object.verify(None, &scene.expected(&other_id)).unwrap_err(), RequestError::ClientIdDiffers);
    assert_eq!(refusal(&scene, "client_id", json!(other_id.as_str())), RequestError::CertificateDoesNotFit);
    assert_eq!(refusal(&scene, "client_id", Value::Null), RequestError::Missing("client_id"));
    assert_eq!(
        refusal(&scene, "client_id", json!("kiln.example")),
        RequestError::ClientId(ClientIdError::NotRegistered)
    );
    let redirect = json!(format!("redirect_uri:{RESPONSE_URI}"));
    assert_eq!(refusal(&scene, "client_id", redirect), RequestError::SignatureExpectedOrNot);
    let mut bare = scene.header();
    bare.remove("x5c");
    let bare = RequestObject::decode(&scene.signed(bare, scene.claims(&[]))).unwrap_err();
    assert_eq!(bare, RequestError::Chain(ChainError::Missing));
}

#[test]
fn a_self_signed_leaf_is_refused() {
    let mut scene = scene();
    let purpose = trust::Purpose::RequestSigning;
    let key = &scene.space.request.1;
    let chain = scene.network.bad_chain(
        Flaw::SelfSigned,
        Role::Space,
        "did:web:kiln.example",
        "kiln.example",
        purpose,
        key,
    );
    scene.space.request.0 = chain;
    assert_eq!(scene.read_with(&[]).unwrap_err(), RequestError::SelfSigned);
}

#[test]
fn x509_san_dns_needs_the_name_in_the_leaf_and_in_the_response_uri() {
    let scene = scene();
    let read = |name: &str, response_uri: &str| {
        let id = ClientId::parse(&format!("x509_san_dns:{name}")).unwrap();
        let mut claims = scene.claims(&[]);
        claims.insert("client_id".to_owned(), json!(id.as_str()));
        claims.insert("response_uri".to_owned(), json!(response_uri));
        RequestObject::decode(&scene.signed(scene.header(), claims))?.verify(None, &scene.expected(&id))
    };
    assert!(read("kiln.example", RESPONSE_URI).is_ok());
    assert_eq!(read("bank.example", RESPONSE_URI).unwrap_err(), RequestError::CertificateDoesNotFit);
    let elsewhere = read("kiln.example", "https://bank.example/answer").unwrap_err();
    assert_eq!(elsewhere, RequestError::ResponseUriElsewhere);
}

#[test]
fn a_did_client_names_a_key_of_its_own_did_and_signs_with_it() {
    let scene = scene();
    let did = Did::parse("did:web:kiln.example").unwrap();
    let client_id = ClientId::decentralized_identifier(did.clone());
    let compact = |kid: &str| {
        let mut claims = scene.claims(&[]);
        claims.insert("client_id".to_owned(), json!(client_id.as_str()));
        let header = json!({"typ": TYPE, "kid": kid}).as_object().unwrap().clone();
        scene.signed(header, claims)
    };
    let object = RequestObject::decode(&compact("did:web:kiln.example#request")).unwrap();
    let url = did.with_fragment("request").unwrap();
    assert_eq!(object.authentication(), &Authentication::Did(url));
    let own = scene.space.request.1.public_jwk();
    let expected = scene.expected(&client_id);
    assert!(object.clone().verify(Some(own), &expected).is_ok());
    let stray = SigningKey::generate(Algorithm::Es256, &scene.randomness).unwrap();
    let forged = object.clone().verify(Some(stray.public_jwk()), &expected).unwrap_err();
    assert_eq!(forged, RequestError::Jws(JwsError::BadSignature));
    assert_eq!(object.verify(None, &expected).unwrap_err(), RequestError::KeyOfOtherDid);
    for kid in
        ["did:web:other.example#request", "#request", "did:web:kiln.example", "did:web:kiln.example/x#y"]
    {
        assert_eq!(RequestObject::decode(&compact(kid)).unwrap_err(), RequestError::KeyOfOtherDid, "{kid}");
    }
}

#[test]
fn the_audience_is_fixed_and_bent_only_by_the_switch() {
    let scene = scene();
    for other in
        [json!("https://wallet.example"), json!([AUDIENCE]), json!("https://kiln.example/requests/1")]
    {
        assert_eq!(refusal(&scene, "aud", other), RequestError::WrongAudience);
    }
    assert_eq!(refusal(&scene, "aud", Value::Null), RequestError::Claim(ClaimError::Missing("aud")));
    let mut claims = scene.claims(&[]);
    claims.insert("aud".to_owned(), json!("https://kiln.example/requests/1"));
    let object = RequestObject::decode(&scene.signed(scene.header(), claims)).unwrap();
    let client_id = scene.client_id();
    let bent = Compatibility { request_uri_as_audience: true, ..Compatibility::default() };
    let bent = Expected { compatibility: bent, ..scene.expected(&client_id) };
    assert!(object.clone().verify(None, &bent).is_ok());
    let elsewhere = Expected { request_uri: Some("https://kiln.example/requests/2"), ..bent };
    assert_eq!(object.verify(None, &elsewhere).unwrap_err(), RequestError::WrongAudience);
}

#[test]
fn times_are_checked() {
    let scene = scene();
    let expired = refusal(&scene, "exp", json!(NOW.seconds() - 3_600));
    assert!(matches!(expired, RequestError::Claim(ClaimError::Expired { .. })));
    let early = refusal(&scene, "nbf", json!(NOW.seconds() + 86_400));
    assert!(matches!(early, RequestError::Claim(ClaimError::NotYetValid { .. })));
    let future = refusal(&scene, "iat", json!(NOW.seconds() + 86_400));
    assert!(matches!(future, RequestError::Claim(ClaimError::IssuedAtOutsideWindow { .. })));
    let old = scene.read_with(&[("exp", Value::Null), ("iat", json!(NOW.seconds() - 86_400))]).unwrap_err();
    assert!(matches!(old, RequestError::Claim(ClaimError::IssuedAtOutsideWindow { .. })));
    assert!(scene.read_with(&[("exp", Value::Null), ("iat", Value::Null)]).is_ok());
}

#[test]
fn a_wallet_nonce_that_was_sent_must_come_back() {
    let scene = scene();
    let client_id = scene.client_id();
    let expected = Expected { wallet_nonce: Some("w"), ..scene.expected(&client_id) };
    for other in [None, Some("x")] {
        let mut claims = scene.claims(&[]);
        claims.extend(other.map(|nonce| ("wallet_nonce".to_owned(), json!(nonce))));
        let object = RequestObject::decode(&scene.signed(scene.header(), claims)).unwrap();
        assert_eq!(object.verify(None, &expected).unwrap_err(), RequestError::WalletNonce);
    }
}

#[test]
fn parameters_that_are_missing_or_not_spoken_are_refused() {
    let scene = scene();
    for name in ["response_type", "response_mode", "response_uri", "nonce", "dcql_query"] {
        assert_eq!(refusal(&scene, name, Value::Null), RequestError::Missing(name));
    }
    assert_eq!(refusal(&scene, "response_type", json!("code")), RequestError::Malformed("response_type"));
    assert_eq!(
        refusal(&scene, "response_mode", json!("direct_post.future")),
        RequestError::Malformed("response_mode")
    );
    for nonce in [json!(""), json!("a b"), json!(7), json!("é")] {
        assert_eq!(refusal(&scene, "nonce", nonce), RequestError::Malformed("nonce"));
    }
    assert!(scene.read_with(&[("state", Value::Null), ("future", json!({"a": 1}))]).is_ok());
}

#[test]
fn whoever_iss_names_the_request_is_of_its_client() {
    let scene = scene();
    for issuer in [json!("https://other.example"), json!("x509_hash:other"), json!(7), json!([])] {
        let request = scene.read_with(&[("iss", issuer.clone())]).unwrap();
        assert_eq!(request.client_id(), &scene.client_id(), "{issuer}");
        assert_eq!((request.nonce(), request.response_uri()), (NONCE, RESPONSE_URI), "{issuer}");
    }
    assert_eq!(refusal(&scene, "client_id", Value::Null), RequestError::Missing("client_id"));
}

#[test]
fn what_does_not_belong_beside_a_query_is_refused() {
    let scene = scene();
    for (name, value) in [
        ("redirect_uri", json!("https://kiln.example/back")),
        ("scope", json!("member")),
        ("presentation_definition", json!({})),
    ] {
        let error = refusal(&scene, name, value);
        assert_eq!((&error, error.code()), (&RequestError::Excluded(name), "invalid_request"));
    }
}

#[test]
fn transaction_data_is_refused_by_its_own_code() {
    let scene = scene();
    for data in [json!(["e30"]), json!([]), json!("x"), json!(["%%%"])] {
        let error = refusal(&scene, "transaction_data", data);
        let malformed = RequestError::TransactionData(TransactionDataError::Malformed);
        assert_eq!((&error, error.code()), (&malformed, "invalid_transaction_data"));
    }
}

#[test]
fn a_malformed_query_is_an_invalid_request() {
    let scene = scene();
    let error = refusal(&scene, "dcql_query", json!({"credentials": []}));
    assert_eq!(
        (&error, error.code()),
        (&RequestError::Query(dcql::DcqlError::BadCredentials), "invalid_request")
    );
}

#[test]
fn an_answer_that_must_be_encrypted_needs_a_usable_key_and_encryption() {
    let scene = scene();
    let with = |change: &dyn Fn(&mut Value)| {
        let mut metadata = scene.claims(&[])["client_metadata"].clone();
        change(&mut metadata);
        scene.read_with(&[("client_metadata", metadata)])
    };
    assert!(with(&|_| {}).is_ok());
    let no_keys = with(&|metadata| metadata["jwks"] = json!({"keys": []}));
    assert_eq!(no_keys.unwrap_err(), RequestError::NoEncryption);
    let unknown = with(&|metadata| metadata["encrypted_response_enc_values_supported"] = json!(["A999GCM"]));
    assert_eq!(unknown.unwrap_err(), RequestError::NoEncryption);
    let formats = with(&|metadata| metadata["vp_formats_supported"] = json!({"mso_mdoc": {}})).unwrap_err();
    assert_eq!((&formats, formats.code()), (&RequestError::Formats, "vp_formats_not_supported"));
    let known = with(&|metadata| metadata["vp_formats_supported"] = json!({FORMAT: {}}));
    assert!(known.is_ok());
    assert_eq!(scene.read_with(&[("client_metadata", Value::Null)]).unwrap_err(), RequestError::NoEncryption);
    let plain = scene.read_with(&[("client_metadata", Value::Null), ("response_mode", json!("direct_post"))]);
    assert!(plain.is_ok());
}

#[test]
fn unsigned_requests_are_taken_from_redirect_uri_clients_under_the_switch_only() {
    let scene = scene();
    let client_id = ClientId::parse(&format!("redirect_uri:{RESPONSE_URI}")).unwrap();
    let mut claims = scene.claims(&[]);
    claims.insert("client_id".to_owned(), json!(client_id.as_str()));
    let strict = scene.expected(&client_id);
    let refused = AuthorizationRequest::unsigned(&claims, &strict).unwrap_err();
    assert_eq!(refused, RequestError::UnauthenticatedClient);
    let bent = Compatibility { unauthenticated_clients: true, ..Compatibility::default() };
    let bent = Expected { compatibility: bent, ..strict };
    assert!(AuthorizationRequest::unsigned(&claims, &bent).is_ok());
    claims.insert("response_uri".to_owned(), json!("https://other.example/answer"));
    assert_eq!(
        AuthorizationRequest::unsigned(&claims, &bent).unwrap_err(),
        RequestError::ResponseUriElsewhere
    );
    let hash = scene.client_id();
    let hash = Expected { client_id: &hash, ..bent };
    assert_eq!(
        AuthorizationRequest::unsigned(&claims, &hash).unwrap_err(),
        RequestError::SignatureExpectedOrNot
    );
}

#[test]
fn a_known_type_of_transaction_is_read_and_nothing_is_by_default() {
    struct Anything;
    impl TransactionType for Anything {
        fn name(&self) -> &'static str {
            "urn:example:anything"
        }

        fn read(&self, _: &Map<String, Value>) -> Option<String> {
            Some("Sign anything".to_owned())
        }
    }
    let mut scene = scene();
    let members = Map::new();
    let new = |by: &'static [&'static str]| NewTransaction {
        kind: "urn:example:anything",
        credential_ids: by,
        algorithms: &[],
        members: &members,
    };
    let data = json!([new(&["profile"]).encode()]);
    let unknown = refusal(&scene, "transaction_data", data.clone());
    assert_eq!(unknown, RequestError::TransactionData(TransactionDataError::UnknownType));
    scene.transaction_types = TransactionTypes::default().with(std::sync::Arc::new(Anything));
    let read = scene.read_with(&[("transaction_data", data)]).unwrap();
    assert_eq!(read.transactions()[0].says(), "Sign anything");
    let other = refusal(&scene, "transaction_data", json!([new(&["other"]).encode()]));
    assert_eq!(other, RequestError::TransactionData(TransactionDataError::UnknownCredential));
    assert!(scene.request().transactions().is_empty());
}

#[test]
fn without_holder_binding_state_is_needed_and_long_enough() {
    let scene = scene();
    let query = |bound: bool, sets: Value| {
        let one = |id: &str, bound: bool| {
            json!({"id": id, "format": "dc+sd-jwt", "meta": {"vct_values": ["urn:x"]},
                "require_cryptographic_holder_binding": bound})
        };
        json!({"credentials": [one("a", true), one("b", bound)], "credential_sets": sets})
    };
    let read = |bound: bool, sets: Value, state: Value| {
        scene.read_with(&[("dcql_query", query(bound, sets)), ("state", state)]).map(drop)
    };
    let both = || json!([{"options": [["a", "b"]]}]);
    let long = || json!("x".repeat(22));
    assert_eq!(read(false, both(), long()), Ok(()));
    for short in [Value::Null, json!("x".repeat(21))] {
        assert_eq!(read(false, both(), short.clone()), Err(RequestError::StateNeeded));
        assert_eq!(read(true, both(), short.clone()), Ok(()), "with holder binding the nonce binds");
        assert_eq!(read(false, json!([{"options": [["a"]]}]), short), Ok(()), "b is not asked for");
    }
    assert_eq!(RequestError::StateNeeded.code(), "invalid_request");
}

#[test]
fn nonce_and_state_have_characters_that_need_no_escaping() {
    let scene = scene();
    for name in ["nonce", "state"] {
        assert!(scene.read_with(&[(name, json!("AZaz09-._~"))]).is_ok());
        for bad in ["a+b", "a/b", "a=", "a%20b", "a&b", "a\u{e9}", "a\"b"] {
            assert_eq!(refusal(&scene, name, json!(bad)), RequestError::Malformed(name), "{bad}");
        }
    }
}

#[test]
fn a_request_within_a_request_and_attestations_of_no_kind_are_refused() {
    let scene = scene();
    assert_eq!(refusal(&scene, "request", json!("a.b.c")), RequestError::Excluded("request"));
    let info = |data: Value| json!([{"format": "jwt", "data": data}]);
    for good in [json!("a.b.c"), json!({"a": 1})] {
        assert!(scene.read_with(&[("verifier_info", info(good))]).is_ok());
    }
    for bad in [json!(1), json!([]), json!(true), Value::Null] {
        assert_eq!(refusal(&scene, "verifier_info", info(bad)), RequestError::Malformed("verifier_info"));
    }
    for bad in [
        json!([]),
        json!({}),
        json!([{"data": "x"}]),
        json!([{"format": "x", "data": "x", "credential_ids": []}]),
    ] {
        assert_eq!(refusal(&scene, "verifier_info", bad), RequestError::Malformed("verifier_info"));
    }
}

#[test]
fn a_query_for_formats_that_are_not_spoken_has_a_code_of_its_own() {
    let scene = scene();
    let query = |format: &str| json!({"credentials": [{"id": "a", "format": format, "meta": {}}]});
    let error = refusal(&scene, "dcql_query", query("mso_mdoc"));
    assert_eq!((&error, error.code()), (&RequestError::Formats, "vp_formats_not_supported"));
    assert!(scene.read_with(&[("dcql_query", query("dc+sd-jwt"))]).is_ok());
}

#[test]
fn of_several_keys_the_first_for_encryption_is_taken_and_never_one_for_signatures() {
    let scene = scene();
    let own = scene.encryption.public_jwk().to_value();
    let with = |kid: &str, purpose: Value| {
        let mut key = own.clone();
        key["kid"] = json!(kid);
        match purpose {
            Value::Null => drop(key.as_object_mut().unwrap().remove("use")),
            purpose => key["use"] = purpose,
        }
        key
    };
    let picked = |keys: Value| {
        let mut metadata = scene.claims(&[])["client_metadata"].clone();
        metadata["jwks"] = json!({ "keys": keys });
        let request = scene.read_with(&[("client_metadata", metadata)])?;
        Ok(request.metadata().encryption_key.as_ref().and_then(|key| key.kid().map(str::to_owned)))
    };
    let (sig, bare, enc) = (with("sig", json!("sig")), with("bare", Value::Null), with("enc", json!("enc")));
    assert_eq!(picked(json!([sig, bare, enc])), Ok(Some("bare".to_owned())));
    assert_eq!(picked(json!([sig, {"kty": "FUTURE"}, enc])), Ok(Some("enc".to_owned())));
    assert_eq!(picked(json!([sig])), Err(RequestError::NoEncryption));
}

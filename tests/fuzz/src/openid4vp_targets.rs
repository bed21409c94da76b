//! OpenID4VP: links, request objects, client identifiers and metadata, answers.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use credentials::ClaimsPath;
use credentials::dcql::{CredentialQuery, Id, Query};
use jose::json;
use jose::jwe::{self, EncryptOptions};
use openid4vc::form;
use openid4vc::http::Response;
use openid4vc::vp::client_id::ClientId;
use openid4vc::vp::client_metadata::ClientMetadata;
use openid4vc::vp::link::{self, Link, PostedByWallet, RequestUriMethod};
use openid4vc::vp::request::ResponseMode;
use openid4vc::vp::request::{
    AuthorizationRequest, Compatibility, Expected, NewRequest, RequestObject, SignAs, SignedRequest,
};
use openid4vc::vp::response::{Content, Parameters, Submission, VpToken};
use openid4vc::vp::state::StateKey;
use openid4vc::vp::transaction_data::TransactionTypes;
use openid4vc::vp::verifier::RequestSecrets;
use openid4vc::vp::wallet;
use trust::Role;
use trust::testing::{NOW, TestNetwork, TestParty};

use crate::bytes::{Choices, one_byte_changed, say_the_same, text};
use crate::fixtures::{opener, randomness};
use crate::target::{Target, files};

/// The targets of this file.
pub(crate) const TARGETS: &[Target] = &[
    Target::new("request_link", request_link)
        .made(|| {
            let client_id = space().client_id();
            vec![
                link::to_uri("openid4vp://", &client_id, "https://kiln.example/r/1", RequestUriMethod::Post).into_bytes(),
                b"openid4vp://?client_id=redirect_uri%3Ahttps%3A%2F%2Fa.example&response_type=vp_token&nonce=n".to_vec(),
            ]
        })
        .words(&["openid4vp://?", "haip-vp://?", "client_id=", "&request_uri=", "&request_uri_method=post", "&request=", "x509_hash:"]),
    Target::new("client_id", client_id)
        .made(|| vec![space().client_id().as_str().as_bytes().to_vec(), b"decentralized_identifier:did:web:a.example".to_vec()])
        .words(&["x509_hash:", "x509_san_dns:", "redirect_uri:", "decentralized_identifier:", "openid_federation:", "origin:"]),
    Target::new("client_metadata", client_metadata)
        .published(&[files("openid4vp-1.0-examples", "metadata.json")])
        .made(|| vec![ClientMetadata::ours(Some("Kiln".to_owned()), Some(opener().public_jwk().clone())).to_value().to_string().into_bytes()])
        .words(&["jwks", "keys", "encrypted_response_enc_values_supported", "vp_formats_supported", "client_name"]),
    Target::new("request_object", request_object)
        .made(|| vec![space().request.clone().into_bytes()])
        .words(&["oauth-authz-req+jwt", "client_id", "response_uri", "response_mode", "dcql_query", "transaction_data", "state",
            "nonce", "aud", "exp", "redirect_uri", "wallet_nonce", "verifier_info"]),
    Target::new("request_object_one_byte", request_object_one_byte),
    Target::new("request_unsigned", request_unsigned)
        .published(&[files("openid4vp-1.0-examples", ".json")])
        .words(&["client_id", "redirect_uri:https://", "response_uri", "dcql_query"]),
    Target::new("posted_by_wallet", posted_by_wallet)
        .made(|| vec![form::encode([("wallet_nonce", "n"), ("wallet_metadata", "{}")]).into_bytes()]),
    Target::new("answer", answer)
        .made(|| {
            let token = form::encode([("vp_token", r#"{"a":["x~y"]}"#), ("state", "s")]);
            vec![token.into_bytes(), form::encode([("error", "access_denied"), ("state", "s")]).into_bytes(), sealed_answer()]
        })
        .words(&["vp_token=", "&state=", "&response=", "&error=", "&presentation_submission=", "%7B%22"]),
    Target::new("answer_object", answer_object)
        .made(|| vec![br#"{"vp_token":{"a":["x"]},"state":"s"}"#.to_vec(), br#"{"error":"invalid_request","state":"s"}"#.to_vec()]),
    Target::new("reply", reply)
        .made(|| vec![br#"{"redirect_uri":"https://kiln.example/done#response_code=x"}"#.to_vec()])
        .words(&["redirect_uri", "member_api", "https://", "javascript:"]),
    Target::new("request_secrets", request_secrets),
    Target::new("state", state).made(|| vec![b"a.b".to_vec()]),
];

const REQUEST_URI: &str = "https://kiln.example/r/1";

struct Space {
    party: TestParty,
    request: String,
    sign_as: SignAs,
}

impl Space {
    fn client_id(&self) -> ClientId {
        self.sign_as.client_id()
    }
}

fn query() -> Query {
    let id = Id::new("profile").unwrap();
    Query::new(
        vec![CredentialQuery::sd_jwt_vc(id, "urn:example:1", [ClaimsPath::name("given_name")])],
        Vec::new(),
    )
    .unwrap()
}

fn space() -> &'static Space {
    static SPACE: OnceLock<Space> = OnceLock::new();
    SPACE.get_or_init(|| {
        let party = TestNetwork::new().party(Role::Space, "did:web:kiln.example", "kiln.example");
        let sign_as = SignAs::Chain(Box::new(party.request.0.clone()));
        let query = query();
        let new = NewRequest {
            response_uri: "https://kiln.example/answers/1",
            nonce: "nonce-of-this-request",
            state: "state-of-this-request",
            query: &query,
            client_name: Some("Kiln"),
            encryption_key: Some(opener().public_jwk()),
            verifier_info: &[],
            transaction_data: &[],
            issued_at: NOW,
            expires_at: NOW.plus(300),
        };
        let request = new.sign(&sign_as, &party.request.1).unwrap();
        Space { party, request, sign_as }
    })
}

fn expected(client_id: &ClientId) -> Expected<'_> {
    Expected {
        client_id,
        wallet_nonce: None,
        request_uri: Some(REQUEST_URI),
        compatibility: Compatibility::default(),
        transaction_types: TransactionTypes::NONE,
        now: NOW,
    }
}

fn request_link(input: &[u8]) {
    let Some(given) = text(input) else { return };
    let Ok(link) = Link::parse(given) else { return };
    assert!(ClientId::parse(link.client_id().as_str()).is_ok());
    if let Link::Reference { client_id, request_uri, method } = &link {
        let again = link::to_uri("openid4vp://", client_id, request_uri, *method);
        assert_eq!(Link::parse(&again).as_ref(), Ok(&link), "{again}");
    }
}

fn client_id(input: &[u8]) {
    let Some(given) = text(input) else { return };
    if let Ok(client_id) = ClientId::parse(given) {
        assert_eq!(client_id.as_str(), given);
        assert_eq!(client_id.to_string(), given);
    }
}

fn client_metadata(input: &[u8]) {
    let Ok(value) = json::parse(input) else { return };
    let inner = value.get("client_metadata").unwrap_or(&value);
    let Some(metadata) = ClientMetadata::from_value(inner) else { return };
    let again = ClientMetadata::from_value(&metadata.to_value()).expect("written by us");
    assert_eq!(again.to_value(), metadata.to_value());
}

fn taken(compact: &str) -> Option<AuthorizationRequest> {
    let client_id = space().client_id();
    RequestObject::decode(compact).ok()?.verify(None, &expected(&client_id)).ok()
}

/// Only the request that the space signed is taken.
fn request_object(input: &[u8]) {
    let Some(compact) = text(input) else { return };
    if let Some(request) = taken(compact) {
        assert!(say_the_same(compact, &space().request), "a request that nobody signed");
        assert_eq!(request.nonce(), "nonce-of-this-request");
    }
    let _ = SignedRequest::read(compact).map(|read| read.for_everybody() == compact);
    let response = Response { status: 200, headers: Vec::new(), body: input.to_vec() };
    let _ = link::Fetch::read(&response);
}

fn request_object_one_byte(input: &[u8]) {
    assert!(taken(&space().request).is_some() && !space().party.host.is_empty());
    if let Some(changed) = one_byte_changed(&space().request, &mut Choices::new(input)) {
        assert!(taken(&changed).is_none(), "{changed}");
    }
}

fn request_unsigned(input: &[u8]) {
    let Ok(parameters) = json::parse_object(input) else { return };
    let named = parameters.get("client_id").and_then(serde_json::Value::as_str).map(ClientId::parse);
    let client_id = named.and_then(Result::ok).unwrap_or_else(|| space().client_id());
    if let Ok(request) = AuthorizationRequest::unsigned(&parameters, &expected(&client_id)) {
        assert!(request.chain().is_none(), "an unsigned request proves nothing");
        assert!(openid4vc::address::parse(request.response_uri()).is_ok());
    }
}

fn posted_by_wallet(input: &[u8]) {
    if let Ok(posted) = PostedByWallet::parse(Some(form::MEDIA_TYPE), input)
        && let Some(nonce) = posted.wallet_nonce
    {
        assert!((1..=512).contains(&nonce.len()));
    }
}

fn sealed_answer() -> Vec<u8> {
    let token = jwe::encrypt(
        br#"{"vp_token":{"a":["x"]},"state":"s"}"#,
        opener().public_jwk(),
        &EncryptOptions::default(),
    );
    form::encode([("response", token.unwrap().as_str())]).into_bytes()
}

/// An answer opens in the mode that was asked for alone, and what it says is written as it was read.
fn answer(input: &[u8]) {
    match Submission::parse(Some(form::MEDIA_TYPE), input) {
        Err(error) => assert!(json::parse_object(error.body()).is_ok() && error.status() == 400),
        Ok(submission) => {
            let plain = submission.clone().open(ResponseMode::DirectPost, None);
            let encrypted = submission.open(ResponseMode::DirectPostJwt, Some(opener()));
            if let (Ok(plain), Ok(encrypted)) = (&plain, &encrypted) {
                assert_eq!(plain, encrypted);
                assert!(matches!(plain.content, Content::Error(_)), "presentations in two modes");
            }
            plain.iter().chain(&encrypted).for_each(check_parameters);
        }
    }
    assert!(Submission::parse(Some("text/plain"), input).is_err());
}

fn check_parameters(parameters: &Parameters) {
    match &parameters.content {
        Content::VpToken(token) => {
            let lists: BTreeMap<String, Vec<String>> =
                token.iter().map(|(id, list)| (id.to_owned(), list.to_vec())).collect();
            assert_eq!(VpToken::new(lists).expect("it was read").to_value(), token.to_value());
        }
        Content::Error(code) => assert!(code.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_')),
    }
}

/// What is inside an encrypted answer.
fn answer_object(input: &[u8]) {
    let Ok(token) = jwe::encrypt(input, opener().public_jwk(), &EncryptOptions::default()) else { return };
    let body = form::encode([("response", token.as_str())]);
    let submission = Submission::parse(Some(form::MEDIA_TYPE), body.as_bytes()).expect("a form");
    if let Ok(parameters) = submission.open(ResponseMode::DirectPostJwt, Some(opener())) {
        check_parameters(&parameters);
        assert!(json::parse_object(input).is_ok());
    }
}

/// A wallet follows nothing but an https address.
fn reply(input: &[u8]) {
    let headers = vec![("content-type".to_owned(), "application/json".to_owned())];
    let Ok(reply) = wallet::reply(&Response { status: 200, headers, body: input.to_vec() }) else { return };
    let _ = reply.to_value();
    if let Some(address) = &reply.redirect_uri {
        let url = url::Url::parse(address).expect("checked");
        assert!(url.scheme() == "https" || openid4vc::address::is_loopback(&url), "{address}");
    }
}

fn request_secrets(input: &[u8]) {
    if let Some(secrets) = RequestSecrets::from_bytes(input) {
        let written = secrets.to_bytes();
        assert!(RequestSecrets::from_bytes(&written).is_some_and(|again| again.nonce() == secrets.nonce()));
    }
}

/// No text but the one that was made is a state of ours.
fn state(input: &[u8]) {
    let key = StateKey::generate(&randomness(31));
    let Some(given) = text(input) else { return };
    if let Some(object) = key.object(given) {
        assert_eq!(key.state(&object).expose(), given);
    }
}

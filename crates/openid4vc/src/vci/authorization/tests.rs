//! Both ends of the flow against each other, and each fault by the code that the standards give it.

use std::collections::BTreeMap;

use environment::{Randomness, SeededRandomness, Timestamp};
use jose::{Algorithm, Signer, SigningKey};
use serde_json::{Value, json};

use super::flow::{CodeGiven, TokenTerms};
use super::*;
use crate::access::{Presented, Scheme};
use crate::dpop;
use crate::form;
use crate::http::{Method, Request, Response};
use crate::secret::SecretText;
use crate::timed_nonce::{NonceKey, Purpose};
use crate::vci::issuer::{Flow, Grant, Protected, TokenStep};
use crate::vci::server_metadata::{CodeFlow, NO_AUTHENTICATION, ServerMetadata};
use crate::vci::token::{TokenError, TokenRequest};
use crate::vci::wallet::{Again, Answer, Retries, WalletError};

const NOW: Timestamp = Timestamp::from_seconds(1_800_000_000);
const ISSUER: &str = "https://office.example";
const CLIENT: &str = "passport-wallet";
const BACK: &str = "https://wallet.example/back?a=1";
const VERIFIER_TOO_SHORT: &str = "short";
const TERMS: TokenTerms = TokenTerms {
    code_lifetime: 60,
    token_lifetime: 300,
    nonce_lifetime: 120,
    batch_size: 3,
    dpop_nonce: true,
};

fn scopes() -> BTreeMap<String, String> {
    ["passport", "profile"].map(|name| (name.to_owned(), name.to_owned())).into()
}

fn server() -> ServerMetadata {
    ServerMetadata {
        issuer: ISSUER.to_owned(),
        token_endpoint: format!("{ISSUER}/token"),
        anonymous_access: true,
        dpop_algorithms: vec!["ES256".to_owned()],
        client_authentication: vec![NO_AUTHENTICATION.to_owned()],
        challenge_endpoint: None,
        code_flow: Some(CodeFlow {
            authorization_endpoint: format!("{ISSUER}/authorize"),
            pushed_endpoint: Some(format!("{ISSUER}/par")),
            is_pushing_required: true,
            names_issuer: true,
            takes_s256: true,
            scopes: vec!["passport".to_owned(), "profile".to_owned()],
        }),
    }
}

fn wish_for(name: &str) -> Wish {
    Wish::Scope(vec![name.to_owned()])
}

fn details_of(names: &[&str]) -> Wish {
    let configurations = names.iter().map(|&name| name.to_owned()).collect();
    Wish::Details { configurations, location: None }
}

fn asking(wish: &Wish, randomness: &dyn Randomness) -> (Pending, Request) {
    let new = NewAuthorization {
        server: &server(),
        client_id: CLIENT,
        redirect_uri: BACK,
        wish,
        issuer_state: None,
        dpop_jkt: None,
    };
    new.make(randomness).unwrap()
}

fn read(body: &[u8]) -> Result<PushedRequest, AuthorizationError> {
    PushedRequest::parse(Some(form::MEDIA_TYPE), body)
}

/// An honest request with one parameter otherwise, or without it.
fn with(name: &str, value: Option<&str>) -> Result<PushedRequest, AuthorizationError> {
    let (_, request) = asking(&wish_for("passport"), &SeededRandomness::new(1));
    let honest = form::Form::parse(Some(form::MEDIA_TYPE), &request.body).unwrap();
    let others = honest.iter().filter(|(known, _)| *known != name);
    read(form::encode(others.chain(value.map(|value| (name, value)))).as_bytes())
}

fn wanted(request: &PushedRequest) -> Result<Wanted, AuthorizationError> {
    request.wanted(ISSUER, &scopes())
}

fn stored<T: serde::Serialize + serde::de::DeserializeOwned>(state: &T) -> T {
    serde_json::from_str(&serde_json::to_string(state).unwrap()).unwrap()
}

struct Scene {
    randomness: SeededRandomness,
    nonces: NonceKey,
    key: SigningKey,
}

impl Scene {
    fn new(seed: u64) -> Self {
        let randomness = SeededRandomness::new(seed);
        let nonces = NonceKey::generate(&randomness);
        let key = SigningKey::generate(Algorithm::Es256, &randomness).unwrap();
        Self { randomness, nonces, key }
    }

    /// From the wish to the address that the browser comes back to.
    fn code_for(&self, wish: &Wish, bound_to: Option<String>) -> (Pending, CodeGiven) {
        let (pending, request) = asking(wish, &self.randomness);
        let pushed = read(&request.body).unwrap();
        let wanted = wanted(&pushed).unwrap();
        let lifetimes = Lifetimes::default();
        let (state, response) =
            Authorization::push(&pushed, wanted, bound_to, &lifetimes, NOW, &self.randomness);
        let answer = json_answer(201, &response.to_value());
        let Answer::Done(url) = pending.pushed(&answer, &mut Retries::default()).unwrap() else { panic!() };
        assert!(
            url.starts_with("https://office.example/authorize?client_id=passport-wallet&request_uri=urn")
        );
        let opened = stored(&state).open(CLIENT, &lifetimes, NOW).unwrap();
        let grants = opened.asked(NOW).unwrap().configurations().iter().map(|name| grant(name)).collect();
        let given = stored(&opened).grant(grants, ISSUER, &TERMS, NOW, &self.randomness).unwrap();
        (pending, given)
    }

    fn proof(&self, key: &SigningKey) -> dpop::Verified {
        let nonce = self.nonces.issue(Purpose::Dpop, NOW, &self.randomness);
        let url = format!("{ISSUER}/token");
        let new = dpop::NewProof {
            key: key.public_jwk(),
            method: Method::Post,
            url: &url,
            access_token: None,
            nonce: Some(&nonce),
        };
        let proof = new.to_sign(NOW, &self.randomness).sign(key).unwrap();
        let expected = dpop::Expected {
            method: Method::Post,
            url: &url,
            access_token: None,
            bound_to: None,
            nonces: &self.nonces,
            nonce_required: true,
            now: NOW,
        };
        dpop::verify([proof.as_str()], &expected).unwrap()
    }

    fn token(&self, flow: &Flow, request: &TokenRequest) -> TokenStep {
        stored(flow).token(request, Some(&self.proof(&self.key)), NOW, &self.randomness)
    }
}

fn grant(configuration: &str) -> Grant {
    Grant { configuration: configuration.to_owned(), key_bound: true }
}

fn json_answer(status: u16, body: &Value) -> Response {
    let headers = vec![("Content-Type".to_owned(), "application/json".to_owned())];
    Response { status, headers, body: body.to_string().into_bytes() }
}

fn token_request(pending: &Pending, given: &CodeGiven) -> TokenRequest {
    let code = pending.returned(&given.location).unwrap();
    TokenRequest::parse(Some(form::MEDIA_TYPE), &pending.token_request(&code).body).unwrap()
}

/// The token request with one parameter otherwise.
fn token_request_with(pending: &Pending, given: &CodeGiven, name: &str, value: &str) -> TokenRequest {
    let code = pending.returned(&given.location).unwrap();
    let honest = form::Form::parse(Some(form::MEDIA_TYPE), &pending.token_request(&code).body).unwrap();
    let others = honest.iter().filter(|(known, _)| *known != name);
    let body = form::encode(others.chain([(name, value)]));
    TokenRequest::parse(Some(form::MEDIA_TYPE), body.as_bytes()).unwrap()
}

#[test]
fn a_wish_leads_to_a_code_and_the_code_to_a_token_bound_to_the_key() {
    let scene = Scene::new(1);
    let jkt = scene.key.public_jwk().thumbprint_base64url();
    let (pending, given) = scene.code_for(&wish_for("passport"), Some(jkt));
    assert_eq!(given.next, Authorization::Over);
    assert!(given.location.starts_with("https://wallet.example/back?a=1&code="));
    let step = scene.token(&given.flow, &token_request(&pending, &given));
    let reply = step.reply.unwrap();
    assert_eq!((reply.scheme, reply.identifiers.is_empty()), (Scheme::Dpop, true));
    assert!(matches!(step.next, Flow::TokenIssued(_)));
    let kept = serde_json::to_string(&given.flow).unwrap();
    assert!(!kept.contains(pending.returned(&given.location).unwrap().expose()));
}

#[test]
fn details_are_answered_with_identifiers_and_scopes_without() {
    let scene = Scene::new(2);
    let (pending, given) = scene.code_for(&details_of(&["profile"]), None);
    let reply = scene.token(&given.flow, &token_request(&pending, &given)).reply.unwrap();
    assert_eq!(reply.identifiers.keys().collect::<Vec<_>>(), ["profile"]);
    let (pending, given) = scene.code_for(&wish_for("profile"), None);
    let reply = scene.token(&given.flow, &token_request(&pending, &given)).reply.unwrap();
    assert!(reply.identifiers.is_empty());
    let narrowed = details::to_text(&["passport".to_owned()], None);
    let request = token_request_with(&pending, &given, "authorization_details", &narrowed);
    let refused = scene.token(&given.flow, &request).reply.unwrap_err();
    assert_eq!(refused.code(), "invalid_authorization_details");
}

#[test]
fn a_code_belongs_to_its_client_address_verifier_and_key() {
    let scene = Scene::new(3);
    let jkt = scene.key.public_jwk().thumbprint_base64url();
    let (pending, given) = scene.code_for(&wish_for("passport"), Some(jkt));
    for (name, value) in [
        ("client_id", "other-wallet"),
        ("client_id", "Passport-wallet"),
        ("redirect_uri", "https://wallet.example/back"),
        ("redirect_uri", "https://wallet.example/back?a=1&"),
        ("redirect_uri", "HTTPS://wallet.example/back?a=1"),
        ("code_verifier", "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"),
    ] {
        let step = scene.token(&given.flow, &token_request_with(&pending, &given, name, value));
        let error = step.reply.unwrap_err();
        assert_eq!((&error, error.code()), (&TokenError::OtherAuthorization, "invalid_grant"), "{name}");
        assert_eq!(step.next, given.flow);
    }
    let other_code = token_request_with(&pending, &given, "code", "other");
    assert_eq!(scene.token(&given.flow, &other_code).reply.unwrap_err(), TokenError::InvalidCode);
    let request = token_request(&pending, &given);
    let thief = SigningKey::generate(Algorithm::Es256, &scene.randomness).unwrap();
    let stolen = scene.proof(&thief);
    let refused = stored(&given.flow).token(&request, Some(&stolen), NOW, &scene.randomness);
    assert_eq!(refused.reply.unwrap_err().code(), "invalid_dpop_proof");
    let bare = stored(&given.flow).token(&request, None, NOW, &scene.randomness);
    assert_eq!(bare.reply.unwrap_err(), TokenError::Dpop(DpopError::Missing));
    // Whoever was refused before has used nothing up.
    assert!(scene.token(&given.flow, &request).reply.is_ok());
}

#[test]
fn a_code_lives_for_its_seconds_and_serves_no_other_grant() {
    let scene = Scene::new(4);
    let (pending, given) = scene.code_for(&wish_for("passport"), None);
    let request = token_request(&pending, &given);
    let proof = scene.proof(&scene.key);
    let at = |now: Timestamp| stored(&given.flow).token(&request, Some(&proof), now, &scene.randomness).reply;
    assert!(at(NOW.plus(59)).is_ok());
    assert_eq!(at(NOW.plus(60)).unwrap_err(), TokenError::InvalidCode);
    let code = request.code.expose();
    let body =
        form::encode([("grant_type", crate::vci::offer::PRE_AUTHORIZED_CODE), ("pre-authorized_code", code)]);
    let other = TokenRequest::parse(Some(form::MEDIA_TYPE), body.as_bytes()).unwrap();
    assert_eq!(scene.token(&given.flow, &other).reply.unwrap_err(), TokenError::InvalidCode);
}

#[test]
fn a_code_that_comes_again_ends_its_token() {
    let scene = Scene::new(5);
    let (pending, given) = scene.code_for(&wish_for("passport"), None);
    let request = token_request(&pending, &given);
    let first = scene.token(&given.flow, &request);
    let token = first.reply.unwrap().access_token;
    let again = scene.token(&first.next, &request);
    assert_eq!(again.reply.unwrap_err().code(), "invalid_grant");
    assert_eq!(again.next, Flow::Dead);
    let protected = Protected {
        dpop_headers: &[],
        method: Method::Post,
        url: "https://office.example/credential",
        nonces: &scene.nonces,
        nonce_required: false,
        now: NOW,
    };
    let presented = Presented { scheme: Scheme::Dpop, token };
    let refused = stored(&again.next).authorize(&presented, &protected).unwrap_err();
    assert_eq!(refused, crate::access::AccessError::InvalidToken);
}

#[test]
fn a_redeemed_code_alone_ends_no_token_and_all_that_belongs_to_it_does() {
    let scene = Scene::new(13);
    let jkt = scene.key.public_jwk().thumbprint_base64url();
    for bound_to in [Some(jkt), None] {
        let (pending, given) = scene.code_for(&wish_for("passport"), bound_to.clone());
        let request = token_request(&pending, &given);
        let redeemed = scene.token(&given.flow, &request).next;
        let ask = |request: &TokenRequest, proof: Option<&dpop::Verified>| {
            let step = stored(&redeemed).token(request, proof, NOW.plus(1), &scene.randomness);
            assert_eq!(step.reply.unwrap_err(), TokenError::InvalidCode, "as an unknown one is");
            step.next
        };
        let own = scene.proof(&scene.key);
        for (name, value) in [
            ("client_id", "other-wallet"),
            ("redirect_uri", "https://wallet.example/back"),
            ("code_verifier", "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"),
        ] {
            let other = token_request_with(&pending, &given, name, value);
            assert_eq!(ask(&other, Some(&own)), redeemed, "{name}");
        }
        let grant_type = crate::vci::offer::PRE_AUTHORIZED_CODE;
        let code = request.code.expose();
        let body = form::encode([("grant_type", grant_type), ("pre-authorized_code", code)]);
        let as_offered = TokenRequest::parse(Some(form::MEDIA_TYPE), body.as_bytes()).unwrap();
        assert_eq!(ask(&as_offered, None), redeemed);
        assert_eq!(ask(&as_offered, Some(&own)), redeemed);
        assert_eq!(ask(&request, None), redeemed);
        // A key that the pushed request named belongs to it; otherwise any key would have passed.
        let thief = scene.proof(&SigningKey::generate(Algorithm::Es256, &scene.randomness).unwrap());
        let expected = if bound_to.is_some() { redeemed.clone() } else { Flow::Dead };
        assert_eq!(ask(&request, Some(&thief)), expected);
        assert_eq!(ask(&request, Some(&own)), Flow::Dead);
    }
}

#[test]
fn a_token_that_was_asked_for_needs_proofs_with_a_nonce() {
    let scene = Scene::new(6);
    let (pending, given) = scene.code_for(&wish_for("passport"), None);
    let step = scene.token(&given.flow, &token_request(&pending, &given));
    let token = step.reply.unwrap().access_token;
    let url = "https://office.example/credential";
    let with = |nonce: Option<&str>| {
        let new = dpop::NewProof {
            key: scene.key.public_jwk(),
            method: Method::Post,
            url,
            access_token: Some(token.expose()),
            nonce,
        };
        let proof = new.to_sign(NOW, &scene.randomness).sign(&scene.key).unwrap();
        let protected = Protected {
            dpop_headers: &[proof.as_str()],
            method: Method::Post,
            url,
            nonces: &scene.nonces,
            nonce_required: false,
            now: NOW,
        };
        let presented = Presented { scheme: Scheme::Dpop, token: token.clone() };
        stored(&step.next).authorize(&presented, &protected).map(drop)
    };
    assert_eq!(with(None).unwrap_err().code(), "use_dpop_nonce");
    let nonce = scene.nonces.issue(Purpose::Dpop, NOW, &scene.randomness);
    assert_eq!(with(Some(&nonce)), Ok(()));
}

#[test]
fn a_request_uri_opens_once_for_its_client_and_in_time() {
    let scene = Scene::new(7);
    let (_, request) = asking(&wish_for("passport"), &scene.randomness);
    let pushed = read(&request.body).unwrap();
    let lifetimes = Lifetimes::default();
    let wanted = wanted(&pushed).unwrap();
    let (state, response) = Authorization::push(&pushed, wanted, None, &lifetimes, NOW, &scene.randomness);
    assert_eq!(response.expires_in, 90);
    let open = |client: &str, after: i64| stored(&state).open(client, &lifetimes, NOW.plus(after));
    assert_eq!(open("other", 0).unwrap_err(), OpenError::OtherClient);
    assert_eq!(open(CLIENT, 90).unwrap_err(), OpenError::Ended);
    let opened = open(CLIENT, 89).unwrap();
    assert_eq!(stored(&opened).open(CLIENT, &lifetimes, NOW).unwrap_err(), OpenError::Ended);
    assert!(opened.asked(NOW.plus(3_688)).is_some());
    assert!(opened.asked(NOW.plus(3_689)).is_none());
    assert!(state.asked(NOW).is_none());
    let early = stored(&state).grant(vec![grant("passport")], ISSUER, &TERMS, NOW, &scene.randomness);
    assert!(early.is_none());
    let uri = response.to_value()["request_uri"].as_str().unwrap().to_owned();
    assert_eq!(PushedResponse::handle_of(&uri), Some(response.handle));
    for wrong in ["", REQUEST_URI_PREFIX, "https://wallet.example/request", &uri.replace("urn:", "URN:")] {
        assert_eq!(PushedResponse::handle_of(wrong), None, "{wrong}");
    }
}

#[test]
fn each_fault_of_a_pushed_request_has_its_code() {
    assert!(with("unheard_of", Some("x")).is_ok());
    for (name, value, code) in [
        ("client_id", None, "invalid_request"),
        ("client_id", Some(""), "invalid_request"),
        ("client_id", Some("a\nb"), "invalid_request"),
        ("redirect_uri", None, "invalid_request"),
        ("response_type", None, "invalid_request"),
        ("response_type", Some("token"), "unsupported_response_type"),
        ("response_type", Some("code id_token"), "unsupported_response_type"),
        ("response_mode", Some("fragment"), "invalid_request"),
        ("code_challenge", None, "invalid_request"),
        ("code_challenge", Some("x"), "invalid_request"),
        ("code_challenge_method", None, "invalid_request"),
        ("code_challenge_method", Some("plain"), "invalid_request"),
        ("request_uri", Some("urn:ietf:params:oauth:request_uri:x"), "invalid_request"),
        ("request", Some("e30.e30.e30"), "invalid_request"),
        ("state", Some(""), "invalid_request"),
        ("issuer_state", Some(""), "invalid_request"),
        ("dpop_jkt", Some(VERIFIER_TOO_SHORT), "invalid_request"),
        ("authorization_details", Some("[]"), "invalid_authorization_details"),
        ("authorization_details", Some(r#"[{"type":"payment"}]"#), "invalid_authorization_details"),
    ] {
        let error = with(name, value).unwrap_err();
        assert_eq!((error.code(), error.status()), (code, 400), "{name} {value:?}");
    }
    let json = PushedRequest::parse(Some("application/json"), b"{}").unwrap_err();
    assert_eq!(json.code(), "invalid_request");
    let twice = read(b"client_id=a&client_id=a").unwrap_err();
    assert_eq!(twice.code(), "invalid_request");
}

#[test]
fn known_scopes_count_and_unknown_ones_are_ignored_until_none_is_left() {
    let with_scope = |scope: Option<&str>| wanted(&with("scope", scope).unwrap());
    assert_eq!(with_scope(Some("passport")).unwrap().configurations, ["passport"]);
    assert_eq!(with_scope(Some("openid profile  passport")).unwrap().configurations, ["passport", "profile"]);
    for nothing in [None, Some(""), Some("openid"), Some("Passport"), Some("passport,profile")] {
        let error = with_scope(nothing).unwrap_err();
        assert_eq!((&error, error.code()), (&AuthorizationError::Scope, "invalid_scope"), "{nothing:?}");
    }
}

#[test]
fn unknown_configurations_in_details_are_refused_and_known_ones_go_with_scopes() {
    let with_details = |text: &str| wanted(&with("authorization_details", Some(text)).unwrap());
    let both = with_details(&details::to_text(&["profile".to_owned()], None)).unwrap();
    assert_eq!((both.configurations.len(), both.by_identifier), (2, true));
    let here = with_details(&details::to_text(&["profile".to_owned()], Some(ISSUER)));
    assert!(here.is_ok());
    for wrong in [
        details::to_text(&["membership".to_owned()], None),
        details::to_text(&["profile".to_owned(), "membership".to_owned()], None),
        details::to_text(&["profile".to_owned()], Some("https://other.example")),
    ] {
        assert_eq!(with_details(&wrong).unwrap_err().code(), "invalid_authorization_details");
    }
}

#[test]
fn only_https_and_this_machine_are_addresses_to_come_back_to() {
    for fine in [
        "https://wallet.example/back",
        "https://wallet.example:8443/back?x=y",
        "http://127.0.0.1:51004/back",
        "http://[::1]:51004/",
        "http://localhost:3000/back",
    ] {
        assert!(RedirectUri::parse(fine).is_ok(), "{fine}");
    }
    for wrong in [
        "",
        "wallet",
        "/back",
        "http://wallet.example/back",
        "com.example.wallet:/back",
        "openid-credential-offer://back",
        "javascript:alert(1)",
        "data:text/html,x",
        "https://wallet.example/back#x",
        "https://a@wallet.example/",
        "https://wallet.example/\r\nx: y",
        "https://wallet.example/?code=1",
        "https://wallet.example/?iss=x",
        "https://wallet.example/?%73tate=x",
        "https://wallet.example/?a=1&a=2",
    ] {
        let refused = with("redirect_uri", Some(wrong)).unwrap_err();
        assert!(matches!(refused, AuthorizationError::RedirectUri(_)), "{wrong}");
    }
    assert_eq!(RedirectUri::parse("https://wallet.example:8443/a").unwrap().host(), "wallet.example:8443");
    assert_eq!(RedirectUri::parse("https://wallet.example/a").unwrap().host(), "wallet.example");
}

#[test]
fn both_kinds_of_answer_carry_state_and_issuer_and_keep_the_query() {
    for (address, start) in [
        ("https://wallet.example/b", "https://wallet.example/b?error=access_denied&"),
        ("https://wallet.example/b?", "https://wallet.example/b?error=access_denied&"),
        ("https://wallet.example/b?a=1", "https://wallet.example/b?a=1&error=access_denied&"),
        ("https://wallet.example/b?a=1&", "https://wallet.example/b?a=1&error=access_denied&"),
    ] {
        let to = redirect::ReturnTo {
            redirect_uri: RedirectUri::parse(address).unwrap(),
            state: Some("s&code=x".to_owned()),
        };
        let denied = to.denied(Denial::Cancelled, ISSUER);
        assert!(denied.starts_with(start), "{denied}");
        assert!(denied.ends_with("&state=s%26code%3Dx&iss=https%3A%2F%2Foffice.example"), "{denied}");
        let stateless = redirect::ReturnTo { state: None, ..to };
        let given = stateless.with_code(&SecretText::new("c"), ISSUER);
        assert!(given.ends_with("code=c&iss=https%3A%2F%2Foffice.example"), "{given}");
    }
    assert_eq!(Denial::Failed.code(), "server_error");
}

#[test]
fn a_key_named_twice_must_be_the_same() {
    let scene = Scene::new(8);
    let jkt = scene.key.public_jwk().thumbprint_base64url();
    let other = SigningKey::generate(Algorithm::Es256, &scene.randomness).unwrap();
    let proof = scene.proof(&scene.key);
    let named = with("dpop_jkt", Some(&jkt)).unwrap();
    assert_eq!(named.bound_to(None).unwrap(), Some(jkt.clone()));
    assert_eq!(named.bound_to(Some(&proof)).unwrap(), Some(jkt.clone()));
    let error = named.bound_to(Some(&scene.proof(&other))).unwrap_err();
    assert_eq!((&error, error.code()), (&AuthorizationError::OtherDpopKey, "invalid_dpop_proof"));
    let unnamed = with("dpop_jkt", None).unwrap();
    assert_eq!(unnamed.bound_to(Some(&proof)).unwrap(), Some(jkt));
    assert_eq!(unnamed.bound_to(None).unwrap(), None);
}

#[test]
fn what_comes_back_counts_only_for_its_address_attempt_and_server() {
    let scene = Scene::new(9);
    let (pending, given) = scene.code_for(&wish_for("passport"), None);
    let (other, _) = asking(&wish_for("passport"), &scene.randomness);
    assert!(pending.is_for(pending.state().expose()) && !other.is_for(pending.state().expose()));
    let honest = &given.location;
    assert!(pending.returned(honest).is_ok());
    assert!(stored(&pending).returned(honest).is_ok());
    assert_eq!(other.returned(honest), Err(ReturnError::OtherState));
    let iss = "&iss=https%3A%2F%2Foffice.example";
    for (url, error) in [
        (honest.replace(iss, ""), ReturnError::IssuerMissing),
        (honest.replace(iss, "&iss=https%3A%2F%2Foffice.example%2F"), ReturnError::OtherIssuer),
        (honest.replace("&state=", "&stat="), ReturnError::OtherState),
        (honest.replace("wallet.example", "wallet.example.org"), ReturnError::OtherAddress),
        (honest.replace("/back", "/other"), ReturnError::OtherAddress),
        (honest.replace("a=1", "a=2"), ReturnError::OtherAddress),
        (honest.replace("&code=", "&cod="), ReturnError::Malformed),
        (format!("{honest}&error=access_denied"), ReturnError::Malformed),
        (format!("{honest}&code=again"), ReturnError::Malformed),
        ("nothing".to_owned(), ReturnError::OtherAddress),
    ] {
        assert_eq!(pending.returned(&url), Err(error), "{url}");
    }
}

#[test]
fn a_denial_is_believed_only_from_the_server_that_was_asked() {
    let scene = Scene::new(10);
    let (pending, request) = asking(&wish_for("passport"), &scene.randomness);
    let pushed = read(&request.body).unwrap();
    let lifetimes = Lifetimes::default();
    let wanted = wanted(&pushed).unwrap();
    let (state, _) = Authorization::push(&pushed, wanted, None, &lifetimes, NOW, &scene.randomness);
    let opened = state.open(CLIENT, &lifetimes, NOW).unwrap();
    let denied = opened.clone().deny(Denial::Cancelled, ISSUER, NOW).unwrap();
    let refused = ReturnError::Refused { code: "access_denied".to_owned() };
    assert_eq!(pending.returned(&denied), Err(refused));
    let foreign = opened.clone().deny(Denial::Cancelled, "https://evil.example", NOW).unwrap();
    assert_eq!(pending.returned(&foreign), Err(ReturnError::OtherIssuer));
    assert_eq!(opened.deny(Denial::Cancelled, ISSUER, NOW.plus(3_600)), None);
}

#[test]
fn a_wallet_asks_only_where_requests_are_pushed_with_s256() {
    let refuse = |change: &dyn Fn(&mut ServerMetadata)| {
        let mut server = server();
        change(&mut server);
        let new = NewAuthorization {
            server: &server,
            client_id: CLIENT,
            redirect_uri: BACK,
            wish: &wish_for("passport"),
            issuer_state: None,
            dpop_jkt: None,
        };
        new.make(&SeededRandomness::new(1)).map(drop).unwrap_err()
    };
    let missing = |what| WalletError::NoEndpoint(what);
    assert_eq!(refuse(&|server| server.code_flow = None), missing("authorization endpoint"));
    let without_par = refuse(&|server| server.code_flow.as_mut().unwrap().pushed_endpoint = None);
    assert_eq!(without_par, missing("pushed authorization request endpoint"));
    let plain = refuse(&|server| server.code_flow.as_mut().unwrap().takes_s256 = false);
    assert_eq!(plain, missing("code challenge method S256"));
}

#[test]
fn the_answer_to_a_pushed_request_is_a_201_or_a_wish_for_a_nonce() {
    let (pending, _) = asking(&wish_for("passport"), &SeededRandomness::new(11));
    let mut asked = json_answer(400, &json!({"error": "use_dpop_nonce"}));
    asked.headers.push(("DPoP-Nonce".to_owned(), "fresh".to_owned()));
    let mut retries = Retries::default();
    let again = pending.pushed(&asked, &mut retries).unwrap();
    assert!(matches!(again, Answer::Again(Again::WithDpopNonce(nonce)) if nonce == "fresh"));
    assert_eq!(pending.pushed(&asked, &mut retries).unwrap_err(), WalletError::NonceRefusedTwice);
    let refused = pending.pushed(&json_answer(400, &json!({"error": "invalid_scope"})), &mut retries);
    assert_eq!(refused.unwrap_err(), WalletError::Refused { code: "invalid_scope".to_owned() });
    for wrong in [
        json!({"request_uri": "urn:x"}),
        json!({"request_uri": "", "expires_in": 60}),
        json!({"request_uri": "urn:x", "expires_in": 0}),
        json!({"expires_in": 60}),
    ] {
        let refused = pending.pushed(&json_answer(201, &wrong), &mut retries).unwrap_err();
        assert_eq!(refused, WalletError::Malformed("pushed authorization"));
    }
    let ok = json_answer(200, &json!({"request_uri": "urn:x", "expires_in": 60}));
    assert_eq!(pending.pushed(&ok, &mut retries).unwrap_err(), WalletError::Status(200));
}

#[test]
fn neither_an_attempt_nor_its_address_is_printed() {
    let scene = Scene::new(12);
    let (pending, given) = scene.code_for(&wish_for("passport"), None);
    let printed = format!("{pending:?}");
    assert!(!printed.contains(pending.state().expose()));
    assert!(!format!("{:?}", RedirectUri::parse(BACK).unwrap()).contains("/back"));
    assert!(!format!("{:?}", given.flow).contains(pending.returned(&given.location).unwrap().expose()));
}

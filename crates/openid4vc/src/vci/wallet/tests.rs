use std::collections::BTreeMap;

use environment::SeededRandomness;
use serde_json::json;

use super::*;
use crate::access::Presented;
use crate::form;
use crate::secret::SecretText;
use crate::vci::credential::{CredentialRequest, Wanted};
use crate::vci::metadata::{CredentialConfiguration, IssuerMetadata};
use crate::vci::notification::{Event, NotificationRequest};
use crate::vci::offer::{CredentialOffer, PreAuthorizedGrant, TransactionCode};
use crate::vci::server_metadata::ServerMetadata;

const ISSUER: &str = "https://office.example";

fn offer() -> CredentialOffer {
    CredentialOffer {
        credential_issuer: ISSUER.to_owned(),
        configuration_ids: vec!["passport".to_owned()],
        pre_authorized: Some(PreAuthorizedGrant {
            code: SecretText::new("code"),
            tx_code: None,
            authorization_server: None,
        }),
        authorization_code: None,
    }
}

fn metadata() -> IssuerMetadata {
    let passport = CredentialConfiguration::key_bound("urn:passport-network:passport:1", "passport");
    IssuerMetadata {
        credential_issuer: ISSUER.to_owned(),
        authorization_servers: Vec::new(),
        credential_endpoint: format!("{ISSUER}/credential"),
        nonce_endpoint: Some(format!("{ISSUER}/nonce")),
        deferred_credential_endpoint: Some(format!("{ISSUER}/deferred")),
        notification_endpoint: Some(format!("{ISSUER}/notification")),
        request_encryption: None,
        response_encryption: None,
        batch_size: Some(5),
        display: Vec::new(),
        configurations: BTreeMap::from([("passport".to_owned(), passport)]),
    }
}

fn server(issuer: &str) -> ServerMetadata {
    ServerMetadata {
        issuer: issuer.to_owned(),
        token_endpoint: format!("{issuer}/token"),
        anonymous_access: true,
        dpop_algorithms: vec!["ES256".to_owned()],
        client_authentication: vec!["none".to_owned()],
        challenge_endpoint: None,
        code_flow: None,
    }
}

fn plan() -> Plan {
    Plan::new(offer(), metadata(), server(ISSUER)).unwrap()
}

fn answer(status: u16, body: Value) -> Response {
    let headers = vec![("Content-Type".to_owned(), "application/json".to_owned())];
    Response { status, headers, body: body.to_string().into_bytes() }
}

fn access() -> Access {
    let token = answer(200, json!({"access_token": "token", "token_type": "Bearer", "c_nonce": "draft"}));
    match plan().token_response(&token, &mut Retries::default()).unwrap() {
        Answer::Done(access) => access,
        Answer::Again(again) => panic!("{again:?}"),
    }
}

fn outcome(response: &Response, asked: usize) -> Result<Answer<Outcome>, WalletError> {
    access().credential_response(&call(), response, asked, &mut Retries::default())
}

/// A call to an issuer that offers no encryption.
fn call() -> Call {
    let request = CredentialRequest {
        wanted: Wanted::Configuration("passport".to_owned()),
        proofs: vec!["a.b.c".to_owned()].into(),
    };
    access().credential_call(&request, &SeededRandomness::new(7)).unwrap()
}

#[test]
fn an_offer_becomes_requests() {
    let plan = plan();
    assert!(plan.takes_dpop() && plan.offered().count() == 1);
    let token = plan.token_request(None).unwrap();
    assert_eq!(
        (token.url.as_str(), token.header("content-type")),
        ("https://office.example/token", Some(form::MEDIA_TYPE))
    );
    let access = access();
    assert_eq!(access.nonce_request().unwrap().url, "https://office.example/nonce");
    let requests = access.credential_requests("passport", vec!["a.b.c".to_owned()]);
    let [request] = requests.as_slice() else { panic!("one request") };
    assert_eq!(request.header("authorization"), Some("Bearer token"));
    let body: Value = serde_json::from_slice(&request.body).unwrap();
    assert_eq!(body, json!({"credential_configuration_id": "passport", "proofs": {"jwt": ["a.b.c"]}}));
}

#[test]
fn an_offer_that_does_not_fit_the_metadata_is_refused() {
    let unknown = CredentialOffer { configuration_ids: vec!["unknown".to_owned()], ..offer() };
    assert_eq!(
        Plan::new(unknown, metadata(), server(ISSUER)).unwrap_err(),
        WalletError::UnknownConfiguration
    );
    let mut elsewhere = offer();
    elsewhere.pre_authorized.as_mut().unwrap().authorization_server =
        Some("https://other.example".to_owned());
    assert_eq!(server_to_ask(&elsewhere, &metadata()), Err(WalletError::ServerNotListed));
    let several = IssuerMetadata {
        authorization_servers: vec!["https://one.example".to_owned(), "https://other.example".to_owned()],
        ..metadata()
    };
    assert_eq!(server_to_ask(&elsewhere, &several).unwrap(), "https://other.example");
    assert_eq!(server_to_ask(&offer(), &several).unwrap(), "https://one.example");
    let other = IssuerMetadata { credential_issuer: format!("{ISSUER}/"), ..metadata() };
    assert_eq!(server_to_ask(&offer(), &other), Err(WalletError::OtherParty));
    assert_eq!(
        Plan::new(offer(), metadata(), server("https://x.example")).unwrap_err(),
        WalletError::OtherParty
    );
}

#[test]
fn a_transaction_code_is_sent_exactly_when_it_is_wanted() {
    let mut wanting = offer();
    wanting.pre_authorized.as_mut().unwrap().tx_code =
        Some(TransactionCode { numeric: true, length: None, description: None });
    let wanting = Plan::new(wanting, metadata(), server(ISSUER)).unwrap();
    let code = SecretText::new("4711");
    assert_eq!(wanting.token_request(None).unwrap_err(), WalletError::TxCodeNeeded);
    let body = wanting.token_request(Some(&code)).unwrap().body;
    assert!(String::from_utf8(body).unwrap().ends_with("&tx_code=4711"));
    assert_eq!(plan().token_request(Some(&code)).unwrap_err(), WalletError::TxCodeUnexpected);
}

#[test]
fn a_nonce_is_asked_for_once_more_and_not_for_ever() {
    let refusal = answer(400, json!({"error": "invalid_nonce"}));
    let (access, mut retries) = (access(), Retries::default());
    let first = access.credential_response(&call(), &refusal, 1, &mut retries).unwrap();
    assert!(matches!(first, Answer::Again(Again::WithFreshNonce)));
    let second = access.credential_response(&call(), &refusal, 1, &mut retries).unwrap_err();
    assert_eq!(second, WalletError::NonceRefusedTwice);
}

#[test]
fn a_dpop_nonce_is_taken_from_body_or_challenge_once() {
    let mut at_token = answer(400, json!({"error": "use_dpop_nonce"}));
    assert_eq!(
        plan().token_response(&at_token, &mut Retries::default()).unwrap_err(),
        WalletError::Malformed("error")
    );
    at_token.headers.push(("DPoP-Nonce".to_owned(), "n".to_owned()));
    let mut retries = Retries::default();
    let again = plan().token_response(&at_token, &mut retries).unwrap();
    assert!(matches!(again, Answer::Again(Again::WithDpopNonce(nonce)) if nonce == "n"));
    assert_eq!(plan().token_response(&at_token, &mut retries).unwrap_err(), WalletError::NonceRefusedTwice);
    let challenge =
        ("WWW-Authenticate".to_owned(), "DPoP error=\"use_dpop_nonce\", algs=\"ES256\"".to_owned());
    let at_resource = Response {
        status: 401,
        headers: vec![challenge, ("dpop-nonce".to_owned(), "m".to_owned())],
        body: Vec::new(),
    };
    assert!(
        matches!(outcome(&at_resource, 1).unwrap(), Answer::Again(Again::WithDpopNonce(nonce)) if nonce == "m")
    );
}

#[test]
fn an_attestation_challenge_is_taken_from_its_header_once() {
    let mut asked = answer(400, json!({"error": "use_attestation_challenge"}));
    let refused = |response: &Response| plan().token_response(response, &mut Retries::default()).unwrap_err();
    assert_eq!(refused(&asked), WalletError::Malformed("error"));
    asked.headers.push(("OAuth-Client-Attestation-Challenge".to_owned(), "c".to_owned()));
    let mut retries = Retries::default();
    let again = plan().token_response(&asked, &mut retries).unwrap();
    assert!(matches!(again, Answer::Again(Again::WithChallenge(challenge)) if challenge == "c"));
    assert_eq!(plan().token_response(&asked, &mut retries).unwrap_err(), WalletError::NonceRefusedTwice);
}

#[test]
fn whether_a_server_wants_an_attestation_is_read_from_its_metadata_alone() {
    for (methods, asked) in [
        (&[][..], AttestationAsked::No),
        (&["none", "client_secret_basic"], AttestationAsked::No),
        (&["none", "attest_jwt_client_auth"], AttestationAsked::Taken),
        (&["attest_jwt_client_auth"], AttestationAsked::Needed),
    ] {
        let methods = methods.iter().map(|&method| method.to_owned()).collect();
        let server = ServerMetadata { client_authentication: methods, ..server(ISSUER) };
        assert_eq!(Plan::new(offer(), metadata(), server).unwrap().attestation(), asked);
    }
}

#[test]
fn only_what_has_no_code_in_it_needs_the_persons_say() {
    assert!(!plan().needs_authorization());
    let own =
        Plan::new(offer_of_issuer(&metadata(), vec!["passport".to_owned()]), metadata(), server(ISSUER));
    let own = own.unwrap();
    assert!(own.needs_authorization());
    assert_eq!(own.token_request(None).unwrap_err(), WalletError::NoPreAuthorizedCode);
    // This server has no such flow.
    let asked = own.authorization("wallet", "http://127.0.0.1/return", None, &SeededRandomness::new(7));
    assert_eq!(asked.unwrap_err(), WalletError::NoEndpoint("authorization endpoint"));
}

#[test]
fn a_wait_of_days_is_waited_and_an_endless_one_is_not() {
    for (said, waited) in [(864_000, 864_000), (u64::MAX, deferred::LONGEST_INTERVAL)] {
        let wait = answer(202, json!({"transaction_id": "t", "interval": said}));
        let outcome = outcome(&wait, 1).unwrap();
        assert!(matches!(outcome, Answer::Done(Outcome::Deferred { interval, .. }) if interval == waited));
    }
    let never = answer(202, json!({"transaction_id": "t", "interval": 0}));
    assert_eq!(outcome(&never, 1).unwrap_err(), WalletError::Malformed("credential"));
}

#[test]
fn answers_that_are_not_in_the_standard_end_the_issuance() {
    for status in [302, 307, 404, 500] {
        assert_eq!(outcome(&answer(status, json!({})), 1).unwrap_err(), WalletError::Status(status));
    }
    let mut page = answer(200, json!({}));
    page.headers = vec![("content-type".to_owned(), "text/html".to_owned())];
    for malformed in
        [page, answer(200, json!({"credential": "draft"})), answer(200, json!({"credentials": []}))]
    {
        assert_eq!(outcome(&malformed, 1).unwrap_err(), WalletError::Malformed("credential"));
    }
    let hostile = answer(400, json!({"error": "\u{1b}[2J", "error_description": "\u{1b}[2J"}));
    assert_eq!(outcome(&hostile, 1).unwrap_err(), WalletError::Status(400));
    let denied = outcome(&answer(400, json!({"error": "credential_request_denied"})), 1).unwrap_err();
    assert_eq!(denied, WalletError::Denied { reason: None });
    assert_eq!(denied.code(), "credential_request_denied");
    let told = json!({"error": "credential_request_denied", "error_description": "No match"});
    let told = outcome(&answer(400, told), 1).unwrap_err();
    assert_eq!(told, WalletError::Denied { reason: Some(Reason::new("No match").unwrap()) });
    assert!(!told.to_string().contains("No match"), "what is logged does not hold it: {told}");
    // Of any other refusal the description goes nowhere.
    let other = json!({"error": "invalid_proof", "error_description": "No match"});
    let code = "invalid_proof".to_owned();
    assert_eq!(outcome(&answer(400, other), 1).unwrap_err(), WalletError::Refused { code });
    let mut busy = answer(429, json!({}));
    busy.headers.push(("Retry-After".to_owned(), "7".to_owned()));
    assert_eq!(outcome(&busy, 1).unwrap_err(), WalletError::Busy { retry_after: Some(7) });
}

#[test]
fn fewer_credentials_than_keys_are_taken_and_more_are_not() {
    let two = answer(200, json!({"credentials": [{"credential": "a"}, {"credential": "b"}]}));
    assert!(
        matches!(outcome(&two, 3).unwrap(), Answer::Done(Outcome::Issued(issued)) if issued.credentials.len() == 2)
    );
    assert_eq!(outcome(&two, 1).unwrap_err(), WalletError::MoreThanAsked);
}

#[test]
fn deferred_credentials_are_asked_for_until_they_come() {
    let wait = answer(202, json!({"transaction_id": "t", "interval": 1}));
    let Answer::Done(Outcome::Deferred { next, interval: 1 }) = outcome(&wait, 1).unwrap() else {
        panic!("deferred")
    };
    let next: Deferred = serde_json::from_str(&serde_json::to_string(&next).unwrap()).unwrap();
    let call = next.call(&metadata(), &SeededRandomness::new(7)).unwrap();
    assert_eq!(call.request.header("authorization"), Some("Bearer token"));
    assert_eq!(call.request.header("content-type"), Some("application/json"));
    assert_eq!(call.request.body, br#"{"transaction_id":"t"}"#);
    let still = next.response(&call, &wait, &mut Retries::default()).unwrap();
    assert!(matches!(still, Answer::Done(Outcome::Deferred { .. })));
    let other = answer(202, json!({"transaction_id": "u", "interval": 1}));
    let refused = next.response(&call, &other, &mut Retries::default()).unwrap_err();
    assert_eq!(refused, WalletError::Malformed("deferred credential"));
    let ready = answer(200, json!({"credentials": [{"credential": "a"}]}));
    let ready = next.response(&call, &ready, &mut Retries::default()).unwrap();
    assert!(matches!(ready, Answer::Done(Outcome::Issued(_))));
}

#[test]
fn a_token_response_of_another_type_is_malformed() {
    for wrong in [json!({"access_token": "t", "token_type": "mac"}), json!({"token_type": "Bearer"})] {
        let error = plan().token_response(&answer(200, wrong), &mut Retries::default()).unwrap_err();
        assert_eq!(error, WalletError::Malformed("token"));
    }
}

#[test]
fn the_issuer_reads_what_the_wallet_sends() {
    use super::super::issuer::{Flow, Grant, NewOffer, ProofRules, Protected, TakenUp};
    use super::super::proof::{NewProof, self_contained_key};
    use super::super::token::TokenRequest;
    use crate::timed_nonce::{NonceKey, Purpose};
    use environment::Timestamp;
    use jose::{Algorithm, Signer, SigningKey};

    let now = Timestamp::from_seconds(1_800_000_000);
    let randomness = SeededRandomness::new(31);
    let nonces = NonceKey::generate(&randomness);
    let new = NewOffer {
        credential_issuer: ISSUER.to_owned(),
        grants: vec![Grant { configuration: "passport".to_owned(), key_bound: true }],
        taken_up: TakenUp::ByCode,
        tx_code: Some((4, None)),
        expires_at: now.plus(600),
        token_lifetime: 300,
        nonce_lifetime: 60,
        batch_size: 5,
    };
    let made = new.make(&randomness);
    let read = CredentialOffer::parse(made.offer.to_value().to_string()).unwrap();
    let plan = Plan::new(read, metadata(), server(ISSUER)).unwrap();

    let sent = plan.token_request(made.tx_code.as_ref()).unwrap();
    let request = TokenRequest::parse(sent.header("content-type"), &sent.body).unwrap();
    let step = made.flow.token(&request, None, now, &randomness);
    let reply = answer(200, step.reply.unwrap().to_value());
    let Answer::Done(access) = plan.token_response(&reply, &mut Retries::default()).unwrap() else {
        panic!("access")
    };

    let key = SigningKey::generate(Algorithm::Es256, &randomness).unwrap();
    let nonce = answer(200, json!({"c_nonce": nonces.issue(Purpose::Credential, now, &randomness)}));
    let nonce = Access::nonce_response(&nonce).unwrap();
    let proof = NewProof {
        key: key.public_jwk(),
        credential_issuer: access.credential_issuer(),
        nonce: Some(&nonce),
        client_id: None,
        key_attestation: None,
    };
    let proof = proof.to_sign(now).sign(&key).unwrap();
    let sent = access.credential_requests("passport", vec![proof]).remove(0);
    let presented = Presented::parse(sent.header("authorization")).unwrap();
    let protected = Protected {
        dpop_headers: &[],
        method: sent.method,
        url: &sent.url,
        nonces: &nonces,
        nonce_required: false,
        now,
    };
    let authorized = step.next.authorize(&presented, &protected).unwrap();
    let request = CredentialRequest::parse(sent.header("content-type"), &sent.body).unwrap();
    let rules = ProofRules {
        credential_issuer: ISSUER,
        nonces: &nonces,
        key_of: &self_contained_key,
        attested: None,
    };
    let step = authorized.credential(&request, &rules, now, &randomness).unwrap();
    assert_eq!(step.order.keys, [key.public_jwk().clone()]);

    let notification = access.notification_request(&step.order.notification_id, Event::Accepted).unwrap();
    let request =
        NotificationRequest::parse(notification.header("content-type"), &notification.body).unwrap();
    let noted = step.next.authorize(&presented, &protected).unwrap().notification(&request).unwrap();
    assert!(matches!(noted.next, Flow::Issued(_)) && noted.event == Event::Accepted);
}

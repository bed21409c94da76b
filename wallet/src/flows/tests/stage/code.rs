//! The office as an authorisation server, and what else a modern issuer asks for: pushed requests, codes, DPoP with nonces,
//! attestations, encryption, signed metadata. It checks as strictly as a server may, and each trick is one thing that goes wrong.

use std::collections::BTreeMap;
use std::sync::Arc;

use credentials::issuer_key::SignAs;
use environment::{Clock, SeededRandomness};
use http::{HeaderName, HeaderValue, Method, StatusCode};
use jose::{DecryptionKey, Signer};
use openid4vc::dpop;
use openid4vc::timed_nonce::{NonceKey, Purpose};
use openid4vc::vci::attestation::provider::TakenProvider;
use openid4vc::vci::attestation::{ATTESTATION_HEADER, ClientAttestation, Expected, PROOF_HEADER};
use openid4vc::vci::encryption::{Offered, RequestEncryption, ResponseEncryption, open_request};
use openid4vc::vci::metadata::IssuerMetadata;
use openid4vc::vci::pkce::{Challenge, Verifier};
use openid4vc::vci::signed_metadata::{NewSignedMetadata, asks_for_signed};
use outbound::{OutboundError, Request, Response};
use serde_json::{Value, json};

use super::{Cast, OFFICE, issuing, ok, text};

/// The one code there is.
pub(in crate::flows::tests) const CODE: &str = "granted-code";
const REQUEST_URI: &str = "urn:ietf:params:oauth:request_uri:one";

/// How requests and answers are encrypted.
#[derive(Clone, Copy, Default)]
pub(in crate::flows::tests) struct Sealing {
    /// Whether readable ones are refused.
    pub(in crate::flows::tests) required: bool,
    /// Whether compression is offered.
    pub(in crate::flows::tests) zip: bool,
    /// Answers are not offered to be encrypted.
    pub(in crate::flows::tests) requests_only: bool,
    /// The answer comes readable all the same.
    pub(in crate::flows::tests) answers_readable: bool,
    /// The answer is one that was given before.
    pub(in crate::flows::tests) answers_again: bool,
}

/// Who signs metadata.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub(in crate::flows::tests) enum Signing {
    /// Nobody.
    #[default]
    Nobody,
    /// The party itself, where it is asked for.
    Itself,
    /// The space, whoever is asked.
    Space,
    /// The party itself, but somebody else's metadata.
    OtherSubject,
    /// The party itself, and then something is changed.
    Bent,
}

/// How the server behaves, and what it heard.
#[derive(Default)]
pub(in crate::flows::tests) struct CodeDesk {
    /// There is a code flow.
    pub(in crate::flows::tests) open: bool,
    /// Configurations have a scope.
    pub(in crate::flows::tests) scopes: bool,
    /// Tokens are bound by DPoP.
    pub(in crate::flows::tests) dpop: bool,
    /// Proofs need a nonce.
    pub(in crate::flows::tests) nonces: bool,
    /// No nonce is ever good enough.
    pub(in crate::flows::tests) never_content: bool,
    /// Takes the wallet's key, and gives a token that is not bound to it.
    pub(in crate::flows::tests) unbound: bool,
    /// `token_endpoint_auth_methods_supported`.
    pub(in crate::flows::tests) authentication: Vec<&'static str>,
    /// Server metadata as they are changed before they go out.
    pub(in crate::flows::tests) bend_server: Option<fn(&mut Value)>,
    /// Issuer metadata as they are changed before they go out.
    pub(in crate::flows::tests) bend_issuer: Option<fn(&mut Value)>,
    /// The answer to a pushed request, in place of the good one: status and body.
    pub(in crate::flows::tests) pushed_answer: Option<(u16, Value)>,
    /// How messages are encrypted.
    pub(in crate::flows::tests) sealing: Option<Sealing>,
    /// Who signs metadata.
    pub(in crate::flows::tests) signing: Signing,
    /// The deferred endpoint answers with this error.
    pub(in crate::flows::tests) deferred_error: Option<&'static str>,
    /// What it says beside that.
    pub(in crate::flows::tests) deferred_reason: Option<&'static str>,
    /// How often the deferred endpoint says that it needs more time, under which transaction.
    pub(in crate::flows::tests) later_still: Option<&'static str>,
    /// `key_attestations_required`, and the proof type that is taken.
    pub(in crate::flows::tests) key_attestations: Option<(&'static str, Value)>,
    /// Forms that were pushed.
    pub(in crate::flows::tests) pushed: Vec<BTreeMap<String, String>>,
    /// A code in an offer is redeemed once (OpenID4VCI 1.0 §4.1.1).
    pub(in crate::flows::tests) codes_once: bool,
    /// The codes that were redeemed, each with the host that gave it.
    redeemed: Vec<(String, String)>,
    /// Forms that came to the token endpoint.
    pub(in crate::flows::tests) tokens: Vec<BTreeMap<String, String>>,
    /// Attestations that came, each with the thumbprint of its key.
    pub(in crate::flows::tests) attested: Vec<(String, String)>,
    /// Bodies of the credential endpoint as they were read, and whether they came encrypted.
    pub(in crate::flows::tests) asked: Vec<(Value, bool)>,
    /// The sealed answer that was given last.
    last_sealed: Option<Vec<u8>>,
    /// The DPoP key of the pushed request.
    bound_to: Option<[u8; 32]>,
}

fn nonces() -> NonceKey {
    NonceKey::from_bytes([7; 32])
}

fn form(request: &Request) -> BTreeMap<String, String> {
    assert_eq!(request.headers["content-type"], "application/x-www-form-urlencoded");
    url::form_urlencoded::parse(&request.body).into_owned().collect()
}

fn error(status: u16, code: &str) -> Response {
    Response::of_json(StatusCode::from_u16(status).unwrap(), &json!({"error": code}))
}

fn with_header(mut response: Response, name: &'static str, value: &str) -> Response {
    response.headers.insert(HeaderName::from_static(name), HeaderValue::from_str(value).unwrap());
    response
}

fn headers<'r>(request: &'r Request, name: &str) -> Vec<&'r str> {
    request.headers.get_all(name).iter().map(|value| value.to_str().unwrap()).collect()
}

impl Cast {
    pub(super) fn server_metadata(&self, host: &str) -> Result<Response, OutboundError> {
        let behaviour = self.behaviour.lock().unwrap();
        let desk = &behaviour.code;
        let mut metadata = issuing::server_metadata(host);
        let at = |path: &str| json!(format!("http://{host}{path}"));
        if desk.open {
            metadata["authorization_endpoint"] = at("/authorize");
            metadata["pushed_authorization_request_endpoint"] = at("/par");
            metadata["code_challenge_methods_supported"] = json!(["S256"]);
            metadata["authorization_response_iss_parameter_supported"] = json!(true);
            metadata["grant_types_supported"] = json!(["authorization_code"]);
        }
        if desk.dpop {
            metadata["dpop_signing_alg_values_supported"] = json!(["ES256"]);
        }
        if !desk.authentication.is_empty() {
            metadata["token_endpoint_auth_methods_supported"] = json!(desk.authentication);
        }
        if let Some(bend) = desk.bend_server {
            bend(&mut metadata);
        }
        ok(&metadata)
    }

    pub(super) fn issuer_metadata(&self, host: &str, request: &Request) -> Result<Response, OutboundError> {
        let behaviour = self.behaviour.lock().unwrap();
        let desk = &behaviour.code;
        let mut metadata = issuing::metadata(host);
        for (id, configuration) in metadata["credential_configurations_supported"].as_object_mut().unwrap() {
            if desk.scopes {
                configuration["scope"] = json!(format!("scope-of-{id}"));
            }
            if let Some((kind, required)) = &desk.key_attestations {
                configuration["proof_types_supported"] = json!({*kind: {
                    "proof_signing_alg_values_supported": ["ES256"], "key_attestations_required": required,
                }});
            }
        }
        if let Some(sealing) = &desk.sealing {
            let [request, response] = offered(sealing);
            metadata["credential_request_encryption"] = request;
            if !sealing.requests_only {
                metadata["credential_response_encryption"] = response;
            }
        }
        if let Some(bend) = desk.bend_issuer {
            bend(&mut metadata);
        }
        let accepted = headers(request, "accept").concat();
        let signed = match desk.signing {
            Signing::Nobody => false,
            Signing::Itself => asks_for_signed(&accepted),
            _ => true,
        };
        if signed { self.signed(host, &metadata, desk.signing) } else { ok(&metadata) }
    }

    fn signed(&self, host: &str, metadata: &Value, signing: Signing) -> Result<Response, OutboundError> {
        let signer = if signing == Signing::Space { &self.space } else { self.actor(host) };
        let (chain, key) = &signer.party.issuing;
        let chain: Vec<Vec<u8>> =
            chain.certificates().map(|certificate| certificate.der().to_vec()).collect();
        let issuer = format!("http://{host}");
        let mut metadata = IssuerMetadata::from_object(metadata.as_object().unwrap(), &issuer).unwrap();
        if signing == Signing::OtherSubject {
            metadata.credential_issuer = "http://somebody.localhost".to_owned();
        }
        let new = NewSignedMetadata { metadata: &metadata, lifetime: 600 };
        let to_sign = new.to_sign(SignAs::X5c(&chain), key.public_jwk().algorithm(), self.clock.now());
        let mut token = to_sign.sign(key).unwrap();
        if signing == Signing::Bent {
            let mut parts: Vec<String> = token.split('.').map(str::to_owned).collect();
            let payload = jose::base64url::decode(&parts[1]).unwrap();
            let payload = String::from_utf8(payload).unwrap().replace("/credential\"", "/credential2\"");
            parts[1] = jose::base64url::encode(payload);
            token = parts.join(".");
        }
        text(200, "application/jwt", token)
    }

    pub(super) fn par(&self, request: &Request) -> Result<Response, OutboundError> {
        assert_eq!(request.method, Method::POST);
        if let Some(refused) = self.refused_client(request) {
            return Ok(refused);
        }
        let bound_to = match self.refused_dpop(request) {
            Ok(bound_to) => bound_to,
            Err(refused) => return Ok(*refused),
        };
        let mut behaviour = self.behaviour.lock().unwrap();
        let desk = &mut behaviour.code;
        desk.bound_to = bound_to;
        desk.pushed.push(form(request));
        let (status, body) = desk
            .pushed_answer
            .clone()
            .unwrap_or((201, json!({"request_uri": REQUEST_URI, "expires_in": 60})));
        Ok(Response::of_json(StatusCode::from_u16(status).unwrap(), &body))
    }

    pub(super) fn token_of_a_code(&self, request: &Request) -> Result<Response, OutboundError> {
        let form = form(request);
        self.behaviour.lock().unwrap().code.tokens.push(form.clone());
        if let Some(refused) = self.refused_client(request) {
            return Ok(refused);
        }
        let bound_to = match self.refused_dpop(request) {
            Ok(bound_to) => bound_to,
            Err(refused) => return Ok(*refused),
        };
        let mut behaviour = self.behaviour.lock().unwrap();
        if let Some(code) = form.get("pre-authorized_code") {
            let code = (request.url.host_str().unwrap().to_owned(), code.clone());
            if behaviour.code.codes_once && behaviour.code.redeemed.contains(&code) {
                return Ok(error(400, "invalid_grant"));
            }
            behaviour.code.redeemed.push(code);
        }
        let desk = &behaviour.code;
        if form["grant_type"] == "authorization_code" {
            let pushed = desk.pushed.last().unwrap();
            let of = |name: &str| pushed.get(name).map(String::as_str);
            let challenge = Challenge::parse(of("code_challenge"), of("code_challenge_method")).unwrap();
            let same = |name: &str| form[name] == pushed[name];
            let fits = form["code"] == CODE
                && same("client_id")
                && same("redirect_uri")
                && bound_to == desk.bound_to
                && challenge.matches(&Verifier::parse(&form["code_verifier"]).unwrap());
            if !fits {
                return Ok(error(400, "invalid_grant"));
            }
        }
        let mut token = issuing::token();
        if desk.dpop && !desk.unbound {
            token["token_type"] = json!("DPoP");
        }
        if let Some(details) = desk.pushed.last().and_then(|pushed| pushed.get("authorization_details")) {
            let mut details: Value = serde_json::from_str(details).unwrap();
            for one in details.as_array_mut().unwrap() {
                one["credential_identifiers"] = json!([one["credential_configuration_id"]]);
            }
            token["authorization_details"] = details;
        }
        if let Some(count) = behaviour.identifiers {
            let identifiers: Vec<String> = (0..count).map(|number| format!("profile-{number}")).collect();
            token["authorization_details"] = json!([{"type": "openid_credential",
                "credential_configuration_id": "profile", "credential_identifiers": identifiers}]);
        }
        ok(&token)
    }

    /// The key of the proof, or the refusal.
    fn refused_dpop(&self, request: &Request) -> Result<Option<[u8; 32]>, Box<Response>> {
        let behaviour = self.behaviour.lock().unwrap();
        let (desk, nonces, now) = (&behaviour.code, nonces(), self.clock.now());
        if !desk.dpop {
            assert!(headers(request, dpop::HEADER).is_empty(), "nobody asked for a DPoP proof");
            return Ok(None);
        }
        let expected = dpop::Expected {
            method: openid4vc::http::Method::Post,
            url: request.url.as_str(),
            access_token: None,
            bound_to: None,
            nonces: &nonces,
            nonce_required: desk.nonces,
            now,
        };
        let nonce_wanted = || {
            let nonce = nonces.issue(Purpose::Dpop, now, &self.randomness);
            Box::new(with_header(error(400, "use_dpop_nonce"), "dpop-nonce", &nonce))
        };
        if desk.never_content {
            return Err(nonce_wanted());
        }
        match dpop::verify(headers(request, dpop::HEADER), &expected) {
            Ok(verified) => Ok(Some(verified.thumbprint())),
            Err(dpop::DpopError::NonceNeeded) => Err(nonce_wanted()),
            Err(other) => panic!("{other}"),
        }
    }

    /// Whether the wallet is one that is not taken.
    fn refused_client(&self, request: &Request) -> Option<Response> {
        let mut behaviour = self.behaviour.lock().unwrap();
        let (nonces, now) = (nonces(), self.clock.now());
        let desk = &mut behaviour.code;
        let (words, proofs) = (headers(request, ATTESTATION_HEADER), headers(request, PROOF_HEADER));
        if !desk.authentication.contains(&"attest_jwt_client_auth") {
            assert!(words.is_empty() && proofs.is_empty(), "nobody asked for an attestation");
            return None;
        }
        let Some(read) = ClientAttestation::read(&words, &proofs).unwrap() else {
            return (!desk.authentication.contains(&"none")).then(|| error(401, "invalid_client"));
        };
        let kid = read.named().kid().unwrap();
        let provider = did::jwk::resolve(kid.did()).unwrap();
        let key = provider.key(kid, did::Relationship::AssertionMethod).unwrap();
        let taken = TakenProvider::by_did(kid.did(), key);
        let form = form(request);
        let audience = format!("http://{OFFICE}");
        let expected = Expected {
            audience: &audience,
            client_id: form.get("client_id").map(String::as_str),
            challenges: &nonces,
            now,
        };
        match read.verify(&taken, &expected) {
            Ok(attested) if !desk.never_content => {
                desk.attested.push((attested.client_id().to_owned(), attested.instance().to_owned()));
                None
            }
            other => {
                let asked = other.map_or_else(|refused| refused.code(), |_| "use_attestation_challenge");
                assert_eq!(asked, "use_attestation_challenge");
                let challenge = nonces.issue(Purpose::Attestation, now, &self.randomness);
                let refused = error(400, "use_attestation_challenge");
                Some(with_header(refused, "oauth-client-attestation-challenge", &challenge))
            }
        }
    }

    /// The credential and the deferred endpoint, encrypted as far as it is offered.
    pub(super) fn sealed(&self, host: &str, request: &Request) -> Result<Response, OutboundError> {
        let sealing = self.behaviour.lock().unwrap().code.sealing;
        let sealing_offered = sealing.as_ref().map(offered_typed);
        let keys = [Arc::new(key())];
        let offered = match &sealing_offered {
            None => Offered::default(),
            Some((asked, answered)) => {
                let response = (!sealing.unwrap().requests_only).then_some(answered);
                Offered { request: Some(asked), keys: &keys, response }
            }
        };
        let media_type = request.headers["content-type"].to_str().unwrap();
        let opened = match open_request(Some(media_type), &request.body, &offered) {
            Ok(opened) => opened,
            Err(refused) => return Ok(error(400, refused.code())),
        };
        let was_sealed = media_type == "application/jwt";
        let mut readable = request.clone();
        readable.body = Value::Object(opened.members.clone()).to_string().into();
        self.behaviour.lock().unwrap().code.asked.push((Value::Object(opened.members), was_sealed));
        let answer = self.unsealed(host, &readable)?;
        let (Some(asked), Some(sealing)) = (opened.asked, sealing) else { return Ok(answer) };
        if answer.status.as_u16() >= 400 || sealing.answers_readable {
            return Ok(answer);
        }
        let body: Value = serde_json::from_slice(&answer.body).unwrap();
        let mut token = asked.seal(&body).unwrap().into_bytes();
        let mut behaviour = self.behaviour.lock().unwrap();
        if let Some(before) = behaviour.code.last_sealed.replace(token.clone())
            && sealing.answers_again
        {
            token = before;
        }
        text(answer.status.as_u16(), "application/jwt", String::from_utf8(token).unwrap())
    }

    fn unsealed(&self, host: &str, request: &Request) -> Result<Response, OutboundError> {
        if request.url.path() == "/deferred" {
            let mut behaviour = self.behaviour.lock().unwrap();
            if let Some(code) = behaviour.code.deferred_error {
                let mut body = json!({"error": code});
                if let (Some(said), Some(members)) = (behaviour.code.deferred_reason, body.as_object_mut()) {
                    members.insert("reason".to_owned(), json!(said));
                }
                return Ok(Response::of_json(StatusCode::BAD_REQUEST, &body));
            }
            if let Some(transaction) = behaviour.code.later_still.take() {
                let later = json!({"transaction_id": transaction, "interval": 120});
                return Ok(Response::of_json(StatusCode::ACCEPTED, &later));
            }
        }
        self.credential(host, request)
    }
}

fn key() -> DecryptionKey {
    DecryptionKey::generate("requests", &SeededRandomness::new(77)).unwrap()
}

fn offered_typed(sealing: &Sealing) -> (RequestEncryption, ResponseEncryption) {
    let mut request = RequestEncryption::offering(key().public_jwk().clone(), sealing.required);
    let mut response = ResponseEncryption::offering(sealing.required && !sealing.requests_only);
    request.deflate = sealing.zip;
    response.deflate = sealing.zip;
    (request, response)
}

/// As the metadata say it.
fn offered(sealing: &Sealing) -> [Value; 2] {
    let (request, response) = offered_typed(sealing);
    [request.to_value(), response.to_value()]
}

/// The address to which the browser comes back.
pub(in crate::flows::tests) fn returned(
    pushed: &BTreeMap<String, String>,
    answer: &[(&str, &str)],
) -> String {
    let mut url = url::Url::parse(&pushed["redirect_uri"]).unwrap();
    url.query_pairs_mut().extend_pairs(answer);
    url.into()
}

//! Requests and their metadata, answers, and what belongs to the Digital Credentials API.

use std::path::Path;

use credentials::vc::{Types, Unverified, VcError};
use environment::{SeededRandomness, Timestamp};
use jose::jws::JwsError;
use jose::{Algorithm, Signer, SigningKey, json};
use openid4vc::vp::client_id::{ClientId, ClientIdError, ClientKind};
use openid4vc::vp::client_metadata::ClientMetadata;
use openid4vc::vp::link::{Link, RequestUriMethod};
use openid4vc::vp::request::{Compatibility, Expected, RequestError, RequestObject, TYPE};
use openid4vc::vp::response::{Content, ResponseError, Submission};
use openid4vc::vp::transaction_data::TransactionTypes;
use serde_json::{Map, Value, json};

use crate::walk::{self, UNKNOWN, refused, said, same};

/// Ours is a verifier that takes SD-JWT VC with ES256; one that takes other formats alone is refused (§8.5).
pub(super) fn client_metadata(name: &str, file: &Path) -> Result<(), String> {
    let metadata = ClientMetadata::from_value(&walk::value(file)?).ok_or("malformed")?;
    let ours = match name {
        "sd_jwt_vc_verifier_metadata.json" => true,
        "mso_mdoc_verifier_metadata.json"
        | "w3c_jwt_verifier_metadata.json"
        | "w3c_ldp_verifier_metadata.json" => false,
        _ => return Err(UNKNOWN.to_owned()),
    };
    same("takes SD-JWT VC", metadata.takes_sd_jwt_vc, Some(ours))?;
    // No jwks: an answer cannot be encrypted to it.
    same("key", metadata.encryption_key.map(|_| ()), None)?;
    let outcome = taken(&request_with(&json!({"client_metadata": walk::value(file)?}))?, &[]);
    if ours {
        outcome
    } else {
        refused_request(
            outcome_of(&request_with(&json!({"client_metadata": walk::value(file)?}))?, &[]),
            RequestError::Formats,
        )
    }
}

/// §5.9.3, `decentralized_identifier`: the header and the object of the example.
pub(super) fn request(name: &str, file: &Path) -> Result<(), String> {
    match name {
        "request_header_client_id_did.json" => {
            let header = walk::value(file)?;
            same("typ", &header["typ"], TYPE)?;
            // RS256 is not among the algorithms of this network.
            let claims = json!({"client_id": "decentralized_identifier:did:example:123"});
            let compact = under(header.as_object().ok_or("no object")?, &claims);
            let object = RequestObject::decode(&compact).map_err(said)?;
            same("client", object.client_id().as_str(), "decentralized_identifier:did:example:123")?;
            let client_id = object.client_id().clone();
            refused(
                object.verify(Some(signer().public_jwk()), &expected(&client_id)).map(|_| ()),
                RequestError::Jws(JwsError::WrongAlgorithm),
            )
        }
        "request_object_client_id_did.json" => {
            let object = with_a_query(&walk::text(file)?)?;
            let client_id =
                ClientId::parse(object["client_id"].as_str().ok_or("no client_id")?).map_err(said)?;
            let ClientKind::DecentralizedIdentifier(did) = client_id.kind() else {
                return Err("no DID".to_owned());
            };
            same("did", did.to_string(), "did:example:123")?;
            // No response_mode means the fragment of a redirect, which is not spoken: redirect_uri says the same.
            refused_request(outcome_of(&object, &[]), RequestError::Excluded("redirect_uri"))?;
            let direct = [
                ("redirect_uri", Value::Null),
                ("response_mode", json!("direct_post")),
                ("response_uri", json!("https://client.example.org/answer")),
            ];
            taken(&object, &direct)?;
            // iss of a request object says nothing (§5).
            let named = [
                direct[0].clone(),
                direct[1].clone(),
                direct[2].clone(),
                ("iss", json!("https://somebody.example")),
            ];
            taken(&object, &named)?;
            refused_request(outcome_of(&object, &direct[..1]), RequestError::Missing("response_mode"))?;
            only_the_object_counts(&client_id)
        }
        _ => Err(UNKNOWN.to_owned()),
    }
}

/// Beside the reference nothing of a link counts (RFC 9101 §6.3): whatever it says, the wallet takes the object's word.
fn only_the_object_counts(client_id: &ClientId) -> Result<(), String> {
    let reference = [
        ("client_id", client_id.as_str()),
        ("request_uri", "https://client.example.org/request"),
        ("nonce", "of-the-link"),
        ("response_uri", "https://other.example.org/answer"),
        ("response_mode", "direct_post"),
        ("dcql_query", "{}"),
        ("state", "of-the-link"),
    ];
    let link = |parameters: &[(&str, &str)]| {
        let query: String = openid4vc::form::encode(parameters.iter().copied());
        Link::parse(&format!("openid4vp://?{query}"))
    };
    let read = link(&reference).map_err(said)?;
    let bare = Link::Reference {
        client_id: client_id.clone(),
        request_uri: "https://client.example.org/request".to_owned(),
        method: RequestUriMethod::Get,
    };
    same("link", &read, &bare)?;
    same("link", link(&reference[..2]).map_err(said)?, bare)
}

/// Appendix A is not spoken: such requests are refused, its one error is read as any other.
pub(super) fn digital_credentials_api(name: &str, file: &Path) -> Result<(), String> {
    match name {
        "error_invalid_request.json" => error(&walk::value(file)?),
        "signed_request_payload.json" => {
            let payload = with_a_query(&walk::text(file)?)?;
            // In the JSON serialisation client_id is a header of each signature.
            refused(
                RequestObject::decode(&under(&header(), &payload)).map(|_| ()),
                RequestError::Missing("client_id"),
            )?;
            not_for_us(&payload)
        }
        "signed_request_payload_compact.json" => {
            let payload = with_a_query(&walk::text(file)?)?;
            let client_id =
                ClientId::parse(payload["client_id"].as_str().ok_or("no client_id")?).map_err(said)?;
            same("client", client_id.kind(), &ClientKind::X509SanDns("rp.example.com".to_owned()))?;
            not_for_us(&payload)
        }
        _ => Err(UNKNOWN.to_owned()),
    }
}

/// A request whose answer goes through the browser: `dc_api` and `dc_api.jwt` are refused, and so is the prefix
/// `origin` that an unsigned one would stand under (§5.9.3).
pub(super) fn not_for_us(payload: &Value) -> Result<(), String> {
    refused_request(
        outcome_of(payload, &[("client_id", json!(CLIENT))]),
        RequestError::Malformed("response_mode"),
    )?;
    refused(ClientId::parse("origin:https://verifier.example.com"), ClientIdError::Origin)
}

fn error(answer: &Value) -> Result<(), String> {
    let code = answer["error"].as_str().ok_or("no error")?;
    let body = format!("error={code}");
    let read = Submission::parse(Some("application/x-www-form-urlencoded"), body.as_bytes()).map_err(said)?;
    let Submission::Readable(parameters) = read else { return Err("encrypted".to_owned()) };
    same("content", parameters.content, Content::Error("invalid_request".to_owned()))
}

/// W3C presentations are refused where a presentation of an SD-JWT VC belongs; of the key binding only the claims
/// are printed, so it is signed here.
pub(super) fn response(name: &str, file: &Path) -> Result<(), String> {
    let printed = walk::value(file)?;
    match name {
        "jwt_vc.json" => {
            let token = format!("{}~", under(&object(json!({"typ": "JWT"})), &printed));
            same("refused", parsed(&token), "wrong_type".to_owned())
        }
        "ldp_vc.json" => {
            // An object in place of a text: the whole vp_token is refused (§8.1 for this format wants an object).
            let token = json!({"id": [printed]}).to_string();
            let body: String = openid4vc::form::encode([("vp_token", token.as_str())]);
            let read = Submission::parse(Some("application/x-www-form-urlencoded"), body.as_bytes());
            refused(read, ResponseError::MalformedVpToken)
        }
        "kb_jwt_unsecured.json" => super::credential::key_binding(&printed),
        _ => Err(UNKNOWN.to_owned()),
    }
}

/// The code of the refusal of what was to be an SD-JWT VC.
pub(super) fn parsed(token: &str) -> String {
    match Unverified::parse(token, Types::Current) {
        Ok(_) => "taken".to_owned(),
        Err(error) => VcError::code(&error).to_owned(),
    }
}

const CLIENT: &str = "decentralized_identifier:did:example:123";
const NOW: Timestamp = Timestamp::from_seconds(1_700_000_000);

pub(super) fn signer() -> SigningKey {
    SigningKey::generate(Algorithm::Es256, &SeededRandomness::new(7)).unwrap()
}

fn object(value: Value) -> Map<String, Value> {
    value.as_object().unwrap().clone()
}

fn header() -> Map<String, Value> {
    object(json!({"typ": TYPE, "kid": "did:example:123#1"}))
}

/// A JWS whose header says what the example says, whatever really signed it.
fn under(header: &Map<String, Value>, claims: &Value) -> String {
    let signed = jose::jws::sign(header.clone(), claims.to_string().as_bytes(), &signer()).unwrap();
    if header.get("alg").is_none() {
        return signed;
    }
    let (_, rest) = signed.split_once('.').unwrap();
    format!("{}.{rest}", jose::base64url::encode(Value::Object(header.clone()).to_string()))
}

/// The examples write `{...}` where a query stands.
fn with_a_query(text: &str) -> Result<Value, String> {
    let query = r#"{"credentials": [{"id": "q", "format": "dc+sd-jwt", "meta": {"vct_values": ["t"]}}]}"#;
    let text = text.replace("{...}", query).replace("{ ... }", query);
    json::parse(text).map_err(said)
}

/// An honest request with further members.
fn request_with(members: &Value) -> Result<Value, String> {
    let mut request = with_a_query(
        r#"{"response_type": "vp_token", "response_mode": "direct_post", "nonce": "n-0S6_WzA2Mj",
            "response_uri": "https://client.example.org/answer", "dcql_query": {...}}"#,
    )?;
    request["client_id"] = json!(CLIENT);
    for (name, value) in members.as_object().ok_or("no object")? {
        request[name] = value.clone();
    }
    Ok(request)
}

fn expected(client_id: &ClientId) -> Expected<'_> {
    Expected {
        client_id,
        wallet_nonce: None,
        request_uri: None,
        compatibility: Compatibility::default(),
        transaction_types: TransactionTypes::NONE,
        now: NOW,
    }
}

/// What a wallet makes of a request with changes (null removes), signed by the DID it names.
fn outcome_of(request: &Value, changes: &[(&str, Value)]) -> Result<(), RequestError> {
    let mut claims = object(request.clone());
    claims.insert("aud".to_owned(), json!("https://self-issued.me/v2"));
    for (name, value) in changes {
        claims.insert((*name).to_owned(), value.clone());
    }
    claims.retain(|_, value| !value.is_null());
    let object = RequestObject::decode(&under(&header(), &Value::Object(claims)))?;
    let client_id = object.client_id().clone();
    object.verify(Some(signer().public_jwk()), &expected(&client_id)).map(|_| ())
}

fn taken(request: &Value, changes: &[(&str, Value)]) -> Result<(), String> {
    outcome_of(request, changes).map_err(said)
}

fn refused_request(outcome: Result<(), RequestError>, reason: RequestError) -> Result<(), String> {
    refused(outcome, reason)
}

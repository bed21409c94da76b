//! OpenID4VCI 1.0: every file of its examples.
#![cfg(test)]

pub(crate) mod metadata;
mod offers;

use std::path::Path;

use credentials::sd_jwt::SdJwt;
use credentials::vc::{Types, Unverified};
use environment::Timestamp;
use jose::jws::{self, Policy};
use jose::{Algorithm, Jwk, VerifyingKey, json};
use openid4vc::form;
use openid4vc::http::Response;
use openid4vc::vci::attestation::ClientAttestation;
use openid4vc::vci::attestation::provider::TakenProvider;
use openid4vc::vci::credential::{CredentialError, CredentialRequest, CredentialResponse};
use openid4vc::vci::offer::PRE_AUTHORIZED_CODE;
use openid4vc::vci::token::TokenRequest;
use serde_json::{Value, json};
use trust::{CertificateChain, ForeignAnchors, PathError};

use crate::walk::{self, UNKNOWN, refused, said, same};

const ISSUER: &str = "https://credential-issuer.example.com";

#[test]
fn every_example_of_openid4vci_is_read_as_it_says_or_refused_by_its_reason() {
    walk::every_file("openid4vci-1.0-examples", "1.0/examples", &[], |case, file| match case {
        _ if case.starts_with("authorization_details") => authorization_details(case, file),
        _ if case.starts_with("credential_metadata_") => metadata::partial(case, file),
        _ if case.starts_with("credential_offer") => offers::example(case, file),
        "credential_issuer_metadata_sd_jwt_long.json" => metadata::long(&walk::value(file)?),
        "credential_issuer_metadata_sd_jwt_jwt.txt" => metadata::signed(&walk::unbroken(file)?),
        "credential_request_iso_mdl.json" => of_a_draft(file),
        _ if case.starts_with("credential_response_") => response(case, file),
        "issuer_jwks.json" => issuer_keys(file).map(|_| ()),
        "wallet_attestation.jwt.txt" => attestation(&walk::unbroken(file)?),
        _ => Err(UNKNOWN.to_owned()),
    });
}

/// §5.1.1: each object names a configuration; `claims` and `locations` narrow nothing that is offered here.
fn authorization_details(case: &str, file: &Path) -> Result<(), String> {
    let expected: &[&str] = match case {
        "authorization_details.json"
        | "authorization_details_jwt_vc_json.json"
        | "authorization_details_with_as.json" => &["UniversityDegreeCredential"],
        "authorization_details_ldp_vc.json" => &["UniversityDegree_LDP_VC"],
        "authorization_details_mso_doc.json" => &["org.iso.18013.5.1.mDL"],
        "authorization_details_sd_jwt_vc.json" => &["PID_SD_JWT_VC"],
        "authorization_details_multiple_credentials.json" => {
            &["UniversityDegreeCredential", "org.iso.18013.5.1.mDL"]
        }
        _ => return Err(UNKNOWN.to_owned()),
    };
    let text = walk::text(file)?;
    let body = form::encode([
        ("grant_type", PRE_AUTHORIZED_CODE),
        ("pre-authorized_code", "code"),
        ("authorization_details", text.as_str()),
    ]);
    let request = TokenRequest::parse(Some(form::MEDIA_TYPE), body.as_bytes()).map_err(said)?;
    let named = request.authorization_details.ok_or("none were read")?;
    same("configurations", named, expected.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>())
}

/// The example of a request for an mdoc still carries `format`, a member of the drafts.
fn of_a_draft(file: &Path) -> Result<(), String> {
    let body = walk::text(file)?;
    let outcome = CredentialRequest::parse(Some("application/json"), body.as_bytes()).map(|_| ());
    refused(outcome, CredentialError::Draft("format"))?;
    same("code", CredentialError::Draft("format").code(), "invalid_credential_request")
}

/// An answer as it is printed: status line, header fields, and a body whose texts are broken over lines.
pub(crate) fn http(text: &str) -> Result<Response, String> {
    let (head, body) = text.trim_start().split_once('{').ok_or("no body")?;
    let mut lines = head.lines();
    let status = lines.next().and_then(|line| line.split(' ').nth(1)).and_then(|code| code.parse().ok());
    let headers = lines
        .filter_map(|line| line.trim().split_once(": "))
        .map(|(name, value)| (name.to_lowercase(), value.to_owned()))
        .collect();
    // White space inside a text is only there to break the line: nothing in these credentials contains any.
    let mut whole = String::from("{");
    let mut quoted = false;
    for character in body.chars() {
        quoted ^= character == '"';
        if !(quoted && character.is_whitespace()) {
            whole.push(character);
        }
    }
    Ok(Response { status: status.ok_or("no status")?, headers, body: whole.into_bytes() })
}

fn response(case: &str, file: &Path) -> Result<(), String> {
    let response = http(&walk::text(file)?)?;
    same("cache-control", response.header("cache-control"), Some("no-store"))?;
    let members = response.ok_object().map_err(said)?;
    let read = CredentialResponse::from_object(&members);
    if case == "credential_response_ldp_vc.txt" {
        // A credential that is an object is of a format that is not spoken: it is never taken for an SD-JWT VC.
        same("object", members["credentials"][0]["credential"].is_object(), true)?;
        return same("read", read.map(|read| read.credentials.len()), None);
    }
    let read = read.ok_or("the response is not read")?;
    same("notification_id", read.notification_id.map(|_| ()), None)?;
    let [credential] = read.credentials.as_slice() else { return Err("not one credential".to_owned()) };
    let text = credential.expose();
    match case {
        "credential_response_sd_jwt_vc.txt" => identity(text),
        "credential_response_jwt_vc_json.txt" => {
            w3c(text, &issuer_keys(&file.with_file_name("issuer_jwks.json"))?)
        }
        "credential_response_mso_mdoc.txt" => not_ours(text, "missing_tilde"),
        _ => Err(UNKNOWN.to_owned()),
    }
}

/// The PID of the example: all its disclosures fit, and nothing is left of the digests.
fn identity(text: &str) -> Result<(), String> {
    let parsed = SdJwt::parse(text).map_err(said)?;
    same("typ", parsed.header().get("typ"), Some(&json!("dc+sd-jwt")))?;
    same("disclosures", parsed.disclosures().len(), 9)?;
    let claims = Value::Object(parsed.process_unverified().map_err(said)?.claims().clone());
    let expected = json!({
        "iss": "https://example.com/issuer", "iat": 1_683_000_000, "exp": 1_883_000_000,
        "vct": "https://credentials.example.com/identity_credential",
        "given_name": "John", "family_name": "Doe", "email": "johndoe@example.com",
        "phone_number": "+1-202-555-0101", "birthdate": "1940-01-01",
        "address": {"street_address": "123 Main St", "locality": "Anytown", "region": "Anystate", "country": "US"},
        "is_over_18": true, "is_over_21": true, "is_over_65": true,
        "cnf": {"jwk": {"kty": "EC", "crv": "P-256", "x": "TCAER19Zvu3OHF4j4W4vfSVoHIP1ILilDls7vCeGemc",
                        "y": "ZxjiWWbZMQGHVWKVQ4hbSIirsVfuecCE6t4jT9F2HZQ"}},
    });
    same("claims", claims, expected)
}

/// A JWT of the W3C form: its signature is good, and it is no SD-JWT VC all the same.
fn w3c(text: &str, keys: &[VerifyingKey]) -> Result<(), String> {
    let token = jws::Unverified::parse(text).map_err(said)?;
    let key = keys.first().ok_or("no key")?;
    same("kid", token.header_text("kid"), key.jwk().kid())?;
    let policy = Policy { types: &["JWT"], algorithms: Algorithm::ALL };
    let claims = token.verify(key, &policy).and_then(|token| token.claims()).map_err(said)?;
    same("iss", claims.get("iss"), Some(&json!(ISSUER)))?;
    not_ours(text, "missing_tilde")?;
    not_ours(&format!("{text}~"), "wrong_type")
}

fn not_ours(text: &str, code: &str) -> Result<(), String> {
    match Unverified::parse(text, Types::Current) {
        Ok(_) => Err("taken for an SD-JWT VC".to_owned()),
        Err(error) => same("refused", error.code(), code),
    }
}

/// The keys of the example; its one `kid` is the thumbprint of its key (RFC 9278).
fn issuer_keys(file: &Path) -> Result<Vec<VerifyingKey>, String> {
    let set = json::parse(walk::unbroken(file)?).map_err(said)?;
    let keys = set.pointer("/jwks/keys").and_then(Value::as_array).ok_or("no keys")?;
    keys.iter()
        .map(|value| {
            let key = Jwk::from_value(value).map_err(said)?;
            let uri = format!("urn:ietf:params:oauth:jwk-thumbprint:sha-256:{}", key.thumbprint_base64url());
            same("kid", key.kid(), Some(uri.as_str()))?;
            VerifyingKey::new(&key).map_err(said)
        })
        .collect()
}

/// The first certificate of `x5c`, as it stands there.
fn token_certificate(text: &str) -> Result<String, String> {
    let token = jws::Unverified::parse(text).map_err(said)?;
    token.header()["x5c"][0].as_str().map(str::to_owned).ok_or_else(|| "no certificate".to_owned())
}

/// Appendix E: an attestation signed under `x5c`. Its signature and claims are what they say, and its provider is named by
/// the chain; that is a self-signed certificate alone, so that no root stands above it (HAIP 1.0 §4.5.1).
fn attestation(text: &str) -> Result<(), String> {
    let token = jws::Unverified::parse(text).map_err(said)?;
    let chain = CertificateChain::from_header(token.header()).map_err(said)?;
    let key = VerifyingKey::new(chain.leaf().public_key().map_err(said)?).map_err(said)?;
    let policy = Policy::typed(&["oauth-client-attestation+jwt"]);
    let claims = token.verify(&key, &policy).and_then(|token| token.claims()).map_err(said)?;
    for (name, value) in [
        ("iss", json!("https://wallet-provider.example.com")),
        ("sub", json!("https://wallet.example.com")),
        ("nbf", json!(1_755_023_547)),
        ("exp", json!(1_755_102_745)),
    ] {
        same(name, claims.get(name), Some(&value))?;
    }
    let instance = Jwk::from_value(&claims["cnf"]["jwk"]).map_err(said)?;
    same("cnf", instance.algorithm(), Algorithm::Es256)?;
    same("the leaf is its own issuer", chain.leaf().is_self_issued(), true)?;
    let read = ClientAttestation::read(&[text], &[text]).map_err(said)?.ok_or("no attestation")?;
    same("kid", read.named().kid(), None)?;
    let named = read.named().chain().ok_or("no chain")?;
    let pem =
        format!("-----BEGIN CERTIFICATE-----\n{}\n-----END CERTIFICATE-----\n", token_certificate(text)?);
    let roots = ForeignAnchors::from_pem(&pem).map_err(said)?;
    match TakenProvider::by_chain(named, &roots, Timestamp::from_seconds(1_755_023_600)) {
        Err(PathError::AnchorIncluded { position: 0 }) => Ok(()),
        other => Err(format!("{other:?} instead of a root that stands in its own chain")),
    }
}

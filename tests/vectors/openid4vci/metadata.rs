//! Issuer metadata (§12.2): whole ones, signed ones, and descriptions of single configurations.

use std::path::Path;

use environment::Timestamp;
use jose::jwe::ContentEncryption;
use jose::jws::JwsError;
use jose::{Jwk, VerifyingKey};
use openid4vc::vci::metadata::{IssuerMetadata, KeyAttestationsRequired, MetadataError};
use openid4vc::vci::signed_metadata::{SignedBy, SignedMetadata, SignedMetadataError};
use serde_json::{Value, json};
use trust::Certificate;

use super::ISSUER;
use crate::walk::{self, UNKNOWN, refused, said, same, texts};

/// The configuration of both the readable and the signed example.
const IDENTITY: &str = "SD_JWT_VC_example_in_OpenID4VCI";

/// Reads metadata of whatever issuer they name.
pub(crate) fn read(value: &Value) -> Result<IssuerMetadata, MetadataError> {
    let issuer = value["credential_issuer"].as_str().unwrap_or_default();
    IssuerMetadata::from_object(value.as_object().ok_or(MetadataError::OtherIssuer)?, issuer)
}

/// A configuration alone, put into the metadata of an issuer: those of other formats are passed over.
pub(super) fn partial(case: &str, file: &Path) -> Result<(), String> {
    let mut value = walk::value(file)?;
    value["credential_issuer"] = json!(ISSUER);
    value["credential_endpoint"] = json!(format!("{ISSUER}/credential"));
    let metadata = read(&value).map_err(said)?;
    match case {
        "credential_metadata_jwt_vc_json.json"
        | "credential_metadata_ldp_vc.json"
        | "credential_metadata_mso_mdoc.json" => same("configurations", metadata.configurations.len(), 0),
        "credential_metadata_sd_jwt_vc.json" => identity(&metadata),
        _ => Err(UNKNOWN.to_owned()),
    }
}

fn identity(metadata: &IssuerMetadata) -> Result<(), String> {
    same("configurations", metadata.configurations.keys().collect::<Vec<_>>(), [IDENTITY])?;
    let configuration = metadata.configurations.get(IDENTITY).ok_or("not there")?;
    same("scope", configuration.scope.as_deref(), Some(IDENTITY))?;
    same("vct", configuration.vct.as_str(), IDENTITY)?;
    same("binding", texts(&configuration.binding_methods), ["jwk"])?;
    same("proofs", texts(&configuration.proof_algorithms), ["ES256"])?;
    same("signing", texts(&configuration.signing_algorithms), ["ES256"])?;
    same("no attestation proofs", configuration.attestation_algorithms.len(), 0)?;
    let moderate = || vec!["iso_18045_moderate".to_owned()];
    let wanted = KeyAttestationsRequired { key_storage: moderate(), user_authentication: moderate() };
    same("key attestation", configuration.key_attestations_required.as_ref(), Some(&wanted))?;
    let [display] = configuration.display.as_slice() else { return Err("not one name".to_owned()) };
    same("name", display.name.as_str(), "IdentityCredential")?;
    same(
        "colours",
        (display.background_color.as_deref(), display.text_color.as_deref()),
        (Some("#12107c"), Some("#FFFFFF")),
    )?;
    same("claims", configuration.claims.len(), 13)
}

/// The long example: everything there is, encryption of both directions required.
pub(crate) fn long(value: &Value) -> Result<(), String> {
    let metadata = read(value).map_err(said)?;
    identity(&metadata)?;
    same("servers", texts(&metadata.authorization_servers), ["https://server.example.com"])?;
    let at = |path: &str| Some(format!("{ISSUER}/{path}"));
    same("credential", Some(metadata.credential_endpoint), at("credential"))?;
    same("nonce", metadata.nonce_endpoint, at("nonce"))?;
    same("deferred", metadata.deferred_credential_endpoint, at("deferred_credential"))?;
    same("notification", metadata.notification_endpoint, at("notification"))?;
    same("batch", metadata.batch_size, Some(10))?;
    same(
        "names",
        metadata.display.iter().map(|one| one.name.as_str()).collect::<Vec<_>>(),
        ["Example University", "Example Université"],
    )?;
    let request = metadata.request_encryption.ok_or("requests are not encrypted")?;
    same("key", request.keys.iter().map(Jwk::kid).collect::<Vec<_>>(), [Some("ac")])?;
    same(
        "request",
        (request.encryptions, request.deflate, request.required),
        (vec![ContentEncryption::A128Gcm], true, true),
    )?;
    let response = metadata.response_encryption.ok_or("answers are not encrypted")?;
    same("response", (response.ecdh_es, response.deflate, response.required), (true, true, true))?;
    same("enc", response.encryptions, [ContentEncryption::A128Gcm])
}

/// The signed example: signed by its own leaf, which names the host; whether that is trust is nobody's word but ours.
pub(super) fn signed(text: &str) -> Result<(), String> {
    let leaf = leaf(text)?;
    same("the leaf is its own issuer", leaf.is_self_issued(), true)?;
    same(
        "names",
        texts(leaf.dns_names()),
        ["credential-issuer.example.com", "*.credential-issuer.example.com"],
    )?;
    let metadata = signed_by_leaf(text, ISSUER, 1_516_239_022).map_err(said)?;
    identity(&metadata)?;
    same("servers", texts(&metadata.authorization_servers), ["https://server.example.com"])?;
    same("deferred", metadata.deferred_credential_endpoint, Some(format!("{ISSUER}/deferred_credential")))?;
    let response = metadata.response_encryption.ok_or("no encryption")?;
    same("encryption", (response.required, response.deflate), (false, false))?;
    near_misses(text, 1_516_239_022)
}

/// The leaf in `x5c` of a signed token.
pub(crate) fn leaf(text: &str) -> Result<Certificate, String> {
    match SignedMetadata::parse(text).map_err(said)?.signed_by() {
        SignedBy::X5c(chain) => Certificate::from_der(chain.first().ok_or("no leaf")?).map_err(said),
        SignedBy::Did(_) => Err("no chain".to_owned()),
    }
}

/// What the token says to whoever trusts its leaf.
pub(crate) fn signed_by_leaf(
    text: &str,
    issuer: &str,
    now: i64,
) -> Result<IssuerMetadata, SignedMetadataError> {
    let key = VerifyingKey::new(leaf(text).unwrap().public_key().unwrap()).unwrap();
    SignedMetadata::parse(text)?.verify(&key, issuer, Timestamp::from_seconds(now))
}

/// Another issuer, another key and a time before it was signed are refused.
pub(crate) fn near_misses(text: &str, now: i64) -> Result<(), String> {
    refused(signed_by_leaf(text, &format!("{ISSUER}/"), now), SignedMetadataError::OtherSubject)?;
    let other = VerifyingKey::new(
        &Jwk::from_value(&json!({"kty": "EC", "crv": "P-256",
            "x": "TCAER19Zvu3OHF4j4W4vfSVoHIP1ILilDls7vCeGemc", "y": "ZxjiWWbZMQGHVWKVQ4hbSIirsVfuecCE6t4jT9F2HZQ"}))
        .map_err(said)?,
    )
    .map_err(said)?;
    let parsed = SignedMetadata::parse(text).map_err(said)?;
    refused(
        parsed.verify(&other, ISSUER, Timestamp::from_seconds(now)),
        SignedMetadataError::Jws(JwsError::BadSignature),
    )?;
    match signed_by_leaf(text, ISSUER, now - 3_600) {
        Err(SignedMetadataError::Claim(_)) => Ok(()),
        other => Err(format!("before its time: {other:?}")),
    }
}

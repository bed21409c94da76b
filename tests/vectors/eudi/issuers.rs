//! `eudi-openid4vci`: 50 documents of issuers. Most of them require XC20P, which is not spoken and is refused by name;
//! what else they say is then read without it.

use std::path::Path;

use jose::{Jwk, KeyError, Signer, SigningKey};
use openid4vc::http::Response;
use openid4vc::vci::metadata::{IssuerMetadata, KeyAttestationsRequired, MetadataError};
use openid4vc::vci::offer::{CredentialOffer, OfferError};
use openid4vc::vci::server_metadata::ServerMetadata;
use openid4vc::vci::signed_metadata::{SignedMetadata, SignedMetadataError};
use serde_json::{Value, json};

use crate::openid4vci::metadata::{leaf, near_misses, read, signed_by_leaf};
use crate::walk::{self, UNKNOWN, refused, said, same, texts};

const ISSUER: &str = "https://credential-issuer.example.com";
const PID: &str = "eu.europa.ec.eudiw.pid_vc_sd_jwt";
const INTERNAL: &str = "eu/europa/ec/eudi/openid4vci/internal";

#[test]
fn every_document_of_the_eudi_issuance_library_is_read_or_refused_by_its_reason() {
    walk::every_file("eudi-openid4vci", "src/test/resources", &[], |case, file| {
        let (folder, name) = case.rsplit_once('/').ok_or(UNKNOWN)?;
        match (folder, name.split_once(['_', '-', '.']).map(|(first, _)| first)) {
            ("well-known", _) if name.starts_with("openid-configuration") => configuration(name, file),
            ("well-known", _) => well_known(name, file),
            (INTERNAL, _) if name.ends_with(".txt") || name.ends_with(".jwt") => signed(name, file),
            (INTERNAL, _) if name.contains("offer") => offer(name, file),
            (INTERNAL, Some("oauth")) => server(name, file),
            (INTERNAL, _)
                if name.ends_with("_key.json") || name.contains("keyset") || name.ends_with("_jwk.json") =>
            {
                keys(name, file)
            }
            (INTERNAL, _) => internal(name, file),
            _ => Err(UNKNOWN.to_owned()),
        }
    });
}

fn without_encryption(value: &Value) -> Value {
    let mut value = value.clone();
    let members = value.as_object_mut().unwrap();
    members.remove("credential_request_encryption");
    members.remove("credential_response_encryption");
    value
}

/// What requires an encryption that is not spoken cannot be dealt with (§10): refused by that reason alone.
fn needs_other_encryption(value: &Value) -> Result<IssuerMetadata, String> {
    refused(read(value).map(|_| ()), MetadataError::EncryptionRequired)?;
    read(&without_encryption(value)).map_err(said)
}

fn internal(name: &str, file: &Path) -> Result<(), String> {
    let value = walk::value(file)?;
    if name == "invalid_credential_issuer_metadata.json" {
        let reason = MetadataError::Member("credential_configurations_supported");
        return refused(read(&value).map(|_| ()), reason);
    }
    let metadata = needs_other_encryption(&value)?;
    same("issuer", metadata.credential_issuer.as_str(), ISSUER)?;
    same("batch", metadata.batch_size, Some(2))?;
    same("nonce", metadata.nonce_endpoint, Some(format!("{ISSUER}/nonce")))?;
    same("servers", metadata.authorization_servers.len(), 1)?;
    match name {
        // The policies for reuse are a member of their own that nobody but the EUDI reads.
        "credential_issuer_metadata_with_unknown_reuse_policy.json" => {
            same("configurations", metadata.configurations.len(), 0)
        }
        _ if name.contains("_with_reuse_policy_") => {
            same("configurations", metadata.configurations.keys().collect::<Vec<_>>(), ["PID_SdJwtVc"])?;
            let pid = &metadata.configurations["PID_SdJwtVc"];
            same("vct", pid.vct.as_str(), "eu.europa.ec.eudi.pid.1")?;
            same("proofs", texts(&pid.proof_algorithms), ["ES256"])?;
            same("attested proofs", texts(&pid.attestation_algorithms), ["RS256", "ES256"])
        }
        "credential_issuer_metadata_negative_preferred_client_status_period.json"
        | "credential_issuer_metadata_no_asymmetric_algs.json"
        | "credential_issuer_metadata_no_request_encryption.json"
        | "credential_issuer_metadata_no_response_encryption.json"
        | "credential_issuer_metadata_valid.json"
        | "credential_issuer_metadata_zero_preferred_client_status_period.json" => {
            // jwt_vc_json, mso_mdoc, ldp_vc and jwt_vc_json-ld: nothing that is spoken.
            same("configurations", metadata.configurations.len(), 0)
        }
        _ => Err(UNKNOWN.to_owned()),
    }
}

fn well_known(name: &str, file: &Path) -> Result<(), String> {
    if name == "openid-credential-issuer_full_signed.txt" {
        return full(&walk::text(file)?, 1_785_329_538);
    }
    let value = walk::value(file)?;
    let metadata = match name {
        "openid-credential-issuer_contains_invalid_configuration.json"
        | "openid-credential-issuer_encrypted_requests_only.json"
        | "openid-credential-issuer_encrypted_responses.json" => needs_other_encryption(&value)?,
        _ => read(&value).map_err(said)?,
    };
    // Of the other configurations the formats are not spoken, and one is of no format at all.
    same("configurations", metadata.configurations.keys().collect::<Vec<_>>(), [PID])?;
    let pid = &metadata.configurations[PID];
    same("vct", pid.vct.as_str(), "eu.europa.ec.eudiw.pid.1")?;
    same("scope", pid.scope.as_deref(), Some(PID))?;
    same("batch", metadata.batch_size, Some(3))?;
    same("claims", pid.claims.len(), 3)?;
    same("binding", texts(&pid.binding_methods), ["jwk"])?;
    let level = |level: &str| {
        let levels = || vec![level.to_owned()];
        Some(KeyAttestationsRequired { key_storage: levels(), user_authentication: levels() })
    };
    let both = vec!["RS256".to_owned(), "ES256".to_owned()];
    let (jwt, attested, wanted) = match name {
        "openid-credential-issuer_only_attestation_proof.json" => {
            (Vec::new(), both, Some(KeyAttestationsRequired::default()))
        }
        "openid-credential-issuer_only_jwt_proof.json" => {
            (both, Vec::new(), Some(KeyAttestationsRequired::default()))
        }
        "openid-credential-issuer_jwt_proof_no_keyattestation.json" => (both, Vec::new(), None),
        // The period is a member of the EUDI's own; a negative one means no more to us than any other.
        "openid-credential-issuer_attestation_proof_supported.json"
        | "openid-credential-issuer_invalid_attestation_proof_supported.json"
        | "openid-credential-issuer_with_preferred_client_status_period.json" => {
            (both.clone(), both, level("iso_18045_moderate"))
        }
        "openid-credential-issuer_contains_invalid_configuration.json"
        | "openid-credential-issuer_encrypted_requests_only.json"
        | "openid-credential-issuer_encrypted_responses.json"
        | "openid-credential-issuer_encryption_not_required.json"
        | "openid-credential-issuer_encryption_not_supported.json"
        | "openid-credential-issuer_no_nonce_endpoint.json"
        | "openid-credential-issuer_no_scopes.json" => (both.clone(), both, level("iso_18045_high")),
        _ => return Err(UNKNOWN.to_owned()),
    };
    same("jwt proofs", &pid.proof_algorithms, &jwt)?;
    same("attested proofs", &pid.attestation_algorithms, &attested)?;
    same("key attestation", pid.key_attestations_required.as_ref(), wanted.as_ref())?;
    let nonce =
        (name != "openid-credential-issuer_no_nonce_endpoint.json").then(|| format!("{ISSUER}/nonce"));
    same("nonce", metadata.nonce_endpoint.as_ref(), nonce.as_ref())?;
    // encryption_not_required.json offers XC20P and RSA-OAEP alone: a wallet that speaks neither may choose to use
    // nothing (§12.2.4), so to it that is as good as not offered.
    same("encrypted requests", metadata.request_encryption.map(|_| ()), None)?;
    same("encrypted answers", metadata.response_encryption.map(|_| ()), None)
}

/// Signed metadata; signatures, subjects and times hold, and what they say is held to the same rules.
fn signed(name: &str, file: &Path) -> Result<(), String> {
    let text = walk::text(file)?;
    match name {
        "credential_issuer_metadata_with_signed_full.txt" => full(&text, 1_785_324_907),
        "openid-credential-issuer-signed-metadata-x5c.jwt" => {
            same("the leaf is its own issuer", leaf(&text)?.is_self_issued(), true)?;
            let key = own_key(&file.with_file_name("signed_metadata_jwk.json"))?;
            same("key", key.public_jwk(), leaf(&text)?.public_key().map_err(said)?)?;
            full(&text, 1_741_261_105)
        }
        // All parameters belong to the top level (§12.2.3): without credential_issuer it is nobody's metadata.
        "credential_issuer_metadata_with_signed_partial.txt" => {
            near_misses(&text, 1_785_246_576)?;
            let outcome = signed_by_leaf(&text, ISSUER, 1_785_246_576).map(|_| ());
            refused(outcome, SignedMetadataError::Metadata(MetadataError::OtherIssuer))
        }
        // A bare jwk in the header: whoever made it signed it.
        "credential_issuer_metadata_with_signed_invalid.txt" => refused(
            SignedMetadata::parse(&text).map(|_| ()).map_err(|error| error.to_string()),
            SignedMetadataError::NoSigner.to_string(),
        ),
        "wrprc.txt" => super::verifiers::foreign_registration(&text, "Test PID Provider", 1_785_227_492),
        _ => Err(UNKNOWN.to_owned()),
    }
}

fn full(text: &str, issued_at: i64) -> Result<(), String> {
    near_misses(text, issued_at)?;
    let outcome = signed_by_leaf(text, ISSUER, issued_at).map(|_| ());
    refused(outcome, SignedMetadataError::Metadata(MetadataError::EncryptionRequired))
}

fn own_key(file: &Path) -> Result<SigningKey, String> {
    SigningKey::from_private_json(walk::text(file)?).map_err(said)
}

/// Private keys: refused wherever a public one belongs, also among those to which a request would be encrypted.
fn keys(name: &str, file: &Path) -> Result<(), String> {
    let value = walk::value(file)?;
    match name {
        "signed_metadata_jwk.json" => {
            refused(Jwk::from_value(&value).map(|_| ()), KeyError::Private)?;
            own_key(file).map(|_| ())
        }
        "request_encryption_keyset.json" => {
            let keys = value["keys"].as_array().ok_or("no keys")?;
            same("keys", keys.len(), 4)?;
            for key in keys {
                refused(Jwk::from_value(key).map(|_| ()), KeyError::Private)?;
            }
            let metadata = json!({
                "credential_issuer": ISSUER, "credential_endpoint": format!("{ISSUER}/credential"),
                "credential_configurations_supported": {},
                "credential_request_encryption": {"jwks": value, "enc_values_supported": ["A128GCM"], "encryption_required": true},
            });
            refused(read(&metadata).map(|_| ()), MetadataError::EncryptionRequired)
        }
        _ => Err(UNKNOWN.to_owned()),
    }
}

fn server_metadata(file: &Path, issuer: &str) -> Result<ServerMetadata, String> {
    let headers = vec![("content-type".to_owned(), "application/json".to_owned())];
    let response = Response { status: 200, headers, body: walk::text(file)?.into_bytes() };
    ServerMetadata::from_response(&response, issuer).map_err(said)
}

fn configuration(name: &str, file: &Path) -> Result<(), String> {
    let server = server_metadata(file, "https://auth-server.example.com")?;
    let (dpop, attested) = match name {
        "openid-configuration.json" => (true, true),
        "openid-configuration-no-client-attestation.json" => (true, false),
        "openid-configuration_no_dpop.json" => (false, true),
        _ => return Err(UNKNOWN.to_owned()),
    };
    same("token", server.token_endpoint.as_str(), "https://auth-server.example.com/token")?;
    same("DPoP", server.dpop_algorithms.iter().any(|name| name == "ES256"), dpop)?;
    let methods = &server.client_authentication;
    same("attested wallets", methods.iter().any(|name| name == "attest_jwt_client_auth"), attested)?;
    same("anonymous", server.anonymous_access, false)?;
    let flow = server.code_flow.ok_or("no code flow")?;
    same("authorize", flow.authorization_endpoint.as_str(), "https://auth-server.example.com/auth")?;
    same("push", flow.pushed_endpoint.as_deref(), Some("https://auth-server.example.com/ext/par/request"))?;
    same("flags", (flow.is_pushing_required, flow.names_issuer, flow.takes_s256), (false, true, true))?;
    same("scopes", flow.scopes.iter().any(|scope| scope == "pid-sdjwt-vc-scope"), true)
}

fn server(name: &str, file: &Path) -> Result<(), String> {
    let issuer = "https://keycloak-eudi.netcompany-intrasoft.com/realms/pid-issuer-realm";
    let server = server_metadata(file, issuer)?;
    same("token", server.token_endpoint, format!("{issuer}/protocol/openid-connect/token"))?;
    match name {
        "oauth_authorization_server_metadata.json" => {
            let flow = server.code_flow.ok_or("no code flow")?;
            same(
                "push",
                flow.pushed_endpoint,
                Some(format!("{issuer}/protocol/openid-connect/ext/par/request")),
            )?;
            same("flags", (flow.is_pushing_required, flow.names_issuer, flow.takes_s256), (false, true, true))
        }
        "oauth_authorization_server_metadata_no_auth_endpoint.json" => {
            same("code flow", server.code_flow.map(|_| ()), None)
        }
        _ => Err(UNKNOWN.to_owned()),
    }
}

const FOUR: [&str; 4] = [
    "UniversityDegree_JWT",
    "MobileDrivingLicense_msoMdoc",
    "UniversityDegree_LDP_VC",
    "UniversityDegree_JWT_VC_JSON-LD",
];

fn offer(name: &str, file: &Path) -> Result<(), String> {
    let read = CredentialOffer::parse(walk::text(file)?);
    if name == "credential_offer_over_sized_tx_code_description.json" {
        return refused(read, OfferError::Member("tx_code"));
    }
    let offer = read.map_err(said)?;
    let state = offer
        .authorization_code
        .as_ref()
        .and_then(|grant| grant.issuer_state.as_ref())
        .map(|state| state.expose().to_owned());
    let code = offer.pre_authorized.as_ref().map(|grant| grant.code.expose().to_owned());
    let (ids, expected_state, expected_code): (&[&str], Option<&str>, Option<&str>) = match name {
        "sample_credential_offer.json" => (&FOUR, Some("eyJhbGciOiJSU0EtFYUaBy"), Some("adhjhdjajkdkhjhdj")),
        "sample_credential_offer_auth_code.json" => (&FOUR, Some("eyJhbGciOiJSU0EtFYUaBy"), None),
        // Both are opaque to a wallet (§4.1.1): whoever issued them knows what blanks mean.
        "credential_offer_with_blank_issuer_state.json" => (&FOUR[..2], Some("    "), None),
        "credential_offer_with_blank_pre_authorized_code.json" => (&FOUR[..2], None, Some("     ")),
        // Without grants the metadata say which are spoken; the configuration must be in them.
        "credential_offer_with_unknown_format.json" => (&["UnknownCredential"], None, None),
        _ => return Err(UNKNOWN.to_owned()),
    };
    same(
        "configurations",
        offer.configuration_ids,
        ids.iter().map(|id| (*id).to_owned()).collect::<Vec<_>>(),
    )?;
    same("issuer_state", state.as_deref(), expected_state)?;
    same("code", code.as_deref(), expected_code)
}

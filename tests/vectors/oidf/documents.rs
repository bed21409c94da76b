//! Metadata of issuers and servers as the suite tests itself with them, and mdocs.
//!
//! Their names say what the suite's schema makes of them; where our reader decides otherwise the reason stands here.

use std::path::Path;

use credentials::sd_jwt::SdJwt;
use openid4vc::http::Response;
use openid4vc::vci::metadata::{IssuerMetadata, MetadataError};
use openid4vc::vci::server_metadata::ServerMetadata;
use serde_json::Value;

use super::{complaints, schema};
use crate::openid4vci::metadata::{long, read};
use crate::walk::{self, UNKNOWN, refused, said, same, texts};

const SPEC: &str = "SD_JWT_VC_example_in_OpenID4VCI";

pub(super) fn check(name: &str, file: &Path) -> Result<(), String> {
    if name.contains("oauth-authorization-server") {
        return server(name, file);
    }
    let value = walk::value(file)?;
    verdict_of_the_schema(name, file, &value)?;
    match name {
        "credential-issuer-metadata-dresden-komm-pass.json" => {
            let metadata = read(&value).map_err(said)?;
            let pass = only(&metadata, "https://dresden.de/credentials/KommPass")?;
            same("bound", pass.is_key_bound(), true)?;
            let servers = ["https://example2.com/realms/oid4vc", "https://example.com"];
            same("servers", texts(&metadata.authorization_servers), servers)
        }
        // An object in `claims` is a draft's, as is batch_credential_endpoint: unknown members are ignored (§12.2.4).
        "invalid-openid-credential-issuer-metadata-bdr-example1.json" => {
            let metadata = read(&value).map_err(said)?;
            let pid = only(&metadata, "eu.europa.ec.eudi.pid.1")?;
            same("claims", pid.claims.len(), 0)?;
            same("proofs", texts(&pid.proof_algorithms), ["ES256", "ES384", "ES512"])
        }
        "invalid-openid-credential-issuer-metadata-ebsi.json" => {
            lacks(&value, "credential_configurations_supported")
        }
        "invalid-openid-credential-issuer-metadata-invalid-type-for-authorization-servers.json" => {
            lacks(&value, "authorization_servers")
        }
        "invalid-openid-credential-issuer-metadata-missing-required-property.json" => {
            lacks(&value, "credential_endpoint")
        }
        "invalid-openid-credential-issuer-metadata-missing-required-property-in-optional-property.json" => {
            lacks(&value, "credential_response_encryption")
        }
        "invalid-openid-credential-issuer-metadata-request-encryption-jwks-as-array.json" => {
            lacks(&value, "credential_request_encryption")
        }
        "valid-openid-credential-issuer-metadata-claims-path-pointer-null.json" => {
            let degree = only(&read(&value).map_err(said)?, "dc_sd_jwt_education_degree")?;
            same("bound", degree.is_key_bound(), false)?;
            same("vct", degree.vct.as_str(), "https://example.com/credentials/education_degree")
        }
        "valid-openid-credential-issuer-metadata-eudiw.json" => {
            let metadata = read(&value).map_err(said)?;
            same("SD-JWT VCs of 27", metadata.configurations.len(), 11)?;
            let pid = metadata.configurations.get("eu.europa.ec.eudi.pid_vc_sd_jwt").ok_or("no PID")?;
            same("vct", pid.vct.as_str(), "urn:eudi:pid:1")?;
            let request = metadata.request_encryption.ok_or("no request encryption")?;
            same("request", (request.encryptions.len(), request.required), (2, false))?;
            let response = metadata.response_encryption.ok_or("no response encryption")?;
            same(
                "response",
                (response.ecdh_es, response.encryptions.len(), response.required),
                (true, 2, false),
            )
        }
        // RSA-OAEP alone, and required: not spoken (§10).
        "valid-openid-credential-issuer-metadata-mock-full.json" => {
            refused(read(&value).map(|_| ()), MetadataError::EncryptionRequired)
        }
        "valid-openid-credential-issuer-metadata-mock-minimal.json" => {
            let metadata = read(&value).map_err(said)?;
            same("configurations", metadata.configurations.len(), 0)?;
            same(
                "credential",
                metadata.credential_endpoint.as_str(),
                "https://issuer.example.com/credential",
            )?;
            same(
                "all else",
                (metadata.nonce_endpoint, metadata.batch_size, metadata.display.len()),
                (None, None, 0),
            )
        }
        // Names and claims stand where drafts had them; outside of credential_metadata they say nothing.
        "valid-openid-credential-issuer-metadata-spec-DcSdJwt-claims-example.json" => {
            let identity = only(&read(&value).map_err(said)?, SPEC)?;
            same("names and claims", (identity.display.len(), identity.claims.len()), (0, 0))?;
            same("binding", texts(&identity.binding_methods), ["jwk"])
        }
        // Without vct it cannot be asked for (Appendix A.3.2), which makes no other configuration unusable.
        "valid-openid-credential-issuer-metadata-spec-DcSdJwt-claims-missing-vct-example.json" => {
            same("configurations", read(&value).map_err(said)?.configurations.len(), 0)
        }
        "valid-openid-credential-issuer-metadata-spec-appendix-example.json" => long(&value),
        _ => Err(UNKNOWN.to_owned()),
    }
}

/// The schema of the suite says of each document what the document's name says, so it is applied as it was meant. Members
/// that it does not know are warnings there and make nothing invalid; they do here only where a document has no other fault.
fn verdict_of_the_schema(name: &str, file: &Path, value: &Value) -> Result<(), String> {
    let folder = file.ancestors().find(|folder| folder.ends_with("src")).ok_or("no folder src")?;
    let schema = schema(&folder.join(super::SCHEMAS).join("oid4vci/credential_issuer_metadata-1_0.json"))?;
    let is_warning = |complaint: &String| {
        complaint.contains("Unevaluated properties") || complaint.contains("Additional properties")
    };
    let (warnings, faults): (Vec<String>, Vec<String>) =
        complaints(&schema, value).into_iter().partition(is_warning);
    // Named valid, and the schema of today knows better, as Appendix A.3.2 does.
    let is_invalid = name.starts_with("invalid-") || name.contains("missing-vct");
    match (is_invalid, faults.is_empty()) {
        (true, true) if warnings.is_empty() => Err("it fits the schema".to_owned()),
        (false, false) => Err(faults.join("; ")),
        _ => Ok(()),
    }
}

fn lacks(value: &Value, member: &'static str) -> Result<(), String> {
    refused(read(value).map(|_| ()), MetadataError::Member(member))
}

fn only(
    metadata: &IssuerMetadata,
    id: &str,
) -> Result<openid4vc::vci::metadata::CredentialConfiguration, String> {
    same("configurations", metadata.configurations.keys().collect::<Vec<_>>(), [id])?;
    metadata.configurations.get(id).cloned().ok_or_else(|| "not there".to_owned())
}

fn server(name: &str, file: &Path) -> Result<(), String> {
    let headers = vec![("content-type".to_owned(), "application/json".to_owned())];
    let response = Response { status: 200, headers, body: walk::text(file)?.into_bytes() };
    let read = ServerMetadata::from_response(&response, "https://auth.example.com");
    match name {
        "valid-oauth-authorization-server-metadata-mock-full.json" => {
            let server = read.map_err(said)?;
            same("token", server.token_endpoint.as_str(), "https://auth.example.com/token")?;
            same("anonymous", server.anonymous_access, false)?;
            same("DPoP", server.dpop_algorithms.len(), 0)?;
            let flow = server.code_flow.ok_or("no code flow")?;
            same("authorize", flow.authorization_endpoint.as_str(), "https://auth.example.com/authorize")?;
            same("flags", (flow.pushed_endpoint, flow.names_issuer, flow.takes_s256), (None, false, true))
        }
        // RFC 8414 §2 asks for a token endpoint wherever codes are exchanged; without one nothing is issued.
        "valid-oauth-authorization-server-metadata-mock.json" => {
            refused(read.map(|_| ()), MetadataError::Member("token_endpoint"))
        }
        "invalid-oauth-authorization-server-metadata-multiple-errors.json" => {
            refused(read.map(|_| ()), MetadataError::OtherIssuer)
        }
        _ => Err(UNKNOWN.to_owned()),
    }
}

/// A DeviceResponse of ISO 18013-5 in the place of a presentation: no SD-JWT, and never taken for one.
pub(super) fn mdoc(name: &str, file: &Path) -> Result<(), String> {
    if !name.ends_with(".txt") {
        return Err(UNKNOWN.to_owned());
    }
    same(
        "refused",
        SdJwt::parse(&walk::text(file)?).map(|_| ()).map_err(|error| error.code()),
        Err("missing_tilde"),
    )
}

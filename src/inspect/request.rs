//! `passport inspect request`.

use std::path::PathBuf;

use did::{Did, DidUrl, KeyAtError, Relationship, ResolveError};
use environment::{Environment, Timestamp};
use jose::{Jwk, base64url, jws};
use openid4vc::form::Form;
use openid4vc::vp::client_id::ClientId;
use openid4vc::vp::link::Link;
use openid4vc::vp::request::{
    Authentication, AuthorizationRequest, Compatibility, Expected, REGISTRATION, RequestError, RequestObject,
    TYPE,
};
use openid4vc::vp::transaction_data::TransactionTypes;
use serde_json::{Map, Value, json};
use trust::{Certificate, CertificateChain, ForeignAnchors, PathError, Purpose, dangerous_verify_foreign};
use url::Url;

use super::issuer_key;
use super::report::{Failure, Refusal, Report};
use super::source::Input;

/// Arguments of `passport inspect request`.
#[derive(clap::Args, Debug)]
pub(super) struct Arguments {
    /// The signed request object, or the link `openid4vp://…`; `-` is standard input.
    file: PathBuf,
    /// Root certificates in PEM that the chain of the request must lead to.
    #[arg(long, value_name = "FILE")]
    ca: Option<PathBuf>,
    /// Check as of this time (seconds since 1970) instead of now.
    #[arg(long, value_name = "UNIX", allow_negative_numbers = true)]
    at: Option<i64>,
}

/// Reads a request object or the link to one.
pub(super) fn inspect(
    arguments: &Arguments,
    environment: &Environment,
    input: &mut Input<'_>,
) -> Result<Report, Failure> {
    let text = input.text(&arguments.file)?;
    let anchors = arguments.ca.as_ref().map(|path| input.text(path)).transpose()?;
    let anchors = anchors
        .map(|pem| ForeignAnchors::from_pem(&pem))
        .transpose()
        .map_err(|error| Refusal::new("unusable_ca", format!("the file of --ca: {error}"), "RFC 7468 §5"))?;
    let now = arguments.at.map_or_else(|| environment.now(), Timestamp::from_seconds);
    let inspection = Inspection { anchors, now };
    let report = if text.contains(':') { inspection.link(&text) } else { inspection.object(&text, None) };
    Ok(report?)
}

struct Inspection {
    anchors: Option<ForeignAnchors>,
    now: Timestamp,
}

impl Inspection {
    fn link(&self, text: &str) -> Result<Report, Refusal> {
        if text.chars().any(char::is_whitespace) {
            return Err(RequestError::NotARequestLink.into());
        }
        let link = Link::parse(text)?;
        let document = match &link {
            Link::Value { client_id, request } => return self.object(request, Some(client_id)),
            Link::Reference { .. } => parameters(text)?,
            Link::Unsigned { client_id, parameters } => {
                let expected = self.expected(client_id);
                AuthorizationRequest::unsigned(parameters, &expected)?;
                parameters.clone()
            }
        };
        let report = Report::valid("authorization_request").with("document", document);
        Ok(match link {
            Link::Unsigned { .. } => {
                report.checked(["link", "parameters", "query", "client_not_authenticated"])
            }
            _ => report.checked(["link", "client_id", "address"]),
        })
    }

    /// Checks a request object; `named` is the client identifier of the link that carried it.
    fn object(&self, compact: &str, named: Option<&ClientId>) -> Result<Report, Refusal> {
        let request = RequestObject::decode(compact)?;
        let client_id = named.unwrap_or(request.client_id()).clone();
        let mut checked = vec!["form", "client_id"];
        let (key, certificate) = match request.authentication() {
            Authentication::Chain(chain) => {
                checked.push("certificate_fits_client_id");
                checked.push(self.check_chain(chain)?);
                (None, describe(chain.leaf()))
            }
            Authentication::Did(url) => {
                checked.push("key_of_did");
                (Some(key_of(url)?), Value::Null)
            }
        };
        let verified = request.verify(key.as_ref(), &self.expected(&client_id))?;
        checked.extend(["signature", "audience", "times", "parameters", "query"]);
        let document = jws::Unverified::parse(compact)?.claims()?;
        Ok(Report::valid(TYPE)
            .with("document", document)
            .with("certificate", certificate)
            .with("registration", registration(&verified))
            .checked(checked))
    }

    fn expected<'a>(&self, client_id: &'a ClientId) -> Expected<'a> {
        let compatibility = Compatibility { unauthenticated_clients: true, ..Compatibility::default() };
        Expected {
            client_id,
            wallet_nonce: None,
            request_uri: None,
            compatibility,
            transaction_types: TransactionTypes::NONE,
            now: self.now,
        }
    }

    /// Follows the chain to the anchors, if there are any; the word for `checked`.
    fn check_chain(&self, chain: &CertificateChain) -> Result<&'static str, Refusal> {
        let leaf = chain.leaf();
        let ours = |purpose: &Purpose| leaf.purposes().iter().any(|own| own == purpose.oid());
        // A leaf of a network of ours says what it is for; a leaf of others says nothing that we know.
        if Purpose::ALL.iter().any(ours) && !ours(&Purpose::RequestSigning) {
            return Err(PathError::WrongPurpose.into());
        }
        let Some(anchors) = &self.anchors else { return Ok("certificate_chain_not_anchored") };
        dangerous_verify_foreign(chain, anchors, self.now)?;
        Ok("certificate_chain")
    }
}

/// The parameters of a link as they were written.
fn parameters(text: &str) -> Result<Map<String, Value>, Refusal> {
    let url = Url::parse(text).map_err(|_| RequestError::NotARequestLink)?;
    let form = Form::from_query(url.query().unwrap_or_default()).map_err(RequestError::Form)?;
    Ok(form.iter().map(|(name, value)| (name.to_owned(), Value::from(value))).collect())
}

/// The key of a did:key or did:jwk; other methods need a network.
fn key_of(url: &DidUrl) -> Result<Jwk, Refusal> {
    let did: &Did = url.did();
    issuer_key::key_of_did(did, url, Relationship::Authentication).map_err(|error| match error {
        KeyAtError::Resolve(ResolveError::Method) => {
            let detail =
                format!("did:{} is not resolved offline, so the signature cannot be checked", did.method());
            Refusal::new("did_method_not_offline", detail, "OpenID4VP 1.0 §5.9.3")
        }
        error => Refusal::new("bad_did_key", error.to_string(), "OpenID4VP 1.0 §5.9.3"),
    })
}

/// What the verifier's leaf says.
fn describe(leaf: &Certificate) -> Value {
    json!({
        "common_name": leaf.common_name(),
        "dns_names": leaf.dns_names(),
        "uris": leaf.uris(),
        "not_before": leaf.not_before().seconds(),
        "not_after": leaf.not_after().seconds(),
        "sha256": base64url::encode(leaf.sha256()),
    })
}

/// The claims of the registration certificate, read and not verified: that needs the network's descriptor.
fn registration(request: &AuthorizationRequest) -> Value {
    let certificates = request.verifier_info().iter().filter(|info| info.format == REGISTRATION);
    let texts = certificates.filter_map(|info| info.data.as_str());
    let claims = texts.filter_map(|text| jws::Unverified::parse(text).ok()?.claims().ok());
    claims.map(Value::Object).next().unwrap_or(Value::Null)
}

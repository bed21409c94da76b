//! Whose a passport number is: asked by a space, answered by the office with the number's prefix (specs/number.md).

use std::time::Duration;

use did::number::PassportNumber;
use did::{Did, Document, Relationship, ResolveError};
use environment::{Environment, Timestamp};
use http::HeaderName;
use jose::jws::Unverified;
use jose::{Jwk, SigningFailed, VerifyingKey};
use network::MessageError;
use network::http_signature::{self, Signed};
use network::mailbox::inbox_at;
use network::number_binding::{BindingToken, KEY, PATH, Question};
use outbound::{Fetch, OutboundError, Request};
use trust::{AdmissionError, CertificateChain, ChainError, Office, Purpose};
use url::Url;

use crate::callers::address_at;
use crate::{Directory, DirectoryError, Identity};

/// The fragment of the member's key to which messages are sealed.
const SEAL: &str = "seal";
/// The fragment and the type of the service that is the member's mailbox.
const MAILBOX: (&str, &str) = ("mailbox", "PassportMailbox");
/// Longest answer that is read: a token with its chain, and the statement in it.
const LONGEST_ANSWER: usize = 64 << 10;
/// An office answers on its tick, well below a second.
const PATIENCE: Duration = Duration::from_secs(10);

/// Why a number leads to nobody.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ResolveNumberError {
    /// No office in good standing gives out numbers with this prefix.
    #[error("no office of this network gives out numbers with this prefix")]
    NoOffice,
    /// The office says nothing: there is no such number, or none for this space.
    #[error("the office knows no such number for this space")]
    NotFound,
    /// The office was not reached, or answered in no form that is known.
    #[error("the office gave no usable answer: {0}")]
    Office(#[from] OutboundError),
    /// The request could not be signed.
    #[error(transparent)]
    Signing(#[from] SigningFailed),
    /// The token's certificates.
    #[error("the certificates of the binding: {0}")]
    Chain(#[from] ChainError),
    /// The office, or the network list.
    #[error(transparent)]
    Directory(#[from] DirectoryError),
    /// Another office signed than the one with the number's prefix.
    #[error("the binding is signed by another office than the one with this prefix")]
    OtherOffice,
    /// The office's half of the token.
    #[error("the binding: {0}")]
    Binding(MessageError),
    /// The member's half of the token: the office may have put another DID in its place.
    #[error("the member's own statement in the binding: {0}")]
    Holder(MessageError),
    /// The member's DID.
    #[error("the member's DID: {0}")]
    Member(#[from] ResolveError),
    /// The member's DID document lacks a key or the mailbox.
    #[error("the member's DID document has no usable {0}")]
    Lacks(&'static str),
}

impl ResolveNumberError {
    /// Whether the same question may be answered differently a moment later.
    #[must_use]
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Office(error) => error.is_transient(),
            Self::Directory(error) => error.is_transient(),
            Self::Member(error) => error.is_transient(),
            Self::Signing(_) => true,
            _ => false,
        }
    }
}

/// Whose a number is, as the office and the member both say.
#[derive(Clone, PartialEq, Eq)]
pub struct Found {
    /// The member's DID.
    pub did: Did,
    /// To this key messages to the member are sealed.
    pub seal: Jwk,
    /// There they are left.
    pub mailbox: Url,
    /// The first moment at which the office's word counts no more.
    pub until: Timestamp,
}

impl std::fmt::Debug for Found {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Found")
    }
}

/// Asks, as the space `asker`, whose `number` is.
///
/// # Errors
/// See [`ResolveNumberError`].
pub async fn resolve(
    directory: &Directory,
    asker: &Identity,
    fetch: &dyn Fetch,
    environment: &Environment,
    number: &PassportNumber,
) -> Result<Found, ResolveNumberError> {
    let office = office_of(directory, number)?;
    let answer = ask(&office, asker, fetch, environment, number).await?;
    let key = office_key(directory, &office, number, &answer).await?;
    let canonical = number.canonical();
    let token =
        BindingToken::verify(&answer, &key, office.as_str(), asker.did.as_str(), &canonical, directory.now())
            .map_err(ResolveNumberError::Binding)?;
    let did = Did::parse(&token.did).map_err(ResolveError::from)?;
    let document = directory.resolver().resolve(&did).await?.document;
    let sign = ready(&document, KEY, Relationship::AssertionMethod)?;
    token.verify_holder(&sign, directory.now()).map_err(ResolveNumberError::Holder)?;
    Ok(Found {
        seal: key_of(&document, SEAL, Relationship::KeyAgreement)?,
        mailbox: mailbox_of(directory, &document)?,
        until: Timestamp::from_seconds(token.expires_at),
        did,
    })
}

/// The office that gives out numbers with this prefix, in good standing.
fn office_of(directory: &Directory, number: &PassportNumber) -> Result<Did, ResolveNumberError> {
    let list = directory.list().ok_or(DirectoryError::NoList)?;
    let prefix = number.office().to_string();
    let member = list.by_number_prefix(&prefix).ok_or(ResolveNumberError::NoOffice)?;
    let listed = trust::listed::<Office>(&member.did, &list, directory.now());
    let member = listed.map_err(|error| match error {
        AdmissionError::ListExpired { .. } => DirectoryError::from(error).into(),
        _ => ResolveNumberError::NoOffice,
    })?;
    Did::parse(&member.did).map_err(|_| DirectoryError::MalformedDid.into())
}

async fn ask(
    office: &Did,
    asker: &Identity,
    fetch: &dyn Fetch,
    environment: &Environment,
    number: &PassportNumber,
) -> Result<String, ResolveNumberError> {
    let question = Question { number: number.canonical() };
    let body = serde_json::to_vec(&question).map_err(|_| OutboundError::Unwritable)?;
    let address = address_at(office, PATH).ok_or(DirectoryError::MalformedDid)?;
    let signed = http_signature::sign(
        "POST",
        &address,
        &body,
        &asker.request.key_id.to_string(),
        asker.request.signer.as_ref(),
        environment.now(),
        environment.randomness(),
    )?;
    let url = Url::parse(&address).map_err(|_| OutboundError::MalformedUrl)?;
    let request = Request::new(http::Method::POST, url).with_body("application/json", body)?;
    let request = with_signature(request, &signed)?.with_limit(LONGEST_ANSWER).with_timeout(PATIENCE);
    let response = fetch.fetch(request).await?;
    if response.status == http::StatusCode::NOT_FOUND {
        return Err(ResolveNumberError::NotFound);
    }
    let response = response.successful()?;
    match (response.media_type().as_deref(), std::str::from_utf8(&response.body)) {
        (Some("application/jwt"), Ok(token)) => Ok(token.to_owned()),
        _ => Err(OutboundError::Broken.into()),
    }
}

/// `request` with the three fields of its signature.
///
/// # Errors
/// [`OutboundError::Unwritable`] if they cannot stand in headers.
pub fn with_signature(request: Request, signed: &Signed) -> Result<Request, OutboundError> {
    let Signed { content_digest, signature_input, signature } = signed;
    request
        .with_header(HeaderName::from_static("content-digest"), content_digest)?
        .with_header(HeaderName::from_static("signature-input"), signature_input)?
        .with_header(HeaderName::from_static("signature"), signature)
}

/// The key of the token, if it is an issuing key of this very office and the office has the number's prefix.
async fn office_key(
    directory: &Directory,
    office: &Did,
    number: &PassportNumber,
    token: &str,
) -> Result<VerifyingKey, ResolveNumberError> {
    let unverified = Unverified::parse(token).map_err(|error| ResolveNumberError::Binding(error.into()))?;
    let chain = CertificateChain::from_header(unverified.header())?;
    let admitted = directory.admit::<Office>(&chain, Purpose::CredentialIssuing).await?;
    let has_prefix = admitted.number_prefix() == Some(number.office().to_string().as_str());
    if admitted.did() != office.as_str() || !has_prefix {
        return Err(ResolveNumberError::OtherOffice);
    }
    Ok(VerifyingKey::new(admitted.key()).map_err(|_| DirectoryError::NoSuchKey)?)
}

fn key_of(
    document: &Document,
    fragment: &'static str,
    relationship: Relationship,
) -> Result<Jwk, ResolveNumberError> {
    let url = document.id().with_fragment(fragment).map_err(ResolveError::from)?;
    document.key(&url, relationship).map_err(|_| ResolveNumberError::Lacks(fragment))
}

fn ready(
    document: &Document,
    fragment: &'static str,
    relationship: Relationship,
) -> Result<VerifyingKey, ResolveNumberError> {
    let key = key_of(document, fragment, relationship)?;
    VerifyingKey::new(&key).map_err(|_| ResolveNumberError::Lacks(fragment))
}

fn mailbox_of(directory: &Directory, document: &Document) -> Result<Url, ResolveNumberError> {
    let (fragment, kind) = MAILBOX;
    let service = document.service(fragment).filter(|service| service.is(kind));
    let address = service.as_ref().and_then(|service| service.endpoint_url());
    let Some(address) = address else { return Err(ResolveNumberError::Lacks(fragment)) };
    inbox_at_an_office(directory, address)?.ok_or(ResolveNumberError::Lacks(fragment))
}

/// The address of an inbox at an office in good standing, in the one spelling in which signed calls name it; none for any
/// other. Members name the addresses, and whoever writes calls nothing else for them.
///
/// # Errors
/// [`DirectoryError`] when there is no list by which it could be said.
pub fn inbox_at_an_office(directory: &Directory, address: &str) -> Result<Option<Url>, DirectoryError> {
    let list = directory.list().ok_or(DirectoryError::NoList)?;
    let Some(url) = Url::parse(address).ok().filter(|url| url.as_str() == address) else { return Ok(None) };
    let Some(member) = url.host_str().and_then(|host| list.by_host(host)) else { return Ok(None) };
    match trust::listed::<Office>(&member.did, &list, directory.now()) {
        Err(error @ AdmissionError::ListExpired { .. }) => return Err(error.into()),
        Err(_) => return Ok(None),
        Ok(_) => {}
    }
    let host = Did::parse(&member.did).ok().and_then(|office| address_at(&office, ""));
    Ok(host.and_then(|host| inbox_at(&host, address)).map(|_| url))
}

#[cfg(test)]
mod tests;

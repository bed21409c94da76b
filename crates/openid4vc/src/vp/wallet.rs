//! The wallet's answer: what is sent, and what comes back (OpenID4VP 1.0 §8).

use std::collections::{BTreeMap, BTreeSet};

use credentials::dcql::NotSatisfied;
use credentials::sd_jwt::key_binding::KeyBinding;
use environment::Timestamp;
use jose::jwe::{self, EncryptOptions};
use serde_json::{Map, Value};

use super::request::{AuthorizationRequest, ResponseMode};
use super::response::{Content, MemberAccess, Parameters, Reply, ResponseError, VpToken};
use super::transaction_data::{Authorising, NothingAuthorises};
use crate::address;
use crate::form;
use crate::http::{Request, Response};

/// Why an answer is not made.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AnswerError {
    /// It would not be accepted, so nothing is sent.
    #[error("the answer would not satisfy the request: {0}")]
    NotSatisfied(#[from] NotSatisfied),
    /// A query would be answered with nothing.
    #[error("{0}")]
    Token(#[from] ResponseError),
    /// What the request is to have authorised would not be.
    #[error(transparent)]
    NothingAuthorises(#[from] NothingAuthorises),
    /// The answer could not be encrypted to the verifier's key.
    #[error("the answer could not be encrypted")]
    Encryption,
}

/// Why the verifier does not take an answer that it got.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ReplyError {
    /// It refused, by this code.
    #[error("the verifier refused the answer: {code}")]
    Refused {
        /// The error code, letters and underscores only.
        code: String,
    },
    /// It cannot take the answer at this moment (503 `temporarily_unavailable`, 429): the very same one may be taken later.
    #[error("the verifier cannot take the answer at this moment")]
    Later {
        /// `Retry-After` in seconds, where it is a number (RFC 9110 §10.2.3).
        retry_after: Option<u64>,
    },
    /// It answered with this status; a redirect is not followed.
    #[error("the verifier answered with the status {0}")]
    Status(u16),
}

impl ReplyError {
    /// Whether the answer may have been taken all the same: a server that failed (5xx) may have done so after it took it, and one
    /// before it that lost it on the way back says the same (RFC 9110 §15.6).
    #[must_use]
    pub const fn leaves_open_whether_taken(&self) -> bool {
        matches!(self, Self::Status(500..=599))
    }
}

/// Why a wallet gives no presentation (§8.5).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// The person declined, or has nothing that would do: the two are not told apart.
    AccessDenied,
    /// The request breaks a rule.
    InvalidRequest,
    /// Formats that are not spoken.
    VpFormatsNotSupported,
    /// `transaction_data` of an unknown type.
    InvalidTransactionData,
    /// The wallet cannot answer now.
    WalletUnavailable,
}

impl Refusal {
    /// The error code.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::AccessDenied => "access_denied",
            Self::InvalidRequest => "invalid_request",
            Self::VpFormatsNotSupported => "vp_formats_not_supported",
            Self::InvalidTransactionData => "invalid_transaction_data",
            Self::WalletUnavailable => "wallet_unavailable",
        }
    }
}

/// What presentations for this request are bound to.
#[must_use]
pub fn key_binding(request: &AuthorizationRequest, now: Timestamp) -> KeyBinding<'_> {
    KeyBinding { audience: request.client_id().as_str(), nonce: request.nonce(), issued_at: now }
}

/// What the answers to which queries authorise, where the queries `answered` are; its claims go into their key binding.
///
/// # Errors
/// [`AnswerError::NothingAuthorises`].
pub fn authorising<'a>(
    request: &'a AuthorizationRequest,
    answered: &BTreeSet<&str>,
) -> Result<Authorising<'a>, AnswerError> {
    Ok(Authorising::choose(request.transactions(), answered)?)
}

/// The answer with presentations; refused here if the verifier could not accept it.
///
/// # Errors
/// See [`AnswerError`].
pub fn answer(
    request: &AuthorizationRequest,
    presentations: BTreeMap<String, Vec<String>>,
) -> Result<Request, AnswerError> {
    let answered: BTreeSet<&str> = presentations.keys().map(String::as_str).collect();
    request.query().accepts(&answered)?;
    authorising(request, &answered)?;
    for (id, list) in &presentations {
        if let Some(query) = request.query().credential(id)
            && list.len() > 1
            && !query.multiple
        {
            return Err(NotSatisfied::TooManyPresentations(query.id.clone()).into());
        }
    }
    let content = Content::VpToken(VpToken::new(presentations)?);
    let parameters = Parameters { state: request.state().map(str::to_owned), content };
    match request.response_mode() {
        ResponseMode::DirectPost => Ok(readable(request, &parameters)),
        ResponseMode::DirectPostJwt => encrypted(request, &parameters),
    }
}

/// An answer that was made before, to be sent once more as it is: the `form` that went to `response_uri`.
#[must_use]
pub fn again(response_uri: &str, form: &str) -> Request {
    Request::post(response_uri, form::MEDIA_TYPE, form)
}

/// The answer without presentations; it may be read by others and says nothing about the wallet.
#[must_use]
pub fn refuse(request: &AuthorizationRequest, refusal: Refusal) -> Request {
    let content = Content::Error(refusal.code().to_owned());
    readable(request, &Parameters { state: request.state().map(str::to_owned), content })
}

fn readable(request: &AuthorizationRequest, parameters: &Parameters) -> Request {
    Request::post(request.response_uri(), form::MEDIA_TYPE, parameters.to_form())
}

fn encrypted(request: &AuthorizationRequest, parameters: &Parameters) -> Result<Request, AnswerError> {
    let metadata = request.metadata();
    let key = metadata.encryption_key.as_ref().ok_or(AnswerError::Encryption)?;
    let encryption = metadata.encryptions.first().copied().ok_or(AnswerError::Encryption)?;
    let options = EncryptOptions { encryption, ..EncryptOptions::default() };
    let plaintext = Value::Object(parameters.to_object()).to_string();
    let jwe = jwe::encrypt(plaintext.as_bytes(), key, &options).map_err(|_| AnswerError::Encryption)?;
    let body = form::encode([("response", jwe.as_str())]);
    Ok(Request::post(request.response_uri(), form::MEDIA_TYPE, body))
}

/// Reads what the verifier answered. After a success nothing is refused any more, since the answer is given:
/// what cannot be used is left out.
///
/// # Errors
/// See [`ReplyError`].
pub fn reply(response: &Response) -> Result<Reply, ReplyError> {
    if !(200..300).contains(&response.status) {
        let code =
            response.object().ok().and_then(|members| Some(members.get("error")?.as_str()?.to_owned()));
        let plain = |code: &String| {
            (1..=64).contains(&code.len())
                && code.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_')
        };
        let code = code.filter(plain);
        let is_unavailable = code.as_deref() == Some("temporarily_unavailable");
        return Err(match code {
            _ if response.status == 429 => later(response),
            _ if response.status == 503 && is_unavailable => later(response),
            Some(code) if (400..500).contains(&response.status) => ReplyError::Refused { code },
            _ => ReplyError::Status(response.status),
        });
    }
    let members = response.object().unwrap_or_default();
    Ok(Reply {
        redirect_uri: usable(&members, "redirect_uri"),
        sharing_proof_uri: usable(&members, "sharing_proof_uri"),
        credential_offer: offer(&members),
        member_api: member_api(&members),
    })
}

fn later(response: &Response) -> ReplyError {
    let seconds = response.header("retry-after").and_then(|seconds| seconds.trim().parse().ok());
    ReplyError::Later { retry_after: seconds }
}

/// A link that only a wallet opens: nothing is fetched before its person has agreed.
fn offer(members: &Map<String, Value>) -> Option<String> {
    let link = members.get("credential_offer")?.as_str()?;
    (link.starts_with("openid-credential-offer://") && link.bytes().all(|byte| byte.is_ascii_graphic()))
        .then(|| link.to_owned())
}

/// A way into the member API, if its address may be called.
fn member_api(members: &Map<String, Value>) -> Option<MemberAccess> {
    let access = MemberAccess::of_value(members.get("member_api")?)?;
    let is_usable = access.uri.len() <= address::LONGEST && address::parse(&access.uri).is_ok();
    is_usable.then_some(access)
}

/// An address that may be opened; a fragment may carry the response_code.
fn usable(members: &Map<String, Value>, name: &str) -> Option<String> {
    let text = members.get(name)?.as_str()?;
    let (address, fragment) = text.split_once('#').unwrap_or((text, ""));
    let plain = fragment.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'#');
    (plain && text.is_ascii() && text.len() <= address::LONGEST && address::parse(address).is_ok())
        .then(|| text.to_owned())
}

#[cfg(test)]
mod tests;

//! The answer of a wallet (OpenID4VP 1.0 §8): the VP token, or an error, readable or encrypted.

use std::collections::BTreeMap;
use std::fmt;

use jose::DecryptionKey;
use jose::json as strict_json;
use jose::jwe::{self, JweError};
use serde_json::{Map, Value, json};

use super::request::ResponseMode;
use crate::form::{self, Form, FormError};
use crate::http;
use crate::secret::SecretText;

/// Most presentations in one answer.
pub(crate) const MOST_PRESENTATIONS: usize = 64;

/// Why a verifier does not take an answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ResponseError {
    /// The body is no form with each parameter once.
    #[error("the answer cannot be read: {0}")]
    Form(#[from] FormError),
    /// Neither a VP token nor an error, or both, or both readable and encrypted.
    #[error("an answer has exactly one of vp_token, error and response")]
    NotOneAnswer,
    /// The encrypted answer does not open.
    #[error("the encrypted answer is refused: {0}")]
    Jwe(#[from] JweError),
    /// What was encrypted is not a JSON object with unique names.
    #[error("the encrypted answer does not hold a JSON object with unique names")]
    NotJson,
    /// A readable answer where an encrypted one was asked for, or the other way round.
    #[error("the answer was not given in the response mode that was asked for")]
    WrongMode,
    /// `state` is missing or of another request.
    #[error("state is missing or belongs to another request")]
    WrongState,
    /// `vp_token` is not an object of non-empty arrays of strings.
    #[error("vp_token must be an object with an array of presentations for each query")]
    MalformedVpToken,
    /// The request has ended.
    #[error("the request has expired")]
    Expired,
    /// The request was answered before.
    #[error("the request was answered before")]
    AlreadyAnswered,
}

impl ResponseError {
    /// The error code on the wire.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        "invalid_request"
    }

    /// A stable name of the reason, for logs and screens.
    #[must_use]
    pub const fn reason(&self) -> &'static str {
        match self {
            Self::Form(_) | Self::NotOneAnswer => "malformed_answer",
            Self::Jwe(_) | Self::NotJson => "encryption_refused",
            Self::WrongMode => "wrong_response_mode",
            Self::WrongState => "wrong_state",
            Self::MalformedVpToken => "malformed_vp_token",
            Self::Expired => "request_expired",
            Self::AlreadyAnswered => "request_already_answered",
        }
    }

    /// The HTTP status.
    #[must_use]
    pub const fn status(&self) -> u16 {
        400
    }

    /// The JSON body.
    #[must_use]
    pub fn body(&self) -> String {
        http::error_body(self.code(), self)
    }
}

/// A VP token: presentations for each query that is answered.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct VpToken(BTreeMap<String, Vec<String>>);

impl VpToken {
    /// Puts presentations together.
    ///
    /// # Errors
    /// [`ResponseError::MalformedVpToken`] when there is none at all, none for a query, or too many.
    pub fn new(presentations: BTreeMap<String, Vec<String>>) -> Result<Self, ResponseError> {
        let count: usize = presentations.values().map(Vec::len).sum();
        let hollow = presentations.values().any(|list| list.is_empty() || list.iter().any(String::is_empty));
        if count == 0 || count > MOST_PRESENTATIONS || hollow {
            return Err(ResponseError::MalformedVpToken);
        }
        Ok(Self(presentations))
    }

    fn from_value(value: &Value) -> Result<Self, ResponseError> {
        let list = |value: &Value| {
            let list = value.as_array()?;
            list.iter().map(|one| one.as_str().map(str::to_owned)).collect::<Option<Vec<_>>>()
        };
        let members = value.as_object().ok_or(ResponseError::MalformedVpToken)?;
        let presentations = members
            .iter()
            .map(|(id, value)| Some((id.clone(), list(value)?)))
            .collect::<Option<BTreeMap<_, _>>>()
            .ok_or(ResponseError::MalformedVpToken)?;
        Self::new(presentations)
    }

    /// The token as JSON.
    #[must_use]
    pub fn to_value(&self) -> Value {
        self.0.iter().map(|(id, list)| (id.clone(), Value::from(list.clone()))).collect::<Map<_, _>>().into()
    }

    /// The presentations of each query.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &[String])> {
        self.0.iter().map(|(id, list)| (id.as_str(), list.as_slice()))
    }
}

impl fmt::Debug for VpToken {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_set().entries(self.0.keys()).finish()
    }
}

/// What an answer says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Content {
    /// Presentations.
    VpToken(VpToken),
    /// The wallet or its person did not answer, by this code (shortened and plain; `unknown_error` for others).
    Error(String),
}

/// The parameters of an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parameters {
    /// `state`.
    pub state: Option<String>,
    /// What it says.
    pub content: Content,
}

impl Parameters {
    fn new(
        state: Option<String>,
        vp_token: Option<&Value>,
        error: Option<&str>,
    ) -> Result<Self, ResponseError> {
        let content = match (vp_token, error) {
            (Some(token), None) => Content::VpToken(VpToken::from_value(token)?),
            (None, Some(code)) => Content::Error(plain_code(code)),
            _ => return Err(ResponseError::NotOneAnswer),
        };
        Ok(Self { state, content })
    }

    fn from_form(form: &Form) -> Result<Self, ResponseError> {
        let token = form.get("vp_token").map(strict_json::parse).transpose();
        let token = token.map_err(|_| ResponseError::MalformedVpToken)?;
        Self::new(form.get("state").map(str::to_owned), token.as_ref(), form.get("error"))
    }

    fn from_object(members: &Map<String, Value>) -> Result<Self, ResponseError> {
        let state = match members.get("state") {
            None => None,
            Some(state) => Some(state.as_str().ok_or(ResponseError::WrongState)?.to_owned()),
        };
        let error = match members.get("error") {
            None => None,
            Some(error) => Some(error.as_str().ok_or(ResponseError::NotOneAnswer)?),
        };
        Self::new(state, members.get("vp_token"), error)
    }

    /// The parameters as JSON, what is encrypted in `direct_post.jwt`.
    #[must_use]
    pub fn to_object(&self) -> Map<String, Value> {
        let mut members = Map::new();
        if let Some(state) = &self.state {
            members.insert("state".to_owned(), Value::from(state.as_str()));
        }
        match &self.content {
            Content::VpToken(token) => members.insert("vp_token".to_owned(), token.to_value()),
            Content::Error(code) => members.insert("error".to_owned(), Value::from(code.as_str())),
        };
        members
    }
}

impl Parameters {
    /// The parameters as a form, which is readable.
    pub(crate) fn to_form(&self) -> String {
        let text = |(name, value): (String, Value)| match value {
            Value::String(text) => (name, text),
            other => (name, other.to_string()),
        };
        let pairs: Vec<(String, String)> = self.to_object().into_iter().map(text).collect();
        form::encode(pairs.iter().map(|(name, value)| (name.as_str(), value.as_str())))
    }
}

/// Error codes are the wallet's text: what is not plain does not go on.
fn plain_code(code: &str) -> String {
    let plain =
        (1..=64).contains(&code.len()) && code.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_');
    if plain { code.to_owned() } else { "unknown_error".to_owned() }
}

/// A JWE that nobody has opened yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sealed {
    token: String,
    /// The longest plaintext that it may hold: a compressed one is many times as long as the token. JWE leaves it to the sender
    /// to compress and has every recipient read it (RFC 7516 §4.1.3); neither OpenID4VP nor HAIP says otherwise.
    length: usize,
}

impl Sealed {
    fn new(token: &str) -> Self {
        let is_compressed = jwe::header(token).is_ok_and(|header| header.contains_key("zip"));
        let length = if is_compressed { jwe::LONGEST_PLAINTEXT } else { token.len() };
        Self { token: token.to_owned(), length }
    }

    /// The JWE.
    #[must_use]
    pub fn token(&self) -> &str {
        &self.token
    }
}

/// A posted answer, not yet opened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Submission {
    /// Readable parameters.
    Readable(Parameters),
    /// `response`, a JWE.
    Encrypted(Sealed),
}

impl Submission {
    /// Reads the body of a POST to `response_uri`. Unknown parameters are ignored.
    ///
    /// # Errors
    /// [`ResponseError::Form`], [`ResponseError::NotOneAnswer`], [`ResponseError::MalformedVpToken`].
    pub fn parse(content_type: Option<&str>, body: &[u8]) -> Result<Self, ResponseError> {
        let form = Form::parse(content_type, body)?;
        match form.get("response") {
            Some(_) if form.contains("vp_token") || form.contains("error") => {
                Err(ResponseError::NotOneAnswer)
            }
            Some(response) => Ok(Self::Encrypted(Sealed::new(response))),
            None => Ok(Self::Readable(Parameters::from_form(&form)?)),
        }
    }

    /// How much there may be to look at, in bytes.
    #[must_use]
    pub fn length(&self) -> usize {
        match self {
            Self::Encrypted(sealed) => sealed.length,
            Self::Readable(Parameters { content: Content::VpToken(token), .. }) => {
                token.iter().flat_map(|(_, presentations)| presentations).map(String::len).sum()
            }
            Self::Readable(Parameters { content: Content::Error(code), .. }) => code.len(),
        }
    }

    /// Opens the answer in the mode that was asked for; errors may come readable in either (§8.3).
    ///
    /// # Errors
    /// [`ResponseError::WrongMode`], [`ResponseError::Jwe`], [`ResponseError::NotJson`] and those of parameters.
    pub fn open(self, mode: ResponseMode, key: Option<&DecryptionKey>) -> Result<Parameters, ResponseError> {
        match (self, mode, key) {
            (Self::Readable(parameters), ResponseMode::DirectPost, _) => Ok(parameters),
            (Self::Readable(parameters), ResponseMode::DirectPostJwt, _) => match parameters.content {
                Content::Error(_) => Ok(parameters),
                Content::VpToken(_) => Err(ResponseError::WrongMode),
            },
            (Self::Encrypted(sealed), ResponseMode::DirectPostJwt, Some(key)) => {
                let plaintext = jwe::decrypt(&sealed.token, key)?;
                let members =
                    strict_json::parse_object(plaintext.as_slice()).map_err(|_| ResponseError::NotJson)?;
                Parameters::from_object(&members)
            }
            (Self::Encrypted(_), _, _) => Err(ResponseError::WrongMode),
        }
    }
}

/// What a verifier answers to an answer (§8.2).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reply {
    /// Where the person goes on; holds the response_code.
    pub redirect_uri: Option<String>,
    /// Where the wallet finds the proof of sharing: a member of this network beside the standard's.
    pub sharing_proof_uri: Option<String>,
    /// A credential offer that follows from the answer (a refill), as an `openid-credential-offer://` link
    /// (OpenID4VCI 1.0 §4.1): likewise.
    pub credential_offer: Option<String>,
    /// The way into the member API that follows from a membership: likewise.
    pub member_api: Option<MemberAccess>,
}

/// An access token that is bound to the key that answered (RFC 6749 §5.1, RFC 9449 §5), and where it counts.
#[derive(Clone, PartialEq, Eq)]
pub struct MemberAccess {
    /// The address below which it counts.
    pub uri: String,
    /// The token; its type is always `DPoP`.
    pub access_token: SecretText,
    /// For how many seconds.
    pub expires_in: i64,
}

impl fmt::Debug for MemberAccess {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "MemberAccess({})", self.uri)
    }
}

impl MemberAccess {
    fn to_value(&self) -> Value {
        json!({
            "uri": self.uri,
            "access_token": self.access_token.expose(),
            "token_type": TOKEN_TYPE,
            "expires_in": self.expires_in,
        })
    }

    /// Reads the member of a reply; what cannot be used is none.
    pub(crate) fn of_value(value: &Value) -> Option<Self> {
        let text = |name: &str| value.get(name)?.as_str();
        let is_bound = text("token_type").is_some_and(|kind| kind.eq_ignore_ascii_case(TOKEN_TYPE));
        let token = text("access_token").filter(|token| is_token(token));
        is_bound.then_some(Self {
            uri: text("uri")?.to_owned(),
            access_token: SecretText::new(token?),
            expires_in: value.get("expires_in")?.as_i64().filter(|seconds| *seconds > 0)?,
        })
    }
}

/// The one type of token there is (RFC 9449 §5).
const TOKEN_TYPE: &str = "DPoP";

/// The characters of a token (RFC 6750 §2.1), and no more of them than a header carries.
fn is_token(token: &str) -> bool {
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~+/=".contains(&byte);
    (1..=1_024).contains(&token.len()) && token.bytes().all(fits)
}

impl Reply {
    /// The JSON body of the 200; it goes out with `Cache-Control: no-store`.
    #[must_use]
    pub fn to_value(&self) -> Value {
        let members = [
            ("redirect_uri", &self.redirect_uri),
            ("sharing_proof_uri", &self.sharing_proof_uri),
            ("credential_offer", &self.credential_offer),
        ];
        let present =
            |(name, value): (&str, &Option<String>)| Some((name.to_owned(), Value::from(value.clone()?)));
        let member_api = self.member_api.as_ref().map(|access| ("member_api".to_owned(), access.to_value()));
        members.into_iter().filter_map(present).chain(member_api).collect::<Map<_, _>>().into()
    }
}

#[cfg(test)]
mod tests;

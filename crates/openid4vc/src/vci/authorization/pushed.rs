//! The pushed authorisation request (RFC 9126 §2), and what it asks for.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::details::{self, Detail, MalformedDetails};
use super::redirect::{RedirectUri, ReturnTo};
use super::{AuthorizationError, LONGEST_CLIENT_ID, LONGEST_REDIRECT_URI, LONGEST_STATE, REQUEST_URI_PREFIX};
use crate::dpop;
use crate::form::Form;
use crate::secret::SecretText;
use crate::vci::offer::LONGEST_ISSUER_STATE;
use crate::vci::pkce::Challenge;
use jose::base64url;

/// Longest `scope` that is read, in bytes.
const LONGEST_SCOPE: usize = 4_096;

/// A pushed request that can be read. Unknown parameters are ignored (OpenID4VCI 1.0 §5.1.4).
#[derive(Clone, Debug)]
pub struct PushedRequest {
    /// How the wallet names itself.
    pub client_id: String,
    /// Where the answer goes, and what the wallet knows it by.
    pub return_to: ReturnTo,
    /// The challenge that the code's verifier must fit.
    pub challenge: Challenge,
    /// The values of `scope`.
    pub scope: Vec<String>,
    /// `authorization_details`; empty: not given.
    pub details: Vec<Detail>,
    /// The offer that the wallet read, if it read one.
    pub issuer_state: Option<SecretText>,
    /// `dpop_jkt` (RFC 9449 §10).
    pub dpop_jkt: Option<String>,
}

/// What is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wanted {
    /// Configurations of the metadata, each once, in their order there.
    pub configurations: Vec<String>,
    /// Whether `authorization_details` was used, so that the token response names identifiers (OpenID4VCI 1.0 §6.2).
    pub by_identifier: bool,
}

impl PushedRequest {
    /// Reads a request body.
    ///
    /// # Errors
    /// See [`AuthorizationError`].
    pub fn parse(content_type: Option<&str>, body: &[u8]) -> Result<Self, AuthorizationError> {
        let form = Form::parse(content_type, body)?;
        for name in ["request_uri", "request"] {
            if form.contains(name) {
                return Err(AuthorizationError::RequestObject(name));
            }
        }
        let client_id = text(&form, "client_id", LONGEST_CLIENT_ID)?;
        let redirect_uri = form.get("redirect_uri").unwrap_or_default();
        if redirect_uri.len() > LONGEST_REDIRECT_URI {
            return Err(AuthorizationError::Parameter("redirect_uri"));
        }
        let redirect_uri = RedirectUri::parse(redirect_uri)?;
        match form.get("response_type") {
            None | Some("") => return Err(AuthorizationError::Parameter("response_type")),
            Some("code") => {}
            Some(_) => return Err(AuthorizationError::ResponseType),
        }
        // An answer in a fragment or a form would not arrive where the wallet listens.
        if form.get("response_mode").is_some_and(|mode| mode != "query") {
            return Err(AuthorizationError::Parameter("response_mode"));
        }
        let challenge = Challenge::parse(form.get("code_challenge"), form.get("code_challenge_method"))?;
        Ok(Self {
            client_id: client_id.to_owned(),
            return_to: ReturnTo { redirect_uri, state: optional(&form, "state", LONGEST_STATE)? },
            challenge,
            scope: scope(&form)?,
            details: form.get("authorization_details").map(details::parse).transpose()?.unwrap_or_default(),
            issuer_state: optional(&form, "issuer_state", LONGEST_ISSUER_STATE)?.map(SecretText::new),
            dpop_jkt: dpop_jkt(&form)?,
        })
    }

    /// What is asked of the issuer `issuer`, whose configurations have these scopes. Unknown values of `scope` are ignored
    /// (OpenID4VCI 1.0 §5.1.2), unknown configurations in `authorization_details` are not (RFC 9396 §5).
    ///
    /// # Errors
    /// [`AuthorizationError::Scope`]: nothing is asked for; [`AuthorizationError::Details`].
    pub fn wanted(
        &self,
        issuer: &str,
        scopes: &BTreeMap<String, String>,
    ) -> Result<Wanted, AuthorizationError> {
        let is_here = |detail: &Detail| {
            let at = &detail.locations;
            (at.is_empty() || at.iter().any(|location| location == issuer))
                && scopes.contains_key(&detail.configuration)
        };
        if !self.details.iter().all(is_here) {
            return Err(MalformedDetails.into());
        }
        let is_wanted = |configuration: &str, scope: &String| {
            self.scope.contains(scope) || self.details.iter().any(|one| one.configuration == configuration)
        };
        let wanted = scopes.iter().filter(|(configuration, scope)| is_wanted(configuration, scope));
        let configurations: Vec<String> = wanted.map(|(configuration, _)| configuration.clone()).collect();
        if configurations.is_empty() {
            return Err(AuthorizationError::Scope);
        }
        Ok(Wanted { configurations, by_identifier: !self.details.is_empty() })
    }

    /// The thumbprint of the key to which the code is bound (RFC 9449 §10, §10.1).
    ///
    /// # Errors
    /// [`AuthorizationError::OtherDpopKey`]: proof and `dpop_jkt` disagree.
    pub fn bound_to(&self, proof: Option<&dpop::Verified>) -> Result<Option<String>, AuthorizationError> {
        let proven = proof.map(|proof| proof.key().thumbprint_base64url());
        match (proven, &self.dpop_jkt) {
            (Some(proven), Some(named)) if proven != *named => Err(AuthorizationError::OtherDpopKey),
            (Some(proven), _) => Ok(Some(proven)),
            (None, named) => Ok(named.clone()),
        }
    }
}

/// Printable ASCII without spaces, as RFC 6749 Appendix A wants of most parameters.
fn text<'a>(form: &'a Form, name: &'static str, longest: usize) -> Result<&'a str, AuthorizationError> {
    let fits = |text: &&str| {
        (1..=longest).contains(&text.len()) && text.bytes().all(|byte| matches!(byte, b' '..=b'~'))
    };
    form.get(name).filter(fits).ok_or(AuthorizationError::Parameter(name))
}

fn optional(form: &Form, name: &'static str, longest: usize) -> Result<Option<String>, AuthorizationError> {
    form.contains(name).then(|| text(form, name, longest).map(str::to_owned)).transpose()
}

/// RFC 6749 §3.3: values between spaces; that none is known is found in [`PushedRequest::wanted`].
fn scope(form: &Form) -> Result<Vec<String>, AuthorizationError> {
    let given = form.get("scope").unwrap_or_default();
    if given.len() > LONGEST_SCOPE {
        return Err(AuthorizationError::Parameter("scope"));
    }
    Ok(given.split(' ').filter(|value| !value.is_empty()).map(str::to_owned).collect())
}

fn dpop_jkt(form: &Form) -> Result<Option<String>, AuthorizationError> {
    let Some(given) = form.get("dpop_jkt") else { return Ok(None) };
    let is_thumbprint = base64url::decode_exact::<32>(given).is_ok();
    if is_thumbprint { Ok(Some(given.to_owned())) } else { Err(AuthorizationError::Parameter("dpop_jkt")) }
}

/// The answer to a pushed request (RFC 9126 §2.2), a 201.
#[derive(Clone, Debug)]
pub struct PushedResponse {
    /// What stands behind the prefix of `request_uri`.
    pub handle: SecretText,
    /// For how many seconds it may be used.
    pub expires_in: u64,
}

impl PushedResponse {
    /// The JSON body; it goes out with `Cache-Control: no-store`.
    #[must_use]
    pub fn to_value(&self) -> Value {
        json!({
            "request_uri": format!("{REQUEST_URI_PREFIX}{}", self.handle.expose()),
            "expires_in": self.expires_in,
        })
    }

    /// The secret of a `request_uri` that this server gave out, if it has the form of one.
    #[must_use]
    pub fn handle_of(request_uri: &str) -> Option<SecretText> {
        let handle = request_uri.strip_prefix(REQUEST_URI_PREFIX)?;
        (1..=256).contains(&handle.len()).then(|| SecretText::new(handle))
    }

    /// Reads the `request_uri`, whatever its form: servers choose it.
    pub(super) fn request_uri(members: &Map<String, Value>) -> Option<String> {
        let uri = members.get("request_uri").and_then(Value::as_str)?;
        let expires_in = members.get("expires_in").and_then(Value::as_u64)?;
        let fits = (1..=crate::address::LONGEST).contains(&uri.len()) && expires_in > 0;
        fits.then(|| uri.to_owned())
    }
}

//! What the templates of actions and of doors have in common: their name, their headers, and how a request says who asks.

use std::collections::BTreeMap;

use http::{HeaderName, HeaderValue};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use verifier_connect::address;

use super::TemplateError;
use super::replacing::Replace;

/// Longest template, in bytes of JSON.
pub(super) const LONGEST: usize = 16_384;
/// Longest name, in characters.
pub(super) const LONGEST_NAME: usize = 64;
/// Headers that the client writes, or that say who asks.
const OWN_HEADERS: [&str; 11] = [
    "host",
    "content-length",
    "content-type",
    "transfer-encoding",
    "connection",
    "upgrade",
    "te",
    "trailer",
    "expect",
    "proxy-authorization",
    "cookie",
];

/// How a request says who asks.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Auth {
    /// It does not.
    None,
    /// `Authorization: Bearer SECRET` (RFC 6750 §2.1).
    Bearer,
    /// `Authorization: Basic …`; the secret is `user:password` (RFC 7617).
    Basic,
    /// A header of its own.
    Header {
        /// Its name.
        name: String,
        /// What stands before the secret.
        #[serde(default)]
        prefix: String,
    },
    /// A bearer token that is asked for each time (RFC 6749 §4.4); the secret is `client_id:client_secret`.
    ClientCredentials {
        /// Where.
        token_url: String,
        /// What for.
        #[serde(default)]
        scope: String,
    },
}

/// Reads the JSON of a template; what it says is not looked at.
pub(crate) fn read<T: DeserializeOwned>(text: &str) -> Result<T, TemplateError> {
    if text.len() > LONGEST {
        return Err(TemplateError::Malformed(format!("it is longer than {LONGEST} bytes")));
    }
    let value = jose::json::parse(text).map_err(|error| TemplateError::Malformed(error.to_string()))?;
    serde_json::from_value(value).map_err(|error| TemplateError::Malformed(error.to_string()))
}

/// Looks at what stands before the requests.
pub(crate) fn check(
    name: &str,
    replace: &[Replace],
    headers: &BTreeMap<String, String>,
    auth: &Auth,
) -> Result<(), TemplateError> {
    let length = name.trim().chars().count();
    if !(1..=LONGEST_NAME).contains(&length) || name.chars().any(char::is_control) {
        return Err(TemplateError::Name);
    }
    replace.iter().try_for_each(Replace::check)?;
    headers.iter().try_for_each(|(name, value)| check_header(name, value))?;
    // Who asks says `auth`, whose secret lies sealed and is shown to nobody: a header of the template lies open.
    if let Some((name, _)) = headers.iter().find(|(name, _)| name.eq_ignore_ascii_case("authorization")) {
        return Err(TemplateError::Header(name.clone()));
    }
    match auth {
        Auth::Header { name, prefix } => check_header(name, prefix),
        Auth::ClientCredentials { token_url, .. } if address::checked(token_url).is_none() => {
            Err(TemplateError::Address(token_url.clone()))
        }
        _ => Ok(()),
    }
}

fn check_header(name: &str, value: &str) -> Result<(), TemplateError> {
    let parsed = HeaderName::from_bytes(name.as_bytes());
    let is_ours = parsed.as_ref().is_ok_and(|name| OWN_HEADERS.contains(&name.as_str()));
    if parsed.is_err() || is_ours || HeaderValue::from_str(value).is_err() {
        return Err(TemplateError::Header(name.to_owned()));
    }
    Ok(())
}

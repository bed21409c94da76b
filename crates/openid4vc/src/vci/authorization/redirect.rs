//! Where the browser goes back to, and with what (RFC 6749 §4.1.2, §4.1.2.1; RFC 9207 §2).

use std::fmt;

use serde::{Deserialize, Serialize};
use url::Url;

use crate::address::{self, AddressError};
use crate::form::{self, Form};
use crate::secret::SecretText;

/// The parameters of an answer: a `redirect_uri` that has one already would be answered twice.
const OURS: &[&str] = &["code", "state", "iss", "error", "error_description", "error_uri"];

/// Why an address is no `redirect_uri`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RedirectUriError {
    /// Neither https nor http on this machine (RFC 8252 §7.3): wallets are not registered here, and a scheme of its own
    /// would be anybody's who claims it on the person's device (RFC 8252 §8.6).
    #[error("{0}")]
    Address(#[from] AddressError),
    /// It has a parameter that belongs to the answer.
    #[error("its query has a parameter of the answer")]
    Answered,
}

/// A `redirect_uri` that was taken, compared as text.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct RedirectUri(String);

impl RedirectUri {
    /// Takes an address: https, or http on the person's own machine, whatever the port.
    ///
    /// # Errors
    /// See [`RedirectUriError`].
    pub fn parse(text: &str) -> Result<Self, RedirectUriError> {
        let url = address::parse(text)?;
        let query = Form::from_query(url.query().unwrap_or_default());
        let query = query.map_err(|_| RedirectUriError::Address(AddressError::Malformed))?;
        if OURS.iter().any(|name| query.contains(name)) {
            return Err(RedirectUriError::Answered);
        }
        Ok(Self(text.to_owned()))
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Host and port, for people who are to know where they go back to.
    #[must_use]
    pub fn host(&self) -> String {
        let Ok(url) = Url::parse(&self.0) else { return String::new() };
        let host = url.host_str().unwrap_or_default();
        url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"))
    }

    fn with(&self, parameters: &[(&str, &str)]) -> String {
        let mut answered = self.0.clone();
        answered.push(match self.0.split_once('?') {
            None => '?',
            Some((_, query)) if query.is_empty() || query.ends_with('&') => {
                return answered + &form::encode(parameters.iter().copied());
            }
            Some(_) => '&',
        });
        answered + &form::encode(parameters.iter().copied())
    }
}

impl fmt::Debug for RedirectUri {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The path may name an attempt of a person's.
        write!(formatter, "RedirectUri({})", self.host())
    }
}

/// Why nobody gets a code, as the wallet is told (RFC 6749 §4.1.2.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Denial {
    /// The person does not want to.
    Cancelled,
    /// The person was refused, or time was up.
    Refused,
    /// Our side failed.
    Failed,
}

impl Denial {
    /// The error code.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Cancelled | Self::Refused => "access_denied",
            Self::Failed => "server_error",
        }
    }

    const fn sentence(self) -> &'static str {
        match self {
            Self::Cancelled => "the person went back",
            Self::Refused => "the person was not given this",
            Self::Failed => "the server failed; try again",
        }
    }
}

/// Whom an answer goes to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReturnTo {
    /// Where.
    pub redirect_uri: RedirectUri,
    /// What the wallet knows its attempt by.
    pub state: Option<String>,
}

impl ReturnTo {
    /// Where the browser goes with a code of the server `issuer`.
    #[must_use]
    pub fn with_code(&self, code: &SecretText, issuer: &str) -> String {
        self.with(vec![("code", code.expose())], issuer)
    }

    /// Where the browser goes without one.
    #[must_use]
    pub fn denied(&self, denial: Denial, issuer: &str) -> String {
        self.with(vec![("error", denial.code()), ("error_description", denial.sentence())], issuer)
    }

    /// RFC 9207 §2: the server is named in answers of both kinds.
    fn with<'a>(&'a self, mut parameters: Vec<(&'a str, &'a str)>, issuer: &'a str) -> String {
        parameters.extend(self.state.as_deref().map(|state| ("state", state)));
        parameters.push(("iss", issuer));
        self.redirect_uri.with(&parameters)
    }
}

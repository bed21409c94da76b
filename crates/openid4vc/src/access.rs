//! The `Authorization` header of a protected endpoint, and its refusals (RFC 6750 §3, RFC 9449 §7).

use std::fmt;

use crate::dpop::DpopError;
use crate::secret::SecretText;

/// How an access token was presented.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scheme {
    /// RFC 6750.
    Bearer,
    /// RFC 9449 §7.1.
    Dpop,
}

impl Scheme {
    /// The scheme's name, also the `token_type`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Bearer => "Bearer",
            Self::Dpop => "DPoP",
        }
    }
}

/// An access token as it was presented, not yet known to be one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Presented {
    /// How.
    pub scheme: Scheme,
    /// The token.
    pub token: SecretText,
}

/// Why a protected endpoint turns a request away before looking at it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AccessError {
    /// No access token, or one under a scheme that is not spoken.
    #[error("an access token is needed")]
    Missing,
    /// More than one `Authorization` header.
    #[error("more than one access token was given")]
    Repeated,
    /// The token is malformed, unknown, expired or used up.
    #[error("the access token is unknown or has expired")]
    InvalidToken,
    /// A token that is bound to a key was presented without DPoP, or the other way round.
    #[error("the access token was presented under the wrong scheme")]
    WrongScheme,
    /// The DPoP proof is missing or wrong.
    #[error("{0}")]
    Dpop(#[from] DpopError),
}

impl AccessError {
    /// The error code of RFC 6750 §3.1 or RFC 9449 §7.1.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Repeated => "invalid_request",
            Self::Missing | Self::InvalidToken | Self::WrongScheme => "invalid_token",
            Self::Dpop(error) => error.code(),
        }
    }

    /// The HTTP status.
    #[must_use]
    pub const fn status(&self) -> u16 {
        match self {
            Self::Repeated => 400,
            _ => 401,
        }
    }

    /// The JSON body.
    #[must_use]
    pub fn body(&self) -> String {
        crate::http::error_body(self.code(), self)
    }

    /// The value of `WWW-Authenticate`.
    #[must_use]
    pub fn challenge(&self) -> String {
        const ALGORITHMS: &str = "DPoP algs=\"ES256 EdDSA\"";
        match self {
            // RFC 6750 §3.1: without authentication there is no error code.
            Self::Missing => format!("Bearer, {ALGORITHMS}"),
            Self::Dpop(_) => format!("{ALGORITHMS}, error=\"{}\"", self.code()),
            _ => format!("Bearer error=\"{0}\", {ALGORITHMS}, error=\"{0}\"", self.code()),
        }
    }
}

impl Presented {
    /// Reads the `Authorization` headers of a request.
    ///
    /// # Errors
    /// [`AccessError::Missing`], [`AccessError::Repeated`], [`AccessError::InvalidToken`].
    pub fn parse<'a>(headers: impl IntoIterator<Item = &'a str>) -> Result<Self, AccessError> {
        let mut headers = headers.into_iter();
        let header = headers.next().ok_or(AccessError::Missing)?;
        if headers.next().is_some() {
            return Err(AccessError::Repeated);
        }
        let (scheme, token) = header.split_once(' ').unwrap_or((header, ""));
        let scheme = [Scheme::Bearer, Scheme::Dpop]
            .into_iter()
            .find(|known| known.name().eq_ignore_ascii_case(scheme))
            .ok_or(AccessError::Missing)?;
        let token = token.trim_matches(' ');
        // RFC 6750 §2.1: the characters of a b64token.
        let fits = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~+/=".contains(&byte);
        if token.is_empty() || token.len() > 8_192 || !token.bytes().all(fits) {
            return Err(AccessError::InvalidToken);
        }
        Ok(Self { scheme, token: SecretText::new(token) })
    }

    /// The header that presents this token.
    #[must_use]
    pub fn header(&self) -> String {
        format!("{} {}", self.scheme.name(), self.token.expose())
    }
}

impl fmt::Display for Scheme {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_read_with_its_scheme() {
        let presented = Presented::parse(["dpop abc.def"]).unwrap();
        assert_eq!((presented.scheme, presented.token.expose()), (Scheme::Dpop, "abc.def"));
        assert_eq!(presented.header(), "DPoP abc.def");
        assert_eq!(Presented::parse(["Bearer x"]).unwrap().scheme, Scheme::Bearer);
    }

    #[test]
    fn a_request_without_a_usable_token_gets_a_401() {
        assert_eq!(Presented::parse([]), Err(AccessError::Missing));
        assert_eq!(Presented::parse(["Basic abc"]), Err(AccessError::Missing));
        assert_eq!(Presented::parse(["Bearer "]), Err(AccessError::InvalidToken));
        assert_eq!(Presented::parse(["Bearer a b"]), Err(AccessError::InvalidToken));
        assert_eq!(Presented::parse(["Bearer a", "Bearer a"]), Err(AccessError::Repeated));
        assert_eq!(AccessError::Missing.status(), 401);
        assert!(!AccessError::Missing.challenge().contains("error"));
        assert!(AccessError::InvalidToken.challenge().contains("error=\"invalid_token\""));
    }
}

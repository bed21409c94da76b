//! The token endpoint (OpenID4VCI 1.0 §6).

use std::collections::BTreeMap;

use jose::json;
use serde_json::{Map, Value, json};

use super::offer::PRE_AUTHORIZED_CODE;
use crate::access::Scheme;
use crate::dpop::DpopError;
use crate::form::{Form, FormError};
use crate::http;
use crate::secret::SecretText;

/// Why no token is given.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TokenError {
    /// The body is no form with each parameter once.
    #[error("the token request cannot be read: {0}")]
    Form(#[from] FormError),
    /// A parameter is missing, empty or malformed.
    #[error("{0} is missing or malformed")]
    Parameter(&'static str),
    /// The grant is another one.
    #[error("only the pre-authorised code grant is spoken")]
    UnsupportedGrantType,
    /// A transaction code is needed and there is none.
    #[error("this offer needs its transaction code")]
    TxCodeMissing,
    /// A transaction code came although none is expected.
    #[error("this offer has no transaction code")]
    TxCodeUnexpected,
    /// The code is unknown, used, expired or dead after too many wrong transaction codes.
    #[error("the code is unknown, used or expired")]
    InvalidCode,
    /// The transaction code is wrong.
    #[error("the transaction code is wrong")]
    WrongTxCode,
    /// `authorization_details` asks for what the offer does not hold.
    #[error("authorization_details asks for something outside the offer")]
    AuthorizationDetails,
    /// The DPoP proof is wrong.
    #[error("{0}")]
    Dpop(#[from] DpopError),
}

impl TokenError {
    /// The error code (§6.3, RFC 6749 §5.2, RFC 9396 §5, RFC 9449 §5).
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Form(_) | Self::Parameter(_) | Self::TxCodeMissing | Self::TxCodeUnexpected => {
                "invalid_request"
            }
            Self::UnsupportedGrantType => "unsupported_grant_type",
            // The codes of 1.1 would tell a guesser which of the two was wrong; 1.0 has one for both.
            Self::InvalidCode | Self::WrongTxCode => "invalid_grant",
            Self::AuthorizationDetails => "invalid_authorization_details",
            Self::Dpop(DpopError::NonceNeeded) => "use_dpop_nonce",
            Self::Dpop(_) => "invalid_dpop_proof",
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

/// A token request. Unknown parameters are ignored.
#[derive(Clone, Debug)]
pub struct TokenRequest {
    /// The pre-authorised code.
    pub code: SecretText,
    /// The transaction code, if one came.
    pub tx_code: Option<SecretText>,
    /// How the wallet names itself; nothing is concluded from it.
    pub client_id: Option<String>,
    /// The configurations named in `authorization_details`, if it was used.
    pub authorization_details: Option<Vec<String>>,
}

impl TokenRequest {
    /// Reads a request body.
    ///
    /// # Errors
    /// [`TokenError::Form`], [`TokenError::Parameter`], [`TokenError::UnsupportedGrantType`],
    /// [`TokenError::AuthorizationDetails`].
    pub fn parse(content_type: Option<&str>, body: &[u8]) -> Result<Self, TokenError> {
        let form = Form::parse(content_type, body)?;
        match form.get("grant_type") {
            None | Some("") => return Err(TokenError::Parameter("grant_type")),
            Some(PRE_AUTHORIZED_CODE) => {}
            Some(_) => return Err(TokenError::UnsupportedGrantType),
        }
        let code = form.get("pre-authorized_code").filter(|code| !code.is_empty() && code.len() <= 1_024);
        let tx_code = match form.get("tx_code") {
            None => None,
            Some(text) if text.is_empty() || text.len() > 256 => {
                return Err(TokenError::Parameter("tx_code"));
            }
            Some(text) => Some(SecretText::new(text)),
        };
        Ok(Self {
            code: SecretText::new(code.ok_or(TokenError::Parameter("pre-authorized_code"))?),
            tx_code,
            client_id: form.get("client_id").map(str::to_owned),
            authorization_details: form
                .get("authorization_details")
                .map(authorization_details)
                .transpose()?,
        })
    }
}

/// RFC 9396 §2; §6.1.1: each object names a configuration of the offer.
fn authorization_details(text: &str) -> Result<Vec<String>, TokenError> {
    let malformed = || TokenError::AuthorizationDetails;
    let details = json::parse(text).map_err(|_| malformed())?;
    let details = details.as_array().filter(|details| !details.is_empty()).ok_or_else(malformed)?;
    details
        .iter()
        .map(|detail| {
            let member = |name: &str| detail.get(name).and_then(Value::as_str);
            if member("type") != Some("openid_credential") {
                return Err(malformed());
            }
            member("credential_configuration_id").map(str::to_owned).ok_or_else(malformed)
        })
        .collect()
}

/// A token response, as it is sent and as it is read.
#[derive(Clone, Debug)]
pub struct TokenResponse {
    /// The access token.
    pub access_token: SecretText,
    /// How it is to be presented.
    pub scheme: Scheme,
    /// For how many seconds it may be used, if the server says.
    pub expires_in: Option<u64>,
    /// Identifiers to be used in credential requests, a list for each configuration; empty: use the configuration.
    pub identifiers: BTreeMap<String, Vec<String>>,
}

impl TokenResponse {
    /// The JSON body; it goes out with `Cache-Control: no-store`.
    #[must_use]
    pub fn to_value(&self) -> Value {
        let mut value = json!({"access_token": self.access_token.expose(), "token_type": self.scheme.name()});
        if let Value::Object(members) = &mut value {
            if let Some(seconds) = self.expires_in {
                members.insert("expires_in".to_owned(), Value::from(seconds));
            }
            if !self.identifiers.is_empty() {
                let details = self.identifiers.iter().map(|(configuration, identifiers)| {
                    json!({
                        "type": "openid_credential",
                        "credential_configuration_id": configuration,
                        "credential_identifiers": identifiers,
                    })
                });
                members.insert("authorization_details".to_owned(), details.collect());
            }
        }
        value
    }

    /// Reads the members; the leftovers of drafts (`c_nonce`) are ignored. `None` when it cannot be used.
    #[must_use]
    pub fn from_object(members: &Map<String, Value>) -> Option<Self> {
        let token = members.get("access_token").and_then(Value::as_str).filter(|token| !token.is_empty())?;
        let token_type = members.get("token_type").and_then(Value::as_str)?;
        let scheme = [Scheme::Bearer, Scheme::Dpop]
            .into_iter()
            .find(|scheme| scheme.name().eq_ignore_ascii_case(token_type))?;
        let expires_in = match members.get("expires_in") {
            None => None,
            Some(seconds) => Some(seconds.as_u64()?),
        };
        let identifiers = match members.get("authorization_details") {
            None => BTreeMap::new(),
            Some(details) => identifiers(details)?,
        };
        // The token goes into a header.
        let fits = token.bytes().all(|byte| byte.is_ascii_graphic()) && token.len() <= 1 << 14;
        fits.then(|| Self { access_token: SecretText::new(token), scheme, expires_in, identifiers })
    }
}

fn identifiers(details: &Value) -> Option<BTreeMap<String, Vec<String>>> {
    let mut identifiers = BTreeMap::new();
    for detail in details.as_array()? {
        if detail.get("type").and_then(Value::as_str) != Some("openid_credential") {
            continue;
        }
        let configuration = detail.get("credential_configuration_id")?.as_str()?;
        let listed = detail.get("credential_identifiers")?.as_array()?;
        let listed: Vec<String> =
            listed.iter().map(|one| one.as_str().map(str::to_owned)).collect::<Option<_>>()?;
        if listed.is_empty() {
            return None;
        }
        identifiers.insert(configuration.to_owned(), listed);
    }
    Some(identifiers)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::form;

    fn read(parameters: &[(&str, &str)]) -> Result<TokenRequest, TokenError> {
        let body = form::encode(parameters.iter().copied());
        TokenRequest::parse(Some(form::MEDIA_TYPE), body.as_bytes())
    }

    const GRANT: (&str, &str) = ("grant_type", PRE_AUTHORIZED_CODE);
    const CODE: (&str, &str) = ("pre-authorized_code", "code");

    #[test]
    fn a_request_is_read_and_unknown_parameters_are_ignored() {
        let request =
            read(&[GRANT, CODE, ("tx_code", "1234"), ("unheard_of", "x"), ("resource", "y")]).unwrap();
        assert_eq!(request.code.expose(), "code");
        assert_eq!(request.tx_code.unwrap().expose(), "1234");
    }

    #[test]
    fn what_is_missing_or_twice_is_an_invalid_request() {
        for (parameters, missing) in [
            (vec![CODE], "grant_type"),
            (vec![GRANT], "pre-authorized_code"),
            (vec![GRANT, CODE, ("tx_code", "")], "tx_code"),
        ] {
            let error = read(&parameters).unwrap_err();
            assert_eq!(error, TokenError::Parameter(missing));
            assert_eq!((error.code(), error.status()), ("invalid_request", 400));
        }
        assert_eq!(read(&[GRANT, CODE, CODE]).unwrap_err(), TokenError::Form(FormError::Repeated));
        let json = TokenRequest::parse(Some("application/json"), b"{}").unwrap_err();
        assert_eq!(json.code(), "invalid_request");
    }

    #[test]
    fn another_grant_is_unsupported() {
        for grant in ["authorization_code", "urn:example:grant"] {
            let error = read(&[("grant_type", grant), CODE]).unwrap_err();
            assert_eq!((&error, error.code()), (&TokenError::UnsupportedGrantType, "unsupported_grant_type"));
        }
    }

    #[test]
    fn authorization_details_name_configurations() {
        let details = r#"[{"type":"openid_credential","credential_configuration_id":"passport"}]"#;
        let request = read(&[GRANT, CODE, ("authorization_details", details)]).unwrap();
        assert_eq!(request.authorization_details, Some(vec!["passport".to_owned()]));
        for wrong in ["[]", "{}", "x", r#"[{"type":"other"}]"#, r#"[{"type":"openid_credential"}]"#] {
            let error = read(&[GRANT, CODE, ("authorization_details", wrong)]).unwrap_err();
            assert_eq!(error, TokenError::AuthorizationDetails, "{wrong}");
        }
    }

    fn response(value: Value) -> Option<TokenResponse> {
        TokenResponse::from_object(value.as_object().unwrap())
    }

    #[test]
    fn a_response_is_read_back_and_draft_leftovers_are_ignored() {
        let mut value = TokenResponse {
            access_token: SecretText::new("token"),
            scheme: Scheme::Dpop,
            expires_in: Some(60),
            identifiers: BTreeMap::from([("passport".to_owned(), vec!["passport-1".to_owned()])]),
        }
        .to_value();
        value["c_nonce"] = json!("draft");
        let read = response(value).unwrap();
        assert_eq!(
            (read.access_token.expose(), read.scheme, read.expires_in),
            ("token", Scheme::Dpop, Some(60))
        );
        assert_eq!(read.identifiers["passport"], ["passport-1"]);
    }

    #[test]
    fn a_response_without_a_usable_token_is_refused() {
        assert!(response(json!({"access_token": "t", "token_type": "bearer"})).is_some());
        for wrong in [
            json!({"token_type": "bearer"}),
            json!({"access_token": "t"}),
            json!({"access_token": "t", "token_type": "mac"}),
            json!({"access_token": "t\r\nx: y", "token_type": "bearer"}),
            json!({"access_token": "t", "token_type": "bearer", "authorization_details": [{"type": "openid_credential"}]}),
        ] {
            assert!(response(wrong).is_none());
        }
    }
}

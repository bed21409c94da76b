//! The token endpoint (OpenID4VCI 1.0 §6).

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::attestation::AttestationError;
use super::authorization::details;
use super::offer::{AUTHORIZATION_CODE, PRE_AUTHORIZED_CODE};
use super::pkce::{PkceError, Verifier};
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
    #[error("only the grants of codes, pre-authorised or asked for, are spoken")]
    UnsupportedGrantType,
    /// `code_verifier` is malformed (RFC 7636 §4.1).
    #[error("{0}")]
    Pkce(#[from] PkceError),
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
    /// The code was given to another client, for another `redirect_uri`, or to whoever knows another verifier
    /// (RFC 6749 §4.1.3, RFC 7636 §4.6).
    #[error("the code was given out for another client_id, redirect_uri or code_verifier")]
    OtherAuthorization,
    /// `authorization_details` asks for what was not offered or authorised.
    #[error("authorization_details asks for something that was not offered or authorised")]
    AuthorizationDetails,
    /// The DPoP proof is wrong.
    #[error("{0}")]
    Dpop(#[from] DpopError),
    /// The wallet is not attested as it must be.
    #[error("{0}")]
    Attestation(#[from] AttestationError),
}

impl TokenError {
    /// The error code (§6.3, RFC 6749 §5.2, RFC 9396 §5, RFC 9449 §5).
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Form(_)
            | Self::Parameter(_)
            | Self::Pkce(_)
            | Self::TxCodeMissing
            | Self::TxCodeUnexpected => "invalid_request",
            Self::UnsupportedGrantType => "unsupported_grant_type",
            // The codes of 1.1 would tell a guesser which of the two was wrong; 1.0 has one for both.
            Self::InvalidCode | Self::WrongTxCode | Self::OtherAuthorization => "invalid_grant",
            Self::AuthorizationDetails => "invalid_authorization_details",
            Self::Dpop(DpopError::NonceNeeded) => "use_dpop_nonce",
            Self::Dpop(_) => "invalid_dpop_proof",
            Self::Attestation(error) => error.code(),
        }
    }

    /// The HTTP status.
    #[must_use]
    pub const fn status(&self) -> u16 {
        match self {
            Self::Attestation(error) => error.status(),
            _ => 400,
        }
    }

    /// The JSON body.
    #[must_use]
    pub fn body(&self) -> String {
        http::error_body(self.code(), self)
    }
}

/// What goes with a code.
#[derive(Clone, Debug)]
pub enum TokenGrant {
    /// The code was in an offer (OpenID4VCI 1.0 §6.1).
    PreAuthorized {
        /// The transaction code, if one came.
        tx_code: Option<SecretText>,
    },
    /// The code came back from the authorisation endpoint (RFC 6749 §4.1.3).
    AuthorizationCode {
        /// Where it came back, as text.
        redirect_uri: String,
        /// The verifier (RFC 7636 §4.5).
        verifier: Verifier,
    },
}

/// A token request. Unknown parameters are ignored.
#[derive(Clone, Debug)]
pub struct TokenRequest {
    /// The code.
    pub code: SecretText,
    /// What goes with it.
    pub grant: TokenGrant,
    /// How the wallet names itself; with a pre-authorised code nothing is concluded from it.
    pub client_id: Option<String>,
    /// The configurations named in `authorization_details`, if it was used.
    pub authorization_details: Option<Vec<String>>,
}

impl TokenRequest {
    /// Reads a request body.
    ///
    /// # Errors
    /// [`TokenError::Form`], [`TokenError::Parameter`], [`TokenError::Pkce`], [`TokenError::UnsupportedGrantType`],
    /// [`TokenError::AuthorizationDetails`].
    pub fn parse(content_type: Option<&str>, body: &[u8]) -> Result<Self, TokenError> {
        let form = Form::parse(content_type, body)?;
        let (code, grant) = match form.get("grant_type") {
            None | Some("") => return Err(TokenError::Parameter("grant_type")),
            Some(PRE_AUTHORIZED_CODE) => ("pre-authorized_code", pre_authorized(&form)?),
            Some(AUTHORIZATION_CODE) => ("code", authorization_code(&form)?),
            Some(_) => return Err(TokenError::UnsupportedGrantType),
        };
        let details = form.get("authorization_details").map(details::configurations).transpose();
        Ok(Self {
            code: SecretText::new(bounded(&form, code, 1_024)?),
            grant,
            client_id: form.get("client_id").map(str::to_owned),
            authorization_details: details.map_err(|_| TokenError::AuthorizationDetails)?,
        })
    }

    /// Whether the code was asked for at the authorisation endpoint.
    #[must_use]
    pub const fn is_by_authorization(&self) -> bool {
        matches!(self.grant, TokenGrant::AuthorizationCode { .. })
    }
}

fn pre_authorized(form: &Form) -> Result<TokenGrant, TokenError> {
    let tx_code = form.contains("tx_code").then(|| bounded(form, "tx_code", 256)).transpose()?;
    Ok(TokenGrant::PreAuthorized { tx_code: tx_code.map(SecretText::new) })
}

/// A wallet that does not authenticate names itself, and the address is that of the authorisation request
/// (RFC 6749 §4.1.3).
fn authorization_code(form: &Form) -> Result<TokenGrant, TokenError> {
    let _ = bounded(form, "client_id", 1_024)?;
    let redirect_uri = bounded(form, "redirect_uri", crate::address::LONGEST)?.to_owned();
    let verifier = form.get("code_verifier").ok_or(TokenError::Parameter("code_verifier"))?;
    Ok(TokenGrant::AuthorizationCode { redirect_uri, verifier: Verifier::parse(verifier)? })
}

fn bounded<'a>(form: &'a Form, name: &'static str, longest: usize) -> Result<&'a str, TokenError> {
    let given = form.get(name).filter(|text| !text.is_empty() && text.len() <= longest);
    given.ok_or(TokenError::Parameter(name))
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

/// The most identifiers that a response gives: each is a request of its own, with proofs by all keys.
const MOST_IDENTIFIERS: usize = 16;

fn identifiers(details: &Value) -> Option<BTreeMap<String, Vec<String>>> {
    let mut identifiers = BTreeMap::new();
    let mut given = 0_usize;
    for detail in details.as_array()? {
        if detail.get("type").and_then(Value::as_str) != Some("openid_credential") {
            continue;
        }
        let configuration = detail.get("credential_configuration_id")?.as_str()?;
        let listed = detail.get("credential_identifiers")?.as_array()?;
        given = given.saturating_add(listed.len());
        if given > MOST_IDENTIFIERS {
            return None;
        }
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
        let TokenGrant::PreAuthorized { tx_code: Some(tx_code) } = request.grant else { panic!() };
        assert_eq!(tx_code.expose(), "1234");
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
        for grant in ["client_credentials", "refresh_token", "urn:example:grant"] {
            let error = read(&[("grant_type", grant), CODE]).unwrap_err();
            assert_eq!((&error, error.code()), (&TokenError::UnsupportedGrantType, "unsupported_grant_type"));
        }
    }

    const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";

    /// A request with a code that was asked for, with one parameter otherwise, or without it.
    fn asked_for(name: &str, value: Option<&str>) -> Result<TokenRequest, TokenError> {
        let honest = [
            ("grant_type", AUTHORIZATION_CODE),
            ("code", "code"),
            ("client_id", "wallet"),
            ("redirect_uri", "https://wallet.example/back"),
            ("code_verifier", VERIFIER),
        ];
        let others = honest.into_iter().filter(|(known, _)| *known != name);
        let parameters: Vec<_> = others.chain(value.map(|value| (name, value))).collect();
        read(&parameters)
    }

    #[test]
    fn a_code_that_was_asked_for_comes_with_client_address_and_verifier() {
        let request = asked_for("unheard_of", Some("x")).unwrap();
        let TokenGrant::AuthorizationCode { redirect_uri, verifier } = &request.grant else { panic!() };
        assert_eq!((redirect_uri.as_str(), verifier.expose()), ("https://wallet.example/back", VERIFIER));
        assert!(request.is_by_authorization());
        for missing in ["code", "client_id", "redirect_uri", "code_verifier"] {
            let error = asked_for(missing, None).unwrap_err();
            assert_eq!((&error, error.code()), (&TokenError::Parameter(missing), "invalid_request"));
        }
        for empty in ["code", "client_id", "redirect_uri"] {
            assert_eq!(asked_for(empty, Some("")).unwrap_err(), TokenError::Parameter(empty));
        }
        let short = asked_for("code_verifier", Some("short")).unwrap_err();
        assert_eq!(
            (&short, short.code()),
            (&TokenError::Pkce(PkceError::VerifierMalformed), "invalid_request")
        );
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
    fn a_response_gives_sixteen_identifiers_at_most_in_all_its_details() {
        let given = |counts: &[usize]| {
            let details: Vec<Value> = counts
                .iter()
                .enumerate()
                .map(|(number, count)| {
                    json!({"type": "openid_credential", "credential_configuration_id": format!("c{number}"),
                        "credential_identifiers": vec!["x"; *count]})
                })
                .collect();
            response(json!({"access_token": "t", "token_type": "bearer", "authorization_details": details}))
        };
        assert!(given(&[16]).is_some() && given(&[8, 8]).is_some());
        for too_many in [&[17][..], &[8, 9], &[1; 17], &[200_000]] {
            assert!(given(too_many).is_none(), "{} details", too_many.len());
        }
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

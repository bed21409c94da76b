//! Metadata of an OAuth 2.0 authorisation server (RFC 8414).

use serde_json::{Map, Value, json};

use super::attestation;
use super::metadata::MetadataError;
use super::offer::{AUTHORIZATION_CODE, PRE_AUTHORIZED_CODE};
use super::pkce;
use crate::address;
use crate::http::{Request, Response};

/// Where it is, between host and path of the issuer.
pub const WELL_KNOWN: &str = "oauth-authorization-server";
/// The client authentication of a wallet that has none.
pub const NO_AUTHENTICATION: &str = "none";

/// How the authorisation code flow is reached (RFC 6749 §4.1 with RFC 9126, RFC 7636 and RFC 9207).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CodeFlow {
    /// Where the person's browser goes.
    pub authorization_endpoint: String,
    /// Where requests are pushed; without it, requests travel through the browser.
    pub pushed_endpoint: Option<String>,
    /// Whether requests must be pushed.
    pub is_pushing_required: bool,
    /// Whether answers name the server in `iss` (RFC 9207 §3).
    pub names_issuer: bool,
    /// Whether `S256` is among the challenge methods.
    pub takes_s256: bool,
    /// `scopes_supported`.
    pub scopes: Vec<String>,
}

impl CodeFlow {
    /// Reads it; `None` where the server has no authorisation endpoint or does not grant codes.
    fn from_object(members: &Map<String, Value>) -> Result<Option<Self>, MetadataError> {
        let address = |name: &'static str| match members.get(name) {
            None => Ok(None),
            Some(text) => {
                let text = text.as_str().ok_or(MetadataError::Member(name))?;
                address::parse(text)?;
                Ok::<_, MetadataError>(Some(text.to_owned()))
            }
        };
        let flag = |name: &str| members.get(name).and_then(Value::as_bool).unwrap_or(false);
        let names = |member: &'static str| super::metadata::texts(members, member);
        // RFC 8414 §2: without the member, codes are granted.
        let grants = names("grant_types_supported")?;
        let Some(authorization_endpoint) = address("authorization_endpoint")? else { return Ok(None) };
        if !grants.is_empty() && !grants.iter().any(|grant| grant == AUTHORIZATION_CODE) {
            return Ok(None);
        }
        Ok(Some(Self {
            authorization_endpoint,
            pushed_endpoint: address("pushed_authorization_request_endpoint")?,
            is_pushing_required: flag("require_pushed_authorization_requests"),
            names_issuer: flag("authorization_response_iss_parameter_supported"),
            takes_s256: names("code_challenge_methods_supported")?.iter().any(|name| name == pkce::METHOD),
            scopes: names("scopes_supported")?,
        }))
    }

    fn put_into(&self, members: &mut Map<String, Value>) {
        let mut put = |name: &str, value: Value| drop(members.insert(name.to_owned(), value));
        put("authorization_endpoint", json!(self.authorization_endpoint));
        put("grant_types_supported", json!([AUTHORIZATION_CODE, PRE_AUTHORIZED_CODE]));
        put("response_types_supported", json!(["code"]));
        put("response_modes_supported", json!(["query"]));
        put("authorization_response_iss_parameter_supported", json!(self.names_issuer));
        put("authorization_details_types_supported", json!(["openid_credential"]));
        if let Some(endpoint) = &self.pushed_endpoint {
            put("pushed_authorization_request_endpoint", json!(endpoint));
            put("require_pushed_authorization_requests", json!(self.is_pushing_required));
        }
        if self.takes_s256 {
            put("code_challenge_methods_supported", json!([pkce::METHOD]));
        }
        if !self.scopes.is_empty() {
            put("scopes_supported", json!(self.scopes));
        }
    }
}

/// What a wallet needs to know of an authorisation server, and what ours says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServerMetadata {
    /// Its identifier.
    pub issuer: String,
    /// The token endpoint.
    pub token_endpoint: String,
    /// Whether a wallet need not name itself (OpenID4VCI 1.0 §12.3).
    pub anonymous_access: bool,
    /// Algorithms for DPoP; empty: not spoken.
    pub dpop_algorithms: Vec<String>,
    /// How wallets may authenticate at the token endpoint (RFC 8414 §2).
    pub client_authentication: Vec<String>,
    /// Where an attested wallet gets a challenge for its proof (attestation-based client authentication, draft -07).
    pub challenge_endpoint: Option<String>,
    /// The authorisation code flow, where the server has one.
    pub code_flow: Option<CodeFlow>,
}

impl ServerMetadata {
    /// The request for the metadata of `issuer`.
    ///
    /// # Errors
    /// [`MetadataError::Address`].
    pub fn request(issuer: &str) -> Result<Request, MetadataError> {
        Ok(Request::get(address::well_known(issuer, WELL_KNOWN)?, "application/json"))
    }

    /// Reads the answer; `issuer` must be the same text (RFC 8414 §3.3).
    ///
    /// # Errors
    /// See [`MetadataError`].
    pub fn from_response(response: &Response, issuer: &str) -> Result<Self, MetadataError> {
        Self::from_object(&response.ok_object()?, issuer)
    }

    fn from_object(members: &Map<String, Value>, issuer: &str) -> Result<Self, MetadataError> {
        if members.get("issuer").and_then(Value::as_str) != Some(issuer) {
            return Err(MetadataError::OtherIssuer);
        }
        let token_endpoint = members
            .get("token_endpoint")
            .and_then(Value::as_str)
            .ok_or(MetadataError::Member("token_endpoint"))?;
        address::parse(token_endpoint)?;
        let names = |member: &'static str| super::metadata::texts(members, member);
        Ok(Self {
            issuer: issuer.to_owned(),
            token_endpoint: token_endpoint.to_owned(),
            anonymous_access: members
                .get("pre-authorized_grant_anonymous_access_supported")
                .and_then(Value::as_bool)
                .unwrap_or(false),
            dpop_algorithms: names("dpop_signing_alg_values_supported")?,
            client_authentication: names("token_endpoint_auth_methods_supported")?,
            challenge_endpoint: challenge_endpoint(members)?,
            code_flow: CodeFlow::from_object(members)?,
        })
    }

    /// The metadata as JSON.
    #[must_use]
    pub fn to_value(&self) -> Value {
        let mut value = json!({
            "issuer": self.issuer,
            "token_endpoint": self.token_endpoint,
            "grant_types_supported": [PRE_AUTHORIZED_CODE],
            "response_types_supported": [],
            "token_endpoint_auth_methods_supported": self.client_authentication,
            "pre-authorized_grant_anonymous_access_supported": self.anonymous_access,
        });
        if let Value::Object(members) = &mut value {
            if !self.dpop_algorithms.is_empty() {
                members.insert("dpop_signing_alg_values_supported".to_owned(), json!(self.dpop_algorithms));
            }
            if let Some(code_flow) = &self.code_flow {
                code_flow.put_into(members);
            }
            self.put_attestation_into(members);
        }
        value
    }

    /// The draft's §10.1: both lists must be there where the method is.
    fn put_attestation_into(&self, members: &mut Map<String, Value>) {
        if self.client_authentication.iter().any(|method| method == attestation::METHOD) {
            let algorithms: Vec<&str> = jose::Algorithm::ALL.iter().map(|one| one.name()).collect();
            for name in ["client_attestation", "client_attestation_pop"] {
                members.insert(format!("{name}_signing_alg_values_supported"), json!(algorithms));
            }
        }
        if let Some(endpoint) = &self.challenge_endpoint {
            members.insert("challenge_endpoint".to_owned(), json!(endpoint));
        }
    }
}

fn challenge_endpoint(members: &Map<String, Value>) -> Result<Option<String>, MetadataError> {
    let Some(endpoint) = members.get("challenge_endpoint") else { return Ok(None) };
    let endpoint = endpoint.as_str().ok_or(MetadataError::Member("challenge_endpoint"))?;
    address::parse(endpoint)?;
    Ok(Some(endpoint.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    const ISSUER: &str = "https://office.example/a";

    fn read(value: &Value) -> Result<ServerMetadata, MetadataError> {
        ServerMetadata::from_object(value.as_object().unwrap(), ISSUER)
    }

    fn metadata() -> ServerMetadata {
        ServerMetadata {
            issuer: ISSUER.to_owned(),
            token_endpoint: "https://office.example/token".to_owned(),
            anonymous_access: true,
            dpop_algorithms: vec!["ES256".to_owned()],
            client_authentication: vec![NO_AUTHENTICATION.to_owned()],
            challenge_endpoint: None,
            code_flow: None,
        }
    }

    fn with_code_flow() -> ServerMetadata {
        let code_flow = CodeFlow {
            authorization_endpoint: "https://office.example/authorize".to_owned(),
            pushed_endpoint: Some("https://office.example/par".to_owned()),
            is_pushing_required: true,
            names_issuer: true,
            takes_s256: true,
            scopes: vec!["passport".to_owned()],
        };
        ServerMetadata { code_flow: Some(code_flow), ..metadata() }
    }

    #[test]
    fn the_authorisation_code_flow_is_read_back_and_is_none_where_it_is_not_granted() {
        assert_eq!(read(&with_code_flow().to_value()).unwrap(), with_code_flow());
        let mut ungranted = with_code_flow().to_value();
        ungranted["grant_types_supported"] = json!([PRE_AUTHORIZED_CODE]);
        assert_eq!(read(&ungranted).unwrap().code_flow, None);
        let mut unsaid = with_code_flow().to_value();
        unsaid.as_object_mut().unwrap().remove("grant_types_supported");
        assert!(read(&unsaid).unwrap().code_flow.is_some());
        let mut plain = with_code_flow().to_value();
        plain["code_challenge_methods_supported"] = json!(["plain"]);
        assert!(!read(&plain).unwrap().code_flow.unwrap().takes_s256);
    }

    #[test]
    fn an_address_of_the_flow_that_is_none_of_ours_is_refused() {
        for name in ["authorization_endpoint", "pushed_authorization_request_endpoint"] {
            let mut wrong = with_code_flow().to_value();
            wrong[name] = json!("http://office.example/x");
            assert!(matches!(read(&wrong), Err(MetadataError::Address(_))), "{name}");
            wrong[name] = json!(1);
            assert_eq!(read(&wrong), Err(MetadataError::Member(name)));
        }
    }

    #[test]
    fn what_is_written_is_read_back() {
        assert_eq!(read(&metadata().to_value()).unwrap(), metadata());
        let request = ServerMetadata::request(ISSUER).unwrap();
        assert_eq!(request.url, "https://office.example/.well-known/oauth-authorization-server/a");
    }

    #[test]
    fn anonymous_access_is_off_unless_it_is_said_to_be_on() {
        let name = "pre-authorized_grant_anonymous_access_supported";
        let read_with = |value: Option<Value>| {
            let mut written = metadata().to_value();
            written.as_object_mut().unwrap().remove(name);
            if let Some(value) = value {
                written[name] = value;
            }
            read(&written).map(|read| read.anonymous_access)
        };
        assert_eq!(metadata().to_value()[name], true);
        assert_eq!(read_with(None), Ok(false));
        assert_eq!(read_with(Some(json!(true))), Ok(true));
        for other in [json!(false), json!("true"), json!(1), Value::Null] {
            assert_ne!(read_with(Some(other.clone())), Ok(true), "{other}");
        }
    }

    #[test]
    fn another_issuer_or_address_is_refused() {
        let with = |name: &str, value: Value| {
            let mut metadata = metadata().to_value();
            metadata[name] = value;
            read(&metadata)
        };
        assert_eq!(with("issuer", json!("https://office.example/a/")), Err(MetadataError::OtherIssuer));
        assert!(matches!(
            with("token_endpoint", json!("http://office.example")),
            Err(MetadataError::Address(_))
        ));
        assert_eq!(with("token_endpoint", Value::Null), Err(MetadataError::Member("token_endpoint")));
    }
}

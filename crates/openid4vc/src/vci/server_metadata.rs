//! Metadata of an OAuth 2.0 authorisation server (RFC 8414).

use serde_json::{Map, Value, json};

use super::metadata::MetadataError;
use super::offer::PRE_AUTHORIZED_CODE;
use crate::address;
use crate::http::{Request, Response};

/// Where it is, between host and path of the issuer.
pub const WELL_KNOWN: &str = "oauth-authorization-server";

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
            "token_endpoint_auth_methods_supported": ["none"],
            "pre-authorized_grant_anonymous_access_supported": self.anonymous_access,
        });
        if let Value::Object(members) = &mut value
            && !self.dpop_algorithms.is_empty()
        {
            members.insert("dpop_signing_alg_values_supported".to_owned(), json!(self.dpop_algorithms));
        }
        value
    }
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
        }
    }

    #[test]
    fn what_is_written_is_read_back() {
        assert_eq!(read(&metadata().to_value()).unwrap(), metadata());
        let request = ServerMetadata::request(ISSUER).unwrap();
        assert_eq!(request.url, "https://office.example/.well-known/oauth-authorization-server/a");
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

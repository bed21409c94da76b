//! The login's metadata (OpenID Connect Discovery 1.0 §3, §4).

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::address;

/// What is used of the metadata. It is kept with a request that is under way, so that the answer is taken to where it came from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Provider {
    /// The issuer, letter by letter as it is configured.
    pub issuer: String,
    /// Where people are sent.
    pub authorization_endpoint: String,
    /// Where a code is handed in.
    pub token_endpoint: String,
    /// Where its keys are.
    pub jwks_uri: String,
    /// Where it says more of a person.
    pub userinfo_endpoint: Option<String>,
    /// Whether its answers say whose they are (RFC 9207 §3).
    pub names_itself: bool,
    /// How a client with a secret shows it.
    pub authentication: Authentication,
}

/// How a client shows its secret (Core §9).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Authentication {
    /// `client_secret_basic`, which is the usual.
    Basic,
    /// `client_secret_post`.
    Post,
}

/// Why metadata is of no use.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProviderError {
    /// It is no object.
    #[error("the metadata is no JSON object")]
    NotAnObject,
    /// It is that of another issuer (Discovery §4.3).
    #[error("the metadata is that of another issuer")]
    OtherIssuer,
    /// An address is missing or is not https.
    #[error("{0} is missing or no https address")]
    Endpoint(&'static str),
    /// It gives no codes.
    #[error("this login gives no authorization codes")]
    NoCode,
}

/// Whether `text` can be an issuer: https, or http on this machine, without query and fragment (Discovery §2).
#[must_use]
pub fn is_issuer(text: &str) -> bool {
    text.len() <= address::LONGEST && address::secure(text).is_some_and(|url| url.query().is_none())
}

/// Where the metadata of `issuer` is (Discovery §4).
#[must_use]
pub fn metadata_address(issuer: &str) -> String {
    format!("{}/.well-known/openid-configuration", issuer.strip_suffix('/').unwrap_or(issuer))
}

impl Provider {
    /// Reads the metadata that stand at [`metadata_address`] of `issuer`.
    ///
    /// # Errors
    /// [`ProviderError`].
    pub fn read(metadata: &Value, issuer: &str) -> Result<Self, ProviderError> {
        let members = metadata.as_object().ok_or(ProviderError::NotAnObject)?;
        if members.get("issuer").and_then(Value::as_str) != Some(issuer) {
            return Err(ProviderError::OtherIssuer);
        }
        let endpoint = |name: &'static str| {
            let text = members.get(name).and_then(Value::as_str).unwrap_or_default();
            // As a URL writes it: it stands in headers.
            let url = address::secure(text).map(|url| url.to_string());
            url.filter(|url| url.len() <= address::LONGEST).ok_or(ProviderError::Endpoint(name))
        };
        let named = |name: &str, one: &str| {
            let all = members.get(name).and_then(Value::as_array);
            all.map(|all| all.iter().any(|named| named.as_str() == Some(one)))
        };
        if named("response_types_supported", "code") == Some(false) {
            return Err(ProviderError::NoCode);
        }
        let methods = "token_endpoint_auth_methods_supported";
        let by_form = named(methods, "client_secret_basic") == Some(false)
            && named(methods, "client_secret_post") == Some(true);
        Ok(Self {
            issuer: issuer.to_owned(),
            authorization_endpoint: endpoint("authorization_endpoint")?,
            token_endpoint: endpoint("token_endpoint")?,
            jwks_uri: endpoint("jwks_uri")?,
            userinfo_endpoint: match members.contains_key("userinfo_endpoint") {
                true => Some(endpoint("userinfo_endpoint")?),
                false => None,
            },
            names_itself: members.get("authorization_response_iss_parameter_supported")
                == Some(&Value::Bool(true)),
            authentication: if by_form { Authentication::Post } else { Authentication::Basic },
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const ISSUER: &str = "https://login.kiln.example/realms/members";

    fn metadata() -> Value {
        json!({
            "issuer": ISSUER,
            "authorization_endpoint": "https://login.kiln.example/auth?kc=1",
            "token_endpoint": "https://login.kiln.example/token",
            "jwks_uri": "https://login.kiln.example/keys",
            "response_types_supported": ["code", "id_token"],
        })
    }

    #[test]
    fn our_own_provider_is_one_that_can_be_used() {
        let issuer = "https://kiln.example.org/connect";
        let provider = Provider::read(&crate::discovery::metadata(issuer), issuer).unwrap();
        assert_eq!(provider.token_endpoint, "https://kiln.example.org/connect/token");
        assert_eq!(provider.userinfo_endpoint.as_deref(), Some("https://kiln.example.org/connect/userinfo"));
        assert!(provider.names_itself);
        assert_eq!(provider.authentication, Authentication::Basic);
    }

    #[test]
    fn metadata_are_those_of_the_issuer_that_was_asked_and_lead_to_https_alone() {
        let with = |name: &str, value: Value| {
            let mut metadata = metadata();
            metadata[name] = value;
            metadata
        };
        let plain = Provider::read(&metadata(), ISSUER).unwrap();
        assert!(!plain.names_itself && plain.userinfo_endpoint.is_none());
        for (near, error) in [
            (json!([]), ProviderError::NotAnObject),
            (with("issuer", json!(format!("{ISSUER}/"))), ProviderError::OtherIssuer),
            (with("issuer", json!("https://other.example")), ProviderError::OtherIssuer),
            (with("issuer", Value::Null), ProviderError::OtherIssuer),
            (
                with("authorization_endpoint", json!("http://login.kiln.example/auth")),
                ProviderError::Endpoint("authorization_endpoint"),
            ),
            (
                with("authorization_endpoint", json!("javascript:alert(1)")),
                ProviderError::Endpoint("authorization_endpoint"),
            ),
            (with("token_endpoint", json!("/token")), ProviderError::Endpoint("token_endpoint")),
            (
                with("token_endpoint", json!("https://a:b@login.kiln.example/token")),
                ProviderError::Endpoint("token_endpoint"),
            ),
            (with("jwks_uri", Value::Null), ProviderError::Endpoint("jwks_uri")),
            (with("userinfo_endpoint", json!(1)), ProviderError::Endpoint("userinfo_endpoint")),
            (with("response_types_supported", json!(["id_token"])), ProviderError::NoCode),
        ] {
            assert_eq!(Provider::read(&near, ISSUER).unwrap_err(), error, "{near}");
        }
    }

    #[test]
    fn a_secret_goes_by_form_only_where_it_cannot_go_in_the_header() {
        let with = |methods: Value| {
            let mut metadata = metadata();
            metadata["token_endpoint_auth_methods_supported"] = methods;
            Provider::read(&metadata, ISSUER).unwrap().authentication
        };
        assert_eq!(with(json!(["client_secret_post"])), Authentication::Post);
        for basic in [json!(["client_secret_post", "client_secret_basic"]), json!([]), json!(1)] {
            assert_eq!(with(basic), Authentication::Basic);
        }
    }

    #[test]
    fn metadata_stand_below_the_issuer_with_and_without_a_slash_at_its_end() {
        let at = "https://login.kiln.example/a/.well-known/openid-configuration";
        assert_eq!(metadata_address("https://login.kiln.example/a"), at);
        assert_eq!(metadata_address("https://login.kiln.example/a/"), at);
        assert!(is_issuer(ISSUER) && is_issuer("http://login.localhost:8080"));
        for near in ["http://login.kiln.example", "https://login.kiln.example?a", "https://x#y", "login", ""]
        {
            assert!(!is_issuer(near), "{near}");
        }
    }
}

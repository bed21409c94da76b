//! The provider's metadata (OpenID Connect Discovery 1.0 §3, RFC 8414 §2).

use serde_json::{Value, json};

use crate::{claims, token};

/// The metadata of the provider whose issuer is `issuer`, which is also the address below which it has its endpoints.
#[must_use]
pub fn metadata(issuer: &str) -> Value {
    let at = |path: &str| format!("{issuer}/{path}");
    let scopes =
        ["openid", "offline_access"].into_iter().chain(claims::SCOPES.into_iter().map(|(name, _)| name));
    let own = ["sub", "iss", "aud", "exp", "iat", "auth_time", "acr", "amr", "nonce", "email_verified"];
    let methods = ["client_secret_basic", "client_secret_post", "none"];
    json!({
        "issuer": issuer,
        "authorization_endpoint": at("authorize"),
        "token_endpoint": at("token"),
        "userinfo_endpoint": at("userinfo"),
        "jwks_uri": at("jwks"),
        "end_session_endpoint": at("logout"),
        "revocation_endpoint": at("revoke"),
        "scopes_supported": scopes.collect::<Vec<_>>(),
        "claims_supported": own.into_iter().chain(claims::known()).collect::<Vec<_>>(),
        "response_types_supported": ["code"],
        "response_modes_supported": ["query"],
        "grant_types_supported": ["authorization_code", "refresh_token"],
        "subject_types_supported": ["pairwise"],
        "id_token_signing_alg_values_supported": ["ES256"],
        "token_endpoint_auth_methods_supported": methods,
        "revocation_endpoint_auth_methods_supported": methods,
        "code_challenge_methods_supported": ["S256"],
        "acr_values_supported": [token::CLASS],
        "prompt_values_supported": ["none", "login", "consent", "select_account"],
        "claims_parameter_supported": true,
        "request_parameter_supported": false,
        "request_uri_parameter_supported": false,
        "authorization_response_iss_parameter_supported": true,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_endpoint_lies_below_the_issuer() {
        let metadata = metadata("https://kiln.example.org/connect");
        assert_eq!(metadata["issuer"], "https://kiln.example.org/connect");
        for (name, value) in metadata.as_object().unwrap() {
            if name.ends_with("_endpoint") || name == "jwks_uri" {
                assert!(value.as_str().unwrap().starts_with("https://kiln.example.org/connect/"), "{name}");
            }
        }
        assert_eq!(metadata["authorization_response_iss_parameter_supported"], true);
    }
}

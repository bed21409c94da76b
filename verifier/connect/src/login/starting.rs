//! The request to sign in (OpenID Connect Core 1.0 §3.1.2.1), with PKCE (RFC 7636).

use hmac::{Hmac, KeyInit, Mac};
use openid4vc::secret::SecretText;
use sha2::Sha256;
use zeroize::ZeroizeOnDrop;

use super::provider::Provider;
use crate::address;

/// What is asked for if nothing else is configured.
pub const SCOPE: &str = "openid profile";

/// Who asks.
#[derive(Clone, Debug)]
pub struct Client<'a> {
    /// `client_id`.
    pub id: &'a str,
    /// Where the answer goes.
    pub redirect_uri: &'a str,
    /// What is asked for; it has `openid` in it.
    pub scope: &'a str,
}

/// A key that only one browser's cookie gives. Nonce and verifier of a request come of it and of `state`, so that neither is stored:
/// another browser's answer has another nonce, and its code another verifier.
#[derive(Clone, ZeroizeOnDrop)]
pub struct BrowserKey([u8; 32]);

impl BrowserKey {
    /// The key of these bytes.
    #[must_use]
    pub const fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The `nonce` of the request with this `state`.
    #[must_use]
    pub fn nonce(&self, state: &SecretText) -> SecretText {
        self.derived(b"nonce\0", state)
    }

    /// Its `code_verifier`: 43 characters (RFC 7636 §4.1).
    #[must_use]
    pub fn verifier(&self, state: &SecretText) -> SecretText {
        self.derived(b"code_verifier\0", state)
    }

    fn derived(&self, what: &[u8], state: &SecretText) -> SecretText {
        // HMAC takes keys of every length, so there is always a code.
        let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(&self.0) else { return SecretText::new("") };
        mac.update(what);
        mac.update(state.expose().as_bytes());
        SecretText::new(jose::base64url::encode(mac.finalize().into_bytes()))
    }
}

/// Where the browser that has `key` is sent.
#[must_use]
pub fn address(provider: &Provider, client: &Client<'_>, key: &BrowserKey, state: &SecretText) -> String {
    let challenge = jose::digest::sha256_base64url(key.verifier(state).expose());
    let nonce = key.nonce(state);
    let parameters = [
        ("response_type", "code"),
        ("client_id", client.id),
        ("redirect_uri", client.redirect_uri),
        ("scope", client.scope),
        ("state", state.expose()),
        ("nonce", nonce.expose()),
        ("code_challenge", challenge.as_str()),
        ("code_challenge_method", "S256"),
    ];
    address::with_parameters(&provider.authorization_endpoint, parameters)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use openid4vc::form::Form;

    use super::*;
    use crate::discovery;
    use crate::request;

    #[test]
    fn a_request_is_one_that_a_provider_takes_and_its_verifier_proves_the_challenge() {
        let issuer = "https://kiln.example.org/connect";
        let provider = Provider::read(&discovery::metadata(issuer), issuer).unwrap();
        let back = "https://other.example.org/login/return";
        let client = Client { id: "passport", redirect_uri: back, scope: SCOPE };
        let (key, state) = (BrowserKey::new([1; 32]), SecretText::new("the-state"));
        let address = address(&provider, &client, &key, &state);
        let query = address.strip_prefix("https://kiln.example.org/connect/authorize?").unwrap();
        let wanted =
            request::read(&Form::from_query(query).unwrap(), &[back.to_owned()], &BTreeSet::new()).unwrap();
        assert_eq!(wanted.state.as_deref(), Some("the-state"));
        assert_eq!(wanted.nonce.as_deref(), Some(key.nonce(&state).expose()));
        assert!(crate::token::proves(key.verifier(&state).expose(), &wanted.challenge));
    }

    #[test]
    fn another_browser_and_another_request_have_other_secrets() {
        let (key, other) = (BrowserKey::new([1; 32]), BrowserKey::new([2; 32]));
        let (state, next) = (SecretText::new("a"), SecretText::new("b"));
        let all = [
            key.nonce(&state),
            key.verifier(&state),
            key.nonce(&next),
            key.verifier(&next),
            other.nonce(&state),
            other.verifier(&state),
        ];
        let different: BTreeSet<&str> = all.iter().map(SecretText::expose).collect();
        assert_eq!(different.len(), 6);
    }
}

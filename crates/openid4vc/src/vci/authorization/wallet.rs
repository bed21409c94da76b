//! The wallet's side: the pushed request, the address for the browser, and what comes back.

use environment::Randomness;
use jose::digest;
use serde::{Deserialize, Serialize};
use url::Url;

use super::details;
use super::pushed::PushedResponse;
use crate::form::{self, Form};
use crate::http::{Request, Response};
use crate::secret::SecretText;
use crate::vci::metadata::IssuerMetadata;
use crate::vci::offer::AUTHORIZATION_CODE;
use crate::vci::pkce::{self, Verifier};
use crate::vci::server_metadata::{CodeFlow, ServerMetadata};
use crate::vci::wallet::{self, Answer, Retries, WalletError};

/// How a wallet says what it wants.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wish {
    /// By `scope`: the values of the issuer's metadata (OpenID4VCI 1.0 §5.1.2).
    Scope(Vec<String>),
    /// By `authorization_details`: configurations, and `locations` if the issuer's metadata name authorisation servers
    /// (§5.1.1).
    Details {
        /// Keys of the metadata.
        configurations: Vec<String>,
        /// The issuer's identifier, where it is needed.
        location: Option<String>,
    },
}

impl Wish {
    /// The wish for these configurations: by scope where each has one, as HAIP 1.0 §4.3 wants, otherwise by details.
    #[must_use]
    pub fn of(configurations: &[String], metadata: &IssuerMetadata) -> Self {
        let scope = |id: &String| metadata.configurations.get(id)?.scope.clone();
        match configurations.iter().map(scope).collect::<Option<Vec<_>>>() {
            Some(scopes) if !scopes.is_empty() => Self::Scope(scopes),
            _ => Self::by_details(configurations, metadata),
        }
    }

    /// The wish by `authorization_details`, which the token response answers with identifiers.
    #[must_use]
    pub fn by_details(configurations: &[String], metadata: &IssuerMetadata) -> Self {
        let is_elsewhere = !metadata.authorization_servers.is_empty();
        Self::Details {
            configurations: configurations.to_vec(),
            location: is_elsewhere.then(|| metadata.credential_issuer.clone()),
        }
    }
}

/// An authorisation that a wallet is about to ask for.
#[derive(Clone, Copy, Debug)]
pub struct NewAuthorization<'a> {
    /// The authorisation server.
    pub server: &'a ServerMetadata,
    /// How the wallet names itself.
    pub client_id: &'a str,
    /// Where the browser comes back.
    pub redirect_uri: &'a str,
    /// What is wanted.
    pub wish: &'a Wish,
    /// The `issuer_state` of the offer, if there was one.
    pub issuer_state: Option<&'a SecretText>,
    /// Thumbprint of the DPoP key that will redeem the code, where no DPoP proof goes along (RFC 9449 §10).
    pub dpop_jkt: Option<&'a str>,
}

impl NewAuthorization<'_> {
    /// Makes `state` and verifier, and the request to push. The request gets its DPoP proof, and its attestation, from the
    /// caller; it can be sent again with others.
    ///
    /// # Errors
    /// [`WalletError::NoEndpoint`]: the server takes no pushed requests, or not with `S256`.
    pub fn make(&self, randomness: &dyn Randomness) -> Result<(Pending, Request), WalletError> {
        let flow = self.server.code_flow.as_ref();
        let flow = flow.ok_or(WalletError::NoEndpoint("authorization endpoint"))?;
        let pushed_endpoint = flow.pushed_endpoint.as_deref();
        let pushed_endpoint =
            pushed_endpoint.ok_or(WalletError::NoEndpoint("pushed authorization request endpoint"))?;
        if !flow.takes_s256 {
            return Err(WalletError::NoEndpoint("code challenge method S256"));
        }
        let pending = self.pending(flow, randomness);
        let request = Request::post(pushed_endpoint, form::MEDIA_TYPE, self.body(&pending));
        Ok((pending, request))
    }

    fn pending(&self, flow: &CodeFlow, randomness: &dyn Randomness) -> Pending {
        Pending {
            issuer: self.server.issuer.clone(),
            names_issuer: flow.names_issuer,
            authorization_endpoint: flow.authorization_endpoint.clone(),
            token_endpoint: self.server.token_endpoint.clone(),
            client_id: self.client_id.to_owned(),
            redirect_uri: self.redirect_uri.to_owned(),
            state: SecretText::random(randomness),
            verifier: Verifier::generate(randomness),
        }
    }

    fn body(&self, pending: &Pending) -> String {
        let challenge = pending.verifier.challenge().to_text();
        let wish = match self.wish {
            Wish::Scope(scopes) => ("scope", scopes.join(" ")),
            Wish::Details { configurations, location } => {
                ("authorization_details", details::to_text(configurations, location.as_deref()))
            }
        };
        let mut parameters = vec![
            ("response_type", "code"),
            ("client_id", self.client_id),
            ("redirect_uri", self.redirect_uri),
            ("state", pending.state.expose()),
            ("code_challenge", challenge.as_str()),
            ("code_challenge_method", pkce::METHOD),
            (wish.0, wish.1.as_str()),
        ];
        parameters.extend(self.issuer_state.map(|state| ("issuer_state", state.expose())));
        parameters.extend(self.dpop_jkt.map(|jkt| ("dpop_jkt", jkt)));
        form::encode(parameters)
    }
}

/// Why what came back gives no code. Nothing is sent to the server then.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ReturnError {
    /// It came to another address than the one that was named.
    #[error("the answer came to another address than the wallet named")]
    OtherAddress,
    /// Its query cannot be read, or has neither a code nor an error.
    #[error("the answer of the authorisation server cannot be read")]
    Malformed,
    /// `state` is missing or belongs to another attempt.
    #[error("the answer does not belong to what this wallet asked for")]
    OtherState,
    /// `iss` is missing although the server names itself (RFC 9207 §2.4).
    #[error("the answer does not say which server it comes from")]
    IssuerMissing,
    /// `iss` names another server: two were mixed up (RFC 9207 §2.4).
    #[error("the answer comes from another server than the one that was asked")]
    OtherIssuer,
    /// The server, or the person there, refused, by this code.
    #[error("the authorisation was refused: {code}")]
    Refused {
        /// The error code, letters and underscores only.
        code: String,
    },
}

impl ReturnError {
    /// A stable name of the refusal.
    #[must_use]
    pub fn code(&self) -> &str {
        match self {
            Self::OtherAddress => "other_redirect_uri",
            Self::Malformed => "malformed_response",
            Self::OtherState => "other_state",
            Self::IssuerMissing => "iss_missing",
            Self::OtherIssuer => "other_iss",
            Self::Refused { code } => code,
        }
    }
}

/// An authorisation that a wallet waits for. It serialises with its secrets: seal it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Pending {
    issuer: String,
    names_issuer: bool,
    authorization_endpoint: String,
    token_endpoint: String,
    client_id: String,
    redirect_uri: String,
    state: SecretText,
    verifier: Verifier,
}

impl Pending {
    /// The server that was asked.
    #[must_use]
    pub fn issuer(&self) -> &str {
        &self.issuer
    }

    /// How the wallet named itself.
    #[must_use]
    pub fn client_id(&self) -> &str {
        &self.client_id
    }

    /// Where the token request goes, for its DPoP proof.
    #[must_use]
    pub fn token_endpoint(&self) -> &str {
        &self.token_endpoint
    }

    /// The `state` of this attempt, to find it by when the browser comes back.
    #[must_use]
    pub const fn state(&self) -> &SecretText {
        &self.state
    }

    /// Whether `state` is that of this attempt, in constant time.
    #[must_use]
    pub fn is_for(&self, state: &str) -> bool {
        digest::constant_time_equal(state.as_bytes(), self.state.expose().as_bytes())
    }

    /// Reads the answer to the pushed request: the address that the person's browser goes to (RFC 9126 §4).
    ///
    /// # Errors
    /// See [`WalletError`].
    pub fn pushed(&self, response: &Response, retries: &mut Retries) -> Result<Answer<String>, WalletError> {
        let malformed = || WalletError::Malformed("pushed authorization");
        if response.status != 201 {
            return wallet::refused(response, retries).map(Answer::Again);
        }
        let members = response.object().map_err(|_| malformed())?;
        let request_uri = PushedResponse::request_uri(&members).ok_or_else(malformed)?;
        let mut url = Url::parse(&self.authorization_endpoint).map_err(|_| malformed())?;
        url.query_pairs_mut()
            .append_pair("client_id", &self.client_id)
            .append_pair("request_uri", &request_uri);
        Ok(Answer::Done(url.into()))
    }

    /// Reads the address to which the browser came back, and gives the code.
    ///
    /// # Errors
    /// See [`ReturnError`]. Which server it is and which attempt is checked before anything else is believed, of errors
    /// too.
    pub fn returned(&self, url: &str) -> Result<SecretText, ReturnError> {
        let answer = self.answer(url)?;
        if !self.is_for(answer.get("state").unwrap_or_default()) {
            return Err(ReturnError::OtherState);
        }
        match answer.get("iss") {
            None if self.names_issuer => return Err(ReturnError::IssuerMissing),
            Some(issuer) if issuer != self.issuer => return Err(ReturnError::OtherIssuer),
            _ => {}
        }
        match (answer.get("code"), answer.get("error")) {
            (Some(code), None) if (1..=4_096).contains(&code.len()) => Ok(SecretText::new(code)),
            (None, Some(code)) if is_error_code(code) => Err(ReturnError::Refused { code: code.to_owned() }),
            _ => Err(ReturnError::Malformed),
        }
    }

    /// The parameters of an answer at the address that was named; what that address had in its query is still there.
    fn answer(&self, url: &str) -> Result<Form, ReturnError> {
        let (came, named) = match (Url::parse(url), Url::parse(&self.redirect_uri)) {
            (Ok(came), Ok(named)) => (came, named),
            _ => return Err(ReturnError::OtherAddress),
        };
        let query = |url: &Url| Form::from_query(url.query().unwrap_or_default());
        let is_same_place = came.origin() == named.origin() && came.path() == named.path();
        let answer = query(&came).map_err(|_| ReturnError::Malformed)?;
        let before = query(&named).map_err(|_| ReturnError::OtherAddress)?;
        let is_kept = before.iter().all(|(name, value)| answer.get(name) == Some(value));
        if is_same_place && is_kept { Ok(answer) } else { Err(ReturnError::OtherAddress) }
    }

    /// The token request (RFC 6749 §4.1.3, RFC 7636 §4.5). It needs a DPoP proof by the key that the pushed request named.
    #[must_use]
    pub fn token_request(&self, code: &SecretText) -> Request {
        let body = form::encode([
            ("grant_type", AUTHORIZATION_CODE),
            ("code", code.expose()),
            ("client_id", self.client_id.as_str()),
            ("redirect_uri", self.redirect_uri.as_str()),
            ("code_verifier", self.verifier.expose()),
        ]);
        Request::post(self.token_endpoint(), form::MEDIA_TYPE, body)
    }
}

fn is_error_code(code: &str) -> bool {
    (1..=64).contains(&code.len()) && code.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_')
}

//! What the login is asked, by the guarded client: metadata, a code for tokens, keys, what it says of a person.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use environment::Timestamp;
use openid4vc::secret::SecretText;
use outbound::{OutboundError, Request};
use serde_json::{Map, Value};
use url::Url;
use url::form_urlencoded::byte_serialize;
use verifier_connect::login::id_token::{self, Expected, Keys, SignedIn};
use verifier_connect::login::person;
use verifier_connect::login::provider::{Authentication, Provider, metadata_address};
use verifier_connect::login::starting::BrowserKey;

use super::{Login, LoginRefused};

/// Most bytes of an answer.
const LIMIT: usize = 128 << 10;
/// Longest time for one call.
const TIMEOUT: Duration = Duration::from_secs(10);

/// What came for a code.
struct Tokens {
    id_token: SecretText,
    access_token: Option<SecretText>,
}

impl Login {
    /// The login's metadata.
    pub(super) async fn provider(&self) -> Result<Provider, LoginRefused> {
        let issuer = &self.settings.issuer;
        let metadata = self.call(Request::get_json(address(&metadata_address(issuer))?)).await?;
        Provider::read(&metadata, issuer).map_err(|error| {
            tracing::warn!(%error, "the login's metadata cannot be taken");
            LoginRefused::Unusable("its metadata")
        })
    }

    /// Who signed in, for the code of the request with `state`.
    pub(super) async fn signed_in(
        &self,
        provider: &Provider,
        redirect_uri: &str,
        code: &SecretText,
        state: &SecretText,
        key: &BrowserKey,
        now: Timestamp,
    ) -> Result<SignedIn, LoginRefused> {
        let tokens = self.tokens(provider, redirect_uri, code, &key.verifier(state)).await?;
        let keys = self.call(Request::get_json(address(&provider.jwks_uri)?)).await?;
        let expected = Expected {
            issuer: &provider.issuer,
            client_id: &self.settings.client_id,
            nonce: &key.nonce(state),
            access_token: tokens.access_token.as_ref(),
            now,
        };
        let checked = Keys::read(&keys)
            .and_then(|keys| id_token::check(tokens.id_token.expose(), &keys, &expected))
            .map_err(not_taken)?;
        self.with_what_is_missing(provider, checked, tokens.access_token.as_ref()).await
    }

    /// A code for tokens (Core §3.1.3.1).
    async fn tokens(
        &self,
        provider: &Provider,
        redirect_uri: &str,
        code: &SecretText,
        verifier: &SecretText,
    ) -> Result<Tokens, LoginRefused> {
        let id = self.settings.client_id.as_str();
        let mut fields = vec![
            ("grant_type", "authorization_code"),
            ("code", code.expose()),
            ("redirect_uri", redirect_uri),
            ("code_verifier", verifier.expose()),
        ];
        let secret = self.settings.secret.as_ref();
        let in_header = secret.filter(|_| provider.authentication == Authentication::Basic);
        if in_header.is_none() {
            fields.push(("client_id", id));
            fields.extend(secret.map(|secret| ("client_secret", secret.expose())));
        }
        let mut request = Request::post_form(address(&provider.token_endpoint)?, &fields);
        if let Some(secret) = in_header {
            // RFC 6749 §2.3.1: both are encoded as in a form first.
            let encoded = |text: &str| byte_serialize(text.as_bytes()).collect::<String>();
            let both = SecretText::new(format!("{}:{}", encoded(id), encoded(secret.expose())));
            let token = SecretText::new(STANDARD.encode(both.expose()));
            request = request.with_authorization("Basic", token.expose()).map_err(|_| unusable())?;
        }
        let answer = self.call(request).await?;
        let text = |name: &str| answer.get(name).and_then(Value::as_str).map(SecretText::new);
        let id_token = text("id_token").ok_or(LoginRefused::Unusable("it gave no ID token"))?;
        Ok(Tokens { id_token, access_token: text("access_token") })
    }

    /// Asks for what decides and what is vouched for, where the ID token does not say it (Core §5.3).
    async fn with_what_is_missing(
        &self,
        provider: &Provider,
        signed_in: SignedIn,
        access_token: Option<&SecretText>,
    ) -> Result<SignedIn, LoginRefused> {
        let vouched = person::CLAIMS.into_iter().filter(|_| self.settings.check.is_some());
        let mut wanted = vouched.chain(self.settings.members.claim());
        let lacks = wanted.any(|name| !signed_in.claims().contains_key(name));
        let (true, Some(at), Some(token)) = (lacks, &provider.userinfo_endpoint, access_token) else {
            return Ok(signed_in);
        };
        let request = Request::get_json(address(at)?).with_authorization("Bearer", token.expose());
        let said: Map<String, Value> = match self.call(request.map_err(|_| unusable())?).await? {
            Value::Object(said) => said,
            _ => return Err(unusable()),
        };
        signed_in.with_user_info(said).map_err(not_taken)
    }

    /// One call; a success in JSON will do.
    async fn call(&self, request: Request) -> Result<Value, LoginRefused> {
        let answer = self.fetch.fetch(request.with_limit(LIMIT).with_timeout(TIMEOUT)).await;
        answer.and_then(|answer| answer.successful()?.json()).map_err(|error| {
            tracing::warn!(%error, "the login could not be asked");
            match error {
                OutboundError::Unresolvable
                | OutboundError::Busy
                | OutboundError::Unreachable
                | OutboundError::TimedOut
                | OutboundError::Broken => LoginRefused::Unreachable,
                OutboundError::Status { status } if status.is_server_error() => LoginRefused::Unreachable,
                _ => unusable(),
            }
        })
    }
}

fn address(text: &str) -> Result<Url, LoginRefused> {
    Url::parse(text).map_err(|_| unusable())
}

fn not_taken(error: id_token::IdTokenError) -> LoginRefused {
    // It says which rule was broken, and nothing of the token.
    tracing::warn!(%error, "an ID token of the login cannot be taken");
    LoginRefused::Unusable("its ID token")
}

const fn unusable() -> LoginRefused {
    LoginRefused::Unusable("its answer")
}

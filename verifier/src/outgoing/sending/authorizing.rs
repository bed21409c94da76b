//! What says in a request who asks: the signature of a webhook, the secret of an action.

use http::{HeaderName, HeaderValue};
use keyring::Sealed;
use openid4vc::secret::SecretText;
use outbound::{Fetch, OutboundError, Request, post_form};
use serde_json::Value;
use url::Url;

use super::Due;
use crate::outgoing::records::Way;
use crate::outgoing::signing::{WebhookSecret, signatures};
use crate::outgoing::template::Auth;
use crate::space::Space;

impl Space {
    /// The request with what says who asks, or with its signature.
    pub(super) async fn authorized(
        &self,
        due: &Due,
        request: Request,
        fetch: &dyn Fetch,
    ) -> Result<Request, OutboundError> {
        let secret = |sealed: &Option<Sealed>| {
            let sealed = sealed.as_ref()?;
            self.open_secret(&due.recipient.id, sealed).ok()
        };
        let current = secret(&due.recipient.secret);
        match &due.recipient.way {
            Way::Webhook { .. } => {
                let now = self.environment().now().seconds();
                let before = secret(&due.recipient.before).filter(|_| now < due.recipient.before_until);
                let secrets: Vec<WebhookSecret> = [current, before]
                    .into_iter()
                    .flatten()
                    .filter_map(|text| WebhookSecret::parse(text.expose()))
                    .collect();
                signed(request, &due.delivery.id, now, &secrets)
            }
            Way::Action { template } => with_auth(request, &template.auth, current.as_ref(), fetch).await,
        }
    }
}

fn signed(
    request: Request,
    id: &str,
    timestamp: i64,
    secrets: &[WebhookSecret],
) -> Result<Request, OutboundError> {
    let signature = signatures(secrets, id, timestamp, &request.body);
    request
        .with_header(HeaderName::from_static("webhook-id"), id)?
        .with_header(HeaderName::from_static("webhook-timestamp"), &timestamp.to_string())?
        .with_header(HeaderName::from_static("webhook-signature"), &signature)
}

pub(crate) async fn with_auth(
    request: Request,
    auth: &Auth,
    secret: Option<&SecretText>,
    fetch: &dyn Fetch,
) -> Result<Request, OutboundError> {
    let secret = || secret.map(SecretText::expose).ok_or(OutboundError::Unwritable);
    match auth {
        Auth::None => Ok(request),
        Auth::Bearer => request.with_authorization("Bearer", secret()?),
        Auth::Basic => request.with_authorization("Basic", &basic(secret()?)),
        Auth::Header { name, prefix } => {
            let name = HeaderName::from_bytes(name.as_bytes()).map_err(|_| OutboundError::Unwritable)?;
            let mut value = HeaderValue::from_str(&format!("{prefix}{}", secret()?))
                .map_err(|_| OutboundError::Unwritable)?;
            value.set_sensitive(true);
            let mut request = request;
            request.headers.insert(name, value);
            Ok(request)
        }
        Auth::ClientCredentials { token_url, scope } => {
            let (client, password) = secret()?.split_once(':').ok_or(OutboundError::Unwritable)?;
            let url = Url::parse(token_url).map_err(|_| OutboundError::MalformedUrl)?;
            // RFC 6749 §4.4.2, §2.3.1.
            let mut fields = vec![
                ("grant_type", "client_credentials"),
                ("client_id", client),
                ("client_secret", password),
            ];
            if !scope.is_empty() {
                fields.push(("scope", scope));
            }
            let token = post_form(fetch, url, &fields).await?.successful()?.json()?;
            let token = token.get("access_token").and_then(Value::as_str).ok_or(OutboundError::NotJson)?;
            request.with_authorization("Bearer", token)
        }
    }
}

fn basic(pair: &str) -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::STANDARD.encode(pair)
}

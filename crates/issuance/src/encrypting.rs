//! Encrypted requests and answers: the keys in use, what the metadata say of them, and the way in and out.

use std::fmt;
use std::sync::{Arc, OnceLock};

use axum::http::StatusCode;
use axum::response::Response;
use directory::Renewable;
use jose::DecryptionKey;
use openid4vc::vci::credential::CredentialError;
use openid4vc::vci::encryption::{
    self, AskedEncryption, Offered, Opened, RequestEncryption, ResponseEncryption, open_request,
};
use serde_json::{Map, Value};

use crate::routes::{credential_refused, private_json, private_text};
use crate::service::Issuance;

/// Which keys requests are encrypted to, and whether they must be.
#[derive(Clone)]
pub struct Encryption {
    /// The keys, the published one first, then those published before: a wallet may hold metadata of yesterday. Replaced by
    /// whoever keeps them; the same for all replicas of a party. Empty: nothing is offered.
    pub keys: Renewable<Vec<Arc<DecryptionKey>>>,
    /// Whether readable requests and answers are refused.
    pub required: bool,
}

impl fmt::Debug for Encryption {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Encryption")
    }
}

/// What is offered at this moment.
pub(crate) struct OfferedNow {
    keys: Vec<Arc<DecryptionKey>>,
    pub(crate) request: RequestEncryption,
    pub(crate) response: ResponseEncryption,
}

impl Issuance {
    /// What is offered at this moment; `None`: nothing.
    pub(crate) fn offered_encryption(&self) -> Option<OfferedNow> {
        let encryption = self.inner.extensions.encryption.as_ref()?;
        let keys = encryption.keys.get();
        let published = keys.first()?.public_jwk().clone();
        Some(OfferedNow {
            request: RequestEncryption::offering(published, encryption.required),
            response: ResponseEncryption::offering(encryption.required),
            keys,
        })
    }

    fn open_request(&self, content_type: Option<&str>, body: &[u8]) -> Result<Opened, CredentialError> {
        let offered = self.offered_encryption();
        let offered = offered.as_ref().map_or_else(Offered::default, |now| Offered {
            request: Some(&now.request),
            keys: &now.keys,
            response: Some(&now.response),
        });
        open_request(content_type, body, &offered)
    }
}

/// What was posted to the credential or the deferred endpoint. It is opened when the access token was found good, and once: what
/// a stranger encrypted may grow to a megabyte of JSON.
pub(crate) struct Posted<'a, T> {
    content_type: Option<&'a str>,
    body: &'a [u8],
    read: fn(&Map<String, Value>) -> Result<T, CredentialError>,
    opened: OnceLock<(Result<T, CredentialError>, Option<AskedEncryption>)>,
}

impl<'a, T> Posted<'a, T> {
    pub(crate) const fn new(
        content_type: Option<&'a str>,
        body: &'a [u8],
        read: fn(&Map<String, Value>) -> Result<T, CredentialError>,
    ) -> Self {
        Self { content_type, body, read, opened: OnceLock::new() }
    }

    /// What is asked for. Only for whoever has shown a good access token.
    pub(crate) fn request(&self, issuance: &Issuance) -> Result<&T, CredentialError> {
        let (request, _) =
            self.opened.get_or_init(|| match issuance.open_request(self.content_type, self.body) {
                Ok(opened) => ((self.read)(&opened.members), opened.asked),
                Err(refused) => (Err(refused), None),
            });
        request.as_ref().map_err(Clone::clone)
    }

    /// How the answer is to be encrypted, if that was asked for and looked at.
    pub(crate) fn asked(&self) -> Option<&AskedEncryption> {
        self.opened.get()?.1.as_ref()
    }

    #[cfg(test)]
    pub(crate) fn is_unopened(&self) -> bool {
        self.opened.get().is_none()
    }
}

/// The answer as the wallet asked for it (OpenID4VCI §8.3, §10).
pub(crate) fn answer(status: StatusCode, value: &Value, asked: Option<&AskedEncryption>) -> Response {
    let Some(asked) = asked else { return private_json(status, value) };
    match asked.seal(value) {
        Ok(jwe) => private_text(status, encryption::MEDIA_TYPE, jwe),
        Err(error) => credential_refused(&error.into()),
    }
}

//! A request that may still be answered, for whoever would answer another one.

use openid4vc::vp::request::ResponseMode;
use openid4vc::vp::verifier::Way;

use crate::asking::{AskError, ClientIdentifier};
use crate::records::BySubject;
use crate::service::Presentation;

/// How an open request was made: another one that takes its place is made likewise.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenRequest {
    /// Where the person is.
    pub way: Way,
    /// Whether the answer is to be encrypted.
    pub encrypt: bool,
    /// As whom it asks.
    pub client: ClientIdentifier,
    /// base64url hash of the request object that was meant.
    pub request_hash: String,
}

impl Presentation {
    /// The request about `subject`, as long as it may be answered; none for a `state` that none of its objects has.
    ///
    /// # Errors
    /// See [`AskError`].
    pub async fn open_request(&self, subject: &str, state: &str) -> Result<Option<OpenRequest>, AskError> {
        let Some(record) = self.inner.tenant.find::<BySubject>(subject).await? else { return Ok(None) };
        let now = self.inner.environment.now();
        let Some(requested) = record.flow.requested().filter(|requested| requested.may_be_fetched(now))
        else {
            return Ok(None);
        };
        let secrets = self.secrets(requested)?;
        let Some(object) = secrets.state_key().object(state) else { return Ok(None) };
        Ok(Some(OpenRequest {
            way: requested.way(),
            encrypt: requested.response_mode() == ResponseMode::DirectPostJwt,
            client: client_of(requested.client_id()),
            request_hash: self.digest_of_object(&record, &object, &secrets).await?,
        }))
    }
}

fn client_of(client_id: &str) -> ClientIdentifier {
    if client_id.starts_with("decentralized_identifier:") {
        ClientIdentifier::DecentralizedIdentifier
    } else {
        ClientIdentifier::X509Hash
    }
}

//! Making a request, and handing out its request object.

use credentials::dcql::{DcqlError, Query};
use jose::{KeyError, SigningFailed, base64url};
use keyring::{KeyringError, Sealed};
use network::intended_use;
use openid4vc::secret::{SecretHash, SecretText};
use openid4vc::vp::link::{self, PostedByWallet, RequestUriMethod};
use openid4vc::vp::request::{NewRequest, SignAs, SignedRequest, VerifierInfo, digest_of};
use openid4vc::vp::state::ObjectFor;
use openid4vc::vp::verifier::{NewFlow, RequestSecrets, Requested, Way};
use serde_json::Value;
use store::StoreFault;
use zeroize::Zeroizing;

use crate::changes::PutRequest;
use crate::records::{RequestObject, RequestRecord};
use crate::service::Presentation;

/// Context of the sealed secrets.
const SECRETS: &[u8] = b"request secrets";
/// Context of the sealed request object.
const OBJECT: &[u8] = b"request object";
/// Seconds for which a request is remembered after its end, so that a late answer is told why it is refused.
const REMEMBERED: i64 = 3_600;

/// As whom to ask.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum ClientIdentifier {
    /// `x509_hash:`, the only one of HAIP.
    #[default]
    X509Hash,
    /// `decentralized_identifier:`.
    DecentralizedIdentifier,
}

/// What is to be asked.
#[derive(Clone, Debug)]
pub struct Asking {
    /// The domain's name for what this is about.
    pub subject: String,
    /// The DCQL query.
    pub query: Value,
    /// Where the person is.
    pub way: Way,
    /// Whether the answer is to be encrypted (`direct_post.jwt`).
    pub encrypt: bool,
    /// As whom to ask.
    pub client: ClientIdentifier,
    /// How `request_uri` is asked.
    pub method: RequestUriMethod,
    /// Seconds until the request ends.
    pub lifetime: i64,
}

/// A request that was made.
#[derive(Clone, Debug)]
pub struct AskedRequest {
    /// What a button or a QR code carries.
    pub link: String,
    /// The client identifier.
    pub client_id: String,
    /// Where the request object is.
    pub request_uri: String,
    /// How it is asked there: `get` or `post`.
    pub request_uri_method: &'static str,
}

/// Why nothing is asked.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AskError {
    /// The query.
    #[error("the query cannot be asked: {0}")]
    Query(#[from] DcqlError),
    /// This party has no certificate chain for its requests.
    #[error("there is no certificate chain for signing requests")]
    NoChain,
    /// A key could not be made.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// The request could not be signed.
    #[error(transparent)]
    Signing(#[from] SigningFailed),
    /// The keyring.
    #[error(transparent)]
    Keyring(#[from] KeyringError),
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreFault),
}

/// The entry of `verifier_info` that says for which registered use a request is made (specs/profile.md §8).
#[must_use]
pub fn for_use(id: &str) -> VerifierInfo {
    VerifierInfo {
        format: intended_use::FORMAT.to_owned(),
        data: intended_use::data(id),
        credential_ids: None,
    }
}

/// What a request says of what is wanted and why.
struct Said<'a> {
    query: &'a Query,
    verifier_info: &'a [VerifierInfo],
    transaction_data: &'a [String],
}

impl Presentation {
    /// Makes and stores a request.
    ///
    /// # Errors
    /// See [`AskError`].
    pub async fn ask(&self, asking: Asking) -> Result<AskedRequest, AskError> {
        self.ask_saying(asking, &[]).await
    }

    /// As [`Self::ask`], with `further` entries of `verifier_info` beside the registration certificate.
    ///
    /// # Errors
    /// See [`AskError`].
    pub async fn ask_saying(
        &self,
        asking: Asking,
        further: &[VerifierInfo],
    ) -> Result<AskedRequest, AskError> {
        self.ask_to_authorise(asking, further, &[]).await
    }

    /// As [`Self::ask_saying`], with transactions that the answer must authorise ([`NewTransaction::encode`]). A wallet that
    /// does not know their types refuses the request (OpenID4VP 1.0 §5.1).
    ///
    /// [`NewTransaction::encode`]: openid4vc::vp::transaction_data::NewTransaction::encode
    ///
    /// # Errors
    /// See [`AskError`].
    pub async fn ask_to_authorise(
        &self,
        asking: Asking,
        further: &[VerifierInfo],
        transaction_data: &[String],
    ) -> Result<AskedRequest, AskError> {
        let inner = &self.inner;
        let query = Query::parse(&asking.query)?;
        query.check_as_own()?;
        let sign_as = self.sign_as(asking.client)?;
        let client_id = sign_as.client_id();
        let now = inner.environment.now();
        let made = NewFlow {
            way: asking.way,
            query: query.clone(),
            client_id: client_id.clone(),
            encrypt: asking.encrypt,
            transaction_data: transaction_data.to_vec(),
            expires_at: now.plus(asking.lifetime),
        }
        .make(inner.environment.randomness())?;
        let id = made.id.clone();
        let said = Said { query: &query, verifier_info: further, transaction_data };
        let object = self.object(&id, &said, &made.secrets, &sign_as, asking.lifetime)?;
        let seal = |context, secret: &[u8]| {
            let sealed = inner.keyring.seal(&self.secrets_key(), context, secret)?;
            Ok::<_, KeyringError>(base64url::encode(sealed.as_bytes()))
        };
        let sealed = seal(SECRETS, &made.secrets.to_bytes())?;
        let record = RequestRecord {
            id: id.hash(),
            revision: 0,
            flow: made.into_flow(sealed),
            subject: asking.subject,
            session: session_of(asking.way),
            object_digest: Some(base64url::encode(digest_of(&object))),
            object: None,
            refused: None,
            refused_with_state: None,
            until: now.plus(asking.lifetime).plus(REMEMBERED).seconds(),
        };
        let object =
            RequestObject { id: record.id, sealed: seal(OBJECT, object.as_bytes())?, until: record.until };
        inner.tenant.carry_out(&PutRequest(&record, &object)).await?;
        let request_uri = self.identity().address(&format!("/request/{}", id.expose()));
        Ok(AskedRequest {
            link: link::to_uri("openid4vp://", &client_id, &request_uri, asking.method),
            client_id: client_id.as_str().to_owned(),
            request_uri,
            request_uri_method: match asking.method {
                RequestUriMethod::Get => "get",
                RequestUriMethod::Post => "post",
            },
        })
    }

    fn sign_as(&self, client: ClientIdentifier) -> Result<SignAs, AskError> {
        let key = &self.identity().request;
        match client {
            ClientIdentifier::X509Hash => {
                key.chain.get().map(|chain| SignAs::Chain(Box::new(chain))).ok_or(AskError::NoChain)
            }
            ClientIdentifier::DecentralizedIdentifier => Ok(SignAs::Did(key.key_id.clone())),
        }
    }

    fn object(
        &self,
        id: &SecretText,
        said: &Said<'_>,
        secrets: &RequestSecrets,
        sign_as: &SignAs,
        lifetime: i64,
    ) -> Result<String, SigningFailed> {
        let identity = self.identity();
        let now = self.inner.environment.now();
        let response_uri = identity.address(&format!("/response/{}", id.expose()));
        let mut verifier_info = vec![VerifierInfo::registration(&identity.registration.get())];
        verifier_info.extend_from_slice(said.verifier_info);
        let state = secrets.state_key().state(&ObjectFor::Everybody);
        NewRequest {
            response_uri: &response_uri,
            nonce: secrets.nonce(),
            state: state.expose(),
            query: said.query,
            client_name: Some(&identity.name),
            encryption_key: secrets.encryption_key(),
            verifier_info: &verifier_info,
            transaction_data: said.transaction_data,
            issued_at: now,
            expires_at: now.plus(lifetime),
        }
        .sign(sign_as, identity.request.signer.as_ref())
    }

    /// The request object behind `/request/{id}`; none once the request has ended or was answered. Handing it out leaves
    /// no trace: whoever fetches it, and how often, changes nothing for the wallet that answers.
    pub(crate) async fn request_object(
        &self,
        id: &SecretText,
        posted: &PostedByWallet,
    ) -> Result<Option<String>, AskError> {
        let Some(record) = self.record(id.hash()).await? else { return Ok(None) };
        let now = self.inner.environment.now();
        let Some(requested) = record.flow.requested().filter(|requested| requested.may_be_fetched(now))
        else {
            return Ok(None);
        };
        let Some(wallet_nonce) = &posted.wallet_nonce else {
            return Ok(Some(self.object_of(&record).await?.as_str().to_owned()));
        };
        let signed = self.signed_request(&record).await?;
        let secrets = self.secrets(requested)?;
        let signer = self.identity().request.signer.as_ref();
        Ok(Some(signed.for_wallet(wallet_nonce, secrets.state_key(), signer)?))
    }

    /// The request object that everybody gets.
    async fn object_of(&self, record: &RequestRecord) -> Result<Zeroizing<String>, AskError> {
        let stored = self.inner.tenant.get::<RequestObject>(&record.id.as_bytes()[..]).await?;
        let sealed = stored.map(|object| object.sealed).or_else(|| record.object.clone());
        let opened = self.open_sealed(OBJECT, &sealed.ok_or(KeyringError::DoesNotOpen)?)?;
        let text = std::str::from_utf8(&opened).map_err(|_| KeyringError::DoesNotOpen)?;
        Ok(Zeroizing::new(text.to_owned()))
    }

    async fn signed_request(&self, record: &RequestRecord) -> Result<SignedRequest, AskError> {
        let object = self.object_of(record).await?;
        Ok(SignedRequest::read(&object).ok_or(KeyringError::DoesNotOpen)?)
    }

    /// base64url of the digest of one of the request objects: it is made again only if it is not the one of everybody.
    pub(crate) async fn digest_of_object(
        &self,
        record: &RequestRecord,
        object: &ObjectFor,
        secrets: &RequestSecrets,
    ) -> Result<String, AskError> {
        match (object, &record.object_digest) {
            (ObjectFor::Everybody, Some(digest)) => Ok(digest.clone()),
            _ => {
                let digest = self.signed_request(record).await?.digest(object, secrets.state_key());
                Ok(base64url::encode(digest))
            }
        }
    }

    /// Opens the sealed secrets of a request.
    pub(crate) fn secrets(&self, requested: &Requested) -> Result<RequestSecrets, KeyringError> {
        let opened = self.open_sealed(SECRETS, requested.sealed())?;
        RequestSecrets::from_bytes(&opened).ok_or(KeyringError::DoesNotOpen)
    }

    fn open_sealed(&self, context: &[u8], sealed: &str) -> Result<Zeroizing<Vec<u8>>, KeyringError> {
        let sealed = base64url::decode(sealed).map_err(|_| KeyringError::DoesNotOpen)?;
        self.inner.keyring.open_sealed(&self.secrets_key(), context, &Sealed::from_bytes(sealed))
    }

    pub(crate) async fn record(&self, id: SecretHash) -> Result<Option<RequestRecord>, StoreFault> {
        self.inner.tenant.get::<RequestRecord>(&id.as_bytes()[..]).await
    }
}

const fn session_of(way: Way) -> Option<SecretHash> {
    match way {
        Way::SameDevice { session } | Way::OtherDevice { session } => Some(session),
        Way::NoScreen => None,
    }
}

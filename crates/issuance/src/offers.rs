//! Making offers, and showing one by reference.

use environment::Timestamp;
use openid4vc::secret::{SecretHash, SecretText};
use openid4vc::vci::issuer::{Flow, Grant, NewOffer, TakenUp};
use openid4vc::vci::offer::{CredentialOffer, Link, TransactionCode};
use store::{Change, Fault, MAX_PAGE, Range, StoreFault, Tx};

use crate::asking_again::Shown;
use crate::records::{ByCode, ByOfferedTo, BySubject, FlowRecord};
use crate::service::Issuance;

/// Digits of a transaction code.
const TX_CODE_DIGITS: u8 = 6;
/// The scheme of an offer's link (OpenID4VCI §4.1).
const SCHEME: &str = "openid-credential-offer";

/// What is to be offered.
#[derive(Clone, Debug)]
pub struct OfferRequest {
    /// The domain's opaque name for whom it is offered to.
    pub subject: String,
    /// Configurations, each once.
    pub configurations: Vec<String>,
    /// Whether a transaction code must be told on another way.
    pub tx_code: bool,
    /// Seconds for which the offer is open.
    pub lifetime: i64,
}

/// An offer that was made.
#[derive(Clone, Debug)]
pub struct Offered {
    /// The link with the offer in it.
    pub by_value: String,
    /// The link with the address of the offer in it: shorter, for QR codes.
    pub by_reference: String,
    /// The transaction code, if one was asked for.
    pub tx_code: Option<SecretText>,
    /// When it ends.
    pub expires_at: Timestamp,
}

/// Why no offer is made.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum OfferError {
    /// A configuration that this party does not issue.
    #[error("{0} is not issued here")]
    UnknownConfiguration(String),
    /// A transaction code guards the code in the offer; who asks for another code would go round it.
    #[error("an offer with a transaction code is taken up by the code in it alone")]
    TxCodeByAuthorization,
    /// Codes are not given out here.
    #[error("this party gives no authorisation codes")]
    NoCodeFlow,
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreFault),
}

impl Issuance {
    /// Makes an offer that is not stored yet: [`PreparedOffer::put`] stores it inside the domain's own change. It is taken up
    /// by the code in it.
    ///
    /// # Errors
    /// [`OfferError::UnknownConfiguration`].
    pub fn prepare_offer(&self, request: &OfferRequest) -> Result<PreparedOffer, OfferError> {
        self.prepare_offer_by(request, TakenUp::ByCode)
    }

    /// Makes an offer like [`Self::prepare_offer`] that is taken up in the given way.
    ///
    /// # Errors
    /// [`OfferError::UnknownConfiguration`], [`OfferError::TxCodeByAuthorization`], [`OfferError::NoCodeFlow`].
    pub fn prepare_offer_by(
        &self,
        request: &OfferRequest,
        taken_up: TakenUp,
    ) -> Result<PreparedOffer, OfferError> {
        let unknown = request.configurations.iter().find(|id| !self.inner.configurations.contains_key(*id));
        if let Some(unknown) = unknown {
            return Err(OfferError::UnknownConfiguration(unknown.clone()));
        }
        if taken_up != TakenUp::ByCode {
            if request.tx_code {
                return Err(OfferError::TxCodeByAuthorization);
            }
            if self.inner.settings.code_flow.is_none() {
                return Err(OfferError::NoCodeFlow);
            }
        }
        let randomness = self.inner.environment.randomness();
        let expires_at = self.inner.environment.now().plus(request.lifetime);
        let settings = self.inner.settings;
        let grants = request
            .configurations
            .iter()
            .map(|configuration| Grant { configuration: configuration.clone(), key_bound: true })
            .collect();
        let made = NewOffer {
            credential_issuer: self.identity().origin(),
            grants,
            taken_up,
            tx_code: request.tx_code.then_some((TX_CODE_DIGITS, None)),
            expires_at,
            token_lifetime: settings.token_lifetime,
            nonce_lifetime: settings.nonce_lifetime,
            batch_size: settings.batch_size,
        }
        .make(randomness);
        let code = &made.code;
        // Who took it up in time may be at the page after its end.
        let at_the_page = settings.code_flow.filter(|_| taken_up != TakenUp::ByCode);
        let at_the_page = at_the_page.map_or(0, |times| times.request.saturating_add(times.person));
        let kept_for = settings.token_lifetime.max(at_the_page);
        let record = FlowRecord {
            id: jose::base64url::encode(randomness.bytes::<16>()),
            revision: 0,
            flow: made.flow,
            subject: request.subject.clone(),
            configurations: request.configurations.clone(),
            tx_code_length: request.tx_code.then_some(TX_CODE_DIGITS),
            code: code.hash(),
            token: None,
            shown: None,
            attested: None,
            issuer_state: taken_up.issuer_state(code).map(|state| state.hash()),
            taken_up,
            unconfirmed: Vec::new(),
            until: expires_at.plus(kept_for).seconds(),
        };
        let reference = self.identity().address(&format!("/credential-offer/{}", code.expose()));
        let offered = Offered {
            by_reference: Link::ByReference(reference).to_uri(SCHEME),
            by_value: Link::ByValue(Box::new(made.offer)).to_uri(SCHEME),
            tx_code: made.tx_code,
            expires_at,
        };
        Ok(PreparedOffer { record, offered })
    }

    /// Makes and stores an offer.
    ///
    /// # Errors
    /// See [`OfferError`].
    pub async fn offer(&self, request: &OfferRequest) -> Result<Offered, OfferError> {
        let prepared = self.prepare_offer(request)?;
        self.inner.tenant.carry_out(&PutOffer(&prepared)).await?;
        Ok(prepared.offered)
    }

    /// The offer behind `/credential-offer/{handle}`, as long as nobody has taken it up. The handle is the code.
    pub(crate) async fn offer_by_handle(&self, handle: &str) -> Result<Option<CredentialOffer>, StoreFault> {
        let code = SecretText::new(handle);
        let Some(record) = self.inner.tenant.find::<ByCode>(&code.hash().as_bytes()[..]).await? else {
            return Ok(None);
        };
        if !self.waits(&record) {
            return Ok(None);
        }
        let tx_code = record.tx_code_length.map(|length| TransactionCode {
            numeric: true,
            length: Some(u64::from(length)),
            description: None,
        });
        let issuer = self.identity().origin();
        Ok(Some(record.taken_up.offer(issuer, record.configurations, &code, tx_code)))
    }

    /// Whether the offer with this code's hash still waits to be taken up.
    ///
    /// # Errors
    /// The store.
    pub async fn is_open(&self, code: SecretHash) -> Result<bool, StoreFault> {
        let found = self.inner.tenant.find::<ByCode>(&code.as_bytes()[..]).await?;
        Ok(found.is_some_and(|record| self.waits(&record)))
    }

    /// A record outlives its offer, so that a late code is told why it is refused.
    pub(crate) fn waits(&self, record: &FlowRecord) -> bool {
        let now = self.inner.environment.now();
        matches!(record.flow, Flow::Offered(_)) && record.flow.expires_at().is_some_and(|end| now < end)
    }
}

impl Issuance {
    /// Whether something that was offered or granted to `subject` is still to be fetched.
    ///
    /// # Errors
    /// The store.
    pub async fn has_flow(&self, subject: &str) -> Result<bool, StoreFault> {
        Ok(!self.inner.tenant.page::<ByOfferedTo>(Range::prefix(subject), 1).await?.items.is_empty())
    }

    /// Whether a copy of `configuration` was issued to `subject` that lives, or expired less than a day ago.
    ///
    /// # Errors
    /// The store.
    pub async fn has_issued(&self, subject: &str, configuration: &str) -> Result<bool, StoreFault> {
        let range = Range::prefix(store::Key::from(subject).then(configuration));
        Ok(!self.inner.tenant.page::<BySubject>(range, 1).await?.items.is_empty())
    }
}

/// Whether `subject` has a living copy of `configuration`.
pub(crate) async fn has_living(tx: &mut Tx, subject: &str, configuration: &str) -> Result<bool, StoreFault> {
    let range = Range::prefix(store::Key::from(subject).then(configuration));
    let now = tx.now().seconds();
    Ok(tx.page::<BySubject>(range, MAX_PAGE).await?.items.iter().any(|entry| entry.until > now))
}

/// An offer that waits to be stored in the domain's own change.
#[derive(Clone, Debug)]
pub struct PreparedOffer {
    record: FlowRecord,
    offered: Offered,
}

impl PreparedOffer {
    /// The same offer, shown somewhere.
    pub(crate) fn shown(mut self, shown: Shown) -> Self {
        self.record.shown = Some(shown);
        self
    }

    pub(crate) const fn record(&self) -> &FlowRecord {
        &self.record
    }

    /// Stores the offer with everything else the change does.
    ///
    /// # Errors
    /// The store.
    pub async fn put(&self, tx: &mut Tx) -> Result<(), StoreFault> {
        tx.put(&self.record).await
    }

    /// What is shown.
    #[must_use]
    pub const fn offered(&self) -> &Offered {
        &self.offered
    }

    /// The code's hash, for [`Issuance::is_open`].
    #[must_use]
    pub const fn code(&self) -> SecretHash {
        self.record.code
    }
}

pub(crate) struct PutOffer<'a>(pub(crate) &'a PreparedOffer);

impl Change for PutOffer<'_> {
    const NAME: &'static str = "offer-credentials";
    type Output = ();
    type Refusal = std::convert::Infallible;

    async fn apply(&self, tx: &mut Tx) -> Result<(), Fault<Self::Refusal>> {
        Ok(self.0.put(tx).await?)
    }
}

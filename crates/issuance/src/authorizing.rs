//! Authorisations: requests that are pushed, browsers that come with them, codes that are given out.
//!
//! ```text
//! POST /par ─► AuthorizationRecord ─► Issuance::open (once) ─► the domain's page ─► grant ─► FlowRecord, found by its code
//!                                                                            └── deny
//! ```
//! What a person must show is the domain's: it asks [`Issuance::open`] what a browser came for and says in
//! [`Issuance::grant`] who it was.

use environment::Timestamp;
use openid4vc::dpop::{self, DpopError};
use openid4vc::http::Method;
use openid4vc::secret::SecretHash;
use openid4vc::vci::authorization::flow::{CodeGiven, TokenTerms};
use openid4vc::vci::authorization::{
    Authorization, AuthorizationError, Denial, Lifetimes, OpenError, PushedRequest, PushedResponse, Wanted,
};
use openid4vc::vci::issuer::{Flow, Grant, TakenUp};
use store::{Change, Fault, StoreFault, Tx};

use crate::attesting::AttestedWallet;
use crate::changes::{Overtaken, use_once};
use crate::issue::{Refusal, TRIES, refused, use_of};
use crate::minting::Minting;
use crate::records::{AuthorizationRecord, ByIssuerState, ByRequestUri, FlowRecord, Used};
use crate::service::Issuance;
use crate::unopened::FOUND_FOR;

/// What a browser came for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Opened {
    /// Under which the authorisation goes on.
    pub id: String,
    /// The configurations that are asked for.
    pub configurations: Vec<String>,
    /// Host and port of the wallet to which the browser goes back.
    pub host: String,
    /// To whom the offer was made that the wallet read, if it read one: the domain's opaque name.
    pub offered_to: Option<String>,
    /// Until when the wallet waits.
    pub ends_at: Timestamp,
}

/// Why a browser is shown a page of refusal. Nothing is redirected then.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum OpenFailure {
    /// The request does not count.
    #[error(transparent)]
    Request(#[from] OpenError),
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreFault),
}

impl Issuance {
    /// How long each step may take; nothing where this party gives no codes.
    fn lifetimes(&self) -> Option<Lifetimes> {
        self.inner.settings.code_flow
    }

    /// RFC 9126 §2.
    pub(crate) async fn push(
        &self,
        request: &PushedRequest,
        dpop_headers: &[&str],
        attested: Option<AttestedWallet>,
    ) -> Result<PushedResponse, Refusal<AuthorizationError>> {
        let lifetimes = self.lifetimes().ok_or_else(|| refused(AuthorizationError::NotOffered))?;
        let now = self.inner.environment.now();
        let proof = self.pushed_proof(dpop_headers).map_err(|error| refused(error.into()))?;
        let wanted = request.wanted(&self.identity().origin(), &self.scopes()).map_err(refused)?;
        let bound_to = request.bound_to(proof.as_ref()).map_err(refused)?;
        let offer = self.offer_behind(request, &wanted).await?;
        if !self.inner.pushed.take(now, lifetimes.request) {
            return Err(refused(AuthorizationError::TooMany));
        }
        let randomness = self.inner.environment.randomness();
        let (state, response) = Authorization::push(request, wanted, bound_to, &lifetimes, now, randomness);
        let record = AuthorizationRecord {
            id: jose::base64url::encode(randomness.bytes::<16>()),
            revision: 0,
            state,
            request: response.handle.hash(),
            offer: offer.as_ref().map(|offer| offer.id.clone()),
            offered_to: offer.map(|offer| offer.subject),
            browser: None,
            attested,
            until: now.plus(lifetimes.request).plus(FOUND_FOR).seconds(),
        };
        let push = Push { record, proof: proof.as_ref().map(use_of) };
        match self.inner.tenant.commit(&push).await {
            Ok(()) => Ok(response),
            Err(Fault::Refused(_)) => Err(refused(DpopError::Replayed.into())),
            Err(Fault::Store(fault)) => Err(fault.into()),
        }
    }

    fn pushed_proof(&self, headers: &[&str]) -> Result<Option<dpop::Verified>, DpopError> {
        let url = self.identity().address("/par");
        let expected = dpop::Expected {
            method: Method::Post,
            url: &url,
            access_token: None,
            bound_to: None,
            nonces: &self.inner.nonces,
            nonce_required: true,
            now: self.inner.environment.now(),
        };
        dpop::verify_if_present(headers, &expected)
    }

    /// The open offer that `issuer_state` names. What is not ours, or not of this, is refused: the state may come from
    /// anywhere (OpenID4VCI 1.0 §5.1.3).
    async fn offer_behind(
        &self,
        request: &PushedRequest,
        wanted: &Wanted,
    ) -> Result<Option<FlowRecord>, Refusal<AuthorizationError>> {
        let Some(state) = &request.issuer_state else { return Ok(None) };
        let found = self.inner.tenant.find::<ByIssuerState>(&state.hash().as_bytes()[..]).await?;
        let fits = |record: &FlowRecord| {
            let is_offered = |name: &String| record.configurations.contains(name);
            self.waits(record) && wanted.configurations.iter().all(is_offered)
        };
        found.filter(fits).map(Some).ok_or_else(|| refused(AuthorizationError::IssuerState))
    }

    /// The browser whose session has this hash came with a pushed request. It can do so once.
    ///
    /// # Errors
    /// See [`OpenFailure`].
    pub async fn open(
        &self,
        client_id: &str,
        request_uri: &str,
        browser: SecretHash,
    ) -> Result<Opened, OpenFailure> {
        let (Some(lifetimes), Some(handle)) = (self.lifetimes(), PushedResponse::handle_of(request_uri))
        else {
            return Err(OpenError::Ended.into());
        };
        let request = handle.hash();
        let found = self.inner.tenant.find::<ByRequestUri>(&request.as_bytes()[..]).await?;
        let Some(record) = found else { return Err(OpenError::Ended.into()) };
        let now = self.inner.environment.now();
        let state = record.state.clone().open(client_id, &lifetimes, now)?;
        let until = now.plus(lifetimes.person).seconds();
        let next = AuthorizationRecord { until, browser: Some(browser), ..record.with(state) };
        match self.inner.tenant.commit(&MoveAuthorization { read: &record, next: &next }).await {
            Ok(()) => self.opened(&next).ok_or_else(|| OpenError::Ended.into()),
            // Another browser was first.
            Err(Fault::Refused(_)) => Err(OpenError::Ended.into()),
            Err(Fault::Store(fault)) => Err(fault.into()),
        }
    }

    /// What an authorisation is about, as long as it waits for its person in the browser that opened it.
    ///
    /// # Errors
    /// The store.
    pub async fn authorization(&self, id: &str, browser: SecretHash) -> Result<Option<Opened>, StoreFault> {
        let found = self.opened_in(id, browser).await?;
        Ok(found.and_then(|record| self.opened(&record)))
    }

    async fn opened_in(
        &self,
        id: &str,
        browser: SecretHash,
    ) -> Result<Option<AuthorizationRecord>, StoreFault> {
        let found = self.inner.tenant.get::<AuthorizationRecord>(id).await?;
        Ok(found.filter(|record| record.browser == Some(browser)))
    }

    fn opened(&self, record: &AuthorizationRecord) -> Option<Opened> {
        let asked = record.state.asked(self.inner.environment.now())?;
        Some(Opened {
            id: record.id.clone(),
            configurations: asked.configurations().to_vec(),
            host: asked.return_to().redirect_uri.host(),
            offered_to: record.offered_to.clone(),
            ends_at: record.state.expires_at()?,
        })
    }

    /// `subject` has shown who they are in this browser: where it goes with its code. `None` when the authorisation waits no more,
    /// its offer was taken up otherwise, or the subject is not entitled to what is asked for.
    ///
    /// # Errors
    /// The store.
    pub async fn grant(
        &self,
        id: &str,
        browser: SecretHash,
        subject: &str,
    ) -> Result<Option<String>, StoreFault> {
        for _ in 0..TRIES {
            let Some(record) = self.opened_in(id, browser).await? else { return Ok(None) };
            let Some(given) = self.code_for(&record) else { return Ok(None) };
            let location = given.location.clone();
            let change = GiveCode {
                minting: self.inner.minting.as_ref(),
                flow: self.flow_of(&record, subject, &given),
                next: record.with(given.next),
                read: &record,
            };
            match self.inner.tenant.commit(&change).await {
                Ok(()) => return Ok(Some(location)),
                Err(Fault::Refused(NoCode::Moved)) => {}
                Err(Fault::Refused(NoCode::NotEntitled)) => return Ok(None),
                Err(Fault::Store(fault)) => return Err(fault),
            }
        }
        Err(StoreFault::Conflict)
    }

    fn code_for(&self, record: &AuthorizationRecord) -> Option<CodeGiven> {
        let inner = &self.inner;
        let settings = inner.settings;
        let terms = TokenTerms {
            code_lifetime: self.lifetimes()?.code,
            token_lifetime: settings.token_lifetime,
            nonce_lifetime: settings.nonce_lifetime,
            batch_size: settings.batch_size,
            dpop_nonce: true,
        };
        let asked = record.state.asked(inner.environment.now())?.configurations();
        let grants =
            asked.iter().map(|name| Grant { configuration: name.clone(), key_bound: true }).collect();
        let (now, randomness) = (inner.environment.now(), inner.environment.randomness());
        record.state.clone().grant(grants, &self.identity().origin(), &terms, now, randomness)
    }

    fn flow_of(&self, record: &AuthorizationRecord, subject: &str, given: &CodeGiven) -> FlowRecord {
        let configurations = record.state.asked(self.inner.environment.now());
        FlowRecord {
            id: jose::base64url::encode(self.inner.environment.randomness().bytes::<16>()),
            revision: 0,
            flow: given.flow.clone(),
            subject: subject.to_owned(),
            configurations: configurations.map(|asked| asked.configurations().to_vec()).unwrap_or_default(),
            tx_code_length: None,
            code: given.code,
            token: None,
            shown: None,
            issuer_state: None,
            taken_up: TakenUp::ByAuthorization,
            attested: record.attested.clone(),
            unconfirmed: Vec::new(),
            until: given.expires_at.plus(self.inner.settings.token_lifetime).seconds(),
        }
    }

    /// The person gets nothing: where the browser goes. `None` when the authorisation waits no more.
    ///
    /// # Errors
    /// The store.
    pub async fn deny(
        &self,
        id: &str,
        browser: SecretHash,
        denial: Denial,
    ) -> Result<Option<String>, StoreFault> {
        for _ in 0..TRIES {
            let Some(record) = self.opened_in(id, browser).await? else { return Ok(None) };
            let now = self.inner.environment.now();
            let Some(location) = record.state.clone().deny(denial, &self.identity().origin(), now) else {
                return Ok(None);
            };
            let next = record.with(Authorization::Over);
            match self.inner.tenant.commit(&MoveAuthorization { read: &record, next: &next }).await {
                Ok(()) => return Ok(Some(location)),
                Err(Fault::Refused(_)) => {}
                Err(Fault::Store(fault)) => return Err(fault),
            }
        }
        Err(StoreFault::Conflict)
    }
}

struct Push {
    record: AuthorizationRecord,
    proof: Option<Used>,
}

impl Change for Push {
    const NAME: &'static str = "push-authorization";
    type Output = ();
    type Refusal = Overtaken;

    async fn apply(&self, tx: &mut Tx) -> Result<(), Fault<Overtaken>> {
        if let Some(proof) = &self.proof {
            use_once(tx, proof, Overtaken::ProofReplayed).await?;
        }
        Ok(tx.put(&self.record).await?)
    }
}

/// Puts `next` in the place of the state that was read.
struct MoveAuthorization<'a> {
    read: &'a AuthorizationRecord,
    next: &'a AuthorizationRecord,
}

impl Change for MoveAuthorization<'_> {
    const NAME: &'static str = "move-authorization";
    type Output = ();
    type Refusal = NoCode;

    async fn apply(&self, tx: &mut Tx) -> Result<(), Fault<NoCode>> {
        check_unmoved(tx, self.read).await?;
        Ok(tx.put(self.next).await?)
    }
}

/// Why no code is given out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum NoCode {
    /// The authorisation has moved meanwhile.
    Moved,
    /// The subject is not entitled, or the offer is no longer there.
    NotEntitled,
}

async fn check_unmoved(tx: &mut Tx, read: &AuthorizationRecord) -> Result<(), Fault<NoCode>> {
    let current = tx.get::<AuthorizationRecord>(&read.id).await?;
    if current.is_none_or(|current| current.revision != read.revision) {
        return Err(Fault::Refused(NoCode::Moved));
    }
    Ok(())
}

/// Ends the authorisation and makes the flow that its code leads to, in the place of the offer that it began with.
struct GiveCode<'a> {
    minting: &'a dyn Minting,
    read: &'a AuthorizationRecord,
    next: AuthorizationRecord,
    flow: FlowRecord,
}

impl Change for GiveCode<'_> {
    const NAME: &'static str = "give-authorization-code";
    type Output = ();
    type Refusal = NoCode;

    async fn apply(&self, tx: &mut Tx) -> Result<(), Fault<NoCode>> {
        check_unmoved(tx, self.read).await?;
        for configuration in &self.flow.configurations {
            if !self.minting.is_expected(tx, &self.flow.subject, configuration).await? {
                return Err(Fault::Refused(NoCode::NotEntitled));
            }
        }
        if let Some(offer) = &self.read.offer {
            let found = tx.get::<FlowRecord>(offer).await?;
            // It was open when the request was pushed, and counts as long as the page waits.
            let is_open = found.is_some_and(|found| {
                matches!(found.flow, Flow::Offered(_)) && found.subject == self.flow.subject
            });
            if !is_open {
                return Err(Fault::Refused(NoCode::NotEntitled));
            }
            tx.delete::<FlowRecord>(offer).await?;
        }
        tx.put(&self.flow).await?;
        Ok(tx.put(&self.next).await?)
    }
}

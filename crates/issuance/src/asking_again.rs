//! Offers for whoever asks again: one is open at a time.

use environment::Timestamp;
use openid4vc::vci::issuer::Flow;
use serde::{Deserialize, Serialize};
use store::{Change, Fault, Lanes, Range, StoreFault, Tx};

use crate::minting::Minting;
use crate::offers::{OfferError, OfferRequest, Offered, PreparedOffer, has_living};
use crate::records::{ByOfferedTo, FlowRecord, RevokedEntry};
use crate::revoking::{STATUS_LISTS, revoke_copies};
use crate::service::Issuance;

/// Flows of one subject that are looked at.
const PAGE: usize = 100;
/// Seconds for which an access token keeps others from being offered the same, however long it lives: where a person approves
/// it lives for a day, and a wallet that kept what it was promised does not ask for an offer. Who asks has lost it.
const IN_USE: i64 = 300;

/// Where an offer is shown. A page and a wallet may both ask, at the same moment: neither voids what the other was given.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Shown {
    /// The wallet that answered finds it.
    ToWallet,
    /// It stands on a page.
    OnPage,
    /// It lies in an inbox.
    InInbox,
}

impl Issuance {
    /// Makes an offer in the place of the one that was shown there before, whose code counts no more. Nothing is offered to
    /// a subject that is not entitled, that has a living copy of everything, or for which an access token is in use: five
    /// minutes from when it was given. One that is older and was got by an offer shown there ends, with all that was promised
    /// for it, and the copies that it gave and of which the wallet never said that they came are revoked.
    ///
    /// # Errors
    /// See [`OfferError`].
    pub async fn offer_again(
        &self,
        request: &OfferRequest,
        shown: Shown,
    ) -> Result<Option<Offered>, OfferError> {
        let offer = self.prepare_offer(request)?.shown(shown);
        let minting = self.inner.minting.as_ref();
        // Few have lost what they were given: whoever asks for nothing but an offer does not queue.
        let mut asked = OfferAgain { offer: &offer, minting, queues: false };
        loop {
            match self.inner.tenant.carry_out(&asked).await? {
                Came::Offered => return Ok(Some(offer.offered().clone())),
                Came::NothingOffered => return Ok(None),
                Came::Revoking => asked.queues = true,
            }
        }
    }
}

/// What came of asking.
enum Came {
    /// The offer is made.
    Offered,
    /// There is nothing to offer.
    NothingOffered,
    /// Nothing was done: copies are to be revoked, for which this has not queued.
    Revoking,
}

struct OfferAgain<'a> {
    offer: &'a PreparedOffer,
    minting: &'a dyn Minting,
    /// Whether it queues with those who revoke.
    queues: bool,
}

impl Change for OfferAgain<'_> {
    const NAME: &'static str = "offer-credentials-again";
    type Output = Came;
    type Refusal = std::convert::Infallible;

    fn lanes(&self) -> Lanes {
        if self.queues { Lanes::of(STATUS_LISTS) } else { Lanes::none() }
    }

    async fn apply(&self, tx: &mut Tx) -> Result<Came, Fault<Self::Refusal>> {
        let new = self.offer.record();
        if !self.is_wanting(tx, new).await? {
            return Ok(Came::NothingOffered);
        }
        let mut flows = tx.page::<ByOfferedTo>(Range::prefix(&new.subject), PAGE).await?.items;
        if flows.iter().any(|flow| is_in_use(&flow.flow, tx.now())) {
            return Ok(Came::NothingOffered);
        }
        flows.retain(|flow| flow.shown == new.shown);
        let lost = given(&flows);
        if !lost.is_empty() && !self.queues {
            return Ok(Came::Revoking);
        }
        // Nobody can say any more that these came; what is offered now is given in their place.
        let _ = revoke_copies(tx, &lost).await?;
        for earlier in &flows {
            tx.delete::<FlowRecord>(&earlier.id).await?;
        }
        self.offer.put(tx).await?;
        Ok(Came::Offered)
    }
}

/// The copies that `flows` gave and of which the wallet never said that they came.
fn given(flows: &[FlowRecord]) -> Vec<RevokedEntry> {
    let unconfirmed = flows.iter().flat_map(|flow| &flow.unconfirmed);
    unconfirmed.flat_map(|given| given.copies.iter().cloned()).collect()
}

/// Whether a wallet is fetching by an access token.
fn is_in_use(flow: &Flow, now: Timestamp) -> bool {
    let ends = [flow.expires_at(), flow.token_given_at().map(|given_at| given_at.plus(IN_USE))];
    matches!(flow, Flow::TokenIssued(_)) && ends.iter().flatten().all(|end| now < *end)
}

impl OfferAgain<'_> {
    /// Whether the subject may have all that is offered, and lacks some of it.
    async fn is_wanting(&self, tx: &mut Tx, new: &FlowRecord) -> Result<bool, StoreFault> {
        let mut lacks = false;
        for configuration in &new.configurations {
            if !self.minting.is_expected(tx, &new.subject, configuration).await? {
                return Ok(false);
            }
            lacks |= !has_living(tx, &new.subject, configuration).await?;
        }
        Ok(lacks)
    }
}

//! Refill: new copies of passport and profile for the present ones (specs/flows.md §2).

use std::collections::BTreeMap;

use credentials::types;
use outbound::Request;
use serde::Serialize;
use serde_json::{Value, json};
use url::Url;

use super::accept::{AcceptError, AcceptOptions, Accepted, ErrandFor, Party};
use super::present::{PresentError, PresentOptions};
use crate::consent::Consent;
use crate::records::{FollowUpAwaited, ListedCredential, PrivateKey};
use crate::vault::VaultError;
use crate::wallet::Wallet;

/// With fewer fresh copies than this, new ones are fetched.
const FEW: usize = 3;
/// With less time than this before they expire, new ones are fetched, in seconds.
const SOON: i64 = 3 * 86_400;

/// What was refilled.
#[derive(Debug, Default, Serialize)]
pub struct Refilled {
    /// What each office gave.
    pub accepted: Vec<Accepted>,
    /// What could not be refilled, and why, as sentences.
    pub problems: Vec<String>,
}

/// Why nothing was refilled.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RefillError {
    /// There is nothing an office could renew.
    #[error("the wallet holds no passport and no profile; get them from an office first")]
    NothingHeld,
    /// The office's address is malformed.
    #[error("the office's address is malformed")]
    Address,
    /// The office did not make a request.
    #[error("the office could not be asked: {0}")]
    Outbound(#[from] outbound::OutboundError),
    /// The office's answer is malformed.
    #[error("the office's answer is malformed")]
    Malformed,
    /// The office's request was not answered.
    #[error(transparent)]
    Present(#[from] PresentError),
    /// The office took the answer and offered nothing.
    #[error("the office took the answer and offered nothing yet; try `passport wallet collect` later")]
    NoOffer,
    /// The offer was not accepted.
    #[error(transparent)]
    Accept(#[from] AcceptError),
    /// The vault.
    #[error(transparent)]
    Vault(#[from] VaultError),
}

impl Wallet {
    /// Whether copies of passport or profile run low or expire soon.
    ///
    /// # Errors
    /// [`RefillError::Vault`].
    pub async fn needs_refill(&self) -> Result<bool, RefillError> {
        let now = self.now();
        let low = |one: &ListedCredential| {
            let soon = one.expires_at.is_none_or(|expires_at| now.plus(SOON).seconds() >= expires_at);
            one.copies_left < FEW || soon
        };
        Ok(self.renewable().await?.iter().any(low))
    }

    /// Shows each office a present copy of each kind and accepts the new ones it offers. New copies of passport and
    /// profile come in pairs again, bound to one key each.
    ///
    /// # Errors
    /// See [`RefillError`]; as long as something was refilled, the rest is told in [`Refilled::problems`].
    pub async fn refill(
        &self,
        options: &AcceptOptions,
        consent: &dyn Consent,
    ) -> Result<Refilled, RefillError> {
        let mut refilled = Refilled::default();
        let mut last = RefillError::NothingHeld;
        // By office, so that the pairs of one office share their keys.
        let mut keys: BTreeMap<String, Vec<PrivateKey>> = BTreeMap::new();
        for held in self.renewable().await? {
            let paired = keys.get(&held.issuer).cloned();
            match self.refill_kind(&held, options, consent, paired).await {
                Ok((accepted, used)) => {
                    keys.entry(held.issuer).or_insert(used);
                    refilled.accepted.push(accepted);
                }
                Err(RefillError::Vault(error)) => return Err(error.into()),
                Err(error) => {
                    refilled.problems.push(error.to_string());
                    last = error;
                }
            }
        }
        if refilled.accepted.is_empty() { Err(last) } else { Ok(refilled) }
    }

    async fn refill_kind(
        &self,
        held: &ListedCredential,
        options: &AcceptOptions,
        consent: &dyn Consent,
        keys: Option<Vec<PrivateKey>>,
    ) -> Result<(Accepted, Vec<PrivateKey>), RefillError> {
        // The copies go to the office that signed them, and the new ones come from it.
        let office = held.issuer_did.as_deref();
        let link = self.refill_link(&held.issuer, &held.vct).await?;
        let presented = self.present_to(&link, &PresentOptions::default(), consent, office).await?;
        let offer = match presented.credential_offer {
            Some(offer) => offer,
            None => self.offer_in_follow_up(office).await?.ok_or(RefillError::NoOffer)?,
        };
        let party = Party { address: &held.issuer, did: office };
        let errand = ErrandFor { party: Some(party), keys };
        let accepted = self.accept_offer_for(&offer, options, consent, errand).await?;
        self.forget_follow_ups(office).await?;
        Ok(accepted)
    }

    /// Asks the office for a request for the present copies.
    async fn refill_link(&self, office: &str, vct: &str) -> Result<String, RefillError> {
        let url = format!("{}/refill/requests", office.trim_end_matches('/'));
        let url = Url::parse(&url).map_err(|_| RefillError::Address)?;
        let what = if vct == types::PASSPORT { "passport" } else { "profile" };
        let answer =
            self.fetch.fetch(Request::post_json(url, &json!({"what": what}))).await?.successful()?.json()?;
        answer.get("link").and_then(Value::as_str).map(str::to_owned).ok_or(RefillError::Malformed)
    }

    async fn offer_in_follow_up(&self, did: Option<&str>) -> Result<Option<String>, RefillError> {
        for awaited in self.follow_ups_of(did).await? {
            if let Ok(follow_up) = self.fetch_follow_up(&awaited).await
                && follow_up.credential_offer.is_some()
            {
                return Ok(follow_up.credential_offer);
            }
        }
        Ok(None)
    }

    /// A refill leaves nothing to wait for.
    async fn forget_follow_ups(&self, did: Option<&str>) -> Result<(), RefillError> {
        let mut batch = self.vault.batch();
        for awaited in self.follow_ups_of(did).await? {
            batch = batch.delete::<FollowUpAwaited>(&awaited.id);
        }
        Ok(batch.commit().await?)
    }

    /// Newest first.
    async fn follow_ups_of(&self, did: Option<&str>) -> Result<Vec<FollowUpAwaited>, RefillError> {
        let mut awaited = self.vault.list::<FollowUpAwaited>().await?;
        awaited.retain(|one| did.is_some() && one.did.as_deref() == did);
        awaited.sort_by_key(|one| std::cmp::Reverse(one.asked_at));
        Ok(awaited)
    }

    async fn renewable(&self) -> Result<Vec<ListedCredential>, VaultError> {
        let listed = self.list().await.map_err(|crate::WalletError::Vault(error)| error)?;
        Ok(listed
            .into_iter()
            .filter(|one| [types::PASSPORT, types::PROFILE].contains(&one.vct.as_str()))
            .collect())
    }
}

//! Credentials that the issuer had ready later (OpenID4VCI 1.0 §9).

mod arrived;
mod telling;

use std::collections::BTreeSet;

use openid4vc::access::Scheme;
use openid4vc::vci::wallet::{Again, Answer, Deferred, Outcome, Retries, WalletError};

use super::accept::{AcceptError, Accepted, AcceptedCredential, Checked, with_proof};
use super::collect::{LONGEST_WAIT, last_tries};
use super::origin::{host_of, origin_of};
use crate::carrier::send;
use crate::records::{
    ArrivedCredential, AwaitedCredentials, FollowUpAwaited, HistoryEntry, HistoryKind, NotGiven, PrivateKey,
};
use crate::vault::{Batch, VaultError};
use crate::wallet::Wallet;

/// The code of what the member let go of, in the history.
const LET_GO: &str = "let_go";
/// The code of what was promised once more since, in the history.
const PROMISED_ANEW: &str = "promised_anew";

/// What came of asking for awaited credentials.
pub(super) enum Later {
    /// They are here.
    Ready(Accepted),
    /// They are not ready; not to be asked for before so many seconds have passed.
    AskAgainIn(i64),
}

/// Whether the issuer will never answer otherwise: it declined, or knows of nothing any more (§8.3.1.2, §9.3).
fn is_final(error: &AcceptError) -> bool {
    match error {
        AcceptError::Issuance(WalletError::Denied { .. }) => true,
        AcceptError::Issuance(WalletError::Refused { code }) => code == "invalid_transaction_id",
        _ => false,
    }
}

impl Wallet {
    /// What was promised of these configurations by an earlier offer in the same follow-up. Who makes another there ends what
    /// that one promised (specs/flows.md §2, offers in a follow-up); what has come is the member's.
    pub(super) async fn promised_before(
        &self,
        follow_up: &str,
        configurations: &BTreeSet<&str>,
    ) -> Result<Vec<AwaitedCredentials>, VaultError> {
        let mut promised = self.vault.list::<AwaitedCredentials>().await?;
        promised.retain(|one| {
            one.follow_up.as_deref() == Some(follow_up)
                && one.arrival.is_none()
                && configurations.contains(one.configuration.as_str())
        });
        Ok(promised)
    }

    /// The history tells of these that they were promised anew.
    pub(super) fn tell_promised_anew<'a>(
        &self,
        batch: Batch<'a>,
        promised: &[AwaitedCredentials],
    ) -> Result<Batch<'a>, VaultError> {
        promised.iter().try_fold(batch, |batch, one| {
            let mut entry = self.ending_of(one);
            entry.not_completed = Some(PROMISED_ANEW.to_owned());
            batch.put(&entry.bounded())
        })
    }

    /// Asks for awaited credentials, not before the issuer said.
    pub(super) async fn collect_awaited(&self, awaited: &AwaitedCredentials) -> Result<Later, AcceptError> {
        if let Some(arrival) = &awaited.arrival {
            return self.take_arrived(awaited, arrival).await;
        }
        let Some(deferred) = &awaited.deferred else { return Err(VaultError::Damaged.into()) };
        let left = awaited.not_before.saturating_sub(self.now().seconds());
        let is_over = self.is_over(awaited);
        if left > 0 && !is_over {
            return Ok(Later::AskAgainIn(left));
        }
        if left > 0 {
            return self.give_up(awaited, AcceptError::NeverReady).await;
        }
        let outcome = match self.ask_again(awaited, deferred).await {
            Err(AcceptError::Vault(error)) => return Err(error.into()),
            Err(error) if is_final(&error) => return self.give_up(awaited, error).await,
            Err(error) if is_over => return self.try_again_or_give_up(awaited, error).await,
            other => other?,
        };
        let issued = match outcome {
            Outcome::Issued(issued) => issued,
            Outcome::Deferred { .. } if is_over => {
                return self.give_up(awaited, AcceptError::NeverReady).await;
            }
            Outcome::Deferred { next, interval } => {
                let wait = i64::try_from(interval).unwrap_or(i64::MAX);
                let not_before = self.now().plus(wait).seconds();
                let since = Some(self.since(awaited));
                let deferred = Some(next);
                let awaited = AwaitedCredentials { deferred, not_before, since, ..awaited.clone() };
                self.wait_on(&awaited).await?;
                return Ok(Later::AskAgainIn(wait));
            }
        };
        let (awaited, arrival) = self.write_down_arrived(awaited, issued).await?;
        self.take_arrived(&awaited, &arrival).await
    }

    /// Lets go of what an issuer promised for later, and of what was to follow answers to a party, by its identifier, address or
    /// host: nobody is asked for it any more, and its token and keys are gone. Gives how many there were.
    ///
    /// # Errors
    /// See [`VaultError`].
    pub async fn let_go_of(&self, party: &str) -> Result<usize, VaultError> {
        let mut promised = self.vault.list::<AwaitedCredentials>().await?;
        promised.retain(|one| one.issuer == party || host_of(&one.issuer).as_deref() == Some(party));
        for one in &promised {
            self.let_go_of_promised(one).await?;
        }
        let mut followed = self.vault.list::<FollowUpAwaited>().await?;
        followed.retain(|one| is_awaited_of(one, party));
        for one in &followed {
            self.stop_following(one, LET_GO).await?;
        }
        self.forget_kept_late().await?;
        Ok(promised.len().saturating_add(followed.len()))
    }

    /// Lets go of what an issuer promised for later.
    pub(super) async fn let_go_of_promised(&self, awaited: &AwaitedCredentials) -> Result<(), VaultError> {
        self.stop_awaiting(awaited, LET_GO, false, None).await
    }

    async fn stop_awaiting(
        &self,
        awaited: &AwaitedCredentials,
        why: &str,
        is_their_word: bool,
        said: Option<&str>,
    ) -> Result<(), VaultError> {
        let mut entry = self.ending_of(awaited);
        entry.fail(why, is_their_word);
        entry.reason = said.map(str::to_owned);
        let entry = entry.bounded();
        let mut batch = self.vault.batch().put(&entry)?;
        if why != LET_GO {
            batch = batch.put(&self.not_given(awaited, &entry))?;
        }
        for name in awaited.arrived() {
            batch = batch.delete::<ArrivedCredential>(&name);
        }
        batch.delete::<AwaitedCredentials>(&awaited.id).commit().await
    }

    /// The one entry of the history about how a promise ends.
    fn ending_of(&self, awaited: &AwaitedCredentials) -> HistoryEntry {
        let mut entry = self.new_entry(HistoryKind::Offer);
        entry.id.clone_from(&awaited.id);
        entry.party.clone_from(&awaited.claimed_name);
        entry.host = host_of(&awaited.issuer);
        entry.requested = vec![awaited.vct.clone()];
        entry
    }

    /// What the member sees of a promise that was not kept.
    fn not_given(&self, awaited: &AwaitedCredentials, entry: &HistoryEntry) -> NotGiven {
        NotGiven {
            id: awaited.id.clone(),
            vct: awaited.vct.clone(),
            label: awaited.label.clone(),
            issuer: awaited.issuer.clone(),
            claimed_name: entry.party.clone(),
            at: self.now().seconds(),
            code: entry.not_completed.clone().unwrap_or_default(),
            is_their_word: entry.is_their_word,
            said: entry.reason.clone(),
        }
    }

    /// Whether the issuer has had its time. What was kept before anybody counted begins to count now.
    fn is_over(&self, awaited: &AwaitedCredentials) -> bool {
        self.now().seconds().saturating_sub(self.since(awaited)) > LONGEST_WAIT
    }

    fn since(&self, awaited: &AwaitedCredentials) -> i64 {
        awaited.since.unwrap_or(self.now().seconds())
    }

    /// The issuer has said its last word (§9.3), or had its time: it is not asked again, and the history tells of it.
    async fn give_up(&self, awaited: &AwaitedCredentials, error: AcceptError) -> Result<Later, AcceptError> {
        self.stop_awaiting(awaited, error.code(), error.is_their_word(), error.said()).await?;
        Err(error)
    }

    /// The issuer has had its time, and could not be asked. One moment's silence does not end it: it is tried for a week more.
    async fn try_again_or_give_up(
        &self,
        awaited: &AwaitedCredentials,
        error: AcceptError,
    ) -> Result<Later, AcceptError> {
        let tried = last_tries(awaited.last_tried_since, self.now()).filter(|_| error.is_silence());
        if tried.is_none() {
            return self.give_up(awaited, error).await;
        }
        self.wait_on(&AwaitedCredentials { last_tried_since: tried, ..awaited.clone() }).await?;
        Err(error)
    }

    /// Goes on waiting, unless the promise was made so long that there is no room to note for how long.
    async fn wait_on(&self, awaited: &AwaitedCredentials) -> Result<(), AcceptError> {
        match self.vault.put(awaited).await.map_err(AcceptError::from) {
            Err(AcceptError::TooLong) => self.give_up(awaited, AcceptError::TooLong).await.map(drop),
            noted => noted,
        }
    }

    async fn ask_again(
        &self,
        awaited: &AwaitedCredentials,
        deferred: &Deferred,
    ) -> Result<Outcome, AcceptError> {
        // In the days between, the issuer may have other keys, and begun or ended to encrypt.
        let metadata = self.issuer_metadata(&awaited.issuer).await?;
        let mut retries = Retries::default();
        let mut nonce: Option<String> = None;
        loop {
            let call = deferred.call(&metadata, self.environment.randomness())?;
            let answer = self
                .send_deferred(&awaited.dpop_key, deferred, call.request.clone(), nonce.as_deref())
                .await?;
            match deferred.response(&call, &answer, &mut retries)? {
                Answer::Done(outcome) => return Ok(outcome),
                Answer::Again(Again::WithDpopNonce(fresh)) => nonce = Some(fresh),
                // Nothing of the kind is asked for here (§9).
                Answer::Again(_) => return Err(WalletError::Malformed("error").into()),
            }
        }
    }

    async fn send_deferred(
        &self,
        dpop_key: &PrivateKey,
        deferred: &Deferred,
        request: openid4vc::http::Request,
        nonce: Option<&str>,
    ) -> Result<openid4vc::http::Response, AcceptError> {
        let presented = deferred.presented();
        let request = if presented.scheme == Scheme::Dpop {
            let key = dpop_key.holder_key()?;
            with_proof(self, request, &key, Some(presented.token.expose()), nonce).await?
        } else {
            request
        };
        Ok(send(self.fetch.as_ref(), request).await?)
    }
}

/// Whether something follows of the party of this identifier, address or host.
fn is_awaited_of(follow_up: &FollowUpAwaited, party: &str) -> bool {
    let address = party.trim_end_matches('/');
    [follow_up.did.as_deref(), host_of(&follow_up.uri).as_deref()].contains(&Some(party))
        || origin_of(&follow_up.uri).as_deref() == Some(address)
}

fn accepted(awaited: &AwaitedCredentials, checked: &[Checked]) -> Accepted {
    let credential =
        AcceptedCredential { vct: awaited.vct.clone(), label: awaited.label.clone(), copies: checked.len() };
    Accepted {
        issuer: awaited.issuer.clone(),
        issuer_name: checked.first().map(|one| one.credential.issuer_name.clone()),
        credentials: vec![credential],
        deferred: Vec::new(),
        unchecked: Vec::new(),
        missing: Vec::new(),
    }
}

//! Telling an issuer what became of what came late (OpenID4VCI 1.0 §11).
//!
//! Who gives what it promised holds it for lost until it is told: asked for another offer in the same follow-up, it revokes it
//! (specs/flows.md §2, offers in a follow-up). So a follow-up is not asked before its issuer has heard what became of what came of
//! it; and where it never will, or could not for a week, what came counts no more once there is another offer.

use openid4vc::secret::SecretText;
use openid4vc::vci::notification::Event;
use openid4vc::vci::wallet::{Deferred, next_dpop_nonce};

use crate::flows::accept::{AcceptError, Checked};
use crate::flows::collect::last_tries;
use crate::records::{Arrival, AwaitedCredentials, Copy, FollowUpAwaited, KeptLate, PrivateKey};
use crate::vault::VaultError;
use crate::wallet::Wallet;

/// What became of telling an issuer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Told {
    /// It has heard.
    Heard,
    /// It has not, and may the next time.
    NotYet,
    /// It takes no such word, now or later: the token has run out, or what it gave is over.
    Never,
}

impl Told {
    /// What an answer says (§11.3). By these the issuer itself says that it will not listen; any other may be of whatever stands before
    /// it, and of this moment.
    const fn by(status: u16) -> Self {
        match status {
            200..=299 => Self::Heard,
            400 | 401 | 403 | 410 => Self::Never,
            _ => Self::NotYet,
        }
    }
}

impl Wallet {
    /// What is to be told of what came late. Without anything that is to follow, nothing depends on whether the issuer listens.
    pub(super) async fn kept_late(
        &self,
        awaited: &AwaitedCredentials,
        arrival: &Arrival,
        checked: &[Checked],
    ) -> Result<Option<KeptLate>, VaultError> {
        let (Some(id), Some(deferred), Some(notification)) =
            (&awaited.follow_up, &awaited.deferred, &arrival.notification)
        else {
            return Ok(None);
        };
        let is_heard = deferred.notification_request(notification, Event::Accepted).is_some();
        if !is_heard || self.vault.get::<FollowUpAwaited>(id).await?.is_none() {
            return Ok(None);
        }
        Ok(Some(KeptLate {
            id: awaited.id.clone(),
            follow_up: id.clone(),
            deferred: deferred.clone(),
            dpop_key: awaited.dpop_key.clone(),
            notification: notification.clone(),
            issuer: awaited.issuer.clone(),
            configuration: awaited.configuration.clone(),
            since: None,
            copies: checked.iter().map(|one| one.key_id.clone()).collect(),
        }))
    }

    /// Tells what became of what came, where nothing depends on whether the issuer listens.
    pub(super) async fn notify_late(
        &self,
        awaited: &AwaitedCredentials,
        id: Option<&SecretText>,
        event: Event,
    ) {
        if let (Some(deferred), Some(id)) = (&awaited.deferred, id) {
            self.tell_issuer(&awaited.dpop_key, deferred, id, event).await;
        }
    }

    /// Tells that what came is kept; gives whether the issuer is to be told another time. One that was tried in vain for a week never
    /// will be told: what else follows is not kept from the member for it.
    async fn confirm(&self, kept: &KeptLate) -> Result<bool, VaultError> {
        let told =
            self.tell_issuer(&kept.dpop_key, &kept.deferred, &kept.notification, Event::Accepted).await;
        let since = match told {
            Told::Heard => {
                self.vault.batch().delete::<KeptLate>(&kept.id).commit().await?;
                None
            }
            Told::NotYet => last_tries(kept.since, self.now()),
            Told::Never => None,
        };
        if since.is_some() && since != kept.since {
            self.vault.put(&KeptLate { since, ..kept.clone() }).await?;
        }
        Ok(since.is_some())
    }

    /// Whether asking a follow-up now would cost the member what came of it. What was not told before is told first.
    pub(in crate::flows) async fn is_held_up(&self, follow_up: &FollowUpAwaited) -> Result<bool, VaultError> {
        let promised = self.vault.list::<AwaitedCredentials>().await?;
        let is_of_it = |one: &AwaitedCredentials| one.follow_up.as_ref() == Some(&follow_up.id);
        if promised.iter().any(|one| is_of_it(one) && one.has_come_late()) {
            return Ok(true);
        }
        let mut is_held_up = false;
        for one in self.kept_late_of(&follow_up.id).await? {
            is_held_up |= self.confirm(&one).await?;
        }
        Ok(is_held_up)
    }

    /// Whether nothing of a follow-up is promised any more, or came and its issuer was not told.
    pub(in crate::flows) async fn is_settled(&self, follow_up: &FollowUpAwaited) -> Result<bool, VaultError> {
        let promised = self.vault.list::<AwaitedCredentials>().await?;
        let is_promised = promised.iter().any(|one| one.follow_up.as_ref() == Some(&follow_up.id));
        Ok(!is_promised && self.kept_late_of(&follow_up.id).await?.is_empty())
    }

    /// There is another offer in a follow-up: what came of it, and of which the issuer was never told, it has revoked.
    pub(in crate::flows) async fn give_back_kept_late(
        &self,
        follow_up: &FollowUpAwaited,
    ) -> Result<(), VaultError> {
        let late = self.kept_late_of(&follow_up.id).await?;
        if late.is_empty() {
            return Ok(());
        }
        let _one_at_a_time = self.choosing.lock().await;
        let mut batch = self.vault.batch();
        for mut copy in self.vault.list::<Copy>().await? {
            if copy.is_revoked_with(&late) {
                batch = batch.put(&copy)?;
            }
        }
        for one in &late {
            batch = batch.delete::<KeptLate>(&one.id);
        }
        batch.commit().await
    }

    /// Where nothing follows any more, nothing is revoked by an offer, and nobody has to be told.
    pub(in crate::flows) async fn forget_kept_late(&self) -> Result<(), VaultError> {
        let mut batch = self.vault.batch();
        for one in self.vault.list::<KeptLate>().await? {
            if self.vault.get::<FollowUpAwaited>(&one.follow_up).await?.is_none() {
                batch = batch.delete::<KeptLate>(&one.id);
            }
        }
        batch.commit().await
    }

    async fn kept_late_of(&self, follow_up: &str) -> Result<Vec<KeptLate>, VaultError> {
        let mut late = self.vault.list::<KeptLate>().await?;
        late.retain(|one| one.follow_up == follow_up);
        Ok(late)
    }

    async fn tell_issuer(
        &self,
        dpop_key: &PrivateKey,
        deferred: &Deferred,
        id: &SecretText,
        event: Event,
    ) -> Told {
        match self.send_notification(dpop_key, deferred, id, event).await {
            Ok(status) => {
                let told = Told::by(status);
                if told != Told::Heard {
                    tracing::debug!(status, "the issuer took no notification");
                }
                told
            }
            Err(error) => {
                tracing::debug!(code = error.code(), "the issuer could not be notified");
                Told::NotYet
            }
        }
    }

    /// Gives the status of the answer. A server that wants a nonce of its own in the proof says so once (RFC 9449 §8).
    async fn send_notification(
        &self,
        dpop_key: &PrivateKey,
        deferred: &Deferred,
        id: &SecretText,
        event: Event,
    ) -> Result<u16, AcceptError> {
        let Some(request) = deferred.notification_request(id, event) else { return Ok(204) };
        let answer = self.send_deferred(dpop_key, deferred, request.clone(), None).await?;
        match next_dpop_nonce(&answer) {
            Some(nonce) if answer.status == 401 => {
                Ok(self.send_deferred(dpop_key, deferred, request, Some(&nonce)).await?.status)
            }
            _ => Ok(answer.status),
        }
    }
}

impl Copy {
    /// Holds for revoked what came late under its key; gives whether there is any.
    fn is_revoked_with(&mut self, late: &[KeptLate]) -> bool {
        let mut is_touched = false;
        for held in &mut self.credentials {
            let is_it = |one: &KeptLate| {
                one.copies.contains(&self.id)
                    && (&one.issuer, &one.configuration) == (&held.issuer, &held.configuration)
            };
            if late.iter().any(is_it) {
                held.revoked = true;
                is_touched = true;
            }
        }
        is_touched
    }
}

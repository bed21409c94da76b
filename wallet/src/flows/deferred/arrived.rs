//! What came and is not checked yet. What came late is written down first and checked then. The issuer has nothing more to give (OpenID4VCI 1.0 §9.1): a failure that
//! says nothing of what came, in the wallet's own network or on the way to somebody's host, must not cost its member what they
//! waited days for.

use environment::Timestamp;
use openid4vc::secret::SecretText;
use openid4vc::vci::credential::CredentialResponse;
use openid4vc::vci::notification::Event;

use super::{Later, accepted};
use crate::flows::accept::{AcceptError, Accepted, Checked, Expected, StillToCome};
use crate::flows::collect::LONGEST_WAIT;
use crate::keys::HolderKey;
use crate::records::{Arrival, ArrivedCredential, AwaitedCredentials, HistoryEntry, PrivateKey};
use crate::vault::VaultError;
use crate::wallet::Wallet;

impl Wallet {
    /// Writes down what the issuer gave. What has no room is refused: it would have none the next time either.
    pub(super) async fn write_down_arrived(
        &self,
        awaited: &AwaitedCredentials,
        issued: CredentialResponse,
    ) -> Result<(AwaitedCredentials, Arrival), AcceptError> {
        let CredentialResponse { credentials, notification_id } = issued;
        let arrival =
            Arrival { at: self.now().seconds(), count: credentials.len(), notification: notification_id };
        let arrived = AwaitedCredentials { arrival: Some(arrival.clone()), ..awaited.clone() };
        let mut batch = self.vault.batch().put(&arrived)?;
        for one in ArrivedCredential::all(&awaited.id, credentials) {
            batch = batch.put(&one)?;
        }
        match batch.commit().await.map_err(AcceptError::from) {
            Err(AcceptError::TooLong) => {
                let refused = self.refuse_late(awaited, &arrival, AcceptError::TooLong).await;
                refused.and(Err(AcceptError::TooLong))
            }
            written => written.map(|()| (arrived, arrival)),
        }
    }

    /// Checks what came, by the day on which it came, and keeps it.
    pub(super) async fn take_arrived(
        &self,
        awaited: &AwaitedCredentials,
        arrival: &Arrival,
    ) -> Result<Later, AcceptError> {
        let credentials = self.arrived(awaited).await?;
        let keys: Vec<HolderKey> =
            awaited.keys.iter().map(PrivateKey::holder_key).collect::<Result<_, _>>()?;
        let expected = Expected {
            issuer: &awaited.issuer,
            signer: awaited.signer.as_deref(),
            configuration: &awaited.configuration,
            vct: &awaited.vct,
            label: awaited.label.as_deref(),
            came_at: Timestamp::from_seconds(arrival.at),
        };
        match self.keep_late(awaited, arrival, &expected, &credentials, &keys).await {
            Ok((accepted, is_told_with_follow_up)) => {
                if !is_told_with_follow_up {
                    self.notify_late(awaited, arrival.notification.as_ref(), Event::Accepted).await;
                }
                Ok(Later::Ready(accepted))
            }
            Err(AcceptError::Vault(error)) => Err(error.into()),
            Err(AcceptError::Trust(error)) if error.tells_nothing() && !self.is_stale(arrival) => {
                Err(AcceptError::NotCheckedYet(error))
            }
            Err(error) => self.refuse_late(awaited, arrival, error).await,
        }
    }

    async fn refuse_late(
        &self,
        awaited: &AwaitedCredentials,
        arrival: &Arrival,
        error: AcceptError,
    ) -> Result<Later, AcceptError> {
        let refused = self.give_up(awaited, error).await;
        self.notify_late(awaited, arrival.notification.as_ref(), Event::Failure).await;
        refused
    }

    async fn arrived(&self, awaited: &AwaitedCredentials) -> Result<Vec<SecretText>, VaultError> {
        let mut credentials = Vec::new();
        for name in awaited.arrived() {
            let one = self.vault.get::<ArrivedCredential>(&name).await?.ok_or(VaultError::Damaged)?;
            credentials.push(one.compact);
        }
        Ok(credentials)
    }

    /// Whether nobody will ever be able to tell.
    fn is_stale(&self, arrival: &Arrival) -> bool {
        self.now().seconds().saturating_sub(arrival.at) > LONGEST_WAIT
    }

    /// What the history tells of what came late.
    fn entry_of_late(&self, awaited: &AwaitedCredentials, checked: &[Checked]) -> HistoryEntry {
        let mut entry = self.ending_of(awaited);
        entry.presented = vec![awaited.vct.clone()];
        if let Some(first) = checked.first() {
            entry.party = Some(first.credential.issuer_name.clone());
            entry.did.clone_from(&first.credential.issuer_did);
            entry.network.clone_from(&first.credential.network);
        }
        entry.bounded()
    }

    /// Checks what came, and keeps it if there is room: what fits by itself may not fit beside what its key has already. In the
    /// same step the history tells of it, and what is to be told of it is written down, where that is done before the follow-up is
    /// asked; gives whether it is.
    async fn keep_late(
        &self,
        awaited: &AwaitedCredentials,
        arrival: &Arrival,
        expected: &Expected<'_>,
        credentials: &[SecretText],
        keys: &[HolderKey],
    ) -> Result<(Accepted, bool), AcceptError> {
        let checked = self.check_credentials(expected, credentials, keys).await?;
        self.check_beside(awaited, &checked).await?;
        self.refuse_repeated_marks(&checked).await?;
        let accepted = accepted(awaited, &checked);
        let besides = self.besides(awaited, &checked).await?;
        let to_come = StillToCome { awaited: besides, arrived: Vec::new() };
        let kept = self.kept_late(awaited, arrival, &checked).await?;
        let mut batch = self.vault.batch().put(&self.entry_of_late(awaited, &checked))?;
        if let Some(kept) = &kept {
            batch = batch.put(kept)?;
        }
        self.keep(checked, &to_come, std::slice::from_ref(awaited), batch).await?;
        Ok((accepted, kept.is_some()))
    }
}

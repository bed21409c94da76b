//! What came late is written down first and checked then. The issuer has nothing more to give (OpenID4VCI 1.0 §9.1): a failure that
//! says nothing of what came, in the wallet's own network or on the way to somebody's host, must not cost its member what they
//! waited days for.

use environment::Timestamp;
use jose::SigningKey;
use openid4vc::secret::SecretText;
use openid4vc::vci::credential::CredentialResponse;
use openid4vc::vci::notification::Event;

use super::{Later, accepted};
use crate::flows::accept::{AcceptError, Checked, Expected};
use crate::flows::collect::LONGEST_WAIT;
use crate::records::{Arrival, ArrivedCredential, AwaitedCredentials, LONGEST_ARRIVED};
use crate::vault::VaultError;
use crate::wallet::Wallet;

impl Wallet {
    /// Writes down what the issuer gave.
    pub(super) async fn write_down_arrived(
        &self,
        awaited: &AwaitedCredentials,
        issued: CredentialResponse,
    ) -> Result<(AwaitedCredentials, Arrival), AcceptError> {
        let CredentialResponse { credentials, notification_id } = issued;
        if credentials.iter().any(|one| one.expose().len() > LONGEST_ARRIVED) {
            let refused = self.give_up(awaited, AcceptError::TooLong).await;
            self.notify_late(awaited, notification_id.as_ref(), Event::Failure).await;
            return refused.and(Err(AcceptError::TooLong));
        }
        let arrival =
            Arrival { at: self.now().seconds(), count: credentials.len(), notification: notification_id };
        let awaited = AwaitedCredentials { arrival: Some(arrival.clone()), ..awaited.clone() };
        let mut batch = self.vault.batch().put(&awaited)?;
        for (number, compact) in credentials.into_iter().enumerate() {
            batch = batch
                .put(&ArrivedCredential { id: ArrivedCredential::id_of(&awaited.id, number), compact })?;
        }
        batch.commit().await?;
        Ok((awaited, arrival))
    }

    /// Checks what came, by the day on which it came, and keeps it.
    pub(super) async fn take_arrived(
        &self,
        awaited: &AwaitedCredentials,
        arrival: &Arrival,
    ) -> Result<Later, AcceptError> {
        let credentials = self.arrived(awaited).await?;
        let keys: Vec<SigningKey> =
            awaited.keys.iter().map(|key| key.signing_key()).collect::<Result<_, _>>()?;
        let expected = Expected {
            issuer: &awaited.issuer,
            signer: awaited.signer.as_deref(),
            configuration: &awaited.configuration,
            vct: &awaited.vct,
            label: awaited.label.as_deref(),
            came_at: Timestamp::from_seconds(arrival.at),
        };
        let notification = arrival.notification.as_ref();
        match self.check_late(awaited, &expected, &credentials, &keys).await {
            Ok(checked) => {
                let accepted = accepted(awaited, &checked);
                let besides = self.besides(awaited, &checked).await?;
                self.keep(checked, &besides, Some(awaited)).await?;
                self.notify_late(awaited, notification, Event::Accepted).await;
                Ok(Later::Ready(accepted))
            }
            Err(AcceptError::Vault(error)) => Err(error.into()),
            Err(AcceptError::Trust(error)) if error.tells_nothing() && !self.is_stale(arrival) => {
                Err(AcceptError::NotCheckedYet(error))
            }
            Err(error) => {
                let refused = self.give_up(awaited, error).await;
                self.notify_late(awaited, notification, Event::Failure).await;
                refused
            }
        }
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

    async fn check_late(
        &self,
        awaited: &AwaitedCredentials,
        expected: &Expected<'_>,
        credentials: &[SecretText],
        keys: &[SigningKey],
    ) -> Result<Vec<Checked>, AcceptError> {
        let checked = self.check_credentials(expected, credentials, keys).await?;
        self.check_beside(awaited, &checked).await?;
        self.refuse_repeated_marks(&checked).await?;
        Ok(checked)
    }
}

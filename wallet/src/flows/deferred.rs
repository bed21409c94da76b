//! Credentials that the issuer had ready later (OpenID4VCI 1.0 §9).

use jose::SigningKey;
use openid4vc::access::Scheme;
use openid4vc::secret::SecretText;
use openid4vc::vci::notification::Event;
use openid4vc::vci::wallet::{Again, Answer, Outcome, Retries, WalletError};

use super::accept::{AcceptError, Accepted, AcceptedCredential, Checked, Expected, with_proof};
use super::origin::host_of;
use crate::carrier::send;
use crate::records::{AwaitedCredentials, HistoryKind};
use crate::wallet::Wallet;

/// What came of asking for awaited credentials.
pub(super) enum Later {
    /// They are here.
    Ready(Accepted),
    /// They are not ready; not to be asked for before so many seconds have passed.
    AskAgainIn(i64),
}

/// Whether the issuer will never answer otherwise: it declined, or knows of nothing any more (§8.3.1.2, §9.3).
fn is_final(error: &AcceptError) -> bool {
    let AcceptError::Issuance(WalletError::Refused { code }) = error else { return false };
    matches!(code.as_str(), "credential_request_denied" | "invalid_transaction_id")
}

impl Wallet {
    /// Asks for awaited credentials, not before the issuer said.
    pub(super) async fn collect_awaited(&self, awaited: &AwaitedCredentials) -> Result<Later, AcceptError> {
        let left = awaited.not_before.saturating_sub(self.now().seconds());
        if left > 0 {
            return Ok(Later::AskAgainIn(left));
        }
        let outcome = match self.ask_again(awaited).await {
            Err(error) if is_final(&error) => return self.give_up(awaited, error).await,
            other => other?,
        };
        let issued = match outcome {
            Outcome::Issued(issued) => issued,
            Outcome::Deferred { next, interval } => {
                let wait = i64::try_from(interval).unwrap_or(i64::MAX);
                let not_before = self.now().plus(wait).seconds();
                self.vault.put(&AwaitedCredentials { deferred: next, not_before, ..awaited.clone() }).await?;
                return Ok(Later::AskAgainIn(wait));
            }
        };
        let keys: Vec<SigningKey> =
            awaited.keys.iter().map(|key| key.signing_key()).collect::<Result<_, _>>()?;
        let expected = Expected {
            issuer: &awaited.issuer,
            signer: awaited.signer.as_deref(),
            configuration: &awaited.configuration,
            vct: &awaited.vct,
            label: awaited.label.as_deref(),
        };
        let checked = self.check_late(&expected, &issued.credentials, &keys).await;
        if let Some(id) = &issued.notification_id {
            let event = if checked.is_ok() { Event::Accepted } else { Event::Failure };
            if let Some(request) = awaited.deferred.notification_request(id, event) {
                let _ = self.send_deferred(awaited, request, None).await;
            }
        }
        let checked = checked?;
        let mut accepted = Accepted { issuer: awaited.issuer.clone(), ..Accepted::default() };
        accepted.issuer_name = checked.first().map(|one| one.credential.issuer_name.clone());
        accepted.credentials.push(AcceptedCredential {
            vct: awaited.vct.clone(),
            label: awaited.label.clone(),
            copies: checked.len(),
        });
        self.keep(checked, &[], Some(awaited)).await?;
        Ok(Later::Ready(accepted))
    }

    /// The issuer has said its last word: it is not asked again (§9.3), and the history tells of it.
    async fn give_up(&self, awaited: &AwaitedCredentials, error: AcceptError) -> Result<Later, AcceptError> {
        let mut entry = self.new_entry(HistoryKind::Offer);
        entry.host = host_of(&awaited.issuer);
        entry.requested = vec![awaited.vct.clone()];
        entry.not_completed = Some(error.code().to_owned());
        let batch = self.vault.batch().put(&entry.bounded())?;
        batch.delete::<AwaitedCredentials>(&awaited.id).commit().await?;
        Err(error)
    }

    async fn check_late(
        &self,
        expected: &Expected<'_>,
        credentials: &[SecretText],
        keys: &[SigningKey],
    ) -> Result<Vec<Checked>, AcceptError> {
        let checked = self.check_credentials(expected, credentials, keys).await?;
        self.refuse_repeated_marks(&checked).await?;
        Ok(checked)
    }

    async fn ask_again(&self, awaited: &AwaitedCredentials) -> Result<Outcome, AcceptError> {
        // In the days between, the issuer may have other keys, and begun or ended to encrypt.
        let metadata = self.issuer_metadata(&awaited.issuer).await?;
        let mut retries = Retries::default();
        let mut nonce: Option<String> = None;
        loop {
            let call = awaited.deferred.call(&metadata, self.environment.randomness())?;
            let answer = self.send_deferred(awaited, call.request.clone(), nonce.as_deref()).await?;
            match awaited.deferred.response(&call, &answer, &mut retries)? {
                Answer::Done(outcome) => return Ok(outcome),
                Answer::Again(Again::WithDpopNonce(fresh)) => nonce = Some(fresh),
                // Nothing of the kind is asked for here (§9).
                Answer::Again(_) => return Err(WalletError::Malformed("error").into()),
            }
        }
    }

    async fn send_deferred(
        &self,
        awaited: &AwaitedCredentials,
        request: openid4vc::http::Request,
        nonce: Option<&str>,
    ) -> Result<openid4vc::http::Response, AcceptError> {
        let presented = awaited.deferred.presented();
        let request = if presented.scheme == Scheme::Dpop {
            let key = awaited.dpop_key.signing_key()?;
            with_proof(self, request, &key, Some(presented.token.expose()), nonce)?
        } else {
            request
        };
        Ok(send(self.fetch.as_ref(), request).await?)
    }
}

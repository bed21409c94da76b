//! What one errand brings: what was checked and is the member's, and what is still to come.

use openid4vc::vci::metadata::CredentialConfiguration;
use openid4vc::vci::wallet::{Outcome, Plan};

use super::errand::Errand;
use super::keeping::StillToCome;
use super::{AcceptError, Accepted, AcceptedCredential, Behind, Checked, Expected, beside};
use crate::records::AwaitedCredentials;
use crate::wallet::Wallet;

/// What was gathered so far; nothing of it is kept yet.
pub(super) struct Gathered<'a> {
    plan: &'a Plan,
    behind: Behind<'a>,
    pub(super) accepted: Accepted,
    pub(super) checked: Vec<Checked>,
    pub(super) to_come: StillToCome,
}

impl<'a> Gathered<'a> {
    pub(super) fn new(plan: &'a Plan, behind: Behind<'a>) -> Self {
        let accepted = Accepted { issuer: plan.metadata().credential_issuer.clone(), ..Accepted::default() };
        Self { plan, behind, accepted, checked: Vec::new(), to_come: StillToCome::default() }
    }

    /// Whether the issuer has given or promised something.
    pub(super) const fn is_something(&self) -> bool {
        !self.checked.is_empty() || !self.to_come.awaited.is_empty()
    }

    /// Notes what the issuer could not be asked for.
    pub(super) fn miss(&mut self, configuration: &CredentialConfiguration) {
        self.accepted.missing.push(configuration.vct.clone());
    }

    /// Checks what the issuer gave of one configuration.
    pub(super) async fn take(
        &mut self,
        wallet: &Wallet,
        errand: &mut Errand<'_>,
        (id, configuration): (&str, &CredentialConfiguration),
        outcomes: Vec<Outcome>,
    ) -> Result<(), AcceptError> {
        let label = configuration.display.first().map(|display| display.name.clone());
        let expected = Expected {
            issuer: &self.plan.metadata().credential_issuer,
            signer: self.behind.signer,
            configuration: id,
            vct: &configuration.vct,
            label: label.as_deref(),
            came_at: wallet.now(),
        };
        let mut found: Vec<Checked> = Vec::new();
        for outcome in outcomes {
            match outcome {
                Outcome::Issued(issued) => {
                    let here = wallet.check_credentials(&expected, &issued.credentials, errand.keys());
                    match here.await {
                        Ok(here) => found.extend(here),
                        // The issuer gives it once; what says nothing of it must not cost the member what was given.
                        Err(AcceptError::Trust(error)) if error.tells_nothing() => {
                            errand.leave_unsaid(issued.notification_id.as_ref());
                            let waiting = wallet.awaited(&expected, self.plan, errand);
                            self.to_come.put_aside(waiting, issued.credentials, wallet.now());
                            self.accepted.unchecked.push(configuration.vct.clone());
                        }
                        Err(error) => return Err(error),
                    }
                }
                Outcome::Deferred { next, interval } => {
                    let wait = i64::try_from(interval).unwrap_or(i64::MAX);
                    self.to_come.awaited.push(AwaitedCredentials {
                        deferred: Some(next),
                        not_before: wallet.now().plus(wait).seconds(),
                        ..wallet.awaited(&expected, self.plan, errand)
                    });
                    self.accepted.deferred.push(configuration.vct.clone());
                }
            }
        }
        wallet.check_together(&expected, &found)?;
        for promised in self.to_come.awaited.iter_mut().filter(|promised| promised.configuration == id) {
            promised.taken = beside::taken_by(&found);
            promised.follow_up = self.behind.follow_up.map(str::to_owned);
        }
        if !found.is_empty() {
            let vct = configuration.vct.clone();
            self.accepted.credentials.push(AcceptedCredential { vct, label, copies: found.len() });
        }
        self.checked.extend(found);
        Ok(())
    }
}

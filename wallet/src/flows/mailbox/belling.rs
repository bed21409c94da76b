//! Bells at the inboxes: whoever keeps this wallet is told that something came (specs/mailbox.md §6.1).

use environment::Randomness;
use network::mailbox::{Bell, BellWish};

use super::MailError;
use super::inboxes::{Inbox, Whose};
use crate::records::BellHung;
use crate::wallet::Wallet;

/// After how many seconds a bell is hung anew, well before the host of the inbox forgets it.
const HUNG_ANEW: i64 = 7 * 86_400;

/// Which inboxes get a bell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bells {
    /// All of them: where a host keeps the wallets of many, its name says little of whose an inbox is.
    All,
    /// That of the member's DID alone, of which its host knows whose it is anyway: the name of a member's own machine would say of all
    /// others that they belong together.
    OfTheDid,
}

impl Wallet {
    /// Hangs bells that lead to `at`, where there is none yet and where one has hung for a while; each gets a ticket of its own. Gives
    /// why an inbox could not be reached, as sentences: it is tried again the next time.
    ///
    /// # Errors
    /// [`MailError::Vault`].
    pub async fn hang_bells(
        &self,
        which: Bells,
        at: &str,
        ticket: &(dyn Fn(&dyn Randomness) -> Option<String> + Send + Sync),
    ) -> Result<Vec<String>, MailError> {
        let (now, hung) = (self.now().seconds(), self.vault.list::<BellHung>().await?);
        let mut problems = Vec::new();
        for inbox in self.inboxes().await?.iter().filter(|inbox| which.are_for(inbox)) {
            let is_hung = |one: &BellHung| {
                one.inbox == inbox.url && one.at == at && now < one.hung_at.saturating_add(HUNG_ANEW)
            };
            if hung.iter().any(is_hung) {
                continue;
            }
            let Some(ticket) = ticket(self.environment.randomness()) else { continue };
            let bell = Some(Bell { at: at.to_owned(), ticket });
            match self.tell_inbox(inbox, "bell", &BellWish { bell }).await {
                Ok(()) => {
                    let hung = BellHung { inbox: inbox.url.clone(), at: at.to_owned(), hung_at: now };
                    self.vault.put(&hung).await?;
                }
                Err(MailError::Vault(error)) => return Err(error.into()),
                Err(error) => problems.push(error.to_string()),
            }
        }
        Ok(problems)
    }

    /// Takes all bells down. What could not be told is tried again the next time; until then whoever is rung knows the ticket no more.
    ///
    /// # Errors
    /// [`MailError::Vault`].
    pub async fn take_bells_down(&self) -> Result<Vec<String>, MailError> {
        let hung = self.vault.list::<BellHung>().await?;
        let inboxes = if hung.is_empty() { Vec::new() } else { self.inboxes().await? };
        let mut problems = Vec::new();
        for one in hung {
            let told = match inboxes.iter().find(|inbox| inbox.url == one.inbox) {
                Some(inbox) => self.tell_inbox(inbox, "bell", &BellWish { bell: None }).await,
                // Nobody reads it any more, and its host forgets the bell with it.
                None => Ok(()),
            };
            match told {
                Ok(()) => self.vault.batch().delete::<BellHung>(&one.inbox).commit().await?,
                Err(MailError::Vault(error)) => return Err(error.into()),
                Err(error) => problems.push(error.to_string()),
            }
        }
        Ok(problems)
    }
}

impl Bells {
    fn are_for(self, inbox: &Inbox) -> bool {
        matches!((self, &inbox.whose), (Self::All, _) | (Self::OfTheDid, Whose::Member(_)))
    }
}

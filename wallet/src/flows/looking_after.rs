//! What the wallet looks after by itself while it is open: what is due, and doing one thing of it (decision 0035). When something is
//! done, [`Keeper`](crate::Keeper) says.

use std::collections::BTreeMap;

use credentials::types;
use jose::digest;

use super::collect::{CollectError, Problem};
use super::deferred::Later;
use super::refill::RefillError;
use super::upkeep::Looking;
use crate::consent::{Consent, OfferChoice, Offered};
use crate::fresh::{Care, Due};
use crate::question::{Choice, Question};
use crate::records::{
    AwaitedCredentials, Copy, FollowUpAwaited, MemberDid, OutboxItem, OwnNumber, SentAnswer, Upkeep,
};
use crate::vault::VaultError;
use crate::wallet::{BoxFuture, Wallet};

/// Days are the same for all wallets, and so are the dates of copies: each wallet renews at another moment of this while before, in
/// seconds.
const WITHIN: u64 = 86_400;
/// What the secret is called that says at which.
const PURPOSE: &str = "renewing";

impl Wallet {
    /// What is to be looked after, and from when on. Nobody is asked for it. For a wallet at rest there is nothing to do: the other one
    /// does it (decision 0033).
    ///
    /// # Errors
    /// See [`VaultError`].
    pub async fn agenda(&self) -> Result<Vec<Due>, VaultError> {
        if self.vault.rests_since().await?.is_some() {
            return Ok(Vec::new());
        }
        let mut agenda = self.what_comes().await?;
        let copies = self.vault.list::<Copy>().await?;
        let upkeep = self.vault.get::<Upkeep>(Upkeep::NAME).await?.unwrap_or_default();
        let lists = self.lists_due(&copies, &upkeep).into_iter();
        agenda.extend(lists.map(|(uri, at)| Due { care: Care::Statuses(uri), at }));
        let low = self.copies_due().await?.into_iter();
        agenda.extend(low.map(|(issuer, at)| Due { care: Care::Copies(issuer), at }));
        agenda.extend(self.number_due(&copies).await?.map(|at| Due { care: Care::Number, at }));
        Ok(agenda)
    }

    /// What others have still to give or to take.
    async fn what_comes(&self) -> Result<Vec<Due>, VaultError> {
        let mut agenda = Vec::new();
        for awaited in self.vault.list::<AwaitedCredentials>().await? {
            // What has come and could not be checked waits for nobody but the network.
            let at = if awaited.arrival.is_some() { 0 } else { awaited.not_before };
            agenda.push(Due { care: Care::Promised(awaited.id), at });
        }
        let answers = self.vault.list::<SentAnswer>().await?;
        agenda.extend(
            answers.iter().map(|sent| sent.not_before).min().map(|at| Due { care: Care::Answers, at }),
        );
        for followed in self.vault.list::<FollowUpAwaited>().await? {
            agenda.push(Due { care: Care::FollowUp(followed.id), at: followed.asked_at });
        }
        let changes = self.vault.list::<OutboxItem>().await?;
        let first = changes.iter().filter(|item| !item.given_up).map(|item| item.due_at).min();
        agenda.extend(first.map(|at| Due { care: Care::Changes, at }));
        Ok(agenda)
    }

    /// The issuers of whose copies there will be too few, and when each is asked for others.
    async fn copies_due(&self) -> Result<BTreeMap<String, i64>, VaultError> {
        let mut due: BTreeMap<String, i64> = BTreeMap::new();
        for (kind, at) in self.refills_due(|kind| self.earlier(kind)).await? {
            due.entry(kind.issuer).and_modify(|first| *first = at.min(*first)).or_insert(at);
        }
        Ok(due)
    }

    /// By how many seconds this wallet renews a kind earlier than the last moment to begin with it: always the same, and another for
    /// each wallet.
    pub(super) fn earlier(&self, kind: &str) -> i64 {
        let secret = self.vault.derived(PURPOSE);
        let drawn = digest::sha256([secret.as_slice(), kind.as_bytes()].concat());
        let number = drawn.iter().take(8).fold(0_u64, |number, byte| (number << 8) | u64::from(*byte));
        i64::try_from(number.checked_rem(WITHIN).unwrap_or_default()).unwrap_or_default()
    }

    /// When the office is told or asked about the number next; none while there is nothing to tell.
    async fn number_due(&self, copies: &[Copy]) -> Result<Option<i64>, VaultError> {
        let member = self.vault.get::<MemberDid>(MemberDid::NAME).await?;
        let Some(member) = member.filter(|member| member.uploaded && !member.given_up) else {
            return Ok(None);
        };
        let shows_number = |copy: &Copy| copy.credentials.iter().any(|one| one.vct == types::PASSPORT);
        let own = self.vault.get::<OwnNumber>(OwnNumber::NAME).await?;
        Ok(match own {
            Some(own) => Some(own.due_at(&member, self.now())),
            None => copies.iter().any(shows_number).then_some(0),
        })
    }

    /// Looks after one thing. Nobody is asked: what the member would have to say waits until they look. Gives whether there is
    /// something to see that was not there before.
    ///
    /// # Errors
    /// [`VaultError`] alone; what others did not do comes again.
    pub async fn look_after(&self, care: &Care) -> Result<bool, VaultError> {
        match care {
            Care::Promised(id) => self.look_after_promise(id).await,
            Care::Answers => {
                let consent: &dyn Consent = &ByItself;
                let mut is_news = false;
                for again in self.send_all_again(consent).await? {
                    is_news |= again.outcome.is_ok();
                    if let Err(CollectError::Vault(error)) =
                        self.tell_sent_again(again, consent, &mut None).await
                    {
                        return Err(error);
                    }
                }
                Ok(is_news)
            }
            Care::FollowUp(id) => match self.collect_one(id, &ByItself).await {
                Ok(Some(from)) => {
                    let is_over = from.problems.contains(&Problem::Ended);
                    Ok(is_over || from.accepted.is_some() || from.decision.is_some() || from.sharing_proof)
                }
                Ok(None) => Ok(false),
                Err(CollectError::Vault(error)) => Err(error),
                Err(error) => {
                    tracing::debug!(%error, "what follows an answer could not be fetched");
                    Ok(false)
                }
            },
            Care::Changes => {
                let _one_at_a_time = self.collecting.lock().await;
                Ok(!self.send_due_changes().await?.is_empty())
            }
            Care::Statuses(uri) => self.learn_statuses(Looking::Into(uri)).await,
            Care::Copies(issuer) => {
                let _one_at_a_time = self.collecting.lock().await;
                match self.refill_by_itself(issuer, |kind| self.earlier(kind)).await {
                    Ok(refilled) => Ok(refilled),
                    Err(RefillError::Vault(error)) => Err(error),
                    Err(error) => {
                        tracing::debug!(%error, "copies could not be refilled");
                        Ok(false)
                    }
                }
            }
            Care::Number => {
                let _one_at_a_time = self.collecting.lock().await;
                self.look_after_number().await?;
                self.retire_passports().await?;
                self.leave_logs().await?;
                Ok(false)
            }
        }
    }

    async fn look_after_promise(&self, id: &str) -> Result<bool, VaultError> {
        let _one_at_a_time = self.collecting.lock().await;
        let Some(awaited) = self.vault.get::<AwaitedCredentials>(id).await? else { return Ok(false) };
        let collected = self.collect_awaited(&awaited).await;
        let is_news = match collected {
            Ok(Later::Ready(_)) => true,
            Ok(Later::AskAgainIn(_)) => false,
            Err(super::accept::AcceptError::Vault(error)) => return Err(error),
            Err(error) => {
                tracing::debug!(code = error.code(), "what was promised did not come");
                // It was given up, or has come and is not checked.
                let left = self.vault.get::<AwaitedCredentials>(id).await?;
                left.is_none_or(|left| left.arrival.is_some() != awaited.arrival.is_some())
            }
        };
        self.forget_kept_late().await?;
        Ok(is_news)
    }
}

/// Nobody: what follows an answer is taken where it is of the kinds that the network's own answers are followed by, since it was asked
/// for by that (decision 0026); all else waits for the member.
struct ByItself;

impl Consent for ByItself {
    fn ask<'a>(&'a self, _: &'a Question) -> BoxFuture<'a, Choice> {
        Box::pin(std::future::ready(Choice::LeaveOpen))
    }

    fn accepts<'a>(&'a self, offered: &'a Offered) -> BoxFuture<'a, OfferChoice> {
        let is_asked_for = offered.credentials.iter().all(|one| types::is_ours(&one.vct));
        let choice = if is_asked_for { OfferChoice::Accept } else { OfferChoice::LeaveOpen };
        Box::pin(std::future::ready(choice))
    }
}

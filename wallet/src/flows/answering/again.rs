//! Sending an answer again that could not be taken, or of which nothing was heard (decision 0025): the very same one, to where it
//! went. What the member agreed to is not asked anew, and no other copy is shown for it.

use std::collections::BTreeSet;
use std::time::Duration;

use jose::digest;
use openid4vc::http::Response;
use openid4vc::vp::wallet::{self, ReplyError};
use outbound::OutboundError;
use serde::Serialize;

use super::Answered;
use super::writing_down::{Before, Leaving, UNDER_WAY};
use crate::carrier::send;
use crate::consent::Consent;
use crate::flows::present::{PresentError, Presented, Taken};
use crate::question::Asker;
use crate::records::{FollowUpAwaited, HistoryEntry, KeptAnswer, SentAnswer};
use crate::vault::VaultError;
use crate::wallet::Wallet;

/// For how many seconds in all the member is left waiting.
pub(in crate::flows) const MOMENTS: i64 = 6;
/// After how many seconds an answer goes again where whoever got it does not say.
const USUAL_WAIT: i64 = 60;

/// What became of an answer that left before.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case", tag = "state")]
pub enum LateAnswer {
    /// It was taken now.
    Taken {
        /// The address to open now.
        redirect_uri: Option<String>,
        /// An offer that came with the answer.
        credential_offer: Option<String>,
    },
    /// It cannot be taken yet, and goes again.
    NotYet,
    /// It was refused, or could not be taken as long as it counted.
    NotTaken,
    /// It may have been taken: nobody says so any more.
    Unknown,
}

/// An answer that left before, to whom, and what became of it now.
pub(in crate::flows) struct SentAgain {
    pub(in crate::flows) sent: SentAnswer,
    pub(in crate::flows) outcome: Result<Presented, PresentError>,
}

impl Wallet {
    /// Sends an answer that was written down, and again as long as whoever gets it asks for no more than `patience` seconds.
    pub(super) async fn send_off(
        &self,
        mut leaving: Leaving,
        mut patience: i64,
        consent: &dyn Consent,
    ) -> Result<Answered, PresentError> {
        loop {
            let response = self.send_once(&mut leaving).await?;
            let retry_after = match wallet::reply(&response) {
                Ok(reply) => return self.follow_reply(reply, leaving).await,
                Err(ReplyError::Later { retry_after }) => retry_after,
                Err(error) => return Err(self.note_not_taken(leaving, error).await?),
            };
            let seconds =
                retry_after.map_or(USUAL_WAIT, |seconds| i64::try_from(seconds).unwrap_or(i64::MAX));
            let seconds = seconds.max(1);
            self.note_put_off(&mut leaving, seconds).await?;
            if leaving.sent.not_before >= leaving.sent.until {
                patience = 0;
            }
            if seconds > patience && !leaving.is_kept {
                return Err(self.note_not_taken(leaving, ReplyError::Later { retry_after }).await?);
            }
            patience = wait(seconds, patience, &leaving.sent.space_name, consent).await?;
            self.note_leaving(&mut leaving).await?;
        }
    }

    async fn send_once(&self, leaving: &mut Leaving) -> Result<Response, PresentError> {
        match send(self.fetch.as_ref(), leaving.sent.request()).await {
            Ok(response) => Ok(response),
            Err(error) if never_arrived(&error) => {
                match leaving.before {
                    Before::Never => self.take_back(leaving).await?,
                    Before::PutOff | Before::Unknown => self.note_unheard(leaving).await?,
                }
                Err(match leaving.before {
                    Before::PutOff if leaving.is_kept => PresentError::PutOff { seconds: UNDER_WAY },
                    _ => error.into(),
                })
            }
            // It may have arrived, so it counts as given.
            Err(error) => Err(PresentError::Unanswered(error)),
        }
    }

    /// Sends an answer that left before, and tells what it gave.
    pub(in crate::flows) async fn send_again(
        &self,
        sent: SentAnswer,
        patience: i64,
        consent: &dyn Consent,
    ) -> Result<Taken, PresentError> {
        let early = sent.not_before.saturating_sub(self.now().seconds());
        let patience =
            if early > 0 { wait(early, patience, &sent.space_name, consent).await? } else { patience };
        let answer = self.vault.get::<KeptAnswer>(&sent.kept_answer()).await?;
        let Some(answer) = answer else {
            self.note_ended(&sent).await?;
            return Err(PresentError::Damaged);
        };
        let leaving = self.write_down_again(sent.clone(), answer).await?;
        let answered = self.send_off(leaving, patience, consent).await?;
        let entry = self.vault.get::<HistoryEntry>(&sent.id).await?.ok_or(PresentError::Damaged)?;
        let follow_up = answered.follow_up.clone();
        Ok(Taken { presented: presented(&sent, entry, answered), follow_up })
    }

    /// The answer that was given to the request behind `link`, while it may still be taken. None is sent to anybody else than
    /// the `party` that alone is to be answered.
    pub(in crate::flows) async fn sent_through(
        &self,
        link: &str,
        party: Option<&str>,
    ) -> Result<Option<SentAnswer>, VaultError> {
        let (open, _) = self.sent_answers().await?;
        let opened = opened(link);
        let is_for = |sent: &SentAnswer| party.is_none_or(|party| sent.did.as_deref() == Some(party));
        Ok(open.into_iter().find(|sent| sent.opened == opened).filter(is_for))
    }

    /// Sends every answer again that may still be taken; without waiting for any. What has ended is told once.
    pub(in crate::flows) async fn send_answers_again(
        &self,
        consent: &dyn Consent,
    ) -> Result<Vec<SentAgain>, VaultError> {
        let (open, ended) = self.sent_answers().await?;
        let mut told: Vec<SentAgain> = ended
            .into_iter()
            .map(|sent| {
                let error =
                    if sent.put_off { PresentError::NeverTaken } else { PresentError::OutcomeUnknown };
                SentAgain { sent, outcome: Err(error) }
            })
            .collect();
        for sent in open {
            match self.send_again(sent.clone(), 0, consent).await {
                Err(PresentError::Vault(error)) => return Err(error),
                outcome => {
                    let outcome = outcome.map(|taken| taken.presented);
                    told.push(SentAgain { sent, outcome });
                }
            }
        }
        Ok(told)
    }

    /// The answers that may still be taken, and those of which that has ended just now; oldest first.
    async fn sent_answers(&self) -> Result<(Vec<SentAnswer>, Vec<SentAnswer>), VaultError> {
        let sent = self.vault.list::<SentAnswer>().await?;
        if sent.is_empty() {
            return Ok((Vec::new(), Vec::new()));
        }
        let answers = self.vault.list::<KeptAnswer>().await?;
        let now = self.now().seconds();
        let (mut open, mut ended): (Vec<SentAnswer>, Vec<SentAnswer>) =
            sent.into_iter().partition(|sent| now < sent.until && !is_overtaken(sent, &answers));
        open.sort_by_key(|sent| sent.until);
        ended.sort_by_key(|sent| sent.until);
        for sent in &ended {
            self.note_ended(sent).await?;
        }
        Ok((open, ended))
    }
}

impl SentAgain {
    /// What became of it, in a word.
    pub(in crate::flows) fn told(&self) -> LateAnswer {
        match &self.outcome {
            Ok(presented) => LateAnswer::Taken {
                redirect_uri: presented.redirect_uri.clone(),
                credential_offer: presented.credential_offer.clone(),
            },
            Err(PresentError::OutcomeUnknown | PresentError::Damaged) => LateAnswer::Unknown,
            Err(PresentError::NotTaken(_) | PresentError::NeverTaken) => LateAnswer::NotTaken,
            Err(_) => LateAnswer::NotYet,
        }
    }
}

/// By which a link is known again.
pub(in crate::flows) fn opened(link: &str) -> String {
    digest::sha256_base64url(link)
}

/// Whether a team asked for what is answered now in the place of what this follows.
pub(super) fn replaced_by(follow_up: &FollowUpAwaited, sent: &SentAnswer) -> bool {
    follow_up.did == sent.did
        && follow_up.instead.as_ref().is_some_and(|instead| opened(&instead.request) == sent.opened)
}

/// Whether something of it was given there anew since: what was said first does not come after what was said last.
fn is_overtaken(sent: &SentAnswer, answers: &[KeptAnswer]) -> bool {
    let there = || answers.iter().filter(|answer| answer.space == sent.space);
    let own: BTreeSet<&str> = there()
        .filter(|answer| answer.number == sent.number)
        .flat_map(|answer| &answer.given.claims)
        .map(|claim| claim.claim.as_str())
        .collect();
    let mut later =
        there().filter(|answer| answer.number > sent.number).flat_map(|answer| &answer.given.claims);
    later.any(|claim| own.contains(claim.claim.as_str()))
}

/// What was given by an answer that left before.
fn presented(sent: &SentAnswer, entry: HistoryEntry, answered: Answered) -> Presented {
    let mut disclosed = entry.presented;
    let came_along = disclosed.split_off(sent.disclosed.min(disclosed.len()));
    let withheld = entry.requested.iter().filter(|claim| !disclosed.contains(claim)).cloned().collect();
    let asker = Asker {
        name: sent.space_name.clone(),
        host: entry.host.unwrap_or_default(),
        did: sent.did.clone(),
        admitted_by: entry.network,
        ..Asker::default()
    };
    Presented {
        asker,
        requested: entry.requested,
        disclosed,
        withheld,
        came_along,
        redirect_uri: answered.redirect_uri,
        credential_offer: answered.credential_offer,
        sharing_proof: answered.sharing_proof,
        identifier: answered.identifier,
        follow_up: answered.follow_up,
    }
}

/// Waits for these seconds, if there is patience for it; gives what is left of that.
async fn wait(seconds: i64, patience: i64, asker: &str, consent: &dyn Consent) -> Result<i64, PresentError> {
    if seconds > patience {
        return Err(PresentError::PutOff { seconds });
    }
    consent.waits(asker, seconds);
    tokio::time::sleep(Duration::from_secs(u64::try_from(seconds).unwrap_or_default())).await;
    Ok(patience.saturating_sub(seconds))
}

/// Whether a failed call cannot have brought the answer to the other side. Of TLS that is so while connecting alone, and nothing
/// else has its name.
const fn never_arrived(error: &OutboundError) -> bool {
    matches!(
        error,
        OutboundError::InsecureScheme
            | OutboundError::MalformedUrl
            | OutboundError::ForbiddenAddress
            | OutboundError::Unresolvable
            | OutboundError::Busy
            | OutboundError::Unreachable
            | OutboundError::Tls(_)
            | OutboundError::Unwritable
    )
}

//! Requests that a space makes in the place of another: after a counter-offer of the member's, or because its team asks
//! for something else instead of saying no.

use network::counter_offer::MOST_PER_REQUEST;
use network::follow_up::FollowUp;
use network::seen_in_team::SeenInTeam;
use serde::Serialize;

use super::counter_offer::{Anew, is_at};
use super::present::{Addressee, PresentError, PresentOptions, Presented, Step, Taken};
use crate::consent::Consent;
use crate::question::Promised;
use crate::records::{AskedInstead, FollowUpAwaited, KeptAnswer};
use crate::vault::VaultError;
use crate::wallet::Wallet;

/// The longest link that is kept.
const LONGEST_LINK: usize = 4_096;
/// The longest reason that is kept, in characters.
const LONGEST_REASON: usize = 500;

/// What a space's team asks for instead, as a list shows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct AskedAnew {
    /// The request, to be answered like any other.
    pub request: String,
    /// Why, in the space's words.
    pub reason: Option<String>,
    /// Whether the member said no to it.
    pub declined: bool,
}

impl Wallet {
    /// Answers the request behind `link`, and those that the asker makes in its place when it is offered less.
    pub(super) async fn negotiate(
        &self,
        link: &str,
        options: &PresentOptions,
        consent: &dyn Consent,
        addressee: Addressee<'_>,
        earlier: Option<&Anew>,
    ) -> Result<Taken, PresentError> {
        let mut anew = match self.present_once(link, options, consent, addressee, earlier).await? {
            Step::Answered(taken) => return Ok(*taken),
            Step::Anew(anew) => anew,
        };
        // A space of ours takes no counter-offer to what it asks anew; whoever does comes to an end all the same.
        for _ in 0..MOST_PER_REQUEST {
            let addressee = Addressee::AskingAnew(&anew.asker);
            match self.present_once(&anew.link, options, consent, addressee, Some(&anew)).await? {
                Step::Answered(taken) => return Ok(*taken),
                Step::Anew(next) => anew = next,
            }
        }
        Err(PresentError::OfferUnanswered)
    }

    /// The same for a request that a team made in the place of one that was answered: an answer replaces that, a no is
    /// remembered.
    pub(super) async fn present_what_was_asked_instead(
        &self,
        awaited: FollowUpAwaited,
        link: &str,
        options: &PresentOptions,
        consent: &dyn Consent,
    ) -> Result<Presented, PresentError> {
        let did = awaited.did.clone().ok_or(PresentError::OtherAsker)?;
        let earlier = Anew {
            link: link.to_owned(),
            asker: did.clone(),
            before: self.who_was_to_see(&did, &awaited).await?,
            offer: None,
            reason: awaited.instead.as_ref().and_then(|instead| instead.reason.clone()),
        };
        let addressee = Addressee::AskingAnew(&did);
        let outcome = self.negotiate(link, options, consent, addressee, Some(&earlier)).await;
        match &outcome {
            Ok(_) => self.vault.batch().delete::<FollowUpAwaited>(&awaited.id).commit().await?,
            Err(PresentError::Declined) => self.note_the_no(&awaited).await?,
            Err(_) => {}
        }
        outcome.map(|taken| taken.presented)
    }

    /// What was sent, and who of the team was to see it by the request that was answered.
    async fn who_was_to_see(
        &self,
        space: &str,
        awaited: &FollowUpAwaited,
    ) -> Result<Vec<Promised>, VaultError> {
        let answers = self.vault.list::<KeptAnswer>().await?;
        let mut answered = answers.iter().filter(|answer| answer.space == space);
        let answered = answered.find(|answer| answer.given.request == awaited.request);
        let given = || answered.into_iter().flat_map(|answer| answer.given.named_claims());
        let promised = |claim: &str| {
            SeenInTeam::of(claim, given().map(|given| (given.claim.as_str(), given.seen_in_team)))
        };
        Ok(awaited.sent.iter().map(|(claim, _)| (claim.clone(), promised(claim))).collect())
    }

    async fn note_the_no(&self, awaited: &FollowUpAwaited) -> Result<(), VaultError> {
        let Some(mut kept) = self.vault.get::<FollowUpAwaited>(&awaited.id).await? else { return Ok(()) };
        if let Some(instead) = &mut kept.instead {
            instead.declined = true;
        }
        self.vault.put(&kept).await
    }

    /// The answer in whose place a team asked for what is behind `link`.
    pub(super) async fn asked_instead(&self, link: &str) -> Result<Option<FollowUpAwaited>, VaultError> {
        let awaited = self.vault.list::<FollowUpAwaited>().await?;
        let is_it =
            |one: &FollowUpAwaited| one.instead.as_ref().is_some_and(|instead| instead.request == link);
        Ok(awaited.into_iter().find(is_it))
    }

    /// Keeps what a team asks for instead, as long as it asks. Only a request at the very origin that was answered is.
    pub(super) async fn keep_asked_instead(
        &self,
        awaited: &mut FollowUpAwaited,
        follow_up: &FollowUp,
    ) -> Result<Option<AskedAnew>, VaultError> {
        let sound = follow_up.counter_offer.as_ref().filter(|offer| {
            awaited.did.is_some()
                && offer.request.len() <= LONGEST_LINK
                && is_at(&offer.request, &awaited.uri)
        });
        let declined = |request: &str| {
            awaited.instead.as_ref().is_some_and(|before| before.request == request && before.declined)
        };
        let instead = sound.map(|offer| AskedInstead {
            request: offer.request.clone(),
            reason: offer.reason.as_ref().map(|reason| reason.chars().take(LONGEST_REASON).collect()),
            declined: declined(&offer.request),
        });
        if instead != awaited.instead {
            awaited.instead = instead;
            self.vault.put(awaited).await?;
        }
        Ok(awaited.instead.clone().map(|instead| AskedAnew {
            request: instead.request,
            reason: instead.reason,
            declined: instead.declined,
        }))
    }
}

//! Follows one link: what it leads to, what is shared or taken, and what comes of that in the next moments.

use std::sync::Arc;
use std::time::Duration;

use credentials::types;
use openid4vc::secret::SecretText;
use tokio::time::{Instant, sleep};
use wallet::{
    AcceptError, AcceptOptions, Accepted, BoxFuture, CollectError, CollectedFrom, Consent, MailError,
    OfferChoice, OpenedMail, PresentError, PresentOptions, Presented, Problem, ShareProof, Wallet,
};

use crate::flows::{
    AtThePage, Decided, Flow, Hitch, LessDeclined, LinkKind, Outcome, Said, SaidBefore, Shared, Stage,
    Stopped, WhatFollows,
};
use crate::hosts::host_of;
use crate::offices;

/// When it is looked whether something came of an answer, in seconds after each other: a space that decides by itself has
/// done so within moments; what takes longer is fetched with the rest.
const LOOKED_AFTER: [u64; 5] = [1, 2, 4, 8, 15];
/// What takes longer is looked for as long as its page is remembered, as seldom as a person would load it again.
const LOOKED_AFTER_LATER: [u64; 9] = [30, 60, 60, 60, 60, 60, 60, 60, 60];
/// How often an answer goes again while its page says so, and for how long at most.
const SENT_AGAIN: u32 = 8;
const SENT_AGAIN_FOR: Duration = Duration::from_secs(600);
/// What a decision is called that says no.
const DECLINED: &str = "declined";

/// What answers, and has what follows: a wallet, but for tests.
trait Answering: Send + Sync {
    fn present<'a>(
        &'a self,
        link: &'a str,
        options: &'a PresentOptions,
        consent: &'a dyn Consent,
    ) -> BoxFuture<'a, Result<Presented, PresentError>>;

    fn collect_one<'a>(
        &'a self,
        follow_up: &'a str,
        consent: &'a dyn Consent,
    ) -> BoxFuture<'a, Result<Option<CollectedFrom>, CollectError>>;
}

impl Answering for Wallet {
    fn present<'a>(
        &'a self,
        link: &'a str,
        options: &'a PresentOptions,
        consent: &'a dyn Consent,
    ) -> BoxFuture<'a, Result<Presented, PresentError>> {
        Box::pin(self.present(link, options, consent))
    }

    fn collect_one<'a>(
        &'a self,
        follow_up: &'a str,
        consent: &'a dyn Consent,
    ) -> BoxFuture<'a, Result<Option<CollectedFrom>, CollectError>> {
        Box::pin(self.collect_one(follow_up, consent))
    }
}

/// Goes through it to its end, whether or not somebody looks at its page; not any longer than the wallet is open.
pub(crate) async fn follow(flow: Arc<Flow>, kind: LinkKind, link: String, wallet: Arc<Wallet>) {
    tokio::select! {
        // What is through at this moment is told before it is seen that nobody is there.
        biased;
        () = go_through(&flow, kind, &link, &wallet) => {}
        () = flow.abandoned() => {}
    }
}

async fn go_through(flow: &Arc<Flow>, kind: LinkKind, link: &str, wallet: &Wallet) {
    let mut outcome = Outcome::default();
    let follow_up = match kind {
        LinkKind::Request => answer(flow, link, wallet, &mut outcome).await,
        LinkKind::Offer => {
            take(flow, link, wallet, &mut outcome).await;
            go_on_to_office(flow, wallet, &mut outcome).await
        }
        LinkKind::Awaited => {
            collect(flow, wallet, &mut outcome).await;
            None
        }
        LinkKind::Message => open_message(flow, link, wallet, &mut outcome).await,
        LinkKind::Renewal => {
            renew(flow, link, wallet, &mut outcome).await;
            None
        }
        LinkKind::Passport => ask_office(flow, link, wallet, &mut outcome).await,
    };
    let follow_up = follow_up.filter(|_| outcome.failed.is_none());
    flow.stand_at(Stage::Over(Arc::new(outcome.clone())));
    if let Some(follow_up) = follow_up {
        look_after(flow, wallet, &follow_up, outcome).await;
    }
}

/// Answers a request; gives the follow-up of the answer.
async fn answer(flow: &Arc<Flow>, link: &str, wallet: &Wallet, outcome: &mut Outcome) -> Option<String> {
    let presented = match present(flow, link, wallet).await {
        Ok(presented) => presented,
        Err(error) => {
            outcome.failed = Some((LinkKind::Request, why(flow, &error)));
            return None;
        }
    };
    note_answered(flow, wallet, outcome, presented).await
}

/// Asks the office for a passport where the member wanted that with the membership, and has it now.
async fn go_on_to_office(flow: &Arc<Flow>, wallet: &Wallet, outcome: &mut Outcome) -> Option<String> {
    let asked = flow.asked_last();
    let has_it = outcome.failed.is_none() && outcome.received.iter().any(|vct| vct == types::MEMBERSHIP);
    let office = asked.office.filter(|_| asked.goes_on_to_office && has_it)?;
    ask_office(flow, &office.origin, wallet, outcome).await
}

/// Has the office at this address make its request, and answers that; gives the follow-up of the answer.
async fn ask_office(
    flow: &Arc<Flow>,
    origin: &str,
    wallet: &Wallet,
    outcome: &mut Outcome,
) -> Option<String> {
    flow.nothing_leaves();
    let office = wallet.passport_offices().await.into_iter().find(|office| office.origin == origin);
    let handed_out = match &office {
        Some(office) => wallet.first_passport_request(office).await.map_err(|error| error.code()),
        None => Err("unreachable"),
    };
    match handed_out {
        Ok(link) => answer(flow, &link, wallet, outcome).await,
        Err(code) => {
            outcome.failed = Some((LinkKind::Passport, Stopped::Own(code.to_owned())));
            None
        }
    }
}

/// Takes what was offered with the reply, if the member wants it; gives the follow-up.
async fn note_answered(
    flow: &Arc<Flow>,
    wallet: &Wallet,
    outcome: &mut Outcome,
    presented: Presented,
) -> Option<String> {
    let offer = presented.credential_offer.clone();
    let follow_up = note_shared(outcome, presented);
    if let Some(offer) = offer {
        take(flow, &offer, wallet, outcome).await;
        let is_declined = flow.asked_last().offer_left == Some(OfferChoice::Refuse);
        if let Some(follow_up) = follow_up.as_deref().filter(|_| is_declined)
            && let Err(error) = wallet.decline_what_followed(follow_up).await
        {
            tracing::warn!(%error, "a no to what was offered with a reply could not be kept");
        }
    }
    follow_up
}

/// Opens a message of the mailbox by its identifier; gives the follow-up of the answer, if it was answered.
async fn open_message(flow: &Arc<Flow>, id: &str, wallet: &Wallet, outcome: &mut Outcome) -> Option<String> {
    let opened = wallet.open_mail(id, &AcceptOptions::default(), &AtThePage(Arc::clone(flow))).await;
    flow.nothing_leaves();
    match opened {
        Ok(OpenedMail::Presented(presented)) => {
            return note_answered(flow, wallet, outcome, *presented).await;
        }
        Ok(OpenedMail::Accepted(accepted)) => note(outcome, &accepted),
        Ok(OpenedMail::Page(address)) => outcome.go_on = Some(address),
        Err(error) => outcome.failed = Some(why_not_opened(flow, &error)),
    }
    None
}

/// Fetches new copies of a kind. The member wished it, and is asked nothing: what is given is a copy of it to its own issuer.
async fn renew(flow: &Arc<Flow>, key: &str, wallet: &Wallet, outcome: &mut Outcome) {
    let renewed = wallet.refill_kind_of(key).await;
    flow.nothing_leaves();
    match renewed {
        Ok(accepted) => note(outcome, &accepted),
        Err(error) => {
            let code = error.code().to_owned();
            let stopped = if error.is_their_word() { Stopped::Theirs(code) } else { Stopped::Own(code) };
            outcome.failed = Some((LinkKind::Renewal, stopped));
        }
    }
}

fn why_not_opened(flow: &Flow, error: &MailError) -> (LinkKind, Stopped) {
    match error {
        MailError::Present(error) => (LinkKind::Request, why(flow, error)),
        MailError::Accept(error) => (LinkKind::Offer, why_not_taken(error)),
        error => (LinkKind::Message, Stopped::Own(error.code().to_owned())),
    }
}

/// Gives the follow-up.
fn note_shared(outcome: &mut Outcome, presented: Presented) -> Option<String> {
    outcome.is_elsewhere =
        presented.redirect_uri.as_deref().is_some_and(|address| host_of(address) != presented.asker.host);
    outcome.shared = Some(Shared {
        asker: presented.asker.name,
        disclosed: presented.disclosed,
        came_along: presented.came_along,
        proof: presented.sharing_proof,
        identifier: presented.identifier,
    });
    outcome.go_on = presented.redirect_uri;
    presented.follow_up
}

/// Answers a request; where the answer cannot be taken at once, the very same one goes again while the request is open.
async fn present(flow: &Arc<Flow>, link: &str, wallet: &dyn Answering) -> Result<Presented, PresentError> {
    let mut presented = wallet.present(link, &flow.options, &AtThePage(Arc::clone(flow))).await;
    let begun = Instant::now();
    for _ in 0..SENT_AGAIN {
        flow.nothing_leaves();
        let Err(PresentError::PutOff { seconds }) = presented else { return presented };
        let asked = flow.asked_last();
        // The link leads to what was asked first, which is not what was answered.
        if asked.is_about_less {
            return presented;
        }
        let pause = Duration::from_secs(u64::try_from(seconds).unwrap_or_default());
        let patience = SENT_AGAIN_FOR.saturating_sub(begun.elapsed());
        if pause >= flow.open_for().map_or(patience, |open| open.min(patience)) {
            return presented;
        }
        flow.stand_at(Stage::Waits(asked.asker, seconds));
        sleep(pause).await;
        presented = match wallet.present(link, &flow.options, &SaidBefore(Arc::clone(flow))).await {
            // It is asked anew: the answer cannot go again by its link.
            Err(PresentError::LeftOpen) => return Err(PresentError::PutOff { seconds }),
            sent => sent,
        };
    }
    presented
}

fn why(flow: &Flow, error: &PresentError) -> Stopped {
    match error {
        // Nobody answered as long as there was something to answer.
        PresentError::LeftOpen if flow.open_for().is_some_and(|open| open.is_zero()) => {
            Stopped::Own(PresentError::RanOut.code().to_owned())
        }
        PresentError::OfferDeclined(reason) => {
            let asked = flow.asked_last();
            Stopped::LessDeclined(LessDeclined {
                asker: asked.asker.unwrap_or_default(),
                reason: reason.clone(),
                names: asked.names,
            })
        }
        error if error.is_their_word() => Stopped::Theirs(error.code().to_owned()),
        error => Stopped::Own(error.code().to_owned()),
    }
}

async fn take(flow: &Arc<Flow>, link: &str, wallet: &Wallet, outcome: &mut Outcome) {
    let taken = accept(flow, link, wallet).await;
    flow.nothing_leaves();
    match taken {
        Ok(accepted) => note(outcome, &accepted),
        Err(error) => outcome.failed = Some((LinkKind::Offer, why_not_taken(&error))),
    }
}

fn why_not_taken(error: &AcceptError) -> Stopped {
    let code = error.code().to_owned();
    if error.is_their_word() { Stopped::Theirs(code) } else { Stopped::Own(code) }
}

async fn accept(flow: &Arc<Flow>, link: &str, wallet: &Wallet) -> Result<Accepted, AcceptError> {
    let looked = wallet.look_at_offer(link).await?;
    flow.leads_to(offices::only_one(wallet).await);
    let mut options = AcceptOptions::default();
    // What needs the issuer's own page is refused without a question, and no code is asked for it.
    if looked.needs_tx_code() && !looked.needs_authorization() {
        match flow.ask(Stage::NeedsCode(looked.issuer().to_owned())).await {
            Some(Said::Code(code)) => options.tx_code = Some(SecretText::new(code)),
            _ => return Err(AcceptError::LeftOpen { comes_again: false }),
        }
    }
    wallet.accept(&looked, &options, &AtThePage(Arc::clone(flow))).await
}

/// Fetches messages, and what is still to come from anybody.
async fn collect(flow: &Arc<Flow>, wallet: &Wallet, outcome: &mut Outcome) {
    if let Err(error) = wallet.fetch_mail().await {
        tracing::warn!(%error, "messages could not be fetched");
    }
    let collected = wallet.collect(&WhatFollows(Arc::clone(flow))).await;
    flow.nothing_leaves();
    outcome.messages = match wallet.mail().await {
        Ok(mail) => u32::try_from(mail.iter().filter(|one| one.waits()).count()).unwrap_or(u32::MAX),
        Err(error) => {
            tracing::warn!(%error, "messages could not be read");
            0
        }
    };
    match collected {
        Ok(collected) => collected.from.into_iter().for_each(|from| note_from_anybody(outcome, from)),
        Err(error) => {
            tracing::warn!(%error, "what is still to come could not be fetched");
            outcome.failed = Some((LinkKind::Awaited, Stopped::Own("not_collected".to_owned())));
        }
    }
}

/// What one of several had: what each waits for, and what did not go on, is told with its name, of the rest what the last of them had.
fn note_from_anybody(outcome: &mut Outcome, from: CollectedFrom) {
    let waited_for = std::mem::take(&mut outcome.waiting_for);
    let decided = outcome.decided.take();
    let mut problems = std::mem::take(&mut outcome.problems);
    let party = from.party.clone();
    if from.asked_anew.is_some() {
        outcome.anew_from = Some(party.clone());
    }
    note_followed(outcome, from);
    let waits = std::mem::replace(&mut outcome.waiting_for, waited_for);
    outcome.waiting_there.extend(waits.into_iter().map(|what| (party.clone(), what)));
    if let Some(decided) = &mut outcome.decided {
        decided.party = Some(party.clone());
    }
    outcome.decided = outcome.decided.take().or(decided);
    for hitch in &mut outcome.problems {
        hitch.party = Some(party.clone());
    }
    // What is asked at another page of this wallet at this moment is seen at home.
    outcome.problems.retain(|hitch| hitch.problem != Problem::UnderWay);
    problems.append(&mut outcome.problems);
    outcome.problems = problems;
}

fn note(outcome: &mut Outcome, accepted: &Accepted) {
    let labels = accepted.credentials.iter().map(|one| one.vct.clone());
    outcome.received.extend(labels);
    outcome.later |=
        !accepted.deferred.is_empty() || !accepted.unchecked.is_empty() || !accepted.missing.is_empty();
}

/// What comes of this very answer is fetched while its person may still be looking: at once, and then, as long as the other side waits
/// for something, every now and then. Of what else is to come its page tells nothing.
async fn look_after(flow: &Arc<Flow>, wallet: &dyn Answering, follow_up: &str, mut outcome: Outcome) {
    for seconds in LOOKED_AFTER {
        sleep(Duration::from_secs(seconds)).await;
        if !look_again(flow, wallet, follow_up, &mut outcome).await {
            return;
        }
    }
    for seconds in LOOKED_AFTER_LATER {
        if outcome.waiting_for.is_empty() {
            return;
        }
        sleep(Duration::from_secs(seconds)).await;
        if !look_again(flow, wallet, follow_up, &mut outcome).await {
            return;
        }
    }
}

/// Looks once; whether anything may still come.
async fn look_again(
    flow: &Arc<Flow>,
    wallet: &dyn Answering,
    follow_up: &str,
    outcome: &mut Outcome,
) -> bool {
    let collected = wallet.collect_one(follow_up, &WhatFollows(Arc::clone(flow))).await;
    flow.nothing_leaves();
    let from = match collected {
        Ok(Some(from)) => from,
        Ok(None) => return false,
        Err(error) => {
            tracing::warn!(%error, "what follows an answer could not be fetched");
            return true;
        }
    };
    let before = outcome.clone();
    note_followed(outcome, from);
    let left = flow.asked_last().offer_left;
    if let Some(choice) = left {
        outcome.problems.clear();
        outcome.failed = Some((LinkKind::Offer, left_as(choice)));
    }
    // The page is told of what is new, and of nothing else: it would be loaded again for nothing.
    let asked = !matches!(flow.turn().stage, Stage::Over(_));
    if asked || *outcome != before {
        flow.stand_at(Stage::Over(Arc::new(outcome.clone())));
    }
    // Whoever has just said that they do not want it is not asked again in a moment.
    left.is_none()
}

fn left_as(choice: OfferChoice) -> Stopped {
    let error = match choice {
        OfferChoice::Refuse => AcceptError::Declined,
        OfferChoice::Accept | OfferChoice::LeaveOpen => AcceptError::LeftOpen { comes_again: true },
    };
    Stopped::Own(error.code().to_owned())
}

fn note_followed(outcome: &mut Outcome, from: CollectedFrom) {
    if let Some(accepted) = &from.accepted {
        note(outcome, accepted);
    }
    if let Some(shared) = outcome.shared.as_mut().filter(|_| from.sharing_proof) {
        shared.proof = ShareProof::Kept;
    }
    if let Some(decision) = from.decision {
        outcome.decided = Some(Decided {
            is_declined: decision == DECLINED,
            reason: from.reason,
            explained: from.explained,
            party: None,
        });
    }
    outcome.waiting_for = from.waiting_for;
    outcome.asked_anew = from.asked_anew.or(outcome.asked_anew.take());
    outcome.problems.clear();
    for problem in from.problems {
        let hitch = Hitch { party: None, problem };
        if !outcome.problems.contains(&hitch) {
            outcome.problems.push(hitch);
        }
    }
}

#[cfg(test)]
mod tests;

//! What is under way at a wallet's desk: a link that was opened, up to where it is done. Where the flow asks its person, the
//! question waits here for a page's answer (decision 0026 §4).

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;

use environment::{Environment, Randomness};
use network::follow_up::WaitingFor;
use tokio::sync::{oneshot, watch};
use tokio::time::{Instant, timeout};
use wallet::{
    AskedAnew, BoxFuture, Choice, Consent, FaultyRequest, LeavingIdentifier, OfferChoice, Offered,
    PresentOptions, Problem, Question, ShareProof, Wallet,
};

use crate::following;
use crate::news::{Kind, News};
use crate::words::is_known;

/// For how long a question waits for its answer; then nobody has said anything.
const PATIENCE: Duration = Duration::from_secs(600);
/// For how long what the member chose may still be on its way after the wallet was locked.
const LAST_WORDS: Duration = Duration::from_secs(30);
/// For how long what came of a link can still be looked at.
const REMEMBERED: Duration = Duration::from_secs(600);
/// For how long a page is held back for what comes next, before it is told that it takes a moment.
const MOMENT: Duration = Duration::from_secs(4);
/// Most links of a wallet that are under way or remembered.
const MOST: usize = 16;

/// What a flow begins with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LinkKind {
    /// A link by which somebody asks for something (OpenID4VP).
    Request,
    /// A link by which somebody offers something (OpenID4VCI).
    Offer,
    /// The member wants to see whether what is still to come has come.
    Awaited,
    /// A message in the member's mailbox.
    Message,
    /// New copies of a kind, by its key.
    Renewal,
}

/// What stands in the place of a link for [`LinkKind::Awaited`].
pub(crate) const AWAITED: &str = "awaited";

/// Where a flow is. What it asks is shared with the pages that show it.
#[derive(Clone)]
pub(crate) enum Stage {
    /// The wallet is at work.
    Working,
    /// Whoever asked, by its name if that is known here, cannot take the answer at this moment; it goes again in so many seconds.
    Waits(Option<String>, i64),
    /// The member is asked.
    Asks(Arc<Question>),
    /// The member is offered something.
    Offers(Arc<Offered>),
    /// The offer of this issuer, by its address, needs the code that came another way.
    NeedsCode(String),
    /// The member is asked whether a faulty request is told of.
    Reports(Arc<FaultyRequest>),
    /// It is over.
    Over(Arc<Outcome>),
}

/// Why a flow went no further: a code. What others say stands beside what this wallet says, and is never taken for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Stopped {
    /// By this wallet.
    Own(String),
    /// By whoever was answered, or whose offer it was: any text.
    Theirs(String),
}

impl Stopped {
    /// Whether the member stopped it: then nothing went wrong.
    pub(crate) fn is_members_word(&self) -> bool {
        matches!(self, Self::Own(code) if matches!(code.as_str(), "declined" | "left_open" | "cannot_be_satisfied" | "muted"))
    }
}

/// What was shared with whom.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Shared {
    pub(crate) asker: String,
    /// The names of what was given, and of what went along unasked.
    pub(crate) disclosed: Vec<String>,
    pub(crate) came_along: Vec<String>,
    /// What became of the proof of it.
    pub(crate) proof: ShareProof,
    /// What became of the member's identifier there.
    pub(crate) identifier: LeavingIdentifier,
}

/// What was decided about whoever answered, in one word, and the sentence with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Decided {
    pub(crate) is_declined: bool,
    pub(crate) reason: Option<String>,
}

/// Something that follows and did not go on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Hitch {
    /// With whom, where several were asked.
    pub(crate) party: Option<String>,
    pub(crate) problem: Problem,
}

/// What came of a link.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Outcome {
    pub(crate) shared: Option<Shared>,
    /// The address to go on to.
    pub(crate) go_on: Option<String>,
    /// Whether that is at another host than the one that was answered: nobody is led there but by a touch, with the host named.
    pub(crate) is_elsewhere: bool,
    /// What the wallet has now that it did not have: types, or names that issuers give them.
    pub(crate) received: Vec<String>,
    /// Whether more is to come.
    pub(crate) later: bool,
    /// What went no further, and why.
    pub(crate) failed: Option<(LinkKind, Stopped)>,
    pub(crate) decided: Option<Decided>,
    /// What the other side waits for.
    pub(crate) waiting_for: Vec<WaitingFor>,
    /// What its team asks for instead of deciding.
    pub(crate) asked_anew: Option<AskedAnew>,
    /// Why something that follows did not go on.
    pub(crate) problems: Vec<Hitch>,
    /// How many messages wait to be opened, where it was looked for them.
    pub(crate) messages: u32,
}

/// A stage, counted: an answer is to the very question that was seen.
#[derive(Clone)]
pub(crate) struct Turn {
    pub(crate) number: u32,
    pub(crate) stage: Stage,
}

/// What a page answers.
pub(crate) enum Said {
    Choice(Choice),
    Offer(OfferChoice),
    Code(String),
    Report(bool),
}

impl Said {
    /// Whether something leaves the wallet by it.
    fn leaves(&self) -> bool {
        match self {
            Self::Choice(choice) => !matches!(choice, Choice::LeaveOpen),
            Self::Offer(choice) => matches!(choice, OfferChoice::Accept),
            Self::Report(is_told) => *is_told,
            Self::Code(_) => false,
        }
    }
}

/// What is remembered of the question that was asked last.
#[derive(Clone, Debug, Default)]
pub(crate) struct AskedLast {
    /// Who asked.
    pub(crate) asker: Option<String>,
    /// When its request ends, in seconds since the epoch.
    ends_at: Option<i64>,
    /// Whether less was offered: then another request than that of the link was answered.
    pub(crate) is_about_less: bool,
    /// What the member said to an offer other than yes.
    pub(crate) offer_left: Option<OfferChoice>,
}

/// One link that was opened.
pub(crate) struct Flow {
    pub(crate) name: String,
    link: String,
    kind: LinkKind,
    /// How a request is answered.
    pub(crate) options: PresentOptions,
    /// By which it is known when a request ends.
    clock: Option<Environment>,
    /// Whether nobody is there any more: the wallet was locked, or others took this one's place.
    left: watch::Sender<bool>,
    /// Whether something that the member chose is on its way.
    leaving: watch::Sender<bool>,
    asked: Mutex<AskedLast>,
    turn: watch::Sender<Turn>,
    awaited: Mutex<Option<oneshot::Sender<Said>>>,
    ended: Mutex<Option<Instant>>,
    /// The browser is led on once: whoever goes back sees what was done.
    led_on: Mutex<bool>,
    news: News,
}

impl std::fmt::Debug for Flow {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Flow")
    }
}

fn locked<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Flow {
    fn new(
        name: String,
        link: String,
        kind: LinkKind,
        options: PresentOptions,
        clock: Option<Environment>,
        news: News,
    ) -> Self {
        let (turn, _) = watch::channel(Turn { number: 0, stage: Stage::Working });
        Self {
            name,
            link,
            kind,
            options,
            clock,
            left: watch::Sender::new(false),
            leaving: watch::Sender::new(false),
            asked: Mutex::default(),
            turn,
            awaited: Mutex::default(),
            ended: Mutex::default(),
            led_on: Mutex::default(),
            news,
        }
    }

    /// Where it is.
    pub(crate) fn turn(&self) -> Turn {
        self.turn.borrow().clone()
    }

    /// Where it is, once there is something to see; or after a moment.
    pub(crate) async fn settled(&self) -> Turn {
        let mut watched = self.turn.subscribe();
        let is_settled = |turn: &Turn| !matches!(turn.stage, Stage::Working);
        let settled = timeout(MOMENT, watched.wait_for(is_settled)).await;
        match settled {
            Ok(Ok(turn)) => turn.clone(),
            _ => self.turn(),
        }
    }

    /// Whether somebody has to say something.
    pub(crate) fn waits_for_somebody(&self) -> bool {
        locked(&self.awaited).is_some()
    }

    /// The address to lead this browser on to, the first time.
    pub(crate) fn leads_on(&self, outcome: &Outcome) -> Option<String> {
        let address = outcome.go_on.clone().filter(|_| !outcome.is_elsewhere)?;
        let mut led_on = locked(&self.led_on);
        (!std::mem::replace(&mut *led_on, true)).then_some(address)
    }

    /// Answers what is asked in this turn; whether it was still asked.
    pub(crate) fn say(&self, number: u32, said: Said) -> bool {
        let mut awaited = locked(&self.awaited);
        if self.turn.borrow().number != number {
            return false;
        }
        let Some(asked) = awaited.take() else { return false };
        if said.leaves() {
            self.leaving.send_replace(true);
        }
        // Before it is heard, so that no page shows the question any more, and nothing that comes of it is overwritten.
        self.stand_at(Stage::Working);
        asked.send(said).is_ok()
    }

    /// What is asked in this turn is asked otherwise by now, if it is still asked: what was said to it before counts no more.
    pub(crate) fn ask_in_its_place(&self, number: u32, question: Question) {
        let awaited = locked(&self.awaited);
        if awaited.is_some() && self.turn.borrow().number == number {
            self.stand_at(Stage::Asks(Arc::new(question)));
        }
    }

    /// Nobody is there any more: what is asked is asked no longer, and what is under way is given up.
    pub(crate) fn leave(&self) {
        let mut awaited = locked(&self.awaited);
        self.left.send_replace(true);
        awaited.take();
    }

    /// Done once nobody is there any more. What the member chose before that has a while to leave: it is in the vault before it is
    /// sent, so that nothing is lost by giving it up, and nothing is half done.
    pub(crate) async fn abandoned(&self) {
        let mut left = self.left.subscribe();
        // The flow has its own sender, so that this ends by the value alone.
        let _ = left.wait_for(|left| *left).await;
        let mut leaving = self.leaving.subscribe();
        let _ = timeout(LAST_WORDS, leaving.wait_for(|leaving| !*leaving)).await;
    }

    /// What the member chose has left, or will not.
    pub(crate) fn nothing_leaves(&self) {
        self.leaving.send_replace(false);
    }

    /// What was asked last.
    pub(crate) fn asked_last(&self) -> AskedLast {
        locked(&self.asked).clone()
    }

    /// How long the request that was asked last is still open, as far as that is known.
    pub(crate) fn open_for(&self) -> Option<Duration> {
        let ends_at = locked(&self.asked).ends_at?;
        let now = self.clock.as_ref()?.now().seconds();
        Some(Duration::from_secs(u64::try_from(ends_at.saturating_sub(now)).unwrap_or_default()))
    }

    pub(crate) fn stand_at(&self, stage: Stage) {
        if matches!(stage, Stage::Over(_)) {
            *locked(&self.ended) = Some(Instant::now());
        }
        self.turn.send_modify(|turn| {
            turn.number = turn.number.wrapping_add(1);
            turn.stage = stage;
        });
        self.news.note(Kind::Asked);
    }

    /// Asks the member, as long as a request is open at most.
    pub(crate) async fn ask(&self, stage: Stage) -> Option<Said> {
        let patience = match stage {
            Stage::Asks(_) => self.open_for().map_or(PATIENCE, |open| open.min(PATIENCE)),
            _ => PATIENCE,
        };
        let (asked, answered) = oneshot::channel();
        {
            let mut awaited = locked(&self.awaited);
            self.nothing_leaves();
            if *self.left.borrow() {
                return None;
            }
            *awaited = Some(asked);
            self.stand_at(stage);
        }
        let said = timeout(patience, answered).await.ok().and_then(Result::ok);
        if said.is_none() {
            locked(&self.awaited).take();
            self.stand_at(Stage::Working);
        }
        said
    }

    async fn ask_question(&self, question: &Question) -> Choice {
        {
            let mut asked = locked(&self.asked);
            asked.asker = Some(question.asker.name.clone());
            asked.ends_at = question.ends_at;
        }
        let choice = match self.ask(Stage::Asks(Arc::new(question.clone()))).await {
            Some(Said::Choice(choice)) => choice,
            _ => Choice::LeaveOpen,
        };
        if matches!(choice, Choice::OfferLess(_)) {
            locked(&self.asked).is_about_less = true;
        }
        choice
    }

    async fn ask_about_offer(&self, offered: &Offered) -> OfferChoice {
        let choice = match self.ask(Stage::Offers(Arc::new(offered.clone()))).await {
            Some(Said::Offer(choice)) => choice,
            _ => OfferChoice::LeaveOpen,
        };
        locked(&self.asked).offer_left = (choice != OfferChoice::Accept).then_some(choice);
        choice
    }

    fn is_over(&self) -> bool {
        locked(&self.ended).is_some()
    }

    fn is_forgotten(&self) -> bool {
        locked(&self.ended).is_some_and(|ended| ended.elapsed() > REMEMBERED)
    }
}

/// The member, at the page of one flow.
pub(crate) struct AtThePage(pub(crate) Arc<Flow>);

impl Consent for AtThePage {
    fn ask<'a>(&'a self, question: &'a Question) -> BoxFuture<'a, Choice> {
        Box::pin(self.0.ask_question(question))
    }

    fn accepts<'a>(&'a self, offered: &'a Offered) -> BoxFuture<'a, OfferChoice> {
        Box::pin(self.0.ask_about_offer(offered))
    }

    fn reports<'a>(&'a self, faulty: &'a FaultyRequest) -> BoxFuture<'a, bool> {
        let faulty = Arc::new(faulty.clone());
        Box::pin(async move { matches!(self.0.ask(Stage::Reports(faulty)).await, Some(Said::Report(true))) })
    }

    fn waits(&self, asker: &str, seconds: i64) {
        self.0.stand_at(Stage::Waits(Some(asker.to_owned()), seconds));
    }
}

/// Nobody, while the very same answer goes again: the member said already what there was to say.
pub(crate) struct SaidBefore(pub(crate) Arc<Flow>);

impl Consent for SaidBefore {
    fn ask<'a>(&'a self, _: &'a Question) -> BoxFuture<'a, Choice> {
        Box::pin(std::future::ready(Choice::LeaveOpen))
    }

    fn accepts<'a>(&'a self, _: &'a Offered) -> BoxFuture<'a, OfferChoice> {
        Box::pin(std::future::ready(OfferChoice::LeaveOpen))
    }

    fn waits(&self, asker: &str, seconds: i64) {
        self.0.stand_at(Stage::Waits(Some(asker.to_owned()), seconds));
    }
}

/// The member, of what follows what they shared: what was asked for by that, of the kinds that this network knows, is taken without
/// another question. It comes from the very party that was answered: nobody else's offer is looked at there.
pub(crate) struct WhatFollows(pub(crate) Arc<Flow>);

impl Consent for WhatFollows {
    fn ask<'a>(&'a self, question: &'a Question) -> BoxFuture<'a, Choice> {
        Box::pin(self.0.ask_question(question))
    }

    fn accepts<'a>(&'a self, offered: &'a Offered) -> BoxFuture<'a, OfferChoice> {
        let is_asked_for = offered.credentials.iter().all(|one| is_known(&one.vct));
        if is_asked_for {
            return Box::pin(std::future::ready(OfferChoice::Accept));
        }
        Box::pin(self.0.ask_about_offer(offered))
    }
}

/// More links are under way than a person opens.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("too many links are under way")]
pub(crate) struct TooMany;

/// What is under way in one wallet while it is open.
#[derive(Default)]
pub(crate) struct Flows {
    options: PresentOptions,
    under_way: Mutex<UnderWay>,
    news: News,
}

#[derive(Default)]
struct UnderWay {
    /// The wallet that is open; none can be opened by another one, or while it is locked.
    wallet: Weak<Wallet>,
    clock: Option<Environment>,
    flows: VecDeque<Arc<Flow>>,
}

impl Flows {
    /// Those of a wallet of which the news are told here.
    pub(crate) fn telling(news: News) -> Self {
        Self { news, ..Self::default() }
    }

    /// The same, where requests are answered with these options.
    pub(crate) fn answering(self, options: PresentOptions) -> Self {
        Self { options, ..self }
    }

    /// Somebody is there, and has this wallet open.
    pub(crate) fn attend(&self, wallet: &Arc<Wallet>, clock: &Environment) {
        let mut under_way = locked(&self.under_way);
        under_way.wallet = Arc::downgrade(wallet);
        under_way.clock = Some(clock.clone());
    }

    /// Opens a link; the flow of the same link, if it is under way or has just come to a good end. Nothing is opened by a wallet
    /// that was locked since: what is given then is found under no name.
    ///
    /// # Errors
    /// [`TooMany`] where all that are under way wait for others than the member.
    pub(crate) fn open(
        &self,
        link: &str,
        kind: LinkKind,
        wallet: Arc<Wallet>,
        randomness: &dyn Randomness,
    ) -> Result<Arc<Flow>, TooMany> {
        let name = jose::base64url::encode(randomness.bytes::<16>());
        let mut under_way = locked(&self.under_way);
        if !std::ptr::eq(under_way.wallet.as_ptr(), Arc::as_ptr(&wallet)) {
            return Ok(Arc::new(Flow::new(name, link.to_owned(), kind, self.options, None, News::default())));
        }
        let clock = under_way.clock.clone();
        let flows = &mut under_way.flows;
        flows.retain(|flow| !flow.is_forgotten());
        if let Some(known) = flows.iter().find(|flow| flow.link == link && is_of_use(flow)) {
            return Ok(Arc::clone(known));
        }
        while flows.len() >= MOST {
            // What is over is forgotten first, then the question that nobody has answered for longest.
            let place = flows.iter().position(|flow| flow.is_over());
            let place = place.or_else(|| flows.iter().position(|flow| flow.waits_for_somebody()));
            match place.and_then(|place| flows.remove(place)) {
                Some(flow) => flow.leave(),
                None => return Err(TooMany),
            }
        }
        let flow = Arc::new(Flow::new(name, link.to_owned(), kind, self.options, clock, self.news.clone()));
        flows.push_back(Arc::clone(&flow));
        drop(under_way);
        tokio::spawn(following::follow(Arc::clone(&flow), kind, link.to_owned(), wallet));
        Ok(flow)
    }

    /// The flow of this name.
    pub(crate) fn named(&self, name: &str) -> Option<Arc<Flow>> {
        let under_way = locked(&self.under_way);
        under_way.flows.iter().find(|flow| flow.name == name && !flow.is_forgotten()).cloned()
    }

    /// Those that wait for the member, the oldest first.
    pub(crate) fn waiting(&self) -> Vec<Arc<Flow>> {
        locked(&self.under_way).flows.iter().filter(|flow| flow.waits_for_somebody()).cloned().collect()
    }

    /// Nobody is there any more: nothing is asked, nothing begun, and nothing remembered. What the member chose may still leave.
    pub(crate) fn leave(&self) {
        let mut under_way = locked(&self.under_way);
        under_way.wallet = Weak::new();
        for flow in under_way.flows.drain(..) {
            flow.leave();
        }
    }
}

/// Whether whoever opens the link again is led here.
fn is_of_use(flow: &Flow) -> bool {
    match flow.turn().stage {
        // What has come since is not known before it is looked for again.
        Stage::Over(outcome) => {
            outcome.failed.is_none() && !matches!(flow.kind, LinkKind::Awaited | LinkKind::Renewal)
        }
        _ => true,
    }
}

#[cfg(test)]
impl Flow {
    /// One that nobody follows.
    pub(crate) fn alone(clock: Option<Environment>) -> Arc<Self> {
        let (name, link) = ("name".to_owned(), "link".to_owned());
        let options = PresentOptions::default();
        Arc::new(Self::new(name, link, LinkKind::Request, options, clock, News::default()))
    }

    /// The same, of a request that is open for so many seconds by this clock.
    pub(crate) fn asked_until(seconds: i64) -> (Arc<Self>, Arc<environment::ManualClock>) {
        let now = 1_795_000_000;
        let clock = environment::ManualClock::new(environment::Timestamp::from_seconds(now));
        let clock = Arc::new(clock);
        let randomness = Arc::new(environment::SeededRandomness::new(7));
        let flow = Self::alone(Some(Environment::new(clock.clone(), randomness)));
        locked(&flow.asked).ends_at = Some(now + seconds);
        (flow, clock)
    }
}

#[cfg(test)]
mod tests;

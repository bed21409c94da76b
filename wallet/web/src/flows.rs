//! A link that was opened, up to where it is done. Where it asks the member, the question waits here for a page's answer (decision
//! 0026 §4).
//!
//! Beside it: all that are under way in one wallet ([`under_way`]), whom each asks ([`consenting`]), what came of it ([`outcome`]). What
//! a flow does from step to step is [`crate::following`].

mod consenting;
mod outcome;
mod under_way;

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use environment::Environment;
use tokio::sync::{oneshot, watch};
use tokio::time::{Instant, timeout};
use wallet::{Choice, FaultyRequest, OfferChoice, Offered, OfficePlace, PresentOptions, Question};

pub(crate) use self::consenting::{AtThePage, SaidBefore, WhatFollows};
pub(crate) use self::outcome::{Decided, Hitch, LessDeclined, Outcome, Shared, Stopped};
pub(crate) use self::under_way::{Flows, TooMany};
use crate::news::{Kind, News};

/// For how long a question waits for its answer; then nobody has said anything.
const PATIENCE: Duration = Duration::from_secs(600);
/// For how long what the member chose may still be on its way after the wallet was locked.
const LAST_WORDS: Duration = Duration::from_secs(30);
/// For how long what came of a link can still be looked at.
const REMEMBERED: Duration = Duration::from_secs(600);
/// For how long a page is held back for what comes next, before it is told that it takes a moment.
const MOMENT: Duration = Duration::from_secs(4);

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
    /// A first passport, by the address of the office that is asked for it.
    Passport,
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
    /// The membership that is offered is taken, and the office that was named is asked for a passport then.
    TakeForPassport,
    Code(String),
    Report(bool),
}

impl Said {
    /// Whether something leaves the wallet by it.
    fn leaves(&self) -> bool {
        match self {
            Self::Choice(choice) => !matches!(choice, Choice::LeaveOpen | Choice::AskAgain),
            Self::Offer(choice) => matches!(choice, OfferChoice::Accept),
            Self::TakeForPassport => true,
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
    /// What was asked for, and what was offered, by name.
    pub(crate) names: Vec<String>,
    /// When its request ends, in seconds since the epoch.
    ends_at: Option<i64>,
    /// Whether less was offered: then another request than that of the link was answered.
    pub(crate) is_about_less: bool,
    /// What the member said to an offer other than yes.
    pub(crate) offer_left: Option<OfferChoice>,
    /// The office that can be asked for a passport once a membership is there.
    pub(crate) office: Option<OfficePlace>,
    /// Whether the member wants that.
    pub(crate) goes_on_to_office: bool,
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

    /// Whether it began with this message.
    pub(crate) fn is_of_message(&self, id: &str) -> bool {
        self.kind == LinkKind::Message && self.link == id
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

    /// What opens it once more, where that is a link.
    pub(crate) fn link(&self) -> Option<&str> {
        matches!(self.kind, LinkKind::Request).then_some(self.link.as_str())
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
            asked.names = question.asked();
            asked.names.extend(question.alternatives.iter().map(|one| one.offer.clone()));
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
        let (choice, goes_on) = match self.ask(Stage::Offers(Arc::new(offered.clone()))).await {
            Some(Said::Offer(choice)) => (choice, false),
            Some(Said::TakeForPassport) => (OfferChoice::Accept, true),
            _ => (OfferChoice::LeaveOpen, false),
        };
        let mut asked = locked(&self.asked);
        asked.offer_left = (choice != OfferChoice::Accept).then_some(choice);
        asked.goes_on_to_office = goes_on;
        choice
    }

    /// A membership leads to a passport of this office, if there is one.
    pub(crate) fn leads_to(&self, office: Option<OfficePlace>) {
        locked(&self.asked).office = office;
    }

    fn is_over(&self) -> bool {
        locked(&self.ended).is_some()
    }

    fn is_forgotten(&self) -> bool {
        locked(&self.ended).is_some_and(|ended| ended.elapsed() > REMEMBERED)
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

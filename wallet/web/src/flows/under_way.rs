//! The links that are under way in one open wallet, or were until a moment ago.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, Weak};

use environment::{Environment, Randomness};
use wallet::{PresentOptions, Wallet};

use super::{Flow, LinkKind, Stage, locked};
use crate::following;
use crate::news::News;

/// Most links of a wallet that are under way or remembered.
const MOST: usize = 16;

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
            // And an office of which no mail came is asked once more.
            let is_looked_for =
                matches!(flow.kind, LinkKind::Awaited | LinkKind::Renewal | LinkKind::Passport);
            outcome.failed.is_none() && !is_looked_for
        }
        _ => true,
    }
}

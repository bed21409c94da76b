//! Pages that stay as they are now: an open page hears that something changed, fetches itself and takes the changed parts over
//! (decision 0034 §1). Told is a kind and nothing else.
//!
//! As long as somebody looks, the desk also looks for messages every now and then ([`Watching`]). That a page is open is no use of
//! its session, which ends all the same.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::extract::{RawQuery, Request, State};
use axum::response::Response;
use environment::{Environment, Randomness};
use http::{HeaderMap, HeaderName};
use tokio::sync::oneshot;
use tokio::time::{MissedTickBehavior, interval, sleep};
use web::form::Fields;
use web::live::{BEAT, NotTaken, Stopping, Teller, stream};
use web::session::SessionSecret;

use crate::desk::Desk;
use crate::news::SoFar;
use crate::site::{Failed, WalletWeb};

/// The page's script.
pub(crate) const SCRIPT: &str = "/live.js";
/// The header by which a page's script says that it only looks: what it fetches is no use of the session.
const LOOKS: HeaderName = HeaderName::from_static("passport-looks");
/// The header by which a browser that comes back says what it was told last (HTML Living Standard §9.2.5).
const LAST_TOLD: HeaderName = HeaderName::from_static("last-event-id");
/// Most pages of one session, and of one wallet, that are told at once; whoever opens another leaves the one out that was opened
/// first.
const MOST_OF_SESSION: usize = 4;
const MOST_OF_WALLET: usize = 16;

/// When the desk looks for messages after somebody came, in seconds, and how much longer it waits each time that nothing came, up to
/// when. Each time is a little other, so that many wallets do not look at once and none tells by its beat whose it is.
const FIRST_LOOK: u64 = 4;
const LOOKS_AFTER: u64 = 30;
const LOOKS_AT_LEAST: u64 = 300;

/// Whether a page's script asks, which only looks.
pub(crate) fn only_looks(headers: &HeaderMap) -> bool {
    headers.contains_key(LOOKS)
}

/// `GET /live`: what changes, as long as somebody looks. Whoever has no session is told that at once.
pub(crate) async fn show(
    State(site): State<WalletWeb>,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
    request: Request,
) -> Response {
    let (teller, response) = stream();
    let secret = SessionSecret::of_request(&headers);
    let found = match &secret {
        Some(secret) => look(&site, &headers, secret).await,
        None => Ok(None),
    };
    let (desk, secret) = match (found, secret) {
        (Ok(Some(desk)), Some(secret)) => (desk, secret),
        // The stream ends, and the browser comes back to it.
        (Err(failed), _) => {
            tracing::warn!(error = %failed, "it could not be seen whether a wallet is open");
            return response;
        }
        (Ok(_), _) => {
            let _ = teller.tell(LOCKED, "", "");
            return response;
        }
    };
    let fields = Fields::parse(query.unwrap_or_default()).unwrap_or_default();
    let told = headers.get(LAST_TOLD).and_then(|id| id.to_str().ok()).or_else(|| fields.optional("since"));
    let known = told.and_then(SoFar::parse);
    let mut stopping = Stopping::of(request.extensions());
    let (place, lost) = desk.watching().take(&secret);
    let clock = site.environment.clone();
    desk.look_while_watched(site.environment.randomness());
    tokio::spawn(async move {
        let _place = place;
        tokio::select! {
            () = tell(&desk, &secret, known, &teller, &clock) => {}
            // What ends it is dropped, never sent.
            _ = lost => { let _ = teller.tell(ENOUGH, "", ""); }
            () = teller.left() => {}
            () = stopping.begun() => {}
        }
    });
    response
}

const CHANGED: &str = "changed";
const LOCKED: &str = "locked";
const ENOUGH: &str = "enough";

async fn look(
    site: &WalletWeb,
    headers: &HeaderMap,
    secret: &SessionSecret,
) -> Result<Option<Arc<Desk>>, Failed> {
    let Some(desk) = site.desk_of(headers).await? else { return Ok(None) };
    Ok(desk.device_of(secret).await?.map(|_| desk))
}

/// Tells what changes until the session has ended, or whoever is told takes nothing any more.
async fn tell(
    desk: &Desk,
    secret: &SessionSecret,
    known: Option<SoFar>,
    teller: &Teller,
    clock: &Environment,
) {
    let mut news = desk.news().listen();
    let mut beat = interval(BEAT);
    beat.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut told = known;
    loop {
        let now = *news.borrow_and_update();
        // The session may have ended with what is new, or by itself.
        match desk.device_of(secret).await {
            // An open page is somebody who is there, for what is kept fresh at a host (decision 0035).
            Ok(Some(_)) => desk.seen(clock.now()),
            Ok(None) => {
                let _ = teller.tell(LOCKED, "", "");
                return;
            }
            Err(failed) => {
                tracing::warn!(error = %failed, "it could not be seen whether a session has ended");
                return;
            }
        }
        if tell_new(teller, told, now).is_err() {
            return;
        }
        told = Some(now);
        tokio::select! {
            changed = news.changed() => if changed.is_err() { return },
            _ = beat.tick() => if teller.beat().is_err() { return },
        }
    }
}

/// Whoever knows nothing yet is told from where on they are.
fn tell_new(teller: &Teller, told: Option<SoFar>, now: SoFar) -> Result<(), NotTaken> {
    let new = now.new_since(told.unwrap_or(now));
    if told.is_some() && new.is_empty() {
        return Ok(());
    }
    teller.tell(CHANGED, &new, &now.text())
}

/// The pages of one wallet that are told what changes.
#[derive(Debug, Default)]
pub(crate) struct Watching(Arc<Mutex<Watchers>>);

#[derive(Debug, Default)]
struct Watchers {
    next: u64,
    /// Number, session, and what ends it when it is dropped.
    places: VecDeque<(u64, String, oneshot::Sender<()>)>,
    /// Whether the desk looks for messages.
    looks: bool,
}

/// The place of one page, until it is dropped.
#[derive(Debug)]
struct Place {
    watchers: Arc<Mutex<Watchers>>,
    number: u64,
}

fn locked(watchers: &Mutex<Watchers>) -> MutexGuard<'_, Watchers> {
    watchers.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Watching {
    /// A place for a page of this session, and what ends when another has it: where there are too many, the one that was opened first
    /// loses its own.
    fn take(&self, session: &SessionSecret) -> (Place, oneshot::Receiver<()>) {
        let (keep, lost) = oneshot::channel();
        let session = session.id().text();
        let mut watchers = locked(&self.0);
        let of_session = watchers.places.iter().filter(|(_, of, _)| *of == session).count();
        if of_session >= MOST_OF_SESSION {
            let first = watchers.places.iter().position(|(_, of, _)| *of == session);
            first.and_then(|first| watchers.places.remove(first));
        } else if watchers.places.len() >= MOST_OF_WALLET {
            watchers.places.pop_front();
        }
        let number = watchers.next;
        watchers.next = number.wrapping_add(1);
        watchers.places.push_back((number, session, keep));
        (Place { watchers: Arc::clone(&self.0), number }, lost)
    }

    /// How many pages are told.
    #[cfg(test)]
    pub(crate) fn pages(&self) -> usize {
        locked(&self.0).places.len()
    }

    /// Whether nobody looks for messages yet, although somebody is there; then whoever asks does.
    fn begins_to_look(&self) -> bool {
        !std::mem::replace(&mut locked(&self.0).looks, true)
    }

    /// Whether nobody is there any more; then nobody looks for messages either.
    fn is_over(&self) -> bool {
        let mut watchers = locked(&self.0);
        watchers.looks = !watchers.places.is_empty();
        !watchers.looks
    }

    fn looks_no_more(&self) {
        locked(&self.0).looks = false;
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        locked(&self.watchers).places.retain(|(number, ..)| *number != self.number);
    }
}

impl Desk {
    /// Looks for messages every now and then, as long as some page is told what changes.
    fn look_while_watched(self: &Arc<Self>, randomness: &dyn Randomness) {
        if !self.watching().begins_to_look() {
            return;
        }
        let desk = Arc::downgrade(self);
        // What each pause is more or less than it would be; drawn now, since nothing random is held over a pause.
        let jitter: [u8; 32] = randomness.bytes();
        tokio::spawn(async move {
            let mut pauses = Pauses::new(jitter);
            loop {
                sleep(pauses.next()).await;
                let Some(desk) = desk.upgrade() else { return };
                if desk.watching().is_over() {
                    return;
                }
                match desk.look_now().await {
                    Some(true) => pauses.begin_again(),
                    Some(false) => {}
                    None => return desk.watching().looks_no_more(),
                }
            }
        });
    }
}

/// How long it is waited between two looks.
struct Pauses {
    jitter: std::iter::Cycle<std::array::IntoIter<u8, 32>>,
    pause: u64,
    is_first: bool,
}

impl Pauses {
    fn new(jitter: [u8; 32]) -> Self {
        Self { jitter: jitter.into_iter().cycle(), pause: LOOKS_AFTER, is_first: true }
    }

    /// Something came: more may follow.
    fn begin_again(&mut self) {
        self.pause = LOOKS_AFTER;
    }

    /// Between three and five quarters of what it would be.
    fn next(&mut self) -> Duration {
        let whole = if self.is_first { FIRST_LOOK } else { self.pause };
        if !self.is_first {
            self.pause = self.pause.saturating_mul(3).saturating_div(2).min(LOOKS_AT_LEAST);
        }
        self.is_first = false;
        let milliseconds = whole.saturating_mul(1_000);
        let jitter = u64::from(self.jitter.next().unwrap_or_default());
        let part = milliseconds.saturating_mul(jitter).saturating_div(510);
        Duration::from_millis(milliseconds.saturating_mul(3).saturating_div(4).saturating_add(part))
    }
}

#[cfg(test)]
mod tests;

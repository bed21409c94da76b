//! That something changed, for the open pages of the console: told is that, and nothing else. A page then fetches itself.
//!
//! Servers over one store know nothing of each other, so each looks at what the first page counts every other second, as long as one
//! of its pages is open.

use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;

use axum::extract::{RawQuery, Request, State};
use axum::response::Response;
use http::{HeaderMap, HeaderName};
use tokio::sync::watch;
use tokio::time::{MissedTickBehavior, interval};
use web::form::Fields;
use web::live::{BEAT, Stopping, Teller, stream};

use super::guard::{self, Acting};
use crate::site::SpaceWeb;

/// How often is looked.
const LOOKS: Duration = Duration::from_secs(2);
/// Most pages that are told at once.
const MOST: usize = 64;
const CHANGED: &str = "changed";
const ENDED: &str = "ended";
/// The header by which a browser that comes back says what it was told last (HTML Living Standard §9.2.5).
const LAST_TOLD: HeaderName = HeaderName::from_static("last-event-id");

/// What the pages of this server are told.
#[derive(Clone, Debug, Default)]
pub(crate) struct Watching(Arc<Mutex<Weak<watch::Sender<String>>>>);

impl Watching {
    /// Hears what changes; looks as long as anybody hears.
    fn listen(&self, site: &SpaceWeb) -> (Arc<watch::Sender<String>>, watch::Receiver<String>) {
        let mut found = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(sender) = found.upgrade() {
            let receiver = sender.subscribe();
            return (sender, receiver);
        }
        let sender = Arc::new(watch::channel(String::new()).0);
        *found = Arc::downgrade(&sender);
        let receiver = sender.subscribe();
        tokio::spawn(look(site.clone(), Arc::downgrade(&sender)));
        (sender, receiver)
    }
}

/// Looks until nobody hears.
async fn look(site: SpaceWeb, told: Weak<watch::Sender<String>>) {
    let mut beat = interval(LOOKS);
    beat.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        beat.tick().await;
        let Some(told) = told.upgrade() else { return };
        match site.space.stands().await {
            Ok(now) => {
                told.send_if_modified(|last| {
                    let is_new = *last != now;
                    *last = now;
                    is_new
                });
            }
            Err(error) => tracing::warn!(%error, "it could not be seen whether something changed"),
        }
    }
}

/// What a page knows when it is made: nothing, so that it is told once it listens where something came between. Kept as a
/// function, so that pages need not look.
pub(crate) const fn known(_: &SpaceWeb) -> String {
    String::new()
}

/// `GET /console/live`.
pub(crate) async fn show(
    State(site): State<SpaceWeb>,
    _: Acting,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
    request: Request,
) -> Response {
    let (teller, response) = stream();
    let fields = Fields::parse(query.unwrap_or_default()).unwrap_or_default();
    let told = headers.get(LAST_TOLD).and_then(|id| id.to_str().ok()).or_else(|| fields.optional("since"));
    let told = told.unwrap_or_default().to_owned();
    let (keep, receiver) = site.watching.listen(&site);
    if keep.receiver_count() > MOST {
        // The stream ends, and the browser comes back when there is room.
        return response;
    }
    let mut stopping = Stopping::of(request.extensions());
    tokio::spawn(async move {
        let _keep = keep;
        tokio::select! {
            () = tell(&site, &headers, told, receiver, &teller) => {}
            () = teller.left() => {}
            () = stopping.begun() => {}
        }
    });
    response
}

/// Tells what changes until the session has ended, or whoever is told takes nothing any more.
async fn tell(
    site: &SpaceWeb,
    headers: &HeaderMap,
    mut told: String,
    mut news: watch::Receiver<String>,
    teller: &Teller,
) {
    let mut beat = interval(BEAT);
    beat.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut looks = headers.clone();
    // That a page is open is no use of its session.
    looks.insert("passport-looks", http::HeaderValue::from_static("1"));
    loop {
        match guard::acting(site, &looks).await {
            Ok(Some(_)) => {}
            Ok(None) => {
                let _ = teller.tell(ENDED, "", "");
                return;
            }
            Err(_) => return,
        }
        let now = news.borrow_and_update().clone();
        if !now.is_empty() && now != told {
            if teller.tell(CHANGED, "", &now).is_err() {
                return;
            }
            told = now;
        }
        tokio::select! {
            changed = news.changed() => if changed.is_err() { return },
            _ = beat.tick() => if teller.beat().is_err() { return },
        }
    }
}

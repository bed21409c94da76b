//! How often a browser may ask for the pages of doors. Whoever sits in the space's own network shares one address with the screen at the
//! door and with every member before it; what they send from there must not shut the door.
//!
//! So a browser that has been found to be a screen's or a member's has a budget of its own, and what all others send is counted by their
//! address. That it is one is told by the hash of its secret, which is remembered in this process alone: a cookie that is made up is
//! nobody's, and is not looked up in the store once the budget of its address is used up.

use std::collections::HashSet;
use std::num::NonZeroU32;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::extract::{Request, State};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::Response;
use web::limits::{Limiter, client_key, slowed};
use web::proxies::client;
use web::session::{SessionId, SessionSecret};

use super::SCREEN_COOKIE;

/// What one browser may ask for at once: a screen asks every eight seconds. It comes back within a minute.
const OWN: NonZeroU32 = NonZeroU32::new(60).unwrap();
const MINUTE: Duration = Duration::from_secs(60);
/// How many browsers are remembered. Whoever is forgotten is known again by the next page that they are shown.
const MOST: usize = 10_000;

/// The browsers that have been found to be a screen's or a member's.
#[derive(Clone, Default)]
pub(crate) struct Known(Arc<Mutex<HashSet<SessionId>>>);

impl Known {
    /// Remembers a browser that has just been found to be one.
    pub(crate) fn learn(&self, browser: SessionId) {
        let mut known = self.held();
        if known.len() >= MOST {
            known.clear();
        }
        known.insert(browser);
    }

    fn holds(&self, browser: &SessionId) -> bool {
        self.held().contains(browser)
    }

    fn held(&self) -> MutexGuard<'_, HashSet<SessionId>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[derive(Clone)]
struct Budgets {
    known: Known,
    own: Limiter,
    strangers: Limiter,
}

/// `router` where each browser that is known has a budget of its own, and all others of one address `strangers` requests a minute.
pub(crate) fn limited_by_browser<S: Clone + Send + Sync + 'static>(
    router: Router<S>,
    known: &Known,
    strangers: u32,
) -> Router<S> {
    let budgets = Budgets {
        known: known.clone(),
        own: Limiter::new(OWN, MINUTE),
        strangers: Limiter::new(NonZeroU32::new(strangers).unwrap_or(NonZeroU32::MIN), MINUTE),
    };
    router.layer(from_fn_with_state(budgets, by_browser))
}

async fn by_browser(State(budgets): State<Budgets>, request: Request, next: Next) -> Response {
    let headers = request.headers();
    let secrets =
        [SessionSecret::of_request(headers), SessionSecret::of_cookie(headers, SCREEN_COOKIE)].into_iter();
    let known = secrets.flatten().map(|secret| secret.id()).find(|browser| budgets.known.holds(browser));
    let taken = match known {
        Some(browser) => budgets.own.take(&browser),
        None => budgets.strangers.take(&client_key(client(request.extensions()))),
    };
    match taken {
        Ok(()) => next.run(request).await,
        Err(limited) => slowed(limited, request.headers()),
    }
}

//! The space's router.

use std::num::NonZeroU32;
use std::time::Duration;

use axum::Router;
use axum::extract::FromRef;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use environment::Environment;
use http::StatusCode;
use presentation::{AskError, OwnDid, Presentation};
use store::{Store, StoreFault};
use verifier::{Space, SpaceError};
use web::csrf::CsrfKey;
use web::limits::{Limiter, PROGRAMS, limited, limited_by_session};
use web::navigation::only_the_head;
use web::{ApiError, errors};

use crate::{by_number, counter_offer, home, invited, join, member_api, person, progress, team, wallet};

/// The form with which people join, if a space has one of this name.
const SIGN_UP: &str = "sign-up";
/// Requests that a client may have made at once; they come back within a minute.
const BUDGET: u32 = 60;
/// How often a client may load the page that makes requests, for each request that it may have made otherwise. What it
/// makes is kept for an hour, so this bounds what one client has on the disk.
const PAGES: u32 = 2;
/// Steps that a browser's session may take at once: coming back, digits shown and typed. They come back within a minute.
/// Tries at the digits are counted in the store.
const STEPS: u32 = 20;
/// Invitations by number that one client has sent within an hour. How many there are in all, `verifier` counts.
const TYPED: NonZeroU32 = NonZeroU32::new(8).unwrap();
const HOUR: Duration = Duration::from_secs(3_600);

/// What a space's pages and endpoints hold.
#[derive(Clone)]
pub struct SpaceWeb {
    pub(crate) space: Space,
    pub(crate) presentation: Presentation,
    pub(crate) own_did: OwnDid,
    pub(crate) csrf: CsrfKey,
    pub(crate) typed: Limiter,
    form: Option<String>,
    budget: u32,
}

impl SpaceWeb {
    /// The site of `space`, which asks through `presentation`. `own_did` are the files of the space's own DID; `csrf` is the
    /// key of its forms, the same for all replicas.
    #[must_use]
    pub fn new(space: Space, presentation: Presentation, own_did: impl Into<OwnDid>, csrf: [u8; 32]) -> Self {
        let form = default_form(&space);
        let csrf = CsrfKey::new(csrf);
        Self {
            space,
            presentation,
            own_did: own_did.into(),
            csrf,
            typed: Limiter::new(TYPED, HOUR),
            form,
            budget: BUDGET,
        }
    }

    /// This site asking the form named `form` on its page; `sign-up` or the only form if not said.
    #[must_use]
    pub fn with_form(self, form: impl Into<String>) -> Self {
        Self { form: Some(form.into()), ..self }
    }

    /// This site where each client may have `requests` requests made at once and regains them within a minute; 60 if not
    /// said. It may load the page that makes them twice as often; wallets, waiting pages and the steps of people,
    /// who also have a limit for each session, a hundred times as often.
    #[must_use]
    pub fn with_budget(self, requests: u32) -> Self {
        Self { budget: requests, ..self }
    }

    /// The name of the form with which people join.
    pub(crate) fn form(&self) -> Option<&str> {
        self.form.as_deref()
    }

    /// The space's name.
    pub(crate) fn name(&self) -> &str {
        &self.space.identity().name
    }

    pub(crate) fn environment(&self) -> &Environment {
        self.space.tenant().environment()
    }
}

/// `sign-up` if there is such a form, else the only one there is.
pub(crate) fn default_form(space: &Space) -> Option<String> {
    let forms = space.forms();
    if forms.contains_key(SIGN_UP) {
        return Some(SIGN_UP.to_owned());
    }
    forms.keys().next().filter(|_| forms.len() == 1).cloned()
}

impl FromRef<SpaceWeb> for CsrfKey {
    fn from_ref(site: &SpaceWeb) -> Self {
        site.csrf.clone()
    }
}

/// Everything at a space's host, to be served as a [`web::Party`].
pub fn router(site: SpaceWeb) -> Router {
    // People behind one address, as at a space's own desk, must not use up each other's tries.
    let pages = Router::new()
        .route("/join", get(join::show).head(only_the_head))
        .route("/join/number", get(by_number::show).head(only_the_head))
        .route("/join/invited/{token}", get(invited::show).head(only_the_head).post(invited::request));
    let requests = Router::new()
        .route("/join/requests", post(join::requests))
        .route("/refill/requests", post(wallet::refill))
        .route("/member/requests", post(member_api::requests))
        .route("/member/change-requests", post(member_api::change_requests))
        .route("/team/invitations", get(team::list).post(team::invite))
        .route("/team/invitations/{id}", get(team::one));
    let steps = Router::new()
        .route("/join/again", post(join::again))
        .route("/join/number", post(by_number::invite))
        .route("/join/return", get(person::come_back).head(only_the_head))
        .route("/join/phone", get(person::phone).head(only_the_head))
        .route("/join/code", get(person::to_answer).post(person::code));
    let own = site.own_did.routes(site.space.identity(), site.environment());
    let own = own.layer(web::cors::public());
    let programs = Router::new()
        .route("/join/answer", get(progress::answer))
        .route("/join/status", get(progress::status))
        .route("/join/number/sent", get(by_number::sent))
        .route("/join/invited/{token}/status", get(invited::status))
        .route("/counter-offer/{handle}", post(counter_offer::take))
        .route("/follow-up/{handle}", get(wallet::follow_up))
        .route("/member/details", get(member_api::details))
        .route("/member/changes", post(member_api::changes))
        .route("/member/leave", post(member_api::leave))
        .route("/member/objections", post(member_api::objections))
        .with_state(site.clone())
        .merge(site.space.issuance().routes())
        .merge(site.presentation.routes());
    let budget = site.budget;
    let store = site.space.tenant().store().clone();
    Router::new()
        .route("/", get(home::show))
        .route("/privacy", get(home::privacy))
        .merge(limited(pages, budget.saturating_mul(PAGES)))
        .merge(limited(requests, budget))
        .merge(limited(limited_by_session(steps, STEPS), budget.saturating_mul(PROGRAMS)))
        .merge(web::operations::health(move || takes_writes(store.clone())))
        .with_state(site)
        .merge(own)
        .merge(limited(programs, budget.saturating_mul(PROGRAMS)))
}

async fn takes_writes(store: Store) -> Result<(), StoreFault> {
    store.try_writing().await
}

/// Why a page or an endpoint cannot be served.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failed {
    /// The domain.
    #[error(transparent)]
    Space(#[from] SpaceError),
    /// The request cannot be made.
    #[error(transparent)]
    Ask(#[from] AskError),
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreFault),
    /// A link is too long for a QR code.
    #[error(transparent)]
    Qr(#[from] web::qr::TooLong),
}

impl Failed {
    fn status(&self) -> StatusCode {
        match self {
            Self::Space(SpaceError::NoSuch(_) | SpaceError::NoSuchForm(_)) => StatusCode::NOT_FOUND,
            Self::Space(SpaceError::Store(_)) | Self::Ask(AskError::Store(_)) | Self::Store(_) => {
                StatusCode::SERVICE_UNAVAILABLE
            }
            _ => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    /// As a page for a person.
    pub(crate) fn page(self, words: web::Words) -> Response {
        self.log();
        errors::error_page(words, self.status())
    }

    fn log(&self) {
        if self.status() != StatusCode::NOT_FOUND {
            tracing::error!(error = %self, "a space's answer could not be made");
        }
    }
}

impl From<Failed> for ApiError {
    fn from(failed: Failed) -> Self {
        failed.log();
        match failed.status() {
            StatusCode::NOT_FOUND => Self::not_found(),
            StatusCode::SERVICE_UNAVAILABLE => Self::busy(2),
            _ => Self::internal(),
        }
    }
}

impl IntoResponse for Failed {
    fn into_response(self) -> Response {
        ApiError::from(self).into_response()
    }
}

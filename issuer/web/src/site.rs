//! The office's router.

use std::sync::Arc;

use axum::Router;
use axum::extract::FromRef;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post, put};
use environment::Pace;
use http::StatusCode;
use issuer::{Office, OfficeError};
use presentation::{OwnDid, Presentation};
use web::csrf::CsrfKey;
use web::limits::{PROGRAMS, limited};
use web::navigation::only_the_head;
use web::pace::TickingPace;
use web::{ApiError, errors};

use crate::privacy::Responsible;
use crate::{authorize, binding, email, home, mailbox, passport, privacy, requests, wallet};

/// Requests that a client may make of pages at once; they come back within a minute.
const BUDGET: u32 = 30;

/// How many authorisation requests that wallets push count as one request of a person's: a wallet's server may push for several
/// people, and each is stored.
const PUSHES: u32 = 30;

/// What an office's pages and endpoints hold.
#[derive(Clone)]
pub struct Site {
    pub(crate) office: Office,
    pub(crate) presentation: Presentation,
    pub(crate) csrf: CsrfKey,
    pub(crate) own_did: OwnDid,
    pub(crate) responsible: Responsible,
    pub(crate) budget: u32,
    pub(crate) pace: Arc<dyn Pace>,
}

impl Site {
    /// The site of `office`, which asks through `presentation`. `csrf` is the same for all replicas; `own_did` are the
    /// files of the office's own DID; `responsible` is who answers for it.
    #[must_use]
    pub fn new(
        office: Office,
        presentation: Presentation,
        csrf: CsrfKey,
        own_did: impl Into<OwnDid>,
        responsible: Responsible,
    ) -> Self {
        let pace = Arc::new(TickingPace::default());
        Self { office, presentation, csrf, own_did: own_did.into(), responsible, budget: BUDGET, pace }
    }

    /// This site where each client may make `requests` requests of its pages at once and regains them within a minute; 30
    /// if not said. Wallets, resolvers and waiting pages may make a hundred times as many, and wallets push ten times as many
    /// authorisation requests.
    #[must_use]
    pub fn with_budget(self, requests: u32) -> Self {
        Self { budget: requests, ..self }
    }

    /// This site with another pace of the answers that must not tell by their time what was found: a quarter of a second if
    /// not said.
    #[must_use]
    pub fn with_pace(self, pace: Arc<dyn Pace>) -> Self {
        Self { pace, ..self }
    }
}

impl FromRef<Site> for CsrfKey {
    fn from_ref(site: &Site) -> Self {
        site.csrf.clone()
    }
}

/// Everything at an office's host, to be served as a [`web::Party`].
pub fn router(site: Site) -> Router {
    let people = Router::new()
        .route("/passport", get(passport::start).head(only_the_head))
        .route("/authorize", get(authorize::arrive).head(only_the_head))
        .route("/authorize/return", get(authorize::give_code).head(only_the_head))
        .route("/authorize/continue", get(authorize::give_code_of_desk).head(only_the_head))
        .route("/authorize/cancel", get(authorize::cancel).head(only_the_head))
        .route("/passport/requests", post(requests::first_passport))
        .route("/passport/mail", post(passport::mail_again))
        .route("/refill/requests", post(requests::refill))
        .route("/email/{token}", get(email::show).post(email::confirm))
        .route("/did-log/{label}", put(wallet::leave_log));
    let public =
        Router::new().route("/{label}/did.jsonl", get(wallet::member_log)).layer(web::cors::public());
    let own = site.own_did.routes(site.office.identity(), site.office.tenant().environment());
    let own = own.layer(web::cors::public());
    let programs = Router::new()
        .route("/passport/answer", get(passport::answer))
        .route("/passport/status", get(passport::status))
        .route("/follow-up/{handle}", get(wallet::follow_up))
        .route("/mailbox/{address}", get(mailbox::fetch).post(mailbox::deposit))
        .route("/mailbox/{address}/done", post(mailbox::done))
        .route("/mailbox/{address}/blocks", post(mailbox::block))
        .route("/mailbox/{address}/reports", post(mailbox::report))
        .route("/mailbox/{address}/bell", post(mailbox::bell))
        .route("/number-binding", post(binding::ask).put(binding::state))
        .route("/number-binding/replace", post(binding::replace))
        .route("/number-binding/blocks", put(binding::block))
        .merge(public)
        .with_state(site.clone())
        .merge(site.office.issuance().routes())
        .merge(site.presentation.routes());
    let pushing = site.office.issuance().code_flow_routes();
    let budget = site.budget;
    let store = site.office.tenant().store().clone();
    Router::new()
        .route("/", get(home::show))
        .route("/privacy", get(privacy::show))
        .merge(limited(people, budget))
        .merge(web::operations::health(move || takes_writes(store.clone())))
        .with_state(site)
        .merge(own)
        .merge(limited(pushing, budget.saturating_mul(PUSHES)))
        .merge(limited(programs, budget.saturating_mul(PROGRAMS)))
}

async fn takes_writes(store: store::Store) -> Result<(), store::StoreFault> {
    store.try_writing().await
}

/// Why a page or an endpoint cannot be served.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failed {
    /// The domain.
    #[error(transparent)]
    Office(#[from] OfficeError),
    /// The request cannot be made.
    #[error(transparent)]
    Ask(#[from] presentation::AskError),
    /// The store.
    #[error(transparent)]
    Store(#[from] store::StoreFault),
    /// A link is too long for a QR code.
    #[error(transparent)]
    Qr(#[from] web::qr::TooLong),
}

impl Failed {
    fn status(&self) -> StatusCode {
        match self {
            Self::Office(OfficeError::NoSuch(_)) => StatusCode::NOT_FOUND,
            Self::Office(OfficeError::Store(_))
            | Self::Ask(presentation::AskError::Store(_))
            | Self::Store(_) => StatusCode::SERVICE_UNAVAILABLE,
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
            tracing::error!(error = %self, "an office's answer could not be made");
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

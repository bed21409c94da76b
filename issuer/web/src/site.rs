//! The office's router.

use std::num::NonZeroU32;
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::extract::FromRef;
use axum::middleware::from_fn_with_state;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post, put};
use http::StatusCode;
use issuer::{Office, OfficeError};
use presentation::Presentation;
use web::csrf::CsrfKey;
use web::limits::{self, Limiter};
use web::{ApiError, errors};

use crate::{email, home, passport, requests, wallet};

/// What an office's pages and endpoints hold.
#[derive(Clone)]
pub struct Site {
    pub(crate) office: Office,
    pub(crate) presentation: Presentation,
    pub(crate) csrf: CsrfKey,
    pub(crate) did_log: Bytes,
    pub(crate) budget: u32,
}

impl Site {
    /// The site of `office`, which asks through `presentation`. `csrf` is the same for all replicas; `did_log` is the
    /// log of the office's own DID.
    #[must_use]
    pub fn new(office: Office, presentation: Presentation, csrf: CsrfKey, did_log: impl Into<Bytes>) -> Self {
        Self { office, presentation, csrf, did_log: did_log.into(), budget: 30 }
    }

    /// This site where each client may make `requests` requests at once and regains them within a minute; 30 if not
    /// said.
    #[must_use]
    pub fn with_budget(self, requests: u32) -> Self {
        Self { budget: requests, ..self }
    }
}

impl FromRef<Site> for CsrfKey {
    fn from_ref(site: &Site) -> Self {
        site.csrf.clone()
    }
}

/// Everything at an office's host, to be served as a [`web::Party`].
pub fn router(site: Site) -> Router {
    let budget = NonZeroU32::new(site.budget).unwrap_or(NonZeroU32::MIN);
    let limiter = Limiter::new(budget, Duration::from_secs(60));
    let limited = Router::new()
        .route("/passport", get(passport::start))
        .route("/passport/requests", post(requests::first_passport))
        .route("/refill/requests", post(requests::refill))
        .route("/email/{token}", get(email::show).post(email::confirm))
        .route("/did-log/{label}", put(wallet::leave_log))
        .layer(from_fn_with_state(limiter, limits::by_client));
    let public = Router::new()
        .route("/.well-known/did.jsonl", get(wallet::own_log))
        .route("/{label}/did.jsonl", get(wallet::member_log))
        .layer(web::cors::public());
    Router::new()
        .route("/", get(home::show))
        .route("/passport/answer", get(passport::answer))
        .route("/passport/status", get(passport::status))
        .route("/follow-up/{handle}", get(wallet::follow_up))
        .merge(limited)
        .merge(public)
        .with_state(site.clone())
        .merge(site.office.issuance().routes())
        .merge(site.presentation.routes())
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

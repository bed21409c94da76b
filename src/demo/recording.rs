//! A wallet's line with a listener on it: the demo replays what the wallet sent.

use std::sync::{Arc, Mutex, PoisonError};

use outbound::{Fetch, Fetching, OutboundError, Request};
use url::Url;

/// Passes every call on and keeps the last answer to a request.
#[derive(Clone)]
pub(crate) struct Recording {
    line: Arc<dyn Fetch>,
    last: Arc<Mutex<Option<Request>>>,
}

impl Recording {
    /// Listens on `line`.
    pub(crate) fn new(line: Arc<dyn Fetch>) -> Self {
        Self { line, last: Arc::default() }
    }

    /// The last POST to a `response_uri`.
    pub(crate) fn last_answer(&self) -> Option<Request> {
        self.last.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Fetch for Recording {
    fn fetch(&self, request: Request) -> Fetching<'_> {
        if request.method == axum::http::Method::POST && request.url.path().starts_with("/response/") {
            *self.last.lock().unwrap_or_else(PoisonError::into_inner) = Some(request.clone());
        }
        self.line.fetch(request)
    }

    fn permits(&self, url: &Url) -> Result<(), OutboundError> {
        self.line.permits(url)
    }
}

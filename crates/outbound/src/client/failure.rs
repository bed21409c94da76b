//! What went wrong inside the HTTP library, as our own error.

use super::resolver::{Forbidden, Unresolved};
use crate::OutboundError;
use crate::cause::{causes, tls_failure};

/// Classifies `error`; nothing of its text is kept, for it holds the address.
pub(super) fn failure(error: &reqwest::Error) -> OutboundError {
    for cause in causes(error) {
        if cause.is::<Forbidden>() {
            return OutboundError::ForbiddenAddress;
        }
        if cause.is::<Unresolved>() {
            return OutboundError::Unresolvable;
        }
        if let Some(tls) = tls_failure(cause) {
            return OutboundError::Tls(tls.clone());
        }
    }
    if error.is_timeout() {
        OutboundError::TimedOut
    } else if error.is_connect() {
        OutboundError::Unreachable
    } else if error.is_builder() {
        OutboundError::Unwritable
    } else {
        OutboundError::Broken
    }
}

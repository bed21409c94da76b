//! What went wrong inside the HTTP library, as our own error.

use super::look_ups::Crowded;
use super::resolver::{Forbidden, Unresolved};
use crate::OutboundError;
use crate::cause::{causes, tls_failure};

/// Classifies `error`; nothing of its text is kept, for it holds the address. Whatever breaks once there is a connection, TLS
/// among it, is [`OutboundError::Broken`]: the other side may have read everything by then, and break it on purpose.
pub(super) fn failure(error: &reqwest::Error) -> OutboundError {
    let is_connecting = error.is_connect();
    for cause in causes(error) {
        if cause.is::<Forbidden>() {
            return OutboundError::ForbiddenAddress;
        }
        if cause.is::<Unresolved>() {
            return OutboundError::Unresolvable;
        }
        if cause.is::<Crowded>() {
            return OutboundError::Busy;
        }
        if let Some(tls) = tls_failure(cause).filter(|_| is_connecting) {
            return OutboundError::Tls(tls.clone());
        }
    }
    if error.is_timeout() {
        OutboundError::TimedOut
    } else if is_connecting {
        OutboundError::Unreachable
    } else if error.is_builder() {
        OutboundError::Unwritable
    } else {
        OutboundError::Broken
    }
}

//! The notification endpoint (OpenID4VCI 1.0 §11).

use jose::json;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::http;
use crate::secret::SecretText;

/// What became of the credentials.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Event {
    /// All of them are stored.
    #[serde(rename = "credential_accepted")]
    Accepted,
    /// The person deleted or declined them.
    #[serde(rename = "credential_deleted")]
    Deleted,
    /// Something else went wrong; also when only some of a batch could be stored.
    #[serde(rename = "credential_failure")]
    Failure,
}

impl Event {
    /// The value on the wire.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Accepted => "credential_accepted",
            Self::Deleted => "credential_deleted",
            Self::Failure => "credential_failure",
        }
    }
}

/// Why a notification is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NotificationError {
    /// Malformed, or an unknown event.
    #[error("the notification is malformed or its event is unknown")]
    Malformed,
    /// The identifier is not one that this access token got.
    #[error("notification_id is not one that this access token got")]
    UnknownIdentifier,
}

impl NotificationError {
    /// The error code (§11.3).
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Malformed => "invalid_notification_request",
            Self::UnknownIdentifier => "invalid_notification_id",
        }
    }

    /// The HTTP status.
    #[must_use]
    pub const fn status(self) -> u16 {
        400
    }

    /// The JSON body.
    #[must_use]
    pub fn body(self) -> String {
        http::error_body(self.code(), &self)
    }
}

/// A notification; it is answered with 204.
#[derive(Clone, Debug)]
pub struct NotificationRequest {
    /// Which credentials.
    pub id: SecretText,
    /// What became of them.
    pub event: Event,
}

impl NotificationRequest {
    /// Reads a request body; `event_description` is not looked at.
    ///
    /// # Errors
    /// [`NotificationError::Malformed`].
    pub fn parse(content_type: Option<&str>, body: &[u8]) -> Result<Self, NotificationError> {
        let json =
            content_type.is_some_and(|given| http::essence(given).eq_ignore_ascii_case("application/json"));
        let members = json::parse_object(body).ok().filter(|_| json).ok_or(NotificationError::Malformed)?;
        let text = |name: &str| members.get(name).and_then(Value::as_str).ok_or(NotificationError::Malformed);
        let event = text("event")?;
        let event = [Event::Accepted, Event::Deleted, Event::Failure]
            .into_iter()
            .find(|known| known.name() == event)
            .ok_or(NotificationError::Malformed)?;
        Ok(Self { id: SecretText::new(text("notification_id")?), event })
    }

    /// The JSON body.
    #[must_use]
    pub fn to_value(&self) -> Value {
        json!({"notification_id": self.id.expose(), "event": self.event.name()})
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_notification_is_read_back() {
        let body =
            NotificationRequest { id: SecretText::new("n"), event: Event::Failure }.to_value().to_string();
        let read = NotificationRequest::parse(Some("application/json"), body.as_bytes()).unwrap();
        assert_eq!((read.id.expose(), read.event), ("n", Event::Failure));
        let other_type = NotificationRequest::parse(Some("text/plain"), body.as_bytes()).unwrap_err();
        assert_eq!(other_type, NotificationError::Malformed);
    }

    #[test]
    fn unknown_events_and_missing_members_are_refused() {
        for body in [
            r#"{"notification_id":"n","event":"credential_eaten"}"#,
            r#"{"event":"credential_accepted"}"#,
            "[]",
        ] {
            let error = NotificationRequest::parse(Some("application/json"), body.as_bytes()).unwrap_err();
            assert_eq!((error, error.code()), (NotificationError::Malformed, "invalid_notification_request"));
        }
    }
}

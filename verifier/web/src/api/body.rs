//! The body of a request, member by member: what is wrong with one is said by its name and what belongs there, and never by what was
//! sent.

use axum::extract::{FromRequest, Request};
use http::StatusCode;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use web::{ApiError, StrictJson};

/// One member of a body.
pub(super) struct Part {
    /// Its name.
    name: &'static str,
    /// What belongs there.
    wanted: &'static str,
    /// Whether it must be there.
    needed: bool,
    fits: fn(&Value) -> bool,
}

impl Part {
    /// One that must be there and is a `T`.
    pub(super) const fn needed<T: DeserializeOwned>(name: &'static str, wanted: &'static str) -> Self {
        Self { name, wanted, needed: true, fits: fits::<T> }
    }

    /// One that may be left out, and is a `T` where it is there.
    pub(super) const fn optional<T: DeserializeOwned>(name: &'static str, wanted: &'static str) -> Self {
        Self { name, wanted, needed: false, fits: fits::<T> }
    }
}

fn fits<T: DeserializeOwned>(value: &Value) -> bool {
    T::deserialize(value).is_ok()
}

/// A body, and the members that it has.
pub(super) trait Sent: DeserializeOwned {
    /// All of them.
    const PARTS: &'static [Part];
}

/// Reads the body of a request.
pub(super) async fn read<T: Sent, S: Send + Sync>(request: Request, state: &S) -> Result<T, ApiError> {
    let sent = StrictJson::<Value>::from_request(request, state).await;
    let StrictJson(value) = sent.map_err(|error| match error.status() {
        StatusCode::UNSUPPORTED_MEDIA_TYPE => ApiError::new(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            error.code(),
            "send the body as JSON, once with Content-Type: application/json",
        ),
        StatusCode::BAD_REQUEST => {
            ApiError::bad_request(error.code(), "the body is no JSON, or has a member twice")
        }
        _ => error,
    })?;
    let wrong = |sentence: String| ApiError::bad_request("invalid_request", sentence);
    let Value::Object(members) = &value else {
        return Err(wrong(format!("the body is a JSON object with {}", names(T::PARTS))));
    };
    checked(T::PARTS, members).map_err(wrong)?;
    serde_json::from_value(value).map_err(|_| wrong("the members of the body do not go together".to_owned()))
}

/// Looks at each member by itself.
fn checked(parts: &[Part], members: &Map<String, Value>) -> Result<(), String> {
    if members.keys().any(|name| parts.iter().all(|part| part.name != name)) {
        return Err(format!("the body has a member that is not known here; it has {}", names(parts)));
    }
    for part in parts {
        match members.get(part.name) {
            None if part.needed => return Err(format!("{} is missing: {}", part.name, part.wanted)),
            Some(value) if !(part.fits)(value) => return Err(format!("{}: {}", part.name, part.wanted)),
            _ => {}
        }
    }
    Ok(())
}

fn names(parts: &[Part]) -> String {
    parts.iter().map(|part| part.name).collect::<Vec<_>>().join(", ")
}

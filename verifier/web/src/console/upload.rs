//! A form with a table (RFC 7578): as strict as other forms, and nothing of it is read before it is known that the form is ours.

use std::time::Duration;

use axum::body::Body;
use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::{HeaderMap, StatusCode};
use multer::{Constraints, Multipart, SizeLimit};
use verifier::importing::table::LARGEST;
use web::ApiError;
use web::csrf::FIELD;
use web::form::Fields;

/// Within which a table is sent and taken in: each of 20,000 people gets a key of their own.
pub(crate) const TIME_LIMIT: Duration = Duration::from_secs(600);
/// The field of a file, and that of a table which the page before has shown.
const TABLES: [&str; 2] = ["file", "table"];
/// Most bytes of every other field.
const LONGEST_FIELD: u64 = 1_024;

/// What was sent.
pub(super) struct Upload {
    pub(super) fields: Fields,
    pub(super) table: Bytes,
}

/// Why it is not taken.
#[derive(Debug)]
pub(super) enum NotTaken {
    /// Its token is not that of the session.
    Forged,
    /// It cannot be read.
    Unread(ApiError),
}

impl From<multer::Error> for NotTaken {
    fn from(error: multer::Error) -> Self {
        use multer::Error::{FieldSizeExceeded, StreamSizeExceeded};
        Self::Unread(match error {
            FieldSizeExceeded { .. } | StreamSizeExceeded { .. } => ApiError::new(
                StatusCode::PAYLOAD_TOO_LARGE,
                "invalid_request",
                "the table is larger than 5 MiB",
            ),
            _ => malformed(),
        })
    }
}

fn malformed() -> ApiError {
    ApiError::bad_request("invalid_request", "the form is not well-formed")
}

/// Whether a form with a file is sent.
pub(super) fn is_upload(headers: &HeaderMap) -> bool {
    let kind = headers.get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    kind.split(';').next().is_some_and(|kind| kind.trim().eq_ignore_ascii_case("multipart/form-data"))
}

/// Reads a form whose first field is the token that `accepts` takes.
pub(super) async fn read(
    headers: &HeaderMap,
    body: Body,
    accepts: impl Fn(&str) -> bool,
) -> Result<Upload, NotTaken> {
    let kind = headers.get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let boundary = multer::parse_boundary(kind).map_err(|_| NotTaken::Unread(malformed()))?;
    let largest = u64::try_from(LARGEST).unwrap_or(u64::MAX);
    let mut limits = SizeLimit::new().whole_stream(largest.saturating_add(1 << 18)).per_field(LONGEST_FIELD);
    for field in TABLES {
        limits = limits.for_field(field, largest);
    }
    let constraints = Constraints::new().size_limit(limits);
    let mut form = Multipart::with_constraints(body.into_data_stream(), boundary, constraints);
    let first = form.next_field().await?.filter(|field| field.name() == Some(FIELD));
    let token = first.ok_or(NotTaken::Forged)?.text().await?;
    if !accepts(&token) {
        return Err(NotTaken::Forged);
    }
    let (mut fields, mut table) = (Vec::new(), None);
    while let Some(field) = form.next_field().await? {
        let name = field.name().ok_or_else(|| NotTaken::Unread(malformed()))?.to_owned();
        let is_table = TABLES.contains(&name.as_str());
        let bytes = field.bytes().await?;
        if !is_table {
            let text = String::from_utf8(bytes.to_vec()).map_err(|_| NotTaken::Unread(malformed()))?;
            fields.push((name, text));
        } else if table.replace(bytes).is_some() {
            return Err(NotTaken::Unread(malformed()));
        }
    }
    let pairs = fields.iter().map(|(name, value)| (name.as_str(), value.as_str()));
    let fields =
        Fields::parse(openid4vc::form::encode(pairs)).map_err(|error| NotTaken::Unread(error.into()))?;
    if fields.optional(FIELD).is_some() {
        return Err(NotTaken::Unread(malformed()));
    }
    Ok(Upload { fields, table: table.unwrap_or_default() })
}

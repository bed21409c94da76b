//! A form with a file (RFC 7578): as strict as other forms, and no byte of the file is read before it is known that the form is ours.

use std::time::Duration;

use axum::body::Body;
use http::header::CONTENT_TYPE;
use http::{HeaderMap, Request};
use multer::bytes::Bytes;
use multer::{Constraints, Field, Multipart, SizeLimit};
use tokio::time::{Instant, timeout};
use url::form_urlencoded::Serializer;
use web::csrf::{FIELD, Purpose, same_origin};
use web::form::Fields;
use web::session::SessionSecret;

use crate::site::WalletWeb;

/// Most bytes of a file that is sent here: as a host reads it whole, less than the terminal takes.
const LARGEST: u64 = 32 << 20;
/// Most bytes of every other field.
const LONGEST_FIELD: u64 = 4_096;
/// Most fields.
const MOST_FIELDS: usize = 32;
/// The field of the file.
const FILE: &str = "file";

/// Within which a file is sent, read and taken in.
pub(crate) const TIME_LIMIT: Duration = Duration::from_secs(600);
/// Longest pause of whoever sends one.
const LONGEST_PAUSE: Duration = Duration::from_secs(10);
/// Before it is looked how quickly it comes.
const BEGINNING: Duration = Duration::from_secs(20);
/// Fewest bytes within a second, as on a poor line of a phone: who sends less holds a place that others wait for.
const LEAST: u64 = 64 << 10;

/// What was sent.
pub(super) struct Upload {
    pub(super) fields: Fields,
    pub(super) file: Bytes,
}

/// Why it is not taken.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum NotTaken {
    /// It is not from a page of this wallet, or of another session.
    Forged,
    /// It cannot be read as a form.
    Malformed,
    /// The file, or another field, is too large.
    TooLarge,
    /// The file comes too slowly, or not any more.
    TooSlow,
}

impl From<multer::Error> for NotTaken {
    fn from(error: multer::Error) -> Self {
        match error {
            multer::Error::FieldSizeExceeded { .. } | multer::Error::StreamSizeExceeded { .. } => {
                Self::TooLarge
            }
            _ => Self::Malformed,
        }
    }
}

/// Reads a form of purpose `P`.
pub(super) async fn read<P: Purpose>(site: &WalletWeb, request: Request<Body>) -> Result<Upload, NotTaken> {
    let (parts, body) = request.into_parts();
    same_origin(&parts.headers).map_err(|_| NotTaken::Forged)?;
    let session = SessionSecret::of_request(&parts.headers).ok_or(NotTaken::Forged)?;
    let limits = SizeLimit::new()
        .whole_stream(LARGEST.saturating_mul(2))
        .per_field(LONGEST_FIELD)
        .for_field(FILE, LARGEST);
    let constraints = Constraints::new().size_limit(limits);
    let mut form =
        Multipart::with_constraints(body.into_data_stream(), boundary(&parts.headers)?, constraints);
    let (mut fields, mut file, mut count) = (Vec::new(), None, 0_usize);
    let mut is_ours = false;
    while let Some(field) = form.next_field().await? {
        count = count.saturating_add(1);
        if count > MOST_FIELDS {
            return Err(NotTaken::Malformed);
        }
        let name = field.name().ok_or(NotTaken::Malformed)?.to_owned();
        match name.as_str() {
            FIELD => {
                let token = field.text().await?;
                is_ours = site.csrf.accepts::<P>(&session.id(), &token);
                if !is_ours {
                    return Err(NotTaken::Forged);
                }
            }
            _ if !is_ours => return Err(NotTaken::Forged),
            FILE if file.is_none() => file = Some(whole(field).await?),
            FILE => return Err(NotTaken::Malformed),
            _ => {
                let text = field.bytes().await?;
                let text = std::str::from_utf8(&text).map_err(|_| NotTaken::Malformed)?;
                fields.push((name, text.to_owned()));
            }
        }
    }
    if !is_ours {
        return Err(NotTaken::Forged);
    }
    let form = Serializer::new(String::new()).extend_pairs(fields).finish();
    let fields = Fields::parse(form).map_err(|_| NotTaken::Malformed)?;
    Ok(Upload { fields, file: file.unwrap_or_default() })
}

/// All of a file, as long as it comes.
async fn whole(mut field: Field<'_>) -> Result<Bytes, NotTaken> {
    let (mut bytes, begun) = (Vec::new(), Instant::now());
    while let Some(chunk) = timeout(LONGEST_PAUSE, field.chunk()).await.map_err(|_| NotTaken::TooSlow)?? {
        bytes.extend_from_slice(&chunk);
        if is_too_slow(begun.elapsed(), bytes.len()) {
            return Err(NotTaken::TooSlow);
        }
    }
    Ok(bytes.into())
}

fn is_too_slow(taken: Duration, bytes: usize) -> bool {
    let bytes = u64::try_from(bytes).unwrap_or(u64::MAX);
    taken.saturating_sub(BEGINNING) > Duration::from_secs(bytes.div_euclid(LEAST))
}

fn boundary(headers: &HeaderMap) -> Result<String, NotTaken> {
    let kind = headers.get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).ok_or(NotTaken::Malformed)?;
    multer::parse_boundary(kind).map_err(|_| NotTaken::Malformed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_comes_slowly_has_a_while_and_then_its_time_by_its_size() {
        let seconds = Duration::from_secs;
        assert!(!is_too_slow(seconds(20), 0), "the beginning");
        assert!(is_too_slow(seconds(21), 0));
        assert!(!is_too_slow(seconds(30), 10 << 16), "64 KiB a second");
        assert!(is_too_slow(seconds(31), 10 << 16));
        let longest = seconds(LARGEST.div_euclid(LEAST)) + BEGINNING;
        assert!(longest < TIME_LIMIT, "the largest file on the poorest line is taken: {longest:?}");
    }
}

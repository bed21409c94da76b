//! A form with a file (RFC 7578): as strict as other forms, and no byte of the file is read before it is known that the form is ours.

use axum::body::Body;
use http::header::CONTENT_TYPE;
use http::{HeaderMap, Request};
use multer::bytes::Bytes;
use multer::{Constraints, Multipart, SizeLimit};
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
            FILE if file.is_none() => file = Some(field.bytes().await?),
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

fn boundary(headers: &HeaderMap) -> Result<String, NotTaken> {
    let kind = headers.get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).ok_or(NotTaken::Malformed)?;
    multer::parse_boundary(kind).map_err(|_| NotTaken::Malformed)
}

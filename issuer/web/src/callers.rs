//! Requests that spaces sign, as they come (RFC 9421).

use http::uri::PathAndQuery;
use http::{HeaderMap, HeaderName, Uri};
use issuer::callers::{Callers, SignedCall};
use network::http_signature::Fields;

use crate::site::Site;

/// A request to `uri` with the fields of its signature. Path and query are taken as they came: `@target-uri` covers both
/// (RFC 9421 §2.2.2). Each field must come once: lines of one field would be one list
/// (RFC 9110 §5.3), and a second signature is none of ours.
pub(crate) fn signed_call<'a>(
    method: &'a str,
    uri: &'a Uri,
    headers: &'a HeaderMap,
    body: &'a [u8],
) -> SignedCall<'a> {
    let field = |name: &'static str| the_one(headers, &HeaderName::from_static(name));
    let fields = || {
        Some(Fields {
            content_digest: field("content-digest")?,
            signature_input: field("signature-input")?,
            signature: field("signature")?,
        })
    };
    let path = uri.path_and_query().map_or("/", PathAndQuery::as_str);
    SignedCall { method, path, body, fields: fields() }
}

fn the_one<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a str> {
    let mut lines = headers.get_all(name).iter();
    match (lines.next(), lines.next()) {
        (Some(line), None) => line.to_str().ok(),
        _ => None,
    }
}

impl Site {
    /// Who may call this office.
    pub(crate) fn callers(&self) -> Callers {
        let (tenant, directory) = (self.office.tenant().clone(), self.presentation.directory().clone());
        Callers::new(self.presentation.shared_identity(), tenant, directory)
    }
}

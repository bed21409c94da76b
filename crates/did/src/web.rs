//! did:web (W3C CCG), and the place on the web that did:web and did:webvh share.

use url::{Host, Url};

use crate::document::{Document, DocumentError};
use crate::identifier::{Did, DidError};
use crate::percent;

/// Why an identifier does not name a place on the web.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum LocationError {
    /// The DID is of another method.
    #[error("the DID is of another method")]
    Method,
    /// The self-certifying identifier of a did:webvh is not 46 base58 symbols.
    #[error("the DID's self-certifying identifier is malformed")]
    Scid,
    /// Not a fully qualified domain name, or an IP address.
    #[error("the DID's domain must be a domain name of two or more labels, not an IP address")]
    Domain,
    /// The port is not `%3A` and a number from 1 to 65535 at the end of the domain.
    #[error("the DID's port is malformed")]
    Port,
    /// A path segment is empty, `.` or `..`, or holds a slash, NUL or outer white space.
    #[error("a path segment of the DID is malformed")]
    Path,
}

/// Where the documents of a did:web or the log of a did:webvh lie: host, port and path.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Location {
    host: String,
    port: Option<u16>,
    segments: Vec<String>,
}

impl Location {
    /// The place of `host` (a name, not yet encoded), `port` and `path`.
    ///
    /// # Errors
    /// See [`LocationError`].
    pub fn new(host: &str, port: Option<u16>, path: &[&str]) -> Result<Self, LocationError> {
        if port == Some(0) {
            return Err(LocationError::Port);
        }
        let segments = path.iter().map(|segment| check_segment((*segment).to_owned()));
        Ok(Self { host: check_host(host)?, port, segments: segments.collect::<Result<_, _>>()? })
    }

    /// The place that a did:web names.
    ///
    /// # Errors
    /// See [`LocationError`].
    pub fn of_did_web(did: &Did) -> Result<Self, LocationError> {
        if did.method() != "web" {
            return Err(LocationError::Method);
        }
        Self::parse(did.method_specific_id())
    }

    /// Reads `domain[%3Aport]*(:segment)`, the tail of did:web and did:webvh identifiers (did:webvh 1.0,
    /// "Method-Specific Identifier").
    pub(crate) fn parse(text: &str) -> Result<Self, LocationError> {
        let mut components = text.split(':');
        let domain = components.next().unwrap_or_default();
        let (domain, port) = split_port(domain)?;
        if !domain.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'%')) {
            return Err(LocationError::Domain);
        }
        let host = check_host(&percent::decode(domain).ok_or(LocationError::Domain)?)?;
        let segment = |text: &str| check_segment(percent::decode(text).ok_or(LocationError::Path)?);
        let segments = components.map(segment).collect::<Result<_, _>>()?;
        Ok(Self { host, port, segments })
    }

    /// The host in its ASCII form.
    #[must_use]
    pub fn host(&self) -> &str {
        &self.host
    }

    /// The port, if one is named.
    #[must_use]
    pub const fn port(&self) -> Option<u16> {
        self.port
    }

    /// The path segments, decoded.
    #[must_use]
    pub fn segments(&self) -> &[String] {
        &self.segments
    }

    /// Whether this is a development name: `*.localhost`, which always means this machine (RFC 6761 §6.3).
    #[must_use]
    pub fn is_development(&self) -> bool {
        self.host.ends_with(".localhost")
    }

    /// `https`, except that development names speak `http`.
    #[must_use]
    pub fn scheme(&self) -> &'static str {
        if self.is_development() { "http" } else { "https" }
    }

    /// The URL below which the files lie, without `.well-known` and without a final slash.
    #[must_use]
    pub fn base(&self) -> String {
        let mut base = format!("{}://{}", self.scheme(), self.host);
        if let Some(port) = self.port {
            base.push(':');
            base.push_str(&port.to_string());
        }
        for segment in &self.segments {
            base.push('/');
            base.push_str(&percent::encode(segment));
        }
        base
    }

    /// The URL of `file`: under `.well-known` when there is no path.
    #[must_use]
    pub fn file(&self, file: &str) -> String {
        let folder = if self.segments.is_empty() { "/.well-known" } else { "" };
        format!("{}{folder}/{file}", self.base())
    }

    /// The path of `file` on its host, for who serves it.
    #[must_use]
    pub fn file_path(&self, file: &str) -> String {
        Url::parse(&self.file(file)).map_or_else(|_| String::new(), |url| url.path().to_owned())
    }

    /// The tail of the identifier that names this place.
    #[must_use]
    pub fn identifier(&self) -> String {
        let mut identifier = self.host.clone();
        if let Some(port) = self.port {
            identifier.push_str("%3A");
            identifier.push_str(&port.to_string());
        }
        for segment in &self.segments {
            identifier.push(':');
            identifier.push_str(&percent::encode_for_did(segment));
        }
        identifier
    }

    /// The did:web of this place.
    ///
    /// # Errors
    /// [`DidError::TooLong`].
    pub fn did_web(&self) -> Result<Did, DidError> {
        Did::parse(&format!("did:web:{}", self.identifier()))
    }
}

/// Splits `%3A` and the digits after it off the end of the domain.
fn split_port(domain: &str) -> Result<(&str, Option<u16>), LocationError> {
    let lowered = domain.to_ascii_lowercase();
    let Some(start) = lowered.find("%3a") else { return Ok((domain, None)) };
    let (host, rest) = domain.split_at_checked(start).ok_or(LocationError::Port)?;
    let digits = rest.get(3..).unwrap_or_default();
    let port = digits.parse::<u16>().ok().filter(|port| *port > 0);
    if !(1..=5).contains(&digits.len()) || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(LocationError::Port);
    }
    port.map(|port| (host, Some(port))).ok_or(LocationError::Port)
}

/// The ASCII form of a domain name of at least two labels. The URL parser's own reading decides what is an IP
/// address, so that no spelling of one passes here and is an address there.
fn check_host(decoded: &str) -> Result<String, LocationError> {
    if decoded.contains('%') {
        return Err(LocationError::Domain);
    }
    let Ok(Host::Domain(host)) = Host::parse(decoded) else { return Err(LocationError::Domain) };
    let label_ok = |label: &str| {
        (1..=63).contains(&label.len())
            && label.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    if host.len() > 253 || !host.contains('.') || !host.split('.').all(label_ok) {
        return Err(LocationError::Domain);
    }
    Ok(host)
}

fn check_segment(decoded: String) -> Result<String, LocationError> {
    let forbidden = decoded.is_empty()
        || matches!(decoded.as_str(), "." | "..")
        || decoded.contains(['/', '\\', '\0'])
        || decoded.trim() != decoded;
    if forbidden { Err(LocationError::Path) } else { Ok(decoded) }
}

/// The URL of the document of a did:web.
///
/// # Errors
/// See [`LocationError`].
pub fn document_url(did: &Did) -> Result<String, LocationError> {
    Ok(Location::of_did_web(did)?.file("did.json"))
}

/// Reads the document fetched for a did:web; its `id` must be that DID.
///
/// # Errors
/// See [`DocumentError`].
pub fn resolve(did: &Did, fetched: &[u8]) -> Result<Document, DocumentError> {
    Document::from_json(fetched)?.of(did)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(text: &str) -> Result<String, LocationError> {
        document_url(&Did::parse(text).unwrap())
    }

    #[test]
    fn identifiers_become_urls() {
        for (did, expected) in [
            ("did:web:example.org", "https://example.org/.well-known/did.json"),
            ("did:web:Example.ORG", "https://example.org/.well-known/did.json"),
            ("did:web:example.org:a:b", "https://example.org/a/b/did.json"),
            ("did:web:example.org%3A3000:a", "https://example.org:3000/a/did.json"),
            ("did:web:example.org%3a3000", "https://example.org:3000/.well-known/did.json"),
            ("did:web:example.org:a%20b", "https://example.org/a%20b/did.json"),
            ("did:web:example.org:a%252Fb", "https://example.org/a%252Fb/did.json"),
            (
                "did:web:jp%E7%B4%8D%E8%B1%86.%E4%BE%8B.jp:%E7%94%A8",
                "https://xn--jp-cd2fp15c.xn--fsq.jp/%E7%94%A8/did.json",
            ),
            ("did:web:harbour.localhost%3A8080", "http://harbour.localhost:8080/.well-known/did.json"),
        ] {
            assert_eq!(url(did).as_deref(), Ok(expected), "{did}");
        }
    }

    #[test]
    fn what_is_no_domain_name_is_refused() {
        let long = format!("{}.org", "a".repeat(64));
        for domain in [
            "localhost",
            "example",
            "127.0.0.1",
            "127%2E0%2E0%2E1",
            "127%2e0%2e0%2e1",
            "0x7f.1",
            "2130706433.0",
            "1.2.3",
            "%5B%3A%3A1%5D",
            "a..b",
            ".a.b",
            "a.b.",
            "-a.b",
            "a-.b",
            "a_b.c",
            "a%20b.c",
            "a%2Fb.c",
            "a%23b.c",
            "%2525.c",
            "ex%61mple%252Eorg",
            &long,
            "a%40b.c",
            "a%00.b",
        ] {
            let refusal = url(&format!("did:web:{domain}"));
            assert!(
                matches!(refusal, Err(LocationError::Domain | LocationError::Port)),
                "{domain}: {refusal:?}"
            );
        }
        assert_eq!(url("did:webvh:example.org"), Err(LocationError::Method));
    }

    #[test]
    fn a_domain_name_of_the_greatest_length_is_read_and_a_longer_one_is_not() {
        let of = |length: usize| {
            let label = "a".repeat(63);
            url(&format!("did:web:{label}.{label}.{label}.{}", "b".repeat(length - 3 * 64))).map(drop)
        };
        assert_eq!(of(253), Ok(()));
        for more in [254, 255] {
            assert_eq!(of(more), Err(LocationError::Domain));
        }
    }

    #[test]
    fn malformed_ports_are_refused() {
        for port in [
            "%3A",
            "%3A0",
            "%3A65536",
            "%3A123456",
            "%3Aa",
            "%3A80%3A80",
            "%3A80a",
            "%3A-80",
            "%3A80.",
            "%3A000080",
        ] {
            assert_eq!(url(&format!("did:web:example.org{port}")), Err(LocationError::Port), "{port}");
        }
    }

    #[test]
    fn path_segments_cannot_leave_their_folder() {
        for segment in ["..", ".", "%2E%2E", "%2e%2E", "a%2Fb", "a%5Cb", "a%00b", "%20a", "a%09", "", "%FF"] {
            assert_eq!(
                url(&format!("did:web:example.org:{segment}:x")),
                Err(LocationError::Path),
                "{segment}"
            );
        }
    }

    #[test]
    fn places_name_themselves() {
        let place = Location::new("harbour.localhost", Some(8080), &["members", "a~b ü"]).unwrap();
        let did = place.did_web().unwrap();
        assert_eq!(did.as_str(), "did:web:harbour.localhost%3A8080:members:a%7Eb%20%C3%BC");
        assert_eq!(Location::of_did_web(&did), Ok(place.clone()));
        assert_eq!((place.host(), place.port()), ("harbour.localhost", Some(8080)));
        assert_eq!(place.segments(), ["members", "a~b ü"]);
        let bare = Location::new("example.org", None, &[]).unwrap();
        assert_eq!((bare.host(), bare.port(), bare.segments()), ("example.org", None, &[][..]));
        assert_eq!(place.file_path("did.jsonl"), "/members/a~b%20%C3%BC/did.jsonl");
        assert_eq!(Location::new("example.org", Some(0), &[]), Err(LocationError::Port));
        assert_eq!(Location::new("example.org", None, &[".."]), Err(LocationError::Path));
        assert_eq!(Location::new("10.0.0.1", None, &[]), Err(LocationError::Domain));
    }

    #[test]
    fn the_document_must_be_of_the_did() {
        let did = Did::parse("did:web:example.org").unwrap();
        assert!(resolve(&did, br#"{"id":"did:web:example.org"}"#).is_ok());
        assert_eq!(resolve(&did, br#"{"id":"did:web:Example.org"}"#), Err(DocumentError::OtherId));
        assert_eq!(resolve(&did, b"<html>"), Err(DocumentError::NotAnObject));
    }
}

//! DIDs and DID URLs (DID Core 1.0 §3.1, §3.2).

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Longest DID or DID URL that is read; did:jwk identifiers carry whole keys.
pub(crate) const LONGEST: usize = 4_096;

/// Why a text is not a DID or DID URL.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DidError {
    /// It does not begin with `did:`.
    #[error("a DID begins with `did:`")]
    Scheme,
    /// The method name is empty or has characters other than a-z and 0-9.
    #[error("the method name of the DID is malformed")]
    Method,
    /// The method-specific identifier is empty, ends with `:` or has a character that may not stand there.
    #[error("the method-specific part of the DID is malformed")]
    Identifier,
    /// The path, query or fragment has a character that may not stand there.
    #[error("the path, query or fragment of the DID URL is malformed")]
    Url,
    /// Longer than 4096 bytes.
    #[error("the DID is too long")]
    TooLong,
}

/// A DID: a bare identifier without path, query or fragment.
///
/// Two DIDs are equal when their texts are; there is no normalisation (DID Core 1.0 §3.1).
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Did {
    text: String,
}

impl Did {
    /// Reads a DID.
    ///
    /// # Errors
    /// See [`DidError`].
    pub fn parse(text: &str) -> Result<Self, DidError> {
        if text.len() > LONGEST {
            return Err(DidError::TooLong);
        }
        let rest = text.strip_prefix("did:").ok_or(DidError::Scheme)?;
        let (method, identifier) = rest.split_once(':').ok_or(DidError::Method)?;
        if method.is_empty() || !method.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
        {
            return Err(DidError::Method);
        }
        if identifier.is_empty() || identifier.ends_with(':') || !has_only(identifier, is_identifier_byte) {
            return Err(DidError::Identifier);
        }
        Ok(Self { text: text.to_owned() })
    }

    /// The whole DID.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The method name: `webvh` of `did:webvh:…`.
    #[must_use]
    pub fn method(&self) -> &str {
        self.text.split(':').nth(1).unwrap_or_default()
    }

    /// What follows the method name.
    #[must_use]
    pub fn method_specific_id(&self) -> &str {
        self.text.splitn(3, ':').nth(2).unwrap_or_default()
    }

    /// The DID URL of this DID with `fragment`.
    ///
    /// # Errors
    /// [`DidError::Url`] when the fragment has a character that may not stand there.
    pub fn with_fragment(&self, fragment: &str) -> Result<DidUrl, DidError> {
        DidUrl::parse(&format!("{self}#{fragment}"))
    }
}

/// A DID URL: a DID, and possibly a path, a query and a fragment.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DidUrl {
    did: Did,
    path: String,
    query: Option<String>,
    fragment: Option<String>,
}

impl DidUrl {
    /// Reads a DID URL.
    ///
    /// # Errors
    /// See [`DidError`].
    pub fn parse(text: &str) -> Result<Self, DidError> {
        if text.len() > LONGEST {
            return Err(DidError::TooLong);
        }
        let (rest, fragment) = split_off(text, '#');
        let (rest, query) = split_off(rest, '?');
        let (did, path) = match rest.find('/').and_then(|start| rest.split_at_checked(start)) {
            Some((did, path)) => (did, path),
            None => (rest, ""),
        };
        let did = Did::parse(did)?;
        let path_ok = has_only(path, |byte| is_pchar(byte) || byte == b'/');
        let tail_ok = |part: Option<&str>| {
            part.is_none_or(|part| has_only(part, |byte| is_pchar(byte) || matches!(byte, b'/' | b'?')))
        };
        if !path_ok || !tail_ok(query) || !tail_ok(fragment) {
            return Err(DidError::Url);
        }
        Ok(Self {
            did,
            path: path.to_owned(),
            query: query.map(str::to_owned),
            fragment: fragment.map(str::to_owned),
        })
    }

    /// Reads a DID URL that may be relative to `base` (`#sign`), as ids in a DID document may be
    /// (DID Core 1.0 §3.2.2).
    ///
    /// # Errors
    /// See [`DidError`].
    pub fn parse_relative(base: &Did, text: &str) -> Result<Self, DidError> {
        if text.starts_with('#') { Self::parse(&format!("{base}{text}")) } else { Self::parse(text) }
    }

    /// Whether [`Self::parse_relative`] would read it, without joining the two: a document may hold very many.
    ///
    /// # Errors
    /// The same.
    pub(crate) fn check_relative(base: &Did, text: &str) -> Result<(), DidError> {
        let Some(fragment) = text.strip_prefix('#') else { return Self::parse(text).map(drop) };
        if base.text.len().saturating_add(text.len()) > LONGEST {
            return Err(DidError::TooLong);
        }
        let fits = has_only(fragment, |byte| is_pchar(byte) || matches!(byte, b'/' | b'?'));
        if fits { Ok(()) } else { Err(DidError::Url) }
    }

    /// The DID.
    #[must_use]
    pub const fn did(&self) -> &Did {
        &self.did
    }

    /// The path with its leading `/`, or nothing.
    #[must_use]
    pub fn path(&self) -> &str {
        &self.path
    }

    /// The query without `?`.
    #[must_use]
    pub fn query(&self) -> Option<&str> {
        self.query.as_deref()
    }

    /// The fragment without `#`.
    #[must_use]
    pub fn fragment(&self) -> Option<&str> {
        self.fragment.as_deref()
    }

    /// Whether this is a DID, and nothing else or a fragment only: what may name a verification method.
    #[must_use]
    pub fn is_plain(&self) -> bool {
        self.path.is_empty() && self.query.is_none()
    }
}

fn split_off(text: &str, mark: char) -> (&str, Option<&str>) {
    text.split_once(mark).map_or((text, None), |(before, after)| (before, Some(after)))
}

/// Whether every byte is allowed and every `%` begins a triplet.
fn has_only(text: &str, allowed: impl Fn(u8) -> bool) -> bool {
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        let fine = if byte == b'%' {
            let triplet = (bytes.next(), bytes.next());
            matches!(triplet, (Some(high), Some(low)) if high.is_ascii_hexdigit() && low.is_ascii_hexdigit())
        } else {
            allowed(byte)
        };
        if !fine {
            return false;
        }
    }
    true
}

const fn is_identifier_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_' | b':')
}

/// RFC 3986 §3.3 `pchar`, percent triplets aside.
const fn is_pchar(byte: u8) -> bool {
    byte.is_ascii_alphanumeric()
        || matches!(
            byte,
            b'-' | b'.'
                | b'_'
                | b'~'
                | b'!'
                | b'$'
                | b'&'
                | b'\''
                | b'('
                | b')'
                | b'*'
                | b'+'
                | b','
                | b';'
                | b'='
                | b':'
                | b'@'
        )
}

impl fmt::Display for Did {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.text)
    }
}

impl fmt::Debug for Did {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        // A member's DID is a handle of a person: logs get the method only.
        write!(formatter, "Did({})", self.method())
    }
}

impl fmt::Display for DidUrl {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}{}", self.did, self.path)?;
        if let Some(query) = &self.query {
            write!(formatter, "?{query}")?;
        }
        if let Some(fragment) = &self.fragment {
            write!(formatter, "#{fragment}")?;
        }
        Ok(())
    }
}

impl fmt::Debug for DidUrl {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "DidUrl({})", self.did.method())
    }
}

impl FromStr for Did {
    type Err = DidError;

    fn from_str(text: &str) -> Result<Self, DidError> {
        Self::parse(text)
    }
}

impl FromStr for DidUrl {
    type Err = DidError;

    fn from_str(text: &str) -> Result<Self, DidError> {
        Self::parse(text)
    }
}

impl From<Did> for DidUrl {
    fn from(did: Did) -> Self {
        Self { did, path: String::new(), query: None, fragment: None }
    }
}

impl Serialize for Did {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.text)
    }
}

impl<'de> Deserialize<'de> for Did {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::parse(&String::deserialize(deserializer)?).map_err(serde::de::Error::custom)
    }
}

impl Serialize for DidUrl {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for DidUrl {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::parse(&String::deserialize(deserializer)?).map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_did_keeps_its_parts() {
        let did = Did::parse("did:web:example.org%3A8080:a:b").unwrap();
        assert_eq!((did.method(), did.method_specific_id()), ("web", "example.org%3A8080:a:b"));
        assert_eq!(did.to_string(), "did:web:example.org%3A8080:a:b");
    }

    #[test]
    fn malformed_dids_are_refused() {
        for (text, error) in [
            ("", DidError::Scheme),
            ("DID:web:a.b", DidError::Scheme),
            (" did:web:a.b", DidError::Scheme),
            ("did:web", DidError::Method),
            ("did:Web:a.b", DidError::Method),
            ("did::a.b", DidError::Method),
            ("did:web:", DidError::Identifier),
            ("did:web:a.b:", DidError::Identifier),
            ("did:web:a b", DidError::Identifier),
            ("did:web:a%2", DidError::Identifier),
            ("did:web:a%2g", DidError::Identifier),
            ("did:web:ä.b", DidError::Identifier),
            ("did:web:a.b/c", DidError::Identifier),
            ("did:web:a.b?c", DidError::Identifier),
            ("did:web:a.b#c", DidError::Identifier),
        ] {
            assert_eq!(Did::parse(text), Err(error), "{text:?}");
        }
        let long = |length: usize| format!("did:a:{}", "b".repeat(length - "did:a:".len()));
        assert!(Did::parse(&long(LONGEST)).is_ok());
        assert!(DidUrl::parse(&format!("{}#k", long(LONGEST - 2))).is_ok());
        for more in 1..3 {
            assert_eq!(Did::parse(&long(LONGEST + more)), Err(DidError::TooLong));
            let url = format!("{}#k", long(LONGEST - 2 + more));
            assert_eq!(DidUrl::parse(&url), Err(DidError::TooLong));
        }
        assert!(Did::parse("did:web::a").is_ok(), "empty inner segments are the method's business");
    }

    #[test]
    fn a_did_url_keeps_its_parts_and_prints_as_it_was_read() {
        let text = "did:web:a.b/p/q?x=1&y=/?#f/?";
        let url = DidUrl::parse(text).unwrap();
        assert_eq!(url.did().as_str(), "did:web:a.b");
        assert_eq!((url.path(), url.query(), url.fragment()), ("/p/q", Some("x=1&y=/?"), Some("f/?")));
        assert_eq!(url.to_string(), text);
        assert!(!url.is_plain());
        assert!(DidUrl::parse("did:web:a.b#k").unwrap().is_plain());
    }

    #[test]
    fn malformed_did_urls_are_refused() {
        for text in
            ["did:web:a.b#a#b", "did:web:a.b/ ", "did:web:a.b?%", "did:web:a.b/[", "did:web:a.b#\u{7f}"]
        {
            assert_eq!(DidUrl::parse(text), Err(DidError::Url), "{text:?}");
        }
        assert_eq!(DidUrl::parse("#key"), Err(DidError::Scheme));
    }

    #[test]
    fn only_a_fragment_is_read_relative_to_a_document() {
        let base = Did::parse("did:web:a.b").unwrap();
        assert_eq!(DidUrl::parse_relative(&base, "#k").unwrap().to_string(), "did:web:a.b#k");
        assert_eq!(DidUrl::parse_relative(&base, "did:web:c.d#k").unwrap().to_string(), "did:web:c.d#k");
        assert_eq!(DidUrl::parse_relative(&base, "k"), Err(DidError::Scheme));
        let long = Did::parse(&format!("did:a:{}", "b".repeat(LONGEST - "did:a:".len() - 2))).unwrap();
        for (base, text) in [
            (&base, "#k"),
            (&base, "#"),
            (&base, "#a/?"),
            (&base, "#a#b"),
            (&base, "#a b"),
            (&base, "#%2"),
            (&base, "#%2f"),
            (&base, "did:web:c.d#k"),
            (&base, "did:web:c.d#k k"),
            (&base, "k"),
            (&base, ""),
            (&long, "#k"),
            (&long, "#kk"),
            (&long, "#k "),
        ] {
            let read = DidUrl::parse_relative(base, text).map(drop);
            assert_eq!(DidUrl::check_relative(base, text), read, "{text:?}");
        }
    }

    #[test]
    fn debug_output_does_not_hold_the_identifier() {
        let did = Did::parse("did:web:a.b:someone").unwrap();
        assert_eq!(format!("{did:?} {:?}", DidUrl::from(did.clone())), "Did(web) DidUrl(web)");
    }
}

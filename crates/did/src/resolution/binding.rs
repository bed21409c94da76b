//! The HTTP(S) binding of DID Resolution (CR, "HTTP(S) Binding"): what an address asks, and what an answer says.
//!
//! Resolving and dereferencing are spoken, by GET: [`Question`] is about a DID, [`reference`] reads every DID URL.

use serde_json::{Map, Value};

use super::{ErrorCode, Resolution, Version, read_result};
use crate::dereference::Reference;
use crate::identifier::{Did, DidError, DidUrl};
use crate::percent;
use crate::resolve::ResolveError;

/// Where a resolver is asked; the DID follows.
pub const PATH: &str = "/1.0/identifiers/";

/// A whole result.
pub const RESULT: &str = "application/did-resolution";

/// Options that ask for what we do anyway when they are `false`.
const OFF_ALREADY: [&str; 2] = ["expandRelativeUrls", "noCache"];

/// A DID and the version of it that is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Question {
    /// The DID.
    pub did: Did,
    /// The version.
    pub version: Version,
}

impl Question {
    /// Reads what stands after [`PATH`] as it was sent, and the query. The version may be an option in the query
    /// (`…/did%3Aweb%3Aa.b?versionNumber=1`) or a parameter of an encoded DID URL (`…/did%3Aweb%3Aa.b%3FversionNumber%3D1`).
    ///
    /// # Errors
    /// [`ResolveError::Did`] for what is no DID or DID URL, [`ResolveError::Options`] for options that are malformed or
    /// stand twice, [`ResolveError::Feature`] for those that are not supported, and for DID URLs that name a part of a
    /// document or another resource.
    pub fn read(identifier: &str, query: Option<&str>) -> Result<Self, ResolveError> {
        let url = DidUrl::parse(&written(identifier)?)?;
        if !url.path().is_empty() || url.fragment().is_some() {
            return Err(ResolveError::Feature);
        }
        let version = match (Version::of_query(url.query())?, of_options(query)?) {
            (Version::Latest, version) | (version, Version::Latest) => version,
            _ => return Err(ResolveError::Options),
        };
        Ok(Self { did: url.did().clone(), version })
    }

    /// The address below the resolver's endpoint: the DID encoded, the version as an option.
    #[must_use]
    pub fn address(&self) -> String {
        let did = percent::encode(self.did.as_str());
        match &self.version {
            Version::Latest => did,
            Version::Id(id) => format!("{did}?versionId={}", percent::encode(id)),
            Version::Number(number) => format!("{did}?versionNumber={number}"),
            Version::Time(time) => format!("{did}?versionTime={}", percent::encode(&time.to_string())),
        }
    }
}

/// Reads a DID URL that is to be dereferenced, as [`Question::read`] reads a DID: `…/did%3Aweb%3Aa.b%2Fwhois`. The option
/// `verificationRelationship` says what a key is expected to be for.
///
/// # Errors
/// As [`Question::read`] and [`Reference::read`].
pub fn reference(identifier: &str, query: Option<&str>) -> Result<Reference, ResolveError> {
    let url = DidUrl::parse(&written(identifier)?)?;
    let (relationship, others) = relationship(query)?;
    let reference = Reference::read(&url)?.of_version(of_options(others.as_deref())?)?;
    Ok(match relationship {
        None => reference,
        Some(relationship) => reference.of_relationship(relationship),
    })
}

/// The option `verificationRelationship`, an ASCII string, and the query without it.
fn relationship(query: Option<&str>) -> Result<(Option<String>, Option<String>), ResolveError> {
    let (mut relationship, mut others) = (None, Vec::new());
    for option in query.filter(|query| !query.is_empty()).into_iter().flat_map(|query| query.split('&')) {
        if option.is_empty() {
            return Err(ResolveError::Options);
        }
        let Some(value) = option.strip_prefix("verificationRelationship=") else {
            others.push(option);
            continue;
        };
        let value = percent::decode(value).filter(|value| !value.is_empty() && value.is_ascii());
        if relationship.replace(value.ok_or(ResolveError::Options)?).is_some() {
            return Err(ResolveError::Options);
        }
    }
    Ok((relationship, (!others.is_empty()).then(|| others.join("&"))))
}

/// The DID URL that was sent. A DID without options may be appended as it is, and then a triplet in it (`%3A` before a
/// port) is its own; in an encoded one the colons after `did` are triplets, or its percent signs are (`%25`).
fn written(identifier: &str) -> Result<String, ResolveError> {
    let as_it_is = !identifier.contains("%25") && Did::parse(identifier).is_ok();
    if as_it_is {
        return Ok(identifier.to_owned());
    }
    percent::decode(identifier).ok_or(ResolveError::Did(DidError::Identifier))
}

fn of_options(query: Option<&str>) -> Result<Version, ResolveError> {
    let mut kept = Vec::new();
    for option in query.filter(|query| !query.is_empty()).into_iter().flat_map(|query| query.split('&')) {
        match option.split_once('=') {
            Some((name, "false")) if OFF_ALREADY.contains(&name) => {}
            _ => kept.push(option),
        }
    }
    if kept.is_empty() { Ok(Version::Latest) } else { Version::of_query(Some(&kept.join("&"))) }
}

/// Reads another resolver's answer about `did`: a result in any of the three error dialects, or a status alone.
///
/// # Errors
/// As [`super::read`]; without a result, the error of the status.
pub fn read_answer(did: &Did, status: u16, body: &[u8]) -> Result<Resolution, ResolveError> {
    let Some(result) = jose::json::parse_object(body).ok().filter(is_result) else {
        return Err(of_status(status));
    };
    match read_result(did, &result) {
        // A document must not come under a status that says there is none.
        Ok(_) if status != 200 => Err(of_status(status)),
        outcome => outcome,
    }
}

fn is_result(object: &Map<String, Value>) -> bool {
    ["didResolutionMetadata", "didDocument", "didDocumentMetadata"]
        .iter()
        .any(|name| object.contains_key(*name))
}

fn of_status(status: u16) -> ResolveError {
    let code = match status {
        400 => ErrorCode::InvalidDid,
        404 => ErrorCode::NotFound,
        406 => ErrorCode::RepresentationNotSupported,
        410 => return ResolveError::Deactivated(Box::default()),
        501 => ErrorCode::MethodNotSupported,
        _ => ErrorCode::InternalError,
    };
    ResolveError::Elsewhere(code)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::webvh::VersionTime;

    fn read(identifier: &str, query: Option<&str>) -> Result<(String, Version), ResolveError> {
        Question::read(identifier, query).map(|question| (question.did.to_string(), question.version))
    }

    #[test]
    fn a_did_is_read_encoded_or_as_it_is_and_a_port_in_it_stays_encoded() {
        for (sent, did) in [
            ("did:web:a.example", "did:web:a.example"),
            ("did%3Aweb%3Aa.example", "did:web:a.example"),
            ("did%3aweb%3aa.example", "did:web:a.example"),
            ("did:web:a.example%3A8443:m", "did:web:a.example%3A8443:m"),
            ("did%3Aweb%3Aa.example%253A8443%3Am", "did:web:a.example%3A8443:m"),
            ("did:web:a.example%253A8443", "did:web:a.example%3A8443"),
        ] {
            assert_eq!(read(sent, None), Ok((did.to_owned(), Version::Latest)), "{sent}");
        }
    }

    #[test]
    fn a_version_is_an_option_or_a_parameter_of_the_did_url_and_not_both() {
        let first = Ok(("did:web:a.example".to_owned(), Version::Number(1)));
        assert_eq!(read("did%3Aweb%3Aa.example", Some("versionNumber=1")), first);
        assert_eq!(read("did%3Aweb%3Aa.example%3FversionNumber%3D1", None), first);
        assert_eq!(read("did:web:a.example%3FversionNumber=1", Some("")), first);
        assert_eq!(
            read("did%3Aweb%3Aa.example%3FversionNumber%3D1", Some("versionNumber=1")),
            Err(ResolveError::Options)
        );
        for (query, refused) in [
            ("versionNumber=1&versionId=1-Qm", ResolveError::Options),
            ("versionNumber", ResolveError::Options),
            ("versionTime=yesterday", ResolveError::Options),
            ("&", ResolveError::Options),
            ("expandRelativeUrls=true", ResolveError::Feature),
            ("noCache=true", ResolveError::Feature),
            ("option=false", ResolveError::Feature),
            ("versionNumber=false", ResolveError::Options),
            ("service=files", ResolveError::Feature),
            ("VersionNumber=1", ResolveError::Feature),
        ] {
            assert_eq!(read("did:web:a.example", Some(query)), Err(refused), "{query}");
        }
        assert!(
            read("did:web:a.example", Some("expandRelativeUrls=false&versionNumber=1&noCache=false")).is_ok()
        );
    }

    #[test]
    fn a_did_url_is_read_encoded_with_its_version_inside_or_beside_it() {
        let whois = |sent, query| reference(sent, query).map(|asked| (asked.is_whois(), asked.version));
        assert_eq!(whois("did%3Aweb%3Aa.example%2Fwhois", None), Ok((true, Version::Latest)));
        assert_eq!(whois("did:web:a.example/whois", None), Ok((true, Version::Latest)));
        assert_eq!(
            whois("did%3Aweb%3Aa.example%2Fwhois", Some("versionNumber=2")),
            Ok((true, Version::Number(2)))
        );
        let inside = whois("did%3Aweb%3Aa.example%2Fwhois%3FversionNumber%3D2", None);
        assert_eq!(inside, Ok((true, Version::Number(2))));
        let twice = whois("did%3Aweb%3Aa.example%2Fwhois%3FversionNumber%3D2", Some("versionNumber=2"));
        assert_eq!(twice, Err(ResolveError::Options));
        for (sent, refused) in [
            ("did%3Aweb%3Aa.example%2Fwhois%3Fx%3D1", ResolveError::Feature),
            ("did%3Aweb%3Aa.example%2F%5B", ResolveError::Did(DidError::Url)),
            ("web%3Aa.example%2Fwhois", ResolveError::Did(DidError::Scheme)),
        ] {
            assert_eq!(whois(sent, None), Err(refused), "{sent}");
        }
        assert_eq!(whois("did:web:a.example/whois", Some("service=files")), Err(ResolveError::Feature));
        assert!(reference("did%3Aweb%3Aa.example", None).unwrap().is_document());
    }

    #[test]
    fn what_a_key_is_expected_to_be_for_is_an_option_of_a_did_url_once_and_in_ascii() {
        let read = |query| reference("did%3Aweb%3Aa.example%23key", Some(query));
        let plain = reference("did%3Aweb%3Aa.example%23key", None).unwrap();
        let expected = plain.clone().of_relationship("assertionMethod".to_owned());
        for query in [
            "verificationRelationship=assertionMethod",
            "verificationRelationship=%61ssertionMethod",
            "noCache=false&verificationRelationship=assertionMethod&expandRelativeUrls=false",
        ] {
            assert_eq!(read(query), Ok(expected.clone()), "{query}");
        }
        let dated = read("verificationRelationship=assertionMethod&versionNumber=2");
        assert_eq!(dated, expected.of_version(Version::Number(2)));
        assert_eq!(read(""), Ok(plain));
        for query in [
            "verificationRelationship=",
            "verificationRelationship",
            "verificationRelationship=%C3%A9",
            "verificationRelationship=%",
            "verificationRelationship=a&verificationRelationship=a",
            "verificationRelationship=a&",
        ] {
            assert_eq!(read(query), Err(ResolveError::Options), "{query}");
        }
        assert_eq!(read("VerificationRelationship=a"), Err(ResolveError::Feature));
        // Of a DID there is no key to expect, and in a DID URL it is no parameter.
        let of_did = Question::read("did:web:a.example", Some("verificationRelationship=authentication"));
        assert_eq!(of_did, Err(ResolveError::Feature));
        let inside = reference("did%3Aweb%3Aa.example%3FverificationRelationship%3Da%23key", None);
        assert_eq!(inside, Err(ResolveError::Feature));
    }

    #[test]
    fn what_is_no_did_or_more_than_one_is_refused() {
        for (sent, refused) in [
            ("", ResolveError::Did(DidError::Scheme)),
            ("nonsense", ResolveError::Did(DidError::Scheme)),
            ("did%253Aweb%253Aa.example", ResolveError::Did(DidError::Scheme)),
            ("did%3Aweb%3Aa.example%2", ResolveError::Did(DidError::Identifier)),
            ("did%3Aweb%3Aa.example%FF", ResolveError::Did(DidError::Identifier)),
            ("did%3Aweb%3Aa%00", ResolveError::Did(DidError::Identifier)),
            ("did%3AWEB%3Aa.example", ResolveError::Did(DidError::Method)),
            ("did%3Aweb%3Aa.example%3Fa%3D%5B", ResolveError::Did(DidError::Url)),
            ("did%3Aweb%3Aa.example%2Fpath", ResolveError::Feature),
            ("did%3Aweb%3Aa.example%23key", ResolveError::Feature),
            ("did:web:a.example/path", ResolveError::Feature),
        ] {
            assert_eq!(read(sent, None), Err(refused), "{sent}");
        }
        let long = format!("did%3Aweb%3A{}", "a".repeat(4_096));
        assert_eq!(read(&long, None), Err(ResolveError::Did(DidError::TooLong)));
    }

    #[test]
    fn an_address_is_read_as_it_was_meant() {
        let time = VersionTime::parse("2026-01-01T00:00:00Z").unwrap();
        for version in
            [Version::Latest, Version::Id("1-Qm&a=b".to_owned()), Version::Number(7), Version::Time(time)]
        {
            let question = Question { did: Did::parse("did:web:a.example%3A8443:m").unwrap(), version };
            let address = question.address();
            let (identifier, query) =
                address.split_once('?').map_or((address.as_str(), None), |(did, query)| (did, Some(query)));
            assert_eq!(Question::read(identifier, query), Ok(question), "{address}");
        }
    }

    #[test]
    fn an_answer_without_a_result_is_its_status() {
        let did = Did::parse("did:web:a.example").unwrap();
        for (status, code) in [
            (200, ErrorCode::InternalError),
            (400, ErrorCode::InvalidDid),
            (404, ErrorCode::NotFound),
            (406, ErrorCode::RepresentationNotSupported),
            (429, ErrorCode::InternalError),
            (501, ErrorCode::MethodNotSupported),
            (503, ErrorCode::InternalError),
        ] {
            for body in [&b"<html>"[..], b"", b"[]", b"{}", br#"{"error":"x","error":"y"}"#] {
                assert_eq!(read_answer(&did, status, body), Err(ResolveError::Elsewhere(code)), "{status}");
            }
        }
        assert!(matches!(read_answer(&did, 410, b""), Err(ResolveError::Deactivated(_))));
    }

    #[test]
    fn a_document_under_a_status_of_refusal_is_none() {
        let did = Did::parse("did:web:a.example").unwrap();
        let result = json!({"didDocument": {"id": did}, "didResolutionMetadata": {}}).to_string();
        assert!(read_answer(&did, 200, result.as_bytes()).is_ok());
        assert!(matches!(read_answer(&did, 410, result.as_bytes()), Err(ResolveError::Deactivated(_))));
        let refused = Err(ResolveError::Elsewhere(ErrorCode::NotFound));
        assert_eq!(read_answer(&did, 404, result.as_bytes()), refused);
        let error = json!({"didResolutionMetadata": {"error": "notFound"}}).to_string();
        assert_eq!(read_answer(&did, 500, error.as_bytes()), refused, "the result says more than the status");
    }
}

//! Whether what was shown still counts: where its status may be listed, and what the list says.
//!
//! A status list is fetched from its issuer, so a list of one's own, or one at another host, tells somebody where and when a
//! member shows a credential. Types of this network therefore name a list that everybody shares (specs/flows.md §1): at
//! the issuer's own address, of a week in which a living copy may have been signed. Foreign types keep the rules of Token
//! Status List alone, by which a status is optional and a list may lie anywhere.

use credentials::types;
use credentials::vc::StatusReference;
use did::web::Location;
use did::{Did, webvh};
use environment::Timestamp;
use jose::Jwk;
use network::weekly_list::{WeeklyList, week_of};
use openid4vc::vp::verification::{SKEW, VerifiedPresentation};
use url::Url;

use crate::answer::SignedBy;
use crate::answering::{AnswerRefused, Signers};
use crate::service::Presentation;
use crate::status_lists::{IssuedAs, StatusListsError};

/// Weeks before the present one from which a copy may come that lives for two weeks: it begins with a day and may have
/// been signed at that day's end.
const EARLIER_WEEKS: i64 = 3;

/// Where the status of what was shown is listed, without what was shown: that is large, and whoever is called for the list may
/// let it wait.
pub(crate) struct Listed {
    /// The query that was answered.
    query: String,
    reference: StatusReference,
    /// The key that signed the credential.
    key: Jwk,
    issued_as: IssuedAs,
}

impl Presentation {
    /// The places in status lists that are to be looked up. Whether each is where it may be is found before the first list is
    /// fetched.
    pub(crate) fn listed(
        &self,
        presentations: &[VerifiedPresentation],
        signers: &Signers,
    ) -> Result<Vec<Listed>, AnswerRefused> {
        let now = self.inner.environment.now();
        let mut listed = Vec::new();
        for presentation in presentations {
            let Some(signer) = signers.signer(presentation) else { continue };
            let status = presentation.presented().facts().status();
            let query = presentation.query().as_str();
            let own = match &signer.signed_by {
                // What the member signs for one answer cannot be taken back in between.
                SignedBy::Holder => continue,
                SignedBy::Office(did) | SignedBy::Space(did) => Some(did),
                SignedBy::Foreign(_) => None,
            };
            let mut issued_as = IssuedAs::Foreign;
            if let Some(did) = own.filter(|_| types::is_ours(&signer.vct)) {
                check_place(status, did, now).map_err(|refused| refused.of(query))?;
                issued_as = IssuedAs::Member;
            }
            if let (Some(reference), Some(key)) = (status, &signer.key) {
                let (reference, key) = (reference.clone(), key.clone());
                listed.push(Listed { query: query.to_owned(), reference, key, issued_as });
            }
        }
        Ok(listed)
    }

    /// Only after everything else was found right (Token Status List §8.3).
    pub(crate) async fn check_statuses(&self, listed: &[Listed]) -> Result<(), AnswerRefused> {
        for Listed { query, reference, key, issued_as } in listed {
            let query = query.clone();
            match self.inner.statuses.status(reference, key, *issued_as).await {
                Ok(status) if status.is_valid() => {}
                Ok(status) => return Err(AnswerRefused::Revoked { query, status }),
                Err(StatusListsError::TooMany) => return Err(AnswerRefused::TooManyStatusLists { query }),
                Err(error) => return Err(AnswerRefused::StatusUnknown { query, error }),
            }
        }
        Ok(())
    }
}

/// Why the status of a credential of this network is not even looked up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Misplaced {
    Missing,
    Elsewhere,
}

impl Misplaced {
    fn of(self, query: &str) -> AnswerRefused {
        let query = query.to_owned();
        match self {
            Self::Missing => AnswerRefused::NoStatus { query },
            Self::Elsewhere => AnswerRefused::StatusElsewhere { query },
        }
    }
}

fn check_place(status: Option<&StatusReference>, issuer: &str, now: Timestamp) -> Result<(), Misplaced> {
    let status = status.ok_or(Misplaced::Missing)?;
    let lists = list_addresses(issuer);
    let list = lists.iter().find_map(|lists| status.uri.strip_prefix(lists.as_str()));
    if list.is_some_and(|list| is_current(list, now)) { Ok(()) } else { Err(Misplaced::Elsewhere) }
}

/// What the addresses of a party's lists begin with: https, and http too on this machine's own names.
fn list_addresses(issuer: &str) -> Vec<String> {
    let Some(place) = place_of(issuer) else { return Vec::new() };
    let schemes = if place.is_development() { &["http", "https"][..] } else { &["https"] };
    let port = place.port().map(|port| format!(":{port}")).unwrap_or_default();
    schemes
        .iter()
        .filter_map(|scheme| Url::parse(&format!("{scheme}://{}{port}", place.host())).ok())
        .map(|url| format!("{}/status/", url.origin().ascii_serialization()))
        .collect()
}

/// Where a party is, as its DID says.
fn place_of(issuer: &str) -> Option<Location> {
    let did = Did::parse(issuer).ok()?;
    match did.method() {
        "webvh" => Some(webvh::Identifier::of(&did).ok()?.location().clone()),
        _ => Location::of_did_web(&did).ok(),
    }
}

/// Whether `list` is a list of a week from which a living copy may come, in its one spelling: `2968`, then `2968-1`.
fn is_current(list: &str, now: Timestamp) -> bool {
    let weeks = week_of(now.minus(SKEW)).saturating_sub(EARLIER_WEEKS)..=week_of(now.plus(SKEW));
    WeeklyList::parse(list).is_some_and(|list| weeks.contains(&list.week()))
}

#[cfg(test)]
mod tests {
    use super::*;

    const WEEK: i64 = 7 * 86_400;

    const KILN: &str = "did:web:kiln.example.org";
    const WEBVH: &str = "did:webvh:QmHarbrQmHarbrQmHarbrQmHarbrQmHarbrQmHarbrQmHa:kiln.localhost%3A8080";

    /// Five seconds into week 100.
    const NOW: Timestamp = Timestamp::from_seconds(WEEK * 100 + 5);

    fn at(uri: &str, issuer: &str) -> Result<(), Misplaced> {
        check_place(Some(&StatusReference { uri: uri.to_owned(), index: 7 }), issuer, NOW)
    }

    #[test]
    fn a_list_lies_at_the_issuers_own_address() {
        for (issuer, list) in [
            (KILN, "https://kiln.example.org/status/100"),
            (KILN, "https://kiln.example.org/status/99-3"),
            ("did:web:kiln.example.org%3A8443:spaces:north", "https://kiln.example.org:8443/status/100"),
            ("did:web:kiln.example.org%3A443", "https://kiln.example.org/status/100"),
            (WEBVH, "http://kiln.localhost:8080/status/100"),
            (WEBVH, "https://kiln.localhost:8080/status/100"),
        ] {
            assert_eq!(at(list, issuer), Ok(()), "{list} of {issuer}");
        }
        assert_eq!(check_place(None, KILN, NOW), Err(Misplaced::Missing));
        for uri in [
            "",
            "100",
            "/status/100",
            "http://kiln.example.org/status/100",
            "https://kiln.example.org:8443/status/100",
            "https://kiln.example.org.evil.example/status/100",
            "https://kiln.example.org@evil.example/status/100",
            "https://tracker@kiln.example.org/status/100",
            "https://status.kiln.example.org/status/100",
            "https://tracker.example.net/status/100",
            "https://127.0.0.1/status/100",
            "https://kiln.example.org/status/100?member=4711",
            "https://kiln.example.org/status/100#4711",
            "https://kiln.example.org/status/100/",
            "https://kiln.example.org/status/4711/100",
            "https://kiln.example.org/status/../status/100",
            "https://kiln.example.org//status/100",
            "https://kiln.example.org/Status/100",
            "https://kiln.example.org/status/",
            "https://kiln.example.org/status/member-4711",
            "https://kiln.example.org/lists/100",
        ] {
            assert_eq!(at(uri, KILN), Err(Misplaced::Elsewhere), "{uri}");
        }
        for uri in [
            "http://kiln.localhost/status/100",
            "http://kiln.localhost:8081/status/100",
            "http://localhost:8080/status/100",
            "http://other.localhost:8080/status/100",
        ] {
            assert_eq!(at(uri, WEBVH), Err(Misplaced::Elsewhere), "{uri}");
        }
        // Who is at no place on the web has no list.
        for issuer in ["did:key:z6Mk", "did:webvh:x:kiln.example.org", "kiln.example.org", ""] {
            assert_eq!(at("https://kiln.example.org/status/100", issuer), Err(Misplaced::Elsewhere));
        }
    }

    #[test]
    fn a_list_is_one_of_the_weeks_from_which_living_copies_come() {
        for list in ["100", "99", "98", "97", "97-1", "100-3", "96"] {
            // A clock that is behind by less than the skew is still in week 99.
            assert!(is_current(list, NOW), "{list}");
        }
        let later = NOW.plus(3_600);
        assert!(!is_current("96", later) && is_current("97", later));
        assert!(!is_current("101", later) && is_current("101", NOW.plus(WEEK - 10)));
        for list in [
            "101",
            "95",
            "0",
            "-100",
            "+100",
            "0100",
            " 100",
            "100 ",
            "1e2",
            "",
            "-",
            "100-",
            "100-0",
            "100-01",
            "100-+1",
            "100-4",
            "100--1",
            "100-1-1",
            "4711",
            "9223372036854775807",
            "٠",
        ] {
            assert!(!is_current(list, NOW), "{list}");
        }
        for now in [i64::MIN, i64::MAX, 0] {
            assert!(!is_current("100", Timestamp::from_seconds(now)));
        }
    }
}

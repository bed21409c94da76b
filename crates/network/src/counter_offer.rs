//! Counter-offers: a member offers less than was asked, and the space asks anew or says no (specs/profile.md §7).
//!
//! The space names an address for them in `verifier_info` of its signed request (OpenID4VP 1.0 §5.1). What is sent there
//! are names of claims alone: no value, nothing that the space did not ask for, unless as something that the member
//! chose to offer in another's place.

use std::collections::BTreeSet;

use credentials::ClaimsPath;
use jose::json;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// The format of its entry in `verifier_info`.
pub const FORMAT: &str = "passport_counter_offer";
/// The media type of a counter-offer and of the answer.
pub const MEDIA_TYPE: &str = "application/json";
/// Longest counter-offer, in bytes.
pub const MOST_BYTES: usize = 16 * 1_024;
/// How many counter-offers one request takes.
pub const MOST_PER_REQUEST: u32 = 3;
/// Most paths in one counter-offer.
const MOST_PATHS: usize = 128;
/// Most parts of a path.
const MOST_PARTS: usize = 8;
/// Longest path as JSON, in bytes.
const LONGEST_PATH: usize = 512;
/// Longest reason that is shown, in characters.
const LONGEST_REASON: usize = 500;

/// Claims that say less than another and may be offered in its place.
const LESS_TELLING: &[(&str, &[&str])] =
    &[("birthdate", &["age_equal_or_over.16", "age_equal_or_over.18", "age_equal_or_over.21"])];

/// What says less than `claim` and may be offered in its place: paths of names joined by `.`, none for most claims.
#[must_use]
pub fn less_telling(claim: &str) -> &'static [&'static str] {
    LESS_TELLING.iter().find(|(of, _)| *of == claim).map_or(&[], |(_, instead)| instead)
}

/// The path of names that `claim` spells, joined by `.`; none if a name is empty.
#[must_use]
pub fn path_of(claim: &str) -> Option<ClaimsPath> {
    let names: Vec<&str> = claim.split('.').collect();
    let (first, further) = names.split_first()?;
    names.iter().all(|name| !name.is_empty()).then(|| ClaimsPath::names(first, further))
}

/// `data` of the entry in `verifier_info`.
#[must_use]
pub fn data(uri: &str) -> Value {
    Value::Object(Map::from_iter([("uri".to_owned(), Value::from(uri))]))
}

/// The address that `data` of an entry names.
#[must_use]
pub fn uri(data: &Value) -> Option<&str> {
    data.as_object()?.get("uri")?.as_str()
}

/// What a member offers of what was asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CounterOffer {
    /// base64url hash of the request object that it is about.
    pub request: String,
    /// The `state` of that request object, by which the space knows which one it was.
    pub state: String,
    /// Of the claims that were asked for those that the member would give.
    pub offered: Vec<ClaimsPath>,
    /// What the member would give in place of something else.
    pub instead: Vec<Instead>,
}

/// One claim in another's place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Instead {
    /// What was asked for.
    pub of: ClaimsPath,
    /// What the member would give for it.
    pub offer: ClaimsPath,
}

/// Why something is no counter-offer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CounterOfferError {
    /// More than [`MOST_BYTES`].
    #[error("a counter-offer has at most {MOST_BYTES} bytes")]
    TooLong,
    /// Not the members of a counter-offer, or others beside them.
    #[error("a counter-offer holds request, state, offered and instead, and nothing else")]
    Malformed,
    /// A path is none, or longer than any claim's.
    #[error("a claim is named by its path: names, positions and null, and no value")]
    Path,
    /// More paths than any form has.
    #[error("a counter-offer names at most {MOST_PATHS} claims")]
    TooMany,
    /// The same claim twice, or offered and replaced at once.
    #[error("a counter-offer names each claim once")]
    Twice,
    /// Nothing is offered: that is a refusal, and has a form of its own (OpenID4VP 1.0 §8.5).
    #[error("a counter-offer offers something")]
    Nothing,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Wire {
    request: String,
    state: String,
    offered: Vec<Value>,
    instead: Vec<WireInstead>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct WireInstead {
    of: Value,
    offer: Value,
}

impl CounterOffer {
    /// Reads a counter-offer.
    ///
    /// # Errors
    /// See [`CounterOfferError`].
    pub fn from_json(body: &[u8]) -> Result<Self, CounterOfferError> {
        if body.len() > MOST_BYTES {
            return Err(CounterOfferError::TooLong);
        }
        let wire: Wire = json::parse_as(body).map_err(|_| CounterOfferError::Malformed)?;
        if wire.offered.len().saturating_add(wire.instead.len().saturating_mul(2)) > MOST_PATHS {
            return Err(CounterOfferError::TooMany);
        }
        let offered = wire.offered.iter().map(path).collect::<Result<Vec<_>, _>>()?;
        let instead = wire
            .instead
            .iter()
            .map(|one| Ok(Instead { of: path(&one.of)?, offer: path(&one.offer)? }))
            .collect::<Result<Vec<_>, _>>()?;
        let offer = Self { request: wire.request, state: wire.state, offered, instead };
        offer.check()?;
        Ok(offer)
    }

    /// The message as it is sent.
    #[must_use]
    pub fn to_json(&self) -> String {
        let wire = Wire {
            request: self.request.clone(),
            state: self.state.clone(),
            offered: self.offered.iter().map(ClaimsPath::to_value).collect(),
            instead: self
                .instead
                .iter()
                .map(|one| WireInstead { of: one.of.to_value(), offer: one.offer.to_value() })
                .collect(),
        };
        serde_json::to_string(&wire).unwrap_or_default()
    }

    /// Whether it offers something, and each claim once.
    ///
    /// # Errors
    /// [`CounterOfferError::Nothing`], [`CounterOfferError::Twice`].
    pub fn check(&self) -> Result<(), CounterOfferError> {
        if self.offered.is_empty() && self.instead.is_empty() {
            return Err(CounterOfferError::Nothing);
        }
        let mut asked = self.offered.iter().chain(self.instead.iter().map(|one| &one.of));
        let mut given = self.offered.iter().chain(self.instead.iter().map(|one| &one.offer));
        let (mut named, mut would_give) = (BTreeSet::new(), BTreeSet::new());
        let once = asked.all(|path| named.insert(path.to_value().to_string()))
            && given.all(|path| would_give.insert(path.to_value().to_string()));
        if once { Ok(()) } else { Err(CounterOfferError::Twice) }
    }
}

fn path(value: &Value) -> Result<ClaimsPath, CounterOfferError> {
    let path = ClaimsPath::from_value(value).map_err(|_| CounterOfferError::Path)?;
    let fits = path.parts().len() <= MOST_PARTS && value.to_string().len() <= LONGEST_PATH;
    if fits { Ok(path) } else { Err(CounterOfferError::Path) }
}

/// What the space says to a counter-offer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "outcome", rename_all = "snake_case")]
pub enum Reply {
    /// It asks for less.
    NewRequest {
        /// The request, to be answered like any other.
        request: NewRequest,
    },
    /// It does not.
    Declined {
        /// A plain sentence for the member.
        reason: String,
    },
}

/// A request as `POST …/requests` hands it out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewRequest {
    /// What a button or a QR would carry.
    pub link: String,
    /// The client identifier.
    pub client_id: String,
    /// Where the request object is.
    pub request_uri: String,
    /// How it is asked there.
    pub request_uri_method: String,
}

impl Reply {
    /// Reads the space's answer; a long reason is cut.
    ///
    /// # Errors
    /// [`CounterOfferError::Malformed`].
    pub fn from_json(body: &[u8]) -> Result<Self, CounterOfferError> {
        let reply: Self = json::parse_as(body).map_err(|_| CounterOfferError::Malformed)?;
        Ok(match reply {
            Self::Declined { reason } => {
                Self::Declined { reason: reason.chars().take(LONGEST_REASON).collect() }
            }
            other => other,
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn message() -> Value {
        json!({
            "request": "hash",
            "state": "state",
            "offered": [["email"], ["address", "locality"], ["roles", null, 0]],
            "instead": [{"of": ["birthdate"], "offer": ["age_equal_or_over", "18"]}],
        })
    }

    fn refusal(change: impl FnOnce(&mut Value)) -> CounterOfferError {
        let mut message = message();
        change(&mut message);
        CounterOffer::from_json(message.to_string().as_bytes()).unwrap_err()
    }

    #[test]
    fn a_counter_offer_is_read_as_it_was_written() {
        let offer = CounterOffer::from_json(message().to_string().as_bytes()).unwrap();
        assert_eq!(offer.offered[1], path_of("address.locality").unwrap());
        assert_eq!(offer.instead[0].offer, path_of("age_equal_or_over.18").unwrap());
        assert_eq!(CounterOffer::from_json(offer.to_json().as_bytes()), Ok(offer));
    }

    #[test]
    fn names_are_taken_and_values_are_not() {
        assert_eq!(refusal(|one| one["offered"][0] = json!(["email", true])), CounterOfferError::Path);
        assert_eq!(refusal(|one| one["offered"][0] = json!({"email": "a@b.c"})), CounterOfferError::Path);
        assert_eq!(refusal(|one| one["offered"][0] = json!([])), CounterOfferError::Path);
        assert_eq!(refusal(|one| one["offered"][0] = json!(["email", -1])), CounterOfferError::Path);
        assert_eq!(refusal(|one| one["offered"][0] = json!(["a".repeat(510)])), CounterOfferError::Path);
        assert_eq!(refusal(|one| one["offered"][0] = json!(vec!["a"; 9])), CounterOfferError::Path);
        assert_eq!(refusal(|one| one["email"] = json!("a@b.c")), CounterOfferError::Malformed);
        assert_eq!(
            refusal(|one| one["instead"][0]["value"] = json!("1990-01-02")),
            CounterOfferError::Malformed
        );
    }

    #[test]
    fn each_claim_is_named_once_and_something_is_offered() {
        assert_eq!(refusal(|one| one["offered"][1] = json!(["email"])), CounterOfferError::Twice);
        assert_eq!(refusal(|one| one["offered"][1] = json!(["birthdate"])), CounterOfferError::Twice);
        assert_eq!(
            refusal(|one| one["offered"][1] = json!(["age_equal_or_over", "18"])),
            CounterOfferError::Twice
        );
        let nothing = |one: &mut Value| {
            one["offered"] = json!([]);
            one["instead"] = json!([]);
        };
        assert_eq!(refusal(nothing), CounterOfferError::Nothing);
        let mut instead_alone = message();
        instead_alone["offered"] = json!([]);
        assert!(CounterOffer::from_json(instead_alone.to_string().as_bytes()).is_ok());
    }

    #[test]
    fn a_counter_offer_has_its_limits() {
        let many = |count: usize| json!((0..count).map(|one| json!([format!("c{one}")])).collect::<Vec<_>>());
        let mut message = message();
        message["offered"] = many(126);
        assert!(CounterOffer::from_json(message.to_string().as_bytes()).is_ok());
        assert_eq!(refusal(|one| one["offered"] = many(127)), CounterOfferError::TooMany);
        assert_eq!(refusal(|one| one["request"] = json!("r".repeat(MOST_BYTES))), CounterOfferError::TooLong);
        assert_eq!(CounterOffer::from_json(b"[]"), Err(CounterOfferError::Malformed));
    }

    #[test]
    fn an_answer_is_a_new_request_or_a_reason() {
        let request = json!({"link": "openid4vp://?a=b", "client_id": "c", "request_uri": "https://s.example/r",
            "request_uri_method": "post"});
        let asked = json!({"outcome": "new_request", "request": request}).to_string();
        assert!(matches!(Reply::from_json(asked.as_bytes()), Ok(Reply::NewRequest { .. })));
        let declined = json!({"outcome": "declined", "reason": "r".repeat(501)}).to_string();
        assert_eq!(Reply::from_json(declined.as_bytes()), Ok(Reply::Declined { reason: "r".repeat(500) }));
        for other in [json!({"outcome": "declined"}), json!({"outcome": "yes"}), json!({"reason": "r"})] {
            let read = Reply::from_json(other.to_string().as_bytes());
            assert_eq!(read, Err(CounterOfferError::Malformed), "{other}");
        }
    }

    #[test]
    fn only_what_says_less_is_named_as_such() {
        assert!(less_telling("birthdate").contains(&"age_equal_or_over.18"));
        assert!(less_telling("age_equal_or_over.18").is_empty());
        assert_eq!(path_of("a..b"), None);
        assert_eq!(path_of(""), None);
    }

    #[test]
    fn the_address_stands_in_the_entry_and_nowhere_else() {
        assert_eq!(
            uri(&data("https://s.example/counter-offer/h")),
            Some("https://s.example/counter-offer/h")
        );
        assert_eq!(uri(&json!("https://s.example/counter-offer/h")), None);
        assert_eq!(uri(&json!({"url": "https://s.example"})), None);
    }
}

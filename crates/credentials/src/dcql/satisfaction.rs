//! The verifier's side: whether what came satisfies the query (OpenID4VP 1.0 §8.6).

use std::collections::BTreeSet;
use std::fmt;

use serde_json::{Map, Value};

use super::{ClaimsQuery, CredentialQuery, Id, Query, SelectedClaim};
use crate::claims_path::{ClaimsPath, Location, PathPart};
use crate::sd_jwt::Shortened;

/// A verified presentation, as far as a query looks at it.
#[derive(Clone, Copy)]
pub struct Answer<'a> {
    /// `vct`.
    pub vct: &'a str,
    /// The claims that were sent.
    pub claims: &'a Map<String, Value>,
    /// The arrays of which elements are not disclosed.
    pub shortened: &'a [Shortened],
    /// Whether the holder's key was proven.
    pub holder_bound: bool,
    /// The key identifiers of the AuthorityKeyIdentifier extensions in its certificate chain.
    pub authority_key_identifiers: &'a [Vec<u8>],
}

/// Answers that satisfy the query.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Accepted {
    /// One per presentation, in the order in which they were given.
    pub answers: Vec<AcceptedAnswer>,
}

/// One presentation that answers its credential query.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AcceptedAnswer {
    /// The credential query.
    pub query: Id,
    /// The position among the presentations for that query.
    pub position: usize,
    /// The claims that were asked for and came; whatever else was disclosed is not to be kept.
    pub claims: Vec<SelectedClaim>,
}

/// Why answers do not satisfy a query.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NotSatisfied {
    /// An answer to a query that was not asked.
    #[error("there is an answer to {0}, which was not asked")]
    UnknownQuery(String),
    /// An id comes twice.
    #[error("{0} is answered twice")]
    AnsweredTwice(Id),
    /// An empty array of presentations.
    #[error("the answer to {0} holds no presentation")]
    NoPresentation(Id),
    /// More than one presentation without `multiple` (§8.1).
    #[error("{0} takes one presentation only")]
    TooManyPresentations(Id),
    /// Another type than was asked for.
    #[error("the answer to {0} is of another type than was asked for")]
    WrongType(Id),
    /// No proof of the holder's key.
    #[error("the answer to {0} is not bound to the holder's key")]
    NotBound(Id),
    /// No certificate of its chain names an authority that was asked for (§6.1.1).
    #[error("the answer to {0} is not certified by an authority that was asked for")]
    OtherAuthority(Id),
    /// The same credential more than once (§6.1 `multiple`): it counts once, and nobody is to take it for two.
    #[error("the answer to {0} holds the same credential twice")]
    SameTwice(Id),
    /// Claims are missing, or have values that were not asked for.
    #[error("the answer to {id} lacks claims")]
    MissingClaims {
        /// The credential query.
        id: Id,
        /// The paths of the first claim set (or of all claims) that are not answered.
        paths: Vec<ClaimsPath>,
    },
    /// A credential query is not answered and there are no credential sets.
    #[error("{0} is not answered")]
    MissingQuery(Id),
    /// No option of a required credential set is answered.
    #[error("no option of required credential set {0} is answered")]
    RequiredSet(usize),
}

impl NotSatisfied {
    /// A short name for reports.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::UnknownQuery(_) => "unknown_query",
            Self::AnsweredTwice(_) => "answered_twice",
            Self::NoPresentation(_) => "no_presentation",
            Self::TooManyPresentations(_) => "too_many_presentations",
            Self::WrongType(_) => "wrong_credential_type",
            Self::NotBound(_) => "not_bound",
            Self::OtherAuthority(_) => "other_authority",
            Self::SameTwice(_) => "same_credential_twice",
            Self::MissingClaims { .. } => "missing_claims",
            Self::MissingQuery(_) | Self::RequiredSet(_) => "query_not_satisfied",
        }
    }
}

impl Query {
    /// Checks the presentations for each answered query id against the query.
    ///
    /// # Errors
    /// See [`NotSatisfied`]. A wallet is not relied on for `values`, `claim_sets` or `trusted_authorities` (§6.4.1); whether an
    /// issuer is trusted at all is for the caller.
    pub fn check(&self, answers: &[(&str, Vec<Answer<'_>>)]) -> Result<Accepted, NotSatisfied> {
        let mut answered = BTreeSet::new();
        let mut accepted = Vec::with_capacity(answers.len());
        for (id, presentations) in answers {
            let query = self.credential(id).ok_or_else(|| NotSatisfied::UnknownQuery((*id).to_owned()))?;
            if !answered.insert(*id) {
                return Err(NotSatisfied::AnsweredTwice(query.id.clone()));
            }
            match presentations.len() {
                0 => return Err(NotSatisfied::NoPresentation(query.id.clone())),
                1 => {}
                _ if query.multiple => {}
                _ => return Err(NotSatisfied::TooManyPresentations(query.id.clone())),
            }
            for (position, answer) in presentations.iter().enumerate() {
                let claims = query.check(answer)?;
                accepted.push(AcceptedAnswer { query: query.id.clone(), position, claims });
            }
        }
        self.accepts(&answered)?;
        Ok(Accepted { answers: accepted })
    }
}

impl CredentialQuery {
    /// Checks one presentation against this query.
    ///
    /// # Errors
    /// [`NotSatisfied::WrongType`], [`NotSatisfied::NotBound`], [`NotSatisfied::OtherAuthority`],
    /// [`NotSatisfied::MissingClaims`].
    pub fn check(&self, answer: &Answer<'_>) -> Result<Vec<SelectedClaim>, NotSatisfied> {
        if !self.wants(answer.vct) {
            return Err(NotSatisfied::WrongType(self.id.clone()));
        }
        if self.require_holder_binding && !answer.holder_bound {
            return Err(NotSatisfied::NotBound(self.id.clone()));
        }
        if !self.trusts(answer.authority_key_identifiers) {
            return Err(NotSatisfied::OtherAuthority(self.id.clone()));
        }
        for index in 0..self.option_count() {
            let asked = self.option(index).into_iter();
            let found: Option<Vec<_>> = asked.map(|(claim, query)| find(query, claim, answer)).collect();
            if let Some(found) = found {
                return Ok(found);
            }
        }
        let unanswered =
            self.option(0).into_iter().filter(|(claim, query)| find(query, *claim, answer).is_none());
        let paths = unanswered.map(|(_, query)| query.path.clone()).collect();
        Err(NotSatisfied::MissingClaims { id: self.id.clone(), paths })
    }
}

fn find(query: &ClaimsQuery, claim: usize, answer: &Answer<'_>) -> Option<SelectedClaim> {
    let found = select(&query.path, answer)?;
    let locations: Vec<Location> =
        found.into_iter().filter(|(_, value)| query.takes(value)).map(|(location, _)| location).collect();
    (!locations.is_empty()).then_some(SelectedClaim { claim, locations })
}

/// Applies a path to what was sent.
///
/// An index counts the elements the holder has. Undisclosed elements are gone here, so the element meant
/// stands at that index or before it, and its signed position is not before that index.
fn select<'a>(path: &ClaimsPath, answer: &Answer<'a>) -> Option<Vec<(Location, &'a Value)>> {
    if answer.shortened.is_empty() {
        return path.select(answer.claims).ok();
    }
    let (first, rest) = path.parts().split_first()?;
    let PathPart::Name(first) = first else { return None };
    let mut selected = vec![(Location::default().name(first), answer.claims.get(first)?)];
    for part in rest {
        let mut next = Vec::new();
        for (location, value) in selected {
            match part {
                PathPart::Name(name) => {
                    next.extend(value.as_object()?.get(name).map(|member| (location.name(name), member)));
                }
                PathPart::Index(wanted) => {
                    let array = value.as_array()?;
                    next.extend(candidates(&location, *wanted, array.len(), answer.shortened).filter_map(
                        |index| array.get(index).map(|element| (location.index(index), element)),
                    ));
                }
                PathPart::All => {
                    let elements = value.as_array()?.iter().enumerate();
                    next.extend(elements.map(|(index, element)| (location.index(index), element)));
                }
            }
        }
        selected = next;
    }
    Some(selected)
}

fn candidates<'a>(
    location: &Location,
    wanted: usize,
    length: usize,
    shortened: &'a [Shortened],
) -> impl Iterator<Item = usize> + use<'a> {
    let positions = shortened.iter().find(|array| array.location() == location).map(Shortened::positions);
    (0..length).filter(move |index| match positions {
        None => *index == wanted,
        Some(positions) => {
            *index <= wanted && positions.get(*index).is_some_and(|position| wanted <= *position)
        }
    })
}

impl fmt::Debug for Answer<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Answer({})", self.vct)
    }
}

//! The wallet's side: which credentials can answer, and with which claims (OpenID4VP 1.0 §6.4).

use std::collections::BTreeSet;
use std::fmt;

use serde_json::{Map, Value};

use super::candidates::Candidates;
use super::{ClaimsQuery, CredentialQuery, CredentialSet, Id, Query, TrustedAuthority};
use crate::claims_path::Location;

/// A credential the holder has, or could make for the occasion.
#[derive(Clone, Copy)]
pub struct Candidate<'a> {
    /// `vct`.
    pub vct: &'a str,
    /// All its claims.
    pub claims: &'a Map<String, Value>,
    /// Whether it is bound to a key of the holder.
    pub holder_bound: bool,
    /// The key identifiers of the AuthorityKeyIdentifier extensions in its certificate chain.
    pub authority_key_identifiers: &'a [Vec<u8>],
}

/// What can answer a query.
#[derive(Clone, Debug)]
pub struct Matches<'q> {
    query: &'q Query,
    per_query: Vec<QueryMatches<'q>>,
}

/// What can answer one credential query.
#[derive(Clone, Debug)]
pub struct QueryMatches<'q> {
    /// The credential query.
    pub query: &'q CredentialQuery,
    /// The candidates that can, in the order in which they were given.
    pub candidates: Vec<Match>,
}

/// A candidate that can answer a credential query.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Match {
    /// Its position among the candidates.
    pub candidate: usize,
    /// The claim sets it satisfies, in the verifier's order of preference; never empty.
    pub options: Vec<ClaimOption>,
}

/// One satisfiable way to answer with a candidate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClaimOption {
    /// The position in `claim_sets`; `None` if there are none.
    pub claim_set: Option<usize>,
    /// The claims to send; with none, nothing disclosable is sent.
    pub claims: Vec<SelectedClaim>,
}

/// The places that answer one claims query.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SelectedClaim {
    /// The position in `claims`.
    pub claim: usize,
    /// Where the values stand.
    pub locations: Vec<Location>,
}

/// One credential query answered by one candidate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Choice {
    /// The credential query.
    pub query: Id,
    /// The candidate's position.
    pub candidate: usize,
    /// The claims to send.
    pub option: ClaimOption,
}

impl Query {
    /// Finds, for each credential query that is asked for, the candidates that can answer it.
    #[must_use]
    pub fn evaluate(&self, candidates: &[Candidate<'_>]) -> Matches<'_> {
        self.evaluate_each(|query| query.matches(candidates.iter().enumerate()))
    }

    /// As [`Self::evaluate`], for whoever keeps the candidates by their types: those of other types are not looked at.
    #[must_use]
    pub fn evaluate_indexed(&self, candidates: &Candidates<'_>) -> Matches<'_> {
        self.evaluate_each(|query| query.matches(candidates.wanted_by(query)))
    }

    fn evaluate_each(&self, matches: impl Fn(&CredentialQuery) -> Vec<Match>) -> Matches<'_> {
        let per_query = self.credentials.iter().map(|query| QueryMatches {
            query,
            candidates: if self.requests(query.id.as_str()) { matches(query) } else { Vec::new() },
        });
        Matches { query: self, per_query: per_query.collect() }
    }
}

impl CredentialQuery {
    fn matches<'c>(&self, candidates: impl Iterator<Item = (usize, &'c Candidate<'c>)>) -> Vec<Match> {
        let asked: Vec<_> = (0..self.option_count()).map(|index| self.option(index)).collect();
        candidates
            .filter(|(_, candidate)| self.admits(candidate))
            .map(|(position, candidate)| Match {
                candidate: position,
                options: self.options(&asked, candidate.claims),
            })
            .filter(|found| !found.options.is_empty())
            .collect()
    }

    fn admits(&self, candidate: &Candidate<'_>) -> bool {
        self.wants(candidate.vct)
            && (candidate.holder_bound || !self.require_holder_binding)
            && self.trusts(candidate.authority_key_identifiers)
    }

    /// Whether one of the authorities that are asked for is among those of a certificate chain (§6.1.1): any value of any
    /// type will do, and what cannot be told here is a no.
    pub(super) fn trusts(&self, authority_key_identifiers: &[Vec<u8>]) -> bool {
        self.trusted_authorities.is_empty()
            || self.trusted_authorities.iter().any(|authority| authority.certifies(authority_key_identifiers))
    }

    /// The options that `claims` satisfies, in order.
    fn options(&self, asked: &[Vec<(usize, &ClaimsQuery)>], claims: &Map<String, Value>) -> Vec<ClaimOption> {
        let satisfied = asked.iter().enumerate().filter_map(|(index, asked)| {
            let claim_set = (!self.claim_sets.is_empty()).then_some(index);
            let claims = asked.iter().map(|(position, claim)| claim.select(*position, claims));
            Some(ClaimOption { claim_set, claims: claims.collect::<Option<_>>()? })
        });
        satisfied.collect()
    }
}

impl ClaimsQuery {
    /// The places that answer; a value that is not wanted counts as absent (§6.4.1).
    fn select(&self, claim: usize, claims: &Map<String, Value>) -> Option<SelectedClaim> {
        let found = self.path.select(claims).ok()?;
        let wanted = found.into_iter().filter(|(_, value)| self.takes(value));
        let locations: Vec<Location> = wanted.map(|(location, _)| location).collect();
        (!locations.is_empty()).then_some(SelectedClaim { claim, locations })
    }

    pub(super) fn takes(&self, value: &Value) -> bool {
        self.values.is_empty() || self.values.iter().any(|wanted| wanted.matches(value))
    }
}

impl TrustedAuthority {
    fn certifies(&self, authority_key_identifiers: &[Vec<u8>]) -> bool {
        match self {
            Self::KeyIdentifiers(wanted) => authority_key_identifiers.iter().any(|own| wanted.contains(own)),
            Self::Other { .. } => false,
        }
    }
}

impl Matches<'_> {
    /// The matches of every credential query, in the query's order.
    #[must_use]
    pub fn per_query(&self) -> &[QueryMatches<'_>] {
        &self.per_query
    }

    /// The matches of one credential query.
    #[must_use]
    pub fn of(&self, id: &str) -> Option<&QueryMatches<'_>> {
        self.per_query.iter().find(|matches| matches.query.id.as_str() == id)
    }

    /// The credential queries that some candidate can answer.
    #[must_use]
    pub fn answerable(&self) -> BTreeSet<&str> {
        self.per_query
            .iter()
            .filter(|matches| !matches.candidates.is_empty())
            .map(|matches| matches.query.id.as_str())
            .collect()
    }

    /// Whether the query can be satisfied at all; if not, nothing may be sent (§6.4.2).
    #[must_use]
    pub fn is_satisfiable(&self) -> bool {
        self.query.accepts(&self.answerable()).is_ok()
    }

    /// An answer by the verifier's preferences: of each required set, and with `optional` of each other set
    /// that can be satisfied, the first option; for each query the first candidate and its first claim set.
    #[must_use]
    pub fn choose(&self, optional: bool) -> Option<Vec<Choice>> {
        let answerable = self.answerable();
        let mut chosen: BTreeSet<&str> = BTreeSet::new();
        if self.query.credential_sets().is_empty() {
            chosen.extend(self.query.credentials().iter().map(|query| query.id.as_str()));
        }
        for set in self.query.credential_sets().iter().filter(|set| set.required || optional) {
            match first_option(set, &answerable) {
                Some(option) => chosen.extend(option.iter().map(Id::as_str)),
                None if set.required => return None,
                None => {}
            }
        }
        self.query
            .credentials()
            .iter()
            .filter(|query| chosen.contains(query.id.as_str()))
            .map(|query| {
                let first = self.of(query.id.as_str())?.candidates.first()?;
                let option = first.options.first()?.clone();
                Some(Choice { query: query.id.clone(), candidate: first.candidate, option })
            })
            .collect()
    }
}

fn first_option<'s>(set: &'s CredentialSet, answerable: &BTreeSet<&str>) -> Option<&'s [Id]> {
    set.options.iter().map(Vec::as_slice).find(|option| super::met(option, answerable))
}

impl ClaimOption {
    /// All places to show.
    pub fn locations(&self) -> impl Iterator<Item = &Location> {
        self.claims.iter().flat_map(|claim| &claim.locations)
    }
}

impl fmt::Debug for Candidate<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Candidate({})", self.vct)
    }
}

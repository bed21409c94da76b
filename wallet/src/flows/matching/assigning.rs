//! Which piece answers which query, and under which key.

use std::cmp::Reverse;
use std::collections::{BTreeSet, HashMap};

use credentials::dcql::{ClaimOption, Match, Matches, Query, QueryMatches};
use credentials::types;

use crate::flows::repertoire::{Piece, Repertoire};

/// Most other credentials that are offered for one query.
const MOST_OTHERS: usize = 8;

/// All ways in which single queries could be answered.
pub(crate) struct Assignments {
    all: Vec<Assignment>,
    /// The first so many go together and answer each query at most once.
    usual: usize,
}

impl Assignments {
    pub(crate) fn get(&self, position: usize) -> Option<&Assignment> {
        self.all.get(position)
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &Assignment> {
        self.all.iter()
    }

    /// The position of the usual answer to a query.
    pub(crate) fn usual(&self, query: &str) -> Option<usize> {
        self.all.iter().take(self.usual).position(|one| one.query == query)
    }

    /// The positions of the other answers to a query.
    pub(crate) fn others(&self, query: &str) -> Vec<usize> {
        let others = self.all.iter().enumerate().skip(self.usual);
        others.filter(|(_, one)| one.query == query).map(|(position, _)| position).collect()
    }
}

/// How one query would be answered.
pub(crate) struct Assignment {
    /// The query's identifier.
    pub(crate) query: String,
    /// The position of the piece.
    pub(crate) piece: usize,
    /// What of it is shown.
    pub(crate) option: ClaimOption,
}

/// Chooses for each query the piece that would answer it.
///
/// Our own types go under one key where that is possible, and at a space under one key only: then what cannot is
/// not offered (a space refuses our types under different keys, specs/flows.md §4).
pub(crate) fn assign(query: &Query, repertoire: &Repertoire, one_key_only: bool) -> Assignments {
    let candidates = repertoire.candidates();
    let matches = query.evaluate_indexed(&candidates);
    let ranked: Vec<Ranked<'_>> =
        matches.per_query().iter().map(|matched| Ranked::of(matched, repertoire)).collect();
    // A copy that answers nothing changes nothing, so that only those that could are tried.
    let copies: BTreeSet<(usize, &str)> = ranked.iter().flat_map(Ranked::copies).collect();
    let score = |found: &[Assignment]| {
        let answered = found.iter().map(|one| one.query.as_str()).collect();
        (query.accepts(&answered).is_ok(), found.len(), Reverse(keys(found, repertoire)))
    };
    let mut usual = assignments(&ranked, None, one_key_only);
    let mut best = score(&usual);
    let mut tried = BTreeSet::new();
    for (_, copy) in copies {
        if !tried.insert(copy) {
            continue;
        }
        let found = assignments(&ranked, Some(copy), one_key_only);
        let reached = score(&found);
        // Only a copy that answers more than the one before is better, or as much under fewer keys: an office takes the papers of one
        // person, which lie under one.
        if reached > best {
            (usual, best) = (found, reached);
        }
    }
    let others = others(&matches, repertoire, &usual);
    Assignments { usual: usual.len(), all: usual.into_iter().chain(others).collect() }
}

/// The candidates of one query that come first, by the key they lie under.
struct Ranked<'m> {
    query: &'m str,
    /// The first whose key does not matter: a foreign type, or what is made on the spot.
    free: Option<&'m Match>,
    /// The first of our types.
    ours: Option<&'m Match>,
    /// The first of our types under each copy's key.
    under: HashMap<&'m str, &'m Match>,
}

impl<'m> Ranked<'m> {
    fn of(matched: &'m QueryMatches<'m>, repertoire: &'m Repertoire) -> Self {
        let mut ranked =
            Self { query: matched.query.id.as_str(), free: None, ours: None, under: HashMap::new() };
        for candidate in &matched.candidates {
            let Some(piece) = repertoire.pieces.get(candidate.candidate) else { continue };
            match piece.copy().filter(|_| types::is_ours(&piece.vct)) {
                Some(copy) => {
                    ranked.ours.get_or_insert(candidate);
                    ranked.under.entry(copy).or_insert(candidate);
                }
                None => {
                    ranked.free.get_or_insert(candidate);
                }
            }
        }
        ranked
    }

    /// The copies under which it can be answered, with the place of the first piece of each.
    fn copies(&self) -> impl Iterator<Item = (usize, &'m str)> {
        self.under.iter().map(|(copy, candidate)| (candidate.candidate, *copy))
    }

    /// The first candidate under this key or none; where several keys may be used, any other before nothing.
    fn best(&self, primary: Option<&str>, one_key_only: bool) -> Option<&'m Match> {
        let under = primary.and_then(|copy| self.under.get(copy).copied());
        let first = self.free.into_iter().chain(under).min_by_key(|candidate| candidate.candidate);
        first.or(if one_key_only { None } else { self.ours })
    }
}

/// Other credentials that would do for queries that are answered: the member may prefer one of them, or where the query takes
/// several give more than one.
fn others(matches: &Matches<'_>, repertoire: &Repertoire, usual: &[Assignment]) -> Vec<Assignment> {
    let mut others: Vec<Assignment> = Vec::new();
    for assignment in usual {
        let Some(matched) = matches.of(&assignment.query) else { continue };
        let mut seen: Vec<&Piece> =
            repertoire.pieces.get(assignment.piece).map(AsRef::as_ref).into_iter().collect();
        for candidate in &matched.candidates {
            let (Some(piece), Some(option)) =
                (repertoire.pieces.get(candidate.candidate), candidate.options.first())
            else {
                continue;
            };
            if seen.len() > MOST_OTHERS {
                break;
            }
            if seen.iter().any(|one| one.says_the_same_as(piece)) {
                continue;
            }
            seen.push(piece);
            others.push(Assignment {
                query: assignment.query.clone(),
                piece: candidate.candidate,
                option: option.clone(),
            });
        }
    }
    others
}

/// Under how many keys our own types go.
fn keys(assigned: &[Assignment], repertoire: &Repertoire) -> usize {
    let pieces = assigned.iter().filter_map(|one| repertoire.pieces.get(one.piece));
    let ours = pieces.filter(|piece| types::is_ours(&piece.vct));
    ours.filter_map(|piece| piece.copy()).collect::<BTreeSet<_>>().len()
}

fn assignments(ranked: &[Ranked<'_>], primary: Option<&str>, one_key_only: bool) -> Vec<Assignment> {
    let assigned = ranked.iter().filter_map(|one| {
        let candidate = one.best(primary, one_key_only)?;
        let option = candidate.options.first()?.clone();
        Some(Assignment { query: one.query.to_owned(), piece: candidate.candidate, option })
    });
    assigned.collect()
}

//! Which piece answers which query, and under which key.

use credentials::dcql::{ClaimOption, Matches, Query};
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
    let matches = query.evaluate(&candidates);
    let mut copies: Vec<&str> = Vec::new();
    for piece in repertoire.pieces.iter().filter(|piece| types::is_ours(&piece.vct)) {
        if let Some(copy) = piece.copy()
            && !copies.contains(&copy)
        {
            copies.push(copy);
        }
    }
    let plain = assignments(&matches, repertoire, None, one_key_only);
    let score = |found: &[Assignment]| {
        let answered = found.iter().map(|one| one.query.as_str()).collect();
        (query.accepts(&answered).is_ok(), found.len())
    };
    let usual = copies.into_iter().fold(plain, |best, copy| {
        let found = assignments(&matches, repertoire, Some(copy), one_key_only);
        // Only a copy that answers more than the one before is better.
        if score(&found) > score(&best) { found } else { best }
    });
    let others = others(&matches, repertoire, &usual);
    Assignments { usual: usual.len(), all: usual.into_iter().chain(others).collect() }
}

/// Other credentials that would do for queries that are answered: the member may prefer one of them.
fn others(matches: &Matches<'_>, repertoire: &Repertoire, usual: &[Assignment]) -> Vec<Assignment> {
    let mut others: Vec<Assignment> = Vec::new();
    for assignment in usual {
        let Some(matched) = matches.of(&assignment.query) else { continue };
        let mut seen: Vec<&Piece> = repertoire.pieces.get(assignment.piece).into_iter().collect();
        for candidate in &matched.candidates {
            let (Some(piece), Some(option)) =
                (repertoire.pieces.get(candidate.candidate), candidate.options.first())
            else {
                continue;
            };
            if seen.len() > MOST_OTHERS || seen.iter().any(|one| one.says_the_same_as(piece)) {
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

fn assignments(
    matches: &Matches<'_>,
    repertoire: &Repertoire,
    primary: Option<&str>,
    one_key_only: bool,
) -> Vec<Assignment> {
    let mut found = Vec::new();
    for matched in matches.per_query() {
        let rank = |position: usize| -> Option<u8> {
            let piece = repertoire.pieces.get(position)?;
            match piece.copy() {
                Some(copy) if types::is_ours(&piece.vct) => match (primary == Some(copy), one_key_only) {
                    (true, _) => Some(0),
                    (false, true) => None,
                    (false, false) => Some(1),
                },
                _ => Some(0),
            }
        };
        let best = matched
            .candidates
            .iter()
            .filter_map(|candidate| Some((rank(candidate.candidate)?, candidate)))
            .min_by_key(|(rank, _)| *rank);
        if let Some((_, candidate)) = best
            && let Some(option) = candidate.options.first()
        {
            let query = matched.query.id.as_str().to_owned();
            found.push(Assignment { query, piece: candidate.candidate, option: option.clone() });
        }
    }
    found
}

//! Candidates kept by their types, so that a query looks only at those that it asks for.

use std::collections::HashMap;
use std::fmt;

use super::{Candidate, CredentialQuery, Wanted};

/// Candidates and where those of each type stand, made once and asked by any number of queries.
#[derive(Clone, Default)]
pub struct Candidates<'a> {
    all: Vec<Candidate<'a>>,
    by_type: HashMap<&'a str, Vec<usize>>,
}

impl<'a> Candidates<'a> {
    /// Keeps candidates by their types; a [`super::Match`] gives their positions in `all`.
    #[must_use]
    pub fn new(all: Vec<Candidate<'a>>) -> Self {
        let mut by_type: HashMap<&str, Vec<usize>> = HashMap::new();
        for (position, candidate) in all.iter().enumerate() {
            by_type.entry(candidate.vct).or_default().push(position);
        }
        Self { all, by_type }
    }

    /// All of them.
    #[must_use]
    pub fn all(&self) -> &[Candidate<'a>] {
        &self.all
    }

    /// Those of the types that `query` takes, in the order in which they were given.
    pub(super) fn wanted_by(&self, query: &CredentialQuery) -> impl Iterator<Item = (usize, &Candidate<'a>)> {
        let positions = match &query.wanted {
            Wanted::SdJwtVc { vct_values } if vct_values.is_empty() => (0..self.all.len()).collect(),
            Wanted::SdJwtVc { vct_values } => self.of_types(vct_values),
            Wanted::Mdoc { .. } | Wanted::Other { .. } => Vec::new(),
        };
        positions.into_iter().filter_map(|position| Some((position, self.all.get(position)?)))
    }

    fn of_types(&self, types: &[String]) -> Vec<usize> {
        let lists = types.iter().filter_map(|vct| self.by_type.get(vct.as_str()));
        let mut positions: Vec<usize> = lists.flatten().copied().collect();
        // Of one type they stand in order; a type that is named twice counts once.
        if types.len() > 1 {
            positions.sort_unstable();
            positions.dedup();
        }
        positions
    }
}

impl<'a> FromIterator<Candidate<'a>> for Candidates<'a> {
    fn from_iter<T: IntoIterator<Item = Candidate<'a>>>(candidates: T) -> Self {
        Self::new(candidates.into_iter().collect())
    }
}

impl fmt::Debug for Candidates<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Candidates({})", self.all.len())
    }
}

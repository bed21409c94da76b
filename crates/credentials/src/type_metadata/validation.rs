//! Whether a credential is as its type says (§6.5, "Claim Metadata"; the rules of draft -17 and later).

use serde_json::Value;

use super::{ClaimMetadata, SelectiveDisclosure, TypeMetadata};
use crate::claims_path::{ClaimsPath, Location, PathPart};
use crate::sd_jwt::{Processed, Shortened};

/// What of a credential is not as its type says. Such a credential is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Mismatch {
    /// The path meets something else than the objects and arrays it goes through.
    #[error("{0} meets something of another kind than its type says")]
    Path(ClaimsPath),
    /// The issuer left out what it always puts in.
    #[error("{0} is missing, and its type makes it mandatory")]
    Missing(ClaimsPath),
    /// It can be seen without a disclosure, and should not.
    #[error("{0} is not selectively disclosable, and by its type it always is")]
    NotDisclosable(ClaimsPath),
    /// It comes by a disclosure, and should not.
    #[error("{0} is selectively disclosable, and by its type it never is")]
    Disclosable(ClaimsPath),
}

impl Mismatch {
    /// A short name for reports and test vectors.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Path(_) => "path",
            Self::Missing(_) => "missing",
            Self::NotDisclosable(_) => "not_disclosable",
            Self::Disclosable(_) => "disclosable",
        }
    }
}

/// Who looks.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Reader {
    /// Has every disclosure: what is not there was not issued.
    Holder,
    /// Has what was disclosed: what is not there says nothing.
    Verifier,
}

impl TypeMetadata {
    /// Checks a credential as its holder, who has all disclosures.
    ///
    /// # Errors
    /// [`Mismatch`], the first one.
    pub fn check_issued(&self, credential: &Processed) -> Result<(), Mismatch> {
        self.claims.iter().try_for_each(|claim| check(claim, credential, Reader::Holder))
    }

    /// Checks a presentation as its verifier. A claim that may be left out is never missing.
    ///
    /// # Errors
    /// [`Mismatch`], the first one.
    pub fn check_presented(&self, presentation: &Processed) -> Result<(), Mismatch> {
        self.claims.iter().try_for_each(|claim| check(claim, presentation, Reader::Verifier))
    }
}

fn check(claim: &ClaimMetadata, credential: &Processed, reader: Reader) -> Result<(), Mismatch> {
    let path = || claim.path.clone();
    let selected = Selected::of(&claim.path, credential, reader).ok_or_else(|| Mismatch::Path(path()))?;
    if claim.mandatory && selected.is_nothing() && was_left_out(claim, credential, reader) {
        return Err(Mismatch::Missing(path()));
    }
    let disclosed = |location: &Location| credential.disclosed().iter().any(|one| one.location() == location);
    match claim.sd {
        SelectiveDisclosure::Always if !selected.shown.iter().all(|(location, _)| disclosed(location)) => {
            Err(Mismatch::NotDisclosable(path()))
        }
        SelectiveDisclosure::Never
            if selected.hidden || selected.shown.iter().any(|(location, _)| disclosed(location)) =>
        {
            Err(Mismatch::Disclosable(path()))
        }
        _ => Ok(()),
    }
}

/// Whether a claim that is not there was left out by the issuer, and not by whoever shows the credential: that is known to
/// the holder, and to a verifier only of a claim that can never be left out, in what it sees.
fn was_left_out(claim: &ClaimMetadata, credential: &Processed, reader: Reader) -> bool {
    if reader == Reader::Holder {
        return true;
    }
    if claim.sd != SelectiveDisclosure::Never {
        return false;
    }
    let Some((last, above)) = claim.path.parts().split_last() else { return false };
    match (last, ClaimsPath::new(above.to_vec())) {
        (PathPart::Name(_), Err(_)) => true,
        (PathPart::Name(_), Ok(above)) => {
            Selected::of(&above, credential, reader).is_some_and(|found| !found.shown.is_empty())
        }
        _ => false,
    }
}

/// What a path selects.
#[derive(Default)]
struct Selected<'a> {
    shown: Vec<(Location, &'a Value)>,
    /// Whether it also selects elements of arrays that are not disclosed.
    hidden: bool,
}

impl<'a> Selected<'a> {
    /// Follows a path; `None` where it meets something of another kind. Elements count as they were issued.
    fn of(path: &ClaimsPath, credential: &'a Processed, reader: Reader) -> Option<Self> {
        let mut parts = path.parts().iter();
        let Some(PathPart::Name(name)) = parts.next() else { return None };
        let top = credential.claims().get(name).map(|value| (Location::default().name(name), value));
        let mut selected = Self { shown: top.into_iter().collect(), hidden: false };
        for part in parts {
            let mut next = Self::default();
            for (location, value) in selected.shown {
                next.descend(part, location, value, credential.shortened(), reader)?;
            }
            selected = next;
        }
        Some(selected)
    }

    fn is_nothing(&self) -> bool {
        self.shown.is_empty() && !self.hidden
    }

    fn descend(
        &mut self,
        part: &PathPart,
        location: Location,
        value: &'a Value,
        shortened: &[Shortened],
        reader: Reader,
    ) -> Option<()> {
        let array = match part {
            PathPart::Name(name) => {
                let found = value.as_object()?.get(name);
                self.shown.extend(found.map(|member| (location.name(name), member)));
                return Some(());
            }
            PathPart::Index(_) | PathPart::All => value.as_array()?,
        };
        // What its holder has no disclosure for is a decoy.
        let shortened = shortened.iter().find(|one| *one.location() == location);
        let hides = shortened.is_some() && reader == Reader::Verifier;
        let position_of =
            |index: usize| shortened.map_or(Some(index), |one| one.positions().get(index).copied());
        for (index, element) in array.iter().enumerate() {
            let wanted = match part {
                PathPart::Index(wanted) => position_of(index) == Some(*wanted),
                _ => true,
            };
            if wanted {
                self.shown.push((location.index(index), element));
            }
        }
        match part {
            PathPart::Index(wanted) => {
                let known =
                    shortened.and_then(|one| one.positions().last()).is_some_and(|last| wanted < last);
                let is_shown = shortened.is_none_or(|one| one.positions().contains(wanted));
                self.hidden |= hides && known && !is_shown;
            }
            _ => self.hidden |= hides,
        }
        Some(())
    }
}

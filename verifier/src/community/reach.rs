//! Whether there is a directory and for whom: decided by the team, kept in versions (decision 0036).

use environment::Timestamp;
use network::claims::Audience;
use serde::{Deserialize, Serialize};
use store::{Change, Fault, FieldClass, Key, Range, Reader, Record, StoreFault, Tx};

use crate::space::{Space, SpaceError};

/// Longest name of whoever decides, in characters.
const LONGEST_NAME: usize = 128;

/// For whom the directory is, from nobody to everybody.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Reach {
    /// There is none.
    Nobody,
    /// The members of this space.
    MembersHere,
    /// Also members of the brand's other spaces.
    #[default]
    Brand,
    /// Everybody.
    Public,
}

impl Reach {
    /// Every one, the narrowest first.
    pub const ALL: [Self; 4] = [Self::Nobody, Self::MembersHere, Self::Brand, Self::Public];

    /// The word on the wire, and in the keys of the catalogue.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Nobody => "nobody",
            Self::MembersHere => "members-here",
            Self::Brand => "brand",
            Self::Public => "public",
        }
    }

    /// That of a word.
    #[must_use]
    pub fn of_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|reach| reach.name() == name)
    }

    /// Whether the directory is open to that viewer.
    #[must_use]
    pub fn admits(self, viewer: Viewer) -> bool {
        self >= match viewer {
            Viewer::MemberHere => Self::MembersHere,
            Viewer::MemberOfBrand => Self::Brand,
            Viewer::Anybody => Self::Public,
        }
    }
}

/// Who looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Viewer {
    /// Somebody of whom nothing is known.
    Anybody,
    /// A member of another space of the same brand.
    MemberOfBrand,
    /// A member of this space.
    MemberHere,
}

impl Viewer {
    /// Whether what is meant for `audience` is for this viewer.
    #[must_use]
    pub fn sees(self, audience: Audience) -> bool {
        audience
            >= match self {
                Self::Anybody => Audience::Public,
                Self::MemberOfBrand => Audience::Brand,
                Self::MemberHere => Audience::MembersHere,
            }
    }
}

/// What the team decided about the directory, one record each time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DirectoryDecision {
    /// Counts what was decided; the highest counts.
    pub version: u64,
    /// For whom it is.
    pub reach: Reach,
    /// Who decided.
    pub by: String,
    /// When, in seconds since the epoch.
    pub at: i64,
}

impl Record for DirectoryDecision {
    const CLASS: &'static str = "directory-reach";
    const FIELDS: &'static [(&'static str, FieldClass)] = &[
        ("version", FieldClass::Operational),
        ("reach", FieldClass::Operational),
        ("by", FieldClass::Operational),
        ("at", FieldClass::Operational),
    ];

    fn key(&self) -> Key {
        Key::from(self.version)
    }
}

pub(crate) async fn newest(reader: &mut Reader) -> Result<Option<DirectoryDecision>, StoreFault> {
    Ok(reader.list::<DirectoryDecision>(Range::all().descending(), 1).await?.items.pop())
}

impl Space {
    /// For whom the directory is; as long as nobody decided, for members here and of the brand.
    ///
    /// # Errors
    /// The store.
    pub async fn directory_reach(&self) -> Result<Reach, SpaceError> {
        Ok(self.directory_decisions(1).await?.first().map_or_else(Reach::default, |newest| newest.reach))
    }

    /// What was decided about the directory, the newest first.
    ///
    /// # Errors
    /// The store.
    pub async fn directory_decisions(&self, limit: usize) -> Result<Vec<DirectoryDecision>, SpaceError> {
        Ok(self.tenant.list::<DirectoryDecision>(Range::all().descending(), limit).await?.items)
    }

    /// Decides for whom the directory is. Where it is so already nothing is written.
    ///
    /// # Errors
    /// The store.
    pub async fn set_directory_reach(&self, by: &str, reach: Reach) -> Result<(), SpaceError> {
        let by = by.chars().take(LONGEST_NAME).collect();
        Ok(self.tenant.carry_out(&Decide { by, reach, at: self.environment().now() }).await?)
    }
}

struct Decide {
    by: String,
    reach: Reach,
    at: Timestamp,
}

impl Change for Decide {
    const NAME: &'static str = "decide-directory-reach";
    type Output = ();
    type Refusal = std::convert::Infallible;

    async fn apply(&self, tx: &mut Tx) -> Result<(), Fault<Self::Refusal>> {
        let newest = newest(tx).await?;
        if newest.as_ref().map_or_else(Reach::default, |newest| newest.reach) == self.reach {
            return Ok(());
        }
        let version = newest.map_or(1, |newest| newest.version.saturating_add(1));
        let (reach, by, at) = (self.reach, self.by.clone(), self.at.seconds());
        Ok(tx.put(&DirectoryDecision { version, reach, by, at }).await?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_viewer_sees_what_is_for_them_and_wider_and_nothing_narrower() {
        let all = [Audience::Team, Audience::MembersHere, Audience::Brand, Audience::Public];
        let seen = |viewer: Viewer| all.map(|audience| viewer.sees(audience));
        assert_eq!(seen(Viewer::Anybody), [false, false, false, true]);
        assert_eq!(seen(Viewer::MemberOfBrand), [false, false, true, true]);
        assert_eq!(seen(Viewer::MemberHere), [false, true, true, true]);
    }

    #[test]
    fn a_directory_is_open_to_whom_it_reaches() {
        let viewers = [Viewer::MemberHere, Viewer::MemberOfBrand, Viewer::Anybody];
        let open = Reach::ALL.map(|reach| viewers.map(|viewer| reach.admits(viewer)));
        let expected = [[false; 3], [true, false, false], [true, true, false], [true; 3]];
        assert_eq!(open, expected);
        assert_eq!(Reach::default(), Reach::Brand, "nothing is public that nobody decided");
        assert_eq!(Reach::of_name("Public"), None);
        assert!(Reach::ALL.iter().all(|reach| Reach::of_name(reach.name()) == Some(*reach)));
    }
}

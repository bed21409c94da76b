//! Every look at what members gave: who, when, whose, which details. The look is in the audit log before a seal is opened.

use ledger::{Entry, EntryKind, Leaf, LeafId};
use network::claims::Audience;
use store::{Change, Fault, Insertion, Range, Tx};

use super::records::{Look, LooksByTime};
use super::{Right, Role, TeamError};
use crate::doors::opening;
use crate::records::{Contact, Provenance};
use crate::space::{Space, SpaceError};
use crate::{exporting, importing};

/// Seconds within which the same person's look at the same is one look: pages that keep themselves as they are now load anew.
const SAME: i64 = 600;

/// Who looks at what members gave: for the log, and for what they get to see.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Looker<'a> {
    /// Whoever is at the terminal, who has the keys of the space at hand.
    Terminal,
    /// Somebody of the team, by their identifier.
    Teammate(&'a str, Role),
    /// A program of the team, by the name under which its looks are noted. It is neither owner nor manager, whoever made its key.
    Program(&'a str),
}

impl<'a> Looker<'a> {
    /// How the look is noted.
    #[must_use]
    pub const fn noted_as(self) -> Option<&'a str> {
        match self {
            Self::Terminal => None,
            Self::Teammate(by, _) | Self::Program(by) => Some(by),
        }
    }

    /// Whether they see the value of this detail: as the member was told, unless the member shows it to more than the team.
    #[must_use]
    pub fn sees(self, given: &Provenance) -> bool {
        let is_shown = given.audience != Audience::Team;
        match self {
            Self::Terminal => true,
            Self::Teammate(_, role) => {
                role.may(Right::SeeValues) && (is_shown || role.is_among(given.seen_in_team))
            }
            Self::Program(_) => is_shown || given.seen_in_team.is_team(),
        }
    }
}

/// A look that is about to be taken.
#[derive(Clone, Copy, Debug)]
pub struct Looking<'a> {
    /// Who of the team; none at the terminal.
    pub by: Option<&'a str>,
    /// How: `contact`, `sign-ups`, `members`, `search`, `export`, `doors`.
    pub how: &'static str,
    /// At whose contacts.
    pub whose: &'a [&'a str],
    /// At which details.
    pub names: &'a [&'a str],
    /// Whether the same within a few minutes is one look.
    pub again: bool,
}

impl Space {
    /// Notes a look, in the audit log too; gives whether what is to be seen is still there. For one contact alone that is asked.
    ///
    /// # Errors
    /// The store.
    pub async fn look(&self, looking: Looking<'_>) -> Result<bool, SpaceError> {
        Ok(self.look_as(looking).await?.is_some())
    }

    /// The same; gives the look itself.
    pub(crate) async fn look_as(&self, looking: Looking<'_>) -> Result<Option<String>, SpaceError> {
        let now = self.environment().now();
        let id = match looking.again {
            true => self.fresh_id(),
            false => same(&looking, now.seconds()),
        };
        let entry =
            Entry::new(EntryKind::Looked, now).with_code(looking.how).about(looking.names.iter().copied());
        let leaf = Leaf::new(LeafId::generate(self.environment().randomness()), &entry);
        let look = Look {
            id,
            at: now.seconds(),
            by: looking.by.map(str::to_owned),
            how: looking.how.to_owned(),
            whose: match looking.whose {
                // Whoever was taken in from a table has no contact, and whoever opened a door is known by the membership.
                [one] if ![importing::LOOK, exporting::LOOK, opening::LOOK].contains(&looking.how) => {
                    Some((*one).to_owned())
                }
                _ => None,
            },
            names: looking.names.iter().map(|name| (*name).to_owned()).collect(),
            people: u32::try_from(looking.whose.len()).unwrap_or(u32::MAX),
        };
        let id = look.id.clone();
        Ok(self.tenant.carry_out(&Take { look, leaf }).await?.then_some(id))
    }

    /// Who looked at what, the newest first.
    ///
    /// # Errors
    /// The store.
    pub async fn looks(&self, limit: usize) -> Result<Vec<Look>, TeamError> {
        Ok(self.tenant.page::<LooksByTime>(Range::all().descending(), limit).await?.items)
    }
}

/// The identifier of a look: the same for the same within the same minutes.
fn same(looking: &Looking<'_>, now: i64) -> String {
    let minutes = now.div_euclid(SAME).to_string();
    let by = looking.by.unwrap_or_default();
    let parts = [minutes.as_str(), by, looking.how, &looking.names.join(" "), &looking.whose.join(" ")];
    jose::digest::sha256_base64url(parts.join("\n"))
}

struct Take {
    look: Look,
    leaf: Leaf,
}

impl Change for Take {
    const NAME: &'static str = "look";
    type Output = bool;
    type Refusal = std::convert::Infallible;

    async fn apply(&self, tx: &mut Tx) -> Result<bool, Fault<Self::Refusal>> {
        if let Some(whose) = &self.look.whose
            && tx.get::<Contact>(whose).await?.is_none()
        {
            return Ok(false);
        }
        if tx.insert_new(&self.look).await? == Insertion::Inserted {
            tx.log(self.leaf.clone()).await?;
        }
        Ok(true)
    }
}

//! An admitted party whose role is known only at run time.

use jose::Jwk;
use trust::{Admitted, Office, Role, Space};

/// An office or a space, admitted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AdmittedParty {
    /// A passport office.
    Office(Admitted<Office>),
    /// A space.
    Space(Admitted<Space>),
}

impl AdmittedParty {
    /// Its role.
    #[must_use]
    pub const fn role(&self) -> Role {
        match self {
            Self::Office(_) => Role::Office,
            Self::Space(_) => Role::Space,
        }
    }

    /// Its DID.
    #[must_use]
    pub fn did(&self) -> &str {
        match self {
            Self::Office(party) => party.did(),
            Self::Space(party) => party.did(),
        }
    }

    /// Its host.
    #[must_use]
    pub fn host(&self) -> &str {
        match self {
            Self::Office(party) => party.host(),
            Self::Space(party) => party.host(),
        }
    }

    /// The name that people read.
    #[must_use]
    pub fn display_name(&self) -> &str {
        match self {
            Self::Office(party) => party.display_name(),
            Self::Space(party) => party.display_name(),
        }
    }

    /// The key it was admitted with.
    #[must_use]
    pub const fn key(&self) -> &Jwk {
        match self {
            Self::Office(party) => party.key(),
            Self::Space(party) => party.key(),
        }
    }

    /// Whether a credential of type `vct` signed with that key counts (design: only offices sign passport and profile,
    /// only spaces sign memberships and statements).
    #[must_use]
    pub fn may_issue(&self, vct: &str) -> bool {
        match self {
            Self::Office(party) => party.may_issue(vct),
            Self::Space(party) => party.may_issue(vct),
        }
    }
}

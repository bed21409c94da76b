//! The one table of rights.

use network::seen_in_team::SeenInTeam;
use serde::{Deserialize, Serialize};

/// What somebody is in the team.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// May all.
    Owner,
    /// May all but the team, and leaving the network.
    Manager,
    /// Sees and decides sign-ups, sees contacts, invites.
    Desk,
    /// Sees rules, counts and who looked at what; never a value.
    Auditor,
}

impl Role {
    /// Every role.
    pub const ALL: [Self; 4] = [Self::Owner, Self::Manager, Self::Desk, Self::Auditor];

    /// The word on the wire, and in the keys of the catalogue.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Owner => "owner",
            Self::Manager => "manager",
            Self::Desk => "desk",
            Self::Auditor => "auditor",
        }
    }

    /// The role of a word.
    #[must_use]
    pub fn of_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.name() == name)
    }

    /// Whether whoever has this role may do that. A right that has no line here cannot be written: the match is whole.
    #[must_use]
    pub const fn may(self, right: Right) -> bool {
        let (manager, desk, auditor) = match right {
            Right::OwnAccess | Right::SeeCounts => (true, true, true),
            Right::SeeSignUps
            | Right::DecideSignUps
            | Right::Invite
            | Right::SeeContacts
            | Right::SeeValues
            | Right::UseDeskScreen => (true, true, false),
            Right::SeeObjections
            | Right::ChangeRules
            | Right::SwitchSignUp
            | Right::ChangeMemberships
            | Right::MoveData
            | Right::Publish
            | Right::Connect => (true, false, false),
            Right::SeeRules | Right::SeeLooks => (true, false, true),
            Right::ManageTeam | Right::LeaveNetwork => (false, false, false),
        };
        match self {
            Self::Owner => true,
            Self::Manager => manager,
            Self::Desk => desk,
            Self::Auditor => auditor,
        }
    }

    /// Whether whoever has this role is among those of the team who see a detail. An owner always is, an auditor never.
    #[must_use]
    pub const fn is_among(self, seen: SeenInTeam) -> bool {
        match (self, seen) {
            (Self::Owner, _)
            | (Self::Manager, SeenInTeam::OwnerAndManagers | SeenInTeam::Team)
            | (Self::Desk, SeenInTeam::Team) => true,
            (Self::Manager, SeenInTeam::Owner)
            | (Self::Desk, SeenInTeam::Owner | SeenInTeam::OwnerAndManagers)
            | (Self::Auditor, _) => false,
        }
    }
}

/// What a page or a button of the console needs. Each route names one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Right {
    /// One's own passkeys and sessions.
    OwnAccess,
    /// How much there is of what, and what is overdue: numbers, and nobody's name.
    SeeCounts,
    /// The sign-ups that wait, with the names that their form asked for.
    SeeSignUps,
    /// Approving, declining, asking for something else.
    DecideSignUps,
    /// Inviting by number or by mail.
    Invite,
    /// Contacts with whose word each detail is, for how long it is kept, and who sees it.
    SeeContacts,
    /// What members gave.
    SeeValues,
    /// The screen for a tablet at the desk.
    UseDeskScreen,
    /// What members object to, with their reasons.
    SeeObjections,
    /// Ending memberships, and offering them again.
    ChangeMemberships,
    /// What is asked, and who decides.
    SeeRules,
    /// Changing that.
    ChangeRules,
    /// Whether anybody may sign up online.
    SwitchSignUp,
    /// Taking tables in and out.
    MoveData,
    /// The space's own page and its directory.
    Publish,
    /// Other software.
    Connect,
    /// Who looked at what.
    SeeLooks,
    /// Who is in the team, and which programs act for it.
    ManageTeam,
    /// Leaving the network.
    LeaveNetwork,
}

impl Right {
    /// Every right.
    pub const ALL: [Self; 19] = [
        Self::OwnAccess,
        Self::SeeCounts,
        Self::SeeSignUps,
        Self::DecideSignUps,
        Self::Invite,
        Self::SeeContacts,
        Self::SeeValues,
        Self::UseDeskScreen,
        Self::SeeObjections,
        Self::ChangeMemberships,
        Self::SeeRules,
        Self::ChangeRules,
        Self::SwitchSignUp,
        Self::MoveData,
        Self::Publish,
        Self::Connect,
        Self::SeeLooks,
        Self::ManageTeam,
        Self::LeaveNetwork,
    ];
}

//! What a key may do, one thing each.

use serde::{Deserialize, Serialize};

/// One thing that a key may do. None holds another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Scope {
    /// What the space asks, and who decides.
    FormsRead,
    /// Which sign-ups there are and how they stand: no values.
    SignUpsRead,
    /// Which invitations there are and how they stand.
    InvitationsRead,
    /// Who is a member, by the random name of the membership.
    MembershipsRead,
    /// Which details are held of whom, and until when: no values.
    ContactsRead,
    /// Having invitations sent.
    InvitationsSend,
    /// Asking an applicant for something else instead of saying no.
    SignUpsAsk,
    /// Approving and declining what its form leaves to software.
    SignUpsDecide,
    /// What applicants gave, while their sign-ups wait. Each look is noted.
    SignUpsValues,
    /// What is held of anybody. Each look is noted.
    ContactsValues,
    /// Ending memberships.
    MembershipsChange,
    /// Offering memberships again. Whoever gets the offer can take the member's place, with everything that a member may: it is for the
    /// member's hands alone.
    MembershipsOffer,
}

impl Scope {
    /// Every scope, the least first.
    pub const ALL: [Self; 12] = [
        Self::FormsRead,
        Self::SignUpsRead,
        Self::InvitationsRead,
        Self::MembershipsRead,
        Self::ContactsRead,
        Self::InvitationsSend,
        Self::SignUpsAsk,
        Self::SignUpsDecide,
        Self::SignUpsValues,
        Self::ContactsValues,
        Self::MembershipsChange,
        Self::MembershipsOffer,
    ];

    /// The scope as it is written (RFC 6749 §3.3: visible ASCII without quotes and backslashes).
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::FormsRead => "forms:read",
            Self::SignUpsRead => "sign-ups:read",
            Self::InvitationsRead => "invitations:read",
            Self::MembershipsRead => "memberships:read",
            Self::ContactsRead => "contacts:read",
            Self::InvitationsSend => "invitations:send",
            Self::SignUpsAsk => "sign-ups:ask",
            Self::SignUpsDecide => "sign-ups:decide",
            Self::SignUpsValues => "sign-ups:values",
            Self::ContactsValues => "contacts:values",
            Self::MembershipsChange => "memberships:change",
            Self::MembershipsOffer => "memberships:offer",
        }
    }

    /// The scope of this name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|scope| scope.name() == name)
    }
}

/// There is no scope of that name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("there is no such scope")]
pub struct NoSuchScope;

impl TryFrom<String> for Scope {
    type Error = NoSuchScope;

    fn try_from(name: String) -> Result<Self, NoSuchScope> {
        Self::named(&name).ok_or(NoSuchScope)
    }
}

impl From<Scope> for String {
    fn from(scope: Scope) -> Self {
        scope.name().to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scope_is_known_by_its_name_alone() {
        for scope in Scope::ALL {
            assert_eq!(Scope::named(scope.name()), Some(scope));
            assert_eq!(serde_json::from_value::<Scope>(scope.name().into()).unwrap(), scope);
        }
        for name in ["", "forms", "forms:*", "Forms:read", "forms:read ", "forms:write"] {
            assert_eq!(Scope::named(name), None, "{name}");
            assert!(serde_json::from_value::<Scope>(name.into()).is_err(), "{name}");
        }
    }
}

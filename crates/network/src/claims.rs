//! Claim names (OpenID Connect Core 5.1 where one exists) and audiences.

use serde::{Deserialize, Serialize};

/// Claims an office checks before it signs a profile; any of them may also be a member's own word.
pub const CHECKED: &[&str] =
    &["email", "email_verified", "given_name", "family_name", "birthdate", "age_equal_or_over"];

/// Who at a space sees a claim, from the fewest to the most.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    Default,
    utoipa::ToSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum Audience {
    /// The space's team only.
    #[default]
    Team,
    /// Also the members of this space.
    MembersHere,
    /// Also the teams and members of the brand's other spaces.
    Brand,
    /// Everybody.
    Public,
}

impl Audience {
    /// The value on the wire.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Team => "team",
            Self::MembersHere => "members-here",
            Self::Brand => "brand",
            Self::Public => "public",
        }
    }
}

//! The credential types of this network. They are constants, not addresses: nothing is fetched to know them.

/// The passport: number, DID, since when. Signed by an office.
pub const PASSPORT: &str = "urn:passport-network:passport:1";
/// The profile: what an office has checked of name, birthdate, e-mail and phone.
pub const PROFILE: &str = "urn:passport-network:profile:1";
/// The member's own details, signed by the member.
pub const OWN: &str = "urn:passport-network:own:1";
/// The member's terms for one answer, signed by the member.
pub const TERMS: &str = "urn:passport-network:terms:1";
/// A membership, signed by a space.
pub const MEMBERSHIP: &str = "urn:passport-network:membership:1";
/// What a home space vouches for towards an office.
pub const STATEMENT: &str = "urn:passport-network:statement:1";

/// All of them, in the order in which they are shown.
pub const ALL: [&str; 6] = [PASSPORT, PROFILE, OWN, TERMS, MEMBERSHIP, STATEMENT];

/// Whether `vct` is a type of this network.
#[must_use]
pub fn is_ours(vct: &str) -> bool {
    ALL.contains(&vct)
}

/// Whether credentials of this type are signed by the member and not by an office or a space.
#[must_use]
pub fn is_self_issued(vct: &str) -> bool {
    vct == OWN || vct == TERMS
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_six_types_are_ours_and_the_member_signs_two_of_them() {
        let of = |vct: &str| (is_ours(vct), is_self_issued(vct));
        for vct in [PASSPORT, PROFILE, MEMBERSHIP, STATEMENT] {
            assert_eq!(of(vct), (true, false), "{vct}");
        }
        for vct in [OWN, TERMS] {
            assert_eq!(of(vct), (true, true), "{vct}");
        }
        for other in ["", "urn:passport-network:own:2", "URN:passport-network:own:1", "urn:example:own:1"] {
            assert_eq!(of(other), (false, false), "{other}");
        }
    }
}

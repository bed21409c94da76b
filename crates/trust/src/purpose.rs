//! What a certificate is for: our object identifiers.
//!
//! They lie under 2.25.68343474795321297477084940469949529281, the arc that ITU-T X.667 gives to the UUID
//! 336a7976-49ac-474e-8e51-bdb250597cc1, which was drawn at random for this network:
//!
//! | OID | kind | meaning |
//! |---|---|---|
//! | arc.1.1 | extended key usage | signs requests to members and calls to offices |
//! | arc.1.2 | extended key usage | signs credentials and their status lists |
//! | arc.1.3 | extended key usage | signs registration certificates |
//! | arc.1.4 | extended key usage | signs the network list |
//! | arc.2.1 | certificate policy | the sub-authority under which offices run |
//! | arc.2.2 | certificate policy | the sub-authority under which spaces run |
//!
//! The arc has more bits than `x509_cert`'s object identifiers take, so these are handled as DER bytes.

/// Writes the content bytes of arc.$kind.$number.
macro_rules! ours {
    ($kind:literal, $number:literal) => {
        &[
            0x69, 0xe6, 0xea, 0xbc, 0xdd, 0xc9, 0x9a, 0xe2, 0x9d, 0x9d, 0x8e, 0xa8, 0xef, 0xb6, 0xa5, 0x82,
            0xe5, 0xf9, 0x41, $kind, $number,
        ]
    };
}

/// What the key of a leaf signs: one purpose per leaf.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Purpose {
    /// Requests to members, and signed calls to offices.
    RequestSigning,
    /// Credentials and the status lists they point to.
    CredentialIssuing,
    /// Registration certificates.
    Registrar,
    /// The network list.
    NetworkList,
}

impl Purpose {
    /// All purposes.
    pub const ALL: &'static [Self] =
        &[Self::RequestSigning, Self::CredentialIssuing, Self::Registrar, Self::NetworkList];

    /// The content bytes of the extended key usage.
    #[must_use]
    pub const fn oid(self) -> &'static [u8] {
        match self {
            Self::RequestSigning => ours!(1, 1),
            Self::CredentialIssuing => ours!(1, 2),
            Self::Registrar => ours!(1, 3),
            Self::NetworkList => ours!(1, 4),
        }
    }

    /// The extended key usage in dotted form.
    #[must_use]
    pub const fn dotted(self) -> &'static str {
        match self {
            Self::RequestSigning => "2.25.68343474795321297477084940469949529281.1.1",
            Self::CredentialIssuing => "2.25.68343474795321297477084940469949529281.1.2",
            Self::Registrar => "2.25.68343474795321297477084940469949529281.1.3",
            Self::NetworkList => "2.25.68343474795321297477084940469949529281.1.4",
        }
    }

    /// Whether leaves of this purpose belong to parties (below a sub-authority) or to the operator (below the root).
    #[must_use]
    pub const fn is_of_a_party(self) -> bool {
        matches!(self, Self::RequestSigning | Self::CredentialIssuing)
    }
}

/// The sub-authority below which a party's leaf stands; it tells offices from spaces.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SubAuthority {
    /// Passport offices.
    Offices,
    /// Coworking spaces.
    Spaces,
}

impl SubAuthority {
    /// Both.
    pub const ALL: &'static [Self] = &[Self::Offices, Self::Spaces];

    /// The content bytes of the certificate policy that marks the sub-authority.
    #[must_use]
    pub const fn policy_oid(self) -> &'static [u8] {
        match self {
            Self::Offices => ours!(2, 1),
            Self::Spaces => ours!(2, 2),
        }
    }

    /// The certificate policy in dotted form.
    #[must_use]
    pub const fn dotted(self) -> &'static str {
        match self {
            Self::Offices => "2.25.68343474795321297477084940469949529281.2.1",
            Self::Spaces => "2.25.68343474795321297477084940469949529281.2.2",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Encodes a dotted OID below 2.25 by X.690 §8.19, independently of the constants above.
    fn encode(dotted: &str) -> Vec<u8> {
        let rest = dotted.strip_prefix("2.25.").unwrap();
        let mut bytes = vec![2 * 40 + 25];
        for arc in rest.split('.') {
            let mut arc: u128 = arc.parse().unwrap();
            let mut group = vec![u8::try_from(arc & 0x7f).unwrap()];
            arc >>= 7;
            while arc > 0 {
                group.push(u8::try_from(arc & 0x7f).unwrap() | 0x80);
                arc >>= 7;
            }
            group.reverse();
            bytes.extend(group);
        }
        bytes
    }

    #[test]
    fn the_bytes_are_those_of_the_dotted_form_and_the_arc_is_the_uuid() {
        assert_eq!(
            0x336a_7976_49ac_474e_8e51_bdb2_5059_7cc1_u128,
            68_343_474_795_321_297_477_084_940_469_949_529_281
        );
        for purpose in Purpose::ALL {
            assert_eq!(purpose.oid(), encode(purpose.dotted()));
        }
        for branch in SubAuthority::ALL {
            assert_eq!(branch.policy_oid(), encode(branch.dotted()));
        }
    }

    #[test]
    fn no_two_identifiers_are_the_same() {
        let mut all: Vec<&[u8]> = Purpose::ALL.iter().map(|purpose| purpose.oid()).collect();
        all.extend(SubAuthority::ALL.iter().map(|branch| branch.policy_oid()));
        let count = all.len();
        all.sort_unstable();
        all.dedup();
        assert_eq!(all.len(), count);
    }
}

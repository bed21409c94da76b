//! Invitations: a space asks a member to come to a page of its own.

use std::fmt;

use environment::Timestamp;
use jose::{Signer, SigningFailed, VerifyingKey};
use serde::{Deserialize, Serialize};

use crate::MessageError;
use crate::signed::{self, SKEW};

/// The `typ` of an invitation.
pub const INVITATION_TYPE: &str = "passport-invitation+jwt";
/// For how many seconds an invitation may be open: 14 days.
pub const LONGEST_INVITATION: i64 = 14 * 86_400;

/// What an invitation is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Purpose {
    /// To sign up at the space.
    SignUp,
    /// To show a membership of the space: the member is there, and the team asked by number.
    HereIAm,
}

/// An invitation. No request lies in it: the wallet fetches a fresh one at `link` when its person opens it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Invitation {
    /// The space's DID.
    #[serde(rename = "iss")]
    pub space: String,
    /// The member's DID.
    #[serde(rename = "aud")]
    pub member: String,
    /// Tells it from every other invitation of the space.
    #[serde(rename = "jti")]
    pub id: String,
    /// When it was made, in seconds since the epoch.
    #[serde(rename = "iat")]
    pub issued_at: i64,
    /// Until when it counts, at most [`LONGEST_INVITATION`] later.
    #[serde(rename = "exp")]
    pub expires_at: i64,
    /// The page of the space, an https address at the very host that the network list names for it.
    pub link: String,
    /// What it is for.
    pub purpose: Purpose,
    /// The e-mail address that somebody typed beside the number at the space. A wallet whose member has no such address
    /// says nothing and shows nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
}

impl fmt::Debug for Invitation {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Link, member and address are not for logs.
        write!(formatter, "Invitation({:?} of {})", self.purpose, self.space)
    }
}

impl Invitation {
    /// Signs the invitation with the space's request key, under its DID URL `kid`.
    ///
    /// # Errors
    /// [`SigningFailed`].
    pub fn sign(&self, kid: &str, signer: &dyn Signer) -> Result<String, SigningFailed> {
        signed::sign(INVITATION_TYPE, kid, self, signer)
    }

    /// Checks an invitation of `space`, signed with its request key `key`, for the DID `audience`. That the space is
    /// admitted, that the link is its own and that it comes for the first time is for the wallet to see.
    ///
    /// # Errors
    /// See [`MessageError`].
    pub fn verify(
        message: &str,
        space: &str,
        key: &VerifyingKey,
        audience: &str,
        now: Timestamp,
    ) -> Result<Self, MessageError> {
        let invitation: Self = signed::verify(message, INVITATION_TYPE, space, key, now)?;
        check_frame(&invitation.id, invitation.issued_at, invitation.expires_at, LONGEST_INVITATION)?;
        if invitation.member == audience { Ok(invitation) } else { Err(MessageError::OtherAudience) }
    }
}

/// What every message of a mailbox keeps to: a `jti` of a sensible length, and an end not too far from its beginning.
pub(super) fn check_frame(id: &str, issued: i64, expires: i64, longest: i64) -> Result<(), MessageError> {
    if id.is_empty() || id.len() > 128 {
        return Err(MessageError::Malformed);
    }
    let life = expires.saturating_sub(issued);
    if life > longest || life < SKEW.saturating_neg() { Err(MessageError::LivesTooLong) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use environment::SeededRandomness;
    use jose::jwt::ClaimError;
    use jose::{Algorithm, SigningKey};

    use super::*;

    const SPACE: &str = "did:web:kiln.example";
    const MEMBER: &str = "did:web:office.example:ada";
    const NOW: Timestamp = Timestamp::from_seconds(1_000_000);

    fn key(seed: u64) -> SigningKey {
        SigningKey::generate(Algorithm::Es256, &SeededRandomness::new(seed)).unwrap()
    }

    fn invitation() -> Invitation {
        Invitation {
            space: SPACE.to_owned(),
            member: MEMBER.to_owned(),
            id: "1".to_owned(),
            issued_at: NOW.seconds(),
            expires_at: NOW.plus(LONGEST_INVITATION).seconds(),
            link: "https://kiln.example/join/invited/1".to_owned(),
            purpose: Purpose::SignUp,
            email: Some("ada@example.org".to_owned()),
        }
    }

    fn verify_at(
        message: &str,
        signer: &SigningKey,
        member: &str,
        now: Timestamp,
    ) -> Result<Invitation, MessageError> {
        let ready = VerifyingKey::new(signer.public_jwk()).unwrap();
        Invitation::verify(message, SPACE, &ready, member, now)
    }

    fn kid() -> String {
        format!("{SPACE}#request")
    }

    #[test]
    fn an_invitation_is_taken_by_its_own_member_from_its_own_space_alone() {
        let message = invitation().sign(&kid(), &key(1)).unwrap();
        assert_eq!(verify_at(&message, &key(1), MEMBER, NOW).unwrap(), invitation());
        let other = verify_at(&message, &key(1), "did:web:office.example:bob", NOW);
        assert_eq!(other, Err(MessageError::OtherAudience));
        assert!(matches!(verify_at(&message, &key(2), MEMBER, NOW), Err(MessageError::Signature(_))));
        let foreign = invitation().sign("did:web:mallory.example#request", &key(1)).unwrap();
        assert_eq!(verify_at(&foreign, &key(1), MEMBER, NOW), Err(MessageError::ForeignKey));
    }

    #[test]
    fn an_invitation_ends_and_lives_for_fourteen_days_at_most() {
        let message = invitation().sign(&kid(), &key(1)).unwrap();
        let end = Timestamp::from_seconds(invitation().expires_at);
        assert!(verify_at(&message, &key(1), MEMBER, end.plus(SKEW - 1)).is_ok());
        let late = verify_at(&message, &key(1), MEMBER, end.plus(SKEW));
        assert!(matches!(late, Err(MessageError::Claim(ClaimError::Expired { .. }))));
        let longer = Invitation { expires_at: invitation().expires_at + 1, ..invitation() };
        let message = longer.sign(&kid(), &key(1)).unwrap();
        assert_eq!(verify_at(&message, &key(1), MEMBER, NOW), Err(MessageError::LivesTooLong));
        let future = Invitation { issued_at: NOW.plus(SKEW + 1).seconds(), ..invitation() };
        let message = future.sign(&kid(), &key(1)).unwrap();
        assert_eq!(verify_at(&message, &key(1), MEMBER, NOW), Err(MessageError::Malformed));
    }

    #[test]
    fn an_invitation_without_a_name_of_its_own_or_with_more_in_it_is_malformed() {
        for id in [String::new(), "x".repeat(129)] {
            let message = Invitation { id, ..invitation() }.sign(&kid(), &key(1)).unwrap();
            assert_eq!(verify_at(&message, &key(1), MEMBER, NOW), Err(MessageError::Malformed));
        }
        let mut more = serde_json::to_value(invitation()).unwrap();
        more["html"] = "x".into();
        let message = signed::sign(INVITATION_TYPE, &kid(), &more, &key(1)).unwrap();
        assert_eq!(verify_at(&message, &key(1), MEMBER, NOW), Err(MessageError::Malformed));
        let mut other = serde_json::to_value(invitation()).unwrap();
        other["purpose"] = "pay".into();
        let message = signed::sign(INVITATION_TYPE, &kid(), &other, &key(1)).unwrap();
        assert_eq!(verify_at(&message, &key(1), MEMBER, NOW), Err(MessageError::Malformed));
    }

    #[test]
    fn an_invitation_does_not_print_whom_it_is_for() {
        let printed = format!("{:?}", invitation());
        for value in [MEMBER, "ada@", "invited"] {
            assert!(!printed.contains(value), "{printed}");
        }
    }
}

//! Marks: by them it is noticed that somebody has an open invitation, and by nothing else.

use hmac::{Hmac, KeyInit, Mac};
use keyring::KeyringError;
use network::mailbox::Slot;
use openid4vc::secret::{SecretHash, SecretText};
use sha2::Sha256;

use super::Values;
use super::records::Purpose;
use crate::space::{Space, SpaceError};

/// The secret of the keyring under which marks are made.
const MARK_KEY: &str = "invitation-marks";

impl Space {
    /// Whom an invitation is for, so that it is noticed if it comes again: HMAC-SHA-256 (RFC 2104) under a key that only the
    /// keyring holds. A mark of one purpose is none of another.
    pub(super) fn mark(&self, purpose: Purpose, values: &Values) -> Result<SecretHash, SpaceError> {
        let whom = match (&values.number, &values.email) {
            (Some(number), _) => format!("number {number}"),
            (None, email) => format!("mail {}", email.as_deref().unwrap_or_default().to_ascii_lowercase()),
        };
        Ok(SecretHash::from_bytes(self.marked([purpose.name(), &whom])?))
    }

    /// What an answer to the link with `token` frees ([`super::records::OpenFor`]). It is no hash of the link that an invitation
    /// holds, so no invitation leads to a mark before somebody opens its link.
    pub(super) fn freed_by(&self, token: &SecretText) -> Result<SecretHash, SpaceError> {
        Ok(SecretHash::from_bytes(self.marked(["freed by", token.expose()])?))
    }

    /// The slot of this purpose's invitations to `member`, a DID: the newer replaces the older. It says nothing to the mailbox's
    /// host, and is another for every member, so that nobody has another's invitation replaced by naming their mailbox.
    pub(super) fn slot(&self, purpose: Purpose, member: &str) -> Result<Slot, SpaceError> {
        let whole = self.marked(["slot", purpose.name(), member])?;
        let bytes = whole.first_chunk::<{ Slot::LENGTH }>().ok_or(SpaceError::Unreadable)?;
        Ok(Slot::of(*bytes))
    }

    pub(crate) fn marked<const N: usize>(&self, parts: [&str; N]) -> Result<[u8; 32], SpaceError> {
        let key = self.mark_key()?;
        let mut mac = Hmac::<Sha256>::new_from_slice(&key).map_err(|_| SpaceError::Unreadable)?;
        for (position, part) in parts.into_iter().enumerate() {
            if position > 0 {
                mac.update(&[0]);
            }
            mac.update(part.as_bytes());
        }
        Ok(mac.finalize().into_bytes().into())
    }

    fn mark_key(&self) -> Result<[u8; 32], SpaceError> {
        if self.keyring.secret(MARK_KEY)?.is_none() {
            let fresh: [u8; 32] = self.environment().randomness().bytes();
            match self.keyring.put_new_secret(MARK_KEY, &fresh) {
                // Another call was first.
                Ok(()) | Err(KeyringError::SecretExists { .. }) => {}
                Err(error) => return Err(error.into()),
            }
        }
        let key = self.keyring.secret(MARK_KEY)?.ok_or(SpaceError::Unreadable)?;
        key.as_slice().try_into().map_err(|_| SpaceError::Unreadable)
    }
}

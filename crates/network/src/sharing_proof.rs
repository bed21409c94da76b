//! Proof of sharing: the space's signed promise of exactly what it was given and on which terms.
//!
//! The proof carries the leaf of the space's log, and for each claim the nonce that opens the leaf's commitment.
//! With it the holder alone can show later that an entry of the log is about its data, and a space that kept the
//! data but not the entry is caught.

use environment::{Randomness, Timestamp};
use jose::{Signer, SigningFailed, VerifyingKey};
use ledger::{Commitment, CommitmentNonce, Entry, EntryKind, Leaf, LeafId};
use serde::{Deserialize, Serialize};

use crate::MessageError;
use crate::claims::Audience;
use crate::seen_in_team::SeenInTeam;
use crate::signed;

/// The `typ` of a proof of sharing.
pub const TYPE: &str = "passport-sharing-proof+jwt";

/// The answering key, by its RFC 7638 thumbprint.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Confirmation {
    /// base64url SHA-256 thumbprint.
    #[serde(rename = "jkt")]
    pub thumbprint: String,
}

/// One claim that was shared.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SharedClaim {
    /// The claim's path, joined by `.`.
    pub claim: String,
    /// The credential type it came in.
    pub vct: String,
    /// base64url SHA-256 of the disclosure as it was sent (RFC 9901 §4.2.3).
    pub digest: String,
    /// Opens the leaf's commitment.
    pub nonce: CommitmentNonce,
    /// Whether the space said that it needs the claim.
    pub needed: bool,
    /// The registered purpose.
    pub purpose: String,
    /// Who may see it.
    pub audience: Audience,
    /// Who of the team sees it, as long as the audience is the team.
    #[serde(default, skip_serializing_if = "SeenInTeam::is_team")]
    pub seen_in_team: SeenInTeam,
    /// Days for which it is kept when the membership has ended; while nobody is a member yet, days from
    /// [`ProofOfSharing::issued_at`] on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kept_days: Option<u32>,
    /// When it goes at the latest, whatever becomes of the membership, in seconds since the epoch.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kept_until: Option<i64>,
}

impl SharedClaim {
    /// When it goes if nobody becomes a member; none if no end was promised. Of a member's data [`Self::kept_days`] counts
    /// from the end of the membership.
    #[must_use]
    pub fn ends_without_membership(&self, shared_at: Timestamp) -> Option<Timestamp> {
        let days = self.kept_days.map(|days| shared_at.plus(i64::from(days).saturating_mul(86_400)));
        let until = self.kept_until.map(Timestamp::from_seconds);
        days.into_iter().chain(until).min()
    }
}

/// The entry of the log, and the promise that it will be in there where the log is served.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogPromise {
    /// The log's address; absent where no log is served, and then nothing is promised but the leaf.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub log: Option<String>,
    /// The leaf.
    pub leaf: Leaf,
    /// The longest delay until the leaf is in a signed checkpoint of that log, in seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub within: Option<u32>,
}

/// A proof of sharing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProofOfSharing {
    /// The space's DID.
    #[serde(rename = "iss")]
    pub issuer: String,
    /// When the answer was stored, in seconds since the epoch.
    #[serde(rename = "iat")]
    pub issued_at: i64,
    /// A random identifier.
    #[serde(rename = "jti")]
    pub id: String,
    /// base64url hash of the request object that was answered.
    pub request: String,
    /// The answering key.
    #[serde(rename = "cnf")]
    pub confirmation: Confirmation,
    /// What was shared, in the order of the leaf's items.
    pub shared: Vec<SharedClaim>,
    /// The entry in the space's log.
    pub log: LogPromise,
}

/// What a proof of sharing is made of.
#[derive(Clone, Debug)]
pub struct NewProof<'a> {
    /// The DID of who got the data.
    pub issuer: &'a str,
    /// base64url hash of the request object that was answered.
    pub request: &'a str,
    /// Thumbprint of the answering key.
    pub holder: &'a str,
    /// The registered purpose.
    pub purpose: &'a str,
    /// What was shared.
    pub shared: Vec<SharedClaim>,
}

impl NewProof<'_> {
    /// The proof, with the leaf that commits to what was shared. It promises no log: none is served yet.
    ///
    /// # Errors
    /// [`MessageError::Malformed`] when a digest is not one.
    pub fn make(self, now: Timestamp, randomness: &dyn Randomness) -> Result<ProofOfSharing, MessageError> {
        let mut entry = Entry::new(EntryKind::Answered, now).with_purpose(self.purpose);
        for shared in &self.shared {
            let digest =
                jose::base64url::decode_exact(&shared.digest).map_err(|_| MessageError::Malformed)?;
            entry = entry.committing(shared.claim.clone(), Commitment::new(&shared.nonce, &digest));
        }
        Ok(ProofOfSharing {
            issuer: self.issuer.to_owned(),
            issued_at: now.seconds(),
            id: jose::base64url::encode(randomness.bytes::<16>()),
            request: self.request.to_owned(),
            confirmation: Confirmation { thumbprint: self.holder.to_owned() },
            shared: self.shared,
            log: LogPromise {
                log: None,
                leaf: Leaf::new(LeafId::generate(randomness), &entry),
                within: None,
            },
        })
    }
}

/// What a wallet knows of its own answer and expects to find in the proof.
#[derive(Clone, Copy, Debug)]
pub struct Expected<'a> {
    /// The space's DID.
    pub space: &'a str,
    /// base64url hash of the request object.
    pub request: &'a str,
    /// Thumbprint of the answering key.
    pub holder: &'a str,
    /// Claim path and base64url digest of every disclosure that was sent.
    pub shared: &'a [(String, String)],
}

impl ProofOfSharing {
    /// Signs the proof under the DID URL `kid`.
    ///
    /// # Errors
    /// [`SigningFailed`].
    pub fn sign(&self, kid: &str, signer: &dyn Signer) -> Result<String, SigningFailed> {
        signed::sign(TYPE, kid, self, signer)
    }

    /// The DID URL of the key that is said to have signed `message`; nothing is checked.
    ///
    /// # Errors
    /// [`MessageError`] when there is none.
    pub fn signing_key(message: &str) -> Result<String, MessageError> {
        signed::kid(message)
    }

    /// Checks a proof against what the wallet sent: same request, same key, the same claims and no others, and a
    /// leaf whose commitments open to them.
    ///
    /// # Errors
    /// See [`MessageError`].
    pub fn verify(
        message: &str,
        key: &VerifyingKey,
        expected: &Expected<'_>,
        now: Timestamp,
    ) -> Result<Self, MessageError> {
        let proof: Self = signed::verify(message, TYPE, expected.space, key, now)?;
        if proof.request != expected.request {
            return Err(MessageError::OtherRequest);
        }
        if proof.confirmation.thumbprint != expected.holder {
            return Err(MessageError::OtherHolder);
        }
        proof.check_claims(expected.shared)?;
        proof.check_leaf()?;
        Ok(proof)
    }

    fn check_claims(&self, sent: &[(String, String)]) -> Result<(), MessageError> {
        let mut sent: Vec<(&str, &str)> =
            sent.iter().map(|(claim, digest)| (claim.as_str(), digest.as_str())).collect();
        let mut named: Vec<(&str, &str)> =
            self.shared.iter().map(|shared| (shared.claim.as_str(), shared.digest.as_str())).collect();
        sent.sort_unstable();
        named.sort_unstable();
        if sent == named { Ok(()) } else { Err(MessageError::OtherClaims) }
    }

    fn check_leaf(&self) -> Result<(), MessageError> {
        let entry = self.log.leaf.entry().map_err(|_| MessageError::Malformed)?;
        if entry.items.len() != self.shared.len() {
            return Err(MessageError::OtherClaims);
        }
        for (item, shared) in entry.items.iter().zip(&self.shared) {
            let digest =
                jose::base64url::decode_exact(&shared.digest).map_err(|_| MessageError::Malformed)?;
            let opens = item.claim == shared.claim
                && item
                    .commitment
                    .as_ref()
                    .is_some_and(|commitment: &Commitment| commitment.opens_with(&shared.nonce, &digest));
            if !opens {
                return Err(MessageError::DoesNotOpen { claim: shared.claim.clone() });
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;

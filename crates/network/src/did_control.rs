//! Proof of control: the member's word, by the key `#sign` of a DID, that the DID belongs to whoever holds an answering key.
//!
//! A DID log is public, so that leaving one somewhere proves nothing. With this proof beside it an office may give a
//! passport anew for a DID that lies there already (specs/flows.md §2).

use environment::Timestamp;
use jose::{Signer, SigningFailed, VerifyingKey};
use serde::{Deserialize, Serialize};

use crate::MessageError;
use crate::sharing_proof::Confirmation;
use crate::signed::{self, SKEW};

/// The `typ` of a proof of control.
pub const TYPE: &str = "passport-did-control+jwt";
/// The header in which it travels beside a log.
pub const HEADER: &str = "passport-did-control";
/// The fragment of the key that signs.
pub const KEY: &str = "sign";
/// For how many seconds a proof counts.
const LIFETIME: i64 = 300;

/// A proof of control.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DidControl {
    /// The member's DID.
    #[serde(rename = "iss")]
    pub did: String,
    /// The address at which the log is left: the proof counts there and nowhere else.
    #[serde(rename = "aud")]
    pub upload_uri: String,
    /// When it was made, in seconds since the epoch.
    #[serde(rename = "iat")]
    pub issued_at: i64,
    /// The answering key.
    #[serde(rename = "cnf")]
    pub confirmation: Confirmation,
}

impl DidControl {
    /// Signs the proof with the DID's key [`KEY`].
    ///
    /// # Errors
    /// [`SigningFailed`].
    pub fn sign(&self, signer: &dyn Signer) -> Result<String, SigningFailed> {
        signed::sign(TYPE, &format!("{}#{KEY}", self.did), self, signer)
    }

    /// Checks that whoever signed `message` with `key` speaks for `did`, at `upload_uri`, of the key with thumbprint `holder`,
    /// and just now.
    ///
    /// # Errors
    /// See [`MessageError`].
    pub fn verify(
        message: &str,
        key: &VerifyingKey,
        did: &str,
        upload_uri: &str,
        holder: &str,
        now: Timestamp,
    ) -> Result<(), MessageError> {
        let control: Self = signed::verify(message, TYPE, did, key, now)?;
        if control.upload_uri != upload_uri {
            return Err(MessageError::OtherRequest);
        }
        if control.confirmation.thumbprint != holder {
            return Err(MessageError::OtherHolder);
        }
        let is_fresh = now.since(Timestamp::from_seconds(control.issued_at)) <= LIFETIME.saturating_add(SKEW);
        if is_fresh { Ok(()) } else { Err(MessageError::Malformed) }
    }
}

#[cfg(test)]
mod tests {
    use environment::SeededRandomness;
    use jose::{Algorithm, SigningKey};

    use super::*;

    const DID: &str = "did:example:ada";
    const AT: &str = "https://office.example/did-log/1";
    const NOW: Timestamp = Timestamp::from_seconds(10_000);

    fn key(seed: u64) -> SigningKey {
        SigningKey::generate(Algorithm::Es256, &SeededRandomness::new(seed)).unwrap()
    }

    fn control() -> DidControl {
        DidControl {
            did: DID.to_owned(),
            upload_uri: AT.to_owned(),
            issued_at: NOW.seconds(),
            confirmation: Confirmation { thumbprint: "holder".to_owned() },
        }
    }

    fn verify(control: &DidControl, signer: &SigningKey, now: Timestamp) -> Result<(), MessageError> {
        let message = control.sign(signer).unwrap();
        let ready = VerifyingKey::new(key(1).public_jwk()).unwrap();
        DidControl::verify(&message, &ready, DID, AT, "holder", now)
    }

    #[test]
    fn the_key_of_the_did_speaks_for_it_at_one_place_for_one_key_and_for_five_minutes() {
        assert_eq!(verify(&control(), &key(1), NOW), Ok(()));
        assert_eq!(verify(&control(), &key(1), NOW.plus(360)), Ok(()));
        assert_eq!(verify(&control(), &key(1), NOW.plus(361)), Err(MessageError::Malformed));
        let elsewhere = DidControl { upload_uri: format!("{AT}0"), ..control() };
        assert_eq!(verify(&elsewhere, &key(1), NOW), Err(MessageError::OtherRequest));
        let other = Confirmation { thumbprint: "other".to_owned() };
        let other = DidControl { confirmation: other, ..control() };
        assert_eq!(verify(&other, &key(1), NOW), Err(MessageError::OtherHolder));
        let of_another = DidControl { did: "did:example:eve".to_owned(), ..control() };
        assert_eq!(verify(&of_another, &key(1), NOW), Err(MessageError::ForeignKey));
        assert!(matches!(verify(&control(), &key(2), NOW), Err(MessageError::Signature(_))));
    }
}

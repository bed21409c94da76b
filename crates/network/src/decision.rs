//! The signed outcome of a sign-up.

use environment::Timestamp;
use jose::{Signer, SigningFailed, VerifyingKey};
use serde::{Deserialize, Serialize};

use crate::MessageError;
use crate::sharing_proof::Confirmation;
use crate::signed;

/// The `typ` of a decision.
pub const TYPE: &str = "passport-decision+jwt";

/// How a sign-up ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// The member has joined; an offer of the membership follows.
    Approved,
    /// The space said no; the applicant's data is deleted.
    Declined,
}

/// A decision about one sign-up.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Decision {
    /// The space's DID.
    #[serde(rename = "iss")]
    pub issuer: String,
    /// When it was decided, in seconds since the epoch.
    #[serde(rename = "iat")]
    pub issued_at: i64,
    /// base64url hash of the request object that was answered.
    pub request: String,
    /// The answering key, by thumbprint.
    #[serde(rename = "cnf")]
    pub confirmation: Confirmation,
    /// The outcome.
    pub outcome: Outcome,
    /// Whether a rule or a person decided: a person must be reachable where a rule did (GDPR Article 22).
    pub by: DecidedBy,
    /// Why a rule decided so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub because: Option<Because>,
    /// The rules by which it was decided: the form's name and which version of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rules: Option<Rules>,
    /// A plain sentence for the applicant.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Where to appeal.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub appeal: Option<String>,
}

/// Who decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DecidedBy {
    /// A rule of the space, at once.
    Rule,
    /// A person of the space's team.
    Person,
    /// Software of the space's own, by what it knows: a person must be reachable there, too.
    Software,
}

/// Why a rule decided as it did.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Because {
    /// All that was needed was shared.
    Complete,
    /// A place was free.
    PlaceFree,
    /// The checked mail address is of none of the domains that the space takes.
    EmailDomain,
}

/// Rules of a space as they stood when it asked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rules {
    /// The form's name.
    pub form: String,
    /// Which version, counted from 1.
    pub version: u32,
}

impl Decision {
    /// Signs the decision under the DID URL `kid`.
    ///
    /// # Errors
    /// [`SigningFailed`].
    pub fn sign(&self, kid: &str, signer: &dyn Signer) -> Result<String, SigningFailed> {
        signed::sign(TYPE, kid, self, signer)
    }

    /// Checks a decision of `space` about `request`, bound to the key with thumbprint `holder`.
    ///
    /// # Errors
    /// See [`MessageError`].
    pub fn verify(
        message: &str,
        space: &str,
        key: &VerifyingKey,
        request: &str,
        holder: &str,
        now: Timestamp,
    ) -> Result<Self, MessageError> {
        let decision: Self = signed::verify(message, TYPE, space, key, now)?;
        if decision.request != request {
            return Err(MessageError::OtherRequest);
        }
        if decision.confirmation.thumbprint != holder {
            return Err(MessageError::OtherHolder);
        }
        Ok(decision)
    }
}

#[cfg(test)]
mod tests {
    use environment::SeededRandomness;
    use jose::{Algorithm, SigningKey};

    use super::*;

    fn decision() -> Decision {
        Decision {
            issuer: "did:example:space".to_owned(),
            issued_at: 100,
            request: "request".to_owned(),
            confirmation: Confirmation { thumbprint: "holder".to_owned() },
            outcome: Outcome::Approved,
            by: DecidedBy::Rule,
            because: Some(Because::Complete),
            rules: Some(Rules { form: "sign-up".to_owned(), version: 3 }),
            reason: None,
            appeal: None,
        }
    }

    #[test]
    fn a_decision_is_taken_for_its_own_request_holder_and_space_only() {
        let key = SigningKey::generate(Algorithm::Es256, &SeededRandomness::new(1)).unwrap();
        let ready = VerifyingKey::new(key.public_jwk()).unwrap();
        let message = decision().sign("did:example:space#log", &key).unwrap();
        let now = Timestamp::from_seconds(100);
        let check = |space, request, holder| Decision::verify(&message, space, &ready, request, holder, now);
        assert_eq!(check("did:example:space", "request", "holder").unwrap(), decision());
        assert_eq!(check("did:example:other", "request", "holder"), Err(MessageError::ForeignKey));
        assert_eq!(check("did:example:space", "another", "holder"), Err(MessageError::OtherRequest));
        assert_eq!(check("did:example:space", "request", "another"), Err(MessageError::OtherHolder));
    }
}

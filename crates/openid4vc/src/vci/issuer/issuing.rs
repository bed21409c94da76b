//! What is issued to whoever showed an access token, and what became of it (OpenID4VCI 1.0 §8, §11).

use environment::{Randomness, Timestamp};
use jose::Jwk;
use serde::{Deserialize, Serialize};

use super::{Access, Authorized, Flow, Grant};
use crate::secret::{SecretHash, SecretText};
use crate::timed_nonce::{NonceKey, NonceUse};
use crate::vci::attestation::provider::ListedStatus;
use crate::vci::credential::{CredentialError, CredentialRequest, Proofs, Wanted};
use crate::vci::notification::{Event, NotificationError, NotificationRequest};
use crate::vci::proof::{self, Attesters, ProvedKeys, Rules};

/// A credential, or a batch, that was issued.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::vci) struct Issued {
    pub(in crate::vci) configuration: String,
    pub(in crate::vci) notification: SecretHash,
    pub(in crate::vci) event: Option<Event>,
}

/// What the issuer knows when it looks at proofs.
#[derive(Clone, Copy)]
pub struct ProofRules<'a> {
    /// The issuer's identifier.
    pub credential_issuer: &'a str,
    /// The key of our nonces.
    pub nonces: &'a NonceKey,
    /// See [`Rules::key_of`].
    pub key_of: &'a dyn Fn(&str) -> Option<Jwk>,
    /// See [`Rules::attested`].
    pub attested: Option<Attesters<'a>>,
}

/// What is to be issued: one credential for each key, or one without a key.
#[derive(Clone, Debug)]
pub struct Order {
    /// Which configuration.
    pub configuration: String,
    /// The keys, all different; empty for a credential that is bound to none.
    pub keys: Vec<Jwk>,
    /// The nonces that were used: store them if a nonce is to be used once.
    pub nonces: Vec<NonceUse>,
    /// Where the attestations of the keys are listed, as far as they are: to be asked before anything is issued.
    pub statuses: Vec<ListedStatus>,
    /// Goes into the response.
    pub notification_id: SecretText,
}

/// What follows from a credential request that is granted.
#[derive(Clone, Debug)]
pub struct CredentialStep {
    /// The next state.
    pub next: Flow,
    /// What to sign and send.
    pub order: Order,
}

/// What follows from a notification.
#[derive(Clone, Debug)]
pub struct NotificationStep {
    /// The next state.
    pub next: Flow,
    /// Which configuration it is about.
    pub configuration: String,
    /// What became of it.
    pub event: Event,
}

impl Authorized {
    /// Takes a credential request. A refusal changes nothing.
    ///
    /// # Errors
    /// See [`CredentialError`].
    pub fn credential(
        self,
        request: &CredentialRequest,
        rules: &ProofRules<'_>,
        now: Timestamp,
        randomness: &dyn Randomness,
    ) -> Result<CredentialStep, CredentialError> {
        let mut access = self.access;
        let grant = access.granted(&request.wanted)?.clone();
        if access.has_issued(&grant.configuration) {
            return Err(CredentialError::AlreadyIssued);
        }
        let proved = access.proofs(request, &grant, rules, now)?;
        let notification_id = SecretText::random(randomness);
        access.issued.push(Issued {
            configuration: grant.configuration.clone(),
            notification: notification_id.hash(),
            event: None,
        });
        // What was promised before is given now.
        access.waiting.retain(|waiting| waiting.configuration != grant.configuration);
        let ProvedKeys { keys, nonces, statuses } = proved;
        let order = Order { configuration: grant.configuration, keys, nonces, statuses, notification_id };
        Ok(CredentialStep { next: access.into_flow(), order })
    }

    /// Takes a notification; the same one may come again. What was promised is given no more, whatever became of it: it came.
    ///
    /// # Errors
    /// [`NotificationError::UnknownIdentifier`].
    pub fn notification(self, request: &NotificationRequest) -> Result<NotificationStep, NotificationError> {
        let mut access = self.access;
        let issued = access
            .issued
            .iter_mut()
            .find(|issued| issued.notification.matches(request.id.expose()))
            .ok_or(NotificationError::UnknownIdentifier)?;
        issued.event = Some(request.event);
        let configuration = issued.configuration.clone();
        access.waiting.retain(|waiting| waiting.configuration != configuration);
        Ok(NotificationStep { next: access.into_flow(), configuration, event: request.event })
    }
}

impl Access {
    pub(super) fn has_issued(&self, configuration: &str) -> bool {
        self.issued.iter().any(|issued| issued.configuration == configuration)
    }

    fn granted(&self, wanted: &Wanted) -> Result<&Grant, CredentialError> {
        let find = |fits: &dyn Fn(&Grant) -> bool| self.grants.iter().find(|grant| fits(grant));
        match wanted {
            Wanted::Identifier(identifier) => {
                let named =
                    find(&|grant| self.by_identifier && identifier_of(&grant.configuration) == *identifier);
                named.ok_or(CredentialError::UnknownIdentifier)
            }
            Wanted::Configuration(configuration) => {
                let grant = find(&|grant| grant.configuration == *configuration);
                let grant = grant.ok_or(CredentialError::UnknownConfiguration)?;
                // §8.2: the identifiers of the token response must be used.
                if self.by_identifier { Err(CredentialError::WrongKindOfIdentifier) } else { Ok(grant) }
            }
        }
    }

    fn proofs(
        &self,
        request: &CredentialRequest,
        grant: &Grant,
        rules: &ProofRules<'_>,
        now: Timestamp,
    ) -> Result<ProvedKeys, CredentialError> {
        if !grant.key_bound {
            return Ok(ProvedKeys::default());
        }
        let most = usize::try_from(self.batch_size.max(1)).unwrap_or(usize::MAX);
        match &request.proofs {
            Proofs::Jwt(proofs) if proofs.is_empty() => return Err(CredentialError::ProofMissing),
            Proofs::Jwt(proofs) if proofs.len() > most => return Err(CredentialError::TooManyProofs),
            Proofs::Attestation(_) if rules.attested.is_none() => return Err(CredentialError::ProofType),
            _ => {}
        }
        let rules = Rules {
            credential_issuer: rules.credential_issuer,
            nonces: rules.nonces,
            nonce_lifetime: self.nonce_lifetime,
            client_id: self.client_id.as_deref(),
            key_of: rules.key_of,
            attested: rules.attested,
            now,
        };
        Ok(proof::verify_request(&request.proofs, most, &rules)?)
    }
}

/// One credential data set for each configuration: its identifier need only differ from the configuration's name.
pub(super) fn identifier_of(configuration: &str) -> String {
    format!("{configuration}:1")
}

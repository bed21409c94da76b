//! How the wallet proves that keys are its own (OpenID4VCI 1.0 Appendix F).

use jose::{Algorithm, Jwk};
use openid4vc::vci::credential::Proofs;
use openid4vc::vci::metadata::CredentialConfiguration;
use openid4vc::vci::proof::NewProof;
use openid4vc::vci::wallet::WalletError;

use super::AcceptError;
use crate::keys::{HolderKey, KeysError};
use crate::wallet::Wallet;

/// What an issuer wants to see for a credential.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum KindOfProof {
    /// A proof by each key.
    Jwt,
    /// The same, with the provider's word for all of them in the one proof that is sent (Appendix D).
    JwtAndAttestation,
    /// The provider's word alone.
    Attestation,
}

impl KindOfProof {
    /// What this configuration takes of what the wallet can do, the least first.
    pub(super) fn of(configuration: &CredentialConfiguration, attested: bool) -> Result<Self, WalletError> {
        let takes = |names: &[String]| names.iter().any(|name| name == Algorithm::Es256.name());
        if let Some(required) = &configuration.key_attestations_required {
            // Keys in a folder are kept in software, and nobody can honestly say more of them.
            if !required.key_storage.is_empty() || !required.user_authentication.is_empty() {
                return Err(WalletError::ProofNotSpoken("keys in certified storage"));
            }
        }
        let kind = match &configuration.key_attestations_required {
            None if takes(&configuration.proof_algorithms) => Self::Jwt,
            Some(_) if takes(&configuration.proof_algorithms) => Self::JwtAndAttestation,
            _ if takes(&configuration.attestation_algorithms) => Self::Attestation,
            _ => return Err(WalletError::ProofNotSpoken("proofs of another type or algorithm")),
        };
        if kind != Self::Jwt && !attested { Err(WalletError::AttestationNeeded) } else { Ok(kind) }
    }
}

/// What proofs are made for.
#[derive(Clone, Copy)]
pub(super) struct ProofFor<'a> {
    pub(super) credential_issuer: &'a str,
    pub(super) nonce: Option<&'a str>,
    /// How the wallet named itself when it got the token, if it did.
    pub(super) client_id: Option<&'a str>,
}

impl Wallet {
    /// Proofs for all keys.
    pub(super) async fn prove(
        &self,
        kind: KindOfProof,
        keys: &[HolderKey],
        about: ProofFor<'_>,
    ) -> Result<Proofs, AcceptError> {
        match kind {
            KindOfProof::Jwt => Ok(Proofs::Jwt(self.proofs(keys, about, None).await?)),
            KindOfProof::JwtAndAttestation => {
                let attestation = self.keys_attested(keys, about).await?;
                // One proof speaks for all keys that the attestation in it names (Appendix F.1).
                let first = keys.get(..1).unwrap_or_default();
                Ok(Proofs::Jwt(self.proofs(first, about, Some(&attestation)).await?))
            }
            KindOfProof::Attestation => Ok(Proofs::Attestation(self.keys_attested(keys, about).await?)),
        }
    }

    async fn proofs(
        &self,
        keys: &[HolderKey],
        about: ProofFor<'_>,
        key_attestation: Option<&str>,
    ) -> Result<Vec<String>, KeysError> {
        let now = self.now();
        let keys: Vec<&HolderKey> = keys.iter().collect();
        self.all_signed(&keys, |key, signer| {
            let proof = NewProof {
                key: key.public_jwk(),
                credential_issuer: about.credential_issuer,
                nonce: about.nonce,
                client_id: about.client_id,
                key_attestation,
            };
            Ok(proof.to_sign(now).sign(signer)?)
        })
        .await
    }

    async fn keys_attested(&self, keys: &[HolderKey], about: ProofFor<'_>) -> Result<String, AcceptError> {
        let provider = self.provider.as_ref().ok_or(WalletError::AttestationNeeded)?;
        let keys: Vec<Jwk> = keys.iter().map(|key| key.public_jwk().clone()).collect();
        Ok(provider.attest_keys(&keys, about.nonce).await?)
    }
}

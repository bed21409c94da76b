//! Checking what an issuer sent (OpenID4VCI 1.0 §8.3, SD-JWT VC, RFC 9901 §7.2).

use std::collections::BTreeSet;

use credentials::type_metadata;
use credentials::vc::{Types, Unverified};
use environment::Timestamp;
use jose::VerifyingKey;
use openid4vc::secret::SecretText;

use super::{AcceptError, marks};
use crate::flows::origin::host_of;
use crate::keys::HolderKey;
use crate::records::{HeldCredential, Noted, PrivateKey};
use crate::trust::{SignerEvidence, TrustError, TrustedIssuer};
use crate::wallet::Wallet;

/// Clocks of issuer and wallet may differ by this much, in seconds.
pub(in crate::flows) const SKEW: i64 = 60;

/// What the wallet asked for.
#[derive(Clone, Copy)]
pub(crate) struct Expected<'a> {
    pub(crate) issuer: &'a str,
    /// The DID that must have signed, if it is known beforehand.
    pub(crate) signer: Option<&'a str>,
    pub(crate) configuration: &'a str,
    pub(crate) vct: &'a str,
    pub(crate) label: Option<&'a str>,
    /// When it came: its dates are looked at by that day.
    pub(crate) came_at: Timestamp,
}

/// A credential that passed, and the key it is bound to.
pub(crate) struct Checked {
    pub(crate) key_id: String,
    pub(crate) key: PrivateKey,
    pub(crate) credential: HeldCredential,
}

impl Wallet {
    /// Checks all credentials of one answer; one that is not in order spoils all.
    pub(crate) async fn check_credentials(
        &self,
        expected: &Expected<'_>,
        credentials: &[SecretText],
        keys: &[HolderKey],
    ) -> Result<Vec<Checked>, AcceptError> {
        let mut checked: Vec<Checked> = Vec::with_capacity(credentials.len());
        for compact in credentials {
            checked.push(self.check_credential(expected, compact.expose(), keys).await?);
        }
        if has_a_key_twice(checked.iter()) {
            return Err(AcceptError::KeyTwice);
        }
        marks::check_batch(expected.issuer, checked.iter().map(|one| &one.credential), expected.came_at)?;
        Ok(checked)
    }

    /// Checks the credentials of all answers for one configuration. A party of the network says one thing by one: they are
    /// copies of each other, and have no mark by coming apart. Elsewhere each identifier may stand for something else.
    pub(super) fn check_together(
        &self,
        expected: &Expected<'_>,
        checked: &[Checked],
    ) -> Result<(), AcceptError> {
        if has_a_key_twice(checked.iter().filter(|one| one.credential.network.is_some())) {
            return Err(AcceptError::KeyTwice);
        }
        marks::check_batch(expected.issuer, checked.iter().map(|one| &one.credential), expected.came_at)
    }

    async fn check_credential(
        &self,
        expected: &Expected<'_>,
        compact: &str,
        keys: &[HolderKey],
    ) -> Result<Checked, AcceptError> {
        let credential = Unverified::parse(compact, Types::Current)?;
        let issuer = self.issuer_of(&credential, expected).await?;
        let key = VerifyingKey::new(&issuer.key)?;
        let verified = credential.verify(&key, self.now(), SKEW)?;
        if verified.facts().vct() != expected.vct {
            return Err(AcceptError::OtherType);
        }
        // Of our own types everything is known; a foreign one would have to be asked for.
        if let Some(metadata) = type_metadata::built_in(expected.vct) {
            metadata.check_issued(verified.processed())?;
        }
        let bound = verified.facts().holder_key().ok_or(AcceptError::OtherKey)?;
        let key = keys.iter().find(|key| key.public_jwk() == bound).ok_or(AcceptError::OtherKey)?;
        let expires_at = verified.facts().expires().map(|expires| expires.seconds());
        let compact = verified.into_held()?.sd_jwt().to_compact();
        let credential = HeldCredential {
            vct: expected.vct.to_owned(),
            configuration: expected.configuration.to_owned(),
            label: expected.label.map(str::to_owned),
            issuer: expected.issuer.to_owned(),
            issuer_name: issuer.name,
            issuer_did: issuer.did,
            network: issuer.network,
            network_id: issuer.network_id,
            expires_at,
            revoked: false,
            suspended: false,
            noted: Some(Noted::of(&compact)),
            compact,
        };
        Ok(Checked { key_id: key.thumbprint(), key: key.kept(), credential })
    }

    async fn issuer_of(
        &self,
        credential: &Unverified,
        expected: &Expected<'_>,
    ) -> Result<TrustedIssuer, AcceptError> {
        let evidence = SignerEvidence::of_credential(credential.issued_by())?
            .ok_or(AcceptError::Trust(TrustError::NotItsType))?;
        let issuer = self.trust.issuer(&evidence, expected.vct).await?;
        // In the network a party offers what it signs itself.
        if let Some(host) = &issuer.host
            && host_of(expected.issuer).as_deref() != Some(host.as_str())
        {
            return Err(AcceptError::OtherIssuer);
        }
        if expected.signer.is_some_and(|signer| issuer.did.as_deref() != Some(signer)) {
            return Err(AcceptError::OtherIssuer);
        }
        Ok(issuer)
    }
}

fn has_a_key_twice<'a>(checked: impl Iterator<Item = &'a Checked>) -> bool {
    let mut seen = BTreeSet::new();
    !checked.into_iter().all(|one| seen.insert(one.key_id.as_str()))
}

//! What a member holds, is promised and was not given, without anybody having signed it.

use environment::SeededRandomness;
use jose::{Algorithm, SigningKey};

use super::NotMade;
use crate::records::{AwaitedCredentials, Copy, HeldCredential, NotGiven, Noted, PrivateKey};
use crate::vault::Vault;

/// What is held of one kind.
#[derive(Clone, Copy, Debug)]
pub struct MadeKind<'a> {
    /// The type.
    pub vct: &'a str,
    /// What its issuer calls it.
    pub label: Option<&'a str>,
    /// The issuer's address.
    pub issuer: &'a str,
    /// Its name.
    pub name: &'a str,
    /// Whether the network admitted it.
    pub in_network: bool,
    /// How many copies there are, and how many of them were shown.
    pub copies: (usize, usize),
    /// When they expire, in seconds since the epoch.
    pub expires_at: Option<i64>,
    /// Whether their issuer has revoked them.
    pub revoked: bool,
    /// Whether it has suspended them.
    pub suspended: bool,
}

impl Default for MadeKind<'_> {
    fn default() -> Self {
        Self {
            vct: "urn:example:kind",
            label: None,
            issuer: "https://issuer.example",
            name: "Issuer",
            in_network: false,
            copies: (1, 0),
            expires_at: None,
            revoked: false,
            suspended: false,
        }
    }
}

/// Holds these, each with a number that tells it from others.
///
/// # Errors
/// The vault, or a key.
pub async fn hold(vault: &Vault, kinds: &[MadeKind<'_>]) -> Result<(), NotMade> {
    let key = SigningKey::generate(Algorithm::Es256, &SeededRandomness::new(5))?;
    let mut batch = vault.batch();
    for (number, kind) in kinds.iter().enumerate() {
        let credential = HeldCredential {
            vct: kind.vct.to_owned(),
            configuration: "made".to_owned(),
            label: kind.label.map(str::to_owned),
            issuer: kind.issuer.to_owned(),
            issuer_name: kind.name.to_owned(),
            issuer_did: Some("did:web:issuer.example".to_owned()),
            network: kind.in_network.then(|| "The network".to_owned()),
            network_id: None,
            expires_at: kind.expires_at,
            revoked: kind.revoked,
            suspended: kind.suspended,
            noted: Some(Noted { status: None, says: format!("{number}") }),
            compact: String::new(),
        };
        let (all, used) = kind.copies;
        for copy in 0..all {
            batch = batch.put(&Copy {
                id: format!("{number} {copy} {}", kind.vct),
                key: PrivateKey::of(&key),
                credentials: vec![credential.clone()],
                received_at: 1_794_000_000,
                used_at: (copy < used).then_some(1_794_000_000),
            })?;
        }
    }
    Ok(batch.commit().await?)
}

/// Somebody has promised this kind, and is not asked for it before a moment.
///
/// # Errors
/// The vault, or a key.
pub async fn promise(vault: &Vault, id: &str, kind: &MadeKind<'_>, not_before: i64) -> Result<(), NotMade> {
    let key = SigningKey::generate(Algorithm::Es256, &SeededRandomness::new(6))?;
    let awaited = AwaitedCredentials {
        id: id.to_owned(),
        deferred: None,
        dpop_key: PrivateKey::of(&key),
        keys: Vec::new(),
        configuration: "made".to_owned(),
        vct: kind.vct.to_owned(),
        label: kind.label.map(str::to_owned),
        issuer: kind.issuer.to_owned(),
        claimed_name: Some(kind.name.to_owned()),
        offer: None,
        signer: None,
        follow_up: None,
        not_before,
        since: Some(1_794_000_000),
        last_tried_since: None,
        taken: Vec::new(),
        arrival: None,
    };
    Ok(vault.put(&awaited).await?)
}

/// Somebody has promised this kind and said no, in these words.
///
/// # Errors
/// The vault.
pub async fn not_give(
    vault: &Vault,
    id: &str,
    kind: &MadeKind<'_>,
    at: i64,
    said: &str,
) -> Result<(), NotMade> {
    let not_given = NotGiven {
        id: id.to_owned(),
        vct: kind.vct.to_owned(),
        label: kind.label.map(str::to_owned),
        issuer: kind.issuer.to_owned(),
        claimed_name: Some(kind.name.to_owned()),
        at,
        code: "credential_request_denied".to_owned(),
        is_their_word: true,
        said: Some(said.to_owned()),
    };
    Ok(vault.put(&not_given).await?)
}

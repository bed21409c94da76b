//! A member of spaces without anybody having been asked, and a holder of keys who is not the wallet: for tests of the wallet and of
//! what stands above it.

mod holder;
mod member;

use credentials::types;
use environment::SeededRandomness;
use jose::{Algorithm, KeyError, Signer, SigningKey};
use network::claims::Audience;
use network::seen_in_team::SeenInTeam;
use serde_json::Value;

mod full;
mod kinds;

pub use full::{Signed, hold_number, hold_signed, receive_hello, receive_mail, tell};
pub use kinds::{MadeKind, hold, not_give, promise};

use crate::records::{
    Copy, Given, GivenClaim, GivenValue, HeldCredential, KeptAccess, KeptAnswer, KnownSpace, PrivateKey,
    same_as,
};
use crate::vault::{Vault, VaultError};

pub use crate::carrying::{begun as file_begun, brought as file_brought, secret as file_secret};
pub use holder::{Conduct, Holder};
pub use member::{Fields, MemberKeys, Split, salt_of_name};

/// A space, and what it has.
#[derive(Clone, Copy, Debug)]
pub struct MadeSpace<'a> {
    /// Its DID.
    pub did: &'a str,
    /// Its name.
    pub name: &'a str,
    /// Its host.
    pub host: &'a str,
    /// Whether it is a passport office.
    pub is_office: bool,
    /// What it was given: claim, type and value.
    pub given: &'a [(&'a str, &'a str, Value)],
}

/// Why a member could not be made.
#[derive(Debug, thiserror::Error)]
pub enum NotMade {
    /// The vault.
    #[error(transparent)]
    Vault(#[from] VaultError),
    /// A key.
    #[error(transparent)]
    Key(#[from] KeyError),
}

/// Makes the owner of a vault a member of a space, with a way into its API that never closes.
///
/// # Errors
/// The vault, or a key.
pub async fn make_member(vault: &Vault, space: &MadeSpace<'_>) -> Result<(), NotMade> {
    let key = SigningKey::generate(Algorithm::Es256, &SeededRandomness::new(4))?;
    let id = key.public_jwk().thumbprint_base64url() + space.did;
    let known = KnownSpace {
        id: space.did.to_owned(),
        name: space.name.to_owned(),
        host: space.host.to_owned(),
        network: Some("The network".to_owned()),
        is_office: space.is_office,
    };
    let mut batch = vault.batch().put(&known)?;
    let claim = |(claim, vct, value): &(&str, &str, Value)| GivenClaim {
        claim: (*claim).to_owned(),
        vct: (*vct).to_owned(),
        digest: same_as(value),
        audience: Audience::Team,
        seen_in_team: SeenInTeam::default(),
        same_as: same_as(value),
        value: None,
    };
    let given = Given {
        at: 1_794_000_000,
        request: "request".to_owned(),
        purpose: Some("Becoming a member".to_owned()),
        uses: Vec::new(),
        claims: space.given.iter().map(claim).collect(),
        proof: None,
        decision: None,
        outcome: Some("approved".to_owned()),
        own_set: None,
        replaces: Vec::new(),
        said_yes: Vec::new(),
        said_no: Vec::new(),
    };
    for value in space.given.iter().filter_map(|(.., value)| GivenValue::of(value)) {
        batch = batch.put(&value)?;
    }
    batch = batch.put(&KeptAnswer { space: space.did.to_owned(), number: 0, given, unanswered: None })?;
    if !space.is_office {
        let membership = HeldCredential {
            vct: types::MEMBERSHIP.to_owned(),
            configuration: "membership".to_owned(),
            label: None,
            issuer: format!("https://{}", space.host),
            issuer_name: space.name.to_owned(),
            issuer_did: Some(space.did.to_owned()),
            network: Some("The network".to_owned()),
            network_id: None,
            expires_at: None,
            revoked: false,
            suspended: false,
            noted: None,
            compact: String::new(),
        };
        let copy = Copy {
            id,
            key: PrivateKey::of(&key),
            credentials: vec![membership],
            received_at: 1_794_000_000,
            used_at: None,
        };
        let access = KeptAccess {
            space: space.did.to_owned(),
            uri: format!("https://{}/member", space.host),
            token: "token".to_owned(),
            key: PrivateKey::of(&key),
            until: i64::MAX,
        };
        batch = batch.put(&copy)?.put(&access)?;
    }
    Ok(batch.commit().await?)
}

/// The key under which everything of this vault lies, to be looked for where it must not be.
#[must_use]
pub fn key_of(vault: &Vault) -> [u8; 32] {
    vault.key_bytes()
}

//! The keys of the provider. They lie in the keyring's folder, beside the space's other keys.

use jose::jws::{Policy, Unverified};
use jose::{Algorithm, Jwk, Signer, SigningKey, VerifyingKey};
use keyring::KeyringError;
use serde_json::{Map, Value, json};
use store::{Change, Fault, Tx};
use verifier_connect::token::SubjectKey;

use super::CONNECT;
use super::records::SiteKeys;
use crate::space::{Space, SpaceError};

const KEYS: &str = "keys";
const SUBJECTS: &str = "connect-subjects";
/// Seconds for which the key of before is shown: longer than an ID token counts, and than sites keep the keys.
const SHOWN: i64 = 2 * 86_400;

impl Space {
    /// The provider's issuer.
    #[must_use]
    pub fn connect_issuer(&self) -> String {
        self.identity.address(CONNECT)
    }

    /// The public keys of ID tokens, the newest first.
    ///
    /// # Errors
    /// The store or the keyring.
    pub async fn site_keys(&self) -> Result<Vec<Jwk>, SpaceError> {
        let keys = self.numbers().await?;
        let mut all = vec![self.signing_key(keys.number)?.public_jwk().clone()];
        if keys.number > 1 && self.environment().now().seconds() < keys.before_until {
            all.push(self.signing_key(keys.number.saturating_sub(1))?.public_jwk().clone());
        }
        Ok(all)
    }

    /// Makes another key for ID tokens; the one of before is shown for two days more. Gives how many there were so far.
    ///
    /// # Errors
    /// The store or the keyring.
    pub async fn renew_site_key(&self) -> Result<u32, SpaceError> {
        let until = self.environment().now().plus(SHOWN).seconds();
        let number = self.tenant.carry_out(&Renew { until }).await?;
        self.signing_key(number)?;
        Ok(number)
    }

    /// Signs the claims of an ID token.
    pub(super) async fn sign_id_token(&self, claims: &Map<String, Value>) -> Result<String, SpaceError> {
        let key = self.signing_key(self.numbers().await?.number)?;
        let mut header = Map::new();
        header.insert("kid".to_owned(), json!(key.public_jwk().kid()));
        Ok(jose::jwt::sign("JWT", header, claims, &key)?)
    }

    /// The site and the name that an ID token of ours was made for, however old it is; none where it is no such token.
    ///
    /// # Errors
    /// The store or the keyring.
    pub async fn read_own_id_token(&self, token: &str) -> Result<Option<(String, String)>, SpaceError> {
        let Ok(unverified) = Unverified::parse(token) else { return Ok(None) };
        let keys = self.site_keys().await?;
        let Some(key) =
            keys.iter().find(|key| key.kid().is_some() && key.kid() == unverified.header_text("kid"))
        else {
            return Ok(None);
        };
        let Ok(key) = VerifyingKey::new(key) else { return Ok(None) };
        let policy = Policy { types: &["JWT"], algorithms: &[Algorithm::Es256] };
        let Ok(claims) = unverified.verify(&key, &policy).and_then(|verified| verified.claims()) else {
            return Ok(None);
        };
        let text = |name: &str| claims.get(name).and_then(Value::as_str).map(str::to_owned);
        Ok(text("aud").zip(text("sub")).filter(|_| text("iss") == Some(self.connect_issuer())))
    }

    /// The name under which the sites of `sector` know the member `sub`.
    ///
    /// # Errors
    /// The keyring.
    pub fn subject_at(&self, sector: &str, sub: &str) -> Result<String, SpaceError> {
        let fresh = || Ok(self.environment().randomness().bytes::<32>().to_vec());
        let secret = self.kept_secret(SUBJECTS, fresh)?;
        let bytes: [u8; 32] = secret.as_slice().try_into().map_err(|_| SpaceError::Unreadable)?;
        Ok(SubjectKey::new(bytes).subject(sector, sub))
    }

    async fn numbers(&self) -> Result<SiteKeys, SpaceError> {
        Ok(self.tenant.get::<SiteKeys>(KEYS).await?.unwrap_or_else(first))
    }

    fn signing_key(&self, number: u32) -> Result<SigningKey, SpaceError> {
        let fresh = || {
            let key = SigningKey::generate(Algorithm::Es256, self.environment().randomness());
            key.map(|key| key.to_private_json().as_bytes().to_vec()).map_err(|_| SpaceError::Unreadable)
        };
        let text = self.kept_secret(&format!("connect-signing-{number}"), fresh)?;
        let key = SigningKey::from_private_json(text.as_slice()).map_err(|_| SpaceError::Unreadable)?;
        let kid = key.public_jwk().thumbprint_base64url();
        Ok(key.with_kid(kid))
    }

    /// The secret of this name in the keyring's folder, made by `fresh` where there is none yet.
    pub(crate) fn kept_secret(
        &self,
        name: &str,
        fresh: impl FnOnce() -> Result<Vec<u8>, SpaceError>,
    ) -> Result<zeroize::Zeroizing<Vec<u8>>, SpaceError> {
        if let Some(secret) = self.keyring.secret(name)? {
            return Ok(secret);
        }
        let fresh = zeroize::Zeroizing::new(fresh()?);
        match self.keyring.put_new_secret(name, &fresh) {
            // Another call was first.
            Ok(()) | Err(KeyringError::SecretExists { .. }) => {}
            Err(error) => return Err(error.into()),
        }
        self.keyring.secret(name)?.ok_or(SpaceError::Unreadable)
    }
}

fn first() -> SiteKeys {
    SiteKeys { id: KEYS.to_owned(), number: 1, before_until: 0 }
}

struct Renew {
    until: i64,
}

impl Change for Renew {
    const NAME: &'static str = "renew-site-key";
    type Output = u32;
    type Refusal = std::convert::Infallible;

    async fn apply(&self, tx: &mut Tx) -> Result<u32, Fault<Self::Refusal>> {
        let mut keys = tx.get::<SiteKeys>(KEYS).await?.unwrap_or_else(first);
        keys.number = keys.number.saturating_add(1);
        keys.before_until = self.until;
        tx.put(&keys).await?;
        Ok(keys.number)
    }
}

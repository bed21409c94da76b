//! What the scripts of a host's pages do in a member's browser (`wallet/web/assets/keys.js`), for tests without one.

use environment::{Randomness, SystemRandomness};
use jose::{Signer, base64url};
use zeroize::Zeroizing;

use crate::carrying::SEALED_CODE;
use crate::vault::{
    Cost, Passphrase, RecoveryCode, Stretched, VaultError, WRAPPED, WrappedKeys, expand, open_under,
    seal_under,
};

/// The fields of a form.
pub type Fields = Vec<(&'static str, String)>;

/// A way in as a browser splits it: what the host gets, and the half that stays.
pub struct Split {
    /// What the host gets.
    pub fields: Fields,
    half: Zeroizing<[u8; 32]>,
}

impl std::fmt::Debug for Split {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Split")
    }
}

/// The salt of a passphrase, by which the wallet of this name is opened at a host.
#[must_use]
pub fn salt_of_name(host: &str, name: &str) -> String {
    let named = format!("passport-wallet/passphrase-salt/1\n{host}\n{}", name.trim().to_lowercase());
    let hash = jose::digest::sha256(named);
    base64url::encode(hash.get(..16).unwrap_or_default())
}

impl Split {
    /// A passphrase with this salt.
    ///
    /// # Errors
    /// [`VaultError::EmptyPassphrase`], [`VaultError::Cost`].
    pub async fn passphrase(passphrase: &str, salt: &str, cost: Cost) -> Result<Self, VaultError> {
        let (stretched, half) = Stretched::halves(&Passphrase::new(passphrase)?, salt, cost).await?;
        let fields = vec![("stretched", stretched.key_text().to_string()), ("salt", salt.to_owned())];
        Ok(Self { fields, half })
    }

    /// What a passkey gave.
    #[must_use]
    pub fn passkey(credential: &str, prf: &[u8; 32]) -> Self {
        let [vault, half] =
            ["vault", "keys"].map(|what| expand(prf, &format!("passport-wallet/passkey/{what}/1")));
        let fields = vec![("credential", credential.to_owned()), ("key", base64url::encode(vault.as_ref()))];
        Self { fields, half }
    }

    /// The passphrase of a file that is begun.
    ///
    /// # Errors
    /// As [`Self::passphrase`].
    pub(crate) async fn file(passphrase: &str, cost: Cost) -> Result<Self, VaultError> {
        let randomness: &dyn Randomness = &SystemRandomness;
        let (salt, key) = (base64url::encode(randomness.bytes::<16>()), randomness.bytes::<32>());
        let stretched = Stretched::whole(&Passphrase::new(passphrase)?, &salt, cost).await?;
        let wrapped =
            seal_under(&stretched, "passport-wallet-file/wrapped-by-passphrase/1", &key, randomness)?;
        let fields =
            vec![("file_key", base64url::encode(key)), ("file_salt", salt), ("file_wrapped", wrapped)];
        Ok(Self { fields, half: expand(stretched.as_ref(), "passport-wallet/file/keys/1") })
    }

    /// A recovery code.
    #[must_use]
    pub fn code(code: &RecoveryCode) -> Self {
        let half = code.half();
        let fields = vec![
            ("code_key", half.vault_key_text().to_string()),
            ("code_unsealing", half.unsealing_text().as_deref().cloned().unwrap_or_default()),
            ("code_locator", half.locator().to_owned()),
        ];
        Self { fields, half: code.keys_key() }
    }
}

/// The two coordinates of a P-256 key, one after the other.
fn coordinates(key: &jose::Jwk) -> Vec<u8> {
    // The bytes of a point begin with one that says that both follow.
    key.to_bytes().split_off(1)
}

/// The key of a member's holder keys, as it is in their browsers.
pub struct MemberKeys(Zeroizing<[u8; 32]>);

impl std::fmt::Debug for MemberKeys {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("MemberKeys")
    }
}

impl MemberKeys {
    /// New ones, and the fields with which a wallet begins that is made by this way in.
    ///
    /// # Errors
    /// [`VaultError::Unstorable`] does not occur.
    pub fn begin(by: &Split) -> Result<(Self, Fields), VaultError> {
        let randomness: &dyn Randomness = &SystemRandomness;
        let keys = Self::fresh();
        let code = RecoveryCode::generate(randomness);
        let of_code = Split::code(&code);
        let first = code.did_key(1).map_err(|_| VaultError::Unstorable)?;
        let mut fields = by.fields.clone();
        // What opens files stays in the browser; the host gets the public half of it.
        fields.extend(of_code.fields.iter().filter(|(name, _)| *name != "code_unsealing").cloned());
        let unsealing = code.unsealing_key().map_err(|_| VaultError::Unstorable)?;
        fields.push(("code_public", base64url::encode(coordinates(unsealing.public_jwk()))));
        fields.push(("keys", keys.wrapped(by)?));
        fields.push(("code_keys", keys.wrapped(&of_code)?));
        fields.push(("code_first", base64url::encode(first.public_jwk().to_bytes())));
        fields.push((
            "code_sealed",
            seal_under(&keys.0, SEALED_CODE, code.values().as_slice(), &SystemRandomness)?,
        ));
        Ok((keys, fields))
    }

    /// New ones.
    pub(crate) fn fresh() -> Self {
        let randomness: &dyn Randomness = &SystemRandomness;
        Self(Zeroizing::new(randomness.bytes()))
    }

    /// These.
    pub(crate) fn of_bytes(bytes: &[u8; 32]) -> Self {
        Self(Zeroizing::new(*bytes))
    }

    /// Something sealed under them.
    pub(crate) fn sealed(&self, context: &str, plain: &[u8]) -> Result<String, VaultError> {
        seal_under(&self.0, context, plain, &SystemRandomness)
    }

    /// They, wrapped for a way in.
    ///
    /// # Errors
    /// [`VaultError::Unstorable`] does not occur.
    pub fn wrapped(&self, by: &Split) -> Result<String, VaultError> {
        seal_under(&by.half, WRAPPED, self.0.as_ref(), &SystemRandomness)
    }

    /// They, by what stands beside a way in; none where it is of another.
    #[must_use]
    pub fn unwrapped(by: &Split, wrapped: &WrappedKeys) -> Option<Self> {
        wrapped.unwrapped(&by.half).map(Self)
    }

    /// The recovery code that a page shows, as it is printed.
    #[must_use]
    pub fn shown(&self, sealed: &str) -> Option<String> {
        let values = open_under(&self.0, SEALED_CODE, sealed)?;
        RecoveryCode::of_values(&values).map(|code| code.printed().to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What `wallet/web/assets/keys.js` gives for the same, run by another implementation of all of it.
    #[tokio::test]
    async fn what_is_split_here_is_what_the_pages_script_splits() {
        let salt = salt_of_name("wallet.localhost", " Heron ");
        assert_eq!(salt, "usLDC7RhY8jQ-fntodGJrg");
        let split = Split::passphrase("some right words", &salt, Cost::USUAL).await.unwrap();
        assert_eq!(split.fields[0].1, "26iewkisN1FsgLF-jFdtDxUbFJ3L3DWWpMWbtGkJMBI");
        let code = RecoveryCode::parse("0123-4567-89AB-CDEF-GHJK-MNPQ-RSTV-WXYZ").unwrap();
        assert_eq!(Split::code(&code).fields[2].1, "DzWd1mq-0I_iiJ28GRK9c288uwuZKKc6qP0yoaivl3M");
    }

    #[test]
    fn the_keys_come_out_of_each_way_in_and_of_no_other() {
        let (one, other) = (Split::passkey("AA", &[1; 32]), Split::passkey("AA", &[2; 32]));
        let (keys, fields) = MemberKeys::begin(&one).unwrap();
        let field = |name: &str| fields.iter().find(|(known, _)| *known == name).unwrap().1.clone();
        let wrapped = WrappedKeys::parse(field("keys")).unwrap();
        assert!(MemberKeys::unwrapped(&other, &wrapped).is_none());
        let again = MemberKeys::unwrapped(&one, &wrapped).unwrap();
        let shown = again.shown(&field("code_sealed")).unwrap();
        assert_eq!(keys.shown(&field("code_sealed")).unwrap(), shown);
        let by_code = Split::code(&RecoveryCode::parse(&shown).unwrap());
        assert!(MemberKeys::unwrapped(&by_code, &WrappedKeys::parse(field("code_keys")).unwrap()).is_some());
    }
}

//! What is stored of people who sign in by the space's own login.

use environment::Timestamp;
use openid4vc::secret::SecretHash;
use serde::{Deserialize, Serialize};
use store::{FieldClass, Key, Record};
use verifier_connect::login::provider::Provider;

/// A request while its person is at the login. Nonce and verifier come of the browser's cookie and are not stored.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LoginRequest {
    /// Hash of its `state`.
    pub state: SecretHash,
    /// Hash of the browser's name.
    pub browser: SecretHash,
    /// The login as it was when the request was made.
    pub provider: Provider,
    /// When it is over.
    pub until: i64,
}

impl Record for LoginRequest {
    const CLASS: &'static str = "login-request";
    const FIELDS: &'static [(&'static str, FieldClass)] = &[
        ("state", FieldClass::Operational),
        ("browser", FieldClass::Operational),
        ("provider", FieldClass::Operational),
        ("until", FieldClass::Operational),
    ];
    const SURVIVES_RESTORE: bool = false;

    fn key(&self) -> Key {
        Key::from(&self.state.as_bytes()[..])
    }

    fn expiry(&self) -> Option<Timestamp> {
        Some(Timestamp::from_seconds(self.until))
    }
}

/// Which member an account at the login is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LoginAccount {
    /// A keyed hash of issuer and `sub`: without the space's secret nobody can tell whose it is.
    pub account: String,
    /// The membership's `sub`.
    pub sub: String,
}

impl Record for LoginAccount {
    const CLASS: &'static str = "login-account";
    const FIELDS: &'static [(&'static str, FieldClass)] =
        &[("account", FieldClass::Imported), ("sub", FieldClass::Operational)];

    fn key(&self) -> Key {
        Key::from(self.account.as_str())
    }
}

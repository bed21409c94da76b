//! At which door somebody stands who tries a passphrase at the one wallet of a machine: a browser in which it was opened before says so by a
//! cookie, which opens nothing; everybody else is a stranger, told from other strangers by the address that they come from.

use environment::Randomness;
use http::header::COOKIE;
use http::{Extensions, HeaderMap, HeaderValue};
use jose::base64url;
use jose::digest::sha256;
use wallet::{Door, LockedVault, VaultError};
use web::limits::client_key;
use web::proxies;

/// The prefix makes browsers demand `Secure`, `Path=/` and no `Domain` (RFC 6265bis §4.1.3.2).
const NAME: &str = "__Host-known";
/// As long as browsers keep a cookie at most: 400 days (RFC 6265bis §5.5).
const SECONDS: u32 = 34_560_000;

/// Tells strangers apart, by a key that ends with the process: no address is kept.
#[derive(Clone)]
pub(crate) struct Strangers([u8; 32]);

impl Strangers {
    pub(crate) fn new(randomness: &dyn Randomness) -> Self {
        Self(randomness.bytes())
    }

    fn door(&self, extensions: &Extensions) -> Door {
        let client = client_key(proxies::client(extensions)).to_string();
        Door::of_stranger(&base64url::encode(sha256([&self.0, client.as_bytes()].concat())))
    }
}

/// What a browser says that it is called.
pub(crate) fn name_in(headers: &HeaderMap) -> Option<String> {
    let texts = headers.get_all(COOKIE).iter().filter_map(|header| header.to_str().ok());
    let named = texts.flat_map(|text| text.split(';')).filter_map(|pair| {
        let (name, value) = pair.trim().split_once('=')?;
        (name == NAME).then(|| value.to_owned())
    });
    named.into_iter().find(|name| base64url::decode_exact::<16>(name).is_ok())
}

/// Where somebody stands.
pub(crate) async fn door_of(
    vault: &LockedVault,
    headers: &HeaderMap,
    extensions: &Extensions,
    strangers: &Strangers,
) -> Result<Door, VaultError> {
    let known = match name_in(headers) {
        Some(name) => vault.door_of_browser(&name).await?,
        None => None,
    };
    Ok(known.unwrap_or_else(|| strangers.door(extensions)))
}

/// Remembers the browser in which the wallet has just been opened, and gives the `Set-Cookie` value by which it is known again.
pub(crate) async fn remember(
    vault: &LockedVault,
    headers: &HeaderMap,
    randomness: &dyn Randomness,
) -> Result<HeaderValue, VaultError> {
    let before = match name_in(headers) {
        // What a browser was not given here is no name for it: somebody may have planted it.
        Some(name) => vault.door_of_browser(&name).await?.map(|_| name),
        None => None,
    };
    let name = before.unwrap_or_else(|| base64url::encode(randomness.bytes::<16>()));
    vault.know_browser(&name).await?;
    let text = format!("{NAME}={name}; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age={SECONDS}");
    Ok(HeaderValue::from_str(&text).unwrap_or(HeaderValue::from_static("")))
}

/// The `Set-Cookie` value by which it is forgotten.
pub(crate) const fn forgetting() -> HeaderValue {
    HeaderValue::from_static("__Host-known=; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=0")
}

//! What the forms of a host's pages carry (decision 0028): the passphrase and the recovery code are split in the member's browser, and
//! what comes here opens the wallet and none of its keys.

use axum::response::Response;
use serde_json::json;
use wallet::{CodeOfBrowser, FileOfBrowser, RecoveryHalf, Stretched, Stretching, WrappedKeys};
use web::csp::{self, Policy};
use web::form::Fields;
use web::page::Page;
use zeroize::Zeroizing;

use crate::site::WalletWeb;

/// The script that works these forms.
pub(crate) const SCRIPT: &str = "/host.js";

/// What the script has to know to stretch a passphrase, as JSON; none where passphrases are sent as they are typed, on one's own
/// machine.
pub(crate) fn told(site: &WalletWeb, of_wallet: Option<&Stretching>) -> Option<String> {
    if !site.desks.vaults().are_many() {
        return None;
    }
    let cost = of_wallet.map_or(site.cost, Stretching::cost);
    Some(json!({"cost": cost, "salt": of_wallet.map(Stretching::salt)}).to_string())
}

/// The page, with that script at a host.
pub(crate) fn with_script<B: std::fmt::Display>(site: &WalletWeb, page: Page<B>) -> Page<B> {
    if !site.desks.vaults().are_many() {
        return page;
    }
    page.with_script(SCRIPT)
}

/// What a page may do that runs the WebAssembly by which passphrases are stretched; none where no page does.
pub(crate) fn allow(site: &WalletWeb, response: &mut Response) {
    if site.desks.vaults().are_many() {
        response.headers_mut().insert(csp::HEADER, Policy::strict().with_wasm().header());
    }
}

/// What a browser made of the passphrase.
pub(crate) fn stretched_in(site: &WalletWeb, fields: &mut Fields) -> Option<Stretched> {
    let key = Zeroizing::new(fields.take("stretched")?);
    Stretched::of_text(&key, &fields.take("salt")?, site.cost)
}

/// The key of the holder keys, wrapped for a way in.
pub(crate) fn keys_in(fields: &mut Fields) -> Option<WrappedKeys> {
    WrappedKeys::parse(fields.take("keys")?).ok()
}

/// What a browser made of the recovery code.
pub(crate) fn half_in(fields: &mut Fields) -> Option<RecoveryHalf> {
    half_of(fields, "code_key", "code_unsealing")
}

/// The same, told in the place of a passphrase there is.
pub(crate) fn old_half_in(fields: &mut Fields) -> Option<RecoveryHalf> {
    half_of(fields, "old_code", "old_code_unsealing")
}

fn half_of(fields: &mut Fields, key: &str, unsealing: &str) -> Option<RecoveryHalf> {
    let key = Zeroizing::new(fields.take(key)?);
    let unsealing = fields.take(unsealing).map(Zeroizing::new);
    let locator = fields.take("code_locator");
    RecoveryHalf::of_text(&key, unsealing.as_ref().map(|text| text.as_str()), locator.as_deref())
}

/// The recovery code that a browser made for a new wallet.
pub(crate) fn code_in(fields: &mut Fields) -> Option<CodeOfBrowser> {
    let half = half_in(fields).filter(|half| !half.locator().is_empty())?;
    let keys = WrappedKeys::parse(fields.take("code_keys")?).ok()?;
    let first_key = jose::base64url::decode_exact(fields.take("code_first")?).ok()?;
    let first_key = jose::Jwk::from_ed25519(&first_key).ok()?;
    let sealed_to = jose::base64url::decode_exact(fields.take("code_public")?).ok()?;
    let sealed_to = point(&sealed_to)?;
    Some(CodeOfBrowser { half, keys, first_key, sealed_to, sealed: fields.take("code_sealed")? })
}

/// A file as a browser begins it.
pub(crate) fn file_in(site: &WalletWeb, fields: &mut Fields) -> Option<FileOfBrowser> {
    let secret = Zeroizing::new(fields.take("file_key")?);
    let keys = fields.take("file_keys").map(WrappedKeys::parse);
    let keys = keys.map_or(Some(None), |keys| keys.ok().map(Some))?;
    FileOfBrowser::of_text(&secret, fields.take("file_salt")?, fields.take("file_wrapped")?, site.cost, keys)
}

/// A point of P-256, as its two coordinates one after the other.
fn point(coordinates: &[u8; 64]) -> Option<jose::Jwk> {
    let (x, y) = coordinates.split_at(32);
    let [x, y] = [x, y].map(jose::base64url::encode);
    jose::Jwk::from_value(&json!({"kty": "EC", "crv": "P-256", "x": x, "y": y})).ok()
}

//! What the forms of a host's pages carry (decision 0028): the passphrase and the recovery code are split in the member's browser, and
//! what comes here opens the wallet and none of its keys.

use axum::response::Response;
use serde_json::json;
use wallet::{CodeOfBrowser, RecoveryHalf, Stretched, Stretching, WrappedKeys};
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
    let key = Zeroizing::new(fields.take("code_key")?);
    RecoveryHalf::of_text(&key, fields.take("code_locator").as_deref())
}

/// The recovery code that a browser made for a new wallet.
pub(crate) fn code_in(fields: &mut Fields) -> Option<CodeOfBrowser> {
    let half = half_in(fields).filter(|half| !half.locator().is_empty())?;
    let keys = WrappedKeys::parse(fields.take("code_keys")?).ok()?;
    let first_key = jose::base64url::decode_exact(fields.take("code_first")?).ok()?;
    let first_key = jose::Jwk::from_ed25519(&first_key).ok()?;
    Some(CodeOfBrowser { half, keys, first_key, sealed: fields.take("code_sealed")? })
}

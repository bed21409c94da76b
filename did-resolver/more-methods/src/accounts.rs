//! Addresses of accounts: what ssi does not look at before it puts them into a document.

use crate::ResolveError;

/// Bitcoin and Dogecoin addresses that begin with a version byte.
const VERSIONED: usize = 21;
/// A Tezos address: three bytes of prefix and a hash of twenty.
const TEZOS: usize = 23;

/// did:pkh (draft of 2023): a CAIP-10 account, or the older form with the chain's name.
pub(crate) fn check_pkh(id: &str) -> Result<(), ResolveError> {
    let (chain, rest) = id.split_once(':').ok_or(ResolveError::InvalidDid)?;
    let address = rest.rsplit(':').next().unwrap_or_default();
    let is_address = match chain {
        "eth" | "celo" | "poly" | "eip155" => is_hex(address, 40),
        "tz" | "tezos" => is_checked(address, TEZOS),
        "btc" | "doge" | "bip122" => is_checked(address, VERSIONED),
        // A Solana address is a key; ssi reads it as one.
        _ => true,
    };
    if is_address { Ok(()) } else { Err(ResolveError::InvalidDid) }
}

/// did:ethr: an address or a compressed public key, after the network if it is not the main one.
pub(crate) fn check_ethr(id: &str) -> Result<(), ResolveError> {
    let name = id.rsplit(':').next().unwrap_or_default();
    // A compressed point begins with its sign; ssi takes other beginnings for the odd one.
    let is_key = is_hex(name, 66) && (name.starts_with("0x02") || name.starts_with("0x03"));
    let is_name = is_hex(name, 40) || is_key;
    if is_name && id.matches(':').count() <= 1 { Ok(()) } else { Err(ResolveError::InvalidDid) }
}

/// Whether an address of Tezos has the checksum that belongs to it.
pub(crate) fn is_tezos(address: &str) -> bool {
    is_checked(address, TEZOS)
}

fn is_hex(text: &str, digits: usize) -> bool {
    let digit = |text: &str| text.len() == digits && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    text.strip_prefix("0x").is_some_and(digit)
}

/// base58 with the checksum of Bitcoin.
fn is_checked(text: &str, bytes: usize) -> bool {
    bs58::decode(text).with_check(None).into_vec().is_ok_and(|decoded| decoded.len() == bytes)
}

//! HMAC-SHA256 over what is handed out and comes back, so that nothing of it needs to be kept.

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use zeroize::Zeroizing;

/// The tag of `body` under `key`; `label` says what it is for, and a tag of one label is none of another.
pub(crate) fn tag(key: &[u8; 32], label: &[u8], body: &[u8]) -> [u8; 32] {
    // A key of the block size is taken as it is, so making the MAC cannot fail (RFC 2104 §2).
    let mut block = Zeroizing::new([0; 64]);
    block.iter_mut().zip(key.iter()).for_each(|(slot, byte)| *slot = *byte);
    let mac = Hmac::<Sha256>::new(&(*block).into());
    mac.chain_update(label).chain_update([0]).chain_update(body).finalize().into_bytes().into()
}

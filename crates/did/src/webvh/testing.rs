//! Entries that a reader must refuse, for tests of whoever reads logs.

use environment::Timestamp;
use jose::Signer;

use super::Log;
use super::write::{Update, WriteError};

/// The next entry of `log` as anybody could write it who has `signer` and no right to continue the log: well formed,
/// with the right hashes, signed.
///
/// # Errors
/// See [`WriteError`].
pub fn forged_entry(
    log: &Log,
    update: &Update,
    signer: &dyn Signer,
    now: Timestamp,
) -> Result<String, WriteError> {
    log.next_line(update, signer, now)
}

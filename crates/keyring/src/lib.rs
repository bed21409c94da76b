//! Sealing keys and key epochs, kept apart from the store.
//!
//! What lives here: [`Keyring`], a folder with one sealing key for each [`KeyId`] (a member at a space, for one
//! purpose), and the party's own secrets. What does not: what was sealed; that lies in the store, its
//! replicas and its backups.
//!
//! # How deletion is real
//!
//! ```text
//! value  --sealed under-->  key of (space, member, purpose)  --wrapped under-->  epoch key
//! store                     keyring/keys/…                                       keyring/epoch
//! ```
//!
//! [`Keyring::destroy`] removes a key; a change of epoch wraps those that are left under a new epoch key and destroys
//! the old one. It is due after a day by the clock, also over restarts: ask [`Keyring::rotate_epoch_if_due`] hourly.
//! An old backup of `keys/` then opens nothing. **Back up the store and `keys/` as often as you like, but keep of
//! `epoch` only the newest copy**: who has an old store, an old `keys/` *and* the old `epoch` can still open what was
//! deleted. A copy of `keys/` that is of another epoch, shorter than it was, or taken while the old table was wiped
//! is not opened, rather than taken for one whose keys were destroyed. Nor does a key whose place was changed by a
//! fault pass for one that was destroyed: it is named, all others open, and [`Keyring::drop_damaged`] drops it.
//!
//! Sealing keys lie in one file, each in a place of its own, and are overwritten there; all other files are replaced whole
//! and fsynced, and what is removed is overwritten too, as well as the file system allows (a copying file system or a flash
//! disk may keep old blocks for a while). Until that has happened it has a name that ends with `.old` or `.next`, so that the next
//! [`Keyring::open`] does what a crash prevented. The folder is readable by its
//! owner only; whoever can read it can open everything. All calls read or write files: call them outside any
//! change, and from a blocking task where it matters. A key that is made is on the disk when the call returns, unless
//! somebody took that upon himself ([`Keyring::leave_syncing`]).
//!
//! ```
//! use keyring::{KeyId, Keyring};
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let folder = tempfile::tempdir()?;
//! let keyring = Keyring::open(&folder.path().join("keyring"), environment::Environment::system())?;
//! let contact = KeyId::new("harbour.example.org", "sub-1", "contact");
//! let sealed = keyring.seal(&contact, b"email", b"ada@example.org")?;
//! assert_eq!(keyring.open_sealed(&contact, b"email", &sealed)?.as_slice(), b"ada@example.org");
//! keyring.destroy(&contact)?;
//! keyring.rotate_epoch()?;
//! assert!(keyring.open_sealed(&contact, b"email", &sealed).is_err());
//! # Ok(())
//! # }
//! ```
#![cfg_attr(test, allow(clippy::arithmetic_side_effects, reason = "tests may overflow loudly"))]

mod files;
mod keyring;
mod sealing;
mod table;

pub use keyring::{KeyId, Keyring, KeyringError};
pub use sealing::Sealed;

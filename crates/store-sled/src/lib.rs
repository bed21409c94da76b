//! The embedded engine of the store on sled.
//!
//! What lives here: [`Sled`], an [`Engine`](store::Engine) in one folder; the way back from a damaged one
//! ([`import_folder`]); and the [`admin`] socket by which commands reach the store of a running server, because
//! sled locks its file. What does not: any knowledge of what is stored.
//!
//! # How it keeps its word
//!
//! sled's own transactions know no range reads, and its `flush` ends in `sync_file_range`, which survives a
//! killed process but not a power cut. So:
//!
//! - Transactions are optimistic. One committer thread drains the waiting commits, checks the keys read *and
//!   the ranges asked for* against a ring of recent writes, applies all that pass as one sled batch, flushes,
//!   fsyncs the database file through a descriptor of its own, and acknowledges all at once.
//! - A commit opens no file: in a flood of connections a server may have no descriptor left. What goes wrong before
//!   anything is written fails that commit alone; what goes wrong after that stops the store until it is opened again.
//! - A read that meets a write newer than its transaction ends in a conflict, so a transaction sees one state.
//! - Large values lie in chunks: sled would put them into files that it never syncs.
//! - Each batch carries a sequence number. The number last known to be durable is also kept in a file of its
//!   own; when sled recovers to less than that, it has lost acknowledged writes, and the store does not open.
//!
//! ```no_run
//! use std::sync::Arc;
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let engine = store_sled::Sled::open(std::path::Path::new("harbour/store"))?;
//! let store = store::Store::new(Arc::new(engine), environment::Environment::system());
//! # Ok(())
//! # }
//! ```
#![cfg_attr(test, allow(clippy::arithmetic_side_effects, reason = "tests may overflow loudly"))]

pub mod admin;
mod chunks;
mod committer;
mod engine;
mod folder;
mod open;

pub use engine::Sled;
pub use open::{ImportError, OpenError, import_folder};

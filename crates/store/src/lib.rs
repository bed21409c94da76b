//! The transactional store port: changes, typed records, jobs, leaves.
//!
//! What lives here: the shape of a use case ([`Change`], [`View`]), what it reads and writes with ([`Tx`],
//! [`Reader`]), typed [`Record`]s with declared fields and [`Index`]es, jobs, audit leaves that wait for their
//! place, export and import, and the port that engines implement ([`Engine`]). What does not: any
//! engine that keeps data on a disk (see `store-sled`), and the records of any domain.
//!
//! # How to use it
//!
//! A record declares its class, its key, the class of every field, and its indexes. A use case is a struct;
//! `apply` may run several times, so everything drawn or measured is a field of the struct.
//!
//! ```
//! use std::sync::Arc;
//!
//! use environment::{Environment, Timestamp};
//! use serde::{Deserialize, Serialize};
//! use store::{
//!     Change, Fault, FieldClass, Index, IndexEntry, Insertion, Job, Key, Range, Record, Store, TenantId, Tx,
//! };
//!
//! #[derive(Debug, PartialEq, Serialize, Deserialize)]
//! struct Contact {
//!     id: String,
//!     email: String,
//!     joined: i64,
//! }
//!
//! impl Record for Contact {
//!     const CLASS: &'static str = "contact";
//!     const FIELDS: &'static [(&'static str, FieldClass)] = &[
//!         ("id", FieldClass::Operational),
//!         ("email", FieldClass::Disclosed),
//!         ("joined", FieldClass::Operational),
//!     ];
//!     const INDEXES: &'static [&'static str] = &[ByEmail::NAME];
//!
//!     fn key(&self) -> Key {
//!         Key::from(&self.id)
//!     }
//!
//!     fn indexes(&self) -> Vec<IndexEntry> {
//!         vec![ByEmail::entry(&self.email)]
//!     }
//! }
//!
//! struct ByEmail;
//!
//! impl Index for ByEmail {
//!     type Record = Contact;
//!     const NAME: &'static str = "email";
//! }
//!
//! /// A code that works once, for ten minutes; stored as its hash.
//! #[derive(Serialize, Deserialize)]
//! struct Code {
//!     hash: String,
//!     until: i64,
//! }
//!
//! impl Record for Code {
//!     const CLASS: &'static str = "code";
//!     const FIELDS: &'static [(&'static str, FieldClass)] =
//!         &[("hash", FieldClass::Operational), ("until", FieldClass::Operational)];
//!     const SURVIVES_RESTORE: bool = false;
//!
//!     fn key(&self) -> Key {
//!         Key::from(&self.hash)
//!     }
//!
//!     fn expiry(&self) -> Option<Timestamp> {
//!         Some(Timestamp::from_seconds(self.until))
//!     }
//! }
//!
//! struct Join {
//!     id: String,
//!     email: String,
//!     code_hash: String,
//!     now: Timestamp,
//! }
//!
//! #[derive(Debug, PartialEq)]
//! enum JoinRefused {
//!     CodeUnknown,
//!     AlreadyHere,
//! }
//!
//! impl Change for Join {
//!     const NAME: &'static str = "join";
//!     type Output = ();
//!     type Refusal = JoinRefused;
//!
//!     async fn apply(&self, tx: &mut Tx) -> Result<(), Fault<JoinRefused>> {
//!         if tx.take::<Code>(&self.code_hash).await?.live().is_none() {
//!             return Err(Fault::Refused(JoinRefused::CodeUnknown));
//!         }
//!         let contact =
//!             Contact { id: self.id.clone(), email: self.email.clone(), joined: self.now.seconds() };
//!         if tx.insert_new(&contact).await? == Insertion::AlreadyThere {
//!             return Err(Fault::Refused(JoinRefused::AlreadyHere));
//!         }
//!         let welcome = Job::new("welcome", format!("welcome-{}", self.id), &self.id)?;
//!         let _ = tx.enqueue(welcome).await?;
//!         Ok(())
//!     }
//! }
//!
//! # struct IssueCode { code: Code }
//! # impl Change for IssueCode {
//! #     const NAME: &'static str = "issue-code";
//! #     type Output = ();
//! #     type Refusal = ();
//! #     async fn apply(&self, tx: &mut Tx) -> Result<(), Fault<()>> {
//! #         Ok(tx.put(&Code { hash: self.code.hash.clone(), until: self.code.until }).await?)
//! #     }
//! # }
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let environment = Environment::system();
//! let store = Store::new(Arc::new(store::memory::Memory::new()), environment.clone());
//! let harbour = store.tenant(&TenantId::new("harbour.example.org")?);
//! # let until = environment.now().plus(600).seconds();
//! # harbour.commit(&IssueCode { code: Code { hash: "c0de".into(), until } }).await.unwrap();
//!
//! let join = Join {
//!     id: "m-1".into(),
//!     email: "ada@example.org".into(),
//!     code_hash: "c0de".into(),
//!     now: environment.now(),
//! };
//! harbour.commit(&join).await.unwrap();
//! assert_eq!(harbour.commit(&join).await, Err(Fault::Refused(JoinRefused::CodeUnknown)));
//!
//! let found = harbour.page::<ByEmail>(Range::prefix("ada@example.org"), 10).await?;
//! assert_eq!(found.items.len(), 1);
//!
//! for lease in harbour.jobs().lease("welcome", environment.now(), 60, 10).await? {
//!     // Send the mail here, outside any change; then:
//!     let _ = harbour.jobs().complete(&lease).await?;
//! }
//! # Ok(())
//! # }
//! ```
//!
//! # Rules
//!
//! - A query is a key, a declared index, or a bounded page. Anything else is a projection that can be rebuilt.
//! - An expired record is absent, by the store's clock; [`Store::sweep`] only frees the space.
//! - Functions that only read take `&mut Reader` and serve in views and changes alike (`&mut tx` becomes
//!   one); functions that write take `&mut Tx`.
//! - Audit entries go through [`Tx::log`], effects through [`Tx::enqueue`], one-time things through [`Tx::take`];
//!   a record that must not come back with a backup says [`Record::SURVIVES_RESTORE`]` = false`.
//! - Personal values are sealed (crate `keyring`) before they become part of a record; keys of records, index
//!   keys and job payloads hold identifiers or hashes, not values.
//! - Never `await` anything but the transaction inside `apply`.
//! - A [`StoreFault::Conflict`] that reaches a handler is an answer 503 with `Retry-After`.
#![cfg_attr(test, allow(clippy::arithmetic_side_effects, reason = "tests may overflow loudly"))]

mod change;
mod engine;
mod envelope;
mod epoch;
mod fault;
mod hex;
mod jobs;
mod key;
mod lanes;
mod leaf;
pub mod memory;
mod reader;
mod recent;
mod record;
mod store;
mod sweep;
mod transaction;
pub mod transfer;

pub use change::{Change, Lanes, View};
pub use engine::{
    BoxFuture, CommitId, Engine, EngineTx, Entries, MAX_WRITES, Mode, Wake, WakeBoard, Wakes, WriteSet,
};
pub use envelope::MAX_VALUE_BYTES;
pub use fault::{Fault, StoreFault};
pub use jobs::{Due, Job, Jobs, Lease, LeaseEnd};
pub use key::{Cursor, Direction, InvalidTenant, Key, KeyBounds, KeyRange, MAX_KEY_BYTES, Range, TenantId};
pub use leaf::PendingLeaf;
pub use reader::{MAX_PAGE, Reader};
pub use recent::{Reads, Recent};
pub use record::{FieldClass, Index, IndexEntry, Insertion, Page, Record, Take};
pub use store::{Store, Tenant};
pub use sweep::{IndexDifference, Swept};
pub use transaction::Tx;

//! The epoch of a store: how often a backup was brought back.

use serde::{Deserialize, Serialize};

use crate::engine::{CommitId, EngineTx, WriteSet};
use crate::envelope::{self, Header};
use crate::fault::StoreFault;
use crate::key::{self, Key, Kind, TenantId};
use crate::record::{self, FieldClass, Record};

/// The record that an import leaves. A store that was never restored has none and is in epoch 1.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Epoch {
    pub(crate) number: u64,
    pub(crate) began: i64,
}

impl Record for Epoch {
    const CLASS: &'static str = "epoch";
    const FIELDS: &'static [(&'static str, FieldClass)] =
        &[("number", FieldClass::Operational), ("began", FieldClass::Operational)];

    fn key(&self) -> Key {
        Key::from("epoch")
    }
}

pub(crate) fn key() -> Vec<u8> {
    let mut full = key::class_prefix(&TenantId::system(), Kind::Record, Epoch::CLASS);
    full.extend_from_slice(Key::from("epoch").as_bytes());
    full
}

pub(crate) async fn read(transaction: &mut dyn EngineTx) -> Result<u64, StoreFault> {
    let key = key();
    let Some(value) = transaction.get(&key).await? else { return Ok(1) };
    let (header, json) = envelope::open(&key, &value)?;
    Ok(record::from_json::<Epoch>(header.version, json)?.number)
}

pub(crate) fn write_set(epoch: &Epoch, id: CommitId) -> Result<WriteSet, StoreFault> {
    let key = key();
    let header = Header { version: Epoch::VERSION, survives_restore: true, commit: id, expiry: None };
    let value = envelope::seal(&key, header, &record::to_json(epoch)?)?;
    let mut set = WriteSet::empty(id);
    set.writes.insert(key, Some(value));
    Ok(set)
}

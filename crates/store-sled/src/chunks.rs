//! How a value lies in sled.
//!
//! sled writes a tree page that is larger than a quarter of a segment to a file of its own and never syncs that
//! file. A page holds some twenty entries, so entries are kept small: a value longer than [`CHUNK_BYTES`] is
//! cut up.
//!
//! ```text
//! 00 key            00 value                     a short value
//! 00 key            01 chunks(2) first chunk     a long value ...
//! 01 key index(2)   chunk                        ... and its further chunks, from 1
//! 02 name           the engine's own notes
//! ```

use sled::{Batch, IVec};
use store::{KeyRange, StoreFault};

/// The longest stretch of a value kept in one entry.
const CHUNK_BYTES: usize = 8 * 1_024;

const HEAD: u8 = 0;
const FURTHER: u8 = 1;
/// The engine's own note of the last batch.
pub(crate) const SEQUENCE_KEY: &[u8] = b"\x02sequence";
/// The engine's own note of the layout of this file.
pub(crate) const FORMAT_KEY: &[u8] = b"\x02format";

pub(crate) fn head_key(key: &[u8]) -> Vec<u8> {
    [&[HEAD], key].concat()
}

/// The physical range that holds the heads of a range.
pub(crate) fn head_range(range: &KeyRange) -> KeyRange {
    let end = range.end.as_ref().map_or_else(|| vec![FURTHER], |end| head_key(end));
    KeyRange { start: head_key(&range.start), end: Some(end) }
}

pub(crate) fn logical_key(head_key: &[u8]) -> &[u8] {
    head_key.get(1..).unwrap_or_default()
}

fn chunk_key(key: &[u8], index: u16) -> Vec<u8> {
    [&[FURTHER], key, &index.to_be_bytes()].concat()
}

/// The value whose head this is.
pub(crate) fn assemble(tree: &sled::Db, key: &[u8], head: &[u8]) -> Result<Vec<u8>, StoreFault> {
    let damaged = || StoreFault::Corrupt { detail: "a value is incomplete".to_owned() };
    match head {
        [0, value @ ..] => Ok(value.to_vec()),
        [1, high, low, first @ ..] => {
            let chunks = u16::from_be_bytes([*high, *low]);
            let mut value = first.to_vec();
            for index in 1..chunks {
                let chunk = tree.get(chunk_key(key, index)).map_err(StoreFault::unavailable)?;
                value.extend_from_slice(&chunk.ok_or_else(damaged)?);
            }
            Ok(value)
        }
        _ => Err(damaged()),
    }
}

/// In how many entries the value with this head lies.
fn count(head: Option<&IVec>) -> u16 {
    match head.map(AsRef::as_ref) {
        Some([1, high, low, ..]) => u16::from_be_bytes([*high, *low]),
        Some(_) => 1,
        None => 0,
    }
}

/// Adds the writing of a value, or its removal, to a batch.
pub(crate) fn write(
    batch: &mut Batch,
    tree: &sled::Db,
    key: &[u8],
    value: Option<&[u8]>,
) -> Result<(), sled::Error> {
    let head_key = head_key(key);
    let before = count(tree.get(&head_key)?.as_ref());
    let mut after = 0;
    match value {
        None => batch.remove(head_key),
        Some(value) if value.len() <= CHUNK_BYTES => {
            batch.insert(head_key, [&[0], value].concat());
        }
        Some(value) => {
            let mut chunks = value.chunks(CHUNK_BYTES);
            let first = chunks.next().unwrap_or_default();
            after = 1;
            for chunk in chunks {
                batch.insert(chunk_key(key, after), chunk);
                after = after.saturating_add(1);
            }
            batch.insert(head_key, [&[1], after.to_be_bytes().as_slice(), first].concat());
        }
    }
    for index in after.max(1)..before {
        batch.remove(chunk_key(key, index));
    }
    Ok(())
}

//! The frame around every stored value.
//!
//! ```text
//! format 1 | flags 1 | schema version 2 | commit 16 | expiry 8 | checksum 16 | JSON
//! ```
//! Numbers are big-endian. The checksum is the first half of SHA-256 over the length of the key, the key, the
//! frame before it and the JSON: a value that moved to another key is damaged too.

use environment::Timestamp;
use sha2::{Digest, Sha256};

use crate::engine::CommitId;
use crate::fault::StoreFault;

/// The largest stored value, frame included.
pub const MAX_VALUE_BYTES: usize = 256 * 1_024;

const FORMAT: u8 = 1;
const ENDS_AT_RESTORE: u8 = 1;
const NEVER: i64 = i64::MAX;
pub(crate) const CHECKSUM_BYTES: usize = 16;

/// What the frame says about a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Header {
    pub(crate) version: u16,
    pub(crate) survives_restore: bool,
    pub(crate) commit: CommitId,
    pub(crate) expiry: Option<Timestamp>,
}

impl Header {
    pub(crate) fn is_expired(&self, now: Timestamp) -> bool {
        self.expiry.is_some_and(|expiry| expiry <= now)
    }

    fn to_bytes(self) -> Vec<u8> {
        let expiry = self.expiry.map_or(NEVER, Timestamp::seconds);
        let flags = if self.survives_restore { 0 } else { ENDS_AT_RESTORE };
        let mut bytes = vec![FORMAT, flags];
        bytes.extend_from_slice(&self.version.to_be_bytes());
        bytes.extend_from_slice(self.commit.as_bytes());
        bytes.extend_from_slice(&expiry.to_be_bytes());
        bytes
    }
}

pub(crate) fn seal(key: &[u8], header: Header, json: &[u8]) -> Result<Vec<u8>, StoreFault> {
    let mut value = header.to_bytes();
    let checksum = checksum(key, &value, json);
    value.extend_from_slice(&checksum);
    value.extend_from_slice(json);
    if value.len() > MAX_VALUE_BYTES {
        return Err(StoreFault::TooLarge { what: "a record", size: value.len(), limit: MAX_VALUE_BYTES });
    }
    Ok(value)
}

/// Takes a stored value apart and checks it whole.
pub(crate) fn open<'a>(key: &[u8], value: &'a [u8]) -> Result<(Header, &'a [u8]), StoreFault> {
    let parts = split(value)?;
    if checksum(key, parts.head, parts.json) != *parts.checksum {
        return Err(StoreFault::corrupt("its checksum is wrong"));
    }
    Ok((parts.header, parts.json))
}

pub(crate) fn checksum_of(value: &[u8]) -> Result<[u8; CHECKSUM_BYTES], StoreFault> {
    split(value).map(|parts| *parts.checksum)
}

struct Parts<'a> {
    header: Header,
    head: &'a [u8],
    checksum: &'a [u8; CHECKSUM_BYTES],
    json: &'a [u8],
}

fn split(value: &[u8]) -> Result<Parts<'_>, StoreFault> {
    let short = || StoreFault::corrupt("it is too short");
    let (head, behind) = value.split_at_checked(28).ok_or_else(short)?;
    let (checksum, json) = behind.split_first_chunk::<CHECKSUM_BYTES>().ok_or_else(short)?;
    let (format_and_flags, rest) = head.split_first_chunk::<2>().ok_or_else(short)?;
    let (version, rest) = rest.split_first_chunk::<2>().ok_or_else(short)?;
    let (commit, rest) = rest.split_first_chunk::<16>().ok_or_else(short)?;
    let expiry = rest.first_chunk::<8>().ok_or_else(short)?;
    let survives_restore = match format_and_flags {
        [FORMAT, 0] => true,
        [FORMAT, ENDS_AT_RESTORE] => false,
        _ => return Err(StoreFault::corrupt("its format is unknown")),
    };
    let expiry = match i64::from_be_bytes(*expiry) {
        NEVER => None,
        seconds => Some(Timestamp::from_seconds(seconds)),
    };
    let version = u16::from_be_bytes(*version);
    let header = Header { version, survives_restore, commit: CommitId::from_bytes(*commit), expiry };
    Ok(Parts { header, head, checksum, json })
}

fn checksum(key: &[u8], head: &[u8], json: &[u8]) -> [u8; CHECKSUM_BYTES] {
    let length = u64::try_from(key.len()).unwrap_or(u64::MAX);
    let digest = Sha256::new()
        .chain_update(length.to_be_bytes())
        .chain_update(key)
        .chain_update(head)
        .chain_update(json)
        .finalize();
    let mut checksum = [0; CHECKSUM_BYTES];
    checksum.iter_mut().zip(digest.iter()).for_each(|(byte, from)| *byte = *from);
    checksum
}

//! The epoch keys, which wrap the sealing keys, and the file that they lie in.

use environment::{Randomness, Timestamp};
use zeroize::Zeroizing;

use super::{KeyringError, damaged, damaged_key, hexadecimal};
use crate::sealing::{SecretKey, bind};
use crate::table::{Name, Wrapped};

pub(super) const EPOCH_RECORD_BYTES: usize = 40;
/// What the epoch file ends with once the keys lie in a table, behind the time at which the epoch began.
const TABLE_MARK: &[u8] = b"table 2\n";
/// What it ended with before it told a time.
pub(super) const UNDATED_MARK: &[u8] = b"table\n";
/// When an epoch began that tells no time: so early that the next one is due.
const LONG_AGO: Timestamp = Timestamp::from_seconds(i64::MIN);
/// The epoch key, and the one before while keys are being wrapped anew.
#[derive(Debug)]
pub(super) struct Epochs {
    pub(super) current: (u64, SecretKey),
    pub(super) previous: Option<(u64, SecretKey)>,
    /// When the present one began.
    pub(super) began: Timestamp,
}

impl Epochs {
    /// `number 8 | key 32`, the present one first, when that began, and that there is a table.
    pub(super) fn to_bytes(&self) -> Zeroizing<Vec<u8>> {
        let began = self.began.seconds().to_be_bytes();
        let behind = began.len().saturating_add(TABLE_MARK.len());
        let length = EPOCH_RECORD_BYTES.saturating_mul(2).saturating_add(behind);
        let mut bytes = Zeroizing::new(Vec::with_capacity(length));
        for (number, key) in std::iter::once(&self.current).chain(&self.previous) {
            bytes.extend_from_slice(&number.to_be_bytes());
            bytes.extend_from_slice(key.expose());
        }
        bytes.extend_from_slice(&began);
        bytes.extend_from_slice(TABLE_MARK);
        bytes
    }

    pub(super) fn from_bytes(bytes: &[u8]) -> Result<Self, KeyringError> {
        let record = |bytes: &[u8]| {
            let (number, key) = bytes.split_first_chunk::<8>()?;
            Some((u64::from_be_bytes(*number), SecretKey::from_slice(key)?))
        };
        let (records, began) = without_mark(bytes).unwrap_or((bytes, LONG_AGO));
        let mut records = records.chunks(EPOCH_RECORD_BYTES).map(record);
        let current = records.next().flatten().ok_or_else(|| damaged("epoch"))?;
        let previous = match records.next() {
            Some(previous) => Some(previous.ok_or_else(|| damaged("epoch"))?),
            None => None,
        };
        if records.next().is_some() {
            return Err(damaged("epoch"));
        }
        Ok(Self { current, previous, began })
    }

    pub(super) fn key(&self, number: u64) -> Option<&SecretKey> {
        let mut known = std::iter::once(&self.current).chain(&self.previous);
        known.find(|(epoch, _)| *epoch == number).map(|(_, key)| key)
    }

    pub(super) fn unwrap(&self, name: &Name, wrapped: &Wrapped) -> Result<SecretKey, KeyringError> {
        let broken = || damaged_key(name);
        let (number, sealed) = wrapped.split_first_chunk::<8>().ok_or_else(broken)?;
        let number = u64::from_be_bytes(*number);
        let epoch_key = self.key(number).ok_or_else(broken)?;
        let key = epoch_key.open(&wrap_binding(number, name), sealed).ok_or_else(broken)?;
        SecretKey::from_slice(&key).ok_or_else(broken)
    }

    /// `epoch 8 | sealed key`
    pub(super) fn wrap(
        &self,
        name: &Name,
        key: &SecretKey,
        randomness: &dyn Randomness,
    ) -> Result<Wrapped, KeyringError> {
        let (number, epoch_key) = &self.current;
        let binding = wrap_binding(*number, name);
        let sealed = epoch_key.seal(randomness, &binding, key.expose());
        let sealed = sealed.ok_or(KeyringError::TooLong)?;
        let wrapped = [number.to_be_bytes().as_slice(), sealed.as_bytes()].concat();
        Wrapped::try_from(wrapped).map_err(|_| KeyringError::TooLong)
    }
}

/// The records of an epoch file that says that there is a table, and when the epoch began. One of before has the records alone.
pub(super) fn without_mark(epoch: &[u8]) -> Option<(&[u8], Timestamp)> {
    let (records, began) = match epoch.strip_suffix(TABLE_MARK) {
        Some(dated) => {
            let (records, began) = dated.split_last_chunk::<8>()?;
            (records, Timestamp::from_seconds(i64::from_be_bytes(*began)))
        }
        None => (epoch.strip_suffix(UNDATED_MARK)?, LONG_AGO),
    };
    records.len().is_multiple_of(EPOCH_RECORD_BYTES).then_some((records, began))
}

fn wrap_binding(epoch: u64, name: &Name) -> Vec<u8> {
    bind(&[b"passport keyring wrap 1", &epoch.to_be_bytes(), hexadecimal(name).as_bytes()])
}

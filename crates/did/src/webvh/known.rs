//! Logs that are read again: what was verified is not verified twice, and what witnesses did not approve is left out.
//!
//! did:webvh 1.0 ("Read (Resolve)") lets a resolver go on after the last entry that it verified, if what it keeps was
//! made by verifying everything and has not changed since.

use environment::Timestamp;
use sha2::{Digest, Sha256};

use super::error::{LogError, WitnessFault};
use super::log::{LARGEST_LOG, Log};

/// What of a log verifies, and why the next entry does not.
type Read<T> = (Option<T>, Option<LogError>);

/// A verified log and the digest of the text that it was read from.
#[derive(Clone, Debug)]
pub struct KnownLog {
    log: Log,
    /// The bytes of its entries, without the last line feed.
    length: usize,
    digest: [u8; 32],
}

impl KnownLog {
    /// Reads a log that is not known yet; see [`Log::read`].
    #[must_use]
    pub fn read(text: &[u8], now: Timestamp) -> Read<Self> {
        Self::of(Log::read(text, now), text)
    }

    /// Reads a log of which this may be the beginning: byte for byte, then only what follows is verified, else all of it.
    #[must_use]
    pub fn read_on(&self, text: &[u8], now: Timestamp) -> Read<Self> {
        let Some((rest, hashed)) = self.rest_of(text) else { return Self::read(text, now) };
        if rest.is_empty() {
            return (Some(self.clone()), None);
        }
        let rest = rest.strip_suffix(b"\n").unwrap_or(rest);
        match self.log.clone().read_on(rest, now) {
            (Some(log), None) => {
                let length = self.length.saturating_add(1).saturating_add(rest.len());
                let digest = hashed.chain_update(b"\n").chain_update(rest).finalize().into();
                (Some(Self { log, length, digest }), None)
            }
            broken => Self::of(broken, text),
        }
    }

    /// What of this log, which was read from `text`, holds when its witnesses are asked; see [`Log::read_witnessed`].
    #[must_use]
    pub fn approved(self, text: &[u8], witness_file: Option<&[u8]>, now: Timestamp) -> Read<Self> {
        match self.log.check_witnesses(witness_file) {
            Ok(()) => (Some(self), None),
            Err(error) => Self::of(self.log.approved_beginning(error, text, witness_file, now), text),
        }
    }

    /// The log.
    #[must_use]
    pub const fn log(&self) -> &Log {
        &self.log
    }

    fn of((log, broken): Read<Log>, text: &[u8]) -> Read<Self> {
        let known = log.and_then(|log| {
            let lines = match broken {
                None => text.strip_suffix(b"\n").unwrap_or(text),
                Some(_) => beginning(text, log.number())?,
            };
            Some(Self { length: lines.len(), digest: Sha256::digest(lines).into(), log })
        });
        (known, broken)
    }

    /// What follows this log in `text`, if it stands at its beginning and the next line begins after it; and the hash of
    /// the beginning, to go on with.
    fn rest_of<'a>(&self, text: &'a [u8]) -> Option<(&'a [u8], Sha256)> {
        if text.len() > LARGEST_LOG {
            return None;
        }
        let (beginning, rest) = text.split_at_checked(self.length)?;
        let rest = if rest.is_empty() { rest } else { rest.strip_prefix(b"\n")? };
        let hashed = Sha256::new_with_prefix(beginning);
        (<[u8; 32]>::from(hashed.clone().finalize()) == self.digest).then_some((rest, hashed))
    }
}

impl Log {
    /// The entries that verify and that their witnesses approved, and why the next one does not count. An entry that
    /// lacks approvals is invalid, and so is all that follows it; what comes before counts if it is approved by proofs over
    /// itself ("Read (Resolve)", steps 10 and 11).
    #[must_use]
    pub fn read_witnessed(text: &[u8], witness_file: Option<&[u8]>, now: Timestamp) -> Read<Self> {
        let (log, broken) = Self::read(text, now);
        let Some(log) = log else { return (None, broken) };
        match log.check_witnesses(witness_file) {
            Ok(()) => (Some(log), broken),
            Err(error) => log.approved_beginning(error, text, witness_file, now),
        }
    }

    /// The entries before the one that lacks approvals, once more: a proof over an entry that does not count approves
    /// nothing. Where no proof can be read, the first entry that asks for witnesses lacks them.
    fn approved_beginning(
        &self,
        error: LogError,
        text: &[u8],
        witness_file: Option<&[u8]>,
        now: Timestamp,
    ) -> Read<Self> {
        let lacking = match error {
            LogError::Witness(WitnessFault::Threshold { number, .. }) => Some(number),
            LogError::Witness(_) => self.first_witnessed(),
            _ => None,
        };
        let before = lacking.and_then(|number| number.checked_sub(1));
        let shorter = before.and_then(|number| beginning(text, number));
        let (log, _) = shorter.map_or((None, None), |shorter| Self::read(shorter, now));
        (log.filter(|log| log.check_witnesses(witness_file).is_ok()), Some(error))
    }
}

/// The first `number` lines, without the last one's line feed; of none there is nothing.
pub(super) fn beginning(text: &[u8], number: u64) -> Option<&[u8]> {
    let places = text.iter().enumerate().filter(|(_, byte)| **byte == b'\n').map(|(place, _)| place);
    let place = usize::try_from(number).ok()?.checked_sub(1)?;
    let end = places.chain([text.len()]).nth(place)?;
    text.get(..end)
}

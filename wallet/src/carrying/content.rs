//! How records stand in a file: one after the other, each with its kind, its name and its content, and zeros behind the last.

use std::collections::BTreeSet;

use zeroize::Zeroizing;

use super::FileError;
use crate::vault::Brought;

/// Most records of a file.
pub(super) const MOST_RECORDS: usize = 200_000;
/// Longest kind and longest name, in bytes.
const LONGEST_KIND: usize = 64;
const LONGEST_NAME: usize = 4_096;
/// Longest content of a record.
const LONGEST_CONTENT: usize = 1 << 20;

/// One record.
pub(crate) struct Record {
    pub(super) kind: String,
    pub(super) name: String,
    pub(super) json: Zeroizing<Vec<u8>>,
}

impl std::fmt::Debug for Record {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "Record({})", self.kind)
    }
}

impl Brought for Record {
    fn parts(&self) -> (&str, &str, &[u8]) {
        (&self.kind, &self.name, &self.json)
    }
}

impl Record {
    pub(super) fn new(kind: &str, name: &str, json: Zeroizing<Vec<u8>>) -> Self {
        Self { kind: kind.to_owned(), name: name.to_owned(), json }
    }
}

/// The bytes of some records, in the order of their kinds and names: not even whoever opens the file learns in which they were written.
pub(super) fn write(mut records: Vec<Record>) -> Result<Zeroizing<Vec<u8>>, FileError> {
    if records.len() > MOST_RECORDS {
        return Err(FileError::TooLarge);
    }
    records.sort_by(|left, right| (&left.kind, &left.name).cmp(&(&right.kind, &right.name)));
    let length_of = |record: &Record| {
        let parts = [record.kind.len(), record.name.len(), record.json.len(), 7];
        parts.into_iter().fold(0, usize::saturating_add)
    };
    let whole = records.iter().map(length_of).fold(1, usize::saturating_add);
    // As large as it becomes, so that no part of it is left behind where it was before.
    let mut bytes = Zeroizing::new(Vec::with_capacity(whole));
    for record in &records {
        if record.kind.len() > LONGEST_KIND
            || record.name.len() > LONGEST_NAME
            || record.json.len() > LONGEST_CONTENT
        {
            return Err(FileError::TooLarge);
        }
        bytes.push(u8::try_from(record.kind.len()).map_err(|_| FileError::TooLarge)?);
        bytes.extend_from_slice(record.kind.as_bytes());
        let name = u16::try_from(record.name.len()).map_err(|_| FileError::TooLarge)?;
        bytes.extend_from_slice(&name.to_be_bytes());
        bytes.extend_from_slice(record.name.as_bytes());
        let content = u32::try_from(record.json.len()).map_err(|_| FileError::TooLarge)?;
        bytes.extend_from_slice(&content.to_be_bytes());
        bytes.extend_from_slice(&record.json);
    }
    bytes.push(0);
    Ok(bytes)
}

/// The records of a content, each there once.
pub(super) fn read(content: &[u8]) -> Result<Vec<Record>, FileError> {
    let (mut rest, mut records, mut seen) = (content, Vec::new(), BTreeSet::new());
    loop {
        let kind = length(&mut rest, 1)?;
        if kind == 0 {
            break;
        }
        if records.len() >= MOST_RECORDS {
            return Err(FileError::TooLarge);
        }
        let kind = text(&mut rest, kind, LONGEST_KIND)?;
        let name = length(&mut rest, 2)?;
        let name = text(&mut rest, name, LONGEST_NAME)?;
        let json = length(&mut rest, 4)?;
        let json = Zeroizing::new(taken(&mut rest, json, LONGEST_CONTENT)?.to_vec());
        if !seen.insert((kind, name)) {
            return Err(FileError::Damaged);
        }
        records.push(Record::new(kind, name, json));
    }
    if rest.iter().all(|byte| *byte == 0) { Ok(records) } else { Err(FileError::Damaged) }
}

/// A length of so many bytes, big-endian.
fn length(rest: &mut &[u8], bytes: usize) -> Result<usize, FileError> {
    let bytes = taken(rest, bytes, 4)?;
    Ok(bytes.iter().fold(0, |number: usize, byte| number.wrapping_shl(8) | usize::from(*byte)))
}

fn text<'a>(rest: &mut &'a [u8], length: usize, longest: usize) -> Result<&'a str, FileError> {
    std::str::from_utf8(taken(rest, length, longest)?).map_err(|_| FileError::Damaged)
}

fn taken<'a>(rest: &mut &'a [u8], length: usize, longest: usize) -> Result<&'a [u8], FileError> {
    if length > longest {
        return Err(FileError::TooLarge);
    }
    let (taken, after) = rest.split_at_checked(length).ok_or(FileError::Damaged)?;
    *rest = after;
    Ok(taken)
}

//! What the writer process and the tests that let it die have in common: its records and its change.
//!
//! Each writer counts up. Change number `n` of a writer writes three records with that number, one of them
//! so large that the engine has to cut it up, deletes a record of the change before, adds an indexed one, and
//! logs a leaf. If any of that can be seen without the rest, a change was made half.

use environment::{Randomness, Timestamp};
use ledger::{Entry, EntryKind, Leaf, LeafId};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use store::{
    Change, Fault, FieldClass, Index, IndexEntry, Key, Range, Reader, Record, StoreFault, TenantId, Tx, View,
};

/// The tenant that the writer process writes for.
///
/// # Errors
/// Never: the name is a good one.
pub fn tenant() -> Result<TenantId, store::InvalidTenant> {
    TenantId::new("harbour.example.org")
}

/// One of the three records that always carry the same number.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Part {
    writer: u64,
    part: u64,
    number: u64,
    filling: String,
}

impl Record for Part {
    const CLASS: &'static str = "part";
    const FIELDS: &'static [(&'static str, FieldClass)] = &[
        ("writer", FieldClass::Operational),
        ("part", FieldClass::Operational),
        ("number", FieldClass::Operational),
        ("filling", FieldClass::Operational),
    ];

    fn key(&self) -> Key {
        Key::from((self.writer, self.part))
    }
}

/// The record that each change deletes and makes anew under another key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Moving {
    writer: u64,
    number: u64,
}

impl Record for Moving {
    const CLASS: &'static str = "moving";
    const FIELDS: &'static [(&'static str, FieldClass)] =
        &[("writer", FieldClass::Operational), ("number", FieldClass::Operational)];
    const INDEXES: &'static [&'static str] = &[ByWriter::NAME];

    fn key(&self) -> Key {
        Key::from((self.number, self.writer))
    }

    fn indexes(&self) -> Vec<IndexEntry> {
        vec![ByWriter::entry(self.writer)]
    }
}

/// Moving records by their writer.
#[derive(Debug)]
pub struct ByWriter;

impl Index for ByWriter {
    type Record = Moving;
    const NAME: &'static str = "writer";
}

/// A leaf that names its writer.
#[must_use]
pub fn leaf(writer: u64, randomness: &dyn Randomness) -> Leaf {
    let entry = Entry::new(EntryKind::Asked, noon()).with_code(writer.to_string());
    Leaf::new(LeafId::generate(randomness), &entry)
}

/// Text that follows from its place, so that nobody has to remember it. Part 2 is long.
fn filling(writer: u64, part: u64, number: u64) -> String {
    let seed = Sha256::new()
        .chain_update(writer.to_be_bytes())
        .chain_update(part.to_be_bytes())
        .chain_update(number.to_be_bytes())
        .finalize();
    let word: String = seed.iter().map(|byte| format!("{byte:02x}")).collect();
    let long = part == 2 && number.checked_rem(7) == Some(0);
    let extra = usize::from(seed.first().copied().unwrap_or(0));
    word.repeat(if long { extra.saturating_add(200) } else { extra.checked_rem(12).unwrap_or(0) })
}

/// The next change of a writer.
#[derive(Debug)]
pub struct CountUp {
    /// Who writes.
    pub writer: u64,
    /// What it logs.
    pub leaf: Leaf,
}

impl Change for CountUp {
    const NAME: &'static str = "count-up";
    type Output = u64;
    type Refusal = ();

    async fn apply(&self, tx: &mut Tx) -> Result<u64, Fault<()>> {
        let writer = self.writer;
        let before = tx.get::<Part>((writer, 0_u64)).await?.map_or(0, |part| part.number);
        let number = before.saturating_add(1);
        for part in 0..3 {
            let filling = filling(writer, part, number);
            tx.put(&Part { writer, part, number, filling }).await?;
        }
        tx.delete::<Moving>((before, writer)).await?;
        tx.put(&Moving { writer, number }).await?;
        tx.log(self.leaf.clone()).await?;
        Ok(number)
    }
}

/// Checks that the last change of a writer is there whole and nothing of another, and returns its number.
#[derive(Debug)]
pub struct LastChange {
    /// Who wrote.
    pub writer: u64,
}

impl View for LastChange {
    const NAME: &'static str = "last-change";
    type Output = Result<u64, String>;

    async fn read(&self, reader: &mut Reader) -> Result<Self::Output, StoreFault> {
        let writer = self.writer;
        let parts = reader.list::<Part>(Range::prefix(writer), 10).await?.items;
        let number = parts.first().map_or(0, |part| part.number);
        if number > 0 && parts.len() != 3 {
            return Ok(Err(format!("writer {writer} has {} parts at number {number}", parts.len())));
        }
        for part in &parts {
            if part.number != number || part.filling != filling(writer, part.part, number) {
                return Ok(Err(format!("writer {writer}: part {} is not of number {number}", part.part)));
            }
        }
        let moving = reader.page::<ByWriter>(Range::prefix(writer), 10).await?.items;
        let expected: &[Moving] = &[Moving { writer, number }];
        if moving != if number > 0 { expected } else { &[] } {
            return Ok(Err(format!("writer {writer}: the moving record is not at number {number}")));
        }
        Ok(Ok(number))
    }
}

/// A clock that stands still, so that replays are alike.
#[must_use]
pub fn noon() -> Timestamp {
    Timestamp::from_seconds(1_795_694_400)
}

//! Random transactions, run at the same time on an engine and one after the other on an ordered map.
//!
//! The engine's transactions are interleaved step by step. Those that commit must give the same reads and leave
//! the same content as the map does when they run whole, in the order of their commits: that is
//! serialisability, ranges included.

use std::collections::BTreeMap;

use environment::SystemRandomness;
use proptest::prelude::*;
use store::memory::Memory;
use store::{CommitId, Direction, Engine, EngineTx, Entries, KeyRange, Mode, StoreFault, WriteSet};
use store_sled::Sled;

#[derive(Clone, Debug)]
enum Step {
    Get(u8),
    Scan { start: u8, end: u8, limit: usize, descending: bool },
    Put(u8, usize),
    Delete(u8),
}

/// Which of three transactions goes on, and with what; `None` ends it with a commit.
type Interleaving = Vec<(usize, Option<Step>)>;

fn steps() -> impl Strategy<Value = Interleaving> {
    let key = 0_u8..12;
    let step = prop_oneof![
        key.clone().prop_map(Step::Get),
        (key.clone(), key.clone(), 0_usize..6, any::<bool>())
            .prop_map(|(start, end, limit, descending)| { Step::Scan { start, end, limit, descending } }),
        // Some values lie in several chunks.
        (key.clone(), prop_oneof![0_usize..40, 8_000_usize..20_000])
            .prop_map(|(key, size)| Step::Put(key, size)),
        key.prop_map(Step::Delete),
    ];
    let step = prop_oneof![5 => step.prop_map(Some), 2 => Just(None)];
    prop::collection::vec((0_usize..3, step), 1..60)
}

/// What a read gave.
#[derive(Clone, Debug, PartialEq)]
enum Seen {
    Value(Option<Vec<u8>>),
    Range(Entries),
}

#[derive(Default)]
struct Running {
    transaction: Option<Box<dyn EngineTx>>,
    reads: Vec<(Step, Seen)>,
    writes: BTreeMap<Vec<u8>, Option<Vec<u8>>>,
    doomed: bool,
}

fn key_range(start: u8, end: u8) -> KeyRange {
    KeyRange { start: vec![start], end: Some(vec![end]) }
}

fn direction(descending: bool) -> Direction {
    if descending { Direction::Descending } else { Direction::Ascending }
}

impl Running {
    async fn go(&mut self, engine: &dyn Engine, step: Step, value: u64) {
        if self.transaction.is_none() {
            *self = Self { transaction: Some(engine.begin(Mode::Write).await.unwrap()), ..Self::default() };
        }
        let transaction = self.transaction.as_mut().unwrap();
        let seen = match &step {
            Step::Get(key) => transaction.get(&[*key]).await.map(Seen::Value),
            Step::Scan { start, end, limit, descending } => {
                let range = key_range(*start, *end);
                transaction.scan(&range, *limit, direction(*descending)).await.map(Seen::Range)
            }
            Step::Put(key, size) => {
                let mut bytes = value.to_be_bytes().to_vec();
                bytes.resize(*size + 8, *key);
                self.writes.insert(vec![*key], Some(bytes));
                return;
            }
            Step::Delete(key) => {
                self.writes.insert(vec![*key], None);
                return;
            }
        };
        match seen {
            Ok(seen) => self.reads.push((step, seen)),
            Err(fault) => {
                assert_eq!(fault, StoreFault::Conflict);
                self.doomed = true;
            }
        }
    }

    /// Commits, and if that succeeds replays the transaction on the map.
    async fn end(&mut self, model: &mut BTreeMap<Vec<u8>, Vec<u8>>) -> Result<(), TestCaseError> {
        let Some(transaction) = self.transaction.take() else { return Ok(()) };
        if self.doomed || self.writes.is_empty() {
            return Ok(());
        }
        let mut set = WriteSet::empty(CommitId::random(&SystemRandomness));
        set.writes = std::mem::take(&mut self.writes);
        let writes = set.writes.clone();
        match transaction.commit(set).await {
            Err(fault) => prop_assert_eq!(fault, StoreFault::Conflict),
            Ok(_) => {
                for (step, seen) in &self.reads {
                    prop_assert_eq!(&model_read(model, step), seen);
                }
                for (key, value) in writes {
                    match value {
                        Some(value) => model.insert(key, value),
                        None => model.remove(&key),
                    };
                }
            }
        }
        Ok(())
    }
}

fn model_read(model: &BTreeMap<Vec<u8>, Vec<u8>>, step: &Step) -> Seen {
    match step {
        Step::Get(key) => Seen::Value(model.get(&vec![*key]).cloned()),
        Step::Scan { start, end, limit, descending } => {
            let mut found: Entries = model
                .iter()
                .filter(|(key, _)| **key >= vec![*start] && **key < vec![*end])
                .map(|(key, value)| (key.clone(), value.clone()))
                .collect();
            if *descending {
                found.reverse();
            }
            found.truncate(*limit);
            Seen::Range(found)
        }
        Step::Put(..) | Step::Delete(_) => unreachable!("only reads are kept"),
    }
}

async fn run(engine: &dyn Engine, steps: Interleaving) -> Result<(), TestCaseError> {
    let mut model: BTreeMap<Vec<u8>, Vec<u8>> = content(engine).await;
    let mut running = [Running::default(), Running::default(), Running::default()];
    for (value, (which, step)) in (0_u64..).zip(steps) {
        match step {
            Some(step) => running[which].go(engine, step, value).await,
            None => running[which].end(&mut model).await?,
        }
    }
    for transaction in &mut running {
        transaction.end(&mut model).await?;
    }
    prop_assert_eq!(content(engine).await, model);
    Ok(())
}

async fn content(engine: &dyn Engine) -> BTreeMap<Vec<u8>, Vec<u8>> {
    let mut snapshot = engine.begin(Mode::Snapshot).await.unwrap();
    snapshot.scan(&KeyRange::all(), 1_000, Direction::Ascending).await.unwrap().into_iter().collect()
}

fn check(engine: &dyn Engine, cases: u32) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let config = ProptestConfig { cases, failure_persistence: None, ..ProptestConfig::default() };
    let mut runner = proptest::test_runner::TestRunner::new(config);
    // All cases run on one engine, so each starts from what those before have left.
    runner.run(&steps(), |steps| runtime.block_on(run(engine, steps))).unwrap();
}

#[test]
fn the_engine_in_memory_is_serialisable() {
    check(&Memory::new(), 400);
}

#[test]
fn sled_is_serialisable_also_after_it_was_opened_again() {
    let folder = tempfile::TempDir::new().unwrap();
    for _ in 0..3 {
        let engine = Sled::open(&folder.path().join("store")).unwrap();
        check(&engine, 60);
    }
}

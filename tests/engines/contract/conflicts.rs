//! What happens when several change the same things at the same time.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use environment::SystemRandomness;
use serde::{Deserialize, Serialize};
use store::memory::Interruption;
use store::{
    Change, CommitId, Direction, Fault, FieldClass, Key, KeyRange, Lanes, Mode, Range, Record, StoreFault,
    Take, Tx, WriteSet,
};

use super::records::{Contact, Put, TakeContact};
use crate::place::{Place, on_each_engine};

on_each_engine!(
    counting_together_loses_nothing,
    with_a_lane_nobody_tries_twice,
    of_many_who_take_one_gets_it,
    who_read_a_key_that_changed_cannot_commit,
    who_found_a_key_absent_cannot_commit_after_it_came,
    who_found_a_range_empty_cannot_commit_after_something_came,
    what_lies_behind_the_last_entry_read_does_not_matter,
    a_descending_read_covers_what_it_passed,
    a_transaction_does_not_see_what_came_after_it_began,
    a_snapshot_stays_as_it_was,
    a_conflict_that_a_change_swallows_still_fails_the_commit,
    a_lost_answer_is_looked_up_and_never_made_twice,
);

#[derive(Debug, Serialize, Deserialize)]
struct Counter {
    name: String,
    value: u64,
}

impl Record for Counter {
    const CLASS: &'static str = "counter";
    const FIELDS: &'static [(&'static str, FieldClass)] =
        &[("name", FieldClass::Operational), ("value", FieldClass::Operational)];

    fn key(&self) -> Key {
        Key::from(&self.name)
    }
}

struct Increment {
    lane: bool,
    runs: Arc<AtomicUsize>,
}

impl Change for Increment {
    const NAME: &'static str = "increment";
    type Output = u64;
    type Refusal = ();

    fn lanes(&self) -> Lanes {
        if self.lane { Lanes::of("counter") } else { Lanes::none() }
    }

    async fn apply(&self, tx: &mut Tx) -> Result<u64, Fault<()>> {
        self.runs.fetch_add(1, Ordering::SeqCst);
        let value = tx.get::<Counter>("c").await?.map_or(0, |counter| counter.value) + 1;
        tokio::task::yield_now().await;
        tx.put(&Counter { name: "c".to_owned(), value }).await?;
        Ok(value)
    }
}

async fn count_together(place: &Place, lane: bool) -> usize {
    let runs = Arc::new(AtomicUsize::new(0));
    let tasks: Vec<_> = (0..8)
        .map(|_| {
            let (harbour, runs) = (place.harbour(), Arc::clone(&runs));
            tokio::spawn(async move {
                let mut made = 0_u64;
                while made < 25 {
                    match harbour.commit(&Increment { lane, runs: Arc::clone(&runs) }).await {
                        Ok(_) => made += 1,
                        Err(fault) => assert_eq!(fault, Fault::Store(StoreFault::Conflict)),
                    }
                }
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
    let counter = place.harbour().get::<Counter>("c").await.unwrap().unwrap();
    assert_eq!(counter.value, 200);
    runs.load(Ordering::SeqCst)
}

async fn counting_together_loses_nothing(place: Place) {
    count_together(&place, false).await;
}

async fn with_a_lane_nobody_tries_twice(place: Place) {
    assert_eq!(count_together(&place, true).await, 200);
}

async fn of_many_who_take_one_gets_it(place: Place) {
    for round in 0..10 {
        let email = format!("{round}@example.org");
        let contact = Contact { id: "1".to_owned(), email, until: None };
        place.harbour().commit(&Put(vec![contact])).await.unwrap();
        let tasks: Vec<_> = (0..16)
            .map(|_| {
                let harbour = place.harbour();
                tokio::spawn(async move { harbour.commit(&TakeContact("1")).await.unwrap() })
            })
            .collect();
        let mut live = 0;
        for task in tasks {
            match task.await.unwrap() {
                Take::Live(_) => live += 1,
                other => assert_eq!(other, Take::Absent),
            }
        }
        assert_eq!(live, 1);
    }
}

fn writes(entries: &[(&[u8], Option<&[u8]>)]) -> WriteSet {
    let mut set = WriteSet::empty(CommitId::random(&SystemRandomness));
    for (key, value) in entries {
        set.writes.insert(key.to_vec(), value.map(<[u8]>::to_vec));
    }
    set
}

async fn write(place: &Place, key: &[u8], value: Option<&[u8]>) {
    let transaction = place.store.engine().begin(Mode::Write).await.unwrap();
    transaction.commit(writes(&[(key, value)])).await.unwrap();
}

async fn who_read_a_key_that_changed_cannot_commit(place: Place) {
    write(&place, b"a", Some(b"1")).await;
    let mut transaction = place.store.engine().begin(Mode::Write).await.unwrap();
    assert_eq!(transaction.get(b"a").await.unwrap().as_deref(), Some(b"1".as_slice()));
    let mut bystander = place.store.engine().begin(Mode::Write).await.unwrap();
    bystander.get(b"b").await.unwrap();
    write(&place, b"a", Some(b"2")).await;
    assert_eq!(transaction.commit(writes(&[(b"x", Some(b"1"))])).await, Err(StoreFault::Conflict));
    bystander.commit(writes(&[(b"y", Some(b"1"))])).await.unwrap();
}

async fn who_found_a_key_absent_cannot_commit_after_it_came(place: Place) {
    let mut transaction = place.store.engine().begin(Mode::Write).await.unwrap();
    assert_eq!(transaction.get(b"a").await.unwrap(), None);
    write(&place, b"a", Some(b"1")).await;
    assert_eq!(transaction.commit(writes(&[(b"a", Some(b"2"))])).await, Err(StoreFault::Conflict));
}

async fn who_found_a_range_empty_cannot_commit_after_something_came(place: Place) {
    let range = KeyRange { start: b"b".to_vec(), end: Some(b"d".to_vec()) };
    let mut first = place.store.engine().begin(Mode::Write).await.unwrap();
    assert!(first.scan(&range, 10, Direction::Ascending).await.unwrap().is_empty());
    let mut second = place.store.engine().begin(Mode::Write).await.unwrap();
    assert!(second.scan(&range, 10, Direction::Descending).await.unwrap().is_empty());
    // Both would put something into the range that the other found empty: one of them only.
    first.commit(writes(&[(b"b", Some(b"1"))])).await.unwrap();
    assert_eq!(second.commit(writes(&[(b"c", Some(b"1"))])).await, Err(StoreFault::Conflict));
    let mut third = place.store.engine().begin(Mode::Write).await.unwrap();
    let found = third.scan(&range, 10, Direction::Ascending).await.unwrap();
    assert_eq!(found, vec![(b"b".to_vec(), b"1".to_vec())]);
    // The end does not belong to the range.
    write(&place, b"d", Some(b"1")).await;
    third.commit(writes(&[(b"c", Some(b"1"))])).await.unwrap();
}

async fn what_lies_behind_the_last_entry_read_does_not_matter(place: Place) {
    for key in [b"a", b"b", b"c"] {
        write(&place, key, Some(b"1")).await;
    }
    let mut transaction = place.store.engine().begin(Mode::Write).await.unwrap();
    let found = transaction.scan(&KeyRange::all(), 2, Direction::Ascending).await.unwrap();
    assert_eq!(found.len(), 2);
    write(&place, b"c", None).await;
    transaction.commit(writes(&[(b"x", Some(b"1"))])).await.unwrap();
    let mut transaction = place.store.engine().begin(Mode::Write).await.unwrap();
    transaction.scan(&KeyRange::all(), 2, Direction::Ascending).await.unwrap();
    write(&place, b"b", None).await;
    assert_eq!(transaction.commit(writes(&[(b"x", Some(b"1"))])).await, Err(StoreFault::Conflict));
}

async fn a_descending_read_covers_what_it_passed(place: Place) {
    for key in [b"a", b"c", b"e"] {
        write(&place, key, Some(b"1")).await;
    }
    let mut covered = place.store.engine().begin(Mode::Write).await.unwrap();
    let found = covered.scan(&KeyRange::all(), 2, Direction::Descending).await.unwrap();
    let keys: Vec<_> = found.into_iter().map(|(key, _)| key).collect();
    assert_eq!(keys, [b"e", b"c"]);
    write(&place, b"b", Some(b"1")).await;
    covered.commit(writes(&[(b"x", None)])).await.unwrap();
    let mut covered = place.store.engine().begin(Mode::Write).await.unwrap();
    covered.scan(&KeyRange::all(), 2, Direction::Descending).await.unwrap();
    write(&place, b"d", Some(b"1")).await;
    assert_eq!(covered.commit(writes(&[(b"x", None)])).await, Err(StoreFault::Conflict));
}

async fn a_transaction_does_not_see_what_came_after_it_began(place: Place) {
    for mode in [Mode::Read, Mode::Write] {
        write(&place, b"a", Some(b"1")).await;
        let mut transaction = place.store.engine().begin(mode).await.unwrap();
        write(&place, b"a", Some(b"2")).await;
        assert_eq!(transaction.get(b"a").await, Err(StoreFault::Conflict));
        let scanned = transaction.scan(&KeyRange::all(), 5, Direction::Ascending).await;
        assert_eq!(scanned, Err(StoreFault::Conflict));
        assert_eq!(transaction.get(b"b").await, Ok(None));
    }
}

async fn a_snapshot_stays_as_it_was(place: Place) {
    write(&place, b"a", Some(b"1")).await;
    let mut snapshot = place.store.engine().begin(Mode::Snapshot).await.unwrap();
    // An engine may hold the writer back until the snapshot is dropped.
    let transaction = place.store.engine().begin(Mode::Write).await.unwrap();
    let writer = tokio::spawn(transaction.commit(writes(&[(b"a", Some(b"2")), (b"b", Some(b"2"))])));
    tokio::task::yield_now().await;
    assert_eq!(snapshot.get(b"a").await.unwrap().as_deref(), Some(b"1".as_slice()));
    let found = snapshot.scan(&KeyRange::all(), 5, Direction::Ascending).await.unwrap();
    assert_eq!(found, vec![(b"a".to_vec(), b"1".to_vec())]);
    drop(snapshot);
    writer.await.unwrap().unwrap();
    let mut after = place.store.engine().begin(Mode::Read).await.unwrap();
    assert_eq!(after.get(b"a").await.unwrap().as_deref(), Some(b"2".as_slice()));
}

/// Reads, lets another change come between, and hides the conflict.
struct Swallow {
    other: store::Tenant,
    runs: AtomicUsize,
}

impl Change for Swallow {
    const NAME: &'static str = "swallow";
    type Output = bool;
    type Refusal = ();

    async fn apply(&self, tx: &mut Tx) -> Result<bool, Fault<()>> {
        if self.runs.fetch_add(1, Ordering::SeqCst) == 0 {
            let contact = Contact { id: "1".to_owned(), email: "ada@example.org".to_owned(), until: None };
            self.other.commit(&Put(vec![contact])).await.unwrap();
        }
        let found = tx.get::<Contact>("1").await.unwrap_or(None).is_some();
        let blind: store::Page<Contact> =
            tx.list(Range::all(), 1).await.unwrap_or(store::Page { items: vec![], next: None });
        tx.put(&Counter { name: "seen".to_owned(), value: u64::try_from(blind.items.len()).unwrap() })
            .await?;
        Ok(found)
    }
}

async fn a_conflict_that_a_change_swallows_still_fails_the_commit(place: Place) {
    let change = Swallow { other: place.harbour(), runs: AtomicUsize::new(0) };
    assert!(place.harbour().commit(&change).await.unwrap());
    assert_eq!(change.runs.load(Ordering::SeqCst), 2);
    assert_eq!(place.harbour().get::<Counter>("seen").await.unwrap().unwrap().value, 1);
}

async fn a_lost_answer_is_looked_up_and_never_made_twice(place: Place) {
    let Some(memory) = &place.memory else {
        assert!(!place.store.engine().outcome_can_be_unknown());
        return;
    };
    let runs = Arc::new(AtomicUsize::new(0));
    let increment = Increment { lane: false, runs: Arc::clone(&runs) };
    memory.interrupt_next_commit(Interruption::AfterWriting);
    assert_eq!(place.harbour().commit(&increment).await, Ok(1));
    assert_eq!(place.harbour().get::<Counter>("c").await.unwrap().unwrap().value, 1);
    assert_eq!(runs.load(Ordering::SeqCst), 1);
    memory.interrupt_next_commit(Interruption::BeforeWriting);
    assert_eq!(place.harbour().commit(&increment).await, Ok(2));
    assert_eq!(place.harbour().get::<Counter>("c").await.unwrap().unwrap().value, 2);
    assert_eq!(runs.load(Ordering::SeqCst), 3);
}

//! A transaction that reads what it has itself written and deleted sees the same as an ordered map.

use std::collections::BTreeMap;
use std::sync::Arc;

use environment::Environment;
use proptest::prelude::*;
use serde::{Deserialize, Serialize};
use store::memory::Memory;
use store::{Change, Fault, FieldClass, Index, IndexEntry, Key, Range, Record, Store, Take, TenantId, Tx};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Seat {
    place: u32,
    color: u32,
}

impl Record for Seat {
    const CLASS: &'static str = "seat";
    const FIELDS: &'static [(&'static str, FieldClass)] =
        &[("place", FieldClass::Operational), ("color", FieldClass::Operational)];
    const INDEXES: &'static [&'static str] = &[ByColor::NAME];

    fn key(&self) -> Key {
        Key::from(self.place)
    }

    fn indexes(&self) -> Vec<IndexEntry> {
        vec![ByColor::entry(self.color)]
    }
}

struct ByColor;

impl Index for ByColor {
    type Record = Seat;
    const NAME: &'static str = "color";
}

#[derive(Clone, Debug)]
enum Step {
    Put(Seat),
    Take(u32),
    List { from: u32, to: u32, limit: usize, descending: bool },
    Page { color: u32, limit: usize, descending: bool },
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let (place, color, limit) = (0_u32..20, 0_u32..3, 0_usize..7);
    let step = prop_oneof![
        (place.clone(), color.clone()).prop_map(|(place, color)| Step::Put(Seat { place, color })),
        place.clone().prop_map(Step::Take),
        (place.clone(), place, limit.clone(), any::<bool>())
            .prop_map(|(from, to, limit, descending)| Step::List { from, to, limit, descending }),
        (color, limit, any::<bool>()).prop_map(|(color, limit, descending)| Step::Page {
            color,
            limit,
            descending
        }),
    ];
    prop::collection::vec(step, 1..60)
}

/// The steps of one transaction, and what the store held before.
struct Run {
    before: BTreeMap<u32, Seat>,
    steps: Vec<Step>,
}

impl Change for Run {
    const NAME: &'static str = "run";
    type Output = BTreeMap<u32, Seat>;
    type Refusal = String;

    async fn apply(&self, tx: &mut Tx) -> Result<BTreeMap<u32, Seat>, Fault<String>> {
        let mut model = self.before.clone();
        for step in &self.steps {
            let (seen, expected) = match step {
                Step::Put(seat) => {
                    tx.put(seat).await?;
                    model.insert(seat.place, seat.clone());
                    continue;
                }
                Step::Take(place) => {
                    let taken = tx.take::<Seat>(*place).await?;
                    let expected = model.remove(place).map_or(Take::Absent, Take::Live);
                    (format!("{taken:?}"), format!("{expected:?}"))
                }
                Step::List { from, to, limit, descending } => {
                    let range = Range::all().starting_at(*from).before(*to);
                    let range = if *descending { range.descending() } else { range };
                    let seen = tx.list::<Seat>(range, *limit).await?.items;
                    let within = model.values().filter(|seat| (*from..*to).contains(&seat.place));
                    (format!("{seen:?}"), format!("{:?}", first(within, *limit, *descending)))
                }
                Step::Page { color, limit, descending } => {
                    let range = Range::prefix(*color);
                    let range = if *descending { range.descending() } else { range };
                    let seen = tx.page::<ByColor>(range, *limit).await?.items;
                    let within = model.values().filter(|seat| seat.color == *color);
                    (format!("{seen:?}"), format!("{:?}", first(within, *limit, *descending)))
                }
            };
            if seen != expected {
                return Err(Fault::Refused(format!("{step:?}: {seen}, expected {expected}")));
            }
        }
        Ok(model)
    }
}

fn first<'a>(
    seats: impl DoubleEndedIterator<Item = &'a Seat>,
    limit: usize,
    descending: bool,
) -> Vec<&'a Seat> {
    if descending { seats.rev().take(limit).collect() } else { seats.take(limit).collect() }
}

#[test]
fn a_transaction_sees_its_own_writes_like_an_ordered_map() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let config = ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() };
    let strategy = prop::collection::vec(steps(), 1..4);
    proptest::test_runner::TestRunner::new(config)
        .run(&strategy, |transactions| {
            let store = Store::new(Arc::new(Memory::new()), Environment::system());
            let harbour = store.tenant(&TenantId::new("harbour").unwrap());
            let mut before = BTreeMap::new();
            for steps in transactions {
                before = runtime
                    .block_on(harbour.commit(&Run { before, steps }))
                    .map_err(|fault| TestCaseError::fail(format!("{fault:?}")))?;
                let difference = runtime.block_on(harbour.compare_indexes::<Seat>()).unwrap();
                prop_assert_eq!(difference.records, before.len());
                prop_assert_eq!((difference.missing, difference.surplus), (0, 0));
            }
            Ok(())
        })
        .unwrap();
}

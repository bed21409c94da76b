//! Limits, and values at their edge.

use serde::{Deserialize, Serialize};
use store::{Change, Fault, FieldClass, Key, MAX_VALUE_BYTES, MAX_WRITES, Record, StoreFault, Tx};

use super::records::Put;
use crate::place::{Place, on_each_engine};

on_each_engine!(
    a_value_of_the_largest_size_is_kept_and_a_larger_one_refused,
    values_that_grow_and_shrink_keep_only_their_last_bytes,
    a_commit_of_the_largest_size_is_made_and_a_larger_one_refused,
    a_key_that_is_too_long_is_refused,
);

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Picture {
    id: String,
    bytes: String,
}

impl Record for Picture {
    const CLASS: &'static str = "picture";
    const FIELDS: &'static [(&'static str, FieldClass)] =
        &[("id", FieldClass::Operational), ("bytes", FieldClass::Disclosed)];

    fn key(&self) -> Key {
        Key::from(&self.id)
    }
}

fn picture(length: usize) -> Picture {
    Picture { id: "1".to_owned(), bytes: "p".repeat(length) }
}

/// What a picture's frame and JSON take besides its bytes.
const FRAME: usize = 44 + r#"{"id":"1","bytes":""}"#.len();

async fn a_value_of_the_largest_size_is_kept_and_a_larger_one_refused(place: Place) {
    let harbour = place.harbour();
    let largest = MAX_VALUE_BYTES - FRAME;
    let refused = harbour.commit(&Put(vec![picture(largest + 1)])).await;
    let size = MAX_VALUE_BYTES + 1;
    let too_large = StoreFault::TooLarge { what: "a record", size, limit: MAX_VALUE_BYTES };
    assert_eq!(refused, Err(Fault::Store(too_large)));
    harbour.commit(&Put(vec![picture(largest)])).await.unwrap();
    assert_eq!(harbour.get::<Picture>("1").await.unwrap(), Some(picture(largest)));
}

async fn values_that_grow_and_shrink_keep_only_their_last_bytes(place: Place) {
    let harbour = place.harbour();
    for length in [0, 8_000, 8_127, 8_128, 8_129, 100_000, 16_400, 16_300, 250_000, 9_000, 5] {
        harbour.commit(&Put(vec![picture(length)])).await.unwrap();
        assert_eq!(harbour.get::<Picture>("1").await.unwrap(), Some(picture(length)));
        let all = harbour.list::<Picture>(store::Range::all(), 10).await.unwrap();
        assert_eq!(all.items, vec![picture(length)]);
    }
}

#[derive(Debug, Serialize, Deserialize)]
struct Small {
    id: u64,
}

impl Record for Small {
    const CLASS: &'static str = "small";
    const FIELDS: &'static [(&'static str, FieldClass)] = &[("id", FieldClass::Operational)];

    fn key(&self) -> Key {
        Key::from(self.id)
    }
}

struct PutMany(u64);

impl Change for PutMany {
    const NAME: &'static str = "put-many";
    type Output = ();
    type Refusal = ();

    async fn apply(&self, tx: &mut Tx) -> Result<(), Fault<()>> {
        for id in 0..self.0 {
            tx.put(&Small { id }).await?;
        }
        Ok(())
    }
}

async fn a_commit_of_the_largest_size_is_made_and_a_larger_one_refused(place: Place) {
    let harbour = place.harbour();
    // The marker of an engine that needs one takes a place.
    let marker = usize::from(place.store.engine().outcome_can_be_unknown());
    let largest = u64::try_from(MAX_WRITES - marker).unwrap();
    let refused = harbour.commit(&PutMany(largest + 1)).await;
    let too_large = StoreFault::TooLarge { what: "a commit", size: MAX_WRITES + 1, limit: MAX_WRITES };
    assert_eq!(refused, Err(Fault::Store(too_large)));
    assert!(harbour.get::<Small>(0_u64).await.unwrap().is_none());
    harbour.commit(&PutMany(largest)).await.unwrap();
    assert!(harbour.get::<Small>(largest - 1).await.unwrap().is_some());
}

async fn a_key_that_is_too_long_is_refused(place: Place) {
    let long = Picture { id: "k".repeat(2_000), bytes: String::new() };
    let refused = place.harbour().commit(&Put(vec![long])).await;
    assert!(matches!(refused, Err(Fault::Store(StoreFault::TooLarge { what: "a key", .. }))));
}

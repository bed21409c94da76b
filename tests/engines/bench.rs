//! Commits a second: `cargo test -p engines -- --ignored --nocapture commits_a_second`.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use environment::Environment;
use serde::{Deserialize, Serialize};
use store::{Change, Fault, FieldClass, Key, Record, Store, TenantId, Tx};
use store_sled::Sled;

#[derive(Serialize, Deserialize)]
struct Row {
    writer: u64,
    number: u64,
    text: String,
}

impl Record for Row {
    const CLASS: &'static str = "row";
    const FIELDS: &'static [(&'static str, FieldClass)] = &[
        ("writer", FieldClass::Operational),
        ("number", FieldClass::Operational),
        ("text", FieldClass::Operational),
    ];

    fn key(&self) -> Key {
        Key::from((self.writer, self.number))
    }
}

/// Reads one record, writes three.
struct Write {
    writer: u64,
    number: u64,
}

impl Change for Write {
    const NAME: &'static str = "write";
    type Output = ();
    type Refusal = ();

    async fn apply(&self, tx: &mut Tx) -> Result<(), Fault<()>> {
        let before = tx.get::<Row>((self.writer, self.number.saturating_sub(1))).await?;
        for part in 0..3 {
            let number = if part == 0 { self.number } else { 1_000_000 + part };
            let text = "x".repeat(300 + before.as_ref().map_or(0, |row| row.text.len() % 7));
            tx.put(&Row { writer: self.writer, number, text }).await?;
        }
        Ok(())
    }
}

async fn commits_a_second(writers: u64) -> u64 {
    let folder = tempfile::TempDir::new_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    let engine = Sled::open(&folder.path().join("store")).unwrap();
    let store = Store::new(Arc::new(engine), Environment::system());
    let tenant = store.tenant(&TenantId::new("harbour").unwrap());
    let made = Arc::new(AtomicU64::new(0));
    let until = Instant::now() + Duration::from_secs(4);
    let tasks: Vec<_> = (0..writers)
        .map(|writer| {
            let (tenant, made) = (tenant.clone(), Arc::clone(&made));
            tokio::spawn(async move {
                let mut number = 0;
                while Instant::now() < until {
                    number += 1;
                    tenant.commit(&Write { writer, number }).await.unwrap();
                    made.fetch_add(1, Ordering::Relaxed);
                }
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
    made.load(Ordering::Relaxed) / 4
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "a measurement, not a test"]
async fn commits_a_second_by_the_number_of_writers() {
    for writers in [1, 8, 64] {
        println!("{writers} writers: {} commits a second", commits_a_second(writers).await);
    }
}

//! A writer that is killed with SIGKILL again and again loses no acknowledged change and leaves no half one.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use environment::{Environment, Randomness, SystemRandomness};
use store::{PendingLeaf, Range, Store, Tenant};
use store_sled::Sled;

use engines::{LastChange, Moving, tenant};

const WRITERS: u64 = 4;
/// More with `STORE_KILLS=200`.
const KILLS: u64 = 24;

/// Lets the writer work for a random while, kills it, and returns the last acknowledged number of each writer.
fn write_and_kill(folder: &Path) -> BTreeMap<u64, u64> {
    let mut child = Command::new(env!("CARGO_BIN_EXE_store-writer"))
        .args([folder.to_str().unwrap(), &WRITERS.to_string(), "0"])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let mut acknowledged = BTreeMap::new();
    let mut note = |line: String| {
        let (writer, number) = line.split_once(' ').unwrap();
        acknowledged.insert(writer.parse().unwrap(), number.parse().unwrap());
    };
    // Only a writer that is at work can be caught in the middle.
    note(lines.next().expect("the writer ended before it wrote").unwrap());
    let randomness: &dyn Randomness = &SystemRandomness;
    let reader = std::thread::scope(|scope| {
        let reader = scope.spawn(|| lines.map_while(Result::ok).collect::<Vec<_>>());
        std::thread::sleep(Duration::from_millis(randomness.below(400)));
        child.kill().unwrap();
        reader.join().unwrap()
    });
    child.wait().unwrap();
    reader.into_iter().for_each(&mut note);
    acknowledged
}

/// Checks the store after a crash and returns the number that each writer had reached.
pub(crate) async fn reached(folder: &Path, writers: u64) -> Result<BTreeMap<u64, u64>, String> {
    let engine = Sled::open(folder).map_err(|error| error.to_string())?;
    let harbour = Store::new(Arc::new(engine), Environment::system()).tenant(&tenant().unwrap());
    let mut reached = BTreeMap::new();
    for writer in 0..writers {
        let number = harbour.read(&LastChange { writer }).await.map_err(|fault| fault.to_string())??;
        reached.insert(writer, number);
    }
    let difference = harbour.compare_indexes::<Moving>().await.map_err(|fault| fault.to_string())?;
    if difference.missing + difference.surplus > 0 {
        return Err(format!("{difference:?}"));
    }
    let leaves = count_leaves(&harbour).await?;
    for (writer, number) in &reached {
        let logged = leaves.get(writer).copied().unwrap_or(0);
        if logged != *number {
            return Err(format!("writer {writer} made {number} changes and logged {logged} leaves"));
        }
    }
    Ok(reached)
}

async fn count_leaves(harbour: &Tenant) -> Result<BTreeMap<u64, u64>, String> {
    let mut counts = BTreeMap::new();
    let mut range = Range::all();
    loop {
        let page = harbour.list::<PendingLeaf>(range, 1_000).await.map_err(|fault| fault.to_string())?;
        for pending in &page.items {
            let entry = pending.leaf().entry().map_err(|_| "a leaf does not read".to_owned())?;
            *counts.entry(entry.code.unwrap().parse().unwrap()).or_insert(0) += 1;
        }
        match page.next {
            Some(next) => range = Range::all().after(&next),
            None => return Ok(counts),
        }
    }
}

/// An acknowledged change is there; of those under way at most one for each writer.
pub(crate) fn compare(acknowledged: &BTreeMap<u64, u64>, reached: &BTreeMap<u64, u64>) -> Result<(), String> {
    for (writer, reached) in reached {
        let acknowledged = acknowledged.get(writer).copied().unwrap_or(0);
        if *reached < acknowledged {
            return Err(format!("writer {writer}: {acknowledged} was acknowledged, {reached} is there"));
        }
        if *reached > acknowledged + 1 {
            return Err(format!("writer {writer}: {reached} is there, asked for was {}", acknowledged + 1));
        }
    }
    Ok(())
}

#[tokio::test]
async fn a_killed_writer_loses_no_acknowledged_change_and_leaves_no_half_one() {
    let folder = tempfile::TempDir::new().unwrap();
    let folder = folder.path().join("store");
    let kills = std::env::var("STORE_KILLS").map_or(KILLS, |kills| kills.parse().unwrap());
    let mut total: BTreeMap<u64, u64> = BTreeMap::new();
    for kill in 1..=kills {
        // Numbers go on where the last run stood, which may be one beyond what it acknowledged.
        total.extend(write_and_kill(&folder));
        let reached =
            reached(&folder, WRITERS).await.unwrap_or_else(|problem| panic!("kill {kill}: {problem}"));
        compare(&total, &reached).unwrap_or_else(|problem| panic!("kill {kill}: {problem}"));
        total = reached;
    }
    let changes: u64 = total.values().sum();
    assert!(changes > kills, "the writers hardly worked");
    println!("{kills} kills, {changes} changes, none lost, none half");
}

#[test]
fn a_lost_or_an_unasked_change_would_be_noticed() {
    let at = |number| BTreeMap::from([(0, number)]);
    assert_eq!(compare(&at(5), &at(5)), Ok(()));
    assert_eq!(compare(&at(5), &at(6)), Ok(()));
    assert!(compare(&at(5), &at(4)).is_err());
    assert!(compare(&at(5), &at(7)).is_err());
}

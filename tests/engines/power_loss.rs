//! A power cut loses no acknowledged change and leaves no half one.
//!
//! The writer runs under `strace`, which records every write, sync and change of names. The test then cuts the
//! power at random moments: of each file it keeps what an fsync *that had returned* covers, and of everything
//! written since any part the disk likes (nothing, all, some writes, some sectors); likewise of names. The store
//! must open on what is left and hold every change that was acknowledged before the cut.
//!
//! `sync_file_range` counts for nothing here, as on a disk with a cache: sled alone does not pass, and a test below
//! makes sure that this would be noticed.
//!
//! `strace` comes from the Debian package of that name. Without it these tests print that they are skipped; with
//! `CI=true` they fail.

mod disk;
mod trace;

use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Command, Stdio};

use environment::{Randomness, SeededRandomness};

use crate::kill::{compare, reached};
use disk::{Disk, Found, Keep};

const WRITERS: u64 = 3;
/// More with `STORE_POWER_CHANGES=4000`. Enough that sled writes over segments it has freed, the most delicate thing it does.
const CHANGES: u64 = 1_000;
/// More with `STORE_POWER_CUTS=1000`.
const CUTS: u64 = 48;

fn changes() -> u64 {
    std::env::var("STORE_POWER_CHANGES").map_or(CHANGES, |changes| changes.parse().unwrap())
}

/// Records a run of the writer in `folder`/store, new or left by an earlier cut; `None` when this machine cannot.
fn record(folder: &Path, changes: u64) -> Option<Disk> {
    let trace = folder.join("trace");
    let store = folder.join("store");
    let found = Found::read(&store);
    let status = Command::new("strace")
        .args(["-f", "-qq", "-xx", "-s", "16777216", "-e", trace::CALLS, "-o"])
        .arg(&trace)
        .arg(env!("CARGO_BIN_EXE_store-writer"))
        .args([store.to_str().unwrap(), &WRITERS.to_string(), &changes.to_string()])
        .stdout(Stdio::null())
        .status();
    let problem = match status {
        Ok(status) if status.success() => {
            let calls = trace::parse(&std::fs::read(&trace).unwrap());
            return Some(Disk::replay(&calls, &store, found));
        }
        Ok(status) => format!("strace ended with {status}; may this user trace processes?"),
        Err(error) => format!("strace cannot be started ({error}); install the Debian package `strace`"),
    };
    assert_ne!(std::env::var("CI").as_deref(), Ok("true"), "{problem}");
    println!("skipped: power loss: {problem}");
    None
}

/// Cuts the power before call number `at` and looks at what is left. `before` says what was acknowledged before
/// the recorded run.
async fn cut(
    disk: &Disk,
    at: usize,
    keep: Keep,
    randomness: &dyn Randomness,
    before: &BTreeMap<u64, u64>,
) -> Result<(), String> {
    let folder = tempfile::TempDir::new().unwrap();
    let store = folder.path().join("store");
    disk.write_image(at, keep, randomness, &store);
    let mut acknowledged = before.clone();
    acknowledged.extend(disk.acknowledged(at));
    match reached(&store, WRITERS).await {
        Ok(reached) => compare(&acknowledged, &reached),
        Err(problem) => Err(problem),
    }
}

#[tokio::test]
async fn a_power_cut_loses_no_acknowledged_change_and_leaves_no_half_one() {
    let folder = tempfile::TempDir::new().unwrap();
    let Some(disk) = record(folder.path(), changes()) else { return };
    let all: BTreeMap<u64, u64> = (0..WRITERS).map(|writer| (writer, changes())).collect();
    assert_eq!(disk.acknowledged(disk.calls()), all, "the trace does not hold every acknowledgement");
    assert!(disk.wrote_over_old("db"), "sled freed no segment; the run is too short to prove much");
    let cuts = std::env::var("STORE_POWER_CUTS").map_or(CUTS, |cuts| cuts.parse().unwrap());
    let seed = u64::from(std::process::id());
    let randomness: &dyn Randomness = &SeededRandomness::new(seed);
    for number in 0..cuts {
        let at = usize::try_from(randomness.below(u64::try_from(disk.calls()).unwrap())).unwrap();
        let keep = Keep::ALL[usize::try_from(number).unwrap() % Keep::ALL.len()];
        if let Err(problem) = cut(&disk, at, keep, randomness, &BTreeMap::new()).await {
            panic!(
                "power cut before call {at} of {}, keeping {keep:?}, seed {seed}: {problem}",
                disk.calls()
            );
        }
    }
    println!("{cuts} power cuts, no acknowledged change lost, none half");
}

/// The store is opened on what a cut has left, the power is cut again while it recovers or soon after, and so on.
#[tokio::test]
async fn power_cuts_while_recovering_from_power_cuts_lose_nothing_either() {
    let seed = u64::from(std::process::id());
    let randomness: &dyn Randomness = &SeededRandomness::new(seed);
    let mut folder = tempfile::TempDir::new().unwrap();
    let mut before = BTreeMap::new();
    for round in 0..4 {
        let Some(disk) = record(folder.path(), 60) else { return };
        for number in 0..10 {
            let recovering = number % 2 == 0 && round > 0;
            let end = if recovering { disk.first_acknowledgement() } else { disk.calls() };
            let at = usize::try_from(randomness.below(u64::try_from(end).unwrap())).unwrap();
            let keep = Keep::ALL[number % Keep::ALL.len()];
            if let Err(problem) = cut(&disk, at, keep, randomness, &before).await {
                panic!("round {round}, power cut before call {at}, keeping {keep:?}, seed {seed}: {problem}");
            }
        }
        // The next round goes on from a cut in the middle of this one. Not opened here: recovering is its part.
        let at = disk.calls() / 2;
        let next = tempfile::TempDir::new().unwrap();
        let store = next.path().join("store");
        disk.write_image(at, Keep::SomeSectors, randomness, &store);
        before.extend(disk.acknowledged(at));
        // What was under way may have arrived or not; look at a copy.
        let copy = tempfile::TempDir::new().unwrap();
        Found::read(&store).write(&store, &copy.path().join("store"));
        before = reached(&copy.path().join("store"), WRITERS).await.unwrap();
        folder = next;
    }
}

/// The same with our own fsync taken away: if this passes a cut, the test above proves nothing.
#[tokio::test]
async fn a_store_that_trusts_sleds_flush_loses_changes_and_that_is_noticed() {
    let folder = tempfile::TempDir::new().unwrap();
    let Some(disk) = record(folder.path(), 100) else { return };
    let disk = disk.without_syncs_through_read_only_descriptors("db");
    let randomness: &dyn Randomness = &SeededRandomness::new(1);
    let mut noticed = 0;
    for number in 1..5 {
        let at = disk.calls() * number / 5;
        noticed += u32::from(cut(&disk, at, Keep::Nothing, randomness, &BTreeMap::new()).await.is_err());
    }
    assert_eq!(noticed, 4);
}

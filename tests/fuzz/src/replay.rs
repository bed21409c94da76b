//! Replays the seeds of targets and mutates them for a while, several targets at a time.

use std::any::Any;
use std::collections::hash_map::DefaultHasher;
use std::fs;
use std::hash::{Hash as _, Hasher as _};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use crate::mutate::Mutator;
use crate::seeds;
use crate::target::Target;

/// An input for which something that must hold does not.
#[derive(Debug)]
pub struct Fault {
    /// The input.
    pub input: Vec<u8>,
    /// What the target said.
    pub reason: String,
}

/// What became of one target.
#[derive(Debug)]
pub struct Outcome {
    /// How many seeds were replayed.
    pub seeds: usize,
    /// How many inputs were tried, seeds among them.
    pub inputs: u64,
    /// How long one input took at most.
    pub slowest: Duration,
    /// The first fault.
    pub fault: Option<Fault>,
}

/// Runs `target` on its seeds and then on mutations of them until `time` is over or a fault is found.
#[must_use]
pub fn run(target: &Target, seed: u64, time: Duration) -> Outcome {
    let start = Instant::now();
    let seeds = seeds::of(target);
    let mut outcome = Outcome { seeds: seeds.len(), inputs: 0, slowest: Duration::ZERO, fault: None };
    for input in &seeds {
        outcome.take(target, input);
    }
    let mut mutator = Mutator::new(seed ^ hash(target.name.as_bytes()), &seeds, target.words);
    while outcome.fault.is_none() && start.elapsed() < time {
        let input = mutator.next_input();
        outcome.take(target, &input);
    }
    outcome
}

impl Outcome {
    fn take(&mut self, target: &Target, input: &[u8]) {
        if self.fault.is_some() {
            return;
        }
        let start = Instant::now();
        self.inputs += 1;
        if let Err(panic) = catch_unwind(AssertUnwindSafe(|| (target.run)(input))) {
            self.fault = Some(Fault { input: input.to_vec(), reason: words_of(&*panic) });
        }
        self.slowest = self.slowest.max(start.elapsed());
    }
}

fn words_of(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("a panic without words").to_owned()
}

/// Runs `targets` on `threads` threads and hands each outcome to `each` as it comes.
pub fn run_all(
    targets: &[&'static Target],
    threads: usize,
    seed: u64,
    time: Duration,
    each: impl Fn(&Target, &Outcome) + Send + Sync,
) {
    let next = AtomicUsize::new(0);
    let speaking = Mutex::new(());
    thread::scope(|scope| {
        for _ in 0..threads.clamp(1, targets.len().max(1)) {
            scope.spawn(|| {
                while let Some(target) = targets.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let outcome = run(target, seed, time);
                    let _speaks = speaking.lock();
                    each(target, &outcome);
                }
            });
        }
    });
}

/// Keeps an input that a target cannot take where the next run and a person find it.
///
/// # Panics
/// When the file cannot be written.
#[must_use]
pub fn keep(target: &Target, input: &[u8]) -> PathBuf {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../target/fuzz-faults").join(target.name);
    fs::create_dir_all(&folder).expect("a folder for faults");
    let file = folder.join(format!("{:016x}", hash(input)));
    fs::write(&file, input).expect("a file for a fault");
    file
}

/// A name for bytes.
#[must_use]
pub fn hash(bytes: &[u8]) -> u64 {
    let mut hasher = DefaultHasher::new();
    bytes.hash(&mut hasher);
    hasher.finish()
}

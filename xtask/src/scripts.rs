//! The suites that are scripts of Node.js and drive the `passport` command: each waits most of its time, so they run beside each other.
//!
//! What lives here: which there are, what they need, and how many run at a time. What does not: how a script's lines are read
//! ([`suite`]).

use std::collections::VecDeque;
use std::path::Path;
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::Result;

use crate::stage::{Journal, Outcome, command};
use crate::{cargo_program, npm, suite};

/// One run of a script.
struct Script {
    /// The stage that it is part of.
    stage: &'static str,
    /// What its lines begin with where others run beside it.
    label: &'static str,
    file: &'static str,
    arguments: &'static [&'static str],
    /// Where npm installs what it needs.
    folders: &'static [&'static str],
}

const JOURNEYS: &str = "tests/browser/run.mjs";

/// In the order in which they begin: what takes longest comes first.
const SCRIPTS: &[Script] = &[
    Script {
        stage: "browser",
        label: "browser 1",
        file: JOURNEYS,
        arguments: &["--part", "1/2"],
        folders: &["tests/browser"],
    },
    Script {
        stage: "browser",
        label: "browser 2",
        file: JOURNEYS,
        arguments: &["--part", "2/2"],
        folders: &["tests/browser"],
    },
    Script {
        stage: "hostile",
        label: "hostile",
        file: "tests/interop/hostile/run.mjs",
        arguments: &[],
        folders: &["tests/interop/hostile/verifier-issuer", "tests/interop/hostile/wallet"],
    },
    Script {
        stage: "interop",
        label: "credo",
        file: "tests/interop/credo/selftest.mjs",
        arguments: &[],
        folders: &["tests/interop/credo"],
    },
    Script {
        stage: "interop",
        label: "interop",
        file: "tests/interop/run.mjs",
        arguments: &[],
        folders: &["tests/interop/credo", "tests/browser"],
    },
    Script {
        stage: "interop",
        label: "connect",
        file: "tests/interop/connect/run.mjs",
        arguments: &[],
        folders: &["tests/interop/connect", "tests/browser"],
    },
    Script {
        stage: "interop",
        label: "api",
        file: "tests/interop/api/run.mjs",
        arguments: &[],
        folders: &[],
    },
    Script {
        stage: "interop",
        label: "webhooks",
        file: "tests/interop/webhooks/run.mjs",
        arguments: &[],
        folders: &["tests/interop/webhooks", "tests/browser"],
    },
];

/// The stages that scripts make up, each once.
pub(crate) fn stages() -> Vec<&'static str> {
    let mut names: Vec<_> = SCRIPTS.iter().map(|script| script.stage).collect();
    names.dedup();
    names
}

/// Installs what the scripts of these stages need, builds the command and runs them, as many at a time as there are cores.
/// `environment` is what each is started with beside our own.
pub(crate) fn run(
    root: &Path,
    journal: &mut Journal,
    stages: &[&str],
    lock_policy: Option<&str>,
    environment: &[(&str, &str)],
) {
    let chosen: Vec<_> = SCRIPTS.iter().filter(|script| stages.contains(&script.stage)).collect();
    if chosen.is_empty()
        || !journal.run("npm", || install(root, &chosen))
        || !journal.run("command", || build(root, lock_policy))
    {
        return;
    }
    println!("\n=== {}", stages.join(", "));
    let waiting: Mutex<VecDeque<_>> = Mutex::new(chosen.iter().copied().enumerate().collect());
    let done = Mutex::new(Vec::new());
    let workers = thread::available_parallelism().map_or(1, std::num::NonZero::get).min(chosen.len());
    thread::scope(|scope| {
        for _ in 0..workers {
            scope.spawn(|| {
                while let Some((place, script)) = next(&waiting) {
                    let label = (chosen.len() > 1).then_some(script.label);
                    let begun = Instant::now();
                    let outcome = suite::script(root, label, script.file, script.arguments, environment)
                        .unwrap_or_else(|error| Outcome::fails(format!("{error:#}")));
                    let part = Part { stage: script.stage, place, time: begun.elapsed(), outcome };
                    done.lock().unwrap_or_else(PoisonError::into_inner).push(part);
                }
            });
        }
    });
    let done = done.into_inner().unwrap_or_else(PoisonError::into_inner);
    for (stage, time, outcome) in joined(done) {
        journal.enter(stage, time, outcome);
    }
}

/// Not part of the loop's own condition, which would hold the lock while the script runs.
fn next<T>(waiting: &Mutex<VecDeque<T>>) -> Option<T> {
    waiting.lock().unwrap_or_else(PoisonError::into_inner).pop_front()
}

struct Part {
    stage: &'static str,
    place: usize,
    time: Duration,
    outcome: Outcome,
}

/// What the parts of each stage found together, in the order of the scripts; its time is the sum over its parts.
fn joined(mut parts: Vec<Part>) -> Vec<(&'static str, Duration, Outcome)> {
    parts.sort_by_key(|part| part.place);
    let mut stages: Vec<(&'static str, Duration, Outcome)> = Vec::new();
    for Part { stage, time, outcome, .. } in parts {
        match stages.iter_mut().find(|(name, ..)| *name == stage) {
            Some((_, sum, whole)) => {
                *sum = sum.saturating_add(time);
                whole.join(outcome);
            }
            None => stages.push((stage, time, outcome)),
        }
    }
    stages
}

fn install(root: &Path, chosen: &[&Script]) -> Result<Outcome> {
    let mut folders: Vec<_> = chosen.iter().flat_map(|script| script.folders).collect();
    folders.sort_unstable();
    folders.dedup();
    for folder in folders {
        npm::install(root, folder)?;
    }
    Ok(Outcome::holds())
}

/// By way of the tests that start it: it is then the very command that they started, and no dependency is built a second time, with
/// the fewer features that it would have alone.
fn build(root: &Path, lock_policy: Option<&str>) -> Result<Outcome> {
    let mut words = vec!["test", "--workspace", "--test", "end_to_end", "--no-run"];
    words.extend(lock_policy);
    command(root, &cargo_program(), &words)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stage::Counts;

    fn part(stage: &'static str, place: usize, passed: u64, failure: Option<&str>) -> Part {
        let counts = Counts { passed, failed: u64::from(failure.is_some()), skipped: 0 };
        let outcome = Outcome { counts, failure: failure.map(str::to_owned), ..Outcome::default() };
        Part { stage, place, time: Duration::from_secs(passed), outcome }
    }

    #[test]
    fn the_parts_of_a_stage_are_one_stage() {
        let found = joined(vec![
            part("hostile", 2, 4, None),
            part("browser", 1, 3, Some("a page broke")),
            part("browser", 0, 2, None),
        ]);
        let shown: Vec<_> = found
            .iter()
            .map(|(name, time, outcome)| {
                (*name, time.as_secs(), outcome.counts.to_string(), outcome.failure.clone())
            })
            .collect();
        let broke = Some("a page broke".to_owned());
        assert_eq!(
            shown,
            [
                ("browser", 5, "5 passed, 1 failed".to_owned(), broke),
                ("hostile", 4, "4 passed, 0 failed".to_owned(), None)
            ]
        );
    }

    #[test]
    fn the_parts_of_the_journeys_are_all_of_them() {
        let parts: Vec<_> =
            SCRIPTS.iter().filter(|script| script.file == JOURNEYS).map(|script| script.arguments).collect();
        assert_eq!(parts, [["--part", "1/2"], ["--part", "2/2"]]);
        assert_eq!(stages(), ["browser", "hostile", "interop"]);
    }
}

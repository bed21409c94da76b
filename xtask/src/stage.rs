//! One stage of a run: what it counted, how long it took, and the table at the end.

use std::fmt;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};

/// What the suites of a stage counted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Counts {
    pub(crate) passed: u64,
    pub(crate) failed: u64,
    pub(crate) skipped: u64,
}

impl Counts {
    /// Adds the counts of another suite.
    pub(crate) fn add(&mut self, other: Self) {
        self.passed = self.passed.saturating_add(other.passed);
        self.failed = self.failed.saturating_add(other.failed);
        self.skipped = self.skipped.saturating_add(other.skipped);
    }
}

impl fmt::Display for Counts {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} passed, {} failed", self.passed, self.failed)?;
        if self.skipped > 0 { write!(formatter, ", {} skipped", self.skipped) } else { Ok(()) }
    }
}

/// How a stage ended: its counts, whether it holds, and what it left out with the reason.
#[derive(Debug, Default)]
pub(crate) struct Outcome {
    pub(crate) counts: Counts,
    /// Why the stage does not hold, if it does not.
    pub(crate) failure: Option<String>,
    /// What was left out, each with its reason.
    pub(crate) skips: Vec<String>,
    /// The cases that failed, by name, with what a script said of each.
    pub(crate) failures: Vec<String>,
}

impl Outcome {
    /// A stage that has nothing to count and holds.
    pub(crate) fn holds() -> Self {
        Self::default()
    }

    /// A stage that does not hold.
    pub(crate) fn fails(reason: impl Into<String>) -> Self {
        Self { failure: Some(reason.into()), ..Self::default() }
    }

    /// Takes over what another part of the same stage found.
    pub(crate) fn join(&mut self, other: Self) {
        self.counts.add(other.counts);
        self.skips.extend(other.skips);
        self.failures.extend(other.failures);
        if self.failure.is_none() {
            self.failure = other.failure;
        }
    }
}

struct Finished {
    name: &'static str,
    time: Duration,
    outcome: Outcome,
}

/// The stages that have run, for the table at the end.
pub(crate) struct Journal {
    begun: Instant,
    finished: Vec<Finished>,
}

impl Default for Journal {
    fn default() -> Self {
        Self { begun: Instant::now(), finished: Vec::new() }
    }
}

impl Journal {
    /// Runs one stage and says whether the next may begin.
    pub(crate) fn run(&mut self, name: &'static str, stage: impl FnOnce() -> Result<Outcome>) -> bool {
        println!("\n=== {name}");
        let begun = Instant::now();
        let outcome = stage().unwrap_or_else(|error| Outcome::fails(format!("{error:#}")));
        self.enter(name, begun.elapsed(), outcome)
    }

    /// Enters a stage that has run, and says whether it holds.
    pub(crate) fn enter(&mut self, name: &'static str, time: Duration, outcome: Outcome) -> bool {
        let verdict =
            outcome.failure.as_deref().map_or_else(|| "ok".to_owned(), |reason| format!("FAILED: {reason}"));
        println!("=== {name}: {verdict} ({})", seconds(time));
        let holds = outcome.failure.is_none();
        self.finished.push(Finished { name, time, outcome });
        holds
    }

    /// Whether this stage has run.
    pub(crate) fn knows(&self, name: &str) -> bool {
        self.finished.iter().any(|stage| stage.name == name)
    }

    /// Whether every stage that ran holds.
    pub(crate) fn holds(&self) -> bool {
        self.finished.iter().all(|stage| stage.outcome.failure.is_none())
    }

    /// The sum over all suites; a stage that failed without a failed case counts as one.
    pub(crate) fn total(&self) -> Counts {
        let mut total = Counts::default();
        for Finished { outcome, .. } in &self.finished {
            total.add(outcome.counts);
            if outcome.failure.is_some() && outcome.counts.failed == 0 {
                total.failed = total.failed.saturating_add(1);
            }
        }
        total
    }

    /// Prints what was left out, what failed, the times, and as the very last line the totals: CI reads that line.
    pub(crate) fn print_summary(&self, not_run: &[&str]) {
        println!();
        for Finished { name, outcome, .. } in &self.finished {
            for skip in &outcome.skips {
                println!("skipped in {name}: {skip}");
            }
            for failure in &outcome.failures {
                println!("failed in {name}: {failure}");
            }
        }
        println!("{:<10} {:>9}  result", "stage", "time");
        for Finished { name, time, outcome } in &self.finished {
            let counts = if outcome.counts == Counts::default() {
                String::new()
            } else {
                format!(" ({})", outcome.counts)
            };
            let verdict = if outcome.failure.is_none() { "ok" } else { "FAILED" };
            println!("{name:<10} {:>9}  {verdict}{counts}", seconds(*time));
        }
        for name in not_run {
            println!("{name:<10} {:>9}  not run", "");
        }
        // Less than the sum, since scripts run beside each other.
        println!("{:<10} {:>9}", "all", seconds(self.begun.elapsed()));
        println!("{}", self.total());
    }
}

fn seconds(time: Duration) -> String {
    format!("{:.1} s", time.as_secs_f64())
}

/// Runs a command with its output on the screen.
pub(crate) fn command(root: &Path, program: &str, arguments: &[&str]) -> Result<Outcome> {
    println!("$ {program} {}", arguments.join(" "));
    let status = Command::new(program)
        .args(arguments)
        .current_dir(root)
        .status()
        .with_context(|| format!("{program} does not start"))?;
    Ok(if status.success() {
        Outcome::holds()
    } else {
        Outcome::fails(format!("{program} ended with {status}"))
    })
}

/// Whether this is a CI run, in which a missing component is a failure.
pub(crate) fn in_ci() -> bool {
    std::env::var("CI").is_ok_and(|value| value == "true")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outcome(passed: u64, failed: u64, failure: Option<&str>) -> Outcome {
        Outcome {
            counts: Counts { passed, failed, skipped: 0 },
            failure: failure.map(str::to_owned),
            ..Outcome::default()
        }
    }

    #[test]
    fn the_total_is_the_sum_over_the_stages() {
        let mut journal = Journal::default();
        assert!(journal.run("one", || Ok(outcome(2, 0, None))));
        assert!(journal.run("two", || Ok(outcome(3, 0, None))));
        assert_eq!(journal.total().to_string(), "5 passed, 0 failed");
        assert!(journal.holds());
    }

    #[test]
    fn a_stage_without_cases_that_fails_counts_as_one_failure() {
        let mut journal = Journal::default();
        assert!(!journal.run("format", || Ok(Outcome::fails("not formatted"))));
        assert_eq!(journal.total().to_string(), "0 passed, 1 failed");
        assert!(!journal.holds());
    }

    #[test]
    fn a_failed_case_is_not_counted_twice() {
        let mut journal = Journal::default();
        assert!(!journal.run("tests", || Ok(outcome(4, 2, Some("cases failed")))));
        assert_eq!(journal.total().to_string(), "4 passed, 2 failed");
    }

    #[test]
    fn skipped_cases_are_named_only_when_there_are_some() {
        let counts = Counts { passed: 1, failed: 0, skipped: 2 };
        assert_eq!(counts.to_string(), "1 passed, 0 failed, 2 skipped");
    }

    #[test]
    fn a_stage_that_cannot_start_fails() {
        let mut journal = Journal::default();
        assert!(!journal.run("lost", || anyhow::bail!("no such program")));
        assert_eq!(journal.total().failed, 1);
    }
}

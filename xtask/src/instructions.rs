//! `cargo xtask instructions`: how many machine instructions one run of each job takes, beside what the repository
//! remembers.
//!
//! Times of one machine say little; instructions, counted by callgrind, are nearly the same on every run, so that a job
//! that takes more of them than before is a regression and not the weather. They depend on which instructions of the
//! processor the cryptography picks, so a machine on which the bare cryptography counts otherwise is not compared.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, bail};

use crate::cargo_program;
use crate::stage::{Outcome, in_ci};

/// Where the counts are kept.
const FILE: &str = "benches/instructions.json";
/// How often a job is repeated while it is counted.
const RUNS: u64 = 40;
/// The function of the jobs' program in which counting is on: not while it starts and warms up.
const COUNTED: &str = "--toggle-collect=jobs::counted";
/// How many hundredths more a job may take.
const TOLERANCE: f64 = 0.03;
/// What all jobs stand on.
const BARE: &str = "bare_";
/// So short that the loop is most of it, or so long that it would take minutes.
const LEFT_OUT: &[&str] = &["status_check_kept", "status_list_build", "dcql_1000", "webvh_100"];

/// Instructions of one run by job.
type Counts = BTreeMap<String, u64>;

/// Counts and compares, or writes the file.
///
/// # Errors
/// A job takes more than before, callgrind is missing, or the jobs do not build.
pub(crate) fn run(root: &Path, write: bool) -> Result<()> {
    let outcome = if write { self::write(root)? } else { stage(root)? };
    for skip in &outcome.skips {
        println!("{skip}");
    }
    match outcome.failure {
        Some(failure) => bail!(failure),
        None => Ok(()),
    }
}

/// Counts and compares as a stage of the long tests.
pub(crate) fn stage(root: &Path) -> Result<Outcome> {
    if !callgrind_is_there() {
        let missing = "instructions are not counted: valgrind is missing (Debian's package valgrind)";
        return Ok(if in_ci() { Outcome::fails(missing) } else { skipped(missing) });
    }
    let kept = read(root)?;
    let counted = count_all(root)?;
    let other_processor = counted
        .iter()
        .filter(|(name, _)| name.starts_with(BARE))
        .any(|(name, count)| kept.get(name).is_none_or(|kept| (change(*kept, *count)).abs() > TOLERANCE));
    if other_processor {
        return Ok(skipped("instructions are not compared: the bare cryptography counts otherwise here"));
    }
    let mut worse = Vec::new();
    for (name, count) in &counted {
        let Some(before) = kept.get(name) else {
            worse.push(format!("{name} is new: cargo xtask instructions --write"));
            continue;
        };
        let change = change(*before, *count);
        println!("{name:<22} {count:>12}  {:+.1} %", change * 100.0);
        if change > TOLERANCE {
            worse.push(format!("{name} takes {count} instructions, {before} before"));
        }
    }
    Ok(if worse.is_empty() { Outcome::holds() } else { Outcome::fails(worse.join("; ")) })
}

fn write(root: &Path) -> Result<Outcome> {
    let counts = serde_json::to_value(count_all(root)?)?;
    std::fs::write(root.join(FILE), format!("{counts:#}\n"))
        .with_context(|| format!("{FILE} is not written"))?;
    Ok(Outcome::holds())
}

fn skipped(reason: &str) -> Outcome {
    Outcome { skips: vec![reason.to_owned()], ..Outcome::default() }
}

fn callgrind_is_there() -> bool {
    Command::new("valgrind").arg("--version").output().is_ok_and(|output| output.status.success())
}

fn read(root: &Path) -> Result<Counts> {
    let text = std::fs::read_to_string(root.join(FILE)).with_context(|| format!("{FILE} cannot be read"))?;
    serde_json::from_str(&text).with_context(|| format!("{FILE} is malformed"))
}

#[expect(clippy::cast_precision_loss, reason = "counts are far below 2^52")]
fn change(before: u64, now: u64) -> f64 {
    now as f64 / before as f64 - 1.0
}

fn count_all(root: &Path) -> Result<Counts> {
    let program = build(root)?;
    let names: Vec<String> = names(&program)?.into_iter().filter(|name| !left_out(name)).collect();
    let mut counts = Counts::new();
    for (place, name) in names.into_iter().enumerate() {
        println!("counting {} {name}", place.saturating_add(1));
        let each = count(&program, &name)? / RUNS;
        counts.insert(name, each);
    }
    Ok(counts)
}

fn left_out(name: &str) -> bool {
    LEFT_OUT.contains(&name)
}

fn build(root: &Path) -> Result<PathBuf> {
    let status = Command::new(cargo_program())
        .args(["build", "--release", "--package", "benches", "--bin", "jobs"])
        .current_dir(root)
        .status()
        .context("cargo does not start")?;
    if !status.success() {
        bail!("the jobs do not build");
    }
    Ok(root.join("target/release/jobs"))
}

fn names(program: &Path) -> Result<Vec<String>> {
    let output = Command::new(program).arg("--names").output().context("the jobs do not start")?;
    let text = String::from_utf8(output.stdout).context("the jobs print no text")?;
    Ok(text.lines().map(str::to_owned).collect())
}

/// Instructions of all runs of a job.
fn count(program: &Path, name: &str) -> Result<u64> {
    let output = Command::new("valgrind")
        .args(["--tool=callgrind", "--callgrind-out-file=/dev/null", COUNTED])
        .arg(program)
        .args([name, &RUNS.to_string()])
        .output()
        .context("valgrind does not start")?;
    let told = String::from_utf8_lossy(&output.stderr);
    collected(&told).with_context(|| format!("callgrind counted nothing of {name}: {told}"))
}

/// What callgrind prints: `==1== Collected : 12345`.
fn collected(told: &str) -> Option<u64> {
    told.lines().find_map(|line| line.split_once("Collected : ")?.1.trim().parse().ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn callgrinds_count_is_read() {
        assert_eq!(collected("==7== Events    : Ir\n==7== Collected : 1234\n==7==\n"), Some(1_234));
        assert_eq!(collected("==7== no count"), None);
    }

    #[test]
    fn a_tenth_more_is_a_tenth() {
        assert!((change(100, 110) - 0.1).abs() < 1e-9);
        assert!(change(100, 110) > TOLERANCE);
        assert!(change(100, 102) < TOLERANCE);
    }

    #[test]
    fn the_kept_counts_hold_every_job_that_is_counted() {
        let root = crate::root().unwrap();
        let kept = read(&root).unwrap();
        assert!(kept.keys().any(|name| name.starts_with(BARE)));
        assert!(kept.contains_key("verify") && kept.contains_key("webvh_10"));
        assert!(kept.keys().all(|name| !left_out(name)));
    }
}

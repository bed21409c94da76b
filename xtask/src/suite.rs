//! Runs a suite and reads its counts: `cargo test` by its result lines, a script by its last line.
//!
//! A script prints one line a case. Four beginnings mean something here: `FAIL name: reason`, `SKIP name: reason` (left out on purpose),
//! `MISSING name: reason` (a component is not there: a failure in CI, left out elsewhere), and the last line
//! `N passed, N failed` or `N passed, N failed, N skipped`.

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context as _, Result};

use crate::stage::{Counts, Outcome};

/// Runs `cargo test` with these arguments; lines about cases that passed are left away, all else is shown.
pub(crate) fn rust(root: &Path, arguments: &[&str], environment: &[(&str, &str)]) -> Result<Outcome> {
    let program = crate::cargo_program();
    println!("$ cargo {}", arguments.join(" "));
    let mut outcome = Outcome::default();
    let success = stream(root, &program, arguments, environment, |line| {
        if let Some(counts) = rust_result(line) {
            outcome.counts.add(counts);
        }
        outcome.failures.extend(rust_failure(line));
        match rust_ignored(line) {
            Some(skip) => outcome.skips.push(skip),
            None if is_rust_pass(line) || line.is_empty() => {}
            None => println!("{line}"),
        }
    })?;
    if !success || outcome.counts.failed > 0 {
        outcome.failure =
            Some(format!("{} cases failed, or something did not compile; see above", outcome.counts.failed));
    }
    Ok(outcome)
}

/// Runs a script of Node.js and believes its last line and its exit code. Where others run beside it, its lines begin with its
/// `label`.
pub(crate) fn script(
    root: &Path,
    label: Option<&str>,
    file: &str,
    arguments: &[&str],
    environment: &[(&str, &str)],
) -> Result<Outcome> {
    let label = label.map(|label| format!("{label} | ")).unwrap_or_default();
    println!("{label}$ node {file} {}", arguments.join(" "));
    let mut words = vec![file];
    words.extend(arguments);
    let mut outcome = Outcome::default();
    let mut last = String::new();
    let mut missing = Vec::new();
    let success = stream(root, "node", &words, environment, |line| {
        println!("{label}{line}");
        if let Some(failure) = line.strip_prefix("FAIL ") {
            outcome.failures.push(failure.trim().to_owned());
        }
        if let Some(skip) = line.strip_prefix("SKIP ") {
            outcome.skips.push(skip.trim().to_owned());
        }
        if let Some(what) = line.strip_prefix("MISSING ") {
            missing.push(what.trim().to_owned());
        }
        if !line.trim().is_empty() {
            line.trim().clone_into(&mut last);
        }
    })?;
    let counts =
        script_result(&last).with_context(|| format!("the last line of {file} is no result: {last}"))?;
    outcome.counts.add(counts);
    if !success || counts.failed > 0 {
        outcome.failure = Some(format!("{file}: {counts}"));
    }
    settle_missing(&mut outcome, missing, crate::stage::in_ci());
    Ok(outcome)
}

/// A missing component is a failure in CI and a skip elsewhere.
fn settle_missing(outcome: &mut Outcome, missing: Vec<String>, in_ci: bool) {
    if in_ci && outcome.failure.is_none() {
        outcome.failure = missing.first().map(|what| format!("missing: {what}"));
    }
    outcome.skips.extend(missing);
}

/// Runs a program, hands each line of its standard output on, and says whether it succeeded.
fn stream(
    root: &Path,
    program: &str,
    arguments: &[&str],
    environment: &[(&str, &str)],
    mut each: impl FnMut(&str),
) -> Result<bool> {
    let mut child = Command::new(program)
        .args(arguments)
        .envs(environment.iter().copied())
        .current_dir(root)
        .stdout(Stdio::piped())
        .spawn()
        .with_context(|| format!("{program} does not start"))?;
    let output = child.stdout.take().context("no output to read")?;
    for line in BufReader::new(output).split(b'\n') {
        let line = line.context("its output cannot be read")?;
        each(String::from_utf8_lossy(&line).trim_end_matches('\r'));
    }
    Ok(child.wait().context("it cannot be waited for")?.success())
}

/// `test store::power ... FAILED`
fn rust_failure(line: &str) -> Option<String> {
    Some(line.strip_prefix("test ")?.strip_suffix(" ... FAILED")?.to_owned())
}

/// `test result: ok. 5 passed; 0 failed; 1 ignored; …`
fn rust_result(line: &str) -> Option<Counts> {
    let (_, numbers) = line.strip_prefix("test result: ")?.split_once(". ")?;
    let mut counts = Counts::default();
    for part in numbers.split("; ") {
        let Some((number, what)) = part.split_once(' ') else { continue };
        let Ok(number) = number.parse() else { continue };
        match what {
            "passed" => counts.passed = number,
            "failed" => counts.failed = number,
            "ignored" => counts.skipped = number,
            _ => {}
        }
    }
    Some(counts)
}

/// `test name ... ignored` or `test name ... ignored, reason`
fn rust_ignored(line: &str) -> Option<String> {
    let (name, end) = line.strip_prefix("test ")?.split_once(" ... ignored")?;
    Some(format!("{name}: {}", if end.is_empty() { "no reason given" } else { end.trim_start_matches(", ") }))
}

fn is_rust_pass(line: &str) -> bool {
    line.starts_with("test ") && line.ends_with(" ... ok")
}

/// `N passed, N failed` or `N passed, N failed, N skipped`
fn script_result(line: &str) -> Option<Counts> {
    let mut parts = line.split(", ");
    let mut number = |word: &str| parts.next()?.strip_suffix(word)?.trim().parse::<u64>().ok();
    let passed = number(" passed")?;
    let failed = number(" failed")?;
    let skipped = number(" skipped").unwrap_or(0);
    Some(Counts { passed, failed, skipped })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_result_line_of_a_rust_test_binary_is_read() {
        let line = "test result: FAILED. 5 passed; 2 failed; 1 ignored; 0 measured; 3 filtered out; finished in 0.00s";
        assert_eq!(rust_result(line), Some(Counts { passed: 5, failed: 2, skipped: 1 }));
        assert_eq!(rust_result("test results: none"), None);
    }

    #[test]
    fn an_ignored_case_is_a_skip_with_its_reason() {
        assert_eq!(
            rust_ignored("test a::b ... ignored, needs a card"),
            Some("a::b: needs a card".to_owned())
        );
        assert_eq!(rust_ignored("test a::b ... ignored"), Some("a::b: no reason given".to_owned()));
        assert_eq!(rust_ignored("test a::b ... ok"), None);
    }

    #[test]
    fn a_failed_case_is_named() {
        assert_eq!(rust_failure("test a::b ... FAILED"), Some("a::b".to_owned()));
        assert_eq!(rust_failure("test a::b ... ok"), None);
        assert_eq!(rust_failure("test result: FAILED. 0 passed; 1 failed"), None);
    }

    #[test]
    fn only_a_passed_case_is_left_away() {
        assert!(is_rust_pass("test a::b ... ok"));
        assert!(!is_rust_pass("test a::b ... FAILED"));
        assert!(!is_rust_pass("thread 'a' panicked at b ... ok?"));
    }

    #[test]
    fn the_last_line_of_a_script_is_read() {
        assert_eq!(script_result("23 passed, 1 failed"), Some(Counts { passed: 23, failed: 1, skipped: 0 }));
        assert_eq!(
            script_result("3 passed, 0 failed, 4 skipped"),
            Some(Counts { passed: 3, failed: 0, skipped: 4 })
        );
        assert_eq!(script_result("all fine"), None);
        assert_eq!(script_result("passed, 0 failed"), None);
    }

    #[test]
    fn a_missing_component_fails_in_ci_and_is_left_out_elsewhere() {
        let missing = || vec!["browser: no chromium".to_owned()];
        let mut at_home = Outcome::default();
        settle_missing(&mut at_home, missing(), false);
        assert_eq!((at_home.failure, at_home.skips), (None, missing()));
        let mut in_ci = Outcome::default();
        settle_missing(&mut in_ci, missing(), true);
        assert_eq!(in_ci.failure.as_deref(), Some("missing: browser: no chromium"));
    }
}

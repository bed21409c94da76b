//! `cargo xtask load`: a space under load, whole sign-ups of 1, 8 and 64 members at once over loopback.
//!
//! The driver is `benches/space`; here its lines become a table. Two questions are answered: what gives out first, and
//! how much of a core's time is left beside what the cryptography of a sign-up alone would take.

use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, Result, bail};
use serde::Deserialize;

use crate::bench::{our_jobs, output};
use crate::cargo_program;
use crate::marks::Marks;

const MARKS: Marks = Marks { begin: "<!-- load:begin -->", end: "<!-- load:end -->" };
const PAGE: &str = "docs/performance.md";

/// What a space signs in a sign-up: the request, the proof of sharing, the decision, the membership.
const SIGNATURES: f64 = 4.0;
/// What it checks: the issuer's signature, two certificates, the key binding, the proof for the follow-up, the proof for
/// the membership; the key agreement that opens the answer costs about as much as one more.
const CHECKS: f64 = 7.0;

/// How the load is told.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Also puts the table into docs/performance.md
    #[arg(long)]
    write: bool,
}

/// One line of the driver.
#[derive(Debug, Deserialize)]
struct Shown {
    clients: u32,
    one_core: bool,
    cores: u32,
    a_second: f64,
    median_ms: f64,
    p99_ms: f64,
    space_cores: f64,
    members_cores: f64,
    processor_us: f64,
    most_memory_kb: f64,
}

/// Runs the load and prints the table.
///
/// # Errors
/// Something does not build or run.
pub(crate) fn run(root: &Path, arguments: &Arguments) -> Result<()> {
    println!("six runs of twelve seconds, after the build");
    let mut driver = Command::new(cargo_program());
    driver.args(["bench", "--quiet", "--package", "benches", "--bench", "space", "--", "load"]);
    let lines = output(driver.current_dir(root))?;
    let shown: Vec<Shown> = lines
        .lines()
        .map(|line| serde_json::from_str(line).with_context(|| format!("not a figure: {line}")))
        .collect::<Result<_>>()?;
    if shown.is_empty() {
        bail!("the load showed nothing");
    }
    let text = told(&shown, bare(root)?);
    println!("\n{text}");
    if arguments.write { MARKS.put(root, PAGE, &text) } else { Ok(()) }
}

/// Microseconds of the bare cryptography of one sign-up, at the space.
fn bare(root: &Path) -> Result<f64> {
    let figures = our_jobs(root)?;
    let time = |name: &str| {
        let figure = figures.iter().find(|figure| figure.name == name);
        figure.map(|figure| figure.microseconds).with_context(|| format!("{name} was not measured"))
    };
    Ok(SIGNATURES * time("bare_es256_sign")? + CHECKS * time("bare_es256_verify")?)
}

fn told(shown: &[Shown], bare: f64) -> String {
    let head = "| members at once | the space has | sign-ups a second | median | p99 | cores: space, members | processor time of one | most memory |\n|---|---|---|---|---|---|---|---|\n";
    let rows: String = shown.iter().map(row).collect();
    format!("{head}{rows}\n{}\n", sentences(shown, bare))
}

fn row(shown: &Shown) -> String {
    let has = if shown.one_core { "one core".to_owned() } else { format!("all {} cores", shown.cores) };
    format!(
        "| {} | {has} | {:.0} | {:.1} ms | {:.1} ms | {:.2}, {:.2} | {:.2} ms | {:.0} MB |\n",
        shown.clients,
        shown.a_second,
        shown.median_ms,
        shown.p99_ms,
        shown.space_cores,
        shown.members_cores,
        shown.processor_us / 1e3,
        shown.most_memory_kb / 1e3,
    )
}

/// What the figures mean, in words that the figures choose.
fn sentences(shown: &[Shown], bare: f64) -> String {
    let most = |one_core: bool| {
        let runs = shown.iter().filter(|shown| shown.one_core == one_core);
        runs.max_by(|left, right| left.a_second.total_cmp(&right.a_second))
    };
    let mut text = format!(
        "The cryptography of one sign-up at the space ({SIGNATURES:.0} signatures, {CHECKS:.0} checks and agreements) \
         takes {bare:.0} µs by itself: {:.0} sign-ups a second of one core.",
        1e6 / bare
    );
    if let Some(most) = most(true) {
        text.push_str(&format!(
            " One core of the space does {:.0}, {:.0} % of that.",
            most.a_second,
            100.0 * most.a_second * bare / 1e6
        ));
    }
    if let Some(most) = most(false) {
        let used = most.space_cores + most.members_cores;
        let reason = if used >= 0.9 * f64::from(most.cores) {
            "the processor, of which the members' side takes its share"
        } else if most.clients > 1 {
            "waiting for the disk: cores are idle while commits are synced"
        } else {
            "one member's patience: everything happens in turn"
        };
        text.push_str(&format!(
            " What gives out first on all cores: {reason} ({used:.2} of {} cores busy).",
            most.cores
        ));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(clients: u32, one_core: bool, a_second: f64, space_cores: f64) -> Shown {
        Shown {
            clients,
            one_core,
            cores: 2,
            a_second,
            median_ms: 5.0,
            p99_ms: 9.0,
            space_cores,
            members_cores: 0.4,
            processor_us: 2_000.0,
            most_memory_kb: 40_000.0,
        }
    }

    #[test]
    fn the_share_of_the_bare_cryptography_is_told_of_one_core() {
        let text = told(&[shown(8, false, 300.0, 1.5), shown(8, true, 250.0, 1.0)], 400.0);
        assert!(text.contains("2500 sign-ups a second of one core"), "{text}");
        assert!(text.contains("does 250, 10 % of that"), "{text}");
        assert!(text.contains("| 8 | one core | 250 |"), "{text}");
    }

    #[test]
    fn what_gives_out_first_is_the_processor_when_it_is_busy_and_else_the_disk() {
        let busy = told(&[shown(64, false, 300.0, 1.5)], 400.0);
        assert!(busy.contains("the processor"), "{busy}");
        let idle = told(&[shown(64, false, 300.0, 0.5)], 400.0);
        assert!(idle.contains("waiting for the disk"), "{idle}");
    }
}

//! `cargo xtask bench`: our benchmarks and, with `--peers`, other libraries doing the same jobs, in turn and several times
//! over; the medians as ratios.
//!
//! What lives here: running, and the order. How the lines are read is in [`reading`], what is told in [`table`].

mod reading;
mod table;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, bail};

use crate::{cargo_program, npm};
pub(crate) use reading::Figure;
use reading::Medians;

/// Folder of the other libraries.
const PEERS: &str = "benches/peers";
/// Other libraries in Rust: the name of the package, and what the table calls it.
const RUST_PEERS: &[(&str, &str)] = &[
    ("peer-ssi", "ssi"),
    ("peer-sd-jwt-rs", "sd-jwt-rs"),
    ("peer-sd-jwt-payload", "sd-jwt-payload"),
    ("peer-didwebvh-rs", "didwebvh-rs"),
];
/// Other libraries in JavaScript: the script, and what the table calls it.
const NODE_PEERS: &[(&str, &str)] = &[("sd-jwt-js.mjs", "@sd-jwt"), ("didwebvh-ts.mjs", "didwebvh-ts")];
/// A whole stack of others, whose verifier takes the same kind of answer over HTTP.
const CREDO: &str = "tests/interop/credo";
/// How many answers it is given at least: its processor time is counted in hundredths of a second.
const CREDO_ANSWERS: &str = "60";
/// What our own benchmarks are called in the results.
const OURS: &str = "ours";

/// How the benchmarks are run.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Also other people's libraries, which are built first
    #[arg(long)]
    peers: bool,
    /// How often everything is run, in turn
    #[arg(long, default_value_t = 3)]
    rounds: u32,
    /// Also puts the figures into README.md and docs/performance.md
    #[arg(long)]
    write: bool,
}

/// Times of every job in microseconds, by who did it.
type Results = BTreeMap<&'static str, Medians>;

/// Builds, runs, and prints the table.
pub(crate) fn run(root: &Path, arguments: &Arguments) -> Result<()> {
    if arguments.write && !arguments.peers {
        bail!("the documents hold the comparison too: add --peers");
    }
    let fixture = root.join("target/benchmark");
    if arguments.peers {
        prepare_peers(root, &fixture)?;
    }
    let mut results = Results::new();
    let mut words = Vec::new();
    for round in 1..=arguments.rounds {
        println!("round {round} of {}: ours", arguments.rounds);
        let figures = our_jobs(root)?;
        words = table::words(&figures);
        results.entry(OURS).or_default().add(reading::times(&figures));
        results.entry(OURS).or_default().add(reading::wiped(&jobs_of(root, "wiping")?));
        results.entry(OURS).or_default().add(at_work(root)?);
        if arguments.peers {
            run_peers(root, &fixture, &mut results)?;
        }
    }
    let results = results.into_iter().map(|(who, medians)| (who, medians.settle())).collect();
    let measured = table::measured_on(&processor(), arguments.rounds);
    let tables = table::Tables::of(&words, &results).under(&measured);
    let tables = match table::wiping(&words, &results) {
        Some(told) => tables.under(&told),
        None => tables,
    };
    println!("\n{}", tables.all);
    if arguments.write {
        tables.put_into(root)?;
    }
    Ok(())
}

pub(crate) fn our_jobs(root: &Path) -> Result<Vec<Figure>> {
    jobs_of(root, "jobs")
}

/// The jobs as this program of `benches` runs them.
fn jobs_of(root: &Path, program: &str) -> Result<Vec<Figure>> {
    let mut jobs = Command::new(cargo_program());
    jobs.args(["run", "--release", "--quiet", "--package", "benches", "--bin", program]);
    reading::ours(&output(jobs.current_dir(root))?)
}

/// A space at work over HTTP.
fn at_work(root: &Path) -> Result<reading::Times> {
    let mut space = Command::new(cargo_program());
    space.args(["bench", "--quiet", "--package", "benches", "--bench", "space"]);
    reading::peer(&output(space.current_dir(root))?)
}

fn prepare_peers(root: &Path, fixture: &Path) -> Result<()> {
    println!("building the other libraries");
    npm::install(root, &format!("{PEERS}/node"))?;
    npm::install(root, CREDO)?;
    for (package, _) in RUST_PEERS {
        // Each by itself: the features that one asks for must not change the others.
        let mut build = Command::new(cargo_program());
        build.args(["build", "--release", "--locked", "--package", package]);
        let status = build
            .arg("--target-dir")
            .arg(peer_target(root, package))
            .current_dir(root.join(PEERS))
            .status()
            .context("cargo does not start")?;
        if !status.success() {
            bail!("{package} does not build");
        }
    }
    let mut write = Command::new(cargo_program());
    write
        .args(["run", "--release", "--quiet", "--package", "benches", "--bin", "fixture", "--"])
        .arg(fixture);
    output(write.current_dir(root)).map(drop)
}

fn peer_target(root: &Path, package: &str) -> PathBuf {
    root.join("target/peers").join(package)
}

fn run_peers(root: &Path, fixture: &Path, results: &mut Results) -> Result<()> {
    for (package, name) in RUST_PEERS {
        println!("  {name}");
        let program = peer_target(root, package).join("release").join(package);
        let text = output(Command::new(program).env("PEER_FIXTURE", fixture))?;
        results.entry(name).or_default().add(reading::peer(&text)?);
    }
    for (script, name) in NODE_PEERS {
        println!("  {name}");
        let mut node = Command::new("node");
        node.arg(script).current_dir(root.join(PEERS).join("node")).env("PEER_FIXTURE", fixture);
        results.entry(name).or_default().add(reading::peer(&output(&mut node)?)?);
    }
    println!("  Credo");
    let mut node = Command::new("node");
    node.args(["bench.mjs", CREDO_ANSWERS]).current_dir(root.join(CREDO));
    results.entry("Credo").or_default().add(reading::credo(&output(&mut node)?)?);
    Ok(())
}

/// What the system calls its processor, and how many of them there are.
pub(crate) fn processor() -> String {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let told = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = told.lines().find(|line| line.starts_with("model name"));
    let model = model.and_then(|line| Some(line.split_once(':')?.1.trim().to_owned()));
    let model = model.unwrap_or_else(|| std::env::consts::ARCH.to_owned());
    format!("{cores} cores of {model}")
}

/// Standard output of a program that must succeed.
pub(crate) fn output(command: &mut Command) -> Result<String> {
    let name = command.get_program().to_string_lossy().into_owned();
    let output = command.output().with_context(|| format!("{name} does not start"))?;
    if !output.status.success() {
        bail!("{name} failed: {}", String::from_utf8_lossy(&output.stderr).trim());
    }
    String::from_utf8(output.stdout).with_context(|| format!("{name} printed no text"))
}

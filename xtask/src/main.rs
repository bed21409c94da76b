//! The project's own tasks: `cargo xtask test`, `quick`, `arrows`, `refusals`, `checklist`, `doctor`,
//! `vectors`, `spec-vectors`, `conformance`, `second-opinions`, `bench`, `load`,
//! `instructions`, `budgets`, `screens`.
//!
//! What lives here: the order of the checks, what a machine needs for them, and the rules about which package may
//! use which. What does not: the tests themselves, which lie next to the code and under `tests/`.
#![cfg_attr(test, allow(clippy::arithmetic_side_effects, reason = "tests may overflow loudly"))]
#![expect(clippy::print_stdout, reason = "a task runner talks to the person who started it")]

mod arrows;
mod bench;
mod changed;
mod checklist;
mod conformance;
mod deny;
mod doctor;
mod full_wallet;
mod fuzz;
mod instructions;
mod load;
mod markdown;
mod marks;
mod mutants;
mod npm;
mod pages;
mod refusals;
mod scripts;
mod second_opinions;
mod sources;
mod spec_vectors;
mod stage;
mod suite;
mod test;

use std::path::PathBuf;
use std::process::{Command, ExitCode};

use anyhow::{Context as _, Result, bail};
use clap::{Parser, Subcommand};

#[derive(Parser)]
#[command(name = "xtask", about = "The project's own tasks")]
struct Arguments {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Everything that must hold before a change is taken, in order; stops at the first stage that fails
    Test {
        /// Also the cases that take long
        #[arg(long)]
        long: bool,
        /// Only the stages with this name (see the list that a wrong name prints)
        #[arg(long, value_name = "NAME")]
        only: Option<String>,
    },
    /// Format, clippy and unit tests of the packages that have uncommitted changes
    Quick,
    /// Checks which package uses which
    Arrows,
    /// Checks that every refusal of specs/refusals.md is proven by a test, and every route and command has its row
    Refusals,
    /// Checks that every requirement of specs/checklist.md names the tests that hold it
    Checklist,
    /// Says what this machine has and what is missing
    Doctor {
        /// Also installs what is missing (as root on Debian)
        #[arg(long)]
        install: bool,
    },
    /// Only the walkers over the published test vectors
    Vectors,
    /// Compares our own test vectors in specs/vectors with what the code makes
    SpecVectors {
        /// Writes them instead
        #[arg(long)]
        write: bool,
    },
    /// Compares specs/conformance.md with what the walkers over the published test vectors count
    Conformance {
        /// Writes it instead
        #[arg(long)]
        write: bool,
    },
    /// Compares specs/second-opinions.md with what other people's libraries say about the same things
    SecondOpinions {
        /// Writes it instead
        #[arg(long)]
        write: bool,
    },
    /// Compares the instructions that each job takes with those of benches/instructions.json (needs valgrind)
    Instructions {
        /// Writes them instead
        #[arg(long)]
        write: bool,
    },
    /// Every fuzz target under libFuzzer (nightly compiler), summed up in specs/fuzzing.md
    Fuzz(fuzz::Arguments),
    /// Whether the tests of the strictest packages mind small changes to their code, summed up in specs/mutants.md
    Mutants(mutants::Arguments),
    /// The benchmarks, as ratios to the bare cryptography
    Bench(bench::Arguments),
    /// What each page of the wallet weighs when it is opened for the first time: requests, bytes, scripts, the server's time
    Budgets {
        /// Also writes the table into docs/performance.md
        #[arg(long)]
        write: bool,
    },
    /// Takes the pictures of the wallet in docs/, phone and desk, light and dark
    Screens,
    /// A space under load: whole sign-ups of 1, 8 and 64 members at once
    Load(load::Arguments),
    /// The pages of a wallet that has been used for years, and a host that keeps a thousand wallets
    Wallet(full_wallet::Arguments),
}

fn main() -> ExitCode {
    match run(Arguments::parse().task) {
        Ok(code) => code,
        Err(error) => {
            println!("xtask: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(task: Task) -> Result<ExitCode> {
    let root = root()?;
    match task {
        Task::Test { long, only } => test::run(&root, long, only.as_deref()),
        Task::Quick => changed::quick(&root).map(|()| ExitCode::SUCCESS),
        Task::Arrows => arrows::run(&root).map(|()| ExitCode::SUCCESS),
        Task::Refusals => refusals::run(&root).map(|()| ExitCode::SUCCESS),
        Task::Checklist => checklist::run(&root).map(|()| ExitCode::SUCCESS),
        Task::Doctor { install } => doctor::run(&root, install).map(|()| ExitCode::SUCCESS),
        Task::Vectors => cargo(&root, &["test", "--package", "vectors"]),
        Task::SpecVectors { write } => spec_vectors::run(&root, write),
        Task::Conformance { write } => conformance::run(&root, write),
        Task::SecondOpinions { write } => second_opinions::run(&root, write),
        Task::Instructions { write } => instructions::run(&root, write).map(|()| ExitCode::SUCCESS),
        Task::Fuzz(arguments) => fuzz::run(&root, &arguments).map(|()| ExitCode::SUCCESS),
        Task::Mutants(arguments) => mutants::run(&root, &arguments).map(|()| ExitCode::SUCCESS),
        Task::Budgets { write } => pages::budgets(&root, write).map(|()| ExitCode::SUCCESS),
        Task::Screens => pages::screens(&root).map(|()| ExitCode::SUCCESS),
        Task::Load(arguments) => load::run(&root, &arguments).map(|()| ExitCode::SUCCESS),
        Task::Wallet(arguments) => full_wallet::run(&root, &arguments).map(|()| ExitCode::SUCCESS),
        Task::Bench(arguments) => bench::run(&root, &arguments).map(|()| ExitCode::SUCCESS),
    }
}

/// The folder of the workspace: this package lies directly below it.
fn root() -> Result<PathBuf> {
    let here = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    let root = here.parent().context("xtask has no parent folder")?.to_path_buf();
    if !root.join("Cargo.toml").is_file() {
        bail!("{} is no longer there; run `cargo xtask` inside the checkout it was built in", root.display());
    }
    Ok(root)
}

/// Runs cargo with its output on the screen and hands its exit code on.
fn cargo(root: &std::path::Path, arguments: &[&str]) -> Result<ExitCode> {
    let status = Command::new(cargo_program())
        .args(arguments)
        .current_dir(root)
        .status()
        .context("cargo does not start")?;
    Ok(if status.success() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// The cargo that runs us, so that the toolchain stays the same.
fn cargo_program() -> String {
    std::env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned())
}

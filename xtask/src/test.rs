//! `cargo xtask test`: the stages in their order.

use std::path::Path;
use std::process::ExitCode;

use anyhow::{Result, bail};

use crate::stage::{Journal, Outcome, command, in_ci};
use crate::{
    arrows, cargo_program, checklist, conformance, deny, doctor, fuzz, instructions, mutants, refusals,
    scripts, second_opinions, suite,
};

/// What the stages need to know.
struct Context<'a> {
    root: &'a Path,
    long: bool,
}

type Stage = fn(&Context<'_>) -> Result<Outcome>;

/// In this order: what is quick to tell comes first.
const STAGES: &[(&str, Stage)] = &[
    ("doctor", machine),
    ("format", format),
    ("clippy", clippy),
    ("arrows", dependencies),
    ("refusals", proven_refusals),
    ("checklist", requirements),
    ("rust", rust_tests),
];

/// After those and the scripts, where there is time, or when they are asked for by name.
const LONG_STAGES: &[(&str, Stage)] = &[
    ("deny", denied),
    ("second-opinion", opinions),
    ("instructions", instructions),
    ("fuzz", fuzzing),
    ("mutants", mutations),
];

/// Runs the stages, or only those that are called `only`, and ends with the line that CI reads.
pub(crate) fn run(root: &Path, long: bool, only: Option<&str>) -> Result<ExitCode> {
    let known = || names(STAGES).chain(scripts::stages()).chain(names(LONG_STAGES));
    if let Some(only) = only
        && !known().any(|name| name == only)
    {
        bail!("there is no stage of that name; the stages are {}", known().collect::<Vec<_>>().join(", "));
    }
    let chosen = |name: &str| only.is_none_or(|only| only == name);
    let context = Context { root, long };
    let mut journal = Journal::default();
    let mut not_run = Vec::new();
    let mut each = |journal: &mut Journal, stages: &[(&'static str, Stage)]| {
        for (name, stage) in stages.iter().filter(|(name, _)| chosen(name)) {
            if journal.holds() {
                journal.run(name, || stage(&context));
            } else {
                not_run.push(*name);
            }
        }
    };
    each(&mut journal, STAGES);
    let driven: Vec<_> = scripts::stages().into_iter().filter(|name| chosen(name)).collect();
    if journal.holds() {
        scripts::run(root, &mut journal, &driven, lock_policy(), &environment(&context));
    }
    if long || only.is_some() {
        each(&mut journal, LONG_STAGES);
    }
    not_run.extend(driven.into_iter().filter(|name| !journal.knows(name)));
    journal.print_summary(&not_run);
    Ok(if journal.holds() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn names(stages: &'static [(&'static str, Stage)]) -> impl Iterator<Item = &'static str> {
    stages.iter().map(|(name, _)| *name)
}

fn machine(context: &Context<'_>) -> Result<Outcome> {
    doctor::stage(context.root)
}

fn format(context: &Context<'_>) -> Result<Outcome> {
    command(context.root, &cargo_program(), &["fmt", "--all", "--check"])
}

fn clippy(context: &Context<'_>) -> Result<Outcome> {
    let mut words = vec!["clippy", "--workspace", "--all-targets"];
    words.extend(lock_policy());
    words.extend(["--", "-D", "warnings"]);
    command(context.root, &cargo_program(), &words)
}

fn dependencies(context: &Context<'_>) -> Result<Outcome> {
    arrows::run(context.root).map(|()| Outcome::holds())
}

fn proven_refusals(context: &Context<'_>) -> Result<Outcome> {
    refusals::run(context.root).map(|()| Outcome::holds())
}

fn requirements(context: &Context<'_>) -> Result<Outcome> {
    checklist::run(context.root).map(|()| Outcome::holds())
}

fn rust_tests(context: &Context<'_>) -> Result<Outcome> {
    let mut words = vec!["test", "--workspace", "--no-fail-fast"];
    words.extend(lock_policy());
    let counts = conformance::prepare(context.root)?;
    let mut variables = environment(context);
    variables.push((conformance::COUNTS, &counts));
    let mut outcome = suite::rust(context.root, &words, &variables)?;
    if outcome.failure.is_none() {
        outcome.join(conformance::settle(context.root, false)?);
    }
    Ok(outcome)
}

fn instructions(context: &Context<'_>) -> Result<Outcome> {
    instructions::stage(context.root)
}

/// A minute of libFuzzer for each target; `cargo xtask fuzz` takes as long as one likes.
fn fuzzing(context: &Context<'_>) -> Result<Outcome> {
    let arguments = fuzz::Arguments { minutes: 1.0, target: None, jobs: None };
    fuzz::run(context.root, &arguments).map(|()| Outcome::holds())
}

/// Takes hours.
fn mutations(context: &Context<'_>) -> Result<Outcome> {
    let arguments = mutants::Arguments { packages: Vec::new(), page: false, again: false, jobs: 1 };
    mutants::run(context.root, &arguments).map(|()| Outcome::holds())
}

fn denied(context: &Context<'_>) -> Result<Outcome> {
    deny::stage(context.root)
}

fn opinions(context: &Context<'_>) -> Result<Outcome> {
    second_opinions::stage(context.root)
}

/// CI builds exactly what the lock file says.
fn lock_policy() -> Option<&'static str> {
    in_ci().then_some("--locked")
}

/// How the tests learn that they may take long.
fn environment<'a>(context: &Context<'_>) -> Vec<(&'static str, &'a str)> {
    if context.long { vec![("PASSPORT_TEST_LONG", "1")] } else { Vec::new() }
}

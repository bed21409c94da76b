//! One test a target: its seeds, then mutations of them. See the README for times and settings.
#![allow(
    clippy::print_stdout,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::arithmetic_side_effects,
    reason = "a test runner speaks to who started it"
)]

use std::env;
use std::fs;
use std::path::Path;
use std::process::ExitCode;
use std::sync::Mutex;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use fuzz::replay::{self, Outcome};
use fuzz::{Target, seeds, targets};

/// All targets together may take so long on two cores.
const ALL: Duration = Duration::from_secs(150);

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let exact = arguments.iter().any(|argument| argument == "--exact");
    let filters: Vec<&String> = arguments.iter().filter(|argument| !argument.starts_with('-')).collect();
    let is_wanted = |target: &&Target| {
        filters.is_empty()
            || filters.iter().any(|filter| {
                if exact { target.name == filter.as_str() } else { target.name.contains(filter.as_str()) }
            })
    };
    let chosen: Vec<&'static Target> = targets().filter(|target| is_wanted(target)).collect();
    if arguments.iter().any(|argument| argument == "--list") {
        for target in &chosen {
            println!("{}: test", target.name);
        }
        return ExitCode::SUCCESS;
    }
    if let Ok(folder) = env::var("PASSPORT_FUZZ_WRITE_SEEDS") {
        return write_seeds(&chosen, Path::new(&folder));
    }
    run(&chosen)
}

/// Puts the seeds of each target where libFuzzer reads them, and runs nothing.
fn write_seeds(chosen: &[&'static Target], folder: &Path) -> ExitCode {
    for target in chosen {
        let folder = folder.join(target.name);
        fs::create_dir_all(&folder).expect("a folder for seeds");
        for seed in seeds::of(target) {
            fs::write(folder.join(format!("{:016x}", replay::hash(&seed))), &seed).expect("a seed");
        }
    }
    ExitCode::SUCCESS
}

fn run(chosen: &[&'static Target]) -> ExitCode {
    let (time, seed, threads) = (time(), seed(), threads(chosen.len()));
    println!(
        "\nrunning {} tests ({} s each, {threads} at a time, PASSPORT_FUZZ_SEED={seed})",
        chosen.len(),
        time.as_secs_f32()
    );
    let start = Instant::now();
    let counts = Mutex::new((0_usize, 0_usize));
    replay::run_all(chosen, threads, seed, time, |target, outcome| {
        let passed = tell(target, outcome, seed);
        let mut counts = counts.lock().unwrap();
        if passed { counts.0 += 1 } else { counts.1 += 1 }
    });
    let (passed, failed) = counts.into_inner().unwrap();
    let verdict = if failed == 0 { "ok" } else { "FAILED" };
    println!(
        "\ntest result: {verdict}. {passed} passed; {failed} failed; 0 ignored; 0 measured; {} filtered out; finished in {:.2}s\n",
        targets().count() - chosen.len(),
        start.elapsed().as_secs_f32()
    );
    if failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn tell(target: &Target, outcome: &Outcome, seed: u64) -> bool {
    let Outcome { seeds, inputs, slowest, fault } = outcome;
    match fault {
        None => println!(
            "test {} ... ok ({seeds} seeds, {inputs} inputs, the slowest {} ms)",
            target.name,
            slowest.as_millis()
        ),
        Some(fault) => {
            let file = replay::keep(target, &fault.input);
            println!(
                "test {} ... FAILED\n  {}\n  input: {} ({} bytes); again with PASSPORT_FUZZ_SEED={seed} cargo test -p fuzz --test replay -- --exact {}",
                target.name,
                fault.reason,
                file.display(),
                fault.input.len(),
                target.name
            );
        }
    }
    fault.is_none()
}

/// `PASSPORT_FUZZ_SECONDS`, else ten in CI and one elsewhere.
fn time() -> Duration {
    let asked = env::var("PASSPORT_FUZZ_SECONDS").ok().and_then(|text| text.parse().ok());
    let usual = if env::var("CI").as_deref() == Ok("true") { 10.0 } else { 1.0 };
    Duration::from_secs_f32(asked.unwrap_or(usual))
}

/// `PASSPORT_FUZZ_SEED`, else the time of day: another run tries other inputs.
fn seed() -> u64 {
    let asked = env::var("PASSPORT_FUZZ_SEED").ok().and_then(|text| text.parse().ok());
    let now = || SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |elapsed| elapsed.as_secs());
    asked.unwrap_or_else(now)
}

/// As many at a time as keep all of them below [`ALL`], and no fewer than the cores.
fn threads(targets: usize) -> usize {
    let cores = std::thread::available_parallelism().map_or(2, usize::from);
    let needed = (time() * u32::try_from(targets).unwrap_or(u32::MAX)).as_secs().div_ceil(ALL.as_secs());
    usize::try_from(needed).unwrap_or(cores).max(cores)
}

//! `cargo xtask fuzz`: every target of tests/fuzz under libFuzzer, several at a time; what came of it stands in
//! specs/fuzzing.md.
//!
//! What lives here: building and running. How the fuzzer's words are read and the page is written is in [`summary`].

mod summary;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread::{self, ScopedJoinHandle};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, anyhow, bail};

use crate::cargo_program;
use summary::{Page, Row};

/// The workspace of the one binary that libFuzzer is built into.
const WRAPPER: &str = "tests/fuzz/cargo-fuzz";
/// The page.
const PAGE: &str = "specs/fuzzing.md";

/// How long and what.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// How long each target runs
    #[arg(long, default_value_t = 60.0)]
    pub(crate) minutes: f64,
    /// Only the targets whose names hold this text
    #[arg(long, value_name = "NAME")]
    pub(crate) target: Option<String>,
    /// How many run at a time; as many as there are cores by default
    #[arg(long)]
    pub(crate) jobs: Option<usize>,
}

/// Builds, runs, and writes the page.
pub(crate) fn run(root: &Path, arguments: &Arguments) -> Result<()> {
    needs_tools()?;
    let chosen = targets(root, arguments.target.as_deref())?;
    let place = Place::of(root);
    place.write_seeds(root)?;
    let program = place.build(root)?;
    let time = Duration::try_from_secs_f64(arguments.minutes * 60.0).context("--minutes must be a time")?;
    let cores = thread::available_parallelism().map_or(1, usize::from);
    let jobs = arguments.jobs.unwrap_or(cores).clamp(1, chosen.len().max(1));
    println!("{} targets, {:.1} minutes each, {jobs} at a time", chosen.len(), arguments.minutes);
    let page = root.join(PAGE);
    let crashes = run_all(&place, &program, &chosen, (time, jobs), &page)?;
    println!("{PAGE} is written");
    if crashes > 0 {
        bail!("{crashes} targets found an input that they cannot take; see {}", place.folder.display());
    }
    Ok(())
}

fn needs_tools() -> Result<()> {
    let runs = |program: &str, arguments: &[&str]| {
        let status =
            Command::new(program).args(arguments).stdout(Stdio::null()).stderr(Stdio::null()).status();
        status.is_ok_and(|status| status.success())
    };
    if !runs("rustup", &["run", "nightly", "rustc", "--version"]) {
        bail!("libFuzzer needs the nightly compiler: rustup toolchain install nightly");
    }
    if !runs("cargo-fuzz", &["fuzz", "--version"]) {
        bail!("cargo-fuzz is missing: cargo install --locked cargo-fuzz");
    }
    Ok(())
}

/// The names of the targets, from the list in tests/fuzz itself.
fn targets(root: &Path, part: Option<&str>) -> Result<Vec<String>> {
    let mut list = replay(root);
    let output = list.arg("--list").output().context("cargo does not start")?;
    if !output.status.success() {
        bail!("tests/fuzz does not build: {}", String::from_utf8_lossy(&output.stderr).trim());
    }
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let names = text.lines().filter_map(|line| line.strip_suffix(": test"));
    let names: Vec<String> =
        names.filter(|name| part.is_none_or(|part| name.contains(part))).map(str::to_owned).collect();
    if names.is_empty() {
        bail!("no target has that in its name; `cargo test -p fuzz --test replay -- --list` lists them");
    }
    Ok(names)
}

fn replay(root: &Path) -> Command {
    let mut command = Command::new(cargo_program());
    command.args(["test", "--quiet", "--package", "fuzz", "--test", "replay", "--"]).current_dir(root);
    command
}

/// Where the fuzzer keeps its things: below `target/`, so that nothing of it is committed by accident.
struct Place {
    folder: PathBuf,
}

impl Place {
    fn of(root: &Path) -> Self {
        Self { folder: root.join("target/fuzz") }
    }

    fn write_seeds(&self, root: &Path) -> Result<()> {
        let status = replay(root).env("PASSPORT_FUZZ_WRITE_SEEDS", self.folder.join("seeds")).status();
        if status.context("cargo does not start")?.success() {
            Ok(())
        } else {
            bail!("no seeds were written")
        }
    }

    /// The one binary, built by the nightly compiler with coverage.
    fn build(&self, root: &Path) -> Result<PathBuf> {
        // Our crates are free of unsafe code, so that the address sanitizer would only cost time.
        let status = Command::new("rustup")
            .args(["run", "nightly", "cargo", "fuzz", "build", "--sanitizer", "none", "--fuzz-dir", WRAPPER])
            .arg("--target-dir")
            .arg(self.folder.join("build"))
            .arg("target")
            .current_dir(root)
            .status()
            .context("rustup does not start")?;
        if !status.success() {
            bail!("the fuzz targets do not build");
        }
        // cargo-fuzz always names the machine, and puts the program below that name.
        let triples = fs::read_dir(self.folder.join("build")).context("nothing was built")?;
        let programs = triples.flatten().map(|triple| triple.path().join("release/target"));
        programs.into_iter().find(|program| program.is_file()).context("the program was not found")
    }
}

/// Runs them, puts each into the page as soon as it ends, for they take hours, and says how many found a fault.
fn run_all(
    place: &Place,
    program: &Path,
    chosen: &[String],
    (time, jobs): (Duration, usize),
    page: &Path,
) -> Result<usize> {
    let (next, done) = (AtomicUsize::new(0), Mutex::new(Done::default()));
    let worker = || -> Result<()> {
        while let Some(name) = chosen.get(next.fetch_add(1, Ordering::Relaxed)) {
            let row = run_one(place, program, name, time)?;
            let mut done = done.lock().unwrap_or_else(PoisonError::into_inner);
            done.count = done.count.saturating_add(1);
            done.crashes = done.crashes.saturating_add(usize::from(row.crash.is_some()));
            println!("[{}/{}] {}", done.count, chosen.len(), row.line());
            let mut text = Page::read(&fs::read_to_string(page).unwrap_or_default());
            text.put(row);
            fs::write(page, text.text()).with_context(|| format!("{PAGE} cannot be written"))?;
        }
        Ok(())
    };
    let ends: Vec<_> = thread::scope(|scope| {
        let workers: Vec<_> = (0..jobs).map(|_| scope.spawn(worker)).collect();
        workers.into_iter().map(ScopedJoinHandle::join).collect()
    });
    for end in ends {
        end.map_err(|_| anyhow!("a target could not be watched"))??;
    }
    Ok(done.into_inner().unwrap_or_else(PoisonError::into_inner).crashes)
}

/// What has ended so far.
#[derive(Default)]
struct Done {
    count: usize,
    crashes: usize,
}

fn run_one(place: &Place, program: &Path, name: &str, time: Duration) -> Result<Row> {
    let corpus = place.folder.join("corpus").join(name);
    let faults = place.folder.join("faults").join(name);
    for folder in [&corpus, &faults] {
        fs::create_dir_all(folder).with_context(|| format!("{} cannot be made", folder.display()))?;
    }
    let start = Instant::now();
    let output = Command::new(program)
        .arg(format!("-max_total_time={}", time.as_secs().max(1)))
        .args(["-print_final_stats=1", "-max_len=65536", "-rss_limit_mb=2048", "-timeout=20"])
        .arg(format!("-artifact_prefix={}/", faults.display()))
        .arg(&corpus)
        .arg(place.folder.join("seeds").join(name))
        .env("PASSPORT_FUZZ_TARGET", name)
        .output()
        .with_context(|| format!("{} does not start", program.display()))?;
    let words = String::from_utf8_lossy(&output.stderr);
    Ok(Row::read(name, &words, start.elapsed(), output.status.success()))
}

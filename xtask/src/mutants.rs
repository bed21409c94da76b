//! `cargo xtask mutants`: changes the code of the strictest packages in small ways and sees whether a test minds; what came
//! of it stands in specs/mutants.md.
//!
//! What lives here: running cargo-mutants, which works on a copy. What may survive and why is in [`explained`].

mod explained;

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context as _, Result, bail};

use crate::conformance;

/// Each with its own tests alone.
const PACKAGES: &[&str] = &["jose", "credentials", "did"];
/// The lists of changes that no later run has to try again.
const DONE_WITH: [&str; 2] = ["caught.txt", "unviable.txt"];
/// The page.
const PAGE: &str = "specs/mutants.md";

const HEAD: &str = "# Mutants

`cargo xtask mutants` changes the code of these packages in small ways, one at a time, in a copy, and runs the package's own tests. A
change that no test minds has survived: each is either killed by a new test or explained here. *Unviable* changes do not compile.

";

/// What is changed.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Only these packages
    pub(crate) packages: Vec<String>,
    /// Only what the last run of each package left alive; what it caught counts as caught
    #[arg(long, conflicts_with = "page")]
    pub(crate) again: bool,
    /// How many changes are tried at a time; each needs a build of its own
    #[arg(long, default_value_t = 1)]
    pub(crate) jobs: usize,
    /// Writes the page from what earlier runs left in target/mutants, and runs nothing
    #[arg(long)]
    pub(crate) page: bool,
}

/// Runs, and writes the page.
pub(crate) fn run(root: &Path, arguments: &Arguments) -> Result<()> {
    if !arguments.page {
        needs_tool()?;
        let named: Vec<&str> = arguments.packages.iter().map(String::as_str).collect();
        for package in if named.is_empty() { PACKAGES } else { &named } {
            change(root, package, arguments)?;
        }
    }
    // What was found elsewhere, or before the folder was cleaned, stays on the page.
    let before = fs::read_to_string(root.join(PAGE)).unwrap_or_default();
    let found = |package: &&str| Found::read(root, package).or_else(|| Found::of_page(&before, package));
    let found: Vec<Found> = PACKAGES.iter().filter_map(found).collect();
    fs::write(root.join(PAGE), page(&found)).with_context(|| format!("{PAGE} cannot be written"))?;
    println!("{PAGE} is written");
    let unexplained: usize = found.iter().map(Found::unexplained).sum();
    if unexplained > 0 {
        bail!(
            "{unexplained} changes survived without a reason: kill them with tests, or explain them in xtask/src/mutants/explained.rs"
        );
    }
    Ok(())
}

fn needs_tool() -> Result<()> {
    let runs = Command::new("cargo-mutants").args(["mutants", "--version"]).stdout(Stdio::null()).status();
    match runs {
        Ok(status) if status.success() => Ok(()),
        _ => bail!("cargo-mutants is missing: cargo install --locked cargo-mutants"),
    }
}

fn folder(root: &Path, package: &str) -> PathBuf {
    root.join("target/mutants").join(package)
}

/// Where a run is kept that a later one went on from.
fn earlier(root: &Path, package: &str, outcome: &str) -> PathBuf {
    folder(root, package).join(format!("earlier-{outcome}"))
}

/// Keeps what the last run is done with, so that the page counts it beside what comes now; forgets it where all is run anew,
/// and where the code has moved on so that there is no such change any more.
fn keep_earlier(root: &Path, package: &str, again: bool) -> Result<()> {
    let possible = if again { possible(root, package)? } else { BTreeSet::new() };
    for outcome in DONE_WITH {
        let file = earlier(root, package, outcome);
        let last = folder(root, package).join("mutants.out").join(outcome);
        let known: BTreeSet<String> =
            lines(&file).into_iter().chain(lines(&last)).filter(|change| possible.contains(change)).collect();
        let text: String = known.into_iter().map(|change| change + "\n").collect();
        fs::write(&file, text).with_context(|| format!("{} cannot be written", file.display()))?;
    }
    Ok(())
}

/// Every change that cargo-mutants could make to the package as it stands.
fn possible(root: &Path, package: &str) -> Result<BTreeSet<String>> {
    let output = Command::new("cargo-mutants")
        .args(["mutants", "--list", "--package", package])
        .current_dir(root)
        .output()
        .context("cargo-mutants does not start")?;
    if !output.status.success() {
        bail!("{package}: cargo-mutants does not list its changes");
    }
    Ok(String::from_utf8_lossy(&output.stdout).lines().map(str::to_owned).collect())
}

/// The lines of a file, none where it is not there.
fn lines(file: &Path) -> Vec<String> {
    fs::read_to_string(file).unwrap_or_default().lines().map(str::to_owned).collect()
}

/// Changes one package, in a copy in a temporary folder, with the least claim on the machine.
fn change(root: &Path, package: &str, arguments: &Arguments) -> Result<()> {
    println!("{package}: changing its code, one place at a time");
    let folder = folder(root, package);
    fs::create_dir_all(&folder).with_context(|| format!("{} cannot be made", folder.display()))?;
    keep_earlier(root, package, arguments.again)?;
    let mut command = Command::new("nice");
    command
        .args(["-n", "19", "cargo-mutants", "mutants", "--package", package, "--timeout", "60"])
        // Examples in the documents are tests of the words; they cost more time than all others together.
        .args(["--no-shuffle", "--cargo-test-arg=--tests", "--output"])
        .arg(&folder)
        .args(["--jobs", &arguments.jobs.to_string()])
        .args(if arguments.again { &["--iterate"][..] } else { &[] })
        // The copy lies elsewhere, and so does not find them by itself.
        .env("PASSPORT_VECTORS", conformance::place(root))
        .env("CARGO_PROFILE_DEV_DEBUG", "0")
        .env("CARGO_PROFILE_TEST_DEBUG", "0")
        .env_remove("CARGO_TARGET_DIR")
        .current_dir(root);
    let status = command.status().context("nice does not start")?;
    // 2: some survived; 3: some took too long. Both are told on the page.
    match status.code() {
        Some(0 | 2 | 3) => Ok(()),
        _ => bail!("{package}: cargo-mutants did not come to an end; do its tests pass?"),
    }
}

/// What became of the changes to one package.
#[derive(Debug, Default, PartialEq)]
struct Found {
    package: String,
    caught: usize,
    unviable: usize,
    timeout: usize,
    survived: Vec<String>,
}

impl Found {
    fn read(root: &Path, package: &str) -> Option<Self> {
        let folder = folder(root, package).join("mutants.out");
        let of = |outcome: &str| lines(&folder.join(outcome));
        let counted = |outcome: &str| {
            let all: BTreeSet<String> =
                lines(&earlier(root, package, outcome)).into_iter().chain(of(outcome)).collect();
            all.len()
        };
        let [caught, unviable] = DONE_WITH.map(counted);
        folder.is_dir().then(|| Self {
            package: package.to_owned(),
            caught,
            unviable,
            timeout: of("timeout.txt").len(),
            survived: of("missed.txt"),
        })
    }

    /// What the page says of a package.
    fn of_page(page: &str, package: &str) -> Option<Self> {
        let row = page.lines().find_map(|line| line.strip_prefix(&format!("| `{package}` | ")))?;
        let cells: Vec<usize> = row.split(" | ").filter_map(|cell| cell.parse().ok()).collect();
        let &[_, caught, unviable, timeout, ..] = cells.as_slice() else { return None };
        let after = page.split_once(&format!("## What survived in `{package}`\n"));
        let section = after.and_then(|(_, rest)| rest.split("\n## ").next()).unwrap_or_default();
        let changes = section.lines().filter_map(|line| line.strip_prefix("| `")?.split_once("` | "));
        let survived = changes.map(|(change, _)| change.replace("\\|", "|")).collect();
        Some(Self { package: package.to_owned(), caught, unviable, timeout, survived })
    }

    fn all(&self) -> usize {
        [self.caught, self.unviable, self.timeout, self.survived.len()].iter().sum()
    }

    fn unexplained(&self) -> usize {
        self.survived.iter().filter(|change| explained::reason(change).is_none()).count()
    }
}

fn page(found: &[Found]) -> String {
    let mut text = String::from(HEAD);
    text.push_str("| package | changes | caught | unviable | took too long | survived | without a reason |\n|---|---:|---:|---:|---:|---:|---:|\n");
    for one in found {
        let counts =
            [one.all(), one.caught, one.unviable, one.timeout, one.survived.len(), one.unexplained()];
        let cells: Vec<String> = counts.iter().map(ToString::to_string).collect();
        // Writing to a String does not fail.
        let _ = writeln!(text, "| `{}` | {} |", one.package, cells.join(" | "));
    }
    for one in found.iter().filter(|one| !one.survived.is_empty()) {
        let _ = writeln!(text, "\n## What survived in `{}`\n\n| change | reason |\n|---|---|", one.package);
        for change in &one.survived {
            let reason = explained::reason(change).unwrap_or("**none yet**");
            let _ = writeln!(text, "| `{}` | {reason} |", change.replace('|', "\\|"));
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_counts_and_names_what_survived_with_its_reason_or_without() {
        let found = Found {
            package: "jose".to_owned(),
            caught: 3,
            unviable: 1,
            timeout: 2,
            survived: vec![
                "crates/jose/src/json.rs:111:9: replace <impl Visitor<'de> for Strict<'_>>::expecting -> fmt::Result with Ok(Default::default())".to_owned(),
                "crates/jose/src/nothing.rs:1:1: replace a || b with c".to_owned(),
            ],
        };
        let text = page(&[found]);
        assert!(text.contains("| `jose` | 8 | 3 | 1 | 2 | 2 | 1 |"), "{text}");
        assert!(text.contains("replace a \\|\\| b with c` | **none yet** |"), "{text}");
    }

    #[test]
    fn what_the_page_says_of_a_package_is_read_back_as_it_was_found() {
        let found = |package: &str, survived: &[&str]| Found {
            package: package.to_owned(),
            caught: 5,
            unviable: 4,
            timeout: 1,
            survived: survived.iter().map(|change| (*change).to_owned()).collect(),
        };
        let all = [found("jose", &["a.rs:1:1: replace a || b with c", "b.rs:1:1: x"]), found("did", &[])];
        let text = page(&all);
        let read = ["jose", "did"].map(|package| Found::of_page(&text, package).unwrap());
        assert_eq!(read, all);
        assert_eq!(Found::of_page(&text, "credentials"), None);
    }
}

//! `cargo xtask mutants`: changes the code of the strictest packages in small ways and sees whether a test minds; what came
//! of it stands in specs/mutants.md.
//!
//! What lives here: running cargo-mutants, which works on a copy. What may survive and why is in [`explained`].

mod explained;

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context as _, Result, bail};

/// Each with its own tests alone.
const PACKAGES: &[&str] = &["jose", "credentials", "did"];
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
            change(root, package)?;
        }
    }
    let found: Vec<Found> = PACKAGES.iter().filter_map(|package| Found::read(root, package)).collect();
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

/// Changes one package, in a copy in a temporary folder, with the least claim on the machine.
fn change(root: &Path, package: &str) -> Result<()> {
    println!("{package}: changing its code, one place at a time");
    let folder = folder(root, package);
    fs::create_dir_all(&folder).with_context(|| format!("{} cannot be made", folder.display()))?;
    let status = Command::new("nice")
        .args(["-n", "19", "cargo-mutants", "mutants", "--package", package, "--timeout", "120"])
        .args(["--no-shuffle", "--output"])
        .arg(&folder)
        .env("CARGO_TARGET_DIR", root.join("target/mutants/build"))
        .current_dir(root)
        .status()
        .context("nice does not start")?;
    // 2: some survived; 3: some took too long. Both are told on the page.
    match status.code() {
        Some(0 | 2 | 3) => Ok(()),
        _ => bail!("{package}: cargo-mutants did not come to an end; do its tests pass?"),
    }
}

/// What became of the changes to one package.
#[derive(Debug, Default)]
struct Found {
    package: String,
    caught: usize,
    unviable: usize,
    timeout: Vec<String>,
    survived: Vec<String>,
}

impl Found {
    fn read(root: &Path, package: &str) -> Option<Self> {
        let folder = folder(root, package).join("mutants.out");
        let lines = |name: &str| -> Vec<String> {
            let text = fs::read_to_string(folder.join(name)).unwrap_or_default();
            text.lines().map(str::to_owned).collect()
        };
        folder.is_dir().then(|| Self {
            package: package.to_owned(),
            caught: lines("caught.txt").len(),
            unviable: lines("unviable.txt").len(),
            timeout: lines("timeout.txt"),
            survived: lines("missed.txt"),
        })
    }

    fn all(&self) -> usize {
        [self.caught, self.unviable, self.timeout.len(), self.survived.len()].iter().sum()
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
            [one.all(), one.caught, one.unviable, one.timeout.len(), one.survived.len(), one.unexplained()];
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
            timeout: Vec::new(),
            survived: vec![
                "crates/jose/src/json.rs:75:9: replace <impl Visitor<'de> for Strict>::expecting -> fmt::Result with Ok(Default::default())".to_owned(),
                "crates/jose/src/nothing.rs:1:1: replace a || b with c".to_owned(),
            ],
        };
        let text = page(&[found]);
        assert!(text.contains("| `jose` | 6 | 3 | 1 | 0 | 2 | 1 |"), "{text}");
        assert!(text.contains("replace a \\|\\| b with c` | **none yet** |"), "{text}");
    }
}

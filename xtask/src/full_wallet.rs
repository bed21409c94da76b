//! `cargo xtask wallet`: the pages of a wallet that has been used for years, and a host of a thousand wallets.
//!
//! The driver is `benches/wallet`; here its lines become a table.

use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, Result, bail};
use serde::Deserialize;

use crate::bench::{output, processor};
use crate::cargo_program;
use crate::marks::Marks;

const MARKS: Marks = Marks { begin: "<!-- wallet:begin -->", end: "<!-- wallet:end -->" };
const PAGE: &str = "docs/performance.md";

/// How the figures are told.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Also puts the table into docs/performance.md
    #[arg(long)]
    write: bool,
}

/// One line of the driver.
#[derive(Debug, Deserialize)]
struct Shown {
    what: String,
    microseconds: Option<f64>,
    kilobytes: Option<f64>,
}

/// Runs the driver and prints the table.
///
/// # Errors
/// Something does not build or run.
pub(crate) fn run(root: &Path, arguments: &Arguments) -> Result<()> {
    let mut driver = Command::new(cargo_program());
    driver.args(["bench", "--quiet", "--package", "benches", "--bench", "wallet"]);
    let lines = output(driver.current_dir(root))?;
    let shown: Vec<Shown> = lines
        .lines()
        .map(|line| serde_json::from_str(line).with_context(|| format!("not a figure: {line}")))
        .collect::<Result<_>>()?;
    if shown.is_empty() {
        bail!("nothing was measured");
    }
    let text = told(&shown);
    println!("\n{text}");
    if arguments.write { MARKS.put(root, PAGE, &text) } else { Ok(()) }
}

fn told(shown: &[Shown]) -> String {
    let rows: String = shown.iter().map(row).collect();
    format!("| what | figure |\n|---|---|\n{rows}\nMedians of 9 times, measured on {}.\n", processor())
}

fn row(shown: &Shown) -> String {
    let figure = match (shown.microseconds, shown.kilobytes) {
        (Some(time), _) => format!("{:.1} ms", time / 1e3),
        (None, Some(size)) => format!("{:.0} MB", size / 1e3),
        (None, None) => "–".to_owned(),
    };
    format!("| {} | {figure} |\n", shown.what)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_told_in_milliseconds_and_a_size_in_megabytes() {
        let row_of =
            |microseconds, kilobytes| row(&Shown { what: "home".to_owned(), microseconds, kilobytes });
        assert_eq!(row_of(Some(1_250.0), None), "| home | 1.2 ms |\n");
        assert_eq!(row_of(None, Some(65_536.0)), "| home | 66 MB |\n");
        assert_eq!(row_of(None, None), "| home | – |\n");
    }
}

//! `cargo xtask checklist`: keeps `specs/checklist.md` true.
//!
//! The page has one row for each requirement that goes wrong most often, by section of our checklist. Every row names
//! the tests that hold it, or says why it is not built; none is there twice, none of the numbers is left out, and every
//! test that is named is one that runs.

mod number;
mod page;
#[cfg(test)]
mod tests;
mod verdict;

use std::path::Path;

use anyhow::{Context as _, Result, bail};

use crate::sources::Workspace;
use page::{Held, Page};

/// The page, below the root of the workspace.
const PAGE: &str = "specs/checklist.md";
/// The sections, each with its number of points. A point has one row, or several with letters.
const SECTIONS: [(&str, usize); 9] = [
    ("2.0", 10),
    ("2.1", 8),
    ("2.2", 8),
    ("2.3", 10),
    ("2.4", 10),
    ("2.5", 7),
    ("2.6", 8),
    ("2.7", 2),
    ("2.8", 3),
];

/// Checks the page against the sources and prints whatever is untrue or open.
pub(crate) fn run(root: &Path) -> Result<()> {
    let text = std::fs::read_to_string(root.join(PAGE)).with_context(|| format!("{PAGE} cannot be read"))?;
    let workspace = Workspace::read(root)?;
    let page = Page::read(&text);
    let script = |file: &str| std::fs::read_to_string(root.join(file)).ok();
    let untrue = verdict::untrue(&page, &SECTIONS, &workspace.tests(), &script);
    for sentence in &untrue {
        println!("{sentence}");
    }
    if !untrue.is_empty() {
        bail!("{PAGE} is untrue or open in {} places", untrue.len());
    }
    let held = page.rows.iter().filter(|row| matches!(row.held, Held::By(_))).count();
    println!(
        "{held} requirements are held by {} tests; {} are not built, with their reasons",
        page.tests().len(),
        page.rows.len().saturating_sub(held)
    );
    Ok(())
}

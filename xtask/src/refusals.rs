//! `cargo xtask refusals`: keeps `specs/refusals.md` true.
//!
//! Every test that the page names is a test of the package it names; every route that a router registers and every
//! subcommand of `passport` has a row, and every row is about one that there is.

mod commands;
mod page;
mod routes;
#[cfg(test)]
mod tests;
mod verdict;

use std::path::Path;

use anyhow::{Context as _, Result, bail};

use page::Page;
use verdict::Found;

use crate::sources::Workspace;

/// The page, below the root of the workspace.
const PAGE: &str = "specs/refusals.md";
/// The package of the command line.
const COMMAND: &str = "passport";

/// Checks the page against the sources and prints whatever is untrue.
pub(crate) fn run(root: &Path) -> Result<()> {
    let text = std::fs::read_to_string(root.join(PAGE)).with_context(|| format!("{PAGE} cannot be read"))?;
    let workspace = Workspace::read(root)?;
    let page = Page::read(&text, &workspace.package_names());
    let found = Found::in_sources(&workspace);
    let untrue = verdict::untrue(&page, &found);
    for sentence in &untrue {
        println!("{sentence}");
    }
    if untrue.is_empty() {
        println!(
            "{} rows are proven by {} tests; {} routes and {} commands have theirs",
            page.rows.len(),
            page.tests().len(),
            found.routes.len(),
            found.commands.len()
        );
        return Ok(());
    }
    bail!("{PAGE} is untrue in {} places", untrue.len())
}

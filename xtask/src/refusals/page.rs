//! The page: sections that name packages, and tables whose last column is `test`.

use std::collections::BTreeSet;

use crate::markdown::{cells, quoted};

/// One row of a table of refusals.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Row {
    /// Where it stands in the page, from 1.
    pub(super) line: usize,
    /// The packages that the section's heading names.
    pub(super) packages: Vec<String>,
    /// What it is about: `POST /token`, `passport store import`, or something else.
    pub(super) subjects: Vec<String>,
    /// What is refused.
    pub(super) refused: String,
    /// Status and code, or exit status.
    pub(super) error: String,
    /// The tests that prove it.
    pub(super) tests: Vec<String>,
}

/// The page as far as it can be checked.
#[derive(Debug, Default)]
pub(super) struct Page {
    /// All rows.
    pub(super) rows: Vec<Row>,
    /// Lines of tables of refusals that are no rows of four cells.
    pub(super) odd: Vec<usize>,
}

/// What a line of a table is for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Table {
    /// No table, or one of something else.
    None,
    /// The line that parts header and rows comes next.
    Begun,
    /// Rows.
    Rows,
}

impl Page {
    /// Reads the page; `packages` are the names that count in headings.
    pub(super) fn read(text: &str, packages: &BTreeSet<String>) -> Self {
        let mut page = Self::default();
        let mut named = Vec::new();
        let mut table = Table::None;
        for (number, line) in text.lines().enumerate().map(|(before, line)| (before.saturating_add(1), line))
        {
            if line.starts_with('#') {
                let names: Vec<String> =
                    quoted(line).into_iter().filter(|name| packages.contains(name)).collect();
                // A section within a section is about the same packages unless it names others.
                if !(names.is_empty() && line.starts_with("###")) {
                    named = names;
                }
            }
            let Some(cells) = cells(line) else {
                table = Table::None;
                continue;
            };
            table = match table {
                Table::None if cells.last().is_some_and(|last| *last == "test") => Table::Begun,
                Table::None => Table::None,
                Table::Begun => Table::Rows,
                Table::Rows => {
                    match row(number, &named, &cells) {
                        Some(row) => page.rows.push(row),
                        None => page.odd.push(number),
                    }
                    Table::Rows
                }
            };
        }
        page
    }

    /// Every test that is named, once.
    pub(super) fn tests(&self) -> BTreeSet<&str> {
        self.rows.iter().flat_map(|row| row.tests.iter().map(String::as_str)).collect()
    }
}

fn row(line: usize, packages: &[String], cells: &[&str]) -> Option<Row> {
    let [subject, refused, error, tests] = cells else { return None };
    Some(Row {
        line,
        packages: packages.to_vec(),
        subjects: quoted(subject),
        refused: (*refused).to_owned(),
        error: (*error).to_owned(),
        tests: quoted(tests),
    })
}

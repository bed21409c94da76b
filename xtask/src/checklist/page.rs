//! The page: tables of four cells, `no.`, `requirement`, `section`, `test`.

use std::collections::BTreeSet;

use crate::markdown::{cells, quoted};

/// One requirement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Row {
    /// Where it stands in the page, from 1.
    pub(super) line: usize,
    /// Its number as it is written.
    pub(super) number: String,
    /// What must hold.
    pub(super) requirement: String,
    /// The section of the standard.
    pub(super) section: String,
    /// What holds it.
    pub(super) held: Held,
}

/// What the last cell says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Held {
    /// Tests hold it.
    By(Vec<String>),
    /// `not built: why`.
    NotBuilt(String),
    /// `open: what is missing`.
    Open(String),
}

/// The page as far as it can be checked.
#[derive(Debug, Default)]
pub(super) struct Page {
    /// All rows.
    pub(super) rows: Vec<Row>,
    /// Lines of tables that are no rows of four cells.
    pub(super) odd: Vec<usize>,
}

impl Page {
    /// Reads the page.
    pub(super) fn read(text: &str) -> Self {
        let mut page = Self::default();
        // How many lines of the present table came before: its header and the line below are no rows.
        let mut before = 0_usize;
        for (line, text) in text.lines().enumerate() {
            let Some(cells) = cells(text) else {
                before = 0;
                continue;
            };
            if before > 1 {
                page.take(line.saturating_add(1), &cells);
            }
            before = before.saturating_add(1);
        }
        page
    }

    fn take(&mut self, line: usize, cells: &[&str]) {
        let [number, requirement, section, held] = cells else {
            self.odd.push(line);
            return;
        };
        self.rows.push(Row {
            line,
            number: (*number).to_owned(),
            requirement: (*requirement).to_owned(),
            section: (*section).to_owned(),
            held: Held::read(held),
        });
    }

    /// Every test that is named, once.
    pub(super) fn tests(&self) -> BTreeSet<&str> {
        let named = self.rows.iter().filter_map(|row| match &row.held {
            Held::By(tests) => Some(tests),
            Held::NotBuilt(_) | Held::Open(_) => None,
        });
        named.flatten().map(String::as_str).collect()
    }
}

impl Held {
    fn read(cell: &str) -> Self {
        let after = |word: &str| cell.strip_prefix(word).map(|reason| reason.trim().to_owned());
        match (after("not built:"), after("open:")) {
            (Some(reason), _) => Self::NotBuilt(reason),
            (None, Some(missing)) => Self::Open(missing),
            (None, None) => Self::By(quoted(cell)),
        }
    }
}

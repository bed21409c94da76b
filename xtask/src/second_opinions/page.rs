//! The page `specs/second-opinions.md`, made from the files that the comparisons leave.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result};
use serde::Deserialize;

const HEAD: &str = "# Second opinions

Made by `cargo xtask second-opinions --write` from what the packages of `tests/second-opinion` count: not to be edited.

The same things were put before our code and before libraries that others wrote, in each direction that there is. A case agrees when
both take it and read the same, or both refuse it. Every difference belongs to a kind that is listed below with its reason; one
that does not fails the run, and so does a listed kind that no longer occurs. `ssi-…` are the parts of `ssi` 0.16.

| library | version | what was compared | cases | agree | explained differences |
|---|---|---|--:|--:|--:|
";

/// One comparison.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Row {
    library: String,
    version: String,
    subject: String,
    agree: u64,
    differences: Vec<Difference>,
}

#[derive(Debug, Clone, Deserialize)]
struct Difference {
    kind: String,
    reason: String,
    cases: u64,
}

impl Row {
    fn explained(&self) -> u64 {
        self.differences.iter().map(|difference| difference.cases).fold(0, u64::saturating_add)
    }
}

/// The comparisons of a folder, by library and subject.
pub(super) fn rows(folder: &Path) -> Result<Vec<Row>> {
    let mut rows = BTreeMap::new();
    for entry in fs::read_dir(folder).with_context(|| format!("{} cannot be read", folder.display()))? {
        let path = entry?.path();
        let text = fs::read_to_string(&path).with_context(|| format!("{} cannot be read", path.display()))?;
        let row: Row =
            serde_json::from_str(&text).with_context(|| format!("{} is malformed", path.display()))?;
        rows.insert((row.library.clone(), row.subject.clone()), row);
    }
    Ok(rows.into_values().collect())
}

/// The page.
pub(super) fn render(rows: &[Row]) -> String {
    let mut page = HEAD.to_owned();
    for row in rows {
        let explained = row.explained();
        let cases = row.agree.saturating_add(explained);
        page.push_str(&format!(
            "| {} | {} | {} | {cases} | {} | {explained} |\n",
            row.library, row.version, row.subject, row.agree
        ));
    }
    page.push_str("\n## Differences and who is right\n");
    for row in rows.iter().filter(|row| !row.differences.is_empty()) {
        page.push_str(&format!("\n{}: {}\n\n", row.library, row.subject));
        for difference in &row.differences {
            page.push_str(&format!("- {} ({}): {}.\n", difference.kind, difference.cases, difference.reason));
        }
    }
    page
}

/// How many comparisons a page holds.
pub(super) fn compared(page: &str) -> usize {
    page.lines().filter(|line| line.starts_with("| ") && !line.starts_with("| library ")).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_comparison_is_a_line_of_the_table_and_its_differences_are_told() {
        let text = r#"{"library":"ssi-dids","version":"0.5.0","subject":"did:key documents","agree":3,
            "differences":[{"kind":"fewer purposes","reason":"we are right","cases":2}]}"#;
        let rows: Vec<Row> = vec![serde_json::from_str(text).unwrap()];
        let page = render(&rows);
        assert!(page.contains("| ssi-dids | 0.5.0 | did:key documents | 5 | 3 | 2 |\n"), "{page}");
        assert!(
            page.ends_with("\nssi-dids: did:key documents\n\n- fewer purposes (2): we are right.\n"),
            "{page}"
        );
        assert_eq!(compared(&page), 1);
    }
}

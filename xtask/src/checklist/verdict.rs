//! What of the page is untrue, or open.

use std::collections::BTreeMap;

use super::PAGE;
use super::number::Number;
use super::page::{Held, Page, Row};
use crate::sources::Tests;

/// The text of a script, if there is one of this name.
type Script<'a> = dyn Fn(&str) -> Option<String> + 'a;

/// One sentence for each thing that is untrue, and for each row that is open.
pub(super) fn untrue(
    page: &Page,
    sections: &[(&str, usize)],
    tests: &Tests,
    script: &Script<'_>,
) -> Vec<String> {
    let mut said: Vec<String> =
        page.odd.iter().map(|line| format!("{PAGE}:{line}: a row has four cells")).collect();
    for row in &page.rows {
        let at = |sentence: String| format!("{PAGE}:{}: {}: {sentence}", row.line, row.number);
        said.extend(incomplete(row).map(at));
        said.extend(not_held(row, tests, script).into_iter().map(at));
    }
    said.extend(twice(page));
    said.extend(numbering(page, sections));
    said
}

fn incomplete(row: &Row) -> Option<String> {
    if row.requirement.is_empty() {
        return Some("it does not say what must hold".to_owned());
    }
    row.section.is_empty().then(|| "it names no section of a standard".to_owned())
}

fn not_held(row: &Row, tests: &Tests, script: &Script<'_>) -> Vec<String> {
    match &row.held {
        Held::By(named) if named.is_empty() => vec!["no test holds it".to_owned()],
        Held::By(named) => named.iter().filter_map(|test| missing(test, tests, script)).collect(),
        Held::NotBuilt(reason) if reason.is_empty() => vec!["it does not say why it is not built".to_owned()],
        Held::NotBuilt(_) => Vec::new(),
        Held::Open(what) => vec![format!("open: {what}")],
    }
}

/// A test is `package::path::to::test`, a case of a script `tests/…/file.mjs#text of the case`.
fn missing(test: &str, tests: &Tests, script: &Script<'_>) -> Option<String> {
    let Some((file, case)) = test.split_once('#') else { return tests.missing(test) };
    match script(file) {
        None => Some(format!("{test}: there is no script {file}")),
        Some(text) if case.is_empty() || !text.contains(case) => {
            Some(format!("{test}: there is no such case in {file}"))
        }
        Some(_) => None,
    }
}

/// Rows of one number or of one wording.
fn twice(page: &Page) -> Vec<String> {
    let mut seen: BTreeMap<(bool, &str), usize> = BTreeMap::new();
    let mut said = Vec::new();
    for row in &page.rows {
        for (is_number, text) in [(true, &row.number), (false, &row.requirement)] {
            if let Some(first) = seen.insert((is_number, text), row.line) {
                said.push(format!("{PAGE}:{}: {text} is in line {first} already", row.line));
            }
        }
    }
    said
}

/// Every section has all its points, in order, each with its letters from `a` without a gap.
fn numbering(page: &Page, sections: &[(&str, usize)]) -> Vec<String> {
    let mut said = Vec::new();
    let mut last: BTreeMap<&str, usize> = BTreeMap::new();
    let mut before: Option<Number> = None;
    for row in &page.rows {
        let Some(number) = Number::parse(&row.number) else {
            said.push(format!("{PAGE}:{}: {} is no number of a requirement", row.line, row.number));
            continue;
        };
        let section = sections.iter().find(|(section, _)| *section == number.section);
        match section {
            None => said.push(format!("{PAGE}:{}: there is no section {}", row.line, number.section)),
            Some((section, _))
                if !number.follows(before.as_ref()) || is_left(&last, section, before.as_ref()) =>
            {
                said.push(format!("{PAGE}:{}: {} does not follow the row before", row.line, row.number));
            }
            Some((section, _)) => drop(last.insert(section, number.point)),
        }
        before = Some(number);
    }
    for (section, points) in sections {
        let found = last.get(section).copied().unwrap_or_default();
        if found != *points {
            said.push(format!("{PAGE}: section {section} has {points} points, the page ends at {found}"));
        }
    }
    said
}

/// Whether a section that was left begins again.
fn is_left(last: &BTreeMap<&str, usize>, section: &str, before: Option<&Number>) -> bool {
    last.contains_key(section) && before.is_none_or(|before| before.section != section)
}

//! The page `specs/conformance.md`: made from the counts, and read for what a clone without vectors leaves out.

use std::fmt::Write as _;

use anyhow::{Result, bail};

use super::counts::{Counts, Exception, Folder};

/// The folders that no walker visits yet, and why. One that is walked must not stand here.
const LATER: &[(&str, &str)] = &[
    ("iso18013-5-annex-d", "mdoc is not spoken: HAIP asks for one of two formats, and ours is SD-JWT VC"),
    ("ntag424-sdm", "door tags come with the spaces' hardware, which is not built yet"),
];

const HEAD: &str = "# Conformance to published test vectors

Made by `cargo xtask conformance --write` from what the walkers of `tests/vectors` count, compared in CI: not to be edited.

A case that passes includes one that must be refused and is, for the reason the standard gives. An exception is a case that does
not hold, with its reason; it fails the run as soon as it holds. Where the vectors come from, and under which licence, is in the
`SOURCE.md` of each folder.

| folder | cases | passed | exceptions | not walked yet |
|---|--:|--:|--:|---|
";

/// The page over the folders that are published.
pub(super) fn render(published: &[String], counts: &Counts) -> Result<String> {
    let mut page = HEAD.to_owned();
    let mut exceptions = String::new();
    for name in published {
        match (counts.of(name), later(name)) {
            (Some(folder), None) => {
                page.push_str(&row(name, folder));
                exceptions.push_str(&listed(name, folder));
            }
            (None, Some(reason)) => page.push_str(&format!("| `{name}` | – | – | – | {reason} |\n")),
            (Some(_), Some(_)) => {
                bail!("{name} is walked now; take it out of LATER in xtask/src/conformance/page.rs")
            }
            (None, None) => bail!("no walker of tests/vectors visits {name}, and no reason is given why"),
        }
    }
    let total = counts.total();
    let cases = total.passed.saturating_add(total.excepted);
    page.push_str(&format!("| all | {cases} | {} | {} | |\n", total.passed, total.excepted));
    if !exceptions.is_empty() {
        page.push_str("\n## Exceptions\n");
        page.push_str(&exceptions);
    }
    Ok(page)
}

fn later(name: &str) -> Option<&'static str> {
    LATER.iter().find(|(folder, _)| *folder == name).map(|(_, reason)| *reason)
}

fn row(name: &str, folder: &Folder) -> String {
    format!("| `{name}` | {} | {} | {} | |\n", folder.cases(), folder.passed, folder.excepted())
}

/// The exceptions of a folder, by reason.
fn listed(name: &str, folder: &Folder) -> String {
    if folder.exceptions.is_empty() {
        return String::new();
    }
    let mut text = format!("\n### {name}\n\n");
    for (reason, cases) in &folder.exceptions {
        let cases: Vec<_> = cases.iter().map(name_of).collect();
        // A `String` takes whatever is written.
        let _ = writeln!(text, "- {reason}: {}", cases.join(", "));
    }
    text
}

fn name_of(exception: &Exception) -> String {
    match exception.cases {
        1 => format!("`{}`", exception.name),
        several => format!("`{}` ({several} cases)", exception.name),
    }
}

/// The folders of the kept page that are not here, each with its number of cases.
pub(super) fn absent(kept: &str, published: &[String]) -> Vec<String> {
    kept.lines()
        .filter_map(|line| {
            let mut cells = line.strip_prefix("| `")?.split('|').map(str::trim);
            let name = cells.next()?.trim_end_matches('`');
            let cases = cells.next()?;
            (!published.iter().any(|here| here == name)).then(|| format!("{name} ({cases} cases)"))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counts() -> Counts {
        let mut counts = Counts::default();
        counts
            .add(r#"{"folder": "did-key", "passed": 2, "exceptions": [["x", "why", 1], ["y", "why", 3]]}"#)
            .unwrap();
        counts
    }

    fn names(names: &[&str]) -> Vec<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    #[test]
    fn each_folder_has_its_row_and_each_exception_its_reason() {
        let page = render(&names(&["did-key", "ntag424-sdm"]), &counts()).unwrap();
        assert!(page.contains("| `did-key` | 6 | 2 | 4 | |\n"));
        assert!(page.contains("| `ntag424-sdm` | – | – | – | door tags"));
        assert!(page.contains("| all | 6 | 2 | 4 | |\n"));
        assert!(page.ends_with("\n### did-key\n\n- why: `x`, `y` (3 cases)\n"));
    }

    #[test]
    fn a_folder_that_nothing_walks_is_refused_unless_a_reason_is_given() {
        let error = render(&names(&["did-key", "new"]), &counts()).unwrap_err();
        assert_eq!(error.to_string(), "no walker of tests/vectors visits new, and no reason is given why");
    }

    #[test]
    fn a_folder_that_is_walked_may_not_be_called_later() {
        let mut counts = counts();
        counts.add(r#"{"folder": "ntag424-sdm", "passed": 1, "exceptions": []}"#).unwrap();
        assert!(render(&names(&["ntag424-sdm"]), &counts).is_err());
    }

    #[test]
    fn what_is_not_here_is_named_with_its_number_of_cases() {
        let page = render(&names(&["did-key"]), &counts()).unwrap();
        assert_eq!(absent(&page, &[]), ["did-key (6 cases)"]);
        assert!(absent(&page, &names(&["did-key"])).is_empty());
    }
}

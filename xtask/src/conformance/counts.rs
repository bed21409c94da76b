//! What the suites counted, added up per folder.

use std::collections::BTreeMap;
use std::fmt;
use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result};
use serde_json::Value;

/// The counts of one folder, over all suites that walk it.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Folder {
    pub(super) passed: u64,
    /// What does not hold, by the reason.
    pub(super) exceptions: BTreeMap<String, Vec<Exception>>,
}

/// A case that does not hold, or a file of several.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Exception {
    pub(super) name: String,
    pub(super) cases: u64,
}

impl Folder {
    /// How many cases do not hold.
    pub(super) fn excepted(&self) -> u64 {
        self.exceptions.values().flatten().map(|exception| exception.cases).sum()
    }

    /// How many cases there are.
    pub(super) fn cases(&self) -> u64 {
        self.passed.saturating_add(self.excepted())
    }
}

/// The counts of all folders.
#[derive(Debug, Default)]
pub(super) struct Counts {
    folders: BTreeMap<String, Folder>,
}

impl Counts {
    /// Reads what the suites left.
    pub(super) fn read(place: &Path) -> Result<Self> {
        let mut counts = Self::default();
        for entry in fs::read_dir(place).with_context(|| format!("{} cannot be read", place.display()))? {
            let path = entry?.path();
            let text =
                fs::read_to_string(&path).with_context(|| format!("{} cannot be read", path.display()))?;
            counts.add(&text).with_context(|| format!("{} holds no counts", path.display()))?;
        }
        for folder in counts.folders.values_mut() {
            folder.exceptions.values_mut().for_each(|cases| cases.sort());
        }
        Ok(counts)
    }

    /// Adds what one suite left.
    pub(super) fn add(&mut self, text: &str) -> Result<()> {
        let suite: Value = serde_json::from_str(text)?;
        let name = suite.get("folder").and_then(Value::as_str).context("no folder")?;
        let folder = self.folders.entry(name.to_owned()).or_default();
        let passed = suite.get("passed").and_then(Value::as_u64).context("no passed")?;
        folder.passed = folder.passed.saturating_add(passed);
        for exception in suite.get("exceptions").and_then(Value::as_array).context("no exceptions")? {
            let (name, reason, cases) = parts(exception).context("an exception of another form")?;
            folder.exceptions.entry(reason).or_default().push(Exception { name, cases });
        }
        Ok(())
    }

    /// What was counted in a folder, if anything walks it.
    pub(super) fn of(&self, name: &str) -> Option<&Folder> {
        self.folders.get(name)
    }

    /// The sum over all folders.
    pub(super) fn total(&self) -> Total {
        let mut total = Total::default();
        for folder in self.folders.values() {
            total.passed = total.passed.saturating_add(folder.passed);
            total.excepted = total.excepted.saturating_add(folder.excepted());
        }
        total
    }
}

/// `[name, reason, number of cases]`
fn parts(exception: &Value) -> Option<(String, String, u64)> {
    let text = |index: usize| exception.get(index)?.as_str().map(str::to_owned);
    Some((text(0)?, text(1)?, exception.get(2)?.as_u64()?))
}

/// A sum over folders.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Total {
    pub(super) passed: u64,
    pub(super) excepted: u64,
}

impl fmt::Display for Total {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let cases = self.passed.saturating_add(self.excepted);
        write!(
            formatter,
            "{cases} published cases: {} passed, {} excepted with a reason",
            self.passed, self.excepted
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_suites_over_one_folder_are_added_up() {
        let mut counts = Counts::default();
        counts.add(r#"{"folder": "a", "passed": 2, "exceptions": [["x", "why", 1]]}"#).unwrap();
        counts
            .add(r#"{"folder": "a", "passed": 3, "exceptions": [["y", "why", 1], ["z", "else", 4]]}"#)
            .unwrap();
        let folder = counts.of("a").unwrap();
        assert_eq!((folder.cases(), folder.passed, folder.excepted()), (11, 5, 6));
        let names: Vec<_> =
            folder.exceptions["why"].iter().map(|exception| exception.name.as_str()).collect();
        assert_eq!(names, ["x", "y"]);
        assert_eq!(counts.of("b"), None);
        assert_eq!(counts.total().to_string(), "11 published cases: 5 passed, 6 excepted with a reason");
    }

    #[test]
    fn what_is_no_count_is_refused() {
        let mut counts = Counts::default();
        assert!(counts.add("{}").is_err());
        assert!(counts.add(r#"{"folder": "a", "passed": 1, "exceptions": ["x"]}"#).is_err());
    }
}

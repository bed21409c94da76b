//! One subject that two implementations were asked about, counted.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::{env, fs};

use serde_json::{Value, json};

/// Names the folder into which the counts go.
pub const COUNTS: &str = "PASSPORT_SECOND_OPINIONS";

/// A kind of difference that is understood: its name, and which side is right and why.
pub type Kind = (&'static str, &'static str);

/// The cases of one subject.
#[derive(Debug)]
pub struct Comparison {
    library: &'static str,
    subject: String,
    kinds: &'static [Kind],
    agreed: u64,
    explained: BTreeMap<&'static str, u64>,
    wrong: Vec<String>,
}

impl Comparison {
    /// A comparison with the package `library` of the lock file about `subject`. Only differences of these `kinds` may
    /// occur, and each of them must.
    #[must_use]
    pub fn new(library: &'static str, subject: &str, kinds: &'static [Kind]) -> Self {
        let (agreed, explained, wrong) = (0, BTreeMap::new(), Vec::new());
        Self { library, subject: subject.to_owned(), kinds, agreed, explained, wrong }
    }

    /// Both say the same about one case.
    pub fn agrees(&mut self) {
        self.agreed += 1;
    }

    /// They differ in a way that is understood.
    ///
    /// # Panics
    /// When the kind is not listed.
    pub fn differs(&mut self, kind: &str) {
        let kind = self.kinds.iter().find(|(name, _)| *name == kind);
        let (name, _) = kind.unwrap_or_else(|| panic!("{kind:?} is not listed"));
        *self.explained.entry(name).or_default() += 1;
    }

    /// They differ and nobody has said why.
    pub fn unexplained(&mut self, case: &str, difference: &str) {
        self.wrong.push(format!("{case}: {difference}"));
    }

    /// Agrees if both are equal, else differs without a reason.
    pub fn equal<T: PartialEq + std::fmt::Debug>(&mut self, case: &str, ours: &T, theirs: &T) {
        if ours == theirs {
            self.agrees();
        } else {
            self.unexplained(case, &format!("ours {ours:?}, theirs {theirs:?}"));
        }
    }

    /// Counts, and fails if something is unexplained or a listed difference has disappeared.
    ///
    /// # Panics
    /// See above.
    pub fn finish(self) {
        let explained: u64 = self.explained.values().sum();
        println!("{}: {}: {} agree, {explained} explained", self.library, self.subject, self.agreed);
        let shown = self.wrong.len().min(20);
        assert!(
            self.wrong.is_empty(),
            "{}: {} unexplained differences, the first of them: {:#?}",
            self.subject,
            self.wrong.len(),
            &self.wrong[..shown]
        );
        let gone: Vec<_> = self.kinds.iter().filter(|(name, _)| !self.explained.contains_key(name)).collect();
        assert!(gone.is_empty(), "{}: listed differences that no longer occur: {gone:#?}", self.subject);
        assert!(self.agreed > 0, "{}: nothing was compared", self.subject);
        self.hand_in();
    }

    fn hand_in(&self) {
        let Some(folder) = env::var_os(COUNTS) else { return };
        let differences: Vec<Value> = self
            .kinds
            .iter()
            .map(|(name, reason)| json!({"kind": name, "reason": reason, "cases": self.explained[name]}))
            .collect();
        let row = json!({"library": self.library, "version": version(self.library), "subject": self.subject,
            "agree": self.agreed, "differences": differences});
        let name: String =
            self.subject.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).collect();
        let file = PathBuf::from(folder).join(format!("{}-{name}.json", self.library));
        fs::write(&file, row.to_string()).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    }
}

/// The version of a package in the lock file of this workspace.
fn version(package: &str) -> String {
    let lock = Path::new(env!("CARGO_MANIFEST_DIR")).join("../Cargo.lock");
    let text = fs::read_to_string(lock).expect("the lock file lies beside the packages");
    let name = format!("name = \"{package}\"\nversion = \"");
    let (_, rest) = text.split_once(&name).unwrap_or_else(|| panic!("{package} is not in the lock file"));
    rest.split('"').next().unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    const KINDS: &[Kind] = &[("spelling", "theirs is older")];

    #[test]
    fn an_explained_difference_is_counted_and_must_occur() {
        let mut seen = Comparison::new("serde_json", "a subject", KINDS);
        seen.agrees();
        seen.differs("spelling");
        seen.finish();
        let mut gone = Comparison::new("serde_json", "a subject", KINDS);
        gone.agrees();
        assert!(std::panic::catch_unwind(|| gone.finish()).is_err());
    }

    #[test]
    fn an_unexplained_difference_and_an_empty_comparison_fail() {
        let mut other = Comparison::new("serde_json", "a subject", &[]);
        other.agrees();
        other.equal("a case", &1, &2);
        assert!(std::panic::catch_unwind(|| other.finish()).is_err());
        let empty = Comparison::new("serde_json", "a subject", &[]);
        assert!(std::panic::catch_unwind(|| empty.finish()).is_err());
        let mut unlisted = Comparison::new("serde_json", "a subject", KINDS);
        let differs = std::panic::AssertUnwindSafe(|| unlisted.differs("colour"));
        assert!(std::panic::catch_unwind(differs).is_err());
    }
}

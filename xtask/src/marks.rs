//! Text that a command writes into a page between two marks.

use std::path::Path;

use anyhow::{Context as _, Result};

/// Two comments of a page; what stands between them is made.
pub(crate) struct Marks {
    pub(crate) begin: &'static str,
    pub(crate) end: &'static str,
}

impl Marks {
    /// Replaces what stands between the marks of a page.
    ///
    /// # Errors
    /// The page cannot be read or written, or has no such marks.
    pub(crate) fn put(&self, root: &Path, page: &str, text: &str) -> Result<()> {
        let path = root.join(page);
        let old = std::fs::read_to_string(&path).with_context(|| format!("{page} cannot be read"))?;
        let Self { begin, end } = self;
        let new = self.between(&old, text).with_context(|| format!("{page} has no {begin} and {end}"))?;
        std::fs::write(&path, new).with_context(|| format!("{page} cannot be written"))
    }

    fn between(&self, page: &str, text: &str) -> Option<String> {
        let (before, rest) = page.split_once(self.begin)?;
        let (_, after) = rest.split_once(self.end)?;
        Some(format!("{before}{}\n{text}{}{after}", self.begin, self.end))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_replaces_what_stands_between_the_marks() {
        let marks = Marks { begin: "<!-- a -->", end: "<!-- b -->" };
        let new = marks.between("x\n<!-- a -->\nold\n<!-- b -->\ny\n", "new\n").unwrap();
        assert_eq!(new, "x\n<!-- a -->\nnew\n<!-- b -->\ny\n");
        assert!(marks.between("no marks", "new").is_none());
    }
}

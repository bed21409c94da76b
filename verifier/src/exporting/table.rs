//! The table as text (RFC 4180), which no program takes for a formula.

use environment::{Date, Timestamp};

use super::{Row, Wanted};

/// The columns behind those of the details.
const BEHIND: [&str; 6] = ["kind", "plan", "since", "word_of", "kept_until", "id"];
/// The byte order mark, by which spreadsheets know UTF-8.
const MARK: &str = "\u{feff}";
/// With what a formula begins in one spreadsheet or another.
const FORMULA: [char; 7] = ['=', '+', '-', '@', '\t', '\r', '\n'];

/// What separates cells.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Separator {
    /// As RFC 4180 has it.
    #[default]
    Comma,
    /// As spreadsheets want it where a comma stands before the decimals.
    Semicolon,
}

impl Separator {
    /// The one with that name.
    #[must_use]
    pub fn of_name(name: &str) -> Option<Self> {
        match name {
            "comma" => Some(Self::Comma),
            "semicolon" => Some(Self::Semicolon),
            _ => None,
        }
    }

    const fn sign(self) -> char {
        match self {
            Self::Comma => ',',
            Self::Semicolon => ';',
        }
    }
}

/// How the text is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Layout {
    /// What separates cells.
    pub separator: Separator,
    /// Whether it begins with a byte order mark.
    pub mark: bool,
}

impl Layout {
    /// The first line.
    #[must_use]
    pub fn header(self, wanted: &Wanted) -> String {
        let names: Vec<&str> = wanted.claims.iter().map(String::as_str).chain(BEHIND).collect();
        let mark = if self.mark { MARK } else { "" };
        format!("{mark}{}", self.line(&names))
    }

    /// The line of a person.
    #[must_use]
    pub fn row(self, wanted: &Wanted, row: &Row) -> String {
        let detail = |claim: &String| row.details.get(claim);
        let text = |claim: &String| detail(claim).map_or("", |(text, _)| text.as_str());
        let words: Vec<String> = wanted
            .claims
            .iter()
            .filter_map(|claim| detail(claim).map(|(_, word_of)| format!("{claim}: {word_of}")))
            .collect();
        let since = row.since.map(day).unwrap_or_default();
        let until = row.kept_until.map(day).unwrap_or_default();
        let word_of = words.join("; ");
        let behind = [row.kind.name(), row.plan.as_str(), &since, &word_of, &until, &row.id];
        self.line(&wanted.claims.iter().map(text).chain(behind).collect::<Vec<_>>())
    }

    fn line(self, cells: &[&str]) -> String {
        let mut line = String::new();
        for (place, text) in cells.iter().enumerate() {
            if place > 0 {
                line.push(self.separator.sign());
            }
            line.push_str(&cell(text));
        }
        line.push_str("\r\n");
        line
    }
}

/// A cell. What would begin a formula, in a spreadsheet that cuts at another separator also behind that, is text by an apostrophe before
/// it; whatever is more than letters and digits stands in quotes.
fn cell(text: &str) -> String {
    let defused = defused(text);
    let plain = |sign: char| sign.is_alphanumeric() || matches!(sign, ' ' | '.' | '_' | ':' | '-' | '@');
    if defused.chars().all(plain) && !defused.starts_with(' ') && !defused.ends_with(' ') {
        return defused;
    }
    format!("\"{}\"", defused.replace('"', "\"\""))
}

fn defused(text: &str) -> String {
    let begins = |text: &str| text.trim_start_matches([' ', '"', '\'']).starts_with(FORMULA);
    if begins(text) { format!("'{text}") } else { text.to_owned() }
}

/// What stood in a cell before [`Layout::row`] made text of it.
#[must_use]
pub fn undone(text: &str) -> &str {
    match text.strip_prefix('\'') {
        Some(rest) if defused(rest).len() != rest.len() => rest,
        _ => text,
    }
}

fn day(seconds: i64) -> String {
    Date::of(Timestamp::from_seconds(seconds)).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_would_be_a_formula_is_text_and_comes_back_as_it_was() {
        for (text, written) in [
            ("Ada", "Ada"),
            ("ada@example.org", "ada@example.org"),
            ("Ada, \"the first\"", "\"Ada, \"\"the first\"\"\""),
            ("a;b", "\"a;b\""),
            ("one\ntwo", "\"one\ntwo\""),
            (" Ada", "\" Ada\""),
            ("'t Hooft", "\"'t Hooft\""),
            ("=1+1", "\"'=1+1\""),
            ("+49 30", "\"'+49 30\""),
            ("-1", "\"'-1\""),
            ("@SUM(A1)", "\"'@SUM(A1)\""),
            ("\t=1", "\"'\t=1\""),
            ("\r=1", "\"'\r=1\""),
            ("\n=1", "\"'\n=1\""),
            (" \"=1", "\"' \"\"=1\""),
            ("'=1", "\"''=1\""),
            ("", ""),
        ] {
            assert_eq!(cell(text), written, "{text:?}");
            assert_eq!(undone(&defused(text)), text);
        }
        assert_eq!((undone("'t Hooft"), undone("'"), undone("''")), ("'t Hooft", "'", "''"));
    }
}

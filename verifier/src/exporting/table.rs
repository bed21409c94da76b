//! The table as text (RFC 4180), which no program takes for a formula.

use environment::{Date, Timestamp};

use super::{Row, Wanted};

/// The columns behind those of the details.
const BEHIND: [&str; 6] = ["kind", "plan", "since", "word_of", "kept_until", "id"];
/// The byte order mark, by which spreadsheets know UTF-8.
const MARK: &str = "\u{feff}";
/// With what a formula begins in one spreadsheet or another; the last four are the wide signs of Japanese and Chinese keyboards.
const FORMULA: [char; 8] = ['=', '+', '-', '@', '＝', '＋', '－', '＠'];
/// What is dropped before a formula at the beginning of a cell.
const BEFORE_FORMULA: [char; 3] = ['\t', '\r', '\n'];
/// At what one spreadsheet or another ends a cell.
const ENDS: [char; 5] = [',', ';', '\t', '\r', '\n'];

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

/// A cell. Whatever is more than letters and digits stands in quotes.
fn cell(text: &str) -> String {
    let defused = defused(text);
    let plain = |sign: char| sign.is_alphanumeric() || matches!(sign, ' ' | '.' | '_' | ':' | '-' | '@');
    if defused.chars().all(plain) && !defused.starts_with(' ') && !defused.ends_with(' ') {
        return defused;
    }
    format!("\"{}\"", defused.replace('"', "\"\""))
}

/// The text with an apostrophe before everything that would begin a formula (OWASP, CSV Injection): where the cell begins, and behind
/// whatever some spreadsheet takes for the end of a cell, because one that separates at another sign than this table does reads
/// the quotes around the cell as text.
fn defused(text: &str) -> String {
    let mut defused = String::with_capacity(text.len());
    for (is_first, piece) in pieces(text) {
        if begins_formula(piece, is_first) {
            defused.push('\'');
        }
        defused.push_str(piece);
    }
    defused
}

/// What stood in a cell before [`Layout::row`] made text of it.
#[must_use]
pub fn undone(text: &str) -> String {
    let mut undone = String::with_capacity(text.len());
    for (is_first, piece) in pieces(text) {
        let before = piece.strip_prefix('\'').filter(|rest| begins_formula(rest, is_first));
        undone.push_str(before.unwrap_or(piece));
    }
    undone
}

/// The parts of a text that may begin a cell, each with whether it is the first.
fn pieces(text: &str) -> impl Iterator<Item = (bool, &str)> {
    text.split_inclusive(ENDS).enumerate().map(|(place, piece)| (place == 0, piece))
}

/// Whether a spreadsheet may take a cell that begins so for a formula. Some take no notice of space and quotes before it.
fn begins_formula(piece: &str, is_first: bool) -> bool {
    let skipped = |sign: char| {
        let is_end = ENDS.contains(&sign);
        (sign.is_whitespace() && !is_end) || matches!(sign, '"' | '\'' | '\u{200b}' | '\u{feff}')
    };
    let rest = piece.trim_start_matches(skipped);
    rest.starts_with(FORMULA) || (is_first && rest.starts_with(BEFORE_FORMULA))
}

fn day(seconds: i64) -> String {
    Date::of(Timestamp::from_seconds(seconds)).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::importing::table::Table;

    #[test]
    fn what_would_be_a_formula_is_text_and_comes_back_as_it_was() {
        for (text, written) in [
            ("Ada", "Ada"),
            ("ada@example.org", "ada@example.org"),
            ("Ada, \"the first\"", "\"Ada, \"\"the first\"\"\""),
            ("a;b", "\"a;b\""),
            ("one\ntwo", "\"one\ntwo\""),
            ("one\n\ntwo - three", "\"one\n\ntwo - three\""),
            (" Ada", "\" Ada\""),
            ("'t Hooft", "\"'t Hooft\""),
            ("=1+1", "\"'=1+1\""),
            ("+49 30", "\"'+49 30\""),
            ("-1", "\"'-1\""),
            ("@SUM(A1)", "\"'@SUM(A1)\""),
            ("\t=1", "\"'\t'=1\""),
            ("\r=1", "\"'\r'=1\""),
            ("\n=1", "\"'\n'=1\""),
            (" \"=1", "\"' \"\"=1\""),
            ("'=1", "\"''=1\""),
            ("", ""),
        ] {
            assert_eq!(cell(text), written, "{text:?}");
            assert_eq!(undone(&defused(text)), text);
        }
        assert_eq!(
            (undone("'t Hooft"), undone("'"), undone("''")),
            ("'t Hooft".into(), "'".into(), "''".into())
        );
    }

    /// Every sign, behind everything at which some spreadsheet ends a cell, with and without what it takes no notice of.
    #[test]
    fn a_formula_begins_nowhere_in_a_cell_whatever_a_spreadsheet_separates_at() {
        for sign in FORMULA {
            for end in ENDS {
                for between in ["", " ", "\"", "'", "\u{a0}", "\u{feff}", " \"' "] {
                    let text = format!("a{end}{between}{sign}1{end}b");
                    assert_eq!(defused(&text), format!("a{end}'{between}{sign}1{end}b"), "{text:?}");
                    assert!(cell(&text).starts_with('"'), "{text:?}");
                    assert_eq!(undone(&defused(&text)), text);
                }
                // A near miss: the sign within a word.
                let word = format!("a{end}b{sign}1");
                assert_eq!(defused(&word), word);
            }
        }
    }

    #[test]
    fn a_table_that_is_read_again_says_what_it_said() {
        let texts = [
            "=1",
            "＝1",
            "a;=1",
            "a,+1",
            "a;'=1",
            "a;''=1",
            "a\n=1\n\n- b",
            "a\t＠b",
            "'=1",
            "'t Hooft",
            "\"=\"",
            "x;\"=1",
        ];
        for separator in [Separator::Comma, Separator::Semicolon] {
            let layout = Layout { separator, mark: false };
            let mut file = layout.line(&["email", "name", "kind"]);
            for text in texts {
                file.push_str(&layout.line(&["ada@example.org", text, "member"]));
            }
            let table = Table::parse(&file).unwrap();
            let read: Vec<String> = table.rows.iter().map(|row| undone(&row.cells[1])).collect();
            assert_eq!(read, texts, "{separator:?}");
        }
    }
}

//! The history as a table (RFC 4180).
//!
//! The names of the columns are the same in every language, so that what is written for one file reads all. A cell that a
//! spreadsheet would take for a formula begins with an apostrophe: what stands there others have written. So does what stands behind a
//! semicolon, at which a cell begins wherever a comma is a decimal sign.

use environment::Timestamp;

use crate::records::{HistoryEntry, HistoryKind};

/// The columns, for ever; new ones come behind.
const COLUMNS: [&str; 16] = [
    "time",
    "kind",
    "party",
    "host",
    "identifier",
    "network",
    "purpose",
    "requested",
    "given",
    "offered_less",
    "not_completed",
    "is_their_word",
    "reason",
    "data_protection_contact",
    "supervisory_authority",
    "done_by_member",
];

/// Entries as a table with a header; what the member did is said by `done`, in words of a language.
#[must_use]
pub fn history_csv(entries: &[HistoryEntry], done: &dyn Fn(&HistoryEntry) -> String) -> String {
    let header = COLUMNS.map(str::to_owned);
    std::iter::once(header)
        .chain(entries.iter().map(|entry| row(entry, done(entry))))
        .map(|cells| line(&cells))
        .collect()
}

fn row(entry: &HistoryEntry, done: String) -> [String; 16] {
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    let time = did::webvh::VersionTime::of(Timestamp::from_seconds(entry.at));
    [
        time.map_or_else(|| entry.at.to_string(), |time| time.to_string()),
        entry.kind.name().to_owned(),
        text(&entry.party),
        text(&entry.host),
        text(&entry.did),
        text(&entry.network),
        text(&entry.purpose),
        requested(entry).join(" "),
        entry.presented.join(" "),
        entry.offered_less.join(" "),
        text(&entry.not_completed),
        entry.is_their_word.to_string(),
        text(&entry.reason),
        text(&entry.data_protection_contact),
        text(&entry.supervisory_authority),
        done,
    ]
}

/// What was asked for or offered: of what the member did nothing was.
fn requested(entry: &HistoryEntry) -> &[String] {
    match entry.kind {
        HistoryKind::Change | HistoryKind::Identity => &[],
        _ => &entry.requested,
    }
}

fn line(cells: &[String]) -> String {
    let cells: Vec<String> = cells.iter().map(|text| cell(text)).collect();
    format!("{}\r\n", cells.join(","))
}

/// A cell in quotes. Signs that steer a screen become visible, and nothing in it is calculated.
fn cell(text: &str) -> String {
    let text = crate::shown(text);
    let guard = if text.trim_start().starts_with(begins_a_formula) { "'" } else { "" };
    format!("\"{guard}{}\"", guarded_inside(&text).replace('"', "\"\""))
}

fn begins_a_formula(sign: char) -> bool {
    matches!(sign, '=' | '+' | '-' | '@' | '|' | '%' | '＝' | '＋' | '－' | '＠')
}

/// A text in which no part behind a semicolon is a formula.
fn guarded_inside(text: &str) -> String {
    let mut guarded = String::with_capacity(text.len());
    let mut is_behind = false;
    for sign in text.chars() {
        if is_behind && begins_a_formula(sign) {
            guarded.push('\'');
        }
        // Spaces and quotes change nothing about where a cell begins.
        is_behind = sign == ';' || (is_behind && (sign.is_whitespace() || sign == '"'));
        guarded.push(sign);
    }
    guarded
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::records::Deed;

    fn untold(_: &HistoryEntry) -> String {
        String::new()
    }

    #[test]
    fn what_the_member_did_is_said_in_words_and_nobody_asked_for_it() {
        let mut entry = HistoryEntry::new("id".to_owned(), 0, HistoryKind::Change);
        entry.deeds = vec![Deed::Leave];
        let said = |entry: &HistoryEntry| format!("{:?}", entry.done());
        let before = HistoryEntry { deeds: Vec::new(), requested: vec!["leave".to_owned()], ..entry.clone() };
        for entry in [entry, before] {
            let text = history_csv(&[entry], &said);
            let row = text.lines().nth(1).unwrap();
            assert!(row.ends_with(",\"\",\"Some([Leave])\"") && !row.contains("\"leave\""), "{row}");
        }
        let asked = HistoryEntry::new("id".to_owned(), 0, HistoryKind::Request);
        assert!(history_csv(&[asked], &said).ends_with(",\"\",\"None\"\r\n"));
    }

    #[test]
    fn an_entry_is_a_line_and_nothing_in_it_is_calculated_or_ends_it() {
        let mut entry = HistoryEntry::new("id".to_owned(), 1_795_564_800, HistoryKind::Request);
        entry.party = Some("=HYPERLINK(\"https://evil.example\")".to_owned());
        entry.host = Some("kiln.example.org".to_owned());
        entry.purpose = Some("One, \"two\"\r\nthree".to_owned());
        entry.requested = vec!["email".to_owned(), "bio".to_owned()];
        entry.presented = vec!["email".to_owned()];
        entry.reason = Some(" -2+3".to_owned());
        entry.fail("declined", true);
        let text = history_csv(&[entry], &untold);
        let mut lines = text.split("\r\n");
        assert_eq!(lines.next().unwrap().split(',').count(), 16);
        assert_eq!(
            lines.next().unwrap(),
            "\"2026-11-25T00:00:00Z\",\"request\",\"'=HYPERLINK(\"\"https://evil.example\"\")\",\"kiln.example.org\",\"\",\"\",\
             \"One, \"\"two\"\"\\u{d}\\u{a}three\",\"email bio\",\"email\",\"\",\"declined\",\"true\",\"' -2+3\",\"\",\"\",\"\""
        );
        assert_eq!((lines.next(), lines.next()), (Some(""), None));
    }

    #[test]
    fn only_what_begins_a_formula_is_guarded() {
        for (text, wanted) in [
            ("@SUM(A1)", "\"'@SUM(A1)\""),
            ("+1", "\"'+1\""),
            ("\t=1", "\"\\u{9}=1\""),
            ("a=1", "\"a=1\""),
            ("a;=1", "\"a;'=1\""),
            ("a; \"+1; b;c-1", "\"a; \"\"'+1; b;c-1\""),
            ("", "\"\""),
        ] {
            assert_eq!(cell(text), wanted);
        }
    }

    #[test]
    fn an_empty_history_is_a_header() {
        assert_eq!(history_csv(&[], &untold).lines().count(), 1);
    }
}

//! What a server answered, as it is printed: text at a terminal, and JSON wherever a program reads it or `--json` asks for it.

use std::io::{self, IsTerminal as _, Write as _};

use clap::Args;
use network::unseen::is_unseen;
use serde_json::{Map, Value};

/// Widest table, in characters; what is wider is written line by line.
const WIDEST: usize = 110;

/// How an answer is printed.
#[derive(Args, Clone, Copy, Debug, Default)]
pub(crate) struct Printing {
    /// Print JSON at a terminal, too. Into a pipe or a file it is always JSON.
    #[arg(long, global = true)]
    json: bool,
}

impl Printing {
    /// Whether JSON was asked for.
    #[cfg(test)]
    pub(crate) fn is_json(self) -> bool {
        self.json
    }

    /// Whether a person reads.
    pub(crate) fn is_for_people(self) -> bool {
        !self.json && io::stdout().is_terminal()
    }

    /// Prints an answer; `after` is what to do next, for people.
    ///
    /// # Errors
    /// It cannot be written.
    pub(crate) fn print(self, answer: &Value, after: Option<&str>) -> io::Result<()> {
        let mut out = io::stdout().lock();
        if !self.is_for_people() {
            return writeln!(out, "{answer}");
        }
        writeln!(out, "{}", text(answer))?;
        after.map_or(Ok(()), |after| writeln!(out, "\n{after}"))
    }
}

/// An answer as people read it.
pub(crate) fn text(answer: &Value) -> String {
    let mut lines = Vec::new();
    match answer {
        Value::Object(members) => written(members, "", &mut lines),
        Value::Array(items) => listed(items, "", &mut lines),
        scalar => lines.push(cell(scalar)),
    }
    lines.join("\n")
}

fn written(members: &Map<String, Value>, indent: &str, lines: &mut Vec<String>) {
    let width = members.keys().map(|name| name.chars().count()).max().unwrap_or_default();
    for (name, value) in members {
        let label = label(name);
        match value {
            Value::Array(items) if items.iter().any(Value::is_object) => {
                lines.push(format!("{indent}{label}:"));
                listed(items, &format!("{indent}  "), lines);
            }
            Value::Object(inner) if !inner.is_empty() => {
                lines.push(format!("{indent}{label}:"));
                written(inner, &format!("{indent}  "), lines);
            }
            other => lines.push(format!("{indent}{label:width$}  {}", cell(other))),
        }
    }
}

/// A list as a table where every part is short, else part by part.
fn listed(items: &[Value], indent: &str, lines: &mut Vec<String>) {
    if items.is_empty() {
        lines.push(format!("{indent}none"));
    } else if let Some(rows) = table(items).filter(|rows| is_narrow(rows)) {
        lines.extend(rows.iter().map(|row| format!("{indent}{}", row.trim_end())));
    } else {
        for (place, item) in items.iter().enumerate() {
            if place > 0 {
                lines.push(String::new());
            }
            match item {
                Value::Object(members) => written(members, indent, lines),
                other => lines.push(format!("{indent}{}", cell(other))),
            }
        }
    }
}

fn is_narrow(rows: &[String]) -> bool {
    rows.iter().all(|row| row.trim_end().chars().count() <= WIDEST)
}

/// Rows with a head, if all items are objects without anything deeper than a list of words.
fn table(items: &[Value]) -> Option<Vec<String>> {
    let objects: Vec<&Map<String, Value>> = items.iter().map(Value::as_object).collect::<Option<_>>()?;
    let is_flat = |value: &Value| match value {
        Value::Object(members) => members.is_empty(),
        Value::Array(items) => items.iter().all(|item| !item.is_object() && !item.is_array()),
        _ => true,
    };
    if !objects.iter().all(|members| members.values().all(is_flat)) {
        return None;
    }
    let mut columns: Vec<&str> = Vec::new();
    for name in objects.iter().flat_map(|members| members.keys()) {
        if !columns.contains(&name.as_str()) {
            columns.push(name);
        }
    }
    // What names a line begins it.
    columns.sort_by_key(|name| !matches!(*name, "id" | "sub"));
    let head: Vec<String> = columns.iter().map(|name| label(name)).collect();
    let row = |members: &&Map<String, Value>| {
        columns.iter().map(|name| members.get(*name).map_or_else(String::new, cell)).collect::<Vec<_>>()
    };
    let rows: Vec<Vec<String>> = std::iter::once(head).chain(objects.iter().map(row)).collect();
    let width = |column: usize| {
        rows.iter()
            .filter_map(|row| row.get(column))
            .map(|cell| cell.chars().count())
            .max()
            .unwrap_or_default()
    };
    let widths: Vec<usize> = (0..columns.len()).map(width).collect();
    let written = |row: &Vec<String>| {
        let cells = row.iter().zip(&widths).map(|(cell, width)| format!("{cell:width$}"));
        cells.collect::<Vec<_>>().join("  ")
    };
    Some(rows.iter().map(written).collect())
}

fn label(name: &str) -> String {
    plain(&name.replace('_', " "))
}

fn cell(value: &Value) -> String {
    match value {
        Value::Null => "-".to_owned(),
        Value::Bool(true) => "yes".to_owned(),
        Value::Bool(false) => "no".to_owned(),
        Value::String(text) => plain(text),
        Value::Array(items) if items.is_empty() => "none".to_owned(),
        Value::Array(items) => items.iter().map(cell).collect::<Vec<_>>().join(", "),
        Value::Object(members) if members.is_empty() => "none".to_owned(),
        other => plain(&other.to_string()),
    }
}

/// With what would steer a terminal made visible: people outside write some of this. Links stay whole, however long.
fn plain(text: &str) -> String {
    let one = |letter: char| match is_unseen(letter) {
        true => letter.escape_unicode().to_string(),
        false => letter.to_string(),
    };
    text.chars().map(one).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn one_answer_is_its_members_line_by_line() {
        let answer = json!({"decision": "approved", "id": "A1", "people_still_there": 2, "warning": null,
            "names": ["email", "company"], "left_out": []});
        assert_eq!(
            text(&answer),
            "decision            approved\nid                  A1\npeople still there  2\nwarning             -\n\
             names               email, company\nleft out            none"
        );
    }

    #[test]
    fn a_list_is_a_table_that_begins_with_what_names_a_line() {
        let line = |id: &str, form: &str| json!({"form": form, "id": id, "waits_for": "person"});
        let answer = json!({"sign_ups": [line("A1", "sign-up"), line("B22", "x")]});
        assert_eq!(
            text(&answer),
            "sign ups:\n  id   form     waits for\n  A1   sign-up  person\n  B22  x        person"
        );
        assert_eq!(text(&json!({"sign_ups": []})), "sign ups  none");
        assert_eq!(text(&json!([])), "none");
    }

    #[test]
    fn what_is_too_wide_or_deep_for_a_table_is_written_part_by_part() {
        let answer =
            json!({"doors": [{"id": "a", "screens": [{"until": "noon"}]}, {"id": "b", "screens": []}]});
        assert_eq!(
            text(&answer),
            "doors:\n  id       a\n  screens:\n    until\n    noon\n\n  id       b\n  screens  none"
        );
        let wide = "x".repeat(WIDEST);
        assert!(text(&json!([{"id": "a", "url": wide}])).starts_with("id   a\nurl  xxx"));
    }

    #[test]
    fn nothing_in_it_moves_the_cursor_or_turns_the_line() {
        let shown = text(&json!({"name": "a\u{1b}[2Jb\nc\u{202e}d"}));
        assert_eq!(shown, "name  a\\u{1b}[2Jb\\u{a}c\\u{202e}d");
    }
}

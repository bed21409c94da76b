//! From the rows of a table to people: what is taken, and what is wrong with the rest.

use std::collections::BTreeMap;

use outbound::mail::check_address;

use super::columns::Column;
use super::table::{Row, Table};
use crate::exporting::table::undone;

/// Longest text of a cell that is taken, in characters.
const LONGEST: usize = 200;

/// Somebody of a table.
#[derive(Clone, PartialEq, Eq)]
pub struct Person {
    /// Where they stand.
    pub line: u64,
    /// What is taken of them.
    pub details: BTreeMap<Column, String>,
}

impl std::fmt::Debug for Person {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "Person({})", self.line)
    }
}

impl Person {
    /// Where an invitation would go.
    #[must_use]
    pub fn email(&self) -> &str {
        self.details.get(&Column::Email).map_or("", String::as_str)
    }
}

/// Why a row is left out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// It has another number of cells than the header.
    Cells {
        /// How many it has.
        has: usize,
        /// How many the header has.
        header: usize,
    },
    /// There is no address.
    NoEmail,
    /// What stands there is no address.
    NotAnEmail,
    /// This is too long for what it should be.
    TooLong(Column),
    /// The address stands on that line already.
    Twice(u64),
    /// Somebody with this address is a member here, or waits to be one.
    Here,
}

/// A row that is left out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BadRow {
    /// The line on which it begins.
    pub line: u64,
    /// Why.
    pub reason: Reason,
}

/// Everybody of a table.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reading {
    /// Those who can be taken in.
    pub people: Vec<Person>,
    /// Rows that are left out.
    pub bad: Vec<BadRow>,
    /// The lines whose date could not be read, and is left out.
    pub undated: Vec<u64>,
}

/// Reads the rows; of each column what it is said to hold, and of the others nothing.
pub(super) fn read(table: &Table, columns: &[Option<Column>]) -> Reading {
    let mut reading = Reading::default();
    let mut lines: BTreeMap<String, u64> = BTreeMap::new();
    for row in &table.rows {
        let (line, header) = (row.line, table.header.len());
        let mut is_undated = false;
        let person = if row.cells.len() == header {
            person(row, columns, &mut is_undated)
        } else {
            Err(Reason::Cells { has: row.cells.len(), header })
        };
        let taken = person.and_then(|person| match lines.insert(person.email().to_ascii_lowercase(), line) {
            None => Ok(person),
            Some(first) => {
                lines.insert(person.email().to_ascii_lowercase(), first);
                Err(Reason::Twice(first))
            }
        });
        match taken {
            Ok(person) => {
                reading.people.push(person);
                reading.undated.extend(is_undated.then_some(line));
            }
            Err(reason) => reading.bad.push(BadRow { line, reason }),
        }
    }
    reading
}

fn person(row: &Row, columns: &[Option<Column>], is_undated: &mut bool) -> Result<Person, Reason> {
    let mut details = BTreeMap::new();
    for (cell, column) in row.cells.iter().zip(columns) {
        let Some(column) = column.filter(|_| !cell.is_empty()) else { continue };
        // Our own tables, and others, keep programs from taking a text for a formula.
        let cell = undone(cell);
        let cell = cell.as_str();
        if cell.chars().count() > LONGEST {
            return Err(Reason::TooLong(column));
        }
        match column {
            Column::Since => match day(cell) {
                Some(day) => drop(details.insert(column, day.to_owned())),
                None => *is_undated = true,
            },
            _ => drop(details.insert(column, cell.to_owned())),
        }
    }
    let person = Person { line: row.line, details };
    if person.email().is_empty() {
        return Err(Reason::NoEmail);
    }
    check_address(person.email()).map_err(|_| Reason::NotAnEmail)?;
    Ok(person)
}

/// The day of `2026-11-30`, whatever time stands behind it. A date in another order may be another day.
fn day(text: &str) -> Option<&str> {
    let day = text.get(..10)?;
    if !matches!(text.get(10..)?.chars().next(), None | Some(' ' | 'T')) {
        return None;
    }
    let mut parts = day.split('-');
    let mut number = |digits: usize| -> Option<u32> {
        let part = parts.next()?;
        (part.len() == digits && part.bytes().all(|byte| byte.is_ascii_digit())).then(|| part.parse().ok())?
    };
    let (year, month, of_month) = (number(4)?, number(2)?, number(2)?);
    let is_leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    let last = match month {
        2 if is_leap => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => return None,
    };
    ((1..=last).contains(&of_month) && (1900..=2200).contains(&year)).then_some(day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_wrong_with_a_row_is_said_with_its_line() {
        let long = "x".repeat(201);
        let text = format!(
            "Email,Name,Since,Phone\nada@example.org,Ada,2026-01-31 10:00,1\nADA@example.org,Ada again,,\n,Nobody,,\nada,Ada,,\n\
             b@example.org,{long},,\nc@example.org\nd@example.org,{},31/01/2026,2\n,Nobody,31/01/2026,\n",
            "x".repeat(200)
        );
        let table = Table::parse(&text).unwrap();
        let columns = [Some(Column::Email), Some(Column::Name), Some(Column::Since), None];
        let reading = read(&table, &columns);
        let bad: Vec<(u64, Reason)> = reading.bad.iter().map(|bad| (bad.line, bad.reason)).collect();
        assert_eq!(
            bad,
            [
                (3, Reason::Twice(2)),
                (4, Reason::NoEmail),
                (5, Reason::NotAnEmail),
                (6, Reason::TooLong(Column::Name)),
                (7, Reason::Cells { has: 1, header: 4 }),
                (9, Reason::NoEmail),
            ]
        );
        let lines: Vec<u64> = reading.people.iter().map(|person| person.line).collect();
        assert_eq!(
            (lines, reading.undated.clone()),
            (vec![2, 8], vec![8]),
            "a row that is out has no date to leave out"
        );
        let ada: Vec<&str> = reading.people[0].details.values().map(String::as_str).collect();
        assert_eq!(ada, ["ada@example.org", "Ada", "2026-01-31"], "no column that is not wanted");
        assert!(!format!("{reading:?}").contains("ada@"));
    }

    #[test]
    fn a_day_is_one_that_there_is_and_can_be_nothing_else() {
        assert_eq!(day("2024-02-29"), Some("2024-02-29"));
        assert_eq!(day("2024-02-29T10:00:00Z"), Some("2024-02-29"));
        for none in
            ["2023-02-29", "2026-13-01", "2026-00-10", "2026-04-31", "2026-1-01", "01/02/2026", "2026-01-011"]
        {
            assert_eq!(day(none), None, "{none}");
        }
        for none in ["1899-01-01", "2026-01-00", "+026-01-01", "", "2026-01-0é"] {
            assert_eq!(day(none), None, "{none}");
        }
    }
}

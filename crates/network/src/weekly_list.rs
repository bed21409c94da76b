//! How the status lists of the network are called: by the week in which their copies were issued.
//!
//! `W` counts whole weeks since 1970-01-01. When a list fills up, `W-1` follows, then `W-2` and so on. A name that is known
//! beforehand cannot be that of a member, so a list of any other name is a mark. For how many weeks a list counts is
//! said where it is issued, read or kept.

use std::fmt;

use environment::Timestamp;

const WEEK: i64 = 7 * 86_400;

/// Lists that an issuer may fill in one week. Copies that live for two weeks come from three weeks, and a space looks into
/// the lists of as many.
pub const LISTS_A_WEEK: u32 = 4;

/// The whole weeks since 1970-01-01 at a moment.
#[must_use]
pub const fn week_of(moment: Timestamp) -> i64 {
    moment.seconds().div_euclid(WEEK)
}

/// The name of one list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct WeeklyList {
    week: i64,
    number: u32,
}

impl WeeklyList {
    /// The lists of a week, in the order in which they are filled.
    pub fn of_week(week: i64) -> impl Iterator<Item = Self> {
        (0..LISTS_A_WEEK).map(move |number| Self { week, number })
    }

    /// Reads a name; none for every other spelling and for numbers beyond [`LISTS_A_WEEK`].
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        let (week, number) = name.split_once('-').unwrap_or((name, "0"));
        let list = Self { week: week.parse().ok()?, number: number.parse().ok()? };
        (list.number < LISTS_A_WEEK && list.to_string() == name).then_some(list)
    }

    /// The week.
    #[must_use]
    pub const fn week(self) -> i64 {
        self.week
    }
}

impl fmt::Display for WeeklyList {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.number {
            0 => write!(formatter, "{}", self.week),
            number => write!(formatter, "{}-{number}", self.week),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lists_of_a_week_have_one_name_each() {
        let names: Vec<_> = WeeklyList::of_week(2_968).map(|list| list.to_string()).collect();
        assert_eq!(names, ["2968", "2968-1", "2968-2", "2968-3"]);
        for name in names {
            let list = WeeklyList::parse(&name).unwrap();
            assert_eq!((list.to_string(), list.week()), (name, 2_968));
        }
    }

    #[test]
    fn every_other_spelling_is_no_list() {
        for other in [
            "",
            "x",
            "-",
            "0100",
            "+100",
            " 100",
            "100 ",
            "1e2",
            "../100",
            "100-",
            "100-0",
            "100-01",
            "100-+1",
            "100-4",
            "100--1",
            "100-1-1",
            "-1",
            "-100",
            "٠",
            "9223372036854775808",
        ] {
            assert_eq!(WeeklyList::parse(other), None, "{other}");
        }
    }

    #[test]
    fn a_week_begins_with_its_first_second() {
        for (seconds, week) in [(0, 0), (WEEK - 1, 0), (WEEK, 1), (-1, -1)] {
            assert_eq!(week_of(Timestamp::from_seconds(seconds)), week, "{seconds}");
        }
    }
}

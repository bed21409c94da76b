//! Days of the calendar, as claims spell them.

use std::fmt;

use jiff::civil;
use jiff::tz::Offset;

use crate::clock::Timestamp;

/// A day of the Gregorian calendar in UTC, spelled `YYYY-MM-DD`: the full-date of RFC 3339 §5.6, as in `birthdate`
/// (OpenID Connect Core 1.0 §5.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Date(civil::Date);

impl Date {
    /// Reads a day that is spelled `YYYY-MM-DD` and in no other way.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let date: civil::Date = text.parse().ok()?;
        (text.len() == "YYYY-MM-DD".len() && date.to_string() == text).then_some(Self(date))
    }

    /// The day of a moment. Moments before and after all that the calendar knows fall on its first and last day.
    #[must_use]
    pub fn of(moment: Timestamp) -> Self {
        let (first, last) = (jiff::Timestamp::MIN, jiff::Timestamp::MAX);
        let known = jiff::Timestamp::from_second(moment.seconds());
        let known = known.unwrap_or(if moment.seconds() < 0 { first } else { last });
        Self(Offset::UTC.to_datetime(known).date())
    }

    /// The moment with which the day begins.
    #[must_use]
    pub fn start(self) -> Timestamp {
        let midnight = Offset::UTC.to_timestamp(self.0.at(0, 0, 0, 0));
        Timestamp::from_seconds(midnight.unwrap_or(jiff::Timestamp::MIN).as_second())
    }

    /// How many anniversaries of this day have come by `later`; negative when this day is still to come by then. The
    /// anniversary of 29 February is 1 March in years that have none.
    #[must_use]
    pub fn full_years_until(self, later: Self) -> i16 {
        let years = later.0.year().saturating_sub(self.0.year());
        let day_of_year = |date: civil::Date| (date.month(), date.day());
        if day_of_year(later.0) < day_of_year(self.0) { years.saturating_sub(1) } else { years }
    }
}

impl fmt::Display for Date {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn date(text: &str) -> Date {
        Date::parse(text).unwrap()
    }

    #[test]
    fn the_day_of_a_moment_is_that_of_the_calendar_and_begins_at_midnight() {
        for (seconds, text) in [
            (0, "1970-01-01"),
            (951_782_400, "2000-02-29"),
            (951_868_799, "2000-02-29"),
            (951_868_800, "2000-03-01"),
            (1_795_564_800, "2026-11-25"),
            (-1, "1969-12-31"),
            (4_107_542_400, "2100-03-01"),
        ] {
            let moment = Timestamp::from_seconds(seconds);
            assert_eq!(Date::of(moment).to_string(), text, "{seconds}");
            assert_eq!(Date::of(moment).start(), moment.start_of_day(), "{seconds}");
            assert_eq!(date(text), Date::of(moment), "{seconds}");
        }
    }

    #[test]
    fn moments_beyond_the_calendar_fall_on_its_ends() {
        assert_eq!(Date::of(Timestamp::from_seconds(i64::MAX)).to_string(), "9999-12-30");
        assert_eq!(Date::of(Timestamp::from_seconds(i64::MIN)).to_string(), "-009999-01-02");
    }

    #[test]
    fn a_day_has_one_spelling() {
        for text in [
            "",
            "1990-1-2",
            "1990-02-30",
            "1990-13-01",
            "1990-00-10",
            "19900102",
            "02.01.1990",
            "1990-01-02 ",
            "1990-01-02Z",
            "1990-01-02T00:00:00",
            "+001990-01-02",
            "-001990-01-02",
            "٠١٢٣-٠١-٠٢",
        ] {
            assert_eq!(Date::parse(text), None, "{text}");
        }
        assert_eq!(date("0001-01-01").to_string(), "0001-01-01");
    }

    #[test]
    fn a_year_is_full_on_the_anniversary_and_not_the_day_before() {
        let born = date("2008-11-25");
        assert_eq!(born.full_years_until(date("2026-11-24")), 17);
        assert_eq!(born.full_years_until(date("2026-11-25")), 18);
        assert_eq!(born.full_years_until(born), 0);
        assert_eq!(born.full_years_until(date("2008-11-24")), -1);
        let leap_day = date("2008-02-29");
        assert_eq!(leap_day.full_years_until(date("2026-02-28")), 17);
        assert_eq!(leap_day.full_years_until(date("2026-03-01")), 18);
        assert_eq!(leap_day.full_years_until(date("2028-02-29")), 20);
    }
}

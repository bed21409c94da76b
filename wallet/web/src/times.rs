//! How pages say when something was or will be: by the calendar and in UTC, as everything is that is proven.

use environment::{Date, Timestamp};

/// The day on which seconds since the epoch are, as YYYY-MM-DD.
pub(crate) fn day(seconds: i64) -> String {
    Date::of(Timestamp::from_seconds(seconds)).to_string()
}

/// The minute in which they are, where the day alone is not enough.
pub(crate) fn minute(seconds: i64) -> String {
    let minute = read(seconds).and_then(|text| text.get(.."YYYY-MM-DD HH:MM".len()).map(str::to_owned));
    minute.map_or_else(|| seconds.to_string(), |minute| format!("{minute} UTC"))
}

/// Day and second, for lists that have several of a minute.
pub(crate) fn moment(seconds: i64) -> String {
    read(seconds).unwrap_or_else(|| seconds.to_string())
}

/// As YYYY-MM-DD HH:MM:SS; none beyond the year 9999.
fn read(seconds: i64) -> Option<String> {
    let time = did::webvh::VersionTime::of(Timestamp::from_seconds(seconds))?.to_string();
    Some(time.replace('T', " ").trim_end_matches('Z').to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_is_said_as_exactly_as_it_is_needed() {
        let at = 1_795_000_062;
        assert_eq!(day(at), "2026-11-18");
        assert_eq!(moment(at), "2026-11-18 11:07:42");
        assert_eq!(minute(at), "2026-11-18 11:07 UTC");
        assert_eq!(minute(i64::MAX), i64::MAX.to_string(), "in no calendar");
    }
}

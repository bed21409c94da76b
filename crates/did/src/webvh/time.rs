//! `versionTime`: a moment in UTC, spelled out.

use std::fmt;

use environment::Timestamp;

/// A moment of a log entry or of a query, with fractions of a second if it has them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct VersionTime(jiff::Timestamp);

impl VersionTime {
    /// Reads `2026-01-31T10:00:00Z`, also with a fraction and with `+00:00`; every other zone, and a time without
    /// zone, is `None`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let local = text.strip_suffix('Z').or_else(|| text.strip_suffix("+00:00"))?;
        let (seconds, fraction) = local.split_once('.').unwrap_or((local, "0"));
        let shape = b"0000-00-00T00:00:00";
        let fits = seconds.len() == shape.len()
            && seconds.bytes().zip(shape).all(|(byte, expected)| match expected {
                b'0' => byte.is_ascii_digit(),
                mark => byte == *mark,
            });
        let fraction_fits = fraction.bytes().all(|byte| byte.is_ascii_digit());
        // A leap second is a moment that no clock of ours shows.
        if !fits || !fraction_fits || seconds.ends_with(":60") {
            return None;
        }
        text.parse().ok().map(Self)
    }

    /// The moment `seconds` after the epoch; `None` beyond the year 9999.
    #[must_use]
    pub fn of(moment: Timestamp) -> Option<Self> {
        jiff::Timestamp::from_second(moment.seconds()).ok().map(Self)
    }

    /// The whole second that has begun.
    #[must_use]
    pub fn timestamp(self) -> Timestamp {
        // Before 1970 a fraction is counted back from the second that follows.
        let begun = i64::from(self.0.subsec_nanosecond() < 0);
        Timestamp::from_seconds(self.0.as_second().saturating_sub(begun))
    }
}

impl fmt::Display for VersionTime {
    /// Without fraction, as DID Resolution wants times in metadata.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}", self.0.strftime("%Y-%m-%dT%H:%M:%SZ"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_spelled_out_utc_is_read() {
        for text in ["2026-01-31T10:00:00Z", "2026-01-31T10:00:00+00:00", "2026-01-31T10:00:00.999Z"] {
            assert_eq!(VersionTime::parse(text).unwrap().to_string(), "2026-01-31T10:00:00Z", "{text}");
        }
        for text in [
            "",
            "2026-01-31",
            "2026-01-31T10:00:00",
            "2026-01-31T10:00:00+01:00",
            "2026-01-31T10:00:00-00:00",
            "2026-01-31 10:00:00Z",
            "2026-01-31t10:00:00z",
            "2026-02-30T10:00:00Z",
            "2026-01-31T10:00Z",
            "2026-01-31T10:00:00.Z",
            "2026-01-31T10:00:00.1234567890Z",
            "2026-01-31T10:00:00.5xZ",
            "2026-01-31T10:00:00.5.5Z",
            "2026-01-31T10:00:00,5Z",
            "2026-01-31T23:59:60Z",
            "+002026-01-31T10:00:00Z",
            "2026-01-31T10:00:00ZZ",
            "2026-01-31T25:00:00Z",
        ] {
            assert_eq!(VersionTime::parse(text), None, "{text}");
        }
    }

    #[test]
    fn before_1970_a_moment_is_in_the_second_that_has_begun_too() {
        for (text, second) in [
            ("1969-12-31T23:59:59.5Z", -1),
            ("1969-12-31T23:59:59Z", -1),
            ("1969-12-31T23:59:58.999Z", -2),
            ("1970-01-01T00:00:00.5Z", 0),
        ] {
            let time = VersionTime::parse(text).unwrap();
            assert_eq!(time.timestamp().seconds(), second, "{text}");
            assert_eq!(
                VersionTime::parse(&time.to_string()).unwrap().timestamp(),
                time.timestamp(),
                "{text}"
            );
        }
    }

    #[test]
    fn fractions_count_when_times_are_compared() {
        let whole = VersionTime::parse("2026-01-31T10:00:00Z").unwrap();
        assert!(VersionTime::parse("2026-01-31T10:00:00.000000001Z").unwrap() > whole);
        assert_eq!(VersionTime::parse("2026-01-31T10:00:00.0Z"), Some(whole));
        assert_eq!(VersionTime::of(whole.timestamp()), Some(whole));
    }
}

//! What an office knows of a person while it signs: name, birthdate, e-mail address.

use std::fmt;

use environment::{Date, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

/// Longest name that is taken, in characters.
const LONGEST_NAME: usize = 100;
/// Longest mail address (RFC 5321 §4.5.3.1.3).
const LONGEST_ADDRESS: usize = 254;
/// The ages that a profile tells.
const AGES: [i16; 3] = [16, 18, 21];

/// Why something is not known of a person.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PersonError {
    /// A name is empty, too long or holds control characters.
    #[error("{0} must be 1 to 100 characters without control characters")]
    Name(&'static str),
    /// Not a day of the calendar, or one to come.
    #[error("birthdate must be a past day, YYYY-MM-DD")]
    Birthdate,
    /// Not a mail address.
    #[error("email must be one mail address")]
    Email,
}

/// A person as an office signs a profile. It can only be made of a name, a past day and a mail address.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Person {
    given_name: String,
    family_name: String,
    birthdate: String,
    email: String,
}

impl Person {
    /// Takes what was said of a person.
    ///
    /// # Errors
    /// See [`PersonError`].
    pub fn new(
        given_name: &str,
        family_name: &str,
        birthdate: &str,
        email: &str,
        today: Timestamp,
    ) -> Result<Self, PersonError> {
        check_name("given_name", given_name)?;
        check_name("family_name", family_name)?;
        let born = Date::parse(birthdate).ok_or(PersonError::Birthdate)?;
        if born > Date::of(today) {
            return Err(PersonError::Birthdate);
        }
        if email.len() > LONGEST_ADDRESS || !outbound::mail::is_address(email) {
            return Err(PersonError::Email);
        }
        Ok(Self {
            given_name: given_name.to_owned(),
            family_name: family_name.to_owned(),
            birthdate: birthdate.to_owned(),
            email: email.to_owned(),
        })
    }

    /// The mail address.
    #[must_use]
    pub fn email(&self) -> &str {
        &self.email
    }

    /// The claims of a profile that is signed on the day of `now`.
    pub(crate) fn claims(&self, now: Timestamp) -> Map<String, Value> {
        let reached = self.age(now);
        let ages =
            AGES.iter().map(|age| (age.to_string(), json!(reached.is_some_and(|years| years >= *age))));
        [
            ("email", json!(self.email)),
            ("email_verified", json!(true)),
            ("given_name", json!(self.given_name)),
            ("family_name", json!(self.family_name)),
            ("birthdate", json!(self.birthdate)),
            ("age_equal_or_over", Value::Object(ages.collect())),
        ]
        .into_iter()
        .map(|(name, value)| (name.to_owned(), value))
        .collect()
    }

    /// Years lived; who was born on 29 February has the birthday on 1 March in other years.
    fn age(&self, now: Timestamp) -> Option<i16> {
        Some(Date::parse(&self.birthdate)?.full_years_until(Date::of(now)))
    }
}

impl fmt::Debug for Person {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Person")
    }
}

fn check_name(which: &'static str, name: &str) -> Result<(), PersonError> {
    let fits = !name.trim().is_empty()
        && name.chars().count() <= LONGEST_NAME
        && !name.chars().any(char::is_control);
    if fits { Ok(()) } else { Err(PersonError::Name(which)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 2026-11-25.
    const TODAY: Timestamp = Timestamp::from_seconds(1_795_564_800);

    fn born(birthdate: &str) -> Result<Person, PersonError> {
        Person::new("Ada", "Example", birthdate, "ada@example.org", TODAY)
    }

    fn ages(birthdate: &str, now: Timestamp) -> Value {
        born(birthdate).unwrap().claims(now).get("age_equal_or_over").unwrap().clone()
    }

    #[test]
    fn a_profile_says_what_was_checked_and_which_ages_are_reached() {
        let claims = born("1990-01-02").unwrap().claims(TODAY);
        assert_eq!(
            Value::Object(claims),
            json!({"email": "ada@example.org", "email_verified": true, "given_name": "Ada",
                "family_name": "Example", "birthdate": "1990-01-02",
                "age_equal_or_over": {"16": true, "18": true, "21": true}})
        );
    }

    #[test]
    fn an_age_is_reached_on_the_birthday_and_not_the_day_before() {
        assert_eq!(ages("2008-11-25", TODAY), json!({"16": true, "18": true, "21": false}));
        assert_eq!(ages("2008-11-26", TODAY), json!({"16": true, "18": false, "21": false}));
        // 2026-02-28 and 2026-03-01.
        assert_eq!(ages("2008-02-29", Timestamp::from_seconds(1_772_236_800))["18"], json!(false));
        assert_eq!(ages("2008-02-29", Timestamp::from_seconds(1_772_323_200))["18"], json!(true));
    }

    #[test]
    fn days_that_are_none_or_to_come_are_refused() {
        assert!(born("2026-11-25").is_ok());
        for birthdate in
            ["", "2026-11-26", "1990-02-30", "1990-1-2", "19900102", "1990-01-02T00:00:00", "02.01.1990"]
        {
            assert_eq!(born(birthdate), Err(PersonError::Birthdate), "{birthdate}");
        }
    }

    #[test]
    fn names_and_addresses_that_are_none_are_refused_and_nothing_is_printed() {
        let named =
            |given: &str, family: &str| Person::new(given, family, "1990-01-02", "ada@example.org", TODAY);
        assert_eq!(named(" ", "Example"), Err(PersonError::Name("given_name")));
        assert_eq!(named("Ada", "Exam\nple"), Err(PersonError::Name("family_name")));
        assert_eq!(named(&"a".repeat(101), "Example"), Err(PersonError::Name("given_name")));
        for email in ["", "ada", "ada@", "ada@example.org, ben@example.org", "Ada <ada@example.org>"] {
            assert_eq!(
                Person::new("Ada", "Example", "1990-01-02", email, TODAY),
                Err(PersonError::Email),
                "{email}"
            );
        }
        assert_eq!(format!("{:?}", born("1990-01-02")), "Ok(Person)");
    }
}

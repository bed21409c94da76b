//! Who is a member by the login's word, and what it says of a person.

use environment::Date;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// Longest name, in characters.
const LONGEST_NAME: usize = 200;

/// Whose login makes a member. Nobody's, unless the space says whose.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Members {
    /// Whoever signs in there.
    Everybody,
    /// Those of whom the login says this.
    #[serde(untagged)]
    With(Mark),
}

/// What the login says of members and of nobody else.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mark {
    /// The claim's name.
    pub claim: String,
    /// Its value, or one of its values where it has several.
    pub value: String,
}

impl Members {
    /// The claim that decides, if one does.
    #[must_use]
    pub fn claim(&self) -> Option<&str> {
        match self {
            Self::Everybody => None,
            Self::With(mark) => Some(&mark.claim),
        }
    }

    /// Whether a person of whom the login says `claims` is a member.
    #[must_use]
    pub fn takes(&self, claims: &Map<String, Value>) -> bool {
        match self {
            Self::Everybody => true,
            Self::With(mark) => claims.get(&mark.claim).is_some_and(|said| mark.stands_in(said)),
        }
    }
}

impl Mark {
    fn stands_in(&self, said: &Value) -> bool {
        match said {
            Value::Array(all) => all.iter().any(|one| one.as_str() == Some(self.value.as_str())),
            Value::Bool(said) => said.to_string() == self.value,
            said => said.as_str() == Some(self.value.as_str()),
        }
    }
}

/// The names of what [`Person`] is made of (Core §5.1).
pub const CLAIMS: [&str; 3] = ["given_name", "family_name", "birthdate"];

/// A person as the login knows them.
#[derive(Clone, PartialEq, Eq)]
pub struct Person {
    /// Given name.
    pub given_name: String,
    /// Family name.
    pub family_name: String,
    /// Birthdate, `YYYY-MM-DD`.
    pub birthdate: String,
}

impl Person {
    /// The person of `claims`, if names and a whole birthdate are among them: a year alone, or a day without a year, which Core §5.1
    /// allows, is none.
    #[must_use]
    pub fn of(claims: &Map<String, Value>) -> Option<Self> {
        let name = |name: &str| {
            let text = claims.get(name).and_then(Value::as_str)?.trim();
            let fits = !text.is_empty() && text.chars().count() <= LONGEST_NAME;
            (fits && !text.chars().any(char::is_control)).then(|| text.to_owned())
        };
        let birthdate = claims.get("birthdate").and_then(Value::as_str)?;
        let is_whole = Date::parse(birthdate).is_some() && !birthdate.starts_with("0000");
        let [given_name, family_name, _] = CLAIMS;
        Some(Self {
            given_name: name(given_name)?,
            family_name: name(family_name)?,
            birthdate: is_whole.then(|| birthdate.to_owned())?,
        })
    }
}

impl std::fmt::Debug for Person {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Person")
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn map(value: Value) -> Map<String, Value> {
        value.as_object().unwrap().clone()
    }

    #[test]
    fn a_member_is_whom_the_login_marks_so_and_nobody_by_half_of_it() {
        let members: Members =
            serde_json::from_value(json!({"claim": "groups", "value": "members"})).unwrap();
        for fine in [json!(["staff", "members"]), json!("members")] {
            assert!(members.takes(&map(json!({"groups": fine}))), "{fine}");
        }
        for near in [
            json!({}),
            json!({"groups": []}),
            json!({"groups": "members guests"}),
            json!({"groups": ["member", "Members", " members"]}),
            json!({"groups": [["members"]]}),
            json!({"groups": {"members": true}}),
            json!({"groups": null}),
            json!({"Groups": ["members"]}),
        ] {
            assert!(!members.takes(&map(near.clone())), "{near}");
        }
        let flag: Members = serde_json::from_value(json!({"claim": "member", "value": "true"})).unwrap();
        assert!(flag.takes(&map(json!({"member": true}))) && !flag.takes(&map(json!({"member": false}))));
    }

    #[test]
    fn everybody_is_said_in_a_word_and_nothing_else_is_everybody() {
        let members: Members = serde_json::from_value(json!("everybody")).unwrap();
        assert_eq!(members, Members::Everybody);
        assert!(members.takes(&Map::new()));
        for near in [
            json!("anybody"),
            json!(true),
            json!({}),
            json!({"claim": "a"}),
            json!({"value": "b"}),
            json!(null),
        ] {
            assert!(serde_json::from_value::<Members>(near.clone()).is_err(), "{near}");
        }
    }

    #[test]
    fn a_person_has_both_names_and_a_whole_birthdate() {
        let person = |changes: Value| {
            let mut claims =
                map(json!({"given_name": " Ada ", "family_name": "Example", "birthdate": "1990-01-02"}));
            claims.extend(map(changes));
            Person::of(&claims)
        };
        let ada = person(json!({})).unwrap();
        assert_eq!((&*ada.given_name, &*ada.family_name, &*ada.birthdate), ("Ada", "Example", "1990-01-02"));
        assert_eq!(format!("{ada:?}"), "Person");
        for near in [
            json!({"birthdate": "1990"}),
            json!({"birthdate": "0000-01-02"}),
            json!({"birthdate": "1990-02-30"}),
            json!({"birthdate": null}),
            json!({"given_name": "  "}),
            json!({"family_name": "Exa\nmple"}),
            json!({"family_name": "e".repeat(LONGEST_NAME + 1)}),
            json!({"given_name": 1}),
        ] {
            assert!(person(near.clone()).is_none(), "{near}");
        }
    }
}

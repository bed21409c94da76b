//! A template's body for one person.

use std::collections::BTreeMap;

use environment::{Date, Timestamp};
use serde_json::{Map, Value};

use super::template::body::{Day, DayFormat, NamePart, Node};

/// What is known of a person at the moment of sending.
#[derive(Clone, Copy)]
pub struct Person<'a> {
    /// What may go out, by the path of its claim.
    pub values: &'a BTreeMap<String, Value>,
    /// Our identifier.
    pub id: &'a str,
    /// Theirs.
    pub there: Option<&'a str>,
    /// When the membership began, in seconds since the epoch.
    pub since: Option<i64>,
    /// Now, in seconds since the epoch.
    pub now: i64,
}

impl std::fmt::Debug for Person<'_> {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_list().entries(self.values.keys()).finish()
    }
}

/// A detail is not there without which nothing is sent.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0} is not there, and this software needs it")]
pub struct Lacking(pub String);

/// The body; in a change, what is not there any more has the word that the template has for it. Names of the details in it are
/// added to `named`.
///
/// # Errors
/// [`Lacking`].
pub fn fill(
    node: &Node,
    person: &Person<'_>,
    is_change: bool,
    named: &mut Vec<String>,
) -> Result<Option<Value>, Lacking> {
    let missing = |word: &Option<Value>| word.clone().filter(|_| is_change);
    Ok(match node {
        Node::Constant(value) => Some(value.clone()),
        Node::Object(parts) => {
            let mut filled = Map::new();
            for (name, part) in parts {
                if let Some(value) = fill(part, person, is_change, named)? {
                    filled.insert(name.clone(), value);
                }
            }
            (parts.is_empty() || !filled.is_empty()).then_some(Value::Object(filled))
        }
        Node::List(parts) => {
            let mut filled = Vec::new();
            for part in parts {
                filled.extend(fill(part, person, is_change, named)?);
            }
            Some(Value::Array(filled))
        }
        Node::Detail { claim, missing: word, needed } => match detail(person, claim) {
            Some(value) => Some(note(named, [claim.as_str()], value)),
            None if *needed && !is_change => return Err(Lacking(claim.clone())),
            None => missing(word),
        },
        Node::Name { part, needed, missing: word } => match name(person, *part) {
            Some((value, of)) => Some(note(named, of, Value::String(value))),
            None if *needed && !is_change => return Err(Lacking("name".to_owned())),
            None => missing(word),
        },
        Node::Date { day, format, missing: word } => {
            let moment = match day {
                Day::Birthdate => {
                    let born = person.values.get("birthdate").and_then(Value::as_str).and_then(Date::parse);
                    named.extend(born.map(|_| "birthdate".to_owned()));
                    born.map(|born| born.start().seconds())
                }
                Day::Since => person.since,
                Day::Today => Some(person.now),
            };
            moment.map(|moment| written(moment, *format)).or_else(|| missing(word))
        }
        Node::Person => Some(person.id.into()),
        Node::Id { is_number } => person.there.map(|there| match there.parse::<i64>() {
            Ok(number) if *is_number => Value::from(number),
            _ => Value::from(there),
        }),
    })
}

fn note<'a>(named: &mut Vec<String>, claims: impl IntoIterator<Item = &'a str>, value: Value) -> Value {
    named.extend(claims.into_iter().map(str::to_owned));
    value
}

/// What stands at a path: by itself, or within what stands above it.
fn detail(person: &Person<'_>, claim: &str) -> Option<Value> {
    if let Some(value) = person.values.get(claim) {
        return Some(value.clone());
    }
    let mut names = claim.split('.');
    let top = person.values.get(names.next()?)?;
    names.try_fold(top, |value, name| value.as_object()?.get(name)).cloned()
}

/// A name or a part of it, and of which details it is made. Where only a whole name is known the family name is its last word:
/// software that wants two fields gets what most people mean.
fn name<'a>(person: &'a Person<'_>, part: NamePart) -> Option<(String, Vec<&'a str>)> {
    let text = |claim: &'a str| {
        let value = person.values.get(claim)?.as_str()?.trim();
        (!value.is_empty()).then(|| (value.to_owned(), vec![claim]))
    };
    let halves = || {
        let (whole, _) = text("name")?;
        let (given, family) = whole.rsplit_once(' ').unwrap_or((&whole, ""));
        Some((given.trim().to_owned(), family.to_owned()))
    };
    match part {
        NamePart::Full => text("name").or_else(|| {
            let parts: Vec<_> = ["given_name", "family_name"].into_iter().filter_map(text).collect();
            let whole: Vec<&str> = parts.iter().map(|(value, _)| value.as_str()).collect();
            let of = parts.iter().flat_map(|(_, of)| of.clone()).collect();
            (!parts.is_empty()).then(|| (whole.join(" "), of))
        }),
        NamePart::Given => text("given_name").or_else(|| halves().map(|(given, _)| (given, vec!["name"]))),
        NamePart::Family => text("family_name").or_else(|| {
            halves().filter(|(_, family)| !family.is_empty()).map(|(_, family)| (family, vec!["name"]))
        }),
    }
}

fn written(moment: i64, format: DayFormat) -> Value {
    let date = Date::of(Timestamp::from_seconds(moment)).to_string();
    let mut parts = date.splitn(3, '-');
    let mut next = || parts.next().unwrap_or_default().to_owned();
    let (year, month, day) = (next(), next(), next());
    match format {
        DayFormat::Dashes => date.into(),
        DayFormat::Slashes => format!("{year}/{month}/{day}").into(),
        DayFormat::Dots => format!("{day}.{month}.{year}").into(),
        DayFormat::American => format!("{month}/{day}/{year}").into(),
        DayFormat::Moment => format!("{date}T00:00:00Z").into(),
        DayFormat::Unix => moment.into(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::outgoing::template::Template;

    fn body(map: Value) -> Node {
        let template = json!({"name": "Desks", "auth": "none",
            "create": {"method": "POST", "url": "https://desks.example/", "body": map}});
        Template::parse(&template.to_string()).unwrap().create.map().unwrap()
    }

    fn filled(map: Value, values: Value, is_change: bool) -> (Result<Option<Value>, Lacking>, Vec<String>) {
        let values: BTreeMap<String, Value> = values.as_object().unwrap().clone().into_iter().collect();
        let person =
            Person { values: &values, id: "p1", there: Some("77"), since: Some(0), now: 1_795_564_800 };
        let mut named = Vec::new();
        let filled = fill(&body(map), &person, is_change, &mut named);
        (filled, named)
    }

    #[test]
    fn constants_stand_and_what_is_not_there_is_left_out_with_all_around_it() {
        let map = json!({"plan": 3, "on": true, "nothing": null, "empty": {},
            "mail": {"$detail": "email"}, "at": {"work": {"$detail": "company"}},
            "tags": ["new", {"$detail": "role"}, {"$person": true}], "theirs": {"$id": true},
            "Id": {"$id": true, "as": "number"}});
        let (value, named) = filled(map, json!({"email": "a@example.org"}), false);
        let wanted = json!({"plan": 3, "on": true, "nothing": null, "empty": {}, "mail": "a@example.org",
            "tags": ["new", "p1"], "theirs": "77", "Id": 77});
        assert_eq!((value, named), (Ok(Some(wanted)), vec!["email".to_owned()]));
    }

    #[test]
    fn a_needed_detail_that_is_not_there_stops_a_creation_and_not_a_change() {
        let map =
            json!({"mail": {"$detail": "email", "needed": true}, "who": {"$name": "full", "needed": true}});
        let (value, _) = filled(map.clone(), json!({"name": "Ada"}), false);
        assert_eq!(value, Err(Lacking("email".to_owned())));
        let (value, _) = filled(map.clone(), json!({"email": "a@example.org"}), false);
        assert_eq!(value, Err(Lacking("name".to_owned())));
        assert_eq!(filled(map, json!({"name": "Ada"}), true).0, Ok(Some(json!({"who": "Ada"}))));
    }

    #[test]
    fn a_change_says_of_what_is_gone_what_the_template_says() {
        let map = json!({"phone": {"$detail": "phone_number", "missing": null}, "job": {"$detail": "role"}});
        assert_eq!(filled(map.clone(), json!({}), true).0, Ok(Some(json!({"phone": null}))));
        assert_eq!(filled(map, json!({}), false).0, Ok(None), "at first there is nothing to unsay");
    }

    #[test]
    fn names_are_put_together_and_taken_apart() {
        let map = json!({"a": {"$name": "full"}, "b": {"$name": "given"}, "c": {"$name": "family"}});
        let of = |values: Value| filled(map.clone(), values, false).0.unwrap();
        let both = json!({"given_name": "Ada", "family_name": "Example"});
        assert_eq!(of(both), Some(json!({"a": "Ada Example", "b": "Ada", "c": "Example"})));
        let whole = json!({"name": "Ada Lou Example"});
        assert_eq!(of(whole), Some(json!({"a": "Ada Lou Example", "b": "Ada Lou", "c": "Example"})));
        assert_eq!(of(json!({"name": "Ada"})), Some(json!({"a": "Ada", "b": "Ada"})));
        assert_eq!(of(json!({"given_name": "Ada"})), Some(json!({"a": "Ada", "b": "Ada"})));
        assert_eq!(of(json!({"name": " "})), None);
    }

    #[test]
    fn days_are_written_in_six_ways() {
        let day = |day: &str, format: &str| json!({"$date": day, "format": format});
        let map = json!([day("birthdate", "DD.MM.YYYY"), day("birthdate", "MM/DD/YYYY"),
            day("since", "YYYY/MM/DD"), day("since", "rfc3339"), day("today", "unix"), {"$date": "today"}]);
        let (value, named) = filled(map, json!({"birthdate": "1990-01-02"}), false);
        let wanted = json!([
            "02.01.1990",
            "01/02/1990",
            "1970/01/01",
            "1970-01-01T00:00:00Z",
            1_795_564_800,
            "2026-11-25"
        ]);
        assert_eq!(value, Ok(Some(wanted)));
        assert_eq!(named, ["birthdate", "birthdate"]);
        let (value, named) = filled(json!([{"$date": "birthdate"}]), json!({"birthdate": "soon"}), false);
        assert_eq!((value, named.len()), (Ok(Some(json!([]))), 0));
    }

    #[test]
    fn a_part_of_a_detail_is_found_by_itself_and_within_the_whole() {
        let map = json!({"town": {"$detail": "address.locality"}});
        let wanted = Ok(Some(json!({"town": "Town"})));
        assert_eq!(filled(map.clone(), json!({"address": {"locality": "Town"}}), false).0, wanted);
        assert_eq!(filled(map.clone(), json!({"address.locality": "Town"}), false).0, wanted);
        assert_eq!(filled(map, json!({"address": "Town"}), false).0, Ok(None));
    }
}

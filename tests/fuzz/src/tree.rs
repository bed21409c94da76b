//! Claim trees of any shape, taken from bytes or from a property test.

use credentials::sd_jwt::Frame;
use credentials::{ClaimsPath, Location, PathPart, Step};
use serde_json::{Map, Value};

use crate::bytes::Choices;

/// Names of claims: plain, empty, of other scripts, and such as mean something elsewhere.
const NAMES: &[&str] =
    &["a", "b", "name", "", "ñ", "a.b", "sub", "address", "0", "\u{1F980}", "~", "__proto__"];

/// A claim tree, not very deep and not very wide.
pub fn claims(choices: &mut Choices<'_>) -> Map<String, Value> {
    object(choices, 3)
}

fn object(choices: &mut Choices<'_>, depth: u8) -> Map<String, Value> {
    let mut members = Map::new();
    for _ in 0..choices.below(5) {
        let name = match choices.one(NAMES) {
            Some(name) if choices.byte() < 200 => (*name).to_owned(),
            _ => choices.text(),
        };
        if !matches!(name.as_str(), "_sd" | "..." | "_sd_alg") {
            members.insert(name, value(choices, depth));
        }
    }
    members
}

/// Any JSON value.
pub fn value(choices: &mut Choices<'_>, depth: u8) -> Value {
    match choices.below(if depth == 0 { 6 } else { 9 }) {
        0 => Value::Null,
        1 => Value::from(choices.flag()),
        2 => Value::from(i64::from(choices.byte()) - 100),
        3 => Value::from(u64::MAX - u64::from(choices.byte())),
        4 => Value::from(f64::from(choices.byte()) / 8.0),
        5 => Value::from(choices.text()),
        6 => Value::Object(object(choices, depth - 1)),
        _ => (0..choices.below(4)).map(|_| value(choices, depth - 1)).collect(),
    }
}

/// The places of all claims of a tree, parents before children.
#[must_use]
pub fn locations(claims: &Map<String, Value>) -> Vec<Location> {
    let mut found = Vec::new();
    for (name, value) in claims {
        below(&Location::default().name(name), value, &mut found);
    }
    found
}

fn below(location: &Location, value: &Value, found: &mut Vec<Location>) {
    found.push(location.clone());
    match value {
        Value::Object(members) => {
            members.iter().for_each(|(name, value)| below(&location.name(name), value, found));
        }
        Value::Array(items) => {
            items.iter().enumerate().for_each(|(index, value)| below(&location.index(index), value, found));
        }
        _ => {}
    }
}

/// The path to one place.
#[must_use]
pub fn path(location: &Location) -> ClaimsPath {
    let parts = location.steps().iter().map(|step| match step {
        Step::Name(name) => PathPart::Name(name.to_string()),
        Step::Index(index) => PathPart::Index(*index),
    });
    ClaimsPath::new(parts.collect()).unwrap()
}

/// A frame that makes any of the claims disclosable.
pub fn frame(claims: &Map<String, Value>, choices: &mut Choices<'_>) -> Frame {
    match choices.below(4) {
        0 => Frame::Nothing,
        1 => Frame::TopLevel { except: claims.keys().filter(|_| choices.flag()).cloned().collect() },
        2 => Frame::Everything { except: claims.keys().filter(|_| choices.flag()).cloned().collect() },
        _ => Frame::Paths(locations(claims).iter().filter(|_| choices.flag()).map(path).collect()),
    }
}

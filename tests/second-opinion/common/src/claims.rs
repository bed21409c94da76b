//! Credentials of any shape: claim trees and which of their claims are disclosable, from a seed.

use serde_json::{Map, Value, json};

/// A place in a claim tree: names and indexes.
pub type Place = Vec<Value>;

/// A source of choices that repeats itself for equal seeds (splitmix64).
#[derive(Clone, Debug)]
pub struct Choices(u64);

impl Choices {
    /// The choices of a seed.
    #[must_use]
    pub const fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// The next number.
    pub fn number(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number below `bound`, which is not 0.
    pub fn below(&mut self, bound: usize) -> usize {
        usize::try_from(self.number() % bound as u64).expect("below a usize")
    }

    /// Yes or no.
    pub fn flag(&mut self) -> bool {
        self.below(2) == 0
    }

    /// One of several.
    pub fn one<'a, T>(&mut self, items: &'a [T]) -> &'a T {
        &items[self.below(items.len())]
    }
}

const NAMES: &[&str] =
    &["given_name", "address", "locality", "ñ", "a.b", "tags", "0", "\u{1F980}", "nested", "sub-unit"];

/// A claim tree with at least one claim.
pub fn tree(choices: &mut Choices) -> Map<String, Value> {
    let mut claims = object(choices, 2);
    claims.insert("first".to_owned(), json!("always there"));
    claims
}

fn object(choices: &mut Choices, depth: u8) -> Map<String, Value> {
    (0..choices.below(4)).map(|_| ((*choices.one(NAMES)).to_owned(), value(choices, depth))).collect()
}

fn value(choices: &mut Choices, depth: u8) -> Value {
    match choices.below(if depth == 0 { 6 } else { 9 }) {
        0 => Value::Null,
        1 => json!(choices.flag()),
        2 => json!(choices.below(1_000_000)),
        3 => json!(-1.5),
        4 | 5 => json!(format!("text {}", choices.below(100))),
        6 => (0..choices.below(4)).map(|_| value(choices, depth - 1)).collect(),
        _ => Value::Object(object(choices, depth - 1)),
    }
}

/// The places of all claims, parents before children.
#[must_use]
pub fn places(claims: &Map<String, Value>) -> Vec<Place> {
    let mut found = Vec::new();
    members(&Vec::new(), claims, &mut found);
    found
}

fn members(parent: &Place, claims: &Map<String, Value>, found: &mut Vec<Place>) {
    for (name, value) in claims {
        below(joined(parent, json!(name)), value, found);
    }
}

fn below(place: Place, value: &Value, found: &mut Vec<Place>) {
    found.push(place.clone());
    match value {
        Value::Object(claims) => members(&place, claims, found),
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                below(joined(&place, json!(index)), item, found);
            }
        }
        _ => {}
    }
}

fn joined(parent: &Place, part: Value) -> Place {
    parent.iter().cloned().chain([part]).collect()
}

/// Some of the places.
pub fn some(places: &[Place], choices: &mut Choices) -> Vec<Place> {
    places.iter().filter(|_| choices.flag()).cloned().collect()
}

/// The place as a JSON pointer (RFC 6901).
#[must_use]
pub fn pointer(place: &Place) -> String {
    let part = |part: &Value| match part {
        Value::String(name) => format!("/{}", name.replace('~', "~0").replace('/', "~1")),
        index => format!("/{index}"),
    };
    place.iter().map(part).collect()
}

/// What a reader sees when of all `disclosable` places only the `shown` ones, with what they stand in, were sent.
#[must_use]
pub fn seen(claims: &Map<String, Value>, disclosable: &[Place], shown: &[Place]) -> Map<String, Value> {
    let hidden =
        |place: &Place| disclosable.contains(place) && !shown.iter().any(|one| one.starts_with(place));
    seen_members(&Vec::new(), claims, &hidden)
}

fn seen_members(
    parent: &Place,
    claims: &Map<String, Value>,
    hidden: &dyn Fn(&Place) -> bool,
) -> Map<String, Value> {
    let shown = claims.iter().filter_map(|(name, value)| {
        let place = joined(parent, json!(name));
        (!hidden(&place)).then(|| (name.clone(), seen_value(&place, value, hidden)))
    });
    shown.collect()
}

fn seen_value(place: &Place, value: &Value, hidden: &dyn Fn(&Place) -> bool) -> Value {
    match value {
        Value::Object(claims) => Value::Object(seen_members(place, claims, hidden)),
        Value::Array(items) => {
            let shown = items.iter().enumerate().filter_map(|(index, item)| {
                let place = joined(place, json!(index));
                (!hidden(&place)).then(|| seen_value(&place, item, hidden))
            });
            shown.collect()
        }
        plain => plain.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_hidden_is_not_seen_and_what_is_shown_shows_what_it_stands_in() {
        let claims = json!({"a": {"b": 1, "c": 2}, "d": [3, 4]});
        let claims = claims.as_object().unwrap();
        let all = places(claims);
        let pointers: Vec<String> = all.iter().map(pointer).collect();
        assert_eq!(pointers, ["/a", "/a/b", "/a/c", "/d", "/d/0", "/d/1"]);
        let shown = [all[1].clone(), all[5].clone()];
        assert_eq!(Value::Object(seen(claims, &all, &shown)), json!({"a": {"b": 1}, "d": [4]}));
        assert_eq!(seen(claims, &[], &[]), *claims);
    }
}

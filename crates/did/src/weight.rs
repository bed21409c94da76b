//! What parsed JSON weighs in memory, for whoever keeps what strangers wrote.

use serde_json::{Map, Value};

/// What an allocation costs beside what it holds.
const OVERHEAD: usize = 32;
/// What the table of an object's names takes for each place, and once more at its end (`hashbrown`).
const PLACE: usize = size_of::<usize>() + 1;
const TABLE_END: usize = 16;
/// Values that the smallest list has room for.
const SMALLEST_LIST: usize = 4;

/// The bytes that `members` take in memory, estimated from above. Text of many small values takes many times its length:
/// `[0,0]` has two bytes a value, and a value takes dozens.
#[must_use]
pub fn weight(members: &Map<String, Value>) -> usize {
    members.iter().fold(object(members.len()), |sum, (name, value)| {
        sum.saturating_add(allocated(name.len())).saturating_add(inside(value))
    })
}

/// What an object takes beside its names and what is inside its values: its members in their order, each with the hash
/// of its name, and a table of the places where they stand (`IndexMap`).
fn object(members: usize) -> usize {
    let (places, capacity) = match members {
        0 => return 0,
        1..=3 => (4, 3),
        // The table grows to twice as many places when seven of eight are taken.
        _ => {
            let places = members.saturating_mul(8).div_ceil(7).next_power_of_two();
            (places, places.saturating_sub(places >> 3))
        }
    };
    let each = [size_of::<usize>(), size_of::<String>(), size_of::<Value>()];
    let each = each.into_iter().fold(0, usize::saturating_add);
    let table = places.saturating_mul(PLACE).saturating_add(TABLE_END);
    allocated(each.saturating_mul(capacity)).saturating_add(allocated(table))
}

/// What a value takes beside itself.
fn inside(value: &Value) -> usize {
    match value {
        Value::Null | Value::Bool(_) | Value::Number(_) => 0,
        Value::String(text) => allocated(text.len()),
        Value::Array(values) => {
            values.iter().fold(list(values.len()), |sum, value| sum.saturating_add(inside(value)))
        }
        Value::Object(members) => weight(members),
    }
}

/// What a list takes: one that is full gets room for as much again.
fn list(values: usize) -> usize {
    match values {
        0 => 0,
        _ => allocated(values.next_power_of_two().max(SMALLEST_LIST).saturating_mul(size_of::<Value>())),
    }
}

const fn allocated(bytes: usize) -> usize {
    if bytes == 0 { 0 } else { bytes.saturating_add(OVERHEAD) }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn weight_of(value: Value) -> usize {
        let Value::Object(members) = value else { panic!("an object") };
        weight(&members)
    }

    #[test]
    fn small_values_weigh_more_than_their_text_and_text_little_more() {
        assert_eq!(weight_of(json!({})), 0);
        assert!(weight_of(json!({"x": vec![0; 1_000]})) >= 1_000 * size_of::<Value>());
        assert!(
            weight_of(json!({"x": vec![json!({"": 0}); 1_000]}))
                >= 1_000 * 3 * size_of::<(usize, String, Value)>()
        );
        let text = weight_of(json!({"x": "x".repeat(100_000)}));
        assert!((100_000..102_000).contains(&text), "{text}");
    }

    #[test]
    fn objects_and_lists_have_room_by_the_steps_in_which_they_grow() {
        let member = size_of::<usize>() + size_of::<String>() + size_of::<Value>();
        for (members, capacity, places) in [
            (1, 3, 4),
            (3, 3, 4),
            (4, 7, 8),
            (7, 7, 8),
            (8, 14, 16),
            (14, 14, 16),
            (15, 28, 32),
            (29, 56, 64),
        ] {
            let expected = capacity * member + 32 + places * 9 + 16 + 32;
            assert_eq!(object(members), expected, "{members}");
        }
        for (values, room) in [(1, 4), (4, 4), (5, 8), (8, 8), (9, 16)] {
            assert_eq!(list(values), room * size_of::<Value>() + 32, "{values}");
        }
        assert_eq!((object(0), list(0)), (0, 0));
    }
}

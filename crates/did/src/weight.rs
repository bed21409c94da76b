//! What parsed JSON weighs in memory, for whoever keeps what strangers wrote.

use serde_json::{Map, Value};

/// Members that one node of a map has room for, and how few it may hold (`BTreeMap`).
const ROOM: usize = 11;
const FEWEST: usize = 5;
/// What an allocation and the links of a node cost beside what they hold.
const OVERHEAD: usize = 32;

/// The bytes that `members` take in memory, estimated from above. Text of many small values takes many times its length:
/// `[0,0]` has two bytes a value, and a value takes dozens.
#[must_use]
pub fn weight(members: &Map<String, Value>) -> usize {
    let each = size_of::<String>().saturating_add(size_of::<Value>());
    let node = each.saturating_mul(ROOM).saturating_add(OVERHEAD);
    let nodes = members.len().div_ceil(FEWEST).saturating_mul(node);
    members.iter().fold(nodes, |sum, (name, value)| {
        sum.saturating_add(allocated(name.len())).saturating_add(inside(value))
    })
}

/// What a value takes beside itself.
fn inside(value: &Value) -> usize {
    match value {
        Value::Null | Value::Bool(_) | Value::Number(_) => 0,
        Value::String(text) => allocated(text.len()),
        Value::Array(values) => {
            // A list that grew has room for as much again.
            let room = values.len().saturating_mul(size_of::<Value>()).saturating_mul(2);
            values.iter().fold(allocated(room), |sum, value| sum.saturating_add(inside(value)))
        }
        Value::Object(members) => weight(members),
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
        assert!(weight_of(json!({"x": vec![json!({"": 0}); 1_000]})) >= 1_000 * 600);
        let text = weight_of(json!({"x": "x".repeat(100_000)}));
        assert!((100_000..102_000).contains(&text), "{text}");
    }
}

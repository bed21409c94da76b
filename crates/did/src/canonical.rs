//! Canonical JSON (RFC 8785) of parsed values.
//!
//! Objects and strings are written here, because a log is mostly those and its hashes are most of the work besides the
//! signatures; numbers, whose rules are the subtle part, are left to `serde_json_canonicalizer`.

use serde_json::{Map, Value};

/// A value that has no canonical form: a number beyond IEEE 754.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct NotCanonical;

/// Appends the canonical form of an object to `text`.
pub(crate) fn write_object(members: &Map<String, Value>, text: &mut Vec<u8>) -> Result<(), NotCanonical> {
    let mut sorted: Vec<(&String, &Value)> = members.iter().collect();
    // RFC 8785 §3.2.3 sorts by UTF-16 units, which for ASCII is the order of bytes.
    if sorted.iter().all(|(name, _)| name.is_ascii()) {
        sorted.sort_unstable_by_key(|(name, _)| *name);
    } else {
        sorted.sort_unstable_by(|(left, _), (right, _)| left.encode_utf16().cmp(right.encode_utf16()));
    }
    text.push(b'{');
    for (place, (name, value)) in sorted.into_iter().enumerate() {
        if place > 0 {
            text.push(b',');
        }
        write_string(name, text)?;
        text.push(b':');
        write_value(value, text)?;
    }
    text.push(b'}');
    Ok(())
}

fn write_value(value: &Value, text: &mut Vec<u8>) -> Result<(), NotCanonical> {
    match value {
        Value::Object(members) => write_object(members, text),
        Value::Array(items) => {
            text.push(b'[');
            for (place, item) in items.iter().enumerate() {
                if place > 0 {
                    text.push(b',');
                }
                write_value(item, text)?;
            }
            text.push(b']');
            Ok(())
        }
        Value::String(string) => write_string(string, text),
        other => serde_json_canonicalizer::to_writer(other, text).map_err(|_| NotCanonical),
    }
}

fn write_string(string: &str, text: &mut Vec<u8>) -> Result<(), NotCanonical> {
    let plain = !string.bytes().any(|byte| byte < 0x20 || matches!(byte, b'"' | b'\\'));
    if plain {
        text.push(b'"');
        text.extend_from_slice(string.as_bytes());
        text.push(b'"');
        return Ok(());
    }
    serde_json_canonicalizer::to_writer(&string, text).map_err(|_| NotCanonical)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn ours(members: &Map<String, Value>) -> Vec<u8> {
        let mut text = Vec::new();
        write_object(members, &mut text).unwrap();
        text
    }

    #[test]
    fn names_are_sorted_by_utf_16_units_and_control_characters_escaped() {
        // U+1F600 is written with surrogates, which sort before U+FB33.
        let value = json!({"\u{fb33}": 1, "\u{1f600}": 2, "b": "\n\u{7f}\u{1}\"\\/", "a": [1.0, -0.0, 1e21, null, true]});
        let members = value.as_object().unwrap();
        let expected = "{\"a\":[1,0,1e+21,null,true],\"b\":\"\\n\u{7f}\\u0001\\\"\\\\/\",\"\u{1f600}\":2,\"\u{fb33}\":1}";
        assert_eq!(String::from_utf8(ours(members)).unwrap(), expected);
    }

    fn values() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i32>().prop_map(Value::from),
            any::<f64>().prop_map(Value::from),
            any::<String>().prop_map(Value::from),
        ];
        leaf.prop_recursive(4, 32, 6, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
                prop::collection::hash_map(any::<String>(), inner, 0..6)
                    .prop_map(|members| Value::Object(members.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn the_text_is_the_one_of_the_canonicalizer(value in values(), name in any::<String>()) {
            let members: Map<String, Value> = [(name, value)].into_iter().collect();
            prop_assert_eq!(ours(&members), serde_json_canonicalizer::to_vec(&members).unwrap());
        }
    }
}

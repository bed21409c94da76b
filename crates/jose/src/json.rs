//! Strict JSON (RFC 8259): a member name that comes twice is an error, and depth and the number of values are bounded.
//!
//! Two readers that resolve a double name differently are how one signature comes to mean two things.

use std::cell::Cell;
use std::fmt;

use serde::de::{self, DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};

/// Deepest nesting of arrays and objects that is read.
pub const DEEPEST: usize = 64;

/// Most values in one text, arrays and objects counted with what they hold: a value of two bytes takes dozens in memory.
pub const MOST_VALUES: usize = 200_000;

/// Why a text is not taken as JSON.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum JsonError {
    /// Not JSON, a member name given twice, nested deeper than [`DEEPEST`], or more than [`MOST_VALUES`].
    #[error("not JSON, a member name given twice, nested too deep, or too many values")]
    Malformed,
    /// JSON, but not an object.
    #[error("a JSON object was expected")]
    NotAnObject,
}

/// Reads one JSON value.
///
/// # Errors
/// [`JsonError::Malformed`].
pub fn parse(bytes: impl AsRef<[u8]>) -> Result<Value, JsonError> {
    // UTF-8 is checked once for the whole text: string by string it costs more.
    let text = std::str::from_utf8(bytes.as_ref()).map_err(|_| JsonError::Malformed)?;
    let mut deserializer = serde_json::Deserializer::from_str(text);
    let left = Cell::new(MOST_VALUES);
    let value = Strict::new(&left).deserialize(&mut deserializer).map_err(|_| JsonError::Malformed)?;
    deserializer.end().map_err(|_| JsonError::Malformed)?;
    Ok(value)
}

/// Reads one JSON object.
///
/// # Errors
/// [`JsonError::Malformed`], or [`JsonError::NotAnObject`].
pub fn parse_object(bytes: impl AsRef<[u8]>) -> Result<Map<String, Value>, JsonError> {
    match parse(bytes)? {
        Value::Object(object) => Ok(object),
        _ => Err(JsonError::NotAnObject),
    }
}

/// Reads one JSON value strictly and then as `T`.
///
/// # Errors
/// [`JsonError::Malformed`], also when the value is JSON but not a `T`.
pub fn parse_as<T: de::DeserializeOwned>(bytes: impl AsRef<[u8]>) -> Result<T, JsonError> {
    serde_json::from_value(parse(bytes)?).map_err(|_| JsonError::Malformed)
}

/// A value that is read as strictly as by [`parse`], for readers of their own that know what stands around it.
#[derive(Clone, Debug, PartialEq)]
pub struct StrictValue(pub Value);

impl<'de> de::Deserialize<'de> for StrictValue {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let left = Cell::new(MOST_VALUES);
        Strict::new(&left).deserialize(deserializer).map(Self)
    }
}

/// How much deeper a value may nest, and how many more values the whole text may hold.
#[derive(Clone, Copy)]
struct Strict<'a> {
    depth: usize,
    left: &'a Cell<usize>,
}

impl<'a> Strict<'a> {
    const fn new(left: &'a Cell<usize>) -> Self {
        Self { depth: DEEPEST, left }
    }

    /// For what stands in this value.
    fn deeper<E: de::Error>(self) -> Result<Self, E> {
        let depth = self.depth.checked_sub(1).ok_or_else(|| E::custom("nested too deep"))?;
        Ok(Self { depth, left: self.left })
    }

    fn count<E: de::Error>(self) -> Result<(), E> {
        let left = self.left.get().checked_sub(1).ok_or_else(|| E::custom("too many values"))?;
        self.left.set(left);
        Ok(())
    }
}

impl<'de> DeserializeSeed<'de> for Strict<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        self.count()?;
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Strict<'_> {
    type Value = Value;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("JSON without double member names")
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(Value::from(value))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(Value::from(value))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(Number::from_f64(value).map_or(Value::Null, Value::Number))
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(Value::String(value.to_owned()))
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut sequence: A) -> Result<Value, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = sequence.next_element_seed(self.deeper()?)? {
            items.push(item);
        }
        Ok(Value::Array(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Value, A::Error> {
        // No room before there is a member: of empty objects a text can hold many.
        let mut object = Map::new();
        while let Some(name) = members.next_key::<String>()? {
            let value = members.next_value_seed(self.deeper()?)?;
            if object.insert(name, value).is_some() {
                return Err(de::Error::custom("a member name is given twice"));
            }
        }
        Ok(Value::Object(object))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ordinary_json_reads_as_serde_reads_it() {
        let text = r#"{"a":[1,-2,2.5,"x",null,true,{"b":{}}],"c":18446744073709551615}"#;
        assert_eq!(parse(text).unwrap(), serde_json::from_str::<Value>(text).unwrap());
    }

    #[test]
    fn a_member_name_given_twice_is_refused_at_any_depth() {
        assert_eq!(parse(r#"{"a":1,"a":1}"#), Err(JsonError::Malformed));
        assert_eq!(parse(r#"[{"x":{"a":1,"b":2,"a":3}}]"#), Err(JsonError::Malformed));
        assert!(parse(r#"{"a":{"a":1}}"#).is_ok());
    }

    #[test]
    fn depth_is_bounded() {
        let nested = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
        assert!(parse(nested(DEEPEST)).is_ok());
        assert_eq!(parse(nested(DEEPEST + 2)), Err(JsonError::Malformed));
        assert_eq!(parse(nested(100_000)), Err(JsonError::Malformed));
    }

    #[test]
    fn the_number_of_values_is_bounded_and_an_empty_object_takes_no_room() {
        let empty = |count: usize| format!("[{}]", vec!["{}"; count].join(","));
        let Value::Array(most) = parse(empty(MOST_VALUES - 1)).unwrap() else { panic!("a list") };
        assert!(most.iter().all(|value| value.as_object().unwrap().is_empty()));
        assert_eq!(parse(empty(MOST_VALUES)), Err(JsonError::Malformed));
        assert_eq!(parse(format!("[{}0]", "0,".repeat(MOST_VALUES))), Err(JsonError::Malformed));
    }

    #[test]
    fn trailing_text_and_invalid_utf_8_are_refused() {
        assert_eq!(parse("{} {}"), Err(JsonError::Malformed));
        assert_eq!(parse(b"\"\xff\""), Err(JsonError::Malformed));
        assert_eq!(parse_object("[]"), Err(JsonError::NotAnObject));
    }
}

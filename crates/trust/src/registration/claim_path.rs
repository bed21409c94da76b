//! Claims path pointers (OpenID4VP 1.0 §7), as far as registrations compare them.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Value;

/// Why a path is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a claim path must be a non-empty array of texts, nulls and non-negative integers")]
pub struct ClaimPathError;

/// One step of a path.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum PathElement {
    /// The member of an object with this name.
    Name(String),
    /// One element of an array, counted from 0.
    Index(u64),
    /// All elements of an array.
    All,
}

/// A path to a claim.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ClaimPath(Vec<PathElement>);

impl ClaimPath {
    /// The path of a claim at the top.
    #[must_use]
    pub fn name(name: &str) -> Self {
        Self(vec![PathElement::Name(name.to_owned())])
    }

    /// A path of names.
    ///
    /// # Errors
    /// [`ClaimPathError`] when there is none.
    pub fn names<'a>(names: impl IntoIterator<Item = &'a str>) -> Result<Self, ClaimPathError> {
        let elements: Vec<_> = names.into_iter().map(|name| PathElement::Name(name.to_owned())).collect();
        if elements.is_empty() { Err(ClaimPathError) } else { Ok(Self(elements)) }
    }

    /// Reads the JSON form: an array of texts, nulls and non-negative integers.
    ///
    /// # Errors
    /// [`ClaimPathError`].
    pub fn from_value(value: &Value) -> Result<Self, ClaimPathError> {
        let elements = value.as_array().filter(|elements| !elements.is_empty()).ok_or(ClaimPathError)?;
        let element = |element: &Value| match element {
            Value::String(name) => Ok(PathElement::Name(name.clone())),
            Value::Null => Ok(PathElement::All),
            Value::Number(index) => index.as_u64().map(PathElement::Index).ok_or(ClaimPathError),
            _ => Err(ClaimPathError),
        };
        Ok(Self(elements.iter().map(element).collect::<Result<_, _>>()?))
    }

    /// The JSON form.
    #[must_use]
    pub fn to_value(&self) -> Value {
        let element = |element: &PathElement| match element {
            PathElement::Name(name) => Value::from(name.as_str()),
            PathElement::Index(index) => Value::from(*index),
            PathElement::All => Value::Null,
        };
        Value::Array(self.0.iter().map(element).collect())
    }

    /// The steps.
    #[must_use]
    pub fn elements(&self) -> &[PathElement] {
        &self.0
    }

    /// Whether `other` is this claim or lies below it.
    #[must_use]
    pub fn covers(&self, other: &Self) -> bool {
        let step = |(mine, theirs): (&PathElement, &PathElement)| match (mine, theirs) {
            (PathElement::All, PathElement::Index(_)) => true,
            (mine, theirs) => mine == theirs,
        };
        self.0.len() <= other.0.len() && self.0.iter().zip(&other.0).all(step)
    }
}

impl fmt::Display for ClaimPath {
    /// The steps joined by dots; `*` for all elements.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (position, element) in self.0.iter().enumerate() {
            if position > 0 {
                formatter.write_str(".")?;
            }
            match element {
                PathElement::Name(name) => formatter.write_str(name)?,
                PathElement::Index(index) => write!(formatter, "{index}")?,
                PathElement::All => formatter.write_str("*")?,
            }
        }
        Ok(())
    }
}

impl Serialize for ClaimPath {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.to_value().serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for ClaimPath {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::from_value(&Value::deserialize(deserializer)?).map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn path(value: Value) -> ClaimPath {
        ClaimPath::from_value(&value).unwrap()
    }

    #[test]
    fn a_path_covers_itself_and_what_lies_below_and_not_what_lies_above_or_beside() {
        let address = path(json!(["address"]));
        assert!(address.covers(&address));
        assert!(address.covers(&path(json!(["address", "locality"]))));
        assert!(!path(json!(["address", "locality"])).covers(&address));
        assert!(!address.covers(&path(json!(["addresses"]))));
        let all = path(json!(["skills", null]));
        assert!(all.covers(&path(json!(["skills", 3]))));
        assert!(!path(json!(["skills", 3])).covers(&all));
        assert!(!all.covers(&path(json!(["skills", "3"]))));
    }

    #[test]
    fn a_path_is_a_non_empty_array_of_texts_nulls_and_non_negative_integers() {
        for other in [json!([]), json!("a"), json!([-1]), json!([1.5]), json!([true]), json!([["a"]])] {
            assert_eq!(ClaimPath::from_value(&other), Err(ClaimPathError), "{other}");
        }
        let good = json!(["a", null, 2]);
        assert_eq!(path(good.clone()).to_value(), good);
        assert_eq!(path(good).to_string(), "a.*.2");
    }
}

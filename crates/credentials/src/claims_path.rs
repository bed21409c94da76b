//! The claims path pointer (OpenID4VP 1.0 §7): which claims of a JSON credential are meant.

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::{Map, Value};

/// One part of a claims path.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PathPart {
    /// A member of an object.
    Name(String),
    /// An element of an array, counted from 0.
    Index(usize),
    /// Every element of an array (`null`).
    All,
}

/// A non-empty path of names, indices and wildcards.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ClaimsPath(Vec<PathPart>);

/// One step to a value that exists: a claims path without wildcards consists of these.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Step {
    /// A member of an object; its name is shared by everything that stands below it.
    Name(Arc<str>),
    /// An element of an array, counted from 0.
    Index(usize),
}

/// Where a value stands in a credential.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Location(Vec<Step>);

/// Why a path is not one, or selects nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PathError {
    /// Not an array, or an empty one.
    #[error("a claims path is a non-empty array")]
    Empty,
    /// A part is neither a string nor null nor a non-negative integer.
    #[error("a claims path holds strings, nulls and non-negative integers only")]
    BadPart,
    /// A name meets something that is no object (§7.1.1 step 2.1).
    #[error("a name in the path meets something that is not an object")]
    NotAnObject,
    /// An index or null meets something that is no array (§7.1.1 steps 2.2 and 2.3).
    #[error("an index in the path meets something that is not an array")]
    NotAnArray,
    /// Nothing is left (§7.1.1 step 3).
    #[error("the path selects nothing")]
    NothingSelected,
}

impl ClaimsPath {
    /// A path of its parts.
    ///
    /// # Errors
    /// [`PathError::Empty`].
    pub fn new(parts: Vec<PathPart>) -> Result<Self, PathError> {
        if parts.is_empty() { Err(PathError::Empty) } else { Ok(Self(parts)) }
    }

    /// The path of one claim at the top level.
    #[must_use]
    pub fn name(name: impl Into<String>) -> Self {
        Self(vec![PathPart::Name(name.into())])
    }

    /// The path of nested names; the first one stands at the top level.
    #[must_use]
    pub fn names(first: &str, further: &[&str]) -> Self {
        let further = further.iter().copied();
        Self(std::iter::once(first).chain(further).map(|name| PathPart::Name(name.to_owned())).collect())
    }

    /// This path and one more part.
    #[must_use]
    pub fn then(mut self, part: PathPart) -> Self {
        self.0.push(part);
        self
    }

    /// Reads a path from its JSON array.
    ///
    /// # Errors
    /// [`PathError::Empty`], [`PathError::BadPart`].
    pub fn from_value(value: &Value) -> Result<Self, PathError> {
        let parts = value.as_array().ok_or(PathError::Empty)?;
        Self::new(parts.iter().map(part).collect::<Result<_, _>>()?)
    }

    /// The path as its JSON array.
    #[must_use]
    pub fn to_value(&self) -> Value {
        Value::Array(
            self.0
                .iter()
                .map(|part| match part {
                    PathPart::Name(name) => Value::from(name.as_str()),
                    PathPart::Index(index) => Value::from(*index),
                    PathPart::All => Value::Null,
                })
                .collect(),
        )
    }

    /// The parts.
    #[must_use]
    pub fn parts(&self) -> &[PathPart] {
        &self.0
    }

    /// The claim at the top level this path goes into; `None` when it begins with an index.
    #[must_use]
    pub fn first_name(&self) -> Option<&str> {
        match self.0.first() {
            Some(PathPart::Name(name)) => Some(name),
            _ => None,
        }
    }

    /// Applies the path to a credential's claims (§7.1.1).
    ///
    /// # Errors
    /// [`PathError::NotAnObject`], [`PathError::NotAnArray`], [`PathError::NothingSelected`].
    pub fn select<'a>(
        &self,
        claims: &'a Map<String, Value>,
    ) -> Result<Vec<(Location, &'a Value)>, PathError> {
        let mut parts = self.0.iter();
        let Some(PathPart::Name(name)) = parts.next() else { return Err(PathError::NotAnArray) };
        let top = claims.get(name).ok_or(PathError::NothingSelected)?;
        let mut selected = vec![(Location::default().name(name), top)];
        for part in parts {
            selected = descend(part, selected)?;
        }
        if selected.is_empty() { Err(PathError::NothingSelected) } else { Ok(selected) }
    }
}

fn part(value: &Value) -> Result<PathPart, PathError> {
    match value {
        Value::String(name) => Ok(PathPart::Name(name.clone())),
        Value::Null => Ok(PathPart::All),
        Value::Number(number) => number
            .as_u64()
            .and_then(|index| usize::try_from(index).ok())
            .map(PathPart::Index)
            .ok_or(PathError::BadPart),
        _ => Err(PathError::BadPart),
    }
}

fn descend<'a>(
    part: &PathPart,
    selected: Vec<(Location, &'a Value)>,
) -> Result<Vec<(Location, &'a Value)>, PathError> {
    let mut next = Vec::with_capacity(selected.len());
    for (location, value) in selected {
        match part {
            PathPart::Name(name) => {
                let object = value.as_object().ok_or(PathError::NotAnObject)?;
                next.extend(object.get(name).map(|member| (location.name(name), member)));
            }
            PathPart::Index(index) => {
                let array = value.as_array().ok_or(PathError::NotAnArray)?;
                next.extend(array.get(*index).map(|element| (location.index(*index), element)));
            }
            PathPart::All => {
                let array = value.as_array().ok_or(PathError::NotAnArray)?;
                next.extend(
                    array.iter().enumerate().map(|(index, element)| (location.index(index), element)),
                );
            }
        }
    }
    Ok(next)
}

impl Location {
    /// This place and the member `name` below it.
    #[must_use]
    pub fn name(&self, name: &str) -> Self {
        self.below(Step::Name(Arc::from(name)))
    }

    /// This place and the element `index` below it.
    #[must_use]
    pub fn index(&self, index: usize) -> Self {
        self.below(Step::Index(index))
    }

    fn below(&self, step: Step) -> Self {
        let mut steps = Vec::with_capacity(self.0.len().saturating_add(1));
        steps.extend_from_slice(&self.0);
        steps.push(step);
        Self(steps)
    }

    /// The steps from the top level.
    #[must_use]
    pub fn steps(&self) -> &[Step] {
        &self.0
    }

    /// Whether `other` is this place or lies inside of it.
    #[must_use]
    pub fn holds(&self, other: &Self) -> bool {
        other.0.starts_with(&self.0)
    }

    /// The value at this place.
    #[must_use]
    pub fn value<'a>(&self, claims: &'a Map<String, Value>) -> Option<&'a Value> {
        let (first, rest) = self.0.split_first()?;
        let Step::Name(name) = first else { return None };
        rest.iter().try_fold(claims.get(&**name)?, |value, step| match step {
            Step::Name(name) => value.as_object()?.get(&**name),
            Step::Index(index) => value.as_array()?.get(*index),
        })
    }

    /// The claims path that means exactly this place; `None` for the credential as a whole.
    #[must_use]
    pub fn to_path(&self) -> Option<ClaimsPath> {
        let parts = self.0.iter().map(|step| match step {
            Step::Name(name) => PathPart::Name(name.to_string()),
            Step::Index(index) => PathPart::Index(*index),
        });
        ClaimsPath::new(parts.collect()).ok()
    }

    pub(crate) fn push(&mut self, step: Step) {
        self.0.push(step);
    }

    pub(crate) fn pop(&mut self) -> Option<Step> {
        self.0.pop()
    }
}

impl fmt::Display for ClaimsPath {
    /// The parts joined by dots, a wildcard as `*`: for people, not for parsing.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (position, part) in self.0.iter().enumerate() {
            if position > 0 {
                formatter.write_str(".")?;
            }
            match part {
                PathPart::Name(name) => formatter.write_str(name)?,
                PathPart::Index(index) => write!(formatter, "{index}")?,
                PathPart::All => formatter.write_str("*")?,
            }
        }
        Ok(())
    }
}

impl fmt::Display for Location {
    /// The steps joined by dots: for people, not for parsing.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (position, step) in self.0.iter().enumerate() {
            if position > 0 {
                formatter.write_str(".")?;
            }
            match step {
                Step::Name(name) => formatter.write_str(name)?,
                Step::Index(index) => write!(formatter, "{index}")?,
            }
        }
        Ok(())
    }
}

impl Serialize for ClaimsPath {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.to_value().serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for ClaimsPath {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::from_value(&Value::deserialize(deserializer)?).map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn credential() -> Map<String, Value> {
        json!({
            "name": "Ada Example",
            "address": {"street_address": "1 Quay", "locality": "Harbour"},
            "degrees": [{"type": "Bachelor", "year": 1}, {"type": "Master"}],
            "nationalities": ["first", "second"],
            "rows": [["a", "b"], ["c"]]
        })
        .as_object()
        .unwrap()
        .clone()
    }

    fn select(path: Value) -> Result<Value, PathError> {
        let claims = credential();
        let found = ClaimsPath::from_value(&path)?.select(&claims)?;
        for (location, value) in &found {
            assert_eq!(location.value(&claims), Some(*value), "the location leads back to the value");
        }
        Ok(found.into_iter().map(|(_, value)| value.clone()).collect())
    }

    #[test]
    fn the_examples_of_the_standard_select_what_it_says() {
        assert_eq!(select(json!(["name"])), Ok(json!(["Ada Example"])));
        assert_eq!(
            select(json!(["address"])),
            Ok(json!([{"street_address": "1 Quay", "locality": "Harbour"}]))
        );
        assert_eq!(select(json!(["address", "street_address"])), Ok(json!(["1 Quay"])));
        assert_eq!(select(json!(["degrees", null, "type"])), Ok(json!(["Bachelor", "Master"])));
        assert_eq!(select(json!(["nationalities", 1])), Ok(json!(["second"])));
    }

    #[test]
    fn a_missing_name_or_index_drops_the_element_and_only_nothing_left_is_an_error() {
        assert_eq!(select(json!(["degrees", null, "year"])), Ok(json!([1])));
        assert_eq!(select(json!(["rows", null, 1])), Ok(json!(["b"])));
        for nothing in
            [json!(["x"]), json!(["address", "x"]), json!(["degrees", 2]), json!(["rows", null, 2])]
        {
            assert_eq!(select(nothing), Err(PathError::NothingSelected));
        }
    }

    #[test]
    fn a_part_that_meets_another_kind_of_value_is_an_error() {
        assert_eq!(select(json!(["name", "x"])), Err(PathError::NotAnObject));
        assert_eq!(select(json!(["degrees", "type"])), Err(PathError::NotAnObject));
        assert_eq!(select(json!(["degrees", null, "type", "x"])), Err(PathError::NotAnObject));
        assert_eq!(select(json!(["address", null])), Err(PathError::NotAnArray));
        assert_eq!(select(json!(["address", 0])), Err(PathError::NotAnArray));
        assert_eq!(select(json!(["name", 0])), Err(PathError::NotAnArray));
        assert_eq!(select(json!([null])), Err(PathError::NotAnArray));
        assert_eq!(select(json!([0])), Err(PathError::NotAnArray));
    }

    #[test]
    fn a_path_of_other_things_than_strings_nulls_and_non_negative_integers_is_refused() {
        for empty in [json!([]), json!("name"), json!({}), json!(null)] {
            assert_eq!(ClaimsPath::from_value(&empty), Err(PathError::Empty));
        }
        for bad in [json!(["a", -1]), json!(["a", 1.5]), json!(["a", true]), json!(["a", ["b"]]), json!([{}])]
        {
            assert_eq!(ClaimsPath::from_value(&bad), Err(PathError::BadPart));
        }
        let good = json!(["a", 0, null, "b"]);
        assert_eq!(ClaimsPath::from_value(&good).unwrap().to_value(), good);
    }

    #[test]
    fn the_path_of_a_place_selects_that_place_alone() {
        let claims = credential();
        let all = ClaimsPath::from_value(&json!(["degrees", null, "type"])).unwrap();
        let found = all.select(&claims).unwrap();
        let paths: Vec<ClaimsPath> = found.iter().map(|(location, _)| location.to_path().unwrap()).collect();
        let expected = [json!(["degrees", 0, "type"]), json!(["degrees", 1, "type"])];
        assert_eq!(paths.iter().map(ClaimsPath::to_value).collect::<Vec<_>>(), expected);
        for (path, place) in paths.iter().zip(found) {
            assert_eq!(path.select(&claims), Ok(vec![place]));
        }
        assert_eq!(Location::default().to_path(), None, "the credential as a whole");
    }
}

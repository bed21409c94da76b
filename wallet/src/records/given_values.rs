//! The values that spaces were given, as long as one of them has it: so a member sees what a space has, also when they say
//! something else by now. Each value is kept once, under what stands for it in the record of what was given.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::same_as;
use crate::vault::Kept;

/// The longest value that is kept, as JSON in bytes: what is longer is a picture, and the space shows it when it is asked.
const LONGEST: usize = 16 * 1_024;

/// One value.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct GivenValue {
    pub(crate) same_as: String,
    pub(crate) value: Value,
}

impl GivenValue {
    /// The record of a value; none of one that is too long.
    pub(crate) fn of(value: &Value) -> Option<Self> {
        let fits = value.to_string().len() <= LONGEST;
        fits.then(|| Self { same_as: same_as(value), value: value.clone() })
    }
}

impl std::fmt::Debug for GivenValue {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("GivenValue")
    }
}

impl Kept for GivenValue {
    const KIND: &'static str = "given-value";

    fn name(&self) -> String {
        self.same_as.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_kept_once_not_printed_and_not_when_it_is_a_picture() {
        let canary = GivenValue::of(&Value::from("canary")).unwrap();
        assert_eq!(canary.name(), GivenValue::of(&Value::from("canary")).unwrap().name());
        assert_eq!(format!("{canary:?}"), "GivenValue");
        assert!(GivenValue::of(&Value::from("x".repeat(LONGEST - 2))).is_some());
        assert!(GivenValue::of(&Value::from("x".repeat(LONGEST - 1))).is_none());
    }
}

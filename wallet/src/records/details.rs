//! Own details: what the member says of itself.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::vault::Kept;

/// The set there is for now; named sets come later.
const ONLY_SET: &str = "me";

/// The name of an own detail.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct DetailName(String);

/// The text names no detail.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "a detail has a name of small letters, digits and underscores, at most 64, and none that credentials reserve"
)]
pub struct NotADetailName;

impl DetailName {
    /// A name.
    ///
    /// # Errors
    /// [`NotADetailName`].
    pub fn new(text: &str) -> Result<Self, NotADetailName> {
        let allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
        let reserved =
            ["iss", "sub", "iat", "nbf", "exp", "cnf", "vct", "status", "_sd", "_sd_alg", "aka_vcts"];
        let fits =
            !text.is_empty() && text.len() <= 64 && text.bytes().all(allowed) && !reserved.contains(&text);
        if fits { Ok(Self(text.to_owned())) } else { Err(NotADetailName) }
    }

    /// The name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<DetailName> for String {
    fn from(name: DetailName) -> Self {
        name.0
    }
}

impl TryFrom<String> for DetailName {
    type Error = NotADetailName;

    fn try_from(text: String) -> Result<Self, NotADetailName> {
        Self::new(&text)
    }
}

/// The member's own details.
#[derive(Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct OwnDetails {
    claims: BTreeMap<DetailName, Value>,
}

impl OwnDetails {
    /// The logical name of the only set.
    pub(crate) const NAME: &'static str = ONLY_SET;

    /// Sets a detail; null takes it away.
    pub fn set(&mut self, name: DetailName, value: Value) {
        if value.is_null() {
            self.claims.remove(&name);
        } else {
            self.claims.insert(name, value);
        }
    }

    /// All details as claims.
    #[must_use]
    pub fn to_claims(&self) -> Map<String, Value> {
        self.claims.iter().map(|(name, value)| (name.0.clone(), value.clone())).collect()
    }
}

impl std::fmt::Debug for OwnDetails {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "OwnDetails({})", self.claims.len())
    }
}

impl Kept for OwnDetails {
    const KIND: &'static str = "own-details";

    fn name(&self) -> String {
        ONLY_SET.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_credentials_reserve_are_refused() {
        assert!(DetailName::new("given_name").is_ok());
        for wrong in ["", "exp", "_sd", "Name", "a-b", "...", &"a".repeat(65)] {
            assert_eq!(DetailName::new(wrong), Err(NotADetailName), "{wrong}");
        }
    }

    #[test]
    fn null_takes_a_detail_away() {
        let mut details = OwnDetails::default();
        details.set(DetailName::new("bio").unwrap(), Value::from("x"));
        assert_eq!(details.to_claims().len(), 1);
        details.set(DetailName::new("bio").unwrap(), Value::Null);
        assert!(details.to_claims().is_empty());
    }
}

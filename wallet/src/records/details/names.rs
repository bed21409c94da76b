//! What details and sets of them are called.

use serde::{Deserialize, Serialize};

/// Longest name of a set, in characters.
const LONGEST_NAME: usize = 40;

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

/// The name of a set, by which the member knows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct SetName(String);

/// The text names no set.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a set has a name on one line, of at most 40 characters")]
pub struct NotASetName;

impl SetName {
    /// A name; blanks around it are no part of it.
    ///
    /// # Errors
    /// [`NotASetName`].
    pub fn new(text: &str) -> Result<Self, NotASetName> {
        let text = text.trim();
        let fits = !text.is_empty() && text.chars().count() <= LONGEST_NAME && crate::shown(text) == text;
        if fits { Ok(Self(text.to_owned())) } else { Err(NotASetName) }
    }

    /// The name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<SetName> for String {
    fn from(name: SetName) -> Self {
        name.0
    }
}

impl TryFrom<String> for SetName {
    type Error = NotASetName;

    fn try_from(text: String) -> Result<Self, NotASetName> {
        Self::new(&text)
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
    fn a_set_has_a_name_that_can_be_read() {
        assert_eq!(SetName::new(" Für mich ").unwrap().as_str(), "Für mich");
        assert!(SetName::new(&"é".repeat(40)).is_ok());
        for wrong in ["", "  ", "a\nb", "a\u{202e}b", &"a".repeat(41)] {
            assert_eq!(SetName::new(wrong), Err(NotASetName), "{wrong:?}");
        }
    }
}

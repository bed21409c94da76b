//! Why an issuer gives nothing, in its words for the person (OpenID4VCI 1.0 §8.3.1.2, §9.3).
//!
//! `error_description` is ASCII without quotation marks and backslashes. What needs other letters stands whole in a member
//! of our own beside it, `reason`, which other wallets ignore. It may tell of the person, so it is printed nowhere by
//! itself, and no log gets it.

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

/// Longest reason, in characters.
pub const LONGEST: usize = 300;
/// What stands in `error_description` for a character that it cannot hold.
const IN_PLACE: char = '?';

/// Why a text is no reason to be told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ReasonError {
    /// Nothing is said.
    #[error("a reason that is given says something; leave it out otherwise")]
    Empty,
    /// More than [`LONGEST`].
    #[error("a reason has at most {LONGEST} characters")]
    TooLong,
    /// Something that would be another text on a screen than it is.
    #[error(
        "a reason is one line of plain text: no line break, no other control character, nothing invisible or that changes \
         the direction of writing"
    )]
    NotPlain,
}

/// Words for the person: one line of plain text.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Reason(String);

impl Reason {
    /// The words of the issuer's own people.
    ///
    /// # Errors
    /// See [`ReasonError`].
    pub fn new(text: &str) -> Result<Self, ReasonError> {
        let text = text.trim();
        if text.is_empty() {
            Err(ReasonError::Empty)
        } else if text.chars().nth(LONGEST).is_some() {
            Err(ReasonError::TooLong)
        } else if text.chars().all(is_plain) {
            Ok(Self(text.to_owned()))
        } else {
            Err(ReasonError::NotPlain)
        }
    }

    /// What an issuer said in an error response, whoever it is: cut off, and without what is not plain.
    pub(super) fn heard(members: &Map<String, Value>) -> Option<Self> {
        let said = |name| members.get(name).and_then(Value::as_str).map(heard);
        said("reason").flatten().or_else(|| said("error_description").flatten())
    }

    /// The words.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The JSON body of the error response with `code`.
    pub(super) fn body(&self, code: &str) -> String {
        let described: String = self.0.chars().map(described).collect();
        let mut body = json!({"error": code, "error_description": described});
        if described != self.0
            && let Some(members) = body.as_object_mut()
        {
            members.insert("reason".to_owned(), Value::from(self.as_str()));
        }
        body.to_string()
    }
}

impl fmt::Debug for Reason {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Reason")
    }
}

fn heard(text: &str) -> Option<Reason> {
    let plain: String = text.chars().filter(|character| is_plain(*character)).take(LONGEST).collect();
    let plain = plain.trim();
    (!plain.is_empty()).then(|| Reason(plain.to_owned()))
}

/// RFC 6749 §5.2: `%x20-21 / %x23-5B / %x5D-7E`.
const fn described(character: char) -> char {
    match character {
        '"' => '\'',
        '\\' => IN_PLACE,
        ' '..='~' => character,
        _ => IN_PLACE,
    }
}

/// Neither a control character nor one that is not seen, or that turns the direction of what is.
fn is_plain(character: char) -> bool {
    !character.is_control()
        && !matches!(
            character,
            '\u{00ad}' | '\u{034f}' | '\u{061c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180b}'..='\u{180f}'
                | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{3164}'
                | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}' | '\u{e0000}'..='\u{e0fff}'
        )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn heard_in(members: &Value) -> Option<String> {
        Reason::heard(members.as_object().unwrap()).map(|reason| reason.as_str().to_owned())
    }

    #[test]
    fn a_reason_is_one_line_of_plain_text_and_of_bounded_length() {
        assert_eq!(Reason::new("  No match.\n").unwrap().as_str(), "No match.");
        assert_eq!(Reason::new("Falta la fecha: ¿cuándo nació?").unwrap().as_str().chars().count(), 30);
        assert!(Reason::new(&"ñ".repeat(LONGEST)).is_ok());
        assert_eq!(Reason::new(&"ñ".repeat(LONGEST + 1)), Err(ReasonError::TooLong));
        for empty in ["", " ", "\n\t"] {
            assert_eq!(Reason::new(empty), Err(ReasonError::Empty));
        }
        for hostile in
            ["a\nb", "a\u{1b}[2Jb", "a\u{202e}b", "a\u{2066}b", "a\u{200b}b", "a\u{feff}b", "a\u{e0041}b"]
        {
            assert_eq!(Reason::new(hostile), Err(ReasonError::NotPlain), "{hostile:?}");
        }
    }

    #[test]
    fn the_description_is_ascii_and_what_it_cannot_hold_stands_beside_it() {
        let body = |text: &str| -> Value {
            serde_json::from_str(&Reason::new(text).unwrap().body("credential_request_denied")).unwrap()
        };
        assert_eq!(
            body("No match"),
            json!({"error": "credential_request_denied", "error_description": "No match"})
        );
        assert_eq!(
            body("Nació \"ayer\" \\"),
            json!({"error": "credential_request_denied", "error_description": "Naci? 'ayer' ?",
                "reason": "Nació \"ayer\" \\"})
        );
    }

    #[test]
    fn what_any_issuer_says_is_heard_cut_off_and_without_what_steers_a_screen() {
        assert_eq!(heard_in(&json!({"error_description": "No match"})).as_deref(), Some("No match"));
        assert_eq!(
            heard_in(&json!({"error_description": "Naci?", "reason": "Nació"})).as_deref(),
            Some("Nació"),
            "whole"
        );
        let hostile = json!({"reason": "a\u{1b}[2J\u{202e}b\nc"});
        assert_eq!(heard_in(&hostile).as_deref(), Some("a[2Jbc"));
        assert_eq!(heard_in(&json!({"reason": "x".repeat(10_000)})).unwrap().len(), LONGEST);
        for nothing in [json!({}), json!({"reason": 1}), json!({"error_description": "\u{200b}"})] {
            assert_eq!(heard_in(&nothing), None, "{nothing}");
        }
        assert_eq!(heard_in(&json!({"reason": "\u{202e}", "error_description": "x"})).as_deref(), Some("x"));
    }

    #[test]
    fn no_log_gets_it_by_chance() {
        assert_eq!(format!("{:?}", Reason::new("Ada was here").unwrap()), "Reason");
    }
}

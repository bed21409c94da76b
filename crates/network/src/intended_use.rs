//! Which of its registered uses a request is made for (specs/profile.md §8).
//!
//! A registration certificate lists every use of a party, and one claim may lie in several. The request says in
//! `verifier_info` (OpenID4VP 1.0 §5.11) which one it is; who does not know the format ignores the entry.

use serde_json::{Value, json};

/// The format of its entry in `verifier_info`.
pub const FORMAT: &str = "passport_intended_use";

/// `data` of the entry in `verifier_info`.
#[must_use]
pub fn data(id: &str) -> Value {
    json!({"id": id})
}

/// The identifier of the use that `data` of an entry names.
#[must_use]
pub fn id(data: &Value) -> Option<&str> {
    data.as_object()?.get("id")?.as_str()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_use_is_a_text_in_an_object() {
        assert_eq!(data("membership"), json!({"id": "membership"}));
        assert_eq!(id(&json!({"id": "membership", "more": 1})), Some("membership"));
        for other in [json!("membership"), json!({"id": 1}), json!({"use": "membership"}), json!(["id"])] {
            assert_eq!(id(&other), None, "{other}");
        }
    }
}

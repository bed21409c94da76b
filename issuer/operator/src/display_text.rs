//! The texts that an admission brings: people read them, in mails, on screens and in certificates, so nothing in them may be unseen.
//!
//! Every text of an admission is looked at, whatever it is called, so that a field that is added later is looked at, too.

use serde::Serialize;
use serde_json::Value;

/// Where in `admission` the first text stands that holds what nobody sees, as `registration.intended_uses.0.purpose.en`; none if
/// every text is plain. Of a name that is itself such a text the place is told.
pub(crate) fn hidden_in(admission: &impl Serialize) -> Option<String> {
    let value = serde_json::to_value(admission).ok()?;
    first_hidden(&value, String::new())
}

fn first_hidden(value: &Value, place: String) -> Option<String> {
    let below = |name: &str| if place.is_empty() { name.to_owned() } else { format!("{place}.{name}") };
    match value {
        Value::String(text) => text.chars().any(is_hidden).then_some(place),
        Value::Array(parts) => {
            parts.iter().enumerate().find_map(|(at, part)| first_hidden(part, below(&at.to_string())))
        }
        Value::Object(members) => members.iter().find_map(|(name, part)| {
            if name.chars().any(is_hidden) { Some(place.clone()) } else { first_hidden(part, below(name)) }
        }),
        Value::Null | Value::Bool(_) | Value::Number(_) => None,
    }
}

/// Control characters and line breaks of every kind, what turns the direction of the text around it (UAX #9), and what is not seen at all
/// (Unicode Technical Report 36 §2.5 and §2.6).
fn is_hidden(character: char) -> bool {
    character.is_control()
        || matches!(
            character,
            '\u{00ad}' | '\u{034f}' | '\u{061c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180b}'..='\u{180f}'
                | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{feff}'
                | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}' | '\u{e0000}'..='\u{e0fff}'
        )
}

/// Whether two names would be taken for one another: they differ in case, spaces and signs alone.
pub(crate) fn reads_as(name: &str, other: &str) -> bool {
    let bare = |name: &str| -> String {
        name.chars().filter(|one| one.is_alphanumeric()).flat_map(char::to_lowercase).collect()
    };
    let name = bare(name);
    !name.is_empty() && name == bare(other)
}

/// Whether a name is written in letters of which some pass for others': Latin beside Greek or Cyrillic ones (UTS #39 §5.2).
pub(crate) fn mixes_alphabets(name: &str) -> bool {
    let is_latin =
        |one: char| one.is_alphabetic() && matches!(one, 'A'..='Z' | 'a'..='z' | '\u{00c0}'..='\u{024f}');
    let is_alike = |one: char| matches!(one, '\u{0370}'..='\u{03ff}' | '\u{0400}'..='\u{052f}' | '\u{1f00}'..='\u{1fff}');
    name.chars().any(is_latin) && name.chars().any(is_alike)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_not_seen_is_found_wherever_it_stands() {
        for hidden in [
            '\n',
            '\r',
            '\t',
            '\0',
            '\u{1b}',
            '\u{7f}',
            '\u{85}',
            '\u{2028}',
            '\u{2029}',
            '\u{202e}',
            '\u{2066}',
            '\u{200e}',
            '\u{061c}',
            '\u{200b}',
            '\u{200d}',
            '\u{2060}',
            '\u{feff}',
            '\u{00ad}',
            '\u{3164}',
            '\u{e0041}',
        ] {
            let value = json!({"a": "fine", "b": [{"c": "fine"}, {"c": format!("Ki{hidden}ln")}]});
            assert_eq!(hidden_in(&value).as_deref(), Some("b.1.c"), "{hidden:?}");
            let in_a_name = json!({"a": {"en": "fine", format!("e{hidden}s"): "fine"}});
            assert_eq!(hidden_in(&in_a_name).as_deref(), Some("a"), "{hidden:?}");
        }
    }

    #[test]
    fn names_of_all_languages_are_plain() {
        for plain in [
            "Zoë’s Café",
            "O'Neill & Søn",
            "東京の家",
            "Ταβέρνα",
            "Кооператив",
            "בית",
            "مقهى",
            "Haus-Nr. 5 (Süd)",
            "Kiln ☕",
        ] {
            assert_eq!(hidden_in(&json!({"name": plain, "purpose": {"en": plain}})), None, "{plain}");
        }
    }

    #[test]
    fn names_that_differ_in_case_spaces_and_signs_alone_read_alike() {
        for alike in ["Harbour", "HARBOUR", " har-bour. ", "“Harbour”"] {
            assert!(reads_as(alike, "Harbour"), "{alike}");
        }
        for other in ["Harbours", "Arbour", "Härbour", "東京", "", "-"] {
            assert!(!reads_as(other, "Harbour"), "{other}");
        }
        assert!(!reads_as("☕", "☕"), "signs alone are no name to compare");
    }

    #[test]
    fn letters_that_pass_for_others_are_told_where_they_stand_beside_those() {
        for mixed in ["H\u{0430}rbour", "\u{039a}iln", "Kil\u{043f}"] {
            assert!(mixes_alphabets(mixed), "{mixed}");
        }
        for one in ["Zoë's Café", "Кооператив", "Ταβέρνα", "東京 Kiln", "Kiln 5"] {
            assert!(!mixes_alphabets(one), "{one}");
        }
    }
}

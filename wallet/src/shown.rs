//! Text from outside, made harmless before it is shown.

use network::unseen::is_unseen;

/// `text` with everything that could steer a terminal or turn the reading direction made visible, and not
/// longer than a screen has patience for.
///
/// Control characters (C0, DEL, C1), line separators, bidirectional controls (UAX #9), zero-width and other invisible
/// format characters and tags become `\u{…}`.
#[must_use]
pub fn shown(text: &str) -> String {
    const LONGEST: usize = 500;
    let mut harmless = String::with_capacity(text.len());
    for (position, character) in text.chars().enumerate() {
        if position >= LONGEST {
            harmless.push('…');
            break;
        }
        if is_unseen(character) {
            harmless.extend(character.escape_unicode());
        } else {
            harmless.push(character);
        }
    }
    harmless
}

/// JSON on one line in which everything that could steer a terminal is escaped; it reads back as the same JSON.
#[must_use]
pub fn shown_json(value: &serde_json::Value) -> String {
    use std::fmt::Write;
    let mut harmless = String::new();
    for character in value.to_string().chars() {
        if is_unseen(character) {
            for unit in character.encode_utf16(&mut [0; 2]) {
                // Writing to a String does not fail.
                let _ = write!(harmless, "\\u{unit:04x}");
            }
        } else {
            harmless.push(character);
        }
    }
    harmless
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_of_all_languages_pass_and_controls_become_visible() {
        assert_eq!(shown("Zoë Žižek 東京 🙂 ok"), "Zoë Žižek 東京 🙂 ok");
        assert_eq!(shown("a\u{1b}[2Jb"), "a\\u{1b}[2Jb");
        assert_eq!(shown("\u{202e}evil\u{9b}31m\n"), "\\u{202e}evil\\u{9b}31m\\u{a}");
        assert_eq!(shown("\u{3164}Kiln"), "\\u{3164}Kiln");
        assert_eq!(shown("in\u{200b}visible\u{e0041}"), "in\\u{200b}visible\\u{e0041}");
    }

    #[test]
    fn json_is_harmless_and_stays_the_same_json() {
        let value = serde_json::json!({"a\u{202e}": ["\u{1b}[2J", "\u{9b}", "\u{e0041}", "é\n"]});
        let text = shown_json(&value);
        assert!(!text.chars().any(is_unseen), "{text:?}");
        assert_eq!(serde_json::from_str::<serde_json::Value>(&text).unwrap(), value);
    }

    #[test]
    fn what_never_ends_is_cut() {
        assert_eq!(shown(&"x".repeat(1_000)).chars().count(), 501);
    }
}

//! Characters that nobody sees, or that change how what is around them reads: one table for all who take or show text of others.

/// Whether nobody sees `character`, or it steers what is around it: control characters and line breaks of every kind, what turns the
/// direction of the text (UAX #9), fillers, joiners and tags (Unicode Technical Report 36 §2.5 and §2.6).
#[must_use]
pub fn is_unseen(character: char) -> bool {
    character.is_control()
        || matches!(
            character,
            '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180e}'
                | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{feff}'
                | '\u{ffa0}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}'
        )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_nobody_sees_is_told_from_letters_signs_and_pictures_of_all_languages() {
        for unseen in [
            '\n',
            '\0',
            '\u{7f}',
            '\u{9b}',
            '\u{ad}',
            '\u{34f}',
            '\u{61c}',
            '\u{115f}',
            '\u{1160}',
            '\u{17b4}',
            '\u{180e}',
            '\u{200b}',
            '\u{200d}',
            '\u{2029}',
            '\u{202e}',
            '\u{2060}',
            '\u{2066}',
            '\u{206f}',
            '\u{3164}',
            '\u{feff}',
            '\u{ffa0}',
            '\u{fffb}',
            '\u{e0000}',
            '\u{e0041}',
            '\u{e007f}',
        ] {
            assert!(is_unseen(unseen), "{unseen:?}");
        }
        for seen in "Zoë Žižek 東京 한글 ภาษา עברית مقهى ☕ ’ · - 葛\u{e0100} ❤\u{fe0f}".chars()
        {
            assert!(!is_unseen(seen), "{seen:?}");
        }
    }
}

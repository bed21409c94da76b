//! Choosing a language (§6.4: "the language tag it considers most appropriate").

/// The entry whose language tag is nearest to `locale`: the same one (RFC 4647 §3.3.2, without regard to case); else, as by
/// RFC 4647 §3.4, one of a wider region or script; else another of the same language; else the first.
pub fn best_for<'a, T>(locale: &str, entries: &'a [T], tag: impl Fn(&T) -> &str) -> Option<&'a T> {
    let mut range = locale;
    loop {
        if let Some(found) = entries.iter().find(|entry| tag(entry).eq_ignore_ascii_case(range)) {
            return Some(found);
        }
        let Some((wider, _)) = range.rsplit_once('-') else { break };
        // A single letter begins an extension and says nothing without what follows.
        range = match wider.rsplit_once('-') {
            Some((before, single)) if single.len() == 1 => before,
            _ => wider,
        };
    }
    let language = |tag: &str| tag.split('-').next().unwrap_or_default().to_ascii_lowercase();
    let same = entries.iter().find(|entry| language(tag(entry)) == language(locale));
    same.or_else(|| entries.first())
}

/// Whether a text has the form of a language tag (RFC 5646 §2.1, seen loosely).
pub(super) fn is_tag(text: &str) -> bool {
    let is_part =
        |part: &str| (1..=8).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_alphanumeric());
    text.len() <= 64 && text.split('-').all(is_part)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chosen(locale: &str, tags: &[&'static str]) -> Option<&'static str> {
        best_for(locale, tags, |tag| tag).copied()
    }

    #[test]
    fn the_nearest_language_is_taken_and_else_the_first() {
        for (locale, tags, expected) in [
            ("es", &["en", "es"][..], "es"),
            ("ES-mx", &["en", "es-MX", "es"], "es-MX"),
            ("es-MX", &["en", "es"], "es"),
            ("es", &["en", "es-MX"], "es-MX"),
            ("zh-Hant-TW", &["zh-Hans", "zh-Hant", "en"], "zh-Hant"),
            ("de-a-value", &["en", "de"], "de"),
            ("de-a-value", &["de-a", "de"], "de"),
            ("fr", &["en", "es"], "en"),
            ("e", &["en", "es"], "en"),
            ("", &["en", "es"], "en"),
            ("eng", &["es", "en"], "es"),
        ] {
            assert_eq!(chosen(locale, tags), Some(expected), "{locale}");
        }
        assert_eq!(chosen("en", &[]), None);
    }

    #[test]
    fn a_language_tag_is_made_of_short_parts() {
        for tag in ["en", "es-MX", "zh-Hant-TW", "x-private"] {
            assert!(is_tag(tag), "{tag}");
        }
        for text in ["", "en_GB", "en-", "-en", "ninechars", "en<script>", "en GB"] {
            assert!(!is_tag(text), "{text}");
        }
    }
}

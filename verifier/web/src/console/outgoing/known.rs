//! The templates that come with the program: `templates/actions/` of the repository.

use verifier::outgoing::template::Template;

/// The key of the template with nothing in it.
pub(super) const EMPTY: &str = "empty";

const FILES: [(&str, &str); 3] = [
    ("cobot", include_str!("../../../../../templates/actions/cobot.json")),
    ("nexudus", include_str!("../../../../../templates/actions/nexudus.json")),
    ("officernd", include_str!("../../../../../templates/actions/officernd.json")),
];

const NOTHING: &str = include_str!("../../../../../templates/actions/empty.json");

/// Those of known software.
pub(super) fn all() -> impl Iterator<Item = (&'static str, Template)> {
    FILES.into_iter().filter_map(|(key, text)| Some((key, Template::parse(text).ok()?)))
}

/// The text of one; of the empty one for a key that is none.
pub(crate) fn text(key: &str) -> &'static str {
    FILES.into_iter().find(|(name, _)| *name == key).map_or(NOTHING, |(_, text)| text)
}

/// The keys.
pub(crate) fn keys() -> impl Iterator<Item = &'static str> {
    FILES.into_iter().map(|(key, _)| key).chain([EMPTY])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_template_that_comes_along_reads_and_says_against_what_it_was_checked() {
        assert_eq!(all().count(), FILES.len());
        for (key, template) in all() {
            let checked = template.checked.as_deref().unwrap();
            assert!(checked.starts_with("checked against published API text only"), "{key}: {checked}");
            assert_eq!(template.standing(), template.replace, "{key}: what is to be replaced stands in it");
            assert!(!template.replace.is_empty(), "{key}");
            assert!(template.erase.is_some() || template.change.is_some(), "{key}");
        }
        let empty = Template::parse(text(EMPTY)).unwrap();
        assert_eq!((empty.standing(), empty.replace.len()), (empty.replace.clone(), 2));
        assert_eq!(keys().count(), FILES.len() + 1);
    }
}

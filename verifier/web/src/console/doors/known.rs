//! The templates of doors that come with the program: `templates/doors/` of the repository.

use verifier::doors::template::DoorTemplate;

const FILES: [(&str, &str); 2] = [
    ("kisi", include_str!("../../../../../templates/doors/kisi.json")),
    ("relay", include_str!("../../../../../templates/doors/relay.json")),
];

/// Each with its key.
pub(super) fn all() -> impl Iterator<Item = (&'static str, DoorTemplate)> {
    FILES.into_iter().filter_map(|(key, text)| Some((key, DoorTemplate::parse(text).ok()?)))
}

/// The text of one.
pub(crate) fn text(key: &str) -> Option<&'static str> {
    FILES.into_iter().find(|(name, _)| *name == key).map(|(_, text)| text)
}

/// The keys.
pub(crate) fn keys() -> impl Iterator<Item = &'static str> {
    FILES.into_iter().map(|(key, _)| key)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_template_that_comes_along_reads_and_one_of_known_software_says_against_what_it_was_checked() {
        assert_eq!(all().count(), FILES.len());
        for (key, template) in all() {
            assert_eq!((template.standing(), template.replace.len()), (template.replace.clone(), 1), "{key}");
        }
        let kisi = DoorTemplate::parse(text("kisi").unwrap()).unwrap();
        assert!(kisi.checked.unwrap().starts_with("checked against published API text only"));
        assert_eq!(
            (kisi.open.method.as_str(), kisi.open.url.as_str()),
            ("POST", "https://api.kisi.io/locks/LOCK-ID/unlock")
        );
        assert_eq!((keys().collect::<Vec<_>>(), text("other")), (vec!["kisi", "relay"], None));
    }
}

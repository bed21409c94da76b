//! The words of a space's mails.

use verifier::invitations::post::Letters;
use web::{Language, Words};

/// Writes letters with the words of the catalogue.
#[derive(Clone, Copy, Debug, Default)]
pub struct CatalogueLetters;

impl Letters for CatalogueLetters {
    fn invitation(&self, language: &str, space: &str, link: &str) -> (String, String) {
        let words = Words::new(Language::of_tag(language).unwrap_or_default());
        let text = words.say_with("invite-mail-text", &[("space", space), ("link", link)]);
        (words.say_with("invite-mail-subject", &[("space", space)]), text)
    }
}

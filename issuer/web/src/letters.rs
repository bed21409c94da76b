//! The words of the office's mails.

use issuer::{Letters, Office};
use outbound::mail::Deliver;
use store::StoreFault;
use web::{Language, Words};

/// Writes letters with the words of the catalogue.
#[derive(Clone, Copy, Debug, Default)]
pub struct CatalogueLetters;

impl Letters for CatalogueLetters {
    fn email_check(&self, language: &str, office: &str, link: &str) -> (String, String) {
        let words = Words::new(Language::of_tag(language).unwrap_or_default());
        let text = words.say_with("email-mail-text", &[("office", office), ("link", link)]);
        (words.say("email-mail-subject"), text)
    }
}

/// One step of the office's worker with these letters, see [`Office::work`].
///
/// # Errors
/// The store.
pub async fn work(office: &Office, mailer: &dyn Deliver) -> Result<usize, StoreFault> {
    office.work(mailer, &CatalogueLetters).await
}

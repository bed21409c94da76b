//! The pages of a space for its members: where to book, who is there, where to find help. They stand in the space's DID document,
//! which is the same for everybody, and are learned when the member asks the space something: opening a page of the wallet calls nobody.

use did::{Did, Document};
use network::space_pages::{SpacePage, TYPE};

use crate::flows::mailbox::is_page_of;
use crate::records::{KeptPages, SpaceView};
use crate::vault::VaultError;
use crate::wallet::Wallet;

/// The longest address that is shown, in bytes.
const LONGEST: usize = 500;

impl Wallet {
    /// Learns which pages the space names now. Where its document cannot be had, those of before stay.
    pub(super) async fn learn_pages(&self, space: &SpaceView) -> Result<(), VaultError> {
        let Ok(did) = Did::parse(&space.id) else { return Ok(()) };
        let document = match self.trust.document(&did).await {
            Ok(Some(document)) => document,
            Ok(None) => return Ok(()),
            Err(error) => {
                tracing::debug!(%error, "the pages of a space could not be looked up");
                return Ok(());
            }
        };
        let kept = KeptPages { space: space.id.clone(), pages: pages_of(&document, &space.id, &space.host) };
        if self.vault.get::<KeptPages>(&space.id).await?.as_ref() == Some(&kept) {
            return Ok(());
        }
        self.vault.put(&kept).await
    }
}

/// The pages that a document names, of those at the very host of its space.
fn pages_of(document: &Document, space: &str, host: &str) -> Vec<(SpacePage, String)> {
    let page = |kind: SpacePage| {
        let service = document.service(kind.fragment()).filter(|service| service.is(TYPE))?;
        let address = service.endpoint_url()?;
        let is_own = address.len() <= LONGEST && is_page_of(address, space, Some(host));
        is_own.then(|| (kind, address.to_owned()))
    };
    SpacePage::ALL.into_iter().filter_map(page).collect()
}

#[cfg(test)]
mod tests {
    use did::DocumentBuilder;

    use super::*;

    const KILN: &str = "did:web:kiln.example";

    fn pages(services: &[(&str, &str, &str)]) -> Vec<(SpacePage, String)> {
        let builder = DocumentBuilder::new(&Did::parse(KILN).unwrap());
        let with = |builder: DocumentBuilder, (fragment, kind, address): &(&str, &str, &str)| {
            builder.service(fragment, kind, *address)
        };
        let document = services.iter().fold(builder, with).build().unwrap();
        pages_of(&document, KILN, "kiln.example")
    }

    #[test]
    fn pages_at_the_very_host_of_the_space_are_shown_in_their_order() {
        let named = pages(&[
            ("help", TYPE, "https://kiln.example/help"),
            ("book", TYPE, "https://kiln.example/book?from=passport"),
        ]);
        assert_eq!(
            named,
            [
                (SpacePage::Book, "https://kiln.example/book?from=passport".to_owned()),
                (SpacePage::Help, "https://kiln.example/help".to_owned()),
            ]
        );
    }

    #[test]
    fn what_leads_elsewhere_is_no_page_of_the_space() {
        let long = format!("https://kiln.example/{}", "x".repeat(LONGEST));
        for address in [
            "http://kiln.example/book",
            "https://booking.example/kiln",
            "https://kiln.example.evil.example/",
            "https://kiln.example@evil.example/",
            "https://kiln.example:8443/",
            "javascript:alert(1)",
            "mailto:team@kiln.example",
            "/book",
            &long,
        ] {
            assert_eq!(pages(&[("book", TYPE, address)]), [], "{address}");
        }
        assert_eq!(pages(&[("book", "LinkedDomains", "https://kiln.example/book")]), [], "another service");
        assert_eq!(pages(&[("shop", TYPE, "https://kiln.example/shop")]), [], "no such page");
    }
}

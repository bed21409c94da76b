//! The poster for the door: one page to be printed, with a QR code and what an NFC tag is to carry.

use std::fmt::Write as _;

use askama::Template;
use web::Words;
use web::qr::Qr;

use crate::ndef::{NdefError, uri_record};

/// A page that needs nothing but itself, for paper of any size from A5 to A4.
#[derive(Template)]
#[template(path = "poster.html")]
pub struct Poster {
    words: Words,
    space: String,
    address: String,
    svg: String,
    record: String,
}

/// Why no poster is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PosterError {
    /// The address is too long for a QR code.
    #[error(transparent)]
    Qr(#[from] web::qr::TooLong),
    /// The address does not fit a tag.
    #[error(transparent)]
    Tag(#[from] NdefError),
}

impl Poster {
    /// The poster of the space named `space`, which lives at `origin` (without a slash at its end).
    ///
    /// # Errors
    /// See [`PosterError`].
    pub fn new(words: Words, space: &str, origin: &str) -> Result<Self, PosterError> {
        let address = format!("{origin}/join");
        let svg = Qr::new(&address)?.svg(&words.say_with("poster-qr", &[("address", &address)]));
        let record = uri_record(&address)?.iter().fold(String::new(), |mut text, byte| {
            // Writing to a string cannot fail.
            let _ = write!(text, "{byte:02X} ");
            text
        });
        Ok(Self { words, space: space.to_owned(), address, svg, record: record.trim_end().to_owned() })
    }

    /// The page as HTML.
    #[must_use]
    pub fn html(&self) -> String {
        // The template writes to a string only.
        self.render().unwrap_or_default()
    }
}

impl std::fmt::Debug for Poster {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "Poster({})", self.address)
    }
}

//! The part of a page on which somebody answers: in a wallet on this device, or in one on another.

use askama::Template;
use askama::filters::HtmlSafe;
use web::Words;
use web::page::{CopyLink, LinkButton, QrFigure, Waiting, WalletButton};

use crate::site::Failed;

/// Button, QR code and link, and how it stands meanwhile.
#[derive(Template)]
#[template(path = "two_ways.html")]
pub(crate) struct TwoWays {
    words: Words,
    open: WalletButton,
    qr: QrFigure,
    link: CopyLink,
    waiting: Waiting,
    next: Option<LinkButton>,
}

impl HtmlSafe for TwoWays {}

impl TwoWays {
    /// The request for this device is behind `here`, the one for another behind `there`, which the page calls `id`.
    ///
    /// # Errors
    /// The link is longer than a QR code holds.
    pub(crate) fn new(
        words: Words,
        id: &'static str,
        here: String,
        there: String,
        waiting: Waiting,
    ) -> Result<Self, Failed> {
        Ok(Self {
            words,
            open: WalletButton::new(words, words.say("join-open"), here),
            qr: QrFigure::new(words, &there)?,
            link: CopyLink { words, id, link: there },
            waiting,
            next: None,
        })
    }

    /// With a button to the page that follows, named `label`, for browsers that do not go on by themselves.
    pub(crate) fn going_on(self, to: &str, label: String) -> Self {
        Self { next: Some(LinkButton { href: to.to_owned(), label, secondary: true }), ..self }
    }
}

//! Pages and the components that they are made of.
//!
//! A party writes the body as an askama template of its own, with components as fields (`{{ waiting }}`,
//! they escape what they show), and answers with [`Page`], which brings frame, style, language and the
//! headers. Everything works without scripts; scripts come from [`crate::assets`].

#[cfg(test)]
mod tests;

use std::borrow::Cow;
use std::fmt;

use askama::Template;
use askama::filters::HtmlSafe;
use axum::response::{IntoResponse, Response};
use http::header::{CONTENT_TYPE, VARY};
use http::{HeaderValue, StatusCode};
use serde::Serialize;

use crate::ApiError;
use crate::assets::{Assets, assets};
use crate::catalogue::Words;
use crate::qr::{Qr, TooLong};

/// A whole page around a body.
#[derive(Template)]
#[template(path = "page.html")]
pub struct Page<B: fmt::Display> {
    words: Words,
    title: String,
    site: String,
    body: B,
    scripts: Vec<&'static str>,
    refresh: Option<u32>,
    wide: bool,
    installable: bool,
    menu: Option<Menu>,
    /// Where the name in the bar leads.
    home: &'static str,
    /// What is said below the body in the place of the usual words.
    foot: Option<String>,
    /// What is said above the body on every page; written by a component.
    banner: Option<String>,
    /// What the page knows, and what it says when something is new.
    live: Option<(String, String)>,
    /// Where the browser goes on to at once.
    onward: Option<String>,
    /// The style and the logo of the party's own.
    dress: Dress,
    files: &'static Assets,
}

impl<B: fmt::Display> Page<B> {
    /// A page with `title` around `body`, a template whose text is escaped already.
    #[must_use]
    pub fn new(words: Words, title: impl Into<String>, body: B) -> Self {
        Self {
            words,
            title: title.into(),
            site: String::new(),
            body,
            scripts: Vec::new(),
            refresh: None,
            wide: false,
            installable: false,
            menu: None,
            home: "/",
            foot: None,
            banner: None,
            live: None,
            onward: None,
            dress: Dress::default(),
            files: assets(),
        }
    }

    /// This page under the name of its party.
    #[must_use]
    pub fn of_site(self, site: impl Into<String>) -> Self {
        Self { site: site.into(), ..self }
    }

    /// This page in the party's own colour and with its logo.
    #[must_use]
    pub fn dressed(self, dress: Dress) -> Self {
        Self { dress, ..self }
    }

    /// This page with the script that works copy buttons.
    #[must_use]
    pub fn with_copying(mut self) -> Self {
        self.scripts.push(self.files.copy.url());
        self
    }

    /// This page with the script that remembers a wallet's address ([`WalletButton`]).
    #[must_use]
    pub fn with_wallets(mut self) -> Self {
        self.scripts.push(self.files.wallet.url());
        self
    }

    /// This page with a script of the party's own, at a path of its host.
    #[must_use]
    pub fn with_script(mut self, path: &'static str) -> Self {
        self.scripts.push(path);
        self
    }

    /// This page going on by itself: by script, or without it by loading again every 5 seconds. A page
    /// with a form does better without the latter, see [`Self::with_waiting_beside_a_form`].
    #[must_use]
    pub fn with_waiting(self) -> Self {
        Self { refresh: Some(5), ..self.with_waiting_beside_a_form() }
    }

    /// This page going on by script alone, so that nothing typed is lost.
    #[must_use]
    pub fn with_waiting_beside_a_form(mut self) -> Self {
        self.scripts.push(self.files.waiting.url());
        self
    }

    /// This page as one of an application that a phone can keep: the host serves `/manifest.webmanifest` and `/worker.js`.
    #[must_use]
    pub fn installable(mut self) -> Self {
        self.scripts.push(self.files.worker.url());
        self.with_manifest()
    }

    /// This page as one of such an application, without anything that stays in the browser.
    #[must_use]
    pub fn with_manifest(self) -> Self {
        Self { installable: true, ..self }
    }

    /// This page under a menu that leads to the other pages of its party. It is opened and closed without scripts.
    #[must_use]
    pub fn with_menu(mut self, menu: Menu) -> Self {
        self.scripts.push(self.files.menu.url());
        Self { menu: Some(menu), ..self }
    }

    /// This page of a part of the host that has a first page of its own, and its own words at the foot.
    #[must_use]
    pub fn below(self, home: &'static str, foot: String) -> Self {
        Self { home, foot: Some(foot), ..self }
    }

    /// This page with a component between the bar and the body.
    #[must_use]
    pub fn with_banner(self, banner: impl HtmlSafe) -> Self {
        Self { banner: Some(banner.to_string()), ..self }
    }

    /// This page with what a script of the party's needs to keep parts of it as they are now ([`crate::live`]): what the page knows,
    /// and what is said to whoever does not see that something is new.
    #[must_use]
    pub fn kept_live(self, known: String, news: String) -> Self {
        Self { live: Some((known, news)), ..self }
    }

    /// This page leading on to `address` at once, which is another host's, so that no form may end there; made by the party. The
    /// page stays behind it for whoever goes back.
    #[must_use]
    pub fn leading_on_to(self, address: String) -> Self {
        Self { onward: Some(address), ..self }
    }

    /// This page over the whole width of a desk screen, for tables and columns.
    #[must_use]
    pub fn wide(self) -> Self {
        Self { wide: true, ..self }
    }
}

impl<B: fmt::Display> IntoResponse for Page<B> {
    fn into_response(self) -> Response {
        let Ok(text) = self.render() else {
            tracing::error!("a page could not be written");
            return ApiError::internal().into_response();
        };
        let headers = [
            (CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8")),
            (VARY, HeaderValue::from_static("Accept-Language")),
        ];
        (StatusCode::OK, headers, text).into_response()
    }
}

impl<B: fmt::Display> fmt::Debug for Page<B> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Page")
    }
}

/// What a party's pages wear of its own: paths of its host.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Dress {
    /// A style sheet over the usual one.
    pub style: Option<String>,
    /// A picture before the party's name.
    pub logo: Option<String>,
}

/// What went wrong in plain words, and what to do.
#[derive(Debug, Template)]
#[template(path = "error_page.html")]
pub struct ErrorPage {
    /// What went wrong.
    pub title: String,
    /// What to do.
    pub text: String,
}

impl ErrorPage {
    /// The page of the messages `error-KIND-title` and `error-KIND-text`.
    pub(crate) fn new(words: Words, kind: &str) -> Self {
        Self {
            title: words.say(&format!("error-{kind}-title")),
            text: words.say(&format!("error-{kind}-text")),
        }
    }

    /// A page with words of the party's own.
    #[must_use]
    pub fn of(title: impl Into<String>, text: impl Into<String>) -> Self {
        Self { title: title.into(), text: text.into() }
    }
}

/// The errors of a form on top of it, each a link to its field; nothing if there are none.
#[derive(Debug, Template)]
#[template(path = "error_summary.html")]
pub struct ErrorSummary {
    /// The reader's words.
    pub words: Words,
    /// The `id` of a field, and what is wrong with it.
    pub errors: Vec<(String, String)>,
}

/// A QR code with its text alternative and caption. Put a [`CopyLink`] or [`LinkButton`] with the same
/// address below it.
#[derive(Debug, Template)]
#[template(path = "qr_figure.html")]
pub struct QrFigure {
    caption: String,
    svg: String,
}

impl QrFigure {
    /// The figure of `link`.
    ///
    /// # Errors
    /// [`TooLong`].
    pub fn new(words: Words, link: &str) -> Result<Self, TooLong> {
        Self::of(link, &words.say("qr-alternative"), words.say("qr-caption"))
    }

    /// The figure of something else than a link, with what it is, and what it is for.
    ///
    /// # Errors
    /// [`TooLong`].
    pub fn of(text: &str, alternative: &str, caption: String) -> Result<Self, TooLong> {
        Ok(Self { caption, svg: Qr::new(text)?.svg(alternative) })
    }
}

/// A link to read, select and copy.
#[derive(Debug, Template)]
#[template(path = "copy_link.html")]
pub struct CopyLink {
    /// The reader's words.
    pub words: Words,
    /// The field's `id`, once per page.
    pub id: &'static str,
    /// The link.
    pub link: String,
}

/// Buttons that copy what stands in an element of the page, and hand it on to another application of the device. Without scripts
/// they are not there: what is to be copied is there to be read. The page needs [`Page::with_copying`].
#[derive(Debug, Template)]
#[template(path = "copy_buttons.html")]
pub struct CopyButtons {
    /// The reader's words.
    pub words: Words,
    /// The `id` of the element.
    pub id: &'static str,
    /// What it is called where it is handed on.
    pub title: String,
    /// What the copy button is called, in full.
    pub copy: String,
    /// The same of the other.
    pub hand_on: String,
}

/// The field for the 6 digits of the phone, in a form of its own.
#[derive(Debug, Template)]
#[template(path = "code_entry.html")]
pub struct CodeEntry {
    /// The reader's words.
    pub words: Words,
    /// Where the form goes.
    pub action: String,
    /// The form's token ([`crate::csrf`]).
    pub csrf: String,
    /// What is wrong with what was typed.
    pub error: Option<String>,
}

/// Something to know before anything else.
#[derive(Debug, Template)]
#[template(path = "notice.html")]
pub struct Notice {
    /// What happened.
    pub title: String,
    /// What it means; may be empty.
    pub text: String,
    /// Whether it is read out at once and looks alarming.
    pub warning: bool,
}

/// The waiting state: goes on by itself when the state that `status_url` tells is another.
#[derive(Debug, Template)]
#[template(path = "waiting.html")]
pub struct Waiting {
    /// The reader's words.
    pub words: Words,
    /// A path of this host that answers with [`WaitingStatus`].
    pub status_url: String,
    /// The state in which this page was made.
    pub state: Cow<'static, str>,
}

/// What the address of a [`Waiting`] answers, as JSON.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct WaitingStatus {
    /// The state; a change makes the page go on.
    pub state: &'static str,
    /// A path of this host to go to; without it the page is loaded again.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub location: Option<String>,
}

/// One line of a [`Menu`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MenuItem {
    /// Where it leads; made by the party.
    pub href: &'static str,
    /// What it says.
    pub label: String,
    /// Whether the reader is there.
    pub here: Here,
}

/// Where a reader is, as a line of a [`Menu`] sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Here {
    /// Elsewhere.
    No,
    /// At this very page.
    Page,
    /// At a page below it (WAI-ARIA 1.2, `aria-current`).
    Below,
}

/// Lines of a [`Menu`] that belong together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MenuGroup {
    /// What they are about; none where a menu has one group alone.
    pub title: Option<String>,
    /// The pages.
    pub items: Vec<MenuItem>,
}

/// The menu of a party whose pages belong together.
#[derive(Debug, Template)]
#[template(path = "menu.html")]
pub struct Menu {
    /// The reader's words.
    pub words: Words,
    /// The pages.
    pub groups: Vec<MenuGroup>,
    /// What ends it all, as the last line.
    pub last: PostButton,
}

/// A link that looks like a button.
#[derive(Debug, Template)]
#[template(path = "link_button.html")]
pub struct LinkButton {
    /// Where it leads; made by the party, never typed by anybody.
    pub href: String,
    /// What it says.
    pub label: String,
    /// Whether it stands back behind another.
    pub secondary: bool,
}

/// The button that opens a member's wallet with a link: by the link's own scheme, or at the web address of a wallet that the
/// browser remembers, and this host never learns. The page needs [`Page::with_wallets`].
#[derive(Debug, Template)]
#[template(path = "wallet_button.html")]
pub struct WalletButton {
    words: Words,
    label: String,
    link: String,
    installed: String,
}

impl WalletButton {
    /// The button for a link of OpenID4VP or OpenID4VCI, made by the party.
    #[must_use]
    pub fn new(words: Words, label: String, link: String) -> Self {
        let query = link.split_once('?').map_or("", |(_, query)| query);
        Self { words, label, installed: format!("web+passport:?{query}"), link }
    }
}

/// How a button looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Look {
    /// What most people want.
    Main,
    /// The other way.
    Secondary,
    /// What cannot be undone.
    Danger,
}

impl Look {
    fn class(self) -> &'static str {
        match self {
            Self::Main => "",
            Self::Secondary => "secondary",
            Self::Danger => "danger",
        }
    }
}

/// A button that changes something: a form with nothing but its token.
#[derive(Debug, Template)]
#[template(path = "post_button.html")]
pub struct PostButton {
    /// Where the form goes.
    pub action: String,
    /// The form's token ([`crate::csrf`]).
    pub csrf: String,
    /// What it says.
    pub label: String,
    /// How it looks.
    pub look: Look,
}

/// Components escape what they show, so that templates put them in as they are.
macro_rules! written_as_they_are {
    ($($component:ty),*) => { $(impl HtmlSafe for $component {})* };
}
written_as_they_are!(
    ErrorPage,
    ErrorSummary,
    QrFigure,
    CopyLink,
    CopyButtons,
    CodeEntry,
    Notice,
    Waiting,
    Menu,
    LinkButton,
    WalletButton,
    PostButton
);

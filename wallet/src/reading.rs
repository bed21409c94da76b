//! What a text is that was scanned, pasted, held to the phone or handed over. Nothing is fetched to find out: what is wrong in a
//! link itself is told by the flow that opens it, which has its entry in the history.

use std::collections::BTreeSet;

use did::number::PassportNumber;
use openid4vc::vci::offer;
use openid4vc::vp::link::Link;
use openid4vc::vp::request::RequestError;
use outbound::is_development_host;
use url::{Url, form_urlencoded};

use crate::shown;

/// What the operating system hands over, in the place of whoever asks.
const OWN_SCHEME: &str = "web+passport";
/// Most characters that are shown of a text that is no link.
const LONGEST_SEEN: usize = 80;

/// What can be opened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reading {
    /// Somebody asks: the link, for [`crate::Wallet::present`].
    Request(String),
    /// Somebody offers: the link, for [`crate::Wallet::accept_offer`].
    Offer(String),
    /// The page of somebody, for the browser; the wallet fetches nothing from there.
    Page(PageAddress),
}

/// The address of a page that a person may be led to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PageAddress {
    address: String,
    host: String,
}

impl PageAddress {
    /// The address.
    #[must_use]
    pub fn address(&self) -> &str {
        &self.address
    }

    /// Its host, as it is compared.
    #[must_use]
    pub fn host(&self) -> &str {
        &self.host
    }
}

/// Why a text is nothing that a wallet opens, with what was seen, made harmless.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unreadable {
    /// Nothing.
    Empty,
    /// A network passport number.
    Number,
    /// An address on the way to which others read along: this host, by http.
    NotEncrypted(String),
    /// An address whose host is written in letters that can look like others; here in the spelling that is compared.
    LookAlike(String),
    /// An address that shows a name before its host; here the host.
    Disguised(String),
    /// Something for another application: this scheme.
    Scheme(String),
    /// No address.
    Text(String),
}

impl Unreadable {
    /// A word for it.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Empty => "empty",
            Self::Number => "number",
            Self::NotEncrypted(_) => "not_encrypted",
            Self::LookAlike(_) => "look_alike",
            Self::Disguised(_) => "disguised",
            Self::Scheme(_) => "scheme",
            Self::Text(_) => "text",
        }
    }

    /// What was seen.
    #[must_use]
    pub fn seen(&self) -> &str {
        match self {
            Self::Empty | Self::Number => "",
            Self::NotEncrypted(seen)
            | Self::LookAlike(seen)
            | Self::Disguised(seen)
            | Self::Scheme(seen)
            | Self::Text(seen) => seen,
        }
    }
}

impl Reading {
    /// Reads a text.
    ///
    /// # Errors
    /// [`Unreadable`], with what it is instead.
    pub fn of(text: &str) -> Result<Self, Unreadable> {
        let text = text.trim();
        if text.is_empty() {
            return Err(Unreadable::Empty);
        }
        // A number has no colon, and an address has one.
        if PassportNumber::parse(text).is_ok() {
            return Err(Unreadable::Number);
        }
        let url = Url::parse(text).map_err(|_| no_address(text))?;
        match url.scheme() {
            OWN_SCHEME => Self::of_query(url.query().unwrap_or_default()).map_err(|_| no_address(text)),
            "http" | "https" => Self::of_address(text, &url),
            _ => Self::of_scheme(text).ok_or_else(|| Unreadable::Scheme(cut(url.scheme()))),
        }
    }

    /// Reads the parameters alone, as they stand behind the wallet's own address. There is nothing to be read in a parameter that is
    /// given twice.
    ///
    /// # Errors
    /// [`Unreadable::Text`].
    pub fn of_query(query: &str) -> Result<Self, Unreadable> {
        let mut names = BTreeSet::new();
        for (name, _) in form_urlencoded::parse(query.as_bytes()) {
            if !names.insert(name.into_owned()) {
                return Err(no_address(query));
            }
        }
        if names.contains("credential_offer") || names.contains("credential_offer_uri") {
            return Ok(Self::Offer(format!("openid-credential-offer://?{query}")));
        }
        if names.contains("client_id") {
            return Ok(Self::Request(format!("openid4vp://?{query}")));
        }
        Err(no_address(query))
    }

    /// A link of a wallet's own scheme.
    fn of_scheme(text: &str) -> Option<Self> {
        if offer::Link::parse(text).is_ok() {
            return Some(Self::Offer(text.to_owned()));
        }
        match Link::parse(text) {
            Err(RequestError::NotARequestLink) => None,
            _ => Some(Self::Request(text.to_owned())),
        }
    }

    /// A page, or a link behind the address of somebody's wallet.
    fn of_address(text: &str, url: &Url) -> Result<Self, Unreadable> {
        let host = url.host_str().unwrap_or_default();
        if !url.username().is_empty() || url.password().is_some() {
            return Err(Unreadable::Disguised(cut(host)));
        }
        if url.scheme() == "http" && !is_development_host(host) {
            return Err(Unreadable::NotEncrypted(cut(host)));
        }
        // Letters beyond ASCII are in this spelling by now (RFC 5891 §4.4); many of them look like others.
        if host.split('.').any(|label| label.starts_with("xn--")) {
            return Err(Unreadable::LookAlike(cut(host)));
        }
        match Link::parse(text) {
            // An address without a word of a request in it.
            Err(RequestError::Missing("client_id")) if offer::Link::parse(text).is_err() => {
                Ok(Self::Page(PageAddress { address: url.to_string(), host: cut(host) }))
            }
            _ => Self::of_scheme(text).ok_or_else(|| no_address(text)),
        }
    }
}

fn no_address(text: &str) -> Unreadable {
    Unreadable::Text(cut(text))
}

fn cut(text: &str) -> String {
    let mut seen = shown(&text.chars().take(LONGEST_SEEN).collect::<String>());
    if text.chars().nth(LONGEST_SEEN).is_some() {
        seen.push('…');
    }
    seen
}

#[cfg(test)]
mod tests {
    use did::number::OfficePrefix;

    use super::*;

    const QUERY: &str = "client_id=x509_hash%3Aabc&request_uri=https%3A%2F%2Fkiln.example%2Fr";
    const OFFER: &str = "credential_offer_uri=https%3A%2F%2Foffice.example%2Fo";

    #[test]
    fn links_of_every_scheme_are_told_apart() {
        for scheme in ["openid4vp://", "haip-vp://", "https://wallet.example/authorize"] {
            let link = format!("{scheme}?{QUERY}");
            assert_eq!(Reading::of(&format!("  {link}\n")), Ok(Reading::Request(link)));
        }
        for scheme in ["openid-credential-offer://", "haip-vci://", "https://wallet.example/authorize"] {
            let link = format!("{scheme}?{OFFER}");
            assert_eq!(Reading::of(&link), Ok(Reading::Offer(link.clone())));
        }
        let handed_over = |query| Reading::of(&format!("web+passport:?{query}"));
        assert_eq!(handed_over(QUERY), Ok(Reading::Request(format!("openid4vp://?{QUERY}"))));
        assert_eq!(handed_over(OFFER), Ok(Reading::Offer(format!("openid-credential-offer://?{OFFER}"))));
    }

    #[test]
    fn parameters_of_a_request_or_an_offer_are_one_and_nothing_else_is() {
        assert_eq!(Reading::of_query(QUERY), Ok(Reading::Request(format!("openid4vp://?{QUERY}"))));
        assert_eq!(
            Reading::of_query(OFFER),
            Ok(Reading::Offer(format!("openid-credential-offer://?{OFFER}")))
        );
        for nothing in ["", "a=b", "client_id=x&client_id=y", "client_id=x&a=1&a=1"] {
            assert_eq!(Reading::of_query(nothing), Err(Unreadable::Text(nothing.to_owned())));
        }
    }

    #[test]
    fn a_page_is_one_with_its_host_and_is_led_to_by_https_alone() {
        for (page, host) in [
            ("https://kiln.example/join", "kiln.example"),
            ("https://KILN.example:8443/?a=b", "kiln.example"),
            ("http://kiln.localhost:8080/join", "kiln.localhost"),
        ] {
            let Ok(Reading::Page(read)) = Reading::of(page) else { panic!("{page}") };
            assert_eq!(read.host(), host);
            assert_eq!(read.address(), Url::parse(page).unwrap().as_str());
        }
        for plain in ["http://kiln.example/join", "http://localhost.example/", "HTTP://kiln.example"] {
            assert_eq!(Reading::of(plain).unwrap_err().code(), "not_encrypted", "{plain}");
        }
        assert_eq!(
            Reading::of(&format!("http://wallet.example/authorize?{QUERY}")),
            Err(Unreadable::NotEncrypted("wallet.example".to_owned()))
        );
    }

    #[test]
    fn a_host_that_looks_like_another_is_shown_as_it_is_compared_and_not_led_to() {
        for (looks_like, is) in [
            // Cyrillic а, and a dotless i.
            ("https://kiln-n\u{430}rth.example/join", "xn--kiln-nrth-5yh.example"),
            ("https://k\u{131}ln.example/join", "xn--kln-jua.example"),
            ("https://xn--kln-jua.example/join", "xn--kln-jua.example"),
        ] {
            assert_eq!(Reading::of(looks_like), Err(Unreadable::LookAlike(is.to_owned())));
        }
        for disguised in ["https://kiln.example@evil.example/", "https://kiln.example:join@evil.example/join"]
        {
            let refused = Reading::of(disguised);
            assert_eq!(refused, Err(Unreadable::Disguised("evil.example".to_owned())), "{disguised}");
        }
    }

    #[test]
    fn whatever_else_is_told_by_what_it_is() {
        for (text, refused) in [
            ("", Unreadable::Empty),
            (" \n", Unreadable::Empty),
            ("XK0A", Unreadable::Text("XK0A".to_owned())),
            ("<script>", Unreadable::Text("<script>".to_owned())),
            ("kiln.example/join", Unreadable::Text("kiln.example/join".to_owned())),
            ("javascript:alert(1)", Unreadable::Scheme("javascript".to_owned())),
            ("data:text/html,x", Unreadable::Scheme("data".to_owned())),
            ("tel:+1", Unreadable::Scheme("tel".to_owned())),
            ("WIFI:T:WPA;S:kiln;P:canary;;", Unreadable::Scheme("wifi".to_owned())),
            ("web+passport:?a=b", Unreadable::Text("web+passport:?a=b".to_owned())),
            ("web+passport:", Unreadable::Text("web+passport:".to_owned())),
            ("mailto:a@example.org?client_id=x", Unreadable::Scheme("mailto".to_owned())),
            (
                "file:///etc/passwd?client_id=x&request_uri=https://a.example",
                Unreadable::Scheme("file".to_owned()),
            ),
        ] {
            assert_eq!(Reading::of(text), Err(refused), "{text}");
        }
        let long = Reading::of(&"x".repeat(500)).unwrap_err();
        assert_eq!(long.seen().chars().count(), 81);
        assert_eq!(Reading::of("a\u{202e}b").unwrap_err().seen(), "a\\u{202e}b");
    }

    #[test]
    fn a_number_is_known_and_one_with_a_typing_error_is_none() {
        let office = OfficePrefix::parse("0FF1").unwrap();
        let number = PassportNumber::generate(office, &environment::SeededRandomness::new(7));
        assert_eq!(Reading::of(&number.printed()), Err(Unreadable::Number));
        assert_eq!(Reading::of(&number.canonical().to_lowercase()), Err(Unreadable::Number));
        let wrong = number.printed().replacen('0', "2", 1);
        assert_eq!(Reading::of(&wrong), Err(Unreadable::Text(wrong.clone())));
    }
}

//! The one catalogue of words on screens, in every language (Fluent files in `messages/`, one for each place that has words of its
//! own; a key stands in one of them).
//!
//! A page holds [`Words`] and says `words.say("key")` or `words.say_with("key", &[("name", value)])`;
//! the template escapes. All languages have the same keys with the same arguments: a test sees to it.

#[cfg(test)]
mod tests;

use std::sync::LazyLock;

use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::{FluentArgs, FluentResource, FluentValue};
use http::HeaderMap;
use http::header::ACCEPT_LANGUAGE;
use unic_langid::LanguageIdentifier;

/// The files of one language, by whose words they are.
macro_rules! files_of {
    ($language:literal) => {
        [
            include_str!(concat!("../messages/", $language, "/shared.ftl")),
            include_str!(concat!("../messages/", $language, "/office.ftl")),
            include_str!(concat!("../messages/", $language, "/space.ftl")),
            include_str!(concat!("../messages/", $language, "/console.ftl")),
            include_str!(concat!("../messages/", $language, "/rules.ftl")),
            include_str!(concat!("../messages/", $language, "/outgoing.ftl")),
            include_str!(concat!("../messages/", $language, "/wallet.ftl")),
            include_str!(concat!("../messages/", $language, "/demo.ftl")),
        ]
    };
}

const ENGLISH: [&str; 8] = files_of!("en");
const SPANISH: [&str; 8] = files_of!("es");

static CATALOGUE: LazyLock<[FluentBundle<FluentResource>; 2]> =
    LazyLock::new(|| [bundle("en", &ENGLISH), bundle("es", &SPANISH)]);

/// A language that the screens speak.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Language {
    /// English, also for those whose languages are not spoken.
    #[default]
    English,
    /// Spanish.
    Spanish,
}

impl Language {
    /// Every language.
    pub const ALL: [Self; 2] = [Self::English, Self::Spanish];

    /// The language's tag (RFC 5646).
    #[must_use]
    pub fn tag(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::Spanish => "es",
        }
    }

    /// The language's name in itself.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::English => "English",
            Self::Spanish => "Español",
        }
    }

    /// The language of a tag, if it is spoken; regions are forgiven.
    #[must_use]
    pub fn of_tag(tag: &str) -> Option<Self> {
        let primary = tag.split('-').next()?.trim();
        Self::ALL.into_iter().find(|language| language.tag().eq_ignore_ascii_case(primary))
    }

    /// The spoken language that the reader likes best (`Accept-Language`, RFC 9110 §12.5.4).
    #[must_use]
    pub fn of_request(headers: &HeaderMap) -> Self {
        let text = headers.get(ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let mut best: Option<(Self, u16)> = None;
        for range in text.split(',').take(32) {
            let (tag, weight) = weighted(range);
            let language = if tag == "*" { Some(Self::default()) } else { Self::of_tag(tag) };
            if let Some(language) = language
                && weight > best.map_or(0, |(_, weight)| weight)
            {
                best = Some((language, weight));
            }
        }
        best.map_or_else(Self::default, |(language, _)| language)
    }

    fn bundle(self) -> &'static FluentBundle<FluentResource> {
        let [english, spanish] = &*CATALOGUE;
        match self {
            Self::English => english,
            Self::Spanish => spanish,
        }
    }
}

/// A language range and its weight in thousandths; a weight that cannot be read counts as none.
fn weighted(range: &str) -> (&str, u16) {
    let (tag, weight) = match range.split_once(';') {
        Some((tag, parameter)) => (tag, parameter.trim().strip_prefix("q=").unwrap_or("0")),
        None => (range, "1"),
    };
    let (whole, thousandths) = weight.split_once('.').unwrap_or((weight, ""));
    let fraction = format!("{thousandths:0<3}");
    let fraction: u16 = if fraction.len() == 3 { fraction.parse().unwrap_or(0) } else { 0 };
    match whole {
        "1" => (tag.trim(), 1_000),
        "0" => (tag.trim(), fraction),
        _ => (tag.trim(), 0),
    }
}

/// The words of one language.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Words(Language);

impl Words {
    /// The words of `language`.
    #[must_use]
    pub fn new(language: Language) -> Self {
        Self(language)
    }

    /// The words of the language that the reader likes best.
    #[must_use]
    pub fn of_request(headers: &HeaderMap) -> Self {
        Self(Language::of_request(headers))
    }

    /// Which language.
    #[must_use]
    pub fn language(self) -> Language {
        self.0
    }

    /// The language's tag, for `lang` attributes.
    #[must_use]
    pub fn tag(self) -> &'static str {
        self.0.tag()
    }

    /// The message `key`; the key itself if there is none, which tests find.
    #[must_use]
    pub fn say(self, key: &str) -> String {
        self.format(key, None)
    }

    /// The message `key` with text in its places.
    #[must_use]
    pub fn say_with(self, key: &str, places: &[(&str, &str)]) -> String {
        let mut arguments = FluentArgs::with_capacity(places.len());
        for (name, value) in places {
            arguments.set(*name, FluentValue::from(*value));
        }
        self.format(key, Some(&arguments))
    }

    /// The message `key` with a number in the place `name`, in the plural form that it needs.
    #[must_use]
    pub fn count(self, key: &str, name: &str, number: u32) -> String {
        let mut arguments = FluentArgs::with_capacity(1);
        arguments.set(name, FluentValue::from(number));
        self.format(key, Some(&arguments))
    }

    /// The message `key` with a number in the place `name`, and text in its other places.
    #[must_use]
    pub fn count_with(self, key: &str, name: &str, number: u32, places: &[(&str, &str)]) -> String {
        let mut arguments = FluentArgs::with_capacity(places.len().saturating_add(1));
        arguments.set(name, FluentValue::from(number));
        for (place, value) in places {
            arguments.set(*place, FluentValue::from(*value));
        }
        self.format(key, Some(&arguments))
    }

    /// Whether the catalogue knows `key`.
    #[must_use]
    pub fn knows(self, key: &str) -> bool {
        self.0.bundle().has_message(key)
    }

    fn format(self, key: &str, arguments: Option<&FluentArgs<'_>>) -> String {
        let bundle = self.0.bundle();
        let Some(pattern) = bundle.get_message(key).and_then(|message| message.value()) else {
            return key.to_owned();
        };
        bundle.format_pattern(pattern, arguments, &mut Vec::new()).into_owned()
    }
}

impl<S: Sync> axum::extract::FromRequestParts<S> for Words {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut http::request::Parts, _: &S) -> Result<Self, Self::Rejection> {
        Ok(Self::of_request(&parts.headers))
    }
}

fn bundle(tag: &str, files: &[&str]) -> FluentBundle<FluentResource> {
    let language: LanguageIdentifier = tag.parse().unwrap_or_default();
    let mut bundle = FluentBundle::new_concurrent(vec![language]);
    // The marks around places serve mixed writing directions, which no language here has.
    bundle.set_use_isolating(false);
    for text in files {
        let resource = match FluentResource::try_new((*text).to_owned()) {
            Ok(resource) | Err((resource, _)) => resource,
        };
        // The files are compiled in; a test refuses errors and doubles in them.
        let _ = bundle.add_resource(resource);
    }
    bundle
}

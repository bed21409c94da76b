//! What is answered: a whole result, the document alone, an address or a presentation (DID Resolution, "HTTP(S) Binding";
//! RFC 9110 §12.5.1).

use did::dereference;
use did::resolution::binding::RESULT;
use did_resolver::PRESENTATION;
use http::HeaderMap;
use http::header::ACCEPT;

/// The `profile` by which results were asked for before they had a media type of their own.
const PROFILE: &str = "https://w3id.org/did-resolution";

/// The form of an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Form {
    /// The whole result: `application/did-resolution`.
    Result,
    /// The whole result as `application/json`.
    JsonResult,
    /// The whole result as older clients ask for it: `application/ld+json;profile="https://w3id.org/did-resolution"`.
    ProfiledResult,
    /// The document alone: `application/did`.
    Document,
    /// The document as DID Core 1.0 called it with a JSON-LD context: `application/did+ld+json`.
    JsonLdDocument,
    /// The document as DID Core 1.0 called it without: `application/did+json`.
    JsonDocument,
    /// The whole result of dereferencing: `application/did-url-dereferencing`.
    Dereferencing,
    /// The address alone, by redirection: `text/uri-list`.
    Address,
    /// The presentation that a DID has at `/whois`: `application/vp`.
    Presentation,
}

impl Form {
    /// What a DID may be answered with, in the order in which it is given to whoever takes several alike.
    pub const OF_DIDS: &'static [Self] = &[
        Self::Result,
        Self::Document,
        Self::JsonResult,
        Self::ProfiledResult,
        Self::JsonLdDocument,
        Self::JsonDocument,
        Self::Dereferencing,
    ];

    /// What any other DID URL may be answered with. Nobody is redirected who takes everything.
    pub const OF_DID_URLS: &'static [Self] = &[
        Self::Dereferencing,
        Self::Document,
        Self::JsonLdDocument,
        Self::JsonDocument,
        Self::Presentation,
        Self::Address,
    ];

    /// The form among `forms` that is asked for; `None` if it is none of them.
    #[must_use]
    pub fn asked(headers: &HeaderMap, forms: &[Self]) -> Option<Self> {
        let fields: Vec<&str> =
            headers.get_all(ACCEPT).iter().filter_map(|field| field.to_str().ok()).collect();
        let text = fields.join(",");
        if text.trim().is_empty() {
            return forms.first().copied();
        }
        let ranges: Vec<Range<'_>> = split(&text, ',').into_iter().filter_map(Range::read).collect();
        let mut best = None;
        for form in forms.iter().copied() {
            let weight = form.weight(&ranges);
            if weight > best.map_or(0, |(weight, _)| weight) {
                best = Some((weight, form));
            }
        }
        best.map(|(_, form)| form)
    }

    /// The media type, as it stands in the answer.
    #[must_use]
    pub const fn media_type(self) -> &'static str {
        match self {
            Self::Result => RESULT,
            Self::JsonResult => "application/json",
            Self::ProfiledResult => "application/ld+json;profile=\"https://w3id.org/did-resolution\"",
            Self::Document => "application/did",
            Self::JsonLdDocument => "application/did+ld+json",
            Self::JsonDocument => "application/did+json",
            Self::Dereferencing => dereference::RESULT,
            Self::Address => dereference::ADDRESSES,
            Self::Presentation => PRESENTATION,
        }
    }

    /// Whether the document is given alone.
    #[must_use]
    pub const fn is_document(self) -> bool {
        matches!(self, Self::Document | Self::JsonLdDocument | Self::JsonDocument)
    }

    /// The weight that the most specific range gives this form, in thousandths.
    fn weight(self, ranges: &[Range<'_>]) -> u16 {
        let name = self.media_type().split(';').next().unwrap_or_default();
        let matching = ranges.iter().filter_map(|range| Some((range.specificity(name)?, range.weight)));
        matching.max_by_key(|(specificity, _)| *specificity).map_or(0, |(_, weight)| weight)
    }
}

/// One media range with its weight.
struct Range<'a> {
    name: &'a str,
    weight: u16,
}

impl<'a> Range<'a> {
    /// Reads one; `None` for what is malformed or means another profile than ours.
    fn read(text: &'a str) -> Option<Self> {
        let mut parts = split(text, ';').into_iter();
        let name = parts.next()?.trim();
        name.split_once('/').filter(|(kind, of)| !kind.is_empty() && !of.is_empty())?;
        let mut weight = 1_000;
        for part in parts {
            let (parameter, value) = part.split_once('=')?;
            let value = value.trim();
            match parameter.trim().to_ascii_lowercase().as_str() {
                "q" => weight = thousandths(value)?,
                "profile" if value.trim_matches('"') != PROFILE => return None,
                _ => {}
            }
        }
        Some(Self { name, weight })
    }

    /// How exactly this range means a media type, if it does.
    fn specificity(&self, name: &str) -> Option<u8> {
        if self.name.eq_ignore_ascii_case(name) {
            return Some(2);
        }
        match self.name {
            "*/*" => Some(0),
            range if range.eq_ignore_ascii_case("application/*") => Some(1),
            _ => None,
        }
    }
}

/// A weight (RFC 9110 §12.4.2): 0 to 1 with at most three digits after the point.
fn thousandths(text: &str) -> Option<u16> {
    let (whole, part) = text.split_once('.').unwrap_or((text, ""));
    if part.len() > 3 || !part.bytes().all(|byte| byte.is_ascii_digit()) || !matches!(whole, "0" | "1") {
        return None;
    }
    let weight: u16 = format!("{whole}{part:0<3}").parse().ok()?;
    (weight <= 1_000).then_some(weight)
}

/// The parts between `mark`s that do not stand in quotes.
fn split(text: &str, mark: char) -> Vec<&str> {
    let mut quoted = false;
    text.split(|character| {
        quoted ^= character == '"';
        character == mark && !quoted
    })
    .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(fields: &[&str]) -> Option<Form> {
        let mut headers = HeaderMap::new();
        for field in fields {
            headers.append(ACCEPT, field.parse().unwrap());
        }
        Form::asked(&headers, Form::OF_DIDS)
    }

    #[test]
    fn every_spelling_of_a_form_is_understood_and_named_so_in_the_answer() {
        for form in Form::OF_DIDS.iter().copied() {
            assert_eq!(asked(&[form.media_type()]), Some(form));
        }
        assert_eq!(asked(&["APPLICATION/DID"]), Some(Form::Document));
        assert_eq!(
            asked(&["application/ld+json; profile=https://w3id.org/did-resolution"]),
            Some(Form::ProfiledResult)
        );
        for everything in [&[][..], &[""], &["*/*"], &["application/*"], &["text/html,*/*;q=0.8"]] {
            assert_eq!(asked(everything), Some(Form::Result), "{everything:?}");
        }
    }

    #[test]
    fn weights_decide_and_the_more_exact_range_counts() {
        for (field, form) in [
            ("application/did;q=0.5, application/did-resolution;q=0.4", Some(Form::Document)),
            ("application/did-resolution;q=0, */*", Some(Form::Document)),
            ("*/*;q=0.1, application/did+json", Some(Form::JsonDocument)),
            ("application/did, application/did-resolution", Some(Form::Result)),
            ("application/did;q=0.001", Some(Form::Document)),
            ("application/did;q=0", None),
            ("application/did;q=0.000, text/html", None),
        ] {
            assert_eq!(asked(&[field]), form, "{field}");
        }
        assert_eq!(asked(&["text/html", "application/did"]), Some(Form::Document), "two fields are one list");
    }

    #[test]
    fn what_is_not_ours_or_malformed_is_not_guessed() {
        for field in [
            "text/html",
            "text/uri-list",
            "application/didx",
            "application/ld+json;profile=\"https://w3id.org/other\"",
            "application/did;q=2",
            "application/did;q=0.0001",
            "application/did;q=-1",
            "application/did;q",
            "application",
            "/",
            ",",
            "\"application/did",
        ] {
            assert_eq!(asked(&[field]), None, "{field}");
        }
    }
}

//! A space's own colour and logo, as its pages wear them.
//!
//! The colour is one accent. What is written on it is black or white, whichever is read more easily (WCAG 2.2 §1.4.3: one of the two
//! always has 4.5:1), and where the accent itself is written on the page it is darkened, or in the dark lightened, until it has
//! 4.5:1 there. So no choice of a colour makes a page that cannot be read. Both are files of the space's own host under the hash of
//! what is in them; the strict policy of the pages stays.

use std::fmt::Write as _;

use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE};
use http::{HeaderName, HeaderValue, StatusCode};

use crate::site::SpaceWeb;

/// Most bytes of a logo.
pub const MOST_LOGO: usize = 100 * 1_024;
/// What lies under a hash may be kept for ever.
const FOR_EVER: &str = "public, max-age=31536000, immutable";
/// A picture runs nothing and loads nothing, also where somebody opens it by itself.
const PICTURE: &str = "sandbox; default-src 'none'";
/// Least contrast of text (WCAG 2.2 §1.4.3).
const READABLE: f64 = 4.5;

/// A colour of sRGB.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Colour([u8; 3]);

const BLACK: Colour = Colour([0; 3]);
const WHITE: Colour = Colour([255; 3]);
/// The grounds of the pages (crates/web, style.css): page and surface.
const LIGHT: [Colour; 2] = [Colour([0xf6, 0xf7, 0xf5]), WHITE];
const DARK: [Colour; 2] = [Colour([0x11, 0x17, 0x16]), Colour([0x1a, 0x22, 0x21])];

impl Colour {
    fn parse(text: &str) -> Option<Self> {
        let digits = text.strip_prefix('#').filter(|digits| digits.len() == 6)?;
        let value = u32::from_str_radix(digits, 16).ok()?;
        let [_, red, green, blue] = value.to_be_bytes();
        digits.bytes().all(|byte| byte.is_ascii_hexdigit()).then_some(Self([red, green, blue]))
    }

    /// Relative luminance (WCAG 2.2).
    fn luminance(self) -> f64 {
        let linear = |channel: u8| {
            let value = f64::from(channel) / 255.0;
            if value <= 0.040_45 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) }
        };
        let [red, green, blue] = self.0.map(linear);
        0.2126f64.mul_add(red, 0.7152f64.mul_add(green, 0.0722 * blue))
    }

    /// Contrast ratio (WCAG 2.2).
    fn contrast(self, other: Self) -> f64 {
        let (one, other) = (self.luminance(), other.luminance());
        (one.max(other) + 0.05) / (one.min(other) + 0.05)
    }

    /// `part` hundredths of `other` in this colour.
    fn mixed(self, other: Self, part: u8) -> Self {
        let mix = |one: u8, two: u8| {
            let (one, two, part) = (u32::from(one), u32::from(two), u32::from(part.min(100)));
            let sum =
                one.saturating_mul(100_u32.saturating_sub(part)).saturating_add(two.saturating_mul(part));
            u8::try_from(sum.div_euclid(100)).unwrap_or(u8::MAX)
        };
        let ([r, g, b], [or, og, ob]) = (self.0, other.0);
        Self([mix(r, or), mix(g, og), mix(b, ob)])
    }

    /// Black or white, whichever is read more easily on this.
    fn text(self) -> Self {
        if self.contrast(BLACK) >= self.contrast(WHITE) { BLACK } else { WHITE }
    }

    /// This colour, as much nearer to `end` as it needs to be read on all `grounds`.
    fn readable_on(self, grounds: &[Self], end: Self) -> Self {
        let fits = |colour: &Self| grounds.iter().all(|ground| colour.contrast(*ground) >= READABLE);
        (0..=100).map(|part| self.mixed(end, part)).find(fits).unwrap_or(end)
    }

    fn css(self) -> String {
        let [red, green, blue] = self.0;
        format!("#{red:02x}{green:02x}{blue:02x}")
    }
}

/// The colours that follow from an accent for one scheme.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Scheme {
    /// The accent where it is written or drawn on the page.
    accent: Colour,
    /// Behind what stands out a little.
    soft: Colour,
    /// What is written on `accent`.
    on_accent: Colour,
}

impl Scheme {
    fn of(accent: Colour, grounds: [Colour; 2], end: Colour, softness: u8) -> Self {
        let [page, surface] = grounds;
        let soft = surface.mixed(accent, softness);
        let accent = accent.readable_on(&[page, surface, soft], end);
        Self { accent, soft, on_accent: accent.text() }
    }

    fn css(self) -> String {
        let (accent, soft, on) = (self.accent.css(), self.soft.css(), self.on_accent.css());
        format!(":root{{--accent:{accent};--on-accent:{on};--accent-soft:{soft}}}")
    }
}

/// What a logo is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Svg,
    Png,
    Webp,
}

impl Kind {
    fn of(bytes: &[u8]) -> Option<Self> {
        if bytes.starts_with(b"\x89PNG\r\n\x1a\n") {
            return Some(Self::Png);
        }
        if bytes.starts_with(b"RIFF") && bytes.get(8..12) == Some(b"WEBP") {
            return Some(Self::Webp);
        }
        let text = std::str::from_utf8(bytes).ok()?.trim_start_matches('\u{feff}').trim_start();
        // Entities make a small file into an endless one, and a logo needs none.
        let is_svg = text.starts_with("<svg") || (text.starts_with("<?xml") && text.contains("<svg"));
        (is_svg && !text.contains("<!ENTITY")).then_some(Self::Svg)
    }

    const fn ending(self) -> &'static str {
        match self {
            Self::Svg => "svg",
            Self::Png => "png",
            Self::Webp => "webp",
        }
    }

    const fn media_type(self) -> &'static str {
        match self {
            Self::Svg => "image/svg+xml",
            Self::Png => "image/png",
            Self::Webp => "image/webp",
        }
    }
}

/// Why a look is not taken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum LookError {
    /// The colour.
    #[error("look.accent is {0:?}: write a colour as # and six digits, like #0b6e4f")]
    Colour(String),
    /// The logo's size.
    #[error("the logo has {0} bytes: it may have {MOST_LOGO} at most, and loads faster with less")]
    TooLarge(usize),
    /// The logo's kind.
    #[error("the logo is no SVG, PNG or WebP: take one of these, and of SVG one without entities")]
    Kind,
}

/// A file of the look.
#[derive(Clone, Debug, PartialEq, Eq)]
struct File {
    name: String,
    media_type: &'static str,
    bytes: Vec<u8>,
}

impl File {
    fn new(stem: &str, ending: &str, media_type: &'static str, bytes: Vec<u8>) -> Self {
        let hash: String = jose::digest::sha256_base64url(&bytes).chars().take(16).collect();
        Self { name: format!("{stem}-{hash}.{ending}"), media_type, bytes }
    }

    fn address(&self) -> String {
        format!("/look/{}", self.name)
    }
}

/// A space's own colour and logo; nothing of it is as the pages are without.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SpaceLook {
    accent: Option<Colour>,
    style: Option<File>,
    logo: Option<File>,
}

impl SpaceLook {
    /// The look with this accent, as `#rrggbb`, and the bytes of this logo.
    ///
    /// # Errors
    /// See [`LookError`].
    pub fn new(accent: Option<&str>, logo: Option<Vec<u8>>) -> Result<Self, LookError> {
        let parse = |text: &str| Colour::parse(text).ok_or_else(|| LookError::Colour(text.to_owned()));
        let accent = accent.map(parse).transpose()?;
        let logo = match logo {
            Some(bytes) if bytes.len() > MOST_LOGO => return Err(LookError::TooLarge(bytes.len())),
            Some(bytes) => {
                let kind = Kind::of(&bytes).ok_or(LookError::Kind)?;
                Some(File::new("logo", kind.ending(), kind.media_type(), bytes))
            }
            None => None,
        };
        let style = accent.map(|accent| {
            File::new("style", "css", "text/css; charset=utf-8", style_of(accent).into_bytes())
        });
        Ok(Self { accent, style, logo })
    }

    /// The address of the style sheet.
    pub(crate) fn style(&self) -> Option<String> {
        self.style.as_ref().map(File::address)
    }

    /// The address of the logo.
    pub(crate) fn logo(&self) -> Option<String> {
        self.logo.as_ref().map(File::address)
    }

    /// The ground of a button and what is written on it, as CSS writes colours.
    pub(crate) fn button(&self) -> (String, String) {
        // The pages' own accent where a space has none.
        let accent = self.accent.unwrap_or(Colour([0x0b, 0x5d, 0x57]));
        (accent.css(), accent.text().css())
    }
}

/// A main button has the very accent as its ground; its border is what can be told from the page in any case.
fn style_of(accent: Colour) -> String {
    let light = Scheme::of(accent, LIGHT, BLACK, 12).css();
    let dark = Scheme::of(accent, DARK, WHITE, 20).css();
    let mut style = format!("{light}@media (prefers-color-scheme: dark){{{dark}}}");
    // Writing to a string cannot fail.
    let _ = write!(
        style,
        ".button:not(.secondary):not(.danger){{background:{};color:{}}}",
        accent.css(),
        accent.text().css()
    );
    style
}

/// `GET /look/{file}`.
pub(crate) async fn file(State(site): State<SpaceWeb>, Path(name): Path<String>) -> Response {
    let files = [&site.look.style, &site.look.logo];
    let found = files.into_iter().flatten().find(|file| file.name == name);
    let Some(file) = found else { return StatusCode::NOT_FOUND.into_response() };
    let headers = [
        (CONTENT_TYPE, HeaderValue::from_static(file.media_type)),
        (CACHE_CONTROL, HeaderValue::from_static(FOR_EVER)),
        (CONTENT_SECURITY_POLICY, HeaderValue::from_static(PICTURE)),
        (HeaderName::from_static("cross-origin-resource-policy"), HeaderValue::from_static("same-origin")),
    ];
    (headers, file.bytes.clone()).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_contrast_of_known_pairs_is_that_of_the_standard() {
        assert!((BLACK.contrast(WHITE) - 21.0).abs() < 1e-9);
        let grey = Colour::parse("#767676").unwrap();
        assert!(grey.contrast(WHITE) >= READABLE, "the lightest grey that is read on white");
        assert!(Colour::parse("#777777").unwrap().contrast(WHITE) < READABLE);
    }

    #[test]
    fn whatever_the_accent_is_everything_can_be_read() {
        let steps = [0_u8, 31, 63, 95, 127, 159, 191, 223, 255];
        for red in steps {
            for green in steps {
                for blue in steps {
                    let accent = Colour([red, green, blue]);
                    assert!(accent.text().contrast(accent) >= READABLE, "{accent:?}");
                    for (grounds, end, softness) in [(LIGHT, BLACK, 12), (DARK, WHITE, 20)] {
                        let scheme = Scheme::of(accent, grounds, end, softness);
                        for ground in grounds.into_iter().chain([scheme.soft]) {
                            assert!(scheme.accent.contrast(ground) >= READABLE, "{accent:?} on {ground:?}");
                        }
                        assert!(scheme.on_accent.contrast(scheme.accent) >= READABLE, "{accent:?}");
                        // What is usually written there.
                        let text = if end == BLACK { [0x4a, 0x58, 0x56] } else { [0xb3, 0xc0, 0xbd] };
                        assert!(
                            Colour(text).contrast(scheme.soft) >= READABLE,
                            "{accent:?} {:?}",
                            scheme.soft
                        );
                    }
                }
            }
        }
    }

    #[test]
    fn a_colour_is_six_digits_and_nothing_that_could_be_more_style() {
        for wrong in
            ["", "0b6e4f", "#0b6", "#0b6e4", "#0b6e4g", "#+b6e4f", "red", "#0b6e4f;", "#0b6e4f}a{", "#éé6e"]
        {
            let error = SpaceLook::new(Some(wrong), None).unwrap_err();
            assert_eq!(error, LookError::Colour(wrong.to_owned()));
        }
        assert!(SpaceLook::new(Some("#0B6E4f"), None).unwrap().style().unwrap().starts_with("/look/style-"));
        assert_eq!(SpaceLook::new(None, None).unwrap(), SpaceLook::default());
    }

    #[test]
    fn a_logo_is_a_small_picture_of_a_known_kind() {
        let logo = |bytes: &[u8]| SpaceLook::new(None, Some(bytes.to_vec())).map(|look| look.logo().unwrap());
        assert!(logo(b"<svg xmlns=\"http://www.w3.org/2000/svg\"/>").unwrap().ends_with(".svg"));
        assert!(logo(b"\xef\xbb\xbf<?xml version=\"1.0\"?><svg/>").unwrap().ends_with(".svg"));
        assert!(logo(b"\x89PNG\r\n\x1a\n...").unwrap().ends_with(".png"));
        assert!(logo(b"RIFF....WEBP...").unwrap().ends_with(".webp"));
        for wrong in [
            &b""[..],
            b"<html><svg/></html>",
            b"<?xml version=\"1.0\"?><html/>",
            b"<?xml version=\"1.0\"?><!DOCTYPE svg [<!ENTITY a \"b\">]><svg>&a;</svg>",
            b"GIF89a",
            b"RIFF....WAVE...",
            b"\x89PNG",
            b"\xff\xd8\xff\xe0",
        ] {
            assert_eq!(logo(wrong), Err(LookError::Kind), "{wrong:?}");
        }
        let mut large = b"<svg>".to_vec();
        large.resize(MOST_LOGO, b' ');
        assert!(logo(&large).is_ok());
        large.push(b' ');
        assert_eq!(logo(&large), Err(LookError::TooLarge(MOST_LOGO + 1)));
    }
}

//! Colours (W3C CSS Color), and whether text in them can be read.

use std::fmt;

use super::RenderingError;

/// Least contrast of text (WCAG 2.2, success criterion 1.4.3).
const LEAST_CONTRAST: f64 = 4.5;

/// An opaque RGB colour.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Colour {
    red: u8,
    green: u8,
    blue: u8,
}

/// The colours of a credential. There are only ever both, and text in them can be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Colours {
    background: Colour,
    text: Colour,
}

impl Colour {
    const BLACK: Self = Self { red: 0, green: 0, blue: 0 };
    const WHITE: Self = Self { red: 255, green: 255, blue: 255 };

    /// Reads `#rgb`, `#rrggbb`, `rgb(r, g, b)` or `rgb(r g b)` with numbers from 0 to 255.
    ///
    /// # Errors
    /// [`RenderingError::Colour`], also for names and for what is translucent.
    pub fn parse(text: &str) -> Result<Self, RenderingError> {
        let text = text.trim();
        let found = match text.strip_prefix('#') {
            Some(digits) => hexadecimal(digits),
            None => functional(text),
        };
        found.ok_or(RenderingError::Colour)
    }

    /// Relative luminance (WCAG 2.2).
    fn luminance(self) -> f64 {
        let linear = |channel: u8| {
            let value = f64::from(channel) / 255.0;
            if value <= 0.04045 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) }
        };
        0.2126 * linear(self.red) + 0.7152 * linear(self.green) + 0.0722 * linear(self.blue)
    }

    fn contrast_with(self, other: Self) -> f64 {
        let (one, other) = (self.luminance(), other.luminance());
        (one.max(other) + 0.05) / (one.min(other) + 0.05)
    }
}

impl Colours {
    /// Reads the two; of one alone, the other is black or white, whichever can be read better.
    ///
    /// # Errors
    /// [`RenderingError::Colour`], [`RenderingError::Contrast`].
    pub(super) fn read(background: Option<&str>, text: Option<&str>) -> Result<Option<Self>, RenderingError> {
        let background = background.map(Colour::parse).transpose()?;
        let text = text.map(Colour::parse).transpose()?;
        let colours = match (background, text) {
            (None, None) => return Ok(None),
            (Some(background), Some(text)) => Self { background, text },
            (Some(background), None) => Self { background, text: against(background) },
            (None, Some(text)) => Self { background: against(text), text },
        };
        if colours.background.contrast_with(colours.text) < LEAST_CONTRAST {
            return Err(RenderingError::Contrast);
        }
        Ok(Some(colours))
    }

    /// The ground.
    #[must_use]
    pub const fn background(self) -> Colour {
        self.background
    }

    /// The text on it.
    #[must_use]
    pub const fn text(self) -> Colour {
        self.text
    }
}

fn against(colour: Colour) -> Colour {
    let white = colour.contrast_with(Colour::WHITE) >= colour.contrast_with(Colour::BLACK);
    if white { Colour::WHITE } else { Colour::BLACK }
}

fn hexadecimal(digits: &str) -> Option<Colour> {
    let digits: Vec<u8> = digits
        .chars()
        .map(|digit| digit.to_digit(16).and_then(|value| u8::try_from(value).ok()))
        .collect::<Option<_>>()?;
    let pair = |high: u8, low: u8| high.checked_mul(16)?.checked_add(low);
    match digits.as_slice() {
        [red, green, blue] => {
            Some(Colour { red: pair(*red, *red)?, green: pair(*green, *green)?, blue: pair(*blue, *blue)? })
        }
        [r1, r2, g1, g2, b1, b2] => {
            Some(Colour { red: pair(*r1, *r2)?, green: pair(*g1, *g2)?, blue: pair(*b1, *b2)? })
        }
        _ => None,
    }
}

fn functional(text: &str) -> Option<Colour> {
    let inner = text.strip_prefix("rgb(")?.strip_suffix(')')?;
    let numbers: Vec<&str> = if inner.contains(',') {
        inner.split(',').map(str::trim).collect()
    } else {
        inner.split_ascii_whitespace().collect()
    };
    let channel = |text: &str| {
        let plain = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        plain.then(|| text.parse().ok()).flatten()
    };
    match numbers.as_slice() {
        [red, green, blue] => {
            Some(Colour { red: channel(red)?, green: channel(green)?, blue: channel(blue)? })
        }
        _ => None,
    }
}

impl fmt::Display for Colour {
    /// `#rrggbb`: harmless wherever a colour stands.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "#{:02x}{:02x}{:02x}", self.red, self.green, self.blue)
    }
}

impl fmt::Debug for Colour {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Colour({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rgb_colours_are_read_and_written_in_one_way() {
        for (text, written) in [
            ("#0a3", "#00aa33"),
            ("#0A3B4c", "#0a3b4c"),
            ("rgb(1, 2, 255)", "#0102ff"),
            ("rgb(1 2 3)", "#010203"),
            (" #ffffff ", "#ffffff"),
        ] {
            assert_eq!(Colour::parse(text).unwrap().to_string(), written, "{text}");
        }
        for text in [
            "",
            "#",
            "#12",
            "#12345",
            "#12345678",
            "#gggggg",
            "#١٢٣",
            "red",
            "rgb(256, 0, 0)",
            "rgb(+1, 0, 0)",
            "rgb(1, 2)",
            "rgb(1, 2, 3, 4)",
            "rgb(,,)",
            "rgba(1, 2, 3, 0)",
            "url(https://x)",
            "#fff;background:url(https://x)",
            "var(--x)",
            "transparent",
        ] {
            assert_eq!(Colour::parse(text), Err(RenderingError::Colour), "{text}");
        }
    }

    #[test]
    fn luminance_and_contrast_are_those_of_wcag() {
        let near = |found: f64, expected: f64| (found - expected).abs() < 1e-9;
        let colour = |text: &str| Colour::parse(text).unwrap();
        for (text, expected) in [
            ("#000000", 0.0),
            ("#ffffff", 1.0),
            ("#ff0000", 0.2126),
            ("#00ff00", 0.7152),
            ("#0000ff", 0.0722),
            // The darkest colours are counted by another formula; 10 of 255 is the last of them.
            ("#0a0a0a", 0.003_035_269_835),
            ("#0b0b0b", 0.003_346_535_764),
            ("#808080", 0.215_860_500_114),
            ("#123456", 0.032_564_668_848),
        ] {
            assert!(near(colour(text).luminance(), expected), "{text}");
        }
        for (one, other, expected) in [
            ("#000000", "#ffffff", 21.0),
            ("#808080", "#808080", 1.0),
            ("#ff0000", "#ffffff", 1.05 / 0.2626),
            ("#ff0000", "#000000", 0.2626 / 0.05),
        ] {
            assert!(near(colour(one).contrast_with(colour(other)), expected), "{one} {other}");
            assert!(near(colour(other).contrast_with(colour(one)), expected), "{other} {one}");
        }
        assert_eq!(format!("{:?}", colour("#0a3")), "Colour(#00aa33)");
    }

    #[test]
    fn text_that_cannot_be_read_is_refused_and_a_missing_colour_is_chosen() {
        let read = |background, text| {
            Colours::read(background, text)
                .map(|found| found.map(|two| (two.background().to_string(), two.text().to_string())))
        };
        let two = |background: &str, text: &str| Ok(Some((background.to_owned(), text.to_owned())));
        assert_eq!(read(Some("#fff"), Some("#767676")), two("#ffffff", "#767676"), "4.54 to 1");
        assert_eq!(read(Some("#fff"), Some("#777777")), Err(RenderingError::Contrast), "4.48 to 1");
        assert_eq!(read(Some("#123456"), Some("#123456")), Err(RenderingError::Contrast));
        assert_eq!(read(Some("#003366"), None), two("#003366", "#ffffff"));
        assert_eq!(read(None, Some("#003366")), two("#ffffff", "#003366"));
        assert_eq!(read(None, None), Ok(None));
    }
}

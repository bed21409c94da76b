//! The passport number: 4 symbols of the office, 8 random ones, 1 check symbol, printed 4-4-5.
//!
//! The alphabet is Crockford's: digits and capitals without I, L, O and U. Reading forgives case, spaces, hyphens, dashes and
//! dots of every kind, I, L and O for 1 and 0, and the full-width letters and digits that keyboards of East Asia write. It
//! forgives nothing else: U stands in no number, and letters of other scripts that look alike are not guessed at.
//!
//! The check symbol makes the weighted sum over GF(32) zero; the weights are different powers of the generator, so one wrong
//! symbol anywhere and any two swapped ones are always noticed (specs/number.md).

use std::fmt;

use environment::Randomness;

const ALPHABET: [u8; 32] = *b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const PREFIX: usize = 4;
const LENGTH: usize = 13;

/// Why a text is not a passport number or an office prefix.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NumberError {
    /// A character that is neither a symbol nor a separator.
    #[error("a passport number has digits and letters only, without U")]
    Symbol,
    /// Too many or too few symbols.
    #[error("a passport number has 13 symbols, the office's prefix 4")]
    Length,
    /// The check symbol does not fit: something was mistyped.
    #[error("the passport number was mistyped: its check symbol does not fit")]
    Check,
}

/// The four symbols that name an office; not secret.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct OfficePrefix([u8; PREFIX]);

impl OfficePrefix {
    /// Reads a prefix as forgivingly as a number.
    ///
    /// # Errors
    /// [`NumberError::Symbol`] or [`NumberError::Length`].
    pub fn parse(text: &str) -> Result<Self, NumberError> {
        symbols(text).map(Self)
    }
}

impl fmt::Display for OfficePrefix {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&letters(&self.0))
    }
}

impl fmt::Debug for OfficePrefix {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "OfficePrefix({self})")
    }
}

/// A passport number whose check symbol fits.
///
/// It names a person, so it has no `Display` and its `Debug` shows nothing: printing it is always a call of
/// [`PassportNumber::printed`].
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PassportNumber([u8; LENGTH]);

impl PassportNumber {
    /// A fresh number of `office`.
    #[must_use]
    pub fn generate(office: OfficePrefix, randomness: &dyn Randomness) -> Self {
        let mut number = [0; LENGTH];
        let random = randomness.bytes::<LENGTH>();
        // The lower five bits of a random byte are a uniform symbol.
        let values = office.0.into_iter().chain(random.into_iter().map(|byte| byte & 31));
        for (place, value) in number.iter_mut().take(LENGTH.saturating_sub(1)).zip(values) {
            *place = value;
        }
        // With a zero in the last place, whose weight is one, the sum is the missing check symbol.
        let check = weighted_sum(&number);
        if let Some(last) = number.last_mut() {
            *last = check;
        }
        Self(number)
    }

    /// Reads a number as people write it.
    ///
    /// # Errors
    /// See [`NumberError`].
    pub fn parse(text: &str) -> Result<Self, NumberError> {
        let number = symbols(text)?;
        if weighted_sum(&number) == 0 { Ok(Self(number)) } else { Err(NumberError::Check) }
    }

    /// The office that issued it.
    #[must_use]
    pub fn office(&self) -> OfficePrefix {
        let mut prefix = [0; PREFIX];
        for (place, value) in prefix.iter_mut().zip(self.0) {
            *place = value;
        }
        OfficePrefix(prefix)
    }

    /// The number for a person: three groups with hyphens.
    #[must_use]
    pub fn printed(&self) -> String {
        let mut printed = String::with_capacity(LENGTH.saturating_add(2));
        for (place, letter) in letters(&self.0).chars().enumerate() {
            if matches!(place, 4 | 8) {
                printed.push('-');
            }
            printed.push(letter);
        }
        printed
    }

    /// The thirteen symbols without separators: the one spelling for claims, storage keys and comparisons.
    #[must_use]
    pub fn canonical(&self) -> String {
        letters(&self.0)
    }
}

impl fmt::Debug for PassportNumber {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("PassportNumber")
    }
}

/// Exactly `N` symbols of `text`, separators left out.
fn symbols<const N: usize>(text: &str) -> Result<[u8; N], NumberError> {
    let mut found = [0; N];
    let mut places = found.iter_mut();
    for character in text.chars().filter(|character| !is_separator(*character)) {
        *places.next().ok_or(NumberError::Length)? = value_of(character).ok_or(NumberError::Symbol)?;
    }
    if places.next().is_some() { Err(NumberError::Length) } else { Ok(found) }
}

/// White space, hyphens, dashes and dots as keyboards and word processors make them, and what they hide in copied text: soft
/// hyphens, joiners, marks of direction and of byte order.
const fn is_separator(character: char) -> bool {
    character.is_whitespace()
        || matches!(
            character,
            '-' | '.' | '_'
                | '\u{AD}' | '\u{B7}' | '\u{2010}'..='\u{2015}' | '\u{2022}' | '\u{2043}' | '\u{2212}'
                | '\u{FE58}' | '\u{FE63}' | '\u{FF0D}' | '\u{FF0E}' | '\u{30FB}'
                | '\u{200B}'..='\u{200F}' | '\u{2060}' | '\u{2066}'..='\u{2069}' | '\u{FEFF}'
        )
}

/// Full-width forms (U+FF01 to U+FF5E) as the ASCII characters that they are wide forms of.
fn narrowed(character: char) -> char {
    let narrow = u32::from(character).checked_sub(0xFEE0).filter(|code| (0x21..=0x7E).contains(code));
    narrow.and_then(char::from_u32).unwrap_or(character)
}

fn value_of(character: char) -> Option<u8> {
    let letter = match narrowed(character).to_ascii_uppercase() {
        'I' | 'L' => '1',
        'O' => '0',
        letter => letter,
    };
    let place = ALPHABET.iter().position(|symbol| char::from(*symbol) == letter)?;
    u8::try_from(place).ok()
}

fn letters(values: &[u8]) -> String {
    values
        .iter()
        .filter_map(|value| ALPHABET.get(usize::from(*value)))
        .map(|byte| char::from(*byte))
        .collect()
}

/// Horner's rule: the last symbol weighs 1, the one before it the generator, and so on.
fn weighted_sum(values: &[u8; LENGTH]) -> u8 {
    values.iter().fold(0, |sum, value| times_generator(sum) ^ value)
}

/// Multiplication by x in GF(2)[x] / (x⁵ + x² + 1), of which x is a generator.
const fn times_generator(value: u8) -> u8 {
    let doubled = value << 1;
    if doubled & 0x20 == 0 { doubled } else { doubled ^ 0x25 }
}

#[cfg(test)]
mod tests;

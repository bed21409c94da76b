//! The passport number: 4 symbols of the office, 8 random ones, 1 check symbol, printed 4-4-5.
//!
//! The alphabet is Crockford's: digits and capitals without I, L, O and U. Reading forgives case, spaces, hyphens
//! and look-alikes. The check symbol makes the weighted sum over GF(32) zero; the weights are different powers of
//! the generator, so one wrong symbol anywhere and any two swapped ones are always noticed.

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

/// White space, hyphens and dashes as keyboards and word processors make them, dots.
const fn is_separator(character: char) -> bool {
    character.is_whitespace() || matches!(character, '-' | '.' | '\u{2010}'..='\u{2015}' | '\u{2212}')
}

fn value_of(character: char) -> Option<u8> {
    let letter = match character.to_ascii_uppercase() {
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
mod tests {
    use super::*;
    use environment::SeededRandomness;

    fn samples() -> Vec<PassportNumber> {
        let office = OfficePrefix::parse("HRB1").unwrap();
        (0..20).map(|seed| PassportNumber::generate(office, &SeededRandomness::new(seed))).collect()
    }

    #[test]
    fn the_generator_visits_every_non_zero_value() {
        let mut value = 1;
        let mut seen = std::collections::BTreeSet::new();
        for _ in 0..31 {
            assert!(seen.insert(value));
            value = times_generator(value);
        }
        assert_eq!((seen.len(), value), (31, 1));
    }

    #[test]
    fn every_single_error_is_caught_at_every_place() {
        for number in samples() {
            for place in 0..LENGTH {
                for value in (0..32).filter(|value| *value != number.0[place]) {
                    let mut wrong = number.0;
                    wrong[place] = value;
                    assert_eq!(PassportNumber::parse(&letters(&wrong)), Err(NumberError::Check));
                }
            }
        }
    }

    #[test]
    fn every_swap_of_any_two_different_symbols_is_caught() {
        // The sum is linear, so it is enough to know that for each pair of places and each pair of values the
        // contribution changes; that is all pairs there are.
        let weights: Vec<u8> = (0..LENGTH)
            .map(|place| {
                let mut unit = [0; LENGTH];
                unit[place] = 1;
                weighted_sum(&unit)
            })
            .collect();
        assert_eq!(weights.iter().collect::<std::collections::BTreeSet<_>>().len(), LENGTH);
        for (first, second) in (0..LENGTH).flat_map(|first| (0..first).map(move |second| (first, second))) {
            for (left, right) in (0..32).flat_map(|left| (0..left).map(move |right| (left, right))) {
                let mut number = [0; LENGTH];
                number[first] = left;
                number[second] = right;
                let before = weighted_sum(&number);
                number.swap(first, second);
                assert_ne!(before, weighted_sum(&number), "{first} {second} {left} {right}");
            }
        }
        for number in samples() {
            for (first, second) in (0..LENGTH).flat_map(|first| (0..first).map(move |second| (first, second)))
            {
                let mut swapped = number.0;
                swapped.swap(first, second);
                let caught = PassportNumber::parse(&letters(&swapped)) == Err(NumberError::Check);
                assert_eq!(caught, number.0[first] != number.0[second]);
            }
        }
    }

    #[test]
    fn reading_forgives_case_separators_and_look_alikes() {
        let number = PassportNumber::generate(OfficePrefix([1, 0, 1, 0]), &SeededRandomness::new(7));
        let printed = number.printed();
        assert_eq!(printed.split('-').map(str::len).collect::<Vec<_>>(), [4, 4, 5]);
        for spelling in [
            printed.clone(),
            printed.to_lowercase(),
            printed.replace('-', ""),
            printed.replace('-', " \u{2013} "),
            printed.replacen("1010", "IOlo", 1),
            printed.replacen("1010", "i0LO", 1),
            format!("\t{printed}\n"),
        ] {
            assert_eq!(PassportNumber::parse(&spelling), Ok(number), "{spelling}");
        }
        assert_eq!(number.canonical(), printed.replace('-', ""));
        assert_eq!(number.office().to_string(), "1010");
    }

    #[test]
    fn other_characters_and_lengths_are_refused() {
        let canonical = samples()[0].canonical();
        assert_eq!(PassportNumber::parse(&canonical.replacen('H', "U", 1)), Err(NumberError::Symbol));
        assert_eq!(PassportNumber::parse(&canonical.replacen('H', "*", 1)), Err(NumberError::Symbol));
        assert_eq!(PassportNumber::parse(&canonical.replacen('H', "Ｈ", 1)), Err(NumberError::Symbol));
        assert_eq!(PassportNumber::parse(canonical.strip_prefix('H').unwrap()), Err(NumberError::Length));
        assert_eq!(PassportNumber::parse(&format!("{canonical}0")), Err(NumberError::Length));
        assert_eq!(PassportNumber::parse(""), Err(NumberError::Length));
        assert_eq!(OfficePrefix::parse("HRB"), Err(NumberError::Length));
        assert_eq!(OfficePrefix::parse("HRBU"), Err(NumberError::Symbol));
    }

    #[test]
    fn debug_output_does_not_hold_the_number() {
        assert_eq!(format!("{:?}", samples()[0]), "PassportNumber");
    }

    #[test]
    fn numbers_of_one_office_differ() {
        let numbers: std::collections::BTreeSet<_> = samples().into_iter().collect();
        assert_eq!(numbers.len(), 20);
        assert!(numbers.iter().all(|number| number.office().to_string() == "HRB1"));
    }
}

//! Choices taken from the bytes of an input, so that a mutated input is another choice and never a refused one.

/// Hands out choices until the bytes are used up, and then the smallest one for ever.
#[derive(Debug)]
pub struct Choices<'a> {
    left: &'a [u8],
}

impl<'a> Choices<'a> {
    /// The choices in `bytes`.
    #[must_use]
    pub const fn new(bytes: &'a [u8]) -> Self {
        Self { left: bytes }
    }

    /// The next byte; 0 when none is left.
    pub fn byte(&mut self) -> u8 {
        match self.left.split_first() {
            Some((first, rest)) => {
                self.left = rest;
                *first
            }
            None => 0,
        }
    }

    /// A number below `bound`, which is at most 65,536; 0 when it is 0.
    pub fn below(&mut self, bound: usize) -> usize {
        let high = if bound > 256 { usize::from(self.byte()) } else { 0 };
        (high.saturating_mul(256).saturating_add(usize::from(self.byte()))).checked_rem(bound).unwrap_or(0)
    }

    /// One time of two.
    pub fn flag(&mut self) -> bool {
        self.byte() & 1 == 1
    }

    /// One of `items`.
    pub fn one<'i, T>(&mut self, items: &'i [T]) -> Option<&'i T> {
        items.get(self.below(items.len()))
    }

    /// A short text: any characters that UTF-8 has.
    pub fn text(&mut self) -> String {
        let length = self.below(12);
        let (text, rest) = self.left.split_at_checked(length).unwrap_or((self.left, &[]));
        self.left = rest;
        String::from_utf8_lossy(text).into_owned()
    }

    /// Whether all bytes were used.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.left.is_empty()
    }

    /// What is left.
    #[must_use]
    pub const fn rest(&self) -> &'a [u8] {
        self.left
    }
}

/// The input as text, if it is text.
#[must_use]
pub fn text(input: &[u8]) -> Option<&str> {
    std::str::from_utf8(input).ok()
}

/// The input in two at its first line feed.
#[must_use]
pub fn two(input: &[u8]) -> (&[u8], &[u8]) {
    match input.iter().position(|byte| *byte == b'\n') {
        Some(place) => {
            let (first, rest) = input.split_at(place);
            (first, rest.split_first().map_or(&[][..], |(_, rest)| rest))
        }
        None => (input, &[]),
    }
}

/// `text` with one byte changed; `None` if that makes no text or the same one.
#[must_use]
pub fn one_byte_changed(text: &str, choices: &mut Choices<'_>) -> Option<String> {
    let mut bytes = text.as_bytes().to_vec();
    let place = choices.below(bytes.len());
    let byte = bytes.get_mut(place)?;
    // Mostly characters of the alphabet of tokens, so that what is tested is the check and not the alphabet.
    const LIKELY: &[u8] = b"ABCXYZabcxyz0189-_.~=\"{},:";
    let new = if choices.flag() { choices.byte() } else { *choices.one(LIKELY)? };
    if *byte == new {
        return None;
    }
    *byte = new;
    String::from_utf8(bytes).ok()
}

/// Whether two tokens say the same. Signatures hold a random number, so that one and the same token that was signed in
/// another process differs in its last part, and a chain in its header.
#[must_use]
pub fn say_the_same(one: &str, other: &str) -> bool {
    one.split('.').nth(1) == other.split('.').nth(1)
}

//! A small seeded mutator: bytes, ranges, words, other seeds, and the insides of base64url parts.

use jose::base64url;

/// Longest input that is made.
const LONGEST: usize = 256 << 10;
/// Bytes that parsers look at.
const TELLING: &[u8] = b"\0\n\r\t \"'\\/%&=+.,:;~-_{}[]<>()0159aAzZ\x7f\x80\xc0\xff";
/// Words of every language here.
const WORDS: &[&str] = &[
    "null",
    "true",
    "false",
    "-0",
    "1e999",
    "0.1",
    "9007199254740993",
    "18446744073709551616",
    "{}",
    "[]",
    "\"\"",
    "\\u0000",
    "\\ud800",
    "%00",
    "%2e%2e",
    "..",
    "_sd",
    "...",
    "_sd_alg",
    "did:web:",
    "https://",
    "\u{202e}",
    "\u{feff}",
];

/// splitmix64: small, seeded, the same everywhere.
#[derive(Clone, Debug)]
pub struct Random(u64);

impl Random {
    /// A generator that repeats itself for equal seeds.
    #[must_use]
    pub const fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// The next number.
    pub fn number(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number below `bound`; 0 when that is 0.
    pub fn below(&mut self, bound: usize) -> usize {
        let bound = u64::try_from(bound).unwrap_or(u64::MAX);
        usize::try_from(self.number().checked_rem(bound).unwrap_or(0)).unwrap_or(0)
    }

    fn one<'a, T: ?Sized>(&mut self, items: &[&'a T]) -> Option<&'a T> {
        items.get(self.below(items.len())).copied()
    }

    fn range(&mut self, length: usize) -> std::ops::Range<usize> {
        let start = self.below(length + 1);
        let longest = if self.below(4) == 0 { length } else { 16 };
        let end = (start + self.below(longest + 1)).min(length);
        start..end
    }
}

/// Makes inputs out of seeds.
#[derive(Debug)]
pub struct Mutator<'a> {
    random: Random,
    seeds: &'a [Vec<u8>],
    words: Vec<&'a str>,
}

impl<'a> Mutator<'a> {
    /// A mutator of `seeds` that also knows `words`.
    #[must_use]
    pub fn new(seed: u64, seeds: &'a [Vec<u8>], words: &[&'a str]) -> Self {
        Self { random: Random::new(seed), seeds, words: words.iter().chain(WORDS).copied().collect() }
    }

    /// The next input: a seed with one change, seldom with many.
    pub fn next_input(&mut self) -> Vec<u8> {
        let mut input = self.seed();
        let changes =
            if self.random.below(8) == 0 { 1 + self.random.below(16) } else { 1 + self.random.below(3) };
        for _ in 0..changes {
            self.change(&mut input, 2);
        }
        input.truncate(LONGEST);
        input
    }

    fn seed(&mut self) -> Vec<u8> {
        let place = self.random.below(self.seeds.len());
        self.seeds.get(place).cloned().unwrap_or_default()
    }

    fn change(&mut self, input: &mut Vec<u8>, depth: u8) {
        match self.random.below(11) {
            0 | 1 => self.flip(input),
            2 => self.telling(input),
            3 => drop(input.drain(self.random.range(input.len()))),
            4 => self.repeat(input),
            5 => self.word(input),
            6 => self.splice(input),
            7 => self.number(input),
            8 => input.extend((0..self.random.below(32)).map(|_| 0).collect::<Vec<u8>>()),
            _ if depth > 0 => self.inside(input, depth - 1),
            _ => self.flip(input),
        }
    }

    fn flip(&mut self, input: &mut Vec<u8>) {
        let place = self.random.below(input.len());
        let bit = 1 << self.random.below(8);
        match input.get_mut(place) {
            Some(byte) => *byte ^= bit,
            None => input.push(bit),
        }
    }

    fn telling(&mut self, input: &mut Vec<u8>) {
        let byte = TELLING.get(self.random.below(TELLING.len())).copied().unwrap_or(0);
        let place = self.random.below(input.len() + 1);
        if self.random.below(2) == 0 || place == input.len() {
            input.insert(place, byte);
        } else if let Some(there) = input.get_mut(place) {
            *there = byte;
        }
    }

    fn repeat(&mut self, input: &mut Vec<u8>) {
        let range = self.random.range(input.len());
        let part = input.get(range.clone()).unwrap_or_default().to_vec();
        let times = if self.random.below(16) == 0 { 64 } else { 1 };
        let place = if self.random.below(2) == 0 { range.end } else { self.random.below(input.len() + 1) };
        let part = part.repeat(times);
        if input.len() + part.len() <= LONGEST {
            input.splice(place..place, part);
        }
    }

    fn word(&mut self, input: &mut Vec<u8>) {
        let word = self.random.one(&self.words.clone()).unwrap_or_default();
        let range = self.random.range(input.len());
        let range = if self.random.below(2) == 0 { range.start..range.start } else { range };
        input.splice(range, word.bytes());
    }

    fn splice(&mut self, input: &mut Vec<u8>) {
        let other = self.seed();
        let part = other.get(self.random.range(other.len())).unwrap_or_default().to_vec();
        let range = self.random.range(input.len());
        if input.len() + part.len() <= LONGEST {
            input.splice(range, part);
        }
    }

    /// Changes a run of digits to an edge of some integer.
    fn number(&mut self, input: &mut Vec<u8>) {
        const EDGES: &[&str] = &[
            "0",
            "-1",
            "1",
            "63",
            "64",
            "65",
            "127",
            "255",
            "256",
            "65535",
            "65536",
            "2147483648",
            "4294967296",
            "9223372036854775807",
            "9223372036854775808",
            "1e400",
            "00",
            "1.0",
        ];
        let from = self.random.below(input.len());
        let Some(start) = input.iter().skip(from).position(u8::is_ascii_digit).map(|place| place + from)
        else {
            return self.telling(input);
        };
        let length = input.iter().skip(start).take_while(|byte| byte.is_ascii_digit()).count();
        let edge = self.random.one(EDGES).unwrap_or_default();
        input.splice(start..start + length, edge.bytes());
    }

    /// Decodes one base64url part, changes it inside, and encodes it again: tokens are texts in texts.
    fn inside(&mut self, input: &mut Vec<u8>, depth: u8) {
        let is_token = |byte: &u8| byte.is_ascii_alphanumeric() || b"-_".contains(byte);
        let runs: Vec<std::ops::Range<usize>> = runs(input, is_token);
        if runs.is_empty() {
            return self.flip(input);
        }
        let Some(run) = runs.get(self.random.below(runs.len())).cloned() else { return };
        let Some(Ok(mut part)) = input.get(run.clone()).map(base64url::decode) else {
            return self.telling(input);
        };
        self.change(&mut part, depth);
        input.splice(run, base64url::encode(part).into_bytes());
    }
}

/// Runs of at least eight bytes that `is` holds of.
fn runs(input: &[u8], is: impl Fn(&u8) -> bool) -> Vec<std::ops::Range<usize>> {
    let mut runs = Vec::new();
    let mut start = None;
    for (place, byte) in input.iter().chain([&b' ']).enumerate() {
        match (is(byte), start) {
            (true, None) => start = Some(place),
            (false, Some(begun)) => {
                if place - begun >= 8 {
                    runs.push(begun..place);
                }
                start = None;
            }
            _ => {}
        }
    }
    runs
}

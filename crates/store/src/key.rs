//! Keys: order-preserving parts, tenants, ranges, and the layout of the one key space.

use std::fmt;
use std::ops::Bound;

use environment::Timestamp;

use crate::fault::StoreFault;

/// The longest key an engine has to take, in bytes.
pub const MAX_KEY_BYTES: usize = 1_024;

/// The key of a record or of an index: one or more parts whose order is kept.
///
/// Made from text, bytes, numbers, moments and tuples of them:
/// `Key::from(("member", 7_u64))`. Keys that share their first parts lie next to each other, see
/// [`Range::prefix`].
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key(Vec<u8>);

impl Key {
    fn from_part(bytes: &[u8]) -> Self {
        // A zero byte becomes 00 FF and a part ends with 00 00, so parts cannot run into each other and
        // a shorter part sorts before a longer one with the same beginning.
        let mut key = escape(bytes);
        key.extend_from_slice(&[0, 0]);
        Self(key)
    }

    /// This key followed by the parts of `other`.
    #[must_use]
    pub fn then(mut self, other: impl Into<Self>) -> Self {
        self.0.extend_from_slice(&other.into().0);
        self
    }

    pub(crate) fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    pub(crate) fn from_raw(bytes: Vec<u8>) -> Self {
        Self(bytes)
    }
}

fn escape(bytes: &[u8]) -> Vec<u8> {
    let mut escaped = Vec::with_capacity(bytes.len().saturating_add(2));
    for byte in bytes {
        escaped.push(*byte);
        if *byte == 0 {
            escaped.push(0xFF);
        }
    }
    escaped
}

/// Keys may hold identifiers of people, so only the length is shown.
impl fmt::Debug for Key {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Key({} bytes)", self.0.len())
    }
}

impl From<&Key> for Key {
    fn from(key: &Key) -> Self {
        key.clone()
    }
}

impl From<&str> for Key {
    fn from(text: &str) -> Self {
        Self::from_part(text.as_bytes())
    }
}

impl From<&String> for Key {
    fn from(text: &String) -> Self {
        Self::from_part(text.as_bytes())
    }
}

impl From<String> for Key {
    fn from(text: String) -> Self {
        Self::from_part(text.as_bytes())
    }
}

impl From<&[u8]> for Key {
    fn from(bytes: &[u8]) -> Self {
        Self::from_part(bytes)
    }
}

impl From<&Vec<u8>> for Key {
    fn from(bytes: &Vec<u8>) -> Self {
        Self::from_part(bytes)
    }
}

impl<const N: usize> From<[u8; N]> for Key {
    fn from(bytes: [u8; N]) -> Self {
        Self::from_part(&bytes)
    }
}

impl<const N: usize> From<&[u8; N]> for Key {
    fn from(bytes: &[u8; N]) -> Self {
        Self::from_part(bytes)
    }
}

impl From<u64> for Key {
    fn from(number: u64) -> Self {
        Self::from_part(&number.to_be_bytes())
    }
}

impl From<u32> for Key {
    fn from(number: u32) -> Self {
        Self::from(u64::from(number))
    }
}

impl From<i64> for Key {
    fn from(number: i64) -> Self {
        // Flipping the sign bit makes the byte order the order of the numbers.
        Self::from_part(&(number ^ i64::MIN).to_be_bytes())
    }
}

impl From<Timestamp> for Key {
    fn from(moment: Timestamp) -> Self {
        Self::from(moment.seconds())
    }
}

impl From<bool> for Key {
    fn from(flag: bool) -> Self {
        Self::from_part(&[u8::from(flag)])
    }
}

impl<A: Into<Self>, B: Into<Self>> From<(A, B)> for Key {
    fn from((first, second): (A, B)) -> Self {
        first.into().then(second)
    }
}

impl<A: Into<Self>, B: Into<Self>, C: Into<Self>> From<(A, B, C)> for Key {
    fn from((first, second, third): (A, B, C)) -> Self {
        first.into().then(second).then(third)
    }
}

impl<A: Into<Self>, B: Into<Self>, C: Into<Self>, D: Into<Self>> From<(A, B, C, D)> for Key {
    fn from((first, second, third, fourth): (A, B, C, D)) -> Self {
        first.into().then(second).then(third).then(fourth)
    }
}

/// Whose data it is: a space, an office, an operator, a wallet. It stands first in every key.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TenantId(String);

/// A tenant name holds something other than 1 to 200 letters, digits and `. _ : % -`.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a tenant is named by 1 to 200 letters, digits and . _ : % -")]
pub struct InvalidTenant;

impl TenantId {
    /// Checks the name of a tenant; a host name or a DID will do.
    ///
    /// # Errors
    /// The name is empty, too long, or holds other characters.
    pub fn new(name: &str) -> Result<Self, InvalidTenant> {
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"._:%-".contains(&byte);
        if name.is_empty() || name.len() > 200 || !name.bytes().all(allowed) {
            return Err(InvalidTenant);
        }
        Ok(Self(name.to_owned()))
    }

    /// The tenant under which the store keeps its own records; its name cannot be made by [`TenantId::new`].
    pub(crate) fn system() -> Self {
        Self("@store".to_owned())
    }

    pub(crate) fn from_stored(name: &str) -> Result<Self, InvalidTenant> {
        if name == "@store" { Ok(Self::system()) } else { Self::new(name) }
    }

    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for TenantId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

/// A stretch of keys of a record class or index, and the direction to read it in.
#[derive(Clone, Debug)]
pub struct Range {
    pub(crate) start: Vec<u8>,
    pub(crate) end: Option<Vec<u8>>,
    pub(crate) direction: Direction,
}

/// The direction in which a range is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// From small keys to large ones.
    Ascending,
    /// From large keys to small ones.
    Descending,
}

impl Range {
    /// Everything.
    #[must_use]
    pub const fn all() -> Self {
        Self { start: Vec::new(), end: None, direction: Direction::Ascending }
    }

    /// All keys that begin with exactly these parts.
    #[must_use]
    pub fn prefix(parts: impl Into<Key>) -> Self {
        let start = parts.into().0;
        let end = successor(&start);
        Self { start, end, direction: Direction::Ascending }
    }

    /// All keys whose first part is text that begins with `text`.
    #[must_use]
    pub fn text_prefix(text: &str) -> Self {
        let start = escape(text.as_bytes());
        let end = successor(&start);
        Self { start, end, direction: Direction::Ascending }
    }

    /// This range without the keys before `key`.
    #[must_use]
    pub fn starting_at(mut self, key: impl Into<Key>) -> Self {
        self.raise_start(key.into().0);
        self
    }

    /// This range without the keys up to and with those that begin with exactly these parts.
    #[must_use]
    pub fn beyond(mut self, parts: impl Into<Key>) -> Self {
        match successor(&parts.into().0) {
            Some(start) => self.raise_start(start),
            // Nothing lies above the largest prefix.
            None => self.end = Some(Vec::new()),
        }
        self
    }

    /// This range without `key` and all after it.
    #[must_use]
    pub fn before(mut self, key: impl Into<Key>) -> Self {
        self.lower_end(key.into().0);
        self
    }

    /// The same range from large keys to small ones.
    #[must_use]
    pub const fn descending(mut self) -> Self {
        self.direction = Direction::Descending;
        self
    }

    /// What follows the page that ended with `cursor`, in the direction of this range.
    #[must_use]
    pub fn after(mut self, cursor: &Cursor) -> Self {
        match self.direction {
            Direction::Ascending => {
                let mut start = cursor.0.clone();
                start.push(0);
                self.raise_start(start);
            }
            Direction::Descending => self.lower_end(cursor.0.clone()),
        }
        self
    }

    fn raise_start(&mut self, start: Vec<u8>) {
        if start > self.start {
            self.start = start;
        }
    }

    fn lower_end(&mut self, end: Vec<u8>) {
        if self.end.as_ref().is_none_or(|present| end < *present) {
            self.end = Some(end);
        }
    }

    pub(crate) fn under(&self, prefix: &[u8]) -> KeyRange {
        let start = [prefix, &self.start].concat();
        let end = match &self.end {
            Some(end) => Some([prefix, end].concat()),
            None => successor(prefix),
        };
        KeyRange { start, end }
    }
}

/// Where a page ended. Its text form may travel in a link; it names a key, so treat it like one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cursor(pub(crate) Vec<u8>);

impl Cursor {
    /// The text form, hexadecimal.
    #[must_use]
    pub fn to_text(&self) -> String {
        crate::hex::encode(&self.0)
    }

    /// Reads the text form.
    #[must_use]
    pub fn from_text(text: &str) -> Option<Self> {
        crate::hex::decode(text).filter(|bytes| bytes.len() <= MAX_KEY_BYTES).map(Self)
    }
}

/// A stretch of an engine's keys: from `start`, which belongs to it, to `end`, which does not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyRange {
    /// The first key.
    pub start: Vec<u8>,
    /// The first key behind the range; absent means to the last key.
    pub end: Option<Vec<u8>>,
}

/// The bounds of a range as the standard library's ordered collections take them.
pub type KeyBounds<'a> = (Bound<&'a [u8]>, Bound<&'a [u8]>);

impl KeyRange {
    /// Every key.
    #[must_use]
    pub const fn all() -> Self {
        Self { start: Vec::new(), end: None }
    }

    /// All keys that begin with `prefix`.
    #[must_use]
    pub fn prefix(prefix: &[u8]) -> Self {
        Self { start: prefix.to_vec(), end: successor(prefix) }
    }

    /// Whether the range holds no key at all.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.end.as_ref().is_some_and(|end| *end <= self.start)
    }

    /// Whether `key` lies in the range.
    #[must_use]
    pub fn contains(&self, key: &[u8]) -> bool {
        key >= self.start.as_slice() && self.end.as_ref().is_none_or(|end| key < end.as_slice())
    }

    /// The bounds as the standard library's ordered collections take them; `None` when the range is empty.
    #[must_use]
    pub fn bounds(&self) -> Option<KeyBounds<'_>> {
        use Bound::{Excluded, Included, Unbounded};
        if self.is_empty() {
            return None;
        }
        Some((Included(self.start.as_slice()), self.end.as_deref().map_or(Unbounded, Excluded)))
    }

    /// The part of this range that a scan has covered when `last` was the last key it was given, or all of
    /// it when the scan came to its end.
    #[must_use]
    pub fn covered(&self, last: Option<&[u8]>, direction: Direction) -> Self {
        match (last, direction) {
            (None, _) => self.clone(),
            (Some(last), Direction::Ascending) => {
                Self { start: self.start.clone(), end: Some(just_after(last)) }
            }
            (Some(last), Direction::Descending) => Self { start: last.to_vec(), end: self.end.clone() },
        }
    }

    /// What is left of this range behind `last`, in the direction of the scan.
    #[must_use]
    pub fn remaining(&self, last: &[u8], direction: Direction) -> Self {
        match direction {
            Direction::Ascending => Self { start: just_after(last), end: self.end.clone() },
            Direction::Descending => Self { start: self.start.clone(), end: Some(last.to_vec()) },
        }
    }
}

fn just_after(key: &[u8]) -> Vec<u8> {
    let mut after = key.to_vec();
    after.push(0);
    after
}

/// The smallest key above all that begin with `prefix`.
fn successor(prefix: &[u8]) -> Option<Vec<u8>> {
    let mut end = prefix.to_vec();
    while let Some(last) = end.pop() {
        if let Some(next) = last.checked_add(1) {
            end.push(next);
            return Some(end);
        }
    }
    None
}

/// The kinds of entries, one byte behind the tenant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Record,
    Index,
    Marker,
}

impl Kind {
    pub(crate) const fn byte(self) -> u8 {
        match self {
            Self::Record => b'r',
            Self::Index => b'i',
            Self::Marker => b'm',
        }
    }

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Record => "record",
            Self::Index => "index",
            Self::Marker => "marker",
        }
    }

    pub(crate) fn from_byte(byte: u8) -> Option<Self> {
        [Self::Record, Self::Index, Self::Marker].into_iter().find(|kind| kind.byte() == byte)
    }

    pub(crate) fn from_name(name: &str) -> Option<Self> {
        [Self::Record, Self::Index, Self::Marker].into_iter().find(|kind| kind.name() == name)
    }
}

/// `tenant 00 kind class 00`: where the entries of a class begin.
pub(crate) fn class_prefix(tenant: &TenantId, kind: Kind, class: &str) -> Vec<u8> {
    let mut prefix = Vec::with_capacity(64);
    prefix.extend_from_slice(tenant.0.as_bytes());
    prefix.extend_from_slice(&[0, kind.byte()]);
    prefix.extend_from_slice(class.as_bytes());
    prefix.push(0);
    prefix
}

/// `tenant 00 i class 00 index 00`: where the entries of an index begin.
pub(crate) fn index_prefix(tenant: &TenantId, class: &str, index: &str) -> Vec<u8> {
    let mut prefix = class_prefix(tenant, Kind::Index, class);
    prefix.extend_from_slice(index.as_bytes());
    prefix.push(0);
    prefix
}

pub(crate) fn checked(key: Vec<u8>) -> Result<Vec<u8>, StoreFault> {
    if key.len() > MAX_KEY_BYTES {
        return Err(StoreFault::TooLarge { what: "a key", size: key.len(), limit: MAX_KEY_BYTES });
    }
    Ok(key)
}

/// A stored key taken apart.
#[derive(Debug)]
pub(crate) struct Parsed<'a> {
    pub(crate) tenant: &'a str,
    pub(crate) kind: Kind,
    pub(crate) class: &'a str,
    pub(crate) rest: &'a [u8],
}

pub(crate) fn parse(key: &[u8]) -> Option<Parsed<'_>> {
    let (tenant, behind) = split_at_zero(key)?;
    let (kind, behind) = behind.split_first()?;
    let (class, rest) = split_at_zero(behind)?;
    Some(Parsed { tenant, kind: Kind::from_byte(*kind)?, class, rest })
}

fn split_at_zero(bytes: &[u8]) -> Option<(&str, &[u8])> {
    let at = bytes.iter().position(|byte| *byte == 0)?;
    let (name, behind) = bytes.split_at_checked(at)?;
    Some((std::str::from_utf8(name).ok()?, behind.get(1..)?))
}

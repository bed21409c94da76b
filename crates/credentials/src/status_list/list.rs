//! The compressed byte array (§4): 1, 2, 4 or 8 bits an entry, the first entry in the lowest bits.

use std::fmt;
use std::io::{Read, Write};

use flate2::Compression;
use flate2::read::ZlibDecoder;
use flate2::write::ZlibEncoder;
use jose::base64url;

/// Largest list that is inflated, in bytes: 2^25 entries of one bit.
pub const LARGEST_LIST: usize = 1 << 22;

/// Bits per entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Bits {
    /// 1: valid or not.
    One,
    /// 2.
    Two,
    /// 4.
    Four,
    /// 8.
    Eight,
}

/// The status of one credential (§7.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Status {
    /// 0: valid.
    Valid,
    /// 1: revoked, for ever.
    Invalid,
    /// 2: suspended, for now.
    Suspended,
    /// 3 and 12 to 15: up to the issuer. Not valid to anybody else.
    ApplicationSpecific(u8),
    /// Any other: not given out yet. Not valid.
    Reserved(u8),
}

/// Why a list cannot be read or changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ListError {
    /// `bits` is not 1, 2, 4 or 8.
    #[error("bits must be 1, 2, 4 or 8")]
    BadBits,
    /// `lst` is not base64url of one ZLIB stream.
    #[error("lst must be base64url of a ZLIB stream")]
    BadEncoding,
    /// The list is larger than is read.
    #[error("the status list is too large")]
    TooLarge,
    /// The index lies outside of the list (§8.3).
    #[error("the index lies outside of the status list")]
    OutOfRange,
    /// The status needs more bits than an entry has.
    #[error("the status does not fit into an entry of this list")]
    DoesNotFit,
}

impl Bits {
    /// `bits`.
    #[must_use]
    pub const fn count(self) -> u8 {
        match self {
            Self::One => 1,
            Self::Two => 2,
            Self::Four => 4,
            Self::Eight => 8,
        }
    }

    /// The size of a `bits` value.
    ///
    /// # Errors
    /// [`ListError::BadBits`].
    pub const fn from_count(count: u64) -> Result<Self, ListError> {
        match count {
            1 => Ok(Self::One),
            2 => Ok(Self::Two),
            4 => Ok(Self::Four),
            8 => Ok(Self::Eight),
            _ => Err(ListError::BadBits),
        }
    }

    const fn mask(self) -> u8 {
        match self {
            Self::One => 0b1,
            Self::Two => 0b11,
            Self::Four => 0b1111,
            Self::Eight => 0xff,
        }
    }

    /// log2 of the entries in a byte.
    const fn shift(self) -> u32 {
        match self {
            Self::One => 3,
            Self::Two => 2,
            Self::Four => 1,
            Self::Eight => 0,
        }
    }

    /// The byte of an entry and how far its bits are from the lowest one.
    fn place(self, index: u64) -> Option<(usize, u32)> {
        let byte = usize::try_from(index.checked_shr(self.shift())?).ok()?;
        let within = u32::try_from(index & 1_u64.checked_shl(self.shift())?.checked_sub(1)?).ok()?;
        Some((byte, within.checked_mul(u32::from(self.count()))?))
    }
}

impl Status {
    /// The status of an entry's value.
    #[must_use]
    pub const fn from_value(value: u8) -> Self {
        match value {
            0 => Self::Valid,
            1 => Self::Invalid,
            2 => Self::Suspended,
            3 | 0x0c..=0x0f => Self::ApplicationSpecific(value),
            other => Self::Reserved(other),
        }
    }

    /// The entry's value.
    #[must_use]
    pub const fn value(self) -> u8 {
        match self {
            Self::Valid => 0,
            Self::Invalid => 1,
            Self::Suspended => 2,
            Self::ApplicationSpecific(value) | Self::Reserved(value) => value,
        }
    }

    /// Whether the credential may be relied upon, as far as its status goes.
    #[must_use]
    pub const fn is_valid(self) -> bool {
        matches!(self, Self::Valid)
    }
}

/// A list of statuses, uncompressed.
#[derive(Clone, PartialEq, Eq)]
pub struct StatusList {
    bits: Bits,
    bytes: Vec<u8>,
}

impl StatusList {
    /// A list of at least `entries` valid entries, rounded up to whole bytes.
    ///
    /// # Errors
    /// [`ListError::TooLarge`].
    pub fn new(bits: Bits, entries: u64) -> Result<Self, ListError> {
        let (whole, rest) = bits.place(entries).ok_or(ListError::TooLarge)?;
        let length = whole.saturating_add(usize::from(rest > 0));
        if length > LARGEST_LIST {
            Err(ListError::TooLarge)
        } else {
            Ok(Self { bits, bytes: vec![0; length] })
        }
    }

    /// The list of bytes that were kept uncompressed.
    ///
    /// # Errors
    /// [`ListError::TooLarge`].
    pub fn from_bytes(bits: Bits, bytes: Vec<u8>) -> Result<Self, ListError> {
        if bytes.len() > LARGEST_LIST { Err(ListError::TooLarge) } else { Ok(Self { bits, bytes }) }
    }

    /// Bits per entry.
    #[must_use]
    pub const fn bits(&self) -> Bits {
        self.bits
    }

    /// The uncompressed bytes.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// How many entries there are.
    #[must_use]
    pub fn len(&self) -> u64 {
        u64::try_from(self.bytes.len()).unwrap_or(u64::MAX).saturating_mul(1 << self.bits.shift())
    }

    /// Whether there is no entry.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    /// The status of an entry.
    ///
    /// # Errors
    /// [`ListError::OutOfRange`].
    pub fn get(&self, index: u64) -> Result<Status, ListError> {
        let (byte, shift) = self.bits.place(index).ok_or(ListError::OutOfRange)?;
        let byte = self.bytes.get(byte).ok_or(ListError::OutOfRange)?;
        Ok(Status::from_value(byte.checked_shr(shift).unwrap_or(0) & self.bits.mask()))
    }

    /// Changes the status of an entry in place.
    ///
    /// # Errors
    /// [`ListError::OutOfRange`], [`ListError::DoesNotFit`].
    pub fn set(&mut self, index: u64, status: Status) -> Result<(), ListError> {
        let mask = self.bits.mask();
        if status.value() > mask {
            return Err(ListError::DoesNotFit);
        }
        let (byte, shift) = self.bits.place(index).ok_or(ListError::OutOfRange)?;
        let byte = self.bytes.get_mut(byte).ok_or(ListError::OutOfRange)?;
        let clear = !mask.checked_shl(shift).unwrap_or(0);
        *byte = (*byte & clear) | status.value().checked_shl(shift).unwrap_or(0);
        Ok(())
    }

    /// `lst`: base64url of the ZLIB stream.
    #[must_use]
    pub fn to_lst(&self) -> String {
        let mut encoder = ZlibEncoder::new(Vec::new(), Compression::new(6));
        // Writing into memory does not fail.
        let compressed = encoder.write_all(&self.bytes).and_then(|()| encoder.finish()).unwrap_or_default();
        base64url::encode(compressed)
    }

    /// Reads `lst`, inflating no more than [`LARGEST_LIST`] bytes.
    ///
    /// # Errors
    /// [`ListError::BadEncoding`], [`ListError::TooLarge`].
    pub fn from_lst(bits: Bits, lst: &str) -> Result<Self, ListError> {
        let compressed = base64url::decode(lst).map_err(|_| ListError::BadEncoding)?;
        let mut decoder = ZlibDecoder::new(compressed.as_slice());
        let limit = u64::try_from(LARGEST_LIST).unwrap_or(u64::MAX).saturating_add(1);
        let mut bytes = Vec::with_capacity(compressed.len());
        decoder.by_ref().take(limit).read_to_end(&mut bytes).map_err(|_| ListError::BadEncoding)?;
        if bytes.len() > LARGEST_LIST {
            return Err(ListError::TooLarge);
        }
        // One stream and nothing behind it.
        if usize::try_from(decoder.total_in()) != Ok(compressed.len()) {
            return Err(ListError::BadEncoding);
        }
        Ok(Self { bits, bytes })
    }
}

impl fmt::Debug for StatusList {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "StatusList({} entries)", self.len())
    }
}

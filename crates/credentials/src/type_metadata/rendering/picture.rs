//! Logos and background images: small, of a known kind, and shown from a `data:` address alone.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::svg::{SvgError, Template};

/// Largest picture that is shown, in bytes.
pub const LARGEST_PICTURE: usize = 256 << 10;

/// A picture that can be shown: PNG, JPEG, WebP, or an SVG without anything that acts or refers elsewhere.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Picture {
    media_type: &'static str,
    octets: Vec<u8>,
}

/// Why a picture is not shown.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PictureError {
    /// The `data:` address is malformed.
    #[error("the data address is malformed")]
    Address,
    /// More than [`LARGEST_PICTURE`] bytes.
    #[error("the picture is too large")]
    TooLarge,
    /// Neither PNG nor JPEG nor WebP nor SVG, by its first bytes.
    #[error("the picture is neither PNG, JPEG, WebP nor SVG")]
    Kind,
    /// An SVG that is not shown.
    #[error(transparent)]
    Svg(#[from] SvgError),
}

impl Picture {
    /// Takes octets for what they are, whatever they are said to be.
    pub(super) fn read(octets: &[u8]) -> Result<Self, PictureError> {
        if octets.len() > LARGEST_PICTURE {
            return Err(PictureError::TooLarge);
        }
        match kind(octets) {
            Some(media_type) => Ok(Self { media_type, octets: octets.to_vec() }),
            None if octets.trim_ascii_start().starts_with(b"<") => {
                let written = Template::read(octets)?.without_placeholders()?;
                Ok(Self { media_type: "image/svg+xml", octets: written.into_bytes() })
            }
            None => Err(PictureError::Kind),
        }
    }

    /// The media type.
    #[must_use]
    pub const fn media_type(&self) -> &'static str {
        self.media_type
    }

    /// The address under which an `<img>` shows it, and nobody is asked for anything.
    #[must_use]
    pub fn data_url(&self) -> String {
        format!("data:{};base64,{}", self.media_type, STANDARD.encode(&self.octets))
    }
}

/// The kind of a bitmap, by its first bytes.
pub(super) fn kind(octets: &[u8]) -> Option<&'static str> {
    let webp = octets.starts_with(b"RIFF") && octets.get(8..12) == Some(b"WEBP");
    if octets.starts_with(b"\x89PNG\r\n\x1a\n") {
        Some("image/png")
    } else if octets.starts_with(b"\xff\xd8\xff") {
        Some("image/jpeg")
    } else if webp {
        Some("image/webp")
    } else {
        None
    }
}

/// The octets in a `data:` address (RFC 2397); the media type that it names is not believed.
pub(super) fn octets_of(uri: &str) -> Result<Vec<u8>, PictureError> {
    // base64 takes four bytes for three; anything much longer than that is not decoded at all.
    if uri.len() > LARGEST_PICTURE.saturating_mul(2) {
        return Err(PictureError::TooLarge);
    }
    let (head, data) = uri.split_once(',').ok_or(PictureError::Address)?;
    let octets = if head.to_ascii_lowercase().ends_with(";base64") {
        STANDARD.decode(data).map_err(|_| PictureError::Address)?
    } else {
        unescaped(data).ok_or(PictureError::Address)?
    };
    if octets.len() > LARGEST_PICTURE { Err(PictureError::TooLarge) } else { Ok(octets) }
}

/// Percent-decodes once.
fn unescaped(text: &str) -> Option<Vec<u8>> {
    let mut octets = Vec::with_capacity(text.len());
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        if byte == b'%' {
            let high = char::from(bytes.next()?).to_digit(16)?;
            let low = char::from(bytes.next()?).to_digit(16)?;
            octets.push(u8::try_from(high.checked_mul(16)?.checked_add(low)?).ok()?);
        } else {
            octets.push(byte);
        }
    }
    Some(octets)
}

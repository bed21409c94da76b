//! base64url without padding (RFC 7515 §2), strict: padding, other alphabets, white space and non-zero
//! trailing bits are refused, so that one value has one spelling.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

/// The text is not canonical unpadded base64url.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not base64url without padding")]
pub struct NotBase64Url;

/// Encodes `bytes`.
#[must_use]
pub fn encode(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// Decodes `text`.
///
/// # Errors
/// [`NotBase64Url`] for anything but the one canonical spelling.
pub fn decode(text: impl AsRef<[u8]>) -> Result<Vec<u8>, NotBase64Url> {
    URL_SAFE_NO_PAD.decode(text).map_err(|_| NotBase64Url)
}

/// Decodes `text` into `room`, whose content is replaced; for who decodes many texts in turn.
///
/// # Errors
/// [`NotBase64Url`] for anything but the one canonical spelling.
pub fn decode_into(text: impl AsRef<[u8]>, room: &mut Vec<u8>) -> Result<(), NotBase64Url> {
    room.clear();
    URL_SAFE_NO_PAD.decode_vec(text, room).map_err(|_| NotBase64Url)
}

/// Encodes `bytes` into `room` and gives the text; `None` when there is not room enough.
#[must_use]
pub fn encode_into<'a>(bytes: &[u8], room: &'a mut [u8]) -> Option<&'a str> {
    let length = URL_SAFE_NO_PAD.encode_slice(bytes, room).ok()?;
    std::str::from_utf8(room.get(..length)?).ok()
}

/// Decodes `text` of exactly `N` bytes.
///
/// # Errors
/// [`NotBase64Url`] for another spelling or another length.
pub fn decode_exact<const N: usize>(text: impl AsRef<[u8]>) -> Result<[u8; N], NotBase64Url> {
    decode(text)?.try_into().map_err(|_| NotBase64Url)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_canonical_spelling_decodes() {
        assert_eq!(decode("_-8"), Ok(vec![0xff, 0xef]));
        for other in ["_-8=", "/+8", "_-9", "_-8 ", "_-8\n", "_"] {
            assert_eq!(decode(other), Err(NotBase64Url), "{other:?}");
        }
    }
}

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
    #[test]
    fn room_that_is_used_again_holds_the_last_value_alone() {
        let mut room = b"what was there".to_vec();
        assert_eq!(decode_into("_-8", &mut room), Ok(()));
        assert_eq!(room, [0xff, 0xef]);
        for other in ["_-8=", "/+8", "_-9", "_"] {
            assert_eq!(decode_into(other, &mut room), Err(NotBase64Url), "{other:?}");
        }
        assert_eq!((decode_into("", &mut room), room), (Ok(()), Vec::new()));
    }

    #[test]
    fn a_text_is_encoded_into_room_that_is_enough_and_into_no_less() {
        assert_eq!(encode_into(&[0xff, 0xef], &mut [0; 9]), Some("_-8"));
        assert_eq!(encode_into(&[0xff, 0xef], &mut [0; 3]), Some("_-8"));
        assert_eq!(encode_into(&[0xff, 0xef], &mut [0; 2]), None);
        assert_eq!(encode_into(&[], &mut []), Some(""));
    }

    #[test]
    fn a_value_of_known_length_has_no_other() {
        assert_eq!(decode_exact("_-8"), Ok([0xff, 0xef]));
        assert_eq!(decode_exact::<1>("_-8"), Err(NotBase64Url));
        assert_eq!(decode_exact::<3>("_-8"), Err(NotBase64Url));
        assert_eq!(decode_exact::<2>("_-9"), Err(NotBase64Url));
    }
}

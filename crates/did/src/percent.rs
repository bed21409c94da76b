//! Percent-encoding (RFC 3986 §2.1) of the parts of did:web and did:webvh identifiers.

use std::fmt::Write;

/// Decodes every triplet exactly once; `None` for a broken triplet or bytes that are not UTF-8.
pub(crate) fn decode(text: &str) -> Option<String> {
    let mut decoded = Vec::with_capacity(text.len());
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        if byte == b'%' {
            let high = char::from(bytes.next()?).to_digit(16)?;
            let low = char::from(bytes.next()?).to_digit(16)?;
            decoded.push(u8::try_from(high.checked_mul(16)?.checked_add(low)?).ok()?);
        } else {
            decoded.push(byte);
        }
    }
    String::from_utf8(decoded).ok()
}

/// Encodes everything but RFC 3986 `unreserved`, with uppercase digits.
pub(crate) fn encode(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~') {
            encoded.push(char::from(byte));
        } else {
            // Writing to a String cannot fail.
            let _ = write!(encoded, "%{byte:02X}");
        }
    }
    encoded
}

/// As [`encode`], but `~` too, which is no `idchar` of DID Core 1.0 §3.1.
pub(crate) fn encode_for_did(text: &str) -> String {
    encode(text).replace('~', "%7E")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decoding_happens_once_and_broken_triplets_are_refused() {
        assert_eq!(decode("a%252e%2E").as_deref(), Some("a%2e."));
        for broken in ["%", "%2", "%2g", "%ff", "a%-1"] {
            assert_eq!(decode(broken), None, "{broken}");
        }
    }

    #[test]
    fn encoding_uses_uppercase_and_spares_only_unreserved() {
        assert_eq!(encode("a/b ü~"), "a%2Fb%20%C3%BC~");
        assert_eq!(encode_for_did("~"), "%7E");
    }
}

//! The record that an NFC tag carries so that a phone opens the page (NFC Forum NDEF 1.0, URI Record Type Definition 1.0).

/// Why no record is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NdefError {
    /// Neither `https:` nor `http:`.
    #[error("a tag carries an address on the web")]
    Scheme,
    /// Longer than a short record holds.
    #[error("the address is too long for a tag: at most 254 bytes after the scheme")]
    TooLong,
}

/// Message begin, message end, short record, type of the NFC Forum.
const HEADER: u8 = 0xD1;
/// The type `U`.
const URI: u8 = b'U';

/// The one NDEF record that holds `uri`: the whole message that is written to a tag.
///
/// # Errors
/// See [`NdefError`].
pub fn uri_record(uri: &str) -> Result<Vec<u8>, NdefError> {
    let (prefix, rest) = if let Some(rest) = uri.strip_prefix("https://") {
        (0x04, rest)
    } else if let Some(rest) = uri.strip_prefix("http://") {
        (0x03, rest)
    } else {
        return Err(NdefError::Scheme);
    };
    let length = rest.len().checked_add(1).and_then(|length| u8::try_from(length).ok());
    let mut record = vec![HEADER, 1, length.ok_or(NdefError::TooLong)?, URI, prefix];
    record.extend_from_slice(rest.as_bytes());
    Ok(record)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_record_is_the_example_of_the_specification() {
        // URI RTD 1.0, appendix A.1, with https:// in the place of http://www.
        let record = uri_record("https://nfc.com").unwrap();
        assert_eq!(record, [0xD1, 0x01, 0x08, 0x55, 0x04, 0x6E, 0x66, 0x63, 0x2E, 0x63, 0x6F, 0x6D]);
        assert_eq!(uri_record("http://a.localhost:8080/join").unwrap()[4], 0x03);
    }

    #[test]
    fn what_fits_no_short_record_is_refused() {
        let longest = format!("https://{}", "a".repeat(254));
        assert_eq!(uri_record(&longest).unwrap()[2], 255);
        assert_eq!(uri_record(&format!("{longest}a")), Err(NdefError::TooLong));
        assert_eq!(uri_record("openid4vp://?a=b"), Err(NdefError::Scheme));
    }
}

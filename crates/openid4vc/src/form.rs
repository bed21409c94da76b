//! `application/x-www-form-urlencoded` bodies and queries, strict: a parameter given twice is refused
//! (RFC 6749 §3.1 and §3.2), so is text that is not UTF-8. Unknown parameters are the reader's to ignore.

use std::collections::BTreeMap;
use std::fmt;

/// Longest body that is read, in bytes.
pub const LONGEST: usize = 2 << 20;
/// Most parameters that are read.
pub const MOST_PARAMETERS: usize = 64;
/// The media type of a form.
pub const MEDIA_TYPE: &str = "application/x-www-form-urlencoded";

/// Why a form is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FormError {
    /// The content type is missing or another one.
    #[error("the content type must be application/x-www-form-urlencoded")]
    WrongMediaType,
    /// Longer than [`LONGEST`].
    #[error("the form is too long")]
    TooLong,
    /// More than [`MOST_PARAMETERS`].
    #[error("the form has too many parameters")]
    TooManyParameters,
    /// A broken percent encoding, or not UTF-8.
    #[error("the form is not percent-encoded UTF-8")]
    Malformed,
    /// A parameter is given twice.
    #[error("a parameter is given twice")]
    Repeated,
}

/// The parameters of a form, each at most once.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Form(BTreeMap<String, String>);

impl Form {
    /// Reads a body of the given content type.
    ///
    /// # Errors
    /// See [`FormError`].
    pub fn parse(content_type: Option<&str>, body: &[u8]) -> Result<Self, FormError> {
        if !content_type.is_some_and(|given| crate::http::essence(given).eq_ignore_ascii_case(MEDIA_TYPE)) {
            return Err(FormError::WrongMediaType);
        }
        Self::read(body)
    }

    /// Reads the query of a URL.
    ///
    /// # Errors
    /// See [`FormError`].
    pub fn from_query(query: &str) -> Result<Self, FormError> {
        Self::read(query.as_bytes())
    }

    fn read(body: &[u8]) -> Result<Self, FormError> {
        if body.len() > LONGEST {
            return Err(FormError::TooLong);
        }
        let mut parameters = BTreeMap::new();
        for pair in body.split(|byte| *byte == b'&').filter(|pair| !pair.is_empty()) {
            if parameters.len() >= MOST_PARAMETERS {
                return Err(FormError::TooManyParameters);
            }
            let mut parts = pair.splitn(2, |byte| *byte == b'=');
            let name = decode(parts.next().unwrap_or_default())?;
            let value = decode(parts.next().unwrap_or_default())?;
            if parameters.insert(name, value).is_some() {
                return Err(FormError::Repeated);
            }
        }
        Ok(Self(parameters))
    }

    /// A parameter.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    /// Whether a parameter is there.
    #[must_use]
    pub fn contains(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }

    /// All parameters, in no meaningful order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }
}

impl fmt::Debug for Form {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Values are codes, tokens and presentations: names only.
        formatter.debug_set().entries(self.0.keys()).finish()
    }
}

/// Encodes parameters as a body or a query.
#[must_use]
pub fn encode<'a>(parameters: impl IntoIterator<Item = (&'a str, &'a str)>) -> String {
    url::form_urlencoded::Serializer::new(String::new()).extend_pairs(parameters).finish()
}

fn decode(text: &[u8]) -> Result<String, FormError> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.iter();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'+' => b' ',
            b'%' => {
                let high = hex_digit(rest.next())?;
                let low = hex_digit(rest.next())?;
                high.wrapping_shl(4) | low
            }
            other => *other,
        });
    }
    String::from_utf8(bytes).map_err(|_| FormError::Malformed)
}

fn hex_digit(byte: Option<&u8>) -> Result<u8, FormError> {
    byte.and_then(|byte| char::from(*byte).to_digit(16))
        .and_then(|digit| u8::try_from(digit).ok())
        .ok_or(FormError::Malformed)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(body: &str) -> Result<Form, FormError> {
        Form::parse(Some("application/x-www-form-urlencoded; charset=utf-8"), body.as_bytes())
    }

    #[test]
    fn a_form_is_decoded_and_encodes_back() {
        let form = read("a=1+2&b=%C3%A9%26&c=&d").unwrap();
        assert_eq!(form.get("a"), Some("1 2"));
        assert_eq!(form.get("b"), Some("é&"));
        assert_eq!((form.get("c"), form.get("d"), form.get("e")), (Some(""), Some(""), None));
        assert_eq!(Form::from_query(&encode(form.iter())).unwrap(), form);
    }

    #[test]
    fn a_parameter_given_twice_is_refused_even_if_unknown_or_spelled_otherwise() {
        assert_eq!(read("a=1&b=2&a=1"), Err(FormError::Repeated));
        assert_eq!(read("code=1&c%6Fde=2"), Err(FormError::Repeated));
    }

    #[test]
    fn broken_encodings_and_other_media_types_are_refused() {
        for broken in ["a=%", "a=%4", "a=%zz", "a=%FF", "%+1=a"] {
            assert_eq!(read(broken), Err(FormError::Malformed), "{broken}");
        }
        assert_eq!(Form::parse(Some("application/json"), b"a=1"), Err(FormError::WrongMediaType));
        assert_eq!(Form::parse(None, b"a=1"), Err(FormError::WrongMediaType));
    }

    #[test]
    fn length_and_number_of_parameters_are_bounded() {
        let many: String = (0..=MOST_PARAMETERS).map(|number| format!("p{number}=1&")).collect();
        assert_eq!(read(&many), Err(FormError::TooManyParameters));
        assert_eq!(read(&"a".repeat(LONGEST + 1)), Err(FormError::TooLong));
    }
}

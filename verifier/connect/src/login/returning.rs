//! The login's answer in the address that a browser comes back with (Core §3.1.2.5, RFC 9207 §2).

use openid4vc::form::Form;
use openid4vc::secret::SecretText;

use super::provider::Provider;

/// Longest code, in bytes.
const LONGEST_CODE: usize = 4_096;

/// What came back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Returned {
    /// A code to be handed in.
    Code(SecretText),
    /// The person said no, or may not sign in there.
    Denied,
    /// The login says that something else went wrong.
    Failed,
}

/// Why an answer is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReturnError {
    /// It does not say whose it is, though that was promised (RFC 9207 §2.4).
    #[error("the answer has no iss, which the login promises")]
    NoIssuer,
    /// It is of another login than the one that was asked (RFC 9207 §2.4).
    #[error("the answer is of another login")]
    OtherIssuer,
    /// It has neither a code nor an error, or both.
    #[error("the answer has no code")]
    NoCode,
}

/// Reads the answer of `provider`.
///
/// # Errors
/// [`ReturnError`].
pub fn read(form: &Form, provider: &Provider) -> Result<Returned, ReturnError> {
    match form.get("iss") {
        Some(issuer) if issuer == provider.issuer => {}
        Some(_) => return Err(ReturnError::OtherIssuer),
        None if provider.names_itself => return Err(ReturnError::NoIssuer),
        None => {}
    }
    let code = form.get("code").filter(|code| !code.is_empty() && code.len() <= LONGEST_CODE);
    match (code, form.get("error")) {
        (Some(code), None) => Ok(Returned::Code(SecretText::new(code))),
        (None, Some("access_denied")) => Ok(Returned::Denied),
        (None, Some(_)) => Ok(Returned::Failed),
        _ => Err(ReturnError::NoCode),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::discovery;

    const ISSUER: &str = "https://kiln.example.org/connect";

    fn returned(query: &str, names_itself: bool) -> Result<Returned, ReturnError> {
        let provider = Provider::read(&discovery::metadata(ISSUER), ISSUER).unwrap();
        read(&Form::from_query(query).unwrap(), &Provider { names_itself, ..provider })
    }

    #[test]
    fn an_answer_is_of_the_login_that_was_asked() {
        let code = Ok(Returned::Code(SecretText::new("c")));
        assert_eq!(returned("code=c&iss=https%3A%2F%2Fkiln.example.org%2Fconnect", true), code);
        assert_eq!(returned("code=c&iss=https%3A%2F%2Fkiln.example.org%2Fconnect", false), code);
        assert_eq!(returned("code=c", false), code);
        assert_eq!(returned("code=c", true), Err(ReturnError::NoIssuer));
        assert_eq!(returned("error=access_denied", true), Err(ReturnError::NoIssuer));
        for other in ["https%3A%2F%2Fkiln.example.org%2Fconnect%2F", "https%3A%2F%2Fevil.example", "x"] {
            for names_itself in [true, false] {
                let query = format!("code=c&iss={other}");
                assert_eq!(returned(&query, names_itself), Err(ReturnError::OtherIssuer), "{other}");
            }
        }
    }

    #[test]
    fn an_answer_is_a_code_or_an_error_and_not_both() {
        assert_eq!(returned("error=access_denied", false), Ok(Returned::Denied));
        assert_eq!(returned("error=server_error&error_description=x", false), Ok(Returned::Failed));
        let long = format!("code={}", "c".repeat(LONGEST_CODE + 1));
        for near in ["", "code=", "code=c&error=access_denied", "state=s", &long] {
            assert_eq!(returned(near, false), Err(ReturnError::NoCode), "{near}");
        }
    }
}

//! Claims of a JSON Web Token (RFC 7519): signing them, reading them, and their time windows.

use environment::Timestamp;
use serde_json::{Map, Value};

use crate::jws;
use crate::signing::{Signer, SigningFailed};

/// Why a claim is not taken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ClaimError {
    /// A required claim is missing.
    #[error("the claim {0} is missing")]
    Missing(&'static str),
    /// A claim has another JSON type than its definition says.
    #[error("the claim {0} has the wrong type")]
    WrongType(&'static str),
    /// `exp` has passed (RFC 7519 §4.1.4).
    #[error("expired: exp is {expired_at}, now is {now}")]
    Expired {
        /// `exp`, seconds since the epoch.
        expired_at: i64,
        /// The time of the check.
        now: i64,
    },
    /// `nbf` lies ahead (RFC 7519 §4.1.5).
    #[error("not valid yet: nbf is {not_before}, now is {now}")]
    NotYetValid {
        /// `nbf`, seconds since the epoch.
        not_before: i64,
        /// The time of the check.
        now: i64,
    },
    /// `iat` lies outside the window that is taken.
    #[error("iat is {issued_at}, which is too far from now ({now})")]
    IssuedAtOutsideWindow {
        /// `iat`, seconds since the epoch.
        issued_at: i64,
        /// The time of the check.
        now: i64,
    },
}

/// A claim that must be a string.
///
/// # Errors
/// [`ClaimError::Missing`], [`ClaimError::WrongType`].
pub fn text<'a>(claims: &'a Map<String, Value>, name: &'static str) -> Result<&'a str, ClaimError> {
    claims.get(name).ok_or(ClaimError::Missing(name))?.as_str().ok_or(ClaimError::WrongType(name))
}

/// A claim that may be absent and otherwise is a NumericDate (RFC 7519 §2); fractions are cut off.
///
/// # Errors
/// [`ClaimError::WrongType`] when it is not a number within range.
pub fn date(claims: &Map<String, Value>, name: &'static str) -> Result<Option<Timestamp>, ClaimError> {
    let Some(value) = claims.get(name) else { return Ok(None) };
    if let Some(seconds) = value.as_i64() {
        return Ok(Some(Timestamp::from_seconds(seconds)));
    }
    match value.as_f64() {
        // 2^53 seconds: beyond it a double no longer counts seconds.
        Some(seconds) if seconds.abs() < 9_007_199_254_740_992.0 => {
            #[expect(
                clippy::cast_possible_truncation,
                reason = "the range was checked, fractions are dropped"
            )]
            let whole = seconds.floor() as i64;
            Ok(Some(Timestamp::from_seconds(whole)))
        }
        _ => Err(ClaimError::WrongType(name)),
    }
}

/// A claim that must be a NumericDate.
///
/// # Errors
/// [`ClaimError::Missing`], [`ClaimError::WrongType`].
pub fn required_date(claims: &Map<String, Value>, name: &'static str) -> Result<Timestamp, ClaimError> {
    date(claims, name)?.ok_or(ClaimError::Missing(name))
}

/// Checks `exp` and `nbf` where they are present, forgiving clocks that differ by `skew` seconds.
///
/// # Errors
/// [`ClaimError::Expired`], [`ClaimError::NotYetValid`], [`ClaimError::WrongType`].
pub fn check_validity(claims: &Map<String, Value>, now: Timestamp, skew: i64) -> Result<(), ClaimError> {
    if let Some(expires) = date(claims, "exp")?
        && now >= expires.plus(skew)
    {
        return Err(ClaimError::Expired { expired_at: expires.seconds(), now: now.seconds() });
    }
    if let Some(not_before) = date(claims, "nbf")?
        && now < not_before.minus(skew)
    {
        return Err(ClaimError::NotYetValid { not_before: not_before.seconds(), now: now.seconds() });
    }
    Ok(())
}

/// Checks that `iat` is present, not older than `oldest` seconds and not more than `skew` seconds ahead.
///
/// # Errors
/// [`ClaimError::IssuedAtOutsideWindow`], [`ClaimError::Missing`], [`ClaimError::WrongType`].
pub fn check_issued_at(
    claims: &Map<String, Value>,
    now: Timestamp,
    oldest: i64,
    skew: i64,
) -> Result<Timestamp, ClaimError> {
    let issued_at = required_date(claims, "iat")?;
    let age = now.since(issued_at);
    if age > oldest || age < skew.saturating_neg() {
        return Err(ClaimError::IssuedAtOutsideWindow { issued_at: issued_at.seconds(), now: now.seconds() });
    }
    Ok(issued_at)
}

/// Signs `claims` as a compact JWT of type `typ`, with further header members.
///
/// # Errors
/// [`SigningFailed`] when the keeper of the key does not sign.
pub fn sign(
    typ: &str,
    mut header: Map<String, Value>,
    claims: &Map<String, Value>,
    signer: &dyn Signer,
) -> Result<String, SigningFailed> {
    header.insert("typ".to_owned(), Value::from(typ));
    let payload = serde_json::to_vec(claims).map_err(|_| SigningFailed)?;
    jws::sign(header, &payload, signer)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn claims(value: Value) -> Map<String, Value> {
        value.as_object().unwrap().clone()
    }

    #[test]
    fn expiry_is_the_first_moment_at_which_a_token_is_refused() {
        let token = claims(json!({"exp": 100, "nbf": 50}));
        let at = Timestamp::from_seconds;
        assert_eq!(check_validity(&token, at(99), 0), Ok(()));
        assert_eq!(
            check_validity(&token, at(100), 0),
            Err(ClaimError::Expired { expired_at: 100, now: 100 })
        );
        assert_eq!(check_validity(&token, at(109), 10), Ok(()));
        assert_eq!(
            check_validity(&token, at(49), 0),
            Err(ClaimError::NotYetValid { not_before: 50, now: 49 })
        );
        assert_eq!(check_validity(&token, at(40), 10), Ok(()));
    }

    #[test]
    fn a_date_that_is_text_is_refused_and_not_read_as_absent() {
        let now = Timestamp::from_seconds(1);
        assert_eq!(check_validity(&claims(json!({"exp": "9"})), now, 0), Err(ClaimError::WrongType("exp")));
        assert_eq!(check_validity(&claims(json!({"exp": null})), now, 0), Err(ClaimError::WrongType("exp")));
        assert_eq!(check_validity(&claims(json!({"exp": 1e300})), now, 0), Err(ClaimError::WrongType("exp")));
        assert_eq!(check_validity(&claims(json!({"exp": 2.5})), now, 0), Ok(()));
        assert_eq!(check_validity(&claims(json!({})), now, 0), Ok(()));
    }

    #[test]
    fn issued_at_is_taken_within_its_window_only() {
        let now = Timestamp::from_seconds(1_000);
        let at = |iat: i64| check_issued_at(&claims(json!({"iat": iat})), now, 300, 60);
        assert!(at(1_000).is_ok() && at(700).is_ok() && at(1_060).is_ok());
        for outside in [699, 1_061, i64::MIN, i64::MAX] {
            let error = ClaimError::IssuedAtOutsideWindow { issued_at: outside, now: 1_000 };
            assert_eq!(at(outside), Err(error));
        }
        assert_eq!(check_issued_at(&claims(json!({})), now, 300, 60), Err(ClaimError::Missing("iat")));
    }
}

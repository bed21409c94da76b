//! What the member says of itself: names whose values have a known form.

use environment::{Date, Timestamp};
use serde_json::Value;

use super::Failure;

/// A value that no space would take is refused when it is set, with the form that is wanted.
pub(super) fn check(name: &str, value: &Value, now: Timestamp) -> Result<(), Failure> {
    let text = |fits: &dyn Fn(&str) -> bool| value.as_str().is_some_and(fits);
    let (fits, wanted) = match name {
        "email" => (text(&outbound::mail::is_address), "one mail address, such as you@example.org"),
        "birthdate" => (
            text(&|text| Date::parse(text).is_some_and(|born| born <= Date::of(now))),
            "a past day, YYYY-MM-DD, such as 1990-01-02",
        ),
        "phone" | "phone_number" => {
            (text(&is_phone_number), "a number with its country, such as +49 30 123456")
        }
        _ => return Ok(()),
    };
    if fits { Ok(()) } else { Err(Failure::new("detail_value", format!("{name} must be {wanted}"))) }
}

/// Digits behind a plus, as in OpenID Connect Core 1.0 §5.1 (E.164: at most 15), with what people put between them.
fn is_phone_number(text: &str) -> bool {
    let Some(rest) = text.strip_prefix('+') else { return false };
    let digits = rest.bytes().filter(u8::is_ascii_digit).count();
    (5..=15).contains(&digits)
        && rest.chars().all(|one| one.is_ascii_digit() || matches!(one, ' ' | '-' | '(' | ')' | '.' | '/'))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// 2026-11-25.
    const TODAY: Timestamp = Timestamp::from_seconds(1_795_564_800);

    #[test]
    fn known_names_take_values_of_their_form_alone() {
        for (name, value) in [
            ("email", json!("ada@example.org")),
            ("birthdate", json!("1990-01-02")),
            ("birthdate", json!("2026-11-25")),
            ("phone", json!("+49 30 123456")),
            ("phone_number", json!("+31 (0)20-1234567")),
            ("bio", json!("not-an-email")),
            ("company", json!(["any"])),
        ] {
            assert!(check(name, &value, TODAY).is_ok(), "{name} {value}");
        }
        for (name, value, wanted) in [
            ("email", json!("not-an-email"), "email must be one mail address"),
            ("email", json!(["ada@example.org"]), "email must be one mail address"),
            ("birthdate", json!("02.01.1990"), "birthdate must be a past day"),
            ("birthdate", json!("2026-11-26"), "birthdate must be a past day"),
            ("phone", json!("030 123456"), "phone must be a number with its country"),
            ("phone_number", json!("+49 call me"), "phone_number must be a number with its country"),
        ] {
            let refused = check(name, &value, TODAY).unwrap_err();
            assert_eq!(refused.code, "detail_value");
            assert!(refused.sentence.starts_with(wanted), "{}", refused.sentence);
        }
    }
}

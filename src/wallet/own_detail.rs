//! What the member says of itself: names whose values have a known form.

use ::wallet::DetailForm;
use environment::Timestamp;
use serde_json::Value;

use super::Failure;

/// Refuses a value that no space would take, with the form that is wanted.
pub(super) fn check(name: &str, value: &Value, now: Timestamp) -> Result<(), Failure> {
    let Some(form) = DetailForm::of(name).filter(|form| !form.fits(value, now)) else { return Ok(()) };
    let wanted = match form {
        DetailForm::MailAddress => "one mail address, such as you@example.org",
        DetailForm::PastDay => "a past day, YYYY-MM-DD, such as 1990-01-02",
        DetailForm::Line => "a line of at most 200 characters",
        DetailForm::Text => "a text of at most 4000 characters",
        DetailForm::WebAddress => "the address of a page, such as https://example.org",
        DetailForm::Lines => "a JSON list of lines, such as '[\"felt\", \"glaze\"]' with --json-value",
        DetailForm::WebAddresses => {
            "a JSON list of addresses, such as '[\"https://example.org\"]' with --json-value"
        }
        DetailForm::Picture => {
            "a JPEG or WebP picture of at most 256 pixels and 40 KiB with nothing else in the file, in a data: address"
        }
        DetailForm::PhoneNumber => "a number with its country, such as +49 30 123456",
    };
    Err(Failure::new("detail_value", format!("{name} must be {wanted}")))
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
            ("motto", json!(["any"])),
        ] {
            assert!(check(name, &value, TODAY).is_ok(), "{name} {value}");
        }
        for (name, value, wanted) in [
            ("email", json!("not-an-email"), "email must be one mail address"),
            ("email", json!(["ada@example.org"]), "email must be one mail address"),
            ("birthdate", json!("02.01.1990"), "birthdate must be a past day"),
            ("birthdate", json!("2026-11-26"), "birthdate must be a past day"),
            ("phone", json!("030 123456"), "phone must be a number with its country"),
            ("company", json!(["any"]), "company must be a line"),
            ("picture", json!("https://example.org/me.jpg"), "picture must be a JPEG"),
            ("phone_number", json!("+49 call me"), "phone_number must be a number with its country"),
        ] {
            let refused = check(name, &value, TODAY).unwrap_err();
            assert_eq!(refused.code, "detail_value");
            assert!(refused.sentence.starts_with(wanted), "{}", refused.sentence);
        }
    }
}

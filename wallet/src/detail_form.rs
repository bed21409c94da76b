//! What the values of known own details have to look like: a value that no space would take is refused when it is set.

use environment::{Date, Timestamp};
use serde_json::Value;
use url::Url;

use crate::picture::Picture;

/// Longest name of a person, a company or a role, in characters.
const LONGEST_LINE: usize = 200;
/// Longest address of a page, in characters.
const LONGEST_ADDRESS: usize = 2_048;
/// Longest text about oneself, in characters.
const LONGEST_TEXT: usize = 4_000;
/// Most entries of a list.
const MOST_ENTRIES: usize = 32;

/// The form of a detail's value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DetailForm {
    /// One mail address.
    MailAddress,
    /// A past day, as YYYY-MM-DD.
    PastDay,
    /// A number with its country, behind a plus.
    PhoneNumber,
    /// A line of text.
    Line,
    /// A text of several lines.
    Text,
    /// The address of a page.
    WebAddress,
    /// A list of lines.
    Lines,
    /// A list of addresses of pages.
    WebAddresses,
    /// A picture in a `data:` address.
    Picture,
}

impl DetailForm {
    /// The form of the detail of this name; none where any value will do.
    #[must_use]
    pub fn of(name: &str) -> Option<Self> {
        Some(match name {
            "email" => Self::MailAddress,
            "birthdate" => Self::PastDay,
            "phone" | "phone_number" => Self::PhoneNumber,
            "name" | "given_name" | "family_name" | "middle_name" | "nickname" | "preferred_username"
            | "company" | "role" => Self::Line,
            "bio" => Self::Text,
            "website" | "profile" => Self::WebAddress,
            "skills" => Self::Lines,
            "links" => Self::WebAddresses,
            "picture" => Self::Picture,
            _ => return None,
        })
    }

    /// Whether a value has this form, at this time.
    #[must_use]
    pub fn fits(self, value: &Value, now: Timestamp) -> bool {
        match (self, value) {
            (Self::Lines, Value::Array(all)) => all.len() <= MOST_ENTRIES && all.iter().all(is_line),
            (Self::WebAddresses, Value::Array(all)) => {
                all.len() <= MOST_ENTRIES && all.iter().all(is_web_address)
            }
            (Self::Lines | Self::WebAddresses, _) => false,
            (Self::Line, value) => is_line(value),
            (Self::WebAddress, value) => is_web_address(value),
            (_, Value::String(text)) => match self {
                Self::MailAddress => outbound::mail::is_address(text),
                Self::PastDay => Date::parse(text).is_some_and(|day| day <= Date::of(now)),
                Self::PhoneNumber => is_phone_number(text),
                Self::Text => is_text(text, LONGEST_TEXT, true),
                Self::Picture => Picture::of_data_url(text).is_ok(),
                _ => false,
            },
            _ => false,
        }
    }
}

fn is_line(value: &Value) -> bool {
    value.as_str().is_some_and(|text| is_text(text, LONGEST_LINE, false))
}

fn is_web_address(value: &Value) -> bool {
    value.as_str().is_some_and(|text| {
        is_text(text, LONGEST_ADDRESS, false)
            && Url::parse(text).is_ok_and(|url| matches!(url.scheme(), "http" | "https"))
    })
}

/// Text that a screen shows as it is: nothing in it steers the screen or turns the direction of what stands beside it.
fn is_text(text: &str, longest: usize, has_lines: bool) -> bool {
    let is_hidden = |one: char| {
        (one.is_control() && !(has_lines && matches!(one, '\n' | '\r' | '\t')))
            || matches!(one, '\u{2028}' | '\u{2029}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    text.chars().count() <= longest && !text.chars().any(is_hidden)
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

    fn fits(name: &str, value: &Value) -> bool {
        let now = Timestamp::from_seconds(1_795_564_800);
        DetailForm::of(name).is_none_or(|form| form.fits(value, now))
    }

    #[test]
    fn each_known_detail_has_its_form() {
        let picture = Picture::read(crate::picture::testing::jpeg_of(64, 64)).unwrap().data_url();
        for (name, fine, wrong) in [
            ("company", json!("a".repeat(200)), json!("a".repeat(201))),
            ("given_name", json!("Zoë 👩‍💻"), json!("Zoë\n")),
            ("role", json!("Cook"), json!("\u{202e}Cook")),
            ("bio", json!("one\ntwo"), json!("one\u{1b}[2J")),
            ("website", json!("https://ada.example"), json!("javascript:alert(1)")),
            ("profile", json!("http://ada.example/a"), json!("ada.example")),
            ("skills", json!(["felt", "glaze"]), json!(["felt", 1])),
            ("skills", json!([]), json!("felt")),
            ("links", json!(["https://ada.example"]), json!(["ada"])),
            ("links", json!(vec!["https://a.example"; 32]), json!(vec!["https://a.example"; 33])),
            ("picture", json!(picture), json!("https://elsewhere.example/me.jpg")),
            ("birthdate", json!("1990-01-02"), json!(["1990-01-02"])),
        ] {
            assert!(fits(name, &fine), "{name} {fine}");
            assert!(!fits(name, &wrong), "{name} {wrong}");
        }
        assert!(fits("motto", &json!({"any": ["thing"]})));
    }
}

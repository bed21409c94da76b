//! What the values of a form's claims may be: a space that asks for a name gets one, or no answer at all.
//!
//! DCQL says which claims must be there, and nothing about what they are: `""`, `42` and `false` satisfy every query. The
//! names are those of OpenID Connect Core §5.1 where one exists.

use std::collections::{BTreeMap, BTreeSet};

use environment::{Date, Timestamp};
use presentation::{Answer, Presented, Refused};
use serde_json::{Map, Value};

use crate::form::{AN_AGE, CompiledForm, Field, Form, Meaning, Need, holds};

/// Longest mail address (RFC 5321 §4.5.3.1.3).
const LONGEST_ADDRESS: usize = 254;
/// Longest name of a person or a company, in characters.
const LONGEST_NAME: usize = 200;
/// Longest address of a page, in characters.
const LONGEST_LINK: usize = 2_048;
/// Longest text about oneself, in characters.
const LONGEST_TEXT: usize = 4_000;
/// Longest picture, which may stand in a `data:` URL, and longest of all other values, in bytes of JSON.
const LONGEST_PICTURE: usize = 65_536;
const LONGEST: usize = 16_384;
/// Bytes of JSON that a character may take: two escapes of six (RFC 8259 §7). Of a byte of UTF-8 it is a quarter.
const ESCAPED: usize = 12;
/// Bytes of disclosures that are left for salts and names, beside the value of a claim.
const BESIDE: usize = 1_024;

/// Checks what came for the fields of the form, by an office's word or the member's own. What was needed must be there,
/// and say something; by one of the two words, so that nobody takes the other for it; and nothing that came takes more room than
/// it needs.
///
/// # Errors
/// A rejection: `missing_claims` or `invalid_claim`.
pub(crate) fn check(
    form: &Form,
    compiled: &CompiledForm,
    answer: &Answer,
    now: Timestamp,
) -> Result<(), Refused> {
    for field in &form.fields {
        let (mut came, mut words) = (false, BTreeSet::new());
        for presented in &answer.presented {
            let meaning = compiled.meanings.get(&presented.query);
            if !matches!(meaning, Some(Meaning::Profile | Meaning::Own)) {
                continue;
            }
            if let Some(value) = at(&presented.claims, &field.claim) {
                check_value(field, value, now)?;
                // Only what came as a disclosure is kept, and named in the proof of sharing.
                let shown = |path: &str| path == field.claim || holds(path, &field.claim);
                if presented.disclosed.iter().any(|claim| shown(&claim.path)) {
                    came = true;
                    words.insert(meaning == Some(&Meaning::Profile));
                }
            }
        }
        // Either would satisfy the set (OpenID4VP §6.4.2); a wallet answers with one of the two.
        if words.len() > 1 {
            let sentence = format!("{} came twice, by an office and on the member's own word", field.claim);
            return Err(Refused::rejected("invalid_claim", sentence));
        }
        if field.need == Need::Required && !came {
            let sentence = format!("the answer lacks {}, which is needed", field.claim);
            return Err(Refused::rejected("missing_claims", sentence));
        }
    }
    answer.presented.iter().try_for_each(|presented| check_disclosures(form, compiled, presented))
}

/// A disclosure is kept as it came. Its salt and the blanks in it are as long as whoever made it likes (RFC 9901 §4.2.1), so
/// those of one claim together are as long as its longest value needs, and no longer.
fn check_disclosures(form: &Form, compiled: &CompiledForm, presented: &Presented) -> Result<(), Refused> {
    let mut lengths = BTreeMap::<&str, usize>::new();
    for claim in &presented.disclosed {
        let name = claim.path.split('.').next().unwrap_or_default();
        let length = lengths.entry(name).or_default();
        *length = length.saturating_add(claim.disclosure.len());
    }
    let meaning = compiled.meanings.get(&presented.query);
    let has_kinds = matches!(meaning, Some(Meaning::Profile | Meaning::Own | Meaning::Terms));
    for (name, length) in lengths {
        // What others signed beside the fields of the form may be anything.
        let longest =
            if has_kinds { longest_disclosed(form, name) } else { Kind::Picture.longest_disclosed() };
        if length > longest {
            let sentence =
                format!("the disclosures of {name} must be no longer than its longest value needs");
            return Err(Refused::rejected("invalid_claim", sentence));
        }
    }
    Ok(())
}

/// Longest text of all disclosures of the claim `name`, of which the form may ask for a part.
fn longest_disclosed(form: &Form, name: &str) -> usize {
    let parts = form.fields.iter().map(|field| field.claim.as_str()).filter(|claim| holds(name, claim));
    parts.chain([name]).map(|claim| Kind::of(claim).longest_disclosed()).max().unwrap_or(BESIDE)
}

/// What stands at the path `claim`.
fn at<'a>(claims: &'a Map<String, Value>, claim: &str) -> Option<&'a Value> {
    let mut names = claim.split('.');
    let top = claims.get(names.next()?)?;
    names.try_fold(top, |value, name| value.as_object()?.get(name))
}

fn check_value(field: &Field, value: &Value, now: Timestamp) -> Result<(), Refused> {
    let kind = Kind::of(&field.claim);
    let said = field.need == Need::Optional || !says_nothing(value);
    if said && kind.fits(value, now) {
        return Ok(());
    }
    let sentence = format!("{} must be {}", field.claim, kind.wanted());
    Err(Refused::rejected("invalid_claim", sentence))
}

/// Empty, or a text of nothing but blanks and signs.
fn says_nothing(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Bool(_) | Value::Number(_) => false,
        Value::String(text) => !text.chars().any(char::is_alphanumeric),
        Value::Array(elements) => elements.iter().all(says_nothing),
        Value::Object(members) => members.values().all(says_nothing),
    }
}

/// What a claim holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Address,
    Birthdate,
    Name,
    Link,
    Picture,
    Text,
    YesOrNo,
    Ages,
    Any,
}

impl Kind {
    fn of(claim: &str) -> Self {
        if claim.starts_with(AN_AGE) {
            return Self::YesOrNo;
        }
        match claim {
            "email" => Self::Address,
            "birthdate" => Self::Birthdate,
            "name" | "given_name" | "family_name" | "middle_name" | "nickname" | "preferred_username"
            | "company" | "role" | "phone_number" | "locale" | "zoneinfo" | "gender" => Self::Name,
            "website" | "profile" => Self::Link,
            "picture" => Self::Picture,
            "bio" => Self::Text,
            "email_verified" | "phone_number_verified" => Self::YesOrNo,
            "age_equal_or_over" => Self::Ages,
            _ => Self::Any,
        }
    }

    fn fits(self, value: &Value, now: Timestamp) -> bool {
        let text = |fits: &dyn Fn(&str) -> bool| value.as_str().is_some_and(fits);
        match self {
            Self::Address => text(&|text| text.len() <= LONGEST_ADDRESS && outbound::mail::is_address(text)),
            Self::Birthdate => text(&|text| Date::parse(text).is_some_and(|born| born <= Date::of(now))),
            Self::Name => text(&|text| is_line(text, LONGEST_NAME)),
            Self::Link => text(&|text| is_line(text, LONGEST_LINK)),
            Self::Picture => text(&|text| is_line(text, LONGEST_PICTURE)),
            Self::Text => text(&|text| {
                text.chars().count() <= LONGEST_TEXT
                    && !text.chars().any(|one| is_hidden(one) && !matches!(one, '\n' | '\r' | '\t'))
            }),
            Self::YesOrNo => value.is_boolean(),
            Self::Ages => value.as_object().is_some_and(|ages| ages.values().all(Value::is_boolean)),
            Self::Any => !value.is_null() && value.to_string().len() <= LONGEST,
        }
    }

    /// Longest text of all disclosures of one claim: base64url of what its longest value takes in JSON, and some beside.
    const fn longest_disclosed(self) -> usize {
        let json = match self {
            Self::Address => LONGEST_ADDRESS.saturating_mul(ESCAPED / 4),
            Self::Birthdate | Self::YesOrNo => 0,
            Self::Name => LONGEST_NAME.saturating_mul(ESCAPED),
            Self::Link => LONGEST_LINK.saturating_mul(ESCAPED),
            // An address, in which some write an escape before each slash.
            Self::Picture => LONGEST_PICTURE.saturating_add(LONGEST_PICTURE / 8),
            Self::Text => LONGEST_TEXT.saturating_mul(ESCAPED),
            Self::Ages | Self::Any => LONGEST.saturating_mul(ESCAPED / 4),
        };
        json.div_ceil(3).saturating_mul(4).saturating_add(BESIDE)
    }

    /// What the member's wallet is told.
    const fn wanted(self) -> &'static str {
        match self {
            Self::Address => "one mail address of at most 254 characters",
            Self::Birthdate => "a past day, YYYY-MM-DD",
            Self::Name => "a line of text of at most 200 characters with a letter or digit in it",
            Self::Link => "an address of at most 2,048 characters on one line",
            Self::Picture => "the address of a picture, or a picture in a data: address, of at most 64 KiB",
            Self::Text => "a text of at most 4,000 characters with a letter or digit in it",
            Self::YesOrNo => "true or false",
            Self::Ages => "an object of ages, each true or false",
            Self::Any => "something other than nothing, of at most 16 KiB",
        }
    }
}

fn is_line(text: &str, longest: usize) -> bool {
    text.chars().count() <= longest && !text.chars().any(is_hidden)
}

/// Control characters, line breaks of every kind, and what turns the direction of the text around it: at a screen or a
/// terminal such a name would pass for something else (Unicode Technical Report 36 §2.5).
fn is_hidden(character: char) -> bool {
    character.is_control()
        || matches!(character, '\u{2028}' | '\u{2029}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::form::{SeenInTeam, Source};

    /// 2026-11-25.
    const TODAY: Timestamp = Timestamp::from_seconds(1_795_564_800);

    fn code(claim: &str, need: Need, value: &Value) -> Result<(), &'static str> {
        let field = Field {
            claim: claim.to_owned(),
            need,
            source: Source::Either,
            kept_days: None,
            instead: Vec::new(),
            seen_in_team: SeenInTeam::Team,
        };
        check_value(&field, value, TODAY).map_err(|refused| match refused {
            Refused::Rejected(rejection) => {
                assert!(rejection.sentence.starts_with(&format!("{claim} must be ")));
                rejection.code
            }
            Refused::Store(fault) => panic!("{fault}"),
        })
    }

    #[test]
    fn a_needed_value_is_of_its_kind_and_says_something() {
        let long = |length: usize| json!("a".repeat(length));
        let fine = [
            ("given_name", json!("Ada")),
            ("given_name", json!("渡")),
            ("given_name", json!(" Ada-Lou O\u{2019}Neil, 3rd ")),
            ("family_name", long(200)),
            ("company", json!("42")),
            ("phone_number", json!("+49 30 123456")),
            ("email", json!("ada@example.org")),
            ("birthdate", json!("1990-01-02")),
            ("birthdate", json!("2026-11-25")),
            ("bio", json!("One line.\n\tAnother.")),
            ("bio", long(4_000)),
            ("website", json!("https://ada.example.org/?a=b")),
            ("picture", json!(format!("data:image/png;base64,{}", "A".repeat(60_000)))),
            ("email_verified", json!(false)),
            ("age_equal_or_over", json!({"18": true, "21": false})),
            ("skills", json!(["carpentry", ""])),
            ("address", json!({"street_address": "", "locality": "Town"})),
            ("desk", json!(0)),
            ("vegetarian", json!(false)),
        ];
        for (claim, value) in fine {
            assert_eq!(code(claim, Need::Required, &value), Ok(()), "{claim}: {value}");
        }
        let names = [
            json!(""),
            json!(" \t"),
            json!("-"),
            json!("\u{200b}\u{2060}"),
            json!(42),
            json!(false),
            json!(null),
            json!(["Ada"]),
            json!({"first": "Ada"}),
            json!("Ada\nExample"),
            json!("\u{1b}[2JAda"),
            json!("Ada\u{202e}"),
            json!("Ada\u{2028}"),
            long(201),
        ];
        for claim in ["name", "given_name", "family_name", "nickname", "company", "role", "phone_number"] {
            for value in &names {
                assert_eq!(code(claim, Need::Required, value), Err("invalid_claim"), "{claim}: {value}");
            }
        }
        let wrong = [
            ("email", json!("ada")),
            ("email", json!("")),
            ("email", json!("Ada <ada@example.org>")),
            ("email", json!("ada@example.org, ben@example.org")),
            ("email", json!(format!("ada@{}.org", "a.".repeat(130)))),
            ("email", json!(["ada@example.org"])),
            ("birthdate", json!("2026-11-26")),
            ("birthdate", json!("1990-02-30")),
            ("birthdate", json!("02.01.1990")),
            ("birthdate", json!(19_900_102)),
            ("birthdate", json!("")),
            ("bio", json!("\u{1b}[31m")),
            ("bio", json!(null)),
            ("bio", long(4_001)),
            ("website", json!("https://ada.example.org/\r\nx")),
            ("website", json!("a".repeat(2_049))),
            ("picture", json!("A".repeat(65_537))),
            ("email_verified", json!("true")),
            ("age_equal_or_over", json!({"18": "yes"})),
            ("age_equal_or_over", json!({})),
            ("age_equal_or_over", json!(true)),
            ("skills", json!([])),
            ("skills", json!(["", null])),
            ("address", json!({})),
            ("address", json!({"locality": " "})),
            ("anything", json!(null)),
            ("anything", json!("a".repeat(16_384))),
        ];
        for (claim, value) in wrong {
            assert_eq!(code(claim, Need::Required, &value), Err("invalid_claim"), "{claim}");
        }
    }

    #[test]
    fn the_longest_value_of_each_kind_may_be_disclosed_with_every_character_escaped_and_a_long_salt() {
        // A letter of four bytes, escaped as two halves.
        let letters = |count: usize| ("\u{10400}".repeat(count), "\\ud801\\udc00".repeat(count));
        let plain = |text: String| (text.clone(), text);
        let address =
            format!("{}@{}.{}.{}.example", "a".repeat(64), "b".repeat(63), "c".repeat(63), "d".repeat(52));
        let slashes = "//".repeat(4_000);
        let picture = format!("data:image/png;base64,{slashes}{}", "A".repeat(65_514 - slashes.len()));
        let longest = [
            ("email", plain(address)),
            ("birthdate", plain("1990-01-02".to_owned())),
            ("given_name", letters(200)),
            ("website", letters(2_048)),
            ("picture", (picture.clone(), picture.replace('/', "\\/"))),
            ("bio", letters(4_000)),
            ("skills", letters(4_095)),
        ];
        for (claim, (value, written)) in longest {
            let kind = Kind::of(claim);
            assert!(kind.fits(&json!(value), TODAY), "{claim}");
            let text = format!(r#"["{}", "{claim}", "{written}"]"#, "s".repeat(64));
            let parsed: Value = jose::json::parse(&text).unwrap();
            assert_eq!(parsed[2], json!(value), "{claim}");
            assert!(jose::base64url::encode(&text).len() <= kind.longest_disclosed(), "{claim}");
            let salted = jose::base64url::encode(text.replacen('s', &"s".repeat(100_000), 1));
            assert!(salted.len() > kind.longest_disclosed(), "{claim}");
        }
    }

    #[test]
    fn an_optional_value_may_be_empty_and_is_still_of_its_kind() {
        for (claim, value) in
            [("company", json!("")), ("bio", json!("")), ("skills", json!([])), ("address", json!({}))]
        {
            assert_eq!(code(claim, Need::Optional, &value), Ok(()), "{claim}: {value}");
        }
        for (claim, value) in [
            ("company", json!(false)),
            ("company", json!(null)),
            ("company", json!("a\nb")),
            ("email", json!("")),
            ("birthdate", json!("")),
            ("bio", json!(7)),
            ("skills", json!(null)),
        ] {
            assert_eq!(code(claim, Need::Optional, &value), Err("invalid_claim"), "{claim}: {value}");
        }
    }
}

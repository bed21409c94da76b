//! `authorization_details` of the type `openid_credential` (RFC 9396 §2, OpenID4VCI 1.0 §5.1.1).

use jose::json;
use serde_json::{Value, json};

/// The one type that is spoken.
pub const TYPE: &str = "openid_credential";
/// Longest text that is read, in bytes.
const LONGEST: usize = 1 << 14;
/// Most objects that are read.
const MOST: usize = 32;

/// The details cannot be used (`invalid_authorization_details`, RFC 9396 §5).
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "authorization_details must be a list of openid_credential objects that each name a known configuration"
)]
pub struct MalformedDetails;

/// One object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Detail {
    /// `credential_configuration_id`.
    pub configuration: String,
    /// `locations`: at which resource servers it shall count; empty: not said.
    pub locations: Vec<String>,
}

impl Detail {
    fn from_value(value: &Value) -> Option<Self> {
        let member = |name: &str| value.get(name).and_then(Value::as_str);
        if member("type") != Some(TYPE) {
            return None;
        }
        let configuration = member("credential_configuration_id").filter(|name| !name.is_empty())?;
        let locations = match value.get("locations") {
            None => Vec::new(),
            Some(list) => {
                let list = list.as_array()?.iter().map(|one| one.as_str().map(str::to_owned));
                list.collect::<Option<Vec<_>>>()?
            }
        };
        Some(Self { configuration: configuration.to_owned(), locations })
    }
}

/// Reads the parameter. Members that are not spoken, `claims` among them, ask for nothing.
///
/// # Errors
/// [`MalformedDetails`]: no list, an empty one, another type, no configuration.
pub fn parse(text: &str) -> Result<Vec<Detail>, MalformedDetails> {
    if text.len() > LONGEST {
        return Err(MalformedDetails);
    }
    let details = json::parse(text).map_err(|_| MalformedDetails)?;
    let fits = |details: &&Vec<Value>| (1..=MOST).contains(&details.len());
    let details = details.as_array().filter(fits).ok_or(MalformedDetails)?;
    details.iter().map(|detail| Detail::from_value(detail).ok_or(MalformedDetails)).collect()
}

/// The configurations that the parameter names.
///
/// # Errors
/// [`MalformedDetails`].
pub fn configurations(text: &str) -> Result<Vec<String>, MalformedDetails> {
    Ok(parse(text)?.into_iter().map(|detail| detail.configuration).collect())
}

/// The parameter that asks for these configurations; with `location`, the issuer's identifier, which is needed where its
/// metadata name authorisation servers.
#[must_use]
pub fn to_text(configurations: &[String], location: Option<&str>) -> String {
    let detail = |configuration: &String| {
        let mut detail = json!({"type": TYPE, "credential_configuration_id": configuration});
        if let (Some(location), Value::Object(members)) = (location, &mut detail) {
            members.insert("locations".to_owned(), json!([location]));
        }
        detail
    };
    Value::Array(configurations.iter().map(detail).collect()).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_back() {
        let named = ["passport".to_owned(), "profile".to_owned()];
        assert_eq!(configurations(&to_text(&named, None)).unwrap(), named);
        let located = parse(&to_text(&named, Some("https://office.example"))).unwrap();
        assert!(located.iter().all(|detail| detail.locations == ["https://office.example"]));
    }

    #[test]
    fn members_that_are_not_spoken_are_passed_over() {
        let text = r#"[{"type":"openid_credential","credential_configuration_id":"p","claims":[{"path":["x"]}],"future":1}]"#;
        assert_eq!(configurations(text).unwrap(), ["p"]);
    }

    #[test]
    fn other_types_and_malformed_lists_are_refused() {
        let good = r#"{"type":"openid_credential","credential_configuration_id":"p"}"#;
        let many = format!("[{}]", vec![good; MOST + 1].join(","));
        for wrong in [
            "",
            "x",
            "{}",
            "[]",
            "[1]",
            good,
            many.as_str(),
            r#"[{"type":"other","credential_configuration_id":"p"}]"#,
            r#"[{"credential_configuration_id":"p"}]"#,
            r#"[{"type":"openid_credential"}]"#,
            r#"[{"type":"openid_credential","credential_configuration_id":""}]"#,
            r#"[{"type":"openid_credential","credential_configuration_id":"p","locations":"x"}]"#,
            r#"[{"type":"openid_credential","type":"openid_credential","credential_configuration_id":"p"}]"#,
        ] {
            assert_eq!(parse(wrong), Err(MalformedDetails), "{wrong}");
        }
        let mixed = format!(r#"[{good},{{"type":"payment"}}]"#);
        assert_eq!(parse(&mixed), Err(MalformedDetails));
    }
}

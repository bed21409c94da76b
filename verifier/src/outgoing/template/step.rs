//! One request of a template: its method, its address for one person, its body's map.

use http::Method;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use url::Url;
use verifier_connect::address;

use super::TemplateError;
use super::body::{DEEPEST, Node};

/// One request of a template.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Step {
    /// `POST`, `PUT`, `PATCH` or `DELETE`.
    pub method: String,
    /// The address, with placeholders behind the host.
    pub url: String,
    /// The body, as a map.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub body: Option<Value>,
    /// Where in the answer the identifier stands that the other side gives: a JSON pointer (RFC 6901).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// What this request does not name is erased there by it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub replaces_whole: bool,
}

impl Step {
    pub(super) fn check(&self) -> Result<(), TemplateError> {
        if !matches!(self.method.as_str(), "POST" | "PUT" | "PATCH" | "DELETE") {
            return Err(TemplateError::Method(self.method.clone()));
        }
        if self.address("id", "person").is_none() {
            return Err(TemplateError::Address(self.url.clone()));
        }
        self.body.as_ref().map_or(Ok(()), |body| Node::parse(body, DEEPEST).map(drop))
    }

    /// The method.
    #[must_use]
    pub fn verb(&self) -> Method {
        // It was looked at when the template was read.
        Method::from_bytes(self.method.as_bytes()).unwrap_or(Method::POST)
    }

    /// Whether it cannot be made without the identifier that the other side gave.
    #[must_use]
    pub fn needs_id(&self) -> bool {
        self.url.contains("{id}") || self.map().is_some_and(|body| body.names_id())
    }

    /// The body's map.
    #[must_use]
    pub fn map(&self) -> Option<Node> {
        self.body.as_ref().and_then(|body| Node::parse(body, DEEPEST).ok())
    }

    /// The address for one person; none where it is no address that may be called.
    #[must_use]
    pub fn address(&self, id: &str, person: &str) -> Option<Url> {
        let host_end = self.url.find("://").and_then(|scheme| {
            let from = scheme.saturating_add(3);
            let rest = self.url.get(from..)?;
            Some(from.saturating_add(rest.find(['/', '?']).unwrap_or(rest.len())))
        })?;
        let (origin, rest) = self.url.split_at_checked(host_end)?;
        // An identifier of dots alone would walk up the path.
        if [id, person].iter().any(|text| text.chars().all(|one| one == '.')) || origin.contains(['{', '}']) {
            return None;
        }
        let mut filled = String::new();
        let mut left = rest;
        while let Some((before, from)) = left.split_once('{') {
            let (name, after) = from.split_once('}')?;
            filled.push_str(before);
            filled.push_str(&percent_encoded(match name {
                "id" => id,
                "person" => person,
                _ => return None,
            }));
            left = after;
        }
        filled.push_str(left);
        address::checked(&format!("{origin}{filled}"))
    }
}

/// All but unreserved characters as the bytes of their UTF-8 (RFC 3986 §2.1, §2.3).
fn percent_encoded(text: &str) -> String {
    let written = |byte: u8| match byte {
        b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => char::from(byte).to_string(),
        other => format!("%{other:02X}"),
    };
    text.bytes().map(written).collect()
}

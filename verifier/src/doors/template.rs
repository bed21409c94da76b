//! The request that opens a door.
//!
//! ```json
//! {"name": "Relay", "auth": "bearer", "open": {"method": "POST", "url": "https://relay.example/pulse", "body": {"seconds": 3}}}
//! ```
//!
//! Nothing about a person goes to a door: the request is the same whoever opens it, but for its `Idempotency-Key`.

use std::collections::BTreeMap;

use http::header::ACCEPT;
use http::{HeaderName, HeaderValue, Method};
use outbound::Request;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use url::Url;
use verifier_connect::address;

use crate::outgoing::template::{Auth, Replace, TemplateError, head, replacing};

/// The one request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Open {
    /// `GET`, `POST`, `PUT` or `PATCH`; some relays know no other than the first.
    pub method: String,
    /// The address.
    pub url: String,
    /// The body, which stands for itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub body: Option<Value>,
}

/// A template, as it is written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DoorTemplate {
    /// Of which lock or relay.
    pub name: String,
    /// Against what it was checked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub checked: Option<String>,
    /// What is to be set before it is of use.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
    /// Texts in it that stand for what only the team knows.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub replace: Vec<Replace>,
    /// How the request says who asks.
    pub auth: Auth,
    /// More headers.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub headers: BTreeMap<String, String>,
    /// The request.
    pub open: Open,
}

impl DoorTemplate {
    /// Reads a template and looks at every part of it.
    ///
    /// # Errors
    /// See [`TemplateError`].
    pub fn parse(text: &str) -> Result<Self, TemplateError> {
        let template: Self = head::read(text)?;
        template.check()?;
        Ok(template)
    }

    /// The template with these settings in it, by the texts that they replace.
    ///
    /// # Errors
    /// See [`TemplateError`].
    pub fn with(&self, settings: &BTreeMap<String, String>) -> Result<Self, TemplateError> {
        let template: Self = replacing::replaced(self, &self.replace, settings)?;
        template.check()?;
        Ok(template)
    }

    /// What still stands in it that is to be replaced.
    #[must_use]
    pub fn standing(&self) -> Vec<Replace> {
        replacing::standing(self, &self.replace)
    }

    /// Looks that nothing does.
    ///
    /// # Errors
    /// [`TemplateError::Unreplaced`].
    pub fn check_replaced(&self) -> Result<(), TemplateError> {
        let standing = self.standing();
        if standing.is_empty() { Ok(()) } else { Err(TemplateError::Unreplaced(standing)) }
    }

    fn check(&self) -> Result<(), TemplateError> {
        // A token would have to be asked for first, while somebody stands before the door.
        if matches!(self.auth, Auth::ClientCredentials { .. }) {
            return Err(TemplateError::DoorAuth);
        }
        head::check(&self.name, &self.replace, &self.headers, &self.auth)?;
        if !matches!(self.open.method.as_str(), "GET" | "POST" | "PUT" | "PATCH") {
            return Err(TemplateError::DoorMethod(self.open.method.clone()));
        }
        if self.open.method == "GET" && self.open.body.is_some() {
            return Err(TemplateError::Body("a GET has no body".to_owned()));
        }
        self.address().map(drop)
    }

    pub(super) fn address(&self) -> Result<Url, TemplateError> {
        let plain = !self.open.url.contains(['{', '}']);
        let url = address::checked(&self.open.url).filter(|_| plain);
        url.ok_or_else(|| TemplateError::DoorAddress(self.open.url.clone()))
    }

    /// The request under this identifier, without what says who asks.
    ///
    /// # Errors
    /// A machine code, for what was stored by another version.
    pub(super) fn request(&self, id: &str) -> Result<Request, &'static str> {
        let url = self.address().map_err(|_| "address")?;
        let method = Method::from_bytes(self.open.method.as_bytes()).map_err(|_| "address")?;
        let mut request = Request::new(method, url);
        for (name, value) in &self.headers {
            let name = HeaderName::from_bytes(name.as_bytes()).map_err(|_| "header")?;
            request = request.with_header(name, value).map_err(|_| "header")?;
        }
        if !request.headers.contains_key(ACCEPT) {
            request.headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
        }
        if let Some(body) = &self.open.body {
            let text = body.to_string().into_bytes();
            request = request.with_body("application/json", text).map_err(|_| "unwritable")?;
        }
        let name = HeaderName::from_static("idempotency-key");
        request.with_header(name, &format!("\"{id}\"")).map_err(|_| "header")
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn whole() -> Value {
        json!({"name": "Relay", "auth": "bearer", "headers": {"X-Room": "1"},
            "open": {"method": "POST", "url": "https://relay.example/pulse", "body": {"seconds": 3}}})
    }

    fn with(pointer: &str, value: Value) -> Result<DoorTemplate, TemplateError> {
        let mut template = whole();
        let (parent, name) = pointer.rsplit_once('/').unwrap();
        template.pointer_mut(parent).unwrap().as_object_mut().unwrap().insert(name.to_owned(), value);
        DoorTemplate::parse(&template.to_string())
    }

    #[test]
    fn a_request_is_the_same_whoever_opens_but_for_its_name() {
        let template = DoorTemplate::parse(&whole().to_string()).unwrap();
        let (one, two) = (template.request("a").unwrap(), template.request("b").unwrap());
        assert_eq!((one.method.as_str(), one.url.as_str()), ("POST", "https://relay.example/pulse"));
        assert_eq!((one.body.clone(), one.headers["x-room"].to_str().unwrap()), (two.body, "1"));
        assert_eq!(
            (&one.headers["idempotency-key"], &two.headers["idempotency-key"]),
            (&HeaderValue::from_static("\"a\""), &HeaderValue::from_static("\"b\""))
        );
    }

    #[test]
    fn what_narrowly_misses_being_a_door_is_refused_and_said() {
        assert!(with("/open/method", json!("PUT")).is_ok());
        assert_eq!(
            with("/open/method", json!("DELETE")),
            Err(TemplateError::DoorMethod("DELETE".to_owned()))
        );
        for url in [
            "http://relay.example/",
            "https://relay.example/{id}",
            "https://user:word@relay.example/",
            "relay.example",
            "https://relay.example/#a",
        ] {
            assert_eq!(
                with("/open/url", json!(url)),
                Err(TemplateError::DoorAddress(url.to_owned())),
                "{url}"
            );
        }
        assert_eq!(
            with("/open/method", json!("GET")),
            Err(TemplateError::Body("a GET has no body".to_owned()))
        );
        assert_eq!(with("/headers", json!({"Cookie": "a"})), Err(TemplateError::Header("Cookie".to_owned())));
        let token = json!({"client_credentials": {"token_url": "https://relay.example/token"}});
        assert_eq!(with("/auth", token), Err(TemplateError::DoorAuth));
        assert_eq!(with("/name", json!(" ")), Err(TemplateError::Name));
        assert!(matches!(with("/open/id", json!("/id")), Err(TemplateError::Malformed(_))));
        assert!(matches!(with("/create", json!({})), Err(TemplateError::Malformed(_))), "that is no door");
    }

    #[test]
    fn what_is_to_be_replaced_is_named_until_it_is() {
        let template = with("/replace", json!([{"text": "relay.example", "by": "the host"}])).unwrap();
        assert!(matches!(template.check_replaced(), Err(TemplateError::Unreplaced(_))));
        let set =
            |host: &str| template.with(&BTreeMap::from([("relay.example".to_owned(), host.to_owned())]));
        let replaced = set("relay.kiln.example:8443").unwrap();
        assert_eq!(
            (replaced.check_replaced(), replaced.open.url.as_str()),
            (Ok(()), "https://relay.kiln.example:8443/pulse")
        );
        assert_eq!(set("kiln/relay"), Err(TemplateError::BadSetting("relay.example".to_owned())));
    }
}

//! The template of an action: up to three requests to other software, for whoever comes, changes and goes.
//!
//! ```json
//! {"name": "Desks", "auth": "bearer",
//!  "create": {"method": "POST", "url": "https://desks.example/people", "id": "/id",
//!             "body": {"mail": {"$detail": "email", "needed": true}, "who": {"$name": "full"}, "plan": 3}},
//!  "change": {"method": "PATCH", "url": "https://desks.example/people/{id}",
//!             "body": {"mail": {"$detail": "email"}, "phone": {"$detail": "phone_number", "missing": null}}},
//!  "erase":  {"method": "DELETE", "url": "https://desks.example/people/{id}"}}
//! ```
//!
//! An object with a member that begins with `$` is an instruction; every other value stands for itself. Addresses hold `{id}`, the
//! identifier that the answer to `create` gave, and `{person}`, ours; both behind the host alone, and written percent-encoded. There is
//! no other place for anything about a person but the body.

use std::collections::{BTreeMap, BTreeSet};

use http::{HeaderName, HeaderValue, Method};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use url::Url;
use verifier_connect::address;

/// Longest template, in bytes of JSON.
const LONGEST: usize = 16_384;
/// Deepest body.
const DEEPEST: usize = 8;
/// Longest name, in characters.
const LONGEST_NAME: usize = 64;
/// Headers that the client writes, or that say who asks.
const OWN_HEADERS: [&str; 11] = [
    "host",
    "content-length",
    "content-type",
    "transfer-encoding",
    "connection",
    "upgrade",
    "te",
    "trailer",
    "expect",
    "proxy-authorization",
    "cookie",
];

/// How a request says who asks.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Auth {
    /// It does not.
    None,
    /// `Authorization: Bearer SECRET` (RFC 6750 §2.1).
    Bearer,
    /// `Authorization: Basic …`; the secret is `user:password` (RFC 7617).
    Basic,
    /// A header of its own.
    Header {
        /// Its name.
        name: String,
        /// What stands before the secret.
        #[serde(default)]
        prefix: String,
    },
    /// A bearer token that is asked for each time (RFC 6749 §4.4); the secret is `client_id:client_secret`.
    ClientCredentials {
        /// Where.
        token_url: String,
        /// What for.
        #[serde(default)]
        scope: String,
    },
}

/// When the erasing request goes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum EraseAt {
    /// When this space holds nothing of the person any more.
    #[default]
    DetailsErased,
    /// Already when the membership ends.
    MembershipEnded,
}

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

/// A template, as it is written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Template {
    /// Of which software; members read it unless the team says another name.
    pub name: String,
    /// Against what it was checked, for the team.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub checked: Option<String>,
    /// What is to be set before it is of use, for the team.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
    /// How it says who asks.
    pub auth: Auth,
    /// More headers of each request.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub headers: BTreeMap<String, String>,
    /// For whoever was approved.
    pub create: Step,
    /// For whoever changed details, or took some back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub change: Option<Step>,
    /// For whoever is gone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub erase: Option<Step>,
    /// When that goes.
    #[serde(default)]
    pub erase_at: EraseAt,
}

/// What is wrong with a template.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TemplateError {
    /// It is no JSON of this form.
    #[error("this is no template: {0}")]
    Malformed(String),
    /// Its name.
    #[error("a template names its software in 1 to {LONGEST_NAME} characters")]
    Name,
    /// A method.
    #[error("a request is a POST, PUT, PATCH or DELETE, not a {0}")]
    Method(String),
    /// An address.
    #[error(
        "an address is https (or http on localhost), with {{id}} and {{person}} behind the host alone: {0}"
    )]
    Address(String),
    /// There is no identifier to put there.
    #[error("an address names {{id}}, but \"create\" has no \"id\" that says where the answer holds it")]
    NoId,
    /// Where the identifier stands.
    #[error("\"id\" is a JSON pointer such as /id, and belongs to \"create\"")]
    Pointer,
    /// A header.
    #[error("{0} is no header that a template may set")]
    Header(String),
    /// A part of a body.
    #[error("{0}")]
    Body(String),
}

impl Template {
    /// Reads a template and looks at every part of it.
    ///
    /// # Errors
    /// See [`TemplateError`].
    pub fn parse(text: &str) -> Result<Self, TemplateError> {
        if text.len() > LONGEST {
            return Err(TemplateError::Malformed(format!("it is longer than {LONGEST} bytes")));
        }
        let value = jose::json::parse(text).map_err(|error| TemplateError::Malformed(error.to_string()))?;
        let template: Self =
            serde_json::from_value(value).map_err(|error| TemplateError::Malformed(error.to_string()))?;
        template.check()?;
        Ok(template)
    }

    fn check(&self) -> Result<(), TemplateError> {
        let length = self.name.trim().chars().count();
        if !(1..=LONGEST_NAME).contains(&length) || self.name.chars().any(char::is_control) {
            return Err(TemplateError::Name);
        }
        for (name, value) in &self.headers {
            check_header(name, value)?;
        }
        match &self.auth {
            Auth::Header { name, prefix } => {
                check_header(name, prefix)?;
            }
            Auth::ClientCredentials { token_url, .. } if address::checked(token_url).is_none() => {
                return Err(TemplateError::Address(token_url.clone()));
            }
            _ => {}
        }
        for step in self.steps() {
            step.check()?;
        }
        if self.change.iter().chain(&self.erase).any(|step| step.id.is_some()) {
            return Err(TemplateError::Pointer);
        }
        if let Some(pointer) = &self.create.id
            && !pointer.starts_with('/')
        {
            return Err(TemplateError::Pointer);
        }
        if self.create.url.contains("{id}") {
            return Err(TemplateError::NoId);
        }
        let needs_id = self.change.iter().chain(&self.erase).any(Step::needs_id);
        if needs_id && self.create.id.is_none() { Err(TemplateError::NoId) } else { Ok(()) }
    }

    fn steps(&self) -> impl Iterator<Item = &Step> {
        std::iter::once(&self.create).chain(&self.change).chain(&self.erase)
    }

    /// The details that its requests name.
    #[must_use]
    pub fn claims(&self) -> BTreeSet<String> {
        let mut claims = BTreeSet::new();
        for body in self.steps().filter_map(Step::map) {
            body.claims(&mut claims);
        }
        claims
    }

    /// The details without which somebody cannot be created there.
    #[must_use]
    pub fn needed(&self) -> BTreeSet<String> {
        let mut needed = BTreeSet::new();
        if let Some(body) = self.create.map() {
            body.needed(&mut needed);
        }
        needed
    }

    pub(super) fn erases_at_end(&self) -> bool {
        self.erase_at == EraseAt::MembershipEnded
    }
}

fn check_header(name: &str, value: &str) -> Result<(), TemplateError> {
    let parsed = HeaderName::from_bytes(name.as_bytes());
    let is_ours = parsed.as_ref().is_ok_and(|name| OWN_HEADERS.contains(&name.as_str()));
    if parsed.is_err() || is_ours || HeaderValue::from_str(value).is_err() {
        return Err(TemplateError::Header(name.to_owned()));
    }
    Ok(())
}

impl Step {
    fn check(&self) -> Result<(), TemplateError> {
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

/// A part of a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NamePart {
    /// The whole.
    Full,
    /// What people are called by.
    Given,
    /// What they share with their family.
    Family,
}

/// A day that is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Day {
    /// The birthdate.
    Birthdate,
    /// When the membership began.
    Since,
    /// The day on which it is sent.
    Today,
}

/// How a day is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DayFormat {
    /// `2026-11-25`.
    Dashes,
    /// `2026/11/25`.
    Slashes,
    /// `25.11.2026`.
    Dots,
    /// `11/25/2026`.
    American,
    /// `2026-11-25T00:00:00Z`.
    Moment,
    /// Seconds since the epoch.
    Unix,
}

/// A part of a body.
#[derive(Clone, Debug, PartialEq)]
pub enum Node {
    /// It stands for itself.
    Constant(Value),
    /// An object.
    Object(Vec<(String, Self)>),
    /// A list.
    List(Vec<Self>),
    /// What the member gave.
    Detail {
        /// The claim's path.
        claim: String,
        /// What stands there in a change when it is not there any more.
        missing: Option<Value>,
        /// Nothing is sent without it.
        needed: bool,
    },
    /// A name, or a part of it.
    Name {
        /// Which.
        part: NamePart,
        /// Nothing is sent without it.
        needed: bool,
        /// What stands there in a change when it is not there any more.
        missing: Option<Value>,
    },
    /// A day.
    Date {
        /// Which.
        day: Day,
        /// How it is written.
        format: DayFormat,
        /// What stands there in a change when it is not there any more.
        missing: Option<Value>,
    },
    /// Our identifier of the person.
    Person,
    /// Theirs.
    Id {
        /// Whether it is written as a number.
        is_number: bool,
    },
}

impl Node {
    fn parse(value: &Value, depth: usize) -> Result<Self, TemplateError> {
        let depth = depth.checked_sub(1).ok_or_else(|| body("a body is at most 8 levels deep"))?;
        match value {
            Value::Object(members) if members.keys().any(|name| name.starts_with('$')) => {
                instruction(members)
            }
            Value::Object(members) => {
                let parts = members.iter().map(|(name, part)| Ok((name.clone(), Self::parse(part, depth)?)));
                Ok(Self::Object(parts.collect::<Result<_, _>>()?))
            }
            Value::Array(parts) => {
                Ok(Self::List(parts.iter().map(|part| Self::parse(part, depth)).collect::<Result<_, _>>()?))
            }
            other => Ok(Self::Constant(other.clone())),
        }
    }

    fn each(&self, look: &mut impl FnMut(&Self)) {
        look(self);
        match self {
            Self::Object(parts) => parts.iter().for_each(|(_, part)| part.each(look)),
            Self::List(parts) => parts.iter().for_each(|part| part.each(look)),
            _ => {}
        }
    }

    fn names_id(&self) -> bool {
        let mut found = false;
        self.each(&mut |node| found |= matches!(node, Self::Id { .. }));
        found
    }

    fn claims(&self, into: &mut BTreeSet<String>) {
        self.each(&mut |node| into.extend(node.own_claims().map(str::to_owned)));
    }

    fn needed(&self, into: &mut BTreeSet<String>) {
        self.each(&mut |node| match node {
            Self::Detail { claim, needed: true, .. } => drop(into.insert(claim.clone())),
            Self::Name { needed: true, .. } => drop(into.insert("name".to_owned())),
            _ => {}
        });
    }

    /// The details that this part alone is made of.
    pub(super) fn own_claims(&self) -> impl Iterator<Item = &str> {
        let claims: Vec<&str> = match self {
            Self::Detail { claim, .. } => vec![claim],
            Self::Name { part: NamePart::Full, .. } => vec!["name", "given_name", "family_name"],
            Self::Name { part: NamePart::Given, .. } => vec!["given_name", "name"],
            Self::Name { part: NamePart::Family, .. } => vec!["family_name", "name"],
            Self::Date { day: Day::Birthdate, .. } => vec!["birthdate"],
            _ => Vec::new(),
        };
        claims.into_iter()
    }

    /// The details of which a change can say that they are gone: those beside a `missing`.
    pub(super) fn can_unsay(&self) -> BTreeSet<String> {
        let mut found = BTreeSet::new();
        self.each(&mut |node| {
            let has_word = match node {
                Self::Detail { missing, .. } | Self::Name { missing, .. } | Self::Date { missing, .. } => {
                    missing.is_some()
                }
                _ => false,
            };
            if has_word {
                found.extend(node.own_claims().map(str::to_owned));
            }
        });
        found
    }
}

fn body(said: &str) -> TemplateError {
    TemplateError::Body(said.to_owned())
}

/// One of `$detail`, `$name`, `$date`, `$person` and `$id`, with what may stand beside it.
fn instruction(members: &Map<String, Value>) -> Result<Node, TemplateError> {
    let text = |name: &str| members.get(name).and_then(Value::as_str);
    let only = |allowed: &[&str]| {
        let strange = members.keys().find(|name| !allowed.contains(&name.as_str()));
        strange.map_or(Ok(()), |name| Err(body(&format!("{name} has no place beside its instruction"))))
    };
    let needed = match members.get("needed") {
        None => false,
        Some(value) => value.as_bool().ok_or_else(|| body("\"needed\" is true or false"))?,
    };
    let missing = members.get("missing").cloned();
    if let Some(claim) = text("$detail") {
        only(&["$detail", "needed", "missing"])?;
        let known = !claim.is_empty() && claim.len() <= 128 && !claim.chars().any(char::is_control);
        if !known || matches!(claim, "number" | "did") {
            return Err(body(&format!("{claim} is no detail that goes out")));
        }
        return Ok(Node::Detail { claim: claim.to_owned(), missing, needed });
    }
    if let Some(part) = text("$name") {
        only(&["$name", "needed", "missing"])?;
        let part = match part {
            "full" => NamePart::Full,
            "given" => NamePart::Given,
            "family" => NamePart::Family,
            _ => return Err(body("$name is full, given or family")),
        };
        return Ok(Node::Name { part, needed, missing });
    }
    if let Some(day) = text("$date") {
        only(&["$date", "format", "missing"])?;
        let day = match day {
            "birthdate" => Day::Birthdate,
            "since" => Day::Since,
            "today" => Day::Today,
            _ => return Err(body("$date is birthdate, since or today")),
        };
        let format = match text("format").unwrap_or("YYYY-MM-DD") {
            "YYYY-MM-DD" => DayFormat::Dashes,
            "YYYY/MM/DD" => DayFormat::Slashes,
            "DD.MM.YYYY" => DayFormat::Dots,
            "MM/DD/YYYY" => DayFormat::American,
            "rfc3339" => DayFormat::Moment,
            "unix" => DayFormat::Unix,
            _ => {
                let formats = "YYYY-MM-DD, YYYY/MM/DD, DD.MM.YYYY, MM/DD/YYYY, rfc3339 or unix";
                return Err(body(&format!("a date's format is {formats}")));
            }
        };
        return Ok(Node::Date { day, format, missing });
    }
    let is_true = |name: &str| members.get(name) == Some(&Value::Bool(true));
    if is_true("$person") {
        only(&["$person"])?;
        return Ok(Node::Person);
    }
    if is_true("$id") {
        only(&["$id", "as"])?;
        return match (members.contains_key("as"), text("as")) {
            (false, _) | (true, Some("text")) => Ok(Node::Id { is_number: false }),
            (true, Some("number")) => Ok(Node::Id { is_number: true }),
            _ => Err(body("an identifier is written as text or number")),
        };
    }
    Err(body("an instruction is $detail, $name, $date, $person or $id"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn whole() -> Value {
        json!({
            "name": "Desks", "auth": "bearer", "headers": {"Accept": "application/json"},
            "create": {"method": "POST", "url": "https://desks.example/people?by={person}", "id": "/data/id",
                "body": {"mail": {"$detail": "email", "needed": true}, "who": {"$name": "full"},
                    "born": {"$date": "birthdate", "format": "DD.MM.YYYY"}, "plan": 3, "tags": ["a", {"$person": true}]}},
            "change": {"method": "PATCH", "url": "https://desks.example/people/{id}",
                "body": {"mail": {"$detail": "email"}, "phone": {"$detail": "phone_number", "missing": null}}},
            "erase": {"method": "DELETE", "url": "https://desks.example/people/{id}"},
        })
    }

    fn with(pointer: &str, value: Value) -> Result<Template, TemplateError> {
        let mut template = whole();
        let (parent, name) = pointer.rsplit_once('/').unwrap();
        template.pointer_mut(parent).unwrap().as_object_mut().unwrap().insert(name.to_owned(), value);
        Template::parse(&template.to_string())
    }

    #[test]
    fn a_template_reads_and_says_which_details_it_names_and_needs() {
        let template = Template::parse(&whole().to_string()).unwrap();
        let claims: Vec<String> = template.claims().into_iter().collect();
        assert_eq!(claims, ["birthdate", "email", "family_name", "given_name", "name", "phone_number"]);
        assert_eq!(template.needed().into_iter().collect::<Vec<_>>(), ["email"]);
        let unsays = template.change.as_ref().unwrap().map().unwrap().can_unsay();
        assert_eq!(unsays.into_iter().collect::<Vec<_>>(), ["phone_number"]);
        assert!(template.erase.as_ref().unwrap().needs_id() && !template.create.needs_id());
    }

    #[test]
    fn what_is_filled_into_an_address_stays_one_segment_of_its_path() {
        let template = Template::parse(&whole().to_string()).unwrap();
        let erase = template.erase.unwrap();
        let at = |id: &str| erase.address(id, "p").map(String::from);
        assert_eq!(at("7").as_deref(), Some("https://desks.example/people/7"));
        assert_eq!(
            at("../admin?x=1#y{person}").as_deref(),
            Some("https://desks.example/people/..%2Fadmin%3Fx%3D1%23y%7Bperson%7D")
        );
        assert_eq!((at(".."), at(".")), (None, None));
        let created = template.create.address("", "a b").map(String::from);
        assert_eq!(created, None, "an empty identifier is none");
        let created = template.create.address("x", "a b&c").map(String::from);
        assert_eq!(created.as_deref(), Some("https://desks.example/people?by=a%20b%26c"));
    }

    #[test]
    fn what_narrowly_misses_being_a_template_is_refused_and_said() {
        let refused = |pointer: &str, value: Value| with(pointer, value).unwrap_err();
        assert_eq!(refused("/create/method", json!("GET")), TemplateError::Method("GET".to_owned()));
        for url in [
            "http://desks.example/people",
            "https://{id}.example/people",
            "https://desks.example/{email}",
            "https://desks.example/{id",
            "https://user:secret@desks.example/",
            "desks.example",
            "ftp://desks.example/",
        ] {
            assert_eq!(refused("/erase/url", json!(url)), TemplateError::Address(url.to_owned()), "{url}");
        }
        assert_eq!(refused("/create/url", json!("https://desks.example/{id}")), TemplateError::NoId);
        assert_eq!(refused("/create/id", json!("id")), TemplateError::Pointer);
        assert_eq!(refused("/erase/id", json!("/id")), TemplateError::Pointer);
        assert_eq!(refused("/headers", json!({"Host": "x"})), TemplateError::Header("Host".to_owned()));
        assert_eq!(refused("/headers", json!({"X-A": "a\nb"})), TemplateError::Header("X-A".to_owned()));
        assert_eq!(refused("/name", json!(" ")), TemplateError::Name);
        for (near, said) in [
            (json!({"$detail": "number"}), "number is no detail that goes out"),
            (json!({"$detail": "did"}), "did is no detail that goes out"),
            (json!({"$detail": "email", "format": "x"}), "format has no place beside its instruction"),
            (json!({"$detail": "email", "needed": "yes"}), "\"needed\" is true or false"),
            (json!({"$id": true, "as": "date"}), "an identifier is written as text or number"),
            (json!({"$name": "middle"}), "$name is full, given or family"),
            (json!({"$date": "birthday"}), "$date is birthdate, since or today"),
            (json!({"$value": "email"}), "an instruction is $detail, $name, $date, $person or $id"),
            (json!([[[[[[[[1]]]]]]]]), "a body is at most 8 levels deep"),
        ] {
            assert_eq!(refused("/create/body", near), TemplateError::Body(said.to_owned()));
        }
        assert!(matches!(refused("/secret", json!("x")), TemplateError::Malformed(_)));
        let mut without = whole();
        without["create"].as_object_mut().unwrap().remove("id");
        assert_eq!(Template::parse(&without.to_string()), Err(TemplateError::NoId));
        assert!(matches!(Template::parse(&" ".repeat(LONGEST + 1)), Err(TemplateError::Malformed(_))));
    }
}

//! The map of a body: what stands for itself, and what is filled in for one person.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::TemplateError;

/// Deepest body.
pub(super) const DEEPEST: usize = 8;

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
    pub(super) fn parse(value: &Value, depth: usize) -> Result<Self, TemplateError> {
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

    pub(super) fn names_id(&self) -> bool {
        let mut found = false;
        self.each(&mut |node| found |= matches!(node, Self::Id { .. }));
        found
    }

    pub(super) fn claims(&self, into: &mut BTreeSet<String>) {
        self.each(&mut |node| into.extend(node.own_claims().map(str::to_owned)));
    }

    pub(super) fn needed(&self, into: &mut BTreeSet<String>) {
        self.each(&mut |node| match node {
            Self::Detail { claim, needed: true, .. } => drop(into.insert(claim.clone())),
            Self::Name { needed: true, .. } => drop(into.insert("name".to_owned())),
            _ => {}
        });
    }

    /// The details that this part alone is made of.
    pub(in crate::outgoing) fn own_claims(&self) -> impl Iterator<Item = &str> {
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
    pub(in crate::outgoing) fn can_unsay(&self) -> BTreeSet<String> {
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

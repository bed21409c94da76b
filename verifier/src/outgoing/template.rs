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

use http::Method;
use serde::{Deserialize, Serialize};
use url::Url;
use verifier_connect::address;

pub use head::Auth;
pub use replacing::{Kind, Replace};
pub use step::Step;

use head::LONGEST_NAME;

pub mod body;
pub(crate) mod head;
pub(crate) mod replacing;
mod step;
#[cfg(test)]
mod tests;

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
    /// Texts in it that stand for what only the team knows.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub replace: Vec<Replace>,
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
    /// Whether this software looks at `Idempotency-Key`: a request to create that comes twice makes somebody once. Without it one of
    /// which nothing was heard is not made again before a person has looked.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub knows_repeats: bool,
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
    /// A method of a door.
    #[error("a door is asked by GET, POST, PUT or PATCH, not by {0}")]
    DoorMethod(String),
    /// An address of a door.
    #[error("a door's address is https (or http on localhost), without {{ and }}: {0}")]
    DoorAddress(String),
    /// How a door's request says who asks.
    #[error("a lock takes its secret with the request: auth is none, bearer, basic or header")]
    DoorAuth,
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
    /// What it says of a text that is to be replaced.
    #[error(
        "\"replace\" names a text of 3 to 64 letters, digits, - . _ and says by what it is to be replaced, not {0}"
    )]
    Replace(String),
    /// Texts still stand in it that are to be replaced.
    #[error("it still has texts that stand for yours: {}", replacing::listed(.0))]
    Unreplaced(Vec<Replace>),
    /// A setting is for a text that is not to be replaced in it.
    #[error("nothing in this template is to be replaced at {0}")]
    NothingToReplace(String),
    /// What is to stand there cannot.
    #[error(
        "what is set for {0} cannot stand there: 1 to 200 characters; letters, digits, - . _ ~ : in an address; a whole number where one is wanted"
    )]
    BadSetting(String),
}

impl Template {
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

    /// The addresses that it calls, with something in the place of whoever it is about.
    pub(super) fn addresses(&self) -> impl Iterator<Item = Url> {
        let token = match &self.auth {
            Auth::ClientCredentials { token_url, .. } => address::checked(token_url),
            _ => None,
        };
        self.steps().filter_map(|step| step.address("id", "person")).chain(token)
    }

    fn check(&self) -> Result<(), TemplateError> {
        head::check(&self.name, &self.replace, &self.headers, &self.auth)?;
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

    /// Whether a request to create may be made again without making somebody twice: the software says so, or the method does
    /// (RFC 9110 §9.2.2).
    pub(super) fn creates_once(&self) -> bool {
        self.knows_repeats || self.create.verb() == Method::PUT
    }

    pub(super) fn erases_at_end(&self) -> bool {
        self.erase_at == EraseAt::MembershipEnded
    }
}

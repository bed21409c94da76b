//! What a space asks for, and how that becomes a DCQL query (specs/flows.md §4).
//!
//! A [`Form`] is what the team edits; [`Form::compile`] makes a [`CompiledForm`]: the query that goes into the request
//! object, and for each query id what an answer to it means.

use std::collections::BTreeMap;

use network::claims::CHECKED;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

const PROFILE: &str = "urn:passport-network:profile:1";
const OWN: &str = "urn:passport-network:own:1";
const TERMS: &str = "urn:passport-network:terms:1";
const PASSPORT: &str = "urn:passport-network:passport:1";
const MEMBERSHIP: &str = "urn:passport-network:membership:1";

/// A form as the team writes it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Form {
    /// Its name within the space: letters, digits, `-`.
    pub id: String,
    /// The registered intended use it serves.
    pub purpose: String,
    /// The claims it asks for, in the order in which they are shown.
    #[serde(default)]
    pub fields: Vec<Field>,
    /// Whether it asks for the passport (number and DID).
    #[serde(default)]
    pub passport: Option<Need>,
    /// Whether it asks for a membership of any space of the network.
    #[serde(default)]
    pub membership: Option<Need>,
    /// Credentials from outside the network.
    #[serde(default)]
    pub foreign: Vec<ForeignCredential>,
    /// Whether the member may attach terms.
    #[serde(default = "yes")]
    pub terms: bool,
    /// Who decides after a full answer.
    #[serde(default)]
    pub approval: Approval,
}

const fn yes() -> bool {
    true
}

/// One claim of a form.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Field {
    /// The claim's name (OpenID Connect Core 5.1 where one exists).
    pub claim: String,
    /// Whether the space cannot do without it.
    pub need: Need,
    /// Whose word is taken.
    #[serde(default)]
    pub source: Source,
    /// Days for which the value is kept after the membership ends, where that is less than what is registered.
    #[serde(default)]
    pub kept_days: Option<u32>,
}

/// Needed or optional.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Need {
    /// Without it there is no sign-up.
    Required,
    /// The member decides.
    Optional,
}

/// Whose word is taken for a claim.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, Default)]
#[serde(rename_all = "kebab-case")]
pub enum Source {
    /// Checked by an office only.
    Checked,
    /// Checked by an office or the member's own word.
    #[default]
    Either,
    /// The member's own word.
    Own,
}

/// A credential type from outside the network that the space trusts under a root of its own choosing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ForeignCredential {
    /// The credential's type.
    pub vct: String,
    /// Claim paths as DCQL writes them: names, indices, null for all elements.
    pub claims: Vec<Vec<Value>>,
    /// Whether the space cannot do without it.
    pub need: Need,
}

/// Who decides about a sign-up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, Default)]
#[serde(rename_all = "kebab-case")]
pub enum Approval {
    /// Everybody whose answer satisfies the form.
    #[default]
    Automatic,
    /// A person of the team.
    Person,
}

/// Why a form cannot be asked.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FormError {
    /// Nothing is asked.
    #[error("the form asks for nothing")]
    Empty,
    /// The same claim twice.
    #[error("the form asks for {0} twice")]
    Twice(String),
    /// A claim that no office checks is asked as checked.
    #[error("{0} is not checked by any office: ask for it as the member's own word")]
    NeverChecked(String),
    /// A claim name that cannot be part of a query id (OpenID4VP §6.1).
    #[error("a claim's name may hold letters, digits, _ and - only")]
    BadName,
}

/// What an answer to one query of the form means.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Meaning {
    /// Claims checked by an office.
    Profile,
    /// Claims on the member's word.
    Own,
    /// Who sees what, until when, and the inbox.
    Terms,
    /// The passport.
    Passport,
    /// A membership of some space.
    Membership,
    /// A foreign credential: its place in [`Form::foreign`].
    Foreign(usize),
}

/// A form made ready to be asked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CompiledForm {
    /// The DCQL query.
    pub query: Value,
    /// For each query id: what an answer means.
    pub meanings: BTreeMap<String, Meaning>,
}

impl Form {
    /// Compiles the form.
    ///
    /// # Errors
    /// See [`FormError`].
    pub fn compile(&self) -> Result<CompiledForm, FormError> {
        self.check()?;
        let mut compiler = Compiler::default();
        self.compile_required(&mut compiler);
        for field in &self.fields {
            compiler.single_field(field);
        }
        if let Some(need) = self.passport {
            compiler.credential(
                "passport",
                PASSPORT,
                &[json!(["number"]), json!(["did"])],
                Meaning::Passport,
            );
            compiler.set(&["passport"], need);
        }
        if let Some(need) = self.membership {
            compiler.credential("membership", MEMBERSHIP, &[json!(["since"])], Meaning::Membership);
            compiler.set(&["membership"], need);
        }
        for (place, foreign) in self.foreign.iter().enumerate() {
            let id = format!("foreign_{place}");
            let claims: Vec<Value> = foreign.claims.iter().map(|path| json!(path)).collect();
            compiler.credential(&id, &foreign.vct, &claims, Meaning::Foreign(place));
            compiler.set(&[&id], foreign.need);
        }
        if self.terms && compiler.mints() {
            let claims = ["request", "audiences", "until", "inbox"].map(|claim| json!([claim]));
            compiler.credential("terms", TERMS, &claims, Meaning::Terms);
            compiler.set(&["terms"], Need::Optional);
        }
        Ok(compiler.finish())
    }

    /// All claims required of one kind of source go into one query, so that they come from one copy.
    fn compile_required(&self, compiler: &mut Compiler) {
        for (source, id, vct, meaning) in
            [(Source::Checked, "profile", PROFILE, Meaning::Profile), (Source::Own, "own", OWN, Meaning::Own)]
        {
            let claims: Vec<Value> = self
                .fields
                .iter()
                .filter(|field| field.need == Need::Required && field.source == source)
                .map(|field| json!([field.claim]))
                .collect();
            if !claims.is_empty() {
                compiler.credential(id, vct, &claims, meaning);
                compiler.set(&[id], Need::Required);
            }
        }
    }

    fn check(&self) -> Result<(), FormError> {
        if self.fields.is_empty()
            && self.foreign.is_empty()
            && self.passport.is_none()
            && self.membership.is_none()
        {
            return Err(FormError::Empty);
        }
        let mut seen = std::collections::BTreeSet::new();
        for field in &self.fields {
            let fits = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-';
            if field.claim.is_empty() || !field.claim.bytes().all(fits) {
                return Err(FormError::BadName);
            }
            if !seen.insert(&field.claim) {
                return Err(FormError::Twice(field.claim.clone()));
            }
            if field.source == Source::Checked && !CHECKED.contains(&field.claim.as_str()) {
                return Err(FormError::NeverChecked(field.claim.clone()));
            }
        }
        Ok(())
    }

    /// The field for `claim`, if the form has one.
    #[must_use]
    pub fn field(&self, claim: &str) -> Option<&Field> {
        self.fields.iter().find(|field| field.claim == claim)
    }
}

#[derive(Default)]
struct Compiler {
    credentials: Vec<Value>,
    sets: Vec<Value>,
    meanings: BTreeMap<String, Meaning>,
}

impl Compiler {
    fn credential(&mut self, id: &str, vct: &str, claims: &[Value], meaning: Meaning) {
        let claims: Vec<Value> = claims.iter().map(|path| json!({"path": path})).collect();
        self.credentials.push(json!({
            "id": id,
            "format": "dc+sd-jwt",
            "meta": {"vct_values": [vct]},
            "claims": claims,
        }));
        self.meanings.insert(id.to_owned(), meaning);
    }

    fn set(&mut self, alternatives: &[&str], need: Need) {
        let options: Vec<Value> = alternatives.iter().map(|id| json!([id])).collect();
        self.sets.push(json!({"options": options, "required": need == Need::Required}));
    }

    /// Fields that the member may answer one by one: everything but the required ones of a single source.
    fn single_field(&mut self, field: &Field) {
        if field.need == Need::Required && field.source != Source::Either {
            return;
        }
        let claim = [json!([field.claim])];
        let profile = format!("profile_{}", field.claim);
        let own = format!("own_{}", field.claim);
        let mut alternatives = Vec::new();
        if field.source != Source::Own && CHECKED.contains(&field.claim.as_str()) {
            self.credential(&profile, PROFILE, &claim, Meaning::Profile);
            alternatives.push(profile.as_str());
        }
        if field.source != Source::Checked {
            self.credential(&own, OWN, &claim, Meaning::Own);
            alternatives.push(own.as_str());
        }
        self.set(&alternatives, field.need);
    }

    /// Whether the answer has an answering key that terms could be bound to.
    fn mints(&self) -> bool {
        self.meanings.values().any(|meaning| !matches!(meaning, Meaning::Foreign(_)))
    }

    fn finish(self) -> CompiledForm {
        let query = json!({"credentials": self.credentials, "credential_sets": self.sets});
        CompiledForm { query, meanings: self.meanings }
    }
}

#[cfg(test)]
mod subsets;
#[cfg(test)]
mod tests;

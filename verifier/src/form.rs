//! What a space asks for, and how that becomes a DCQL query (specs/flows.md §4).
//!
//! A [`Form`] is what the team edits; [`Form::compile`] makes a [`CompiledForm`]: the query that goes into the request
//! object, and for each query id what an answer to it means.

mod reduced;
mod rule;

use std::collections::BTreeMap;
use std::num::NonZeroU32;

use network::claims::CHECKED;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

pub use network::seen_in_team::SeenInTeam;
pub use reduced::{NoCounterOffer, NotEnough};
pub use rule::{Only, Otherwise};

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
    /// Asks although the registration does not cover all of it. Every wallet of the network marks what lies beyond and
    /// gives none of it by itself; the member may answer with a counter-offer. The team is told each time. Of such a form
    /// nothing is put into the request for admission but what it would take instead.
    #[serde(default, skip_serializing_if = "is_false")]
    pub beyond_registration: bool,
    /// Who may answer it at all.
    #[serde(default, skip_serializing_if = "Only::is_everybody")]
    pub only: Only,
    /// How many members it takes at a time: whoever answers when all places are taken waits for one. Absent: as many as come.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub places: Option<NonZeroU32>,
}

impl Default for Form {
    /// A form that asks for nothing yet.
    fn default() -> Self {
        Self {
            id: String::new(),
            purpose: String::new(),
            fields: Vec::new(),
            passport: None,
            membership: None,
            foreign: Vec::new(),
            terms: true,
            approval: Approval::default(),
            beyond_registration: false,
            only: Only::default(),
            places: None,
        }
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands over a reference")]
const fn is_false(set: &bool) -> bool {
    !*set
}

const fn yes() -> bool {
    true
}

/// One claim of a form.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Field {
    /// The claim's name (OpenID Connect Core 5.1 where one exists); a claim within another by its path, joined by `.`.
    pub claim: String,
    /// Whether the space cannot do without it.
    pub need: Need,
    /// Whose word is taken.
    #[serde(default)]
    pub source: Source,
    /// Days for which the value is kept after the membership ends, where that is less than what is registered.
    #[serde(default)]
    pub kept_days: Option<u32>,
    /// Claims that are taken in its place when a member offers one, as in `age_equal_or_over.18` for `birthdate`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub instead: Vec<String>,
    /// Who of the team sees it: what is given under this rule keeps that, whatever the rule says later. Absent: everybody who sees
    /// values.
    #[serde(default, skip_serializing_if = "SeenInTeam::is_team")]
    pub seen_in_team: SeenInTeam,
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
    /// The space's own software, over its API; until it answers, and if it never does, a person of the team may.
    Elsewhere,
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
    #[error("a claim's name may hold letters, digits, _ and - only, and a dot between two names")]
    BadName,
    /// The form's own name cannot stand in an address.
    #[error("a form's name has 1 to 40 lower-case letters, digits and hyphens, and no hyphen at either end")]
    BadId,
    /// Only some mail addresses are taken, and none that was checked is asked for.
    #[error("to take certain mail addresses only, the form needs the address, as one that was checked")]
    DomainsNeedAnAddress,
    /// Only members of the brand may answer, and their membership is not needed.
    #[error("to take members of the brand only, the form needs the membership")]
    BrandNeedsMembership,
    /// What is to be the domain of mail addresses is none.
    #[error("{0:?} is no domain of mail addresses: write it as example.org")]
    BadDomain(String),
    /// Something is kept for longer than ten years.
    #[error("{0} is to be kept for at most 3650 days")]
    KeptDays(String),
    /// More than can be asked at once.
    #[error("a form asks for {MOST_FIELDS} details at most")]
    TooMany,
}

/// Most details that a form asks for.
const MOST_FIELDS: usize = 40;
/// Longest name of a form.
const LONGEST_ID: usize = 40;
/// Longest time for which a detail is kept after the membership, in days.
const LONGEST_KEPT: u32 = 3_650;

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
            compiler.credential("membership", MEMBERSHIP, &self.membership_paths(), Meaning::Membership);
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
                .map(Field::asked)
                .collect();
            if !claims.is_empty() {
                compiler.asking(id, vct, claims, meaning);
                compiler.set(&[id], Need::Required);
            }
        }
    }

    /// Whether the form can be asked.
    ///
    /// # Errors
    /// See [`FormError`]: the first thing that stands in the way.
    pub fn check(&self) -> Result<(), FormError> {
        if !is_form_id(&self.id) {
            return Err(FormError::BadId);
        }
        if self.fields.len().saturating_add(self.foreign.len()) > MOST_FIELDS {
            return Err(FormError::TooMany);
        }
        self.only.check(self)?;
        if self.fields.is_empty()
            && self.foreign.is_empty()
            && self.passport.is_none()
            && self.membership.is_none()
        {
            return Err(FormError::Empty);
        }
        let mut seen = std::collections::BTreeSet::new();
        for (field, claim) in self.fields.iter().flat_map(|field| field.claims().map(move |one| (field, one)))
        {
            if !claim.split('.').all(is_name) {
                return Err(FormError::BadName);
            }
            // By what tells its queries apart.
            if !seen.insert(query_part(claim)) {
                return Err(FormError::Twice(claim.to_owned()));
            }
            if field.source == Source::Checked && !is_checked(claim) {
                return Err(FormError::NeverChecked(claim.to_owned()));
            }
            if field.kept_days.is_some_and(|days| days > LONGEST_KEPT) {
                return Err(FormError::KeptDays(claim.to_owned()));
            }
        }
        Ok(())
    }

    /// Who of the team sees what lies at the path `claim`: nobody who may not see what is asked around it, or in it.
    #[must_use]
    pub fn seen_in_team(&self, claim: &str) -> SeenInTeam {
        SeenInTeam::of(claim, self.seen_rules())
    }

    /// What the request says of who of the team sees what.
    pub(crate) fn seen_rules(&self) -> impl Iterator<Item = (&str, SeenInTeam)> {
        self.fields.iter().map(|field| (field.claim.as_str(), field.seen_in_team))
    }

    /// The field that asks for what lies at the path `claim`, itself or something around it or in it.
    #[must_use]
    pub fn field(&self, claim: &str) -> Option<&Field> {
        let exact = self.fields.iter().find(|field| field.claim == claim);
        let near =
            || self.fields.iter().find(|field| holds(&field.claim, claim) || holds(claim, &field.claim));
        exact.or_else(near)
    }
}

impl Field {
    /// The claim and what is taken in its place.
    fn claims(&self) -> impl Iterator<Item = &str> {
        std::iter::once(&self.claim).chain(&self.instead).map(String::as_str)
    }

    /// The claim's path, as DCQL writes it.
    #[must_use]
    pub fn path(&self) -> Value {
        Value::from(self.claim.split('.').collect::<Vec<_>>())
    }

    /// What the query asks. Who asks whether an age was reached wants a yes.
    fn asked(&self) -> Value {
        if self.claim.starts_with(AN_AGE) {
            return json!({"path": self.path(), "values": [true]});
        }
        json!({"path": self.path()})
    }
}

/// Whether this can be a form's name: it stands in addresses and file names.
fn is_form_id(id: &str) -> bool {
    let fits = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    (1..=LONGEST_ID).contains(&id.len()) && id.bytes().all(fits) && !id.starts_with('-') && !id.ends_with('-')
}

/// What the paths of age limits begin with.
pub(crate) const AN_AGE: &str = "age_equal_or_over.";

fn is_name(name: &str) -> bool {
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-';
    !name.is_empty() && name.bytes().all(fits)
}

/// Whether an office checks the claim, or what it lies in.
pub(crate) fn is_checked(claim: &str) -> bool {
    CHECKED.contains(&claim.split('.').next().unwrap_or(claim))
}

/// Whether the path `inner` lies within `outer`.
pub(crate) fn holds(outer: &str, inner: &str) -> bool {
    inner.strip_prefix(outer).is_some_and(|rest| rest.starts_with('.'))
}

/// A claim's path as part of a query id, which takes no dot (OpenID4VP 1.0 §6.1).
fn query_part(claim: &str) -> String {
    claim.replace('.', "-")
}

#[derive(Default)]
struct Compiler {
    credentials: Vec<Value>,
    sets: Vec<Value>,
    meanings: BTreeMap<String, Meaning>,
}

impl Compiler {
    fn credential(&mut self, id: &str, vct: &str, paths: &[Value], meaning: Meaning) {
        self.asking(id, vct, paths.iter().map(|path| json!({"path": path})).collect(), meaning);
    }

    fn asking(&mut self, id: &str, vct: &str, claims: Vec<Value>, meaning: Meaning) {
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
        let part = query_part(&field.claim);
        let (profile, own) = (format!("profile_{part}"), format!("own_{part}"));
        let mut alternatives = Vec::new();
        if field.source != Source::Own && is_checked(&field.claim) {
            self.asking(&profile, PROFILE, vec![field.asked()], Meaning::Profile);
            alternatives.push(profile.as_str());
        }
        if field.source != Source::Checked {
            self.asking(&own, OWN, vec![field.asked()], Meaning::Own);
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

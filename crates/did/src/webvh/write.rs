//! Writing logs: the first entry, and every later one (did:webvh 1.0, "Create", "Update", "Deactivate").
//!
//! What is written is verified by the reader of [`super::log`] before it is handed out.

use environment::Timestamp;
use jose::{Jwk, Signer};
use serde_json::{Map, Value, json};

use super::entry::{Canonical, PLACEHOLDER};
use super::error::{EntryFault, LogError};
use super::log::{Log, TOLERANCE};
use super::parameters::KeyHash;
use super::proof;
use super::time::VersionTime;
use super::witness::Witnesses;
use super::{Identifier, METHOD};
use crate::document::{Document, DocumentError};
use crate::identifier::{Did, DidError};
use crate::multikey;
use crate::web::{Location, LocationError};

/// A SCID-shaped text for documents that are built before the SCID is known. No hash comes out like this.
const STAND_IN: &str = "QmSC1DSC1DSC1DSC1DSC1DSC1DSC1DSC1DSC1DSC1DSC1D";

/// Why an entry cannot be written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum WriteError {
    /// The signer has no Ed25519 key, or did not sign.
    #[error("the log key must be Ed25519 and ready to sign")]
    Signer,
    /// The document could not be built.
    #[error(transparent)]
    Document(#[from] DocumentError),
    /// The document is not the one of this DID.
    #[error("the document must be the one of the DID whose log is written")]
    OtherDid,
    /// The document holds the text that stands for the SCID.
    #[error("the document must not hold the text `{{SCID}}`")]
    Placeholder,
    /// The place is malformed.
    #[error(transparent)]
    Location(#[from] LocationError),
    /// The DID gets too long.
    #[error(transparent)]
    Did(#[from] DidError),
    /// The clock shows an earlier time than the last entry.
    #[error("the clock is behind the last entry of the log")]
    Clock,
    /// What was asked for is not allowed in this log.
    #[error("the entry would not verify: {0}")]
    Rule(#[from] LogError),
}

/// Parameters of a first entry; the default is a DID that cannot move and has no commitment and no witnesses.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    /// Whether the DID may move to another place later.
    pub portable: bool,
    /// Commitments to the update keys of the next entry.
    pub next_keys: Vec<KeyHash>,
    /// Who must approve every entry.
    pub witness: Option<Witnesses>,
    /// Services that keep a copy of the log.
    pub watchers: Vec<String>,
    /// For how many seconds resolvers should cache.
    pub ttl: Option<u32>,
}

/// What a DID begins with.
pub struct Inception<'a> {
    /// Where the log will lie.
    pub location: &'a Location,
    /// Builds the document for the DID it is given, and names no other spelling of that DID.
    pub document: &'a dyn Fn(&Did) -> Result<Document, DocumentError>,
    /// The parameters.
    pub settings: Settings,
}

/// A new DID and its log.
#[derive(Clone, Debug)]
pub struct Created {
    /// The DID.
    pub did: Did,
    /// The text of the log: one line.
    pub text: String,
    /// The log, verified.
    pub log: Log,
}

/// What an entry changes; the default changes nothing.
#[derive(Clone, Debug, Default)]
pub struct Update {
    /// The new document. With `move_to` it may be left out: then the document before is rewritten to the new DID.
    pub document: Option<Document>,
    /// The update keys from this entry on, or after it when nothing was committed to before. In a log with
    /// commitments these must be the committed keys, and the signer's when left out.
    pub update_keys: Option<Vec<Jwk>>,
    /// The commitments to the keys of the next entry; in a log with commitments they must be given, and an empty list
    /// ends pre-rotation.
    pub next_keys: Option<Vec<KeyHash>>,
    /// The witnesses after this entry; `Some(None)` ends witnessing.
    pub witness: Option<Option<Witnesses>>,
    /// The new place. The DID changes with it.
    pub move_to: Option<Location>,
    /// Gives up the right to move, for ever.
    pub no_longer_portable: bool,
    /// Gives the DID up, for ever.
    pub deactivate: bool,
    /// For how many seconds resolvers should cache from now on.
    pub ttl: Option<u32>,
}

/// Creates a DID. The signer's key is the update key of the first entry.
///
/// # Errors
/// See [`WriteError`].
pub fn create(inception: &Inception<'_>, signer: &dyn Signer, now: Timestamp) -> Result<Created, WriteError> {
    let place = inception.location.identifier();
    let stand_in = Did::parse(&format!("did:webvh:{STAND_IN}:{place}"))?;
    let document = (inception.document)(&stand_in)?.of(&stand_in).map_err(|_| WriteError::OtherDid)?;
    let state = document.to_value().to_string();
    if state.contains(PLACEHOLDER) {
        return Err(WriteError::Placeholder);
    }
    let time = VersionTime::of(now).ok_or(WriteError::Clock)?.to_string();
    let parameters = first_parameters(&inception.settings, signer);
    let with_stand_in = Canonical::new(&parameters, document.members(), &time).map_err(first)?;
    let scid = with_stand_in.scid(STAND_IN).ok_or(WriteError::Placeholder)?;
    let (parameters, state) = (replace(&parameters, &scid)?, replace(document.members(), &scid)?);
    let canonical = Canonical::new(&parameters, &state, &time).map_err(first)?;
    let version_id = format!("1-{}", canonical.entry_hash(&scid));
    let text = line(&version_id, &time, parameters, state, &canonical, signer, now)?;
    let log = Log::verify(text.as_bytes(), now)?;
    Ok(Created { did: Did::parse(&format!("did:webvh:{scid}:{place}"))?, text, log })
}

fn first(fault: EntryFault) -> WriteError {
    WriteError::Rule(LogError::Entry { number: 1, fault })
}

fn first_parameters(settings: &Settings, signer: &dyn Signer) -> Map<String, Value> {
    let mut parameters = Map::new();
    let mut set = |name: &str, value: Value| parameters.insert(name.to_owned(), value);
    set("method", Value::from(METHOD));
    set("scid", Value::from(STAND_IN));
    set("updateKeys", json!([multikey::encode(signer.public_jwk())]));
    set("portable", Value::from(settings.portable));
    if !settings.next_keys.is_empty() {
        set("nextKeyHashes", hashes(&settings.next_keys));
    }
    if let Some(witness) = &settings.witness {
        set("witness", witness.to_value());
    }
    if !settings.watchers.is_empty() {
        set("watchers", Value::from(settings.watchers.clone()));
    }
    if let Some(ttl) = settings.ttl {
        set("ttl", Value::from(ttl));
    }
    parameters
}

fn hashes(keys: &[KeyHash]) -> Value {
    keys.iter().map(KeyHash::as_str).collect()
}

/// The members with the stand-in replaced everywhere.
fn replace(members: &Map<String, Value>, scid: &str) -> Result<Map<String, Value>, WriteError> {
    let text = Value::Object(members.clone()).to_string().replace(STAND_IN, scid);
    jose::json::parse_object(text).map_err(|_| WriteError::Document(DocumentError::NotAnObject))
}

/// One line with its proof and its line feed.
fn line(
    version_id: &str,
    time: &str,
    parameters: Map<String, Value>,
    state: Map<String, Value>,
    canonical: &Canonical,
    signer: &dyn Signer,
    now: Timestamp,
) -> Result<String, WriteError> {
    let proof = proof::make(&canonical.hash(version_id), signer, now).ok_or(WriteError::Signer)?;
    let (parameters, state) = (Value::Object(parameters), Value::Object(state));
    Ok(format!(
        "{{\"versionId\":\"{version_id}\",\"versionTime\":\"{time}\",\"parameters\":{parameters},\
         \"state\":{state},\"proof\":[{proof}]}}\n"
    ))
}

impl Log {
    /// Writes the next entry, takes it into this log and gives its line, which is to be added to the log's text.
    ///
    /// With commitments in the entry before, the signer's key must be one of the committed keys; without, one of the
    /// active update keys. Where witnesses are needed, collect their approvals ([`super::witness::approve`]) and
    /// publish them before the line.
    ///
    /// # Errors
    /// See [`WriteError`]; this log stays as it was.
    pub fn append(
        &mut self,
        update: &Update,
        signer: &dyn Signer,
        now: Timestamp,
    ) -> Result<String, WriteError> {
        let line = self.next_line(update, signer, now)?;
        self.push(line.trim_end().as_bytes(), now)?;
        Ok(line)
    }

    /// The next entry, with no look at whether this signer may write it.
    pub(super) fn next_line(
        &self,
        update: &Update,
        signer: &dyn Signer,
        now: Timestamp,
    ) -> Result<String, WriteError> {
        let (state, last_time) = self.last_state().ok_or(LogError::Empty)?;
        let previous = self.version_id().unwrap_or_default().to_owned();
        let time = next_time(last_time, now)?;
        let state = self.next_state(update, state)?;
        let parameters = self.next_parameters(update, signer);
        let number = self.number().saturating_add(1);
        let fault = |fault| WriteError::Rule(LogError::Entry { number, fault });
        let canonical = Canonical::new(&parameters, &state, &time).map_err(fault)?;
        let version_id = format!("{number}-{}", canonical.entry_hash(&previous));
        line(&version_id, &time, parameters, state, &canonical, signer, now)
    }

    fn next_parameters(&self, update: &Update, signer: &dyn Signer) -> Map<String, Value> {
        let committed = !self.active().next_key_hashes.is_empty();
        let mut parameters = Map::new();
        let mut set = |name: &str, value: Value| parameters.insert(name.to_owned(), value);
        let keys = |keys: &[Jwk]| keys.iter().map(multikey::encode).collect::<Value>();
        match &update.update_keys {
            Some(update_keys) => drop(set("updateKeys", keys(update_keys))),
            // While keys are committed to, both lists must be spelled out; the key that signs is the revealed one.
            None if committed => drop(set("updateKeys", keys(&[signer.public_jwk().clone()]))),
            None if update.deactivate => drop(set("updateKeys", json!([]))),
            None => {}
        }
        match &update.next_keys {
            Some(next_keys) => drop(set("nextKeyHashes", hashes(next_keys))),
            // Nothing follows a deactivation. Otherwise pre-rotation never ends by omission: the reader refuses that.
            None if committed && update.deactivate => drop(set("nextKeyHashes", json!([]))),
            None => {}
        }
        if let Some(witness) = &update.witness {
            set("witness", witness.as_ref().map_or_else(|| json!({}), Witnesses::to_value));
        }
        if update.no_longer_portable {
            set("portable", Value::from(false));
        }
        if update.deactivate {
            set("deactivated", Value::from(true));
        }
        if let Some(ttl) = update.ttl {
            set("ttl", Value::from(ttl));
        }
        parameters
    }

    fn next_state(
        &self,
        update: &Update,
        last: &Map<String, Value>,
    ) -> Result<Map<String, Value>, WriteError> {
        let before = self.did().ok_or(LogError::Empty)?;
        let Some(location) = &update.move_to else {
            return match &update.document {
                Some(document) if document.id() != before => Err(WriteError::OtherDid),
                Some(document) => Ok(document.members().clone()),
                None => Ok(last.clone()),
            };
        };
        let after =
            Did::parse(&format!("did:webvh:{}:{}", Identifier::of(before)?.scid(), location.identifier()))?;
        let mut members = match &update.document {
            Some(document) if *document.id() != after => return Err(WriteError::OtherDid),
            Some(document) => document.members().clone(),
            None => rename(last, before, &after),
        };
        name_the_did_before(&mut members, before);
        Ok(Document::from_members(members)?.members().clone())
    }
}

/// The new entry's time: now, or one second after the last entry when both are written within a second.
fn next_time(last: VersionTime, now: Timestamp) -> Result<String, WriteError> {
    let earliest = last.timestamp().plus(1);
    if earliest > now.plus(TOLERANCE) {
        return Err(WriteError::Clock);
    }
    Ok(VersionTime::of(now.max(earliest)).ok_or(WriteError::Clock)?.to_string())
}

/// The value with the DID replaced wherever it stands: alone, or before a path, query or fragment.
fn rename(members: &Map<String, Value>, before: &Did, after: &Did) -> Map<String, Value> {
    fn rename_value(value: &Value, before: &str, after: &str) -> Value {
        match value {
            Value::String(text) => match text.strip_prefix(before) {
                Some(rest) if rest.is_empty() || rest.starts_with(['#', '/', '?']) => {
                    Value::from(format!("{after}{rest}"))
                }
                _ => value.clone(),
            },
            Value::Array(items) => items.iter().map(|item| rename_value(item, before, after)).collect(),
            Value::Object(members) => {
                let renamed =
                    members.iter().map(|(name, value)| (name.clone(), rename_value(value, before, after)));
                Value::Object(renamed.collect())
            }
            other => other.clone(),
        }
    }
    let renamed = members
        .iter()
        .map(|(name, value)| (name.clone(), rename_value(value, before.as_str(), after.as_str())));
    renamed.collect()
}

fn name_the_did_before(members: &mut Map<String, Value>, before: &Did) {
    let mut names = members.get("alsoKnownAs").and_then(Value::as_array).cloned().unwrap_or_default();
    let id = members.get("id").cloned().unwrap_or_default();
    names.retain(|name| *name != id);
    if !names.iter().any(|name| name == before.as_str()) {
        names.push(Value::from(before.as_str()));
    }
    members.insert("alsoKnownAs".to_owned(), Value::Array(names));
}

//! A log that was verified entry by entry (did:webvh 1.0, "Read (Resolve)").

use std::sync::Arc;

use environment::Timestamp;
use jose::Jwk;
use serde_json::{Map, Value};

use super::Identifier;
use super::entry::Entry;
use super::error::{EntryFault, LogError, ParameterFault, ProofFault};
use super::parameters::{Changes, KeyHash, Points};
use super::proof::ProofKey;
use super::services;
use super::time::VersionTime;
use super::witness::{self, Witnessed, Witnesses};
use crate::document::Document;
use crate::identifier::Did;
use crate::resolution::{DocumentMetadata, Resolution, Version, WebvhMetadata};
use crate::resolve::ResolveError;

/// Largest log that is read, in bytes.
pub const LARGEST_LOG: usize = 4 << 20;

/// Most entries that are read.
pub const MOST_ENTRIES: usize = 4_096;

/// How far ahead of our clock a `versionTime` may lie, in seconds.
pub(super) const TOLERANCE: i64 = 300;

/// `ttl` when a log does not say.
const DEFAULT_TTL: u32 = 3_600;

/// A log whose entries all verify. Whether the witnesses approved is asked with [`Log::check_witnesses`], because
/// their proofs come from another file.
#[derive(Clone, Debug)]
pub struct Log {
    // Shared, so that a log that grew costs nothing for what was there before.
    versions: Vec<Arc<LogVersion>>,
    active: Active,
}

/// One verified version.
#[derive(Clone, Debug)]
struct LogVersion {
    id: String,
    time: VersionTime,
    did: Did,
    state: Map<String, Value>,
    witnesses: Option<Witnesses>,
}

/// The parameters after the last verified entry.
#[derive(Clone, Debug)]
pub(super) struct Active {
    pub(super) scid: String,
    pub(super) update_keys: Vec<ProofKey>,
    pub(super) next_key_hashes: Vec<String>,
    pub(super) witness: Option<Witnesses>,
    pub(super) watchers: Vec<String>,
    pub(super) portable: bool,
    pub(super) deactivated: bool,
    pub(super) ttl: u32,
}

/// Verifies `log` and gives the asked version of `did`, in one call for who does not keep the log.
///
/// `witness_file` is needed only if the log asks for witnesses: without it such a log is refused with
/// [`super::WitnessFault::Missing`]. When entries after the asked version do not verify, that version is given all the
/// same, as the method demands; the newest version never is.
///
/// # Errors
/// See [`ResolveError`].
pub fn resolve_log(
    did: &Did,
    log: &[u8],
    witness_file: Option<&[u8]>,
    version: &Version,
    now: Timestamp,
) -> Result<Resolution, ResolveError> {
    Identifier::of(did)?;
    match Log::read_witnessed(log, witness_file, now) {
        (Some(log), None) => log.resolve(did, version),
        (Some(log), Some(_)) if log.answers_in_spite_of_a_broken_end(version) => log.resolve(did, version),
        (_, Some(error)) => Err(error.into()),
        (None, None) => Err(LogError::Empty.into()),
    }
}

/// The DID that the last line of a log is about, as that line says; nothing is verified. For commands that are given a
/// log and no DID.
#[must_use]
pub fn last_did(log: &[u8]) -> Option<Did> {
    let line = log.trim_ascii_end().rsplit(|byte| *byte == b'\n').next()?;
    let entry = jose::json::parse_object(line).ok()?;
    Did::parse(entry.get("state")?.get("id")?.as_str()?).ok()
}

impl Log {
    /// Verifies a whole log.
    ///
    /// # Errors
    /// See [`LogError`].
    pub fn verify(log: &[u8], now: Timestamp) -> Result<Self, LogError> {
        match Self::read(log, now) {
            (Some(log), None) => Ok(log),
            (_, Some(error)) => Err(error),
            (None, None) => Err(LogError::Empty),
        }
    }

    /// The entries that verify, and why the next one does not; for whoever keeps both. See
    /// [`Self::answers_in_spite_of_a_broken_end`].
    #[must_use]
    pub fn read(bytes: &[u8], now: Timestamp) -> (Option<Self>, Option<LogError>) {
        if bytes.len() > LARGEST_LOG {
            return (None, Some(LogError::TooLarge));
        }
        let bytes = bytes.strip_suffix(b"\n").unwrap_or(bytes);
        if bytes.is_empty() {
            return (None, Some(LogError::Empty));
        }
        let (log, broken) = Self::take(None, bytes, now, Points::AtTheEnd);
        if let Some(mut log) = log
            && log.active.prove_keys()
        {
            if broken.is_none() {
                return (Some(log), None);
            }
            // What is wrong with the entry after these is told in the order of the rules.
            let rest = lines_after(bytes, log.versions.len());
            return Self::take(Some(log), rest, now, Points::WhenNamed);
        }
        // An update key may be no point: that is told of the first entry that names one.
        Self::take(None, bytes, now, Points::WhenNamed)
    }

    /// Takes the entries of `lines` onto this log, as far as they verify, and says why the next one does not.
    pub(super) fn read_on(self, lines: &[u8], now: Timestamp) -> (Option<Self>, Option<LogError>) {
        Self::take(Some(self), lines, now, Points::WhenNamed)
    }

    fn take(
        mut log: Option<Self>,
        lines: &[u8],
        now: Timestamp,
        points: Points,
    ) -> (Option<Self>, Option<LogError>) {
        for line in lines.split(|byte| *byte == b'\n') {
            let outcome = match &mut log {
                Some(log) => log.push_checking(line, now, points),
                None => Self::begin(line, now, points)
                    .map(|begun| log = Some(begun))
                    .map_err(|fault| at(0, fault)),
            };
            if let Err(error) = outcome {
                return (log, Some(error));
            }
        }
        (log, None)
    }

    /// Verifies the first entry.
    fn begin(line: &[u8], now: Timestamp, points: Points) -> Result<Self, EntryFault> {
        let mut entry = Entry::parse(line, points)?;
        if entry.version_id.number != 1 {
            return Err(EntryFault::VersionNumber);
        }
        check_time(entry.time, None, now)?;
        entry.changes.check_place(true)?;
        let scid = entry.changes.scid.clone().unwrap_or_default();
        if entry.canonical.scid(&scid).as_deref() != Some(scid.as_str()) {
            return Err(EntryFault::Scid);
        }
        let keys = entry.changes.update_keys.as_deref().unwrap_or_default();
        check_proofs(&entry, keys)?;
        check_hash(&entry, &scid)?;
        entry.changes.note_proofs(&entry.proofs);
        let did = state_id(&entry.state, &scid)?;
        let mut active = Active {
            scid,
            update_keys: Vec::new(),
            next_key_hashes: Vec::new(),
            witness: None,
            watchers: Vec::new(),
            portable: false,
            deactivated: false,
            ttl: DEFAULT_TTL,
        };
        active.apply(entry.changes);
        // The first list of witnesses approves already the entry that names it.
        let witnesses = active.witness.clone();
        let version =
            LogVersion { id: entry.version_id.text, time: entry.time, did, state: entry.state, witnesses };
        Ok(Self { versions: vec![Arc::new(version)], active })
    }

    /// Verifies one more entry and takes it; this log stays as it was when the entry is refused.
    ///
    /// # Errors
    /// See [`LogError`].
    pub fn push(&mut self, line: &[u8], now: Timestamp) -> Result<(), LogError> {
        self.push_checking(line, now, Points::WhenNamed)
    }

    fn push_checking(&mut self, line: &[u8], now: Timestamp, points: Points) -> Result<(), LogError> {
        if self.versions.len() >= MOST_ENTRIES {
            return Err(LogError::TooLarge);
        }
        self.next(line, now, points).map_err(|fault| at(self.versions.len(), fault))
    }

    fn next(&mut self, line: &[u8], now: Timestamp, points: Points) -> Result<(), EntryFault> {
        let Some(previous) = self.versions.last() else { return Err(EntryFault::VersionNumber) };
        if self.active.deactivated {
            return Err(EntryFault::AfterDeactivation);
        }
        let mut entry = Entry::parse(line, points)?;
        if entry.version_id.number != self.number().saturating_add(1) {
            return Err(EntryFault::VersionNumber);
        }
        check_time(entry.time, Some(previous.time), now)?;
        entry.changes.check_place(false)?;
        entry.changes.check_pre_rotation(&self.active.next_key_hashes)?;
        check_proofs(&entry, self.active.keys_for(&entry.changes))?;
        check_hash(&entry, &previous.id)?;
        let did = state_id(&entry.state, &self.active.scid)?;
        let portable = self.active.portable && entry.changes.portable != Some(false);
        check_move(&entry.state, &previous.did, &did, portable)?;
        entry.changes.note_proofs(&entry.proofs);
        self.active.let_go_of_keys(&entry)?;
        // A list that replaces another takes effect after its entry ("Witness Lists"); one where there was none, at once: its
        // entry must be witnessed too ("did:webvh DID Method Parameters", `witness`).
        let before = self.active.witness.take();
        self.active.witness.clone_from(&before);
        self.active.apply(entry.changes);
        let witnesses = before.or_else(|| self.active.witness.clone());
        let version =
            LogVersion { id: entry.version_id.text, time: entry.time, did, state: entry.state, witnesses };
        self.versions.push(Arc::new(version));
        Ok(())
    }

    /// The DID as the last entry spells it.
    #[must_use]
    pub fn did(&self) -> Option<&Did> {
        self.versions.last().map(|version| &version.did)
    }

    /// The version id of the last entry.
    #[must_use]
    pub fn version_id(&self) -> Option<&str> {
        self.versions.last().map(|version| version.id.as_str())
    }

    /// The number of the last entry.
    #[must_use]
    pub fn number(&self) -> u64 {
        u64::try_from(self.versions.len()).unwrap_or(u64::MAX)
    }

    /// Whether the DID was given up.
    #[must_use]
    pub const fn is_deactivated(&self) -> bool {
        self.active.deactivated
    }

    /// Whether the DID may move to another place.
    #[must_use]
    pub const fn is_portable(&self) -> bool {
        self.active.portable
    }

    /// Whether the last entry names the hash of `key`: whether that key may sign the next entry ("Pre-Rotation Key Hash
    /// Generation and Verification").
    #[must_use]
    pub fn commits_to(&self, key: &Jwk) -> bool {
        let hash = KeyHash::of(key);
        self.active.next_key_hashes.iter().any(|committed| committed == hash.as_str())
    }

    /// Whether this log holds every entry of `earlier` in its place, and perhaps more.
    #[must_use]
    pub fn continues(&self, earlier: &Self) -> bool {
        earlier.versions.len() <= self.versions.len()
            && self.versions.iter().zip(&earlier.versions).all(|(ours, theirs)| ours.id == theirs.id)
    }

    /// Whether some entry names `did`: whether this is its log.
    #[must_use]
    pub fn names(&self, did: &Did) -> bool {
        self.versions.iter().any(|version| version.did == *did)
    }

    /// The bytes that this log takes in memory, estimated from above.
    #[must_use]
    pub fn weight(&self) -> usize {
        self.versions.iter().fold(self.active.weight(), |sum, version| sum.saturating_add(version.weight()))
    }

    /// For how many seconds the controller suggests to cache; 0 means not at all.
    #[must_use]
    pub const fn ttl(&self) -> u32 {
        self.active.ttl
    }

    /// Whether proofs of witnesses must be fetched.
    #[must_use]
    pub fn needs_witnesses(&self) -> bool {
        self.first_witnessed().is_some()
    }

    /// The number of the first version that witnesses must approve.
    pub(super) fn first_witnessed(&self) -> Option<u64> {
        let place = self.versions.iter().position(|version| version.witnesses.is_some())?;
        u64::try_from(place).ok()?.checked_add(1)
    }

    /// The place of a version among all.
    pub(super) fn place_of_id(&self, id: &str) -> Option<usize> {
        self.versions.iter().position(|version| version.id == id)
    }

    /// Who must approve a version, nobody for most; `None` for one that is not in this log.
    pub(super) fn witnesses_of(&self, id: &str) -> Option<Option<&Witnesses>> {
        self.place_of_id(id).and_then(|place| self.versions.get(place)).map(|found| found.witnesses.as_ref())
    }

    /// The witnesses after the last entry.
    #[must_use]
    pub const fn witnesses(&self) -> Option<&Witnesses> {
        self.active.witness.as_ref()
    }

    pub(super) const fn active(&self) -> &Active {
        &self.active
    }

    pub(super) fn last_state(&self) -> Option<(&Map<String, Value>, VersionTime)> {
        self.versions.last().map(|version| (&version.state, version.time))
    }

    /// The document of the last entry as it was written, also of a DID that was given up; for whoever continues the log.
    /// What others resolve is [`Self::resolve`].
    #[must_use]
    pub fn last_document(&self) -> Option<Document> {
        let (state, _) = self.last_state()?;
        Document::from_members(state.clone()).ok()
    }

    /// Checks the witnesses' proofs.
    ///
    /// # Errors
    /// [`LogError::Witness`].
    pub fn check_witnesses(&self, file: Option<&[u8]>) -> Result<(), LogError> {
        let versions: Vec<Witnessed<'_>> = self
            .versions
            .iter()
            .map(|version| Witnessed { version_id: &version.id, by: version.witnesses.as_ref() })
            .collect();
        Ok(witness::check(&versions, file)?)
    }

    /// The asked version of `did`, which must be named by some entry. Check the witnesses first.
    ///
    /// A DID that moved gives a document with the new DID as `id`; the metadata's `canonicalId` says so.
    ///
    /// # Errors
    /// [`LogError::OtherDid`], [`ResolveError::NotFound`] for a version that is not there, and
    /// [`ResolveError::Deactivated`] when the asked version is the one that gave the DID up.
    pub fn resolve(&self, did: &Did, version: &Version) -> Result<Resolution, ResolveError> {
        if !self.names(did) {
            return Err(LogError::OtherDid.into());
        }
        let place = self.place_of(version).ok_or(ResolveError::NotFound)?;
        let found = self.versions.get(place).ok_or(ResolveError::NotFound)?;
        let metadata = self.metadata(did, found);
        if self.active.deactivated && place.saturating_add(1) == self.versions.len() {
            return Err(ResolveError::Deactivated(Box::new(metadata)));
        }
        let mut state = found.state.clone();
        let identifier = Identifier::of(&found.did)?;
        services::add_implicit(&mut state, identifier.location());
        Ok(Resolution { document: Document::from_members(state)?, metadata })
    }

    fn place_of(&self, version: &Version) -> Option<usize> {
        match version {
            Version::Latest => self.versions.len().checked_sub(1),
            Version::Id(id) => self.place_of_id(id),
            Version::Number(number) => usize::try_from(number.checked_sub(1)?).ok(),
            Version::Time(time) => {
                self.versions.partition_point(|version| version.time <= *time).checked_sub(1)
            }
        }
    }

    /// Whether the asked version is certain although entries after ours do not verify: its id or number is ours, or
    /// a verified entry ends the time in which it was current.
    #[must_use]
    pub fn answers_in_spite_of_a_broken_end(&self, version: &Version) -> bool {
        match version {
            Version::Latest => false,
            Version::Id(_) | Version::Number(_) => {
                self.place_of(version).is_some_and(|place| place < self.versions.len())
            }
            Version::Time(_) => {
                self.place_of(version).is_some_and(|place| place.saturating_add(1) < self.versions.len())
            }
        }
    }

    fn metadata(&self, asked: &Did, found: &LogVersion) -> DocumentMetadata {
        let time = |version: Option<&Arc<LogVersion>>| version.map(|version| version.time.to_string());
        let active = &self.active;
        DocumentMetadata {
            created: time(self.versions.first()),
            updated: time(self.versions.last()),
            deactivated: active.deactivated,
            version_id: Some(found.id.clone()),
            version_time: Some(found.time.to_string()),
            canonical_id: (found.did != *asked).then(|| found.did.clone()),
            webvh: Some(WebvhMetadata {
                scid: active.scid.clone(),
                portable: active.portable,
                ttl: active.ttl,
                witness: active.witness.as_ref().map(|witness| (witness.threshold(), witness.ids())),
                watchers: active.watchers.clone(),
            }),
        }
    }
}

impl LogVersion {
    fn weight(&self) -> usize {
        [
            size_of::<Self>(),
            self.id.len(),
            self.did.as_str().len(),
            crate::weight(&self.state),
            self.witnesses.as_ref().map_or(0, Witnesses::weight),
        ]
        .into_iter()
        .fold(0, usize::saturating_add)
    }
}

impl Active {
    fn weight(&self) -> usize {
        let texts = self.next_key_hashes.iter().chain(&self.watchers);
        let texts = texts.map(|text| size_of::<String>().saturating_add(text.len()));
        let keys = self.update_keys.iter().map(ProofKey::weight);
        let witnesses = self.witness.as_ref().map_or(0, Witnesses::weight);
        texts.chain(keys).fold(witnesses, usize::saturating_add)
    }

    /// The keys that may sign an entry ("Authorized Keys"): those of the entry itself when the one before committed
    /// to them, else those of the one before.
    fn keys_for<'a>(&'a self, changes: &'a Changes) -> &'a [ProofKey] {
        if self.next_key_hashes.is_empty() {
            &self.update_keys
        } else {
            changes.update_keys.as_deref().unwrap_or_default()
        }
    }

    /// Whether every update key is a point of the curve.
    fn prove_keys(&mut self) -> bool {
        self.update_keys.iter_mut().all(ProofKey::prove)
    }

    /// The last moment to check update keys that `entry`, whose proofs have verified, replaces.
    fn let_go_of_keys(&mut self, entry: &Entry) -> Result<(), ParameterFault> {
        for key in &mut self.update_keys {
            key.note_proofs(&entry.proofs);
        }
        if entry.changes.update_keys.is_none() || self.prove_keys() {
            Ok(())
        } else {
            Err(ParameterFault::UpdateKey)
        }
    }

    fn apply(&mut self, changes: Changes) {
        fn set<T>(place: &mut T, change: Option<T>) {
            if let Some(value) = change {
                *place = value;
            }
        }
        set(&mut self.update_keys, changes.update_keys);
        set(&mut self.next_key_hashes, changes.next_key_hashes);
        set(&mut self.witness, changes.witness);
        set(&mut self.watchers, changes.watchers);
        set(&mut self.portable, changes.portable);
        set(&mut self.deactivated, changes.deactivated);
        set(&mut self.ttl, changes.ttl);
    }
}

/// What follows the first `number` lines.
fn lines_after(text: &[u8], number: usize) -> &[u8] {
    text.splitn(number.saturating_add(1), |byte| *byte == b'\n').nth(number).unwrap_or_default()
}

fn at(place: usize, fault: EntryFault) -> LogError {
    LogError::Entry { number: u64::try_from(place).unwrap_or(u64::MAX).saturating_add(1), fault }
}

fn check_time(time: VersionTime, previous: Option<VersionTime>, now: Timestamp) -> Result<(), EntryFault> {
    if previous.is_some_and(|previous| time <= previous) {
        return Err(EntryFault::NotLater);
    }
    if VersionTime::of(now.plus(TOLERANCE)).is_none_or(|latest| time > latest) {
        return Err(EntryFault::Future);
    }
    Ok(())
}

/// Every proof of the entry must be made by an active key.
fn check_proofs(entry: &Entry, active: &[ProofKey]) -> Result<(), ProofFault> {
    let document = entry.canonical.hash(&entry.version_id.text);
    for proof in &entry.proofs {
        let key = active.iter().find(|key| key.multikey == proof.multikey).ok_or(ProofFault::KeyNotActive)?;
        if !proof.verifies(key, &document) {
            return Err(ProofFault::Signature);
        }
    }
    Ok(())
}

fn check_hash(entry: &Entry, previous: &str) -> Result<(), EntryFault> {
    let fits = entry.canonical.entry_hash(previous) == entry.version_id.hash();
    if fits { Ok(()) } else { Err(EntryFault::EntryHash) }
}

/// The DID of a state, whose SCID is the log's in every entry.
fn state_id(state: &Map<String, Value>, scid: &str) -> Result<Did, EntryFault> {
    let id = state.get("id").and_then(Value::as_str).ok_or(EntryFault::StateId)?;
    let did = Did::parse(id).map_err(|_| EntryFault::StateId)?;
    let identifier = Identifier::of(&did).map_err(|_| EntryFault::StateId)?;
    if identifier.scid() == scid { Ok(did) } else { Err(EntryFault::OtherScid) }
}

/// "DID Portability".
fn check_move(
    state: &Map<String, Value>,
    before: &Did,
    after: &Did,
    portable: bool,
) -> Result<(), EntryFault> {
    if before == after {
        return Ok(());
    }
    if !portable {
        return Err(EntryFault::NotPortable);
    }
    let names = state.get("alsoKnownAs").and_then(Value::as_array);
    let named = names.is_some_and(|names| names.iter().any(|name| name == before.as_str()));
    if named { Ok(()) } else { Err(EntryFault::MoveNotNamed) }
}

#[cfg(test)]
mod tests {
    use environment::SeededRandomness;
    use jose::{Algorithm, SigningKey};

    use super::*;
    use crate::DocumentBuilder;
    use crate::web::Location;
    use crate::webvh::{Inception, Settings, create};

    const NOW: Timestamp = Timestamp::from_seconds(1_790_000_000);

    fn created(settings: Settings) -> Log {
        let key = SigningKey::generate(Algorithm::EdDsa, &SeededRandomness::new(1)).unwrap();
        let location = Location::new("kiln.example", None, &["ana"]).unwrap();
        let document = |did: &Did| DocumentBuilder::new(did).build();
        create(&Inception { location: &location, document: &document, settings }, &key, NOW).unwrap().log
    }

    #[test]
    fn a_log_takes_as_many_entries_as_are_read_and_no_more() {
        let log = created(Settings::default());
        // The same entry again and again is no log, but has as many.
        let refused = |entries: usize| {
            let versions = vec![Arc::clone(&log.versions[0]); entries];
            Log { versions, ..log.clone() }.push(b"no entry", NOW)
        };
        let last = LogError::Entry { number: 4_096, fault: EntryFault::Json };
        assert_eq!(refused(MOST_ENTRIES - 1), Err(last));
        for entries in MOST_ENTRIES..=MOST_ENTRIES + 1 {
            assert_eq!(refused(entries), Err(LogError::TooLarge));
        }
    }

    #[test]
    fn a_log_weighs_what_each_version_and_the_parameters_hold() {
        let plain = created(Settings::default());
        let watchers: Vec<String> =
            (0..60).map(|number| format!("https://{number}.example/").repeat(20)).collect();
        let texts: usize = watchers.iter().map(String::len).sum();
        let watched = created(Settings { watchers, ..Settings::default() });
        let more = watched.weight() - plain.weight();
        assert!((texts..2 * texts).contains(&more), "{more} for {texts}");

        let twice = Log { versions: vec![Arc::clone(&plain.versions[0]); 2], ..plain.clone() };
        let one = twice.weight() - plain.weight();
        let state = Value::Object(plain.versions[0].state.clone()).to_string().len();
        assert!((state..64 * state).contains(&one), "{one} for {state}");
        assert_eq!(plain.weight(), one + plain.active.weight());
        assert!(plain.active.weight() > plain.active.update_keys[0].multikey.len());
    }
}

//! The files of a party.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use ::operator::{Admission, Bundle};
use anyhow::{Context, Result, bail};
use did::webvh::WITNESS_FILE;
use environment::Environment;
use jose::{Algorithm, SigningKey};
use keyring::{Keyring, KeyringError};
use openid4vc::timed_nonce::NonceKey;
use zeroize::Zeroizing;

use super::settings::PartySettings;

/// Which of a party's signing keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum KeyName {
    /// Signs request objects.
    Request,
    /// Signs credentials and status lists.
    Issuing,
    /// Signs proofs of sharing and decisions.
    Log,
    /// Signs the DID log.
    Update,
    /// Signs what a brand admits; in the folder of a brand alone.
    Brand,
}

impl KeyName {
    /// The key's fragment in the DID document.
    pub(crate) const fn fragment(self) -> &'static str {
        match self {
            Self::Request => "request",
            Self::Issuing => "issuing",
            Self::Log => "log",
            Self::Update => "update",
            Self::Brand => "0",
        }
    }

    const fn secret(self) -> &'static str {
        match self {
            Self::Request => "request-key",
            Self::Issuing => "issuing-key",
            Self::Log => "log-key",
            Self::Update => "update-key",
            Self::Brand => "brand-key",
        }
    }

    const fn algorithm(self) -> Algorithm {
        match self {
            // did:webvh 1.0 knows eddsa-jcs-2022 only.
            Self::Update => Algorithm::EdDsa,
            _ => Algorithm::Es256,
        }
    }
}

/// The folder of one party, with its keyring open.
#[derive(Clone)]
pub(crate) struct PartyFolder {
    path: PathBuf,
    name: String,
    environment: Environment,
    keyring: Arc<Keyring>,
}

/// What a party hands to the operator.
const ADMISSION_REQUEST: &str = "admission-request.json";
/// What the operator gave.
const ADMISSION: &str = "admission.json";
/// What a party says about itself; no folder is a party's without it.
const SETTINGS: &str = "party.json";
/// The DID log with the entry that waits for its witnesses.
const NEXT_LOG: &str = "did-next.jsonl";
/// The newest list seen of each network that the party has belonged to.
const NETWORK_STATES: &str = "networks.json";

/// Whether a folder of a party may have this name: the admin socket and every command line name parties so.
pub(crate) fn is_party_name(name: &str) -> bool {
    let fits = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    !name.is_empty() && name.bytes().all(fits)
}

/// Whether there is a folder of a party of this name in `data`.
///
/// # Errors
/// A sentence for the person at the terminal.
pub(crate) fn check_party(data: &Path, name: &str) -> Result<()> {
    if is_party_name(name) && data.join(name).join(SETTINGS).is_file() {
        return Ok(());
    }
    // A folder that cannot be read has nobody in it to be named.
    let there = PartyFolder::names(data).unwrap_or_default();
    bail!("there is no party named {name:?} in {}: {}", data.display(), meant(name, &there))
}

/// What whoever named a party that is not there may have meant.
fn meant(name: &str, there: &[String]) -> String {
    let plain = |text: &str| text.to_lowercase().replace([' ', '_', '-', '.'], "");
    let wanted = plain(name);
    let is_near = |one: &&String| {
        let one = plain(one);
        one == wanted || (wanted.len() >= 3 && (one.starts_with(&wanted) || wanted.starts_with(&one)))
    };
    if let Some(near) = there.iter().find(is_near) {
        return format!(
            "do you mean {near}? A space or an office is called by its folder: small letters, digits and hyphens"
        );
    }
    match there {
        [] => "nobody is there: name the data folder with --data or PASSPORT_DATA".to_owned(),
        names => format!(
            "there are {}; another data folder is named with --data or PASSPORT_DATA",
            names.join(", ")
        ),
    }
}

/// What the operator gave to the party of this folder, if it was admitted; its keyring stays closed.
pub(crate) fn admission_in(folder: &Path) -> Result<Option<Bundle>> {
    read_json(&folder.join(ADMISSION))
}

/// The settings of the party of this folder, if it has been set up; its keyring stays closed.
pub(crate) fn settings_in(folder: &Path) -> Result<Option<PartySettings>> {
    read_json(&folder.join(SETTINGS))
}

impl PartyFolder {
    /// Makes `DATA/name`, which must not be there.
    pub(crate) fn create(data: &Path, name: &str, environment: &Environment) -> Result<Self> {
        private(true)
            .create(data)
            .with_context(|| format!("the folder {} cannot be made", data.display()))?;
        let path = data.join(name);
        match private(false).create(&path) {
            Ok(()) => Self::open(data, name, environment),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                bail!(
                    "{} is there already: choose another name, or another folder with --data",
                    path.display()
                )
            }
            Err(error) => Err(error).with_context(|| format!("the folder {} cannot be made", path.display())),
        }
    }

    /// Opens `DATA/name`, and makes it if it is missing.
    pub(crate) fn open(data: &Path, name: &str, environment: &Environment) -> Result<Self> {
        let path = data.join(name);
        private(true)
            .create(&path)
            .with_context(|| format!("the folder {} cannot be made", path.display()))?;
        let keyring = Keyring::open(&path.join("keyring"), environment.clone()).map_err(|error| {
            let is_locked = matches!(error, KeyringError::Locked { .. });
            let first = if is_locked { ": stop `passport serve` first" } else { "" };
            anyhow::Error::new(error).context(format!("the keyring of {name}{first}"))
        })?;
        Ok(Self { path, name: name.to_owned(), environment: environment.clone(), keyring: Arc::new(keyring) })
    }

    /// The names of the parties in `data`: the folders that have settings.
    pub(crate) fn names(data: &Path) -> Result<Vec<String>> {
        let entries = match fs::read_dir(data) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => bail!("{} cannot be read: {error}", data.display()),
        };
        let mut names = Vec::new();
        for entry in entries {
            let entry = entry?;
            if entry.path().join(SETTINGS).is_file() {
                names.extend(entry.file_name().into_string());
            }
        }
        names.sort_unstable();
        Ok(names)
    }

    /// The party's name within the data folder.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// The folder.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// The keyring.
    pub(crate) const fn keyring(&self) -> &Arc<Keyring> {
        &self.keyring
    }

    /// The environment.
    pub(crate) const fn environment(&self) -> &Environment {
        &self.environment
    }

    /// The settings, if the party has been set up.
    pub(crate) fn settings(&self) -> Result<Option<PartySettings>> {
        settings_in(&self.path)
    }

    /// Writes the settings.
    pub(crate) fn put_settings(&self, settings: &PartySettings) -> Result<()> {
        self.write_json(SETTINGS, settings)
    }

    /// Writes what the party hands to the operator; gives the file.
    pub(crate) fn put_admission_request(&self, request: &Admission) -> Result<PathBuf> {
        self.write_json(ADMISSION_REQUEST, request)?;
        Ok(self.path.join(ADMISSION_REQUEST))
    }

    /// What the operator gave, if the party was admitted.
    pub(crate) fn bundle(&self) -> Result<Option<Bundle>> {
        admission_in(&self.path)
    }

    /// Keeps what the operator gave.
    pub(crate) fn put_bundle(&self, bundle: &Bundle) -> Result<()> {
        self.write_json(ADMISSION, bundle)
    }

    /// The newest list that was seen of `network`.
    pub(crate) fn network_state(&self, network: &str) -> Result<Option<trust::NetworkState>> {
        Ok(self.network_states()?.into_iter().find(|seen| seen.is_of(network)))
    }

    /// Keeps the newest list that was seen of `network`, beside those of networks that were left: a party may come back to one.
    pub(crate) fn put_network_state(&self, network: &str, state: &trust::NetworkState) -> Result<()> {
        let mut states = self.network_states()?;
        states.retain(|seen| !seen.is_of(network));
        states.push(state.clone());
        self.write_json(NETWORK_STATES, &states)
    }

    fn network_states(&self) -> Result<Vec<trust::NetworkState>> {
        match self.read_json(NETWORK_STATES)? {
            Some(states) => Ok(states),
            // Once there was the state of one network alone.
            None => Ok(self.read_json::<trust::NetworkState>("network.json")?.into_iter().collect()),
        }
    }

    /// The DID log, if there is one.
    pub(crate) fn did_log(&self) -> Result<Option<String>> {
        read_text(&self.path.join("did.jsonl"))
    }

    /// Keeps the DID log.
    pub(crate) fn put_did_log(&self, log: &str) -> Result<()> {
        replace_file(&self.path.join("did.jsonl"), log.as_bytes())
    }

    /// The witnesses' proofs for the DID log, if there are any.
    pub(crate) fn did_proofs(&self) -> Result<Option<String>> {
        read_text(&self.path.join(WITNESS_FILE))
    }

    /// Keeps the witnesses' proofs. They are published before the entry that they approve.
    pub(crate) fn put_did_proofs(&self, proofs: &str) -> Result<()> {
        replace_file(&self.path.join(WITNESS_FILE), proofs.as_bytes())
    }

    /// The log with the entry that waits to be published, if one does.
    pub(crate) fn next_did_log(&self) -> Result<Option<String>> {
        read_text(&self.path.join(NEXT_LOG))
    }

    /// Lets an entry wait; gives the file, for the witnesses.
    pub(crate) fn put_next_did_log(&self, log: &str) -> Result<PathBuf> {
        let file = self.path.join(NEXT_LOG);
        replace_file(&file, log.as_bytes())?;
        Ok(file)
    }

    /// No entry waits any more.
    pub(crate) fn drop_next_did_log(&self) -> Result<()> {
        match fs::remove_file(self.path.join(NEXT_LOG)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error.into()),
            _ => Ok(()),
        }
    }

    /// The signing key of this name, made at first use.
    pub(crate) fn key(&self, name: KeyName) -> Result<SigningKey> {
        if let Some(text) = self.keyring.secret(name.secret())? {
            return SigningKey::from_private_json(text.as_slice())
                .with_context(|| format!("the {} of {}", name.secret(), self.name));
        }
        let key = SigningKey::generate(name.algorithm(), self.environment.randomness())?;
        self.keyring.put_new_secret(name.secret(), key.to_private_json().as_bytes())?;
        Ok(key)
    }

    /// A secret of 32 bytes, made at first use.
    pub(crate) fn secret(&self, name: &str) -> Result<Zeroizing<[u8; 32]>> {
        if let Some(bytes) = self.keyring.secret(name)? {
            let bytes = bytes.as_slice().try_into();
            return Ok(Zeroizing::new(bytes.with_context(|| format!("the secret {name} of {}", self.name))?));
        }
        let bytes = Zeroizing::new(self.environment.randomness().bytes::<32>());
        self.keyring.put_new_secret(name, bytes.as_slice())?;
        Ok(bytes)
    }

    /// The key of the nonces that this party hands out.
    pub(crate) fn nonce_key(&self) -> Result<NonceKey> {
        Ok(NonceKey::from_bytes(*self.secret("nonce-key")?))
    }

    /// A JSON file of this folder, if it is there.
    pub(crate) fn read_json<T: serde::de::DeserializeOwned>(&self, file: &str) -> Result<Option<T>> {
        read_json(&self.path.join(file))
    }

    /// Replaces a JSON file of this folder as a whole.
    pub(crate) fn write_json(&self, file: &str, value: &impl serde::Serialize) -> Result<()> {
        replace_file(&self.path.join(file), serde_json::to_string_pretty(value)?.as_bytes())
    }
}

pub(super) fn read_json<T: serde::de::DeserializeOwned>(path: &Path) -> Result<Option<T>> {
    let Some(text) = read_text(path)? else { return Ok(None) };
    serde_json::from_str(&text).map(Some).with_context(|| format!("{} does not read", path.display()))
}

/// Makes folders that only their owner may enter.
fn private(recursive: bool) -> fs::DirBuilder {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(recursive).mode(0o700);
    builder
}

pub(crate) fn read_text(path: &Path) -> Result<Option<String>> {
    match fs::read_to_string(path) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => bail!("{} cannot be read: {error}", path.display()),
    }
}

/// Replaces a file so that a crash leaves the old one or the new one whole.
pub(crate) fn replace_file(file: &Path, bytes: &[u8]) -> Result<()> {
    let fresh = file.with_extension("new");
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true).mode(0o600);
    let mut handle = options.open(&fresh).with_context(|| format!("{} cannot be made", fresh.display()))?;
    handle.write_all(bytes)?;
    handle.sync_all()?;
    fs::rename(&fresh, file).with_context(|| format!("{} cannot be replaced", file.display()))?;
    // A bare name lies in the folder in which the command was typed.
    let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    File::open(folder)?.sync_all()?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use jose::Signer;

    use super::*;

    #[test]
    fn whoever_names_a_party_that_is_not_there_is_told_the_near_one_or_all() {
        let data = tempfile::tempdir().unwrap();
        let said = |name: &str| {
            let said = check_party(data.path(), name).unwrap_err().to_string();
            said.rsplit_once(&format!("{}: ", data.path().display())).unwrap().1.to_owned()
        };
        assert!(said("harbour").starts_with("nobody is there: name the data folder"));
        for name in ["harbour", "kiln-north"] {
            fs::create_dir(data.path().join(name)).unwrap();
            fs::write(data.path().join(name).join(SETTINGS), "{}").unwrap();
        }
        assert!(check_party(data.path(), "harbour").is_ok());
        for (name, near) in [
            ("Harbour", "harbour"),
            ("HARBOUR ", "harbour"),
            ("harbour-space", "harbour"),
            ("Kiln North", "kiln-north"),
            ("kiln_north", "kiln-north"),
            ("kiln", "kiln-north"),
        ] {
            assert!(said(name).starts_with(&format!("do you mean {near}? ")), "{name}: {}", said(name));
        }
        for name in ["office", "", "h", "../harbour/x"] {
            assert!(said(name).starts_with("there are harbour, kiln-north; another data folder"), "{name}");
        }
    }

    #[test]
    fn keys_and_secrets_are_made_once_and_survive_a_restart() {
        let data = tempfile::tempdir().unwrap();
        let environment = Environment::system();
        let folder = PartyFolder::open(data.path(), "harbour", &environment).unwrap();
        let key = folder.key(KeyName::Issuing).unwrap();
        let secret = *folder.secret("csrf-key").unwrap();
        assert_ne!(key.public_jwk(), folder.key(KeyName::Log).unwrap().public_jwk());
        drop(folder);
        let again = PartyFolder::open(data.path(), "harbour", &environment).unwrap();
        assert_eq!(again.key(KeyName::Issuing).unwrap().public_jwk(), key.public_jwk());
        assert_eq!(*again.secret("csrf-key").unwrap(), secret);
    }

    #[test]
    fn a_folder_that_a_server_has_open_is_refused_with_what_to_stop() {
        let data = tempfile::tempdir().unwrap();
        let environment = Environment::system();
        let _open = PartyFolder::open(data.path(), "harbour", &environment).unwrap();
        let error = PartyFolder::open(data.path(), "harbour", &environment).err().unwrap();
        let said = format!("{error:#}");
        assert!(
            said.starts_with("the keyring of harbour: stop `passport serve` first: the keyring in "),
            "{said}"
        );
        assert!(said.ends_with(" is in use by another process"), "{said}");
        assert!(matches!(error.downcast_ref(), Some(KeyringError::Locked { .. })));
    }

    #[test]
    fn a_party_that_comes_back_to_a_network_takes_no_older_list_of_it_than_before() {
        let data = tempfile::tempdir().unwrap();
        let folder = PartyFolder::open(data.path(), "harbour", &Environment::system()).unwrap();
        let state = |network: &str, version: u64| -> trust::NetworkState {
            serde_json::from_value(serde_json::json!({"network": network, "version": version, "digest": ""}))
                .unwrap()
        };
        let seen = |network: &str| folder.network_state(network).unwrap().map(|seen| seen.version());
        // As it was written when there was room for one.
        folder.write_json("network.json", &state("a", 7)).unwrap();
        assert_eq!((seen("a"), seen("b")), (Some(7), None));
        folder.put_network_state("b", &state("b", 3)).unwrap();
        assert_eq!((seen("a"), seen("b")), (Some(7), Some(3)));
        folder.put_network_state("a", &state("a", 8)).unwrap();
        assert_eq!((seen("a"), seen("b")), (Some(8), Some(3)));
    }

    #[test]
    fn damaged_settings_are_named_and_not_taken_for_missing() {
        let data = tempfile::tempdir().unwrap();
        let folder = PartyFolder::open(data.path(), "harbour", &Environment::system()).unwrap();
        assert!(folder.settings().unwrap().is_none());
        fs::write(data.path().join("harbour/party.json"), "{").unwrap();
        let error = folder.settings().unwrap_err();
        assert!(error.to_string().contains("party.json does not read"), "{error}");
    }
}

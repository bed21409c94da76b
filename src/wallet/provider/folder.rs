//! The folder of a wallet provider: its key, its DID, and how it names its wallets.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Write};
#[cfg(unix)]
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use ::wallet::{Attestation, BoxFuture, Provider, ProviderError, WalletProvider};
use did::web::Location;
use did::webvh::{Inception, Settings, create};
use did::{DidUrl, DocumentBuilder, Relationship};
use environment::Environment;
use jose::{Algorithm, Jwk, Signer, SigningKey};
use serde::{Deserialize, Serialize};
use trust::Certificate;
use trust::authority::{Authority, LeafRequest, Validity};

use crate::wallet::Failure;

const DESCRIPTION: &str = "provider.json";
const KEY: &str = "attesting-key.json";
const UPDATE_KEY: &str = "update-key.json";
/// Its root, for issuers that know wallet providers by their certificates.
pub(super) const ROOT: &str = "root.pem";
const LEAF: &str = "certificate.pem";
/// For how many days root and leaf count. The root's key is not kept: it certifies this one leaf.
const CERTIFIED_DAYS: i64 = 3_650;
/// The log of its DID, to be served by its host.
pub(super) const LOG: &str = "did.jsonl";
const FRAGMENT: &str = "attesting";

/// What is not secret of a provider.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Description {
    /// Its DID, by which issuers know it.
    pub(super) did: String,
    /// The DID URL of its key.
    pub(super) key: String,
    /// Under which name all of its wallets go, the `client_id`: it tells none of them from the others.
    pub(super) client_id: String,
    /// What it calls its wallets.
    pub(super) name: Option<String>,
}

/// A folder that exists.
#[derive(Clone, Debug)]
pub(super) struct ProviderFolder {
    path: PathBuf,
    environment: Environment,
}

impl ProviderFolder {
    /// Makes the folder. With a host its DID is a did:webvh of that host, without one a did:jwk that needs none.
    pub(super) fn create(
        path: &Path,
        host: Option<&str>,
        name: Option<String>,
        environment: &Environment,
    ) -> Result<(Self, Description), Failure> {
        let location = host.map(location).transpose()?;
        if path.join(DESCRIPTION).exists() {
            let sentence =
                format!("{} holds a wallet provider already; choose another folder", path.display());
            return Err(Failure::new("provider_exists", sentence));
        }
        let mut builder = DirBuilder::new();
        builder.recursive(true);
        #[cfg(unix)]
        builder.mode(0o700);
        builder.create(path).map_err(|error| unusable(path, &error))?;
        let folder = Self::at(path, environment);
        let key = SigningKey::generate(Algorithm::Es256, environment.randomness()).map_err(|_| broken())?;
        folder.write(KEY, key.to_private_json().as_bytes())?;
        let id = match location {
            None => did::jwk::did(key.public_jwk())
                .and_then(|did| did.with_fragment("0"))
                .map_err(|_| broken())?,
            Some(location) => folder.begin_log(&location, &key)?,
        };
        folder.certify(&id, name.as_deref(), &key)?;
        let description = Description {
            did: id.did().as_str().to_owned(),
            key: id.to_string(),
            client_id: id.did().as_str().to_owned(),
            name,
        };
        let text = serde_json::to_vec_pretty(&description).map_err(|_| broken())?;
        // Last: a folder without it is none.
        folder.write(DESCRIPTION, &text)?;
        Ok((folder, description))
    }

    /// Opens one that was made.
    pub(super) fn open(path: &Path, environment: &Environment) -> Result<(Self, Description), Failure> {
        let folder = Self::at(path, environment);
        let description = folder.description()?;
        Ok((folder, description))
    }

    /// One that is read only when it is needed.
    pub(super) fn at(path: &Path, environment: &Environment) -> Self {
        Self { path: path.to_owned(), environment: environment.clone() }
    }

    fn begin_log(&self, location: &Location, key: &SigningKey) -> Result<DidUrl, Failure> {
        let update =
            SigningKey::generate(Algorithm::EdDsa, self.environment.randomness()).map_err(|_| broken())?;
        self.write(UPDATE_KEY, update.to_private_json().as_bytes())?;
        let document = |did: &did::Did| {
            let builder = DocumentBuilder::new(did);
            builder.key(FRAGMENT, key.public_jwk(), &[Relationship::AssertionMethod]).build()
        };
        let inception = Inception { location, document: &document, settings: Settings::default() };
        let created = create(&inception, &update, self.environment.now()).map_err(|_| broken())?;
        self.write(LOG, created.text.as_bytes())?;
        created.did.with_fragment(FRAGMENT).map_err(|_| broken())
    }

    /// A root that certifies the provider's key and nothing else ever (HAIP 1.0 §4.4.1, §4.5.1).
    fn certify(&self, id: &DidUrl, name: Option<&str>, key: &SigningKey) -> Result<(), Failure> {
        let randomness = self.environment.randomness();
        let validity = Validity::days(self.environment.now(), CERTIFIED_DAYS);
        // A certificate's name has 64 characters at most.
        let name: String = name.unwrap_or("Wallet provider").chars().take(32).collect();
        let root_key = SigningKey::generate(Algorithm::Es256, randomness).map_err(|_| broken())?;
        let root = Authority::root(&name, root_key, validity, randomness).map_err(|_| broken())?;
        let request = LeafRequest::Attesting { name: &name, did: id.did().as_str(), key: key.public_jwk() };
        let leaf = root.leaf(request, validity, randomness).map_err(|_| broken())?;
        self.write(LEAF, leaf.to_pem().as_bytes())?;
        self.write(ROOT, root.certificate().to_pem().as_bytes())
    }

    /// The certificates; none in a folder that was made before there were any.
    fn chain(&self) -> Result<Vec<Vec<u8>>, Failure> {
        if !self.is_certified() {
            return Ok(Vec::new());
        }
        let text = String::from_utf8(self.read(LEAF)?).map_err(|_| broken())?;
        let chain = Certificate::from_pem(&text).map_err(|_| broken())?;
        Ok(chain.iter().map(|certificate| certificate.der().to_vec()).collect())
    }

    /// Whether it has certificates.
    pub(super) fn is_certified(&self) -> bool {
        self.path.join(LEAF).exists()
    }

    fn description(&self) -> Result<Description, Failure> {
        let text = self.read(DESCRIPTION)?;
        serde_json::from_slice(&text).map_err(|_| {
            let sentence =
                format!("{} is damaged; make the provider anew", self.path.join(DESCRIPTION).display());
            Failure::new("no_provider", sentence)
        })
    }

    /// The provider, with its key.
    pub(super) fn provider(&self) -> Result<Provider, Failure> {
        let description = self.description()?;
        let key = SigningKey::from_private_json(&self.read(KEY)?).map_err(|_| broken())?;
        let id = DidUrl::parse(&description.key).map_err(|_| broken())?;
        let provider = Provider::new(id, description.client_id, key, self.environment.clone());
        Ok(provider.named(description.name).certified(self.chain()?))
    }

    fn read(&self, name: &str) -> Result<Vec<u8>, Failure> {
        let file = self.path.join(name);
        fs::read(&file).map_err(|error| {
            let sentence = format!(
                "{} cannot be read: {error}; a wallet provider is made with `passport wallet provider init`",
                file.display()
            );
            Failure::new("no_provider", sentence)
        })
    }

    /// Never over what is there: a key that was replaced would leave attestations behind that nobody can check.
    fn write(&self, name: &str, content: &[u8]) -> Result<(), Failure> {
        let file = self.path.join(name);
        let mut options = OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        options.mode(0o600);
        let written = options.open(&file).and_then(|mut handle| {
            handle.write_all(content)?;
            handle.sync_all()
        });
        written.and_then(|()| File::open(&self.path)?.sync_all()).map_err(|error| unusable(&file, &error))
    }
}

/// The folder is read whenever an issuer asks for a provider's word, and not before.
impl WalletProvider for ProviderFolder {
    fn attest<'a>(&'a self, key: &'a Jwk) -> BoxFuture<'a, Result<Attestation, ProviderError>> {
        Box::pin(async move { self.opened()?.attest(key).await })
    }

    fn attest_keys<'a>(
        &'a self,
        keys: &'a [Jwk],
        nonce: Option<&'a str>,
    ) -> BoxFuture<'a, Result<String, ProviderError>> {
        Box::pin(async move { self.opened()?.attest_keys(keys, nonce).await })
    }
}

impl ProviderFolder {
    fn opened(&self) -> Result<Provider, ProviderError> {
        self.provider().map_err(|failure| ProviderError::Unreachable(failure.sentence))
    }
}

/// `HOST` or `HOST:PORT`.
fn location(host: &str) -> Result<Location, Failure> {
    let refused = || {
        let sentence =
            format!("{host} is no host; write it as in wallets.example.org or wallets.example.org:8443");
        Failure::new("not_a_host", sentence)
    };
    let (name, port) = match host.split_once(':') {
        None => (host, None),
        Some((name, port)) => (name, Some(port.parse().map_err(|_| refused())?)),
    };
    Location::new(name, port, &[]).map_err(|_| refused())
}

fn unusable(path: &Path, error: &io::Error) -> Failure {
    Failure::new("file", format!("{} cannot be made: {error}", path.display()))
}

fn broken() -> Failure {
    Failure::new("key", "a key of the wallet provider could not be made or used")
}

#[cfg(test)]
mod tests {
    use openid4vc::vci::attestation::provider::TakenProvider;
    use trust::ForeignAnchors;

    use super::*;

    #[test]
    fn a_provider_is_made_once_and_its_keys_are_for_its_owner_alone() {
        let root = tempfile::tempdir().unwrap();
        let environment = Environment::system();
        for (name, host) in [("by-key", None), ("by-host", Some("wallets.example.org"))] {
            let path = root.path().join(name);
            assert_eq!(ProviderFolder::open(&path, &environment).unwrap_err().code, "no_provider");
            let (folder, made) = ProviderFolder::create(&path, host, None, &environment).unwrap();
            assert_eq!(made.client_id, made.did);
            let method = if host.is_some() { "did:webvh:" } else { "did:jwk:" };
            assert!(made.key.starts_with(method), "{}", made.key);
            assert_eq!(path.join(LOG).exists(), host.is_some());
            assert!(folder.provider().is_ok());
            assert_eq!(folder.chain().unwrap().len(), 1, "the leaf alone, without the root");
            let root = fs::read_to_string(path.join(ROOT)).unwrap();
            let roots = ForeignAnchors::from_pem(&root).unwrap();
            let taken = TakenProvider::by_chain(&folder.chain().unwrap(), &roots, environment.now()).unwrap();
            let key = SigningKey::from_private_json(folder.read(KEY).unwrap()).unwrap();
            assert_eq!(taken.key(), key.public_jwk());
            #[cfg(unix)]
            for file in [KEY, DESCRIPTION] {
                use std::os::unix::fs::PermissionsExt;
                assert_eq!(fs::metadata(path.join(file)).unwrap().permissions().mode() & 0o777, 0o600);
            }
            let again = ProviderFolder::create(&path, host, None, &environment).unwrap_err();
            assert_eq!(again.code, "provider_exists");
            assert_eq!(ProviderFolder::open(&path, &environment).unwrap().1.did, made.did);
        }
    }

    #[test]
    fn what_is_no_host_makes_no_folder() {
        let root = tempfile::tempdir().unwrap();
        let path = root.path().join("provider");
        for host in ["", "https://wallets.example.org", "wallets.example.org:no", "10.0.0.1"] {
            let refused =
                ProviderFolder::create(&path, Some(host), None, &Environment::system()).unwrap_err();
            assert_eq!(refused.code, "not_a_host", "{host}");
            assert!(!path.exists(), "{host}");
        }
    }
}

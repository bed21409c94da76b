//! Opening the wallet: passphrase, vault, the way out, and whom to trust.

use std::io::{IsTerminal, Write};
use std::path::Path;
use std::sync::Arc;

use ::wallet::{
    NetworkTrust, OutsideTrust, Passphrase, RecoveryCode, Secret, Trust, TrustError, Vault, VaultError,
    Wallet, shown,
};
use did::Did;
use did_resolver::{Keeping, Resolver};
use environment::Environment;
use outbound::{Fetch, HttpClient, Policy, Request, is_development_host};
use trust::{ForeignAnchors, NetworkDescriptor};
use url::Url;

use super::Failure;
use super::arguments::{Call, Outside};

/// The variable that holds the passphrase.
const PASSPHRASE: &str = "PASSPORT_PASSPHRASE";
/// The variable that holds the passphrase that takes its place.
const NEW_PASSPHRASE: &str = "PASSPORT_NEW_PASSPHRASE";
/// The variable that holds the recovery code.
const RECOVERY_CODE: &str = "PASSPORT_RECOVERY_CODE";
/// The variable that holds the passphrase of a file.
const FILE_PASSPHRASE: &str = "PASSPORT_FILE_PASSPHRASE";

/// What is said of a wallet that rests.
const MOVED: &str = "this wallet was moved to another place, so it can be looked at and calls nobody; `passport wallet take-up` uses it again";

/// An open wallet.
pub(super) struct Opened {
    pub(super) wallet: Wallet,
    /// Whether parties are trusted at all: by a network, or on the caller's word.
    trusts_somebody: bool,
    /// Whether the wallet was moved and calls nobody.
    pub(super) rests: bool,
}

impl Opened {
    /// Without a network most addresses are not even called; the cause is said, not what came of it.
    pub(super) fn explained<E: Into<Failure>>(&self, error: E) -> Failure {
        let failure = error.into();
        if self.rests && failure.code == "unreachable" {
            return Failure::new("moved", MOVED);
        }
        if !self.trusts_somebody && matches!(failure.code.as_str(), "unreachable" | "no_network") {
            return Failure {
                sentence: TrustError::NoNetwork.to_string(),
                code: TrustError::NoNetwork.code().to_owned(),
            };
        }
        failure
    }
}

/// The passphrase of the wallet in the folder of this call. A wallet that is not there is told before anything is asked.
pub(super) fn passphrase_for(call: &Call) -> Result<Passphrase, Failure> {
    Vault::look_for(&call.store)?;
    passphrase()
}

/// The passphrase of an existing wallet.
fn passphrase() -> Result<Passphrase, Failure> {
    let text = match std::env::var(PASSPHRASE) {
        Ok(text) => text,
        Err(_) => prompted("Passphrase: ", PASSPHRASE)?,
    };
    Ok(Passphrase::new(text)?)
}

/// The recovery code: typed, or the next line of what is fed in. Never an argument, which others on the machine could read.
pub(super) fn recovery_code() -> Result<RecoveryCode, Failure> {
    let text = match std::env::var(RECOVERY_CODE) {
        Ok(text) => text,
        Err(_) if std::io::stdin().is_terminal() => prompted("Recovery code: ", RECOVERY_CODE)?,
        Err(_) => fed("Recovery code", RECOVERY_CODE)?,
    };
    RecoveryCode::parse(&text).map_err(|error| Failure::new("recovery_code", error.to_string()))
}

/// The next line of what is fed in; where there is none, the variable to set instead is named.
fn fed(what: &str, variable: &str) -> Result<String, Failure> {
    let mut line = String::new();
    let nothing = |why: String| {
        let sentence =
            format!("nothing could be read for \"{what}\"{why}; set {variable} or run this in a terminal");
        Failure::new("no_passphrase", sentence)
    };
    match std::io::stdin().read_line(&mut line) {
        Ok(0) => Err(nothing(String::new())),
        Ok(_) => Ok(line),
        Err(error) => Err(nothing(format!(": {error}"))),
    }
}

/// What is typed in a terminal; where there is none, the variable to set instead is named.
fn prompted(prompt: &str, variable: &str) -> Result<String, Failure> {
    rpassword::prompt_password(prompt).map_err(|error| {
        let what = prompt.trim_end_matches([':', ' ']);
        let sentence = format!(
            "there is no terminal to type \"{what}\" in ({error}); set {variable} or run this in a terminal"
        );
        Failure::new("no_passphrase", sentence)
    })
}

/// Which secret does not open the wallet is known where it was asked for.
fn unopened(error: VaultError, what: &str) -> Failure {
    let wrong = matches!(error, VaultError::WrongSecret);
    let failure = Failure::from(error);
    if wrong { Failure { sentence: what.to_owned(), ..failure } } else { failure }
}

/// The passphrase of a new wallet.
pub(super) fn new_passphrase() -> Result<Passphrase, Failure> {
    chosen("Choose a passphrase: ", PASSPHRASE)
}

/// The passphrase that takes the place of another.
pub(super) fn next_passphrase() -> Result<Passphrase, Failure> {
    chosen("Choose a new passphrase: ", NEW_PASSPHRASE)
}

/// The passphrase of a file that is written.
pub(super) fn file_passphrase() -> Result<Passphrase, Failure> {
    chosen("Choose a passphrase for the file: ", FILE_PASSPHRASE)
}

/// The passphrase of a file that is read.
pub(super) fn file_passphrase_of_now() -> Result<Passphrase, Failure> {
    let text = match std::env::var(FILE_PASSPHRASE) {
        Ok(text) => text,
        Err(_) => prompted("Passphrase of the file: ", FILE_PASSPHRASE)?,
    };
    Ok(Passphrase::new(text)?)
}

/// A passphrase from a variable, or typed twice.
fn chosen(prompt: &str, variable: &str) -> Result<Passphrase, Failure> {
    if let Ok(text) = std::env::var(variable) {
        return Ok(Passphrase::chosen(text)?);
    }
    let first = prompted(prompt, variable)?;
    let chosen = Passphrase::chosen(first.as_str())?;
    if prompted("Once more: ", variable)? != first {
        return Err(Failure::new("no_passphrase", "the two passphrases differ"));
    }
    Ok(chosen)
}

/// The vault alone. A wallet that is not there is told before anything is asked.
pub(super) async fn vault(call: &Call, environment: &Environment) -> Result<Vault, Failure> {
    vault_by(call, &passphrase_for(call)?, environment).await
}

async fn vault_by(call: &Call, passphrase: &Passphrase, environment: &Environment) -> Result<Vault, Failure> {
    let opened = Vault::open(&call.store, Secret::Passphrase(passphrase), environment).await;
    opened.map_err(|error| {
        unopened(
            error,
            "this passphrase does not open the wallet; check what you typed or what PASSPORT_PASSPHRASE holds, or \
             choose a new one with `passport wallet passphrase --recover` and the recovery code",
        )
    })
}

/// The vault alone, opened with the recovery code; likewise.
pub(super) async fn recovered(call: &Call, environment: &Environment) -> Result<Vault, Failure> {
    Vault::look_for(&call.store)?;
    recovered_by(call, &recovery_code()?, environment).await
}

/// The same with a code that was told before.
pub(super) async fn recovered_by(
    call: &Call,
    code: &RecoveryCode,
    environment: &Environment,
) -> Result<Vault, Failure> {
    Vault::open(&call.store, Secret::RecoveryCode(code), environment).await.map_err(|error| {
        unopened(
            error,
            "this recovery code does not open this wallet; check it, or whether it is another wallet's",
        )
    })
}

/// The wallet, for this call.
pub(super) async fn opened(call: &Call, environment: &Environment) -> Result<Opened, Failure> {
    opened_by(call, &passphrase_for(call)?, environment).await
}

/// The wallet, by a passphrase that was told before.
pub(super) async fn opened_by(
    call: &Call,
    passphrase: &Passphrase,
    environment: &Environment,
) -> Result<Opened, Failure> {
    put_together(Arc::new(vault_by(call, passphrase, environment).await?), &call.outside, environment).await
}

/// The wallet around an opened vault: its way out, whom it trusts, and who vouches for it.
pub(super) async fn put_together(
    vault: Arc<Vault>,
    outside: &Outside,
    environment: &Environment,
) -> Result<Opened, Failure> {
    let networks = Wallet::networks(&vault).await?;
    // A network of this machine's own names is one of development, and only then are they called.
    let development =
        networks.iter().filter_map(|network| network.list().host_str()).any(is_development_host);
    let fetch: Arc<dyn Fetch> = Arc::new(HttpClient::new(policy(outside, development)?)?);
    let resolver = Arc::new(Resolver::new(fetch.clone(), environment.clone(), Keeping::default()));
    let trust: Arc<dyn Trust> = if outside.outside_network {
        warn("this call deals with parties that no network has admitted, on your word alone");
        Arc::new(outside_trust(outside, resolver, environment)?)
    } else {
        Arc::new(NetworkTrust::load(vault.clone(), fetch.clone(), resolver, environment.clone()).await?)
    };
    let trusts_somebody = !networks.is_empty() || outside.outside_network;
    let provider = super::provider::chosen(&vault, environment).await?;
    let rests = vault.rests_since().await?.is_some();
    if rests {
        warn(MOVED);
    }
    let wallet = Wallet::new(vault, fetch, trust, environment.clone()).with_provider(provider);
    Ok(Opened { trusts_somebody, rests, wallet })
}

/// The network that the wallet's own has joined, as its signed list says.
pub(super) async fn successor(
    call: &Call,
    vault: &Arc<Vault>,
    environment: &Environment,
) -> Result<NetworkDescriptor, Failure> {
    let networks = Wallet::networks(vault).await?;
    let development =
        networks.iter().filter_map(|network| network.list().host_str()).any(is_development_host);
    let fetch: Arc<dyn Fetch> = Arc::new(HttpClient::new(policy(&call.outside, development)?)?);
    let resolver = Arc::new(Resolver::new(fetch.clone(), environment.clone(), Keeping::default()));
    let trust = NetworkTrust::load(Arc::clone(vault), fetch, resolver, environment.clone()).await?;
    let successors = trust.successors().await?;
    let unheard: Vec<String> =
        successors.failed.iter().map(|failed| shown(&failed.to_string()).to_string()).collect();
    successors.networks.into_iter().next().ok_or_else(|| {
        let sentence = "no network of this wallet has joined another; name the one to join by its address";
        match unheard.as_slice() {
            [] => Failure::new("no_successor", sentence),
            _ => Failure::new("no_successor", format!("{sentence} (not reached: {})", unheard.join("; "))),
        }
    })
}

fn outside_trust(
    outside: &Outside,
    resolver: Arc<Resolver>,
    environment: &Environment,
) -> Result<OutsideTrust, Failure> {
    let anchors = outside.ca.iter().map(|path| {
        let text = String::from_utf8_lossy(&file(path)?).into_owned();
        ForeignAnchors::from_pem(&text).map_err(|error| {
            Failure::new("file", format!("{} holds no certificate authorities: {error}", path.display()))
        })
    });
    let dids = outside
        .trust_did
        .iter()
        .map(|did| Did::parse(did).map_err(|_| Failure::new("not_a_did", format!("{did} is not a DID"))));
    Ok(OutsideTrust::new(
        anchors.collect::<Result<_, _>>()?,
        dids.collect::<Result<_, _>>()?,
        resolver,
        environment.clone(),
    ))
}

/// The rules of the way out, for this call.
pub(super) fn policy(outside: &Outside, development: bool) -> Result<Policy, Failure> {
    let mut policy = Policy::public();
    if development {
        policy = policy.with_development();
    }
    if outside.insecure_http {
        warn("this call speaks http, which anybody on this machine can read");
        policy = policy.with_insecure_loopback_http().with_development();
    }
    if !outside.tls_ca.is_empty() {
        warn("this call trusts https servers that the certificate authorities given vouch for");
    }
    for path in &outside.tls_ca {
        policy = policy.with_root(file(path)?);
    }
    if !outside.resolve.is_empty() {
        warn("this call connects elsewhere than the names of hosts say");
    }
    Ok(outside.resolve.iter().cloned().fold(policy, Policy::with_override))
}

/// The descriptor's text, from an address or a file.
pub(super) async fn descriptor(outside: &Outside, place: &str) -> Result<Vec<u8>, Failure> {
    match Url::parse(place) {
        Ok(url) if matches!(url.scheme(), "http" | "https") => {
            let development = url.host_str().is_some_and(is_development_host);
            let client = HttpClient::new(policy(outside, development)?)?;
            Ok(client.fetch(Request::get_json(url)).await?.successful()?.body.to_vec())
        }
        _ => file(Path::new(place)),
    }
}

fn file(path: &Path) -> Result<Vec<u8>, Failure> {
    std::fs::read(path)
        .map_err(|error| Failure::new("file", format!("{} cannot be read: {error}", path.display())))
}

fn warn(sentence: &str) {
    // When standard error is closed there is nobody to warn.
    let _ = writeln!(std::io::stderr(), "Warning: {sentence}.");
}

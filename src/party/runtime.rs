//! What every running party shares: the network as it sees it, its store, its admin socket, its clockwork.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result};
use did::Resolve;
use did_resolver::{Keeping, Resolver};
use directory::Directory;
use outbound::{Fetch, HttpClient, Policy};
use presentation::{IssuedAs, StatusLists};
use serde_json::{Value, json};
use store::{Store, Tenant, TenantId};
use store_sled::Sled;
use store_sled::admin::{self, Admin, Body};
use tokio::task::JoinSet;
use trust::NetworkDescriptor;

use super::folder::PartyFolder;
use super::issuing::{RequestKeys, request_keys, rotate};
use super::renewing::{Renewing, keep_fresh};
use super::settings::PartySettings;
use super::working::{Round, work};

/// After how many seconds the network list is fetched anew, so that a suspension is seen within that time.
const LIST_AGE: i64 = 900;
/// When they are looked at again after the operator could not be reached.
const LISTS_AGAIN: Duration = Duration::from_secs(60);
/// How often lists are looked at; they are fetched only when they are due.
const LISTS_EVERY: Duration = Duration::from_secs(20);
/// How often what has expired is swept away.
const SWEEP_EVERY: Duration = Duration::from_secs(3_600);
/// How often it is asked whether the keyring's epoch is over. It lasts a day by the clock, not from one of our starts to the next.
const EPOCH_LOOKED_AT: Duration = Duration::from_secs(3_600);

/// How a party reaches others.
#[derive(Clone)]
pub(crate) struct Network {
    /// The guarded client.
    pub(crate) fetch: Arc<dyn Fetch>,
}

impl Network {
    /// A client for a party of this kind of host; `policy` is what the command line adds.
    pub(crate) fn new(policy: Policy) -> Result<Self> {
        Ok(Self { fetch: Arc::new(HttpClient::new(policy)?) })
    }
}

/// The parts of a party before its domain.
pub(crate) struct Parts {
    pub(crate) folder: PartyFolder,
    pub(crate) settings: PartySettings,
    pub(crate) directory: Arc<Directory>,
    pub(crate) statuses: Arc<StatusLists>,
    pub(crate) fetch: Arc<dyn Fetch>,
    pub(crate) store: Store,
    pub(crate) tenant: Tenant,
    pub(crate) resolver: Arc<dyn Resolve>,
    pub(super) request_keys: RequestKeys,
}

impl Parts {
    /// Opens the store and pins the network.
    pub(crate) fn open(
        folder: PartyFolder,
        settings: PartySettings,
        network: &Network,
        descriptor: NetworkDescriptor,
    ) -> Result<Self> {
        let environment = folder.environment().clone();
        let fetch = Arc::clone(&network.fetch);
        let resolver: Arc<dyn Resolve> =
            Arc::new(Resolver::new(Arc::clone(&fetch), environment.clone(), Keeping::default()));
        let seen = folder.network_state(descriptor.network())?;
        let directory =
            Arc::new(Directory::new(descriptor, seen, Arc::clone(&resolver), environment.clone()));
        let statuses = Arc::new(StatusLists::new(Arc::clone(&fetch), environment.clone()));
        let engine = Sled::open(&folder.path().join("store"))
            .with_context(|| format!("the store of {}", folder.name()))?;
        // What is sealed goes into this store alone, so new keys need not be on the disk any sooner than it.
        let keyring = Arc::clone(folder.keyring());
        keyring.leave_syncing();
        engine.first(move || keyring.sync());
        let store = Store::new(Arc::new(engine), environment);
        let tenant = store.tenant(&TenantId::new(settings.host())?);
        let request_keys = RequestKeys::from(request_keys(&folder)?);
        Ok(Self { folder, settings, directory, statuses, fetch, store, tenant, resolver, request_keys })
    }
}

/// Answers the party's own commands.
pub(crate) type Command =
    Arc<dyn Fn(Value) -> Pin<Box<dyn Future<Output = Result<Value, String>> + Send>> + Send + Sync>;

/// A party that runs: dropping it ends its clockwork and closes its admin socket.
pub(crate) struct Running {
    /// Its host and router.
    pub(crate) party: Option<web::Party>,
    /// The network as it sees it.
    pub(crate) directory: Arc<Directory>,
    /// The status lists of others.
    pub(crate) statuses: Arc<StatusLists>,
    _admin: Admin,
    _tasks: JoinSet<()>,
}

impl Running {
    /// Waits until the network list is there.
    ///
    /// # Errors
    /// It does not come.
    pub(crate) async fn wait_for_list(&self, network: &Network) -> Result<()> {
        let mut last = None;
        for _ in 0..50 {
            if self.directory.list().is_some() {
                return Ok(());
            }
            last = self.directory.refresh(network.fetch.as_ref(), false).await.err();
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        match last {
            Some(error) => Err(anyhow::Error::new(error).context("the network list could not be had")),
            None => Ok(()),
        }
    }

    /// Starts the clockwork and the admin socket around a router.
    pub(crate) fn start(
        parts: Parts,
        renewing: Renewing,
        router: axum::Router,
        round: Round,
        command: Command,
    ) -> Result<Self> {
        let router = router.merge(super::applying::well_known(&parts.folder));
        let data = parts.folder.path().parent().context("a party's folder lies in a data folder")?;
        let socket = crate::running::socket(data, parts.folder.name());
        let commands = Commands { parts: ForCommands::of(&parts), command };
        let admin = admin::serve(&socket, Arc::new(commands))
            .with_context(|| format!("the admin socket {}", socket.display()))?;
        let mut tasks = JoinSet::new();
        tasks.spawn(work(parts.store.clone(), parts.tenant.clone(), round));
        tasks.spawn(network_list(
            Arc::clone(&parts.directory),
            Arc::clone(&parts.fetch),
            parts.folder.clone(),
        ));
        for issued_as in [IssuedAs::Member, IssuedAs::Foreign] {
            tasks.spawn(status_lists(Arc::clone(&parts.statuses), issued_as));
        }
        tasks.spawn(keep_fresh(renewing, Arc::clone(&parts.fetch)));
        tasks.spawn(housekeeping(parts.store.clone(), parts.folder.clone()));
        tasks.spawn(rotate(parts.folder.clone(), parts.request_keys.clone()));
        Ok(Self {
            party: Some(web::Party::new(parts.settings.host(), router)),
            directory: parts.directory,
            statuses: parts.statuses,
            _admin: admin,
            _tasks: tasks,
        })
    }

    /// The same with its party as `change` leaves it.
    pub(super) fn with_party(self, change: impl FnOnce(web::Party) -> web::Party) -> Self {
        Self { party: self.party.map(change), ..self }
    }
}

/// Keeps the status lists of one kind of issuers fresh by the clock, never because somebody showed something. Each kind has
/// its own loop, and the network list another: none of them waits for the hosts of the others.
async fn status_lists(statuses: Arc<StatusLists>, issued_as: IssuedAs) {
    loop {
        tokio::time::sleep(LISTS_EVERY).await;
        statuses.refresh_of(issued_as, false).await;
    }
}

/// Keeps the network list fresh by the clock.
async fn network_list(directory: Arc<Directory>, fetch: Arc<dyn Fetch>, folder: PartyFolder) {
    let mut wait = Duration::from_millis(200);
    loop {
        match directory.keep_fresh(fetch.as_ref(), LIST_AGE).await {
            Ok(directory::ListRefresh::Taken(version)) => {
                tracing::info!(version, "the network list was taken");
                if let Err(error) =
                    folder.put_network_state(directory.descriptor().network(), &directory.state())
                {
                    tracing::error!(%error, "the version of the network list was not kept");
                }
                wait = LISTS_EVERY;
            }
            Ok(_) => wait = LISTS_EVERY,
            Err(error) => {
                tracing::warn!(%error, "the network list was not refreshed");
                wait = if directory.list().is_some() {
                    LISTS_AGAIN
                } else {
                    wait.saturating_mul(2).min(LISTS_EVERY)
                };
            }
        }
        tokio::time::sleep(wait).await;
    }
}

async fn housekeeping(store: Store, folder: PartyFolder) {
    let mut sweep = tokio::time::interval(SWEEP_EVERY);
    let mut epoch = tokio::time::interval(EPOCH_LOOKED_AT);
    loop {
        tokio::select! {
            _ = sweep.tick() => {
                if let Err(error) = store.sweep().await {
                    tracing::warn!(%error, "expired records were not swept away");
                }
            }
            _ = epoch.tick() => new_epoch(&folder).await,
        }
    }
}

/// Begins a new epoch of the keyring if the present one is over.
async fn new_epoch(folder: &PartyFolder) {
    let keyring = Arc::clone(folder.keyring());
    let error = match tokio::task::spawn_blocking(move || keyring.rotate_epoch_if_due()).await {
        Ok(Ok(_)) => return,
        Ok(Err(error)) => error.to_string(),
        Err(error) => error.to_string(),
    };
    tracing::error!(
        error,
        "the keyring did not begin a new epoch: deleted values stay in backups until it does"
    );
}

/// What the common commands need.
struct ForCommands {
    store: Store,
    folder: PartyFolder,
    directory: Arc<Directory>,
    statuses: Arc<StatusLists>,
    fetch: Arc<dyn Fetch>,
}

impl ForCommands {
    fn of(parts: &Parts) -> Self {
        Self {
            store: parts.store.clone(),
            folder: parts.folder.clone(),
            directory: Arc::clone(&parts.directory),
            statuses: Arc::clone(&parts.statuses),
            fetch: Arc::clone(&parts.fetch),
        }
    }
}

/// Drops a key that is damaged, named by the digits that the log says.
async fn drop_key(folder: &PartyFolder, request: &Value) -> Result<Value, String> {
    let key = request.get("key").and_then(Value::as_str).ok_or("no key is named")?.to_owned();
    if key.len() != 64 || !key.bytes().all(|digit| digit.is_ascii_hexdigit()) {
        let length = key.chars().count();
        return Err(format!(
            "a key is named by 64 hexadecimal digits, as the log says them; this is {length} characters: nothing was dropped"
        ));
    }
    let (keyring, named) = (Arc::clone(folder.keyring()), key.clone());
    let dropped = tokio::task::spawn_blocking(move || keyring.drop_damaged(&named)).await;
    if dropped.map_err(|error| error.to_string())?.map_err(|error| error.to_string())? {
        Ok(json!({"dropped": key}))
    } else {
        Err(format!("nothing at {key} is damaged: nothing was dropped"))
    }
}

struct Commands {
    parts: ForCommands,
    command: Command,
}

impl admin::Handler for Commands {
    fn handle<'a>(
        &'a self,
        request: Value,
        body: &'a mut Body,
    ) -> Pin<Box<dyn Future<Output = Result<Value, String>> + Send + 'a>> {
        Box::pin(async move {
            let parts = &self.parts;
            match request.get("command").and_then(Value::as_str) {
                Some("store.export") => {
                    admin::send_export(&parts.store, parts.folder.path(), body)
                        .await
                        .map_err(|error| error.to_string())?;
                    Ok(json!({"exported": true}))
                }
                Some("lists.refresh") => {
                    let refreshed = parts.directory.refresh(parts.fetch.as_ref(), true).await;
                    refreshed.map_err(|error| error.to_string())?;
                    Ok(json!({"status_lists": parts.statuses.refresh(true).await}))
                }
                Some("keyring.drop") => drop_key(&parts.folder, &request).await,
                _ => (self.command)(request).await,
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use environment::{Environment, ManualClock, SystemRandomness, Timestamp};
    use keyring::KeyId;

    use super::*;

    #[tokio::test]
    async fn a_new_epoch_begins_when_a_day_is_over_and_not_before() {
        let data = tempfile::tempdir().unwrap();
        let clock = Arc::new(ManualClock::new(Timestamp::from_seconds(1_800_000_000)));
        let environment = Environment::new(clock.clone(), Arc::new(SystemRandomness));
        for (seconds, epoch) in [(0, 1), (86_399, 1), (1, 2), (86_399, 2), (1, 3)] {
            clock.advance(seconds);
            // As after a restart.
            let folder = PartyFolder::open(data.path(), "kiln", &environment).unwrap();
            new_epoch(&folder).await;
            assert_eq!(folder.keyring().epoch(), epoch);
        }
    }

    #[tokio::test]
    async fn a_damaged_key_is_dropped_by_its_digits_and_a_sound_one_is_not() {
        let data = tempfile::tempdir().unwrap();
        let folder = PartyFolder::open(data.path(), "kiln", &Environment::system()).unwrap();
        let key = KeyId::new("kiln.example.org", "sub-1", "contact");
        folder.keyring().seal(&key, b"email", b"ada").unwrap();
        let path = folder.path().join("keyring/keys/table");
        let mut table = std::fs::read(&path).unwrap();
        let place = 4_096 + table[4_096..].iter().position(|byte| *byte != 0).unwrap();
        let digits: String = table[place + 1..][..32].iter().map(|byte| format!("{byte:02x}")).collect();
        let request = json!({"command": "keyring.drop", "key": digits});
        let nothing = drop_key(&folder, &request).await.unwrap_err();
        assert!(nothing.contains("nothing was dropped"), "{nothing}");
        assert!(folder.keyring().holds(&key).unwrap());
        table[place + 40] ^= 1;
        std::fs::write(&path, table).unwrap();
        let named = folder.keyring().holds(&key).unwrap_err().to_string();
        assert!(named.contains(&digits), "{named}");
        assert_eq!(drop_key(&folder, &request).await.unwrap(), json!({"dropped": digits}));
        assert!(!folder.keyring().holds(&key).unwrap());
        assert!(drop_key(&folder, &json!({"command": "keyring.drop"})).await.is_err());
        let short = digits.strip_suffix(char::is_alphanumeric).unwrap();
        for mistyped in [short, "abc", "", &"g".repeat(64), &"é".repeat(32)] {
            let told =
                drop_key(&folder, &json!({"command": "keyring.drop", "key": mistyped})).await.unwrap_err();
            assert!(told.contains("64 hexadecimal digits"), "{told}");
        }
    }
}

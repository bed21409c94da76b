//! What a wallet leaves behind once it is locked: nothing of its member in the memory of the process, in the files of the store and
//! copies of them, or in the log (decision 0028).

use std::io::{Read, Seek, SeekFrom};
use std::path::Path;

use wallet::testing::{key_of, salt_of_name};
use wallet::{Cost, Secret, Stretched, VaultId, Vaults};

use crate::hosting::{Browser, PASSPHRASE, Served, walk};

/// What the member types: each in the form in which it would be found.
const NAME: &str = "Canary-Quillfeather";
const EMAIL: &str = "canary.quillfeather@example.org";

/// The size of a page of memory.
const PAGE: usize = 4_096;

/// Everything that the process may write to, as it is at this moment; pages without anything are left out.
fn memory_of(process: u32) -> Vec<u8> {
    let maps = std::fs::read_to_string(format!("/proc/{process}/maps")).unwrap();
    let mut memory = std::fs::File::open(format!("/proc/{process}/mem")).unwrap();
    let mut dump = Vec::new();
    for line in maps.lines() {
        let mut words = line.split_whitespace();
        let (range, rights) = (words.next().unwrap(), words.next().unwrap());
        if !rights.starts_with("rw") {
            continue;
        }
        let (from, to) = range.split_once('-').unwrap();
        let [mut from, to] = [from, to].map(|text| u64::from_str_radix(text, 16).unwrap());
        memory.seek(SeekFrom::Start(from)).unwrap();
        let mut page = [0; PAGE];
        // What was mapped and never touched cannot always be read, and holds nothing.
        while from < to && memory.read_exact(&mut page).is_ok() {
            if page != [0; PAGE] {
                dump.extend(page);
            }
            from += PAGE as u64;
        }
    }
    dump
}

fn holds(bytes: &[u8], canary: &[u8]) -> bool {
    let first = canary[0];
    let mut from = 0;
    while let Some(place) = bytes[from..].iter().position(|byte| *byte == first) {
        let at = from + place;
        if bytes[at..].starts_with(canary) {
            return true;
        }
        from = at + 1;
    }
    false
}

/// The member looks at their pages, writes down who they are, and locks the wallet.
fn live_with_it(browser: &mut Browser) {
    let csrf = browser.get("/details").field("/details", "csrf");
    let fields = [("csrf", csrf.as_str()), ("email", EMAIL), ("given_name", NAME)];
    browser.post("/details", &fields);
    let page = browser.get("/details").text;
    assert!(page.contains(EMAIL) && page.contains(NAME), "{page}");
    for path in ["/", "/history", "/history.json", "/spaces", "/messages", "/ways"] {
        assert_eq!(browser.get(path).status, 200, "{path}");
    }
}

fn lock(browser: &mut Browser) {
    let csrf = browser.get("/").field("/lock", "csrf");
    assert_eq!(browser.post("/lock", &[("csrf", &csrf)]).location.as_deref(), Some("/unlock"));
}

fn nothing_in_files(folder: &Path) {
    for file in walk(folder) {
        let bytes = std::fs::read(&file).unwrap();
        for canary in [NAME, EMAIL, PASSPHRASE] {
            assert!(!holds(&bytes, canary.as_bytes()), "{canary} in {}", file.display());
        }
    }
}

/// Three texts, one of which stands in the base64url of anything that holds these bytes.
fn in_base64(canary: &str) -> [String; 3] {
    [0, 1, 2].map(|before| {
        let text = jose::base64url::encode([&[0_u8; 2][..before], canary.as_bytes()].concat());
        // Symbols at either end depend on what stands there.
        text.get((before * 8).div_ceil(6)..text.len() - 2).unwrap().to_owned()
    })
}

/// A backup of a host's store, as an operator makes one: it holds what the files hold, and nothing of it is read either.
fn backup_of(folder: &Path) -> String {
    let mut text = Vec::new();
    waited(async {
        let engine = store_sled::Sled::open(&folder.join("wallets")).unwrap();
        let environment = environment::Environment::system();
        store::transfer::export(&engine, &environment, &mut text).await.unwrap();
    });
    String::from_utf8(text).unwrap()
}

fn nothing_in_backup(backup: &str) {
    assert!(backup.len() > 1_000, "there is something in it");
    for canary in [NAME, EMAIL, PASSPHRASE] {
        assert!(!backup.contains(canary), "{canary} in a backup");
        let in_hexadecimal = canary.bytes().map(|byte| format!("{byte:02x}")).collect::<String>();
        for text in in_base64(canary).iter().chain([&in_hexadecimal]) {
            assert!(!backup.contains(text), "{canary} in a backup, as {text}");
        }
    }
}

/// The memory before and after locking, with the texts that must not be in the latter.
struct Dumps {
    open: Vec<u8>,
    locked: Vec<u8>,
}

impl Dumps {
    fn of(served: &Served, browser: &mut Browser) -> Self {
        live_with_it(browser);
        let open = memory_of(served.process());
        lock(browser);
        Self { open, locked: memory_of(served.process()) }
    }

    /// The key is there while the wallet is open, so that the search finds what is there; locked, nothing is.
    fn judge(&self, key: &[u8]) {
        assert!(holds(&self.open, key), "an open wallet needs its key");
        let posted = |text: &str| openid4vc::form::encode([("", text)]).trim_start_matches('=').to_owned();
        let wanted = [
            ("the vault's key", key.to_vec()),
            ("a name", NAME.as_bytes().to_vec()),
            ("an e-mail address", EMAIL.as_bytes().to_vec()),
            ("an e-mail address as a form has it", posted(EMAIL).into_bytes()),
            ("the passphrase", PASSPHRASE.as_bytes().to_vec()),
            ("the passphrase as a form has it", posted(PASSPHRASE).into_bytes()),
        ];
        let found = wanted.iter().filter(|(_, bytes)| holds(&self.locked, bytes)).map(|(name, _)| *name);
        assert_eq!(found.collect::<Vec<_>>(), [""; 0], "in memory after locking");
    }
}

/// The key of the one wallet in this folder.
async fn key_at(folder: &Path) -> Vec<u8> {
    let vaults = Vaults::in_folder(folder, &environment::Environment::system()).unwrap();
    let locked = vaults.find(&VaultId::only()).await.unwrap().unwrap();
    let passphrase = wallet::Passphrase::new(PASSPHRASE).unwrap();
    key_of(&locked.unlock(Secret::Passphrase(&passphrase)).await.unwrap()).to_vec()
}

/// The key of that wallet of a host.
async fn key_at_host(folder: &Path, id: &VaultId, name: &str) -> Vec<u8> {
    let vaults = Vaults::of_host(folder, &environment::Environment::system()).unwrap();
    let locked = vaults.find(id).await.unwrap().unwrap();
    let salt = salt_of_name("wallet.localhost", name);
    let passphrase = wallet::Passphrase::new(PASSPHRASE).unwrap();
    let (stretched, _) = Stretched::halves(&passphrase, &salt, Cost::USUAL).await.unwrap();
    key_of(&locked.unlock(Secret::Stretched(&stretched)).await.unwrap()).to_vec()
}

fn waited<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(work)
}

#[test]
fn a_locked_wallet_of_ones_own_machine_leaves_nothing_in_memory_on_disk_and_in_the_log() {
    let root = tempfile::tempdir().unwrap();
    let folder = root.path().join("wallet");
    let served = Served::start(&folder, &[]);
    let link = served.ready["make"].as_str().unwrap();
    let path = link.split_once(&served.port.to_string()).unwrap().1.to_owned();
    let mut browser = served.browser();
    assert_eq!(browser.make(&path, "").location.as_deref(), Some("/"));
    let dumps = Dumps::of(&served, &mut browser);
    nothing_in_files(&folder);
    let log = served.stop();
    for canary in [NAME, EMAIL, PASSPHRASE] {
        assert!(!log.contains(canary), "{canary} in the log");
    }
    dumps.judge(&waited(key_at(&folder)));
}

#[test]
fn a_locked_wallet_at_a_host_leaves_nothing_in_memory_on_disk_and_in_the_log() {
    let root = tempfile::tempdir().unwrap();
    let folder = root.path().join("wallets");
    let served = Served::start(&folder, &["--host"]);
    let mut browser = served.browser();
    assert_eq!(browser.make("/make", "heron").location.as_deref(), Some("/"));
    let id = VaultId::parse(&browser.cookies["__Host-wallet"]).unwrap();
    let dumps = Dumps::of(&served, &mut browser);
    nothing_in_files(&folder);
    let log = served.stop();
    for canary in [NAME, EMAIL, PASSPHRASE] {
        assert!(!log.contains(canary), "{canary} in the log");
    }
    dumps.judge(&waited(key_at_host(&folder, &id, "heron")));
    let backup = backup_of(&folder);
    assert!(backup.contains(id.as_str()), "the wallet is in it");
    nothing_in_backup(&backup);
}

#[test]
fn a_wallet_that_was_closed_at_a_host_leaves_nothing_in_memory_on_disk_in_a_backup_and_in_the_log() {
    let root = tempfile::tempdir().unwrap();
    let folder = root.path().join("wallets");
    let served = Served::start(&folder, &["--host"]);
    let (mut browser, mut other) = (served.browser(), served.browser());
    assert_eq!(browser.make("/make", "heron").location.as_deref(), Some("/"));
    assert_eq!(other.make("/make", "stork").location.as_deref(), Some("/"));
    let [id, others] = [&browser, &other].map(|one| VaultId::parse(&one.cookies["__Host-wallet"]).unwrap());
    live_with_it(&mut browser);
    let first_log = served.stop();
    let key = waited(key_at_host(&folder, &id, "heron"));
    let served = Served::start(&folder, &["--host"]);
    browser.port = served.port;
    assert_eq!(browser.get("/details").status, 200, "it is open still");
    let open = memory_of(served.process());
    let csrf = browser.get("/close").field("/close", "csrf");
    let closed = browser.post("/close", &[("csrf", &csrf), ("sure", "yes")]);
    assert_eq!(closed.location.as_deref(), Some("/closed"), "{}", closed.text);
    Dumps { open, locked: memory_of(served.process()) }.judge(&key);
    let log = first_log + &served.stop();
    for canary in [NAME, EMAIL, PASSPHRASE] {
        assert!(!log.contains(canary), "{canary} in the log");
    }
    nothing_in_files(&folder);
    let backup = backup_of(&folder);
    nothing_in_backup(&backup);
    assert!(!backup.contains(id.as_str()), "the wallet that was closed is in a backup");
    assert!(backup.contains(others.as_str()), "the near miss: the other one is");
}

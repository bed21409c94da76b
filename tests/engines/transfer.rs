//! Export, import, damaged stores and the admin socket.

use std::io::Cursor;
use std::sync::Arc;

use environment::{Environment, ManualClock, SystemRandomness, Timestamp};
use serde::{Deserialize, Serialize};
use store::transfer::{self, TransferError, Transferred};
use store::{BoxFuture, Change, Engine, Fault, FieldClass, Key, PendingLeaf, Range, Record, Store, Tx};
use store_sled::{ImportError, OpenError, Sled, admin};

use crate::place::{Place, on_each_engine};
use engines::{CountUp, LastChange, Moving, tenant};

on_each_engine!(
    an_export_comes_back_whole_in_a_new_epoch_on_either_engine,
    a_damaged_export_is_refused_wherever_the_damage_is,
    an_import_into_a_store_that_holds_something_is_refused,
);

/// A code that a restore must not make good again.
#[derive(Debug, Serialize, Deserialize)]
struct Code {
    hash: String,
}

impl Record for Code {
    const CLASS: &'static str = "code";
    const FIELDS: &'static [(&'static str, FieldClass)] = &[("hash", FieldClass::Operational)];
    const SURVIVES_RESTORE: bool = false;

    fn key(&self) -> Key {
        Key::from(&self.hash)
    }

    fn expiry(&self) -> Option<Timestamp> {
        Some(engines::noon().plus(600))
    }
}

struct Issue(&'static str);

impl Change for Issue {
    const NAME: &'static str = "issue";
    type Output = ();
    type Refusal = ();

    async fn apply(&self, tx: &mut Tx) -> Result<(), Fault<()>> {
        Ok(tx.put(&Code { hash: self.0.to_owned() }).await?)
    }
}

fn environment() -> Environment {
    Environment::new(Arc::new(ManualClock::new(engines::noon())), Arc::new(SystemRandomness))
}

async fn count_up(store: &Store, changes: u64) {
    for _ in 0..changes {
        for writer in 0..2 {
            let leaf = engines::leaf(writer, &SystemRandomness);
            store.tenant(&tenant().unwrap()).commit(&CountUp { writer, leaf }).await.unwrap();
        }
    }
}

async fn export(engine: &dyn Engine) -> (Vec<u8>, Transferred) {
    let mut text = Vec::new();
    let transferred = transfer::export(engine, &environment(), &mut text).await.unwrap();
    (text, transferred)
}

async fn an_export_comes_back_whole_in_a_new_epoch_on_either_engine(place: Place) {
    count_up(&place.store, 300).await;
    place.harbour().commit(&Issue("c0de")).await.unwrap();
    let (text, exported) = export(place.store.engine().as_ref()).await;
    assert_eq!(exported.epoch, 1);
    assert_eq!(transfer::check(&mut Cursor::new(&text)).unwrap().entries, exported.entries);
    let mut epoch = 1;
    let mut text = text;
    for other in [Place::memory(), Place::sled()] {
        let engine = other.store.engine().as_ref();
        let imported = transfer::import(engine, &environment(), &mut Cursor::new(&text)).await.unwrap();
        epoch += 1;
        assert_eq!(imported.epoch, epoch);
        assert_eq!(other.store.epoch().await.unwrap(), epoch);
        let harbour = other.harbour();
        for writer in 0..2 {
            assert_eq!(harbour.read(&LastChange { writer }).await.unwrap(), Ok(300));
        }
        assert!(harbour.get::<Code>("c0de").await.unwrap().is_none());
        let difference = harbour.compare_indexes::<Moving>().await.unwrap();
        assert_eq!((difference.missing, difference.surplus), (0, 0));
        let leaves = harbour.list::<PendingLeaf>(Range::all(), 1_000).await.unwrap();
        assert_eq!(leaves.items.len(), 600);
        // It goes on, and can be exported again.
        count_up(&other.store, 1).await;
        assert_eq!(harbour.read(&LastChange { writer: 0 }).await.unwrap(), Ok(301));
        let again = Place::memory();
        let (next, _) = export(engine).await;
        transfer::import(again.store.engine().as_ref(), &environment(), &mut Cursor::new(&next))
            .await
            .unwrap();
        assert_eq!(again.store.epoch().await.unwrap(), epoch + 1);
        let (plain, _) = export(place.store.engine().as_ref()).await;
        // The next round starts from a store that was restored once already.
        text = String::from_utf8(plain)
            .unwrap()
            .replacen("\"epoch\":1", &format!("\"epoch\":{epoch}"), 1)
            .into();
        let lines: Vec<_> = std::str::from_utf8(&text).unwrap().lines().map(str::to_owned).collect();
        text = seal(&lines[..lines.len() - 1]);
    }
}

/// Writes the last line anew, as someone would who knows the format.
fn seal(lines: &[String]) -> Vec<u8> {
    use sha2::{Digest, Sha256};
    let mut text: String = lines.iter().map(|line| format!("{line}\n")).collect();
    let sha256: String = Sha256::digest(text.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect();
    text.push_str(&format!("{{\"entries\":{},\"sha256\":\"{sha256}\"}}\n", lines.len() - 1));
    text.into_bytes()
}

async fn a_damaged_export_is_refused_wherever_the_damage_is(place: Place) {
    count_up(&place.store, 2).await;
    let (text, _) = export(place.store.engine().as_ref()).await;
    let checked = |text: &[u8]| transfer::check(&mut Cursor::new(text));
    assert!(checked(&text).is_ok());
    for position in (0..text.len()).step_by(3) {
        let mut damaged = text.clone();
        damaged[position] ^= 1;
        assert!(checked(&damaged).is_err(), "byte {position} of {}", text.len());
        assert!(checked(&text[..position]).is_err(), "cut at byte {position}");
    }
    assert!(matches!(checked(&[text.as_slice(), b"\n"].concat()), Err(TransferError::Damaged { .. })));
    let lines: Vec<String> = String::from_utf8(text).unwrap().lines().map(str::to_owned).collect();
    let body = &lines[..lines.len() - 1];
    assert!(checked(&seal(body)).is_ok());
    // Also when the last line fits: an entry that moved, or came twice, or lost its checksum.
    let mut swapped = body.to_vec();
    swapped.swap(1, 2);
    let mut doubled = body.to_vec();
    doubled.insert(2, body[1].clone());
    for lines in [swapped, doubled] {
        let refused = checked(&seal(&lines));
        let problem = "its key does not follow the one before";
        assert!(
            matches!(&refused, Err(TransferError::Damaged { problem: found, .. }) if *found == problem),
            "{refused:?}"
        );
    }
    let mut changed = body.to_vec();
    let at = changed.iter().position(|line| line.contains("\"number\":2")).unwrap();
    changed[at] = changed[at].replace("\"number\":2", "\"number\":3");
    let refused = checked(&seal(&changed));
    assert!(matches!(refused, Err(TransferError::Damaged { problem: "its checksum is wrong", .. })));
    let mut newer = body.to_vec();
    newer[0] = newer[0].replace("\"passport_store_export\":1", "\"passport_store_export\":2");
    assert!(matches!(checked(&seal(&newer)), Err(TransferError::UnknownFormat { found: 2 })));
}

async fn an_import_into_a_store_that_holds_something_is_refused(place: Place) {
    count_up(&place.store, 1).await;
    let engine = place.store.engine().as_ref();
    let (text, _) = export(engine).await;
    let refused = transfer::import(engine, &environment(), &mut Cursor::new(&text)).await;
    assert!(matches!(refused, Err(TransferError::NotEmpty)));
}

#[tokio::test]
async fn an_imported_folder_is_whole_or_not_there() {
    let place = Place::memory();
    count_up(&place.store, 3).await;
    let (text, _) = export(place.store.engine().as_ref()).await;
    let parent = tempfile::TempDir::new().unwrap();
    let folder = parent.path().join("store");
    let mut cut = Cursor::new(&text[..text.len() - 10]);
    let refused = store_sled::import_folder(&folder, &environment(), &mut cut).await;
    assert!(matches!(refused, Err(ImportError::Transfer(TransferError::CutOff { .. }))));
    assert_eq!(std::fs::read_dir(parent.path()).unwrap().count(), 0);
    store_sled::import_folder(&folder, &environment(), &mut Cursor::new(&text)).await.unwrap();
    let store = Store::new(Arc::new(Sled::open(&folder).unwrap()), environment());
    assert_eq!(store.epoch().await.unwrap(), 2);
    assert_eq!(store.tenant(&tenant().unwrap()).read(&LastChange { writer: 1 }).await.unwrap(), Ok(3));
    let refused = store_sled::import_folder(&folder, &environment(), &mut Cursor::new(&text)).await;
    assert!(matches!(refused, Err(ImportError::Exists { .. })));
}

#[tokio::test]
async fn a_store_in_use_is_refused_and_free_again_when_closed() {
    let parent = tempfile::TempDir::new().unwrap();
    let folder = parent.path().join("store");
    let first = Sled::open(&folder).unwrap();
    assert!(matches!(Sled::open(&folder), Err(OpenError::Locked { .. })));
    drop(first);
    Sled::open(&folder).unwrap();
}

/// Damages the database at many places: it must refuse to open, or hold everything, or refuse to read.
#[tokio::test]
async fn a_damaged_store_never_passes_for_a_whole_one() {
    let parent = tempfile::TempDir::new().unwrap();
    let folder = parent.path().join("store");
    let store = Store::new(Arc::new(Sled::open(&folder).unwrap()), environment());
    count_up(&store, 40).await;
    drop(store);
    let original = std::fs::read(folder.join("db")).unwrap();
    let used = original.iter().rposition(|byte| *byte != 0).unwrap();
    let mut refused = 0;
    for place in 0..40 {
        let mut damaged = original.clone();
        let at = used * place / 40;
        for byte in &mut damaged[at..(at + 64).min(used)] {
            *byte ^= 0x55;
        }
        let copy = parent.path().join(format!("copy-{place}"));
        std::fs::create_dir_all(copy.join("blobs")).unwrap();
        for entry in std::fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_file() {
                std::fs::copy(&path, copy.join(path.file_name().unwrap())).unwrap();
            }
        }
        std::fs::write(copy.join("db"), &damaged).unwrap();
        match Sled::open(&copy) {
            Err(error) => {
                let sentence = error.to_string();
                assert!(sentence.contains("passport store import"), "{sentence}");
                refused += 1;
            }
            Ok(engine) => {
                let store = Store::new(Arc::new(engine), environment());
                let harbour = store.tenant(&tenant().unwrap());
                for writer in 0..2 {
                    match harbour.read(&LastChange { writer }).await {
                        Ok(found) => assert_eq!(found, Ok(40), "damage at byte {at}"),
                        Err(fault) => assert!(!fault.to_string().is_empty()),
                    }
                }
            }
        }
    }
    assert!(refused > 0, "no damage was noticed at opening");
}

#[tokio::test]
async fn a_store_that_lost_its_last_batches_does_not_open() {
    let parent = tempfile::TempDir::new().unwrap();
    let folder = parent.path().join("store");
    let open = || Store::new(Arc::new(Sled::open(&folder).unwrap()), environment());
    count_up(&open(), 2).await;
    let old = std::fs::read(folder.join("db")).unwrap();
    count_up(&open(), 2).await;
    std::fs::write(folder.join("db"), old).unwrap();
    for entry in std::fs::read_dir(&folder).unwrap() {
        let path = entry.unwrap().path();
        if path.file_name().unwrap().to_str().unwrap().starts_with("snap.") {
            std::fs::remove_file(path).unwrap();
        }
    }
    let refused = Sled::open(&folder);
    assert!(matches!(refused, Err(OpenError::Damaged { .. })), "{refused:?}");
}

#[tokio::test]
async fn a_snapshot_that_sled_had_not_finished_does_not_make_the_store_corrupt() {
    let parent = tempfile::TempDir::new().unwrap();
    let folder = parent.path().join("store");
    let store = Store::new(Arc::new(Sled::open(&folder).unwrap()), environment());
    count_up(&store, 3).await;
    let unfinished = folder.join("snap.FFFFFFFFFFFFFFFF.generating");
    std::fs::write(&unfinished, b"half").unwrap();
    // Not while another has the store open: it may be the one that writes it.
    assert!(matches!(Sled::open(&folder), Err(OpenError::Locked { .. })));
    assert!(unfinished.exists());
    drop(store);
    let store = Store::new(Arc::new(Sled::open(&folder).unwrap()), environment());
    assert!(!unfinished.exists());
    assert_eq!(store.tenant(&tenant().unwrap()).read(&LastChange { writer: 1 }).await.unwrap(), Ok(3));
}

struct ExportHandler {
    store: Store,
    folder: std::path::PathBuf,
}

impl admin::Handler for ExportHandler {
    fn handle<'a>(
        &'a self,
        request: serde_json::Value,
        body: &'a mut admin::Body,
    ) -> BoxFuture<'a, Result<serde_json::Value, String>> {
        Box::pin(async move {
            if request["command"] != "store-export" {
                return Err("no such command".to_owned());
            }
            let exported = admin::send_export(&self.store, &self.folder, body).await;
            exported.map(|moved| serde_json::json!(moved)).map_err(|error| error.to_string())
        })
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_running_store_is_exported_through_its_admin_socket() {
    use std::os::unix::fs::PermissionsExt;
    let parent = tempfile::TempDir::new().unwrap();
    let folder = parent.path().join("store");
    let socket = parent.path().join("admin.sock");
    let request = serde_json::json!({"command": "store-export"});
    let absent = admin::call(&socket, &request).await;
    assert!(matches!(absent, Err(admin::CallError::NotRunning { .. })));
    // What a killed server left.
    drop(std::os::unix::net::UnixListener::bind(&socket).unwrap());
    let absent = admin::call(&socket, &request).await;
    assert!(matches!(absent, Err(admin::CallError::NotRunning { .. })));

    let store = Store::new(Arc::new(Sled::open(&folder).unwrap()), environment());
    count_up(&store, 200).await;
    let handler = ExportHandler { store: store.clone(), folder: parent.path().to_owned() };
    let listening = admin::serve(&socket, Arc::new(handler)).unwrap();
    let mode = std::fs::metadata(&socket).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let mut text = Vec::new();
    let answer = admin::call_with_body(&socket, &request, &mut text).await.unwrap();
    let checked = transfer::check(&mut Cursor::new(&text)).unwrap();
    assert_eq!(answer["entries"], checked.entries);
    // Nothing of the spool is left: the folder holds the store and the socket.
    assert_eq!(std::fs::read_dir(parent.path()).unwrap().count(), 2);
    let refused = admin::call(&socket, &serde_json::json!({"command": "?"})).await;
    assert!(matches!(refused, Err(admin::CallError::Refused(sentence)) if sentence == "no such command"));
    drop(listening);
    let absent = admin::call(&socket, &request).await;
    assert!(matches!(absent, Err(admin::CallError::NotRunning { .. })));
}

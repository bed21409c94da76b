mod crashes;
mod damage;
mod epochs;

use std::fs;
use std::os::unix::fs::{FileExt, MetadataExt, PermissionsExt};

use environment::{ManualClock, SystemRandomness, Timestamp};
use tempfile::TempDir;

use super::epochs::{EPOCH_RECORD_BYTES, UNDATED_MARK};
use super::*;

fn open(folder: &Path) -> Keyring {
    Keyring::open(folder, Environment::system()).unwrap()
}

fn contact() -> KeyId {
    KeyId::new("harbour.example.org", "sub-1", "contact")
}

/// All files of a folder, to be brought back later like a backup.
fn copy_of(folder: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        files.push((path.clone(), fs::read(&path).unwrap()));
    }
    files
}

fn bring_back(copy: &[(PathBuf, Vec<u8>)]) {
    for (path, content) in copy {
        fs::write(path, content).unwrap();
    }
}

/// Where in the file of the table the place of a key begins.
fn place_of(folder: &Path, id: &KeyId) -> u64 {
    let table = fs::read(folder.join("keys").join("table")).unwrap();
    let name = table.windows(32).position(|window| window == id.name()).unwrap();
    u64::try_from(name - 1).unwrap()
}

fn flip(folder: &Path, place: u64, bit: u64) {
    let table = File::options().read(true).write(true).open(folder.join("keys").join("table")).unwrap();
    let (at, mut byte) = (place + bit / 8, [0]);
    table.read_exact_at(&mut byte, at).unwrap();
    table.write_all_at(&[byte[0] ^ (1 << (bit % 8))], at).unwrap();
}

#[test]
fn what_was_sealed_opens_with_its_key_and_context_only() {
    let folder = TempDir::new().unwrap();
    let keyring = open(folder.path());
    let sealed = keyring.seal(&contact(), b"email", b"ada@example.org").unwrap();
    assert_eq!(keyring.open_sealed(&contact(), b"email", &sealed).unwrap().as_slice(), b"ada@example.org");
    let other_context = keyring.open_sealed(&contact(), b"phone", &sealed);
    assert!(matches!(other_context, Err(KeyringError::DoesNotOpen)));
    let other = KeyId::new("harbour.example.org", "sub-2", "contact");
    assert!(matches!(keyring.open_sealed(&other, b"email", &sealed), Err(KeyringError::NoKey)));
    keyring.seal(&other, b"email", b"ben@example.org").unwrap();
    assert!(matches!(keyring.open_sealed(&other, b"email", &sealed), Err(KeyringError::DoesNotOpen)));
    // Parts of an id do not run into each other.
    let shifted = KeyId::new("harbour.example.orgs", "ub-1", "contact");
    assert!(!keyring.holds(&shifted).unwrap());
}

#[test]
fn a_changed_byte_anywhere_is_noticed() {
    let folder = TempDir::new().unwrap();
    let keyring = open(folder.path());
    let sealed = keyring.seal(&contact(), b"email", b"ada").unwrap();
    for position in 0..sealed.as_bytes().len() {
        let mut bytes = sealed.as_bytes().to_vec();
        bytes[position] ^= 1;
        let opened = keyring.open_sealed(&contact(), b"email", &Sealed::from_bytes(bytes));
        assert!(matches!(opened, Err(KeyringError::DoesNotOpen)), "byte {position}");
    }
    for length in 0..sealed.as_bytes().len() {
        let bytes = sealed.as_bytes()[..length].to_vec();
        let opened = keyring.open_sealed(&contact(), b"email", &Sealed::from_bytes(bytes));
        assert!(matches!(opened, Err(KeyringError::DoesNotOpen)), "length {length}");
    }
}

#[test]
fn keys_outlive_a_restart_and_a_change_of_epoch() {
    let folder = TempDir::new().unwrap();
    let keyring = open(folder.path());
    let sealed = keyring.seal(&contact(), b"email", b"ada").unwrap();
    assert_eq!(keyring.epoch(), 1);
    assert_eq!(keyring.rotate_epoch().unwrap(), 2);
    assert_eq!(keyring.open_sealed(&contact(), b"email", &sealed).unwrap().as_slice(), b"ada");
    drop(keyring);
    let keyring = open(folder.path());
    assert_eq!(keyring.epoch(), 2);
    assert_eq!(keyring.open_sealed(&contact(), b"email", &sealed).unwrap().as_slice(), b"ada");
}

#[test]
fn a_destroyed_key_comes_back_from_a_backup_only_together_with_the_old_epoch_file() {
    let folder = TempDir::new().unwrap();
    let keyring = open(folder.path());
    let other = KeyId::new("harbour.example.org", "sub-2", "contact");
    let sealed = keyring.seal(&contact(), b"email", b"ada").unwrap();
    let others = keyring.seal(&other, b"email", b"ben").unwrap();
    let old_keys = copy_of(&folder.path().join("keys"));
    let old_epoch = fs::read(folder.path().join("epoch")).unwrap();

    assert!(keyring.destroy(&contact()).unwrap());
    assert!(!keyring.destroy(&contact()).unwrap());
    assert!(matches!(keyring.open_sealed(&contact(), b"email", &sealed), Err(KeyringError::NoKey)));
    // Before the epoch changes, a backup of the keys still works: that is why it changes daily.
    bring_back(&old_keys);
    assert!(keyring.open_sealed(&contact(), b"email", &sealed).is_ok());
    keyring.destroy(&contact()).unwrap();
    keyring.rotate_epoch().unwrap();
    assert!(matches!(keyring.open_sealed(&contact(), b"email", &sealed), Err(KeyringError::NoKey)));
    assert_eq!(keyring.open_sealed(&other, b"email", &others).unwrap().as_slice(), b"ben");

    // The backup of the keys alone opens nothing any more.
    bring_back(&old_keys);
    assert!(matches!(keyring.open_sealed(&contact(), b"email", &sealed), Err(KeyringError::Damaged { .. })));
    drop(keyring);
    // With the old epoch file it does: the test above is not passed by chance.
    fs::write(folder.path().join("epoch"), old_epoch).unwrap();
    let keyring = open(folder.path());
    assert_eq!(keyring.open_sealed(&contact(), b"email", &sealed).unwrap().as_slice(), b"ada");
}

#[test]
fn the_old_epoch_key_is_nowhere_in_the_folder_after_a_rotation() {
    let folder = TempDir::new().unwrap();
    let keyring = open(folder.path());
    keyring.seal(&contact(), b"email", b"ada").unwrap();
    let old = fs::read(folder.path().join("epoch")).unwrap()[8..40].to_vec();
    keyring.rotate_epoch().unwrap();
    for part in ["", "keys", "secrets"] {
        for entry in fs::read_dir(folder.path().join(part)).unwrap() {
            let path = entry.unwrap().path();
            if path.is_file() {
                let content = fs::read(&path).unwrap();
                assert!(!content.windows(32).any(|window| window == old), "{}", path.display());
            }
        }
    }
}

/// Keys as they lay before there was a table: each in a file of its own.
#[test]
fn keys_of_the_earlier_layout_are_moved_into_the_table_once() {
    let folder = TempDir::new().unwrap();
    let ids: Vec<_> = (0..5).map(|n| KeyId::new("harbour.example.org", format!("sub-{n}"), "c")).collect();
    let keyring = open(folder.path());
    let sealed: Vec<_> = ids.iter().map(|id| keyring.seal(id, b"email", b"ada").unwrap()).collect();
    let keys = folder.path().join("keys");
    for id in &ids {
        let wrapped = keyring.keys().table.get(&id.name()).unwrap().unwrap();
        fs::write(keys.join(hexadecimal(&id.name())), wrapped).unwrap();
    }
    drop(keyring);
    fs::remove_file(keys.join("table")).unwrap();
    let epoch = fs::read(folder.path().join("epoch")).unwrap();
    fs::write(folder.path().join("epoch"), without_mark(&epoch).unwrap().0).unwrap();
    for renewed in 0..2 {
        let keyring = open(folder.path());
        for (id, sealed) in ids.iter().zip(&sealed).skip(renewed) {
            assert_eq!(keyring.open_sealed(id, b"email", sealed).unwrap().as_slice(), b"ada");
        }
        assert_eq!(copy_of(&keys).len(), 1, "only the table is left");
        assert!(keyring.destroy(&ids[0]).unwrap());
        keyring.seal(&ids[0], b"email", b"ada").unwrap();
        drop(keyring);
        // As after a crash before the files were removed: what the table says counts.
        fs::write(keys.join(hexadecimal(&ids[1].name())), [1; 69]).unwrap();
    }
    let keyring = open(folder.path());
    assert_eq!(keyring.open_sealed(&ids[1], b"email", &sealed[1]).unwrap().as_slice(), b"ada");
    assert!(keyring.open_sealed(&ids[0], b"email", &sealed[0]).is_err());
}

#[test]
fn a_key_of_the_earlier_layout_that_is_damaged_keeps_the_keyring_shut() {
    let folder = TempDir::new().unwrap();
    drop(open(folder.path()));
    let file = folder.path().join("keys").join(hexadecimal(&contact().name()));
    // Also one that has the right length and does not open.
    for length in [68, 69] {
        fs::write(&file, vec![1; length]).unwrap();
        let refused = Keyring::open(folder.path(), Environment::system()).map(drop);
        let Err(KeyringError::Damaged { file: named }) = refused else { panic!("{refused:?}") };
        assert_eq!(named, format!("keys/{}", hexadecimal(&contact().name())));
        assert!(file.exists());
    }
    fs::remove_file(&file).unwrap();
    assert!(!open(folder.path()).holds(&contact()).unwrap());
}

#[test]
fn a_key_is_synced_by_whoever_made_it_unless_that_was_left_to_somebody() {
    let folder = TempDir::new().unwrap();
    let keyring = open(folder.path());
    keyring.seal(&contact(), b"email", b"ada").unwrap();
    assert!(!keyring.keys().is_unsynced);
    keyring.leave_syncing();
    let other = KeyId::new("harbour.example.org", "sub-2", "contact");
    keyring.seal(&other, b"email", b"ben").unwrap();
    assert!(keyring.keys().is_unsynced);
    keyring.sync().unwrap();
    assert!(!keyring.keys().is_unsynced);
    keyring.seal(&other, b"email", b"ben").unwrap();
    assert!(!keyring.keys().is_unsynced, "the key was there already");
}

#[test]
fn after_a_sync_that_failed_no_key_is_made_or_destroyed_and_those_that_are_there_open() {
    let folder = TempDir::new().unwrap();
    let keyring = open(folder.path());
    let sealed = keyring.seal(&contact(), b"email", b"ada").unwrap();
    keyring.syncing.has_failed.store(true, Ordering::SeqCst);
    let other = KeyId::new("harbour.example.org", "sub-2", "contact");
    assert!(matches!(keyring.seal(&other, b"email", b"ben"), Err(KeyringError::File(_))));
    assert!(matches!(keyring.destroy(&contact()), Err(KeyringError::File(_))));
    assert!(keyring.sync().is_err());
    assert!(!keyring.holds(&other).unwrap());
    assert!(keyring.open_sealed(&contact(), b"email", &sealed).is_ok());
}

#[test]
fn many_threads_that_make_keys_at_once_find_each_on_the_disk() {
    let folder = TempDir::new().unwrap();
    let keyring = open(folder.path());
    let id =
        |thread: usize, number: usize| KeyId::new("harbour.example.org", format!("{thread}-{number}"), "c");
    let sealed: Vec<Vec<Sealed>> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..8)
            .map(|thread| {
                let keyring = &keyring;
                let seal = move |number| keyring.seal(&id(thread, number), b"x", b"ada").unwrap();
                scope.spawn(move || (0..40).map(seal).collect())
            })
            .collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    drop(keyring);
    let keyring = open(folder.path());
    for (thread, sealed) in sealed.iter().enumerate() {
        for (number, sealed) in sealed.iter().enumerate() {
            assert_eq!(keyring.open_sealed(&id(thread, number), b"x", sealed).unwrap().as_slice(), b"ada");
        }
    }
}

#[test]
fn a_missing_or_damaged_epoch_file_is_not_replaced_by_a_new_one() {
    let folder = TempDir::new().unwrap();
    let keyring = open(folder.path());
    keyring.seal(&contact(), b"email", b"ada").unwrap();
    drop(keyring);
    let epoch = folder.path().join("epoch");
    let content = fs::read(&epoch).unwrap();
    fs::write(&epoch, &content[..39]).unwrap();
    let refused = Keyring::open(folder.path(), Environment::system());
    assert!(matches!(refused, Err(KeyringError::Damaged { .. })));
    fs::remove_file(&epoch).unwrap();
    let refused = Keyring::open(folder.path(), Environment::system());
    assert!(matches!(refused, Err(KeyringError::Damaged { .. })));
    fs::write(&epoch, &content).unwrap();
    assert!(open(folder.path()).holds(&contact()).unwrap());
}

#[test]
fn a_second_process_is_kept_out_and_files_are_the_owners_alone() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("keyring");
    let keyring = open(&path);
    keyring.seal(&contact(), b"email", b"ada").unwrap();
    keyring.put_new_secret("request-key", b"secret").unwrap();
    let refused = Keyring::open(&path, Environment::system());
    assert!(matches!(refused, Err(KeyringError::Locked { .. })));
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&path), 0o700);
    assert_eq!(mode(&path.join("epoch")), 0o600);
    assert_eq!(mode(&path.join("secrets").join("request-key")), 0o600);
    for (file, _) in copy_of(&path.join("keys")) {
        assert_eq!(mode(&file), 0o600);
        assert!(!file.display().to_string().contains("sub-1"));
    }
}

#[test]
fn secrets_are_kept_once_and_under_plain_names() {
    let folder = TempDir::new().unwrap();
    let keyring = open(folder.path());
    assert!(keyring.secret("request-key").unwrap().is_none());
    keyring.put_new_secret("request-key", b"secret").unwrap();
    assert_eq!(keyring.secret("request-key").unwrap().unwrap().as_slice(), b"secret");
    let again = keyring.put_new_secret("request-key", b"other");
    assert!(matches!(again, Err(KeyringError::SecretExists { .. })));
    assert!(matches!(keyring.secret("../epoch"), Err(KeyringError::BadName)));
    assert!(matches!(keyring.put_new_secret("", b""), Err(KeyringError::BadName)));
    keyring.rotate_epoch().unwrap();
    assert!(keyring.secret("request-key").unwrap().is_some());
    assert!(keyring.destroy_secret("request-key").unwrap());
    assert!(keyring.secret("request-key").unwrap().is_none());
}

#[test]
fn nothing_secret_is_shown() {
    let folder = TempDir::new().unwrap();
    let keyring = open(folder.path());
    let sealed = keyring.seal(&contact(), b"email", b"ada").unwrap();
    let shown = format!("{keyring:?}");
    assert!(shown.contains("SecretKey") && !shown.contains('['), "{shown}");
    assert_eq!(format!("{:?}", contact()), "KeyId(harbour.example.org, contact)");
    assert_eq!(format!("{sealed:?}"), "Sealed(32 bytes)");
    let json = serde_json::to_string(&sealed).unwrap();
    assert_eq!(serde_json::from_str::<Sealed>(&json).unwrap(), sealed);
}

#[test]
fn a_missing_table_is_not_taken_for_one_whose_keys_were_destroyed() {
    let folder = TempDir::new().unwrap();
    let keyring = open(folder.path());
    keyring.seal(&contact(), b"email", b"ada").unwrap();
    drop(keyring);
    let (table, kept) = (folder.path().join("keys").join("table"), folder.path().join("kept"));
    fs::rename(&table, &kept).unwrap();
    let refused = Keyring::open(folder.path(), Environment::system()).map(drop);
    let Err(KeyringError::Damaged { file }) = refused else { panic!("{refused:?}") };
    assert_eq!(file, "keys/table");
    assert!(!table.exists());
    fs::rename(&kept, &table).unwrap();
    assert!(open(folder.path()).holds(&contact()).unwrap());
}

#[test]
fn a_table_of_another_epoch_is_not_taken_for_one_whose_keys_were_destroyed() {
    let folder = TempDir::new().unwrap();
    let keyring = open(folder.path());
    let before = copy_of(&folder.path().join("keys"));
    keyring.rotate_epoch().unwrap();
    keyring.seal(&contact(), b"email", b"ada").unwrap();
    let after = copy_of(&folder.path().join("keys"));
    drop(keyring);
    bring_back(&before);
    let refused = Keyring::open(folder.path(), Environment::system()).map(drop);
    let Err(KeyringError::Damaged { file }) = refused else { panic!("{refused:?}") };
    assert_eq!(file, "keys/table (of epoch 1)");
    bring_back(&after);
    assert!(open(folder.path()).holds(&contact()).unwrap());
}

#[test]
fn after_a_rotation_whose_renaming_cannot_be_synced_no_key_is_made_or_destroyed_until_a_restart() {
    let folder = TempDir::new().unwrap();
    let keyring = open(folder.path());
    let sealed = keyring.seal(&contact(), b"email", b"ada").unwrap();
    let syncing = keyring.keys().table.fail_folder();
    assert!(matches!(keyring.rotate_epoch(), Err(KeyringError::File(_))));
    keyring.keys().table.mend_folder(syncing);
    let other = KeyId::new("harbour.example.org", "sub-2", "contact");
    assert!(matches!(keyring.seal(&other, b"email", b"ben"), Err(KeyringError::File(_))));
    assert!(matches!(keyring.destroy(&contact()), Err(KeyringError::File(_))));
    assert!(matches!(keyring.rotate_epoch(), Err(KeyringError::File(_))));
    assert!(keyring.sync().is_err());
    assert!(keyring.open_sealed(&contact(), b"email", &sealed).is_ok());
    drop(keyring);
    let keyring = open(folder.path());
    assert!(keyring.open_sealed(&contact(), b"email", &sealed).is_ok());
    assert!(keyring.destroy(&contact()).unwrap());
    drop(keyring);
    assert!(!open(folder.path()).holds(&contact()).unwrap());
}

#[test]
fn a_destruction_does_not_take_the_error_of_a_sync_that_goes_on_and_say_that_all_is_well() {
    let folder = TempDir::new().unwrap();
    let keyring = open(folder.path());
    keyring.seal(&contact(), b"email", b"ada").unwrap();
    let turn = keyring.syncing.turn();
    std::thread::scope(|scope| {
        let destroying = scope.spawn(|| keyring.destroy(&contact()));
        std::thread::sleep(std::time::Duration::from_millis(200));
        assert!(!destroying.is_finished());
        keyring.syncing.has_failed.store(true, Ordering::SeqCst);
        drop(turn);
        assert!(matches!(destroying.join().unwrap(), Err(KeyringError::File(_))));
    });
    assert!(keyring.holds(&contact()).unwrap());
}

#[test]
fn one_key_that_does_not_open_stops_neither_the_others_nor_the_opening_and_its_destruction_mends_all() {
    let folder = TempDir::new().unwrap();
    let keyring = open(folder.path());
    let broken = KeyId::new("harbour.example.org", "sub-2", "contact");
    let sealed = keyring.seal(&contact(), b"email", b"ada").unwrap();
    keyring.keys().table.put(&broken.name(), &[1; 69]).unwrap();
    let named = format!("keys/table, at {}", hexadecimal(&broken.name()));
    let first_epoch = fs::read(folder.path().join("epoch")).unwrap()[8..40].to_vec();
    for _ in 0..2 {
        let Err(KeyringError::Damaged { file }) = keyring.rotate_epoch() else { panic!("it rotated") };
        assert_eq!(file, named);
    }
    drop(keyring);
    let keyring = open(folder.path());
    assert_eq!(keyring.epoch(), 2);
    assert_eq!(keyring.keys().table.get(&contact().name()).unwrap().unwrap()[..8], 2_u64.to_be_bytes());
    assert_eq!(keyring.open_sealed(&contact(), b"email", &sealed).unwrap().as_slice(), b"ada");
    let opened = keyring.open_sealed(&broken, b"email", &sealed);
    assert!(matches!(opened, Err(KeyringError::Damaged { .. })));
    assert!(keyring.destroy(&broken).unwrap());
    assert_eq!(keyring.rotate_epoch().unwrap(), 3);
    assert_eq!(keyring.open_sealed(&contact(), b"email", &sealed).unwrap().as_slice(), b"ada");
    let epoch = fs::read(folder.path().join("epoch")).unwrap();
    assert!(!epoch.windows(32).any(|window| window == first_epoch));
}

#[test]
fn at_each_start_the_table_is_written_anew_and_the_one_before_is_wiped() {
    let folder = TempDir::new().unwrap();
    let ids: Vec<_> = (0..50).map(|n| KeyId::new("harbour.example.org", format!("sub-{n}"), "c")).collect();
    let keyring = open(folder.path());
    let sealed: Vec<_> = ids.iter().map(|id| keyring.seal(id, b"email", b"ada").unwrap()).collect();
    keyring.destroy(&ids[0]).unwrap();
    drop(keyring);
    let (table, link) = (folder.path().join("keys").join("table"), folder.path().join("link"));
    fs::hard_link(&table, &link).unwrap();
    let inode = || fs::metadata(&table).unwrap().ino();
    let (before, epoch) = (inode(), fs::read(folder.path().join("epoch")).unwrap());
    // Not if the keyring is not opened.
    fs::write(folder.path().join("epoch"), &epoch[..39]).unwrap();
    Keyring::open(folder.path(), Environment::system()).unwrap_err();
    assert_eq!(inode(), before);
    fs::write(folder.path().join("epoch"), epoch).unwrap();
    let keyring = open(folder.path());
    assert_ne!(inode(), before);
    assert!(fs::read(&link).unwrap().iter().all(|byte| *byte == 0xFF));
    assert_eq!(copy_of(&folder.path().join("keys")).len(), 1);
    assert!(!keyring.holds(&ids[0]).unwrap());
    for (id, sealed) in ids.iter().zip(&sealed).skip(1) {
        assert_eq!(keyring.open_sealed(id, b"email", sealed).unwrap().as_slice(), b"ada");
    }
}

#[test]
fn a_table_without_checks_is_taken_over_and_its_keys_open() {
    let folder = TempDir::new().unwrap();
    let keyring = open(folder.path());
    let sealed = keyring.seal(&contact(), b"email", b"ada").unwrap();
    drop(keyring);
    let table = folder.path().join("keys").join("table");
    Table::take_checks_out(&table);
    let keyring = open(folder.path());
    assert_eq!(keyring.open_sealed(&contact(), b"email", &sealed).unwrap().as_slice(), b"ada");
    assert!(fs::read(&table).unwrap().starts_with(b"passport keys 2\n"));
    flip(folder.path(), place_of(folder.path(), &contact()), 8 * 102);
    assert!(matches!(keyring.holds(&contact()), Err(KeyringError::Damaged { .. })));
}

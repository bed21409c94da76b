//! What a crash left, when the keyring is opened again.

use super::*;

#[test]
fn an_interrupted_rotation_is_finished_when_the_keyring_is_opened() {
    let folder = TempDir::new().unwrap();
    let keyring = open(folder.path());
    let ids: Vec<_> = (0..6).map(|n| KeyId::new("harbour.example.org", format!("sub-{n}"), "c")).collect();
    let sealed: Vec<_> = ids.iter().map(|id| keyring.seal(id, b"email", b"ada").unwrap()).collect();
    let before = copy_of(&folder.path().join("keys"));
    let old_epoch = fs::read(folder.path().join("epoch")).unwrap();
    keyring.rotate_epoch().unwrap();
    let new_epoch = fs::read(folder.path().join("epoch")).unwrap();
    drop(keyring);
    // As after a crash in the middle: both epoch keys there, the table not yet written anew.
    bring_back(&before);
    let (new, behind) = new_epoch.split_at(EPOCH_RECORD_BYTES);
    fs::write(folder.path().join("epoch"), [new, &old_epoch[..EPOCH_RECORD_BYTES], behind].concat()).unwrap();
    fs::write(folder.path().join("keys").join("abc.next"), b"half").unwrap();
    let keyring = open(folder.path());
    for (id, sealed) in ids.iter().zip(&sealed) {
        assert_eq!(keyring.open_sealed(id, b"email", sealed).unwrap().as_slice(), b"ada");
    }
    assert_eq!(fs::read(folder.path().join("epoch")).unwrap(), new_epoch);
    assert!(!folder.path().join("keys").join("abc.next").exists());
}

#[test]
fn an_epoch_key_that_a_crash_left_beside_its_file_is_wiped_before_its_blocks_are_freed() {
    let folder = TempDir::new().unwrap();
    let keyring = open(folder.path());
    let (next, link) = (folder.path().join("epoch.next"), folder.path().join("link"));
    fs::write(&next, [0xA5; 40]).unwrap();
    fs::hard_link(&next, &link).unwrap();
    keyring.rotate_epoch().unwrap();
    assert_eq!(fs::read(&link).unwrap(), [0; 40]);
    assert!(!next.exists());
}

#[test]
fn what_a_crash_kept_from_being_wiped_is_wiped_when_the_keyring_is_opened() {
    let folder = TempDir::new().unwrap();
    let keyring = open(folder.path());
    let sealed = keyring.seal(&contact(), b"email", b"ada").unwrap();
    for name in ["request-key", "log-key"] {
        keyring.put_new_secret(name, b"secret").unwrap();
    }
    drop(keyring);
    let links = folder.path().join("links");
    fs::create_dir(&links).unwrap();
    let secrets = folder.path().join("secrets");
    let (epoch, table) = (folder.path().join("epoch"), folder.path().join("keys").join("table"));
    // After the renaming, before the wiping.
    for (path, link) in [(&epoch, "epoch"), (&table, "table")] {
        fs::hard_link(path, links.join(link)).unwrap();
        fs::copy(path, files::next_to(path)).unwrap();
        files::take_place(&files::next_to(path), path).unwrap();
    }
    let secret = secrets.join("request-key");
    fs::hard_link(&secret, links.join("secret")).unwrap();
    fs::rename(&secret, files::old_of(&secret)).unwrap();
    // Before the renaming.
    for (path, link) in [(epoch.clone(), "next epoch"), (secrets.join("update-key"), "next secret")] {
        fs::write(files::next_to(&path), b"secret").unwrap();
        fs::hard_link(files::next_to(&path), links.join(link)).unwrap();
    }
    let keyring = open(folder.path());
    for (link, content) in copy_of(&links) {
        assert!(content.iter().all(|byte| *byte == 0), "{}", link.display());
    }
    for part in [folder.path(), &folder.path().join("keys"), &secrets] {
        for entry in fs::read_dir(part).unwrap() {
            let path = entry.unwrap().path();
            assert!(path.extension().is_none(), "{}", path.display());
        }
    }
    assert!(keyring.secret("request-key").unwrap().is_none());
    assert_eq!(keyring.secret("log-key").unwrap().unwrap().as_slice(), b"secret");
    assert_eq!(keyring.open_sealed(&contact(), b"email", &sealed).unwrap().as_slice(), b"ada");
}

#[test]
fn what_a_crash_gave_a_second_name_before_it_was_replaced_is_not_wiped() {
    let folder = TempDir::new().unwrap();
    let keyring = open(folder.path());
    let sealed = keyring.seal(&contact(), b"email", b"ada").unwrap();
    drop(keyring);
    let (epoch, table) = (folder.path().join("epoch"), folder.path().join("keys").join("table"));
    for path in [&epoch, &table] {
        fs::hard_link(path, files::old_of(path)).unwrap();
    }
    let before = fs::read(&epoch).unwrap();
    let keyring = open(folder.path());
    assert_eq!(fs::read(&epoch).unwrap(), before);
    assert!(!files::old_of(&epoch).exists() && !files::old_of(&table).exists());
    assert_eq!(keyring.open_sealed(&contact(), b"email", &sealed).unwrap().as_slice(), b"ada");
}

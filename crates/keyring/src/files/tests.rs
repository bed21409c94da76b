use tempfile::TempDir;

use super::*;

/// A folder with a file, and another name of it in a folder that is not swept.
fn with_link() -> (TempDir, PathBuf, PathBuf) {
    let folder = TempDir::new().unwrap();
    let (path, elsewhere) = (folder.path().join("epoch"), folder.path().join("elsewhere"));
    fs::create_dir(&elsewhere).unwrap();
    fs::write(&path, [0xA5; 40]).unwrap();
    let link = elsewhere.join("link");
    fs::hard_link(&path, &link).unwrap();
    (folder, path, link)
}

fn names(folder: &TempDir) -> Vec<String> {
    let entries = fs::read_dir(folder.path()).unwrap();
    let mut names: Vec<_> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[test]
fn a_file_that_was_replaced_or_removed_is_wiped_and_leaves_no_name() {
    let (folder, path, link) = with_link();
    replace(&path, b"new").unwrap();
    assert_eq!(fs::read(&path).unwrap(), b"new");
    assert_eq!(fs::read(&link).unwrap(), [0; 40]);
    assert_eq!(names(&folder), ["elsewhere", "epoch"]);
    let (folder, path, link) = with_link();
    assert!(remove(&path).unwrap());
    assert!(!remove(&path).unwrap());
    assert_eq!(fs::read(&link).unwrap(), [0; 40]);
    assert_eq!(names(&folder), ["elsewhere"]);
}

#[test]
fn a_file_that_cannot_be_opened_to_be_wiped_is_not_replaced() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("epoch");
    // It leads to itself: nobody opens that, whatever rights he has, and yet it can be renamed.
    std::os::unix::fs::symlink(&path, &path).unwrap();
    assert!(replace(&path, b"new").is_err());
    assert!(fs::symlink_metadata(&path).unwrap().is_symlink());
    assert_eq!(names(&folder), ["epoch"]);
}

#[test]
fn what_a_crash_left_between_the_renaming_and_the_wiping_is_wiped_by_whoever_comes_next() {
    let coming: [fn(&Path) -> io::Result<()>; 3] = [
        sweep,
        |folder| replace(&folder.join("epoch"), b"newer"),
        |folder| remove(&folder.join("epoch")).map(drop),
    ];
    for comes_next in coming {
        let (folder, path, link) = with_link();
        fs::write(next_to(&path), b"new").unwrap();
        take_place(&next_to(&path), &path).unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"new");
        assert_eq!(fs::read(&link).unwrap(), [0xA5; 40]);
        comes_next(folder.path()).unwrap();
        assert_eq!(fs::read(&link).unwrap(), [0; 40]);
        assert!(!old_of(&path).exists());
    }
}

#[test]
fn what_a_crash_left_before_the_renaming_is_the_file_itself_and_is_not_wiped() {
    let coming: [fn(&Path) -> io::Result<()>; 2] = [sweep, |folder| discard(&folder.join("epoch.old"))];
    for comes_next in coming {
        let (folder, path, link) = with_link();
        fs::hard_link(&path, old_of(&path)).unwrap();
        comes_next(folder.path()).unwrap();
        assert_eq!(fs::read(&path).unwrap(), [0xA5; 40]);
        assert_eq!(names(&folder), ["elsewhere", "epoch"]);
        replace(&path, b"new").unwrap();
        assert_eq!(fs::read(&link).unwrap(), [0; 40]);
    }
}

#[test]
fn a_removal_that_a_crash_ended_before_the_wiping_is_finished_and_other_files_stay() {
    let (folder, path, link) = with_link();
    fs::write(folder.path().join("other"), b"kept").unwrap();
    fs::rename(&path, old_of(&path)).unwrap();
    sweep(folder.path()).unwrap();
    assert_eq!(fs::read(&link).unwrap(), [0; 40]);
    assert_eq!(names(&folder), ["elsewhere", "other"]);
}

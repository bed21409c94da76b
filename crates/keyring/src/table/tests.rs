use tempfile::TempDir;

use super::*;

fn name(number: u64) -> Name {
    // The same first place for each 97 numbers, so that searches run into each other.
    let mut name = [0; 32];
    name[..8].copy_from_slice(&number.checked_rem(97).unwrap().to_be_bytes());
    name[8..16].copy_from_slice(&number.to_be_bytes());
    name
}

const fn key(number: u64) -> Wrapped {
    let mut key = [7; 69];
    let [low, high, ..] = number.to_le_bytes();
    (key[0], key[1]) = (low, high);
    key
}

fn table() -> (TempDir, Table) {
    let folder = TempDir::new().unwrap();
    let table = Table::create(&folder.path().join("table"), 1).unwrap();
    (folder, table)
}

fn reopened(table: &Table) -> Table {
    Table::open(&table.path).unwrap().unwrap()
}

impl Table {
    /// From now on its folder does not sync. Returns what brings that to an end.
    pub(crate) fn fail_folder(&mut self) -> Arc<File> {
        let file = File::open("/dev/null").unwrap();
        assert!(file.sync_all().is_err());
        std::mem::replace(&mut self.folder, Arc::new(file))
    }

    pub(crate) fn mend_folder(&mut self, folder: Arc<File>) {
        self.folder = folder;
    }
}

#[test]
fn keys_that_want_the_same_place_are_found_and_destroyed_one_by_one() {
    let (_folder, mut table) = table();
    for number in 0..300 {
        table.put(&name(number), &key(number)).unwrap();
    }
    for number in (0..300).step_by(5) {
        assert!(table.destroy(&name(number)).unwrap());
        assert!(!table.destroy(&name(number)).unwrap());
    }
    for table in [&table, &reopened(&table)] {
        for number in 0..400 {
            let expected = (number < 300 && number % 5 != 0).then(|| key(number));
            assert_eq!(table.get(&name(number)).unwrap(), expected, "{number}");
        }
        assert_eq!((table.live, table.used), (240, 300));
    }
}

#[test]
fn a_place_at_the_end_is_followed_by_the_first() {
    let (_folder, mut table) = table();
    let last = |second: u8| {
        let mut name = [second; 32];
        name[..8].copy_from_slice(&(FEWEST_PLACES - 1).to_be_bytes());
        name
    };
    for second in 1..=20 {
        table.put(&last(second), &key(second.into())).unwrap();
    }
    for second in 1..=20 {
        assert_eq!(reopened(&table).get(&last(second)).unwrap(), Some(key(second.into())));
    }
    assert_eq!(table.get(&last(21)).unwrap(), None);
}

#[test]
fn a_key_that_is_put_again_takes_the_place_of_the_other() {
    let (_folder, mut table) = table();
    for number in [1, 2] {
        table.put(&name(5), &key(number)).unwrap();
    }
    assert_eq!(table.get(&name(5)).unwrap(), Some(key(2)));
    assert_eq!((table.live, table.used), (1, 1));
}

#[test]
fn the_place_of_a_destroyed_key_is_used_again_and_nothing_is_left_of_it() {
    let (_folder, mut table) = table();
    let mut first = name(1);
    first[16..].fill(0xA5);
    table.put(&first, &[0xA5; 69]).unwrap();
    table.put(&name(98), &key(98)).unwrap();
    table.destroy(&first).unwrap();
    assert!(!fs::read(&table.path).unwrap().contains(&0xA5));
    // What lies behind the place that is free now is still found, and not put twice.
    table.put(&name(98), &key(99)).unwrap();
    assert_eq!((table.live, table.used), (1, 2));
    table.put(&name(195), &key(195)).unwrap();
    assert_eq!((table.live, table.used), (2, 2));
}

#[test]
fn the_table_grows_before_it_is_full_and_shrinks_when_it_is_rewritten() {
    let (_folder, mut table) = table();
    for number in 0..1_000 {
        table.put(&name(number), &key(number)).unwrap();
        assert!(table.used * 4 <= table.places * 3);
    }
    for number in 0..1_000 {
        assert_eq!(table.get(&name(number)).unwrap(), Some(key(number)), "{number}");
    }
    let large = fs::metadata(&table.path).unwrap().len();
    for number in 10..1_000 {
        table.destroy(&name(number)).unwrap();
    }
    table.rewrite(1, |_, wrapped| Ok::<_, TableError>(wrapped)).unwrap();
    assert!(fs::metadata(&table.path).unwrap().len() < large);
    assert_eq!((table.live, table.used), (10, 10));
    assert_eq!(reopened(&table).get(&name(9)).unwrap(), Some(key(9)));
    assert_eq!(table.get(&name(10)).unwrap(), None);
}

#[test]
fn a_table_of_keys_that_come_and_go_stays_small() {
    let (_folder, mut table) = table();
    for number in 0..1_200 {
        table.put(&name(number), &key(number)).unwrap();
        if number >= 50 {
            assert!(table.destroy(&name(number - 50)).unwrap());
        }
    }
    assert_eq!((table.live, table.places), (50, FEWEST_PLACES));
}

#[test]
fn a_rewriting_that_fails_changes_nothing_and_one_that_works_leaves_nothing_of_the_old() {
    let (folder, mut table) = table();
    table.put(&name(1), &[0xA5; 69]).unwrap();
    table.put(&name(2), &key(2)).unwrap();
    let failing = table.rewrite(2, |_, _| Err(TableError::Damaged));
    assert!(matches!(failing, Err(TableError::Damaged)));
    assert_eq!(table.get(&name(1)).unwrap(), Some([0xA5; 69]));
    let (old, link) = (table.file(), folder.path().join("link"));
    fs::hard_link(&table.path, &link).unwrap();
    table.rewrite(2, |_, _| Ok::<_, TableError>(key(3))).unwrap();
    assert_eq!(table.get(&name(1)).unwrap(), Some(key(3)));
    assert_eq!((table.epoch(), reopened(&table).epoch()), (2, 2));
    assert!(fs::read(&link).unwrap().iter().all(|byte| *byte == WIPED));
    drop(old);
}

#[test]
fn what_is_no_table_is_not_read() {
    let (_folder, table) = table();
    let whole = fs::read(&table.path).unwrap();
    let mut other_magic = whole.clone();
    other_magic[0] = b'P';
    let mut other_state = whole.clone();
    other_state[4_096 + 128] = 3;
    let longer = [whole.as_slice(), &[0; 128]].concat();
    for content in
        [&whole[..whole.len() - 1], &whole[..4_096], &whole[..10], &other_magic, &other_state, &longer]
    {
        fs::write(&table.path, content).unwrap();
        assert!(matches!(Table::open(&table.path), Err(TableError::Damaged)));
    }
    fs::write(&table.path, &whole).unwrap();
    assert!(reopened(&table).is_empty());
    assert!(Table::open(&table.path.with_extension("other")).unwrap().is_none());
}

#[test]
fn a_copy_cut_at_the_end_of_a_place_is_not_taken_for_a_table_whose_keys_were_destroyed() {
    let (_folder, mut table) = table();
    table.put(&name(1), &key(1)).unwrap();
    let whole = fs::read(&table.path).unwrap();
    for places in [1, 2, 512, FEWEST_PLACES - 1] {
        let length = usize::try_from(offset_of(places)).unwrap();
        fs::write(&table.path, &whole[..length]).unwrap();
        assert!(matches!(Table::open(&table.path), Err(TableError::Damaged)), "{places} places");
    }
    fs::write(&table.path, &whole).unwrap();
    assert_eq!(reopened(&table).get(&name(1)).unwrap(), Some(key(1)));
}

#[test]
fn a_copy_taken_while_the_old_table_is_wiped_is_not_taken_for_one_whose_keys_were_destroyed() {
    let (folder, mut table) = table();
    table.put(&name(1), &key(1)).unwrap();
    let (before, link) = (fs::read(&table.path).unwrap(), folder.path().join("link"));
    fs::hard_link(&table.path, &link).unwrap();
    table.rewrite(1, |_, wrapped| Ok::<_, TableError>(wrapped)).unwrap();
    let wiped = fs::read(&link).unwrap();
    // The copying had read so much when the wiping overtook it.
    for read in [4_096, 4_096 + 128, 70_000] {
        fs::write(&link, [&before[..read], &wiped[read..]].concat()).unwrap();
        assert!(matches!(Table::open(&link), Err(TableError::Damaged)), "{read} bytes");
    }
    fs::write(&link, &before).unwrap();
    assert!(Table::open(&link).unwrap().is_some());
}

#[test]
fn a_copy_whose_places_read_as_never_used_is_not_taken_for_a_table_without_keys() {
    let (_folder, mut table) = table();
    for number in 0..3 {
        table.put(&name(number), &key(number)).unwrap();
    }
    table.rewrite(1, |_, wrapped| Ok::<_, TableError>(wrapped)).unwrap();
    // Destroyed keys were used too.
    table.destroy(&name(0)).unwrap();
    assert_eq!(reopened(&table).get(&name(1)).unwrap(), Some(key(1)));
    let mut holes = fs::read(&table.path).unwrap();
    holes[4_096..].fill(0);
    fs::write(&table.path, holes).unwrap();
    assert!(matches!(Table::open(&table.path), Err(TableError::Damaged)));
}

#[test]
fn after_a_renaming_that_cannot_be_synced_keys_go_into_the_file_that_has_the_name() {
    let (_folder, mut table) = table();
    table.put(&name(1), &key(1)).unwrap();
    let folder = table.fail_folder();
    let failing = table.rewrite(1, |_, wrapped| Ok::<_, TableError>(wrapped));
    assert!(matches!(failing, Err(TableError::File(_))));
    assert!(table.has_failed.load(Ordering::SeqCst));
    table.mend_folder(folder);
    table.put(&name(2), &key(2)).unwrap();
    assert!(table.destroy(&name(1)).unwrap());
    assert_eq!(reopened(&table).get(&name(1)).unwrap(), None);
    assert_eq!(reopened(&table).get(&name(2)).unwrap(), Some(key(2)));
}

#[test]
fn a_table_that_cannot_be_brought_to_the_disk_is_not_read() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("table");
    // Whoever wrote it may have been killed before the sync. This takes no sync, and nothing is read from it.
    std::os::unix::fs::symlink("/dev/null", &path).unwrap();
    assert!(matches!(Table::open(&path), Err(TableError::File(_))));
}

#[test]
fn a_rewriting_that_fails_leaves_no_wrapped_key_behind() {
    let (folder, mut table) = table();
    table.put(&name(1), &[0xA5; 69]).unwrap();
    table.put(&name(2), &key(2)).unwrap();
    let (next, link) = (next_to(&table.path), folder.path().join("link"));
    let mut put = 0;
    let failing = table.rewrite(1, |_, _| {
        put += 1;
        if put == 1 {
            return Ok([0xA5; 69]);
        }
        assert!(fs::read(&next).unwrap().contains(&0xA5));
        fs::hard_link(&next, &link).unwrap();
        Err(TableError::Damaged)
    });
    assert!(matches!(failing, Err(TableError::Damaged)));
    assert!(!next.exists());
    assert!(fs::read(&link).unwrap().iter().all(|byte| *byte == 0));
    assert!(!table.has_failed.load(Ordering::SeqCst), "nothing was in doubt");
}

#[test]
fn what_an_earlier_rewriting_left_is_wiped_before_its_blocks_are_freed() {
    let (folder, mut table) = table();
    let (next, link) = (next_to(&table.path), folder.path().join("link"));
    fs::write(&next, [0xA5; 5_000]).unwrap();
    fs::hard_link(&next, &link).unwrap();
    table.rewrite(1, |_, wrapped| Ok::<_, TableError>(wrapped)).unwrap();
    assert_eq!(fs::read(&link).unwrap(), [0; 5_000]);
}

#[test]
fn a_destruction_that_cannot_be_written_leaves_it_in_doubt_what_the_disk_holds() {
    let (_folder, mut table) = table();
    table.put(&name(1), &key(1)).unwrap();
    table.file = Arc::new(File::open(&table.path).unwrap());
    assert!(!table.destroy(&name(2)).unwrap());
    assert!(!table.has_failed.load(Ordering::SeqCst));
    assert!(matches!(table.destroy(&name(1)), Err(TableError::File(_))));
    assert!(table.has_failed.load(Ordering::SeqCst));
}

use std::fs;

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

    /// Makes the file at `path` one as it was written before there were checks.
    pub(crate) fn take_checks_out(path: &Path) {
        let mut bytes = fs::read(path).unwrap();
        bytes[..MAGIC_BYTES].copy_from_slice(Format::Unchecked.magic());
        for place in bytes[4_096..].chunks_exact_mut(PLACE) {
            place[CONTENT..].fill(0);
        }
        fs::write(path, bytes).unwrap();
    }
}

fn flip(table: &Table, place: u64, bit: u64) {
    let (at, mut byte) = (offset_of(place) + bit / 8, [0]);
    table.file.read_exact_at(&mut byte, at).unwrap();
    table.file.write_all_at(&[byte[0] ^ (1 << (bit % 8))], at).unwrap();
}

fn damage(told: Result<Option<Wrapped>, TableError>) -> Name {
    let Err(TableError::DamagedAt(name)) = told else { panic!("{told:?}") };
    name
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
    let mut wiped = whole.clone();
    wiped[4_096 + 128..][..128].fill(WIPED);
    let longer = [whole.as_slice(), &[0; 128]].concat();
    for content in [&whole[..whole.len() - 1], &whole[..4_096], &whole[..10], &other_magic, &wiped, &longer] {
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
    let (next, link) = (files::next_to(&table.path), folder.path().join("link"));
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
    let (next, link) = (files::next_to(&table.path), folder.path().join("link"));
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

#[test]
fn whichever_bit_of_a_place_changes_its_key_is_never_told_to_be_gone_and_the_others_are_found() {
    let (_folder, mut table) = table();
    // The first three lie one behind the other; the fourth is not there.
    let [first, second, third, absent] = [1, 98, 195, 292].map(name);
    for (name, number) in [(&first, 1), (&second, 2), (&third, 3)] {
        table.put(name, &key(number)).unwrap();
    }
    table.destroy(&third).unwrap();
    for bit in 0..8 * PLACE_BYTES {
        flip(&table, 1, bit);
        let there = damage(table.get(&first));
        assert_eq!(damage(table.get(&absent)), there, "bit {bit}");
        assert!(matches!(table.put(&first, &key(4)), Err(TableError::DamagedAt(_))), "bit {bit}");
        assert!(matches!(table.destroy(&first), Err(TableError::DamagedAt(_))), "bit {bit}");
        assert_eq!(table.get(&second).unwrap(), Some(key(2)), "bit {bit}");
        assert!(!table.drop_damaged(&second).unwrap(), "what is sound is not dropped");
        assert!(table.drop_damaged(&there).unwrap(), "bit {bit}");
        for gone in [&first, &absent] {
            assert_eq!(table.get(gone).unwrap(), None, "bit {bit}");
        }
        assert_eq!(table.get(&second).unwrap(), Some(key(2)), "bit {bit}");
        assert_eq!((table.live, table.used), (1, 3));
        table.put(&first, &key(1)).unwrap();
        assert_eq!(table.get(&first).unwrap(), Some(key(1)));
    }
}

#[test]
fn a_bit_in_a_place_without_a_key_is_noticed_too() {
    let (_folder, mut table) = table();
    table.put(&name(1), &key(1)).unwrap();
    table.destroy(&name(1)).unwrap();
    for place in [1, 2] {
        for bit in 0..8 * PLACE_BYTES {
            flip(&table, place, bit);
            let there = damage(table.get(&name(place)));
            assert_eq!(table.get(&name(3)).unwrap(), None, "who does not come by it is told");
            flip(&table, place, bit);
            assert!(!table.drop_damaged(&there).unwrap());
            assert_eq!(table.get(&name(place)).unwrap(), None);
        }
    }
}

#[test]
fn a_dropping_that_cannot_read_the_table_to_its_end_drops_nothing() {
    let (_folder, mut table) = table();
    table.put(&name(1), &key(1)).unwrap();
    flip(&table, 1, 9);
    let there = damage(table.get(&name(1)));
    let whole = fs::read(&table.path).unwrap();
    let length = u64::try_from(whole.len()).unwrap();
    table.file.set_len(length - 1).unwrap();
    assert!(matches!(table.drop_damaged(&there), Err(TableError::File(_))));
    assert_eq!(fs::read(&table.path).unwrap(), whole[..whole.len() - 1]);
    table.file.set_len(length).unwrap();
    assert!(table.drop_damaged(&there).unwrap());
    assert_eq!((table.live, table.used), (0, 1));
}

#[test]
fn what_is_damaged_stays_in_the_way_when_the_table_is_written_anew_until_it_is_dropped() {
    let (_folder, mut table) = table();
    for number in 0..600 {
        table.put(&name(number), &key(number)).unwrap();
    }
    for number in 300..600 {
        table.destroy(&name(number)).unwrap();
    }
    let places = table.places;
    let mut lies_at = 0;
    while !matches!(table.find(&name(40)), Ok(Found::At(place, _)) if place == lies_at) {
        lies_at += 1;
    }
    flip(&table, lies_at, 9);
    let there = damage(table.get(&name(40)));
    let mut table = reopened(&table);
    assert_eq!(table.rewrite(2, |_, _| Ok::<_, TableError>(key(7))).unwrap(), Some(there));
    for table in [&table, &reopened(&table)] {
        assert_eq!((table.epoch(), table.places, table.live, table.used), (2, places, 300, 600));
        assert_eq!(damage(table.get(&name(40))), there);
        for number in (0..300).filter(|number| *number != 40) {
            assert_eq!(table.get(&name(number)).unwrap(), Some(key(7)), "{number}");
        }
    }
    assert!(table.drop_damaged(&there).unwrap());
    assert_eq!(table.rewrite(3, |_, _| Ok::<_, TableError>(key(8))).unwrap(), None);
    assert_eq!((table.live, table.used), (299, 299));
    assert_eq!(table.get(&name(40)).unwrap(), None);
    assert_eq!(table.get(&name(41)).unwrap(), Some(key(8)));
}

#[test]
fn a_table_with_something_damaged_does_not_grow() {
    let (_folder, mut table) = table();
    for number in 0..FEWEST_PLACES * 3 / 4 {
        table.put(&name(number), &key(number)).unwrap();
    }
    flip(&table, 0, 9);
    let there = damage(table.get(&name(0)));
    // Its search comes by nothing that is damaged.
    let mut far = name(0);
    far[..8].copy_from_slice(&(FEWEST_PLACES - 10).to_be_bytes());
    assert!(matches!(table.put(&far, &key(1)), Err(TableError::DamagedAt(name)) if name == there));
    assert_eq!(table.places, FEWEST_PLACES);
    assert!(table.drop_damaged(&there).unwrap());
    table.put(&far, &key(1)).unwrap();
    assert!(table.places > FEWEST_PLACES);
    assert_eq!(table.get(&far).unwrap(), Some(key(1)));
}

#[test]
fn a_table_from_before_there_were_checks_is_read_and_gets_them_when_it_is_written_anew() {
    let (_folder, mut table) = table();
    for number in 0..300 {
        table.put(&name(number), &key(number)).unwrap();
    }
    table.destroy(&name(7)).unwrap();
    Table::take_checks_out(&table.path);
    let mut before = reopened(&table);
    assert_eq!(before.format, Format::Unchecked);
    // Without a check it is the zeros of a place that was never used that tell.
    flip(&before, 1, 0);
    assert_eq!(damage(before.get(&name(1))), name(1));
    flip(&before, 1, 0);
    before.renew().unwrap();
    for table in [&before, &reopened(&table)] {
        assert_eq!((table.format, table.live), (Format::Checked, 299));
        for number in 0..300 {
            assert_eq!(table.get(&name(number)).unwrap(), (number != 7).then(|| key(number)), "{number}");
        }
    }
    // A head of before does not take the checks of the places away.
    let mut bytes = fs::read(&table.path).unwrap();
    bytes[..MAGIC_BYTES].copy_from_slice(Format::Unchecked.magic());
    fs::write(&table.path, bytes).unwrap();
    damage(reopened(&table).get(&name(1)));
}

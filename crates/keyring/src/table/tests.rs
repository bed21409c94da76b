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
    let table = Table::create(&folder.path().join("table")).unwrap();
    (folder, table)
}

fn reopened(table: &Table) -> Table {
    Table::open(&table.path).unwrap().unwrap()
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
    table.rewrite(|_, wrapped| Ok::<_, TableError>(wrapped)).unwrap();
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
    let failing = table.rewrite(|_, _| Err(TableError::Damaged));
    assert!(matches!(failing, Err(TableError::Damaged)));
    assert_eq!(table.get(&name(1)).unwrap(), Some([0xA5; 69]));
    let (old, link) = (table.file(), folder.path().join("link"));
    fs::hard_link(&table.path, &link).unwrap();
    table.rewrite(|_, _| Ok::<_, TableError>(key(3))).unwrap();
    assert_eq!(table.get(&name(1)).unwrap(), Some(key(3)));
    assert!(fs::read(&link).unwrap().iter().all(|byte| *byte == 0));
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
    for content in [&whole[..whole.len() - 1], &whole[..4_096], &whole[..10], &other_magic, &other_state] {
        fs::write(&table.path, content).unwrap();
        assert!(matches!(Table::open(&table.path), Err(TableError::Damaged)));
    }
    fs::write(&table.path, &whole).unwrap();
    assert!(reopened(&table).is_empty());
    assert!(Table::open(&table.path.with_extension("other")).unwrap().is_none());
}

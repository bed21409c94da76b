//! When an epoch ends, and what is left of the one before.

use super::*;

const START: Timestamp = Timestamp::from_seconds(1_800_000_000);
const HOUR: i64 = 3_600;

fn open_at(folder: &Path, clock: &Arc<ManualClock>) -> Keyring {
    let environment = Environment::new(clock.clone(), Arc::new(SystemRandomness));
    Keyring::open(folder, environment).unwrap()
}

#[test]
fn an_epoch_ends_after_a_day_by_the_clock_however_often_the_keyring_is_opened() {
    for (hours, next) in [(10, None), (11, Some(2)), (13, Some(2))] {
        let folder = TempDir::new().unwrap();
        let clock = Arc::new(ManualClock::new(START));
        let keyring = open_at(folder.path(), &clock);
        assert_eq!(keyring.rotate_epoch_if_due().unwrap(), None);
        clock.advance(13 * HOUR);
        drop(keyring);
        let keyring = open_at(folder.path(), &clock);
        assert_eq!(keyring.rotate_epoch_if_due().unwrap(), None);
        clock.advance(hours * HOUR);
        assert_eq!(keyring.rotate_epoch_if_due().unwrap(), next, "after {hours} hours more");
        assert_eq!(keyring.epoch(), next.unwrap_or(1));
        assert_eq!(keyring.rotate_epoch_if_due().unwrap(), None);
    }
}

#[test]
fn a_clock_that_was_put_back_does_not_keep_an_epoch_for_ever() {
    let folder = TempDir::new().unwrap();
    let clock = Arc::new(ManualClock::new(START));
    let keyring = open_at(folder.path(), &clock);
    clock.advance(10 * 365 * 24 * HOUR);
    assert_eq!(keyring.rotate_epoch_if_due().unwrap(), Some(2));
    clock.set(START);
    assert_eq!(keyring.rotate_epoch_if_due().unwrap(), Some(3));
    clock.advance(24 * HOUR - 1);
    assert_eq!(keyring.rotate_epoch_if_due().unwrap(), None);
    clock.advance(1);
    assert_eq!(keyring.rotate_epoch_if_due().unwrap(), Some(4));
}

#[test]
fn after_an_epoch_that_tells_no_time_the_next_one_is_due() {
    let folder = TempDir::new().unwrap();
    let clock = Arc::new(ManualClock::new(START));
    let keyring = open_at(folder.path(), &clock);
    let sealed = keyring.seal(&contact(), b"email", b"ada").unwrap();
    drop(keyring);
    let epoch = fs::read(folder.path().join("epoch")).unwrap();
    let undated = [without_mark(&epoch).unwrap().0, UNDATED_MARK].concat();
    fs::write(folder.path().join("epoch"), undated).unwrap();
    let keyring = open_at(folder.path(), &clock);
    assert_eq!(keyring.epoch(), 1);
    assert_eq!(keyring.rotate_epoch_if_due().unwrap(), Some(2));
    assert_eq!(keyring.rotate_epoch_if_due().unwrap(), None);
    drop(keyring);
    let keyring = open_at(folder.path(), &clock);
    assert_eq!(keyring.rotate_epoch_if_due().unwrap(), None);
    assert_eq!(keyring.open_sealed(&contact(), b"email", &sealed).unwrap().as_slice(), b"ada");
}

//! Logs that are read again.

use super::scene::*;
use super::witnesses::{approvals, witness_did};

/// A log of `entries` entries and its text.
fn grown(entries: u32) -> (Did, Log, String) {
    let Created { did, mut text, mut log } = created(Settings::default());
    for number in 1..entries {
        let update = Update { ttl: Some(number), ..Update::default() };
        text.push_str(&log.append(&update, &key(1), after(i64::from(number))).unwrap());
    }
    (did, log, text)
}

fn known(text: &str) -> KnownLog {
    let (known, broken) = KnownLog::read(text.as_bytes(), LATER);
    assert_eq!(broken, None);
    known.unwrap()
}

fn ids(log: &Log) -> (u64, String) {
    (log.number(), log.version_id().unwrap().to_owned())
}

#[test]
fn what_follows_a_known_log_is_verified_and_taken() {
    let (did, mut log, mut text) = grown(3);
    let before = known(&text);
    let (same, broken) = before.read_on(text.as_bytes(), LATER);
    assert_eq!((ids(same.unwrap().log()), broken), (ids(&log), None));
    for _ in 0..2 {
        let update = Update { ttl: Some(99), ..Update::default() };
        text.push_str(&log.append(&update, &key(1), after(50)).unwrap());
    }
    for text in [text.as_str(), text.trim_end()] {
        let (longer, broken) = before.read_on(text.as_bytes(), LATER);
        let longer = longer.unwrap();
        assert_eq!((ids(longer.log()), broken), (ids(&log), None));
        assert_eq!(longer.log().ttl(), 99);
        assert_eq!(
            longer.log().resolve(&did, &Version::Number(4)),
            Log::verify(text.as_bytes(), LATER).unwrap().resolve(&did, &Version::Number(4)),
        );
        let (again, broken) = longer.read_on(text.as_bytes(), LATER);
        assert_eq!((ids(again.unwrap().log()), broken), (ids(&log), None), "what was grown is known");
    }
    assert_eq!(ids(before.log()).0, 3, "the earlier one is as it was");
}

#[test]
fn a_known_beginning_counts_in_a_text_of_the_greatest_size_too() {
    let (_, _, text) = grown(2);
    let before = known(&text);
    let grown = |length: usize| {
        let mut grown = text.clone().into_bytes();
        grown.resize(length, b' ');
        // By this clock nothing of it would verify.
        before.read_on(&grown, START.minus(10_000)).1
    };
    let third = LogError::Entry { number: 3, fault: EntryFault::Json };
    assert_eq!(grown(LARGEST_LOG), Some(third));
    assert_eq!(grown(LARGEST_LOG + 1), Some(LogError::TooLarge));
}

/// Entries that are known are not looked at again: this log was read when its times were not too far ahead, and is read
/// on by a clock at which they would be.
#[test]
fn a_known_beginning_is_not_verified_again_and_a_changed_one_is() {
    let (_, mut log, text) = grown(3);
    let before = known(&text);
    let early = START.minus(10_000);
    let future = |number| Some(LogError::Entry { number, fault: EntryFault::Future });
    assert_eq!(before.read_on(text.as_bytes(), early).1, None);
    assert_eq!(KnownLog::read(text.as_bytes(), early).1, future(1));
    let next = log.append(&Update::default(), &key(1), after(60)).unwrap();
    let longer = format!("{text}{next}");
    assert_eq!(before.read_on(longer.as_bytes(), early).1, future(4), "the new entry alone is judged");
    // One byte of the beginning, whether it means something or not: everything is verified.
    for changed in [longer.replacen("\"ttl\":1", "\"ttl\":7", 1), longer.replacen(":{", ": {", 1)] {
        assert_ne!(changed, longer);
        assert_eq!(before.read_on(changed.as_bytes(), early).1, future(1));
    }
    let changed = longer.replacen("\"ttl\":1", "\"ttl\":7", 1);
    let (held, broken) = before.read_on(changed.as_bytes(), LATER);
    assert_eq!(held.unwrap().log().number(), 1);
    assert!(matches!(broken, Some(LogError::Entry { number: 2, .. })), "{broken:?}");
    let spaced = longer.replacen(":{", ": {", 1);
    assert_eq!(before.read_on(spaced.as_bytes(), LATER).1, None, "white space means nothing");
}

#[test]
fn what_follows_a_known_log_must_verify_and_begin_on_its_own_line() {
    let (_, mut log, text) = grown(2);
    let before = known(&text);
    let first = text.lines().next().unwrap();
    let next = log.append(&Update::default(), &key(1), after(60)).unwrap();
    let broken = |text: &str| {
        let (held, broken) = before.read_on(text.as_bytes(), LATER);
        (held.map_or(0, |held| held.log().number()), broken)
    };
    let entry = |number, fault| Some(LogError::Entry { number, fault });
    assert_eq!(broken(&format!("{text}{next}")), (3, None));
    assert_eq!(broken(&format!("{text}{}", next.replace("harbour", "horbour"))).0, 2);
    assert_eq!(broken(&format!("{text}\n{next}")), (2, entry(3, EntryFault::Json)), "an empty line");
    assert_eq!(broken(&format!("{text}\n")), (2, entry(3, EntryFault::Json)));
    assert_eq!(
        broken(&format!("{}{next}", text.trim_end())),
        (1, entry(2, EntryFault::Json)),
        "no line feed"
    );
    assert_eq!(broken(&format!("{text}{next}{next}")).0, 3);
    assert_eq!(broken(first), (1, None), "cut off: all of what is there is verified");
    assert_eq!(broken(""), (0, Some(LogError::Empty)));
    let endless = format!("{text}{}", " ".repeat(LARGEST_LOG));
    assert_eq!(broken(&endless), (0, Some(LogError::TooLarge)));
    // What held of a broken log is known too.
    let bad = format!("{text}{}", next.replace("harbour", "horbour"));
    let (held, _) = KnownLog::read(bad.as_bytes(), LATER);
    let (mended, broken) = held.unwrap().read_on(format!("{text}{next}").as_bytes(), START.minus(10_000));
    assert_eq!(mended.unwrap().log().number(), 2);
    assert_eq!(broken, entry(3, EntryFault::Future), "entries 1 and 2 were not looked at again");
}

fn witnessed_by(seed: u64) -> Option<Witnesses> {
    Some(Witnesses::new(1, &[witness_did(seed)]).unwrap())
}

#[test]
fn an_entry_without_approval_ends_the_log_before_it() {
    let Created { did, mut text, mut log } =
        created(Settings { witness: witnessed_by(11), ..Settings::default() });
    let first = log.version_id().unwrap().to_owned();
    text.push_str(&log.append(&Update { ttl: Some(9), ..Update::default() }, &key(1), after(100)).unwrap());
    let second = log.version_id().unwrap().to_owned();
    let resolve = |file: &[u8], version: &Version| {
        resolve_log(&did, text.as_bytes(), Some(file), version, LATER).map(|found| found.metadata)
    };
    let lacking = WitnessFault::Threshold { number: 2, approvals: 0, threshold: 1 };
    let lacking = Err(ResolveError::Log(LogError::Witness(lacking)));
    let file = approvals(&[(&first, 11)]);
    assert_eq!(resolve(&file, &Version::Latest).map(drop), lacking.clone());
    assert_eq!(resolve(&file, &Version::Number(2)).map(drop), lacking);
    let old = resolve(&file, &Version::Number(1)).unwrap();
    assert_eq!(old.updated, old.created, "the last valid entry is the first");
    assert_eq!(old.webvh.unwrap().ttl, 3_600, "and its parameters count");
    let time = |seconds| Version::Time(VersionTime::of(after(seconds)).unwrap());
    assert!(resolve(&file, &time(50)).is_err(), "nothing that is valid ends the time of version 1");
    assert!(resolve(&approvals(&[(&second, 11)]), &Version::Latest).is_ok());
    // Without any approval nothing of the log counts.
    assert!(resolve(b"[]", &Version::Number(1)).is_err());
    assert!(resolve(b"{}", &Version::Number(1)).is_err());
    let (known, _) = KnownLog::read(text.as_bytes(), LATER);
    let (held, broken) = known.unwrap().approved(text.as_bytes(), Some(&file), LATER);
    let held = held.unwrap();
    assert_eq!((held.log().number(), broken.is_some()), (1, true));
    let (all, broken) = held.read_on(text.as_bytes(), LATER);
    assert_eq!((all.unwrap().log().number(), broken), (2, None), "what held is known when approval comes");
}

#[test]
fn taking_the_proofs_away_does_not_take_the_versions_that_needed_none() {
    let Created { did, mut text, mut log } = created(Settings::default());
    let name = |seed| Update { witness: Some(witnessed_by(seed)), ..Update::default() };
    text.push_str(&log.append(&Update::default(), &key(1), after(100)).unwrap());
    text.push_str(&log.append(&name(11), &key(1), after(200)).unwrap());
    let third = log.version_id().unwrap().to_owned();
    let resolve = |file: Option<&[u8]>, version: &Version| {
        resolve_log(&did, text.as_bytes(), file, version, LATER)
            .map(|found| found.metadata.version_id.unwrap())
    };
    let error = |fault| Err(ResolveError::Log(LogError::Witness(fault)));
    for (file, fault) in [
        (None, WitnessFault::Missing),
        (Some(b"{}".as_slice()), WitnessFault::Malformed),
        (Some(b"[]".as_slice()), WitnessFault::Threshold { number: 3, approvals: 0, threshold: 1 }),
    ] {
        for number in 1..=2 {
            let found = resolve(file, &Version::Number(number)).unwrap();
            assert!(found.starts_with(&format!("{number}-")), "{fault}");
        }
        let time = |seconds| Version::Time(VersionTime::of(after(seconds)).unwrap());
        assert!(resolve(file, &time(50)).unwrap().starts_with("1-"), "{fault}");
        assert_eq!(
            resolve(file, &time(150)),
            error(fault),
            "nothing that is valid ends the time of version 2"
        );
        assert_eq!(resolve(file, &Version::Number(3)), error(fault));
        assert_eq!(resolve(file, &Version::Latest), error(fault));
        let (known, _) = KnownLog::read(text.as_bytes(), LATER);
        let (held, broken) = known.unwrap().approved(text.as_bytes(), file, LATER);
        assert_eq!((held.unwrap().log().number(), broken), (2, Some(LogError::Witness(fault))));
    }
    assert!(resolve(Some(&approvals(&[(&third, 11)])), &Version::Latest).unwrap().starts_with("3-"));
}

/// The proofs of an entry that does not count approve nothing before it.
#[test]
fn proofs_over_an_entry_that_does_not_count_are_no_approval_of_earlier_ones() {
    let Created { did, mut text, mut log } =
        created(Settings { witness: witnessed_by(11), ..Settings::default() });
    let first = log.version_id().unwrap().to_owned();
    let two = Witnesses::new(2, &[witness_did(11), witness_did(12)]).unwrap();
    let change = Update { witness: Some(Some(two)), ..Update::default() };
    text.push_str(&log.append(&change, &key(1), after(100)).unwrap());
    text.push_str(&log.append(&Update::default(), &key(1), after(200)).unwrap());
    let third = log.version_id().unwrap().to_owned();
    let second = text.lines().nth(1).unwrap().split('"').nth(3).unwrap().to_owned();
    let resolve = |file: &[u8], number| {
        resolve_log(&did, text.as_bytes(), Some(file), &Version::Number(number), LATER).map(drop)
    };
    // Entry 3 needs both and has one: its proof is all there is.
    let alone = approvals(&[(&third, 11)]);
    assert!(resolve(&alone, 1).is_err() && resolve(&alone, 2).is_err());
    let with_second = approvals(&[(&third, 11), (&second, 11)]);
    assert_eq!(resolve(&with_second, 1), Ok(()));
    assert_eq!(resolve(&with_second, 2), Ok(()));
    assert!(resolve(&with_second, 3).is_err());
    let with_first = approvals(&[(&third, 11), (&first, 11)]);
    assert!(resolve(&with_first, 1).is_err(), "the first entry left without approval would be entry 2");
    assert_eq!(resolve(&approvals(&[(&third, 11), (&third, 12)]), 3), Ok(()));
}

//! What is written.

use super::scene::*;

#[test]
fn entries_within_one_second_get_different_times() {
    let mut log = created(Settings::default()).log;
    log.append(&Update::default(), &key(1), START).unwrap();
    log.append(&Update::default(), &key(1), START).unwrap();
    let early = START.minus(1_000);
    assert_eq!(log.append(&Update::default(), &key(1), early), Err(WriteError::Clock));
}

#[test]
fn the_document_must_be_of_the_did_that_is_written() {
    let other = |_: &Did| document(&Did::parse("did:web:a.b").unwrap());
    let inception = Inception { location: &place(), document: &other, settings: Settings::default() };
    assert_eq!(create(&inception, &key(1), START).err(), Some(WriteError::OtherDid));
    let mut log = created(Settings::default()).log;
    let update = Update { document: Some(other(&place().did_web().unwrap()).unwrap()), ..Update::default() };
    assert_eq!(log.append(&update, &key(1), after(1)), Err(WriteError::OtherDid));
    let placeholder = |did: &Did| DocumentBuilder::new(did).also_known_as("urn:{SCID}").build();
    let inception = Inception { location: &place(), document: &placeholder, settings: Settings::default() };
    assert_eq!(create(&inception, &key(1), START).err(), Some(WriteError::Placeholder));
    let p256 = SigningKey::generate(Algorithm::Es256, &SeededRandomness::new(1)).unwrap();
    let inception = Inception { location: &place(), document: &document, settings: Settings::default() };
    assert_eq!(create(&inception, &p256, START).err(), Some(WriteError::Signer));
}

#[test]
fn an_entry_says_what_changed_and_no_more() {
    let parameters = |line: &str| serde_json::from_str::<Value>(line).unwrap()["parameters"].clone();
    let two_keys = vec![key(1).public_jwk().clone(), key(2).public_jwk().clone()];
    let mut log = created(Settings::default()).log;
    let rotate = Update { update_keys: Some(two_keys), ..Update::default() };
    log.append(&rotate, &key(1), after(1)).unwrap();
    let line = log.append(&Update::default(), &key(2), after(2)).unwrap();
    assert_eq!(parameters(&line), json!({}), "both keys stay");
    let gone = Update { deactivate: true, ..Update::default() };
    let line = log.append(&gone, &key(2), after(3)).unwrap();
    assert_eq!(parameters(&line), json!({"updateKeys": [], "deactivated": true}));

    let first = |settings: Settings| parameters(&created(settings).text);
    assert_eq!(first(Settings::default()).get("watchers"), None);
    let watchers = vec!["https://watcher.example.org".to_owned()];
    let watched = first(Settings { watchers: watchers.clone(), ..Settings::default() });
    assert_eq!(watched["watchers"], json!(watchers));
}

#[test]
fn a_clock_may_lie_as_far_behind_the_last_entry_as_a_reader_allows() {
    // The new entry comes a second after the last, which a reader's clock may be five minutes behind.
    let log = created(Settings::default()).log;
    let append = |seconds: i64| {
        let update = Update::default();
        log.clone().append(&update, &key(1), after(seconds)).map(drop)
    };
    assert_eq!(append(1 - 300), Ok(()));
    assert_eq!(append(1 - 301), Err(WriteError::Clock));
}

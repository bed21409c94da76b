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

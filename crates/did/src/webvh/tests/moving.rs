//! Moving to another place.

use super::scene::*;

#[test]
fn a_portable_did_moves_and_is_found_by_both_names() {
    let Created { did, mut text, mut log } = created(Settings { portable: true, ..Settings::default() });
    let kiln = Location::new("kiln.example.org", Some(8443), &["m"]).unwrap();
    let update = Update { move_to: Some(kiln), ..Update::default() };
    text.push_str(&log.append(&update, &key(1), after(1)).unwrap());
    let moved = log.did().unwrap().clone();
    assert!(moved.as_str().ends_with(":kiln.example.org%3A8443:m"));
    let found = resolve(&moved, &text, &Version::Latest).unwrap();
    assert_eq!(found.document.also_known_as().collect::<Vec<_>>(), [did.as_str()]);
    assert_eq!(found.metadata.canonical_id, None);
    assert!(found.document.key(&moved.with_fragment("sign").unwrap(), Relationship::Authentication).is_ok());
    assert_eq!(
        found.document.service("files").unwrap().endpoint_url(),
        Some("https://kiln.example.org:8443/m/")
    );
    let by_old_name = resolve(&did, &text, &Version::Latest).unwrap();
    assert_eq!(by_old_name.metadata.canonical_id, Some(moved));
    assert_eq!(by_old_name.document, found.document);
}

/// The DID that a log's DID becomes at kiln.example.org.
fn at_kiln(did: &Did) -> Did {
    let scid = Identifier::of(did).unwrap().scid().to_owned();
    Did::parse(&format!("did:webvh:{scid}:kiln.example.org")).unwrap()
}

#[test]
fn a_document_may_be_given_with_the_move_and_is_of_the_did_after_it() {
    let Created { did, log, .. } = created(Settings { portable: true, ..Settings::default() });
    let moved = at_kiln(&did);
    let given = |document: Document| {
        let mut log = log.clone();
        let place = Location::new("kiln.example.org", None, &[]).unwrap();
        let update = Update { move_to: Some(place), document: Some(document), ..Update::default() };
        log.append(&update, &key(1), after(1))?;
        let document = log.last_document().unwrap();
        assert_eq!(document.id(), &moved);
        Ok(document.also_known_as().map(str::to_owned).collect::<Vec<_>>())
    };
    let of = |did: &Did, names: &[&str]| {
        let named =
            names.iter().fold(DocumentBuilder::new(did), |builder, name| builder.also_known_as(*name));
        named.build().unwrap()
    };
    assert_eq!(given(of(&moved, &[])), Ok(vec![did.to_string()]));
    // It names the one before once, never itself, and keeps what else it is known as.
    let names = ["did:web:kiln.example.org", moved.as_str(), did.as_str()];
    assert_eq!(given(of(&moved, &names)), Ok(vec![names[0].to_owned(), did.to_string()]));
    assert_eq!(given(of(&moved, &names[..1])), Ok(vec![names[0].to_owned(), did.to_string()]));
    assert_eq!(given(of(&moved, &names[2..])), Ok(vec![did.to_string()]));
    assert_eq!(given(of(&did, &[])), Err(WriteError::OtherDid));
    assert_eq!(given(of(&Did::parse("did:web:kiln.example.org").unwrap(), &[])), Err(WriteError::OtherDid));
}

#[test]
fn a_move_renames_the_did_where_it_stands_and_nothing_that_only_begins_alike() {
    let others =
        |did: &Did| [format!("{did}:deeper"), format!("{did}x"), format!("urn:{did}"), "kiln".to_owned()];
    let own = |did: &Did| ["", "#part", "/path", "?query=1"].map(|tail| format!("{did}{tail}"));
    let document = |did: &Did| {
        let texts: Vec<String> = own(did).into_iter().chain(others(did)).collect();
        DocumentBuilder::new(did).service("texts", "Texts", json!({"list": texts, "number": 7})).build()
    };
    let settings = Settings { portable: true, ..Settings::default() };
    let inception = Inception { location: &place(), document: &document, settings };
    let Created { did, mut log, .. } = create(&inception, &key(1), START).unwrap();
    let place = Location::new("kiln.example.org", None, &[]).unwrap();
    log.append(&Update { move_to: Some(place), ..Update::default() }, &key(1), after(1)).unwrap();
    let document = log.last_document().unwrap();
    let texts: Vec<String> = own(&at_kiln(&did)).into_iter().chain(others(&did)).collect();
    let endpoint = document.service("texts").unwrap().endpoint().clone();
    assert_eq!(endpoint, json!({"list": texts, "number": 7}));
}

#[test]
fn a_did_that_is_not_portable_or_no_longer_does_not_move() {
    let kiln = || Some(Location::new("kiln.example.org", None, &[]).unwrap());
    let refused = |log: &mut Log, update: &Update| match log.append(update, &key(1), after(9)) {
        Err(WriteError::Rule(LogError::Entry { fault, .. })) => fault,
        other => panic!("{other:?}"),
    };
    let update = Update { move_to: kiln(), ..Update::default() };
    assert_eq!(refused(&mut created(Settings::default()).log, &update), EntryFault::NotPortable);
    let mut log = created(Settings { portable: true, ..Settings::default() }).log;
    let both = Update { move_to: kiln(), no_longer_portable: true, ..Update::default() };
    assert_eq!(refused(&mut log, &both), EntryFault::NotPortable);
    log.append(&Update { no_longer_portable: true, ..Update::default() }, &key(1), after(1)).unwrap();
    assert_eq!(refused(&mut log, &update), EntryFault::NotPortable);
    let again = plain().next(&json!({"portable": true}), &key(1));
    assert_eq!(again.fault(), EntryFault::Parameter(ParameterFault::PortableLate));
}

#[test]
fn a_move_must_name_the_did_before_and_keep_the_scid() {
    let moved = |state: &dyn Fn(&HandMade) -> Value| {
        let mut log = HandMade::begin_with(&json!({"portable": true}));
        let state = state(&log);
        log.add(&json!({}), &state, &text_of(1), &key(1));
        log
    };
    let id = |log: &HandMade| format!("did:webvh:{}:kiln.example.org", log.scid);
    assert_eq!(moved(&|log| json!({"id": id(log), "alsoKnownAs": [log.did()]})).verdict(), Ok(()));
    assert_eq!(moved(&|log| json!({"id": id(log)})).fault(), EntryFault::MoveNotNamed);
    assert_eq!(
        moved(&|log| json!({"id": id(log), "alsoKnownAs": [id(log)]})).fault(),
        EntryFault::MoveNotNamed
    );
    let swapped = moved(
        &|log| json!({"id": id(log).replace("did:webvh:Qm", "did:webvh:Qn"), "alsoKnownAs": [log.did()]}),
    );
    assert_eq!(swapped.fault(), EntryFault::OtherScid);
    for id in ["did:web:kiln.example.org", "kiln", "did:webvh:Qm:kiln.example.org"] {
        assert_eq!(moved(&|_| json!({"id": id})).fault(), EntryFault::StateId, "{id}");
    }
    assert_eq!(moved(&|log| json!({"id": format!("{}#k", log.did())})).fault(), EntryFault::StateId);
}

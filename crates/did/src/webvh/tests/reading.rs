//! Entries, their order, hashes and times, and which version is given.

use super::scene::*;

#[test]
fn another_did_is_not_resolved_by_this_log() {
    let Created { did, text, .. } = created(Settings::default());
    let elsewhere = Did::parse(&did.as_str().replace("harbour", "kiln")).unwrap();
    assert_eq!(resolve(&elsewhere, &text, &Version::Latest), Err(ResolveError::Log(LogError::OtherDid)));
    let other = Did::parse(&did.as_str().replace("did:webvh:Qm", "did:webvh:Qn")).unwrap();
    assert_eq!(resolve(&other, &text, &Version::Latest), Err(ResolveError::Log(LogError::OtherDid)));
    let web = Did::parse("did:web:harbour.example.org").unwrap();
    assert_eq!(resolve(&web, &text, &Version::Latest), Err(ResolveError::Location(LocationError::Method)));
}

#[test]
fn versions_are_found_by_id_number_and_time() {
    let Created { did, mut text, mut log } = created(Settings::default());
    for number in 1..4 {
        let sign = SigningKey::generate(Algorithm::Es256, &SeededRandomness::new(number)).unwrap();
        let document = DocumentBuilder::new(&did).key("sign", sign.public_jwk(), &[]).build().unwrap();
        let update = Update { document: Some(document), ..Update::default() };
        text.push_str(&log.append(&update, &key(1), after(i64::try_from(number).unwrap() * 100)).unwrap());
    }
    let version_of =
        |version: &Version| resolve(&did, &text, version).map(|found| found.metadata.version_id.unwrap());
    let second = version_of(&Version::Number(2)).unwrap();
    assert!(second.starts_with("2-"));
    assert_eq!(version_of(&Version::Id(second.clone())), Ok(second.clone()));
    let time = |seconds| Version::Time(VersionTime::of(after(seconds)).unwrap());
    assert_eq!(version_of(&time(100)), Ok(second.clone()));
    assert_eq!(version_of(&time(199)), Ok(second.clone()));
    assert!(version_of(&time(200)).unwrap().starts_with("3-"));
    assert!(version_of(&time(100_000)).unwrap().starts_with("4-"));
    for missing in [time(-1), Version::Number(0), Version::Number(5), Version::Id("2-Qm".to_owned())] {
        assert_eq!(version_of(&missing), Err(ResolveError::NotFound), "{missing:?}");
    }
    let found = resolve(&did, &text, &Version::Number(2)).unwrap();
    assert_eq!(found.metadata.updated, Some(text_of(300)));
    assert_eq!(found.metadata.version_time, Some(text_of(100)));
}

#[test]
fn a_broken_end_spoils_the_newest_version_but_not_older_ones() {
    let Created { did, mut text, mut log } = created(Settings::default());
    text.push_str(&log.append(&Update::default(), &key(1), after(100)).unwrap());
    let third = log.append(&Update::default(), &key(1), after(200)).unwrap();
    text.push_str(&third.replace("harbour", "horbour"));
    assert!(matches!(
        resolve(&did, &text, &Version::Latest),
        Err(ResolveError::Log(LogError::Entry { number: 3, .. }))
    ));
    assert!(resolve(&did, &text, &Version::Number(2)).is_ok());
    let time = |seconds| Version::Time(VersionTime::of(after(seconds)).unwrap());
    assert!(resolve(&did, &text, &time(99)).is_ok());
    assert!(resolve(&did, &text, &time(100)).is_err(), "how long version 2 was current is not known");
    assert!(resolve(&did, &text, &Version::Number(3)).is_err());
}

#[test]
fn times_are_utc_rise_and_do_not_lie_ahead() {
    let times = |first: &str, second: &str| {
        let mut log = HandMade::begin(&HandMade::parameters(), &HandMade::state(), first);
        let state = json!({"id": log.did()});
        log.add(&json!({}), &state, second, &key(1));
        log
    };
    let now = LATER.seconds() - START.seconds();
    assert_eq!(times(&text_of(0), &text_of(1)).verdict(), Ok(()));
    assert_eq!(times(&text_of(0), &text_of(now + 300)).verdict(), Ok(()));
    assert_eq!(times(&text_of(0), &text_of(now + 301)).fault(), EntryFault::Future);
    assert_eq!(times(&text_of(0), &text_of(0)).fault(), EntryFault::NotLater);
    assert_eq!(times(&text_of(0), &text_of(-1)).fault(), EntryFault::NotLater);
    assert_eq!(times(&text_of(0), &text_of(1).replace('Z', "+02:00")).fault(), EntryFault::VersionTime);
    assert_eq!(times(&text_of(0), &text_of(1).replace('Z', "+00:00")).verdict(), Ok(()));
    let ahead_in_the_middle =
        HandMade::begin(&HandMade::parameters(), &HandMade::state(), "9999-01-01T00:00:00Z");
    assert_eq!(ahead_in_the_middle.fault(), EntryFault::Future);
}

#[test]
fn an_entry_has_its_five_members_and_no_other() {
    for name in ["versionId", "versionTime", "parameters", "state"] {
        assert_eq!(
            changed(|entry| drop(entry.as_object_mut().unwrap().remove(name))),
            EntryFault::Members,
            "{name}"
        );
        assert_eq!(changed(|entry| entry[name] = Value::Null), EntryFault::Members, "{name}");
    }
    assert_eq!(changed(|entry| entry["note"] = json!(1)), EntryFault::Members);
    let missing = EntryFault::Proof(ProofFault::Missing);
    assert_eq!(changed(|entry| drop(entry.as_object_mut().unwrap().remove("proof"))), missing);
    assert_eq!(changed(|entry| entry["proof"] = json!([])), missing);
}

#[test]
fn a_version_id_is_the_right_number_one_dash_and_the_hash_of_the_entry() {
    let with_id = |change: &dyn Fn(&str) -> String| {
        changed(|entry| entry["versionId"] = Value::from(change(entry["versionId"].as_str().unwrap())))
    };
    for malformed in ["", "1", "1-", "-1", "01-", "1--", "+1-", "1.0-"] {
        let fault =
            with_id(&|id| malformed.to_owned() + id.get(2..).filter(|_| malformed.len() > 2).unwrap_or(""));
        assert_eq!(fault, EntryFault::VersionId, "{malformed}");
    }
    assert_eq!(with_id(&|id| id.replacen('1', "2", 1)), EntryFault::VersionNumber);
    assert_eq!(with_id(&|id| format!("{id}-")), EntryFault::VersionId);
    // A proof covers the version id, so another hash breaks it first; a signed wrong hash is refused for itself.
    assert_eq!(with_id(&|id| id.replace("1-Qm", "1-Qn")), EntryFault::Proof(ProofFault::Signature));
    let mut log = plain();
    let state = json!({"id": log.did()});
    log.version_id = log.version_id.replace("Qm", "Qn");
    log.add(&json!({}), &state, &text_of(1), &key(1));
    assert_eq!(log.fault(), EntryFault::EntryHash);
    let mut gap = plain();
    gap.number += 1;
    let state = json!({"id": gap.did()});
    gap.add(&json!({}), &state, &text_of(1), &key(1));
    gap.number -= 1;
    assert_eq!(gap.fault(), EntryFault::VersionNumber);
}

#[test]
fn the_scid_is_the_hash_of_the_first_entry() {
    let log = plain();
    let (wrong, _) = {
        let scid = log.scid.replace("Qm", "Qn");
        let parameters = json!({"method": METHOD, "scid": scid, "updateKeys": [multikey_of(&key(1))]});
        let state = json!({"id": format!("did:webvh:{scid}:harbour.example.org")});
        hand_made_line(("1", &scid), &text_of(0), &parameters, &state, &key(1))
    };
    let verdict = Log::verify(wrong.as_bytes(), LATER).err();
    assert_eq!(verdict, Some(LogError::Entry { number: 1, fault: EntryFault::Scid }));
    let mut state = HandMade::state();
    state["id"] = json!("did:webvh:QmSC1DSC1DSC1DSC1DSC1DSC1DSC1DSC1DSC1DSC1DSC1D:harbour.example.org");
    let other = HandMade::begin(&HandMade::parameters(), &state, &text_of(0));
    assert_eq!(other.fault(), EntryFault::OtherScid);
}

#[test]
fn every_entry_is_checked_not_only_the_last() {
    let log = plain().next(&json!({}), &key(2)).next(&json!({}), &key(1));
    let verdict = log.verdict();
    let fault = EntryFault::Proof(ProofFault::KeyNotActive);
    assert_eq!(verdict, Err(ResolveError::Log(LogError::Entry { number: 2, fault })));
}

#[test]
fn logs_that_are_empty_too_large_or_no_lines_of_json_are_refused() {
    let Created { did, text, .. } = created(Settings::default());
    let refusal = |log: &[u8]| match resolve_log(&did, log, None, &Version::Latest, LATER) {
        Err(ResolveError::Log(error)) => error,
        other => panic!("{other:?}"),
    };
    let json = LogError::Entry { number: 1, fault: EntryFault::Json };
    assert_eq!(refusal(b""), LogError::Empty);
    assert_eq!(refusal(b"\n"), LogError::Empty);
    assert_eq!(refusal(b"[]"), json);
    assert_eq!(refusal(b"<html>"), json);
    assert_eq!(refusal(&vec![b' '; LARGEST_LOG + 1]), LogError::TooLarge);
    let doubled = text.replacen('{', "{\"versionTime\":\"2020-01-01T00:00:00Z\",", 1);
    assert_eq!(refusal(doubled.as_bytes()), json);
    let gap = format!("{text}\n{text}");
    assert_eq!(refusal(gap.as_bytes()), LogError::Entry { number: 2, fault: EntryFault::Json });
    assert!(resolve(&did, text.trim_end(), &Version::Latest).is_ok(), "the last line feed may be missing");
}

#[test]
fn the_grammar_of_the_method_is_kept() {
    let scid = "QmSC1DSC1DSC1DSC1DSC1DSC1DSC1DSC1DSC1DSC1DSC1D";
    let identifier = |text: String| Identifier::of(&Did::parse(&text).unwrap());
    let fine = identifier(format!("did:webvh:{scid}:example.org%3A3000:dids:issuer")).unwrap();
    assert_eq!(fine.log_url(), "https://example.org:3000/dids/issuer/did.jsonl");
    for (text, error) in [
        (format!("did:web:{scid}:example.org"), LocationError::Method),
        (format!("did:webvh:{scid}"), LocationError::Scid),
        (format!("did:webvh:{}:example.org", scid.trim_start_matches('Q')), LocationError::Scid),
        (format!("did:webvh:{}0:example.org", scid.trim_start_matches('Q')), LocationError::Scid),
        (format!("did:webvh:{scid}:localhost"), LocationError::Domain),
        (format!("did:webvh:{scid}:127.0.0.1%3a8080"), LocationError::Domain),
        (format!("did:webvh:{scid}:example.org:%2e%2e:admin"), LocationError::Path),
        (format!("did:webvh:{scid}::example.org"), LocationError::Domain),
    ] {
        assert_eq!(identifier(text.clone()), Err(error), "{text}");
    }
}

#[test]
fn a_log_continues_what_stands_at_its_beginning_and_no_other() {
    let first = committed_to(2);
    let mut longer = first.log.clone();
    let next = Some(vec![KeyHash::of(key(3).public_jwk())]);
    longer.append(&Update { next_keys: next.clone(), ..Update::default() }, &key(2), after(1)).unwrap();
    assert!(longer.continues(&first.log) && longer.continues(&longer));
    assert!(!first.log.continues(&longer), "it was cut off");
    let mut other = first.log.clone();
    other.append(&Update { next_keys: next, ttl: Some(9), ..Update::default() }, &key(2), after(1)).unwrap();
    assert!(!other.continues(&longer) && !longer.continues(&other), "they part at entry 2");
}

#[test]
fn what_misses_the_grammar_narrowly_is_no_did_of_the_method() {
    let scid = "QmSC1DSC1DSC1DSC1DSC1DSC1DSC1DSC1DSC1DSC1DSC1D";
    let identifier = |scid: &str, place: &str| {
        Identifier::of(&Did::parse(&format!("did:webvh:{scid}:{place}")).unwrap()).map(drop)
    };
    assert_eq!((scid.len(), identifier(scid, "example.org")), (46, Ok(())));
    for outside in ["0", "O", "I", "l", "-", "_", "%41"] {
        let bent = format!("{outside}{}", scid.split_at(outside.len()).1);
        assert_eq!(identifier(&bent, "example.org"), Err(LocationError::Scid), "{bent}");
    }
    for length in [45, 47] {
        let other: String = scid.chars().cycle().take(length).collect();
        assert_eq!(identifier(&other, "example.org"), Err(LocationError::Scid), "{length}");
    }
    for (place, fault) in [
        ("example", LocationError::Domain),
        ("127%2E0%2E0%2E1", LocationError::Domain),
        ("2130706433.0", LocationError::Domain),
        ("0x7f.1", LocationError::Domain),
        ("%5B%3A%3A1%5D", LocationError::Port),
        ("example.org%3A", LocationError::Port),
        ("example.org%3A0", LocationError::Port),
        ("example.org%3A65536", LocationError::Port),
        ("example%3A3000.org", LocationError::Port),
        ("example.org:.", LocationError::Path),
        ("example.org:..", LocationError::Path),
        ("example.org:a%2Fb", LocationError::Path),
        ("example.org:a%5Cb", LocationError::Path),
        ("example.org:a%00", LocationError::Path),
        ("example.org:%20a", LocationError::Path),
        ("example.org:a%0A", LocationError::Path),
        ("example.org:a::b", LocationError::Path),
    ] {
        assert_eq!(identifier(scid, place), Err(fault), "{place}");
    }
    let log_of = |place: &str| {
        Identifier::of(&Did::parse(&format!("did:webvh:{scid}:{place}")).unwrap()).unwrap().log_url()
    };
    // Decoded once: what is left is the name of a folder, and is encoded again.
    assert_eq!(log_of("example.org:%252E%252E"), "https://example.org/%252E%252E/did.jsonl");
    assert_eq!(log_of("example.org%3A65535"), "https://example.org:65535/.well-known/did.jsonl");
}

//! Parameters, and the keys that they let sign.

use super::scene::*;

#[test]
fn the_vault_key_signs_entry_one_and_only_the_committed_key_the_next() {
    let settings =
        Settings { portable: true, next_keys: vec![KeyHash::of(key(2).public_jwk())], ..Settings::default() };
    let Created { did, mut text, mut log } = created(settings);
    let refused = |update: &Update, seed| match log.clone().append(update, &key(seed), after(10)) {
        Err(WriteError::Rule(LogError::Entry { number: 2, fault: EntryFault::Parameter(fault) })) => fault,
        other => panic!("{other:?}"),
    };
    let free = Update { next_keys: Some(Vec::new()), ..Update::default() };
    assert_eq!(refused(&free, 1), ParameterFault::PreRotationKey, "a thief with the vault key alone");
    assert_eq!(
        refused(&Update::default(), 2),
        ParameterFault::PreRotationOmitted,
        "it never ends by omission"
    );
    let update = Update { next_keys: Some(vec![KeyHash::of(key(3).public_jwk())]), ..Update::default() };
    text.push_str(&log.append(&update, &key(2), after(10)).unwrap());
    assert_eq!(log.number(), 2);
    let gone = Update { deactivate: true, ..Update::default() };
    assert!(log.clone().append(&gone, &key(2), after(20)).is_err(), "a revealed key is spent");
    text.push_str(&log.append(&gone, &key(3), after(20)).unwrap());
    let Err(ResolveError::Deactivated(metadata)) = resolve(&did, &text, &Version::Latest) else {
        panic!("a deactivated DID has no document");
    };
    assert!(metadata.deactivated);
    let before = resolve(&did, &text, &Version::Number(2)).unwrap();
    assert!(before.metadata.deactivated, "an older version says that the DID is given up");
    let again = log.append(&Update::default(), &key(3), after(30));
    let refusal = LogError::Entry { number: 4, fault: EntryFault::AfterDeactivation };
    assert_eq!(again, Err(WriteError::Rule(refusal)));
}

#[test]
fn without_commitments_the_keys_of_the_entry_before_sign() {
    let Created { did, mut text, mut log } = created(Settings::default());
    let rotate = Update { update_keys: Some(vec![key(2).public_jwk().clone()]), ..Update::default() };
    assert!(log.clone().append(&rotate, &key(2), after(1)).is_err());
    text.push_str(&log.append(&rotate, &key(1), after(1)).unwrap());
    assert!(log.clone().append(&Update::default(), &key(1), after(2)).is_err());
    text.push_str(&log.append(&Update::default(), &key(2), after(2)).unwrap());
    let gone = Update { deactivate: true, ..Update::default() };
    text.push_str(&log.append(&gone, &key(2), after(3)).unwrap());
    assert!(matches!(resolve(&did, &text, &Version::Latest), Err(ResolveError::Deactivated(_))));
}

#[test]
fn a_list_of_the_greatest_length_is_read_and_a_longer_one_is_not() {
    let watched =
        |places: usize| HandMade::begin_with(&json!({"watchers": vec!["https://w.example.org"; places]}));
    assert_eq!(watched(64).verdict(), Ok(()));
    assert_eq!(watched(65).fault(), EntryFault::Parameter(ParameterFault::Value));
}

#[test]
fn unknown_missing_and_malformed_parameters_are_refused() {
    assert_eq!(plain().verdict(), Ok(()));
    for (change, fault) in [
        (json!({"unknown": 1}), ParameterFault::Unknown),
        (json!({"method": "did:webvh:1.1"}), ParameterFault::Method),
        (json!({"method": "did:webvh:99.0"}), ParameterFault::Method),
        (json!({"method": "did:webvh:0.5"}), ParameterFault::Method),
        (json!({"method": "did:webvh:1.0-rc1"}), ParameterFault::Method),
        (json!({"method": "didwebvh:1.0"}), ParameterFault::Method),
        (json!({"method": null}), ParameterFault::Method),
        (json!({"portable": null}), ParameterFault::Value),
        (json!({"portable": "true"}), ParameterFault::Value),
        (json!({"nextKeyHashes": null}), ParameterFault::Value),
        (json!({"nextKeyHashes": [1]}), ParameterFault::Value),
        (json!({"watchers": null}), ParameterFault::Value),
        (json!({"watchers": "https://w.example.org"}), ParameterFault::Value),
        (json!({"deactivated": 0}), ParameterFault::Value),
        (json!({"ttl": null}), ParameterFault::Value),
        (json!({"ttl": -1}), ParameterFault::Value),
        (json!({"ttl": 2_147_483_649_u64}), ParameterFault::Value),
        (json!({"ttl": 1.5}), ParameterFault::Value),
        (json!({"updateKeys": null}), ParameterFault::Value),
        (json!({"updateKeys": ["z6Mk"]}), ParameterFault::UpdateKey),
        (
            json!({"updateKeys": ["zDnaerDaTF5BXEavCrfRZEk316dpbLsfPDZ3WJ5hRTPFU2169"]}),
            ParameterFault::UpdateKey,
        ),
    ] {
        assert_eq!(HandMade::begin_with(&change).fault(), EntryFault::Parameter(fault), "{change}");
    }
    for change in
        [json!({"ttl": 2_147_483_648_u64}), json!({"watchers": [], "deactivated": false, "witness": {}})]
    {
        assert_eq!(HandMade::begin_with(&change).verdict(), Ok(()), "{change}");
    }
    for missing in ["method", "updateKeys"] {
        let mut parameters = HandMade::parameters();
        parameters.as_object_mut().unwrap().remove(missing);
        let log = HandMade::begin(&parameters, &HandMade::state(), &text_of(0));
        assert_eq!(log.fault(), EntryFault::Parameter(ParameterFault::Missing), "{missing}");
    }
    let log = plain();
    let scid = json!({"scid": log.scid});
    assert_eq!(log.next(&scid, &key(1)).fault(), EntryFault::Parameter(ParameterFault::ScidAgain));
    assert_eq!(plain().next(&json!({"method": METHOD}), &key(1)).verdict(), Ok(()));
    let downgrade = plain().next(&json!({"method": "did:webvh:0.5"}), &key(1));
    assert_eq!(downgrade.fault(), EntryFault::Parameter(ParameterFault::Method));
}

#[test]
fn while_keys_are_committed_to_every_entry_spells_both_lists_out() {
    let committed = || {
        HandMade::begin_with(
            &json!({"nextKeyHashes": [KeyHash::of(key(2).public_jwk()).as_str(), "an unused one"]}),
        )
    };
    let next = KeyHash::of(key(3).public_jwk());
    let two = multikey_of(&key(2));
    let fine = committed().next(&json!({"updateKeys": [two], "nextKeyHashes": [next.as_str()]}), &key(2));
    assert_eq!(fine.verdict(), Ok(()));
    let ended = committed()
        .next(&json!({"updateKeys": [two], "nextKeyHashes": []}), &key(2))
        .next(&json!({"updateKeys": [multikey_of(&key(7))]}), &key(2))
        .next(&json!({}), &key(7));
    assert_eq!(ended.verdict(), Ok(()), "after an empty list the ordinary rules hold again");
    for (parameters, fault) in [
        (json!({}), ParameterFault::PreRotationOmitted),
        (json!({"nextKeyHashes": [next.as_str()]}), ParameterFault::PreRotationOmitted),
        (json!({"updateKeys": [two]}), ParameterFault::PreRotationOmitted),
        (json!({"updateKeys": [multikey_of(&key(1))], "nextKeyHashes": []}), ParameterFault::PreRotationKey),
        (
            json!({"updateKeys": [two, multikey_of(&key(1))], "nextKeyHashes": []}),
            ParameterFault::PreRotationKey,
        ),
    ] {
        let log = committed().next(&parameters, &key(2));
        assert_eq!(log.fault(), EntryFault::Parameter(fault), "{parameters}");
    }
    let by_old_key = committed().next(&json!({"updateKeys": [two], "nextKeyHashes": []}), &key(1));
    assert_eq!(by_old_key.fault(), EntryFault::Proof(ProofFault::KeyNotActive));
    let nobody = committed().next(&json!({"updateKeys": [], "nextKeyHashes": []}), &key(2));
    assert_eq!(nobody.fault(), EntryFault::Proof(ProofFault::KeyNotActive));
}

#[test]
fn the_key_that_may_sign_next_is_known_by_its_hash() {
    let created = committed_to(2);
    assert!(created.log.commits_to(key(2).public_jwk()));
    assert!(!created.log.commits_to(key(1).public_jwk()), "the key of entry 1 is not the next one");
    assert!(!created.log.commits_to(key(3).public_jwk()));
    assert!(
        !self::created(Settings::default()).log.commits_to(key(1).public_jwk()),
        "nothing is committed to"
    );
}

#[test]
fn nobody_but_the_committed_key_continues_a_log_whatever_the_entry_says_of_keys() {
    let created = committed_to(2);
    let mut log = created.log.clone();
    let next = Some(vec![KeyHash::of(key(3).public_jwk())]);
    let rotated =
        log.append(&Update { next_keys: next.clone(), ..Update::default() }, &key(2), after(1)).unwrap();
    let text = format!("{}{rotated}", created.text);
    // The key of entry 1, the key that signed the entry before, and a stranger's.
    for signer in [1, 2, 9] {
        let own = Some(vec![key(signer).public_jwk().clone()]);
        let theirs = Some(vec![key(3).public_jwk().clone()]);
        for (update_keys, fault) in [
            (None, EntryFault::Parameter(ParameterFault::PreRotationKey)),
            (own, EntryFault::Parameter(ParameterFault::PreRotationKey)),
            // Whoever has learned the committed key may name it, and cannot sign.
            (theirs, EntryFault::Proof(ProofFault::KeyNotActive)),
            (Some(Vec::new()), EntryFault::Proof(ProofFault::KeyNotActive)),
        ] {
            let update = Update { update_keys, next_keys: next.clone(), ..Update::default() };
            let line = testing::forged_entry(&log, &update, &key(signer), after(2)).unwrap();
            let refused = Log::verify(format!("{text}{line}").as_bytes(), after(2));
            assert_eq!(refused.unwrap_err(), LogError::Entry { number: 3, fault }, "key {signer}");
        }
    }
    let line =
        testing::forged_entry(&log, &Update { next_keys: next, ..Update::default() }, &key(3), after(2));
    assert!(Log::verify(format!("{text}{}", line.unwrap()).as_bytes(), after(2)).is_ok());
}

#[test]
fn an_entry_is_signed_by_a_key_that_was_active_and_the_first_by_one_of_its_own() {
    let not_active = EntryFault::Proof(ProofFault::KeyNotActive);
    let (one, two) = (multikey_of(&key(1)), multikey_of(&key(2)));
    // Entry 1 is always signed by the first key here.
    assert_eq!(HandMade::begin_with(&json!({"updateKeys": [two, one]})).verdict(), Ok(()));
    assert_eq!(HandMade::begin_with(&json!({"updateKeys": [two]})).fault(), not_active);
    assert_eq!(HandMade::begin_with(&json!({"updateKeys": []})).fault(), not_active);
    let rotation = json!({"updateKeys": [two]});
    assert_eq!(plain().next(&rotation, &key(1)).verdict(), Ok(()));
    assert_eq!(plain().next(&rotation, &key(2)).fault(), not_active, "named by the entry that it signs");
    assert_eq!(plain().next(&rotation, &key(1)).next(&json!({}), &key(2)).verdict(), Ok(()));
    let spent = plain().next(&rotation, &key(1)).next(&json!({}), &key(1));
    assert_eq!(spent.fault(), not_active, "a key that was active two entries before");
}

#[test]
fn null_is_the_value_of_no_parameter() {
    for (name, fault) in [
        ("method", ParameterFault::Method),
        ("scid", ParameterFault::Value),
        ("updateKeys", ParameterFault::Value),
        ("nextKeyHashes", ParameterFault::Value),
        ("witness", ParameterFault::Witness),
        ("watchers", ParameterFault::Value),
        ("portable", ParameterFault::Value),
        ("deactivated", ParameterFault::Value),
        ("ttl", ParameterFault::Value),
    ] {
        let null = json!({name: null});
        assert_eq!(plain().next(&null, &key(1)).fault(), EntryFault::Parameter(fault), "{name}");
    }
}

/// An update key that is no point of the curve, as its multikey.
fn no_point() -> String {
    let is_none = |bytes: &[u8; 32]| jose::Jwk::from_ed25519(bytes).is_err();
    let bytes = (2..=u8::MAX).map(|byte| [byte; 32]).find(is_none).unwrap();
    format!("z{}", bs58::encode([&[0xed, 0x01][..], &bytes].concat()).into_string())
}

#[test]
fn an_update_key_that_is_no_point_is_told_of_the_entry_that_names_it_whatever_follows() {
    let refused = |log: &HandMade, at: u64| {
        let fault = EntryFault::Parameter(ParameterFault::UpdateKey);
        let (read, error) = Log::read(log.text.as_bytes(), LATER);
        assert_eq!(error, Some(LogError::Entry { number: at, fault }), "{}", log.text);
        assert_eq!(read.map_or(0, |log| log.number()), at - 1, "what comes before holds");
    };
    let (one, two, none) = (multikey_of(&key(1)), multikey_of(&key(2)), no_point());
    refused(&HandMade::begin_with(&json!({"updateKeys": [none]})), 1);
    refused(&HandMade::begin_with(&json!({"updateKeys": [one, none]})), 1);
    let named = || plain().next(&json!({"updateKeys": [none, two]}), &key(1));
    refused(&named(), 2);
    let replaced = named().next(&json!({"updateKeys": [one]}), &key(2));
    refused(&replaced, 2);
    refused(&named().next(&json!({}), &key(2)).next(&json!({}), &key(2)), 2);
    refused(&replaced.next(&json!({"unknown": 1}), &key(1)), 2);
    let committed =
        plain().next(&json!({"nextKeyHashes": [KeyHash::of(key(2).public_jwk()).as_str()]}), &key(1));
    let fine = committed.next(&json!({"updateKeys": [two], "nextKeyHashes": []}), &key(2));
    assert_eq!(fine.verdict(), Ok(()));
    refused(&fine.next(&json!({"updateKeys": [one, none]}), &key(2)).next(&json!({}), &key(1)), 4);
}

//! Who must approve, and their proofs.

use super::scene::*;

pub(super) fn witness_did(seed: u64) -> Did {
    crate::key::did(key(seed).public_jwk()).unwrap()
}

pub(super) fn witnessed(threshold: usize, seeds: &[u64]) -> Settings {
    let ids: Vec<Did> = seeds.iter().map(|seed| witness_did(*seed)).collect();
    Settings { witness: Some(Witnesses::new(threshold, &ids).unwrap()), ..Settings::default() }
}

pub(super) fn approvals(approvals: &[(&str, u64)]) -> Vec<u8> {
    let items: Vec<Value> = approvals
        .iter()
        .map(|(version_id, seed)| witness::approve(version_id, &key(*seed), START).unwrap())
        .collect();
    Value::from(items).to_string().into_bytes()
}

fn outcome(created: &Created, file: Option<&[u8]>) -> Result<(), ResolveError> {
    resolve_log(&created.did, created.text.as_bytes(), file, &Version::Latest, LATER).map(drop)
}

fn threshold_missed(number: u64, approvals: usize, threshold: usize) -> Result<(), ResolveError> {
    Err(ResolveError::Log(LogError::Witness(WitnessFault::Threshold { number, approvals, threshold })))
}

#[test]
fn enough_different_witnesses_must_approve_the_first_entry() {
    let created = created(witnessed(2, &[11, 12, 13]));
    let id = created.log.version_id().unwrap();
    assert_eq!(outcome(&created, Some(&approvals(&[(id, 11), (id, 13)]))), Ok(()));
    assert_eq!(outcome(&created, None), Err(ResolveError::Log(LogError::Witness(WitnessFault::Missing))));
    assert_eq!(outcome(&created, Some(&approvals(&[(id, 11)]))), threshold_missed(1, 1, 2));
    assert_eq!(outcome(&created, Some(&approvals(&[(id, 11), (id, 11)]))), threshold_missed(1, 1, 2));
    assert_eq!(outcome(&created, Some(&approvals(&[(id, 11), (id, 99)]))), threshold_missed(1, 1, 2));
    let unpublished = id.replacen('1', "2", 1);
    assert_eq!(
        outcome(&created, Some(&approvals(&[(id, 11), (&unpublished, 12)]))),
        threshold_missed(1, 1, 2)
    );
    let metadata = resolve_log(
        &created.did,
        created.text.as_bytes(),
        Some(&approvals(&[(id, 11), (id, 13), (&unpublished, 12)])),
        &Version::Latest,
        LATER,
    );
    let witness = metadata.unwrap().metadata.webvh.unwrap().witness.unwrap();
    assert_eq!((witness.0, witness.1.len()), (2, 3));
}

#[test]
fn a_later_approval_covers_earlier_entries_but_not_the_other_way() {
    let mut created = created(witnessed(1, &[11, 12]));
    let first = created.log.version_id().unwrap().to_owned();
    created.text.push_str(&created.log.append(&Update::default(), &key(1), after(1)).unwrap());
    let second = created.log.version_id().unwrap();
    assert_eq!(outcome(&created, Some(&approvals(&[(second, 12)]))), Ok(()));
    assert_eq!(outcome(&created, Some(&approvals(&[(&first, 12)]))), threshold_missed(2, 0, 1));
}

#[test]
fn the_list_before_approves_the_entry_that_replaces_or_ends_it() {
    for change in [Some(Witnesses::new(1, &[witness_did(13)]).unwrap()), None] {
        let mut created = created(witnessed(2, &[11, 12]));
        let update = Update { witness: Some(change), ..Update::default() };
        created.text.push_str(&created.log.append(&update, &key(1), after(1)).unwrap());
        let second = created.log.version_id().unwrap();
        assert_eq!(outcome(&created, Some(&approvals(&[(second, 11), (second, 12)]))), Ok(()));
        assert_eq!(outcome(&created, Some(&approvals(&[(second, 13)]))), threshold_missed(1, 0, 2));
    }
}

#[test]
fn where_nobody_witnessed_the_entry_that_names_witnesses_needs_them_already() {
    let mut created = created(Settings::default());
    let mut append = |witness: Option<Option<Witnesses>>, seconds| {
        let update = Update { witness, ..Update::default() };
        created.text.push_str(&created.log.append(&update, &key(1), after(seconds)).unwrap());
        created.clone()
    };
    let named = |seed| witnessed(1, &[seed]).witness.map(Some);
    let of = |created: &Created| created.log.version_id().unwrap().to_owned();
    let first = append(named(11), 1);
    assert_eq!(outcome(&first, Some(b"[]")), threshold_missed(2, 0, 1));
    assert_eq!(outcome(&first, Some(&approvals(&[(&of(&first), 12)]))), threshold_missed(2, 0, 1));
    assert_eq!(outcome(&first, Some(&approvals(&[(&of(&first), 11)]))), Ok(()));

    // The list is ended, which it approves; then nobody approves; then another is named.
    let ended = append(Some(None), 2);
    let without = append(None, 3);
    let until_ended = approvals(&[(&of(&ended), 11)]);
    assert_eq!(outcome(&without, Some(&until_ended)), Ok(()));
    let again = append(named(12), 4);
    assert_eq!(outcome(&again, Some(&until_ended)), threshold_missed(5, 0, 1));
    assert_eq!(outcome(&again, Some(&approvals(&[(&of(&again), 11)]))), threshold_missed(5, 0, 1));
    assert_eq!(outcome(&again, Some(&approvals(&[(&of(&ended), 11), (&of(&again), 12)]))), Ok(()));
}

#[test]
fn proofs_that_do_not_verify_count_nothing_and_malformed_files_are_errors() {
    let created = created(witnessed(1, &[11]));
    let id = created.log.version_id().unwrap();
    let with = |change: &dyn Fn(&mut Value)| {
        let mut items: Value = serde_json::from_slice(&approvals(&[(id, 11)])).unwrap();
        change(&mut items);
        outcome(&created, Some(items.to_string().as_bytes()))
    };
    let (one, two) = (multikey_of(&key(11)), multikey_of(&key(12)));
    assert_eq!(with(&|_| {}), Ok(()));
    assert_eq!(
        with(&|items| items[0]["proof"][0]["cryptosuite"] = json!("eddsa-rdfc-2022")),
        threshold_missed(1, 0, 1)
    );
    assert_eq!(
        with(&|items| items[0]["proof"][0]["created"] = json!("2020-01-01T00:00:00Z")),
        threshold_missed(1, 0, 1)
    );
    for method in [format!("did:key:{one}#{two}"), format!("did:key:{two}#{one}"), format!("did:key:{one}")] {
        let changed = with(&|items| items[0]["proof"][0]["verificationMethod"] = json!(method));
        assert_eq!(changed, threshold_missed(1, 0, 1), "{method}");
    }
    let malformed = Err(ResolveError::Log(LogError::Witness(WitnessFault::Malformed)));
    assert_eq!(with(&|items| *items = json!({})), malformed);
    assert_eq!(with(&|items| items[0]["versionId"] = json!(1)), malformed);
    assert_eq!(with(&|items| items[0]["proof"] = json!({})), malformed);
    assert_eq!(with(&|items| items.as_array_mut().unwrap().push(json!("x"))), malformed);
    assert_eq!(outcome(&created, Some(&vec![b' '; witness::LARGEST_FILE + 1])), malformed);
}

#[test]
fn a_malformed_witness_parameter_is_an_error_and_never_no_witnesses() {
    let id = witness_did(11);
    let p256 = SigningKey::generate(Algorithm::Es256, &SeededRandomness::new(1)).unwrap();
    let p256 = crate::key::did(p256.public_jwk()).unwrap();
    let one = json!([{"id": id}]);
    for witness in [
        json!(null),
        json!([]),
        json!({"threshold": 0, "witnesses": one}),
        json!({"threshold": -1, "witnesses": one}),
        json!({"threshold": 1.5, "witnesses": one}),
        json!({"threshold": "1", "witnesses": one}),
        json!({"threshold": 2, "witnesses": one}),
        json!({"threshold": 1, "witnesses": []}),
        json!({"threshold": 1}),
        json!({"witnesses": one}),
        json!({"threshold": 1, "witnesses": one, "note": 1}),
        json!({"threshold": 1, "witnesses": [{"id": id}, {"id": id}]}),
        json!({"threshold": 1, "witnesses": [{"id": id, "weight": 2}]}),
        json!({"threshold": 1, "witnesses": [id]}),
        json!({"threshold": 1, "witnesses": [{"id": "did:web:example.org"}]}),
        json!({"threshold": 1, "witnesses": [{"id": p256}]}),
    ] {
        let log = HandMade::begin_with(&json!({"witness": witness}));
        assert_eq!(log.fault(), EntryFault::Parameter(ParameterFault::Witness), "{witness}");
    }
}

#[test]
fn as_many_witnesses_as_are_read_are_taken_and_no_more() {
    let of = |witnesses: u64| {
        let ids: Vec<Did> = (0..witnesses).map(|place| witness_did(100 + place)).collect();
        Witnesses::new(1, &ids).map(drop)
    };
    assert_eq!(of(64), Ok(()));
    for more in [65, 66] {
        assert_eq!(of(more), Err(ParameterFault::Witness));
    }
}

#[test]
fn witnesses_weigh_in_the_memory_that_a_log_takes() {
    let few = created(witnessed(1, &[11])).log.weight();
    let many: Vec<u64> = (11..51).collect();
    let more = created(witnessed(1, &many)).log.weight() - few;
    // Of each the text and the key, for the version and for the parameters.
    let texts = 2 * 39 * multikey_of(&key(11)).len();
    assert!((texts..64 * texts).contains(&more), "{more} for {texts}");
    let none = created(Settings::default()).log.weight();
    assert!(few - none > 2 * multikey_of(&key(11)).len());
}

#[test]
fn so_many_signatures_are_checked_and_no_more() {
    let created = created(witnessed(1, &[11]));
    let id = created.log.version_id().unwrap();
    let good = witness::approve(id, &key(11), START).unwrap()["proof"][0].clone();
    let mut bad = good.clone();
    bad["created"] = json!("2020-01-01T00:00:00Z");
    let with = |bad_ones: usize| {
        let mut proofs = vec![bad.clone(); bad_ones];
        proofs.push(good.clone());
        outcome(&created, Some(json!([{"versionId": id, "proof": proofs}]).to_string().as_bytes()))
    };
    assert_eq!(with(1_023), Ok(()));
    for more in [1_024, 1_025] {
        assert_eq!(with(more), Err(ResolveError::Log(LogError::Witness(WitnessFault::Malformed))));
    }
}

#[test]
fn a_file_of_proofs_of_the_greatest_size_is_read_and_a_larger_one_is_not() {
    let created = created(witnessed(1, &[11]));
    let read = |length: usize| {
        let mut file = approvals(&[(created.log.version_id().unwrap(), 11)]);
        file.resize(length, b' ');
        outcome(&created, Some(&file))
    };
    assert_eq!(read(witness::LARGEST_FILE), Ok(()));
    for more in 1..3 {
        let malformed = Err(ResolveError::Log(LogError::Witness(WitnessFault::Malformed)));
        assert_eq!(read(witness::LARGEST_FILE + more), malformed);
    }
}

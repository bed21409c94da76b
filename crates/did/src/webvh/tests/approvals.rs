//! Collecting approvals, and giving them.

use super::scene::*;
use super::witnesses::{approvals, witness_did, witnessed};

/// A log of two entries that 11 and 12 must both approve; its first entry is approved.
fn two_entries() -> (String, String, Log, Vec<u8>) {
    let Created { text: first, mut log, .. } = created(witnessed(2, &[11, 12]));
    let id = log.version_id().unwrap().to_owned();
    let both = format!("{first}{}", log.append(&Update::default(), &key(1), after(10)).unwrap());
    let proofs = approvals(&[(&id, 11), (&id, 12)]);
    (first, both, log, proofs)
}

fn given(candidate: &Candidate<'_>, seed: u64) -> Result<Value, ApprovalError> {
    candidate.approve(&key(seed), LATER)
}

#[test]
fn a_witness_approves_the_next_entry_of_the_log_that_it_knows() {
    let (first, both, log, proofs) = two_entries();
    let candidate = Candidate { log: both.as_bytes(), known: Some(first.as_bytes()), proofs: Some(&proofs) };
    let approval = given(&candidate, 11).unwrap();
    assert_eq!(approval["versionId"], log.version_id().unwrap());
    let mut held = Approvals::read(&proofs).unwrap();
    held.take(Approvals::read(approval.to_string().as_bytes()).unwrap(), &log).unwrap();
    assert!(log.check_witnesses(Some(held.to_text().as_bytes())).is_err(), "one of two");
    held.take(Approvals::read(given(&candidate, 12).unwrap().to_string().as_bytes()).unwrap(), &log).unwrap();
    assert_eq!(log.check_witnesses(Some(held.to_text().as_bytes())), Ok(()));
    let again = Candidate { known: Some(both.as_bytes()), ..candidate };
    assert!(given(&again, 11).is_ok(), "what was approved is approved again, should the proof have got lost");
    let begun = Candidate { log: first.as_bytes(), known: None, proofs: None };
    assert!(given(&begun, 11).is_ok(), "of a new DID nothing is published yet");
}

#[test]
fn a_witness_approves_no_second_history_and_nothing_that_it_cannot_verify() {
    let (first, both, log, proofs) = two_entries();
    let candidate = Candidate { log: both.as_bytes(), known: Some(first.as_bytes()), proofs: Some(&proofs) };
    assert_eq!(given(&Candidate { known: None, ..candidate }, 11), Err(ApprovalError::Unknown));
    assert_eq!(given(&candidate, 13), Err(ApprovalError::NotAsked));
    let mut other = Log::verify(first.as_bytes(), LATER).unwrap();
    let update = Update { ttl: Some(7), ..Update::default() };
    let other = format!("{first}{}", other.append(&update, &key(1), after(20)).unwrap());
    for known in [other.as_bytes(), both.as_bytes()] {
        let cut = Candidate { log: first.as_bytes(), known: Some(both.as_bytes()), proofs: None };
        assert_eq!(given(&cut, 11), Err(ApprovalError::OtherHistory), "it lacks what was approved");
        let parted = Candidate {
            log: if known == both.as_bytes() { other.as_bytes() } else { both.as_bytes() },
            known: Some(known),
            ..candidate
        };
        assert_eq!(given(&parted, 11), Err(ApprovalError::OtherHistory), "another entry in its place");
    }
    let mut longer = log.clone();
    let third = format!("{both}{}", longer.append(&Update::default(), &key(1), after(30)).unwrap());
    let both_new = Candidate { log: third.as_bytes(), ..candidate };
    assert_eq!(given(&both_new, 11), Err(ApprovalError::TooManyNew));
    let lacking = LogError::Witness(WitnessFault::Threshold { number: 1, approvals: 0, threshold: 2 });
    assert_eq!(given(&Candidate { proofs: Some(b"[]"), ..candidate }, 11), Err(ApprovalError::Log(lacking)));
    let missing = LogError::Witness(WitnessFault::Missing);
    assert_eq!(given(&Candidate { proofs: None, ..candidate }, 11), Err(ApprovalError::Log(missing)));
    let broken = both.replace("harbour", "horbour");
    assert!(matches!(
        given(&Candidate { log: broken.as_bytes(), ..candidate }, 11),
        Err(ApprovalError::Log(_))
    ));
    assert!(
        matches!(candidate.approve(&key(11), START.minus(1_000)), Err(ApprovalError::Log(_))),
        "by its own clock"
    );
    let p256 = SigningKey::generate(Algorithm::Es256, &SeededRandomness::new(1)).unwrap();
    assert_eq!(candidate.approve(&p256, LATER), Err(ApprovalError::NotAsked));
}

#[test]
fn a_file_of_approvals_of_the_greatest_size_is_read_and_a_larger_one_is_not() {
    let read = |length: usize| {
        let mut text = b"[]".to_vec();
        text.resize(length, b' ');
        Approvals::read(&text).map(drop)
    };
    assert_eq!(read(witness::LARGEST_FILE), Ok(()));
    for more in 1..3 {
        assert_eq!(read(witness::LARGEST_FILE + more), Err(ApprovalError::Malformed));
    }
}

#[test]
fn the_witnesses_of_an_entry_that_replaces_them_are_those_before() {
    let Created { text: first, mut log, .. } = created(witnessed(1, &[11]));
    let id = log.version_id().unwrap().to_owned();
    let change = Update { witness: Some(witnessed(1, &[12]).witness), ..Update::default() };
    let both = format!("{first}{}", log.append(&change, &key(1), after(10)).unwrap());
    let proofs = approvals(&[(&id, 11)]);
    let candidate = Candidate { log: both.as_bytes(), known: Some(first.as_bytes()), proofs: Some(&proofs) };
    assert!(given(&candidate, 11).is_ok());
    assert_eq!(given(&candidate, 12), Err(ApprovalError::NotAsked));
    let begins = Update { witness: Some(witnessed(1, &[12]).witness), ..Update::default() };
    let Created { text: first, mut log, .. } = created(Settings::default());
    let both = format!("{first}{}", log.append(&begins, &key(1), after(10)).unwrap());
    let candidate = Candidate { log: both.as_bytes(), known: Some(first.as_bytes()), proofs: None };
    assert!(given(&candidate, 12).is_ok(), "the first list takes effect at once");
}

#[test]
fn approvals_are_taken_by_witnesses_of_their_version_alone() {
    let (_, _, log, proofs) = two_entries();
    let second = log.version_id().unwrap().to_owned();
    let mut held = Approvals::read(&proofs).unwrap();
    let mut refused = |others: &[u8]| held.take(Approvals::read(others).unwrap(), &log).unwrap_err();
    assert_eq!(refused(&approvals(&[(&second, 13)])), ApprovalError::NotAWitness);
    let elsewhere = second.replacen("2-", "3-", 1);
    assert_eq!(refused(&approvals(&[(&elsewhere, 11)])), ApprovalError::OtherVersion);
    let mut forged: Value = serde_json::from_slice(&approvals(&[(&second, 11)])).unwrap();
    forged[0]["proof"][0]["created"] = json!("2020-01-01T00:00:00Z");
    assert_eq!(refused(forged.to_string().as_bytes()), ApprovalError::Signature);
    assert_eq!(refused(&approvals(&[(&second, 12), (&second, 13)])), ApprovalError::NotAWitness);
    assert_eq!(held.to_text(), Approvals::read(&proofs).unwrap().to_text(), "nothing was taken");
    for malformed in [
        "",
        "1",
        "[1]",
        "{}",
        r#"{"versionId":"1-a"}"#,
        r#"{"versionId":"1-a","proof":{}}"#,
        r#"{"versionId":"1-a","proof":[{}]}"#,
    ] {
        assert_eq!(
            Approvals::read(malformed.as_bytes()).unwrap_err(),
            ApprovalError::Malformed,
            "{malformed}"
        );
    }
    let large = vec![b' '; witness::LARGEST_FILE + 1];
    assert_eq!(Approvals::read(&large).unwrap_err(), ApprovalError::Malformed);
}

#[test]
fn the_file_keeps_the_latest_proof_of_each_witness_for_what_is_published() {
    let (first, _, log, proofs) = two_entries();
    let second = log.version_id().unwrap().to_owned();
    let mut held = Approvals::read(&proofs).unwrap();
    let new = approvals(&[(&second, 11), (&second, 12)]);
    held.take(Approvals::read(&new).unwrap(), &log).unwrap();
    held.take(Approvals::read(&new).unwrap(), &log).unwrap();
    let whole: Value = serde_json::from_str(&held.to_text()).unwrap();
    let counts = |file: &Value| -> Vec<usize> {
        file.as_array().unwrap().iter().map(|item| item["proof"].as_array().unwrap().len()).collect()
    };
    assert_eq!(counts(&whole), [2, 2], "one item a version, no proof twice");
    let pruned = held.pruned(&log);
    let file: Value = serde_json::from_str(&pruned.to_text()).unwrap();
    assert_eq!((counts(&file), &file[0]["versionId"]), (vec![2], &json!(second)));
    assert_eq!(log.check_witnesses(Some(pruned.to_text().as_bytes())), Ok(()));
    let published = Log::verify(first.as_bytes(), LATER).unwrap();
    let before: Value = serde_json::from_str(&held.pruned(&published).to_text()).unwrap();
    assert_eq!(before, serde_json::from_str::<Value>(&Approvals::read(&proofs).unwrap().to_text()).unwrap());
    // A witness that was replaced stays in the file for the entries that it approved.
    let mut changed = log.clone();
    let to_13 = Witnesses::new(1, &[witness_did(13)]).unwrap();
    changed.append(&Update { witness: Some(Some(to_13)), ..Update::default() }, &key(1), after(20)).unwrap();
    let third = changed.version_id().unwrap().to_owned();
    changed.append(&Update::default(), &key(1), after(30)).unwrap();
    let fourth = changed.version_id().unwrap().to_owned();
    held.take(Approvals::read(&approvals(&[(&third, 11), (&third, 12), (&fourth, 13)])).unwrap(), &changed)
        .unwrap();
    let pruned = held.pruned(&changed);
    let file: Value = serde_json::from_str(&pruned.to_text()).unwrap();
    assert_eq!(counts(&file), [2, 1]);
    assert_eq!(changed.check_witnesses(Some(pruned.to_text().as_bytes())), Ok(()));
}

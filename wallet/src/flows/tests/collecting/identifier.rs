//! Where the member's identifier is left, and where it is not.

use super::*;

#[tokio::test]
async fn an_identifier_that_could_not_be_left_with_the_answer_is_told_and_left_by_collecting() {
    let elsewhere = hosting("kiln.localhost:label", "http://kiln.localhost/did-log/1");
    for (named, status, part) in
        [(elsewhere, None, "not at the office"), (at_the_office(), Some(500), "the status 500")]
    {
        let (stage, link) = about_to_apply(|behaviour| {
            behaviour.did_hosting = named;
            behaviour.did_log_status = status;
        })
        .await;
        let presented = stage.wallet.present(&link, &PresentOptions::default(), &NEEDED).await.unwrap();
        let LeavingIdentifier::NotLeft(reason) = &presented.identifier else { panic!("{presented:?}") };
        assert!(reason.contains(part), "{reason}");
        stage.set(|behaviour| {
            behaviour.did_hosting = at_the_office();
            behaviour.did_log_status = None;
        });
        assert!(stage.wallet.collect(&NEEDED).await.unwrap().did.is_some());
    }
}

#[tokio::test]
async fn nobody_is_left_an_identifier_with_an_answer_but_the_office_that_was_asked_for_a_first_passport() {
    let stage = Stage::new().await;
    stage.wallet.accept_offer(&offer(&["passport", "profile"]), &four(), &NEEDED).await.unwrap();
    stage.set(|behaviour| {
        behaviour.did_hosting = hosting("kiln.localhost:l", "http://kiln.localhost/did-log/1")
    });
    let presented = stage.wallet.present(&stage.link(), &PresentOptions::default(), &NEEDED).await.unwrap();
    assert_eq!(presented.identifier, LeavingIdentifier::NotAsked);
    assert!(stage.seen(|seen| seen.did_logs.is_empty()));
    // Nor an office whose proof of sharing is not of what was shared.
    let (stage, link) = about_to_apply(|behaviour| {
        behaviour.did_hosting = at_the_office();
        behaviour.proof_lacks_a_claim = true;
    })
    .await;
    let presented = stage.wallet.present(&link, &PresentOptions::default(), &NEEDED).await.unwrap();
    assert!(matches!(presented.sharing_proof, ShareProof::Wrong(_)), "{presented:?}");
    assert_eq!(presented.identifier, LeavingIdentifier::NotAsked);
    assert!(stage.seen(|seen| seen.did_logs.is_empty()));
}

#[tokio::test]
async fn an_identifier_at_another_office_is_not_replaced_by_an_answer() {
    let stage = applied(|behaviour| behaviour.did_hosting = at_the_office()).await;
    let did = stage.wallet.collect(&NEEDED).await.unwrap().did.unwrap();
    let member = stage.vault.get::<MemberDid>(MemberDid::NAME).await.unwrap().unwrap();
    let elsewhere = "harbour.localhost%3A8080:label".to_owned();
    stage.vault.put(&MemberDid { location: elsewhere, ..member }).await.unwrap();
    stage.clock.advance(60);
    let before = stage.seen(|seen| seen.did_logs.len());
    let link = stage.office_link();
    let presented = stage.wallet.present(&link, &PresentOptions::default(), &NEEDED).await.unwrap();
    let LeavingIdentifier::NotLeft(reason) = &presented.identifier else { panic!("{presented:?}") };
    assert!(reason.contains("harbour.localhost:8080"), "{reason}");
    assert_eq!(stage.wallet.did().await.unwrap(), Some(did));
    assert_eq!(stage.seen(|seen| seen.did_logs.len()), before);
}

#[tokio::test]
async fn the_first_entry_of_the_did_commits_to_the_recovery_code() {
    let stage = applied(|behaviour| behaviour.did_hosting = at_the_office()).await;
    let collected = stage.wallet.collect(&NEEDED).await.unwrap();
    assert_eq!(collected.from[0].problem, None);
    let did = collected.did.unwrap();
    assert_eq!(stage.wallet.did().await.unwrap().as_deref(), Some(did.as_str()));
    let logs = stage.seen(|seen| seen.did_logs.clone());
    let [(uri, text)] = logs.as_slice() else { panic!("one log: {logs:?}") };
    assert_eq!(uri, "http://office.localhost/did-log/1");
    let log = verified_log(text);
    assert_eq!(log.did().unwrap().as_str(), did);
    let entry: Value = serde_json::from_str(text.trim()).unwrap();
    assert_eq!(entry["parameters"]["portable"], json!(true));
    let recovery = stage.vault.get::<RecoveryCommitment>(RecoveryCommitment::NAME).await.unwrap().unwrap();
    let hash = did::webvh::KeyHash::of(&recovery.key);
    assert_eq!(entry["parameters"]["nextKeyHashes"], json!([hash.as_str()]));
    assert_eq!(recovery.index, 1);
    let names: Vec<&str> = entry["state"]["verificationMethod"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["id"].as_str().unwrap())
        .collect();
    assert!(names[0].ends_with("#sign") && names[1].ends_with("#seal"));
    // Asked again, the wallet leaves the same log and makes no second DID.
    let again = stage.wallet.collect(&NEEDED).await.unwrap();
    assert_eq!(again.did.as_deref(), Some(did.as_str()));
    assert!(stage.vault.get::<MemberDid>(MemberDid::NAME).await.unwrap().unwrap().uploaded);
    assert!(stage.seen(|seen| seen.did_logs.iter().all(|left| *left == logs[0])));
}

#[tokio::test]
async fn a_place_for_the_did_from_anybody_but_the_office_that_was_asked_changes_nothing() {
    // Of a space, and of an office that was shown something else.
    for office in [false, true] {
        let collect = async |hosting: Option<DidHosting>| {
            let stage = Stage::new().await;
            stage.wallet.accept_offer(&offer(&["profile"]), &four(), &NEEDED).await.unwrap();
            let link = if office { stage.office_link() } else { stage.link() };
            let query = query_for_the_email();
            stage.set(|behaviour| behaviour.query = Some(query));
            stage.wallet.present(&link, &PresentOptions::default(), &NEEDED).await.unwrap();
            stage.set(|behaviour| behaviour.did_hosting = hosting);
            let collected = stage.wallet.collect(&NEEDED).await.unwrap();
            (stage, collected)
        };
        let own = if office { "office.localhost" } else { "kiln.localhost" };
        let upload_uri = format!("http://{own}/did-log/1");
        let (plain, _) = collect(None).await;
        for location in [format!("{own}:label"), "office.localhost:label".to_owned()] {
            let (stage, collected) = collect(hosting(&location, &upload_uri)).await;
            assert_eq!((&collected.from[0].problem, &collected.did), (&None, &None), "{location}");
            assert_eq!(stage.calls(), plain.calls(), "{location}: whoever asks sees no difference");
            assert!(stage.vault.get::<MemberDid>(MemberDid::NAME).await.unwrap().is_none());
        }
    }
}

#[tokio::test]
async fn a_space_that_names_a_place_neither_learns_the_did_nor_keeps_the_office_from_hosting_it() {
    let stage = answered(|_| {}).await;
    let home = offer_of("http://kiln.localhost", &["membership", "statement"]);
    stage.wallet.accept_offer(&home, &four(), &NEEDED).await.unwrap();
    let email = DetailName::new("email").unwrap();
    stage.wallet.set_own_detail(email, Value::from("ada@example.org")).await.unwrap();
    let at_the_space = hosting("kiln.localhost:tracked", "http://kiln.localhost/did-log/1");
    stage.set(|behaviour| behaviour.did_hosting = at_the_space);
    assert_eq!(stage.wallet.collect(&NEEDED).await.unwrap().did, None);
    // The genuine office comes after it.
    stage.wallet.present(&stage.office_link(), &PresentOptions::default(), &NEEDED).await.unwrap();
    stage.set(|behaviour| behaviour.did_hosting = at_the_office());
    let did = stage.wallet.collect(&NEEDED).await.unwrap().did.unwrap();
    // The space knows, or guesses, where the DID lies, and asks to have the log left with it.
    let suspected = did.splitn(4, ':').nth(3).unwrap().to_owned();
    let of_the_space = stage.vault.list::<FollowUpAwaited>().await.unwrap();
    let only_space = of_the_space.iter().find(|one| !one.first_passport).unwrap();
    for other in of_the_space.iter().filter(|one| one.id != only_space.id) {
        stage.vault.batch().delete::<FollowUpAwaited>(&other.id).commit().await.unwrap();
    }
    stage.set(|behaviour| behaviour.did_hosting = hosting(&suspected, "http://kiln.localhost/did-log/1"));
    let collected = stage.wallet.collect(&NEEDED).await.unwrap();
    assert_eq!((&collected.from[0].problem, &collected.did), (&None, &None));
    let left = stage.seen(|seen| seen.did_logs.clone());
    assert!(!left.is_empty() && left.iter().all(|(uri, _)| uri == "http://office.localhost/did-log/1"));
}

#[tokio::test]
async fn an_office_hosts_at_its_own_origin_alone() {
    for (location, upload_uri) in [
        ("kiln.localhost:label", "http://office.localhost/did-log/1"),
        ("office.localhost%3A8080:label", "http://office.localhost/did-log/1"),
        ("office.localhost", "http://office.localhost/did-log/1"),
        ("office.localhost:label", "http://kiln.localhost/did-log/1"),
        ("office.localhost:label", "http://office.localhost:8080/did-log/1"),
    ] {
        let stage = applied(|behaviour| behaviour.did_hosting = hosting(location, upload_uri)).await;
        let collected = stage.wallet.collect(&NEEDED).await.unwrap();
        let problem = collected.from[0].problem.as_deref().unwrap();
        assert!(problem.contains("not at the office"), "{location} {upload_uri}: {problem}");
        assert!(stage.seen(|seen| seen.did_logs.is_empty()), "{location} {upload_uri}");
        // What the office says next still counts.
        stage.set(|behaviour| behaviour.did_hosting = at_the_office());
        assert!(stage.wallet.collect(&NEEDED).await.unwrap().did.is_some());
    }
}

#[tokio::test]
async fn a_log_goes_again_only_for_the_request_it_was_made_for() {
    let stage = applied(|behaviour| behaviour.did_hosting = at_the_office()).await;
    let first = stage.wallet.collect(&NEEDED).await.unwrap().did.unwrap();
    // The office names the place of a member's DID to whoever applies next. That the place is the same makes no
    // difference: who has no passport yet begins again, and nothing is awaited of the first request.
    apply_again(&stage).await;
    let collected = stage.wallet.collect(&NEEDED).await.unwrap();
    assert_eq!(collected.from.len(), 1);
    let second = stage.wallet.did().await.unwrap().unwrap();
    assert_ne!(second, first);
    assert_eq!(collected.did.as_deref(), Some(second.as_str()));
    let left = stage.seen(|seen| seen.did_logs.last().cloned()).unwrap().1;
    assert_eq!(verified_log(&left).did().unwrap().as_str(), second);
    let awaited = stage.vault.list::<FollowUpAwaited>().await.unwrap();
    let member = stage.vault.get::<MemberDid>(MemberDid::NAME).await.unwrap().unwrap();
    assert_eq!(awaited.iter().map(|one| one.id.as_str()).collect::<Vec<_>>(), [member.follow_up.as_str()]);
    assert_eq!(stage.wallet.collect(&NEEDED).await.unwrap().did, Some(second));
}

#[tokio::test]
async fn a_did_that_stands_in_a_passport_is_shown_again_where_it_lies_and_does_not_move() {
    let (stage, did) = applied_with_a_passport().await;
    let another = hosting("office.localhost:another", "http://office.localhost/did-log/1");
    stage.set(|behaviour| behaviour.did_hosting = another);
    let collected = stage.wallet.collect(&NEEDED).await.unwrap();
    assert_eq!((&collected.from[0].problem, collected.did.as_ref()), (&None, Some(&did)));
    let (logs, controls) = stage.seen(|seen| (seen.did_logs.clone(), seen.did_controls.clone()));
    assert_eq!(logs.last().unwrap().1, logs[0].1, "the log as it was");
    assert_eq!(controls[0], None);
    let control = controls.last().unwrap().clone().unwrap();
    let member = stage.vault.get::<MemberDid>(MemberDid::NAME).await.unwrap().unwrap();
    assert_eq!(member.location, "office.localhost:label", "nothing is moved");
    let key = jose::VerifyingKey::new(&member.sign.public_jwk().unwrap()).unwrap();
    let awaited = stage.vault.list::<FollowUpAwaited>().await.unwrap().remove(0);
    let holder = awaited.key.public_jwk().unwrap().thumbprint_base64url();
    let at = "http://office.localhost/did-log/1";
    let now = environment::Clock::now(stage.clock.as_ref());
    network::did_control::DidControl::verify(&control, &key, &did, at, &holder, now).unwrap();
}

#[tokio::test]
async fn a_did_that_lies_at_another_office_is_shown_to_nobody() {
    let (stage, did) = applied_with_a_passport().await;
    let member = stage.vault.get::<MemberDid>(MemberDid::NAME).await.unwrap().unwrap();
    let elsewhere = "harbour.localhost%3A8080:label".to_owned();
    stage.vault.put(&MemberDid { location: elsewhere, ..member }).await.unwrap();
    let before = stage.seen(|seen| seen.did_logs.len());
    let collected = stage.wallet.collect(&NEEDED).await.unwrap();
    let problem = collected.from[0].problem.as_deref().unwrap();
    assert!(problem.contains("another office") && problem.contains("harbour.localhost:8080"), "{problem}");
    assert_eq!(stage.seen(|seen| seen.did_logs.len()), before, "nobody is told which");
    assert_eq!(stage.wallet.did().await.unwrap(), Some(did));
}

#[tokio::test]
async fn a_did_that_finds_no_place_keeps_no_offer_from_being_taken() {
    let elsewhere = hosting("kiln.localhost:label", "http://kiln.localhost/did-log/1");
    for (hosting, status) in [(elsewhere, None), (at_the_office(), Some(500))] {
        let stage = applied(|behaviour| {
            behaviour.did_hosting = hosting;
            behaviour.did_log_status = status;
            behaviour.offer = Some(offer(&["passport", "profile"]));
        })
        .await;
        let collected = stage.wallet.collect(&NEEDED).await.unwrap();
        assert!(collected.from[0].problem.is_some() && collected.did.is_none());
        let accepted = collected.from[0].accepted.as_ref().unwrap();
        assert_eq!(accepted.credentials.len(), 2);
    }
}

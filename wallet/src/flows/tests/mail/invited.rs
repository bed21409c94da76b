//! Invitations: what is shown of them, what opens one, and what is refused by its own name.

use super::*;

#[tokio::test]
async fn an_invitation_is_shown_and_opening_it_answers_the_fresh_request_of_its_space() {
    let member = Member::new().await;
    let options = AcceptOptions { tx_code: None, copies: Some(4) };
    member.stage.wallet.accept_offer(&offer(&["profile"]), &options, &NEEDED).await.unwrap();
    member.invite(&member.invitation("1"));
    assert!(member.stage.calls().iter().all(|call| !call.contains("/mailbox/")), "only when the member asks");
    let round = member.fetch().await;
    let mail = &round.new[0];
    assert_eq!((mail.space_name.as_str(), mail.kind), (SPACE, MailKind::SignUp));
    assert_eq!((mail.host.as_deref(), mail.space.as_str()), (Some(SPACE), SPACE_DID));
    assert!(
        member.stage.calls().iter().all(|call| !call.contains(SPACE)),
        "the space learns nothing by then"
    );
    assert_eq!(member.told("done"), [json!({"ids": ["id-0"]})]);
    let OpenedMail::Presented(presented) = member.open(&mail.id).await.unwrap() else { panic!("an answer") };
    assert_eq!(presented.asker.did.as_deref(), Some(SPACE_DID));
    assert!(member.stage.wallet.mail().await.unwrap().is_empty());
    assert!(matches!(member.open(&mail.id).await, Err(MailError::NoSuchMail)));
}

#[tokio::test]
async fn an_invitation_to_the_did_as_it_was_lately_or_sealed_to_its_former_keys_is_taken() {
    let member = Member::new().await;
    let randomness = environment::SeededRandomness::new(78);
    let read = SigningKey::generate(Algorithm::Es256, &randomness).unwrap();
    let seal_before = DecryptionKey::generate("seal", &randomness).unwrap();
    let former = format!("did:webvh:{}:old.localhost:m-9", "Q".repeat(46));
    let month = 30 * A_DAY;
    let moved_at = |until: i64| {
        json!([{"seal": seal_before.to_private_json().as_str(), "mailbox": private(&read), "did": former,
            "office": format!("http://{OFFICE}"), "until": until}])
    };
    let record = async |until: i64| {
        let known = member.stage.vault.get::<MemberDid>(MemberDid::NAME).await.unwrap().unwrap();
        let mut value = serde_json::to_value(&known).unwrap();
        value["earlier"] = moved_at(until);
        member.stage.vault.put(&serde_json::from_value::<MemberDid>(value).unwrap()).await.unwrap();
    };
    let old_box = format!("http://{OFFICE}/mailbox/{}", read.public_jwk().thumbprint_base64url());
    let to = |id: &str, did: &str, seal_to: &DecryptionKey, url: &str| {
        let invitation = Invitation { member: did.to_owned(), ..member.invitation(id) };
        let signed = invitation.sign(&format!("{SPACE_DID}#request"), member.stage.space_key()).unwrap();
        let sealed = seal(&signed, seal_to.public_jwk(), &environment::SeededRandomness::new(4)).unwrap();
        member.stage.leave(url, &sealed);
    };
    let now = member.stage.clock_seconds();
    record(now - month).await;
    for (number, (did_named, seal_to, url)) in [
        (former.as_str(), &seal_before, &old_box),
        (former.as_str(), &member.seal, &member.url),
        (did().as_str(), &seal_before, &member.url),
        (did().as_str(), &member.seal, &old_box),
    ]
    .into_iter()
    .enumerate()
    {
        member.stage.clock.advance(1);
        record(member.stage.clock_seconds() - month).await;
        to(&format!("taken-{number}"), did_named, seal_to, url);
        assert_eq!(member.fetch().await.new.len(), 1, "{number}");
    }
    // One that was never the member's, of the same office and under the same keys.
    let stranger = format!("did:webvh:{}:old.localhost:m-9", "P".repeat(46));
    for (id, url) in [("strange-1", &old_box), ("strange-2", &member.url)] {
        to(id, &stranger, &seal_before, url);
        assert_eq!(member.refused().await, ["other_audience"]);
    }
    // A month later nothing is on its way any more.
    record(member.stage.clock_seconds() - month - 1).await;
    to("late", &former, &member.seal, &member.url);
    assert_eq!(member.refused().await, ["other_audience"]);
    to("late-seal", &did(), &seal_before, &member.url);
    assert_eq!(member.refused().await, ["unreadable"]);
}

#[tokio::test]
async fn each_message_that_misses_narrowly_is_refused_by_its_own_name() {
    let member = Member::new().await;
    let good = member.invitation("0");
    let far = good.expires_at + 1;
    let key = member.stage.space_key();
    let kid = format!("{SPACE_DID}#request");
    let signed = |invitation: &Invitation| invitation.sign(&kid, key).unwrap();
    let stranger = SigningKey::generate(Algorithm::Es256, &environment::SeededRandomness::new(8)).unwrap();
    let own = |id: &str| Invitation { id: id.to_owned(), ..good.clone() };
    let office = Invitation { space: format!("did:web:{OFFICE}"), ..own("9") };
    let nobody = Invitation { space: "did:web:mallory.localhost".to_owned(), ..own("10") };
    for (code, message) in [
        ("other_audience", signed(&Invitation { member: format!("{}2", did()), ..own("1") })),
        ("expired", signed(&Invitation { issued_at: 0, expires_at: 60, ..own("2") })),
        ("lives_too_long", signed(&Invitation { expires_at: far, ..own("3") })),
        ("bad_signature", own("4").sign(&kid, &stranger).unwrap()),
        ("bad_signature", own("5").sign(&kid, key).unwrap().replace('.', "A.")),
        ("malformed", "not-a-token".to_owned()),
        (
            "link_elsewhere",
            signed(&Invitation { link: "http://kiln.localhost.mallory.localhost/".to_owned(), ..own("6") }),
        ),
        ("other_email", signed(&Invitation { email: Some("bob@example.org".to_owned()), ..own("7") })),
        ("key_not_in_did_document", own("8").sign(&format!("{SPACE_DID}#other"), key).unwrap()),
        ("wrong_role", office.sign(&format!("did:web:{OFFICE}#request"), member.stage.office_key()).unwrap()),
        ("not_admitted", nobody.sign("did:web:mallory.localhost#request", &stranger).unwrap()),
    ] {
        member.leave(&message);
        let found = member.refused().await;
        // A token that was bent may be none any more.
        assert!(found == [code] || (code == "bad_signature" && found == ["malformed"]), "{code}: {found:?}");
    }
    member.leave(&signed(&good));
    assert_eq!(member.fetch().await.new.len(), 1);
    let history = member.stage.wallet.history().await.unwrap();
    let noted = history.iter().filter(|entry| entry.kind == HistoryKind::Mail);
    assert_eq!(noted.count(), 11, "one line each, without values");
}

#[tokio::test]
async fn an_invitation_for_one_purpose_takes_not_the_place_of_one_for_another() {
    let member = Member::new().await;
    let here = Invitation { purpose: Purpose::HereIAm, ..member.invitation("team") };
    member.invite(&here);
    assert_eq!(member.fetch().await.new.len(), 1);
    member.stage.clock.advance(60);
    // A stranger typed the number at the page: with an address that is none of the member's, and with none.
    let email = Some("bob@example.org".to_owned());
    member.invite(&Invitation { email, ..member.invitation("wrong") });
    assert_eq!(member.refused().await, ["other_email"]);
    member.invite(&member.invitation("page"));
    assert_eq!(member.fetch().await.new.len(), 1);
    // One that is older than the kept one of its own purpose.
    let (issued_at, expires_at) = (here.issued_at - 1, here.expires_at - 1);
    let older = Invitation { issued_at, expires_at, ..here.clone() };
    member.invite(&Invitation { id: "older".to_owned(), ..older });
    assert_eq!(member.refused().await, ["older"]);
    let mail = member.stage.wallet.mail().await.unwrap();
    let kinds: BTreeSet<String> = mail.iter().map(|one| format!("{:?}", one.kind)).collect();
    assert_eq!((mail.len(), kinds.len()), (2, 2));
}

#[tokio::test]
async fn an_address_that_was_typed_beside_the_number_must_be_one_of_the_members() {
    let member = Member::new().await;
    let with = |id: &str, email: &str| Invitation { email: Some(email.to_owned()), ..member.invitation(id) };
    member.invite(&with("1", "ada@example.org"));
    assert_eq!(member.refused().await, ["other_email"], "no address is known yet");
    let options = AcceptOptions { tx_code: None, copies: Some(2) };
    member.stage.wallet.accept_offer(&offer(&["profile"]), &options, &NEEDED).await.unwrap();
    member.invite(&with("2", "Ada@Example.org "));
    assert_eq!(member.fetch().await.new.len(), 1);
    let own = json!("ada@work.example");
    member.stage.wallet.set_own_detail(DetailName::new("email").unwrap(), own).await.unwrap();
    member.invite(&with("3", "ada@work.example"));
    assert_eq!(member.fetch().await.new.len(), 1);
    member.invite(&with("4", "ada@example.com"));
    assert_eq!(member.refused().await, ["other_email"]);
    let told: Vec<String> = member.stage.calls().into_iter().filter(|call| call.contains(SPACE)).collect();
    assert_eq!(told, Vec::<String>::new(), "nobody is told");
}

#[tokio::test]
async fn an_invitation_whose_request_lies_elsewhere_or_is_of_another_is_left_alone() {
    let member = Member::new().await;
    let request =
        |answer: Option<(u16, Value)>| member.stage.set(|behaviour| behaviour.mail.invited = answer);
    let elsewhere = member.stage.link().replace("kiln.localhost", OFFICE);
    for (number, (answer, code)) in [
        (Some((200, json!({"link": elsewhere}))), "request_elsewhere"),
        (Some((200, json!({"link": member.stage.office_link()}))), "request_elsewhere"),
        (Some((200, json!({}))), "malformed_response"),
        (Some((410, json!({}))), "other_side"),
        (Some((404, json!({}))), "other_side"),
    ]
    .into_iter()
    .enumerate()
    {
        member.invite(&member.invitation(&number.to_string()));
        let id = member.fetch().await.new[0].id.clone();
        request(answer);
        let refused = member.open(&id).await.unwrap_err();
        assert_eq!(refused.code(), code, "{refused:?}");
        assert!(member.stage.seen(|seen| seen.answers.is_empty()));
        assert_eq!(member.stage.wallet.mail().await.unwrap().len(), 1, "it can be opened again");
    }
    request(None);
    let id = member.stage.wallet.mail().await.unwrap()[0].id.clone();
    let refused = member.open(&id).await.unwrap_err();
    assert!(matches!(refused, MailError::Present(PresentError::CannotBeSatisfied { .. })), "{refused:?}");
}

#[tokio::test]
async fn an_expired_message_is_neither_listed_nor_opened_and_is_forgotten() {
    let member = Member::new().await;
    member.invite(&member.invitation("1"));
    let id = member.fetch().await.new[0].id.clone();
    member.stage.clock.advance(14 * A_DAY);
    member.stage.set(|behaviour| behaviour.list_version += 1);
    assert!(member.stage.wallet.mail().await.unwrap().is_empty());
    assert!(matches!(member.open(&id).await, Err(MailError::Expired)));
    member.fetch().await;
    assert!(matches!(member.open(&id).await, Err(MailError::NoSuchMail)));
}

#[tokio::test]
async fn a_clock_that_is_a_day_off_refuses_by_name_and_takes_what_is_in_time() {
    let member = Member::new().await;
    member.stage.clock.advance(-A_DAY);
    let ahead = Invitation {
        issued_at: NOW.seconds(),
        expires_at: NOW.plus(A_DAY).seconds(),
        ..member.invitation("1")
    };
    member.invite(&ahead);
    assert_eq!(member.refused().await, ["malformed"], "it is from the future");
    member.stage.clock.advance(A_DAY);
    member.stage.set(|behaviour| behaviour.list_version += 1);
    member.invite(&Invitation { id: "2".to_owned(), ..ahead });
    assert_eq!(member.fetch().await.new.len(), 1);
}

//! Hellos: who it is as the space says it, what is shared when it is answered, and everything that is not taken.

use network::hello::{Contacts, Detail, Details, Hello, HelloAnswer, HelloId, HelloText};

use super::*;

const PAGE: &str = "http://kiln.localhost/people/somebody";

fn id() -> HelloId {
    HelloId::random(&environment::SeededRandomness::new(21))
}

fn key(seed: u64) -> DecryptionKey {
    DecryptionKey::generate("inbox", &environment::SeededRandomness::new(seed)).unwrap()
}

fn detail(claim: &str, value: &str) -> Detail {
    Detail { claim: claim.to_owned(), value: value.to_owned(), checked: false }
}

fn details(claim: &str, value: &str) -> Details {
    Details::new(vec![detail(claim, value)]).unwrap()
}

/// A hello of Ada's, as the space tells it.
fn hello(member: &Member, inbox: &terms::Inbox) -> Message {
    let hello = Hello {
        id: id(),
        text: HelloText::parse("Do you weave, too?").unwrap(),
        from: details("given_name", "Ada"),
        key: key(22).public_jwk().clone(),
    };
    let expires_at = member.stage.wallet.now().plus(network::hello::OPEN_FOR).seconds();
    let link = Some(PAGE.to_owned());
    Message {
        about: About::Hello,
        text: None,
        link,
        hello: Some(Box::new(hello)),
        expires_at,
        ..member.message(inbox, "hello")
    }
}

/// The answer to a hello of the member's, sealed to the inbox.
fn answered(member: &Member, inbox: &terms::Inbox, contacts: &Contacts) -> Message {
    let answer = contacts.seal(&inbox.key, &environment::SeededRandomness::new(23)).unwrap();
    let hello_answer = Some(Box::new(HelloAnswer { id: id(), from: details("given_name", "Bea"), answer }));
    Message { about: About::HelloAnswer, text: None, hello_answer, ..member.message(inbox, "answer") }
}

/// A member with own details whom a hello has reached: its name among the messages.
async fn greeted() -> (Member, String) {
    let member = Member::new().await;
    let inbox = given_inbox(&member).await.unwrap();
    for (name, value) in
        [("phone_number", "+31 6 12345678"), ("website", "https://bea.example.org"), ("bio", "Bread")]
    {
        member.stage.wallet.set_own_detail(DetailName::new(name).unwrap(), json!(value)).await.unwrap();
    }
    member.write(&inbox, &hello(&member, &inbox));
    let round = member.fetch().await;
    let [item] = &round.new[..] else { panic!("one message: {round:?}") };
    let id = item.id.clone();
    (member, id)
}

fn space_says(member: &Member, status: u16) {
    member.stage.set(|behaviour| behaviour.mail.hello_status = Some(status));
}

fn said(member: &Member) -> Vec<(String, Value)> {
    member.stage.seen(|seen| seen.mail.hellos.clone())
}

#[tokio::test]
async fn a_hello_is_of_a_kind_of_its_own_and_shares_nothing_by_itself() {
    let (member, id) = greeted().await;
    let mail = member.stage.wallet.mail().await.unwrap();
    let item = &mail[0];
    assert_eq!((item.kind, item.host.as_deref(), item.text.as_deref()), (MailKind::Hello, None, None));
    let greeter = item.greeter.as_ref().unwrap();
    assert_eq!(greeter.text.as_deref(), Some("Do you weave, too?"));
    assert_eq!((greeter.from.as_slice()[0].value.as_str(), greeter.page.as_deref()), ("Ada", Some(PAGE)));
    assert!(greeter.is_open && item.waits());
    assert!(
        matches!(member.open(&id).await, Ok(OpenedMail::Page(page)) if page == PAGE),
        "its page, and nothing else"
    );
    assert!(said(&member).is_empty(), "the space learns nothing");
    member.stage.wallet.put_off_hello(&id).await.unwrap();
    let mail = member.stage.wallet.mail().await.unwrap();
    assert!(!mail[0].waits() && mail[0].greeter.as_ref().unwrap().is_open, "put off is not answered");
    assert!(said(&member).is_empty(), "nobody is told");
}

#[tokio::test]
async fn an_answer_shares_what_was_chosen_with_the_key_that_the_hello_names_and_is_noted() {
    let (member, mail_id) = greeted().await;
    let wallet = &member.stage.wallet;
    let offered = wallet.contacts_to_share().await.unwrap();
    let claims: Vec<(&str, bool)> = offered.iter().map(|one| (one.claim.as_str(), one.checked)).collect();
    assert_eq!(claims, [("email", true), ("phone_number", false), ("website", false)]);
    let chosen = vec![offered[1].clone()];
    wallet.answer_hello(&mail_id, chosen.clone()).await.unwrap();
    let said = said(&member);
    let [(path, body)] = &said[..] else { panic!("{said:?}") };
    assert_eq!(path, &id().path());
    let sealed = body["answer"].as_str().unwrap();
    let opened = Contacts::open(sealed, &key(22), &id()).unwrap();
    assert_eq!(opened.details.as_slice(), chosen);
    assert!(!body.to_string().contains("12345678"));
    let mail = wallet.mail().await.unwrap();
    assert!(!mail[0].waits() && !mail[0].greeter.as_ref().unwrap().is_open);
    let history = wallet.history().await.unwrap();
    let noted = history.iter().find(|entry| entry.kind == HistoryKind::Change).unwrap();
    assert_eq!(noted.deeds, [crate::Deed::AnswerHello { shared: vec!["phone_number".to_owned()] }]);
    assert!(!serde_json::to_string(noted).unwrap().contains("12345678"), "a name and no value");
    assert!(matches!(wallet.answer_hello(&mail_id, chosen).await, Err(MailError::NoSuchMail)), "once");
}

#[tokio::test]
async fn nothing_chosen_and_what_is_not_the_members_is_not_shared() {
    let (member, id) = greeted().await;
    let wallet = &member.stage.wallet;
    for chosen in [Vec::new(), vec![detail("email", "mallory@example.org")], vec![detail("bio", "Bread")]] {
        assert!(matches!(wallet.answer_hello(&id, chosen).await, Err(MailError::NothingChosen)));
    }
    let offered = wallet.contacts_to_share().await.unwrap();
    assert!(matches!(wallet.answer_hello("nothing", offered.clone()).await, Err(MailError::NoSuchMail)));
    assert!(said(&member).is_empty());
    // Where the space takes it no more, nothing counts as answered.
    space_says(&member, 404);
    assert!(matches!(wallet.answer_hello_again(&id).await, Err(MailError::NoSuchMail)), "nothing was sent");
    assert!(matches!(wallet.answer_hello(&id, offered).await, Err(MailError::Status(404))));
    assert!(wallet.mail().await.unwrap()[0].greeter.as_ref().unwrap().is_open);
    assert!(matches!(wallet.block_greeter(&id).await, Err(MailError::Status(404))));
    assert_eq!(wallet.mail().await.unwrap().len(), 1, "it stays where the space could not be told");
}

#[tokio::test]
async fn a_person_is_blocked_and_reported_at_the_space_without_a_word_of_the_text() {
    let (member, mail_id) = greeted().await;
    let wallet = &member.stage.wallet;
    wallet.report_greeter(&mail_id, Reason::Phishing).await.unwrap();
    assert_eq!(wallet.mail().await.unwrap()[0].outcome.as_deref(), Some("reported"));
    wallet.block_greeter(&mail_id).await.unwrap();
    let path = id().path();
    assert_eq!(said(&member), [(path.clone(), json!({"report": "phishing"})), (path, json!("block"))]);
    assert!(wallet.mail().await.unwrap().is_empty());
    assert!(wallet.blocked_spaces().await.unwrap().is_empty(), "the person, and not the space");
    // A message of the space itself is nobody's hello.
    let inbox = inbox_of_last_answer(&member).unwrap();
    member.write(&inbox, &member.message(&inbox, "note"));
    let note = member.fetch().await.new[0].id.clone();
    assert!(matches!(wallet.block_greeter(&note).await, Err(MailError::NoSuchMail)));
    assert!(matches!(wallet.put_off_hello(&note).await, Err(MailError::NoSuchMail)));
}

#[tokio::test]
async fn a_space_that_is_out_of_good_standing_is_told_nothing() {
    let (member, id) = greeted().await;
    let wallet = &member.stage.wallet;
    let offered = wallet.contacts_to_share().await.unwrap();
    member.stage.set(|behaviour| {
        behaviour.space_stands = Some(Standing::Suspended);
        behaviour.list_version += 1;
    });
    member.stage.clock.advance(A_DAY);
    assert!(matches!(wallet.answer_hello(&id, offered).await, Err(MailError::Trust(_))));
    assert!(said(&member).is_empty());
}

#[tokio::test]
async fn an_answer_shows_what_was_shared_and_one_that_does_not_open_or_is_of_another_hello_is_not_kept() {
    let member = Member::new().await;
    let inbox = given_inbox(&member).await.unwrap();
    let contacts = Contacts { hello: id(), details: details("email", "bea@example.org") };
    member.write(&inbox, &answered(&member, &inbox, &contacts));
    let round = member.fetch().await;
    let item = &round.new[0];
    let greeter = item.greeter.as_ref().unwrap();
    assert_eq!((item.kind, greeter.is_open), (MailKind::HelloAnswer, false));
    assert_eq!(greeter.from.as_slice()[0].value, "Bea");
    assert_eq!(greeter.contacts.as_ref().unwrap().as_slice()[0].value, "bea@example.org");
    member.stage.wallet.put_off_hello(&item.id).await.unwrap();
    assert!(!member.stage.wallet.mail().await.unwrap()[0].waits(), "it was read");
    let offered = vec![detail("email", "bea@example.org")];
    assert!(matches!(member.stage.wallet.answer_hello(&item.id, offered).await, Err(MailError::NoSuchMail)));
    let other_hello = HelloId::random(&environment::SeededRandomness::new(99));
    let elsewhere = terms::Inbox { key: key(24).public_jwk().clone(), ..inbox.clone() };
    let of_other = Contacts { hello: other_hello, ..contacts.clone() };
    for (number, message) in [
        answered(&member, &inbox, &of_other),
        Message { inbox: inbox.address.clone(), ..answered(&member, &elsewhere, &contacts) },
    ]
    .into_iter()
    .enumerate()
    {
        member.write(&inbox, &Message { id: format!("other-{number}"), ..message });
        assert_eq!(member.refused().await, ["unreadable"], "{number}");
    }
    // A page that is not the space's, and a hello that is none.
    let bent = |id: &str| Message { id: id.to_owned(), ..hello(&member, &inbox) };
    for (code, message) in [
        (
            "link_elsewhere",
            Message { link: Some("http://mallory.localhost/people/x".to_owned()), ..bent("1") },
        ),
        ("malformed", Message { link: None, ..bent("2") }),
        ("malformed", Message { hello: None, ..bent("3") }),
        ("malformed", Message { about: About::Note, ..bent("4") }),
        ("malformed", Message { text: Some("pay here".to_owned()), ..bent("5") }),
    ] {
        member.write(&inbox, &message);
        assert_eq!(member.refused().await, [code], "{}", message.id);
    }
}

#[tokio::test]
async fn what_a_space_got_and_does_not_confirm_is_in_the_history_and_goes_once_more_as_it_was() {
    let (member, id) = greeted().await;
    let wallet = &member.stage.wallet;
    let offered = wallet.contacts_to_share().await.unwrap();
    space_says(&member, 500);
    assert!(matches!(wallet.answer_hello(&id, vec![offered[1].clone()]).await, Err(MailError::Status(500))));
    let noted = || async {
        let history = wallet.history().await.unwrap();
        let changes = history.into_iter().filter(|entry| entry.kind == HistoryKind::Change);
        changes.map(|entry| (entry.deeds, entry.not_completed)).collect::<Vec<_>>()
    };
    let deeds = vec![crate::Deed::AnswerHello { shared: vec!["phone_number".to_owned()] }];
    assert_eq!(noted().await, [(deeds.clone(), Some("outcome_unknown".to_owned()))]);
    let greeter = wallet.mail().await.unwrap()[0].greeter.clone().unwrap();
    assert_eq!(
        (greeter.is_open, greeter.unconfirmed),
        (true, Some(vec!["phone_number".to_owned()])),
        "it is neither answered nor as if nothing had been shared"
    );
    // Nothing else is shared beside it, and neither a new value nor another no changes what is sent.
    assert!(matches!(wallet.answer_hello(&id, offered).await, Err(MailError::AnswerUnconfirmed)));
    wallet.set_own_detail(DetailName::new("phone_number").unwrap(), json!("+31 6 99")).await.unwrap();
    space_says(&member, 404);
    assert!(matches!(wallet.answer_hello_again(&id).await, Err(MailError::Status(404))));
    assert_eq!(noted().await.len(), 1);
    member.stage.set(|behaviour| behaviour.mail.hello_status = None);
    wallet.answer_hello_again(&id).await.unwrap();
    let said = said(&member);
    assert_eq!(said.len(), 3);
    assert!(said.iter().all(|one| one == &said[0]), "the very same");
    assert_eq!(noted().await, [(deeds, None)]);
    let greeter = wallet.mail().await.unwrap()[0].greeter.clone().unwrap();
    assert_eq!((greeter.is_open, greeter.unconfirmed), (false, None));
    assert!(matches!(wallet.answer_hello_again(&id).await, Err(MailError::NoSuchMail)), "once");
    // Whoever was answered can be reported and blocked; the space says whether it still knows the hello.
    wallet.report_greeter(&id, Reason::Abuse).await.unwrap();
    assert_eq!(wallet.mail().await.unwrap()[0].outcome.as_deref(), Some("answered"));
    wallet.block_greeter(&id).await.unwrap();
}

/// Makes of a credential one that does not count.
type Bend = fn(&mut crate::records::HeldCredential);

#[tokio::test]
async fn checked_is_what_stands_in_an_offices_profile_that_counts_now() {
    let (member, _) = greeted().await;
    let wallet = &member.stage.wallet;
    let email = || async {
        let offered = wallet.contacts_to_share().await.unwrap();
        offered.into_iter().filter(|one| one.claim == "email").map(|one| one.checked).collect::<Vec<_>>()
    };
    assert_eq!(email().await, [true]);
    let copies = member.stage.vault.list::<crate::records::Copy>().await.unwrap();
    let bent: [(&str, Bend); 5] = [
        ("revoked", |one| one.revoked = true),
        ("suspended", |one| one.suspended = true),
        ("expired", |one| one.expires_at = Some(0)),
        ("of nobody whom a network admitted", |one| one.network = None),
        ("of another type", |one| one.vct = "urn:example:kind".to_owned()),
    ];
    for (name, bend) in bent {
        for mut copy in copies.clone() {
            copy.credentials.iter_mut().for_each(bend);
            member.stage.vault.put(&copy).await.unwrap();
        }
        assert_eq!(email().await, Vec::<bool>::new(), "{name}");
    }
    for copy in &copies {
        member.stage.vault.put(copy).await.unwrap();
    }
    assert_eq!(email().await, [true]);
}

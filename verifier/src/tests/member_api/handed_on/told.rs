//! Details go to whom the person was told of where they were asked, as far as they were told, and to nobody else.

use super::actions::{action, created, saying, template};
use super::*;
use crate::asking_again::Other as Else;
use crate::portal::{MemberSession, SignedIn};
use crate::records::Asked;
use crate::sites::managing::NewSite;
use verifier_connect::request::{Prompt, Wanted};

async fn given(stage: &Stage, asked: &Asked) -> SignUp {
    stage.give(&stage.answer(asked, stage.key().public_jwk(), Way::NoScreen, None)).await.unwrap();
    stage.space.sign_up_for(&asked.id).await.unwrap().unwrap()
}

#[tokio::test]
async fn who_was_asked_without_a_page_is_told_of_by_names_alone_and_made_nowhere() {
    let mut stage = Stage::new();
    let other = Other::beside(&mut stage);
    endpoint(&stage, &["email", "company"]).await;
    action(&stage, template(saying(&Value::Null), json!("none")), "").await;
    let asked = stage.space.ask("sign-up").await.unwrap();
    assert_eq!(asked.told, []);
    let sign_up = member_by(&stage, &asked, 0).await;
    let (_, access) = access(&stage, 0).await;
    send(&stage.space).await;
    let bodies = other.bodies();
    assert_eq!(types(&bodies), ["sign_up.received", "sign_up.approved"], "no request made anybody");
    make(&stage, &access, &changes(ID, vec![change("company", WhatToDo::TakeBack)])).await.unwrap();
    leave(&stage, &access).await;
    send(&stage.space).await;
    let more = other.bodies();
    assert_eq!(types(&more), ["details.taken_back", "membership.ended", "person.erased"]);
    for body in bodies.iter().chain(&more) {
        assert_eq!(body["data"].get("values"), None, "{body}");
    }
    assert_eq!(stage.space.unconfirmed(10).await.unwrap(), []);
    assert_eq!(stage.space.handed_on(&sign_up.id).await.unwrap(), []);
}

#[tokio::test]
async fn a_page_tells_of_what_its_form_asks_and_nothing_else_goes_on() {
    let mut stage = Stage::new();
    let other = Other::beside(&mut stage);
    let short = Form {
        fields: form("short", Approval::Automatic).fields.into_iter().take(2).collect(),
        ..form("short", Approval::Automatic)
    };
    let all = [form("sign-up", Approval::Automatic), short];
    stage.space = stage.started_with(&all);
    let (made, _) = endpoint(&stage, &["email", "company"]).await;
    let asked = stage.asked_on_a_page("short").await;
    let told: Vec<_> = asked.told.iter().map(|one| (one.recipient.as_str(), one.claims.clone())).collect();
    assert_eq!(told, [(made.id.as_str(), BTreeSet::from(["email".to_owned()]))]);
    // The member gives more than the form asks, as one does later.
    member_by(&stage, &asked, 0).await;
    send(&stage.space).await;
    for body in other.bodies() {
        assert_eq!(body["data"]["values"], json!({"email": CANARIES[0]}));
    }
}

#[tokio::test]
async fn who_is_entered_while_a_page_is_open_was_not_told_of_there() {
    let mut stage = Stage::new();
    let other = Other::beside(&mut stage);
    let before = stage.asked_on_a_page("sign-up").await;
    endpoint(&stage, &["email"]).await;
    member_by(&stage, &before, 0).await;
    send(&stage.space).await;
    assert!(other.bodies().iter().all(|body| body["data"].get("values").is_none()));
    member(&stage, 100).await;
    send(&stage.space).await;
    assert!(other.bodies().iter().all(|body| body["data"]["values"] == json!({"email": CANARIES[0]})));
}

#[tokio::test]
async fn who_is_asked_again_was_told_of_whom_the_page_of_before_named() {
    for is_on_a_page in [true, false] {
        let mut stage = Stage::new();
        let other = Other::beside(&mut stage);
        action(&stage, template(saying(&Value::Null), json!("none")), "").await;
        let asked = match is_on_a_page {
            true => stage.asked_on_a_page("ask-the-team").await,
            false => stage.space.ask("ask-the-team").await.unwrap(),
        };
        let first = given(&stage, &asked).await;
        let less = Else { without: vec!["company".to_owned()], ..Else::default() };
        let again = stage.space.ask_again(&first.id, &less).await.unwrap();
        assert_eq!(again.told, asked.told);
        stage.space.keep_asked_again(&again, "https://kiln.localhost/again", None).await.unwrap();
        let second = given(&stage, &again).await;
        stage.space.decide(&second.id, network::decision::Outcome::Approved, None).await.unwrap();
        other.will_answer([created()]);
        send(&stage.space).await;
        assert_eq!(other.came().len(), usize::from(is_on_a_page));
    }
}

/// The job that erases what is over comes a little later, or is kept from its work: until then it lies there, and nobody gets it.
#[tokio::test]
async fn what_is_over_leaves_by_no_way_although_it_lies_there_still() {
    let mut stage = Stage::new();
    let other = Other::beside(&mut stage);
    endpoint(&stage, &["email", "company"]).await;
    let new = NewSite {
        name: "Booking".to_owned(),
        redirect_uris: vec!["https://book.example.org/back".to_owned()],
        claims: BTreeSet::from(["email".to_owned()]),
        purpose: "Booking rooms".to_owned(),
        ..NewSite::default()
    };
    let (site, _) = stage.space.add_site(new, ChangedBy::Terminal).await.unwrap();
    let asked = stage.asked_on_a_page("sign-up").await;
    let terms = json!({"request": REQUEST, "until": stage.now().plus(2 * DAY).seconds()});
    stage.give(&stage.answer(&asked, stage.key().public_jwk(), Way::NoScreen, Some(terms))).await.unwrap();
    let sign_up = stage.space.sign_up_for(&asked.id).await.unwrap().unwrap();
    let sub = sign_up.member.clone().unwrap();
    let member = stage.space.member(&sub).await.unwrap().unwrap();
    let session = MemberSession { session: SecretHash::of("s"), sub, made: 0, seen: 0 };
    let signed_in = SignedIn { session, member };
    let wanted = Wanted {
        redirect_uri: "https://book.example.org/back".to_owned(),
        state: None,
        nonce: None,
        challenge: String::new(),
        claims: BTreeSet::from(["email".to_owned()]),
        in_id_token: BTreeSet::new(),
        offline: false,
        prompt: Prompt::AsNeeded,
        max_age: None,
    };
    for (seconds, is_in_time) in [(2 * DAY - 1, true), (1, false)] {
        stage.clock.advance(seconds);
        let (contact, values) = stage.space.contact(&sign_up.id).await.unwrap();
        assert_eq!((contact.given.is_empty(), values.0.is_empty()), (!is_in_time, !is_in_time));
        let offered = stage.space.offered_to_site(&site, &wanted, &signed_in).await.unwrap();
        assert_eq!(offered.claims.contains("email"), is_in_time);
        stage.space.send_again(&stage.space.deliveries(1).await.unwrap()[0].id).await.unwrap();
        send(&stage.space).await;
        let bodies = other.bodies();
        assert!(!bodies.is_empty());
        for body in bodies {
            assert_eq!(body["data"].get("values").is_some(), is_in_time, "{body}");
        }
    }
}

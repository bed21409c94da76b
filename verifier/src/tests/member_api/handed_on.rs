//! What goes out into other software: whom it is told, in which order, what is in it, and what is not any more.

mod actions;
mod recipients;
mod told;
mod twice;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};

use http::{HeaderName, StatusCode};
use network::member_api::Leave;
use outbound::{Fetch, Fetching, OutboundError, Request, Response, Scripted};
use serde_json::Value;

use super::*;
use crate::form::{Approval, Form};
use crate::forms::ChangedBy;
use crate::outgoing::recipients::NewWebhook;
use crate::outgoing::records::{Delivery, Event, Recipient, State};
use crate::outgoing::sending::settling::SCHEDULE;
use crate::outgoing::signing::{WebhookSecret, signatures};
use crate::outgoing::template::Template;
use crate::space::Space;
use crate::tests::stage::form;

/// The other side: it keeps what came, and answers as it is told to.
struct Other {
    came: Arc<Mutex<Vec<Request>>>,
    answers: Arc<Mutex<Vec<Result<Response, OutboundError>>>>,
}

impl Other {
    /// Answers 204 unless it was told something else.
    fn beside(stage: &mut Stage) -> Self {
        let (came, answers) = (Arc::default(), Arc::<Mutex<Vec<_>>>::default());
        let (kept, told): (Arc<Mutex<Vec<Request>>>, _) = (Arc::clone(&came), Arc::clone(&answers));
        let fetch = Scripted::new(move |request| {
            kept.lock().unwrap().push(request.clone());
            told.lock().unwrap().pop().unwrap_or_else(|| Ok(status(204)))
        });
        stage.space = stage.space.clone().with_outgoing(Arc::new(fetch));
        Self { came, answers }
    }

    /// What it answers next, the first first.
    fn will_answer(&self, answers: impl IntoIterator<Item = Result<Response, OutboundError>>) {
        let mut all: Vec<_> = answers.into_iter().collect();
        all.reverse();
        *self.answers.lock().unwrap() = all;
    }

    /// What came since this was asked last.
    fn came(&self) -> Vec<Request> {
        std::mem::take(&mut self.came.lock().unwrap())
    }

    /// The bodies of that.
    fn bodies(&self) -> Vec<Value> {
        self.came().iter().map(|request| serde_json::from_slice(&request.body).unwrap()).collect()
    }
}

fn status(code: u16) -> Response {
    Response::new(StatusCode::from_u16(code).unwrap(), http::HeaderMap::new(), "")
}

fn header(request: &Request, name: &'static str) -> String {
    request.headers.get(HeaderName::from_static(name)).unwrap().to_str().unwrap().to_owned()
}

async fn endpoint(stage: &Stage, claims: &[&str]) -> (Recipient, SecretText) {
    let new = NewWebhook {
        name: "Door list".to_owned(),
        url: "https://hooks.example.org/in".to_owned(),
        events: Event::ALL.into_iter().collect(),
        claims: claims.iter().map(|claim| (*claim).to_owned()).collect(),
    };
    let made = stage.space.add_webhook(new, ChangedBy::Terminal).await.unwrap();
    stage.clock.advance(1);
    made
}

/// Sends what is due everywhere.
async fn send(space: &Space) {
    for recipient in space.recipients_to_serve().await.unwrap() {
        space.send_to(&recipient).await.unwrap();
    }
}

fn types(bodies: &[Value]) -> Vec<&str> {
    bodies.iter().map(|body| body["type"].as_str().unwrap()).collect()
}

async fn states(stage: &Stage) -> Vec<(Event, State)> {
    let mut all = stage.space.deliveries(50).await.unwrap();
    all.sort_by_key(|one| one.number);
    all.into_iter().map(|one| (one.event, one.state)).collect()
}

async fn leave(stage: &Stage, access: &MemberAccess) {
    let asked = Leave { id: id(99), dry_run: false };
    stage.space.leave(&Caller { access, proof: fresh(stage) }, &asked).await.unwrap();
}

#[tokio::test]
async fn an_endpoint_is_told_by_whom_it_can_check_and_without_any_value() {
    let mut stage = Stage::new();
    let other = Other::beside(&mut stage);
    let (_, secret) = endpoint(&stage, &[]).await;
    let sign_up = member(&stage, 0).await;
    send(&stage.space).await;
    let came = other.came();
    let bodies: Vec<Value> = came.iter().map(|one| serde_json::from_slice(&one.body).unwrap()).collect();
    assert_eq!(types(&bodies), ["sign_up.received", "sign_up.approved"]);
    let at = "2026-11-25T";
    assert!(bodies[0]["timestamp"].as_str().unwrap().starts_with(at), "{}", bodies[0]);
    assert_eq!(bodies[0]["data"]["person"], json!(sign_up.id));
    assert_eq!(bodies[0]["data"]["membership"], json!(sign_up.member));
    assert_eq!(bodies[0]["data"]["details"], json!(["company", "email", "given_name"]));
    assert_eq!(bodies[0]["data"].as_object().unwrap().len(), 3, "no value");
    for request in &came {
        let (id, at) = (header(request, "webhook-id"), header(request, "webhook-timestamp"));
        let at: i64 = at.parse().unwrap();
        assert_eq!(at, stage.now().seconds());
        let secrets = [WebhookSecret::parse(secret.expose()).unwrap()];
        assert_eq!(header(request, "webhook-signature"), signatures(&secrets, &id, at, &request.body));
        assert_eq!(header(request, "content-type"), "application/json");
        let text = String::from_utf8(request.body.to_vec()).unwrap();
        assert!(!text.to_lowercase().contains("canary"), "{text}");
    }
    assert_ne!(header(&came[0], "webhook-id"), header(&came[1], "webhook-id"));
    let secrets = [secret.expose(), secret.expose().strip_prefix("whsec_").unwrap()];
    assert_eq!(stage.traces_of(&secrets), 0, "the secret lies sealed");
    send(&stage.space).await;
    assert_eq!(other.came().len(), 0, "what is confirmed is not sent again");
}

#[tokio::test]
async fn details_go_to_whom_the_member_was_told_of_and_what_was_taken_back_meanwhile_does_not() {
    let mut stage = Stage::new();
    let other = Other::beside(&mut stage);
    let early = member(&stage, 0).await;
    stage.clock.advance(1);
    endpoint(&stage, &["email", "company"]).await;
    let sign_up = member(&stage, 100).await;
    let (_, access) = access(&stage, 100).await;
    make(&stage, &access, &changes(ID, vec![change("company", WhatToDo::TakeBack)])).await.unwrap();
    send(&stage.space).await;
    let bodies = other.bodies();
    assert_eq!(types(&bodies), ["sign_up.received", "sign_up.approved", "details.taken_back"]);
    for body in &bodies {
        assert_eq!(body["data"]["values"], json!({"email": CANARIES[0]}), "as it is when it is sent");
    }
    assert_eq!(bodies[2]["data"]["details"], json!(["company"]));
    assert!(entries(&stage).await.contains(&EntryKind::HandedOn));
    let seen = stage.space.member_details(&Caller { access: &access, proof: fresh(&stage) }).await.unwrap();
    let handed: Vec<_> =
        seen.handed_on.iter().map(|one| (one.to.as_str(), one.details.clone(), one.confirmed)).collect();
    assert_eq!(handed, [("Door list", vec!["email".to_owned()], true)]);

    // Of whoever answered before there was this recipient it gets no values.
    stage.space.end_membership(early.member.as_deref().unwrap()).await.unwrap();
    send(&stage.space).await;
    let bodies = other.bodies();
    assert_eq!(types(&bodies), ["membership.ended"]);
    assert_eq!(bodies[0]["data"].get("values"), None);
    assert_eq!(bodies[0]["data"]["person"], json!(early.id));

    leave(&stage, &super::access(&stage, 100).await.1).await;
    send(&stage.space).await;
    let bodies = other.bodies();
    assert_eq!(types(&bodies), ["membership.ended", "person.erased"]);
    assert!(bodies.iter().all(|body| body["data"].get("values").is_none()), "nothing is left to be sent");
    assert_eq!(bodies[1]["data"]["person"], json!(sign_up.id));
}

#[tokio::test]
async fn what_does_not_arrive_is_tried_again_less_and_less_often_and_given_up_after_days() {
    let mut stage = Stage::new();
    let other = Other::beside(&mut stage);
    endpoint(&stage, &[]).await;
    let asked = stage.space.ask("ask-the-team").await.unwrap();
    stage.give(&stage.answer(&asked, stage.key().public_jwk(), Way::NoScreen, None)).await.unwrap();
    let mut ids = BTreeSet::new();
    for delay in SCHEDULE {
        other.will_answer([Ok(status(503))]);
        send(&stage.space).await;
        let came = other.came();
        assert_eq!(came.len(), 1, "after {delay}");
        ids.insert(header(&came[0], "webhook-id"));
        stage.clock.advance(delay - 1);
        send(&stage.space).await;
        assert_eq!(other.came().len(), 0, "not before {delay}");
        stage.clock.advance(1);
    }
    other.will_answer([Err(OutboundError::TimedOut)]);
    send(&stage.space).await;
    assert_eq!((other.came().len(), ids.len()), (1, 1), "always the same identifier");
    let [given_up] = stage.space.unconfirmed(10).await.unwrap().try_into().unwrap();
    assert_eq!(given_up.state, State::GivenUp);
    assert_eq!(given_up.last.unwrap().code.as_deref(), Some("timed_out"));
    stage.clock.advance(30 * DAY);
    send(&stage.space).await;
    assert_eq!(other.came().len(), 0);

    // The team has it sent again.
    stage.space.send_again(&given_up.id).await.unwrap();
    send(&stage.space).await;
    let came = other.came();
    assert_eq!(ids.into_iter().collect::<Vec<_>>(), [header(&came[0], "webhook-id")]);
    assert_eq!(stage.space.unconfirmed(10).await.unwrap(), []);
    // An endpoint may be told twice; nothing else of it changes.
    stage.space.send_again(&given_up.id).await.unwrap();
    send(&stage.space).await;
    assert_eq!(other.came().len(), 1);
    assert!(stage.space.send_again("msg_nothing").await.is_err());
}

#[tokio::test]
async fn an_erasure_is_never_overtaken_by_what_came_before_it() {
    let mut stage = Stage::new();
    let other = Other::beside(&mut stage);
    endpoint(&stage, &["email"]).await;
    member(&stage, 0).await;
    let (_, access) = access(&stage, 0).await;
    other.will_answer([Ok(status(204)), Ok(status(204)), Ok(status(500))]);
    send(&stage.space).await;
    make(&stage, &access, &changes(ID, vec![change("company", WhatToDo::TakeBack)])).await.unwrap();
    leave(&stage, &access).await;
    send(&stage.space).await;
    assert_eq!(types(&other.bodies()), ["sign_up.received", "sign_up.approved", "details.taken_back"]);
    send(&stage.space).await;
    assert_eq!(other.came().len(), 0, "the rest waits for the one that failed");
    stage.clock.advance(5);
    send(&stage.space).await;
    assert_eq!(types(&other.bodies()), ["details.taken_back", "membership.ended", "person.erased"]);
    assert_eq!(stage.space.unconfirmed(10).await.unwrap(), []);
}

/// A client whose calls never end, for a server that is killed meanwhile.
struct Stuck(Arc<Mutex<Vec<Request>>>);

impl Fetch for Stuck {
    fn fetch(&self, request: Request) -> Fetching<'_> {
        self.0.lock().unwrap().push(request);
        Box::pin(std::future::pending())
    }
}

#[tokio::test]
async fn what_a_killed_server_was_about_to_send_another_sends_under_the_same_identifier() {
    let mut stage = Stage::new();
    let other = Other::beside(&mut stage);
    endpoint(&stage, &[]).await;
    let asked = stage.space.ask("ask-the-team").await.unwrap();
    stage.give(&stage.answer(&asked, stage.key().public_jwk(), Way::NoScreen, None)).await.unwrap();
    let begun = Arc::new(Mutex::new(Vec::new()));
    let killed = stage.space.clone().with_outgoing(Arc::new(Stuck(Arc::clone(&begun))));
    let work = send(&killed);
    assert!(tokio::time::timeout(std::time::Duration::from_millis(200), work).await.is_err());
    let before = header(&begun.lock().unwrap()[0], "webhook-id");
    send(&stage.space).await;
    assert_eq!(other.came().len(), 0, "it may still be under way");
    stage.clock.advance(60);
    send(&stage.space).await;
    let came = other.came();
    assert_eq!((came.len(), header(&came[0], "webhook-id")), (1, before));
}

#[tokio::test]
async fn of_two_servers_one_sends() {
    let mut stage = Stage::new();
    let other = Other::beside(&mut stage);
    endpoint(&stage, &[]).await;
    let more = stage.started_with(&[]);
    for place in 0..3 {
        member(&stage, place * 100).await;
    }
    tokio::join!(send(&stage.space), send(&more), send(&stage.space));
    let mut ids: Vec<String> = other.came().iter().map(|one| header(one, "webhook-id")).collect();
    let sent = ids.len();
    ids.sort();
    ids.dedup();
    assert_eq!((sent, ids.len()), (6, 6));
}

#[tokio::test]
async fn a_refused_applicant_and_whoever_did_not_come_back_are_told_of_as_far_as_they_were_known() {
    let mut stage = Stage::new();
    let other = Other::beside(&mut stage);
    endpoint(&stage, &["email"]).await;
    let asked = stage.space.ask("ask-the-team").await.unwrap();
    stage.give(&stage.answer(&asked, stage.key().public_jwk(), Way::NoScreen, None)).await.unwrap();
    let sign_up = stage.space.sign_up_for(&asked.id).await.unwrap().unwrap();
    stage.space.decide(&sign_up.id, network::decision::Outcome::Declined, None).await.unwrap();
    send(&stage.space).await;
    let bodies = other.bodies();
    assert_eq!(types(&bodies), ["sign_up.received", "sign_up.declined", "person.erased"]);
    assert!(
        bodies.iter().all(|body| body["data"].get("values").is_none()),
        "they were gone when it was sent"
    );

    let asked = stage.space.ask("ask-the-team").await.unwrap();
    let session = super::super::stage::browser();
    let way = Way::SameDevice { session };
    stage.give(&stage.answer(&asked, stage.key().public_jwk(), way, None)).await.unwrap();
    use presentation::{Receiving, Settlement};
    let dropped = stage.space.settle(&asked.id, Settlement::Rejected).await.unwrap();
    stage.store(dropped.as_ref()).await;
    send(&stage.space).await;
    assert_eq!(other.came().len(), 0, "nobody was told of them");
}

#[tokio::test]
async fn details_that_need_not_be_kept_any_longer_are_unsaid_and_then_the_person() {
    let mut stage = Stage::new();
    let other = Other::beside(&mut stage);
    endpoint(&stage, &["email"]).await;
    let sign_up = member(&stage, 0).await;
    stage.space.end_membership(sign_up.member.as_deref().unwrap()).await.unwrap();
    send(&stage.space).await;
    other.came();
    stage.clock.advance(30 * DAY);
    work(&stage).await;
    send(&stage.space).await;
    let bodies = other.bodies();
    assert_eq!(types(&bodies), ["details.expired"]);
    assert_eq!(bodies[0]["data"]["details"], json!(["email"]));
    assert_eq!(bodies[0]["data"].get("values"), None);
    assert_eq!(stage.space.handed_on(&sign_up.id).await.unwrap(), [], "nothing lies there any more");
    stage.clock.advance(60 * DAY);
    work(&stage).await;
    send(&stage.space).await;
    assert_eq!(types(&other.bodies()), ["person.erased"]);
}

/// Deliveries by event, for tests that look at one.
async fn of_event(stage: &Stage, event: Event) -> Delivery {
    let all: BTreeMap<String, Delivery> = stage
        .space
        .deliveries(50)
        .await
        .unwrap()
        .into_iter()
        .map(|one| (one.event.name().to_owned(), one))
        .collect();
    all[event.name()].clone()
}

//! Requests by template.

use network::seen_in_team::SeenInTeam;

use super::*;
use crate::outgoing::recipients::RecipientError;
use crate::team::Role;
use crate::team::looks::Looker;

pub(super) fn template(change: Value, auth: Value) -> Template {
    let text = json!({
        "name": "Desks", "auth": auth,
        "create": {"method": "POST", "url": "https://desks.example.org/people", "id": "/data/id",
            "body": {"mail": {"$detail": "email", "needed": true}, "firm": {"$detail": "company"},
                "born": {"$detail": "birthdate"}, "by": {"$person": true}}},
        "change": change,
        "erase": {"method": "DELETE", "url": "https://desks.example.org/people/{id}"},
    });
    Template::parse(&text.to_string()).unwrap()
}

pub(super) fn saying(missing: &Value) -> Value {
    json!({"method": "PATCH", "url": "https://desks.example.org/people/{id}",
        "body": {"mail": {"$detail": "email"}, "firm": {"$detail": "company", "missing": missing}}})
}

pub(super) async fn action(stage: &Stage, template: Template, secret: &str) -> Recipient {
    let secret = SecretText::new(secret);
    let (made, left_out) = stage.space.add_action("", template, &secret, ChangedBy::Terminal).await.unwrap();
    assert_eq!(left_out, ["birthdate"], "no form asks for it");
    stage.clock.advance(1);
    made
}

pub(super) fn created() -> Result<Response, OutboundError> {
    Ok(Response::of_json(StatusCode::CREATED, &json!({"data": {"id": 7_001}})))
}

pub(super) fn lines(came: &[Request]) -> Vec<String> {
    came.iter()
        .map(|one| format!("{} {} {}", one.method, one.url.path(), String::from_utf8_lossy(&one.body)))
        .collect()
}

#[tokio::test]
async fn somebody_is_made_changed_and_erased_there_by_the_identifier_that_was_given() {
    let mut stage = Stage::new();
    let other = Other::beside(&mut stage);
    action(&stage, template(saying(&Value::Null), json!("bearer")), "canary-token").await;
    assert_eq!(stage.traces_of(&["canary-token"]), 0);
    let sign_up = member(&stage, 0).await;
    let (_, access) = access(&stage, 0).await;
    other.will_answer([created()]);
    send(&stage.space).await;
    let came = other.came();
    let made = json!({"mail": CANARIES[0], "firm": "canary-company", "by": sign_up.id});
    assert_eq!(lines(&came), [format!("POST /people {made}")]);
    assert_eq!(header(&came[0], "authorization"), "Bearer canary-token");
    assert_eq!(
        header(&came[0], "idempotency-key"),
        format!("\"{}\"", of_event(&stage, Event::Approved).await.id)
    );
    assert_eq!(stage.traces_of(&["7001"]), 0, "the identifier lies sealed");
    let keys = stage.sealing_keys();

    make(&stage, &access, &changes(ID, vec![change("company", WhatToDo::TakeBack)])).await.unwrap();
    send(&stage.space).await;
    let changed = json!({"mail": CANARIES[0], "firm": null});
    assert_eq!(lines(&other.came()), [format!("PATCH /people/7001 {changed}")]);
    assert_eq!(stage.space.unconfirmed(10).await.unwrap(), []);
    let handed = stage.space.handed_on(&sign_up.id).await.unwrap();
    assert_eq!(handed[0].details, ["email"]);

    leave(&stage, &access).await;
    other.will_answer([Ok(status(404))]);
    send(&stage.space).await;
    assert_eq!(lines(&other.came()), ["DELETE /people/7001 "], "who is not there is erased");
    assert_eq!(stage.space.unconfirmed(10).await.unwrap(), []);
    work(&stage).await;
    assert!(stage.sealing_keys() < keys, "the key of the identifier is destroyed with that of the contact");
    assert_eq!(stage.space.handed_on(&sign_up.id).await.unwrap(), []);
}

#[tokio::test]
async fn who_is_told_late_of_somebody_who_is_gone_makes_nobody_and_erases_nobody() {
    let mut stage = Stage::new();
    let other = Other::beside(&mut stage);
    action(&stage, template(saying(&Value::Null), json!("none")), "").await;
    member(&stage, 0).await;
    let (_, access) = access(&stage, 0).await;
    leave(&stage, &access).await;
    send(&stage.space).await;
    assert_eq!(other.came().len(), 0);
    let all = states(&stage).await;
    assert_eq!(all, [(Event::Approved, State::NothingToSend), (Event::Erased, State::NothingToSend)]);
}

#[tokio::test]
async fn an_erasure_stays_unconfirmed_until_the_other_side_or_a_person_says_so() {
    let mut stage = Stage::new();
    let other = Other::beside(&mut stage);
    action(&stage, template(saying(&Value::Null), json!("none")), "").await;
    let sign_up = member(&stage, 0).await;
    let (_, access) = access(&stage, 0).await;
    other.will_answer([created()]);
    send(&stage.space).await;
    leave(&stage, &access).await;
    for _ in 0..SCHEDULE.len() + 4 {
        other.will_answer([Ok(status(401))]);
        send(&stage.space).await;
        let [open] = stage.space.unconfirmed(10).await.unwrap().try_into().unwrap();
        assert_eq!((open.event, &open.state), (Event::Erased, &State::Waiting), "it is never given up");
        assert_eq!(open.last.unwrap().status, Some(401));
        stage.clock.advance(DAY);
    }
    assert_eq!(other.came().len(), 1 + SCHEDULE.len() + 4);
    let erased = of_event(&stage, Event::Erased).await;
    for near in ["", "  ok ", "a\nb", &"x".repeat(201)] {
        let refused = stage.space.confirm_by_hand(&erased.id, near, None).await;
        assert!(matches!(refused, Err(RecipientError::BadReason)), "{near}");
    }
    stage.space.confirm_by_hand(&erased.id, "deleted in their console", Some("ada")).await.unwrap();
    let said = State::Said { by: Some("ada".to_owned()), reason: "deleted in their console".to_owned() };
    assert_eq!(of_event(&stage, Event::Erased).await.state, said);
    assert_eq!(stage.space.unconfirmed(10).await.unwrap(), []);
    let again = stage.space.confirm_by_hand(&erased.id, "deleted in their console", None).await;
    assert!(matches!(again, Err(RecipientError::NothingToDo)));
    send(&stage.space).await;
    assert_eq!(other.came().len(), 0);
    assert_eq!(stage.space.went_out(&sign_up.id, 10).await.unwrap().len(), 2, "the record stays for a while");
}

#[tokio::test]
async fn what_a_template_cannot_say_is_for_a_person() {
    let mut stage = Stage::new();
    let other = Other::beside(&mut stage);
    let change_alone = json!({"method": "PATCH", "url": "https://desks.example.org/people/{id}",
        "body": {"mail": {"$detail": "email"}, "firm": {"$detail": "company"}}});
    action(&stage, template(change_alone.clone(), json!("none")), "").await;
    let sign_up = member(&stage, 0).await;
    let (_, access) = access(&stage, 0).await;
    other.will_answer([created()]);
    send(&stage.space).await;
    make(&stage, &access, &changes(ID, vec![change("company", WhatToDo::TakeBack)])).await.unwrap();
    send(&stage.space).await;
    let [open] = stage.space.unconfirmed(10).await.unwrap().try_into().unwrap();
    assert_eq!((open.state, open.last.unwrap().code.unwrap().as_str()), (State::ByHand, "cannot_unsay"));
    let handed = stage.space.handed_on(&sign_up.id).await.unwrap();
    assert_eq!(
        (&handed[0].details[..], handed[0].confirmed),
        (&["company".to_owned(), "email".to_owned()][..], false)
    );
    stage.space.confirm_by_hand(&open.id, "emptied the field there", None).await.unwrap();
    let handed = stage.space.handed_on(&sign_up.id).await.unwrap();
    assert_eq!((&handed[0].details[..], handed[0].confirmed), (&["email".to_owned()][..], true));

    // Where a request replaces the whole, what it leaves out is gone.
    let mut stage = Stage::new();
    let other = Other::beside(&mut stage);
    let mut whole = change_alone;
    whole["method"] = json!("PUT");
    whole["replaces_whole"] = json!(true);
    action(&stage, template(whole, json!("none")), "").await;
    member(&stage, 0).await;
    let (_, access) = super::super::access(&stage, 0).await;
    other.will_answer([created()]);
    send(&stage.space).await;
    make(&stage, &access, &changes(ID, vec![change("company", WhatToDo::TakeBack)])).await.unwrap();
    send(&stage.space).await;
    assert_eq!(stage.space.unconfirmed(10).await.unwrap(), []);
}

#[tokio::test]
async fn without_an_identifier_or_with_one_that_is_none_nobody_can_be_erased_by_itself() {
    for answer in [
        Ok(status(204)),
        Ok(Response::of_json(StatusCode::OK, &json!({"data": {"id": null}}))),
        Ok(Response::of_json(StatusCode::OK, &json!({"data": {"id": "x".repeat(257)}}))),
        Ok(Response::new(StatusCode::OK, http::HeaderMap::new(), "{")),
    ] {
        let mut stage = Stage::new();
        let other = Other::beside(&mut stage);
        action(&stage, template(saying(&Value::Null), json!("none")), "").await;
        member(&stage, 0).await;
        let (_, access) = access(&stage, 0).await;
        other.will_answer([answer]);
        send(&stage.space).await;
        leave(&stage, &access).await;
        send(&stage.space).await;
        assert_eq!(other.came().len(), 1);
        let all = states(&stage).await;
        assert_eq!(all, [(Event::Approved, State::ByHand), (Event::Erased, State::ByHand)]);
    }
}

#[tokio::test]
async fn each_way_of_saying_who_asks_and_none_of_them_is_shown() {
    let client =
        json!({"client_credentials": {"token_url": "https://id.example.org/token", "scope": "people"}});
    for (auth, secret, sent, shown) in [
        (json!("none"), "", None, None),
        (json!("bearer"), "canary-secret", Some("Bearer canary-secret"), Some("Bearer ••••••")),
        (json!("basic"), "desk:canary-secret", Some("Basic ZGVzazpjYW5hcnktc2VjcmV0"), Some("Basic ••••••")),
        (
            json!({"header": {"name": "Authorization", "prefix": "KISI-LOGIN "}}),
            "canary-secret",
            Some("KISI-LOGIN canary-secret"),
            Some("KISI-LOGIN ••••••"),
        ),
        (client, "desk:canary-secret", Some("Bearer one-hour"), Some("Bearer ••••••")),
    ] {
        let mut stage = Stage::new();
        let other = Other::beside(&mut stage);
        let made = action(&stage, template(saying(&Value::Null), auth.clone()), secret).await;
        member(&stage, 0).await;
        let run = stage.space.dry_run(&made.id, Looker::Teammate("ada", Role::Owner)).await.unwrap();
        assert_eq!(other.came().len(), 0, "nothing is sent");
        assert!(entries(&stage).await.contains(&EntryKind::Looked));
        assert_eq!(
            run.steps.iter().map(|(name, _)| *name).collect::<Vec<_>>(),
            ["create", "change", "erase"]
        );
        let (_, create) = &run.steps[0];
        let create = create.clone().unwrap();
        assert!(create.body.contains(CANARIES[0]) && create.method == "POST");
        let authorization = create.headers.iter().find(|(name, _)| name == "authorization");
        assert_eq!(authorization.map(|(_, value)| value.as_str()), shown, "{auth}");
        assert!(!format!("{:?}", create.headers).contains("canary-secret"));
        other.will_answer([
            Ok(Response::of_json(
                StatusCode::OK,
                &json!({"access_token": "one-hour", "token_type": "Bearer"}),
            )),
            created(),
        ]);
        if sent != Some("Bearer one-hour") {
            other.will_answer([created()]);
        }
        send(&stage.space).await;
        let came = other.came();
        let last = came.last().unwrap();
        assert_eq!(last.headers.get("authorization").map(|value| value.to_str().unwrap()), sent, "{auth}");
        if came.len() == 2 {
            let form = String::from_utf8(came[0].body.to_vec()).unwrap();
            assert_eq!(
                form,
                "grant_type=client_credentials&client_id=desk&client_secret=canary-secret&scope=people"
            );
        }
        assert_eq!(stage.space.unconfirmed(10).await.unwrap(), []);
    }
}

#[tokio::test]
async fn what_is_for_others_of_the_team_goes_where_the_member_was_told_and_is_not_read_on_the_way() {
    let mut stage = Stage::new();
    let other = Other::beside(&mut stage);
    let mut owners = stage.space.form("sign-up").await.unwrap().unwrap().form;
    owners.fields[2].seen_in_team = SeenInTeam::Owner;
    stage.space.change_form(owners, Some(0), ChangedBy::Terminal).await.unwrap();
    let made = action(&stage, template(saying(&Value::Null), json!("bearer")), "canary-token").await;
    member(&stage, 0).await;
    let body = async |looker: Looker<'_>| {
        let run = stage.space.dry_run(&made.id, looker).await.unwrap();
        run.steps[0].1.clone().unwrap().body
    };
    let manager = body(Looker::Teammate("mara", Role::Manager)).await;
    assert!(manager.contains(CANARIES[0]) && manager.contains("‹company›"), "{manager}");
    assert!(!manager.contains("canary-company"), "{manager}");
    let looks = stage.space.looks(1).await.unwrap();
    assert_eq!(looks[0].names, ["email"]);
    let owner = body(Looker::Teammate("olga", Role::Owner)).await;
    assert!(owner.contains("canary-company"), "{owner}");
    other.will_answer([created()]);
    send(&stage.space).await;
    assert!(lines(&other.came())[0].contains("canary-company"), "its recipient was named with the question");
}

//! What goes out: who is told, what is not confirmed, and what the team does about it.

use std::sync::Arc;

use outbound::{Response, Scripted};
use verifier::Space;
use verifier::outgoing::records::State;

use super::deciding::waiting;
use super::*;

const TOLD: &[(&str, &str)] = &[
    ("name", "Door list"),
    ("url", "https://hooks.example.org/in"),
    ("event-sign_up.approved", "on"),
    ("event-details.taken_back", "on"),
];

/// The space sending to somebody who always answers this.
fn answered_with(scene: &Scene, status: u16) -> (Space, Arc<Scripted>) {
    let status = http::StatusCode::from_u16(status).unwrap();
    let fetch = Arc::new(Scripted::new(move |_| Ok(Response::of_json(status, &json!({"id": "their-7001"})))));
    let (space, _) = scene.stage.space();
    (space.with_outgoing(Arc::clone(&fetch) as Arc<dyn outbound::Fetch>), fetch)
}

async fn send_all(space: &Space) {
    for recipient in space.recipients_to_serve().await.unwrap() {
        space.send_to(&recipient).await.unwrap();
    }
}

#[tokio::test]
async fn the_team_adds_an_endpoint_sees_its_secret_once_tests_it_and_ends_it() {
    let scene = Scene::new();
    let (mut manager, _) = Console::of_role(&scene, "Mara", Role::Manager).await;
    let page = manager.get("/console/outgoing").await;
    assert!(
        page.text.contains("Nothing goes out yet.") && page.text.contains("An empty template"),
        "{}",
        page.text
    );
    for (near, said) in [
        (
            vec![("name", "Door list"), ("url", "http://x.example/"), ("event-sign_up.approved", "on")],
            "The address is https",
        ),
        (
            vec![("name", " "), ("url", "https://x.example/"), ("event-sign_up.approved", "on")],
            "Say in 1 to 64 characters",
        ),
        (vec![("name", "Door list"), ("url", "https://x.example/")], "Choose at least one thing"),
        ([TOLD, &[("claim-phone_number", "on")]].concat(), "No form of yours asks for"),
    ] {
        let wrong = manager.press("/console/outgoing", &near).await;
        assert_eq!(wrong.status, 422, "{said}");
        assert!(wrong.text.contains(said), "{said}: {}", wrong.text);
    }
    let made = manager.press("/console/outgoing", TOLD).await;
    assert_eq!(made.status, 200, "{}", made.text);
    assert!(made.text.contains("whsec_") && made.text.contains("It is shown this once."));
    let (space, _) = scene.stage.space();
    let id = space.recipients().await.unwrap().pop().unwrap().id;
    let listed = manager.get("/console/outgoing").await;
    assert!(listed.text.contains("Gets no details") && !listed.text.contains("whsec_"));
    assert!(listed.text.contains("Is told of: Approved, Details taken back"), "{}", listed.text);

    let tested = manager.press("/console/outgoing/test", &[("id", &id)]).await;
    assert_eq!(tested.header("location"), "/console/outgoing?done=test");
    let (sending, fetch) = answered_with(&scene, 204);
    send_all(&sending).await;
    assert_eq!(fetch.calls().len(), 1);
    assert!(manager.get("/console/outgoing?done=test").await.text.contains("Confirmed, "));
    let renewed = manager.press("/console/outgoing/secret", &[("id", &id)]).await;
    assert!(renewed.text.contains("whsec_") && renewed.text.contains("the one of before signs as well"));
    let ended = manager.press("/console/outgoing/end", &[("id", &id)]).await;
    assert_eq!(ended.header("location"), "/console/outgoing?done=ended&people=0");
    assert!(space.recipients().await.unwrap().is_empty());
    for gone in ["end", "secret", "test", "dry-run"] {
        let again = manager.press(&format!("/console/outgoing/{gone}"), &[("id", &id)]).await;
        assert_eq!(again.status, 422, "{gone}");
    }
}

#[tokio::test]
async fn what_is_not_confirmed_is_red_on_the_first_page_until_it_is_or_somebody_says_so() {
    let scene = Scene::new();
    let (mut manager, _) = Console::of_role(&scene, "Mara", Role::Manager).await;
    let (mut desk, _) = Console::of_role(&scene, "Dora", Role::Desk).await;
    manager.press("/console/outgoing", TOLD).await;
    let id = waiting(&scene).await;
    assert_eq!(desk.press(&format!("/console/sign-ups/{id}/approve"), &[]).await.status, 200);
    let (failing, _) = answered_with(&scene, 503);
    send_all(&failing).await;
    let red = "1 change was not confirmed by other software.";
    let first = manager.get("/console").await;
    assert!(first.text.contains(red) && first.text.contains("/console/outgoing#open"), "{}", first.text);
    assert!(!desk.get("/console").await.text.contains(red), "the desk can do nothing about it");
    let person = desk.get(&format!("/console/contacts/{id}")).await;
    assert!(
        person.text.contains("What went out") && person.text.contains("its answer was 503"),
        "{}",
        person.text
    );
    let listed = manager.get("/console/outgoing").await;
    assert!(listed.text.contains("Tries: 1. The last: its answer was 503."), "{}", listed.text);

    let (space, _) = scene.stage.space();
    let delivery = space.unconfirmed(10).await.unwrap().pop().unwrap().id;
    let near = manager.press("/console/outgoing/confirm", &[("id", &delivery), ("reason", "no")]).await;
    assert!(near.status == 422 && near.text.contains("Say in 3 to 200 characters"), "{}", near.text);
    let again = manager.press("/console/outgoing/again", &[("id", &delivery)]).await;
    assert_eq!(again.header("location"), "/console/outgoing?done=again");
    send_all(&failing).await;
    let fields = [("id", delivery.as_str()), ("reason", "I told them by telephone")];
    let said = manager.press("/console/outgoing/confirm", &fields).await;
    assert_eq!(said.header("location"), "/console/outgoing?done=said");
    assert!(!manager.get("/console").await.text.contains(red));
    let listed = manager.get("/console/outgoing").await;
    assert!(listed.text.contains("Done by hand, says Mara: I told them by telephone"), "{}", listed.text);
    for gone in ["confirm", "again"] {
        let nothing = manager.press(&format!("/console/outgoing/{gone}"), &fields).await;
        assert_eq!(nothing.status, 409, "{gone}");
    }
}

#[tokio::test]
async fn a_template_is_tried_on_the_last_sign_up_and_its_secret_is_never_shown() {
    let scene = Scene::new();
    let (mut owner, _) = Console::of_role(&scene, "Ines", Role::Owner).await;
    for key in ["cobot", "nexudus", "officernd"] {
        let page = owner.get(&format!("/console/outgoing/action?template={key}")).await;
        assert!(page.status == 200 && page.text.contains("checked against published API text only"), "{key}");
    }
    let empty = owner.get("/console/outgoing/action?template=nothing").await;
    assert!(empty.status == 200 && empty.text.contains("YOUR-SOFTWARE"));
    let template = r#"{"name": "Desks", "auth": "bearer", "create": {"method": "POST",
        "url": "https://desks.example/people", "id": "/id",
        "body": {"mail": {"$detail": "email", "needed": true}, "phone": {"$detail": "phone_number"}}},
        "erase": {"method": "DELETE", "url": "https://desks.example/people/{id}"}}"#;
    let add =
        |template: String, secret: &'static str| vec![("template", template), ("secret", secret.to_owned())];
    for (near, said) in [
        (add(template.replace("POST", "GET"), "canary-key"), "not a GET"),
        (add("{".to_owned(), "canary-key"), "Something is wrong with the template"),
        (add(template.to_owned(), ""), "This software wants a key or password"),
        (
            add(template.replace(r#""phone_number""#, r#""phone_number", "needed": true"#), "canary-key"),
            "No form of yours asks for",
        ),
    ] {
        let fields: Vec<(&str, &str)> = near.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let wrong = owner.press("/console/outgoing/action", &fields).await;
        assert!(wrong.status == 422 && wrong.text.contains(said), "{said}: {} {}", wrong.status, wrong.text);
        assert!(!wrong.text.contains("canary-key"), "a secret is not shown again");
    }
    let made =
        owner.press("/console/outgoing/action", &[("template", template), ("secret", "canary-key")]).await;
    assert!(
        made.status == 200 && made.text.contains("Left out, because no form of yours asks for it"),
        "{}",
        made.text
    );
    let (space, _) = scene.stage.space();
    let id = space.recipients().await.unwrap().pop().unwrap().id;
    let dry = owner.press("/console/outgoing/dry-run", &[("id", &id)]).await;
    assert!(dry.text.contains("Nobody has signed up yet") && dry.text.contains("‹email›"), "{}", dry.text);
    let person = waiting(&scene).await;
    let dry = owner.press("/console/outgoing/dry-run", &[("id", &id)]).await;
    assert!(dry.text.contains("ada@example.org") && dry.text.contains(&person), "{}", dry.text);
    assert!(dry.text.contains("Bearer ••••••") && !dry.text.contains("canary-key"));
    let look = space.looks(10).await.unwrap().into_iter().find(|look| look.how == "dry-run").unwrap();
    assert_eq!((look.whose.as_deref(), look.names), (Some(person.as_str()), vec!["email".to_owned()]));
    assert!(
        owner.get("/console/looks").await.text.contains("what would go out"),
        "it is in the list of looks"
    );
    assert!(space.deliveries(10).await.unwrap().is_empty(), "nothing was sent");
    let listed = owner.get("/console/outgoing").await;
    assert!(listed.text.contains("Gets: E-mail") && !listed.text.contains("canary-key"));
}

#[tokio::test]
async fn what_belongs_in_a_template_is_asked_for_and_nothing_is_entered_without_it() {
    let scene = Scene::new();
    let (mut owner, _) = Console::of_role(&scene, "Ines", Role::Owner).await;
    let page = owner.get("/console/outgoing/action?template=nexudus").await;
    assert!(
        page.text.contains(r#"name="set-COUNTRY-ID""#) && page.text.contains(r#"name="set-TIME-ZONE-ID""#)
    );
    let template = crate::console::outgoing::known::text("nexudus");
    let base = [("template", template), ("secret", "canary:key")];
    for (set, field, said) in [
        (&[][..], "replace", "or write it into the template: COUNTRY-ID, TIME-ZONE-ID"),
        (&[("set-COUNTRY-ID", "724")], "replace", "or write it into the template: TIME-ZONE-ID"),
        (
            &[("set-COUNTRY-ID", "Spain"), ("set-TIME-ZONE-ID", "1")],
            "replace",
            "This cannot stand where the template has COUNTRY-ID",
        ),
        (&[("set-OTHER", "1")], "template", "nothing in this template is to be replaced at OTHER"),
    ] {
        let wrong = owner.press("/console/outgoing/action", &[&base[..], set].concat()).await;
        let (anchor, filled) =
            (format!("href=\"#{field}\""), set.iter().all(|(_, value)| wrong.text.contains(value)));
        assert!(
            wrong.status == 422 && wrong.text.contains(said) && wrong.text.contains(&anchor),
            "{}",
            wrong.text
        );
        assert!(filled && !wrong.text.contains("canary:key"), "what was typed stays, but for the secret");
    }
    let (space, _) = scene.stage.space();
    assert!(space.recipients().await.unwrap().is_empty());
    let set = [("set-COUNTRY-ID", "724"), ("set-TIME-ZONE-ID", "41")];
    let made = owner.press("/console/outgoing/action", &[&base[..], &set].concat()).await;
    assert_eq!(made.status, 200, "{}", made.text);
    let id = space.recipients().await.unwrap().pop().unwrap().id;
    let dry = owner.press("/console/outgoing/dry-run", &[("id", &id)]).await;
    assert!(
        dry.text.contains("&quot;CountryId&quot;: 724")
            || dry.text.contains("\u{22}CountryId\u{22}: 724")
            || dry.text.contains("&#34;CountryId&#34;: 724"),
        "{}",
        dry.text
    );
}

#[tokio::test]
async fn who_gets_something_of_it_is_said_where_people_are_asked() {
    let scene = Scene::new();
    let (mut manager, _) = Console::of_role(&scene, "Mara", Role::Manager).await;
    let asked = async |scene: &Scene| Console::new(scene).get("/join").await.text;
    let said = "Goes on to Door list: E-mail";
    assert!(!asked(&scene).await.contains("Goes on to"));
    manager.press("/console/outgoing", TOLD).await;
    assert!(!asked(&scene).await.contains("Goes on to"), "names of details are none");
    let same = manager.press("/console/outgoing", &[TOLD, &[("claim-email", "on")]].concat()).await;
    assert!(same.status == 422 && same.text.contains("Another recipient has this name already"));
    let (space, _) = scene.stage.space();
    let first = space.recipients().await.unwrap().pop().unwrap().id;
    manager.press("/console/outgoing/end", &[("id", &first)]).await;
    manager.press("/console/outgoing", &[TOLD, &[("claim-email", "on")]].concat()).await;
    let page = asked(&scene).await;
    assert!(page.contains(said), "{page}");
    for one in space.recipients().await.unwrap() {
        manager.press("/console/outgoing/end", &[("id", &one.id)]).await;
    }
    assert!(!asked(&scene).await.contains("Goes on to"));
}

#[tokio::test]
async fn commands_about_what_goes_out_say_why_they_do_nothing() {
    let scene = Scene::new();
    let (space, presentation) = scene.stage.space();
    let ask = async |request: Value| crate::handle(&space, &presentation, request).await;
    let add = |event: &str| {
        json!({"command": "verifier.outgoing.webhook", "name": "Door list",
            "url": "https://hooks.example.org/in", "events": [event], "claims": ["email"]})
    };
    let refused = ask(add("sign_up.forgotten")).await.unwrap_err();
    assert!(
        refused.starts_with("there is no event sign_up.forgotten; there are sign_up.received"),
        "{refused}"
    );
    let made = ask(add("sign_up.approved")).await.unwrap();
    assert!(made["secret"].as_str().unwrap().starts_with("whsec_"));
    let listed = ask(json!({"command": "verifier.outgoing.list"})).await.unwrap();
    assert_eq!(listed["recipients"][0]["id"], made["id"]);
    assert!(!listed.to_string().contains("whsec_"));
    let about =
        |command: &str, id: &Value| json!({"command": format!("verifier.outgoing.{command}"), "id": id});
    let test = ask(about("test", &made["id"])).await.unwrap();
    assert_eq!((&test["to"], &test["sent"]["type"]), (&json!("https://hooks.example.org"), &json!("test")));
    assert!(!test.to_string().contains("/in"), "the host alone");
    let (sending, _) = answered_with(&scene, 500);
    send_all(&sending).await;
    assert_eq!(sending.deliveries(1).await.unwrap()[0].state, State::GivenUp);
    ask(about("again", &test["delivery"])).await.unwrap();
    let no_such = json!("x");
    for command in ["test", "new-secret", "remove", "dry-run"] {
        let refused = ask(about(command, &no_such)).await.unwrap_err();
        assert!(refused.starts_with("there is no such"), "{command}: {refused}");
    }
    let refused = ask(about("again", &no_such)).await.unwrap_err();
    assert_eq!(refused, "this was confirmed already, or is gone");
    let template = ask(json!({"command": "verifier.outgoing.template", "key": "cobot"})).await.unwrap();
    assert_eq!(template["name"], "Cobot");
    let refused = ask(json!({"command": "verifier.outgoing.template", "key": "x"})).await.unwrap_err();
    assert_eq!(refused, "there are cobot, nexudus, officernd, empty");
    let begin = |template: &str, set: Value| json!({"command": "verifier.outgoing.action", "template": template, "secret": "s", "set": set});
    let refused = ask(begin("cobot", json!({"PLAN-ID": "7"}))).await.unwrap_err();
    assert_eq!(
        refused,
        "it still has texts that stand for yours: your-space (the name of your space in its address at Cobot); \
         give them with --set your-space=…, or write yours into the file"
    );
    let refused = ask(begin("cobot", json!({"PLAN": "7"}))).await.unwrap_err();
    assert_eq!(refused, "nothing in this template is to be replaced at PLAN");
    let set = json!({"YOUR-SOFTWARE": "Desks", "software.example": "desks.example.org"});
    let action = ask(begin("empty", set)).await.unwrap();
    let dry = ask(about("dry-run", &action["id"])).await.unwrap();
    assert_eq!(dry["requests"].as_array().unwrap().len(), 3);
    let ended = ask(about("remove", &made["id"])).await.unwrap();
    assert_eq!(ended["people_still_there"], 0);
    assert_eq!(ended["what_follows"], "nobody had gone there, so it is gone");
    let other = ask(add("sign_up.approved")).await.unwrap();
    let id = waiting(&scene).await;
    space.decide(&id, network::decision::Outcome::Approved, None).await.unwrap();
    let (sending, _) = answered_with(&scene, 204);
    send_all(&sending).await;
    let closing = ask(about("remove", &other["id"])).await.unwrap();
    assert_eq!(closing["people_still_there"], 1);
    assert!(closing["what_follows"].as_str().unwrap().starts_with("nobody new goes there;"), "{closing}");
}

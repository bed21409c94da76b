//! What programs see and do.

use verifier::form::{Approval, Form, Only, SeenInTeam};

use super::*;
use crate::tests::outbox::number;
use crate::tests::rules::change;
use crate::tests::stage::form;

#[tokio::test]
async fn a_program_reads_who_is_there_without_values_and_values_by_a_step_that_is_noted() {
    let scene = Scene::new();
    let id = waits_for_software(&scene).await;
    let key = key(&scene, "billing").await;
    let one = format!("/api/v1/contacts/{id}");
    let contact = get(&scene, &one, &key).await;
    assert_eq!(
        (contact.status.as_u16(), &contact.json()["state"]),
        (200, &json!("waiting")),
        "{}",
        contact.text
    );
    let (space, _) = scene.stage.space();
    for path in ["/api/v1/contacts", &one, "/api/v1/sign-ups", "/api/v1/memberships", "/api/v1/forms"] {
        let listed = get(&scene, path, &key).await;
        assert_eq!(listed.status, 200, "{path}: {}", listed.text);
        assert!(!listed.text.contains('@') && !listed.text.contains("Ada"), "{path}: {}", listed.text);
    }
    assert_eq!(space.looks(10).await.unwrap().len(), 0, "nobody looked");
    let values = get(&scene, &format!("{one}/values"), &key).await;
    assert_eq!(values.status, 200, "{}", values.text);
    let given = values.json()["given"].as_array().unwrap().clone();
    let email = given.iter().find(|one| one["claim"] == "email").unwrap();
    assert!(email["value"].as_str().unwrap().contains('@'));
    let looks = space.looks(10).await.unwrap();
    assert_eq!((looks.len(), looks[0].by.as_deref()), (1, Some("token:billing")));
    assert_eq!(looks[0].whose.as_deref(), Some(id.as_str()));
    // What is gone is not there: a refused applicant's details are erased at once.
    let decided =
        post(&scene, &format!("/api/v1/sign-ups/{id}/decision"), &key, json!({"outcome": "declined"})).await;
    assert_eq!(decided.json()["state"], "declined", "{}", decided.text);
    for path in [one.clone(), format!("{one}/values"), format!("/api/v1/sign-ups/{id}/values")] {
        assert_eq!(said(&get(&scene, &path, &key).await), (404, "not_found".to_owned()), "{path}");
    }
    assert_eq!(space.looks(10).await.unwrap().len(), 1, "and nobody looked again");
    let decided = space.sign_up(&id).await.unwrap().unwrap().decided.unwrap();
    assert_eq!(decided.who.as_deref(), Some("token:billing"), "the team sees which program it was");
}

#[tokio::test]
async fn a_program_gets_what_is_for_the_whole_team_whoever_made_its_key() {
    let scene = Scene::new();
    let mut narrowed = form("elsewhere", Approval::Elsewhere);
    narrowed.fields[0].seen_in_team = SeenInTeam::OwnerAndManagers;
    change(&scene, narrowed).await;
    let id = waits_for_software_again(&scene).await;
    let key = key(&scene, "billing").await;
    for path in [format!("/api/v1/contacts/{id}/values"), format!("/api/v1/sign-ups/{id}/values")] {
        let values = get(&scene, &path, &key).await;
        assert!(values.status == 200 && !values.text.contains('@'), "{path}: {}", values.text);
        let given = values.json()["given"].as_array().unwrap().clone();
        let of = |claim: &str| given.iter().find(|one| one["claim"] == claim).unwrap().clone();
        assert_eq!(of("email")["seen_in_team"], "owner-and-managers");
        assert!(of("email").get("value").is_none());
        assert_eq!(
            (&of("given_name")["value"], &of("given_name")["seen_in_team"]),
            (&json!("Ada"), &json!("team"))
        );
    }
}

#[tokio::test]
async fn a_sign_up_of_which_nobody_knows_who_was_there_is_nobodys() {
    let scene = Scene::new();
    let key = key(&scene, "desk").await;
    let mut browser = Browser::new(&scene);
    let link = browser.ask("link").await;
    let reply = scene.wallet().answer(&scene.router(), &link).await;
    assert_eq!(reply.status, 200);
    let (space, _) = scene.stage.space();
    let asked = space.contacts_after(None, 10).await.unwrap();
    assert_eq!(asked.items.len(), 0);
    for path in ["/api/v1/contacts", "/api/v1/sign-ups", "/api/v1/sign-ups?state=approved"] {
        let listed = get(&scene, path, &key).await.json();
        let lines = listed.as_object().unwrap().values().find_map(Value::as_array).unwrap().clone();
        assert_eq!(lines, Vec::<Value>::new(), "{path}");
    }
    browser.get(&stage::path(reply.json()["redirect_uri"].as_str().unwrap())).await;
    assert_eq!(browser.state().await, "joined");
    let listed = get(&scene, "/api/v1/contacts", &key).await.json();
    assert_eq!((&listed["contacts"][0]["state"], &listed["next"]), (&json!("member"), &Value::Null));
    let approved = get(&scene, "/api/v1/sign-ups?state=approved", &key).await.json();
    assert_eq!(approved["sign_ups"][0]["decided_by"], "rule");
}

#[tokio::test]
async fn lists_go_on_where_the_page_before_ended_and_tell_everything_once() {
    let scene = Scene::new();
    let key = key(&scene, "desk").await;
    let mut ids = vec![waits_for_software(&scene).await];
    for _ in 0..4 {
        scene.clock.advance(1);
        ids.push(waits_for_software_again(&scene).await);
    }
    for (path, named, in_order) in [
        ("/api/v1/sign-ups", "sign_ups", true),
        ("/api/v1/sign-ups?state=waiting", "sign_ups", true),
        ("/api/v1/contacts", "contacts", false),
    ] {
        let (mut seen, mut after, mut pages) = (Vec::new(), String::new(), 0);
        loop {
            let mark = if path.contains('?') { '&' } else { '?' };
            let page = get(&scene, &format!("{path}{mark}limit=2{after}"), &key).await;
            assert_eq!(page.status, 200, "{}", page.text);
            let lines = page.json()[named].as_array().unwrap().clone();
            assert!(lines.len() <= 2);
            seen.extend(lines.iter().map(|line| line["id"].as_str().unwrap().to_owned()));
            pages += 1;
            match page.json()["next"].as_str() {
                Some(next) => after = format!("&after={next}"),
                None => break,
            }
        }
        assert!((3..=4).contains(&pages), "{path}: {pages}");
        let mut wanted = ids.clone();
        if !in_order {
            wanted.sort();
            seen.sort();
        }
        assert_eq!(seen, wanted, "{path}");
    }
    let decide = format!("/api/v1/sign-ups/{}/decision", ids[0]);
    post(&scene, &decide, &key, json!({"outcome": "approved"})).await;
    let approved = get(&scene, "/api/v1/sign-ups?state=approved&limit=1", &key).await.json();
    assert_eq!(approved["sign_ups"][0]["id"], ids[0].as_str());
    for wrong in ["state=perhaps", "state=", "limit=0", "limit=101", "after=zz", "page=2", "limit=1&limit=2"]
    {
        let answered = get(&scene, &format!("/api/v1/sign-ups?{wrong}"), &key).await;
        assert_eq!(said(&answered), (400, "invalid_request".to_owned()), "{wrong}");
    }
    let answered = get(&scene, "/api/v1/memberships?state=active", &key).await;
    assert_eq!(said(&answered), (400, "invalid_request".to_owned()));
}

#[tokio::test]
async fn what_is_wrong_with_a_body_is_said_by_the_name_of_its_member_and_not_by_what_was_sent() {
    let scene = Scene::new();
    let id = waits_for_software(&scene).await;
    let key = key(&scene, "desk").await;
    let (decide, ask, invite) = (
        format!("/api/v1/sign-ups/{id}/decision"),
        format!("/api/v1/sign-ups/{id}/ask"),
        "/api/v1/invitations".to_owned(),
    );
    let before = scene.stage.memory.entries();
    for (path, body, sentence) in [
        (&decide, json!({}), "outcome is missing: approved or declined"),
        (&decide, json!({"outcome": "canary"}), "outcome: approved or declined"),
        (&decide, json!({"outcome": null}), "outcome: approved or declined"),
        (
            &decide,
            json!({"outcome": "declined", "reason": 7}),
            "reason: one line of at most 300 characters, for the applicant",
        ),
        (
            &decide,
            json!({"outcome": "approved", "canary": 1}),
            "the body has a member that is not known here; it has outcome, reason",
        ),
        (&decide, json!(["canary"]), "the body is a JSON object with outcome, reason"),
        (&ask, json!({"without": "canary"}), "without: a list of names of details"),
        (
            &ask,
            json!({"instead": [{"of": "canary"}]}),
            "instead: a list of objects, each with of and offer: what is asked, and what is taken in its place",
        ),
        (&invite, json!({"days": "canary"}), "days: a number of days"),
        (&invite, json!({"days": -1}), "days: a number of days"),
        (&invite, json!({"purpose": "canary"}), "purpose: sign-up or here-i-am"),
    ] {
        let refused = post(&scene, path, &key, body.clone()).await;
        assert_eq!(said(&refused), (400, "invalid_request".to_owned()), "{body}");
        assert_eq!(refused.json()["error_description"], sentence, "{body}");
    }
    for (media, body, status, sentence) in [
        ("text/plain", "{}", 415, "send the body as JSON, once with Content-Type: application/json"),
        ("application/x-www-form-urlencoded", "outcome=approved", 415, "send the body as JSON"),
        ("application/json", "{", 400, "the body is no JSON, or has a member twice"),
        (
            "application/json",
            r#"{"outcome":"approved","outcome":"declined"}"#,
            400,
            "the body is no JSON, or has a member twice",
        ),
    ] {
        let request = Request::post(&decide).header("authorization", format!("Bearer {key}"));
        let request = request.header("content-type", media).body(Body::from(body)).unwrap();
        let refused = send(&scene.router(), request).await;
        assert_eq!(said(&refused), (status, "invalid_request".to_owned()), "{media} {body}");
        let said = refused.json()["error_description"].as_str().unwrap().to_owned();
        assert!(said.starts_with(sentence), "{media} {body}: {said}");
    }
    assert!(scene.stage.memory.entries() == before, "nothing was written");
}

#[tokio::test]
async fn a_membership_is_ended_once_and_no_program_gets_an_offer_of_it() {
    let scene = Scene::new();
    let id = waits_for_software(&scene).await;
    let key = key(&scene, "desk").await;
    let approved = json!({"outcome": "approved", "reason": "Welcome"});
    let decided = post(&scene, &format!("/api/v1/sign-ups/{id}/decision"), &key, approved).await;
    let sub = decided.json()["membership"].as_str().unwrap().to_owned();
    let one = format!("/api/v1/memberships/{sub}");
    let listed = get(&scene, "/api/v1/memberships", &key).await.json();
    assert_eq!(listed["memberships"][0], get(&scene, &one, &key).await.json());
    assert_eq!(
        (&listed["memberships"][0]["contact"], &listed["memberships"][0]["standing"]),
        (&json!(id), &json!("active"))
    );
    // The member named no inbox, and a program gets no offer.
    let offered = post(&scene, &format!("{one}/offer"), &key, json!({})).await;
    assert_eq!(said(&offered), (409, "no_inbox".to_owned()));
    assert!(!offered.text.contains("openid-credential-offer"), "{}", offered.text);
    let ended = post(&scene, &format!("{one}/end"), &key, json!({})).await;
    assert_eq!((ended.status.as_u16(), &ended.json()["standing"]), (200, &json!("ended")), "{}", ended.text);
    let before = scene.stage.memory.entries();
    let again = post(&scene, &format!("{one}/end"), &key, json!({})).await;
    assert_eq!((again.status, again.json()), (ended.status, ended.json()));
    assert!(scene.stage.memory.entries() == before, "it is ended once");
    assert_eq!(
        said(&post(&scene, &format!("{one}/offer"), &key, json!({})).await),
        (404, "not_found".to_owned())
    );
    let listed = get(&scene, "/api/v1/contacts", &key).await.json();
    assert_eq!(listed["contacts"][0]["state"], "ended");
}

fn once(key: &str, idempotency_key: &str, body: &Value) -> Request<Body> {
    let mut request = with_key(Method::POST, "/api/v1/invitations", key, Some(body));
    request.headers_mut().insert("idempotency-key", idempotency_key.parse().unwrap());
    request
}

#[tokio::test]
async fn nobody_is_invited_twice_by_a_program_that_asks_again() {
    let scene = Scene::new();
    let (first, second) = (key(&scene, "a").await, key(&scene, "b").await);
    let wanted = json!({"number": number(1)});
    let made = send(&scene.router(), once(&first, "order-1", &wanted)).await;
    assert_eq!(made.status, 201, "{}", made.text);
    let before = scene.stage.memory.entries();
    for spelt in ["order-1", "\"order-1\""] {
        let again = send(&scene.router(), once(&first, spelt, &wanted)).await;
        assert_eq!((again.status, again.json()), (made.status, made.json()), "{spelt}");
    }
    let other = send(&scene.router(), once(&first, "order-1", &json!({"number": number(2)}))).await;
    assert_eq!(said(&other), (422, "idempotency_key_used".to_owned()));
    // Under another key, or by another program, it is another wish, which the rules refuse.
    for request in [once(&first, "order-2", &wanted), once(&second, "order-1", &wanted)] {
        assert_eq!(said(&send(&scene.router(), request).await), (409, "already_open".to_owned()));
    }
    for malformed in ["", "a b", &"a".repeat(65)] {
        let refused = send(&scene.router(), once(&first, malformed, &json!({"number": number(3)}))).await;
        assert_eq!(said(&refused), (400, "invalid_request".to_owned()), "{malformed}");
    }
    assert!(scene.stage.memory.entries() == before, "nothing was written");
    assert_eq!(traces(&scene, "order-1"), 0, "the key stands nowhere as it was sent");
    assert_eq!(traces(&scene, &number(1).replace('-', "")), 0, "and the number neither");
    scene.clock.advance(86_400);
    get(&scene, "/api/v1/forms", &first).await;
    let late = send(&scene.router(), once(&first, "order-1", &wanted)).await;
    assert_eq!(said(&late), (409, "already_open".to_owned()), "a day later it is another wish");
}

fn traces(scene: &Scene, canary: &str) -> usize {
    let holds = |bytes: &[u8]| bytes.windows(canary.len()).any(|part| part == canary.as_bytes());
    scene.stage.memory.entries().iter().filter(|(_, value)| holds(value)).count()
}

#[tokio::test]
async fn of_two_that_ask_the_same_at_once_one_invites_and_both_are_told_the_same() {
    let scene = Scene::new();
    let key = key(&scene, "a").await;
    let wanted = json!({"number": number(1)});
    let servers = [crate::router(scene.stage.site()), crate::router(scene.stage.site())];
    let both = tokio::join!(
        send(&servers[0], once(&key, "order-1", &wanted)),
        send(&servers[1], once(&key, "order-1", &wanted))
    );
    assert_eq!(
        (both.0.status.as_u16(), both.1.status.as_u16()),
        (201, 201),
        "{} {}",
        both.0.text,
        both.1.text
    );
    assert_eq!(both.0.json()["id"], both.1.json()["id"]);
    let listed = get(&scene, "/api/v1/invitations", &key).await.json();
    assert_eq!(listed["invitations"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn an_applicant_is_asked_for_something_else_once_and_only_where_software_decides() {
    let scene = Scene::new();
    let id = waits_for_software(&scene).await;
    let key = key(&scene, "desk").await;
    let claims = form("elsewhere", Approval::Elsewhere).fields;
    let without = claims.iter().map(|field| field.claim.clone()).next_back().unwrap();
    let at = format!("/api/v1/sign-ups/{id}/ask");
    let ask = async |at: &str, idempotency_key: &str, body: Value| {
        let mut request = with_key(Method::POST, at, &key, Some(&body));
        request.headers_mut().insert("idempotency-key", idempotency_key.parse().unwrap());
        send(&scene.router(), request).await
    };
    let wanted = json!({"without": [without], "reason": "We do not need it."});
    let asked = ask(&at, "ask-1", wanted.clone()).await;
    assert_eq!((asked.status.as_u16(), &asked.json()["id"]), (200, &json!(id)), "{}", asked.text);
    let again = ask(&at, "ask-1", wanted.clone()).await;
    assert_eq!((again.status, again.json()), (asked.status, asked.json()));
    assert_eq!(said(&ask(&at, "ask-1", json!({"form": "sign-up"})).await).1, "idempotency_key_used");
    assert_ne!(ask(&at, "ask-2", wanted.clone()).await.json()["request"], asked.json()["request"]);
    let line = get(&scene, &format!("/api/v1/sign-ups/{id}"), &key).await.json();
    assert!(line["asked_again_at"].is_string(), "{line}");
    for wrong in [
        json!({}),
        json!({"without": ["none"]}),
        json!({"form": "none"}),
        json!({"without": [without], "reason": "a\nb"}),
        json!({"without": [without], "more": 1}),
        json!({"without": null}),
        json!({"instead": [{"of": without}]}),
    ] {
        let refused = post(&scene, &at, &key, wrong.clone()).await;
        assert_eq!(said(&refused), (400, "invalid_request".to_owned()), "{wrong}");
    }
    for sent in [
        json!({"without": ["canary-detail"]}),
        json!({"form": "canary-form"}),
        json!({"instead": [{"of": "canary-of", "offer": "canary-offer"}]}),
        json!({"instead": [{"of": without, "offer": "canary-offer"}]}),
    ] {
        let refused = post(&scene, &at, &key, sent.clone()).await;
        assert_eq!(said(&refused), (400, "invalid_request".to_owned()), "{sent}");
        assert!(!refused.text.contains("canary"), "what was sent does not come back: {}", refused.text);
    }
    let nobody = post(&scene, "/api/v1/sign-ups/none/ask", &key, wanted.clone()).await;
    assert_eq!(said(&nobody), (404, "not_found".to_owned()));
    change(&scene, form("by-people", Approval::Person)).await;
    change(&scene, form("by-rule", Approval::Automatic)).await;
    let only = Only { invited: true, ..Only::default() };
    change(&scene, Form { only, ..form("for-the-invited", Approval::Elsewhere) }).await;
    for other in ["by-people", "by-rule", "for-the-invited"] {
        let refused = post(&scene, &at, &key, json!({"form": other})).await;
        assert_eq!(said(&refused), (403, "not_yours".to_owned()), "{other}");
    }
    let mut browser = Browser::new(&scene);
    let asked = browser.post_json("/join/requests", &json!({"way": "link", "form": "by-people"})).await;
    let reply = scene.wallet().answer(&scene.router(), asked.json()["link"].as_str().unwrap()).await;
    browser.get(&stage::path(reply.json()["redirect_uri"].as_str().unwrap())).await;
    let (space, _) = scene.stage.space();
    let ours = space.sign_up_for(asked.json()["session"].as_str().unwrap()).await.unwrap().unwrap().id;
    let refused = post(&scene, &format!("/api/v1/sign-ups/{ours}/ask"), &key, wanted.clone()).await;
    assert_eq!(said(&refused), (403, "not_yours".to_owned()));
    post(&scene, &format!("/api/v1/sign-ups/{id}/decision"), &key, json!({"outcome": "approved"})).await;
    assert_eq!(said(&post(&scene, &at, &key, wanted).await), (409, "already_decided".to_owned()));
}

#[tokio::test]
async fn what_cannot_be_a_name_is_the_name_of_nothing() {
    let scene = Scene::new();
    let key = key(&scene, "desk").await;
    let before = scene.stage.memory.entries();
    for id in ["x", "%00", "%2e%2e", "%F0%9F%91%8B", "%FF", "a%2Fb", &"A".repeat(65), &"A".repeat(2_000)] {
        for (method, path, _) in ROUTES.iter().filter(|(_, path, _)| path.contains('{')) {
            let path = path.replace("{id}", id).replace("{sub}", id);
            let body = json!({"outcome": "approved"});
            let body = if path.ends_with("ask") { json!({"form": "sign-up"}) } else { body };
            let request =
                with_key(method.parse().unwrap(), &path, &key, (*method == "POST").then_some(&body));
            assert_eq!(
                said(&send(&scene.router(), request).await),
                (404, "not_found".to_owned()),
                "{method} {path}"
            );
        }
    }
    assert!(scene.stage.memory.entries() == before);
}

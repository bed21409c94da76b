//! Which doors there are, and who of the team sees what of them.

use super::*;

#[tokio::test]
async fn who_of_the_team_sees_who_opened_what_is_noted_once_within_minutes() {
    let (scene, _) = before_a_lock(Some(200));
    let (space, _) = scene.stage.space();
    let door = add(&scene, "Front door", &[]).await;
    let (mut owner, _) = Console::of_role(&scene, "Ines", Role::Owner).await;
    let ines = space.teammate_named("Ines").await.unwrap().unwrap().id;
    owner.get("/console/doors").await;
    assert_eq!(space.looks(10).await.unwrap(), [], "nobody has opened anything");
    let tablet = Tablet::of_role(&scene, "Dora", Role::Desk, &door).await;
    for _ in 0..2 {
        let (browser, _) = signed_in(&scene).await;
        let mut phone = Phone::of(&browser);
        let token = phone.scan(&door, &tablet.code().await).await;
        assert_eq!(phone.press(&door, &token).await.status, 200);
    }
    for _ in 0..2 {
        assert!(owner.get("/console/doors").await.text.contains("Opened last"));
        let looks = space.looks(10).await.unwrap();
        assert_eq!(looks.len(), 1);
        let look = &looks[0];
        assert_eq!((look.by.as_ref(), look.how.as_str(), look.people), (Some(&ines), "doors", 2));
        assert_eq!(look.whose, None);
    }
    let page = owner.get("/console/looks").await.text;
    assert!(page.contains("when 2 people opened doors"), "{page}");
}

#[tokio::test]
async fn owners_and_managers_enter_doors_the_desk_shows_them_and_each_sees_what_the_role_may() {
    let (scene, _) = before_a_lock(Some(200));
    let (mut manager, _) = Console::of_role(&scene, "Mara", Role::Manager).await;
    let empty = manager.get("/console/doors").await;
    assert!(empty.text.contains("There is no door yet."), "{}", empty.text);
    let kisi = manager.get("/console/doors/new?template=kisi").await;
    assert!(kisi.text.contains("checked against published API text only"), "{}", kisi.text);
    let template =
        json!({"name": "Relay", "auth": "bearer", "open": {"method": "POST", "url": LOCK}}).to_string();
    let good = [
        ("name", "Front door"),
        ("plans", "Desk, Office"),
        ("template", &template),
        ("secret", "canary-key"),
    ];
    let (deleting, long) = (template.replace("POST", "DELETE"), "x".repeat(65));
    for (field, value, said) in [
        ("name", "", "A door’s name has 1 to 64 characters."),
        ("template", "{}", "missing field"),
        ("template", deleting.as_str(), "a door is asked by GET, POST, PUT or PATCH"),
        ("secret", "", "This lock wants a key or password"),
        ("plans", long.as_str(), "Name at most 20 plans"),
    ] {
        let near: Vec<(&str, &str)> =
            good.iter().map(|(name, was)| (*name, if *name == field { value } else { *was })).collect();
        let refused = manager.press("/console/doors", &near).await;
        assert!(refused.status == 422 && refused.text.contains(said), "{field}: {}", refused.text);
        assert!(!refused.text.contains("canary-key"), "a secret is typed anew");
    }
    assert_eq!(manager.press("/console/doors", &good).await.header("location"), "/console/doors");
    let (space, _) = scene.stage.space();
    let door = space.doors().await.unwrap().remove(0);
    assert_eq!((door.name.as_str(), door.plans.len()), ("Front door", 2));
    assert!(!serde_json::to_string(&door).unwrap().contains("canary-key"), "the key lies sealed");
    let page = manager.get("/console/doors").await.text;
    assert!(
        page.contains("members with the plan Desk, Office open it") && page.contains("Add a door"),
        "{page}"
    );
    let (mut desk, _) = Console::of_role(&scene, "Dora", Role::Desk).await;
    let page = desk.get("/console/doors").await.text;
    assert!(
        page.contains("Make this device the screen of Front door") && page.contains("Opened last"),
        "{page}"
    );
    assert!(!page.contains("Remove this door") && !page.contains("Add a door"), "{page}");
    let (mut auditor, _) = Console::of_role(&scene, "Anna", Role::Auditor).await;
    assert_eq!(auditor.get("/console/doors").await.status, 403);
    Tablet::by(&mut desk, &door).await;
    let page = manager.get("/console/doors").await.text;
    assert!(page.contains("by Dora") && page.contains("End the screen of Front door"), "{page}");
    let screen = space.screens().await.unwrap().remove(0).id;
    assert_eq!(manager.press("/console/doors/screen/end", &[("id", &screen)]).await.status, 303);
    assert!(space.screens().await.unwrap().is_empty());
    assert_eq!(manager.press("/console/doors/remove", &[("id", &door.id)]).await.status, 303);
    assert_eq!(manager.press("/console/doors/remove", &[("id", &door.id)]).await.status, 404);
    while space.work().await.unwrap() > 0 {}
}

#[tokio::test]
async fn commands_about_doors_say_why_they_do_nothing() {
    let scene = Scene::new();
    let (space, presentation) = scene.stage.space();
    let said = |request: Value| {
        let (space, presentation) = (space.clone(), presentation.clone());
        async move { crate::handle(&space, &presentation, request).await }
    };
    let template =
        json!({"name": "Relay", "auth": "none", "open": {"method": "GET", "url": LOCK}}).to_string();
    let add = |name: &str, template: &str| json!({"command": "verifier.door.add", "name": name, "template": template});
    let made = said(add("Front door", &template)).await.unwrap();
    let id = made["id"].as_str().unwrap();
    assert_eq!(made["tag"], format!("http://kiln-north.localhost:8097/door/{id}"));
    for (request, sentence) in [
        (add(" ", &template), "a door's name has 1 to 64 characters: members read it"),
        (add("x", "{"), "this is no template"),
        (
            add("x", &template.replace("none", "bearer")),
            "this lock wants a secret: 1 to 4,096 visible characters",
        ),
        (
            add("x", crate::console::doors::known::text("relay").unwrap()),
            "it still has texts that stand for yours: relay.example (the host of the relay); give them with --set relay.example=…",
        ),
        (json!({"command": "verifier.door.template", "key": "other"}), "there are kisi, relay"),
        (json!({"command": "verifier.door.remove", "id": "other"}), "there is no such door"),
    ] {
        let refused = said(request.clone()).await.unwrap_err();
        assert!(refused.starts_with(sentence), "{request}: {refused}");
    }
    let listed = said(json!({"command": "verifier.door.list"})).await.unwrap();
    assert_eq!(
        (&listed["doors"][0]["name"], &listed["doors"][0]["screens"]),
        (&json!("Front door"), &json!([]))
    );
    assert_eq!(said(json!({"command": "verifier.door.remove", "id": id})).await, Ok(json!({"removed": id})));
    assert!(said(json!({"command": "verifier.door.template", "key": "kisi"})).await.is_ok());
}

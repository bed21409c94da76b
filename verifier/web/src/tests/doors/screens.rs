//! The screens beside doors: with what they end.

use super::*;

#[tokio::test]
async fn a_screen_ends_with_the_access_the_role_and_the_door_and_what_it_showed_ends_with_it() {
    let (scene, lock) = before_a_lock(Some(200));
    let (space, _) = scene.stage.space();
    let door = add(&scene, "Front door", &[]).await;
    let (browser, _) = signed_in(&scene).await;
    for way in ["access", "role", "again", "screen", "door"] {
        let name = format!("Dora {way}");
        let tablet = Tablet::of_role(&scene, &name, Role::Desk, &door).await;
        let mut phone = Phone::of(&browser);
        let token = phone.scan(&door, &tablet.code().await).await;
        let shown = tablet.code().await;
        let dora = space.teammate_named(&name).await.unwrap().unwrap().id;
        match way {
            "access" => {
                space.invite_to_team("Ines", Role::Owner).await.unwrap();
                space.end_team_access(&dora).await.unwrap();
            }
            "role" => space.change_role(&dora, Role::Auditor).await.unwrap(),
            "again" => drop(space.let_in_again(&dora).await.unwrap()),
            "screen" => {
                let screen = space.screens().await.unwrap().remove(0).id;
                space.end_screen(&screen).await.unwrap();
            }
            _ => space.remove_door(&door.id).await.unwrap(),
        }
        let ended = match way {
            "again" => "new-link".to_owned(),
            "screen" => format!("{} by-hand", door.id),
            "door" => format!("{} door-removed", door.id),
            way => way.to_owned(),
        };
        assert!(logged(&scene).await.contains(&said("door-screen-ended", &ended)), "{way}");
        let over = tablet.page().await;
        assert!(over.status == 403 && over.text.contains("This screen has ended"), "{way}: {}", over.text);
        let gone = if way == "door" { 404 } else { 410 };
        assert_eq!(phone.press(&door, &token).await.status.as_u16(), gone, "{way}: whoever had scanned it");
        assert_eq!(phone.get(&shown).await.status.as_u16(), gone, "{way}");
    }
    assert_eq!(lock.calls().len(), 0);
    let opened = said("door-screen", &door.id);
    assert_eq!(logged(&scene).await.into_iter().filter(|one| *one == opened).count(), 5);
    // What has ended already ends once.
    let before = logged(&scene).await;
    space.end_screen("AAAA").await.unwrap();
    assert_eq!(logged(&scene).await, before);
}

#[tokio::test]
async fn a_passkey_that_is_removed_takes_the_other_sessions_links_and_screens_of_its_person_along() {
    let (scene, lock) = before_a_lock(Some(200));
    let (space, _) = scene.stage.space();
    let door = add(&scene, "Front door", &[]).await;
    let (mut console, first) = Console::of_role(&scene, "Dora", Role::Desk).await;
    let dora = space.teammate_named("Dora").await.unwrap().unwrap().id;
    let link = space.link_for_device(&dora).await.unwrap();
    let mut stolen_phone = Console::new(&scene);
    let mut stolen = stolen_phone.enter(link.expose()).await;
    let mut at_door = Console::new(&scene);
    assert_eq!(at_door.sign_in(&mut stolen).await.status, 200);
    let tablet = Tablet::by(&mut at_door, &door).await;
    let (mut dino, dinos) = Console::of_role(&scene, "Dino", Role::Desk).await;
    let other = Tablet::by(&mut dino, &door).await;
    let link = space.link_for_device(&dora).await.unwrap();
    let (browser, _) = signed_in(&scene).await;
    let mut phone = Phone::of(&browser);
    let token = phone.scan(&door, &tablet.code().await).await;
    // One of another person is none of hers to remove, and nothing ends by it.
    console.press("/console/access/passkeys/remove", &[("id", &dinos.id)]).await;
    assert_eq!(
        (tablet.page().await.status, stolen_phone.get("/console").await.status.as_u16()),
        (StatusCode::OK, 200)
    );
    let removed = console.press("/console/access/passkeys/remove", &[("id", &stolen.id)]).await;
    assert_eq!(removed.status, 303);
    assert_eq!(console.get("/console/access").await.status, 200, "whoever removes it goes on");
    assert_eq!(stolen_phone.get("/console").await.status, 303);
    assert_eq!(space.link_leads_to(&link).await.unwrap(), None);
    let over = tablet.page().await;
    assert!(over.status == 403 && over.text.contains("This screen has ended"), "{}", over.text);
    assert_eq!(phone.press(&door, &token).await.status, 410, "nor does what it showed open");
    assert_eq!((other.page().await.status, lock.calls().len()), (StatusCode::OK, 0), "another's stays");
    let screens =
        [said("door-screen", &door.id), said("door-screen", &door.id), said("door-screen-ended", "passkey")];
    assert_eq!(logged(&scene).await, screens);
    // The last one stays, and with it what was opened by it.
    assert_eq!(console.press("/console/access/passkeys/remove", &[("id", &first.id)]).await.status, 409);
    let tablet = Tablet::by(&mut console, &door).await;
    assert_eq!(tablet.page().await.status, 200);
}

#[tokio::test]
async fn a_screen_is_no_session_of_the_team_and_the_one_that_opened_it_is_over() {
    let (scene, _) = before_a_lock(Some(200));
    let (door, other) = (add(&scene, "Front door", &[]).await, add(&scene, "Back door", &[]).await);
    let (mut console, mut passkey) = Console::of_role(&scene, "Dora", Role::Desk).await;
    let before = console.cookie.clone();
    let tablet = Tablet::by(&mut console, &door).await;
    assert_eq!(console.cookie, None, "the browser has lost it");
    console.cookie = before;
    assert_eq!(console.get("/console").await.status, 303, "and it counts nowhere");
    console.cookie = Some(tablet.cookie.clone());
    assert_eq!(console.get("/console").await.status, 303);
    console.cookie = Some(tablet.cookie.replace("__Host-door-screen", "__Host-team"));
    assert_eq!(console.get("/console").await.status, 303);
    // It is the screen of its own door, and nobody has one without its secret.
    for (door, cookie) in [(&other, tablet.cookie.clone()), (&door, String::new())] {
        let tablet = Tablet { scene: &scene, door: door.id.clone(), cookie };
        assert_eq!(tablet.page().await.status, 403);
    }
    // A month, and no longer.
    scene.clock.advance(30 * 86_400 - 1);
    assert_eq!(tablet.page().await.status, 200);
    scene.clock.advance(1);
    assert_eq!(tablet.page().await.status, 403);
    console.cookie = None;
    console.sign_in(&mut passkey).await;
    assert_eq!(console.press("/console/doors/screen", &[("id", "AAAA")]).await.status, 404);
}

//! What waits, and who decides it.

use super::*;

/// A sign-up that waits for the team; gives its identifier.
pub(super) async fn waiting(scene: &Scene) -> String {
    let (space, presentation) = scene.stage.space();
    let request = json!({"command": "verifier.request", "form": "ask-the-team"});
    let made = crate::handle(&space, &presentation, request).await.unwrap();
    let before = ids(&space).await;
    let answered = scene.wallet().answer(&scene.router(), made["link"].as_str().unwrap()).await;
    assert_eq!(answered.status, 200, "{}", answered.text);
    ids(&space).await.into_iter().find(|id| !before.contains(id)).expect("a sign-up that waits")
}

async fn ids(space: &verifier::Space) -> Vec<String> {
    space.waiting(100).await.unwrap().into_iter().map(|one| one.id).collect()
}

/// One goes on at the notice.
const AT_NOTICE: &str = "id=\"done\" data-address=\"/console\" tabindex=\"-1\" autofocus>";

/// One goes on at this sign-up.
fn at_row(id: &str) -> String {
    format!("data-row=\"{id}\" tabindex=\"-1\" autofocus aria-describedby=\"done\">")
}

#[tokio::test]
async fn after_a_decision_its_sign_up_is_named_and_one_goes_on_at_the_next() {
    let scene = Scene::new();
    let (space, _) = scene.stage.space();
    let (mut desk, _) = Console::of_role(&scene, "Dora", Role::Desk).await;
    for _ in 0..4 {
        waiting(&scene).await;
        scene.clock.advance(1);
    }
    let all = ids(&space).await;
    let steps = [
        (1, "approve", "Approved: Ada Ada.", Some(2)),
        (2, "decline", "Declined: Ada Ada. What was shared is erased.", Some(3)),
        (3, "ask", "Asked again: Ada Ada.", Some(0)),
        (3, "approve", "Approved: Ada Ada.", Some(0)),
        (0, "decline", "Declined: Ada Ada.", None),
    ];
    for (place, what, said, next) in steps {
        let path = format!("/console/sign-ups/{}/{what}", all[place]);
        let done = desk.press(&path, &[("without-bio", "1")]).await;
        assert!(done.status == 200 && done.text.contains(said), "{what}: {}", done.text);
        assert_eq!(done.text.contains(AT_NOTICE), next.is_none(), "{}", done.text);
        assert_eq!(done.text.matches("autofocus").count(), 1, "{}", done.text);
        assert!(next.is_none_or(|next| done.text.contains(&at_row(&all[next]))), "{}", done.text);
    }
    // The page by itself says nothing of what was done, and takes the focus nowhere.
    let page = desk.get("/console").await.text;
    assert!(!page.contains("id=\"done\"") && !page.contains("autofocus"), "{page}");
}

#[tokio::test]
async fn the_screen_at_the_desk_names_whom_it_approved_by_their_first_name() {
    let scene = Scene::new();
    let (mut desk, _) = Console::of_role(&scene, "Dora", Role::Desk).await;
    let (first, second) = (waiting(&scene).await, waiting(&scene).await);
    let approve = |id: &str| format!("/console/sign-ups/{id}/approve");
    let done = desk.press(&approve(&first), &[("to", "desk")]).await;
    assert!(done.status == 200 && done.text.contains("Approved: Ada."), "{}", done.text);
    assert!(done.text.contains(&at_row(&second)) && done.text.contains("Front desk"), "{}", done.text);
    let done = desk.press(&approve(&second), &[("to", "desk")]).await;
    assert!(done.text.contains("data-address=\"/console/desk\" tabindex=\"-1\" autofocus>"), "{}", done.text);
    let late = desk.press(&approve(&second), &[("to", "desk")]).await;
    assert!(late.status == 409 && late.text.contains("Dora has approved"), "{}", late.text);
}

#[tokio::test]
async fn of_two_who_decide_one_does_and_the_other_reads_who_and_what() {
    let scene = Scene::new();
    let (mut owner, _) = Console::of_role(&scene, "Ines", Role::Owner).await;
    let (mut desk, _) = Console::of_role(&scene, "Dora", Role::Desk).await;
    for (first, second, said) in [
        ("approve", "decline", "Dora has approved this sign-up already"),
        ("decline", "approve", "Dora has declined this sign-up already"),
    ] {
        let id = waiting(&scene).await;
        assert!(owner.get("/console").await.text.contains("Ada Ada"));
        let done = desk.press(&format!("/console/sign-ups/{id}/{first}"), &[("reason", "No desk")]).await;
        let shown = if first == "approve" { "Approved: Ada Ada." } else { "Declined: Ada Ada." };
        assert!(done.status == 200 && done.text.contains(shown), "{}", done.text);
        assert!(done.text.contains("Nobody waits.") && done.text.contains(AT_NOTICE), "{}", done.text);
        let late = owner.press(&format!("/console/sign-ups/{id}/{second}"), &[]).await;
        assert!(late.status == 409 && late.text.contains(said), "{}", late.text);
    }
    let gone = owner.press("/console/sign-ups/AAAAAAAAAAAAAAAAAAAAAA/approve", &[]).await;
    assert!(gone.status == 409 && gone.text.contains("This sign-up is gone"));
}

#[tokio::test]
async fn the_first_page_counts_for_an_auditor_and_names_nobody() {
    let scene = Scene::new();
    let id = waiting(&scene).await;
    let (space, _) = scene.stage.space();
    let (mut auditor, _) = Console::of_role(&scene, "Otto", Role::Auditor).await;
    let page = auditor.get("/console").await.text;
    assert!(page.contains("1 person waits") && !page.contains("Ada") && !page.contains(&id), "{page}");
    assert!(space.looks(10).await.unwrap().is_empty(), "nobody looked");
    let (mut desk, _) = Console::of_role(&scene, "Dora", Role::Desk).await;
    for _ in 0..3 {
        assert!(desk.get("/console").await.text.contains("Ada Ada"));
    }
    let looks = space.looks(10).await.unwrap();
    assert_eq!(looks.len(), 1, "the same within a few minutes is one look");
    let dora = space.teammate_named("Dora").await.unwrap().unwrap().id;
    assert_eq!((looks[0].by.as_deref(), looks[0].how.as_str()), (Some(dora.as_str()), "sign-ups"));
    assert_eq!(looks[0].whose.as_deref(), Some(id.as_str()));
    scene.clock.advance(600);
    desk.get("/console").await;
    assert_eq!(space.looks(10).await.unwrap().len(), 2);
}

#[tokio::test]
async fn somebody_is_invited_by_number_or_mail_and_a_slip_is_said_beside_the_field() {
    let scene = Scene::new();
    let (mut desk, _) = Console::of_role(&scene, "Dora", Role::Desk).await;
    for (typed, said) in [
        ("", "Type a network passport number or an e-mail address."),
        ("HRB1", "A network passport number has 13 letters and digits."),
        ("ada@", "Type one e-mail address"),
    ] {
        let refused = desk.press("/console/invite", &[("whom", typed)]).await;
        assert!(refused.status == 422 && refused.text.contains(said), "{typed}: {}", refused.text);
    }
    let sent = desk.press("/console/invite", &[("whom", "ben@example.org")]).await;
    assert_eq!((sent.status.as_u16(), sent.header("location")), (303, "/console?done=invited"));
    assert!(desk.get("/console?done=invited").await.text.contains("The invitation is on its way."));
    let again = desk.press("/console/invite", &[("whom", "ben@example.org")]).await;
    assert!(again.status == 422 && again.text.contains("There is an open invitation"), "{}", again.text);
}

#[tokio::test]
async fn a_manager_opens_and_closes_online_sign_up() {
    let scene = Scene::new();
    let (space, _) = scene.stage.space();
    let (mut manager, _) = Console::of_role(&scene, "Mara", Role::Manager).await;
    for (on, open) in [("no", false), ("yes", true)] {
        assert_eq!(manager.press("/console/online-sign-up", &[("on", on)]).await.status, 303);
        assert_eq!(space.is_online_sign_up_open().await.unwrap(), open);
        let said = if open { "Open: people sign up" } else { "Closed: nobody signs up" };
        assert!(manager.get("/console").await.text.contains(said));
    }
    assert_eq!(manager.press("/console/online-sign-up", &[("on", "perhaps")]).await.status, 400);
    assert!(space.is_online_sign_up_open().await.unwrap());
    space.leave_network().await.unwrap();
    let left = manager.press("/console/online-sign-up", &[("on", "yes")]).await;
    assert!(left.status == 409 && left.text.contains("has left the network"), "{}", left.text);
}

#[tokio::test]
async fn the_console_of_a_space_that_has_left_says_what_still_works_and_offers_nothing_that_is_refused() {
    let scene = Scene::new();
    let (space, _) = scene.stage.space();
    let (mut owner, _) = Console::of_role(&scene, "Ines", Role::Owner).await;
    let id = waiting(&scene).await;
    let offered = [
        ("/console", vec!["action=\"/console/invite\"", "action=\"/console/online-sign-up\"", "join-link"]),
        ("/console/desk", vec!["Sign up here", "value=\"join\""]),
        ("/console/locked", vec!["Sign up here", "href=\"/join\""]),
        ("/console/import", vec!["action=\"/console/import/preview\""]),
    ];
    for left in [false, true] {
        if left {
            space.leave_network().await.unwrap();
        }
        for (path, offers) in &offered {
            let page = owner.get(path).await.text;
            assert_eq!(page.contains("This space has left the network"), left, "{path}: {page}");
            for offer in offers {
                assert_eq!(page.contains(offer), !left, "{path}: {offer}");
            }
        }
    }
    let refused = owner.press("/console/invite", &[("whom", "ben@example.org")]).await;
    assert!(
        refused.status == 409 && refused.text.contains("there is no sign-up, no invitation"),
        "{}",
        refused.text
    );
    // What the page says still works does.
    assert_eq!(owner.press(&format!("/console/sign-ups/{id}/approve"), &[]).await.status, 200);
}

#[tokio::test]
async fn a_sign_up_says_what_its_form_is_for_and_a_person_how_they_are_written_to() {
    let scene = Scene::new();
    let (mut desk, _) = Console::of_role(&scene, "Dora", Role::Desk).await;
    let id = waiting(&scene).await;
    let page = desk.get("/console").await.text;
    assert!(page.contains("(ask-the-team)</p>") && !page.contains(">ask-the-team<"), "{page}");
    let page = desk.get(&format!("/console/contacts/{id}")).await.text;
    assert!(page.contains("(ask-the-team), answered 20"), "{page}");
    assert!(page.contains("Write to the e-mail address that they gave."), "{page}");
    assert!(!page.contains("no way to be written to"), "{page}");
}

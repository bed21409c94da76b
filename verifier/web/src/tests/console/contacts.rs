//! What is known of people, and who looked.

use super::deciding::waiting;
use super::*;

async fn approved(scene: &Scene, desk: &mut Console<'_>) -> String {
    let id = waiting(scene).await;
    assert_eq!(desk.press(&format!("/console/sign-ups/{id}/approve"), &[]).await.status, 200);
    id
}

#[tokio::test]
async fn values_are_shown_after_a_step_of_their_own_and_the_look_is_noted_with_whose_it_was() {
    let scene = Scene::new();
    let (space, _) = scene.stage.space();
    let (mut desk, _) = Console::of_role(&scene, "Dora", Role::Desk).await;
    let id = waiting(&scene).await;
    let page = desk.get(&format!("/console/contacts/{id}")).await;
    assert_eq!(page.status, 200);
    for said in ["<h3>E-mail</h3>", "Their own word", "Needed", "Becoming a member of this space"] {
        assert!(page.text.contains(said), "{said}: {}", page.text);
    }
    assert!(!page.text.contains("{$"), "{}", page.text);
    assert!(!page.text.contains("ada@example.org"), "{}", page.text);
    assert!(space.looks(10).await.unwrap().iter().all(|look| look.how != "contact"));
    let shown = desk.press(&format!("/console/contacts/{id}/values"), &[]).await;
    assert!(shown.status == 200 && shown.text.contains("ada@example.org"), "{}", shown.text);
    assert_eq!(desk.get(&format!("/console/contacts/{id}/values")).await.status, 405);
    let looks = space.looks(10).await.unwrap();
    let look = looks.iter().find(|look| look.how == "contact").unwrap();
    let dora = space.teammate_named("Dora").await.unwrap().unwrap().id;
    assert_eq!((look.by.as_deref(), look.whose.as_deref()), (Some(dora.as_str()), Some(id.as_str())));
    assert_eq!(look.names, ["email", "family_name", "given_name"]);
    let (mut auditor, _) = Console::of_role(&scene, "Otto", Role::Auditor).await;
    let listed = auditor.get("/console/looks").await.text;
    assert!(listed.contains("Dora") && listed.contains("everything one person gave"), "{listed}");
    assert!(
        !listed.contains("ada@example.org") && !listed.contains("Ada Ada") && !listed.contains(&id),
        "{listed}"
    );
    // What the terminal looks at is noted, too.
    space.contact(&id).await.unwrap();
    assert!(auditor.get("/console/looks").await.text.contains("at the terminal"));
    for missing in ["AAAAAAAAAAAAAAAAAAAAAA", "x"] {
        assert_eq!(desk.get(&format!("/console/contacts/{missing}")).await.status, 404);
        assert_eq!(desk.press(&format!("/console/contacts/{missing}/values"), &[]).await.status, 404);
        assert_eq!(desk.get(&format!("/console/contacts/{missing}/proof")).await.status, 404);
    }
    let proof = desk.get(&format!("/console/contacts/{id}/proof")).await;
    assert_eq!((proof.status.as_u16(), proof.header("content-type")), (200, "application/jwt"));
}

#[tokio::test]
async fn a_search_opens_what_is_held_now_and_is_noted_without_what_was_searched_for() {
    let scene = Scene::new();
    let (space, _) = scene.stage.space();
    let (mut desk, _) = Console::of_role(&scene, "Dora", Role::Desk).await;
    let kept = approved(&scene, &mut desk).await;
    let refused = waiting(&scene).await;
    let found = desk.press("/console/contacts/search", &[("term", "ADA@Example")]).await;
    assert!(found.status == 200 && found.text.contains("2 people were found."), "{}", found.text);
    let looks = space.looks(10).await.unwrap();
    let look = looks.iter().find(|look| look.how == "search").unwrap();
    assert_eq!((look.people, look.whose.as_deref()), (2, None));
    let term = b"ADA@Example";
    let holds = |bytes: &[u8]| bytes.windows(term.len()).any(|part| part.eq_ignore_ascii_case(term));
    assert!(!scene.stage.memory.entries().iter().any(|(key, value)| holds(key) || holds(value)));
    desk.press(&format!("/console/sign-ups/{refused}/decline"), &[]).await;
    let found = desk.press("/console/contacts/search", &[("term", "ada@example")]).await;
    assert!(found.text.contains("1 person was found."), "gone at once: {}", found.text);
    assert!(found.text.contains(&format!("/console/contacts/{kept}")));
    let none = desk.press("/console/contacts/search", &[("term", "nobody has this")]).await;
    assert!(none.text.contains("Nobody was found."));
    for short in ["", "a", &"x".repeat(101)] {
        let refused = desk.press("/console/contacts/search", &[("term", short)]).await;
        assert!(refused.status == 422 && refused.text.contains("Type 2 to 100 characters."));
    }
}

#[tokio::test(start_paused = true)]
async fn who_searches_too_often_waits() {
    let scene = Scene::new();
    let (mut desk, _) = Console::of_role(&scene, "Dora", Role::Desk).await;
    let mut codes = Vec::new();
    // The page with the token is fetched before each, so that every search meets the same one of the two servers.
    for _ in 0..21 {
        codes.push(desk.press("/console/contacts/search", &[("term", "linen")]).await.status.as_u16());
    }
    assert!(codes[..20].iter().all(|code| *code == 200) && codes[20] == 429, "{codes:?}");
}

#[tokio::test]
async fn members_are_listed_and_a_membership_is_offered_again_and_ended() {
    let scene = Scene::new();
    let (space, _) = scene.stage.space();
    let (mut manager, _) = Console::of_role(&scene, "Mara", Role::Manager).await;
    let id = approved(&scene, &mut manager).await;
    let listed = manager.get("/console/contacts").await.text;
    assert!(listed.contains("1 person, the newest first") && listed.contains("Ada Ada"), "{listed}");
    let sub = space.sign_up(&id).await.unwrap().unwrap().member.unwrap();
    let offer = manager.press(&format!("/console/members/{sub}/offer"), &[]).await;
    assert!(offer.status == 200 && offer.text.contains("openid-credential-offer"), "{}", offer.text);
    let ended = manager.press(&format!("/console/members/{sub}/end"), &[]).await;
    assert_eq!(
        (ended.status.as_u16(), ended.header("location")),
        (303, format!("/console/contacts/{id}").as_str())
    );
    let page = manager.get(&format!("/console/contacts/{id}")).await.text;
    assert!(page.contains("ended ") && page.contains("Mara has approved"), "{page}");
    for path in ["/console/members/x/end", "/console/members/x/offer"] {
        let gone = manager.press(path, &[]).await;
        assert!(gone.text.contains("There is no such member any more."), "{}", gone.text);
    }
}

#[tokio::test]
async fn an_applicant_is_asked_for_something_else_instead_of_a_no() {
    let scene = Scene::new();
    let (space, _) = scene.stage.space();
    let (mut desk, _) = Console::of_role(&scene, "Dora", Role::Desk).await;
    let id = waiting(&scene).await;
    let path = format!("/console/sign-ups/{id}/ask");
    let nothing = desk.press(&path, &[("reason", "Less will do")]).await;
    assert!(
        nothing.status == 422 && nothing.text.contains("the same would be asked again"),
        "{}",
        nothing.text
    );
    let unknown = desk.press(&path, &[("without-shoe", "1")]).await;
    assert!(
        unknown.status == 409 && unknown.text.contains("the form does not ask for shoe"),
        "{}",
        unknown.text
    );
    let asked = desk.press(&path, &[("without-bio", "1"), ("reason", "Less will do")]).await;
    assert!(asked.status == 200 && asked.text.contains("Asked again: Ada Ada."), "{}", asked.text);
    let sign_up = space.sign_up(&id).await.unwrap().unwrap();
    let again = space.asked_again(&sign_up).await.unwrap().unwrap();
    assert_eq!(again.reason.as_deref(), Some("Less will do"));
    assert!(desk.get("/console").await.text.contains("no answer yet"));
    desk.press(&format!("/console/sign-ups/{id}/approve"), &[]).await;
    let late = desk.press(&path, &[("without-bio", "1")]).await;
    assert!(late.status == 409 && late.text.contains("Dora has approved"), "{}", late.text);
}

#[tokio::test]
async fn why_an_answer_was_refused_is_said_in_plain_words() {
    let scene = Scene::new();
    let (mut desk, _) = Console::of_role(&scene, "Dora", Role::Desk).await;
    assert!(desk.get("/console/refused").await.text.contains("None was refused."));
    let (space, presentation) = scene.stage.space();
    let request = json!({"command": "verifier.request", "form": "ask-the-team"});
    let made = crate::handle(&space, &presentation, request).await.unwrap();
    scene.wallet().decline(&scene.router(), made["link"].as_str().unwrap()).await;
    let page = desk.get("/console/refused").await.text;
    assert!(page.contains("The member chose not to share") && page.contains("Nothing to do."), "{page}");
    for language in web::Language::ALL {
        let words = web::Words::new(language);
        for code in [
            "expired",
            "access_denied",
            "session_mismatch",
            "replay",
            "revoked",
            "missing_claims",
            "invalid_claim",
            "untrusted_issuer",
            "status_unknown",
            "what nobody knows",
        ] {
            let key = crate::console::refused_key(code);
            assert!(
                words.knows(&format!("console-refused-{key}"))
                    && words.knows(&format!("console-refused-{key}-do"))
            );
        }
    }
}

#[tokio::test]
async fn the_screen_at_the_desk_shows_first_names_and_what_is_left_when_it_is_locked_is_nobodys() {
    let scene = Scene::new();
    let (mut desk, mut passkey) = Console::of_role(&scene, "Dora", Role::Desk).await;
    let id = waiting(&scene).await;
    let page = desk.get("/console/desk").await.text;
    assert!(page.contains("Approve: Ada\"") && !page.contains("Ada Ada"), "{page}");
    let done = desk.press(&format!("/console/sign-ups/{id}/approve"), &[("to", "desk")]).await;
    assert_eq!(done.status, 200);
    let page = done.text;
    assert!(page.contains("Just joined") && page.contains("<li>Ada</li>"), "{page}");
    let before = desk.cookie.clone();
    let locked = desk.press("/console/desk/lock", &[]).await;
    assert_eq!((locked.status.as_u16(), locked.header("location")), (303, "/console/locked"));
    let left = desk.get("/console/locked").await;
    assert!(left.status == 200 && !left.text.contains("Ada") && !left.text.contains("Dora"), "{}", left.text);
    desk.cookie = before;
    for path in ["/console", "/console/desk", "/console/contacts"] {
        assert_eq!(desk.get(path).await.status, 303, "the session is over, not only the page");
    }
    assert_eq!(desk.sign_in(&mut passkey).await.status, 200);
    assert_eq!(desk.get("/console/desk").await.status, 200);
    let before = desk.cookie.clone();
    let joining = desk.press("/console/desk/lock", &[("to", "join")]).await;
    assert_eq!((joining.status.as_u16(), joining.header("location")), (303, "/join"));
    desk.cookie = before;
    assert_eq!(desk.get("/console").await.status, 303, "whoever signs up here finds no session of the team");
}

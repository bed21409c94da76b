//! Links, passkeys, sessions.

use super::*;

#[tokio::test]
async fn a_link_lets_somebody_in_once_and_looking_at_it_uses_nothing_up() {
    let scene = Scene::new();
    let (space, _) = scene.stage.space();
    let (_, token) = space.invite_to_team("Ines", Role::Owner).await.unwrap();
    let address = format!("/console/enter/{}", token.expose());
    let mut console = Console::new(&scene);
    for _ in 0..3 {
        let page = console.get(&address).await;
        assert!(page.status == 200 && page.text.contains("Ines, make a passkey"), "{}", page.text);
    }
    console.enter(token.expose()).await;
    let home = console.get("/console").await;
    assert_eq!(home.status, 200);
    assert!(home.text.contains("You are signed in as Ines (Owner)"), "{}", home.text);
    let mut thief = Console::new(&scene);
    assert_eq!(thief.get(&address).await.status, 410);
    let begun = thief.post(&format!("{address}/begin"), &[]).await;
    assert_eq!((begun.status.as_u16(), begun.json()["error"].as_str()), (410, Some("no_link")));
    for other in ["x", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"] {
        assert_eq!(thief.get(&format!("/console/enter/{other}")).await.status, 410);
    }
}

#[tokio::test]
async fn a_link_that_two_open_at_once_makes_one_passkey() {
    let scene = Scene::new();
    let (space, _) = scene.stage.space();
    let (_, token) = space.invite_to_team("Ines", Role::Owner).await.unwrap();
    let address = format!("/console/enter/{}", token.expose());
    let (mut first, mut second) = (Console::new(&scene), Console::new(&scene));
    let (one, two) = (
        first.post(&format!("{address}/begin"), &[]).await.json(),
        second.post(&format!("{address}/begin"), &[]).await.json(),
    );
    let mut codes = Vec::new();
    for (console, begun) in [(&mut first, one), (&mut second, two)] {
        let (_, answer) = Authenticator::make(&begun["options"], stage::ORIGIN);
        let ceremony = begun["ceremony"].as_str().unwrap();
        let fields = [("ceremony", ceremony), ("answer", answer.as_str())];
        codes.push(console.post(&format!("{address}/finish"), &fields).await.status.as_u16());
    }
    assert_eq!(codes, [200, 410]);
    assert!(second.cookie.is_none());
}

#[tokio::test]
async fn a_link_counts_for_a_day_and_another_one_takes_its_place() {
    let scene = Scene::new();
    let (space, _) = scene.stage.space();
    let (teammate, token) = space.invite_to_team("Ines", Role::Owner).await.unwrap();
    let mut console = Console::new(&scene);
    scene.clock.advance(86_400 - 1);
    assert_eq!(console.get(&format!("/console/enter/{}", token.expose())).await.status, 200);
    let again = space.let_in_again(&teammate.id).await.unwrap();
    assert_eq!(console.get(&format!("/console/enter/{}", token.expose())).await.status, 410);
    scene.clock.advance(86_400);
    assert_eq!(console.get(&format!("/console/enter/{}", again.expose())).await.status, 410);
}

#[tokio::test]
async fn whoever_has_the_passkey_signs_in_and_out() {
    let scene = Scene::new();
    let (mut console, mut passkey) = Console::of_role(&scene, "Ines", Role::Owner).await;
    let before = console.cookie.clone();
    let out = console.press("/console/sign-out", &[]).await;
    assert_eq!((out.status.as_u16(), out.header("location")), (303, "/console/sign-in"));
    assert_eq!(console.cookie, None);
    console.cookie = before.clone();
    assert_eq!(console.get("/console").await.header("location"), "/console/sign-in", "the session has ended");
    console.cookie = None;
    let signed_in = console.sign_in(&mut passkey).await;
    assert_eq!((signed_in.status.as_u16(), signed_in.json()["location"].as_str()), (200, Some("/console")));
    let cookie = signed_in.header("set-cookie");
    assert!(cookie.ends_with("; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=604800"), "{cookie}");
    assert!(console.cookie.is_some() && console.cookie != before);
    assert_eq!(console.get("/console").await.status, 200);
    assert_eq!(
        console.get("/console/sign-in?next=%2Fconsole%2Fteam").await.header("location"),
        "/console/team"
    );
}

#[tokio::test]
async fn what_an_authenticator_must_not_say_opens_nothing() {
    let scene = Scene::new();
    let (_, passkey) = Console::of_role(&scene, "Ines", Role::Owner).await;
    let (_, others) = Console::of_role(&scene, "Omar", Role::Auditor).await;
    type Bend = fn(&mut Authenticator, &Authenticator);
    let bends: [(&str, Bend, &str); 6] = [
        ("it did not look who touches it", |one, _| one.verifies = false, stage::ORIGIN),
        ("another host", |one, _| one.host = "localhost".to_owned(), stage::ORIGIN),
        ("another's handle", |one, other| one.user = other.user.clone(), stage::ORIGIN),
        ("another's credential", |one, other| one.id = other.id.clone(), stage::ORIGIN),
        ("another port", |_, _| {}, "http://kiln-north.localhost:8098"),
        ("another origin", |_, _| {}, "https://kiln-north.localhost.example.org"),
    ];
    for (what, bend, origin) in bends {
        let mut bent = passkey.clone();
        bend(&mut bent, &others);
        let mut console = Console::new(&scene);
        let begun = console.post("/console/sign-in/begin", &[]).await.json();
        let answer = bent.sign(&begun["options"], origin);
        let ceremony = begun["ceremony"].as_str().unwrap();
        let refused =
            console.post("/console/sign-in/finish", &[("ceremony", ceremony), ("answer", &answer)]).await;
        assert_eq!(refused.status, 403, "{what}");
        assert_eq!(refused.json()["error"], "access_denied", "{what}");
        assert!(console.cookie.is_none(), "{what}");
    }
    let mut straight = passkey.clone();
    assert_eq!(Console::new(&scene).sign_in(&mut straight).await.status, 200);
    // A copy of before has signed less often.
    let mut copy = passkey.clone();
    assert_eq!(Console::new(&scene).sign_in(&mut copy).await.status, 403, "a counter that does not go up");
    assert_eq!(Console::new(&scene).sign_in(&mut straight).await.status, 200);
}

#[tokio::test]
async fn an_answer_counts_once_in_time_and_for_what_was_asked() {
    let scene = Scene::new();
    let (_, mut passkey) = Console::of_role(&scene, "Ines", Role::Owner).await;
    let mut console = Console::new(&scene);
    let begun = console.post("/console/sign-in/begin", &[]).await.json();
    let ceremony = begun["ceremony"].as_str().unwrap().to_owned();
    let answer = passkey.sign(&begun["options"], stage::ORIGIN);
    let fields = [("ceremony", ceremony.as_str()), ("answer", answer.as_str())];
    assert_eq!(console.post("/console/sign-in/finish", &fields).await.status, 200);
    assert_eq!(console.post("/console/sign-in/finish", &fields).await.status, 403, "twice");
    let late = console.post("/console/sign-in/begin", &[]).await.json();
    let answer = passkey.sign(&late["options"], stage::ORIGIN);
    scene.clock.advance(300);
    let fields = [("ceremony", late["ceremony"].as_str().unwrap()), ("answer", answer.as_str())];
    assert_eq!(console.post("/console/sign-in/finish", &fields).await.status, 403, "late");
    let other = console.post("/console/sign-in/begin", &[]).await.json();
    let (one, two) = (console.post("/console/sign-in/begin", &[]).await.json(), other);
    let answer = passkey.sign(&one["options"], stage::ORIGIN);
    let fields = [("ceremony", two["ceremony"].as_str().unwrap()), ("answer", answer.as_str())];
    assert_eq!(console.post("/console/sign-in/finish", &fields).await.status, 403, "another challenge");
    for (ceremony, answer) in [("", ""), ("x", "{}"), ("x", "[")] {
        let fields = [("ceremony", ceremony), ("answer", answer)];
        assert_eq!(console.post("/console/sign-in/finish", &fields).await.status, 403);
    }
}

#[tokio::test]
async fn a_passkey_is_made_only_where_the_person_was_looked_at() {
    let scene = Scene::new();
    let (space, _) = scene.stage.space();
    let (_, token) = space.invite_to_team("Ines", Role::Owner).await.unwrap();
    let address = format!("/console/enter/{}", token.expose());
    let mut console = Console::new(&scene);
    let begun = console.post(&format!("{address}/begin"), &[]).await.json();
    let options = &begun["options"];
    assert_eq!(options["rp"]["id"], HOST);
    assert_eq!(options["attestation"], "none");
    assert_eq!(options["authenticatorSelection"]["userVerification"], "required");
    assert_eq!(options["authenticatorSelection"]["residentKey"], "required");
    let (_, answer) = Authenticator::make_looking(options, stage::ORIGIN, false);
    let fields = [("ceremony", begun["ceremony"].as_str().unwrap()), ("answer", answer.as_str())];
    assert_eq!(console.post(&format!("{address}/finish"), &fields).await.status, 403);
    assert!(console.cookie.is_none());
    // The link still counts.
    console.enter(token.expose()).await;
}

#[tokio::test]
async fn a_session_ends_after_eight_hours_without_use_and_after_seven_days_in_any_case() {
    let scene = Scene::new();
    let (mut console, _) = Console::of_role(&scene, "Ines", Role::Owner).await;
    for _ in 0..23 {
        scene.clock.advance(7 * 3_600);
        assert_eq!(console.get("/console").await.status, 200);
    }
    // 161 hours; that a page looks by itself is no use.
    scene.clock.advance(6 * 3_600);
    assert_eq!(console.get("/console").await.status, 200);
    scene.clock.advance(3_600);
    assert_eq!(console.get("/console").await.status, 303, "seven days are over");
    let (mut idle, _) = Console::of_role(&scene, "Mara", Role::Desk).await;
    scene.clock.advance(4 * 3_600);
    let looks = Request::get("/console").header("passport-looks", "1");
    assert_eq!(idle.send(looks, String::new()).await.status, 200);
    scene.clock.advance(4 * 3_600);
    assert_eq!(idle.get("/console").await.status, 303, "eight hours without use");
}

#[tokio::test]
async fn another_role_the_end_and_another_link_end_every_session_at_once() {
    let scene = Scene::new();
    let (mut owner, _) = Console::of_role(&scene, "Ines", Role::Owner).await;
    let (space, _) = scene.stage.space();
    let (mut desk, mut passkey) = Console::of_role(&scene, "Dora", Role::Desk).await;
    let id = space.teammate_named("dora").await.unwrap().unwrap().id;
    let changed = owner.press("/console/team/role", &[("id", &id), ("role", "auditor")]).await;
    assert_eq!(changed.status, 303);
    assert_eq!(desk.get("/console").await.status, 303);
    assert_eq!(desk.sign_in(&mut passkey).await.status, 200);
    assert!(desk.get("/console").await.text.contains("Dora (Auditor)"));
    let again = owner.press("/console/team/again", &[("id", &id)]).await;
    let (_, after) = again.text.split_once("/console/enter/").unwrap();
    let token = after.split(['"', '<']).next().unwrap().to_owned();
    assert_eq!(desk.get("/console").await.status, 303);
    assert_eq!(desk.sign_in(&mut passkey).await.status, 403, "the lost passkey counts no more");
    let mut found = desk.enter(&token).await;
    assert_eq!(desk.get("/console").await.status, 200);
    assert_eq!(owner.press("/console/team/end", &[("id", &id)]).await.status, 303);
    assert_eq!(desk.get("/console").await.status, 303);
    assert_eq!(desk.sign_in(&mut found).await.status, 403);
    assert!(!owner.get("/console/team").await.text.contains("Dora"));
    // The name is free again.
    assert!(space.invite_to_team("DORA", Role::Desk).await.is_ok());
}

#[tokio::test]
async fn the_last_owner_stays_and_two_of_one_name_there_are_not() {
    let scene = Scene::new();
    let (mut owner, _) = Console::of_role(&scene, "Ines", Role::Owner).await;
    let (space, _) = scene.stage.space();
    let id = space.teammate_named("Ines").await.unwrap().unwrap().id;
    for (path, fields) in [
        ("/console/team/end", vec![("id", id.as_str())]),
        ("/console/team/role", vec![("id", id.as_str()), ("role", "desk")]),
    ] {
        let refused = owner.press(path, &fields).await;
        assert!(refused.status == 409 && refused.text.contains("The last owner stays"), "{}", refused.text);
    }
    for (name, said) in
        [("ines", "There is somebody of this name"), ("", "A name has"), ("<b>", "A name has")]
    {
        let refused = owner.press("/console/team", &[("name", name), ("role", "desk")]).await;
        assert!(refused.status == 409 && refused.text.contains(said), "{name}: {}", refused.text);
    }
    let refused = owner.press("/console/team", &[("name", "Omar"), ("role", "king")]).await;
    assert_eq!(refused.status, 422);
    let (other, _) = space.invite_to_team("Omar", Role::Owner).await.unwrap();
    assert_eq!(owner.press("/console/team/end", &[("id", &id)]).await.status, 303);
    assert!(space.end_team_access(&other.id).await.is_err());
}

#[tokio::test]
async fn own_passkeys_and_sessions_are_listed_and_ended_and_anothers_are_not() {
    let scene = Scene::new();
    let (mut console, mut passkey) = Console::of_role(&scene, "Ines", Role::Owner).await;
    let (mut other, others) = Console::of_role(&scene, "Omar", Role::Owner).await;
    let last = console.press("/console/access/passkeys/remove", &[("id", &passkey.id)]).await;
    assert!(last.status == 409 && last.text.contains("The last passkey stays"));
    let begun = console.press("/console/access/passkeys/begin", &[]).await.json();
    let known = &begun["options"]["excludeCredentials"];
    assert_eq!(known.as_array().map(Vec::len), Some(1));
    let (_, answer) = Authenticator::make(&begun["options"], stage::ORIGIN);
    let fields = [("ceremony", begun["ceremony"].as_str().unwrap()), ("answer", &answer), ("label", "phone")];
    // What was asked of one is answered by no other.
    assert_eq!(other.press("/console/access/passkeys/finish", &fields).await.status, 403);
    let begun = console.press("/console/access/passkeys/begin", &[]).await.json();
    let (mut second, answer) = Authenticator::make(&begun["options"], stage::ORIGIN);
    let fields = [("ceremony", begun["ceremony"].as_str().unwrap()), ("answer", &answer), ("label", "phone")];
    assert_eq!(console.press("/console/access/passkeys/finish", &fields).await.status, 200);
    let page = console.get("/console/access").await.text;
    assert!(page.contains("tablet") && page.contains("phone"), "{page}");
    other.press("/console/access/passkeys/remove", &[("id", &second.id)]).await;
    let mut phone = Console::new(&scene);
    assert_eq!(phone.sign_in(&mut second).await.status, 200);
    assert_eq!(console.press("/console/access/passkeys/remove", &[("id", &passkey.id)]).await.status, 303);
    assert_eq!(Console::new(&scene).sign_in(&mut passkey).await.status, 403);
    // What another passkey opened ended with the removal; this one opens again.
    assert_eq!(phone.get("/console").await.status, 303);
    assert_eq!(phone.sign_in(&mut second).await.status, 200);
    let (space, _) = scene.stage.space();
    let id = space.teammate_named("Ines").await.unwrap().unwrap().id;
    let sessions = space.team_sessions_of(&id).await.unwrap();
    assert_eq!(sessions.len(), 2);
    let of_phone = sessions.iter().find(|one| one.opened_with == "phone").unwrap();
    other.press("/console/access/sessions/end", &[("id", &of_phone.id)]).await;
    assert_eq!(phone.get("/console").await.status, 200, "another's session is nobody else's to end");
    console.press("/console/access/sessions/end", &[("id", &of_phone.id)]).await;
    assert_eq!(phone.get("/console").await.status, 303);
    let link = console.press("/console/access/link", &[]).await;
    assert!(link.text.contains("/console/enter/"), "{}", link.text);
    drop(others);
}

#[tokio::test]
async fn pages_of_other_hosts_begin_and_finish_nothing() {
    let scene = Scene::new();
    let (space, _) = scene.stage.space();
    let (_, token) = space.invite_to_team("Ines", Role::Owner).await.unwrap();
    let before = scene.stage.memory.entries();
    let enter = format!("/console/enter/{}", token.expose());
    for path in [
        "/console/sign-in/begin".to_owned(),
        "/console/sign-in/finish".to_owned(),
        format!("{enter}/begin"),
        format!("{enter}/finish"),
    ] {
        let request = Request::post(&path)
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .header("host", "kiln-north.localhost:8097")
            .header("sec-fetch-site", "cross-site");
        let answered = send(&scene.router(), request.body(Body::from("ceremony=x&answer=y")).unwrap()).await;
        assert_eq!(answered.status, 403, "{path}");
        assert_eq!(answered.json()["error"], "invalid_request", "{path}");
    }
    assert!(scene.stage.memory.entries() == before);
}

#[tokio::test]
async fn commands_about_the_team_say_why_they_do_nothing() {
    let scene = Scene::new();
    let (space, presentation) = scene.stage.space();
    let said = |request: Value| {
        let (space, presentation) = (space.clone(), presentation.clone());
        async move { crate::handle(&space, &presentation, request).await }
    };
    let invite =
        |name: &str, role: &str| json!({"command": "verifier.team.invite", "name": name, "role": role});
    let made = said(invite("Ines", "owner")).await.unwrap();
    assert!(made["link"].as_str().unwrap().starts_with("http://kiln-north.localhost:8097/console/enter/"));
    assert_eq!((&made["name"], &made["role"]), (&json!("Ines"), &json!("owner")));
    for (request, sentence) in [
        (
            invite("INES", "desk"),
            "there is somebody of this name in the team: end that access first, or take another name",
        ),
        (invite(" ", "desk"), "a name has 1 to 64 letters, digits, spaces, and - _ . '"),
        (invite("Omar", "king"), "the space does not know this command, or one of its members"),
        (
            json!({"command": "verifier.team.again", "name": "Omar"}),
            "there is nobody of this name in the team",
        ),
        (json!({"command": "verifier.team.end", "name": "Omar"}), "there is nobody of this name in the team"),
        (
            json!({"command": "verifier.team.end", "name": "Ines"}),
            "the last owner stays: make somebody else an owner first",
        ),
    ] {
        assert_eq!(said(request.clone()).await.unwrap_err(), sentence, "{request}");
    }
    let listed = said(json!({"command": "verifier.team.list"})).await.unwrap();
    assert_eq!(listed["team"][0]["passkeys"], 0);
    assert!(said(json!({"command": "verifier.team.again", "name": "ines"})).await.is_ok());
    assert!(said(invite("Omar", "owner")).await.is_ok());
    assert_eq!(
        said(json!({"command": "verifier.team.end", "name": "Ines"})).await,
        Ok(json!({"ended": "Ines", "keys_that_still_work": []}))
    );
}

//! A screen and a phone at a door, at two replicas that answer in turn. The lock is a stub that notes what it is asked.

use environment::Timestamp;
use http::{Method, StatusCode};
use outbound::{OutboundError, Response, Scripted};
use verifier::doors::code::{SLOT, TICKET, TICKET_OF_SIGN_IN};
use verifier::doors::managing::NewDoor;
use verifier::doors::records::{Door, Outcome};
use verifier::doors::template::DoorTemplate;
use verifier::forms::ChangedBy;
use verifier::team::Role;

use super::console::Console;
use super::portal::{signed_in, signed_in_as};
use super::*;
use openid4vc::secret::SecretText;

const LOCK: &str = "https://lock.example.org/open";

/// A scene before a lock that answers every request with this status; none: not at all.
fn before_a_lock(status: Option<u16>) -> (Scene, Arc<Scripted>) {
    let answer = move || match status {
        Some(status) => Ok(Response::of_json(StatusCode::from_u16(status).unwrap(), &json!({}))),
        None => Err(OutboundError::TimedOut),
    };
    let lock = Arc::new(Scripted::new(move |_| answer()));
    let scene = Scene::new();
    *scene.stage.outside.lock().unwrap() = Some(Arc::clone(&lock));
    scene.restart();
    (scene, lock)
}

async fn add(scene: &Scene, name: &str, plans: &[&str]) -> Door {
    let template = json!({"name": "Relay", "auth": "bearer", "open": {"method": "POST", "url": LOCK, "body": {"seconds": 3}}});
    let new = NewDoor {
        name: name.to_owned(),
        template: DoorTemplate::parse(&template.to_string()).unwrap(),
        plans: plans.iter().map(|plan| (*plan).to_owned()).collect(),
    };
    let secret = SecretText::new("canary-key");
    scene.stage.space().0.add_door(new, &secret, ChangedBy::Terminal).await.unwrap()
}

/// The tablet at a door.
struct Tablet<'a> {
    scene: &'a Scene,
    door: String,
    cookie: String,
}

impl<'a> Tablet<'a> {
    /// Somebody of the team makes the device at hand the screen of a door.
    async fn by(console: &mut Console<'a>, door: &Door) -> Self {
        let opened = console.press("/console/doors/screen", &[("id", &door.id)]).await;
        assert_eq!(
            (opened.status.as_u16(), opened.header("location")),
            (303, format!("/door/{}/screen", door.id).as_str()),
            "{}",
            opened.text
        );
        let cookies = opened.headers.get_all(header::SET_COOKIE).iter();
        let cookie =
            cookies.map(|cookie| cookie.to_str().unwrap()).find(|one| one.starts_with("__Host-door-screen="));
        let cookie = cookie.unwrap().split(';').next().unwrap().to_owned();
        Self { scene: console.scene, door: door.id.clone(), cookie }
    }

    async fn of_role(scene: &'a Scene, name: &str, role: Role, door: &Door) -> Self {
        let (mut console, _) = Console::of_role(scene, name, role).await;
        Self::by(&mut console, door).await
    }

    async fn page(&self) -> Answered {
        let request = Request::get(format!("/door/{}/screen", self.door))
            .header("host", "kiln-north.localhost:8097")
            .header(header::COOKIE, &self.cookie);
        send(&self.scene.router(), request.body(Body::empty()).unwrap()).await
    }

    /// The path behind the code that it shows now.
    async fn code(&self) -> String {
        let page = self.page().await;
        assert_eq!(page.status, 200, "{}", page.text);
        let (_, after) =
            page.text.split_once("href=\"http://kiln-north.localhost:8097/door/").expect("a code");
        format!("/door/{}", after.split_once('"').unwrap().0)
    }
}

/// A phone: a browser with more than one cookie.
struct Phone<'a> {
    scene: &'a Scene,
    session: Option<String>,
    ticket: Option<String>,
}

impl<'a> Phone<'a> {
    fn of(browser: &Browser<'a>) -> Self {
        Self { scene: browser.scene, session: browser.cookie.clone(), ticket: None }
    }

    async fn send(&mut self, method: Method, path: &str, fields: &[(&str, &str)]) -> Answered {
        let cookies: Vec<&str> = self.session.iter().chain(&self.ticket).map(String::as_str).collect();
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header("host", "kiln-north.localhost:8097")
            .header("sec-fetch-site", "same-origin")
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .header(header::ACCEPT, "text/html")
            .header(header::COOKIE, cookies.join("; "));
        let body = Body::from(console::form_body(fields));
        let answered = send(&self.scene.router(), request.body(body).unwrap()).await;
        for cookie in answered.headers.get_all(header::SET_COOKIE) {
            let pair = cookie.to_str().unwrap().split(';').next().unwrap();
            if pair.starts_with("__Host-door=") {
                self.ticket = (pair != "__Host-door=").then(|| pair.to_owned());
            }
        }
        answered
    }

    async fn get(&mut self, path: &str) -> Answered {
        self.send(Method::GET, path, &[]).await
    }

    /// Scans a code; gives the token of the button that follows.
    async fn scan(&mut self, door: &Door, code: &str) -> String {
        let arrived = self.get(code).await;
        assert_eq!(
            (arrived.status.as_u16(), arrived.header("location")),
            (303, format!("/door/{}/open", door.id).as_str()),
            "{}",
            arrived.text
        );
        let page = self.get(&format!("/door/{}/open", door.id)).await;
        assert_eq!(page.status, 200, "{} {}", page.header("location"), page.text);
        csrf(&page)
    }

    async fn press(&mut self, door: &Door, token: &str) -> Answered {
        self.send(Method::POST, &format!("/door/{}/open", door.id), &[("csrf", token)]).await
    }
}

/// What the audit log says of doors: kinds and codes, in the order of the alphabet.
async fn logged(scene: &Scene) -> Vec<(String, String)> {
    let leaves = scene.stage.tenant().list::<store::PendingLeaf>(store::Range::all(), 1_000).await.unwrap();
    let entries = leaves.items.iter().map(|pending| pending.leaf().entry().unwrap());
    let kind = |entry: &Value| entry["kind"].as_str().unwrap().to_owned();
    let entries = entries.map(|entry| serde_json::to_value(entry).unwrap());
    let mut said: Vec<(String, String)> = entries
        .filter(|entry| kind(entry).starts_with("door-"))
        .map(|entry| (kind(&entry), entry["code"].as_str().unwrap().to_owned()))
        .collect();
    said.sort();
    said
}

fn said(kind: &str, code: &str) -> (String, String) {
    (kind.to_owned(), code.to_owned())
}

async fn outcomes(scene: &Scene) -> Vec<Outcome> {
    scene.stage.space().0.openings(100).await.unwrap().into_iter().map(|one| one.outcome).collect()
}

#[tokio::test]
async fn whoever_is_signed_in_scans_presses_and_the_lock_is_asked_once() {
    let (scene, lock) = before_a_lock(Some(200));
    let door = add(&scene, "Front door", &[]).await;
    let tablet = Tablet::of_role(&scene, "Dora", Role::Desk, &door).await;
    let (browser, sub) = signed_in(&scene).await;
    let mut phone = Phone::of(&browser);
    let page = tablet.page().await;
    assert!(page.text.contains("Open Front door") && page.text.contains("class=\"qr\""), "{}", page.text);
    assert_eq!(page.header("cache-control"), "no-store");
    let code = tablet.code().await;
    assert_ne!(code, tablet.code().await, "another code each time");
    let arrived = phone.get(&code).await;
    let cookie = arrived.header("set-cookie");
    assert!(cookie.ends_with("; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=180"), "{cookie}");
    let token = phone.scan(&door, &code).await;
    assert_eq!(lock.calls().len(), 0, "nothing opens by looking");
    let opened = phone.press(&door, &token).await;
    assert_eq!((opened.status.as_u16(), opened.header("cache-control")), (200, "no-store"));
    assert!(opened.text.contains("Front door is open"), "{}", opened.text);
    let calls = lock.calls();
    assert_eq!((calls.len(), calls[0].url.as_str(), calls[0].method.as_str()), (1, LOCK, "POST"));
    assert_eq!(serde_json::from_slice::<Value>(&calls[0].body).unwrap(), json!({"seconds": 3}));
    assert_eq!(calls[0].headers["authorization"].to_str().unwrap(), "Bearer canary-key");
    let openings = scene.stage.space().0.openings(10).await.unwrap();
    assert_eq!(
        (openings.len(), openings[0].sub.as_str(), &openings[0].outcome),
        (1, sub.as_str(), &Outcome::Opened)
    );
    assert_eq!(calls[0].headers["idempotency-key"].to_str().unwrap(), format!("\"{}\"", openings[0].id));
    let sent = format!("{} {}", calls[0].url, String::from_utf8_lossy(&calls[0].body));
    assert!(!sent.contains(&sub), "nothing about a member goes to a lock");
    // The ticket is used up, and so is the code for this member, also in another browser.
    assert_eq!(phone.press(&door, &token).await.status, 410);
    let mut other = Phone::of(&signed_in_as(&scene, &sub, 43).await);
    let token = other.scan(&door, &code).await;
    let again = other.press(&door, &token).await;
    assert!(again.status == 409 && again.text.contains("You have used this code"), "{}", again.text);
    assert_eq!(lock.calls().len(), 1);
    // After a month nobody knows any more.
    scene.clock.advance(30 * 86_400);
    assert_eq!(outcomes(&scene).await, []);
}

#[tokio::test]
async fn no_other_link_opens_than_the_one_that_the_screen_of_that_door_shows_now() {
    let (scene, lock) = before_a_lock(Some(200));
    let (door, other) = (add(&scene, "Front door", &[]).await, add(&scene, "Back door", &[]).await);
    let tablet = Tablet::of_role(&scene, "Dora", Role::Desk, &door).await;
    let (browser, _) = signed_in(&scene).await;
    let mut phone = Phone::of(&browser);
    // What a printed tag carries.
    let tag = phone.get(&format!("/door/{}", door.id)).await;
    assert!(tag.status == 200 && tag.text.contains("Scan the screen beside the door"), "{}", tag.text);
    assert!(tag.text.contains("This tag opens nothing."), "{}", tag.text);
    let code = tablet.code().await;
    let (path, token) = code.split_once("?t=").unwrap();
    let mut swapped = token.to_owned().into_bytes();
    swapped[3] = if swapped[3] == b'A' { b'B' } else { b'A' };
    let others = format!("/door/{}?t={token}", other.id);
    for near in [
        others,
        format!("{path}?t={}", String::from_utf8(swapped).unwrap()),
        format!("{path}?t={}", token.get(..token.len() - 1).unwrap()),
        format!("{path}?t="),
        format!("{path}?t={}", "A".repeat(token.len())),
    ] {
        let refused = phone.get(&near).await;
        assert!(
            refused.status == 410 && refused.text.contains("This code is over"),
            "{near}: {}",
            refused.text
        );
        assert_eq!(phone.ticket, None, "{near}");
    }
    assert_eq!(phone.get(&format!("/door/AAAA?t={token}")).await.status, 404);
    // The page of the button opens nothing by itself, and a ticket is none of another door, and no code is a ticket.
    assert_eq!(phone.get(&format!("/door/{}/open", door.id)).await.status, 410);
    let button = phone.scan(&door, &code).await;
    let elsewhere = phone.send(Method::POST, &format!("/door/{}/open", other.id), &[("csrf", &button)]).await;
    assert_eq!(elsewhere.status, 410);
    phone.ticket = Some(format!("__Host-door={}.{token}", door.id));
    assert_eq!(phone.press(&door, &button).await.status, 410, "a code is no ticket");
    // A code counts in its slot and the next one, and no more the day after.
    let begun = tablet.code().await;
    let now = scene.stage.environment.now().seconds();
    let slot_end = (now.div_euclid(SLOT) + 2) * SLOT;
    scene.clock.set(Timestamp::from_seconds(slot_end - 1));
    assert_eq!(phone.get(&begun).await.status, 303);
    for late in [slot_end, slot_end + 86_400] {
        scene.clock.set(Timestamp::from_seconds(late));
        assert_eq!(phone.get(&begun).await.status, 410, "{late}");
    }
    assert_eq!(lock.calls().len(), 0);
}

#[tokio::test]
async fn a_ticket_counts_for_three_minutes_for_whoever_signs_in_meanwhile_and_leads_on() {
    let (scene, lock) = before_a_lock(Some(200));
    let door = add(&scene, "Front door", &[]).await;
    let tablet = Tablet::of_role(&scene, "Dora", Role::Desk, &door).await;
    let mut phone = Phone { scene: &scene, session: None, ticket: None };
    let code = tablet.code().await;
    assert_eq!(phone.get(&code).await.status, 303);
    let open = format!("/door/{}/open", door.id);
    assert_eq!(phone.get(&open).await.header("location"), "/sign-in");
    let (browser, _) = signed_in(&scene).await;
    phone.session = browser.cookie.clone();
    assert_eq!(phone.get("/member").await.header("location"), open, "on to the door");
    let token = csrf(&phone.get(&open).await);
    scene.clock.advance(TICKET_OF_SIGN_IN);
    assert_eq!(phone.get("/member").await.status, 200, "a ticket that is over leads nowhere");
    assert_eq!(phone.press(&door, &token).await.status, 410);
    let mut phone = Phone { scene: &scene, session: None, ticket: None };
    assert_eq!(phone.get(&tablet.code().await).await.status, 303);
    let (browser, _) = signed_in(&scene).await;
    phone.session = browser.cookie.clone();
    scene.clock.advance(150);
    let token = csrf(&phone.get(&open).await);
    scene.clock.advance(TICKET_OF_SIGN_IN - 150 - 1);
    assert_eq!(phone.press(&door, &token).await.status, 200);
    assert_eq!(lock.calls().len(), 1);
}

#[tokio::test]
async fn whoever_was_signed_in_when_they_scanned_presses_within_seconds_or_scans_again() {
    let (scene, lock) = before_a_lock(Some(200));
    let door = add(&scene, "Front door", &[]).await;
    let tablet = Tablet::of_role(&scene, "Dora", Role::Desk, &door).await;
    let (browser, _) = signed_in(&scene).await;
    let mut phone = Phone::of(&browser);
    // The second after: the session was not made for this.
    scene.clock.advance(1);
    let open = format!("/door/{}/open", door.id);
    for late in [TICKET, 60, TICKET_OF_SIGN_IN - 1] {
        let token = phone.scan(&door, &tablet.code().await).await;
        scene.clock.advance(late);
        let page = phone.get(&open).await;
        assert!(page.status == 410 && page.text.contains("This code is over"), "{late}: {}", page.text);
        assert_eq!(phone.get("/member").await.status, 200, "{late}: it leads nowhere");
        let pressed = phone.press(&door, &token).await;
        assert!(
            pressed.status == 410 && pressed.text.contains("This code is over"),
            "{late}: {}",
            pressed.text
        );
    }
    assert_eq!(lock.calls().len(), 0);
    let token = phone.scan(&door, &tablet.code().await).await;
    scene.clock.advance(TICKET - 1);
    assert_eq!(phone.press(&door, &token).await.status, 200);
    assert_eq!(lock.calls().len(), 1);
}

#[tokio::test]
async fn only_a_membership_that_counts_here_and_of_the_right_plan_opens() {
    let (scene, lock) = before_a_lock(Some(200));
    let (space, _) = scene.stage.space();
    let door = add(&scene, "Front door", &["No such plan"]).await;
    let everybodys = add(&scene, "Back door", &[]).await;
    let tablet = Tablet::of_role(&scene, "Dora", Role::Desk, &door).await;
    let (browser, sub) = signed_in(&scene).await;
    let mut phone = Phone::of(&browser);
    let code = tablet.code().await;
    let token = phone.scan(&door, &code).await;
    let refused = phone.press(&door, &token).await;
    assert!(
        refused.status == 403 && refused.text.contains("Your plan does not open Front door"),
        "{}",
        refused.text
    );
    // The code is used up by it: whoever presses on writes no more into the log.
    for _ in 0..2 {
        let token = phone.scan(&door, &code).await;
        assert_eq!(phone.press(&door, &token).await.status, 409);
    }
    let refused = said("door-asked", &format!("{} refused", door.id));
    assert_eq!(logged(&scene).await.into_iter().filter(|one| *one == refused).count(), 1);
    // The membership ends between the page and the button.
    let tablet = Tablet::of_role(&scene, "Dino", Role::Manager, &everybodys).await;
    let token = phone.scan(&everybodys, &tablet.code().await).await;
    space.end_membership(&sub).await.unwrap();
    let ended = phone.press(&everybodys, &token).await;
    assert!(
        ended.status == 403 && ended.text.contains("Your membership does not open this"),
        "{}",
        ended.text
    );
    // And before the page: whoever has no session here signs in, and shows a membership of this very space (verifier::portal).
    phone.get(&tablet.code().await).await;
    assert_eq!(phone.get(&format!("/door/{}/open", everybodys.id)).await.header("location"), "/sign-in");
    assert_eq!((lock.calls().len(), outcomes(&scene).await.len()), (0, 0));
}

#[tokio::test]
async fn one_code_opens_once_for_a_member_who_presses_twice_and_once_for_another_one() {
    let (scene, lock) = before_a_lock(Some(204));
    let door = add(&scene, "Front door", &[]).await;
    let tablet = Tablet::of_role(&scene, "Dora", Role::Desk, &door).await;
    let (browser, sub) = signed_in(&scene).await;
    let again = signed_in_as(&scene, &sub, 43).await;
    let code = tablet.code().await;
    let (mut one, mut two) = (Phone::of(&browser), Phone::of(&again));
    let (first, second) = (one.scan(&door, &code).await, two.scan(&door, &code).await);
    let (one, two) = tokio::join!(one.press(&door, &first), two.press(&door, &second));
    let mut statuses = [one.status.as_u16(), two.status.as_u16()];
    statuses.sort_unstable();
    assert_eq!((statuses, lock.calls().len()), ([200, 409], 1));
    // Whoever stands behind them scans the same code with a membership of their own.
    let (other, other_sub) = signed_in(&scene).await;
    assert_ne!(other_sub, sub);
    let mut third = Phone::of(&other);
    let token = third.scan(&door, &code).await;
    assert_eq!((third.press(&door, &token).await.status.as_u16(), lock.calls().len()), (200, 2));
}

#[tokio::test]
async fn a_lock_that_says_no_or_nothing_is_asked_once_and_never_later() {
    for (status, outcome) in [
        (Some(503), Outcome::NotOpened { status: Some(503), code: None }),
        (Some(302), Outcome::NotOpened { status: Some(302), code: None }),
        (None, Outcome::NotOpened { status: None, code: Some("timed_out".to_owned()) }),
    ] {
        let (scene, lock) = before_a_lock(status);
        let door = add(&scene, "Front door", &[]).await;
        let tablet = Tablet::of_role(&scene, "Dora", Role::Desk, &door).await;
        let (browser, _) = signed_in(&scene).await;
        let mut phone = Phone::of(&browser);
        let token = phone.scan(&door, &tablet.code().await).await;
        let silent = phone.press(&door, &token).await;
        assert!(silent.status == 502 && silent.text.contains("Front door did not answer"), "{}", silent.text);
        let (space, _) = scene.stage.space();
        for _ in 0..3 {
            scene.clock.advance(3_600);
            while space.work().await.unwrap() > 0 {}
            for recipient in space.recipients_to_serve().await.unwrap() {
                space.send_to(&recipient).await.unwrap();
            }
        }
        assert_eq!((lock.calls().len(), outcomes(&scene).await), (1, vec![outcome]));
    }
}

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

#[tokio::test(start_paused = true)]
async fn whoever_floods_the_pages_from_the_address_of_a_space_shuts_no_door_there() {
    let (scene, lock) = before_a_lock(Some(200));
    let door = add(&scene, "Front door", &[]).await;
    let tablet = Tablet::of_role(&scene, "Dora", Role::Desk, &door).await;
    let (browser, _) = signed_in(&scene).await;
    let mut phone = Phone::of(&browser);
    let site = crate::router(scene.stage.site().with_budget(1));
    *scene.router.lock().unwrap() = site;
    // The screen hangs there, and the member has been here.
    assert_eq!((tablet.page().await.status.as_u16(), phone.get("/member").await.status.as_u16()), (200, 200));
    let mut guest = Phone { scene: &scene, session: None, ticket: None };
    let tag = format!("/door/{}", door.id);
    let mut sent = 0;
    while guest.get(&tag).await.status != 429 {
        sent += 1;
        assert!(sent <= 200, "nobody is slowed");
    }
    let made_up = |name: &str, seed: u64| {
        let secret = web::session::SessionSecret::fresh(&SeededRandomness::new(seed));
        let cookie = secret.cookie_named(name, None);
        cookie.to_str().unwrap().split(';').next().unwrap().to_owned()
    };
    for seed in 50..53 {
        guest.session = Some(made_up("__Host-session", seed));
        assert_eq!(guest.get(&tag).await.status, 429, "a session that is made up is nobody's");
        let cookie = made_up("__Host-door-screen", seed);
        let false_one = Tablet { scene: &scene, door: door.id.clone(), cookie };
        assert_eq!(false_one.page().await.status, 429);
    }
    let token = phone.scan(&door, &tablet.code().await).await;
    assert_eq!((phone.press(&door, &token).await.status.as_u16(), lock.calls().len()), (200, 1));
    // A screen that asks without end slows itself, and nobody else.
    let mut asked = 0;
    while tablet.page().await.status == 200 {
        asked += 1;
        assert!(asked <= 60, "a screen has a budget");
    }
    assert_eq!(tablet.page().await.status, 429);
    assert_eq!(phone.get(&tag).await.status, 200);
}

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

#[tokio::test(start_paused = true)]
async fn who_opens_too_often_waits() {
    let (scene, lock) = before_a_lock(Some(200));
    let door = add(&scene, "Front door", &[]).await;
    let tablet = Tablet::of_role(&scene, "Dora", Role::Desk, &door).await;
    let (browser, _) = signed_in(&scene).await;
    // The budget is each replica's own, as every other: this is one of them.
    let site = crate::router(scene.stage.site().with_budget(1_000));
    *scene.router.lock().unwrap() = site;
    let mut phone = Phone::of(&browser);
    let token = phone.scan(&door, &tablet.code().await).await;
    let mut last = phone.press(&door, &token).await;
    for _ in 0..5 {
        assert_eq!(last.status, 200);
        phone.get(&tablet.code().await).await;
        last = phone.press(&door, &token).await;
    }
    assert_eq!((last.status.as_u16(), lock.calls().len()), (200, 6));
    phone.get(&tablet.code().await).await;
    let often = phone.press(&door, &token).await;
    assert!(often.status == 429 && often.text.contains("Too often within a minute"), "{}", often.text);
    assert_eq!(lock.calls().len(), 6);
}

#[tokio::test]
async fn the_button_is_pressed_on_its_own_page_alone() {
    let (scene, lock) = before_a_lock(Some(200));
    let door = add(&scene, "Front door", &[]).await;
    let tablet = Tablet::of_role(&scene, "Dora", Role::Desk, &door).await;
    let (browser, _) = signed_in(&scene).await;
    let mut phone = Phone::of(&browser);
    let token = phone.scan(&door, &tablet.code().await).await;
    assert_eq!(phone.press(&door, "").await.status, 403);
    assert_eq!(phone.press(&door, token.get(1..).unwrap()).await.status, 403);
    assert_eq!(phone.send(Method::PUT, &format!("/door/{}/open", door.id), &[]).await.status, 405);
    assert_eq!(phone.send(Method::POST, &format!("/door/{}", door.id), &[]).await.status, 405);
    assert_eq!(phone.send(Method::POST, &format!("/door/{}/screen", door.id), &[]).await.status, 405);
    assert_eq!(lock.calls().len(), 0);
    assert_eq!(phone.press(&door, &token).await.status, 200);
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

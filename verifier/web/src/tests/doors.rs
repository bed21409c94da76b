//! A screen and a phone at a door, at two replicas that answer in turn. The lock is a stub that notes what it is asked.

mod limits;
mod managing;
mod screens;

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

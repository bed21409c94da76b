//! Online sign-up off: no way to begin at the space's own pages, and everything that was begun goes on.

use http::StatusCode;
use serde_json::json;

use super::inviting::invited;
use super::stage::{Answered, path};
use super::{Browser, Scene, csrf};
use crate::handle;

async fn turn(scene: &Scene, on: bool) {
    let (space, presentation) = scene.stage.space();
    let said = handle(&space, &presentation, json!({"command": "verifier.online", "on": on})).await.unwrap();
    assert_eq!((&said["online"], &said["by"]), (&json!(on), &json!("terminal")));
}

fn has_sign_up(page: &Answered) -> bool {
    page.text.contains("Sign up with Passport")
}

#[tokio::test]
async fn off_nobody_begins_at_the_pages_of_either_server_and_on_everybody_does_again() {
    let scene = Scene::new();
    let (space, presentation) = scene.stage.space();
    let asked = handle(&space, &presentation, json!({"command": "verifier.online", "on": null})).await;
    assert_eq!(asked, Ok(json!({"online": true})));
    let mut browser = Browser::new(&scene);
    let page = browser.get("/join/number").await;
    for (on, status) in [(true, StatusCode::OK), (false, StatusCode::FORBIDDEN), (true, StatusCode::OK)] {
        turn(&scene, on).await;
        let before = scene.stage.memory.entries();
        // Each is asked of both servers.
        for _ in 0..2 {
            assert_eq!(has_sign_up(&browser.get("/").await), on);
            let mut newcomer = Browser::new(&scene);
            let join = newcomer.get("/join").await;
            assert_eq!((join.status, join.text.contains("takes no sign-ups online now")), (status, !on));
            assert_eq!(browser.get("/join/number").await.status, status);
            let asked = Browser::new(&scene).post_json("/join/requests", &json!({"way": "link"})).await;
            assert_eq!(asked.status, status);
            if !on {
                assert_eq!(asked.json()["error"], "sign_up_closed");
                let typed = format!("csrf={}&number=HRB100000000X&email=ada%40example.org", csrf(&page));
                let sent = browser.post_form("/join/number", &typed).await;
                assert_eq!(sent.status, StatusCode::FORBIDDEN);
                assert!(scene.stage.memory.entries() == before, "nothing was made");
            }
        }
        let script = browser.get("/passport-button.js").await;
        assert_eq!(script.text.contains("\"sign-up\":\"http://kiln-north.localhost:8097/join\""), on);
        assert_eq!(script.text.contains("\"sign-up\":null"), !on);
    }
}

#[tokio::test]
async fn off_an_answer_to_what_was_asked_before_is_taken() {
    let scene = Scene::new();
    let (mut here, mut screen) = (Browser::new(&scene), Browser::new(&scene));
    let link = here.ask("link").await;
    let scanned = screen.ask("qr").await;
    turn(&scene, false).await;
    let reply = scene.wallet().answer(&scene.router(), &link).await;
    assert_eq!(reply.status, StatusCode::OK, "{}", reply.text);
    here.get(&path(reply.json()["redirect_uri"].as_str().unwrap())).await;
    assert_eq!(here.state().await, "joined");
    let reply = scene.wallet().answer(&scene.router(), &scanned).await;
    assert_eq!(reply.status, StatusCode::OK, "{}", reply.text);
    // Whoever waits for digits and loads the first page again is led to them.
    assert_eq!(screen.get("/join").await.header("location"), "/join/answer");
}

#[tokio::test]
async fn off_the_team_still_invites_and_asks() {
    let scene = Scene::new();
    turn(&scene, false).await;
    let (space, presentation) = scene.stage.space();
    let (_, link) = invited(&scene, 1).await;
    let page = Browser::new(&scene).get(&link).await;
    assert_eq!(page.status, StatusCode::OK, "{}", page.text);
    assert!(page.text.contains("invites you"));
    let asked =
        handle(&space, &presentation, json!({"command": "verifier.request", "form": "sign-up"})).await;
    assert!(asked.unwrap()["link"].is_string());
}

#[tokio::test]
async fn a_space_that_has_left_says_so_at_every_way_in_and_offers_nothing_that_it_refuses() {
    let scene = Scene::new();
    let (space, _) = scene.stage.space();
    let (_, link) = invited(&scene, 1).await;
    let mut browser = Browser::new(&scene);
    let ways = ["/", "/join", "/join/number", "/no-passport", &link];
    for left in [false, true, false] {
        if left {
            space.leave_network().await.unwrap();
        } else {
            space.come_back().await.unwrap();
            turn(&scene, true).await;
        }
        for way in ways {
            let page = Browser::new(&scene).get(way).await;
            let status = if left && way != "/" { StatusCode::GONE } else { StatusCode::OK };
            assert_eq!(page.status, status, "{way}");
            assert_eq!(page.text.contains("Kiln North has left the Passport network"), left, "{way}");
            if left {
                for offered in
                    ["It works.", "can invite you", "How joining works", "/no-passport", "Sign up with"]
                {
                    assert!(!page.text.contains(offered), "{way}: {offered}");
                }
                assert!(page.text.contains("You can change it, take it back, object and leave."), "{way}");
            }
        }
        let before = scene.stage.memory.entries();
        let asked = Browser::new(&scene).post_json("/join/requests", &json!({"way": "link"})).await;
        let wallet = browser.post_json(&link, &json!({})).await;
        if left {
            assert_eq!(
                (asked.status, asked.json()["error"].as_str()),
                (StatusCode::FORBIDDEN, Some("space_left"))
            );
            assert_eq!(
                (wallet.status, wallet.json()["error"].as_str()),
                (StatusCode::GONE, Some("space_left"))
            );
            assert!(scene.stage.memory.entries() == before, "something was made");
        } else {
            assert_eq!((asked.status, wallet.status), (StatusCode::OK, StatusCode::OK), "{}", wallet.text);
        }
    }
}

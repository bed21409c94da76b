//! What was used up stays used up when every process has ended and begun anew.

use super::*;

#[tokio::test]
async fn an_address_that_was_opened_and_tries_that_were_made_stay_so_after_a_restart() {
    let scene = Scene::new();
    let mut screen = Browser::new(&scene);
    let address = answered(&scene, &mut screen, "qr").await;
    let right = digits(&Browser::new(&scene).get(&address).await).replace(' ', "");
    for _ in 0..4 {
        let wrong = screen.post_json("/join/code", &json!({"code": other_than(&right)})).await;
        assert_eq!(said(&wrong), (403, "wrong_digits"));
    }
    let mut returned = Browser::new(&scene);
    let back = answered(&scene, &mut returned, "link").await;
    assert_eq!(Browser::new(&scene).get(&back).await.status, StatusCode::FORBIDDEN);

    scene.restart();
    let fifth = screen.post_json("/join/code", &json!({"code": other_than(&right)})).await;
    assert_eq!(said(&fifth), (403, "too_many_tries"));
    let own = cookie(&screen).to_owned();
    let body = json!({"code": right}).to_string();
    let sixth = || post("/join/code", Some(&own), JSON, &body);
    refused(&scene, sixth, (410, "not_awaited"), "the right digits after five tries").await;
    refused(&scene, || get_with(&back, cookie(&returned)), (410, "none"), "an address that was opened").await;
    refused(&scene, || get(&address), (410, "none"), "the phone's address").await;
    assert_eq!((screen.state().await, returned.state().await), ("filed".to_owned(), "ended".to_owned()));
}

#[tokio::test]
async fn an_honest_sign_up_goes_on_over_a_restart_at_every_step() {
    let scene = Scene::new();
    let mut screen = Browser::new(&scene);
    let link = screen.ask("qr").await;
    scene.restart();
    let reply = scene.wallet().answer(&scene.router(), &link).await;
    let address = path(reply.json()["redirect_uri"].as_str().unwrap());
    scene.restart();
    let shown = Browser::new(&scene).get(&address).await;
    scene.restart();
    let typed = screen.post_json("/join/code", &json!({"code": digits(&shown)})).await;
    assert_eq!((typed.status, typed.json()["state"].as_str()), (StatusCode::OK, Some("joined")));
    scene.restart();
    assert_eq!(screen.state().await, "joined");
}

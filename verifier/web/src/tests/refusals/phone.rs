//! `GET /join/phone`: the digits are shown to whoever holds the answer's own code, in time.

use super::*;

#[tokio::test]
async fn digits_are_shown_for_the_answers_own_code_alone() {
    let scene = Scene::new();
    let mut screen = Browser::new(&scene);
    let address = answered(&scene, &mut screen, "qr").await;
    let mut same_device = Browser::new(&scene);
    let back = answered(&scene, &mut same_device, "link").await;
    let (wrong, empty) = (with_code(&address, "wrong"), with_code(&address, ""));
    let elsewhere = back.replace("/join/return", "/join/phone");
    for (case, address, status) in [
        ("another code", wrong.as_str(), 404),
        ("an empty code", &empty, 404),
        ("no code", "/join/phone?request=a", 404),
        ("nothing", "/join/phone", 404),
        ("an unknown request", "/join/phone?request=guessed&response_code=x", 410),
        ("an answer of the same device", &elsewhere, 410),
    ] {
        refused(&scene, || get(address), (status, "none"), case).await;
    }
    let shown = Browser::new(&scene).get(&address).await;
    assert_eq!(shown.status, StatusCode::OK);
    let typed = screen.post_json("/join/code", &json!({"code": digits(&shown)})).await;
    assert_eq!((typed.status, typed.json()["state"].as_str()), (StatusCode::OK, Some("joined")));
    refused(&scene, || get(&address), (410, "none"), "typed already").await;
    assert_eq!(same_device.get(&back).await.header("location"), "/join/answer");
}

#[tokio::test]
async fn a_phone_that_comes_late_is_shown_nothing() {
    let scene = Scene::new();
    let mut screen = Browser::new(&scene);
    let address = answered(&scene, &mut screen, "qr").await;
    scene.clock.advance(179);
    assert_eq!(Browser::new(&scene).get(&address).await.status, StatusCode::OK);
    let mut other = Browser::new(&scene);
    let address = answered(&scene, &mut other, "qr").await;
    scene.clock.advance(180);
    refused(&scene, || get(&address), (410, "none"), "too late").await;
    assert_eq!(other.state().await, "filed");
}

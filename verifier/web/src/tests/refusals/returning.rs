//! `GET /join/return`: only the browser that asked, with the code of its own answer, in time (HAIP §5.1).

use super::*;

#[tokio::test]
async fn an_address_with_another_code_request_or_form_changes_nothing() {
    let scene = Scene::new();
    let mut browser = Browser::new(&scene);
    let back = answered(&scene, &mut browser, "link").await;
    let mut other = Browser::new(&scene);
    let others = answered(&scene, &mut other, "link").await;
    let code = |address: &str| address.split_once("response_code=").unwrap().1.to_owned();
    let own_code = code(&back);
    let mixed = with_code(&back, &code(&others));
    let (wrong, empty, twice) =
        (with_code(&back, "wrong"), with_code(&back, ""), format!("{back}&response_code={own_code}"));
    let unknown = format!("/join/return?request=guessed&response_code={own_code}");
    let cases = [
        ("another code", wrong.as_str(), 404),
        ("another answer's code", &mixed, 404),
        ("an empty code", &empty, 404),
        ("the code twice", &twice, 404),
        ("no code", "/join/return?request=a", 404),
        ("nothing", "/join/return", 404),
        ("an unknown request", &unknown, 410),
    ];
    for (case, address, status) in cases {
        refused(&scene, || get_with(address, cookie(&browser)), (status, "none"), case).await;
    }
    assert_eq!(browser.get(&back).await.header("location"), "/join/answer");
    assert_eq!(browser.state().await, "joined");
}

#[tokio::test]
async fn an_answer_that_came_by_qr_does_not_come_back_as_one_of_this_device() {
    let scene = Scene::new();
    let mut screen = Browser::new(&scene);
    let address = answered(&scene, &mut screen, "qr").await;
    let here = address.replace("/join/phone", "/join/return");
    refused(&scene, || get_with(&here, cookie(&screen)), (410, "none"), "the phone's address here").await;
    assert_eq!(screen.state().await, "code-wanted");
    assert_eq!(Browser::new(&scene).get(&address).await.status, StatusCode::OK);
}

#[tokio::test]
async fn another_browser_and_a_late_one_end_the_sign_up_and_nobody_is_signed_in() {
    let scene = Scene::new();
    for (case, status, said) in
        [("no session", 403, "This is another browser"), ("too late", 410, "You came back too late")]
    {
        let mut browser = Browser::new(&scene);
        let back = answered(&scene, &mut browser, "link").await;
        let late = case == "too late";
        if late {
            scene.clock.advance(180);
        }
        let first = if late { browser.get(&back).await } else { Browser::new(&scene).get(&back).await };
        assert_eq!(first.status.as_u16(), status, "{case}");
        assert!(first.text.contains(said), "{case}: {}", first.text);
        // Its values are dropped: the right browser has nothing to come back to.
        refused(&scene, || get_with(&back, cookie(&browser)), (410, "none"), case).await;
        assert_eq!(browser.state().await, "ended", "{case}");
        let (space, _) = scene.stage.space();
        assert!(space.members(10).await.unwrap().is_empty() && space.waiting(10).await.unwrap().is_empty());
    }
}

//! Requests of sites that wait for their members: how many, and for how long.

use super::*;

#[tokio::test(start_paused = true)]
async fn whoever_begins_at_sites_again_and_again_waits_and_nothing_more_is_kept() {
    let scene = Scene::new();
    let site = Registered::new(&scene, &["email"], false).await;
    let router = crate::router(scene.stage.site().with_budget(2));
    let begin = || Request::get(asks(&site, &[])).header("accept", "text/html").body(Body::empty()).unwrap();
    for _ in 0..4 {
        assert_eq!(send(&router, begin()).await.status, StatusCode::SEE_OTHER);
    }
    let before = scene.stage.memory.entries();
    let refused = send(&router, begin()).await;
    assert_eq!(refused.status, StatusCode::TOO_MANY_REQUESTS);
    assert!(refused.text.contains("Too many tries"), "{}", refused.text);
    assert!(scene.stage.memory.entries() == before);
}

#[tokio::test]
async fn where_so_many_wait_already_the_site_is_told_to_try_later_and_the_next_quarter_of_an_hour_is_another()
{
    let scene = Scene::new();
    let site = Registered::new(&scene, &["email"], false).await;
    let (space, presentation) = scene.stage.space();
    let few = SpaceWeb::new(space.with_most_waiting(2), presentation, "{}\n", [7; 32]);
    let router = crate::router(few);
    let begin = || Request::get(asks(&site, &[])).body(Body::empty()).unwrap();
    for _ in 0..2 {
        assert_eq!(send(&router, begin()).await.header("location"), "/sign-in");
    }
    let before = scene.stage.memory.entries();
    let refused = send(&router, begin()).await;
    assert_eq!(refused.status, StatusCode::SEE_OTHER);
    assert_eq!(parameter(&refused, "error").as_deref(), Some("temporarily_unavailable"));
    assert_eq!(parameter(&refused, "state").as_deref(), Some("the-state"));
    assert_eq!(parameter(&refused, "iss"), Some(format!("{ORIGIN}/connect")));
    assert_eq!(refused.header("set-cookie"), "", "no browser is bound to anything");
    assert!(scene.stage.memory.entries() == before);
    scene.clock.advance(899);
    assert_eq!(parameter(&send(&router, begin()).await, "error").as_deref(), Some("temporarily_unavailable"));
    scene.clock.advance(1);
    assert_eq!(send(&router, begin()).await.header("location"), "/sign-in");
}

#[tokio::test]
async fn members_are_let_on_and_stay_signed_in_however_many_strangers_wait() {
    let scene = Scene::new();
    let sub = member(&scene).await;
    let site = Registered::new(&scene, &["email"], false).await;
    let visitor = Visitor::of_member(&scene, &sub, 42).await;
    let (space, presentation) = scene.stage.space();
    let full = crate::router(SpaceWeb::new(space.with_most_waiting(0), presentation, "{}\n", [7; 32]));
    let begin = |prompt: Option<&str>, cookie: Option<&str>| {
        let request = Request::get(asks(&site, &[("prompt", prompt)]));
        let request = cookie.into_iter().fold(request, |request, cookie| request.header("cookie", cookie));
        request.body(Body::empty()).unwrap()
    };
    let session = format!("__Host-session={}", visitor.jar["__Host-session"]);
    let stranger = send(&full, begin(None, None)).await;
    assert_eq!(parameter(&stranger, "error").as_deref(), Some("temporarily_unavailable"));
    let consent = send(&full, begin(None, Some(&session))).await;
    assert_eq!(consent.header("location"), "/connect/consent");
    // Whoever has to sign in anew is signed out with the request that waits for that, and not without it.
    let anew = send(&full, begin(Some("login"), Some(&session))).await;
    assert_eq!(anew.header("location"), "/sign-in");
    let after = send(&full, begin(None, Some(&session))).await;
    assert_eq!(parameter(&after, "error").as_deref(), Some("temporarily_unavailable"), "signed out");
}

#[tokio::test(start_paused = true)]
async fn strangers_of_one_network_leave_room_for_others() {
    let scene = Scene::new();
    let site = Registered::new(&scene, &["email"], false).await;
    let router = crate::router(scene.stage.site().with_budget(10_000));
    let begin = |from: String| {
        let mut request = Request::get(asks(&site, &[])).body(Body::empty()).unwrap();
        let peer = std::net::SocketAddr::new(from.parse().unwrap(), 1);
        request.extensions_mut().insert(axum::extract::ConnectInfo(peer));
        request
    };
    for number in 0..300 {
        let told = send(&router, begin(format!("2001:db8:1:{number:x}::1"))).await;
        assert_eq!(told.header("location"), "/sign-in", "{number}");
    }
    let told = send(&router, begin("2001:db8:1:ffff::1".to_owned())).await;
    assert_eq!(parameter(&told, "error").as_deref(), Some("temporarily_unavailable"));
    assert_eq!(send(&router, begin("2001:db8:2::1".to_owned())).await.header("location"), "/sign-in");
}

#[tokio::test]
async fn a_request_waits_for_its_member_for_a_quarter_of_an_hour() {
    let scene = Scene::new();
    let sub = member(&scene).await;
    let site = Registered::new(&scene, &["email"], false).await;
    for (seconds, goes_on) in [(899, true), (900, false)] {
        let mut visitor = Visitor::of_member(&scene, &sub, seconds).await;
        visitor.get(&asks(&site, &[("prompt", Some("consent"))])).await;
        scene.clock.advance(i64::try_from(seconds).unwrap());
        let page = visitor.get("/connect/consent").await;
        let expected = if goes_on { StatusCode::OK } else { StatusCode::SEE_OTHER };
        assert_eq!(page.status, expected, "after {seconds}");
    }
}

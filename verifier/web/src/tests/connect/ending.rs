//! The end of what a site may have, and of a session.

use super::*;

/// What a member said yes to is looked at, then taken back at another server, and only then used.
#[tokio::test]
async fn an_agreement_that_ends_while_it_is_used_is_not_written_anew() {
    let scene = Scene::new();
    let sub = member(&scene).await;
    let registered = Registered::new(&scene, &["email"], false).await;
    let mut visitor = Visitor::of_member(&scene, &sub, 42).await;
    visitor.code(&registered).await;
    let ((here, _), (there, _)) = (scene.stage.space(), scene.stage.space());
    let site = here.site(&registered.id).await.unwrap().unwrap();
    let mut headers = http::HeaderMap::new();
    let cookie = format!("__Host-session={}", visitor.jar["__Host-session"]);
    headers.insert(header::COOKIE, cookie.parse().unwrap());
    let session = crate::screen::name_in(&headers).unwrap();
    let signed_in = here.signed_in(&session).await.unwrap().unwrap();
    let query = asks(&registered, &[]);
    let form = openid4vc::form::Form::from_query(query.split_once('?').unwrap().1).unwrap();
    let wanted = verifier_connect::request::read(&form, &site.redirect_uris, &site.claims).unwrap();
    let offered = here.offered_to_site(&site, &wanted, &signed_in).await.unwrap();
    assert!(offered.agreed.is_some());

    assert!(there.end_consent(&sub, &registered.id).await.unwrap());
    let coded = here.code_for_site(&site, wanted.clone(), &offered, &signed_in).await.unwrap();
    assert_eq!(coded, None);
    let secret = openid4vc::secret::SecretText::new("of-the-browser");
    here.keep_site_request(&site, wanted.clone(), &secret).await.unwrap();
    assert_eq!(here.code_for_waiting(&secret, &offered, &signed_in).await.unwrap(), None);
    assert_eq!(there.consents_of(&sub).await.unwrap(), []);
    assert!(here.site_request(&secret).await.unwrap().is_some(), "the member is asked anew");

    // Agreed to anew it is another agreement: what was looked at before it ended does not count for it.
    visitor.code(&registered).await;
    let late = here.code_for_site(&site, wanted.clone(), &offered, &signed_in).await.unwrap();
    assert_eq!(late, None);
    let offered = here.offered_to_site(&site, &wanted, &signed_in).await.unwrap();
    assert!(here.code_for_site(&site, wanted, &offered, &signed_in).await.unwrap().is_some());
}

#[tokio::test]
async fn of_an_end_and_a_silent_sign_in_at_once_the_end_stands() {
    let scene = Scene::new();
    let sub = member(&scene).await;
    let site = Registered::new(&scene, &["email"], false).await;
    let (space, _) = scene.stage.space();
    for round in 0..20 {
        let mut visitor = Visitor::of_member(&scene, &sub, 42 + round).await;
        visitor.code(&site).await;
        let address = asks(&site, &[("prompt", Some("none"))]);
        let (silent, ended) = tokio::join!(visitor.get(&address), space.end_consent(&sub, &site.id));
        assert!(ended.unwrap());
        let (code, error) = (parameter(&silent, "code"), parameter(&silent, "error"));
        assert!(code.is_some() || error.as_deref() == Some("consent_required"), "{error:?}");
        assert_eq!(space.consents_of(&sub).await.unwrap(), []);
        if let Some(code) = code {
            assert_eq!(site.exchange(&scene, &code).await.status, StatusCode::BAD_REQUEST);
        }
    }
}

#[tokio::test]
async fn a_site_signs_a_member_out_with_its_own_token_and_otherwise_the_member_is_asked() {
    let scene = Scene::new();
    let sub = member(&scene).await;
    let site = Registered::new(&scene, &["email"], false).await;
    let mut visitor = Visitor::of_member(&scene, &sub, 42).await;
    let tokens = site.exchange(&scene, &visitor.code(&site).await).await;
    let hint = text(&tokens, "id_token");
    let (head, rest) = hint.split_once('.').unwrap();
    let none = jose::base64url::encode(r#"{"alg":"none","typ":"JWT"}"#);
    let unsigned = format!("{none}.{}.", rest.split_once('.').unwrap().0);
    let broken = format!("{head}.{}A", rest);
    for hint in [None, Some(unsigned.as_str()), Some(broken.as_str()), Some("x")] {
        let fields: Vec<(&str, &str)> = hint
            .map(|hint| ("id_token_hint", hint))
            .into_iter()
            .chain([("client_id", site.id.as_str()), ("post_logout_redirect_uri", OUT)])
            .collect();
        let asked = visitor.get(&format!("/connect/logout?{}", encode(fields))).await;
        assert_eq!(asked.status, StatusCode::OK);
        assert!(asked.text.contains("Sign out of Kiln North?"), "{}", asked.text);
    }
    assert_eq!(visitor.get("/member").await.status, StatusCode::OK, "still signed in");
    let twice = visitor.get("/connect/logout?state=1&state=2").await;
    assert_eq!(twice.status, StatusCode::BAD_REQUEST);
    let fields =
        |to| encode([("id_token_hint", hint.as_str()), ("post_logout_redirect_uri", to), ("state", "s")]);
    let mut elsewhere = Visitor::of_member(&scene, &sub, 43).await;
    let out = elsewhere.get(&format!("/connect/logout?{}", fields("https://evil.example/out"))).await;
    assert_eq!((out.status, out.header("location")), (StatusCode::OK, ""));
    assert!(out.text.contains("You are signed out"));
    let out = visitor.get(&format!("/connect/logout?{}", fields(OUT))).await;
    assert_eq!(out.header("location"), "https://book.example.org/out?state=s");
    assert_eq!(visitor.get("/member").await.header("location"), "/sign-in");
}

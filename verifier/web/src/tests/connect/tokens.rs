//! Codes, tokens and what they open: for whom, how often, until when.

use super::*;

/// Whether a description has the signs of RFC 6749 §5.2 alone.
fn is_description(said: &str) -> bool {
    said.len() > 10 && said.chars().all(|sign| matches!(sign, ' '..='~') && sign != '"' && sign != '\\')
}

#[tokio::test]
async fn a_code_is_for_its_site_with_its_verifier_and_address_once() {
    let scene = Scene::new();
    let sub = member(&scene).await;
    let site = Registered::new(&scene, &["email"], false).await;
    let other = Registered::new(&scene, &["email"], false).await;
    let public = Registered::new(&scene, &["email"], true).await;
    let mut visitor = Visitor::of_member(&scene, &sub, 42).await;
    let code = visitor.code(&site).await;
    let wrong = "a".repeat(43);
    let refused = async |site: &Registered, code: &str, verifier: &str, back: &str| {
        let answered = site.call(&scene, "/connect/token", &code_fields(code, verifier, back)).await;
        assert_eq!(
            (answered.status, text(&answered, "error").as_str()),
            (StatusCode::BAD_REQUEST, "invalid_grant")
        );
        // One sentence for whatever is wrong with a guess.
        let said = text(&answered, "error_description");
        assert!(
            said.ends_with("begin again at the authorization endpoint") && is_description(&said),
            "{said}"
        );
    };
    refused(&site, &code, &wrong, BACK).await;
    refused(&site, &code, VERIFIER, "https://book.example.org/other").await;
    refused(&other, &code, VERIFIER, BACK).await;
    refused(&public, &code, VERIFIER, BACK).await;
    refused(&site, &wrong, VERIFIER, BACK).await;
    // None of that has cost the code anything; a code is no token.
    assert_eq!(user_info(&scene, &code).await.status, StatusCode::UNAUTHORIZED);
    let given = site.exchange(&scene, &code).await;
    assert_eq!(given.status, StatusCode::OK, "{}", given.text);
    let access = text(&given, "access_token");
    // Whoever could not have used it ends nothing by it.
    refused(&site, &code, &wrong, BACK).await;
    refused(&other, &code, VERIFIER, BACK).await;
    assert_eq!(user_info(&scene, &access).await.status, StatusCode::OK);
    refused(&site, &code, VERIFIER, BACK).await;
    assert_eq!(user_info(&scene, &access).await.status, StatusCode::UNAUTHORIZED, "used twice");
    let refresh = site.refresh(&scene, &text(&given, "refresh_token")).await;
    assert_eq!(text(&refresh, "error"), "invalid_grant");
    let late = visitor.code(&site).await;
    scene.clock.advance(60);
    refused(&site, &late, VERIFIER, BACK).await;
    let in_time = visitor.code(&site).await;
    scene.clock.advance(59);
    assert_eq!(site.exchange(&scene, &in_time).await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_site_is_known_by_its_secret_in_one_place() {
    let scene = Scene::new();
    let sub = member(&scene).await;
    let site = Registered::new(&scene, &["email"], false).await;
    let public = Registered::new(&scene, &["email"], true).await;
    let mut visitor = Visitor::of_member(&scene, &sub, 42).await;
    let code = visitor.code(&site).await;
    let secret = site.secret.clone().unwrap();
    let with = async |site: &Registered, more: &[(&str, &str)]| {
        let bare = Registered { id: site.id.clone(), secret: None };
        let fields = [&code_fields(&code, VERIFIER, BACK)[..], more].concat();
        bare.call(&scene, "/connect/token", &fields).await
    };
    for (asking, more) in [
        (&site, vec![]),
        (&site, vec![("client_secret", "")]),
        (&site, vec![("client_secret", "guessed")]),
        (&public, vec![("client_secret", secret.as_str())]),
        (&Registered { id: "other".to_owned(), secret: None }, vec![]),
    ] {
        let answered = with(asking, &more).await;
        assert_eq!(
            (answered.status, text(&answered, "error").as_str()),
            (StatusCode::UNAUTHORIZED, "invalid_client")
        );
        let said = text(&answered, "error_description");
        assert!(said.contains("send client_id and client_secret") && is_description(&said), "{said}");
        assert_eq!(answered.header("www-authenticate"), "Basic realm=\"sites\"");
    }
    let twice = [&code_fields(&code, VERIFIER, BACK)[..], &[("client_secret", secret.as_str())]].concat();
    let answered = site.call(&scene, "/connect/token", &twice).await;
    assert_eq!(
        (answered.status, text(&answered, "error").as_str()),
        (StatusCode::BAD_REQUEST, "invalid_request")
    );
    for (fields, error) in [
        (vec![], "invalid_request"),
        (vec![("grant_type", "password")], "unsupported_grant_type"),
        (vec![("grant_type", "authorization_code"), ("code", "x")], "invalid_request"),
        (vec![("grant_type", "refresh_token")], "invalid_request"),
        (vec![("grant_type", "refresh_token"), ("grant_type", "refresh_token")], "invalid_request"),
    ] {
        let answered = site.call(&scene, "/connect/token", &fields).await;
        assert_eq!((answered.status, text(&answered, "error").as_str()), (StatusCode::BAD_REQUEST, error));
        assert!(is_description(&text(&answered, "error_description")));
    }
    let json = Request::post("/connect/token").header(header::CONTENT_TYPE, "application/json");
    assert_eq!(
        send(&scene.router(), json.body(Body::from("{}")).unwrap()).await.status,
        StatusCode::BAD_REQUEST
    );
    let long =
        Request::post("/connect/token").header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
    let long = send(&scene.router(), long.body(Body::from("x".repeat(20_000))).unwrap()).await;
    assert_eq!(long.status, StatusCode::PAYLOAD_TOO_LARGE);
    assert_eq!(with(&site, &[("client_secret", &secret)]).await.status, StatusCode::OK);
    // Another secret takes the place of the first.
    let (space, _) = scene.stage.space();
    let fresh = space.renew_site_secret(&site.id, ChangedBy::Terminal).await.unwrap();
    let code = visitor.code(&site).await;
    assert_eq!(text(&site.exchange(&scene, &code).await, "error"), "invalid_client");
    let renewed = Registered { id: site.id.clone(), secret: Some(fresh.expose().to_owned()) };
    assert_eq!(renewed.exchange(&scene, &code).await.status, StatusCode::OK);
    let code = visitor.code(&public).await;
    assert_eq!(public.exchange(&scene, &code).await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_refresh_token_turns_over_and_one_that_comes_again_ends_all() {
    let scene = Scene::new();
    let sub = member(&scene).await;
    let site = Registered::new(&scene, &["email"], false).await;
    let other = Registered::new(&scene, &["email"], false).await;
    let mut visitor = Visitor::of_member(&scene, &sub, 42).await;
    let first = site.exchange(&scene, &visitor.code(&site).await).await;
    let first = text(&first, "refresh_token");
    assert_eq!(text(&other.refresh(&scene, &first).await, "error"), "invalid_grant");
    let second = site.refresh(&scene, &first).await;
    assert_eq!(second.status, StatusCode::OK, "{}", second.text);
    let claims = read(&scene, &text(&second, "id_token")).await;
    assert!(claims.get("nonce").is_none() && claims["aud"] == json!(site.id));
    let access = text(&second, "access_token");
    assert_eq!(user_info(&scene, &access).await.status, StatusCode::OK);
    assert_eq!(text(&site.refresh(&scene, &first).await, "error"), "invalid_grant");
    assert_eq!(user_info(&scene, &access).await.status, StatusCode::UNAUTHORIZED);
    assert_eq!(text(&site.refresh(&scene, &text(&second, "refresh_token")).await, "error"), "invalid_grant");
    // Whoever did not ask for it gets none.
    let once = visitor.get(&asks(&site, &[("scope", Some("openid email"))])).await;
    let once = site.exchange(&scene, &parameter(&once, "code").unwrap()).await;
    assert!(once.json().get("refresh_token").is_none());
    scene.clock.advance(600);
    assert_eq!(user_info(&scene, &text(&once, "access_token")).await.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn what_ends_at_the_space_ends_at_the_site_at_once() {
    let scene = Scene::new();
    let sub = member(&scene).await;
    let site = Registered::new(&scene, &["email"], false).await;
    let (space, _) = scene.stage.space();
    let mut visitor = Visitor::of_member(&scene, &sub, 42).await;
    let dead = async |tokens: &Answered| {
        let info = user_info(&scene, &text(tokens, "access_token")).await;
        assert_eq!(info.status, StatusCode::UNAUTHORIZED);
        let challenge = "Bearer error=\"invalid_token\", error_description=\"the access token is over, or was ended by the member; get another one\"";
        assert_eq!(info.header("www-authenticate"), challenge);
        let refreshed = site.refresh(&scene, &text(tokens, "refresh_token")).await;
        assert!(!refreshed.status.is_success(), "{}", refreshed.text);
    };
    // The site gives it back itself.
    let tokens = site.exchange(&scene, &visitor.code(&site).await).await;
    let foreign = Registered::new(&scene, &["email"], false).await;
    let access = text(&tokens, "access_token");
    assert_eq!(foreign.call(&scene, "/connect/revoke", &[("token", &access)]).await.status, StatusCode::OK);
    assert_eq!(user_info(&scene, &access).await.status, StatusCode::OK, "another site's token stays");
    assert_eq!(site.call(&scene, "/connect/revoke", &[]).await.status, StatusCode::BAD_REQUEST);
    assert_eq!(site.call(&scene, "/connect/revoke", &[("token", &access)]).await.status, StatusCode::OK);
    dead(&tokens).await;
    // The member takes it back.
    let tokens = site.exchange(&scene, &visitor.code(&site).await).await;
    let page = visitor.get("/member").await;
    let (_, form) = page.text.split_once("action=\"/connect/end\"").expect("the site is listed");
    let csrf = form.split_once("value=\"").unwrap().1.split_once('"').unwrap().0.to_owned();
    for token in ["", "AAAA"] {
        let forged = visitor.post("/connect/end", &[("csrf", token), ("site", &site.id)]).await;
        assert_eq!(forged.status, StatusCode::FORBIDDEN);
    }
    assert_eq!(user_info(&scene, &text(&tokens, "access_token")).await.status, StatusCode::OK);
    let ended = visitor.post("/connect/end", &[("csrf", &csrf), ("site", &site.id)]).await;
    assert_eq!(ended.header("location"), "/member");
    dead(&tokens).await;
    let silent = visitor.get(&asks(&site, &[("prompt", Some("none"))])).await;
    assert_eq!(parameter(&silent, "error").as_deref(), Some("consent_required"));
    // It is agreed anew: what was given before stays void.
    let again = site.exchange(&scene, &visitor.code(&site).await).await;
    dead(&tokens).await;
    assert_eq!(user_info(&scene, &text(&again, "access_token")).await.status, StatusCode::OK);
    // The membership ends.
    space.end_membership(&sub).await.unwrap();
    dead(&again).await;
    assert_eq!(visitor.get(&asks(&site, &[])).await.header("location"), "/sign-in");
}

#[tokio::test]
async fn a_site_that_has_ended_signs_nobody_in_and_reads_nothing() {
    let scene = Scene::new();
    let sub = member(&scene).await;
    let site = Registered::new(&scene, &["email"], false).await;
    let (space, _) = scene.stage.space();
    let mut visitor = Visitor::of_member(&scene, &sub, 42).await;
    let tokens = site.exchange(&scene, &visitor.code(&site).await).await;
    let code = visitor.code(&site).await;
    space.end_site(&site.id, ChangedBy::Terminal).await.unwrap();
    assert_eq!(user_info(&scene, &text(&tokens, "access_token")).await.status, StatusCode::UNAUTHORIZED);
    assert_eq!(text(&site.exchange(&scene, &code).await, "error"), "invalid_client");
    assert_eq!(visitor.get(&asks(&site, &[])).await.status, StatusCode::BAD_REQUEST);
    let Err(error) = space.end_site(&site.id, ChangedBy::Terminal).await else { panic!("it has ended") };
    assert_eq!(error.to_string(), "there is no such site");
}

#[tokio::test]
async fn another_key_signs_from_now_on_and_the_one_before_is_shown_two_days_more() {
    let scene = Scene::new();
    let sub = member(&scene).await;
    let site = Registered::new(&scene, &["email"], false).await;
    let mut visitor = Visitor::of_member(&scene, &sub, 42).await;
    let old = text(&site.exchange(&scene, &visitor.code(&site).await).await, "id_token");
    assert_eq!(keys(&scene).await.len(), 1);
    let (space, _) = scene.stage.space();
    assert_eq!(space.renew_site_key().await.unwrap(), 2);
    assert_eq!(keys(&scene).await.len(), 2);
    read(&scene, &old).await;
    let new = text(&site.exchange(&scene, &visitor.code(&site).await).await, "id_token");
    read(&scene, &new).await;
    scene.clock.advance(2 * 86_400);
    let left = keys(&scene).await;
    assert_eq!(left.len(), 1);
    assert!(left[0].get("d").is_none() && left[0]["use"] == "sig" && left[0]["alg"] == "ES256");
    assert_eq!(left[0]["kid"].as_str(), Unverified::parse(&new).unwrap().header_text("kid"));
}

#[tokio::test]
async fn userinfo_takes_a_token_in_the_header_and_nowhere_else() {
    let scene = Scene::new();
    let sub = member(&scene).await;
    let site = Registered::new(&scene, &["email"], false).await;
    let mut visitor = Visitor::of_member(&scene, &sub, 42).await;
    let access = text(&site.exchange(&scene, &visitor.code(&site).await).await, "access_token");
    let bare = Request::get(format!("/connect/userinfo?access_token={access}")).body(Body::empty()).unwrap();
    let bare = send(&scene.router(), bare).await;
    assert_eq!((bare.status, bare.header("www-authenticate")), (StatusCode::UNAUTHORIZED, "Bearer"));
    for scheme in ["Basic", "DPoP"] {
        let request =
            Request::get("/connect/userinfo").header(header::AUTHORIZATION, format!("{scheme} {access}"));
        assert_eq!(
            send(&scene.router(), request.body(Body::empty()).unwrap()).await.status,
            StatusCode::UNAUTHORIZED
        );
    }
    let posted = Request::builder().method(Method::POST).uri("/connect/userinfo");
    let posted =
        posted.header(header::AUTHORIZATION, format!("bearer {access}")).body(Body::empty()).unwrap();
    let posted = send(&scene.router(), posted).await;
    assert_eq!(posted.json()["email"], "ada@example.org");
    let metadata = Request::get("/connect/.well-known/openid-configuration").body(Body::empty()).unwrap();
    let metadata = send(&scene.router(), metadata).await;
    assert_eq!(metadata.json()["issuer"], format!("{ORIGIN}/connect"));
    assert_eq!(metadata.header("access-control-allow-origin"), "*");
}

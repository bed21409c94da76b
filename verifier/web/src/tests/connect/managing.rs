//! Sites that the team enters and ends.

use super::*;

#[tokio::test]
async fn a_site_may_have_what_the_forms_ask_and_the_registration_covers() {
    let scene = Scene::new();
    let (space, _) = scene.stage.space();
    let said = async |new: NewSite| match space.add_site(new, ChangedBy::Terminal).await {
        Ok(_) => "taken".to_owned(),
        Err(SiteError::BeyondRegistration(claim)) => format!("beyond {claim}"),
        Err(SiteError::NotAsked(claim)) => format!("not asked {claim}"),
        Err(SiteError::BadName) => "name".to_owned(),
        Err(SiteError::BadPurpose) => "purpose".to_owned(),
        Err(SiteError::BadAddress) => "address".to_owned(),
        Err(SiteError::NoSector) => "sector".to_owned(),
        Err(error) => panic!("{error}"),
    };
    let fine = || booking(&["email", "name"], false);
    let addresses = |all: &[&str]| all.iter().map(|one| (*one).to_owned()).collect::<Vec<_>>();
    let before = scene.stage.memory.entries();
    for (new, why) in [
        (booking(&["phone_number"], false), "not asked phone_number"),
        (booking(&["sub"], false), "not asked sub"),
        (NewSite { name: " ".to_owned(), ..fine() }, "name"),
        (NewSite { name: "n".repeat(65), ..fine() }, "name"),
        (NewSite { purpose: String::new(), ..fine() }, "purpose"),
        (NewSite { redirect_uris: vec![], ..fine() }, "address"),
        (NewSite { redirect_uris: addresses(&["http://book.example.org/"]), ..fine() }, "address"),
        (NewSite { logout_uris: addresses(&["javascript:alert(1)"]), ..fine() }, "address"),
        (NewSite { redirect_uris: addresses(&[BACK, "https://wiki.example.org/back"]), ..fine() }, "sector"),
        (NewSite { sector: Some("Kiln North".to_owned()), ..fine() }, "sector"),
    ] {
        assert_eq!(said(new).await, why);
    }
    assert!(scene.stage.memory.entries() == before);
    assert_eq!(said(fine()).await, "taken");
    assert_eq!(space.sites().await.unwrap().len(), 1);
}

#[tokio::test]
async fn the_team_adds_a_site_sees_its_secret_once_and_ends_it() {
    let scene = Scene::new();
    let (mut manager, _) = Console::of_role(&scene, "Mara", Role::Manager).await;
    let page = manager.get("/console/sites").await;
    assert!(page.text.contains("There is no site yet."), "{}", page.text);
    let wrong = manager
        .press("/console/sites", &[("name", "Booking"), ("purpose", "Rooms"), ("back", "http://x.example/")])
        .await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(wrong.text.contains("Give 1 to 10 addresses") && wrong.text.contains("value=\"Booking\""));
    let fields = [("name", "Booking"), ("purpose", "Rooms"), ("back", BACK), ("claim-email", "on")];
    let made = manager.press("/console/sites", &fields).await;
    assert_eq!(made.status, StatusCode::OK, "{}", made.text);
    let (space, _) = scene.stage.space();
    let site = space.sites().await.unwrap().pop().unwrap();
    assert!(made.text.contains(&site.id) && made.text.contains("It is shown this once."));
    let listed = manager.get("/console/sites").await;
    assert!(listed.text.contains("Gets: E-mail address") && !listed.text.contains("It is shown this once."));
    let renewed = manager.press("/console/sites/secret", &[("id", &site.id)]).await;
    assert!(renewed.text.contains("It is shown this once."));
    let after = space.site(&site.id).await.unwrap().unwrap();
    assert_eq!(after.number, 2);
    assert_ne!(after.secret, site.secret);
    let ended = manager.press("/console/sites/end", &[("id", &site.id)]).await;
    assert_eq!(ended.header("location"), "/console/sites");
    assert!(space.sites().await.unwrap().is_empty());
    let again = manager.press("/console/sites/end", &[("id", &site.id)]).await;
    assert_eq!(again.status, StatusCode::UNPROCESSABLE_ENTITY);
}

#[tokio::test]
async fn commands_about_sites_say_why_they_do_nothing() {
    let scene = Scene::new();
    let (space, presentation) = scene.stage.space();
    let ask = async |request: Value| crate::handle(&space, &presentation, request).await;
    let add = |claims: Value| json!({"command": "verifier.site.add", "name": "Booking", "purpose": "Rooms", "redirect_uris": [BACK], "claims": claims});
    let refused = ask(add(json!(["phone_number"]))).await;
    assert_eq!(
        refused,
        Err("no form of this space asks for phone_number, so no site can have it".to_owned())
    );
    let made = ask(add(json!(["email"]))).await.unwrap();
    assert_eq!(made["issuer"], format!("{ORIGIN}/connect"));
    let listed = ask(json!({"command": "verifier.site.list"})).await.unwrap();
    assert_eq!(listed["sites"][0]["client_id"], made["client_id"]);
    assert!(listed["claims"].as_array().unwrap().contains(&json!("name")));
    let no_such = Err("there is no such site".to_owned());
    assert_eq!(ask(json!({"command": "verifier.site.end", "id": "x"})).await, no_such);
    assert_eq!(ask(json!({"command": "verifier.site.new-secret", "id": "x"})).await, no_such);
    assert_eq!(ask(json!({"command": "verifier.site.new-key"})).await, Ok(json!({"key": 2})));
    let ended = ask(json!({"command": "verifier.site.end", "id": made["client_id"]})).await;
    assert_eq!(ended, Ok(json!({"ended": made["client_id"]})));
}

//! What is for owners and managers, or for owners, at each place where somebody else of the team could come upon it.

use http::StatusCode;
use verifier::form::{Approval, Form, SeenInTeam};

use super::deciding::waiting;
use super::*;
use crate::tests::rules::change;
use crate::tests::stage::form;

const ADDRESS: &str = "ada@example.org";

/// A form that a person decides about, with the details of these names for these of the team.
async fn narrowed(scene: &Scene, rules: &[(&str, SeenInTeam)]) {
    let mut form = Form { ..form("ask-the-team", Approval::Person) };
    for field in &mut form.fields {
        if let Some((_, seen)) = rules.iter().find(|(claim, _)| *claim == field.claim) {
            field.seen_in_team = *seen;
        }
    }
    change(scene, form).await;
}

#[tokio::test]
async fn the_desk_reads_that_an_address_was_given_and_who_sees_it_and_the_manager_reads_it() {
    let scene = Scene::new();
    narrowed(&scene, &[("email", SeenInTeam::OwnerAndManagers)]).await;
    let id = waiting(&scene).await;
    let (mut desk, _) = Console::of_role(&scene, "Dora", Role::Desk).await;
    let (mut manager, _) = Console::of_role(&scene, "Mara", Role::Manager).await;
    let page = format!("/console/contacts/{id}");
    let values = format!("{page}/values");
    let search = "/console/contacts/search";
    let shown = desk.press(&values, &[]).await;
    assert_eq!(shown.status, StatusCode::OK);
    for said in
        ["Given, seen by owner and managers", "Their own word", "Owner and managers of the space", "Ada"]
    {
        assert!(shown.text.contains(said), "{said}: {}", shown.text);
    }
    assert!(!shown.text.contains(ADDRESS), "{}", shown.text);
    for path in [page.as_str(), "/console", "/console/desk", "/console/contacts"] {
        let seen = desk.get(path).await;
        assert!(seen.status == 200 && !seen.text.contains(ADDRESS), "{path}: {}", seen.text);
    }
    let found = desk.press(search, &[("term", ADDRESS)]).await;
    assert!(found.status == 200 && found.text.contains("Nobody was found."), "{}", found.text);
    assert_eq!(desk.get("/console/export").await.status, StatusCode::FORBIDDEN);
    let table = desk.press("/console/export", &[("column-email", "yes")]).await;
    assert!(table.status == StatusCode::FORBIDDEN && !table.text.contains(ADDRESS));
    // The manager does.
    let shown = manager.press(&values, &[]).await;
    assert!(shown.text.contains(ADDRESS) && !shown.text.contains("Given, seen by"), "{}", shown.text);
    let found = manager.press(search, &[("term", ADDRESS)]).await;
    assert!(found.text.contains("1 person was found."), "{}", found.text);
    let table = manager.press("/console/export", &[("column-email", "yes")]).await;
    assert!(table.text.contains(ADDRESS), "{}", table.text);
}

#[tokio::test]
async fn a_name_for_managers_stands_in_no_row_and_on_no_screen_at_the_desk() {
    let scene = Scene::new();
    let names = [("given_name", SeenInTeam::OwnerAndManagers), ("family_name", SeenInTeam::OwnerAndManagers)];
    narrowed(&scene, &names).await;
    let id = waiting(&scene).await;
    let (mut desk, _) = Console::of_role(&scene, "Dora", Role::Desk).await;
    let (mut manager, _) = Console::of_role(&scene, "Mara", Role::Manager).await;
    for path in ["/console", "/console/desk", &format!("/console/contacts/{id}")] {
        let seen = desk.get(path).await;
        assert!(seen.status == 200 && !seen.text.contains("Ada"), "{path}: {}", seen.text);
        assert!(manager.get(path).await.text.contains("Ada"), "{path}");
    }
    let found = desk.press("/console/contacts/search", &[("term", "ada@")]).await;
    assert!(found.text.contains("1 person was found.") && !found.text.contains("Ada"), "{}", found.text);
    desk.press(&format!("/console/sign-ups/{id}/approve"), &[]).await;
    for path in ["/console", "/console/desk", "/console/contacts"] {
        let seen = desk.get(path).await.text;
        assert!(!seen.contains("Ada"), "{path}: {seen}");
        assert!(!seen.contains("asked for"), "{path}: {seen}");
    }
    for path in ["/console/contacts", &format!("/console/contacts/{id}")] {
        let seen = desk.get(path).await.text;
        assert!(seen.contains("Name seen by owner and managers"), "{path}: {seen}");
    }
    assert!(manager.get("/console/contacts").await.text.contains("Ada Ada"));
}

#[tokio::test]
async fn a_manager_takes_nothing_away_that_is_for_owners() {
    let scene = Scene::new();
    narrowed(&scene, &[("email", SeenInTeam::Owner)]).await;
    let id = waiting(&scene).await;
    let (mut manager, _) = Console::of_role(&scene, "Mara", Role::Manager).await;
    let (mut owner, _) = Console::of_role(&scene, "Olga", Role::Owner).await;
    let values = format!("/console/contacts/{id}/values");
    let columns = [("column-email", "yes"), ("column-given_name", "yes")];
    let shown = manager.press(&values, &[]).await;
    assert!(
        shown.text.contains("Given, seen by the owner") && !shown.text.contains(ADDRESS),
        "{}",
        shown.text
    );
    let table = manager.press("/console/export", &columns).await.text;
    assert!(table.contains("email: seen by owner alone") && !table.contains(ADDRESS), "{table}");
    assert!(owner.press(&values, &[]).await.text.contains(ADDRESS));
    assert!(owner.press("/console/export", &columns).await.text.contains(ADDRESS));
}

#[tokio::test]
async fn the_team_chooses_who_sees_a_detail_and_reads_what_people_will_read() {
    let scene = Scene::new();
    let (mut manager, _) = Console::of_role(&scene, "Mara", Role::Manager).await;
    let (space, _) = scene.stage.space();
    let typed = [
        ("id", "sign-up"),
        ("from", "0"),
        ("purpose", "membership"),
        ("approval", "person"),
        ("terms", "on"),
        ("otherwise", "person"),
        ("need.email", "required"),
        ("source.email", "either"),
        ("seen.email", "owner-and-managers"),
        ("need.given_name", "optional"),
        ("source.given_name", "own"),
        ("seen.given_name", "owner"),
        ("need.company", "optional"),
        ("source.company", "own"),
        ("seen.company", "team"),
        ("need.bio", "optional"),
        ("source.bio", "own"),
        ("seen.bio", "everybody"),
    ];
    let look = manager.press("/console/rules/preview", &typed).await;
    for said in ["Who sees it: owner and managers of Kiln North", "Who sees it: the owner of Kiln North"] {
        assert!(look.text.contains(said), "{said}: {}", look.text);
    }
    assert!(look.text.contains("<option value=\"owner\" selected>owner alone</option>"), "{}", look.text);
    let saved = manager.press("/console/rules", &typed).await;
    assert_eq!(saved.status, StatusCode::OK, "{}", saved.text);
    let form = space.form("sign-up").await.unwrap().unwrap().form;
    let seen: Vec<_> = form.fields.iter().map(|field| (field.claim.as_str(), field.seen_in_team)).collect();
    assert_eq!(
        seen,
        [
            ("email", SeenInTeam::OwnerAndManagers),
            ("given_name", SeenInTeam::Owner),
            ("company", SeenInTeam::Team),
            ("bio", SeenInTeam::Owner),
        ],
        "a word that is none widens nothing"
    );
    // Whoever is asked reads the same on the space's page.
    let page = Browser::new(&scene).get("/join").await.text;
    assert!(page.contains("Who sees it: owner and managers of Kiln North"), "{page}");
}

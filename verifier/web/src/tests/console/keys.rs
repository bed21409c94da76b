//! Keys of programs at the console.

use http::Method;

use super::*;
use crate::tests::inviting::with_key;

/// What the copy field of this name holds.
fn copied(page: &Answered, id: &str) -> String {
    let (_, after) = page.text.split_once(&format!("id=\"{id}\"")).expect("a field to copy");
    let (_, after) = after.split_once("value=\"").expect("a value");
    after.split_once('"').unwrap().0.to_owned()
}

#[tokio::test]
async fn an_owner_makes_a_key_that_is_shown_once_and_revokes_it() {
    let scene = Scene::new();
    let (mut owner, _) = Console::of_role(&scene, "Ines", Role::Owner).await;
    let page = owner.get("/console/keys").await;
    assert!(page.text.contains("There is no key yet"), "{}", page.text);
    let fields = [("name", "booking"), ("scope-forms:read", "on"), ("days", "30")];
    let made = owner.press("/console/keys", &fields).await;
    assert_eq!((made.status.as_u16(), made.header("cache-control")), (200, "no-store"), "{}", made.text);
    let key = copied(&made, "key");
    let router = scene.router();
    let ask = async |path: &str| send(&router, with_key(Method::GET, path, &key, None)).await.status.as_u16();
    assert_eq!((ask("/api/v1/forms").await, ask("/api/v1/contacts").await), (200, 403));
    let page = owner.get("/console/keys").await;
    for said in ["booking", "See what you ask", "by Ines", "ends 20", "last used 20"] {
        assert!(page.text.contains(said), "{said}: {}", page.text);
    }
    assert!(!page.text.contains(&key), "it is shown once");
    let by = scene.stage.space().0.api_keys().await.unwrap().remove(0);
    assert!(by.by.is_some() && by.until.is_some());
    assert_eq!(owner.press("/console/keys/revoke", &[("name", "booking")]).await.status, 303);
    assert_eq!(ask("/api/v1/forms").await, 401);
    let gone = owner.press("/console/keys/revoke", &[("name", "booking")]).await;
    assert!(gone.status == 422 && gone.text.contains("no such key any more"), "{}", gone.text);
}

#[tokio::test]
async fn what_cannot_be_a_key_is_said_beside_its_field_and_what_was_typed_stays() {
    let scene = Scene::new();
    let (mut owner, _) = Console::of_role(&scene, "Ines", Role::Owner).await;
    let good = [("name", "desk"), ("scope-forms:read", "on"), ("days", "0")];
    assert_eq!(owner.press("/console/keys", &good).await.status, 200);
    for (fields, said, field) in [
        (&[("name", ""), ("scope-forms:read", "on"), ("days", "0")][..], "A name has 1 to 64", "name"),
        (&[("name", "<b>"), ("scope-forms:read", "on"), ("days", "0")], "A name has 1 to 64", "name"),
        (&good, "There is a key of this name", "name"),
        (&[("name", "other"), ("days", "0")], "Tick what the program may do", "scopes"),
        (
            &[("name", "other"), ("scope-everything", "on"), ("days", "0")],
            "Tick what the program may do",
            "scopes",
        ),
        (
            &[("name", "other"), ("scope-forms:read", "on"), ("days", "31")],
            "for how long the key works",
            "days",
        ),
        (&[("name", "other"), ("scope-forms:read", "on")], "for how long the key works", "days"),
    ] {
        let answered = owner.press("/console/keys", fields).await;
        assert_eq!(answered.status, 422, "{fields:?}");
        assert!(answered.text.contains(said), "{said}: {}", answered.text);
        assert!(answered.text.contains(&format!("href=\"#{field}\"")), "{field}: {}", answered.text);
        assert!(!answered.text.contains("<b>"), "{}", answered.text);
        let ticked = fields.contains(&("scope-forms:read", "on"));
        let kept = answered.text.contains("name=\"scope-forms:read\" value=\"on\" checked");
        assert_eq!(kept, ticked, "{fields:?}");
    }
    assert_eq!(scene.stage.space().0.api_keys().await.unwrap().len(), 1);
}

#[tokio::test]
async fn whoever_ends_an_access_is_shown_the_keys_that_stay_and_revokes_those_alone() {
    let scene = Scene::new();
    let (space, _) = scene.stage.space();
    let (mut owner, _) = Console::of_role(&scene, "Ines", Role::Owner).await;
    let (mut other, _) = Console::of_role(&scene, "Omar", Role::Owner).await;
    let (mut dora, _) = Console::of_role(&scene, "Dora", Role::Owner).await;
    let id = |name: &'static str| {
        let space = space.clone();
        async move { space.teammate_named(name).await.unwrap().unwrap().id }
    };
    let (omar, dora_id) = (id("Omar").await, id("Dora").await);
    let made = async |console: &mut Console<'_>, name: &str| {
        let fields = [("name", name), ("scope-forms:read", "on"), ("days", "0")];
        copied(&console.press("/console/keys", &fields).await, "key")
    };
    let mut keys = vec![made(&mut owner, "ours").await];
    keys.extend([made(&mut other, "booking").await, made(&mut other, "door").await]);
    made(&mut dora, "bills").await;
    let router = scene.router();
    let works = async |key: &str| {
        send(&router, with_key(Method::GET, "/api/v1/forms", key, None)).await.status == 200
    };
    let ended = owner.press("/console/team/end", &[("id", &omar)]).await;
    let keys_of = format!("/console/team/{omar}/keys");
    assert_eq!((ended.status.as_u16(), ended.header("location")), (303, keys_of.as_str()));
    let page = owner.get(&keys_of).await;
    assert!(page.status == 200 && page.text.contains("Keys that Omar made"), "{}", page.text);
    assert!(page.text.contains("booking") && page.text.contains("door"), "{}", page.text);
    assert!(!page.text.contains("bills") && !page.text.contains("data-row=\"ours\""), "{}", page.text);
    assert!(works(&keys[1]).await, "what the space works with goes on");
    // A key of somebody else is not revoked from here.
    assert_eq!(owner.press(&keys_of, &[("name", "ours")]).await.status, 303);
    assert!(works(&keys[0]).await);
    assert_eq!(owner.press(&keys_of, &[("name", "booking")]).await.header("location"), keys_of);
    assert!(!works(&keys[1]).await && works(&keys[2]).await);
    owner.press(&keys_of, &[("name", "door")]).await;
    assert!(owner.get(&keys_of).await.text.contains("No key that Omar made works any more."));
    assert_eq!(owner.get("/console/team/AAAA/keys").await.status, 404);
    // Who stays in the team and may make no keys any more is looked at likewise; who made none is not.
    let fields = [("id", dora_id.as_str()), ("role", "desk")];
    assert_eq!(
        owner.press("/console/team/role", &fields).await.header("location"),
        format!("/console/team/{dora_id}/keys")
    );
    let (mara, _) = space.invite_to_team("Mara", Role::Desk).await.unwrap();
    assert_eq!(
        owner.press("/console/team/end", &[("id", &mara.id)]).await.header("location"),
        "/console/team"
    );
    // In the terminal they are named.
    let (space, presentation) = scene.stage.space();
    let said =
        crate::handle(&space, &presentation, json!({"command": "verifier.team.end", "name": "Dora"})).await;
    assert_eq!(said, Ok(json!({"ended": "Dora", "keys_that_still_work": ["bills"]})));
}

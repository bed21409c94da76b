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

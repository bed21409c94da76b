//! Passkeys that are made at once.

use super::*;

/// Most passkeys of one person.
const MOST: usize = 20;

#[tokio::test]
async fn of_passkeys_that_are_made_at_once_no_more_are_kept_than_one_person_may_have() {
    let scene = Scene::new();
    let (mut console, first) = Console::of_role(&scene, "Ines", Role::Owner).await;
    let (space, _) = scene.stage.space();
    let ines = space.teammate_named("Ines").await.unwrap().unwrap().id;
    // A link for another device is under way as well, and each of these was begun while there was room.
    let link = space.link_for_device(&ines).await.unwrap();
    let by_link = format!("/console/enter/{}", link.expose());
    let mut phone = Console::new(&scene);
    let begun_by_link = phone.post(&format!("{by_link}/begin"), &[]).await.json();
    let mut begun = Vec::new();
    for _ in 0..MOST + 3 {
        begun.push(console.press("/console/access/passkeys/begin", &[]).await.json());
    }
    let mut statuses = Vec::new();
    for begun in &begun {
        let (_, answer) = Authenticator::make(&begun["options"], stage::ORIGIN);
        let fields = [("ceremony", begun["ceremony"].as_str().unwrap()), ("answer", answer.as_str())];
        let kept = console.press("/console/access/passkeys/finish", &fields).await;
        if kept.status != 200 {
            assert_eq!(kept.json()["error"], "invalid_request");
        }
        statuses.push(kept.status.as_u16());
    }
    let kept = statuses.iter().filter(|status| **status == 200).count();
    assert_eq!((kept, statuses.last()), (MOST - 1, Some(&409)), "{statuses:?}");
    let (_, answer) = Authenticator::make(&begun_by_link["options"], stage::ORIGIN);
    let fields = [("ceremony", begun_by_link["ceremony"].as_str().unwrap()), ("answer", answer.as_str())];
    assert_eq!(phone.post(&format!("{by_link}/finish"), &fields).await.status, 409);
    assert!(phone.cookie.is_none(), "nobody is signed in by it");
    assert_eq!(space.passkeys_of(&ines).await.unwrap().len(), MOST);
    assert!(space.link_leads_to(&link).await.unwrap().is_some(), "the link was not used up");
    // One that is removed makes room. The links of before end with it.
    console.press("/console/access/passkeys/remove", &[("id", &first.id)]).await;
    assert_eq!(space.link_leads_to(&link).await.unwrap(), None);
    let link = space.link_for_device(&ines).await.unwrap();
    phone.enter(link.expose()).await;
    assert_eq!(space.passkeys_of(&ines).await.unwrap().len(), MOST);
}

//! What the team writes about a member.

use super::deciding::waiting;
use super::*;

#[tokio::test]
async fn a_note_is_written_when_an_owner_said_so_read_by_the_member_and_deleted() {
    let scene = Scene::new();
    let (space, _) = scene.stage.space();
    let (mut owner, _) = Console::of_role(&scene, "Ines", Role::Owner).await;
    let (mut desk, _) = Console::of_role(&scene, "Dora", Role::Desk).await;
    let (mut auditor, _) = Console::of_role(&scene, "Otto", Role::Auditor).await;
    let id = waiting(&scene).await;
    let (page, notes) = (format!("/console/contacts/{id}"), format!("/console/contacts/{id}/notes"));
    assert!(!desk.get(&page).await.text.contains("What the team wrote"), "off, nothing is said of notes");
    let off = desk.press(&notes, &[("text", "canary-note")]).await;
    assert!(
        off.status == 409 && off.text.contains("No owner of this space has turned notes on."),
        "{}",
        off.text
    );
    for (on, status) in [("perhaps", 400), ("yes", 303)] {
        assert_eq!(owner.press("/console/notes", &[("on", on)]).await.status.as_u16(), status);
    }
    let early = desk.press(&notes, &[("text", "canary-note")]).await;
    assert!(early.status == 409 && early.text.contains("about members alone"), "{}", early.text);
    desk.press(&format!("/console/sign-ups/{id}/approve"), &[]).await;
    let approved = desk.get(&page).await.text;
    assert!(approved.contains("The member can read this."), "{approved}");
    assert!(approved.contains("while a member, and 90 days after"), "{approved}");
    for text in ["", &"a".repeat(501), "a\u{202e}b"] {
        assert_eq!(desk.press(&notes, &[("text", text)]).await.status, 422, "{text}");
    }
    let written = desk.press(&notes, &[("text", "canary-note <b>here</b>")]).await;
    assert_eq!(
        (written.status.as_u16(), written.header("location")),
        (303, format!("{page}#notes").as_str())
    );
    let closed = desk.get(&page).await.text;
    assert!(closed.contains("There are notes.") && !closed.contains("canary-note"), "{closed}");
    let open = desk.press(&format!("{page}/values"), &[]).await.text;
    assert!(open.contains("canary-note &#60;b&#62;here&#60;/b&#62;") && open.contains("Dora, 20"), "{open}");
    // Who sees counts alone sees that there are some.
    let counted = auditor.get("/console/notes").await.text;
    assert!(
        counted.contains("There are notes about 1 person.") && counted.contains("on, by Ines"),
        "{counted}"
    );
    assert!(!counted.contains("canary-note") && !counted.contains("Let the team write notes"));
    assert_eq!(auditor.press(&notes, &[("text", "x")]).await.status, 403);
    let contact = space.provenance(&id).await.unwrap();
    let note = space.notes_of(&contact).unwrap().remove(0).id;
    let gone = desk.press(&format!("{notes}/delete"), &[("note", "no-such")]).await;
    assert_eq!(gone.status, 404);
    assert_eq!(desk.press(&format!("{notes}/delete"), &[("note", &note)]).await.status, 303);
    assert!(!space.looks(20).await.unwrap().is_empty());
    assert_eq!(space.people_with_notes().await.unwrap(), 0);
    let nobody = "/console/contacts/AAAAAAAAAAAAAAAAAAAAAA/notes";
    assert_eq!(desk.press(nobody, &[("text", "x")]).await.status, 404);
}

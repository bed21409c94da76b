//! What the team writes: off at first, about members alone, read by the member, gone with the contact.

use jose::Signer;
use ledger::EntryKind;
use network::claims::Audience;
use network::member_api::{ClaimChange, Leave, WhatToDo};
use presentation::Way;

use super::ending::all;
use super::member_api::{ID, access, changes, fresh, make, member};
use super::stage::Stage;
use crate::SpaceError;
use crate::member_api::Caller;
use crate::notes::{MOST, NotNoted};
use crate::records::Contact;

const TEXT: &str = "canary-note: a locker on the second floor";
const CANARY: [&str; 1] = ["canary-note"];

async fn work(stage: &Stage) {
    while stage.space.work().await.unwrap() > 0 {}
}

async fn texts(stage: &Stage, id: &str) -> Vec<String> {
    let contact = stage.space.provenance(id).await.unwrap();
    stage.space.notes_of(&contact).unwrap().into_iter().map(|note| note.text).collect()
}

#[tokio::test]
async fn notes_are_off_until_somebody_turns_them_on_and_about_members_alone() {
    let stage = Stage::new();
    let sign_up = member(&stage, 0).await;
    let write = async |id: &str, text: &str| stage.space.write_note(id, "Dora", text).await;
    assert!(matches!(write(&sign_up.id, TEXT).await, Err(NotNoted::Off)));
    stage.space.set_notes("Ines", true).await.unwrap();
    stage.space.set_notes("Omar", true).await.unwrap();
    let decisions = stage.space.notes_decisions(10).await.unwrap();
    assert_eq!((decisions.len(), decisions[0].by.as_str()), (1, "Ines"), "who decided it first stands");
    write(&sign_up.id, TEXT).await.unwrap();
    assert_eq!(texts(&stage, &sign_up.id).await, [TEXT]);
    assert_eq!((stage.traces_of(&CANARY), stage.space.people_with_notes().await.unwrap()), (0, 1));
    for text in ["", " ", "-", "a\u{202e}b", &"a".repeat(501)] {
        assert!(matches!(write(&sign_up.id, text).await, Err(NotNoted::Text)), "{text}");
    }
    assert!(matches!(write("nobody", TEXT).await, Err(NotNoted::Space(SpaceError::NoSuch("contact")))));
    // Somebody who waits, and somebody who was a member.
    let asked = stage.space.ask("ask-the-team").await.unwrap();
    stage.give(&stage.answer(&asked, stage.key().public_jwk(), Way::NoScreen, None)).await.unwrap();
    let waits = stage.space.sign_up_for(&asked.id).await.unwrap().unwrap();
    assert!(matches!(write(&waits.id, TEXT).await, Err(NotNoted::NoMember)));
    for _ in 1..MOST {
        write(&sign_up.id, "one more").await.unwrap();
    }
    assert!(matches!(write(&sign_up.id, "and another").await, Err(NotNoted::TooMany)));
    stage.space.set_notes("Ines", false).await.unwrap();
    let first = stage.space.notes_of(&stage.space.provenance(&sign_up.id).await.unwrap()).unwrap()[0].clone();
    stage.space.delete_note(&sign_up.id, &first.id).await.unwrap();
    assert!(matches!(write(&sign_up.id, TEXT).await, Err(NotNoted::Off)), "off, and deleting is not");
    let again = stage.space.delete_note(&sign_up.id, &first.id).await;
    assert!(matches!(again, Err(NotNoted::Space(SpaceError::NoSuch("note")))));
    let leaves = all::<store::PendingLeaf>(&stage).await;
    let noted: Vec<String> = leaves
        .iter()
        .map(|leaf| leaf.leaf().entry().unwrap())
        .filter(|entry| entry.kind == EntryKind::Noted)
        .filter_map(|entry| entry.code)
        .collect();
    assert_eq!(noted.iter().filter(|code| *code == "deleted").count(), 1);
    assert_eq!(noted.iter().filter(|code| *code == "written").count(), MOST);
}

#[tokio::test]
async fn what_was_deleted_opens_nowhere_and_the_rest_moves_with_the_contact() {
    let stage = Stage::new();
    let sign_up = member(&stage, 0).await;
    stage.space.set_notes("Ines", true).await.unwrap();
    stage.space.write_note(&sign_up.id, "Dora", TEXT).await.unwrap();
    stage.space.write_note(&sign_up.id, "Dora", "stays").await.unwrap();
    let before = stage.space.provenance(&sign_up.id).await.unwrap();
    let first = stage.space.notes_of(&before).unwrap()[0].id.clone();
    stage.space.delete_note(&sign_up.id, &first).await.unwrap();
    work(&stage).await;
    assert!(stage.space.notes_of(&before).is_err(), "the key of what was deleted is gone");
    assert_eq!(texts(&stage, &sign_up.id).await, ["stays"]);
    let (_, access) = access(&stage, 0).await;
    let back = ClaimChange { claim: "company".to_owned(), what: WhatToDo::TakeBack };
    let shown = ClaimChange { claim: "email".to_owned(), what: WhatToDo::Publish(Audience::MembersHere) };
    make(&stage, &access, &changes(ID, vec![back, shown])).await.unwrap();
    assert_eq!(texts(&stage, &sign_up.id).await, ["stays"]);
    assert!(stage.space.contact(&sign_up.id).await.is_ok());
    let looks = stage.space.looks(1).await.unwrap();
    assert!(looks[0].names.contains(&"note".to_owned()), "{looks:?}");
}

#[tokio::test]
async fn the_member_reads_them_and_they_go_when_the_member_leaves_or_the_membership_ends() {
    let stage = Stage::new();
    let (sign_up, other) = (member(&stage, 0).await, member(&stage, 100).await);
    stage.space.set_notes("Ines", true).await.unwrap();
    for id in [&sign_up.id, &other.id] {
        stage.space.write_note(id, "Dora", TEXT).await.unwrap();
    }
    let (_, access) = access(&stage, 0).await;
    let caller = Caller { access: &access, proof: fresh(&stage) };
    let details = stage.space.member_details(&caller).await.unwrap();
    let read: Vec<(&str, &str)> =
        details.notes.iter().map(|note| (note.by.as_str(), note.text.as_str())).collect();
    assert_eq!(read, [("Dora", TEXT)]);
    assert!(!format!("{details:?} {:?}", details.notes).contains("canary"));
    let caller = Caller { access: &access, proof: fresh(&stage) };
    stage.space.leave(&caller, &Leave { id: ID.to_owned(), dry_run: false }).await.unwrap();
    assert!(all::<Contact>(&stage).await.iter().all(|contact| contact.id != sign_up.id));
    // The team ends the other membership: the address is kept for its days, the note is not.
    let before = stage.space.provenance(&other.id).await.unwrap();
    stage.space.end_membership(other.member.as_deref().unwrap()).await.unwrap();
    work(&stage).await;
    let kept = stage.space.provenance(&other.id).await.unwrap();
    assert_eq!((kept.notes.is_none(), kept.given.len()), (true, 3), "{kept:?}");
    assert!(stage.space.notes_of(&before).is_err());
    assert_eq!(stage.space.people_with_notes().await.unwrap(), 0);
}

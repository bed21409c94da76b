//! A table of people holds what may be kept at that moment, and is a look at everybody in it.

use jose::Signer;
use network::decision::Outcome;
use network::member_api::{ClaimChange, WhatToDo};
use presentation::Way;

use super::member_api::{ID, access, changes, make, member};
use super::stage::{CANARIES, Stage, browser};
use crate::SpaceError;
use crate::exporting::table::Layout;
use crate::exporting::{Kind, LOOK, Place, Row, Wanted};
use crate::importing::table::{Table, text_of};
use crate::team::Role;
use crate::team::looks::Looker;

/// Whoever carries tables away in these tests.
const INES: Looker<'_> = Looker::Teammate("ines", Role::Manager);

fn wanted(claims: &[&str], imported: bool) -> Wanted {
    Wanted { claims: claims.iter().map(|claim| (*claim).to_owned()).collect(), imported }
}

/// The whole table, a piece at a time.
async fn rows(stage: &Stage, wanted: &Wanted) -> Vec<Row> {
    let look = stage.space.begin_export(wanted, INES).await.unwrap();
    let (mut rows, mut from) = (Vec::new(), None);
    loop {
        let piece = stage.space.export_piece(&look, wanted, from.as_ref(), INES).await.unwrap();
        rows.extend(piece.rows);
        from = piece.next;
        if from.is_none() {
            return rows;
        }
    }
}

fn texts(row: &Row) -> Vec<(&str, &str, &str)> {
    row.details.iter().map(|(claim, (text, word))| (claim.as_str(), text.as_str(), word.as_str())).collect()
}

async fn take_in(stage: &Stage, text: &str) {
    let table = Table::parse(&text_of(text.as_bytes()).unwrap()).unwrap();
    let preview = stage.space.preview_import(&table, "sign-up", None, Looker::Terminal).await.unwrap();
    stage.space.take_in(&preview).await.unwrap();
}

#[tokio::test]
async fn a_row_has_what_is_held_now_with_whose_word_it_is_and_until_when() {
    let stage = Stage::new();
    let sign_up = member(&stage, 0).await;
    let all = wanted(&["email", "given_name", "company"], false);
    let found = rows(&stage, &all).await;
    assert_eq!((found.len(), found[0].kind, found[0].kept_until), (1, Kind::Member, None));
    assert_eq!(
        texts(&found[0]),
        [
            ("company", "canary-company", "own"),
            ("email", CANARIES[0], "own"),
            ("given_name", CANARIES[1], "own")
        ]
    );
    assert_eq!(texts(&rows(&stage, &wanted(&["company"], false)).await[0]).len(), 1, "chosen columns alone");
    // The member takes one back and sets an end to another: the next table knows.
    let (_, access) = access(&stage, 0).await;
    let end = stage.now().plus(2 * 86_400).seconds();
    let until = ClaimChange { claim: "email".to_owned(), what: WhatToDo::Until(Some(end)) };
    let back = ClaimChange { claim: "company".to_owned(), what: WhatToDo::TakeBack };
    make(&stage, &access, &changes(ID, vec![until, back])).await.unwrap();
    let found = rows(&stage, &all).await;
    assert_eq!(texts(&found[0]), [("email", CANARIES[0], "own"), ("given_name", CANARIES[1], "own")]);
    assert_eq!(found[0].kept_until, Some(end));
    // Its end has come, and no job has.
    stage.clock.advance(2 * 86_400);
    assert_eq!(texts(&rows(&stage, &all).await[0]), [("given_name", CANARIES[1], "own")]);
    // The membership ends: the name is kept for the days that are registered, and then it is in no table.
    stage.space.end_membership(sign_up.member.as_deref().unwrap()).await.unwrap();
    let ended = rows(&stage, &all).await;
    let until = stage.now().plus(90 * 86_400).seconds();
    assert_eq!((ended.len(), ended[0].kind, ended[0].kept_until), (1, Kind::Ended, Some(until)));
    stage.clock.advance(90 * 86_400);
    assert_eq!(rows(&stage, &all).await, []);
    assert!(!format!("{found:?}").contains(CANARIES[1]));
}

#[tokio::test]
async fn whoever_is_nobodys_yet_is_not_in_it_and_whoever_was_taken_in_is_marked() {
    let stage = Stage::new();
    let asked = stage.asked_on_a_page("sign-up").await;
    let answer = stage.answer(&asked, stage.key().public_jwk(), Way::SameDevice { session: browser() }, None);
    stage.give(&answer).await.unwrap();
    // Nor does it keep anybody out of a table.
    let table = Table::parse(&format!("E-mail\n{}\n", CANARIES[0])).unwrap();
    let preview = stage.space.preview_import(&table, "sign-up", None, Looker::Terminal).await.unwrap();
    assert_eq!((preview.reading.people.len(), preview.reading.bad.len()), (1, 0));
    let asked = stage.space.ask("ask-the-team").await.unwrap();
    stage.give(&stage.answer(&asked, stage.key().public_jwk(), Way::NoScreen, None)).await.unwrap();
    let applicant = stage.space.sign_up_for(&asked.id).await.unwrap().unwrap();
    take_in(&stage, "E-mail,First name,Plan,Member since\nzoe@example.org,'=Zoe,Desk,2026-02-03\n").await;
    let some = wanted(&["email", "given_name"], true);
    let found = rows(&stage, &some).await;
    let kinds: Vec<Kind> = found.iter().map(|row| row.kind).collect();
    assert_eq!(kinds, [Kind::Applicant, Kind::Imported]);
    assert_eq!((found[1].plan.as_str(), found[1].kept_until.is_some()), ("Desk", true));
    let from_table = "imported table";
    assert_eq!(
        texts(&found[1]),
        [("email", "zoe@example.org", from_table), ("given_name", "=Zoe", from_table)]
    );
    assert_eq!(rows(&stage, &wanted(&["email"], false)).await.len(), 1);
    let could = stage.space.exportable().await.unwrap();
    assert_eq!((could.people, could.imported, could.claims["email"]), (1, 1, 2));
    assert!(!could.claims.contains_key("plan"));
    // What is carried away comes in again as it was, and so does who waits with an address that nobody has checked.
    let text: String = found.iter().map(|row| Layout::default().row(&some, row)).collect();
    let text = format!("{}{text}", Layout { mark: true, ..Layout::default() }.header(&some));
    let table = Table::parse(&text_of(text.as_bytes()).unwrap()).unwrap();
    let preview = stage.space.preview_import(&table, "sign-up", None, Looker::Terminal).await.unwrap();
    assert_eq!((preview.reading.people.len(), preview.reading.bad.len(), preview.known), (2, 0, 1));
    assert_eq!(
        preview.reading.people[1].details.values().collect::<Vec<_>>(),
        ["zoe@example.org", "=Zoe", "Desk", "2026-02-03"]
    );
    stage.space.decide(&applicant.id, Outcome::Declined, None).await.unwrap();
    assert_eq!(rows(&stage, &wanted(&["email"], false)).await, []);
}

#[tokio::test]
async fn no_piece_is_given_without_its_look_and_the_look_says_who_and_how_many() {
    let stage = Stage::new();
    member(&stage, 0).await;
    take_in(&stage, "E-mail\nzoe@example.org\n").await;
    let some = wanted(&["email", "company"], true);
    let look = stage.space.begin_export(&some, INES).await.unwrap();
    let noted = stage.space.looks(10).await.unwrap();
    assert_eq!((noted[0].how.as_str(), noted[0].people, noted[0].whose.as_deref()), (LOOK, 2, None));
    assert_eq!(
        (noted[0].by.as_deref(), noted[0].names.clone()),
        (Some("ines"), vec!["company".to_owned(), "email".to_owned()])
    );
    let piece = |look: &str, wanted: Wanted, from: Option<Place>| {
        let (space, look) = (stage.space.clone(), look.to_owned());
        async move { space.export_piece(&look, &wanted, from.as_ref(), INES).await.map(|piece| piece.rows.len()) }
    };
    assert_eq!(piece(&look, some.clone(), None).await.unwrap(), 1);
    assert_eq!(piece(&look, some.clone(), Some(Place::Imported(None))).await.unwrap(), 1);
    let no_look = |given: Result<usize, SpaceError>| {
        assert!(matches!(given, Err(SpaceError::NoSuch("look"))), "{given:?}")
    };
    no_look(piece("AAAA", some.clone(), None).await);
    no_look(piece(&look, wanted(&["email", "given_name"], true), None).await);
    stage.clock.advance(3_600);
    no_look(piece(&look, some, None).await);
}

//! People from a table: under seal, each for their time, written to when somebody invites them, and gone when they answer.

use credentials::types;
use jose::Signer;
use ledger::EntryKind;
use presentation::{Presented, SignedBy, Way};
use serde_json::json;
use store::Range;

use super::ending::all;
use super::inviting::with_post;
use super::stage::{Stage, form};
use crate::Space;
use crate::form::Approval;
use crate::importing::columns::{Column, Source};
use crate::importing::reading::{BadRow, Reason};
use crate::importing::records::{ImportedMark, ImportedPerson};
use crate::importing::table::{Table, text_of};
use crate::importing::{ImportError, MOST_INVITED, Preview, Taken};
use crate::invitations::InviteError;
use crate::invitations::opening::Opening;
use crate::team::looks::Looker;
use openid4vc::secret::SecretText;

const TABLE: &str = "E-mail,First name,Plan,Birthday\ncanary-zoe@example.org,Canaryzoe,Canary desk,1990-02-03\n\
                     canary-ben@example.org,Canaryben,,\n";
const CANARY: [&str; 6] = [
    "canary-zoe@example.org",
    "Canaryzoe",
    "Canary desk",
    "1990-02-03",
    "canary-ben@example.org",
    "Canaryben",
];

async fn preview(space: &Space, text: &str) -> Preview {
    let table = Table::parse(&text_of(text.as_bytes()).unwrap()).unwrap();
    space.preview_import(&table, "sign-up", None, Looker::Terminal).await.unwrap()
}

async fn take(space: &Space, text: &str) -> Taken {
    space.take_in(&preview(space, text).await).await.unwrap()
}

async fn ids(space: &Space) -> Vec<String> {
    let (people, _) = space.imported(None, 100, None).await.unwrap();
    people.into_iter().map(|one| one.record.id).collect()
}

/// Does what waits until nothing does.
async fn work(space: &Space) {
    while space.work().await.unwrap() > 0 {}
    while space.send_invitations().await.unwrap() > 0 {}
}

#[tokio::test]
async fn people_come_in_once_under_seal_and_nobody_gets_a_mail() {
    let stage = Stage::new();
    let (space, way) = with_post(&stage);
    let keys = stage.sealing_keys();
    let seen = preview(&space, TABLE).await;
    assert_eq!((seen.source, seen.known, seen.reading.people.len()), (Source::Table, 0, 2));
    assert_eq!(
        (all::<ImportedPerson>(&stage).await.len(), stage.traces_of(&CANARY)),
        (0, 0),
        "a preview stores nothing"
    );
    assert_eq!(take(&space, TABLE).await, Taken { new: 2, known: 0 });
    assert_eq!(
        (stage.sealing_keys(), stage.traces_of(&CANARY)),
        (keys + 2, 0),
        "a key each, and nothing in the open"
    );
    let again =
        format!("{}{}", TABLE.to_uppercase().replacen("E-MAIL", "E-mail", 1), "new@example.org,New,,\n");
    assert_eq!(take(&space, TABLE).await, Taken { new: 0, known: 2 });
    assert_eq!(take(&space, &again).await, Taken { new: 1, known: 2 }, "whatever the case of its letters");
    assert_eq!(preview(&space, TABLE).await.known, 2);
    let (people, has_more) = space.imported(None, 2, Some("ines")).await.unwrap();
    let called: Vec<String> = people.iter().map(crate::importing::Opened::called).collect();
    assert_eq!((called, has_more), (vec!["Canaryzoe".to_owned(), "Canaryben".to_owned()], true));
    assert_eq!(people[0].record.columns, [Column::Email, Column::GivenName, Column::Plan], "no birthday");
    let (rest, has_more) = space.imported(Some(&people[1].record.id), 2, Some("ines")).await.unwrap();
    assert_eq!((rest.len(), has_more), (1, false));
    let looks = space.looks(10).await.unwrap();
    assert!(looks.iter().all(|look| look.how == "imported" && look.whose.is_none()), "{looks:?}");
    assert_eq!((looks.len(), looks[0].names.contains(&"email".to_owned())), (2, true), "each page is a look");
    let leaves = all::<store::PendingLeaf>(&stage).await;
    assert!(!leaves.is_empty());
    work(&space).await;
    assert_eq!((way.letters().len(), all::<ImportedPerson>(&stage).await.len()), (0, 3), "nobody got a mail");
    assert!(!format!("{people:?}").contains("Canary"));
    assert_eq!(serde_json::to_value(EntryKind::Imported).unwrap(), "imported");
}

#[tokio::test]
async fn two_who_take_in_the_same_at_once_add_nobody_twice() {
    let stage = Stage::new();
    let keys = stage.sealing_keys();
    let (one, other) = (stage.space.clone(), stage.started_with(&[form("sign-up", Approval::Automatic)]));
    let (first, second) = (preview(&one, TABLE).await, preview(&other, TABLE).await);
    let (first, second) = tokio::join!(one.take_in(&first), other.take_in(&second));
    assert_eq!(first.unwrap().new + second.unwrap().new, 2);
    assert_eq!((all::<ImportedPerson>(&stage).await.len(), stage.sealing_keys()), (2, keys + 2));
}

#[tokio::test]
async fn who_answers_an_invitation_is_imported_no_more_and_the_others_stay() {
    let stage = Stage::new();
    let (space, way) = with_post(&stage);
    take(&space, TABLE).await;
    let [zoe, ben] = <[String; 2]>::try_from(ids(&space).await).unwrap();
    let keys = stage.sealing_keys();
    let made = space.invite_imported(&zoe, "en", Some("ines")).await.unwrap();
    assert!(matches!(space.invite_imported(&zoe, "en", None).await, Err(InviteError::AlreadyOpen)));
    work(&space).await;
    let mails = way.mails();
    assert_eq!((mails.len(), mails[0].to.as_str()), (1, "canary-zoe@example.org"));
    assert_eq!(all::<ImportedPerson>(&stage).await.iter().filter(|one| one.invited_at.is_some()).count(), 1);
    let token = mails[0].text.strip_prefix("open http://kiln.localhost/join/invited/").unwrap().to_owned();
    let token = SecretText::new(token);
    assert!(matches!(space.invitation_behind(&token).await.unwrap(), Opening::Open(_)));
    // Somebody who signs up without the link is not who was invited, whatever they say.
    let plain = space.ask("sign-up").await.unwrap();
    stage.give(&stage.answer(&plain, stage.key().public_jwk(), Way::NoScreen, None)).await.unwrap();
    assert_eq!(ids(&space).await, [zoe.clone(), ben.clone()]);
    let asked = space.ask("sign-up").await.unwrap();
    space.invitation_opened(&made.id, &token, &[&asked.id]).await.unwrap();
    stage.give(&stage.answer(&asked, stage.key().public_jwk(), Way::NoScreen, None)).await.unwrap();
    assert_eq!(ids(&space).await, [ben], "at once");
    work(&space).await;
    // Two contacts of those who signed up have come, and one of the imported has gone.
    assert_eq!((stage.sealing_keys(), stage.traces_of(&CANARY)), (keys + 1, 0));
    assert_eq!(take(&space, TABLE).await, Taken { new: 0, known: 2 }, "the same table brings nobody back");
    let gone = space.invite_imported(&zoe, "en", None).await;
    assert!(matches!(gone, Err(InviteError::Space(crate::SpaceError::NoSuch(_)))), "{gone:?}");
}

#[tokio::test]
async fn what_a_table_said_goes_at_its_time_and_when_the_team_deletes_it() {
    let stage = Stage::new();
    let (space, _) = with_post(&stage);
    let keys = stage.sealing_keys();
    take(&space, TABLE).await;
    let until = all::<ImportedPerson>(&stage).await[0].until;
    let days = preview(&space, TABLE).await.terms.kept_days(&[Column::Email]);
    assert_eq!(until, stage.now().seconds() + i64::from(days) * 86_400);
    let first = ids(&space).await[0].clone();
    space.forget_imported(&first).await.unwrap();
    space.forget_imported(&first).await.unwrap();
    work(&space).await;
    assert_eq!((ids(&space).await.len(), all::<ImportedMark>(&stage).await.len()), (1, 1));
    // The key of marks stays.
    assert_eq!(stage.sealing_keys(), keys + 1);
    assert_eq!(take(&space, TABLE).await, Taken { new: 1, known: 1 }, "who was deleted can be taken in anew");
    stage.clock.advance(i64::from(days) * 86_400 - 1);
    work(&space).await;
    assert_eq!(ids(&space).await.len(), 2);
    stage.clock.advance(1);
    work(&space).await;
    assert_eq!((all::<ImportedPerson>(&stage).await.len(), stage.sealing_keys()), (0, keys));
    assert_eq!(space.deletions().await.unwrap().keys_overdue, 0);
    assert!(stage.tenant.list::<ImportedMark>(Range::all(), 9).await.unwrap().items.is_empty());
}

#[tokio::test]
async fn only_so_many_are_invited_within_an_hour() {
    let stage = Stage::new();
    let (space, _) = with_post(&stage);
    let rows: String = (0..=MOST_INVITED).map(|number| format!("a{number}@example.org\n")).collect();
    take(&space, &format!("Email\n{rows}")).await;
    let (people, _) = space.imported(None, 1_000, None).await.unwrap();
    let (last, others) = people.split_last().unwrap();
    for one in others {
        space.invite_imported(&one.record.id, "en", None).await.unwrap();
    }
    let refused = space.invite_imported(&last.record.id, "en", None).await;
    assert!(matches!(refused, Err(InviteError::TooMany)), "{refused:?}");
    stage.clock.advance(3_600);
    space.invite_imported(&last.record.id, "en", None).await.unwrap();
}

#[tokio::test]
async fn columns_are_said_by_hand_and_nothing_is_taken_that_is_not_registered() {
    let stage = Stage::new();
    let space = &stage.space;
    let table = Table::parse("A,B,C\nada@example.org,Ada,x\n").unwrap();
    let refused = space.preview_import(&table, "sign-up", None, Looker::Terminal).await.unwrap_err();
    assert!(matches!(refused, ImportError::NoEmailColumn));
    let with = |columns: [Option<Column>; 3]| {
        space.preview_import(&table, "sign-up", Some(columns.to_vec()), Looker::Terminal)
    };
    let twice = with([Some(Column::Email), Some(Column::Email), None]).await.unwrap_err();
    assert!(matches!(twice, ImportError::Twice(Column::Email)));
    let said = with([Some(Column::Email), Some(Column::GivenName), None]).await.unwrap();
    assert_eq!((said.taken(), said.beyond.len()), (vec![Column::Email, Column::GivenName], 0));
    let beyond = with([Some(Column::Email), None, Some(Column::FamilyName)]).await.unwrap();
    assert_eq!((beyond.taken(), beyond.beyond), (vec![Column::Email], vec![Column::FamilyName]));
    let none = space.preview_import(&table, "no-such-form", None, Looker::Terminal).await.unwrap_err();
    assert!(matches!(none, ImportError::Space(crate::SpaceError::NoSuchForm(_))));
    space.leave_network().await.unwrap();
    let left = with([Some(Column::Email), None, None]).await.unwrap_err();
    assert!(matches!(left, ImportError::Space(crate::SpaceError::Left)));
}

#[tokio::test]
async fn who_is_a_member_or_waits_is_left_out_with_the_line_and_whoever_left_comes_in() {
    let mut stage = Stage::new();
    stage.space =
        stage.started_with(&[form("sign-up", Approval::Automatic), form("ask-the-team", Approval::Person)]);
    let space = &stage.space;
    let email = super::stage::CANARIES[0];
    let table = format!(
        "Email,Since\nbefore@example.org,\n{},31/01/2026\nx{email},\nbehind@example.org,31/01/2026\n",
        email.to_uppercase()
    );
    let lines = |preview: &Preview| preview.reading.people.iter().map(|one| one.line).collect::<Vec<_>>();
    let nobody = preview(space, &table).await;
    assert_eq!((lines(&nobody), nobody.reading.undated.clone()), (vec![2, 3, 4, 5], vec![3, 5]));
    assert!(space.looks(10).await.unwrap().is_empty(), "there is nobody to look at");
    let mut members = Vec::new();
    // Anybody writes any address of themselves, and it keeps nobody out as long as nobody has decided.
    let answer_to = async |name: &str| {
        let asked = space.ask(name).await.unwrap();
        stage.answer(&asked, stage.key().public_jwk(), Way::NoScreen, None)
    };
    stage.give(&answer_to("ask-the-team").await).await.unwrap();
    assert_eq!(lines(&preview(space, &table).await), [2, 3, 4, 5], "a stranger's word");
    let stranger = space.waiting(1).await.unwrap()[0].id.clone();
    space.decide(&stranger, network::decision::Outcome::Declined, None).await.unwrap();
    for name in ["ask-the-team", "sign-up"] {
        let mut answer = answer_to(name).await;
        if name == "ask-the-team" {
            let signed_by = SignedBy::Office("did:web:office.example.org".to_owned());
            let checked = stage.presented(
                "profile_email",
                types::PROFILE,
                stage.key().public_jwk(),
                json!({"email": email}),
            );
            answer.presented[0] = Presented { signed_by, ..checked };
        }
        stage.give(&answer).await.unwrap();
        let seen = preview(space, &table).await;
        assert_eq!((lines(&seen), seen.reading.undated.clone()), (vec![2, 4, 5], vec![5]), "{name}");
        assert_eq!(seen.reading.bad, [BadRow { line: 3, reason: Reason::Here }]);
        let looks = space.looks(10).await.unwrap();
        assert!(
            looks.iter().all(|look| look.how == "import-compared" && look.names == ["email"]),
            "{looks:?}"
        );
        if name == "ask-the-team" {
            let id = space.waiting(1).await.unwrap()[0].id.clone();
            space.decide(&id, network::decision::Outcome::Declined, None).await.unwrap();
            assert_eq!(lines(&preview(space, &table).await), [2, 3, 4, 5], "declined");
        } else {
            members = space.all_members().await.unwrap();
        }
    }
    assert_eq!(space.take_in(&preview(space, &table).await).await.unwrap(), Taken { new: 3, known: 0 });
    space.end_membership(&members[0].sub).await.unwrap();
    assert_eq!(space.take_in(&preview(space, &table).await).await.unwrap(), Taken { new: 1, known: 3 });
}

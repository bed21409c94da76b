//! Of several who make something at once, no more succeed than there is room for: what is counted is counted where it is made.

use serde_json::json;
use store::{Change, Fault, Range, Record, Tx};
use tokio::task::JoinSet;

use super::stage::{Stage, form};
use crate::Space;
use crate::api_keys::{ApiKey, KeyError, MOST_KEYS, NewKey, Scope};
use crate::form::Approval;
use crate::forms::{ChangedBy, CurrentForm, FormNotChanged, MOST_FORMS};
use crate::sites::managing::{MOST_SITES, NewSite, SiteError};
use crate::sites::records::Site;
use crate::team::Role;
use crate::team::records::TeamSession;

/// How many try for the last two places.
const TRIES: usize = 6;

/// Whether a try succeeded, and whether it failed for want of room.
#[derive(Debug, PartialEq, Eq)]
enum Tried {
    Made,
    NoRoom,
}

/// Several servers over one store try at once; gives how many succeeded.
async fn at_once<F, T>(stage: &Stage, attempt: F) -> usize
where
    F: Fn(Space, usize) -> T,
    T: Future<Output = Tried> + Send + 'static,
{
    let forms = [form("sign-up", Approval::Automatic)];
    let mut tries = JoinSet::new();
    for number in 0..TRIES {
        tries.spawn(attempt(stage.started_with(&forms), number));
    }
    let tried = tries.join_all().await;
    tried.iter().filter(|tried| **tried == Tried::Made).count()
}

async fn there<R: Record>(stage: &Stage) -> Vec<R> {
    stage.tenant.list::<R>(Range::all(), 1_000).await.unwrap().items
}

async fn key(space: Space, number: usize) -> Tried {
    let new = NewKey { name: format!("key {number}"), scopes: [Scope::FormsRead].into(), until: None };
    match space.make_api_key(new, ChangedBy::Terminal).await {
        Ok(_) => Tried::Made,
        Err(KeyError::TooMany) => Tried::NoRoom,
        Err(error) => panic!("{error}"),
    }
}

async fn site(space: Space, number: usize) -> Tried {
    let new = NewSite {
        name: format!("Site {number}"),
        redirect_uris: vec!["https://book.example.org/back".to_owned()],
        purpose: "Booking rooms".to_owned(),
        ..NewSite::default()
    };
    match space.add_site(new, ChangedBy::Terminal).await {
        Ok(_) => Tried::Made,
        Err(SiteError::TooMany) => Tried::NoRoom,
        Err(error) => panic!("{error}"),
    }
}

async fn rule(space: Space, number: usize) -> Tried {
    match space
        .change_form(form(&format!("form-{number}"), Approval::Person), None, ChangedBy::Terminal)
        .await
    {
        Ok(_) => Tried::Made,
        Err(FormNotChanged::TooMany) => Tried::NoRoom,
        Err(error) => panic!("{error}"),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_keys_sites_and_forms_that_are_made_at_once_no_more_are_kept_than_there_may_be() {
    let stage = Stage::new();
    let one = || stage.started_with(&[form("sign-up", Approval::Automatic)]);
    for number in 0..MOST_KEYS - 2 {
        assert_eq!(key(one(), 1_000 + number).await, Tried::Made);
    }
    assert_eq!((at_once(&stage, key).await, there::<ApiKey>(&stage).await.len()), (2, MOST_KEYS));
    for number in 0..MOST_SITES - 2 {
        assert_eq!(site(one(), number).await, Tried::Made);
    }
    assert_eq!((at_once(&stage, site).await, there::<Site>(&stage).await.len()), (2, MOST_SITES));
    // The form of the file counts before it was entered, too.
    for number in 0..MOST_FORMS - 3 {
        assert_eq!(rule(one(), 1_000 + number).await, Tried::Made);
    }
    assert_eq!((at_once(&stage, rule).await, there::<CurrentForm>(&stage).await.len()), (2, MOST_FORMS - 1));
}

/// What no way in makes: a store of before, or one that was written past the limit.
struct Sessions<'a>(&'a [TeamSession]);

impl Change for Sessions<'_> {
    const NAME: &'static str = "test-sessions";
    type Output = ();
    type Refusal = std::convert::Infallible;

    async fn apply(&self, tx: &mut Tx) -> Result<(), Fault<Self::Refusal>> {
        for session in self.0 {
            tx.put(session).await?;
        }
        Ok(())
    }
}

#[tokio::test]
async fn whoever_is_shut_out_is_shut_out_of_every_session_however_many_there_are() {
    for way in ["again", "role", "end"] {
        let stage = Stage::new();
        stage.space.invite_to_team("Ines", Role::Owner).await.unwrap();
        let (dora, _) = stage.space.invite_to_team("Dora", Role::Desk).await.unwrap();
        let now = stage.now().seconds();
        let session = |number: usize| -> TeamSession {
            let id = format!("session-{number}");
            serde_json::from_value(
                json!({"id": id, "teammate": dora.id, "opened_with": "x", "began_at": now, "seen_at": now}),
            )
            .unwrap()
        };
        let sessions: Vec<TeamSession> = (0..250).map(session).collect();
        stage.tenant.carry_out(&Sessions(&sessions)).await.unwrap();
        assert!(stage.space.team_session("session-249").await.unwrap().is_some());
        match way {
            "again" => drop(stage.space.let_in_again(&dora.id).await.unwrap()),
            "role" => stage.space.change_role(&dora.id, Role::Auditor).await.unwrap(),
            _ => stage.space.end_team_access(&dora.id).await.unwrap(),
        }
        assert_eq!(there::<TeamSession>(&stage).await, [], "{way}");
    }
}

//! What is known of who opened a door goes with whoever did.

use network::member_api::{Leave, MOST_OPENINGS};
use store::{Change, Fault, Tx};

use super::ending::all;
use super::member_api::{access, fresh, member};
use super::stage::Stage;
use crate::community::hello::records::SaidHello;
use crate::doors::records::{Opening, Outcome};
use crate::member_api::Caller;
use crate::records::{Counted, DailyCount};

const DAY: i64 = 86_400;

struct Put<'a>(&'a Opening);

impl Change for Put<'_> {
    const NAME: &'static str = "put-opening";
    type Output = ();
    type Refusal = std::convert::Infallible;

    async fn apply(&self, tx: &mut Tx) -> Result<(), Fault<Self::Refusal>> {
        Ok(tx.put(self.0).await?)
    }
}

async fn opened(stage: &Stage, sub: &str, times: usize) {
    for number in 0..times {
        let id = format!("{sub} {number}");
        let at = stage.now().seconds();
        let opening =
            Opening { id, door: "front".to_owned(), sub: sub.to_owned(), at, outcome: Outcome::Opened };
        stage.tenant.carry_out(&Put(&opening)).await.unwrap();
    }
    stage.tenant.carry_out(&Count(sub)).await.unwrap();
}

struct Count<'a>(&'a str);

impl Change for Count<'_> {
    const NAME: &'static str = "count-opening";
    type Output = ();
    type Refusal = std::convert::Infallible;

    async fn apply(&self, tx: &mut Tx) -> Result<(), Fault<Self::Refusal>> {
        Ok(DailyCount::add(tx, Counted::OpenedDoor, self.0).await?)
    }
}

async fn who_opened(stage: &Stage) -> Vec<String> {
    let mut subs: Vec<String> = all::<Opening>(stage).await.into_iter().map(|opening| opening.sub).collect();
    subs.sort();
    subs.dedup();
    subs
}

#[tokio::test]
async fn a_member_who_leaves_takes_along_who_opened_what_however_much_it_is() {
    let stage = Stage::new();
    let (leaves, stays) = (member(&stage, 0).await.member.unwrap(), member(&stage, 10).await.member.unwrap());
    opened(&stage, &leaves, 230).await;
    opened(&stage, &stays, 2).await;
    let (_, access) = access(&stage, 0).await;
    assert_eq!(access.sub, leaves);
    let dry = Leave { id: "identifier-number-98".to_owned(), dry_run: true };
    stage.space.leave(&Caller { access: &access, proof: fresh(&stage) }, &dry).await.unwrap();
    assert_eq!(who_opened(&stage).await.len(), 2, "trying it changes nothing");
    let told = stage.space.member_details(&Caller { access: &access, proof: fresh(&stage) }).await.unwrap();
    assert_eq!(told.openings.len(), MOST_OPENINGS);
    let asked = Leave { id: "identifier-number-99".to_owned(), dry_run: false };
    stage.space.leave(&Caller { access: &access, proof: fresh(&stage) }, &asked).await.unwrap();
    while stage.space.work().await.unwrap() > 0 {}
    assert_eq!(who_opened(&stage).await, [stays]);
}

/// So many hellos that somebody got from others.
struct Hellos<'a> {
    to: &'a str,
    from: usize,
}

impl Change for Hellos<'_> {
    const NAME: &'static str = "fill-hellos";
    type Output = ();
    type Refusal = std::convert::Infallible;

    async fn apply(&self, tx: &mut Tx) -> Result<(), Fault<Self::Refusal>> {
        let at = tx.now().seconds();
        for number in self.from..self.from + 100 {
            tx.put(&SaidHello {
                id: format!("hello-{number}"),
                from: format!("other-{number}"),
                to: self.to.to_owned(),
                at,
                until: at + DAY,
                is_closed: false,
                is_reported: false,
                waits: None,
            })
            .await?;
        }
        Ok(())
    }
}

#[tokio::test]
async fn whoever_has_many_hellos_and_openings_and_leaves_is_gone_at_once_and_nothing_of_them_is_left() {
    let stage = Stage::new();
    let sign_up = member(&stage, 0).await;
    let sub = sign_up.member.clone().unwrap();
    opened(&stage, &sub, 230).await;
    for from in [0, 100] {
        stage.tenant.carry_out(&Hellos { to: &sign_up.id, from }).await.unwrap();
    }
    let (_, access) = access(&stage, 0).await;
    let asked = Leave { id: "identifier-number-99".to_owned(), dry_run: false };
    stage.space.leave(&Caller { access: &access, proof: fresh(&stage) }, &asked).await.unwrap();
    while stage.space.work().await.unwrap() > 0 {}
    assert!(who_opened(&stage).await.is_empty());
    assert!(all::<SaidHello>(&stage).await.is_empty());
    assert!(all::<DailyCount>(&stage).await.iter().all(|count| count.of != Counted::OpenedDoor));
}

#[tokio::test]
async fn a_member_sees_their_own_openings_the_last_first_and_nobody_elses() {
    let stage = Stage::new();
    let (looks, other) = (member(&stage, 0).await.member.unwrap(), member(&stage, 10).await.member.unwrap());
    let (_, access) = access(&stage, 0).await;
    let seen = async || {
        let caller = Caller { access: &access, proof: fresh(&stage) };
        stage.space.member_details(&caller).await.unwrap().openings
    };
    assert_eq!(seen().await, []);
    let unheard = Outcome::NotOpened { status: None, code: Some("unreachable".to_owned()) };
    for (sub, outcome) in
        [(&looks, Outcome::Opened), (&other, Outcome::Opened), (&looks, unheard), (&looks, Outcome::Asked)]
    {
        stage.clock.advance(1);
        let at = stage.now().seconds();
        let (id, door, sub) = (format!("{sub} {at}"), "front".to_owned(), sub.clone());
        stage.tenant.carry_out(&Put(&Opening { id, door, sub, at, outcome })).await.unwrap();
    }
    let now = stage.now().seconds();
    let told = seen().await;
    // Of a door that is there no more the name is not known.
    assert!(told.iter().all(|one| one.door.is_none()));
    let told: Vec<_> = told.iter().map(|one| (now - one.at, one.opened)).collect();
    assert_eq!(told, [(0, None), (1, Some(false)), (3, Some(true))]);
    stage.clock.advance(30 * DAY);
    assert!(all::<Opening>(&stage).await.is_empty(), "it is known for 30 days");
}

#[tokio::test]
async fn where_the_team_ended_a_membership_it_goes_with_the_last_detail() {
    let stage = Stage::new();
    let (ended, stays) = (member(&stage, 0).await.member.unwrap(), member(&stage, 10).await.member.unwrap());
    stage.space.end_membership(&ended).await.unwrap();
    opened(&stage, &ended, 1).await;
    while stage.space.work().await.unwrap() > 0 {}
    assert_eq!(who_opened(&stage).await, vec![ended.clone()], "details are still kept");
    stage.clock.advance(400 * DAY);
    opened(&stage, &ended, 1).await;
    opened(&stage, &stays, 1).await;
    while stage.space.work().await.unwrap() > 0 {}
    assert_eq!(who_opened(&stage).await, [stays]);
}

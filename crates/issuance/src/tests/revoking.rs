//! Revocation of more copies than one transaction touches.

use credentials::status_list::Status;
use store::{Change, Fault, Tx};

use super::scene::{PASSPORT, PROFILE, Scene};
use super::statuses;
use crate::revoking::{Holding, Revoked, revoke};
use crate::{RevokedEntry, StatusEntry};

/// More than three transactions take.
const MANY: u64 = 950;

/// Copies of somebody that were issued somehow.
struct Issued<'a> {
    subject: &'a str,
    configuration: &'a str,
    from: u64,
    copies: u64,
    until: i64,
}

impl Change for Issued<'_> {
    const NAME: &'static str = "issued";
    type Output = ();
    type Refusal = std::convert::Infallible;

    async fn apply(&self, tx: &mut Tx) -> Result<(), Fault<Self::Refusal>> {
        for index in self.from..self.from + self.copies {
            let (subject, configuration) = (self.subject.to_owned(), self.configuration.to_owned());
            let list = "1".to_owned();
            tx.put(&StatusEntry { list, index, subject, configuration, until: self.until }).await?;
        }
        Ok(())
    }
}

/// Gives `copies` to `subject`, from the place `from` on.
async fn issued(scene: &Scene, subject: &str, configuration: &str, from: u64, copies: u64) {
    let until = scene.now().plus(86_400).seconds();
    for from in (from..from + copies).step_by(190) {
        let copies = 190.min(copies);
        scene.tenant().carry_out(&Issued { subject, configuration, from, copies, until }).await.unwrap();
    }
}

async fn revoked(scene: &Scene) -> usize {
    let mut count = 0;
    let mut range = store::Range::all();
    loop {
        let page = scene.tenant().list::<RevokedEntry>(range.clone(), 1_000).await.unwrap();
        count += page.items.len();
        match page.next {
            Some(cursor) => range = range.after(&cursor),
            None => return count,
        }
    }
}

/// The first transaction alone, as if the process ended after it.
struct Begin<'a>(&'a [Holding]);

impl Change for Begin<'_> {
    const NAME: &'static str = "begin";
    type Output = Revoked;
    type Refusal = std::convert::Infallible;

    async fn apply(&self, tx: &mut Tx) -> Result<Revoked, Fault<Self::Refusal>> {
        Ok(revoke(tx, self.0).await?)
    }
}

#[tokio::test]
async fn every_copy_is_revoked_however_many_there_are_and_none_of_anybody_else() {
    let scene = Scene::new();
    issued(&scene, "m-1", PASSPORT, 0, MANY).await;
    issued(&scene, "m-12", PASSPORT, 10_000, 190).await;
    issued(&scene, "m-1", PROFILE, 20_000, 190).await;
    let holdings = [Holding::new("m-1", PASSPORT)];
    assert_eq!(scene.replicas[0].revoke_all(&holdings).await.unwrap(), 950);
    assert_eq!(revoked(&scene).await, 950);
    assert_eq!(scene.replicas[1].revoke_all(&holdings).await.unwrap(), 0, "once");
}

#[tokio::test]
async fn many_holdings_of_few_copies_are_all_revoked() {
    let scene = Scene::new();
    let mut holdings = Vec::new();
    for subject in 0..205_u64 {
        let name = format!("m-{subject}");
        issued(&scene, &name, PASSPORT, subject * 10, 2).await;
        holdings.push(Holding::new(&name, PASSPORT));
    }
    assert_eq!(scene.replicas[0].revoke_all(&holdings).await.unwrap(), 410);
    assert_eq!(revoked(&scene).await, 410);
}

#[tokio::test]
async fn a_revocation_that_broke_off_is_taken_up_by_the_other_replica() {
    let mut scene = Scene::new();
    issued(&scene, "m-1", PASSPORT, 0, MANY).await;
    let holdings = [Holding::new("m-1", PASSPORT)];
    let first = scene.tenant().carry_out(&Begin(&holdings)).await.unwrap();
    assert_eq!(first, Revoked { copies: 300, is_complete: false });
    scene.restart();
    assert_eq!(scene.replicas[1].revoke_all(&holdings).await.unwrap(), 650);
    let again = scene.tenant().carry_out(&Begin(&holdings)).await.unwrap();
    assert_eq!((again.copies, revoked(&scene).await), (0, 950));
}

#[tokio::test]
async fn two_replicas_that_revoke_at_once_count_every_copy_once() {
    let scene = Scene::new();
    issued(&scene, "m-1", PASSPORT, 0, MANY).await;
    let holdings = [Holding::new("m-1", PASSPORT)];
    let [one, other] = &scene.replicas;
    let (one, other) = tokio::join!(one.revoke_all(&holdings), other.revoke_all(&holdings));
    assert_eq!((one.unwrap() + other.unwrap(), revoked(&scene).await), (950, 950));
}

#[tokio::test]
async fn a_few_copies_are_revoked_in_one_transaction_and_shown_by_both_replicas() {
    let scene = Scene::new();
    let token = scene.bearer(&[PASSPORT, PROFILE]).await;
    let passports = scene.whole_batch(&token, PASSPORT).await.copies();
    let profile = scene.credential_with_fresh_nonce(&token, PROFILE).await.copies();
    let places: Vec<_> = [passports, profile].concat().iter().map(|copy| scene.status_of(copy)).collect();
    assert_eq!(statuses(&scene, &places).await, [Status::Valid; 4]);
    let holdings = [Holding::new("m-1", PASSPORT)];
    let first = scene.tenant().carry_out(&Begin(&holdings)).await.unwrap();
    assert_eq!(first, Revoked { copies: 3, is_complete: true });
    // Both replicas had signed a list before: neither may show the old one.
    for _ in 0..2 {
        let [gone, kept] = [Status::Invalid, Status::Valid];
        assert_eq!(statuses(&scene, &places).await, [gone, gone, gone, kept]);
    }
}

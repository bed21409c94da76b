//! How often something may be had within a day, also when many ask at once.

use issuer::budget::{MOST_APPLICATIONS, MOST_REFILLS};
use issuer::records::{Application, Passport, RequestKind, Spent};
use jose::Signer;
use openid4vc::secret::SecretHash;

use super::scene::{A_DAY, HARBOUR, Scene};
use super::{count, only};

#[tokio::test]
async fn applications_that_come_at_once_are_counted_where_they_are_stored() {
    let scene = Scene::new();
    let key = scene.key();
    let mut prepared = Vec::new();
    for _ in 0..MOST_APPLICATIONS + 3 {
        let asked = scene.ask(RequestKind::FirstPassport).await;
        prepared.push(scene.prepare(&scene.first_answer(&asked, key.public_jwk())).await.unwrap());
    }
    let mut stored = Vec::new();
    for one in &prepared {
        stored.push(scene.store(one.as_ref()).await);
    }
    assert_eq!(stored, [[true; 5].as_slice(), &[false; 3]].concat());
    assert_eq!((count::<Application>(&scene).await, count::<Passport>(&scene).await), (5, 5));
}

#[tokio::test]
async fn a_passport_is_refilled_twenty_four_times_a_day_and_no_more() {
    let scene = Scene::new();
    let (_, _, did) = scene.ready().await;
    let number = only::<Passport>(&scene).await.number;
    let key = scene.key();
    let refill = async |number: &str, did: &str| {
        let asked = scene.ask(RequestKind::RefillPassport).await;
        scene.give(&scene.passport_answer(&asked, key.public_jwk(), number, did)).await.map(drop)
    };
    let asked = scene.ask(RequestKind::RefillPassport).await;
    let late = scene.prepare(&scene.passport_answer(&asked, key.public_jwk(), &number, &did)).await.unwrap();
    for time in 1..=MOST_REFILLS {
        assert_eq!(refill(&number, &did).await, Ok(()), "{time}");
    }
    assert_eq!(refill(&number, &did).await, Err("too_many"));
    assert!(!scene.store(late.as_ref()).await, "one that was prepared before");
    // Another passport has a budget of its own.
    let (_, _, other) = scene.ready().await;
    let passports = scene.tenant().list::<Passport>(store::Range::all(), 10).await.unwrap().items;
    let another = passports.into_iter().find(|one| one.number != number).unwrap();
    assert_eq!(refill(&another.number, &other).await, Ok(()));
    scene.clock.advance(A_DAY - 1);
    assert_eq!(refill(&number, &did).await, Err("too_many"));
    scene.clock.advance(1);
    assert_eq!(refill(&number, &did).await, Ok(()));
}

#[tokio::test]
async fn what_is_counted_names_nobody() {
    let scene = Scene::new();
    scene.applied().await;
    let spent: Spent = only(&scene).await;
    assert_eq!((spent.of, spent.times), (SecretHash::of(&format!("{HARBOUR} m-1")), 1));
}

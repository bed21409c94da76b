//! Pages of a list, and what becomes of it when records come, change and go.

use environment::{Environment, ManualClock, SeededRandomness, Timestamp};
use std::sync::Arc;

use super::*;
use crate::vault::{Cost, NewWay, Passphrase};

/// A record of some kind that is listed.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Note {
    name: String,
    at: i64,
    kind: String,
    about: Option<String>,
}

impl Kept for Note {
    const KIND: &'static str = "note";

    fn name(&self) -> String {
        self.name.clone()
    }

    fn placed(&self) -> Option<Placed> {
        let about = self.about.clone().map(|name| About { key: format!("key of {name}"), name });
        Some(Placed { at: self.at, kind: self.kind.clone(), about })
    }
}

fn note(number: i64) -> Note {
    let kind = if number % 2 == 0 { "even" } else { "odd" };
    let about = (number % 3 == 0).then(|| "Kiln".to_owned());
    Note { name: format!("n{number}"), at: number, kind: kind.to_owned(), about }
}

async fn vault() -> Vault {
    let clock = Arc::new(ManualClock::new(Timestamp::from_seconds(1_795_000_000)));
    let environment = Environment::new(clock, Arc::new(SeededRandomness::new(7)));
    let engine: Arc<dyn store::Engine> = Arc::new(store::memory::Memory::new());
    let passphrase = Passphrase::new("some right words").unwrap();
    let way = NewWay::Passphrase(&passphrase, Cost::LEAST);
    Vault::create_on(engine, &way, &environment).await.unwrap().0
}

async fn names(vault: &Vault, wanted: Wanted<'_>, from: usize, most: usize) -> (Vec<i64>, bool) {
    let listed = vault.listed::<Note>(&wanted, from, most).await.unwrap();
    (listed.records.iter().map(|note| note.at).collect(), listed.has_more)
}

#[tokio::test]
async fn pages_are_the_newest_first_also_of_many_and_of_those_that_came_late() {
    let vault = vault().await;
    assert_eq!(names(&vault, Wanted::default(), 0, 50).await, (Vec::new(), false));
    // Every other one first, then those between them.
    for number in (0..1_000).step_by(2).chain((1..1_000).step_by(2)) {
        vault.put(&note(number)).await.unwrap();
    }
    let mut seen = Vec::new();
    for from in (0..1_000).step_by(50) {
        let (page, has_more) = names(&vault, Wanted::default(), from, 50).await;
        assert_eq!((page.len(), has_more), (50, from < 950), "{from}");
        seen.extend(page);
    }
    assert_eq!(seen, (0..1_000).rev().collect::<Vec<_>>());
    assert_eq!(names(&vault, Wanted::default(), 1_000, 50).await, (Vec::new(), false));
    assert_eq!(names(&vault, Wanted::default(), usize::MAX, 50).await, (Vec::new(), false));
}

#[tokio::test]
async fn what_is_wanted_is_found_by_kind_by_whom_and_by_time_and_by_all_of_them() {
    let vault = vault().await;
    for number in 0..600 {
        vault.put(&note(number)).await.unwrap();
    }
    let about = Some("key of Kiln");
    let odd = Wanted { kind: Some("odd"), ..Wanted::default() };
    assert_eq!(names(&vault, odd, 0, 3).await, (vec![599, 597, 595], true));
    assert_eq!(names(&vault, odd, 298, 3).await, (vec![3, 1], false));
    let kiln = Wanted { about, ..Wanted::default() };
    assert_eq!(names(&vault, kiln, 1, 2).await, (vec![594, 591], true));
    let time = Wanted { since: Some(10), before: Some(13), ..Wanted::default() };
    assert_eq!(names(&vault, time, 0, 50).await, (vec![12, 11, 10], false));
    let all = Wanted { kind: Some("even"), leaves_out: None, about, since: Some(0), before: Some(13) };
    assert_eq!(names(&vault, all, 0, 50).await, (vec![12, 6, 0], false));
    assert_eq!(names(&vault, Wanted { about: Some("x"), ..all }, 0, 50).await, (Vec::new(), false));
}

#[tokio::test]
async fn a_list_is_made_of_what_was_there_before_there_was_one() {
    let vault = vault().await;
    for number in 0..300 {
        vault.put(&note(number)).await.unwrap();
    }
    assert!(vault.get::<Timeline>(Note::KIND).await.unwrap().is_none(), "nobody has asked for it");
    assert_eq!(names(&vault, Wanted::default(), 0, 2).await, (vec![299, 298], true));
    vault.put(&note(300)).await.unwrap();
    assert_eq!(names(&vault, Wanted::default(), 0, 2).await, (vec![300, 299], true));
    assert!(vault.unlisted::<Note>().await.unwrap().is_empty());
}

#[tokio::test]
async fn what_changes_stays_at_its_place_and_what_is_deleted_goes_with_the_name_of_whom_it_was_about() {
    let vault = vault().await;
    for number in 0..600 {
        vault.put(&note(number)).await.unwrap();
    }
    let odd = Wanted { kind: Some("odd"), ..Wanted::default() };
    assert_eq!(names(&vault, odd, 0, 1).await.0, [599]);
    vault
        .put(&Note { kind: "even".to_owned(), about: Some("Harbour".to_owned()), ..note(599) })
        .await
        .unwrap();
    assert_eq!(names(&vault, odd, 0, 1).await.0, [597]);
    assert_eq!(names(&vault, Wanted::default(), 0, 2).await.0, [599, 598], "once");
    let known: Vec<String> =
        vault.listed_about::<Note>().await.unwrap().into_iter().map(|about| about.name).collect();
    assert_eq!(known, ["Harbour", "Kiln"]);
    for number in 1..600 {
        let batch = vault.batch().delete_listed::<Note>(&format!("n{number}"), number);
        batch.commit().await.unwrap();
    }
    assert_eq!(names(&vault, Wanted::default(), 0, 50).await, (vec![0], false));
    assert_eq!(vault.listed_about::<Note>().await.unwrap()[0].name, "Kiln");
    vault.batch().delete_listed::<Note>("n0", 0).delete_listed::<Note>("n0", 0).commit().await.unwrap();
    assert!(vault.listed_about::<Note>().await.unwrap().is_empty());
    assert!(vault.list::<Places>().await.unwrap().is_empty(), "no part is left behind");
    assert!(vault.list::<Note>().await.unwrap().is_empty());
}

#[tokio::test]
async fn of_those_who_write_at_once_none_is_lost() {
    let vault = vault().await;
    names(&vault, Wanted::default(), 0, 1).await;
    let put = |number: i64| {
        let vault = &vault;
        async move { vault.put(&note(number)).await.unwrap() }
    };
    tokio::join!(put(1), put(2), put(3), put(4), put(5));
    assert_eq!(names(&vault, Wanted::default(), 0, 50).await, (vec![5, 4, 3, 2, 1], false));
}

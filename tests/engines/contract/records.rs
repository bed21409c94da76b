//! Records, their life and their declarations.

use environment::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use store::{
    Change, Fault, FieldClass, Index, IndexEntry, Insertion, Key, PendingLeaf, Range, Record, StoreFault,
    Take, Tx, Wake,
};

use crate::place::{Place, on_each_engine};

on_each_engine!(
    a_record_is_there_after_its_commit_and_gone_after_its_deletion,
    a_change_that_refuses_writes_nothing,
    a_change_sees_its_own_writes,
    tenants_do_not_see_one_another,
    an_expired_record_is_absent_everywhere,
    an_expired_record_makes_room_for_a_new_one,
    a_sweep_removes_what_is_expired_and_nothing_else,
    an_index_follows_its_records,
    an_undeclared_field_is_refused,
    an_undeclared_index_is_refused,
    what_is_no_object_is_refused,
    an_older_version_is_translated_and_an_unknown_one_refused,
    leaves_of_one_change_wait_in_order,
    those_who_wait_are_woken_by_a_commit_and_not_by_a_refusal,
    a_damaged_record_is_never_given_out,
);

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Contact {
    pub(super) id: String,
    pub(super) email: String,
    pub(super) until: Option<i64>,
}

impl Contact {
    fn new(id: &str, email: &str) -> Self {
        Self { id: id.to_owned(), email: email.to_owned(), until: None }
    }

    fn until(id: &str, email: &str, until: Timestamp) -> Self {
        Self { id: id.to_owned(), email: email.to_owned(), until: Some(until.seconds()) }
    }
}

impl Record for Contact {
    const CLASS: &'static str = "contact";
    const FIELDS: &'static [(&'static str, FieldClass)] = &[
        ("id", FieldClass::Operational),
        ("email", FieldClass::Disclosed),
        ("until", FieldClass::Operational),
    ];
    const INDEXES: &'static [&'static str] = &["email"];

    fn key(&self) -> Key {
        Key::from(&self.id)
    }

    fn expiry(&self) -> Option<Timestamp> {
        self.until.map(Timestamp::from_seconds)
    }

    fn indexes(&self) -> Vec<IndexEntry> {
        vec![ByEmail::entry(&self.email)]
    }
}

struct ByEmail;

impl Index for ByEmail {
    type Record = Contact;
    const NAME: &'static str = "email";
}

pub(super) struct Put<R>(pub(super) Vec<R>);

impl<R: Record> Change for Put<R> {
    const NAME: &'static str = "put";
    type Output = ();
    type Refusal = ();

    async fn apply(&self, tx: &mut Tx) -> Result<(), Fault<()>> {
        for record in &self.0 {
            tx.put(record).await?;
        }
        Ok(())
    }
}

struct InsertNew(Contact);

impl Change for InsertNew {
    const NAME: &'static str = "insert-new";
    type Output = Insertion;
    type Refusal = ();

    async fn apply(&self, tx: &mut Tx) -> Result<Insertion, Fault<()>> {
        Ok(tx.insert_new(&self.0).await?)
    }
}

pub(super) struct TakeContact(pub(super) &'static str);

impl Change for TakeContact {
    const NAME: &'static str = "take";
    type Output = Take<Contact>;
    type Refusal = ();

    async fn apply(&self, tx: &mut Tx) -> Result<Take<Contact>, Fault<()>> {
        Ok(tx.take::<Contact>(self.0).await?)
    }
}

async fn a_record_is_there_after_its_commit_and_gone_after_its_deletion(place: Place) {
    let harbour = place.harbour();
    let ada = Contact::new("1", "ada@example.org");
    assert_eq!(harbour.get::<Contact>("1").await.unwrap(), None);
    harbour.commit(&Put(vec![ada.clone()])).await.unwrap();
    assert_eq!(harbour.get::<Contact>("1").await.unwrap(), Some(ada.clone()));
    assert_eq!(harbour.commit(&TakeContact("1")).await.unwrap(), Take::Live(ada));
    assert_eq!(harbour.get::<Contact>("1").await.unwrap(), None);
    assert_eq!(harbour.commit(&TakeContact("1")).await.unwrap(), Take::Absent);
    assert_eq!(harbour.compare_indexes::<Contact>().await.unwrap(), store::IndexDifference::default());
}

struct PutAndRefuse(Contact);

impl Change for PutAndRefuse {
    const NAME: &'static str = "put-and-refuse";
    type Output = ();
    type Refusal = &'static str;

    async fn apply(&self, tx: &mut Tx) -> Result<(), Fault<&'static str>> {
        tx.put(&self.0).await?;
        Err(Fault::Refused("no"))
    }
}

async fn a_change_that_refuses_writes_nothing(place: Place) {
    let harbour = place.harbour();
    let refused = harbour.commit(&PutAndRefuse(Contact::new("1", "ada@example.org"))).await;
    assert_eq!(refused, Err(Fault::Refused("no")));
    assert_eq!(harbour.get::<Contact>("1").await.unwrap(), None);
    assert_eq!(harbour.list::<Contact>(Range::all(), 10).await.unwrap().items, vec![]);
}

struct LookAtOwnWrites;

impl Change for LookAtOwnWrites {
    const NAME: &'static str = "look-at-own-writes";
    type Output = ();
    type Refusal = ();

    async fn apply(&self, tx: &mut Tx) -> Result<(), Fault<()>> {
        tx.put(&Contact::new("2", "ben@example.org")).await?;
        tx.put(&Contact::new("5", "ada@example.org")).await?;
        assert!(tx.delete::<Contact>("3").await?);
        assert!(!tx.delete::<Contact>("3").await?);
        assert_eq!(tx.get::<Contact>("2").await?, Some(Contact::new("2", "ben@example.org")));
        assert_eq!(tx.get::<Contact>("3").await?, None);
        let ids = |page: store::Page<Contact>| page.items.into_iter().map(|c| c.id).collect::<Vec<_>>();
        assert_eq!(ids(tx.list(Range::all(), 10).await?), ["1", "2", "4", "5"]);
        assert_eq!(ids(tx.list(Range::all().descending(), 3).await?), ["5", "4", "2"]);
        assert_eq!(ids(tx.page::<ByEmail>(Range::prefix("ben@example.org"), 10).await?), ["2"]);
        assert_eq!(ids(tx.page::<ByEmail>(Range::prefix("old@example.org"), 10).await?), ["1", "4"]);
        assert_eq!(tx.insert_new(&Contact::new("2", "x@example.org")).await?, Insertion::AlreadyThere);
        assert_eq!(tx.insert_new(&Contact::new("3", "y@example.org")).await?, Insertion::Inserted);
        Ok(())
    }
}

async fn a_change_sees_its_own_writes(place: Place) {
    let harbour = place.harbour();
    let before = ["1", "3", "4"].map(|id| Contact::new(id, "old@example.org"));
    harbour.commit(&Put(before.to_vec())).await.unwrap();
    harbour.commit(&LookAtOwnWrites).await.unwrap();
    let difference = harbour.compare_indexes::<Contact>().await.unwrap();
    assert_eq!(difference, store::IndexDifference { records: 5, missing: 0, surplus: 0 });
}

async fn tenants_do_not_see_one_another(place: Place) {
    let (harbour, kiln) = (place.harbour(), place.kiln_north());
    harbour.commit(&Put(vec![Contact::new("1", "ada@example.org")])).await.unwrap();
    assert_eq!(kiln.get::<Contact>("1").await.unwrap(), None);
    assert_eq!(kiln.list::<Contact>(Range::all(), 10).await.unwrap().items, vec![]);
    assert_eq!(kiln.find::<ByEmail>("ada@example.org").await.unwrap(), None);
    assert_eq!(kiln.commit(&TakeContact("1")).await.unwrap(), Take::Absent);
    assert!(harbour.find::<ByEmail>("ada@example.org").await.unwrap().is_some());
}

async fn an_expired_record_is_absent_everywhere(place: Place) {
    let harbour = place.harbour();
    let until = engines::noon().plus(60);
    harbour.commit(&Put(vec![Contact::until("1", "ada@example.org", until)])).await.unwrap();
    place.clock.advance(59);
    assert!(harbour.get::<Contact>("1").await.unwrap().is_some());
    assert!(harbour.find::<ByEmail>("ada@example.org").await.unwrap().is_some());
    place.clock.advance(1);
    assert_eq!(harbour.get::<Contact>("1").await.unwrap(), None);
    assert_eq!(harbour.find::<ByEmail>("ada@example.org").await.unwrap(), None);
    assert_eq!(harbour.list::<Contact>(Range::all(), 10).await.unwrap().items, vec![]);
    assert_eq!(harbour.commit(&TakeContact("1")).await.unwrap(), Take::Expired);
    assert_eq!(harbour.commit(&TakeContact("1")).await.unwrap(), Take::Absent);
}

async fn an_expired_record_makes_room_for_a_new_one(place: Place) {
    let harbour = place.harbour();
    let until = engines::noon().plus(60);
    let first = Contact::until("1", "ada@example.org", until);
    let second = Contact::until("1", "ben@example.org", until.plus(60));
    assert_eq!(harbour.commit(&InsertNew(first)).await.unwrap(), Insertion::Inserted);
    assert_eq!(harbour.commit(&InsertNew(second.clone())).await.unwrap(), Insertion::AlreadyThere);
    place.clock.advance(60);
    assert_eq!(harbour.commit(&InsertNew(second.clone())).await.unwrap(), Insertion::Inserted);
    assert_eq!(harbour.get::<Contact>("1").await.unwrap(), Some(second));
    assert_eq!(harbour.find::<ByEmail>("ada@example.org").await.unwrap(), None);
    let difference = harbour.compare_indexes::<Contact>().await.unwrap();
    assert_eq!(difference, store::IndexDifference { records: 1, missing: 0, surplus: 0 });
}

async fn a_sweep_removes_what_is_expired_and_nothing_else(place: Place) {
    let harbour = place.harbour();
    let until = engines::noon().plus(60);
    for id in 0..700 {
        let id = id.to_string();
        let email = format!("{id}@example.org");
        let expiring = Contact::until(&format!("x{id}"), &email, until);
        harbour.commit(&Put(vec![expiring, Contact::new(&format!("y{id}"), &email)])).await.unwrap();
    }
    assert_eq!(place.store.sweep().await.unwrap().removed, 0);
    place.clock.advance(60 + 3_599);
    assert_eq!(place.store.sweep().await.unwrap().removed, 0);
    place.clock.advance(1);
    // Each record has one index entry; markers of the engine in memory last for a day.
    assert_eq!(place.store.sweep().await.unwrap().removed, 1_400);
    assert_eq!(place.store.sweep().await.unwrap().removed, 0);
    assert_eq!(harbour.commit(&TakeContact("x1")).await.unwrap(), Take::Absent);
    let difference = harbour.compare_indexes::<Contact>().await.unwrap();
    assert_eq!(difference, store::IndexDifference { records: 700, missing: 0, surplus: 0 });
}

async fn an_index_follows_its_records(place: Place) {
    let harbour = place.harbour();
    harbour.commit(&Put(vec![Contact::new("1", "ada@example.org")])).await.unwrap();
    harbour.commit(&Put(vec![Contact::new("2", "ada@example.org")])).await.unwrap();
    harbour.commit(&Put(vec![Contact::new("1", "ben@example.org")])).await.unwrap();
    let page = harbour.page::<ByEmail>(Range::prefix("ada@example.org"), 10).await.unwrap();
    assert_eq!(page.items, vec![Contact::new("2", "ada@example.org")]);
    // The parts of a key do not run into each other: a longer address is another one.
    assert_eq!(harbour.find::<ByEmail>("ada@example.or").await.unwrap(), None);
    let page = harbour.page::<ByEmail>(Range::text_prefix("ada@example.or"), 10).await.unwrap();
    assert_eq!(page.items.len(), 1);
    let difference = harbour.compare_indexes::<Contact>().await.unwrap();
    assert_eq!(difference, store::IndexDifference { records: 2, missing: 0, surplus: 0 });
}

/// The same class as it might be written by a careless hand.
#[derive(Debug, Serialize, Deserialize)]
struct Careless {
    id: String,
    birthdate: Option<String>,
}

impl Record for Careless {
    const CLASS: &'static str = "careless";
    const FIELDS: &'static [(&'static str, FieldClass)] = &[("id", FieldClass::Operational)];

    fn key(&self) -> Key {
        Key::from(&self.id)
    }

    fn indexes(&self) -> Vec<IndexEntry> {
        vec![]
    }
}

async fn an_undeclared_field_is_refused(place: Place) {
    let harbour = place.harbour();
    let refused = harbour.commit(&Put(vec![Careless { id: "1".to_owned(), birthdate: None }])).await;
    let undeclared = StoreFault::Undeclared { class: "careless", field: "birthdate".to_owned() };
    assert_eq!(refused, Err(Fault::Store(undeclared)));
    assert!(harbour.get::<Careless>("1").await.unwrap().is_none());
}

#[derive(Debug, Serialize, Deserialize)]
struct Unindexed {
    id: String,
}

impl Record for Unindexed {
    const CLASS: &'static str = "unindexed";
    const FIELDS: &'static [(&'static str, FieldClass)] = &[("id", FieldClass::Operational)];

    fn key(&self) -> Key {
        Key::from(&self.id)
    }

    fn indexes(&self) -> Vec<IndexEntry> {
        vec![ByEmail::entry("ada@example.org")]
    }
}

async fn an_undeclared_index_is_refused(place: Place) {
    let refused = place.harbour().commit(&Put(vec![Unindexed { id: "1".to_owned() }])).await;
    assert!(matches!(refused, Err(Fault::Store(StoreFault::Unstorable { class: "unindexed", .. }))));
}

#[derive(Debug, Serialize, Deserialize)]
struct Bare(u64);

impl Record for Bare {
    const CLASS: &'static str = "bare";
    const FIELDS: &'static [(&'static str, FieldClass)] = &[];

    fn key(&self) -> Key {
        Key::from(self.0)
    }
}

async fn what_is_no_object_is_refused(place: Place) {
    let refused = place.harbour().commit(&Put(vec![Bare(1)])).await;
    assert!(matches!(refused, Err(Fault::Store(StoreFault::Unstorable { class: "bare", .. }))));
}

#[derive(Debug, Serialize, Deserialize)]
struct First {
    id: String,
    name: String,
}

impl Record for First {
    const CLASS: &'static str = "versioned";
    const FIELDS: &'static [(&'static str, FieldClass)] =
        &[("id", FieldClass::Operational), ("name", FieldClass::Disclosed)];

    fn key(&self) -> Key {
        Key::from(&self.id)
    }
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Second {
    id: String,
    full_name: String,
}

impl Record for Second {
    const CLASS: &'static str = "versioned";
    const VERSION: u16 = 2;
    const FIELDS: &'static [(&'static str, FieldClass)] =
        &[("id", FieldClass::Operational), ("full_name", FieldClass::Disclosed)];

    fn key(&self) -> Key {
        Key::from(&self.id)
    }

    fn upgrade(version: u16, mut value: Value) -> Option<Value> {
        if version != 1 {
            return None;
        }
        let name = value.as_object_mut()?.remove("name")?;
        value.as_object_mut()?.insert("full_name".to_owned(), name);
        Some(value)
    }
}

async fn an_older_version_is_translated_and_an_unknown_one_refused(place: Place) {
    let harbour = place.harbour();
    harbour.commit(&Put(vec![First { id: "1".to_owned(), name: "Ada Example".to_owned() }])).await.unwrap();
    let second = Second { id: "1".to_owned(), full_name: "Ada Example".to_owned() };
    assert_eq!(harbour.get::<Second>("1").await.unwrap(), Some(second));
    let newer = Second { id: "2".to_owned(), full_name: "Ben Example".to_owned() };
    harbour.commit(&Put(vec![newer])).await.unwrap();
    let unknown = StoreFault::UnknownVersion { class: "versioned", version: 2 };
    assert_eq!(harbour.get::<First>("2").await.unwrap_err(), unknown);
}

struct LogThree([ledger::Leaf; 3]);

impl LogThree {
    fn new() -> Self {
        Self([0, 1, 2].map(|writer| engines::leaf(writer, &environment::SystemRandomness)))
    }
}

impl Change for LogThree {
    const NAME: &'static str = "log-three";
    type Output = ();
    type Refusal = ();

    async fn apply(&self, tx: &mut Tx) -> Result<(), Fault<()>> {
        for leaf in &self.0 {
            tx.log(leaf.clone()).await?;
        }
        Ok(())
    }
}

async fn leaves_of_one_change_wait_in_order(place: Place) {
    let harbour = place.harbour();
    harbour.commit(&LogThree::new()).await.unwrap();
    place.clock.advance(1);
    harbour.commit(&LogThree::new()).await.unwrap();
    let leaves = harbour.list::<PendingLeaf>(Range::all(), 10).await.unwrap().items;
    let numbers: Vec<_> = leaves.iter().map(|leaf| leaf.leaf().entry().unwrap().code.unwrap()).collect();
    assert_eq!(numbers, ["0", "1", "2", "0", "1", "2"]);
    assert_eq!(leaves[5].logged_at(), engines::noon().plus(1));
    let ids: std::collections::BTreeSet<_> = leaves.iter().map(PendingLeaf::id).collect();
    assert_eq!(ids.len(), 6);
    assert_eq!(place.kiln_north().list::<PendingLeaf>(Range::all(), 10).await.unwrap().items, vec![]);
}

async fn those_who_wait_are_woken_by_a_commit_and_not_by_a_refusal(place: Place) {
    let harbour = place.harbour();
    let mut wakes = place.store.wakes();
    let _ = harbour.commit(&PutAndRefuse(Contact::new("1", "ada@example.org"))).await;
    harbour.commit(&LogThree::new()).await.unwrap();
    let expected = Wake::Class { tenant: harbour.id().clone(), class: PendingLeaf::CLASS };
    assert_eq!(wakes.next().await, Some(expected));
}

async fn a_damaged_record_is_never_given_out(place: Place) {
    // Only the engine in memory lets a test reach below the store; sled's own damage is tested apart.
    let Some(memory) = &place.memory else { return };
    let harbour = place.harbour();
    let pair = vec![Contact::new("1", "ada@example.org"), Contact::new("2", "ben@example.org")];
    harbour.commit(&Put(pair)).await.unwrap();
    let records: Vec<_> = memory
        .entries()
        .into_iter()
        .filter(|(key, _)| key.windows(9).any(|window| window == b"rcontact\0"))
        .collect();
    let (first_key, first) = &records[0];
    for position in 0..first.len() {
        let mut damaged = first.clone();
        damaged[position] ^= 0x20;
        memory.dangerous_overwrite(first_key, damaged);
        let fault = harbour.get::<Contact>("1").await.unwrap_err();
        assert!(matches!(fault, StoreFault::Corrupt { .. }), "byte {position}: {fault:?}");
    }
    // A whole value of another key is damaged here.
    memory.dangerous_overwrite(first_key, records[1].1.clone());
    assert!(matches!(harbour.get::<Contact>("1").await, Err(StoreFault::Corrupt { .. })));
    memory.dangerous_overwrite(first_key, first.clone());
    assert!(harbour.get::<Contact>("1").await.unwrap().is_some());
}

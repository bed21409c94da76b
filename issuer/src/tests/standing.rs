//! What counts no longer: every copy of it is revoked, and nothing more comes of it.

use credentials::types;
use did::number::PassportNumber;
use issuance::{Minting, RevokedEntry, StatusEntry};
use issuer::OfficeError;
use issuer::budget::MOST_REFILLS;
use issuer::commands::handle;
use issuer::desk::REFILLED_FOR;
use issuer::minting::{OfficeMinting, PASSPORT, PROFILE};
use issuer::records::{Application, Asked, DeskProfile, Passport, PassportStanding, RequestKind, Stage};
use issuer::standing::REVOKE;
use jose::Signer;
use presentation::{Answer, SignedBy};
use serde_json::json;
use store::{Change, Fault, Range, Reader, Record, StoreFault, Tx, View};

use super::only;
use super::scene::{self, A_DAY, CANARIES, OFFICE_DID, ORIGIN, Scene};

/// Records that stand in the store somehow.
struct Put<R>(Vec<R>);

impl<R: Record> Change for Put<R> {
    const NAME: &'static str = "put";
    type Output = ();
    type Refusal = std::convert::Infallible;

    async fn apply(&self, tx: &mut Tx) -> Result<(), Fault<Self::Refusal>> {
        for record in &self.0 {
            tx.put(record).await?;
        }
        Ok(())
    }
}

/// Copies of an application, which stand at the places from `index` on.
async fn copies(scene: &Scene, application: &Application, configuration: &str, index: u64, copies: u64) {
    let until = scene.now().start_of_day().plus(14 * A_DAY).seconds();
    let entry = |index: u64| StatusEntry {
        list: "1".to_owned(),
        index,
        subject: application.id.clone(),
        configuration: configuration.to_owned(),
        until,
    };
    scene.tenant().carry_out(&Put((index..index + copies).map(entry).collect())).await.unwrap();
}

async fn all<R: Record>(scene: &Scene) -> Vec<R> {
    let (mut found, mut range) = (Vec::new(), Range::all());
    loop {
        let page = scene.tenant().list::<R>(range.clone(), 500).await.unwrap();
        found.extend(page.items);
        match page.next {
            Some(cursor) => range = range.after(&cursor),
            None => return found,
        }
    }
}

async fn revoked(scene: &Scene) -> Vec<u64> {
    let mut places: Vec<u64> =
        all::<RevokedEntry>(scene).await.into_iter().map(|entry| entry.index).collect();
    places.sort_unstable();
    places
}

/// An answer that shows the copy of a profile at a place.
fn profile_answer(scene: &Scene, asked: &Asked, index: u64) -> Answer {
    let key = scene.key();
    let said = json!({"email": CANARIES[3], "email_verified": true, "given_name": CANARIES[0],
        "family_name": CANARIES[1], "birthdate": CANARIES[2]});
    let office = SignedBy::Office(OFFICE_DID.to_owned());
    let mut presented = scene.presented("profile", types::PROFILE, office, key.public_jwk(), said);
    scene.placed(&mut presented, key.public_jwk(), &format!("{ORIGIN}/status/1"), index);
    scene::answer(asked, Some(key.public_jwk().clone()), vec![presented])
}

/// Refills the profile whose copy stands at `index`; gives the application.
async fn refill_profile(scene: &Scene, index: u64) -> Result<Application, &'static str> {
    let asked = scene.ask(RequestKind::RefillProfile).await;
    scene.give(&profile_answer(scene, &asked, index)).await?;
    let asked = scene.tenant().get::<Asked>(&asked.id).await.unwrap().unwrap();
    Ok(scene.tenant().get::<Application>(&asked.application.unwrap()).await.unwrap().unwrap())
}

/// A passport that was given, and its application.
async fn given(scene: &Scene) -> (PassportNumber, Application) {
    scene.ready().await;
    let number = PassportNumber::parse(&only::<Passport>(scene).await.number).unwrap();
    (number, only::<Application>(scene).await)
}

/// Many applications for one passport, with copies of a profile each, from the place 1000 on.
async fn many_refills(scene: &Scene, like: &Application, applications: u64) {
    let until = scene.now().start_of_day().plus(14 * A_DAY).seconds();
    for number in 0..applications {
        let refill = Application { id: format!("refill-{number}"), ..like.clone() };
        let entry = |copy: u64| StatusEntry {
            list: "1".to_owned(),
            index: 1_000 + number * 5 + copy,
            subject: refill.id.clone(),
            configuration: PROFILE.to_owned(),
            until,
        };
        scene.tenant().carry_out(&Put((0..5).map(entry).collect())).await.unwrap();
        scene.tenant().carry_out(&Put(vec![refill])).await.unwrap();
    }
}

#[tokio::test]
async fn a_suspension_reaches_every_copy_of_every_application_and_no_other() {
    let scene = Scene::new();
    let (number, application) = given(&scene).await;
    copies(&scene, &application, PASSPORT, 0, 10).await;
    copies(&scene, &application, PROFILE, 10, 10).await;
    many_refills(&scene, &application, 210).await;
    let other = Application { id: "other".to_owned(), number: Some("HRB1-other".to_owned()), ..application };
    scene.tenant().carry_out(&Put(vec![other.clone()])).await.unwrap();
    copies(&scene, &other, PROFILE, 20, 5).await;
    let suspended = scene.office().set_standing(&number, PassportStanding::Suspended).await.unwrap();
    assert_eq!(suspended, 20 + 210 * 5);
    let expected: Vec<u64> = (0..20).chain(1_000..1_000 + 210 * 5).collect();
    assert_eq!(revoked(&scene).await, expected);
    let again = scene.office().set_standing(&number, PassportStanding::Suspended).await.unwrap();
    assert_eq!(again, 0, "once");
}

/// Takes revocations back, as if the process had ended before it came to them.
struct Undo(Vec<RevokedEntry>);

impl Change for Undo {
    const NAME: &'static str = "undo";
    type Output = ();
    type Refusal = std::convert::Infallible;

    async fn apply(&self, tx: &mut Tx) -> Result<(), Fault<Self::Refusal>> {
        for entry in &self.0 {
            tx.delete::<RevokedEntry>(store::Key::from(&entry.list).then(entry.index)).await?;
        }
        Ok(())
    }
}

/// A suspension of which only the first transaction was made.
async fn broken_off(scene: &Scene) -> PassportNumber {
    let (number, application) = given(scene).await;
    many_refills(scene, &application, 100).await;
    scene.office().set_standing(&number, PassportStanding::Suspended).await.unwrap();
    assert_eq!(scene.tenant().jobs().waiting(REVOKE, 10).await.unwrap(), 1);
    let rest = all::<RevokedEntry>(scene).await.split_off(300);
    assert_eq!(rest.len(), 200);
    scene.tenant().carry_out(&Undo(rest)).await.unwrap();
    number
}

#[tokio::test]
async fn a_suspension_that_broke_off_is_brought_to_its_end_by_the_worker() {
    let scene = Scene::new();
    broken_off(&scene).await;
    scene.clock.advance(59);
    scene.work().await;
    assert_eq!(revoked(&scene).await.len(), 300);
    scene.clock.advance(1);
    scene.work().await;
    assert_eq!(revoked(&scene).await.len(), 500);
    assert_eq!(scene.tenant().jobs().waiting(REVOKE, 10).await.unwrap(), 0);
}

#[tokio::test]
async fn a_passport_that_was_reinstated_meanwhile_is_left_alone_by_the_worker() {
    let scene = Scene::new();
    let number = broken_off(&scene).await;
    scene.office().set_standing(&number, PassportStanding::Active).await.unwrap();
    scene.clock.advance(60);
    scene.work().await;
    assert_eq!(revoked(&scene).await.len(), 300);
}

#[tokio::test]
async fn a_passport_of_few_copies_is_revoked_at_once_and_leaves_no_job() {
    let scene = Scene::new();
    let (number, application) = given(&scene).await;
    copies(&scene, &application, PASSPORT, 0, 10).await;
    assert_eq!(scene.office().set_standing(&number, PassportStanding::Suspended).await.unwrap(), 10);
    assert_eq!(scene.tenant().jobs().waiting(REVOKE, 10).await.unwrap(), 0);
}

#[tokio::test]
async fn a_number_stays_as_long_as_anything_that_hangs_on_it_was_fetched() {
    for configuration in [PASSPORT, PROFILE] {
        let scene = Scene::new();
        let (number, application) = given(&scene).await;
        copies(&scene, &application, configuration, 0, 2).await;
        scene.clock.advance(A_DAY + 60);
        scene.work().await;
        assert_eq!(only::<Application>(&scene).await.stage, Stage::Issued);
        let suspended = scene.office().set_standing(&number, PassportStanding::Suspended).await.unwrap();
        assert_eq!(suspended, 2, "{configuration}");
    }
}

/// Asks the minting, in a transaction of its own.
struct Entitled<'a>(&'a OfficeMinting, &'a str, &'a str);

impl View for Entitled<'_> {
    const NAME: &'static str = "entitled";
    type Output = bool;

    async fn read(&self, reader: &mut Reader) -> Result<bool, StoreFault> {
        self.0.is_entitled(reader, self.1, self.2).await
    }
}

/// Whether the office would hand this out, and whether it would say what it holds: always the same.
async fn entitled(scene: &Scene, application: &str, configuration: &str) -> bool {
    let minting = OfficeMinting::new(scene.identity.clone(), scene.tenant(), scene.keyring.clone());
    let entitled = scene.tenant().read(&Entitled(&minting, application, configuration)).await.unwrap();
    assert_eq!(minting.mint(application, configuration).await.is_ok(), entitled);
    entitled
}

#[tokio::test]
async fn only_what_a_current_application_of_a_counting_passport_names_is_issued() {
    let scene = Scene::new();
    let (key, handle) = scene.applied().await;
    let id = only::<Application>(&scene).await.id;
    assert!(!entitled(&scene, &id, PASSPORT).await, "link and log are awaited");
    let label = scene.label(&key, &handle).await;
    let (created, _) = scene.member_did("office.localhost", &label, true);
    let holder = key.public_jwk().thumbprint_base64url();
    scene.office().put_log(&label, &holder, created.text.as_bytes()).await.unwrap();
    scene.work().await;
    scene.office().confirm_email(&scene.token(), None).await.unwrap();
    let number = PassportNumber::parse(&only::<Passport>(&scene).await.number).unwrap();
    for (standing, counts) in [
        (PassportStanding::Active, true),
        (PassportStanding::Suspended, false),
        (PassportStanding::Active, true),
    ] {
        scene.office().set_standing(&number, standing).await.unwrap();
        for configuration in [PASSPORT, PROFILE] {
            assert_eq!(entitled(&scene, &id, configuration).await, counts, "{standing:?}");
        }
    }
    assert!(!entitled(&scene, &id, "membership").await);
    assert!(!entitled(&scene, "other", PASSPORT).await);
    let until = only::<Application>(&scene).await.until;
    scene.clock.set(environment::Timestamp::from_seconds(until - 1));
    assert!(entitled(&scene, &id, PASSPORT).await);
    scene.clock.advance(1);
    assert!(!entitled(&scene, &id, PASSPORT).await);
}

/// A profile from the desk, with two copies at the places from `index` on. Gives the handle and the application.
async fn from_the_desk(scene: &Scene, index: u64) -> (String, Application) {
    let offered = handle(&scene.office(), json!({"command": "issuer.offer"})).await.unwrap();
    let handle = offered["handle"].as_str().unwrap().to_owned();
    let application = scene.tenant().get::<Application>(&handle).await.unwrap().unwrap();
    copies(scene, &application, PROFILE, index, 2).await;
    (handle, application)
}

#[tokio::test]
async fn a_profile_from_the_desk_is_revoked_by_its_handle_with_all_that_came_of_it() {
    let scene = Scene::new();
    let (first, desk) = from_the_desk(&scene, 0).await;
    let (_, _) = from_the_desk(&scene, 100).await;
    let refill = refill_profile(&scene, 0).await.unwrap();
    copies(&scene, &refill, PROFILE, 10, 2).await;
    let of_refill = refill_profile(&scene, 10).await.unwrap();
    copies(&scene, &of_refill, PROFILE, 20, 2).await;
    let open = refill_profile(&scene, 20).await.unwrap();
    assert!(entitled(&scene, &desk.id, PROFILE).await && entitled(&scene, &open.id, PROFILE).await);

    let revoke = json!({"command": "issuer.revoke", "handle": first});
    assert_eq!(handle(&scene.office(), revoke.clone()).await.unwrap(), json!({"revoked": 6}));
    assert_eq!(revoked(&scene).await, [0, 1, 10, 11, 20, 21]);
    assert!(!entitled(&scene, &desk.id, PROFILE).await && !entitled(&scene, &open.id, PROFILE).await);
    for place in [0, 10, 20] {
        assert_eq!(refill_profile(&scene, place).await, Err("revoked"), "{place}");
    }
    assert!(refill_profile(&scene, 100).await.is_ok(), "another person's");
    assert_eq!(handle(&scene.office(), revoke).await.unwrap(), json!({"revoked": 0}));
    for nobody in ["", "other", &refill.id, "HRB100000000"] {
        let refused = scene.office().revoke_from_desk(nobody).await;
        assert!(matches!(refused, Err(OfficeError::NoSuch("profile from the desk"))), "{nobody}");
    }
}

#[tokio::test]
async fn a_refill_that_was_prepared_before_the_revocation_is_not_stored_after_it() {
    let scene = Scene::new();
    let (handle, _) = from_the_desk(&scene, 0).await;
    let asked = scene.ask(RequestKind::RefillProfile).await;
    let answer = profile_answer(&scene, &asked, 0);
    let prepared = scene.prepare(&answer).await.unwrap();
    scene.office().revoke_from_desk(&handle).await.unwrap();
    assert!(!scene.store(prepared.as_ref()).await);
    assert_eq!(scene.give(&answer).await.map(drop), Err("revoked"));
    assert_eq!(all::<Application>(&scene).await.len(), 1);
}

#[tokio::test]
async fn a_profile_from_the_desk_is_refilled_for_a_year_after_the_check_and_then_no_more() {
    let scene = Scene::new();
    from_the_desk(&scene, 0).await;
    let end = scene.now().plus(REFILLED_FOR);
    let mut place = 0;
    while scene.now().plus(10 * A_DAY) < end {
        scene.clock.advance(10 * A_DAY);
        let refill = refill_profile(&scene, place).await.unwrap();
        place += 10;
        copies(&scene, &refill, PROFILE, place, 2).await;
    }
    scene.clock.set(end.minus(1));
    let last = refill_profile(&scene, place).await.unwrap();
    assert!(entitled(&scene, &last.id, PROFILE).await);
    scene.clock.set(end);
    assert_eq!(refill_profile(&scene, place).await.map(drop), Err("revoked"));
    assert!(!entitled(&scene, &last.id, PROFILE).await);
    // What is about is revoked all the same.
    let handle = only::<DeskProfile>(&scene).await.handle;
    assert!(scene.office().revoke_from_desk(&handle).await.unwrap() > 0);
}

#[tokio::test]
async fn a_copy_that_rests_on_neither_a_passport_nor_the_desk_is_not_refilled() {
    let scene = Scene::new();
    let (_, application) = from_the_desk(&scene, 0).await;
    assert!(refill_profile(&scene, 0).await.is_ok());
    scene.tenant().carry_out(&Put(vec![Application { desk: None, ..application }])).await.unwrap();
    assert_eq!(refill_profile(&scene, 0).await.map(drop), Err("revoked"));
    assert_eq!(refill_profile(&scene, 7).await.map(drop), Err("revoked"), "a place that nobody was given");
}

#[tokio::test]
async fn a_profile_is_refilled_twenty_four_times_a_day_and_counted_apart_from_any_other() {
    let scene = Scene::new();
    from_the_desk(&scene, 0).await;
    from_the_desk(&scene, 100).await;
    let asked = scene.ask(RequestKind::RefillProfile).await;
    let late = scene.prepare(&profile_answer(&scene, &asked, 0)).await.unwrap();
    let mut place = 0;
    for time in 1..=MOST_REFILLS {
        let refill = refill_profile(&scene, place).await;
        place = 1_000 + u64::from(time) * 10;
        // Whichever copy is shown, it is the same profile.
        copies(&scene, &refill.unwrap(), PROFILE, place, 2).await;
    }
    for shown in [0, place] {
        assert_eq!(refill_profile(&scene, shown).await.map(drop), Err("too_many"));
    }
    assert!(!scene.store(late.as_ref()).await, "one that was prepared before");
    assert!(refill_profile(&scene, 100).await.is_ok());
    scene.clock.advance(A_DAY);
    assert!(refill_profile(&scene, place).await.is_ok());
}

#[tokio::test]
async fn a_profile_is_refilled_under_the_number_that_took_the_place_of_its_own() {
    let scene = Scene::new();
    let (old, application) = given(&scene).await;
    copies(&scene, &application, PASSPORT, 0, 10).await;
    copies(&scene, &application, PROFILE, 10, 5).await;
    let did = only::<Passport>(&scene).await.did.unwrap();
    let replaced = scene.office().replace_number_at_desk(&old).await.unwrap();
    assert_eq!((replaced.revoked, replaced.credential_offer), (10, None));
    assert_eq!(revoked(&scene).await, (0..10).collect::<Vec<_>>(), "profiles say no number");

    let asked = scene.ask(RequestKind::RefillPassport).await;
    let key = scene.key();
    let shown = scene.passport_answer(&asked, key.public_jwk(), &old.canonical(), &did);
    assert_eq!(scene.give(&shown).await.err(), Some("revoked"), "the old number is refilled no more");

    let refilled = refill_profile(&scene, 10).await.unwrap();
    assert_eq!(refilled.number.as_deref(), Some(replaced.number.as_str()));
    copies(&scene, &refilled, PROFILE, 20, 3).await;

    let new = PassportNumber::parse(&replaced.number).unwrap();
    let suspended = scene.office().set_standing(&new, PassportStanding::Suspended).await.unwrap();
    assert_eq!(suspended, 8, "also what was issued under the number before");
    let everything: Vec<u64> = (0..15).chain(20..23).collect();
    assert_eq!(revoked(&scene).await, everything);
    assert_eq!(refill_profile(&scene, 20).await.err(), Some("revoked"));
}

#[tokio::test]
async fn a_suspension_reaches_what_was_issued_under_every_number_before() {
    let scene = Scene::new();
    let (first, application) = given(&scene).await;
    copies(&scene, &application, PROFILE, 0, 210).await;
    let second = scene.office().replace_number_at_desk(&first).await.unwrap().number;
    let second = PassportNumber::parse(&second).unwrap();
    let third = scene.office().replace_number_at_desk(&second).await.unwrap().number;
    let third = PassportNumber::parse(&third).unwrap();
    for earlier in [&first, &second] {
        let refused = scene.office().set_standing(earlier, PassportStanding::Active).await;
        assert!(matches!(refused, Err(OfficeError::NoSuch("passport"))), "{refused:?}");
    }
    assert_eq!(revoked(&scene).await, Vec::<u64>::new());
    assert_eq!(scene.office().set_standing(&third, PassportStanding::Suspended).await.unwrap(), 210);
    assert_eq!(revoked(&scene).await.len(), 210);
    // Broken off after the change that suspends, the job goes through the same numbers.
    scene.clock.advance(60);
    scene.work().await;
    assert_eq!(revoked(&scene).await.len(), 210);
}

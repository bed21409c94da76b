//! How often somebody may open, and who floods a page.

use store::{Change, Fault, Tx};
use verifier::doors::opening::MOST_IN_A_DAY;
use verifier::records::{Counted, DailyCount};

use super::*;

#[tokio::test(start_paused = true)]
async fn whoever_floods_the_pages_from_the_address_of_a_space_shuts_no_door_there() {
    let (scene, lock) = before_a_lock(Some(200));
    let door = add(&scene, "Front door", &[]).await;
    let tablet = Tablet::of_role(&scene, "Dora", Role::Desk, &door).await;
    let (browser, _) = signed_in(&scene).await;
    let mut phone = Phone::of(&browser);
    let site = crate::router(scene.stage.site().with_budget(1));
    *scene.router.lock().unwrap() = site;
    // The screen hangs there, and the member has been here.
    assert_eq!((tablet.page().await.status.as_u16(), phone.get("/member").await.status.as_u16()), (200, 200));
    let mut guest = Phone { scene: &scene, session: None, ticket: None };
    let tag = format!("/door/{}", door.id);
    let mut sent = 0;
    while guest.get(&tag).await.status != 429 {
        sent += 1;
        assert!(sent <= 200, "nobody is slowed");
    }
    let made_up = |name: &str, seed: u64| {
        let secret = web::session::SessionSecret::fresh(&SeededRandomness::new(seed));
        let cookie = secret.cookie_named(name, None);
        cookie.to_str().unwrap().split(';').next().unwrap().to_owned()
    };
    for seed in 50..53 {
        guest.session = Some(made_up("__Host-session", seed));
        assert_eq!(guest.get(&tag).await.status, 429, "a session that is made up is nobody's");
        let cookie = made_up("__Host-door-screen", seed);
        let false_one = Tablet { scene: &scene, door: door.id.clone(), cookie };
        assert_eq!(false_one.page().await.status, 429);
    }
    let token = phone.scan(&door, &tablet.code().await).await;
    assert_eq!((phone.press(&door, &token).await.status.as_u16(), lock.calls().len()), (200, 1));
    // A screen that asks without end slows itself, and nobody else.
    let mut asked = 0;
    while tablet.page().await.status == 200 {
        asked += 1;
        assert!(asked <= 60, "a screen has a budget");
    }
    assert_eq!(tablet.page().await.status, 429);
    assert_eq!(phone.get(&tag).await.status, 200);
}

#[tokio::test(start_paused = true)]
async fn who_opens_too_often_waits() {
    let (scene, lock) = before_a_lock(Some(200));
    let door = add(&scene, "Front door", &[]).await;
    let tablet = Tablet::of_role(&scene, "Dora", Role::Desk, &door).await;
    let (browser, _) = signed_in(&scene).await;
    // The budget is each replica's own, as every other: this is one of them.
    let site = crate::router(scene.stage.site().with_budget(1_000));
    *scene.router.lock().unwrap() = site;
    let mut phone = Phone::of(&browser);
    let token = phone.scan(&door, &tablet.code().await).await;
    let mut last = phone.press(&door, &token).await;
    for _ in 0..5 {
        assert_eq!(last.status, 200);
        phone.get(&tablet.code().await).await;
        last = phone.press(&door, &token).await;
    }
    assert_eq!((last.status.as_u16(), lock.calls().len()), (200, 6));
    phone.get(&tablet.code().await).await;
    let often = phone.press(&door, &token).await;
    assert!(often.status == 429 && often.text.contains("Too often within a minute"), "{}", often.text);
    assert_eq!(lock.calls().len(), 6);
}

/// As if somebody had opened doors so often already.
struct Opened<'a>(&'a str, u32);

impl Change for Opened<'_> {
    const NAME: &'static str = "count-openings";
    type Output = ();
    type Refusal = std::convert::Infallible;

    async fn apply(&self, tx: &mut Tx) -> Result<(), Fault<Self::Refusal>> {
        for _ in 0..self.1 {
            DailyCount::add(tx, Counted::OpenedDoor, self.0).await?;
        }
        Ok(())
    }
}

#[tokio::test]
async fn a_member_opens_a_hundred_times_a_day() {
    let (scene, lock) = before_a_lock(Some(200));
    let door = add(&scene, "Front door", &[]).await;
    let tablet = Tablet::of_role(&scene, "Dora", Role::Desk, &door).await;
    let (browser, sub) = signed_in(&scene).await;
    let mut phone = Phone::of(&browser);
    scene.stage.tenant().carry_out(&Opened(&sub, MOST_IN_A_DAY - 1)).await.unwrap();
    let token = phone.scan(&door, &tablet.code().await).await;
    assert_eq!(phone.press(&door, &token).await.status, 200);
    phone.get(&tablet.code().await).await;
    let enough = phone.press(&door, &token).await;
    assert!(enough.status == 429 && enough.text.contains("Enough for a day"), "{}", enough.text);
    assert_eq!((lock.calls().len(), outcomes(&scene).await.len()), (1, 1));
    let (_, other) = signed_in(&scene).await;
    let mut other = Phone::of(&signed_in_as(&scene, &other, 43).await);
    let token = other.scan(&door, &tablet.code().await).await;
    assert_eq!(other.press(&door, &token).await.status, 200, "others go on");
}

//! The directory: who sees whom, at two replicas over one store that answer in turn.

use http::StatusCode;
use network::member_api::{ChangeAnswer, Leave};
use verifier::community::people::Person;
use verifier::community::reach::{Reach, Viewer};
use verifier::team::Role;

use super::console::Console;
use super::member_api::{Door, changes};
use super::portal::signed_in;
use super::*;

/// Publishes a detail to somebody, or ends it.
pub(super) async fn change(scene: &Scene, door: &Door, number: usize, what: Value) {
    let id = format!("identifier-number-{number}");
    let _: ChangeAnswer = door.ask(scene, "/member/changes", &changes(&id, json!([what]))).await;
}

async fn people(scene: &Scene, viewer: Viewer) -> Vec<Person> {
    let (space, _) = scene.stage.space();
    space.directory(viewer, None).await.unwrap().map_or_else(Vec::new, |page| page.people)
}

async fn reaches(scene: &Scene, reach: Reach) {
    let (space, _) = scene.stage.space();
    space.set_directory_reach("Ines", reach).await.unwrap();
}

/// The page at both replicas, which are to say the same.
async fn both(browser: &mut Browser<'_>, path: &str) -> Answered {
    let first = browser.get(path).await;
    let second = browser.get(path).await;
    assert_eq!((first.status, &first.text), (second.status, &second.text), "{path}");
    second
}

/// The page of the one person who is listed to members.
async fn only_one(scene: &Scene) -> String {
    let there = people(scene, Viewer::MemberHere).await;
    assert_eq!(there.len(), 1);
    format!("/people/{}", there[0].id)
}

#[tokio::test]
async fn each_sees_what_was_shown_to_them_and_nothing_else() {
    let scene = Scene::new();
    let (mut member, _) = signed_in(&scene).await;
    let mut visitor = Browser::new(&scene);
    let door = Door::open(&scene, 1).await;
    assert!(both(&mut member, "/people").await.text.contains("Nobody shows anything here yet."));
    change(&scene, &door, 1, json!({"claim": "given_name", "publish": "members-here"})).await;
    change(&scene, &door, 2, json!({"claim": "email", "publish": "public"})).await;
    let page = only_one(&scene).await;
    let seen = both(&mut member, "/people").await;
    assert!(seen.text.contains(&page) && seen.text.contains("<strong>Ada</strong>"), "{}", seen.text);
    assert_eq!(
        (seen.header("cache-control"), seen.header("x-robots-tag")),
        ("no-store", "noindex, nofollow, noarchive")
    );
    let seen = both(&mut member, &page).await;
    assert!(seen.text.contains("<h1>Ada</h1>") && seen.text.contains("ada@example.org"), "{}", seen.text);
    for hidden in ["Family", &door.sub] {
        assert!(!seen.text.contains(hidden), "{hidden}: {}", seen.text);
    }
    // Nothing is public that the team did not decide, whatever a member said.
    let led = both(&mut visitor, "/people").await;
    assert_eq!((led.status, led.header("location")), (StatusCode::SEE_OTHER, "/sign-in"));
    assert_eq!(both(&mut visitor, &page).await.status, StatusCode::NOT_FOUND);
    reaches(&scene, Reach::Public).await;
    let seen = both(&mut visitor, &page).await;
    assert_eq!((seen.status, seen.header("x-robots-tag")), (StatusCode::OK, ""));
    assert!(seen.text.contains("ada@example.org") && !seen.text.contains("Ada"), "{}", seen.text);
    let listed = both(&mut visitor, "/people").await;
    assert!(
        listed.text.contains("Someone without a name") && !listed.text.contains("Ada"),
        "{}",
        listed.text
    );
    reaches(&scene, Reach::Nobody).await;
    for browser in [&mut member, &mut visitor] {
        for path in ["/people", &page, &format!("{page}/picture")] {
            assert_eq!(both(browser, path).await.status, StatusCode::NOT_FOUND, "{path}");
        }
    }
}

#[tokio::test]
async fn what_is_hidden_or_over_is_gone_at_the_next_load_at_both_servers() {
    let scene = Scene::new();
    let (mut member, _) = signed_in(&scene).await;
    let (space, _) = scene.stage.space();
    let nowhere = both(&mut member, "/people/AAAAAAAAAAAAAAAAAAAAAA").await;
    assert_eq!(nowhere.status, StatusCode::NOT_FOUND);
    for (place, how) in ["hide", "take back", "end", "leave", "ended"].into_iter().enumerate() {
        let door = Door::open(&scene, u64::try_from(place).unwrap() + 1).await;
        change(&scene, &door, 1, json!({"claim": "given_name", "publish": "members-here"})).await;
        let until = scene.stage.environment.now().plus(90_000).seconds();
        if how == "end" {
            change(&scene, &door, 2, json!({"claim": "given_name", "until": until})).await;
        }
        let page = only_one(&scene).await;
        assert_eq!(both(&mut member, &page).await.status, StatusCode::OK, "{how}");
        assert!(both(&mut member, "/people?q=ada").await.text.contains("1 person was found."), "{how}");
        match how {
            "hide" => change(&scene, &door, 3, json!({"claim": "given_name", "publish": "team"})).await,
            "take back" => change(&scene, &door, 3, json!({"claim": "given_name", "take_back": true})).await,
            "leave" => {
                let leave = Leave { id: "leaving-number-0001".to_owned(), dry_run: false };
                let _: ChangeAnswer = door.ask(&scene, "/member/leave", &leave).await;
            }
            "ended" => {
                space.end_membership(&door.sub).await.unwrap();
            }
            // No job comes: the end alone counts.
            _ => {
                for seconds in [40_000, 40_000, 9_999] {
                    scene.clock.advance(seconds);
                    assert_eq!(
                        both(&mut member, &page).await.status,
                        StatusCode::OK,
                        "up to a second before"
                    );
                }
                scene.clock.advance(1);
            }
        }
        let gone = both(&mut member, &page).await;
        assert_eq!((gone.status, &gone.text), (nowhere.status, &nowhere.text), "{how}");
        assert_eq!(both(&mut member, &format!("{page}/picture")).await.status, StatusCode::NOT_FOUND);
        let list = both(&mut member, "/people").await;
        assert!(list.text.contains("Nobody shows anything here yet.") && !list.text.contains("Ada"), "{how}");
        assert!(both(&mut member, "/people?q=ada").await.text.contains("Nobody was found."), "{how}");
    }
}

#[tokio::test]
async fn whoever_publishes_again_is_there_under_another_name() {
    let scene = Scene::new();
    let door = Door::open(&scene, 1).await;
    change(&scene, &door, 1, json!({"claim": "given_name", "publish": "members-here"})).await;
    let before = only_one(&scene).await;
    change(&scene, &door, 2, json!({"claim": "given_name", "publish": "public"})).await;
    assert_eq!(only_one(&scene).await, before, "as long as something is published");
    change(&scene, &door, 3, json!({"claim": "given_name", "publish": "team"})).await;
    scene.clock.advance(1);
    change(&scene, &door, 4, json!({"claim": "given_name", "publish": "members-here"})).await;
    assert_ne!(only_one(&scene).await, before);
    assert!(people(&scene, Viewer::MemberOfBrand).await.is_empty());
}

#[tokio::test]
async fn a_search_finds_in_what_this_viewer_may_see_alone() {
    let scene = Scene::new();
    let (mut member, _) = signed_in(&scene).await;
    let mut visitor = Browser::new(&scene);
    reaches(&scene, Reach::Public).await;
    let door = Door::open(&scene, 1).await;
    change(&scene, &door, 1, json!({"claim": "given_name", "publish": "members-here"})).await;
    change(&scene, &door, 2, json!({"claim": "email", "publish": "public"})).await;
    assert!(both(&mut member, "/people?q=ADA").await.text.contains("1 person was found."));
    // The name is for members, and an address is nothing that is searched.
    for (browser, term) in [(&mut visitor, "ada"), (&mut member, "example.org")] {
        assert!(
            both(browser, &format!("/people?q={term}")).await.text.contains("Nobody was found."),
            "{term}"
        );
    }
    for term in ["a".to_owned(), "x".repeat(101)] {
        let refused = both(&mut member, &format!("/people?q={term}")).await;
        assert!(refused.status == 422 && refused.text.contains("Type 2 to 100 characters."));
    }
    let names = both(&mut member, "/people?from=%2E%2E%2F&q=").await;
    assert_eq!(names.status, StatusCode::OK);
}

#[tokio::test]
async fn the_team_decides_for_whom_it_is_and_sees_counts_and_no_value() {
    let scene = Scene::new();
    let (mut manager, _) = Console::of_role(&scene, "Mara", Role::Manager).await;
    let door = Door::open(&scene, 1).await;
    change(&scene, &door, 1, json!({"claim": "given_name", "publish": "members-here"})).await;
    let page = manager.get("/console/directory").await;
    assert!(page.status == 200 && page.text.contains("1 person publishes something."), "{}", page.text);
    assert!(page.text.contains("value=\"brand\" checked") && !page.text.contains("Ada"), "{}", page.text);
    let (space, _) = scene.stage.space();
    assert_eq!(manager.press("/console/directory", &[("reach", "public")]).await.status, 303);
    assert_eq!(space.directory_reach().await.unwrap(), Reach::Public);
    assert_eq!(manager.press("/console/directory", &[("reach", "public")]).await.status, 303);
    for wrong in ["", "Public", "team"] {
        assert_eq!(manager.press("/console/directory", &[("reach", wrong)]).await.status, 400);
    }
    let decided = space.directory_decisions(10).await.unwrap();
    assert_eq!((decided.len(), decided[0].by.as_str()), (1, "Mara"), "the same again is not written");
    assert!(manager.get("/console/directory").await.text.contains("Mara: For everybody"));
}

#[tokio::test]
async fn a_member_is_led_to_the_directory_where_there_is_one() {
    let scene = Scene::new();
    let (mut member, _) = signed_in(&scene).await;
    assert!(both(&mut member, "/member").await.text.contains("href=\"/people\""));
    reaches(&scene, Reach::Nobody).await;
    assert!(!both(&mut member, "/member").await.text.contains("href=\"/people\""));
}

/// One other space of the brand.
struct Brand;

impl verifier::community::visiting::BrandSpaces for Brand {
    fn others(&self, _: &str) -> Vec<String> {
        vec!["did:web:kiln-south.example.org".to_owned()]
    }
}

#[tokio::test]
async fn a_visit_is_for_members_of_the_brand_and_opens_the_directory_alone() {
    let scene = Scene::new();
    let mut browser = Browser::new(&scene);
    assert_eq!(browser.get("/sign-in?of=brand").await.status, StatusCode::NOT_FOUND, "no brand");
    assert_eq!(browser.get("/people").await.status, StatusCode::SEE_OTHER);
    let mut site = scene.stage.site();
    site.space = site.space.clone().with_brand(Arc::new(Brand));
    let router = crate::router(site);
    let get = |path: &str, cookie: &str| {
        Request::get(path)
            .header("host", "kiln-north.localhost:8097")
            .header("sec-fetch-site", "same-origin")
            .header(header::ACCEPT, "text/html")
            .header(header::COOKIE, cookie)
            .body(Body::empty())
            .unwrap()
    };
    let ways = send(&router, get("/people", "")).await;
    assert!(ways.status == 200 && ways.text.contains("href=\"/sign-in?of=brand\""), "{}", ways.text);
    let page = send(&router, get("/sign-in?of=brand", "")).await;
    assert!(page.status == 200 && page.text.contains("another space of the same brand"), "{}", page.text);
    let secret = web::session::SessionSecret::fresh(&SeededRandomness::new(7));
    scene.stage.tenant().carry_out(&Visits(crate::screen::name_of(&secret).hash())).await.unwrap();
    let cookie = secret.cookie(None).to_str().unwrap().split(';').next().unwrap().to_owned();
    let seen = send(&router, get("/people", &cookie)).await;
    assert!(seen.status == 200 && seen.text.contains("other spaces of the brand"), "{}", seen.text);
    assert_eq!(seen.header("x-robots-tag"), "noindex, nofollow, noarchive");
    assert_eq!(send(&router, get("/member", &cookie)).await.header("location"), "/sign-in");
    // At a server that knows of no such space the same visit is none.
    browser.cookie = Some(cookie);
    assert_eq!(browser.get("/people").await.header("location"), "/sign-in");
}

/// A visit of somebody.
struct Visits(openid4vc::secret::SecretHash);

impl store::Change for Visits {
    const NAME: &'static str = "visits";
    type Output = ();
    type Refusal = std::convert::Infallible;

    async fn apply(&self, tx: &mut store::Tx) -> Result<(), store::Fault<Self::Refusal>> {
        let until = tx.now().plus(3_600).seconds();
        let from = "did:web:kiln-south.example.org".to_owned();
        Ok(tx.put(&verifier::community::visiting::Visit { session: self.0, from, until }).await?)
    }
}

#[tokio::test(start_paused = true)]
async fn who_searches_too_often_waits() {
    let scene = Scene::new();
    let (mut member, _) = signed_in(&scene).await;
    let mut visitor = Browser::new(&scene);
    reaches(&scene, Reach::Public).await;
    // Each of two servers counts by itself.
    for browser in [&mut member, &mut visitor] {
        for number in 0..40 {
            assert_eq!(browser.get("/people?q=linen").await.status, StatusCode::OK, "{number}");
        }
        assert_eq!(browser.get("/people?q=linen").await.status, StatusCode::TOO_MANY_REQUESTS);
        assert_eq!(browser.get("/people").await.status, StatusCode::OK, "without a search");
    }
}

#[tokio::test]
async fn the_team_sees_who_publishes_which_details_to_whom_and_no_value() {
    let scene = Scene::new();
    let (mut desk, _) = Console::of_role(&scene, "Dora", Role::Desk).await;
    let nobody = desk.get("/console/directory/people").await;
    assert!(nobody.text.contains("Nobody shows anything here yet."), "{}", nobody.text);
    let door = Door::open(&scene, 1).await;
    change(&scene, &door, 1, json!({"claim": "email", "publish": "public"})).await;
    let page = only_one(&scene).await;
    let seen = desk.get("/console/directory/people").await.text;
    assert!(seen.contains("E-mail: ") && seen.contains(&page), "{seen}");
    assert!(!seen.contains("ada@example.org") && !seen.contains("First name: "), "{seen}");
    let (space, _) = scene.stage.space();
    let looks = space.looks(10).await.unwrap();
    assert!(looks.iter().any(|look| look.how == "members"), "a name in a list is a look: {looks:?}");
    change(&scene, &door, 2, json!({"claim": "email", "publish": "team"})).await;
    assert!(desk.get("/console/directory/people").await.text.contains("Nobody shows anything here yet."));
}

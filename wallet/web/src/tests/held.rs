//! What the member can show, as the page has it.

use credentials::types;
use wallet::testing::{MadeKind, hold, not_give, promise, receive_mail};

use super::*;

const NOW: i64 = 1_795_000_000;
const DAY: i64 = 86_400;

const PASSPORT: MadeKind<'_> = MadeKind {
    vct: types::PASSPORT,
    label: None,
    issuer: "https://office.example",
    name: "The office",
    in_network: true,
    copies: (10, 1),
    expires_at: Some(NOW + 10 * DAY),
    revoked: false,
    suspended: false,
};
const DIPLOMA: MadeKind<'_> = MadeKind {
    vct: "urn:example:diploma",
    label: Some("Diploma <b>in felt</b>"),
    issuer: "https://school.example",
    name: "School",
    in_network: false,
    copies: (1, 0),
    expires_at: None,
    revoked: false,
    suspended: false,
};

async fn scene(kinds: &[MadeKind<'_>]) -> (Scene, Vault) {
    let (scene, vault) = Scene::with(|environment| Arc::new(Opener(environment))).await;
    hold(&vault, kinds).await.unwrap();
    (scene, vault)
}

/// The card of one thing on the page.
fn card(page: &Shown, title: &str) -> String {
    let heading = format!("<h2>{title}</h2>");
    let rest = page.text.split(&heading).nth(1).unwrap_or_else(|| panic!("no {title} in {}", page.text));
    rest.split("</section>").next().unwrap().to_owned()
}

#[tokio::test]
async fn where_nothing_is_held_the_page_says_what_comes_here() {
    let (scene, _) = scene(&[]).await;
    let mut browser = scene.browser();
    browser.unlock(PASSPHRASE).await;
    let page = browser.get("/held").await;
    assert!(
        page.text.contains("Nothing yet") && page.text.contains("What a passport office"),
        "{}",
        page.text
    );
    assert!(!page.text.contains("/held/look"), "there is nothing to look after");
}

#[tokio::test]
async fn each_kind_is_shown_once_with_who_gave_it_until_when_and_for_how_many_uses() {
    let (scene, _) = scene(&[PASSPORT, DIPLOMA]).await;
    let mut browser = scene.browser();
    browser.unlock(PASSPHRASE).await;
    let page = browser.get("/held").await;
    let passport = card(&page, "A network passport");
    for said in ["From The office (office.example)", "Good", "Enough for about 7 uses.", "Until 2026-11-28."]
    {
        assert!(passport.contains(said), "{said}: {passport}");
    }
    assert!(passport.contains("action=\"/held/anew\"") && passport.contains("by itself"), "{passport}");
    let diploma = card(&page, "Diploma &#60;b&#62;in felt&#60;/b&#62;");
    assert!(diploma.contains("Enough for one use.") && diploma.contains("It has no end."), "{diploma}");
    assert!(!diploma.contains("/held/anew"), "nobody renews it here");
    assert!(!page.text.contains("<b>in felt"), "markup of others");
}

#[tokio::test]
async fn how_it_stands_is_told_in_words_for_each_state() {
    let kind = |issuer: &'static str, change: fn(&mut MadeKind<'_>)| {
        let mut kind = MadeKind { issuer, ..PASSPORT };
        change(&mut kind);
        kind
    };
    let (scene, vault) = scene(&[
        kind("https://a.example", |one| one.revoked = true),
        kind("https://b.example", |one| one.suspended = true),
        kind("https://c.example", |one| one.expires_at = Some(NOW)),
        kind("https://d.example", |one| one.copies = (3, 3)),
        kind("https://e.example", |one| one.expires_at = Some(NOW + 3 * DAY)),
        kind("https://f.example", |one| one.expires_at = Some(NOW + 3 * DAY + 1)),
    ])
    .await;
    promise(&vault, "promised", &DIPLOMA, NOW + 600).await.unwrap();
    not_give(&vault, "refused", &DIPLOMA, NOW - DAY, "Your <i>marks</i> are missing.").await.unwrap();
    let mut browser = scene.browser();
    browser.unlock(PASSPHRASE).await;
    let page = browser.get("/held").await.text;
    let after = |from: &str| page.split(from).nth(1).unwrap().split("</section>").next().unwrap().to_owned();
    for (host, state, said) in [
        ("a.example", "Revoked", "It is not offered any more when somebody asks."),
        ("b.example", "Suspended", "it is not offered when somebody asks"),
        ("c.example", "Expired", "It ended on 2026-11-18."),
        ("d.example", "Used up", "All of them were."),
        ("e.example", "Expires soon", "Until 2026-11-21."),
        ("f.example", "Good", "Until 2026-11-21."),
    ] {
        let card = after(&format!("({host})"));
        assert!(card.contains(&format!("</span> {state}</p>")) && card.contains(said), "{host}: {card}");
    }
    for host in ["c.example", "d.example"] {
        assert!(after(&format!("({host})")).contains(&format!("href=\"https://{host}/passport\"")), "{host}");
    }
    assert!(page.contains("Being made") && page.contains("not before 2026-11-18"), "{page}");
    assert!(page.contains("Not given") && page.contains("They say: Your &#60;i&#62;marks"), "{page}");
    let home = browser.get("/").await.text;
    assert!(home.contains("2 things have run out"), "those alone that need their member: {home}");
}

#[tokio::test]
async fn nothing_waits_at_home_where_the_wallet_helps_itself_or_nothing_helps() {
    let revoked = MadeKind { revoked: true, ..PASSPORT };
    let soon = MadeKind { issuer: "https://b.example", expires_at: Some(NOW + DAY), ..PASSPORT };
    let used = MadeKind { copies: (1, 1), ..DIPLOMA };
    let (scene, _) = scene(&[revoked, soon, used]).await;
    let mut browser = scene.browser();
    browser.unlock(PASSPHRASE).await;
    let home = browser.get("/").await.text;
    assert!(!home.contains("run out"), "a line at home: {home}");
}

#[tokio::test]
async fn what_is_thrown_away_is_after_a_tick_and_by_the_form_of_these_pages_alone() {
    let (scene, vault) = scene(&[PASSPORT, DIPLOMA]).await;
    promise(&vault, "promised", &MadeKind { label: Some("Card"), ..DIPLOMA }, NOW + 600).await.unwrap();
    let mut browser = scene.browser();
    browser.unlock(PASSPHRASE).await;
    let page = browser.get("/held").await;
    let address = card(&page, "A network passport")
        .split("/held/throw?kind=")
        .nth(1)
        .unwrap()
        .split('"')
        .next()
        .unwrap()
        .to_owned();
    let asked = browser.get(&format!("/held/throw?kind={address}")).await;
    assert!(asked.text.contains("Your number stays yours"), "{}", asked.text);
    let csrf = asked.csrf("/held/throw");
    let unsure = browser.post("/held/throw", &[("csrf", &csrf), ("kind", &address)]).await;
    assert_eq!(unsure.status, StatusCode::UNPROCESSABLE_ENTITY);
    let foreign = browser.get("/").await.csrf("/lock");
    let forged =
        browser.post("/held/throw", &[("csrf", &foreign), ("kind", &address), ("sure", "yes")]).await;
    assert_eq!(forged.status, StatusCode::FORBIDDEN);
    assert!(browser.get("/held").await.text.contains("A network passport"));
    for _ in 0..2 {
        let thrown =
            browser.post("/held/throw", &[("csrf", &csrf), ("kind", &address), ("sure", "yes")]).await;
        assert_eq!(thrown.location.as_deref(), Some("/held"), "twice is once");
    }
    let left = browser.get("/held").await.text;
    assert!(!left.contains("A network passport") && left.contains("School"), "{left}");
    let asked = browser.get("/held/throw?kind=promised").await;
    assert!(asked.text.contains("Your wallet asks for it no more"), "{}", asked.text);
    let fields = [("csrf", csrf.as_str()), ("kind", "promised"), ("sure", "yes")];
    assert_eq!(browser.post("/held/throw", &fields).await.location.as_deref(), Some("/held"));
    assert!(!browser.get("/held").await.text.contains("Being made"));
    let gone = browser.get("/held/throw?kind=promised").await;
    assert_eq!(gone.status, StatusCode::NOT_FOUND);
    let history = browser.get("/history").await.text;
    assert!(history.contains("You threw it away.") && history.contains("You let go of it."), "{history}");
}

#[tokio::test]
async fn that_something_was_not_given_is_put_away() {
    let (scene, vault) = scene(&[]).await;
    not_give(&vault, "refused", &DIPLOMA, NOW, "No.").await.unwrap();
    let mut browser = scene.browser();
    browser.unlock(PASSPHRASE).await;
    let csrf = browser.get("/held").await.csrf("/held/put-away");
    let away = browser.post("/held/put-away", &[("csrf", &csrf), ("kind", "refused")]).await;
    assert_eq!(away.location.as_deref(), Some("/held"));
    assert!(browser.get("/held").await.text.contains("Nothing yet"));
}

#[tokio::test]
async fn what_is_had_anew_is_told_on_a_page_of_its_own_also_where_it_fails() {
    let (scene, _) = scene(&[PASSPORT, DIPLOMA]).await;
    let mut browser = scene.browser();
    browser.unlock(PASSPHRASE).await;
    let page = browser.get("/held").await;
    let (csrf, kind) = (page.csrf("/held/anew"), page.field("/held/anew", "kind"));
    for (kind, said) in [
        (kind.as_str(), "They could not be reached. Try again in a moment; nothing was used up."),
        ("unknown", "There is no new one of this to be had here."),
    ] {
        let begun = browser.post("/held/anew", &[("csrf", &csrf), ("kind", kind)]).await;
        let shown = browser.get(begun.location.as_deref().unwrap()).await;
        assert!(shown.text.contains(said), "{}", shown.text);
    }
    let looked = browser.post("/held/look", &[("csrf", &csrf)]).await;
    assert_eq!(looked.location.as_deref(), Some("/held"));
}

#[tokio::test]
async fn of_many_kinds_a_page_shows_some_and_leads_to_the_others() {
    let issuers: Vec<String> = (0..500).map(|number| format!("https://school-{number}.example")).collect();
    let kinds: Vec<MadeKind<'_>> = issuers.iter().map(|issuer| MadeKind { issuer, ..DIPLOMA }).collect();
    let (scene, _) = scene(&kinds).await;
    let mut browser = scene.browser();
    browser.unlock(PASSPHRASE).await;
    let first = browser.get("/held").await.text;
    assert_eq!(first.matches("<h2>Diploma").count(), 25);
    assert!(first.contains("href=\"/held?from=25\"") && !first.contains("from=0"), "{first}");
    let last = browser.get("/held?from=475").await.text;
    assert_eq!(last.matches("<h2>Diploma").count(), 25);
    assert!(!last.contains("from=500") && last.contains("href=\"/held?from=450\""), "{last}");
    assert_eq!(browser.get("/held?from=x").await.text.matches("<h2>Diploma").count(), 25);
}

#[tokio::test]
async fn the_page_learns_that_something_came_and_asking_is_no_use_of_the_session() {
    let (scene, _) = scene(&[DIPLOMA]).await;
    let mut browser = scene.browser();
    assert_eq!(browser.get("/held/status").await.text, "{\"state\":\"gone\"}");
    browser.unlock(PASSPHRASE).await;
    let page = browser.get("/held").await.text;
    assert!(page.contains("data-waiting=\"/held/status\" data-state=\"0\""), "{page}");
    scene.clock.advance(899);
    assert_eq!(browser.get("/held/status").await.text, "{\"state\":\"0\"}");
    scene.clock.advance(1);
    assert_eq!(browser.get("/held/status").await.text, "{\"state\":\"gone\"}");
}

#[tokio::test]
async fn ten_thousand_messages_of_as_many_spaces_are_counted_at_home_and_shown_page_by_page() {
    let (scene, vault) = scene(&[PASSPORT]).await;
    receive_mail(&vault, 10_000, NOW + DAY).await.unwrap();
    let mut browser = scene.browser();
    browser.unlock(PASSPHRASE).await;
    let home = browser.get("/").await.text.replace([',', '\u{2068}', '\u{2069}'], "");
    assert!(home.contains("10000 messages wait for you."), "{home}");
    let first = browser.get("/messages").await.text;
    assert_eq!(first.matches("name=\"id\" value=\"mail-").count(), 50);
    assert!(first.len() < 200_000, "{}", first.len());
    let last = browser.get("/messages?from=9950").await.text;
    assert_eq!(last.matches("name=\"id\" value=\"mail-").count(), 50);
    assert!(!last.contains("from=10000"), "{last}");
}

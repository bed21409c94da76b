//! Pages that tell what has happened.

use serde_json::Value;
use wallet::DetailName;
use wallet::testing::receive_hello;

use super::*;

#[tokio::test]
async fn the_history_tells_what_failed_and_is_parted_by_kind() {
    let scene = Scene::new().await;
    let mut browser = scene.browser();
    browser.unlock(PASSPHRASE).await;
    let empty = browser.get("/history").await;
    assert!(empty.text.contains("Nothing has happened yet."), "{}", empty.text);
    let link = "/authorize?client_id=decentralized_identifier%3Adid%3Aweb%3Akiln.example&request_uri=https%3A%2F%2Fkiln.example%2Fr";
    let address = browser.get(link).await.location.unwrap();
    browser.get(&address).await;
    let all = browser.get("/history").await;
    assert!(all.text.contains("This wallet had joined no network."), "{}", all.text);
    assert!(browser.get("/history?kind=request").await.text.contains("This wallet had joined no network."));
    for nothing in
        ["/history?kind=offer", "/history?from=50", "/history?kind=request&from=18446744073709551615"]
    {
        assert!(!browser.get(nothing).await.text.contains("This wallet had joined no network."), "{nothing}");
    }
    assert!(
        browser.get("/history?kind=x&from=y").await.text.contains("This wallet had joined no network."),
        "as if nothing were said"
    );
}

#[tokio::test]
async fn the_whole_history_is_handed_out_as_a_file_that_no_browser_shows_or_keeps() {
    let scene = Scene::new().await;
    let mut browser = scene.browser();
    browser.unlock(PASSPHRASE).await;
    let file = browser.get("/history.json").await;
    assert_eq!(file.headers["content-type"], "application/json");
    assert_eq!(file.headers["content-disposition"], "attachment; filename=\"passport-history.json\"");
    assert_eq!(file.headers["cache-control"], "no-store");
    assert_eq!(file.text, r#"{"history":[],"spaces":[]}"#);
}

#[tokio::test]
async fn who_has_shared_nothing_reads_that() {
    let scene = Scene::new().await;
    let mut browser = scene.browser();
    browser.unlock(PASSPHRASE).await;
    let spaces = browser.get("/spaces").await;
    assert_eq!(spaces.status, StatusCode::OK);
    assert!(spaces.text.contains("You have shared nothing with a space yet."));
}

#[tokio::test]
async fn what_is_still_to_come_is_looked_for_each_time_and_by_this_page_alone() {
    let scene = Scene::new().await;
    let mut browser = scene.browser();
    assert_eq!(browser.post("/awaited", &[]).await.location.as_deref(), Some("/unlock"));
    browser.unlock(PASSPHRASE).await;
    assert_eq!(browser.post("/awaited", &[("csrf", "x")]).await.status, StatusCode::FORBIDDEN);
    let mut seen = Vec::new();
    for _ in 0..2 {
        let csrf = browser.get("/messages").await.csrf("/awaited");
        let looked = browser.post("/awaited", &[("csrf", &csrf)]).await;
        assert_eq!(looked.status, StatusCode::SEE_OTHER);
        let address = looked.location.unwrap();
        let page = browser.get(&address).await;
        assert!(page.text.contains("Nothing is here yet"), "{}", page.text);
        seen.push(address);
    }
    assert_ne!(seen[0], seen[1], "looked for again");
}

#[tokio::test]
async fn no_message_is_touched_by_the_form_of_another_page_or_without_a_session() {
    let scene = Scene::new().await;
    let mut browser = scene.browser();
    browser.unlock(PASSPHRASE).await;
    let page = browser.get("/messages").await;
    assert!(page.text.contains("Nobody has written to you."), "{}", page.text);
    // The page of no messages has no form: this is that of another page.
    let csrf = browser.get("/open").await.csrf("/open");
    for path in [
        "/messages/open",
        "/messages/delete",
        "/messages/block",
        "/messages/read",
        "/messages/hello/answer",
        "/messages/hello/not-now",
        "/messages/hello/block",
        "/messages/hello/report",
    ] {
        let forged = browser.post(path, &[("csrf", &csrf), ("id", "x")]).await;
        assert_eq!(forged.status, StatusCode::FORBIDDEN, "{path}");
        assert_eq!(scene.browser().post(path, &[]).await.location.as_deref(), Some("/unlock"), "{path}");
    }
    assert_eq!(browser.get("/messages/hello?id=x").await.status, StatusCode::NOT_FOUND);
}

/// A wallet in whose history something is that was asked.
async fn with_history(scene: &Scene) -> Browser<'_> {
    let mut browser = scene.browser();
    browser.unlock(PASSPHRASE).await;
    let link = "/authorize?client_id=decentralized_identifier%3Adid%3Aweb%3Akiln.example&request_uri=https%3A%2F%2Fkiln.example%2Fr";
    let address = browser.get(link).await.location.unwrap();
    browser.get(&address).await;
    browser
}

const ASKED: &str = "This wallet had joined no network.";

#[tokio::test]
async fn the_history_is_searched_by_day_and_by_party() {
    let scene = Scene::new().await;
    let mut browser = with_history(&scene).await;
    // 1_795_000_000 is 2026-11-18.
    for (query, is_there) in [
        ("since=2026-11-18", true),
        ("until=2026-11-18", true),
        ("since=2026-11-18&until=2026-11-18&kind=request", true),
        ("since=2026-11-19", false),
        ("until=2026-11-17", false),
        ("space=somebody", false),
        ("kind=&space=&since=&until=", true),
    ] {
        let page = browser.get(&format!("/history?{query}")).await.text;
        assert_eq!(page.contains(ASKED), is_there, "{query}");
        assert!(is_there || page.contains("Nothing of that is in the history."), "{query}");
    }
}

#[tokio::test]
async fn the_history_is_a_table_for_a_spreadsheet() {
    let scene = Scene::new().await;
    let mut browser = with_history(&scene).await;
    assert!(browser.get("/history/export").await.text.contains("href=\"/history.csv\""));
    let file = browser.get("/history.csv").await;
    assert_eq!(file.headers["content-type"], "text/csv; charset=utf-8; header=present");
    assert_eq!(file.headers["content-disposition"], "attachment; filename=\"passport-history.csv\"");
    assert_eq!(file.headers["cache-control"], "no-store");
    let lines: Vec<&str> = file.text.lines().collect();
    assert_eq!(lines.len(), 2, "{}", file.text);
    assert!(lines[0].starts_with("\"time\",\"kind\"") && lines[1].contains("\"request\""), "{}", file.text);
}

#[tokio::test]
async fn what_is_deleted_of_the_history_is_said_before_and_needs_a_tick() {
    let scene = Scene::new().await;
    let mut browser = with_history(&scene).await;
    let page = browser.get("/history").await.text;
    let id = page.split("/history/delete?entry=").nth(1).unwrap().split('"').next().unwrap().to_owned();
    let of_entry = format!("/history/delete?entry={id}");
    let asked = browser.get(&of_entry).await;
    assert!(asked.text.contains("It takes nothing back"), "{}", asked.text);
    let csrf = asked.csrf("/history/delete");
    let delete = "/history/delete";
    for (fields, said) in [
        (vec![("entry", id.as_str())], "Tick that you know"),
        (vec![("which", "everything")], "Tick that you know"),
        (vec![("which", "before"), ("sure", "yes")], "Type a past day"),
        (vec![("sure", "yes")], "Choose what is deleted"),
    ] {
        let refused = browser.post(delete, &[&[("csrf", csrf.as_str())], &fields[..]].concat()).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(refused.text.contains(said), "{}", refused.text);
    }
    assert_eq!(browser.post(delete, &[("csrf", "x"), ("sure", "yes")]).await.status, StatusCode::FORBIDDEN);
    assert!(browser.get("/history").await.text.contains(ASKED));
    let sent = [("csrf", csrf.as_str()), ("which", "before"), ("day", "2026-11-18"), ("sure", "yes")];
    let none = browser.post(delete, &sent).await.location.unwrap();
    assert!(browser.get(&none).await.text.contains("Nothing was deleted."), "that day is kept");
    let done =
        browser.post(delete, &[("csrf", &csrf), ("entry", &id), ("sure", "yes")]).await.location.unwrap();
    assert!(browser.get(&done).await.text.contains("1 entry was deleted."));
    assert!(browser.get("/history").await.text.contains("Nothing has happened yet."));
    assert_eq!(browser.get(&of_entry).await.location.as_deref(), Some("/history"), "it is gone");
}

#[tokio::test]
async fn the_digest_can_be_turned_off_and_on_again() {
    let scene = Scene::new().await;
    let mut browser = scene.browser();
    browser.unlock(PASSPHRASE).await;
    for (wanted, said) in [("no", "It is turned off."), ("yes", "There is nothing yet.")] {
        let csrf = browser.get("/digests").await.csrf("/digests/wish");
        let turned = browser.post("/digests/wish", &[("csrf", &csrf), ("wanted", wanted)]).await;
        assert_eq!(turned.location.as_deref(), Some("/digests"));
        assert!(browser.get("/digests").await.text.contains(said), "{wanted}");
    }
    for path in ["/digests/wish", "/digests/seen"] {
        assert_eq!(browser.post(path, &[("csrf", "x")]).await.status, StatusCode::FORBIDDEN, "{path}");
        assert_eq!(scene.browser().post(path, &[]).await.location.as_deref(), Some("/unlock"), "{path}");
    }
}

/// A wallet with these own details that a hello has reached, its pages, and the hello's page.
async fn greeted(details: &[(&str, &str)]) -> (Scene, Wallet, String) {
    let mut kept = None;
    let opener = |environment: Environment| -> Arc<dyn OpenWallet> {
        kept = Some(environment.clone());
        Arc::new(Opener(environment))
    };
    let (scene, vault) = Scene::with(opener).await;
    let id = receive_hello(&vault, 1_795_000_000).await.unwrap();
    let wallet = Opener(kept.unwrap()).open(Arc::new(vault)).await.unwrap();
    for (name, value) in details {
        set(&wallet, name, value).await;
    }
    (scene, wallet, format!("/messages/hello?id={id}"))
}

async fn set(wallet: &Wallet, name: &str, value: &str) {
    wallet.set_own_detail(DetailName::new(name).unwrap(), value.into()).await.unwrap();
}

#[tokio::test]
async fn a_form_shares_what_its_page_showed_or_nothing() {
    const TO: &str = "/messages/hello/answer";
    for change in ["edited", "another before it", "gone"] {
        let details = [("phone_number", "+31 6 12345678"), ("website", "https://bea.example.org")];
        let (scene, wallet, address) = greeted(&details).await;
        let mut browser = scene.browser();
        browser.unlock(PASSPHRASE).await;
        let page = browser.get(&address).await;
        let (csrf, id) = (page.csrf(TO), page.field(TO, "id"));
        let ticks = |text: &str| -> Vec<String> {
            let names = text.split("name=\"share-").skip(1).filter_map(|rest| rest.split('"').next());
            names.map(|name| format!("share-{name}")).collect()
        };
        let before = ticks(&page.text);
        assert_eq!(before.len(), 2, "{}", page.text);
        match change {
            "edited" => set(&wallet, "phone_number", "+31 6 99").await,
            "another before it" => set(&wallet, "email", "bea@example.org").await,
            _ => wallet.set_own_detail(DetailName::new("phone_number").unwrap(), Value::Null).await.unwrap(),
        }
        let old = browser.post(TO, &[("csrf", &csrf), ("id", &id), (&before[0], "yes")]).await;
        assert_eq!(old.status, StatusCode::UNPROCESSABLE_ENTITY);
        let is_refused = old.text.contains("has changed since this page was shown");
        // What is still there as it was shown is what is meant; this space is none that anything goes to.
        assert_eq!(is_refused, change != "another before it", "{change}: {}", old.text);
        if is_refused {
            assert!(
                !old.text.contains(" checked>") && old.text.contains("https://bea.example.org"),
                "{}",
                old.text
            );
            assert_eq!(old.text.contains("+31 6 99"), change == "edited", "the choice anew");
        } else {
            let now = ticks(&browser.get(&address).await.text);
            assert_eq!((now.len(), &now[1..]), (3, &before[..]), "each tick stays what it was");
        }
        // Named by its place, as no page does it.
        let placed = browser.post(TO, &[("csrf", &csrf), ("id", &id), ("share-0", "yes")]).await;
        assert!(placed.text.contains("has changed since this page was shown"), "{}", placed.text);
    }
}

//! Passkeys and sessions, as the page's forms send them.

use jose::base64url;

use super::*;

pub(super) const KEY: [u8; 32] = [9; 32];

pub(super) fn credential(number: u8) -> String {
    base64url::encode([number; 32])
}

/// Adds a passkey as the page's script does.
pub(super) async fn add(browser: &mut Browser<'_>, number: u8, name: &str) -> Shown {
    let csrf = browser.get("/ways").await.csrf("/ways/passkeys");
    let (credential, key, salt) = (credential(number), base64url::encode(KEY), base64url::encode([1; 32]));
    let fields = [
        ("csrf", csrf.as_str()),
        ("credential", &credential),
        ("key", &key),
        ("salt", &salt),
        ("name", name),
    ];
    browser.post("/ways/passkeys", &fields).await
}

pub(super) async fn remove(browser: &mut Browser<'_>, number: u8) -> Shown {
    let csrf = browser.get("/ways").await.csrf("/ways/passkeys");
    browser.post("/ways/passkeys/remove", &[("csrf", &csrf), ("credential", &credential(number))]).await
}

pub(super) async fn by_passkey(browser: &mut Browser<'_>, number: u8, key: &str) -> Shown {
    let csrf = browser.get("/unlock").await.csrf("/unlock/passkey");
    let credential = credential(number);
    let fields = [("csrf", csrf.as_str()), ("next", "/"), ("credential", &credential), ("key", key)];
    browser.post("/unlock/passkey", &fields).await
}

#[tokio::test]
async fn a_passkey_that_was_added_opens_the_wallet_and_another_or_a_wrong_key_does_not() {
    let scene = Scene::new().await;
    let mut phone = scene.browser();
    phone.unlock(PASSPHRASE).await;
    let added = add(&mut phone, 1, "my <b>phone</b>").await;
    assert_eq!((added.status, added.location.as_deref()), (StatusCode::SEE_OTHER, Some("/ways")));
    let ways = phone.get("/ways").await;
    assert!(ways.text.contains("my &#60;b&#62;phone") && !ways.text.contains("<b>"), "{}", ways.text);
    let mut other = scene.browser();
    let page = other.get("/unlock").await;
    assert!(
        page.text.contains(&credential(1)) && !page.text.contains("phone"),
        "what it is called is the member's"
    );
    let right = base64url::encode(KEY);
    for (number, key) in
        [(1, base64url::encode([8; 32])), (2, right.clone()), (1, "short".to_owned()), (1, String::new())]
    {
        let refused = by_passkey(&mut other, number, &key).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{number} {key}");
        assert!(refused.text.contains("This does not open the wallet"));
    }
    let opened = by_passkey(&mut other, 1, &right).await;
    assert_eq!((opened.status, opened.location.as_deref()), (StatusCode::SEE_OTHER, Some("/")));
    assert_eq!(other.get("/").await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_passkey_is_added_once_taken_away_and_missed_in_words() {
    let scene = Scene::new().await;
    let mut phone = scene.browser();
    phone.unlock(PASSPHRASE).await;
    add(&mut phone, 1, "").await;
    let again = add(&mut phone, 1, "again").await;
    assert_eq!(again.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(again.text.contains("opens your wallet already"));
    assert!(phone.get("/ways").await.text.contains("Without a name"));
    assert_eq!(remove(&mut phone, 1).await.status, StatusCode::SEE_OTHER);
    let gone = remove(&mut phone, 1).await;
    assert_eq!(gone.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(gone.text.contains("no such passkey"));
    let mut other = scene.browser();
    assert!(!other.get("/unlock").await.text.contains("/unlock/passkey"));
}

#[tokio::test]
async fn what_is_no_passkey_is_not_added_and_nothing_is_without_a_session_or_by_another_form() {
    let scene = Scene::new().await;
    let mut phone = scene.browser();
    phone.unlock(PASSPHRASE).await;
    let csrf = phone.get("/ways").await.csrf("/ways/passkeys");
    let (good, key, salt) = (credential(1), base64url::encode(KEY), base64url::encode([1; 32]));
    for (credential, key, salt) in
        [("AA", key.as_str(), salt.as_str()), (&good, "AA", &salt), (&good, &key, "AA")]
    {
        let fields = [("csrf", csrf.as_str()), ("credential", credential), ("key", key), ("salt", salt)];
        assert_eq!(phone.post("/ways/passkeys", &fields).await.status, StatusCode::UNPROCESSABLE_ENTITY);
    }
    let lock = phone.get("/").await.csrf("/lock");
    for address in ["/ways/passkeys", "/ways/passkeys/remove", "/ways/sessions/end"] {
        let forged = phone.post(address, &[("csrf", &lock), ("credential", &good), ("session", "x")]).await;
        assert_eq!(forged.status, StatusCode::FORBIDDEN, "{address}");
        let nobody = scene.browser().post(address, &[("csrf", &csrf), ("credential", &good)]).await;
        assert_eq!(nobody.location.as_deref(), Some("/unlock"), "{address}");
    }
    assert_eq!(scene.browser().get("/ways").await.location.as_deref(), Some("/unlock?next=%2Fways"));
    assert!(!scene.browser().get("/unlock").await.text.contains("/unlock/passkey"), "nothing was added");
}

#[tokio::test]
async fn a_session_is_ended_from_another_one_and_from_itself() {
    let scene = Scene::new().await;
    let (mut phone, mut desk) = (scene.browser(), scene.browser());
    phone.unlock(PASSPHRASE).await;
    scene.clock.advance(60);
    desk.unlock(PASSPHRASE).await;
    let ways = phone.get("/ways").await;
    let ends: Vec<String> = ways
        .text
        .split("name=\"session\" value=\"")
        .skip(1)
        .map(|rest| rest.split('"').next().unwrap().to_owned())
        .collect();
    assert_eq!(ends.len(), 2);
    // Two of a kind are told apart by when they began.
    for begun in ["begun 2026-11-18 11:06, last used", "begun 2026-11-18 11:07, last used"] {
        assert_eq!(ways.text.matches(begun).count(), 1, "{begun}: {}", ways.text);
    }
    let csrf = ways.csrf("/ways/sessions/end");
    for session in &ends {
        phone.post("/ways/sessions/end", &[("csrf", &csrf), ("session", session)]).await;
    }
    assert_eq!(phone.get("/").await.location.as_deref(), Some("/unlock"));
    assert_eq!(desk.get("/").await.location.as_deref(), Some("/unlock"));
    assert!(!scene.desk.is_open().await);
}

pub(super) async fn set_passphrase(
    browser: &mut Browser<'_>,
    old: &str,
    passphrase: &str,
    again: &str,
) -> Shown {
    let csrf = browser.get("/ways").await.csrf("/ways/passphrase");
    let fields = [("csrf", csrf.as_str()), ("old", old), ("passphrase", passphrase), ("again", again)];
    browser.post("/ways/passphrase", &fields).await
}

#[tokio::test]
async fn a_passphrase_that_is_chosen_twice_takes_the_place_of_the_one_there_was() {
    const NEXT: &str = "other right words";
    let scene = Scene::new().await;
    let mut browser = scene.browser();
    browser.unlock(PASSPHRASE).await;
    for (old, first, again, said) in [
        (PASSPHRASE, "short", "short", "has at least 8 characters"),
        (PASSPHRASE, "", "", "has at least 8 characters"),
        (PASSPHRASE, NEXT, "other wrong words", "The two passphrases differ"),
        ("", NEXT, NEXT, "This is neither your passphrase nor your recovery code"),
        ("some wrong words", NEXT, NEXT, "This is neither your passphrase nor your recovery code"),
        (NEXT, NEXT, NEXT, "This is neither your passphrase nor your recovery code"),
    ] {
        let refused = set_passphrase(&mut browser, old, first, again).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{first}");
        assert!(refused.text.contains(said), "{}", refused.text);
        for typed in [NEXT, PASSPHRASE, "some wrong words"] {
            assert!(!refused.text.contains(typed), "what was typed is not shown");
        }
    }
    assert_eq!(scene.browser().unlock(PASSPHRASE).await.status, StatusCode::SEE_OTHER, "nothing has changed");
    let set = set_passphrase(&mut browser, PASSPHRASE, NEXT, NEXT).await;
    let changed = "/ways?set=other-passphrase";
    assert_eq!((set.status, set.location.as_deref()), (StatusCode::SEE_OTHER, Some(changed)));
    let done = "Done: your new passphrase opens your wallet from now on.";
    assert!(browser.get(changed).await.text.contains(done));
    assert!(!browser.get("/ways").await.text.contains(done));
    assert_eq!(scene.browser().unlock(PASSPHRASE).await.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(scene.browser().unlock(NEXT).await.status, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn who_lost_the_passphrase_sets_another_one_with_the_recovery_code() {
    const NEXT: &str = "other right words";
    let scene = Scene::new().await;
    let mut browser = scene.browser();
    browser.unlock(PASSPHRASE).await;
    let set = set_passphrase(&mut browser, &scene.code, NEXT, NEXT).await;
    assert_eq!(set.status, StatusCode::SEE_OTHER, "{}", set.text);
    assert_eq!(scene.browser().unlock(NEXT).await.status, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn whoever_guesses_the_old_passphrase_at_an_open_wallet_has_to_wait_like_at_the_door() {
    const NEXT: &str = "other right words";
    let scene = Scene::new().await;
    let mut browser = scene.browser();
    browser.unlock(PASSPHRASE).await;
    for _ in 0..5 {
        set_passphrase(&mut browser, "some wrong words", NEXT, NEXT).await;
    }
    let refused = set_passphrase(&mut browser, PASSPHRASE, NEXT, NEXT).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(refused.text.contains("That was tried too often."), "{}", refused.text);
    scene.clock.advance(1);
    assert_eq!(set_passphrase(&mut browser, PASSPHRASE, NEXT, NEXT).await.status, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn the_recovery_code_is_tried_and_that_it_was_right_is_remembered() {
    let scene = Scene::new().await;
    let mut browser = scene.browser();
    browser.unlock(PASSPHRASE).await;
    let elsewhere = Environment::new(scene.clock.clone(), Arc::new(SeededRandomness::new(99)));
    let way = Passphrase::new(PASSPHRASE).unwrap();
    let engine = Arc::new(store::memory::Memory::new());
    let made = Vault::create_on(engine, &NewWay::Passphrase(&way, Cost::LEAST), &elsewhere).await;
    let wrong = made.unwrap().1.printed().to_string();
    for (code, said) in [
        ("", "This is no recovery code"),
        ("ABCD", "This is no recovery code"),
        (wrong.as_str(), "This is not the recovery code of this wallet"),
    ] {
        let page = browser.get("/ways").await;
        assert!(page.text.contains("You have not tried it yet"), "{}", page.text);
        let csrf = page.csrf("/ways/recovery");
        let refused = browser.post("/ways/recovery", &[("csrf", &csrf), ("code", code)]).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{code}");
        assert!(refused.text.contains(said), "{}", refused.text);
        assert!(code.is_empty() || !refused.text.contains(code), "what was typed is not shown");
    }
    let csrf = browser.get("/ways").await.csrf("/ways/recovery");
    let right = browser.post("/ways/recovery", &[("csrf", &csrf), ("code", &scene.code)]).await;
    assert_eq!((right.status, right.location.as_deref()), (StatusCode::SEE_OTHER, Some("/ways")));
    assert!(browser.get("/ways").await.text.contains("It was right when you tried it on 2026-11-"));
}

#[tokio::test]
async fn neither_is_done_without_a_session_or_by_another_form() {
    let scene = Scene::new().await;
    let mut browser = scene.browser();
    for path in ["/ways/passphrase", "/ways/recovery"] {
        assert_eq!(browser.post(path, &[]).await.location.as_deref(), Some("/unlock"), "{path}");
    }
    browser.unlock(PASSPHRASE).await;
    for path in ["/ways/passphrase", "/ways/recovery"] {
        let forged = browser.post(path, &[("csrf", "x"), ("code", &scene.code)]).await;
        assert_eq!(forged.status, StatusCode::FORBIDDEN, "{path}");
    }
}

//! The keys of a wallet at a host: they are the browser's, and whoever has not this session is told nothing of them.

use serde_json::Value;
use wallet::WrappedKeys;

use super::*;

/// What is told to whoever has not the wallet open.
const CLOSED: &str = r#"{"closed":true}"#;

fn json(shown: &Shown) -> Value {
    serde_json::from_str(&shown.text).unwrap_or_else(|_| panic!("{}", shown.text))
}

#[tokio::test]
async fn nobody_without_the_session_is_told_what_is_to_be_signed_or_answers_it() {
    let host = Host::new(Making::by_anybody());
    let (mut ada, mut ben) = (host.member("heron").await, host.member("stork").await);
    let csrf = json(&ada.get("/keys/session").await)["csrf"].as_str().unwrap().to_owned();
    let mut mixed = host.browser();
    (mixed.cookie, mixed.wallet) = (ada.cookie.clone(), ben.wallet.clone());
    for browser in [&mut host.browser(), &mut mixed] {
        for path in ["/keys/session", "/keys/next"] {
            assert_eq!(browser.get(path).await.text, CLOSED, "{path}");
        }
    }
    let fields = [("csrf", csrf.as_str()), ("job", "1"), ("answer", "{}")];
    assert_eq!(mixed.post("/keys/done", &fields).await.text, CLOSED);
    assert_eq!(
        ben.post("/keys/done", &fields).await.status,
        StatusCode::FORBIDDEN,
        "another session's token"
    );
    assert_eq!(ada.post("/keys/done", &fields).await.text, r#"{"taken":false}"#, "nobody asked for it");
    for broken in [[("job", "x"), ("answer", "{}")], [("job", "1"), ("answer", "{")]] {
        let fields = [&[("csrf", csrf.as_str())], &broken[..]].concat();
        assert_eq!(ada.post("/keys/done", &fields).await.status, StatusCode::UNPROCESSABLE_ENTITY);
    }
    let lock = ada.get("/").await.csrf("/lock");
    let before = ada.cookie.clone();
    ada.post("/lock", &[("csrf", &lock)]).await;
    ada.cookie = before;
    assert_eq!(ada.get("/keys/session").await.text, CLOSED, "it was locked");
}

#[tokio::test]
async fn each_way_in_leads_to_the_same_keys_and_a_session_has_a_key_of_its_own() {
    let host = Host::new(Making::by_anybody());
    let mut browser = host.member("heron").await;
    let told = json(&browser.get("/keys/session").await);
    let salt = salt_of_name("wallet.localhost", "heron");
    let split = Split::passphrase(PASSPHRASE, &salt, Cost::LEAST).await.unwrap();
    let by_passphrase = WrappedKeys::parse(told["wrapped"]["passphrase"].as_str().unwrap()).unwrap();
    let keys = MemberKeys::unwrapped(&split, &by_passphrase).unwrap();
    let wrong = Split::passphrase("other good words", &salt, Cost::LEAST).await.unwrap();
    assert!(MemberKeys::unwrapped(&wrong, &by_passphrase).is_none());
    let csrf = browser.get("/recovery").await.csrf("/recovery");
    let shown = browser.post("/recovery", &[("csrf", &csrf)]).await;
    let sealed = shown.text.split("data-sealed=\"").nth(1).unwrap().split('"').next().unwrap();
    let code = wallet::RecoveryCode::parse(&keys.shown(sealed).unwrap()).unwrap();
    let wrapped = WrappedKeys::parse(told["wrapped"]["recovery_code"].as_str().unwrap()).unwrap();
    let by_code = MemberKeys::unwrapped(&Split::code(&code), &wrapped).unwrap();
    assert!(by_code.shown(sealed).is_some(), "they are the same");
    let mut other = host.browser();
    other.open("heron", PASSPHRASE).await;
    assert_ne!(json(&other.get("/keys/session").await)["key"], told["key"]);
    assert_eq!(json(&browser.get("/keys/session").await)["key"], told["key"]);
}

#[tokio::test]
async fn no_wallet_is_made_or_opened_at_a_host_by_what_was_typed() {
    let host = Host::new(Making::by_anybody());
    host.member("heron").await;
    let mut browser = host.browser();
    let page = browser.get("/make").await;
    assert!(page.text.contains("<noscript>") && page.text.contains("only where scripts are allowed"));
    let (csrf, wallet) = (page.csrf("/make"), page.field("/make", "wallet"));
    let fields =
        [("csrf", csrf.as_str()), ("wallet", &wallet), ("name", "stork"), ("passphrase", PASSPHRASE)];
    let refused = browser.post("/make", &fields).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(refused.text.contains("only where scripts are allowed"), "{}", refused.text);
    let csrf = browser.get("/unlock?other=1").await.csrf("/unlock");
    let refused =
        browser.post("/unlock", &[("csrf", &csrf), ("name", "heron"), ("passphrase", PASSPHRASE)]).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(browser.wallet.is_none());
}

#[tokio::test]
async fn no_way_in_is_added_at_a_host_that_does_not_lead_to_the_keys() {
    let host = Host::new(Making::by_anybody());
    let mut browser = host.member("heron").await;
    let csrf = browser.get("/ways").await.csrf("/ways/passkeys");
    let salt = browser.get("/ways").await.field("/ways/passkeys", "salt");
    let split = Split::passkey(&jose::base64url::encode([1; 32]), &[9; 32]);
    let fields = [("csrf", csrf.as_str()), ("salt", &salt), ("name", "Phone")];
    let refused = browser.post_with(&fields, "/ways/passkeys", &split.fields).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", refused.text);
    let mut added = split.fields.clone();
    added.push(("keys", browser.keys.as_ref().unwrap().wrapped(&split).unwrap()));
    let added = browser.post_with(&fields, "/ways/passkeys", &added).await;
    assert_eq!(added.location.as_deref(), Some("/ways"), "{}", added.text);
}

#[tokio::test]
async fn on_ones_own_machine_no_page_is_asked_to_sign() {
    let scene = Scene::new().await;
    let mut browser = scene.browser();
    browser.unlock(PASSPHRASE).await;
    for path in ["/keys/session", "/keys/next"] {
        assert_eq!(browser.get(path).await.status, StatusCode::NOT_FOUND, "{path}");
    }
    assert!(!browser.get("/").await.text.contains("/signing.js"));
    assert!(!browser.get("/ways").await.text.contains("data-keys"));
}

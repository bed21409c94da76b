//! A host of many wallets: making one, and finding one's own.

use jose::base64url;
use wallet::{CredentialId, NewPasskey, PasskeySecret, PrfSalt};

use super::*;
use crate::Invitations;

async fn make_by_passkey(browser: &mut Browser<'_>, number: u8) -> (Shown, String) {
    let page = browser.get("/unlock?other=1").await;
    let (csrf, wallet) = (page.csrf("/make/passkey"), page.field("/make/passkey", "wallet"));
    let (keys, begun) = MemberKeys::begin(&passkey(number)).unwrap();
    let fields = [("csrf", csrf.as_str()), ("wallet", &wallet), ("next", "/open")];
    let made = browser.post_with(&fields, "/make/passkey", &begun).await;
    browser.keys = Some(keys);
    (made, wallet)
}

/// What a passkey of this number gives.
fn passkey(number: u8) -> Split {
    Split::passkey(&base64url::encode([number; 32]), &[9; 32])
}

async fn open_by_passkey(browser: &mut Browser<'_>, number: u8, handle: &str) -> Shown {
    let csrf = browser.get("/unlock?other=1").await.csrf("/unlock/passkey");
    let fields = [("csrf", csrf.as_str()), ("handle", handle)];
    browser.post_with(&fields, "/unlock/passkey", &passkey(number).fields).await
}

#[tokio::test]
async fn the_first_screen_says_what_the_host_can_see_and_leads_on_to_what_was_asked_for() {
    let host = Host::new(Making::by_anybody());
    let mut browser = host.browser();
    assert_eq!(browser.get("/open").await.location.as_deref(), Some("/unlock?next=%2Fopen"));
    let page = browser.get("/unlock?next=%2Fopen").await;
    assert_eq!(page.status, StatusCode::OK);
    for said in [
        "Make a wallet",
        "Open yours",
        "What this host can see, and what not",
        "It belongs to this network: Test network.",
        "href=\"/make?next=%2Fopen\"",
    ] {
        assert!(page.text.contains(said), "{said}: {}", page.text);
    }
    assert_eq!(page.field("/make/passkey", "next"), "/open");
    assert!(browser.wallet.is_none());
}

#[tokio::test]
async fn a_passkey_makes_a_wallet_and_finds_it_from_another_browser_by_itself() {
    let host = Host::new(Making::by_anybody());
    let mut browser = host.browser();
    let (made, wallet) = make_by_passkey(&mut browser, 1).await;
    assert_eq!((made.status, made.location.as_deref()), (StatusCode::SEE_OTHER, Some("/open")));
    assert_eq!(browser.wallet.as_deref(), Some(format!("__Host-wallet={wallet}").as_str()));
    assert_eq!(browser.get("/").await.status, StatusCode::OK);
    let mut other = host.browser();
    for (number, handle) in
        [(2, wallet.as_str()), (1, "AAAAAAAAAAAAAAAAAAAAAA"), (1, "wallet"), (1, ""), (1, "../x")]
    {
        let refused = open_by_passkey(&mut other, number, handle).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{number} {handle}");
        assert!(refused.text.contains("This passkey opens no wallet here."), "{}", refused.text);
        assert!(other.wallet.is_none());
    }
    assert_eq!(open_by_passkey(&mut other, 1, &wallet).await.status, StatusCode::SEE_OTHER);
    assert_eq!(other.get("/").await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_name_that_nobody_has_is_answered_as_a_wrong_passphrase_is() {
    let host = Host::new(Making::by_anybody());
    host.member("heron").await;
    let mut seen = Vec::new();
    for name in ["heron", "stork"] {
        let mut browser = host.browser();
        let mut answers = Vec::new();
        for _ in 0..6 {
            let page = browser.open(name, "wrong words here").await;
            assert!(browser.wallet.is_none());
            let said = page.text.split("class=\"summary\"").nth(1).unwrap();
            let said = said.split("</div>").next().unwrap().to_owned();
            answers.push((page.status, said, page.headers.get("set-cookie").is_some()));
        }
        seen.push(answers);
    }
    assert_eq!(seen[0], seen[1]);
    assert!(seen[0][0].1.contains("Name and passphrase open no wallet here"));
    assert!(seen[0][5].1.contains("Try again in 1 second"), "{:?}", seen[0][5]);
    for name in ["", "two words"] {
        let page = host.browser().open(name, PASSPHRASE).await;
        assert!(page.text.contains("Type the name of your wallet and its passphrase."), "{name}");
    }
    host.clock.advance(1);
    let mut browser = host.browser();
    assert_eq!(browser.open(" Heron ", PASSPHRASE).await.location.as_deref(), Some("/"));
}

#[tokio::test]
async fn a_name_is_one_wallets_and_a_form_that_is_sent_twice_makes_one() {
    let host = Host::new(Making::by_anybody());
    let mut browser = host.browser();
    let page = browser.get("/make").await;
    let (csrf, wallet) = (page.csrf("/make"), page.field("/make", "wallet"));
    let split = browser.split(&page, "heron", PASSPHRASE).await;
    let (_, begun) = MemberKeys::begin(&split).unwrap();
    let fields = [("csrf", csrf.as_str()), ("wallet", &wallet), ("name", "heron")];
    let before = browser.cookie.clone();
    for _ in 0..2 {
        browser.cookie.clone_from(&before);
        assert_eq!(browser.post_with(&fields, "/make", &begun).await.location.as_deref(), Some("/"));
        assert_eq!(browser.wallet.as_deref(), Some(format!("__Host-wallet={wallet}").as_str()));
    }
    let mut other = host.browser();
    for (name, passphrase, said) in [
        ("Heron", "other good words", "There is a wallet of this name already"),
        ("a b", "other good words", "A name has 3 to 60 letters and digits"),
    ] {
        let refused = other.make(name, passphrase).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{name}");
        assert!(refused.text.contains(said), "{}", refused.text);
        assert!(!refused.text.contains(passphrase) && other.wallet.is_none());
    }
    // Whoever sends the form of a wallet that is there, with other words, is led to the door.
    let page = other.get("/make").await;
    let csrf = page.csrf("/make");
    let fields = [("csrf", csrf.as_str()), ("wallet", &wallet), ("name", "heron")];
    let (_, begun) = MemberKeys::begin(&other.split(&page, "heron", "other good words").await).unwrap();
    assert_eq!(other.post_with(&fields, "/make", &begun).await.location.as_deref(), Some("/unlock"));
    assert!(other.wallet.is_none());
}

#[tokio::test]
async fn two_wallets_are_open_at_once_and_locked_ones_take_no_memory() {
    let host = Host::new(Making::by_anybody());
    let (mut ada, mut ben) = (host.member("heron").await, host.member("stork").await);
    assert_eq!((ada.get("/").await.status, ben.get("/").await.status), (StatusCode::OK, StatusCode::OK));
    assert_eq!(host.desks.manned_now(), 2);
    let csrf = ada.get("/").await.csrf("/lock");
    ada.post("/lock", &[("csrf", &csrf)]).await;
    host.desks.lock_where_nobody_is().await.unwrap();
    assert_eq!(host.desks.manned_now(), 1);
    assert_eq!(ben.get("/").await.status, StatusCode::OK);
    host.clock.advance(901);
    host.desks.lock_where_nobody_is().await.unwrap();
    assert_eq!(host.desks.manned_now(), 0);
    assert_eq!(ben.get("/").await.location.as_deref(), Some("/unlock"));
    // The browser is of its wallet still, which asks for nothing but the passphrase.
    let page = ben.get("/unlock").await;
    assert!(page.text.contains("Open another wallet") && !page.text.contains("name=\"name\""));
    assert_eq!(ben.unlock(PASSPHRASE).await.location.as_deref(), Some("/"));
    // What nobody made has no desk.
    let mut planted = host.browser();
    planted.wallet = Some("__Host-wallet=AAAAAAAAAAAAAAAAAAAAAA".to_owned());
    assert!(planted.get("/unlock").await.text.contains("Make a wallet"));
    assert_eq!(host.desks.manned_now(), 1);
}

#[tokio::test]
async fn who_opens_another_wallet_in_a_browser_leaves_nothing_of_the_first_open_in_it() {
    let host = Host::new(Making::by_anybody());
    host.member("stork").await;
    let mut browser = host.member("heron").await;
    let before = (browser.cookie.clone(), browser.wallet.clone());
    let opened = browser.open("stork", PASSPHRASE).await;
    assert_eq!(opened.location.as_deref(), Some("/"));
    assert_eq!(opened.headers["clear-site-data"], "\"cache\", \"storage\"");
    assert_ne!(browser.wallet, before.1);
    let mut stolen = host.browser();
    (stolen.cookie, stolen.wallet) = before;
    assert_eq!(stolen.get("/").await.location.as_deref(), Some("/unlock"), "it was locked");
    // The same wallet again keeps what it left in the browser.
    let csrf = browser.get("/").await.csrf("/lock");
    browser.post("/lock", &[("csrf", &csrf)]).await;
    let again = browser.unlock(PASSPHRASE).await;
    assert!(again.status == StatusCode::SEE_OTHER && !again.headers.contains_key("clear-site-data"));
}

#[tokio::test]
async fn a_passkey_wallet_gets_a_name_with_its_passphrase_and_is_found_by_it() {
    let host = Host::new(Making::by_anybody());
    host.member("stork").await;
    let mut browser = host.browser();
    make_by_passkey(&mut browser, 1).await;
    for (name, said) in
        [("stork", "There is a wallet of this name already"), ("", "A name has 3 to 60 letters and digits")]
    {
        let refused = set_passphrase(&mut browser, name).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(refused.text.contains(said), "{}", refused.text);
    }
    let set = set_passphrase(&mut browser, "heron").await;
    assert_eq!(set.location.as_deref(), Some("/ways?set=passphrase"), "{}", set.text);
    assert!(browser.get("/ways").await.text.contains("value=\"heron\""));
    assert_eq!(host.browser().open("heron", PASSPHRASE).await.status, StatusCode::SEE_OTHER);
}

/// Sets the passphrase, as the page's script does.
async fn set_passphrase(browser: &mut Browser<'_>, name: &str) -> Shown {
    let csrf = browser.get("/ways").await.csrf("/ways/passphrase");
    let salt = salt_of_name("wallet.localhost", name);
    let split = Split::passphrase(PASSPHRASE, &salt, Cost::LEAST).await.unwrap();
    let mut added = split.fields.clone();
    added.push(("keys", browser.keys.as_ref().unwrap().wrapped(&split).unwrap()));
    browser.post_with(&[("csrf", csrf.as_str()), ("name", name)], "/ways/passphrase", &added).await
}

struct Codes;

impl Invitations for Codes {
    fn hold(&self, code: &str) -> bool {
        ["one good invitation", "another invitation"].contains(&code)
    }
}

#[tokio::test]
async fn an_invitation_makes_one_wallet() {
    let host = Host::new(Making::by_invitation(Arc::new(Codes)));
    let page = host.browser().get("/unlock").await;
    assert!(page.text.contains("I have an invitation") && !page.text.contains("/make/passkey"));
    let make = async |browser: &mut Browser<'_>, name: &str, code: &str| {
        let page = browser.get("/make?code=typed").await;
        assert!(page.text.contains("value=\"typed\""));
        let (csrf, wallet) = (page.csrf("/make"), page.field("/make", "wallet"));
        let (_, begun) = MemberKeys::begin(&browser.split(&page, name, PASSPHRASE).await).unwrap();
        let fields = [("csrf", csrf.as_str()), ("wallet", &wallet), ("name", name), ("code", code)];
        browser.post_with(&fields, "/make", &begun).await
    };
    let (mut ada, mut ben) = (host.browser(), host.browser());
    assert_eq!(make(&mut ada, "heron", " one good invitation ").await.status, StatusCode::SEE_OTHER);
    for code in ["", "one bad invitation", "one good invitation"] {
        let refused = make(&mut ben, "stork", code).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{code}");
        assert!(refused.text.contains("This invitation makes no wallet here"), "{}", refused.text);
    }
    assert_eq!(make(&mut ben, "stork", "another invitation").await.status, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn an_invitation_is_not_lost_by_a_name_that_is_taken() {
    let host = Host::new(Making::by_invitation(Arc::new(Codes)));
    let mut ada = host.browser();
    let sent = async |browser: &mut Browser<'_>, page: &Shown, name: &str, code: &str| {
        let (csrf, wallet) = (page.csrf("/make"), page.field("/make", "wallet"));
        let (_, begun) = MemberKeys::begin(&browser.split(page, name, PASSPHRASE).await).unwrap();
        let fields = [("csrf", csrf.as_str()), ("wallet", &wallet), ("name", name), ("code", code)];
        browser.post_with(&fields, "/make", &begun).await
    };
    let page = ada.get("/make").await;
    assert_eq!(sent(&mut ada, &page, "heron", "one good invitation").await.status, StatusCode::SEE_OTHER);
    let mut ben = host.browser();
    let page = ben.get("/make").await;
    let refused = sent(&mut ben, &page, "heron", "another invitation").await;
    assert!(refused.text.contains("There is a wallet of this name already"), "{}", refused.text);
    let made = sent(&mut ben, &refused, "stork", "another invitation").await;
    assert_eq!(made.status, StatusCode::SEE_OTHER, "{}", made.text);
    // It is used by that.
    let mut eve = host.browser();
    let page = eve.get("/make").await;
    let refused = sent(&mut eve, &page, "egret", "another invitation").await;
    assert!(refused.text.contains("This invitation makes no wallet here"), "{}", refused.text);
}

#[tokio::test]
async fn who_knows_a_name_keeps_nobody_out_of_the_browser_that_is_of_the_wallet() {
    let host = Host::new(Making::by_anybody());
    let mut member = host.member("heron").await;
    let csrf = member.get("/").await.csrf("/lock");
    member.post("/lock", &[("csrf", &csrf)]).await;
    for _ in 0..6 {
        host.browser().open("heron", "wrong words here").await;
    }
    let stranger = host.browser().open("heron", PASSPHRASE).await;
    assert!(stranger.text.contains("Try again in"), "{}", stranger.text);
    assert_eq!(member.unlock(PASSPHRASE).await.status, StatusCode::SEE_OTHER);
    // Each way has its own count.
    let mut thief = host.browser();
    thief.wallet.clone_from(&member.wallet);
    for _ in 0..5 {
        thief.unlock("wrong words here").await;
    }
    assert!(thief.unlock(PASSPHRASE).await.text.contains("Try again in 1 second"));
}

#[tokio::test]
async fn whether_names_are_taken_is_told_thirty_times_an_hour_also_to_who_has_a_wallet() {
    let host = Host::new(Making::by_anybody());
    host.member("stork").await;
    let mut browser = host.member("heron").await;
    let mut named = async |name: &str| {
        let page = browser.get("/ways").await;
        let csrf = page.csrf("/ways/passphrase");
        let split = browser.split(&page, name, PASSPHRASE).await;
        let (old, keys) = (&split.fields[0].1, browser.keys.as_ref().unwrap().wrapped(&split).unwrap());
        let fields = [("csrf", csrf.as_str()), ("old", old), ("name", name), ("keys", &keys)];
        browser.post_with(&fields, "/ways/passphrase", &split.fields).await
    };
    for number in 0..30 {
        let told = named("stork").await;
        assert!(told.text.contains("There is a wallet of this name already"), "{number}: {}", told.text);
    }
    let refused = named("stork").await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(refused.text.contains("Names were tried very often from here"), "{}", refused.text);
    assert_eq!(named("heron").await.status, StatusCode::SEE_OTHER, "it may stay called so");
}

#[tokio::test(start_paused = true)]
async fn one_client_makes_thirty_wallets_within_an_hour_and_no_more() {
    let host = Host::new(Making::by_anybody());
    for number in 0..30 {
        host.member(&format!("heron-{number}")).await;
    }
    let mut browser = host.browser();
    let refused = browser.make("heron-30", PASSPHRASE).await;
    assert_eq!(refused.status, StatusCode::TOO_MANY_REQUESTS);
    assert!(refused.text.contains("Very many wallets were made here"), "{}", refused.text);
    assert!(browser.wallet.is_none());
    assert_eq!(browser.open("heron-7", PASSPHRASE).await.status, StatusCode::SEE_OTHER, "opening goes on");
}

#[tokio::test]
async fn a_thousand_locked_wallets_have_no_desk() {
    let host = Host::new(Making::by_anybody());
    for _ in 0..1_000_u32 {
        let environment = Environment::system();
        let id = VaultId::fresh(environment.randomness());
        let credential = CredentialId::parse(base64url::encode([1; 32])).unwrap();
        let secret = PasskeySecret::new(credential, [9; 32]);
        let new = NewPasskey { secret, salt: PrfSalt::usual(), name: String::new() };
        host.desks.vaults().make(&id, &NewWay::Passkey(&new), None).await.unwrap();
    }
    assert_eq!(host.desks.manned_now(), 0);
    let mut browser = host.member("heron").await;
    assert_eq!((browser.get("/").await.status, host.desks.manned_now()), (StatusCode::OK, 1));
}

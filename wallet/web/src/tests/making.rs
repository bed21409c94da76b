//! Making the wallet of one's own machine in a browser.

use jose::base64url;
use tempfile::TempDir;

use super::*;
use crate::MakingLink;

/// Pages for a folder in which no wallet is yet.
pub(super) struct Empty {
    folder: TempDir,
    router: Router,
    desks: Arc<Desks>,
    pub(super) link: String,
}

impl Empty {
    pub(super) fn new() -> Self {
        let clock = Arc::new(ManualClock::new(Timestamp::from_seconds(1_795_000_000)));
        let environment = Environment::new(clock, Arc::new(SeededRandomness::new(7)));
        let folder = tempfile::tempdir().unwrap();
        let vaults = Vaults::in_folder(&folder.path().join("wallet"), &environment).unwrap();
        let link = MakingLink::fresh(environment.randomness());
        let (desks, router) = served(vaults, Making::by_link(&link), &environment);
        Self { folder, router, desks, link: link.path() }
    }

    pub(super) fn browser(&self) -> Browser<'_> {
        Browser::of(&self.router)
    }

    pub(super) async fn has_wallet(&self) -> bool {
        self.desks.find(&VaultId::only()).await.unwrap().is_some()
    }

    fn is_untouched(&self) -> bool {
        std::fs::read_dir(self.folder.path()).unwrap().count() == 0
    }
}

/// Sends the form of the passkey with this code.
async fn by_passkey(browser: &mut Browser<'_>, page: &Shown, code: &str, key: &str) -> Shown {
    let credential = base64url::encode([1; 32]);
    let csrf = page.csrf("/make/passkey");
    let fields = [
        ("csrf", csrf.as_str()),
        ("code", code),
        ("next", "/details"),
        ("email", " ada@example.org "),
        ("credential", &credential),
        ("key", key),
    ];
    browser.post("/make/passkey", &fields).await
}

fn key() -> String {
    base64url::encode([9; 32])
}

#[tokio::test]
async fn before_there_is_a_wallet_every_page_says_where_it_is_made_and_none_says_the_link() {
    let empty = Empty::new();
    let secret = empty.link.rsplit('=').next().unwrap();
    let mut browser = empty.browser();
    assert_eq!(browser.get("/").await.location.as_deref(), Some("/unlock"));
    let page = browser.get("/unlock").await;
    assert!(page.text.contains("There is no wallet here yet") && !page.text.contains(secret));
    for wrong in ["/make", "/make?code=", "/make?code=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"] {
        assert_eq!(browser.get(wrong).await.location.as_deref(), Some("/unlock"), "{wrong}");
    }
    assert!(empty.is_untouched());
}

#[tokio::test]
async fn the_link_makes_one_wallet_by_a_passkey_and_then_nothing_more() {
    let empty = Empty::new();
    let code = empty.link.rsplit('=').next().unwrap().to_owned();
    let mut browser = empty.browser();
    let page = browser.get(&empty.link).await;
    assert_eq!(page.status, StatusCode::OK);
    assert!(page.text.contains("It belongs to this network: Test network."), "{}", page.text);
    assert_eq!(page.headers["cache-control"], "no-store");
    for wrong in ["", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"] {
        let refused = by_passkey(&mut browser, &page, wrong, &key()).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{wrong}");
        assert!(refused.text.contains("This link makes no wallet any more"), "{}", refused.text);
        let made_in_vain = format!("data-forget=\"{}\"", base64url::encode([1; 32]));
        assert!(refused.text.contains(&made_in_vain), "{}", refused.text);
    }
    let none = by_passkey(&mut browser, &page, &code, "short").await;
    assert!(none.text.contains("No passkey was made"), "{}", none.text);
    assert!(empty.is_untouched());
    let before = browser.cookie.clone();
    let made = by_passkey(&mut browser, &page, &code, &key()).await;
    assert_eq!((made.status, made.location.as_deref()), (StatusCode::SEE_OTHER, Some("/details")));
    assert!(browser.cookie != before && browser.wallet.is_none());
    assert!(browser.get("/details").await.text.contains("value=\"ada@example.org\""));
    // The same form again, as by two taps: the wallet is there and opens by the same passkey alone.
    let mut twice = empty.browser();
    twice.cookie = before;
    assert_eq!(by_passkey(&mut twice, &page, &code, &key()).await.location.as_deref(), Some("/details"));
    let mut other = empty.browser();
    assert_eq!(other.get(&empty.link).await.location.as_deref(), Some("/unlock"));
    assert!(other.get("/unlock").await.text.contains("/unlock/passkey"));
}

#[tokio::test]
async fn a_passphrase_makes_it_too_typed_once_and_long_enough() {
    let empty = Empty::new();
    let mut browser = empty.browser();
    let page = browser.get(&empty.link).await;
    assert!(!page.text.contains("name=\"name\""), "one's own wallet needs no name");
    let (csrf, code) = (page.csrf("/make"), page.field("/make", "code"));
    let send = |passphrase: &'static str| {
        [("csrf", csrf.clone()), ("code", code.clone()), ("passphrase", passphrase.to_owned())]
    };
    for short in ["", "1234567"] {
        let fields = send(short);
        let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let refused = browser.post("/make", &fields).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(refused.text.contains("at least 8 characters"));
        assert!(short.is_empty() || !refused.text.contains(short), "nothing that was typed comes back");
    }
    assert!(!empty.has_wallet().await);
    let mut late = empty.browser();
    let late_csrf = late.get(&empty.link).await.csrf("/make");
    let fields = send(PASSPHRASE);
    let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
    assert_eq!(browser.post("/make", &fields).await.location.as_deref(), Some("/"));
    assert_eq!(browser.get("/").await.status, StatusCode::OK);
    assert_eq!(empty.browser().unlock(PASSPHRASE).await.status, StatusCode::SEE_OTHER);
    // Whoever sends a form of before with other words is led to the door.
    let fields = [("csrf", late_csrf.as_str()), ("code", &code), ("passphrase", "other words")];
    assert_eq!(late.post("/make", &fields).await.location.as_deref(), Some("/unlock"));
    assert_eq!(late.get("/").await.location.as_deref(), Some("/unlock"));
    let csrf = late.get("/unlock").await.csrf("/unlock");
    let forged = late.post("/make", &[("csrf", &csrf), ("code", &code), ("passphrase", PASSPHRASE)]).await;
    assert_eq!(forged.status, StatusCode::FORBIDDEN, "a form of another page");
}

#[tokio::test]
async fn where_a_wallet_was_made_elsewhere_no_page_makes_one() {
    let scene = Scene::new().await;
    let mut browser = scene.browser();
    assert_eq!(browser.get("/make").await.location.as_deref(), Some("/unlock"));
    browser.get("/unlock").await;
    for path in ["/make", "/make/passkey"] {
        assert_eq!(browser.post(path, &[("csrf", "x")]).await.status, StatusCode::FORBIDDEN, "{path}");
    }
}

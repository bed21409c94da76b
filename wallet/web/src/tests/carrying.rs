//! Carrying a wallet away, from one place to another, and its rest.

mod bringing;
mod ending;

use jose::base64url;
use wallet::RecoveryCode;
use wallet::testing::{MadeKind, file_begun, file_brought, hold};

use super::making::Empty;
use super::*;

pub(super) const FILE_WORDS: &str = "words for the file";

/// A form with a file, as a browser sends it.
fn multipart(fields: &[(&str, &str)], file: &[u8]) -> (String, Vec<u8>) {
    let boundary = "----carrying";
    let mut body = Vec::new();
    for (name, value) in fields {
        let head = format!("--{boundary}\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n");
        body.extend([head.as_bytes(), value.as_bytes(), b"\r\n"].concat());
    }
    let head = format!(
        "--{boundary}\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.passport-wallet\"\r\nContent-Type: \
         application/octet-stream\r\n\r\n"
    );
    body.extend([head.as_bytes(), file, format!("\r\n--{boundary}--\r\n").as_bytes()].concat());
    (format!("multipart/form-data; boundary={boundary}"), body)
}

impl Browser<'_> {
    /// The file that this page writes.
    pub(super) async fn export(&mut self, purpose: &str) -> Vec<u8> {
        let csrf = self.get("/export").await.csrf("/export");
        let fields = [("csrf", csrf.as_str()), ("purpose", purpose)];
        let Some(keys) = &self.keys else {
            let typed = [("passphrase", FILE_WORDS), ("again", FILE_WORDS)];
            return self.bytes("/export", &[&fields[..], &typed].concat()).await;
        };
        let begun = file_begun(FILE_WORDS, Cost::LEAST, Some(keys)).await.unwrap();
        let begun: Vec<(&str, &str)> = begun.iter().map(|(name, value)| (*name, value.as_str())).collect();
        self.bytes("/export", &[&fields[..], &begun].concat()).await
    }

    /// What is answered to a form with a file of bytes.
    pub(super) async fn bytes(&mut self, path: &str, fields: &[(&str, &str)]) -> Vec<u8> {
        let form = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        let mut request = Request::post(path).header(CONTENT_TYPE, "application/x-www-form-urlencoded");
        for cookie in [&self.cookie, &self.wallet].into_iter().flatten() {
            request = request.header(COOKIE, cookie);
        }
        let request = request.header("host", "wallet.localhost").body(Body::from(form)).unwrap();
        let response = self.router.clone().oneshot(request).await.unwrap();
        assert_eq!(response.status(), StatusCode::OK);
        let disposition = response.headers()["content-disposition"].to_str().unwrap().to_owned();
        let what = fields.iter().find(|(name, _)| *name == "purpose").map(|(_, purpose)| *purpose);
        let (begins, ends) = match what {
            Some("move") => ("wallet-moved-", ".passport-wallet\""),
            Some(_) => ("wallet-kept-", ".passport-wallet\""),
            None => ("history-", ".passport-history\""),
        };
        assert!(disposition.starts_with(&format!("attachment; filename=\"{begins}")), "{disposition}");
        assert!(disposition.ends_with(ends), "{disposition}");
        to_bytes(response.into_body(), 1 << 26).await.unwrap().to_vec()
    }

    /// Brings a file along to a host with a name, a passphrase and what opens the file, as the script of its page does.
    pub(super) async fn bring_to_host(&mut self, file: &[u8], words: &str, change: &[(&str, &str)]) -> Shown {
        let page = self.get("/make/bring").await;
        let split = self.split(&page, "heron", PASSPHRASE).await;
        self.bring_by(&page, file, words, &split, change).await
    }

    /// The same by this way in.
    async fn bring_by(
        &mut self,
        page: &Shown,
        file: &[u8],
        words: &str,
        by: &Split,
        change: &[(&str, &str)],
    ) -> Shown {
        let (csrf, wallet) = (page.csrf("/make/bring"), page.field("/make/bring", "wallet"));
        let (file, brought) = file_brought(file, words, by).await.unwrap();
        let mut fields =
            vec![("csrf", csrf.as_str()), ("next", "/?brought"), ("wallet", &wallet), ("name", "heron")];
        fields.extend(by.fields.iter().chain(&brought).map(|(name, value)| (*name, value.as_str())));
        for (name, value) in change {
            fields.retain(|(field, _)| field != name);
            fields.push((name, value));
        }
        self.post_file("/make/bring", &fields, &file).await
    }

    /// Brings a file along with a passphrase.
    async fn bring(&mut self, link: &str, file: &[u8], change: &[(&str, &str)]) -> Shown {
        let page = self.get(&link.replacen("/make", "/make/bring", 1)).await;
        let (csrf, wallet) = (page.csrf("/make/bring"), page.field("/make/bring", "wallet"));
        let code = page.field("/make/bring", "code");
        let mut fields = vec![
            ("csrf", csrf.as_str()),
            ("next", "/?brought"),
            ("wallet", &wallet),
            ("code", &code),
            ("words", FILE_WORDS),
            ("passphrase", PASSPHRASE),
        ];
        for (name, value) in change {
            fields.retain(|(field, _)| field != name);
            fields.push((name, value));
        }
        self.post_file("/make/bring", &fields, file).await
    }

    async fn post_file(&mut self, path: &str, fields: &[(&str, &str)], file: &[u8]) -> Shown {
        let (kind, body) = multipart(fields, file);
        self.send(Request::post(path).header(CONTENT_TYPE, kind), Body::from(body)).await
    }
}

/// A wallet with a detail in it, open in a browser, and its pages.
async fn lived_in(scene: &Scene) -> Browser<'_> {
    let mut browser = scene.browser();
    browser.unlock(PASSPHRASE).await;
    let csrf = browser.get("/details").await.csrf("/details");
    browser.post("/details", &[("csrf", &csrf), ("bio", "Potter of the harbour")]).await;
    browser
}

/// The same with something in it that is bound to a key.
async fn with_a_key() -> Scene {
    let (scene, vault) = Scene::with(|environment| Arc::new(Opener(environment))).await;
    hold(&vault, &[MadeKind::default()]).await.unwrap();
    scene
}

#[tokio::test]
async fn a_wallet_is_brought_along_to_a_host_with_the_same_recovery_code_and_none_of_its_keys_in_the_open() {
    let scene = with_a_key().await;
    let mut old = lived_in(&scene).await;
    let file = old.export("move").await;
    let host = Host::new(Making::by_anybody());
    let mut new = host.browser();
    assert!(new.get("/unlock").await.text.contains("href=\"/make/bring\""));
    let page = new.get("/make/bring").await;
    assert!(page.text.contains("Only one of the two may be used"), "{}", page.text);
    assert!(!page.text.contains("name=\"words\"") && !page.text.contains("name=\"passphrase\""));
    let split = new.split(&page, "heron", PASSPHRASE).await;
    // The passphrase of the file does not tell the code, which has to open the keys here too.
    let without_code = file_brought(&file, FILE_WORDS, &split).await;
    assert!(matches!(without_code, Err(wallet::FileError::CodeNeeded)));
    let brought = new.bring_to_host(&file, &scene.code, &[]).await;
    assert_eq!(
        (brought.status, brought.location.as_deref()),
        (StatusCode::SEE_OTHER, Some("/?brought")),
        "{}",
        brought.text
    );
    let said = "Close the one at the other place";
    assert!(new.get("/?brought").await.text.contains(said) && !new.get("/").await.text.contains(said));
    assert!(new.get("/details").await.text.contains("Potter of the harbour"));
    assert_eq!(host.browser().open("heron", PASSPHRASE).await.status, StatusCode::SEE_OTHER);
    // The code of before finds and opens it.
    let code = Split::code(&RecoveryCode::parse(&scene.code).unwrap());
    let mut lost = host.browser();
    let csrf = lost.get("/unlock/recovery").await.csrf("/unlock/recovery");
    let opened = lost.post_with(&[("csrf", &csrf)], "/unlock/recovery", &code.fields).await;
    assert_eq!(opened.location.as_deref(), Some("/ways"), "{}", opened.text);
    // Both ways in lead to the keys, and the key that came is one of theirs.
    let page = lost.get("/keys/session").await;
    let told: serde_json::Value = serde_json::from_str(&page.text).unwrap();
    for (name, by) in [("passphrase", &split), ("recovery_code", &code)] {
        let wrapped = wallet::WrappedKeys::parse(told["wrapped"][name].as_str().unwrap()).unwrap();
        assert!(MemberKeys::unwrapped(by, &wrapped).is_some(), "{name}");
    }
    // With a passkey, at another host.
    let host = Host::new(Making::by_anybody());
    let by_passkey = Split::passkey(&base64url::encode([3; 32]), &[9; 32]);
    let mut other = host.browser();
    let page = other.get("/make/bring").await;
    let brought = other.bring_by(&page, &file, &scene.code, &by_passkey, &[("name", "")]).await;
    assert_eq!(brought.status, StatusCode::SEE_OTHER);
    assert!(other.get("/details").await.text.contains("Potter of the harbour"));
}

#[tokio::test]
async fn a_wallet_goes_from_a_host_to_another_and_to_ones_own_machine_with_its_keys() {
    let host = Host::new(Making::by_anybody());
    let mut old = host.member("heron").await;
    let csrf = old.get("/details").await.csrf("/details");
    old.post("/details", &[("csrf", &csrf), ("bio", "Potter of the harbour")]).await;
    // Without the half that stays in the browser no file is written.
    let csrf = old.get("/export").await.csrf("/export");
    let typed =
        [("csrf", csrf.as_str()), ("purpose", "keep"), ("passphrase", FILE_WORDS), ("again", FILE_WORDS)];
    let refused = old.post("/export", &typed).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(refused.text.contains("This host keeps your keys in your browser"), "{}", refused.text);
    let begun = file_begun(FILE_WORDS, Cost::LEAST, None).await.unwrap();
    let refused = old.post_with(&[("csrf", &csrf), ("purpose", "move")], "/export", &begun).await;
    assert!(refused.text.contains("does not have the keys of your wallet at hand"), "{}", refused.text);
    assert_eq!(old.get("/open").await.status, StatusCode::OK, "nothing rests");
    let file = old.export("keep").await;
    let other = Host::new(Making::by_anybody());
    let mut new = other.browser();
    assert_eq!(new.bring_to_host(&file, FILE_WORDS, &[]).await.status, StatusCode::SEE_OTHER);
    assert!(new.get("/details").await.text.contains("Potter of the harbour"));
    // The keys of before are those of now, and so is the recovery code that was never tried.
    let keys = old.keys.as_ref().unwrap();
    let csrf = new.get("/recovery").await.csrf("/recovery");
    let shown = new.post("/recovery", &[("csrf", &csrf)]).await;
    let sealed = shown.text.split("data-sealed=\"").nth(1).unwrap().split('"').next().unwrap();
    let code = keys.shown(sealed).unwrap();
    let empty = Empty::new();
    let mut own = empty.browser();
    assert_eq!(own.bring(&empty.link, &file, &[("words", &code)]).await.status, StatusCode::SEE_OTHER);
    assert!(own.get("/details").await.text.contains("Potter of the harbour"));
    let csrf = own.get("/recovery").await.csrf("/recovery");
    assert!(own.post("/recovery", &[("csrf", &csrf)]).await.text.contains(&code));
}

#[tokio::test]
async fn a_wallet_that_was_moved_rests_until_it_is_taken_up_again() {
    let scene = Scene::new().await;
    let mut browser = lived_in(&scene).await;
    let (open, details) =
        (browser.get("/open").await.csrf("/open"), browser.get("/details").await.csrf("/details"));
    assert_eq!(browser.get("/moved").await.location.as_deref(), Some("/"));
    browser.export("keep").await;
    assert_eq!(browser.get("/open").await.status, StatusCode::OK, "who keeps a file goes on");
    browser.export("move").await;
    for path in ["/", "/spaces", "/history", "/details", "/ways", "/export", "/close", "/lost"] {
        let page = browser.get(path).await;
        assert_eq!(page.status, StatusCode::OK, "{path}");
        assert!(page.text.contains("Your wallet was moved on 2026-11-18."), "{path}");
    }
    for path in ["/open", "/scan", "/authorize?client_id=x", "/change?claim=bio"] {
        assert_eq!(browser.get(path).await.location.as_deref(), Some("/moved"), "{path}");
    }
    let sent = [
        ("/open", open.as_str(), ("link", "openid4vp://?client_id=x&request_uri=https%3A%2F%2Fx.example")),
        ("/details", &details, ("bio", "Other")),
        ("/messages/open", "", ("id", "x")),
        ("/change/send", "", ("claim", "bio")),
    ];
    for (path, csrf, field) in sent {
        let shown = browser.post(path, &[("csrf", csrf), field]).await;
        assert_eq!(
            (shown.status, shown.location.as_deref()),
            (StatusCode::SEE_OTHER, Some("/moved")),
            "{path}"
        );
    }
    assert!(browser.get("/details").await.text.contains("Potter of the harbour"));
    let csrf = browser.get("/moved").await.csrf("/moved");
    let unsure = browser.post("/moved", &[("csrf", &csrf)]).await;
    assert_eq!(unsure.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(browser.get("/open").await.location.as_deref(), Some("/moved"));
    let taken_up = browser.post("/moved", &[("csrf", &csrf), ("sure", "yes")]).await;
    assert_eq!(taken_up.location.as_deref(), Some("/"));
    assert_eq!(browser.get("/open").await.status, StatusCode::OK);
    assert!(!browser.get("/").await.text.contains("was moved on"));
}

#[tokio::test]
async fn a_file_has_a_passphrase_that_was_typed_twice_and_is_long_enough() {
    let scene = Scene::new().await;
    let mut browser = lived_in(&scene).await;
    for path in ["/export", "/history/export"] {
        for (first, second, said) in
            [("short", "short", "at least 8 characters"), (FILE_WORDS, "other words", "passphrases differ")]
        {
            let csrf = browser.get(path).await.csrf(path);
            let fields =
                [("csrf", csrf.as_str()), ("purpose", "move"), ("passphrase", first), ("again", second)];
            let refused = browser.post(path, &fields).await;
            assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{path}");
            assert!(refused.text.contains(said) && !refused.text.contains(first), "{}", refused.text);
        }
    }
    // What it is for is chosen by nobody else.
    let page = browser.get("/export").await;
    assert!(!page.text.contains(" checked"), "{}", page.text);
    let fields =
        [("csrf", page.csrf("/export")), ("passphrase", FILE_WORDS.into()), ("again", FILE_WORDS.into())];
    let refused =
        browser.post("/export", &fields.each_ref().map(|(name, value)| (*name, value.as_str()))).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(refused.text.contains("Choose what the file is for."), "{}", refused.text);
    assert_eq!(browser.get("/open").await.status, StatusCode::OK, "nothing rests");
    let csrf = browser.get("/history/export").await.csrf("/history/export");
    let fields = [("csrf", csrf.as_str()), ("passphrase", FILE_WORDS), ("again", FILE_WORDS)];
    let file = browser.bytes("/history/export", &fields).await;
    let words = Passphrase::new(FILE_WORDS).unwrap();
    let read = wallet::HistoryFile::open(&file, &wallet::FileKey::Passphrase(&words)).await.unwrap();
    let shown: serde_json::Value = serde_json::from_str(&browser.get("/history.json").await.text).unwrap();
    assert_eq!(*read.content(), shown);
}

#[tokio::test]
async fn who_finds_a_wallet_open_neither_carries_it_away_nor_closes_it() {
    let scene = Scene::new().await;
    let mut browser = lived_in(&scene).await;
    let (export, close) =
        (browser.get("/export").await.csrf("/export"), browser.get("/close").await.csrf("/close"));
    scene.clock.advance(601);
    for path in ["/export", "/close"] {
        let page = browser.get(path).await;
        assert!(page.text.contains("Open your wallet anew first"), "{}", page.text);
        assert!(!page.text.contains(&format!("action=\"{path}\"")), "{path}");
    }
    let fields =
        [("csrf", export.as_str()), ("purpose", "move"), ("passphrase", FILE_WORDS), ("again", FILE_WORDS)];
    let refused = browser.post("/export", &fields).await;
    assert!(refused.text.contains("Open your wallet anew first"), "{}", refused.text);
    let refused = browser.post("/close", &[("csrf", &close), ("sure", "yes")]).await;
    assert!(refused.text.contains("Open your wallet anew first"), "{}", refused.text);
    assert_eq!(browser.get("/open").await.status, StatusCode::OK, "it neither rests nor is it closed");

    let mut borrowed = scene.browser();
    borrowed.unlock_borrowed(PASSPHRASE).await;
    let page = borrowed.get("/export").await;
    assert!(page.text.contains("This is not your device") && !page.text.contains("action=\"/export\""));
}

#[tokio::test]
async fn nobody_carries_away_or_closes_a_wallet_without_a_session_and_the_form_of_its_page() {
    let scene = Scene::new().await;
    let mut browser = lived_in(&scene).await;
    let other = browser.get("/details").await.csrf("/details");
    for path in ["/export", "/history/export", "/moved", "/close", "/lost/begin", "/lost/sessions"] {
        let fields =
            [("csrf", other.as_str()), ("sure", "yes"), ("passphrase", FILE_WORDS), ("again", FILE_WORDS)];
        assert_eq!(browser.post(path, &fields).await.status, StatusCode::FORBIDDEN, "{path}");
        let nobody = scene.browser().post(path, &fields).await;
        assert_eq!(
            (nobody.status, nobody.location.as_deref()),
            (StatusCode::SEE_OTHER, Some("/unlock")),
            "{path}"
        );
    }
    assert_eq!(browser.get("/open").await.status, StatusCode::OK);
}

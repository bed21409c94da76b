//! What is brought along, and what is not taken in.

use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};

use axum::body::{Bytes, HttpBody};
use hyper::body::Frame;

use super::*;

#[tokio::test]
async fn a_host_takes_no_file_with_a_key_or_a_code_in_the_open_and_none_that_leads_to_no_keys() {
    let scene = with_a_key().await;
    let file = lived_in(&scene).await.export("keep").await;
    let history = {
        let mut old = scene.browser();
        old.unlock(PASSPHRASE).await;
        let csrf = old.get("/history/export").await.csrf("/history/export");
        let fields = [("csrf", csrf.as_str()), ("passphrase", FILE_WORDS), ("again", FILE_WORDS)];
        old.bytes("/history/export", &fields).await
    };
    let host = Host::new(Making::by_anybody());
    let mut new = host.browser();
    let page = new.get("/make/bring").await;
    let by = new.split(&page, "heron", PASSPHRASE).await;
    let (closed, brought) = file_brought(&file, &scene.code, &by).await.unwrap();
    let in_the_open = wallet::testing::file_secret(&file, FILE_WORDS).await.unwrap();
    let mut changed = closed.clone();
    *changed.last_mut().unwrap() ^= 1;
    let (csrf, wallet) = (page.csrf("/make/bring"), page.field("/make/bring", "wallet"));
    let mut fields = vec![("csrf", csrf.as_str()), ("wallet", &wallet), ("name", "heron")];
    fields.extend(by.fields.iter().chain(&brought).map(|(name, value)| (*name, value.as_str())));
    let nothing: &[(&str, &str)] = &[];
    let scripts = "This host keeps your keys in your browser";
    for (file, change, said) in [
        (&file, &[("file_key", in_the_open.as_str())][..], scripts),
        (&closed, &[("keys", "")], scripts),
        (&closed, &[("code_keys", "")], scripts),
        (&closed, &[("file_key", "")], scripts),
        (&closed, &[("stretched", "")], scripts),
        (&closed, &[("name", "a b")], "A name has 3 to 60"),
        (&closed, &[("file_key", in_the_open.as_str())], "This file is not as it was written."),
        (&changed, nothing, "This file is not as it was written."),
        (&history, nothing, "This is the file of a history."),
        (&b"PK\x03\x04".to_vec(), nothing, "This is no file of a wallet."),
        (&Vec::new(), nothing, "Choose the file of your wallet."),
    ] {
        let mut sent = fields.clone();
        for (name, value) in change {
            sent.retain(|(field, _)| field != name);
            sent.push((name, value));
        }
        let refused = new.post_file("/make/bring", &sent, file).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{said}");
        assert!(refused.text.contains(said), "{said}: {}", refused.text);
        assert!(new.wallet.is_none());
    }
    assert_eq!(host.desks.manned_now(), 0);
    assert_eq!(new.post_file("/make/bring", &fields, &closed).await.status, StatusCode::SEE_OTHER);
}
#[tokio::test]
async fn what_is_no_whole_wallet_is_not_brought_along_and_is_told_why() {
    let scene = Scene::new().await;
    let mut old = lived_in(&scene).await;
    let file = old.export("keep").await;
    let csrf = old.get("/history/export").await.csrf("/history/export");
    let fields = [("csrf", csrf.as_str()), ("passphrase", FILE_WORDS), ("again", FILE_WORDS)];
    let history = old.bytes("/history/export", &fields).await;
    let mut changed = file.clone();
    *changed.last_mut().unwrap() ^= 1;
    let empty = Empty::new();
    let mut new = empty.browser();
    let nothing: &[(&str, &str)] = &[];
    for (file, change, said) in [
        (&b""[..], nothing, "Choose the file of your wallet."),
        (b"PK\x03\x04", nothing, "This is no file of a wallet."),
        (b"passport-wallet-file 2\n", nothing, "There is something in this file"),
        (&history, nothing, "This is the file of a history."),
        (&changed, nothing, "This file is not as it was written."),
        (&file, &[("words", "other words")], "This does not open the file."),
        (&file, &[("words", "0123-4567-89AB-CDEF-GHJK-MNPQ-RSTV-WXYZ")], "This does not open the file."),
        (&file, &[("words", "")], "Type the passphrase of the file"),
        (&file, &[("passphrase", "short")], "at least 8 characters"),
    ] {
        let refused = new.bring(&empty.link, file, change).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{said}");
        assert!(refused.text.contains(said), "{said}: {}", refused.text);
        assert!(!refused.text.contains(FILE_WORDS) && new.wallet.is_none());
    }
    assert!(!empty.has_wallet().await);
    assert_eq!(new.bring(&empty.link, &file, &[]).await.status, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn what_is_wrong_with_a_file_leaves_the_form_of_the_same_wallet() {
    let scene = Scene::new().await;
    let file = lived_in(&scene).await.export("keep").await;
    let host = Host::new(Making::by_anybody());
    let mut new = host.browser();
    let page = new.get("/make/bring").await;
    let (csrf, wallet) = (page.csrf("/make/bring"), page.field("/make/bring", "wallet"));
    let by = new.split(&page, "heron", PASSPHRASE).await;
    let (file, brought) = file_brought(&file, &scene.code, &by).await.unwrap();
    let mut fields = vec![("csrf", csrf.as_str()), ("wallet", &wallet), ("name", "heron")];
    fields.extend(by.fields.iter().chain(&brought).map(|(name, value)| (*name, value.as_str())));
    let refused = new.post_file("/make/bring", &fields, b"something else").await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(refused.field("/make/bring", "wallet"), wallet, "what was taken for it stays its own");
    assert_eq!(new.post_file("/make/bring", &fields, &file).await.status, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn a_form_with_a_file_is_as_strict_as_every_other() {
    let scene = Scene::new().await;
    let file = lived_in(&scene).await.export("keep").await;
    let host = Host::new(Making::by_anybody());
    let mut new = host.browser();
    let page = new.get("/make/bring").await;
    let (csrf, wallet) = (page.csrf("/make/bring"), page.field("/make/bring", "wallet"));
    let by = new.split(&page, "heron", PASSPHRASE).await;
    let (file, brought) = file_brought(&file, &scene.code, &by).await.unwrap();
    let mut rest = vec![("wallet", wallet.as_str()), ("name", "heron")];
    rest.extend(by.fields.iter().chain(&brought).map(|(name, value)| (*name, value.as_str())));
    let with = |first: &[(&'static str, &str)]| -> Vec<(String, String)> {
        let all = first.iter().chain(&rest);
        all.map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    };
    let other = new.get("/unlock?other=1").await.csrf("/unlock");
    let cases = [
        (with(&[("csrf", &other)]), StatusCode::FORBIDDEN),
        (with(&[("csrf", "")]), StatusCode::FORBIDDEN),
        (with(&[]), StatusCode::FORBIDDEN),
        (with(&[("csrf", &csrf), ("name", "stork")]), StatusCode::BAD_REQUEST),
        (with(&[("csrf", &csrf), ("file", "x")]), StatusCode::BAD_REQUEST),
    ];
    for (number, (fields, status)) in cases.into_iter().enumerate() {
        let fields: Vec<(&str, &str)> =
            fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        assert_eq!(new.post_file("/make/bring", &fields, &file).await.status, status, "{number}");
    }
    let urlencoded = new.post("/make/bring", &[("csrf", &csrf)]).await;
    assert_eq!(urlencoded.status, StatusCode::BAD_REQUEST);
    let mut nobody = host.browser();
    let fields = [&[("csrf", csrf.as_str())][..], &rest].concat();
    assert_eq!(nobody.post_file("/make/bring", &fields, &file).await.status, StatusCode::FORBIDDEN);
    assert_eq!(host.desks.manned_now(), 0);
    assert_eq!(new.post_file("/make/bring", &fields, &file).await.status, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn a_file_that_is_too_large_is_not_read_to_its_end() {
    let host = Host::new(Making::by_anybody());
    let mut new = host.browser();
    let csrf = new.get("/make/bring").await.csrf("/make/bring");
    let long = "x".repeat(5_000);
    for (name, file) in [("heron", &vec![b'x'; (32 << 20) + 1]), (long.as_str(), &vec![b'x'])] {
        let refused = new.post_file("/make/bring", &[("csrf", csrf.as_str()), ("name", name)], file).await;
        assert_eq!(refused.status, StatusCode::PAYLOAD_TOO_LARGE);
        assert!(refused.text.contains("larger than the file of a wallet"), "{}", refused.text);
    }
}

/// A body of which the second part never comes.
struct Halted(Option<Bytes>);

impl HttpBody for Halted {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        self.0.take().map_or(Poll::Pending, |part| Poll::Ready(Some(Ok(Frame::data(part)))))
    }
}

#[tokio::test(start_paused = true)]
async fn a_file_that_does_not_come_is_not_waited_for() {
    let host = Host::new(Making::by_anybody());
    let mut new = host.browser();
    let csrf = new.get("/make/bring").await.csrf("/make/bring");
    let (kind, mut body) = multipart(&[("csrf", &csrf), ("name", "heron")], &[b'x'; 100]);
    body.truncate(body.len() - 50);
    let begun = tokio::time::Instant::now();
    let request = Request::post("/make/bring").header(CONTENT_TYPE, kind);
    let refused = new.send(request, Body::new(Halted(Some(body.into())))).await;
    assert_eq!((refused.status, begun.elapsed().as_secs()), (StatusCode::REQUEST_TIMEOUT, 10));
    assert!(refused.text.contains("This file came too slowly"), "{}", refused.text);
    assert_eq!(host.desks.manned_now(), 0);
}

#[tokio::test]
async fn whoever_may_make_no_wallet_brings_none_along() {
    let scene = Scene::new().await;
    let file = lived_in(&scene).await.export("keep").await;
    // There is a wallet, and nobody makes one.
    let mut browser = scene.browser();
    let page = browser.get("/make/bring").await;
    assert_eq!(page.status, StatusCode::CONFLICT);
    assert!(
        page.text.contains("A wallet is here already") && !page.text.contains("type=\"file\""),
        "{}",
        page.text
    );
    let host = Host::new(Making::default());
    let mut new = host.browser();
    let refused = new.bring_to_host(&file, &scene.code, &[]).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(new.wallet.is_none());
    assert_eq!(host.desks.manned_now(), 0);
}

#[tokio::test]
async fn a_wallet_that_is_brought_along_twice_is_here_once_until_it_is_closed() {
    let scene = with_a_key().await;
    let mut old = lived_in(&scene).await;
    let file = old.export("keep").await;
    let csrf = old.get("/details").await.csrf("/details");
    old.post("/details", &[("csrf", &csrf), ("bio", "Painter by now")]).await;
    let later = old.export("keep").await;
    let host = Host::new(Making::by_anybody());
    let mut new = host.browser();
    assert_eq!(new.bring_to_host(&file, &scene.code, &[]).await.status, StatusCode::SEE_OTHER);
    // The same file, and a later one of the same wallet, under another name.
    for (file, name) in [(&file, "stork"), (&later, "crane")] {
        let mut other = host.browser();
        let refused = other.bring_to_host(file, &scene.code, &[("name", name)]).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(refused.text.contains("This wallet is here already"), "{}", refused.text);
        assert!(other.wallet.is_none());
        // The name was not taken for it.
        let free = wallet::VaultName::parse(name).unwrap();
        assert!(host.desks.vaults().named(&free).await.unwrap().id.is_none());
    }
    assert!(new.get("/details").await.text.contains("Potter of the harbour"), "nothing has changed");
    // Closed, it can be brought along again.
    let csrf = new.get("/close").await.csrf("/close");
    let closed = new.post("/close", &[("csrf", &csrf), ("sure", "yes")]).await;
    assert_eq!(closed.status, StatusCode::SEE_OTHER);
    let mut again = host.browser();
    assert_eq!(again.bring_to_host(&later, &scene.code, &[]).await.status, StatusCode::SEE_OTHER);
    assert!(again.get("/details").await.text.contains("Painter by now"));
}

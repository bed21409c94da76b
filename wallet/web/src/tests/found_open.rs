//! What whoever finds a wallet open can do to its member: not let themselves in for good, and not lock the member out.

use super::ways::{KEY, add, by_passkey, credential, remove, set_passphrase};
use super::*;

const ANEW: &str = "/unlock?anew=yes&next=%2Fways";

/// A wallet that has been open for some minutes, without a passphrase: the member's passkey is number 1.
async fn left_open(scene: &Scene, minutes: i64) -> Browser<'_> {
    let mut phone = scene.browser();
    phone.unlock(PASSPHRASE).await;
    add(&mut phone, 1, "phone").await;
    for _ in 0..minutes {
        scene.clock.advance(60);
        phone.get("/").await;
    }
    phone
}

#[tokio::test]
async fn who_finds_it_open_adds_no_passkey_of_theirs_and_takes_none_of_the_members_away() {
    let scene = Scene::new().await;
    let mut found = left_open(&scene, 11).await;
    let page = found.get("/ways").await;
    assert!(page.text.contains("href=\"/unlock?anew=yes&#38;next=%2Fways\""), "{}", page.text);
    for form in ["action=\"/ways/passkeys\"", "action=\"/ways/passkeys/remove\""] {
        assert!(!page.text.contains(form), "{form} is offered");
    }
    // As whoever writes the form themselves sends it.
    let csrf = page.csrf("/ways/passphrase");
    let (key, salt) = (jose::base64url::encode(KEY), jose::base64url::encode([1; 32]));
    let theirs = credential(2);
    let fields =
        [("csrf", csrf.as_str()), ("credential", &theirs), ("key", &key), ("salt", &salt), ("name", "x")];
    let added = found.post("/ways/passkeys", &fields).await;
    assert_eq!((added.status, added.location.as_deref()), (StatusCode::SEE_OTHER, Some(ANEW)));
    let members = credential(1);
    let removed = found.post("/ways/passkeys/remove", &[("csrf", &csrf), ("credential", &members)]).await;
    assert_eq!((removed.status, removed.location.as_deref()), (StatusCode::SEE_OTHER, Some(ANEW)));
    let mut other = scene.browser();
    assert_eq!(by_passkey(&mut other, 2, &key).await.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(
        by_passkey(&mut other, 1, &key).await.status,
        StatusCode::SEE_OTHER,
        "the member's own still does"
    );
}

#[tokio::test]
async fn whoever_opens_it_once_more_comes_back_in_a_session_of_its_own_and_does_it() {
    let scene = Scene::new().await;
    let mut phone = left_open(&scene, 11).await;
    let before = phone.cookie.clone();
    let page = phone.get(ANEW).await;
    assert_eq!(page.status, StatusCode::OK, "an open wallet is asked for its secret all the same");
    assert!(page.text.contains("Open it once more."), "{}", page.text);
    assert_eq!(page.field("/unlock", "next"), "/ways");
    let csrf = page.csrf("/unlock");
    for (typed, status) in
        [("wrong words here", StatusCode::UNPROCESSABLE_ENTITY), (PASSPHRASE, StatusCode::SEE_OTHER)]
    {
        let fields = [("csrf", csrf.as_str()), ("next", "/ways"), ("passphrase", typed)];
        let shown = phone.post("/unlock", &fields).await;
        assert_eq!(shown.status, status, "{typed}");
        assert_eq!(phone.cookie == before, typed != PASSPHRASE, "{typed}");
    }
    assert_eq!(add(&mut phone, 2, "").await.location.as_deref(), Some("/ways"));
    assert_eq!(remove(&mut phone, 1).await.location.as_deref(), Some("/ways?set=no-passkey"));
    let mut old = scene.browser();
    old.cookie = before;
    assert_eq!(old.get("/").await.location.as_deref(), Some("/unlock"), "the session of before has ended");
}

#[tokio::test]
async fn a_form_that_was_offered_is_taken_for_some_minutes_more_and_then_no_longer() {
    let scene = Scene::new().await;
    let mut phone = left_open(&scene, 5).await;
    let csrf = phone.get("/ways").await.csrf("/ways/passkeys");
    let (key, salt) = (jose::base64url::encode(KEY), jose::base64url::encode([1; 32]));
    for (seconds, number, to) in [(300, 2, "/ways"), (1, 3, ANEW)] {
        scene.clock.advance(seconds);
        let credential = credential(number);
        let fields = [
            ("csrf", csrf.as_str()),
            ("credential", &credential),
            ("key", &key),
            ("salt", &salt),
            ("name", ""),
        ];
        let sent = phone.post("/ways/passkeys", &fields).await;
        assert_eq!(sent.location.as_deref(), Some(to), "{number}");
    }
}

#[tokio::test]
async fn at_a_device_of_somebody_else_opening_once_more_does_not_make_it_the_members() {
    let scene = Scene::new().await;
    let mut borrowed = scene.browser();
    borrowed.unlock_borrowed(PASSPHRASE).await;
    let page = borrowed.get("/unlock?anew=yes&next=%2Frecovery").await;
    assert!(
        page.text.contains("name=\"borrowed\" value=\"yes\"") && page.text.contains(" checked>"),
        "{}",
        page.text
    );
}

#[tokio::test]
async fn a_wallet_without_a_passphrase_gets_none_from_who_finds_it_open() {
    const THEIRS: &str = "words of a stranger";
    let host = Host::new(Making::by_anybody());
    let mut found = host.browser();
    let page = found.get("/unlock?other=1").await;
    let (csrf, wallet) = (page.csrf("/make/passkey"), page.field("/make/passkey", "wallet"));
    let (keys, begun) = MemberKeys::begin(&Split::passkey(&credential(1), &KEY)).unwrap();
    let fields = [("csrf", csrf.as_str()), ("wallet", &wallet)];
    assert_eq!(found.post_with(&fields, "/make/passkey", &begun).await.status, StatusCode::SEE_OTHER);
    for _ in 0..11 {
        host.clock.advance(60);
        found.get("/").await;
    }
    let page = found.get("/ways").await;
    assert!(!page.text.contains("action=\"/ways/passphrase\""), "{}", page.text);
    let csrf = page.csrf("/ways/recovery");
    // As the page's script would send it.
    let split =
        Split::passphrase(THEIRS, &salt_of_name("wallet.localhost", "heron"), Cost::LEAST).await.unwrap();
    let mut added = split.fields.clone();
    added.push(("keys", keys.wrapped(&split).unwrap()));
    let fields = [("csrf", csrf.as_str()), ("name", "heron")];
    let set = found.post_with(&fields, "/ways/passphrase", &added).await;
    assert_eq!((set.status, set.location.as_deref()), (StatusCode::SEE_OTHER, Some(ANEW)));
    assert_eq!(host.browser().open("heron", THEIRS).await.status, StatusCode::UNPROCESSABLE_ENTITY);
    // Nor is the code shown that its member has never looked at.
    let page = found.get("/recovery").await;
    assert!(!page.text.contains("action=\"/recovery\""), "{}", page.text);
    assert!(page.text.contains("/unlock?anew=yes&#38;next=%2Frecovery"), "{}", page.text);
}

#[tokio::test]
async fn with_another_passphrase_and_without_a_passkey_it_is_locked_everywhere_else() {
    const NEXT: &str = "other right words";
    let scene = Scene::new().await;
    let (mut phone, mut thief) = (scene.browser(), scene.browser());
    phone.unlock(PASSPHRASE).await;
    thief.unlock(PASSPHRASE).await;
    let set = set_passphrase(&mut phone, PASSPHRASE, NEXT, NEXT).await;
    assert_eq!(set.location.as_deref(), Some("/ways?set=other-passphrase"));
    assert_eq!(thief.get("/").await.location.as_deref(), Some("/unlock"));
    let page = phone.get("/ways?set=other-passphrase").await;
    assert!(page.text.contains("Everywhere else it is locked."), "{}", page.text);
    add(&mut phone, 1, "").await;
    assert_eq!(by_passkey(&mut thief, 1, &jose::base64url::encode(KEY)).await.status, StatusCode::SEE_OTHER);
    assert_eq!(thief.get("/").await.status, StatusCode::OK);
    remove(&mut phone, 1).await;
    assert_eq!(thief.get("/").await.location.as_deref(), Some("/unlock"));
    assert_eq!(phone.get("/").await.status, StatusCode::OK);
}

//! Nothing of one wallet of a host works in another: every route, with the session and the forms that another wallet's owner has.

use super::hostile::{Address, OF_OTHERS, addresses};
use super::*;

/// Whether an address is anybody's, with an opened wallet and without one.
fn is_anybodys(path: &str) -> bool {
    let of_opening =
        ["/unlock", "/unlock/passkey", "/unlock/recovery", "/make", "/make/passkey", "/make/bring"];
    let of_nobody = ["/offline", "/left", "/closed"];
    let is_file = [".js", ".png", ".webmanifest"].iter().any(|end| path.ends_with(end));
    is_file || [&of_opening[..], &of_nobody, &OF_OTHERS].concat().contains(&path)
}

/// What scripts send with a token of their own, which is looked at first.
const SENT_BY_SCRIPTS: [&str; 2] = ["/asked/name/check", "/keys/done"];

/// What scripts ask, and are told where the wallet is not open.
fn told_to_scripts(path: &str) -> Option<&'static str> {
    match path {
        "/keys/session" | "/keys/next" => Some(r#"{"closed":true}"#),
        "/live" => Some("retry: 3000\n\nid: \nevent: locked\ndata: \n\n"),
        path if path.ends_with("/status") => Some(r#"{"state":"gone"}"#),
        _ => None,
    }
}

/// The name of a question that is open in the wallet of this browser.
async fn question(browser: &mut Browser<'_>) -> String {
    let link = "/authorize?client_id=decentralized_identifier%3Adid%3Aweb%3Akiln.example&request_uri=https%3A%2F%2Fkiln.example%2Fr";
    let address = browser.get(link).await.location.unwrap();
    address.strip_prefix("/asked/").unwrap().to_owned()
}

#[tokio::test]
async fn a_session_of_one_wallet_opens_no_route_of_another() {
    let host = Host::new(Making::by_anybody());
    let (mut ada, mut ben) = (host.member("heron").await, host.member("stork").await);
    let name = question(&mut ben).await;
    let csrf = ada.get("/").await.csrf("/lock");
    // Ada's session, said to be of Ben's wallet.
    let mut mixed = host.browser();
    let mut seen = 0;
    for Address { path, is_get, is_post } in addresses().into_iter().filter(|one| !is_anybodys(&one.path)) {
        for is_sent in [is_get.then_some(false), is_post.then_some(true)].into_iter().flatten() {
            (mixed.cookie, mixed.wallet) = (ada.cookie.clone(), ben.wallet.clone());
            let address = path.replace("/asked/name", &format!("/asked/{name}"));
            let shown = match is_sent {
                false => mixed.get(&address).await,
                true => mixed.post(&address, &[("csrf", &csrf), ("session", "x"), ("id", "x")]).await,
            };
            seen += 1;
            if SENT_BY_SCRIPTS.contains(&path.as_str()) {
                assert_eq!(shown.status, StatusCode::FORBIDDEN, "{address}");
                continue;
            }
            if let Some(told) = told_to_scripts(&path) {
                assert_eq!((shown.status, shown.text.as_str()), (StatusCode::OK, told), "{address}");
                continue;
            }
            assert_eq!(shown.status, StatusCode::SEE_OTHER, "{address}, sent: {is_sent}");
            assert!(shown.location.unwrap().starts_with("/unlock"), "{address}, sent: {is_sent}");
        }
    }
    assert!(seen > 70, "{seen}");
    assert_eq!((ada.get("/").await.status, ben.get("/").await.status), (StatusCode::OK, StatusCode::OK));
}

#[tokio::test]
async fn a_form_of_one_wallet_is_refused_in_another() {
    let host = Host::new(Making::by_anybody());
    let (mut ada, mut ben) = (host.member("heron").await, host.member("stork").await);
    let name = question(&mut ben).await;
    let pages = [
        ("/", "/lock"),
        ("/open", "/open"),
        ("/details", "/details"),
        ("/ways", "/ways/sessions/end"),
        ("/recovery", "/recovery"),
    ];
    let mut tokens = Vec::new();
    for (page, action) in pages {
        tokens.push(ada.get(page).await.csrf(action));
    }
    let sent = addresses().into_iter().filter(|one| one.is_post && !is_anybodys(&one.path));
    for Address { path, .. } in sent {
        let address = path.replace("/asked/name", &format!("/asked/{name}"));
        for csrf in &tokens {
            let fields = [("csrf", csrf.as_str()), ("session", "x"), ("id", "x")];
            assert_eq!(ben.post(&address, &fields).await.status, StatusCode::FORBIDDEN, "{address}");
        }
    }
    assert_eq!(ben.get("/").await.status, StatusCode::OK);
}

#[tokio::test]
async fn questions_and_sessions_of_one_wallet_are_not_there_in_another() {
    let host = Host::new(Making::by_anybody());
    let (mut ada, mut ben) = (host.member("heron").await, host.member("stork").await);
    let name = question(&mut ben).await;
    assert_eq!(ada.get(&format!("/asked/{name}")).await.status, StatusCode::NOT_FOUND);
    assert_eq!(ada.get(&format!("/asked/{name}/status")).await.text, r#"{"state":"gone"}"#);
    let ways = ben.get("/ways").await;
    let session = ways.field("/ways/sessions/end", "session");
    let csrf = ada.get("/ways").await.csrf("/ways/sessions/end");
    ada.post("/ways/sessions/end", &[("csrf", &csrf), ("session", &session)]).await;
    assert_eq!(ben.get("/").await.status, StatusCode::OK, "nobody else ended it");
    assert_eq!(ada.get("/ways").await.text.matches("name=\"session\"").count(), 1);
    let history = ada.get("/history").await;
    assert!(history.text.contains("Nothing has happened yet."), "what happened is the other's");
    // The manifest and everything else that is anybody's says nothing of whose browser it is.
    let (known, nobody) =
        (ada.get("/manifest.webmanifest").await, host.browser().get("/manifest.webmanifest").await);
    assert_eq!(known.text, nobody.text);
}

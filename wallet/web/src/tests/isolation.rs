//! Nothing of one wallet of a host works in another: every route, with everything that another wallet's owner holds.

use super::*;

/// Every address that needs an opened wallet, with what its form would hold.
const ADDRESSES: [(&str, &str); 23] = [
    ("GET", "/"),
    ("POST", "/lock"),
    ("GET", "/authorize?client_id=x&request_uri=https%3A%2F%2Fkiln.example%2Fr"),
    ("GET", "/open"),
    ("POST", "/open"),
    ("GET", "/asked/{name}"),
    ("POST", "/asked/{name}"),
    ("POST", "/awaited"),
    ("GET", "/details"),
    ("POST", "/details"),
    ("GET", "/messages"),
    ("POST", "/messages/open"),
    ("POST", "/messages/delete"),
    ("POST", "/messages/block"),
    ("GET", "/spaces"),
    ("GET", "/history"),
    ("GET", "/history.json"),
    ("GET", "/ways"),
    ("POST", "/ways/passkeys"),
    ("POST", "/ways/passphrase"),
    ("POST", "/ways/recovery"),
    ("POST", "/ways/passkeys/remove"),
    ("POST", "/ways/sessions/end"),
];

const RECOVERY: [(&str, &str); 2] = [("GET", "/recovery"), ("POST", "/recovery")];

/// The name of a question that is open in the wallet of this browser.
async fn question(browser: &mut Browser<'_>) -> String {
    let link = "/authorize?client_id=decentralized_identifier%3Adid%3Aweb%3Akiln.example&request_uri=https%3A%2F%2Fkiln.example%2Fr";
    let address = browser.get(link).await.location.unwrap();
    address.strip_prefix("/asked/").unwrap().to_owned()
}

async fn send(browser: &mut Browser<'_>, method: &str, address: &str, csrf: &str, session: &str) -> Shown {
    match method {
        "GET" => browser.get(address).await,
        _ => browser.post(address, &[("csrf", csrf), ("session", session), ("id", "x")]).await,
    }
}

#[tokio::test]
async fn a_session_of_one_wallet_opens_no_route_of_another() {
    let host = Host::new(Making::by_anybody());
    let (mut ada, mut ben) = (host.member("heron").await, host.member("stork").await);
    let name = question(&mut ben).await;
    let csrf = ada.get("/").await.csrf("/lock");
    // Ada's session, said to be of Ben's wallet.
    let mut mixed = host.browser();
    (mixed.cookie, mixed.wallet) = (ada.cookie.clone(), ben.wallet.clone());
    for (method, address) in ADDRESSES.iter().chain(&RECOVERY) {
        let address = address.replace("{name}", &name);
        let shown = send(&mut mixed, method, &address, &csrf, "x").await;
        assert_eq!(shown.status, StatusCode::SEE_OTHER, "{method} {address}");
        assert!(shown.location.unwrap().starts_with("/unlock"), "{method} {address}");
        (mixed.cookie, mixed.wallet) = (ada.cookie.clone(), ben.wallet.clone());
    }
    let status = mixed.get(&format!("/asked/{name}/status")).await;
    assert_eq!(status.text, r#"{"state":"gone"}"#);
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
    for (_, address) in ADDRESSES.iter().chain(&RECOVERY).filter(|(method, _)| *method == "POST") {
        for csrf in &tokens {
            let address = address.replace("{name}", &name);
            let shown = send(&mut ben, "POST", &address, csrf, "x").await;
            assert_eq!(shown.status, StatusCode::FORBIDDEN, "{address}");
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

//! One wallet with 10,000 entries in its history, 500 credentials and 10,000 messages.

use std::sync::Arc;

use axum::Router;
use benches::fixture;
use credentials::issuer_key::SignAs;
use credentials::sd_jwt::Decoys;
use credentials::vc::{Issuing, issue};
use environment::SeededRandomness;
use http::StatusCode;
use jose::Signer;
use serde_json::json;
use wallet::testing::{MadeSpace, Signed, hold_signed, make_member, receive_mail, tell};
use wallet::{Cost, Lifetime, NewWay, Passphrase, Vault, Vaults};
use wallet_web::{Desks, WalletWeb, router};

use crate::browser::{Browser, HOST, PASSPHRASE};
use crate::{NOW, Opener, environment, measured};

const ENTRIES: usize = 10_000;
const CREDENTIALS: usize = 500;
const MESSAGES: usize = 10_000;
const SPACES: usize = 50;

/// Measures the pages of a full wallet.
pub async fn run() {
    let folder = tempfile::tempdir().unwrap();
    let pages = filled(folder.path()).await;
    let mut browser = Browser::new(&pages, 1);
    browser.unlock().await;
    measured("history, the list of 10,000 entries made once", async || {
        browser.page("/history").await;
    })
    .await;
    let space = format!("/spaces/{}", attribute(&browser.page("/spaces").await, "href=\"/spaces/"));
    let history = browser.page("/history").await;
    let (_, spaces) = history.split_once("id=\"space\" name=\"space\">\n<option value=\"\">").unwrap();
    let of_one = format!("/history?space={}", attribute(spaces, "<option value=\""));
    for (what, path) in [
        ("home", "/"),
        ("what you can show, 500 kinds", "/held"),
        ("what you can show, the last page", "/held?from=475"),
        ("spaces, 50 of them", "/spaces"),
        ("a space", &space),
        ("history, a page of 10,000", "/history"),
        ("history, the last page", "/history?from=9950"),
        ("history of one space, 200 of 10,000", &of_one),
        ("history, all of it as JSON", "/history.json"),
        ("messages, a page of 10,000", "/messages"),
        ("messages, the last page", "/messages?from=9950"),
    ] {
        measured(what, async || {
            browser.page(path).await;
        })
        .await;
    }
    for (what, vct) in [
        ("a question about one of 500 kinds", "urn:example:kind-7"),
        ("a question that 250 of 500 could answer", "urn:example:same"),
    ] {
        let mut number = 0;
        measured(what, async || {
            number += 1;
            ask(&mut browser, vct, number).await;
        })
        .await;
    }
}

/// The rest of the first attribute that begins so.
fn attribute<'a>(page: &'a str, begins: &str) -> &'a str {
    page.split(begins).nth(1).unwrap().split('"').next().unwrap()
}

/// Opens a link with a request and waits for its question.
async fn ask(browser: &mut Browser, vct: &str, number: u32) {
    let to = format!("https://asker.example/response/{vct}/{number}");
    let query = json!({"credentials": [{"id": "one", "format": "dc+sd-jwt", "meta": {"vct_values": [vct]},
        "claims": [{"path": ["given_name"]}]}]});
    let link: String = url::form_urlencoded::Serializer::new("openid4vp://?".to_owned())
        .append_pair("client_id", &format!("redirect_uri:{to}"))
        .append_pair("response_type", "vp_token")
        .append_pair("response_mode", "direct_post")
        .append_pair("response_uri", &to)
        .append_pair("nonce", "a-nonce-of-sufficient-length")
        .append_pair("state", "state")
        .append_pair("dcql_query", &query.to_string())
        .finish();
    let csrf = browser.get("/open").await.field("/open", "csrf");
    let begun = browser.post("/open", &[("csrf", &csrf), ("link", &link)]).await;
    let address = begun.location.unwrap();
    let page = browser.get(&address).await;
    assert!(page.text.contains("value=\"share\""), "no question: {}", page.text);
    // It is left, so that the next one finds room.
    let (csrf, turn) = (page.field(&address, "csrf"), page.field(&address, "turn"));
    let left = browser.post(&address, &[("csrf", &csrf), ("turn", &turn), ("answer", "later")]).await;
    assert_eq!(left.status, StatusCode::SEE_OTHER, "{}", left.text);
}

async fn filled(folder: &std::path::Path) -> Router {
    let environment = environment();
    let store = folder.join("wallet");
    let passphrase = Passphrase::new(PASSPHRASE).unwrap();
    let way = NewWay::Passphrase(&passphrase, Cost::LEAST);
    let (vault, _) = Vault::create(&store, &way, &environment).await.unwrap();
    tell(&vault, ENTRIES, SPACES, NOW).await.unwrap();
    receive_mail(&vault, MESSAGES, NOW + 86_400).await.unwrap();
    hold_signed(&vault, &credentials()).await.unwrap();
    for number in 0..SPACES {
        let (did, host) = (format!("did:web:space-{number}.example"), format!("space-{number}.example"));
        let given = [
            ("email", "urn:example:own", json!("ada@example.org")),
            ("company", "urn:example:own", json!("Example Works")),
        ];
        let space = MadeSpace { did: &did, name: &host, host: &host, is_office: false, given: &given };
        make_member(&vault, &space).await.unwrap();
    }
    let vaults = Vaults::of(vault.locked(), &environment);
    let desks = Desks::new(vaults, Arc::new(Opener(environment.clone())), Lifetime::USUAL);
    let site = WalletWeb::new(Arc::new(desks), environment);
    web::Party::new(HOST, router(site)).into_router()
}

/// Half of them are of kinds of their own, half of one kind that many issuers give.
fn credentials() -> Vec<Signed> {
    let (key, holder) = (fixture::key(1), fixture::key(2));
    let signed = |number: usize| {
        let (vct, issuer) = match number < CREDENTIALS / 2 {
            true => (format!("urn:example:kind-{number}"), "https://issuer.example".to_owned()),
            false => ("urn:example:same".to_owned(), format!("https://issuer-{number}.example")),
        };
        let mut claims = fixture::claims();
        claims.insert("card_number".to_owned(), json!(format!("{number}")));
        let issuing = Issuing {
            vct: &vct,
            claims,
            frame: fixture::frame(),
            decoys: Decoys::default(),
            holder: Some(holder.public_jwk()),
            issued_at: Some(fixture::NOW),
            not_before: None,
            expires: None,
            status: None,
        };
        let sign_as = SignAs::Did { did: "did:web:issuer.example", kid: "did:web:issuer.example#key" };
        let compact = issue(issuing, sign_as, &key, &SeededRandomness::new(number as u64)).unwrap();
        Signed { vct, issuer, compact }
    };
    (0..CREDENTIALS).map(signed).collect()
}

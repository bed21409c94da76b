//! What the wallet refuses of issuers and verifiers: by its code, told to nobody but the history, and with nothing used up.

use jose::base64url;
use serde_json::{Map, Value, json};

use super::stage::{Bent, Stage, offer};
use crate::consent::{ByPreset, Consent, Preset};
use crate::flows::{AcceptOptions, PresentOptions};
use crate::question::{Choice, Question};
use crate::wallet::BoxFuture;

const NEEDED: ByPreset = ByPreset(Preset::Needed);

/// A member who must not be asked.
struct Nobody;

impl Consent for Nobody {
    fn ask<'a>(&'a self, _: &'a Question) -> BoxFuture<'a, Choice> {
        panic!("the member was asked about a request that is refused")
    }
}

fn two() -> AcceptOptions {
    AcceptOptions { tx_code: None, copies: Some(2) }
}

async fn refusals_in_history(stage: &Stage) -> Vec<String> {
    let history = stage.wallet.history().await.unwrap();
    history.into_iter().filter_map(|entry| entry.not_completed).collect()
}

#[tokio::test]
async fn a_request_that_misses_narrowly_is_refused_before_anybody_is_asked() {
    let stage = Stage::new().await;
    stage.wallet.accept_offer(&offer(&["profile"]), &two(), &NEEDED).await.unwrap();
    let now = trust::testing::NOW.seconds();
    let invalid = "invalid_request";
    let cases = [
        ("another audience", "aud", json!("https://wallet.example.org"), invalid),
        ("no audience", "aud", Value::Null, invalid),
        ("no nonce", "nonce", Value::Null, invalid),
        ("a nonce that is no text", "nonce", json!(7), invalid),
        ("another response type", "response_type", json!("code"), invalid),
        ("another response mode", "response_mode", json!("fragment"), invalid),
        ("a redirect beside the answer's address", "redirect_uri", json!("https://kiln.localhost"), invalid),
        ("no address for the answer", "response_uri", Value::Null, invalid),
        ("an answer over plain http", "response_uri", json!("http://kiln.example.org/response"), invalid),
        ("no query", "dcql_query", Value::Null, invalid),
        ("an empty query", "dcql_query", json!({"credentials": []}), invalid),
        ("another client", "client_id", json!("x509_hash:another"), invalid),
        ("expired", "exp", json!(now - 61), invalid),
        ("valid later", "nbf", json!(now + 61), invalid),
        ("transaction data", "transaction_data", json!(["e30"]), "invalid_transaction_data"),
        (
            "formats that are not spoken",
            "client_metadata",
            json!({"vp_formats_supported": {"mso_mdoc": {}}}),
            "vp_formats_not_supported",
        ),
    ];
    for (case, name, value, code) in cases {
        stage.set(|behaviour| {
            behaviour.bend_request = Some(Box::new(move |claims: &mut Map<String, Value>| {
                if value.is_null() {
                    claims.remove(name);
                } else {
                    claims.insert(name.to_owned(), value.clone());
                }
            }));
        });
        let before = refusals_in_history(&stage).await.len();
        let refused = stage.wallet.present(&stage.link(), &PresentOptions::default(), &Nobody).await;
        assert_eq!(refused.unwrap_err().code(), code, "{case}");
        assert_eq!(refusals_in_history(&stage).await.len(), before + 1, "{case}: the history tells of it");
        assert!(stage.seen(|seen| seen.answers.is_empty()), "{case}: something was sent");
        assert_eq!(stage.wallet.list().await.unwrap()[0].copies_left, 2, "{case}: a copy was used up");
    }
    stage.set(|behaviour| {
        behaviour.bend_request = None;
        behaviour.no_refills = true;
    });
    stage.wallet.present(&stage.link(), &PresentOptions::default(), &NEEDED).await.unwrap();
    assert_eq!(stage.wallet.list().await.unwrap()[0].copies_left, 1);
}

#[tokio::test]
async fn the_address_of_a_page_is_told_from_a_request_and_nothing_is_fetched_there() {
    let stage = Stage::new().await;
    let told = "this is a page and not a request: open it in a browser, and copy the link that it shows";
    for page in [
        "http://kiln.localhost:18480/join",
        "https://example.com/x",
        "http://example.com",
        "https://example.com/?a=b",
    ] {
        let refused = stage.wallet.present(page, &PresentOptions::default(), &Nobody).await.unwrap_err();
        assert_eq!((refused.code(), refused.to_string().as_str()), ("invalid_request", told), "{page}");
    }
    for link in
        ["openid4vp://", "https://wallet.example/?request_uri=https%3A%2F%2Fkiln.example%2Fr", "nonsense"]
    {
        let refused = stage.wallet.present(link, &PresentOptions::default(), &Nobody).await.unwrap_err();
        assert_eq!(refused.code(), "invalid_request", "{link}");
        assert_ne!(refused.to_string(), told, "{link}");
    }
    assert!(stage.calls().is_empty());
}

#[tokio::test]
async fn a_credential_that_misses_narrowly_is_refused_and_none_of_its_batch_is_kept() {
    type Bend = fn(&mut Bent);
    let stage = Stage::new().await;
    let cases: [(&str, &str, Bend); 12] = [
        ("the old typ", "wrong_type", |copy| drop(copy.header.insert("typ".to_owned(), json!("vc+sd-jwt")))),
        ("another typ", "wrong_type", |copy| drop(copy.header.insert("typ".to_owned(), json!("JWT")))),
        ("a critical extension", "unknown_extension", |copy| {
            copy.header.insert("crit".to_owned(), json!(["x"]));
        }),
        ("a chain of no certificates", "malformed_x5c", |copy| {
            copy.header.insert("x5c".to_owned(), json!(["no certificate!"]));
        }),
        ("a chain beside a DID", "x5c_beside_did", |copy| copy.set("iss", "did:web:office.localhost")),
        ("expired", "expired", |copy| copy.set("exp", trust::testing::NOW.seconds() - 60)),
        ("valid later", "not_yet_valid", |copy| copy.set("nbf", trust::testing::NOW.seconds() + 61)),
        ("a digest twice", "digest_twice", |copy| {
            let digests = copy.payload["_sd"].as_array_mut().unwrap();
            digests.push(digests[0].clone());
        }),
        ("a disclosure that nobody refers to", "unreferenced_disclosure", |copy| {
            copy.disclosures.push(base64url::encode(json!(["salt", "role", "admin"]).to_string()));
        }),
        ("a disclosure twice", "unreferenced_disclosure", |copy| {
            copy.disclosures.push(copy.disclosures[0].clone());
        }),
        ("bound to no key", "other_key", |copy| drop(copy.payload.remove("cnf"))),
        ("another type", "other_type", |copy| copy.set("vct", credentials::types::PASSPORT)),
    ];
    for (case, code, bend) in cases {
        stage.set(|behaviour| {
            behaviour.notified.clear();
            // The second of the batch is the bad one.
            behaviour.bend_copy = Some(Box::new(move |number, copy| {
                if number == 1 {
                    bend(copy);
                }
            }));
        });
        let before = refusals_in_history(&stage).await.len();
        let refused = stage.wallet.accept_offer(&offer(&["profile"]), &two(), &NEEDED).await;
        assert_eq!(refused.unwrap_err().code(), code, "{case}");
        assert!(stage.wallet.list().await.unwrap().is_empty(), "{case}: something was kept");
        assert_eq!(stage.seen(|seen| seen.notified.clone()), ["credential_failure"], "{case}");
        assert_eq!(refusals_in_history(&stage).await.len(), before + 1, "{case}: the history tells of it");
    }
    stage.set(|behaviour| behaviour.bend_copy = None);
    stage.wallet.accept_offer(&offer(&["profile"]), &two(), &NEEDED).await.unwrap();
    assert_eq!(stage.wallet.list().await.unwrap()[0].copies_left, 2);
}

//! Credentials for which the person has their say at the issuer.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::stage::{Behaviour, CODE, Stage, offer, returned};
use crate::consent::{ByPreset, Preset};
use crate::flows::{AcceptError, AcceptOptions, Accepted, Begun};
use crate::records::{AuthorizationAwaited, Copy};

const YES: ByPreset = ByPreset(Preset::Needed);
const BACK: &str = "http://127.0.0.1:43210/return";
const OFFICE: &str = "http://office.localhost";

async fn stage(change: impl FnOnce(&mut Behaviour)) -> Stage {
    let stage = Stage::new().await;
    stage.set(|behaviour| {
        behaviour.code.open = true;
        behaviour.code.dpop = true;
        behaviour.code.nonces = true;
        change(behaviour);
    });
    stage
}

fn two() -> AcceptOptions {
    AcceptOptions { tx_code: None, copies: Some(2) }
}

/// An offer with this grant alone.
fn offer_with(grants: &Value) -> String {
    let offer = json!({
        "credential_issuer": OFFICE, "credential_configuration_ids": ["passport", "profile"], "grants": grants,
    });
    let encoded: String = url::form_urlencoded::byte_serialize(offer.to_string().as_bytes()).collect();
    format!("openid-credential-offer://?credential_offer={encoded}")
}

async fn begin(stage: &Stage) -> Result<Begun, AcceptError> {
    let looked = stage.wallet.look_at_issuer(OFFICE, &["profile"]).await?;
    assert!(looked.needs_authorization());
    stage.wallet.begin_authorization(&looked, BACK, &two(), &YES).await
}

fn pushed(stage: &Stage) -> BTreeMap<String, String> {
    stage.seen(|seen| seen.code.pushed.last().unwrap().clone())
}

/// The good answer, with one parameter changed or left out.
fn answer(stage: &Stage, name: &str, value: Option<&str>) -> String {
    let pushed = pushed(stage);
    let mut answer = vec![("code", CODE), ("state", pushed["state"].as_str()), ("iss", OFFICE)];
    answer.retain(|(there, _)| *there != name);
    answer.extend(value.map(|value| (name, value)));
    returned(&pushed, &answer)
}

async fn finish(stage: &Stage) -> Result<Accepted, AcceptError> {
    stage.wallet.finish_authorization(&answer(stage, "", None)).await
}

async fn waiting(stage: &Stage) -> usize {
    stage.vault.list::<AuthorizationAwaited>().await.unwrap().len()
}

#[tokio::test]
async fn what_was_begun_is_finished_once_with_the_persons_code() {
    let stage = stage(|_| {}).await;
    let begun = begin(&stage).await.unwrap();
    let address = url::Url::parse(&begun.address).unwrap();
    let query: BTreeMap<String, String> = address.query_pairs().into_owned().collect();
    assert_eq!((address.path(), begun.host.as_str()), ("/authorize", "office.localhost"));
    assert_eq!(
        query.keys().collect::<Vec<_>>(),
        ["client_id", "request_uri"],
        "nothing else travels in the browser"
    );
    let asked = pushed(&stage);
    assert_eq!(
        (asked["client_id"].as_str(), asked["code_challenge_method"].as_str()),
        ("passport-wallet", "S256")
    );
    assert_eq!(stage.wallet.pending().await.unwrap()[0].awaited, ["authorization"]);
    assert!(stage.vault.list::<Copy>().await.unwrap().is_empty());
    let good = answer(&stage, "", None);
    assert!(begun.is_answered_by(&good) && !begun.is_answered_by(&answer(&stage, "state", Some("other"))));

    let accepted = stage.wallet.finish_authorization(&good).await.unwrap();
    assert_eq!(accepted.credentials[0].copies, 2);
    assert_eq!(stage.wallet.list().await.unwrap()[0].copies_left, 2);
    // The code is for the same client, key and address.
    let token = stage.seen(|seen| seen.code.tokens.last().unwrap().clone());
    assert_eq!((token["redirect_uri"].as_str(), token["client_id"].as_str()), (BACK, "passport-wallet"));
    // Proofs of a wallet that named itself name it too (Appendix F.1).
    let proof = stage.seen(|seen| seen.code.asked[0].0["proofs"]["jwt"][0].as_str().unwrap().to_owned());
    let claims = jose::base64url::decode(proof.split('.').nth(1).unwrap()).unwrap();
    let claims: Value = serde_json::from_slice(&claims).unwrap();
    assert_eq!(claims["iss"], "passport-wallet");

    assert_eq!(waiting(&stage).await, 0);
    let again = stage.wallet.finish_authorization(&good).await;
    assert!(matches!(again, Err(AcceptError::NotAwaited)), "{again:?}");
    assert_eq!(stage.seen(|seen| seen.code.tokens.len()), 1, "a code is sent once");
}

#[tokio::test]
async fn by_scope_where_there_is_one_and_by_details_with_identifiers_otherwise() {
    let by_scope = stage(|behaviour| behaviour.code.scopes = true).await;
    begin(&by_scope).await.unwrap();
    assert_eq!(pushed(&by_scope)["scope"], "scope-of-profile");
    assert!(!pushed(&by_scope).contains_key("authorization_details"));
    finish(&by_scope).await.unwrap();
    let asked = by_scope.seen(|seen| seen.code.asked[0].0.clone());
    assert_eq!(asked["credential_configuration_id"], "profile");

    let by_details = stage(|_| {}).await;
    begin(&by_details).await.unwrap();
    let details: Value = serde_json::from_str(&pushed(&by_details)["authorization_details"]).unwrap();
    assert_eq!(details, json!([{"type": "openid_credential", "credential_configuration_id": "profile"}]));
    assert!(!pushed(&by_details).contains_key("scope"));
}

#[tokio::test]
async fn what_the_token_response_calls_a_credential_is_how_it_is_asked_for_and_nothing_beside_it() {
    let named = stage(|behaviour| behaviour.identifiers = Some(1)).await;
    begin(&named).await.unwrap();
    assert_eq!(finish(&named).await.unwrap().credentials[0].copies, 2);
    let asked = named.seen(|seen| seen.code.asked.clone());
    assert!(!asked.is_empty());
    for (asked, _) in asked {
        assert_eq!(asked["credential_identifier"], "profile-0");
        assert!(asked.get("credential_configuration_id").is_none(), "{asked}");
    }
    let unnamed = stage(|behaviour| behaviour.code.scopes = true).await;
    begin(&unnamed).await.unwrap();
    finish(&unnamed).await.unwrap();
    for (asked, _) in unnamed.seen(|seen| seen.code.asked.clone()) {
        assert_eq!(asked["credential_configuration_id"], "profile");
        assert!(asked.get("credential_identifier").is_none(), "{asked}");
    }
}

#[tokio::test]
async fn an_offers_state_goes_along_and_an_offer_with_both_grants_needs_no_browser() {
    let stage = stage(|behaviour| behaviour.code.scopes = true).await;
    let link = offer_with(&json!({"authorization_code": {"issuer_state": "of-the-offer"}}));
    let alone = stage.wallet.accept_offer(&link, &two(), &YES).await.unwrap_err();
    assert_eq!(alone.code(), "authorization_needed");
    let looked = stage.wallet.look_at_offer(&link).await.unwrap();
    stage.wallet.begin_authorization(&looked, BACK, &two(), &YES).await.unwrap();
    assert_eq!(pushed(&stage)["issuer_state"], "of-the-offer");
    assert_eq!(pushed(&stage)["scope"], "scope-of-passport scope-of-profile");
    assert_eq!(finish(&stage).await.unwrap().credentials.len(), 2);
    // §4.1.1: without grants the server's metadata say which there are.
    assert!(stage.wallet.look_at_offer(&offer_with(&json!({}))).await.unwrap().needs_authorization());
    let looked = stage.wallet.look_at_offer(&offer(&["profile"])).await.unwrap();
    assert!(!looked.needs_authorization());
}

#[tokio::test]
async fn an_answer_that_misses_narrowly_gives_no_code_and_is_told() {
    // None of them is a word of the server that was asked, and none costs the person what they began.
    for (name, value, code) in [
        ("state", Some("other"), "not_awaited"),
        ("state", None, "not_awaited"),
        ("iss", Some("http://kiln.localhost"), "other_iss"),
        ("iss", Some("http://office.localhost/"), "other_iss"),
        ("iss", None, "iss_missing"),
        ("code", None, "not_awaited"),
    ] {
        let stage = stage(|_| {}).await;
        begin(&stage).await.unwrap();
        let calls = stage.calls().len();
        let refused = stage.wallet.finish_authorization(&answer(&stage, name, value)).await.unwrap_err();
        assert_eq!(refused.code(), code, "{name} {value:?}");
        assert_eq!(stage.calls().len(), calls, "{name} {value:?}: nobody is told the code");
        assert_eq!(waiting(&stage).await, 1, "{name} {value:?}");
        assert!(finish(&stage).await.is_ok(), "{name} {value:?}: the honest answer");
    }
    let stage = stage(|_| {}).await;
    begin(&stage).await.unwrap();
    let good = answer(&stage, "", None);
    for elsewhere in
        [good.replace("43210", "43211"), good.replace("/return", "/retur"), "nonsense".to_owned()]
    {
        let refused = stage.wallet.finish_authorization(&elsewhere).await.unwrap_err();
        assert_eq!(refused.code(), "not_awaited", "{elsewhere}");
    }
    let twice = format!("{good}&state=other");
    assert_eq!(stage.wallet.finish_authorization(&twice).await.unwrap_err().code(), "not_awaited");
    assert!(stage.wallet.finish_authorization(&good).await.is_ok());
}

#[tokio::test]
async fn a_no_of_the_person_or_the_server_is_told_by_its_name_and_ends_it() {
    let stage = stage(|_| {}).await;
    begin(&stage).await.unwrap();
    let pushed = pushed(&stage);
    let no = [("error", "access_denied"), ("state", pushed["state"].as_str()), ("iss", OFFICE)];
    let refused = stage.wallet.finish_authorization(&returned(&pushed, &no)).await.unwrap_err();
    assert_eq!(refused.code(), "access_denied");
    let history = stage.wallet.history().await.unwrap();
    assert_eq!(history[0].not_completed.as_deref(), Some("access_denied"));
    assert_eq!(waiting(&stage).await, 0);
    // A no that comes from elsewhere is none.
    begin(&stage).await.unwrap();
    let foreign = [("error", "access_denied"), ("state", "other"), ("iss", OFFICE)];
    let refused = stage.wallet.finish_authorization(&returned(&pushed, &foreign)).await.unwrap_err();
    assert_eq!((refused.code(), waiting(&stage).await), ("not_awaited", 1));
}

#[tokio::test]
async fn what_is_never_answered_runs_out_and_what_waits_survives_a_restart() {
    let stage = stage(|_| {}).await;
    begin(&stage).await.unwrap();
    begin(&stage).await.unwrap();
    assert_eq!(waiting(&stage).await, 2, "one does not push the other out");
    stage.clock.advance(3_599);
    // Another process: nothing but the vault is the same.
    let again = stage.same_vault().await;
    again.finish_authorization(&answer(&stage, "", None)).await.unwrap();
    assert_eq!(waiting(&stage).await, 1);
    stage.clock.advance(1);
    let first = stage.seen(|seen| seen.code.pushed[0].clone());
    let late = [("code", CODE), ("state", first["state"].as_str()), ("iss", OFFICE)];
    let refused = stage.wallet.finish_authorization(&returned(&first, &late)).await.unwrap_err();
    assert_eq!((refused.code(), waiting(&stage).await), ("not_awaited", 0));
    let history = stage.wallet.history().await.unwrap();
    assert!(history.iter().any(|entry| entry.not_completed.as_deref() == Some("not_returned")));
    assert!(stage.wallet.pending().await.unwrap().is_empty());
    begin(&stage).await.unwrap();
    stage.clock.advance(3_600);
    stage.wallet.collect(&YES).await.unwrap();
    assert_eq!(waiting(&stage).await, 0, "also when nobody comes back at all");
}

#[tokio::test]
async fn a_hostile_authorisation_server_gets_nobody_into_a_browser() {
    type Bend = fn(&mut Value);
    let servers: [(&str, &str, Bend); 6] = [
        ("no pushed requests", "endpoint_missing", |it| {
            drop(it.as_object_mut().unwrap().remove("pushed_authorization_request_endpoint"));
        }),
        ("no S256", "endpoint_missing", |it| it["code_challenge_methods_supported"] = json!(["plain"])),
        ("no code flow", "endpoint_missing", |it| {
            drop(it.as_object_mut().unwrap().remove("authorization_endpoint"));
        }),
        ("another grant only", "endpoint_missing", |it| it["grant_types_supported"] = json!(["implicit"])),
        ("a page over plain http", "metadata_refused", |it| {
            it["authorization_endpoint"] = json!("http://evil.example/authorize");
        }),
        ("another issuer's", "metadata_refused", |it| it["issuer"] = json!("http://kiln.localhost")),
    ];
    for (case, code, bend) in servers {
        let stage = stage(|behaviour| behaviour.code.bend_server = Some(bend)).await;
        assert_eq!(begin(&stage).await.unwrap_err().code(), code, "{case}");
        assert_eq!(waiting(&stage).await, 0, "{case}");
        assert!(stage.seen(|seen| seen.code.pushed.is_empty()), "{case}");
    }
    let good = json!({"request_uri": "urn:ietf:params:oauth:request_uri:x", "expires_in": 60});
    for (case, status, body, code) in [
        ("a redirect", 302, good.clone(), "unexpected_status"),
        ("a 200", 200, good, "unexpected_status"),
        ("an error", 400, json!({"error": "invalid_scope"}), "invalid_scope"),
        ("a word of ours", 400, json!({"error": "let_go"}), "let_go"),
        ("no request_uri", 201, json!({"expires_in": 60}), "malformed_response"),
        ("too busy", 503, json!({}), "issuer_busy"),
    ] {
        let stage = stage(|behaviour| behaviour.code.pushed_answer = Some((status, body))).await;
        assert_eq!(begin(&stage).await.unwrap_err().code(), code, "{case}");
        assert_eq!(waiting(&stage).await, 0, "{case}");
        let history = stage.wallet.history().await.unwrap();
        assert_eq!(history[0].not_completed.as_deref(), Some(code), "{case}");
        assert_eq!(history[0].is_their_word, matches!(code, "invalid_scope" | "let_go"), "{case}");
    }
    let stage = stage(|behaviour| behaviour.code.never_content = true).await;
    assert_eq!(begin(&stage).await.unwrap_err().code(), "invalid_nonce");
    let pushes = stage.calls().iter().filter(|call| call.ends_with("/par")).count();
    assert_eq!(pushes, 2, "once more, and no third time");
}

#[tokio::test]
async fn a_token_for_a_code_that_is_not_bound_to_the_wallets_key_is_not_used() {
    let stage = stage(|behaviour| behaviour.code.unbound = true).await;
    begin(&stage).await.unwrap();
    assert_eq!(finish(&stage).await.unwrap_err().code(), "token_not_bound");
    assert!(!stage.calls().iter().any(|call| call.ends_with("/credential")));
}

#[tokio::test]
async fn a_server_that_the_issuer_lists_no_more_gets_no_code() {
    let stage = stage(|_| {}).await;
    begin(&stage).await.unwrap();
    stage.set(|behaviour| {
        behaviour.code.bend_issuer =
            Some(|it| it["authorization_servers"] = json!(["http://kiln.localhost"]));
    });
    let refused = finish(&stage).await.unwrap_err();
    assert_eq!(refused.code(), "authorization_server_not_listed");
    assert!(stage.seen(|seen| seen.code.tokens.is_empty()));
    // Nothing was sent, so that it can be tried again.
    stage.set(|behaviour| behaviour.code.bend_issuer = None);
    assert!(finish(&stage).await.is_ok());
}

#[tokio::test]
async fn a_code_begun_with_one_server_is_not_finished_by_the_metadata_of_another() {
    const KILN: &str = "http://kiln.localhost";
    let stage = stage(|behaviour| {
        behaviour.code.bend_issuer = Some(|it| it["authorization_servers"] = json!([KILN]));
    })
    .await;
    assert_eq!(begin(&stage).await.unwrap().host, "kiln.localhost");
    // The issuer names no server any more, which would be its own.
    stage.set(|behaviour| behaviour.code.bend_issuer = None);
    let good = answer(&stage, "iss", Some(KILN));
    let refused = stage.wallet.finish_authorization(&good).await.unwrap_err();
    assert_eq!(refused.code(), "authorization_server_not_listed");
    assert!(stage.seen(|seen| seen.code.tokens.is_empty()));
    stage.set(|behaviour| {
        behaviour.code.bend_issuer = Some(|it| it["authorization_servers"] = json!([OFFICE, KILN]));
    });
    assert!(stage.wallet.finish_authorization(&good).await.is_ok(), "the server that was asked");
    assert!(stage.calls().iter().any(|call| call.ends_with("http://kiln.localhost/token")));
}

#[tokio::test]
async fn what_was_begun_with_a_key_is_not_finished_without_whatever_the_server_says_then() {
    for unbound in [true, false] {
        let stage = stage(|behaviour| behaviour.code.unbound = unbound).await;
        begin(&stage).await.unwrap();
        stage.set(|behaviour| {
            behaviour.code.bend_server = Some(|it| {
                drop(it.as_object_mut().unwrap().remove("dpop_signing_alg_values_supported"));
            });
        });
        // The desk takes no request without a proof by the key that the pushed one named.
        match finish(&stage).await {
            Err(refused) if unbound => assert_eq!(refused.code(), "token_not_bound"),
            taken => assert!(!unbound && taken.is_ok(), "{taken:?}"),
        }
        assert_eq!(stage.seen(|seen| seen.code.asked.is_empty()), unbound);
    }
    // The near miss: a server that never knew of keys gets none.
    let stage = stage(|behaviour| behaviour.code.dpop = false).await;
    begin(&stage).await.unwrap();
    assert!(!pushed(&stage).contains_key("dpop_jkt"));
    assert!(finish(&stage).await.is_ok());
}

#[tokio::test]
async fn an_issuer_that_gives_another_type_than_the_person_agreed_to_gets_no_code() {
    let stage = stage(|_| {}).await;
    begin(&stage).await.unwrap();
    stage.set(|behaviour| {
        behaviour.code.bend_issuer = Some(|it| {
            it["credential_configurations_supported"]["profile"]["vct"] = json!(credentials::types::PASSPORT);
        });
    });
    let refused = finish(&stage).await.unwrap_err();
    assert_eq!(refused.code(), "other_than_agreed");
    assert!(stage.seen(|seen| seen.code.tokens.is_empty() && seen.code.asked.is_empty()));
    assert!(stage.wallet.list().await.unwrap().is_empty());
    assert_eq!(stage.wallet.history().await.unwrap()[0].not_completed.as_deref(), Some("other_than_agreed"));
    // Nothing was sent, so that it can be tried again; that something else changed is nothing to the person.
    stage.set(|behaviour| {
        behaviour.code.bend_issuer = Some(|it| {
            it["credential_configurations_supported"]["passport"]["vct"] = json!(credentials::types::PROFILE);
        });
    });
    assert_eq!(finish(&stage).await.unwrap().credentials[0].vct, credentials::types::PROFILE);
}

#[tokio::test]
async fn who_wants_something_of_an_issuer_names_it_unless_there_is_one_thing_only() {
    let stage = stage(|_| {}).await;
    let unclear = stage.wallet.look_at_issuer(OFFICE, &[]).await.unwrap_err();
    assert_eq!(unclear.code(), "name_one");
    assert!(unclear.to_string().contains("passport, profile"), "{unclear}");
    let unknown = stage.wallet.look_at_issuer(OFFICE, &["membership"]).await.unwrap_err();
    assert_eq!(unknown.code(), "name_one");
    assert!(unknown.to_string().contains("has no") && unknown.to_string().contains("passport, profile"));
    assert!(stage.wallet.look_at_issuer(OFFICE, &[credentials::types::PASSPORT]).await.is_ok());
    stage.set(|behaviour| {
        behaviour.code.bend_issuer = Some(|it| {
            drop(it["credential_configurations_supported"].as_object_mut().unwrap().remove("passport"));
        });
    });
    assert!(stage.wallet.look_at_issuer(OFFICE, &[]).await.is_ok());
    let plain = stage.wallet.look_at_issuer("http://office.example", &[]).await.unwrap_err();
    assert_eq!(plain.code(), "metadata_refused");
}

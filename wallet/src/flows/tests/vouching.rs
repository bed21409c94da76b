//! Where an issuer takes only wallets that somebody vouches for.

use std::collections::BTreeSet;
use std::sync::Arc;

use environment::{Environment, SeededRandomness};
use jose::{Algorithm, Signer, SigningKey};
use serde_json::{Value, json};

use super::stage::{Behaviour, CODE, Stage, offer, returned};
use crate::consent::{ByPreset, Preset};
use crate::flows::AcceptOptions;
use crate::provider::{Attestation, Provider, ProviderError, WalletProvider};
use crate::wallet::{BoxFuture, Wallet};

const YES: ByPreset = ByPreset(Preset::Needed);
const OFFICE: &str = "http://office.localhost";

fn two() -> AcceptOptions {
    AcceptOptions { tx_code: None, copies: Some(2) }
}

/// A provider whose DID is its key.
fn provider(stage: &Stage) -> (String, Arc<dyn WalletProvider>) {
    let key = SigningKey::generate(Algorithm::Es256, &SeededRandomness::new(40)).unwrap();
    let id = did::jwk::did(key.public_jwk()).unwrap().with_fragment("0").unwrap();
    let did = id.did().as_str().to_owned();
    let environment = Environment::new(stage.clock.clone(), Arc::new(SeededRandomness::new(41)));
    (did.clone(), Arc::new(Provider::new(id, did, key, environment)))
}

async fn vouched(change: impl FnOnce(&mut Behaviour)) -> (Stage, Wallet, String) {
    let stage = Stage::new().await;
    stage.set(change);
    let (did, provider) = provider(&stage);
    let wallet = stage.same_vault().await.with_provider(Some(provider));
    (stage, wallet, did)
}

fn needed(behaviour: &mut Behaviour) {
    behaviour.code.open = true;
    behaviour.code.scopes = true;
    behaviour.code.dpop = true;
    behaviour.code.authentication = vec!["attest_jwt_client_auth"];
}

async fn get(stage: &Stage, wallet: &Wallet) {
    let looked = wallet.look_at_issuer(OFFICE, &["profile"]).await.unwrap();
    wallet.begin_authorization(&looked, "http://127.0.0.1/return", &two(), &YES).await.unwrap();
    let pushed = stage.seen(|seen| seen.code.pushed.last().unwrap().clone());
    let answer = [("code", CODE), ("state", pushed["state"].as_str()), ("iss", OFFICE)];
    wallet.finish_authorization(&returned(&pushed, &answer)).await.unwrap();
}

#[tokio::test]
async fn all_wallets_of_a_provider_go_under_one_name_and_each_errand_under_a_key_of_its_own() {
    let (stage, wallet, did) = vouched(needed).await;
    get(&stage, &wallet).await;
    get(&stage, &wallet).await;
    let pushed = stage.seen(|seen| seen.code.pushed[0]["client_id"].clone());
    assert_eq!(pushed, did);
    let attested = stage.seen(|seen| seen.code.attested.clone());
    assert!(attested.iter().all(|(client_id, _)| *client_id == did));
    let keys: Vec<&String> = attested.iter().map(|(_, key)| key).collect();
    // At the pushed request and for the token the same; at the next errand another.
    assert_eq!(keys.len(), 4);
    assert!(keys[0] == keys[1] && keys[2] == keys[3] && keys[0] != keys[2], "{keys:?}");
}

#[tokio::test]
async fn an_offer_with_a_code_in_it_is_taken_up_by_a_wallet_that_names_itself() {
    let (stage, wallet, did) = vouched(needed).await;
    wallet.accept_offer(&offer(&["profile"]), &two(), &YES).await.unwrap();
    let token = stage.seen(|seen| seen.code.tokens.last().unwrap().clone());
    assert_eq!(token["client_id"], did);
    assert_eq!(stage.seen(|seen| seen.code.attested.len()), 1);
}

/// A provider that must not be asked.
struct Nobody;

impl WalletProvider for Nobody {
    fn attest<'a>(&'a self, _: &'a jose::Jwk) -> BoxFuture<'a, Result<Attestation, ProviderError>> {
        panic!("the provider was asked although no issuer asks for its word")
    }

    fn attest_keys<'a>(
        &'a self,
        _: &'a [jose::Jwk],
        _: Option<&'a str>,
    ) -> BoxFuture<'a, Result<String, ProviderError>> {
        panic!("the provider was asked although no issuer asks for its word")
    }
}

#[tokio::test]
async fn where_no_word_is_asked_for_neither_provider_nor_issuer_hear_of_the_other() {
    let stage = Stage::new().await;
    stage.set(|behaviour| {
        needed(behaviour);
        behaviour.code.authentication = vec!["none", "private_key_jwt"];
    });
    let wallet = stage.same_vault().await.with_provider(Some(Arc::new(Nobody)));
    // The stage refuses headers that nobody asked for.
    get(&stage, &wallet).await;
    wallet.accept_offer(&offer(&["profile"]), &two(), &YES).await.unwrap();
    assert_eq!(stage.seen(|seen| seen.code.pushed[0]["client_id"].clone()), "passport-wallet");
    assert!(!stage.seen(|seen| seen.code.tokens.last().unwrap().contains_key("client_id")));
}

#[tokio::test]
async fn a_server_that_takes_wallets_without_a_word_too_does_not_get_the_providers_name_by_listing_it() {
    for authentication in [["none", "attest_jwt_client_auth"], ["attest_jwt_client_auth", "none"]] {
        let stage = Stage::new().await;
        stage.set(|behaviour| {
            needed(behaviour);
            behaviour.code.authentication = authentication.to_vec();
        });
        let wallet = stage.same_vault().await.with_provider(Some(Arc::new(Nobody)));
        get(&stage, &wallet).await;
        wallet.accept_offer(&offer(&["profile"]), &two(), &YES).await.unwrap();
        assert_eq!(stage.seen(|seen| seen.code.pushed[0]["client_id"].clone()), "passport-wallet");
        assert!(stage.seen(|seen| seen.code.attested.is_empty()));
    }
}

#[tokio::test]
async fn a_wallet_that_nobody_vouches_for_is_told_before_anything_is_sent() {
    let stage = Stage::new().await;
    stage.set(needed);
    let refused = stage.wallet.accept_offer(&offer(&["profile"]), &two(), &YES).await.unwrap_err();
    assert_eq!(refused.code(), "attestation_needed");
    assert!(stage.seen(|seen| seen.code.tokens.is_empty()));
    // Where wallets without are taken too, it goes on without.
    stage.set(|behaviour| behaviour.code.authentication = vec!["none", "attest_jwt_client_auth"]);
    assert!(stage.wallet.accept_offer(&offer(&["profile"]), &two(), &YES).await.is_ok());
    assert!(stage.seen(|seen| seen.code.attested.is_empty()));
}

#[tokio::test]
async fn a_server_that_wants_one_fresh_challenge_after_another_gets_two_tries() {
    let (stage, wallet, _) = vouched(|behaviour| {
        needed(behaviour);
        behaviour.code.dpop = false;
        behaviour.code.never_content = true;
    })
    .await;
    let refused = wallet.accept_offer(&offer(&["profile"]), &two(), &YES).await.unwrap_err();
    assert_eq!(refused.code(), "invalid_nonce");
    assert_eq!(stage.seen(|seen| seen.code.tokens.len()), 2);
}

/// The header and claims of a JWT.
fn read(jwt: &str) -> [Value; 2] {
    let mut parts = jwt.split('.');
    [(); 2]
        .map(|()| serde_json::from_slice(&jose::base64url::decode(parts.next().unwrap()).unwrap()).unwrap())
}

#[tokio::test]
async fn keys_are_attested_where_an_issuer_wants_it_all_of_them_for_its_nonce() {
    for kind in ["jwt", "attestation"] {
        let (stage, wallet, did) =
            vouched(|behaviour| behaviour.code.key_attestations = Some((kind, json!({})))).await;
        let accepted = wallet.accept_offer(&offer(&["profile"]), &two(), &YES).await.unwrap();
        assert_eq!(accepted.credentials[0].copies, 2, "{kind}");
        let proofs = stage.seen(|seen| seen.code.asked[0].0["proofs"].clone());
        let proofs = proofs.as_object().unwrap();
        assert_eq!(proofs.keys().collect::<Vec<_>>(), [kind]);
        let [sent] = proofs[kind].as_array().unwrap().as_slice() else { panic!("one proof: {proofs:?}") };
        let attestation = match kind {
            "jwt" => read(sent.as_str().unwrap())[0]["key_attestation"].as_str().unwrap().to_owned(),
            _ => sent.as_str().unwrap().to_owned(),
        };
        let [header, claims] = read(&attestation);
        assert_eq!((&header["typ"], &claims["nonce"]), (&json!("key-attestation+jwt"), &json!("nonce")));
        assert!(header["kid"].as_str().unwrap().starts_with(&did) && claims["exp"].is_i64());
        let keys = claims["attested_keys"].as_array().unwrap();
        let names: BTreeSet<String> = keys.iter().map(Value::to_string).collect();
        assert!(names.len() == 2 && keys.iter().all(|key| key["d"].is_null()), "{keys:?}");
        assert!(claims.get("key_storage").is_none(), "nothing is said that is not so");
    }
}

#[tokio::test]
async fn a_level_of_safekeeping_that_a_wallet_does_not_have_is_not_claimed() {
    for required in
        [json!({"key_storage": ["iso_18045_high"]}), json!({"user_authentication": ["iso_18045_basic"]})]
    {
        let (stage, wallet, _) =
            vouched(|behaviour| behaviour.code.key_attestations = Some(("jwt", required))).await;
        let refused = wallet.accept_offer(&offer(&["profile"]), &two(), &YES).await.unwrap_err();
        assert_eq!(refused.code(), "proof_not_spoken");
        assert!(stage.seen(|seen| seen.code.tokens.is_empty()));
    }
    let stage = Stage::new().await;
    stage.set(|behaviour| behaviour.code.key_attestations = Some(("jwt", json!({}))));
    let refused = stage.wallet.accept_offer(&offer(&["profile"]), &two(), &YES).await.unwrap_err();
    assert_eq!(refused.code(), "attestation_needed", "nobody vouches for this one");
}

#[tokio::test]
async fn the_provider_that_was_chosen_is_remembered_until_it_is_left() {
    let stage = Stage::new().await;
    assert_eq!(Wallet::chosen_provider(&stage.vault).await.unwrap(), None);
    Wallet::choose_provider(&stage.vault, Some("/somewhere")).await.unwrap();
    assert_eq!(Wallet::chosen_provider(&stage.vault).await.unwrap().as_deref(), Some("/somewhere"));
    Wallet::choose_provider(&stage.vault, None).await.unwrap();
    assert_eq!(Wallet::chosen_provider(&stage.vault).await.unwrap(), None);
}

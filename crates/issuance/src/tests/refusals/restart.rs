//! What was used up stays used up when every process has ended and begun anew.

use super::*;
use crate::tests::scene::{PROFILE, credential_request, token_request};

#[tokio::test]
async fn a_code_a_nonce_and_a_proof_stay_used_up_after_a_restart() {
    let mut scene = Scene::new();
    let (offer, second, third) = (
        scene.offer(&[PASSPORT], false).await,
        scene.bearer(&[PASSPORT]).await,
        scene.offer(&[PASSPORT], false).await,
    );
    let key = scene.key();
    let at_token = scene.dpop(&key, "/token", None);
    let granted = scene.token(&offer.code, &[], Some(&at_token)).await.json();
    let token = granted["access_token"].as_str().unwrap().to_owned();
    let presented = Token(format!("DPoP {token}"));
    let nonce = scene.nonce().await;
    let at_credential = scene.dpop(&key, "/credential", Some(&token));
    let request = credential_request(&presented, PASSPORT, &[scene.proof(&nonce)], Some(&at_credential));
    assert_eq!(scene.send(request).await.copies().len(), 1);

    scene.restart();
    let code = || token_request(&offer.code, &[], None);
    refused(&scene, code, (400, "invalid_grant"), "the code").await;
    let body = asking(&[scene.proof(&nonce)]);
    let again = || protected("/credential", &second, &body);
    refused(&scene, again, (400, "invalid_nonce"), "the nonce beside another token").await;
    let proof = || token_request(&third.code, &[], Some(&at_token));
    refused(&scene, proof, (400, "invalid_dpop_proof"), "the DPoP proof at the token endpoint").await;
    is_still_issued(&scene, &second).await;
    scene.redeem(&third.code).await;
}

#[tokio::test]
async fn a_dpop_proof_at_the_credential_endpoint_stays_used_up_after_a_restart() {
    let mut scene = Scene::new();
    let (offer, key) = (scene.offer(&[PASSPORT, PROFILE], false).await, scene.key());
    let granted = scene.token(&offer.code, &[], Some(&scene.dpop(&key, "/token", None))).await.json();
    let token = granted["access_token"].as_str().unwrap().to_owned();
    let presented = Token(format!("DPoP {token}"));
    let proof = scene.dpop(&key, "/credential", Some(&token));
    let key_proof = [scene.proof(&scene.nonce().await)];
    let first = credential_request(&presented, PASSPORT, &key_proof, Some(&proof));
    assert_eq!(scene.send(first).await.copies().len(), 1);
    scene.restart();
    let key_proof = [scene.proof(&scene.nonce().await)];
    let again = || credential_request(&presented, PROFILE, &key_proof, Some(&proof));
    refused(&scene, again, (401, "invalid_dpop_proof"), "replayed").await;
    let fresh = scene.dpop(&key, "/credential", Some(&token));
    let honest = credential_request(&presented, PROFILE, &key_proof, Some(&fresh));
    assert_eq!(scene.send(honest).await.copies().len(), 1);
}

#[tokio::test]
async fn tries_at_a_transaction_code_are_counted_over_a_restart() {
    let mut scene = Scene::new();
    let offer = scene.offer(&[PASSPORT], true).await;
    for _ in 0..4 {
        let wrong = scene.token(&offer.code, &[("tx_code", "x")], None).await;
        assert_eq!(wrong.refusal(), refusal(400, "invalid_grant"));
    }
    scene.restart();
    let wrong = scene.token(&offer.code, &[("tx_code", "x")], None).await;
    assert_eq!(wrong.refusal(), refusal(400, "invalid_grant"));
    let right = offer.tx_code.clone().unwrap();
    let late = || token_request(&offer.code, &[("tx_code", &right)], None);
    refused(&scene, late, (400, "invalid_grant"), "the sixth try").await;
}

#[tokio::test]
async fn a_code_that_comes_again_after_a_restart_ends_the_token_that_is_still_in_use() {
    let mut scene = Scene::new();
    let offer = scene.offer(&[PASSPORT], false).await;
    let token = scene.redeem(&offer.code).await;
    scene.restart();
    let again = scene.token(&offer.code, &[], None).await;
    assert_eq!(again.refusal(), refusal(400, "invalid_grant"));
    let body = asking(&[scene.proof(&scene.nonce().await)]);
    let request = || protected("/credential", &token, &body);
    refused(&scene, request, (401, "invalid_token"), "the token of a code that two hold").await;
    assert_eq!(scene.copies().await, 0);
}

//! What was used up stays used up when every process has ended and begun anew.

use std::sync::Arc;

use axum::http::{HeaderMap, HeaderValue};
use jose::Signer;
use openid4vc::dpop::{self, NewProof};
use openid4vc::http::Method;

use super::super::scene::{VERIFIER, let_in};
use super::network::Members;
use super::*;
use crate::{Presentation, StatusLists};

/// Both replicas end and begin anew: what they held in memory is gone.
fn restart(members: &mut Members) {
    let replicas = members.scene.replicas.clone().map(|before| {
        let inner = &before.inner;
        Presentation::new(
            Arc::clone(&inner.identity),
            inner.tenant.clone(),
            Arc::clone(&inner.keyring),
            inner.nonces.clone(),
            Arc::clone(&inner.directory),
            Arc::new(StatusLists::new(members.fetch(), inner.environment.clone())),
            Arc::clone(&inner.receiving),
            inner.settings.clone(),
        )
    });
    members.scene.routers = replicas.clone().map(|replica| replica.routes());
    members.scene.replicas = replicas;
}

#[tokio::test]
async fn an_answer_stays_given_and_a_nonce_used_up_after_a_restart() {
    let mut members = Members::new();
    let (answered, open) = (members.ask("a", true).await, members.ask("b", true).await);
    let honest = members.honest(&answered);
    is_taken(&members.scene, "a", &answered, &honest).await;
    restart(&mut members);
    let again = || answered.post(&honest, answered.text("state"));
    refused(&members.scene, "a", again, "replay", "the same answer").await;
    let fresh = members.honest(&answered);
    let another = || answered.post(&fresh, answered.text("state"));
    refused(&members.scene, "a", another, "replay", "another answer to the same request").await;
    let carried = || open.post(&honest, open.text("state"));
    refused(&members.scene, "b", carried, "stale_nonce", "the answer at another request").await;
    for _ in 0..2 {
        let gone = members.scene.fetch(&answered.request).await;
        assert_eq!(gone.refusal(), refusal(404, "invalid_request"));
        members.scene.fetch(&answered.request).await;
    }
    is_taken(&members.scene, "b", &open, &members.honest(&open)).await;
}

#[tokio::test]
async fn a_dpop_proof_stays_used_up_after_a_restart() {
    let mut members = Members::new();
    let url = format!("{VERIFIER}/follow-up/1");
    let proof = |members: &Members| {
        let wallet = &members.scene.wallet;
        let new = NewProof {
            key: wallet.public_jwk(),
            method: Method::Get,
            url: &url,
            access_token: None,
            nonce: None,
        };
        let signed = new.to_sign(members.scene.now(), members.scene.environment.randomness()).sign(wallet);
        HeaderMap::from_iter([(
            dpop::HEADER.parse().unwrap(),
            HeaderValue::from_str(&signed.unwrap()).unwrap(),
        )])
    };
    let used = proof(&members);
    let path = "/follow-up/1";
    assert!(let_in(&members.scene.replicas[0], &used, path).await.is_ok());
    restart(&mut members);
    let before = members.scene.memory.entries();
    for replica in &members.scene.replicas {
        let refused = let_in(replica, &used, path).await.unwrap_err();
        assert_eq!(refused.status(), StatusCode::UNAUTHORIZED);
        assert_eq!(refused.headers()["www-authenticate"], "DPoP error=\"invalid_dpop_proof\"");
    }
    assert!(members.scene.memory.entries() == before);
    assert!(let_in(&members.scene.replicas[1], &proof(&members), path).await.is_ok());
}

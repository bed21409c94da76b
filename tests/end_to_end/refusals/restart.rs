//! What was used up before a kill is used up after it: the real process, the real files.

use jose::{Algorithm, Signer, SigningKey};
use openid4vc::dpop;
use openid4vc::http::Method;
use openid4vc::vci::proof;
use outbound::{HttpClient, Policy, Request, Response};
use serde_json::json;
use url::Url;

use super::*;
use crate::demo::Demo;

const GRANT: &str = "urn:ietf:params:oauth:grant-type:pre-authorized_code";

struct Office {
    port: u16,
    client: HttpClient,
    environment: environment::Environment,
}

impl Office {
    fn new(port: u16) -> Self {
        let client = HttpClient::new(Policy::development()).unwrap();
        Self { port, client, environment: environment::Environment::system() }
    }

    fn at(&self, path: &str) -> String {
        format!("http://office.localhost:{}{path}", self.port)
    }

    async fn send(&self, request: Request, headers: &[(&'static str, &str)]) -> Response {
        let with = |request: Request, (name, value): &(&'static str, &str)| {
            request.with_header(axum::http::HeaderName::from_static(name), value).unwrap()
        };
        self.client.send(headers.iter().fold(request, with)).await.unwrap()
    }

    fn url(&self, path: &str) -> Url {
        Url::parse(&self.at(path)).unwrap()
    }

    fn key(&self) -> SigningKey {
        SigningKey::generate(Algorithm::Es256, self.environment.randomness()).unwrap()
    }

    fn dpop(&self, key: &SigningKey, path: &str, token: Option<&str>) -> String {
        let new = dpop::NewProof {
            key: key.public_jwk(),
            method: Method::Post,
            url: &self.at(path),
            access_token: token,
            nonce: None,
        };
        new.to_sign(self.environment.now(), self.environment.randomness()).sign(key).unwrap()
    }

    async fn token(&self, code: &str, proof: Option<&str>) -> Response {
        let request =
            Request::post_form(self.url("/token"), &[("grant_type", GRANT), ("pre-authorized_code", code)]);
        let headers: Vec<_> = proof.iter().map(|proof| ("dpop", *proof)).collect();
        self.send(request, &headers).await
    }

    async fn nonce(&self) -> String {
        let answered = self.send(Request::new("POST".parse().unwrap(), self.url("/nonce")), &[]).await;
        json(&answered)["c_nonce"].as_str().unwrap().to_owned()
    }

    /// One copy of the profile over `nonce`; under a DPoP proof if there is one.
    async fn credential(&self, token: &str, nonce: &str, dpop: Option<&str>) -> Response {
        let key = self.key();
        let issuer = self.at("");
        let new = proof::NewProof {
            key: key.public_jwk(),
            credential_issuer: &issuer,
            nonce: Some(nonce),
            client_id: None,
            key_attestation: None,
        };
        let proof = new.to_sign(self.environment.now()).sign(&key).unwrap();
        let body = json!({"credential_configuration_id": "profile", "proofs": {"jwt": [proof]}});
        let scheme = if dpop.is_some() { "DPoP" } else { "Bearer" };
        let authorization = format!("{scheme} {token}");
        let mut headers = vec![("authorization", authorization.as_str())];
        headers.extend(dpop.map(|proof| ("dpop", proof)));
        self.send(Request::post_json(self.url("/credential"), &body), &headers).await
    }
}

fn json(response: &Response) -> Value {
    serde_json::from_slice(&response.body).unwrap()
}

fn said(response: &Response) -> (u16, String) {
    (response.status.as_u16(), json(response)["error"].as_str().unwrap_or("none").to_owned())
}

/// The code of a fresh offer of the office's desk.
fn offered(data: &Path) -> String {
    let printed = json_of(&does(&["issuer", "offer", "--data", text(data)]));
    let link = Url::parse(printed["offer"].as_str().unwrap()).unwrap();
    let (_, offer) = link.query_pairs().find(|(name, _)| name == "credential_offer").unwrap();
    let offer: Value = serde_json::from_str(&offer).unwrap();
    offer["grants"][GRANT]["pre-authorized_code"].as_str().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn codes_nonces_and_proofs_that_were_used_before_a_kill_are_refused_after_it() {
    let root = tempfile::tempdir().unwrap();
    let data = root.path().join("data");
    let demo = Demo::start_logging(&data, 0, &root.path().join("log-1"));
    let office = Office::new(demo.port());
    let (used, bound, open) = (offered(&data), offered(&data), offered(&data));
    let first = json(&office.token(&used, None).await);
    let key = office.key();
    let at_token = office.dpop(&key, "/token", None);
    let second = json(&office.token(&bound, Some(&at_token)).await);
    let access = |granted: &Value| granted["access_token"].as_str().unwrap().to_owned();
    let (token, bound_token) = (access(&first), access(&second));
    let nonce = office.nonce().await;
    assert_eq!(office.credential(&token, &nonce, None).await.status.as_u16(), 200);
    let in_hand = office.nonce().await;

    let port = demo.port();
    demo.kill();
    let demo = Demo::start_logging(&data, port, &root.path().join("log-2"));
    for _ in 0..2 {
        assert_eq!(said(&office.token(&used, None).await), (400, "invalid_grant".to_owned()), "the code");
        let replayed = office.token(&open, Some(&at_token)).await;
        assert_eq!(said(&replayed), (400, "invalid_dpop_proof".to_owned()), "the proof");
        let fresh = office.dpop(&key, "/credential", Some(&bound_token));
        let stale = office.credential(&bound_token, &nonce, Some(&fresh)).await;
        assert_eq!(said(&stale), (400, "invalid_nonce".to_owned()), "the nonce");
    }
    let fresh = office.dpop(&key, "/credential", Some(&bound_token));
    let honest = office.credential(&bound_token, &in_hand, Some(&fresh)).await;
    assert_eq!(
        honest.status.as_u16(),
        200,
        "a nonce in hand and a token outlive the kill: {:?}",
        honest.body
    );
    assert_eq!(office.token(&open, None).await.status.as_u16(), 200);
    demo.stop();
}

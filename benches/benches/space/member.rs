//! A member's side of a sign-up, as thin as it may be: a browser with a cookie, and a wallet that answers at once.

use benches::fixture::{NOW, claims, frame, issue_these, key};
use credentials::ClaimsPath;
use credentials::issuer_key::SignAs;
use credentials::sd_jwt::key_binding::KeyBinding;
use credentials::vc::Held;
use environment::SystemRandomness;
use http::header::{COOKIE, HeaderName, SET_COOKIE};
use jose::jwe::{self, EncryptOptions};
use jose::{Algorithm, Jwk, Signer, SigningKey, jws};
use openid4vc::dpop::{self, NewProof};
use openid4vc::http::Method;
use openid4vc::vci::{offer, proof};
use outbound::{Fetch, HttpClient, OutboundError, Policy, Request, Response};
use serde_json::{Map, Value, json};
use url::Url;

use crate::process::Told;
use crate::space::{TYPE, asking};

/// A member who holds a credential.
pub struct Member {
    client: HttpClient,
    origin: String,
    holder: SigningKey,
    held: Held,
}

/// A request that waits for its answer.
pub struct Asked {
    object: Map<String, Value>,
    cookie: String,
}

/// What the space said to an answer.
pub struct Taken {
    reply: Value,
    cookie: String,
}

impl Asked {
    fn text(&self, name: &str) -> &str {
        self.object.get(name).and_then(Value::as_str).unwrap()
    }
}

impl Member {
    /// A member of whom the space's issuer knows.
    pub fn new(space: &Told) -> Self {
        let holder = key(2);
        let issuer = SigningKey::from_private_json(&space.issuer).unwrap();
        let sign_as = SignAs::X5c(&space.chain);
        let compact = issue_these(&issuer, sign_as, holder.public_jwk(), TYPE, claims(), frame());
        Self {
            client: HttpClient::new(Policy::development()).unwrap(),
            origin: space.origin.clone(),
            held: Held::reopen(&compact).unwrap(),
            holder,
        }
    }

    async fn send(&self, request: Request) -> Response {
        let response = self.client.fetch(request).await.unwrap();
        assert!(
            response.status.is_success(),
            "{} {}",
            response.status,
            String::from_utf8_lossy(&response.body)
        );
        response
    }

    fn at(&self, path: &str) -> Url {
        Url::parse(&format!("{}{path}", self.origin)).unwrap()
    }

    /// Opens the space's page in a fresh browser and fetches the request behind its link.
    pub async fn ask(&self) -> Asked {
        let response = self.send(Request::post_json(self.at("/join/requests"), &asking())).await;
        let cookie = response.header(&SET_COOKIE).unwrap().split(';').next().unwrap().to_owned();
        let link = Url::parse(response.json().unwrap()["link"].as_str().unwrap()).unwrap();
        let (_, uri) = link.query_pairs().find(|(name, _)| name == "request_uri").unwrap();
        let object = self.send(Request::get(Url::parse(&uri).unwrap())).await;
        let object = std::str::from_utf8(&object.body).unwrap();
        Asked { object: jws::Unverified::parse(object).unwrap().claims().unwrap(), cookie }
    }

    /// The encrypted answer, ready to be sent.
    pub fn answer(&self, asked: &Asked) -> Request {
        let paths = [
            ClaimsPath::name("given_name"),
            ClaimsPath::name("family_name"),
            ClaimsPath::name("birthdate"),
            ClaimsPath::names("address", &["locality"]),
        ];
        let selection = self.held.sd_jwt().select(&paths).unwrap();
        let (audience, nonce) = (asked.text("client_id"), asked.text("nonce"));
        let binding = KeyBinding { audience, nonce, issued_at: NOW };
        let presentation = self.held.sd_jwt().present_bound(&selection, &binding, &self.holder).unwrap();
        let content = json!({"vp_token": {"foreign_0": [presentation]}, "state": asked.text("state")});
        let keys = asked.object.get("client_metadata").and_then(|metadata| metadata.pointer("/jwks/keys/0"));
        let recipient = Jwk::from_value(keys.unwrap()).unwrap();
        let jwe =
            jwe::encrypt(content.to_string().as_bytes(), &recipient, &EncryptOptions::default()).unwrap();
        Request::post_form(Url::parse(asked.text("response_uri")).unwrap(), &[("response", jwe)])
    }

    /// Sends an answer that was made before.
    pub async fn send_answer(&self, answer: Request) -> Value {
        self.send(answer).await.json().unwrap()
    }

    /// From the open page to the membership in the wallet.
    pub async fn sign_up(&self) -> String {
        let asked = self.ask().await;
        let reply = self.send_answer(self.answer(&asked)).await;
        let taken = Taken { reply, cookie: asked.cookie };
        self.come_back(&taken).await;
        let follow_up = self.follow_up(&taken).await;
        assert!(follow_up["sharing_proof"].is_string());
        self.collect(follow_up["credential_offer"].as_str().unwrap()).await
    }

    async fn come_back(&self, taken: &Taken) {
        let back = Url::parse(taken.reply["redirect_uri"].as_str().unwrap()).unwrap();
        let request = Request::get(back).with_header(COOKIE, &taken.cookie).unwrap();
        // Our client follows no redirect; that there is one says that the browser was known again.
        let outcome = self.client.fetch(request).await;
        assert!(
            matches!(outcome, Err(OutboundError::Redirected { status: http::StatusCode::SEE_OTHER })),
            "{outcome:?}"
        );
    }

    async fn follow_up(&self, taken: &Taken) -> Value {
        let uri = taken.reply["sharing_proof_uri"].as_str().unwrap();
        let proof = NewProof {
            key: self.holder.public_jwk(),
            method: Method::Get,
            url: uri,
            access_token: None,
            nonce: None,
        };
        let proof = proof.to_sign(NOW, &SystemRandomness).sign(&self.holder).unwrap();
        let request = Request::get(Url::parse(uri).unwrap());
        let request = request.with_header(HeaderName::from_static(dpop::HEADER), &proof).unwrap();
        self.send(request).await.json().unwrap()
    }

    async fn collect(&self, link: &str) -> String {
        let link = Url::parse(link).unwrap();
        let (name, value) = link.query_pairs().next().unwrap();
        let offer = match &*name {
            "credential_offer" => serde_json::from_str(&value).unwrap(),
            _ => self.send(Request::get(Url::parse(&value).unwrap())).await.json().unwrap(),
        };
        let code = &offer["grants"][offer::PRE_AUTHORIZED_CODE]["pre-authorized_code"];
        let grant =
            [("grant_type", offer::PRE_AUTHORIZED_CODE), ("pre-authorized_code", code.as_str().unwrap())];
        let token = self.send(Request::post_form(self.at("/token"), &grant)).await.json().unwrap();
        let nonce = Request::new(http::Method::POST, self.at("/nonce"));
        let nonce = self.send(nonce).await.json().unwrap();
        let key = SigningKey::generate(Algorithm::Es256, &SystemRandomness).unwrap();
        let proof = proof::NewProof {
            key: key.public_jwk(),
            credential_issuer: &self.origin,
            nonce: nonce["c_nonce"].as_str(),
            client_id: None,
            key_attestation: None,
        };
        let proof = proof.to_sign(NOW).sign(&key).unwrap();
        let body = json!({
            "credential_configuration_id": offer["credential_configuration_ids"][0],
            "proofs": {"jwt": [proof]},
        });
        let request = Request::post_json(self.at("/credential"), &body);
        let request = request.with_authorization("Bearer", token["access_token"].as_str().unwrap()).unwrap();
        let answer = self.send(request).await.json().unwrap();
        answer["credentials"][0]["credential"].as_str().unwrap().to_owned()
    }
}

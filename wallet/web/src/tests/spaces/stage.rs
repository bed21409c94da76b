//! A member of two spaces, whose answers are scripted.

use std::collections::VecDeque;
use std::sync::Mutex;

use credentials::types;
use did::DidUrl;
use environment::Clock;
use jose::{Algorithm, Jwk, Signer, SigningKey};
use network::change_proof::{Deed, NewChangeProof};
use network::member_api::{ClaimChange, KeptClaim, Outcome, REGISTRATION, WhatToDo};
use serde_json::{Value, json};
use wallet::testing::{MadeSpace, make_member};
use wallet::{SignerEvidence, Trust, TrustError, TrustedIssuer, TrustedRequester};

use super::super::*;

pub(super) const KILN: &str = "did:web:kiln.example";
pub(super) const ROOK: &str = "did:web:rook.example";
pub(super) const OFFICE: &str = "did:web:office.example";

/// What the space does with a call.
#[derive(Clone)]
pub(super) enum Answer {
    /// As it should.
    Right,
    /// It cannot be reached.
    Down,
    /// This status and body.
    Body(u16, Value),
    /// It proves something else than it was asked.
    OtherProof,
    /// It ends the membership without having said so.
    EndsIt,
    /// It keeps the caller waiting until it is told.
    Waits,
}

/// Two spaces behind one script.
pub(super) struct Script {
    key: SigningKey,
    clock: Arc<ManualClock>,
    answers: Mutex<VecDeque<Answer>>,
    pub(super) calls: Mutex<Vec<(String, Value)>>,
    pub(super) holds: Mutex<Vec<Value>>,
    pub(super) goes_on: tokio::sync::Notify,
}

impl Script {
    fn next(&self) -> Answer {
        self.answers.lock().unwrap().pop_front().unwrap_or(Answer::Right)
    }

    pub(super) fn then(&self, answers: &[Answer]) {
        self.answers.lock().unwrap().extend(answers.iter().cloned());
    }

    /// The calls since this was asked last, by path.
    pub(super) fn called(&self) -> Vec<String> {
        self.calls.lock().unwrap().drain(..).map(|(path, _)| path).collect()
    }

    async fn answer(&self, request: outbound::Request) -> Result<outbound::Response, OutboundError> {
        // What the wallet does by itself, such as fetching new copies, is no part of this.
        if !request.url.path().starts_with("/member/") {
            return Err(OutboundError::Unreachable);
        }
        let body: Value = serde_json::from_slice(&request.body).unwrap_or_default();
        self.calls.lock().unwrap().push((request.url.path().to_owned(), body.clone()));
        let answer = self.next();
        let (other, ends) = match answer {
            Answer::Right => (false, false),
            Answer::Down => return Err(OutboundError::Unreachable),
            Answer::Body(status, body) => return Ok(said(status, &body)),
            Answer::OtherProof => (true, false),
            Answer::EndsIt => (false, true),
            Answer::Waits => {
                self.goes_on.notified().await;
                (false, false)
            }
        };
        let space = format!("did:web:{}", request.url.host_str().unwrap());
        if request.url.path() == "/member/details" {
            let details = self.holds.lock().unwrap().clone();
            return Ok(said(
                200,
                &json!({"space": space, "member_since": 1_794_000_000, "plan": "member", "details": details, "objections": []}),
            ));
        }
        let deed = match request.url.path() {
            "/member/leave" => Deed::Left,
            "/member/objections" => Deed::Objected,
            _ => Deed::Changed,
        };
        let outcome = outcome(&body, deed, ends);
        if body["dry_run"] == true {
            return Ok(said(200, &json!({ "would": outcome })));
        }
        let holder = jose::jws::Unverified::parse(request.headers["dpop"].to_str().unwrap()).unwrap();
        let holder = Jwk::from_value(holder.header().get("jwk").unwrap()).unwrap().thumbprint_base64url();
        let proof = NewChangeProof {
            issuer: &space,
            holder: &holder,
            id: if other { "another" } else { body["id"].as_str().unwrap() },
            deed,
            outcome,
        };
        let proof = proof.make(self.clock.now(), &SeededRandomness::new(3));
        let proof = proof.sign(&format!("{space}#log"), &self.key).unwrap();
        Ok(said(200, &json!({ "proof": proof })))
    }
}

fn said(status: u16, body: &Value) -> outbound::Response {
    outbound::Response::of_json(StatusCode::from_u16(status).unwrap(), body)
}

/// What is needed ends the membership when it is taken back; then the company stays for its days.
fn outcome(body: &Value, deed: Deed, ends: bool) -> Outcome {
    if deed == Deed::Objected {
        let about = serde_json::from_value(body["about"].clone()).unwrap();
        return Outcome { about, ..Outcome::default() };
    }
    let leaves = deed == Deed::Left;
    let back = |claim: &str| ClaimChange { claim: claim.to_owned(), what: WhatToDo::TakeBack };
    let changes: Vec<ClaimChange> = if leaves {
        vec![back("company"), back("email")]
    } else {
        serde_json::from_value(body["changes"].clone()).unwrap()
    };
    let takes_needed = changes.contains(&back("email")) && !leaves;
    let kept = KeptClaim { claim: "company".to_owned(), rule: REGISTRATION.to_owned(), until: 1_796_000_000 };
    Outcome {
        membership_ended: leaves || takes_needed || ends,
        kept: if takes_needed { vec![kept] } else { Vec::new() },
        changes,
        ..Outcome::default()
    }
}

struct Line(Arc<Script>);

impl Fetch for Line {
    fn fetch(&self, request: outbound::Request) -> Fetching<'_> {
        Box::pin(self.0.answer(request))
    }
}

/// Whoever signs has the one key; nobody asks or issues.
struct OneKey(Jwk);

impl Trust for OneKey {
    fn issuer<'a>(
        &'a self,
        _: &'a SignerEvidence,
        _: &'a str,
    ) -> BoxFuture<'a, Result<TrustedIssuer, TrustError>> {
        Box::pin(std::future::ready(Err(TrustError::NoNetwork)))
    }

    fn signer_of_metadata<'a>(
        &'a self,
        _: &'a SignerEvidence,
    ) -> BoxFuture<'a, Result<TrustedIssuer, TrustError>> {
        Box::pin(std::future::ready(Err(TrustError::NoNetwork)))
    }

    fn requester<'a>(
        &'a self,
        _: &'a SignerEvidence,
        _: Option<&'a str>,
    ) -> BoxFuture<'a, Result<TrustedRequester, TrustError>> {
        Box::pin(std::future::ready(Err(TrustError::NoNetwork)))
    }

    fn assertion_key<'a>(&'a self, _: &'a DidUrl) -> BoxFuture<'a, Result<Jwk, TrustError>> {
        Box::pin(std::future::ready(Ok(self.0.clone())))
    }
}

struct AtSpaces {
    environment: Environment,
    script: Arc<Script>,
}

impl OpenWallet for AtSpaces {
    fn open(&self, vault: Arc<Vault>) -> BoxFuture<'_, Result<Wallet, NotOpened>> {
        let trust = Arc::new(OneKey(self.script.key.public_jwk().clone()));
        let line = Arc::new(Line(Arc::clone(&self.script)));
        Box::pin(std::future::ready(Ok(Wallet::new(vault, line, trust, self.environment.clone()))))
    }
}

/// A member of two spaces; an office has something too.
pub(super) struct Member {
    pub(super) scene: Scene,
    pub(super) script: Arc<Script>,
}

impl Member {
    pub(super) async fn new() -> Self {
        let mut made = None;
        let (scene, vault) = Scene::with(|environment| {
            let script = Arc::new(Script {
                key: SigningKey::generate(Algorithm::Es256, &SeededRandomness::new(2)).unwrap(),
                clock: Arc::new(ManualClock::new(environment.now())),
                answers: Mutex::default(),
                calls: Mutex::default(),
                holds: Mutex::new(vec![
                    detail("email", json!("ada@example.org"), "team"),
                    detail("company", json!("<b>Bakery</b>"), "members-here"),
                ]),
                goes_on: tokio::sync::Notify::new(),
            });
            made = Some(Arc::clone(&script));
            Arc::new(AtSpaces { environment, script })
        })
        .await;
        let given = [
            ("email", types::PROFILE, json!("ada@example.org")),
            ("company", types::OWN, json!("<b>Bakery</b>")),
        ];
        let space = |did, name, host, is_office| MadeSpace { did, name, host, is_office, given: &given };
        make_member(&vault, &space(KILN, "Kiln <i>North</i>", "kiln.example", false)).await.unwrap();
        make_member(&vault, &space(ROOK, "Rook", "rook.example", false)).await.unwrap();
        make_member(&vault, &space(OFFICE, "The office", "office.example", true)).await.unwrap();
        Self { scene, script: made.unwrap() }
    }

    pub(super) async fn browser(&self) -> Browser<'_> {
        let mut browser = self.scene.browser();
        browser.unlock(PASSPHRASE).await;
        browser
    }
}

pub(super) fn detail(claim: &str, value: Value, audience: &str) -> Value {
    json!({"claim": claim, "value": value, "purpose": "Becoming a member", "audience": audience, "seen_by": "some",
        "until": null, "kept_days": 30, "since": 1_794_000_000, "word_of": "own", "needed": claim == "email"})
}

/// The address of a space's page.
pub(super) async fn page_of(browser: &mut Browser<'_>, name: &str) -> String {
    let list = browser.get("/spaces").await.text;
    let link = list.split("<h2><a href=\"").find(|part| part.contains(&format!(">{name}</a>"))).expect("it");
    link.split('"').next().unwrap().to_owned()
}

/// The hidden fields of the form on a page that has this button.
pub(super) fn fields_of(page: &str, button: &str) -> Vec<(String, String)> {
    let form = page.split("<form").find(|form| form.contains(button)).expect("the form");
    let hidden = form.split("type=\"hidden\" name=\"").skip(1).map(|field| {
        let (name, rest) = field.split_once('"').unwrap();
        let value = rest.split("value=\"").nth(1).unwrap().split('"').next().unwrap();
        (name.to_owned(), value.to_owned())
    });
    hidden.collect()
}

/// Sends that form with more fields, and gives the page to which it leads.
pub(super) async fn press(
    browser: &mut Browser<'_>,
    page: &str,
    button: &str,
    action: &str,
    more: &[(&str, &str)],
) -> (String, Shown) {
    let hidden = fields_of(page, button);
    let mut fields: Vec<(&str, &str)> =
        hidden.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    fields.retain(|(name, _)| more.iter().all(|(other, _)| other != name));
    fields.extend(more);
    let sent = browser.post(action, &fields).await;
    let location = sent.location.clone().unwrap_or_else(|| panic!("{} {}", sent.status, sent.text));
    assert_eq!(sent.status, StatusCode::SEE_OTHER);
    let shown = browser.get(&location).await;
    (location, shown)
}

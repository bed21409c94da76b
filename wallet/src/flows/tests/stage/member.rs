//! The space's member API, as a script: it keeps what it was asked and answers with proofs.

use std::collections::BTreeMap;

use environment::Clock;
use http::StatusCode;
use network::change_proof::{Deed, NewChangeProof};
use network::member_api::{ClaimChange, Outcome, WhatToDo};
use openid4vc::dpop::{self, Expected};
use openid4vc::http::Method;
use openid4vc::timed_nonce::NonceKey;
use outbound::{OutboundError, Request, Response};
use serde_json::{Value, json};

use super::{Cast, SPACE, ok, text};

/// What the space holds of its API, and how it misbehaves.
#[derive(Default)]
pub(in crate::flows::tests) struct MemberDesk {
    /// What is to be given with the next reply: a token.
    pub(in crate::flows::tests) opens: bool,
    /// Tokens that were given, each with the thumbprint of its key once it was used.
    pub(in crate::flows::tests) tokens: Vec<String>,
    /// Whether every token of before is unknown.
    pub(in crate::flows::tests) forgets_tokens: bool,
    /// What is held, by the space's account: claim, value, whose word; one e-mail address if nothing is said.
    pub(in crate::flows::tests) holds: Option<Vec<(&'static str, String, &'static str)>>,
    /// Where the API is said to be.
    pub(in crate::flows::tests) elsewhere: Option<String>,
    /// What was asked: path and body, in order.
    pub(in crate::flows::tests) asked: Vec<(String, Value)>,
    /// What was done, by identifier.
    pub(in crate::flows::tests) done: BTreeMap<String, String>,
    /// The answer to everything that is asked.
    pub(in crate::flows::tests) refuses: Option<(u16, Value)>,
    /// It is done, and the answer gets lost.
    pub(in crate::flows::tests) loses_answers: bool,
    /// The identifier in proofs is another one.
    pub(in crate::flows::tests) other_id: bool,
    /// Proofs are signed by the request key.
    pub(in crate::flows::tests) other_key: bool,
    /// The proof is bound to another key.
    pub(in crate::flows::tests) other_holder: bool,
    /// The proof speaks of no change.
    pub(in crate::flows::tests) other_changes: bool,
    /// When proofs say that they were signed, if not now, in seconds since the epoch.
    pub(in crate::flows::tests) signed_at: Option<i64>,
    /// What is said to be kept although the membership ends by what is taken back.
    pub(in crate::flows::tests) ends_membership: bool,
}

impl Cast {
    /// `POST /member/requests` and everything below `/member`.
    pub(super) fn member_api(&self, host: &str, request: &Request) -> Result<Response, OutboundError> {
        assert_eq!(host, SPACE);
        let mut behaviour = self.behaviour.lock().unwrap();
        if request.url.path() == "/member/requests" {
            behaviour.member.opens = true;
            let query = self.membership_query();
            behaviour.refilling = Some((json!({"credentials": [query]}), String::new()));
            return made(&self.space.link());
        }
        let Some(holder) = self.holder_of(request, &behaviour.member) else {
            return text(401, "application/json", r#"{"error":"invalid_token","error_description":"no"}"#);
        };
        let path = request.url.path().strip_prefix("/member/").unwrap().to_owned();
        let body: Value = serde_json::from_slice(&request.body).unwrap_or_default();
        behaviour.member.asked.push((path.clone(), body.clone()));
        if let Some((status, body)) = &behaviour.member.refuses {
            return Ok(Response::of_json(StatusCode::from_u16(*status).unwrap(), body));
        }
        if let ("details", Some(holds)) = (path.as_str(), &behaviour.member.holds) {
            let details: Vec<Value> =
                holds.iter().map(|(claim, value, word_of)| detail(claim, value, word_of)).collect();
            return ok(
                &json!({"space": self.space.party.did, "member_since": 0, "plan": "member", "objections": [],
                "details": details}),
            );
        }
        if path == "details" {
            return ok(
                &json!({"space": self.space.party.did, "member_since": 0, "plan": "member", "objections": [],
                "details": [{"claim": "email", "value": "ada@example.org", "purpose": "sign-up", "audience": "team",
                    "seen_by": "the team", "until": null, "kept_days": 30, "since": 0, "word_of": "own", "needed": true}]}),
            );
        }
        if path == "change-requests" && (body["claims"][0] == "number" || body["claims"][0] == "did") {
            let named = body["claims"].as_array().unwrap().iter();
            let claims: Vec<Value> = named.map(|claim| json!({"path": [claim]})).collect();
            let passport = json!({"id": "passport", "format": "dc+sd-jwt", "claims": claims,
                "meta": {"vct_values": [credentials::types::PASSPORT]}});
            let query = json!({"credentials": [passport, self.membership_query()],
                "credential_sets": [{"options": [["passport"]]}, {"options": [["membership"]]}]});
            behaviour.refilling = Some((query, String::new()));
            return made(&self.space.link());
        }
        if path == "change-requests" {
            let credentials = json!([
                {"id": "profile_email", "format": "dc+sd-jwt", "claims": [{"path": ["email"]}],
                    "meta": {"vct_values": [credentials::types::PROFILE]}},
                {"id": "own_email", "format": "dc+sd-jwt", "claims": [{"path": ["email"]}],
                    "meta": {"vct_values": [credentials::types::OWN]}},
                self.membership_query(),
            ]);
            let sets =
                json!([{"options": [["profile_email"], ["own_email"]]}, {"options": [["membership"]]}]);
            let query = json!({"credentials": credentials, "credential_sets": sets});
            behaviour.refilling = Some((query, String::new()));
            return made(&self.space.link());
        }
        let deed = match path.as_str() {
            "changes" => Deed::Changed,
            "leave" => Deed::Left,
            _ => Deed::Objected,
        };
        let outcome = outcome(deed, &body, &behaviour.member);
        if body["dry_run"] == true {
            return ok(&json!({"would": outcome}));
        }
        let id = body["id"].as_str().unwrap().to_owned();
        let proof = match behaviour.member.done.get(&id) {
            Some(proof) => proof.clone(),
            None => self.change_proof(&id, &holder, deed, outcome, &behaviour.member),
        };
        behaviour.member.done.insert(id, proof.clone());
        if std::mem::take(&mut behaviour.member.loses_answers) {
            return Err(OutboundError::TimedOut);
        }
        ok(&json!({"proof": proof}))
    }

    /// A membership of this very space (specs/member-api.md §1).
    fn membership_query(&self) -> Value {
        json!({"id": "membership", "format": "dc+sd-jwt", "meta": {"vct_values": [credentials::types::MEMBERSHIP]},
            "claims": [{"path": ["space"], "values": [self.space.party.did]}]})
    }

    /// The thumbprint of the key of a DPoP proof that fits the token (RFC 9449 §4.3).
    fn holder_of(&self, request: &Request, desk: &MemberDesk) -> Option<String> {
        let header = |name: &str| request.headers.get(name).map(|value| value.to_str().unwrap().to_owned());
        let token = header("authorization").unwrap().strip_prefix("DPoP ").unwrap().to_owned();
        let nonces = NonceKey::generate(&self.randomness);
        let expected = Expected {
            method: if request.method == http::Method::GET { Method::Get } else { Method::Post },
            url: request.url.as_str(),
            access_token: Some(&token),
            bound_to: None,
            nonces: &nonces,
            nonce_required: false,
            now: self.clock.now(),
        };
        let proof = dpop::verify([header("dpop").unwrap().as_str()], &expected).unwrap();
        let known =
            desk.tokens.contains(&token) && !(desk.forgets_tokens && desk.tokens.last() != Some(&token));
        known.then(|| proof.key().thumbprint_base64url())
    }

    fn change_proof(
        &self,
        id: &str,
        holder: &str,
        deed: Deed,
        outcome: Outcome,
        desk: &MemberDesk,
    ) -> String {
        let new = NewChangeProof {
            issuer: &self.space.party.did,
            holder: if desk.other_holder { "another" } else { holder },
            id: if desk.other_id { "another" } else { id },
            deed,
            outcome,
        };
        let signed_at = desk.signed_at.map_or(self.clock.now(), environment::Timestamp::from_seconds);
        let proof = new.make(signed_at, &self.randomness);
        let (fragment, key) =
            if desk.other_key { ("log", &self.space.party.issuing.1) } else { ("log", &self.space.log) };
        proof.sign(&format!("{}#{fragment}", self.space.party.did), key).unwrap()
    }
}

fn detail(claim: &str, value: &str, word_of: &str) -> Value {
    json!({"claim": claim, "value": value, "purpose": "sign-up", "audience": "team", "seen_by": "the team", "until": null,
        "kept_days": 30, "since": 0, "word_of": word_of, "needed": true})
}

fn made(link: &str) -> Result<Response, OutboundError> {
    ok(&json!({"link": link, "client_id": "c", "request_uri": "http://kiln.localhost/request/1",
        "request_uri_method": "post"}))
}

fn outcome(deed: Deed, body: &Value, desk: &MemberDesk) -> Outcome {
    let back = ClaimChange { claim: "email".to_owned(), what: WhatToDo::TakeBack };
    match deed {
        Deed::Changed if desk.other_changes => Outcome::default(),
        Deed::Changed => Outcome {
            changes: serde_json::from_value(body["changes"].clone()).unwrap(),
            membership_ended: desk.ends_membership,
            ..Outcome::default()
        },
        Deed::Left => Outcome { changes: vec![back], membership_ended: true, ..Outcome::default() },
        Deed::Objected => {
            Outcome { about: serde_json::from_value(body["about"].clone()).unwrap(), ..Outcome::default() }
        }
    }
}

/// The `member_api` of a reply, if the request was for access.
pub(super) fn access(desk: &mut MemberDesk) -> Option<Value> {
    std::mem::take(&mut desk.opens).then(|| {
        desk.tokens.push(format!("token-{}", desk.tokens.len()));
        let uri = desk.elsewhere.clone().unwrap_or_else(|| "http://kiln.localhost/member".to_owned());
        json!({"uri": uri, "access_token": desk.tokens.last(), "token_type": "DPoP", "expires_in": 600})
    })
}

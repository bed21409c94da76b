//! Office and space as those who ask, and what follows an answer.

use std::collections::BTreeMap;

use credentials::sd_jwt::{Disclosure, SdJwt};
use credentials::{dcql, types, vc};
use environment::{Clock, SeededRandomness};
use http::StatusCode;
use http::header::RETRY_AFTER;
use jose::{base64url, digest, jws, jwt};
use ledger::{Commitment, CommitmentNonce, Entry, EntryKind, Leaf, LeafId};
use network::claims::Audience;
use network::decision::{DecidedBy, Decision};
use network::follow_up::FollowUp;
use network::seen_in_team::SeenInTeam;
use network::sharing_proof::{Confirmation, LogPromise, ProofOfSharing, SharedClaim};
use openid4vc::form::Form;
use openid4vc::vp::client_id::ClientId;
use openid4vc::vp::request::{NewRequest, SignAs, TYPE, VerifierInfo, digest_of};
use outbound::{OutboundError, Request, Response};
use serde_json::{Value, json};
use trust::registration::{
    Contacts, IntendedUse, LegalBasis, RegisteredClaim, RegistrationContent, SupervisoryAuthority,
};
use trust::testing::NOW;
use trust::{ClaimPath, Role};

use super::issuing::vct;
use super::{Actor, Behaviour, Cast, OFFICE, SPACE, offer_of, ok, proof_key, text};

/// The link of the space's request when it is known by its DID.
pub(in crate::flows::tests) fn link_by_did() -> String {
    link(SPACE, "decentralized_identifier%3Adid%3Aweb%3Akiln.localhost")
}

/// A request by reference.
fn link(host: &str, client: &str) -> String {
    format!("openid4vp://?client_id={client}&request_uri=http%3A%2F%2F{host}%2Frequest%2F1")
}

impl Actor {
    pub(super) fn link(&self) -> String {
        let client = ClientId::x509_hash(self.party.request.0.leaf().der());
        link(&self.party.host, client.as_str())
    }

    fn registration(&self) -> RegistrationContent {
        let contacts = Contacts { email: Some("team@kiln.example.org".to_owned()), ..Contacts::default() };
        let claim = |name: &&str| RegisteredClaim { path: ClaimPath::name(name), retention_days: 30 };
        let (id, purpose, claims, types): (_, _, &[&str], &[&str]) = match self.role {
            Role::Space => (
                "sign-up",
                "To know who works here",
                &["email", "given_name", "bio", "number", "did", "space", "age_equal_or_over"],
                &[types::PROFILE, types::OWN, types::PASSPORT, types::MEMBERSHIP],
            ),
            Role::Office => (
                "passport",
                "Giving you a network passport",
                &["sub", "given_name", "email", "number", "since"],
                &[types::MEMBERSHIP, types::STATEMENT, types::OWN, types::PASSPORT, types::PROFILE],
            ),
        };
        RegistrationContent {
            did: self.party.did.clone(),
            legal_name: "Kiln Coworking Ltd".to_owned(),
            name: "Kiln".to_owned(),
            brand: None,
            contacts: contacts.clone(),
            data_protection_contact: contacts.clone(),
            supervisory_authority: SupervisoryAuthority { name: "Authority".to_owned(), contacts },
            privacy_policy: "https://kiln.example.org/privacy".to_owned(),
            intended_uses: vec![IntendedUse {
                id: id.to_owned(),
                purpose: BTreeMap::from([("en".to_owned(), purpose.to_owned())]),
                legal_basis: LegalBasis::Contract,
                claims: claims.iter().map(claim).collect(),
                credential_types: types.iter().map(|vct| (*vct).to_owned()).collect(),
            }],
        }
    }
}

impl Cast {
    pub(super) fn request_object(&self, host: &str) -> String {
        let actor = self.actor(host);
        let behaviour = self.behaviour.lock().unwrap();
        let usual = if host == OFFICE { first_passport_query() } else { usual_query() };
        let refilling = behaviour.refilling.as_ref().map(|(query, _)| query);
        let query = refilling.or(behaviour.query.as_ref()).unwrap_or(&usual);
        let query = dcql::Query::parse(query).unwrap();
        let response_host = behaviour.response_host.as_deref().unwrap_or(host);
        let (chain, key) = &actor.party.request;
        let (registrar, registrar_key) = &self.network.registrar;
        let mut registration = actor.registration();
        registration.intended_uses.extend(behaviour.registers_also.clone());
        let registration = trust::registration::sign(
            &registration,
            &self.network.network,
            registrar,
            registrar_key,
            NOW,
            30 * 86_400,
        );
        let now = self.clock.now();
        let new = NewRequest {
            response_uri: &format!("http://{response_host}/response/1"),
            nonce: "a-nonce-of-sufficient-length",
            state: "state",
            query: &query,
            client_name: None,
            encryption_key: None,
            verifier_info: &[VerifierInfo::registration(&registration.unwrap())],
            transaction_data: &[],
            issued_at: now,
            expires_at: now.plus(300),
        };
        let sign_as = if behaviour.by_did {
            SignAs::Did(did::DidUrl::parse(&format!("{}#request", actor.party.did)).unwrap())
        } else {
            SignAs::Chain(Box::new(chain.clone()))
        };
        let mut object = new.sign(&sign_as, key).unwrap();
        if let Some(bend) = &behaviour.bend_request {
            let honest = jws::Unverified::parse(&object).unwrap();
            let mut claims = honest.claims().unwrap();
            bend(&mut claims);
            object = jwt::sign(TYPE, honest.header().clone(), &claims, key).unwrap();
        }
        self.served.lock().unwrap().clone_from(&object);
        object
    }

    /// What the space says to a counter-offer; it asks anew what the stage says.
    pub(super) fn counter_offer(&self, request: &Request) -> Result<Response, OutboundError> {
        let mut behaviour = self.behaviour.lock().unwrap();
        behaviour.counter_offers.push(serde_json::from_slice(&request.body).unwrap());
        match behaviour.asks_anew.take() {
            None => ok(&json!({"outcome": "declined", "reason": "A birthdate is needed"})),
            Some(query) => {
                behaviour.query = Some(query);
                behaviour.bend_request = behaviour.bend_request_anew.take();
                let link = behaviour.link_anew.clone().unwrap_or_else(|| self.space.link());
                ok(&json!({"outcome": "new_request", "request": {"link": link, "client_id": "c",
                    "request_uri": "http://kiln.localhost/request/1", "request_uri_method": "get"}}))
            }
        }
    }

    /// A request of the party for present copies; it offers what was asked.
    /// The request for a first passport: what is asked for by default.
    pub(super) fn first_passport(&self, host: &str, request: &Request) -> Result<Response, OutboundError> {
        assert_eq!(
            serde_json::from_slice::<Value>(&request.body).unwrap(),
            json!({}),
            "no word of the member"
        );
        let behaviour = self.behaviour.lock().unwrap();
        if behaviour.no_refills {
            return text(503, "application/json", "");
        }
        let asker = if behaviour.refill_by_space { &self.space } else { self.actor(host) };
        ok(&json!({"link": asker.link(), "session": "s"}))
    }

    pub(super) fn refill(&self, host: &str, request: &Request) -> Result<Response, OutboundError> {
        let body: Value = serde_json::from_slice(&request.body).unwrap();
        let what = body["what"].as_str().unwrap();
        let mut behaviour = self.behaviour.lock().unwrap();
        if behaviour.no_refills || (behaviour.no_refills_at_the_space && host == SPACE) {
            return text(503, "application/json", "");
        }
        let offered =
            behaviour.refill_offer.clone().unwrap_or_else(|| offer_of(&format!("http://{host}"), &[what]));
        let claim = match what {
            "membership" => "space",
            "passport" => "number",
            _ => "email",
        };
        let mut credentials = vec![json!({
            "id": what, "format": "dc+sd-jwt", "meta": {"vct_values": [vct(what)]}, "claims": [{"path": [claim]}],
        })];
        credentials.extend(behaviour.refill_asks_for.clone().filter(|_| what != "membership"));
        behaviour.refilling = Some((json!({"credentials": credentials}), offered));
        let asker = if behaviour.refill_by_space { &self.space } else { self.actor(host) };
        ok(&json!({"link": asker.link(), "session": "s"}))
    }

    pub(super) fn response(&self, host: &str, request: &Request) -> Result<Response, OutboundError> {
        let form = Form::parse(Some("application/x-www-form-urlencoded"), &request.body).unwrap();
        let fields: BTreeMap<String, String> =
            form.iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
        let mut behaviour = self.behaviour.lock().unwrap();
        behaviour.answers.push(fields.clone());
        if let (left @ 1.., seconds) = behaviour.puts_off {
            behaviour.puts_off.0 = left - 1;
            let mut later = Response::of_json(
                StatusCode::SERVICE_UNAVAILABLE,
                &json!({"error": "temporarily_unavailable"}),
            );
            later.headers.extend(seconds.map(|seconds| (RETRY_AFTER, seconds.into())));
            return Ok(later);
        }
        let refuses = if behaviour.taken.contains(&fields) { Some(400) } else { behaviour.reply_status };
        let refilling = behaviour.refilling.take();
        if let Some(error) = behaviour.reply_error.clone() {
            return Err(error);
        }
        if let Some(status) = refuses {
            return Ok(Response::of_json(
                StatusCode::from_u16(status).unwrap(),
                &json!({"error": behaviour.reply_code.unwrap_or("invalid_request")}),
            ));
        }
        behaviour.taken.push(fields);
        let follow_up = format!("http://{host}/follow-up/1");
        let mut reply = json!({
            "redirect_uri": format!("http://{host}/join/phone?response_code=x"),
            "sharing_proof_uri": behaviour.follow_up_uri.as_ref().unwrap_or(&follow_up),
        });
        if let Some(access) = super::member::access(&mut behaviour.member) {
            reply["member_api"] = access;
        }
        let offered = refilling.map(|(_, offer)| offer).or_else(|| behaviour.offer.clone());
        if let Some(offer) = offered.filter(|offer| !offer.is_empty()) {
            reply["credential_offer"] = Value::from(offer);
        }
        ok(&reply)
    }

    pub(super) fn follow_up(&self, host: &str, request: &Request) -> Result<Response, OutboundError> {
        let actor = self.actor(host);
        let proof = request.headers.get("dpop").unwrap().to_str().unwrap();
        let holder = proof_key(proof).thumbprint_base64url();
        let hash = base64url::encode(digest_of(&self.served.lock().unwrap()));
        let mut behaviour = self.behaviour.lock().unwrap();
        if let Some(status) = behaviour.follow_up_gone {
            return text(status, "application/json", "");
        }
        if behaviour.no_follow_ups {
            return text(503, "application/json", "");
        }
        // By another offer an office ends the one before, and what it gave by it without a word that it came.
        if behaviour.offer.is_some() {
            let lost = std::mem::take(&mut behaviour.unconfirmed);
            behaviour.lost.extend(lost);
        }
        let answer = behaviour.answers.last().unwrap();
        let confirmation = Confirmation { thumbprint: holder };
        let kid = format!("{}#log", actor.party.did);
        let signed_at = behaviour.signed_at.unwrap_or(NOW.seconds());
        let decision = behaviour.outcome.map(|outcome| {
            let decision = Decision {
                issuer: actor.party.did.clone(),
                issued_at: signed_at,
                request: hash.clone(),
                confirmation: confirmation.clone(),
                outcome,
                by: DecidedBy::Rule,
                because: None,
                rules: None,
                reason: Some("Welcome".to_owned()),
                appeal: None,
            };
            decision.sign(&kid, &actor.log).unwrap()
        });
        let proof = self.sharing_proof(actor, answer, &behaviour, hash, confirmation);
        let follow_up = FollowUp {
            sharing_proof: (!behaviour.no_proof).then(|| proof.sign(&kid, &actor.log).unwrap()),
            decision,
            credential_offer: behaviour.offer.clone(),
            did_hosting: behaviour.did_hosting.clone(),
            waiting_for: Vec::new(),
            counter_offer: behaviour.asks_instead.clone(),
        };
        ok(&serde_json::to_value(follow_up).unwrap())
    }

    fn sharing_proof(
        &self,
        actor: &Actor,
        answer: &BTreeMap<String, String>,
        behaviour: &Behaviour,
        request: String,
        confirmation: Confirmation,
    ) -> ProofOfSharing {
        let mut shared = shared(answer, &self.randomness);
        if behaviour.proof_lacks_a_claim {
            shared.pop();
        }
        let entry = shared.iter().fold(Entry::new(EntryKind::Answered, NOW), |entry, one| {
            let digest = base64url::decode_exact(&one.digest).unwrap();
            entry.committing(one.claim.clone(), Commitment::new(&one.nonce, &digest))
        });
        ProofOfSharing {
            issuer: actor.party.did.clone(),
            issued_at: behaviour.signed_at.unwrap_or(NOW.seconds()),
            id: format!("id{}", "x".repeat(behaviour.proof_padding)),
            request,
            confirmation,
            shared,
            log: LogPromise {
                log: None,
                leaf: Leaf::new(LeafId::generate(&self.randomness), &entry),
                within: None,
            },
        }
    }
}

/// What an answer discloses, as a space lists it.
fn shared(answer: &BTreeMap<String, String>, randomness: &SeededRandomness) -> Vec<SharedClaim> {
    let mut shared = Vec::new();
    for held in shown(answer) {
        let vct = held.facts().vct().to_owned();
        let disclosed = held.sd_jwt().processed().disclosed();
        for (index, one) in disclosed.iter().enumerate() {
            let parts = disclosed.iter().filter(|part| part.parent() == Some(index)).count();
            // Of an object of which a part was asked nothing was given but that part.
            let is_asked_in_parts = parts > 0 && digests_in(one.encoded()) > parts;
            if vct == types::TERMS || is_asked_in_parts {
                continue;
            }
            shared.push(SharedClaim {
                claim: one.location().to_string(),
                vct: vct.clone(),
                digest: digest::sha256_base64url(one.encoded()),
                nonce: CommitmentNonce::generate(randomness),
                needed: true,
                purpose: "sign-up".to_owned(),
                audience: Audience::Team,
                seen_in_team: SeenInTeam::Team,
                kept_days: None,
                kept_until: None,
            });
        }
    }
    shared
}

/// Every presentation in an answer, without what binds it.
fn shown(answer: &BTreeMap<String, String>) -> Vec<vc::Held> {
    let token: Value = serde_json::from_str(&answer["vp_token"]).unwrap();
    let presentations = token.as_object().unwrap().values().flat_map(|list| list.as_array().unwrap().clone());
    let unbound = |one: &str| format!("{}~", one.rsplit_once('~').unwrap().0);
    presentations.map(|one| vc::Held::reopen(&unbound(one.as_str().unwrap())).unwrap()).collect()
}

fn digests_in(disclosure: &str) -> usize {
    let parsed = Disclosure::parse(disclosure).unwrap();
    parsed.value()["_sd"].as_array().map_or(0, Vec::len)
}

/// Query, type, and the disclosures (name and text) of one presentation.
type Shown = (String, String, Vec<(String, String)>);

/// Every presentation in an answer.
pub(in crate::flows::tests) fn disclosed(answer: &BTreeMap<String, String>) -> Vec<Shown> {
    let token: Value = serde_json::from_str(&answer["vp_token"]).unwrap();
    let mut all = Vec::new();
    for (query, presentations) in token.as_object().unwrap() {
        for presentation in presentations.as_array().unwrap() {
            let parsed = SdJwt::parse(presentation.as_str().unwrap()).unwrap();
            let vct = parsed.payload()["vct"].as_str().unwrap().to_owned();
            let disclosures = parsed
                .disclosures()
                .iter()
                .map(|one| (one.name().unwrap_or_default().to_owned(), one.encoded().to_owned()));
            all.push((query.clone(), vct, disclosures.collect()));
        }
    }
    all
}

/// The `cnf` keys of all presentations in an answer.
pub(in crate::flows::tests) fn holder_keys(answer: &BTreeMap<String, String>) -> Vec<Value> {
    let token: Value = serde_json::from_str(&answer["vp_token"]).unwrap();
    let presentations = token.as_object().unwrap().values().flat_map(|list| list.as_array().unwrap().clone());
    let key = |presentation: Value| {
        SdJwt::parse(presentation.as_str().unwrap()).unwrap().payload()["cnf"]["jwk"].clone()
    };
    presentations.map(key).collect()
}

fn query(id: &str, vct: &str, claims: &[&str]) -> Value {
    let claims: Vec<Value> = claims.iter().map(|claim| json!({"path": [claim]})).collect();
    json!({"id": id, "format": "dc+sd-jwt", "meta": {"vct_values": [vct]}, "claims": claims})
}

/// Membership and statement of the home space, and an address to write to.
fn first_passport_query() -> Value {
    json!({"credentials": [
        query("membership", types::MEMBERSHIP, &["sub"]),
        query("statement", types::STATEMENT, &["sub", "given_name"]),
        query("own", types::OWN, &["email"]),
    ]})
}

/// E-mail checked, name checked or own, bio own and optional, terms.
pub(in crate::flows::tests) fn usual_query() -> Value {
    json!({
        "credentials": [
            query("profile", types::PROFILE, &["email"]),
            query("profile_given_name", types::PROFILE, &["given_name"]),
            query("own_given_name", types::OWN, &["given_name"]),
            query("own_bio", types::OWN, &["bio"]),
            query("terms", types::TERMS, &["request", "audiences", "until", "inbox"]),
        ],
        "credential_sets": [
            {"options": [["profile"]]},
            {"options": [["profile_given_name"], ["own_given_name"]]},
            {"options": [["own_bio"]], "required": false},
            {"options": [["terms"]], "required": false},
        ],
    })
}

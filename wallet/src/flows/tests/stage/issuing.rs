//! Office and space as issuers.

use credentials::issuer_key::SignAs;
use credentials::sd_jwt::{Decoys, Disclosure, Frame, SdJwt};
use credentials::status_list::{self, Bits, Publishing, Status, StatusList};
use credentials::{ClaimsPath, types, vc};
use environment::Clock;
use http::StatusCode;
use jose::{Jwk, SigningKey, base64url, jws};
use outbound::{OutboundError, Request, Response};
use serde_json::{Map, Value, json};

use super::{Behaviour, Cast, OFFICE, SPACE, ok, proof_key, text};

/// A copy that is not signed yet.
pub(in crate::flows::tests) struct Bent {
    pub(in crate::flows::tests) header: Map<String, Value>,
    pub(in crate::flows::tests) payload: Map<String, Value>,
    pub(in crate::flows::tests) disclosures: Vec<String>,
}

impl Bent {
    /// Sets a visible claim.
    pub(in crate::flows::tests) fn set(&mut self, name: &str, value: impl Into<Value>) {
        self.payload.insert(name.to_owned(), value.into());
    }

    /// Changes the elements of every disclosure; the digests follow. What lies in another comes before it.
    pub(in crate::flows::tests) fn disclose(&mut self, change: impl Fn(&mut Vec<Value>)) {
        let digest = |encoded: &str| {
            let digest = Disclosure::parse(encoded).unwrap().digest(Default::default());
            digest.as_str().to_owned()
        };
        let mut digests: Vec<(String, String)> = Vec::new();
        let follow = |text: String, digests: &[(String, String)]| {
            digests.iter().fold(text, |text, (before, now)| text.replace(before, now))
        };
        for encoded in &mut self.disclosures {
            let before = digest(encoded);
            let text = String::from_utf8(base64url::decode(&*encoded).unwrap()).unwrap();
            let mut elements: Vec<Value> = serde_json::from_str(&follow(text, &digests)).unwrap();
            change(&mut elements);
            *encoded = base64url::encode(Value::from(elements).to_string());
            digests.push((before, digest(encoded)));
        }
        let mut now: Vec<String> = serde_json::from_value(self.payload["_sd"].clone()).unwrap();
        // A disclosure that was taken out leaves no digest behind.
        let is_there = |one: &String| digests.iter().any(|(_, now)| now == one);
        now = now.into_iter().map(|one| follow(one, &digests)).filter(is_there).collect();
        now.sort_unstable();
        self.set("_sd", now);
    }

    fn of(compact: &str) -> Self {
        let copy = SdJwt::parse(compact).unwrap();
        let disclosures = copy.disclosures().iter().map(|one| one.encoded().to_owned()).collect();
        Self { header: copy.header().clone(), payload: copy.payload().clone(), disclosures }
    }

    fn sign(self, key: &SigningKey) -> String {
        let payload = Value::Object(self.payload).to_string();
        let jwt = jws::sign(self.header, payload.as_bytes(), key).unwrap();
        let parts: Vec<String> = std::iter::once(jwt).chain(self.disclosures).collect();
        format!("{}~", parts.join("~"))
    }
}

/// An offer of the office, by value.
pub(in crate::flows::tests) fn offer(configurations: &[&str]) -> String {
    offer_of(&format!("http://{OFFICE}"), configurations)
}

/// An offer of whoever is at this address, by value.
pub(in crate::flows::tests) fn offer_of(issuer: &str, configurations: &[&str]) -> String {
    let offer = json!({
        "credential_issuer": issuer,
        "credential_configuration_ids": configurations,
        "grants": {"urn:ietf:params:oauth:grant-type:pre-authorized_code": {"pre-authorized_code": "code"}},
    });
    let encoded: String = url::form_urlencoded::byte_serialize(offer.to_string().as_bytes()).collect();
    format!("openid-credential-offer://?credential_offer={encoded}")
}

pub(super) fn metadata(host: &str) -> Value {
    let configuration = |id: &str| {
        let configuration = json!({
            "format": "dc+sd-jwt", "vct": vct(id), "cryptographic_binding_methods_supported": ["jwk"],
            "proof_types_supported": {"jwt": {"proof_signing_alg_values_supported": ["ES256"]}},
        });
        (id.to_owned(), configuration)
    };
    let ids = if host == SPACE { ["membership", "statement"] } else { ["passport", "profile"] };
    let at = |path: &str| format!("http://{host}{path}");
    json!({
        "credential_issuer": at(""), "credential_endpoint": at("/credential"), "nonce_endpoint": at("/nonce"),
        "deferred_credential_endpoint": at("/deferred"), "notification_endpoint": at("/notification"),
        "batch_credential_issuance": {"batch_size": 4}, "display": [{"name": format!("Host of {host}")}],
        "credential_configurations_supported": ids.map(configuration).into_iter().collect::<Map<_, _>>(),
    })
}

pub(super) fn server_metadata(host: &str) -> Value {
    json!({
        "issuer": format!("http://{host}"), "token_endpoint": format!("http://{host}/token"),
        "pre-authorized_grant_anonymous_access_supported": true,
    })
}

pub(super) fn token() -> Value {
    json!({"access_token": "token", "token_type": "Bearer", "expires_in": 60})
}

pub(super) fn nonce() -> Value {
    json!({"c_nonce": "nonce"})
}

impl Cast {
    pub(super) fn notification(&self, request: &Request) -> Result<Response, OutboundError> {
        let body: Value = serde_json::from_slice(&request.body).unwrap();
        let mut behaviour = self.behaviour.lock().unwrap();
        if let Some(status) = behaviour.unheard {
            return text(status, "application/json", "");
        }
        behaviour.unconfirmed.clear();
        behaviour.notified.push(body["event"].as_str().unwrap().to_owned());
        text(204, "application/json", "")
    }

    pub(super) fn credential(&self, host: &str, request: &Request) -> Result<Response, OutboundError> {
        let body: Value = serde_json::from_slice(&request.body).unwrap();
        let mut behaviour = self.behaviour.lock().unwrap();
        if behaviour.busy_after == Some(0) {
            return text(503, "application/json", r#"{"error":"temporarily_unavailable"}"#);
        }
        behaviour.busy_after = behaviour.busy_after.map(|left| left.saturating_sub(1));
        let is_promise = request.url.path() == "/credential" && behaviour.defers_after == Some(0);
        if is_promise {
            behaviour.promised.push(body);
            let transaction = format!("later-{}", behaviour.promised.len() - 1);
            let promise = json!({"transaction_id": transaction, "interval": 60});
            return Ok(Response::of_json(StatusCode::ACCEPTED, &promise));
        }
        behaviour.defers_after = behaviour.defers_after.map(|left| left.saturating_sub(1));
        let number = body["transaction_id"].as_str().and_then(|id| id.strip_prefix("later-"));
        let body = number
            .map_or(body.clone(), |number| behaviour.promised[number.parse::<usize>().unwrap()].clone());
        if behaviour.deferred && request.url.path() == "/credential" {
            *self.issued.lock().unwrap() = self.issue(host, &body, &mut behaviour);
            return Ok(Response::of_json(
                StatusCode::ACCEPTED,
                &json!({"transaction_id": "later", "interval": 60}),
            ));
        }
        let issued = if behaviour.deferred {
            self.issued.lock().unwrap().clone()
        } else {
            self.issue(host, &body, &mut behaviour)
        };
        if request.url.path() == "/deferred" {
            let given = behaviour.places.len().saturating_sub(issued.len());
            behaviour.unconfirmed = behaviour.places[given..].to_vec();
        }
        behaviour.deferred = false;
        let instead = behaviour.gives_instead.as_ref();
        let given = issued.into_iter().map(|one| instead.cloned().unwrap_or(one));
        let credentials: Vec<Value> = given.map(|one| json!({"credential": one})).collect();
        let notification = behaviour.notification_id.as_deref().unwrap_or("n");
        ok(&json!({"credentials": credentials, "notification_id": notification}))
    }

    fn issue(&self, host: &str, body: &Value, behaviour: &mut Behaviour) -> Vec<String> {
        let configuration = ["credential_configuration_id", "credential_identifier"];
        let configuration = configuration.iter().find_map(|name| body[name].as_str()).unwrap();
        let mut keys = keys(&body["proofs"]);
        if behaviour.halves {
            keys = vec![keys.swap_remove(behaviour.halved % keys.len())];
            behaviour.halved += 1;
        }
        let vct = if behaviour.other_type { types::PASSPORT } else { vct(configuration) };
        let signer = if behaviour.space_signs { &self.space } else { self.actor(host) };
        let (chain, key) = &signer.party.issuing;
        let chain: Vec<Vec<u8>> =
            chain.certificates().map(|certificate| certificate.der().to_vec()).collect();
        let places: Vec<vc::StatusReference> = keys.iter().map(|_| self.place(host)).collect();
        behaviour.places.extend(places.iter().map(|place| (place.uri.clone(), place.index)));
        let most = behaviour.most_copies.unwrap_or(keys.len());
        let copies = keys.iter().enumerate().take(most).map(|(number, holder)| {
            let holder = if behaviour.one_key { &keys[0] } else { holder };
            let issuing = self.copy(host, vct, holder, behaviour);
            let copy = vc::issue(
                vc::Issuing { status: Some(&places[number]), ..issuing },
                SignAs::X5c(&chain),
                key,
                &self.randomness,
            );
            match &behaviour.bend_copy {
                None if behaviour.spoils_signatures => spoilt(&copy.unwrap()),
                None => copy.unwrap(),
                Some(bend) => {
                    let mut bent = Bent::of(&copy.unwrap());
                    bend(number, &mut bent);
                    bent.sign(key)
                }
            }
        });
        copies.collect()
    }

    fn copy<'a>(&self, host: &str, vct: &'a str, holder: &'a Jwk, behaviour: &Behaviour) -> vc::Issuing<'a> {
        let today = self.clock.now().start_of_day();
        let claims = claims(vct, host, behaviour.email.as_deref());
        vc::Issuing {
            vct,
            frame: frame(&claims),
            claims,
            decoys: Decoys::default(),
            holder: Some(holder),
            issued_at: Some(today),
            not_before: None,
            expires: Some(today.plus(14 * 86_400)),
            status: None,
        }
    }

    /// The list of a party: what was issued until now is revoked, or suspended, or nothing is.
    pub(super) fn status_list(&self, host: &str, path: &str) -> Result<Response, OutboundError> {
        let behaviour = self.behaviour.lock().unwrap();
        let uri = format!("http://{host}{path}");
        let bits = if behaviour.suspended { Bits::Two } else { Bits::One };
        let mut list = StatusList::new(bits, 1 << 20).unwrap();
        if behaviour.suspended {
            for (_, index) in behaviour.places.iter().filter(|(there, _)| *there == uri) {
                list.set(*index, Status::Suspended).unwrap();
            }
        }
        let revoked = if behaviour.revoked { &behaviour.places } else { &behaviour.lost };
        for (_, index) in revoked.iter().filter(|(there, _)| *there == uri) {
            list.set(*index, Status::Invalid).unwrap();
        }
        let (chain, key) = if behaviour.lists_by_space {
            &self.space.party.issuing
        } else {
            &self.actor(host).party.issuing
        };
        let chain: Vec<Vec<u8>> =
            chain.certificates().map(|certificate| certificate.der().to_vec()).collect();
        let now = self.clock.now();
        let publishing = Publishing {
            list: &list,
            uri: &uri,
            issued_at: now.plus(-behaviour.lists_signed_ago),
            expires: Some(now.plus(3_600)),
            ttl: Some(60),
            aggregation_uri: None,
        };
        text(200, status_list::MEDIA_TYPE, status_list::sign(&publishing, SignAs::X5c(&chain), key).unwrap())
    }

    /// A random place in the list of the week.
    fn place(&self, host: &str) -> vc::StatusReference {
        let week = self.clock.now().seconds().div_euclid(7 * 86_400);
        let random: &dyn environment::Randomness = &self.randomness;
        vc::StatusReference { uri: format!("http://{host}/status/{week}"), index: random.below(1 << 20) }
    }
}

/// The same copy under the signature of nothing.
fn spoilt(copy: &str) -> String {
    let (signed, disclosures) = copy.split_once('~').unwrap();
    let (input, _) = signed.rsplit_once('.').unwrap();
    format!("{input}.{}~{disclosures}", base64url::encode([1; 64]))
}

/// The keys that are proven: one a proof, or all that an attestation names.
fn keys(proofs: &Value) -> Vec<Jwk> {
    let attested = |attestation: &str| -> Vec<Jwk> {
        let claims = base64url::decode(attestation.split('.').nth(1).unwrap()).unwrap();
        let claims: Value = serde_json::from_slice(&claims).unwrap();
        claims["attested_keys"].as_array().unwrap().iter().map(|key| Jwk::from_value(key).unwrap()).collect()
    };
    if let Some(attestation) = proofs["attestation"][0].as_str() {
        return attested(attestation);
    }
    let of_proof = |proof: &Value| {
        let proof = proof.as_str().unwrap();
        let read = jws::Unverified::parse(proof).unwrap();
        read.header_text("key_attestation").map_or_else(|| vec![proof_key(proof)], attested)
    };
    proofs["jwt"].as_array().unwrap().iter().flat_map(of_proof).collect()
}

pub(super) fn vct(configuration: &str) -> &'static str {
    match configuration {
        "passport" => types::PASSPORT,
        "membership" => types::MEMBERSHIP,
        "statement" => types::STATEMENT,
        _ => types::PROFILE,
    }
}

/// Every claim as a whole; ages each by itself too, as their type says.
fn frame(claims: &Map<String, Value>) -> Frame {
    let whole = claims.keys().map(ClaimsPath::name);
    let ages = claims.get("age_equal_or_over").and_then(Value::as_object).into_iter().flat_map(Map::keys);
    Frame::Paths(whole.chain(ages.map(|age| ClaimsPath::names("age_equal_or_over", &[age]))).collect())
}

fn claims(vct: &str, host: &str, email: Option<&str>) -> Map<String, Value> {
    let claims = match vct {
        types::PASSPORT => json!({"number": "HRB1", "did": "did:example:me", "since": "2026"}),
        types::MEMBERSHIP => {
            json!({"sub": "s", "since": "2026-11-01", "plan": "member", "space": format!("did:web:{host}")})
        }
        types::STATEMENT => json!({
            "sub": "s", "given_name": "Ada", "family_name": "Example", "birthdate": "1990-01-01",
            "check": "document", "checked_on": "2026-11-25",
        }),
        _ => json!({
            "email": email.unwrap_or("ada@example.org"), "email_verified": true, "given_name": "Ada", "family_name": "Example",
            "birthdate": "1990-01-01", "address": {"locality": "Leiden", "country": "NL"},
            "age_equal_or_over": {"16": true, "18": true, "21": false},
        }),
    };
    claims.as_object().unwrap().clone()
}

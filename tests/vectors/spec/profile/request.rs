//! The space's request, and requests that a wallet does not take.

use credentials::dcql::Query;
use environment::Randomness;
use jose::{Signer, base64url, jwt};
use network::counter_offer;
use openid4vc::vp::client_id::ClientId;
use openid4vc::vp::request::{
    Compatibility, Expected, NewRequest, RequestObject, SignAs, TYPE, VerifierInfo, digest_of,
};
use openid4vc::vp::transaction_data::TransactionTypes;
use serde_json::{Map, Value, json};

use super::{Cast, bent, membership};
use crate::spec::deterministic::{Key, NOW};

const NONCE: &str = "n-0S6_WzA2MjR3K8vX1qT5yB7dF9hJ4m";
const STATE: &str = "s-pQ8rT1uV4wX7yZ0aB3cD6eF9gH2iJ5k";
pub(super) const RESPONSE_URI: &str = "https://kiln.example.org/response/1";

/// A request that was made.
pub(super) struct Made {
    pub(super) object: String,
    pub(super) client_id: ClientId,
    pub(super) query: Query,
    pub(super) encryption: Key,
}

fn query() -> Value {
    let credential = |id: &str, vct: &str, claims: Value| {
        let vct = format!("urn:passport-network:{vct}:1");
        json!({"id": id, "format": "dc+sd-jwt", "meta": {"vct_values": [vct]}, "claims": claims})
    };
    json!({
        "credentials": [
            credential("profile", "profile", json!([{"path": ["email"]}, {"path": ["age_equal_or_over", "18"], "values": [true]}])),
            credential("own_company", "own", json!([{"path": ["company"]}])),
            credential("terms", "terms", json!([{"path": ["request"]}, {"path": ["audiences"]}, {"path": ["until"]}, {"path": ["inbox"]}])),
        ],
        "credential_sets": [
            {"options": [["profile"]], "required": true},
            {"options": [["own_company"]], "required": false},
            {"options": [["terms"]], "required": false},
        ],
    })
}

impl Made {
    pub(super) fn new(cast: &Cast, randomness: &dyn Randomness) -> Self {
        let (chain, key) = &cast.space.request;
        let encryption = Key::generate(randomness);
        let query = Query::parse(&query()).unwrap();
        let public = encryption.public_jwk().clone().with_kid("enc-1").with_alg("ECDH-ES").with_use("enc");
        let counter = VerifierInfo {
            format: counter_offer::FORMAT.to_owned(),
            data: counter_offer::data("https://kiln.example.org/counter-offer/1"),
            credential_ids: None,
        };
        let object = NewRequest {
            response_uri: RESPONSE_URI,
            nonce: NONCE,
            state: STATE,
            query: &query,
            client_name: Some("Kiln"),
            encryption_key: Some(&public),
            verifier_info: &[VerifierInfo::registration(&membership::registration(cast)), counter],
            transaction_data: &[],
            issued_at: NOW,
            expires_at: NOW.plus(300),
        }
        .sign(&SignAs::Chain(Box::new(chain.clone())), &Key::of(key))
        .unwrap();
        Self { object, client_id: ClientId::x509_hash(chain.leaf().der()), query, encryption }
    }

    /// What terms, proof of sharing and decision name the request by.
    pub(super) fn hash(&self) -> String {
        base64url::encode(digest_of(&self.object))
    }

    pub(super) fn nonce() -> &'static str {
        NONCE
    }

    pub(super) fn state() -> &'static str {
        STATE
    }

    pub(super) fn vectors(&self, cast: &Cast) -> Value {
        let (chain, key) = &cast.space.request;
        let key = Key::of(key);
        let honest = jose::jws::Unverified::parse(&self.object).unwrap();
        let with = |typ: &str, change: &dyn Fn(&mut Map<String, Value>)| {
            let mut claims = honest.claims().unwrap();
            change(&mut claims);
            jwt::sign(typ, chain.to_header(), &claims, &key).unwrap()
        };
        let cases = [
            ("another signature", bent(&self.object), NOW),
            ("of another type", with("JWT", &|_| {}), NOW),
            (
                "for another audience",
                with(TYPE, &|one| {
                    one.insert("aud".to_owned(), json!("https://wallet.example"));
                }),
                NOW,
            ),
            (
                "of another client than its certificate's",
                with(TYPE, &|one| {
                    one.insert("client_id".to_owned(), json!(format!("x509_hash:{}", "A".repeat(43))));
                }),
                NOW,
            ),
            (
                "without a nonce",
                with(TYPE, &|one| {
                    one.remove("nonce");
                }),
                NOW,
            ),
            (
                "with a redirect_uri beside direct_post",
                with(TYPE, &|one| {
                    one.insert("redirect_uri".to_owned(), json!(RESPONSE_URI));
                }),
                NOW,
            ),
            ("expired", self.object.clone(), NOW.plus(361)),
        ];
        let refused: Vec<Value> = cases
            .into_iter()
            .map(|(name, object, at)| {
                let why = self.check(&object, at).unwrap_err();
                json!({"name": name, "object": object, "at": at.seconds(), "why": why})
            })
            .collect();
        self.check(&self.object, NOW).unwrap();
        json!({
            "link": format!(
                "openid4vp://?client_id={}&request_uri=https%3A%2F%2Fkiln.example.org%2Frequest%2F1",
                self.client_id.as_str().replace(':', "%3A"),
            ),
            "client_id": self.client_id.as_str(),
            "taken": self.object,
            "claims": honest.claims().unwrap(),
            "hash": self.hash(),
            "encryption_key": self.encryption.private_jwk(),
            "refused": refused,
        })
    }

    fn check(&self, object: &str, now: environment::Timestamp) -> Result<(), String> {
        let expected = Expected {
            client_id: &self.client_id,
            wallet_nonce: None,
            request_uri: None,
            compatibility: Compatibility::default(),
            transaction_types: TransactionTypes::NONE,
            now,
        };
        let decoded = RequestObject::decode(object).map_err(|error| error.to_string())?;
        decoded.verify(None, &expected).map(drop).map_err(|error| error.to_string())
    }
}

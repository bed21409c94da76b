//! A space, an office and a wallet that talk to each other, for the tests of this module.

use std::collections::BTreeMap;

use credentials::dcql::{CredentialQuery, CredentialSet, Id, Query};
use credentials::issuer_key::SignAs as SignCredentialAs;
use credentials::sd_jwt::{Decoys, Frame};
use credentials::vc::{self, Issuing, Types};
use credentials::{ClaimsPath, types};
use environment::{SeededRandomness, Timestamp};
use jose::{Algorithm, DecryptionKey, Jwk, Signer, SigningKey};
use serde_json::{Map, Value, json};
use trust::Role;
use trust::testing::{TestNetwork, TestParty};

use super::client_id::ClientId;
use super::request::{
    AuthorizationRequest, Compatibility, Expected, NewRequest, RequestError, RequestObject, SignAs,
    VerifierInfo,
};
use super::transaction_data::TransactionTypes;
use super::wallet;

pub(super) use trust::testing::NOW;

pub(super) const RESPONSE_URI: &str = "https://kiln.example/answers/1";
pub(super) const NONCE: &str = "nonce-of-this-request";
pub(super) const STATE: &str = "state-of-this-very-request";

/// Everybody, in the open.
pub(super) struct Scene {
    pub(super) network: TestNetwork,
    pub(super) space: TestParty,
    pub(super) office: TestParty,
    pub(super) wallet: SigningKey,
    pub(super) encryption: DecryptionKey,
    pub(super) randomness: SeededRandomness,
    pub(super) query: Query,
    /// What the wallet knows of transactions.
    pub(super) transaction_types: TransactionTypes,
}

pub(super) fn scene() -> Scene {
    let network = TestNetwork::new();
    let randomness = SeededRandomness::new(41);
    Scene {
        space: network.party(Role::Space, "did:web:kiln.example", "kiln.example"),
        office: network.party(Role::Office, "did:web:office.example", "office.example"),
        wallet: SigningKey::generate(Algorithm::Es256, &randomness).unwrap(),
        encryption: DecryptionKey::generate("k", &randomness).unwrap(),
        query: query(),
        transaction_types: TransactionTypes::default(),
        network,
        randomness,
    }
}

/// Checked: the given name. Optional, by the member's own word: the company.
fn query() -> Query {
    let id = |text: &str| Id::new(text).unwrap();
    let profile = CredentialQuery::sd_jwt_vc(id("profile"), types::PROFILE, [ClaimsPath::name("given_name")]);
    let own = CredentialQuery::sd_jwt_vc(id("own"), types::OWN, [ClaimsPath::name("company")]);
    let set = |name: &str, required| CredentialSet { options: vec![vec![id(name)]], required };
    Query::new(vec![profile, own], vec![set("profile", true), set("own", false)]).unwrap()
}

impl Scene {
    pub(super) fn sign_as(&self) -> SignAs {
        SignAs::Chain(Box::new(self.space.request.0.clone()))
    }

    pub(super) fn client_id(&self) -> ClientId {
        self.sign_as().client_id()
    }

    pub(super) fn claims(&self, info: &[VerifierInfo]) -> Map<String, Value> {
        let new = NewRequest {
            response_uri: RESPONSE_URI,
            nonce: NONCE,
            state: STATE,
            query: &self.query,
            client_name: Some("Kiln"),
            encryption_key: Some(self.encryption.public_jwk()),
            verifier_info: info,
            transaction_data: &[],
            issued_at: NOW,
            expires_at: NOW.plus(300),
        };
        new.claims(&self.client_id())
    }

    /// Signs any claims with the space's request key under any header.
    pub(super) fn signed(&self, header: Map<String, Value>, claims: Map<String, Value>) -> String {
        jose::jws::sign(header, Value::Object(claims).to_string().as_bytes(), &self.space.request.1).unwrap()
    }

    pub(super) fn header(&self) -> Map<String, Value> {
        let mut header = self.space.request.0.to_header();
        header.insert("typ".to_owned(), json!(super::request::TYPE));
        header
    }

    pub(super) fn expected<'a>(&'a self, client_id: &'a ClientId) -> Expected<'a> {
        Expected {
            client_id,
            wallet_nonce: None,
            request_uri: Some("https://kiln.example/requests/1"),
            compatibility: Compatibility::default(),
            transaction_types: &self.transaction_types,
            now: NOW,
        }
    }

    /// What a wallet makes of the honest request with changes; null removes.
    pub(super) fn read_with(&self, changes: &[(&str, Value)]) -> Result<AuthorizationRequest, RequestError> {
        let mut claims = self.claims(&[]);
        for (name, value) in changes {
            if value.is_null() {
                claims.remove(*name);
            } else {
                claims.insert((*name).to_owned(), value.clone());
            }
        }
        let object = RequestObject::decode(&self.signed(self.header(), claims))?;
        object.verify(None, &self.expected(&self.client_id()))
    }

    pub(super) fn request(&self) -> AuthorizationRequest {
        self.read_with(&[]).unwrap()
    }

    pub(super) fn profile(&self, holder: &Jwk, change: impl FnOnce(&mut Issuing<'_>)) -> String {
        let (chain, key) = &self.office.issuing;
        let chain: Vec<Vec<u8>> =
            chain.certificates().map(|certificate| certificate.der().to_vec()).collect();
        let mut issuing =
            issuing(types::PROFILE, json!({"given_name": "Ada", "family_name": "Example"}), holder);
        issuing.expires = Some(NOW.plus(86_400));
        change(&mut issuing);
        vc::issue(issuing, SignCredentialAs::X5c(&chain), key, &self.randomness).unwrap()
    }

    pub(super) fn own(&self, key: &SigningKey, lives: i64) -> String {
        let frame = Frame::TopLevel { except: Vec::new() };
        self.own_with(key, lives, json!({"company": "Example Ltd"}), frame)
    }

    pub(super) fn own_with(&self, key: &SigningKey, lives: i64, claims: Value, frame: Frame) -> String {
        let mut issuing = issuing(types::OWN, claims, key.public_jwk());
        issuing.frame = frame;
        issuing.expires = Some(NOW.plus(lives));
        issuing.issue_as_holder(key, &self.randomness).unwrap()
    }

    /// A bound presentation of everything in a credential.
    pub(super) fn present(&self, credential: &str, key: &SigningKey) -> String {
        let request = self.request();
        let held = vc::Held::reopen(credential).unwrap();
        let binding = wallet::key_binding(&request, NOW);
        held.sd_jwt().present_bound(&held.sd_jwt().select_all(), &binding, key).unwrap()
    }

    /// The honest answer: profile and own under one key.
    pub(super) fn presentations(&self) -> BTreeMap<String, Vec<String>> {
        let profile = self.profile(self.wallet.public_jwk(), |_| {});
        let own = self.own(&self.wallet, 300);
        BTreeMap::from([
            ("profile".to_owned(), vec![self.present(&profile, &self.wallet)]),
            ("own".to_owned(), vec![self.present(&own, &self.wallet)]),
        ])
    }

    pub(super) const fn types() -> Types {
        Types::Current
    }
}

fn issuing<'a>(vct: &'a str, claims: Value, holder: &'a Jwk) -> Issuing<'a> {
    Issuing {
        vct,
        claims: claims.as_object().unwrap().clone(),
        frame: Frame::TopLevel { except: Vec::new() },
        decoys: Decoys::default(),
        holder: Some(holder),
        issued_at: Some(NOW),
        not_before: None,
        expires: None,
        status: None,
    }
}

pub(super) const fn after(seconds: i64) -> Timestamp {
    NOW.plus(seconds)
}

//! A network of one office and one space, and everything that goes over the wire at a sign-up (specs/profile.md).

mod answer;
mod membership;
mod request;

use jose::base64url;
use serde_json::{Value, json};
use trust::testing::{TestNetwork, TestParty};
use trust::{CertificateChain, Role};

use super::deterministic::{Key, NOW, randomness};

const OFFICE: (&str, &str) = ("did:web:office.example.org", "office.example.org");
const SPACE: (&str, &str) = ("did:web:kiln.example.org", "kiln.example.org");

/// Everybody's keys.
struct Cast {
    network: TestNetwork,
    office: TestParty,
    space: TestParty,
}

impl Cast {
    fn new() -> Self {
        let network = TestNetwork::new();
        let office = network.party(Role::Office, OFFICE.0, OFFICE.1);
        let space = network.party(Role::Space, SPACE.0, SPACE.1);
        Self { network, office, space }
    }
}

pub(super) fn vectors() -> Value {
    let cast = Cast::new();
    let randomness = randomness(11);
    let request = request::Made::new(&cast, &randomness);
    json!({
        "about": "A network of one office and one space: its list, a registration, a copy of a profile, a request and the answer to it",
        "spec": "specs/profile.md",
        "now": NOW.seconds(),
        "keys": {
            "office_issuing": Key::of(&cast.office.issuing.1).private_jwk(),
            "space_request": Key::of(&cast.space.request.1).private_jwk(),
            "registrar": Key::of(&cast.network.registrar.1).private_jwk(),
            "list_signer": Key::of(&cast.network.list_signer.1).private_jwk(),
        },
        "descriptor": cast.network.descriptor().to_value(),
        "parties": [party(&cast.office, "office"), party(&cast.space, "space")],
        "network_list": membership::lists(&cast),
        "registration": membership::registrations(&cast),
        "request": request.vectors(&cast),
        "answer": answer::vectors(&cast, &request, &randomness),
    })
}

/// A party with the keys that its DID document must list.
fn party(party: &TestParty, role: &str) -> Value {
    json!({
        "role": role,
        "did": party.did,
        "host": party.host,
        "authentication": [party.request.0.leaf().public_key().unwrap().required_members()],
        "assertionMethod": [party.issuing.0.leaf().public_key().unwrap().required_members()],
        "request_x5c": x5c(&party.request.0),
        "issuing_x5c": x5c(&party.issuing.0),
    })
}

fn x5c(chain: &CertificateChain) -> Value {
    chain.to_header()["x5c"].clone()
}

/// The message with its last character changed: another signature.
fn bent(compact: &str) -> String {
    let (head, signature) = compact.rsplit_once('.').unwrap();
    let mut bytes = base64url::decode(signature).unwrap();
    bytes[0] ^= 1;
    format!("{head}.{}", base64url::encode(bytes))
}

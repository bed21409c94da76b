//! Who belongs to the network, and what a space may ask.

use std::collections::BTreeMap;

use jose::{Signer, jwt};
use serde_json::{Map, Value, json};
use trust::network_list::{self, ListContent, usual_credential_types};
use trust::registration::{
    self, ClaimPath, Contacts, IntendedUse, LegalBasis, RegisteredClaim, RegistrationContent,
    SupervisoryAuthority,
};
use trust::testing::TestNetwork;
use trust::{CertificateChain, NetworkList, Registration, Role};

use super::{Cast, OFFICE, SPACE, bent};
use crate::spec::deterministic::{Key, NOW};

const A_DAY: i64 = 86_400;

fn content(cast: &Cast) -> ListContent {
    let mut office = cast.office.member(Role::Office);
    office.number_prefix = Some("HARB".to_owned());
    office.display_name = "Harbour office".to_owned();
    let mut space = cast.space.member(Role::Space);
    space.display_name = "Kiln".to_owned();
    ListContent {
        network: cast.network.network.clone(),
        version: 7,
        members: vec![office, space],
        credential_types: usual_credential_types(),
        successor: None,
    }
}

/// The list by which an answer of the network is checked.
pub(super) fn list(cast: &Cast) -> String {
    let (chain, key) = &cast.network.list_signer;
    network_list::sign(&content(cast), chain, &Key::of(key), NOW, A_DAY).unwrap()
}

pub(super) fn lists(cast: &Cast) -> Value {
    let taken = list(cast);
    let other = TestNetwork::seeded(2);
    let signed = |chain: &CertificateChain, key: &dyn Signer, content: &ListContent| {
        network_list::sign(content, chain, key, NOW, A_DAY).unwrap()
    };
    let (registrar, registrar_key) = &cast.network.registrar;
    let renamed = ListContent { network: other.network.clone(), ..content(cast) };
    let (chain, key) = &cast.network.list_signer;
    let mut long = claims(&taken);
    long["exp"] = json!(NOW.plus(A_DAY + 1).seconds());
    let cases = [
        ("another signature", bent(&taken), NOW.seconds()),
        (
            "signed below the root of another network",
            signed(&other.list_signer.0, &Key::of(&other.list_signer.1), &content(cast)),
            NOW.seconds(),
        ),
        (
            "signed by the registrar",
            signed(registrar, &Key::of(registrar_key), &content(cast)),
            NOW.seconds(),
        ),
        ("of a network of another name", signed(chain, &Key::of(key), &renamed), NOW.seconds()),
        (
            "valid for more than a day",
            resigned(network_list::TYPE, chain, &Key::of(key), &long),
            NOW.seconds(),
        ),
        ("of another type", resigned("JWT", chain, &Key::of(key), &claims(&taken)), NOW.seconds()),
        ("expired", taken.clone(), NOW.plus(A_DAY).seconds()),
    ];
    let refused: Vec<Value> = cases
        .into_iter()
        .map(|(name, list, at)| {
            let now = environment::Timestamp::from_seconds(at);
            let why = NetworkList::verify(&list, cast.network.descriptor(), now).unwrap_err();
            json!({"name": name, "list": list, "at": at, "why": why.to_string()})
        })
        .collect();
    let read = NetworkList::verify(&taken, cast.network.descriptor(), NOW).unwrap();
    assert_eq!(read.version(), 7);
    json!({"taken": taken, "refused": refused})
}

/// What the space of the vectors may ask.
fn registered() -> RegistrationContent {
    let contacts = || Contacts { email: Some("team@kiln.example.org".to_owned()), phone: None, uri: None };
    let paths = [json!(["email"]), json!(["age_equal_or_over", "18"]), json!(["company"])];
    RegistrationContent {
        did: SPACE.0.to_owned(),
        legal_name: "Kiln Coworking Ltd".to_owned(),
        name: "Kiln".to_owned(),
        brand: None,
        contacts: contacts(),
        data_protection_contact: contacts(),
        supervisory_authority: SupervisoryAuthority { name: "Authority".to_owned(), contacts: contacts() },
        privacy_policy: "https://kiln.example.org/privacy".to_owned(),
        intended_uses: vec![IntendedUse {
            id: "membership".to_owned(),
            purpose: BTreeMap::from([("en".to_owned(), "Becoming a member of this space".to_owned())]),
            legal_basis: LegalBasis::Contract,
            claims: paths
                .iter()
                .map(|path| RegisteredClaim {
                    path: ClaimPath::from_value(path).unwrap(),
                    retention_days: 30,
                })
                .collect(),
            credential_types: ["profile", "own"].map(|name| format!("urn:passport-network:{name}:1")).into(),
        }],
    }
}

/// The registration certificate that the request carries.
pub(super) fn registration(cast: &Cast) -> String {
    let (chain, key) = &cast.network.registrar;
    registration::sign(&registered(), &cast.network.network, chain, &Key::of(key), NOW, 30).unwrap()
}

pub(super) fn registrations(cast: &Cast) -> Value {
    let taken = registration(cast);
    let (chain, key) = &cast.network.registrar;
    let (list_signer, list_key) = &cast.network.list_signer;
    let network = &cast.network.network;
    let foreign = RegistrationContent { did: OFFICE.0.to_owned(), ..registered() };
    let mut long = claims(&taken);
    long["exp"] = json!(NOW.plus(31 * A_DAY).seconds());
    let cases = [
        ("another signature", bent(&taken)),
        ("of another party", registration::sign(&foreign, network, chain, &Key::of(key), NOW, 30).unwrap()),
        (
            "of another network",
            registration::sign(&registered(), "urn:uuid:other", chain, &Key::of(key), NOW, 30).unwrap(),
        ),
        (
            "signed by the list signer",
            registration::sign(&registered(), network, list_signer, &Key::of(list_key), NOW, 30).unwrap(),
        ),
        ("valid for 31 days", resigned(registration::TYPE, chain, &Key::of(key), &long)),
    ];
    let refused: Vec<Value> = cases
        .into_iter()
        .map(|(name, certificate)| {
            let read = Registration::verify(&certificate, cast.network.descriptor(), SPACE.0, NOW);
            json!({"name": name, "certificate": certificate, "why": read.unwrap_err().to_string()})
        })
        .collect();
    Registration::verify(&taken, cast.network.descriptor(), SPACE.0, NOW).unwrap();
    json!({"taken": taken, "of": SPACE.0, "refused": refused})
}

fn claims(compact: &str) -> Map<String, Value> {
    jose::jws::Unverified::parse(compact).unwrap().claims().unwrap()
}

fn resigned(typ: &str, chain: &CertificateChain, key: &Key, claims: &Map<String, Value>) -> String {
    jwt::sign(typ, chain.to_header(), claims, key).unwrap()
}

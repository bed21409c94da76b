use super::*;
use crate::testing::{NOW, TestNetwork};
use environment::SeededRandomness;

const DID: &str = "did:webvh:QmTest:harbour.localhost";
const HOST: &str = "harbour.localhost";

fn party<'a>(key: &'a Jwk, did: &'a str, host: &'a str, purpose: Purpose) -> LeafRequest<'a> {
    LeafRequest::Party { did, host, purpose, key }
}

#[test]
fn a_party_leaf_lasts_at_most_ninety_days() {
    let network = TestNetwork::new();
    let key = network.key();
    let randomness = SeededRandomness::new(7);
    let request = party(key.public_jwk(), DID, HOST, Purpose::RequestSigning);
    assert!(network.spaces.leaf(request, Validity::days(NOW, 90), &randomness).is_ok());
    let longer = Validity { from: NOW, until: NOW.plus(LONGEST_LEAF_VALIDITY + 1) };
    assert_eq!(network.spaces.leaf(request, longer, &randomness), Err(BuildError::Validity));
    assert_eq!(network.spaces.leaf(request, Validity::days(NOW, 0), &randomness), Err(BuildError::Validity));
}

#[test]
fn nothing_outlives_its_authority() {
    let network = TestNetwork::new();
    let key = network.key();
    let randomness = SeededRandomness::new(7);
    let end = network.spaces.certificate().not_after();
    let request = party(key.public_jwk(), DID, HOST, Purpose::RequestSigning);
    let last_day = Validity { from: end.minus(86_400), until: end };
    assert!(network.spaces.leaf(request, last_day, &randomness).is_ok());
    let beyond = Validity { from: end.minus(86_400), until: end.plus(1) };
    assert_eq!(network.spaces.leaf(request, beyond, &randomness), Err(BuildError::Validity));
}

#[test]
fn each_authority_certifies_only_its_own_kind() {
    let network = TestNetwork::new();
    let key = network.key();
    let randomness = SeededRandomness::new(7);
    let validity = Validity::days(NOW, 1);
    let for_party = party(key.public_jwk(), DID, HOST, Purpose::RequestSigning);
    let usurper = party(key.public_jwk(), DID, HOST, Purpose::NetworkList);
    let own = LeafRequest::Operator { name: "List", purpose: Purpose::NetworkList, key: key.public_jwk() };
    let posing =
        LeafRequest::Operator { name: "List", purpose: Purpose::RequestSigning, key: key.public_jwk() };
    let wrong = Err(BuildError::WrongAuthority);
    assert_eq!(network.root.leaf(for_party, validity, &randomness), wrong);
    assert_eq!(network.spaces.leaf(usurper, validity, &randomness), wrong);
    assert_eq!(network.spaces.leaf(own, validity, &randomness), wrong);
    assert_eq!(network.root.leaf(posing, validity, &randomness), wrong);
    assert!(network.root.leaf(own, validity, &randomness).is_ok());
    let below =
        network.spaces.sub_authority(SubAuthority::Offices, "X", network.key(), validity, &randomness);
    assert_eq!(below.map(drop), Err(BuildError::WrongAuthority));
}

#[test]
fn names_of_the_wrong_form_are_not_certified() {
    let network = TestNetwork::new();
    let key = network.key();
    let randomness = SeededRandomness::new(7);
    for (did, host) in
        [("https://harbour.localhost", HOST), (DID, "harbour.localhost:8080"), (DID, "*.localhost")]
    {
        let request = party(key.public_jwk(), did, host, Purpose::RequestSigning);
        let leaf = network.spaces.leaf(request, Validity::days(NOW, 1), &randomness);
        assert_eq!(leaf, Err(BuildError::Name), "{did} {host}");
    }
}

#[test]
fn a_network_name_with_the_separators_of_distinguished_names_stays_one_name() {
    let randomness = SeededRandomness::new(8);
    let key = SigningKey::generate(Algorithm::Es256, &randomness).unwrap();
    let root = Authority::root("Café, O=Other+CN=x #1", key, Validity::days(NOW, 10), &randomness).unwrap();
    assert_eq!(root.certificate().common_name(), Some("Café, O=Other+CN=x #1 root"));
    assert!(root.as_network_root().is_ok());
}

#[test]
fn an_authority_signs_with_p_256_and_with_its_own_key() {
    let randomness = SeededRandomness::new(8);
    let key = SigningKey::generate(Algorithm::EdDsa, &randomness).unwrap();
    let root = Authority::root("X", key, Validity::days(NOW, 10), &randomness).map(drop);
    assert_eq!(root, Err(BuildError::WrongKey));
    let network = TestNetwork::new();
    let other = Authority::from_parts(network.root.certificate().clone(), network.key()).map(drop);
    assert_eq!(other, Err(BuildError::WrongKey));
}

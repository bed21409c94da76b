use super::*;
use crate::network_list::Role;
use crate::purpose::Purpose;
use crate::testing::{Flaw, NOW, TestNetwork};
use crate::{CertificateChain, ChainError};
use jose::Signer;
use serde_json::json;

const DID: &str = "did:webvh:QmTest:harbour.localhost";
const HOST: &str = "harbour.localhost";

fn chain(network: &TestNetwork) -> CertificateChain {
    network.chain(Role::Space, DID, HOST, Purpose::RequestSigning, network.key().public_jwk())
}

#[test]
fn what_the_builder_wrote_is_read_back() {
    let network = TestNetwork::new();
    let key = network.key();
    let chain = network.chain(Role::Space, DID, HOST, Purpose::RequestSigning, key.public_jwk());
    let leaf = chain.leaf();
    assert_eq!(leaf.public_key(), Ok(key.public_jwk()));
    assert_eq!((leaf.did(), leaf.host()), (Ok(DID), Ok(HOST)));
    assert_eq!(leaf.purposes(), [Purpose::RequestSigning.oid()]);
    assert_eq!(leaf.common_name(), Some(HOST));
    assert_eq!(leaf.not_before(), NOW);
    assert!(!leaf.is_authority() && !leaf.is_self_issued() && leaf.may_sign_data());
    let above = network.spaces.certificate();
    assert_eq!(leaf.authority_key_identifier(), above.subject_key_identifier());
    assert!(above.is_authority() && !above.may_sign_data());
    assert!(network.root.certificate().is_self_issued());
}

#[test]
fn the_client_identifier_is_the_hash_of_the_leaf() {
    let network = TestNetwork::new();
    let leaf = chain(&network).leaf().clone();
    let hash = digest::sha256_base64url(leaf.der());
    assert_eq!(leaf.client_id(), format!("x509_hash:{hash}"));
}

#[test]
fn the_authorities_of_a_chain_are_its_sub_authority_and_its_root() {
    let network = TestNetwork::new();
    let encode = |authority: &Certificate| base64url::encode(authority.subject_key_identifier().unwrap());
    let expected = [encode(network.spaces.certificate()), encode(network.root.certificate())];
    assert_eq!(chain(&network).authority_key_identifiers(), expected);
}

#[test]
fn pem_and_base64_lead_back_to_the_same_certificate() {
    let network = TestNetwork::new();
    let leaf = chain(&network).leaf().clone();
    assert_eq!(Certificate::from_pem(&leaf.to_pem()), Ok(vec![leaf.clone()]));
    assert_eq!(Certificate::from_base64(&leaf.to_base64()), Ok(leaf.clone()));
    let url_safe = base64url::encode(leaf.der());
    assert_eq!(Certificate::from_base64(&url_safe), Err(CertificateError::NotBase64));
    assert_eq!(Certificate::from_pem("-----BEGIN CERTIFICATE-----\nAA=="), Err(CertificateError::Malformed));
}

#[test]
fn bytes_after_or_missing_from_the_certificate_are_refused() {
    let network = TestNetwork::new();
    let leaf = chain(&network).leaf().clone();
    let mut longer = leaf.der().to_vec();
    longer.push(0);
    assert_eq!(Certificate::from_der(&longer), Err(CertificateError::Malformed));
    let shorter = &leaf.der()[..leaf.der().len() - 1];
    assert_eq!(Certificate::from_der(shorter), Err(CertificateError::Malformed));
    assert_eq!(Certificate::from_der(&vec![0x30; LONGEST + 1]), Err(CertificateError::Malformed));
}

#[test]
fn no_single_changed_byte_makes_reading_panic() {
    let network = TestNetwork::new();
    let leaf = chain(&network).leaf().clone();
    let mut refused = 0_usize;
    for position in 0..leaf.der().len() {
        let mut changed = leaf.der().to_vec();
        changed[position] ^= 0xff;
        refused += usize::from(Certificate::from_der(&changed).is_err());
    }
    assert!(refused > 0);
}

#[test]
fn a_uri_that_is_no_did_is_no_identity() {
    let network = TestNetwork::new();
    let two =
        network.bad_chain(Flaw::TwoUris, Role::Space, DID, HOST, Purpose::RequestSigning, &network.key());
    assert_eq!(two.leaf().did(), Err(CertificateError::NotOneUri { count: 2 }));
    let fragment = format!("{DID}#key");
    let key = network.key();
    let other =
        network.bad_chain(Flaw::OtherHost, Role::Space, &fragment, HOST, Purpose::RequestSigning, &key);
    assert_eq!(other.leaf().did(), Err(CertificateError::NotADid));
}

#[test]
fn an_x5c_is_an_array_of_one_to_five_texts() {
    let network = TestNetwork::new();
    let chain = chain(&network);
    assert_eq!(CertificateChain::from_header(&chain.to_header()), Ok(chain.clone()));
    let text = chain.leaf().to_base64();
    for other in [json!([]), json!(text), json!([1]), json!(vec![text.clone(); 6])] {
        assert_eq!(CertificateChain::from_value(&other), Err(ChainError::NotAList));
    }
    assert_eq!(CertificateChain::from_header(&serde_json::Map::new()), Err(ChainError::Missing));
    assert_eq!(
        CertificateChain::from_value(&json!([text, "AA=="])),
        Err(ChainError::Certificate { position: 1, error: CertificateError::Malformed })
    );
}

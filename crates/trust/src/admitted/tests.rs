use super::*;
use crate::chain::CertificateChain;
use crate::path;
use crate::testing::{Flaw, NOW, TestNetwork, TestParty};
use jose::Signer;

const PASSPORT: &str = "urn:passport-network:passport:1";
const MEMBERSHIP: &str = "urn:passport-network:membership:1";

fn space(network: &TestNetwork) -> TestParty {
    network.party(Role::Space, "did:webvh:QmTest:harbour.localhost", "harbour.localhost")
}

fn office(network: &TestNetwork) -> TestParty {
    network.party(Role::Office, "did:webvh:QmTest:office.localhost", "office.localhost")
}

fn path_of(network: &TestNetwork, chain: &CertificateChain, purpose: Purpose) -> Path {
    path::verify(chain, network.descriptor().root(), purpose, NOW).unwrap()
}

fn request_path(network: &TestNetwork, party: &TestParty) -> Path {
    path_of(network, &party.request.0, Purpose::RequestSigning)
}

fn issuing_path(network: &TestNetwork, party: &TestParty) -> Path {
    path_of(network, &party.issuing.0, Purpose::CredentialIssuing)
}

#[test]
fn a_space_is_admitted_by_chain_list_and_document_together() {
    let network = TestNetwork::new();
    let space = space(&network);
    let list = network.list(1, &[space.member(Role::Space)]);
    let admitted: Admitted<Space> =
        admit(&request_path(&network, &space), &list, &space.document(), NOW).unwrap();
    assert_eq!((admitted.did(), admitted.host()), (space.did.as_str(), space.host.as_str()));
    assert_eq!(admitted.key(), space.request.1.public_jwk());
    assert_eq!(admitted.until(), list.expires_at());
}

#[test]
fn offices_sign_passports_and_spaces_sign_memberships_and_never_the_other_way() {
    let network = TestNetwork::new();
    let (space, office) = (space(&network), office(&network));
    let list = network.list(1, &[space.member(Role::Space), office.member(Role::Office)]);
    let space: Admitted<Space> =
        admit(&issuing_path(&network, &space), &list, &space.document(), NOW).unwrap();
    let office: Admitted<Office> =
        admit(&issuing_path(&network, &office), &list, &office.document(), NOW).unwrap();
    for vct in [PASSPORT, "urn:passport-network:profile:1", "urn:passport-network:card:1"] {
        assert!(office.may_issue(vct) && !space.may_issue(vct), "{vct}");
    }
    for vct in [MEMBERSHIP, "urn:passport-network:statement:1"] {
        assert!(space.may_issue(vct) && !office.may_issue(vct), "{vct}");
    }
    assert!(!office.may_issue("https://example.org/id") && !space.may_issue("https://example.org/id"));
}

#[test]
fn a_key_for_requests_issues_nothing() {
    let network = TestNetwork::new();
    let office = office(&network);
    let list = network.list(1, &[office.member(Role::Office)]);
    let admitted: Admitted<Office> =
        admit(&request_path(&network, &office), &list, &office.document(), NOW).unwrap();
    assert!(!admitted.may_issue(PASSPORT));
}

#[test]
fn a_leaf_below_the_sub_authority_of_spaces_is_no_office_whatever_the_list_says() {
    let network = TestNetwork::new();
    let space = space(&network);
    let list = network.list(1, &[space.member(Role::Office)]);
    let as_office = admit::<Office>(&issuing_path(&network, &space), &list, &space.document(), NOW);
    assert_eq!(as_office, Err(AdmissionError::WrongSubAuthority));
    let as_space = admit::<Space>(&issuing_path(&network, &space), &list, &space.document(), NOW);
    assert_eq!(as_space, Err(AdmissionError::WrongRole));
}

#[test]
fn a_valid_chain_alone_is_never_trust() {
    let network = TestNetwork::new();
    let space = space(&network);
    let admitted =
        admit::<Space>(&request_path(&network, &space), &network.list(1, &[]), &space.document(), NOW);
    assert_eq!(admitted, Err(AdmissionError::NotAMember));
}

#[test]
fn suspended_and_expelled_members_and_those_of_unknown_standing_are_refused() {
    let network = TestNetwork::new();
    let space = space(&network);
    let path = request_path(&network, &space);
    for (standing, error) in [
        (Standing::Suspended, AdmissionError::Suspended),
        (Standing::Unknown, AdmissionError::Suspended),
        (Standing::Expelled, AdmissionError::Expelled),
        (Standing::Lapsed, AdmissionError::Lapsed),
    ] {
        let member = Member { standing, ..space.member(Role::Space) };
        let list = network.list(1, &[member]);
        assert_eq!(admit::<Space>(&path, &list, &space.document(), NOW), Err(error));
    }
}

#[test]
fn the_names_in_the_leaf_must_be_those_of_document_and_list() {
    let network = TestNetwork::new();
    let space = space(&network);
    let list = network.list(1, &[space.member(Role::Space)]);
    for (flaw, error) in
        [(Flaw::OtherDid, AdmissionError::OtherDid), (Flaw::OtherHost, AdmissionError::OtherHost)]
    {
        let key = &space.request.1;
        let chain =
            network.bad_chain(flaw, Role::Space, &space.did, &space.host, Purpose::RequestSigning, key);
        let path = path_of(&network, &chain, Purpose::RequestSigning);
        assert_eq!(admit::<Space>(&path, &list, &space.document(), NOW), Err(error));
    }
}

#[test]
fn the_key_must_be_in_the_document_under_the_relationship_of_its_purpose() {
    let network = TestNetwork::new();
    let space = space(&network);
    let list = network.list(1, &[space.member(Role::Space)]);
    let (request, issuing) = (space.request.1.public_jwk().clone(), space.issuing.1.public_jwk().clone());
    let refused = Err(AdmissionError::KeyNotInDocument);
    let other = DocumentKeys::new(&space.did, vec![network.key().public_jwk().clone()], vec![]);
    assert_eq!(admit::<Space>(&request_path(&network, &space), &list, &other, NOW), refused);
    let swapped = DocumentKeys::new(&space.did, vec![issuing], vec![request]);
    assert_eq!(admit::<Space>(&request_path(&network, &space), &list, &swapped, NOW), refused);
    assert_eq!(admit::<Space>(&issuing_path(&network, &space), &list, &swapped, NOW), refused);
}

#[test]
fn the_keys_of_a_resolved_document_are_taken_by_relationship() {
    let network = TestNetwork::new();
    let space = space(&network);
    let (request, issuing) = (space.request.1.public_jwk(), space.issuing.1.public_jwk());
    let document = did::DocumentBuilder::new(&did::Did::parse(&space.did).unwrap())
        .key("request", request, &[Relationship::Authentication])
        .key("issuing", issuing, &[Relationship::AssertionMethod])
        .build()
        .unwrap();
    assert_eq!(DocumentKeys::of(&document), space.document());
}

#[test]
fn an_expired_list_admits_nobody() {
    let network = TestNetwork::new();
    let space = space(&network);
    let list = network.list(1, &[space.member(Role::Space)]);
    let path = request_path(&network, &space);
    let end = list.expires_at();
    assert!(admit::<Space>(&path, &list, &space.document(), end.minus(1)).is_ok());
    assert_eq!(
        admit::<Space>(&path, &list, &space.document(), end),
        Err(AdmissionError::ListExpired { expired_at: end.seconds(), now: end.seconds() })
    );
}

#[test]
fn a_chain_of_one_network_and_the_list_of_another_do_not_add_up() {
    let network = TestNetwork::new();
    let twin = TestNetwork::seeded(2);
    let space = space(&network);
    let list = twin.list(1, &[space.member(Role::Space)]);
    let admitted = admit::<Space>(&request_path(&network, &space), &list, &space.document(), NOW);
    assert_eq!(admitted, Err(AdmissionError::OtherNetwork));
}

#[test]
fn the_operators_own_leaves_are_no_parties() {
    let network = TestNetwork::new();
    let space = space(&network);
    let list = network.list(1, &[space.member(Role::Space)]);
    let registrar = path_of(&network, &network.registrar.0, Purpose::Registrar);
    assert_eq!(admit::<Space>(&registrar, &list, &space.document(), NOW), Err(AdmissionError::WrongPurpose));
}

#[test]
fn an_expired_chain_admits_nobody_even_if_it_was_verified_in_time() {
    let network = TestNetwork::new();
    let space = space(&network);
    let path = request_path(&network, &space);
    let late = path.valid_until().plus(1);
    let compact = network.sign_list(1, &[space.member(Role::Space)], late);
    let list = NetworkList::verify(&compact, network.descriptor(), late).unwrap();
    assert!(matches!(
        admit::<Space>(&path, &list, &space.document(), late),
        Err(AdmissionError::Path(PathError::Expired { .. }))
    ));
}

#[test]
fn a_key_named_by_did_url_is_admitted_without_a_chain_and_only_for_its_purpose() {
    let network = TestNetwork::new();
    let space = space(&network);
    let list = network.list(1, &[space.member(Role::Space)]);
    let key = space.request.1.public_jwk();
    let by_key = |purpose| admit_key::<Space>(key, purpose, &list, &space.document(), NOW);
    assert!(by_key(Purpose::RequestSigning).is_ok());
    for purpose in [Purpose::CredentialIssuing, Purpose::Registrar, Purpose::NetworkList] {
        assert_eq!(by_key(purpose), Err(AdmissionError::KeyNotInDocument), "{purpose:?}");
    }
    let as_office = admit_key::<Office>(key, Purpose::RequestSigning, &list, &space.document(), NOW);
    assert_eq!(as_office, Err(AdmissionError::WrongRole));
}

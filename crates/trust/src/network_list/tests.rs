use super::*;
use crate::network_list::Role;
use crate::testing::{NOW, TestNetwork, TestParty};
use serde_json::json;

fn harbour(network: &TestNetwork) -> TestParty {
    network.party(Role::Space, "did:webvh:QmTest:harbour.localhost", "harbour.localhost")
}

fn verify(network: &TestNetwork, compact: &str, now: Timestamp) -> Result<NetworkList, NetworkListError> {
    NetworkList::verify(compact, network.descriptor(), now)
}

/// A list with the claims as given, signed by the right leaf.
fn signed(network: &TestNetwork, claims: &Value) -> String {
    let (chain, key) = &network.list_signer;
    jwt::sign(TYPE, chain.to_header(), claims.as_object().unwrap(), key).unwrap()
}

fn claims(network: &TestNetwork) -> Value {
    let members = [harbour(network).member(Role::Space)];
    json!({
        "network": network.network, "version": 3, "iat": NOW.seconds(), "exp": NOW.plus(3_600).seconds(),
        "members": members, "credential_types": {"space": ["urn:passport-network:membership:1"]}
    })
}

#[test]
fn a_list_reads_back_and_finds_members_by_did_host_and_prefix() {
    let network = TestNetwork::new();
    let space = harbour(&network);
    let office = network.party(Role::Office, "did:webvh:QmOffice:office.localhost", "office.localhost");
    let office = Member { number_prefix: Some("HRB1".to_owned()), ..office.member(Role::Office) };
    let list = network.list(7, &[space.member(Role::Space), office.clone()]);
    assert_eq!((list.version(), list.network()), (7, network.network.as_str()));
    assert_eq!(list.by_did(&space.did), Some(&space.member(Role::Space)));
    assert_eq!(list.by_host("office.localhost"), Some(&office));
    assert_eq!(list.by_number_prefix("HRB1"), Some(&office));
    assert_eq!(list.by_number_prefix("HRB2"), None);
    assert_eq!(list.by_host("harbour"), None);
}

#[test]
fn a_list_is_refused_from_its_expiry_on() {
    let network = TestNetwork::new();
    let compact = network.sign_list(1, &[], NOW);
    let expires = NOW.plus(LONGEST_VALIDITY);
    assert!(verify(&network, &compact, expires.minus(1)).is_ok());
    assert_eq!(
        verify(&network, &compact, expires),
        Err(NetworkListError::Claim(ClaimError::Expired {
            expired_at: expires.seconds(),
            now: expires.seconds()
        }))
    );
}

#[test]
fn a_list_that_would_be_valid_for_more_than_a_day_is_refused() {
    let network = TestNetwork::new();
    let mut long = claims(&network);
    long["exp"] = json!(NOW.plus(86_401).seconds());
    let verified = verify(&network, &signed(&network, &long), NOW);
    assert_eq!(verified, Err(NetworkListError::ValidTooLong { seconds: 86_401 }));
    long["exp"] = json!(NOW.plus(86_400).seconds());
    assert!(verify(&network, &signed(&network, &long), NOW).is_ok());
}

#[test]
fn a_list_without_expiry_or_from_the_future_is_refused() {
    let network = TestNetwork::new();
    let mut endless = claims(&network);
    endless.as_object_mut().unwrap().remove("exp");
    assert_eq!(
        verify(&network, &signed(&network, &endless), NOW),
        Err(NetworkListError::Claim(ClaimError::Missing("exp")))
    );
    let early = network.sign_list(1, &[], NOW.plus(61));
    assert!(matches!(
        verify(&network, &early, NOW),
        Err(NetworkListError::Claim(ClaimError::IssuedAtOutsideWindow { .. }))
    ));
}

#[test]
fn the_list_of_another_network_is_refused_even_under_the_same_root() {
    let network = TestNetwork::new();
    let mut other = claims(&network);
    other["network"] = json!("urn:uuid:00000000-0000-4000-8000-000000000002");
    assert_eq!(verify(&network, &signed(&network, &other), NOW), Err(NetworkListError::OtherNetwork));
    let twin = TestNetwork::seeded(2);
    let foreign = twin.sign_list(1, &[], NOW);
    assert_eq!(verify(&network, &foreign, NOW), Err(NetworkListError::Path(PathError::UnknownIssuer)));
}

#[test]
fn only_the_list_leaf_signs_lists() {
    let network = TestNetwork::new();
    let content = claims(&network);
    let content = content.as_object().unwrap();
    let sign = |(chain, key): &(CertificateChain, jose::SigningKey)| {
        jwt::sign(TYPE, chain.to_header(), content, key).unwrap()
    };
    let wrong = Err(NetworkListError::Path(PathError::WrongPurpose));
    assert_eq!(verify(&network, &sign(&network.registrar), NOW), wrong);
    assert_eq!(verify(&network, &sign(&harbour(&network).issuing), NOW), wrong);
    let (chain, _) = &network.list_signer;
    let stolen = jwt::sign(TYPE, chain.to_header(), content, &network.key()).unwrap();
    assert_eq!(verify(&network, &stolen, NOW), Err(NetworkListError::Jws(JwsError::BadSignature)));
}

#[test]
fn a_token_of_another_type_is_no_list() {
    let network = TestNetwork::new();
    let (chain, key) = &network.list_signer;
    let other = jwt::sign("JWT", chain.to_header(), claims(&network).as_object().unwrap(), key).unwrap();
    assert_eq!(
        verify(&network, &other, NOW),
        Err(NetworkListError::Jws(JwsError::WrongType { expected: TYPE.to_owned() }))
    );
}

#[test]
fn one_did_host_or_prefix_stands_once() {
    let network = TestNetwork::new();
    let member = harbour(&network).member(Role::Space);
    let same_did = Member { host: "b.localhost".to_owned(), ..member.clone() };
    let same_host = Member { did: "did:web:b.localhost".to_owned(), ..member.clone() };
    for second in [same_did, same_host] {
        let compact = network.sign_list(1, &[member.clone(), second], NOW);
        assert_eq!(verify(&network, &compact, NOW), Err(NetworkListError::GivenTwice));
    }
    let with_prefix = |did: &str, host: &str| Member {
        did: did.to_owned(),
        host: host.to_owned(),
        number_prefix: Some("HRB1".to_owned()),
        ..member.clone()
    };
    let both = [
        with_prefix("did:web:a.localhost", "a.localhost"),
        with_prefix("did:web:b.localhost", "b.localhost"),
    ];
    let compact = network.sign_list(1, &both, NOW);
    assert_eq!(verify(&network, &compact, NOW), Err(NetworkListError::GivenTwice));
}

#[test]
fn malformed_members_are_refused_and_unknown_words_do_no_harm() {
    let network = TestNetwork::new();
    let with = |change: &dyn Fn(&mut Value)| {
        let mut claims = claims(&network);
        change(&mut claims);
        verify(&network, &signed(&network, &claims), NOW)
    };
    for (name, value) in
        [("did", json!("harbour")), ("host", json!("Harbour.localhost")), ("roles", json!("space"))]
    {
        let malformed = with(&|claims| claims["members"][0][name] = value.clone());
        assert_eq!(malformed, Err(NetworkListError::Malformed), "{name}");
    }
    assert_eq!(with(&|claims| claims["version"] = json!(-1)), Err(NetworkListError::Malformed));
    let later = with(&|claims| {
        claims["members"][0]["roles"] = json!(["space", "payment"]);
        claims["members"][0]["status"] = json!("probation");
        claims["credential_types"]["payment"] = json!(["urn:x"]);
    })
    .unwrap();
    assert_eq!(later.members()[0].roles, [Role::Space]);
    assert_eq!(later.members()[0].standing, Standing::Unknown);
}

#[test]
fn no_list_grants_a_passport_to_spaces_or_a_membership_to_offices() {
    let network = TestNetwork::new();
    let mut generous = claims(&network);
    let everything = json!([
        "urn:passport-network:passport:1",
        "urn:passport-network:membership:1",
        "urn:passport-network:unheard-of:1",
        "https://example.org/locker"
    ]);
    generous["credential_types"] = json!({"space": everything, "office": everything});
    let list = verify(&network, &signed(&network, &generous), NOW).unwrap();
    let types = |role| list.credential_types(role).collect::<Vec<_>>();
    assert_eq!(types(Role::Space), ["urn:passport-network:membership:1", "https://example.org/locker"]);
    assert_eq!(types(Role::Office), ["urn:passport-network:passport:1", "https://example.org/locker"]);
}

#[test]
fn an_older_list_than_the_last_seen_is_refused_and_changes_nothing() {
    let network = TestNetwork::new();
    let (third, fourth) = (network.list(3, &[]), network.list(4, &[]));
    let mut state = NetworkState::new(&network.network);
    state.advance(&fourth).unwrap();
    let before = state.clone();
    assert_eq!(state.advance(&third), Err(RollbackError::Older { offered: 3, seen: 4 }));
    assert_eq!(state, before);
    assert_eq!(state.advance(&fourth), Ok(()));
    assert_eq!(state.advance(&network.list(5, &[])), Ok(()));
}

#[test]
fn two_lists_of_one_version_are_refused() {
    let network = TestNetwork::new();
    let mut state = NetworkState::new(&network.network);
    state.advance(&network.list(4, &[])).unwrap();
    let other = network.list(4, &[harbour(&network).member(Role::Space)]);
    assert_eq!(state.advance(&other), Err(RollbackError::Equivocation { version: 4 }));
}

#[test]
fn a_state_outlives_a_restart_and_belongs_to_one_network() {
    let network = TestNetwork::new();
    let mut state = NetworkState::new(&network.network);
    state.advance(&network.list(4, &[])).unwrap();
    let mut again: NetworkState = serde_json::from_value(serde_json::to_value(&state).unwrap()).unwrap();
    assert_eq!(again, state);
    assert_eq!(again.advance(&network.list(3, &[])), Err(RollbackError::Older { offered: 3, seen: 4 }));
    let twin = TestNetwork::seeded(2);
    assert_eq!(again.advance(&twin.list(9, &[])), Err(RollbackError::OtherNetwork));
}

#[test]
fn the_list_of_a_public_network_leads_nobody_to_this_machine() {
    let root = TestNetwork::seeded(2);
    let successor = |list: &str| {
        NetworkDescriptor::new(&root.network, "Other", root.descriptor().root().clone(), list, None).unwrap()
    };
    let (here, away) =
        (successor("https://operator.localhost/list"), successor("https://operator.example.org/list"));
    let network = TestNetwork::new();
    let named = |own: &str, successor: &NetworkDescriptor| {
        let root = network.descriptor().root().clone();
        let own = NetworkDescriptor::new(&network.network, "Own", root, own, None).unwrap();
        let content = ListContent {
            network: network.network.clone(),
            version: 1,
            members: Vec::new(),
            credential_types: usual_credential_types(),
            successor: Some(successor.clone()),
        };
        let (chain, key) = &network.list_signer;
        let compact = sign(&content, chain, key, NOW, LONGEST_VALIDITY).unwrap();
        NetworkList::verify(&compact, &own, NOW).unwrap().successor().cloned()
    };
    let (public, development) = ("https://operator.example.com/list", "http://operator.localhost/list");
    assert_eq!(named(public, &here), None);
    assert_eq!(named(public, &away), Some(away.clone()));
    assert_eq!(named(development, &here), Some(here.clone()));
}

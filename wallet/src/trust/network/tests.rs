//! One wallet in two networks: each stands for itself.

use did::{DocumentBuilder, StaticResolver};
use environment::{ManualClock, SeededRandomness};
use http::{HeaderMap, StatusCode};
use jose::Signer;
use outbound::{Response, Scripted};
use trust::network_list::{ListContent, Member, usual_credential_types};
use trust::testing::{NOW, TestNetwork, TestParty};
use trust::{AdmissionError, Role, Standing};

use super::*;
use crate::error::NetworkError;
use crate::vault::{Cost, NewWay, Passphrase};
use crate::wallet::Wallet;

const SMALL: &str = "http://operator.small.localhost/network-list";
const LARGE: &str = "http://operator.large.localhost/network-list";

struct Scene {
    vault: Arc<Vault>,
    line: Arc<Scripted>,
    trust: NetworkTrust,
    harbour: TestParty,
    kiln: TestParty,
}

/// The descriptor of a test network under a name and list address of its own.
fn descriptor(network: &TestNetwork, name: &str, list: &str) -> NetworkDescriptor {
    NetworkDescriptor::new(&network.network, name, network.descriptor().root().clone(), list, None).unwrap()
}

/// A wallet that belongs to the small network, with `also` to the large one. Harbour is in the small one; Kiln in the large one,
/// and suspended in the small one.
async fn scene(also: bool) -> Scene {
    let (small, large) = (TestNetwork::new(), TestNetwork::seeded(2));
    let harbour = small.party(Role::Space, "did:web:harbour.localhost", "harbour.localhost");
    let kiln = large.party(Role::Space, "did:web:kiln.localhost", "kiln.localhost");
    let larger = descriptor(&large, "Large", LARGE);
    let suspended = Member { standing: Standing::Suspended, ..kiln.member(Role::Space) };
    let content = ListContent {
        network: small.network.clone(),
        version: 1,
        members: vec![harbour.member(Role::Space), suspended],
        credential_types: usual_credential_types(),
        successor: Some(larger.clone()),
    };
    let (chain, key) = &small.list_signer;
    let in_small = trust::network_list::sign(&content, chain, key, NOW, 86_400).unwrap();
    let in_large = large.sign_list(1, &[kiln.member(Role::Space)], NOW);
    let line = Arc::new(Scripted::new(move |request| {
        let list = if request.url.as_str() == SMALL { &in_small } else { &in_large };
        Ok(Response::new(StatusCode::OK, HeaderMap::new(), list.clone()))
    }));
    let environment = Environment::new(Arc::new(ManualClock::new(NOW)), Arc::new(SeededRandomness::new(5)));
    let engine = Arc::new(store::memory::Memory::new());
    let passphrase = Passphrase::new("passphrase").unwrap();
    let (vault, _) =
        Vault::create_on(engine, &NewWay::Passphrase(&passphrase, Cost::LEAST), &environment).await.unwrap();
    Wallet::join_network(&vault, &descriptor(&small, "Small", SMALL)).await.unwrap();
    if also {
        Wallet::join_network(&vault, &larger).await.unwrap();
    }
    let document = |party: &TestParty| {
        DocumentBuilder::new(&Did::parse(&party.did).unwrap())
            .key("request", party.request.1.public_jwk(), &[Relationship::Authentication])
            .key("issuing", party.issuing.1.public_jwk(), &[Relationship::AssertionMethod])
            .build()
            .unwrap()
    };
    let resolver = Arc::new(StaticResolver::new([document(&harbour), document(&kiln)]));
    let vault = Arc::new(vault);
    let trust = NetworkTrust::load(vault.clone(), line.clone(), resolver, environment).await.unwrap();
    Scene { vault, line, trust, harbour, kiln }
}

fn by_chain(party: &TestParty) -> SignerEvidence {
    SignerEvidence::Chain { chain: Box::new(party.request.0.clone()), claimed: None }
}

fn by_key(party: &TestParty) -> SignerEvidence {
    SignerEvidence::Key(DidUrl::parse(&format!("{}#request", party.did)).unwrap())
}

impl Scene {
    async fn admitted_by(&self, evidence: &SignerEvidence) -> Result<String, TrustError> {
        self.trust.requester(evidence, None).await.map(|requester| requester.network.unwrap())
    }
}

#[tokio::test]
async fn whoever_one_of_the_networks_admits_may_ask_and_is_named_with_that_network() {
    let scene = scene(true).await;
    for (party, network) in [(&scene.harbour, "Small"), (&scene.kiln, "Large")] {
        for evidence in [by_chain(party), by_key(party)] {
            assert_eq!(scene.admitted_by(&evidence).await.unwrap(), network);
        }
    }
}

#[tokio::test]
async fn no_operator_learns_of_a_party_of_the_other_network() {
    let scene = scene(true).await;
    scene.admitted_by(&by_chain(&scene.kiln)).await.unwrap();
    let called: Vec<String> = scene.line.calls().iter().map(|call| call.url.to_string()).collect();
    assert_eq!(called, [LARGE]);
}

#[tokio::test]
async fn a_network_that_was_not_joined_admits_nobody_also_when_the_own_one_has_joined_it() {
    let scene = scene(false).await;
    let below_another_root = scene.admitted_by(&by_chain(&scene.kiln)).await;
    assert!(
        matches!(
            below_another_root,
            Err(TrustError::Directory(DirectoryError::Path(trust::PathError::UnknownIssuer)))
        ),
        "{below_another_root:?}"
    );
    let suspended = scene.admitted_by(&by_key(&scene.kiln)).await;
    assert!(
        matches!(suspended, Err(TrustError::Directory(DirectoryError::Admission(AdmissionError::Suspended)))),
        "{suspended:?}"
    );
    // It is only named, for the member to decide about.
    let named = scene.trust.successors().await.unwrap();
    assert_eq!(named.networks.iter().map(NetworkDescriptor::name).collect::<Vec<_>>(), ["Large"]);
    assert!(named.failed.is_empty());
    assert!(self::scene(true).await.trust.successors().await.unwrap().networks.is_empty());
}

#[tokio::test]
async fn a_second_network_of_a_known_name_or_identifier_is_not_joined() {
    let scene = scene(true).await;
    let third = TestNetwork::seeded(3);
    let root = third.descriptor().root().clone();
    let small = TestNetwork::new().network;
    for (identifier, name) in [(third.network.as_str(), "Small"), (small.as_str(), "Third")] {
        let look_alike = NetworkDescriptor::new(identifier, name, root.clone(), SMALL, None).unwrap();
        let refused = Wallet::join_network(&scene.vault, &look_alike).await;
        assert!(matches!(refused, Err(NetworkError::AlreadyJoined)), "{name}: {refused:?}");
    }
    let joined = Wallet::networks(&scene.vault).await.unwrap();
    assert_eq!(joined.iter().map(NetworkDescriptor::name).collect::<Vec<_>>(), ["Small", "Large"]);
}

/// The line to everybody but one.
struct Without {
    line: Arc<Scripted>,
    away: &'static str,
}

impl Fetch for Without {
    fn fetch(&self, request: outbound::Request) -> outbound::Fetching<'_> {
        if request.url.as_str() == self.away {
            return Box::pin(std::future::ready(Err(outbound::OutboundError::Unreachable)));
        }
        self.line.fetch(request)
    }
}

#[tokio::test]
async fn a_network_that_is_away_keeps_nobody_from_what_the_others_say_and_is_named() {
    let scene = scene(false).await;
    let away = TestNetwork::seeded(3);
    let list = "http://operator.away.localhost/network-list";
    // It comes first, so that whoever stopped there would hear of none.
    let first = JoinedNetwork {
        place: JoinedNetwork::NAME.to_owned(),
        descriptor: descriptor(&away, "Away", list).to_value(),
        state: trust::NetworkState::new(&away.network),
        list: None,
    };
    let second = scene.vault.list::<JoinedNetwork>().await.unwrap().remove(0);
    scene.vault.put(&first).await.unwrap();
    scene.vault.put(&JoinedNetwork { place: "second".to_owned(), ..second }).await.unwrap();
    let fetch = Arc::new(Without { line: Arc::clone(&scene.line), away: list });
    let environment = Environment::new(Arc::new(ManualClock::new(NOW)), Arc::new(SeededRandomness::new(5)));
    let resolver = Arc::new(StaticResolver::new([]));
    let trust = NetworkTrust::load(scene.vault.clone(), fetch, resolver, environment).await.unwrap();
    let heard = trust.successors().await.unwrap();
    assert_eq!(heard.networks.iter().map(NetworkDescriptor::name).collect::<Vec<_>>(), ["Large"]);
    assert_eq!(heard.failed.iter().map(|one| one.network.as_str()).collect::<Vec<_>>(), ["Away"]);
    assert!(heard.failed[0].to_string().starts_with("Away: "));
}

#[tokio::test]
async fn a_network_that_is_known_takes_no_name_of_another_and_may_take_a_new_one() {
    let scene = scene(true).await;
    let large = TestNetwork::seeded(2);
    let as_small = Wallet::join_network(&scene.vault, &descriptor(&large, "Small", LARGE)).await;
    assert!(matches!(as_small, Err(NetworkError::AlreadyJoined)), "{as_small:?}");
    Wallet::join_network(&scene.vault, &descriptor(&large, "Larger", LARGE)).await.unwrap();
    let joined = Wallet::networks(&scene.vault).await.unwrap();
    assert_eq!(joined.iter().map(NetworkDescriptor::name).collect::<Vec<_>>(), ["Small", "Larger"]);
}

#[tokio::test]
async fn what_no_network_was_joined_for_is_not_called_unreachable_in_the_history() {
    let environment = Environment::new(Arc::new(ManualClock::new(NOW)), Arc::new(SeededRandomness::new(5)));
    let engine = Arc::new(store::memory::Memory::new());
    let passphrase = Passphrase::new("passphrase").unwrap();
    let (vault, _) =
        Vault::create_on(engine, &NewWay::Passphrase(&passphrase, Cost::LEAST), &environment).await.unwrap();
    let vault = Arc::new(vault);
    let line = Arc::new(Scripted::new(|_| Err(outbound::OutboundError::TimedOut)));
    let resolve: Arc<dyn Resolve> = Arc::new(StaticResolver::new([]));
    let trust = NetworkTrust::load(vault.clone(), line.clone(), resolve, environment.clone()).await.unwrap();
    let wallet = Wallet::new(vault, line, Arc::new(trust), environment);
    let offer = "openid-credential-offer://?credential_offer_uri=http%3A%2F%2Foffice.localhost%2Foffer";
    assert_eq!(wallet.look_at_offer(offer).await.unwrap_err().code(), "unreachable");
    let history = wallet.history().await.unwrap();
    assert_eq!(history[0].not_completed.as_deref(), Some("no_network"));
}

#[test]
fn the_other_spaces_of_a_brand_are_those_in_good_standing_that_the_list_names_with_it() {
    let network = TestNetwork::new();
    let member = |host: &str, role: Role, brand: Option<&str>, standing: Standing| {
        let party = network.party(role, &format!("did:web:{host}"), host);
        let brand = brand.map(|id| trust::Brand { id: id.to_owned(), name: "Kiln".to_owned() });
        Member { brand, standing, display_name: format!("Space at {host}"), ..party.member(role) }
    };
    let space = |host, brand| member(host, Role::Space, brand, Standing::Admitted);
    let members = [
        space("north.localhost", Some("kiln")),
        space("south.localhost", Some("kiln")),
        // Another brand of the same name, none, and one that was put aside.
        space("rook.localhost", Some("other-kiln")),
        space("harbour.localhost", None),
        member("west.localhost", Role::Space, Some("kiln"), Standing::Suspended),
    ];
    let descriptor = descriptor(&network, "Test", SMALL);
    let list = NetworkList::verify(&network.sign_list(1, &members, NOW), &descriptor, NOW).unwrap();
    let south = BrandSite { name: "Space at south.localhost".to_owned(), host: "south.localhost".to_owned() };
    assert_eq!(brand_sites(&list, "did:web:north.localhost"), [south]);
    assert_eq!(brand_sites(&list, "did:web:harbour.localhost"), []);
    assert_eq!(brand_sites(&list, "did:web:nobody.localhost"), []);
}

#[test]
fn an_office_in_good_standing_is_asked_at_the_host_of_its_did_and_nobody_else_is() {
    let scid = "Q".repeat(46);
    let member = |place: &str, roles: &[Role], standing| Member {
        did: format!("did:webvh:{scid}:{place}"),
        host: "office.example".to_owned(),
        roles: roles.to_vec(),
        standing,
        display_name: "Our office".to_owned(),
        brand: None,
        number_prefix: None,
    };
    let origin = |member: &Member| office_place(member).map(|place| place.origin);
    let office = |place: &str| origin(&member(place, &[Role::Office], Standing::Admitted));
    assert_eq!(office("office.example").as_deref(), Some("https://office.example"));
    let here = office("office.localhost%3A8080");
    assert_eq!(here.as_deref(), Some("http://office.localhost:8080"), "a name of this machine");
    assert_eq!(origin(&member("office.example", &[Role::Space], Standing::Admitted)), None);
    for standing in [Standing::Suspended, Standing::Expelled, Standing::Lapsed] {
        assert_eq!(origin(&member("office.example", &[Role::Office], standing)), None, "{standing:?}");
    }
}

mod lists;

use std::sync::atomic::{AtomicUsize, Ordering};

use did::resolution::Version;
use did::{BoxFuture, Document, DocumentBuilder, Resolution, StaticResolver};
use environment::{ManualClock, SeededRandomness};
use jose::Signer;
use trust::Standing;
use trust::network_list::Member;
use trust::testing::{NOW, TestNetwork, TestParty};

use super::*;

/// Resolves what it was given, and counts how often it was asked.
struct Counting {
    documents: StaticResolver,
    asked: AtomicUsize,
}

impl Resolve for Counting {
    fn resolve_version<'a>(
        &'a self,
        did: &'a Did,
        version: &'a Version,
    ) -> BoxFuture<'a, Result<Resolution, ResolveError>> {
        self.asked.fetch_add(1, Ordering::Relaxed);
        self.documents.resolve_version(did, version)
    }
}

struct Scene {
    network: TestNetwork,
    space: TestParty,
    office: TestParty,
    /// A party with a chain and a DID document, which the operator has put on no list.
    stranger: TestParty,
    resolver: Arc<Counting>,
    clock: Arc<ManualClock>,
    directory: Directory,
}

fn scene() -> Scene {
    let network = TestNetwork::new();
    let space = network.party(Role::Space, "did:web:kiln.example.org", "kiln.example.org");
    let office = network.party(Role::Office, "did:web:office.example.org", "office.example.org");
    let stranger = network.party(Role::Space, "did:web:stranger.example.org", "stranger.example.org");
    let resolver = Arc::new(Counting {
        documents: StaticResolver::new([&space, &office, &stranger].map(document)),
        asked: AtomicUsize::new(0),
    });
    let clock = Arc::new(ManualClock::new(NOW));
    let environment = Environment::new(clock.clone(), Arc::new(SeededRandomness::new(1)));
    let directory =
        Directory::new(network.descriptor().clone(), None, Arc::clone(&resolver) as _, environment);
    let scene = Scene { network, space, office, stranger, resolver, clock, directory };
    scene.take_list(1, Standing::Admitted);
    scene
}

impl Scene {
    fn take_list(&self, version: u64, standing: Standing) {
        let space = Member { standing, ..self.space.member(Role::Space) };
        let members = [space, self.office.member(Role::Office)];
        self.directory.take_list(&self.network.sign_list(version, &members, NOW)).unwrap();
    }

    /// Every way to be admitted by this party: how each ends, and that nothing was resolved.
    async fn is_refused_unasked(&self, party: &TestParty, refused: AdmissionError) {
        let directory = &self.directory;
        let did = Did::parse(&party.did).unwrap();
        let (request, issuing) =
            (did.with_fragment("request").unwrap(), did.with_fragment("issuing").unwrap());
        let answers = [
            directory.admit_verifier_key(&request).await.map(drop),
            directory.admit_key::<Space>(&request, Purpose::RequestSigning).await.map(drop),
            directory.admit_key::<Space>(&issuing, Purpose::CredentialIssuing).await.map(drop),
            directory.admit_verifier(&party.request.0).await.map(drop),
            directory.admit_issuer(&party.issuing.0).await.map(drop),
        ];
        for answer in answers {
            match answer {
                Err(DirectoryError::Admission(error)) => assert_eq!(error, refused),
                other => panic!("{other:?}"),
            }
        }
        assert_eq!(self.resolver.asked.load(Ordering::Relaxed), 0, "nothing is fetched");
    }
}

fn document(party: &TestParty) -> Document {
    let did = Did::parse(&party.did).unwrap();
    DocumentBuilder::new(&did)
        .key("request", party.request.1.public_jwk(), &[Relationship::Authentication])
        .key("issuing", party.issuing.1.public_jwk(), &[Relationship::AssertionMethod])
        .build()
        .unwrap()
}

#[tokio::test]
async fn who_is_listed_is_admitted_by_chain_and_by_key() {
    let scene = scene();
    for (party, role) in [(&scene.space, Role::Space), (&scene.office, Role::Office)] {
        let did = Did::parse(&party.did).unwrap();
        let by_key =
            scene.directory.admit_verifier_key(&did.with_fragment("request").unwrap()).await.unwrap();
        let by_chain = scene.directory.admit_verifier(&party.request.0).await.unwrap();
        let issuer = scene.directory.admit_issuer(&party.issuing.0).await.unwrap();
        for admitted in [by_key, by_chain, issuer] {
            assert_eq!((admitted.role(), admitted.did()), (role, party.did.as_str()));
        }
    }
    assert!(scene.resolver.asked.load(Ordering::Relaxed) > 0);
    // Listed, but the key at that place is for another purpose.
    let did = Did::parse(&scene.space.did).unwrap();
    let issuing = scene.directory.admit_verifier_key(&did.with_fragment("issuing").unwrap()).await;
    assert!(matches!(issuing, Err(DirectoryError::NoSuchKey)), "{issuing:?}");
}

#[tokio::test]
async fn nothing_is_fetched_for_a_did_that_the_list_does_not_know() {
    let scene = scene();
    scene.is_refused_unasked(&scene.stranger, AdmissionError::NotAMember).await;
    // Beside the listed one, but not it.
    for did in ["did:web:kiln.example.org:x", "did:web:KILN.example.org", "did:web:evil.kiln.example.org"] {
        let key_id = Did::parse(did).unwrap().with_fragment("request").unwrap();
        let refused = scene.directory.admit_verifier_key(&key_id).await;
        assert!(
            matches!(refused, Err(DirectoryError::Admission(AdmissionError::NotAMember))),
            "{did}: {refused:?}"
        );
    }
    assert_eq!(scene.resolver.asked.load(Ordering::Relaxed), 0);
}

#[tokio::test]
async fn nothing_is_fetched_for_who_was_put_aside_or_out_or_while_the_list_is_old() {
    for (standing, refused) in [
        (Standing::Suspended, AdmissionError::Suspended),
        (Standing::Unknown, AdmissionError::Suspended),
        (Standing::Expelled, AdmissionError::Expelled),
    ] {
        let scene = scene();
        scene.take_list(2, standing);
        scene.is_refused_unasked(&scene.space, refused).await;
    }
    let scene = scene();
    let expired_at = scene.directory.list().unwrap().expires_at();
    scene.clock.advance(expired_at.since(NOW));
    let refused = AdmissionError::ListExpired { expired_at: expired_at.seconds(), now: expired_at.seconds() };
    scene.is_refused_unasked(&scene.space, refused).await;
}

#[tokio::test]
async fn without_a_list_nobody_is_admitted_and_nothing_is_fetched() {
    let scene = scene();
    let directory = Directory::new(
        scene.network.descriptor().clone(),
        None,
        Arc::clone(&scene.resolver) as _,
        scene.directory.environment.clone(),
    );
    let key_id = Did::parse(&scene.space.did).unwrap().with_fragment("request").unwrap();
    let refused = directory.admit_verifier_key(&key_id).await;
    assert!(matches!(&refused, Err(error @ DirectoryError::NoList) if error.is_transient()), "{refused:?}");
    let refused = directory.admit_key::<Space>(&key_id, Purpose::RequestSigning).await;
    assert!(matches!(refused, Err(DirectoryError::NoList)), "{refused:?}");
    assert!(matches!(directory.admit_verifier(&scene.space.request.0).await, Err(DirectoryError::NoList)));
    assert_eq!(scene.resolver.asked.load(Ordering::Relaxed), 0);
}

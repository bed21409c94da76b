//! A party that belongs to another network than before: copies that it signed then are its own (decision 0014).

use std::sync::Arc;

use credentials::issuer_key::IssuedBy;
use credentials::types;
use did::{DocumentBuilder, Relationship, StaticResolver};
use directory::{Directory, OwnKey};
use jose::{Jwk, Signer};
use trust::network_list::Member;
use trust::testing::{NOW, TestNetwork};
use trust::{CertificateChain, Purpose, Role, Standing};

use super::scene::Scene;
use crate::answer::SignedBy;
use crate::issuers::Wanted;
use crate::{Presentation, Settings};

const HOST: &str = "kiln.example.org";

struct Moved {
    kiln: Presentation,
    directory: Arc<Directory>,
    before: TestNetwork,
    now: TestNetwork,
    scene: Scene,
}

/// Kiln in its present network, which is not the one that its old copies name.
fn moved() -> Moved {
    let scene = Scene::new();
    let inner = &scene.replicas[0].inner;
    let (before, now) = (TestNetwork::seeded(77), TestNetwork::new());
    let document = {
        let identity = &inner.identity;
        let key = |key: &OwnKey| key.signer.public_jwk().clone();
        DocumentBuilder::new(&identity.did)
            .key("request", &key(&identity.request), &[Relationship::Authentication])
            .key("issuing", &key(&identity.issuing), &[Relationship::AssertionMethod])
            .build()
            .unwrap()
    };
    let resolver = Arc::new(StaticResolver::new([document]));
    let directory =
        Arc::new(Directory::new(now.descriptor().clone(), None, resolver, scene.environment.clone()));
    let kiln = Presentation::new(
        Arc::clone(&inner.identity),
        inner.tenant.clone(),
        Arc::clone(&inner.keyring),
        inner.nonces.clone(),
        Arc::clone(&directory),
        Arc::clone(&inner.statuses),
        Arc::clone(&inner.receiving),
        Settings { one_key: true, foreign: Vec::new() },
    );
    let moved = Moved { kiln, directory, before, now, scene };
    moved.stands(1, Standing::Admitted);
    moved
}

impl Moved {
    fn stands(&self, version: u64, standing: Standing) {
        let identity = &self.scene.replicas[0].inner.identity;
        let did = identity.did.as_str().to_owned();
        let kiln = Member {
            did,
            host: HOST.to_owned(),
            roles: vec![Role::Space],
            standing,
            display_name: "Kiln".to_owned(),
            brand: None,
            number_prefix: None,
        };
        self.directory.take_list(&self.now.sign_list(version, &[kiln], NOW)).unwrap();
    }

    fn own_key(&self) -> Jwk {
        self.kiln.identity().issuing.signer.public_jwk().clone()
    }

    /// A chain for this DID and key below the root of `network`.
    fn chain(&self, network: &TestNetwork, did: &str, key: &Jwk) -> CertificateChain {
        network.chain(Role::Space, did, HOST, Purpose::CredentialIssuing, key)
    }

    async fn believed(&self, chain: &CertificateChain, vct: &str) -> Option<SignedBy> {
        let chain = chain.certificates().map(|one| one.der().to_vec()).collect();
        let issued_by = IssuedBy::X5c { chain, issuer: None };
        let wanted = Wanted { vct: vct.to_owned(), issued_by };
        let believed = self.kiln.believe(&wanted).await.ok().expect("it can be told");
        believed.map(|believed| {
            assert_eq!(believed.key, Some(self.own_key()), "it is verified with the party's own key");
            believed.signed_by
        })
    }
}

#[tokio::test]
async fn what_a_party_signed_in_the_network_before_it_knows_by_its_own_key() {
    let moved = moved();
    let did = moved.kiln.identity().did.as_str().to_owned();
    let old = moved.chain(&moved.before, &did, &moved.own_key());
    let fresh = moved.chain(&moved.now, &did, &moved.own_key());
    for chain in [&old, &fresh] {
        let believed = moved.believed(chain, types::MEMBERSHIP).await;
        assert!(matches!(believed, Some(SignedBy::Space(by)) if by == did));
    }
    // Its role stays what it is.
    assert!(moved.believed(&old, types::PASSPORT).await.is_none());
}

#[tokio::test]
async fn a_chain_of_the_network_before_is_nobody_elses_word() {
    let moved = moved();
    let did = moved.kiln.identity().did.as_str().to_owned();
    let other_key = moved.now.key();
    let others = [
        moved.chain(&moved.before, &did, other_key.public_jwk()),
        moved.chain(&moved.before, "did:web:harbour.example.org", &moved.own_key()),
    ];
    for chain in &others {
        assert!(moved.believed(chain, types::MEMBERSHIP).await.is_none());
    }
}

#[tokio::test]
async fn a_party_that_was_put_aside_does_not_take_its_own_copies_either() {
    let moved = moved();
    let did = moved.kiln.identity().did.as_str().to_owned();
    let old = moved.chain(&moved.before, &did, &moved.own_key());
    for (version, standing) in [(2, Standing::Suspended), (3, Standing::Expelled)] {
        moved.stands(version, standing);
        assert!(moved.believed(&old, types::MEMBERSHIP).await.is_none(), "{standing:?}");
    }
    moved.stands(4, Standing::Admitted);
    assert!(moved.believed(&old, types::MEMBERSHIP).await.is_some());
    // A list that has ended ends this as well.
    moved.scene.clock.set(NOW.plus(86_400));
    assert!(moved.believed(&old, types::MEMBERSHIP).await.is_none());
}

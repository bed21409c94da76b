use std::sync::Arc;

use did::{DocumentBuilder, Relationship, StaticResolver};
use environment::{Environment, ManualClock, SeededRandomness};
use jose::Signer;
use network::http_signature::{Fields, sign};
use trust::network_list::Member;
use trust::testing::{NOW, TestNetwork, TestParty};
use trust::{AdmissionError, Role, Standing};

use super::*;

const AT: &str = "https://office.example.org/number-binding";
const BODY: &[u8] = b"{}";

struct Scene {
    network: TestNetwork,
    space: TestParty,
    office: TestParty,
    stranger: TestParty,
    clock: Arc<ManualClock>,
    directory: Directory,
}

fn scene() -> Scene {
    let network = TestNetwork::new();
    let party = |role, host: &str| network.party(role, &format!("did:web:{host}"), host);
    let (space, office) = (party(Role::Space, "kiln.example.org"), party(Role::Office, "office.example.org"));
    let stranger = party(Role::Space, "stranger.example.org");
    let documents = [&space, &office, &stranger].map(|party| {
        DocumentBuilder::new(&Did::parse(&party.did).unwrap())
            .key("request", party.request.1.public_jwk(), &[Relationship::Authentication])
            .key("issuing", party.issuing.1.public_jwk(), &[Relationship::AssertionMethod])
            .build()
            .unwrap()
    });
    let clock = Arc::new(ManualClock::new(NOW));
    let environment = Environment::new(clock.clone(), Arc::new(SeededRandomness::new(1)));
    let resolver = Arc::new(StaticResolver::new(documents));
    let directory = Directory::new(network.descriptor().clone(), None, resolver, environment);
    let scene = Scene { network, space, office, stranger, clock, directory };
    scene.take_list(1, Standing::Admitted);
    scene
}

impl Scene {
    fn take_list(&self, version: u64, standing: Standing) {
        let space = Member { standing, ..self.space.member(Role::Space) };
        let members = [space, self.office.member(Role::Office)];
        self.directory.take_list(&self.network.sign_list(version, &members, NOW)).unwrap();
    }

    /// A call that is signed with this key now, and read at once.
    async fn call(&self, key_id: &str, signer: &dyn Signer) -> Result<Caller, CallerError> {
        let randomness = SeededRandomness::new(7);
        let signed = sign("POST", AT, BODY, key_id, signer, self.directory.now(), &randomness).unwrap();
        let fields = Fields {
            content_digest: &signed.content_digest,
            signature_input: &signed.signature_input,
            signature: &signed.signature,
        };
        self.directory.admit_caller(Unverified::parse("POST", AT, BODY, fields).unwrap()).await
    }

    async fn call_of(&self, party: &TestParty) -> Result<Caller, CallerError> {
        self.call(&format!("{}#request", party.did), &party.request.1).await
    }
}

fn admission(refused: Result<Caller, CallerError>) -> AdmissionError {
    match refused {
        Err(CallerError::NotAdmitted(DirectoryError::Admission(error))) => error,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn an_admitted_space_that_signs_is_a_caller_and_nobody_else_is() {
    let scene = scene();
    let caller = scene.call_of(&scene.space).await.unwrap();
    assert_eq!(caller.space.did(), scene.space.did);
    assert_eq!(caller.key_id, format!("{}#request", scene.space.did));
    assert_eq!(caller.expires_at, NOW.plus(90));
    assert_eq!(admission(scene.call_of(&scene.office).await), AdmissionError::WrongRole);
    assert_eq!(admission(scene.call_of(&scene.stranger).await), AdmissionError::NotAMember);
    let space = &scene.space;
    let by_another = scene.call(&format!("{}#request", space.did), &scene.stranger.request.1).await;
    let signature = HttpSignatureError::BadSignature;
    assert!(matches!(by_another, Err(CallerError::Signature(error)) if error == signature));
    let issuing = scene.call(&format!("{}#issuing", space.did), &space.issuing.1).await;
    assert!(matches!(issuing, Err(CallerError::NotAdmitted(DirectoryError::NoSuchKey))), "{issuing:?}");
    for key_id in ["", "kiln", "kiln.example.org#request"] {
        let refused = scene.call(key_id, &space.request.1).await;
        assert!(matches!(refused, Err(CallerError::KeyId)), "{refused:?}");
    }
}

#[tokio::test]
async fn a_space_that_was_put_aside_or_out_is_no_caller_from_that_list_on() {
    let scene = scene();
    for (version, standing, refused) in [
        (2, Standing::Suspended, AdmissionError::Suspended),
        (3, Standing::Expelled, AdmissionError::Expelled),
    ] {
        scene.take_list(version, standing);
        assert_eq!(admission(scene.call_of(&scene.space).await), refused);
    }
    scene.take_list(4, Standing::Admitted);
    assert!(scene.call_of(&scene.space).await.is_ok());
    scene.clock.advance(86_400);
    let old = admission(scene.call_of(&scene.space).await);
    assert!(matches!(old, AdmissionError::ListExpired { .. }), "{old:?}");
}

#[test]
fn both_sides_spell_an_address_by_the_did() {
    let at = |did: &str| address_at(&Did::parse(did).unwrap(), "/x");
    let scid = "Q".repeat(46);
    assert_eq!(at(&format!("did:webvh:{scid}:office.example.org")).unwrap(), "https://office.example.org/x");
    assert_eq!(
        at(&format!("did:webvh:{scid}:office.localhost%3A8080")).unwrap(),
        "http://office.localhost:8080/x"
    );
    assert_eq!(at("did:web:office.example.org").unwrap(), "https://office.example.org/x");
    assert_eq!(at(&format!("did:webvh:{scid}:office.example.org:m-1")), None);
    assert_eq!(at("did:example:1"), None);
}

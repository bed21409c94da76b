mod applications;
mod brands;
mod lapsing;
mod renewals;

use super::*;
use environment::{ManualClock, SeededRandomness, Timestamp};
use jose::{Algorithm, Signer, SigningKey};
use serde_json::{Value, json};
use std::sync::Arc;
use tempfile::TempDir;
use trust::registration::Registration;
use trust::{Admitted, DocumentKeys, NetworkList, NetworkState, Office, Purpose, Space, admit, path};

use crate::known::LIST_LEFT;
use crate::proof::{ProofError, prove_possession};

const NOW: Timestamp = Timestamp::from_seconds(1_795_564_800);
const A_DAY: i64 = 86_400;
const LIST: &str = "http://operator.localhost:8080/network-list";
const HARBOUR: &str = "did:webvh:QmTest:harbour.localhost%3A8080";

struct Scene {
    folder: TempDir,
    clock: Arc<ManualClock>,
    randomness: Arc<SeededRandomness>,
    operator: Operator,
}

struct Party {
    admission: Admission,
    request: SigningKey,
    issuing: SigningKey,
}

impl Party {
    /// The request with both proofs.
    fn proven(&self, now: Timestamp) -> Admission {
        let Admission { did, host, .. } = &self.admission;
        let proof = |key: &SigningKey| Some(prove_possession(key, did, host, now).unwrap());
        let proofs = crate::Proofs { request: proof(&self.request), issuing: proof(&self.issuing) };
        Admission { proofs: Some(proofs), ..self.admission.clone() }
    }

    fn document(&self) -> DocumentKeys {
        DocumentKeys::new(
            &self.admission.did,
            vec![self.request.public_jwk().clone()],
            vec![self.issuing.public_jwk().clone()],
        )
    }
}

impl Scene {
    fn new() -> Self {
        Self::seeded(11)
    }

    fn seeded(seed: u64) -> Self {
        Self::made(seed, LIST)
    }

    fn listed_at(list: &str) -> Self {
        Self::made(11, list)
    }

    fn made(seed: u64, list: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let clock = Arc::new(ManualClock::new(NOW));
        let randomness = Arc::new(SeededRandomness::new(seed));
        let environment = Environment::new(clock.clone(), randomness.clone());
        let operator = Operator::init(folder.path(), "Test network", list, environment).unwrap();
        Self { folder, clock, randomness, operator }
    }

    fn environment(&self) -> Environment {
        Environment::new(self.clock.clone(), self.randomness.clone())
    }

    fn now(&self) -> Timestamp {
        self.environment().now()
    }

    fn key(&self) -> SigningKey {
        SigningKey::generate(Algorithm::Es256, self.randomness.as_ref()).unwrap()
    }

    fn party(&self, role: &str, did: &str, host: &str) -> Party {
        let (request, issuing) = (self.key(), self.key());
        let admission = json!({
            "did": did, "host": host, "role": role, "display_name": "Harbour",
            "keys": {"request": request.public_jwk(), "issuing": issuing.public_jwk()},
            "registration": {
                "legal_name": "Harbour Cooperative",
                "contacts": {"email": "hello@example.org"},
                "data_protection_contact": {"email": "privacy@example.org"},
                "supervisory_authority": {"name": "Data Protection Example", "contacts": {}},
                "privacy_policy": "https://harbour.example/privacy",
                "intended_uses": [{"id": "join", "purpose": {"en": "Becoming a member"}, "legal_basis": "contract",
                    "claims": [{"path": ["email"], "retention_days": 30}],
                    "credential_types": ["urn:passport-network:profile:1"]}]
            }
        });
        Party { admission: Admission::from_json(admission.to_string()).unwrap(), request, issuing }
    }

    fn space(&self) -> Party {
        self.party("space", HARBOUR, "harbour.localhost")
    }

    fn office(&self) -> Party {
        self.party("office", "did:webvh:QmTest:office.localhost", "office.localhost")
    }

    fn list(&self) -> NetworkList {
        let compact = self.operator.current_list().unwrap();
        NetworkList::verify(&compact, self.operator.descriptor(), self.now()).unwrap()
    }

    fn refusal(&self, admission: &Admission) -> AdmissionError {
        match self.operator.admit(admission) {
            Err(OperatorError::Admission(error)) => error,
            other => panic!("expected a refusal, got {other:?}"),
        }
    }

    fn state(&self) -> Vec<u8> {
        std::fs::read(self.folder.path().join(FILE)).unwrap()
    }
}

#[test]
fn an_admitted_space_and_office_pass_every_check_of_a_reader() {
    let scene = Scene::new();
    let (space, office) = (scene.space(), scene.office());
    let space_bundle = scene.operator.admit(&space.admission).unwrap();
    let office_bundle = scene.operator.admit(&office.admission).unwrap();
    let (list, now, descriptor) = (scene.list(), scene.now(), scene.operator.descriptor());
    let root = descriptor.root();

    let request = path::verify(&space_bundle.request, root, Purpose::RequestSigning, now).unwrap();
    let admitted: Admitted<Space> = admit(&request, &list, &space.document(), now).unwrap();
    assert_eq!(admitted.display_name(), "Harbour");
    let issuing = path::verify(&office_bundle.issuing, root, Purpose::CredentialIssuing, now).unwrap();
    let admitted: Admitted<Office> = admit(&issuing, &list, &office.document(), now).unwrap();
    assert!(admitted.may_issue("urn:passport-network:passport:1"));
    assert_eq!(admitted.number_prefix(), office_bundle.number_prefix.as_deref());
    assert!(did::number::OfficePrefix::parse(admitted.number_prefix().unwrap()).is_ok());

    let registration = Registration::verify(&space_bundle.registration, descriptor, HARBOUR, now).unwrap();
    assert_eq!(registration.content().legal_name, "Harbour Cooperative");
    assert!(Registration::verify(&office_bundle.registration, descriptor, HARBOUR, now).is_err());
}

#[test]
fn founding_twice_gives_the_same_network_and_another_name_is_refused() {
    let scene = Scene::new();
    let (folder, state) = (scene.folder.path(), scene.state());
    let again = Operator::init(folder, "Test network", LIST, scene.environment()).unwrap();
    assert_eq!(again.descriptor(), scene.operator.descriptor());
    assert_eq!(scene.state(), state);
    for (name, list) in [("Other network", LIST), ("Test network", "http://operator.localhost/other")] {
        let other = Operator::init(folder, name, list, scene.environment());
        assert!(matches!(other, Err(OperatorError::OtherNetwork)), "{name} {list}");
    }
    let opened = Operator::open(folder, scene.environment()).unwrap();
    assert_eq!(opened.descriptor(), scene.operator.descriptor());
}

#[test]
fn a_descriptor_that_a_crash_kept_from_being_written_is_written_at_the_next_start() {
    let scene = Scene::new();
    let file = scene.folder.path().join(DESCRIPTOR);
    std::fs::remove_file(&file).unwrap();
    std::fs::write(scene.folder.path().join("operator.json.new"), "{").unwrap();
    Operator::open(scene.folder.path(), scene.environment()).unwrap();
    let written = NetworkDescriptor::from_json(std::fs::read(&file).unwrap()).unwrap();
    assert_eq!(&written, scene.operator.descriptor());
}

#[test]
fn an_empty_folder_and_a_damaged_state_are_told_apart() {
    let scene = Scene::new();
    let empty = tempfile::tempdir().unwrap();
    let opened = Operator::open(empty.path(), scene.environment());
    assert!(matches!(opened, Err(OperatorError::NotInitialised)));
    let state = scene.state();
    std::fs::write(scene.folder.path().join(FILE), &state[..state.len() / 2]).unwrap();
    let damaged = Operator::open(scene.folder.path(), scene.environment());
    assert!(matches!(damaged, Err(OperatorError::Corrupt)));
    let init = Operator::init(scene.folder.path(), "Test network", LIST, scene.environment());
    assert!(matches!(init, Err(OperatorError::Corrupt)));
}

#[cfg(unix)]
#[test]
fn the_keys_are_for_the_owner_alone() {
    use std::os::unix::fs::PermissionsExt;
    let scene = Scene::new();
    scene.operator.admit(&scene.space().admission).unwrap();
    let mode = std::fs::metadata(scene.folder.path().join(FILE)).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
}

#[test]
fn the_same_request_gives_the_same_bundle_and_no_new_list() {
    let scene = Scene::new();
    let space = scene.space();
    let bundle = scene.operator.admit(&space.admission).unwrap();
    let (list, state) = (scene.operator.current_list().unwrap(), scene.state());
    scene.clock.advance(3_600);
    assert_eq!(scene.operator.admit(&space.admission).unwrap(), bundle);
    assert_eq!(scene.operator.current_list().unwrap(), list);
    assert_eq!(scene.state(), state);
}

#[test]
fn a_bundle_is_made_anew_when_half_of_its_time_is_over_and_the_list_stays() {
    let scene = Scene::new();
    let space = scene.space();
    let bundle = scene.operator.admit(&space.admission).unwrap();
    let version = scene.list().version();
    scene.clock.advance(15 * A_DAY);
    let renewed = scene.operator.admit(&space.admission).unwrap();
    assert_ne!(renewed.registration, bundle.registration);
    let registration =
        Registration::verify(&renewed.registration, scene.operator.descriptor(), HARBOUR, scene.now())
            .unwrap();
    assert_eq!(registration.expires_at(), scene.now().plus(30 * A_DAY));
    assert_eq!(scene.operator.renew(HARBOUR).unwrap(), renewed);
    // The list was made anew for its age, not for the renewal.
    assert!(scene.list().version() > version);
}

#[test]
fn leaves_last_at_most_ninety_days_and_lists_at_most_one() {
    let scene = Scene::new();
    let bundle = scene.operator.admit(&scene.space().admission).unwrap();
    for chain in [&bundle.request, &bundle.issuing] {
        let leaf = chain.leaf();
        assert!(leaf.not_after().since(leaf.not_before()) <= 90 * A_DAY);
        assert!(leaf.not_after().since(NOW) > 89 * A_DAY);
    }
    let list = scene.list();
    assert!(list.expires_at().since(list.issued_at()) <= A_DAY);
}

#[test]
fn a_list_is_kept_for_half_a_day_and_versions_only_grow() {
    let scene = Scene::new();
    let mut seen = NetworkState::new(scene.operator.descriptor().network());
    let first = scene.list();
    seen.advance(&first).unwrap();
    scene.clock.advance(LIST_LEFT - 1);
    assert_eq!(scene.list(), first);
    scene.clock.advance(1);
    let second = scene.list();
    seen.advance(&second).unwrap();
    assert!(second.version() > first.version());
    let third = scene.operator.renew_list().unwrap();
    let third = NetworkList::verify(&third, scene.operator.descriptor(), scene.now()).unwrap();
    seen.advance(&third).unwrap();
    assert!(third.version() > second.version());
}

#[test]
fn an_operator_restored_from_a_backup_gives_out_no_version_again() {
    let scene = Scene::new();
    let mut seen = NetworkState::new(scene.operator.descriptor().network());
    let backup = scene.state();
    for _ in 0..3 {
        let compact = scene.operator.renew_list().unwrap();
        let list = NetworkList::verify(&compact, scene.operator.descriptor(), scene.now()).unwrap();
        seen.advance(&list).unwrap();
    }
    std::fs::write(scene.folder.path().join(FILE), backup).unwrap();
    scene.clock.advance(60);
    assert_eq!(seen.advance(&scene.list()), Ok(()));
}

#[test]
fn a_suspended_member_is_listed_so_at_once_and_gets_nothing_until_readmitted() {
    let scene = Scene::new();
    let space = scene.space();
    scene.operator.admit(&space.admission).unwrap();
    let before = scene.list().version();
    scene.operator.set_standing(HARBOUR, Standing::Suspended).unwrap();
    let list = scene.list();
    assert!(list.version() > before);
    assert_eq!(list.by_did(HARBOUR).unwrap().standing, Standing::Suspended);
    assert_eq!(scene.refusal(&space.admission), AdmissionError::NotInGoodStanding);
    scene.operator.set_standing(HARBOUR, Standing::Suspended).unwrap();
    assert_eq!(scene.list().version(), list.version());
    scene.operator.set_standing(HARBOUR, Standing::Expelled).unwrap();
    assert_eq!(scene.list().by_did(HARBOUR).unwrap().standing, Standing::Expelled);
    scene.operator.set_standing(HARBOUR, Standing::Admitted).unwrap();
    assert_eq!(scene.list().by_did(HARBOUR).unwrap().standing, Standing::Admitted);
    assert!(scene.operator.admit(&space.admission).is_ok());
    let unknown = scene.operator.set_standing("did:web:nobody.example", Standing::Suspended);
    assert!(matches!(unknown, Err(OperatorError::UnknownMember)));
    assert!(matches!(scene.operator.set_standing(HARBOUR, Standing::Unknown), Err(OperatorError::Standing)));
}

#[test]
fn what_another_member_has_is_not_given_twice() {
    let scene = Scene::new();
    let (space, office) = (scene.space(), scene.office());
    let mut first = space.admission.clone();
    first.brand = Some(trust::Brand { id: "kiln".to_owned(), name: "Kiln".to_owned() });
    scene.operator.admit(&first).unwrap();
    let prefix = scene.operator.admit(&office.admission).unwrap().number_prefix;
    let state = scene.state();

    let other = scene.party("space", "did:web:b.localhost", "b.localhost").admission;
    let same_host = Admission { host: "harbour.localhost".to_owned(), ..other.clone() };
    assert_eq!(scene.refusal(&same_host), AdmissionError::HostTaken);
    let mut same_key = other.clone();
    same_key.keys.issuing = first.keys.request.clone();
    assert_eq!(scene.refusal(&same_key), AdmissionError::KeyTaken);
    let mut other_brand = other;
    other_brand.brand = Some(trust::Brand { id: "kiln".to_owned(), name: "Oven".to_owned() });
    assert_eq!(scene.refusal(&other_brand), AdmissionError::BrandName);
    let mut same_prefix = scene.party("office", "did:web:c.localhost", "c.localhost").admission;
    same_prefix.number_prefix = prefix;
    assert_eq!(scene.refusal(&same_prefix), AdmissionError::NumberPrefixTaken);
    assert_eq!(scene.state(), state);
}

#[test]
fn role_and_prefix_stay_and_the_rest_may_change() {
    let scene = Scene::new();
    let office = scene.office().admission;
    let prefix = scene.operator.admit(&office).unwrap().number_prefix.unwrap();
    let as_space = Admission { role: Role::Space, ..office.clone() };
    assert_eq!(scene.refusal(&as_space), AdmissionError::Fixed);
    let other_prefix = if prefix == "HRB1" { "HRB2" } else { "HRB1" };
    let renumbered = Admission { number_prefix: Some(other_prefix.to_owned()), ..office.clone() };
    assert_eq!(scene.refusal(&renumbered), AdmissionError::Fixed);
    let before = scene.list().version();
    let renamed = Admission { display_name: "Harbour Office".to_owned(), ..office };
    assert_eq!(scene.operator.admit(&renamed).unwrap().number_prefix, Some(prefix));
    let list = scene.list();
    assert!(list.version() > before);
    assert_eq!(list.by_host("office.localhost").unwrap().display_name, "Harbour Office");
}

#[test]
fn an_office_may_choose_its_prefix_in_its_one_spelling() {
    let scene = Scene::new();
    let with = |prefix: &str| {
        let office = scene.office().admission;
        Admission { number_prefix: Some(prefix.to_owned()), ..office }
    };
    for other in ["hrb1", "HRBL", "HRB", "HRB12", "HR-B1", ""] {
        assert_eq!(scene.refusal(&with(other)), AdmissionError::NumberPrefix, "{other}");
    }
    let bundle = scene.operator.admit(&with("HRB1")).unwrap();
    assert_eq!(bundle.number_prefix.as_deref(), Some("HRB1"));
}

#[test]
fn malformed_requests_are_refused_by_name() {
    let scene = Scene::new();
    let good = scene.space().admission;
    let with = |change: &dyn Fn(&mut Admission)| {
        let mut admission = good.clone();
        change(&mut admission);
        scene.refusal(&admission)
    };
    assert_eq!(with(&|admission| admission.did = "harbour".to_owned()), AdmissionError::Did);
    assert_eq!(with(&|admission| admission.host = "harbour.localhost:8080".to_owned()), AdmissionError::Host);
    assert_eq!(with(&|admission| admission.display_name = " ".to_owned()), AdmissionError::DisplayName);
    assert_eq!(
        with(&|admission| admission.number_prefix = Some("HRB1".to_owned())),
        AdmissionError::NumberPrefix
    );
    assert_eq!(
        with(&|admission| admission.keys.issuing = admission.keys.request.clone()),
        AdmissionError::OneKeyForBoth
    );
    assert!(matches!(
        with(&|admission| admission.registration.intended_uses.clear()),
        AdmissionError::Registration(_)
    ));
    assert_eq!(scene.operator.members().unwrap(), []);
    let mut unknown_member = serde_json::to_value(&good).unwrap();
    unknown_member["admin"] = Value::from(true);
    assert_eq!(Admission::from_json(unknown_member.to_string()), Err(AdmissionError::Malformed));
}

#[test]
fn proofs_that_are_given_must_hold() {
    let scene = Scene::new();
    let mut space = scene.space();
    let proof = |key: &SigningKey| Some(prove_possession(key, HARBOUR, "harbour.localhost", NOW).unwrap());
    let (good, other) = (proof(&space.request), proof(&space.issuing));
    space.admission.proofs = Some(crate::Proofs { request: other.clone(), issuing: other.clone() });
    assert_eq!(
        scene.refusal(&space.admission),
        AdmissionError::Proof(ProofError::Jws(jose::jws::JwsError::BadSignature))
    );
    space.admission.proofs = Some(crate::Proofs { request: good, issuing: other });
    assert!(scene.operator.admit(&space.admission).is_ok());
    // Renewing needs no fresh proof, neither from what was handed in nor when the same file is handed in again.
    scene.clock.advance(20 * A_DAY);
    assert!(scene.operator.admit(&space.admission).is_ok());
    assert!(scene.operator.renew(HARBOUR).is_ok());
    // But for other keys it counts for 30 days.
    scene.clock.set(NOW.plus(30 * A_DAY + 1));
    let mut late = scene.party("space", "did:web:b.localhost", "b.localhost");
    late.admission = late.proven(NOW);
    assert!(matches!(scene.refusal(&late.admission), AdmissionError::Proof(ProofError::Claim(_))));
    late.admission = late.proven(scene.now());
    assert!(scene.operator.admit(&late.admission).is_ok());
}

#[test]
fn a_did_at_another_host_than_the_partys_is_not_certified_for_it() {
    let scene = Scene::new();
    for (did, host) in [
        ("did:web:evil.example", "harbour.localhost"),
        ("did:webvh:QmTest:evil.example", "harbour.localhost"),
        ("did:webvh:QmTest:sub.harbour.localhost%3A8080", "harbour.localhost"),
        ("did:web:harbour.localhost", "sub.harbour.localhost"),
    ] {
        let party = scene.party("space", did, host);
        assert_eq!(scene.refusal(&party.admission), AdmissionError::HostOfDid, "{did}");
    }
    for did in ["did:webvh:QmTest", "did:web:harbour.localhost%3Ax"] {
        let party = scene.party("space", did, "harbour.localhost");
        assert_eq!(scene.refusal(&party.admission), AdmissionError::Did, "{did}");
    }
    let with_path = scene.party("space", "did:web:harbour.localhost%3A8080:spaces", "harbour.localhost");
    assert!(scene.operator.admit(&with_path.admission).is_ok());
}

#[test]
fn the_operators_own_certificates_are_renewed_before_they_end() {
    let scene = Scene::new();
    let space = scene.space();
    for _ in 0..30 {
        scene.clock.advance(89 * A_DAY);
        let bundle = scene.operator.admit(&space.admission).unwrap();
        let (list, now, descriptor) = (scene.list(), scene.now(), scene.operator.descriptor());
        let path = path::verify(&bundle.issuing, descriptor.root(), Purpose::CredentialIssuing, now).unwrap();
        assert!(path.valid_until().since(now) > 89 * A_DAY);
        let admitted: Admitted<Space> = admit(&path, &list, &space.document(), now).unwrap();
        assert!(admitted.may_issue("urn:passport-network:membership:1"));
        Registration::verify(&bundle.registration, descriptor, HARBOUR, now).unwrap();
    }
}

#[test]
fn a_network_that_joined_another_says_so_in_its_list_and_trusts_nobody_by_it() {
    let (scene, larger) = (Scene::new(), Scene::seeded(12));
    assert_eq!(scene.list().successor(), None);
    let space = larger.space();
    let bundle = larger.operator.admit(&space.admission).unwrap();
    scene.operator.announce_successor(larger.operator.descriptor()).unwrap();
    let list = scene.list();
    assert_eq!(list.successor(), Some(larger.operator.descriptor()));
    assert_eq!(list.by_did(HARBOUR), None);
    let root = scene.operator.descriptor().root();
    assert!(path::verify(&bundle.request, root, Purpose::RequestSigning, NOW).is_err());
    let itself = scene.operator.announce_successor(scene.operator.descriptor());
    assert!(matches!(itself, Err(OperatorError::OtherNetwork)));
    let folder = tempfile::tempdir().unwrap();
    let address = "https://operator.example.org/network-list";
    let public = Operator::init(folder.path(), "Public", address, scene.environment()).unwrap();
    let to_this_machine = public.announce_successor(larger.operator.descriptor());
    assert!(matches!(to_this_machine, Err(OperatorError::DevelopmentSuccessor)));
}

#[test]
fn calls_side_by_side_lose_nothing() {
    let scene = Scene::new();
    let parties: Vec<Admission> = (0..8)
        .map(|number| {
            let host = format!("space{number}.localhost");
            scene.party("space", &format!("did:webvh:QmTest:{host}"), &host).admission
        })
        .collect();
    std::thread::scope(|scope| {
        for admission in &parties {
            let operator = Operator::open(scene.folder.path(), scene.environment()).unwrap();
            scope.spawn(move || operator.admit(admission).unwrap());
        }
    });
    assert_eq!(scene.operator.members().unwrap().len(), 8);
    assert_eq!(scene.list().members().len(), 8);
}

//! Whoever is not renewed ends: on the list, and so for every reader of it.

use trust::{AdmissionError as Refused, Brand, admit_key, listed};

use super::*;
use crate::renewal::{self, Renewal};

fn kiln() -> Brand {
    Brand { id: "kiln".to_owned(), name: "Kiln".to_owned() }
}

/// The brand, and a limit on what its spaces may ask that "email" is within or not.
fn brand(scene: &Scene, until: Timestamp) -> BrandRecord {
    let key = scene.key();
    BrandRecord {
        brand: kiln(),
        did: did::jwk::did(key.public_jwk()).unwrap().as_str().to_owned(),
        limits: limits(until, "email"),
        standing: Standing::Admitted,
    }
}

fn limits(until: Timestamp, claim: &str) -> BrandLimits {
    BrandLimits {
        hosts: vec!["*.localhost".to_owned()],
        spaces: 5,
        uses: None,
        claims: Some(vec![trust::ClaimPath::name(claim)]),
        until: until.seconds(),
    }
}

impl Scene {
    fn standing(&self, did: &str) -> Standing {
        self.list().by_did(did).unwrap().standing
    }

    /// How a reader that sees the list alone, and the DID document, takes a key of the party.
    fn by_key(&self, party: &Party) -> Result<(), Refused> {
        let (list, document) = (self.list(), party.document());
        let key = party.issuing.public_jwk();
        admit_key::<Space>(key, Purpose::CredentialIssuing, &list, &document, self.now()).map(drop)
    }

    fn renews(&self, party: &Party) -> Result<Bundle, OperatorError> {
        let renewal = Renewal {
            did: &party.admission.did,
            network: self.operator.descriptor().network(),
            address: &renewal::address(self.operator.descriptor()),
            request: &party.request,
            issuing: party.issuing.public_jwk(),
        };
        self.operator.renew_asked(&renewal.sign(self.now()).unwrap())
    }
}

#[test]
fn a_member_whose_registration_has_ended_signs_nothing_by_its_kid_until_it_is_renewed() {
    let scene = Scene::new();
    let space = scene.space();
    scene.operator.admit(&space.admission).unwrap();
    scene.clock.advance(30 * A_DAY - 1);
    assert_eq!(scene.by_key(&space), Ok(()));
    // The list in hand is an instant old, and is made anew all the same.
    let before = scene.list();
    scene.clock.advance(1);
    assert_eq!(scene.by_key(&space), Err(Refused::Lapsed));
    assert!(scene.list().version() > before.version());
    assert_eq!(listed::<Space>(HARBOUR, &scene.list(), scene.now()).map(drop), Err(Refused::Lapsed));
    assert_eq!(scene.operator.members().unwrap()[0].standing, Standing::Lapsed);
    scene.clock.advance(170 * A_DAY);
    assert_eq!(scene.standing(HARBOUR), Standing::Lapsed);
    // It was only away: what it asks for itself brings it back.
    scene.renews(&space).unwrap();
    assert_eq!(scene.by_key(&space), Ok(()));
    let by_hand = scene.operator.set_standing(HARBOUR, Standing::Lapsed);
    assert!(matches!(by_hand, Err(OperatorError::Standing)));
}

#[test]
fn on_a_brands_last_day_its_spaces_end_also_those_that_were_there_before_it() {
    let scene = Scene::new();
    let mut early = scene.space();
    early.admission.brand = Some(kiln());
    scene.operator.admit(&early.admission).unwrap();
    let other = scene.party("space", "did:web:other.localhost", "other.localhost");
    scene.operator.admit(&other.admission).unwrap();
    let day = NOW.plus(10 * A_DAY);
    scene.operator.add_brand(brand(&scene, day)).unwrap();
    scene.clock.set(day.minus(1));
    assert_eq!(scene.by_key(&early), Ok(()));
    scene.clock.set(day);
    assert_eq!(scene.by_key(&early), Err(Refused::Lapsed));
    assert_eq!(scene.by_key(&other), Ok(()));
    assert_eq!(scene.refusal(&early.admission), AdmissionError::BrandOver);
    assert!(scene.renews(&early).is_err());
    // With a later day they are back at once, and gone again with an earlier one.
    scene.operator.limit_brand("kiln", limits(day.plus(A_DAY), "email")).unwrap();
    assert_eq!(scene.by_key(&early), Ok(()));
    scene.operator.limit_brand("kiln", limits(day, "email")).unwrap();
    assert_eq!(scene.by_key(&early), Err(Refused::Lapsed));
}

#[test]
fn a_space_beyond_narrower_limits_runs_out_within_thirty_days_and_not_in_two_hundred() {
    let scene = Scene::new();
    let mut space = scene.space();
    space.admission.brand = Some(kiln());
    scene.operator.add_brand(brand(&scene, NOW.plus(365 * A_DAY))).unwrap();
    scene.operator.admit(&space.admission).unwrap();
    scene.operator.limit_brand("kiln", limits(NOW.plus(365 * A_DAY), "address")).unwrap();
    for day in 0..30 {
        scene.clock.set(NOW.plus(day * A_DAY));
        assert!(scene.renews(&space).is_err());
        assert_eq!(scene.by_key(&space), Ok(()), "{day}");
    }
    for day in [30, 31, 200] {
        scene.clock.set(NOW.plus(day * A_DAY));
        assert_eq!(scene.by_key(&space), Err(Refused::Lapsed), "{day}");
    }
}

#[test]
fn an_office_names_no_brand_and_one_that_named_it_before_goes_on_renewing() {
    let scene = Scene::new();
    let mut office = scene.office();
    office.admission.brand = Some(kiln());
    assert_eq!(scene.refusal(&office.admission), AdmissionError::OfficeOfABrand);
    office.admission.brand = None;
    scene.operator.admit(&office.admission).unwrap();
    office.admission.brand = Some(kiln());
    scene.operator.admit(&office.admission).unwrap();
    scene.operator.add_brand(brand(&scene, NOW.plus(A_DAY))).unwrap();
    scene.clock.advance(15 * A_DAY);
    assert!(scene.renews(&office).is_ok());
    assert_eq!(scene.standing(&office.admission.did), Standing::Admitted);
}

#[test]
fn the_host_of_a_space_that_was_expelled_is_free_when_no_certificate_names_it_any_more() {
    let scene = Scene::new();
    let space = scene.space();
    scene.operator.admit(&space.admission).unwrap();
    scene.operator.set_standing(HARBOUR, Standing::Expelled).unwrap();
    let next = scene.party("space", "did:web:harbour.localhost", "harbour.localhost");
    scene.clock.advance(89 * A_DAY);
    assert_eq!(scene.refusal(&next.admission), AdmissionError::HostTaken);
    scene.clock.advance(2 * A_DAY);
    scene.operator.admit(&next.admission).unwrap();
    let list = scene.list();
    assert_eq!(list.by_host("harbour.localhost").unwrap().did, next.admission.did);
    assert_eq!(list.by_did(HARBOUR), None);
    // One that merely lapsed has its host still.
    scene.clock.advance(200 * A_DAY);
    assert_eq!(scene.refusal(&space.admission), AdmissionError::HostTaken);
}

#[test]
fn strangers_and_readers_are_answered_while_somebody_else_holds_the_folder() {
    let scene = Scene::new();
    let (space, stranger) = (scene.space(), scene.party("space", HARBOUR, "harbour.localhost"));
    scene.operator.admit(&space.admission).unwrap();
    let list = scene.operator.current_list().unwrap();
    let held = LockedFolder::lock(scene.folder.path(), false).unwrap();
    let (told, answers) = std::sync::mpsc::channel();
    std::thread::scope(|scope| {
        scope.spawn(|| {
            told.send(scene.operator.current_list().ok()).unwrap();
            told.send(scene.renews(&stranger).err().map(|error| error.to_string())).unwrap();
            let admission = scene.party("space", "did:web:b.localhost", "b.localhost").admission;
            let (key, network) = (scene.key(), scene.operator.descriptor().network());
            let did = did::jwk::did(key.public_jwk()).unwrap();
            let signed = crate::brand::sign_admission(&admission, did.as_str(), network, &key, NOW).unwrap();
            told.send(scene.operator.admit_by_brand(&signed).err().map(|error| error.to_string())).unwrap();
        });
        let answer = || answers.recv_timeout(std::time::Duration::from_secs(5)).ok().flatten();
        let answered = [answer(), answer(), answer()];
        drop(held);
        assert_eq!(answered[0].as_deref(), Some(list.as_str()));
        assert_eq!(answered[1], Some(RenewalError::NotFromAMember.to_string()));
        assert_eq!(answered[2], Some(BrandError::NotFromABrand.to_string()));
    });
}

#[test]
fn what_another_process_changed_is_seen_at_once() {
    let scene = Scene::new();
    let space = scene.space();
    scene.operator.admit(&space.admission).unwrap();
    assert_eq!(scene.standing(HARBOUR), Standing::Admitted);
    let command = Operator::open(scene.folder.path(), scene.environment()).unwrap();
    command.set_standing(HARBOUR, Standing::Suspended).unwrap();
    assert_eq!(scene.standing(HARBOUR), Standing::Suspended);
    let other = scene.party("space", "did:web:b.localhost", "b.localhost");
    command.admit(&other.admission).unwrap();
    assert!(scene.renews(&other).is_ok());
    std::fs::write(scene.folder.path().join(FILE), "{").unwrap();
    assert!(matches!(scene.operator.current_list(), Err(OperatorError::Corrupt)));
}

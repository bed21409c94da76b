//! Renewal over HTTP: what the operator answers, and what a party looks at before it takes it.

use jose::jwt;
use serde_json::Map;
use trust::registration::RegistrationError;
use trust::{PathError, Role};

use super::*;
use crate::renewal::{self, Renewal};
use crate::{BundleError, Expected, RenewalError};

/// A request for renewal by the space, made now.
fn asked(scene: &Scene, party: &Party) -> String {
    let address = renewal::address(scene.operator.descriptor());
    let renewal = Renewal {
        did: &party.admission.did,
        network: scene.operator.descriptor().network(),
        address: &address,
        request: &party.request,
        issuing: party.issuing.public_jwk(),
    };
    renewal.sign(scene.now()).unwrap()
}

fn refused(scene: &Scene, compact: &str) -> RenewalError {
    let before = scene.state();
    let answer = scene.operator.renew_asked(compact);
    assert_eq!(scene.state(), before, "a refusal changes nothing");
    match answer {
        Err(OperatorError::Renewal(error)) => error,
        other => panic!("expected a refusal, got {other:?}"),
    }
}

fn expected<'a>(scene: &'a Scene, party: &'a Party) -> Expected<'a> {
    Expected {
        network: scene.operator.descriptor(),
        did: &party.admission.did,
        host: &party.admission.host,
        role: party.admission.role,
        request: party.request.public_jwk(),
        issuing: party.issuing.public_jwk(),
        number_prefix: None,
    }
}

#[test]
fn a_bundle_is_renewed_from_half_of_its_life_on_and_not_before() {
    let scene = Scene::new();
    let space = scene.space();
    let bundle = scene.operator.admit(&space.admission).unwrap();
    let lasting = bundle.check(&expected(&scene, &space), scene.now()).unwrap();
    assert_eq!(lasting.renewed_from, NOW.plus(15 * A_DAY), "half of the registration's 30 days");
    assert_eq!(lasting.until, NOW.plus(30 * A_DAY));
    scene.clock.set(lasting.renewed_from.minus(1));
    assert_eq!(scene.operator.renew_asked(&asked(&scene, &space)).unwrap(), bundle, "a second early");
    scene.clock.set(lasting.renewed_from);
    let renewed = scene.operator.renew_asked(&asked(&scene, &space)).unwrap();
    assert_ne!(renewed, bundle);
    let longer = renewed.check(&expected(&scene, &space), scene.now()).unwrap();
    assert_eq!(longer.until, scene.now().plus(30 * A_DAY));
}

#[test]
fn a_request_that_comes_again_gives_the_same_and_ends_after_five_minutes() {
    let scene = Scene::new();
    let space = scene.space();
    scene.operator.admit(&space.admission).unwrap();
    scene.clock.advance(15 * A_DAY);
    let compact = asked(&scene, &space);
    let renewed = scene.operator.renew_asked(&compact).unwrap();
    let state = scene.state();
    assert_eq!(scene.operator.renew_asked(&compact).unwrap(), renewed);
    assert_eq!(scene.state(), state, "a replay changes nothing");
    scene.clock.advance(361);
    assert_eq!(refused(&scene, &compact), RenewalError::Time);
}

#[test]
fn a_clock_that_is_a_day_off_is_named_and_a_minute_is_forgiven() {
    let scene = Scene::new();
    let space = scene.space();
    scene.operator.admit(&space.admission).unwrap();
    for (ahead, is_good) in
        [(A_DAY, false), (-A_DAY, false), (61, false), (60, true), (-300, true), (-361, false)]
    {
        scene.clock.set(NOW.plus(ahead));
        let compact = asked(&scene, &space);
        scene.clock.set(NOW);
        if is_good {
            assert!(scene.operator.renew_asked(&compact).is_ok(), "{ahead}");
        } else {
            assert_eq!(refused(&scene, &compact), RenewalError::Time, "{ahead}");
        }
    }
}

#[test]
fn a_suspended_or_expelled_party_is_not_renewed() {
    let scene = Scene::new();
    let space = scene.space();
    scene.operator.admit(&space.admission).unwrap();
    scene.clock.advance(15 * A_DAY);
    for standing in [Standing::Suspended, Standing::Expelled] {
        scene.operator.set_standing(HARBOUR, standing).unwrap();
        let refused = scene.operator.renew_asked(&asked(&scene, &space));
        assert!(
            matches!(refused, Err(OperatorError::Admission(AdmissionError::NotInGoodStanding))),
            "{refused:?}"
        );
    }
    scene.operator.set_standing(HARBOUR, Standing::Admitted).unwrap();
    assert!(scene.operator.renew_asked(&asked(&scene, &space)).is_ok());
}

#[test]
fn nobody_asks_for_another_party_or_at_another_address_or_network() {
    let scene = Scene::new();
    let (space, office) = (scene.space(), scene.office());
    scene.operator.admit(&space.admission).unwrap();
    scene.operator.admit(&office.admission).unwrap();
    let address = renewal::address(scene.operator.descriptor());
    let network = scene.operator.descriptor().network().to_owned();
    let sign = |did: &str, network: &str, address: &str, key: &SigningKey| {
        let address = address.parse().unwrap();
        let issuing = space.issuing.public_jwk();
        Renewal { did, network, address: &address, request: key, issuing }.sign(NOW).unwrap()
    };
    let stranger = scene.key();
    for (case, compact) in [
        ("another member's key", sign(HARBOUR, &network, address.as_str(), &office.request)),
        ("nobody's key", sign(HARBOUR, &network, address.as_str(), &stranger)),
        ("the key for credentials", sign(HARBOUR, &network, address.as_str(), &space.issuing)),
        ("no member", sign("did:web:nobody.example", &network, address.as_str(), &space.request)),
        ("another network", sign(HARBOUR, "urn:uuid:other", address.as_str(), &space.request)),
        (
            "another address",
            sign(HARBOUR, &network, "http://other.localhost/admission/renewals", &space.request),
        ),
    ] {
        assert_eq!(refused(&scene, &compact), RenewalError::NotFromAMember, "{case}");
    }
    // Of another type: a proof of possession by the very same key.
    let claims = Map::from_iter([("iss".to_owned(), Value::from(HARBOUR))]);
    let header = Map::from_iter([("kid".to_owned(), Value::from(format!("{HARBOUR}#request")))]);
    let other = jwt::sign("passport-admission-proof+jwt", header, &claims, &space.request).unwrap();
    assert_eq!(refused(&scene, &other), RenewalError::NotFromAMember);
    for garbage in ["", "a.b.c", "e30.e30.e30"] {
        assert_eq!(refused(&scene, garbage), RenewalError::Malformed, "{garbage}");
    }
    assert!(scene.operator.renew_asked(&asked(&scene, &space)).is_ok());
}

#[test]
fn other_keys_than_were_certified_are_not_certified_by_renewal() {
    let scene = Scene::new();
    let mut space = scene.space();
    scene.operator.admit(&space.admission).unwrap();
    space.issuing = scene.key();
    assert_eq!(refused(&scene, &asked(&scene, &space)), RenewalError::OtherKeys);
}

#[test]
fn a_bundle_of_another_root_party_key_or_role_is_not_taken() {
    let scene = Scene::new();
    let space = scene.space();
    let good = scene.operator.admit(&space.admission).unwrap();
    let other_network = Scene::seeded(12);
    let foreign = other_network.operator.admit(&space.admission).unwrap();
    let check = |bundle: &Bundle| bundle.check(&expected(&scene, &space), scene.now()).map(drop);
    assert_eq!(check(&good), Ok(()));
    assert_eq!(check(&foreign), Err(BundleError::OtherNetwork));
    // Certificates of another root under the name of the pinned network.
    let disguised = Bundle { request: foreign.request.clone(), ..good.clone() };
    assert_eq!(check(&disguised), Err(BundleError::Path(PathError::UnknownIssuer)));
    let disguised = Bundle { registration: foreign.registration, ..good.clone() };
    assert!(matches!(check(&disguised), Err(BundleError::Registration(RegistrationError::Path(_)))));
    let other = scene.party("space", "did:web:kiln.localhost", "kiln.localhost");
    let of_another = scene.operator.admit(&other.admission).unwrap();
    assert_eq!(check(&of_another), Err(BundleError::OtherParty));
    let mixed = Bundle { issuing: of_another.issuing.clone(), ..good.clone() };
    assert_eq!(check(&mixed), Err(BundleError::OtherParty));
    let swapped = Bundle { request: good.issuing.clone(), issuing: good.request.clone(), ..good.clone() };
    assert!(matches!(check(&swapped), Err(BundleError::Path(_))), "one purpose is not the other");
    let as_office = Bundle { role: Role::Office, ..good.clone() };
    assert_eq!(check(&as_office), Err(BundleError::OtherParty));
    let mut rekeyed = expected(&scene, &space);
    let key = scene.key();
    rekeyed.issuing = key.public_jwk();
    assert_eq!(good.check(&rekeyed, scene.now()), Err(BundleError::OtherKey));
    let mut renumbered = expected(&scene, &space);
    renumbered.number_prefix = Some("HRB1");
    assert_eq!(good.check(&renumbered, scene.now()), Err(BundleError::OtherNumberPrefix));
    scene.clock.advance(30 * A_DAY);
    assert!(matches!(check(&good), Err(BundleError::Registration(_))), "it has ended");
}

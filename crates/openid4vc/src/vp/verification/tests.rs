use std::collections::BTreeMap;

use credentials::ClaimsPath;
use credentials::sd_jwt::Frame;
use credentials::sd_jwt::key_binding::KeyBindingError;
use jose::{Algorithm, Signer, SigningKey};
use serde_json::json;

use super::super::testing::{NONCE, NOW, Scene, after, scene};
use super::*;

fn token(presentations: BTreeMap<String, Vec<String>>) -> VpToken {
    VpToken::new(presentations).unwrap()
}

fn check(
    scene: &Scene,
    presentations: BTreeMap<String, Vec<String>>,
    now: Timestamp,
) -> Result<Verified, PresentationError> {
    let client_id = scene.client_id();
    let rules = Rules { client_id: &client_id, nonce: NONCE, query: &scene.query, one_key: true, now };
    check_with(scene, presentations, &rules)
}

fn check_with(
    scene: &Scene,
    presentations: BTreeMap<String, Vec<String>>,
    rules: &Rules<'_>,
) -> Result<Verified, PresentationError> {
    let read = Presentations::read(&token(presentations), rules.query, Scene::types())?;
    // The caller's part: only the office's chain is trusted, and only for the profile.
    let office = scene.office.issuing.0.leaf().der();
    let keys: Vec<Option<Jwk>> = read
        .issuers()
        .map(|wanted| match wanted.issued_by {
            IssuedBy::X5c { chain, .. }
                if chain.first().map(Vec::as_slice) == Some(office) && wanted.vct == types::PROFILE =>
            {
                Some(scene.office.issuing.1.public_jwk().clone())
            }
            _ => None,
        })
        .collect();
    read.verify(&keys, rules)
}

fn other_key(scene: &Scene) -> SigningKey {
    SigningKey::generate(Algorithm::Es256, &scene.randomness).unwrap()
}

fn with(scene: &Scene, id: &str, presentation: String) -> BTreeMap<String, Vec<String>> {
    let mut presentations = scene.presentations();
    presentations.insert(id.to_owned(), vec![presentation]);
    presentations
}

#[test]
fn an_honest_answer_is_verified_and_knows_its_key() {
    let scene = scene();
    let verified = check(&scene, scene.presentations(), NOW).unwrap();
    assert_eq!(verified.presentations().len(), 2);
    assert_eq!(verified.answering_key(), Some(scene.wallet.public_jwk()));
    let profile = verified.of("profile").unwrap();
    assert_eq!(profile.presented().claims()["given_name"], json!("Ada"));
    assert_eq!(profile.asked().len(), 1);
    assert!(verified.of("other").is_none());
}

#[test]
fn an_optional_query_may_be_left_out_and_a_required_one_may_not() {
    let scene = scene();
    let mut only_profile = scene.presentations();
    only_profile.remove("own");
    assert_eq!(check(&scene, only_profile, NOW).unwrap().presentations().len(), 1);
    let mut only_own = scene.presentations();
    only_own.remove("profile");
    let error = check(&scene, only_own, NOW).unwrap_err();
    assert_eq!(
        (&error, error.reason()),
        (&PresentationError::Query(NotSatisfied::RequiredSet(0)), "query_not_satisfied")
    );
}

#[test]
fn answers_that_were_not_asked_or_come_twice_are_refused() {
    let scene = scene();
    let unasked = with(&scene, "unasked", scene.presentations()["own"][0].clone());
    let unknown = check(&scene, unasked, NOW).unwrap_err();
    assert_eq!(unknown, PresentationError::Query(NotSatisfied::UnknownQuery("unasked".to_owned())));
    let mut twice = scene.presentations();
    let again = twice["profile"][0].clone();
    twice.get_mut("profile").unwrap().push(again);
    assert!(matches!(
        check(&scene, twice, NOW),
        Err(PresentationError::Query(NotSatisfied::TooManyPresentations(_)))
    ));
}

#[test]
fn a_presentation_for_another_request_or_verifier_is_refused() {
    let scene = scene();
    let client_id = scene.client_id();
    let rules = Rules { client_id: &client_id, nonce: NONCE, query: &scene.query, one_key: true, now: NOW };
    let nonce = check_with(&scene, scene.presentations(), &Rules { nonce: "other", ..rules }).unwrap_err();
    let binding =
        |error| PresentationError::Credential { query: "own".to_owned(), error: VcError::KeyBinding(error) };
    assert_eq!(nonce, binding(KeyBindingError::WrongNonce));
    let other = ClientId::x509_hash(b"other");
    let audience =
        check_with(&scene, scene.presentations(), &Rules { client_id: &other, ..rules }).unwrap_err();
    assert_eq!(audience, binding(KeyBindingError::WrongAudience));
}

#[test]
fn a_presentation_without_key_binding_or_by_another_key_is_refused() {
    let scene = scene();
    let profile = scene.profile(scene.wallet.public_jwk(), |_| {});
    let refused = |presentation: String| match check(&scene, with(&scene, "profile", presentation), NOW) {
        Err(PresentationError::Credential { query, error }) if query == "profile" => error,
        other => panic!("{other:?}"),
    };
    assert_eq!(refused(profile.clone()), VcError::KeyBinding(KeyBindingError::Missing));
    let stolen = scene.present(&profile, &other_key(&scene));
    let stolen = refused(stolen);
    assert_eq!(stolen.code(), "bad_signature");
}

#[test]
fn an_issuer_without_a_trusted_key_is_refused() {
    let scene = scene();
    let other = super::super::testing::scene();
    let mut forged = other;
    forged.office = scene.network.party(trust::Role::Office, "did:web:rogue.example", "rogue.example");
    let profile = forged.profile(scene.wallet.public_jwk(), |_| {});
    let presentation = scene.present(&profile, &scene.wallet);
    let error = check(&scene, with(&scene, "profile", presentation), NOW).unwrap_err();
    assert_eq!(error, PresentationError::UntrustedIssuer { query: "profile".to_owned() });
    assert_eq!((error.code(), error.status()), ("invalid_request", 400));
}

#[test]
fn the_member_signs_own_details_and_others_sign_the_rest() {
    let scene = scene();
    let by_office = scene.profile(scene.wallet.public_jwk(), |issuing| {
        issuing.vct = types::OWN;
        issuing.claims = json!({"company": "x"}).as_object().unwrap().clone();
    });
    let by_office = with(&scene, "own", scene.present(&by_office, &scene.wallet));
    let wrong = |query: &str| PresentationError::WrongKindOfIssuer { query: query.to_owned() };
    assert_eq!(check(&scene, by_office, NOW).unwrap_err(), wrong("own"));
    let own = scene.own(&scene.wallet, 300);
    let as_profile = with(&scene, "profile", scene.present(&own, &scene.wallet));
    let error = check(&scene, as_profile, NOW).unwrap_err();
    assert!(matches!(error, PresentationError::Query(NotSatisfied::WrongType(_))), "{error:?}");
}

#[test]
fn own_details_live_five_minutes_at_most() {
    let scene = scene();
    let lives = |seconds: i64, now: Timestamp| {
        let own = scene.own(&scene.wallet, seconds);
        check(&scene, with(&scene, "own", scene.present(&own, &scene.wallet)), now).map(drop)
    };
    assert_eq!(lives(300, NOW), Ok(()));
    assert_eq!(lives(301, NOW), Err(PresentationError::LivesTooLong { query: "own".to_owned() }));
    let late = lives(300, after(300 + SKEW)).unwrap_err();
    assert_eq!(late.reason(), "expired");
}

#[test]
fn a_copy_of_an_office_lives_two_weeks_at_most_and_says_so() {
    let scene = scene();
    let lives = |from: Option<Timestamp>, until: Option<Timestamp>| {
        let profile = scene.profile(scene.wallet.public_jwk(), |issuing| {
            (issuing.issued_at, issuing.expires) = (from, until);
        });
        check(&scene, with(&scene, "profile", scene.present(&profile, &scene.wallet)), NOW).map(drop)
    };
    let two_weeks = 14 * 86_400;
    let refused = Err(PresentationError::LivesTooLong { query: "profile".to_owned() });
    for (from, until, expected) in [
        (Some(0), Some(two_weeks), Ok(())),
        (Some(0), Some(two_weeks + 1), refused.clone()),
        (Some(0), None, refused.clone()),
        (None, None, refused.clone()),
        (Some(-two_weeks + 1), Some(1), Ok(())),
        (Some(-two_weeks), Some(1), refused.clone()),
        // Without a beginning, and with one that lies ahead, it is what is left that counts.
        (None, Some(two_weeks + SKEW), refused.clone()),
        (None, Some(two_weeks), Ok(())),
        (Some(SKEW), Some(two_weeks + SKEW), Ok(())),
        (Some(SKEW + 1), Some(two_weeks + SKEW + 1), refused.clone()),
        (Some(100), Some(99), refused.clone()),
        (Some(-100 * 365 * 86_400), Some(86_400), refused.clone()),
    ] {
        let answer = lives(from.map(after), until.map(after));
        assert_eq!(answer, expected, "{from:?} to {until:?}");
    }
}

#[test]
fn what_every_reader_sees_of_our_types_is_no_detail() {
    let scene = scene();
    let office = |visible: &[&str]| {
        let profile = scene.profile(scene.wallet.public_jwk(), |issuing| {
            issuing.frame =
                Frame::TopLevel { except: visible.iter().map(|name| (*name).to_owned()).collect() };
        });
        check(&scene, with(&scene, "profile", scene.present(&profile, &scene.wallet)), NOW).map(drop)
    };
    let own = |claims: serde_json::Value, frame: Frame| {
        let own = scene.own_with(&scene.wallet, 300, claims, frame);
        check(&scene, with(&scene, "own", scene.present(&own, &scene.wallet)), NOW).map(drop)
    };
    let refused = |query: &str| Err(PresentationError::VisibleClaim { query: query.to_owned() });
    assert_eq!(office(&[]), Ok(()));
    // The claim that is asked for, one that is not, and all of them.
    for visible in [&["given_name"][..], &["family_name"], &["given_name", "family_name"]] {
        assert_eq!(office(visible), refused("profile"), "{visible:?}");
    }
    let two = json!({"company": "Example Ltd", "address": {"locality": "Town", "country": "XX"}});
    let top = || Frame::TopLevel { except: Vec::new() };
    let except = |name: &str| Frame::TopLevel { except: vec![name.to_owned()] };
    assert_eq!(own(two.clone(), top()), Ok(()));
    assert_eq!(own(two.clone(), Frame::Everything { except: Vec::new() }), Ok(()));
    assert_eq!(own(two.clone(), Frame::Nothing), refused("own"));
    for name in ["company", "address"] {
        assert_eq!(own(two.clone(), except(name)), refused("own"), "{name}");
    }
    // An object that is there for all to see, however little of it.
    let below = vec![
        ClaimsPath::names("address", &["locality"]),
        ClaimsPath::names("address", &["country"]),
        ClaimsPath::name("company"),
    ];
    assert_eq!(own(two, Frame::Paths(below)), refused("own"));
    for name in ["sub", "jti", "member"] {
        assert_eq!(own(json!({"company": "x", name: "member-4711"}), except(name)), refused("own"), "{name}");
    }
    let error = own(json!({"company": "x"}), Frame::Nothing).unwrap_err();
    assert_eq!((error.code(), error.reason(), error.status()), ("invalid_request", "visible_claim", 400));
}

#[test]
fn our_types_under_different_keys_are_refused_at_a_space_only() {
    let scene = scene();
    let stranger = other_key(&scene);
    let own = scene.own(&stranger, 300);
    let mixed = with(&scene, "own", scene.present(&own, &stranger));
    assert_eq!(check(&scene, mixed.clone(), NOW).unwrap_err(), PresentationError::DifferentKeys);
    let client_id = scene.client_id();
    let office = Rules { client_id: &client_id, nonce: NONCE, query: &scene.query, one_key: false, now: NOW };
    assert!(check_with(&scene, mixed, &office).is_ok());
}

#[test]
fn an_expired_credential_and_withheld_claims_are_refused() {
    let scene = scene();
    let old = scene.profile(scene.wallet.public_jwk(), |issuing| issuing.expires = Some(NOW.minus(SKEW)));
    let error = check(&scene, with(&scene, "profile", scene.present(&old, &scene.wallet)), NOW).unwrap_err();
    assert_eq!(error.reason(), "expired");
    let profile = scene.profile(scene.wallet.public_jwk(), |issuing| {
        issuing.claims.remove("given_name");
    });
    let error =
        check(&scene, with(&scene, "profile", scene.present(&profile, &scene.wallet)), NOW).unwrap_err();
    assert_eq!(error.reason(), "missing_claims");
}

#[test]
fn a_key_for_each_presentation_is_needed() {
    let scene = scene();
    let read = Presentations::read(&token(scene.presentations()), &scene.query, Scene::types()).unwrap();
    let client_id = scene.client_id();
    let rules = Rules { client_id: &client_id, nonce: NONCE, query: &scene.query, one_key: true, now: NOW };
    assert_eq!(read.verify(&[], &rules).unwrap_err(), PresentationError::KeysMissing);
}

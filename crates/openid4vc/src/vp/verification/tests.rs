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
    let rules = Rules {
        client_id: &client_id,
        nonce: NONCE,
        query: &scene.query,
        one_key: true,
        transaction_data: &[],
        now,
    };
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
    let rules = Rules {
        client_id: &client_id,
        nonce: NONCE,
        query: &scene.query,
        one_key: true,
        transaction_data: &[],
        now: NOW,
    };
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
    let office = Rules {
        client_id: &client_id,
        nonce: NONCE,
        query: &scene.query,
        one_key: false,
        transaction_data: &[],
        now: NOW,
    };
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
    let rules = Rules {
        client_id: &client_id,
        nonce: NONCE,
        query: &scene.query,
        one_key: true,
        transaction_data: &[],
        now: NOW,
    };
    assert_eq!(read.verify(&[], &rules).unwrap_err(), PresentationError::KeysMissing);
}

/// The scene with other queries, and what is asked of each.
fn asking(queries: serde_json::Value) -> Scene {
    let mut scene = scene();
    scene.query = Query::parse(&queries).unwrap();
    scene
}

fn profile_query(members: serde_json::Value) -> serde_json::Value {
    let mut query = json!({"id": "profile", "format": "dc+sd-jwt", "meta": {"vct_values": [types::PROFILE]},
        "claims": [{"path": ["given_name"]}]});
    query.as_object_mut().unwrap().extend(members.as_object().unwrap().clone());
    query
}

fn only(id: &str, presentations: Vec<String>) -> BTreeMap<String, Vec<String>> {
    BTreeMap::from([(id.to_owned(), presentations)])
}

fn profile_of(scene: &Scene, given_name: &str) -> String {
    let profile = scene.profile(scene.wallet.public_jwk(), |issuing| {
        issuing.claims.insert("given_name".to_owned(), json!(given_name));
    });
    scene.present(&profile, &scene.wallet)
}

#[test]
fn several_credentials_answer_a_query_that_takes_several_each_in_its_place() {
    let scene = asking(json!({"credentials": [profile_query(json!({"multiple": true}))]}));
    let two = only("profile", vec![profile_of(&scene, "Ada"), profile_of(&scene, "Ben")]);
    let verified = check(&scene, two, NOW).unwrap();
    let said: Vec<_> = verified
        .presentations()
        .iter()
        .map(|one| (one.position(), one.presented().claims()["given_name"].clone()))
        .collect();
    assert_eq!(said, [(0, json!("Ada")), (1, json!("Ben"))]);
    // One that does not fit refuses all of them.
    let mut unbound = scene.profile(scene.wallet.public_jwk(), |_| {});
    let one_bad = only("profile", vec![profile_of(&scene, "Ada"), std::mem::take(&mut unbound)]);
    assert_eq!(check(&scene, one_bad, NOW).unwrap_err().reason(), "missing_key_binding");
}

#[test]
fn one_credential_is_not_taken_for_two() {
    let scene = asking(json!({"credentials": [profile_query(json!({"multiple": true}))]}));
    let profile = scene.profile(scene.wallet.public_jwk(), |_| {});
    let held = credentials::vc::Held::reopen(&profile).unwrap();
    // The same credential with other disclosures and another key binding is still the same.
    let less = {
        let request = scene.request();
        let binding = super::super::wallet::key_binding(&request, NOW);
        let path = ClaimsPath::name("given_name");
        let selection = held.sd_jwt().select([&path]).unwrap();
        held.sd_jwt().present_bound(&selection, &binding, &scene.wallet).unwrap()
    };
    let twice = only("profile", vec![scene.present(&profile, &scene.wallet), less.clone()]);
    let error = check(&scene, twice, NOW).unwrap_err();
    let id = dcql::Id::new("profile").unwrap();
    assert_eq!(error, PresentationError::Query(NotSatisfied::SameTwice(id)));
    assert_eq!(error.reason(), "same_credential_twice");
    assert!(check(&scene, only("profile", vec![less]), NOW).is_ok());
    let of_two_queries = asking(json!({"credentials":
        [profile_query(json!({})), profile_query(json!({"id": "again", "claims": [{"path": ["family_name"]}]}))]}));
    let profile = of_two_queries.profile(of_two_queries.wallet.public_jwk(), |_| {});
    let shown = of_two_queries.present(&profile, &of_two_queries.wallet);
    let both =
        BTreeMap::from([("profile".to_owned(), vec![shown.clone()]), ("again".to_owned(), vec![shown])]);
    assert!(check(&of_two_queries, both, NOW).is_ok(), "two queries may ask for one credential (§6.1)");
}

#[test]
fn several_copies_of_our_types_lie_under_one_key_at_a_space() {
    let scene = asking(json!({"credentials": [profile_query(json!({"multiple": true}))]}));
    let stranger = other_key(&scene);
    let other = scene.profile(stranger.public_jwk(), |_| {});
    let apart = only("profile", vec![profile_of(&scene, "Ada"), scene.present(&other, &stranger)]);
    assert_eq!(check(&scene, apart.clone(), NOW).unwrap_err(), PresentationError::DifferentKeys);
    let client_id = scene.client_id();
    let office = Rules {
        client_id: &client_id,
        nonce: NONCE,
        query: &scene.query,
        one_key: false,
        transaction_data: &[],
        now: NOW,
    };
    assert!(check_with(&scene, apart, &office).is_ok());
}

#[test]
fn a_key_that_need_not_be_proven_is_still_another_key() {
    let own = json!({"id": "own", "format": "dc+sd-jwt", "meta": {"vct_values": [types::OWN]}});
    let waived = profile_query(json!({"require_cryptographic_holder_binding": false}));
    let scene = asking(json!({"credentials": [waived, own]}));
    let with_profile_of = |key: &SigningKey| {
        let unbound = scene.profile(key.public_jwk(), |_| {});
        let own = scene.present(&scene.own(&scene.wallet, 300), &scene.wallet);
        let answer = BTreeMap::from([("profile".to_owned(), vec![unbound]), ("own".to_owned(), vec![own])]);
        check(&scene, answer, NOW)
    };
    let verified = with_profile_of(&scene.wallet).unwrap();
    assert_eq!(verified.answering_key(), Some(scene.wallet.public_jwk()), "the one that was proven");
    assert_eq!(verified.of("profile").unwrap().presented().proven_key(), None);
    assert_eq!(with_profile_of(&other_key(&scene)).unwrap_err(), PresentationError::DifferentKeys);
}

#[test]
fn an_authority_that_was_asked_for_must_be_in_the_chain_whatever_the_wallet_did() {
    let scene = scene();
    let chain = &scene.office.issuing.0;
    let own = chain.authority_key_identifiers();
    assert!(!own.is_empty());
    let asks = |values: serde_json::Value| {
        let authorities = json!([{"type": "aki", "values": values}]);
        let scene =
            asking(json!({"credentials": [profile_query(json!({"trusted_authorities": authorities}))]}));
        let answer = only("profile", vec![profile_of(&scene, "Ada")]);
        check(&scene, answer, NOW).map(drop)
    };
    for identifier in &own {
        assert_eq!(asks(json!(["AQID", identifier])), Ok(()));
    }
    let id = dcql::Id::new("profile").unwrap();
    let error = asks(json!(["AQID"])).unwrap_err();
    assert_eq!(error, PresentationError::Query(NotSatisfied::OtherAuthority(id)));
    assert_eq!((error.code(), error.reason()), ("invalid_request", "other_authority"));
    // The member's own word has no chain.
    let own = json!({"id": "own", "format": "dc+sd-jwt", "meta": {"vct_values": [types::OWN]},
        "trusted_authorities": [{"type": "aki", "values": own}]});
    let scene = asking(json!({"credentials": [own]}));
    let answer = only("own", vec![scene.present(&scene.own(&scene.wallet, 300), &scene.wallet)]);
    assert_eq!(check(&scene, answer, NOW).unwrap_err().reason(), "other_authority");
}

#[test]
fn values_and_claim_sets_are_checked_whatever_the_wallet_did() {
    let with = |members: serde_json::Value| {
        let scene = asking(json!({"credentials": [profile_query(members)]}));
        check(&scene, only("profile", vec![profile_of(&scene, "Ada")]), NOW)
    };
    let valued = |value: &str| with(json!({"claims": [{"path": ["given_name"], "values": [value]}]}));
    assert!(valued("Ada").is_ok());
    assert_eq!(valued("ada").unwrap_err().reason(), "missing_claims");
    let sets = |sets: serde_json::Value| {
        with(json!({
            "claims": [{"id": "a", "path": ["email"]}, {"id": "b", "path": ["given_name"]}, {"id": "c", "path": ["family_name"]}],
            "claim_sets": sets
        }))
    };
    let second = sets(json!([["a"], ["b"]])).unwrap();
    let asked: Vec<usize> = second.presentations()[0].asked().iter().map(|claim| claim.claim).collect();
    assert_eq!(asked, [1], "the family name came and is not kept");
    assert_eq!(sets(json!([["a"], ["a", "b"]])).unwrap_err().reason(), "missing_claims");
}

#[test]
fn credential_sets_decide_what_is_enough_and_what_is_dropped() {
    let own = json!({"id": "own", "format": "dc+sd-jwt", "meta": {"vct_values": [types::OWN]}});
    let with = |sets: serde_json::Value, profile: bool| {
        let scene = asking(json!({"credentials": [profile_query(json!({})), own], "credential_sets": sets}));
        let mut answer = scene.presentations();
        if !profile {
            answer.remove("profile");
        }
        check(&scene, answer, NOW).map(|verified| {
            verified.presentations().iter().map(|one| one.query().as_str().to_owned()).collect::<Vec<_>>()
        })
    };
    let either = || json!([{"options": [["profile"], ["own"]]}]);
    assert_eq!(with(either(), false).unwrap(), ["own"]);
    let both = json!([{"options": [["profile", "own"]]}]);
    assert_eq!(with(both.clone(), true).unwrap(), ["own", "profile"]);
    assert_eq!(with(both, false).unwrap_err().reason(), "query_not_satisfied");
    // What no set asks for is checked like the rest and dropped.
    assert_eq!(with(json!([{"options": [["profile"]]}]), true).unwrap(), ["profile"]);
}

/// Either the card together with the member's own word, or the bank's account: a card alone completes nothing.
fn card_with_own_word_or_bank() -> Scene {
    asking(json!({
        "credentials": [
            profile_query(json!({"id": "a_card"})),
            {"id": "own", "format": "dc+sd-jwt", "meta": {"vct_values": [types::OWN]}},
            profile_query(json!({"id": "bank"})),
        ],
        "credential_sets": [{"options": [["a_card", "own"], ["bank"]]}]
    }))
}

#[test]
fn what_completes_nothing_gives_no_answering_key() {
    let scene = card_with_own_word_or_bank();
    let stranger = other_key(&scene);
    let client_id = scene.client_id();
    let office = Rules {
        client_id: &client_id,
        nonce: NONCE,
        query: &scene.query,
        one_key: false,
        transaction_data: &[],
        now: NOW,
    };
    let of = |key: &SigningKey| vec![scene.present(&scene.profile(key.public_jwk(), |_| {}), key)];
    let answer = |first: &SigningKey, second: &SigningKey| {
        BTreeMap::from([("a_card".to_owned(), of(first)), ("bank".to_owned(), of(second))])
    };
    let half = check_with(&scene, answer(&stranger, &scene.wallet), &office).unwrap();
    assert_eq!(half.presentations().len(), 1);
    assert_eq!(half.answering_key(), Some(scene.wallet.public_jwk()), "the key of what is kept");
    let mut whole = answer(&stranger, &scene.wallet);
    whole.insert("own".to_owned(), vec![scene.present(&scene.own(&stranger, 300), &stranger)]);
    let whole = check_with(&scene, whole, &office).unwrap();
    assert_eq!(whole.answering_key(), Some(stranger.public_jwk()), "the near miss: all of it is kept");
    let at_a_space = Rules { one_key: true, ..office };
    let refused = check_with(&scene, answer(&stranger, &scene.wallet), &at_a_space).unwrap_err();
    assert_eq!(refused, PresentationError::DifferentKeys, "in one answer, whatever is dropped of it");
}

mod authorising {
    use super::super::super::transaction_data::NewTransaction;
    use super::*;
    use jose::base64url;
    use serde_json::Map;

    fn transaction(by: &[&str]) -> String {
        NewTransaction {
            kind: "urn:example:payment",
            credential_ids: by,
            algorithms: &[],
            members: &Map::new(),
        }
        .encode()
    }

    /// The honest answer, whose profile signs `further` too.
    fn signing(scene: &Scene, further: &Map<String, serde_json::Value>) -> BTreeMap<String, Vec<String>> {
        let request = scene.request();
        let profile = scene.profile(scene.wallet.public_jwk(), |_| {});
        let held = credentials::vc::Held::reopen(&profile).unwrap();
        let binding = super::super::super::wallet::key_binding(&request, NOW);
        let all = held.sd_jwt().select_all();
        let presentation = held.sd_jwt().present_saying(&all, &binding, further, &scene.wallet).unwrap();
        with(scene, "profile", presentation)
    }

    fn hashes(transactions: &[&String]) -> Map<String, serde_json::Value> {
        let hashes = transactions.iter().map(|one| json!(base64url::encode(jose::digest::sha256(one))));
        Map::from_iter([("transaction_data_hashes".to_owned(), hashes.collect())])
    }

    #[test]
    fn an_answer_that_authorises_what_was_asked_is_taken_and_any_other_is_not() {
        let scene = scene();
        let client_id = scene.client_id();
        let asked = [transaction(&["profile"])];
        let rules = Rules {
            client_id: &client_id,
            nonce: NONCE,
            query: &scene.query,
            one_key: true,
            transaction_data: &asked,
            now: NOW,
        };
        let verdict = |rules: &Rules<'_>, further: &Map<String, serde_json::Value>| {
            check_with(&scene, signing(&scene, further), rules).map(drop)
        };
        let refused = |why: NotAuthorised| Err(PresentationError::NotAuthorised(why));
        assert_eq!(verdict(&rules, &hashes(&[&asked[0]])), Ok(()));
        assert_eq!(verdict(&rules, &Map::new()), refused(NotAuthorised::Missing));
        let other = transaction(&["profile", "own"]);
        assert_eq!(verdict(&rules, &hashes(&[&other])), refused(NotAuthorised::Unasked));
        let by_own = [transaction(&["own"])];
        let elsewhere = Rules { transaction_data: &by_own, ..rules };
        assert_eq!(verdict(&elsewhere, &hashes(&[&by_own[0]])), refused(NotAuthorised::Unasked));
        let nothing = Rules { transaction_data: &[], ..rules };
        assert_eq!(verdict(&nothing, &Map::new()), Ok(()));
        let error = verdict(&rules, &Map::new()).unwrap_err();
        assert_eq!(
            (error.code(), error.reason(), error.status()),
            ("invalid_request", "not_authorised", 400)
        );
    }

    #[test]
    fn nothing_takes_the_place_of_what_every_key_binding_says() {
        let scene = scene();
        let mut further = hashes(&[&transaction(&["profile"])]);
        for name in ["aud", "nonce", "iat", "sd_hash"] {
            further.insert(name.to_owned(), json!("another"));
        }
        assert!(check(&scene, signing(&scene, &further), NOW).is_ok());
    }

    #[test]
    fn a_credential_that_is_dropped_authorises_nothing() {
        let scene = card_with_own_word_or_bank();
        let client_id = scene.client_id();
        let asked = [transaction(&["a_card", "bank"])];
        let rules = Rules {
            client_id: &client_id,
            nonce: NONCE,
            query: &scene.query,
            one_key: true,
            transaction_data: &asked,
            now: NOW,
        };
        let (silent, signed) = (Map::new(), hashes(&[&asked[0]]));
        let verdict = |shown: &[(&str, &Map<String, serde_json::Value>)]| {
            let mut answer = BTreeMap::new();
            for (query, further) in shown {
                let presentation = match *query {
                    "own" => scene.present(&scene.own(&scene.wallet, 300), &scene.wallet),
                    _ => signing(&scene, further)["profile"][0].clone(),
                };
                answer.insert((*query).to_owned(), vec![presentation]);
            }
            let verified = check_with(&scene, answer, &rules)?;
            let kept = verified.presentations().iter().map(|one| one.query().as_str().to_owned());
            Ok(kept.collect::<Vec<_>>())
        };
        let missing = Err(PresentationError::NotAuthorised(NotAuthorised::Missing));
        assert_eq!(
            verdict(&[("bank", &silent), ("a_card", &signed)]),
            missing,
            "nobody looks up the card's status"
        );
        assert_eq!(verdict(&[("bank", &signed), ("a_card", &silent)]).unwrap(), ["bank"]);
        assert_eq!(verdict(&[("bank", &signed), ("a_card", &signed)]).unwrap(), ["bank"]);
        assert_eq!(verdict(&[("a_card", &signed), ("own", &silent)]).unwrap(), ["a_card", "own"]);
        // Where both are kept, one alone authorises.
        let twice = verdict(&[("bank", &signed), ("a_card", &signed), ("own", &silent)]).unwrap_err();
        assert_eq!(twice, PresentationError::NotAuthorised(NotAuthorised::Twice));
    }
}

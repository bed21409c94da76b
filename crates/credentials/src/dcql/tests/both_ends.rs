//! What a wallet sends is what a verifier accepts: with real credentials, and over any claims and queries.

use environment::{SeededRandomness, Timestamp};
use jose::{Algorithm, Signer, SigningKey, VerifyingKey};
use proptest::prelude::*;

use super::*;
use crate::issuer_key::SignAs;
use crate::sd_jwt::key_binding::{Expected, KeyBinding};
use crate::sd_jwt::{Decoys, Frame};
use crate::vc;

fn key(seed: u64) -> SigningKey {
    SigningKey::generate(Algorithm::Es256, &SeededRandomness::new(seed)).unwrap()
}

fn held(claims: Map<String, Value>, decoys: u8) -> vc::Held {
    let holder = key(5);
    let issuing = vc::Issuing {
        vct: VCT,
        claims,
        frame: Frame::Everything { except: vec![] },
        decoys: Decoys { at_least: 0, at_most: decoys },
        holder: Some(holder.public_jwk()),
        issued_at: None,
        not_before: None,
        expires: None,
        status: None,
    };
    let chain = [vec![0x30, 0]];
    let compact = vc::issue(issuing, SignAs::X5c(&chain), &key(1), &SeededRandomness::new(2)).unwrap();
    vc::Held::reopen(&compact).unwrap()
}

/// Sends what was chosen and reads it as the verifier does.
fn present(held: &vc::Held, option: &ClaimOption) -> vc::Presented {
    let now = Timestamp::from_seconds(1_000);
    let selection = held.sd_jwt().select_locations(option.locations());
    let binding = KeyBinding { audience: "v", nonce: "n", issued_at: now };
    let compact = held.sd_jwt().present_bound(&selection, &binding, &key(5)).unwrap();
    let issuer = VerifyingKey::new(key(1).public_jwk()).unwrap();
    let parsed = vc::Unverified::parse(&compact, vc::Types::Current).unwrap();
    let expected = Expected { audience: "v", nonce: "n", now, oldest: 10, skew: 0 };
    parsed.verify(&issuer, now, 0).unwrap().presented(vc::Binding::Required(&expected)).unwrap()
}

#[test]
fn an_index_still_means_the_same_element_when_those_before_it_are_not_sent() {
    let claims = object(json!({"list": ["a", "b", "c"], "rows": [["x"], ["y", "z"]]}));
    for decoys in [0, 3] {
        let held = held(claims.clone(), decoys);
        let query =
            parse(&one(json!({"claims": [{"path": ["list", 2]}, {"path": ["rows", 1, 1]}]}))).unwrap();
        let candidates = [held.as_candidate(&[])];
        let matches = query.evaluate(&candidates);
        let presented = present(&held, &matches.of("q").unwrap().candidates[0].options[0]);
        assert_eq!(presented.claims()["list"], json!(["c"]));
        assert_eq!(presented.claims()["rows"], json!([["z"]]));
        let accepted = query.check(&[("q", vec![presented.as_answer()])]).unwrap();
        assert_eq!(accepted.answers[0].claims[0].locations[0].to_string(), "list.0");
    }
    // An element signed before the one that is meant does not pass for it.
    let held = held(claims, 0);
    let first = ClaimOption {
        claim_set: None,
        claims: vec![SelectedClaim {
            claim: 0,
            locations: vec![crate::Location::default().name("list").index(0)],
        }],
    };
    let presented = present(&held, &first);
    assert_eq!(presented.claims()["list"], json!(["a"]));
    let query = parse(&one(json!({"claims": [{"path": ["list", 2]}]}))).unwrap();
    let refused = query.check(&[("q", vec![presented.as_answer()])]).unwrap_err();
    assert_eq!(refused.code(), "missing_claims");
}

#[test]
fn an_index_into_an_array_that_came_whole_counts_what_came_though_another_one_is_shortened() {
    let held = held(object(json!({"list": ["a", "b"], "whole": ["x", "y"]})), 0);
    let places = ["whole.0", "whole.1", "list.1"];
    let sent: Vec<crate::Location> = held
        .sd_jwt()
        .processed()
        .disclosed()
        .iter()
        .map(|one| one.location().clone())
        .filter(|location| places.contains(&location.to_string().as_str()))
        .collect();
    let all = ClaimOption { claim_set: None, claims: vec![SelectedClaim { claim: 0, locations: sent }] };
    let presented = present(&held, &all);
    assert_eq!(presented.claims()["list"], json!(["b"]));
    assert_eq!(presented.claims()["whole"], json!(["x", "y"]));
    for (index, place) in [(0, Some("whole.0")), (1, Some("whole.1")), (2, None)] {
        let query = parse(&one(json!({"claims": [{"path": ["whole", index]}]}))).unwrap();
        let found = query.check(&[("q", vec![presented.as_answer()])]).ok().map(|accepted| {
            accepted.answers[0].claims[0].locations.iter().map(ToString::to_string).collect::<Vec<_>>()
        });
        assert_eq!(found, place.map(|place| vec![place.to_owned()]), "{index}");
    }
    let query = parse(&one(json!({"claims": [{"path": ["list", 1]}]}))).unwrap();
    let accepted = query.check(&[("q", vec![presented.as_answer()])]).unwrap();
    assert_eq!(accepted.answers[0].claims[0].locations[0].to_string(), "list.0");
}

fn any_claims() -> impl Strategy<Value = Map<String, Value>> {
    let leaf = prop_oneof![
        any::<bool>().prop_map(Value::from),
        (0..3_i32).prop_map(Value::from),
        "[ab]".prop_map(Value::from)
    ];
    let value = leaf.prop_recursive(2, 12, 3, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..3).prop_map(Value::from),
            prop::collection::hash_map("[a-c]", inner, 0..3)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    });
    prop::collection::hash_map("[a-d]", value, 0..5).prop_map(|members| members.into_iter().collect())
}

fn any_query() -> impl Strategy<Value = Value> {
    let part = prop_oneof![
        4 => "[a-d]".prop_map(Value::from),
        1 => (0..3_u8).prop_map(Value::from),
        1 => Just(Value::Null),
    ];
    let path = ("[a-d]", prop::collection::vec(part, 0..3))
        .prop_map(|(first, rest)| std::iter::once(Value::from(first)).chain(rest).collect::<Value>());
    let claims = prop::collection::vec((path, any::<bool>()), 1..4);
    (claims, any::<bool>()).prop_map(|(claims, sets)| {
        let mut query = one(json!({}));
        let listed: Vec<Value> = claims
            .iter()
            .enumerate()
            .map(|(index, (path, valued))| {
                let mut claim = json!({"id": format!("c{index}"), "path": path});
                if *valued {
                    claim["values"] = json!(["a", 1, true]);
                }
                claim
            })
            .collect();
        if sets {
            let singles: Vec<Value> = (0..listed.len()).map(|index| json!([format!("c{index}")])).collect();
            query["credentials"][0]["claim_sets"] = Value::from(singles);
        }
        query["credentials"][0]["claims"] = Value::from(listed);
        query
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn whatever_the_wallet_may_send_satisfies_the_verifier_and_nothing_unasked_is_sent(
        claims in any_claims(),
        query in any_query(),
        decoys in 0_u8..3,
    ) {
        let query = parse(&query).unwrap();
        let held = held(claims, decoys);
        let candidates = [held.as_candidate(&[])];
        let matches = query.evaluate(&candidates);
        for found in &matches.of("q").unwrap().candidates {
            for option in &found.options {
                let presented = present(&held, option);
                prop_assert!(query.check(&[("q", vec![presented.as_answer()])]).is_ok());
                let selection = held.sd_jwt().select_locations(option.locations());
                for sent in held.sd_jwt().revealed_locations(&selection) {
                    let asked = option.locations().any(|place| place.holds(sent) || sent.holds(place));
                    prop_assert!(asked, "{sent} was not asked for");
                }
            }
        }
    }

    #[test]
    fn every_query_is_written_as_it_was_read(query in any_query()) {
        let read = parse(&query).unwrap();
        prop_assert_eq!(parse(&read.to_value()), Ok(read));
    }
}

use proptest::prelude::*;

use super::*;

fn any_value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i32>().prop_map(Value::from),
        "[a-z]{0,6}".prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 40, 5, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::hash_map("[a-e]", inner, 0..4)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

fn any_claims() -> impl Strategy<Value = Map<String, Value>> {
    prop::collection::hash_map("[a-h]", any_value(), 0..6).prop_map(|members| members.into_iter().collect())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_claims_come_back_whole_and_any_selection_is_what_the_screen_said(
        claims_in in any_claims(),
        recursive in any::<bool>(),
        picks in prop::collection::vec(any::<prop::sample::Index>(), 0..4),
        seed in any::<u64>(),
    ) {
        let randomness: &dyn Randomness = &SeededRandomness::new(seed);
        let frame = if recursive {
            Frame::Everything { except: vec![] }
        } else {
            Frame::TopLevel { except: vec!["a".to_owned()] }
        };
        let issuing = Issuing {
            typ: TYP,
            header: Map::new(),
            claims: claims_in.clone(),
            frame: &frame,
            decoys: Decoys { at_least: 0, at_most: 3 },
        };
        let compact = issue(issuing, &key(1), randomness).unwrap();
        let held = Held::new(verify(&compact).unwrap()).unwrap();
        prop_assert_eq!(held.claims(), &claims_in);
        let places: Vec<_> = held.processed().disclosed().iter().map(|d| d.location().clone()).collect();
        let chosen: Vec<_> = picks
            .iter()
            .filter(|_| !places.is_empty())
            .map(|pick| pick.get(&places).clone())
            .collect();
        let selection = held.select_locations(&chosen);
        let presented = verify(&held.present(&selection)).unwrap();
        prop_assert_eq!(presented.claims(), &held.revealed(&selection));
        // Every disclosure sent was chosen, or holds a chosen one, or lies in one.
        for sent in held.revealed_locations(&selection) {
            prop_assert!(chosen.iter().any(|c| c.holds(sent) || sent.holds(c)));
        }
    }

    #[test]
    fn no_text_makes_the_parser_panic(text in "[A-Za-z0-9_.~={}\\- ]{0,200}") {
        let _ = SdJwt::parse(&text).map(SdJwt::process_unverified);
    }
}

//! Whatever bytes come.

use proptest::prelude::*;

use super::scene::*;

fn three_entries() -> Created {
    let mut created = created(Settings { portable: true, ..Settings::default() });
    for number in 1..3 {
        let update = Update { ttl: Some(number), ..Update::default() };
        created.text.push_str(&created.log.append(&update, &key(1), after(i64::from(number))).unwrap());
    }
    created
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, ..ProptestConfig::default() })]

    /// Whatever byte is changed: the log is refused, or it still means the same.
    #[test]
    fn a_changed_log_never_resolves_to_something_else(place in any::<prop::sample::Index>(), byte in any::<u8>()) {
        let Created { did, text, .. } = three_entries();
        let honest = resolve(&did, &text, &Version::Latest).unwrap();
        let mut bytes = text.into_bytes();
        let place = place.index(bytes.len());
        bytes[place] = byte;
        if let Ok(found) = resolve_log(&did, &bytes, None, &Version::Latest, LATER) {
            prop_assert_eq!(found, honest);
        }
    }

    /// Lines left out, doubled or in another order never make a newer state.
    #[test]
    fn lines_in_another_order_are_a_prefix_or_refused(order in prop::collection::vec(0_usize..3, 1..5)) {
        let Created { did, text, .. } = three_entries();
        let lines: Vec<&str> = text.lines().collect();
        let shuffled: String = order.iter().map(|place| format!("{}\n", lines[*place])).collect();
        let is_prefix = order.iter().enumerate().all(|(place, line)| place == *line);
        prop_assert_eq!(resolve(&did, &shuffled, &Version::Latest).is_ok(), is_prefix);
    }

    #[test]
    fn no_bytes_make_the_reader_panic(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        let Created { did, .. } = created(Settings::default());
        prop_assert!(resolve_log(&did, &bytes, Some(&bytes), &Version::Latest, LATER).is_err());
    }

    #[test]
    fn no_text_makes_the_identifier_reader_panic(text in "did:(webvh|web|key|jwk):[ -~]{0,80}") {
        if let Ok(did) = Did::parse(&text) {
            let _ = Identifier::of(&did);
            let _ = crate::web::document_url(&did);
            let _ = crate::resolve::SelfContainedResolver::resolve_now(&did, &Version::Latest);
        }
    }
}

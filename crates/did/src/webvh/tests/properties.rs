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

/// Every entry names other update keys than the one before.
fn rotated() -> Created {
    let mut created = created(Settings::default());
    for number in 1..4_u64 {
        let keys = [number + 1, number + 10].map(|seed| key(seed).public_jwk().clone());
        let update = Update { update_keys: Some(keys.to_vec()), ..Update::default() };
        let time = after(i64::try_from(number).unwrap());
        created.text.push_str(&created.log.append(&update, &key(number), time).unwrap());
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

    /// A whole log is read with its update keys checked late, and entry by entry with each checked as it is named; whatever
    /// byte is changed, both tell the same.
    #[test]
    fn a_log_read_at_once_tells_the_same_as_entry_by_entry(place in any::<prop::sample::Index>(), byte in any::<u8>()) {
        let mut bytes = rotated().text.into_bytes();
        let place = place.index(bytes.len());
        bytes[place] = byte;
        let (read, error) = Log::read(&bytes, LATER);
        let mut lines = bytes.strip_suffix(b"\n").unwrap_or(&bytes).split(|byte| *byte == b'\n');
        let (mut grown, mut refusal) = Log::read(lines.next().unwrap(), LATER);
        if let Some(log) = &mut grown {
            refusal = lines.find_map(|line| log.push(line, LATER).err());
        }
        prop_assert_eq!(error, refusal);
        let versions = |log: Option<Log>| log.map(|log| (log.number(), log.version_id().map(str::to_owned)));
        prop_assert_eq!(versions(read), versions(grown));
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

use super::*;

fn shown(held: &Held, paths: &[Value]) -> Value {
    let paths: Vec<ClaimsPath> = paths.iter().cloned().map(path).collect();
    let selection = held.select(&paths).unwrap();
    let presented = claims(&held.present(&selection)).unwrap();
    assert_eq!(presented, Value::Object(held.revealed(&selection)), "the screen shows what is sent");
    presented
}

#[test]
fn only_what_was_selected_is_shown() {
    let held = held(&everything());
    let iss = "https://harbour.example.org";
    assert_eq!(shown(&held, &[]), json!({"iss": iss}));
    assert_eq!(shown(&held, &[json!(["email"])]), json!({"iss": iss, "email": "ada@example.org"}));
    assert_eq!(
        shown(&held, &[json!(["address", "lines", 1]), json!(["nationalities", 2])]),
        json!({"iss": iss, "address": {"lines": ["b"]}, "nationalities": ["three"]})
    );
    assert_eq!(
        shown(&held, &[json!(["nationalities", null])]),
        json!({"iss": iss, "nationalities": ["one", "two", "three"]})
    );
}

#[test]
fn selecting_a_parent_shows_it_whole() {
    let held = held(&everything());
    assert_eq!(shown(&held, &[json!(["address"])])["address"], person()["address"]);
}

#[test]
fn no_disclosure_is_sent_twice() {
    let held = held(&everything());
    let path = path(json!(["email"]));
    let once = held.present(&held.select([&path]).unwrap());
    assert_eq!(held.present(&held.select([&path, &path]).unwrap()), once);
}

#[test]
fn a_path_to_nothing_cannot_be_selected() {
    let held = held(&everything());
    let missing = path(json!(["phone"]));
    let error = SelectionError::NothingAt { path: missing.clone(), reason: PathError::NothingSelected };
    assert_eq!(held.select([&missing]), Err(error));
}

#[test]
fn a_credential_survives_being_kept_as_text() {
    let held = held(&everything());
    let again = Held::reopen(&held.to_compact()).unwrap();
    assert_eq!(again.claims(), held.claims());
    assert_eq!(again.to_compact(), held.to_compact());
}

#[test]
fn an_issued_credential_with_key_binding_is_refused() {
    let compact = format!("{}x.y.z", issued(&everything(), Decoys::default()));
    assert_eq!(Held::new(verify(&compact).unwrap()).unwrap_err(), ReceivedKeyBinding);
    assert_eq!(Held::reopen(&compact).unwrap_err(), SdJwtError::MissingTilde);
}

#[test]
fn debug_output_shows_no_value() {
    let held = held(&everything());
    let disclosure = Disclosure::parse(&disclose(&json!(["s", "a", "canary"]))).unwrap();
    let printed = format!("{held:?} {disclosure:?} {:?}", held.processed());
    assert!(!printed.contains("Ada") && !printed.contains("canary"));
}

#[test]
fn the_places_that_are_revealed_are_those_of_the_disclosures_that_are_sent() {
    let held = held(&everything());
    let revealed = |paths: &[Value]| -> Vec<String> {
        let paths: Vec<ClaimsPath> = paths.iter().cloned().map(path).collect();
        let selection = held.select(&paths).unwrap();
        let mut places: Vec<String> = held.revealed_locations(&selection).map(ToString::to_string).collect();
        places.sort_unstable();
        places
    };
    assert_eq!(revealed(&[]), [""; 0]);
    assert_eq!(revealed(&[json!(["email"]), json!(["iss"])]), ["email"]);
    assert_eq!(revealed(&[json!(["address", "lines", 1])]), ["address", "address.lines", "address.lines.1"]);
}

/// Of the person, what a reader is told who is shown what is asked at `path`: places, and the value at each.
fn told(held: &Held, asked: Value) -> Vec<(String, Value)> {
    let processed = held.processed();
    let (place, _) = path(asked).select(held.claims()).unwrap().remove(0);
    let sent = processed.needed_for(&place).collect();
    let said: Vec<usize> = processed.said_by(&place).collect();
    let disclosed = said.iter().map(|index| processed.disclosed()[*index].location());
    disclosed.map(|one| (one.to_string(), processed.value_with(&sent, one).unwrap())).collect()
}

#[test]
fn what_holds_digests_alone_says_nothing_unless_it_was_asked_itself() {
    let everything = held(&everything());
    let line = |name: &str, value: Value| (name.to_owned(), value);
    assert_eq!(told(&everything, json!(["address", "lines", 1])), [line("address.lines.1", json!("b"))]);
    let mut lines = told(&everything, json!(["address", "lines"]));
    lines.sort_by(|left, right| left.0.cmp(&right.0));
    let [whole, first, second] = &lines[..] else { panic!("{lines:?}") };
    assert_eq!(whole, &line("address.lines", json!(["a", "b"])));
    assert_eq!((first, second), (&line("address.lines.0", json!("a")), &line("address.lines.1", json!("b"))));
    // What says something beside its digests is told as far as it is seen, and no further.
    let address = vec![ClaimsPath::name("address"), ClaimsPath::names("address", &["locality"])];
    let beside = held(&Frame::Paths(address));
    let seen = line("address", json!({"locality": "Harbour", "country": "XX", "lines": ["a", "b"]}));
    assert_eq!(
        told(&beside, json!(["address", "locality"]))
            .into_iter()
            .filter(|(name, _)| name == "address")
            .collect::<Vec<_>>(),
        [seen]
    );
    let country = told(&beside, json!(["address", "country"]));
    assert_eq!(country, [line("address", json!({"country": "XX", "lines": ["a", "b"]}))]);
}

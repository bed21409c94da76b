mod large;
mod slow;

use std::sync::Mutex;

use axum::http::{HeaderMap, HeaderValue, StatusCode};
use credentials::issuer_key::SignAs;
use credentials::status_list::{Bits, Publishing, StatusList};
use environment::{ManualClock, SeededRandomness};
use jose::{Algorithm, Signer, SigningKey};
use outbound::{Response, Scripted};

use super::known::{
    LEAST_TIME, LONGEST_WITHOUT_NEWS, MOST_LISTS_OF_A_FOREIGNER, MOST_LISTS_OF_A_MEMBER, NOT_AGAIN_FOR,
    UNUSED_AFTER,
};
use super::*;

const START: Timestamp = Timestamp::from_seconds(1_795_564_800);

struct Scene {
    key: SigningKey,
    other: SigningKey,
    clock: Arc<ManualClock>,
    fetched: Arc<Mutex<Vec<String>>>,
    lists: StatusLists,
}

/// What a host says of caching, by what its lists are called.
const CACHING: [(&str, &str, &str); 4] = [
    ("unkept", "cache-control", "no-store, max-age=0"),
    ("eternal", "cache-control", "public, max-age=31536000, immutable"),
    ("past", "expires", "Thu, 01 Jan 1970 00:00:00 GMT"),
    ("future", "expires", "Fri, 31 Dec 9999 23:59:59 GMT"),
];

/// A host that has every list, each signed by the key that the address names, and none at `gone`.
fn scene() -> Scene {
    let randomness = SeededRandomness::new(1);
    let key = || SigningKey::generate(Algorithm::Es256, &randomness).unwrap();
    let (key, other) = (key(), key());
    let copy = |key: &SigningKey| SigningKey::from_private_json(key.to_private_json().as_str()).unwrap();
    let (signs, signs_other) = (copy(&key), copy(&other));
    let clock = Arc::new(ManualClock::new(START));
    let environment = Environment::new(clock.clone(), Arc::new(SeededRandomness::new(2)));
    let fetched = Arc::new(Mutex::new(Vec::new()));
    let (noted, now) = (Arc::clone(&fetched), environment.clone());
    let fetch = Scripted::new(move |request| {
        let uri = request.url.as_str();
        noted.lock().unwrap().push(uri.to_owned());
        if uri.contains("gone") {
            return Err(OutboundError::Unreachable);
        }
        Ok(served(uri, if uri.contains("other") { &signs_other } else { &signs }, now.now()))
    });
    let lists = StatusLists::new(Arc::new(fetch), environment);
    Scene { key, other, clock, fetched, lists }
}

fn served(uri: &str, key: &SigningKey, now: Timestamp) -> Response {
    let list = StatusList::new(Bits::One, 16).unwrap();
    let publishing = Publishing {
        list: &list,
        uri,
        issued_at: now,
        expires: Some(now.plus(if uri.contains("brief") { 1 } else { 7 * 86_400 })),
        ttl: Some(if uri.contains("beacon") { 1 } else { 3_600 }),
        aggregation_uri: None,
    };
    let did = credentials::issuer_key::did_jwk(key.public_jwk());
    let sign_as = SignAs::Did { did: &did, kid: &format!("{did}#0") };
    let token = status_list::sign(&publishing, sign_as, key).unwrap();
    let mut headers =
        HeaderMap::from_iter([(CONTENT_TYPE, HeaderValue::from_static(status_list::MEDIA_TYPE))]);
    for (name, header, value) in CACHING {
        if uri.contains(name) {
            headers.insert(header, HeaderValue::from_static(value));
        }
    }
    Response::new(StatusCode::OK, headers, token)
}

impl Scene {
    async fn look(&self, uri: &str, key: &SigningKey, issued_as: IssuedAs) -> Result<bool, &'static str> {
        let reference = StatusReference { uri: uri.to_owned(), index: 3 };
        match self.lists.status(&reference, key.public_jwk(), issued_as).await {
            Ok(status) => Ok(status.is_valid()),
            Err(StatusListsError::TooMany) => Err("too many"),
            Err(StatusListsError::Token(_)) => Err("refused"),
            Err(_) => Err("not had"),
        }
    }

    /// The list of this address that is kept.
    fn kept(&self, uri: &str) -> Arc<VerifiedToken> {
        let known = self.lists.shared.known.read().unwrap();
        let (_, list) = known.iter().find(|(name, _)| name.uri == uri).unwrap();
        Arc::clone(&list.token.as_ref().unwrap().token)
    }

    /// What was fetched since this was asked last.
    fn fetched(&self) -> usize {
        std::mem::take(&mut *self.fetched.lock().unwrap()).len()
    }
}

fn list(name: &str, number: usize) -> String {
    format!("https://office.example.org/{name}/{number}")
}

#[tokio::test]
async fn a_list_is_fetched_once_for_all_who_point_to_it() {
    let scene = scene();
    for _ in 0..3 {
        assert_eq!(scene.look(&list("status", 1), &scene.key, IssuedAs::Member).await, Ok(true));
    }
    assert_eq!(scene.fetched(), 1);
    scene.clock.advance(3_600);
    assert_eq!(scene.look(&list("status", 1), &scene.key, IssuedAs::Member).await, Ok(true));
    assert_eq!(scene.fetched(), 0, "not because somebody came");
    assert_eq!(
        (scene.lists.refresh(false).await, scene.fetched()),
        (1, 1),
        "after an hour, as the list says"
    );
}

#[tokio::test]
async fn the_ttl_of_a_list_counts_and_not_what_its_host_says_of_caching() {
    for (name, ..) in CACHING {
        let scene = scene();
        let uri = list(name, 1);
        for _ in 0..2 {
            assert_eq!(scene.look(&uri, &scene.key, IssuedAs::Member).await, Ok(true), "{name}");
        }
        assert_eq!(scene.fetched(), 1, "{name}: kept");
        scene.clock.advance(3_599);
        assert_eq!((scene.lists.refresh(false).await, scene.fetched()), (0, 0), "{name}: before its ttl");
        scene.clock.advance(1);
        assert_eq!((scene.lists.refresh(false).await, scene.fetched()), (1, 1), "{name}: at its ttl");
    }
    // Nor does a host make a list count past its own end.
    let scene = scene();
    let uri = list("brief-eternal", 1);
    assert_eq!(scene.look(&uri, &scene.key, IssuedAs::Member).await, Ok(true));
    scene.clock.advance(1);
    assert_eq!(scene.look(&uri, &scene.key, IssuedAs::Member).await, Err("not had"));
}

#[tokio::test]
async fn a_list_that_counts_for_a_second_does_not_tell_its_issuer_who_comes_when() {
    let scene = scene();
    let uri = list("beacon", 1);
    assert_eq!(scene.look(&uri, &scene.key, IssuedAs::Foreign).await, Ok(true));
    assert_eq!(scene.fetched(), 1);
    for _ in 0..3 {
        scene.clock.advance(90);
        assert_eq!(scene.look(&uri, &scene.key, IssuedAs::Foreign).await, Ok(true));
        assert_eq!((scene.lists.refresh(false).await, scene.fetched()), (0, 0), "nor is the timer its clock");
    }
    scene.clock.advance(LEAST_TIME - 270);
    assert_eq!((scene.lists.refresh(false).await, scene.fetched()), (1, 1));
}

#[tokio::test]
async fn a_list_that_ends_at_once_is_refused_and_not_fetched_for_each_who_comes() {
    let scene = scene();
    let uri = list("brief", 1);
    assert_eq!(scene.look(&uri, &scene.key, IssuedAs::Foreign).await, Ok(true));
    scene.clock.advance(1);
    assert_eq!(scene.look(&uri, &scene.key, IssuedAs::Foreign).await, Err("not had"));
    scene.clock.advance(LEAST_TIME - 2);
    assert_eq!(scene.look(&uri, &scene.key, IssuedAs::Foreign).await, Err("not had"));
    assert_eq!(scene.fetched(), 1);
    scene.clock.advance(1);
    assert_eq!((scene.lists.refresh(false).await, scene.fetched()), (1, 1));
    assert_eq!(scene.look(&uri, &scene.key, IssuedAs::Foreign).await, Ok(true));
}

#[tokio::test]
async fn a_list_that_cannot_be_had_is_not_asked_for_with_each_who_comes() {
    let scene = scene();
    let uri = list("gone", 1);
    for _ in 0..3 {
        assert_eq!(scene.look(&uri, &scene.key, IssuedAs::Foreign).await, Err("not had"));
    }
    scene.clock.advance(NOT_AGAIN_FOR - 1);
    assert_eq!(scene.look(&uri, &scene.key, IssuedAs::Foreign).await, Err("not had"));
    assert_eq!(scene.fetched(), 1);
    scene.clock.advance(1);
    assert_eq!(scene.look(&uri, &scene.key, IssuedAs::Foreign).await, Err("not had"));
    assert_eq!(scene.fetched(), 1, "after a while it may have come back");
}

#[tokio::test]
async fn without_news_a_list_answers_for_a_day_and_not_beyond_its_end() {
    let scene = scene();
    let uri = list("status", 1);
    assert_eq!(scene.look(&uri, &scene.key, IssuedAs::Member).await, Ok(true));
    scene.clock.advance(LONGEST_WITHOUT_NEWS - 1);
    assert_eq!(scene.look(&uri, &scene.key, IssuedAs::Member).await, Ok(true));
    assert_eq!(scene.fetched(), 1);
    scene.clock.advance(1);
    assert_eq!(scene.look(&uri, &scene.key, IssuedAs::Member).await, Ok(true));
    assert_eq!(scene.fetched(), 1, "fetched for whoever comes next");
}

#[tokio::test]
async fn a_member_of_the_network_gets_no_more_lists_looked_up_than_its_share() {
    for name in ["status", "gone"] {
        let scene = scene();
        let answer = if name == "gone" { Err("not had") } else { Ok(true) };
        for number in 0..MOST_LISTS_OF_A_MEMBER {
            assert_eq!(scene.look(&list(name, number), &scene.key, IssuedAs::Member).await, answer);
        }
        assert_eq!(scene.fetched(), MOST_LISTS_OF_A_MEMBER);
        for number in 100..150 {
            let refused = scene.look(&list(name, number), &scene.key, IssuedAs::Member).await;
            assert_eq!(refused, Err("too many"));
        }
        assert_eq!(scene.fetched(), 0, "what is one too many is not fetched");
        // The lists that are known go on counting, and so do those of others.
        assert_eq!(scene.look(&list(name, 0), &scene.key, IssuedAs::Member).await, answer);
        assert_eq!(scene.look(&list("other", 0), &scene.other, IssuedAs::Member).await, Ok(true));
        // A list that nobody pointed to for a day makes room.
        scene.clock.advance(UNUSED_AFTER - 1);
        assert_eq!(scene.look(&list(name, 100), &scene.key, IssuedAs::Member).await, Err("too many"));
        scene.clock.advance(1);
        assert_eq!(scene.look(&list(name, 100), &scene.key, IssuedAs::Member).await, answer);
    }
}

#[tokio::test]
async fn a_foreign_issuer_may_have_many_lists_and_takes_the_place_of_nobody_elses() {
    let scene = scene();
    assert_eq!(scene.look(&list("other", 0), &scene.other, IssuedAs::Member).await, Ok(true));
    for number in 0..MOST_LISTS_OF_A_FOREIGNER + 20 {
        scene.clock.advance(1);
        assert_eq!(scene.look(&list("status", number), &scene.key, IssuedAs::Foreign).await, Ok(true));
    }
    assert_eq!(scene.lists.shared.known.read().unwrap().len(), MOST_LISTS_OF_A_FOREIGNER + 1);
    scene.fetched();
    assert_eq!(scene.look(&list("other", 0), &scene.other, IssuedAs::Member).await, Ok(true));
    assert_eq!(scene.fetched(), 0);
    let last = MOST_LISTS_OF_A_FOREIGNER + 19;
    assert_eq!(scene.look(&list("status", last), &scene.key, IssuedAs::Foreign).await, Ok(true));
    assert_eq!(scene.fetched(), 0);
    assert_eq!(scene.look(&list("status", 0), &scene.key, IssuedAs::Foreign).await, Ok(true));
    assert_eq!(scene.fetched(), 1, "the one used longest ago was forgotten");
}

#[tokio::test]
async fn an_endless_address_is_neither_fetched_nor_remembered() {
    let scene = scene();
    let address = |length: usize| format!("{:a<length$}", list("status", 1));
    let refused = scene.look(&address(LONGEST_ADDRESS + 1), &scene.key, IssuedAs::Foreign).await;
    assert_eq!((refused, scene.fetched()), (Err("not had"), 0));
    assert!(scene.lists.shared.known.read().unwrap().is_empty());
    assert_eq!(scene.look(&address(LONGEST_ADDRESS), &scene.key, IssuedAs::Foreign).await, Ok(true));
}

#[tokio::test]
async fn another_issuer_that_points_to_a_list_changes_nothing_for_its_own() {
    let scene = scene();
    let uri = list("status", 1);
    assert_eq!(scene.look(&uri, &scene.key, IssuedAs::Member).await, Ok(true));
    assert_eq!(scene.look(&uri, &scene.other, IssuedAs::Foreign).await, Err("refused"));
    scene.fetched();
    assert_eq!(scene.look(&uri, &scene.key, IssuedAs::Member).await, Ok(true));
    assert_eq!(scene.fetched(), 0);
}

#[tokio::test]
async fn a_list_of_before_does_not_undo_what_a_newer_one_said() {
    let scene = scene();
    let uri = list("status", 1);
    assert_eq!(scene.look(&uri, &scene.key, IssuedAs::Member).await, Ok(true));
    let newest = scene.kept(&uri).issued_at();
    // What is fetched next was signed an hour before.
    scene.clock.advance(-3_600);
    assert_eq!(scene.lists.refresh(true).await, 1);
    assert_eq!(scene.kept(&uri).issued_at(), newest);
    scene.clock.advance(3_600 + 3_600);
    assert_eq!(scene.lists.refresh(true).await, 1);
    assert_eq!(scene.kept(&uri).issued_at(), newest.plus(3_600), "the near miss: a newer one counts");
    // The kept one still ends with its own `exp`.
    scene.clock.advance(-7_200);
    assert_eq!(scene.lists.refresh(true).await, 1);
    scene.clock.advance(7 * 86_400 + 7_200);
    assert_eq!(scene.look(&uri, &scene.key, IssuedAs::Member).await, Ok(true), "fetched anew");
    assert_eq!(scene.kept(&uri).issued_at(), scene.lists.shared.environment.now());
}

#[tokio::test]
async fn the_timer_renews_what_is_kept_and_forgets_what_nobody_uses() {
    let scene = scene();
    for name in ["status", "gone"] {
        let _ = scene.look(&list(name, 1), &scene.key, IssuedAs::Member).await;
    }
    scene.fetched();
    assert_eq!((scene.lists.refresh(false).await, scene.fetched()), (0, 0));
    assert_eq!((scene.lists.refresh(true).await, scene.fetched()), (1, 1));
    scene.clock.advance(3_600);
    assert_eq!((scene.lists.refresh(false).await, scene.fetched()), (1, 1));
    scene.clock.advance(UNUSED_AFTER - 3_600);
    assert_eq!((scene.lists.refresh(true).await, scene.fetched()), (0, 0));
    assert!(scene.lists.shared.known.read().unwrap().is_empty());
}

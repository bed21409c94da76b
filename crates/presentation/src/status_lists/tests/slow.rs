//! Hosts that take their time, or never answer.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, Ordering};

use outbound::Fetching;
use tokio::sync::Notify;
use tokio::task::yield_now;

use super::super::known::{MOST_LISTS, MOST_LISTS_OF_FOREIGNERS};
use super::super::refreshing::{AT_ONCE, LONGEST_ROUND, SHARE};
use super::*;

/// Every list is there at first, and those called `large` are as large as a list may be. Later those called `slow` never come,
/// those called `late` cost ten seconds each and do not come either, and those called `gate` come when it is opened.
pub(super) struct Hosts {
    keys: Vec<SigningKey>,
    pub(super) clock: Arc<ManualClock>,
    later: AtomicBool,
    gate: Notify,
    fetched: Mutex<Vec<String>>,
    revoked: AtomicBool,
}

impl Hosts {
    fn key(&self, uri: &str) -> &SigningKey {
        let number = uri.split("key-").nth(1).and_then(|rest| rest.split('/').next());
        &self.keys[number.unwrap().parse::<usize>().unwrap()]
    }

    fn list(&self, uri: &str) -> Response {
        use environment::Clock;
        let places = if uri.contains("large") { 1 << 25 } else { 16 };
        let mut list = StatusList::new(Bits::One, places).unwrap();
        if self.revoked.load(Ordering::SeqCst) {
            list.set(3, Status::Invalid).unwrap();
        }
        let now = self.clock.now();
        let publishing = Publishing {
            list: &list,
            uri,
            issued_at: now,
            expires: Some(now.plus(7 * 86_400)),
            ttl: Some(300),
            aggregation_uri: None,
        };
        let key = self.key(uri);
        let did = credentials::issuer_key::did_jwk(key.public_jwk());
        let token = status_list::sign(&publishing, SignAs::Did { did: &did, kid: &format!("{did}#0") }, key);
        let media_type = HeaderValue::from_static(status_list::MEDIA_TYPE);
        Response::new(StatusCode::OK, HeaderMap::from_iter([(CONTENT_TYPE, media_type)]), token.unwrap())
    }
}

impl Fetch for Hosts {
    fn fetch(&self, request: Request) -> Fetching<'_> {
        let uri = request.url.as_str().to_owned();
        Box::pin(async move {
            self.fetched.lock().unwrap().push(uri.clone());
            if uri.contains("gate") {
                self.gate.notified().await;
            }
            if uri.contains("gone") {
                return Err(OutboundError::Status { status: StatusCode::NOT_FOUND });
            }
            if self.later.load(Ordering::SeqCst) && uri.contains("slow") {
                std::future::pending::<()>().await;
            }
            if self.later.load(Ordering::SeqCst) && uri.contains("late") {
                self.clock.advance(10);
                return Err(OutboundError::TimedOut);
            }
            Ok(self.list(&uri))
        })
    }
}

pub(super) struct Scene {
    pub(super) hosts: Arc<Hosts>,
    pub(super) lists: Arc<StatusLists>,
}

/// A scene of so many issuers.
pub(super) fn scene(issuers: usize) -> Scene {
    let randomness = SeededRandomness::new(1);
    let clock = Arc::new(ManualClock::new(START));
    let hosts = Arc::new(Hosts {
        keys: (0..issuers).map(|_| SigningKey::generate(Algorithm::Es256, &randomness).unwrap()).collect(),
        clock: Arc::clone(&clock),
        later: AtomicBool::new(false),
        gate: Notify::new(),
        fetched: Mutex::default(),
        revoked: AtomicBool::new(false),
    });
    let environment = Environment::new(clock, Arc::new(SeededRandomness::new(2)));
    let lists = Arc::new(StatusLists::new(Arc::clone(&hosts) as _, environment));
    Scene { hosts, lists }
}

impl Scene {
    pub(super) async fn look(&self, uri: &str, issued_as: IssuedAs) -> Result<bool, StatusListsError> {
        let reference = StatusReference { uri: uri.to_owned(), index: 3 };
        let key = self.hosts.key(uri).public_jwk();
        self.lists.status(&reference, key, issued_as).await.map(Status::is_valid)
    }

    /// What was fetched since this was asked last.
    pub(super) fn fetched(&self) -> Vec<String> {
        std::mem::take(&mut *self.hosts.fetched.lock().unwrap())
    }

    /// From now on hosts are slow, everything is revoked, and every list is due.
    fn later(&self) {
        self.hosts.clock.advance(400);
        self.hosts.later.store(true, Ordering::SeqCst);
        self.hosts.revoked.store(true, Ordering::SeqCst);
        self.fetched();
    }
}

pub(super) fn at(key: usize, name: &str, number: usize) -> String {
    format!("https://host.example.org/key-{key}/{name}/{number}")
}

/// Until nothing moves any more but what hangs.
async fn settle() {
    for _ in 0..500 {
        yield_now().await;
    }
}

#[tokio::test]
async fn foreign_hosts_that_never_answer_hold_back_no_revocation_by_a_member() {
    let scene = scene(2);
    let office = at(0, "status", 1);
    assert!(scene.look(&office, IssuedAs::Member).await.unwrap());
    for number in 0..MOST_LISTS_OF_A_FOREIGNER {
        assert!(scene.look(&at(1, "slow", number), IssuedAs::Foreign).await.unwrap());
    }
    scene.later();
    let lists = Arc::clone(&scene.lists);
    let foreign = tokio::spawn(async move { lists.refresh_of(IssuedAs::Foreign, false).await });
    settle().await;
    assert_eq!(scene.fetched().len(), SHARE, "one issuer holds no more than its share");
    assert!(!foreign.is_finished());
    assert_eq!(scene.lists.refresh_of(IssuedAs::Member, false).await, 1);
    assert_eq!(scene.fetched(), std::slice::from_ref(&office));
    assert!(!scene.look(&office, IssuedAs::Member).await.unwrap(), "revoked");
    foreign.abort();
}

#[tokio::test]
async fn an_issuer_whose_hosts_never_answer_holds_back_no_other() {
    let scene = scene(3);
    for number in 0..MOST_LISTS_OF_A_MEMBER {
        assert!(scene.look(&at(0, "slow", number), IssuedAs::Member).await.unwrap());
        scene.hosts.clock.advance(1);
    }
    let others: Vec<String> = (1..3)
        .flat_map(|key| (0..MOST_LISTS_OF_A_MEMBER).map(move |number| at(key, "status", number)))
        .collect();
    for uri in &others {
        assert!(scene.look(uri, IssuedAs::Member).await.unwrap());
    }
    scene.later();
    let lists = Arc::clone(&scene.lists);
    let round = tokio::spawn(async move { lists.refresh_of(IssuedAs::Member, false).await });
    settle().await;
    assert_eq!(scene.fetched().iter().filter(|uri| uri.contains("slow")).count(), SHARE);
    for uri in &others {
        assert!(!scene.look(uri, IssuedAs::Member).await.unwrap(), "{uri}");
    }
    assert!(scene.look(&at(0, "slow", 0), IssuedAs::Member).await.unwrap());
    round.abort();
}

#[tokio::test]
async fn a_round_ends_after_its_minute_and_what_failed_comes_last_in_the_next() {
    let scene = scene(4);
    for number in 0..MOST_LISTS_OF_A_FOREIGNER {
        assert!(scene.look(&at(number % 3, "late", number), IssuedAs::Foreign).await.unwrap());
    }
    scene.hosts.clock.advance(1);
    assert!(scene.look(&at(3, "status", 0), IssuedAs::Foreign).await.unwrap());
    scene.later();
    let began = scene.lists.shared.environment.now();
    scene.lists.refresh_of(IssuedAs::Foreign, false).await;
    let took = scene.lists.shared.environment.now().since(began);
    assert!((LONGEST_ROUND..=LONGEST_ROUND + 10 * i64::try_from(AT_ONCE).unwrap()).contains(&took), "{took}");
    let first: Vec<String> = scene.fetched();
    assert!(first.len() < MOST_LISTS_OF_A_FOREIGNER / 2, "{}", first.len());
    // What was not reached comes before what failed, also when that may be asked for again.
    scene.hosts.clock.advance(NOT_AGAIN_FOR);
    scene.lists.refresh_of(IssuedAs::Foreign, false).await;
    let second = scene.fetched();
    assert!(!second.is_empty() && second.iter().all(|uri| !first.contains(uri)), "{second:?}");
    let mut all: BTreeSet<String> = [first, second].concat().into_iter().collect();
    for _ in 0..4 {
        scene.hosts.clock.advance(NOT_AGAIN_FOR);
        scene.lists.refresh_of(IssuedAs::Foreign, false).await;
        all.extend(scene.fetched());
    }
    assert_eq!(all.len(), MOST_LISTS_OF_A_FOREIGNER + 1, "everything has its turn");
}

#[tokio::test]
async fn a_crowd_with_a_new_list_makes_it_be_asked_for_once_also_when_the_first_hangs_up() {
    let scene = Arc::new(scene(1));
    let uri = at(0, "gate", 1);
    let look = || {
        let (scene, uri) = (Arc::clone(&scene), uri.clone());
        tokio::spawn(async move { scene.look(&uri, IssuedAs::Foreign).await })
    };
    let first = look();
    settle().await;
    first.abort();
    let others: Vec<_> = (0..5).map(|_| look()).collect();
    settle().await;
    assert_eq!(scene.fetched().len(), 1);
    scene.hosts.gate.notify_one();
    for other in others {
        assert!(other.await.unwrap().unwrap());
    }
    assert_eq!(scene.fetched(), Vec::<String>::new());
    // One that cannot be had is not asked for by each of the crowd either.
    let gone = at(0, "gate-gone", 1);
    let crowd: Vec<_> = (0..5)
        .map(|_| {
            let (scene, uri) = (Arc::clone(&scene), gone.clone());
            tokio::spawn(async move { scene.look(&uri, IssuedAs::Foreign).await })
        })
        .collect();
    settle().await;
    scene.hosts.gate.notify_one();
    for one in crowd {
        assert!(one.await.unwrap().is_err());
    }
    assert_eq!(scene.fetched(), [gone]);
}

#[tokio::test]
async fn a_foreign_issuer_does_not_have_its_lists_asked_for_again_by_naming_more_of_them() {
    let scene = scene(1);
    for number in 0..MOST_LISTS_OF_A_FOREIGNER {
        assert!(scene.look(&at(0, "gone", number), IssuedAs::Foreign).await.is_err());
    }
    assert_eq!(scene.fetched().len(), MOST_LISTS_OF_A_FOREIGNER);
    for number in [MOST_LISTS_OF_A_FOREIGNER, 0, MOST_LISTS_OF_A_FOREIGNER + 1, 1] {
        let refused = scene.look(&at(0, "gone", number), IssuedAs::Foreign).await;
        assert!(matches!(refused, Err(StatusListsError::NotAgainYet { .. })), "{number}: {refused:?}");
    }
    assert_eq!(scene.fetched(), Vec::<String>::new());
    scene.hosts.clock.advance(NOT_AGAIN_FOR);
    assert!(scene.look(&at(0, "status", 99), IssuedAs::Foreign).await.unwrap());
    assert_eq!(scene.fetched().len(), 1);
}

#[tokio::test]
async fn foreign_issuers_with_many_keys_leave_members_their_places() {
    let issuers = MOST_LISTS_OF_FOREIGNERS.div_ceil(MOST_LISTS_OF_A_FOREIGNER);
    let scene = scene(issuers + 2);
    let office = at(0, "status", 1);
    assert!(scene.look(&office, IssuedAs::Member).await.unwrap());
    scene.hosts.clock.advance(1);
    for key in 1..=issuers {
        for number in 0..MOST_LISTS_OF_A_FOREIGNER {
            assert!(scene.look(&at(key, "gone", number), IssuedAs::Foreign).await.is_err());
        }
    }
    let known = || scene.lists.shared.known.read().unwrap().len();
    assert_eq!(known(), MOST_LISTS_OF_FOREIGNERS + 1);
    let one_more = at(issuers + 1, "status", 1);
    let refused = scene.look(&one_more, IssuedAs::Foreign).await.unwrap_err();
    assert!(refused.is_transient(), "{refused}");
    scene.hosts.clock.advance(NOT_AGAIN_FOR);
    assert!(scene.look(&one_more, IssuedAs::Foreign).await.unwrap());
    assert_eq!(known(), MOST_LISTS_OF_FOREIGNERS + 1);
    assert!(known() < MOST_LISTS);
    scene.fetched();
    assert!(scene.look(&office, IssuedAs::Member).await.unwrap());
    assert_eq!(scene.fetched(), Vec::<String>::new(), "the member's list is where it was");
}

#[tokio::test]
async fn what_may_be_had_later_is_told_from_what_is_wrong() {
    let scene = scene(1);
    for (name, is_transient) in [("late", true), ("gone", false)] {
        scene.hosts.later.store(true, Ordering::SeqCst);
        let uri = at(0, name, 1);
        for time in ["the first", "the second, without being asked for"] {
            let refused = scene.look(&uri, IssuedAs::Member).await.unwrap_err();
            assert_eq!(refused.is_transient(), is_transient, "{name}, {time}");
        }
        assert_eq!(scene.fetched().len(), 1);
    }
}

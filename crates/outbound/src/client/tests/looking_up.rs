//! Name servers that let us wait.

use std::io;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use reqwest::dns::Resolve;
use tokio::runtime::{Builder, Runtime};
use tokio::task::{JoinSet, spawn_blocking};

use super::look_ups::{Crowded, LookUps, MOST};
use super::resolver::{Guarded, Unresolved};
use super::zones::MOST_OF_ZONE;
use super::*;
use crate::zone;

/// Fewer threads than the runtime usually has for such work, and more than look-ups may have.
const THREADS: usize = MOST + 16;

fn runtime() -> Runtime {
    Builder::new_multi_thread().worker_threads(2).max_blocking_threads(THREADS).enable_all().build().unwrap()
}

fn guarded(look_ups: &'static LookUps) -> Guarded {
    Guarded { look_ups, ..Guarded::by(&Policy::public()) }
}

/// How many look-ups are running, and how many were at most.
struct Running {
    now: AtomicUsize,
    most: AtomicUsize,
}

impl Running {
    const fn new() -> Self {
        Self { now: AtomicUsize::new(0), most: AtomicUsize::new(0) }
    }

    /// Finds what is asked for: at once, but for the names of somebody evil.
    fn look_up(&self, name: &str) -> io::Result<Vec<SocketAddr>> {
        self.most.fetch_max(self.now.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
        if name.contains("evil") {
            std::thread::sleep(Duration::from_secs(3));
        }
        self.now.fetch_sub(1, Ordering::SeqCst);
        Ok(vec!["1.1.1.1:0".parse().unwrap()])
    }

    fn now(&self) -> usize {
        self.now.load(Ordering::SeqCst)
    }

    fn most(&self) -> usize {
        self.most.load(Ordering::SeqCst)
    }

    async fn until_there_are(&self, count: usize) {
        let reached = async {
            while self.now() != count {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        tokio::time::timeout(Duration::from_secs(20), reached).await.unwrap();
    }
}

/// Calls that look up names.
fn started(look_ups: &'static LookUps, names: impl Iterator<Item = String>) -> JoinSet<()> {
    let mut calls = JoinSet::new();
    for name in names {
        let call = guarded(look_ups).resolve(name.parse().unwrap());
        calls.spawn(async move { drop(call.await) });
    }
    calls
}

async fn assert_found(look_ups: &'static LookUps, name: &str) {
    let found = guarded(look_ups).resolve(name.parse().unwrap()).await.unwrap();
    assert_eq!(found.collect::<Vec<_>>(), ["1.1.1.1:0".parse().unwrap()], "{name}");
}

async fn assert_crowded(look_ups: &'static LookUps, name: &str) {
    let error = guarded(look_ups).resolve(name.parse().unwrap()).await.err().unwrap();
    assert!(error.is::<Crowded>(), "{name}: {error:?}");
}

#[test]
fn look_ups_that_nobody_waits_for_any_more_leave_threads_for_other_work() {
    static RUNNING: Running = Running::new();
    static SLOW: LookUps = LookUps::new(|name| RUNNING.look_up(name));
    runtime().block_on(async {
        // Eight of each zone.
        let names = (0..200).map(|number| format!("h{number}.evil{}.example", number % 25));
        let mut calls = started(&SLOW, names);
        RUNNING.until_there_are(MOST).await;
        calls.shutdown().await;
        let start = Instant::now();
        spawn_blocking(|| ()).await.unwrap();
        assert!(start.elapsed() < Duration::from_millis(500), "other work waited {:?}", start.elapsed());
        // The threads are still busy, and who comes now is told that this says nothing about the name.
        assert_eq!(RUNNING.now(), MOST);
        assert_crowded(&SLOW, "h.example.org").await;
        RUNNING.until_there_are(0).await;
        assert_found(&SLOW, "h.example.org").await;
        assert_eq!(RUNNING.most(), MOST);
    });
}

#[test]
fn look_ups_below_one_zone_leave_places_for_every_other() {
    static RUNNING: Running = Running::new();
    static SLOW: LookUps = LookUps::new(|name| RUNNING.look_up(name));
    runtime().block_on(async {
        let mut calls = started(&SLOW, (0..200).map(|number| format!("h{number}.evil.example.org")));
        RUNNING.until_there_are(MOST_OF_ZONE).await;
        calls.shutdown().await;
        let start = Instant::now();
        assert_found(&SLOW, "h.example.net").await;
        assert!(start.elapsed() < Duration::from_millis(500), "another zone waited {:?}", start.elapsed());
        // Those that nobody waits for any more count until they end, however a name of the zone is written.
        assert_eq!(RUNNING.now(), MOST_OF_ZONE);
        tokio::join!(assert_crowded(&SLOW, "h.example.org"), assert_crowded(&SLOW, "EXAMPLE.org."));
        assert_eq!(RUNNING.now(), MOST_OF_ZONE);
        RUNNING.until_there_are(0).await;
        assert_found(&SLOW, "h.example.org").await;
        // The other zone's came on top.
        assert_eq!(RUNNING.most(), MOST_OF_ZONE + 1);
    });
}

#[test]
fn a_zone_is_the_last_two_labels_of_a_name() {
    for (name, expected) in [
        ("h.deep.example.org", "example.org"),
        ("Example.ORG.", "example.org"),
        ("example.org", "example.org"),
        ("org.", "org"),
        ("", ""),
    ] {
        assert_eq!(zone(name), expected, "{name}");
    }
}

#[tokio::test]
async fn many_names_that_are_soon_found_are_all_found_or_not_as_they_are() {
    static QUICK: LookUps = LookUps::new(|name| {
        std::thread::sleep(Duration::from_millis(5));
        if name.starts_with("no") {
            return Err(io::Error::other("no such name"));
        }
        Ok(vec!["1.1.1.1:0".parse().unwrap()])
    });
    let mut calls = JoinSet::new();
    for number in 0..2 * MOST {
        let name = format!("{}{number}.example.org", if number % 2 == 0 { "no" } else { "h" });
        calls.spawn(
            async move { (name.starts_with("no"), guarded(&QUICK).resolve(name.parse().unwrap()).await) },
        );
    }
    while let Some(done) = calls.join_next().await {
        let (is_nowhere, found) = done.unwrap();
        match found {
            Ok(found) => assert!(!is_nowhere && found.count() == 1),
            Err(error) => assert!(is_nowhere && error.is::<Unresolved>(), "{error:?}"),
        }
    }
}

#[tokio::test]
async fn a_call_for_which_there_is_no_look_up_says_nothing_about_its_host() {
    /// A resolver whose look-ups are all taken.
    #[derive(Clone)]
    struct Full;

    impl Resolve for Full {
        fn resolve(&self, _: reqwest::dns::Name) -> reqwest::dns::Resolving {
            Box::pin(async { Err(Crowded.into()) })
        }
    }

    let client = build(&Policy::public(), &[], Full).unwrap();
    let error = failure(&client.get("https://h.example.org/").send().await.unwrap_err());
    assert_eq!(error, OutboundError::Busy);
    assert!(error.is_transient());
}

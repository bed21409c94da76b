//! Name servers that let us wait.

use std::io;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use reqwest::dns::Resolve;
use tokio::runtime::{Builder, Runtime};
use tokio::task::{JoinSet, spawn_blocking};

use super::look_ups::{Crowded, LookUps, MOST};
use super::resolver::{Guarded, Unresolved};
use super::*;

/// Fewer threads than the runtime usually has for such work, and more than look-ups may have.
const THREADS: usize = MOST + 16;

fn runtime() -> Runtime {
    Builder::new_multi_thread().worker_threads(2).max_blocking_threads(THREADS).enable_all().build().unwrap()
}

fn guarded(look_ups: &'static LookUps) -> Guarded {
    Guarded { look_ups, ..Guarded::by(&Policy::public()) }
}

static RUNNING: AtomicUsize = AtomicUsize::new(0);
static MOST_RUNNING: AtomicUsize = AtomicUsize::new(0);

fn slow(name: &str) -> io::Result<Vec<SocketAddr>> {
    MOST_RUNNING.fetch_max(RUNNING.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
    if name.ends_with("evil.example.org") {
        std::thread::sleep(Duration::from_secs(2));
    }
    RUNNING.fetch_sub(1, Ordering::SeqCst);
    Ok(vec!["1.1.1.1:0".parse().unwrap()])
}

#[test]
fn look_ups_that_nobody_waits_for_any_more_leave_threads_for_other_work() {
    static SLOW: LookUps = LookUps::new(slow);
    runtime().block_on(async {
        let mut calls = JoinSet::new();
        for number in 0..200 {
            calls.spawn(guarded(&SLOW).resolve(format!("h{number}.evil.example.org").parse().unwrap()));
        }
        while RUNNING.load(Ordering::SeqCst) < MOST {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        calls.shutdown().await;
        let start = Instant::now();
        spawn_blocking(|| ()).await.unwrap();
        assert!(start.elapsed() < Duration::from_millis(500), "other work waited {:?}", start.elapsed());
        // The threads are still busy, and who comes now is told that this says nothing about the name.
        assert_eq!(RUNNING.load(Ordering::SeqCst), MOST);
        let crowded = guarded(&SLOW).resolve("h.example.org".parse().unwrap()).await.err().unwrap();
        assert!(crowded.is::<Crowded>(), "{crowded:?}");
        while RUNNING.load(Ordering::SeqCst) > 0 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        let found = guarded(&SLOW).resolve("h.example.org".parse().unwrap()).await.unwrap();
        assert_eq!(found.collect::<Vec<_>>(), ["1.1.1.1:0".parse().unwrap()]);
        assert_eq!(MOST_RUNNING.load(Ordering::SeqCst), MOST);
    });
}

#[tokio::test]
async fn many_names_that_are_soon_found_are_all_found_or_not_as_they_are() {
    static QUICK: LookUps = LookUps::new(|name| {
        std::thread::sleep(Duration::from_millis(20));
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

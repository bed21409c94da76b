//! What a resolver holds while hosts let it wait, by the memory of the process: this file has one test, so that nothing
//! else takes memory beside it.
#![cfg(target_os = "linux")]
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a test may fail loudly, in its helpers too"
)]

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use did::webvh::{self, Created, Inception, Settings, witness::Witnesses};
use did::{Did, Document, DocumentBuilder, Resolve};
use did_resolver::{Keeping, Resolver};
use environment::{Environment, SeededRandomness, Timestamp};
use http::{HeaderMap, StatusCode};
use jose::{Algorithm, Signer, SigningKey};
use outbound::{Fetch, Fetching, Request, Response};
use serde_json::Value;

const QUESTIONS: usize = 60;

/// Hosts that serve one log at once and never the proofs of its witnesses.
struct Hosts {
    logs: Vec<String>,
    proofs_asked: AtomicUsize,
}

impl Fetch for Hosts {
    fn fetch(&self, request: Request) -> Fetching<'_> {
        if request.url.path().ends_with("did-witness.json") {
            self.proofs_asked.fetch_add(1, Ordering::SeqCst);
            return Box::pin(std::future::pending());
        }
        let place = request.url.host_str().and_then(|host| host.split('.').next()?.strip_prefix('h'));
        let log = self.logs[place.unwrap().parse::<usize>().unwrap()].clone();
        Box::pin(std::future::ready(Ok(Response::new(StatusCode::OK, HeaderMap::new(), log))))
    }
}

/// A log of 47 KB that takes megabytes once it is read.
fn log(place: usize) -> Created {
    let key = |seed| SigningKey::generate(Algorithm::EdDsa, &SeededRandomness::new(seed)).unwrap();
    let location = did::web::Location::new(&format!("h{place}.example.org"), None, &["m"]).unwrap();
    let document = |did: &Did| {
        let mut members = DocumentBuilder::new(did).build()?.members().clone();
        members.insert("x".to_owned(), Value::from(vec![0; 23_000]));
        Document::from_value(Value::Object(members))
    };
    let witness = Witnesses::new(1, &[did::key::did(key(5).public_jwk()).unwrap()]).unwrap();
    let settings = Settings { witness: Some(witness), ..Settings::default() };
    let start = Timestamp::from_seconds(1_760_000_000);
    webvh::create(&Inception { location: &location, document: &document, settings }, &key(1), start).unwrap()
}

/// The memory of this process, in bytes.
fn resident() -> usize {
    let pages = std::fs::read_to_string("/proc/self/statm").unwrap();
    pages.split(' ').nth(1).unwrap().parse::<usize>().unwrap() * 4_096
}

#[tokio::test]
async fn logs_whose_proofs_trickle_in_do_not_lie_read_in_memory_meanwhile() {
    let (dids, logs): (Vec<Did>, Vec<String>) =
        (0..QUESTIONS).map(log).map(|log| (log.did, log.text)).unzip();
    let hosts = Arc::new(Hosts { logs, proofs_asked: AtomicUsize::new(0) });
    let resolver = Resolver::new(Arc::clone(&hosts) as _, Environment::system(), Keeping::default());
    let before = resident();
    let asking: Vec<_> = dids
        .into_iter()
        .map(|did| {
            let resolver = resolver.clone();
            tokio::spawn(async move { resolver.resolve(&did).await })
        })
        .collect();
    let mut last = 0;
    for _ in 0..600 {
        tokio::time::sleep(Duration::from_millis(100)).await;
        let asked = hosts.proofs_asked.load(Ordering::SeqCst);
        if asked >= 30 && asked == last {
            break;
        }
        last = asked;
    }
    assert!(last >= 30, "{last} logs were read");
    let held = resident().saturating_sub(before);
    assert!(held < 40 << 20, "{} MB are held for {last} questions", held >> 20);
    for question in asking {
        question.abort();
    }
}

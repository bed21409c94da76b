//! What calls take beside the bodies of their answers, by the memory of the process: this file has one test, so that nothing
//! else takes memory beside it.
#![cfg(target_os = "linux")]
#![allow(
    clippy::unwrap_used,
    clippy::arithmetic_side_effects,
    reason = "a test may fail loudly, in its helpers too"
)]

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use did::{Did, Resolve};
use did_resolver::{Keeping, Resolver};
use environment::Environment;
use outbound::{HttpClient, Policy};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

const QUESTIONS: usize = 350;

/// As many calls as there is room for.
const CALLS: usize = 256;

/// What hosts send before they let the resolver wait: as much of a head as is read ahead, or a head in the company of much
/// that is read with it, and a body in parts that say little in many bytes.
fn answers() -> [String; 2] {
    let endless = format!("HTTP/1.1 200 OK\r\nx-filler: {}", "a".repeat(400_000));
    let hints = format!("HTTP/1.1 103 Early Hints\r\nx-filler: {}\r\n\r\n", "a".repeat(380_000));
    let head = format!("HTTP/1.1 200 {}\r\nx-filler: {}\r\n", "a".repeat(300_000), "a".repeat(30_000));
    let body = format!("{}1\r\nx\r\n", "0".repeat(60)).repeat(6_000);
    [endless, format!("{hints}{head}transfer-encoding: chunked\r\n\r\n{body}")]
}

/// The memory of this process, in bytes.
fn resident() -> usize {
    let pages = std::fs::read_to_string("/proc/self/statm").unwrap();
    pages.split(' ').nth(1).unwrap().parse::<usize>().unwrap() * 4_096
}

#[tokio::test]
async fn heads_that_do_not_end_and_bodies_that_stop_take_no_more_memory_than_there_is_room_for() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let answers = Arc::new(answers());
    let sent = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&sent);
    tokio::spawn(async move {
        for number in 0.. {
            let (mut stream, _) = listener.accept().await.unwrap();
            let (answers, counted) = (Arc::clone(&answers), Arc::clone(&counted));
            tokio::spawn(async move {
                let mut heard = [0; 1_024];
                assert!(stream.read(&mut heard).await.unwrap() > 0);
                stream.write_all(answers[number % answers.len()].as_bytes()).await.unwrap();
                counted.fetch_add(1, Ordering::SeqCst);
                std::future::pending::<()>().await;
            });
        }
    });
    let client = Arc::new(HttpClient::new(Policy::development()).unwrap());
    let resolver = Resolver::new(client, Environment::system(), Keeping::default());
    let before = resident();
    let asking: Vec<_> = (0..QUESTIONS)
        .map(|number| {
            let did = Did::parse(&format!("did:web:h{number}.localhost%3A{port}")).unwrap();
            let resolver = resolver.clone();
            tokio::spawn(async move { resolver.resolve(&did).await })
        })
        .collect();
    let (mut last, mut quiet) = ((0, 0), 0);
    for _ in 0..80 {
        tokio::time::sleep(Duration::from_millis(200)).await;
        let now = (sent.load(Ordering::SeqCst), resident().saturating_sub(before) >> 20);
        quiet = if now == last { quiet + 1 } else { 0 };
        last = now;
        if last.0 >= CALLS && quiet > 4 {
            break;
        }
    }
    let (calls, held) = last;
    assert_eq!(calls, CALLS, "calls were under way");
    assert!(held < 200, "{held} MB are held for {calls} calls");
    for question in asking {
        question.abort();
    }
}

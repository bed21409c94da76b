//! How many connections stay open.

use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::task::JoinSet;

use super::*;

/// A host that answers every request and never closes a connection, and how many are open and were made.
struct Keeping {
    port: u16,
    open: Arc<AtomicUsize>,
    made: Arc<AtomicUsize>,
}

async fn keeping() -> Keeping {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let (open, made) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let host = Keeping { port, open: Arc::clone(&open), made: Arc::clone(&made) };
    tokio::spawn(async move {
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            made.fetch_add(1, Ordering::SeqCst);
            open.fetch_add(1, Ordering::SeqCst);
            let open = Arc::clone(&open);
            tokio::spawn(async move {
                let answer = b"HTTP/1.1 200 OK\r\nconnection: keep-alive\r\ncontent-length: 2\r\n\r\n{}";
                let mut heard = [0; 4_096];
                while stream.read(&mut heard).await.is_ok_and(|length| length > 0) {
                    let _ = stream.write_all(answer).await;
                }
                open.fetch_sub(1, Ordering::SeqCst);
            });
        }
    });
    host
}

impl Keeping {
    /// A call to one of the names of this host.
    fn call(&self, number: usize) -> Request {
        request(&format!("http://h{number}.localhost:{}/", self.port))
    }

    /// How many connections are open when no more than `most` are, or after two seconds.
    async fn open(&self, most: usize) -> usize {
        for _ in 0..200 {
            if self.open.load(Ordering::SeqCst) <= most {
                break;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        self.open.load(Ordering::SeqCst)
    }
}

#[tokio::test]
async fn of_hosts_that_strangers_name_no_connection_stays_open() {
    let host = keeping().await;
    let client = client(Policy::development());
    for number in 0..200 {
        let answer = client.send(host.call(number).with_connection_closed()).await.unwrap();
        assert_eq!(answer.status, StatusCode::OK);
    }
    assert_eq!((host.open(0).await, host.made.load(Ordering::SeqCst)), (0, 200));
    // Calls to the hosts of one's own still share one.
    for _ in 0..10 {
        assert_eq!(client.send(host.call(0)).await.unwrap().status, StatusCode::OK);
    }
    assert_eq!((host.open(1).await, host.made.load(Ordering::SeqCst)), (1, 201));
}

#[tokio::test]
async fn a_connection_that_rests_stays_open_for_a_short_time() {
    assert_eq!(Policy::public().idle_timeout, Duration::from_secs(5));
    let host = keeping().await;
    let client = client(Policy { idle_timeout: Duration::from_millis(300), ..Policy::development() });
    for number in 0..200 {
        client.send(host.call(number)).await.unwrap();
    }
    assert_eq!(host.open(0).await, 0);
}

#[tokio::test]
async fn of_one_host_one_connection_is_kept() {
    let host = Arc::new(keeping().await);
    let client = client(Policy::development());
    let mut calls = JoinSet::new();
    for _ in 0..20 {
        let (client, host) = (client.clone(), Arc::clone(&host));
        calls.spawn(async move { client.send(host.call(0)).await.unwrap() });
    }
    assert_eq!(calls.join_all().await.len(), 20);
    assert_eq!(host.open(1).await, 1);
    let made = host.made.load(Ordering::SeqCst);
    client.send(host.call(0)).await.unwrap();
    assert_eq!(host.made.load(Ordering::SeqCst), made, "the one that is kept was not used");
}

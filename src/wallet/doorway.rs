//! Where the browser comes back to from an issuer: a listener on this machine alone, for as long as it is waited for
//! (RFC 8252 §7.3).

mod page;

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, timeout, timeout_at};

use page::{Said, page};

/// Longest head of a request that is read, in bytes.
const LONGEST_HEAD: usize = 16 * 1_024;
/// For how long one connection may take to say what it wants.
const LONGEST_CALL: Duration = Duration::from_secs(5);
/// Connections that are heard at once.
const MOST_CALLS: usize = 32;
/// How long the listener rests after a call that it could not take in.
const PAUSE: Duration = Duration::from_millis(200);
/// The one path there is.
const PATH: &str = "/return";

/// Says whether an address is the one that is waited for.
type IsAwaited = Arc<dyn Fn(&str) -> bool + Send + Sync>;

/// The listener.
pub(super) struct Doorway {
    listener: TcpListener,
    origin: String,
}

impl Doorway {
    /// Opens it at a free port of 127.0.0.1.
    pub(super) async fn open() -> io::Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let origin = format!("http://127.0.0.1:{}", listener.local_addr()?.port());
        Ok(Self { listener, origin })
    }

    /// The address to come back to.
    pub(super) fn address(&self) -> String {
        format!("{}{PATH}", self.origin)
    }

    /// The whole address with which somebody came who is awaited; none when the time is over. Whoever else comes is sent away and
    /// changes nothing: any page and any program of this machine can call here.
    pub(super) async fn wait(
        self,
        longest: Duration,
        is_awaited: impl Fn(&str) -> bool + Send + Sync + 'static,
    ) -> Option<String> {
        let until = Instant::now().checked_add(longest)?;
        let is_awaited: IsAwaited = Arc::new(is_awaited);
        let mut calls: JoinSet<Option<String>> = JoinSet::new();
        loop {
            match timeout_at(until, next(&mut calls, self.listener.accept())).await {
                Err(_) => return None,
                Ok(Next::Told(Some(address))) => return Some(address),
                Ok(Next::Told(None)) => {}
                Ok(Next::Called(stream)) => {
                    let (origin, is_awaited) = (self.origin.clone(), Arc::clone(&is_awaited));
                    calls.spawn(async move {
                        timeout(LONGEST_CALL, hear(stream, &origin, &is_awaited)).await.ok().flatten()
                    });
                }
            }
        }
    }
}

enum Next {
    Called(TcpStream),
    Told(Option<String>),
}

/// What happens next: a call comes, or one of those that are heard has ended. One that cannot be taken in, as when this machine
/// has no more files to open, is nothing to give up for.
async fn next(
    calls: &mut JoinSet<Option<String>>,
    accepted: impl Future<Output = io::Result<(TcpStream, SocketAddr)>>,
) -> Next {
    let may_call = calls.len() < MOST_CALLS;
    let taken_in = async {
        match accepted.await {
            Ok((stream, _)) => Next::Called(stream),
            Err(error) => {
                tracing::debug!(%error, "a call could not be taken in");
                sleep(PAUSE).await;
                Next::Told(None)
            }
        }
    };
    tokio::select! {
        Some(call) = calls.join_next() => Next::Told(call.ok().flatten()),
        next = taken_in, if may_call => next,
    }
}

/// Hears one request out and answers it.
async fn hear(mut stream: TcpStream, origin: &str, is_awaited: &IsAwaited) -> Option<String> {
    let head = head(&mut stream).await?;
    let (status, said, address) = judged(&head, origin, is_awaited);
    let page = page(status, said);
    // Whoever closed the page early has come back all the same.
    let _ = stream.write_all(page.as_bytes()).await;
    let _ = stream.shutdown().await;
    address
}

/// The head of a request; none when it does not come or is too long.
async fn head(stream: &mut TcpStream) -> Option<String> {
    let mut head = Vec::new();
    let mut part = [0_u8; 2_048];
    loop {
        let read = stream.read(&mut part).await.ok().filter(|read| *read > 0)?;
        head.extend_from_slice(part.get(..read)?);
        if head.windows(4).any(|end| end == b"\r\n\r\n") {
            return String::from_utf8(head).ok();
        }
        if head.len() > LONGEST_HEAD {
            return None;
        }
    }
}

/// Status, what is said, and the address if it is the one that is awaited.
fn judged(head: &str, origin: &str, is_awaited: &IsAwaited) -> (&'static str, Said, Option<String>) {
    let mut lines = head.split("\r\n");
    let mut words = lines.next().unwrap_or_default().split(' ');
    let (method, target) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    let hosts: Vec<&str> = lines
        .filter_map(|line| line.split_once(':'))
        .filter(|(name, _)| name.eq_ignore_ascii_case("host"))
        .map(|(_, host)| host.trim())
        .collect();
    // A name that was made to lead here is not this machine's own (DNS rebinding).
    if hosts.as_slice() != [origin.trim_start_matches("http://")] {
        return ("421 Misdirected Request", Said::Other, None);
    }
    if target.split('?').next() != Some(PATH) {
        return ("404 Not Found", Said::Other, None);
    }
    if method != "GET" {
        return ("405 Method Not Allowed", Said::Other, None);
    }
    let address = format!("{origin}{target}");
    if is_awaited(&address) {
        ("200 OK", Said::about(target), Some(address))
    } else {
        ("400 Bad Request", Said::Other, None)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn call(origin: &str, request: String) -> String {
        let host = origin.trim_start_matches("http://");
        let mut stream = TcpStream::connect(host).await.unwrap();
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        answer
    }

    async fn get(origin: &str, target: &str) -> String {
        let host = origin.trim_start_matches("http://");
        call(origin, format!("GET {target} HTTP/1.1\r\nHost: {host}\r\n\r\n")).await
    }

    #[tokio::test]
    async fn who_is_not_awaited_is_sent_away_and_whoever_is_comes_in_after_them() {
        let door = Doorway::open().await.unwrap();
        let origin = door.origin.clone();
        assert_eq!(door.address(), format!("{origin}/return"));
        assert!(origin.starts_with("http://127.0.0.1:"));
        let waiting = tokio::spawn(door.wait(Duration::from_secs(30), |it| it.ends_with("state=ours")));
        // Somebody who never says anything keeps nobody out.
        let silent = TcpStream::connect(origin.trim_start_matches("http://")).await.unwrap();
        for (target, status) in [
            ("/return?code=x&state=other", "400"),
            ("/return", "400"),
            ("/favicon.ico", "404"),
            ("/return/x?state=ours", "404"),
        ] {
            let answer = get(&origin, target).await;
            assert!(answer.starts_with(&format!("HTTP/1.1 {status}")), "{target}: {answer}");
        }
        let host = origin.trim_start_matches("http://");
        let posted = format!("POST /return?state=ours HTTP/1.1\r\nHost: {host}\r\n\r\n");
        assert!(call(&origin, posted).await.starts_with("HTTP/1.1 405"));
        for hosts in
            ["Host: evil.example", "Host: localhost:1", "X: y", &format!("Host: {host}\r\nHost: {host}")]
        {
            let request = format!("GET /return?state=ours HTTP/1.1\r\n{hosts}\r\n\r\n");
            assert!(call(&origin, request).await.starts_with("HTTP/1.1 421"), "{hosts}");
        }
        let answer = get(&origin, "/return?code=c&state=ours").await;
        assert!(answer.starts_with("HTTP/1.1 200") && answer.contains("no-store"), "{answer}");
        assert!(!answer.contains("ours") && answer.contains("referrer-policy: no-referrer"), "{answer}");
        assert_eq!(waiting.await.unwrap(), Some(format!("{origin}/return?code=c&state=ours")));
        drop(silent);
    }

    #[tokio::test]
    async fn a_call_that_cannot_be_taken_in_while_no_other_is_heard_ends_nothing() {
        let mut calls = JoinSet::new();
        let no_more_files = || std::future::ready(Err(io::Error::from_raw_os_error(24)));
        assert!(matches!(next(&mut calls, no_more_files()).await, Next::Told(None)));
        // Whoever was heard already is still, and at once.
        calls.spawn(async { Some("address".to_owned()) });
        let Next::Told(told) = next(&mut calls, no_more_files()).await else { panic!("nobody called") };
        assert_eq!(told.as_deref(), Some("address"));
    }

    #[tokio::test]
    async fn nobody_is_awaited_for_ever() {
        let door = Doorway::open().await.unwrap();
        assert_eq!(door.wait(Duration::from_millis(50), |_| true).await, None);
    }
}

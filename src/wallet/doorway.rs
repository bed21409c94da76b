//! Where the browser comes back to from an issuer: a listener on this machine alone, for as long as it is waited for
//! (RFC 8252 §7.3).

use std::io;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio::time::{Instant, timeout, timeout_at};

/// Longest head of a request that is read, in bytes.
const LONGEST_HEAD: usize = 16 * 1_024;
/// For how long one connection may take to say what it wants.
const LONGEST_CALL: Duration = Duration::from_secs(5);
/// Connections that are heard at once.
const MOST_CALLS: usize = 32;
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
            let next = async {
                tokio::select! {
                    Some(call) = calls.join_next() => Next::Told(call.ok().flatten()),
                    Ok((stream, _)) = self.listener.accept(), if calls.len() < MOST_CALLS => Next::Called(stream),
                }
            };
            match timeout_at(until, next).await {
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

const BACK: &str = "You can close this page and go back to the terminal.";
const OTHER: &str = "The wallet does not wait for this.";

/// Status, sentence, and the address if it is the one that is awaited.
fn judged(head: &str, origin: &str, is_awaited: &IsAwaited) -> (&'static str, &'static str, Option<String>) {
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
        return ("421 Misdirected Request", OTHER, None);
    }
    if target.split('?').next() != Some(PATH) {
        return ("404 Not Found", OTHER, None);
    }
    if method != "GET" {
        return ("405 Method Not Allowed", OTHER, None);
    }
    let address = format!("{origin}{target}");
    if is_awaited(&address) { ("200 OK", BACK, Some(address)) } else { ("400 Bad Request", OTHER, None) }
}

fn page(status: &str, said: &str) -> String {
    let body = format!(
        "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>Passport wallet</title><p>{said}</p></html>\n"
    );
    // The address holds the code: nobody is told where the browser came from, and nothing is kept.
    format!(
        "HTTP/1.1 {status}\r\ncontent-type: text/html; charset=utf-8\r\ncontent-length: {}\r\ncache-control: no-store\r\n\
         referrer-policy: no-referrer\r\ncontent-security-policy: default-src 'none'; frame-ancestors 'none'\r\n\
         x-content-type-options: nosniff\r\nconnection: close\r\n\r\n{body}",
        body.len()
    )
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
    async fn nobody_is_awaited_for_ever() {
        let door = Doorway::open().await.unwrap();
        assert_eq!(door.wait(Duration::from_millis(50), |_| true).await, None);
    }
}

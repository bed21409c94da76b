//! News that a page hears of without being loaded again: server-sent events (HTML Living Standard §9.2).
//!
//! What is told are names of events and short words, never anything of a person. A stream holds a few of them at most: whoever
//! takes nothing is left behind, and its connection ends. When the server stops, so do the streams ([`Stopping`]).

use std::convert::Infallible;
use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::{Body, Bytes, HttpBody};
use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http::header::CONTENT_TYPE;
use http::{Extensions, HeaderName};
use hyper::body::Frame;
use tokio::sync::{mpsc, watch};

/// How often something passes on a stream of which there is nothing to tell: within the time that connections may rest
/// ([`crate::ConnectionLimits::rest`]), and before proxies give up on it.
pub const BEAT: Duration = Duration::from_secs(20);
/// Most words that wait to be taken.
const MOST_WAITING: usize = 16;
/// After how many milliseconds a browser comes back that lost a stream.
const COMES_BACK: &str = "retry: 3000\n\n";

/// Whether the server stops, for whoever keeps an answer open.
#[derive(Clone, Debug)]
pub struct Stopping(watch::Receiver<bool>);

impl Stopping {
    /// That of the server which took the request with these extensions; one that never stops where no server did.
    #[must_use]
    pub fn of(extensions: &Extensions) -> Self {
        extensions.get().cloned().unwrap_or_else(|| Self(watch::channel(false).1))
    }

    /// The two ends of it.
    pub(crate) fn pair() -> (watch::Sender<bool>, Self) {
        let (sender, receiver) = watch::channel(false);
        (sender, Self(receiver))
    }

    /// Done when the server stops.
    pub async fn begun(&mut self) {
        if self.0.wait_for(|stopping| *stopping).await.is_err() {
            // Nobody is there to stop it.
            std::future::pending::<()>().await;
        }
    }
}

/// A layer that says to each request when the server stops.
pub(crate) async fn tell_stopping(
    State(stopping): State<Stopping>,
    mut request: Request,
    next: Next,
) -> Response {
    request.extensions_mut().insert(stopping);
    next.run(request).await
}

/// Whoever is told takes nothing any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("nobody takes what is told")]
pub struct NotTaken;

/// The end of a stream at which something is told. The stream ends with it.
#[derive(Debug)]
pub struct Teller(mpsc::Sender<Bytes>);

impl Teller {
    /// Tells an event with a line of text, under an identifier that a browser which comes back names (`Last-Event-ID`). Line breaks
    /// end a field, so that none goes along.
    ///
    /// # Errors
    /// [`NotTaken`] where too much waits already, or nobody is there.
    pub fn tell(&self, event: &str, text: &str, id: &str) -> Result<(), NotTaken> {
        let line = |text: &str| text.replace(['\r', '\n', '\0'], " ");
        self.send(format!("id: {}\nevent: {}\ndata: {}\n\n", line(id), line(event), line(text)))
    }

    /// Says that the stream is still there.
    ///
    /// # Errors
    /// [`NotTaken`], likewise.
    pub fn beat(&self) -> Result<(), NotTaken> {
        self.send(":\n\n".to_owned())
    }

    /// Done when nobody is there any more.
    pub async fn left(&self) {
        self.0.closed().await;
    }

    fn send(&self, text: String) -> Result<(), NotTaken> {
        self.0.try_send(Bytes::from(text)).map_err(|_| NotTaken)
    }
}

/// A stream: the end at which is told, and the answer that a browser takes.
#[must_use]
pub fn stream() -> (Teller, Response) {
    let (sender, receiver) = mpsc::channel(MOST_WAITING);
    let teller = Teller(sender);
    // There is room in a channel of which nothing was used.
    let _ = teller.send(COMES_BACK.to_owned());
    // Proxies hold answers back until there is more of them, unless they are told not to.
    let headers = [
        (CONTENT_TYPE, "text/event-stream; charset=utf-8"),
        (HeaderName::from_static("x-accel-buffering"), "no"),
    ];
    (teller, (headers, Body::new(Told(receiver))).into_response())
}

/// What was told, as the body of an answer.
struct Told(mpsc::Receiver<Bytes>);

impl fmt::Debug for Told {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Told")
    }
}

impl HttpBody for Told {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        self.0.poll_recv(context).map(|told| told.map(|bytes| Ok(Frame::data(bytes))))
    }
}

#[cfg(test)]
mod tests {
    use axum::body::to_bytes;

    use super::*;

    #[tokio::test]
    async fn what_is_told_comes_as_events_and_no_text_is_more_than_one_line_of_its_own() {
        let (teller, response) = stream();
        assert_eq!(response.headers()[CONTENT_TYPE], "text/event-stream; charset=utf-8");
        teller.tell("changed", "mail\nevent: locked\ndata: x", "1.2").unwrap();
        teller.beat().unwrap();
        drop(teller);
        let body = to_bytes(response.into_body(), 1 << 10).await.unwrap();
        let told = "retry: 3000\n\nid: 1.2\nevent: changed\ndata: mail event: locked data: x\n\n:\n\n";
        assert_eq!(body, told);
    }

    #[tokio::test]
    async fn who_takes_nothing_is_told_no_more_and_takes_no_memory() {
        let (teller, response) = stream();
        // The first place is taken by how a browser comes back.
        for _ in 1..MOST_WAITING {
            teller.beat().unwrap();
        }
        assert_eq!(teller.beat(), Err(NotTaken));
        drop(response);
        teller.left().await;
        assert_eq!(teller.tell("changed", "mail", "1"), Err(NotTaken));
    }

    #[tokio::test]
    async fn a_server_that_stops_says_so_once_and_for_all() {
        let (stop, mut stopping) = Stopping::pair();
        let mut later = stopping.clone();
        assert!(tokio::time::timeout(Duration::ZERO, stopping.begun()).await.is_err());
        stop.send_replace(true);
        stopping.begun().await;
        drop(stop);
        later.begun().await;
        let mut nobodys = Stopping::of(&Extensions::new());
        assert!(tokio::time::timeout(Duration::ZERO, nobodys.begun()).await.is_err());
    }
}

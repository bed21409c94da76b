//! How many connections there are, and how long one may rest.

use std::collections::HashMap;
use std::io;
use std::net::IpAddr;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use axum_server::accept::Accept;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::{Instant, Sleep};

use crate::limits::client_key;
use crate::{TrustedProxies, operations};

/// What connections may take of a server.
#[derive(Clone, Copy, Debug)]
pub struct ConnectionLimits {
    /// Most connections at once; each takes one of the files that the system lets a process open.
    pub most: usize,
    /// Most connections of one client at once, in the sense of [`client_key`]. Trusted proxies speak for many clients and
    /// have no such limit.
    pub most_of_client: usize,
    /// Within which the head of the first request must be there.
    pub first_request: Duration,
    /// For how long nothing may pass in either direction; within the same time the head of each further request must
    /// be there. Longer than a party may take to answer.
    pub rest: Duration,
}

impl Default for ConnectionLimits {
    fn default() -> Self {
        Self {
            most: 512,
            most_of_client: 128,
            first_request: Duration::from_secs(10),
            rest: Duration::from_secs(75),
        }
    }
}

impl ConnectionLimits {
    /// These limits with `most` connections, a quarter of them for one client.
    #[must_use]
    pub fn with_most(self, most: usize) -> Self {
        Self { most, most_of_client: most.div_ceil(4), ..self }
    }
}

/// Takes connections as long as there is room, and ends those that rest too long.
#[derive(Clone, Debug)]
pub(super) struct Bounded(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    limits: ConnectionLimits,
    proxies: TrustedProxies,
    open: Mutex<Open>,
}

#[derive(Debug, Default)]
struct Open {
    all: usize,
    of_clients: HashMap<IpAddr, usize>,
}

impl Bounded {
    pub(super) fn new(limits: ConnectionLimits, proxies: TrustedProxies) -> Self {
        Self(Arc::new(Inner { limits, proxies, open: Mutex::default() }))
    }

    fn admit(&self, peer: IpAddr) -> Option<Place> {
        let inner = &self.0;
        let client = (!inner.proxies.hold(peer)).then(|| client_key(peer));
        let mut open = inner.open.lock().unwrap_or_else(PoisonError::into_inner);
        let of_client = client.and_then(|client| open.of_clients.get(&client).copied()).unwrap_or(0);
        if open.all >= inner.limits.most || of_client >= inner.limits.most_of_client {
            return None;
        }
        open.all = open.all.saturating_add(1);
        if let Some(client) = client {
            open.of_clients.insert(client, of_client.saturating_add(1));
        }
        Some(Place { inner: Arc::clone(inner), client })
    }

    fn take(&self, stream: TcpStream) -> io::Result<Connection> {
        let Some(place) = self.admit(stream.peer_addr()?.ip()) else {
            operations::count("passport_connections_refused_total", &[]);
            return Err(io::Error::other("too many connections"));
        };
        let rest = self.0.limits.rest;
        let end = Box::pin(tokio::time::sleep(rest));
        Ok(Connection { stream, rest, end, _place: place })
    }
}

impl<S> Accept<TcpStream, S> for Bounded {
    type Stream = Connection;
    type Service = S;
    type Future = std::future::Ready<io::Result<(Connection, S)>>;

    fn accept(&self, stream: TcpStream, service: S) -> Self::Future {
        std::future::ready(self.take(stream).map(|connection| (connection, service)))
    }
}

/// One of the connections that there may be, until it is dropped.
#[derive(Debug)]
struct Place {
    inner: Arc<Inner>,
    client: Option<IpAddr>,
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut open = self.inner.open.lock().unwrap_or_else(PoisonError::into_inner);
        open.all = open.all.saturating_sub(1);
        let Some(client) = self.client else { return };
        let left = open.of_clients.get(&client).map_or(0, |count| count.saturating_sub(1));
        if left == 0 {
            open.of_clients.remove(&client);
        } else {
            open.of_clients.insert(client, left);
        }
    }
}

/// A connection that breaks when nothing passes for too long: of a client that neither sends nor takes what it asked for.
#[derive(Debug)]
pub(super) struct Connection {
    stream: TcpStream,
    rest: Duration,
    end: Pin<Box<Sleep>>,
    _place: Place,
}

impl Connection {
    /// `polled`, or an error when it is pending and the time is up.
    fn in_time<T>(&mut self, context: &mut Context<'_>, polled: Poll<io::Result<T>>) -> Poll<io::Result<T>> {
        if polled.is_ready() {
            // A time so far off that it does not exist is none.
            if let Some(end) = Instant::now().checked_add(self.rest) {
                self.end.as_mut().reset(end);
            }
            return polled;
        }
        ready!(self.end.as_mut().poll(context));
        Poll::Ready(Err(io::ErrorKind::TimedOut.into()))
    }
}

impl AsyncRead for Connection {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let polled = Pin::new(&mut self.stream).poll_read(context, buffer);
        self.in_time(context, polled)
    }
}

impl AsyncWrite for Connection {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let polled = Pin::new(&mut self.stream).poll_write(context, bytes);
        self.in_time(context, polled)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        // A socket has nothing to flush, so this says nothing of the client.
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let polled = Pin::new(&mut self.stream).poll_write_vectored(context, slices);
        self.in_time(context, polled)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bounded(most: usize, most_of_client: usize) -> Bounded {
        let limits = ConnectionLimits { most, most_of_client, ..ConnectionLimits::default() };
        let proxies = std::iter::once("10.0.0.1".parse().unwrap()).collect();
        Bounded::new(limits, proxies)
    }

    fn admitted(bounded: &Bounded, peer: &str) -> Option<Place> {
        bounded.admit(peer.parse().unwrap())
    }

    #[test]
    fn a_client_has_its_share_and_others_have_theirs() {
        let bounded = bounded(5, 2);
        let first = [admitted(&bounded, "192.0.2.1"), admitted(&bounded, "::ffff:192.0.2.1")];
        assert!(first.iter().all(Option::is_some));
        assert!(admitted(&bounded, "192.0.2.1").is_none());
        let second = [admitted(&bounded, "2001:db8:1:2::1"), admitted(&bounded, "2001:db8:1:2::2")];
        assert!(second.iter().all(Option::is_some));
        assert!(admitted(&bounded, "2001:db8:1:2::3").is_none(), "one network is one client");
        drop(first);
        assert!(admitted(&bounded, "192.0.2.1").is_some());
    }

    #[test]
    fn there_are_no_more_than_the_most_and_proxies_may_have_them_all() {
        let bounded = bounded(3, 1);
        let mut taken: Vec<_> = (0..3).map(|_| admitted(&bounded, "10.0.0.1").unwrap()).collect();
        assert!(admitted(&bounded, "10.0.0.1").is_none());
        assert!(admitted(&bounded, "192.0.2.1").is_none());
        taken.pop();
        let other = admitted(&bounded, "192.0.2.1").unwrap();
        assert!(admitted(&bounded, "10.0.0.1").is_none());
        drop((taken, other));
        let open = bounded.0.open.lock().unwrap();
        assert_eq!((open.all, open.of_clients.len()), (0, 0), "nobody who has left is remembered");
    }
}

//! How many connections there are, and how long one may rest.
//!
//! When there is no room for a newcomer, the connection that has rested longest makes it: one on which no request is
//! being served. Whoever only holds connections open thus keeps nobody out.

use std::collections::HashMap;
use std::future::Future;
use std::io;
use std::net::IpAddr;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use axum_server::accept::Accept;
use http::Request;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::sync::oneshot;
use tokio::time::{Instant, Sleep};
use tower::Service;

use super::taking::Taking;
use crate::limits::{client_key, network_key};
use crate::{TrustedProxies, operations};

/// Most connections of one client, however many there may be in all.
const MOST_OF_CLIENT: usize = 64;

/// What connections may take of a server.
#[derive(Clone, Copy, Debug)]
pub struct ConnectionLimits {
    /// Most connections at once; each takes one of the files that the system lets a process open.
    pub most: usize,
    /// Most connections of one client at once: of an IPv4 address or a /64 of IPv6. Trusted proxies speak for many clients
    /// and have no such limit.
    pub most_of_client: usize,
    /// Most connections at once of the network around a client: a /24 of IPv4, a /48 of IPv6, which is what one site is
    /// given (RFC 6177 §2).
    pub most_of_network: usize,
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
            most_of_client: MOST_OF_CLIENT,
            most_of_network: MOST_OF_CLIENT * 2,
            first_request: Duration::from_secs(10),
            rest: Duration::from_secs(75),
        }
    }
}

impl ConnectionLimits {
    /// These limits with `most` connections: an eighth of them for one client, but no more than 64, and twice as many for
    /// its network.
    #[must_use]
    pub fn with_most(self, most: usize) -> Self {
        let most_of_client = most.div_ceil(8).min(MOST_OF_CLIENT);
        Self { most, most_of_client, most_of_network: most_of_client.saturating_mul(2), ..self }
    }
}

/// Takes connections as long as there is room or one can make it, and ends those that rest too long.
#[derive(Clone, Debug)]
pub(super) struct Bounded(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    limits: ConnectionLimits,
    proxies: TrustedProxies,
    open: Mutex<Open>,
}

/// The connections that are open, by a number of each.
#[derive(Debug, Default)]
struct Open {
    places: HashMap<u64, Taken>,
    next: u64,
}

#[derive(Debug)]
struct Taken {
    /// None for a trusted proxy.
    client: Option<IpAddr>,
    use_of: Arc<Use>,
    /// Ends the connection when it is dropped.
    _end: oneshot::Sender<()>,
}

impl Taken {
    fn is_of(&self, key: fn(IpAddr) -> IpAddr, of: IpAddr) -> bool {
        self.client.map(key) == Some(of)
    }
}

/// What a connection is used for.
#[derive(Debug)]
struct Use(Mutex<Uses>);

#[derive(Debug)]
struct Uses {
    /// Requests that are being served.
    served: usize,
    /// When something passed last.
    last: Instant,
}

impl Use {
    fn new() -> Arc<Self> {
        Arc::new(Self(Mutex::new(Uses { served: 0, last: Instant::now() })))
    }

    fn change(&self, change: impl FnOnce(&mut Uses)) {
        let mut uses = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        uses.last = Instant::now();
        change(&mut uses);
    }

    /// Since when it rests; none while a request is being served.
    fn rests_since(&self) -> Option<Instant> {
        let uses = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        (uses.served == 0).then_some(uses.last)
    }
}

impl Open {
    /// Makes room for one more among those that `count`, of which there may be `most`; false if all of them are in use.
    fn make_room(&mut self, most: usize, counts: impl Fn(&Taken) -> bool) -> bool {
        let among = || self.places.iter().filter(|(_, taken)| counts(taken));
        if among().count() < most {
            return true;
        }
        let resting = among().filter_map(|(number, taken)| Some((taken.use_of.rests_since()?, *number)));
        let Some((_, longest)) = resting.min() else { return false };
        self.places.remove(&longest);
        operations::count("passport_connections_ended_for_others_total", &[]);
        true
    }
}

impl Bounded {
    pub(super) fn new(limits: ConnectionLimits, proxies: TrustedProxies) -> Self {
        Self(Arc::new(Inner { limits, proxies, open: Mutex::default() }))
    }

    fn admit(&self, peer: IpAddr) -> Option<Place> {
        let inner = &self.0;
        let limits = inner.limits;
        let client = (!inner.proxies.hold(peer)).then(|| client_key(peer));
        let mut open = inner.open.lock().unwrap_or_else(PoisonError::into_inner);
        // From the smallest circle to the largest, so that whoever has most makes room first.
        if let Some(client) = client {
            let network = network_key(client);
            let has_room = open.make_room(limits.most_of_client, |taken| taken.is_of(client_key, client))
                && open.make_room(limits.most_of_network, |taken| taken.is_of(network_key, network));
            if !has_room {
                return None;
            }
        }
        if !open.make_room(limits.most, |_| true) {
            return None;
        }
        let number = open.next;
        open.next = number.wrapping_add(1);
        let (end, ended) = oneshot::channel();
        let use_of = Use::new();
        open.places.insert(number, Taken { client, use_of: Arc::clone(&use_of), _end: end });
        Some(Place { inner: Arc::clone(inner), number, is_of_proxy: client.is_none(), use_of, ended })
    }

    fn take(&self, stream: TcpStream) -> io::Result<Connection> {
        let Some(place) = self.admit(stream.peer_addr()?.ip()) else {
            operations::count("passport_connections_refused_total", &[]);
            return Err(io::Error::other("too many connections"));
        };
        let rest = self.0.limits.rest;
        let end = Box::pin(tokio::time::sleep(rest));
        // A proxy would lose the answers of others for one that is not taken.
        let taking = (!place.is_of_proxy).then(Taking::default);
        Ok(Connection { stream, rest, end, place, taking })
    }
}

impl<S> Accept<TcpStream, S> for Bounded {
    type Stream = Connection;
    type Service = Watched<S>;
    type Future = std::future::Ready<io::Result<(Connection, Watched<S>)>>;

    fn accept(&self, stream: TcpStream, service: S) -> Self::Future {
        std::future::ready(self.take(stream).map(|connection| {
            let use_of = Arc::clone(&connection.place.use_of);
            let service = Watched { service, use_of, taking: connection.taking.clone() };
            (connection, service)
        }))
    }
}

/// The service of one connection, which is in use while it is called.
#[derive(Clone, Debug)]
pub(super) struct Watched<S> {
    service: S,
    use_of: Arc<Use>,
    taking: Option<Taking>,
}

impl<S: Service<Request<B>>, B> Service<Request<B>> for Watched<S> {
    type Response = S::Response;
    type Error = S::Error;
    type Future = Serving<S::Future>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.service.poll_ready(context)
    }

    fn call(&mut self, mut request: Request<B>) -> Self::Future {
        if let Some(taking) = &self.taking {
            request.extensions_mut().insert(taking.clone());
        }
        let served = Served::begin(&self.use_of);
        Serving { answer: Box::pin(self.service.call(request)), _served: served }
    }
}

/// The answer to one request.
#[derive(Debug)]
pub(super) struct Serving<F> {
    answer: Pin<Box<F>>,
    _served: Served,
}

impl<F: Future> Future for Serving<F> {
    type Output = F::Output;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<F::Output> {
        self.answer.as_mut().poll(context)
    }
}

/// A request that is being served, until this is dropped.
#[derive(Debug)]
struct Served(Arc<Use>);

impl Served {
    fn begin(use_of: &Arc<Use>) -> Self {
        use_of.change(|uses| uses.served = uses.served.saturating_add(1));
        Self(Arc::clone(use_of))
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        self.0.change(|uses| uses.served = uses.served.saturating_sub(1));
    }
}

/// One of the connections that there may be, until it is dropped.
#[derive(Debug)]
struct Place {
    inner: Arc<Inner>,
    number: u64,
    is_of_proxy: bool,
    use_of: Arc<Use>,
    ended: oneshot::Receiver<()>,
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut open = self.inner.open.lock().unwrap_or_else(PoisonError::into_inner);
        open.places.remove(&self.number);
    }
}

/// A connection that breaks when nothing passes for too long: of a client that neither sends nor takes what it asked for.
/// It breaks as well when it had to make room, and when an answer is not taken in the time that it has ([`Taking`]).
#[derive(Debug)]
pub(super) struct Connection {
    stream: TcpStream,
    rest: Duration,
    end: Pin<Box<Sleep>>,
    place: Place,
    taking: Option<Taking>,
}

impl Connection {
    /// An error when an answer was not taken in time, or when another has this connection's place, and a wake-up when it has
    /// that later. Of time that is up nobody needs to be woken: either something passes, or the connection rests.
    fn keep(&mut self, context: &mut Context<'_>) -> io::Result<()> {
        if self.taking.as_ref().is_some_and(Taking::is_overdue) {
            return Err(io::ErrorKind::TimedOut.into());
        }
        match Pin::new(&mut self.place.ended).poll(context) {
            Poll::Ready(_) => Err(io::ErrorKind::ConnectionAborted.into()),
            Poll::Pending => Ok(()),
        }
    }

    /// `polled`, or an error when it is pending and the time is up.
    fn in_time<T>(&mut self, context: &mut Context<'_>, polled: Poll<io::Result<T>>) -> Poll<io::Result<T>> {
        if polled.is_ready() {
            self.place.use_of.change(|_| {});
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
        self.keep(context)?;
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
        self.keep(context)?;
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
        self.keep(context)?;
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

    fn bounded(most: usize, most_of_client: usize, most_of_network: usize) -> Bounded {
        let limits =
            ConnectionLimits { most, most_of_client, most_of_network, ..ConnectionLimits::default() };
        let proxies = std::iter::once("10.0.0.1".parse().unwrap()).collect();
        Bounded::new(limits, proxies)
    }

    /// A connection on which a request is being served.
    fn busy(bounded: &Bounded, peer: &str) -> Option<(Place, Served)> {
        let place = bounded.admit(peer.parse().unwrap())?;
        let served = Served::begin(&place.use_of);
        Some((place, served))
    }

    fn resting(bounded: &Bounded, peer: &str) -> Place {
        bounded.admit(peer.parse().unwrap()).unwrap()
    }

    fn is_ended(place: &mut Place) -> bool {
        place.ended.try_recv() == Err(oneshot::error::TryRecvError::Closed)
    }

    #[test]
    fn a_client_has_its_share_and_others_have_theirs() {
        let bounded = bounded(5, 2, 5);
        let first = [busy(&bounded, "192.0.2.1"), busy(&bounded, "::ffff:192.0.2.1")];
        assert!(first.iter().all(Option::is_some));
        assert!(busy(&bounded, "192.0.2.1").is_none());
        let second = [busy(&bounded, "2001:db8:1:2::1"), busy(&bounded, "2001:db8:1:2::2")];
        assert!(second.iter().all(Option::is_some));
        assert!(busy(&bounded, "2001:db8:1:2::3").is_none(), "one network is one client");
        drop(first);
        assert!(busy(&bounded, "192.0.2.1").is_some());
    }

    #[test]
    fn the_network_around_a_client_has_a_share_too() {
        for (one, other, beyond) in [
            ("192.0.2.1", "192.0.2.255", "192.0.3.1"),
            ("2001:db8:1:2::1", "2001:db8:1:ffff::1", "2001:db8:2:2::1"),
        ] {
            let bounded = bounded(9, 2, 3);
            let taken = [one, one, other].map(|peer| busy(&bounded, peer).unwrap());
            assert!(busy(&bounded, other).is_none(), "{other}");
            assert!(busy(&bounded, beyond).is_some(), "{beyond}");
            drop(taken);
            assert!(busy(&bounded, other).is_some(), "{other}");
        }
    }

    #[test]
    fn there_are_no_more_than_the_most_and_proxies_may_have_them_all() {
        let bounded = bounded(3, 1, 1);
        let mut taken: Vec<_> = (0..3).map(|_| busy(&bounded, "10.0.0.1").unwrap()).collect();
        assert!(busy(&bounded, "10.0.0.1").is_none());
        assert!(busy(&bounded, "192.0.2.1").is_none());
        taken.pop();
        let other = busy(&bounded, "192.0.2.1").unwrap();
        assert!(busy(&bounded, "10.0.0.1").is_none());
        drop((taken, other));
        assert!(bounded.0.open.lock().unwrap().places.is_empty(), "nobody who has left is remembered");
    }

    #[test]
    fn whoever_has_rested_longest_makes_room_and_nobody_who_is_served() {
        let bounded = bounded(3, 3, 3);
        let pause = || std::thread::sleep(Duration::from_millis(2));
        let (mut served, service) = busy(&bounded, "192.0.2.1").unwrap();
        pause();
        let mut used = resting(&bounded, "198.51.100.1");
        pause();
        let mut longest = resting(&bounded, "203.0.113.1");
        pause();
        used.use_of.change(|_| {});
        pause();
        let mut newcomer = resting(&bounded, "192.0.2.9");
        let ended = [&mut served, &mut used, &mut longest, &mut newcomer].map(is_ended);
        assert_eq!(ended, [false, false, true, false]);
        // What has ended leaves no other's place when it goes.
        drop(longest);
        assert_eq!(bounded.0.open.lock().unwrap().places.len(), 3);
        // A request that is answered is rest from then on.
        drop(service);
        pause();
        let next = [resting(&bounded, "192.0.2.9"), resting(&bounded, "192.0.2.9")];
        let ended = [&mut served, &mut used, &mut newcomer].map(is_ended);
        assert_eq!((ended, next.len()), ([false, true, true], 2));
    }

    #[test]
    fn a_client_with_all_its_share_makes_room_itself() {
        let bounded = bounded(3, 2, 3);
        let mut stranger = resting(&bounded, "198.51.100.1");
        std::thread::sleep(Duration::from_millis(2));
        let mut own = [resting(&bounded, "192.0.2.1"), resting(&bounded, "192.0.2.1")];
        let newcomer = bounded.admit("192.0.2.1".parse().unwrap());
        assert!(newcomer.is_some());
        assert!(!is_ended(&mut stranger), "though it has rested longer");
        assert_eq!(own.each_mut().map(is_ended), [true, false]);
    }
}

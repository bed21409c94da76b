//! Files that are read at once: each is read whole, so that there are few, and nobody who sends theirs slowly keeps all others waiting.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::{Mutex, MutexGuard, PoisonError};

use http::Extensions;
use tokio::sync::{Semaphore, SemaphorePermit};
use web::limits::client_key;
use web::proxies;

/// Files that are read at once in this process.
const AT_ONCE: usize = 4;
/// Of one client, waiting ones too: at an event many sit behind one address, and one client never has all places.
const OF_ONE_CLIENT: usize = 2;

/// The places in which files are read.
pub(super) struct Turns {
    places: Semaphore,
    clients: Mutex<BTreeMap<IpAddr, usize>>,
}

/// The places of this process.
pub(super) static TURNS: Turns = Turns::new();

/// A turn, until it is dropped.
pub(super) struct Turn<'a> {
    _place: SemaphorePermit<'a>,
    _client: OfClient<'a>,
}

/// One of the few of a client.
struct OfClient<'a> {
    turns: &'a Turns,
    client: IpAddr,
}

impl Drop for OfClient<'_> {
    fn drop(&mut self) {
        let mut clients = self.turns.clients();
        let left = clients.get(&self.client).map_or(0, |count| count.saturating_sub(1));
        if left == 0 {
            clients.remove(&self.client);
        } else {
            clients.insert(self.client, left);
        }
    }
}

impl Turns {
    const fn new() -> Self {
        Self { places: Semaphore::const_new(AT_ONCE), clients: Mutex::new(BTreeMap::new()) }
    }

    fn clients(&self) -> MutexGuard<'_, BTreeMap<IpAddr, usize>> {
        self.clients.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn of_client(&self, client: IpAddr) -> Option<OfClient<'_>> {
        let mut clients = self.clients();
        let count = clients.entry(client).or_default();
        if *count >= OF_ONE_CLIENT {
            return None;
        }
        *count = count.saturating_add(1);
        Some(OfClient { turns: self, client })
    }

    /// Waits for a place; none for a client who has as many as one may have.
    pub(super) async fn take(&self, extensions: &Extensions) -> Option<Turn<'_>> {
        let client = self.of_client(client_key(proxies::client(extensions)))?;
        let place = self.places.acquire().await.ok()?;
        Some(Turn { _place: place, _client: client })
    }
}

#[cfg(test)]
mod tests {
    use std::net::SocketAddr;
    use std::time::Duration;

    use axum::extract::ConnectInfo;

    use super::*;

    fn from(address: &str) -> Extensions {
        let mut extensions = Extensions::new();
        extensions.insert(ConnectInfo(SocketAddr::new(address.parse().unwrap(), 40_000)));
        extensions
    }

    #[tokio::test(start_paused = true)]
    async fn one_client_never_has_all_places_and_gets_them_again() {
        let turns = Turns::new();
        let one = turns.take(&from("192.0.2.1")).await.unwrap();
        let _two = turns.take(&from("192.0.2.1")).await.unwrap();
        assert!(turns.take(&from("192.0.2.1")).await.is_none());
        let _other = turns.take(&from("192.0.2.2")).await.unwrap();
        drop(one);
        let _again = turns.take(&from("192.0.2.1")).await.unwrap();
        // Of one network of IPv6 somebody has as many addresses as they like.
        let _six = turns.take(&from("2001:db8::1")).await.unwrap();
        let waits = from("2001:db8::2");
        let waiting = turns.take(&waits);
        assert!(
            tokio::time::timeout(Duration::from_secs(1), waiting).await.is_err(),
            "four are read at once"
        );
        assert_eq!(turns.clients().len(), 3, "whoever gave up waiting left nothing");
        assert_eq!(turns.clients().get(&client_key("2001:db8::2".parse().unwrap())), Some(&1));
    }
}

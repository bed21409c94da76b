//! Looking up names.
//!
//! The system does it on a thread, which stays busy for as long as a name server keeps it waiting: longer than a call waits,
//! and also when nobody waits any more. Everything that is done beside the tasks needs these threads, and strangers choose
//! the names; so there are places for some look-ups, each of which is given back when its thread is done. Below one zone there
//! are fewer, so that one name server that never answers does not keep all of them.

use std::io;
use std::net::{SocketAddr, ToSocketAddrs};
use std::time::Duration;

use tokio::sync::{AcquireError, OwnedSemaphorePermit, Semaphore, SemaphorePermit};
use tokio::task::spawn_blocking;
use tokio::time::timeout;

use super::resolver::Unresolved;
use super::zones::Zones;

/// Most look-ups at once: a quarter of the threads that there are for such work.
pub(super) const MOST: usize = 128;

/// How long a call waits for a place; less than for a connection, so that it is told why it has none.
const PATIENCE: Duration = Duration::from_secs(1);

/// Names are looked up for so many others that this one has to wait.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("too many names are being looked up")]
pub(super) struct Crowded;

/// Where names lead, as somebody says who may take long.
type LookUp = fn(&str) -> io::Result<Vec<SocketAddr>>;

/// Looks up names, not too many at once.
pub(super) struct LookUps {
    places: Semaphore,
    zones: Zones,
    look_up: LookUp,
}

/// One of the places of a zone and one of all, given back when this goes.
type Place = (OwnedSemaphorePermit, SemaphorePermit<'static>);

/// What the system knows, for all clients of the process: they share its threads.
pub(super) static SYSTEM: LookUps = LookUps::new(system);

impl LookUps {
    pub(super) const fn new(look_up: LookUp) -> Self {
        Self { places: Semaphore::const_new(MOST), zones: Zones::new(), look_up }
    }

    /// Where `name` leads.
    ///
    /// # Errors
    /// [`Crowded`] or [`Unresolved`].
    pub(super) async fn look_up(
        &'static self,
        name: String,
    ) -> Result<Vec<SocketAddr>, Box<dyn std::error::Error + Send + Sync>> {
        let place = timeout(PATIENCE, self.place(&name)).await.map_err(|_| Crowded)??;
        let looking = move || {
            let found = (self.look_up)(&name);
            drop(place);
            found
        };
        Ok(spawn_blocking(looking).await.map_err(|_| Crowded)?.map_err(|_| Unresolved)?)
    }

    /// A place for `name`. The zone's comes first: who waits for that one stands in nobody's way but their own zone's.
    ///
    /// # Errors
    /// If the places were closed, which nobody does.
    async fn place(&'static self, name: &str) -> Result<Place, AcquireError> {
        let of_zone = self.zones.places(name).acquire_owned().await?;
        Ok((of_zone, self.places.acquire().await?))
    }
}

fn system(name: &str) -> io::Result<Vec<SocketAddr>> {
    Ok((name, 0).to_socket_addrs()?.collect())
}

//! How much of what strangers serve is held at one time, from the call to the answer.

use std::ops::Deref;
use std::sync::Arc;
use std::time::Duration;

use did::ResolveError;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;

/// Bytes in a unit of room.
const UNIT: usize = 1 << 10;

/// Room for so many bytes; who comes when it is full waits a while for it.
pub(crate) struct Room {
    units: Arc<Semaphore>,
    patience: Duration,
}

/// Room that was taken. It is given back when this goes.
pub(crate) struct Place(OwnedSemaphorePermit);

/// Something fetched, and the room that it takes.
pub(crate) struct Held {
    bytes: Vec<u8>,
    _place: Place,
}

impl Room {
    pub(crate) fn new(bytes: usize, patience: Duration) -> Self {
        Self { units: Arc::new(Semaphore::new((bytes / UNIT).min(Semaphore::MAX_PERMITS))), patience }
    }

    /// Room for the largest answer that a call may have and for what it takes besides, before the call is made: so this also
    /// bounds how many calls are under way.
    pub(crate) async fn place(&self, bytes: usize) -> Result<Place, ResolveError> {
        let waiting = Arc::clone(&self.units).acquire_many_owned(units(bytes));
        match timeout(self.patience, waiting).await {
            Ok(Ok(permit)) => Ok(Place(permit)),
            _ => Err(ResolveError::Busy),
        }
    }
}

impl Place {
    /// Holds `bytes` and gives back the room that they do not need.
    pub(crate) fn hold(mut self, bytes: Vec<u8>) -> Held {
        let taken = u32::try_from(self.0.num_permits()).unwrap_or(u32::MAX);
        let surplus = usize::try_from(taken.saturating_sub(units(bytes.len()))).unwrap_or(0);
        drop(self.0.split(surplus));
        Held { bytes, _place: self }
    }
}

impl Deref for Held {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.bytes
    }
}

/// The units that so many bytes take.
fn units(bytes: usize) -> u32 {
    u32::try_from(bytes.div_ceil(UNIT)).unwrap_or(u32::MAX)
}

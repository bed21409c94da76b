//! How much of what strangers serve is held at one time, from the call to the answer.

use std::ops::Deref;
use std::sync::Arc;
use std::time::Duration;

use did::ResolveError;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;

use crate::networks::{Share, Shares, asking};

/// Bytes in a unit of room.
const UNIT: usize = 1 << 10;

/// Room for so many bytes; who comes when it is full waits a while for it. Where less than half of it is left, the networks that have
/// their part of it get nothing more and do not wait: the others would stand behind them.
pub(crate) struct Room {
    units: Arc<Semaphore>,
    shares: Shares,
    patience: Duration,
}

/// Room that was taken. It is given back when this goes.
pub(crate) struct Place {
    units: OwnedSemaphorePermit,
    share: Share,
}

/// Something fetched, and the room that it takes.
pub(crate) struct Held {
    bytes: Vec<u8>,
    _place: Place,
}

impl Room {
    pub(crate) fn new(bytes: usize, patience: Duration) -> Self {
        let units = (bytes / UNIT).min(Semaphore::MAX_PERMITS);
        Self { units: Arc::new(Semaphore::new(units)), shares: Shares::of(units), patience }
    }

    /// Room for the largest answer that a call may have and for what it takes besides, before the call is made: so this also
    /// bounds how many calls are under way.
    pub(crate) async fn place(&self, bytes: usize) -> Result<Place, ResolveError> {
        let wanted = units(bytes);
        let share = self.shares.take_or_wait(asking(), amount(wanted)).ok_or(ResolveError::Busy)?;
        let waiting = Arc::clone(&self.units).acquire_many_owned(wanted);
        match timeout(self.patience, waiting).await {
            Ok(Ok(units)) => Ok(Place { units, share }),
            _ => Err(ResolveError::Busy),
        }
    }
}

impl Place {
    /// Holds `bytes` and gives back the room that they do not need.
    pub(crate) fn hold(mut self, bytes: Vec<u8>) -> Held {
        let needed = amount(units(bytes.len()));
        drop(self.units.split(self.units.num_permits().saturating_sub(needed)));
        self.share.keep(needed);
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

/// What so many units count among the shares.
fn amount(units: u32) -> usize {
    usize::try_from(units).unwrap_or(usize::MAX)
}

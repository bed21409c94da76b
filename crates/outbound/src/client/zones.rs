//! Which look-ups are of one zone.
//!
//! Whoever owns a zone has as many names as they like, and a name server that never answers for any of them.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::Semaphore;

use crate::zone;

/// Most look-ups at once below one zone: an eighth of all.
pub(super) const MOST_OF_ZONE: usize = 16;

/// The places of each zone of which names are looked up.
pub(super) struct Zones(Mutex<BTreeMap<String, Arc<Semaphore>>>);

impl Zones {
    pub(super) const fn new() -> Self {
        Self(Mutex::new(BTreeMap::new()))
    }

    /// The places of the zone of `name`.
    pub(super) fn places(&self, name: &str) -> Arc<Semaphore> {
        let mut zones = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        // Whoever looks up or waits to holds the places of the zone, so those that nobody holds are all free: there are never
        // more zones than calls.
        zones.retain(|_, places| Arc::strong_count(places) > 1);
        let places = zones.entry(zone(name)).or_insert_with(|| Arc::new(Semaphore::new(MOST_OF_ZONE)));
        Arc::clone(places)
    }
}

//! Queues for known hot keys inside this process.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use tokio::sync::OwnedMutexGuard;

use crate::change::Lanes;
use crate::key::TenantId;

type Lane = tokio::sync::Mutex<()>;

/// The lanes in use.
#[derive(Debug, Default)]
pub(crate) struct LaneTable(Mutex<BTreeMap<(TenantId, String), Weak<Lane>>>);

/// Held while a change runs.
#[derive(Debug)]
pub(crate) struct Entered {
    _guards: Vec<OwnedMutexGuard<()>>,
}

impl LaneTable {
    /// Waits until all lanes are free. They are taken in the order of their names, so nobody waits in a circle.
    pub(crate) async fn enter(&self, tenant: &TenantId, lanes: Lanes) -> Entered {
        let mut names = lanes.0;
        names.sort_unstable();
        names.dedup();
        let mut guards = Vec::with_capacity(names.len());
        for name in names {
            guards.push(self.lane(tenant, name).lock_owned().await);
        }
        Entered { _guards: guards }
    }

    fn lane(&self, tenant: &TenantId, name: String) -> Arc<Lane> {
        let mut table = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if table.len() > 1_000 {
            table.retain(|_, lane| lane.strong_count() > 0);
        }
        let entry = table.entry((tenant.clone(), name)).or_default();
        entry.upgrade().unwrap_or_else(|| {
            let lane = Arc::new(Lane::default());
            *entry = Arc::downgrade(&lane);
            lane
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn lanes_named_in_any_order_and_twice_do_not_wait_for_themselves() {
        let table = LaneTable::default();
        let tenant = TenantId::new("harbour").unwrap();
        let first = table.enter(&tenant, Lanes::of("b").and("a").and("b")).await;
        let other_tenant = TenantId::new("kiln-north").unwrap();
        table.enter(&other_tenant, Lanes::of("a")).await;
        assert!(table.lane(&tenant, "a".to_owned()).try_lock().is_err());
        drop(first);
        assert!(table.lane(&tenant, "a".to_owned()).try_lock().is_ok());
    }
}

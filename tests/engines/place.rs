//! Where a contract test runs: a store on a fresh engine, with a clock that moves when told.

use std::sync::Arc;

use environment::{Environment, ManualClock, SystemRandomness};
use store::memory::Memory;
use store::{Engine, Store, Tenant, TenantId};
use store_sled::Sled;
use tempfile::TempDir;

pub(crate) struct Place {
    pub(crate) store: Store,
    pub(crate) clock: Arc<ManualClock>,
    /// Present when the engine is the one in memory.
    pub(crate) memory: Option<Memory>,
    _folder: Option<TempDir>,
}

impl Place {
    pub(crate) fn memory() -> Self {
        let memory = Memory::new();
        Self::new(Arc::new(memory.clone()), Some(memory), None)
    }

    pub(crate) fn sled() -> Self {
        let folder = TempDir::new().unwrap();
        let engine = Sled::open(&folder.path().join("store")).unwrap();
        Self::new(Arc::new(engine), None, Some(folder))
    }

    fn new(engine: Arc<dyn Engine>, memory: Option<Memory>, folder: Option<TempDir>) -> Self {
        let clock = Arc::new(ManualClock::new(engines::noon()));
        let environment = Environment::new(clock.clone(), Arc::new(SystemRandomness));
        Self { store: Store::new(engine, environment), clock, memory, _folder: folder }
    }

    pub(crate) fn harbour(&self) -> Tenant {
        self.store.tenant(&TenantId::new("harbour.example.org").unwrap())
    }

    pub(crate) fn kiln_north(&self) -> Tenant {
        self.store.tenant(&TenantId::new("kiln-north.example.org").unwrap())
    }
}

/// Runs each named test on each engine.
macro_rules! on_each_engine {
    ($($name:ident),+ $(,)?) => {
        mod memory {
            $(
                #[tokio::test(flavor = "multi_thread", worker_threads = 4)]
                async fn $name() {
                    super::$name(crate::place::Place::memory()).await;
                }
            )+
        }
        mod sled {
            $(
                #[tokio::test(flavor = "multi_thread", worker_threads = 4)]
                async fn $name() {
                    super::$name(crate::place::Place::sled()).await;
                }
            )+
        }
    };
}
pub(crate) use on_each_engine;

//! A wallet that has been used for years, and a host that keeps a thousand: how long the server takes for a page, and how much memory.
//!
//! The pages are asked of the very router that serves them, without a network, over a store on disk; every time is the median of
//! several. A line of JSON for each figure: what, and microseconds or kilobytes.
#![expect(clippy::arithmetic_side_effects, reason = "figures of a run, far from any limit")]
#![allow(unreachable_pub, reason = "a program of several files")]
#![expect(clippy::unwrap_used, reason = "a benchmark stops loudly when something is refused")]
#![expect(clippy::print_stdout, reason = "the figures are what a benchmark is for")]

mod browser;
mod full;
mod host;

use std::sync::Arc;
use std::time::Instant;

use environment::{Environment, ManualClock, SystemRandomness, Timestamp};
use outbound::{Fetch, Fetching, OutboundError};
use serde_json::json;
use wallet::{BoxFuture, OutsideTrust, Vault, Wallet};
use wallet_web::{NotOpened, OpenWallet};

/// As in the product.
#[global_allocator]
static ALLOCATOR: zeroizing_alloc::ZeroAlloc<mimalloc::MiMalloc> =
    zeroizing_alloc::ZeroAlloc(mimalloc::MiMalloc);

/// When everything here happens.
pub const NOW: i64 = 1_800_000_000;
/// How often each page is asked for.
const TIMES: usize = 9;

/// No way out.
struct Nowhere;

impl Fetch for Nowhere {
    fn fetch(&self, _: outbound::Request) -> Fetching<'_> {
        Box::pin(std::future::ready(Err(OutboundError::Unreachable)))
    }
}

/// Puts wallets together that deal with nobody.
pub struct Opener(pub Environment);

impl OpenWallet for Opener {
    fn open(&self, vault: Arc<Vault>) -> BoxFuture<'_, Result<Wallet, NotOpened>> {
        let resolver = Arc::new(did::SelfContainedResolver);
        let trust = OutsideTrust::new(Vec::new(), Vec::new(), resolver, self.0.clone());
        let wallet = Wallet::new(vault, Arc::new(Nowhere), Arc::new(trust), self.0.clone());
        Box::pin(std::future::ready(Ok(wallet)))
    }
}

/// A clock that stands still, and the system's randomness.
pub fn environment() -> Environment {
    Environment::new(Arc::new(ManualClock::new(Timestamp::from_seconds(NOW))), Arc::new(SystemRandomness))
}

/// Prints the median time of some work.
pub async fn measured(what: &str, mut work: impl AsyncFnMut()) {
    let mut taken = Vec::new();
    for _ in 0..TIMES {
        let begun = Instant::now();
        work().await;
        taken.push(begun.elapsed().as_secs_f64() * 1e6);
    }
    taken.sort_by(f64::total_cmp);
    println!("{}", json!({"what": what, "microseconds": taken.get(TIMES / 2).copied()}));
}

/// Prints how much memory something takes.
pub fn remembered(what: &str, kilobytes: u64) {
    println!("{}", json!({"what": what, "kilobytes": kilobytes}));
}

fn main() {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        // First, while the process has kept nothing in memory for anybody else.
        host::run().await;
        full::run().await;
    });
}

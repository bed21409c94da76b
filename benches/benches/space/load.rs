//! Whole sign-ups of many members at once: how many a second, how long the slowest take, what it costs the space.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use serde_json::json;
use tokio::runtime::Runtime;

use crate::member::Member;
use crate::process::Child;
use crate::space::Keeping;

/// How many members sign up at once.
const CLIENTS: [usize; 3] = [1, 8, 64];
const WARM: Duration = Duration::from_secs(2);
const LONG: Duration = Duration::from_secs(10);

/// What one run showed.
struct Shown {
    clients: usize,
    taken: Vec<Duration>,
    wall: Duration,
    spent: Duration,
    spent_by_members: Duration,
    most_memory: u64,
}

/// Prints a line of JSON for each number of members, first with all cores for everybody, then with one core for the
/// space and the others for the members.
pub fn run() {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    for core in [None, Some(0)] {
        for clients in CLIENTS {
            let shown = at_once(clients, core);
            println!("{}", shown.told(cores, core.is_some()));
        }
    }
}

fn at_once(clients: usize, core: Option<usize>) -> Shown {
    let (space, told) = Child::start(Keeping::OnDisk, core);
    let member = Arc::new(Member::new(&told));
    let runtime = Runtime::new().unwrap();
    runtime.block_on(sign_ups(&member, clients, WARM));
    let (begun, before, members_before) = (Instant::now(), space.processor_time(), own_processor_time());
    let mut taken = runtime.block_on(sign_ups(&member, clients, LONG));
    let wall = begun.elapsed();
    taken.sort_unstable();
    Shown {
        clients,
        taken,
        wall,
        spent: space.processor_time() - before,
        spent_by_members: own_processor_time() - members_before,
        most_memory: space.most_memory(),
    }
}

/// `clients` members sign up one time after the other until `long` has passed.
async fn sign_ups(member: &Arc<Member>, clients: usize, long: Duration) -> Vec<Duration> {
    let over = Arc::new(AtomicBool::new(false));
    let client = || {
        let (member, over) = (Arc::clone(member), Arc::clone(&over));
        tokio::spawn(async move {
            let mut taken = Vec::new();
            while !over.load(Ordering::Relaxed) {
                let begun = Instant::now();
                member.sign_up().await;
                taken.push(begun.elapsed());
            }
            taken
        })
    };
    let clients: Vec<_> = std::iter::repeat_with(client).take(clients).collect();
    tokio::time::sleep(long).await;
    over.store(true, Ordering::Relaxed);
    let mut taken = Vec::new();
    for client in clients {
        taken.extend(client.await.unwrap());
    }
    taken
}

fn own_processor_time() -> Duration {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
    Duration::new(u64::try_from(time.tv_sec).unwrap(), u32::try_from(time.tv_nsec).unwrap())
}

impl Shown {
    fn told(&self, cores: usize, one_core: bool) -> serde_json::Value {
        let count = u32::try_from(self.taken.len()).unwrap();
        let milliseconds = |share: f64| {
            let place = (f64::from(count) * share) as usize;
            self.taken[place.min(self.taken.len() - 1)].as_secs_f64() * 1e3
        };
        json!({
            "clients": self.clients,
            "one_core": one_core,
            "cores": cores,
            "a_second": f64::from(count) / self.wall.as_secs_f64(),
            "median_ms": milliseconds(0.5),
            "p99_ms": milliseconds(0.99),
            "space_cores": self.spent.as_secs_f64() / self.wall.as_secs_f64(),
            "members_cores": self.spent_by_members.as_secs_f64() / self.wall.as_secs_f64(),
            "processor_us": self.spent.as_secs_f64() * 1e6 / f64::from(count),
            "most_memory_kb": self.most_memory,
        })
    }
}

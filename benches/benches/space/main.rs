//! A space at work over loopback: real HTTP, its store on disk, every acknowledged answer fsynced.
//!
//! `answer` is one encrypted answer with an `x5c` credential, four claims and a kept status list, made beforehand:
//! the space decrypts, verifies, decides, seals, signs the proof of sharing and commits. `answers_at_once` are 64 of
//! them side by side, which share their fsyncs; `answer_processor` is the processor time that the space spends on one
//! of those, all its threads together: the member has a thread of its own, whose time is taken off. `sign_up` is the
//! whole way from the page to the membership in the wallet.
#![allow(unreachable_pub, reason = "a program of several files")]
#![expect(clippy::unwrap_used, reason = "a benchmark stops loudly when something is refused")]
#![expect(clippy::indexing_slicing, reason = "JSON of our own, where a missing member is null")]
#![expect(clippy::print_stdout, reason = "the figures are what a benchmark is for")]

mod member;
mod space;

use std::sync::Arc;
use std::time::{Duration, Instant};

use member::Member;
use outbound::Request;
use rustix::time::{ClockId, clock_gettime};
use space::{Keeping, Running};
use tokio::runtime::{Builder, Runtime};

const AT_ONCE: usize = 64;
/// How many answers the processor time is taken of.
const ANSWERS: usize = 1_024;

/// A space with threads of its own, and a member on the thread that measures.
struct Scene {
    member: Arc<Member>,
    members_runtime: Runtime,
    _space: (Running, Runtime),
}

impl Scene {
    fn new(keeping: Keeping) -> Self {
        let spaces_runtime = Runtime::new().unwrap();
        let space = spaces_runtime.block_on(Running::start(keeping));
        let member = Arc::new(Member::new(&space));
        let members_runtime = Builder::new_current_thread().enable_all().build().unwrap();
        Self { member, members_runtime, _space: (space, spaces_runtime) }
    }

    fn ready(&self) -> Request {
        self.members_runtime.block_on(async { self.member.answer(&self.member.ask().await) })
    }

    fn send(&self, answers: Vec<Request>) {
        self.members_runtime.block_on(async {
            let send = |answer| {
                let member = Arc::clone(&self.member);
                tokio::spawn(async move { member.send_answer(answer).await })
            };
            for sent in answers.into_iter().map(send).collect::<Vec<_>>() {
                sent.await.unwrap();
            }
        });
    }

    fn median(&self, times: usize, mut run: impl FnMut(&Self) -> Duration) -> f64 {
        let mut taken: Vec<Duration> = (0..times).map(|_| run(self)).collect();
        taken.sort_unstable();
        taken[times / 2].as_secs_f64() * 1e6
    }

    fn answers(&self, count: usize) -> Duration {
        let answers = (0..count).map(|_| self.ready()).collect();
        let begun = Instant::now();
        self.send(answers);
        begun.elapsed()
    }

    fn sign_up(&self) -> Duration {
        let begun = Instant::now();
        self.members_runtime.block_on(self.member.sign_up());
        begun.elapsed()
    }

    /// The space's processor time for one answer, in microseconds, and answers a second.
    fn processor_time(&self) -> (f64, f64) {
        let answers: Vec<Request> = (0..ANSWERS).map(|_| self.ready()).collect();
        let (wall, before) = (Instant::now(), processor_time_of_others());
        for batch in answers.chunks(AT_ONCE) {
            self.send(batch.to_vec());
        }
        let count = f64::from(u32::try_from(ANSWERS).unwrap());
        ((processor_time_of_others() - before) / count, count / wall.elapsed().as_secs_f64())
    }
}

/// Processor time of all threads but this one, in microseconds.
fn processor_time_of_others() -> f64 {
    let read = |clock| {
        let time = clock_gettime(clock);
        let seconds = u64::try_from(time.tv_sec).unwrap();
        Duration::new(seconds, u32::try_from(time.tv_nsec).unwrap()).as_secs_f64() * 1e6
    };
    read(ClockId::ProcessCPUTime) - read(ClockId::ThreadCPUTime)
}

fn main() {
    if !std::env::args().any(|argument| argument == "--bench") {
        return;
    }
    let scene = Scene::new(Keeping::OnDisk);
    println!("answer\t{:.1}\t-", scene.median(300, |scene| scene.answers(1)));
    println!("answers_at_once\t{:.1}\t-", scene.median(20, |scene| scene.answers(AT_ONCE)));
    let (each, rate) = scene.processor_time();
    println!("answer_processor\t{each:.1}\t{rate:.1} a second");
    let (in_memory, rate_in_memory) = Scene::new(Keeping::InMemory).processor_time();
    println!("answer_processor_memory\t{in_memory:.1}\t{rate_in_memory:.1} a second");
    println!("sign_up\t{:.1}\t-", scene.median(100, Scene::sign_up));
}

//! A space at work over loopback: real HTTP, its store on disk, every acknowledged answer fsynced. It has a process of
//! its own, so that what it costs is not mixed with what the members cost.
//!
//! `answer` is one encrypted answer with an `x5c` credential, four claims and a kept status list, made beforehand:
//! the space decrypts, verifies, decides, seals, signs the proof of sharing and commits. `answers_at_once` are 64 of
//! them side by side, which share their fsyncs; `answer_processor` is the processor time that the space spends on one
//! of those. `sign_up` is the whole way from the page to the membership in the wallet. With the word `load` whole
//! sign-ups of 1, 8 and 64 members at once are counted instead; with the word `answers` only the processor time of
//! answers, three times.
#![expect(clippy::arithmetic_side_effects, reason = "figures of a run, far from any limit")]
#![allow(unreachable_pub, reason = "a program of several files")]
#![expect(clippy::unwrap_used, reason = "a benchmark stops loudly when something is refused")]
#![expect(clippy::indexing_slicing, reason = "JSON of our own, where a missing member is null")]
#![expect(clippy::print_stdout, reason = "the figures are what a benchmark is for")]

mod load;
mod member;
mod process;
mod space;

use std::sync::Arc;
use std::time::{Duration, Instant};

use member::Member;
use outbound::Request;
use process::Child;
use space::Keeping;
use tokio::runtime::Runtime;

/// As in the product.
#[global_allocator]
static ALLOCATOR: zeroizing_alloc::ZeroAlloc<mimalloc::MiMalloc> =
    zeroizing_alloc::ZeroAlloc(mimalloc::MiMalloc);

const AT_ONCE: usize = 64;
/// How many answers the processor time is taken of.
const ANSWERS: usize = 1_024;

/// A space in a process of its own, and a member here.
struct Scene {
    member: Arc<Member>,
    runtime: Runtime,
    space: Child,
}

impl Scene {
    fn new(keeping: Keeping) -> Self {
        let (space, told) = Child::start(keeping, None);
        Self { member: Arc::new(Member::new(&told)), runtime: Runtime::new().unwrap(), space }
    }

    fn ready(&self) -> Request {
        self.runtime.block_on(async { self.member.answer(&self.member.ask().await) })
    }

    fn send(&self, answers: Vec<Request>) {
        self.runtime.block_on(async {
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
        self.runtime.block_on(self.member.sign_up());
        begun.elapsed()
    }

    /// The space's processor time for one answer in microseconds, and answers a second.
    fn processor_time(&self) -> (f64, f64) {
        let answers: Vec<Request> = (0..ANSWERS).map(|_| self.ready()).collect();
        let (wall, before) = (Instant::now(), self.space.processor_time());
        for batch in answers.chunks(AT_ONCE) {
            self.send(batch.to_vec());
        }
        let count = f64::from(u32::try_from(ANSWERS).unwrap());
        let spent = (self.space.processor_time() - before).as_secs_f64() * 1e6;
        (spent / count, count / wall.elapsed().as_secs_f64())
    }
}

fn main() {
    let words: Vec<String> = std::env::args().skip(1).collect();
    if words.iter().any(|word| word == "load") {
        load::run();
    } else if words.iter().any(|word| word == "answers") {
        answers_alone();
    } else if let Some(keeping) = words.iter().find_map(|word| Keeping::of(word)) {
        space::serve(keeping);
    } else if words.iter().any(|word| word == "--bench") {
        tell();
    }
}

fn answers_alone() {
    for (name, keeping) in [("disk", Keeping::OnDisk), ("memory", Keeping::InMemory)] {
        let scene = Scene::new(keeping);
        for _ in 0..3 {
            let (each, rate) = scene.processor_time();
            println!("{name}\t{each:.1}\t{rate:.1} a second");
        }
    }
}

fn tell() {
    let scene = Scene::new(Keeping::OnDisk);
    println!("answer\t{:.1}\t-", scene.median(300, |scene| scene.answers(1)));
    println!("answers_at_once\t{:.1}\t-", scene.median(20, |scene| scene.answers(AT_ONCE)));
    let (each, rate) = scene.processor_time();
    println!("answer_processor\t{each:.1}\t{rate:.1} a second");
    println!("sign_up\t{:.1}\t-", scene.median(100, Scene::sign_up));
    let (each, rate) = Scene::new(Keeping::InMemory).processor_time();
    println!("answer_processor_memory\t{each:.1}\t{rate:.1} a second");
}

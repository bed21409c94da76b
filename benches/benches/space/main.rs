//! A space at work over loopback: real HTTP, its store on disk, every acknowledged answer fsynced.
//!
//! `answer` is one encrypted answer with an `x5c` credential, four claims and a kept status list, made beforehand:
//! the space decrypts, verifies, decides, seals, signs the proof of sharing and commits. `answers_at_once` are 64 of
//! them side by side, which share their fsyncs. `sign_up` is the whole way from the page to the membership in the
//! wallet. Member and space share one process here, so the member's work counts too.
#![allow(missing_docs, reason = "divan's macros make the entry points")]
#![allow(unreachable_pub, reason = "a program of several files")]
#![expect(clippy::unwrap_used, reason = "a benchmark stops loudly when something is refused")]
#![expect(clippy::indexing_slicing, reason = "JSON of our own, where a missing member is null")]

mod member;
mod space;

use std::sync::LazyLock;
use std::time::Instant;

use divan::Bencher;
use divan::counter::ItemsCount;
use member::Member;
use outbound::Request;
use space::Running;
use tokio::runtime::Runtime;

const AT_ONCE: usize = 64;

struct Scene {
    runtime: Runtime,
    member: Member,
    _space: Running,
}

static SCENE: LazyLock<Scene> = LazyLock::new(|| {
    let runtime = Runtime::new().unwrap();
    let space = runtime.block_on(Running::start());
    let member = Member::new(&space);
    Scene { runtime, member, _space: space }
});

impl Scene {
    fn ready(&self) -> Request {
        self.runtime.block_on(async { self.member.answer(&self.member.ask().await) })
    }

    fn send(&self, answer: Request) {
        self.runtime.block_on(self.member.send_answer(answer));
    }

    fn send_all(&'static self, answers: Vec<Request>) {
        self.runtime.block_on(async {
            let sent: Vec<_> =
                answers.into_iter().map(|answer| tokio::spawn(self.member.send_answer(answer))).collect();
            for one in sent {
                one.await.unwrap();
            }
        });
    }
}

fn main() {
    divan::main();
    if std::env::args().any(|argument| argument == "--bench") {
        tell_processor_time();
    }
}

/// Prints how much processor time one answer costs space and sender together, in microseconds: what the other
/// verifiers were measured by.
#[expect(clippy::print_stdout, reason = "the figure is what a benchmark is for")]
fn tell_processor_time() {
    const ANSWERS: u32 = 512;
    let answers: Vec<Request> = (0..ANSWERS).map(|_| SCENE.ready()).collect();
    let (wall, before) = (Instant::now(), processor_time());
    for batch in answers.chunks(AT_ONCE) {
        SCENE.send_all(batch.to_vec());
    }
    let each = (processor_time() - before) / f64::from(ANSWERS);
    let rate = f64::from(ANSWERS) / wall.elapsed().as_secs_f64();
    println!("answer_processor\t{rate:.1}\t{each:.1}");
}

/// User and system time of this process so far, in microseconds (`/proc/self/stat`, in hundredths of a second).
fn processor_time() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap();
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap().split_whitespace().collect();
    let ticks: f64 = fields[11..=12].iter().map(|field| field.parse::<f64>().unwrap()).sum();
    ticks * 10_000.0
}

#[divan::bench(max_time = 3)]
fn answer(bencher: Bencher<'_, '_>) {
    bencher.with_inputs(|| SCENE.ready()).bench_local_values(|answer| SCENE.send(answer));
}

#[divan::bench(max_time = 3, sample_count = 10)]
fn answers_at_once(bencher: Bencher<'_, '_>) {
    bencher
        .counter(ItemsCount::new(AT_ONCE))
        .with_inputs(|| (0..AT_ONCE).map(|_| SCENE.ready()).collect::<Vec<_>>())
        .bench_local_values(|answers| SCENE.send_all(answers));
}

#[divan::bench(max_time = 5)]
fn sign_up(bencher: Bencher<'_, '_>) {
    bencher.bench_local(|| SCENE.runtime.block_on(SCENE.member.sign_up()));
}

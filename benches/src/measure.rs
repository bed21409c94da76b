//! The clock: one job repeated, and the median of its times.

use std::hint::black_box;
use std::time::{Duration, Instant};

use serde::Serialize;

/// Shortest time that one reading of the clock covers: what takes less is repeated until it does.
const READABLE: Duration = Duration::from_micros(20);

/// How long one job is repeated, as long as the other libraries repeat theirs.
pub const LONG: Duration = Duration::from_millis(600);

/// Repeats a job as often as it is told and says how long that took, the making of its inputs not counted.
pub type Repeat = Box<dyn FnMut(u32) -> Duration>;

/// The work that a job cannot do without: so many runs of a bare one.
#[derive(Clone, Copy)]
pub struct Beside {
    /// What that is, in words.
    pub what: &'static str,
    /// Name of the bare job.
    pub name: &'static str,
    /// How many runs of it.
    pub times: f64,
}

/// A job with a name, and how it is made ready.
#[derive(Clone, Copy)]
pub struct Job {
    /// Its name on the command line and in results.
    pub name: &'static str,
    /// What it is, in words.
    pub what: &'static str,
    /// What its time is to be compared with.
    pub beside: Option<Beside>,
    /// Makes it ready: keys, credentials, logs.
    pub ready: fn() -> Repeat,
}

impl Job {
    /// The median time of one run in microseconds, measured for about `long`, after a quarter of that to warm up.
    #[must_use]
    pub fn median(&self, long: Duration) -> f64 {
        let mut repeat = (self.ready)();
        let times = times_that_are_readable(&mut repeat, long.mul_f64(0.25));
        let mut each = Vec::new();
        let begun = Instant::now();
        while begun.elapsed() < long || each.len() < 3 {
            each.push(repeat(times).as_secs_f64() * 1e6 / f64::from(times));
        }
        each.sort_by(f64::total_cmp);
        each.get(each.len() / 2).copied().unwrap_or(f64::NAN)
    }
}

/// What was measured of one job.
#[derive(Clone, Debug, Serialize)]
pub struct Figure {
    /// Its name.
    pub name: &'static str,
    /// What it is.
    pub what: &'static str,
    /// The median time of one run.
    pub microseconds: f64,
    /// What it was compared with, in words.
    pub beside: Option<&'static str>,
    /// How many times as long as that it takes.
    pub ratio: Option<f64>,
}

/// Measures jobs in turn, each for about `long`; `begin` is told before each. What a job is compared with must come
/// before it.
pub fn measure(jobs: &[Job], long: Duration, mut begin: impl FnMut(&Job)) -> Vec<Figure> {
    let mut figures: Vec<Figure> = Vec::with_capacity(jobs.len());
    for job in jobs {
        begin(job);
        let microseconds = job.median(long);
        let bare = |beside: &Beside| {
            let bare = figures.iter().find(|figure| figure.name == beside.name)?;
            Some(microseconds / (bare.microseconds * beside.times))
        };
        figures.push(Figure {
            name: job.name,
            what: job.what,
            microseconds,
            beside: job.beside.map(|beside| beside.what),
            ratio: job.beside.as_ref().and_then(bare),
        });
    }
    figures
}

/// Warms up and finds how many repetitions the clock can read.
fn times_that_are_readable(repeat: &mut Repeat, long: Duration) -> u32 {
    let begun = Instant::now();
    let mut times = 1;
    loop {
        let readable = repeat(times) >= READABLE;
        if !readable && times < 1 << 20 {
            times = times.saturating_mul(2);
        } else if begun.elapsed() >= long {
            return times;
        }
    }
}

/// A job that needs nothing fresh.
pub fn same<T>(mut job: impl FnMut() -> T + 'static) -> Repeat {
    Box::new(move |times| {
        let begun = Instant::now();
        for _ in 0..times {
            black_box(job());
        }
        begun.elapsed()
    })
}

/// A job that uses up its input.
pub fn fresh<I, T>(mut input: impl FnMut() -> I + 'static, mut job: impl FnMut(I) -> T + 'static) -> Repeat {
    Box::new(move |times| {
        let inputs: Vec<I> = (0..times).map(|_| input()).collect();
        let mut outcomes = Vec::with_capacity(inputs.len());
        let begun = Instant::now();
        for input in inputs {
            outcomes.push(black_box(job(input)));
        }
        begun.elapsed()
    })
}

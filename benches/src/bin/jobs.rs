//! Runs the jobs: `jobs` prints their figures as JSON, `jobs --names` their names, and `jobs NAME TIMES` repeats one without measuring it, for a
//! profiler or a counter of instructions.
#![expect(clippy::print_stdout, reason = "the figures are what a benchmark is for")]

use std::hint::black_box;
use std::process::ExitCode;

use benches::measure::{LONG, Repeat, measure};

/// As the others have it. The product wipes beside that what is freed, which `wiping` measures.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    match words.as_slice() {
        [] => match serde_json::to_string(&measure(&benches::all(), LONG, |_| ())) {
            Ok(figures) => {
                println!("{figures}");
                ExitCode::SUCCESS
            }
            Err(_) => ExitCode::FAILURE,
        },
        [names] if names == "--names" => {
            benches::all().iter().for_each(|job| println!("{}", job.name));
            ExitCode::SUCCESS
        }
        [name, times] => repeat(name, times),
        _ => ExitCode::from(2),
    }
}

fn repeat(name: &str, times: &str) -> ExitCode {
    let job = benches::all().into_iter().find(|job| job.name == name);
    let (Some(job), Ok(times)) = (job, times.parse()) else { return ExitCode::from(2) };
    let mut ready = (job.ready)();
    // What only the first run costs, such as gathering randomness from the machine, is not of the job.
    ready(1);
    counted(&mut ready, times);
    ExitCode::SUCCESS
}

/// A counter of instructions is told to count in here alone, by this name.
#[inline(never)]
fn counted(ready: &mut Repeat, times: u32) {
    black_box(ready(times));
}

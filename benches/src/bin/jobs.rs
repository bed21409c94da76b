//! Runs the jobs: `jobs` prints their figures as JSON, `jobs --names` their names, and `jobs NAME TIMES` repeats one without measuring it, for a
//! profiler or a counter of instructions.
#![expect(clippy::print_stdout, reason = "the figures are what a benchmark is for")]

use std::process::ExitCode;
use std::time::Duration;

use benches::measure::measure;

/// How long one job is repeated, as long as the other libraries repeat theirs.
const LONG: Duration = Duration::from_millis(600);

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
    (job.ready)()(times);
    ExitCode::SUCCESS
}

//! `passport bench`: how fast this machine does what an office, a wallet and a space do all day; [`network`]: how many spaces and
//! members it bears.

mod network;

use std::io::Write;
use std::process::ExitCode;
use std::time::Duration;

use benches::measure::{Figure, Job, measure};
use clap::{Args, Subcommand};
use indicatif::{ProgressBar, ProgressStyle};

/// Measure the daily work of office, wallet and space on this machine, beside the bare cryptography in it.
#[derive(Args, Debug)]
#[command(args_conflicts_with_subcommands = true)]
pub(crate) struct BenchArguments {
    #[command(subcommand)]
    what: Option<What>,
    /// For how long each job is repeated, in milliseconds.
    #[arg(long, default_value_t = 600, value_name = "MILLISECONDS", value_parser = clap::value_parser!(u64).range(1..=60_000))]
    each: u64,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

/// What else is measured.
#[derive(Debug, Subcommand)]
enum What {
    Network(network::NetworkBench),
}

/// Measures and prints. Progress goes to the terminal while it runs.
///
/// # Errors
/// The result cannot be written, or a network cannot be made.
pub(crate) async fn run(arguments: &BenchArguments, output: &mut dyn Write) -> anyhow::Result<ExitCode> {
    if let Some(What::Network(bench)) = &arguments.what {
        return network::run(bench, output).await;
    }
    let jobs = benches::all();
    let progress = ProgressBar::new(u64::try_from(jobs.len()).unwrap_or(u64::MAX));
    if let Ok(style) = ProgressStyle::with_template("{bar:30} {pos}/{len} {msg}") {
        progress.set_style(style);
    }
    let begin = |job: &Job| {
        progress.set_message(job.what);
        progress.inc(1);
    };
    let figures = measure(&jobs, Duration::from_millis(arguments.each), begin);
    progress.finish_and_clear();
    if arguments.json {
        writeln!(output, "{}", serde_json::to_string_pretty(&figures)?)?;
    } else {
        print(&figures, output)?;
    }
    Ok(ExitCode::SUCCESS)
}

fn print(figures: &[Figure], output: &mut dyn Write) -> anyhow::Result<()> {
    if cfg!(debug_assertions) {
        writeln!(output, "This is a development build: the release build is many times faster.\n")?;
    }
    for figure in figures {
        let beside = figure.beside.zip(figure.ratio);
        let beside = beside.map_or_else(String::new, |(what, ratio)| format!("{ratio:.2} x {what}"));
        writeln!(output, "{:<62} {:>10}  {beside}", figure.what, time(figure.microseconds))?;
    }
    writeln!(
        output,
        "\nMedian times of one thread. Read the ratios: 1.25 x means that everything around the bare cryptography \
         adds a quarter to it. How other libraries do on the same work: docs/performance.md."
    )?;
    Ok(())
}

fn time(microseconds: f64) -> String {
    match microseconds {
        time if time < 1.0 => format!("{:.0} ns", time * 1e3),
        time if time < 1e3 => format!("{time:.1} us"),
        time => format!("{:.2} ms", time / 1e3),
    }
}

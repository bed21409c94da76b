//! `passport bench network`: a network of many spaces and members, made on this machine and served by this very binary in a process of
//! its own, and how it bears up.
//!
//! Members sign up over HTTP, as wallets do: a request is fetched, details of the member's own word and terms are signed for it, the
//! answer is encrypted and sent; the space decrypts, verifies, decides, seals, signs and commits. What a wallet looks at for its member's
//! sake is left out: it is the spaces that are measured. There is no office, for nothing here is checked by one.

mod authenticator;
mod console;
mod crowd;
mod figures;
mod making;
mod member;
mod server;

use std::io::Write;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use clap::Args;
use environment::Environment;
use indicatif::{ProgressBar, ProgressStyle};

use console::Console;
use crowd::Crowd;
use figures::{Figures, Latency};
use making::{FULL, Places, open_form};
use server::Server;

/// For how long the idle processor time is taken.
const IDLE: Duration = Duration::from_secs(5);
/// How often each page is asked for.
const LOADS: usize = 200;
/// How many want one of the places at once.
const WANTING: usize = 200;

/// Make a network of many spaces and members on this machine, and measure how it bears up.
#[derive(Args, Debug)]
pub(crate) struct NetworkBench {
    /// How many spaces.
    #[arg(long, default_value_t = 700, value_parser = clap::value_parser!(u16).range(2..=5_000))]
    spaces: u16,
    /// How many members in all; each signs up at one space.
    #[arg(long, default_value_t = 100_000, value_parser = clap::value_parser!(u32).range(1..=10_000_000))]
    members: u32,
    /// How many of them are at the first space, whose pages are measured; the others are spread evenly.
    #[arg(long, default_value_t = 10_000)]
    largest: u32,
    /// How many members sign up at the same time.
    #[arg(long, default_value_t = 32, value_parser = clap::value_parser!(u16).range(1..=500))]
    at_once: u16,
    /// A folder that is not there yet, to keep the network in; else it is made in a temporary one and removed.
    #[arg(long, value_name = "FOLDER")]
    data: Option<PathBuf>,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

/// Makes, measures and prints. Progress goes to the terminal while it runs.
///
/// # Errors
/// A sentence for the person at the terminal.
pub(super) async fn run(bench: &NetworkBench, output: &mut dyn Write) -> Result<ExitCode> {
    ensure!(bench.largest <= bench.members, "--largest is among --members: give at most {}", bench.members);
    let temporary = tempfile::Builder::new().prefix("passport-bench-").tempdir()?;
    let data = match &bench.data {
        None => temporary.path().to_owned(),
        Some(folder) => {
            std::fs::create_dir(folder)
                .with_context(|| format!("--data names a folder that is made: {}", folder.display()))?;
            folder.canonicalize()?
        }
    };
    let figures = measure(bench, &data).await?;
    if bench.json {
        writeln!(output, "{}", serde_json::to_string_pretty(&figures)?)?;
    } else {
        figures.print(output)?;
    }
    Ok(ExitCode::SUCCESS)
}

async fn measure(bench: &NetworkBench, data: &Path) -> Result<Figures> {
    let environment = Environment::system();
    let port = TcpListener::bind(("127.0.0.1", 0))?.local_addr()?.port();
    let places = Places { port, spaces: usize::from(bench.spaces) };
    let progress = Progress::new(u64::from(bench.spaces), "making spaces");
    let begun = Instant::now();
    making::make(data, &places, &environment, || progress.step())?;
    let making_seconds = begun.elapsed().as_secs_f64();

    let server = Server::start(data, &places).await?;
    let start_seconds = server.started_in.as_secs_f64();
    let memory_empty = server.memory()?;
    let idle_percent = server.processor_share(IDLE).await?;

    let crowd = Arc::new(Crowd::new(&places, environment.clone())?);
    let progress = Progress::new(u64::from(bench.members), "signing members up");
    let signed_up =
        crowd.sign_up(bench.members, bench.largest, bench.at_once, move || progress.step()).await?;
    let memory_full = server.memory()?;
    let idle_percent_full = server.processor_share(IDLE).await?;

    let console = Console::enter(data, &places, Arc::clone(&crowd)).await?;
    console.open_directory().await?;
    let pages = console.measure(LOADS).await?;
    let rush = rush(data, &places, &crowd).await?;
    let disk = server::size_of(data)?;
    drop(server);
    let again = Server::start(data, &places).await?;
    Ok(Figures {
        spaces: bench.spaces,
        members: bench.members,
        largest: bench.largest,
        is_release: !cfg!(debug_assertions),
        making_seconds,
        start_seconds,
        start_seconds_full: again.started_in.as_secs_f64(),
        memory_megabytes: memory_empty,
        memory_megabytes_full: memory_full,
        memory_megabytes_started_full: again.memory()?,
        idle_processor_percent: idle_percent,
        idle_processor_percent_full: idle_percent_full,
        sign_ups_per_second: signed_up.per_second,
        sign_up: signed_up.latency,
        pages,
        rush,
        disk_megabytes: disk,
    })
}

/// Many want the few places of one form at once.
async fn rush(data: &Path, places: &Places, crowd: &Arc<Crowd>) -> Result<figures::Rush> {
    let name = places.name(1);
    let before = in_state(data, &name).await?;
    // Whoever is a member already has a place.
    let all = u32::try_from(before.0).ok().and_then(|members| FULL.checked_add(members));
    let set = serde_json::json!({"command": "verifier.form.set", "form": open_form(all)});
    crate::running::call(data, &name, set).await?;
    let latency = crowd.rush(1, WANTING).await?;
    let after = in_state(data, &name).await?;
    let (let_in, waiting) = (after.0.saturating_sub(before.0), after.1.saturating_sub(before.1));
    Ok(figures::Rush { wanting: WANTING, places: FULL.get(), let_in, waiting, latency })
}

/// How many sign-ups of a space were approved, and how many wait for a place.
async fn in_state(data: &Path, name: &str) -> Result<(usize, usize)> {
    let all =
        crate::running::call(data, name, serde_json::json!({"command": "verifier.member.list"})).await?;
    let waiting =
        crate::running::call(data, name, serde_json::json!({"command": "verifier.sign-ups"})).await?;
    let count = |value: &serde_json::Value, member: &str| {
        value.get(member).and_then(serde_json::Value::as_array).map_or(0, Vec::len)
    };
    Ok((count(&all, "members"), count(&waiting, "sign_ups")))
}

/// A bar that goes on.
struct Progress(ProgressBar);

impl Progress {
    fn new(steps: u64, what: &'static str) -> Self {
        let bar = ProgressBar::new(steps);
        if let Ok(style) = ProgressStyle::with_template("{msg:20} {bar:30} {pos}/{len} {per_sec} {eta}") {
            bar.set_style(style);
        }
        bar.set_message(what);
        Self(bar)
    }

    fn step(&self) {
        self.0.inc(1);
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}

/// What so many took.
fn latency(mut taken: Vec<Duration>) -> Latency {
    taken.sort_unstable();
    let at = |percent: usize| {
        let place = taken.len().saturating_mul(percent).div_ceil(100).saturating_sub(1);
        taken.get(place).map_or(0.0, |taken| taken.as_secs_f64() * 1e3)
    };
    Latency { median: at(50), p99: at(99) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_99th_of_a_hundred_is_not_the_slowest() {
        let taken = (1..=100).rev().map(Duration::from_millis).collect();
        assert_eq!(latency(taken), Latency { median: 50.0, p99: 99.0 });
        assert_eq!(latency(vec![Duration::from_millis(7)]), Latency { median: 7.0, p99: 7.0 });
        assert_eq!(latency(Vec::new()), Latency { median: 0.0, p99: 0.0 });
    }
}

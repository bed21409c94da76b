//! The process that is measured: this very binary, serving the folder (`/proc`, proc(5)).

use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use outbound::{HttpClient, Policy, Request};

use super::making::Places;

/// How long a start may take.
const PATIENCE: Duration = Duration::from_secs(600);

/// A running server; it ends with this value.
pub(super) struct Server {
    child: Child,
    /// From the start of the process to the first answer of the last space.
    pub(super) started_in: Duration,
}

impl Server {
    /// Starts it and waits until every space can do its work.
    ///
    /// # Errors
    /// It does not come up.
    pub(super) async fn start(data: &Path, places: &Places) -> Result<Self> {
        let begun = Instant::now();
        let child = Command::new(std::env::current_exe()?)
            .arg("serve")
            .arg("--data")
            .arg(data)
            .args(["--listen", &format!("127.0.0.1:{}", places.port)])
            .args(["--trusted-proxy", "127.0.0.1", "--max-connections", "4096"])
            .env("PASSPORT_LOG", "error")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .spawn()
            .context("the server could not be started")?;
        let mut server = Self { child, started_in: Duration::ZERO };
        let client = HttpClient::new(Policy::development())?;
        for space in 0..places.spaces {
            let health = places.origin(space)?.join("/healthz")?;
            while !client
                .send(Request::get(health.clone()))
                .await
                .is_ok_and(|answer| answer.status.is_success())
            {
                if begun.elapsed() > PATIENCE || server.child.try_wait()?.is_some() {
                    bail!("the server did not come up; `passport serve` with --data tells why");
                }
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        }
        server.started_in = begun.elapsed();
        Ok(server)
    }

    /// Memory that it has now, in megabytes.
    ///
    /// # Errors
    /// This system does not tell.
    pub(super) fn memory(&self) -> Result<f64> {
        let status = self.told("status")?;
        let kilobytes = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let kilobytes = kilobytes.and_then(|rest| rest.split_whitespace().next());
        Ok(kilobytes.context("no memory is told")?.parse::<f64>()? / 1_024.0)
    }

    /// The share of one core that it uses for so long, in percent.
    ///
    /// # Errors
    /// This system does not tell.
    pub(super) async fn processor_share(&self, during: Duration) -> Result<f64> {
        let (before, begun) = (self.processor_seconds()?, Instant::now());
        tokio::time::sleep(during).await;
        Ok((self.processor_seconds()? - before) / begun.elapsed().as_secs_f64() * 100.0)
    }

    /// User and system time of all its threads.
    fn processor_seconds(&self) -> Result<f64> {
        let stat = self.told("stat")?;
        let fields = stat.rsplit(')').next().unwrap_or_default().split_whitespace().skip(11).take(2);
        // In hundredths of a second, as Linux tells it to everybody.
        Ok(fields.map(str::parse::<f64>).sum::<Result<f64, _>>()? / 100.0)
    }

    fn told(&self, file: &str) -> Result<String> {
        let path = format!("/proc/{}/{file}", self.child.id());
        std::fs::read_to_string(&path).with_context(|| format!("{path}: this bench needs Linux"))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// What a folder takes on the disk, in megabytes.
///
/// # Errors
/// It cannot be read.
pub(super) fn size_of(folder: &Path) -> Result<f64> {
    use std::os::unix::fs::MetadataExt as _;
    let mut megabytes = 0.0;
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        let metadata = entry.metadata()?;
        megabytes += if metadata.is_dir() {
            size_of(&entry.path())?
        } else {
            // Blocks of 512 bytes, whatever the file system.
            f64::from(u32::try_from(metadata.blocks())?) / 2_048.0
        };
    }
    Ok(megabytes)
}

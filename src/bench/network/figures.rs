//! What a run has found, for people and as JSON.

use std::io::Write;

use serde::Serialize;

/// Milliseconds.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub(super) struct Latency {
    /// Half of them took no longer.
    pub(super) median: f64,
    /// 99 of a hundred took no longer.
    pub(super) p99: f64,
}

/// A page that was asked for many times.
#[derive(Clone, Debug, Serialize)]
pub(super) struct PageFigure {
    /// Which.
    pub(super) page: &'static str,
    /// What it took, in milliseconds.
    #[serde(flatten)]
    pub(super) latency: Latency,
}

/// Many who wanted few places at once.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Rush {
    /// How many wanted one.
    pub(super) wanting: usize,
    /// How many places there were.
    pub(super) places: u32,
    /// How many got one.
    pub(super) let_in: usize,
    /// How many wait for one.
    pub(super) waiting: usize,
    /// What a sign-up took.
    #[serde(flatten)]
    pub(super) latency: Latency,
}

/// All of it.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Figures {
    pub(super) spaces: u16,
    pub(super) members: u32,
    pub(super) largest: u32,
    pub(super) is_release: bool,
    pub(super) making_seconds: f64,
    pub(super) start_seconds: f64,
    pub(super) start_seconds_full: f64,
    pub(super) memory_megabytes: f64,
    pub(super) memory_megabytes_full: f64,
    pub(super) memory_megabytes_started_full: f64,
    pub(super) idle_processor_percent: f64,
    pub(super) idle_processor_percent_full: f64,
    pub(super) sign_ups_per_second: f64,
    pub(super) sign_up: Latency,
    pub(super) pages: Vec<PageFigure>,
    pub(super) rush: Rush,
    pub(super) disk_megabytes: f64,
}

impl Figures {
    /// Prints them as a table.
    ///
    /// # Errors
    /// They cannot be written.
    pub(super) fn print(&self, output: &mut dyn Write) -> std::io::Result<()> {
        if !self.is_release {
            writeln!(output, "This is a development build: the release build is many times faster.\n")?;
        }
        let Self { spaces, members, largest, .. } = self;
        writeln!(
            output,
            "{spaces} spaces in one process, {members} members, {largest} of them at one space\n"
        )?;
        let mut line = |what: &str, figure: String| writeln!(output, "{what:<46} {figure}");
        line("making keys, DIDs, certificates, admissions", format!("{:.1} s", self.making_seconds))?;
        line(
            "start, empty / full",
            format!("{:.2} s / {:.2} s", self.start_seconds, self.start_seconds_full),
        )?;
        line(
            "memory, empty / after the sign-ups / restarted",
            format!(
                "{:.0} MB / {:.0} MB / {:.0} MB",
                self.memory_megabytes, self.memory_megabytes_full, self.memory_megabytes_started_full
            ),
        )?;
        line(
            "processor while nothing is asked, empty / full",
            format!(
                "{:.1} % / {:.1} % of one core",
                self.idle_processor_percent, self.idle_processor_percent_full
            ),
        )?;
        line("disk", format!("{:.0} MB", self.disk_megabytes))?;
        line(
            "sign-ups, members included",
            format!("{:.0} a second; {}", self.sign_ups_per_second, told(self.sign_up)),
        )?;
        for PageFigure { page, latency } in &self.pages {
            line(page, told(*latency))?;
        }
        let Rush { wanting, places, let_in, waiting, latency } = &self.rush;
        line(
            &format!("{wanting} at once for {places} places"),
            format!("{let_in} let in, {waiting} wait; {}", told(*latency)),
        )?;
        Ok(())
    }
}

fn told(Latency { median, p99 }: Latency) -> String {
    format!("median {median:.1} ms, p99 {p99:.1} ms")
}

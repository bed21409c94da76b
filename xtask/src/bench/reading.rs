//! The lines that benchmarks print, as microseconds by job.

use std::collections::BTreeMap;

use anyhow::{Context as _, Result, bail};

/// Times in microseconds by job.
pub(super) type Times = BTreeMap<String, f64>;

/// Times of several rounds.
#[derive(Default)]
pub(super) struct Medians(BTreeMap<String, Vec<f64>>);

impl Medians {
    /// Takes the times of one more round.
    pub(super) fn add(&mut self, times: Times) {
        for (job, time) in times {
            self.0.entry(job).or_default().push(time);
        }
    }

    /// The median of each job.
    pub(super) fn settle(self) -> Times {
        self.0
            .into_iter()
            .filter_map(|(job, mut times)| {
                times.sort_by(f64::total_cmp);
                times.get(times.len() / 2).map(|median| (job, *median))
            })
            .collect()
    }
}

/// What divan prints (the median of each benchmark, groups joined by `::`), and lines of our own.
pub(super) fn ours(text: &str) -> Result<Times> {
    let mut times = Times::new();
    let mut group: Option<String> = None;
    for line in text.lines() {
        if let Some((job, time)) = own_line(line) {
            times.insert(job, time);
            continue;
        }
        let Some(row) = Row::parse(line) else { continue };
        let name = match (&group, row.depth) {
            (Some(group), 2) => format!("{group}::{}", row.name),
            _ => row.name.clone(),
        };
        match row.median {
            Some(median) => drop(times.insert(name, median)),
            None => group = Some(row.name),
        }
        if row.depth == 1 && row.median.is_some() {
            group = None;
        }
    }
    if times.is_empty() {
        bail!("the benchmarks printed no figures");
    }
    Ok(times)
}

/// `name`, something else, and microseconds: how a benchmark tells what divan does not measure.
fn own_line(line: &str) -> Option<(String, f64)> {
    let mut parts = line.split('\t');
    let (name, _, time) = (parts.next()?, parts.next()?, parts.next()?);
    Some((name.to_owned(), time.parse().ok()?))
}

/// A row of divan's tree.
struct Row {
    depth: usize,
    name: String,
    median: Option<f64>,
}

impl Row {
    fn parse(line: &str) -> Option<Self> {
        let at = line.find(['├', '╰'])?;
        let before = line.get(..at)?;
        let depth = if before.is_empty() { 1 } else { 2 };
        let rest = line.get(at..)?.trim_start_matches(['├', '╰', '─', ' ']);
        let mut columns = rest.split('│');
        let first = columns.next()?;
        let name = first.split_whitespace().next()?.to_owned();
        let median = columns.nth(1).and_then(microseconds);
        Some(Self { depth, name, median })
    }
}

/// A time as divan writes it: `12.3 µs`.
fn microseconds(text: &str) -> Option<f64> {
    let mut words = text.split_whitespace();
    let number: f64 = words.next()?.parse().ok()?;
    let factor = match words.next()? {
        "ns" => 1e-3,
        "µs" => 1.0,
        "ms" => 1e3,
        "s" => 1e6,
        _ => return None,
    };
    Some(number * factor)
}

/// What a peer prints: name, median in microseconds, number of runs.
pub(super) fn peer(text: &str) -> Result<Times> {
    text.lines()
        .map(|line| {
            let mut parts = line.split('\t');
            let parsed = parts.next().zip(parts.next().and_then(|time| time.parse().ok()));
            let (name, time) = parsed.with_context(|| format!("not a figure: {line}"))?;
            Ok((name.to_owned(), time))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::{Medians, ours, peer};

    const DIVAN: &str = "\
Timer precision: 20 ns
credentials                  fastest       │ slowest       │ median        │ mean          │ samples │ iters
├─ bare                                    │               │               │               │         │
│  ├─ es256_sign             13.1 µs       │ 20.2 µs       │ 13.4 µs       │ 13.5 µs       │ 100     │ 100
│  ╰─ two_es256_verifies     75.0 µs       │ 90.2 µs       │ 76.1 µs       │ 77.0 µs       │ 100     │ 100
├─ issue                     25.4 µs       │ 39.5 µs       │ 27.3 µs       │ 27.6 µs       │ 100     │ 100
╰─ status_check_kept         20.4 ns       │ 29.5 ns       │ 21.3 ns       │ 22.6 ns       │ 100     │ 100
resolve                      fastest       │ slowest       │ median        │ mean          │ samples │ iters
╰─ webvh                                   │               │               │               │         │
   ├─ 1                      41.1 µs       │ 50.2 µs       │ 43.0 µs       │ 43.5 µs       │ 100     │ 100
   ╰─ 100                    4.1 ms        │ 5.2 ms        │ 4.2 ms        │ 4.3 ms        │ 100     │ 100
answer_processor\t900.0\t412.5
";

    #[test]
    fn divans_tree_gives_the_median_of_every_benchmark() {
        let times = ours(DIVAN).unwrap();
        let all: Vec<_> =
            times.iter().map(|(name, time)| (name.as_str(), (time * 1e4).round() / 1e4)).collect();
        assert_eq!(
            all,
            [
                ("answer_processor", 412.5),
                ("bare::es256_sign", 13.4),
                ("bare::two_es256_verifies", 76.1),
                ("issue", 27.3),
                ("status_check_kept", 0.0213),
                ("webvh::1", 43.0),
                ("webvh::100", 4_200.0),
            ]
        );
    }

    #[test]
    fn output_without_figures_is_an_error() {
        assert!(ours("running 0 tests\n").is_err());
        assert!(peer("issue\tfast\t3\n").is_err());
        assert!(peer("issue\n").is_err());
        assert_eq!(peer("issue\t25.5\t300\n").unwrap()["issue"], 25.5);
    }

    #[test]
    fn the_median_of_three_rounds_is_told() {
        let mut medians = Medians::default();
        for line in ["issue\t30\t1", "issue\t20\t1", "issue\t25\t1"] {
            medians.add(peer(line).unwrap());
        }
        assert_eq!(medians.settle()["issue"], 25.0);
    }
}

//! The lines that benchmarks print, as microseconds by job.

use std::collections::BTreeMap;

use anyhow::{Context as _, Result, bail};
use serde::Deserialize;

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

/// What our own jobs print: each with its words, its median in microseconds and its ratio to the bare cryptography.
pub(super) fn ours(text: &str) -> Result<Vec<Figure>> {
    let figures: Vec<Figure> = serde_json::from_str(text.trim()).context("our jobs printed no figures")?;
    if figures.is_empty() {
        bail!("our jobs printed no figures");
    }
    Ok(figures)
}

/// One of our jobs, as it was measured.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Figure {
    pub(crate) name: String,
    pub(crate) what: String,
    pub(crate) microseconds: f64,
    pub(crate) beside: Option<String>,
    pub(crate) ratio: Option<f64>,
}

/// Their times, and their ratios to the bare cryptography beside them.
pub(super) fn times(figures: &[Figure]) -> Times {
    let time = |figure: &Figure| (figure.name.clone(), figure.microseconds);
    let ratio = |figure: &Figure| Some((super::table::ratio_name(&figure.name), figure.ratio?));
    figures.iter().map(time).chain(figures.iter().filter_map(ratio)).collect()
}

/// The times of the same jobs where what is freed is wiped.
pub(super) fn wiped(figures: &[Figure]) -> Times {
    figures.iter().map(|figure| (super::table::wiped_name(&figure.name), figure.microseconds)).collect()
}

/// What a peer prints, and the space at work: name, median in microseconds, anything else.
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

/// What Credo's own measurement prints: how much processor time its verifier needs for an encrypted answer, one after the other.
pub(super) fn credo(text: &str) -> Result<Times> {
    #[derive(Deserialize)]
    struct Measured {
        #[serde(rename = "direct_post.jwt")]
        encrypted: Encrypted,
    }
    #[derive(Deserialize)]
    struct Encrypted {
        sequential: Sequential,
    }
    #[derive(Deserialize)]
    struct Sequential {
        cpu_ms_each: f64,
    }
    let line = text.lines().last().unwrap_or_default();
    let measured: Measured = serde_json::from_str(line).context("Credo printed no figures")?;
    let microseconds = measured.encrypted.sequential.cpu_ms_each * 1e3;
    Ok(Times::from([("answer_processor".to_owned(), microseconds)]))
}

#[cfg(test)]
mod tests {
    use super::{Medians, credo, ours, peer};

    #[test]
    fn our_figures_are_read_with_their_words() {
        let text =
            r#"[{"name":"verify","what":"check","microseconds":81.5,"beside":"two checks","ratio":1.2}]"#;
        let figures = ours(text).unwrap();
        assert_eq!((figures[0].name.as_str(), figures[0].microseconds), ("verify", 81.5));
        assert_eq!((figures[0].beside.as_deref(), figures[0].ratio), (Some("two checks"), Some(1.2)));
    }

    #[test]
    fn output_without_figures_is_an_error() {
        assert!(ours("[]").is_err());
        assert!(ours("running 0 tests\n").is_err());
        assert!(peer("issue\tfast\t3\n").is_err());
        assert!(peer("issue\n").is_err());
        assert_eq!(peer("issue\t25.5\t300\n").unwrap()["issue"], 25.5);
    }

    #[test]
    fn the_processor_time_of_credo_is_that_of_an_encrypted_answer() {
        let one =
            |each: &str| format!(r#"{{"sequential":{{"per_s":30,"cpu_ms_each":{each}}},"samples":50}}"#);
        let line = format!(r#"{{"ok":true,"direct_post":{},"direct_post.jwt":{}}}"#, one("17"), one("19.5"));
        let text = format!("a word before\n{line}\n");
        assert_eq!(credo(&text).unwrap()["answer_processor"], 19_500.0);
        assert!(credo(&line.replace("19.5", "null")).is_err(), "no processor time is known on this system");
        assert!(credo("").is_err());
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

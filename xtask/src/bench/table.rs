//! The figures as ratios: to the bare cryptography, and to other libraries.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context as _, Result};

use super::OURS;
use super::reading::Times;

const BEGIN: &str = "<!-- bench:begin -->";
const END: &str = "<!-- bench:end -->";

/// One job: what it is, its name in our results, what it cannot do without, and its name at the peers.
struct Job {
    what: &'static str,
    ours: &'static str,
    bare: Option<Bare>,
    /// Its name at the peers, and the bare work that only ours does, which is taken into account.
    peers: Option<(&'static str, Option<Bare>)>,
    /// Whether it stands in the README too.
    front: bool,
}

/// So many times one of the bare benchmarks.
#[derive(Clone, Copy)]
struct Bare {
    what: &'static str,
    name: &'static str,
    times: f64,
}

const fn bare(what: &'static str, name: &'static str, times: f64) -> Option<Bare> {
    Some(Bare { what, name, times })
}

const SIGN: Option<Bare> = bare("one ES256 signature", "bare::es256_sign", 1.0);
const TWO_CHECKS: Option<Bare> = bare("two ES256 checks", "bare::two_es256_verifies", 1.0);
const ONE_CHECK: Option<Bare> = bare("one ES256 check", "bare::two_es256_verifies", 0.5);

const fn job(what: &'static str, ours: &'static str, bare: Option<Bare>) -> Job {
    Job { what, ours, bare, peers: Some((ours, None)), front: true }
}

const JOBS: &[Job] = &[
    job("check a presentation of 5 of 20 details with key binding", "verify", TWO_CHECKS),
    job("issue a credential with 20 details", "issue", SIGN),
    job("present 5 of 20 details, from text", "present", SIGN),
    Job {
        peers: Some(("present", None)),
        ..job("present 5 of 20 details, credential kept parsed", "present_parsed", SIGN)
    },
    Job { front: false, peers: None, ..job("match one query with 20 credentials", "dcql", None) },
    job("build a status list of 2^20 places", "status_list_build", None),
    Job {
        // The peers look the entry up without any check of the list's signature.
        peers: Some(("status_check_cold", ONE_CHECK)),
        front: false,
        ..job("look up one place in a list just fetched, with its signature", "status_check_cold", None)
    },
    Job { front: false, peers: None, ..job("look up one place in a kept list", "status_check_kept", None) },
    Job {
        peers: Some(("webvh_1", None)),
        front: false,
        ..job(
            "resolve did:webvh, 1 entry",
            "webvh::1",
            bare("one Ed25519 check", "bare::ed25519_verify", 1.0),
        )
    },
    Job {
        peers: Some(("webvh_10", None)),
        front: false,
        ..job(
            "resolve did:webvh, 10 entries",
            "webvh::10",
            bare("10 Ed25519 checks", "bare::ed25519_verify", 10.0),
        )
    },
    Job {
        peers: Some(("webvh_100", None)),
        ..job(
            "resolve did:webvh, 100 entries",
            "webvh::100",
            bare("100 Ed25519 checks", "bare::ed25519_verify", 100.0),
        )
    },
    Job {
        peers: None,
        front: false,
        ..job(
            "one more entry of a log of 100",
            "webvh_one_more",
            bare("one Ed25519 check", "bare::ed25519_verify", 1.0),
        )
    },
    Job {
        peers: None,
        front: false,
        ..job("a space takes an encrypted answer (HTTP, checks, fsync)", "answer", None)
    },
    Job { peers: None, front: false, ..job("64 of them at once", "answers_at_once", None) },
    Job {
        peers: None,
        ..job(
            "processor time of one of 64 answers, sender included",
            "answer_processor",
            bare("the four ES256 checks in it", "bare::two_es256_verifies", 2.0),
        )
    },
    Job { peers: None, ..job("a whole sign-up over loopback, page to membership", "sign_up", None) },
];

/// The tables, ready to be put into the documents.
pub(super) struct Tables {
    /// Every job.
    pub(super) all: String,
    front: String,
}

impl Tables {
    pub(super) fn of(results: &BTreeMap<&'static str, Times>) -> Self {
        let rows: Vec<(bool, String)> =
            JOBS.iter().filter_map(|job| Some((job.front, row(job, results)?))).collect();
        let head = "| what | time | bare cryptography | others |\n|---|---|---|---|\n";
        let table = |keep: &dyn Fn(bool) -> bool| {
            let rows = rows.iter().filter(|(front, _)| keep(*front)).map(|(_, row)| row.as_str());
            std::iter::once(head).chain(rows).collect::<String>()
        };
        Self { all: table(&|_| true), front: table(&|front| front) }
    }

    /// Replaces what stands between the marks of README.md and docs/performance.md.
    pub(super) fn put_into(&self, root: &Path) -> Result<()> {
        for (file, table) in [("README.md", &self.front), ("docs/performance.md", &self.all)] {
            let path = root.join(file);
            let text = std::fs::read_to_string(&path).with_context(|| format!("{file} cannot be read"))?;
            let text = between(&text, table).with_context(|| format!("{file} has no {BEGIN} and {END}"))?;
            std::fs::write(&path, text).with_context(|| format!("{file} cannot be written"))?;
        }
        Ok(())
    }
}

fn between(text: &str, table: &str) -> Option<String> {
    let (before, rest) = text.split_once(BEGIN)?;
    let (_, after) = rest.split_once(END)?;
    Some(format!("{before}{BEGIN}\n{table}{END}{after}"))
}

fn row(job: &Job, results: &BTreeMap<&'static str, Times>) -> Option<String> {
    let ours = results.get(OURS)?;
    let time = *ours.get(job.ours)?;
    let cost = |bare: Bare| ours.get(bare.name).map(|time| time * bare.times);
    let beside = job.bare.and_then(|bare| Some(format!("{:.2} × {}", time / cost(bare)?, bare.what)));
    let others = job.peers.map_or_else(Vec::new, |(name, extra)| {
        let extra = extra.and_then(cost).unwrap_or(0.0);
        let other = |(who, times): (&&str, &Times)| {
            times.get(name).map(|theirs| format!("{who} {}", ratio((theirs + extra) / time)))
        };
        results.iter().filter(|(who, _)| **who != OURS).filter_map(other).collect()
    });
    let or_dash = |text: String| if text.is_empty() { "–".to_owned() } else { text };
    Some(format!(
        "| {} | {} | {} | {} |\n",
        job.what,
        human(time),
        or_dash(beside.unwrap_or_default()),
        or_dash(others.join(", "))
    ))
}

/// How many times as long the other one takes.
fn ratio(ratio: f64) -> String {
    if ratio >= 10.0 { format!("{ratio:.0} ×") } else { format!("{ratio:.2} ×") }
}

fn human(microseconds: f64) -> String {
    match microseconds {
        time if time < 1.0 => format!("{:.0} ns", time * 1e3),
        time if time < 1e3 => format!("{time:.1} µs"),
        time if time < 1e6 => format!("{:.2} ms", time / 1e3),
        time => format!("{:.2} s", time / 1e6),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::{Tables, Times, between};

    fn times(entries: &[(&str, f64)]) -> Times {
        entries.iter().map(|(name, time)| ((*name).to_owned(), *time)).collect()
    }

    #[test]
    fn a_job_is_told_beside_the_bare_cryptography_and_the_others() {
        let ours =
            times(&[("verify", 90.0), ("bare::two_es256_verifies", 75.0), ("status_check_cold", 150.0)]);
        let theirs = times(&[("verify", 360.0), ("status_check_cold", 112.5)]);
        let tables = Tables::of(&BTreeMap::from([("ours", ours), ("ssi", theirs)]));
        assert!(tables.all.contains("| 90.0 µs | 1.20 × two ES256 checks | ssi 4.00 × |"), "{}", tables.all);
        assert!(
            tables.all.contains("| 150.0 µs | – | ssi 1.00 × |"),
            "their check brings no signature: {}",
            tables.all
        );
        assert!(!tables.front.contains("just fetched"), "{}", tables.front);
    }

    #[test]
    fn a_job_that_was_not_run_is_left_out() {
        let tables = Tables::of(&BTreeMap::from([("ours", times(&[("verify", 90.0)]))]));
        assert_eq!(tables.all.lines().count(), 3, "{}", tables.all);
    }

    #[test]
    fn a_table_replaces_what_stands_between_the_marks() {
        let text = "a\n<!-- bench:begin -->\nold\n<!-- bench:end -->\nb\n";
        let new = between(text, "new\n").unwrap();
        assert_eq!(new, "a\n<!-- bench:begin -->\nnew\n<!-- bench:end -->\nb\n");
        assert!(between("no marks", "new").is_none());
    }
}

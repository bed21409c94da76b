//! The figures as ratios: to the bare cryptography, and to other libraries.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::Result;

use super::OURS;
use super::reading::{Figure, Times};
use crate::marks::Marks;

const MARKS: Marks = Marks { begin: "<!-- bench:begin -->", end: "<!-- bench:end -->" };

/// A job of ours that others do too: its name with them, the bare work that only ours does, and how many times as long
/// the others are to take at least, or we missed what we set out for.
struct Shared {
    ours: &'static str,
    theirs: &'static str,
    extra: Option<&'static str>,
    goals: &'static [(&'static str, f64)],
}

const fn shared(name: &'static str, goals: &'static [(&'static str, f64)]) -> Shared {
    Shared { ours: name, theirs: name, extra: None, goals }
}

const SHARED: &[Shared] = &[
    shared("verify", &[("sd-jwt-payload", 1.0), ("sd-jwt-rs", 1.2), ("@sd-jwt", 3.3), ("ssi", 3.9)]),
    shared("issue", &[("sd-jwt-payload", 1.15), ("sd-jwt-rs", 1.15), ("@sd-jwt", 6.0), ("ssi", 6.0)]),
    shared("present", &[("sd-jwt-payload", 1.0), ("sd-jwt-rs", 1.0), ("@sd-jwt", 9.0)]),
    Shared { theirs: "present", ..shared("present_parsed", &[("sd-jwt-payload", 1.5), ("sd-jwt-rs", 1.5)]) },
    shared("status_list_build", &[("ssi", 2.0), ("@sd-jwt", 40.0)]),
    // The others look the entry up without any check of the list's signature.
    Shared {
        extra: Some("bare_es256_verify"),
        ..shared("status_check_cold", &[("ssi", 1.0), ("@sd-jwt", 400.0)])
    },
    shared("webvh_1", &[("didwebvh-rs", 1.7), ("didwebvh-ts", 5.0)]),
    shared("webvh_10", &[("didwebvh-rs", 1.7), ("didwebvh-ts", 5.0)]),
    shared("webvh_100", &[("didwebvh-rs", 1.7), ("didwebvh-ts", 5.0)]),
    // Who keeps no verified log reads all of it again.
    Shared { theirs: "webvh_100", ..shared("webvh_one_more", &[("didwebvh-rs", 20.0)]) },
    shared("answer_processor", &[]),
    // It keeps what it is given in memory, and so the goal is for a space that does.
    Shared { theirs: "answer_processor", ..shared("answer_processor_memory", &[("Credo", 40.0)]) },
];

/// What is to take no more than so many times the bare cryptography.
const BESIDE_GOALS: &[(&str, f64)] =
    &[("verify", 1.25), ("verify_policy", 1.3), ("verify_policy_known", 1.35)];

/// What is to take no more than so many microseconds.
const TIME_GOALS: &[(&str, f64)] = &[("status_check_kept", 1.0)];

/// What the space at work prints, in words.
const AT_WORK: &[(&str, &str)] = &[
    ("answer", "a space takes an encrypted answer (HTTP, checks, fsync)"),
    ("answers_at_once", "64 of them at once"),
    ("answer_processor", "the space's processor time for one of them"),
    ("answer_processor_memory", "the same with a store in memory"),
    ("sign_up", "a whole sign-up over loopback, page to membership"),
];

/// Of which it is told what wiping adds.
const WIPED: &[&str] = &["verify", "issue", "present", "present_parsed"];

/// What stands in the README too.
const FRONT: &[&str] = &[
    "verify",
    "issue",
    "present",
    "present_parsed",
    "status_list_build",
    "webvh_100",
    "answer_processor",
    "sign_up",
];

/// What is told of one of our jobs beside its time.
#[derive(Clone)]
pub(super) struct Words {
    what: String,
    beside: Option<String>,
}

/// The words of our jobs by name, in the order in which they are told.
pub(super) fn words(figures: &[Figure]) -> Vec<(String, Words)> {
    let ours = figures.iter().filter(|figure| !figure.name.starts_with("bare_"));
    let ours = ours.map(|figure| {
        (figure.name.clone(), Words { what: figure.what.clone(), beside: figure.beside.clone() })
    });
    let at_work = AT_WORK
        .iter()
        .map(|(name, what)| ((*name).to_owned(), Words { what: (*what).to_owned(), beside: None }));
    ours.chain(at_work).collect()
}

/// Under what name the ratio of a job to the bare cryptography is kept.
pub(super) fn ratio_name(job: &str) -> String {
    format!("{job}, beside")
}

/// Under what name the time of a job is kept in which what is freed is wiped.
pub(super) fn wiped_name(job: &str) -> String {
    format!("{job}, wiped")
}

/// How many times as long jobs take where what is freed is wiped, in a sentence; none where that was not run.
pub(super) fn wiping(words: &[(String, Words)], results: &BTreeMap<&'static str, Times>) -> Option<String> {
    let ours = results.get(OURS)?;
    let of = |(name, words): &(String, Words)| {
        let times = ours.get(&wiped_name(name))? / ours.get(name)?;
        Some(format!("{} {}", words.what, ratio(times)))
    };
    let told: Vec<String> =
        words.iter().filter(|(name, _)| WIPED.contains(&name.as_str())).filter_map(of).collect();
    (!told.is_empty()).then(|| {
        format!(
            "The program wipes what it frees, which these jobs were measured without; with it they take: {}.",
            told.join("; ")
        )
    })
}

/// Under what circumstances the figures were taken.
pub(super) fn measured_on(processor: &str, rounds: u32) -> String {
    format!("Medians of {rounds} rounds, measured on {processor}.")
}

/// The tables, ready to be put into the documents.
pub(super) struct Tables {
    /// Every job.
    pub(super) all: String,
    front: String,
}

impl Tables {
    pub(super) fn of(words: &[(String, Words)], results: &BTreeMap<&'static str, Times>) -> Self {
        let rows: Vec<(&str, String)> = words
            .iter()
            .filter_map(|(name, words)| Some((name.as_str(), row(name, words, results)?)))
            .collect();
        let head = "| what | time | bare cryptography | others | goal |\n|---|---|---|---|---|\n";
        let table = |keep: &dyn Fn(&str) -> bool| {
            let rows = rows.iter().filter(|(name, _)| keep(name)).map(|(_, row)| row.as_str());
            std::iter::once(head).chain(rows).collect::<String>()
        };
        Self { all: table(&|_| true), front: table(&|name| FRONT.contains(&name)) }
    }

    /// These tables with a sentence below the whole one.
    pub(super) fn under(self, sentence: &str) -> Self {
        Self { all: format!("{}\n{sentence}\n", self.all), ..self }
    }

    /// Replaces what stands between the marks of README.md and docs/performance.md.
    pub(super) fn put_into(&self, root: &Path) -> Result<()> {
        MARKS.put(root, "README.md", &self.front)?;
        MARKS.put(root, "docs/performance.md", &self.all)
    }
}

fn row(name: &str, words: &Words, results: &BTreeMap<&'static str, Times>) -> Option<String> {
    let ours = results.get(OURS)?;
    let time = *ours.get(name)?;
    let beside = ours.get(&ratio_name(name)).copied();
    let others = others(name, time, results);
    let told = others.iter().map(|(who, times)| format!("{who} {}", ratio(*times)));
    let told = told.collect::<Vec<_>>().join(", ");
    let beside_words = beside.zip(words.beside.as_ref()).map(|(times, what)| format!("{times:.2} × {what}"));
    let or_dash = |text: String| if text.is_empty() { "–".to_owned() } else { text };
    Some(format!(
        "| {} | {} | {} | {} | {} |\n",
        words.what,
        human(time),
        or_dash(beside_words.unwrap_or_default()),
        or_dash(told),
        or_dash(goal(name, time, beside, &others)),
    ))
}

/// How many times as long each of the others takes.
fn others(name: &str, time: f64, results: &BTreeMap<&'static str, Times>) -> Vec<(&'static str, f64)> {
    let Some(shared) = SHARED.iter().find(|shared| shared.ours == name) else { return Vec::new() };
    let ours = results.get(OURS);
    let extra = shared.extra.and_then(|bare| ours?.get(bare).copied()).unwrap_or(0.0);
    let other = |(who, times): (&&'static str, &Times)| {
        times.get(shared.theirs).map(|theirs| (*who, (theirs + extra) / time))
    };
    results.iter().filter(|(who, _)| **who != OURS).filter_map(other).collect()
}

/// Whether we reached what we set out for; empty when nothing was, or when what it is measured by was not run.
fn goal(name: &str, time: f64, beside: Option<f64>, others: &[(&str, f64)]) -> String {
    let goals = SHARED.iter().find(|shared| shared.ours == name).map_or(&[][..], |shared| shared.goals);
    let at_least = goals.iter().filter_map(|(who, least)| {
        let (_, times) = others.iter().find(|(other, _)| other == who)?;
        Some((format!("{who} {}", ratio(*least)), times >= least))
    });
    let beside = BESIDE_GOALS
        .iter()
        .filter(|(job, _)| *job == name)
        .filter_map(|(_, most)| Some((format!("{most:.2} × bare"), beside? <= *most)));
    let within =
        TIME_GOALS.iter().filter(|(job, _)| *job == name).map(|(_, most)| (human(*most), time <= *most));
    let all: Vec<(String, bool)> = at_least.chain(beside).chain(within).collect();
    let missed: Vec<&str> = all.iter().filter(|(_, met)| !met).map(|(goal, _)| goal.as_str()).collect();
    match (all.is_empty(), missed.is_empty()) {
        (true, _) => String::new(),
        (false, true) => "met".to_owned(),
        (false, false) => format!("missed: {}", missed.join(", ")),
    }
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

    use super::{Figure, Tables, Times, ratio_name, wiping, words};

    fn times(entries: &[(&str, f64)]) -> Times {
        entries.iter().map(|(name, time)| ((*name).to_owned(), *time)).collect()
    }

    fn figure(name: &str, what: &str) -> Figure {
        let beside = Some("two ES256 checks".to_owned());
        Figure { name: name.to_owned(), what: what.to_owned(), microseconds: 1.0, beside, ratio: None }
    }

    fn tables(results: &BTreeMap<&'static str, Times>) -> Tables {
        let figures = [figure("verify", "check"), figure("status_check_cold", "just fetched")];
        Tables::of(&words(&figures), results)
    }

    #[test]
    fn a_job_is_told_beside_the_bare_cryptography_the_others_and_its_goals() {
        let beside = ratio_name("verify");
        let ours = times(&[
            ("verify", 90.0),
            (beside.as_str(), 1.2),
            ("bare_es256_verify", 37.5),
            ("status_check_cold", 150.0),
        ]);
        let theirs = times(&[("verify", 360.0), ("status_check_cold", 111.0)]);
        let tables = tables(&BTreeMap::from([("ours", ours), ("ssi", theirs)]));
        let verify = "| check | 90.0 µs | 1.20 × two ES256 checks | ssi 4.00 × | met |";
        assert!(tables.all.contains(verify), "{}", tables.all);
        let cold = "| just fetched | 150.0 µs | – | ssi 0.99 × | missed: ssi 1.00 × |";
        assert!(tables.all.contains(cold), "their check brings no signature: {}", tables.all);
        assert!(!tables.front.contains("just fetched"), "{}", tables.front);
    }

    #[test]
    fn what_wiping_adds_is_told_of_jobs_that_were_run_both_ways() {
        let figures = [figure("verify", "check"), figure("present", "present"), figure("dcql_20", "match")];
        let told = |ours: &[(&str, f64)]| wiping(&words(&figures), &BTreeMap::from([("ours", times(ours))]));
        let verify = [("verify", 100.0), ("verify, wiped", 104.0), ("dcql_20", 1.0), ("dcql_20, wiped", 2.0)];
        let sentence = told(&verify).unwrap();
        assert!(sentence.ends_with("they take: check 1.04 ×."), "{sentence}");
        assert_eq!(told(&[("verify", 100.0), ("present, wiped", 104.0)]), None);
    }

    #[test]
    fn a_job_that_was_not_run_is_left_out_and_without_others_there_is_no_goal_but_the_bare() {
        let tables = tables(&BTreeMap::from([("ours", times(&[("verify", 90.0)]))]));
        assert_eq!(tables.all.lines().count(), 3, "{}", tables.all);
        assert!(tables.all.contains("| 90.0 µs | – | – | – |"), "{}", tables.all);
    }
}

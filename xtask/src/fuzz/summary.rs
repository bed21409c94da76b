//! What libFuzzer says, as a row, and the page of all rows.

use std::collections::BTreeMap;
use std::time::Duration;

const HEAD: &str = "# Fuzzing

Every parser of outside bytes has a fuzz target (`tests/fuzz`), and each asserts more than that nothing panics. This page is written by
`cargo xtask fuzz`, which runs them under libFuzzer; a run of some targets replaces their rows. In CI the same targets replay their seeds
and mutate them on the stable compiler. *Features* are libFuzzer's: edges with their counts, and compared values.

| target | inputs tried | a second | coverage edges | features | minutes | fault |
|---|---:|---:|---:|---:|---:|---|
";

/// What one target came to.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Row {
    name: String,
    executions: u64,
    coverage: u64,
    features: u64,
    time: Duration,
    /// The file with the input that was not taken.
    pub(super) crash: Option<String>,
}

impl Row {
    /// Reads the fuzzer's standard error.
    pub(super) fn read(name: &str, words: &str, time: Duration, succeeded: bool) -> Self {
        let last = |key: &str| {
            let found = words.lines().rev().find_map(|line| after(line, key));
            found.unwrap_or(0)
        };
        let file =
            words.lines().find_map(|line| line.split_once("Test unit written to ").map(|(_, file)| file));
        let file = file.map(|file| file.rsplit('/').next().unwrap_or_default().to_owned());
        let crash =
            if succeeded { None } else { Some(file.unwrap_or_else(|| "no input was kept".to_owned())) };
        Self {
            name: name.to_owned(),
            executions: last("stat::number_of_executed_units:"),
            coverage: last("cov:"),
            features: last("ft:"),
            time,
            crash,
        }
    }

    fn per_second(&self) -> u64 {
        self.executions.checked_div(self.time.as_secs().max(1)).unwrap_or(0)
    }

    /// The row as one line for the person who waits.
    pub(super) fn line(&self) -> String {
        let Self { name, executions, coverage, features, .. } = self;
        let verdict = self.crash.as_deref().map_or("no fault".to_owned(), |file| format!("FAULT {file}"));
        format!(
            "{name}: {executions} inputs, {}/s, {coverage} edges, {features} features, {verdict}",
            self.per_second()
        )
    }

    fn markdown(&self) -> String {
        let Self { name, executions, coverage, features, time, crash } = self;
        let minutes = time.as_secs_f64() / 60.0;
        let crash = crash.as_deref().unwrap_or("none");
        let rate = self.per_second();
        format!("| `{name}` | {executions} | {rate} | {coverage} | {features} | {minutes:.1} | {crash} |")
    }
}

/// The number that follows `key` in a line.
fn after(line: &str, key: &str) -> Option<u64> {
    let (_, rest) = line.split_once(key)?;
    rest.split_whitespace().next()?.parse().ok()
}

/// The page: a row a target.
#[derive(Debug, Default)]
pub(super) struct Page {
    rows: BTreeMap<String, String>,
}

impl Page {
    /// Reads the rows of the page as it stands.
    pub(super) fn read(text: &str) -> Self {
        let rows = text.lines().filter_map(|line| {
            let name = line.strip_prefix("| `")?.split_once('`')?.0;
            Some((name.to_owned(), line.to_owned()))
        });
        Self { rows: rows.collect() }
    }

    /// Puts a row in, in place of the one before.
    pub(super) fn put(&mut self, row: Row) {
        self.rows.insert(row.name.clone(), row.markdown());
    }

    /// The whole page.
    pub(super) fn text(&self) -> String {
        let rows: Vec<&str> = self.rows.values().map(String::as_str).collect();
        format!("{HEAD}{}\n", rows.join("\n"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WORDS: &str = "INFO: Seed: 1\n#2 INITED cov: 10 ft: 11 corp: 1/1b\n#900 DONE   cov: 321 ft: 1234 corp: 9/99b\n\
                         stat::number_of_executed_units: 900\nstat::average_exec_per_sec:     90\n";

    #[test]
    fn a_row_holds_the_last_figures_and_no_fault_of_a_run_that_ended_well() {
        let row = Row::read("jws", WORDS, Duration::from_secs(10), true);
        assert_eq!(row.markdown(), "| `jws` | 900 | 90 | 321 | 1234 | 0.2 | none |");
    }

    #[test]
    fn a_run_that_ended_badly_names_the_input_it_kept_or_says_that_it_kept_none() {
        let words = format!("{WORDS}artifact_prefix='a/'; Test unit written to a/crash-0f\n");
        assert_eq!(Row::read("jws", &words, Duration::ZERO, false).crash.as_deref(), Some("crash-0f"));
        assert_eq!(Row::read("jws", "", Duration::ZERO, false).crash.as_deref(), Some("no input was kept"));
    }

    #[test]
    fn a_run_of_some_targets_keeps_the_rows_of_the_others() {
        let mut page = Page::default();
        page.put(Row::read("jws", WORDS, Duration::from_secs(10), true));
        page.put(Row::read("jwe", WORDS, Duration::from_secs(10), true));
        let mut again = Page::read(&page.text());
        again.put(Row::read("jws", "stat::number_of_executed_units: 7", Duration::from_secs(1), true));
        let text = again.text();
        assert!(
            text.contains("| `jwe` | 900 |")
                && text.contains("| `jws` | 7 |")
                && !text.contains("| `jws` | 900 |")
        );
    }
}

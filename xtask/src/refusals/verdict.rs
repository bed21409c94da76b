//! What of the page is untrue.

use std::collections::BTreeSet;

use super::page::{Page, Row};
use super::{COMMAND, PAGE, commands, routes};
use crate::sources::{Tests, Workspace};

/// What there is in the sources.
#[derive(Debug, Default)]
pub(super) struct Found {
    /// The tests of each package.
    pub(super) tests: Tests,
    /// Package and `METHOD /path`.
    pub(super) routes: BTreeSet<(String, String)>,
    /// The commands as they are typed.
    pub(super) commands: BTreeSet<String>,
    /// Package and what of its routes could not be read.
    pub(super) unread: Vec<(String, String)>,
}

impl Found {
    /// Reads tests, routes and commands out of the sources.
    pub(super) fn in_sources(workspace: &Workspace) -> Self {
        let mut found = Self { tests: workspace.tests(), ..Self::default() };
        for package in &workspace.packages {
            for file in package.files.iter().filter(|file| package.is_product && !file.is_test()) {
                let (registered, unread) = routes::routes(file.code());
                found.routes.extend(registered.into_iter().map(|route| (package.name.clone(), route)));
                found.unread.extend(unread.into_iter().map(|call| (package.name.clone(), call)));
            }
            if package.name == COMMAND {
                found.commands.extend(commands::commands(&package.files, COMMAND));
            }
        }
        found
    }
}

/// One sentence for each thing that is untrue.
pub(super) fn untrue(page: &Page, found: &Found) -> Vec<String> {
    let mut said: Vec<String> =
        page.odd.iter().map(|line| format!("{PAGE}:{line}: a row has four cells")).collect();
    for row in &page.rows {
        let at = |sentence: String| format!("{PAGE}:{}: {sentence}", row.line);
        said.extend(incomplete(row).into_iter().map(at));
        said.extend(row.tests.iter().filter_map(|test| found.tests.missing(test)).map(at));
        said.extend(row.subjects.iter().filter_map(|subject| missing_subject(subject, row, found)).map(at));
    }
    said.extend(
        found.unread.iter().map(|(package, call)| format!("{package}: {call} is no route that can be read")),
    );
    said.extend(without_row(page, found));
    said
}

fn incomplete(row: &Row) -> Option<String> {
    if row.subjects.is_empty() {
        return Some("the first cell names nothing in back quotes".to_owned());
    }
    if row.refused.is_empty() {
        return Some("it does not say what is refused".to_owned());
    }
    if !has_status(&row.error) {
        return Some("it says neither a status (400) nor an exit status (exit 1)".to_owned());
    }
    row.tests.is_empty().then(|| "no test proves it".to_owned())
}

/// A status of HTTP that refuses, `exit N`, or `—` where the answer is one that gives nothing away.
fn has_status(error: &str) -> bool {
    let mut words = error.split([' ', ',', ';', ':', '`']).filter(|word| !word.is_empty());
    let status = |word: &str| word.parse().is_ok_and(|status: u16| (200..600).contains(&status));
    error.contains("exit 0") || error.contains("exit 1") || error.contains("exit 2") || words.any(status)
}

fn missing_subject(subject: &str, row: &Row, found: &Found) -> Option<String> {
    if is_route(subject) {
        let known =
            row.packages.iter().any(|package| found.routes.contains(&(package.clone(), subject.to_owned())));
        return (!known).then(|| format!("{subject} is no route of {}", row.packages.join(", ")));
    }
    let is_command = subject == COMMAND || subject.starts_with(&format!("{COMMAND} "));
    // A row may be about a whole group of commands: `passport wallet`.
    let below = format!("{subject} ");
    let known = |command: &String| command == subject || command.starts_with(&below);
    (is_command && !found.commands.iter().any(known)).then(|| format!("there is no command {subject}"))
}

fn is_route(subject: &str) -> bool {
    subject.split_once(' ').is_some_and(|(method, path)| {
        path.starts_with('/') && method.bytes().all(|byte| byte.is_ascii_uppercase())
    })
}

/// Routes and commands that no row is about. A row about a group of commands does not stand for each of them.
fn without_row(page: &Page, found: &Found) -> Vec<String> {
    let about: BTreeSet<(&str, &str)> = page
        .rows
        .iter()
        .flat_map(|row| {
            let subjects = row.subjects.iter().map(String::as_str);
            subjects.flat_map(|subject| row.packages.iter().map(move |package| (package.as_str(), subject)))
        })
        .collect();
    let routes = found
        .routes
        .iter()
        .filter(|(package, route)| !about.contains(&(package.as_str(), route.as_str())))
        .map(|(package, route)| format!("{PAGE}: no row is about {route} of {package}"));
    let commands = found
        .commands
        .iter()
        .filter(|command| !about.contains(&(COMMAND, command.as_str())))
        .map(|command| format!("{PAGE}: no row is about {command}"));
    routes.chain(commands).collect()
}

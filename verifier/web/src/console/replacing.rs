//! The part of a form that asks what belongs where a template has a text that stands for something of the team's.

use std::collections::BTreeMap;

use askama::Template;
use askama::filters::HtmlSafe;
use outbound::OutboundError;
use verifier::outgoing::template::{Replace, TemplateError};
use web::Words;

use super::guard::Posted;

/// Before the text in the name of a field.
const FIELD: &str = "set-";
/// The `id` of the whole part, to which the summary of errors leads.
pub(super) const REPLACE: &str = "replace";

/// The part: one line for each text.
#[derive(Template)]
#[template(path = "console/replacing.html")]
pub(super) struct Replacing {
    words: Words,
    lines: Vec<Line>,
    wrong: Option<String>,
}

struct Line {
    text: String,
    by: String,
    value: String,
}

impl HtmlSafe for Replacing {}

impl Replacing {
    /// The lines of what is to be replaced, with what was typed.
    pub(super) fn new(
        words: Words,
        replace: &[Replace],
        typed: &BTreeMap<String, String>,
        wrong: Option<&str>,
    ) -> Self {
        let line = |one: &Replace| Line {
            text: one.text.clone(),
            by: one.by.clone(),
            value: typed.get(&one.text).cloned().unwrap_or_default(),
        };
        Self { words, lines: replace.iter().map(line).collect(), wrong: wrong.map(str::to_owned) }
    }
}

/// What was typed, by the texts that it replaces.
pub(super) fn typed(posted: &Posted) -> BTreeMap<String, String> {
    let one = |(name, value): (&str, &str)| {
        let text = name.strip_prefix(FIELD).filter(|_| !value.trim().is_empty())?;
        Some((text.to_owned(), value.trim().to_owned()))
    };
    posted.0.iter().filter_map(one).collect()
}

/// The field that is wrong about a template, and what to say of it.
pub(super) fn wrong(words: Words, error: &TemplateError) -> (&'static str, String) {
    match error {
        TemplateError::Unreplaced(standing) => {
            let names: Vec<&str> = standing.iter().map(|one| one.text.as_str()).collect();
            (REPLACE, words.say_with("console-replace-missing", &[("names", &names.join(", "))]))
        }
        TemplateError::BadSetting(text) => {
            (REPLACE, words.say_with("console-replace-bad", &[("name", text)]))
        }
        other => {
            ("template", words.say_with("console-outgoing-bad-template", &[("why", &other.to_string())]))
        }
    }
}

/// Why this server would send nothing to an address.
pub(super) fn not_called(words: Words, why: &OutboundError) -> String {
    words.say(match why {
        OutboundError::InsecureScheme => "console-outgoing-not-https",
        _ => "console-outgoing-not-public",
    })
}

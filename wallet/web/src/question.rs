//! A question as its page shows it, and what is chosen there ([`choosing`]).

mod choosing;
mod facts;
mod seeing;
mod telling;

use askama::Template;
use serde_json::{Value, json};
use wallet::{BoundTo, Question, shown};
use web::Words;
use web::page::ErrorSummary;

pub(crate) use choosing::{Chosen, PICK, PRESETS, SET, Wrong, chosen, not_offered, not_shared, preset};
use choosing::{in_set_of, presets_of, ways};
use facts::{changes, facts, known};
use seeing::Seen;
use telling::{Instead, Part, Parts, Told, View};

use crate::{details, hosts};

#[derive(Template)]
#[template(path = "question.html")]
pub(crate) struct QuestionPage {
    words: Words,
    action: String,
    turn: u32,
    csrf: String,
    summary: Option<ErrorSummary>,
    title: String,
    place: String,
    /// What is to be known of the place.
    lookalike: Option<String>,
    /// What is to be known before anything else, the gravest first.
    warnings: Vec<String>,
    /// Why, how long, who sees it.
    terms: Vec<Told>,
    /// How it differs from what was asked before, or from what they have.
    changes: Vec<String>,
    needed: Vec<Part>,
    optional: Vec<Part>,
    /// What is optional and not there to be shared, in words.
    lacking: Option<String>,
    /// The sets of own details to choose from: identifier, name, and whether it is the one that is shown.
    sets: Vec<(String, String, bool)>,
    /// What is signed with the answer.
    signs: Vec<String>,
    audiences: Vec<Seen>,
    /// Whether somebody else than the team sees something.
    is_seen_by_others: bool,
    end: Option<End>,
    takes_less: bool,
    /// What can be offered in the place of something.
    instead: Vec<Instead>,
    /// Whether offering less is shown at once.
    suggests_less: bool,
    /// Whether anything can be shared at all.
    can_share: bool,
    /// What stands beside the buttons.
    live: Live,
    /// What could be linked by whatever else is chosen, for whoever has no scripts.
    further_links: Vec<String>,
    /// What can be picked at one touch.
    presets: Vec<Picked>,
    /// Where own details are filled in, from where it comes back here.
    fill_in: String,
    facts: Vec<(String, String)>,
    /// At a host: what the member agrees to by sharing, for the script that signs, as JSON.
    approves: Option<String>,
    /// And of each way that can be ticked which claims it shows, likewise.
    ways: Option<String>,
}

/// A preset.
struct Picked {
    name: &'static str,
    address: String,
    label: String,
    /// Whether this is what is chosen.
    is_chosen: bool,
}

/// The day on which everything is taken back.
struct End {
    /// The first that can be chosen.
    first: String,
    /// As it was typed.
    typed: String,
}

/// What is said of what is chosen, when the page comes and whenever something else is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Live {
    /// Why it cannot be shared.
    problem: Option<String>,
    /// What would be shared.
    shares: Option<String>,
    /// By what others could tell who it is: once for each set of spaces.
    links: Vec<String>,
    /// Who would see each detail: the field, and a sentence.
    seen: Vec<(String, String)>,
    /// The presets that pick the same.
    picked: Vec<&'static str>,
}

impl Live {
    /// What is said of this choice.
    pub(crate) fn of(words: Words, question: &Question, chosen: &Chosen) -> Self {
        let view = View { words, question: in_set_of(question, chosen), selection: &chosen.selection };
        let problem = not_shared(words, question, chosen).map(|wrong| wrong.said);
        Self {
            shares: view.shares().filter(|_| problem.is_none()),
            problem,
            links: view.links(),
            seen: view.audiences().into_iter().map(|seen| (seen.field, seen.by)).collect(),
            picked: presets_of(view.question, chosen),
        }
    }

    /// For the page's script.
    pub(crate) fn to_json(&self) -> Value {
        json!({
            "problem": self.problem,
            "shares": self.shares,
            "links": self.links,
            "seen": self.seen,
            "picked": self.picked,
        })
    }
}

/// Where the form goes, and which question it answers.
pub(crate) struct FormOf {
    pub(crate) action: String,
    pub(crate) turn: u32,
    pub(crate) csrf: String,
}

impl QuestionPage {
    /// The same at a host, where the browser signs what was agreed to and nothing else (decision 0028).
    pub(crate) fn agreed_in_browser(self, question: &Question, chosen: &Chosen) -> Self {
        let BoundTo { audience, nonce } = &question.bound_to;
        let approves = json!([{"audience": audience, "nonce": nonce}]).to_string();
        let ways = Value::Object(ways(in_set_of(question, chosen))).to_string();
        Self { approves: Some(approves), ways: Some(ways), ..self }
    }

    /// The page of a question with this chosen; `wrong` is why it was not sent.
    pub(crate) fn new(
        words: Words,
        form: FormOf,
        question: &Question,
        chosen: &Chosen,
        wrong: Option<Wrong>,
    ) -> Self {
        let FormOf { action, turn, csrf } = form;
        let sets = sets(question, chosen);
        let question = in_set_of(question, chosen);
        let asker = &question.asker;
        let view = View { words, question, selection: &chosen.selection };
        let Parts { needed, optional, lacking } = view.parts();
        let set = chosen.selection.own_set.as_deref();
        let with_set = set.map(|set| format!("&{SET}={set}")).unwrap_or_default();
        let chosen_preset = chosen.picked.or_else(|| presets_of(question, chosen).into_iter().next());
        let preset = |name: &'static str| Picked {
            name,
            address: format!("{action}?pick={name}{with_set}"),
            label: words.say(&format!("asks-pick-{name}")),
            is_chosen: chosen_preset == Some(name),
        };
        let presets = if optional.is_empty() { Vec::new() } else { PRESETS.map(preset).into() };
        let mut warnings = view.warnings();
        // What the summary says is said once.
        warnings.retain(|warning| wrong.as_ref().is_none_or(|wrong| wrong.said != *warning));
        let mut live = Live::of(words, question, chosen);
        // What is wrong is said once: by the summary, or above where nothing can be shared at all.
        if wrong.is_some() || !question.can_be_satisfied() {
            live.problem = None;
        }
        Self {
            approves: None,
            ways: None,
            words,
            turn,
            csrf,
            summary: wrong
                .map(|wrong| ErrorSummary { words, errors: vec![(wrong.field.to_owned(), wrong.said)] }),
            title: words.say_with("asks-title", &[("asker", &shown(&asker.name))]),
            place: words.say_with("asks-place", &[("host", &shown(&asker.host))]),
            lookalike: hosts::lookalike(words, &asker.host),
            warnings,
            terms: view.terms(),
            changes: match &question.difference {
                Some(difference) => changes(words, difference),
                None => known(words, question),
            },
            signs: view.signs(),
            audiences: view.audiences(),
            is_seen_by_others: !chosen.selection.audiences.is_empty(),
            end: view.first_end().map(|first| End { first, typed: chosen.until.clone() }),
            takes_less: question.takes_counter_offers,
            instead: view.instead(&chosen.instead),
            suggests_less: !question.can_be_satisfied() || question.needs_what_is_beyond_registration(),
            can_share: question.can_be_satisfied(),
            further_links: view.further_links(&live.links),
            live,
            presets,
            fill_in: details::address_from(&action, set, chosen.picked),
            facts: facts(words, asker, question),
            needed,
            optional,
            sets,
            lacking: view.lacking(&lacking),
            action,
        }
    }

    pub(crate) fn title(&self) -> String {
        self.title.clone()
    }
}

fn sets(question: &Question, chosen: &Chosen) -> Vec<(String, String, bool)> {
    let shown_set = chosen.selection.own_set.as_ref().or(question.own_set.as_ref());
    let told =
        |set: &wallet::DetailSet| (set.id.clone(), set.name.as_str().to_owned(), Some(&set.id) == shown_set);
    question.sets.iter().map(told).collect()
}

#[cfg(test)]
mod tests;

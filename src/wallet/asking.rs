//! Asking the member in the terminal.

use std::io::{BufRead, Write};

use ::wallet::{
    AskedClaim, BoxFuture, ByPreset, Choice, Consent, Group, Offered, Possibility, Preset, Question,
    Selection, shown,
};
use network::claims::Audience;

use super::arguments::Call;
use super::printing;

/// Asks on standard error and reads from standard input, unless the call said beforehand what to do.
pub(super) struct Asking {
    yes: bool,
    preset: Option<Preset>,
}

impl Asking {
    pub(super) fn of(call: &Call) -> Self {
        Self { yes: call.yes, preset: call.preset.map(Preset::from) }
    }

    /// The member said yes already.
    pub(super) const fn agreed() -> Self {
        Self { yes: true, preset: None }
    }

    /// An office that renews asks for nothing it did not sign itself.
    pub(super) fn for_refill(call: &Call) -> Self {
        Self { preset: Some(call.preset.map_or(Preset::All, Preset::from)), ..Self::of(call) }
    }
}

impl Consent for Asking {
    fn ask<'a>(&'a self, question: &'a Question) -> BoxFuture<'a, Choice> {
        if self.yes {
            // Not awaited here: the future of a preset is ready at once.
            let preset = self.preset.unwrap_or_default();
            return Box::pin(async move { ByPreset(preset).ask(question).await });
        }
        Box::pin(async move { ask(question, self.preset) })
    }

    fn accepts<'a>(&'a self, offered: &'a Offered) -> BoxFuture<'a, bool> {
        let accepts = self.yes || {
            printing::offered(offered).iter().for_each(|line| say(line));
            yes("Accept this?")
        };
        Box::pin(std::future::ready(accepts))
    }
}

/// The transaction code of an offer, as it is typed; none when nothing is.
pub(super) fn tx_code() -> Option<String> {
    read("The code that came with this offer another way, on paper or by e-mail: ")
        .filter(|code| !code.is_empty())
}

/// A yes or no about what `lines` show; `--yes` is a yes.
pub(super) fn confirmed(call: &Call, lines: &[String], question: &str) -> bool {
    if call.yes {
        return true;
    }
    lines.iter().for_each(|line| say(line));
    yes(question)
}

fn ask(question: &Question, preset: Option<Preset>) -> Choice {
    printing::question(question).iter().for_each(|line| say(line));
    if !question.can_be_satisfied() {
        say("You do not have what is needed, so nothing can be given.");
        let _ = read("Press Enter to go on. ");
        return Choice::Refuse;
    }
    let selection = match preset {
        Some(preset) => preset.pick(question),
        None => choose(question),
    };
    let Some(mut selection) = selection else { return Choice::Refuse };
    if let Err(problem) = question.check(&selection) {
        say(&format!("Nothing is given: {problem}."));
        return Choice::Refuse;
    }
    if question.asks_for_terms && preset.is_none() && yes("Do you want to say who may see what?") {
        set_audiences(question, &mut selection);
    }
    say(&format!("You give: {}.", list(&question.given(&selection))));
    let along = question.along(&selection);
    if !along.is_empty() {
        say(&format!("With it comes what cannot be left out: {}.", list(&along)));
    }
    if yes("Send this?") { Choice::Share(selection) } else { Choice::Refuse }
}

fn choose(question: &Question) -> Option<Selection> {
    let answer = read(
        "Give (n) only what is needed, (u) your usual, (a) all they ask, (c) choose one by one, (q) nothing? [q] ",
    )?;
    match answer.as_str() {
        "n" => Preset::Needed.pick(question),
        "u" => Preset::Usual.pick(question),
        "a" => Preset::All.pick(question),
        "c" => one_by_one(question),
        _ => None,
    }
}

fn one_by_one(question: &Question) -> Option<Selection> {
    let mut selection = Selection::default();
    for group in &question.groups {
        selection.picks.push(if group.is_terms() { None } else { pick(group) });
        // What is left is still needed; stop as soon as it cannot be satisfied any more.
        if group.needed && selection.picks.last().copied().flatten().is_none() {
            say("Without this, nothing can be given.");
            return None;
        }
    }
    Some(selection)
}

fn pick(group: &Group) -> Option<usize> {
    let available: Vec<(usize, &Possibility)> =
        group.options.iter().enumerate().filter(|(_, option)| option.available).collect();
    let need = if group.needed { "needed" } else { "optional" };
    for (position, option) in available {
        let beyond = if option.is_beyond_registration() { ", NOT registered by whoever asks" } else { "" };
        if yes(&format!("Give {} ({need}{beyond})?", printing::possibility(option))) {
            return Some(position);
        }
    }
    None
}

fn set_audiences(question: &Question, selection: &mut Selection) {
    let claims: Vec<String> = question.given(selection);
    for claim in claims {
        let prompt = format!(
            "Who sees {}: (t) the team, (m) members here, (b) the brand, (p) everybody? [t] ",
            shown(&claim)
        );
        let audience = match read(&prompt).as_deref() {
            Some("m") => Audience::MembersHere,
            Some("b") => Audience::Brand,
            Some("p") => Audience::Public,
            _ => continue,
        };
        selection.audiences.insert(claim, audience);
    }
}

/// Names for people, separated by commas.
pub(super) fn list(names: &[String]) -> String {
    if names.is_empty() {
        "nothing by name".to_owned()
    } else {
        names.iter().map(|name| shown(name)).collect::<Vec<_>>().join(", ")
    }
}

/// A claim with what would be shown of it.
pub(super) fn claim(claim: &AskedClaim) -> String {
    let value = claim.value.as_deref().map_or_else(|| "you do not have it".to_owned(), shown);
    format!("{}: {value}", shown(&claim.claim))
}

fn yes(question: &str) -> bool {
    read(&format!("{question} [y/N] "))
        .is_some_and(|answer| matches!(answer.to_lowercase().as_str(), "y" | "yes"))
}

/// One line; none at the end of the input.
fn read(prompt: &str) -> Option<String> {
    let mut error = std::io::stderr().lock();
    let _ = write!(error, "{prompt}");
    let _ = error.flush();
    let mut line = String::new();
    let read = std::io::stdin().lock().read_line(&mut line).ok()?;
    (read > 0).then(|| line.trim().to_owned())
}

fn say(line: &str) {
    // When standard error is closed there is nobody to ask, and reading the answer ends in a no.
    let _ = writeln!(std::io::stderr(), "{line}");
}

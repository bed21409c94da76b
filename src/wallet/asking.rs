//! Asking the member in the terminal.
//!
//! Nothing is decided by accident: an answer that is not understood is asked for again, no is said in a word of its own, and
//! whoever goes away without an answer has given none.

mod less;

use std::io::{BufRead, Write};

use ::wallet::{
    BoxFuture, ByPreset, Choice, Consent, CounterOffer, FaultyRequest, Group, OfferChoice, Offered,
    Possibility, Preset, Question, Selection, Source,
};
use network::claims::Audience;

use super::arguments::{Call, PresetName};
use super::less::LessArguments;
use super::{printing, words};

/// Asks on standard error and reads from standard input, unless the call said beforehand what to do.
pub(super) struct Asking {
    yes: bool,
    preset: Option<Preset>,
    less: LessArguments,
    /// The member asks an issuer that offered nothing.
    unoffered: bool,
    /// The set of own details that the member named, by its identifier.
    own_set: Option<String>,
}

impl Asking {
    pub(super) fn of(call: &Call) -> Self {
        Self { yes: call.yes, preset: None, less: LessArguments::default(), unoffered: false, own_set: None }
    }

    /// The same for what nobody offered.
    pub(super) fn unoffered(self, unoffered: bool) -> Self {
        Self { unoffered, ..self }
    }

    pub(super) fn with_preset(call: &Call, preset: Option<PresetName>) -> Self {
        Self { preset: preset.map(Preset::from), ..Self::of(call) }
    }

    /// The same, offering less first.
    pub(super) fn offering(self, less: LessArguments) -> Self {
        Self { less, ..self }
    }

    /// The same, with the own details of this set.
    pub(super) fn with_own_set(self, own_set: Option<String>) -> Self {
        Self { own_set, ..self }
    }

    /// The member said yes already.
    pub(super) fn agreed() -> Self {
        Self { yes: true, preset: None, less: LessArguments::default(), unoffered: false, own_set: None }
    }

    /// An office that renews asks for nothing it did not sign itself.
    pub(super) fn for_refill(call: &Call, preset: Option<PresetName>) -> Self {
        Self { preset: Some(preset.map_or(Preset::All, Preset::from)), ..Self::of(call) }
    }
}

impl Consent for Asking {
    fn ask<'a>(&'a self, question: &'a Question) -> BoxFuture<'a, Choice> {
        let Some(chosen) = question.in_set(self.own_set.as_deref()) else {
            on_terminal(|dialogue| {
                dialogue.say("It cannot be answered with the set of own details that you named.")
            });
            return Box::pin(std::future::ready(Choice::LeaveOpen));
        };
        if let Some(line) = printing::own_sets(question, chosen) {
            on_terminal(|dialogue| dialogue.say(&line));
        }
        Box::pin(async move {
            match self.asked(chosen).await {
                Choice::Share(picked) => {
                    Choice::Share(Selection { own_set: chosen.own_set.clone(), ..picked })
                }
                choice => choice,
            }
        })
    }

    fn reports<'a>(&'a self, faulty: &'a FaultyRequest) -> BoxFuture<'a, bool> {
        let agrees = self.yes
            || on_terminal(|dialogue| {
                printing::faulty(faulty).iter().for_each(|line| dialogue.say(line));
                dialogue.agrees("Tell them so?") == Some(true)
            });
        Box::pin(std::future::ready(agrees))
    }

    fn accepts<'a>(&'a self, offered: &'a Offered) -> BoxFuture<'a, OfferChoice> {
        let choice = if self.yes {
            OfferChoice::Accept
        } else {
            on_terminal(|dialogue| dialogue.accepts(offered, self.unoffered))
        };
        Box::pin(std::future::ready(choice))
    }

    fn waits(&self, asker: &str, seconds: i64) {
        on_terminal(|dialogue| dialogue.say(&printing::waiting(asker, seconds)));
    }
}

impl Asking {
    /// What is said to the question, with the own details that are in it.
    fn asked<'a>(&'a self, question: &'a Question) -> BoxFuture<'a, Choice> {
        if let Some(warning) = printing::joins_again(question).filter(|_| self.yes) {
            on_terminal(|dialogue| dialogue.say(&warning));
        }
        if let Some(offer) = self.less.offer(question, self.preset) {
            let agreed = self.yes || on_terminal(|dialogue| dialogue.agrees_to_offer(question, &offer));
            let choice = if agreed { LessArguments::choice(offer) } else { Choice::LeaveOpen };
            return Box::pin(std::future::ready(choice));
        }
        if self.yes {
            return Box::pin(async move {
                match ByPreset(self.preset.unwrap_or_default()).ask(question).await {
                    // Nobody said no. What is missing can be got, and the request be answered then; whoever asks is not told which
                    // of the reasons it is.
                    Choice::NothingToGive => Choice::LeaveOpen,
                    choice => choice,
                }
            });
        }
        Box::pin(async move { on_terminal(|dialogue| dialogue.ask(question, self.preset)) })
    }
}

/// The transaction code of an offer, as it is typed; none when nothing is.
pub(super) fn tx_code() -> Option<String> {
    const PROMPT: &str = "The code that came with this offer another way, on paper or by e-mail: ";
    on_terminal(|dialogue| dialogue.read(PROMPT)).filter(|code| !code.is_empty())
}

/// A yes or no about what `lines` show; `--yes` is a yes.
pub(super) fn confirmed(call: &Call, lines: &[String], question: &str) -> bool {
    call.yes || agrees_at_terminal(lines, question)
}

/// A yes or no of whoever sits at the terminal about what `lines` show; no answer is a no.
pub(crate) fn agrees_at_terminal(lines: &[String], question: &str) -> bool {
    on_terminal(|dialogue| {
        lines.iter().for_each(|line| dialogue.say(line));
        dialogue.agrees(question) == Some(true)
    })
}

fn on_terminal<T>(talk: impl FnOnce(&mut Dialogue<'_>) -> T) -> T {
    let (mut input, mut output) = (std::io::stdin().lock(), std::io::stderr());
    talk(&mut Dialogue { input: &mut input, output: &mut output })
}

/// What the member wants to do with a question.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    By(Preset),
    OneByOne,
    OfferLess,
    Decline,
    Quit,
}

/// What the member says about what is about to be sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Last {
    Send,
    ChooseAgain,
    Decline,
    Quit,
}

/// Questions go out, lines come in. Everything gives [`None`] at the end of the input.
struct Dialogue<'a> {
    input: &'a mut dyn BufRead,
    output: &'a mut dyn Write,
}

impl Dialogue<'_> {
    fn ask(&mut self, question: &Question, preset: Option<Preset>) -> Choice {
        printing::question(question).iter().for_each(|line| self.say(line));
        let choice = if question.can_be_satisfied() || question.takes_counter_offers {
            self.choice(question, preset)
        } else {
            self.nothing_to_give()
        };
        choice.unwrap_or(Choice::LeaveOpen)
    }

    /// Where nothing can be given, no is still said by a person: a no that only those say who could have said yes would tell that
    /// they could (OpenID4VP 1.0 §15.4.1).
    fn nothing_to_give(&mut self) -> Option<Choice> {
        let prompt =
            "You do not have what is needed. (d) decline, and tell them no; (q) quit and leave it open? ";
        self.one_of(prompt, &[(&["d", "decline"], Last::Decline), (&["q", "quit"], Last::Quit)]).map(|last| {
            match last {
                Last::Decline => Choice::Refuse,
                _ => Choice::LeaveOpen,
            }
        })
    }

    fn accepts(&mut self, offered: &Offered, unoffered: bool) -> OfferChoice {
        printing::offered(offered, unoffered).iter().for_each(|line| self.say(line));
        match self.agrees(if unoffered { "Ask for this?" } else { "Accept this?" }) {
            Some(true) => OfferChoice::Accept,
            Some(false) => OfferChoice::Refuse,
            None => OfferChoice::LeaveOpen,
        }
    }

    fn agrees_to_offer(&mut self, question: &Question, offer: &CounterOffer) -> bool {
        printing::question(question).iter().for_each(|line| self.say(line));
        printing::about_to_offer(question, offer).iter().for_each(|line| self.say(line));
        self.agrees("Offer this?") == Some(true)
    }

    fn choice(&mut self, question: &Question, mut preset: Option<Preset>) -> Option<Choice> {
        loop {
            let asked = preset.is_none();
            let way = match preset.take() {
                Some(preset) => Way::By(preset),
                None => self.way(question)?,
            };
            let picked = match way {
                Way::Decline => return Some(Choice::Refuse),
                Way::Quit => return Some(Choice::LeaveOpen),
                Way::By(preset) => preset.pick(question),
                Way::OneByOne => self.one_by_one(question)?,
                Way::OfferLess => match self.less(question)? {
                    Some(offer) => return Some(LessArguments::choice(offer)),
                    None => continue,
                },
            };
            let Some(mut selection) = picked else {
                self.say("Like this, what is needed would not be given.");
                continue;
            };
            if let Err(problem) = question.check(&selection) {
                self.say(&format!("This cannot be given: {problem}."));
                continue;
            }
            if question.asks_for_terms && asked {
                self.set_audiences(question, &mut selection)?;
            }
            printing::about_to_give(question, &selection).iter().for_each(|line| self.say(line));
            match self.last_word()? {
                Last::Send => return Some(Choice::Share(selection)),
                Last::Decline => return Some(Choice::Refuse),
                Last::Quit => return Some(Choice::LeaveOpen),
                Last::ChooseAgain => {}
            }
        }
    }

    fn way(&mut self, question: &Question) -> Option<Way> {
        let less = if question.takes_counter_offers { " (l) offer less," } else { "" };
        let prompt = format!(
            "Give (n) only what is needed, (u) your usual, (a) all they ask, (c) choose one by one;{less} \
             (d) decline, and tell them no; (q) quit and leave it open? "
        );
        let last: [(&[&str], Way); 2] = [(&["d", "decline"], Way::Decline), (&["q", "quit"], Way::Quit)];
        if !question.can_be_satisfied() {
            // Whoever quits reads how to get what is missing.
            let prompt = "You do not have what is needed. (l) offer less; (d) decline, and tell them no; \
                          (q) quit and leave it open? ";
            let ways: Vec<(&[&str], Way)> =
                std::iter::once((&["l", "less"][..], Way::OfferLess)).chain(last).collect();
            return self.one_of(prompt, &ways);
        }
        let mut ways: Vec<(&[&str], Way)> = vec![
            (&["n", "needed"], Way::By(Preset::Needed)),
            (&["u", "usual"], Way::By(Preset::Usual)),
            (&["a", "all"], Way::By(Preset::All)),
            (&["c", "choose"], Way::OneByOne),
        ];
        if question.takes_counter_offers {
            ways.push((&["l", "less"], Way::OfferLess));
        }
        ways.extend(last);
        self.one_of(&prompt, &ways)
    }

    fn last_word(&mut self) -> Option<Last> {
        let prompt = "Send this? (y) yes, (n) no, choose again; (d) decline, and tell them no; \
                      (q) quit and leave it open? ";
        self.one_of(
            prompt,
            &[
                (&["y", "yes"], Last::Send),
                (&["n", "no"], Last::ChooseAgain),
                (&["d", "decline"], Last::Decline),
                (&["q", "quit"], Last::Quit),
            ],
        )
    }

    /// The inner [`None`] is a no to something that is needed.
    fn one_by_one(&mut self, question: &Question) -> Option<Option<Selection>> {
        let mut selection = Selection::default();
        for group in &question.groups {
            let pick = if group.is_terms() { None } else { self.pick(group)? };
            selection.picks.push(pick);
            // What is left is still needed; stop as soon as it cannot be satisfied any more.
            if group.needed && pick.is_none() {
                return Some(None);
            }
        }
        Some(Some(selection))
    }

    /// The inner [`None`] is a no to every way of giving it.
    fn pick(&mut self, group: &Group) -> Option<Option<usize>> {
        let available: Vec<(usize, &Possibility)> =
            group.options.iter().enumerate().filter(|(_, option)| option.available).collect();
        let need = if group.needed { "needed" } else { "optional" };
        for (position, option) in available {
            let beyond =
                if option.is_beyond_registration() { ", NOT registered by whoever asks" } else { "" };
            if self.agrees(&format!("Give {} ({need}{beyond})?", printing::possibility(option)))? {
                return Some(Some(position));
            }
        }
        Some(None)
    }

    fn set_audiences(&mut self, question: &Question, selection: &mut Selection) -> Option<()> {
        let mut claims: Vec<String> = Vec::new();
        for answer in question.picked(selection).filter(|answer| answer.source != Source::Terms) {
            claims.extend(answer.claims.iter().map(|claim| claim.claim.clone()));
        }
        claims.dedup();
        if !self.agrees("Do you want to show a detail to more people? Otherwise the team alone sees it, or those of it who are named above.")? {
            return Some(());
        }
        for claim in claims {
            let audience = self.audience(&words::claim(&claim))?;
            if audience != Audience::Team {
                selection.audiences.insert(claim, audience);
            }
        }
        Some(())
    }

    fn audience(&mut self, claim: &str) -> Option<Audience> {
        let prompt = format!(
            "Who else sees {claim}: (t) nobody else, (m) members here, (b) the brand, (p) everybody? [t] "
        );
        self.one_of(
            &prompt,
            &[
                (&["t", "team", ""], Audience::Team),
                (&["m", "members"], Audience::MembersHere),
                (&["b", "brand"], Audience::Brand),
                (&["p", "public", "everybody"], Audience::Public),
            ],
        )
    }

    fn agrees(&mut self, question: &str) -> Option<bool> {
        self.one_of(&format!("{question} [y/N] "), &[(&["y", "yes"], true), (&["n", "no", ""], false)])
    }

    /// One of the answers, each with the words that mean it; asks until it gets one.
    fn one_of<T: Copy>(&mut self, prompt: &str, answers: &[(&[&str], T)]) -> Option<T> {
        loop {
            let line = self.read(prompt)?.to_lowercase();
            if let Some((_, answer)) = answers.iter().find(|(words, _)| words.contains(&line.as_str())) {
                return Some(*answer);
            }
            let letters: Vec<&str> = answers.iter().filter_map(|(words, _)| words.first().copied()).collect();
            self.say(&format!("That is none of the answers. Type one of: {}.", letters.join(", ")));
        }
    }

    /// One line.
    fn read(&mut self, prompt: &str) -> Option<String> {
        let _ = write!(self.output, "{prompt}");
        let _ = self.output.flush();
        let mut line = String::new();
        let read = self.input.read_line(&mut line).ok()?;
        (read > 0).then(|| line.trim().to_owned())
    }

    fn say(&mut self, line: &str) {
        let _ = writeln!(self.output, "{line}");
    }
}

#[cfg(test)]
mod tests;

//! What a question says: its parts with their values, why, and what follows of a choice.

use environment::{Date, Timestamp};
use network::claims::Audience;
use network::seen_in_team::SeenInTeam;
use wallet::{Answer, AskedClaim, Group, Link, Possibility, Question, Selection, Source, shown};
use web::Words;

use super::choosing::{instead_name, part_name, replaceable};
use crate::words::{and_list, detail, foreign, kind, list, picture, value};

/// Something that is asked for.
pub(super) struct Part {
    /// The name of its fields.
    pub(super) name: String,
    pub(super) ways: Vec<Way>,
    /// What it is, for whoever does not see its lines beside each other.
    pub(super) label: String,
    /// Whether one of several ways is chosen.
    pub(super) is_choice: bool,
    /// Whether there is a way to choose none of them; a single one is unticked.
    pub(super) can_be_left: bool,
    pub(super) is_left: bool,
    /// What can be offered in its place.
    pub(super) instead: Option<String>,
}

/// What is asked for, parted.
#[derive(Default)]
pub(super) struct Parts {
    pub(super) needed: Vec<Part>,
    pub(super) optional: Vec<Part>,
    /// What is optional and not there, by its names.
    pub(super) lacking: Vec<String>,
}

/// One way to give it.
pub(super) struct Way {
    pub(super) id: String,
    pub(super) position: usize,
    pub(super) ticked: bool,
    pub(super) available: bool,
    pub(super) lines: Vec<Line>,
}

/// One detail.
pub(super) struct Line {
    pub(super) label: String,
    pub(super) value: String,
    /// The picture that the value is, in a `data:` address.
    pub(super) picture: Option<String>,
    pub(super) note: String,
    pub(super) warnings: Vec<String>,
}

/// Something that is told, with what others say in their language behind it.
pub(super) struct Told {
    pub(super) said: String,
    /// The language's tag, where it is another than the page's, and the text.
    pub(super) theirs: Vec<(Option<String>, String)>,
}

/// What can be offered in the place of one thing that is asked.
pub(super) struct Instead {
    pub(super) field: String,
    pub(super) label: String,
    /// Its name, what is said of it, and whether it is chosen.
    pub(super) options: Vec<(String, String, bool)>,
}

/// A question with what is chosen of it, to be said in these words.
#[derive(Clone, Copy)]
pub(super) struct View<'a> {
    pub(super) words: Words,
    pub(super) question: &'a Question,
    pub(super) selection: &'a Selection,
}

impl View<'_> {
    pub(super) fn warnings(self) -> Vec<String> {
        let Self { words, question, .. } = self;
        let asker = shown(&question.asker.name);
        let mut warnings = Vec::new();
        if question.asker.admitted_by.is_none() {
            warnings.push(words.say("asks-no-network"));
        }
        if !question.can_be_satisfied() {
            warnings.push(format!("{}. {}", words.say("asks-cannot"), words.say("asks-cannot-text")));
        }
        if question.joins_again {
            warnings.push(words.say_with("asks-again-member", &[("asker", &asker)]));
        }
        warnings
    }

    pub(super) fn terms(self) -> Vec<Told> {
        let Self { words, question, .. } = self;
        let told = |said: String| Told { said, theirs: Vec::new() };
        let mut terms = Vec::new();
        match &question.purpose {
            Some(purpose) => {
                let said = purpose.said_in(words.tag());
                let theirs = said.into_iter().map(|one| (foreign(words, one.language), shown(one.text)));
                terms.push(Told { said: words.say("asks-why"), theirs: theirs.collect() });
                if let Some(days) = purpose.kept_days {
                    // Where the member says nothing of who sees it and until when, there is nothing else to agree on.
                    let may_differ = question.asks_for_terms || question.first_end.is_some();
                    let key = if may_differ { "asks-kept-days" } else { "asks-kept-days-only" };
                    terms.push(told(words.count(key, "days", days)));
                }
            }
            None => terms.extend([words.say("asks-no-why"), words.say("asks-kept-unknown")].map(told)),
        }
        terms.push(told(self.seen_by_default()));
        let every = question.groups.iter().flat_map(claims_of);
        if every.into_iter().any(|claim| !claim.seen_in_team.is_team()) {
            terms.push(told(words.say("asks-seen-some")));
        }
        if question.gives_inbox {
            terms.push(told(words.say("asks-inbox")));
        }
        terms
    }

    fn seen_by_default(self) -> String {
        let Self { words, question, .. } = self;
        let said = |key: &str| match &question.asker.brand {
            Some(brand) => {
                let (asker, brand) = (shown(&question.asker.name), shown(brand));
                words.say_with(&format!("{key}-of-brand"), &[("asker", &asker), ("brand", &brand)])
            }
            None => words.say(key),
        };
        match (question.asks_for_terms, question.asker.admitted_by.is_some()) {
            (true, _) => said("asks-seen-yours"),
            (false, true) => said("asks-seen-team"),
            (false, false) => words.say("asks-seen-unknown"),
        }
    }

    pub(super) fn signs(self) -> Vec<String> {
        let signs = |what: &str| self.words.say_with("asks-signs", &[("what", &shown(what))]);
        self.question.authorises.iter().map(|one| signs(&one.says)).collect()
    }

    /// The first day on which everything may be taken back.
    pub(super) fn first_end(self) -> Option<String> {
        self.question.first_end.map(|first| Date::of(Timestamp::from_seconds(first)).to_string())
    }

    pub(super) fn parts(self) -> Parts {
        let mut parts = Parts::default();
        for (position, group) in self.question.groups.iter().enumerate() {
            // Terms are what the member says, in fields of their own.
            if group.is_terms() {
                continue;
            }
            if group.needed {
                parts.needed.push(self.part(position, group));
            } else if group.options.iter().any(|option| option.available) {
                parts.optional.push(self.part(position, group));
            } else {
                parts.lacking.extend(claims_of(group).map(|claim| claim.claim.clone()));
            }
        }
        parts
    }

    pub(super) fn lacking(self, names: &[String]) -> Option<String> {
        let details = || list(self.words, names);
        (!names.is_empty()).then(|| self.words.say_with("asks-lacking", &[("details", &details())]))
    }

    /// Where there is a way to give it, those that there are; otherwise those that are lacking.
    fn part(self, position: usize, group: &Group) -> Part {
        let name = part_name(position);
        let picked = self.selection.picks.get(position).copied().flatten();
        let can_be_given = group.options.iter().any(|option| option.available);
        let ways =
            group.options.iter().enumerate().filter(|(_, option)| option.available || !can_be_given).map(
                |(place, option)| Way {
                    id: format!("{name}-{place}"),
                    position: place,
                    ticked: picked == Some(place),
                    available: option.available,
                    lines: self.lines(option),
                },
            );
        let ways: Vec<Way> = ways.collect();
        let lines = ways.first().map(|way| way.lines.as_slice()).unwrap_or_default();
        let labels: Vec<&str> = lines.iter().map(|line| line.label.as_str()).collect();
        let is_choice = ways.len() > 1;
        Part {
            label: labels.join(", "),
            is_choice,
            can_be_left: is_choice && (!group.needed || self.question.takes_counter_offers),
            is_left: picked.is_none(),
            instead: self.instead_of(group),
            ways,
            name,
        }
    }

    /// Two credentials may hold the same; a person reads it once.
    fn lines(self, option: &Possibility) -> Vec<Line> {
        let mut lines: Vec<Line> = Vec::new();
        for line in option.answers.iter().flat_map(|answer| self.lines_of(answer)) {
            match lines.iter_mut().find(|known| known.label == line.label && known.value == line.value) {
                Some(known) => {
                    if known.note != line.note {
                        known.note = joined(&[&known.note, &line.note]);
                    }
                    for warning in line.warnings {
                        if !known.warnings.contains(&warning) {
                            known.warnings.push(warning);
                        }
                    }
                }
                None => lines.push(line),
            }
        }
        lines
    }

    fn lines_of(self, answer: &Answer) -> Vec<Line> {
        let words = self.words;
        let beyond = || words.say_with("asks-beyond", &[("asker", &shown(&self.question.asker.name))]);
        let mut lines = Vec::new();
        if answer.claims.is_empty() {
            let kinds: Vec<String> = answer.types.iter().map(|vct| kind(words, vct)).collect();
            let label = words.say_with("asks-that-you-have", &[("what", &kinds.join(", "))]);
            let warnings = answer.beyond_registration.then(beyond).into_iter().collect();
            let note = source(words, answer);
            lines.push(Line { label, value: String::new(), picture: None, note, warnings });
        }
        for claim in &answer.claims {
            let mut line = self.line(claim, answer);
            if claim.beyond_registration || answer.beyond_registration {
                line.warnings.push(beyond());
            }
            lines.push(line);
        }
        for (name, along) in &answer.comes_along {
            let label = words.say_with("asks-along", &[("detail", &detail(words, name))]);
            let value = value(words, name, along);
            lines.push(Line { label, value, picture: None, note: String::new(), warnings: Vec::new() });
        }
        lines
    }

    fn line(self, claim: &AskedClaim, answer: &Answer) -> Line {
        let words = self.words;
        let label = detail(words, &claim.claim);
        let (value, source) = match &claim.value {
            Some(text) if answer.source != Source::Missing => {
                (value(words, &claim.claim, text), source(words, answer))
            }
            _ => (words.say("asks-missing"), String::new()),
        };
        // What is kept as long as the rest is said once, of the whole.
        let usual = self.question.purpose.as_ref().and_then(|purpose| purpose.kept_days);
        let kept = claim.kept_days.filter(|days| Some(*days) != usual);
        let kept = kept.map(|days| words.count("asks-kept", "days", days)).unwrap_or_default();
        // What others vouch for may hold a picture that they drew.
        let own = claim.value.as_deref().filter(|_| answer.source == Source::OwnDetails);
        let picture = own.and_then(|text| picture(&claim.claim, text));
        let seen = self.seen_in_team(claim).unwrap_or_default();
        Line { label, value, picture, note: joined(&[&source, &kept, &seen]), warnings: Vec::new() }
    }

    /// Who of the team would see it, where the space promises that not all of it does. What the member shows to others the team sees.
    fn seen_in_team(self, claim: &AskedClaim) -> Option<String> {
        let is_shown = self.selection.audiences.get(&claim.claim).is_some_and(|one| *one != Audience::Team);
        let key = match claim.seen_in_team {
            _ if is_shown => return None,
            SeenInTeam::Owner => "who-sees-owner",
            SeenInTeam::OwnerAndManagers => "who-sees-owner-and-managers",
            SeenInTeam::Team => return None,
        };
        Some(self.words.say_with(key, &[("space", &shown(&self.question.asker.name))]))
    }

    /// What could be offered in the place of what a part asks for, where leaving it out is not enough.
    fn instead_of(self, group: &Group) -> Option<String> {
        if !group.needed && !group.options.iter().any(Possibility::is_beyond_registration) {
            return None;
        }
        let asked: Vec<&String> = claims_of(group).map(|claim| &claim.claim).collect();
        let others = self.question.alternatives.iter().filter(|one| asked.contains(&&one.of));
        let names: Vec<String> = others.map(|one| one.offer.clone()).collect();
        let details = || list(self.words, &names);
        (!names.is_empty()).then(|| self.words.say_with("asks-instead-hint", &[("details", &details())]))
    }

    /// For each thing that something less can be offered for, what can be.
    pub(super) fn instead(self, chosen: &[(String, String)]) -> Vec<Instead> {
        let Self { words, question, .. } = self;
        let fields = replaceable(question).into_iter().enumerate().map(|(position, of)| {
            let others = question.alternatives.iter().filter(|one| one.of == of);
            let is_chosen = |offer: &str| chosen.iter().any(|(one, with)| *one == of && with == offer);
            let option = |offer: &str| (offer.to_owned(), detail(words, offer), is_chosen(offer));
            Instead {
                field: instead_name(position),
                label: words.say_with("asks-instead-of", &[("detail", &detail(words, &of))]),
                options: others.map(|one| option(&one.offer)).collect(),
            }
        });
        fields.collect()
    }

    /// What would be shared.
    pub(super) fn shares(self) -> Option<String> {
        let given = self.question.given(self.selection);
        let details = || list(self.words, &given);
        (!given.is_empty()).then(|| self.words.say_with("asks-shares", &[("details", &details())]))
    }

    /// By what the asker and others could tell who it is, as it is chosen.
    pub(super) fn links(self) -> Vec<String> {
        self.question.links(self.selection).iter().map(|link| self.linked(link)).collect()
    }

    /// The same of whatever else could be chosen, without what is said already.
    pub(super) fn further_links(self, said: &[String]) -> Vec<String> {
        let all = self.question.possible_links();
        all.iter().map(|link| self.linked(link)).filter(|one| !said.contains(one)).collect()
    }

    fn linked(self, link: &Link) -> String {
        let words = self.words;
        let spaces = std::iter::once(&self.question.asker.name).chain(&link.others).map(|name| shown(name));
        let spaces = and_list(words, &spaces.collect::<Vec<_>>());
        let details: Vec<String> = link.details.iter().map(|name| detail(words, name)).collect();
        words.say_with("asks-linked", &[("spaces", &spaces), ("details", &and_list(words, &details))])
    }
}

fn claims_of(group: &Group) -> impl Iterator<Item = &AskedClaim> {
    group.options.iter().flat_map(|option| &option.answers).flat_map(|answer| &answer.claims)
}

fn joined(notes: &[&str]) -> String {
    notes.iter().filter(|note| !note.is_empty()).copied().collect::<Vec<_>>().join(" · ")
}

fn source(words: Words, answer: &Answer) -> String {
    match &answer.source {
        Source::CheckedBy(name) => words.say_with("asks-checked-by", &[("name", &shown(name))]),
        Source::OwnDetails | Source::Terms => words.say("asks-own-word"),
        Source::Missing => words.say("asks-missing"),
    }
}

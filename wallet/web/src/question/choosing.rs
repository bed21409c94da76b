//! What is chosen in the form of a question.

use environment::Date;
use network::claims::Audience;
use serde_json::{Map, Value};
use wallet::{CounterOffer, Group, NoCounterOffer, NotSatisfied, Possibility, Preset, Question, Selection};
use web::Words;
use web::form::Fields;

use crate::words::list;

/// How audiences are called in a form, from the fewest to the most who see it.
pub(super) const AUDIENCES: [(&str, Audience); 4] = [
    ("team", Audience::Team),
    ("members", Audience::MembersHere),
    ("brand", Audience::Brand),
    ("public", Audience::Public),
];
/// The field in which the day stands on which everything is taken back.
pub(super) const UNTIL: &str = "until";
/// Where the parts stand on the page, and where less is offered.
const PARTS: &str = "parts";
pub(super) const LESS: &str = "less";
/// The field that says which set of own details goes along.
pub(crate) const SET: &str = "as";

/// The field that names a preset, and their names, from the least to the most.
pub(crate) const PICK: &str = "pick";
pub(crate) const PRESETS: [&str; 3] = ["needed", "usual", "all"];

/// What is chosen: of what is asked, and what is offered in the place of something.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Chosen {
    pub(crate) selection: Selection,
    /// What was asked for, and what is offered instead.
    pub(crate) instead: Vec<(String, String)>,
    /// The day on which everything is taken back, as it was typed.
    pub(crate) until: String,
    /// The preset that was picked, as long as nothing else is chosen.
    pub(crate) picked: Option<&'static str>,
}

/// The presets that pick what is chosen.
pub(super) fn presets_of(question: &Question, chosen: &Chosen) -> Vec<&'static str> {
    let picks = |name: &&str| picked(question, name).picks == chosen.selection.picks;
    PRESETS.into_iter().filter(picks).collect()
}

/// What a preset picks.
fn picked(question: &Question, name: &str) -> Selection {
    let preset = match name {
        "all" => Preset::All,
        "usual" => Preset::Usual,
        _ => Preset::Needed,
    };
    preset.pick(question).unwrap_or_else(|| what_there_is(question))
}

/// Why a choice is not sent: a sentence, and the field that it is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Wrong {
    pub(crate) field: &'static str,
    pub(crate) said: String,
}

/// What is picked before anything was chosen.
pub(crate) fn preset(question: &Question, name: Option<&str>, set: Option<&str>) -> Chosen {
    let question = question.in_set(set).unwrap_or(question);
    let name = PRESETS.into_iter().find(|one| name == Some(one)).unwrap_or("needed");
    let picks = picked(question, name);
    let selection = Selection { own_set: question.own_set.clone(), ..picks };
    Chosen { selection, picked: Some(name), ..Chosen::default() }
}

/// Of what is needed, what the member has: not enough to share, and the beginning of offering less.
fn what_there_is(question: &Question) -> Selection {
    let usable = |option: &Possibility| option.available && !option.is_beyond_registration();
    let pick =
        |group: &Group| group.options.iter().position(usable).filter(|_| group.needed && !group.is_terms());
    Selection { picks: question.groups.iter().map(pick).collect(), ..Selection::default() }
}

/// What is chosen in a form. A field that fits nothing of the question chooses nothing.
pub(crate) fn chosen(question: &Question, fields: &Fields) -> Chosen {
    let question = question.in_set(fields.optional(SET)).unwrap_or(question);
    let pick = |(position, group): (usize, &Group)| {
        // What the member may say is said with whatever is given, and is no field of the form.
        if group.is_terms() && group.needed {
            return group.options.iter().position(|option| option.available);
        }
        let picked: usize = fields.optional(&part_name(position))?.parse().ok()?;
        (picked < group.options.len()).then_some(picked)
    };
    let picks = question.groups.iter().enumerate().map(pick).collect();
    let mut selection = Selection { picks, own_set: question.own_set.clone(), ..Selection::default() };
    if question.asks_for_terms {
        let given = question.given(&selection);
        selection.audiences =
            given.into_iter().filter_map(|claim| audience(question, fields, claim)).collect();
    }
    let until = fields.optional(UNTIL).filter(|_| question.first_end.is_some()).unwrap_or_default().trim();
    selection.until = Date::parse(until).map(|day| day.start().seconds());
    Chosen { selection, instead: instead(question, fields), until: until.to_owned(), picked: None }
}

fn audience(question: &Question, fields: &Fields, claim: String) -> Option<(String, Audience)> {
    let named = fields.optional(&seen_name(&claim))?;
    let (_, audience) = audiences(question).find(|(name, _)| *name == named)?;
    (audience != Audience::Team).then_some((claim, audience))
}

/// Who may be let see something of a space: nobody is shown to a brand where there is none.
pub(super) fn audiences(question: &Question) -> impl Iterator<Item = (&'static str, Audience)> {
    let has_brand = question.asker.brand.is_some();
    AUDIENCES.into_iter().filter(move |(_, audience)| *audience != Audience::Brand || has_brand)
}

/// What is offered in the place of what is asked, one for each.
fn instead(question: &Question, fields: &Fields) -> Vec<(String, String)> {
    let named = |(position, of): (usize, String)| {
        let offer = fields.optional(&instead_name(position))?;
        let is_known = question.alternatives.iter().any(|one| one.of == of && one.offer == offer);
        is_known.then(|| (of, offer.to_owned()))
    };
    replaceable(question).into_iter().enumerate().filter_map(named).collect()
}

/// What is asked for and something less can be offered for, each once.
pub(super) fn replaceable(question: &Question) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for one in &question.alternatives {
        if !names.contains(&one.of) {
            names.push(one.of.clone());
        }
    }
    names
}

/// What is offered of what is chosen: its names, and what goes in the place of something, which is not given itself then.
pub(crate) fn less(question: &Question, chosen: &Chosen) -> CounterOffer {
    let is_replaced = |name: &String| chosen.instead.iter().any(|(of, _)| of == name);
    let mut give = question.given(&chosen.selection);
    let beside = chosen.instead.iter().flat_map(|(of, _)| beside(question, of)).collect::<Vec<_>>();
    give.extend(beside.into_iter().filter(|name| !give.contains(name)).collect::<Vec<_>>());
    give.retain(|name| !is_replaced(name));
    let instead = chosen.instead.iter().filter(|(_, offer)| !give.contains(offer)).cloned().collect();
    CounterOffer { give, instead }
}

/// What is asked for in one piece with `of` and is registered: it is given with whatever goes in the place of that.
fn beside(question: &Question, of: &str) -> Vec<String> {
    let options = question.groups.iter().filter_map(|group| group.options.iter().find(|one| one.available));
    let answers = options.flat_map(|option| &option.answers);
    let with_it = answers.filter(|answer| answer.claims.iter().any(|claim| claim.claim == of));
    let claims = with_it.flat_map(|answer| &answer.claims).filter(|claim| !claim.beyond_registration);
    claims.map(|claim| claim.claim.clone()).collect()
}

/// Why a choice cannot be shared, if it cannot.
pub(crate) fn not_shared(words: Words, question: &Question, chosen: &Chosen) -> Option<Wrong> {
    if !chosen.instead.is_empty() {
        return Some(Wrong { field: LESS, said: words.say("asks-wrong-instead") });
    }
    if !chosen.until.is_empty() && chosen.selection.until.is_none() {
        return Some(Wrong { field: UNTIL, said: words.say("asks-wrong-day") });
    }
    let question = in_set_of(question, chosen);
    question.check(&chosen.selection).err().map(|error| problem(words, question, &error))
}

/// The question with the own details of the set that is chosen.
pub(super) fn in_set_of<'a>(question: &'a Question, chosen: &Chosen) -> &'a Question {
    question.in_set(chosen.selection.own_set.as_deref()).unwrap_or(question)
}

/// Why it cannot be offered, if it cannot.
pub(crate) fn not_offered(words: Words, question: &Question, chosen: &Chosen) -> Result<CounterOffer, Wrong> {
    let offer = less(question, chosen);
    match question.check_offer(&offer) {
        Ok(()) => Ok(offer),
        Err(NoCounterOffer::Nothing) => {
            Err(Wrong { field: LESS, said: words.say("asks-wrong-less-nothing") })
        }
        Err(_) => Err(Wrong { field: LESS, said: words.say("asks-wrong-less") }),
    }
}

fn problem(words: Words, question: &Question, error: &NotSatisfied) -> Wrong {
    let said = match error {
        NotSatisfied::Needed { group } | NotSatisfied::Unavailable { group } => {
            let details = question.groups.get(*group).map(names_of).unwrap_or_default();
            if details.is_empty() {
                words.say("asks-wrong-needed")
            } else {
                words.say_with("asks-wrong-needed-detail", &[("details", &list(words, &details))])
            }
        }
        NotSatisfied::Nothing => words.say("asks-wrong-nothing"),
        NotSatisfied::DifferentKeys => words.say("asks-wrong-keys"),
        NotSatisfied::NotAuthorised => words.say("asks-wrong-signs"),
        NotSatisfied::EndsTooSoon => {
            let first =
                Date::of(environment::Timestamp::from_seconds(question.first_end.unwrap_or_default()));
            let said = words.say_with("asks-wrong-until", &[("day", &first.to_string())]);
            return Wrong { field: UNTIL, said };
        }
        _ => words.say("asks-wrong-other"),
    };
    Wrong { field: PARTS, said }
}

/// The names of what the first way of giving something holds.
fn names_of(group: &Group) -> Vec<String> {
    let answers = group.options.first().map(|option| option.answers.as_slice()).unwrap_or_default();
    answers.iter().flat_map(|answer| &answer.claims).map(|claim| claim.claim.clone()).collect()
}

/// For the script that signs at a host: which claims each way of giving something shows, by the name of its field and its place.
pub(super) fn ways(question: &Question) -> Map<String, Value> {
    let named = |(position, group): (usize, &Group)| {
        let options = group.options.iter().map(shown_by).collect::<Vec<_>>();
        (part_name(position), Value::from(options))
    };
    question.groups.iter().enumerate().filter(|(_, group)| !group.is_terms()).map(named).collect()
}

/// The paths of what a way shows. The script knows no places in lists: what lies in one is named without its place, too.
fn shown_by(option: &Possibility) -> Vec<String> {
    let claims = option.answers.iter().flat_map(|answer| {
        let along = answer.comes_along.iter().map(|(name, _)| name.as_str());
        answer.claims.iter().map(|claim| claim.claim.as_str()).chain(along)
    });
    let is_place = |step: &str| !step.is_empty() && step.chars().all(|symbol| symbol.is_ascii_digit());
    let mut paths = Vec::new();
    for claim in claims {
        let named: Vec<&str> = claim.split('.').filter(|step| *step != "*" && !is_place(step)).collect();
        let ends_in_a_name = claim.rsplit('.').next().is_some_and(|step| step != "*" && !is_place(step));
        paths.push(claim.to_owned());
        if ends_in_a_name && named.join(".") != claim {
            paths.push(named.join("."));
        }
    }
    paths
}

pub(super) fn part_name(position: usize) -> String {
    format!("part-{position}")
}

pub(super) fn seen_name(claim: &str) -> String {
    format!("seen-{claim}")
}

pub(super) fn instead_name(position: usize) -> String {
    format!("instead-{position}")
}

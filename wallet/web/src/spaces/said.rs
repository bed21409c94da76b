//! What is said of details, changes and failures at spaces.

use credentials::types;
use environment::{Date, Timestamp};
use network::claims::Audience;
use network::member_api::{ClaimChange, Detail, KeptClaim, REGISTRATION, WhatToDo};
use network::seen_in_team::SeenInTeam;
use serde_json::Value;
use wallet::{Errand, HeldClaim, NotDone, OutboxEntry, OwnSpace, SentChange, SpaceView, Use, shown};
use web::Words;

use crate::times::{day, minute};
pub(super) use crate::words::begun;
use crate::words::{self, detail, foreign, inside, list};

/// Whether the member is one, and since when.
pub(super) fn standing(words: Words, own: &OwnSpace) -> String {
    match (&own.membership, own.space.left_at) {
        (Some(membership), _) => match &membership.since {
            Some(since) => words.say_with("spaces-member-since", &[("date", &shown(since))]),
            None => words.say("spaces-member"),
        },
        (None, Some(left)) => words.say_with("spaces-left", &[("date", &day(left))]),
        (None, None) if own.space.has_ended_it() => words.say("spaces-ended-it"),
        (None, None) => words.say("spaces-no-member"),
    }
}

/// The key of who sees a detail.
const fn audience_key(audience: Audience) -> &'static str {
    match audience {
        Audience::Team => "spaces-seen-team",
        Audience::MembersHere => "spaces-seen-members",
        Audience::Brand => "spaces-seen-brand",
        Audience::Public => "spaces-seen-public",
    }
}

/// The key of who sees a detail: of the team, those whom the space promised.
pub(super) const fn seen_key(audience: Audience, seen_in_team: SeenInTeam) -> &'static str {
    match (audience, seen_in_team) {
        (Audience::Team, SeenInTeam::OwnerAndManagers) => "spaces-seen-owner-and-managers",
        (Audience::Team, SeenInTeam::Owner) => "spaces-seen-owner",
        (Audience::Team, SeenInTeam::Team)
        | (Audience::MembersHere | Audience::Brand | Audience::Public, _) => audience_key(audience),
    }
}

/// The key of a group of people to choose.
pub(super) const fn group_key(audience: Audience) -> &'static str {
    match audience {
        Audience::Team => "space-group-team",
        Audience::MembersHere => "space-group-members",
        Audience::Brand => "space-group-brand",
        Audience::Public => "space-group-public",
    }
}

/// A group of people by its name on the wire.
pub(super) fn audience_of(name: &str) -> Option<Audience> {
    [Audience::Team, Audience::MembersHere, Audience::Brand, Audience::Public]
        .into_iter()
        .find(|one| one.name() == name)
}

/// Since when, until when, and who sees it.
pub(super) fn facts(words: Words, claim: &HeldClaim, is_member: bool) -> Vec<String> {
    vec![
        words.say_with("spaces-since", &[("date", &day(claim.since))]),
        until(words, claim, is_member),
        words.say(seen_key(claim.audience, claim.seen_in_team)),
    ]
}

/// What is said of most of several details at once.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct OfMost {
    pub(super) facts: Vec<String>,
    /// Whether something else is said of some of them.
    pub(super) has_others: bool,
}

/// Takes out of what is said of each of several details, in the same order of each, what is said of more than half of them.
pub(super) fn taken_out_of_each<'a>(each: impl IntoIterator<Item = &'a mut Vec<String>>) -> OfMost {
    let mut each: Vec<&mut Vec<String>> = each.into_iter().collect();
    let longest = each.iter().map(|facts| facts.len()).max().unwrap_or_default();
    let mut of_most = OfMost::default();
    for place in 0..longest {
        let said = || each.iter().filter_map(|facts| facts.get(place));
        let times = |fact: &String| said().filter(|other| *other == fact).count();
        let most = said().find(|fact| times(fact) > 1 && times(fact).saturating_mul(2) > each.len());
        if let Some(most) = most.cloned() {
            of_most.has_others |= times(&most) < each.len();
            of_most.facts.push(most);
        }
    }
    for facts in &mut each {
        facts.retain(|fact| !of_most.facts.contains(fact));
    }
    of_most
}

/// Until when it is kept, by what is proven.
pub(super) fn until(words: Words, claim: &HeldClaim, is_member: bool) -> String {
    let until = claim.until.map(Timestamp::from_seconds);
    let kept = claim.kept_days.map(|days| {
        let end = Timestamp::from_seconds(claim.since).plus(i64::from(days).saturating_mul(86_400));
        (days, until.map_or(end, |until| until.min(end)))
    });
    match (kept, until) {
        _ if !claim.proven && until.is_none() => words.say("spaces-unproven"),
        (Some((days, _)), None) if is_member => words.count("space-until-leaving", "days", days),
        (_, Some(end)) if is_member => kept_until(words, end),
        (Some((days, end)), _) => {
            let date = Date::of(end).to_string();
            words.count_with("spaces-until-leaving", "days", days, &[("date", &date)])
        }
        (None, Some(end)) => kept_until(words, end),
        (None, None) => words.say("spaces-endless"),
    }
}

pub(super) fn kept_until(words: Words, end: Timestamp) -> String {
    inside(&words.say_with("kept-until", &[("date", &Date::of(end).to_string())]))
}

/// Until when it is kept of whoever is no member, in seconds since the epoch; none where that is not proven.
pub(super) fn end_of(claim: &HeldClaim) -> Option<i64> {
    let kept = claim.kept_days.map(|days| claim.since.saturating_add(i64::from(days).saturating_mul(86_400)));
    // An end of its own comes from what the member had done, which is proven by itself.
    match (claim.proven, kept, claim.until) {
        (false, _, until) => until,
        (true, Some(kept), Some(until)) => Some(kept.min(until)),
        (true, kept, until) => kept.or(until),
    }
}

/// What others say, in their language.
#[derive(PartialEq, Eq)]
pub(super) struct Theirs {
    /// The language's tag, where it is another than the page's.
    pub(super) language: Option<String>,
    pub(super) text: String,
}

/// What a detail is for, in the page's language where it was registered in that.
pub(super) fn purpose(words: Words, claim: &HeldClaim) -> Vec<Theirs> {
    let said = Use::all_said_in(&claim.uses, words.tag()).into_iter();
    let said: Vec<Theirs> =
        said.map(|one| Theirs { language: foreign(words, one.language), text: shown(one.text) }).collect();
    if said.is_empty() {
        let text = claim.purpose.as_deref();
        return text.map(|text| Theirs { language: None, text: shown(text) }).into_iter().collect();
    }
    said
}

/// What something is for, by the name that its use goes by at the space.
pub(super) fn used_for(words: Words, space: &SpaceView, id: &str) -> String {
    let said = space.use_named(id).and_then(|one| one.said_in(words.tag()));
    words.say_with("space-for", &[("purpose", &shown(said.map_or(id, |said| said.text)))])
}

/// Who checked it, by the type it was shown from.
pub(super) fn checked(words: Words, vct: &str) -> String {
    words.say(match vct {
        types::PROFILE | types::PASSPORT => "space-checked-office",
        types::OWN => "space-checked-nobody",
        types::MEMBERSHIP | types::STATEMENT => "space-checked-space",
        _ => "space-checked-other",
    })
}

/// Whose word it is, by the space's account.
pub(super) fn word_of(words: Words, detail: &Detail) -> String {
    words.say(match detail.word_of.split(' ').next() {
        Some("office") => "space-checked-office",
        Some("own") => "space-checked-nobody",
        Some("space") => "space-checked-space",
        _ => "space-checked-other",
    })
}

/// Until when a space says that it keeps it.
pub(super) fn until_said(words: Words, detail: &Detail) -> String {
    match (detail.until, detail.kept_days) {
        (Some(until), _) => kept_until(words, Timestamp::from_seconds(until)),
        (None, Some(days)) => words.count("space-until-leaving", "days", days),
        (None, None) => words.count("space-until-leaving", "days", 0),
    }
}

/// A value as a person reads it; text from outside made harmless.
pub(super) fn value(words: Words, claim: &str, value: &Value) -> String {
    match value {
        Value::String(text) => words::value(words, claim, text),
        Value::Bool(true) => words.say("space-value-yes"),
        Value::Bool(false) => words.say("space-value-no"),
        other => words::value(words, claim, &other.to_string()),
    }
}

/// As what something is told.
#[derive(Clone, Copy)]
enum As {
    /// It is to be done.
    ToDo,
    /// It was done, on a list.
    Did,
    /// It has just been done, in a sentence that names the space.
    Done,
}

impl As {
    fn key(self, what: &str) -> String {
        let kind = match self {
            Self::ToDo => "do",
            Self::Did => "did",
            Self::Done => "done",
        };
        format!("space-{kind}-{what}")
    }
}

/// One change, in words, without values.
fn change_as(words: Words, told: As, change: &ClaimChange, space: &str) -> String {
    let (mut group, mut date) = (String::new(), String::new());
    let what = match change.what {
        WhatToDo::Publish(audience) => {
            group = inside(&words.say(group_key(audience)));
            "publish"
        }
        WhatToDo::Until(Some(until)) => {
            date = day(until);
            "until"
        }
        WhatToDo::Until(None) => "endless",
        WhatToDo::TakeBack => "take-back",
    };
    let name = detail(words, &change.claim);
    let told_of = [("detail", &*name), ("group", &*group), ("date", &*date), ("space", space)];
    words.say_with(&told.key(what), &told_of)
}

/// A change that was done, on a list.
pub(crate) fn change(words: Words, change: &ClaimChange) -> String {
    change_as(words, As::Did, change, "")
}

/// A change that is about to be done.
pub(super) fn change_to_do(words: Words, change: &ClaimChange) -> String {
    change_as(words, As::ToDo, change, "")
}

fn errand_as(words: Words, told: As, errand: &Errand, space: &str) -> Vec<String> {
    let say = |what: &str, claim: &str| {
        words.say_with(&told.key(what), &[("detail", &detail(words, claim)), ("space", space)])
    };
    match errand {
        Errand::NewValue { claim, .. } => vec![say("change", claim)],
        Errand::Passport => vec![say("passport", "")],
        Errand::Changes(changes) => changes.iter().map(|one| change_as(words, told, one, space)).collect(),
        Errand::Leave => vec![say("leave", "")],
        Errand::Objection { .. } => vec![say("object", "")],
    }
}

/// What has just been done at a space: a sentence for each.
pub(crate) fn done_at(words: Words, errand: &Errand, space: &str) -> Vec<String> {
    errand_as(words, As::Done, errand, space)
}

/// What is to be done, in words, without values.
pub(crate) fn errand(words: Words, errand: &Errand) -> String {
    errand_as(words, As::ToDo, errand, "").join(", ")
}

/// What stays although the membership ends: by which rule and until when.
pub(super) fn kept(words: Words, kept: &KeptClaim) -> String {
    let (name, date) = (detail(words, &kept.claim), day(kept.until));
    if kept.rule == REGISTRATION {
        return words.say_with("space-kept-registered", &[("detail", &name), ("date", &date)]);
    }
    words.say_with("space-kept-law", &[("detail", &name), ("date", &date), ("rule", &shown(&kept.rule))])
}

/// Why something is not done, and what to do about it. What a space says chooses none of this wallet's own sentences.
pub(super) fn why(words: Words, problem: &NotDone, space: &str) -> String {
    let kind = if problem.is_their_word { "refused" } else { "problem" };
    let key = format!("space-{kind}-{}", problem.code);
    let names = list(words, &problem.claims);
    if words.knows(&key) {
        return words.say_with(&key, &[("space", space), ("details", &names)]);
    }
    let is_of_a_word = |symbol: &char| symbol.is_ascii_alphanumeric() || matches!(symbol, '_' | '-');
    let code: String = problem.code.chars().filter(is_of_a_word).take(60).collect();
    words.say_with(&format!("space-{kind}-other"), &[("space", space), ("code", &code)])
}

/// What waits, and when it goes.
pub(super) fn waits(words: Words, entry: &OutboxEntry) -> Vec<String> {
    let when = if entry.given_up {
        words.say("space-waits-given-up")
    } else {
        words.say_with("space-waits-until", &[("date", &minute(entry.due_at))])
    };
    let problem = entry.why.as_ref().map(|problem| why(words, problem, &shown(&entry.space)));
    std::iter::once(when).chain(problem).collect()
}

/// What became of one change at one space.
pub(super) struct Became {
    /// What was done, in sentences; or what was to be.
    pub(super) what: Vec<String>,
    /// How it stands with what is not done.
    pub(super) state: Option<String>,
    pub(super) is_done: bool,
    pub(super) lines: Vec<String>,
    /// What stays at the space nevertheless.
    pub(super) kept: Vec<String>,
}

/// What became of what was sent.
pub(super) fn became(words: Words, sent: &SentChange) -> Became {
    let space = shown(&sent.space);
    let mut lines = Vec::new();
    if sent.membership_ended {
        lines.push(words.say("space-ended"));
    }
    let stays = sent.kept.iter().map(|(claim, rule, until)| {
        let claim = KeptClaim { claim: claim.clone(), rule: rule.clone(), until: *until };
        kept(words, &claim)
    });
    lines.extend(sent.why.as_ref().map(|problem| why(words, problem, &space)));
    let state = match (sent.done, sent.waits, sent.again_at) {
        (true, ..) => None,
        (false, true, Some(_)) => Some("space-state-waits"),
        (false, true, None) => Some("space-state-unknown"),
        (false, false, _) => Some("space-state-refused"),
    };
    if let Some(at) = sent.again_at.filter(|_| !sent.done) {
        lines.push(words.say_with("space-waits-until", &[("date", &minute(at))]));
    }
    if state == Some("space-state-unknown") {
        lines.push(words.say("space-waits-given-up"));
    }
    let told = if sent.done { As::Done } else { As::ToDo };
    Became {
        what: errand_as(words, told, &sent.errand, &space),
        state: state.map(|key| words.say(key)),
        is_done: sent.done,
        lines,
        kept: stays.collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_said_of_most_is_said_once_and_what_differs_at_what_it_is_about() {
        let facts = |all: &[&str]| all.iter().map(|one| (*one).to_owned()).collect::<Vec<_>>();
        let alike = || facts(&["since", "team", "office"]);
        let mut each = [alike(), facts(&["since", "everybody", "office"]), alike()];
        let most = OfMost { facts: alike(), has_others: true };
        assert_eq!(taken_out_of_each(&mut each), most);
        assert_eq!(each, [facts(&[]), facts(&["everybody"]), facts(&[])]);
        let mut each = [alike(), alike()];
        assert_eq!(taken_out_of_each(&mut each), OfMost { facts: alike(), has_others: false });
        // A half is not most, and of one alone everything is said at it.
        let mut each = [facts(&["team"]), facts(&["everybody"])];
        assert_eq!(taken_out_of_each(&mut each), OfMost::default());
        assert_eq!(each, [facts(&["team"]), facts(&["everybody"])]);
        let mut one = [facts(&["since"])];
        assert_eq!(taken_out_of_each(&mut one), OfMost::default());
        assert_eq!(one, [facts(&["since"])]);
    }

    #[test]
    fn what_a_space_says_chooses_no_sentence_of_this_wallet() {
        let words = Words::default();
        let said = |code: &str, is_their_word: bool| {
            let problem = NotDone { code: code.to_owned(), is_their_word, claims: Vec::new() };
            why(words, &problem, "Kiln")
        };
        assert!(said("unreachable", false).contains("Kiln"));
        assert_ne!(said("unreachable", true), said("unreachable", false));
        assert_ne!(said("left", true), said("left", false));
        let odd = said("x). You have left. <b>", true);
        assert!(odd.contains("xYouhaveleftb") && !odd.contains('<'), "{odd}");
    }

    #[test]
    fn every_code_of_the_member_api_has_a_sentence_in_every_language() {
        for language in web::Language::ALL {
            let words = Words::new(language);
            for code in [
                "invalid_request",
                "not_held",
                "unknown_audience",
                "until_too_soon",
                "until_too_late",
                "not_changeable",
                "membership_ended",
                "id_used",
            ] {
                assert!(words.knows(&format!("space-refused-{code}")), "{code}");
            }
            for code in [
                "unreachable",
                "not_now",
                "no_access",
                "malformed",
                "wrong_proof",
                "no_membership",
                "left",
                "check_first",
                "not_held",
                "nothing_to_show",
                "seen_by_more",
                "no_passport_yet",
                "no_fresh_copy",
                "cannot_be_satisfied",
                "no_network",
                "untrusted",
                "no_such_space",
                "no_such_change",
                "vault",
            ] {
                assert!(words.knows(&format!("space-problem-{code}")), "{code}");
            }
        }
    }
}

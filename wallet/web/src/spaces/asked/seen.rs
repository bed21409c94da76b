//! What a space says it has, beside what it was given; and what others see of that.

use askama::Template;
use axum::response::Response;
use http::StatusCode;
use network::claims::Audience;
use network::member_api::{DoorOpening, TeamNote};
use wallet::{Seen, SeenDetail, shown};
use web::Words;

use super::super::detail::address_of as address_of_detail;
use super::super::said::{
    OfMost, group_key, seen_key, taken_out_of_each, until_said, used_for, value, word_of,
};
use super::super::visit::Visit;
use super::address_of;
use crate::tasks::Task;
use crate::times::{day, moment};
use crate::words::{detail as name_of, inside, list};

#[derive(Template)]
#[template(path = "space_seen.html")]
struct SeenPage {
    words: Words,
    title: String,
    /// The space's page.
    address: String,
    /// Address, words, and whether it is what is shown.
    views: Vec<(String, String, bool)>,
    intro: String,
    warnings: Vec<String>,
    details: Vec<Told>,
    /// What is said of most of several.
    of_most: OfMost,
    nothing: String,
    objections: Vec<String>,
    handed_on: Vec<String>,
    /// What the team wrote, with who and when.
    notes: Vec<(String, String)>,
    openings: Vec<String>,
}

/// A detail, by the space's account.
struct Told {
    name: String,
    /// Where it can be changed; none of what this wallet did not give.
    address: Option<String>,
    value: String,
    needed: bool,
    facts: Vec<String>,
    warnings: Vec<String>,
}

/// What the space has, as `viewers` see it.
pub(super) fn page(visit: &Visit, task: &Task, seen: &Seen, viewers: Audience) -> Response {
    let words = visit.words;
    let name = visit.name();
    let is_all = viewers == Audience::Team;
    let view = |one: Audience| {
        let address = format!("{}?as={}", address_of(visit, task), one.name());
        (address, words.say(view_key(one)), one == viewers)
    };
    let views = [Audience::Team, Audience::MembersHere, Audience::Brand, Audience::Public];
    let has_brand = visit.own.membership.as_ref().is_some_and(|one| one.brand.is_some());
    let views = views.into_iter().filter(|one| *one != Audience::Brand || has_brand);
    let mut warnings = Vec::new();
    if is_all && !seen.missing.is_empty() {
        let names = list(words, &seen.missing);
        warnings.push(words.say_with("space-seen-missing", &[("space", &name), ("details", &names)]));
    }
    let mut details: Vec<&SeenDetail> = seen.seen_by(viewers).collect();
    // In the order of the space's page: that in which they were given.
    let place = |one: &&SeenDetail| {
        let held = &visit.own.space.held;
        held.iter().position(|held| held.claim == one.detail.claim).unwrap_or(usize::MAX)
    };
    details.sort_by_key(place);
    let nothing = match viewers {
        Audience::Team => "space-seen-none",
        Audience::MembersHere => "space-seen-nothing",
        Audience::Brand => "space-seen-nothing-brand",
        Audience::Public => "space-seen-nothing-public",
    };
    let intro = match viewers {
        Audience::Team => "space-seen-all",
        Audience::MembersHere => "space-seen-as-members",
        Audience::Brand => "space-seen-as-brand",
        Audience::Public => "space-seen-as-public",
    };
    let objections = seen.objections.iter().filter(|_| is_all).map(|(at, about)| {
        let about = if about.is_empty() { words.say("space-everything") } else { list(words, about) };
        words.say_with("space-objected", &[("date", &day(*at)), ("details", &about)])
    });
    let handed_on = seen.handed_on.iter().filter(|_| is_all).map(|one| {
        let key = if one.confirmed { "space-handed-on" } else { "space-handed-on-open" };
        let details = list(words, &one.details);
        words.say_with(key, &[("to", &one.to), ("date", &day(one.at)), ("details", &details)])
    });
    let title = words.say_with("space-seen-title", &[("space", &name)]);
    let mut details: Vec<Told> = details.into_iter().map(|one| told(visit, one, is_all)).collect();
    let of_most = taken_out_of_each(details.iter_mut().map(|one| &mut one.facts));
    let body = SeenPage {
        words,
        title: title.clone(),
        address: visit.address(),
        views: views.map(view).collect(),
        intro: words.say_with(intro, &[("space", &name)]),
        warnings,
        details,
        of_most,
        nothing: words.say_with(nothing, &[("space", &name)]),
        objections: objections.collect(),
        handed_on: handed_on.collect(),
        notes: seen.notes.iter().filter(|_| is_all).map(|one| note(words, one)).collect(),
        openings: seen.openings.iter().filter(|_| is_all).map(|one| opening(words, one)).collect(),
    };
    visit.answered(StatusCode::OK, title, body)
}

fn note(words: Words, note: &TeamNote) -> (String, String) {
    let said = words.say_with("space-note-by", &[("name", &shown(&note.by)), ("date", &day(note.at))]);
    (shown(&note.text), said)
}

fn opening(words: Words, opening: &DoorOpening) -> String {
    let key = match opening.opened {
        Some(true) => "space-opening-opened",
        Some(false) => "space-opening-refused",
        None => "space-opening-unheard",
    };
    let door = opening.door.as_deref().map_or_else(|| words.say("space-opening-gone"), shown);
    words.say_with(key, &[("door", &door), ("date", &moment(opening.at))])
}

/// What others see is the value alone.
fn told(visit: &Visit, one: &SeenDetail, is_all: bool) -> Told {
    let words = visit.words;
    let detail = &one.detail;
    let mut facts = Vec::new();
    let mut warnings = Vec::new();
    if is_all {
        facts.push(used_for(words, &visit.own.space, &detail.purpose));
        facts.push(words.say_with("spaces-since", &[("date", &day(detail.since))]));
        facts.push(until_said(words, detail));
        facts.push(words.say(seen_key(detail.audience, detail.seen_in_team)));
        facts.push(word_of(words, detail));
        warnings.extend(one.is_unknown.then(|| words.say("space-seen-unknown")));
        warnings.extend(one.is_another_value.then(|| words.say("space-seen-other-value")));
        warnings.extend(one.audience_proven.map(|audience| {
            let group = inside(&words.say(group_key(audience)));
            words.say_with("space-seen-other-group", &[("group", &group)])
        }));
        warnings.extend(one.seen_in_team_promised.map(|seen| {
            let group = words.say(seen_key(Audience::Team, seen));
            words.say_with("space-seen-other-group", &[("group", &group)])
        }));
    }
    let is_known = visit.own.space.held.iter().any(|held| held.claim == detail.claim);
    Told {
        name: name_of(words, &detail.claim),
        address: is_known.then(|| address_of_detail(&visit.own.key, &detail.claim)),
        value: value(words, &detail.claim, &detail.value),
        needed: is_all && detail.needed,
        facts,
        warnings,
    }
}

/// The key of those through whose eyes what a space has is looked at.
const fn view_key(viewers: Audience) -> &'static str {
    match viewers {
        Audience::Team => "space-view-team",
        Audience::MembersHere => "space-view-members",
        Audience::Brand => "space-view-brand",
        Audience::Public => "space-view-public",
    }
}

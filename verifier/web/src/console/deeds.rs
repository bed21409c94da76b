//! What members did with what the space holds: at a contact, and since yesterday on the first page.

use network::change_proof::Deed;
use network::claims::Audience;
use network::member_api::{Outcome, WhatToDo};
use verifier::member_api::{Done, MemberDeed};
use verifier::records::SignUp;
use verifier::standing::Called;
use verifier::team::Right;
use web::Words;

use super::guard::Acting;
use super::words as say;
use crate::site::{Failed, SpaceWeb};

/// Seconds of which the first page tells.
const TODAY: i64 = 86_400;
/// Lines of it.
const MOST: usize = 10;

/// What members did since yesterday.
pub(super) struct Today {
    /// How many did what, in sentences; empty where nobody did anything.
    pub(super) counts: String,
    pub(super) lines: Vec<TodayLine>,
}

/// One of them, and the way to the contact.
pub(super) struct TodayLine {
    pub(super) contact: Option<String>,
    pub(super) said: String,
}

impl Today {
    /// Whoever may see no contact sees how many.
    pub(super) async fn of(site: &SpaceWeb, words: Words, acting: &Acting) -> Result<Self, Failed> {
        let space = &site.space;
        let deeds = space.deeds_since(space.now().seconds().saturating_sub(TODAY)).await?;
        let mut lines = Vec::new();
        if acting.may(Right::SeeContacts) {
            let shown = deeds.get(..MOST.min(deeds.len())).unwrap_or_default();
            let ids: Vec<&str> = shown.iter().filter_map(|deed| deed.contact.as_deref()).collect();
            let names = space.called(&ids, acting.looker(), "members").await?;
            for deed in shown {
                let place = ids.iter().position(|id| deed.contact.as_deref() == Some(id));
                let name = place.and_then(|place| names.get(place)).cloned();
                let name = say::called(words, name.unwrap_or(Called::Nameless));
                lines.extend(said(words, deed).into_iter().map(|what| TodayLine {
                    contact: deed.contact.clone(),
                    said: words.say_with("console-today-who", &[("name", &name), ("what", &what)]),
                }));
            }
        }
        Ok(Self { counts: counts(words, &deeds), lines })
    }
}

fn counts(words: Words, deeds: &[MemberDeed]) -> String {
    let takes_back =
        |outcome: &Outcome| outcome.changes.iter().any(|change| change.what == WhatToDo::TakeBack);
    let kind = |deed: &MemberDeed| match &deed.done {
        Done::Asked(Deed::Left, _) => "left",
        Done::Asked(Deed::Objected, _) => "objected",
        Done::Asked(Deed::Changed, outcome) if takes_back(outcome) => "taken-back",
        Done::NewValues(_) | Done::Asked(Deed::Changed, _) => "changed",
    };
    let sentences = ["changed", "taken-back", "left", "objected"].into_iter().filter_map(|wanted| {
        let count = deeds.iter().filter(|deed| kind(deed) == wanted).count();
        let count = u32::try_from(count).unwrap_or(u32::MAX);
        (count > 0).then(|| words.count(&format!("console-today-{wanted}"), "count", count))
    });
    sentences.collect::<Vec<_>>().join(" ")
}

/// What the member behind a sign-up did, the newest first; at last that they answered.
pub(super) async fn of_member(
    site: &SpaceWeb,
    words: Words,
    sign_up: Option<&SignUp>,
) -> Result<Vec<String>, Failed> {
    let Some((sign_up, sub)) = sign_up.and_then(|found| Some((found, found.member.as_ref()?))) else {
        return Ok(Vec::new());
    };
    let deeds = site.space.deeds_of(sub).await?;
    let mut lines: Vec<String> = deeds.iter().flat_map(|deed| said(words, deed)).collect();
    let at = say::when(sign_up.answered_at);
    lines.push(words.say_with("console-deed-answered", &[("at", &at), ("form", &sign_up.form)]));
    Ok(lines)
}

/// Whether a change is of a kind.
type IsSo = fn(WhatToDo) -> bool;

/// A sentence for each kind of thing that was done at once.
fn said(words: Words, deed: &MemberDeed) -> Vec<String> {
    let at = say::when(deed.at);
    let line = |key: &str, claims: &[&str]| {
        let names = match claims.is_empty() {
            true => words.say("console-deed-everything"),
            false => say::names(words, claims.iter().copied()),
        };
        words.say_with(key, &[("at", &at), ("names", &names)])
    };
    let outcome = match &deed.done {
        Done::NewValues(claims) => {
            let claims: Vec<&str> = claims.iter().map(String::as_str).collect();
            return vec![line("console-deed-values", &claims)];
        }
        Done::Asked(Deed::Left, _) => return vec![words.say_with("console-deed-left", &[("at", &at)])],
        Done::Asked(Deed::Objected, outcome) => {
            let about: Vec<&str> = outcome.about.iter().map(String::as_str).collect();
            return vec![line("console-deed-objected", &about)];
        }
        Done::Asked(Deed::Changed, outcome) => outcome,
    };
    let kinds: [(&str, IsSo); 4] = [
        ("console-deed-taken-back", |what| what == WhatToDo::TakeBack),
        (
            "console-deed-published",
            |what| matches!(what, WhatToDo::Publish(audience) if audience != Audience::Team),
        ),
        ("console-deed-hidden", |what| what == WhatToDo::Publish(Audience::Team)),
        ("console-deed-until", |what| matches!(what, WhatToDo::Until(_))),
    ];
    let sentence = |(key, is_so): (&str, IsSo)| {
        let changes = outcome.changes.iter().filter(|change| is_so(change.what));
        let claims: Vec<&str> = changes.map(|change| change.claim.as_str()).collect();
        (!claims.is_empty()).then(|| line(key, &claims))
    };
    kinds.into_iter().filter_map(sentence).collect()
}

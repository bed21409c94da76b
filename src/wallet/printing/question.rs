//! The question, and what is about to be given.

use ::wallet::{
    Answer, AskedAgain, AskedClaim, Binding, CounterOffer, Difference, FaultyRequest, Possibility, Question,
    Selection, Source, shown,
};
use network::claims::Audience;
use network::seen_in_team::SeenInTeam;

use crate::wallet::words::{self, in_days, joined_by_commas, kept_at_most, kinds};

/// The question, as a person must see it before deciding.
pub(in crate::wallet) fn question(question: &Question) -> Vec<String> {
    let asker = &question.asker;
    let mut lines = vec![String::new(), format!("{} asks you", shown(&asker.name))];
    if let Some(legal_name) = &asker.legal_name {
        lines.push(format!("  legal name: {}", shown(legal_name)));
    }
    lines.push(format!(
        "  place: {}{}",
        shown(&asker.host),
        asker.did.as_deref().map(|did| format!(", {}", shown(did))).unwrap_or_default()
    ));
    let inside = asker.admitted_by.is_some();
    let bound: Vec<&str> = asker.bound_by.iter().map(|binding| bound(*binding, inside)).collect();
    lines.push(format!("  known by: {}", bound.join(" and ")));
    lines.push(match &asker.admitted_by {
        Some(network) => format!("  admitted by: {}", shown(network)),
        None => "  admitted by: NO NETWORK".to_owned(),
    });
    if let Some(brand) = &asker.brand {
        lines.push(format!("  belongs to: {}", shown(brand)));
    }
    match &question.purpose {
        Some(purpose) => {
            let basis = purpose
                .legal_basis
                .as_deref()
                .map(|basis| format!(" ({})", shown(basis)))
                .unwrap_or_default();
            lines.push(format!("  why: {}{basis}", shown(&purpose.text)));
            if let Some(days) = purpose.kept_days {
                lines.push(match days {
                    0 => "  kept: not kept, unless you agree on something else".to_owned(),
                    _ => format!("  kept: at most {}, unless you agree on something else", in_days(days)),
                });
            }
        }
        None => lines.extend(["  why: NOT SAID".to_owned(), "  kept: NOT SAID".to_owned()]),
    }
    lines.push(match (question.asks_for_terms, inside) {
        (true, _) => "  who sees it: the team, or those of it who are named beside a detail, unless you show it to more people".to_owned(),
        (false, true) => "  who sees it: the team".to_owned(),
        (false, false) => "  who sees it: NOT SAID".to_owned(),
    });
    if question.gives_inbox {
        lines.push("  it may write to you, at an address made for it alone; you can block it".to_owned());
    }
    if let Some(contact) = &asker.data_protection_contact {
        lines.push(format!("  about your data: {}", shown(contact)));
    }
    if let Some(policy) = &asker.privacy_policy {
        lines.push(format!("  privacy policy: {}", shown(policy)));
    }
    match &question.difference {
        Some(difference) => lines.extend(differences(difference)),
        None => lines.extend(question.asked_again().iter().flat_map(known)),
    }
    for group in &question.groups {
        if group.is_terms() {
            lines.push("- you may say who sees what".to_owned());
            continue;
        }
        lines.push(format!("- {}", if group.needed { "needed" } else { "optional" }));
        for (position, option) in group.options.iter().enumerate() {
            if position > 0 {
                lines.push("  or".to_owned());
            }
            // Two credentials may hold the same; a person reads it once.
            let mut parts = Vec::new();
            option.answers.iter().flat_map(answer).for_each(|line| push_once(&mut parts, line));
            lines.extend(parts);
        }
    }
    for one in &question.authorises {
        lines.push(format!("- with your answer you SIGN: {}", shown(&one.says)));
    }
    if question.takes_counter_offers {
        lines.push(
            "- you may offer less: it is told by name what you would give, and asks anew or says no"
                .to_owned(),
        );
    }
    lines.extend(joins_again(question));
    lines.push(String::new());
    lines
}

/// What whoever is a member already has to know before answering: spaces match nobody with their members. That a membership was ended
/// the wallet learns from lists that it reads once a day, and only while it has copies to be shown.
pub(in crate::wallet) fn joins_again(question: &Question) -> Option<String> {
    let name = shown(&question.asker.name);
    question.joins_again.then(|| {
        format!(
            "As far as this wallet knows you are a member of {name} already; answering this may make you a member a second time."
        )
    })
}

/// A request that breaks a rule, and what whoever made it would be told.
pub(in crate::wallet) fn faulty(faulty: &FaultyRequest) -> Vec<String> {
    vec![
        format!("The request of {} cannot be answered: {}.", shown(&faulty.asker), shown(&faulty.problem)),
        format!(
            "{} can be told that it is faulty ({}). Nothing is said about you or what you have.",
            shown(&faulty.host),
            faulty.code
        ),
    ]
}

/// How it differs from what was asked before.
fn differences(difference: &Difference) -> Vec<String> {
    let mut lines = vec!["  it asks in the place of what it asked before".to_owned()];
    if let Some(reason) = &difference.reason {
        lines.push(format!("  it says: {}", shown(reason)));
    }
    let mut add = |what: &str, names: &[String]| {
        if !names.is_empty() {
            lines.push(format!("  {what}: {}", words::list(names)));
        }
    };
    add("not asked any more", &difference.no_longer);
    add("asked now", &difference.anew);
    add("YOU DID NOT OFFER", &difference.not_offered);
    add("MORE OF ITS TEAM WOULD SEE THAN IT SAID BEFORE", &difference.seen_by_more);
    lines
}

/// What whoever asks has already, and what is new to them.
fn known(again: &AskedAgain) -> Vec<String> {
    let lines = [
        ("it has already", &again.has),
        ("it has another value of", &again.has_another),
        ("new to it", &again.new),
    ];
    let told = |(what, names): (&str, &Vec<String>)| format!("  {what}: {}", words::list(names));
    lines.into_iter().filter(|(_, names)| !names.is_empty()).map(told).collect()
}

/// What the asker is told if the member says yes: names, and no value.
pub(in crate::wallet) fn about_to_offer(question: &Question, offer: &CounterOffer) -> Vec<String> {
    let mut lines =
        vec![format!("You tell {} that you would give, by name alone:", shown(&question.asker.name))];
    lines.extend(offer.give.iter().map(|name| format!("  {}", words::claim(name))));
    lines.extend(
        offer
            .instead
            .iter()
            .map(|(of, other)| format!("  {}, in the place of {}", words::claim(other), words::claim(of))),
    );
    let left_out: Vec<String> = question
        .asked()
        .into_iter()
        .filter(|name| !offer.give.contains(name) && !offer.instead.iter().any(|(of, _)| of == name))
        .collect();
    if !left_out.is_empty() {
        lines.push(format!("and not: {}", words::list(&left_out)));
    }
    lines
}

fn answer(answer: &Answer) -> Vec<String> {
    let source = source(answer);
    let mut lines = Vec::new();
    if answer.claims.is_empty() {
        lines.push(format!("    that you have {}, {source}", kinds(&answer.types)));
    }
    for asked in &answer.claims {
        let mut line = format!("    {}", claim(asked));
        // A claim that is not there has no source, and says so itself.
        if answer.source != Source::Missing {
            line.push_str(&format!(", {source}"));
        }
        if let Some(days) = asked.kept_days {
            line.push_str(&if days == 0 {
                ", not kept".to_owned()
            } else {
                format!(", kept {}", in_days(days))
            });
        }
        match asked.seen_in_team {
            SeenInTeam::Team => {}
            SeenInTeam::OwnerAndManagers => line.push_str(", who sees it: owner and managers"),
            SeenInTeam::Owner => line.push_str(", who sees it: the owner"),
        }
        if asked.beyond_registration || answer.beyond_registration {
            line.push_str(", NOT REGISTERED");
        }
        if !asked.also_given_to.is_empty() {
            line.push_str(&format!(", also known to {}", names(&asked.also_given_to)));
        }
        lines.push(line);
    }
    for (name, value) in &answer.comes_along {
        lines.push(format!(
            "    {}: {}, which cannot be left out",
            words::claim(name),
            words::value(name, value)
        ));
    }
    lines
}

/// What is sent if the member says yes: each value, who vouches for it, who sees it, and until when it is kept.
pub(in crate::wallet) fn about_to_give(question: &Question, selection: &Selection) -> Vec<String> {
    let mut lines = vec![format!("You give to {}:", shown(&question.asker.name))];
    for answer in question.picked(selection).filter(|answer| answer.source != Source::Terms) {
        if answer.claims.is_empty() {
            push_once(&mut lines, format!("  that you have {}, {}", kinds(&answer.types), source(answer)));
        }
        for asked in &answer.claims {
            let audience = selection.audiences.get(&asked.claim).copied().unwrap_or_default();
            let kept = asked.kept_days.map_or("how long it is kept is NOT SAID".to_owned(), kept_at_most);
            let seen = seen_by(audience, asked.seen_in_team, question);
            push_once(&mut lines, format!("  {}, {}; {seen}; {kept}", claim(asked), source(answer)));
        }
        for (name, value) in &answer.comes_along {
            let line = format!("  {}: {}", words::claim(name), words::value(name, value));
            push_once(&mut lines, format!("{line}, which cannot be left out"));
        }
    }
    if question.asker.admitted_by.is_some() {
        lines.push(
            "The days count from today; if you become a member there, from the end of the membership."
                .to_owned(),
        );
    }
    lines
}

fn push_once(lines: &mut Vec<String>, line: String) {
    if !lines.contains(&line) {
        lines.push(line);
    }
}

fn seen_by(audience: Audience, seen_in_team: SeenInTeam, question: &Question) -> &'static str {
    match audience {
        // Outside a network nobody promised who sees it.
        Audience::Team if question.asker.admitted_by.is_none() && !question.asks_for_terms => {
            "who sees it is NOT SAID"
        }
        Audience::Team => match seen_in_team {
            SeenInTeam::Team => "seen by the team",
            SeenInTeam::OwnerAndManagers => "seen by owner and managers",
            SeenInTeam::Owner => "seen by the owner",
        },
        Audience::MembersHere => "seen by the team and the members there",
        Audience::Brand => "seen by the teams and members of the brand",
        Audience::Public => "seen by everybody",
    }
}

fn names(names: &[String]) -> String {
    joined_by_commas(names.iter().map(|name| shown(name)))
}

/// One way to answer, in a line.
pub(in crate::wallet) fn possibility(option: &Possibility) -> String {
    let parts = option.answers.iter().map(|answer| {
        let names: Vec<String> = answer.claims.iter().map(claim).collect();
        let what = if names.is_empty() {
            format!("that you have {}", kinds(&answer.types))
        } else {
            names.join(", ")
        };
        let along = along(answer);
        let along = if along.is_empty() { along } else { format!(", together with {along}") };
        format!("{what}, {}{along}", source(answer))
    });
    parts.collect::<Vec<_>>().join("; ")
}

/// What is shown although nobody asked for it, with its values: two credentials may differ in nothing else.
fn along(answer: &Answer) -> String {
    let parts = answer
        .comes_along
        .iter()
        .map(|(name, value)| format!("{}: {}", words::claim(name), words::value(name, value)));
    parts.collect::<Vec<_>>().join(", ")
}

fn source(answer: &Answer) -> String {
    match &answer.source {
        Source::CheckedBy(name) => format!("checked by {}", shown(name)),
        Source::OwnDetails => "your own word".to_owned(),
        Source::Terms => "your terms".to_owned(),
        Source::Missing => "which you do not have".to_owned(),
    }
}

/// Of which set the own details are, where that makes a difference, and how another is chosen.
pub(in crate::wallet) fn own_sets(question: &Question, chosen: &Question) -> Option<String> {
    let name = |set: &::wallet::DetailSet| shown(set.name.as_str());
    let is_chosen = |set: &&::wallet::DetailSet| chosen.own_set.as_ref() == Some(&set.id);
    let others = joined_by_commas(question.sets.iter().filter(|set| !is_chosen(set)).map(name));
    let chosen = question.sets.iter().find(is_chosen)?;
    Some(format!("Your own details as {}; `--as` names another set: {others}", name(chosen)))
}

const fn bound(binding: Binding, inside: bool) -> &'static str {
    match (binding, inside) {
        (Binding::Certificate, true) => "its certificate",
        (Binding::Certificate, false) => "a certificate of the authorities you named",
        (Binding::Did, true) => "its identifier",
        (Binding::Did, false) => "an identifier you named",
        (Binding::AddressOnly, _) => "NOTHING but the address the answer goes to",
    }
}

/// A claim with what would be shown of it.
fn claim(claim: &AskedClaim) -> String {
    let value = claim.value.as_deref();
    let value =
        value.map_or_else(|| "you do not have it".to_owned(), |value| words::value(&claim.claim, value));
    format!("{}: {value}", words::claim(&claim.claim))
}

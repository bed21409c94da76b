//! Who asks, exactly, and how the question differs from the one before.

use wallet::{Asker, Binding, Difference, Question, shown};
use web::Words;

use crate::times::minute;
use crate::words::list;

pub(super) fn changes(words: Words, difference: &Difference) -> Vec<String> {
    let mut lines = vec![words.say("asks-changed")];
    if let Some(reason) = &difference.reason {
        lines.push(words.say_with("asks-changed-reason", &[("reason", &shown(reason))]));
    }
    for (key, names) in [
        ("asks-no-longer", &difference.no_longer),
        ("asks-anew", &difference.anew),
        ("asks-not-offered", &difference.not_offered),
        ("asks-seen-by-more", &difference.seen_by_more),
    ] {
        if !names.is_empty() {
            lines.push(words.say_with(key, &[("details", &list(words, names))]));
        }
    }
    lines
}

/// What whoever asks has already, and what is new to them.
pub(super) fn known(words: Words, question: &Question) -> Vec<String> {
    let Some(again) = question.asked_again() else { return Vec::new() };
    let asker = shown(&question.asker.name);
    let lines = [
        ("asks-again-has", &again.has),
        ("asks-again-has-another", &again.has_another),
        ("asks-again-new", &again.new),
    ];
    let told = |(key, names): (&str, &Vec<String>)| {
        words.say_with(key, &[("asker", &asker), ("details", &list(words, names))])
    };
    lines.into_iter().filter(|(_, names)| !names.is_empty()).map(told).collect()
}

/// Who asks, for whoever wants to know it exactly.
pub(super) fn facts(words: Words, asker: &Asker, question: &Question) -> Vec<(String, String)> {
    let inside = asker.admitted_by.is_some();
    let bound = |binding: &Binding| {
        words.say(match (binding, inside) {
            (Binding::Certificate, true) => "asks-bound-certificate",
            (Binding::Certificate, false) => "asks-bound-certificate-outside",
            (Binding::Did, true) => "asks-bound-did",
            (Binding::Did, false) => "asks-bound-did-outside",
            (Binding::AddressOnly, _) => "asks-bound-address",
        })
    };
    let mut facts = Vec::new();
    let mut add = |key: &str, said: Option<String>| {
        if let Some(said) = said {
            facts.push((words.say(key), said));
        }
    };
    let told = |text: &Option<String>| text.as_deref().map(shown);
    add("asks-legal-name", told(&asker.legal_name));
    add("asks-identifier", told(&asker.did));
    let bound: Vec<String> = asker.bound_by.iter().map(bound).collect();
    add("asks-bound", Some(bound.join(", ")));
    add("asks-admitted", told(&asker.admitted_by).or_else(|| Some(words.say("asks-admitted-nobody"))));
    add("asks-brand", told(&asker.brand));
    let sites: Vec<String> = asker
        .brand_sites
        .iter()
        .map(|site| format!("{} ({})", shown(&site.name), shown(&site.host)))
        .collect();
    add("asks-brand-sites", (!sites.is_empty()).then(|| sites.join(", ")));
    add("asks-basis", question.purpose.as_ref().and_then(|purpose| told(&purpose.legal_basis)));
    add("asks-contact", told(&asker.data_protection_contact));
    add("asks-policy", told(&asker.privacy_policy));
    add("asks-authority", told(&asker.supervisory_authority));
    add("asks-ends", question.ends_at.map(minute));
    add("asks-request", (!question.request.is_empty()).then(|| question.request.clone()));
    facts
}

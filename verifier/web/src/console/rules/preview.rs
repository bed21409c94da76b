//! What the member will see of a form before they answer.

use askama::Template;
use askama::filters::HtmlSafe;
use trust::registration::{IntendedUse, LegalBasis};
use verifier::form::{Field, Form, Need, Source};
use web::Words;

use super::say;
use crate::asked::seen_in_team;
use crate::site::SpaceWeb;

/// The question, as wallets of the network put it.
#[derive(Template)]
#[template(path = "console/rule_preview.html")]
pub(super) struct Preview {
    words: Words,
    asks: String,
    purpose: String,
    basis: String,
    needed: Vec<Detail>,
    optional: Vec<Detail>,
    seen: String,
    decides: String,
    conditions: Vec<String>,
}

impl HtmlSafe for Preview {}

struct Detail {
    label: String,
    from: String,
    kept: String,
    /// Who of the team sees it, where that is not everybody who sees values.
    seen: Option<String>,
}

/// The use that a form is registered for.
fn registered<'a>(site: &'a SpaceWeb, form: &Form) -> Option<&'a IntendedUse> {
    site.space.registration().content().intended_uses.iter().find(|one| one.id == form.purpose)
}

/// What a form is for, in the reader's words.
pub(super) fn purpose(site: &SpaceWeb, words: Words, form: &Form) -> String {
    registered(site, form)
        .map_or_else(|| form.purpose.clone(), |one| one.purpose_in(&[words.tag()]).to_owned())
}

/// Everything that a form asks for, by name.
pub(super) fn names(words: Words, form: &Form) -> String {
    let mut all: Vec<String> = form.fields.iter().map(|field| say::name(words, &field.claim)).collect();
    all.extend(form.passport.map(|_| words.say("network-number")));
    all.extend(form.membership.map(|_| words.say("asked-membership")));
    all.extend(form.foreign.iter().map(|one| one.vct.clone()));
    all.join(", ")
}

impl Preview {
    pub(super) fn of(site: &SpaceWeb, words: Words, form: &Form) -> Self {
        let of_need = |need: Need| {
            let fields = form.fields.iter().filter(|field| field.need == need);
            let mut details: Vec<Detail> = fields.map(|field| detail(site, words, form, field)).collect();
            for (part, key) in [(form.passport, "network-number"), (form.membership, "asked-membership")] {
                if part == Some(need) {
                    details.push(Detail {
                        label: words.say(key),
                        from: words.say("asked-checked"),
                        kept: String::new(),
                        seen: None,
                    });
                }
            }
            details
        };
        let seen = if form.terms { "rules-seen-terms" } else { "rules-seen-team" };
        Self {
            words,
            asks: words.say_with("asked-by", &[("space", site.name())]),
            purpose: purpose(site, words, form),
            basis: registered(site, form).map(|one| words.say(basis(one.legal_basis))).unwrap_or_default(),
            needed: of_need(Need::Required),
            optional: of_need(Need::Optional),
            seen: words.say(seen),
            decides: words.say(super::decides(form.approval)),
            conditions: conditions(words, form),
        }
    }
}

const fn basis(basis: LegalBasis) -> &'static str {
    match basis {
        LegalBasis::Consent => "privacy-consent",
        LegalBasis::Contract => "privacy-contract",
        LegalBasis::LegalObligation => "privacy-obligation",
        LegalBasis::LegitimateInterest => "privacy-interest",
    }
}

fn detail(site: &SpaceWeb, words: Words, form: &Form, field: &Field) -> Detail {
    let from = match field.source {
        Source::Checked => "asked-checked",
        Source::Either => "asked-either",
        Source::Own => "own-details",
    };
    Detail {
        label: say::name(words, &field.claim),
        from: words.say(from),
        kept: kept(site, words, form, field),
        seen: seen_in_team(words, site.name(), form.seen_in_team(&field.claim)),
    }
}

/// For how long: as registered, or for less where the form says so.
fn kept(site: &SpaceWeb, words: Words, form: &Form, field: &Field) -> String {
    let registered = registered(site, form).and_then(|one| {
        one.claims
            .iter()
            .find(|claim| claim.path.to_string() == field.claim)
            .map(|claim| claim.retention_days)
    });
    match registered.into_iter().chain(field.kept_days).min() {
        Some(0) => words.say("rules-kept-none"),
        Some(days) => words.count("rules-kept-days", "days", days),
        None => String::new(),
    }
}

fn conditions(words: Words, form: &Form) -> Vec<String> {
    let mut said = Vec::new();
    if form.only.invited {
        said.push(words.say("rules-invited-note"));
    }
    if form.only.brand {
        said.push(words.say("rules-brand-note"));
    }
    if !form.only.email_domains.is_empty() {
        said.push(words.say_with("rules-domains-note", &[("domains", &form.only.email_domains.join(", "))]));
    }
    if let Some(places) = form.places {
        said.push(words.count("rules-places-note", "places", places.get()));
    }
    said
}

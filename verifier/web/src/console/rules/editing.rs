//! From the fields of the page to a form, and back. What the page does not show of a form stays as it was.

use std::num::NonZeroU32;

use askama::Template;
use askama::filters::HtmlSafe;
use network::claims::CHECKED;
use trust::registration::IntendedUse;
use verifier::form::{Approval, Field, Form, Need, Only, Otherwise, SeenInTeam, Source};
use web::Words;

use super::super::guard::Posted;
use super::say;
use crate::site::SpaceWeb;

/// What a wallet says about the sharing itself, and what the parts of a form ask that go as a whole: no details of their own.
const NO_DETAILS: [&str; 9] =
    ["request", "audiences", "until", "inbox", "number", "did", "since", "plan", "space"];
/// Longest list of domains that is read.
const LONGEST_DOMAINS: usize = 10_000;

/// The fields of the page.
#[derive(Template)]
#[template(path = "console/rule_editor.html")]
pub(super) struct Editor {
    words: Words,
    id: String,
    is_new: bool,
    from: Option<u32>,
    purposes: Vec<Choice>,
    details: Vec<Row>,
    passport: Vec<Choice>,
    membership: Vec<Choice>,
    approval: Vec<Choice>,
    otherwise: Vec<Choice>,
    invited: bool,
    /// Whether members of the brand alone may answer; there is no such choice where there is no brand.
    brand: Option<bool>,
    domains: String,
    places: String,
    terms: bool,
    /// What the form has that is not changed here.
    beside: Vec<String>,
}

impl HtmlSafe for Editor {}

struct Choice {
    value: String,
    label: String,
    is_chosen: bool,
}

/// One detail that may be asked.
struct Row {
    claim: String,
    label: String,
    needs: Vec<Choice>,
    sources: Vec<Choice>,
    /// Who of the team sees it.
    seen: Vec<Choice>,
    kept: String,
    longest: String,
    is_registered: bool,
    hint: Option<String>,
}

/// The use for which most is registered: a new form begins with it.
pub(super) fn usual_purpose(site: &SpaceWeb) -> String {
    uses(site).max_by_key(|one| one.claims.len()).map(|one| one.id.clone()).unwrap_or_default()
}

/// The registered uses for which a form may ask; those that the software itself asks for are none.
fn uses(site: &SpaceWeb) -> impl Iterator<Item = &IntendedUse> {
    let own = ["membership-refill", "here-i-am", "sign-in"];
    let all = site.space.registration().content().intended_uses.iter();
    all.filter(move |one| !own.contains(&one.id.as_str()))
}

impl Editor {
    /// The form's name.
    pub(super) fn id(&self) -> &str {
        &self.id
    }

    /// The version that is edited.
    pub(super) fn version(&self) -> String {
        self.from.map(|from| from.to_string()).unwrap_or_default()
    }

    pub(super) fn of(site: &SpaceWeb, words: Words, form: &Form, from: Option<u32>) -> Self {
        let purposes = uses(site).map(|one| Choice {
            value: one.id.clone(),
            label: one.purpose_in(&[words.tag()]).to_owned(),
            is_chosen: one.id == form.purpose,
        });
        let approvals = [
            (Approval::Automatic, "automatic"),
            (Approval::Person, "person"),
            (Approval::Elsewhere, "elsewhere"),
        ];
        let otherwise = [(Otherwise::Person, "person"), (Otherwise::Decline, "decline")];
        let mut beside = Vec::new();
        beside.extend(form.foreign.iter().map(|one| one.vct.clone()));
        let instead = form.fields.iter().flat_map(|field| &field.instead);
        beside.extend(instead.map(|claim| say::name(words, claim)));
        Self {
            words,
            id: form.id.clone(),
            is_new: from.is_none(),
            from,
            purposes: purposes.collect(),
            details: rows(site, words, form),
            passport: part(words, form.passport),
            membership: part(words, form.membership),
            approval: approvals
                .map(|(approval, value)| Choice {
                    value: value.to_owned(),
                    label: words.say(super::decides(approval)),
                    is_chosen: form.approval == approval,
                })
                .into(),
            otherwise: otherwise
                .map(|(otherwise, value)| Choice {
                    value: value.to_owned(),
                    label: words.say(&format!("rules-otherwise-{value}")),
                    is_chosen: form.only.otherwise == otherwise,
                })
                .into(),
            invited: form.only.invited,
            brand: (form.only.brand || site.space.is_of_a_brand()).then_some(form.only.brand),
            domains: form.only.email_domains.join("\n"),
            places: form.places.map(|places| places.to_string()).unwrap_or_default(),
            terms: form.terms,
            beside,
        }
    }
}

fn part(words: Words, need: Option<Need>) -> Vec<Choice> {
    needs(words, need)
}

fn needs(words: Words, need: Option<Need>) -> Vec<Choice> {
    [(None, "none"), (Some(Need::Optional), "optional"), (Some(Need::Required), "required")]
        .map(|(one, value)| Choice {
            value: value.to_owned(),
            label: words.say(&format!("rules-need-{value}")),
            is_chosen: need == one,
        })
        .into()
}

/// The details of the form in its own order, then what else is registered for its purpose.
fn rows(site: &SpaceWeb, words: Words, form: &Form) -> Vec<Row> {
    let registered: Vec<(String, u32)> = uses(site)
        .filter(|one| one.id == form.purpose)
        .flat_map(|one| &one.claims)
        .map(|claim| (claim.path.to_string(), claim.retention_days))
        .filter(|(path, _)| !NO_DETAILS.contains(&path.as_str()))
        .collect();
    let asked = form.fields.iter().map(|field| (field.claim.clone(), Some(field)));
    let others = registered
        .iter()
        .filter(|(path, _)| form.fields.iter().all(|field| field.claim != *path))
        .map(|(path, _)| (path.clone(), None));
    asked
        .chain(others)
        .map(|(claim, field)| {
            let days = registered.iter().find(|(path, _)| *path == claim).map(|(_, days)| *days);
            row(words, claim, field, days)
        })
        .collect()
}

fn row(words: Words, claim: String, field: Option<&Field>, registered: Option<u32>) -> Row {
    let source = field.map_or_else(|| usual_source(&claim), |field| field.source);
    let can_be_checked = CHECKED.contains(&claim.split('.').next().unwrap_or_default());
    let sources = [
        (Source::Checked, "checked", "rules-source-checked"),
        (Source::Either, "either", "rules-source-either"),
        (Source::Own, "own", "rules-source-own"),
    ];
    let sources = sources.into_iter().filter(|(one, ..)| can_be_checked || *one == Source::Own);
    Row {
        label: say::name(words, &claim),
        needs: needs(words, field.map(|field| field.need)),
        sources: sources
            .map(|(one, value, key)| Choice {
                value: value.to_owned(),
                label: words.say(key),
                is_chosen: one == source,
            })
            .collect(),
        seen: SeenInTeam::ALL
            .map(|one| Choice {
                value: one.name().to_owned(),
                label: words.say(&format!("rules-seen-by-{}", one.name())),
                is_chosen: field.map_or_else(|| usually_seen(&claim), |field| field.seen_in_team) == one,
            })
            .into(),
        kept: field.and_then(|field| field.kept_days).map(|days| days.to_string()).unwrap_or_default(),
        longest: registered.map(|days| days.to_string()).unwrap_or_default(),
        is_registered: registered.is_some(),
        // A date of birth says more than most spaces need.
        hint: (claim == "birthdate").then(|| words.say("rules-birthdate-hint")),
        claim,
    }
}

fn usual_source(claim: &str) -> Source {
    if CHECKED.contains(&claim.split('.').next().unwrap_or_default()) { Source::Checked } else { Source::Own }
}

/// Who of the team sees a detail that is asked for the first time: what the desk can do without is not for the desk.
fn usually_seen(claim: &str) -> SeenInTeam {
    match claim.split('.').next() {
        Some("birthdate" | "address" | "billing" | "phone_number") => SeenInTeam::OwnerAndManagers,
        _ => SeenInTeam::Team,
    }
}

/// What cannot be read of the page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wrong {
    Kept,
    Places,
}

impl Wrong {
    pub(super) const fn field(self) -> &'static str {
        match self {
            Self::Kept => "details",
            Self::Places => "places",
        }
    }

    pub(super) fn sentence(self, words: Words) -> String {
        words.say(match self {
            Self::Kept => "rules-kept-unread",
            Self::Places => "rules-places-unread",
        })
    }
}

/// What was typed, over the form that it was made from.
pub(super) fn read(base: Form, posted: &Posted) -> (Form, Option<Wrong>) {
    let (fields, mut wrong) = fields(&base, posted);
    let places = match posted.text("places") {
        "" => None,
        typed => {
            let read = typed.parse::<NonZeroU32>().ok();
            wrong = wrong.or_else(|| read.is_none().then_some(Wrong::Places));
            read
        }
    };
    let form = Form {
        purpose: posted.text("purpose").to_owned(),
        fields,
        passport: need(posted.text("passport")),
        membership: need(posted.text("membership")),
        terms: posted.0.ticked("terms"),
        approval: match posted.text("approval") {
            "automatic" => Approval::Automatic,
            "elsewhere" => Approval::Elsewhere,
            _ => Approval::Person,
        },
        only: Only {
            invited: posted.0.ticked("invited"),
            brand: posted.0.ticked("brand"),
            email_domains: domains(posted.text("domains")),
            otherwise: match posted.text("otherwise") {
                "decline" => Otherwise::Decline,
                _ => Otherwise::Person,
            },
        },
        places,
        // Whoever writes rules here keeps to the registration.
        beyond_registration: false,
        ..base
    };
    (form, wrong)
}

/// The details that are asked, in the order of the form that it was made from, then in that of the page.
fn fields(base: &Form, posted: &Posted) -> (Vec<Field>, Option<Wrong>) {
    let mut wrong = None;
    let mut fields = Vec::new();
    let known = base.fields.iter().map(|field| field.claim.as_str());
    let typed = posted.0.iter().filter_map(|(name, _)| name.strip_prefix("need."));
    let mut claims: Vec<&str> = known.collect();
    claims.extend(typed.filter(|claim| base.fields.iter().all(|field| field.claim != **claim)));
    for claim in claims {
        let text = |kind: &str| posted.text(&format!("{kind}.{claim}")).to_owned();
        let Some(need) = need(&text("need")) else { continue };
        let kept = text("kept");
        let kept_days = kept.parse().ok();
        if !kept.is_empty() && kept_days.is_none() {
            wrong = Some(Wrong::Kept);
        }
        let instead = base.fields.iter().find(|field| field.claim == claim);
        fields.push(Field {
            claim: claim.to_owned(),
            need,
            source: match text("source").as_str() {
                "checked" => Source::Checked,
                "own" => Source::Own,
                _ => Source::Either,
            },
            kept_days,
            instead: instead.map(|field| field.instead.clone()).unwrap_or_default(),
            // Who sees it is never wider for a word that is none.
            seen_in_team: match text("seen").as_str() {
                "" => instead.map_or_else(|| usually_seen(claim), |field| field.seen_in_team),
                word => SeenInTeam::of_name(word).unwrap_or(SeenInTeam::Owner),
            },
        });
    }
    (fields, wrong)
}

fn need(text: &str) -> Option<Need> {
    match text {
        "optional" => Some(Need::Optional),
        "required" => Some(Need::Required),
        _ => None,
    }
}

/// One on each line, or between blanks and commas; an @ before it is forgiven.
fn domains(text: &str) -> Vec<String> {
    let text = text.get(..LONGEST_DOMAINS).unwrap_or(text);
    let parts = text.split(|symbol: char| symbol.is_whitespace() || matches!(symbol, ',' | ';'));
    let names = parts.map(|part| part.trim_start_matches('@').to_lowercase()).filter(|part| !part.is_empty());
    let mut found: Vec<String> = Vec::new();
    for name in names {
        if !found.contains(&name) {
            found.push(name);
        }
    }
    found
}

//! One detail at one space: what it is there, who sees it, until when, and what the member can do about it.

use askama::Template;
use axum::response::Response;
use environment::{Date, Timestamp};
use http::StatusCode;
use network::claims::Audience;
use url::form_urlencoded::byte_serialize;
use wallet::{DetailName, HeldClaim, OwnSpace, shown};
use web::Words;
use web::form::QueryFields;
use web::page::ErrorSummary;

use super::changing;
use super::page::address_of as address_of_space;
use super::said::{Theirs, begun, checked, group_key, purpose, until, value};
use super::visit::{Called, Visit};
use crate::times::day;
use crate::unlocked::Unlocked;
use crate::words::{detail as name_of, picture};

/// An end lies at least so many seconds ahead (specs/member-api.md §2).
const EARLIEST_END: i64 = 2 * 86_400;

#[derive(Template)]
#[template(path = "space_detail.html")]
struct DetailPage {
    words: Words,
    csrf: String,
    task: String,
    summary: Option<ErrorSummary>,
    space: String,
    /// The space's page.
    address: String,
    claim: String,
    name: String,
    needed: bool,
    is_member: bool,
    /// At a host: what the member agrees to by each of its forms.
    calls: Option<String>,
    values: Vec<Held>,
    /// Where it is changed; none of what only an office or a space can change.
    change: Option<String>,
    /// Name, words, and whether it is chosen.
    audiences: Vec<(&'static str, String, bool)>,
    /// The day that is set, and the first one that can be.
    until: Option<String>,
    earliest: String,
    /// Where to write to, of a space of which the member is none.
    contact: Option<String>,
}

/// What it has of it: the value, where that is known, and what is known of it.
struct Held {
    value: Option<String>,
    picture: Option<String>,
    purpose: Vec<Theirs>,
    facts: Vec<(String, String)>,
}

/// Where a detail is shown.
pub(super) fn address_of(key: &str, claim: &str) -> String {
    let claim: String = byte_serialize(claim.as_bytes()).collect();
    format!("{}/detail?claim={claim}", address_of_space(key))
}

/// `GET /spaces/{key}/detail`.
pub(crate) async fn show(visit: Visit, QueryFields(fields): QueryFields) -> Response {
    page(&visit, fields.optional("claim").unwrap_or_default(), None).await
}

/// The page, with what is wrong in what was sent.
pub(super) async fn page(visit: &Visit, claim: &str, wrong: Option<(&str, String)>) -> Response {
    let Visit { words, own, unlocked, site } = visit;
    let words = *words;
    let held: Vec<&HeldClaim> = own.space.held.iter().filter(|one| one.claim == claim).collect();
    let Some(audience) = held.iter().map(|one| one.audience).max() else {
        return visit.sorry(StatusCode::NOT_FOUND, "space-detail-none-title", "space-detail-none-text");
    };
    let is_member = own.membership.is_some();
    let set = held.iter().filter_map(|one| one.until).min();
    let status = if wrong.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    let errors = wrong.map(|(field, said)| vec![(field.to_owned(), said)]);
    let name = begun(&name_of(words, claim));
    let body = DetailPage {
        words,
        csrf: visit.csrf(),
        task: visit.task_name(),
        summary: errors.map(|errors| ErrorSummary { words, errors }),
        space: visit.name(),
        address: visit.address(),
        claim: claim.to_owned(),
        needed: held.iter().any(|one| one.needed),
        is_member,
        calls: visit.calls(Called::Changes),
        values: held.iter().map(|one| told(words, own, one)).collect(),
        change: can_be_changed(claim).then(|| changing::address_of(claim)),
        audiences: audiences(words, own, audience),
        until: set.map(day),
        earliest: Date::of(site.environment.now().plus(EARLIEST_END)).to_string(),
        contact: if is_member { None } else { contact(unlocked, own).await },
        name: name.clone(),
    };
    visit.answered(status, name, body)
}

fn told(words: Words, own: &OwnSpace, claim: &HeldClaim) -> Held {
    let facts = vec![
        (words.say("space-since"), day(claim.since)),
        (words.say("space-until"), until(words, claim, own.membership.is_some())),
        (words.say("who-sees"), words.say(super::said::seen_key(claim.audience, claim.seen_in_team))),
        (words.say("space-checked"), checked(words, &claim.vct)),
    ];
    let known = own.value_of(claim);
    Held {
        value: known.map(|one| value(words, &claim.claim, one)),
        picture: known.and_then(|one| picture(&claim.claim, one.as_str()?)),
        purpose: purpose(words, claim),
        facts,
    }
}

/// Whether the member can say something else of it here: a passport's number and identifier change by other ways, a picture is no text.
fn can_be_changed(claim: &str) -> bool {
    DetailName::new(claim).is_ok() && !matches!(claim, "number" | "did" | "picture")
}

/// Who may see it. A brand is offered where the space has one, and where it is chosen already.
fn audiences(words: Words, own: &OwnSpace, chosen: Audience) -> Vec<(&'static str, String, bool)> {
    let brand = own.membership.as_ref().and_then(|one| one.brand.as_deref());
    let all = [Audience::Team, Audience::MembersHere, Audience::Brand, Audience::Public];
    let is_offered = |one: &Audience| *one != Audience::Brand || brand.is_some() || chosen == Audience::Brand;
    let option = |one: Audience| {
        let label = match (one, brand) {
            (Audience::Brand, Some(brand)) => {
                words.say_with("space-group-brand-named", &[("brand", &shown(brand))])
            }
            _ => words.say(group_key(one)),
        };
        (one.name(), label, one == chosen)
    };
    all.into_iter().filter(is_offered).map(option).collect()
}

/// Where to write to about it.
pub(super) async fn contact(unlocked: &Unlocked, own: &OwnSpace) -> Option<String> {
    match unlocked.wallet.contact_of(&own.space.id).await {
        Ok(contact) => contact.as_deref().map(shown),
        Err(error) => {
            tracing::warn!(%error, "the history could not be read");
            None
        }
    }
}

/// The first moment of a day that somebody typed.
pub(super) fn typed_day(text: &str) -> Option<Timestamp> {
    Date::parse(text.trim()).map(|day| day.start())
}

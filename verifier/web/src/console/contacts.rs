//! People: who is a member, what is known of each and whose word it is, and what they gave for whoever looks at it by a step of its own.

use askama::Template;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use http::{HeaderMap, StatusCode};
use serde_json::Value;
use verifier::SpaceError;
use verifier::asking_again::Other;
use verifier::form::Form;
use verifier::records::{Contact, Member, Provenance, SignUp, Standing};
use verifier::searching::{SearchError, SearchResult};
use verifier::standing::Called;
use verifier::team::Right;
use web::form::QueryFields;
use web::page::{CopyLink, QrFigure};
use web::{ApiError, Words};

use super::guard::{Acting, Posted};
use super::notes::NotesPart;
use super::{deeds, first, frame, outgoing, words as say};
use crate::commands::counter_offers::{Again, ask_again};
use crate::site::{Failed, SpaceWeb};

pub(super) const CONTACTS: &str = "/console/contacts";
/// People on a page.
const PAGE: usize = 50;
/// Seconds for which an offer to a member is open.
const OFFER_LIFETIME: i64 = 600;

#[derive(Template)]
#[template(path = "console/contacts.html")]
struct People {
    words: Words,
    csrf: String,
    sees_values: bool,
    term: String,
    error: Option<String>,
    searched: Option<String>,
    found: Vec<FoundLine>,
    people: Vec<PersonLine>,
    count: String,
    earlier: Option<usize>,
    later: Option<usize>,
}

struct PersonLine {
    sub: String,
    contact: Option<String>,
    name: String,
    since: String,
    plan: String,
    ended: Option<String>,
}

struct FoundLine {
    /// Where the person is.
    address: String,
    contact: String,
    is_imported: bool,
    name: String,
    details: String,
}

/// `GET /console/contacts`.
pub(crate) async fn list(
    State(site): State<SpaceWeb>,
    words: Words,
    acting: Acting,
    QueryFields(query): QueryFields,
) -> Response {
    let from = query.optional("from").and_then(|from| from.parse().ok()).unwrap_or(0);
    match people(&site, words, &acting, from).await {
        Ok(body) => {
            frame::page(&site, words, &acting, CONTACTS, words.say("console-contacts"), body).into_response()
        }
        Err(failed) => failed.page(words),
    }
}

async fn people(site: &SpaceWeb, words: Words, acting: &Acting, from: usize) -> Result<People, Failed> {
    let members = site.space.all_members().await?;
    let all = members.len();
    let shown: Vec<&Member> = members.iter().skip(from).take(PAGE).collect();
    let ids: Vec<&str> = shown.iter().filter_map(|member| member.contact.as_deref()).collect();
    let names = site.space.called(&ids, acting.looker(), "members").await?;
    let called = |contact: Option<&str>| {
        let place = ids.iter().position(|id| Some(*id) == contact);
        let name = place.and_then(|place| names.get(place)).cloned();
        say::called(words, name.unwrap_or(Called::Nameless))
    };
    let line = |member: &&Member| PersonLine {
        name: called(member.contact.as_deref()),
        sub: member.sub.clone(),
        contact: member.contact.clone(),
        since: day(member.since),
        plan: member.plan.clone(),
        ended: (member.standing == Standing::Ended)
            .then(|| words.say_with("console-ended", &[("at", &day(member.ended.unwrap_or_default()))])),
    };
    let next = from.saturating_add(PAGE);
    Ok(People {
        words,
        csrf: acting.csrf(),
        sees_values: acting.may(Right::SeeValues),
        term: String::new(),
        error: None,
        searched: None,
        found: Vec::new(),
        people: shown.iter().map(line).collect(),
        count: words.count("console-members-count", "count", u32::try_from(all).unwrap_or(u32::MAX)),
        earlier: (from > 0).then(|| from.saturating_sub(PAGE)),
        later: (next < all).then_some(next),
    })
}

/// `POST /console/contacts/search`: what is searched for stands in no address.
pub(crate) async fn search(
    State(site): State<SpaceWeb>,
    words: Words,
    acting: Acting,
    posted: Posted,
) -> Response {
    if site.searches.take(&acting.teammate.id).is_err() {
        return web::errors::error_page(words, StatusCode::TOO_MANY_REQUESTS);
    }
    let term = posted.text("term").to_owned();
    let mut body = match people(&site, words, &acting, 0).await {
        Ok(body) => body,
        Err(failed) => return failed.page(words),
    };
    let status = match site.space.search(&term, acting.looker()).await {
        Ok(result) => {
            body.searched = Some(searched(words, &result));
            body.found = result
                .found
                .into_iter()
                .map(|found| FoundLine {
                    details: say::names(words, found.claims.iter().map(String::as_str)),
                    name: say::called(words, found.name),
                    address: match found.is_imported {
                        true => "/console/import#people".to_owned(),
                        false => format!("{CONTACTS}/{}", found.contact),
                    },
                    is_imported: found.is_imported,
                    contact: found.contact,
                })
                .collect();
            StatusCode::OK
        }
        Err(SearchError::Term) => {
            body.error = Some(words.say("console-search-short"));
            StatusCode::UNPROCESSABLE_ENTITY
        }
        Err(SearchError::Space(error)) => return Failed::from(error).page(words),
    };
    body.term = term;
    let page = frame::page(&site, words, &acting, CONTACTS, words.say("console-contacts"), body);
    (status, page).into_response()
}

fn searched(words: Words, result: &SearchResult) -> String {
    let count = u32::try_from(result.found.len()).unwrap_or(u32::MAX);
    let said = words.count("console-search-found", "count", count);
    if result.is_cut { format!("{said} {}", words.say("console-search-cut")) } else { said }
}

#[derive(Template)]
#[template(path = "console/contact.html")]
struct ContactPage {
    words: Words,
    csrf: String,
    id: String,
    title: String,
    shows_values: bool,
    may_see_values: bool,
    gone: bool,
    lines: Vec<DetailLine>,
    /// How one writes to them, as a key of the catalogue.
    reached: &'static str,
    sign_up: Option<SignUpFacts>,
    decides: bool,
    asks: Vec<(String, String)>,
    forms: Vec<(String, String)>,
    member: Option<MemberFacts>,
    changes_memberships: bool,
    has_proof: bool,
    went_out: Option<outgoing::Went>,
    notes: NotesPart,
    deeds: Vec<String>,
}

struct DetailLine {
    label: String,
    value: Option<String>,
    /// In the place of a value that is for others of the team: that it was given, and who sees it.
    hidden: Option<String>,
    word_of: String,
    need: String,
    purpose: String,
    audience: String,
    since: String,
    kept: String,
}

struct SignUpFacts {
    form: String,
    at: String,
    decided: Option<String>,
}

struct MemberFacts {
    sub: String,
    plan: String,
    since: String,
    ended: Option<String>,
}

/// `GET /console/contacts/{id}`: everything but the values.
pub(crate) async fn show(
    State(site): State<SpaceWeb>,
    words: Words,
    acting: Acting,
    Path(id): Path<String>,
) -> Response {
    shown(&site, words, &acting, &id, None).await
}

/// `POST /console/contacts/{id}/values`: the values, once the look is noted.
pub(crate) async fn values(
    State(site): State<SpaceWeb>,
    words: Words,
    acting: Acting,
    Path(id): Path<String>,
) -> Response {
    match site.space.contact_for(&id, acting.looker()).await {
        Ok(opened) => shown(&site, words, &acting, &id, Some(opened)).await,
        Err(error) => Failed::from(error).page(words),
    }
}

async fn shown(
    site: &SpaceWeb,
    words: Words,
    acting: &Acting,
    id: &str,
    opened: Option<(Contact, Vec<Option<Value>>)>,
) -> Response {
    match contact_page(site, words, acting, id, opened).await {
        Ok(body) => {
            let title = body.title.clone();
            frame::page(site, words, acting, CONTACTS, title, body).into_response()
        }
        Err(failed) => failed.page(words),
    }
}

async fn contact_page(
    site: &SpaceWeb,
    words: Words,
    acting: &Acting,
    id: &str,
    opened: Option<(Contact, Vec<Option<Value>>)>,
) -> Result<ContactPage, Failed> {
    let space = &site.space;
    let sign_up = space.sign_up(id).await?;
    let shows_values = opened.is_some();
    let (contact, values) = match opened {
        Some((contact, values)) => (Some(contact), values),
        None => match space.provenance(id).await {
            Ok(contact) => (Some(contact), Vec::new()),
            Err(SpaceError::NoSuch(_)) if sign_up.is_some() => (None, Vec::new()),
            Err(error) => return Err(error.into()),
        },
    };
    // A sign-up of which it is not known who was at the screen is nobody's yet.
    if sign_up.is_none() {
        return Err(SpaceError::NoSuch("contact").into());
    }
    let name = match &contact {
        Some(contact) => space.called(&[&contact.id], acting.looker(), "contact-name").await?.pop(),
        None => None,
    };
    let ends = match &contact {
        Some(contact) => space.ends_of(contact).await?,
        None => Vec::new(),
    };
    let given = contact.as_ref().map_or(&[][..], |contact| &contact.given);
    let lines = given.iter().enumerate().map(|(place, given)| {
        detail(site, words, given, ends.get(place).copied().flatten(), values.get(place))
    });
    let member = match sign_up.as_ref().and_then(|sign_up| sign_up.member.as_ref()) {
        Some(sub) => space.member(sub).await?,
        None => None,
    };
    let undecided = sign_up.as_ref().is_some_and(|sign_up| sign_up.decided.is_none());
    let forms = space.forms().await?;
    let form = sign_up.as_ref().and_then(|sign_up| forms.get(&sign_up.form)).map(|version| &version.form);
    let is_member = member.as_ref().is_some_and(|member| member.standing == Standing::Active);
    let notes = NotesPart::of(site, words, acting, contact.as_ref(), shows_values, is_member).await?;
    Ok(ContactPage {
        words,
        csrf: acting.csrf(),
        id: id.to_owned(),
        title: say::called(words, name.unwrap_or(Called::Nameless)),
        shows_values,
        may_see_values: acting.may(Right::SeeValues),
        gone: contact.is_none(),
        lines: lines.collect(),
        reached: reached(contact.as_ref()),
        decides: undecided && acting.may(Right::DecideSignUps),
        asks: form.map_or_else(Vec::new, |form| asks(words, form)),
        forms: forms.keys().map(|id| (id.clone(), say::form(site, words, &forms, id))).collect(),
        has_proof: sign_up.is_some(),
        sign_up: match &sign_up {
            Some(sign_up) => Some(sign_up_facts(site, words, sign_up).await?),
            None => None,
        },
        member: member.map(|member| MemberFacts {
            plan: member.plan.clone(),
            since: day(member.since),
            ended: (member.standing == Standing::Ended)
                .then(|| words.say_with("console-ended", &[("at", &day(member.ended.unwrap_or_default()))])),
            sub: member.sub,
        }),
        changes_memberships: acting.may(Right::ChangeMemberships),
        went_out: outgoing::Went::about(site, words, id).await?,
        notes,
        deeds: deeds::of_member(site, words, sign_up.as_ref()).await?,
    })
}

/// How somebody is written to.
fn reached(contact: Option<&Contact>) -> &'static str {
    let gave_mail = |contact: &Contact| contact.given.iter().any(|given| given.claim == "email");
    match contact {
        Some(contact) if contact.inbox.is_some() => "console-inbox",
        Some(contact) if gave_mail(contact) => "console-no-inbox-mail",
        _ => "console-no-inbox",
    }
}

async fn sign_up_facts(site: &SpaceWeb, words: Words, sign_up: &SignUp) -> Result<SignUpFacts, Failed> {
    let form = say::form(site, words, &site.space.forms().await?, &sign_up.form);
    let decided = match sign_up.decided {
        Some(_) => Some(first::by_whom(site, words, &sign_up.id).await?),
        None => None,
    };
    Ok(SignUpFacts { form, at: say::when(sign_up.answered_at), decided })
}

/// What a form asks for, each as a box that leaves it out.
fn asks(words: Words, form: &Form) -> Vec<(String, String)> {
    form.fields.iter().map(|field| (field.claim.clone(), say::name(words, &field.claim))).collect()
}

fn detail(
    site: &SpaceWeb,
    words: Words,
    given: &Provenance,
    end: Option<i64>,
    value: Option<&Option<Value>>,
) -> DetailLine {
    let days = given.kept_days;
    let kept = match (end, days) {
        (Some(end), _) => words.say_with("console-kept-until", &[("at", &say::when(end))]),
        (None, Some(days)) => words.count("console-kept-days", "count", days),
        (None, None) => words.say("console-kept-member"),
    };
    DetailLine {
        label: say::name(words, &given.claim),
        value: value.and_then(Option::as_ref).map(|value| say::value(words, value)),
        hidden: matches!(value, Some(None)).then(|| say::hidden(words, given.seen_in_team)),
        word_of: say::word_of(words, &given.word_of),
        need: words.say(if given.needed { "needed" } else { "optional" }),
        purpose: say::purpose(site, words, &given.purpose),
        audience: say::seen_by(site, words, given),
        since: given.since.map_or_else(String::new, say::when),
        kept,
    }
}

/// `GET /console/contacts/{id}/proof`: the proof of sharing, as the member's wallet has it.
pub(crate) async fn proof(State(site): State<SpaceWeb>, Path(id): Path<String>) -> Response {
    match site.space.sign_up(&id).await {
        Ok(Some(sign_up)) => {
            let headers = [
                (CONTENT_TYPE, "application/jwt"),
                (CONTENT_DISPOSITION, "attachment; filename=\"proof-of-sharing.jwt\""),
            ];
            (headers, sign_up.sharing_proof).into_response()
        }
        Ok(None) => ApiError::not_found().into_response(),
        Err(error) => Failed::from(error).into_response(),
    }
}

/// `POST /console/sign-ups/{id}/ask`: something else instead of a no.
pub(crate) async fn ask(
    State(site): State<SpaceWeb>,
    words: Words,
    acting: Acting,
    Path(id): Path<String>,
    Posted(fields): Posted,
) -> Response {
    let without = fields.iter().filter_map(|(name, _)| name.strip_prefix("without-")).map(str::to_owned);
    let text =
        |name: &str| fields.optional(name).map(str::trim).filter(|text| !text.is_empty()).map(str::to_owned);
    let again = Again {
        id: id.clone(),
        form: text("form"),
        without: without.collect(),
        instead: Vec::new(),
        reason: text("reason"),
    };
    let other = Other { form: again.form.clone(), without: again.without.clone(), instead: Vec::new() };
    if other == Other::default() {
        let title = words.say("console-not-decided-title");
        let said = words.say("console-ask-nothing");
        return frame::sentence(&site, words, &acting, StatusCode::UNPROCESSABLE_ENTITY, title, said);
    }
    let named = match first::Named::of(&site, words, &acting, &id).await {
        Ok(named) => named,
        Err(failed) => return failed.page(words),
    };
    match ask_again(&site.space, &site.presentation, again).await {
        Ok(_) => first::after(&site, words, &acting, "console-done-asked", named).await,
        Err(_)
            if site
                .space
                .sign_up(&id)
                .await
                .is_ok_and(|found| found.is_none_or(|one| one.decided.is_some())) =>
        {
            first::not_decided(&site, words, &acting, &id, SpaceError::AlreadyDecided).await
        }
        Err(sentence) => {
            tracing::warn!("a team could not ask again");
            let title = words.say("console-not-decided-title");
            let said = words.say_with("console-ask-cannot", &[("why", &sentence)]);
            frame::sentence(&site, words, &acting, StatusCode::CONFLICT, title, said)
        }
    }
}

/// `POST /console/members/{sub}/end`.
pub(crate) async fn end(
    State(site): State<SpaceWeb>,
    words: Words,
    acting: Acting,
    Path(sub): Path<String>,
) -> Response {
    match site.space.end_membership(&sub).await {
        Ok(_) => back_to(&site, &sub).await.unwrap_or_else(|failed| failed.page(words)),
        Err(SpaceError::NoSuch(_)) => {
            let title = words.say("console-not-decided-title");
            let said = words.say("console-member-gone");
            frame::sentence(&site, words, &acting, StatusCode::NOT_FOUND, title, said)
        }
        Err(error) => Failed::from(error).page(words),
    }
}

async fn back_to(site: &SpaceWeb, sub: &str) -> Result<Response, Failed> {
    let contact = site.space.member(sub).await?.and_then(|member| member.contact);
    let to = contact.map_or_else(|| CONTACTS.to_owned(), |contact| format!("{CONTACTS}/{contact}"));
    Ok(Redirect::to(&to).into_response())
}

#[derive(Template)]
#[template(path = "console/link.html")]
struct Offer {
    title: String,
    text: String,
    qr: QrFigure,
    link: CopyLink,
}

/// `POST /console/members/{sub}/offer`: what no wallet has fetched, or copies for a wallet that has none left.
pub(crate) async fn offer(
    State(site): State<SpaceWeb>,
    words: Words,
    acting: Acting,
    headers: HeaderMap,
    Path(sub): Path<String>,
) -> Response {
    drop(headers);
    let title = words.say("console-offer-title");
    let offered = match site.space.offer_again(&sub, false, OFFER_LIFETIME, &acting.teammate.id).await {
        Ok(offered) => offered,
        Err(SpaceError::Store(fault)) => return Failed::from(fault).page(words),
        Err(error) => {
            let key = match error {
                SpaceError::OfferedTooOften => "console-offer-too-often",
                SpaceError::EnoughCopies => "console-offer-enough",
                SpaceError::NoSuch(_) => "console-member-gone",
                error => return Failed::from(error).page(words),
            };
            return frame::sentence(&site, words, &acting, StatusCode::CONFLICT, title, words.say(key));
        }
    };
    let qr = QrFigure::of(&offered.by_reference, &words.say("qr-alternative"), words.say("qr-caption"));
    match qr {
        Ok(qr) => {
            let link = CopyLink { words, id: "offer-link", link: offered.by_reference };
            let body = Offer { title: title.clone(), text: words.say("console-offer-text"), qr, link };
            frame::page(&site, words, &acting, CONTACTS, title, body).with_copying().into_response()
        }
        Err(error) => Failed::from(error).page(words),
    }
}

/// The day of a time, as it is written in tables.
fn day(seconds: i64) -> String {
    say::when(seconds).chars().take(10).collect()
}

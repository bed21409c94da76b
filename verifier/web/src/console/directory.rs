//! The directory, for the team: for whom it is, and how many publish what. What people say stands here nowhere; it is a look at a contact.

use askama::Template;
use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use http::StatusCode;
use network::claims::Audience;
use network::mailbox::Reason;
use verifier::community::hello::records::HelloReport;
use verifier::community::people::Publisher;
use verifier::community::reach::{DirectoryDecision, Reach};
use verifier::standing::Called;
use verifier::team::Right;
use web::Words;
use web::form::QueryFields;

use super::guard::{Acting, Posted};
use super::{frame, words as say};
use crate::site::{Failed, SpaceWeb};

const DIRECTORY: &str = "/console/directory";
/// Decisions that are told.
const MOST: usize = 20;
/// Reports that are shown at once.
const MOST_REPORTS: usize = 50;
/// People on a page.
const PAGE: usize = 50;

#[derive(Template)]
#[template(path = "console/directory.html")]
struct Page {
    words: Words,
    csrf: String,
    choices: Vec<Choice>,
    people: String,
    details: Vec<Detail>,
    decisions: Vec<String>,
    /// Who was reported, for those who may see what members object to.
    reports: Option<Vec<Reported>>,
}

/// Somebody whom a member reported.
struct Reported {
    id: String,
    contact: String,
    name: String,
    why: String,
}

struct Choice {
    value: &'static str,
    label: String,
    is_so: bool,
}

struct Detail {
    name: String,
    members: usize,
    brand: usize,
    public: usize,
}

/// `GET /console/directory`.
pub(crate) async fn show(State(site): State<SpaceWeb>, words: Words, acting: Acting) -> Response {
    match page(&site, words, &acting).await {
        Ok(body) => frame::page(&site, words, &acting, DIRECTORY, words.say("console-directory"), body)
            .into_response(),
        Err(failed) => failed.page(words),
    }
}

async fn page(site: &SpaceWeb, words: Words, acting: &Acting) -> Result<Page, Failed> {
    let reach = site.space.directory_reach().await?;
    let counts = site.space.published_counts().await?;
    let choice = |one: Reach| Choice {
        value: one.name(),
        label: words.say(&format!("console-directory-{}", one.name())),
        is_so: one == reach,
    };
    let detail = |(name, of): (&String, &std::collections::BTreeMap<Audience, usize>)| {
        let count = |audience| of.get(&audience).copied().unwrap_or_default();
        Detail {
            name: say::names(words, std::iter::once(name.as_str())),
            members: count(Audience::MembersHere),
            brand: count(Audience::Brand),
            public: count(Audience::Public),
        }
    };
    let decided = |one: &DirectoryDecision| {
        let reach = words.say(&format!("console-directory-{}", one.reach.name()));
        let said = [("at", say::when(one.at)), ("by", one.by.clone()), ("reach", reach)];
        let said: Vec<(&str, &str)> = said.iter().map(|(name, value)| (*name, value.as_str())).collect();
        words.say_with("console-directory-decided", &said)
    };
    let people = u32::try_from(counts.people).unwrap_or(u32::MAX);
    Ok(Page {
        words,
        csrf: acting.csrf(),
        choices: Reach::ALL.into_iter().map(choice).collect(),
        people: words.count("console-directory-people", "count", people),
        details: counts.details.iter().map(detail).collect(),
        decisions: site.space.directory_decisions(MOST).await?.iter().map(decided).collect(),
        reports: if acting.may(Right::SeeObjections) {
            Some(reported(site, words, acting).await?)
        } else {
            None
        },
    })
}

/// Whom members reported after a hello, and why. Their names are a look.
async fn reported(site: &SpaceWeb, words: Words, acting: &Acting) -> Result<Vec<Reported>, Failed> {
    let reports = site.space.hello_reports(MOST_REPORTS).await?;
    let ids: Vec<&str> = reports.iter().map(|one| one.about.as_str()).collect();
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let names = site.space.called(&ids, acting.looker(), "members").await?;
    let line = |(one, name): (HelloReport, Called)| Reported {
        name: say::called(words, name),
        why: words.say_with(
            &format!("console-reported-{}", reason_name(one.reason)),
            &[("at", &say::when(one.at))],
        ),
        id: one.id,
        contact: one.about,
    };
    Ok(reports.into_iter().zip(names).map(line).collect())
}

const fn reason_name(reason: Reason) -> &'static str {
    match reason {
        Reason::Unwanted => "unwanted",
        Reason::Phishing => "phishing",
        Reason::Abuse => "abuse",
        Reason::Other => "other",
    }
}

/// `POST /console/directory/reports`: somebody has dealt with a report.
pub(crate) async fn close_report(State(site): State<SpaceWeb>, words: Words, posted: Posted) -> Response {
    match site.space.close_hello_report(posted.text("id")).await {
        Ok(()) => Redirect::to(DIRECTORY).into_response(),
        Err(error) => Failed::from(error).page(words),
    }
}

#[derive(Template)]
#[template(path = "console/directory_people.html")]
struct People {
    words: Words,
    people: Vec<Line>,
    next: Option<String>,
}

/// Somebody who publishes something.
struct Line {
    contact: String,
    name: String,
    /// The page that others see.
    page: String,
    details: Vec<String>,
}

/// `GET /console/directory/people`: who publishes which details to whom. Names of people are a look; what they publish is not shown.
pub(crate) async fn people(
    State(site): State<SpaceWeb>,
    words: Words,
    acting: Acting,
    QueryFields(query): QueryFields,
) -> Response {
    match listed(&site, words, &acting, query.optional("from")).await {
        Ok(body) => {
            let title = words.say("console-directory-who");
            frame::page(&site, words, &acting, DIRECTORY, title, body).into_response()
        }
        Err(failed) => failed.page(words),
    }
}

async fn listed(
    site: &SpaceWeb,
    words: Words,
    acting: &Acting,
    from: Option<&str>,
) -> Result<People, Failed> {
    let (found, next) = site.space.publishers(from, PAGE).await?;
    let ids: Vec<&str> = found.iter().map(|one| one.contact.as_str()).collect();
    let names = site.space.called(&ids, acting.looker(), "members").await?;
    let line = |(one, name): (&Publisher, Called)| Line {
        contact: one.contact.clone(),
        name: say::called(words, name),
        page: format!("/people/{}", one.id),
        details: one
            .details
            .iter()
            .map(|(claim, audience)| {
                let (name, audience) = (say::name(words, claim), say::audience(site, words, *audience));
                words.say_with("console-directory-shown", &[("name", &name), ("audience", &audience)])
            })
            .collect(),
    };
    Ok(People { words, people: found.iter().zip(names).map(line).collect(), next })
}

/// `POST /console/directory`.
pub(crate) async fn decide(
    State(site): State<SpaceWeb>,
    words: Words,
    acting: Acting,
    posted: Posted,
) -> Response {
    let Some(reach) = Reach::of_name(posted.text("reach")) else {
        return web::errors::error_page(words, StatusCode::BAD_REQUEST);
    };
    match site.space.set_directory_reach(&acting.teammate.name, reach).await {
        Ok(()) => Redirect::to(DIRECTORY).into_response(),
        Err(error) => Failed::from(error).page(words),
    }
}

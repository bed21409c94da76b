//! Why answers were refused, what applicants offered instead, and what members object to.

use askama::Template;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use presentation::RequestState;
use web::Words;

use super::guard::Acting;
use super::{frame, words as say};
use crate::site::{Failed, SpaceWeb};

const REFUSED: &str = "/console/refused";
const OFFERS: &str = "/console/counter-offers";
const OBJECTIONS: &str = "/console/objections";
/// Most of each that is listed.
const MOST: usize = 200;

#[derive(Template)]
#[template(path = "console/refused.html")]
struct RefusedPage {
    words: Words,
    refused: Vec<RefusedLine>,
}

struct RefusedLine {
    form: String,
    code: String,
    why: String,
    what_to_do: String,
    until: String,
}

/// `GET /console/refused`: the requests of the last hours whose last answer was refused. No value stands here, and nobody's name: an
/// answer that was refused left none.
pub(crate) async fn refused(State(site): State<SpaceWeb>, words: Words, acting: Acting) -> Response {
    match refused_page(&site, words).await {
        Ok(body) => {
            frame::page(&site, words, &acting, REFUSED, words.say("console-refused"), body).into_response()
        }
        Err(failed) => failed.page(words),
    }
}

async fn refused_page(site: &SpaceWeb, words: Words) -> Result<RefusedPage, Failed> {
    let mut refused = Vec::new();
    for asked in site.space.open_requests(MOST).await? {
        let Some(RequestState::Refused(code)) = site.presentation.state(&asked.id).await? else { continue };
        let kind = say::refused(&code);
        refused.push(RefusedLine {
            form: asked.form.id.clone(),
            why: words.say(&format!("console-refused-{kind}")),
            what_to_do: words.say(&format!("console-refused-{kind}-do")),
            code,
            until: say::when(asked.until),
        });
    }
    Ok(RefusedPage { words, refused })
}

#[derive(Template)]
#[template(path = "console/offers.html")]
struct Offers {
    words: Words,
    offers: Vec<OfferLine>,
}

struct OfferLine {
    at: String,
    form: String,
    left_out: String,
    instead: String,
    outcome: String,
}

/// `GET /console/counter-offers`: names of details, and nobody's name.
pub(crate) async fn counter_offers(State(site): State<SpaceWeb>, words: Words, acting: Acting) -> Response {
    let found = match site.space.counter_offers(MOST).await {
        Ok(found) => found,
        Err(error) => return Failed::from(error).page(words),
    };
    let offers = found.into_iter().map(|one| OfferLine {
        at: say::when(one.at),
        form: one.form,
        left_out: say::names(words, one.left_out.iter().map(String::as_str)),
        instead: say::names(words, one.instead.iter().map(|one| one.offer.as_str())),
        outcome: match one.declined {
            None => words.say("console-offer-anew"),
            Some(why) => words.say_with("console-offer-declined", &[("why", &why)]),
        },
    });
    let body = Offers { words, offers: offers.collect() };
    frame::page(&site, words, &acting, OFFERS, words.say("console-offers"), body).into_response()
}

#[derive(Template)]
#[template(path = "console/objections.html")]
struct Objections {
    words: Words,
    csrf: String,
    count: String,
    is_empty: bool,
    shown: Option<Vec<ObjectionLine>>,
}

struct ObjectionLine {
    at: String,
    about: String,
    reason: String,
}

/// `GET /console/objections`: how many; the reasons are looked at by a step of its own.
pub(crate) async fn objections(State(site): State<SpaceWeb>, words: Words, acting: Acting) -> Response {
    objections_page(&site, words, &acting, None).await
}

/// `POST /console/objections`.
pub(crate) async fn read_objections(State(site): State<SpaceWeb>, words: Words, acting: Acting) -> Response {
    let read = match site.space.objections_for(MOST, Some(&acting.teammate.id)).await {
        Ok(read) => read,
        Err(error) => return Failed::from(error).page(words),
    };
    let line = |one: verifier::member_api::ReadObjection| ObjectionLine {
        at: say::when(one.objection.at),
        about: if one.objection.about.is_empty() {
            words.say("console-objection-all")
        } else {
            say::names(words, one.objection.about.iter().map(String::as_str))
        },
        reason: one.reason,
    };
    objections_page(&site, words, &acting, Some(read.into_iter().map(line).collect())).await
}

async fn objections_page(
    site: &SpaceWeb,
    words: Words,
    acting: &Acting,
    shown: Option<Vec<ObjectionLine>>,
) -> Response {
    let count = match site.space.objections_on_file().await {
        Ok(count) => count,
        Err(error) => return Failed::from(error).page(words),
    };
    let body = Objections {
        words,
        csrf: acting.csrf(),
        count: words.count("console-objections-wait", "count", u32::try_from(count).unwrap_or(u32::MAX)),
        is_empty: count == 0,
        shown,
    };
    frame::page(site, words, acting, OBJECTIONS, words.say("console-objections"), body).into_response()
}

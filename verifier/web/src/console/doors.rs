//! Doors that members open: the screens beside them, who opened what last, and for owners and managers which doors there are.

mod adding;
pub(crate) mod known;

use askama::Template;
use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use http::StatusCode;
use http::header::SET_COOKIE;
use verifier::SpaceError;
use verifier::doors::records::{Door, Opening, Outcome};
use verifier::team::{Right, TeamError};
use web::Words;
use web::session::{SessionSecret, team_removal_cookie};

use super::guard::{Acting, Posted};
use super::{frame, words as say};
use crate::door::{SCREEN_COOKIE, address, cookie_of};
use crate::site::{Failed, SpaceWeb};

pub(crate) use adding::{add, show_adding};

const DOORS: &str = "/console/doors";
/// Most openings in the list.
const MOST: usize = 50;
/// Seconds for which the browser of a screen keeps its cookie: as long as the screen lasts.
const COOKIE: u32 = 30 * 86_400;

#[derive(Template)]
#[template(path = "console/doors.html")]
struct Doors {
    words: Words,
    csrf: String,
    doors: Vec<Line>,
    screens: Vec<ScreenLine>,
    openings: Option<Vec<OpeningLine>>,
    templates: Option<Vec<(&'static str, String)>>,
}

struct Line {
    id: String,
    name: String,
    with: String,
    who: String,
    tag: String,
}

struct ScreenLine {
    id: String,
    door: String,
    facts: String,
}

struct OpeningLine {
    at: String,
    door: String,
    outcome: String,
    contact: Option<String>,
}

/// `GET /console/doors`.
pub(crate) async fn show(State(site): State<SpaceWeb>, words: Words, acting: Acting) -> Response {
    match body(&site, words, &acting).await {
        Ok(body) => {
            frame::page(&site, words, &acting, DOORS, words.say("console-doors"), body).into_response()
        }
        Err(failed) => failed.page(words),
    }
}

async fn body(site: &SpaceWeb, words: Words, acting: &Acting) -> Result<Doors, Failed> {
    let doors = site.space.doors().await?;
    let may_see = acting.may(Right::SeeContacts);
    let templates = || {
        let known = known::all();
        let begin = |(key, template): (&'static str, verifier::doors::template::DoorTemplate)| {
            (key, words.say_with("console-door-begin", &[("name", &template.name)]))
        };
        known.map(begin).collect()
    };
    Ok(Doors {
        words,
        csrf: acting.csrf(),
        screens: screens(site, words, &doors).await?,
        openings: if may_see {
            Some(openings(site, words, &doors, &acting.teammate.id).await?)
        } else {
            None
        },
        templates: acting.may(Right::Connect).then(templates),
        doors: doors.into_iter().map(|door| line(site, words, door)).collect(),
    })
}

fn line(site: &SpaceWeb, words: Words, door: Door) -> Line {
    let plans: Vec<&str> = door.plans.iter().map(String::as_str).collect();
    Line {
        with: door.template.name.clone(),
        who: match plans.is_empty() {
            true => words.say("console-door-everybody"),
            false => words.say_with("console-door-plans-of", &[("plans", &plans.join(", "))]),
        },
        tag: site.space.identity().address(&address(&door.id, "")),
        id: door.id,
        name: door.name,
    }
}

fn name_of<'a>(doors: &'a [Door], id: &str) -> Option<&'a str> {
    doors.iter().find(|door| door.id == id).map(|door| door.name.as_str())
}

async fn screens(site: &SpaceWeb, words: Words, doors: &[Door]) -> Result<Vec<ScreenLine>, Failed> {
    let mut lines = Vec::new();
    for screen in site.space.screens().await? {
        let by = site.space.teammate(&screen.teammate).await?.map(|found| found.name).unwrap_or_default();
        let with =
            [("by", by.as_str()), ("at", &say::when(screen.opened_at)), ("until", &say::when(screen.until))];
        lines.push(ScreenLine {
            door: name_of(doors, &screen.door).unwrap_or_default().to_owned(),
            facts: words.say_with("console-screen-facts", &with),
            id: screen.id,
        });
    }
    Ok(lines)
}

async fn openings(
    site: &SpaceWeb,
    words: Words,
    doors: &[Door],
    by: &str,
) -> Result<Vec<OpeningLine>, Failed> {
    let mut lines = Vec::new();
    for opening in site.space.look_at_openings(by, MOST).await? {
        let member = site.space.member(&opening.sub).await?;
        lines.push(OpeningLine {
            at: say::when(opening.at),
            door: name_of(doors, &opening.door).map_or_else(|| words.say("console-door-gone"), str::to_owned),
            outcome: outcome(words, &opening),
            contact: member.and_then(|member| member.contact),
        });
    }
    Ok(lines)
}

fn outcome(words: Words, opening: &Opening) -> String {
    match &opening.outcome {
        Outcome::Opened => words.say("console-opening-opened"),
        Outcome::Asked => words.say("console-opening-asked"),
        Outcome::NotOpened { status: Some(status), .. } => {
            words.say_with("console-opening-status", &[("status", &status.to_string())])
        }
        Outcome::NotOpened { .. } => words.say("console-opening-silent"),
    }
}

/// `POST /console/doors/screen`: this browser becomes the screen of a door, and the team's session in it ends.
pub(crate) async fn open_screen(
    State(site): State<SpaceWeb>,
    words: Words,
    acting: Acting,
    posted: Posted,
) -> Response {
    let door = posted.text("id");
    let secret = SessionSecret::fresh(site.environment().randomness());
    match site.space.open_screen(door, &acting.session, cookie_of(&secret)).await {
        Ok(screen) => {
            let mut response = Redirect::to(&address(&screen.door, "/screen")).into_response();
            let cookie = secret.cookie_named(SCREEN_COOKIE, Some(COOKIE));
            response.headers_mut().append(SET_COOKIE, cookie);
            response.headers_mut().append(SET_COOKIE, team_removal_cookie());
            response
        }
        Err(TeamError::TooMany) => {
            let (title, said) =
                (words.say("console-screens-full-title"), words.say("console-screens-full-text"));
            frame::sentence(&site, words, &acting, StatusCode::CONFLICT, title, said)
        }
        Err(TeamError::Space(SpaceError::NoSuch(_))) => gone(&site, words, &acting),
        Err(error) => Failed::from(error).page(words),
    }
}

fn gone(site: &SpaceWeb, words: Words, acting: &Acting) -> Response {
    let (title, said) = (words.say("console-door-gone"), words.say("console-door-gone-text"));
    frame::sentence(site, words, acting, StatusCode::NOT_FOUND, title, said)
}

/// `POST /console/doors/screen/end`.
pub(crate) async fn end_screen(State(site): State<SpaceWeb>, words: Words, posted: Posted) -> Response {
    match site.space.end_screen(posted.text("id")).await {
        Ok(()) => Redirect::to(DOORS).into_response(),
        Err(error) => Failed::from(error).page(words),
    }
}

/// `POST /console/doors/remove`.
pub(crate) async fn remove(
    State(site): State<SpaceWeb>,
    words: Words,
    acting: Acting,
    posted: Posted,
) -> Response {
    match site.space.remove_door(posted.text("id")).await {
        Ok(()) => Redirect::to(DOORS).into_response(),
        Err(SpaceError::NoSuch(_)) => gone(&site, words, &acting),
        Err(error) => Failed::from(error).page(words),
    }
}

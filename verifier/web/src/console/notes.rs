//! What the team writes about members: whether it may, and at each contact what it wrote. Whoever sees counts alone sees how many there
//! are and who turned it on, and no word of any.

use std::fmt;

use askama::Template;
use askama::filters::HtmlSafe;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use http::StatusCode;
use verifier::SpaceError;
use verifier::notes::{LONGEST, NotNoted, Note, NotesDecision};
use verifier::records::Contact;
use verifier::team::Right;
use web::Words;

use super::contacts::CONTACTS;
use super::guard::{Acting, Posted};
use super::{frame, words as say};
use crate::site::{Failed, SpaceWeb};

const NOTES: &str = "/console/notes";
/// Decisions that are told.
const MOST: usize = 20;

#[derive(Template)]
#[template(path = "console/notes.html")]
struct Page {
    words: Words,
    csrf: String,
    is_on: bool,
    decides: bool,
    people: String,
    decisions: Vec<String>,
}

/// `GET /console/notes`.
pub(crate) async fn show(State(site): State<SpaceWeb>, words: Words, acting: Acting) -> Response {
    match page(&site, words, &acting).await {
        Ok(body) => {
            frame::page(&site, words, &acting, NOTES, words.say("console-notes"), body).into_response()
        }
        Err(error) => Failed::from(error).page(words),
    }
}

async fn page(site: &SpaceWeb, words: Words, acting: &Acting) -> Result<Page, SpaceError> {
    let decisions = site.space.notes_decisions(MOST).await?;
    let people = u32::try_from(site.space.people_with_notes().await?).unwrap_or(u32::MAX);
    let decided = |one: &NotesDecision| {
        let key = if one.is_on { "console-notes-decided-on" } else { "console-notes-decided-off" };
        words.say_with(key, &[("at", &say::when(one.at)), ("by", &one.by)])
    };
    Ok(Page {
        words,
        csrf: acting.csrf(),
        is_on: decisions.first().is_some_and(|newest| newest.is_on),
        decides: acting.may(Right::ManageTeam),
        people: words.count("console-notes-count", "count", people),
        decisions: decisions.iter().map(decided).collect(),
    })
}

/// `POST /console/notes`: an owner has the team write notes, or not.
pub(crate) async fn decide(
    State(site): State<SpaceWeb>,
    words: Words,
    acting: Acting,
    posted: Posted,
) -> Response {
    let is_on = match posted.text("on") {
        "yes" => true,
        "no" => false,
        _ => return web::errors::error_page(words, StatusCode::BAD_REQUEST),
    };
    match site.space.set_notes(&acting.teammate.name, is_on).await {
        Ok(()) => Redirect::to(NOTES).into_response(),
        Err(error) => Failed::from(error).page(words),
    }
}

/// The part of a contact's page.
#[derive(Template)]
#[template(path = "console/contact_notes.html")]
pub(super) struct NotesPart {
    words: Words,
    csrf: String,
    id: String,
    /// Whether there is anything to show or to write.
    is_shown: bool,
    /// Whether there are some that are not shown.
    is_sealed: bool,
    notes: Vec<Line>,
    may_write: bool,
    may_delete: bool,
    longest: usize,
}

struct Line {
    id: String,
    text: String,
    said: String,
}

impl HtmlSafe for NotesPart {}

impl NotesPart {
    /// Of `contact`; the texts only where its values are shown, whose look names them.
    pub(super) async fn of(
        site: &SpaceWeb,
        words: Words,
        acting: &Acting,
        contact: Option<&Contact>,
        shows_values: bool,
        is_member: bool,
    ) -> Result<Self, Failed> {
        let has_notes = contact.is_some_and(|contact| contact.notes.is_some());
        let notes = match contact {
            Some(contact) if shows_values => site.space.notes_of(contact)?,
            _ => Vec::new(),
        };
        let may_see = acting.may(Right::SeeValues);
        let may_write = may_see && is_member && contact.is_some() && site.space.writes_notes().await?;
        let line = |note: Note| Line {
            said: words.say_with("console-note-by", &[("name", &note.by), ("at", &say::when(note.at))]),
            id: note.id,
            text: note.text,
        };
        Ok(Self {
            words,
            csrf: acting.csrf(),
            id: contact.map_or_else(String::new, |contact| contact.id.clone()),
            is_shown: has_notes || may_write,
            is_sealed: has_notes && !shows_values,
            notes: notes.into_iter().map(line).collect(),
            may_write,
            may_delete: may_see,
            longest: LONGEST,
        })
    }
}

impl fmt::Debug for NotesPart {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "NotesPart({})", self.id)
    }
}

/// `POST /console/contacts/{id}/notes`.
pub(crate) async fn write(
    State(site): State<SpaceWeb>,
    words: Words,
    acting: Acting,
    Path(id): Path<String>,
    posted: Posted,
) -> Response {
    let written = site.space.write_note(&id, &acting.teammate.name, posted.text("text")).await;
    changed(&site, words, &acting, &id, written)
}

/// `POST /console/contacts/{id}/notes/delete`.
pub(crate) async fn delete(
    State(site): State<SpaceWeb>,
    words: Words,
    acting: Acting,
    Path(id): Path<String>,
    posted: Posted,
) -> Response {
    let deleted = site.space.delete_note(&id, posted.text("note")).await;
    changed(&site, words, &acting, &id, deleted)
}

fn changed(
    site: &SpaceWeb,
    words: Words,
    acting: &Acting,
    id: &str,
    changed: Result<(), NotNoted>,
) -> Response {
    let (status, key) = match changed {
        Ok(()) => return Redirect::to(&format!("{CONTACTS}/{id}#notes")).into_response(),
        Err(NotNoted::Text) => (StatusCode::UNPROCESSABLE_ENTITY, "console-note-wrong"),
        Err(NotNoted::Off) => (StatusCode::CONFLICT, "console-note-off"),
        Err(NotNoted::TooMany) => (StatusCode::CONFLICT, "console-note-too-many"),
        Err(NotNoted::NoMember) => (StatusCode::CONFLICT, "console-note-no-member"),
        Err(NotNoted::Space(error)) => return Failed::from(error).page(words),
        Err(_) => return web::errors::error_page(words, StatusCode::CONFLICT),
    };
    frame::sentence(site, words, acting, status, words.say("console-note-not-written"), words.say(key))
}

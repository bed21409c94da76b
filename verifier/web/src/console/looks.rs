//! Who looked at what: for owners, managers and auditors. Names of details stand here, and no value.

use std::collections::BTreeMap;

use askama::Template;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use verifier::team::records::Look;
use verifier::team::{Right, TeamError};
use web::Words;

use super::guard::Acting;
use super::{frame, words as say};
use crate::api::PROGRAM;
use crate::site::{Failed, SpaceWeb};

const LOOKS: &str = "/console/looks";
/// Most that are listed.
const MOST: usize = 500;

#[derive(Template)]
#[template(path = "console/looks.html")]
struct Looks {
    words: Words,
    looks: Vec<Line>,
}

struct Line {
    at: String,
    who: String,
    how: String,
    whose: Option<String>,
    names: String,
}

/// `GET /console/looks`.
pub(crate) async fn show(State(site): State<SpaceWeb>, words: Words, acting: Acting) -> Response {
    match looks(&site, words, &acting).await {
        Ok(body) => {
            frame::page(&site, words, &acting, LOOKS, words.say("console-looks"), body).into_response()
        }
        Err(error) => Failed::from(error).page(words),
    }
}

async fn looks(site: &SpaceWeb, words: Words, acting: &Acting) -> Result<Looks, TeamError> {
    let found = site.space.looks(MOST).await?;
    let mut people: BTreeMap<String, String> = BTreeMap::new();
    for look in &found {
        let Some(by) = look.by.as_ref().filter(|by| !people.contains_key(*by)) else { continue };
        if let Some(teammate) = site.space.teammate(by).await? {
            people.insert(by.clone(), teammate.name);
        }
    }
    let line = |look: Look| Line {
        at: say::when(look.at),
        who: match &look.by {
            None => words.say("console-look-terminal"),
            Some(by) if by.starts_with(PROGRAM) => {
                words.say_with("console-look-program", &[("name", by.trim_start_matches(PROGRAM))])
            }
            Some(by) => people.get(by).cloned().unwrap_or_else(|| words.say("console-look-nobody")),
        },
        how: words.count(&format!("console-look-{}", look.how), "count", look.people),
        whose: look.whose.filter(|_| acting.may(Right::SeeContacts)),
        names: say::names(words, look.names.iter().map(String::as_str)),
    };
    Ok(Looks { words, looks: found.into_iter().map(line).collect() })
}

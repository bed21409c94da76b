//! Who is in the team: for owners.

use askama::Template;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use http::StatusCode;
use openid4vc::secret::SecretText;
use verifier::SpaceError;
use verifier::team::people::Listed;
use verifier::team::{Right, Role, TeamError};
use web::Words;
use web::page::{CopyLink, ErrorSummary, QrFigure};

use super::entering::role_key;
use super::guard::{Acting, Posted};
use super::{access, frame, keys, words as say};
use crate::site::{Failed, SpaceWeb};

const TEAM: &str = "/console/team";

#[derive(Template)]
#[template(path = "console/people.html")]
struct People {
    words: Words,
    csrf: String,
    summary: ErrorSummary,
    typed: String,
    name_error: Option<String>,
    people: Vec<Person>,
    roles: Vec<(&'static str, String, String)>,
}

struct Person {
    id: String,
    name: String,
    role: &'static str,
    role_said: String,
    state: String,
    is_self: bool,
}

#[derive(Template)]
#[template(path = "console/link.html")]
struct Link {
    title: String,
    text: String,
    qr: QrFigure,
    link: CopyLink,
}

/// `GET /console/team`.
pub(crate) async fn show(State(site): State<SpaceWeb>, words: Words, acting: Acting) -> Response {
    listed(&site, words, &acting, StatusCode::OK, "", None).await
}

async fn listed(
    site: &SpaceWeb,
    words: Words,
    acting: &Acting,
    status: StatusCode,
    typed: &str,
    error: Option<(&str, String)>,
) -> Response {
    let people = match site.space.team().await {
        Ok(people) => people,
        Err(error) => return Failed::from(error).page(words),
    };
    let errors = error.iter().map(|(field, said)| ((*field).to_owned(), said.clone())).collect();
    let body = People {
        words,
        csrf: acting.csrf(),
        summary: ErrorSummary { words, errors },
        typed: typed.to_owned(),
        name_error: error.filter(|(field, _)| *field == "name").map(|(_, said)| said),
        people: people.into_iter().map(|one| person(words, acting, one)).collect(),
        roles: Role::ALL
            .map(|role| {
                (role.name(), words.say(&role_key(role)), words.say(&format!("{}-text", role_key(role))))
            })
            .to_vec(),
    };
    (status, frame::page(site, words, acting, TEAM, words.say("console-team"), body)).into_response()
}

fn person(words: Words, acting: &Acting, one: Listed) -> Person {
    let state = match (one.passkeys, one.seen_at) {
        (0, _) => words.say("console-person-invited"),
        (_, Some(at)) => words.say_with("console-person-seen", &[("at", &say::when(at))]),
        (_, None) => words.say("console-person-unseen"),
    };
    Person {
        is_self: one.teammate.id == acting.teammate.id,
        role: one.teammate.role.name(),
        role_said: words.say(&role_key(one.teammate.role)),
        id: one.teammate.id,
        name: one.teammate.name,
        state,
    }
}

/// `POST /console/team`: takes somebody in, and shows the link this once.
pub(crate) async fn invite(
    State(site): State<SpaceWeb>,
    words: Words,
    acting: Acting,
    posted: Posted,
) -> Response {
    let name = posted.text("name");
    let Some(role) = Role::of_name(posted.text("role")) else {
        let said = ("role-desk", words.say("console-team-role-missing"));
        return listed(&site, words, &acting, StatusCode::UNPROCESSABLE_ENTITY, name, Some(said)).await;
    };
    match site.space.invite_to_team(name, role).await {
        Ok((teammate, token)) => {
            let title = words.say_with("console-team-link-title", &[("name", &teammate.name)]);
            let text = words.say_with("console-team-link-text", &[("name", &teammate.name)]);
            link_page(&site, words, &acting, TEAM, &token, title, text)
        }
        Err(error) => not_done(&site, words, &acting, name, error).await,
    }
}

/// `POST /console/team/again`.
pub(crate) async fn again(
    State(site): State<SpaceWeb>,
    words: Words,
    acting: Acting,
    posted: Posted,
) -> Response {
    match site.space.let_in_again(posted.text("id")).await {
        Ok(token) => {
            let title = words.say("console-team-again-title");
            link_page(&site, words, &acting, TEAM, &token, title, words.say("console-team-again-text"))
        }
        Err(error) => not_done(&site, words, &acting, "", error).await,
    }
}

/// `POST /console/team/role`.
pub(crate) async fn change_role(
    State(site): State<SpaceWeb>,
    words: Words,
    acting: Acting,
    posted: Posted,
) -> Response {
    let Some(role) = Role::of_name(posted.text("role")) else {
        return web::errors::error_page(words, StatusCode::BAD_REQUEST);
    };
    match site.space.change_role(posted.text("id"), role).await {
        Ok(()) if role.may(Right::ManageTeam) => Redirect::to(TEAM).into_response(),
        Ok(()) => keys_looked_at(&site, words, posted.text("id")).await,
        Err(error) => not_done(&site, words, &acting, "", error).await,
    }
}

/// `POST /console/team/end`.
pub(crate) async fn end(
    State(site): State<SpaceWeb>,
    words: Words,
    acting: Acting,
    posted: Posted,
) -> Response {
    match site.space.end_team_access(posted.text("id")).await {
        Ok(()) => keys_looked_at(&site, words, posted.text("id")).await,
        Err(error) => not_done(&site, words, &acting, "", error).await,
    }
}

/// Whoever takes somebody's access away goes on to the keys that they made, if there are any.
async fn keys_looked_at(site: &SpaceWeb, words: Words, teammate: &str) -> Response {
    match site.space.api_keys_made_by(teammate).await {
        Ok(keys) if keys.is_empty() => Redirect::to(TEAM).into_response(),
        Ok(_) => Redirect::to(&keys_of(teammate)).into_response(),
        Err(error) => Failed::from(error).page(words),
    }
}

fn keys_of(teammate: &str) -> String {
    format!("{TEAM}/{teammate}/keys")
}

#[derive(Template)]
#[template(path = "console/keys_of.html")]
struct KeysOf {
    words: Words,
    csrf: String,
    title: String,
    name: String,
    action: String,
    keys: Vec<(String, String)>,
}

/// `GET /console/team/{id}/keys`: the keys of programs that somebody made. They are the space's, so they stay when whoever made them
/// goes; whether one of them was kept by that person, an owner knows.
pub(crate) async fn keys(
    State(site): State<SpaceWeb>,
    words: Words,
    acting: Acting,
    Path(id): Path<String>,
) -> Response {
    let teammate = match site.space.teammate(&id).await {
        Ok(Some(teammate)) => teammate,
        Ok(None) => return web::errors::error_page(words, StatusCode::NOT_FOUND),
        Err(error) => return Failed::from(error).page(words),
    };
    let found = match site.space.api_keys_made_by(&id).await {
        Ok(found) => found,
        Err(error) => return Failed::from(error).page(words),
    };
    let title = words.say_with("console-keys-of-title", &[("name", &teammate.name)]);
    let body = KeysOf {
        words,
        csrf: acting.csrf(),
        title: title.clone(),
        name: teammate.name,
        action: keys_of(&id),
        keys: found.into_iter().map(|key| (key.name.clone(), keys::may(words, &key))).collect(),
    };
    frame::page(&site, words, &acting, TEAM, title, body).into_response()
}

/// `POST /console/team/{id}/keys`: revokes one of them.
pub(crate) async fn revoke_key(
    State(site): State<SpaceWeb>,
    words: Words,
    Path(id): Path<String>,
    posted: Posted,
) -> Response {
    let name = posted.0.optional("name").unwrap_or_default();
    let found = match site.space.api_keys_made_by(&id).await {
        Ok(found) => found,
        Err(error) => return Failed::from(error).page(words),
    };
    if found.iter().any(|key| key.name == name) {
        match site.space.revoke_api_key(name).await {
            // Somebody else was quicker.
            Ok(()) | Err(SpaceError::NoSuch(_)) => {}
            Err(error) => return Failed::from(error).page(words),
        }
    }
    Redirect::to(&keys_of(&id)).into_response()
}

async fn not_done(site: &SpaceWeb, words: Words, acting: &Acting, typed: &str, error: TeamError) -> Response {
    let (field, key) = match error {
        TeamError::BadName => ("name", "console-team-bad-name"),
        TeamError::Taken => ("name", "console-team-taken"),
        TeamError::LastOwner => ("people", "console-team-last-owner"),
        TeamError::Nobody => ("people", "console-team-nobody"),
        TeamError::TooMany => ("people", "console-team-too-many"),
        error => return Failed::from(error).page(words),
    };
    listed(site, words, acting, StatusCode::CONFLICT, typed, Some((field, words.say(key)))).await
}

/// A link of the team, on a page that shows it this once.
pub(super) fn link_page(
    site: &SpaceWeb,
    words: Words,
    acting: &Acting,
    at: &str,
    token: &SecretText,
    title: String,
    text: String,
) -> Response {
    let address = site.space.identity().address(&format!("/console/enter/{}", token.expose()));
    match access::shown(words, address) {
        Ok((qr, link)) => {
            let body = Link { title: title.clone(), text, qr, link };
            frame::page(site, words, acting, at, title, body).with_copying().into_response()
        }
        Err(failed) => failed.page(words),
    }
}

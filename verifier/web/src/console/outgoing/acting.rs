//! What the team does about endpoints and deliveries.

use std::collections::BTreeSet;

use askama::Template;
use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use http::StatusCode;
use openid4vc::secret::SecretText;
use verifier::forms::ChangedBy;
use verifier::outgoing::recipients::{NewWebhook, RecipientError};
use verifier::outgoing::records::Event;
use web::Words;
use web::page::CopyLink;

use super::super::frame;
use super::super::guard::{Acting, Posted};
use super::{OUTGOING, Typed, listed, said};
use crate::site::SpaceWeb;

#[derive(Template)]
#[template(path = "console/outgoing_made.html")]
struct Made {
    words: Words,
    title: String,
    secret: CopyLink,
    both: bool,
}

fn by(acting: &Acting) -> ChangedBy {
    ChangedBy::Team(acting.teammate.id.clone())
}

/// `POST /console/outgoing`: enters an endpoint, and shows its secret this once.
pub(crate) async fn add(
    State(site): State<SpaceWeb>,
    words: Words,
    acting: Acting,
    posted: Posted,
) -> Response {
    let ticked = |prefix: &str| -> BTreeSet<String> {
        posted.0.iter().filter_map(|(name, _)| name.strip_prefix(prefix)).map(str::to_owned).collect()
    };
    let typed = Typed {
        name: posted.text("name").to_owned(),
        url: posted.text("url").to_owned(),
        events: ticked("event-"),
        claims: ticked("claim-"),
    };
    let new = NewWebhook {
        name: typed.name.clone(),
        url: typed.url.clone(),
        events: typed.events.iter().filter_map(|name| Event::of_name(name)).collect(),
        claims: typed.claims.clone(),
    };
    match site.space.add_webhook(new, by(&acting)).await {
        Ok((made, secret)) => shown_once(&site, words, &acting, &made.name, &secret, false),
        Err(error) => not_done(&site, words, &acting, typed, error).await,
    }
}

/// `POST /console/outgoing/secret`.
pub(crate) async fn renew_secret(
    State(site): State<SpaceWeb>,
    words: Words,
    acting: Acting,
    posted: Posted,
) -> Response {
    let id = posted.text("id");
    match site.space.renew_webhook_secret(id, by(&acting)).await {
        Ok(secret) => {
            let all = site.space.recipients().await.unwrap_or_default();
            let name = all.into_iter().find(|one| one.id == id).map(|one| one.name).unwrap_or_default();
            shown_once(&site, words, &acting, &name, &secret, true)
        }
        Err(error) => not_done(&site, words, &acting, Typed::default(), error).await,
    }
}

fn shown_once(
    site: &SpaceWeb,
    words: Words,
    acting: &Acting,
    name: &str,
    secret: &SecretText,
    both: bool,
) -> Response {
    let title = words.say_with("console-outgoing-made-title", &[("name", name)]);
    let secret = CopyLink { words, id: "secret", link: secret.expose().to_owned() };
    let body = Made { words, title: title.clone(), secret, both };
    frame::page(site, words, acting, OUTGOING, title, body).with_copying().into_response()
}

/// `POST /console/outgoing/end`.
pub(crate) async fn end(
    State(site): State<SpaceWeb>,
    words: Words,
    acting: Acting,
    posted: Posted,
) -> Response {
    match site.space.end_recipient(posted.text("id"), by(&acting)).await {
        Ok(people) => Redirect::to(&format!("{OUTGOING}?done=ended&people={people}")).into_response(),
        Err(error) => not_done(&site, words, &acting, Typed::default(), error).await,
    }
}

/// `POST /console/outgoing/test`.
pub(crate) async fn test(
    State(site): State<SpaceWeb>,
    words: Words,
    acting: Acting,
    posted: Posted,
) -> Response {
    match site.space.send_test(posted.text("id")).await {
        Ok(_) => Redirect::to(&format!("{OUTGOING}?done=test")).into_response(),
        Err(error) => not_done(&site, words, &acting, Typed::default(), error).await,
    }
}

/// `POST /console/outgoing/again`.
pub(crate) async fn again(
    State(site): State<SpaceWeb>,
    words: Words,
    acting: Acting,
    posted: Posted,
) -> Response {
    match site.space.send_again(posted.text("id")).await {
        Ok(()) => Redirect::to(&format!("{OUTGOING}?done=again")).into_response(),
        Err(RecipientError::NothingToDo) => nothing(&site, words, &acting),
        Err(error) => not_done(&site, words, &acting, Typed::default(), error).await,
    }
}

/// `POST /console/outgoing/confirm`: somebody says that it was done at the other software.
pub(crate) async fn confirm(
    State(site): State<SpaceWeb>,
    words: Words,
    acting: Acting,
    posted: Posted,
) -> Response {
    let (id, reason) = (posted.text("id"), posted.text("reason"));
    match site.space.confirm_by_hand(id, reason, Some(&acting.teammate.id)).await {
        Ok(()) => Redirect::to(&format!("{OUTGOING}?done=said")).into_response(),
        Err(RecipientError::NothingToDo) => nothing(&site, words, &acting),
        Err(error) => not_done(&site, words, &acting, Typed::default(), error).await,
    }
}

fn nothing(site: &SpaceWeb, words: Words, acting: &Acting) -> Response {
    let title = words.say("console-outgoing-nothing-title");
    let said = words.say("console-outgoing-nothing");
    frame::sentence(site, words, acting, StatusCode::CONFLICT, title, said)
}

pub(super) async fn not_done(
    site: &SpaceWeb,
    words: Words,
    acting: &Acting,
    typed: Typed,
    error: RecipientError,
) -> Response {
    match said(words, error) {
        Ok(wrong) => listed(site, words, acting, typed, Some(wrong), None).await,
        Err(page) => *page,
    }
}

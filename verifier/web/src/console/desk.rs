//! The screen for a tablet at the desk: the way to sign up, who has just joined, who waits. It locks itself, by ending its session: what is
//! left then is for everybody to see.

use askama::Template;
use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use http::header::SET_COOKIE;
use network::decision::Outcome;
use verifier::records::SignUp;
use verifier::standing::Called;
use web::Words;
use web::assets::assets;
use web::page::{Page, QrFigure};
use web::session::team_removal_cookie;

use super::first::Named;
use super::guard::{Acting, Posted};
use super::{CONSOLE, first, live, words as say};
use crate::progress::JOIN;
use crate::site::{Failed, SpaceWeb};

/// Seconds without a touch after which the screen locks itself.
const LOCKS_AFTER: u32 = 120;
/// For how many seconds it is said that somebody has joined.
const JUST: i64 = 3_600;
/// Most people who wait, and who have just joined.
const MOST: usize = 20;
const LOCKED: &str = "/console/locked";

#[derive(Template)]
#[template(path = "console/desk.html")]
struct Desk {
    words: Words,
    csrf: String,
    done: Option<Named>,
    locks_after: u32,
    qr: Option<QrFigure>,
    /// What is said where nobody signs up at this screen.
    shut: Option<String>,
    waiting: Vec<Waiting>,
    joined: Vec<String>,
}

struct Waiting {
    id: String,
    name: String,
    waited: String,
}

/// `GET /console/desk`.
pub(crate) async fn show(State(site): State<SpaceWeb>, words: Words, acting: Acting) -> Response {
    shown(&site, words, &acting, None).await
}

/// With what was just done, if it is so.
async fn shown(site: &SpaceWeb, words: Words, acting: &Acting, done: Option<Named>) -> Response {
    match desk(site, words, acting, done).await {
        Ok(body) => page(site, words, words.say("console-desk"), body)
            .with_script(assets().console.url())
            .kept_live(live::known(site), words.say("console-news"))
            .into_response(),
        Err(failed) => failed.page(words),
    }
}

/// `POST /console/sign-ups/{id}/approve` of this screen, which answers with itself.
pub(super) async fn approve(site: &SpaceWeb, words: Words, acting: &Acting, id: &str) -> Response {
    let named = match named(site, words, acting, id).await {
        Ok(named) => named,
        Err(failed) => return failed.page(words),
    };
    match site.space.decide_by(id, Outcome::Approved, None, Some(&acting.teammate.id)).await {
        Ok(()) => shown(site, words, acting, Some(named)).await,
        Err(error) => first::not_decided(site, words, acting, id, error).await,
    }
}

/// As this screen names it.
async fn named(site: &SpaceWeb, words: Words, acting: &Acting, id: &str) -> Result<Named, Failed> {
    let waits = site.space.waiting(MOST).await?;
    let names = site.space.first_names(&[id], acting.looker(), "desk").await?;
    let name = names.into_iter().next().flatten().map_or(Called::Nameless, Called::Name);
    Ok(Named::at(words, &waits, first::place(&waits, id), name))
}

fn page<B: std::fmt::Display>(site: &SpaceWeb, words: Words, title: String, body: B) -> Page<B> {
    site.page(words, title, body)
        .of_site(site.name())
        .below(CONSOLE, words.say("console-foot-outside"))
        .wide()
}

async fn desk(site: &SpaceWeb, words: Words, acting: &Acting, done: Option<Named>) -> Result<Desk, Failed> {
    let space = &site.space;
    let waits = space.waiting(MOST).await?;
    let joined = just_joined(site).await?;
    let ids: Vec<&str> = waits.iter().chain(&joined).map(|sign_up| sign_up.id.as_str()).collect();
    let names = space.first_names(&ids, acting.looker(), "desk").await?;
    let named = |place: usize| {
        let name = names.get(place).cloned().flatten();
        name.unwrap_or_else(|| words.say("console-desk-somebody"))
    };
    let waiting = waits.iter().enumerate().map(|(place, sign_up)| Waiting {
        id: sign_up.id.clone(),
        name: named(place),
        waited: say::duration(words, space.waited(sign_up)),
    });
    Ok(Desk {
        words,
        csrf: acting.csrf(),
        done: done.map(|done| Named {
            next: done.next.filter(|next| waits.iter().any(|sign_up| sign_up.id == *next)),
            ..done
        }),
        locks_after: LOCKS_AFTER,
        qr: qr(site, words).await?,
        shut: shut(site, words).await?,
        waiting: waiting.collect(),
        joined: (waits.len()..ids.len()).map(named).collect(),
    })
}

async fn qr(site: &SpaceWeb, words: Words) -> Result<Option<QrFigure>, Failed> {
    Ok(site.open_form().await?.map(|_| first::to_sign_up(site, words)).transpose()?.map(|(qr, _)| qr))
}

/// Why there is no code for signing up, if there is none.
async fn shut(site: &SpaceWeb, words: Words) -> Result<Option<String>, Failed> {
    if site.space.left_at().await?.is_some() {
        return Ok(Some(words.say("console-desk-left")));
    }
    Ok((!site.may_join().await?).then(|| words.say("console-desk-shut")))
}

/// Who has become a member within the last hour.
async fn just_joined(site: &SpaceWeb) -> Result<Vec<SignUp>, Failed> {
    let since = site.space.now().seconds().saturating_sub(JUST);
    let mut joined = Vec::new();
    for member in site.space.all_members().await?.iter().filter(|member| member.ended.is_none()).take(MOST) {
        let Some(contact) = &member.contact else { continue };
        let Some(sign_up) = site.space.sign_up(contact).await? else { continue };
        let approved = sign_up.decided.as_ref().is_some_and(|one| one.outcome == Outcome::Approved);
        if approved && sign_up.answered_at >= since {
            joined.push(sign_up);
        }
    }
    joined.sort_by_key(|sign_up| std::cmp::Reverse(sign_up.answered_at));
    Ok(joined)
}

/// `POST /console/desk/lock`: also before somebody signs up at this screen, who would find the team's session behind the page.
pub(crate) async fn lock(
    State(site): State<SpaceWeb>,
    words: Words,
    acting: Acting,
    posted: Posted,
) -> Response {
    let to = if posted.text("to") == "join" { JOIN } else { LOCKED };
    match site.space.end_team_session(&acting.teammate.id, &acting.session.id).await {
        Ok(()) => ([(SET_COOKIE, team_removal_cookie())], Redirect::to(to)).into_response(),
        Err(error) => Failed::from(error).page(words),
    }
}

#[derive(Template)]
#[template(path = "console/locked.html")]
struct Locked {
    words: Words,
    qr: Option<QrFigure>,
    shut: Option<String>,
}

/// `GET /console/locked`: nothing of anybody.
pub(crate) async fn locked(State(site): State<SpaceWeb>, words: Words) -> Response {
    let found = async { Ok::<_, Failed>((qr(&site, words).await?, shut(&site, words).await?)) };
    match found.await {
        Ok((qr, shut)) => page(&site, words, words.say("console-locked"), Locked { words, qr, shut })
            .with_script(assets().team_passkey.url())
            .into_response(),
        Err(failed) => failed.page(words),
    }
}

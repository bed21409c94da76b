//! The first page: what waits, the way to sign up, invitations, what is due to be deleted.

use askama::Template;
use askama::filters::HtmlSafe;
use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use http::StatusCode;
use network::decision::Outcome;
use verifier::records::SignUp;
use verifier::standing::{Called, Due};
use verifier::team::Right;
use verifier::{Space, SpaceError};
use web::Words;
use web::form::QueryFields;
use web::page::{CopyLink, ErrorSummary, QrFigure};

use super::deeds::Today;
use super::guard::{Acting, Posted};
use super::{CONSOLE, desk, frame, outgoing, words as say};
use crate::api::PROGRAM;
use crate::commands::inviting::{self, NotInvited, Wanted};
use crate::site::{Failed, SpaceWeb};

/// Most sign-ups on the first page.
const MOST: usize = 50;

#[derive(Template)]
#[template(path = "console/first.html")]
struct First {
    words: Words,
    csrf: String,
    summary: ErrorSummary,
    done: Option<Done>,
    left: Option<LeftNotice>,
    sees_names: bool,
    decides: bool,
    waiting: Vec<Row>,
    waiting_said: String,
    /// None at a space that has left, which invites nobody.
    invite: Option<Invite>,
    qr: Option<(QrFigure, CopyLink)>,
    /// Whether online sign-up is open, for whoever may switch it, where it can be.
    online: Option<bool>,
    overdue: Vec<Line>,
    keys_overdue: Option<String>,
    soon: Vec<Line>,
    objections: Option<String>,
    /// What other software has not confirmed.
    not_confirmed: Option<String>,
    today: Today,
}

/// A sign-up that waits.
pub(super) struct Row {
    pub(super) id: String,
    name: String,
    since: String,
    waited: String,
    form: String,
    notes: Vec<String>,
}

struct Line {
    contact: Option<String>,
    said: String,
}

/// What was just done.
pub(super) struct Done {
    said: String,
    /// The sign-up with which one goes on; where there is none, one goes on at the notice.
    next: Option<String>,
}

impl Done {
    fn said(said: String) -> Self {
        Self { said, next: None }
    }

    fn is_next(&self, id: &str) -> bool {
        self.next.as_deref() == Some(id)
    }
}

/// The field with whom to invite.
#[derive(Default)]
struct Invite {
    typed: String,
    error: Option<String>,
}

/// `GET /console`.
pub(crate) async fn show(
    State(site): State<SpaceWeb>,
    words: Words,
    acting: Acting,
    QueryFields(query): QueryFields,
) -> Response {
    let done = query.optional("done").filter(|done| *done == "invited");
    let done = done.map(|_| Done::said(words.say("console-invited")));
    page(&site, words, &acting, StatusCode::OK, done, Invite::default()).await
}

/// The page that follows what was done about a sign-up. It answers the form itself: what was declined is erased, and its name is to stand
/// in no address.
pub(super) async fn after(
    site: &SpaceWeb,
    words: Words,
    acting: &Acting,
    key: &str,
    named: Named,
) -> Response {
    let done = Done { said: words.say_with(key, &[("name", &named.name)]), next: named.next };
    page(site, words, acting, StatusCode::OK, Some(done), Invite::default()).await
}

/// A sign-up as its list names it, before anything is done about it.
pub(super) struct Named {
    /// The name that its form asked for, or its place in the list.
    pub(super) name: String,
    /// The one behind it, or before it where it is the last.
    pub(super) next: Option<String>,
}

impl Named {
    /// Names are looked at as the list of the first page does, so that it is one look with that.
    pub(super) async fn of(site: &SpaceWeb, words: Words, acting: &Acting, id: &str) -> Result<Self, Failed> {
        let waiting = waiting(&site.space).await?;
        let place = place(&waiting, id);
        let ids: Vec<&str> = match place {
            Some(_) => waiting.iter().map(|one| one.id.as_str()).collect(),
            None => vec![id],
        };
        let names = site.space.called(&ids, acting.looker(), "sign-ups").await?;
        let name = names.get(place.unwrap_or_default()).cloned();
        Ok(Self::at(words, &waiting, place, name.unwrap_or(Called::Nameless)))
    }

    /// Whether one goes on with it.
    pub(super) fn is_next(&self, id: &str) -> bool {
        self.next.as_deref() == Some(id)
    }

    /// The same of a list in which it has this place and this name.
    pub(super) fn at(words: Words, waiting: &[SignUp], place: Option<usize>, called: Called) -> Self {
        let name = match (called, place) {
            (Called::For(_) | Called::Nameless, Some(place)) => {
                words.say_with("console-place", &[("place", &place.saturating_add(1).to_string())])
            }
            (called, _) => say::called(words, called),
        };
        let behind = waiting.iter().skip(place.map_or(0, |place| place.saturating_add(1)));
        let before = waiting.iter().take(place.unwrap_or_default()).rev();
        Self { name, next: behind.chain(before).next().map(|one| one.id.clone()) }
    }
}

/// Where it stands in a list.
pub(super) fn place(waiting: &[SignUp], id: &str) -> Option<usize> {
    waiting.iter().position(|one| one.id == id)
}

/// The sign-ups of the first page.
async fn waiting(space: &Space) -> Result<Vec<SignUp>, Failed> {
    Ok(space.waiting(MOST).await?)
}

async fn page(
    site: &SpaceWeb,
    words: Words,
    acting: &Acting,
    status: StatusCode,
    done: Option<Done>,
    invite: Invite,
) -> Response {
    match first(site, words, acting, done, invite).await {
        Ok(body) => {
            let page = frame::page(site, words, acting, CONSOLE, words.say("console-first"), body);
            (status, page.with_copying()).into_response()
        }
        Err(failed) => failed.page(words),
    }
}

async fn first(
    site: &SpaceWeb,
    words: Words,
    acting: &Acting,
    done: Option<Done>,
    invite: Invite,
) -> Result<First, Failed> {
    let space = &site.space;
    let waiting = space.waiting(MOST.saturating_add(1)).await?;
    let waiting_said = if waiting.len() > MOST {
        words.say("console-waiting-many")
    } else {
        words.count("console-waiting-count", "count", u32::try_from(waiting.len()).unwrap_or(u32::MAX))
    };
    let sees_names = acting.may(Right::SeeSignUps);
    let rows = if sees_names { rows(site, words, acting, &waiting).await? } else { Vec::new() };
    let deletions = space.deletions().await?;
    let objections = space.objections_on_file().await?;
    let line = |due: &Due, key: &str| say::due_line(words, acting, due, key);
    let left = LeftNotice::of(site, words).await?;
    let has_left = left.is_some();
    let errors = invite.error.iter().map(|error| ("whom".to_owned(), error.clone())).collect();
    let keys_overdue = (deletions.keys_overdue > 0).then(|| {
        let keys = u32::try_from(deletions.keys_overdue).unwrap_or(u32::MAX);
        words.count("console-keys-overdue", "count", keys)
    });
    let objections = (objections > 0).then(|| {
        words.count("console-objections-wait", "count", u32::try_from(objections).unwrap_or(u32::MAX))
    });
    Ok(First {
        words,
        csrf: acting.csrf(),
        summary: ErrorSummary { words, errors },
        done: done.map(|done| Done {
            next: done.next.filter(|next| rows.iter().any(|row| row.id == *next)),
            ..done
        }),
        left,
        sees_names,
        decides: acting.may(Right::DecideSignUps),
        waiting: rows,
        waiting_said,
        invite: (acting.may(Right::Invite) && !has_left).then_some(invite),
        qr: site.open_form().await?.map(|_| to_sign_up(site, words)).transpose()?,
        online: match acting.may(Right::SwitchSignUp) && !has_left {
            true => Some(space.is_online_sign_up_open().await?),
            false => None,
        },
        overdue: deletions
            .overdue
            .iter()
            .map(|due| line(due, "console-overdue-line"))
            .map(Line::of)
            .collect(),
        keys_overdue,
        soon: deletions
            .soon
            .iter()
            .take(10)
            .map(|due| line(due, "console-soon-line"))
            .map(Line::of)
            .collect(),
        objections,
        not_confirmed: outgoing::red(site, words, acting).await?,
        today: Today::of(site, words, acting).await?,
    })
}

/// That the space has left the network: what still works and what does not.
#[derive(Template)]
#[template(path = "console/left.html")]
pub(super) struct LeftNotice {
    words: Words,
    at: String,
}

impl HtmlSafe for LeftNotice {}

impl LeftNotice {
    /// None as long as the space has not left.
    pub(super) async fn of(site: &SpaceWeb, words: Words) -> Result<Option<Self>, Failed> {
        let left = site.space.left_at().await?;
        Ok(left.map(|at| Self { words, at: say::when(at) }))
    }
}

impl Line {
    fn of((contact, said): (Option<String>, String)) -> Self {
        Self { contact, said }
    }
}

/// The way to sign up, as on the poster.
pub(super) fn to_sign_up(site: &SpaceWeb, words: Words) -> Result<(QrFigure, CopyLink), Failed> {
    let link = site.space.identity().address("/join");
    let qr = QrFigure::of(&link, &words.say("qr-alternative"), words.say("console-qr-caption"))?;
    Ok((qr, CopyLink { words, id: "join-link", link }))
}

/// The sign-ups that wait, with the names that their forms asked for.
pub(super) async fn rows(
    site: &SpaceWeb,
    words: Words,
    acting: &Acting,
    waiting: &[SignUp],
) -> Result<Vec<Row>, Failed> {
    let space = &site.space;
    let waiting = waiting.get(..MOST.min(waiting.len())).unwrap_or_default();
    let ids: Vec<&str> = waiting.iter().map(|sign_up| sign_up.id.as_str()).collect();
    let names = space.called(&ids, acting.looker(), "sign-ups").await?;
    let offered = space.counter_offers(MOST).await?;
    let forms = space.forms().await?;
    let mut rows = Vec::new();
    for (sign_up, name) in waiting.iter().zip(names) {
        let less = offered.iter().find(|one| one.asked_anew.as_deref() == Some(sign_up.asked.as_str()));
        let again = space.asked_again(sign_up).await?;
        let mut notes = Vec::new();
        if let Some(less) = less {
            let left_out = say::names(words, less.left_out.iter().map(String::as_str));
            notes.push(words.say_with("console-note-less", &[("names", &left_out)]));
        }
        if sign_up.in_place_of.is_some() {
            notes.push(words.say("console-note-again"));
        }
        if let Some(again) = again {
            notes.push(words.say_with("console-note-asked", &[("at", &say::when(again.at))]));
        }
        rows.push(Row {
            id: sign_up.id.clone(),
            name: say::called(words, name),
            since: say::when(sign_up.answered_at),
            waited: say::duration(words, space.waited(sign_up)),
            form: say::form(site, words, &forms, &sign_up.form),
            notes,
        });
    }
    Ok(rows)
}

/// `POST /console/invite`: by number or by mail, whichever was typed.
pub(crate) async fn invite(
    State(site): State<SpaceWeb>,
    words: Words,
    acting: Acting,
    posted: Posted,
) -> Response {
    let whom = posted.text("whom").to_owned();
    let is_mail = whom.contains('@');
    let wanted = Wanted::to_sign_up(&whom, is_mail, words.tag());
    let error = match inviting::invite(&site.space, wanted).await {
        Ok(_) => return Redirect::to("/console?done=invited").into_response(),
        Err(NotInvited::Invite(verifier::invitations::InviteError::Space(SpaceError::Left))) => {
            return has_left(&site, words, &acting);
        }
        Err(NotInvited::Invite(verifier::invitations::InviteError::Space(error))) => {
            return Failed::from(error).page(words);
        }
        Err(error) => error,
    };
    let said = say::not_invited(words, &error, whom.is_empty());
    let invite = Invite { typed: whom, error: Some(said) };
    page(&site, words, &acting, StatusCode::UNPROCESSABLE_ENTITY, None, invite).await
}

/// What a space that has left does no more.
fn has_left(site: &SpaceWeb, words: Words, acting: &Acting) -> Response {
    let (title, said) = (words.say("console-left-title"), words.say("console-left-not"));
    frame::sentence(site, words, acting, StatusCode::CONFLICT, title, said)
}

/// `POST /console/online-sign-up`: opens or closes it, on all servers at once.
pub(crate) async fn switch(
    State(site): State<SpaceWeb>,
    words: Words,
    acting: Acting,
    posted: Posted,
) -> Response {
    let on = match posted.text("on") {
        "yes" => true,
        "no" => false,
        _ => return web::errors::error_page(words, StatusCode::BAD_REQUEST),
    };
    match site.space.set_online_sign_up(&acting.teammate.name, on).await {
        Ok(_) => Redirect::to(CONSOLE).into_response(),
        Err(SpaceError::Left) => has_left(&site, words, &acting),
        Err(error) => Failed::from(error).page(words),
    }
}

/// `POST /console/sign-ups/{id}/approve`.
pub(crate) async fn approve(
    State(site): State<SpaceWeb>,
    words: Words,
    acting: Acting,
    axum::extract::Path(id): axum::extract::Path<String>,
    posted: Posted,
) -> Response {
    if posted.text("to") == "desk" {
        return desk::approve(&site, words, &acting, &id).await;
    }
    decided(&site, words, &acting, &id, Outcome::Approved, None).await
}

/// `POST /console/sign-ups/{id}/decline`.
pub(crate) async fn decline(
    State(site): State<SpaceWeb>,
    words: Words,
    acting: Acting,
    axum::extract::Path(id): axum::extract::Path<String>,
    posted: Posted,
) -> Response {
    let reason: String = posted.text("reason").chars().take(LONGEST_REASON).collect();
    let reason = (!reason.is_empty()).then_some(reason);
    decided(&site, words, &acting, &id, Outcome::Declined, reason).await
}

/// Longest reason, in characters.
const LONGEST_REASON: usize = 500;

async fn decided(
    site: &SpaceWeb,
    words: Words,
    acting: &Acting,
    id: &str,
    outcome: Outcome,
    reason: Option<String>,
) -> Response {
    let named = match Named::of(site, words, acting, id).await {
        Ok(named) => named,
        Err(failed) => return failed.page(words),
    };
    let key = match outcome {
        Outcome::Approved => "console-done-approved",
        Outcome::Declined => "console-done-declined",
    };
    match site.space.decide_by(id, outcome, reason, Some(&acting.teammate.id)).await {
        Ok(()) => after(site, words, acting, key, named).await,
        Err(error) => not_decided(site, words, acting, id, error).await,
    }
}

/// Somebody else was first, or there is nothing to decide.
pub(super) async fn not_decided(
    site: &SpaceWeb,
    words: Words,
    acting: &Acting,
    id: &str,
    error: SpaceError,
) -> Response {
    let said = match error {
        SpaceError::AlreadyDecided => match by_whom(site, words, id).await {
            Ok(said) => said,
            Err(failed) => return failed.page(words),
        },
        SpaceError::NoSuch(_) => words.say("console-sign-up-gone"),
        error => return Failed::from(error).page(words),
    };
    let title = words.say("console-not-decided-title");
    frame::sentence(site, words, acting, StatusCode::CONFLICT, title, said)
}

/// Who decided what.
pub(super) async fn by_whom(site: &SpaceWeb, words: Words, id: &str) -> Result<String, Failed> {
    let decided = site.space.sign_up(id).await?.and_then(|found| found.decided);
    let Some(decided) = decided else { return Ok(words.say("console-sign-up-gone")) };
    let who = match &decided.who {
        Some(who) if who.starts_with(PROGRAM) => {
            Some(words.say_with("console-look-program", &[("name", who.trim_start_matches(PROGRAM))]))
        }
        Some(who) => site.space.teammate(who).await?.map(|teammate| teammate.name),
        None => None,
    };
    let approved = decided.outcome == Outcome::Approved;
    Ok(match who {
        Some(name) if approved => words.say_with("console-approved-by", &[("name", &name)]),
        Some(name) => words.say_with("console-declined-by", &[("name", &name)]),
        None if approved => words.say("console-approved-already"),
        None => words.say("console-declined-already"),
    })
}

#[cfg(test)]
mod tests {
    use verifier::form::SeenInTeam;
    use web::Language;

    use super::*;

    #[test]
    fn a_sign_up_whose_form_asked_for_no_name_is_named_by_its_place() {
        let words = Words::new(Language::English);
        let name = |place, called: Called| Named::at(words, &[], place, called).name;
        assert_eq!(name(Some(1), Called::Nameless), "number 2 in the list");
        assert_eq!(name(Some(1), Called::Name("Ada".to_owned())), "Ada");
        assert_eq!(name(None, Called::Nameless), "No name was asked for");
        // Near: one that was given, and is for others.
        assert_eq!(name(Some(1), Called::For(SeenInTeam::Owner)), "number 2 in the list");
        assert_eq!(name(None, Called::For(SeenInTeam::Owner)), "Name seen by the owner");
    }
}

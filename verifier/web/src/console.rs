//! The console of the space's team, at `/console` of the space's own host (decision 0036).
//!
//! **How to add a page.** Write a module beside these with handlers that take [`guard::Acting`] (who acts) and, where
//! something is changed, [`guard::Posted`] (the form's fields), and answer with [`frame::page`]. Then:
//!
//! 1. a line in [`routes`]: path, the [`Right`] that it needs, `get(…)` or `post(…)`, one line for each method;
//! 2. if it belongs in the menu, a line in a group of [`frame::MENU`] with its path, the key of its name, and the same right: whoever
//!    lacks the right does not see it;
//! 3. words in `crates/web/messages/*/console.ftl`, a row in `specs/refusals.md`, and a line in the table of
//!    `tests/console/rights.rs`, which tries every route with every role.
//!
//! The guard looks at session, right, origin and the token of the form before a handler runs: none of it is to be done, or can be
//! forgotten, there. A form carries `csrf` ([`guard::Acting::csrf`]). What shows values is a POST of its own that has the look
//! noted first ([`verifier::team::looks`]).

mod access;
mod contacts;
mod deeds;
mod desk;
mod directory;
pub(crate) mod doors;
mod entering;
mod exporting;
mod fields;
mod first;
pub(crate) mod frame;
pub(crate) mod guard;
pub(crate) mod importing;
mod keys;
mod live;
mod looks;
mod notes;
pub(crate) mod outgoing;
mod people;
mod reasons;
mod replacing;
mod rules;
mod sites;
pub(crate) mod upload;
mod words;

use axum::Router;
use axum::routing::{get, post};
use verifier::team::Right;
use web::limits::{PROGRAMS, limited};

use crate::site::SpaceWeb;
use guard::Guarded;

#[cfg(test)]
pub(crate) use words::refused as refused_key;

pub(crate) use live::Watching;

/// The first page.
pub(crate) const CONSOLE: &str = "/console";

/// Every page and button, each with the right that it needs.
pub(crate) fn routes(site: &SpaceWeb) -> Guarded {
    Guarded::new(site.clone())
        .taking_tables_at(&importing::TABLES)
        .route("/console", Right::SeeCounts, get(first::show))
        .route("/console/live", Right::SeeCounts, get(live::show))
        .route("/console/access", Right::OwnAccess, get(access::show))
        .route("/console/sign-out", Right::OwnAccess, post(access::sign_out))
        .route("/console/access/link", Right::OwnAccess, post(access::link))
        .route("/console/access/passkeys/begin", Right::OwnAccess, post(access::begin_passkey))
        .route("/console/access/passkeys/finish", Right::OwnAccess, post(access::finish_passkey))
        .route("/console/access/passkeys/remove", Right::OwnAccess, post(access::remove_passkey))
        .route("/console/access/sessions/end", Right::OwnAccess, post(access::end_session))
        .route("/console/contacts", Right::SeeContacts, get(contacts::list))
        .route("/console/contacts/search", Right::SeeValues, post(contacts::search))
        .route("/console/contacts/{id}", Right::SeeContacts, get(contacts::show))
        .route("/console/contacts/{id}/values", Right::SeeValues, post(contacts::values))
        .route("/console/contacts/{id}/proof", Right::SeeContacts, get(contacts::proof))
        .route("/console/contacts/{id}/notes", Right::SeeValues, post(notes::write))
        .route("/console/contacts/{id}/notes/delete", Right::SeeValues, post(notes::delete))
        .route("/console/notes", Right::SeeCounts, get(notes::show))
        .route("/console/notes", Right::ManageTeam, post(notes::decide))
        .route("/console/sign-ups/{id}/ask", Right::DecideSignUps, post(contacts::ask))
        .route("/console/members/{sub}/end", Right::ChangeMemberships, post(contacts::end))
        .route("/console/members/{sub}/offer", Right::ChangeMemberships, post(contacts::offer))
        .route("/console/desk", Right::UseDeskScreen, get(desk::show))
        .route("/console/desk/lock", Right::UseDeskScreen, post(desk::lock))
        .route("/console/directory", Right::Publish, get(directory::show))
        .route("/console/directory", Right::Publish, post(directory::decide))
        .route("/console/directory/people", Right::SeeContacts, get(directory::people))
        .route("/console/directory/reports", Right::SeeObjections, post(directory::close_report))
        .route("/console/doors", Right::UseDeskScreen, get(doors::show))
        .route("/console/doors", Right::Connect, post(doors::add))
        .route("/console/doors/new", Right::Connect, get(doors::show_adding))
        .route("/console/doors/remove", Right::Connect, post(doors::remove))
        .route("/console/doors/screen", Right::UseDeskScreen, post(doors::open_screen))
        .route("/console/doors/screen/end", Right::UseDeskScreen, post(doors::end_screen))
        .route("/console/looks", Right::SeeLooks, get(looks::show))
        .route("/console/refused", Right::SeeSignUps, get(reasons::refused))
        .route("/console/counter-offers", Right::SeeSignUps, get(reasons::counter_offers))
        .route("/console/objections", Right::SeeObjections, get(reasons::objections))
        .route("/console/objections", Right::SeeObjections, post(reasons::read_objections))
        .route("/console/import", Right::MoveData, get(importing::show))
        .route("/console/import", Right::MoveData, post(importing::take_in))
        .route("/console/import/preview", Right::MoveData, post(importing::preview))
        .route("/console/import/invite", Right::MoveData, post(importing::invite))
        .route("/console/import/delete", Right::MoveData, post(importing::delete))
        .route("/console/export", Right::MoveData, get(exporting::show))
        .route("/console/export", Right::MoveData, post(exporting::carry))
        .route("/console/invite", Right::Invite, post(first::invite))
        .route("/console/sign-ups/{id}/approve", Right::DecideSignUps, post(first::approve))
        .route("/console/sign-ups/{id}/decline", Right::DecideSignUps, post(first::decline))
        .route("/console/online-sign-up", Right::SwitchSignUp, post(first::switch))
        .route("/console/rules", Right::SeeRules, get(rules::list))
        .route("/console/rules", Right::ChangeRules, post(rules::save))
        .route("/console/rules/new", Right::ChangeRules, get(rules::new))
        .route("/console/rules/preview", Right::ChangeRules, post(rules::look))
        .route("/console/rules/form/{id}", Right::SeeRules, get(rules::show))
        .route("/console/rules/form/{id}/withdraw", Right::ChangeRules, post(rules::withdraw))
        .route("/console/rules/form/{id}/versions/{number}", Right::SeeRules, get(rules::version))
        .route("/console/rules/form/{id}/versions/{number}", Right::ChangeRules, post(rules::put_back))
        .route("/console/sites", Right::Connect, get(sites::show))
        .route("/console/sites", Right::Connect, post(sites::add))
        .route("/console/sites/secret", Right::Connect, post(sites::renew_secret))
        .route("/console/sites/end", Right::Connect, post(sites::end))
        .route("/console/keys", Right::ManageTeam, get(keys::show))
        .route("/console/keys", Right::ManageTeam, post(keys::make))
        .route("/console/keys/revoke", Right::ManageTeam, post(keys::revoke))
        .route("/console/outgoing", Right::Connect, get(outgoing::show))
        .route("/console/outgoing", Right::Connect, post(outgoing::add))
        .route("/console/outgoing/secret", Right::Connect, post(outgoing::renew_secret))
        .route("/console/outgoing/end", Right::Connect, post(outgoing::end))
        .route("/console/outgoing/test", Right::Connect, post(outgoing::test))
        .route("/console/outgoing/again", Right::Connect, post(outgoing::again))
        .route("/console/outgoing/confirm", Right::Connect, post(outgoing::confirm))
        .route("/console/outgoing/action", Right::Connect, get(outgoing::show_action))
        .route("/console/outgoing/action", Right::Connect, post(outgoing::add_action))
        .route("/console/outgoing/dry-run", Right::Connect, post(outgoing::dry_run))
        .route("/console/team", Right::ManageTeam, get(people::show))
        .route("/console/team", Right::ManageTeam, post(people::invite))
        .route("/console/team/role", Right::ManageTeam, post(people::change_role))
        .route("/console/team/again", Right::ManageTeam, post(people::again))
        .route("/console/team/end", Right::ManageTeam, post(people::end))
        .route("/console/team/{id}/keys", Right::ManageTeam, get(people::keys))
        .route("/console/team/{id}/keys", Right::ManageTeam, post(people::revoke_key))
}

/// The console, and the ways into it, where each client may take `budget` steps within a minute.
pub(crate) fn router(site: &SpaceWeb, budget: u32) -> Router<SpaceWeb> {
    let ways_in = Router::new()
        .route("/console/locked", get(desk::locked))
        .route("/console/sign-in", get(entering::show))
        .route("/console/sign-in/begin", post(entering::begin))
        .route("/console/sign-in/finish", post(entering::finish))
        .route("/console/enter/{token}", get(entering::show_link))
        .route("/console/enter/{token}/begin", post(entering::begin_link))
        .route("/console/enter/{token}/finish", post(entering::finish_link));
    let inside = routes(site).into_router();
    limited(ways_in, budget).merge(limited(inside, budget.saturating_mul(PROGRAMS)))
}

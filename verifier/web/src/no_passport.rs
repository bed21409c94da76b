//! *I have no passport yet*: what to do, in three steps.

use askama::Template;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use did::Did;
use directory::callers::address_at;
use trust::{Role, Standing};
use web::Words;
use web::page::LinkButton;

use crate::join::left;
use crate::login;
use crate::progress::JOIN;
use crate::site::{Failed, SpaceWeb};

/// Where this is told.
pub(crate) const NO_PASSPORT: &str = "/no-passport";
/// Where an office gives passports.
const PASSPORT: &str = "/passport";

#[derive(Template)]
#[template(path = "no_passport.html")]
struct NoPassport<'a> {
    words: Words,
    space: &'a str,
    login: Option<LinkButton>,
    contact: Vec<String>,
    wallets: &'a [String],
    offices: Vec<(String, String)>,
    join: Option<LinkButton>,
}

/// `GET /no-passport`.
pub(crate) async fn show(State(site): State<SpaceWeb>, words: Words) -> Response {
    match site.space.left_at().await {
        Ok(None) => {}
        // Nobody of a space that has left gives a first membership.
        Ok(Some(_)) => return left(&site, words),
        Err(error) => return Failed::from(error).page(words),
    }
    let may_join = match site.may_join().await {
        Ok(may_join) => may_join,
        Err(failed) => return Failed::page(failed, words),
    };
    let contacts = &site.space.registration().content().contacts;
    let body = NoPassport {
        words,
        space: site.name(),
        login: site.space.login_label().map(|login| login::button(words, login, false)),
        contact: [&contacts.email, &contacts.phone, &contacts.uri].into_iter().flatten().cloned().collect(),
        wallets: &site.wallets,
        offices: offices(&site),
        join: may_join.then(|| LinkButton {
            href: JOIN.to_owned(),
            label: words.say("sign-up-with-passport"),
            secondary: false,
        }),
    };
    site.page(words, words.say("no-passport-title"), body).into_response()
}

/// The name of each office of the network that gives passports, and where.
fn offices(site: &SpaceWeb) -> Vec<(String, String)> {
    let Some(list) = site.presentation.directory().list() else { return Vec::new() };
    let gives = |member: &&trust::Member| {
        member.roles.contains(&Role::Office) && member.standing == Standing::Admitted
    };
    let named = |member: &trust::Member| {
        let did = Did::parse(&member.did).ok()?;
        Some((member.display_name.clone(), address_at(&did, PASSPORT)?))
    };
    list.members().iter().filter(gives).filter_map(named).collect()
}

//! What every page of the console has around it: the space's name, the menu of what this role may do, the keys, who is signed in.

use std::fmt;

use askama::Template;
use askama::filters::HtmlSafe;
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use verifier::team::Right;
use web::Words;
use web::assets::assets;
use web::page::{ErrorPage, Here, Look, Menu, MenuGroup, MenuItem, Page, PostButton};

use super::guard::Acting;
use super::{CONSOLE, live};
use crate::site::SpaceWeb;

/// A page in the menu: address, key of the name, and the right that the page needs.
type Line = (&'static str, &'static str, Right);

/// The menu, by what people do: the key of what its lines are about, and the lines.
pub(crate) const MENU: &[(&str, &[Line])] = &[
    (
        "console-menu-today",
        &[
            (CONSOLE, "console-first", Right::SeeCounts),
            ("/console/desk", "console-desk", Right::UseDeskScreen),
            ("/console/doors", "console-doors", Right::UseDeskScreen),
            ("/console/counter-offers", "console-offers", Right::SeeSignUps),
            ("/console/refused", "console-refused", Right::SeeSignUps),
            ("/console/objections", "console-objections", Right::SeeObjections),
        ],
    ),
    (
        "console-menu-people",
        &[
            ("/console/contacts", "console-contacts", Right::SeeContacts),
            ("/console/directory", "console-directory", Right::Publish),
            ("/console/import", "console-import", Right::MoveData),
            ("/console/export", "console-export", Right::MoveData),
        ],
    ),
    (
        "console-menu-rules",
        &[
            ("/console/rules", "console-rules", Right::SeeRules),
            ("/console/notes", "console-notes", Right::SeeCounts),
        ],
    ),
    (
        "console-menu-connections",
        &[
            ("/console/sites", "console-sites", Right::Connect),
            ("/console/keys", "console-api-keys", Right::ManageTeam),
            ("/console/outgoing", "console-outgoing", Right::Connect),
        ],
    ),
    (
        "console-menu-team",
        &[
            ("/console/team", "console-team", Right::ManageTeam),
            ("/console/looks", "console-looks", Right::SeeLooks),
            ("/console/access", "console-access", Right::OwnAccess),
        ],
    ),
];

/// The letters and what they do, for the list of keys.
const KEYS: [(&str, &str); 10] = [
    ("?", "console-key-help"),
    ("j", "console-key-next"),
    ("k", "console-key-previous"),
    ("a", "console-key-approve"),
    ("d", "console-key-decline"),
    ("m", "console-key-more"),
    ("o", "console-key-open"),
    ("i", "console-key-invite"),
    ("/", "console-key-search"),
    ("h", "console-key-first"),
];

/// A page of the console; `at` is the address of the line of the menu that it is or is below.
pub(crate) fn page<B: fmt::Display>(
    site: &SpaceWeb,
    words: Words,
    acting: &Acting,
    at: &str,
    title: impl Into<String>,
    body: B,
) -> Page<B> {
    let menu = Menu { words, groups: groups(words, acting, at), last: sign_out(words, acting) };
    let role = words.say(&format!("console-role-{}", acting.role().name()));
    let foot = words.say_with("console-foot", &[("name", &acting.teammate.name), ("role", &role)]);
    site.page(words, title, body)
        .of_site(words.say_with("console-site", &[("space", site.name())]))
        .below(CONSOLE, foot)
        .with_menu(menu)
        .with_script(assets().menu.url())
        .with_script(assets().console.url())
        .with_banner(Banner::of(words))
        .kept_live(live::known(site), words.say("console-news"))
        .wide()
}

/// What this role may do; a group of which it may do nothing is not there.
fn groups(words: Words, acting: &Acting, at: &str) -> Vec<MenuGroup> {
    let item = |(href, key, _): &Line| MenuItem {
        href,
        label: words.say(key),
        here: if *href == at { Here::Page } else { Here::No },
    };
    let group = |(key, lines): &(&str, &[Line])| {
        let may = lines.iter().filter(|(_, _, right)| acting.may(*right));
        MenuGroup { title: Some(words.say(key)), items: may.map(item).collect() }
    };
    MENU.iter().map(group).filter(|group| !group.items.is_empty()).collect()
}

fn sign_out(words: Words, acting: &Acting) -> PostButton {
    PostButton {
        action: "/console/sign-out".to_owned(),
        csrf: acting.csrf(),
        label: words.say("sign-out"),
        look: Look::Secondary,
    }
}

/// The list of keys, and that the connection is lost.
#[derive(Template)]
#[template(path = "console/banner.html")]
struct Banner {
    words: Words,
    keys: Vec<(&'static str, String)>,
}

impl HtmlSafe for Banner {}

impl Banner {
    fn of(words: Words) -> Self {
        Self { words, keys: KEYS.iter().map(|(key, said)| (*key, words.say(said))).collect() }
    }
}

/// A sentence on a page of its own, where what was asked for is not done or not there.
pub(crate) fn sentence(
    site: &SpaceWeb,
    words: Words,
    acting: &Acting,
    status: StatusCode,
    title: String,
    said: String,
) -> Response {
    let body = ErrorPage::of(title.clone(), said);
    (status, page(site, words, acting, "", title, body)).into_response()
}

/// That somebody's role does not open this.
pub(crate) fn no_right(site: &SpaceWeb, words: Words, acting: &Acting) -> Response {
    let role = words.say(&format!("console-role-{}", acting.role().name()));
    let said = words.say_with("console-no-right-text", &[("role", &role)]);
    sentence(site, words, acting, StatusCode::FORBIDDEN, words.say("console-no-right-title"), said)
}

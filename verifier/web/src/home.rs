//! The space's first page, and what it does with what it is given.

use askama::Template;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use serde_json::json;
use trust::registration::{Contacts, IntendedUse, LegalBasis};
use web::Words;
use web::page::{LinkButton, Page};

use crate::asked::{AskedFor, label};
use crate::site::SpaceWeb;

#[derive(Template)]
#[template(path = "home.html")]
struct Home<'a> {
    words: Words,
    space: &'a str,
    join: Option<LinkButton>,
    asked: Option<AskedFor>,
}

/// `GET /`.
pub(crate) async fn show(State(site): State<SpaceWeb>, words: Words) -> Response {
    let form = site.form().and_then(|name| site.space.forms().get(name));
    let join =
        form.map(|_| LinkButton { href: "/join".to_owned(), label: words.say("join"), secondary: false });
    let body =
        Home { words, space: site.name(), join, asked: form.map(|form| AskedFor::of(&site, words, form)) };
    Page::new(words, site.name().to_owned(), body).of_site(site.name()).into_response()
}

#[derive(Template)]
#[template(path = "privacy.html")]
struct Privacy<'a> {
    words: Words,
    space: &'a str,
    legal_name: &'a str,
    contacts: Vec<String>,
    data_protection: Vec<String>,
    authority: &'a str,
    uses: Vec<Use>,
}

/// One registered use of what members share.
struct Use {
    purpose: String,
    basis: String,
    details: Vec<(String, String)>,
}

/// `GET /privacy`: what the network's operator registered, in words.
pub(crate) async fn privacy(State(site): State<SpaceWeb>, words: Words) -> Response {
    let registered = site.space.registration().content();
    let body = Privacy {
        words,
        space: site.name(),
        legal_name: &registered.legal_name,
        contacts: ways(&registered.contacts),
        data_protection: ways(&registered.data_protection_contact),
        authority: &registered.supervisory_authority.name,
        uses: registered.intended_uses.iter().map(|one| registered_use(words, one)).collect(),
    };
    let title = words.say("privacy-title");
    Page::new(words, title, body).of_site(site.name()).into_response()
}

fn ways(contacts: &Contacts) -> Vec<String> {
    [&contacts.email, &contacts.phone, &contacts.uri].into_iter().flatten().cloned().collect()
}

fn registered_use(words: Words, one: &IntendedUse) -> Use {
    let basis = match one.legal_basis {
        LegalBasis::Consent => "privacy-consent",
        LegalBasis::Contract => "privacy-contract",
        LegalBasis::LegalObligation => "privacy-obligation",
        LegalBasis::LegitimateInterest => "privacy-interest",
    };
    // What the wallet says about the sharing itself is no detail of a person.
    let terms = ["request", "audiences", "until", "inbox"].map(|claim| json!([claim]));
    let details = one.claims.iter().filter_map(|claim| {
        let path = claim.path.to_value();
        if terms.contains(&path) {
            return None;
        }
        let name = label(words, path.as_array()?);
        Some((name, words.count("privacy-days", "days", claim.retention_days)))
    });
    Use {
        purpose: one.purpose_in(&[words.tag()]).to_owned(),
        basis: words.say(basis),
        details: details.collect(),
    }
}

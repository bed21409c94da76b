//! The space's first page: the ways in; and what it does with what it is given.

use askama::Template;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::HeaderMap;
use serde_json::json;
use trust::registration::{Contacts, IntendedUse, LegalBasis};
use web::Words;
use web::page::{LinkButton, QrFigure};

use crate::asked::{AskedFor, label};
use crate::by_number::BY_NUMBER;
use crate::member_page::MEMBER;
use crate::no_passport::NO_PASSPORT;
use crate::progress::JOIN;
use crate::signing_in::SIGNING_IN;
use crate::site::{Failed, SpaceWeb};

#[derive(Template)]
#[template(path = "home.html")]
struct Home<'a> {
    words: Words,
    space: &'a str,
    /// What somebody does here first.
    actions: Vec<LinkButton>,
    /// The way in by number and by phone; none where nobody may sign up by themselves.
    ways: Option<Ways>,
    /// Why nobody signs up here now, if nobody does.
    shut: Option<Shut>,
    no_passport: Option<&'static str>,
    asked: Option<AskedFor>,
}

impl Home<'_> {
    const fn has_left(&self) -> bool {
        matches!(self.shut, Some(Shut::Left))
    }
}

/// Why nobody signs up by themselves.
enum Shut {
    /// The team has turned online sign-up off.
    Off,
    /// The space has left the network.
    Left,
}

/// The ways in beside the button.
struct Ways {
    by_number: &'static str,
    no_passport: &'static str,
    qr: QrFigure,
    address: String,
}

/// `GET /`.
pub(crate) async fn show(State(site): State<SpaceWeb>, words: Words, headers: HeaderMap) -> Response {
    match portal(&site, words, &headers).await {
        Ok(response) => response,
        Err(failed) => failed.page(words),
    }
}

async fn portal(site: &SpaceWeb, words: Words, headers: &HeaderMap) -> Result<Response, Failed> {
    let form = site.open_form().await?;
    let may_join = form.is_some();
    let shut = match (site.space.left_at().await?, may_join) {
        (Some(_), _) => Some(Shut::Left),
        (None, true) => None,
        (None, false) => site.has_form().await?.then_some(Shut::Off),
    };
    let is_signed_in = site.who_is_signed_in(headers).await?.is_some();
    let button = |href: &str, label: &str, secondary| LinkButton {
        href: href.to_owned(),
        label: words.say(label),
        secondary,
    };
    let mut actions = Vec::new();
    if is_signed_in {
        actions.push(button(MEMBER, "member-pages", false));
    } else {
        if may_join {
            actions.push(button(JOIN, "sign-up-with-passport", false));
        }
        if site.space.sign_in_request().is_some() {
            actions.push(button(SIGNING_IN, "sign-in-with-passport", may_join));
        }
    }
    let address = site.space.identity().address(JOIN);
    let ways = may_join && !is_signed_in;
    let recipients = site.space.recipients_told().await?;
    let body = Home {
        words,
        space: site.name(),
        actions,
        ways: if ways {
            Some(Ways {
                by_number: BY_NUMBER,
                no_passport: NO_PASSPORT,
                qr: QrFigure::of(
                    &address,
                    &words.say_with("poster-qr", &[("address", &address)]),
                    words.say("portal-phone-caption"),
                )?,
                address,
            })
        } else {
            None
        },
        no_passport: (!is_signed_in && !matches!(shut, Some(Shut::Left))).then_some(NO_PASSPORT),
        shut,
        asked: form
            .filter(|_| ways)
            .map(|form| AskedFor::of(site, words, &form).going_on_to(&form, &recipients)),
    };
    Ok(site.page(words, site.name().to_owned(), body).wide().into_response())
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
    /// The space's own login, and the key of what it is asked.
    login: Option<&'a str>,
    told: &'static str,
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
        login: site.space.login_label(),
        told: if site.space.login_vouches() { "privacy-login-person" } else { "privacy-login-account" },
    };
    let title = words.say("privacy-title");
    site.page(words, title, body).into_response()
}

fn ways(contacts: &Contacts) -> Vec<String> {
    [&contacts.email, &contacts.phone, &contacts.uri].into_iter().flatten().cloned().collect()
}

/// The key of the sentence on a legal basis.
pub(crate) const fn basis(basis: LegalBasis) -> &'static str {
    match basis {
        LegalBasis::Consent => "privacy-consent",
        LegalBasis::Contract => "privacy-contract",
        LegalBasis::LegalObligation => "privacy-obligation",
        LegalBasis::LegitimateInterest => "privacy-interest",
    }
}

fn registered_use(words: Words, one: &IntendedUse) -> Use {
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
        basis: words.say(basis(one.legal_basis)),
        details: details.collect(),
    }
}

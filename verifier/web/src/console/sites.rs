//! The sites at which members sign in.

use std::collections::BTreeSet;

use askama::Template;
use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use http::StatusCode;
use openid4vc::secret::SecretText;
use verifier::SpaceError;
use verifier::forms::ChangedBy;
use verifier::sites::managing::{NewSite, SiteError};
use web::Words;
use web::page::{CopyLink, ErrorSummary};

use super::fields::{Field, Wrong, summary};
use super::frame;
use super::guard::{Acting, Posted};
use crate::connect::detail;
use crate::site::{Failed, SpaceWeb};

const SITES: &str = "/console/sites";

#[derive(Template)]
#[template(path = "console/sites.html")]
struct Sites {
    words: Words,
    csrf: String,
    summary: ErrorSummary,
    sites: Vec<Line>,
    details: Vec<(&'static str, String, bool)>,
    inputs: Vec<Field>,
    is_public: bool,
}

struct Line {
    id: String,
    name: String,
    purpose: String,
    back: String,
    gets: String,
    has_secret: bool,
}

/// What was typed, to be shown again where something is wrong with it.
#[derive(Clone, Default)]
struct Typed {
    name: String,
    purpose: String,
    back: String,
    out: String,
    sector: String,
    public: bool,
    claims: BTreeSet<String>,
}

#[derive(Template)]
#[template(path = "console/site_made.html")]
struct Made {
    words: Words,
    title: String,
    issuer: CopyLink,
    id: CopyLink,
    secret: Option<CopyLink>,
}

/// `GET /console/sites`.
pub(crate) async fn show(State(site): State<SpaceWeb>, words: Words, acting: Acting) -> Response {
    listed(&site, words, &acting, Typed::default(), None).await
}

async fn listed(
    site: &SpaceWeb,
    words: Words,
    acting: &Acting,
    typed: Typed,
    wrong: Option<Wrong>,
) -> Response {
    let read =
        async { Ok::<_, SpaceError>((site.space.sites().await?, site.space.claims_for_sites().await?)) };
    let (sites, may) = match read.await {
        Ok(read) => read,
        Err(error) => return Failed::from(error).page(words),
    };
    let line = |one: verifier::sites::records::Site| Line {
        gets: one.claims.iter().map(|claim| detail(words, claim)).collect::<Vec<_>>().join(", "),
        back: one.redirect_uris.join(" "),
        has_secret: one.secret.is_some(),
        id: one.id,
        name: one.name,
        purpose: one.purpose,
    };
    let status = if wrong.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    let body = Sites {
        words,
        csrf: acting.csrf(),
        summary: summary(words, wrong.as_ref()),
        sites: sites.into_iter().map(line).collect(),
        details: may
            .into_iter()
            .map(|claim| (claim, detail(words, claim), typed.claims.contains(claim)))
            .collect(),
        inputs: inputs(words, &typed, wrong.as_ref()),
        is_public: typed.public,
    };
    (status, frame::page(site, words, acting, SITES, words.say("console-sites"), body)).into_response()
}

fn inputs(words: Words, typed: &Typed, wrong: Option<&Wrong>) -> Vec<Field> {
    let lines = [
        ("name", "name", &typed.name),
        ("purpose", "purpose", &typed.purpose),
        ("back", "redirects", &typed.back),
        ("out", "logouts", &typed.out),
        ("sector", "sector", &typed.sector),
    ];
    let input = |(name, key, value): (&'static str, &str, &String)| {
        Field::line(words, name, &format!("console-site-{key}"), value, wrong)
    };
    lines.into_iter().map(input).collect()
}

/// `POST /console/sites`: enters a site, and shows its secret this once.
pub(crate) async fn add(
    State(site): State<SpaceWeb>,
    words: Words,
    acting: Acting,
    posted: Posted,
) -> Response {
    let lines = |name: &str| posted.text(name).split_whitespace().map(str::to_owned).collect();
    let ticked = posted.0.iter().filter_map(|(name, _)| name.strip_prefix("claim-"));
    let typed = Typed {
        name: posted.text("name").to_owned(),
        purpose: posted.text("purpose").to_owned(),
        back: posted.text("back").to_owned(),
        out: posted.text("out").to_owned(),
        sector: posted.text("sector").to_owned(),
        public: posted.0.ticked("public"),
        claims: ticked.map(str::to_owned).collect(),
    };
    let new = NewSite {
        name: typed.name.clone(),
        redirect_uris: lines("back"),
        logout_uris: lines("out"),
        claims: typed.claims.clone(),
        purpose: typed.purpose.clone(),
        sector: Some(typed.sector.clone()).filter(|sector| !sector.is_empty()),
        is_public: typed.public,
    };
    match site.space.add_site(new, ChangedBy::Team(acting.teammate.id.clone())).await {
        Ok((made, secret)) => made_page(&site, words, &acting, &made.name, made.id, secret),
        Err(error) => not_done(&site, words, &acting, typed, error).await,
    }
}

/// `POST /console/sites/secret`.
pub(crate) async fn renew_secret(
    State(site): State<SpaceWeb>,
    words: Words,
    acting: Acting,
    posted: Posted,
) -> Response {
    let id = posted.text("id");
    match site.space.renew_site_secret(id, ChangedBy::Team(acting.teammate.id.clone())).await {
        Ok(secret) => {
            let name = site.space.site(id).await.ok().flatten().map(|site| site.name).unwrap_or_default();
            made_page(&site, words, &acting, &name, id.to_owned(), Some(secret))
        }
        Err(error) => not_done(&site, words, &acting, Typed::default(), error).await,
    }
}

/// `POST /console/sites/end`.
pub(crate) async fn end(
    State(site): State<SpaceWeb>,
    words: Words,
    acting: Acting,
    posted: Posted,
) -> Response {
    match site.space.end_site(posted.text("id"), ChangedBy::Team(acting.teammate.id.clone())).await {
        Ok(()) => Redirect::to(SITES).into_response(),
        Err(error) => not_done(&site, words, &acting, Typed::default(), error).await,
    }
}

fn made_page(
    site: &SpaceWeb,
    words: Words,
    acting: &Acting,
    name: &str,
    id: String,
    secret: Option<SecretText>,
) -> Response {
    let title = words.say_with("console-site-made-title", &[("site", name)]);
    let body = Made {
        words,
        title: title.clone(),
        issuer: CopyLink { words, id: "issuer", link: site.space.connect_issuer() },
        id: CopyLink { words, id: "client-id", link: id },
        secret: secret.map(|secret| CopyLink { words, id: "secret", link: secret.expose().to_owned() }),
    };
    frame::page(site, words, acting, SITES, title, body).with_copying().into_response()
}

async fn not_done(
    site: &SpaceWeb,
    words: Words,
    acting: &Acting,
    typed: Typed,
    error: SiteError,
) -> Response {
    let said = |key: &str| words.say(key);
    let wrong = match &error {
        SiteError::BadName => ("name", said("console-site-bad-name")),
        SiteError::BadPurpose => ("purpose", said("console-site-bad-purpose")),
        SiteError::BadAddress => ("back", said("console-site-bad-address")),
        SiteError::NoSector => ("sector", said("console-site-no-sector")),
        SiteError::NotAsked(_) | SiteError::BeyondRegistration(_) => ("name", said("console-site-not-asked")),
        SiteError::TooMany => ("name", said("console-site-too-many")),
        SiteError::Public | SiteError::Space(SpaceError::NoSuch(_)) => ("sites", said("console-site-none")),
        _ => {
            return match error {
                SiteError::Space(error) => Failed::from(error).page(words),
                _ => web::errors::error_page(words, StatusCode::INTERNAL_SERVER_ERROR),
            };
        }
    };
    listed(site, words, acting, typed, Some(wrong)).await
}

//! The directory: who is here, for whoever looks, as it stands at this load (decision 0037).
//!
//! Nothing of it is kept by a browser or by anything between. To whom somebody publishes nothing, that person is not there: not in the
//! list, not in the search, and at their address is what is at any other that does not exist.

use std::net::IpAddr;

use askama::Template;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE};
use http::{Extensions, HeaderMap, HeaderName, HeaderValue, StatusCode, Uri};
use serde_json::Value;
use verifier::community::people::{Person, Published, may_search};
use verifier::community::reach::Viewer;
use web::form::QueryFields;
use web::limits::client_key;
use web::{Words, proxies};

use crate::asked::label;
use crate::hello::Hello;
use crate::screen::name_in;
use crate::signing_in::SIGNING_IN;
use crate::site::{Failed, SpaceWeb};

/// Where the directory is.
pub(crate) const PEOPLE: &str = "/people";
/// Characters of an identifier, and one more where a page begins.
const LONGEST_ID: usize = 23;
/// Characters of somebody's own words in the list.
const EXCERPT: usize = 200;
/// The claims that are not told once more among the details of a person's page.
const IN_THE_HEAD: &[&str] = &["given_name", "family_name", "picture"];
const ROBOTS: HeaderName = HeaderName::from_static("x-robots-tag");
const NOT_TO_BE_LISTED: HeaderValue = HeaderValue::from_static("noindex, nofollow, noarchive");
/// A picture runs nothing and loads nothing, also where somebody opens it by itself.
const PICTURE: HeaderValue = HeaderValue::from_static("sandbox; default-src 'none'");
const SAME_ORIGIN: HeaderValue = HeaderValue::from_static("same-origin");
const RESOURCE_POLICY: HeaderName = HeaderName::from_static("cross-origin-resource-policy");

#[derive(Template)]
#[template(path = "people.html")]
struct People<'a> {
    words: Words,
    space: &'a str,
    /// For whom what is shown is meant.
    seen_as: String,
    term: String,
    error: Option<String>,
    /// What a search brought.
    said: Option<String>,
    people: Vec<Line>,
    next: Option<String>,
}

struct Line {
    id: String,
    name: String,
    has_picture: bool,
    work: String,
    skills: String,
    bio: String,
}

/// For whom the directory is, and how to show that one is one of them.
#[derive(Template)]
#[template(path = "people_for.html")]
struct ForMembers<'a> {
    words: Words,
    space: &'a str,
}

#[derive(Template)]
#[template(path = "one_person.html")]
struct OnePerson {
    words: Words,
    id: String,
    name: String,
    has_picture: bool,
    details: Vec<Row>,
    /// Saying hello, for members who are signed in here.
    hello: Option<Hello>,
}

struct Row {
    label: String,
    value: String,
    /// An address of the web, where the value is one.
    link: Option<String>,
    /// Whether an office checked it.
    is_checked: bool,
}

impl SpaceWeb {
    /// As whom the directory is looked at in the browser that sends `headers`.
    pub(crate) async fn viewer(&self, headers: &HeaderMap) -> Result<Viewer, Failed> {
        if self.who_is_signed_in(headers).await?.is_some() {
            return Ok(Viewer::MemberHere);
        }
        let visit = match name_in(headers) {
            Some(session) => self.space.visit(&session).await?,
            None => None,
        };
        Ok(if visit.is_some() { Viewer::MemberOfBrand } else { Viewer::Anybody })
    }

    /// Whether a search may open what it has to. Members have a budget for each session, so that those behind one address do not use up
    /// each other's; whoever is not signed in has one with all others there.
    fn may_search_now(&self, viewer: Viewer, headers: &HeaderMap, client: IpAddr) -> bool {
        let session = name_in(headers).filter(|_| viewer != Viewer::Anybody);
        let taken = match session {
            Some(session) => self.searches.take(&session.expose()),
            None => self.searches.take(&client),
        };
        taken.is_ok()
    }
}

/// `GET /people`, with `q` a search, with `from` a later page.
pub(crate) async fn list(
    State(site): State<SpaceWeb>,
    words: Words,
    headers: HeaderMap,
    extensions: Extensions,
    QueryFields(query): QueryFields,
) -> Response {
    let (term, from) = (query.optional("q").unwrap_or_default().trim(), query.optional("from"));
    let client = client_key(proxies::client(&extensions));
    match listed(&site, words, &headers, Looked { client, term, from }).await {
        Ok(response) => response,
        Err(failed) => failed.page(words),
    }
}

/// What is asked for, and by whom.
struct Looked<'a> {
    client: IpAddr,
    term: &'a str,
    from: Option<&'a str>,
}

async fn listed(
    site: &SpaceWeb,
    words: Words,
    headers: &HeaderMap,
    looked: Looked<'_>,
) -> Result<Response, Failed> {
    let viewer = site.viewer(headers).await?;
    let term = looked.term;
    let from = looked.from.filter(|from| is_identifier(from));
    let searches = may_search(term);
    if searches && !site.may_search_now(viewer, headers, looked.client) {
        return Ok(web::errors::error_page(words, StatusCode::TOO_MANY_REQUESTS));
    }
    let found = if searches {
        site.space.search_directory(viewer, term).await?
    } else {
        site.space.directory(viewer, from).await?
    };
    let Some(page) = found else { return not_open(site, words, viewer).await };
    let is_wrong = !term.is_empty() && !searches;
    let said = searches.then(|| {
        let count = u32::try_from(page.people.len()).unwrap_or(u32::MAX);
        words.count(if page.is_cut { "people-found-cut" } else { "people-found" }, "count", count)
    });
    let body = People {
        words,
        space: site.name(),
        seen_as: seen_as(site, words, viewer),
        term: term.to_owned(),
        error: is_wrong.then(|| words.say("people-search-length")),
        said,
        people: page.people.iter().map(|person| line(words, person)).collect(),
        next: page.next,
    };
    let title = words.say_with("people-title", &[("space", site.name())]);
    let status = if is_wrong { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    Ok(as_seen(viewer, (status, site.page(words, title, body).wide())))
}

/// What those see for whom the directory is not: members may sign in.
async fn not_open(site: &SpaceWeb, words: Words, viewer: Viewer) -> Result<Response, Failed> {
    let reach = site.space.directory_reach().await?;
    let is_for_members = reach.admits(Viewer::MemberHere);
    if viewer == Viewer::Anybody
        && reach.admits(Viewer::MemberOfBrand)
        && site.space.visit_request().is_some()
    {
        let title = words.say_with("people-title", &[("space", site.name())]);
        return Ok(as_seen(
            Viewer::MemberHere,
            site.page(words, title, ForMembers { words, space: site.name() }),
        ));
    }
    if viewer == Viewer::Anybody && is_for_members && site.space.sign_in_request().is_some() {
        return Ok(as_seen(viewer, Redirect::to(SIGNING_IN)));
    }
    Ok(nobody(words))
}

/// `GET /people/{id}`.
pub(crate) async fn one(
    State(site): State<SpaceWeb>,
    words: Words,
    headers: HeaderMap,
    Path(id): Path<String>,
) -> Response {
    with_hello(&site, words, &headers, &id, None, StatusCode::OK).await
}

/// That page, where a hello was typed that was not said: what was typed, and why.
pub(crate) async fn with_hello(
    site: &SpaceWeb,
    words: Words,
    headers: &HeaderMap,
    id: &str,
    typed: Option<(String, Option<String>)>,
    status: StatusCode,
) -> Response {
    match person_page(site, words, headers, id, typed).await {
        Ok(Some((viewer, body))) => {
            let title = body.name.clone();
            as_seen(viewer, (status, site.page(words, title, body)))
        }
        Ok(None) => nobody(words),
        Err(failed) => failed.page(words),
    }
}

async fn person_page(
    site: &SpaceWeb,
    words: Words,
    headers: &HeaderMap,
    id: &str,
    typed: Option<(String, Option<String>)>,
) -> Result<Option<(Viewer, OnePerson)>, Failed> {
    let Some((viewer, person)) = found(site, headers, id).await? else { return Ok(None) };
    let hello = Hello::of(site, words, headers, id, typed).await?;
    Ok(Some((viewer, OnePerson { hello, ..page_of(words, &person) })))
}

/// `GET /people/{id}/picture`.
pub(crate) async fn picture(
    State(site): State<SpaceWeb>,
    words: Words,
    headers: HeaderMap,
    Path(id): Path<String>,
) -> Response {
    let person = match found(&site, &headers, &id).await {
        Ok(person) => person,
        Err(failed) => return failed.page(words),
    };
    let Some((kind, bytes)) = person.and_then(|(_, person)| picture_of(&person)) else {
        return nobody(words);
    };
    let headers = [
        (CONTENT_TYPE, HeaderValue::from_static(kind)),
        (CONTENT_SECURITY_POLICY, PICTURE),
        (RESOURCE_POLICY, SAME_ORIGIN),
        (CACHE_CONTROL, HeaderValue::from_static("no-store")),
        (ROBOTS, NOT_TO_BE_LISTED),
    ];
    (headers, bytes).into_response()
}

async fn found(site: &SpaceWeb, headers: &HeaderMap, id: &str) -> Result<Option<(Viewer, Person)>, Failed> {
    if !is_identifier(id) {
        return Ok(None);
    }
    let viewer = site.viewer(headers).await?;
    Ok(site.space.person(viewer, id).await?.map(|person| (viewer, person)))
}

fn is_identifier(id: &str) -> bool {
    let is_of_alphabet = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    !id.is_empty() && id.len() <= LONGEST_ID && id.bytes().all(is_of_alphabet)
}

/// The same for whoever is hidden and whoever never was.
pub(crate) fn nobody(words: Words) -> Response {
    let mut response = web::errors::error_page(words, StatusCode::NOT_FOUND);
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response.headers_mut().insert(ROBOTS, NOT_TO_BE_LISTED);
    response
}

/// What is for this viewer now may be for nobody at the next load. Search engines list what is for everybody, and nothing else.
fn as_seen(viewer: Viewer, response: impl IntoResponse) -> Response {
    let mut response = response.into_response();
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    if viewer != Viewer::Anybody {
        response.headers_mut().insert(ROBOTS, NOT_TO_BE_LISTED);
    }
    response
}

fn seen_as(site: &SpaceWeb, words: Words, viewer: Viewer) -> String {
    let key = match viewer {
        Viewer::Anybody => "people-seen-public",
        Viewer::MemberOfBrand => "people-seen-brand",
        Viewer::MemberHere => "people-seen-member",
    };
    words.say_with(key, &[("space", site.name())])
}

fn name_of(words: Words, person: &Person) -> String {
    let company = || person.text("company").map(str::to_owned);
    person.name().or_else(company).unwrap_or_else(|| words.say("people-nameless"))
}

fn line(words: Words, person: &Person) -> Line {
    let text = |claim: &str| person.text(claim).unwrap_or_default().to_owned();
    // Where the company stands for the name it is not told twice.
    let company = if person.name().is_some() { text("company") } else { String::new() };
    let work = [text("role"), company];
    let skills = person.details.iter().find(|detail| detail.claim == "skills");
    Line {
        id: person.id.clone(),
        name: name_of(words, person),
        has_picture: picture_of(person).is_some(),
        work: work.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(", "),
        skills: skills.map(|detail| said(words, &detail.value)).unwrap_or_default(),
        bio: excerpt(&text("bio")),
    }
}

fn excerpt(text: &str) -> String {
    let mut characters = text.chars();
    let start: String = characters.by_ref().take(EXCERPT).collect();
    if characters.next().is_some() { format!("{start} …") } else { start }
}

fn page_of(words: Words, person: &Person) -> OnePerson {
    let row = |detail: &Published| {
        let path: Vec<Value> = detail.claim.split('.').map(Value::from).collect();
        Row {
            label: label(words, &path),
            link: detail.value.as_str().and_then(web_address),
            value: said(words, &detail.value),
            is_checked: detail.word_of.starts_with("office "),
        }
    };
    let is_told = |detail: &&Published| !IN_THE_HEAD.contains(&detail.claim.as_str());
    OnePerson {
        words,
        id: person.id.clone(),
        name: name_of(words, person),
        has_picture: picture_of(person).is_some(),
        details: person.details.iter().filter(is_told).map(row).collect(),
        hello: None,
    }
}

/// A value as people read it.
fn said(words: Words, value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Bool(true) => words.say("people-yes"),
        Value::Bool(false) => words.say("people-no"),
        Value::Number(number) => number.to_string(),
        Value::Null => String::new(),
        Value::Array(parts) => joined(parts.iter().map(|part| said(words, part))),
        Value::Object(parts) => joined(parts.values().map(|part| said(words, part))),
    }
}

fn joined(parts: impl Iterator<Item = String>) -> String {
    parts.filter(|part| !part.is_empty()).collect::<Vec<_>>().join(", ")
}

/// `text` as an address that a browser may be led to: of the web, without a name before an `@` that would pass for the host.
fn web_address(text: &str) -> Option<String> {
    let address = Uri::try_from(text.trim()).ok()?;
    let is_web = matches!(address.scheme_str(), Some("http" | "https"));
    let authority = address.authority()?.as_str();
    (is_web && !authority.contains('@') && !authority.is_empty()).then(|| text.trim().to_owned())
}

/// The picture that somebody publishes: its type, by what is in it, and its bytes.
fn picture_of(person: &Person) -> Option<(&'static str, Vec<u8>)> {
    let text = person.text("picture")?;
    let (head, data) = text.strip_prefix("data:")?.split_once(',')?;
    if !matches!(head, "image/jpeg;base64" | "image/webp;base64" | "image/png;base64") {
        return None;
    }
    let as_url: String = data
        .trim_end_matches('=')
        .chars()
        .map(|one| {
            if one == '+' {
                '-'
            } else if one == '/' {
                '_'
            } else {
                one
            }
        })
        .collect();
    let bytes = jose::base64url::decode(as_url).ok()?;
    let kind = match bytes.as_slice() {
        [0xff, 0xd8, 0xff, ..] => "image/jpeg",
        [0x89, b'P', b'N', b'G', ..] => "image/png",
        [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P', ..] => "image/webp",
        _ => return None,
    };
    Some((kind, bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_leads_to_the_web_and_to_the_host_that_is_read() {
        for fine in ["https://ada.example.org/x?y=z", "http://ada.example.org"] {
            assert_eq!(web_address(fine).as_deref(), Some(fine));
        }
        for wrong in [
            "javascript:alert(1)",
            "data:text/html,x",
            "//ada.example.org",
            "/people",
            "ada.example.org",
            "https://bank.example@evil.example/",
            "https://a b",
            "ftp://ada.example.org/",
            "",
        ] {
            assert_eq!(web_address(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn a_picture_is_what_its_bytes_say_and_nothing_that_runs() {
        let picture = |address: &str| {
            let detail =
                Published { claim: "picture".to_owned(), word_of: "own".to_owned(), value: address.into() };
            picture_of(&Person { id: "x".to_owned(), details: vec![detail] })
        };
        let jpeg = "data:image/jpeg;base64,/9j/4A==";
        assert_eq!(picture(jpeg), Some(("image/jpeg", vec![0xff, 0xd8, 0xff, 0xe0])));
        assert_eq!(picture("data:image/png;base64,/9j/4A==").unwrap().0, "image/jpeg");
        for wrong in [
            "data:image/svg+xml;base64,PHN2Zz4=",
            "data:text/html;base64,/9j/4A==",
            "data:image/jpeg;base64,PHN2Zz4=",
            "data:image/jpeg,/9j/4A==",
            "data:image/jpeg;base64,%2F9j",
            "https://ada.example.org/me.jpg",
            "",
        ] {
            assert_eq!(picture(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn an_identifier_is_short_and_of_one_alphabet() {
        assert!(is_identifier("AZaz09-_AZaz09-_AZaz09-"));
        for wrong in ["", "AZaz09-_AZaz09-_AZaz09-x", "a/b", "é", "a b"] {
            assert!(!is_identifier(wrong), "{wrong}");
        }
    }

    #[test]
    fn a_long_text_ends_where_the_list_goes_on() {
        assert_eq!(excerpt("short"), "short");
        assert_eq!(excerpt(&"é".repeat(EXCERPT)), "é".repeat(EXCERPT));
        assert_eq!(excerpt(&"é".repeat(EXCERPT + 1)), format!("{} …", "é".repeat(EXCERPT)));
    }
}

//! What a member sees who is signed in at the space's own pages, and the way out.
//!
//! Nothing of the member is shown but what the membership says.

use askama::Template;
use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use http::HeaderMap;
use http::header::SET_COOKIE;
use network::space_pages::SpacePage;
use verifier::community::reach::Viewer;
use verifier::portal::SignedIn;
use web::Words;
use web::csrf::{CsrfForm, Purpose};
use web::page::{Look, PostButton};
use web::session::{SessionSecret, removal_cookie};

use crate::connect::{self, Agreed};
use crate::door;
use crate::people::PEOPLE;
use crate::screen::name_of;
use crate::signing_in::SIGNING_IN;
use crate::site::{Failed, SpaceWeb};

/// Where a member is who is signed in.
pub(crate) const MEMBER: &str = "/member";
const OUT: &str = "/sign-out";

/// The button by which a session is ended.
pub(crate) struct EndSession;

impl Purpose for EndSession {
    const NAME: &'static str = "space-sign-out";
}

#[derive(Template)]
#[template(path = "member.html")]
struct MemberPage<'a> {
    words: Words,
    space: &'a str,
    plan: String,
    since: String,
    pages: Vec<(String, String)>,
    sites: Vec<Agreed>,
    end: &'static str,
    end_csrf: String,
    out: PostButton,
}

impl SpaceWeb {
    /// Who is signed in in the browser that sends `headers`; nobody once the membership has ended.
    ///
    /// # Errors
    /// The store.
    pub async fn who_is_signed_in(
        &self,
        headers: &HeaderMap,
    ) -> Result<Option<SignedIn>, verifier::SpaceError> {
        let Some(session) = SessionSecret::of_request(headers) else { return Ok(None) };
        let found = self.space.signed_in(&name_of(&session)).await?;
        if found.is_some() {
            self.known.learn(session.id());
        }
        Ok(found)
    }
}

/// `GET /member`.
pub(crate) async fn show(State(site): State<SpaceWeb>, words: Words, headers: HeaderMap) -> Response {
    let Some(session) = SessionSecret::of_request(&headers) else {
        return Redirect::to(SIGNING_IN).into_response();
    };
    let signed_in = match site.space.signed_in(&name_of(&session)).await {
        Ok(Some(signed_in)) => signed_in,
        Ok(None) => return Redirect::to(SIGNING_IN).into_response(),
        Err(error) => return Failed::from(error).page(words),
    };
    site.known.learn(session.id());
    let pages = match pages(&site, words).await {
        Ok(pages) => pages,
        Err(failed) => return failed.page(words),
    };
    // Whoever signed in to go on to a site or to open a door goes on to it.
    let (waiting, sites) = match going_on(&site, words, &headers, &signed_in).await {
        Ok(found) => found,
        Err(failed) => return failed.page(words),
    };
    if let Some(to) = waiting {
        return to.into_response();
    }
    let member = signed_in.member;
    let body = MemberPage {
        words,
        sites,
        end: connect::END,
        end_csrf: site.csrf.token::<connect::Ending>(&session.id()),
        space: site.name(),
        plan: member.plan,
        since: day(member.since),
        pages,
        out: PostButton {
            action: OUT.to_owned(),
            csrf: site.csrf.token::<EndSession>(&session.id()),
            label: words.say("member-sign-out"),
            look: Look::Secondary,
        },
    };
    let title = words.say_with("member-title", &[("space", site.name())]);
    site.page(words, title, body).into_response()
}

/// The pages that the space named. Its own directory is one as long as there is one for members.
async fn pages(site: &SpaceWeb, words: Words) -> Result<Vec<(String, String)>, Failed> {
    let directory = site.space.identity().address(PEOPLE);
    let has_directory = site.space.directory_reach().await?.admits(Viewer::MemberHere);
    let named_pages = site.pages.iter().filter(|(_, address)| has_directory || *address != directory);
    let mut pages: Vec<_> = named_pages.map(|(page, address)| named(words, *page, address)).collect();
    let names_people = site.pages.iter().any(|(page, _)| *page == SpacePage::People);
    if !names_people && has_directory {
        pages.push(named(words, SpacePage::People, PEOPLE));
    }
    Ok(pages)
}

async fn going_on(
    site: &SpaceWeb,
    words: Words,
    headers: &HeaderMap,
    signed_in: &SignedIn,
) -> Result<(Option<Redirect>, Vec<Agreed>), Failed> {
    // Whoever stands before a door comes first.
    let waiting = match door::waits_here(site, headers, &signed_in.session).await? {
        Some(door) => Some(door),
        None => connect::waits_here(site, headers).await?,
    };
    Ok((waiting, connect::agreed(site, words, &signed_in.member.sub).await?))
}

/// Where a page of the space is, and what it is called.
fn named(words: Words, page: SpacePage, address: &str) -> (String, String) {
    (address.to_owned(), words.say(&format!("member-page-{}", page.fragment())))
}

/// A day as people of every country read it.
pub(crate) fn day(seconds: i64) -> String {
    jiff::Timestamp::from_second(seconds)
        .map(|moment| moment.strftime("%Y-%m-%d").to_string())
        .unwrap_or_default()
}

/// `POST /sign-out`.
pub(crate) async fn out(State(site): State<SpaceWeb>, words: Words, form: CsrfForm<EndSession>) -> Response {
    match site.space.sign_out(&name_of(&form.session)).await {
        Ok(_) => ([(SET_COOKIE, removal_cookie())], Redirect::to("/")).into_response(),
        Err(error) => Failed::from(error).page(words),
    }
}

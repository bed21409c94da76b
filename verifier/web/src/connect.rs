//! Signing members in at sites: the pages of the space's OpenID Connect provider (decision 0038). What sites call themselves is in
//! [`endpoints`].
//!
//! ```text
//! site ──► /connect/authorize ──► /sign-in … (this device, or QR and six digits) ──► /member ──► /connect/consent ──► site
//! ```
//!
//! A request is bound to the browser by a cookie of its own, and the form says which request it answers, so that a page left open in
//! another tab agrees to nothing else.

pub(crate) mod endpoints;

use std::net::IpAddr;

use askama::Template;
use axum::extract::{RawQuery, State};
use axum::response::{IntoResponse, Redirect, Response};
use http::header::{CACHE_CONTROL, SET_COOKIE};
use http::{Extensions, HeaderMap, HeaderValue, StatusCode};
use openid4vc::form::Form as Parameters;
use openid4vc::secret::SecretText;
use verifier::SpaceError;
use verifier::portal::SignedIn;
use verifier::sites::CONNECT;
use verifier::sites::asking::{Coded, Offered, Waiting};
use verifier::sites::records::Site;
use verifier_connect::address;
use verifier_connect::request::{self, Answer, Prompt, Refused, Wanted};
use web::csp::{self, Policy};
use web::csrf::{CsrfForm, Purpose};
use web::limits::network_key;
use web::navigation::Navigation;
use web::page::{ErrorPage, Look, PostButton};
use web::session::{SessionSecret, removal_cookie};
use web::{Words, proxies};

use crate::member_page::{EndSession, MEMBER};
use crate::screen::{name_in, name_of};
use crate::signing_in::SIGNING_IN;
use crate::site::{Failed, SpaceWeb};

const CONSENT: &str = "/connect/consent";
/// Where a member takes back what a site may have.
pub(crate) const END: &str = "/connect/end";
/// The browser's part of a site's request.
const COOKIE: &str = "__Host-connect";
/// Seconds for which the browser keeps it, as long as the request waits.
const KEPT: u32 = 900;
/// Longest request, in bytes.
const LONGEST: usize = 8_192;

/// The form by which a member says whether a site gets something.
pub(crate) struct Answering;

impl Purpose for Answering {
    const NAME: &'static str = "space-site-consent";
}

/// The button by which a member takes that back.
pub(crate) struct Ending;

impl Purpose for Ending {
    const NAME: &'static str = "space-site-end";
}

/// `POST /connect/authorize` (Core §3.1.2.1): the same as a link, so that the browser sends its session.
pub(crate) async fn authorize_by_form(web::Form(fields): web::Form) -> Response {
    let query = openid4vc::form::encode(fields.iter());
    Redirect::to(&format!("{CONNECT}/authorize?{query}")).into_response()
}

/// `GET /connect/authorize`.
pub(crate) async fn authorize(
    State(site): State<SpaceWeb>,
    words: Words,
    _: Navigation,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
    extensions: Extensions,
) -> Response {
    let network = network_key(proxies::client(&extensions));
    let answered = authorization(&site, words, &query.unwrap_or_default(), &headers, network).await;
    never_kept(answered.unwrap_or_else(|failed| failed.page(words)))
}

async fn authorization(
    site: &SpaceWeb,
    words: Words,
    query: &str,
    headers: &HeaderMap,
    network: IpAddr,
) -> Result<Response, Failed> {
    let parameters = Some(query).filter(|query| query.len() <= LONGEST).map(Parameters::from_query);
    let Some(Ok(parameters)) = parameters else {
        return Ok(not_followed(site, words, NotFollowed::Unreadable));
    };
    let Some(id) = parameters.get("client_id") else {
        return Ok(not_followed(site, words, NotFollowed::NoClient));
    };
    let Some(asking) = site.space.site(id).await? else {
        return Ok(not_followed(site, words, NotFollowed::UnknownClient));
    };
    let wanted = match request::read(&parameters, &asking.redirect_uris, &asking.claims) {
        Ok(wanted) => wanted,
        Err(Refused::Here(why)) => {
            tracing::warn!(site = asking.id, why, "a site's request goes nowhere");
            return Ok(not_followed(site, words, NotFollowed::OtherAddress));
        }
        Err(Refused::AtTheSite(answer)) => {
            tracing::warn!(
                site = asking.id,
                error = answer.code,
                why = answer.description,
                "a site's request is refused"
            );
            return Ok(refused_at_the_site(site, &answer));
        }
    };
    let signed_in = site.who_is_signed_in(headers).await?;
    let fresh = signed_in.as_ref().filter(|signed_in| is_fresh(site, &wanted, signed_in));
    let offered = match fresh {
        Some(signed_in) => Some(site.space.offered_to_site(&asking, &wanted, signed_in).await?),
        None => None,
    };
    if let (Some(signed_in), Some(offered)) = (fresh, &offered)
        && wanted.prompt != Prompt::Consent
        && let Some(coded) = site.space.code_for_site(&asking, wanted.clone(), offered, signed_in).await?
    {
        return Ok(sent_with_code(site, &coded));
    }
    if wanted.prompt == Prompt::None {
        let (code, description) = match fresh {
            Some(_) => {
                ("consent_required", "the member has not agreed to this yet; ask again without prompt=none")
            }
            None => (
                "login_required",
                "nobody is signed in here, or not since as short a time as max_age says; ask again without prompt=none",
            ),
        };
        return Ok(refused_at_the_site(
            site,
            &Answer { redirect_uri: wanted.redirect_uri, state: wanted.state, code, description },
        ));
    }
    let secret = SessionSecret::fresh(site.environment().randomness());
    let (to, state) = (wanted.redirect_uri.clone(), wanted.state.clone());
    // Members have room of their own: strangers, who may come without end, take none of it.
    let kept = match &signed_in {
        Some(_) => site.space.keep_members_site_request(&asking, wanted, &name_of(&secret)).await,
        None if site.strangers.take(&network).is_err() => Err(SpaceError::TooManyWaiting),
        None => site.space.keep_site_request(&asking, wanted, &name_of(&secret)).await,
    };
    match kept {
        // RFC 6749 §4.1.2.1.
        Err(SpaceError::TooManyWaiting) => {
            tracing::warn!(site = asking.id, "a site's request is put off: as many wait as may");
            let (code, description) =
                ("temporarily_unavailable", "too many sign in at this moment; ask again later");
            return Ok(refused_at_the_site(site, &Answer { redirect_uri: to, state, code, description }));
        }
        kept => kept?,
    }
    let next = if fresh.is_some() { CONSENT } else { SIGNING_IN };
    if signed_in.is_some()
        && fresh.is_none()
        && let Some(session) = name_in(headers)
    {
        site.space.sign_out(&session).await?;
    }
    Ok(([(SET_COOKIE, secret.cookie_named(COOKIE, Some(KEPT)))], Redirect::to(next)).into_response())
}

/// Whether a session is as new as the site wants it.
fn is_fresh(site: &SpaceWeb, wanted: &Wanted, signed_in: &SignedIn) -> bool {
    let age = site.environment().now().seconds().saturating_sub(signed_in.session.made);
    wanted.prompt != Prompt::Login && wanted.max_age.is_none_or(|longest| age <= longest)
}

/// The request of this browser that waits for its member, if there is one: whoever is signed in goes on to it.
pub(crate) async fn waits_here(site: &SpaceWeb, headers: &HeaderMap) -> Result<Option<Redirect>, Failed> {
    let waiting = waiting(site, headers).await?;
    Ok(waiting.map(|_| Redirect::to(CONSENT)))
}

/// Which site waits for whoever signs in here: its name, and where the answer goes, as both were entered.
pub(crate) async fn asks_here(
    site: &SpaceWeb,
    headers: &HeaderMap,
) -> Result<Option<(String, String)>, Failed> {
    let waiting = waiting(site, headers).await?;
    Ok(waiting.map(|(_, waiting)| (waiting.site.name, address::origin(&waiting.request.wanted.redirect_uri))))
}

async fn waiting(site: &SpaceWeb, headers: &HeaderMap) -> Result<Option<(SecretText, Waiting)>, Failed> {
    let Some(secret) = SessionSecret::of_cookie(headers, COOKIE) else { return Ok(None) };
    let secret = name_of(&secret);
    let waiting = site.space.site_request(&secret).await?;
    Ok(waiting.map(|waiting| (secret, waiting)))
}

#[derive(Template)]
#[template(path = "site_consent.html")]
struct ConsentPage<'a> {
    words: Words,
    title: String,
    lead: String,
    purpose: &'a str,
    goes_to: String,
    details: Vec<String>,
    offline: bool,
    csrf: String,
    request: String,
    shown: String,
    space: &'a str,
}

/// `GET /connect/consent`.
pub(crate) async fn show(
    State(site): State<SpaceWeb>,
    words: Words,
    _: Navigation,
    headers: HeaderMap,
) -> Response {
    let shown = consent_page(&site, words, &headers).await;
    never_kept(shown.unwrap_or_else(|failed| failed.page(words)))
}

async fn consent_page(site: &SpaceWeb, words: Words, headers: &HeaderMap) -> Result<Response, Failed> {
    let Some((secret, waiting)) = waiting(site, headers).await? else {
        return Ok(([(SET_COOKIE, no_cookie())], Redirect::to(MEMBER)).into_response());
    };
    let Some(session) = SessionSecret::of_request(headers) else {
        return Ok(Redirect::to(SIGNING_IN).into_response());
    };
    let Some(signed_in) = member(site, &name_of(&session), &waiting).await? else {
        return Ok(Redirect::to(SIGNING_IN).into_response());
    };
    let (asking, wanted) = (&waiting.site, &waiting.request.wanted);
    let offered = site.space.offered_to_site(asking, wanted, &signed_in).await?;
    if wanted.prompt != Prompt::Consent
        && let Some(coded) = site.space.code_for_waiting(&secret, &offered, &signed_in).await?
    {
        return Ok(answered(site, Some(coded)));
    }
    let title = words.say_with("site-consent-title", &[("site", &asking.name)]);
    let lead = words.say_with("site-consent-text", &[("site", &asking.name), ("space", site.name())]);
    let body = ConsentPage {
        words,
        title: title.clone(),
        lead,
        purpose: &asking.purpose,
        goes_to: address::origin(&wanted.redirect_uri),
        details: details(words, &offered),
        offline: offered.offline,
        csrf: site.csrf.token::<Answering>(&session.id()),
        request: named(&waiting),
        shown: offered.claims.iter().map(String::as_str).collect::<Vec<_>>().join(" "),
        space: site.name(),
    };
    let mut response = site.page(words, title, body).into_response();
    // The form ends at the site, by redirect.
    let policy = Policy::strict().with_form_action(&address::origin(&wanted.redirect_uri));
    response.headers_mut().insert(csp::HEADER, policy.header());
    Ok(response)
}

/// Who is signed in, in a session that is as new as the site wants it. One that is not ends: whoever is there signs in again.
async fn member(
    site: &SpaceWeb,
    session: &SecretText,
    waiting: &Waiting,
) -> Result<Option<SignedIn>, Failed> {
    let Some(signed_in) = site.space.signed_in(session).await? else { return Ok(None) };
    if waiting.request.fresh_since.is_some_and(|since| signed_in.session.made < since) {
        site.space.sign_out(session).await?;
        return Ok(None);
    }
    Ok(Some(signed_in))
}

/// What people call the details that a site gets.
pub(crate) fn detail(words: Words, claim: &str) -> String {
    words.say(&format!("site-detail-{}", claim.replace('_', "-")))
}

fn details(words: Words, offered: &Offered) -> Vec<String> {
    offered.claims.iter().map(|claim| detail(words, claim)).collect()
}

/// What a form calls the request that it answers.
fn named(waiting: &Waiting) -> String {
    jose::base64url::encode(waiting.request.handle.as_bytes())
}

/// `POST /connect/consent`.
pub(crate) async fn answer(
    State(site): State<SpaceWeb>,
    words: Words,
    headers: HeaderMap,
    form: CsrfForm<Answering>,
) -> Response {
    let said = said(&site, &headers, &form).await;
    never_kept(said.unwrap_or_else(|failed| failed.page(words)))
}

async fn said(site: &SpaceWeb, headers: &HeaderMap, form: &CsrfForm<Answering>) -> Result<Response, Failed> {
    let again = || Ok(Redirect::to(CONSENT).into_response());
    let Some((secret, waiting)) = waiting(site, headers).await? else { return again() };
    let is_this = form.fields.optional("request") == Some(&named(&waiting));
    let Some(signed_in) = member(site, &name_of(&form.session), &waiting).await? else { return again() };
    match form.fields.optional("answer") {
        Some("yes") if is_this => {
            let offered =
                site.space.offered_to_site(&waiting.site, &waiting.request.wanted, &signed_in).await?;
            // What was given meanwhile, the member was not shown.
            let shown: Vec<&str> = form.fields.optional("shown").unwrap_or_default().split(' ').collect();
            let claims = offered.claims.into_iter().filter(|claim| shown.contains(&claim.as_str())).collect();
            let offered = Offered { claims, ..offered };
            let coded = site.space.agree_with_site(&secret, &offered, &signed_in).await?;
            Ok(answered(site, coded))
        }
        Some("no") if is_this => {
            let Some(request) = site.space.forget_site_request(&secret).await? else { return again() };
            let answer = Answer {
                redirect_uri: request.wanted.redirect_uri,
                state: request.wanted.state,
                code: "access_denied",
                description: "the member did not agree; offer another way to sign in",
            };
            let mut response = refused_at_the_site(site, &answer);
            response.headers_mut().append(SET_COOKIE, no_cookie());
            Ok(response)
        }
        _ => again(),
    }
}

fn answered(site: &SpaceWeb, coded: Option<Coded>) -> Response {
    let mut response = match coded {
        Some(coded) => sent_with_code(site, &coded),
        None => Redirect::to(MEMBER).into_response(),
    };
    response.headers_mut().append(SET_COOKIE, no_cookie());
    response
}

fn sent_with_code(site: &SpaceWeb, coded: &Coded) -> Response {
    let wanted = &coded.wanted;
    sent_back(site, &wanted.redirect_uri, wanted.state.as_deref(), ("code", coded.code.expose()))
}

/// The answer to a site, at an address that it registered; `iss` says whose it is (RFC 9207).
fn sent_back(site: &SpaceWeb, to: &str, state: Option<&str>, said: (&str, &str)) -> Response {
    let issuer = site.space.connect_issuer();
    let state = state.map(|state| ("state", state));
    let more = [said].into_iter().chain(state).chain([("iss", issuer.as_str())]);
    Redirect::to(&address::with_parameters(to, more)).into_response()
}

/// What is wrong with a request, to the site that made it (RFC 6749 §4.1.2.1).
fn refused_at_the_site(site: &SpaceWeb, answer: &Answer) -> Response {
    let issuer = site.space.connect_issuer();
    let said = [("error", answer.code), ("error_description", answer.description)];
    let state = answer.state.as_deref().map(|state| ("state", state));
    let more = said.into_iter().chain(state).chain([("iss", issuer.as_str())]);
    Redirect::to(&address::with_parameters(&answer.redirect_uri, more)).into_response()
}

/// Why nobody is sent anywhere: it is not certain whose request it is (RFC 6749 §4.1.2.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum NotFollowed {
    /// The parameters are too long, or one stands there twice.
    Unreadable,
    /// `client_id` is missing.
    NoClient,
    /// No site of this space is called so, or it has ended.
    UnknownClient,
    /// `redirect_uri` is missing, or not one that the site registered.
    OtherAddress,
}

impl NotFollowed {
    const fn key(self) -> &'static str {
        match self {
            Self::Unreadable => "site-unknown-unreadable",
            Self::NoClient => "site-unknown-no-client",
            Self::UnknownClient => "site-unknown-client",
            Self::OtherAddress => "site-unknown-address",
        }
    }
}

fn not_followed(site: &SpaceWeb, words: Words, why: NotFollowed) -> Response {
    if why != NotFollowed::OtherAddress {
        tracing::warn!(?why, "a site's request goes nowhere");
    }
    let title = words.say("site-unknown-title");
    let people = words.say_with("site-unknown-text", &[("space", site.name())]);
    let text = format!("{people} {}", words.say(why.key()));
    let page = site.page(words, title.clone(), ErrorPage::of(title, text));
    (StatusCode::BAD_REQUEST, page).into_response()
}

/// `POST /connect/end`: takes back what a site may have.
pub(crate) async fn end(State(site): State<SpaceWeb>, words: Words, form: CsrfForm<Ending>) -> Response {
    let ended = async {
        let Some(signed_in) = site.space.signed_in(&name_of(&form.session)).await? else {
            return Ok(Redirect::to(SIGNING_IN));
        };
        let which = form.fields.optional("site").unwrap_or_default();
        site.space.end_consent(&signed_in.member.sub, which).await?;
        Ok::<_, Failed>(Redirect::to(MEMBER))
    };
    ended.await.map_or_else(|failed| failed.page(words), IntoResponse::into_response)
}

#[derive(Template)]
#[template(path = "site_logout.html")]
struct LogoutPage {
    title: String,
    text: String,
    out: Option<PostButton>,
}

/// `GET /connect/logout` (RP-Initiated Logout 1.0 §2). Whoever brings no token of this member's is no reason to end a session: the
/// member is asked.
pub(crate) async fn log_out(
    State(site): State<SpaceWeb>,
    words: Words,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Response {
    let answered = logged_out(&site, words, &query.unwrap_or_default(), &headers).await;
    never_kept(answered.unwrap_or_else(|failed| failed.page(words)))
}

/// `POST /connect/logout`.
pub(crate) async fn log_out_by_form(web::Form(fields): web::Form) -> Response {
    let query = openid4vc::form::encode(fields.iter());
    Redirect::to(&format!("{CONNECT}/logout?{query}")).into_response()
}

async fn logged_out(
    site: &SpaceWeb,
    words: Words,
    query: &str,
    headers: &HeaderMap,
) -> Result<Response, Failed> {
    let Ok(parameters) = Parameters::from_query(query) else {
        return Ok(not_followed(site, words, NotFollowed::Unreadable));
    };
    let hint = match parameters.get("id_token_hint") {
        Some(token) => site.space.read_own_id_token(token).await?,
        None => None,
    };
    let named = hint.as_ref().map(|(site, _)| site.as_str()).or(parameters.get("client_id"));
    let asking = match named {
        Some(id) => site.space.site(id).await?,
        None => None,
    };
    let session = SessionSecret::of_request(headers);
    if let Some(session) = &session
        && let Some(signed_in) = site.space.signed_in(&name_of(session)).await?
    {
        let own = match &asking {
            Some(asking) => Some(site.space.subject_at(&asking.sector, &signed_in.session.sub)?),
            None => None,
        };
        if hint.is_none_or(|(_, subject)| Some(subject) != own) {
            return Ok(ask_to_sign_out(site, words, session));
        }
        site.space.sign_out(&name_of(session)).await?;
    }
    let mut response = after_logout(site, words, &parameters, asking.as_ref());
    response.headers_mut().append(SET_COOKIE, removal_cookie());
    Ok(response)
}

fn ask_to_sign_out(site: &SpaceWeb, words: Words, session: &SessionSecret) -> Response {
    let title = words.say_with("site-logout-title", &[("space", site.name())]);
    let out = PostButton {
        action: "/sign-out".to_owned(),
        csrf: site.csrf.token::<EndSession>(&session.id()),
        label: words.say("member-sign-out"),
        look: Look::Main,
    };
    let text = words.say_with("site-logout-text", &[("space", site.name())]);
    let body = LogoutPage { title: title.clone(), text, out: Some(out) };
    site.page(words, title, body).into_response()
}

/// To the site, if it registered the address, or a page that says that it is done.
fn after_logout(site: &SpaceWeb, words: Words, parameters: &Parameters, asking: Option<&Site>) -> Response {
    let registered = asking.zip(parameters.get("post_logout_redirect_uri"));
    if let Some((_, to)) = registered.filter(|(asking, to)| asking.logout_uris.iter().any(|uri| uri == to)) {
        let state = parameters.get("state").map(|state| ("state", state));
        let to = match state {
            Some(state) => address::with_parameters(to, [state]),
            None => to.to_owned(),
        };
        return Redirect::to(&to).into_response();
    }
    let title = words.say("site-logged-out-title");
    let text = words.say_with("site-logged-out-text", &[("space", site.name())]);
    let body = LogoutPage { title: title.clone(), text, out: None };
    site.page(words, title, body).into_response()
}

/// One of the sites on a member's page.
pub(crate) struct Agreed {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) gets: String,
}

/// The sites that the member lets have something.
pub(crate) async fn agreed(site: &SpaceWeb, words: Words, sub: &str) -> Result<Vec<Agreed>, Failed> {
    let all = site.space.consents_of(sub).await?;
    let shown = |(consent, asking): (verifier::sites::records::Consent, Site)| {
        let claims = consent.claims.intersection(&asking.claims);
        let gets: Vec<String> = claims.map(|claim| detail(words, claim)).collect();
        let gets = if gets.is_empty() { words.say("site-gets-nothing") } else { gets.join(", ") };
        Agreed { id: asking.id, name: asking.name, gets }
    };
    Ok(all.into_iter().map(shown).collect())
}

fn no_cookie() -> HeaderValue {
    HeaderValue::from_static("__Host-connect=; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=0")
}

fn never_kept(mut response: Response) -> Response {
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

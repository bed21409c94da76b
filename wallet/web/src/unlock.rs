//! Opening the wallet, and locking it.

use std::sync::Arc;

use askama::Template;
use axum::extract::{RawQuery, State};
use axum::response::{IntoResponse, Redirect, Response};
use http::header::SET_COOKIE;
use http::{Extensions, HeaderMap, HeaderValue, StatusCode, Uri};
use serde_json::{Value, json};
use url::form_urlencoded::byte_serialize;
use wallet::{CredentialId, Device, Passphrase, PrfSalt, Stretched, UsedWay, VaultError, VaultId, VaultName};
use web::Words;
use web::csrf::{CsrfForm, Purpose};
use web::form::Fields;
use web::page::{ErrorPage, ErrorSummary, Page};
use web::session::{SessionSecret, removal_cookie};

use crate::browsers::called;
use crate::carrying::bringing::BRING;
use crate::desk::{Desk, Place};
use crate::doors::door_of;
use crate::hosted;
use crate::lost::TRYING;
use crate::making::{MAKE, MAKING, MakeForm};
use crate::site::{Failed, WalletWeb};
use crate::unlocked::Unlocked;
use crate::{known, recovery, ways};

/// The page that opens the wallet.
pub(crate) const UNLOCK: &str = "/unlock";
/// The field that says to which page to go then.
pub(crate) const NEXT: &str = "next";
/// The parameter that says that another wallet is to be opened than the one the browser is of.
const OTHER: &str = "other";
/// The parameter that says that the wallet is to be opened once more although it is open.
const ANEW: &str = "anew";
/// The field that says that this is not the member's device.
const BORROWED: &str = "borrowed";
/// The page that says what is still to be done there, once the wallet is locked.
pub(crate) const LEFT: &str = "/left";
/// The script that says so along with a passkey.
const SCRIPT: &str = "/unlock.js";

/// The form that opens the wallet.
pub(crate) struct Unlock;

impl Purpose for Unlock {
    const NAME: &'static str = "wallet-unlock";
}

/// The button that locks it.
pub(crate) struct Lock;

impl Purpose for Lock {
    const NAME: &'static str = "wallet-lock";
}

#[derive(Template)]
#[template(path = "unlock.html")]
struct UnlockPage {
    words: Words,
    csrf: String,
    next: String,
    /// Whether it was said that this is not the member's device.
    is_borrowed: bool,
    summary: Option<ErrorSummary>,
    passphrase: bool,
    /// The passkeys with their salts, as the page's script reads them; none where there is no passkey.
    passkeys: Option<String>,
    /// Where another wallet is opened, at a host of many.
    other: Option<String>,
    /// Whether it is open, and to be opened once more.
    is_anew: bool,
    /// Whether it is tried out what happens when a way in is gone.
    is_drill: bool,
    /// Where it is opened by the recovery code.
    by_code: String,
    /// At a host, what the page's script needs to split the passphrase, as JSON.
    keys: Option<String>,
}

#[derive(Template)]
#[template(path = "welcome.html")]
struct WelcomePage {
    words: Words,
    /// The form that makes a wallet; none where a code is needed, which is typed at a page of its own.
    make: Option<MakeForm>,
    make_page: String,
    /// Where one that is somewhere else is brought along.
    bring_page: String,
    csrf: String,
    next: String,
    /// Whether it was said that this is not the member's device.
    is_borrowed: bool,
    /// What the page's script needs to ask for a passkey, as JSON.
    passkeys: String,
    name: String,
    network: Option<String>,
    summary: Option<ErrorSummary>,
    /// What the page's script needs to split the passphrase, as JSON.
    keys: Option<String>,
}

/// The page that opens the wallet, and then leads back to the one that was asked for.
pub(crate) fn back_to(asked: &Uri) -> String {
    back_to_path(asked.path_and_query().map_or("/", http::uri::PathAndQuery::as_str))
}

/// The same for a path of this host.
pub(crate) fn back_to_path(path: &str) -> String {
    if path == "/" {
        return UNLOCK.to_owned();
    }
    let next: String = byte_serialize(path.as_bytes()).collect();
    format!("{UNLOCK}?{NEXT}={next}")
}

/// The page that opens the wallet once more, and then leads to this page of it.
pub(crate) fn anew(next: &str) -> String {
    with_next(&format!("{UNLOCK}?{ANEW}=yes"), next)
}

/// A page of this host: nothing else is gone to, whatever a link says.
pub(crate) fn own_page(next: Option<&str>) -> &str {
    let is_own = |path: &str| {
        path.starts_with('/')
            && !path.starts_with("//")
            && path.chars().all(|symbol| symbol.is_ascii_graphic() && symbol != '\\')
    };
    next.filter(|path| is_own(path)).unwrap_or("/")
}

/// What goes along with opening.
pub(crate) struct Asked {
    /// The page to go to then.
    next: String,
    /// Whose device it is, as is said.
    pub(crate) device: Device,
    /// Whether the wallet is open.
    is_anew: bool,
}

impl Asked {
    pub(crate) fn of(fields: &Fields) -> Self {
        let is_borrowed = fields.optional(BORROWED).is_some_and(|said| !said.is_empty());
        let device = if is_borrowed { Device::Borrowed } else { Device::Own };
        Self { next: own_page(fields.optional(NEXT)).to_owned(), device, is_anew: false }
    }
}

/// `GET /unlock`.
pub(crate) async fn show(
    State(site): State<WalletWeb>,
    words: Words,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Response {
    let fields = Fields::parse(query.unwrap_or_default()).unwrap_or_default();
    let mut asked = Asked::of(&fields);
    let desk = match site.desk_of(&headers).await {
        Ok(desk) => desk,
        Err(failed) => return failed.page(words),
    };
    let Some(desk) = desk.filter(|_| fields.optional(OTHER).is_none()) else {
        return first_page(&site, words, &headers, &asked, None);
    };
    let open = match SessionSecret::of_request(&headers) {
        Some(session) => desk.device_of(&session).await,
        None => Ok(None),
    };
    match open {
        Ok(Some(device)) if fields.optional(ANEW).is_some() => {
            asked.is_anew = true;
            // Whose device it is, it stays.
            asked.device = device;
            page(&site, words, &headers, &desk, &asked, None).await
        }
        Ok(Some(_)) => Redirect::to(&asked.next).into_response(),
        Ok(None) => page(&site, words, &headers, &desk, &asked, None).await,
        Err(failed) => failed.page(words),
    }
}

/// The page for whoever is of no wallet that is known here: at a host what it is, making a wallet and opening another; where one
/// wallet is served, that there is none yet.
fn first_page(
    site: &WalletWeb,
    words: Words,
    headers: &HeaderMap,
    asked: &Asked,
    wrong: Option<Wrong>,
) -> Response {
    if !site.desks.vaults().are_many() {
        let (title, text) = (words.say("nobody-title"), words.say("nobody-text"));
        return Page::new(words, title.clone(), ErrorPage::of(title, text))
            .of_site(words.say("wallet-title"))
            .into_response();
    }
    let (session, cookie) = site.session_of(headers);
    let status = if wrong.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    let (name, summary) = match wrong {
        Some(wrong) => {
            (wrong.name, Some(ErrorSummary { words, errors: vec![("name".to_owned(), wrong.said)] }))
        }
        None => (String::new(), None),
    };
    let body = WelcomePage {
        words,
        make: (!site.making.needs_code()).then(|| MakeForm::new(site, words, &session, &asked.next, "")),
        make_page: with_next(MAKE, &asked.next),
        bring_page: with_next(BRING, &asked.next),
        csrf: site.csrf.token::<Unlock>(&session.id()),
        next: asked.next.clone(),
        is_borrowed: asked.device == Device::Borrowed,
        passkeys: listed(&[], words),
        name,
        network: site.network_sentence(words),
        summary,
        keys: hosted::told(site, None),
    };
    shown(site, words, "welcome-title", status, body, cookie)
}

fn shown<B: std::fmt::Display>(
    site: &WalletWeb,
    words: Words,
    title: &str,
    status: StatusCode,
    body: B,
    cookie: Option<HeaderValue>,
) -> Response {
    let page = Page::new(words, words.say(title), body)
        .of_site(words.say("wallet-title"))
        .with_script(ways::SCRIPT)
        .with_script(MAKING)
        .with_script(SCRIPT)
        .with_manifest();
    let mut response = (status, hosted::with_script(site, page)).into_response();
    response.headers_mut().extend(cookie.map(|cookie| (SET_COOKIE, cookie)));
    hosted::allow(site, &mut response);
    response
}

async fn page(
    site: &WalletWeb,
    words: Words,
    headers: &HeaderMap,
    desk: &Desk,
    asked: &Asked,
    wrong: Option<String>,
) -> Response {
    let (session, cookie) = site.session_of(headers);
    let summary = wrong.map(|said| ErrorSummary { words, errors: vec![("passphrase".to_owned(), said)] });
    let status = if summary.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    let ways = match desk.vault().ways_in().await {
        Ok(ways) => ways,
        Err(error) => return Failed::from(error).page(words),
    };
    let is_of_many = site.desks.vaults().are_many();
    let body = UnlockPage {
        words,
        csrf: site.csrf.token::<Unlock>(&session.id()),
        next: asked.next.clone(),
        is_borrowed: asked.device == Device::Borrowed,
        summary,
        passphrase: ways.passphrase,
        passkeys: (!ways.passkeys.is_empty()).then(|| listed(&ways.passkeys, words)),
        other: is_of_many.then(|| with_next(&format!("{UNLOCK}?{OTHER}=1"), &asked.next)),
        is_anew: asked.is_anew,
        is_drill: asked.next == TRYING,
        by_code: recovery::lost_address(&asked.next),
        keys: hosted::told(site, ways.stretching.as_ref()),
    };
    shown(site, words, "unlock-title", status, body, cookie)
}

/// What is wrong with what was typed at the first page.
struct Wrong {
    name: String,
    said: String,
}

/// A path of this host that leads on to `next` then.
pub(crate) fn with_next(path: &str, next: &str) -> String {
    if next == "/" {
        return path.to_owned();
    }
    let next: String = byte_serialize(next.as_bytes()).collect();
    let mark = if path.contains('?') { '&' } else { '?' };
    format!("{path}{mark}{NEXT}={next}")
}

/// `POST /unlock`.
pub(crate) async fn unlock(
    State(site): State<WalletWeb>,
    words: Words,
    headers: HeaderMap,
    extensions: Extensions,
    form: CsrfForm<Unlock>,
) -> Response {
    let CsrfForm { mut fields, .. } = form;
    let asked = Asked::of(&fields);
    if site.desks.vaults().are_many() {
        return at_host(&site, words, &headers, &asked, &mut fields).await;
    }
    let typed = Passphrase::new(fields.take("passphrase").unwrap_or_default());
    let desk = match site.desk_of(&headers).await {
        Ok(Some(desk)) => desk,
        Ok(None) => return first_page(&site, words, &headers, &asked, None),
        Err(failed) => return failed.page(words),
    };
    let Ok(passphrase) = typed else {
        return page(&site, words, &headers, &desk, &asked, Some(words.say("unlock-empty"))).await;
    };
    // A session that opens the wallet is none that was there before: nobody can have planted it.
    let session = SessionSecret::fresh(site.environment.randomness());
    let place = Place { browser: &called(&headers), device: asked.device };
    let door = match door_of(desk.vault(), &headers, &extensions, &site.strangers).await {
        Ok(door) => door,
        Err(error) => return Failed::from(error).page(words),
    };
    let opened = desk.unlock(&passphrase, &door, &session, &place, &site.environment).await;
    match opened {
        Ok(()) => site.entered(&headers, &desk, &session, asked.device, &asked.next).await,
        Err(failed) => match refusal(words, &failed) {
            Some(said) => page(&site, words, &headers, &desk, &asked, Some(said)).await,
            None => failed.page(words),
        },
    }
}

/// The same at a host, which gets what the browser made of the passphrase.
async fn at_host(
    site: &WalletWeb,
    words: Words,
    headers: &HeaderMap,
    asked: &Asked,
    fields: &mut Fields,
) -> Response {
    let stretched = hosted::stretched_in(site, fields);
    if let Some(name) = fields.take("name") {
        return by_name(site, words, headers, asked, name, stretched).await;
    }
    let desk = match site.desk_of(headers).await {
        Ok(Some(desk)) => desk,
        Ok(None) => return first_page(site, words, headers, asked, None),
        Err(failed) => return failed.page(words),
    };
    let Some(stretched) = stretched else {
        return page(site, words, headers, &desk, asked, Some(words.say("keys-need-script"))).await;
    };
    let session = SessionSecret::fresh(site.environment.randomness());
    let place = Place { browser: &called(headers), device: asked.device };
    match desk.unlock_by_stretched(&stretched, &session, &place, &site.environment).await {
        Ok(()) => site.entered(headers, &desk, &session, asked.device, &asked.next).await,
        Err(failed) => match refusal(words, &failed) {
            Some(said) => page(site, words, headers, &desk, asked, Some(said)).await,
            None => failed.page(words),
        },
    }
}

/// The same where it was typed whose wallet it is. Nobody learns whether there is such a wallet.
async fn by_name(
    site: &WalletWeb,
    words: Words,
    headers: &HeaderMap,
    asked: &Asked,
    name: String,
    stretched: Option<Stretched>,
) -> Response {
    let wrong =
        |said: String| first_page(site, words, headers, asked, Some(Wrong { name: name.clone(), said }));
    let Ok(called_so) = VaultName::parse(&name) else { return wrong(words.say("welcome-empty")) };
    let Some(stretched) = stretched else { return wrong(words.say("keys-need-script")) };
    let session = SessionSecret::fresh(site.environment.randomness());
    let place = Place { browser: &called(headers), device: asked.device };
    match opened_by_name(site, &place, &called_so, &stretched, &session).await {
        Ok(desk) => site.entered(headers, &desk, &session, asked.device, &asked.next).await,
        Err(Failed::Vault(VaultError::WrongSecret)) => wrong(words.say("welcome-wrong")),
        Err(failed) => match refusal(words, &failed) {
            Some(said) => wrong(said),
            None => failed.page(words),
        },
    }
}

async fn opened_by_name(
    site: &WalletWeb,
    place: &Place<'_>,
    name: &VaultName,
    stretched: &Stretched,
    session: &SessionSecret,
) -> Result<Arc<Desk>, Failed> {
    let named = site.desks.vaults().named(name).await?;
    let vault = named.unlock_with(stretched).await?;
    vault.note_way(UsedWay::Passphrase).await?;
    let desk = site.desks.of(&named.id.ok_or(VaultError::WrongSecret)?, named.vault);
    desk.begin(vault, session, place, &site.environment).await?;
    Ok(desk)
}

/// `POST /unlock/passkey`: what a passkey gave, as the page's script derived it.
pub(crate) async fn unlock_by_passkey(
    State(site): State<WalletWeb>,
    words: Words,
    headers: HeaderMap,
    form: CsrfForm<Unlock>,
) -> Response {
    let CsrfForm { mut fields, .. } = form;
    let asked = Asked::of(&fields);
    let place = Place { browser: &called(&headers), device: asked.device };
    let session = SessionSecret::fresh(site.environment.randomness());
    let desk = match at_passkey(&site, &headers, &mut fields).await {
        Ok(desk) => desk,
        Err(failed) => return failed.page(words),
    };
    let opened = match (&desk, ways::secret_in(&mut fields)) {
        (Some(desk), Some(secret)) => {
            desk.unlock_by_passkey(&secret, &session, &place, &site.environment).await
        }
        _ => Err(VaultError::WrongSecret.into()),
    };
    match (opened, desk) {
        (Ok(()), Some(desk)) => site.entered(&headers, &desk, &session, asked.device, &asked.next).await,
        (Ok(()), None) => first_page(&site, words, &headers, &asked, None),
        (Err(failed), _) => passkey_refused(&site, words, &headers, &asked, failed).await,
    }
}

/// The desk of the wallet that a passkey says it is of; where it says nothing, of the one that the browser is of.
async fn at_passkey(
    site: &WalletWeb,
    headers: &HeaderMap,
    fields: &mut Fields,
) -> Result<Option<Arc<Desk>>, Failed> {
    let handle = fields.take("handle").filter(|handle| !handle.is_empty());
    match handle.filter(|_| site.desks.vaults().are_many()) {
        Some(handle) => match VaultId::parse(&handle) {
            Some(id) => Ok(site.desks.find(&id).await?),
            None => Ok(None),
        },
        None => site.desk_of(headers).await,
    }
}

/// The page from which the passkey came, with what is wrong.
async fn passkey_refused(
    site: &WalletWeb,
    words: Words,
    headers: &HeaderMap,
    asked: &Asked,
    failed: Failed,
) -> Response {
    let Some(said) = refusal(words, &failed) else { return failed.page(words) };
    match site.desk_of(headers).await {
        Ok(Some(desk)) => page(site, words, headers, &desk, asked, Some(said)).await,
        Ok(None) => {
            let said = words.say("welcome-no-such-passkey");
            first_page(site, words, headers, asked, Some(Wrong { name: String::new(), said }))
        }
        Err(failed) => failed.page(words),
    }
}

/// What the page's script needs to ask for a passkey, as JSON: those that open the wallet, with the salt of each; where none is named,
/// any that was made at this host, and the salt of all those.
fn listed(passkeys: &[(CredentialId, PrfSalt)], words: Words) -> String {
    let one = |(credential, salt): &(CredentialId, PrfSalt)| json!({"id": credential.as_str(), "salt": String::from(salt.clone())});
    let known: Vec<Value> = passkeys.iter().map(one).collect();
    json!({"known": known, "salt": String::from(PrfSalt::usual()), "name": words.say("wallet-title")})
        .to_string()
}

/// What is said where it is the person's to do something.
fn refusal(words: Words, failed: &Failed) -> Option<String> {
    let Failed::Vault(error) = failed else { return None };
    match error {
        VaultError::WrongSecret => Some(words.say("unlock-wrong")),
        VaultError::TooManyTries { seconds } => {
            Some(words.count("unlock-wait", "seconds", u32::try_from(*seconds).unwrap_or(u32::MAX)))
        }
        VaultError::NoPassphrase => Some(words.say("unlock-no-passphrase")),
        _ => None,
    }
}

/// `POST /lock`.
pub(crate) async fn lock(words: Words, unlocked: Unlocked, _form: CsrfForm<Lock>) -> Response {
    match unlocked.desk.lock(&unlocked.session()).await {
        Ok(()) => {
            let to = if unlocked.is_borrowed() { LEFT } else { UNLOCK };
            let mut response = Redirect::to(to).into_response();
            let headers = response.headers_mut();
            headers.append(SET_COOKIE, removal_cookie());
            if unlocked.is_borrowed() {
                headers.append(SET_COOKIE, known::forgetting());
            }
            // What this host kept in the browser goes with it (Clear Site Data §3.2); its worker and icons stay.
            headers.insert("clear-site-data", HeaderValue::from_static("\"cache\""));
            response
        }
        Err(failed) => failed.page(words),
    }
}

#[derive(Template)]
#[template(path = "left.html")]
struct Left {
    words: Words,
}

/// `GET /left`: what is still to be done at a device that is not the member's. It is anybody's, and says nothing of anybody.
pub(crate) async fn left(words: Words) -> Response {
    let page = Page::new(words, words.say("left-title"), Left { words });
    page.of_site(words.say("wallet-title")).into_response()
}

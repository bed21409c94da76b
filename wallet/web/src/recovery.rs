//! The recovery code of a wallet: writing it down where it was made in a browser, and opening the wallet by it alone (decision 0027).

use askama::Template;
use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use http::header::SET_COOKIE;
use http::{HeaderMap, StatusCode};
use wallet::{CodeShown, Device, RecoveryCode, RecoveryHalf, VaultError};
use web::Words;
use web::csrf::{CsrfForm, Purpose};
use web::form::{Fields, QueryFields};
use web::page::{ErrorSummary, LinkButton, Look, Page, PostButton};
use web::session::SessionSecret;
use zeroize::Zeroizing;

use crate::anew;
use crate::browsers::called;
use crate::desk::Place;
use crate::frame::{self, At};
use crate::hosted;
use crate::lost::TRYING;
use crate::site::{Failed, WalletWeb};
use crate::unlock::{Asked, NEXT, UNLOCK, Unlock, with_next};
use crate::unlocked::Opened;
use crate::ways::{RECOVERY, WAYS, Ways};

/// The page.
pub(crate) const WRITE_DOWN: &str = "/recovery";
/// The script that prints it.
pub(crate) const SCRIPT: &str = "/recovery.js";
/// The page that opens a wallet by its code.
const LOST: &str = "/unlock/recovery";

/// The button that shows the code.
pub(crate) struct Show;

impl Purpose for Show {
    const NAME: &'static str = "wallet-recovery";
}

#[derive(Template)]
#[template(path = "recovery.html")]
struct RecoveryPage {
    words: Words,
    /// Whether others keep the wallet, so that the code finds it there.
    is_of_many: bool,
    state: Seen,
}

/// What there is to see.
enum Seen {
    /// The button that shows it.
    Before(PostButton),
    /// The code, and the form in which it is tried.
    Code { code: Zeroizing<String>, csrf: String },
    /// The same of a code that the member's browser alone can open.
    Sealed { sealed: String, csrf: String },
    /// That the wallet has to be opened once more first, and where.
    Anew(LinkButton),
}

/// `GET /recovery`.
pub(crate) async fn show(State(site): State<WalletWeb>, words: Words, opened: Opened) -> Response {
    match seen_at_first(&opened).await {
        Ok(Some(false)) => {
            let anew = Seen::Anew(anew::link(words, WRITE_DOWN));
            page(&site, words, &opened, anew, StatusCode::OK)
        }
        Ok(Some(true)) => {
            let button = PostButton {
                action: WRITE_DOWN.to_owned(),
                csrf: site.csrf.token::<Show>(&opened.session()),
                label: words.say("write-down-show"),
                look: Look::Main,
            };
            page(&site, words, &opened, Seen::Before(button), StatusCode::OK)
        }
        Ok(None) => Redirect::to(RECOVERY).into_response(),
        Err(error) => Failed::from(error).page(words),
    }
}

/// Whether it is offered at this moment to show the code; none where there is none to show.
async fn seen_at_first(opened: &Opened) -> Result<Option<bool>, VaultError> {
    if !opened.vault.keeps_recovery_code().await? {
        return Ok(None);
    }
    opened.is_offered_all().await.map(Some)
}

/// `POST /recovery`: the code, in the answer itself, so that it stands in no address and no history.
pub(crate) async fn code(
    State(site): State<WalletWeb>,
    words: Words,
    opened: Opened,
    _form: CsrfForm<Show>,
) -> Response {
    match shown(&opened).await {
        Ok(CodeShown::Code(code)) => {
            let csrf = site.csrf.token::<Ways>(&opened.session());
            page(&site, words, &opened, Seen::Code { code: code.printed(), csrf }, StatusCode::OK)
        }
        Ok(CodeShown::Sealed(sealed)) => {
            let csrf = site.csrf.token::<Ways>(&opened.session());
            page(&site, words, &opened, Seen::Sealed { sealed, csrf }, StatusCode::OK)
        }
        Ok(CodeShown::OpenAnew) => {
            let anew = Seen::Anew(anew::link(words, WRITE_DOWN));
            page(&site, words, &opened, anew, StatusCode::CONFLICT)
        }
        Ok(CodeShown::OnPaper) => Redirect::to(RECOVERY).into_response(),
        Err(error) => Failed::from(error).page(words),
    }
}

async fn shown(opened: &Opened) -> Result<CodeShown, VaultError> {
    opened.vault.show_recovery_code(&opened.session().text()).await
}

fn page(site: &WalletWeb, words: Words, opened: &Opened, state: Seen, status: StatusCode) -> Response {
    let title = words.say("write-down-title");
    let page = frame::page(
        site,
        words,
        &opened.unlocked,
        At::Below(WAYS),
        title,
        RecoveryPage { words, is_of_many: site.desks.vaults().are_many(), state },
    );
    (status, hosted::with_script(site, page.with_copying().with_script(SCRIPT))).into_response()
}

#[derive(Template)]
#[template(path = "lost.html")]
struct LostPage {
    words: Words,
    csrf: String,
    /// Whether it was said that this is not the member's device.
    is_borrowed: bool,
    /// Where it leads then.
    next: &'static str,
    /// Where the other ways in are.
    back: String,
    summary: Option<ErrorSummary>,
    /// At a host, that the page's script splits the code.
    keys: Option<String>,
}

/// Where a wallet is opened by its recovery code, for whoever wants to get at `next`.
pub(crate) fn lost_address(next: &str) -> String {
    if next == TRYING { with_next(LOST, next) } else { LOST.to_owned() }
}

/// Where it leads once the code has opened it: from the drill back to what that says, else to where another way in is added.
fn then(fields: &Fields) -> &'static str {
    if fields.optional(NEXT) == Some(TRYING) { TRYING } else { WAYS }
}

/// `GET /unlock/recovery`.
pub(crate) async fn lost(
    State(site): State<WalletWeb>,
    words: Words,
    headers: HeaderMap,
    QueryFields(query): QueryFields,
) -> Response {
    lost_page(&site, words, &headers, Device::Own, then(&query), None)
}

fn lost_page(
    site: &WalletWeb,
    words: Words,
    headers: &HeaderMap,
    device: Device,
    next: &'static str,
    wrong: Option<&str>,
) -> Response {
    let (session, cookie) = site.session_of(headers);
    let status = if wrong.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    let body = LostPage {
        words,
        csrf: site.csrf.token::<Unlock>(&session.id()),
        is_borrowed: device == Device::Borrowed,
        next,
        back: if next == TRYING { with_next(UNLOCK, next) } else { UNLOCK.to_owned() },
        summary: wrong.map(|key| ErrorSummary { words, errors: vec![("code".to_owned(), words.say(key))] }),
        keys: hosted::told(site, None),
    };
    let page = Page::new(words, words.say("lost-title"), body).of_site(words.say("wallet-title"));
    let mut response = (status, hosted::with_script(site, page.with_manifest())).into_response();
    response.headers_mut().extend(cookie.map(|cookie| (SET_COOKIE, cookie)));
    response
}

/// `POST /unlock/recovery`: the code opens the wallet, and leads to where another way in is added. Nobody guesses one, so there is
/// nothing to slow down.
pub(crate) async fn open(
    State(site): State<WalletWeb>,
    words: Words,
    headers: HeaderMap,
    form: CsrfForm<Unlock>,
) -> Response {
    let CsrfForm { mut fields, .. } = form;
    let typed = Zeroizing::new(fields.take("code").unwrap_or_default());
    let (device, next) = (Asked::of(&fields).device, then(&fields));
    let half = if site.desks.vaults().are_many() {
        hosted::half_in(&mut fields)
    } else {
        RecoveryCode::parse(&typed).ok().map(|code| code.half())
    };
    let Some(code) = half else {
        return lost_page(&site, words, &headers, device, next, Some("recovery-malformed"));
    };
    let session = SessionSecret::fresh(site.environment.randomness());
    match opened_by(&site, &headers, &code, &session, device, next).await {
        Ok(response) => response,
        Err(Failed::Vault(VaultError::WrongSecret)) => {
            lost_page(&site, words, &headers, device, next, Some("lost-wrong"))
        }
        Err(failed) => failed.page(words),
    }
}

async fn opened_by(
    site: &WalletWeb,
    headers: &HeaderMap,
    code: &RecoveryHalf,
    session: &SessionSecret,
    device: Device,
    next: &str,
) -> Result<Response, Failed> {
    let id = site.desks.vaults().of_recovery_code(code).await?.ok_or(VaultError::WrongSecret)?;
    let desk = site.desks.find(&id).await?.ok_or(VaultError::WrongSecret)?;
    let place = Place { browser: &called(headers), device };
    desk.unlock_by_code(code, session, &place, &site.environment).await?;
    Ok(site.entered(headers, &desk, session, device, next).await)
}

//! What is done when the phone is gone, tried out while it is not: the ways in that are left, the recovery code, and what is taken away
//! from the one that is lost.

use askama::Template;
use axum::extract::{RawQuery, State};
use axum::response::{IntoResponse, Redirect, Response};
use http::StatusCode;
use http::header::SET_COOKIE;
use wallet::{CredentialId, UsedWay, VaultError};
use web::Words;
use web::csrf::{CsrfForm, Purpose};
use web::page::ErrorSummary;
use web::session::removal_cookie;

use crate::frame;
use crate::home::Number;
use crate::site::{Failed, WalletWeb};
use crate::times::day;
use crate::unlock::back_to_path;
use crate::unlocked::Opened;
use crate::ways::{Ways, named};

/// The page.
pub(crate) const LOST: &str = "/lost";
/// How the page is come back to from the drill.
pub(crate) const TRYING: &str = "/lost?trying=yes";
/// How the page is come back to when the other sessions were ended.
const ENDED: &str = "ended=1";
/// The value of the choice that stands for the passphrase.
const PASSPHRASE: &str = "passphrase";

/// The forms of this page.
pub(crate) struct Lost;

impl Purpose for Lost {
    const NAME: &'static str = "wallet-lost";
}

#[derive(Template)]
#[template(path = "phone_lost.html")]
struct LostPage {
    words: Words,
    csrf: String,
    /// For the form that takes a passkey away, which is another page's.
    ways_csrf: String,
    /// Passkeys: identifier and name.
    passkeys: Vec<(String, String)>,
    has_passphrase: bool,
    /// Whether others keep it, so that every device gets at it.
    is_of_many: bool,
    /// When the recovery code was tried, in a sentence.
    code: String,
    is_code_tried: bool,
    others: usize,
    number: Option<String>,
    /// When the drill was done, in a sentence; or that it is under way.
    drill: String,
    ended: bool,
    summary: Option<ErrorSummary>,
}

/// `GET /lost`.
pub(crate) async fn show(
    State(site): State<WalletWeb>,
    words: Words,
    opened: Opened,
    RawQuery(query): RawQuery,
) -> Response {
    let ended = query.as_deref() == Some(ENDED);
    match page(&site, words, &opened, ended, None).await {
        Ok(page) => page,
        Err(failed) => failed.page(words),
    }
}

/// `POST /lost/begin`: the drill without one way, which locks the wallet; it is done when it is opened by another one.
pub(crate) async fn begin(
    State(site): State<WalletWeb>,
    words: Words,
    opened: Opened,
    form: CsrfForm<Lost>,
) -> Response {
    let without = match form.fields.optional("without") {
        Some(PASSPHRASE) => Some(UsedWay::Passphrase),
        Some(id) => CredentialId::parse(id).ok().map(UsedWay::Passkey),
        None => None,
    };
    let begun = match without {
        Some(without) => begun(&opened, without).await,
        None => Ok(false),
    };
    let outcome = match begun {
        Ok(true) => opened.unlocked.desk.lock(&opened.session()).await,
        Ok(false) => match page(&site, words, &opened, false, Some(("without", "phone-lost-choose"))).await {
            Ok(page) => return page,
            Err(failed) => Err(failed),
        },
        Err(error) => Err(error.into()),
    };
    match outcome {
        Ok(()) => ([(SET_COOKIE, removal_cookie())], Redirect::to(&back_to_path(TRYING))).into_response(),
        Err(failed) => failed.page(words),
    }
}

/// Whether this is a way in, without which it is tried now.
async fn begun(opened: &Opened, without: UsedWay) -> Result<bool, VaultError> {
    let ways = opened.vault.locked().ways_in().await?;
    let is_there = match &without {
        UsedWay::Passkey(id) => ways.passkeys.iter().any(|(known, _)| known == id),
        _ => ways.passphrase,
    };
    if is_there {
        opened.vault.begin_drill(without).await?;
    }
    Ok(is_there)
}

/// `POST /lost/sessions`: ends all sessions but this one.
pub(crate) async fn end_sessions(words: Words, opened: Opened, _form: CsrfForm<Lost>) -> Response {
    match opened.unlocked.desk.end_others(&opened.session()).await {
        Ok(()) => Redirect::to(&format!("{LOST}?{ENDED}")).into_response(),
        Err(error) => Failed::from(error).page(words),
    }
}

async fn page(
    site: &WalletWeb,
    words: Words,
    opened: &Opened,
    ended: bool,
    wrong: Option<(&str, &str)>,
) -> Result<Response, Failed> {
    let (vault, session) = (&opened.vault, opened.session());
    let passkeys = vault.passkeys().await?;
    let name_of = |used: &UsedWay| match used {
        UsedWay::Passphrase => words.say("ways-passphrase"),
        UsedWay::RecoveryCode => words.say("recovery-title"),
        UsedWay::Passkey(id) => {
            let known = passkeys.iter().find(|view| view.credential == *id);
            named(words, known.map_or("", |view| view.name.as_str()))
        }
    };
    let drill = vault.drill().await?;
    let said = match (&drill.without, &drill.done) {
        (Some(without), _) => words.say_with("phone-lost-under-way", &[("way", &name_of(without))]),
        (None, Some((at, used))) => {
            words.say_with("phone-lost-done", &[("date", &day(*at)), ("way", &name_of(used))])
        }
        (None, None) => words.say("phone-lost-never"),
    };
    let tried_at = vault.recovery_code_tried_at().await?;
    let others = vault.sessions().await?.iter().filter(|view| view.id != session.text()).count();
    let number = Number::of(&opened.unlocked.wallet, words).await?;
    let body = LostPage {
        words,
        csrf: site.csrf.token::<Lost>(&session),
        ways_csrf: site.csrf.token::<Ways>(&session),
        passkeys: passkeys
            .iter()
            .map(|view| (view.credential.as_str().to_owned(), named(words, &view.name)))
            .collect(),
        has_passphrase: vault.locked().ways_in().await?.passphrase,
        is_of_many: site.desks.vaults().are_many(),
        code: match tried_at {
            Some(at) => words.say_with("recovery-tried", &[("date", &day(at))]),
            None => words.say("recovery-never-tried"),
        },
        is_code_tried: tried_at.is_some(),
        others,
        number: number.map(|number| number.printed),
        drill: said,
        ended,
        summary: wrong
            .map(|(field, key)| ErrorSummary { words, errors: vec![(field.to_owned(), words.say(key))] }),
    };
    let status = if wrong.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    let page = frame::page(site, words, &opened.unlocked, LOST, words.say("phone-lost-title"), body);
    Ok((status, page).into_response())
}

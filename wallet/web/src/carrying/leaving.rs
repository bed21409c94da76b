//! Writing the wallet into a file, to move it or to keep it.

use askama::Template;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use environment::Date;
use http::StatusCode;
use wallet::{FileError, FilePurpose, RecoveryCode};
use web::Words;
use web::csrf::{CsrfForm, Purpose};
use web::page::{ErrorSummary, PostButton};
use zeroize::Zeroizing;

use super::{lock_first, sealed_file};
use crate::frame;
use crate::hosted;
use crate::site::{Failed, WalletWeb};
use crate::unlocked::Opened;
use crate::ways::chosen;

/// The page.
pub(crate) const EXPORT: &str = "/export";
/// The script that saves the file and then goes on.
pub(crate) const SCRIPT: &str = "/export.js";

/// The form that writes a file, of the wallet or of its history.
pub(crate) struct Export;

impl Purpose for Export {
    const NAME: &'static str = "wallet-export";
}

#[derive(Template)]
#[template(path = "export.html")]
struct ExportPage {
    words: Words,
    csrf: String,
    /// The button that locks the wallet, where it has to be opened anew first.
    anew: Option<PostButton>,
    is_borrowed: bool,
    /// Whether the recovery code has to be typed, once.
    needs_code: bool,
    /// What was chosen, if anything was: whether it moves, or goes on here.
    moves: Option<bool>,
    /// At a host, what the page's script needs to seal the file, as JSON.
    keys: Option<String>,
    /// Whether the browser has the key of the holder keys, and seals that with the file.
    holds_keys: bool,
    /// Why it has not, where that is so.
    without_keys: String,
    summary: Option<ErrorSummary>,
}

/// `GET /export`.
pub(crate) async fn show(State(site): State<WalletWeb>, words: Words, opened: Opened) -> Response {
    page(&site, words, &opened, None, None).await
}

/// `POST /export`: the file, or what is wrong.
pub(crate) async fn write(
    State(site): State<WalletWeb>,
    words: Words,
    opened: Opened,
    form: CsrfForm<Export>,
) -> Response {
    let CsrfForm { mut fields, .. } = form;
    let moves = match fields.optional("purpose") {
        Some("move") => Some(true),
        Some("keep") => Some(false),
        _ => None,
    };
    let is_at_host = site.desks.vaults().are_many();
    let begun = if is_at_host { hosted::file_in(&site, &mut fields) } else { None };
    let mut typed = |name: &str| Zeroizing::new(fields.take(name).unwrap_or_default());
    let (first, second, code) = (typed("passphrase"), typed("again"), typed("code"));
    let wrong = |field, key| page(&site, words, &opened, moves, Some((field, key)));
    match opened.was_just_opened().await {
        Ok(true) if !opened.unlocked.is_borrowed() => {}
        Ok(_) => return page(&site, words, &opened, moves, None).await,
        Err(error) => return Failed::from(error).page(words),
    }
    let purpose = match moves {
        Some(true) => FilePurpose::Move,
        Some(false) => FilePurpose::Keep,
        None => return wrong("purpose-move", "carry-choose").await,
    };
    if is_at_host {
        let Some(begun) = begun else { return wrong("passphrase", "keys-need-script").await };
        let written = opened.unlocked.wallet.export_for_browser(purpose, &begun).await;
        return file_or_wrong(&site, words, &opened, moves, written).await;
    }
    let passphrase = match chosen(&first, &second) {
        Ok(passphrase) => passphrase,
        Err((field, key)) => return wrong(field, key).await,
    };
    if !code.is_empty() {
        let Ok(code) = RecoveryCode::parse(&code) else { return wrong("code", "recovery-malformed").await };
        match opened.vault.try_recovery_code(&code).await {
            Ok(true) => {}
            Ok(false) => return wrong("code", "recovery-wrong").await,
            Err(error) => return Failed::from(error).page(words),
        }
    }
    let written = opened.unlocked.wallet.export(purpose, &passphrase, site.cost).await;
    file_or_wrong(&site, words, &opened, moves, written).await
}

/// The file, to be saved; or the page, which says why there is none.
async fn file_or_wrong(
    site: &WalletWeb,
    words: Words,
    opened: &Opened,
    moves: Option<bool>,
    written: Result<Vec<u8>, FileError>,
) -> Response {
    let wrong = |field, key| page(site, words, opened, moves, Some((field, key)));
    match written {
        Ok(file) => {
            let day = Date::of(site.environment.now());
            let what = if moves == Some(true) { "moved" } else { "kept" };
            sealed_file(&format!("wallet-{what}-{day}.passport-wallet"), file)
        }
        Err(FileError::KeysElsewhere) => wrong("passphrase", "keys-missing").await,
        Err(FileError::CodeNeeded) => {
            let field = if site.desks.vaults().are_many() { "passphrase" } else { "code" };
            wrong(field, "carry-code-needed").await
        }
        Err(FileError::Vault(error)) => Failed::from(error).page(words),
        Err(error) => {
            tracing::error!(%error, "a wallet could not be written into a file");
            wrong("passphrase", "carry-not-written").await
        }
    }
}

async fn page(
    site: &WalletWeb,
    words: Words,
    opened: &Opened,
    moves: Option<bool>,
    wrong: Option<(&str, &str)>,
) -> Response {
    let lately = opened.was_just_opened().await;
    let (is_lately, can_seal) = match (lately, opened.vault.can_be_sealed_to_code().await) {
        (Ok(is_lately), Ok(can_seal)) => (is_lately, can_seal),
        (Err(error), _) | (_, Err(error)) => return Failed::from(error).page(words),
    };
    let body = ExportPage {
        words,
        csrf: site.csrf.token::<Export>(&opened.session()),
        anew: (!is_lately).then(|| lock_first(site, words, opened)),
        is_borrowed: opened.unlocked.is_borrowed(),
        needs_code: !can_seal,
        moves,
        keys: hosted::told(site, None),
        without_keys: words.say(opened.unlocked.without_keys()),
        holds_keys: opened.unlocked.keys_are_elsewhere,
        summary: wrong
            .map(|(field, key)| ErrorSummary { words, errors: vec![(field.to_owned(), words.say(key))] }),
    };
    let status = if wrong.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    let page = frame::page(site, words, &opened.unlocked, EXPORT, words.say("carry-title"), body);
    let mut response = (status, page.with_script(SCRIPT)).into_response();
    hosted::allow(site, &mut response);
    response
}

//! The history as a file: for programs, for spreadsheets, and sealed.

use askama::Template;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use environment::Date;
use http::StatusCode;
use http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use wallet::{FileError, history_csv};
use web::Words;
use web::csrf::CsrfForm;
use web::page::{ErrorSummary, LinkButton};
use zeroize::Zeroizing;

use super::HISTORY;
use crate::carrying::leaving::{Export, SCRIPT};
use crate::carrying::sealed_file;
use crate::frame::{self, At};
use crate::hosted;
use crate::site::{Failed, WalletWeb};
use crate::told::done_in_words;
use crate::unlocked::Unlocked;
use crate::ways::chosen;

/// The page.
pub(crate) const EXPORT: &str = "/history/export";

#[derive(Template)]
#[template(path = "history_export.html")]
struct ExportPage {
    words: Words,
    json: LinkButton,
    csv: LinkButton,
    csrf: String,
    /// At a host, what the page's script needs to seal the file, as JSON.
    keys: Option<String>,
    summary: Option<ErrorSummary>,
}

/// `GET /history/export`.
pub(crate) async fn show(State(site): State<WalletWeb>, words: Words, unlocked: Unlocked) -> Response {
    page(&site, words, &unlocked, None)
}

fn page(site: &WalletWeb, words: Words, unlocked: &Unlocked, wrong: Option<(&str, &str)>) -> Response {
    let link =
        |href: &str, key: &str| LinkButton { href: href.to_owned(), label: words.say(key), secondary: true };
    let body = ExportPage {
        words,
        json: link("/history.json", "export-json"),
        csv: link("/history.csv", "export-csv"),
        csrf: site.csrf.token::<Export>(&unlocked.session()),
        keys: hosted::told(site, None),
        summary: wrong
            .map(|(field, key)| ErrorSummary { words, errors: vec![(field.to_owned(), words.say(key))] }),
    };
    let status = if wrong.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    let page = frame::page(site, words, unlocked, At::Below(HISTORY), words.say("export-title"), body);
    let mut response = (status, page.with_script(SCRIPT)).into_response();
    hosted::allow(site, &mut response);
    response
}

/// `POST /history/export`: the same as for programs, sealed under a passphrase of its own.
pub(crate) async fn sealed(
    State(site): State<WalletWeb>,
    words: Words,
    unlocked: Unlocked,
    form: CsrfForm<Export>,
) -> Response {
    let CsrfForm { mut fields, .. } = form;
    let written = if site.desks.vaults().are_many() {
        match hosted::file_in(&site, &mut fields) {
            Some(begun) => unlocked.wallet.export_history_for_browser(&begun).await,
            None => return page(&site, words, &unlocked, Some(("passphrase", "keys-need-script"))),
        }
    } else {
        let mut typed = |name: &str| Zeroizing::new(fields.take(name).unwrap_or_default());
        let (first, second) = (typed("passphrase"), typed("again"));
        match chosen(&first, &second) {
            Ok(passphrase) => unlocked.wallet.export_history(&passphrase, site.cost).await,
            Err(wrong) => return page(&site, words, &unlocked, Some(wrong)),
        }
    };
    match written {
        Ok(file) => {
            let day = Date::of(site.environment.now());
            sealed_file(&format!("history-{day}.passport-history"), file)
        }
        Err(FileError::Vault(error)) => Failed::from(error).page(words),
        Err(error) => {
            tracing::error!(%error, "a history could not be sealed");
            page(&site, words, &unlocked, Some(("passphrase", "carry-not-written")))
        }
    }
}

/// `GET /history.json`: the whole of it, and what each space has, for whoever wants to keep or check it elsewhere.
pub(crate) async fn as_json(words: Words, unlocked: Unlocked) -> Response {
    match unlocked.wallet.history_json().await {
        Ok(all) => file("application/json", "passport-history.json", all.to_string()),
        Err(error) => Failed::from(error).page(words),
    }
}

/// `GET /history.csv`: the entries, for a spreadsheet.
pub(crate) async fn as_csv(words: Words, unlocked: Unlocked) -> Response {
    match unlocked.wallet.history().await {
        Ok(entries) => file(
            "text/csv; charset=utf-8; header=present",
            "passport-history.csv",
            history_csv(&entries, &|entry| done_in_words(words, entry)),
        ),
        Err(error) => Failed::from(error).page(words),
    }
}

/// A file that a browser saves, and neither shows nor keeps.
fn file(media_type: &'static str, name: &str, content: String) -> Response {
    let disposition = format!("attachment; filename=\"{name}\"");
    let headers = [(CONTENT_TYPE, media_type.to_owned()), (CONTENT_DISPOSITION, disposition)];
    (headers, content).into_response()
}

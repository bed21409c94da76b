//! The history as a file: for programs, for spreadsheets, and sealed.

use askama::Template;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use serde_json::{Value, json};
use wallet::{Wallet, WalletError, history_csv};
use web::Words;
use web::page::LinkButton;

use super::HISTORY;
use crate::frame::{self, At};
use crate::site::{Failed, WalletWeb};
use crate::unlocked::Unlocked;

/// The page.
pub(crate) const EXPORT: &str = "/history/export";

#[derive(Template)]
#[template(path = "history_export.html")]
struct ExportPage {
    words: Words,
    json: LinkButton,
    csv: LinkButton,
}

/// `GET /history/export`.
pub(crate) async fn show(State(site): State<WalletWeb>, words: Words, unlocked: Unlocked) -> Response {
    let link =
        |href: &str, key: &str| LinkButton { href: href.to_owned(), label: words.say(key), secondary: true };
    let body = ExportPage {
        words,
        json: link("/history.json", "export-json"),
        csv: link("/history.csv", "export-csv"),
    };
    frame::page(&site, words, &unlocked, At::Below(HISTORY), words.say("export-title"), body).into_response()
}

/// `GET /history.json`: the whole of it, and what each space has, for whoever wants to keep or check it elsewhere.
pub(crate) async fn as_json(words: Words, unlocked: Unlocked) -> Response {
    match whole(&unlocked.wallet).await {
        Ok(all) => file("application/json", "passport-history.json", all.to_string()),
        Err(error) => Failed::from(error).page(words),
    }
}

/// `GET /history.csv`: the entries, for a spreadsheet.
pub(crate) async fn as_csv(words: Words, unlocked: Unlocked) -> Response {
    match unlocked.wallet.history().await {
        Ok(entries) => {
            file("text/csv; charset=utf-8; header=present", "passport-history.csv", history_csv(&entries))
        }
        Err(error) => Failed::from(error).page(words),
    }
}

async fn whole(wallet: &Wallet) -> Result<Value, WalletError> {
    let (history, spaces) = (wallet.history().await?, wallet.spaces().await?);
    let spaces = spaces.iter().map(|space| {
        json!({
            "id": space.id, "name": space.name, "host": space.host, "network": space.network,
            "held": space.held, "changes": space.changes, "left_at": space.left_at,
        })
    });
    Ok(json!({ "history": history, "spaces": spaces.collect::<Vec<_>>() }))
}

/// A file that a browser saves, and neither shows nor keeps.
fn file(media_type: &'static str, name: &str, content: String) -> Response {
    let disposition = format!("attachment; filename=\"{name}\"");
    let headers = [(CONTENT_TYPE, media_type.to_owned()), (CONTENT_DISPOSITION, disposition)];
    (headers, content).into_response()
}

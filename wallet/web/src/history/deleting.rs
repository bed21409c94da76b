//! Deleting of the history: one entry, what is old, or all; what is lost by it is said before.

use askama::Template;
use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use environment::Date;
use http::StatusCode;
use wallet::{HistoryDeleted, HistoryDeletion, HistoryEntry};
use web::Words;
use web::csrf::{CsrfForm, Purpose};
use web::form::{Fields, QueryFields};
use web::page::ErrorSummary;

use super::{Entry, HISTORY};
use crate::frame::{self, At};
use crate::site::{Failed, WalletWeb};
use crate::unlocked::Unlocked;

/// The page.
pub(crate) const DELETE: &str = "/history/delete";

/// The form that deletes.
pub(crate) struct Deleting;

impl Purpose for Deleting {
    const NAME: &'static str = "wallet-history-delete";
}

#[derive(Template)]
#[template(path = "history_delete.html")]
struct DeletePage {
    words: Words,
    csrf: String,
    /// The one entry that is deleted; none where it is many.
    entry: Option<Entry>,
    day: String,
    is_everything: bool,
    summary: Option<ErrorSummary>,
    /// What was deleted.
    done: Option<String>,
    /// What was not, and why.
    under_way: Option<String>,
}

/// `GET /history/delete`: one entry, by its identifier, or many.
pub(crate) async fn show(
    State(site): State<WalletWeb>,
    words: Words,
    unlocked: Unlocked,
    QueryFields(query): QueryFields,
) -> Response {
    let pages = Pages { site: &site, words, unlocked: &unlocked };
    if let Some(gone) = query.optional("gone").and_then(|gone| gone.parse().ok()) {
        let under_way = query.optional("left").and_then(|left| left.parse().ok()).unwrap_or(0);
        return pages.page(None, &query, None, Some(HistoryDeleted { gone, under_way }));
    }
    match pages.entry(&query).await {
        Ok(entry) => pages.page(entry, &query, None, None),
        Err(response) => response,
    }
}

/// `POST /history/delete`.
pub(crate) async fn delete(
    State(site): State<WalletWeb>,
    words: Words,
    unlocked: Unlocked,
    form: CsrfForm<Deleting>,
) -> Response {
    let pages = Pages { site: &site, words, unlocked: &unlocked };
    let fields = &form.fields;
    let which = match (fields.optional("entry"), fields.optional("which")) {
        (Some(entry), _) => Ok(HistoryDeletion::One(entry.to_owned())),
        (None, Some("everything")) => Ok(HistoryDeletion::Everything),
        (None, Some("before")) => fields
            .optional("day")
            .and_then(Date::parse)
            .map(|day| HistoryDeletion::Before(day.start().seconds()))
            .ok_or(("day", "details-day")),
        (None, _) => Err(("which-before", "history-delete-which")),
    };
    // All that is wrong is said at once.
    let is_sure = fields.ticked("sure");
    let unsure = (!is_sure).then_some(("sure", "history-delete-unsure"));
    let wrong: Vec<(&str, &str)> = which.as_ref().err().copied().into_iter().chain(unsure).collect();
    let deleted = match which {
        Ok(which) if is_sure => unlocked.wallet.delete_history(&which).await,
        _ => {
            let errors = wrong.into_iter().map(|(field, key)| (field.to_owned(), words.say(key)));
            let summary = ErrorSummary { words, errors: errors.collect() };
            return match pages.entry(fields).await {
                Ok(entry) => pages.page(entry, fields, Some(summary), None),
                Err(response) => response,
            };
        }
    };
    match deleted {
        Ok(deleted) => Redirect::to(&format!("{DELETE}?gone={}&left={}", deleted.gone, deleted.under_way))
            .into_response(),
        Err(error) => Failed::from(error).page(words),
    }
}

struct Pages<'a> {
    site: &'a WalletWeb,
    words: Words,
    unlocked: &'a Unlocked,
}

impl Pages<'_> {
    /// The entry that is named; none where none is. One that is gone leads to the history.
    async fn entry(&self, fields: &Fields) -> Result<Option<HistoryEntry>, Response> {
        let Some(id) = fields.optional("entry") else { return Ok(None) };
        match self.unlocked.wallet.history_entry(id).await {
            Ok(Some(entry)) => Ok(Some(entry)),
            Ok(None) => Err(Redirect::to(HISTORY).into_response()),
            Err(error) => Err(Failed::from(error).page(self.words)),
        }
    }

    fn page(
        &self,
        entry: Option<HistoryEntry>,
        fields: &Fields,
        summary: Option<ErrorSummary>,
        done: Option<HistoryDeleted>,
    ) -> Response {
        let words = self.words;
        let count = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
        let status = if summary.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
        let body = DeletePage {
            words,
            csrf: self.site.csrf.token::<Deleting>(&self.unlocked.session()),
            entry: entry.map(|entry| Entry::from((words, entry))),
            day: fields.optional("day").unwrap_or_default().to_owned(),
            is_everything: fields.optional("which") == Some("everything"),
            summary,
            done: done.map(|done| words.count("history-deleted", "entries", count(done.gone))),
            under_way: done
                .filter(|done| done.under_way > 0)
                .map(|done| words.count("history-under-way", "entries", count(done.under_way))),
        };
        let page = frame::page(
            self.site,
            words,
            self.unlocked,
            At::Below(HISTORY),
            words.say("history-delete"),
            body,
        );
        (status, page).into_response()
    }
}

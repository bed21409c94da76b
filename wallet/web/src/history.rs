//! Everything that was asked, offered and changed, the newest first.

pub(crate) mod deleting;
pub(crate) mod exporting;
mod view;

use askama::Template;
use axum::extract::{RawQuery, State};
use axum::response::{IntoResponse, Response};
use wallet::{HistoryEntry, HistoryKind, HistoryParty};
use web::Words;
use web::page::LinkButton;

use crate::frame;
use crate::site::{Failed, WalletWeb};
use crate::times::moment;
use crate::told::{Told, title_of};
use crate::unlocked::Unlocked;
use view::View;

/// The page.
pub(crate) const HISTORY: &str = "/history";
/// Entries on one page.
const ON_A_PAGE: usize = 50;

#[derive(Template)]
#[template(path = "history.html")]
struct HistoryPage {
    words: Words,
    entries: Vec<Entry>,
    /// Whether anything is sought, so that an empty page says that of it.
    is_filtered: bool,
    /// Leads to what is left out; none where something is sought.
    by_itself: Option<String>,
    /// Value, words, and whether it is what is shown.
    kinds: Vec<(&'static str, String, bool)>,
    parties: Vec<(String, String, bool)>,
    since: String,
    until: String,
    older: Option<LinkButton>,
    newer: Option<LinkButton>,
    digests: LinkButton,
    exports: LinkButton,
    delete: LinkButton,
}

struct Entry {
    id: String,
    at: String,
    told: Told,
}

impl From<(Words, HistoryEntry)> for Entry {
    fn from((words, entry): (Words, HistoryEntry)) -> Self {
        Self { at: moment(entry.at), told: Told::of(words, &entry), id: entry.id }
    }
}

/// `GET /history`.
pub(crate) async fn show(
    State(site): State<WalletWeb>,
    words: Words,
    unlocked: Unlocked,
    RawQuery(query): RawQuery,
) -> Response {
    let view = View::of(&query.unwrap_or_default());
    let read = async {
        let found = unlocked.wallet.history_page(&view.filter(), view.from, ON_A_PAGE).await?;
        // Where something is shown, nobody searches all of the history for whether there is more that is left out.
        let has_by_itself = !found.entries.is_empty()
            || !unlocked.wallet.history_page(&View::by_itself().filter(), 0, 1).await?.entries.is_empty();
        Ok::<_, wallet::WalletError>((found, unlocked.wallet.history_parties().await?, has_by_itself))
    };
    let (found, parties, has_by_itself) = match read.await {
        Ok(read) => read,
        Err(error) => return Failed::from(error).page(words),
    };
    let link = |from: usize, key: &str| LinkButton {
        href: view.address(from),
        label: words.say(key),
        secondary: true,
    };
    let leads =
        |href: &str, key: &str| LinkButton { href: href.to_owned(), label: words.say(key), secondary: true };
    let body = HistoryPage {
        words,
        is_filtered: view.is_filtered(),
        by_itself: (!view.is_filtered() && has_by_itself).then(|| View::by_itself().address(0)),
        kinds: kinds(words, view.kind),
        parties: parties.into_iter().map(|party| option(party, view.party.as_deref())).collect(),
        since: view.since.map(|day| day.to_string()).unwrap_or_default(),
        until: view.until.map(|day| day.to_string()).unwrap_or_default(),
        older: found.has_more.then(|| link(view.from.saturating_add(ON_A_PAGE), "history-older")),
        newer: (view.from > 0).then(|| link(view.from.saturating_sub(ON_A_PAGE), "history-newer")),
        digests: leads(crate::digests::DIGESTS, "digests-title"),
        exports: leads(exporting::EXPORT, "export-title"),
        delete: leads(deleting::DELETE, "history-delete"),
        entries: found.entries.into_iter().map(|entry| Entry::from((words, entry))).collect(),
    };
    frame::page(&site, words, &unlocked, HISTORY, words.say("history-title"), body).into_response()
}

fn kinds(words: Words, chosen: Option<HistoryKind>) -> Vec<(&'static str, String, bool)> {
    let every = ("", words.say("history-all"), chosen.is_none());
    let kinds = HistoryKind::ALL.iter();
    let each = kinds.map(|kind| (kind.name(), words.say(title_of(*kind)), chosen == Some(*kind)));
    std::iter::once(every).chain(each).collect()
}

fn option(party: HistoryParty, chosen: Option<&str>) -> (String, String, bool) {
    let is_chosen = chosen == Some(party.key.as_str());
    (party.key, wallet::shown(&party.name), is_chosen)
}

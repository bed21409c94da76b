//! The first page: the member's number, *Scan*, and what waits. Everything else is in the menu.

use std::sync::Arc;

use askama::Template;
use axum::extract::{RawQuery, State};
use axum::response::{IntoResponse, Response};
use wallet::{MailItem, MemberApiError, OfficePlace, OutboxEntry, Wallet, shown};
use web::Words;
use web::page::{CopyButtons, LinkButton, Look, PostButton, QrFigure};

use crate::asked::{address_of, asker_of};
use crate::flows::Flow;
use crate::frame;
use crate::site::{Failed, WalletWeb};
use crate::unlocked::{Opened, Unlocked};
use crate::words::and_list;
use crate::{digests, held, messages, offices, recovery, scan, spaces, ways};

/// The page.
pub(crate) const HOME: &str = "/";
/// Most offices that are named; in a larger network the team of a space knows which.
const MOST_OFFICES: usize = 5;
/// The query that says that the wallet was brought along a moment ago.
const BROUGHT: &str = "brought";

/// Home, where it says that the wallet was brought along.
pub(crate) fn once_brought() -> String {
    format!("{HOME}?{BROUGHT}")
}

#[derive(Template)]
#[template(path = "home.html")]
struct Home {
    words: Words,
    /// Whether it was brought along a moment ago, so that the one at the other place is to be closed.
    was_brought: bool,
    number: Option<Number>,
    /// Where there is none: what is said of it, and the offices that give one.
    no_number: String,
    offices: Vec<PostButton>,
    scan: LinkButton,
    /// What waits for the member: where, and in a sentence.
    waiting: Vec<(String, String)>,
    /// How many spaces have details of the member, in a sentence.
    spaces: String,
    /// Where it is told what they have.
    spaces_page: &'static str,
    /// The digest of last month that was not put away, in a sentence.
    digest: Option<String>,
}

/// The number, as it is shown at home and on the card.
pub(crate) struct Number {
    pub(crate) printed: String,
    pub(crate) office: String,
    pub(crate) qr: Option<QrFigure>,
}

impl Number {
    /// The member's number; none before an office has given one.
    pub(crate) async fn of(wallet: &Wallet, words: Words) -> Result<Option<Self>, Failed> {
        let number = wallet.number().await?;
        Ok(number.map(|view| Self {
            qr: QrFigure::of(&view.number, &words.say("number-qr"), words.say("number-qr-caption")).ok(),
            office: words.say_with("home-number-from", &[("office", &view.office)]),
            printed: view.number,
        }))
    }
}

/// What the first page tells.
struct Seen {
    spaces: u32,
    messages: u32,
    /// Changes that wait to be sent.
    changes: Changes,
    /// Those that are not sent again by themselves.
    given_up: Changes,
    /// Of so many kinds nothing can be shown until the member does something.
    missing: u32,
    /// The digest of last month that was not put away.
    digest: Option<wallet::Digest>,
}

/// Changes at spaces: how many, and the names of the spaces.
struct Changes {
    count: u32,
    at: Vec<String>,
}

impl Changes {
    fn of(entries: &[OutboxEntry], given_up: bool) -> Self {
        let entries: Vec<&OutboxEntry> = entries.iter().filter(|one| one.given_up == given_up).collect();
        let mut at: Vec<String> = entries.iter().map(|one| shown(&one.space)).collect();
        at.sort_unstable();
        at.dedup();
        Self { count: u32::try_from(entries.len()).unwrap_or(u32::MAX), at }
    }

    /// In a sentence; none where there are none.
    fn said(&self, words: Words, key: &str) -> Option<String> {
        let at = and_list(words, &self.at);
        (self.count > 0).then(|| words.count_with(key, "changes", self.count, &[("spaces", &at)]))
    }
}

/// `GET /`.
pub(crate) async fn show(
    State(site): State<WalletWeb>,
    words: Words,
    opened: Opened,
    RawQuery(query): RawQuery,
) -> Response {
    let was_brought = query.as_deref() == Some(BROUGHT);
    match told(&site, words, &opened, was_brought).await {
        Ok(body) => frame::page(&site, words, &opened.unlocked, HOME, words.say("wallet-title"), body)
            .with_copying()
            .into_response(),
        Err(failed) => failed.page(words),
    }
}

async fn told(site: &WalletWeb, words: Words, opened: &Opened, was_brought: bool) -> Result<Home, Failed> {
    let unlocked = &opened.unlocked;
    let flows = unlocked.desk.flows().waiting();
    let seen = look(&unlocked.wallet, &flows).await?;
    let number = Number::of(&unlocked.wallet, words).await?;
    let mut waiting: Vec<(String, String)> = flows
        .into_iter()
        .map(|flow| {
            let asker = asker_of(&flow.turn().stage);
            (address_of(&flow), words.say_with("home-asks", &[("asker", &asker)]))
        })
        .collect();
    if seen.messages > 0 {
        waiting.push((messages::MESSAGES.to_owned(), words.count("home-waiting", "waiting", seen.messages)));
    }
    let changes = [(&seen.changes, "home-changes"), (&seen.given_up, "home-changes-given-up")];
    let changes = changes.into_iter().filter_map(|(changes, key)| changes.said(words, key));
    waiting.extend(changes.map(|said| (spaces::SPACES.to_owned(), said)));
    if seen.missing > 0 {
        waiting.push((held::HELD.to_owned(), words.count("home-held", "kinds", seen.missing)));
    }
    // From the first join on, until the recovery code was tried and right.
    let has_joined = number.is_some() || seen.spaces > 0;
    if has_joined && opened.vault.recovery_code_tried_at().await?.is_none() {
        // Until then it lies in the wallet, or has been on paper from the first.
        let (page, key) = if opened.vault.keeps_recovery_code().await? {
            (recovery::WRITE_DOWN, "home-write-recovery")
        } else {
            (ways::RECOVERY, "home-try-recovery")
        };
        waiting.push((page.to_owned(), words.say(key)));
    }
    let (offices, no_number, look) = if number.is_some() {
        (Vec::new(), String::new(), Look::Secondary)
    } else {
        no_number(words, unlocked).await?
    };
    let leads_to_office = look == Look::Main && !offices.is_empty();
    let office = |office: OfficePlace| offices::button(site, words, unlocked, &office, look);
    Ok(Home {
        words,
        was_brought,
        no_number,
        offices: offices.into_iter().take(MOST_OFFICES).map(office).collect(),
        number,
        scan: LinkButton {
            href: scan::SCAN.to_owned(),
            label: words.say("scan-title"),
            secondary: leads_to_office,
        },
        waiting,
        spaces: words.count("home-spaces", "spaces", seen.spaces),
        spaces_page: spaces::SPACES,
        digest: seen.digest.map(|digest| digests::summary(words, &digest)),
    })
}

/// Where there is no number: the offices that give one, what is said of it, and whether that is what comes next.
async fn no_number(words: Words, unlocked: &Unlocked) -> Result<(Vec<OfficePlace>, String, Look), Failed> {
    let wallet = &unlocked.wallet;
    let offices = offices::for_first_passport(wallet).await;
    if let Some(office) = wallet.passport_awaited_from().await? {
        let said = words.say_with("home-no-number-awaited", &[("office", &shown(&office))]);
        return Ok((offices, said, Look::Secondary));
    }
    // Who holds no membership takes that first: then the office is the next thing, and not before.
    let (key, look) = match (offices.is_empty(), wallet.holds_membership().await?) {
        (true, _) => ("home-no-number-text", Look::Secondary),
        (false, false) => ("home-no-number-first", Look::Secondary),
        (false, true) => ("home-no-number-offices", Look::Main),
    };
    Ok((offices, words.say(key), look))
}

impl Home {
    /// The buttons beside the number.
    fn buttons(&self) -> CopyButtons {
        let words = self.words;
        CopyButtons {
            words,
            id: "number",
            title: words.say("network-number"),
            copy: words.say("number-copy"),
            hand_on: words.say("number-hand-on"),
        }
    }
}

async fn look(wallet: &Wallet, flows: &[Arc<Flow>]) -> Result<Seen, Failed> {
    let spaces = wallet.spaces().await?;
    // What is open here already has a line of its own.
    let is_open = |mail: &MailItem| flows.iter().any(|flow| flow.is_of_message(&mail.id));
    let messages = wallet.mail().await?.iter().filter(|mail| mail.waits() && !is_open(mail)).count();
    let waiting = match wallet.outbox().await {
        Ok(waiting) => waiting,
        Err(MemberApiError::Vault(error)) => return Err(error.into()),
        // Nothing else keeps the list from being read.
        Err(_) => Vec::new(),
    };
    wallet.make_digest().await?;
    let digest = wallet.digests().await?.into_iter().next().filter(|digest| !digest.seen);
    let count = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
    Ok(Seen {
        spaces: count(spaces.iter().filter(|space| space.has_details()).count()),
        messages: count(messages),
        changes: Changes::of(&waiting, false),
        given_up: Changes::of(&waiting, true),
        missing: held::waiting(wallet).await?,
        digest,
    })
}

#[cfg(test)]
mod tests {
    use wallet::Errand;

    use super::*;

    fn entry(space: &str, given_up: bool) -> OutboxEntry {
        OutboxEntry {
            id: space.to_owned(),
            space: space.to_owned(),
            space_id: space.to_owned(),
            what: String::new(),
            errand: Errand::Leave,
            due_at: 0,
            problem: None,
            why: None,
            given_up,
            may_be_done: true,
        }
    }

    #[test]
    fn what_is_not_sent_again_by_itself_is_not_said_to_wait() {
        let entries = [entry("Kiln", false), entry("Rook", true), entry("Kiln", false)];
        let said = |entries: &[OutboxEntry], given_up: bool, key: &str| {
            Changes::of(entries, given_up).said(Words::default(), key)
        };
        assert_eq!(said(&entries, false, "home-changes").unwrap(), "2 changes wait at Kiln.");
        assert_eq!(
            said(&entries, true, "home-changes-given-up").unwrap(),
            "1 change at Rook is not sent again by itself."
        );
        assert_eq!(said(&entries[1..2], false, "home-changes"), None);
        assert_eq!(said(&entries[..1], true, "home-changes-given-up"), None);
    }
}

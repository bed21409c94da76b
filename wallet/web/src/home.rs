//! The first page: the member's number, *Scan*, and what waits. Everything else is in the menu.

use std::sync::Arc;

use askama::Template;
use axum::extract::{RawQuery, State};
use axum::response::{IntoResponse, Response};
use wallet::{MailItem, MemberApiError, OfficePlace, Wallet, shown};
use web::Words;
use web::page::{CopyButtons, LinkButton, QrFigure};

use crate::asked::{address_of, asker_of};
use crate::flows::Flow;
use crate::frame;
use crate::site::{Failed, WalletWeb};
use crate::unlocked::Opened;
use crate::words::and_list;
use crate::{digests, held, messages, recovery, scan, spaces, ways};

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
    /// Where there is none: the pages of the offices that give one, and what is said of each.
    offices: Vec<(String, String)>,
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
    /// How many changes wait to be sent or have failed, and the names of the spaces where.
    changes: (u32, Vec<String>),
    /// Of so many kinds nothing can be shown until the member does something.
    missing: u32,
    /// The digest of last month that was not put away.
    digest: Option<wallet::Digest>,
}

/// `GET /`.
pub(crate) async fn show(
    State(site): State<WalletWeb>,
    words: Words,
    opened: Opened,
    RawQuery(query): RawQuery,
) -> Response {
    let was_brought = query.as_deref() == Some(BROUGHT);
    match told(words, &opened, was_brought).await {
        Ok(body) => frame::page(&site, words, &opened.unlocked, HOME, words.say("wallet-title"), body)
            .with_copying()
            .into_response(),
        Err(failed) => failed.page(words),
    }
}

async fn told(words: Words, opened: &Opened, was_brought: bool) -> Result<Home, Failed> {
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
    let (changes, at) = &seen.changes;
    if *changes > 0 {
        let at = and_list(words, at);
        let said = words.count_with("home-changes", "changes", *changes, &[("spaces", &at)]);
        waiting.push((spaces::SPACES.to_owned(), said));
    }
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
    let offices = if number.is_some() { Vec::new() } else { unlocked.wallet.known_offices() };
    let office = |office: OfficePlace| {
        (office.page, words.say_with("home-office", &[("office", &shown(&office.name))]))
    };
    Ok(Home {
        words,
        was_brought,
        offices: offices.into_iter().take(MOST_OFFICES).map(office).collect(),
        number,
        scan: LinkButton { href: scan::SCAN.to_owned(), label: words.say("scan-title"), secondary: false },
        waiting,
        spaces: words.count("home-spaces", "spaces", seen.spaces),
        spaces_page: spaces::SPACES,
        digest: seen.digest.map(|digest| digests::summary(words, &digest)),
    })
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
    let mut names: Vec<String> = waiting.iter().map(|one| shown(&one.space)).collect();
    names.sort_unstable();
    names.dedup();
    wallet.make_digest().await?;
    let digest = wallet.digests().await?.into_iter().next().filter(|digest| !digest.seen);
    let count = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
    Ok(Seen {
        spaces: count(spaces.iter().filter(|space| space.has_details()).count()),
        messages: count(messages),
        changes: (count(waiting.len()), names),
        missing: held::waiting(wallet).await?,
        digest,
    })
}

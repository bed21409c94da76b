//! Fetching what waits, inbox by inbox.

use std::collections::{BTreeMap, BTreeSet};

use network::mailbox::{Done, LISTING_SIZES, Listing, MOST_DONE};
use openid4vc::http::{Request, Response};
use serde::Serialize;

use super::MailError;
use super::acting::MailItem;
use super::checking::{Arrived, Outcome, RefusedMail, is_of_sender};
use super::inboxes::Inbox;
use crate::carrier::send_alone;
use crate::flows::accept::with_proof;
use crate::records::{HeldMail, HistoryKind, KeptMail, MailContent, SeenMail};
use crate::trust::TrustError;
use crate::vault::{Batch, VaultError};
use crate::wallet::Wallet;

/// Pages of one inbox that are fetched at a time: enough for the fullest inbox, and an end for a host that always has more.
const MOST_PAGES: usize = 96;
/// How many messages are kept: beyond them the oldest goes of the space that has most.
const MOST_KEPT: usize = 512;
/// How many envelopes are held at most that cannot be judged yet: as many as wait in the fullest inbox.
const MOST_HELD: usize = 256;
/// For how many seconds an envelope is held whose sender cannot be looked up, until that is tried a last time: two weeks.
const HELD: i64 = 14 * 86_400;
/// Messages that one page holds at most.
const MOST_OF_A_PAGE: usize = 64;
/// Longest identifier that is sent back.
const LONGEST_ID: usize = 128;

/// What a look into all inboxes brought.
#[derive(Debug, Default, Serialize)]
pub struct MailRound {
    /// What is new.
    pub new: Vec<MailItem>,
    /// What was not kept, and why.
    pub refused: Vec<RefusedCount>,
    /// What is held until its sender can be looked up, by the space that is said to have written it.
    pub held: Vec<HeldCount>,
    /// Why an inbox could not be read or a message not be judged, as sentences.
    pub problems: Vec<String>,
}

/// How many envelopes are held that name one sender.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct HeldCount {
    /// The DID that they name. Nothing shows yet that it is theirs.
    pub space: String,
    /// How many.
    pub count: usize,
}

/// How many messages were refused for one reason.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RefusedCount {
    /// The reason, as a short name.
    pub code: String,
    /// The space's DID, where it is certain that the space sent them.
    pub space: Option<String>,
    /// How many.
    pub count: usize,
}

/// What was found so far, beside what is there; each record of the vault is opened once in a round.
#[derive(Default)]
struct Found {
    kept: Vec<KeptMail>,
    held: Vec<HeldMail>,
    new: Vec<KeptMail>,
    refused: BTreeMap<(String, Option<String>), usize>,
    /// Senders that could not be looked up in this round.
    silent: BTreeSet<String>,
    problems: Vec<String>,
}

impl Wallet {
    /// Looks into every inbox, the member's own and those made for single spaces. Each is asked with a proof of its own key,
    /// over connections of its own and in random order; the host is told of no connection between them.
    ///
    /// # Errors
    /// [`MailError::Vault`] alone; why an inbox could not be read is told in [`MailRound::problems`].
    pub async fn fetch_mail(&self) -> Result<MailRound, MailError> {
        let _one_at_a_time = self.fetching.lock().await;
        self.forget_old_mail().await?;
        let inboxes = self.inboxes().await?;
        let held = self.held_mail(&inboxes).await?;
        let mut found = Found { kept: self.vault.list().await?, held, ..Found::default() };
        for inbox in &inboxes {
            self.judge_held(inbox, &mut found).await?;
            match self.fetch_inbox(inbox, &mut found).await {
                Ok(()) => {}
                Err(MailError::Vault(error)) => return Err(error.into()),
                Err(error) => found.problems.push(error.to_string()),
            }
        }
        found.problems.sort_unstable();
        found.problems.dedup();
        let refused = self.note_refused(found.refused).await?;
        // What was replaced or crowded out meanwhile is not there to be opened.
        let is_there = |one: &&KeptMail| found.kept.iter().any(|kept| kept.id == one.id);
        let new = found.new.iter().filter(is_there).map(MailItem::of).collect();
        Ok(MailRound { new, refused, held: counted(&found.held), problems: found.problems })
    }

    /// Page by page; all of a page is called done, so that the next page comes. What cannot be judged now is held here: nobody
    /// keeps others out by leaving what nobody can judge.
    async fn fetch_inbox(&self, inbox: &Inbox, found: &mut Found) -> Result<(), MailError> {
        for _ in 0..MOST_PAGES {
            let listing = self.listing(inbox).await?;
            for listed in &listing.messages {
                let arrived = Arrived { envelope: &listed.message, day: listed.day };
                self.take_mail(inbox, arrived, None, found).await?;
            }
            let done: Vec<String> = listing.messages.iter().map(|one| one.id.clone()).collect();
            self.call_done(inbox, &done).await?;
            // A page without anything is no way to a next one.
            if !listing.more || listing.messages.is_empty() {
                return Ok(());
            }
        }
        Ok(())
    }

    /// What was held of this inbox, once more.
    async fn judge_held(&self, inbox: &Inbox, found: &mut Found) -> Result<(), MailError> {
        let mut held: Vec<HeldMail> = found.held.extract_if(.., |one| one.inbox == inbox.url).collect();
        held.sort_by_key(|one| (one.since, one.day));
        for one in &held {
            let arrived = Arrived { envelope: &one.envelope, day: one.day };
            self.take_mail(inbox, arrived, Some(one), found).await?;
        }
        Ok(())
    }

    /// Keeps one message, refuses it, or holds it until it can be judged.
    async fn take_mail(
        &self,
        inbox: &Inbox,
        arrived: Arrived<'_>,
        held: Option<&HeldMail>,
        found: &mut Found,
    ) -> Result<(), MailError> {
        match self.checked_mail(inbox, arrived, &found.silent).await? {
            Outcome::Kept(mut mail, seen) => {
                self.take_decision(&mut mail).await?;
                self.keep_mail(&mail, &seen, held, found).await?;
                // Of a muted space it is kept, unseen; that it came is told in the history.
                if self.is_muted(&mail.space).await? {
                    found.refuse(&RefusedMail::Muted, Some(mail.space));
                } else {
                    found.new.push(*mail);
                }
            }
            Outcome::Refused(refused, seen) => {
                self.settle(seen.as_ref(), held).await?;
                found.refuse(&refused, seen.map(|seen| seen.space));
            }
            Outcome::Later(space, problem) => {
                let gives_up =
                    held.is_some_and(|held| self.now().seconds() >= held.since.saturating_add(HELD));
                let is_of_sender = problem.as_ref().is_none_or(is_of_sender);
                found.silence(&space, problem);
                if gives_up && is_of_sender {
                    self.settle(None, held).await?;
                    found.refuse(&RefusedMail::SenderSilent, None);
                } else if let Some(held) = held {
                    found.held.push(held.clone());
                } else {
                    self.hold(inbox, arrived, space, found).await?;
                }
            }
        }
        Ok(())
    }

    /// That a message came is remembered, and it is held no more.
    async fn settle(&self, seen: Option<&SeenMail>, held: Option<&HeldMail>) -> Result<(), VaultError> {
        if seen.is_none() && held.is_none() {
            return Ok(());
        }
        self.settled(seen, held)?.commit().await
    }

    fn settled(&self, seen: Option<&SeenMail>, held: Option<&HeldMail>) -> Result<Batch<'_>, VaultError> {
        let mut batch = self.vault.batch();
        if let Some(seen) = seen {
            batch = batch.put(seen)?;
        }
        if let Some(held) = held {
            batch = batch.delete::<HeldMail>(&held.id);
        }
        Ok(batch)
    }

    /// Keeps a message and that it came, in one: of the invitations of one space for one purpose the newest.
    async fn keep_mail(
        &self,
        mail: &KeptMail,
        seen: &SeenMail,
        held: Option<&HeldMail>,
        found: &mut Found,
    ) -> Result<(), VaultError> {
        let mut batch = self.settled(Some(seen), held)?.put(mail)?;
        for one in found.kept.extract_if(.., |one| is_replaced(one, mail)) {
            batch = batch.delete::<KeptMail>(&one.id);
        }
        let place = crowding(&found.kept, MOST_KEPT, |one| &one.space, |one| (one.day, &one.id));
        if let Some(gone) = place.map(|place| found.kept.remove(place)) {
            batch = batch.delete::<KeptMail>(&gone.id);
        }
        found.kept.push(mail.clone());
        batch.commit().await
    }

    /// Keeps an envelope as it came, until its sender can be looked up.
    async fn hold(
        &self,
        inbox: &Inbox,
        arrived: Arrived<'_>,
        space: String,
        found: &mut Found,
    ) -> Result<(), VaultError> {
        let held = HeldMail {
            id: HeldMail::id_of(&inbox.url, arrived.envelope),
            inbox: inbox.url.clone(),
            space,
            envelope: arrived.envelope.to_owned(),
            day: arrived.day,
            since: self.now().seconds(),
        };
        // A host that repeats does not make it younger.
        if found.held.iter().any(|one| one.id == held.id) {
            return Ok(());
        }
        let mut batch = self.vault.batch().put(&held)?;
        let place = crowding(&found.held, MOST_HELD, |one| &one.space, |one| (one.since, &one.id));
        if let Some(gone) = place.map(|place| found.held.remove(place)) {
            batch = batch.delete::<HeldMail>(&gone.id);
        }
        found.held.push(held);
        batch.commit().await
    }

    /// What is held. What no key of the wallet opens any more goes.
    async fn held_mail(&self, inboxes: &[Inbox]) -> Result<Vec<HeldMail>, VaultError> {
        let mut held = self.vault.list::<HeldMail>().await?;
        let mut batch = self.vault.batch();
        for gone in held.extract_if(.., |one| inboxes.iter().all(|inbox| inbox.url != one.inbox)) {
            batch = batch.delete::<HeldMail>(&gone.id);
        }
        batch.commit().await?;
        Ok(held)
    }

    async fn listing(&self, inbox: &Inbox) -> Result<Listing, MailError> {
        let request = Request::get(inbox.url.as_str(), "application/json");
        let answer = self.ask_inbox(inbox, request).await?;
        let listing: Listing = jose::json::parse_as(&answer.body).map_err(|_| MailError::Malformed)?;
        let is_usable = listing.messages.len() <= MOST_OF_A_PAGE
            && listing.messages.iter().all(|one| !one.id.is_empty() && one.id.len() <= LONGEST_ID);
        if is_usable { Ok(listing) } else { Err(MailError::Malformed) }
    }

    async fn call_done(&self, inbox: &Inbox, ids: &[String]) -> Result<(), MailError> {
        for ids in ids.chunks(MOST_DONE) {
            self.tell_inbox(inbox, "done", &Done { ids: ids.to_vec() }).await?;
        }
        Ok(())
    }

    /// Tells the host something about an inbox.
    pub(super) async fn tell_inbox(
        &self,
        inbox: &Inbox,
        what: &str,
        body: &impl Serialize,
    ) -> Result<(), MailError> {
        let body = serde_json::to_vec(body).map_err(|_| MailError::Malformed)?;
        let request = Request::post(format!("{}/{what}", inbox.url), "application/json", body);
        self.ask_inbox(inbox, request).await.map(drop)
    }

    async fn ask_inbox(&self, inbox: &Inbox, request: Request) -> Result<Response, MailError> {
        let request = with_proof(self, request, &inbox.read, None, None).await?;
        let largest = LISTING_SIZES.iter().copied().max().unwrap_or_default();
        // The host would see by a connection that is used again which inboxes are of one wallet.
        let answer = send_alone(self.fetch.as_ref(), request, largest).await?;
        if answer.status == 200 { Ok(answer) } else { Err(MailError::Status(answer.status)) }
    }

    /// One line in the history for each reason and space, however many came.
    async fn note_refused(
        &self,
        refused: BTreeMap<(String, Option<String>), usize>,
    ) -> Result<Vec<RefusedCount>, VaultError> {
        let mut counts = Vec::new();
        let mut batch = self.vault.batch();
        for ((code, space), count) in refused {
            let mut entry = self.new_entry(HistoryKind::Mail);
            entry.did.clone_from(&space);
            entry.not_completed = Some(code.clone());
            batch = batch.put(&entry.bounded())?;
            counts.push(RefusedCount { code, space, count });
        }
        batch.commit().await?;
        Ok(counts)
    }

    /// What has expired goes; that it came is forgotten when it would be refused anyway.
    async fn forget_old_mail(&self) -> Result<(), VaultError> {
        const SKEW: i64 = 120;
        let now = self.now().seconds();
        let mut batch = self.vault.batch();
        for mail in self.vault.list::<KeptMail>().await? {
            if mail.content.expires_at() <= now {
                batch = batch.delete::<KeptMail>(&mail.id);
            }
        }
        for seen in self.vault.list::<SeenMail>().await? {
            if seen.until.saturating_add(SKEW) <= now {
                batch = batch.delete::<SeenMail>(&seen.id);
            }
        }
        batch.commit().await
    }
}

impl Found {
    fn refuse(&mut self, refused: &RefusedMail, space: Option<String>) {
        let count = self.refused.entry((refused.code().to_owned(), space)).or_default();
        *count = count.saturating_add(1);
    }

    /// Its host is not called again in this round. What the member can do something about is said.
    fn silence(&mut self, space: &str, problem: Option<TrustError>) {
        self.silent.insert(space.to_owned());
        if let Some(problem) = problem.filter(|problem| !is_of_sender(problem)) {
            self.problems.push(MailError::from(problem).to_string());
        }
    }
}

/// Whether `mail` takes the place of this one.
fn is_replaced(one: &KeptMail, mail: &KeptMail) -> bool {
    match (&one.content, &mail.content) {
        (MailContent::Invitation(earlier), MailContent::Invitation(later)) => {
            one.space == mail.space && earlier.purpose == later.purpose
        }
        _ => false,
    }
}

/// How many are held of each space.
fn counted(held: &[HeldMail]) -> Vec<HeldCount> {
    let counts = per_space(held, |one| &one.space).into_iter();
    counts.map(|(space, count)| HeldCount { space: space.clone(), count }).collect()
}

fn per_space<T>(all: &[T], space: impl Fn(&T) -> &String) -> BTreeMap<&String, usize> {
    let mut counts = BTreeMap::<&String, usize>::new();
    for one in all {
        let count = counts.entry(space(one)).or_default();
        *count = count.saturating_add(1);
    }
    counts
}

/// Where as many are as there may be, the place of the one that goes for another: the oldest of the space that has most, so
/// that a flood of one deletes nothing of others.
fn crowding<'a, T, A: Ord>(
    all: &'a [T],
    limit: usize,
    space: impl Fn(&T) -> &String,
    age: impl Fn(&'a T) -> A,
) -> Option<usize> {
    if all.len() < limit {
        return None;
    }
    let counts = per_space(all, &space);
    let most = counts.values().copied().max()?;
    let fullest = all.iter().enumerate().filter(|(_, one)| counts.get(space(one)) == Some(&most));
    fullest.min_by_key(|(_, one)| age(one)).map(|(place, _)| place)
}

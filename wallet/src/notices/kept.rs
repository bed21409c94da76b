//! What a member wants to be told by, and when that was done last.

use serde::{Deserialize, Serialize};

/// Seconds after which a member who has not looked is told once more by a push: whatever came, it is one line on their screen.
const PUSHED_AGAIN: i64 = 3_600;
/// Seconds after something came, until which a member may look who gets no mail then.
pub(super) const MAIL_AFTER: i64 = 3_600;
/// Seconds between two mails at least.
const MAIL_AT_MOST_EVERY: i64 = 86_400;
/// Most browsers of one wallet; another takes the place of the one that was added first.
pub(super) const MOST_BROWSERS: usize = 8;
/// Longest e-mail address that is taken.
pub const LONGEST_ADDRESS: usize = 254;
/// Longest name of a browser.
const LONGEST_NAME: usize = 100;

/// A browser that wakes up when it is pushed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Browser {
    /// Where its push service takes pushes for it (RFC 8030 §5): who knows it can make it show that there is news.
    pub(super) endpoint: String,
    /// What it calls itself.
    pub name: String,
    /// Since when, in seconds since the epoch.
    pub since: i64,
}

impl Browser {
    /// What it is known by in a page: a hash of its endpoint.
    #[must_use]
    pub fn id(&self) -> String {
        id_of(&self.endpoint)
    }
}

pub(super) fn id_of(endpoint: &str) -> String {
    jose::digest::sha256_base64url(endpoint)
}

/// An e-mail address for mails that say that there is news.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MailWish {
    /// The address.
    pub address: String,
    /// In which language, as a tag.
    pub language: String,
    /// Whether whoever reads mail there wants it.
    pub confirmed: bool,
    /// What its links name: another wish has others.
    pub(super) stamp: String,
}

/// What a member wants, and what was done.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Notices {
    /// The browsers.
    pub browsers: Vec<Browser>,
    /// The address.
    pub mail: Option<MailWish>,
    /// When the member looked last, as far as it matters: after they were told something.
    looked_at: Option<i64>,
    pushed_at: Option<i64>,
    /// When a mail goes if nobody looks until then.
    mail_due: Option<i64>,
    mailed_at: Option<i64>,
}

/// What is to be done when something came.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct ToDo {
    pub(super) pushes: bool,
    /// When it is to be seen whether a mail goes.
    pub(super) mail_at: Option<i64>,
}

impl Notices {
    /// Whether nothing is wanted.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.browsers.is_empty() && self.mail.is_none()
    }

    /// Whether somebody would be told.
    #[must_use]
    pub fn tells(&self) -> bool {
        !self.browsers.is_empty() || self.confirmed().is_some()
    }

    pub(super) fn confirmed(&self) -> Option<&MailWish> {
        self.mail.as_ref().filter(|wish| wish.confirmed)
    }

    pub(super) fn add(&mut self, endpoint: String, name: &str, now: i64) {
        self.browsers.retain(|one| one.endpoint != endpoint);
        while self.browsers.len() >= MOST_BROWSERS {
            self.browsers.remove(0);
        }
        let name = name.chars().take(LONGEST_NAME).collect();
        self.browsers.push(Browser { endpoint, name, since: now });
    }

    /// Something came.
    pub(super) fn ring(&mut self, now: i64) -> ToDo {
        let mut to_do = ToDo::default();
        let is_due = |at: i64| {
            self.looked_at.is_some_and(|looked| looked >= at) || now >= at.saturating_add(PUSHED_AGAIN)
        };
        if !self.browsers.is_empty() && self.pushed_at.is_none_or(is_due) {
            self.pushed_at = Some(now);
            to_do.pushes = true;
        }
        if self.confirmed().is_some() && self.mail_due.is_none() {
            let earliest = self.mailed_at.map_or(now, |at| at.saturating_add(MAIL_AT_MOST_EVERY));
            let due = earliest.max(now.saturating_add(MAIL_AFTER));
            self.mail_due = Some(due);
            to_do.mail_at = Some(due);
        }
        to_do
    }

    /// Somebody looked: what they were to be told they have seen. Whether anything is another by that.
    pub(super) fn look(&mut self, now: i64) -> bool {
        let told_since =
            |at: Option<i64>| at.is_some_and(|at| self.looked_at.is_none_or(|looked| looked < at));
        if self.mail_due.is_none() && !told_since(self.pushed_at) {
            return false;
        }
        self.mail_due = None;
        self.looked_at = Some(now);
        true
    }

    /// Where a mail goes that is due, and when the one before went; it is not due any more then.
    pub(super) fn take_due_mail(&mut self, now: i64) -> Option<(MailWish, Option<i64>)> {
        self.mail_due.filter(|due| *due <= now)?;
        self.mail_due = None;
        let wish = self.confirmed().cloned()?;
        Some((wish, self.mailed_at.replace(now)))
    }

    /// It could not be sent: it is due as it was, unless somebody looked meanwhile.
    pub(super) fn give_mail_back(&mut self, now: i64, mailed_before: Option<i64>) {
        let has_looked = self.looked_at.is_some_and(|looked| looked >= now);
        if self.mailed_at == Some(now) && !has_looked {
            self.mailed_at = mailed_before;
            self.mail_due = Some(now);
        }
    }

    /// No mails any more.
    pub(super) fn forget_mail(&mut self) {
        *self = Self { browsers: std::mem::take(&mut self.browsers), ..Self::default() };
    }

    /// Whoever reads mail there wants it.
    pub(super) fn confirm_mail(&mut self) {
        if let Some(wish) = &mut self.mail {
            wish.confirmed = true;
        }
    }
}

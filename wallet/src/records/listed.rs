//! What the member holds, kind by kind, as a list shows it.

use std::collections::BTreeMap;

use credentials::types;
use environment::Timestamp;
use jose::digest;
use serde::Serialize;
use serde_json::{Map, Value};

use super::{Copy, HeldCredential};
use crate::flows::{expires_soon, kept_back_from};
use crate::wallet::content;

/// How it stands with what is held of one kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum HeldState {
    /// It can be shown.
    Good,
    /// It can be shown, for some days more.
    ExpiresSoon,
    /// It has expired.
    Expired,
    /// Each copy was shown, or the rest is kept to get others.
    UsedUp,
    /// Its issuer says that it does not count at present.
    Suspended,
    /// Its issuer has taken it back.
    Revoked,
    /// The member left the space that gave it ([`ListedCredential::left_at`]).
    Ended,
}

impl HeldState {
    /// Its name in files.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Good => "good",
            Self::ExpiresSoon => "expires-soon",
            Self::Expired => "expired",
            Self::UsedUp => "used-up",
            Self::Suspended => "suspended",
            Self::Revoked => "revoked",
            Self::Ended => "ended",
        }
    }
}

/// How new copies of a kind are got.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Anew {
    /// Its issuer gives them for a present copy; the wallet asks for them by itself when they run low.
    Here,
    /// At this page of its issuer.
    At(String),
    /// Only its issuer knows.
    Asking,
}

/// One type of credential from one issuer, as a list shows it.
#[derive(Clone, PartialEq, Serialize)]
pub struct ListedCredential {
    /// The type.
    #[serde(rename = "type")]
    pub vct: String,
    /// What the issuer calls it.
    pub label: Option<String>,
    /// The credential issuer identifier.
    pub issuer: String,
    /// The issuer's name.
    pub issuer_name: String,
    /// The issuer's DID.
    #[serde(skip)]
    pub(crate) issuer_did: Option<String>,
    /// The network that admitted the issuer.
    pub network: Option<String>,
    /// How it stands with it.
    pub state: HeldState,
    /// Copies that can still be shown to anybody: how often it can be used.
    pub uses_left: usize,
    /// Copies that can still be shown; of a passport, a profile and a membership the last ones to their issuer alone, for
    /// new ones.
    pub copies_left: usize,
    /// Copies that were not shown and that their issuer has revoked.
    pub copies_revoked: usize,
    /// Copies that were not shown and that their issuer has suspended.
    pub copies_suspended: usize,
    /// Copies in all.
    pub copies: usize,
    /// When the last fresh copy expires, in seconds since the epoch; where none is fresh, when the last one of all does or did.
    pub expires_at: Option<i64>,
    /// When the member ended the membership of the space that gave it, in seconds since the epoch; none of what has not ended by that.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub left_at: Option<i64>,
    /// What it says, for the member's eyes.
    pub claims: Map<String, Value>,
    /// A copy, of which that is read.
    #[serde(skip)]
    pub(crate) compact: String,
}

impl std::fmt::Debug for ListedCredential {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "ListedCredential({}, {} left)", self.vct, self.copies_left)
    }
}

impl ListedCredential {
    /// All kinds, by type and issuer; without what they say, which takes long to read.
    pub(crate) fn all(copies: &[Copy], now: Timestamp) -> Vec<Self> {
        let kept_back = kept_back_from(None, copies, now);
        let mut counted: BTreeMap<(&str, &str), Counted<'_>> = BTreeMap::new();
        for copy in copies {
            let may_be_shown = !kept_back.contains(&copy.id);
            for credential in &copy.credentials {
                let key = (credential.vct.as_str(), credential.issuer.as_str());
                let counted = counted.entry(key).or_insert_with(|| Counted::new(credential));
                counted.add(copy, credential, may_be_shown, now);
            }
        }
        counted.into_values().map(|counted| counted.listed(now)).collect()
    }

    /// Reads what it says.
    pub fn read(&mut self) {
        self.claims = content(&self.compact);
    }

    /// Its name in addresses: it says neither type nor issuer.
    #[must_use]
    pub fn key(&self) -> String {
        key_of(&self.vct, &self.issuer)
    }

    /// How new copies are got.
    #[must_use]
    pub fn anew(&self) -> Anew {
        let issuer = self.issuer.trim_end_matches('/');
        let is_ours = self.network.is_some();
        if self.state == HeldState::Ended {
            return Anew::Asking;
        }
        match self.vct.as_str() {
            types::PASSPORT | types::PROFILE | types::MEMBERSHIP if is_ours && self.copies_left > 0 => {
                Anew::Here
            }
            types::PASSPORT | types::PROFILE if is_ours => Anew::At(format!("{issuer}/passport")),
            // A space gives it to its members at its own page; to whom it was taken back it gives none.
            types::MEMBERSHIP if is_ours && matches!(self.state, HeldState::Expired | HeldState::UsedUp) => {
                Anew::At(issuer.to_owned())
            }
            _ => Anew::Asking,
        }
    }

    /// What it says as a person reads it: the space that gave it by its name. None where that was not read.
    pub fn told_claims(&self) -> impl Iterator<Item = (&str, String)> {
        let told = |value: &Value| match value.as_str() {
            Some(text) if self.issuer_did.as_deref() == Some(text) => self.issuer_name.clone(),
            Some(text) => text.to_owned(),
            None => value.to_string(),
        };
        self.claims.iter().map(move |(name, value)| (name.as_str(), told(value)))
    }

    /// Whether it is no good any more, so that it may be the member who ended it.
    pub(crate) fn may_have_been_left(&self) -> bool {
        match self.state {
            HeldState::Revoked => true,
            HeldState::Expired | HeldState::UsedUp => self.vct == types::MEMBERSHIP,
            _ => false,
        }
    }

    /// Notes that the member left the space that gave it.
    pub(crate) fn note_left(&mut self, at: i64) {
        self.state = HeldState::Ended;
        self.left_at = Some(at);
    }

    /// Whether nothing of it can be shown until its member does something about it.
    #[must_use]
    pub fn needs_its_member(&self) -> bool {
        matches!(self.state, HeldState::Expired | HeldState::UsedUp) && matches!(self.anew(), Anew::At(_))
    }
}

/// The name of a kind in addresses.
pub(crate) fn key_of(vct: &str, issuer: &str) -> String {
    digest::sha256_base64url(format!("{vct}\u{0}{issuer}")).chars().take(22).collect()
}

/// What is counted of one kind.
struct Counted<'a> {
    /// The one that came first, which says what it is.
    first: &'a HeldCredential,
    uses_left: usize,
    left: usize,
    revoked: usize,
    suspended: usize,
    all: usize,
    /// When the last of those expires that can be shown, and of all.
    left_until: Option<i64>,
    until: Option<i64>,
}

impl<'a> Counted<'a> {
    const fn new(first: &'a HeldCredential) -> Self {
        Self { first, uses_left: 0, left: 0, revoked: 0, suspended: 0, all: 0, left_until: None, until: None }
    }

    fn add(&mut self, copy: &Copy, credential: &HeldCredential, may_be_shown: bool, now: Timestamp) {
        let count = |counted: &mut usize, is_one: bool| *counted = counted.saturating_add(is_one.into());
        let is_unused = copy.used_at.is_none();
        let is_fresh = is_unused && credential.counts(now);
        count(&mut self.all, true);
        count(&mut self.left, is_fresh);
        count(&mut self.uses_left, is_fresh && may_be_shown);
        count(&mut self.revoked, is_unused && credential.revoked);
        count(&mut self.suspended, is_unused && credential.suspended && !credential.is_expired(now));
        self.until = self.until.max(credential.expires_at);
        if is_fresh {
            self.left_until = self.left_until.max(credential.expires_at);
        }
    }

    fn listed(self, now: Timestamp) -> ListedCredential {
        let first = self.first;
        let state = self.state(now);
        let mut listed = ListedCredential {
            vct: first.vct.clone(),
            label: first.label.clone(),
            issuer: first.issuer.clone(),
            issuer_name: first.issuer_name.clone(),
            issuer_did: first.issuer_did.clone(),
            network: first.network.clone(),
            state,
            uses_left: self.uses_left,
            copies_left: self.left,
            copies_revoked: self.revoked,
            copies_suspended: self.suspended,
            copies: self.all,
            expires_at: if self.left > 0 { self.left_until } else { self.until },
            left_at: None,
            claims: Map::new(),
            compact: first.compact.clone(),
        };
        // What lasts for ever does not expire, which is no moment that has come.
        if state == HeldState::Good && listed.expires_at.is_some() && expires_soon(&listed, now) {
            listed.state = HeldState::ExpiresSoon;
        }
        listed
    }

    fn state(&self, now: Timestamp) -> HeldState {
        let has_expired = self.until.is_some_and(|until| now.seconds() >= until);
        if self.uses_left > 0 {
            HeldState::Good
        } else if self.left == 0 && self.suspended > 0 {
            HeldState::Suspended
        } else if self.left == 0 && self.revoked > 0 {
            HeldState::Revoked
        } else if self.left == 0 && has_expired {
            HeldState::Expired
        } else {
            HeldState::UsedUp
        }
    }
}

impl Copy {
    /// Takes everything of a kind out of it; gives whether there was anything.
    pub(crate) fn take_out(&mut self, key: &str) -> bool {
        let before = self.credentials.len();
        self.credentials.retain(|one| key_of(&one.vct, &one.issuer) != key);
        self.credentials.len() < before
    }
}

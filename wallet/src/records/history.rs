//! The history: every transaction, also those that were refused or failed. Names of claims, never values.

use serde::{Deserialize, Serialize};

use super::Deed;
use crate::question::Use;
use crate::vault::{About, Kept, Placed};

/// What kind of transaction it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum HistoryKind {
    /// Credentials were offered.
    Offer,
    /// Claims were asked for.
    Request,
    /// Something that follows an answer was collected.
    FollowUp,
    /// A network was joined.
    Network,
    /// Mail came that was not kept.
    Mail,
    /// A space was asked to change what it holds.
    Change,
    /// The member's own identifier or number was changed.
    Identity,
    /// The wallet did it by itself: it showed a copy to whoever had given it, or took the new ones.
    ByItself,
}

impl HistoryKind {
    /// Every kind.
    pub const ALL: [Self; 8] = [
        Self::Request,
        Self::Offer,
        Self::FollowUp,
        Self::Change,
        Self::Mail,
        Self::Identity,
        Self::Network,
        Self::ByItself,
    ];

    /// Its name in files and addresses.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Offer => "offer",
            Self::Request => "request",
            Self::FollowUp => "follow-up",
            Self::Network => "network",
            Self::Mail => "mail",
            Self::Change => "change",
            Self::Identity => "identity",
            Self::ByItself => "by-itself",
        }
    }
}

/// One transaction.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HistoryEntry {
    /// A random identifier.
    pub id: String,
    /// When, in seconds since the epoch.
    pub at: i64,
    /// What kind.
    pub kind: HistoryKind,
    /// The name of the other party, as far as it got known.
    pub party: Option<String>,
    /// Its identifier.
    pub did: Option<String>,
    /// Its host.
    pub host: Option<String>,
    /// The network that admitted it.
    pub network: Option<String>,
    /// The purpose it stated.
    pub purpose: Option<String>,
    /// The uses of which the purpose is, as they were registered. Entries of before have none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub uses: Vec<Use>,
    /// Where to ask for deletion.
    pub data_protection_contact: Option<String>,
    /// The authority to complain to.
    pub supervisory_authority: Option<String>,
    /// Names of the claims or types that were asked for or offered.
    pub requested: Vec<String>,
    /// What the member had done at a space. Entries of before have it as a line in [`Self::requested`].
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub deeds: Vec<Deed>,
    /// Names of the claims or types that were given or received.
    pub presented: Vec<String>,
    /// Names of the claims that were offered in the place of what was asked for, where less was offered.
    #[serde(default)]
    pub offered_less: Vec<String>,
    /// Why the other side asked anew or declined, in its words.
    #[serde(default)]
    pub reason: Option<String>,
    /// Why it was not completed, as a short code; absent when it was.
    pub not_completed: Option<String>,
    /// Whether that code is the other side's word. It may be any: it means nothing that this wallet's own codes mean.
    #[serde(default)]
    pub is_their_word: bool,
}

impl HistoryEntry {
    pub(crate) fn new(id: String, at: i64, kind: HistoryKind) -> Self {
        Self {
            id,
            at,
            kind,
            party: None,
            did: None,
            host: None,
            network: None,
            purpose: None,
            uses: Vec::new(),
            data_protection_contact: None,
            supervisory_authority: None,
            requested: Vec::new(),
            deeds: Vec::new(),
            presented: Vec::new(),
            offered_less: Vec::new(),
            reason: None,
            not_completed: None,
            is_their_word: false,
        }
    }

    /// What the member had done, also where an entry of before tells it in a line.
    #[must_use]
    pub fn done(&self) -> Option<Vec<Deed>> {
        if self.kind != HistoryKind::Change {
            return None;
        }
        match (&self.deeds[..], &self.requested[..]) {
            ([], [line]) => Deed::read(line),
            ([], _) => None,
            (deeds, _) => Some(deeds.to_vec()),
        }
    }

    /// The identifier of the entry that tells of the network that was joined after so many others.
    pub(crate) fn id_of_network(others: usize) -> String {
        format!("network-{others}")
    }

    /// Says why it was not completed, and whether the code is the other side's word.
    pub(crate) fn fail(&mut self, code: &str, is_their_word: bool) {
        self.not_completed = Some(code.to_owned());
        self.is_their_word = is_their_word;
    }
}

impl HistoryEntry {
    /// The entry with what is endless cut off: whoever sends long names must not get out of the history by them.
    pub(crate) fn bounded(mut self) -> Self {
        const MOST_NAMES: usize = 128;
        const LONGEST: usize = 256;
        const MOST_DEEDS: usize = 64;
        const LONGEST_IN_DEEDS: usize = 64;
        const LONGEST_PURPOSE: usize = 2_000;
        const LONGEST_USES: usize = 16_384;
        let cut_at = |longest: usize, text: &mut String| {
            if let Some((end, _)) = text.char_indices().nth(longest) {
                text.truncate(end);
                text.push('…');
            }
        };
        let cut = |text: &mut String| cut_at(LONGEST, text);
        self.purpose.iter_mut().for_each(|purpose| cut_at(LONGEST_PURPOSE, purpose));
        // Of what is endless in every language the purpose says enough.
        let bytes = |one: &Use| {
            one.texts.iter().fold(one.id.len(), |sum, (tag, text)| {
                sum.saturating_add(tag.len()).saturating_add(text.len())
            })
        };
        if self.uses.iter().map(bytes).fold(0, usize::saturating_add) > LONGEST_USES {
            self.uses.clear();
        }
        let texts = [
            &mut self.party,
            &mut self.did,
            &mut self.host,
            &mut self.network,
            &mut self.data_protection_contact,
            &mut self.supervisory_authority,
            &mut self.reason,
            &mut self.not_completed,
        ];
        texts.into_iter().flatten().for_each(cut);
        self.deeds.truncate(MOST_DEEDS);
        for deed in &mut self.deeds {
            if let Deed::Object { about: names } | Deed::AnswerHello { shared: names } = deed {
                names.truncate(MOST_DEEDS);
            }
            deed.names_mut().iter_mut().for_each(|name| cut_at(LONGEST_IN_DEEDS, name));
        }
        self.requested.truncate(MOST_NAMES);
        self.presented.truncate(MOST_NAMES);
        self.offered_less.truncate(MOST_NAMES);
        let names = self.requested.iter_mut().chain(&mut self.presented).chain(&mut self.offered_less);
        names.for_each(cut);
        self
    }
}

impl HistoryEntry {
    /// By which the entries of one party are found: short, and no name of it.
    #[must_use]
    pub fn party_key(identifier: &str) -> String {
        jose::digest::sha256_base64url(identifier).chars().take(16).collect()
    }

    fn about(&self) -> Option<About> {
        let identifier = [&self.did, &self.host, &self.party].into_iter().flatten().next()?;
        let name = self.party.as_ref().or(self.host.as_ref()).unwrap_or(identifier);
        Some(About { key: Self::party_key(identifier), name: name.clone() })
    }
}

impl Kept for HistoryEntry {
    const KIND: &'static str = "history";

    fn name(&self) -> String {
        self.id.clone()
    }

    fn placed(&self) -> Option<Placed> {
        Some(Placed { at: self.at, kind: self.kind.name().to_owned(), about: self.about() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_kinds_are_called_in_addresses_as_they_are_kept() {
        for kind in HistoryKind::ALL {
            assert_eq!(serde_json::to_value(kind).unwrap(), kind.name());
        }
    }

    #[test]
    fn long_names_are_cut_so_that_the_entry_can_be_written() {
        let mut entry = HistoryEntry::new("id".to_owned(), 0, HistoryKind::Offer);
        entry.party = Some("é".repeat(257));
        entry.requested = vec!["\u{1b}".repeat(100_000); 10_000];
        entry.presented = vec!["email".to_owned()];
        entry.purpose = Some("why ".repeat(100_000));
        let used =
            |text: &str| Use { id: "id".to_owned(), texts: [("en".to_owned(), text.to_owned())].into() };
        entry.uses = vec![used(&"why ".repeat(100_000))];
        entry.deeds = vec![Deed::Object { about: vec!["\u{1b}".repeat(100_000); 10_000] }; 1];
        let entry = entry.bounded();
        assert_eq!(entry.purpose.as_ref().map(|text| text.chars().count()), Some(2_001));
        assert_eq!(entry.uses, []);
        let short = HistoryEntry { uses: vec![used("why")], ..entry.clone() };
        assert_eq!(short.bounded().uses, [used("why")]);
        assert_eq!(entry.party, Some(format!("{}…", "é".repeat(256))));
        assert_eq!(entry.presented, ["email"]);
        assert!(serde_json::to_string(&entry).unwrap().len() < store::MAX_VALUE_BYTES);
    }
}

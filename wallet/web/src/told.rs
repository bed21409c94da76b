//! What an entry of the history says to a person, at a page as in the terminal.

use wallet::{HistoryEntry, HistoryKind, shown};
use web::Words;

use crate::words::{kind, list};

/// An entry in words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Told {
    /// What happened, and with whom.
    pub title: String,
    /// Why it was not finished; none where it was.
    pub ending: Option<String>,
    /// What is known of it: what it is called, and what it is.
    pub facts: Vec<(String, String)>,
}

impl Told {
    /// An entry in these words.
    #[must_use]
    pub fn of(words: Words, entry: &HistoryEntry) -> Self {
        let host = entry.host.as_deref().map(shown).unwrap_or_default();
        let name = entry.party.as_deref().map(shown).unwrap_or_default();
        let who = match (name.is_empty(), host.is_empty() || host == name) {
            (true, true) => words.say("history-nobody"),
            (true, false) => host,
            (false, true) => name,
            (false, false) => format!("{name} ({host})"),
        };
        Self {
            title: format!("{}: {who}", words.say(title_of(entry.kind))),
            ending: entry.not_completed.as_deref().map(|code| ending(words, code, entry.is_their_word)),
            facts: facts(words, entry),
        }
    }
}

/// The key of what a kind of entry is called.
#[must_use]
pub const fn title_of(kind: HistoryKind) -> &'static str {
    match kind {
        HistoryKind::Request => "history-asked",
        HistoryKind::Offer => "history-offered",
        HistoryKind::FollowUp => "history-followed",
        HistoryKind::Change => "history-changed",
        HistoryKind::Mail => "history-mail",
        HistoryKind::Identity => "history-identity",
        HistoryKind::Network => "history-network",
    }
}

fn facts(words: Words, entry: &HistoryEntry) -> Vec<(String, String)> {
    let names = |names: &[String]| match entry.kind {
        HistoryKind::Offer => names.iter().map(|vct| kind(words, vct)).collect::<Vec<_>>().join(", "),
        _ => list(words, names),
    };
    let mut facts = Vec::new();
    let mut add = |key: &str, said: String| {
        if !said.is_empty() {
            facts.push((words.say(key), said));
        }
    };
    add("history-requested", names(&entry.requested));
    let nothing = entry.presented.is_empty() && entry.not_completed.is_some();
    let given = if nothing { words.say("history-nothing") } else { names(&entry.presented) };
    if !entry.requested.is_empty() {
        add("history-given", given);
    }
    add("history-instead", list(words, &entry.offered_less));
    let told = |text: &Option<String>| text.as_deref().map(shown).unwrap_or_default();
    add("history-said", told(&entry.reason));
    add("why", told(&entry.purpose));
    // Nothing that was not given can be erased; whom to ask about the asking is known all the same.
    let contact = if entry.presented.is_empty() { "asks-contact" } else { "history-contact" };
    add(contact, told(&entry.data_protection_contact));
    add("history-authority", told(&entry.supervisory_authority));
    facts
}

/// Why something was not finished: in words for what members meet, else by its code. What the other side said is told as that: by a
/// word of ours it could put into the member's mouth what the member never said.
fn ending(words: Words, code: &str, is_their_word: bool) -> String {
    let code_shown = shown(code);
    if is_their_word {
        return words.say_with("history-they-refused", &[("code", &code_shown)]);
    }
    let key = format!("history-{code}");
    if words.knows(&key) {
        words.say(&key)
    } else {
        words.say_with("history-ended", &[("code", &code_shown)])
    }
}

//! What an entry of the history says to a person, at a page as in the terminal.

use wallet::{Deed, HistoryEntry, HistoryKind, shown};
use web::Words;

use crate::deeds;
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
    let told = |text: &Option<String>| text.as_deref().map(shown).unwrap_or_default();
    if let Some(did) = done(words, entry) {
        add("history-did", did);
        return facts;
    }
    add("history-requested", names(&entry.requested));
    let nothing = entry.presented.is_empty() && entry.not_completed.is_some();
    let given = if nothing { words.say("history-nothing") } else { names(&entry.presented) };
    if !entry.requested.is_empty() {
        add("history-given", given);
    }
    add("history-instead", list(words, &entry.offered_less));
    add("history-said", told(&entry.reason));
    add("why", told(&entry.purpose));
    // Nothing that was not given can be erased; whom to ask about the asking is known all the same.
    let contact = if entry.presented.is_empty() { "asks-contact" } else { "history-contact" };
    add(contact, told(&entry.data_protection_contact));
    add("history-authority", told(&entry.supervisory_authority));
    facts
}

/// What the member did, in words; none of what others asked or offered.
fn done(words: Words, entry: &HistoryEntry) -> Option<String> {
    let lines = || entry.requested.iter().map(|line| shown(line)).collect::<Vec<_>>().join(", ");
    match entry.kind {
        HistoryKind::Change => Some(entry.done().map_or_else(lines, |deeds| deeds::said(words, &deeds))),
        HistoryKind::Identity => {
            let line = entry.requested.first().map(String::as_str).unwrap_or_default();
            Some(deeds::with_identity(line).map_or_else(lines, |key| words.say(key)))
        }
        _ => None,
    }
}

/// An entry's deeds for a table: in words, where there are any.
#[must_use]
pub fn done_in_words(words: Words, entry: &HistoryEntry) -> String {
    done(words, entry).unwrap_or_default()
}

/// What a proof of change was kept with, in words; as it was noted where that is no line of this wallet's.
#[must_use]
pub fn change_in_words(words: Words, line: &str) -> String {
    Deed::read(line).map_or_else(|| shown(line), |deeds| deeds::said(words, &deeds))
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

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};
    use web::Language;

    use super::*;

    /// An entry as it is kept, with this beside what every entry has.
    fn entry(kind: &str, more: &Value) -> HistoryEntry {
        let mut kept = json!({"id": "id", "at": 0, "kind": kind, "party": "Kiln", "did": null, "host": null,
            "network": null, "purpose": null, "data_protection_contact": null, "supervisory_authority": null,
            "requested": [], "presented": [], "not_completed": null});
        kept.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        serde_json::from_value(kept).unwrap()
    }

    #[test]
    fn what_the_member_did_is_told_as_that_in_each_language_also_of_entries_of_before() {
        let now = json!({"deeds": [{"what": "take-back", "claim": "email"}], "presented": ["email"]});
        let before = json!({"requested": ["take email back"], "presented": ["email"]});
        for (language, did) in [(Language::English, "What you did"), (Language::Spanish, "Lo que hiciste")] {
            let words = Words::new(language);
            let said =
                words.say_with("space-did-take-back", &[("detail", &crate::words::detail(words, "email"))]);
            for kept in [&now, &before] {
                let told = Told::of(words, &entry("change", kept));
                assert_eq!(told.facts, [(did.to_owned(), said.clone())], "nothing was asked for or shared");
            }
        }
    }

    #[test]
    fn a_line_that_tells_no_deed_stands_as_it_was_kept_and_harmless() {
        let told = Told::of(Words::default(), &entry("change", &json!({"requested": ["take \u{1b} away"]})));
        assert_eq!(told.facts, [("What you did".to_owned(), "take \\u{1b} away".to_owned())]);
        let number =
            Told::of(Words::default(), &entry("identity", &json!({"requested": ["another number"]})));
        assert_eq!(number.facts, [("What you did".to_owned(), "another passport number".to_owned())]);
        let asked = Told::of(Words::default(), &entry("request", &json!({"requested": ["email"]})));
        assert_eq!(asked.facts[0].0, "Asked for or offered", "what others asked is told as that");
    }
}

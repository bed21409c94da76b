//! What an entry of the history says to a person, at a page as in the terminal.

use wallet::{Deed, Errand, HistoryEntry, HistoryKind, Use, shown};
use web::Words;

use crate::words::{foreign, kind, list};
use crate::{deeds, spaces};

/// An entry in words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Told {
    /// What happened, and with whom.
    pub title: String,
    /// Why it was not finished; none where it was.
    pub ending: Option<String>,
    /// What is known of it.
    pub facts: Vec<Fact>,
}

/// Something that is known of an entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fact {
    /// What it is called.
    pub label: String,
    /// What it is.
    pub said: String,
    /// The tag of the language in which others said it, where that is not the page's.
    pub language: Option<String>,
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
        HistoryKind::ByItself => "history-by-itself",
    }
}

fn facts(words: Words, entry: &HistoryEntry) -> Vec<Fact> {
    let names = |names: &[String]| match entry.kind {
        HistoryKind::Offer => names.iter().map(|vct| kind(words, vct)).collect::<Vec<_>>().join(", "),
        HistoryKind::ByItself => by_itself(words, names),
        _ => list(words, names),
    };
    let mut facts = Vec::new();
    let mut add_in = |key: &str, said: String, language: Option<String>| {
        if !said.is_empty() {
            facts.push(Fact { label: words.say(key), said, language });
        }
    };
    let mut add = |key: &str, said: String| add_in(key, said, None);
    let told = |text: &Option<String>| text.as_deref().map(shown).unwrap_or_default();
    if let Some(did) = done(words, entry) {
        add("history-did", did);
        return facts;
    }
    let (requested, presented) = labels(entry);
    add(requested, names(&entry.requested));
    let nothing = entry.presented.is_empty() && entry.not_completed.is_some();
    let given = if nothing { words.say("history-nothing") } else { names(&entry.presented) };
    if !entry.requested.is_empty() {
        add(presented, given);
    }
    add("history-instead", list(words, &entry.offered_less));
    add("history-said", told(&entry.reason));
    let uses = Use::all_said_in(&entry.uses, words.tag());
    if uses.is_empty() {
        add("why", told(&entry.purpose));
    }
    for one in uses {
        add_in("why", shown(one.text), foreign(words, one.language));
    }
    let mut add = |key: &str, said: String| add_in(key, said, None);
    // Nothing that was not given can be erased; whom to ask about the asking is known all the same.
    let contact = if entry.presented.is_empty() { "asks-contact" } else { "history-contact" };
    add(contact, told(&entry.data_protection_contact));
    add("history-authority", told(&entry.supervisory_authority));
    facts
}

/// The keys of what is said of what others wanted or offered, and of what came of it.
fn labels(entry: &HistoryEntry) -> (&'static str, &'static str) {
    let are_types = entry.requested.iter().any(|name| is_type(name));
    match entry.kind {
        HistoryKind::Request => ("history-asked-for", "history-shared"),
        HistoryKind::Offer => ("history-was-offered", "history-received"),
        HistoryKind::ByItself if are_types => ("history-was-offered", "history-received"),
        HistoryKind::ByItself => ("history-asked-for", "history-shared"),
        _ => ("history-requested", "history-given"),
    }
}

/// Whether a name is that of a type, and not of a detail.
fn is_type(name: &str) -> bool {
    name.contains(':')
}

/// Details by which the wallet asked for new copies, or what it got.
fn by_itself(words: Words, names: &[String]) -> String {
    if names.iter().any(|name| is_type(name)) {
        names.iter().map(|vct| kind(words, vct)).collect::<Vec<_>>().join(", ")
    } else {
        list(words, names)
    }
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

/// What is to be done at a space, in words.
#[must_use]
pub fn errand_in_words(words: Words, errand: &Errand) -> String {
    spaces::errand(words, errand)
}

/// What has just been done at a space, and that it was proven: sentences.
#[must_use]
pub fn done_at_space(words: Words, errand: &Errand, space: &str) -> Vec<String> {
    let mut told = spaces::done_at(words, errand, &shown(space));
    told.push(words.say("space-done-proof"));
    told
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

    fn fact(label: &str, said: &str) -> Fact {
        Fact { label: label.to_owned(), said: said.to_owned(), language: None }
    }

    #[test]
    fn why_something_was_asked_is_told_in_the_pages_language_or_marked_with_its_own() {
        let uses = json!([
            {"id": "a", "texts": {"en": "Becoming a member", "es": "Hacerte miembro"}},
            {"id": "b", "texts": {"de": "Post zustellen"}},
        ]);
        let kept = entry("request", &json!({"purpose": "Becoming a member; Post zustellen", "uses": uses}));
        let why = |language| {
            let facts = Told::of(Words::new(language), &kept).facts.into_iter();
            facts.map(|one| (one.said, one.language.unwrap_or_default())).collect::<Vec<_>>()
        };
        let said = |text: &str, language: &str| (text.to_owned(), language.to_owned());
        assert_eq!(why(Language::English), [said("Becoming a member", ""), said("Post zustellen", "de")]);
        assert_eq!(why(Language::Spanish), [said("Hacerte miembro", ""), said("Post zustellen", "de")]);
        // Of before there is the text alone.
        let before = entry("request", &json!({"purpose": "Becoming a member"}));
        assert_eq!(Told::of(Words::new(Language::Spanish), &before).facts[0].said, "Becoming a member");
    }

    #[test]
    fn what_the_wallet_did_by_itself_is_told_as_that_with_words_for_what_it_got() {
        let kept = entry(
            "by-itself",
            &json!({"requested": ["urn:passport-network:membership:1"], "presented": ["urn:passport-network:membership:1"]}),
        );
        let told = Told::of(Words::default(), &kept);
        assert_eq!(told.title, "By itself: Kiln");
        assert_eq!(told.facts[0].said, kind(Words::default(), "urn:passport-network:membership:1"));
        let asked = entry("by-itself", &json!({"requested": ["sub"]}));
        assert_eq!(Told::of(Words::default(), &asked).facts[0].said, "your member number");
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
                assert_eq!(told.facts, [fact(did, &said)], "nothing was asked for or shared");
            }
        }
    }

    #[test]
    fn a_line_that_tells_no_deed_stands_as_it_was_kept_and_harmless() {
        let told = Told::of(Words::default(), &entry("change", &json!({"requested": ["take \u{1b} away"]})));
        assert_eq!(told.facts, [fact("What you did", "take \\u{1b} away")]);
        let number =
            Told::of(Words::default(), &entry("identity", &json!({"requested": ["another number"]})));
        assert_eq!(number.facts, [fact("What you did", "another passport number")]);
        let asked = Told::of(Words::default(), &entry("request", &json!({"requested": ["email"]})));
        assert_eq!(asked.facts[0].label, "Asked for", "what others asked is told as that");
    }
}

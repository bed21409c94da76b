//! How it stands with what the member holds, in words; at the pages as in the terminal.

use wallet::{Anew, AwaitedKind, AwaitedState, HeldState, ListedCredential, NotGiven, shown};
use web::Words;

use crate::hosts::host_of;
use crate::times::{day, minute};
use crate::words::{begun, detail, is_known, kind, value};

/// A kind of thing, as it is shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kind {
    /// By which it is named in forms.
    pub key: String,
    /// What it is called.
    pub title: String,
    /// Who gave it, or is to.
    pub from: String,
    /// A word for how it stands.
    pub state: String,
    /// A sign beside it.
    pub sign: &'static str,
    /// Whether something is wrong.
    pub is_wrong: bool,
    /// What there is to say.
    pub facts: Vec<String>,
    /// What it says of its member: what each detail is called, and its value. None where that was not read.
    pub says: Vec<(String, String)>,
    /// Whether new copies can be fetched here.
    pub anew: bool,
    /// Where else new ones are got: what the link says, and where it leads.
    pub anew_at: Option<(String, String)>,
    /// How it is got rid of.
    pub end: End,
}

/// How it is got rid of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// It is thrown away.
    Throw,
    /// It is not waited for any more.
    LetGo,
    /// It is not shown any more that it was not given.
    PutAway,
}

/// The order: what needs its member, what is wrong, what is fine; the network's own kinds before others.
pub(crate) fn rank(one: &ListedCredential) -> (bool, u8, bool, String, String) {
    let state = match one.state {
        HeldState::Revoked | HeldState::Suspended => 0,
        HeldState::Expired | HeldState::UsedUp => 1,
        HeldState::ExpiresSoon => 2,
        HeldState::Good => 3,
        HeldState::Ended => 4,
    };
    (!one.needs_its_member(), state, !is_known(&one.vct), one.vct.clone(), one.issuer.clone())
}

/// What it is called. What this wallet has no word for has that of whoever gave it.
pub(crate) fn title(words: Words, vct: &str, label: Option<&str>) -> String {
    match label {
        Some(label) if !is_known(vct) => shown(label),
        _ => begun(&kind(words, vct)),
    }
}

/// Who, by name and host; of a name that is the host the host alone.
fn from(words: Words, name: Option<&str>, issuer: &str) -> String {
    let host = host_of(issuer);
    let name = name.map(shown).filter(|name| !name.is_empty() && *name != host);
    let issuer = name.map_or_else(|| host.clone(), |name| format!("{name} ({host})"));
    words.say_with("held-from", &[("issuer", &issuer)])
}

impl Kind {
    /// Something that is held.
    #[must_use]
    pub fn held(words: Words, one: &ListedCredential) -> Self {
        let issuer = shown(&one.issuer_name);
        let (sign, is_wrong) = match one.state {
            HeldState::Good => ("✓", false),
            HeldState::ExpiresSoon => ("!", false),
            HeldState::UsedUp => ("0", false),
            HeldState::Expired => ("✕", true),
            HeldState::Suspended => ("‖", true),
            HeldState::Revoked => ("✕", true),
            HeldState::Ended => ("–", false),
        };
        let anew = one.anew();
        Self {
            key: one.key(),
            title: title(words, &one.vct, one.label.as_deref()),
            from: from(words, Some(&one.issuer_name), &one.issuer),
            state: words.say(&format!("held-state-{}", one.state.name())),
            sign,
            is_wrong,
            facts: facts(words, one, &anew, &issuer),
            says: says(words, one),
            anew: anew == Anew::Here,
            anew_at: match anew {
                Anew::At(address) => {
                    Some((words.say_with("held-anew-at", &[("host", &host_of(&address))]), address))
                }
                Anew::Here | Anew::Asking => None,
            },
            end: End::Throw,
        }
    }

    /// Something that is being made.
    #[must_use]
    pub fn awaited(words: Words, one: &AwaitedKind) -> Self {
        let issuer = one.claimed_name.as_deref().map_or_else(|| host_of(&one.issuer), shown);
        let (state, said) = match one.state {
            AwaitedState::BeingMade { not_before } => {
                let time = minute(not_before);
                let said = words.say_with("held-says-making", &[("issuer", &issuer), ("time", &time)]);
                ("held-state-making", said)
            }
            AwaitedState::NotChecked => ("held-state-unchecked", words.say("held-says-unchecked")),
        };
        let since = one.since.map(|since| words.say_with("held-promised", &[("date", &day(since))]));
        Self {
            key: one.id.clone(),
            title: title(words, &one.vct, one.label.as_deref()),
            from: from(words, one.claimed_name.as_deref(), &one.issuer),
            state: words.say(state),
            sign: "…",
            is_wrong: false,
            facts: std::iter::once(said).chain(since).collect(),
            says: Vec::new(),
            anew: false,
            anew_at: None,
            end: End::LetGo,
        }
    }

    /// Something that was promised and not given.
    #[must_use]
    pub fn not_given(words: Words, one: &NotGiven) -> Self {
        let key = format!("history-{}", one.code);
        let why = match &one.said {
            Some(said) => words.say_with("held-says-said", &[("said", &shown(said))]),
            // What the other side says chooses none of our sentences.
            None if !one.is_their_word && words.knows(&key) => words.say(&key),
            None => words.say_with("held-says-code", &[("code", &shown(&one.code))]),
        };
        Self {
            key: one.id.clone(),
            title: title(words, &one.vct, one.label.as_deref()),
            from: from(words, one.claimed_name.as_deref(), &one.issuer),
            state: words.say("held-state-not-given"),
            sign: "✕",
            is_wrong: true,
            facts: vec![why, words.say_with("held-not-given-on", &[("date", &day(one.at))])],
            says: Vec::new(),
            anew: false,
            anew_at: None,
            end: End::PutAway,
        }
    }
}

/// What it says, details of the same kind beside each other.
fn says(words: Words, one: &ListedCredential) -> Vec<(String, String)> {
    let mut said: Vec<(String, String)> = one
        .told_claims()
        .map(|(name, told)| (begun(&detail(words, name)), value(words, name, &told)))
        .filter(|(_, told)| !told.is_empty())
        .collect();
    said.sort();
    said
}

fn facts(words: Words, one: &ListedCredential, anew: &Anew, issuer: &str) -> Vec<String> {
    let by_itself = *anew == Anew::Here;
    let mut facts = Vec::new();
    let uses = u32::try_from(one.uses_left).unwrap_or(u32::MAX);
    match one.state {
        HeldState::Good | HeldState::ExpiresSoon => facts.push(words.count("held-uses", "uses", uses)),
        HeldState::UsedUp => facts.push(words.say("held-says-used-up")),
        HeldState::Suspended => {
            facts.push(words.say_with("held-says-suspended", &[("issuer", issuer)]));
        }
        HeldState::Revoked => facts.push(words.say_with("held-says-revoked", &[("issuer", issuer)])),
        HeldState::Ended => {
            let date = one.left_at.map(day).unwrap_or_default();
            facts.push(words.say_with("held-says-left", &[("issuer", issuer), ("date", &date)]));
        }
        HeldState::Expired => {}
    }
    let key = if one.state == HeldState::Expired { "held-ended" } else { "held-until" };
    let counts = !matches!(one.state, HeldState::Revoked | HeldState::UsedUp | HeldState::Ended);
    match one.expires_at.filter(|_| counts) {
        Some(at) => facts.push(words.say_with(key, &[("date", &day(at))])),
        None if counts => facts.push(words.say("held-endless")),
        None => {}
    }
    if by_itself {
        facts.push(words.say("held-by-itself"));
    } else if *anew == Anew::Asking
        && matches!(one.state, HeldState::Expired | HeldState::ExpiresSoon | HeldState::UsedUp)
    {
        facts.push(words.say_with("held-ask", &[("issuer", issuer)]));
    }
    facts
}

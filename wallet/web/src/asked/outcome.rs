//! What came of a link, as its page tells it.

use askama::Template;
use axum::response::{IntoResponse, Response};
use credentials::types;
use network::decision::{Because, DecidedBy};
use network::follow_up::WaitingFor;
use url::Url;
use url::form_urlencoded::byte_serialize;
use wallet::{AskedAnew, Explained, LeavingIdentifier, ShareProof, shown};
use web::Words;
use web::page::{Look, PostButton};

use super::Pages;
use crate::flows::{Decided, LinkKind, Outcome, Shared, Stopped};
use crate::hosts::host_of;
use crate::links::OPEN;
use crate::words::{kind, list};
use crate::{failures, offices, problems};

#[derive(Template)]
#[template(path = "done.html")]
struct Done {
    words: Words,
    title: String,
    /// What was shared, and what went along.
    shared: Vec<String>,
    received: Vec<String>,
    /// Whether the page's title says that something was received.
    is_titled_by_received: bool,
    /// Whether there is something to go on to but messages and the wallet.
    has_action: bool,
    later: bool,
    /// What went wrong.
    failed: Option<String>,
    /// What the member left, by a word of theirs.
    left: Option<String>,
    warnings: Vec<String>,
    /// What only the member can do now.
    to_do: Vec<String>,
    /// What else became of it.
    notes: Vec<String>,
    anew: Option<Anew>,
    /// What the link says, and where it leads.
    go_on: Option<(String, String)>,
    /// How many messages wait, in a sentence.
    messages: Option<String>,
    /// Where everything is answered of which less was refused.
    after_all: Option<String>,
    /// Asks the office to which a membership has led, which was not asked yet.
    office: Option<PostButton>,
}

/// What a team asks for instead.
struct Anew {
    title: String,
    text: String,
    /// Where it is opened; none where the member said no to it.
    href: Option<String>,
}

impl Pages<'_> {
    pub(super) fn over(&self, outcome: &Outcome) -> Response {
        let words = self.words;
        let title = title_of(words, outcome);
        let address = outcome.go_on.as_deref().filter(|address| is_page(address));
        let leads_on = self.flow.leads_on(outcome).filter(|address| is_page(address));
        let said = outcome.failed.as_ref().map(|(kind, stopped)| failures::why(words, *kind, stopped));
        let is_left = outcome.failed.as_ref().is_some_and(|(_, stopped)| stopped.is_members_word());
        let after_all = self.after_all(outcome);
        let office = self.office(outcome);
        let body = Done {
            words,
            title: title.clone(),
            shared: outcome.shared.as_ref().map(|shared| what_was_shared(words, shared)).unwrap_or_default(),
            received: outcome.received.iter().map(|vct| kind(words, vct)).collect(),
            is_titled_by_received: title == words.say("done-got"),
            has_action: address.is_some()
                || after_all.is_some()
                || office.is_some()
                || outcome.asked_anew.as_ref().is_some_and(|anew| !anew.declined),
            later: outcome.later,
            failed: said.clone().filter(|_| !is_left),
            left: said.filter(|_| is_left),
            warnings: warnings(words, outcome),
            to_do: waits(words, outcome, true),
            notes: notes(words, outcome, address.is_some()),
            anew: outcome.asked_anew.as_ref().map(|anew| asked_anew(words, outcome, anew)),
            go_on: address.map(|address| {
                let label = words.say_with("done-go-on", &[("host", &host_of(address))]);
                (label, address.to_owned())
            }),
            messages: (outcome.messages > 0)
                .then(|| words.count("home-waiting", "waiting", outcome.messages)),
            after_all,
            office,
        };
        let page = self.framed(title, body);
        match leads_on {
            Some(address) => page.leading_on_to(address).into_response(),
            None => page.into_response(),
        }
    }

    /// The same link opens the same question, as long as its request is open: whoever refused less still takes all.
    fn after_all(&self, outcome: &Outcome) -> Option<String> {
        let is_refused = matches!(outcome.failed, Some((_, Stopped::LessDeclined(_))));
        self.flow.link().filter(|_| is_refused).map(opening)
    }

    /// Whoever has a membership now and no passport is led to the office, as long as it has no answer.
    fn office(&self, outcome: &Outcome) -> Option<PostButton> {
        let has = |vct: &str| outcome.received.iter().any(|one| one == vct);
        let office = self.flow.asked_last().office;
        let office = office.filter(|_| has(types::MEMBERSHIP) && outcome.shared.is_none())?;
        Some(offices::button(self.site, self.words, self.unlocked, &office, Look::Main))
    }
}

/// The address at which a link is opened.
fn opening(link: &str) -> String {
    let link: String = byte_serialize(link.as_bytes()).collect();
    format!("{OPEN}?link={link}")
}

fn title_of(words: Words, outcome: &Outcome) -> String {
    match (&outcome.shared, &outcome.failed) {
        (Some(shared), _) => words.say_with("done-shared", &[("asker", &shown(&shared.asker))]),
        (None, Some((LinkKind::Offer, stopped))) if stopped.is_members_word() => words.say("ended-offer"),
        (None, Some((LinkKind::Request, Stopped::Own(code)))) if code == "declined" => {
            words.say("ended-declined")
        }
        (None, Some((LinkKind::Request, stopped))) if stopped.is_members_word() => words.say("ended-left"),
        (None, Some((_, Stopped::LessDeclined(_)))) => words.say("less-declined"),
        (None, Some(_)) => words.say("failed-title"),
        (None, None) if outcome.go_on.is_some() => words.say("ended-page"),
        (None, None) if !outcome.received.is_empty() => words.say("done-got"),
        (None, None) if outcome.messages > 0 => words.say("ended-message"),
        (None, None) => words.say("ended-not-yet"),
    }
}

fn what_was_shared(words: Words, shared: &Shared) -> Vec<String> {
    let mut said = vec![list(words, &shared.disclosed)];
    if !shared.came_along.is_empty() {
        let along = list(words, &shared.came_along);
        said.push(words.say_with("done-along", &[("details", &along)]));
    }
    said
}

/// What a member should not miss.
fn warnings(words: Words, outcome: &Outcome) -> Vec<String> {
    let mut said = Vec::new();
    if let Some(shared) = &outcome.shared {
        if matches!(shared.proof, ShareProof::Wrong(_)) {
            said.push(words.say("done-proof-wrong"));
        }
        if matches!(shared.identifier, LeavingIdentifier::NotLeft(_)) {
            said.push(words.say("done-identifier-not-left"));
        }
    }
    match &outcome.decided {
        Some(decided) if decided.is_declined => said.push(decision(words, decided)),
        _ => {}
    }
    said.extend(outcome.problems.iter().map(|one| problems::sentence(words, one)));
    said
}

/// What else became of it, and that a page of whoever was answered is to be opened soon, where one is named.
fn notes(words: Words, outcome: &Outcome, goes_on: bool) -> Vec<String> {
    let mut said = Vec::new();
    if let Some(shared) = &outcome.shared {
        if goes_on {
            said.push(words.say_with("done-go-on-soon", &[("asker", &shown(&shared.asker))]));
        }
        said.extend(match &shared.proof {
            ShareProof::Kept => Some(words.say("done-proof-kept")),
            ShareProof::Later => Some(words.say("done-proof-later")),
            ShareProof::None => Some(words.say("done-proof-none")),
            ShareProof::Wrong(_) => None,
        });
        if matches!(shared.identifier, LeavingIdentifier::Left(_)) {
            said.push(words.say("done-identifier-left"));
        }
    }
    match &outcome.decided {
        Some(decided) if !decided.is_declined => said.push(decision(words, decided)),
        _ => {}
    }
    said.extend(waits(words, outcome, false));
    said
}

/// What was decided, and by whom, where several were asked.
fn decision(words: Words, decided: &Decided) -> String {
    let key = if decided.is_declined { "done-declined" } else { "done-approved" };
    let said = match &decided.reason {
        Some(reason) => words.say_with(&format!("{key}-reason"), &[("reason", &shown(reason))]),
        None => words.say(key),
    };
    let explained = decided.explained.as_ref().map(|one| explained(words, one, decided.is_declined));
    let said = std::iter::once(said).chain(explained.into_iter().flatten()).collect::<Vec<_>>().join(" ");
    of_party(words, decided.party.as_deref(), said)
}

/// Who or what decided and why; after a no, also where to appeal.
fn explained(words: Words, explained: &Explained, is_declined: bool) -> Vec<String> {
    let who = match (explained.by, explained.because) {
        (DecidedBy::Person, _) => "decided-person",
        (DecidedBy::Software, _) => "decided-software",
        (DecidedBy::Rule, Some(Because::Complete)) => "decided-complete",
        (DecidedBy::Rule, Some(Because::PlaceFree)) => "decided-place-free",
        (DecidedBy::Rule, Some(Because::EmailDomain)) => "decided-email-domain",
        (DecidedBy::Rule, None) => "decided-rule",
    };
    let appeal = explained.appeal.as_ref().filter(|_| is_declined);
    let appeal = appeal.map(|address| words.say_with("decided-appeal", &[("address", &shown(address))]));
    std::iter::once(words.say(who)).chain(appeal).collect()
}

/// A sentence with whom it is about, where several were asked.
fn of_party(words: Words, party: Option<&str>, said: String) -> String {
    match party {
        Some(party) => words.say_with("done-problem-of", &[("party", &shown(party)), ("why", &said)]),
        None => said,
    }
}

/// What the other side waits for: what the member is to do, or what others are. A team that asks for something else does not decide.
fn waits(words: Words, outcome: &Outcome, for_the_member: bool) -> Vec<String> {
    let asks_anew = |party: Option<&str>| {
        outcome.asked_anew.is_some() && outcome.anew_from.as_deref().is_none_or(|from| party == Some(from))
    };
    let alone = outcome.waiting_for.iter().map(|what| (None, what));
    let there = outcome.waiting_there.iter().map(|(party, what)| (Some(party.as_str()), what));
    let told = alone.chain(there).filter_map(|(party, what)| {
        let (key, is_for_the_member) = match what {
            WaitingFor::EmailLink => ("done-waits-mail", true),
            WaitingFor::ScreenCode => ("done-waits-digits", true),
            WaitingFor::DidLog => ("done-waits-identifier", false),
            WaitingFor::Team if asks_anew(party) => return None,
            WaitingFor::Team => ("done-waits-team", false),
            WaitingFor::Place => ("done-waits-place", false),
        };
        (is_for_the_member == for_the_member).then(|| of_party(words, party, words.say(key)))
    });
    told.collect()
}

fn asked_anew(words: Words, outcome: &Outcome, anew: &AskedAnew) -> Anew {
    let asker = outcome.shared.as_ref().map(|shared| &shared.asker);
    let party = outcome.anew_from.as_ref().or(asker);
    let title = match party {
        Some(party) => words.say_with("done-anew", &[("party", &shown(party))]),
        None => words.say("done-anew-title"),
    };
    let mut text = words.say("done-anew-text");
    if let Some(reason) = &anew.reason {
        text = format!("{text} {}", words.say_with("asks-changed-reason", &[("reason", &shown(reason))]));
    }
    if anew.declined {
        text = format!("{text} {}", words.say("done-anew-declined"));
    }
    Anew { title, text, href: (!anew.declined).then(|| opening(&anew.request)) }
}

/// Browsers are led to pages alone, whatever whoever was answered names.
fn is_page(address: &str) -> bool {
    Url::parse(address).is_ok_and(|url| matches!(url.scheme(), "https" | "http"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_no_says_who_or_what_decided_and_where_to_appeal_and_a_yes_appeals_nowhere() {
        let explained = |by, because| Explained {
            by,
            because,
            rules: None,
            appeal: Some("team@kiln.example".to_owned()),
        };
        let said = |is_declined, explained| {
            let decided = Decided { is_declined, reason: None, explained: Some(explained), party: None };
            decision(Words::new(web::Language::English), &decided)
        };
        assert_eq!(
            said(true, explained(DecidedBy::Rule, Some(Because::EmailDomain))),
            "They said no. A rule decided: your checked e-mail address is of none of the organisations that they take here. If you think that this is wrong, a person there looks at it again: write to team@kiln.example."
        );
        assert_eq!(
            said(false, explained(DecidedBy::Rule, Some(Because::Complete))),
            "They said yes. A rule decided: you shared all that is needed."
        );
        for (by, because, part) in [
            (DecidedBy::Person, None, "A person of their team decided."),
            (DecidedBy::Software, None, "Their own software decided, not a person."),
            (DecidedBy::Rule, None, "A rule decided, not a person."),
            (DecidedBy::Rule, Some(Because::PlaceFree), "A rule decided: a place was free."),
        ] {
            assert!(said(true, explained(by, because)).contains(part), "{part}");
        }
    }

    #[test]
    fn that_a_page_waits_for_minutes_only_is_said_of_what_was_shared_and_leads_on() {
        let shared = Shared {
            asker: "Kiln".to_owned(),
            disclosed: vec!["email".to_owned()],
            came_along: Vec::new(),
            proof: ShareProof::None,
            identifier: LeavingIdentifier::NotAsked,
        };
        let outcome = Outcome { shared: Some(shared), ..Outcome::default() };
        let words = Words::default();
        let said = "Go on now: Kiln waits for you there for a few minutes only. If nobody comes in time, what you gave may be \
                    erased there, and nothing comes of it.";
        assert!(
            notes(words, &outcome, true).contains(&said.to_owned()),
            "{:?}",
            notes(words, &outcome, true)
        );
        assert!(!notes(words, &outcome, false).iter().any(|one| one.starts_with("Go on now")));
        // A page of somebody's alone, without an answer, waits for nobody.
        assert_eq!(notes(words, &Outcome::default(), true), Vec::<String>::new());
    }
}

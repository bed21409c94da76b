//! The question as a person must see it, and the choice they make.
//!
//! A request becomes [`Group`]s: each is a set of the query (OpenID4VP 1.0 §6.2), needed or optional, with
//! [`Possibility`]s of which one is picked. Whatever is picked can be checked at any moment with
//! [`Question::check`]; nothing is sent that the other side could not accept.

mod again;
mod asker;
mod choice;
mod less;
mod linking;
mod purpose;

use network::seen_in_team::SeenInTeam;

use crate::records::{DetailSet, GivenClaim};

pub use again::{AskedAgain, Known};
pub use asker::{Asker, Binding, BrandSite};
pub use choice::{Choice, NotSatisfied, Selection};
pub(crate) use less::Promised;
pub use less::{Alternative, CounterOffer, Difference, NoCounterOffer};
pub use linking::Link;
pub use purpose::{Purpose, SaidIn, Use};

/// To what an answer is bound (RFC 9901 §4.3).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BoundTo {
    /// Who asks, by the name under which it asks.
    pub audience: String,
    /// Which request of theirs it is.
    pub nonce: String,
}

/// Who asks for what and why.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Question {
    /// Who asks.
    pub asker: Asker,
    /// Why, how long it is kept; none when the asker registered no purpose.
    pub purpose: Option<Purpose>,
    /// What is asked for.
    pub groups: Vec<Group>,
    /// Whether the asker wants to know who may see which claim.
    pub asks_for_terms: bool,
    /// From when on the member may have everything taken back by itself, in seconds since the epoch; none where the asker does not
    /// want to know an end.
    pub first_end: Option<i64>,
    /// Whether the asker gets an address, made for it alone, at which it may write to the member.
    pub gives_inbox: bool,
    /// The claims this member gave to spaces when it was last asked for them: the preset "my usual".
    pub usual: Vec<String>,
    /// Whether the asker can be offered less.
    pub takes_counter_offers: bool,
    /// What the member has that says less than something that is asked for.
    pub alternatives: Vec<Alternative>,
    /// How it differs from what was asked before, where it is asked in its place.
    pub difference: Option<Difference>,
    /// Whether the member is one of the asker's members already, as far as the wallet knows, and can answer without that very
    /// membership: the asker takes whoever answers for somebody new.
    pub joins_again: bool,
    /// Whether the asker takes whoever answers for somebody new, as a space does that is not shown its own membership.
    pub(crate) takes_for_new: bool,
    /// What the member signs with the answer: each is to be read before anything is sent.
    pub authorises: Vec<Authorised>,
    /// When the request ends, in seconds since the epoch: an answer after that is not sent. None where it does not say, which no
    /// request of a network may.
    pub ends_at: Option<i64>,
    /// The request's base64url SHA-256: by it the answer's terms and the proof of sharing name what was asked.
    pub request: String,
    /// To whom and to what an answer is bound, as it stands in the request: what the member agrees to by sharing.
    pub bound_to: BoundTo,
    /// A hash of what the member had when it was made: own details, and kinds of credentials.
    pub(crate) drawn_from: String,
    /// Of which set the member's own details in it are, by its identifier; none where there is but one.
    pub own_set: Option<String>,
    /// The sets of own details that it can be answered from, this one's among them; none where that makes no difference.
    pub sets: Vec<DetailSet>,
    /// The other sets that would say the same, by their identifiers.
    pub(crate) same_sets: Vec<String>,
    /// The same question with the details of the other sets.
    pub(crate) in_other_sets: Vec<Question>,
    /// A space takes the network's types under one key only.
    pub(crate) one_key_only: bool,
}

/// A transaction that the answer authorises (OpenID4VP 1.0 §8.4).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Authorised {
    /// What it is, in words.
    pub says: String,
    /// The queries of which one must be answered to authorise it.
    pub by: Vec<String>,
}

/// Something that is asked for, with the ways to give it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    /// Whether nothing at all can be sent without it.
    pub needed: bool,
    /// The ways to give it, in the asker's order of preference.
    pub options: Vec<Possibility>,
}

/// One way to give what a group asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Possibility {
    /// The parts, all of which go together.
    pub answers: Vec<Answer>,
    /// Whether the member has it.
    pub available: bool,
}

/// One part: an answer to one query.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Answer {
    /// The query's identifier.
    pub query: String,
    /// The types that were asked for.
    pub types: Vec<String>,
    /// Who vouches for it.
    pub source: Source,
    /// What is shown to the asker.
    pub claims: Vec<AskedClaim>,
    /// What is shown although nobody asked for it, because the issuer bound it to the rest: name and value.
    pub comes_along: Vec<(String, String)>,
    /// The asker did not register that it asks for this credential.
    pub beyond_registration: bool,
    /// Which way of answering the query this is.
    pub(crate) assignment: Option<usize>,
    /// The copy whose key the network's types are shown under.
    pub(crate) key: Option<String>,
}

/// Who vouches for a part of the answer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Source {
    /// An issuer checked it.
    CheckedBy(String),
    /// The member says so.
    OwnDetails,
    /// The member's terms.
    Terms,
    /// The member does not have it.
    #[default]
    Missing,
}

/// One claim.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AskedClaim {
    /// Its path, joined by `.`.
    pub claim: String,
    /// What would be shown, if the member has it.
    pub value: Option<String>,
    /// The asker did not register it.
    pub beyond_registration: bool,
    /// After how many days it is erased, where registered.
    pub kept_days: Option<u32>,
    /// Other spaces that were given the same value before: by it they could recognise the member.
    pub also_given_to: Vec<String>,
    /// What the asker has of it already, by the wallet's record.
    pub known_to_asker: Option<Known>,
    /// Who of the asker's team would see it, as it promises in the request, as long as the member shows it to nobody else.
    pub seen_in_team: SeenInTeam,
}

impl Question {
    /// Whether `other` asks for the same and offers the same values in the same ways, be it from other copies. What the member gave to
    /// anybody in between makes no other question of it.
    pub(crate) fn says_the_same_as(&self, other: &Self) -> bool {
        self.without_copies() == other.without_copies()
    }

    /// Says how it differs from what was asked before, of whichever set it is answered from.
    pub(crate) fn set_difference(&mut self, difference: &Difference) {
        self.difference = Some(difference.clone());
        self.in_other_sets.iter_mut().for_each(|other| other.difference = Some(difference.clone()));
    }

    /// Whether `other` says the same, whichever set of own details it is answered from.
    pub(crate) fn asks_the_same_as(&self, other: &Self) -> bool {
        let anonymous = |question: &Self| Self { own_set: None, ..question.without_copies() };
        anonymous(self) == anonymous(other)
    }

    /// This question with the own details of a set, by its identifier; none where it cannot be answered from that one.
    #[must_use]
    pub fn in_set(&self, set: Option<&str>) -> Option<&Self> {
        let Some(set) = set else { return Some(self) };
        if self.own_set.as_deref() == Some(set) || self.same_sets.iter().any(|same| same == set) {
            return Some(self);
        }
        self.in_other_sets.iter().find(|other| other.own_set.as_deref() == Some(set))
    }

    fn without_copies(&self) -> Self {
        let mut question = Self {
            usual: Vec::new(),
            difference: None,
            first_end: None,
            drawn_from: String::new(),
            sets: Vec::new(),
            same_sets: Vec::new(),
            in_other_sets: Vec::new(),
            ..self.clone()
        };
        let options = question.groups.iter_mut().flat_map(|group| &mut group.options);
        for answer in options.flat_map(|option| &mut option.answers) {
            answer.assignment = None;
            answer.key = None;
            for claim in &mut answer.claims {
                claim.also_given_to.clear();
                claim.known_to_asker = None;
            }
        }
        question
    }

    /// Whether the asker can be satisfied at all.
    #[must_use]
    pub fn can_be_satisfied(&self) -> bool {
        self.groups.iter().all(|group| !group.needed || group.options.iter().any(|option| option.available))
    }

    /// Whether something needed can only be given beyond what the asker registered.
    #[must_use]
    pub fn needs_what_is_beyond_registration(&self) -> bool {
        self.groups
            .iter()
            .any(|group| group.needed && group.options.iter().all(Possibility::is_beyond_registration))
    }

    /// The names of all claims that are asked for, each once. Terms are what the member may say, not what is asked.
    #[must_use]
    pub fn asked(&self) -> Vec<String> {
        let every = self.groups.iter().flat_map(|group| &group.options).flat_map(|option| &option.answers);
        unique(every)
    }

    /// Writes to what is given who of the asker's team sees it, as this question promises.
    pub(crate) fn promise(&self, selection: &Selection, given: &mut [GivenClaim]) {
        let asked = || self.picked(selection).flat_map(|answer| &answer.claims);
        for claim in given {
            let promised = asked().map(|asked| (asked.claim.as_str(), asked.seen_in_team));
            claim.seen_in_team = SeenInTeam::of(&claim.claim, promised);
        }
    }

    /// What is needed and cannot be given in any way: the parts of it that the member does not have.
    pub fn missing(&self) -> impl Iterator<Item = &Answer> + '_ {
        self.groups
            .iter()
            .filter(|group| group.needed && !group.options.iter().any(|option| option.available))
            .flat_map(|group| &group.options)
            .flat_map(|option| &option.answers)
            .filter(|answer| answer.source == Source::Missing)
    }
}

impl Group {
    /// Whether this group asks for the member's terms and nothing else.
    #[must_use]
    pub fn is_terms(&self) -> bool {
        let mut answers = self.options.iter().flat_map(|option| &option.answers).peekable();
        answers.peek().is_some() && answers.all(|answer| answer.source == Source::Terms)
    }
}

impl Possibility {
    /// Whether any part lies beyond what the asker registered.
    #[must_use]
    pub fn is_beyond_registration(&self) -> bool {
        self.answers.iter().any(Answer::is_beyond_registration)
    }
}

impl Answer {
    /// Whether the credential or any of its claims lies beyond what the asker registered.
    #[must_use]
    pub fn is_beyond_registration(&self) -> bool {
        self.beyond_registration || self.claims.iter().any(|claim| claim.beyond_registration)
    }
}

fn unique<'a>(answers: impl Iterator<Item = &'a Answer>) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for claim in answers.filter(|answer| answer.source != Source::Terms).flat_map(|answer| &answer.claims) {
        if !names.contains(&claim.claim) {
            names.push(claim.claim.clone());
        }
    }
    names
}

#[cfg(test)]
pub(crate) mod tests;

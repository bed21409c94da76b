//! What is chosen of a question: whether it could be accepted, and what is given by it.

use std::collections::BTreeMap;

use network::claims::Audience;

use super::{Answer, Authorised, CounterOffer, Possibility, Question, unique};

/// What the member decides.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Choice {
    /// The member says no: nothing is sent but the refusal. Whoever asked may still take an answer while the request is open.
    Refuse,
    /// Nobody says no, and there is nothing to choose from: whoever asked is sent the very same refusal, so that it learns no
    /// difference (OpenID4VP 1.0 §15.4.1).
    NothingToGive,
    /// Nothing is sent at all: the request can still be answered.
    LeaveOpen,
    /// Nothing is decided: the same is asked once more, by what the member has by now.
    AskAgain,
    /// What is selected is sent.
    Share(Selection),
    /// Nothing is sent yet: the asker is told by name what the member would give, and asks anew or says no.
    OfferLess(CounterOffer),
}

/// What is picked.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Selection {
    /// For each group the position of the picked option, if any.
    pub picks: Vec<Option<usize>>,
    /// For each claim who may see it, where that is not the team alone.
    pub audiences: BTreeMap<String, Audience>,
    /// When the member takes everything back by itself, in seconds since the epoch.
    pub until: Option<i64>,
    /// Of which set the own details are, by its identifier; none is the one that the question offers. The picks are those of
    /// [`Question::in_set`].
    pub own_set: Option<String>,
}

/// Why a selection cannot be sent.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NotSatisfied {
    /// A needed group has nothing picked.
    #[error("something that is needed was not picked")]
    Needed {
        /// Which group.
        group: usize,
    },
    /// A group or an option that does not exist.
    #[error("the selection does not fit the question")]
    Unknown {
        /// Which group.
        group: usize,
    },
    /// The set of own details is none that it can be answered from.
    #[error("there is no such set of own details to choose")]
    NoSuchSet,
    /// The member does not have what is picked.
    #[error("the wallet does not have what was picked")]
    Unavailable {
        /// Which group.
        group: usize,
    },
    /// Nothing is picked at all.
    #[error("nothing was picked")]
    Nothing,
    /// The picked parts lie under different keys, which a space does not take together.
    #[error("what was picked cannot be given together: it comes from different copies")]
    DifferentKeys,
    /// What is to be authorised would not be by what is picked.
    #[error("what was picked does not authorise what it is asked for")]
    NotAuthorised,
    /// The asker did not ask for terms.
    #[error("who may see what can only be said to a space that asks for it")]
    NoTerms,
    /// Everything would be taken back before anybody could have used it.
    #[error("the day on which everything is taken back is too near: the day after tomorrow is the first")]
    EndsTooSoon,
}

impl Question {
    /// Whether `selection` could be accepted by the asker.
    ///
    /// # Errors
    /// See [`NotSatisfied`].
    pub fn check(&self, selection: &Selection) -> Result<(), NotSatisfied> {
        let chosen = self.in_set(selection.own_set.as_deref()).ok_or(NotSatisfied::NoSuchSet)?;
        chosen.check_here(selection)
    }

    fn check_here(&self, selection: &Selection) -> Result<(), NotSatisfied> {
        for (group, pick) in selection.picks.iter().enumerate() {
            let Some(pick) = pick else { continue };
            let option = self
                .groups
                .get(group)
                .and_then(|known| known.options.get(*pick))
                .ok_or(NotSatisfied::Unknown { group })?;
            if !option.available {
                return Err(NotSatisfied::Unavailable { group });
            }
        }
        let picked = |group: usize| selection.picks.get(group).copied().flatten().is_some();
        if let Some(group) =
            self.groups.iter().enumerate().position(|(at, group)| group.needed && !picked(at))
        {
            return Err(NotSatisfied::Needed { group });
        }
        if !selection.picks.iter().any(Option::is_some) {
            return Err(NotSatisfied::Nothing);
        }
        let mut keys = self.picked(selection).filter_map(|answer| answer.key.as_ref());
        if let Some(first) = keys.next()
            && self.one_key_only
            && keys.any(|key| key != first)
        {
            return Err(NotSatisfied::DifferentKeys);
        }
        let authorises =
            |one: &Authorised| self.picked(selection).any(|answer| one.by.contains(&answer.query));
        if !self.authorises.iter().all(authorises) {
            return Err(NotSatisfied::NotAuthorised);
        }
        self.check_terms(selection)
    }

    fn check_terms(&self, selection: &Selection) -> Result<(), NotSatisfied> {
        if !self.asks_for_terms && !selection.audiences.is_empty() {
            return Err(NotSatisfied::NoTerms);
        }
        match (selection.until, self.first_end) {
            (None, _) => Ok(()),
            (Some(_), None) => Err(NotSatisfied::NoTerms),
            (Some(until), Some(first)) if until < first => Err(NotSatisfied::EndsTooSoon),
            (Some(_), Some(_)) => Ok(()),
        }
    }

    /// The names of the claims that could have been left out or given, and that `selection` leaves out. What lies beyond
    /// the asker's registration is no such choice: no preset would have given it.
    pub(crate) fn left_out(&self, selection: &Selection) -> Vec<String> {
        let Some(chosen) = self.in_set(selection.own_set.as_deref()) else { return Vec::new() };
        let given = self.given(selection);
        let usable = |option: &&Possibility| option.available && !option.is_beyond_registration();
        let groups = chosen.groups.iter().enumerate().filter(|(position, group)| {
            !group.needed && selection.picks.get(*position).copied().flatten().is_none()
        });
        let options = groups.flat_map(|(_, group)| group.options.iter().filter(usable));
        let mut names = unique(options.flat_map(|option| &option.answers));
        names.retain(|name| !given.contains(name));
        names
    }

    /// The names of the claims that `selection` gives, each once.
    #[must_use]
    pub fn given(&self, selection: &Selection) -> Vec<String> {
        unique(self.picked(selection))
    }

    /// The names of what `selection` gives although nobody asked for it, each once.
    #[must_use]
    pub fn along(&self, selection: &Selection) -> Vec<String> {
        let given = self.given(selection);
        let mut names: Vec<String> = Vec::new();
        for (name, _) in self.picked(selection).flat_map(|answer| &answer.comes_along) {
            if !names.contains(name) && !given.contains(name) {
                names.push(name.clone());
            }
        }
        names
    }

    /// The parts that `selection` picks.
    pub fn picked<'a>(&'a self, selection: &'a Selection) -> impl Iterator<Item = &'a Answer> + 'a {
        let groups = self.in_set(selection.own_set.as_deref()).map(|chosen| &chosen.groups);
        groups
            .into_iter()
            .flatten()
            .zip(&selection.picks)
            .filter_map(|(group, pick)| group.options.get((*pick)?))
            .flat_map(|option| &option.answers)
    }
}

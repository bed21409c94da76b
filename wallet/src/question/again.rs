//! A space that asks once more: what it has already by the wallet's record, and what is new to it.

use super::Question;

/// What the asker has of a claim already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Known {
    /// The very value that it would be shown.
    Same,
    /// Another value.
    Another,
}

/// What is asked, beside what the asker has: names of claims, each once.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AskedAgain {
    /// What it has already.
    pub has: Vec<String>,
    /// Of what it has another value.
    pub has_another: Vec<String>,
    /// What it does not have.
    pub new: Vec<String>,
}

impl Question {
    /// How this differs from what the asker has; none where it has nothing of what it asks for, as whoever asks for the first time.
    #[must_use]
    pub fn asked_again(&self) -> Option<AskedAgain> {
        let mut again = AskedAgain::default();
        for name in self.asked() {
            let options = self.groups.iter().flat_map(|group| &group.options);
            let claims = options.flat_map(|option| &option.answers).flat_map(|answer| &answer.claims);
            // There may be several ways to give it, of which one says what the asker has.
            let known: Vec<Known> =
                claims.filter(|one| one.claim == name).filter_map(|one| one.known_to_asker).collect();
            match known.iter().find(|one| **one == Known::Same).or(known.first()) {
                Some(Known::Same) => again.has.push(name),
                Some(Known::Another) => again.has_another.push(name),
                None => again.new.push(name),
            }
        }
        let has_something = !again.has.is_empty() || !again.has_another.is_empty();
        has_something.then_some(again)
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{claim, option, question};
    use super::super::{AskedClaim, Group};
    use super::*;

    #[test]
    fn what_is_asked_once_more_is_told_apart_from_what_is_new() {
        let asked = |name: &str, known: &[Option<Known>]| {
            let way = |known: &Option<Known>| {
                option(name, vec![AskedClaim { known_to_asker: *known, ..claim(name) }], true)
            };
            Group { needed: true, options: known.iter().map(way).collect() }
        };
        let (same, another) = (Some(Known::Same), Some(Known::Another));
        let again = question(vec![
            asked("email", &[same]),
            asked("name", &[another, same]),
            asked("company", &[another, None]),
            asked("bio", &[None]),
        ]);
        let names = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
        assert_eq!(
            again.asked_again(),
            Some(AskedAgain {
                has: names(&["email", "name"]),
                has_another: names(&["company"]),
                new: names(&["bio"])
            })
        );
        assert_eq!(question(vec![asked("email", &[None])]).asked_again(), None);
    }
}

//! A consent to new values, beside the membership that says whose they are, to nothing else, and to nobody more of the team.

use std::sync::OnceLock;

use credentials::types;
use network::seen_in_team::SeenInTeam;
use serde_json::Value;

use crate::consent::Consent;
use crate::flows::matching::text;
use crate::question::{Answer, AskedClaim, Choice, Group, Possibility, Question, Selection};
use crate::records::HeldClaim;
use crate::wallet::BoxFuture;

/// The member has said which claim gets which value.
pub(super) struct GivingNew<'a> {
    pub(super) claim: &'a str,
    pub(super) value: &'a Value,
}

impl GivingNew<'_> {
    /// Whether this part shows the very value that the member meant.
    fn is_new(&self, answer: &Answer) -> bool {
        answer.claims.iter().all(|claim| {
            claim.claim == self.claim && claim.value.as_deref() == Some(text(self.value).as_str())
        })
    }

    fn selection(&self, question: &Question) -> Option<Selection> {
        let sets = question.sets.iter().map(|set| Some(set.id.as_str()));
        // The value may be another set's than the one that is offered.
        std::iter::once(None).chain(sets).find_map(|set| {
            let chosen = selection(question.in_set(set)?, &|answer| self.is_new(answer))?;
            Some(Selection { own_set: set.map(str::to_owned), ..chosen })
        })
    }
}

impl Consent for GivingNew<'_> {
    fn ask<'a>(&'a self, question: &'a Question) -> BoxFuture<'a, Choice> {
        given(self.selection(question))
    }
}

/// A passport takes the place of an earlier one.
pub(super) struct GivingPassport<'a> {
    /// What the passport must show, by claim, of what is asked.
    pub(super) values: &'a [(&'static str, String)],
}

impl GivingPassport<'_> {
    fn is_new(&self, answer: &Answer) -> bool {
        let is_as_now = |claim: &str, shown: Option<&str>| {
            self.values.iter().any(|(name, value)| *name == claim && Some(value.as_str()) == shown)
        };
        answer.types.iter().all(|one| one == types::PASSPORT)
            && answer.claims.iter().all(|claim| is_as_now(&claim.claim, claim.value.as_deref()))
    }

    fn selection(&self, question: &Question) -> Option<Selection> {
        selection(question, &|answer| self.is_new(answer))
    }
}

impl Consent for GivingPassport<'_> {
    fn ask<'a>(&'a self, question: &'a Question) -> BoxFuture<'a, Choice> {
        given(self.selection(question))
    }
}

/// Gives what `giving` would, unless the space would show a part of it to more of its team than it promised of what it has: nobody
/// reads that before it is answered (specs/profile.md §8).
pub(super) struct AsPromised<'a> {
    giving: &'a dyn Consent,
    held: &'a [HeldClaim],
    wider: OnceLock<String>,
}

impl<'a> AsPromised<'a> {
    /// Gives it to a space that has `held` by the wallet's record.
    pub(super) const fn new(giving: &'a dyn Consent, held: &'a [HeldClaim]) -> Self {
        Self { giving, held, wider: OnceLock::new() }
    }

    /// The claim because of which nothing was given.
    pub(super) fn into_wider(self) -> Option<String> {
        self.wider.into_inner()
    }

    fn checked(&self, question: &Question, choice: Choice) -> Choice {
        let Choice::Share(selection) = &choice else { return choice };
        let held = || self.held.iter().map(|held| (held.claim.as_str(), held.seen_in_team));
        let is_wider = |asked: &&AskedClaim| asked.seen_in_team > SeenInTeam::of(&asked.claim, held());
        let wider = question.picked(selection).flat_map(|answer| &answer.claims).find(is_wider);
        let Some(claim) = wider.map(|asked| asked.claim.clone()) else { return choice };
        // Of several the first is told.
        self.wider.get_or_init(|| claim);
        Choice::LeaveOpen
    }
}

impl Consent for AsPromised<'_> {
    fn ask<'a>(&'a self, question: &'a Question) -> BoxFuture<'a, Choice> {
        Box::pin(async move { self.checked(question, self.giving.ask(question).await) })
    }
}

fn given<'a>(selection: Option<Selection>) -> BoxFuture<'a, Choice> {
    let choice = selection.map_or(Choice::LeaveOpen, Choice::Share);
    Box::pin(std::future::ready(choice))
}

/// What shows the membership as such and beside it what `is_new`; none where the space wants more, or something else.
fn selection(question: &Question, is_new: &dyn Fn(&Answer) -> bool) -> Option<Selection> {
    let takes = |answer: &Answer| {
        !answer.types.is_empty()
            && !answer.claims.is_empty()
            && answer.comes_along.is_empty()
            && (is_membership(answer) || is_new(answer))
    };
    let would_do = |option: &Possibility| {
        option.available && !option.is_beyond_registration() && option.answers.iter().all(takes)
    };
    let pick = |group: &Group| match (group.options.iter().position(would_do), group.needed) {
        (None, true) => None,
        (pick, _) => Some(pick),
    };
    let picks = question.groups.iter().map(pick).collect::<Option<_>>()?;
    let selection = Selection { picks, ..Selection::default() };
    question.check(&selection).is_ok().then_some(selection)
}

fn is_membership(answer: &Answer) -> bool {
    answer.types.iter().all(|one| one == types::MEMBERSHIP)
        && answer.claims.iter().all(|claim| claim.claim == "space")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::question::tests::{claim, option, question};

    fn asked(value: &str) -> Question {
        let part = |query: &str, vct: &str, name: &str, value: &str| {
            let mut shown = claim(name);
            shown.value = Some(value.to_owned());
            let mut option = option(query, vec![shown], true);
            option.answers[0].types = vec![vct.to_owned()];
            option
        };
        let membership = part("membership", types::MEMBERSHIP, "space", "did:example:kiln");
        let email = vec![
            part("profile_email", types::PROFILE, "email", "old@example.org"),
            part("own_email", types::OWN, "email", value),
        ];
        question(vec![
            Group { needed: true, options: email },
            Group { needed: true, options: vec![membership] },
        ])
    }

    fn picks(question: &Question) -> Option<Vec<Option<usize>>> {
        let value = Value::from("new@example.org");
        GivingNew { claim: "email", value: &value }.selection(question).map(|selection| selection.picks)
    }

    #[test]
    fn the_very_value_is_given_and_not_the_old_one_that_would_do_as_well() {
        assert_eq!(picks(&asked("new@example.org")), Some(vec![Some(1), Some(0)]));
        assert_eq!(picks(&asked("other@example.org")), None, "the value was edited again meanwhile");
    }

    #[test]
    fn a_space_that_asks_for_more_gets_nothing() {
        let mut more = asked("new@example.org");
        more.groups[0].options[1].answers[0].claims.push(claim("birthdate"));
        assert_eq!(picks(&more), None);
        let mut along = asked("new@example.org");
        along.groups[1].options[0].answers[0].comes_along.push(("plan".to_owned(), "member".to_owned()));
        assert_eq!(picks(&along), None);
        let mut since = asked("new@example.org");
        since.groups[1].options[0].answers[0].claims[0].claim = "since".to_owned();
        assert_eq!(picks(&since), None);
        let mut beyond = asked("new@example.org");
        beyond.groups[0].options[1].answers[0].claims[0].beyond_registration = true;
        assert_eq!(picks(&beyond), None);
    }

    #[test]
    fn a_passport_is_given_as_it_is_now_and_not_one_of_before_or_more_of_it() {
        let values = [("number", "NEW".to_owned()), ("did", "did:example:new".to_owned())];
        let picks = |shown: &[(&str, &str)], vct: &str, along: bool| {
            let claims: Vec<_> = shown
                .iter()
                .map(|(name, value)| AskedClaim { value: Some((*value).to_owned()), ..claim(name) })
                .collect();
            let mut passport = option("passport", claims, true);
            passport.answers[0].types = vec![vct.to_owned()];
            if along {
                passport.answers[0].comes_along.push(("since".to_owned(), "2020".to_owned()));
            }
            let question = question(vec![Group { needed: true, options: vec![passport] }]);
            GivingPassport { values: &values }.selection(&question).map(|selection| selection.picks)
        };
        let now = [("number", "NEW"), ("did", "did:example:new")];
        assert_eq!(picks(&now, types::PASSPORT, false), Some(vec![Some(0)]));
        assert_eq!(picks(&now[..1], types::PASSPORT, false), Some(vec![Some(0)]));
        for (case, shown, vct, along) in [
            ("an earlier number", vec![("number", "OLD"), now[1]], types::PASSPORT, false),
            ("more of it", vec![now[0], now[1], ("since", "2020")], types::PASSPORT, false),
            ("something along", now.to_vec(), types::PASSPORT, true),
            ("another type", now.to_vec(), types::PROFILE, false),
        ] {
            assert_eq!(picks(&shown, vct, along), None, "{case}");
        }
    }
}

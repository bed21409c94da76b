//! Offering less than was asked, and what came of it (specs/profile.md §7).

use network::seen_in_team::SeenInTeam;

use super::{Answer, Question};

/// What the member would give of what was asked: names, no values.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CounterOffer {
    /// Of the claims that were asked for those that the member would give.
    pub give: Vec<String>,
    /// What the member would give in the place of a claim: that claim, and the other.
    pub instead: Vec<(String, String)>,
}

/// Something that the member has and that says less than what was asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Alternative {
    /// What was asked for.
    pub of: String,
    /// What says less.
    pub offer: String,
    /// What it says.
    pub value: String,
}

/// How a request differs from the one before it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Difference {
    /// Why the asker asks anew, in its own words.
    pub reason: Option<String>,
    /// What is not asked for any more.
    pub no_longer: Vec<String>,
    /// What is asked for now and was not before.
    pub anew: Vec<String>,
    /// Of that, what the member did not offer.
    pub not_offered: Vec<String>,
    /// What more of the asker's team would see than it promised before.
    pub seen_by_more: Vec<String>,
}

impl Difference {
    /// How a request for `asked` differs from one for `before`, of which the member had offered `offer`, if it had.
    pub(crate) fn between(before: &[Promised], asked: &[Promised], offer: Option<&CounterOffer>) -> Self {
        let names = |promised: &[Promised]| promised.iter().map(|(name, _)| name.clone()).collect::<Vec<_>>();
        let not_in = |names: &[String], others: &[String]| -> Vec<String> {
            names.iter().filter(|name| !others.contains(name)).cloned().collect()
        };
        let promised =
            |claim: &str| SeenInTeam::of(claim, before.iter().map(|(name, seen)| (&**name, *seen)));
        // What goes in another's place was promised what that was.
        let stands_for = |claim: &String| {
            let instead = offer.into_iter().flat_map(|offer| &offer.instead);
            instead.filter(move |(_, offered)| offered == claim).map(|(of, _)| promised(of)).min()
        };
        let is_wider =
            |(claim, seen): &&Promised| *seen > promised(claim).min(stands_for(claim).unwrap_or_default());
        let (names_before, names_asked) = (names(before), names(asked));
        Self {
            reason: None,
            no_longer: not_in(&names_before, &names_asked),
            anew: not_in(&names_asked, &names_before),
            not_offered: offer.map_or_else(Vec::new, |offer| not_in(&names_asked, &offer.names())),
            seen_by_more: asked.iter().filter(is_wider).map(|(claim, _)| claim.clone()).collect(),
        }
    }
}

/// A claim that is asked for, and who of the team would see it.
pub(crate) type Promised = (String, SeenInTeam);

impl CounterOffer {
    /// Everything that the member would give, each once.
    #[must_use]
    pub fn names(&self) -> Vec<String> {
        self.give.iter().chain(self.instead.iter().map(|(_, offer)| offer)).cloned().collect()
    }
}

/// Why a counter-offer is not sent.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NoCounterOffer {
    /// The asker takes none.
    #[error("whoever asks takes no counter-offers")]
    NotTaken,
    /// Something that was not asked for.
    #[error("{0} was not asked for")]
    NotAsked(String),
    /// The wallet has nothing of that name that could go in the place.
    #[error("{offer} is nothing that this wallet has and that says less than {of}")]
    NoAlternative {
        /// What was asked for.
        of: String,
        /// What was to go in its place.
        offer: String,
    },
    /// Nothing would be given: that is a refusal.
    #[error("nothing is offered: to give nothing, decline")]
    Nothing,
    /// All that was asked would be given, and that can be answered.
    #[error("all that was asked is offered: answer it instead")]
    NothingLess,
}

impl Question {
    /// Whether `offer` can be made.
    ///
    /// # Errors
    /// See [`NoCounterOffer`].
    pub fn check_offer(&self, offer: &CounterOffer) -> Result<(), NoCounterOffer> {
        if !self.takes_counter_offers {
            return Err(NoCounterOffer::NotTaken);
        }
        let asked = self.asked();
        let mut named = offer.give.iter().chain(offer.instead.iter().map(|(of, _)| of));
        if let Some(name) = named.find(|name| !asked.contains(name)) {
            return Err(NoCounterOffer::NotAsked(name.clone()));
        }
        for (of, other) in &offer.instead {
            if !self.alternatives.iter().any(|one| one.of == *of && one.offer == *other) {
                return Err(NoCounterOffer::NoAlternative { of: of.clone(), offer: other.clone() });
            }
        }
        if offer.names().is_empty() {
            return Err(NoCounterOffer::Nothing);
        }
        if asked.iter().all(|name| offer.give.contains(name)) && !self.asks_beyond_registration() {
            return Err(NoCounterOffer::NothingLess);
        }
        Ok(())
    }

    /// The offer of a member who said beforehand what to leave out and what to give in its place: of the rest, what the
    /// member has and the asker registered. What is optional goes only `with_optional`.
    #[must_use]
    pub fn offer(
        &self,
        with_optional: bool,
        without: &[String],
        instead: &[(String, String)],
    ) -> CounterOffer {
        let mut offer = CounterOffer { give: Vec::new(), instead: instead.to_vec() };
        for group in self.groups.iter().filter(|group| !group.is_terms() && (group.needed || with_optional)) {
            let usable = group.options.iter().filter(|option| option.available);
            let answers =
                usable.flat_map(|option| &option.answers).filter(|answer| !answer.beyond_registration);
            for name in answers.flat_map(registered_names) {
                let left_out = without.contains(name) || instead.iter().any(|(of, _)| of == name);
                if !left_out && !offer.give.contains(name) {
                    offer.give.push(name.clone());
                }
            }
        }
        offer
    }

    fn asks_beyond_registration(&self) -> bool {
        self.groups.iter().flat_map(|group| &group.options).any(super::Possibility::is_beyond_registration)
    }

    /// What is asked for, each once, and who of the asker's team would see it.
    pub(crate) fn promised(&self) -> Vec<Promised> {
        let answers =
            || self.groups.iter().flat_map(|group| &group.options).flat_map(|option| &option.answers);
        let claims = || answers().flat_map(|answer| &answer.claims);
        let rules = || claims().map(|claim| (claim.claim.as_str(), claim.seen_in_team));
        let promised = |name: String| {
            let seen = SeenInTeam::of(&name, rules());
            (name, seen)
        };
        self.asked().into_iter().map(promised).collect()
    }

    /// Whether the asker, asking in the place of what it asked before, would show something to more of its team.
    #[must_use]
    pub fn would_be_seen_by_more(&self) -> bool {
        self.difference.as_ref().is_some_and(|difference| !difference.seen_by_more.is_empty())
    }

    /// Whether the asker, offered less, asks for something that was not offered.
    #[must_use]
    pub fn asks_what_was_not_offered(&self) -> bool {
        self.difference.as_ref().is_some_and(|difference| !difference.not_offered.is_empty())
    }
}

fn registered_names(answer: &Answer) -> impl Iterator<Item = &String> {
    answer.claims.iter().filter(|claim| !claim.beyond_registration).map(|claim| &claim.claim)
}

#[cfg(test)]
mod tests {
    use super::super::Group;
    use super::super::tests::{claim, option, question};
    use super::*;

    /// An e-mail address and, beyond the registration, a date of birth are needed; a company is optional.
    fn too_much() -> Question {
        let group =
            |needed, name: &str| Group { needed, options: vec![option(name, vec![claim(name)], true)] };
        let mut question =
            question(vec![group(true, "email"), group(true, "birthdate"), group(false, "company")]);
        question.groups[1].options[0].answers[0].claims[0].beyond_registration = true;
        question.takes_counter_offers = true;
        question.alternatives = vec![Alternative {
            of: "birthdate".to_owned(),
            offer: "age_equal_or_over.18".to_owned(),
            value: "true".to_owned(),
        }];
        question
    }

    fn over_18() -> (String, String) {
        ("birthdate".to_owned(), "age_equal_or_over.18".to_owned())
    }

    #[test]
    fn what_is_registered_and_there_is_offered_and_nothing_in_anothers_place_unasked() {
        let question = too_much();
        assert_eq!(question.offer(false, &[], &[]).names(), ["email"]);
        assert_eq!(question.offer(true, &[], &[]).names(), ["email", "company"]);
        let offer = question.offer(true, &["company".to_owned()], &[over_18()]);
        assert_eq!(offer.names(), ["email", "age_equal_or_over.18"]);
        assert_eq!(question.check_offer(&offer), Ok(()));
    }

    #[test]
    fn an_offer_names_what_was_asked_and_what_the_wallet_has() {
        let question = too_much();
        let give = |names: &[&str]| CounterOffer {
            give: names.iter().map(|name| (*name).to_owned()).collect(),
            instead: Vec::new(),
        };
        assert_eq!(question.check_offer(&give(&["email"])), Ok(()));
        let refused = question.check_offer(&give(&["phone_number"]));
        assert_eq!(refused, Err(NoCounterOffer::NotAsked("phone_number".to_owned())));
        assert_eq!(question.check_offer(&give(&[])), Err(NoCounterOffer::Nothing));
        let over_21 = ("birthdate".to_owned(), "age_equal_or_over.21".to_owned());
        let refused = question.check_offer(&CounterOffer { instead: vec![over_21], ..give(&["email"]) });
        assert!(matches!(refused, Err(NoCounterOffer::NoAlternative { .. })), "{refused:?}");
        let silent = Question { takes_counter_offers: false, ..question };
        assert_eq!(silent.check_offer(&give(&["email"])), Err(NoCounterOffer::NotTaken));
    }

    #[test]
    fn whoever_offers_all_may_as_well_answer_unless_it_lies_beyond_the_registration() {
        let all = CounterOffer {
            give: ["email", "birthdate", "company"].map(str::to_owned).to_vec(),
            instead: Vec::new(),
        };
        let mut question = too_much();
        assert_eq!(question.check_offer(&all), Ok(()));
        question.groups[1].options[0].answers[0].claims[0].beyond_registration = false;
        assert_eq!(question.check_offer(&all), Err(NoCounterOffer::NothingLess));
    }

    #[test]
    fn a_difference_says_what_went_what_came_and_what_was_not_offered() {
        let names = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
        let asked = |names: &[&str]| -> Vec<Promised> {
            names.iter().map(|name| ((*name).to_owned(), SeenInTeam::Team)).collect()
        };
        let offer = CounterOffer { give: names(&["email"]), instead: vec![over_18()] };
        let before = asked(&["email", "birthdate"]);
        let honest = Difference::between(&before, &asked(&["email", "age_equal_or_over.18"]), Some(&offer));
        assert_eq!(
            (honest.no_longer, honest.anew),
            (names(&["birthdate"]), names(&["age_equal_or_over.18"]))
        );
        assert!(honest.not_offered.is_empty());
        let greedy =
            Difference::between(&before, &asked(&["email", "birthdate", "phone_number"]), Some(&offer));
        assert_eq!(greedy.not_offered, names(&["birthdate", "phone_number"]));
        let by_the_team = Difference::between(&before, &asked(&["phone_number"]), None);
        assert!(by_the_team.not_offered.is_empty() && by_the_team.seen_by_more.is_empty());
    }

    #[test]
    fn a_difference_says_what_more_of_the_team_would_see_also_in_anothers_place() {
        use SeenInTeam::{Owner, OwnerAndManagers, Team};
        let wider = |before: &[(&str, SeenInTeam)], asked: &[(&str, SeenInTeam)]| {
            let named = |all: &[(&str, SeenInTeam)]| -> Vec<Promised> {
                all.iter().map(|(name, seen)| ((*name).to_owned(), *seen)).collect()
            };
            let offer = CounterOffer { give: vec!["email".to_owned()], instead: vec![over_18()] };
            Difference::between(&named(before), &named(asked), Some(&offer)).seen_by_more
        };
        let before = [("email", OwnerAndManagers), ("birthdate", Owner)];
        assert_eq!(wider(&before, &[("email", Team), ("age_equal_or_over.18", Owner)]), ["email"]);
        let over_18 =
            wider(&before, &[("email", OwnerAndManagers), ("age_equal_or_over.18", OwnerAndManagers)]);
        assert_eq!(over_18, ["age_equal_or_over.18"]);
        // Near: the same, or fewer, or of what was not asked before.
        assert!(
            wider(&before, &[("email", Owner), ("age_equal_or_over.18", Owner), ("bio", Team)]).is_empty()
        );
    }
}

//! Asking the member.

use crate::question::{Choice, Group, Question, Selection};
use crate::wallet::BoxFuture;

/// Whoever can ask the member: a terminal, a page, or a rule the member set.
pub trait Consent: Send + Sync {
    /// Shows the question and gives the choice. Called before anything is sent or any refusal is told.
    fn ask<'a>(&'a self, question: &'a Question) -> BoxFuture<'a, Choice>;

    /// What the member says to what is offered.
    fn accepts<'a>(&'a self, offered: &'a Offered) -> BoxFuture<'a, OfferChoice> {
        let _ = offered;
        Box::pin(std::future::ready(OfferChoice::Accept))
    }

    /// Whether whoever made a request that breaks a rule is told so. It would hear nothing about the member or what the
    /// wallet holds, only that somebody opened the link; without a word of the member it hears nothing at all.
    fn reports<'a>(&'a self, faulty: &'a FaultyRequest) -> BoxFuture<'a, bool> {
        let _ = faulty;
        Box::pin(std::future::ready(false))
    }

    /// Tells that whoever asked, by its name, cannot take the answer at this moment, and that the same one goes again in so many
    /// seconds.
    fn waits(&self, asker: &str, seconds: i64) {
        let _ = (asker, seconds);
    }
}

/// A request that breaks a rule, of which it is known who made it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FaultyRequest {
    /// Who made it.
    pub asker: String,
    /// The host that would be told.
    pub host: String,
    /// The code that would be told (OpenID4VP 1.0 §8.5).
    pub code: &'static str,
    /// What is wrong, for the member alone.
    pub problem: String,
}

/// What the member says to an offer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OfferChoice {
    /// It is taken.
    Accept,
    /// The member says no.
    Refuse,
    /// Nobody says anything: the offer stays as it is.
    LeaveOpen,
}

/// What is offered, before anything is fetched with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Offered {
    /// The issuer's address.
    pub issuer: String,
    /// The issuer's name for itself, which nobody checked.
    pub claimed_name: Option<String>,
    /// What it offers.
    pub credentials: Vec<OfferedCredential>,
}

/// One offered credential.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OfferedCredential {
    /// The type.
    pub vct: String,
    /// The issuer's name for it, which nobody checked.
    pub claimed_name: Option<String>,
}

/// How much is picked without being asked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Preset {
    /// Only what is needed.
    #[default]
    Needed,
    /// What is needed, and what the member usually gives.
    Usual,
    /// All that was asked, as far as the wallet has it.
    All,
}

impl Preset {
    /// What this preset picks. What lies beyond the asker's registration is never picked; [`None`] when something
    /// needed is not to be had.
    #[must_use]
    pub fn pick(self, question: &Question) -> Option<Selection> {
        let needed =
            question.groups.iter().map(|group| if group.needed { pick(group).map(Some) } else { Some(None) });
        let mut selection = Selection { picks: needed.collect::<Option<_>>()?, ..Selection::default() };
        for (position, group) in question.groups.iter().enumerate() {
            if group.needed || !self.wants(group, question) {
                continue;
            }
            // What does not go together with the rest is left out.
            let mut more = selection.clone();
            if let (Some(place), found @ Some(_)) = (more.picks.get_mut(position), pick(group)) {
                *place = found;
                if question.check(&more).is_ok() {
                    selection = more;
                }
            }
        }
        question.check(&selection).is_ok().then_some(selection)
    }

    fn wants(self, group: &Group, question: &Question) -> bool {
        let usual = |name: &String| question.usual.contains(name);
        match self {
            Self::Needed => false,
            Self::All => !group.is_terms(),
            // What goes along with something usual and is not usual itself is not the member's habit.
            Self::Usual => {
                let picked = pick(group).and_then(|position| group.options.get(position));
                let claims: Vec<&String> = picked
                    .iter()
                    .flat_map(|option| &option.answers)
                    .flat_map(|answer| &answer.claims)
                    .map(|claim| &claim.claim)
                    .collect();
                !group.is_terms() && !claims.is_empty() && claims.into_iter().all(usual)
            }
        }
    }
}

/// A member who said beforehand how much to give.
#[derive(Clone, Copy, Debug, Default)]
pub struct ByPreset(pub Preset);

impl Consent for ByPreset {
    fn ask<'a>(&'a self, question: &'a Question) -> BoxFuture<'a, Choice> {
        // Nobody said yes beforehand to what was not even offered, or to more who see it, and nobody signs what was not read.
        let is_more = question.asks_what_was_not_offered() || question.would_be_seen_by_more();
        if is_more || !question.authorises.is_empty() {
            return Box::pin(std::future::ready(Choice::LeaveOpen));
        }
        let choice = self.0.pick(question).map_or(Choice::NothingToGive, Choice::Share);
        Box::pin(std::future::ready(choice))
    }
}

/// A member who agreed to take what is offered before something was shown for it. Asked once more, and not there to answer, they
/// would have shown that for nothing.
pub(crate) struct Agreed;

impl Consent for Agreed {
    fn ask<'a>(&'a self, _: &'a Question) -> BoxFuture<'a, Choice> {
        Box::pin(std::future::ready(Choice::LeaveOpen))
    }
}

/// The first way that the member has and the asker registered.
fn pick(group: &Group) -> Option<usize> {
    group.options.iter().position(|option| option.available && !option.is_beyond_registration())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::question::tests::{claim, option, question};

    fn six() -> Question {
        let group =
            |needed, name: &str| Group { needed, options: vec![option(name, vec![claim(name)], true)] };
        let mut question = question(vec![group(true, "email"), group(false, "bio"), group(false, "company")]);
        question.usual = vec!["bio".to_owned()];
        question
    }

    #[test]
    fn each_preset_picks_more_than_the_one_before() {
        let question = six();
        assert_eq!(Preset::Needed.pick(&question).unwrap().picks, [Some(0), None, None]);
        assert_eq!(Preset::Usual.pick(&question).unwrap().picks, [Some(0), Some(0), None]);
        assert_eq!(Preset::All.pick(&question).unwrap().picks, [Some(0), Some(0), Some(0)]);
    }

    #[test]
    fn what_is_usual_brings_nothing_along_that_is_not() {
        let mut question = six();
        question.groups[1].options[0].answers[0].claims.push(claim("birthdate"));
        assert_eq!(Preset::Usual.pick(&question).unwrap().picks, [Some(0), None, None]);
        question.usual.push("birthdate".to_owned());
        assert_eq!(Preset::Usual.pick(&question).unwrap().picks, [Some(0), Some(0), None]);
    }

    #[test]
    fn no_preset_picks_what_is_beyond_registration() {
        let mut question = six();
        question.groups[1].options[0].answers[0].claims[0].beyond_registration = true;
        assert_eq!(Preset::All.pick(&question).unwrap().picks, [Some(0), None, Some(0)]);
        question.groups[0].options[0].answers[0].beyond_registration = true;
        assert_eq!(Preset::All.pick(&question), None);
    }

    #[test]
    fn what_does_not_go_together_with_what_is_needed_is_left_out() {
        let mut question = six();
        question.one_key_only = true;
        question.groups[0].options[0].answers[0].key = Some("one".to_owned());
        question.groups[1].options[0].answers[0].key = Some("other".to_owned());
        assert_eq!(Preset::All.pick(&question).unwrap().picks, [Some(0), None, Some(0)]);
    }

    #[test]
    fn the_second_way_is_picked_where_the_first_is_not_to_be_had() {
        let mut question = six();
        question.groups[0].options.insert(0, option("profile_email", vec![claim("email")], false));
        assert_eq!(Preset::Needed.pick(&question).unwrap().picks, [Some(1), None, None]);
        question.groups[0].options[1].available = false;
        assert_eq!(Preset::Needed.pick(&question), None);
    }
}

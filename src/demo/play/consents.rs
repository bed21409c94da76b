//! What the member says when her wallet asks.

use ::wallet::{BoxFuture, Choice, Consent, Preset, Question, Source};

/// Gives what is needed and the optional claims named; for one claim, the member's own word is preferred.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Wishes {
    pub(super) optional: &'static [&'static str],
    pub(super) own: Option<&'static str>,
}

impl Consent for Wishes {
    fn ask<'a>(&'a self, question: &'a Question) -> BoxFuture<'a, Choice> {
        Box::pin(std::future::ready(self.choose(question)))
    }
}

impl Wishes {
    fn choose(&self, question: &Question) -> Choice {
        let Some(mut selection) = Preset::Needed.pick(question) else { return Choice::NothingToGive };
        for (group, pick) in question.groups.iter().zip(selection.picks.iter_mut()) {
            let names = |claim: &str| {
                let mut claims =
                    group.options.iter().flat_map(|option| &option.answers).flat_map(|answer| &answer.claims);
                claims.any(|asked| asked.claim == claim)
            };
            if self.optional.iter().any(|claim| names(claim)) {
                *pick = group.options.iter().position(|option| option.available);
            }
            if self.own.is_some_and(names) {
                let own = group.options.iter().position(|option| {
                    option.available
                        && option.answers.iter().all(|answer| answer.source == Source::OwnDetails)
                });
                *pick = own.or(*pick);
            }
        }
        Choice::Share(selection)
    }
}

/// Shows a membership of one space only.
pub(super) struct OnlyFrom(pub(super) &'static str);

impl Consent for OnlyFrom {
    fn ask<'a>(&'a self, question: &'a Question) -> BoxFuture<'a, Choice> {
        let mut choice = Preset::Needed.pick(question);
        if let Some(selection) = &mut choice {
            for (group, pick) in question.groups.iter().zip(selection.picks.iter_mut()) {
                *pick = group
                    .options
                    .iter()
                    .position(|option| {
                        let from =
                            |answer: &::wallet::Answer| answer.source == Source::CheckedBy(self.0.to_owned());
                        option.available && option.answers.iter().all(from)
                    })
                    .or(*pick);
            }
        }
        Box::pin(std::future::ready(choice.map_or(Choice::NothingToGive, Choice::Share)))
    }
}

/// Offers nothing beyond what is registered, and something in the place of one claim; what is asked then is given.
pub(super) struct Instead(pub(super) &'static str, pub(super) &'static str);

impl Consent for Instead {
    fn ask<'a>(&'a self, question: &'a Question) -> BoxFuture<'a, Choice> {
        let choice = if question.difference.is_some() {
            Preset::Needed.pick(question).map_or(Choice::NothingToGive, Choice::Share)
        } else {
            Choice::OfferLess(question.offer(false, &[], &[(self.0.to_owned(), self.1.to_owned())]))
        };
        Box::pin(std::future::ready(choice))
    }
}

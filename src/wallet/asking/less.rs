//! Offering less, detail by detail.

use ::wallet::{CounterOffer, Question, Source};

use super::Dialogue;
use crate::wallet::{printing, words};

impl Dialogue<'_> {
    /// The inner [`None`] is no offer after all.
    pub(super) fn less(&mut self, question: &Question) -> Option<Option<CounterOffer>> {
        let mut offer = CounterOffer::default();
        for name in question.asked() {
            if is_there(question, &name)
                && self.agrees(&format!("Would you give {}?", words::claim(&name)))?
            {
                offer.give.push(name);
                continue;
            }
            for other in question.alternatives.iter().filter(|one| one.of == name) {
                let what = words::claim(&other.offer);
                let sentence = format!("Offer {what} in the place of {}?", words::claim(&name));
                if self.agrees(&sentence)? {
                    offer.instead.push((name.clone(), other.offer.clone()));
                    break;
                }
            }
        }
        if let Err(problem) = question.check_offer(&offer) {
            self.say(&format!("This cannot be offered: {problem}."));
            return Some(None);
        }
        printing::about_to_offer(question, &offer).iter().for_each(|line| self.say(line));
        Some(self.agrees("Offer this?")?.then_some(offer))
    }
}

/// Whether the member has the claim.
fn is_there(question: &Question, name: &str) -> bool {
    let answers = question.groups.iter().flat_map(|group| &group.options).flat_map(|option| &option.answers);
    answers
        .filter(|answer| answer.source != Source::Missing)
        .any(|answer| answer.claims.iter().any(|claim| claim.claim == name))
}

//! What the command line says of offering less.

use std::str::FromStr;

use ::wallet::{Choice, CounterOffer, Preset, Question};
use clap::Args;

/// Offering less than what is asked, without being asked one by one.
#[derive(Args, Clone, Debug, Default)]
pub(super) struct LessArguments {
    /// Offer less than what is asked, by name, and wait for what is asked then: of what is needed, what you have and the
    /// asker registered; with `--preset all` also the rest.
    #[arg(long)]
    offer_less: bool,
    /// A detail that is not offered; may be given several times.
    #[arg(long, value_name = "DETAIL", requires = "offer_less")]
    without: Vec<String>,
    /// What is offered in a detail's place, as in `birthdate=age_equal_or_over.18`; may be given several times.
    #[arg(long, value_name = "DETAIL=OTHER", requires = "offer_less")]
    instead: Vec<InPlace>,
}

/// One detail in another's place.
#[derive(Clone, Debug)]
struct InPlace(String, String);

impl FromStr for InPlace {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text.split_once('=') {
            Some((of, offer)) if !of.is_empty() && !offer.is_empty() => {
                Ok(Self(of.to_owned(), offer.to_owned()))
            }
            _ => Err("write DETAIL=OTHER, as in birthdate=age_equal_or_over.18"),
        }
    }
}

impl LessArguments {
    /// The offer to make of `question`; none when less is not to be offered, or was already.
    pub(super) fn offer(&self, question: &Question, preset: Option<Preset>) -> Option<CounterOffer> {
        if !self.offer_less || question.difference.is_some() {
            return None;
        }
        let instead: Vec<_> = self.instead.iter().map(|one| (one.0.clone(), one.1.clone())).collect();
        Some(question.offer(preset == Some(Preset::All), &self.without, &instead))
    }

    /// The choice that an offer is; one that cannot be made is refused by the wallet, with its reason.
    pub(super) const fn choice(offer: CounterOffer) -> Choice {
        Choice::OfferLess(offer)
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        less: LessArguments,
    }

    fn parsed(words: &[&str]) -> Result<LessArguments, clap::Error> {
        Line::try_parse_from([&["present"], words].concat()).map(|line| line.less)
    }

    #[test]
    fn what_is_offered_instead_is_said_beforehand_and_nothing_is_offered_unasked() {
        let question = Question::default();
        assert_eq!(parsed(&[]).unwrap().offer(&question, None), None);
        let less = parsed(&["--offer-less", "--instead", "birthdate=age_equal_or_over.18"]).unwrap();
        let offer = less.offer(&question, None).unwrap();
        assert_eq!(offer.instead, [("birthdate".to_owned(), "age_equal_or_over.18".to_owned())]);
        let mut asked_anew = Question::default();
        asked_anew.difference = Some(::wallet::Difference::default());
        assert_eq!(less.offer(&asked_anew, None), None, "what is asked then is answered");
    }

    #[test]
    fn a_half_offer_is_none() {
        for words in [
            &["--without", "bio"][..],
            &["--instead", "birthdate=age_equal_or_over.18"],
            &["--offer-less", "--instead", "birthdate"],
            &["--offer-less", "--instead", "birthdate="],
        ] {
            assert!(parsed(words).is_err(), "{words:?}");
        }
    }
}

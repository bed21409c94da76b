//! What the member did, in words: at a space, as the history keeps it, and with their number and identifier.

use network::member_api::{ClaimChange, WhatToDo};
use wallet::Deed;
use web::Words;

use crate::spaces::change;
use crate::words::{detail, list};

/// Deeds in words, without values.
pub(crate) fn said(words: Words, deeds: &[Deed]) -> String {
    deeds.iter().map(|deed| one(words, deed)).collect::<Vec<_>>().join("; ")
}

fn one(words: Words, deed: &Deed) -> String {
    let changed = |claim: &str, what| change(words, &ClaimChange { claim: claim.to_owned(), what });
    match deed {
        Deed::NewValue { claim } => words.say_with("space-did-change", &[("detail", &detail(words, claim))]),
        Deed::Passport => words.say("space-did-passport"),
        Deed::Publish { claim, audience } => changed(claim, WhatToDo::Publish(*audience)),
        Deed::SetEnd { claim, until: Some(until) } => changed(claim, WhatToDo::Until(Some(*until))),
        Deed::SetEnd { claim, until: None } => {
            words.say_with("space-did-until-some-day", &[("detail", &detail(words, claim))])
        }
        Deed::LiftEnd { claim } => changed(claim, WhatToDo::Until(None)),
        Deed::TakeBack { claim } => changed(claim, WhatToDo::TakeBack),
        Deed::Leave => words.say("space-did-leave"),
        Deed::Object { about } if about.is_empty() => words.say("space-did-object"),
        Deed::Object { about } => {
            words.say_with("space-did-object-about", &[("details", &list(words, about))])
        }
        Deed::AnswerHello { shared } => {
            words.say_with("space-did-answer-hello", &[("details", &list(words, shared))])
        }
    }
}

/// The key of what was done with the number or the identifier, by the line that is kept of it.
pub(crate) fn with_identity(line: &str) -> Option<&'static str> {
    Some(match line {
        "new keys of the identifier" => "history-did-keys",
        "the identifier moved here" => "history-did-moved",
        "the identifier recovered" => "history-did-recovered",
        "the identifier given up" => "history-did-given-up",
        "another number" => "history-did-number",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use network::claims::Audience;

    use super::*;

    #[test]
    fn every_deed_has_words_of_its_own_in_every_language() {
        let claim = || "email".to_owned();
        let deeds = [
            Deed::NewValue { claim: claim() },
            Deed::Passport,
            Deed::Publish { claim: claim(), audience: Audience::Team },
            Deed::Publish { claim: claim(), audience: Audience::Public },
            Deed::SetEnd { claim: claim(), until: Some(1_795_564_800) },
            Deed::SetEnd { claim: claim(), until: None },
            Deed::LiftEnd { claim: claim() },
            Deed::TakeBack { claim: claim() },
            Deed::Leave,
            Deed::Object { about: Vec::new() },
            Deed::Object { about: vec![claim()] },
            Deed::AnswerHello { shared: vec![claim()] },
        ];
        let mut all: Vec<String> = Vec::new();
        for language in web::Language::ALL {
            let words = Words::new(language);
            let name = detail(words, "email");
            for deed in &deeds {
                let said = said(words, std::slice::from_ref(deed));
                assert!(!said.is_empty() && !all.contains(&said), "{said}");
                let is_about_it = !matches!(deed, Deed::Passport | Deed::Leave)
                    && *deed != Deed::Object { about: Vec::new() };
                assert_eq!(said.contains(&name), is_about_it, "{said}");
                all.push(said);
            }
        }
        let two = said(Words::default(), &[Deed::Leave, Deed::Passport]);
        assert_eq!(two, format!("{}; {}", all[8], all[1]));
    }
}

//! Why something is asked, and for how long it is kept.

use std::collections::BTreeMap;

use credentials::type_metadata::best_for;
use serde::{Deserialize, Serialize};

/// The language in which a purpose stands where nobody says which.
const USUAL: &str = "en";

/// One use that somebody makes of what they ask for, as they registered it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Use {
    /// What it goes by among their uses, and in what they sign.
    pub id: String,
    /// Why, by language tag.
    pub texts: BTreeMap<String, String>,
}

/// Why, and for how long.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Purpose {
    /// Why, in English where it is said in that.
    pub text: String,
    /// Each use that is made of it.
    pub uses: Vec<Use>,
    /// On what legal ground.
    pub legal_basis: Option<String>,
    /// After how many days what is asked for is erased at the latest.
    pub kept_days: Option<u32>,
}

/// Why, in some language.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SaidIn<'a> {
    /// The language's tag, as it was registered.
    pub language: &'a str,
    /// What is said.
    pub text: &'a str,
}

impl Purpose {
    /// The purpose of these uses.
    pub(crate) fn of(uses: Vec<Use>) -> Self {
        let usual: Vec<&str> = uses.iter().filter_map(Use::usual).collect();
        Self { text: usual.join("; "), uses, legal_basis: None, kept_days: None }
    }

    /// Why, once for each use, in `language` where it is said in that, else in English, else in any.
    #[must_use]
    pub fn said_in(&self, language: &str) -> Vec<SaidIn<'_>> {
        Use::all_said_in(&self.uses, language)
    }
}

impl Use {
    /// Why, once for each of these uses, in `language` where it is said in that, else in English, else in any.
    #[must_use]
    pub fn all_said_in<'a>(uses: &'a [Self], language: &str) -> Vec<SaidIn<'a>> {
        let mut said = Vec::new();
        for one in uses.iter().filter_map(|one| one.said_in(language)) {
            if !said.contains(&one) {
                said.push(one);
            }
        }
        said
    }

    /// Why, in English where it is said in that.
    pub(crate) fn usual(&self) -> Option<&str> {
        self.said_in(USUAL).map(|one| one.text)
    }

    /// Why, in `language` where it is said in that, else in English, else in any.
    #[must_use]
    pub fn said_in(&self, language: &str) -> Option<SaidIn<'_>> {
        let said: Vec<SaidIn<'_>> = self
            .texts
            .iter()
            .map(|(language, text)| SaidIn { language, text })
            .filter(|one| !one.text.trim().is_empty())
            .collect();
        let speaks = |wanted: &str| {
            best_for(wanted, &said, |one| one.language)
                .copied()
                .filter(|one| primary(one.language) == primary(wanted))
        };
        speaks(language).or_else(|| speaks(USUAL)).or_else(|| said.first().copied())
    }
}

fn primary(tag: &str) -> String {
    tag.split('-').next().unwrap_or_default().to_ascii_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(said: &[(&str, &str)]) -> Use {
        let texts = said.iter().map(|(language, text)| ((*language).to_owned(), (*text).to_owned()));
        Use { id: "use".to_owned(), texts: texts.collect() }
    }

    #[test]
    fn a_purpose_is_said_in_the_members_language_where_it_is_said_in_that_and_else_in_english() {
        let both = texts(&[("de", "Mitglied werden"), ("en", "Joining"), ("es-MX", "Hacerte miembro")]);
        let german = texts(&[("de", "Die Türen öffnen"), ("en", " ")]);
        let purpose = Purpose::of(vec![both, german]);
        assert_eq!(purpose.text, "Joining; Die Türen öffnen");
        let said = |language: &str| {
            let said = purpose.said_in(language);
            said.iter().map(|one| format!("{} {}", one.language, one.text)).collect::<Vec<_>>()
        };
        assert_eq!(said("es"), ["es-MX Hacerte miembro", "de Die Türen öffnen"]);
        assert_eq!(said("DE-at"), ["de Mitglied werden", "de Die Türen öffnen"]);
        assert_eq!(said("fr"), ["en Joining", "de Die Türen öffnen"]);
    }

    #[test]
    fn what_two_uses_say_alike_is_said_once_and_what_nobody_says_is_not_said() {
        let joining = || texts(&[("en", "Joining")]);
        assert_eq!(Purpose::of(vec![joining(), joining()]).said_in("en").len(), 1);
        assert!(Purpose::of(vec![texts(&[]), texts(&[("en", "")])]).said_in("en").is_empty());
    }
}

//! Why something is asked, and for how long it is kept.

use std::collections::BTreeMap;

use credentials::type_metadata::best_for;

/// The language in which a purpose stands where nobody says which.
const USUAL: &str = "en";

/// Why, and for how long.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Purpose {
    /// Why, in English where it is said in that.
    pub text: String,
    /// Why, for each use that is made of it: by language tag.
    pub texts: Vec<BTreeMap<String, String>>,
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
    /// The purpose of uses whose texts are `texts`.
    pub(crate) fn of(texts: Vec<BTreeMap<String, String>>) -> Self {
        let usual: Vec<&str> =
            texts.iter().filter_map(|one| said_in(one, USUAL)).map(|one| one.text).collect();
        Self { text: usual.join("; "), texts, legal_basis: None, kept_days: None }
    }

    /// Why, once for each use, in `language` where it is said in that, else in English, else in any.
    #[must_use]
    pub fn said_in(&self, language: &str) -> Vec<SaidIn<'_>> {
        let mut said = Vec::new();
        for one in self.texts.iter().filter_map(|texts| said_in(texts, language)) {
            if !said.contains(&one) {
                said.push(one);
            }
        }
        said
    }
}

fn said_in<'a>(texts: &'a BTreeMap<String, String>, language: &str) -> Option<SaidIn<'a>> {
    let said: Vec<SaidIn<'a>> = texts
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

fn primary(tag: &str) -> String {
    tag.split('-').next().unwrap_or_default().to_ascii_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(said: &[(&str, &str)]) -> BTreeMap<String, String> {
        said.iter().map(|(language, text)| ((*language).to_owned(), (*text).to_owned())).collect()
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

//! `passport verifier ask-again`: something else instead of a no.

use std::str::FromStr;

use clap::Args;
use serde_json::{Value, json};

/// What to ask an applicant for instead.
#[derive(Args, Debug)]
pub(super) struct AskAgainArguments {
    /// Name of the space in the data folder.
    pub(super) space: String,
    /// The sign-up.
    #[arg(allow_hyphen_values = true)]
    id: String,
    /// Another form, if not the one that was answered.
    #[arg(long)]
    form: Option<String>,
    /// A detail that is not asked for any more; may be given several times.
    #[arg(long, value_name = "DETAIL")]
    without: Vec<String>,
    /// What is asked for in a detail's place, as in `birthdate=age_equal_or_over.18`; may be given several times.
    #[arg(long, value_name = "DETAIL=OTHER")]
    instead: Vec<InPlace>,
    /// Why, in words for the applicant.
    #[arg(long)]
    reason: Option<String>,
}

/// One detail in another's place.
#[derive(Clone, Debug)]
struct InPlace {
    of: String,
    offer: String,
}

impl FromStr for InPlace {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text.split_once('=') {
            Some((of, offer)) if !of.is_empty() && !offer.is_empty() => {
                Ok(Self { of: of.to_owned(), offer: offer.to_owned() })
            }
            _ => Err("write DETAIL=OTHER, as in birthdate=age_equal_or_over.18"),
        }
    }
}

impl AskAgainArguments {
    /// What the running server is asked.
    pub(super) fn request(&self) -> Value {
        let instead: Vec<Value> =
            self.instead.iter().map(|one| json!({"of": one.of, "offer": one.offer})).collect();
        json!({
            "command": "verifier.ask-again",
            "id": self.id,
            "form": self.form,
            "without": self.without,
            "instead": instead,
            "reason": self.reason,
        })
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        again: AskAgainArguments,
    }

    #[test]
    fn what_is_asked_instead_is_named_detail_by_detail() {
        let line = Line::parse_from([
            "ask-again",
            "harbour",
            "-id_like_a_flag",
            "--without",
            "company",
            "--without",
            "bio",
            "--instead",
            "birthdate=age_equal_or_over.18",
            "--reason",
            "We need no birthday",
        ]);
        assert_eq!(line.again.space, "harbour");
        assert_eq!(
            line.again.request(),
            json!({"command": "verifier.ask-again", "id": "-id_like_a_flag", "form": null,
                "without": ["company", "bio"],
                "instead": [{"of": "birthdate", "offer": "age_equal_or_over.18"}],
                "reason": "We need no birthday"})
        );
        for half in ["birthdate", "birthdate=", "=age_equal_or_over.18"] {
            assert!(
                Line::try_parse_from(["ask-again", "harbour", "id", "--instead", half]).is_err(),
                "{half}"
            );
        }
    }
}

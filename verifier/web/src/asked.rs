//! What a form asks for, in words.

use askama::Template;
use askama::filters::HtmlSafe;
use credentials::ClaimsPath;
use credentials::{type_metadata, types};
use serde_json::Value;
use verifier::form::{Form, Need, SeenInTeam, Source};
use verifier::outgoing::seeing::ToldRecipient;
use web::Words;

use crate::site::SpaceWeb;

/// The list of what a form asks for.
#[derive(Template)]
#[template(path = "asked.html")]
pub(crate) struct AskedFor {
    words: Words,
    title: String,
    why: String,
    lines: Vec<Line>,
    goes_to: Vec<String>,
}

impl HtmlSafe for AskedFor {}

struct Line {
    label: String,
    from: String,
    need: Need,
    /// Who of the team sees it, where that is not everybody who sees values.
    seen: Option<String>,
}

impl Line {
    fn is_needed(&self) -> bool {
        self.need == Need::Required
    }
}

impl AskedFor {
    /// What `form` asks for.
    pub(crate) fn of(site: &SpaceWeb, words: Words, form: &Form) -> Self {
        let uses = &site.space.registration().content().intended_uses;
        let purpose = uses.iter().find(|one| one.id == form.purpose);
        Self {
            words,
            title: words.say_with("asked-for", &[("space", site.name())]),
            why: purpose.map(|one| one.purpose_in(&[words.tag()]).to_owned()).unwrap_or_default(),
            lines: lines(words, site.name(), form),
            goes_to: Vec::new(),
        }
    }

    /// The same with who else gets something of it: of those details alone that the form asks for.
    pub(crate) fn going_on_to(self, form: &Form, recipients: &[ToldRecipient]) -> Self {
        let words = self.words;
        let line = |one: &ToldRecipient| {
            let details: Vec<String> =
                one.asked_by(form).map(|claim| label(words, &[Value::from(claim)])).collect();
            let said = [("to", one.name.as_str()), ("details", &details.join(", "))];
            (!details.is_empty()).then(|| words.say_with("asked-goes-to", &said))
        };
        Self { goes_to: recipients.iter().filter_map(line).collect(), ..self }
    }
}

fn lines(words: Words, space: &str, form: &Form) -> Vec<Line> {
    let mut lines: Vec<Line> = form
        .fields
        .iter()
        .map(|field| {
            let from = match field.source {
                Source::Checked => "asked-checked",
                Source::Either => "asked-either",
                Source::Own => "own-details",
            };
            let path = field.path();
            let label = label(words, path.as_array().map_or(&[][..], Vec::as_slice));
            let seen = seen_in_team(words, space, form.seen_in_team(&field.claim));
            Line { label, from: words.say(from), need: field.need, seen }
        })
        .collect();
    let mut add = |need: Option<Need>, key: &str, from: &str| {
        lines.extend(need.map(|need| Line {
            label: words.say(key),
            from: words.say(from),
            need,
            seen: None,
        }));
    };
    add(form.passport, "network-number", "asked-checked");
    add(form.membership, "asked-membership", "asked-membership-from");
    for foreign in &form.foreign {
        let named = foreign.claims.iter().map(|path| Line {
            label: label(words, path),
            from: words.say("asked-foreign"),
            need: foreign.need,
            seen: None,
        });
        lines.extend(named);
    }
    lines
}

/// Who of a space's team sees a detail, for whoever is asked for it; nothing where everybody does who sees values.
pub(crate) fn seen_in_team(words: Words, space: &str, seen: SeenInTeam) -> Option<String> {
    let key = match seen {
        SeenInTeam::Owner => "who-sees-owner",
        SeenInTeam::OwnerAndManagers => "who-sees-owner-and-managers",
        SeenInTeam::Team => return None,
    };
    Some(words.say_with(key, &[("space", space)]))
}

/// The name of a claim in the reader's language, else as it is spelt.
pub(crate) fn label(words: Words, path: &[Value]) -> String {
    let known = ClaimsPath::from_value(&Value::Array(path.to_vec())).ok().and_then(|path| {
        [types::PROFILE, types::OWN, types::PASSPORT, types::MEMBERSHIP]
            .into_iter()
            .find_map(|vct| type_metadata::built_in(vct)?.label_of(&path, words.tag()).map(str::to_owned))
    });
    known.unwrap_or_else(|| {
        let names = path.iter().map(|part| part.as_str().map_or_else(|| part.to_string(), str::to_owned));
        names.collect::<Vec<_>>().join(" › ")
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use verifier::form::{Approval, Field};

    #[test]
    fn a_claim_within_another_is_called_by_its_name() {
        let mut form = crate::tests::stage::form("late", Approval::Person);
        form.fields = vec![Field {
            claim: "age_equal_or_over.18".to_owned(),
            need: Need::Required,
            source: Source::Checked,
            kept_days: None,
            instead: Vec::new(),
            seen_in_team: SeenInTeam::Team,
        }];
        let lines = lines(Words::new(web::Language::English), "Kiln", &form);
        assert_eq!(lines.iter().map(|line| line.label.as_str()).collect::<Vec<_>>(), ["18 or older"]);
    }
}

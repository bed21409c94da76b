//! A field of a form: its label and hint, what was typed, and beside it what is wrong with it.

use askama::Template;
use askama::filters::HtmlSafe;
use web::Words;
use web::page::ErrorSummary;

/// The name of a field, and what is wrong with what was typed there.
pub(super) type Wrong = (&'static str, String);

/// What is typed.
enum Kind {
    /// One line.
    Line,
    /// As many lines of text; spelling is not looked at.
    Lines(u8),
    /// What is not shown, and typed anew each time.
    Secret,
}

/// A field with its words.
#[derive(Template)]
#[template(path = "console/field.html")]
pub(super) struct Field {
    name: &'static str,
    label: String,
    hint: String,
    value: String,
    kind: Kind,
    error: Option<String>,
}

impl HtmlSafe for Field {}

impl Field {
    /// One line, with the label `key` of the catalogue and the hint of that name and `-hint`.
    pub(super) fn line(
        words: Words,
        name: &'static str,
        key: &str,
        value: &str,
        wrong: Option<&Wrong>,
    ) -> Self {
        Self {
            name,
            label: words.say(key),
            hint: words.say(&format!("{key}-hint")),
            value: value.to_owned(),
            kind: Kind::Line,
            error: wrong.filter(|(field, _)| *field == name).map(|(_, said)| said.clone()),
        }
    }

    /// The same for a text of several lines.
    pub(super) fn of_lines(self, rows: u8) -> Self {
        Self { kind: Kind::Lines(rows), ..self }
    }

    /// The same for a secret.
    pub(super) fn secret(words: Words, wrong: Option<&Wrong>) -> Self {
        let field = Self::line(words, "secret", "console-outgoing-secret-field", "", wrong);
        Self { kind: Kind::Secret, ..field }
    }
}

/// What is wrong, above the form.
pub(super) fn summary(words: Words, wrong: Option<&Wrong>) -> ErrorSummary {
    ErrorSummary {
        words,
        errors: wrong.iter().map(|(field, said)| ((*field).to_owned(), said.clone())).collect(),
    }
}

#[cfg(test)]
mod tests {
    use web::Language;

    use super::*;

    fn shown(kind: Kind, wrong: Option<&Wrong>) -> String {
        let words = Words::new(Language::English);
        let field = Field::line(words, "name", "console-outgoing-name", "<b>typed</b>", wrong);
        Field { kind, ..field }.to_string()
    }

    #[test]
    fn what_is_wrong_is_said_beside_its_own_field_and_what_was_typed_stays_but_for_a_secret() {
        let (own, other) = (("name", "Too <long>".to_owned()), ("url", "Too short".to_owned()));
        for kind in [|| Kind::Line, || Kind::Lines(3)] {
            let said = shown(kind(), Some(&own));
            for part in ["typed", "aria-invalid=\"true\"", "name-hint name-error", "id=\"name-error\">Too "] {
                assert!(said.contains(part), "{part}: {said}");
            }
            assert!(!said.contains("<b>") && !said.contains("<long>"), "{said}");
            let said = shown(kind(), Some(&other));
            assert!(!said.contains("aria-invalid") && !said.contains("error"), "{said}");
        }
        let said = shown(Kind::Secret, None);
        assert!(said.contains("type=\"password\"") && !said.contains("typed"), "{said}");
    }
}

//! What a new space asks at sign-up: three forms to begin with, each with the use that is registered for it.
//!
//! They ask for the least with which a space can do the job (GDPR Article 5(1)(c)), by contract (Article 6(1)(b)): somebody asks to be let
//! in. What may be left out is optional, and nothing is kept longer than it takes to answer a question about it. Records that tax law
//! wants for years are the accounting software's, not this one's. An operator that takes applications by itself takes exactly these
//! (`operator::application`).

use ::verifier::form::{Approval, Field, Form, Need, SeenInTeam, Source};
use clap::ValueEnum;
use trust::registration::LegalBasis;

use crate::party::Registered;

/// What a new space asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Template {
    /// The least, for a day: e-mail address and first name.
    Visitor,
    /// E-mail address and both names; the company if they like.
    Member,
    /// A member with a company, and what stands on an invoice if they like.
    Company,
}

/// Who decides about a sign-up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Decides {
    /// The server itself, as soon as everything is there.
    Itself,
    /// A person of the team.
    Person,
}

/// A form with the use that it serves.
pub(crate) struct Asked {
    /// Identifier of the use.
    pub(crate) purpose: String,
    /// The use.
    pub(crate) registered: Registered,
    /// The form.
    pub(crate) form: Form,
}

impl Template {
    /// The form and its use.
    pub(crate) fn asked(self, decides: Decides) -> Asked {
        let (purpose, english, spanish, days) = match self {
            Self::Visitor => ("visit", "A visit to this space", "Una visita a este espacio", 30),
            Self::Member => {
                ("membership", "Becoming a member of this space", "Hacerte miembro de este espacio", 90)
            }
            Self::Company => (
                "membership",
                "Becoming a member of this space with your company, and its invoices",
                "Hacerte miembro de este espacio con tu empresa, y sus facturas",
                90,
            ),
        };
        let form = Form {
            id: "sign-up".to_owned(),
            purpose: purpose.to_owned(),
            fields: self.fields(decides),
            approval: match decides {
                Decides::Itself => Approval::Automatic,
                Decides::Person => Approval::Person,
            },
            ..Form::default()
        };
        let words = [("en", english), ("es", spanish)];
        let registered = Registered {
            purpose: words.map(|(language, text)| (language.to_owned(), text.to_owned())).into(),
            legal_basis: LegalBasis::Contract,
            retention_days: days,
        };
        Asked { purpose: purpose.to_owned(), registered, form }
    }

    fn fields(self, decides: Decides) -> Vec<Field> {
        // Where nobody looks, an office must have checked the address. Where a person does, the member's own word is enough: the first
        // members of a network of one have no passport yet, and get it as members.
        let address = match (self, decides) {
            (Self::Member | Self::Company, Decides::Itself) => Source::Checked,
            _ => Source::Either,
        };
        let mut fields = vec![
            field("email", Need::Required, address),
            field("given_name", Need::Required, Source::Either),
        ];
        if self != Self::Visitor {
            fields.push(field("family_name", Need::Required, Source::Either));
        }
        match self {
            Self::Visitor => {}
            Self::Member => fields.push(field("company", Need::Optional, Source::Own)),
            Self::Company => {
                fields.push(field("company", Need::Required, Source::Own));
                // A freelancer invoiced under their own name has no tax number of a company to give.
                for claim in ["billing.name", "billing.address", "billing.tax_id"] {
                    fields.push(field(claim, Need::Optional, Source::Own));
                }
            }
        }
        fields
    }
}

/// What stands on an invoice the desk can do without.
fn field(claim: &str, need: Need, source: Source) -> Field {
    let seen_in_team =
        if claim.starts_with("billing.") { SeenInTeam::OwnerAndManagers } else { SeenInTeam::Team };
    Field { claim: claim.to_owned(), need, source, kept_days: None, instead: Vec::new(), seen_in_team }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What a template asks: `!` is needed, `?` may be left out.
    fn asks(template: Template, decides: Decides) -> String {
        let asked = template.asked(decides).form;
        asked.compile().unwrap();
        let said = asked.fields.iter().map(|field| {
            let need = if field.need == Need::Required { '!' } else { '?' };
            format!("{need}{}:{:?}", field.claim, field.source)
        });
        said.collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn each_template_asks_exactly_this() {
        for (template, decides, asked) in [
            (Template::Visitor, Decides::Itself, "!email:Either !given_name:Either"),
            (Template::Visitor, Decides::Person, "!email:Either !given_name:Either"),
            (
                Template::Member,
                Decides::Person,
                "!email:Either !given_name:Either !family_name:Either ?company:Own",
            ),
            (
                Template::Member,
                Decides::Itself,
                "!email:Checked !given_name:Either !family_name:Either ?company:Own",
            ),
            (
                Template::Company,
                Decides::Person,
                "!email:Either !given_name:Either !family_name:Either !company:Own ?billing.name:Own ?billing.address:Own ?billing.tax_id:Own",
            ),
        ] {
            assert_eq!(asks(template, decides), asked, "{template:?} {decides:?}");
        }
    }

    #[test]
    fn what_is_registered_names_the_use_its_ground_and_its_days() {
        for (template, purpose, days) in [
            (Template::Visitor, "visit", 30),
            (Template::Member, "membership", 90),
            (Template::Company, "membership", 90),
        ] {
            let asked = template.asked(Decides::Person);
            assert_eq!((asked.purpose.as_str(), asked.registered.retention_days), (purpose, days));
            assert_eq!(asked.form.purpose, asked.purpose);
            assert_eq!(asked.registered.legal_basis, LegalBasis::Contract);
            assert_eq!(asked.registered.purpose.keys().collect::<Vec<_>>(), ["en", "es"]);
            assert_eq!(asked.form.approval, Approval::Person);
        }
        assert_eq!(Template::Member.asked(Decides::Itself).form.approval, Approval::Automatic);
    }
}

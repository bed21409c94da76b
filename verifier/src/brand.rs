//! Forms that only members of the brand answer.
//!
//! Whoever shows a membership of one of the brand's spaces, this one among them, is a member of the brand. Which spaces those are says the
//! network list of the moment ([`BrandSpaces`]): what a membership says of a brand is its issuer's word, and stays in the wallet of a
//! member whose space has left the brand.
//!
//! [`BrandSpaces`]: crate::community::visiting::BrandSpaces

use presentation::{Answer, Refused, SignedBy};
use serde_json::{Value, json};

use crate::form::{CompiledForm, Form, FormError, Meaning};
use crate::records::Asked;
use crate::space::Space;

impl Space {
    /// `form` ready to be asked now: where only the brand may answer, the query names its spaces, so that a wallet offers no other
    /// membership.
    ///
    /// # Errors
    /// What a form cannot ask.
    pub(crate) fn compile(&self, form: &Form) -> Result<CompiledForm, FormError> {
        let mut compiled = form.compile()?;
        if form.only.brand {
            let spaces = json!(self.of_brand());
            let queries = compiled.query.get_mut("credentials").and_then(Value::as_array_mut);
            for claim in queries.into_iter().flatten().filter_map(asked_space) {
                claim["values"].clone_from(&spaces);
            }
        }
        Ok(compiled)
    }

    /// Whether the operator registered this space as one of a brand.
    #[must_use]
    pub fn is_of_a_brand(&self) -> bool {
        self.settings.brand.is_some()
    }

    /// The spaces of the brand, this one first; this one alone if it is of none.
    fn of_brand(&self) -> Vec<String> {
        let own = self.identity.did.as_str();
        std::iter::once(own.to_owned()).chain(self.brand.others(own)).collect()
    }

    /// Looks at the membership of an answer to a form that only the brand may answer.
    ///
    /// # Errors
    /// A rejection: it is of another space, or says another space than the one that signed it.
    pub(crate) fn check_brand(&self, asked: &Asked, answer: &Answer) -> Result<(), Refused> {
        if !asked.form.only.brand {
            return Ok(());
        }
        let query = asked.compiled.meanings.iter().find(|(_, meaning)| **meaning == Meaning::Membership);
        let shown = query
            .and_then(|(id, _)| answer.for_query(id))
            .ok_or_else(|| Refused::rejected("missing_claims", "the answer lacks the membership"))?;
        let from = match &shown.signed_by {
            SignedBy::Space(did) if self.of_brand().contains(did) => did,
            _ => {
                let sentence = "the membership must be signed by a space of this space's brand";
                return Err(Refused::rejected("untrusted_issuer", sentence));
            }
        };
        if shown.claims.get("space").and_then(Value::as_str) != Some(from) {
            let sentence = "the membership must be of the space that signed it";
            return Err(Refused::rejected("invalid_claim", sentence));
        }
        Ok(())
    }
}

/// Where a query for a membership asks of which space it is.
fn asked_space(query: &mut Value) -> Option<&mut Value> {
    let claims = (query.get("id")? == "membership").then(|| query.get_mut("claims"))??;
    claims.as_array_mut()?.iter_mut().find(|claim| claim.get("path") == Some(&json!(["space"])))
}

//! Who may answer a form, and what a rule says about whoever did.

use network::decision::Because;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{Approval, Form, FormError, Need, Source};
use crate::records::Decides;

/// The claim whose domain a form may care for.
const EMAIL: &str = "email";
/// Longest name of a domain (RFC 1035 §2.3.4), and of one part of it.
const LONGEST_DOMAIN: usize = 253;
const LONGEST_LABEL: usize = 63;
/// Most domains that a form names.
const MOST_DOMAINS: usize = 50;

/// Who may answer a form.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Only {
    /// Whom the team invited, and nobody else: the space's own page does not ask it.
    #[serde(default, skip_serializing_if = "super::is_false")]
    pub invited: bool,
    /// Whoever shows a membership of a space of this space's brand, and nobody else.
    #[serde(default, skip_serializing_if = "super::is_false")]
    pub brand: bool,
    /// Whose checked mail address is of one of these domains, in lower case. Empty: any.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub email_domains: Vec<String>,
    /// What becomes of those with another address.
    #[serde(default)]
    pub otherwise: Otherwise,
}

/// What becomes of somebody whom the rule does not take.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, Default)]
#[serde(rename_all = "kebab-case")]
pub enum Otherwise {
    /// A person of the team decides.
    #[default]
    Person,
    /// The rule says no, with its reason; a person can be appealed to.
    Decline,
}

impl Only {
    /// Whether anybody may answer.
    #[must_use]
    pub const fn is_everybody(&self) -> bool {
        !self.invited && !self.brand && self.email_domains.is_empty()
    }

    pub(super) fn check(&self, form: &Form) -> Result<(), FormError> {
        if self.brand && form.membership != Some(Need::Required) {
            return Err(FormError::BrandNeedsMembership);
        }
        if self.email_domains.is_empty() {
            return Ok(());
        }
        if self.email_domains.len() > MOST_DOMAINS {
            return Err(FormError::TooMany);
        }
        if let Some(wrong) = self.email_domains.iter().find(|domain| !is_domain(domain)) {
            return Err(FormError::BadDomain(wrong.clone()));
        }
        let is_asked = form.fields.iter().any(|field| {
            field.claim == EMAIL && field.need == Need::Required && field.source == Source::Checked
        });
        if is_asked { Ok(()) } else { Err(FormError::DomainsNeedAnAddress) }
    }

    /// Whether somebody with this address may answer. Domains are compared without regard to case (RFC 4343).
    fn takes(&self, address: Option<&str>) -> bool {
        let domain = address.and_then(|address| address.rsplit_once('@')).map(|(_, domain)| domain);
        let is_named = |domain: &str| self.email_domains.iter().any(|one| one.eq_ignore_ascii_case(domain));
        self.email_domains.is_empty() || domain.is_some_and(is_named)
    }
}

impl Form {
    /// Who decides about an answer with these checked claims.
    #[must_use]
    pub fn decides(&self, checked: Option<&Map<String, Value>>) -> Decides {
        let address = checked.and_then(|claims| claims.get(EMAIL)).and_then(Value::as_str);
        match (self.only.takes(address), self.only.otherwise, self.approval) {
            (false, Otherwise::Decline, _) => Decides::Declined(Because::EmailDomain),
            (false, Otherwise::Person, _) | (true, _, Approval::Person) => Decides::Person,
            (true, _, Approval::Automatic) => Decides::Rule,
            (true, _, Approval::Elsewhere) => Decides::Software,
        }
    }
}

/// A domain name of at least two parts, in lower case, as it stands in a mail address.
fn is_domain(text: &str) -> bool {
    let fits = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    let is_label = |label: &str| {
        (1..=LONGEST_LABEL).contains(&label.len())
            && label.bytes().all(fits)
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    text.len() <= LONGEST_DOMAIN && text.contains('.') && text.split('.').all(is_label)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::{Field, SeenInTeam};
    use super::*;

    fn email(need: Need, source: Source) -> Field {
        Field {
            claim: EMAIL.to_owned(),
            need,
            source,
            kept_days: None,
            instead: Vec::new(),
            seen_in_team: SeenInTeam::Team,
        }
    }

    fn form(domains: &[&str], otherwise: Otherwise, approval: Approval) -> Form {
        let email_domains = domains.iter().map(|&domain| domain.to_owned()).collect();
        Form {
            id: "sign-up".to_owned(),
            fields: vec![email(Need::Required, Source::Checked)],
            only: Only { email_domains, otherwise, ..Only::default() },
            approval,
            ..Form::default()
        }
    }

    #[test]
    fn whose_address_is_of_another_domain_is_decided_by_a_person_or_declined() {
        let decides = |form: &Form, address: &str| form.decides(json!({"email": address}).as_object());
        let named = ["kiln.example", "harbour.example.org"];
        for approval in [Approval::Automatic, Approval::Person, Approval::Elsewhere] {
            let usual = match approval {
                Approval::Automatic => Decides::Rule,
                Approval::Person => Decides::Person,
                Approval::Elsewhere => Decides::Software,
            };
            let person = form(&named, Otherwise::Person, approval);
            let decline = form(&named, Otherwise::Decline, approval);
            for address in ["ada@kiln.example", "ADA@Kiln.Example", "\"a@b\"@harbour.example.org"] {
                assert_eq!(decides(&person, address), usual, "{address}");
                assert_eq!(decides(&decline, address), usual, "{address}");
            }
            for address in [
                "ada@notkiln.example",
                "ada@sub.kiln.example",
                "ada@kiln.example.org",
                "kiln.example",
                "",
                "ada@kiln.example@evil.example",
            ] {
                assert_eq!(decides(&person, address), Decides::Person, "{address}");
                assert_eq!(decides(&decline, address), Decides::Declined(Because::EmailDomain), "{address}");
            }
            assert_eq!(decline.decides(None), Decides::Declined(Because::EmailDomain));
            assert_eq!(form(&[], Otherwise::Decline, approval).decides(None), usual);
        }
    }

    #[test]
    fn domains_are_domains_and_need_an_address_that_was_checked() {
        let with = |domain: &str| form(&[domain], Otherwise::Person, Approval::Automatic);
        for fine in ["example.org", "xn--mnchen-3ya.example", "a-b.c1"] {
            assert_eq!(with(fine).check(), Ok(()), "{fine}");
        }
        for wrong in [
            "example",
            "Example.org",
            "@example.org",
            "*.example.org",
            "-a.org",
            "a-.org",
            "a..org",
            "a.org.",
            "",
        ] {
            assert_eq!(with(wrong).check(), Err(FormError::BadDomain(wrong.to_owned())), "{wrong}");
        }
        for field in [
            email(Need::Optional, Source::Checked),
            email(Need::Required, Source::Either),
            email(Need::Required, Source::Own),
        ] {
            let unchecked = Form { fields: vec![field], ..with("example.org") };
            assert_eq!(unchecked.check(), Err(FormError::DomainsNeedAnAddress));
        }
    }
}

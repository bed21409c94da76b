//! Finding people by what they gave.
//!
//! Values lie sealed, and no index of them is on a disk: it would outlive what is taken back. So each search opens what is held at that
//! moment, one contact after the other, and what was erased is not found from then on. That is a look at all of it, noted once and
//! without what was searched for.

use std::collections::BTreeSet;

use serde_json::Value;
use store::Range;

use crate::records::Contact;
use crate::space::{Space, SpaceError};
use crate::standing::Called;
use crate::team::looks::{Looker, Looking};

/// Most contacts that one search opens.
pub const MOST_SEARCHED: usize = 10_000;
/// Most people that are listed.
pub const MOST_FOUND: usize = 50;
/// Contacts that are read at once.
const PAGE: usize = 500;
/// Shortest and longest that is searched for, in characters.
const SHORTEST: usize = 2;
const LONGEST: usize = 100;

/// Somebody who was found.
#[derive(Clone, PartialEq, Eq)]
pub struct Found {
    /// The contact.
    pub contact: String,
    /// What the person is called.
    pub name: Called,
    /// In which details it stands.
    pub claims: Vec<String>,
    /// Whether it is somebody from a table, who has no contact; `contact` is then the record of that.
    pub is_imported: bool,
}

impl std::fmt::Debug for Found {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "Found({})", self.contact)
    }
}

/// What a search brought.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SearchResult {
    /// Whom, at most [`MOST_FOUND`].
    pub found: Vec<Found>,
    /// How many contacts were opened.
    pub opened: usize,
    /// Whether there are more contacts than are opened, or more people than are listed.
    pub is_cut: bool,
}

/// Why nothing is searched.
#[derive(Debug, thiserror::Error)]
pub enum SearchError {
    /// What is searched for.
    #[error("search for 2 to 100 characters")]
    Term,
    /// Our side failed.
    #[error(transparent)]
    Space(#[from] SpaceError),
}

impl Space {
    /// The people in whose details `term` stands, whatever the case of its letters: of those details alone that whoever searches may
    /// see. Nobody is found, counted or cut off by what others of the team see.
    ///
    /// # Errors
    /// [`SearchError`].
    pub async fn search(&self, term: &str, looker: Looker<'_>) -> Result<SearchResult, SearchError> {
        let term = term.trim().to_lowercase();
        if !(SHORTEST..=LONGEST).contains(&term.chars().count()) {
            return Err(SearchError::Term);
        }
        let (contacts, mut is_cut) = self.all_contacts().await?;
        let ids: Vec<&str> = contacts.iter().map(|contact| contact.id.as_str()).collect();
        let by = looker.noted_as();
        let seen = contacts.iter().flat_map(|contact| &contact.given).filter(|given| looker.sees(given));
        let names: BTreeSet<&str> = seen.map(|given| given.claim.as_str()).collect();
        let names: Vec<&str> = names.into_iter().collect();
        if !ids.is_empty() {
            self.note_search(&ids, &names, by).await?;
        }
        let mut found = Vec::new();
        for contact in &contacts {
            // What was erased between reading and opening has no key any more.
            let Ok(values) = self.opened_for(contact, looker) else { continue };
            let holds = |value: Value| holds(&value, &term);
            let matching = values.iter().filter(|kept| kept.value().is_some_and(holds));
            let claims: Vec<String> = matching.map(|kept| kept.claim.clone()).collect();
            if claims.is_empty() {
                continue;
            }
            if found.len() >= MOST_FOUND {
                is_cut = true;
                break;
            }
            let (contact, name) = (contact.id.clone(), self.called_of(contact, looker));
            found.push(Found { contact, name, claims, is_imported: false });
        }
        let mut opened = contacts.len();
        if !is_cut {
            let (people, is_more) = self.search_imported(&term, by, &mut found).await?;
            (opened, is_cut) = (opened.saturating_add(people), is_more);
        }
        Ok(SearchResult { found, opened, is_cut })
    }

    /// The same among people from tables; gives how many were opened, and whether there are more.
    async fn search_imported(
        &self,
        term: &str,
        by: Option<&str>,
        found: &mut Vec<Found>,
    ) -> Result<(usize, bool), SpaceError> {
        let (mut after, mut opened) = (None::<String>, 0_usize);
        loop {
            let (people, next) = self.look_at_imported(after.as_deref(), PAGE, by).await?;
            opened = opened.saturating_add(people.len());
            for one in people {
                let matching = one.details.iter().filter(|(_, text)| text.to_lowercase().contains(term));
                let claims: Vec<String> = matching.map(|(column, _)| column.name().to_owned()).collect();
                if claims.is_empty() {
                    continue;
                }
                if found.len() >= MOST_FOUND {
                    return Ok((opened, true));
                }
                let name = Some(one.called()).filter(|name| !name.is_empty());
                let name = name.map_or(Called::Nameless, Called::Name);
                found.push(Found { contact: one.record.id, name, claims, is_imported: true });
            }
            match next {
                Some(_) if opened >= MOST_SEARCHED => return Ok((opened, true)),
                Some(next) => after = Some(next),
                None => return Ok((opened, false)),
            }
        }
    }

    async fn note_search(&self, ids: &[&str], names: &[&str], by: Option<&str>) -> Result<(), SpaceError> {
        let looking = Looking { by, how: "search", whose: ids, names, again: true };
        self.look(looking).await.map(drop)
    }

    /// Every contact up to the bound, and whether there are more.
    async fn all_contacts(&self) -> Result<(Vec<Contact>, bool), SpaceError> {
        let mut contacts: Vec<Contact> = Vec::new();
        let mut range = Range::all();
        while contacts.len() < MOST_SEARCHED {
            let page = self.tenant.list::<Contact>(range, PAGE).await?;
            contacts.extend(page.items);
            match page.next {
                Some(next) => range = Range::all().after(&next),
                None => return Ok((contacts, false)),
            }
        }
        Ok((contacts, true))
    }
}

/// Whether a text within `value` holds `term`, which is in small letters.
pub(crate) fn holds(value: &Value, term: &str) -> bool {
    match value {
        Value::String(text) => text.to_lowercase().contains(term),
        Value::Array(parts) => parts.iter().any(|part| holds(part, term)),
        Value::Object(parts) => parts.values().any(|part| holds(part, term)),
        Value::Number(number) => number.to_string().contains(term),
        Value::Bool(_) | Value::Null => false,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_term_is_found_in_every_text_of_a_value_and_nowhere_else() {
        for value in [json!("Larch and Linen"), json!(["x", "LINEN"]), json!({"town": "Linendorf"})] {
            assert!(holds(&value, "linen"), "{value}");
        }
        assert!(holds(&json!(1990), "199"));
        for value in [json!("Larch"), json!(true), json!(null), json!({"linen": "x"}), json!([])] {
            assert!(!holds(&value, "linen"), "{value}");
        }
    }

    #[test]
    fn whom_somebody_found_is_not_printed() {
        let found = Found {
            contact: "x".to_owned(),
            name: Called::Name("Ada".to_owned()),
            claims: Vec::new(),
            is_imported: false,
        };
        assert_eq!(format!("{found:?}"), "Found(x)");
    }
}

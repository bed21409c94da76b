//! Everything that the space holds of a member, for that member.

use network::claims::Audience;
use network::member_api::{Detail, Details, DoorOpening, FiledObjection, TeamNote};
use network::seen_in_team::SeenInTeam;
use serde_json::Value;
use store::{Change, Fault, Range, Tx};

use super::NotDone;
use super::access::Caller;
use super::objections::MOST_OBJECTIONS;
use super::records::Objection;
use crate::contact::{self, ContactValues, KeptValue};
use crate::doors::opening;
use crate::records::{Contact, Member, Provenance};
use crate::space::{Space, SpaceError};

impl Space {
    /// What the space holds of whoever asks.
    ///
    /// # Errors
    /// See [`NotDone`].
    pub async fn member_details(&self, caller: &Caller<'_>) -> Result<Details, NotDone> {
        let See { member, contact, objections, openings } =
            self.tenant.commit(&Seeing(caller)).await.map_err(refused)?;
        let details = match &contact {
            Some(contact) => self.details_of(contact, &member)?,
            None => Vec::new(),
        };
        let handed_on = match &contact {
            Some(contact) => self.handed_on(&contact.id).await?,
            None => Vec::new(),
        };
        let notes = match &contact {
            Some(contact) => self.notes_of(contact)?,
            None => Vec::new(),
        };
        let filed = |one: Objection| FiledObjection { id: one.id, at: one.at, about: one.about };
        Ok(Details {
            space: self.identity.did.as_str().to_owned(),
            member_since: member.since,
            plan: member.plan,
            details,
            objections: objections.into_iter().map(filed).collect(),
            handed_on,
            notes: notes
                .into_iter()
                .map(|note| TeamNote { at: note.at, by: note.by, text: note.text })
                .collect(),
            openings,
        })
    }

    fn details_of(&self, contact: &Contact, member: &Member) -> Result<Vec<Detail>, SpaceError> {
        let key = contact::key_of(self.identity.did.as_str(), &contact.id, contact.generation);
        let ContactValues(values) = contact::open_values(&self.keyring, &key, &contact.values)?;
        Ok(contact.given.iter().zip(&values).map(|(given, kept)| self.detail(given, kept, member)).collect())
    }

    fn detail(&self, given: &Provenance, kept: &KeptValue, member: &Member) -> Detail {
        Detail {
            claim: given.claim.clone(),
            value: kept.value().map(plain).unwrap_or_default(),
            purpose: given.purpose.clone(),
            audience: given.audience,
            seen_in_team: given.seen_in_team,
            seen_by: self.seen_by(given.audience, given.seen_in_team),
            until: given.until,
            kept_days: given.kept_days,
            since: given.since.unwrap_or(member.since),
            word_of: given.word_of.clone(),
            needed: given.needed,
        }
    }

    fn seen_by(&self, audience: Audience, seen_in_team: SeenInTeam) -> String {
        let name = &self.identity.name;
        let brand = self.registration().content().brand.as_ref().map_or("this brand", |brand| &brand.name);
        match audience {
            Audience::Team => match seen_in_team {
                SeenInTeam::Team => format!("the team of {name}"),
                SeenInTeam::OwnerAndManagers => format!("owner and managers of {name}"),
                SeenInTeam::Owner => format!("the owner of {name}"),
            },
            Audience::MembersHere => format!("the team and the members of {name}"),
            Audience::Brand => format!("the teams and members of all spaces of {brand}"),
            Audience::Public => "everybody".to_owned(),
        }
    }
}

/// A value without the digests of what was not disclosed (RFC 9901 §4.2.4).
pub(crate) fn plain(value: Value) -> Value {
    match value {
        Value::Object(members) => {
            let named = members.into_iter().filter(|(name, _)| name != "_sd");
            named.map(|(name, value)| (name, plain(value))).collect::<serde_json::Map<_, _>>().into()
        }
        Value::Array(elements) => {
            let is_hidden = |element: &Value| element.get("...").is_some();
            elements.into_iter().filter(|element| !is_hidden(element)).map(plain).collect()
        }
        other => other,
    }
}

pub(super) fn refused(fault: Fault<NotDone>) -> NotDone {
    match fault {
        Fault::Refused(refused) => refused,
        Fault::Store(fault) => fault.into(),
    }
}

/// What is read for it.
struct See {
    member: Member,
    contact: Option<Contact>,
    objections: Vec<Objection>,
    openings: Vec<DoorOpening>,
}

/// Uses the proof up and reads.
struct Seeing<'a>(&'a Caller<'a>);

impl Change for Seeing<'_> {
    const NAME: &'static str = "see-member-details";
    type Output = See;
    type Refusal = NotDone;

    async fn apply(&self, tx: &mut Tx) -> Result<See, Fault<NotDone>> {
        self.0.proof.store(tx).await?.map_err(Fault::Refused)?;
        let member = self.0.member(tx).await?.map_err(Fault::Refused)?;
        let contact = match &member.contact {
            Some(contact) => tx.get::<Contact>(contact).await?,
            None => None,
        };
        let objections = tx.list::<Objection>(Range::prefix(&member.sub), MOST_OBJECTIONS).await?.items;
        let openings = opening::told(tx, &member.sub).await?;
        Ok(See { member, contact, objections, openings })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_was_not_disclosed_leaves_no_trace_in_what_is_shown() {
        let value = json!({"18": true, "_sd": ["x"], "places": ["here", {"...": "y"}, {"_sd": ["z"]}]});
        assert_eq!(plain(value), json!({"18": true, "places": ["here", {}]}));
    }
}

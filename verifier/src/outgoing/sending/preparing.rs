//! Which request a delivery is: built from what is held at the moment of sending, so that nothing goes out that was taken back.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use http::header::ACCEPT;
use http::{HeaderName, HeaderValue, Method};
use keyring::KeyringError;
use outbound::Request;
use serde_json::{Value, json};
use url::Url;

use super::judging::THERE;
use super::{Deed, Due};
use crate::contact::ContactValues;
use crate::member_api::plain;
use crate::outgoing::events::moment;
use crate::outgoing::filling::{Person, fill};
use crate::outgoing::recipients::top;
use crate::outgoing::records::{Event, Line, Way};
use crate::outgoing::template::{Step, Template};
use crate::records::Contact;
use crate::space::{Space, SpaceError};

/// For how long an answer is waited for.
const PATIENCE: Duration = Duration::from_secs(10);
/// Longest answer that is read, in bytes.
const LARGEST_ANSWER: usize = 65_536;

/// What is to be done about a delivery.
pub(super) enum Prepared {
    /// This request, which holds these details.
    Request {
        /// The request, without what says who asks.
        request: Box<Request>,
        /// The details in it, by name.
        names: Vec<String>,
    },
    /// There is nothing to say any more.
    Nothing,
    /// This software cannot be told; why, as a machine code.
    ByHand(String),
}

impl Space {
    pub(super) async fn prepare(&self, due: &Due) -> Result<Prepared, SpaceError> {
        match &due.recipient.way {
            Way::Webhook { url, .. } => self.prepare_webhook(due, url).await,
            Way::Action { template } => self.prepare_action(due, template).await,
        }
    }

    /// What may go to this recipient of this person, as it is now.
    pub(super) async fn values_for(&self, due: &Due) -> Result<BTreeMap<String, Value>, SpaceError> {
        let Some(contact) = &due.contact else { return Ok(BTreeMap::new()) };
        let may = due.recipient.claims.intersection(&due.line.told).cloned().collect();
        self.outgoing_values(contact, &may).await
    }

    /// The details of a contact below these names.
    pub(in crate::outgoing) async fn outgoing_values(
        &self,
        contact: &Contact,
        claims: &BTreeSet<String>,
    ) -> Result<BTreeMap<String, Value>, SpaceError> {
        if claims.is_empty() {
            return Ok(BTreeMap::new());
        }
        let ContactValues(kept) = match self.opened_in_time(contact).await {
            Ok((_, values)) => values,
            // Its key is gone, and so is everything under it.
            Err(SpaceError::Keyring(KeyringError::NoKey)) => return Ok(BTreeMap::new()),
            Err(error) => return Err(error),
        };
        // What an office signed of the passport itself is no detail that goes out.
        let may = |claim: &str| claims.contains(top(claim)) && !matches!(claim, "number" | "did");
        let values = kept.into_iter().filter(|kept| may(&kept.claim));
        Ok(values.filter_map(|kept| Some((kept.claim.clone(), plain(kept.value()?)))).collect())
    }

    async fn prepare_webhook(&self, due: &Due, url: &str) -> Result<Prepared, SpaceError> {
        let delivery = &due.delivery;
        let tells_nothing = delivery.event == Event::Erased || due.recipient.is_closing;
        let values = if tells_nothing { BTreeMap::new() } else { self.values_for(due).await? };
        let names: Vec<String> = values.keys().cloned().collect();
        let mut data = serde_json::Map::new();
        if delivery.event != Event::Test {
            data.insert("person".to_owned(), json!(delivery.person));
            let sub = due.member.as_ref().map(|member| &member.sub);
            data.extend(sub.map(|sub| ("membership".to_owned(), json!(sub))));
            data.insert("details".to_owned(), json!(delivery.names));
        }
        if !values.is_empty() {
            data.insert("values".to_owned(), json!(values));
        }
        let body = json!({"type": delivery.event.name(), "timestamp": moment(delivery.at), "data": data});
        let body = body.to_string().into_bytes();
        let Ok(url) = Url::parse(url) else { return Ok(Prepared::ByHand("address".to_owned())) };
        let request = Request::new(Method::POST, url).with_body("application/json", body);
        let Ok(request) = request else { return Ok(Prepared::ByHand("unwritable".to_owned())) };
        Ok(Prepared::Request { request: Box::new(careful(request)), names })
    }

    async fn prepare_action(&self, due: &Due, template: &Template) -> Result<Prepared, SpaceError> {
        let deed = due.deed();
        let is_gone = due.contact.is_none();
        let nothing_there = !due.line.attempted || due.line.is_erased;
        let step = match deed {
            Deed::Create if is_gone || due.line.told.is_empty() || due.line.there.is_some() => {
                return Ok(Prepared::Nothing);
            }
            // What is still to be erased follows.
            Deed::Change if is_gone || nothing_there => return Ok(Prepared::Nothing),
            Deed::Erase if nothing_there => return Ok(Prepared::Nothing),
            Deed::Create => Some(&template.create),
            Deed::Change => template.change.as_ref(),
            Deed::Erase => template.erase.as_ref(),
            Deed::Tell => None,
        };
        let values = self.values_for(due).await?;
        let Some(step) = step else {
            let has_gone = due.delivery.event.erases() && !self.gone(due, &values).is_empty();
            return Ok(match deed {
                Deed::Erase => Prepared::ByHand("no_request".to_owned()),
                Deed::Change if has_gone => Prepared::ByHand("no_request".to_owned()),
                _ => Prepared::Nothing,
            });
        };
        let there = self.identifier_there(&due.line)?;
        if step.needs_id() && there.is_none() {
            let is_owed = deed == Deed::Erase || due.delivery.event.erases();
            return Ok(if is_owed {
                Prepared::ByHand("no_identifier".to_owned())
            } else {
                Prepared::Nothing
            });
        }
        let now = self.environment().now().seconds();
        let person = Person {
            values: &values,
            id: &due.delivery.person,
            there: there.as_deref(),
            since: due.member.as_ref().map(|member| member.since),
            now,
        };
        Ok(match filled(step, template, &person, deed == Deed::Change, &due.delivery.id) {
            Ok((request, names)) => Prepared::Request { request: Box::new(request), names },
            Err(code) => Prepared::ByHand(code),
        })
    }

    /// What lies there by what was sent, and may lie there no longer.
    fn gone(&self, due: &Due, values: &BTreeMap<String, Value>) -> BTreeSet<String> {
        due.line.has.iter().filter(|name| !values.contains_key(*name)).cloned().collect()
    }

    fn identifier_there(&self, line: &Line) -> Result<Option<String>, SpaceError> {
        let Some(sealed) = &line.there else { return Ok(None) };
        match self.keyring.open_sealed(&self.line_key(&line.person, &line.recipient), THERE, sealed) {
            Ok(text) => Ok(Some(String::from_utf8(text.to_vec()).map_err(|_| SpaceError::Unreadable)?)),
            Err(KeyringError::NoKey) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }
}

/// The request of a step; else why there is none, as a machine code.
pub(in crate::outgoing) fn filled(
    step: &Step,
    template: &Template,
    person: &Person<'_>,
    is_change: bool,
    id: &str,
) -> Result<(Request, Vec<String>), String> {
    let mut names = Vec::new();
    let body = match step.map() {
        Some(map) => {
            fill(&map, person, is_change, &mut names).map_err(|lacking| format!("lacks {}", lacking.0))?
        }
        None => None,
    };
    names.sort();
    names.dedup();
    let url = step.address(person.there.unwrap_or("-"), person.id).ok_or("address")?;
    let mut request = Request::new(step.verb(), url);
    for (name, value) in &template.headers {
        let name = HeaderName::from_bytes(name.as_bytes()).map_err(|_| "header")?;
        request = request.with_header(name, value).map_err(|_| "header")?;
    }
    if !request.headers.contains_key(ACCEPT) {
        request.headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
    }
    if let Some(body) = body {
        let text = body.to_string().into_bytes();
        request = request.with_body("application/json", text).map_err(|_| "unwritable")?;
    }
    // For software that knows it, a second attempt is the first (draft-ietf-httpapi-idempotency-key-header-07 §2).
    let name = HeaderName::from_static("idempotency-key");
    request = request.with_header(name, &format!("\"{id}\"")).map_err(|_| "header")?;
    Ok((careful(request), names))
}

/// Names of hosts come from the team, and answers from whoever is there.
pub(crate) fn careful(request: Request) -> Request {
    request.with_timeout(PATIENCE).with_limit(LARGEST_ANSWER).with_connection_closed()
}

//! What an action would send of the last sign-up, for the team to read before anything is sent.

use std::collections::{BTreeMap, BTreeSet};

use http::HeaderName;
use http::header::CONTENT_TYPE;
use outbound::Request;
use serde_json::{Value, json};
use store::Range;

use super::filling::Person;
use super::recipients::top;
use super::records::{Recipient, Way};
use super::sending::preparing::filled;
use super::template::{Auth, Step, Template};
use crate::records::{Contact, Member, Provenance, SignUp};
use crate::space::{Space, SpaceError};
use crate::team::looks::{Looker, Looking};

/// Most sign-ups that are looked through for the last one, and how many are read at once.
const MOST_SIGN_UPS: usize = 10_000;
const PAGE: usize = 500;

/// What an action would send, request by request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DryRun {
    /// Whose sign-up it is; none where nobody signed up, and names of details stand in the place of values.
    pub person: Option<String>,
    /// For each of `create`, `change`, `erase` that there is: the request, or why there would be none, as a machine code.
    pub steps: Vec<(&'static str, Result<Shown, String>)>,
}

impl Space {
    /// What an action would send of the last sign-up. That somebody looks is noted before; nothing is sent.
    ///
    /// # Errors
    /// [`SpaceError::NoSuch`], or our side failed.
    pub async fn dry_run(&self, recipient: &str, looker: Looker<'_>) -> Result<DryRun, SpaceError> {
        let found = self.tenant.get::<Recipient>(recipient).await?.ok_or(SpaceError::NoSuch("recipient"))?;
        let Way::Action { template } = &found.way else { return Err(SpaceError::NoSuch("action")) };
        let last = self.last_sign_up().await?;
        let (person, values) = match &last {
            Some((_, contact)) => {
                let goes = |given: &&Provenance| found.claims.contains(top(&given.claim));
                let seen = contact.given.iter().filter(goes).filter(|given| looker.sees(given));
                let names: Vec<&str> = seen.map(|given| given.claim.as_str()).collect();
                let by = looker.noted_as();
                let looking =
                    Looking { by, how: "dry-run", whose: &[&contact.id], names: &names, again: true };
                let is_there = self.look(looking).await?;
                let mut values = if is_there {
                    self.outgoing_values(contact, &found.claims).await?
                } else {
                    BTreeMap::new()
                };
                // What goes out and is for others of the team stands there by its name.
                for (claim, value) in &mut values {
                    if !names.contains(&claim.as_str()) {
                        *value = example(claim);
                    }
                }
                (Some(contact.id.clone()), values)
            }
            None => (None, examples(&found.claims)),
        };
        let member = match last.as_ref().and_then(|(sign_up, _)| sign_up.member.as_deref()) {
            Some(sub) => self.tenant.get::<Member>(sub).await?,
            None => None,
        };
        let shown = Person {
            values: &values,
            id: person.as_deref().unwrap_or("person"),
            there: Some("IDENTIFIER-OF-THEIRS"),
            since: member.map(|member| member.since),
            now: self.environment().now().seconds(),
        };
        let steps = would_send(template, &shown);
        Ok(DryRun { person, steps })
    }

    /// The last sign-up that counts and of which something is held.
    async fn last_sign_up(&self) -> Result<Option<(SignUp, Contact)>, SpaceError> {
        let (mut range, mut all, mut seen) = (Range::all(), Vec::new(), 0_usize);
        loop {
            let page = self.tenant.list::<SignUp>(range, PAGE).await?;
            seen = seen.saturating_add(page.items.len());
            all.extend(page.items.into_iter().filter(|one| !one.awaited));
            all.sort_by_key(|one| std::cmp::Reverse(one.answered_at));
            // A declined one has no contact any more.
            all.truncate(PAGE);
            match page.next {
                Some(next) if seen < MOST_SIGN_UPS => range = Range::all().after(&next),
                _ => break,
            }
        }
        for sign_up in all {
            if let Some(contact) = self.tenant.get::<Contact>(sign_up.id.as_str()).await? {
                return Ok(Some((sign_up, contact)));
            }
        }
        Ok(None)
    }
}

/// Names of details in the place of values.
fn examples(claims: &BTreeSet<String>) -> BTreeMap<String, Value> {
    claims.iter().map(|claim| (claim.clone(), example(claim))).collect()
}

fn example(claim: &str) -> Value {
    if claim == "birthdate" { json!("1990-01-02") } else { json!(format!("‹{claim}›")) }
}

fn would_send(template: &Template, person: &Person<'_>) -> Vec<(&'static str, Result<Shown, String>)> {
    let all: [(&'static str, Option<&Step>, bool); 3] = [
        ("create", Some(&template.create), false),
        ("change", template.change.as_ref(), true),
        ("erase", template.erase.as_ref(), false),
    ];
    let shown = |step: &Step, is_change| {
        let (request, _) = filled(step, template, person, is_change, "msg_IDENTIFIER-OF-THE-DELIVERY")?;
        Ok(Shown::of(&request, &template.auth))
    };
    all.into_iter().filter_map(|(name, step, is_change)| Some((name, shown(step?, is_change)))).collect()
}

/// A request as the team reads it before anything is sent: what says who asks is not shown.
#[derive(Clone, PartialEq, Eq)]
pub struct Shown {
    /// The method.
    pub method: String,
    /// The address.
    pub url: String,
    /// The headers, by name.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: String,
}

impl std::fmt::Debug for Shown {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "Shown({})", self.method)
    }
}

impl Shown {
    pub(super) fn of(request: &Request, auth: &Auth) -> Self {
        let is_body = |name: &HeaderName| *name == CONTENT_TYPE;
        let mut headers: Vec<(String, String)> = request
            .headers
            .iter()
            .filter(|(name, _)| !request.body.is_empty() || !is_body(name))
            .map(|(name, value)| (name.to_string(), value.to_str().unwrap_or_default().to_owned()))
            .collect();
        let hidden = |scheme: &str| ("authorization".to_owned(), format!("{scheme} ••••••"));
        match auth {
            Auth::None => {}
            Auth::Bearer | Auth::ClientCredentials { .. } => headers.push(hidden("Bearer")),
            Auth::Basic => headers.push(hidden("Basic")),
            Auth::Header { name, prefix } => {
                headers.push((name.to_ascii_lowercase(), format!("{prefix}••••••")));
            }
        }
        headers.sort();
        Self {
            method: request.method.to_string(),
            url: request.url.to_string(),
            headers,
            body: pretty(&request.body),
        }
    }
}

fn pretty(body: &[u8]) -> String {
    let value: Option<Value> = serde_json::from_slice(body).ok();
    value.and_then(|value| serde_json::to_string_pretty(&value).ok()).unwrap_or_default()
}

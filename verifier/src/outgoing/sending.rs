//! From a delivery to a request, and from its answer to what is known.
//!
//! ```text
//! first open delivery of a line ──► Due ──► Prepared ──► Begin (nothing has changed since) ──► request ──► Settle
//! ```
//!
//! What is due about one person to one recipient goes out in its order, one at a time over all processes. A process that ends between
//! [`Begin`] and [`Settle`] leaves a delivery that is tried again: at least once, under the same identifier.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use environment::Timestamp;
use http::header::{ACCEPT, CONTENT_TYPE};
use http::{HeaderName, HeaderValue, Method, StatusCode};
use keyring::{KeyringError, Sealed};
use ledger::{Entry, EntryKind, Leaf, LeafId};
use openid4vc::secret::SecretText;
use outbound::{Fetch, OutboundError, Request, Response, post_form};
use serde_json::{Value, json};
use store::{Change, Fault, Key, Lease, Range, Reader, StoreFault, Tx, View};
use url::Url;

use super::events::{job_kind, moment};
use super::filling::{Person, fill};
use super::recipients::{close_if_empty, erase_key, top};
use super::records::{Attempt, Delivery, Event, Line, Open, Recipient, State, TEST, Way};
use super::signing::{WebhookSecret, signatures};
use super::template::{Auth, Step, Template};
use crate::contact::ContactValues;
use crate::member_api::plain;
use crate::records::{Contact, Member, SignUp};
use crate::space::{Space, SpaceError};

/// Standard Webhooks, *Deliverability and reliability*: seconds between one attempt and the next. It spans three days.
pub const SCHEDULE: [i64; 9] = [5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400];
/// Seconds between attempts at what is never given up.
const DAILY: i64 = 86_400;
/// For how long an answer is waited for.
const PATIENCE: Duration = Duration::from_secs(10);
/// Longest answer that is read, in bytes.
const LARGEST_ANSWER: usize = 65_536;
/// Seconds for which a process has a delivery to itself: longer than it takes.
const BUSY: i64 = 60;
/// Deliveries that are taken at once, and how often in one round.
const AT_ONCE: usize = 5;
const TIMES: usize = 20;
/// Days for which settled deliveries are kept.
const KEPT: i64 = 90 * 86_400;
/// Most deliveries that are settled with a line: each is several writes of the thousand that a commit takes.
const MOST_STALE: usize = 50;
/// Longest identifier that other software may give, in bytes.
const LONGEST_ID: usize = 256;
/// Seals such an identifier.
const THERE: &[u8] = b"outgoing identifier";

/// A delivery with everything that its request is built from.
struct Due {
    recipient: Recipient,
    line: Line,
    delivery: Delivery,
    contact: Option<Contact>,
    member: Option<Member>,
}

/// Reads the first open delivery of a line.
struct ReadDue<'a> {
    recipient: &'a str,
    person: &'a str,
}

impl View for ReadDue<'_> {
    const NAME: &'static str = "due-delivery";
    type Output = Option<Due>;

    async fn read(&self, reader: &mut Reader) -> Result<Option<Due>, StoreFault> {
        let line = Range::prefix((self.recipient, self.person));
        let Some(delivery) = reader.page::<Open>(line, 1).await?.items.pop() else { return Ok(None) };
        let Some(recipient) = reader.get::<Recipient>(self.recipient).await? else { return Ok(None) };
        let line = match reader.get::<Line>((self.recipient, self.person)).await? {
            Some(line) => line,
            None if self.person == TEST => test_line(self.recipient),
            None => return Ok(None),
        };
        let sign_up = reader.get::<SignUp>(self.person).await?;
        let sub = sign_up.and_then(|sign_up| sign_up.member).unwrap_or_else(|| self.person.to_owned());
        let member = reader.get::<Member>(sub.as_str()).await?;
        let contact = reader.get::<Contact>(self.person).await?;
        Ok(Some(Due { recipient, line, delivery, contact, member }))
    }
}

fn test_line(recipient: &str) -> Line {
    Line {
        recipient: recipient.to_owned(),
        person: TEST.to_owned(),
        next: 0,
        may_have: false,
        attempted: false,
        there: None,
        has: BTreeSet::new(),
        sent_at: None,
        is_erased: false,
    }
}

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

/// What a delivery asks of the other side.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Deed {
    /// To hear of something.
    Tell,
    /// To make somebody.
    Create,
    /// To change somebody.
    Change,
    /// To forget somebody.
    Erase,
}

impl Due {
    fn deed(&self) -> Deed {
        match (&self.recipient.way, self.delivery.event) {
            (Way::Webhook { .. }, _) => Deed::Tell,
            (Way::Action { .. }, Event::Approved) => Deed::Create,
            (Way::Action { .. }, Event::Erased | Event::MembershipEnded) => Deed::Erase,
            (Way::Action { .. }, _) => Deed::Change,
        }
    }
}

impl Space {
    /// The recipients to which something may be due: each is served by itself, so that one that does not answer is waited for by
    /// nobody else.
    ///
    /// # Errors
    /// The store.
    pub async fn recipients_to_serve(&self) -> Result<Vec<String>, SpaceError> {
        if self.outgoing.is_none() {
            return Ok(Vec::new());
        }
        Ok(self.recipients().await?.into_iter().map(|recipient| recipient.id).collect())
    }

    /// Sends what is due to one recipient; gives how many jobs were seen to. Safe to run in several processes.
    ///
    /// # Errors
    /// The store; what was not done stays.
    pub async fn send_to(&self, recipient: &str) -> Result<usize, SpaceError> {
        let Some(fetch) = self.outgoing.clone() else { return Ok(0) };
        let (jobs, kind) = (self.tenant.jobs(), job_kind(recipient));
        let mut seen = 0_usize;
        for _ in 0..TIMES {
            let leases = jobs.lease(&kind, self.environment().now(), BUSY, AT_ONCE).await?;
            let count = leases.len();
            for lease in leases {
                seen = seen.saturating_add(1);
                let again = match self.serve(recipient, &lease, fetch.as_ref()).await {
                    Ok(again) => again,
                    Err(failure) => {
                        tracing::warn!(%failure, "a delivery was left for later");
                        Some(self.environment().now().plus(lease.backoff_seconds()))
                    }
                };
                let _ = match again {
                    Some(again) => jobs.fail(&lease, Some(again)).await?,
                    None => jobs.complete(&lease).await?,
                };
            }
            if count < AT_ONCE {
                break;
            }
        }
        Ok(seen)
    }

    /// Sees to the first open delivery of a line; gives when there is more to do.
    async fn serve(
        &self,
        recipient: &str,
        lease: &Lease,
        fetch: &dyn Fetch,
    ) -> Result<Option<Timestamp>, SpaceError> {
        let person: String = lease.payload().map_err(|_: StoreFault| SpaceError::Unreadable)?;
        let Some(due) = self.tenant.read(&ReadDue { recipient, person: &person }).await? else {
            return Ok(None);
        };
        let now = self.environment().now();
        let not_before = due.delivery.next.max(due.delivery.busy_until);
        if not_before > now.seconds() {
            return Ok(Some(Timestamp::from_seconds(not_before)));
        }
        let verdict = match self.prepare(&due)? {
            Prepared::Request { request, names } => {
                let begin = Begin { due: &due, names: &names, leaf: self.leaf_of(&due, &names) };
                if !self.tenant.carry_out(&begin).await? {
                    // Something changed meanwhile: what goes out is built anew.
                    return Ok(Some(now));
                }
                let answer = match self.authorized(&due, *request, fetch).await {
                    Ok(request) => fetch.fetch(request).await,
                    Err(error) => Err(error),
                };
                self.judge(&due, names, answer)?
            }
            Prepared::Nothing => Verdict::Nothing,
            Prepared::ByHand(code) => Verdict::ByHand { code, names: None },
        };
        let settle = Settle { due: &due, verdict: &verdict, at: self.environment().now().seconds() };
        Ok(self.tenant.carry_out(&settle).await?.map(Timestamp::from_seconds))
    }

    fn leaf_of(&self, due: &Due, names: &[String]) -> Option<Leaf> {
        if names.is_empty() || due.delivery.attempts > 0 {
            return None;
        }
        let entry = Entry::new(EntryKind::HandedOn, self.environment().now())
            .with_code(due.recipient.id.as_str())
            .about(names.iter().map(String::as_str));
        Some(Leaf::new(LeafId::generate(self.environment().randomness()), &entry))
    }

    fn prepare(&self, due: &Due) -> Result<Prepared, SpaceError> {
        match &due.recipient.way {
            Way::Webhook { url, .. } => self.prepare_webhook(due, url),
            Way::Action { template } => self.prepare_action(due, template),
        }
    }

    /// What may go to this recipient of this person, as it is now.
    fn values_for(&self, due: &Due) -> Result<BTreeMap<String, Value>, SpaceError> {
        let Some(contact) = due.contact.as_ref().filter(|_| due.line.may_have) else {
            return Ok(BTreeMap::new());
        };
        self.outgoing_values(contact, &due.recipient.claims)
    }

    /// The details of a contact below these names.
    pub(super) fn outgoing_values(
        &self,
        contact: &Contact,
        claims: &BTreeSet<String>,
    ) -> Result<BTreeMap<String, Value>, SpaceError> {
        if claims.is_empty() {
            return Ok(BTreeMap::new());
        }
        let ContactValues(kept) = match self.opened(contact) {
            Ok(values) => values,
            // Its key is gone, and so is everything under it.
            Err(SpaceError::Keyring(KeyringError::NoKey)) => return Ok(BTreeMap::new()),
            Err(error) => return Err(error),
        };
        // What an office signed of the passport itself is no detail that goes out.
        let may = |claim: &str| claims.contains(top(claim)) && !matches!(claim, "number" | "did");
        let values = kept.into_iter().filter(|kept| may(&kept.claim));
        Ok(values.filter_map(|kept| Some((kept.claim.clone(), plain(kept.value()?)))).collect())
    }

    fn prepare_webhook(&self, due: &Due, url: &str) -> Result<Prepared, SpaceError> {
        let delivery = &due.delivery;
        let tells_nothing = delivery.event == Event::Erased || due.recipient.is_closing;
        let values = if tells_nothing { BTreeMap::new() } else { self.values_for(due)? };
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

    fn prepare_action(&self, due: &Due, template: &Template) -> Result<Prepared, SpaceError> {
        let deed = due.deed();
        let is_gone = due.contact.is_none();
        let nothing_there = !due.line.attempted || due.line.is_erased;
        let step = match deed {
            Deed::Create if is_gone || !due.line.may_have || due.line.there.is_some() => {
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
        let values = self.values_for(due)?;
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

    /// The request with what says who asks, or with its signature.
    async fn authorized(
        &self,
        due: &Due,
        request: Request,
        fetch: &dyn Fetch,
    ) -> Result<Request, OutboundError> {
        let secret = |sealed: &Option<Sealed>| {
            let sealed = sealed.as_ref()?;
            self.open_secret(&due.recipient.id, sealed).ok()
        };
        let current = secret(&due.recipient.secret);
        match &due.recipient.way {
            Way::Webhook { .. } => {
                let now = self.environment().now().seconds();
                let before = secret(&due.recipient.before).filter(|_| now < due.recipient.before_until);
                let secrets: Vec<WebhookSecret> = [current, before]
                    .into_iter()
                    .flatten()
                    .filter_map(|text| WebhookSecret::parse(text.expose()))
                    .collect();
                signed(request, &due.delivery.id, now, &secrets)
            }
            Way::Action { template } => with_auth(request, &template.auth, current.as_ref(), fetch).await,
        }
    }

    /// What an answer means.
    fn judge(
        &self,
        due: &Due,
        names: Vec<String>,
        answer: Result<Response, OutboundError>,
    ) -> Result<Verdict, SpaceError> {
        let response = match answer {
            Ok(response) => response,
            Err(error) => {
                let code = Some(code_of(&error).to_owned());
                return Ok(Verdict::Failed { status: None, code, for_good: false });
            }
        };
        let status = response.status;
        let deed = due.deed();
        let was_gone = deed == Deed::Erase && matches!(status, StatusCode::NOT_FOUND | StatusCode::GONE);
        if !status.is_success() && !was_gone {
            let for_good = deed == Deed::Tell && status == StatusCode::GONE;
            return Ok(Verdict::Failed { status: Some(status.as_u16()), code: None, for_good });
        }
        let Way::Action { template } = &due.recipient.way else {
            return Ok(Verdict::Confirmed { status: status.as_u16(), names, there: None });
        };
        match deed {
            Deed::Create => self.created(due, template, names, &response),
            Deed::Change => Ok(self.changed(due, template, names, status)),
            _ => Ok(Verdict::Confirmed { status: status.as_u16(), names, there: None }),
        }
    }

    fn created(
        &self,
        due: &Due,
        template: &Template,
        names: Vec<String>,
        response: &Response,
    ) -> Result<Verdict, SpaceError> {
        let status = response.status.as_u16();
        let Some(pointer) = &template.create.id else {
            return Ok(Verdict::Confirmed { status, names, there: None });
        };
        let text = response.json().ok().and_then(|body| identifier(body.pointer(pointer)?));
        let Some(text) = text else {
            return Ok(Verdict::ByHand { code: "no_identifier".to_owned(), names: Some(names) });
        };
        let key = self.line_key(&due.line.person, &due.line.recipient);
        let there = Some(self.keyring.seal(&key, THERE, text.as_bytes())?);
        Ok(Verdict::Confirmed { status, names, there })
    }

    /// A change that was taken, unless it could not say of something that it is gone.
    fn changed(&self, due: &Due, template: &Template, names: Vec<String>, status: StatusCode) -> Verdict {
        let step = template.change.as_ref();
        let unsaid = step.and_then(Step::map).map(|map| map.can_unsay()).unwrap_or_default();
        let replaces = step.is_some_and(|step| step.replaces_whole);
        let left = due.line.has.iter().any(|name| !names.contains(name) && !unsaid.contains(name));
        if left && !replaces {
            return Verdict::ByHand { code: "cannot_unsay".to_owned(), names: Some(names) };
        }
        Verdict::Confirmed { status: status.as_u16(), names, there: None }
    }
}

/// The request of a step; else why there is none, as a machine code.
pub(super) fn filled(
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
fn careful(request: Request) -> Request {
    request.with_timeout(PATIENCE).with_limit(LARGEST_ANSWER).with_connection_closed()
}

fn signed(
    request: Request,
    id: &str,
    timestamp: i64,
    secrets: &[WebhookSecret],
) -> Result<Request, OutboundError> {
    let signature = signatures(secrets, id, timestamp, &request.body);
    request
        .with_header(HeaderName::from_static("webhook-id"), id)?
        .with_header(HeaderName::from_static("webhook-timestamp"), &timestamp.to_string())?
        .with_header(HeaderName::from_static("webhook-signature"), &signature)
}

async fn with_auth(
    request: Request,
    auth: &Auth,
    secret: Option<&SecretText>,
    fetch: &dyn Fetch,
) -> Result<Request, OutboundError> {
    let secret = || secret.map(SecretText::expose).ok_or(OutboundError::Unwritable);
    match auth {
        Auth::None => Ok(request),
        Auth::Bearer => request.with_authorization("Bearer", secret()?),
        Auth::Basic => request.with_authorization("Basic", &basic(secret()?)),
        Auth::Header { name, prefix } => {
            let name = HeaderName::from_bytes(name.as_bytes()).map_err(|_| OutboundError::Unwritable)?;
            let mut value = HeaderValue::from_str(&format!("{prefix}{}", secret()?))
                .map_err(|_| OutboundError::Unwritable)?;
            value.set_sensitive(true);
            let mut request = request;
            request.headers.insert(name, value);
            Ok(request)
        }
        Auth::ClientCredentials { token_url, scope } => {
            let (client, password) = secret()?.split_once(':').ok_or(OutboundError::Unwritable)?;
            let url = Url::parse(token_url).map_err(|_| OutboundError::MalformedUrl)?;
            // RFC 6749 §4.4.2, §2.3.1.
            let mut fields = vec![
                ("grant_type", "client_credentials"),
                ("client_id", client),
                ("client_secret", password),
            ];
            if !scope.is_empty() {
                fields.push(("scope", scope));
            }
            let token = post_form(fetch, url, &fields).await?.successful()?.json()?;
            let token = token.get("access_token").and_then(Value::as_str).ok_or(OutboundError::NotJson)?;
            request.with_authorization("Bearer", token)
        }
    }
}

fn basic(pair: &str) -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::STANDARD.encode(pair)
}

/// An identifier: a text or a whole number.
fn identifier(value: &Value) -> Option<String> {
    let text = match value {
        Value::String(text) => text.clone(),
        Value::Number(number) if number.is_i64() || number.is_u64() => number.to_string(),
        _ => return None,
    };
    let is_one = (1..=LONGEST_ID).contains(&text.len()) && !text.chars().any(char::is_control);
    is_one.then_some(text)
}

/// Why no answer came, as a machine code.
#[must_use]
pub(super) fn code_of(error: &OutboundError) -> &'static str {
    match error {
        OutboundError::InsecureScheme | OutboundError::MalformedUrl => "address",
        OutboundError::ForbiddenAddress => "not_public",
        OutboundError::Unresolvable => "unknown_host",
        OutboundError::Busy | OutboundError::Unreachable | OutboundError::Broken => "unreachable",
        OutboundError::Tls(_) => "tls",
        OutboundError::TimedOut => "timed_out",
        OutboundError::Redirected { .. } => "redirected",
        OutboundError::TooLarge { .. } => "too_large",
        OutboundError::Status { .. } | OutboundError::NotJson => "no_token",
        _ => "unwritable",
    }
}

/// What is known after an attempt.
enum Verdict {
    Confirmed {
        status: u16,
        names: Vec<String>,
        there: Option<Sealed>,
    },
    Nothing,
    /// A person has to see to it. `names`: what went out nevertheless.
    ByHand {
        code: String,
        names: Option<Vec<String>>,
    },
    /// `for_good`: nobody wants it there any more.
    Failed {
        status: Option<u16>,
        code: Option<String>,
        for_good: bool,
    },
}

/// Takes a delivery in hand, if everything is still as its request was built from; gives whether it is.
struct Begin<'a> {
    due: &'a Due,
    names: &'a [String],
    leaf: Option<Leaf>,
}

fn key_of(delivery: &Delivery) -> Key {
    Key::from((delivery.recipient.as_str(), delivery.person.as_str())).then(delivery.number)
}

impl Change for Begin<'_> {
    const NAME: &'static str = "begin-delivery";
    type Output = bool;
    type Refusal = std::convert::Infallible;

    async fn apply(&self, tx: &mut Tx) -> Result<bool, Fault<Self::Refusal>> {
        let due = self.due;
        let person = due.delivery.person.as_str();
        let is_same = tx.get::<Delivery>(key_of(&due.delivery)).await?.as_ref() == Some(&due.delivery)
            && tx.get::<Contact>(person).await? == due.contact
            && tx.get::<Recipient>(due.recipient.id.as_str()).await?.as_ref() == Some(&due.recipient);
        if !is_same {
            return Ok(false);
        }
        let now = tx.now().seconds();
        tx.put(&Delivery {
            attempts: due.delivery.attempts.saturating_add(1),
            busy_until: now.saturating_add(BUSY),
            ..due.delivery.clone()
        })
        .await?;
        if person != TEST {
            let mut line = due.line.clone();
            if tx.get::<Line>((due.recipient.id.as_str(), person)).await?.as_ref() != Some(&due.line) {
                // An event came meanwhile and took the next number.
                let Some(found) = tx.get::<Line>((due.recipient.id.as_str(), person)).await? else {
                    return Ok(false);
                };
                line = found;
            }
            line.attempted = true;
            if !self.names.is_empty() {
                // It may arrive, whatever is heard of it.
                line.has.extend(self.names.iter().cloned());
                line.sent_at = Some(now);
            }
            tx.put(&line).await?;
        }
        if let Some(leaf) = &self.leaf {
            tx.log(leaf.clone()).await?;
        }
        Ok(true)
    }
}

/// Writes what became of an attempt; gives when it is tried again.
struct Settle<'a> {
    due: &'a Due,
    verdict: &'a Verdict,
    at: i64,
}

impl Change for Settle<'_> {
    const NAME: &'static str = "settle-delivery";
    type Output = Option<i64>;
    type Refusal = std::convert::Infallible;

    async fn apply(&self, tx: &mut Tx) -> Result<Option<i64>, Fault<Self::Refusal>> {
        let before = &self.due.delivery;
        let Some(mut delivery) = tx.get::<Delivery>(key_of(before)).await? else { return Ok(None) };
        if !delivery.is_open() {
            return Ok(None);
        }
        delivery.busy_until = 0;
        let line = tx.get::<Line>((before.recipient.as_str(), before.person.as_str())).await?;
        match self.verdict {
            Verdict::Confirmed { status, names, there } => {
                delivery.state = State::Confirmed;
                delivery.sent.clone_from(names);
                delivery.last = Some(Attempt { at: self.at, status: Some(*status), code: None });
                if let Some(line) = line {
                    self.confirmed(tx, line, names, there.as_ref()).await?;
                }
            }
            Verdict::Nothing => {
                delivery.state = State::NothingToSend;
                if let Some(line) = line.filter(|_| before.event == Event::Erased) {
                    forget_line(tx, &line).await?;
                }
            }
            Verdict::ByHand { code, names } => {
                delivery.state = State::ByHand;
                delivery.sent = names.clone().unwrap_or_default();
                delivery.last = Some(Attempt { at: self.at, status: None, code: Some(code.clone()) });
            }
            Verdict::Failed { status, code, for_good } => {
                delivery.last = Some(Attempt { at: self.at, status: *status, code: code.clone() });
                match self.next(&delivery, line.as_ref(), *for_good) {
                    Some(next) => delivery.next = next,
                    None => delivery.state = State::GivenUp,
                }
                if let Some(line) = line.filter(|line| {
                    !delivery.is_open() && before.event == Event::Erased && line.has.is_empty()
                }) {
                    // It was told of nobody's details, so there is nothing to erase.
                    forget_line(tx, &line).await?;
                }
            }
        }
        delivery.until =
            (!delivery.is_open() && !delivery.is_unconfirmed()).then(|| self.at.saturating_add(KEPT));
        tx.put(&delivery).await?;
        Ok(delivery.is_open().then_some(delivery.next))
    }
}

impl Settle<'_> {
    async fn confirmed(
        &self,
        tx: &mut Tx,
        mut line: Line,
        names: &[String],
        there: Option<&Sealed>,
    ) -> Result<(), StoreFault> {
        let deed = self.due.deed();
        if self.due.delivery.event == Event::Erased {
            return forget_line(tx, &line).await;
        }
        match deed {
            Deed::Erase => {
                line.is_erased = true;
                line.has.clear();
            }
            Deed::Change => line.has = names.iter().cloned().collect(),
            Deed::Tell if self.due.delivery.event.erases() => {
                line.has.retain(|name| !self.due.delivery.names.contains(name) || names.contains(name));
            }
            Deed::Create | Deed::Tell => {}
        }
        if let Some(there) = there {
            line.there = Some(there.clone());
        }
        tx.put(&line).await
    }

    /// When a failed delivery is tried again. What the other side is to forget is never given up while something may lie there.
    fn next(&self, delivery: &Delivery, line: Option<&Line>, for_good: bool) -> Option<i64> {
        let owed = delivery.event.erases() && line.is_some_and(|line| !line.has.is_empty());
        let place = usize::try_from(delivery.attempts.saturating_sub(1)).unwrap_or(usize::MAX);
        let delay = match SCHEDULE.get(place) {
            _ if delivery.event == Event::Test || (for_good && !owed) => None,
            Some(delay) => Some(*delay),
            None if owed => Some(DAILY),
            None => None,
        };
        delay.map(|delay| self.at.saturating_add(delay))
    }
}

/// Nothing of a person lies at a recipient any more, so that nothing that went wrong before matters.
pub(super) async fn forget_line(tx: &mut Tx, line: &Line) -> Result<(), StoreFault> {
    let at = tx.now().seconds();
    let all =
        tx.list::<Delivery>(Range::prefix((line.recipient.as_str(), line.person.as_str())), 200).await?;
    let stale = all.items.into_iter().filter(|one| !one.is_open() && one.is_unconfirmed());
    for mut delivery in stale.take(MOST_STALE) {
        delivery.state = State::NothingToSend;
        delivery.until = Some(at.saturating_add(KEPT));
        tx.put(&delivery).await?;
    }
    tx.delete::<Line>((line.recipient.as_str(), line.person.as_str())).await?;
    if line.there.is_some() {
        erase_key(tx, &format!("{} {}", line.person, line.recipient)).await?;
    }
    close_if_empty(tx, &line.recipient).await
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

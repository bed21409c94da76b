//! Holder keys that the member's browser holds (decision 0028): what is to be done with them is put to a page of the open wallet, which
//! asks for it, does it and answers. Whoever has not this session is told nothing, and nobody waits for ever.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, StatusCode};
use jose::{Jwk, base64url};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use tokio::sync::{Notify, oneshot};
use tokio::time::Instant;
use wallet::{BoxFuture, HolderKey, HolderKeys, KeyUse, KeysError, Showing, Wanted};
use web::csrf::{CsrfForm, Purpose};
use web::session::SessionSecret;
use zeroize::Zeroizing;

use crate::site::WalletWeb;
use crate::unlocked::desk_if_unlocked;

/// The script of pages that sign.
pub(crate) const SCRIPT: &str = "/signing.js";
/// What a session's key is for that lies in the browser.
const OF_SESSION: &str = "wallet-keys";
/// Most that is asked of a browser at once.
const MOST_JOBS: usize = 32;
/// Most keys and signatures of one job.
const MOST_AT_ONCE: usize = 200;
/// Longest sealed key of a browser, in characters: some 240 are usual.
const LONGEST_SEALED: usize = 512;
/// How long a page waits for something to do before it asks again.
const ASKED_FOR: Duration = Duration::from_secs(20);
/// Within what a page that is open asks again.
const SOON: Duration = Duration::from_secs(5);
/// After how long what one page took and did not do is given to another.
const DONE_WITHIN: Duration = Duration::from_secs(3);
/// How long whoever wants something waits for a page to come.
const SOMEBODY_COMES: Duration = Duration::from_secs(25);
/// How long they wait in all.
const LONGEST: Duration = Duration::from_secs(90);

/// The answer of a page.
pub(crate) struct Done;

impl Purpose for Done {
    const NAME: &'static str = "wallet-keys-done";
}

/// What is put to the browser of one wallet.
#[derive(Default)]
pub(crate) struct BrowserKeys {
    waiting: Mutex<Waiting>,
    changed: Notify,
}

#[derive(Default)]
struct Waiting {
    jobs: VecDeque<Job>,
    last: u64,
    /// When a page asked last, by the session it is of.
    asked: HashMap<String, Instant>,
}

struct Job {
    number: u64,
    deed: &'static str,
    about: Value,
    taken: Option<Instant>,
    /// The sessions whose browsers do not do it: what was agreed to in one is not known to another.
    refused: Vec<String>,
    answer: oneshot::Sender<Value>,
}

/// Takes a job away that nobody waits for any more.
struct Withdrawn<'a> {
    keys: &'a BrowserKeys,
    number: u64,
}

impl Drop for Withdrawn<'_> {
    fn drop(&mut self) {
        self.keys.waiting().jobs.retain(|job| job.number != self.number);
    }
}

impl BrowserKeys {
    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Nobody has the wallet open any more: who waits is told so.
    pub(crate) fn leave(&self) {
        let mut waiting = self.waiting();
        waiting.jobs.clear();
        waiting.asked.clear();
        drop(waiting);
        self.changed.notify_waiters();
    }

    /// Has a page do something.
    async fn done(&self, deed: &'static str, about: Value) -> Result<Value, KeysError> {
        let begun = Instant::now();
        let (number, mut answered) = self.put(deed, about)?;
        let _withdrawn = Withdrawn { keys: self, number };
        self.changed.notify_waiters();
        let answer = match tokio::time::timeout(SOMEBODY_COMES, &mut answered).await {
            Ok(answer) => answer,
            Err(_) if !self.was_asked_since(begun) => return Err(KeysError::NobodyThere),
            Err(_) if self.was_refused(number) => return Err(KeysError::Refused),
            Err(_) => {
                let left = LONGEST.saturating_sub(SOMEBODY_COMES);
                tokio::time::timeout(left, answered).await.map_err(|_| KeysError::NobodyThere)?
            }
        };
        answer.map_err(|_| KeysError::NobodyThere)
    }

    fn put(&self, deed: &'static str, about: Value) -> Result<(u64, oneshot::Receiver<Value>), KeysError> {
        let mut waiting = self.waiting();
        if waiting.jobs.len() >= MOST_JOBS {
            return Err(KeysError::NobodyThere);
        }
        let (answer, answered) = oneshot::channel();
        waiting.last = waiting.last.saturating_add(1);
        let number = waiting.last;
        waiting.jobs.push_back(Job { number, deed, about, taken: None, refused: Vec::new(), answer });
        Ok((number, answered))
    }

    /// Whether a page asks for what is to be done, so that somebody would sign now.
    pub(crate) fn is_there(&self) -> bool {
        self.waiting().asked.values().any(is_recent)
    }

    fn was_asked_since(&self, moment: Instant) -> bool {
        self.waiting().asked.values().any(|asked| *asked >= moment)
    }

    fn was_refused(&self, number: u64) -> bool {
        self.waiting().jobs.iter().any(|job| job.number == number && !job.refused.is_empty())
    }

    /// The next thing to do, for a page of this session; none where there is nothing for a while.
    pub(crate) async fn next(&self, session: &str) -> Option<Value> {
        let until = Instant::now().checked_add(ASKED_FOR)?;
        loop {
            let mut changed = std::pin::pin!(self.changed.notified());
            changed.as_mut().enable();
            let (found, again) = self.take(session);
            if found.is_some() {
                return found;
            }
            let wake = again.map_or(until, |again| again.min(until));
            let _ = tokio::time::timeout_at(wake, changed).await;
            if Instant::now() >= until {
                return None;
            }
        }
    }

    /// What nobody does at this moment; or when something of it is to be given to another.
    fn take(&self, session: &str) -> (Option<Value>, Option<Instant>) {
        let now = Instant::now();
        let mut waiting = self.waiting();
        waiting.asked.retain(|_, asked| is_recent(asked));
        waiting.asked.insert(session.to_owned(), now);
        let ends = |job: &Job| job.taken.and_then(|taken| taken.checked_add(DONE_WITHIN));
        let is_this = |job: &Job| !job.refused.iter().any(|one| one == session);
        let is_free = |job: &&mut Job| is_this(job) && ends(job).is_none_or(|end| end <= now);
        if let Some(job) = waiting.jobs.iter_mut().find(is_free) {
            job.taken = Some(now);
            return (Some(json!({"job": job.number, "deed": job.deed, "about": job.about})), None);
        }
        (None, waiting.jobs.iter().filter(|job| is_this(job)).filter_map(ends).min())
    }

    /// What a page of this session did; whether somebody waited for it. What it refuses is put to the browsers of other sessions that are
    /// there, for it may have been agreed to in one of them.
    pub(crate) fn answer(&self, number: u64, session: &str, answer: Value) -> bool {
        let mut waiting = self.waiting();
        if answer.get("refused").is_some() {
            let Waiting { jobs, asked, .. } = &mut *waiting;
            let Some(job) = jobs.iter_mut().find(|job| job.number == number) else { return false };
            job.refused.push(session.to_owned());
            job.taken = None;
            if asked.iter().any(|(one, asked)| is_recent(asked) && !job.refused.contains(one)) {
                self.changed.notify_waiters();
                return true;
            }
        }
        let place = waiting.jobs.iter().position(|job| job.number == number);
        let Some(job) = place.and_then(|place| waiting.jobs.remove(place)) else { return false };
        job.answer.send(answer).is_ok()
    }
}

/// Whether a page that asked then is there still.
fn is_recent(asked: &Instant) -> bool {
    asked.elapsed() <= ASKED_FOR.saturating_add(SOON)
}

/// A key as a browser made it.
#[derive(Deserialize)]
struct MadeKey {
    public: Value,
    sealed: String,
}

fn said<T: serde::de::DeserializeOwned>(answer: &Value, name: &str) -> Result<T, KeysError> {
    let told = answer.get(name).cloned().ok_or(KeysError::Refused)?;
    serde_json::from_value(told).map_err(|_| KeysError::Refused)
}

const fn word(purpose: KeyUse) -> &'static str {
    match purpose {
        KeyUse::Sign => "sign",
        KeyUse::Open => "open",
    }
}

impl MadeKey {
    fn holder_key(self, purpose: KeyUse) -> Result<HolderKey, KeysError> {
        let public = Jwk::from_value(&self.public)?;
        let is_sealed = self.sealed.len() <= LONGEST_SEALED && base64url::decode(&self.sealed).is_ok();
        if !is_sealed {
            return Err(KeysError::Refused);
        }
        Ok(HolderKey::elsewhere(purpose, public, self.sealed))
    }
}

impl HolderKeys for BrowserKeys {
    fn make(&self, purpose: KeyUse, count: usize) -> BoxFuture<'_, Result<Vec<HolderKey>, KeysError>> {
        Box::pin(async move {
            if count > MOST_AT_ONCE {
                return Err(KeysError::Refused);
            }
            let answer = self.done("make", json!({"use": word(purpose), "count": count})).await?;
            let made: Vec<MadeKey> = said(&answer, "keys")?;
            made.into_iter().map(|key| key.holder_key(purpose)).collect()
        })
    }

    fn sign(&self, wanted: Vec<Wanted>) -> BoxFuture<'_, Result<Vec<Vec<u8>>, KeysError>> {
        Box::pin(async move {
            if wanted.len() > MOST_AT_ONCE {
                return Err(KeysError::Refused);
            }
            let about = wanted.into_iter().map(|one| -> Result<Value, KeysError> {
                let sealed = one.key.sealed().ok_or(KeysError::Unusable)?.to_owned();
                let input = String::from_utf8(one.message).map_err(|_| KeysError::Unusable)?;
                let shows = one.shows.map(|Showing { presented, certificate }| {
                    json!({"presented": presented, "certificate": certificate.map(base64url::encode)})
                });
                Ok(json!({"sealed": sealed, "input": input, "shows": shows}))
            });
            let about: Vec<Value> = about.collect::<Result<_, KeysError>>()?;
            let answer = self.done("sign", about.into()).await?;
            let signatures: Vec<String> = said(&answer, "signatures")?;
            let decoded = signatures.iter().map(base64url::decode).collect::<Result<_, _>>();
            decoded.map_err(|_| KeysError::Refused)
        })
    }

    fn agree<'a>(
        &'a self,
        key: &'a HolderKey,
        with: &'a Jwk,
    ) -> BoxFuture<'a, Result<Zeroizing<[u8; 32]>, KeysError>> {
        Box::pin(async move {
            let sealed = key.sealed().ok_or(KeysError::Unusable)?;
            let about = json!({"sealed": sealed, "with": with.required_members()});
            let answer = self.done("agree", about).await?;
            let secret: Zeroizing<String> = said::<String>(&answer, "secret").map(Zeroizing::new)?;
            base64url::decode_exact(secret.as_str()).map(Zeroizing::new).map_err(|_| KeysError::Refused)
        })
    }
}

/// All that is told to whoever has not the wallet open. That is no error: pages ask by themselves, and then they stop.
fn closed() -> Response {
    Json(json!({"closed": true})).into_response()
}

/// On one's own machine the keys lie in the vault.
fn nowhere() -> Response {
    StatusCode::NOT_FOUND.into_response()
}

/// `GET /keys/session`: what opens the key that lies in the browser, for as long as the session lasts; what stands beside the ways in;
/// and the token of [`done`].
pub(crate) async fn session(State(site): State<WalletWeb>, headers: HeaderMap) -> Response {
    if !site.desks.vaults().are_many() {
        return nowhere();
    }
    let Some(secret) = SessionSecret::of_request(&headers) else { return closed() };
    let desk = match desk_if_unlocked(&site, &headers).await {
        Ok(Some(desk)) => desk,
        Ok(None) => return closed(),
        Err(failed) => return failed.page(web::Words::of_request(&headers)),
    };
    let ways = match desk.vault().keys_of_ways().await {
        Ok(ways) => ways,
        Err(error) => return crate::site::Failed::from(error).page(web::Words::of_request(&headers)),
    };
    let passkeys = ways.passkeys.iter().map(|(id, keys)| (id.as_str().to_owned(), keys.as_str().into()));
    Json(json!({
        "key": base64url::encode(secret.key(OF_SESSION).as_ref()),
        "csrf": site.csrf.token::<Done>(&secret.id()),
        "wrapped": {
            "passphrase": ways.passphrase.as_ref().map(wallet::WrappedKeys::as_str),
            "passkeys": passkeys.collect::<Map<String, Value>>(),
            "recovery_code": ways.recovery_code.as_ref().map(wallet::WrappedKeys::as_str),
        },
    }))
    .into_response()
}

/// `GET /keys/next`: what a page is to do. It is no use of the session.
pub(crate) async fn next(State(site): State<WalletWeb>, headers: HeaderMap) -> Response {
    if !site.desks.vaults().are_many() {
        return nowhere();
    }
    let desk = match desk_if_unlocked(&site, &headers).await {
        Ok(Some(desk)) => desk,
        Ok(None) => return closed(),
        Err(failed) => return failed.page(web::Words::of_request(&headers)),
    };
    let keys = Arc::clone(desk.keys());
    let Some(session) = SessionSecret::of_request(&headers) else { return closed() };
    let Some(job) = keys.next(&session.id().text()).await else {
        return StatusCode::NO_CONTENT.into_response();
    };
    // The session may have ended while it waited.
    match desk_if_unlocked(&site, &headers).await {
        Ok(Some(_)) => Json(job).into_response(),
        _ => closed(),
    }
}

/// `POST /keys/done`: what a page did.
pub(crate) async fn done(
    State(site): State<WalletWeb>,
    headers: HeaderMap,
    form: CsrfForm<Done>,
) -> Response {
    let CsrfForm { mut fields, .. } = form;
    let desk = match desk_if_unlocked(&site, &headers).await {
        Ok(Some(desk)) => desk,
        Ok(None) => return closed(),
        Err(failed) => return failed.page(web::Words::of_request(&headers)),
    };
    let number = fields.take("job").and_then(|job| job.parse().ok());
    let answer = fields.take("answer").and_then(|answer| jose::json::parse(answer.as_bytes()).ok());
    let (Some(number), Some(answer)) = (number, answer) else {
        return StatusCode::UNPROCESSABLE_ENTITY.into_response();
    };
    let Some(session) = SessionSecret::of_request(&headers) else { return closed() };
    // What came too late was done by another page, or is wanted no more.
    Json(json!({"taken": desk.keys().answer(number, &session.id().text(), answer)})).into_response()
}

#[cfg(test)]
mod tests;

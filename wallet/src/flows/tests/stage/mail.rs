//! The office as host of mailboxes, with all its tricks, and the space behind an invitation.

use std::collections::{BTreeMap, BTreeSet};
use std::future::ready;
use std::sync::{Arc, Mutex};

use did::resolution::Version;
use did::{BoxFuture, Did, Resolution, Resolve, ResolveError, StaticResolver};
use http::Method;
use jose::{Algorithm, Signer, SigningKey};
use network::mailbox::{Address, Listed, Listing};
use outbound::{OutboundError, Request, Response};
use serde_json::{Value, json};
use trust::testing::NOW;

use super::{Behaviour, Cast, OFFICE, SPACE, Stage, ok, proof_key, text};

/// Another space of the network.
pub(in crate::flows::tests) const NEIGHBOUR: &str = "harbour.localhost";

/// Gives the documents of all parties, while their hosts answer.
pub(super) struct Resolver {
    pub(super) known: StaticResolver,
    /// The space's document since it took another log key.
    pub(super) rotated: StaticResolver,
    pub(super) behaviour: Arc<Mutex<Behaviour>>,
}

impl Resolve for Resolver {
    fn resolve_version<'a>(
        &'a self,
        did: &'a Did,
        version: &'a Version,
    ) -> BoxFuture<'a, Result<Resolution, ResolveError>> {
        let behaviour = &mut *self.behaviour.lock().unwrap();
        if let Some(rotated_at) = behaviour.rotated_at.filter(|_| did.as_str().ends_with(SPACE)) {
            let is_before = match version {
                Version::Time(moment) => moment.timestamp().seconds() < rotated_at,
                _ => false,
            };
            let documents = if is_before { &self.known } else { &self.rotated };
            return Box::pin(ready(documents.resolve_now(did, &Version::Latest)));
        }
        if let Some(error) = behaviour.office_unresolved.clone().filter(|_| did.as_str().ends_with(OFFICE)) {
            return Box::pin(ready(Err(error)));
        }
        let mail = &mut behaviour.mail;
        if mail.is_neighbour_silent && did.as_str().ends_with(NEIGHBOUR) {
            mail.neighbour_called += 1;
            // The host is silent, or the resolver has no time for it: neither says anything about the space.
            let is_busy = mail.neighbour_called.is_multiple_of(2);
            return Box::pin(ready(Err(if is_busy {
                ResolveError::Busy
            } else {
                ResolveError::Unreachable
            })));
        }
        Box::pin(ready(self.known.resolve_now(did, version)))
    }
}

/// What the host keeps and does.
#[derive(Default)]
pub(in crate::flows::tests) struct MailHost {
    /// The neighbour's document cannot be had.
    pub(in crate::flows::tests) is_neighbour_silent: bool,
    /// How often that was tried.
    pub(in crate::flows::tests) neighbour_called: usize,
    /// These inboxes do not answer.
    pub(in crate::flows::tests) down: BTreeSet<String>,
    /// What waits, by the address of the inbox.
    pub(in crate::flows::tests) waiting: BTreeMap<String, Vec<Listed>>,
    /// What is called done stays.
    pub(in crate::flows::tests) repeats: bool,
    /// More is always said to wait.
    pub(in crate::flows::tests) endless: bool,
    /// What waits in one inbox is listed in each.
    pub(in crate::flows::tests) mixes: bool,
    /// The whole answer to a listing.
    pub(in crate::flows::tests) answer: Option<(u16, String)>,
    /// What was told: path behind the address, and body.
    pub(in crate::flows::tests) told: Vec<(String, Value)>,
    /// How often each inbox was listed, in order.
    pub(in crate::flows::tests) listed: Vec<String>,
    /// What the space answers behind an invitation, instead of a request.
    pub(in crate::flows::tests) invited: Option<(u16, Value)>,
    /// What was said to hellos: path and body.
    pub(in crate::flows::tests) hellos: Vec<(String, Value)>,
    /// What the space answers to that, if not 200.
    pub(in crate::flows::tests) hello_status: Option<u16>,
}

impl Stage {
    /// Something waits for the holder of an inbox.
    pub(in crate::flows::tests) fn leave(&self, url: &str, message: &str) {
        let address = url.rsplit('/').next().unwrap().to_owned();
        self.set(|behaviour| {
            let waiting = behaviour.mail.waiting.entry(address).or_default();
            let id = format!("id-{}", waiting.len());
            waiting.push(Listed { id, message: message.to_owned(), day: NOW.start_of_day().seconds() });
        });
    }

    /// Signs as the space does, with its request key.
    pub(in crate::flows::tests) const fn space_key(&self) -> &SigningKey {
        &self.signers[0]
    }

    /// Signs as the neighbour does, with its request key.
    pub(in crate::flows::tests) const fn neighbour_key(&self) -> &SigningKey {
        &self.signers[3]
    }

    /// Signs as the office does, with its request key.
    pub(in crate::flows::tests) const fn office_key(&self) -> &SigningKey {
        &self.signers[1]
    }

    /// Signs the space's decisions.
    pub(in crate::flows::tests) const fn space_log_key(&self) -> &SigningKey {
        &self.signers[2]
    }
}

impl Cast {
    pub(super) fn mailbox(&self, host: &str, request: &Request) -> Result<Response, OutboundError> {
        assert_eq!(host, OFFICE);
        let path = request.url.path().strip_prefix("/mailbox/").unwrap();
        let (address, what) = path.split_once('/').unwrap_or((path, ""));
        let proof = request.headers["dpop"].to_str().unwrap();
        assert_eq!(Address::of(&proof_key(proof)).as_str(), address, "by the key of the inbox");
        assert!(request.own_connection, "nothing ties a call to that of another inbox");
        let mail = &mut self.behaviour.lock().unwrap().mail;
        if mail.down.contains(address) {
            return Err(OutboundError::Unreachable);
        }
        if request.method == Method::GET {
            mail.listed.push(address.to_owned());
            return mail.listing(address);
        }
        let body: Value = serde_json::from_slice(&request.body).unwrap();
        if what == "done" && !mail.repeats {
            let done = |one: &Listed| body["ids"].as_array().unwrap().iter().any(|id| id == &one.id);
            mail.waiting.entry(address.to_owned()).or_default().retain(|one| !done(one));
        }
        mail.told.push((what.to_owned(), body));
        ok(&json!({}))
    }

    pub(super) fn hello(&self, host: &str, request: &Request) -> Result<Response, OutboundError> {
        assert_eq!((host, &request.method), (SPACE, &Method::POST));
        let mail = &mut self.behaviour.lock().unwrap().mail;
        let body = serde_json::from_slice(&request.body).unwrap();
        mail.hellos.push((request.url.path().to_owned(), body));
        if let Some(status) = mail.hello_status {
            return text(status, "application/json", "{}");
        }
        ok(&json!({}))
    }

    pub(super) fn invited(&self, host: &str, request: &Request) -> Result<Response, OutboundError> {
        assert_eq!((host, &request.method), (SPACE, &Method::POST));
        match &self.behaviour.lock().unwrap().mail.invited {
            Some((status, body)) => text(*status, "application/json", body.to_string()),
            None => ok(&json!({"link": self.space.link(), "session": "s"})),
        }
    }
}

impl MailHost {
    fn listing(&self, address: &str) -> Result<Response, OutboundError> {
        if let Some((status, body)) = &self.answer {
            return text(*status, "application/json", body.clone());
        }
        let own = self.waiting.get(address).cloned().unwrap_or_default();
        let all = self.waiting.values().flatten().cloned().collect();
        let mut listing = Listing::of(if self.mixes { all } else { own });
        listing.more |= self.endless;
        text(200, "application/json", listing.body())
    }
}

/// The same key once more.
pub(super) fn again(key: &SigningKey) -> SigningKey {
    SigningKey::from_secret_bytes(Algorithm::Es256, &key.secret_bytes()).unwrap()
}

/// What stands for `key` in the records of a wallet.
pub(in crate::flows::tests) fn private(key: &SigningKey) -> Value {
    assert!(matches!(key.public_jwk().kind(), jose::KeyKind::P256 { .. }));
    Value::from(key.to_private_json().as_str())
}

//! Carries letters over the network: the office with the number's prefix says whose it is, the letter is sealed to that
//! member and left at the mailbox (specs/number.md, specs/mailbox.md).

use std::sync::Arc;
use std::time::Duration;

use did::number::{OfficePrefix, PassportNumber};
use directory::numbers::{self, Found, ResolveNumberError};
use directory::{Directory, Identity};
use environment::Environment;
use http::StatusCode;
use jose::Jwk;
use network::http_signature;
use network::mailbox::{self, Deposit, Kind, Message, Slot};
use network::terms::Inbox;
use outbound::{Fetch, Request};
use presentation::BoxFuture;
use trust::{AdmissionError, Office, Space as SpaceRole};
use url::Url;

use super::post::{Courier, Letter, NotYet, Obstacle, Place};
use super::records::Purpose;

/// A mailbox answers at once.
const PATIENCE: Duration = Duration::from_secs(10);

/// The network as the way of letters.
pub struct NetworkCourier {
    directory: Arc<Directory>,
    identity: Arc<Identity>,
    fetch: Arc<dyn Fetch>,
    environment: Environment,
}

impl NetworkCourier {
    /// Letters of the space `identity`.
    #[must_use]
    pub const fn new(
        directory: Arc<Directory>,
        identity: Arc<Identity>,
        fetch: Arc<dyn Fetch>,
        environment: Environment,
    ) -> Self {
        Self { directory, identity, fetch, environment }
    }

    /// Nothing that hangs on the number is an error here but that a DID cannot be reached: a number that is unknown, blocked or
    /// answered wrongly leads nowhere.
    async fn ask(&self, number: &PassportNumber) -> Result<Option<Place>, NotYet> {
        let found =
            numbers::resolve(&self.directory, &self.identity, self.fetch.as_ref(), &self.environment, number);
        match found.await {
            Ok(found) => Ok(Some(place_of(found))),
            // Also where the resolver spares the DID's host: it may be of the member's own making.
            Err(ResolveNumberError::Member(error)) if error.is_transient() => {
                Err(NotYet::Place("the number's DID cannot be reached"))
            }
            Err(error) if error.is_transient() => Err(NotYet::Way("the network cannot be reached")),
            // The list may name an office again, and this space.
            Err(ResolveNumberError::NoOffice | ResolveNumberError::Directory(_)) => {
                Err(NotYet::Way("the network list does not allow it"))
            }
            Err(_) => Ok(None),
        }
    }

    /// Only an inbox at an admitted office: members name any address, and this space signs what it sends there.
    fn inbox(&self, address: &str) -> Result<Option<Url>, NotYet> {
        let found = numbers::inbox_at_an_office(&self.directory, address);
        found.map_err(|_| NotYet::Way("there is no network list, or it is out of date"))
    }

    fn deposit(&self, mailbox: &Url, to: &Place, letter: &Letter) -> Option<Request> {
        let request_key = &self.identity.request;
        let invitation = mailbox::Invitation {
            space: self.identity.did.as_str().to_owned(),
            member: to.member.clone(),
            id: letter.id.clone(),
            issued_at: letter.made_at,
            expires_at: letter.until,
            link: letter.link.clone(),
            purpose: match letter.purpose {
                Purpose::SignUp => mailbox::Purpose::SignUp,
                Purpose::HereIAm => mailbox::Purpose::HereIAm,
            },
            email: letter.email.clone(),
        };
        let key_id = request_key.key_id.to_string();
        let signed = invitation.sign(&key_id, request_key.signer.as_ref()).ok()?;
        let deposit =
            |message| Deposit { kind: Kind::Invitation, slot: letter.slot, message, expires: letter.until };
        self.sealed(mailbox, &to.seal, &signed, deposit)
    }

    /// What is signed, sealed and on its way to a mailbox.
    fn sealed(
        &self,
        mailbox: &Url,
        seal: &Jwk,
        signed: &str,
        deposit: impl Fn(String) -> Deposit,
    ) -> Option<Request> {
        let randomness = self.environment.randomness();
        let message = mailbox::seal(signed, seal, randomness).ok()?;
        let body = serde_json::to_vec(&deposit(message)).ok()?;
        let request_key = &self.identity.request;
        let (key_id, signer) = (request_key.key_id.to_string(), request_key.signer.as_ref());
        let (target, now) = (mailbox.as_str(), self.environment.now());
        let fields = http_signature::sign("POST", target, &body, &key_id, signer, now, randomness).ok()?;
        let request = Request::new(http::Method::POST, mailbox.clone());
        let request = request.with_body("application/json", body).ok()?;
        Some(numbers::with_signature(request, &fields).ok()?.with_timeout(PATIENCE))
    }

    async fn deliver(&self, request: Request) -> Result<(), NotYet> {
        match self.fetch.fetch(request).await {
            Ok(response) if waits(response.status) => Err(NotYet::Place("the mailbox takes nothing now")),
            Err(error) if error.is_transient() => Err(NotYet::Place("the mailbox cannot be reached")),
            Ok(_) | Err(_) => Ok(()),
        }
    }
}

impl Courier for NetworkCourier {
    fn way_to(&self, office: OfficePrefix) -> Result<(), Obstacle> {
        let list = self.directory.list().ok_or(Obstacle::NoList)?;
        let now = self.directory.now();
        let own = trust::listed::<SpaceRole>(self.identity.did.as_str(), &list, now);
        own.map_err(|error| match error {
            AdmissionError::ListExpired { .. } => Obstacle::NoList,
            _ => Obstacle::NotAdmitted,
        })?;
        let office = list.by_number_prefix(&office.to_string()).ok_or(Obstacle::NoOffice)?;
        trust::listed::<Office>(&office.did, &list, now).map(drop).map_err(|_| Obstacle::NoOffice)
    }

    fn find<'a>(&'a self, number: &'a PassportNumber) -> BoxFuture<'a, Result<Option<Place>, NotYet>> {
        Box::pin(self.ask(number))
    }

    fn carry<'a>(&'a self, to: &'a Place, letter: &'a Letter) -> BoxFuture<'a, Result<(), NotYet>> {
        Box::pin(async move {
            let Some(mailbox) = self.inbox(&to.mailbox)? else { return Ok(()) };
            let Some(request) = self.deposit(&mailbox, to, letter) else { return Ok(()) };
            self.deliver(request).await
        })
    }

    fn leave<'a>(&'a self, inbox: &'a Inbox, message: &'a Message) -> BoxFuture<'a, Result<(), NotYet>> {
        Box::pin(async move {
            let Some(mailbox) = self.inbox(&inbox.address)? else { return Ok(()) };
            let request_key = &self.identity.request;
            let signed = message.sign(&request_key.key_id.to_string(), request_key.signer.as_ref()).ok();
            let deposit = |sealed| Deposit {
                kind: Kind::Message,
                slot: Slot::random(self.environment.randomness()),
                message: sealed,
                expires: message.expires_at,
            };
            let request = signed.and_then(|signed| self.sealed(&mailbox, &inbox.key, &signed, deposit));
            match request {
                Some(request) => self.deliver(request).await,
                None => Ok(()),
            }
        })
    }
}

fn place_of(found: Found) -> Place {
    Place {
        member: found.did.as_str().to_owned(),
        seal: found.seal,
        mailbox: found.mailbox.into(),
        until: found.until.seconds(),
    }
}

/// What may be taken later: too many of ours, a list that the host has not seen yet, or a host that fails.
fn waits(status: StatusCode) -> bool {
    status.is_server_error() || matches!(status, StatusCode::TOO_MANY_REQUESTS | StatusCode::UNAUTHORIZED)
}

#[cfg(test)]
mod tests;

//! Renewing what the operator gave, over HTTP, before it ends: at half of its life, and then once an hour until it is done.
//!
//! What comes is checked against the pinned network and the party's own keys before it replaces anything. The running server
//! takes it at once. A bundle that somebody put into the folder by hand is taken in the same way.

use std::sync::Arc;

use ::operator::{Bundle, BundleError, Expected, Lasting, Renewal, renewal};
use anyhow::Result;
use directory::Identity;
use environment::{Environment, Timestamp};
use jose::SigningFailed;
use outbound::{Fetch, OutboundError, Request};
use trust::{NetworkDescriptor, Registration, Role};

use super::folder::PartyFolder;
use super::identity::own_identity;
use super::settings::PartySettings;

/// Between two tries, in seconds.
const TRY_EVERY: i64 = 3_600;
/// From when on a person is warned that it ends, in seconds.
const WARN_WHEN_LEFT: i64 = 7 * 86_400;
/// How long the operator may take.
const TIMEOUT: std::time::Duration = std::time::Duration::from_secs(10);
/// Longest answer that is read: chains and a registration are a few kilobytes.
const LONGEST: usize = 256 << 10;

/// Why a bundle was not renewed; the one before stays.
#[derive(Debug, thiserror::Error)]
pub(crate) enum RenewingError {
    /// The operator cannot be reached.
    #[error("the operator: {0}")]
    Outbound(#[from] OutboundError),
    /// The operator said no.
    #[error("the operator says {status} {code}: {description}")]
    Refused {
        /// The status.
        status: u16,
        /// The code.
        code: String,
        /// Its sentence.
        description: String,
    },
    /// What came is no bundle.
    #[error("what the operator answered is no bundle")]
    NotABundle,
    /// What came is not to be taken.
    #[error("what the operator answered is not taken: {0}")]
    NotTaken(#[from] BundleError),
    /// The key.
    #[error(transparent)]
    Signing(#[from] SigningFailed),
    /// The party's files.
    #[error("{0:#}")]
    Files(anyhow::Error),
}

/// What a round did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Round {
    /// Less than half of the life is over, or the last try is less than an hour ago.
    NotDue,
    /// The operator gave the same as before.
    Same,
    /// Another bundle is in force from now on.
    Taken {
        /// Whether something else is registered than before: forms follow at the next start.
        registration_changed: bool,
    },
}

/// Keeps one party's bundle fresh.
pub(crate) struct Renewing {
    folder: PartyFolder,
    environment: Environment,
    identity: Identity,
    descriptor: NetworkDescriptor,
    role: Role,
    bundle: Bundle,
    tried: Option<Timestamp>,
}

impl Renewing {
    /// For the party that runs as `identity` with this bundle, in the network that the bundle names.
    pub(crate) fn new(
        folder: PartyFolder,
        identity: Identity,
        descriptor: NetworkDescriptor,
        bundle: Bundle,
    ) -> Self {
        let environment = folder.environment().clone();
        Self { folder, environment, identity, descriptor, role: bundle.role, bundle, tried: None }
    }

    /// How long what is in force lasts; none if it does not count any more.
    pub(crate) fn lasting(&self) -> Option<Lasting> {
        self.check(&self.bundle).ok()
    }

    /// For how many seconds it still counts, if that is less than a week.
    pub(crate) fn soon_over(&self) -> Option<i64> {
        let left = self.lasting().map_or(0, |lasting| lasting.until.since(self.environment.now()));
        (left < WARN_WHEN_LEFT).then_some(left.max(0))
    }

    /// Takes what lies in the folder, if somebody put a newer bundle there, and asks the operator if it is time.
    ///
    /// # Errors
    /// See [`RenewingError`]; what was in force stays so.
    pub(crate) async fn round(&mut self, fetch: &dyn Fetch) -> Result<Round, RenewingError> {
        if let Some(taken) = self.take_from_folder()? {
            return Ok(taken);
        }
        let now = self.environment.now();
        let is_due = self.lasting().is_none_or(|lasting| now >= lasting.renewed_from);
        let was_tried = self.tried.is_some_and(|tried| (0..TRY_EVERY).contains(&now.since(tried)));
        if !is_due || was_tried {
            return Ok(Round::NotDue);
        }
        self.tried = Some(now);
        let bundle = self.ask(fetch, now).await?;
        if bundle == self.bundle {
            return Ok(Round::Same);
        }
        let lasting = self.check(&bundle)?;
        if self.lasting().is_some_and(|before| lasting.until <= before.until) {
            return Err(BundleError::EndsEarlier.into());
        }
        self.folder.put_bundle(&bundle).map_err(RenewingError::Files)?;
        Ok(self.take(bundle))
    }

    fn take_from_folder(&mut self) -> Result<Option<Round>, RenewingError> {
        let lies_there = self.folder.bundle().map_err(RenewingError::Files)?;
        let Some(other) = lies_there.filter(|other| *other != self.bundle) else { return Ok(None) };
        match self.check(&other) {
            Ok(_) => Ok(Some(self.take(other))),
            // One for another network is for the next start: the network is pinned while the server runs. Nothing is put in its place.
            Err(BundleError::OtherNetwork) => Ok(Some(Round::NotDue)),
            Err(_) => Ok(None),
        }
    }

    fn take(&mut self, bundle: Bundle) -> Round {
        let registration_changed = self.content(&self.bundle) != self.content(&bundle);
        self.identity.renew(bundle.request.clone(), bundle.issuing.clone(), bundle.registration.clone());
        self.bundle = bundle;
        Round::Taken { registration_changed }
    }

    /// What a bundle registers. One that has ended meanwhile is looked at as on its last day.
    fn content(&self, bundle: &Bundle) -> Option<trust::registration::RegistrationContent> {
        let (did, now) = (self.identity.did.as_str(), self.environment.now());
        let claims = jose::jws::Unverified::parse(&bundle.registration).ok()?.claims().ok()?;
        let issued_at = jose::jwt::required_date(&claims, "iat").ok()?;
        let registration = Registration::verify(&bundle.registration, &self.descriptor, did, now)
            .or_else(|_| Registration::verify(&bundle.registration, &self.descriptor, did, issued_at));
        Some(registration.ok()?.content().clone())
    }

    fn check(&self, bundle: &Bundle) -> Result<Lasting, BundleError> {
        let expected = Expected {
            network: &self.descriptor,
            did: self.identity.did.as_str(),
            host: self.identity.origin.host_str().unwrap_or_default(),
            role: self.role,
            request: self.identity.request.signer.public_jwk(),
            issuing: self.identity.issuing.signer.public_jwk(),
            number_prefix: self.bundle.number_prefix.as_deref(),
        };
        bundle.check(&expected, self.environment.now())
    }

    async fn ask(&self, fetch: &dyn Fetch, now: Timestamp) -> Result<Bundle, RenewingError> {
        let address = renewal::address(&self.descriptor);
        let asked = Renewal {
            did: self.identity.did.as_str(),
            network: self.descriptor.network(),
            address: &address,
            request: self.identity.request.signer.as_ref(),
            issuing: self.identity.issuing.signer.public_jwk(),
        };
        let body = asked.sign(now)?;
        let request =
            Request::new(axum::http::Method::POST, address).with_limit(LONGEST).with_timeout(TIMEOUT);
        let response = fetch.fetch(request.with_body(renewal::MEDIA_TYPE, body)?).await?;
        if !response.status.is_success() {
            let said = response.json().unwrap_or_default();
            let text = |name: &str| {
                let text = said.get(name).and_then(serde_json::Value::as_str).unwrap_or("unknown");
                text.chars().filter(|symbol| !symbol.is_control()).take(200).collect()
            };
            return Err(RenewingError::Refused {
                status: response.status.as_u16(),
                code: text("error"),
                description: text("error_description"),
            });
        }
        jose::json::parse_as(&response.body).map_err(|_| RenewingError::NotABundle)
    }
}

/// Renews before a party starts: one that did not run for a long time could not start with what it has. Gives the sentence for the
/// person at the terminal when less than a week is left all the same.
///
/// # Errors
/// The party's files. That nothing could be renewed is no error: what is there may last.
pub(crate) async fn before_start(
    folder: &PartyFolder,
    settings: &PartySettings,
    fetch: &dyn Fetch,
) -> Result<Option<String>> {
    let Some(bundle) = folder.bundle()? else { return Ok(None) };
    let identity = own_identity(folder, settings, &bundle)?;
    let descriptor = NetworkDescriptor::from_json(bundle.network.to_string())?;
    let mut renewing = Renewing::new(folder.clone(), identity, descriptor, bundle);
    let outcome = renewing.round(fetch).await;
    let Some(left) = renewing.soon_over() else { return Ok(None) };
    let ends = match left / 86_400 {
        _ if left == 0 => "has ended".to_owned(),
        0 => "ends within a day".to_owned(),
        days => format!("ends in {days} days"),
    };
    let why = outcome.err().map(|error| format!(": {error}")).unwrap_or_default();
    let did = &renewing.bundle.did;
    Ok(Some(format!(
        "Warning: what the operator gave {} {ends} and is not renewed{why}. The operator renews it with `passport operator renew FOLDER {did} --out admission.json`; put that into {}.",
        folder.name(),
        folder.path().display()
    )))
}

/// Looks once a minute for as long as the party runs.
pub(crate) async fn keep_fresh(mut renewing: Renewing, fetch: Arc<dyn Fetch>) {
    let mut tick = tokio::time::interval(std::time::Duration::from_secs(60));
    tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        tick.tick().await;
        let outcome = renewing.round(fetch.as_ref()).await;
        let party = renewing.folder.name();
        match outcome {
            Ok(Round::NotDue) => {}
            Ok(Round::Same) => tracing::info!(party, "the operator renews nothing yet"),
            Ok(Round::Taken { registration_changed: false }) => {
                tracing::info!(party, "certificates and registration were renewed");
            }
            Ok(Round::Taken { registration_changed: true }) => {
                tracing::warn!(
                    party,
                    "something else is registered than before: start the server again, so that forms and pages follow"
                );
            }
            Err(error) => {
                let left = renewing.lasting().map_or(0, |one| one.until.since(renewing.environment.now()));
                let days_left = left.max(0) / 86_400;
                if left < WARN_WHEN_LEFT {
                    tracing::error!(party, %error, days_left, "certificates and registration are not renewed: when they end, no wallet answers any more");
                } else {
                    tracing::warn!(party, %error, days_left, "certificates and registration are not renewed yet");
                }
            }
        }
    }
}

#[cfg(test)]
mod tests;

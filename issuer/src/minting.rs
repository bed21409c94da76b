//! What passports and profiles say.

use std::sync::Arc;

use credentials::types;
use directory::Identity;
use environment::{Date, Timestamp};
use issuance::{BoxFuture, Configuration, MintError, Minted, Minting};
use keyring::{Keyring, KeyringError};
use openid4vc::vci::reason::Reason;
use serde_json::{Map, Value, json};
use store::{Reader, StoreFault, Tenant, View};

use crate::approving::{self, INTERVAL, is_approved};
use crate::office::{self, OfficeError};
use crate::records::{Application, ApplicationKind, Stage};
use crate::standing::{self, Latest};

/// The configuration of passports.
pub const PASSPORT: &str = "passport";
/// The configuration of profiles.
pub const PROFILE: &str = "profile";
/// Days for which a copy counts.
const VALID_DAYS: i64 = 14;
const DAY: i64 = 86_400;

/// The configurations that an office issues.
#[must_use]
pub fn configurations() -> Vec<Configuration> {
    let named = |id: &str, vct: &str, english: &str, spanish: &str| Configuration {
        id: id.to_owned(),
        vct: vct.to_owned(),
        names: vec![("en".to_owned(), english.to_owned()), ("es".to_owned(), spanish.to_owned())],
    };
    vec![
        named(PASSPORT, types::PASSPORT, "Network passport", "Pasaporte de la red"),
        named(PROFILE, types::PROFILE, "Checked details", "Datos comprobados"),
    ]
}

/// What an application is offered.
pub(crate) const fn configurations_of(kind: ApplicationKind) -> &'static [&'static str] {
    match kind {
        ApplicationKind::FirstPassport | ApplicationKind::Again => &[PASSPORT, PROFILE],
        ApplicationKind::RefillPassport | ApplicationKind::Renumbered => &[PASSPORT],
        ApplicationKind::RefillProfile | ApplicationKind::Desk => &[PROFILE],
    }
}

/// Says what passports and profiles hold.
pub struct OfficeMinting {
    identity: Arc<Identity>,
    tenant: Tenant,
    keyring: Arc<Keyring>,
    by_hand: bool,
}

impl OfficeMinting {
    /// The minting of the office `identity`.
    #[must_use]
    pub const fn new(identity: Arc<Identity>, tenant: Tenant, keyring: Arc<Keyring>) -> Self {
        Self { identity, tenant, keyring, by_hand: false }
    }

    /// The same, where a person of the office approves whatever is given to somebody for the first time.
    #[must_use]
    pub fn approving_by_hand(self) -> Self {
        Self { by_hand: true, ..self }
    }

    async fn claims(&self, subject: &str, configuration: &str) -> Result<Map<String, Value>, MintError> {
        let entitled = Entitled { subject, configuration, by_hand: self.by_hand };
        let application = match self.tenant.read(&entitled).await.map_err(unavailable)? {
            Entitlement::None => return Err(MintError::Gone),
            Entitlement::Declined(reason) => return Err(MintError::Declined(reason)),
            Entitlement::Waiting => return Err(MintError::Later { interval: INTERVAL }),
            Entitlement::Full(application) => application,
        };
        match (configuration, &application.number) {
            (PASSPORT, Some(number)) => {
                let passport = self.tenant.read(&Latest(number)).await.map_err(unavailable)?;
                let passport = passport.ok_or(MintError::Gone)?;
                let did = passport.did.ok_or(MintError::Gone)?;
                let since = Date::of(Timestamp::from_seconds(passport.since));
                let claims = [
                    ("number", json!(passport.number)),
                    ("did", json!(did)),
                    ("since", json!(since.to_string())),
                ];
                Ok(claims.into_iter().map(|(name, value)| (name.to_owned(), value)).collect())
            }
            (PROFILE, _) => {
                let sealed = application.values.as_ref().ok_or(MintError::Gone)?;
                let values = office::open(&self.keyring, &self.identity, subject, sealed).map_err(gone)?;
                Ok(values.person.claims(self.tenant.environment().now()))
            }
            _ => Err(MintError::Gone),
        }
    }
}

/// Asks for the application `subject`, if something of `configuration` may be issued for it.
struct Entitled<'a> {
    subject: &'a str,
    configuration: &'a str,
    by_hand: bool,
}

/// What somebody may have now.
enum Entitlement {
    /// Nothing.
    None,
    /// Nothing, as a person has said, and why.
    Declined(Reason),
    /// Nothing before a person has looked at it.
    Waiting,
    /// What is offered.
    Full(Box<Application>),
}

impl View for Entitled<'_> {
    const NAME: &'static str = "office-entitled";
    type Output = Entitlement;

    async fn read(&self, reader: &mut Reader) -> Result<Self::Output, StoreFault> {
        let now = reader.now().seconds();
        let found = reader.get::<Application>(self.subject).await?;
        let current = found
            .filter(|found| found.stage == Stage::AwaitingIssue && found.until > now)
            .filter(|found| configurations_of(found.kind).contains(&self.configuration));
        let Some(application) = current else {
            let told = approving::told(reader, self.subject).await?;
            return Ok(told.map_or(Entitlement::None, Entitlement::Declined));
        };
        if !standing::counts(reader, &application).await? {
            return Ok(Entitlement::None);
        }
        if self.by_hand && !is_approved(reader, &application).await? {
            return Ok(Entitlement::Waiting);
        }
        Ok(Entitlement::Full(Box::new(application)))
    }
}

fn unavailable(_: StoreFault) -> MintError {
    MintError::Unavailable
}

fn gone(error: OfficeError) -> MintError {
    match error {
        OfficeError::Keyring(KeyringError::NoKey) => MintError::Gone,
        _ => MintError::Unavailable,
    }
}

impl Minting for OfficeMinting {
    fn mint<'a>(
        &'a self,
        subject: &'a str,
        configuration: &'a str,
    ) -> BoxFuture<'a, Result<Minted, MintError>> {
        Box::pin(async move {
            let today = self.tenant.environment().now().start_of_day();
            Ok(Minted {
                disclosable: self.claims(subject, configuration).await?,
                issued_at: today,
                expires_at: today.plus(VALID_DAYS.saturating_mul(DAY)),
            })
        })
    }

    fn is_entitled<'a>(
        &'a self,
        reader: &'a mut Reader,
        subject: &'a str,
        configuration: &'a str,
    ) -> BoxFuture<'a, Result<bool, StoreFault>> {
        let entitled = Entitled { subject, configuration, by_hand: self.by_hand };
        Box::pin(async move { Ok(matches!(entitled.read(reader).await?, Entitlement::Full(_))) })
    }

    fn is_expected<'a>(
        &'a self,
        reader: &'a mut Reader,
        subject: &'a str,
        configuration: &'a str,
    ) -> BoxFuture<'a, Result<bool, StoreFault>> {
        let entitled = Entitled { subject, configuration, by_hand: self.by_hand };
        let may_come = |entitlement| matches!(entitlement, Entitlement::Waiting | Entitlement::Full(_));
        Box::pin(async move { Ok(may_come(entitled.read(reader).await?)) })
    }
}

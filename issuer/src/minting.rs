//! What passports and profiles say.

use std::sync::Arc;

use credentials::types;
use directory::Identity;
use issuance::{BoxFuture, Configuration, MintError, Minted, Minting};
use keyring::{Keyring, KeyringError};
use serde_json::{Map, Value, json};
use store::Tenant;

use crate::office::{self, OfficeError};
use crate::person::date_of;
use crate::records::{Application, ApplicationKind, Passport, PassportStanding, Stage};

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
        ApplicationKind::FirstPassport => &[PASSPORT, PROFILE],
        ApplicationKind::RefillPassport => &[PASSPORT],
        ApplicationKind::RefillProfile | ApplicationKind::Desk => &[PROFILE],
    }
}

/// Says what passports and profiles hold.
pub struct OfficeMinting {
    identity: Arc<Identity>,
    tenant: Tenant,
    keyring: Arc<Keyring>,
}

impl OfficeMinting {
    /// The minting of the office `identity`.
    #[must_use]
    pub const fn new(identity: Arc<Identity>, tenant: Tenant, keyring: Arc<Keyring>) -> Self {
        Self { identity, tenant, keyring }
    }

    async fn claims(&self, subject: &str, configuration: &str) -> Result<Map<String, Value>, MintError> {
        let now = self.tenant.environment().now();
        let found = self.tenant.get::<Application>(subject).await.map_err(|_| MintError::Unavailable)?;
        let application = found
            .filter(|found| found.stage == Stage::AwaitingIssue && found.until > now.seconds())
            .filter(|found| configurations_of(found.kind).contains(&configuration))
            .ok_or(MintError::Gone)?;
        let passport = self.passport(&application).await?;
        match (configuration, passport) {
            (PASSPORT, Some(passport)) => {
                let did = passport.did.ok_or(MintError::Gone)?;
                let since = environment::Timestamp::from_seconds(passport.since);
                let claims = [
                    ("number", json!(passport.number)),
                    ("did", json!(did)),
                    ("since", json!(date_of(since))),
                ];
                Ok(claims.into_iter().map(|(name, value)| (name.to_owned(), value)).collect())
            }
            (PROFILE, _) => {
                let sealed = application.values.as_ref().ok_or(MintError::Gone)?;
                let values = office::open(&self.keyring, &self.identity, subject, sealed).map_err(gone)?;
                Ok(values.person.claims(now))
            }
            _ => Err(MintError::Gone),
        }
    }

    /// The passport an application is about; one that does not count ends everything that hangs on it.
    async fn passport(&self, application: &Application) -> Result<Option<Passport>, MintError> {
        let Some(number) = &application.number else { return Ok(None) };
        let found = self.tenant.get::<Passport>(number).await.map_err(|_| MintError::Unavailable)?;
        found
            .filter(|passport| passport.standing == PassportStanding::Active)
            .map(Some)
            .ok_or(MintError::Gone)
    }
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
}

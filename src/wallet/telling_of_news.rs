//! Telling members that something came while their wallets are locked, as long as the pages are served (decision 0034 §3).

use std::sync::Arc;
use std::time::Duration;

use ::wallet::notices::{Notifier, Outgoing};
use environment::Environment;
use outbound::mail::Deliver;
use outbound::{Fetch, HttpClient, is_development_host};
use trust::NetworkDescriptor;
use wallet_web::{CatalogueLetters, Desks};

use super::Failure;
use super::opening::policy;
use super::serving::{PublicUrl, ServeArguments};
use crate::party::{MailSettings, mailer_of};

/// How often it is seen whether something is due.
const EVERY: Duration = Duration::from_secs(1);

/// Who tells, and the ways out.
#[derive(Clone)]
pub(super) struct Telling {
    pub(super) notifier: Arc<Notifier>,
    fetch: Arc<dyn Fetch>,
    mailer: Option<Arc<dyn Deliver>>,
    environment: Environment,
}

impl Telling {
    /// That of these pages; none where nobody reaches them but this machine.
    pub(super) fn of(
        arguments: &ServeArguments,
        address: &PublicUrl,
        networks: &[NetworkDescriptor],
        environment: &Environment,
    ) -> Result<Option<Self>, Failure> {
        if !arguments.host && arguments.public_url.is_none() {
            return Ok(None);
        }
        let mailer = arguments.mail.as_deref().map(|file| mailer(file, environment)).transpose()?;
        // A wallet of one that is not there yet has no folder.
        std::fs::create_dir_all(&arguments.store)
            .map_err(|error| Failure::new("file", format!("{}: {error}", arguments.store.display())))?;
        let notifier = Notifier::in_folder(&arguments.store, &address.text(), environment)
            .map_err(|error| Failure::new("file", error.to_string()))?;
        let development = is_development_host(address.host())
            || networks.iter().filter_map(|network| network.list().host_str()).any(is_development_host);
        let fetch: Arc<dyn Fetch> = Arc::new(HttpClient::new(policy(&arguments.outside(), development)?)?);
        let notifier = Arc::new(notifier.with_mails(mailer.is_some()));
        Ok(Some(Self { notifier, fetch, mailer, environment: environment.clone() }))
    }

    /// Sends what is due, until it is ended.
    pub(super) async fn go_on(self, desks: Arc<Desks>) {
        loop {
            tokio::time::sleep(EVERY).await;
            let out = Outgoing {
                fetch: self.fetch.as_ref(),
                mailer: self.mailer.as_deref(),
                letters: &CatalogueLetters,
            };
            if let Err(error) = self.notifier.work(desks.vaults(), out, &self.environment).await {
                tracing::warn!(%error, "it could not be seen whom to tell that there is news");
            }
        }
    }
}

fn mailer(file: &std::path::Path, environment: &Environment) -> Result<Arc<dyn Deliver>, Failure> {
    let failed = |what: String| Failure::new("file", format!("{}: {what}", file.display()));
    let text = std::fs::read_to_string(file).map_err(|error| failed(error.to_string()))?;
    let settings: MailSettings = serde_json::from_str(&text).map_err(|error| failed(error.to_string()))?;
    mailer_of(&settings, environment).map_err(|error| failed(format!("{error:#}")))
}

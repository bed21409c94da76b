//! A running passport office.

use std::future::Future;
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use ::issuer::minting::{self, OfficeMinting};
use ::issuer::{Office, OfficeSettings, Person};
use anyhow::{Context, Result, bail};
use did::Did;
use did::number::OfficePrefix;
use environment::Environment;
use issuance::Issuance;
use issuer_web::Responsible;
use openid4vc::vci::authorization::Lifetimes;
use outbound::Fetch;
use outbound::mail::{Deliver, Delivering, Mail, MailConfiguration, MailError, Mailer, TlsMode};
use presentation::{Presentation, Settings as PresentationSettings};
use trust::Registration;
use trust::registration::Contacts;
use web::csrf::CsrfKey;
use zeroize::Zeroizing;

use super::folder::{PartyFolder, read_text};
use super::identity::{own_files, own_identity};
use super::issuing::{extensions, is_by_hand};
use super::renewing::Renewing;
use super::runtime::{Network, Parts, Running};
use super::settings::{MailSettings, PartySettings};
use super::space::not_admitted;

/// A running office.
pub(crate) struct RunningOffice {
    /// The clockwork.
    pub(crate) running: Running,
    /// The office's DID.
    pub(crate) did: Did,
}

/// Puts an office together and starts it.
pub(crate) fn run_office(
    folder: PartyFolder,
    settings: PartySettings,
    network: &Network,
) -> Result<RunningOffice> {
    let bundle = folder.bundle()?.with_context(|| not_admitted(&folder, &settings))?;
    let identity = Arc::new(own_identity(&folder, &settings, &bundle)?);
    let did = identity.did.clone();
    let descriptor = trust::NetworkDescriptor::from_json(bundle.network.to_string())?;
    let prefix = bundle.number_prefix.as_deref().context("the operator gave this office no number prefix")?;
    let own_did = own_files(&folder)?;
    let csrf = CsrfKey::new(*folder.secret("csrf-key")?);
    let nonces = folder.nonce_key()?;
    let keyring = Arc::clone(folder.keyring());
    let mailer = mailer(&folder, &settings)?;
    // None, or a sentence: offices have no such login.
    settings.own_login(folder.path())?;
    let office_settings = OfficeSettings {
        prefix: OfficePrefix::parse(prefix)?,
        test_member: test_member(&folder, &settings)?,
    };
    let parts = Parts::open(folder, settings, network, descriptor)?;
    let registration = parts
        .directory
        .registration(&identity.registration.get(), identity.did.as_str())
        .context("the registration certificate in admission.json")?;
    let responsible = responsible(&registration);
    let minting = OfficeMinting::new(Arc::clone(&identity), parts.tenant.clone(), Arc::clone(&keyring));
    let minting = if is_by_hand(&parts.settings) { minting.approving_by_hand() } else { minting };
    let issuance = Issuance::extended(
        Arc::clone(&identity),
        parts.tenant.clone(),
        nonces.clone(),
        minting::configurations(),
        Arc::new(minting),
        // An office gives codes at its passport page.
        issuance::Settings { code_flow: Some(Lifetimes::default()), ..parts.settings.issuance() },
        extensions(&parts)?,
    );
    let office = Office::new(
        Arc::clone(&identity),
        parts.tenant.clone(),
        Arc::clone(&keyring),
        issuance,
        office_settings,
    );
    let presentation = Presentation::new(
        identity,
        parts.tenant.clone(),
        keyring,
        nonces,
        Arc::clone(&parts.directory),
        Arc::clone(&parts.statuses),
        Arc::new(office.clone()),
        // A refill shows a membership beside the passport, under another key.
        PresentationSettings { one_key: false, foreign: Vec::new() },
    );
    let renewing = Renewing::new(
        parts.folder.clone(),
        presentation.identity().clone(),
        parts.directory.descriptor().clone(),
        bundle,
    );
    let site = issuer_web::Site::new(office.clone(), presentation.clone(), csrf, own_did, responsible);
    let router = issuer_web::router(site);
    let worker = office.clone();
    let ringing = Ringing { fetch: Arc::clone(&parts.fetch), under_way: Arc::default() };
    let round = Arc::new(move || {
        let (office, presentation, mailer) = (worker.clone(), presentation.clone(), mailer.clone());
        ringing.begin(&office);
        Box::pin(async move {
            issuer_web::work(&office, mailer.as_ref()).await?;
            presentation.work().await?;
            Ok(())
        }) as Pin<Box<dyn Future<Output = Result<()>> + Send>>
    });
    let command = Arc::new(move |request| {
        let office = office.clone();
        Box::pin(async move { ::issuer::commands::handle(&office, request).await })
            as Pin<Box<dyn Future<Output = Result<serde_json::Value, String>> + Send>>
    });
    Ok(RunningOffice { running: Running::start(parts, renewing, router, round, command)?, did })
}

/// Rings those who keep the wallets of members, beside the rest of the work: whoever is called is a stranger and may be slow.
struct Ringing {
    fetch: Arc<dyn Fetch>,
    under_way: Arc<AtomicBool>,
}

impl Ringing {
    fn begin(&self, office: &Office) {
        if self.under_way.swap(true, Ordering::AcqRel) {
            return;
        }
        let (fetch, under_way, mailbox) =
            (Arc::clone(&self.fetch), Arc::clone(&self.under_way), office.mailbox());
        tokio::spawn(async move {
            if let Err(error) = mailbox.ring(fetch.as_ref()).await {
                tracing::warn!(%error, "nobody could be told that something came");
            }
            under_way.store(false, Ordering::Release);
        });
    }
}

/// Who answers for the office, as the operator registered it.
fn responsible(registration: &Registration) -> Responsible {
    let registered = registration.content();
    let ways = |contacts: &Contacts| {
        [&contacts.email, &contacts.phone, &contacts.uri].into_iter().flatten().cloned().collect()
    };
    Responsible {
        legal_name: registered.legal_name.clone(),
        contacts: ways(&registered.contacts),
        data_protection: ways(&registered.data_protection_contact),
        authority: registered.supervisory_authority.name.clone(),
    }
}

fn test_member(folder: &PartyFolder, settings: &PartySettings) -> Result<Option<Person>> {
    settings
        .test_member
        .as_ref()
        .map(|member| {
            Person::new(
                &member.given_name,
                &member.family_name,
                &member.birthdate,
                &member.email,
                folder.environment().now(),
            )
        })
        .transpose()
        .context("the test member in party.json")
}

/// An office without a mail server runs all the same: its space has work for it later, and `serve` says what does not work till then.
fn mailer(folder: &PartyFolder, settings: &PartySettings) -> Result<Arc<dyn Deliver>> {
    match &settings.mail {
        Some(mail) => mailer_of(mail, folder.environment()),
        None => Ok(Arc::new(NoMailServer)),
    }
}

/// Stands where a mail server would be.
struct NoMailServer;

impl Deliver for NoMailServer {
    fn deliver(&self, _: Mail) -> Delivering<'_> {
        // A mail waits, and goes out if a server is named before what it is about has ended.
        Box::pin(std::future::ready(Err(MailError::Unreachable)))
    }
}

/// The client for a party's mail server.
pub(crate) fn mailer_of(mail: &MailSettings, environment: &Environment) -> Result<Arc<dyn Deliver>> {
    let login = match &mail.user {
        None => None,
        Some(user) => {
            let folder = std::env::var_os("CREDENTIALS_DIRECTORY").map(PathBuf::from);
            let password = password(folder.as_deref(), std::env::var("PASSPORT_MAIL_PASSWORD").ok())?;
            Some((user.clone(), password.as_str().into()))
        }
    };
    let configuration = MailConfiguration { login, ..configuration(mail)? };
    Ok(Arc::new(Mailer::new(&configuration, environment.clone())?))
}

/// The password of the mail server: the credential `mail-password` that systemd hands over (`LoadCredential=`), which no other process
/// sees, or the environment variable.
fn password(credentials: Option<&Path>, variable: Option<String>) -> Result<Zeroizing<String>> {
    let file = credentials.map(|folder| folder.join("mail-password"));
    if let Some(text) = file.map(|file| read_text(&file)).transpose()?.flatten() {
        let text = Zeroizing::new(text);
        return Ok(Zeroizing::new(text.trim_end_matches(['\r', '\n']).to_owned()));
    }
    let variable = variable.context(
        "the mail server asks for a password: set PASSPORT_MAIL_PASSWORD, or the credential mail-password of the service",
    )?;
    Ok(Zeroizing::new(variable))
}

/// Whether mails could be sent with these settings, as far as can be told without the server and the password.
pub(crate) fn check_mail(mail: &MailSettings, environment: &Environment) -> Result<()> {
    Mailer::new(&configuration(mail)?, environment.clone())?;
    Ok(())
}

/// The settings without a password.
fn configuration(mail: &MailSettings) -> Result<MailConfiguration> {
    let tls = match mail.tls.as_str() {
        "implicit" => TlsMode::Implicit,
        "starttls" => TlsMode::StartTls,
        "plain" => TlsMode::Plain,
        other => bail!("\"tls\" of the mail server is implicit, starttls or plain and not {other:?}"),
    };
    Ok(MailConfiguration {
        host: mail.host.clone(),
        port: mail.port,
        tls,
        login: None,
        from: mail.from.clone(),
        extra_root: None,
        timeout: Duration::from_secs(20),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_password_is_the_services_credential_before_the_environments() {
        let folder = tempfile::tempdir().unwrap();
        let of = |folder: Option<&Path>, variable: Option<&str>| {
            password(folder, variable.map(str::to_owned)).map(|one| one.as_str().to_owned())
        };
        assert_eq!(of(None, Some("from the environment")).unwrap(), "from the environment");
        assert_eq!(of(Some(folder.path()), Some("other")).unwrap(), "other", "no such credential");
        std::fs::write(folder.path().join("mail-password"), "of the service\n").unwrap();
        assert_eq!(of(Some(folder.path()), Some("other")).unwrap(), "of the service");
        assert!(of(None, None).unwrap_err().to_string().contains("PASSPORT_MAIL_PASSWORD"));
    }
}

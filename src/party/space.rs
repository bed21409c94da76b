//! A running space.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use ::verifier::invitations::NetworkCourier;
use ::verifier::invitations::post::Post;
use ::verifier::invitations::records::InvitedBy;
use ::verifier::members::{self, SpaceMinting};
use ::verifier::{Space, SpaceSettings};
use anyhow::{Context, Result};
use directory::Identity;
use issuance::Issuance;
use presentation::{ForeignType, Presentation, Settings as PresentationSettings};
use trust::{ForeignAnchors, Role};
use verifier::community::visiting::BrandSpaces;
use verifier_web::{CatalogueLetters, SpaceWeb};

use super::beside::Beside;
use super::folder::PartyFolder;
use super::identity::{own_files, own_identity};
use super::issuing::extensions;
use super::office::mailer_of;
use super::renewing::Renewing;
use super::resolving::NumberDesk;
use super::runtime::{Network, Parts, Running};
use super::settings::PartySettings;

/// A running space with the handles that the demo plays the team with.
pub(crate) struct RunningSpace {
    /// The clockwork.
    pub(crate) running: Running,
    /// The domain.
    pub(crate) space: Space,
    /// Its verifier.
    pub(crate) presentation: Presentation,
}

/// Puts a space together and starts it.
pub(crate) async fn run_space(
    folder: PartyFolder,
    settings: PartySettings,
    network: &Network,
) -> Result<RunningSpace> {
    let bundle = folder.bundle()?.with_context(|| not_admitted(&folder, &settings))?;
    let identity = Arc::new(own_identity(&folder, &settings, &bundle)?);
    let descriptor = trust::NetworkDescriptor::from_json(bundle.network.to_string())?;
    let own_did = own_files(&folder)?;
    let csrf = *folder.secret("csrf-key")?;
    let nonces = folder.nonce_key()?;
    let keyring = Arc::clone(folder.keyring());
    let foreign = foreign_types(&folder, &settings)?;
    let parts = Parts::open(folder, settings, network, descriptor)?;
    let brand = parts.settings.brand.as_ref().map(|brand| brand.name.clone());
    let minting =
        SpaceMinting::new(Arc::clone(&identity), parts.tenant.clone(), Arc::clone(&keyring), brand.clone());
    let issuance = Issuance::extended(
        Arc::clone(&identity),
        parts.tenant.clone(),
        nonces.clone(),
        members::configurations(),
        Arc::new(minting),
        parts.settings.issuance(),
        extensions(&parts)?,
    );
    let registration = parts
        .directory
        .registration(&identity.registration.get(), identity.did.as_str())
        .context("the registration certificate in admission.json")?;
    let forms: BTreeMap<String, _> =
        parts.settings.forms.iter().map(|form| (form.id.clone(), form.clone())).collect();
    let space = Space::new(
        Arc::clone(&identity),
        Arc::new(registration),
        parts.tenant.clone(),
        Arc::clone(&keyring),
        issuance,
        SpaceSettings { forms, brand, appeal: Some(parts.settings.contact.clone()) },
    )
    .with_post(post(&parts, &identity)?)
    .with_outgoing(Arc::clone(&parts.fetch))
    .with_brand(Arc::clone(&parts.directory) as Arc<dyn BrandSpaces>);
    let space = match parts.settings.own_login(parts.folder.path())? {
        Some(login) => space.with_login(login, Arc::clone(&parts.fetch)),
        None => space,
    };
    space.take_forms_of_file().await.context("the forms in party.json")?;
    space.list_publishers().await.context("who is in the directory")?;
    let presentation = Presentation::new(
        identity,
        parts.tenant.clone(),
        keyring,
        nonces,
        Arc::clone(&parts.directory),
        Arc::clone(&parts.statuses),
        Arc::new(space.clone()),
        PresentationSettings { one_key: true, foreign },
    );
    let site = SpaceWeb::new(space.clone(), presentation.clone(), own_did, csrf)
        .with_look(parts.settings.space_look(parts.folder.path())?)
        .with_wallets(parts.settings.wallet_addresses()?)
        .with_pages(parts.settings.page_addresses()?);
    let router = verifier_web::router(site);
    let (worker, verifier, post) = (space.clone(), presentation.clone(), Sending::default());
    let round = Arc::new(move || {
        let (worker, verifier) = (worker.clone(), verifier.clone());
        post.begin(&worker);
        let recipients = post.recipients.clone();
        Box::pin(async move {
            worker.work().await?;
            recipients.begin(&worker).await?;
            verifier.work().await?;
            Ok(())
        }) as std::pin::Pin<Box<dyn Future<Output = Result<()>> + Send>>
    });
    let numbers = NumberDesk::of(&parts, &presentation.shared_identity(), &space);
    let (asked, verifier) = (space.clone(), presentation.clone());
    let command = Arc::new(move |request| {
        let (space, presentation, numbers) = (asked.clone(), verifier.clone(), numbers.clone());
        Box::pin(async move {
            match numbers.answer(&request).await {
                Some(answer) => answer,
                None => verifier_web::handle(&space, &presentation, request).await,
            }
        }) as std::pin::Pin<Box<dyn Future<Output = Result<serde_json::Value, String>> + Send>>
    });
    let renewing = Renewing::new(
        parts.folder.clone(),
        presentation.identity().clone(),
        parts.directory.descriptor().clone(),
        bundle,
    );
    let running =
        Running::start(parts, renewing, router, round, command)?.with_party(verifier_web::with_time_limits);
    Ok(RunningSpace { running, space, presentation })
}

/// How the space's invitations go out.
fn post(parts: &Parts, identity: &Arc<Identity>) -> Result<Post> {
    let environment = parts.folder.environment();
    let courier = NetworkCourier::new(
        Arc::clone(&parts.directory),
        Arc::clone(identity),
        Arc::clone(&parts.fetch),
        environment.clone(),
    );
    let mailer = parts.settings.mail.as_ref().map(|mail| mailer_of(mail, environment)).transpose()?;
    Ok(Post { courier: Arc::new(courier), mailer, letters: Arc::new(CatalogueLetters) })
}

/// What a space sends, each kind beside the others: what strangers had sent, or an inbox that does not answer, is waited for by
/// nobody else.
#[derive(Clone, Default)]
struct Sending {
    inboxes: Beside,
    hellos: Beside,
    team: Beside,
    page: Beside,
    recipients: Recipients,
}

/// Other software of the space, each beside the others: one that does not answer is waited for by nobody else.
#[derive(Clone, Default)]
struct Recipients(Arc<Mutex<BTreeMap<String, Beside>>>);

impl Recipients {
    async fn begin(&self, space: &Space) -> Result<()> {
        let due = space.recipients_to_serve().await?;
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.retain(|id, _| due.contains(id));
        for id in due {
            all.entry(id.clone()).or_default().begin(send_to(space.clone(), id));
        }
        Ok(())
    }
}

async fn send_to(space: Space, recipient: String) {
    if let Err(error) = space.send_to(&recipient).await {
        tracing::warn!(%error, "what goes out was left for the next round");
    }
}

impl Sending {
    fn begin(&self, space: &Space) {
        self.inboxes.begin(tell(space.clone()));
        self.hellos.begin(carry_hellos(space.clone()));
        self.team.begin(invite(space.clone(), InvitedBy::Team));
        self.page.begin(invite(space.clone(), InvitedBy::Page));
    }
}

async fn tell(space: Space) {
    if let Err(error) = space.tell_inboxes().await {
        tracing::error!(%error, "inboxes could not be told");
    }
}

async fn carry_hellos(space: Space) {
    if let Err(error) = space.carry_hellos().await {
        tracing::error!(%error, "hellos could not be carried");
    }
}

async fn invite(space: Space, by: InvitedBy) {
    if let Err(error) = space.send_invitations_by(by).await {
        tracing::warn!(%error, "invitations were left for the next round");
    }
}

/// What a team reads when the operator has not admitted it yet.
pub(crate) fn not_admitted(folder: &PartyFolder, settings: &PartySettings) -> String {
    let name = folder.name();
    let command = if settings.role == Role::Office { "issuer" } else { "verifier" };
    format!(
        "{name} has not been admitted to a network: hand {name}/admission-request.json to the operator, who runs `passport operator admit`, and put the answer into {name}/admission.json. If there is no request yet, `passport {command} request-admission {name}` writes it"
    )
}

fn foreign_types(folder: &PartyFolder, settings: &PartySettings) -> Result<Vec<ForeignType>> {
    settings
        .foreign
        .iter()
        .map(|foreign| {
            let file = folder.path().join(&foreign.root);
            let pem = std::fs::read_to_string(&file).with_context(|| {
                format!("the root {} of the foreign type {}", file.display(), foreign.vct)
            })?;
            let anchors = ForeignAnchors::from_pem(&pem)
                .with_context(|| format!("{} holds no root certificates", file.display()))?;
            Ok(ForeignType { vct: foreign.vct.clone(), anchors })
        })
        .collect()
}

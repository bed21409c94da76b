//! A running space.

use std::collections::BTreeMap;
use std::sync::Arc;

use ::verifier::members::{self, SpaceMinting};
use ::verifier::{Space, SpaceSettings};
use anyhow::{Context, Result};
use issuance::Issuance;
use presentation::{ForeignType, Presentation, Settings as PresentationSettings};
use trust::{ForeignAnchors, Role};
use verifier_web::SpaceWeb;

use super::folder::PartyFolder;
use super::identity::own_identity;
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
pub(crate) fn run_space(
    folder: PartyFolder,
    settings: PartySettings,
    network: &Network,
) -> Result<RunningSpace> {
    let bundle = folder.bundle()?.with_context(|| not_admitted(&folder, &settings))?;
    let identity = Arc::new(own_identity(&folder, &settings, &bundle)?);
    let descriptor = trust::NetworkDescriptor::from_json(bundle.network.to_string())?;
    let did_log = folder.did_log()?.unwrap_or_default();
    let csrf = *folder.secret("csrf-key")?;
    let nonces = folder.nonce_key()?;
    let keyring = Arc::clone(folder.keyring());
    let foreign = foreign_types(&folder, &settings)?;
    let parts = Parts::open(folder, settings, network, descriptor)?;
    let brand = parts.settings.brand.as_ref().map(|brand| brand.name.clone());
    let minting =
        SpaceMinting::new(Arc::clone(&identity), parts.tenant.clone(), Arc::clone(&keyring), brand.clone());
    let issuance = Issuance::new(
        Arc::clone(&identity),
        parts.tenant.clone(),
        nonces.clone(),
        members::configurations(),
        Arc::new(minting),
        parts.settings.issuance(),
    );
    let registration = parts
        .directory
        .registration(&identity.registration, identity.did.as_str())
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
    );
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
    let router = verifier_web::router(SpaceWeb::new(space.clone(), presentation.clone(), did_log, csrf));
    let (worker, verifier) = (space.clone(), presentation.clone());
    let round = Arc::new(move || {
        let (worker, verifier) = (worker.clone(), verifier.clone());
        Box::pin(async move {
            worker.work().await?;
            verifier.work().await?;
            Ok(())
        }) as std::pin::Pin<Box<dyn Future<Output = Result<()>> + Send>>
    });
    let (asked, verifier) = (space.clone(), presentation.clone());
    let command = Arc::new(move |request| {
        let (space, presentation) = (asked.clone(), verifier.clone());
        Box::pin(async move { verifier_web::handle(&space, &presentation, request).await })
            as std::pin::Pin<Box<dyn Future<Output = Result<serde_json::Value, String>> + Send>>
    });
    let running = Running::start(parts, router, round, command)?;
    Ok(RunningSpace { running, space, presentation })
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

//! A party that has applied for admission online: it shows at its host that it did, asks what became of it, and takes the answer at its
//! next start, which is at once.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use ::operator::application::{Standing, Told, WELL_KNOWN, address_of};
use ::operator::{Bundle, Expected};
use anyhow::{Context, Result};
use axum::Router;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use environment::{Environment, Timestamp};
use jose::Signer;
use outbound::{Fetch, Request};
use serde::{Deserialize, Serialize};
use tokio::sync::Notify;
use trust::NetworkDescriptor;

use super::folder::{KeyName, PartyFolder, read_json};
use super::identity::{own_did, own_files};
use super::settings::PartySettings;

/// What is noted while an application is under way.
const FILE: &str = "applying.json";
/// What the operator gave, until the next start.
const ADMITTED: &str = "admitted.json";
/// What the operator of the network before gave.
pub(crate) const BEFORE: &str = "admission-before.json";
/// Between two questions, in development and in earnest.
const ASK_HERE: Duration = Duration::from_secs(1);
const ASK: Duration = Duration::from_secs(60);
const LONGEST: usize = 256 << 10;
const TIMEOUT: Duration = Duration::from_secs(10);

/// An application under way, in the network that was pinned when it was made.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Applying {
    /// The network's descriptor.
    pub(crate) network: serde_json::Value,
    /// What the host shows ([`::operator::application::host_proof`]); no secret.
    pub(crate) shows: String,
    /// The operator's name for it.
    pub(crate) application: String,
    /// When it is over, in seconds since the epoch.
    pub(crate) until: i64,
    /// The prefix that an office keeps.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) number_prefix: Option<String>,
}

impl Applying {
    fn in_folder(folder: &Path, now: Timestamp) -> Option<Self> {
        let applying: Option<Self> = read_json(&folder.join(FILE)).ok().flatten();
        applying.filter(|applying| now.seconds() < applying.until)
    }

    /// Notes it.
    pub(crate) fn put(&self, folder: &PartyFolder) -> Result<()> {
        folder.write_json(FILE, self)
    }

    fn descriptor(&self) -> Result<NetworkDescriptor> {
        Ok(NetworkDescriptor::from_json(self.network.to_string())?)
    }
}

/// Whether the party of this folder has an application under way.
pub(crate) fn is_applying(folder: &PartyFolder) -> bool {
    Applying::in_folder(folder.path(), folder.environment().now()).is_some()
}

/// The one address, which answers while an application is under way: the proof and nothing else.
pub(super) fn well_known(folder: &PartyFolder) -> Router {
    let (path, environment) = (folder.path().to_owned(), folder.environment().clone());
    Router::new().route(WELL_KNOWN, get(move || std::future::ready(shown(&path, &environment))))
}

fn shown(folder: &Path, environment: &Environment) -> Response {
    match Applying::in_folder(folder, environment.now()) {
        Some(applying) => said("text/plain; charset=utf-8", applying.shows),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

fn said(media_type: &'static str, body: String) -> Response {
    ([(header::CONTENT_TYPE, media_type), (header::CACHE_CONTROL, "no-store")], body).into_response()
}

/// What a party serves that no network has admitted: what the operator looks at.
pub(crate) fn applicant(folder: &PartyFolder, settings: &PartySettings) -> Result<web::Party> {
    own_files(folder)?;
    let log = folder.did_log()?.unwrap_or_default();
    let router = Router::new()
        .route("/.well-known/did.jsonl", get(move || std::future::ready(said("text/jsonl", log.clone()))))
        .merge(well_known(folder))
        .merge(web::operations::health(|| async { Ok::<_, anyhow::Error>(()) }));
    Ok(web::Party::new(settings.host(), web::limits::limited(router, 300)))
}

/// Asks what became of the application until there is an answer. An admission is noted for the next start, of which `admitted` is told.
pub(crate) async fn watch(
    folder: PathBuf,
    party: String,
    is_here: bool,
    environment: Environment,
    fetch: Arc<dyn Fetch>,
    admitted: Arc<Notify>,
) {
    while let Some(applying) = Applying::in_folder(&folder, environment.now()) {
        match asked(&applying, fetch.as_ref()).await {
            Ok(Told { bundle: Some(bundle), .. }) => {
                let noted = serde_json::to_vec(&bundle).map_err(anyhow::Error::from);
                match noted.and_then(|text| super::replace_file(&folder.join(ADMITTED), &text)) {
                    Ok(()) => return admitted.notify_one(),
                    Err(error) => tracing::error!(party, %error, "the operator's answer could not be kept"),
                }
            }
            Ok(Told { standing: Standing::Declined { reason }, .. }) => {
                tracing::error!(party, reason, "the operator declined the application");
                let _ = fs::remove_file(folder.join(FILE));
                return;
            }
            Ok(Told { standing: Standing::Waiting { because }, .. }) => {
                tracing::warn!(party, ?because, "the application waits for a person at the operator");
            }
            Ok(_) => {}
            Err(error) => {
                tracing::warn!(party, %error, "the operator did not say what became of the application")
            }
        }
        tokio::time::sleep(if is_here { ASK_HERE } else { ASK }).await;
    }
}

async fn asked(applying: &Applying, fetch: &dyn Fetch) -> Result<Told> {
    let address = address_of(&applying.descriptor()?, &applying.application);
    let request = Request::get_json(address).with_limit(LONGEST).with_timeout(TIMEOUT);
    let response = fetch.fetch(request).await?.successful()?;
    jose::json::parse_as(&response.body).ok().context("what the operator answered is not understood")
}

/// Takes what the operator gave, once it was looked at; gives the bundle that was in force before, if there was one, with the network
/// that is entered.
///
/// # Errors
/// A sentence for the person at the terminal. What is not to be taken is put aside, and what was in force stays so.
pub(crate) fn take_admitted(
    folder: &PartyFolder,
    settings: &PartySettings,
) -> Result<Option<(Option<Bundle>, NetworkDescriptor)>> {
    let Some(bundle) = folder.read_json::<Bundle>(ADMITTED)? else { return Ok(None) };
    let _ = fs::remove_file(folder.path().join(ADMITTED));
    let Some(applying) = folder.read_json::<Applying>(FILE)? else { return Ok(None) };
    let descriptor = applying.descriptor()?;
    let (request, issuing) = (folder.key(KeyName::Request)?, folder.key(KeyName::Issuing)?);
    let did = own_did(folder, settings)?;
    let expected = Expected {
        network: &descriptor,
        did: did.as_str(),
        host: settings.host(),
        role: settings.role,
        request: request.public_jwk(),
        issuing: issuing.public_jwk(),
        number_prefix: applying.number_prefix.as_deref(),
    };
    if let Err(error) = bundle.check(&expected, folder.environment().now()) {
        // Asked again, the operator would say the same again.
        let _ = fs::remove_file(folder.path().join(FILE));
        return Err(anyhow::Error::new(error).context("what the operator answered is not taken; apply again"));
    }
    let before = folder.bundle()?;
    if let Some(before) = &before {
        folder.write_json(BEFORE, before)?;
    }
    folder.put_bundle(&bundle)?;
    fs::remove_file(folder.path().join(FILE))?;
    Ok(Some((before, descriptor)))
}
